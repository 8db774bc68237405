//! Amplitude indicators of vibration: level, peaks, how spiky the signal is, and how fast it moves.
//!
//! The oldest indicators of machine condition: the level (RMS) grows with severity, the ratios (crest, impulse,
//! clearance factor, kurtosis) grow when single impacts stand out, early, and fall again when a fault spreads. Nothing
//! here removes the mean: do so first when the sensor has an offset.
//!
//! All come from one pass over the window, those of movement from its differences. A ratio with a zero below the line
//! is NaN, and so is a level whose square leaves the range of f64.
//! Sources: ISO 13373-2 for the indicators; Lei, *Intelligent Fault Diagnosis* (2017), for the names of the factors;
//! Hjorth, *EEG analysis based on time domain properties* (1970); Sassi, Badri & Thomas, *TALAF and THIKAT as
//! innovative time domain indicators* (2008), here without their baseline: divide by or subtract the value of the
//! healthy machine.

use super::distribution::{kurtosis, range, ratio, variance};
use crate::features::calculator::Calculator;
use crate::features::shared::{Needs, Shared};
use crate::features::spec::Args;
use crate::math::lanes;

/// The table of this family.
pub(crate) fn calculators() -> Vec<Calculator> {
    let mut all = amplitudes();
    all.extend(movements());
    all
}

/// Level and peaks.
fn amplitudes() -> Vec<Calculator> {
    let moments: fn(&Args) -> Needs = |_| Needs::new().moments();
    let roots: fn(&Args) -> Needs = |_| Needs::new().roots();
    vec![
        Calculator::scalar("root_mean_square", &[], "sqrt(mean x²), unit of the signal", moments, |s, _| rms(s)),
        Calculator::scalar("absolute_maximum", &[], "max |x|, unit of the signal", moments, |s, _| peak(s)),
        Calculator::scalar("peak_to_peak", &[], "max x - min x, unit of the signal", moments, |s, _| range(s)),
        Calculator::scalar("half_peak_to_peak", &[], "(max x - min x) / 2, unit of the signal", moments, |s, _| {
            0.5 * range(s)
        }),
        Calculator::scalar("mean_abs", &[], "mean |x|, unit of the signal", moments, |s, _| mean_abs(s)),
        Calculator::scalar("square_root_amplitude", &[], "(mean sqrt|x|)², unit of the signal", roots, |s, _| {
            square_root_amplitude(s)
        }),
        Calculator::scalar("crest_factor", &[], "max |x| / RMS", moments, |s, _| ratio(peak(s), rms(s))),
        Calculator::scalar("shape_factor", &[], "RMS / mean |x|", moments, |s, _| ratio(rms(s), mean_abs(s))),
        Calculator::scalar("impulse_factor", &[], "max |x| / mean |x|", moments, |s, _| ratio(peak(s), mean_abs(s))),
        Calculator::scalar(
            "clearance_factor",
            &[],
            "max |x| / (mean sqrt|x|)², also called margin factor",
            roots,
            |s, _| ratio(peak(s), square_root_amplitude(s)),
        ),
        Calculator::scalar("k_factor", &[], "max |x| RMS, squared unit of the signal", moments, |s, _| {
            peak(s) * rms(s)
        }),
        Calculator::scalar("abs_energy", &[], "sum x², squared unit of the signal", moments, |s, _| energy(s)),
        Calculator::scalar("power", &[], "mean x², squared unit of the signal", moments, |s, _| {
            energy(s) / s.moments().n
        }),
        Calculator::scalar(
            "average_power",
            &[],
            "sum x² / time from the first to the last sample, squared unit per second (TSFEL)",
            moments,
            |s, _| ratio(energy(s) * s.rate().as_hz(), s.moments().n - 1.0),
        ),
        Calculator::scalar(
            "snr_mean_over_std_db",
            &[],
            "20 log10(|mean| / sqrt(m2)), dB; NaN for mean 0 and for a constant",
            moments,
            |s, _| 20.0 * ratio(s.mean().abs(), variance(s).sqrt()).log10(),
        ),
        Calculator::scalar("talaf", &[], "ln(m4 / m2² + RMS), RMS in the unit of the signal", moments, |s, _| {
            (kurtosis(s) + rms(s)).ln()
        }),
        Calculator::scalar(
            "thikat",
            &[],
            "ln((m4 / m2²)^crest factor + RMS^peak), RMS and peak in the unit of the signal",
            moments,
            |s, _| (kurtosis(s).powf(ratio(peak(s), rms(s))) + rms(s).powf(peak(s))).ln(),
        ),
        Calculator::scalar(
            "log_energy_entropy",
            &[],
            "sum ln x² over x other than 0, x in the unit of the signal",
            |_| Needs::new(),
            |s, _| {
                let sum = lanes::sum_by(s.samples(), |v| if v.abs() > 0.0 { v.abs().ln() } else { 0.0 });
                if s.is_empty() { f64::NAN } else { 2.0 * sum }
            },
        ),
        Calculator::scalar(
            "histogram_upper_bound",
            &[],
            "max x + (max x - min x) / (2 (n - 1)), unit of the signal",
            moments,
            |s, _| s.moments().max + half_step(s),
        ),
        Calculator::scalar(
            "histogram_lower_bound",
            &[],
            "min x - (max x - min x) / (2 (n - 1)), unit of the signal",
            moments,
            |s, _| s.moments().min - half_step(s),
        ),
    ]
}

