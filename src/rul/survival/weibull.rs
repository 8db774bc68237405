//! Weibull life: how ages at failure spread, and what is left at a given age.
//!
//! S(t) = exp(-(t / scale)^shape). Shape below 1: failures of youth; 1: chance; above 1: wear, the only case in which
//! preventive replacement can pay. The fit is the maximum of the likelihood with right-censored units (Cohen,
//! Technometrics 7 (1965)): one monotone equation for the shape, then the scale in closed form. Cost: about ten passes
//! over the ages. Confidence limits are Wald limits on the logarithms, from the observed information.
//!
//! Not for units that are repaired and fail again (a recurrent process), nor when several causes with different shapes
//! are mixed: plot against [`super::KaplanMeier`] first.

use super::Lifetimes;
use crate::error::{Error, Result, check_fraction, check_positive};
use crate::math::quadrature::integrate;
use crate::math::roots::brent;
use crate::math::special::{gamma_p, gamma_q, ln_gamma, norm_quantile};
use crate::rul::{History, Level, RulEstimate, RulModel};

/// A Weibull distribution of lives; times in the caller's unit.
///
/// As a [`RulModel`] it reads only the time of the last measurement, which is the age.
///
/// ```
/// use prognos::rul::survival::Weibull;
/// let life = Weibull::new(1000.0, 2.5)?;
/// assert!((life.survival(1000.0) - (-1f64).exp()).abs() < 1e-12);
/// assert!(life.rul(800.0)?.median() < life.rul(0.0)?.median());
/// # Ok::<(), prognos::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(try_from = "RawWeibull"))]
pub struct Weibull {
    scale: f64,
    shape: f64,
}

#[cfg(feature = "serde")]
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct RawWeibull {
    scale: f64,
    shape: f64,
}

#[cfg(feature = "serde")]
impl TryFrom<RawWeibull> for Weibull {
    type Error = Error;
    fn try_from(raw: RawWeibull) -> Result<Self> {
        Self::new(raw.scale, raw.shape)
    }
}

/// Shapes outside of which the moments leave the range of numbers.
const SHAPES: std::ops::RangeInclusive<f64> = 1e-3..=1e6;

impl Weibull {
    /// A distribution from its characteristic life (63.2 % have failed by then) and its shape.
    ///
    /// # Errors
    /// [`Error::Parameter`] unless the scale is finite and greater than 0 and the shape within 0.001 to 1e6; beyond that the
    /// moments leave the range of numbers.
    pub fn new(scale: f64, shape: f64) -> Result<Self> {
        check_positive("scale", scale)?;
        if !SHAPES.contains(&shape) {
            return Err(Error::parameter("shape", shape, "must lie between 0.001 and 1e6"));
        }
        Ok(Self { scale, shape })
    }

    /// Characteristic life.
    #[must_use]
    pub fn scale(&self) -> f64 {
        self.scale
    }

    /// Shape: slope of the Weibull plot.
    #[must_use]
    pub fn shape(&self) -> f64 {
        self.shape
    }

