//! Is this normal? Detectors, thresholds, events and reasons.
//!
//! A detector is fitted on rows that are (mostly) healthy and gives every row a score: **higher is more anomalous,
//! always**. A [`Threshold`] fitted on the scores of healthy rows turns scores into alarms, [`Events`] turns alarms
//! into events, [`Detector::explain_row`] names the sensors behind a row.
//!
//! | detector | for | scores |
//! |---|---|---|
//! | [`PcaMonitor`] | correlated sensors of a healthy baseline | larger of T2 and SPE, each over its control limit |
//! | [`DynamicPca`] | ... that follow each other in time | T2 and SPE combined, over their limit |
//! | [`Mset`] | what each sensor should have said | size of the residuals |
//! | [`Gmm`], [`Kde`] | a few regimes; any smooth density | minus the logarithm of the density |
//! | [`Cblof`] | a few round clusters | distance to the nearest large one |
//! | [`Knn`] | several regimes, no shape assumed | distance to the nearest healthy rows |
//! | [`Lof`] | regimes of different density | about 1 for ordinary rows |
//! | [`Cof`] | patterns along lines and curves | about 1 for ordinary rows |
//! | [`OneClassSvm`] | an outline of any smooth shape | 0 on the outline, positive outside |
//! | [`Abod`] | many columns | minus a variance of angles: up to 0 |
//! | [`Mahalanobis`] | correlated sensors; robust to bad rows, or to few rows | squared distance, chi-squared for normal rows |
//! | [`EmpiricalTails`] | unlabelled history, wide tables (ECOD, COPOD) | sum over columns of -ln of a tail |
//! | [`Hbos`] | the same, and gaps inside of a range | sum over columns of -log2 of a height |
//! | [`Loda`] | the same, and combinations of columns | mean -ln density of random projections |
//! | [`ComponentDistance`], [`Discrepancy`] | comparison with PyOD's `PCA` and `QMCD` | as PyOD |
//! | [`IsolationForest`] | an unlabelled mixed history | 0..1, about 0.5 for ordinary rows |
//! | [`Combiner`] | scores of several detectors | as its scale; default surprise, -ln of a probability |
//!
//! Others answer other questions: [`changepoint`] (when did it change?), [`Peers`] and [`PeerDistance`] (which machine is
//! unlike its fleet?), [`Spot`] (a limit that follows a stream), [`Martingale`] (have the rows changed?).
//! [`Calibrated`] keeps a detector and its limit together.
//!
//! Detectors that learn one row at a time, in bounded memory, stand in [`stream`]; those of one series in [`series`], of
//! stretches that are like no other in [`discord`].
//!
//! ```
//! use prognos::anomaly::{Detector, PcaMonitor, Threshold};
//! use ndarray::Array2;
//! // Two sensors that move together, and a third of its own.
//! let wave = |i: usize, k: f64| (i as f64 * k).sin();
//! let healthy = Array2::from_shape_fn((400, 3), |(i, j)| match j {
//!     0 => wave(i, 0.7) + 0.1 * wave(i, 11.3),
//!     1 => wave(i, 0.7) + 0.1 * wave(i, 5.1),
//!     _ => wave(i, 1.9),
//! });
//! let mut today = healthy.clone();
//! for i in 200..230 {
//!     today[[i, 1]] += 1.5;
//! }
//! let model = PcaMonitor::params().explained(0.9).fit(&healthy)?;
//! let limit = Threshold::false_alarms(0.0025).fit(&model.score(&healthy)?)?;
//! let events = limit.events(&model.score(&today)?);
//! assert_eq!(events.len(), 1);
//! assert_eq!((events[0].start, events[0].end), (200, 230));
//! let why = model.explain_row(&today, events[0].peak)?;
//! assert_ne!(why.ranked()[0].0, "2"); // one of the pair that no longer agrees
//! # Ok::<(), prognos::Error>(())
//! ```

#[macro_use]
mod row_model;
mod attribution;
mod calibrated;
mod cblof;
pub mod changepoint;
mod columns;
mod combine;
mod density;
pub mod discord;
mod discrepancy;
mod door;
mod dynamic_pca;
mod events;
mod isolation_forest;
mod mahalanobis;
mod marginal;
mod mset;
mod neighbours;
mod one_class_svm;
mod pca;
mod peers;
mod probability;
mod row_bank;
pub mod series;
pub mod stream;
mod threshold;

pub use attribution::Attribution;
pub use calibrated::{Calibrated, Judgement};
pub use cblof::{Cblof, CblofParams, CblofValidParams};
pub use combine::{Combination, Combiner, CombinerParams, CombinerValidParams, Scale};
pub use density::{Bandwidth, Gmm, GmmCovariance, GmmParams, GmmValidParams, Kde, KdeParams, KdeValidParams};
pub use discrepancy::{Discrepancy, DiscrepancyParams, DiscrepancyValidParams};
pub use door::Linfa;
pub use dynamic_pca::{DynamicPca, DynamicPcaParams, DynamicPcaTracker, DynamicPcaValidParams};
pub use events::{Event, EventTracker, Events};
pub use isolation_forest::{IsolationForest, IsolationForestParams, IsolationForestValidParams, average_path_length};
pub use mahalanobis::{Covariance, Mahalanobis, MahalanobisParams, MahalanobisValidParams};
pub use marginal::{
    Bins, EmpiricalTails, EmpiricalTailsParams, EmpiricalTailsValidParams, Hbos, HbosParams, HbosScore,
    HbosValidParams, Loda, LodaParams, LodaValidParams, TailRule,
};
pub use mset::{Estimator, Mset, MsetParams, MsetValidParams, Similarity};
pub use neighbours::{
    Abod, AbodParams, AbodValidParams, Chain, Cof, CofParams, CofValidParams, Knn, KnnDistance, KnnParams,
    KnnValidParams, Lof, LofParams, LofValidParams, Metric,
};
pub use one_class_svm::{Gamma, Kernel, OneClassSvm, OneClassSvmParams, OneClassSvmValidParams};
pub use pca::{
    ComponentDistance, ComponentDistanceParams, ComponentDistanceValidParams, Components, PcaMonitor, PcaMonitorParams,
    PcaMonitorValidParams, SpeLimit, Statistic, T2Contribution, T2Limit,
};
pub use peers::{PeerDistance, PeerEvent, PeerScores, Peers};
pub use probability::{Probability, ScoreProbability};
pub use threshold::{
    BiSpot, DriftSpot, GeneralisedPareto, Limit, Martingale, MixedRule, RowsPerDay, Rule, Spot, Threshold, Verdict,
    benjamini_hochberg, benjamini_yekutieli, storey,
};

