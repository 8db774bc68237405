//! Mahalanobis distance: how far is a row from the centre, counted in the spread and correlation of the others?
//!
//! **What it answers.** Is this row of correlated sensors unlike the rows of the baseline? With
//! [`Covariance::Mcd`] also when up to half of the rows of the baseline are bad, with [`Covariance::LedoitWolf`] or
//! [`Covariance::Oas`] also when there are hardly more rows than columns.
//!
//! **Formula.** Columns are scaled to z ([`Scaling`]); with location m and covariance S of the scaled rows the score
//! is the **squared** distance
//!
//! ```text
//! d² = (z - m)ᵀ S⁻¹ (z - m)
//! ```
//!
//! squared, because then it adds up: the contribution of column j is `(z - m)_j (S⁻¹ (z - m))_j` (single terms can be
//! negative), and because it has a chi-squared law with d degrees of freedom for normal rows. Covariances divide by n.
//!
//! | [`Covariance`] | estimator |
//! |---|---|
//! | `Empirical` | maximum likelihood, `Zᵀ Z / n` |
//! | `Shrunk(s)` | `(1 - s) S + s tr(S)/d I` |
//! | `LedoitWolf` | the same with the s that has the smallest expected squared error (Ledoit & Wolf 2004) |
//! | `Oas` | the same with the s of the oracle approximating estimator (Chen, Wiesel, Eldar & Hero 2010) |
//! | `Mcd` | minimum covariance determinant, reweighted (Rousseeuw & Van Driessen 1999) |
//!
//! Shrinkage pulls towards equal variances, so that units matter: columns are standardised first by default.
//! `Scaling::Centre` keeps the units, as scikit-learn does. The other estimators do not depend on the scaling.
//!
//! **Minimum covariance determinant.** The raw estimate is mean and covariance of the h rows whose covariance has the
//! smallest determinant, by default `h = ceil((n + d + 1) / 2)`, searched by concentration steps from 500 random
//! starts of d + 1 rows; above 600 rows in up to five parts of about 300 first, as in the paper. With one column the
//! answer is exact. The raw covariance times the consistency factor of Croux & Haesbroeck (1999) gives raw distances
//! ([`Mahalanobis::raw_distances`]); the rows within the 97.5 % quantile of chi-squared make location and covariance,
//! again with the consistency factor. When more than h rows lie in a hyperplane (a sensor that is mostly at one value), the
//! smallest determinant is zero and no distance comes from it: searches that end there are given up, and the best of the
//! others is taken; when all end there, the fit is an error. No factor for small samples is applied (nor does scikit-learn).
//!
//! **Cost.** Fit O(n d² + d³), with `Mcd` some hundred times that of 300 rows and some tens of all rows; score O(d²) a
//! row. Memory O(d²), for the fit of `Mcd` O(n d).
//!
//! **When not to use it.** Several operating regimes; strongly curved relations; more columns than rows with
//! `Empirical` or `Mcd`. When S is singular the fit is an error: a distance that leaves a direction out would be blind
//! to the very rows that break it. Take a shrunk covariance, or [`PcaMonitor`](super::PcaMonitor) with its SPE.

mod covariance;
#[cfg(feature = "serde")]
mod file;
mod mcd;
mod metric;
mod params;

pub use params::{Covariance, MahalanobisParams, MahalanobisValidParams};

use super::pca::{Transform, second_moments};
use super::{Attribution, Detector, check_input, check_scores};
use crate::error::{Error, Result};
use crate::features::Rows;
use crate::learners::{Scaler, Scaling, check_rows};
use linfa::dataset::DatasetBase;
use linfa::traits::Fit;
use metric::Metric;
use ndarray::{Array1, Array2, ArrayBase, ArrayView1, Data, Ix2};

impl<D: Data<Elem = f64>, T> Fit<ArrayBase<D, Ix2>, T, Error> for MahalanobisValidParams {
    type Object = Mahalanobis;
    fn fit(&self, dataset: &DatasetBase<ArrayBase<D, Ix2>, T>) -> Result<Mahalanobis> {
        self.fit_rows(dataset.into())
    }
}

const WHAT: &str = "Mahalanobis distance";

fn singular() -> Error {
    let why =
        "the covariance is singular: too few rows, or columns that determine each other; take a shrunk covariance";
    Error::numeric(WHAT, why)
}

