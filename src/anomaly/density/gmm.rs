//! Mixture of normal laws.
//!
//! **What it answers.** The training rows come from a few operating regimes, each with its own centre and correlations: how
//! dense are they around this row?
//!
//! **Formula.** With weights `p_c`, means and covariances of the components,
//!
//! ```text
//! score(x) = -ln sum_c p_c N(x; mean_c, covariance_c)
//! ```
//!
//! of scaled columns. The parts come from expectation and maximisation, started from k-means clusters under several seeds; the
//! likeliest end is kept. [`GmmParams::regularisation`] is added to every variance, which keeps a component from
//! collapsing onto equal rows.
//!
//! **Attribution.** With `g_c` the probability that the row comes from component c, `z` its distance from the mean and `S`
//! the covariance, the contributions `sum_c g_c z_j (S⁻¹ z)_j / 2` add up to the **mean of half the squared Mahalanobis
//! distances**; single ones can be negative. The rest of the score belongs to no column.
//!
//! **Source.** Dempster, Laird & Rubin 1977.
//!
//! **Cost.** Fit O(n k d²) an iteration, score O(k d²) a row (O(k d) diagonal); memory O(k d² + n k).
//!
//! **When not to use it.** Regimes that are curves or rings; fewer rows a component than some ten times the columns (take
//! [`GmmCovariance::Diagonal`]).

use crate::anomaly::columns::Columns;
use crate::anomaly::{Attribution, Detector, check_input, check_scores};
use crate::error::{Error, Result, check_positive};
use crate::features::Rows;
use crate::learners::{KMeans, Scaling, block_rows};
use crate::math::linalg::cholesky_inverse;
use crate::math::par;
use crate::math::special::LN_SQRT_2PI;
use linfa::ParamGuard;
use ndarray::{Array1, ArrayView1, ArrayView2};

/// What a component knows of its columns.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum GmmCovariance {
    /// Variances and correlations.
    #[default]
    Full,
    /// Variances.
    Diagonal,
}

/// Checked settings of a [`Gmm`].
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
pub struct GmmValidParams {
    components: usize,
    covariance: GmmCovariance,
    regularisation: f64,
    starts: usize,
    seed: u64,
    tolerance: f64,
    max_iterations: usize,
    scaling: Scaling,
}

/// Settings of a [`Gmm`]; see [`Gmm::params`].
#[derive(Debug, Clone, PartialEq)]
pub struct GmmParams(GmmValidParams);

impl GmmParams {
    /// Number of components, 1 to 1024. Default 3. There are fewer when there are fewer distinct rows.
    #[must_use]
    pub fn components(mut self, k: usize) -> Self {
        self.0.components = k;
        self
    }

    /// What a component knows of its columns. Default [`GmmCovariance::Full`].
    #[must_use]
    pub fn covariance(mut self, covariance: GmmCovariance) -> Self {
        self.0.covariance = covariance;
        self
    }

    /// Added to every variance, in squared scales. Default 1e-6.
    #[must_use]
    pub fn regularisation(mut self, variance: f64) -> Self {
        self.0.regularisation = variance;
        self
    }

    /// Number of starts, of which the likeliest end is kept, 1 to 1000. Default 3.
    #[must_use]
    pub fn starts(mut self, starts: usize) -> Self {
        self.0.starts = starts;
        self
    }

    /// Seed of all random choices. Default 0. Start i depends on the seed and i alone.
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        self.0.seed = seed;
        self
    }

    /// A start ends when the mean log-likelihood of a row gains less than this. Default 1e-4.
    #[must_use]
    pub fn tolerance(mut self, gain: f64) -> Self {
        self.0.tolerance = gain;
        self
    }

    /// A start ends after this many iterations, at least 1. Default 200.
    #[must_use]
    pub fn max_iterations(mut self, iterations: usize) -> Self {
        self.0.max_iterations = iterations;
        self
    }

    /// How columns are scaled. Default [`Scaling::Standard`]: k-means and the regularisation need columns of one unit.
    #[must_use]
    pub fn scaling(mut self, scaling: Scaling) -> Self {
        self.0.scaling = scaling;
        self
    }

    /// Fits the mixture.
    ///
    /// # Errors
    /// [`Error::Parameter`] for a setting out of its range; [`Error::TooFew`] with fewer than 2 rows;
    /// [`Error::NonFinite`] naming a cell; [`Error::Numeric`] when squares overflow or a covariance is singular in spite of
    /// the regularisation.
    pub fn fit<'a>(&self, rows: impl Into<Rows<'a>>) -> Result<Gmm> {
        self.check_ref()?.fit_rows(rows.into())
    }
}

