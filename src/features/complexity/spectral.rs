//! Spectral entropy: how evenly the power fills the spectrum.
//!
//! # Formula
//! With p the one-sided periodogram of the samples less their mean over its sum: -Σ p log₂ p, bits; `normalised` divides
//! by log₂ of the number of bins (from 0 to the Nyquist frequency). Near 0 for one line, 1 for a flat
//! spectrum. antropy's `spectral_entropy(method="fft")`. `periodogram_entropy` is the same in nats; `welch_entropy` is that
//! of an averaged spectrum, which scatters far less.
//!
//! # Source
//! T. Inouye et al., Quantification of EEG irregularity by use of the entropy of the power spectrum, *Electroencephalogr.
//! Clin. Neurophysiol.* 79 (1991) 204.
//!
//! # NaN
//! A spectrum without power.

use crate::features::calculator::{Calculator, Param};
use crate::features::shared::{Needs, Shared};
use crate::math::lanes;

/// The table of this file.
pub(super) fn calculators() -> Vec<Calculator> {
    const PARAMS: &[Param] = &[Param::bool("normalised").or("False")];
    vec![Calculator::scalar(
        "spectral_entropy",
        PARAMS,
        "-Σ p log2 p, p the shares of the bins of the periodogram, bits; normalised: over log2(bins)",
        |_| Needs::new().periodogram(),
        |s, a| entropy(s, a.bool(0)),
    )]
}

fn entropy(shared: &Shared<'_>, normalised: bool) -> f64 {
    let power = shared.periodogram();
    let total = lanes::sum(power);
    if !total.is_finite() || total <= 0.0 {
        return f64::NAN;
    }
    let entropy = lanes::sum_by(power, |v| {
        let p = v / total;
        if p > 0.0 { -p * p.log2() } else { 0.0 }
    });
    if normalised { entropy / (power.len() as f64).log2() } else { entropy }
}