impl MahalanobisValidParams {
    fn fit_rows(&self, rows: Rows<'_>) -> Result<Mahalanobis> {
        check_rows(&rows, "rows to fit a Mahalanobis distance", 2)?;
        let n = rows.values.nrows();
        let scaler = Scaler::params(self.scaling).fit(rows)?;
        let kept: Vec<usize> = (0..rows.values.ncols()).filter(|&j| !scaler.constant()[j]).collect();
        if kept.is_empty() {
            return Err(Error::numeric(WHAT, "no column moves in the training rows"));
        }
        let transform = Transform::new(&scaler, &kept);
        let (metric, shrinkage, raw) = if self.covariance == Covariance::Mcd {
            let fit = mcd::fit(rows.values, &transform, self.support, self.seed)?;
            (fit.reweighted, 0.0, Some(fit.raw))
        } else {
            let (location, covariance) = covariance::empirical(rows.values, &transform);
            if !covariance.iter().all(|v| v.is_finite()) {
                return Err(Error::numeric(WHAT, "the covariance overflows; take Scaling::Standard"));
            }
            let shrinkage = match self.covariance {
                Covariance::Shrunk(s) => s,
                Covariance::LedoitWolf => covariance::ledoit_wolf(rows.values, &transform, &location, &covariance)?,
                Covariance::Oas => covariance::oas(&covariance, kept.len(), n),
                Covariance::Empirical | Covariance::Mcd => 0.0,
            };
            let shrunk = covariance::shrink(covariance, kept.len(), shrinkage);
            (Metric::new(location, shrunk).ok_or_else(singular)?, shrinkage, None)
        };
        Ok(Mahalanobis { params: self.clone(), scaler, kept, n, shrinkage, metric, raw })
    }
}

/// Raw estimate of the minimum covariance determinant, in the model's scaled units.
#[derive(Debug, Clone, PartialEq)]
struct RawMcd {
    metric: Metric,
    /// Rows whose covariance it is.
    support: usize,
    /// Rows that the reweighted estimate was taken from.
    used: usize,
    consistency: f64,
}

/// A fitted Mahalanobis distance.
///
/// Columns that do not move in the training rows take no part, as in [`PcaMonitor`](super::PcaMonitor).
///
/// ```
/// use prognos::anomaly::{Covariance, Detector, Mahalanobis};
/// use ndarray::Array2;
/// let mut rows = Array2::from_shape_fn((200, 3), |(i, j)| {
///     (i as f64 * 0.1).sin() * (j + 1) as f64 + 0.1 * ((i * (j + 7)) as f64).sin()
/// });
/// // A third of the baseline is bad; the robust estimate does not mind.
/// for i in 0..60 {
///     rows[[i, 2]] -= 8.0;
/// }
/// let model = Mahalanobis::params().covariance(Covariance::Mcd).fit(&rows)?;
/// let scores = model.score(&rows)?;
/// assert!(scores.iter().take(60).all(|s| *s > 100.0));
/// assert!(scores.iter().skip(60).all(|s| *s < 30.0));
/// let why = model.explain(rows.row(3))?;
/// assert_eq!(why.ranked()[0].0, "2");
/// assert!((why.total() - scores[3]).abs() < 1e-9 * scores[3]);
/// # Ok::<(), prognos::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(try_from = "file::Raw", into = "file::Raw"))]
pub struct Mahalanobis {
    params: MahalanobisValidParams,
    scaler: Scaler,
    kept: Vec<usize>,
    n: usize,
    shrinkage: f64,
    metric: Metric,
    raw: Option<RawMcd>,
}

impl Mahalanobis {
    /// Names of the columns it was fitted on.
    #[must_use]
    pub fn feature_names(&self) -> &[String] {
        self.scaler.feature_names()
    }

    /// Default settings: Ledoit-Wolf covariance of standardised columns.
    #[must_use]
    pub fn params() -> MahalanobisParams {
        MahalanobisParams::new()
    }

    /// Number of training rows.
    #[must_use]
    pub fn n_rows(&self) -> usize {
        self.n
    }

    /// How far the covariance was shrunk towards equal variances, 0..=1; 0 for the estimators that do not shrink.
    #[must_use]
    pub fn shrinkage(&self) -> f64 {
        self.shrinkage
    }

    /// Names of the columns that take no part because they do not move in the training rows.
    #[must_use]
    pub fn dropped(&self) -> Vec<&str> {
        let names = self.feature_names().iter().zip(self.scaler.constant());
        names.filter(|(_, constant)| **constant).map(|(name, _)| name.as_str()).collect()
    }