    /// Fits scale and shape to ages at failure and censored ages.
    ///
    /// # Errors
    /// [`Error::TooFew`] with fewer than two different ages among failures and longer-lived units, or without
    /// failures: use [`Weibull::weibayes`] with a shape known from similar parts then. [`Error::Numeric`] when the
    /// likelihood has no maximum (all failures at one age, which no other unit outlived), or none for a shape within
    /// 0.001 to 1e6 (ages that are all but equal, or too far apart).
    pub fn fit(lifetimes: &Lifetimes<'_>) -> Result<WeibullFit> {
        let failures = lifetimes.failures();
        if failures <= 0.0 {
            return Err(Error::TooFew {
                what: "failures for a Weibull fit (without any, give a shape from similar parts to `weibayes`)".into(),
                needed: 1,
                found: 0,
            });
        }
        // Ages relative to the largest: powers cannot overflow.
        let top = lifetimes.iter().filter(|u| u.2 > 0.0).fold(0.0f64, |a, u| a.max(u.0));
        let units: Vec<(f64, f64)> = lifetimes.iter().map(|u| ((u.0 / top).ln(), u.2)).collect();
        let mean_log = lifetimes.iter().filter(|u| u.1).map(|u| (u.0 / top).ln() * u.2).sum::<f64>() / failures;
        let score = |ln_shape: f64| {
            let shape = ln_shape.exp();
            let (mut with_log, mut plain) = (0.0, 0.0);
            for (ln, count) in &units {
                let power = count * (shape * ln).exp();
                plain += power;
                with_log += power * ln;
            }
            with_log / plain - 1.0 / shape - mean_log
        };
        // The score rises with the shape, from -inf to -mean_log > 0; a degenerate sample has mean_log = 0.
        let (mut low, mut high) = (-1.0, 1.0);
        while score(low) > 0.0 && low > -30.0 {
            low *= 2.0;
        }
        while score(high) < 0.0 && high < 30.0 {
            high *= 2.0;
        }
        let none = || {
            let reason = if mean_log >= 0.0 {
                "no maximum: all failures have one age that no other unit outlived"
            } else {
                "no maximum was found for a shape within 0.001 to 1e6: the ages are all but equal or too far apart"
            };
            Error::numeric("Weibull fit", reason)
        };
        let ln_shape = brent(score, low, high, 1e-16).ok_or_else(none)?;
        let shape = ln_shape.exp();
        if !SHAPES.contains(&shape) {
            return Err(none());
        }
        let total: f64 = units.iter().map(|(ln, count)| count * (shape * ln).exp()).sum();
        let scale = top * (total / failures).powf(1.0 / shape);
        let weibull = Self::new(scale, shape).map_err(|e| Error::numeric("Weibull fit", e.to_string()))?;
        WeibullFit::new(weibull, lifetimes)
    }

    /// The scale when the shape is known, for example from an older design: (sum t^shape / r)^(1 / shape) with r
    /// failures, and r = 1 when none has failed yet, which is then a lower bound of the life with 63 % confidence
    /// (Abernethy, The New Weibull Handbook).
    ///
    /// # Errors
    /// [`Error::Parameter`] unless `shape` is finite and greater than 0; [`Error::TooFew`] when all counts are 0.
    pub fn weibayes(lifetimes: &Lifetimes<'_>, shape: f64) -> Result<Self> {
        check_positive("shape", shape)?;
        if lifetimes.units() <= 0.0 {
            return Err(Error::too_few("units of a Weibayes fit", 1, 0));
        }
        let top = lifetimes.iter().filter(|u| u.2 > 0.0).fold(0.0f64, |a, u| a.max(u.0));
        let total: f64 = lifetimes.iter().map(|u| u.2 * (u.0 / top).powf(shape)).sum();
        let failures = lifetimes.failures();
        let failures = if failures > 0.0 { failures } else { 1.0 };
        Self::new(top * (total / failures).powf(1.0 / shape), shape)
            .map_err(|e| Error::numeric("Weibayes", e.to_string()))
    }

    /// (t / scale)^shape.
    pub(crate) fn cumulative_hazard(&self, t: f64) -> f64 {
        if t <= 0.0 { 0.0 } else { (t / self.scale).powf(self.shape) }
    }

    /// P(life > `t`); 1 for `t` <= 0.
    #[must_use]
    pub fn survival(&self, t: f64) -> f64 {
        (-self.cumulative_hazard(t)).exp()
    }

    /// P(life <= `t`), exact also where it is tiny.
    #[must_use]
    pub fn cdf(&self, t: f64) -> f64 {
        -(-self.cumulative_hazard(t)).exp_m1()
    }

