//! Principal component monitoring: T2 and SPE.
//!
//! **What it answers.** Sensors of a healthy machine move together. Is this row an ordinary pattern of unusual
//! strength (Hotelling's T2 in the space of the retained components), or a pattern that the healthy rows never showed
//! (SPE, also called Q, the squared distance from that space)? For a dozen to some hundred correlated sensors or
//! features with a healthy baseline; on recorded plants one of the strongest detectors there are, and cheap.
//!
//! **Formula.** Columns are scaled to `z` ([`Scaling`]). `S = Zᵀ Z / (n - 1)` has eigenvalues `lambda` and eigenvectors
//! `p`; the first `k` are retained. With `t_a = p_a · z`:
//!
//! ```text
//! T2 = sum_{a <= k} t_a² / lambda_a        SPE = |z - sum_{a <= k} t_a p_a|²
//! ```
//!
//! With [`Scaling::Robust`] `z` is counted from the median, and so are the second moments S.
//!
//! **Score.** `max(T2 / limit of T2, SPE / limit of SPE)`: above 1 exactly when one of the two classical charts
//! alarms. The maximum rather than the weighted sum of Yue & Qin (2001), because every score then belongs to one
//! chart, whose contributions explain it and add up to it. The price: a row moderately high on both charts scores
//! less than it would in the sum.
//!
//! **Sources.** Jackson & Mudholkar 1979; Tracy, Young & Mason 1992; Nomikos & MacGregor 1995; Alcala & Qin 2009.
//!
//! **Cost.** Fit O(n d² + d³), score O(d k) a row, both in blocks of rows. Memory O(d²).
//!
//! **When not to use it.** Several operating regimes with different correlations (fit one monitor a regime, or take
//! [`IsolationForest`](super::IsolationForest)); strongly nonlinear relations; a baseline that holds faults: the
//! covariance is not robust, [`Scaling::Robust`] only makes centre and units so.

mod contributions;
mod distance;
#[cfg(feature = "serde")]
mod file;
mod kernel;
mod limits;
mod params;

pub use contributions::{Statistic, T2Contribution};
pub use distance::{ComponentDistance, ComponentDistanceParams, ComponentDistanceValidParams};
pub use limits::{SpeLimit, T2Limit};
pub use params::{Components, PcaMonitorParams, PcaMonitorValidParams};

use super::{Attribution, Detector, check_input, check_scores};
use crate::error::{Error, Result, check_fraction};
use crate::features::Rows;
use crate::learners::{Scaler, Scaling, check_rows};
use crate::math::lanes;
use crate::math::linalg::symmetric_eigen;
use crate::math::order::quantile_in_place;
use kernel::Space;
pub(super) use kernel::{Transform, second_moments};
pub(super) use limits::chi_squared_upper;
use linfa::dataset::DatasetBase;
use linfa::traits::Fit;
use ndarray::{Array1, ArrayBase, ArrayView1, ArrayView2, Data, Ix2};

impl<D: Data<Elem = f64>, T> Fit<ArrayBase<D, Ix2>, T, Error> for PcaMonitorValidParams {
    type Object = PcaMonitor;
    fn fit(&self, dataset: &DatasetBase<ArrayBase<D, Ix2>, T>) -> Result<PcaMonitor> {
        self.fit_rows(dataset.into())
    }
}

/// SPE limits never fall below this fraction of the total variance: rows whose columns depend on each other exactly
/// leave a residual of rounding only, and a limit of zero would turn rounding into alarms.
const SPE_FLOOR: f64 = 1e-12;