/// How fast the signal moves, from the differences of neighbours.
fn movements() -> Vec<Calculator> {
    let diff: fn(&Args) -> Needs = |_| Needs::new().diff();
    let both: fn(&Args) -> Needs = |_| Needs::new().moments().diff();
    vec![
        Calculator::scalar("diff_rms", &[], "sqrt(mean (x_{i+1} - x_i)²), unit of the signal", diff, |s, _| {
            ratio(s.diff_energy(), s.diff().len() as f64).sqrt()
        }),
        Calculator::scalar("waveform_length", &[], "sum |x_{i+1} - x_i|, unit of the signal", diff, |s, _| {
            if s.is_empty() { f64::NAN } else { lanes::sum_by(s.diff(), f64::abs) }
        }),
        Calculator::scalar("diff_energy_ratio", &[], "sum (x_{i+1} - x_i)² / sum x²", both, |s, _| {
            ratio(s.diff_energy(), energy(s))
        }),
        Calculator::scalar(
            "hjorth_activity",
            &[],
            "variance m2, squared unit of the signal",
            |_| Needs::new().moments(),
            |s, _| variance(s),
        ),
        Calculator::scalar(
            "hjorth_mobility",
            &[],
            "sqrt(var Δx / var x): mean frequency in radians a sample; NaN for a constant",
            both,
            |s, _| hjorth(s).0,
        ),
        Calculator::scalar(
            "hjorth_complexity",
            &[],
            "mobility of Δx / mobility of x: 1 for a sine, larger for noise; NaN for a constant and a straight line",
            both,
            |s, _| hjorth(s).1,
        ),
    ]
}

/// Sum of x²; NaN where it or the variance leaves the range of f64.
fn energy(s: &Shared<'_>) -> f64 {
    if variance(s).is_nan() { f64::NAN } else { s.moments().sum_squares }
}

fn rms(s: &Shared<'_>) -> f64 {
    (energy(s) / s.moments().n).sqrt()
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

/// Half of the mean distance between sorted samples.
fn half_step(s: &Shared<'_>) -> f64 {
    ratio(0.5 * range(s), s.moments().n - 1.0)
}

/// Hjorth's mobility and complexity. The mean of differences is the difference of the ends.
fn hjorth(s: &Shared<'_>) -> (f64, f64) {
    let (m, x, d) = (s.moments(), s.samples(), s.diff());
    let (&[first, .., last], &[d_first, .., d_last]) = (x, d) else { return (f64::NAN, f64::NAN) };
    if m.is_constant() {
        return (f64::NAN, f64::NAN);
    }
    let count = d.len() as f64;
    let mean = (last - first) / count;
    let v1 = lanes::sum_squared_deviations(d, mean) / count;
    let second_mean = (d_last - d_first) / (count - 1.0);
    let v2 = lanes::sum_by2(&d[1..], d, |b, a| {
        let c = b - a - second_mean;
        c * c
    }) / (count - 1.0);
    let mobility = (v1 / variance(s)).sqrt();
    // The differences of a straight line vary by the rounding of its samples only.
    let rounding = f64::EPSILON * peak(s);
    let complexity = if v1.sqrt() <= rounding || !v1.is_finite() { f64::NAN } else { (v2 / v1).sqrt() / mobility };
    (mobility, complexity)
}
