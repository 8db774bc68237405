//! One-class support vector machine.
//!
//! **What it answers.** Which region holds all but a fraction nu of the training rows, when its outline may be any smooth
//! shape? A middle way between a density and an envelope, with few rows to remember.
//!
//! **Formula.** With `0 <= a_i <= 1` and `sum_i a_i = nu n` that minimise `sum_ij a_i a_j K(x_i, x_j) / 2`,
//!
//! ```text
//! score(x) = rho - sum_i a_i K(x_i, x)
//! ```
//!
//! 0 on the outline, positive outside. At most `nu n` training rows are outside, at least as many are support vectors
//! (`a_i > 0`). The score is minus the decision function of scikit-learn, in its scale.
//!
//! **Attribution.** Every kernel is a function of a sum over columns. Between the row and the centre (the mean of the support
//! vectors weighted by `a_i`) that sum changes by one term a column, and the kernel by its mean slope times that. The
//! contributions add up to **score(row) - score(centre)** ([`OneClassSvm::centre_score`]).
//!
//! **Sources.** Schölkopf, Platt, Shawe-Taylor, Smola & Williamson 2001; Fan, Chen & Lin 2005 for the choice of the pair.
//!
//! **Cost.** Fit between O(n²) and O(n³), about O(nu n² d) in practice; memory for the kernel rows is bounded
//! ([`OneClassSvmParams::cache_megabytes`]). Score O(s d) for s support vectors.
//!
//! **When not to use it.** More than some 20,000 training rows; anomalies of unknown share in the training rows (nu must
//! be said). With the default gamma the outline is smooth: a large gamma follows every row.

mod kernel;
mod solver;

pub use kernel::{Gamma, Kernel};

use super::columns::Columns;
use super::{Attribution, Detector, check_input, check_scores};
use crate::error::{Error, Result, check_positive};
use crate::features::Rows;
use crate::learners::Scaling;
use crate::math::lanes;
use kernel::Bank;
use linfa::ParamGuard;
use ndarray::{Array1, ArrayView1};

/// Checked settings of a [`OneClassSvm`].
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
pub struct OneClassSvmValidParams {
    nu: f64,
    kernel: Kernel,
    gamma: Gamma,
    tolerance: f64,
    cache_megabytes: usize,
    scaling: Option<Scaling>,
}

/// Settings of a [`OneClassSvm`]; see [`OneClassSvm::params`].
#[derive(Debug, Clone, PartialEq)]
pub struct OneClassSvmParams(OneClassSvmValidParams);

impl OneClassSvmParams {
    /// Largest fraction of the training rows that may lie outside, in (0, 1]. Default 0.05: training rows are taken to
    /// be healthy, up to a few.
    #[must_use]
    pub fn nu(mut self, nu: f64) -> Self {
        self.0.nu = nu;
        self
    }

    /// How alike rows are. Default [`Kernel::Rbf`].
    #[must_use]
    pub fn kernel(mut self, kernel: Kernel) -> Self {
        self.0.kernel = kernel;
        self
    }

    /// The factor in the kernel. Default [`Gamma::Scale`]. The linear kernel has none.
    #[must_use]
    pub fn gamma(mut self, gamma: Gamma) -> Self {
        self.0.gamma = gamma;
        self
    }

    /// How far two decision values may contradict each other when the fit ends. Default 1e-3.
    #[must_use]
    pub fn tolerance(mut self, tolerance: f64) -> Self {
        self.0.tolerance = tolerance;
        self
    }

    /// Memory for kernel rows during the fit, in 2^20 bytes. Default 200. The result does not depend on it.
    #[must_use]
    pub fn cache_megabytes(mut self, megabytes: usize) -> Self {
        self.0.cache_megabytes = megabytes;
        self
    }

    /// How columns are scaled. Default [`Scaling::Standard`], because sensors have units of their own.
    #[must_use]
    pub fn scaling(mut self, scaling: Scaling) -> Self {
        self.0.scaling = Some(scaling);
        self
    }

    /// Takes the columns as they are.
    #[must_use]
    pub fn unscaled(mut self) -> Self {
        self.0.scaling = None;
        self
    }

