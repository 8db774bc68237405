//! How samples depend on those before them: autocorrelation, autoregression, stationarity.

pub(crate) mod autocorrelation;

use super::calculator::Calculator;

/// The tables of this room.
pub(crate) fn calculators() -> Vec<Calculator> {
    autocorrelation::calculators()
}
