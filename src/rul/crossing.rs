//! First passage of an uncertain straight line over a limit: the law behind the degradation models.

use crate::error::{Error, Result};
use crate::math::special::{norm_cdf, norm_quantile, t_cdf, t_quantile};

/// First passage of `value(u) ~ location(u) + sqrt(variance(u)) T` over a limit, where `T` is normal or Student t,
/// `gap + slope u` is the mean distance beyond the limit and `v0 + 2 v1 u + v2 u^2` the variance at time `u` from now.
///
/// P(RUL <= u) = F((gap + slope u) / sqrt(v0 + 2 v1 u + v2 u^2)), given that it exceeds u = 0 (Gebraeel et al. 2005,
/// Lu & Meeker 1993). The ratio has at most one turning point, because the numerator of its derivative is linear in u;
/// its running maximum is used, so that the result is a distribution function for every input.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(deny_unknown_fields))]
pub(super) struct Crossing {
    pub(super) gap: f64,
    pub(super) slope: f64,
    pub(super) v0: f64,
    pub(super) v1: f64,
    pub(super) v2: f64,
    /// Degrees of freedom of the Student t; `None` is the normal.
    pub(super) dof: Option<f64>,
}

impl Crossing {
    pub(super) fn check(self) -> Result<Self> {
        let numbers = [self.gap, self.slope, self.v0, self.v1, self.v2];
        let finite = numbers.iter().all(|v| v.is_finite());
        // A negative covariance may not carry the variance below zero.
        let definite = self.v1 >= 0.0 || self.v1 * self.v1 <= self.v0 * self.v2 * (1.0 + 1e-9);
        if finite && self.v0 > 0.0 && self.v2 >= 0.0 && definite && self.dof.is_none_or(|d| d.is_finite() && d > 0.0) {
            Ok(self)
        } else {
            Err(Error::numeric(
                "first passage of a degradation path",
                format!("location and variance are not usable: {self:?}; the values may be too large or too small"),
            ))
        }
    }

    fn lower(&self, z: f64) -> f64 {
        self.dof.map_or_else(|| norm_cdf(z), |d| t_cdf(z, d))
    }

    fn inverse(&self, p: f64) -> f64 {
        self.dof.map_or_else(|| norm_quantile(p), |d| t_quantile(p, d))
    }

    fn ratio(&self, u: f64) -> f64 {
        // Beyond 1 both sides are divided by u, so that u^2 cannot overflow.
        let (scale, u1) = if u > 1.0 { (1.0 / u, 1.0) } else { (1.0, u) };
        let variance = (self.v0 * scale + 2.0 * self.v1 * u1) * scale + self.v2 * u1 * u1;
        (self.gap * scale + self.slope * u1) / variance.max(f64::MIN_POSITIVE).sqrt()
    }

    /// Where the ratio rises: from .. to.
    fn rising(&self) -> (f64, f64) {
        let start = self.slope * self.v0 - self.gap * self.v1;
        let bend = self.slope * self.v1 - self.gap * self.v2;
        let turn = -start / bend;
        if start > 0.0 {
            (0.0, if bend < 0.0 { turn } else { f64::INFINITY })
        } else if bend > 0.0 {
            (turn, f64::INFINITY)
        } else {
            (f64::INFINITY, f64::INFINITY)
        }
    }

    fn limit(&self) -> f64 {
        // The ratio for u to infinity.
        if self.v2 > 0.0 {
            self.slope / self.v2.sqrt()
        } else if self.slope == 0.0 {
            0.0
        } else {
            f64::INFINITY.copysign(self.slope)
        }
    }

    /// Running maximum of the ratio.
    fn highest(&self, u: f64) -> f64 {
        let (from, to) = self.rising();
        let now = self.ratio(0.0);
        if u < from {
            return now;
        }
        let place = u.min(to);
        let there = if place.is_infinite() { self.limit() } else { self.ratio(place) };
        if there > now { there } else { now }
    }

    pub(super) fn survival(&self, u: f64) -> f64 {
        let alive = self.lower(-self.ratio(0.0));
        if alive <= 0.0 {
            return 0.0;
        }
        (self.lower(-self.highest(u)) / alive).clamp(0.0, 1.0)
    }

    pub(super) fn cdf(&self, u: f64) -> f64 {
        let (now, then) = (self.ratio(0.0), self.highest(u));
        let alive = self.lower(-now);
        if alive <= 0.0 {
            return 1.0;
        }
        let gone = if then < 0.0 { self.lower(then) - self.lower(now) } else { alive - self.lower(-then) };
        (gone / alive).clamp(0.0, 1.0)
    }

    pub(super) fn quantile(&self, p: f64) -> f64 {
        let now = self.ratio(0.0);
        let alive = self.lower(-now);
        if p <= 0.0 || alive <= 0.0 {
            return 0.0;
        }
        let lower = self.lower(now) + p * alive;
        let wanted = if lower < 0.5 { self.inverse(lower) } else { -self.inverse((1.0 - p) * alive) };
        if wanted <= now {
            return 0.0;
        }
        let (from, to) = self.rising();
        if self.highest(f64::INFINITY) <= wanted || from.is_infinite() {
            return f64::INFINITY;
        }
        let (mut low, mut high) = (from, to);
        if high.is_infinite() {
            high = (2.0 * low).max(1.0);
            while self.ratio(high) < wanted {
                low = high;
                high *= 2.0;
                if high.is_infinite() {
                    return high;
                }
            }
        }
        // Bisection down to neighbouring numbers: the result does not decrease when p increases.
        loop {
            let middle = low + 0.5 * (high - low);
            if middle <= low || middle >= high {
                return high;
            }
            if self.ratio(middle) < wanted {
                low = middle;
            } else {
                high = middle;
            }
        }
    }
}
