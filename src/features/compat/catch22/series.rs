//! What a feature of catch22 reads, and the pieces that several of them share.

use super::standardised::Standardised;
use crate::features::shared::Shared;

/// One window, standardised, not constant, and of at least two samples.
pub(super) struct Series<'a> {
    pub(super) z: &'a [f64],
    pub(super) standardised: &'a Standardised,
    /// Samples in rising order, not standardised; empty unless declared.
    sorted: &'a [f64],
    /// Sums of products of the samples less their mean, lags from 0; empty unless declared.
    pub(super) sums: &'a [f64],
    /// Samples less their mean; empty unless declared.
    pub(super) centred: &'a [f64],
}

impl<'a> Series<'a> {
    pub(super) fn new(shared: &Shared<'a>) -> Self {
        let standardised = shared.standardised();
        Self {
            z: &standardised.values,
            standardised,
            sorted: shared.sorted(),
            sums: shared.autocorrelation_sums(),
            centred: shared.centred(),
        }
    }

    pub(super) fn len(&self) -> usize {
        self.z.len()
    }

    /// Terciles of the standardised samples.
    pub(super) fn terciles(&self) -> [f64; 2] {
        let n = self.sorted.len();
        [1.0 / 3.0, 2.0 / 3.0].map(|p| quantile(n, p, |i| self.standardised.of(self.sorted[i])))
    }

    /// Smallest and largest standardised sample.
    pub(super) fn range(&self) -> (f64, f64) {
        crate::math::lanes::min_max(self.z)
    }

    /// First lag with an autocorrelation of 0 or less; the length when there is none.
    pub(super) fn first_zero(&self) -> usize {
        first_zero(self.sums)
    }
}

/// First lag with a sum of products of 0 or less; the number of lags when there is none.
pub(super) fn first_zero(sums: &[f64]) -> usize {
    sums.iter().position(|&r| r <= 0.0).unwrap_or(sums.len())
}

/// Quantile `p` of `n` sorted values by linear interpolation between the points (i + 1/2) / n (Hyndman & Fan 1996,
/// type 5).
pub(super) fn quantile(n: usize, p: f64, sorted: impl Fn(usize) -> f64) -> f64 {
    let Some(last) = n.checked_sub(1) else { return f64::NAN };
    let place = n as f64 * p - 0.5;
    if place <= 0.0 {
        return sorted(0);
    }
    if place >= last as f64 {
        return sorted(last);
    }
    let low = place.floor() as usize;
    let below = sorted(low);
    below + (place - low as f64) * (sorted(low + 1) - below)
}

/// Letter 0, 1 or 2 of a value: its third, edges to the lower.
pub(super) fn letter(value: f64, terciles: [f64; 2]) -> usize {
    usize::from(value > terciles[0]) + usize::from(value > terciles[1])
}