    /// Failures per unit of time among those alive at `t`; 0 before 0. At 0 itself it is infinite for shapes below 1.
    #[must_use]
    #[allow(clippy::float_cmp)] // only a shape of exactly 1 needs its own way
    pub fn hazard(&self, t: f64) -> f64 {
        if t < 0.0 {
            return 0.0;
        }
        if self.shape == 1.0 {
            return 1.0 / self.scale;
        }
        let direct = self.shape / self.scale * (t / self.scale).powf(self.shape - 1.0);
        if direct.is_finite() && direct > 0.0 {
            return direct;
        }
        // A factor has left the range of numbers, perhaps not the product.
        (self.shape.ln() - self.scale.ln() + (self.shape - 1.0) * (t.ln() - self.scale.ln())).exp()
    }

    /// Density of the life at `t`.
    #[must_use]
    pub fn pdf(&self, t: f64) -> f64 {
        let survival = self.survival(t);
        if survival > 0.0 { self.hazard(t) * survival } else { 0.0 }
    }

    /// The age by which a share `p` has failed: the B10 life for `p` = 0.1.
    ///
    /// # Errors
    /// [`Error::Parameter`] unless 0 < `p` < 1.
    pub fn quantile(&self, p: f64) -> Result<f64> {
        check_fraction("p", p)?;
        Ok(self.scale * (-(-p).ln_1p()).powf(1.0 / self.shape))
    }

    /// Mean life, scale * gamma(1 + 1 / shape); `+inf` when that exceeds what a number can hold.
    #[must_use]
    pub fn mean(&self) -> f64 {
        (self.scale.ln() + ln_gamma(1.0 + 1.0 / self.shape)).exp()
    }

    /// Integral of the survival from 0 to `t`: the expected life of a part replaced at age `t`.
    #[must_use]
    pub fn restricted_mean(&self, t: f64) -> f64 {
        if t <= 0.0 {
            return 0.0;
        }
        let p = gamma_p(1.0 / self.shape, self.cumulative_hazard(t));
        if p <= 0.0 { t.min(self.mean()) } else { (self.mean() * p).min(t) }
    }

    /// Expected remaining life at `age` (0 when negative): the integral of S(age + u) / S(age).
    #[must_use]
    pub fn mean_residual_life(&self, age: f64) -> f64 {
        let hazard = self.cumulative_hazard(age);
        let inverse = 1.0 / self.shape;
        if hazard < 20.0 {
            return self.mean() * gamma_q(inverse, hazard) * hazard.exp();
        }
        // Old units: with w the hazard gathered from now on, u = scale ((hazard + w)^(1/shape) - hazard^(1/shape)).
        let rate = |w: f64| (-w + (inverse - 1.0) * (w / hazard).ln_1p()).exp();
        age * inverse / hazard * integrate(rate, 0.0, 60.0, 1e-12)
    }

    pub(crate) fn conditional_survival(&self, age: f64, t: f64) -> f64 {
        (-self.gathered(age, t)).exp()
    }

    pub(crate) fn conditional_cdf(&self, age: f64, t: f64) -> f64 {
        -(-self.gathered(age, t)).exp_m1()
    }

    /// Hazard gathered between `age` and `age + t`, without the cancellation of a difference of powers.
    fn gathered(&self, age: f64, t: f64) -> f64 {
        let before = self.cumulative_hazard(age);
        if t <= 0.0 {
            0.0
        } else if before.is_infinite() {
            // Older than this law allows at all: the next moment is the last.
            f64::INFINITY
        } else if before > 0.0 && t < age {
            before * (self.shape * (t / age).ln_1p()).exp_m1()
        } else {
            let after = self.cumulative_hazard(age + t);
            if after.is_infinite() { f64::INFINITY } else { (after - before).max(0.0) }
        }
    }

    /// The remaining life that a share `p` of the units alive at `age` does not reach.
    pub(crate) fn conditional_quantile(&self, age: f64, p: f64) -> f64 {
        let more = -(-p).ln_1p();
        let before = self.cumulative_hazard(age);
        if more <= 0.0 {
            0.0
        } else if before > 0.0 && (more / before).is_finite() {
            age * ((more / before).ln_1p() / self.shape).exp_m1()
        } else {
            (self.scale * (before + more).powf(1.0 / self.shape) - age).max(0.0)
        }
    }

