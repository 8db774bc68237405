//! One alarm a burst: a score that is not the largest of the last rows is no news.
//!
//! **Rule.** A score passes when it is above every score that passed within the last `gap` rows; else 0 comes out. So an
//! event is said once when it begins, and again when it becomes worse, whatever the threshold that is later put on the
//! scores (peaks over a threshold are declustered by runs in the same spirit: Coles 2001, section 5.3).
//!
//! **Cost.** O(1). **When not to use it.** Before [`Events`](crate::anomaly::Events), which needs the scores while an
//! event lasts. Where rows are judged one by one.

use crate::error::{Error, Result};

/// Lets a score pass when it is above all that passed within the last rows.
///
/// ```
/// use prognos::anomaly::stream::Decluster;
/// let mut news = Decluster::within(3);
/// let out: Vec<f64> = [0.0, 5.0, 4.0, 6.0, 6.0, 1.0, 1.0, 2.0].iter().map(|s| news.update(*s)).collect();
/// assert_eq!(out, [0.0, 5.0, 0.0, 6.0, 0.0, 0.0, 0.0, 2.0]);
/// ```
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(try_from = "Raw"))]
pub struct Decluster {
    gap: u64,
    largest: f64,
    /// Rows since it passed.
    since: u64,
}

/// The form in a file, before it is checked.
#[cfg_attr(feature = "serde", derive(serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
struct Raw {
    gap: u64,
    largest: f64,
    since: u64,
}

impl TryFrom<Raw> for Decluster {
    type Error = Error;

    fn try_from(raw: Raw) -> Result<Self> {
        if raw.largest >= 0.0 && raw.largest.is_finite() {
            Ok(Self { gap: raw.gap, largest: raw.largest, since: raw.since })
        } else {
            Err(Error::Model { reason: "decluster: the largest score must be finite and at least 0".to_owned() })
        }
    }
}

impl Decluster {
    /// A burst ends `gap` rows after its largest score; 0 lets every positive score pass.
    #[must_use]
    pub fn within(gap: u64) -> Self {
        Self { gap, largest: 0.0, since: 0 }
    }

    /// The score if it passes, else 0. What is not above 0 never passes, nor does NaN; an infinite score counts as the largest
    /// number there is.
    pub fn update(&mut self, score: f64) -> f64 {
        self.since = self.since.saturating_add(1);
        if self.since > self.gap {
            self.largest = 0.0;
        }
        if score > self.largest {
            self.largest = score.min(f64::MAX);
            self.since = 0;
            return self.largest;
        }
        0.0
    }
}
