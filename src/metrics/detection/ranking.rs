//! Do anomalous rows have the higher scores? ROC-AUC, average precision, and every operating point.
//!
//! - ROC-AUC: the probability that an anomalous row has a higher score than a normal one, ties counted one half (Mann &
//!   Whitney 1947; Hanley & McNeil 1982). Counted in whole numbers, divided once.
//! - Average precision: `sum (R_k - R_{k-1}) P_k` over the distinct scores from the highest down, without interpolation
//!   (as scikit-learn).
//!
//! **Cost.** O(n log n): scores of each class are sorted as integers of the same order, then merged. 8 bytes a row.
//!
//! **When not to use it.** ROC-AUC looks fine when 1 % false alarms are thousands: look at average precision, or at
//! false alarms a day.

use super::{Confusion, check_lengths};
use crate::error::{Error, Result, check_finite};
use ndarray::ArrayView1;

/// An integer that is smaller for a higher score; both zeros have the same.
fn descending_key(score: f64) -> u64 {
    let bits = (score + 0.0).to_bits();
    if bits >> 63 == 0 { !(bits | 1 << 63) } else { bits }
}

/// The score of a key.
fn score_of(key: u64) -> f64 {
    f64::from_bits(if key >> 63 == 0 { !key & !(1 << 63) } else { key })
}

/// A threshold, and what it does: an alarm at every row whose score is at or above it.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
pub struct OperatingPoint {
    /// Lowest score with an alarm.
    pub threshold: f64,
    /// The rows counted.
    pub confusion: Confusion,
}

/// Scores sorted once, for several questions.
///
/// ```
/// use prognos::metrics::detection::Ranking;
/// let labels = [true, false, true, false, false];
/// let ranking = Ranking::new(&labels, &[0.9, 0.8, 0.8, 0.3, 0.1])?;
/// assert!((ranking.roc_auc() - 5.5 / 6.0).abs() < 1e-15);
/// assert!((ranking.average_precision() - (0.5 + 0.5 * 2.0 / 3.0)).abs() < 1e-15);
/// let best = ranking.best_f1_oracle();
/// assert_eq!((best.threshold, best.confusion.f1()), (0.8, 0.8));
/// assert_eq!(ranking.points().count(), 4); // distinct scores
/// # Ok::<(), prognos::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ranking {
    /// Keys of the anomalous rows, highest score first.
    anomalous: Vec<u64>,
    /// Keys of the normal rows.
    normal: Vec<u64>,
}