    /// Finds the support vectors.
    ///
    /// # Errors
    /// [`Error::Parameter`] for a setting out of its range; [`Error::TooFew`] with fewer than 2 rows;
    /// [`Error::NonFinite`] naming a cell; [`Error::Numeric`] when squares or kernels overflow, or when the tolerance is
    /// not reached.
    pub fn fit<'a>(&self, rows: impl Into<Rows<'a>>) -> Result<OneClassSvm> {
        self.check_ref()?.fit_rows(rows.into())
    }
}

impl OneClassSvmValidParams {
    fn check_settings(&self) -> Result<()> {
        if !(self.nu > 0.0 && self.nu <= 1.0) {
            return Err(Error::parameter("nu", self.nu, "must be greater than 0 and at most 1"));
        }
        self.kernel.check()?;
        if let Gamma::Value(gamma) = self.gamma {
            check_positive("gamma", gamma)?;
        }
        check_positive("tolerance", self.tolerance)?;
        if self.cache_megabytes > 1 << 20 {
            return Err(Error::parameter("cache_megabytes", self.cache_megabytes, "must be at most 1048576"));
        }
        Ok(())
    }

    fn fit_rows(&self, rows: Rows<'_>) -> Result<OneClassSvm> {
        let n = rows.values.nrows();
        let (columns, cells) = Columns::fit(rows, self.scaling, "rows to fit a one-class SVM", 2)?;
        let d = columns.len();
        let gamma = match self.gamma {
            Gamma::Value(gamma) => gamma,
            Gamma::Auto => 1.0 / d as f64,
            Gamma::Scale => {
                let variance = lanes::variance(&cells, 0);
                if variance > 0.0 { 1.0 / (d as f64 * variance) } else { 1.0 }
            }
        };
        if !(gamma.is_finite() && gamma > 0.0) {
            return Err(Error::numeric("one-class SVM", "the columns are too large or too small; scale them"));
        }
        let bank = Bank::new(self.kernel, gamma, d, &cells);
        let solution = solver::solve(&bank, &cells, d, self.nu, self.tolerance, self.cache_megabytes << 20)?;
        let support: Vec<usize> = (0..n).filter(|&i| solution.alpha[i] > 0.0).collect();
        let vectors: Vec<f64> = support.iter().flat_map(|&i| &cells[i * d..(i + 1) * d]).copied().collect();
        let weights = support.iter().map(|&i| solution.alpha[i]).collect();
        OneClassSvm::new(self.clone(), columns, gamma, vectors, weights, solution.rho)
    }
}

row_model!(OneClassSvmParams, OneClassSvmValidParams, OneClassSvm, "one_class_svm");

/// A fitted one-class support vector machine.
///
/// ```
/// use prognos::anomaly::{Detector, OneClassSvm};
/// use ndarray::Array2;
/// // A ring: its middle is as unusual as what is far outside.
/// let ring = Array2::from_shape_fn((200, 2), |(i, j)| {
///     let (angle, radius) = (i as f64 * 0.7, 3.0 + 0.2 * (i as f64 * 1.3).sin());
///     radius * if j == 0 { angle.cos() } else { angle.sin() }
/// });
/// let model = OneClassSvm::params().nu(0.1).fit(&ring)?;
/// let outside = model.score(&ring)?.iter().filter(|s| **s > 1e-2).count();
/// assert!(outside <= 20);
/// assert!(model.score_row(&[0.0, 8.0])? > 0.0);
/// let why = model.explain(ndarray::array![0.0, 8.0].view())?;
/// assert_eq!(why.ranked()[0].0, "1");
/// assert!((why.total() - (why.score() - model.centre_score())).abs() < 1e-9);
/// # Ok::<(), prognos::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(try_from = "Raw", into = "Raw"))]
pub struct OneClassSvm {
    params: OneClassSvmValidParams,
    columns: Columns,
    /// Row-major, scaled.
    vectors: Vec<f64>,
    weights: Vec<f64>,
    rho: f64,
    bank: Bank,
    /// Weighted mean of the support vectors, and its score.
    centre: Vec<f64>,
    centre_score: f64,
}

impl OneClassSvm {
    /// Default settings: nu 0.05, rbf kernel, gamma by the variance, columns standardised.
    #[must_use]
    pub fn params() -> OneClassSvmParams {
        OneClassSvmParams(OneClassSvmValidParams {
            nu: 0.05,
            kernel: Kernel::Rbf,
            gamma: Gamma::Scale,
            tolerance: 1e-3,
            cache_megabytes: 200,
            scaling: Some(Scaling::Standard),
        })
    }

