//! MEWMA and MCUSUM: has the mean of correlated sensors moved a little, for long?
//!
//! **Formula.** Rows are standardised and whitened with the inverse square root `R^(-1/2)` of the correlation matrix of
//! healthy rows, so that `w` has mean 0 and covariance 1.
//! [`MewmaChart`]: `z_t = lambda w_t + (1 - lambda) z_(t-1)`, score `T2 = |z_t|^2 / v_t` with the exact variance
//! `v_t = lambda / (2 - lambda) (1 - (1 - lambda)^(2 t))`.
//! [`McusumChart`]: `c = |s_(t-1) + w_t|`, `s_t = (s_(t-1) + w_t) (1 - k / c)`, or 0 when `c <= k`; score `|s_t|`.
//! Both equal the statistics of the papers, whose inverse covariance is the same whichever square root is taken.
//!
//! **Attribution.** The symmetric root keeps every whitened column as close to its sensor as can be (Kessy, Lewin &
//! Strimmer 2018), so that the squares split the score by sensor: `z_j^2 / v_t` adds up to T2, `s_j^2 / |s|` to `|s|`.
//! None is negative.
//!
//! **Sources.** Lowry, Woodall, Champ & Rigdon 1992, Technometrics 34; Crosier 1988, Technometrics 30.
//!
//! **Cost.** O(d^2) time a row and memory.
//!
//! **When not to use it.** Columns that depend on each other exactly (an error here; use
//! [`PcaMonitor`](crate::anomaly::PcaMonitor)); single rows out of the ordinary; rows correlated in time.

use super::{StreamingDetector, check_row, guard, overflow, saved};
use crate::anomaly::Attribution;
use crate::error::{Error, Result, check_positive};
use crate::features::Rows;
use crate::learners::{Scaler, check_rows};
use crate::math::lanes;
use crate::math::linalg::symmetric_eigen;
use linfa::ParamGuard;
use linfa::dataset::DatasetBase;
use linfa::traits::Fit;
use ndarray::{Array2, ArrayBase, Data, Ix2};

/// What makes healthy rows white.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
struct Whitening {
    names: Vec<String>,
    centre: Vec<f64>,
    scale: Vec<f64>,
    /// `R^(-1/2)`, row-major.
    root: Vec<f64>,
}

impl Whitening {
    fn fit(rows: Rows<'_>) -> Result<Self> {
        let what = "healthy rows of a multivariate chart";
        let d = rows.values.ncols();
        check_rows(&rows, what, d.saturating_add(1).max(2))?;
        let scaler = Scaler::standard().fit(rows)?;
        let singular = || Error::numeric(what, "columns are constant or depend on each other; leave some out");
        if scaler.constant().iter().any(|c| *c) {
            return Err(singular());
        }
        let z = scaler.transform(rows)?;
        let correlation = z.t().dot(&z) / (rows.values.nrows() - 1) as f64;
        let (values, vectors) = symmetric_eigen(&correlation)?;
        if values.iter().any(|v| *v <= 1e-12 * d as f64) {
            return Err(singular());
        }
        let scaled = Array2::from_shape_fn((d, d), |(a, j)| vectors[[a, j]] / values[a].sqrt());
        let root = vectors.t().dot(&scaled);
        Ok(Self {
            names: rows.names_or_numbers(),
            centre: scaler.centre().to_vec(),
            scale: scaler.scale().to_vec(),
            root: root.iter().copied().collect(),
        })
    }

    /// The whitened row.
    fn whiten(&self, row: &[f64], seen: u64) -> Result<Vec<f64>> {
        let d = self.names.len();
        check_row(row, d, seen)?;
        let z: Vec<f64> = row.iter().zip(&self.centre).zip(&self.scale).map(|((x, c), s)| (x - c) / s).collect();
        let w: Vec<f64> = self.root.chunks_exact(d).map(|root| lanes::dot(root, &z)).collect();
        if lanes::sum_squares(&w).is_finite() { Ok(w) } else { Err(overflow("whitened row")) }
    }