    /// Location of every column, in its unit.
    #[must_use]
    pub fn location(&self) -> Array1<f64> {
        self.location_of(&self.metric)
    }

    /// Covariance of the columns in their units; 0 for those that take no part.
    #[must_use]
    pub fn covariance(&self) -> Array2<f64> {
        self.covariance_of(&self.metric)
    }

    /// Location of the raw minimum covariance determinant; `None` for the other estimators.
    #[must_use]
    pub fn raw_location(&self) -> Option<Array1<f64>> {
        self.raw.as_ref().map(|raw| self.location_of(&raw.metric))
    }

    /// Covariance of the rows of the raw estimate, without the consistency factor; `None` for the other estimators.
    #[must_use]
    pub fn raw_covariance(&self) -> Option<Array2<f64>> {
        self.raw.as_ref().map(|raw| self.covariance_of(&raw.metric))
    }

    /// Number of rows behind the raw and behind the reweighted minimum covariance determinant; `None` for the other
    /// estimators.
    #[must_use]
    pub fn support(&self) -> Option<(usize, usize)> {
        self.raw.as_ref().map(|raw| (raw.support, raw.used))
    }

    /// Squared distances by the raw minimum covariance determinant with its consistency factor: what decides which
    /// rows the final estimate uses.
    ///
    /// # Errors
    /// As [`Detector::score_rows`]; [`Error::Parameter`] for a model with another covariance.
    pub fn raw_distances<'a>(&self, rows: impl Into<Rows<'a>>) -> Result<Array1<f64>> {
        let rows = rows.into();
        check_input(&rows, self.feature_names())?;
        let Some(raw) = &self.raw else {
            return Err(Error::parameter(
                "covariance",
                format!("{:?}", self.params.covariance),
                "has no raw distances",
            ));
        };
        let mut distances = raw.metric.squared(rows.values, &Transform::new(&self.scaler, &self.kept));
        for distance in &mut distances {
            *distance /= raw.consistency;
        }
        check_scores(WHAT, &distances)?;
        Ok(distances.into())
    }

    fn location_of(&self, metric: &Metric) -> Array1<f64> {
        let mut location = Array1::from(self.scaler.centre().to_vec());
        for (&j, m) in self.kept.iter().zip(metric.location()) {
            location[j] += m * self.scaler.scale()[j];
        }
        location
    }

    fn covariance_of(&self, metric: &Metric) -> Array2<f64> {
        let d = self.scaler.scale().len();
        let mut covariance = Array2::zeros((d, d));
        for (&i, row) in self.kept.iter().zip(metric.covariance().chunks_exact(self.kept.len())) {
            for (&j, s) in self.kept.iter().zip(row) {
                covariance[[i, j]] = s * self.scaler.scale()[i] * self.scaler.scale()[j];
            }
        }
        covariance
    }
}

impl Detector for Mahalanobis {
    fn feature_names(&self) -> &[String] {
        self.scaler.feature_names()
    }

    fn score_rows(&self, rows: Rows<'_>) -> Result<Array1<f64>> {
        check_input(&rows, self.scaler.feature_names())?;
        let scores = self.metric.squared(rows.values, &Transform::new(&self.scaler, &self.kept));
        check_scores(WHAT, &scores)?;
        Ok(scores.into())
    }

    /// Contributions `(z - m)_j (S⁻¹ (z - m))_j`, which add up to the score; 0 for columns that take no part.
    fn explain(&self, row: ArrayView1<'_, f64>) -> Result<Attribution> {
        let score = self.score_rows(Rows::from(row.insert_axis(ndarray::Axis(0))))?[0];
        let cells = row.to_vec();
        let z: Vec<f64> =
            Transform::new(&self.scaler, &self.kept).columns.iter().map(|column| column.apply(&cells)).collect();
        let mut parts = vec![0.0; row.len()];
        for (&j, part) in self.kept.iter().zip(self.metric.contributions(&z)) {
            parts[j] = part;
        }
        check_scores(WHAT, &parts)?;
        Attribution::new(self.scaler.feature_names().to_vec(), parts, score)
    }
}

#[cfg(feature = "persist")]
impl crate::persist::Persist for Mahalanobis {
    const KIND: &'static str = "mahalanobis";
    fn feature_names(&self) -> &[String] {
        self.scaler.feature_names()
    }
}

#[cfg(test)]
mod tests;
