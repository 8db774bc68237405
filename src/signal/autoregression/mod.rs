//! Autoregressive models: what the next sample is, given those before it.
//!
//! `x[t] = c + φ1 x[t-1] + .. + φp x[t-p] + e[t]`, with the innovation `e` of variance σ². For bearings and gears the model
//! takes the predictable part of a vibration out (gear mesh, resonance): what is left, the [residual](ArModel::residuals), is
//! where impacts of a young fault stand out (prewhitening). For slow sensors it tells how much memory a process has, and its
//! innovations are what a control chart should look at.
//!
//! # Which method
//! | [`ArMethod`] | take it for | mind |
//! |---|---|---|
//! | `LeastSquares` | forecasting; series with a trend or a unit root | may be unstable; needs 2 p + 1 samples |
//! | `Burg` | short windows, spectra with narrow peaks, prewhitening; always stable | a sine next to others may move by a bin |
//! | `YuleWalker` | long stationary series; the fastest, always stable | blurs narrow peaks in short windows |
//! | `YuleWalkerAdjusted` | comparison with other software | may be unstable |
//!
//! Least squares is `AutoReg(x, p, trend="c")` of statsmodels, the others are its `burg(demean=True)` and `yule_walker`.
//!
//! # Order
//! [`ArParams::select`] takes the order of 0 to `order` with the smallest AIC `n ln σ²(k) + 2 k` (Akaike 1974) or BIC
//! `n ln σ²(k) + k ln n` (Schwarz 1978). For least squares all orders see the same samples, those from `order` on, and the best
//! one is fitted again to all.
//!
//! # Sources
//! G. U. Yule (1927), G. Walker (1931); J. P. Burg (1975); Box & Jenkins, *Time Series Analysis* (1970). Prewhitening of
//! bearing signals: N. Sawalhi, R. B. Randall, "The enhancement of fault detection and diagnosis in rolling element bearings
//! using minimum entropy deconvolution combined with spectral kurtosis", MSSP 21 (2007).
//!
//! # Cost
//! `O(n p)` and `O(p²)`; least squares `O(n p)` in exact integers and `O(p³)` in twice the digits.

pub(crate) mod burg;
mod cholesky;
pub(crate) mod levinson;
pub(crate) mod ols;

use crate::error::{Error, Result, check_finite};
use crate::math::lanes;
use crate::signal::SampleRate;
use ols::LeastSquares;

/// Highest order of a model.
pub const MAX_ORDER: usize = 256;

/// How a model is fitted; see the [table](self#which-method).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum ArMethod {
    /// Least squares with a constant. Where columns depend on each other (a constant, an exact recursion), the smallest
    /// coefficients.
    LeastSquares,
    /// Burg's method on the samples less their mean.
    #[default]
    Burg,
    /// Yule-Walker equations with autocovariances divided by n.
    YuleWalker,
    /// Yule-Walker equations with the autocovariance of lag k divided by n - k.
    YuleWalkerAdjusted,
}

/// What weighs fit against order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum ArCriterion {
    /// Akaike's: best predictions, tends to higher orders.
    #[default]
    Aic,
    /// Schwarz's: finds the true order of long series.
    Bic,
}

impl ArCriterion {
    pub(crate) fn penalty(self, n: f64) -> f64 {
        match self {
            Self::Aic => 2.0,
            Self::Bic => n.ln(),
        }
    }
}

/// Settings of a fit: order, method, and how the order is chosen.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields, default))]
pub struct ArParams {
    order: usize,
    method: ArMethod,
    criterion: Option<ArCriterion>,
}

impl Default for ArParams {
    /// Order 10, by Burg's method.
    fn default() -> Self {
        Self { order: 10, method: ArMethod::Burg, criterion: None }
    }
}

impl ArParams {
    /// The order, or the highest one to choose from. 1 to [`MAX_ORDER`]; default 10.
    #[must_use]
    pub fn order(mut self, order: usize) -> Self {
        self.order = order;
        self
    }