    /// Remaining life of a unit that works at `age`.
    ///
    /// # Errors
    /// [`Error::Parameter`] unless `age` is finite and at least 0.
    pub fn rul(&self, age: f64) -> Result<RulEstimate> {
        RulEstimate::weibull(self.scale, self.shape, age)
    }
}

impl RulModel for Weibull {
    /// Reads the age, which is the time of the last measurement; the values do not matter.
    ///
    /// # Errors
    /// [`Error::Parameter`] when that time is negative.
    fn estimate(&self, history: &History<'_>) -> Result<RulEstimate> {
        self.rul(history.now())
    }
}

/// A Weibull distribution as it was fitted, with its uncertainty.
///
/// ```
/// use prognos::rul::{Level, survival::{Lifetimes, Weibull}};
/// let ages = [4.0, 9.0, 13.0, 20.0, 20.0];
/// let failed = [true, true, true, false, false];
/// let fit = Weibull::fit(&Lifetimes::new(&ages, &failed)?)?;
/// let (low, high) = fit.shape_interval(Level::new(0.9)?);
/// assert!(low < fit.weibull().shape() && fit.weibull().shape() < high);
/// # Ok::<(), prognos::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(deny_unknown_fields))]
pub struct WeibullFit {
    weibull: Weibull,
    log_likelihood: f64,
    covariance: [[f64; 2]; 2],
    units: f64,
    failures: f64,
}

impl WeibullFit {
    fn new(weibull: Weibull, lifetimes: &Lifetimes<'_>) -> Result<Self> {
        let (a, b, d) = (weibull.scale, weibull.shape, lifetimes.failures());
        let (mut log_likelihood, mut zl, mut zll) = (d * b.ln() - d * b * a.ln(), 0.0, 0.0);
        for (t, failed, count) in lifetimes.iter().filter(|u| u.2 > 0.0) {
            let ln = (t / a).ln();
            let z = count * (b * ln).exp();
            log_likelihood += if failed { count * (b - 1.0) * t.ln() } else { 0.0 } - z;
            zl += z * ln;
            zll += z * ln * ln;
        }
        // Observed information at the maximum, where sum (t/a)^b = d.
        let (aa, ab, bb) = (d * b * b / (a * a), -b / a * zl, d / (b * b) + zll);
        let det = aa * bb - ab * ab;
        let covariance = [[bb / det, -ab / det], [-ab / det, aa / det]];
        if covariance.iter().flatten().chain([&log_likelihood]).all(|v| v.is_finite()) && det > 0.0 {
            Ok(Self { weibull, log_likelihood, covariance, units: lifetimes.units(), failures: d })
        } else {
            Err(Error::numeric("Weibull fit", "the information matrix cannot be inverted: the ages are too extreme"))
        }
    }

    /// The distribution.
    #[must_use]
    pub fn weibull(&self) -> Weibull {
        self.weibull
    }

    /// Log-likelihood at the maximum; densities in the caller's unit of time.
    #[must_use]
    pub fn log_likelihood(&self) -> f64 {
        self.log_likelihood
    }

    /// Covariance of (scale, shape): the inverse of the observed information.
    #[must_use]
    pub fn covariance(&self) -> [[f64; 2]; 2] {
        self.covariance
    }

    /// Units and failures the fit rests on.
    #[must_use]
    pub fn counts(&self) -> (f64, f64) {
        (self.units, self.failures)
    }

    /// Confidence interval of the scale.
    #[must_use]
    pub fn scale_interval(&self, level: Level) -> (f64, f64) {
        wald(self.weibull.scale, self.covariance[0][0], level)
    }

    /// Confidence interval of the shape.
    #[must_use]
    pub fn shape_interval(&self, level: Level) -> (f64, f64) {
        wald(self.weibull.shape, self.covariance[1][1], level)
    }