impl GmmValidParams {
    fn check_settings(&self) -> Result<()> {
        if !(1..=1024).contains(&self.components) {
            return Err(Error::parameter("components", self.components, "must be 1 to 1024"));
        }
        if !(1..=1000).contains(&self.starts) {
            return Err(Error::parameter("starts", self.starts, "must be 1 to 1000"));
        }
        if self.max_iterations == 0 {
            return Err(Error::parameter("max_iterations", 0, "must be at least 1"));
        }
        check_positive("regularisation", self.regularisation)?;
        check_positive("tolerance", self.tolerance).map(drop)
    }

    fn fit_rows(&self, rows: Rows<'_>) -> Result<Gmm> {
        let (columns, cells) = Columns::fit(rows, Some(self.scaling), "rows to fit a mixture", 2)?;
        let d = columns.len();
        let table = ArrayView2::from_shape((cells.len() / d, d), &cells)
            .map_err(|e| Error::numeric("mixture of normal laws", e.to_string()))?;
        let mut best: Option<(f64, Vec<Component>)> = None;
        let mut failed = None;
        for start in 0..self.starts as u64 {
            match self.run(table, &cells, self.seed.wrapping_add(start)) {
                Ok(run) if best.as_ref().is_none_or(|b| run.0 > b.0) => best = Some(run),
                Ok(_) => {}
                Err(error) => failed = Some(error),
            }
        }
        match (best, failed) {
            (Some((likelihood, components)), _) => Ok(Gmm { params: self.clone(), columns, components, likelihood }),
            (None, Some(error)) => Err(error),
            (None, None) => Err(Error::numeric("mixture of normal laws", "no start was made")),
        }
    }

    /// One start: mean log-likelihood at its end, and the components.
    fn run(&self, table: ArrayView2<'_, f64>, cells: &[f64], seed: u64) -> Result<(f64, Vec<Component>)> {
        let (n, d) = table.dim();
        let clusters = KMeans::params().clusters(self.components).seed(seed).restarts(1).fit(table)?;
        let k = clusters.n_clusters();
        let mut shares = vec![0.0; n * k];
        for (share, c) in shares.chunks_exact_mut(k).zip(clusters.assign(table)?) {
            share[c] = 1.0;
        }
        let mut components = self.maximise(cells, d, &shares, k)?;
        let mut last = f64::NEG_INFINITY;
        for _ in 0..self.max_iterations {
            let mut logs = vec![0.0; n];
            // One pass: each row's shares and its log-likelihood.
            let found = par::map_init(n, Vec::new, |z, i| {
                let mut share = vec![0.0; k];
                let log = expect(&components, &cells[i * d..(i + 1) * d], z, &mut share);
                (log, share)
            });
            for ((log, share), (l, s)) in logs.iter_mut().zip(shares.chunks_exact_mut(k)).zip(&found) {
                *log = *l;
                share.copy_from_slice(s);
            }
            let mean = crate::math::lanes::sum(&logs) / n as f64;
            if !mean.is_finite() {
                return Err(Error::numeric("mixture of normal laws", "the likelihood overflows"));
            }
            if mean - last < self.tolerance {
                return Ok((mean.max(last), components));
            }
            last = mean;
            components = self.maximise(cells, d, &shares, k)?;
        }
        Ok((last, components))
    }

