//! Early detections against false alarms over many files: the score of the Numenta Anomaly Benchmark.
//!
//! **Rules** (Lavin & Ahmad 2015, version 1.1). Every file has windows around its anomalies. The first
//! `min(15 % of the rows, 750)` rows are probation and not counted. With `S(x) = 2 / (1 + exp(5 x)) - 1`, -1 beyond x = 3:
//!
//! - of the detections in a window of w rows the best counts: `S(-(last - p + 1) / w) / S(-1)` at row p, 1 at its start;
//! - a window without one costs the false negative weight;
//! - a detection outside costs the false positive weight times `-S((p - last) / (w - 1))` of the window before it, and
//!   all of it before the first window.
//!
//! **One** threshold is used for all files: the one with the largest sum, found with the labels, so that the score is an
//! oracle's, a best case. It is given in per cent of the way from no alarm at all (0) to perfect (100).
//!
//! **Cost.** O(n log n) for n rows in all.
//!
//! **When not to use it.** To choose a threshold for a plant. Windows are a tenth of each file, wider than many anomalies.

use crate::error::{Error, Result, check_finite};
use ndarray::ArrayView1;
use std::ops::Range;

/// What hits, misses and false alarms are worth.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
pub struct NabProfile {
    /// Largest reward of a window that is found.
    pub true_positive: f64,
    /// Largest cost of a detection outside of windows.
    pub false_positive: f64,
    /// Cost of a window that is missed.
    pub false_negative: f64,
}

impl NabProfile {
    /// The profile of the headline.
    pub const STANDARD: Self = Self { true_positive: 1.0, false_positive: 0.11, false_negative: 1.0 };
    /// False alarms cost twice as much.
    pub const REWARD_LOW_FP: Self = Self { true_positive: 1.0, false_positive: 0.22, false_negative: 1.0 };
    /// Misses cost twice as much.
    pub const REWARD_LOW_FN: Self = Self { true_positive: 1.0, false_positive: 0.11, false_negative: 2.0 };

    fn check(&self) -> Result<()> {
        let weights = [
            ("true_positive", self.true_positive),
            ("false_positive", self.false_positive),
            ("false_negative", self.false_negative),
        ];
        match weights.into_iter().find(|(_, w)| !(w.is_finite() && *w >= 0.0)) {
            Some((name, weight)) => Err(Error::parameter(name, weight, "must be finite and at least 0")),
            None if self.true_positive + self.false_negative > 0.0 => Ok(()),
            None => Err(Error::parameter("true_positive", 0.0, "and `false_negative` must not both be 0")),
        }
    }
}

/// `2 / (1 + exp(5 x)) - 1`, -1 beyond 3.
fn sigmoid(x: f64) -> f64 {
    if x > 3.0 { -1.0 } else { 2.0 / (1.0 + (5.0 * x).exp()) - 1.0 }
}

/// Number of rows at the start of a file of `rows` rows that are not counted.
///
/// ```
/// use prognos::metrics::detection::nab_probation;
/// assert_eq!((nab_probation(4032), nab_probation(10_000)), (604, 750));
/// ```
#[must_use]
pub fn nab_probation(rows: usize) -> usize {
    (0.15 * rows as f64).floor().min(750.0) as usize
}

/// What a detection at every row is worth before weights: 1 at the start of a window down to 0 at its end, 0 down to -1
/// outside.
///
/// ```
/// use prognos::metrics::detection::nab_row_values;
/// let values = nab_row_values(100, &[40..50])?;
/// assert_eq!((values[0], values[40], values[99]), (-1.0, 1.0, -1.0));
/// assert!(values[49] > 0.2 && values[49] < values[41] && values[51] < 0.0);
/// # Ok::<(), prognos::Error>(())
/// ```
///
/// # Errors
/// [`Error::Parameter`] for a window that is empty, beyond the rows, or not after the one before.
pub fn nab_row_values(rows: usize, windows: &[Range<usize>]) -> Result<Vec<f64>> {
    let mut values = vec![-1.0; rows];
    let mut before: Option<&Range<usize>> = None;
    let outside = |values: &mut [f64], before: Option<&Range<usize>>, until: usize| {
        if let Some(b) = before {
            for (row, value) in values.iter_mut().enumerate().take(until).skip(b.end) {
                *value = sigmoid((row + 1 - b.end) as f64 / (b.len() - 1) as f64);
            }
        }
    };
    for window in windows {
        if window.is_empty() || window.end > rows || before.is_some_and(|b| b.end > window.start) {
            let reason = format!("must hold a row, come after the one before, and end within the {rows} rows");
            return Err(Error::parameter("windows", format!("{window:?}"), reason));
        }
        outside(&mut values, before, window.start);
        for row in window.clone() {
            values[row] = sigmoid(-((window.end - row) as f64) / window.len() as f64) / sigmoid(-1.0);
        }
        before = Some(window);
    }
    outside(&mut values, before, rows);
    Ok(values)
}

/// One counted row.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Row {
    score: f64,
    value: f64,
    window: Option<usize>,
}

