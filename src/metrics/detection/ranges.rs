//! Precision and recall of ranges: how much of an event was found, which part, in how many pieces.
//!
//! **Formula.** Recall of one event R with the alarm runs P_i that overlap it (Tatbul, Lee, Zdonik, Alam & Gottschlich
//! 2018, NeurIPS): `alpha [any overlap] + (1 - alpha) cardinality(R) sum_i omega(R, R and P_i)`, averaged over events.
//! `omega` is the part of R that is covered, its rows weighted by their place; `cardinality` is 1 for one overlapping
//! run, and for more either 1 or one over their number. Precision is the same with the parts of events and alarms
//! exchanged, and `alpha` = 0.
//!
//! Weights of the i-th of L rows (from 1): flat 1, front L - i + 1, back i, middle i up to L / 2 and then L - i + 1. They
//! count from the start of the range itself (some packages count from the start of the series, which is wrong).
//!
//! **Cost.** O(n): sums of weights in closed form. **When not to use it.** With many free settings it can be made to say
//! much; name them beside the number.

use super::{check_lengths, harmonic, labelled_events, runs};
use crate::error::{Error, Result};
use std::ops::Range;

/// Which rows of a range count more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum PositionBias {
    /// All the same.
    #[default]
    Flat,
    /// The first: early detection.
    Front,
    /// Those in the middle.
    Middle,
    /// The last.
    Back,
}

impl PositionBias {
    /// Sum of the weights of the first `k` of `len` rows.
    fn sum(self, k: usize, len: usize) -> f64 {
        let (k, len) = (k as f64, len as f64);
        match self {
            Self::Flat => k,
            Self::Front => k * len - 0.5 * k * (k - 1.0),
            Self::Back => 0.5 * k * (k + 1.0),
            Self::Middle => {
                let half = (0.5 * len).floor();
                if k <= half {
                    0.5 * k * (k + 1.0)
                } else {
                    0.5 * half * (half + 1.0) + (k - half) * (len + 1.0) - 0.5 * (k * (k + 1.0) - half * (half + 1.0))
                }
            }
        }
    }
}

/// What several overlapping runs cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum Cardinality {
    /// Nothing.
    One,
    /// The overlap is divided by their number.
    #[default]
    Reciprocal,
}

/// Range-based precision and recall.
///
/// ```
/// use prognos::metrics::detection::{Cardinality, PositionBias, RangeScore};
/// let labels = [false, true, true, true, true, false, false, false];
/// let alarms = [false, true, false, true, false, false, true, false];
/// let score = RangeScore::new();
/// assert_eq!(score.recall(&labels, &alarms)?, 0.25); // half of it, in two pieces
/// assert_eq!(score.alpha(0.2).recall(&labels, &alarms)?, 0.2 + 0.8 * 0.25);
/// assert_eq!(score.precision(&labels, &alarms)?, 2.0 / 3.0);
/// let front = score.bias(PositionBias::Front).cardinality(Cardinality::One);
/// assert_eq!(front.recall(&labels, &alarms)?, 0.6); // weights 4, 3, 2, 1
/// # Ok::<(), prognos::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
pub struct RangeScore {
    alpha: f64,
    bias: PositionBias,
    cardinality: Cardinality,
}

impl RangeScore {
    /// No reward for existence alone (`alpha` = 0), flat, reciprocal cardinality: the strict setting.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Weight (0..=1) of an event being touched at all, in the recall.
    #[must_use]
    pub fn alpha(mut self, alpha: f64) -> Self {
        self.alpha = alpha;
        self
    }

    /// Which rows of a range count more.
    #[must_use]
    pub fn bias(mut self, bias: PositionBias) -> Self {
        self.bias = bias;
        self
    }

    /// What several overlapping runs cost.
    #[must_use]
    pub fn cardinality(mut self, cardinality: Cardinality) -> Self {
        self.cardinality = cardinality;
        self
    }

    /// Mean over the labelled events, 0..=1.
    ///
    /// # Errors
    /// [`Error::Shape`] unless there is one alarm flag a label, [`Error::TooFew`] without a labelled event,
    /// [`Error::Parameter`] unless `alpha` is 0 to 1.
    pub fn recall(&self, labels: &[bool], alarms: &[bool]) -> Result<f64> {
        check_lengths("alarms for the labels", labels.len(), alarms.len())?;
        if !(0.0..=1.0).contains(&self.alpha) {
            return Err(Error::parameter("alpha", self.alpha, "must be 0 to 1"));
        }
        Ok(self.mean(&labelled_events(labels)?, &runs(alarms), self.alpha))
    }

    /// Mean over the alarm runs, 0..=1; NaN without an alarm. `alpha` does not enter.
    ///
    /// # Errors
    /// [`Error::Shape`] unless there is one alarm flag a label, [`Error::TooFew`] without a labelled event.
    pub fn precision(&self, labels: &[bool], alarms: &[bool]) -> Result<f64> {
        check_lengths("alarms for the labels", labels.len(), alarms.len())?;
        Ok(self.mean(&runs(alarms), &labelled_events(labels)?, 0.0))
    }

    /// Harmonic mean of [`RangeScore::precision`] and [`RangeScore::recall`]; 0 without an alarm.
    ///
    /// # Errors
    /// As [`RangeScore::recall`].
    pub fn f1(&self, labels: &[bool], alarms: &[bool]) -> Result<f64> {
        Ok(harmonic(self.precision(labels, alarms)?, self.recall(labels, alarms)?))
    }

    /// Mean over `ranges` of how well `others` cover them; both in order.
    fn mean(&self, ranges: &[Range<usize>], others: &[Range<usize>], alpha: f64) -> f64 {
        let mut sum = 0.0;
        let mut from = 0;
        for range in ranges {
            // One that ends before this range ends before all that follow.
            while others.get(from).is_some_and(|o| o.end <= range.start) {
                from += 1;
            }
            let (mut covered, mut pieces) = (0.0, 0usize);
            for other in others[from..].iter().take_while(|o| o.start < range.end) {
                let place = |row: usize| self.bias.sum(row - range.start, range.len());
                covered += place(other.end.min(range.end)) - place(other.start.max(range.start));
                pieces += 1;
            }
            if pieces > 0 {
                let divisor = if self.cardinality == Cardinality::One { 1.0 } else { pieces as f64 };
                sum += alpha + (1.0 - alpha) * covered / self.bias.sum(range.len(), range.len()) / divisor;
            }
        }
        sum / ranges.len() as f64
    }
}
