//! Which sensor made a score what it is.

use crate::error::{Error, Result};
use std::fmt;

/// Contributions of the columns to the score of one row.
///
/// **Sum rule.** The contributions add up to [`Attribution::total`]. What the total is, is part of each detector's
/// definition: the score itself for [`PcaMonitor`](super::PcaMonitor); `1 + log2(score)` for
/// [`IsolationForest`](super::IsolationForest). A positive contribution made the row more anomalous, a negative one
/// less.
///
/// The shares that `Display` prints are those of the positive contributions among themselves; the three largest are
/// shown.
///
/// ```
/// use prognos::anomaly::Attribution;
/// let names = vec!["temperature".to_owned(), "vibration".to_owned(), "current".to_owned()];
/// let why = Attribution::new(names, vec![2.1, 6.2, 1.7], 10.0)?;
/// assert_eq!(why.ranked()[0], ("vibration", 6.2));
/// assert_eq!(why.to_string(), "vibration 62 %, temperature 21 %, current 17 %");
/// # Ok::<(), prognos::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(try_from = "Raw"))]
pub struct Attribution {
    names: Vec<String>,
    contributions: Vec<f64>,
    score: f64,
}

impl Attribution {
    /// Contributions by name, and the score of the row they belong to.
    ///
    /// # Errors
    /// [`Error::Shape`] when there are not as many names as contributions.
    pub fn new(names: Vec<String>, contributions: Vec<f64>, score: f64) -> Result<Self> {
        if names.len() == contributions.len() {
            Ok(Self { names, contributions, score })
        } else {
            Err(Error::shape("names of an attribution", contributions.len(), names.len()))
        }
    }

    /// Names of the columns, in the order of the model.
    #[must_use]
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// Contribution of each column, in the order of the model.
    #[must_use]
    pub fn contributions(&self) -> &[f64] {
        &self.contributions
    }

    /// Score of the row.
    #[must_use]
    pub fn score(&self) -> f64 {
        self.score
    }

    /// Sum of the contributions.
    #[must_use]
    pub fn total(&self) -> f64 {
        self.contributions.iter().sum()
    }

    /// Names and contributions, largest first; ties stay in the order of the columns.
    #[must_use]
    pub fn ranked(&self) -> Vec<(&str, f64)> {
        let mut all: Vec<(&str, f64)> =
            self.names.iter().map(String::as_str).zip(self.contributions.iter().copied()).collect();
        all.sort_by(|a, b| b.1.total_cmp(&a.1));
        all
    }

    /// The `k` largest, with their share of all positive contributions (0..1). Columns that do not contribute are
    /// left out, so that there may be fewer than `k`.
    #[must_use]
    pub fn top(&self, k: usize) -> Vec<(&str, f64)> {
        let positive: f64 = self.contributions.iter().filter(|c| **c > 0.0).sum();
        self.ranked().into_iter().take_while(|(_, c)| *c > 0.0).take(k).map(|(name, c)| (name, c / positive)).collect()
    }
}

impl fmt::Display for Attribution {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let top = self.top(3);
        if top.is_empty() {
            return f.write_str("no column stands out");
        }
        for (i, (name, share)) in top.iter().enumerate() {
            let comma = if i == 0 { "" } else { ", " };
            write!(f, "{comma}{name} {:.0} %", 100.0 * share)?;
        }
        Ok(())
    }
}

#[cfg(feature = "serde")]
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    names: Vec<String>,
    contributions: Vec<f64>,
    score: f64,
}

#[cfg(feature = "serde")]
impl TryFrom<Raw> for Attribution {
    type Error = Error;
    fn try_from(raw: Raw) -> Result<Self> {
        Self::new(raw.names, raw.contributions, raw.score)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_contributes_is_shown() {
        let names: Vec<String> = ["a", "b", "c"].map(str::to_owned).to_vec();
        let why = Attribution::new(names.clone(), vec![-1.0, 0.0, 3.0], 2.0).unwrap();
        assert_eq!(why.to_string(), "c 100 %");
        assert_eq!(why.top(2), [("c", 1.0)]);
        assert!((why.total() - 2.0).abs() < 1e-15);
        let none = Attribution::new(names.clone(), vec![0.0; 3], 0.0).unwrap();
        assert_eq!(none.to_string(), "no column stands out");
        assert!(Attribution::new(names, vec![], 0.0).is_err());
    }
}