    #[cfg(feature = "serde")]
    fn check_state(&self, state: &[f64]) -> Result<()> {
        let d = self.names.len();
        let lengths = self.centre.len() == d && self.scale.len() == d && self.root.len() == d * d && state.len() == d;
        if d == 0 || !lengths {
            return Err(super::refuse("names, scales, matrix and state differ in length"));
        }
        let finite = self.centre.iter().chain(&self.root).chain(state).all(|v| v.is_finite());
        if !finite || !self.scale.iter().all(|s| *s > 0.0 && s.is_finite()) {
            return Err(super::refuse("a number is out of range"));
        }
        Ok(())
    }
}

/// Checked settings of a [`MewmaChart`].
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
pub struct MewmaValidParams {
    lambda: f64,
}

/// Settings of a [`MewmaChart`]; see [`MewmaChart::params`].
#[derive(Debug, Clone, PartialEq)]
pub struct MewmaParams(MewmaValidParams);

impl MewmaParams {
    /// Weight of the newest row, in (0, 1]. Default 0.1; with 1 the score is Hotelling's T2 of the row.
    #[must_use]
    pub fn lambda(mut self, lambda: f64) -> Self {
        self.0.lambda = lambda;
        self
    }

    /// A chart about the mean and the covariance (divisor n - 1) of healthy rows.
    ///
    /// # Errors
    /// [`Error::Parameter`] for a lambda outside (0, 1]; [`Error::TooFew`] with no more rows than columns;
    /// [`Error::NonFinite`]; [`Error::Numeric`] when columns are constant or depend on each other, or overflow.
    pub fn fit<'a>(&self, healthy: impl Into<Rows<'a>>) -> Result<MewmaChart> {
        self.check_ref()?.fit_rows(healthy.into())
    }
}

impl MewmaValidParams {
    fn validate(&self) -> Result<()> {
        if self.lambda > 0.0 && self.lambda <= 1.0 {
            Ok(())
        } else {
            Err(Error::parameter("lambda", self.lambda, "must be greater than 0 and at most 1"))
        }
    }

    fn fit_rows(&self, healthy: Rows<'_>) -> Result<MewmaChart> {
        let whitening = Whitening::fit(healthy)?;
        let state = vec![0.0; whitening.names.len()];
        Ok(MewmaChart { params: self.clone(), whitening, state, open: 0.0, seen: 0 })
    }
}

guard!(MewmaParams, MewmaValidParams);

impl<D: Data<Elem = f64>, T> Fit<ArrayBase<D, Ix2>, T, Error> for MewmaValidParams {
    type Object = MewmaChart;
    fn fit(&self, dataset: &DatasetBase<ArrayBase<D, Ix2>, T>) -> Result<MewmaChart> {
        self.fit_rows(dataset.into())
    }
}

/// A multivariate EWMA chart.
///
/// ```
/// use prognos::anomaly::stream::{MewmaChart, StreamingDetector};
/// use ndarray::Array2;
/// let healthy = Array2::from_shape_fn((300, 3), |(i, j)| ((i * (j + 3)) as f64 * 0.61).sin());
/// let mut chart = MewmaChart::params().fit(&healthy)?;
/// let ordinary = chart.update_rows(&healthy)?;
/// let mut shifted = healthy.row(0).to_vec();
/// shifted[1] += 2.0;
/// for _ in 0..20 {
///     chart.update(&shifted)?;
/// }
/// let why = chart.explain(&shifted)?;
/// assert!(why.score() > ordinary.fold(0.0, |m: f64, s| m.max(*s)));
/// assert!(why.ranked()[0].0 == "1" && (why.total() - why.score()).abs() < 1e-9);
/// # Ok::<(), prognos::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct MewmaChart {
    params: MewmaValidParams,
    whitening: Whitening,
    state: Vec<f64>,
    /// `1 - (1 - lambda)^(2 t)`.
    open: f64,
    seen: u64,
}

impl MewmaChart {
    /// Default settings: lambda 0.1.
    #[must_use]
    pub fn params() -> MewmaParams {
        MewmaParams(MewmaValidParams { lambda: 0.1 })
    }

    /// Names of the columns of the healthy rows.
    #[must_use]
    pub fn feature_names(&self) -> &[String] {
        &self.whitening.names
    }

