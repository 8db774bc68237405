//! The law of what lies far out: a generalised Pareto law fitted by likelihood.
//!
//! Whatever the law of a score, its excesses over a high level follow nearly a generalised Pareto law,
//! `P(Y > y) = (1 + gamma y / sigma)^(-1 / gamma)` (Balkema & de Haan 1974, Pickands 1975): heavy tails have gamma > 0,
//! the exponential gamma = 0, laws with an upper end gamma < 0.
//!
//! **Fit.** With `theta = gamma / sigma` the likelihood has its maximum over gamma at `gamma(theta) = mean ln(1 + theta y)`,
//! and one dimension is left (Grimshaw 1993): `-ln(gamma(theta) / theta) - gamma(theta) - 1` a value. It may have several
//! maxima, so it is looked at on a grid over all of its domain, -1 / max y < theta < 2 (mean - min) / min², and the best
//! is refined. The excesses are divided by their mean first: units do not matter.
//!
//! **Care below gamma = -1/2.** There the estimate is not asymptotically normal (Smith 1985), and below gamma = -1 the
//! likelihood has no maximum: it grows without bounds as the upper end of the law approaches the largest excess. The fit is
//! therefore that among gamma >= -1; at gamma = -1 it is the uniform law up to the largest excess. Other programs stop
//! somewhere beyond, with a higher likelihood that means nothing.

use crate::error::{Error, Result, check_finite};
use crate::math::lanes;
use crate::math::roots::golden_minimum;

/// A generalised Pareto law of excesses.
///
/// ```
/// use prognos::anomaly::GeneralisedPareto;
/// // Quantiles of an exponential law with mean 2.
/// let excesses: Vec<f64> = (0..500).map(|i| -2.0 * (1.0 - (i as f64 + 0.5) / 500.0).ln()).collect();
/// let law = GeneralisedPareto::fit(&excesses)?;
/// assert!(law.gamma().abs() < 0.05 && (law.sigma() - 2.0).abs() < 0.1);
/// assert!((law.survival(law.quantile(0.01)) - 0.01).abs() < 1e-12);
/// # Ok::<(), prognos::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(try_from = "Raw"))]
pub struct GeneralisedPareto {
    gamma: f64,
    sigma: f64,
}

/// Below this, gamma is taken for 0 in the formulas: the difference is of its square.
const EXPONENTIAL: f64 = 1e-9;

impl GeneralisedPareto {
    /// A law with this shape and scale.
    ///
    /// # Errors
    /// [`Error::Parameter`] unless gamma is finite and sigma finite and greater than 0.
    pub fn new(gamma: f64, sigma: f64) -> Result<Self> {
        if !gamma.is_finite() {
            return Err(Error::parameter("gamma", gamma, "must be finite"));
        }
        crate::error::check_positive("sigma", sigma)?;
        Ok(Self { gamma, sigma })
    }

    /// The law of largest likelihood among gamma >= -1. O(n) a step, about a hundred steps.
    ///
    /// # Errors
    /// [`Error::TooFew`] with fewer than 2 excesses; [`Error::NonFinite`]; [`Error::Parameter`] for an excess below 0;
    /// [`Error::Numeric`] when all are 0, or their sum overflows.
    pub fn fit(excesses: &[f64]) -> Result<Self> {
        if excesses.len() < 2 {
            return Err(Error::too_few("excesses for a tail", 2, excesses.len()));
        }
        check_finite("excesses", "excess", excesses)?;
        let (least, largest) = lanes::min_max(excesses);
        if least < 0.0 {
            return Err(Error::parameter("excesses", least, "an excess is at least 0"));
        }
        let mean = lanes::mean(excesses);
        if !(mean.is_finite() && mean >= f64::MIN_POSITIVE && (largest / mean).is_finite()) {
            return Err(Error::numeric("tail of excesses", "all of them are 0, or their mean overflows"));
        }
        let z: Vec<f64> = excesses.iter().map(|y| y / mean).collect();
        let most = largest / mean;
        let shape = |theta: f64| lanes::sum_by(&z, |z| (theta * z).ln_1p()) / z.len() as f64;
        // Log-likelihood a value.
        let likelihood = |theta: f64| {
            if theta.abs() < EXPONENTIAL {
                return -1.0;
            }
            let gamma = shape(theta);
            -(gamma / theta).ln() - gamma - 1.0
        };
        // From gamma = -1 on: gamma(theta) grows with theta, and is minus infinite at -1 / most.
        let end = -1.0 / most;
        let (mut low, mut high) = (end, 0.0);
        for _ in 0..60 {
            let middle = 0.5 * (low + high);
            if shape(middle) < -1.0 { low = middle } else { high = middle }
        }
        let bottom = high;
        let small = (least / mean).max(1e-6);
        let top = (2.0 * (1.0 - small) / (small * small)).clamp(1.0, 1e9);
        // Dense near the lower end, then near 0, then by powers.
        let mut grid: Vec<f64> = (0..=20)
            .map(|i| {
                let t = f64::from(i) / 20.0;
                bottom * (1.0 - t * t)
            })
            .collect();
        let steps = 24;
        grid.extend((0..=steps).map(|i| 1e-3 * (top / 1e-3).powf(f64::from(i) / f64::from(steps))));
        let values: Vec<f64> = grid.iter().map(|t| likelihood(*t)).collect();
        let mut best = (0.0, -1.0);
        for i in 0..grid.len() {
            let beside = |j: Option<usize>| j.and_then(|j| values.get(j)).copied().unwrap_or(f64::NEG_INFINITY);
            if values[i] >= beside(i.checked_sub(1)) && values[i] >= beside(Some(i + 1)) {
                let (from, to) = (grid[i.saturating_sub(1)], grid[(i + 1).min(grid.len() - 1)]);
                let width = 1e-9 * from.abs().max(to.abs());
                let theta = golden_minimum(|t| -likelihood(t), from, to, width);
                let value = likelihood(theta);
                if value > best.1 {
                    best = (theta, value);
                }
            }
        }
        // The uniform law: -ln max.
        let (gamma, sigma) = if -most.ln() >= best.1 {
            (-1.0, largest)
        } else if best.0.abs() < EXPONENTIAL {
            (0.0, mean)
        } else {
            let gamma = shape(best.0).max(-1.0);
            (gamma, gamma / best.0 * mean)
        };
        Self::new(gamma, sigma).map_err(|_| Error::numeric("tail of excesses", "the fit leaves the finite numbers"))
    }

