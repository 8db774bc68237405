//! tsfresh's calculators that no other family has, and its three sets of columns.

pub(crate) mod columns;
mod cwt;
mod cwt_peaks;
pub(crate) mod langevin;
mod query;

use crate::features::calculator::Calculator;

/// The tables of this room.
pub(crate) fn calculators() -> Vec<Calculator> {
    [cwt::calculators(), cwt_peaks::calculators(), langevin::calculators(), query::calculators()]
        .into_iter()
        .flatten()
        .collect()
}
