//! Distribution functions that never panic: normal, Student t, incomplete gamma. Wrappers of statrs with the corners
//! cut off, because a few of its functions panic or return NaN outside of their range. The complementary error function
//! is that of libm (FreeBSD's msun): the one of statrs 0.19 is off by up to 1e-10 of its value.

use statrs::function::{beta, erf, gamma};
use std::f64::consts::SQRT_2;

/// ln(sqrt(2 pi)).
pub(crate) const LN_SQRT_2PI: f64 = 0.918_938_533_204_672_8;

/// P(Z <= x) of the standard normal; relative accuracy holds in the lower tail.
pub(crate) fn norm_cdf(x: f64) -> f64 {
    if x.is_nan() { f64::NAN } else { 0.5 * libm::erfc(-x / SQRT_2) }
}

/// The x with P(Z <= x) = p: -inf at 0, +inf at 1, NaN outside.
pub(crate) fn norm_quantile(p: f64) -> f64 {
    if !(0.0..=1.0).contains(&p) {
        return f64::NAN;
    }
    if p <= 0.0 {
        return f64::NEG_INFINITY;
    }
    if p >= 1.0 {
        return f64::INFINITY;
    }
    if p > 0.5 {
        // 1 - p is exact here.
        return -norm_quantile(1.0 - p);
    }
    let x = -SQRT_2 * erf::erfc_inv(2.0 * p);
    // One Newton step on ln(cdf) polishes the last digits, also far in the tail.
    let cdf = norm_cdf(x);
    let pdf = (-0.5 * x * x - LN_SQRT_2PI).exp();
    let step = (cdf.ln() - p.ln()) * cdf / pdf;
    if step.is_finite() && step.abs() < 1e-3 { x - step } else { x }
}

/// Degrees of freedom from which Student's t is the normal to within rounding of what the crate promises.
const NORMAL_FROM: f64 = 1e9;

/// P(T <= x) of Student's t with `dof` > 0 degrees of freedom; infinite `dof` is the normal.
pub(crate) fn t_cdf(x: f64, dof: f64) -> f64 {
    if x.is_nan() || dof.is_nan() || dof <= 0.0 {
        return f64::NAN;
    }
    if dof >= NORMAL_FROM {
        return norm_cdf(x);
    }
    if x == 0.0 {
        return 0.5;
    }
    let w = if x.is_infinite() { 0.0 } else { 1.0 / (1.0 + (x / dof) * x) };
    let tail = 0.5 * beta_reg(0.5 * dof, 0.5, w);
    if x < 0.0 { tail } else { 1.0 - tail }
}

/// The x with P(T <= x) = p.
pub(crate) fn t_quantile(p: f64, dof: f64) -> f64 {
    if !(0.0..=1.0).contains(&p) || dof.is_nan() || dof <= 0.0 {
        return f64::NAN;
    }
    if dof >= NORMAL_FROM {
        return norm_quantile(p);
    }
    if p > 0.5 {
        return -t_quantile(1.0 - p, dof);
    }
    if p <= 0.0 {
        return f64::NEG_INFINITY;
    }
    if p >= 0.5 {
        return 0.0;
    }
    // The t has the heavier tail, so the normal quantile bounds it from above; double downwards to a bracket.
    let mut hi = norm_quantile(p).min(-f64::MIN_POSITIVE);
    if t_cdf(hi, dof) < p {
        hi = 0.0;
    }
    let mut lo = 2.0 * hi.min(-1e-3);
    while t_cdf(lo, dof) > p {
        hi = lo;
        lo *= 2.0;
        if lo.is_infinite() {
            return lo;
        }
    }
    super::roots::brent(|x| t_cdf(x, dof).ln() - p.ln(), lo, hi, 1e-15).unwrap_or(0.5 * (lo + hi))
}

/// Regularised incomplete beta, NaN outside of its range.
fn beta_reg(a: f64, b: f64, x: f64) -> f64 {
    beta::checked_beta_reg(a, b, x.clamp(0.0, 1.0)).unwrap_or(f64::NAN)
}

/// ln |gamma(x)|.
pub(crate) fn ln_gamma(x: f64) -> f64 {
    gamma::ln_gamma(x)
}