impl PcaMonitorValidParams {
    fn fit_rows(&self, rows: Rows<'_>) -> Result<PcaMonitor> {
        check_rows(&rows, "rows to fit a PCA monitor", 3)?;
        let n = rows.values.nrows();
        let scaler = Scaler::params(self.scaling).fit(rows)?;
        let kept: Vec<usize> = (0..rows.values.ncols()).filter(|&j| !scaler.constant()[j]).collect();
        if kept.is_empty() {
            return Err(Error::numeric("PCA monitor", "no column moves in the training rows"));
        }
        let transform = Transform::new(&scaler, &kept);
        let (eigenvalues, vectors) = symmetric_eigen(&second_moments(rows.values, &transform))?;
        let d = kept.len();
        // Below this an eigenvalue is rounding of the largest one, not variance.
        let noise = eigenvalues[0] * f64::EPSILON * 16.0 * (d + 16) as f64;
        let eigenvalues: Vec<f64> = eigenvalues.iter().map(|&l| if l > noise { l } else { 0.0 }).collect();
        let rank = eigenvalues.iter().filter(|l| **l > 0.0).count().min(n - 1);
        if rank == 0 {
            return Err(Error::numeric("PCA monitor", "the training rows have no variance"));
        }
        let total: f64 = eigenvalues.iter().sum();
        let wanted = match self.components {
            Components::Count(k) => k,
            Components::Explained(fraction) => {
                let mut sum = 0.0;
                let reached = eigenvalues.iter().position(|l| {
                    sum += l;
                    // One part in 1e12 for the rounding of the sum.
                    sum >= fraction * total * (1.0 - 1e-12)
                });
                reached.map_or(d, |at| at + 1)
            }
        };
        let k = wanted.clamp(1, rank);
        let loadings = vectors.rows().into_iter().take(k).flatten().copied().collect();
        let mut model = PcaMonitor {
            params: self.clone(),
            scaler,
            kept,
            n,
            k,
            eigenvalues,
            loadings,
            t2_limit: 1.0,
            spe_limit: None,
            training: Training::default(),
        };
        let [mut t2, mut spe] = model.statistics(rows.values);
        check_scores("PCA monitor: T2 of the training rows", &t2)?;
        check_scores("PCA monitor: SPE of the training rows", &spe)?;
        model.training = Training {
            spe_mean: lanes::mean(&spe),
            spe_variance: lanes::variance(&spe, 1),
            t2_quantile: quantile_in_place(&mut t2, 1.0 - self.alpha),
            spe_quantile: quantile_in_place(&mut spe, 1.0 - self.alpha),
        };
        model.set_limits()?;
        Ok(model)
    }
}

/// What the limits need to know of the training rows' statistics.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
struct Training {
    spe_mean: f64,
    spe_variance: f64,
    t2_quantile: f64,
    spe_quantile: f64,
}

/// A fitted principal component monitor.
///
/// Columns that do not move in the training rows have no scale and take no part ([`PcaMonitor::dropped`]): they
/// contribute nothing, also when they move later. Watch them with a check of their own.
///
/// ```
/// use prognos::anomaly::{Detector, PcaMonitor, SpeLimit, T2Limit};
/// use ndarray::Array2;
/// let rows = Array2::from_shape_fn((300, 3), |(i, j)| {
///     let load = (i as f64 * 0.1).sin();
///     load * (j + 1) as f64 + 0.05 * ((i * (j + 7)) as f64).sin()
/// });
/// let model = PcaMonitor::params().explained(0.9).fit(&rows)?;
/// assert_eq!(model.n_components(), 1); // one load drives all three
/// let mut broken = rows.row(10).to_owned();
/// broken[2] += 1.0; // within its range, but not what the others say
/// let score = model.score(broken.view().insert_axis(ndarray::Axis(0)))?[0];
/// assert!(score > 1.0);
/// let why = model.explain(broken.view())?;
/// assert_eq!(why.ranked()[0].0, "2");
/// assert!((why.total() - score).abs() < 1e-9 * score);
/// assert!(model.spe_limit(SpeLimit::JacksonMudholkar, 0.01)? > 0.0);
/// assert!(model.t2_limit(T2Limit::F, 0.01)? > model.t2_limit(T2Limit::F, 0.05)?);
/// # Ok::<(), prognos::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(try_from = "file::Raw", into = "file::Raw"))]
pub struct PcaMonitor {
    params: PcaMonitorValidParams,
    scaler: Scaler,
    kept: Vec<usize>,
    n: usize,
    k: usize,
    /// All of them, descending; 0 where there is rounding only.
    eigenvalues: Vec<f64>,
    /// Row-major, one row of `kept.len()` a retained component.
    loadings: Vec<f64>,
    t2_limit: f64,
    /// None when all components are retained: there is no residual.
    spe_limit: Option<f64>,
    training: Training,
}