    /// Weights, means and covariances of rows that belong to the components by shares.
    fn maximise(&self, cells: &[f64], d: usize, shares: &[f64], k: usize) -> Result<Vec<Component>> {
        let n = cells.len() / d;
        let full = self.covariance == GmmCovariance::Full;
        let width = if full { d * d } else { d };
        let block = block_rows(n);
        let sums = |width: usize, add: &(dyn Fn(usize, &mut [f64]) + Sync)| -> Vec<f64> {
            let parts = par::map(n.div_ceil(block), |b| {
                let mut acc = vec![0.0; k * width];
                for i in b * block..((b + 1) * block).min(n) {
                    add(i, &mut acc);
                }
                acc
            });
            let mut total = vec![0.0; k * width];
            for part in &parts {
                for (t, p) in total.iter_mut().zip(part) {
                    *t += p;
                }
            }
            total
        };
        let first = sums(d + 1, &|i, acc| {
            for (acc, s) in acc.chunks_exact_mut(d + 1).zip(&shares[i * k..(i + 1) * k]) {
                for (a, x) in acc.iter_mut().zip(&cells[i * d..(i + 1) * d]) {
                    *a += s * x;
                }
                acc[d] += s;
            }
        });
        // A component without rows keeps a trace of weight, so that nothing is divided by zero.
        let weight = |c: usize| first[c * (d + 1) + d] + 10.0 * f64::EPSILON;
        let means: Vec<f64> = (0..k * d).map(|m| first[m / d * (d + 1) + m % d] / weight(m / d)).collect();
        let second = sums(width, &|i, acc| {
            let x = &cells[i * d..(i + 1) * d];
            for (c, acc) in acc.chunks_exact_mut(width).enumerate() {
                let s = shares[i * k + c];
                if s <= 0.0 {
                    continue;
                }
                let mean = &means[c * d..(c + 1) * d];
                if full {
                    for a in 0..d {
                        let za = s * (x[a] - mean[a]);
                        for b in 0..=a {
                            acc[a * d + b] += za * (x[b] - mean[b]);
                        }
                    }
                } else {
                    for ((acc, x), m) in acc.iter_mut().zip(x).zip(mean) {
                        *acc += s * (x - m) * (x - m);
                    }
                }
            }
        });
        let total: f64 = (0..k).map(weight).sum();
        (0..k)
            .map(|c| {
                let mut covariance: Vec<f64> =
                    second[c * width..(c + 1) * width].iter().map(|s| s / weight(c)).collect();
                for j in 0..d {
                    covariance[if full { j * d + j } else { j }] += self.regularisation;
                }
                Component::new(weight(c) / total, means[c * d..(c + 1) * d].to_vec(), covariance)
            })
            .collect()
    }
}

row_model!(GmmParams, GmmValidParams, Gmm, "gmm");

/// One normal law.
#[derive(Debug, Clone, PartialEq)]
struct Component {
    weight: f64,
    mean: Vec<f64>,
    /// Lower triangle, row-major, or the diagonal.
    covariance: Vec<f64>,
    /// Inverse of its Cholesky factor: |W z|² is the squared distance; or the inverse deviations.
    whitening: Vec<f64>,
    /// Logarithm of the weight over the norm of the law.
    constant: f64,
}

impl Component {
    fn new(weight: f64, mean: Vec<f64>, covariance: Vec<f64>) -> Result<Self> {
        let d = mean.len();
        let singular =
            || Error::numeric("mixture of normal laws", "a covariance is singular; raise the regularisation");
        let (whitening, log_determinant) = if covariance.len() == d && d > 1 || d == 1 {
            let log: f64 = covariance.iter().map(|v| v.ln()).sum();
            (covariance.iter().map(|v| 1.0 / v.sqrt()).collect::<Vec<f64>>(), log)
        } else {
            cholesky_inverse(&covariance, d).ok_or_else(singular)?
        };
        let constant = weight.ln() - 0.5 * log_determinant - d as f64 * LN_SQRT_2PI;
        if constant.is_finite() && whitening.iter().chain(&mean).all(|v| v.is_finite()) {
            Ok(Self { weight, mean, covariance, whitening, constant })
        } else {
            Err(singular())
        }
    }

    fn is_diagonal(&self) -> bool {
        self.whitening.len() == self.mean.len()
    }

    /// `W (x - mean)` into `z`; returns its square.
    fn whiten(&self, x: &[f64], z: &mut Vec<f64>) -> f64 {
        z.clear();
        z.extend(x.iter().zip(&self.mean).map(|(x, m)| x - m));
        if self.is_diagonal() {
            for (z, w) in z.iter_mut().zip(&self.whitening) {
                *z *= w;
            }
        } else {
            let d = z.len();
            for a in (0..d).rev() {
                let row = &self.whitening[a * d..a * d + a + 1];
                z[a] = row.iter().zip(z.iter()).map(|(w, z)| w * z).sum();
            }
        }
        z.iter().map(|z| z * z).sum()
    }
}