    fn new(
        params: OneClassSvmValidParams,
        columns: Columns,
        gamma: f64,
        vectors: Vec<f64>,
        weights: Vec<f64>,
        rho: f64,
    ) -> Result<Self> {
        let d = columns.len();
        let bank = Bank::new(params.kernel, gamma, d, &vectors);
        let total = lanes::sum(&weights);
        let mut centre = vec![0.0; d];
        for (row, w) in vectors.chunks_exact(d.max(1)).zip(&weights) {
            for (c, x) in centre.iter_mut().zip(row) {
                *c += w / total * x;
            }
        }
        let centre_score = rho - bank.weighted(&centre, &weights);
        check_scores("one-class SVM: score of the centre", &[centre_score])?;
        Ok(Self { params, columns, vectors, weights, rho, bank, centre, centre_score })
    }

    /// Names of the columns it was fitted on.
    #[must_use]
    pub fn feature_names(&self) -> &[String] {
        self.columns.names()
    }

    /// Number of support vectors.
    #[must_use]
    pub fn n_support(&self) -> usize {
        self.weights.len()
    }

    /// The sum of kernels on the outline.
    #[must_use]
    pub fn rho(&self) -> f64 {
        self.rho
    }

    /// The factor in the kernel.
    #[must_use]
    pub fn gamma(&self) -> f64 {
        self.bank.gamma
    }

    /// Score of the weighted mean of the support vectors, from which contributions count.
    #[must_use]
    pub fn centre_score(&self) -> f64 {
        self.centre_score
    }
}

impl Detector for OneClassSvm {
    fn feature_names(&self) -> &[String] {
        self.columns.names()
    }

    fn score_rows(&self, rows: Rows<'_>) -> Result<Array1<f64>> {
        check_input(&rows, self.columns.names())?;
        let scores = self.columns.map(rows.values, |(): &mut (), x| self.rho - self.bank.weighted(x, &self.weights));
        check_scores("one-class SVM", &scores)?;
        Ok(scores.into())
    }

    /// Contributions that add up to `score - centre_score`; see the module.
    fn explain(&self, row: ArrayView1<'_, f64>) -> Result<Attribution> {
        let score = self.score_rows(Rows::from(row.insert_axis(ndarray::Axis(0))))?[0];
        let x = self.columns.scaled(row);
        let (kernel, gamma) = (self.params.kernel, self.bank.gamma);
        let mut parts = vec![0.0; row.len()];
        let mut changes = vec![0.0; row.len()];
        for (vector, weight) in self.vectors.chunks_exact(row.len().max(1)).zip(&self.weights) {
            let (mut at_row, mut at_centre) = (0.0, 0.0);
            for (((change, v), x), c) in changes.iter_mut().zip(vector).zip(&x).zip(&self.centre) {
                let (a, b) = (kernel.term(gamma, *x, *v), kernel.term(gamma, *c, *v));
                at_row += a;
                at_centre += b;
                *change = a - b;
            }
            let slope = kernel.slope(at_row, at_centre);
            for (part, change) in parts.iter_mut().zip(&changes) {
                *part -= weight * (slope * change);
            }
        }
        check_scores("one-class SVM: contributions", &parts)?;
        Attribution::new(self.columns.names().to_vec(), parts, score)
    }
}

/// What a file says; checked before it becomes a [`OneClassSvm`].
#[cfg(feature = "serde")]
#[derive(serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    params: OneClassSvmValidParams,
    columns: Columns,
    gamma: f64,
    vectors: Vec<f64>,
    weights: Vec<f64>,
    rho: f64,
}

#[cfg(feature = "serde")]
impl From<OneClassSvm> for Raw {
    fn from(m: OneClassSvm) -> Self {
        Self {
            params: m.params,
            columns: m.columns,
            gamma: m.bank.gamma,
            vectors: m.vectors,
            weights: m.weights,
            rho: m.rho,
        }
    }
}