    /// The method. Default [`ArMethod::Burg`].
    #[must_use]
    pub fn method(mut self, method: ArMethod) -> Self {
        self.method = method;
        self
    }

    /// Chooses the order from 0 to the given one. Default: the order is fixed.
    #[must_use]
    pub fn select(mut self, criterion: ArCriterion) -> Self {
        self.criterion = Some(criterion);
        self
    }

    /// Fits a model to samples.
    ///
    /// # Errors
    /// [`Error::Parameter`] for an order of 0 or above [`MAX_ORDER`]; [`Error::TooFew`] below 2 p + 1 samples (least squares)
    /// or p + 1; [`Error::NonFinite`] for a NaN or infinite sample; [`Error::Numeric`] for a constant (except by least squares),
    /// or values whose squares leave the range of f64.
    pub fn fit(&self, x: &[f64]) -> Result<ArModel> {
        if self.order == 0 || self.order > MAX_ORDER {
            return Err(Error::parameter("order", self.order, "must lie from 1 to 256"));
        }
        let needed = match self.method {
            ArMethod::LeastSquares => 2 * self.order + 1,
            _ => self.order + 1,
        };
        if x.len() < needed {
            return Err(Error::too_few("samples for an autoregressive model", needed, x.len()));
        }
        check_finite("autoregressive model", "samples", x)?;
        let model = match self.method {
            ArMethod::LeastSquares => self.least_squares(x)?,
            _ => self.recursion(x)?,
        };
        Self::checked(model)
    }

    fn checked(model: ArModel) -> Result<ArModel> {
        let finite = model.intercept.is_finite() && model.coefficients.iter().all(|c| c.is_finite());
        if finite && model.variance >= 0.0 && model.variance.is_finite() {
            return Ok(model);
        }
        let reason =
            "the equations have no finite solution with a variance of 0 or above; a lower order or Burg's method may";
        Err(Error::numeric("autoregressive model", reason))
    }

    fn least_squares(&self, x: &[f64]) -> Result<ArModel> {
        let mut equations = LeastSquares::default();
        let mut order = self.order;
        let unsolvable = || Error::numeric("autoregressive model", "the samples are too large to square");
        if let Some(criterion) = self.criterion {
            if !equations.autoregression(x, order) {
                return Err(unsolvable());
            }
            let rows = equations.rows() as f64;
            let spread: Vec<f64> = equations.steps().iter().map(|s| s.rest / rows).collect();
            order = best_order(&spread, rows, criterion);
        }
        if !equations.autoregression(x, order) {
            return Err(unsolvable());
        }
        let variance = equations.mean_square(equations.last().rest);
        let solution = equations.solve();
        let (&intercept, coefficients) = solution.split_first().ok_or_else(unsolvable)?;
        Ok(ArModel { intercept, coefficients: coefficients.to_vec(), variance })
    }