/// Log-likelihood of a row, and the probability of each component.
fn expect(components: &[Component], x: &[f64], z: &mut Vec<f64>, share: &mut [f64]) -> f64 {
    let mut highest = f64::NEG_INFINITY;
    for (s, component) in share.iter_mut().zip(components) {
        *s = component.constant - 0.5 * component.whiten(x, z);
        highest = highest.max(*s);
    }
    if !highest.is_finite() {
        return f64::NEG_INFINITY;
    }
    let mut sum = 0.0;
    for s in share.iter_mut() {
        *s = (*s - highest).exp();
        sum += *s;
    }
    for s in share.iter_mut() {
        *s /= sum;
    }
    highest + sum.ln()
}

/// A fitted mixture of normal laws.
///
/// ```
/// use prognos::anomaly::{Detector, Gmm};
/// use ndarray::Array2;
/// // Two regimes in which two sensors go together and against each other.
/// let healthy = Array2::from_shape_fn((400, 2), |(i, j)| {
///     let (t, e) = ((i as f64 * 0.7).sin(), 0.05 * ((i * (j + 3)) as f64 * 1.3).sin());
///     if i % 2 == 0 { 5.0 + t + e } else { (1.0 - 2.0 * j as f64) * t + e }
/// });
/// let model = Gmm::params().components(2).fit(&healthy)?;
/// assert_eq!(model.n_components(), 2);
/// // Ordinary in each sensor, but not together.
/// assert!(model.score_row(&[5.5, 4.5])? > model.score_row(&[5.5, 5.5])? + 10.0);
/// # Ok::<(), prognos::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(try_from = "Raw", into = "Raw"))]
pub struct Gmm {
    params: GmmValidParams,
    columns: Columns,
    components: Vec<Component>,
    likelihood: f64,
}

impl Gmm {
    /// Default settings: 3 components with full covariances, regularisation 1e-6, 3 starts, columns standardised.
    #[must_use]
    pub fn params() -> GmmParams {
        GmmParams(GmmValidParams {
            components: 3,
            covariance: GmmCovariance::Full,
            regularisation: 1e-6,
            starts: 3,
            seed: 0,
            tolerance: 1e-4,
            max_iterations: 200,
            scaling: Scaling::Standard,
        })
    }

    /// Names of the columns it was fitted on.
    #[must_use]
    pub fn feature_names(&self) -> &[String] {
        self.columns.names()
    }

    /// Number of components.
    #[must_use]
    pub fn n_components(&self) -> usize {
        self.components.len()
    }

    /// Weight of each component; they add up to 1.
    #[must_use]
    pub fn weights(&self) -> Vec<f64> {
        self.components.iter().map(|c| c.weight).collect()
    }

    /// Mean of a component, in the units of the columns; None when there is no such component.
    #[must_use]
    pub fn mean(&self, component: usize) -> Option<Vec<f64>> {
        self.components.get(component).map(|c| self.columns.unscaled(&c.mean))
    }

    /// Mean log-likelihood of a training row, of scaled columns.
    #[must_use]
    pub fn log_likelihood(&self) -> f64 {
        self.likelihood
    }
}

impl Detector for Gmm {
    fn feature_names(&self) -> &[String] {
        self.columns.names()
    }

    fn score_rows(&self, rows: Rows<'_>) -> Result<Array1<f64>> {
        check_input(&rows, self.columns.names())?;
        let k = self.components.len();
        let scores = self.columns.map(rows.values, |(z, share): &mut (Vec<f64>, Vec<f64>), x| {
            share.resize(k, 0.0);
            -expect(&self.components, x, z, share)
        });
        check_scores("mixture of normal laws", &scores)?;
        Ok(scores.into())
    }

    /// Contributions that add up to the mean of half the squared distances; see the module.
    fn explain(&self, row: ArrayView1<'_, f64>) -> Result<Attribution> {
        let score = self.score_rows(Rows::from(row.insert_axis(ndarray::Axis(0))))?[0];
        let x = self.columns.scaled(row);
        let d = x.len();
        let (mut z, mut share) = (Vec::new(), vec![0.0; self.components.len()]);
        expect(&self.components, &x, &mut z, &mut share);
        let mut parts = vec![0.0; d];
        for (component, share) in self.components.iter().zip(&share).filter(|(_, s)| **s > 0.0) {
            component.whiten(&x, &mut z);
            for j in 0..d {
                // (S⁻¹ (x - mean))_j is column j of W with W (x - mean).
                let back = if component.is_diagonal() {
                    component.whitening[j] * z[j]
                } else {
                    (j..d).map(|a| component.whitening[a * d + j] * z[a]).sum()
                };
                parts[j] += share * (0.5 * (x[j] - component.mean[j]) * back);
            }
        }
        check_scores("mixture of normal laws: contributions", &parts)?;
        Attribution::new(self.columns.names().to_vec(), parts, score)
    }
}

