//! The names and definitions of other packages, quirks included.

pub(crate) mod catch22;
pub mod tsfel;
pub(crate) mod tsfresh;

use super::calculator::Calculator;

/// The tables of this room.
pub(crate) fn calculators() -> Vec<Calculator> {
    [tsfresh::calculators(), tsfel::calculators(), catch22::calculators()].into_iter().flatten().collect()
}
