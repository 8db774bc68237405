//! Student's t distribution where it tests a correlation: the two-sided p-value from r itself.
//!
//! With t² = r² df / (1 - r²), the tail probability is I_z(df/2, 1/2) with z = 1 - r² (the regularised incomplete
//! beta function; Abramowitz & Stegun 26.5.27). The factor in front takes ln Γ(a + 1/2) - ln Γ(a) from its asymptotic
//! series, where the difference of two large logarithms would lose digits on long windows.

/// What scipy adds to 1 - r and 1 + r, so that a perfect line has a finite t.
const TINY: f64 = 1e-20;

/// Two-sided p-value of a correlation `r` with `df` degrees of freedom under independence; NaN for a NaN, or no
/// degrees of freedom. Relative error below 1e-13 + 1e-16 df: the continued fraction loses digits where 1 - r² is near 1.
pub(crate) fn correlation_p_value(r: f64, df: f64) -> f64 {
    if r.is_nan() || !(df > 0.0 && df.is_finite()) {
        return f64::NAN;
    }
    let r = r.clamp(-1.0, 1.0);
    let rest = (1.0 - r + TINY) * (1.0 + r + TINY);
    let (z, w) = (rest / (rest + r * r), r * r / (rest + r * r));
    let (a, b) = (0.5 * df, 0.5);
    if w <= 0.0 {
        return 1.0;
    }
    // ln z: where z is near 1, from its complement.
    let ln_z = if w < 0.5 { (-w).ln_1p() } else { z.ln() };
    let front = (a * ln_z + b * w.ln() - ln_beta_half(a)).exp();
    if z < (a + 1.0) / (a + b + 2.0) {
        front * fraction(a, b, z) / a
    } else {
        (1.0 - front * fraction(b, a, w) / b).max(0.0)
    }
}

/// ln B(a, 1/2).
fn ln_beta_half(a: f64) -> f64 {
    // Γ(a) / Γ(a + 1/2) is brought to an argument where the series holds.
    let (mut a, mut ratio) = (a, 1.0);
    while a < 20.0 {
        ratio *= (a + 0.5) / a;
        a += 1.0;
    }
    let q = 1.0 / (a * a);
    let series = (-0.125 + q * (1.0 / 192.0 + q * (-1.0 / 640.0 + q * (17.0 / 14336.0 - q * 31.0 / 18432.0)))) / a;
    0.5 * std::f64::consts::PI.ln() + f64::ln(ratio) - 0.5 * a.ln() - series
}

/// The continued fraction of the incomplete beta function (Abramowitz & Stegun 26.5.8) by Lentz's method.
fn fraction(a: f64, b: f64, x: f64) -> f64 {
    const SMALL: f64 = 1e-300;
    let away = |v: f64| if v.abs() < SMALL { SMALL } else { v };
    let mut c = 1.0;
    let mut d = 1.0 / away(1.0 - (a + b) * x / (a + 1.0));
    let mut h = d;
    for m in 1..=10_000 {
        let m = f64::from(m);
        let even = m * (b - m) * x / ((a + 2.0 * m - 1.0) * (a + 2.0 * m));
        d = 1.0 / away(1.0 + even * d);
        c = away(1.0 + even / c);
        h *= d * c;
        let odd = -(a + m) * (a + b + m) * x / ((a + 2.0 * m) * (a + 2.0 * m + 1.0));
        d = 1.0 / away(1.0 + odd * d);
        c = away(1.0 + odd / c);
        let step = d * c;
        h *= step;
        if (step - 1.0).abs() < 1e-16 {
            break;
        }
    }
    h
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_degrees_of_freedom_have_a_closed_form() {
        // For df = 2 the p-value is 1 - |r|.
        for r in [0.0, 1e-9, 0.1, -0.5, 0.9, -0.999] {
            let p = correlation_p_value(r, 2.0);
            assert!((p - (1.0 - f64::abs(r))).abs() < 1e-14, "{r} {p}");
        }
        // For df = 4 it is 1 - |r| (3 - r²) / 2.
        for r in [0.05, 0.3, 0.8] {
            let p = correlation_p_value(r, 4.0);
            assert!((p - (1.0 - r * (3.0 - r * r) / 2.0)).abs() < 1e-14, "{r} {p}");
        }
    }

    #[test]
    fn agrees_with_scipy() {
        // (r, df, scipy.special.betaincc(1/2, df/2, r²)), scipy 1.17.1
        for (r, df, expected) in SCIPY {
            let p = correlation_p_value(*r, *df);
            assert!((p / expected - 1.0).abs() < 1e-13 + 1e-16 * df, "{r} {df}: {p:e} {expected:e}");
        }
        assert!(correlation_p_value(f64::NAN, 3.0).is_nan());
        assert!(correlation_p_value(0.5, 0.0).is_nan());
    }

    const SCIPY: &[(f64, f64, f64)] = &[
        (0.1, 1.0, 0.9362314391414801),
        (0.5, 7.0, 0.17047066078705383),
        (0.9, 38.0, 2.8103138983045705e-15),
        (0.2, 39.0, 0.20993874257441794),
        (0.2, 41.0, 0.19848511219847895),
        (0.05, 998.0, 0.11407259555107294),
        (0.5, 998.0, 2.278101929537929e-64),
        (0.01, 99998.0, 0.0015651897452783152),
        (0.0045, 999998.0, 6.794797821478985e-06),
    ];
}