/// What a file says; checked before it becomes a [`Gmm`].
#[cfg(feature = "serde")]
#[derive(serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    params: GmmValidParams,
    columns: Columns,
    components: Vec<RawComponent>,
    likelihood: f64,
}

#[cfg(feature = "serde")]
#[derive(serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct RawComponent {
    weight: f64,
    mean: Vec<f64>,
    covariance: Vec<f64>,
}

#[cfg(feature = "serde")]
impl From<Gmm> for Raw {
    fn from(m: Gmm) -> Self {
        let components = m.components.into_iter();
        let raw = |c: Component| RawComponent { weight: c.weight, mean: c.mean, covariance: c.covariance };
        Self {
            params: m.params,
            columns: m.columns,
            components: components.map(raw).collect(),
            likelihood: m.likelihood,
        }
    }
}

#[cfg(feature = "serde")]
impl TryFrom<Raw> for Gmm {
    type Error = Error;
    fn try_from(raw: Raw) -> Result<Self> {
        let refuse = |reason: &str| Err(Error::Model { reason: format!("mixture: {reason}") });
        let params = GmmParams(raw.params).check()?;
        let d = raw.columns.len();
        if raw.columns.scaling() != Some(params.scaling) || !raw.likelihood.is_finite() {
            return refuse("the scaling is not that of the settings, or the likelihood not finite");
        }
        if raw.components.is_empty() || raw.components.len() > params.components {
            return refuse("the number of components does not fit the settings");
        }
        let width = if params.covariance == GmmCovariance::Full { d.checked_mul(d) } else { Some(d) };
        let mut components = Vec::with_capacity(raw.components.len());
        for c in raw.components {
            if c.mean.len() != d || Some(c.covariance.len()) != width || !(c.weight > 0.0 && c.weight <= 1.0) {
                return refuse("a component does not fit the columns, or its weight is not between 0 and 1");
            }
            let component = Component::new(c.weight, c.mean, c.covariance);
            components.push(component.map_err(|e| Error::Model { reason: e.to_string() })?);
        }
        Ok(Self { params, columns: raw.columns, components, likelihood: raw.likelihood })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::Array2;

    #[test]
    fn one_component_is_the_normal_law() {
        let x = Array2::from_shape_fn((300, 3), |(i, j)| {
            (i as f64 * 0.31).sin() * (1.0 + j as f64) + 0.3 * ((i * (j + 2)) as f64 * 1.7).sin()
        });
        // One row of the z-scores: covariance of ddof 0 is (n - 1) / n on the diagonal.
        let model = Gmm::params().components(1).regularisation(1e-12).fit(&x).unwrap();
        let mean: Vec<f64> = x.mean_axis(ndarray::Axis(0)).unwrap().to_vec();
        assert!(model.mean(0).unwrap().iter().zip(&mean).all(|(a, b)| (a - b).abs() < 1e-12));
        assert!((model.components[0].covariance[0] - 299.0 / 300.0).abs() < 1e-9);
        // The mean of T² / 2 over the training rows is d / 2.
        let total: f64 = x.rows().into_iter().map(|r| model.explain(r).unwrap().total()).sum();
        assert!((total / 300.0 - 1.5).abs() < 1e-8, "{total}");
        let diagonal = Gmm::params().components(1).covariance(GmmCovariance::Diagonal).fit(&x).unwrap();
        assert!(diagonal.log_likelihood() < model.log_likelihood());
    }

    #[test]
    fn more_starts_are_never_less_likely() {
        let x = Array2::from_shape_fn((200, 2), |(i, j)| (i % 5 * (j + 1)) as f64 + ((i * (j + 2)) as f64).sin());
        let fit = |starts| Gmm::params().components(4).starts(starts).fit(&x).unwrap().log_likelihood();
        assert!(fit(1) <= fit(5));
    }

    #[test]
    fn equal_rows_do_not_collapse_it() {
        let model = Gmm::params().fit(&Array2::from_elem((30, 2), 3.0)).unwrap();
        assert!(model.score_row(&[4.0, 3.0]).unwrap() > model.score_row(&[3.0, 3.0]).unwrap());
        assert_eq!(model.n_components(), 1);
    }
}