impl PcaMonitor {
    /// Names of the columns it was fitted on.
    #[must_use]
    pub fn feature_names(&self) -> &[String] {
        self.scaler.feature_names()
    }

    /// Default settings: 95 % of the variance, standard scaling, limits F and Box at alpha 0.01.
    #[must_use]
    pub fn params() -> PcaMonitorParams {
        PcaMonitorParams(PcaMonitorValidParams {
            components: Components::Explained(0.95),
            scaling: Scaling::Standard,
            alpha: 0.01,
            t2_limit: T2Limit::F,
            spe_limit: SpeLimit::BoxTheory,
        })
    }

    /// Number of retained components.
    #[must_use]
    pub fn n_components(&self) -> usize {
        self.k
    }

    /// Number of training rows.
    #[must_use]
    pub fn n_rows(&self) -> usize {
        self.n
    }

    /// Eigenvalues of the scaled second moments, descending, one for each column that takes part; 0 where only
    /// rounding is left.
    #[must_use]
    pub fn eigenvalues(&self) -> &[f64] {
        &self.eigenvalues
    }

    /// Loadings: one row a retained component, one column for each column that takes part; rows have length 1.
    #[must_use]
    pub fn loadings(&self) -> ArrayView2<'_, f64> {
        // The shape is an invariant of the type; the empty view stands for a case that cannot be.
        ArrayView2::from_shape((self.k, self.kept.len()), &self.loadings).unwrap_or_else(|_| ArrayView2::from(&[[]]))
    }

    /// Centre and scale of the columns.
    #[must_use]
    pub fn scaler(&self) -> &Scaler {
        &self.scaler
    }

    /// Names of the columns that take no part because they do not move in the training rows.
    #[must_use]
    pub fn dropped(&self) -> Vec<&str> {
        let names = self.scaler.feature_names().iter().zip(self.scaler.constant());
        names.filter(|(_, constant)| **constant).map(|(name, _)| name.as_str()).collect()
    }

    /// Sums of the first three powers of the residual eigenvalues, and the exponent `h0` of Jackson & Mudholkar
    /// (NaN without a residual).
    #[must_use]
    pub fn theta(&self) -> ([f64; 3], f64) {
        let theta = limits::thetas(self.eigenvalues.get(self.k..).unwrap_or(&[]));
        (theta, limits::h0(theta))
    }

    /// T2 of every row.
    ///
    /// # Errors
    /// As [`Detector::score_rows`].
    pub fn t2<'a>(&self, rows: impl Into<Rows<'a>>) -> Result<Array1<f64>> {
        let rows = rows.into();
        check_input(&rows, self.scaler.feature_names())?;
        let [t2, _] = self.statistics(rows.values);
        check_scores("T2", &t2)?;
        Ok(t2.into())
    }

    /// SPE of every row: the squared distance from the retained space, in squared scales. Rounding only (about 1e-30)
    /// when all components are retained.
    ///
    /// # Errors
    /// As [`Detector::score_rows`].
    pub fn spe<'a>(&self, rows: impl Into<Rows<'a>>) -> Result<Array1<f64>> {
        let rows = rows.into();
        check_input(&rows, self.scaler.feature_names())?;
        let [_, spe] = self.statistics(rows.values);
        check_scores("SPE", &spe)?;
        Ok(spe.into())
    }

    /// Limit that T2 of a healthy row exceeds with probability `alpha`.
    ///
    /// # Errors
    /// [`Error::Parameter`] unless `alpha` lies between 0 and 1; [`Error::TooFew`] when the law needs more training
    /// rows; [`Error::Parameter`] for the empirical rule at another `alpha` than the one of the fit (for any other,
    /// fit a [`Threshold`](super::Threshold) on [`PcaMonitor::t2`] of healthy rows).
    pub fn t2_limit(&self, rule: T2Limit, alpha: f64) -> Result<f64> {
        match rule {
            T2Limit::Empirical => self.at_fitted_alpha(alpha, self.training.t2_quantile),
            _ => limits::t2(rule, self.k, self.n, alpha),
        }
    }

    /// Limit that SPE of a healthy row exceeds with probability `alpha`, not below 1e-12 of the total variance.
    ///
    /// # Errors
    /// [`Error::Parameter`] as for [`PcaMonitor::t2_limit`]; [`Error::Numeric`] when all components are retained, so
    /// that there is no residual, or when the rule is undefined for the spectrum.
    pub fn spe_limit(&self, rule: SpeLimit, alpha: f64) -> Result<f64> {
        check_fraction("alpha", alpha)?;
        if self.k >= self.eigenvalues.len() {
            return Err(Error::numeric("limit of SPE", "all components are retained: there is no residual"));
        }
        let floor = SPE_FLOOR * self.eigenvalues.iter().sum::<f64>();
        let (theta, _) = self.theta();
        let training = &self.training;
        let limit = match rule {
            SpeLimit::Empirical => self.at_fitted_alpha(alpha, training.spe_quantile)?,
            SpeLimit::BoxMoments if training.spe_mean <= floor || training.spe_variance <= 0.0 => floor,
            _ if theta[0] <= floor => floor,
            _ => limits::spe(rule, theta, training.spe_mean, training.spe_variance, alpha)?,
        };
        Ok(limit.max(floor))
    }

    fn at_fitted_alpha(&self, alpha: f64, value: f64) -> Result<f64> {
        if alpha.total_cmp(&self.params.alpha).is_eq() {
            Ok(value)
        } else {
            let reason = format!("the empirical limit was taken at {}; fit a Threshold for another", self.params.alpha);
            Err(Error::parameter("alpha", alpha, reason))
        }
    }

    fn set_limits(&mut self) -> Result<()> {
        self.t2_limit = self.t2_limit(self.params.t2_limit, self.params.alpha)?;
        self.spe_limit = if self.k < self.eigenvalues.len() {
            Some(self.spe_limit(self.params.spe_limit, self.params.alpha)?)
        } else {
            None
        };
        let usable = |limit: f64| limit.is_finite() && limit > 0.0 && (1.0 / limit).is_finite();
        if usable(self.t2_limit) && self.spe_limit.is_none_or(usable) {
            Ok(())
        } else {
            Err(Error::numeric("PCA monitor", "a control limit is not a positive number; choose another rule"))
        }
    }

    /// Contributions to T2 of one row, in the order of all columns; 0 for dropped ones.
    ///
    /// # Errors
    /// As [`Detector::explain`].
    pub fn t2_contributions(&self, row: ArrayView1<'_, f64>, kind: T2Contribution) -> Result<Attribution> {
        let z = self.scaled(row)?;
        let parts = contributions::t2(kind, &z, &self.loadings, &self.eigenvalues);
        let complete = contributions::t2(T2Contribution::Complete, &z, &self.loadings, &self.eigenvalues);
        self.attribution(&parts, complete.iter().sum())
    }

    /// Contributions to SPE of one row: the squared residuals of the columns, which add up to SPE; 0 for dropped
    /// columns.
    ///
    /// # Errors
    /// As [`Detector::explain`].
    pub fn spe_contributions(&self, row: ArrayView1<'_, f64>) -> Result<Attribution> {
        let (r, _) = contributions::residual(&self.scaled(row)?, &self.loadings);
        let parts: Vec<f64> = r.iter().map(|r| r * r).collect();
        self.attribution(&parts, parts.iter().sum())
    }

    /// Reconstruction based contributions to SPE of one row: how much SPE falls when the best value is put in place of
    /// one column (Alcala & Qin 2009). 0 for columns that lie wholly in the retained space. They do not add up.
    ///
    /// # Errors
    /// As [`Detector::explain`].
    pub fn spe_reconstruction_contributions(&self, row: ArrayView1<'_, f64>) -> Result<Attribution> {
        let (r, diagonal) = contributions::residual(&self.scaled(row)?, &self.loadings);
        let spe = r.iter().map(|r| r * r).sum();
        let parts: Vec<f64> =
            r.iter().zip(&diagonal).map(|(r, q)| if *q > SPE_FLOOR { r * r / q } else { 0.0 }).collect();
        self.attribution(&parts, spe)
    }

    /// The statistic that the score of this row comes from.
    ///
    /// # Errors
    /// As [`Detector::explain`].
    pub fn statistic(&self, row: ArrayView1<'_, f64>) -> Result<Statistic> {
        let rows = Rows::from(row.insert_axis(ndarray::Axis(0)));
        check_input(&rows, self.scaler.feature_names())?;
        let [t2, spe] = self.statistics(rows.values);
        let over = |x: &[f64], limit: f64| x.first().map_or(0.0, |v| v / limit);
        Ok(match self.spe_limit {
            Some(limit) if over(&spe, limit) > over(&t2, self.t2_limit) => Statistic::Spe,
            _ => Statistic::T2,
        })
    }

    fn scaled(&self, row: ArrayView1<'_, f64>) -> Result<Vec<f64>> {
        check_input(&Rows::from(row.insert_axis(ndarray::Axis(0))), self.scaler.feature_names())?;
        let transform = Transform::new(&self.scaler, &self.kept);
        let cells = row.to_vec();
        Ok(transform.columns.iter().map(|c| c.apply(&cells)).collect())
    }

    fn attribution(&self, parts: &[f64], score: f64) -> Result<Attribution> {
        check_scores("contributions", parts)?;
        let mut all = vec![0.0; self.scaler.feature_names().len()];
        for (&j, &part) in self.kept.iter().zip(parts) {
            all[j] = part;
        }
        Attribution::new(self.scaler.feature_names().to_vec(), all, score)
    }

    fn statistics(&self, values: ArrayView2<'_, f64>) -> [Vec<f64>; 2] {
        let space = Space { loadings: &self.loadings, eigenvalues: &self.eigenvalues[..self.k] };
        space.statistics(values, &Transform::new(&self.scaler, &self.kept))
    }
}

