//! A causal detector for a machine with a short healthy baseline that drifts.
//!
//! The level and the spread of every sensor over the last 15 rows are compared with those of the end of the baseline. The
//! measure is a Mahalanobis distance fitted not on windows, but on the *differences* of baseline windows at least 100
//! rows apart: how much a healthy machine changes in such a time. A sensor that wanders (a temperature) has large
//! differences and counts for little, one that stays where it is counts for much.

use crate::Failure;
use ndarray::{Array1, Array2, Axis};
use prognos::anomaly::{Attribution, Covariance, Detector, Mahalanobis};
use prognos::features::FeatureMatrix;
use prognos::signal::rolling::RollingStatistics;

/// Rows of a recording that the detector is fitted on.
pub(crate) const TRAINING: usize = 400;
/// Rows of a window: what an alarm lags behind at most when a fault has ended.
const WINDOW: usize = 15;
/// Differences are taken between baseline windows at least this far apart.
const APART: usize = 100;
/// Rows at the end of the baseline whose windows make the reference.
const REFERENCE: usize = 100;

/// A fitted detector; rows of sensors in, scores out.
pub(crate) struct Change {
    model: Mahalanobis,
    reference: Array1<f64>,
    spread: Vec<f64>,
}

/// Level and logarithm of the spread of every sensor over the last rows, from the first full window on.
fn windows(rows: &Array2<f64>, spread: &[f64]) -> Result<Array2<f64>, Failure> {
    let d = rows.ncols();
    let mut out = Array2::zeros((rows.nrows() + 1 - WINDOW, 2 * d));
    for (j, column) in rows.columns().into_iter().enumerate() {
        let mut rolling = RollingStatistics::new(WINDOW)?;
        for (i, &x) in column.iter().enumerate() {
            rolling.push(x)?;
            if i + 1 >= WINDOW {
                out[[i + 1 - WINDOW, j]] = rolling.mean();
                // A tenth of the baseline's spread, so that a quantised sensor at rest has a logarithm.
                out[[i + 1 - WINDOW, d + j]] = (rolling.standard_deviation() + 0.1 * spread[j]).ln();
            }
        }
    }
    Ok(out)
}

impl Change {
    /// Fits on the first [`TRAINING`] rows of a recording.
    pub(crate) fn fit(names: &[String], rows: &Array2<f64>) -> Result<Self, Failure> {
        let baseline = rows.slice_axis(Axis(0), ndarray::Slice::from(..TRAINING)).to_owned();
        let spread = baseline.std_axis(Axis(0), 0.0).mapv(|s| s.max(1e-12)).to_vec();
        let windows = windows(&baseline, &spread)?;
        let starts: Vec<usize> = (0..windows.nrows()).step_by(WINDOW).collect();
        let mut differences = Vec::new();
        for &a in &starts {
            for &b in starts.iter().filter(|&&b| b >= a + APART) {
                // Both signs: a change has no direction, and the mean of the differences is zero.
                for sign in [1.0, -1.0] {
                    differences.extend(windows.row(b).iter().zip(windows.row(a)).map(|(b, a)| sign * (b - a)));
                }
            }
        }
        let width = windows.ncols();
        let differences = Array2::from_shape_vec((differences.len() / width, width), differences)?;
        let kinds = ["level", "spread"].iter().flat_map(|kind| names.iter().map(move |name| format!("{name} {kind}")));
        let differences = FeatureMatrix::new(kinds.collect(), differences)?;
        let model = Mahalanobis::params().covariance(Covariance::LedoitWolf).fit(&differences)?;
        let last = windows.slice_axis(Axis(0), ndarray::Slice::from(-(REFERENCE as isize)..));
        let reference = last.mean_axis(Axis(0)).ok_or("the baseline is empty")?;
        Ok(Self { model, reference, spread })
    }

    /// Score of every row after the baseline, from it and earlier rows: squared distance over the number of features.
    pub(crate) fn score(&self, rows: &Array2<f64>) -> Result<Vec<f64>, Failure> {
        let windows = windows(rows, &self.spread)? - &self.reference;
        let scores = self.model.score(windows.slice_axis(Axis(0), ndarray::Slice::from(TRAINING + 1 - WINDOW..)))?;
        Ok((scores / self.model.feature_names().len() as f64).to_vec())
    }

    /// Which level or spread made the score of a row what it is.
    pub(crate) fn explain(&self, rows: &Array2<f64>, row: usize) -> Result<Attribution, Failure> {
        let windows = windows(rows, &self.spread)? - &self.reference;
        Ok(self.model.explain(windows.row(row + 1 - WINDOW))?)
    }
}