#[cfg(feature = "serde")]
impl TryFrom<Raw> for OneClassSvm {
    type Error = Error;
    fn try_from(raw: Raw) -> Result<Self> {
        let refuse = |reason: &str| Err(Error::Model { reason: format!("one-class SVM: {reason}") });
        let params = OneClassSvmParams(raw.params).check()?;
        let d = raw.columns.len();
        if raw.weights.is_empty() || raw.weights.len().checked_mul(d) != Some(raw.vectors.len()) {
            return refuse("names, support vectors and weights do not fit each other");
        }
        if raw.columns.scaling() != params.scaling {
            return refuse("the scaler does not fit the settings");
        }
        if !raw.weights.iter().all(|w| *w > 0.0 && *w <= 1.0) {
            return refuse("a weight is not between 0 and 1");
        }
        let numbers = raw.vectors.iter().chain([&raw.gamma, &raw.rho]);
        if !numbers.copied().all(f64::is_finite) || raw.gamma <= 0.0 {
            return refuse("a number is not finite, or gamma not positive");
        }
        Self::new(params, raw.columns, raw.gamma, raw.vectors, raw.weights, raw.rho)
            .map_err(|e| Error::Model { reason: e.to_string() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::Array2;

    fn rows() -> Array2<f64> {
        Array2::from_shape_fn((150, 3), |(i, j)| ((i * (j + 2)) as f64 * 0.37).sin() + 0.1 * (i as f64 * 1.7).cos())
    }

    #[test]
    fn the_conditions_of_the_optimum_hold() {
        let x = rows();
        for kernel in
            [Kernel::Rbf, Kernel::Linear, Kernel::Poly { degree: 3, coef0: 1.0 }, Kernel::Sigmoid { coef0: 0.0 }]
        {
            for nu in [0.013, 0.1, 0.5, 1.0] {
                let params = OneClassSvm::params().kernel(kernel).nu(nu).tolerance(1e-8).gamma(Gamma::Value(0.2));
                let model = params.fit(&x).unwrap();
                assert!((model.weights.iter().sum::<f64>() - nu * 150.0).abs() < 1e-9, "{kernel:?} {nu}");
                let scores = model.score(&x).unwrap();
                // At most nu n rows outside, at least nu n support vectors.
                assert!(scores.iter().filter(|s| **s > 1e-7).count() as f64 <= nu * 150.0 + 1e-9, "{kernel:?} {nu}");
                assert!(model.n_support() as f64 >= nu * 150.0 - 1e-9);
                let d = x.ncols();
                for (row, w) in model.vectors.chunks_exact(d).zip(&model.weights) {
                    let score = model.rho - model.bank.weighted(row, &model.weights);
                    if *w < 1.0 {
                        assert!(score.abs() < 1e-6 * (1.0 + model.rho.abs()), "{kernel:?} {nu}: {score}");
                    } else {
                        assert!(score > -1e-6 * (1.0 + model.rho.abs()));
                    }
                }
            }
        }
    }

    #[test]
    fn a_small_cache_gives_the_same() {
        let x = rows();
        let fit = |cache| OneClassSvm::params().nu(0.3).cache_megabytes(cache).fit(&x).unwrap();
        assert_eq!(fit(200).weights, fit(0).weights);
    }

    #[test]
    fn settings_are_checked() {
        let x = rows();
        for bad in [
            OneClassSvm::params().nu(0.0),
            OneClassSvm::params().nu(1.1),
            OneClassSvm::params().nu(f64::NAN),
            OneClassSvm::params().gamma(Gamma::Value(0.0)),
            OneClassSvm::params().tolerance(0.0),
            OneClassSvm::params().kernel(Kernel::Poly { degree: 0, coef0: 0.0 }),
            OneClassSvm::params().kernel(Kernel::Sigmoid { coef0: f64::INFINITY }),
        ] {
            assert!(bad.fit(&x).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn mean_slopes() {
        for kernel in
            [Kernel::Rbf, Kernel::Linear, Kernel::Poly { degree: 4, coef0: 0.5 }, Kernel::Sigmoid { coef0: 0.1 }]
        {
            let value = |u: f64| match kernel {
                Kernel::Rbf => (-u).exp(),
                Kernel::Linear => u,
                Kernel::Poly { degree, coef0 } => (u + coef0).powi(degree as i32),
                Kernel::Sigmoid { coef0 } => (u + coef0).tanh(),
            };
            for (a, b) in [(0.3, 2.0), (2.0, 0.3), (0.5, 0.5), (0.5, 0.500_001), (0.0, 30.0)] {
                let change = kernel.slope(a, b) * (a - b);
                assert!((change - (value(a) - value(b))).abs() < 1e-9, "{kernel:?} {a} {b}");
            }
        }
        assert!((Kernel::Rbf.slope(1e6, 0.0) + 1e-6).abs() < 1e-20);
    }
}
