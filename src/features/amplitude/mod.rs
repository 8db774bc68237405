//! How large the samples are and how they spread: moments, order statistics, counts, histograms, vibration
//! indicators.

pub(crate) mod counts;
pub(crate) mod distribution;
pub(crate) mod histogram;
mod normality;
pub(crate) mod robust;
mod teager;
mod vibration;

use super::calculator::Calculator;

/// The tables of this room.
pub(crate) fn calculators() -> Vec<Calculator> {
    [
        distribution::calculators(),
        robust::calculators(),
        counts::calculators(),
        histogram::calculators(),
        normality::calculators(),
        vibration::calculators(),
        teager::calculators(),
    ]
    .into_iter()
    .flatten()
    .collect()
}