use crate::error::{Error, Result};
use crate::features::Rows;
use crate::learners::check_rows;
use ndarray::{Array1, ArrayView1, Axis};

/// A fitted model that says how anomalous a row is, and why.
pub trait Detector {
    /// Names of the columns the model was fitted on.
    fn feature_names(&self) -> &[String];

    /// Score of every row: higher is more anomalous.
    ///
    /// # Errors
    /// [`Error::Shape`] or [`Error::Columns`] when the columns are not those of the fit,
    /// [`Error::NonFinite`] naming the first cell that is NaN or infinite, [`Error::Numeric`] when a score overflows.
    fn score_rows(&self, rows: Rows<'_>) -> Result<Array1<f64>>;

    /// Contribution of every column to the score of one row, its cells in the order of [`Detector::feature_names`].
    ///
    /// A bare row carries no names, so that columns in another order go unnoticed; where the row comes from a matrix
    /// with names use [`Detector::explain_row`], which checks them.
    ///
    /// # Errors
    /// As [`Detector::score_rows`].
    fn explain(&self, row: ArrayView1<'_, f64>) -> Result<Attribution>;

    /// [`Detector::score_rows`] of a feature matrix, an array, a view or a linfa dataset.
    ///
    /// # Errors
    /// As [`Detector::score_rows`].
    fn score<'a>(&self, rows: impl Into<Rows<'a>>) -> Result<Array1<f64>>
    where
        Self: Sized,
    {
        self.score_rows(rows.into())
    }

    /// [`Detector::explain`] of one row of a feature matrix, an array, a view or a linfa dataset; the names of the
    /// columns are checked.
    ///
    /// ```
    /// use prognos::anomaly::{Detector, PcaMonitor};
    /// use prognos::features::FeatureMatrix;
    /// use ndarray::Array2;
    /// let rows = Array2::from_shape_fn((50, 2), |(i, j)| ((i * (j + 1)) as f64 * 0.7).sin());
    /// let healthy = FeatureMatrix::new(vec!["rms".into(), "kurtosis".into()], rows)?;
    /// let model = PcaMonitor::params().components(1).fit(&healthy)?;
    /// assert_eq!(model.explain_row(&healthy, 7)?, model.explain(healthy.row(7)?)?);
    /// assert!(model.explain_row(&healthy.select(&["kurtosis", "rms"])?, 7).is_err());
    /// # Ok::<(), prognos::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`Detector::score_rows`], and [`Error::Shape`] when there is no such row. Other rows are not looked at.
    fn explain_row<'a>(&self, rows: impl Into<Rows<'a>>, row: usize) -> Result<Attribution>
    where
        Self: Sized,
    {
        let rows = rows.into();
        rows.check_columns(self.feature_names())?;
        if row >= rows.values.nrows() {
            return Err(Error::shape("number of a row", rows.values.nrows(), row));
        }
        self.explain(rows.values.row(row)).map_err(|error| match error {
            Error::NonFinite { what, column, value, .. } => Error::NonFinite { what, row, column, value },
            other => other,
        })
    }

    /// Score of one row, its cells in the order of [`Detector::feature_names`]: for a gateway that gets one row at a
    /// time. The same bits as in a batch.
    ///
    /// ```
    /// use prognos::anomaly::{Detector, IsolationForest};
    /// use ndarray::Array2;
    /// let healthy = Array2::from_shape_fn((50, 2), |(i, j)| ((i * (j + 1)) as f64 * 0.7).sin());
    /// let model = IsolationForest::params().fit(&healthy)?;
    /// assert!(model.score_row(&[9.0, -9.0])? > model.score_row(&[0.1, 0.2])?);
    /// assert!(model.score_row(&[0.1]).is_err());
    /// # Ok::<(), prognos::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`Detector::score_rows`].
    fn score_row(&self, row: &[f64]) -> Result<f64> {
        let scores = self.score_rows(ArrayView1::from(row).insert_axis(Axis(0)).into())?;
        scores.first().copied().ok_or_else(|| Error::shape("scores of one row", 1, scores.len()))
    }
}

/// `Ok` when a model fitted on `fitted` may read the rows. No rows at all are fine: they have no scores.
fn check_input(rows: &Rows<'_>, fitted: &[String]) -> Result<()> {
    rows.check_columns(fitted)?;
    check_rows(rows, "rows to score", 0)
}

/// The scores, unless one of them overflowed.
fn check_scores(what: &'static str, scores: &[f64]) -> Result<()> {
    match scores.iter().position(|s| !s.is_finite()) {
        None => Ok(()),
        Some(row) => Err(Error::numeric(what, format!("the score of row {row} overflows"))),
    }
}