    /// Begins anew about the same mean, as after a repair.
    pub fn restart(&mut self) {
        self.state.fill(0.0);
        (self.open, self.seen) = (0.0, 0);
    }

    /// What the row makes of the state: the average, the share of its variance, its parts, the score.
    fn next(&self, row: &[f64]) -> Result<(Vec<f64>, f64, f64)> {
        let lambda = self.params.lambda;
        let mut state = self.whitening.whiten(row, self.seen)?;
        for (w, z) in state.iter_mut().zip(&self.state) {
            *w = lambda * *w + (1.0 - lambda) * z;
        }
        let open = lambda * (2.0 - lambda) + (1.0 - lambda) * (1.0 - lambda) * self.open;
        let sd = (lambda / (2.0 - lambda)).sqrt() * open.sqrt();
        if lanes::sum_by(&state, |z| (z / sd) * (z / sd)).is_finite() {
            Ok((state, open, sd))
        } else {
            Err(overflow("MEWMA chart"))
        }
    }

    #[cfg(feature = "serde")]
    fn check_state(&self) -> Result<()> {
        self.params.validate()?;
        self.whitening.check_state(&self.state)?;
        if (self.open > 0.0) != (self.seen > 0) || !(0.0..=1.0 + 1e-9).contains(&self.open) {
            return Err(super::refuse("the share of the variance is out of range"));
        }
        Ok(())
    }
}

impl StreamingDetector for MewmaChart {
    fn width(&self) -> usize {
        self.whitening.names.len()
    }

    fn n_seen(&self) -> u64 {
        self.seen
    }

    fn update(&mut self, row: &[f64]) -> Result<f64> {
        let (state, open, sd) = self.next(row)?;
        (self.state, self.open, self.seen) = (state, open, self.seen + 1);
        Ok(lanes::sum_by(&self.state, |z| (z / sd) * (z / sd)))
    }

    /// Contributions that add up to T2.
    fn explain(&self, row: &[f64]) -> Result<Attribution> {
        let (state, _, sd) = self.next(row)?;
        let score = lanes::sum_by(&state, |z| (z / sd) * (z / sd));
        Attribution::new(self.whitening.names.clone(), state.iter().map(|z| (z / sd) * (z / sd)).collect(), score)
    }
}

saved!(
    MewmaChart { params: MewmaValidParams, whitening: Whitening, state: Vec<f64>, open: f64, seen: u64 },
    "mewma_chart",
    |model| &model.whitening.names
);

/// Checked settings of a [`McusumChart`].
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
pub struct McusumValidParams {
    allowance: f64,
}

/// Settings of a [`McusumChart`]; see [`McusumChart::params`].
#[derive(Debug, Clone, PartialEq)]
pub struct McusumParams(McusumValidParams);

impl McusumParams {
    /// `k`, what is forgiven at each row, as a length of whitened rows. Default 0.5: half of the shift to be found.
    #[must_use]
    pub fn allowance(mut self, k: f64) -> Self {
        self.0.allowance = k;
        self
    }

    /// A chart about the mean and the covariance (divisor n - 1) of healthy rows.
    ///
    /// # Errors
    /// [`Error::Parameter`] for an allowance that is not positive; [`Error::TooFew`] with no more rows than columns;
    /// [`Error::NonFinite`]; [`Error::Numeric`] when columns are constant or depend on each other, or overflow.
    pub fn fit<'a>(&self, healthy: impl Into<Rows<'a>>) -> Result<McusumChart> {
        self.check_ref()?.fit_rows(healthy.into())
    }
}

impl McusumValidParams {
    fn validate(&self) -> Result<()> {
        check_positive("allowance", self.allowance).map(drop)
    }

    fn fit_rows(&self, healthy: Rows<'_>) -> Result<McusumChart> {
        let whitening = Whitening::fit(healthy)?;
        let state = vec![0.0; whitening.names.len()];
        Ok(McusumChart { params: self.clone(), whitening, state, run: 0, seen: 0 })
    }
}

guard!(McusumParams, McusumValidParams);

