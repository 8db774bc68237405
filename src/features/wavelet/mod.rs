//! Energies and shapes of wavelet coefficients.

mod bands;
mod nodes;
mod scales;
pub(crate) mod transforms;

use super::calculator::Calculator;

/// The tables of this room.
pub(crate) fn calculators() -> Vec<Calculator> {
    [bands::calculators(), nodes::calculators(), scales::calculators()].into_iter().flatten().collect()
}