impl Detector for PcaMonitor {
    fn feature_names(&self) -> &[String] {
        self.scaler.feature_names()
    }

    fn score_rows(&self, rows: Rows<'_>) -> Result<Array1<f64>> {
        check_input(&rows, self.scaler.feature_names())?;
        let [mut scores, spe] = self.statistics(rows.values);
        for (score, spe) in scores.iter_mut().zip(&spe) {
            let t2 = *score / self.t2_limit;
            *score = self.spe_limit.map_or(t2, |limit| t2.max(spe / limit));
        }
        check_scores("PCA monitor", &scores)?;
        Ok(scores.into())
    }

    /// Contributions of the statistic that the score comes from, over its limit, so that they add up to the score:
    /// the complete decomposition of T2, or the squared residuals of SPE.
    fn explain(&self, row: ArrayView1<'_, f64>) -> Result<Attribution> {
        let score = self.score_rows(Rows::from(row.insert_axis(ndarray::Axis(0))))?[0];
        let (parts, limit) = match (self.statistic(row)?, self.spe_limit) {
            (Statistic::Spe, Some(limit)) => (self.spe_contributions(row)?, limit),
            _ => (self.t2_contributions(row, T2Contribution::Complete)?, self.t2_limit),
        };
        let parts = parts.contributions().iter().map(|c| c / limit).collect();
        Attribution::new(self.scaler.feature_names().to_vec(), parts, score)
    }
}

