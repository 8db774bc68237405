//! Rows counted four ways: alarm or not, anomalous or not.
//!
//! Cost: one pass. When not to use it: rows of one event are not independent, a long event outweighs many short ones,
//! and an alarm one row early is a false alarm here; see events and ranges for the questions of a plant.

use super::{check_lengths, ratio, runs};
use crate::error::Result;

/// Counts of rows, and the rates that follow from them. A rate without a denominator is NaN.
///
/// ```
/// use prognos::metrics::detection::Confusion;
/// let c = Confusion::of(&[true, true, false, false], &[true, false, true, false])?;
/// assert_eq!((c.precision(), c.recall(), c.f1(), c.false_alarm_rate()), (0.5, 0.5, 0.5, 0.5));
/// let silent = Confusion::of(&[true, false], &[false, false])?;
/// assert!(silent.precision().is_nan());
/// assert_eq!(silent.f1(), 0.0);
/// # Ok::<(), prognos::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
pub struct Confusion {
    /// Anomalous rows with an alarm.
    pub true_positives: usize,
    /// Normal rows with an alarm.
    pub false_positives: usize,
    /// Anomalous rows without one.
    pub false_negatives: usize,
    /// Normal rows without one.
    pub true_negatives: usize,
}

impl Confusion {
    /// Counts the rows.
    ///
    /// # Errors
    /// [`Error::Shape`](crate::Error::Shape) unless there is one alarm flag a label.
    pub fn of(labels: &[bool], alarms: &[bool]) -> Result<Self> {
        check_lengths("alarms for the labels", labels.len(), alarms.len())?;
        let mut counts = [0usize; 4];
        for (&label, &alarm) in labels.iter().zip(alarms) {
            counts[2 * usize::from(label) + usize::from(alarm)] += 1;
        }
        let [true_negatives, false_positives, false_negatives, true_positives] = counts;
        Ok(Self { true_positives, false_positives, false_negatives, true_negatives })
    }

    /// Adds the rows of another file.
    #[must_use]
    pub fn merge(self, other: Self) -> Self {
        Self {
            true_positives: self.true_positives.saturating_add(other.true_positives),
            false_positives: self.false_positives.saturating_add(other.false_positives),
            false_negatives: self.false_negatives.saturating_add(other.false_negatives),
            true_negatives: self.true_negatives.saturating_add(other.true_negatives),
        }
    }

    /// Part of the alarms that are right.
    #[must_use]
    pub fn precision(&self) -> f64 {
        ratio(self.true_positives, self.true_positives.saturating_add(self.false_positives))
    }

    /// Part of the anomalous rows with an alarm.
    #[must_use]
    pub fn recall(&self) -> f64 {
        ratio(self.true_positives, self.true_positives.saturating_add(self.false_negatives))
    }

    /// `2 TP / (2 TP + FP + FN)`, the harmonic mean of precision and recall; NaN when there is neither an alarm nor an
    /// anomalous row.
    #[must_use]
    pub fn f1(&self) -> f64 {
        let twice = 2.0 * self.true_positives as f64;
        twice / (twice + self.false_positives as f64 + self.false_negatives as f64)
    }

    /// Part of the normal rows with an alarm: the false positive rate.
    #[must_use]
    pub fn false_alarm_rate(&self) -> f64 {
        ratio(self.false_positives, self.false_positives.saturating_add(self.true_negatives))
    }

    /// Part of the anomalous rows without an alarm.
    #[must_use]
    pub fn missed_alarm_rate(&self) -> f64 {
        ratio(self.false_negatives, self.true_positives.saturating_add(self.false_negatives))
    }

    /// Part of the rows that are right. Nearly 1 for a detector that never alarms when anomalies are rare.
    #[must_use]
    pub fn accuracy(&self) -> f64 {
        let right = self.true_positives as f64 + self.true_negatives as f64;
        right / (right + self.false_positives as f64 + self.false_negatives as f64)
    }

    /// Matthews' correlation of labels and alarms, -1..=1; 0 for an alarm that does not depend on the labels, NaN when
    /// all labels or all alarms are the same.
    #[must_use]
    pub fn matthews(&self) -> f64 {
        let [tp, fp, fn_, tn] =
            [self.true_positives, self.false_positives, self.false_negatives, self.true_negatives].map(|n| n as f64);
        (tp * tn - fp * fn_) / ((tp + fp).sqrt() * (tp + fn_).sqrt() * (tn + fp).sqrt() * (tn + fn_).sqrt())
    }
}

/// **Flawed by design; only to compare with papers that report it.** F1 after "point adjustment": one alarm anywhere in
/// a labelled event counts as an alarm at every row of it. Random alarms reach F1 above 0.9 on long events (Kim et al.
/// 2022), so it says nothing about a detector. Use [`EventRule`](super::EventRule), [`affiliation`](fn@super::affiliation)
/// or [`RangeScore`](super::RangeScore).
///
/// ```
/// use prognos::metrics::detection::{Confusion, flawed_point_adjusted_f1};
/// let labels = [false, true, true, true, true, true, true, true, true, false];
/// let alarms = [true, false, false, false, true, false, false, false, false, false];
/// assert!(flawed_point_adjusted_f1(&labels, &alarms)? > 0.94);
/// assert!(Confusion::of(&labels, &alarms)?.f1() < 0.21);
/// # Ok::<(), prognos::Error>(())
/// ```
///
/// # Errors
/// [`Error::Shape`](crate::Error::Shape) unless there is one alarm flag a label.
pub fn flawed_point_adjusted_f1(labels: &[bool], alarms: &[bool]) -> Result<f64> {
    check_lengths("alarms for the labels", labels.len(), alarms.len())?;
    let mut adjusted = alarms.to_vec();
    for event in runs(labels) {
        if alarms[event.clone()].contains(&true) {
            adjusted[event].fill(true);
        }
    }
    Ok(Confusion::of(labels, &adjusted)?.f1())
}