    fn recursion(&self, x: &[f64]) -> Result<ArModel> {
        let mean = lanes::mean(x);
        let mut centred: Vec<f64> = x.iter().map(|v| v - mean).collect();
        let start = lanes::sum_squares(&centred) / x.len() as f64;
        if !start.is_finite() || start <= (1e-15 * mean) * (1e-15 * mean) {
            return Err(Error::numeric("autoregressive model", "the signal is constant or too large to square"));
        }
        // Variances of the orders from 0; the fit of the best order is a prefix of the recursion.
        let covariance = autocovariance(&centred, self.order, self.method == ArMethod::YuleWalkerAdjusted);
        let mut backward = vec![0.0; if self.method == ArMethod::Burg { x.len() } else { 0 }];
        let mut partials = Vec::with_capacity(self.order);
        let mut variances = vec![start];
        let (mut phi, mut spare) = (vec![0.0; self.order], vec![0.0; self.order]);
        let mut visit = |_: usize, partial: f64, variance: f64| {
            partials.push(partial);
            variances.push(variance);
        };
        if self.method == ArMethod::Burg {
            burg::burg(&mut centred, &mut backward, &mut phi, &mut spare, &mut visit);
        } else {
            levinson::levinson(&covariance, &mut phi, &mut spare, &mut visit);
        }
        let order = match self.criterion {
            Some(criterion) => best_order(&variances, x.len() as f64, criterion),
            None => self.order,
        };
        let mut coefficients = vec![0.0; order];
        for (k, &partial) in partials.iter().take(order).enumerate() {
            levinson::extend(&mut coefficients, &mut spare, k + 1, partial);
        }
        let intercept = mean * (1.0 - coefficients.iter().sum::<f64>());
        let variance = variances.get(order).copied().unwrap_or(f64::NAN);
        // Rounding alone brings it below 0 here.
        let variance = if self.method == ArMethod::YuleWalkerAdjusted { variance } else { variance.max(0.0) };
        Ok(ArModel { intercept, coefficients, variance })
    }
}

/// The order, counted from 0, with the smallest criterion; NaN and no variance at all end the search.
pub(crate) fn best_order(variances: &[f64], n: f64, criterion: ArCriterion) -> usize {
    let (mut best, mut least) = (0, f64::INFINITY);
    for (k, &variance) in variances.iter().enumerate() {
        if !(variance > 0.0 && variance.is_finite()) {
            break;
        }
        let value = n * variance.ln() + criterion.penalty(n) * k as f64;
        if value < least {
            (best, least) = (k, value);
        }
    }
    best
}

/// Autocovariances of lags 0 to `order` of samples without mean.
fn autocovariance(x: &[f64], order: usize, adjusted: bool) -> Vec<f64> {
    let n = x.len();
    (0..=order.min(n.saturating_sub(1)))
        .map(|k| lanes::dot(&x[..n - k], &x[k..]) / (if adjusted { n - k } else { n }) as f64)
        .collect()
}

/// A fitted autoregressive model.
///
/// ```
/// use prognos::signal::autoregression::{ArCriterion, ArModel};
/// // A lightly damped resonance, knocked at sample 700.
/// let mut x = vec![0.0_f64, 0.1];
/// for t in 2..1000 {
///     let knock = if t == 700 { 2.0 } else { 0.01 * ((t * t) as f64).sin() };
///     x.push(1.6 * x[t - 1] - 0.9 * x[t - 2] + knock);
/// }
/// let model = ArModel::params().order(20).select(ArCriterion::Bic).fit(&x[..600])?;
/// let residual = model.residuals(&x)?;
/// let largest = (0..residual.len()).max_by(|&a, &b| residual[a].abs().total_cmp(&residual[b].abs()));
/// assert_eq!(largest.map(|i| i + model.order()), Some(700));
/// # Ok::<(), prognos::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields, try_from = "RawModel"))]
pub struct ArModel {
    intercept: f64,
    coefficients: Vec<f64>,
    variance: f64,
}

#[cfg(feature = "serde")]
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct RawModel {
    intercept: f64,
    coefficients: Vec<f64>,
    variance: f64,
}

#[cfg(feature = "serde")]
impl TryFrom<RawModel> for ArModel {
    type Error = Error;

    fn try_from(raw: RawModel) -> Result<Self> {
        Self::from_parts(raw.intercept, raw.coefficients, raw.variance)
    }
}

impl ArModel {
    /// Settings: order 10, Burg's method, unless changed.
    #[must_use]
    pub fn params() -> ArParams {
        ArParams::default()
    }

