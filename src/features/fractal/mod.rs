//! How the samples scale, and what dynamics lie behind them: fractal dimensions, fluctuation analysis, phase space.

use crate::features::calculator::Calculator;

/// The tables of this room.
pub(crate) fn calculators() -> Vec<Calculator> {
    Vec::new()
}