    /// Shape: 0 exponential, positive heavy, negative bounded.
    #[must_use]
    pub fn gamma(&self) -> f64 {
        self.gamma
    }

    /// Scale, in units of the excess.
    #[must_use]
    pub fn sigma(&self) -> f64 {
        self.sigma
    }

    /// P(Y > y): 1 below 0, 0 from the upper end on.
    #[must_use]
    pub fn survival(&self, y: f64) -> f64 {
        if y.is_nan() {
            return f64::NAN;
        }
        let u = y.max(0.0) / self.sigma;
        if self.gamma.abs() < EXPONENTIAL {
            return (-u).exp();
        }
        let base = self.gamma * u;
        if base <= -1.0 { 0.0 } else { (-base.ln_1p() / self.gamma).exp() }
    }

    /// The y with P(Y > y) = p; 0 for p = 1, the upper end (which may be infinite) for p = 0, negative above 1, NaN below 0.
    #[must_use]
    pub fn quantile(&self, p: f64) -> f64 {
        if p.is_nan() || p < 0.0 {
            return f64::NAN;
        }
        if self.gamma.abs() < EXPONENTIAL {
            return -self.sigma * p.ln();
        }
        self.sigma * ((-self.gamma * p.ln()).exp_m1() / self.gamma)
    }

    /// Log-likelihood of excesses; minus infinite when one lies beyond the upper end, or below 0.
    #[must_use]
    pub fn log_likelihood(&self, excesses: &[f64]) -> f64 {
        let each = |y: f64| {
            let u = y / self.sigma;
            if y < 0.0 {
                return f64::NEG_INFINITY;
            }
            if self.gamma.abs() < EXPONENTIAL {
                return -u;
            }
            let base = self.gamma * u;
            // The uniform law has density 1 / sigma up to its end.
            if (self.gamma + 1.0).abs() < EXPONENTIAL {
                return if base < -1.0 { f64::NEG_INFINITY } else { 0.0 };
            }
            if base <= -1.0 { f64::NEG_INFINITY } else { -(1.0 + 1.0 / self.gamma) * base.ln_1p() }
        };
        excesses.iter().map(|&y| each(y)).sum::<f64>() - excesses.len() as f64 * self.sigma.ln()
    }
}

/// What a file says; checked before it becomes a [`GeneralisedPareto`].
#[cfg(feature = "serde")]
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    gamma: f64,
    sigma: f64,
}

#[cfg(feature = "serde")]
impl TryFrom<Raw> for GeneralisedPareto {
    type Error = Error;
    fn try_from(raw: Raw) -> Result<Self> {
        Self::new(raw.gamma, raw.sigma)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shapes_are_recovered() {
        for gamma in [-0.45, -0.2, 0.0, 0.3, 0.8] {
            let law = GeneralisedPareto::new(gamma, 3.0).unwrap();
            let excesses: Vec<f64> = (0..2000).map(|i| law.quantile((f64::from(i) + 0.5) / 2000.0)).collect();
            let fitted = GeneralisedPareto::fit(&excesses).unwrap();
            assert!((fitted.gamma() - gamma).abs() < 0.02 && (fitted.sigma() / 3.0 - 1.0).abs() < 0.03, "{fitted:?}");
            assert!(fitted.log_likelihood(&excesses) >= law.log_likelihood(&excesses));
        }
    }

    #[test]
    fn the_uniform_law_is_the_bound() {
        let excesses: Vec<f64> = (1..=40).map(|i| f64::from(i) / 40.0).collect();
        let fitted = GeneralisedPareto::fit(&excesses).unwrap();
        assert!(fitted.gamma() >= -1.0 && fitted.quantile(0.0) >= 1.0);
        assert!(fitted.log_likelihood(&excesses) >= 0.0);
        assert!(GeneralisedPareto::fit(&[0.0, 0.0, 0.0]).is_err());
        assert!(GeneralisedPareto::fit(&[1.0]).is_err());
        assert!(GeneralisedPareto::fit(&[-1.0, 1.0]).is_err());
        assert!(GeneralisedPareto::fit(&[f64::MAX, f64::MAX, f64::MAX]).is_err());
        let same = GeneralisedPareto::fit(&[2.0; 12]).unwrap();
        assert!((same.gamma() + 1.0).abs() < 1e-12 && (same.sigma() - 2.0).abs() < 1e-12);
    }
}