impl<D: Data<Elem = f64>, T> Fit<ArrayBase<D, Ix2>, T, Error> for McusumValidParams {
    type Object = McusumChart;
    fn fit(&self, dataset: &DatasetBase<ArrayBase<D, Ix2>, T>) -> Result<McusumChart> {
        self.fit_rows(dataset.into())
    }
}

/// A multivariate CUSUM chart in Crosier's form.
///
/// ```
/// use prognos::anomaly::stream::{McusumChart, StreamingDetector};
/// use ndarray::Array2;
/// let healthy = Array2::from_shape_fn((300, 3), |(i, j)| ((i * (j + 3)) as f64 * 0.61).sin());
/// let mut chart = McusumChart::params().fit(&healthy)?;
/// let ordinary = chart.update_rows(&healthy)?.fold(0.0, |m: f64, s| m.max(*s));
/// let shifted = |i: usize| [healthy[[i, 0]], healthy[[i, 1]], healthy[[i, 2]] - 1.5];
/// let found = (0..100).find(|&i| chart.update(&shifted(i)).unwrap() > ordinary + 5.0);
/// assert!(found.unwrap() < 10);
/// assert_eq!(chart.explain(&shifted(20))?.ranked()[0].0, "2");
/// # Ok::<(), prognos::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct McusumChart {
    params: McusumValidParams,
    whitening: Whitening,
    state: Vec<f64>,
    run: u64,
    seen: u64,
}

impl McusumChart {
    /// Default settings: k = 0.5.
    #[must_use]
    pub fn params() -> McusumParams {
        McusumParams(McusumValidParams { allowance: 0.5 })
    }

    /// Names of the columns of the healthy rows.
    #[must_use]
    pub fn feature_names(&self) -> &[String] {
        &self.whitening.names
    }

    /// Row of the stream at which the sum left 0, the estimated start of a shift; `None` while it is 0.
    #[must_use]
    pub fn shift_start(&self) -> Option<u64> {
        (self.run > 0).then(|| self.seen - self.run)
    }

    /// Begins anew about the same mean, as after a repair.
    pub fn restart(&mut self) {
        self.state.fill(0.0);
        (self.run, self.seen) = (0, 0);
    }

    /// The sum that the row leads to, and its length.
    fn next(&self, row: &[f64]) -> Result<(Vec<f64>, f64)> {
        let k = self.params.allowance;
        let mut state = self.whitening.whiten(row, self.seen)?;
        for (w, s) in state.iter_mut().zip(&self.state) {
            *w += s;
        }
        let length = lanes::sum_squares(&state).sqrt();
        if !length.is_finite() {
            return Err(overflow("MCUSUM chart"));
        }
        if length <= k {
            state.fill(0.0);
            return Ok((state, 0.0));
        }
        for s in &mut state {
            *s *= 1.0 - k / length;
        }
        let length = lanes::sum_squares(&state).sqrt();
        Ok((state, length))
    }

    #[cfg(feature = "serde")]
    fn check_state(&self) -> Result<()> {
        self.params.validate()?;
        self.whitening.check_state(&self.state)?;
        if self.run > self.seen { Err(super::refuse("the run is longer than the stream")) } else { Ok(()) }
    }
}

impl StreamingDetector for McusumChart {
    fn width(&self) -> usize {
        self.whitening.names.len()
    }

    fn n_seen(&self) -> u64 {
        self.seen
    }

    fn update(&mut self, row: &[f64]) -> Result<f64> {
        let (state, length) = self.next(row)?;
        (self.state, self.seen) = (state, self.seen + 1);
        self.run = if length > 0.0 { self.run + 1 } else { 0 };
        Ok(length)
    }

    /// Contributions that add up to the length of the sum.
    fn explain(&self, row: &[f64]) -> Result<Attribution> {
        let (state, length) = self.next(row)?;
        let part = |s: &f64| if length > 0.0 { s / length * s } else { 0.0 };
        Attribution::new(self.whitening.names.clone(), state.iter().map(part).collect(), length)
    }
}

saved!(
    McusumChart { params: McusumValidParams, whitening: Whitening, state: Vec<f64>, run: u64, seen: u64 },
    "mcusum_chart",
    |model| &model.whitening.names
);
