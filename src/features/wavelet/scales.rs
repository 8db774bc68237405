//! Scales of the continuous wavelet transform: strength and concentration of oscillations of one size.
//!
//! # Formulas
//! With c the coefficients of a scale, complex for complex wavelets: energy Σ |c|²; mean |c|; std √ mean |c - mean c|²;
//! entropy -Σ q ln q of q = |c|²/Σ |c|². The frequency of a scale s is the wavelet's central frequency over s, periods a
//! sample ([`ContinuousWavelet::central_frequency`](crate::signal::wavelet::ContinuousWavelet::central_frequency)).
//!
//! # Source
//! The transform is PyWavelets' (see [`Cwt`](crate::signal::wavelet::Cwt)); C. Torrence, G. Compo (1998).
//!
//! # Undefined
//! The entropy of a scale with no more than rounding noise is NaN.
//!
//! # Cost
//! One transform a wavelet and scale: O(n log n), tens of microseconds for 2,048 samples.

use super::transforms::ScaleValues;
use crate::features::calculator::{Calculator, Kernel, Param};
use crate::features::shared::{Needs, Scratch, Shared};
use crate::features::spec::Args;
use crate::signal::wavelet::ContinuousWavelet;

/// The continuous wavelets that a name may have.
const WORDS: &[&str] = &[
    "mexh",
    "morl",
    "gaus1",
    "gaus2",
    "gaus3",
    "gaus4",
    "gaus5",
    "gaus6",
    "gaus7",
    "gaus8",
    "cgau1",
    "cgau2",
    "cgau3",
    "cgau4",
    "cgau5",
    "cgau6",
    "cgau7",
    "cgau8",
    "cmor1.0-1.0",
    "cmor1.5-1.0",
    "cmor3.0-1.0",
    "cmor6.0-1.0",
    "shan1.5-1.0",
    "fbsp2-1.5-1.0",
];

/// The table of this family.
pub(crate) fn calculators() -> Vec<Calculator> {
    const SCALE: &[Param] = &[Param::float("scale", 0.5, 4096.0), Param::word("wavelet", WORDS).or("\"mexh\"")];
    vec![
        Calculator::group("cwt_energy", SCALE, "Σ |c|² of a scale of the continuous transform, unit²", |a| {
            of_scale(false, |v| v.energy, a)
        }),
        Calculator::group("cwt_mean_abs", SCALE, "mean |c| of a scale of the continuous transform, unit", |a| {
            of_scale(false, |v| v.mean_abs, a)
        }),
        Calculator::group(
            "cwt_std",
            SCALE,
            "√ mean |c - mean c|² of a scale of the continuous transform, unit",
            |a| of_scale(false, |v| v.std, a),
        ),
        Calculator::group("cwt_entropy", SCALE, "-Σ q ln q, q = |c|² / Σ |c|², of a scale, nats", |a| {
            of_scale(true, |v| v.entropy, a)
        }),
    ]
}

/// All features of one calculator.
struct OfScale {
    specs: Vec<(ContinuousWavelet, f64)>,
    entropy: bool,
    value: fn(&ScaleValues) -> f64,
}

fn of_scale(entropy: bool, value: fn(&ScaleValues) -> f64, args: &[&Args]) -> Box<dyn Kernel> {
    let wavelet = |a: &Args| a.word(1).parse().unwrap_or(ContinuousWavelet::MexicanHat);
    Box::new(OfScale { specs: args.iter().map(|a| (wavelet(a), a.float(0))).collect(), entropy, value })
}

impl Kernel for OfScale {
    fn needs(&self) -> Needs {
        let mut needs = Needs::new();
        self.specs.iter().for_each(|&(wavelet, scale)| needs.wavelet.scale(wavelet, scale, self.entropy));
        needs
    }

    fn run(&self, shared: &Shared<'_>, _: &mut Scratch, out: &mut [f64]) {
        for (out, &(wavelet, scale)) in out.iter_mut().zip(&self.specs) {
            *out = shared.wavelets().scale(wavelet, scale).map_or(f64::NAN, self.value);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_wavelets() {
        for word in WORDS {
            assert_eq!(word.parse::<ContinuousWavelet>().unwrap().to_string(), *word);
        }
    }
}
