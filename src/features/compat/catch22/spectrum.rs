//! Where the power of the periodogram lies.

use super::Version;
use super::series::Series;
use crate::features::shared::Scratch;
use crate::signal::spectral::{Complex64, FftScratch, RealFft};

/// A transform for one length of window, with its buffers.
#[derive(Default)]
struct Room(Option<(usize, Transform)>);

struct Transform {
    plan: RealFft,
    scratch: FftScratch,
    bins: Vec<Complex64>,
    power: Vec<f64>,
}

/// π as version 0.4 has it.
#[expect(clippy::approx_constant, reason = "the twelve digits of the package show in its frequencies")]
const PI_V0_4: f64 = 3.141_592_653_59;

/// Calls `read` with the periodogram |Z|² of the samples less their mean, padded with zeros to a power of two.
fn with_power(s: &Series<'_>, scratch: &mut Scratch, read: impl FnOnce(&mut [f64]) -> f64) -> f64 {
    let n = s.len();
    let Room(kept) = scratch.own();
    let transform = match kept.take() {
        Some((length, transform)) if length == n => transform,
        _ => {
            let Ok(plan) = RealFft::new(n.next_power_of_two()) else { return f64::NAN };
            let (scratch, bins) = (plan.scratch(), plan.zero_bins());
            let power = vec![0.0; bins.len()];
            Transform { plan, scratch, bins, power }
        }
    };
    let (_, Transform { plan, scratch, bins, power }) = kept.insert((n, transform));
    let padded = |real: &mut [f64]| {
        let (samples, zeros) = real.split_at_mut(n);
        for (out, z) in samples.iter_mut().zip(s.z) {
            *out = z - s.standardised.centre;
        }
        zeros.fill(0.0);
    };
    if plan.forward_with(padded, bins, scratch).is_err() {
        return f64::NAN;
    }
    for (power, z) in power.iter_mut().zip(&*bins) {
        *power = z.norm_sqr();
    }
    read(power)
}

/// Doubles what stands for two lines of the spectrum.
fn one_sided(power: &mut [f64]) {
    let last = power.len() - 1;
    if last > 1 {
        power[1..last].iter_mut().for_each(|p| *p *= 2.0);
    }
}

/// Power in the lowest fifth of the frequencies.
pub(super) fn low_frequency_power(version: Version, s: &Series<'_>, scratch: &mut Scratch) -> f64 {
    let n = s.len();
    with_power(s, scratch, |power| {
        let lines = power.len();
        let fifth = match version {
            Version::V0_4 => {
                one_sided(power);
                lines / 5
            }
            Version::V1 => lines.div_ceil(5),
        };
        let scale = if version == Version::V0_4 { 1.0 } else { 2.0 };
        power[..fifth].iter().sum::<f64>() * scale / (n as f64 * n.next_power_of_two() as f64)
    })
}

/// Frequency, radians a sample, at which the power summed from 0 passes half.
pub(super) fn median_frequency(version: Version, s: &Series<'_>, scratch: &mut Scratch) -> f64 {
    let pi = if version == Version::V0_4 { PI_V0_4 } else { std::f64::consts::PI };
    let step = 2.0 * pi / s.len().next_power_of_two() as f64;
    with_power(s, scratch, |power| {
        if version == Version::V0_4 {
            one_sided(power);
        }
        let mut sum = 0.0;
        for p in power.iter_mut() {
            sum += *p;
            *p = sum;
        }
        power.iter().position(|&p| p > 0.5 * sum).map_or(f64::NAN, |line| line as f64 * step)
    })
}