impl Ranking {
    /// Sorts the scores of anomalous and of normal rows.
    ///
    /// # Errors
    /// [`Error::Shape`] unless there is one score a label, [`Error::NonFinite`] naming a score that is not finite,
    /// [`Error::TooFew`] unless there are rows of both kinds.
    pub fn new<'a>(labels: &[bool], scores: impl Into<ArrayView1<'a, f64>>) -> Result<Self> {
        let scores = scores.into();
        check_lengths("scores for the labels", labels.len(), scores.len())?;
        let copy;
        let scores = match scores.as_slice() {
            Some(slice) => slice,
            None => {
                copy = scores.to_vec();
                &copy
            }
        };
        check_finite("scores", "score", scores)?;
        let positives = labels.iter().filter(|l| **l).count();
        let mut anomalous = Vec::with_capacity(positives);
        let mut normal = Vec::with_capacity(labels.len() - positives);
        for (&label, &score) in labels.iter().zip(scores) {
            if label { &mut anomalous } else { &mut normal }.push(descending_key(score));
        }
        for (what, rows) in [("anomalous rows", &mut anomalous), ("normal rows", &mut normal)] {
            if rows.is_empty() {
                return Err(Error::too_few(what, 1, 0));
            }
            rows.sort_unstable();
        }
        Ok(Self { anomalous, normal })
    }

    /// Calls `f` with every distinct score from the highest down: its key, and how many anomalous and normal rows have
    /// a score as high or higher.
    fn walk(&self, mut f: impl FnMut(u64, usize, usize)) {
        let (p, n) = (&self.anomalous, &self.normal);
        let (mut i, mut j) = (0, 0);
        while i < p.len() || j < n.len() {
            let key = match (p.get(i), n.get(j)) {
                (Some(&a), Some(&b)) => a.min(b),
                (Some(&a), None) | (None, Some(&a)) => a,
                (None, None) => return,
            };
            while p.get(i) == Some(&key) {
                i += 1;
            }
            while n.get(j) == Some(&key) {
                j += 1;
            }
            f(key, i, j);
        }
    }

    fn point(&self, key: u64, hits: usize, false_alarms: usize) -> OperatingPoint {
        OperatingPoint {
            threshold: score_of(key),
            confusion: Confusion {
                true_positives: hits,
                false_positives: false_alarms,
                false_negatives: self.anomalous.len() - hits,
                true_negatives: self.normal.len() - false_alarms,
            },
        }
    }

    /// Area under the ROC curve, 0..=1; 0.5 for scores that do not depend on the labels.
    #[must_use]
    pub fn roc_auc(&self) -> f64 {
        let (mut twice, mut hits, mut alarms) = (0u128, 0usize, 0usize);
        self.walk(|_, i, j| {
            twice += (j - alarms) as u128 * (hits + i) as u128;
            (hits, alarms) = (i, j);
        });
        twice as f64 / (2.0 * self.anomalous.len() as f64 * self.normal.len() as f64)
    }

    /// Average precision, above 0 and at most 1; near the share of anomalous rows for scores that do not depend on the
    /// labels.
    #[must_use]
    pub fn average_precision(&self) -> f64 {
        let (mut sum, mut hits) = (0.0, 0usize);
        self.walk(|_, i, j| {
            if i > hits {
                sum += (i - hits) as f64 * (i as f64 / (i + j) as f64);
                hits = i;
            }
        });
        sum / self.anomalous.len() as f64
    }

    /// **Oracle.** The threshold with the largest F1, the highest of equals, found with the labels it is judged by: an
    /// upper bound of what any threshold can do on these rows, not what a detector did.
    #[must_use]
    pub fn best_f1_oracle(&self) -> OperatingPoint {
        let total = self.anomalous.len();
        let mut best = (0u64, 0usize, 0usize);
        let mut best_f1 = -1.0;
        self.walk(|key, i, j| {
            let f1 = 2.0 * i as f64 / (i + j + total) as f64;
            if f1 > best_f1 {
                (best, best_f1) = ((key, i, j), f1);
            }
        });
        self.point(best.0, best.1, best.2)
    }

    /// The operating points of all distinct scores, from the highest down: the ROC and the precision-recall curve.
    pub fn points(&self) -> impl Iterator<Item = OperatingPoint> {
        let mut all = Vec::new();
        self.walk(|key, i, j| all.push((key, i, j)));
        all.into_iter().map(|(key, i, j)| self.point(key, i, j))
    }

    /// What a threshold does: an alarm at every row whose score is at or above it. A NaN threshold never alarms.
    #[must_use]
    pub fn at(&self, threshold: f64) -> OperatingPoint {
        if threshold.is_nan() {
            return OperatingPoint { threshold, ..self.point(0, 0, 0) };
        }
        let key = descending_key(threshold);
        let counts = |keys: &[u64]| keys.partition_point(|k| *k <= key);
        OperatingPoint { threshold, ..self.point(key, counts(&self.anomalous), counts(&self.normal)) }
    }
}

/// Area under the ROC curve: [`Ranking::roc_auc`] of these scores.
///
/// ```
/// use prognos::metrics::detection::roc_auc;
/// assert_eq!(roc_auc(&[false, true, false, true], &[0.1, 0.8, 0.3, 0.9])?, 1.0);
/// assert_eq!(roc_auc(&[false, true], &[0.5, 0.5])?, 0.5);
/// assert!(roc_auc(&[true, true], &[0.5, 0.5]).is_err());
/// # Ok::<(), prognos::Error>(())
/// ```
///
/// # Errors
/// As [`Ranking::new`].
pub fn roc_auc<'a>(labels: &[bool], scores: impl Into<ArrayView1<'a, f64>>) -> Result<f64> {
    Ok(Ranking::new(labels, scores)?.roc_auc())
}

/// Average precision: [`Ranking::average_precision`] of these scores.
///
/// ```
/// use prognos::metrics::detection::average_precision;
/// assert_eq!(average_precision(&[false, true, false, true], &[0.1, 0.8, 0.3, 0.9])?, 1.0);
/// # Ok::<(), prognos::Error>(())
/// ```
///
/// # Errors
/// As [`Ranking::new`].
pub fn average_precision<'a>(labels: &[bool], scores: impl Into<ArrayView1<'a, f64>>) -> Result<f64> {
    Ok(Ranking::new(labels, scores)?.average_precision())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_keep_the_order() {
        let scores = [f64::MAX, 1.5, 1.0, 5e-324, 0.0, -5e-324, -1.0, -f64::MAX];
        assert!(scores.windows(2).all(|w| descending_key(w[0]) < descending_key(w[1])));
        assert!(scores.iter().all(|&s| score_of(descending_key(s)).to_bits() == s.to_bits()));
        assert_eq!(descending_key(0.0), descending_key(-0.0));
    }
}
