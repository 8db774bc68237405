//! Which frequencies are in the samples: shapes of spectra, bands, tones.

mod coefficients;
mod lines;
mod mfcc;
mod shape;
pub(crate) mod spectra;

use super::calculator::Calculator;

/// The tables of this room.
pub(crate) fn calculators() -> Vec<Calculator> {
    [shape::calculators(), lines::calculators(), coefficients::calculators(), mfcc::calculators()]
        .into_iter()
        .flatten()
        .collect()
}
