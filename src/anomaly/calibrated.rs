//! A detector and the limit that was found for it, kept and saved together.

use super::{Attribution, Detector, Limit, Threshold};
use crate::error::Result;
use crate::features::Rows;
use ndarray::{Array1, ArrayView1};

/// What a calibrated detector says about a row.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Judgement {
    /// Score: higher is more anomalous.
    pub score: f64,
    /// Conformal p-value among the calibration rows: small is anomalous.
    pub p_value: f64,
    /// Whether the score lies above the limit.
    pub alarm: bool,
}

/// A detector with its limit: score, p-value and alarm in one call, one file for both.
///
/// A limit belongs to one fitted detector; a file with the detector alone invites the limit of another. Calibrate on healthy
/// rows that the detector was **not** fitted on.
///
/// ```
/// use prognos::anomaly::{Calibrated, Detector, PcaMonitor, Threshold};
/// use ndarray::{Array2, s};
/// let healthy = Array2::from_shape_fn((400, 2), |(i, j)| ((i * (j + 1)) as f64 * 0.7).sin());
/// let pca = PcaMonitor::params().components(1).fit(&healthy.slice(s![..200, ..]).to_owned())?;
/// let model = Calibrated::fit(pca, &healthy.slice(s![200.., ..]).to_owned(), Threshold::conformal(0.01))?;
/// let judgement = model.judge(&[9.0, -9.0])?;
/// assert!(judgement.alarm && judgement.p_value <= 0.01);
/// assert!(!model.judge(&[0.1, 0.2])?.alarm);
/// # Ok::<(), prognos::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
pub struct Calibrated<D> {
    detector: D,
    limit: Limit,
}

impl<D: Detector> Calibrated<D> {
    /// Fits the limit to the scores of healthy rows.
    ///
    /// # Errors
    /// As [`Detector::score_rows`] and [`Threshold::fit`].
    pub fn fit<'a>(detector: D, healthy: impl Into<Rows<'a>>, threshold: Threshold) -> Result<Self> {
        let limit = threshold.fit(&detector.score_rows(healthy.into())?)?;
        Ok(Self { detector, limit })
    }

    /// With a limit found before, for this detector.
    #[must_use]
    pub fn with_limit(detector: D, limit: Limit) -> Self {
        Self { detector, limit }
    }

    /// The detector.
    #[must_use]
    pub fn detector(&self) -> &D {
        &self.detector
    }

    /// The limit.
    #[must_use]
    pub fn limit(&self) -> &Limit {
        &self.limit
    }

    fn of(&self, score: f64) -> Judgement {
        Judgement { score, p_value: self.limit.p_value(score), alarm: self.limit.is_alarm(score) }
    }

    /// Score, p-value and alarm of one row.
    ///
    /// # Errors
    /// As [`Detector::score_row`].
    pub fn judge(&self, row: &[f64]) -> Result<Judgement> {
        Ok(self.of(self.detector.score_row(row)?))
    }

    /// Score, p-value and alarm of every row.
    ///
    /// # Errors
    /// As [`Detector::score_rows`].
    pub fn judge_rows<'a>(&self, rows: impl Into<Rows<'a>>) -> Result<Vec<Judgement>> {
        Ok(self.detector.score_rows(rows.into())?.iter().map(|&score| self.of(score)).collect())
    }
}

impl<D: Detector> Detector for Calibrated<D> {
    fn feature_names(&self) -> &[String] {
        self.detector.feature_names()
    }

    fn score_rows(&self, rows: Rows<'_>) -> Result<Array1<f64>> {
        self.detector.score_rows(rows)
    }

    fn explain(&self, row: ArrayView1<'_, f64>) -> Result<Attribution> {
        self.detector.explain(row)
    }
}

#[cfg(feature = "persist")]
impl<D: Detector + crate::persist::Persist> crate::persist::Persist for Calibrated<D> {
    const KIND: &'static str = "calibrated_detector";
    fn feature_names(&self) -> &[String] {
        Detector::feature_names(self)
    }
}