    /// A model from its numbers: the constant c, the coefficients φ1, φ2, .. and the variance of the innovation.
    ///
    /// # Errors
    /// [`Error::Parameter`] for more than [`MAX_ORDER`] coefficients, a number that is not finite, or a negative variance.
    pub fn from_parts(intercept: f64, coefficients: Vec<f64>, variance: f64) -> Result<Self> {
        if coefficients.len() > MAX_ORDER {
            return Err(Error::parameter("coefficients", coefficients.len(), "there are at most 256"));
        }
        if let Some(bad) = coefficients.iter().chain([&intercept]).find(|c| !c.is_finite()) {
            return Err(Error::parameter("coefficients", bad, "must be finite"));
        }
        if !(variance >= 0.0 && variance.is_finite()) {
            return Err(Error::parameter("variance", variance, "must be finite and not negative"));
        }
        Ok(Self { intercept, coefficients, variance })
    }

    /// The order p.
    #[must_use]
    pub fn order(&self) -> usize {
        self.coefficients.len()
    }

    /// The constant c, in the unit of the samples: the mean times 1 - Σ φ.
    #[must_use]
    pub fn intercept(&self) -> f64 {
        self.intercept
    }

    /// φ1 to φp: the weight of the sample before, of the one before that, ..
    #[must_use]
    pub fn coefficients(&self) -> &[f64] {
        &self.coefficients
    }

    /// Variance of the innovation, unit². By least squares the mean square of the residuals (divisor: their number).
    #[must_use]
    pub fn variance(&self) -> f64 {
        self.variance
    }

    /// The next sample after `past`, whose last is the newest.
    ///
    /// # Errors
    /// [`Error::TooFew`] for fewer samples than the order.
    pub fn predict_next(&self, past: &[f64]) -> Result<f64> {
        let Some(from) = past.len().checked_sub(self.order()) else {
            return Err(Error::too_few("samples to predict the next", self.order(), past.len()));
        };
        let newest_first = past[from..].iter().rev();
        Ok(self.intercept + newest_first.zip(&self.coefficients).map(|(x, c)| x * c).sum::<f64>())
    }

    /// What the model does not foresee, `x[t]` less its prediction for t from p: p samples fewer than `x`. A NaN or infinite
    /// sample makes p + 1 residuals NaN or infinite.
    ///
    /// # Errors
    /// [`Error::TooFew`] unless there are more samples than the order.
    pub fn residuals(&self, x: &[f64]) -> Result<Vec<f64>> {
        let mut out = vec![0.0; x.len().saturating_sub(self.order())];
        self.residuals_into(x, &mut out)?;
        Ok(out)
    }

    /// As [`residuals`](Self::residuals), into memory of the caller.
    ///
    /// # Errors
    /// As [`residuals`](Self::residuals), and [`Error::Shape`] when `out` has not p places fewer than `x`.
    pub fn residuals_into(&self, x: &[f64], out: &mut [f64]) -> Result<()> {
        if x.len() <= self.order() {
            return Err(Error::too_few("samples for residuals", self.order() + 1, x.len()));
        }
        if out.len() != x.len() - self.order() {
            return Err(Error::shape("places for residuals", x.len() - self.order(), out.len()));
        }
        residuals(x, self.intercept, &self.coefficients, out);
        Ok(())
    }

    /// One-sided power density of the model at a frequency in hertz, unit²/Hz:
    /// `2 σ² / fs / |1 - Σ φk exp(-2 pi i f k / fs)|²`.
    ///
    /// # Errors
    /// [`Error::Parameter`] unless the frequency lies from 0 to half of the sample rate.
    pub fn power_density(&self, frequency: f64, rate: SampleRate) -> Result<f64> {
        let cycles = frequency / rate.as_hz();
        if !(0.0..=0.5).contains(&cycles) {
            return Err(Error::parameter("frequency", frequency, "must lie from 0 Hz to half of the sample rate"));
        }
        Ok(2.0 * self.variance / rate.as_hz() / transfer(&self.coefficients, cycles))
    }
}