/// The scores of all files, and what their rows are worth.
///
/// ```
/// use prognos::metrics::detection::{NabCorpus, NabProfile};
/// let mut corpus = NabCorpus::new();
/// let windows = [700..760];
/// let mut scores = vec![0.1; 1000];
/// scores[705] = 0.9; // early in the window
/// scores[300] = 0.8; // a false alarm
/// corpus.push(&scores, &windows)?;
/// let found = corpus.score(NabProfile::STANDARD)?;
/// assert_eq!((found.threshold, found.hits, found.false_positives), (Some(0.9), 1, 0));
/// assert!(found.score > 98.0 && found.score < 100.0);
/// // At a threshold of 0.5 the false alarm counts too.
/// assert!(corpus.score_at(NabProfile::STANDARD, 0.5)?.score < found.score - 5.0);
/// # Ok::<(), prognos::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Default)]
pub struct NabCorpus {
    rows: Vec<Row>,
    windows: usize,
    /// Windows with a row after probation.
    counted: usize,
}

/// The score of a corpus, and how it came about. Counts are of rows after probation.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
pub struct NabScore {
    /// In per cent: 0 for no alarm, 100 for one at the start of every window.
    pub score: f64,
    /// The sum before it is scaled.
    pub raw: f64,
    /// A row is a detection when its score is at or above it; `None` when it is best to detect nothing.
    pub threshold: Option<f64>,
    /// Windows found.
    pub hits: usize,
    /// Windows with a row after probation.
    pub windows: usize,
    /// Detections in windows.
    pub true_positives: usize,
    /// Detections outside.
    pub false_positives: usize,
    /// Rows of windows without detection.
    pub false_negatives: usize,
    /// Other rows without.
    pub true_negatives: usize,
}

impl NabCorpus {
    /// Without files.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a file: one score a row, and its windows as half open ranges of rows, in order.
    ///
    /// # Errors
    /// [`Error::NonFinite`] naming a score that is not finite, [`Error::Parameter`] as [`nab_row_values`].
    pub fn push<'a>(&mut self, scores: impl Into<ArrayView1<'a, f64>>, windows: &[Range<usize>]) -> Result<()> {
        let scores = scores.into().to_vec();
        check_finite("scores", "score", &scores)?;
        let values = nab_row_values(scores.len(), windows)?;
        let first = nab_probation(scores.len());
        let mut next = 0;
        for (row, (&score, &value)) in scores.iter().zip(&values).enumerate().skip(first) {
            while windows.get(next).is_some_and(|w| w.end <= row) {
                next += 1;
            }
            let window = windows.get(next).filter(|w| w.contains(&row)).map(|_| self.windows + next);
            self.rows.push(Row { score, value, window });
        }
        self.windows += windows.len();
        self.counted += windows.iter().filter(|w| w.end > first).count();
        Ok(())
    }

    /// The score at the best threshold, found with the labels.
    ///
    /// # Errors
    /// [`Error::TooFew`] without windows, [`Error::Parameter`] for weights that are negative or not finite.
    pub fn score(&self, profile: NabProfile) -> Result<NabScore> {
        self.sweep(profile, None)
    }

    /// The score at a given threshold.
    ///
    /// # Errors
    /// As [`NabCorpus::score`], and [`Error::Parameter`] for a threshold that is NaN.
    pub fn score_at(&self, profile: NabProfile, threshold: f64) -> Result<NabScore> {
        if threshold.is_nan() {
            return Err(Error::parameter("threshold", threshold, "must be a number"));
        }
        self.sweep(profile, Some(threshold))
    }

    /// Lowers the threshold through all scores; keeps the best sum, or stops at the threshold given.
    fn sweep(&self, profile: NabProfile, stop: Option<f64>) -> Result<NabScore> {
        profile.check()?;
        if self.windows == 0 {
            return Err(Error::too_few("windows of the corpus", 1, 0));
        }
        let mut order: Vec<&Row> = self.rows.iter().collect();
        // Stable: detections of equal scores are added in the order of their rows.
        order.sort_by(|a, b| b.score.total_cmp(&a.score));
        let null = -profile.false_negative * self.counted as f64;
        let in_windows = order.iter().filter(|r| r.window.is_some()).count();
        let mut best = NabScore {
            score: 0.0,
            raw: null,
            threshold: None,
            hits: 0,
            windows: self.counted,
            true_positives: 0,
            false_positives: 0,
            false_negatives: in_windows,
            true_negatives: order.len() - in_windows,
        };
        let mut now = best;
        // What every window has brought so far.
        let mut reward: Vec<Option<f64>> = vec![None; self.windows];
        for tied in order.chunk_by(|a, b| a.score >= b.score && b.score >= a.score) {
            if stop.is_some_and(|t| tied[0].score < t) {
                break;
            }
            now.threshold = Some(tied[0].score);
            for row in tied {
                if let Some(window) = row.window {
                    let value = row.value * profile.true_positive;
                    let had = reward[window].unwrap_or(-profile.false_negative);
                    now.hits += usize::from(reward[window].is_none());
                    reward[window] = Some(had.max(value));
                    now.raw += had.max(value) - had;
                    now.true_positives += 1;
                    now.false_negatives -= 1;
                } else {
                    now.raw += row.value * profile.false_positive;
                    now.false_positives += 1;
                    now.true_negatives -= 1;
                }
            }
            if stop.is_some() || now.raw > best.raw {
                best = now;
            }
        }
        if let Some(threshold) = stop {
            best.threshold = Some(threshold);
        }
        let perfect = profile.true_positive * self.windows as f64;
        best.score = 100.0 * (best.raw - null) / (perfect - null);
        Ok(best)
    }
}
