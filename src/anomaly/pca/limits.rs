//! Control limits of T2 and SPE.

use crate::error::{Error, Result, check_fraction};
use statrs::function::{beta, erf, gamma};

/// Where the limit of T2 comes from; `k` components, `n` training rows, false alarm rate `alpha`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum T2Limit {
    /// `k (n² - 1) / (n (n - k)) F(k, n - k)`: exact for new normal rows (Tracy, Young & Mason 1992).
    #[default]
    F,
    /// `(n - 1)² / n Beta(k / 2, (n - k - 1) / 2)`: exact for the training rows themselves (phase I, same source).
    Beta,
    /// `chi²(k)`: both of the above for large `n`.
    ChiSquared,
    /// The `1 - alpha` quantile of the training rows' T2 (type 7): no normal law assumed.
    Empirical,
}

/// Where the limit of SPE comes from; `theta_i` is the sum of the i-th powers of the residual eigenvalues.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum SpeLimit {
    /// `g chi²(h)` with `g = theta_2 / theta_1`, `h = theta_1² / theta_2` (Box 1954). Defined for every spectrum, which
    /// is why it is the default.
    #[default]
    BoxTheory,
    /// `g chi²(h)` with `g` and `h` from mean and variance of the training rows' SPE (Nomikos & MacGregor 1995).
    BoxMoments,
    /// Jackson & Mudholkar 1979. Undefined when `1 - 2 theta_1 theta_3 / (3 theta_2²)` is not positive.
    JacksonMudholkar,
    /// The `1 - alpha` quantile of the training rows' SPE (type 7).
    Empirical,
}

/// x where the decreasing function `f` on (0, end) falls to `target`, by bisection to the last bit.
fn where_falls_to(target: f64, end: f64, f: impl Fn(f64) -> Result<f64>) -> Result<f64> {
    let (mut low, mut high) = (0.0, end.min(1.0));
    while high < end && f(high)? > target {
        low = high;
        high = (2.0 * high).min(end);
    }
    loop {
        let middle = low + 0.5 * (high - low);
        if middle <= low || middle >= high {
            return Ok(middle);
        }
        if f(middle)? > target { low = middle } else { high = middle }
    }
}

/// Upper `alpha` quantile of the beta law.
fn beta_upper(a: f64, b: f64, alpha: f64) -> Result<f64> {
    where_falls_to(alpha, 1.0, |x| {
        beta::checked_beta_reg(b, a, 1.0 - x).map_err(|e| Error::numeric("beta quantile", e.to_string()))
    })
}

/// Upper `alpha` quantile of the chi-squared law with `h` degrees of freedom, not necessarily whole.
pub(in crate::anomaly) fn chi_squared_upper(h: f64, alpha: f64) -> Result<f64> {
    where_falls_to(alpha, f64::MAX, |x| {
        gamma::checked_gamma_ur(0.5 * h, 0.5 * x).map_err(|e| Error::numeric("chi-squared quantile", e.to_string()))
    })
}

/// Limit of T2 by the laws of a normal sample.
pub(super) fn t2(rule: T2Limit, k: usize, n: usize, alpha: f64) -> Result<f64> {
    check_fraction("alpha", alpha)?;
    let (kf, nf) = (k as f64, n as f64);
    match rule {
        T2Limit::F if n > k => {
            // y = d2 / (d2 + d1 F) has a beta law; its lower tail is the upper tail of F, so that no digit is lost.
            let y = where_falls_to(-alpha, 1.0, |y| {
                beta::checked_beta_reg(0.5 * (nf - kf), 0.5 * kf, y)
                    .map(|cdf| -cdf)
                    .map_err(|e| Error::numeric("F quantile", e.to_string()))
            })?;
            let f = (nf - kf) * (1.0 - y) / (kf * y);
            Ok(kf * (nf * nf - 1.0) / (nf * (nf - kf)) * f)
        }
        T2Limit::Beta if n > k + 1 => {
            let b = beta_upper(0.5 * kf, 0.5 * (nf - kf - 1.0), alpha)?;
            Ok((nf - 1.0) * (nf - 1.0) / nf * b)
        }
        T2Limit::ChiSquared => chi_squared_upper(kf, alpha),
        T2Limit::F => Err(Error::too_few("training rows for an F limit", k + 1, n)),
        T2Limit::Beta => Err(Error::too_few("training rows for a beta limit", k + 2, n)),
        T2Limit::Empirical => Err(Error::parameter("rule", "Empirical", "not a law of a normal sample")),
    }
}