/// Lower regularised incomplete gamma P(a, x): 0 at 0, 1 at infinity, NaN outside of a > 0, x >= 0.
pub(crate) fn gamma_p(a: f64, x: f64) -> f64 {
    if a.is_nan() || a <= 0.0 || x.is_nan() || x < 0.0 {
        f64::NAN
    } else if x == 0.0 {
        0.0
    } else if x.is_infinite() {
        1.0
    } else {
        gamma::checked_gamma_lr(a, x).unwrap_or(f64::NAN).clamp(0.0, 1.0)
    }
}

/// Upper regularised incomplete gamma Q(a, x).
pub(crate) fn gamma_q(a: f64, x: f64) -> f64 {
    if a.is_nan() || a <= 0.0 || x.is_nan() || x < 0.0 {
        f64::NAN
    } else if x == 0.0 {
        1.0
    } else if x.is_infinite() {
        0.0
    } else {
        gamma::checked_gamma_ur(a, x).unwrap_or(f64::NAN).clamp(0.0, 1.0)
    }
}

#[cfg(test)]
#[allow(clippy::float_cmp)]
mod tests {
    use super::*;

    fn close(a: f64, b: f64, rel: f64) -> bool {
        (a - b).abs() <= rel * b.abs()
    }

    #[test]
    fn normal_against_scipy() {
        // scipy.stats.norm.cdf
        for (x, p) in
            [(-1.0, 0.158_655_253_931_457_05), (-8.0, 6.220_960_574_271_785e-16), (2.5, 0.993_790_334_674_223_8)]
        {
            assert!(close(norm_cdf(x), p, 1e-13), "{x} {:e}", norm_cdf(x));
            if x < 0.0 {
                assert!(close(norm_quantile(p), x, 1e-13), "{x} {:e}", norm_quantile(p));
            }
        }
        assert!(close(norm_cdf(-38.0), 2.885_428_351e-316, 1e-6));
        assert_eq!(norm_quantile(0.0), f64::NEG_INFINITY);
        assert_eq!(norm_quantile(1.0), f64::INFINITY);
        assert!(norm_quantile(1.5).is_nan() && norm_cdf(f64::NAN).is_nan());
    }

    #[test]
    fn student_closed_forms() {
        // One degree of freedom is the Cauchy distribution, two have an algebraic cdf.
        for x in [-50.0, -3.0, -0.1, 0.0, 0.7, 12.0] {
            let cauchy = 0.5 + f64::atan(x) / std::f64::consts::PI;
            assert!(close(t_cdf(x, 1.0), cauchy, 1e-12), "{x}");
            let two = 0.5 + x / (2.0 * f64::sqrt(2.0 + x * x));
            assert!(close(t_cdf(x, 2.0), two, 1e-11), "{x}");
        }
        for p in [1e-9, 0.01, 0.3, 0.5, 0.8, 0.999] {
            for dof in [0.7, 1.0, 3.0, 19.0, 400.0] {
                assert!(close(t_cdf(t_quantile(p, dof), dof), p, 1e-11), "{p} {dof}");
            }
        }
    }

    #[test]
    fn gamma_corners() {
        assert_eq!(gamma_p(2.0, 0.0), 0.0);
        assert_eq!(gamma_q(2.0, f64::INFINITY), 0.0);
        assert!(gamma_p(-1.0, 2.0).is_nan() && gamma_q(1.0, f64::NAN).is_nan());
        assert!(close(gamma_q(1.0, 3.0), f64::exp(-3.0), 1e-13));
        // P(1/2, x) = erf(sqrt x), Q(1/2, x) = erfc(sqrt x).
        for x in [1e-6, 0.01, 0.3, 0.9, 1.1, 2.5, 9.0, 30.0] {
            assert!(close(gamma_p(0.5, x), libm::erf(x.sqrt()), 1e-13), "{x}");
            assert!(close(gamma_q(0.5, x), libm::erfc(x.sqrt()), 1e-12), "{x}");
        }
        assert!(close(ln_gamma(5.0), 24f64.ln(), 1e-14));
    }
}