#[cfg(feature = "persist")]
impl crate::persist::Persist for PcaMonitor {
    const KIND: &'static str = "pca_monitor";
    fn feature_names(&self) -> &[String] {
        self.scaler.feature_names()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::{Array2, array};

    fn rows(n: usize) -> Array2<f64> {
        Array2::from_shape_fn((n, 4), |(i, j)| {
            let common = (i as f64 * 0.31).sin();
            match j {
                3 => 5.0,
                _ => common * (1.0 + j as f64) + 0.3 * ((i * (j + 2)) as f64 * 1.7).sin() + 100.0,
            }
        })
    }

    #[test]
    fn mean_of_t2_is_the_number_of_components() {
        // Sum of T2 over the training rows is (n - 1) k, of SPE (n - 1) times the residual variance.
        let x = rows(203);
        let model = PcaMonitor::params().components(2).fit(&x).unwrap();
        assert_eq!(model.dropped(), ["3"]);
        assert!((model.t2(&x).unwrap().sum() / (202.0 * 2.0) - 1.0).abs() < 1e-12);
        let (theta, _) = model.theta();
        assert!((model.spe(&x).unwrap().sum() / (202.0 * theta[0]) - 1.0).abs() < 1e-9);
        assert!((model.eigenvalues().iter().sum::<f64>() - 3.0).abs() < 1e-12);
    }

    #[test]
    fn all_components_leave_no_residual() {
        let x = rows(50);
        let model = PcaMonitor::params().components(99).fit(&x).unwrap();
        assert_eq!(model.n_components(), 3);
        assert!(model.spe(&x).unwrap().iter().all(|s| *s < 1e-25));
        assert!(model.spe_limit(SpeLimit::BoxTheory, 0.01).is_err());
        assert_eq!(model.statistic(x.row(3)).unwrap(), Statistic::T2);
    }

    #[test]
    fn exact_dependence_is_watched() {
        let mut x = rows(60).select(ndarray::Axis(1), &[0, 1, 0]);
        let model = PcaMonitor::params().explained(1.0).fit(&x).unwrap();
        assert_eq!(model.n_components(), 2);
        assert!(model.score(&x).unwrap().iter().all(|s| *s < 2.0));
        x[[7, 2]] += 0.01;
        assert!(model.score(&x).unwrap()[7] > 1e6);
    }

    #[test]
    fn more_columns_than_rows() {
        let x = Array2::from_shape_fn((6, 20), |(i, j)| ((i * i + 3 * j * i) as f64 * 0.7).sin());
        let model = PcaMonitor::params().explained(1.0).fit(&x).unwrap();
        assert_eq!(model.n_components(), 5);
        assert!(model.score(&x).unwrap().iter().all(|s| s.is_finite()));
    }

    #[test]
    fn settings_are_checked() {
        let x = rows(30);
        assert!(PcaMonitor::params().explained(0.0).fit(&x).is_err());
        assert!(PcaMonitor::params().explained(f64::NAN).fit(&x).is_err());
        assert!(PcaMonitor::params().components(0).fit(&x).is_err());
        assert!(PcaMonitor::params().alpha(1.0).fit(&x).is_err());
        assert!(PcaMonitor::params().fit(&array![[1.0], [1.0], [1.0]]).is_err());
        assert!(PcaMonitor::params().fit(&array![[1.0], [2.0]]).is_err());
        let model = PcaMonitor::params().limits(T2Limit::Empirical, SpeLimit::Empirical).fit(&x).unwrap();
        assert!(model.t2_limit(T2Limit::Empirical, 0.2).is_err());
        assert!(model.t2_limit(T2Limit::Empirical, 0.01).is_ok());
    }
}
