//! How the amplitudes of a window are distributed: location, spread, shape.

use super::calculator::{Calculator, Param};
use super::shared::{Needs, Shared};
use super::spec::Args;

/// The table of this family.
pub(crate) fn calculators() -> Vec<Calculator> {
    let moments: fn(&Args) -> Needs = |_| Needs::new().moments();
    let sorted: fn(&Args) -> Needs = |_| Needs::new().sorted();
    const Q: &[Param] = &[Param::float("q", 0.0, 1.0)];
    vec![
        Calculator::scalar("mean", &[], "mean x, unit of the signal", moments, |s, _| s.mean()),
        Calculator::scalar("maximum", &[], "largest x, unit of the signal", moments, |s, _| s.moments().max),
        Calculator::scalar("standard_deviation", &[], "sqrt(mean (x - mean)²), divisor n", moments, |s, _| {
            s.moments().m2.sqrt()
        }),
        Calculator::scalar("skewness_biased", &[], "m3 / m2^1.5, Fisher's g1; NaN for a constant", moments, |s, _| {
            skewness(s)
        }),
        Calculator::scalar(
            "kurtosis_pearson",
            &[],
            "m4 / m2², 3 for a Gaussian; NaN for a constant",
            moments,
            |s, _| kurtosis(s),
        ),
        Calculator::scalar("kurtosis", &[], "unbiased excess kurtosis G2 (as pandas and tsfresh)", moments, |s, _| {
            let n = s.moments().n;
            (n - 1.0) / ((n - 2.0) * (n - 3.0)) * ((n + 1.0) * (kurtosis(s) - 3.0) + 6.0)
        }),
        Calculator::scalar("quantile", Q, "quantile q, linear interpolation (type 7)", sorted, |s, a| {
            s.quantile(a.float(0))
        }),
    ]
}

fn skewness(s: &Shared<'_>) -> f64 {
    let m = s.moments();
    if m.is_constant() { f64::NAN } else { m.m3 / (m.m2 * m.m2.sqrt()) }
}

fn kurtosis(s: &Shared<'_>) -> f64 {
    let m = s.moments();
    if m.is_constant() { f64::NAN } else { m.m4 / (m.m2 * m.m2) }
}