/// Sums of the first three powers of the residual eigenvalues.
pub(super) fn thetas(residual: &[f64]) -> [f64; 3] {
    [1, 2, 3].map(|power| residual.iter().map(|l| l.powi(power)).sum())
}

/// Exponent `h0` of the Jackson-Mudholkar limit.
pub(super) fn h0(theta: [f64; 3]) -> f64 {
    1.0 - 2.0 * theta[0] * theta[2] / (3.0 * theta[1] * theta[1])
}

/// Limit of SPE from the residual eigenvalues, or from mean and variance of the training rows' SPE.
pub(super) fn spe(rule: SpeLimit, theta: [f64; 3], mean: f64, variance: f64, alpha: f64) -> Result<f64> {
    check_fraction("alpha", alpha)?;
    match rule {
        SpeLimit::BoxTheory => {
            let h = theta[0] * theta[0] / theta[1];
            Ok(theta[1] / theta[0] * chi_squared_upper(h, alpha)?)
        }
        SpeLimit::BoxMoments => {
            let h = 2.0 * mean * mean / variance;
            Ok(variance / (2.0 * mean) * chi_squared_upper(h, alpha)?)
        }
        SpeLimit::JacksonMudholkar => {
            let h0 = h0(theta);
            let z = std::f64::consts::SQRT_2 * erf::erfc_inv(2.0 * alpha);
            let base = z * (2.0 * theta[1] * h0 * h0).sqrt() / theta[0]
                + 1.0
                + theta[1] * h0 * (h0 - 1.0) / (theta[0] * theta[0]);
            if h0 > 0.0 && base > 0.0 {
                Ok(theta[0] * base.powf(1.0 / h0))
            } else {
                Err(Error::numeric(
                    "Jackson-Mudholkar limit",
                    format!("undefined for this spectrum (h0 = {h0}); take SpeLimit::BoxTheory"),
                ))
            }
        }
        SpeLimit::Empirical => Err(Error::parameter("rule", "Empirical", "not a law of the residual spectrum")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables() {
        // Printed tables: chi² 0.05 with 3 and 0.01 with 10 degrees of freedom; F 0.05 (4, 10) = 3.478.
        assert!((chi_squared_upper(3.0, 0.05).unwrap() - 7.814_727_903_251_178).abs() < 1e-12);
        assert!((chi_squared_upper(10.0, 0.01).unwrap() - 23.209_251_158_954_36).abs() < 1e-11);
        let f = t2(T2Limit::F, 4, 14, 0.05).unwrap() / (4.0 * 195.0 / (14.0 * 10.0));
        assert!((f - 3.478_049_690_765_23).abs() < 1e-10, "{f}");
        // Beta(1, 1) is uniform.
        assert!((beta_upper(1.0, 1.0, 0.05).unwrap() - 0.95).abs() < 1e-14);
    }

    #[test]
    fn small_alpha_keeps_its_digits() {
        // chi² with two degrees of freedom is exponential: the quantile is -2 ln alpha.
        for alpha in [0.5, 1e-3, 1e-9, 1e-15] {
            let x = chi_squared_upper(2.0, alpha).unwrap();
            assert!((x / (-2.0 * alpha.ln()) - 1.0).abs() < 1e-12, "{alpha}: {x}");
        }
        // F(2, m) has the survival function (1 + 2 F / m)^(-m / 2).
        let (n, k) = (42, 2);
        for alpha in [0.3, 1e-3, 1e-8] {
            let m = 40.0;
            let f = t2(T2Limit::F, k, n, alpha).unwrap() / (2.0 * (42.0 * 42.0 - 1.0) / (42.0 * m));
            let exact = 0.5 * m * (f64::powf(alpha, -2.0 / m) - 1.0);
            assert!((f / exact - 1.0).abs() < 1e-8, "{alpha}: {f} {exact}");
        }
    }

    #[test]
    fn refused_where_undefined() {
        assert!(t2(T2Limit::F, 3, 3, 0.05).is_err());
        assert!(t2(T2Limit::Beta, 3, 4, 0.05).is_err());
        assert!(t2(T2Limit::ChiSquared, 3, 4, 1.0).is_err());
        // One large and many small residual eigenvalues: h0 < 0.
        let mut residual = vec![0.02; 200];
        residual.push(1.0);
        let theta = thetas(&residual);
        assert!(h0(theta) < 0.0);
        assert!(spe(SpeLimit::JacksonMudholkar, theta, 0.0, 0.0, 0.01).is_err());
        assert!(spe(SpeLimit::BoxTheory, theta, 0.0, 0.0, 0.01).is_ok());
    }
}
