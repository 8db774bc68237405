//! The Teager-Kaiser energy operator: cheap demodulation.
//!
//! ψ_i = x_i² - x_{i-1} x_{i+1} follows the product of squared amplitude and squared frequency of an oscillation: for
//! A sin(ω i) it is A² sin² ω at every sample. Impacts of a damaged bearing or tooth make it peak, so its kurtosis
//! (the energy-operator kurtosis) shows them without a choice of band. Not for signals with a large mean or a slow
//! drift: remove those first.
//!
//! Source: Kaiser, *On a simple algorithm to calculate the 'energy' of a signal* (1990). Cost: one pass to form ψ, one
//! over it.
//!
//! # NaN
//! Fewer than three samples; the kurtosis of a ψ that is constant up to the rounding of x².

use super::distribution::{kurtosis_of, variance_of};
use crate::features::calculator::Calculator;
use crate::features::shared::{Needs, Shared};
use crate::features::spec::Args;

/// The table of this family.
pub(crate) fn calculators() -> Vec<Calculator> {
    let teager: fn(&Args) -> Needs = |_| Needs::new().teager();
    vec![
        Calculator::scalar(
            "teager_mean",
            &[],
            "mean ψ, ψ_i = x_i² - x_{i-1} x_{i+1}, squared unit",
            teager,
            |s, _| s.teager_moments().mean,
        ),
        Calculator::scalar("teager_std", &[], "sqrt(mean (ψ - mean ψ)²), squared unit", teager, |s, _| {
            finite_mean(s, variance_of(s.teager_moments()).sqrt())
        }),
        Calculator::scalar(
            "teager_kurtosis",
            &[],
            "m4 / m2² of ψ: the energy-operator kurtosis; NaN for a constant ψ",
            |_| Needs::new().teager().moments(),
            |s, _| {
                let m = s.moments();
                let peak = m.max.max(-m.min);
                let rounding = f64::EPSILON * peak * peak;
                let psi = s.teager_moments();
                if psi.m2.sqrt() <= rounding { f64::NAN } else { finite_mean(s, kurtosis_of(psi)) }
            },
        ),
    ]
}

/// The value, unless ψ left the range of f64 or has no sample: then NaN.
fn finite_mean(s: &Shared<'_>, value: f64) -> f64 {
    if s.teager_moments().mean.is_finite() { value } else { f64::NAN }
}