    /// Confidence interval of the age by which a share `p` has failed (delta method on its logarithm).
    ///
    /// # Errors
    /// [`Error::Parameter`] unless 0 < `p` < 1.
    pub fn quantile_interval(&self, p: f64, level: Level) -> Result<(f64, f64)> {
        let quantile = self.weibull.quantile(p)?;
        let (a, b) = (self.weibull.scale, self.weibull.shape);
        let by_scale = quantile / a;
        let by_shape = -quantile / (b * b) * (-(-p).ln_1p()).ln();
        let [[aa, ab], [_, bb]] = self.covariance;
        let variance = by_scale * by_scale * aa + 2.0 * by_scale * by_shape * ab + by_shape * by_shape * bb;
        Ok(wald(quantile, variance.max(0.0), level))
    }
}

/// Wald interval of a positive number on the logarithm.
fn wald(value: f64, variance: f64, level: Level) -> (f64, f64) {
    let width = norm_quantile(0.5 + 0.5 * level.get()) * variance.sqrt() / value;
    (value * (-width).exp(), value * width.exp())
}

impl RulModel for WeibullFit {
    /// As [`Weibull`]; the uncertainty of the fit itself is not in the estimate.
    fn estimate(&self, history: &History<'_>) -> Result<RulEstimate> {
        self.weibull.estimate(history)
    }
}

#[cfg(feature = "persist")]
impl crate::persist::Persist for Weibull {
    const KIND: &'static str = "weibull";
    fn feature_names(&self) -> &[String] {
        &[]
    }
}

#[cfg(feature = "persist")]
impl crate::persist::Persist for WeibullFit {
    const KIND: &'static str = "weibull_fit";
    fn feature_names(&self) -> &[String] {
        &[]
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_fit_without_a_maximum_says_which() {
        let reason = |ages: &[f64]| {
            let failed = vec![true; ages.len()];
            Weibull::fit(&Lifetimes::new(ages, &failed).unwrap()).unwrap_err().to_string()
        };
        assert!(reason(&[7.0, 7.0, 7.0]).contains("one age"));
        for ages in [&[1e-308, 1e308][..], &[1e-300, 1e300], &[1.0, 1.0 + 1e-15], &[1.0, 1.0 + 1e-8, 1.0]] {
            let reason = reason(ages);
            assert!(reason.contains("within 0.001 to 1e6"), "{ages:?}: {reason}");
        }
    }

    #[test]
    fn residual_life_agrees_on_both_sides_of_the_switch() {
        for shape in [0.4, 1.0, 2.5, 8.0] {
            let w = Weibull::new(100.0, shape).unwrap();
            let age = 100.0 * 20f64.powf(1.0 / shape);
            let (a, b) = (w.mean_residual_life(age * (1.0 - 1e-9)), w.mean_residual_life(age * (1.0 + 1e-9)));
            assert!((a / b - 1.0).abs() < 1e-6, "{shape}: {a} {b}");
            assert!((w.mean_residual_life(0.0) / w.mean() - 1.0).abs() < 1e-12);
        }
        let memoryless = Weibull::new(7.0, 1.0).unwrap();
        assert!((memoryless.mean_residual_life(500.0) / 7.0 - 1.0).abs() < 1e-10);
    }

    #[test]
    fn quantiles_invert_the_cdf() {
        let rul = Weibull::new(50.0, 3.0).unwrap().rul(30.0).unwrap();
        for p in [1e-9, 0.1, 0.5, 0.999] {
            assert!((rul.cdf(rul.quantile(p).unwrap()) / p - 1.0).abs() < 1e-9);
        }
    }

    #[test]
    fn no_failures_is_an_error_that_names_weibayes() {
        let ages = Lifetimes::new(&[3.0, 4.0], &[false, false]).unwrap();
        assert!(Weibull::fit(&ages).unwrap_err().to_string().contains("weibayes"));
        assert!(Weibull::weibayes(&ages, 2.0).unwrap().scale() > 4.0);
        let same = Lifetimes::new(&[3.0, 3.0], &[true, true]).unwrap();
        assert!(Weibull::fit(&same).is_err());
    }
}
