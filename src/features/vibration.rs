//! Amplitude indicators of vibration: level, peaks and how spiky the signal is.
//!
//! All come from one pass over the window. A ratio with a zero below the line is NaN.
//! Source: ISO 13373-2 for the indicators; Lei, *Intelligent Fault Diagnosis* (2017), for the names.

use super::calculator::Calculator;
use super::shared::{Needs, Shared};
use super::spec::Args;

/// The table of this family.
pub(crate) fn calculators() -> Vec<Calculator> {
    let moments: fn(&Args) -> Needs = |_| Needs::new().moments();
    let roots: fn(&Args) -> Needs = |_| Needs::new().roots();
    vec![
        Calculator::scalar("root_mean_square", &[], "sqrt(mean x²), unit of the signal", moments, |s, _| rms(s)),
        Calculator::scalar("absolute_maximum", &[], "max |x|, unit of the signal", moments, |s, _| peak(s)),
        Calculator::scalar("peak_to_peak", &[], "max x - min x, unit of the signal", moments, |s, _| {
            let m = s.moments();
            m.max - m.min
        }),
        Calculator::scalar("mean_abs", &[], "mean |x|, unit of the signal", moments, |s, _| mean_abs(s)),
        Calculator::scalar("square_root_amplitude", &[], "(mean sqrt|x|)², unit of the signal", roots, |s, _| {
            square_root_amplitude(s)
        }),
        Calculator::scalar("crest_factor", &[], "max |x| / RMS", moments, |s, _| ratio(peak(s), rms(s))),
        Calculator::scalar("shape_factor", &[], "RMS / mean |x|", moments, |s, _| ratio(rms(s), mean_abs(s))),
        Calculator::scalar("impulse_factor", &[], "max |x| / mean |x|", moments, |s, _| ratio(peak(s), mean_abs(s))),
        Calculator::scalar("clearance_factor", &[], "max |x| / (mean sqrt|x|)²", roots, |s, _| {
            ratio(peak(s), square_root_amplitude(s))
        }),
        Calculator::scalar("abs_energy", &[], "sum x², squared unit of the signal", moments, |s, _| {
            s.moments().sum_squares
        }),
    ]
}

fn rms(s: &Shared<'_>) -> f64 {
    let m = s.moments();
    (m.sum_squares / m.n).sqrt()
}

fn peak(s: &Shared<'_>) -> f64 {
    let m = s.moments();
    m.max.max(-m.min)
}

fn mean_abs(s: &Shared<'_>) -> f64 {
    let m = s.moments();
    m.sum_abs / m.n
}

fn square_root_amplitude(s: &Shared<'_>) -> f64 {
    let m = s.moments();
    let mean = m.sum_root_abs / m.n;
    mean * mean
}

/// a / b, NaN when b is 0.
fn ratio(a: f64, b: f64) -> f64 {
    if b.abs() > 0.0 { a / b } else { f64::NAN }
}
