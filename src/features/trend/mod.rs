//! How the samples go with time: lines, ranks, changes, crossings, and what a slow sensor is watched for.

mod change;
mod crossings;
mod fifths;
mod line;
mod monitoring;
pub(crate) mod ranks;
mod theil_sen;

use super::calculator::Calculator;

/// The tables of this room.
pub(crate) fn calculators() -> Vec<Calculator> {
    [line::calculators(), change::calculators(), crossings::calculators(), monitoring::calculators()]
        .into_iter()
        .flatten()
        .collect()
}