/// `x[t] - c - Σ φ x[t-k]`, t from the order, into as many places.
pub(crate) fn residuals(x: &[f64], intercept: f64, coefficients: &[f64], out: &mut [f64]) {
    let p = coefficients.len();
    for (o, &v) in out.iter_mut().zip(&x[p.min(x.len())..]) {
        *o = v - intercept;
    }
    let n = out.len();
    let mut pairs = coefficients.chunks_exact(2);
    let mut k = 0;
    for pair in &mut pairs {
        let (a, b) = (pair[0], pair[1]);
        let (one, two) = (&x[p - k - 1..], &x[p - k - 2..]);
        for ((o, &u), &v) in out.iter_mut().zip(&one[..n]).zip(&two[..n]) {
            *o -= a * u + b * v;
        }
        k += 2;
    }
    if let [a] = pairs.remainder() {
        for (o, &u) in out.iter_mut().zip(x) {
            *o -= a * u;
        }
    }
}

/// `|1 - Σ φk exp(-2 pi i f k)|²` at `cycles` a sample.
pub(crate) fn transfer(coefficients: &[f64], cycles: f64) -> f64 {
    let (mut re, mut im) = (1.0, 0.0);
    for (k, c) in coefficients.iter().enumerate() {
        let (sin, cos) = (std::f64::consts::TAU * (cycles * (k + 1) as f64).fract()).sin_cos();
        re -= c * cos;
        im += c * sin;
    }
    re * re + im * im
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wave(n: usize) -> Vec<f64> {
        let mut x = vec![0.3, -0.1];
        for t in 2..n {
            let noise = ((t * t) as f64 * 0.37).sin();
            x.push(1.2 * x[t - 1] - 0.6 * x[t - 2] + noise);
        }
        x.iter().map(|v| v + 5.0).collect()
    }

    #[test]
    fn every_method_finds_the_recursion() {
        let x = wave(4000);
        for method in [ArMethod::LeastSquares, ArMethod::Burg, ArMethod::YuleWalker, ArMethod::YuleWalkerAdjusted] {
            let model = ArModel::params().order(2).method(method).fit(&x).unwrap();
            assert!((model.coefficients()[0] - 1.2).abs() < 0.03, "{method:?} {model:?}");
            assert!((model.coefficients()[1] + 0.6).abs() < 0.03 && (model.variance() - 0.5).abs() < 0.03);
            for criterion in [ArCriterion::Aic, ArCriterion::Bic] {
                let chosen = ArModel::params().order(12).method(method).select(criterion).fit(&x).unwrap();
                assert!(chosen.order() >= 2, "{method:?} {}", chosen.order());
            }
            let residual = model.residuals(&x).unwrap();
            for (t, e) in residual.iter().enumerate() {
                let naive = x[t + 2] - model.predict_next(&x[..t + 2]).unwrap();
                assert!((naive - e).abs() < 1e-12);
            }
        }
    }

    #[test]
    fn bad_input_is_an_error() {
        let x = wave(50);
        for params in [ArModel::params().order(0), ArModel::params().order(257)] {
            assert!(matches!(params.fit(&x), Err(Error::Parameter { .. })));
        }
        assert!(matches!(ArModel::params().order(50).fit(&x), Err(Error::TooFew { .. })));
        assert!(matches!(ArModel::params().fit(&[1.0; 50]), Err(Error::Numeric { .. })));
        assert!(ArModel::params().method(ArMethod::LeastSquares).fit(&[1.0; 50]).is_ok());
        let model = ArModel::params().fit(&x).unwrap();
        assert!(model.residuals(&x[..10]).is_err() && model.predict_next(&x[..9]).is_err());
        assert!(model.residuals_into(&x, &mut [0.0; 41]).is_err());
        assert!(model.power_density(0.6, SampleRate::ONE_HZ).is_err());
        assert!(ArModel::from_parts(0.0, vec![f64::NAN], 1.0).is_err());
        assert!(ArModel::from_parts(0.0, vec![0.5], -1.0).is_err());
    }
}
