//! What DFA and MFDFA share: the walk, and how far its pieces lie from their trends.
//!
//! The walk is the running sum of the samples less their mean. The trend of a piece is its least squares polynomial;
//! it is taken out by orthonormal polynomials, and the rest is squared as it stands: no difference of large sums, so
//! an offset of 1e6 over noise of 1e-2 costs nothing.

use crate::math::lanes;

/// Highest order of a trend.
pub(super) const MOST_ORDER: i64 = 3;

/// Share of the largest value of the walk below which a fluctuation is rounding, not signal.
const ROUNDING: f64 = 1e-14;

/// The walk of a window, and what the pieces of one length need.
#[derive(Debug, Default)]
pub(super) struct Walk {
    values: Vec<f64>,
    basis: Vec<f64>,
    rest: Vec<f64>,
    largest: f64,
}

impl Walk {
    /// The walk over samples less their mean.
    pub(super) fn load(&mut self, centred: &[f64]) {
        self.values.clear();
        let mut sum = 0.0;
        self.values.extend(centred.iter().map(|v| {
            sum += v;
            sum
        }));
        let (low, high) = lanes::min_max(&self.values);
        self.largest = high.max(-low);
    }

    pub(super) fn len(&self) -> usize {
        self.values.len()
    }

    /// Whether the root of a mean square distance `squared` says something.
    pub(super) fn is_signal(&self, squared: f64) -> bool {
        squared.sqrt() > ROUNDING * self.largest
    }

    /// Makes ready for pieces of `len` samples (more than `order`) and trends of `order`.
    pub(super) fn set_piece(&mut self, len: usize, order: usize) {
        self.rest.clear();
        self.rest.resize(len, 0.0);
        self.basis.clear();
        self.basis.resize(len * order, 0.0);
        let middle = (len as f64 - 1.0) / 2.0;
        for k in 0..order {
            let (done, new) = self.basis.split_at_mut(k * len);
            let new = &mut new[..len];
            // Gram and Schmidt on the powers of time, twice for the digits.
            for (t, v) in new.iter_mut().enumerate() {
                let time = (t as f64 - middle) / middle.max(0.5);
                *v = time.powi(k as i32 + 1);
            }
            for _ in 0..2 {
                let mean = lanes::mean(new);
                new.iter_mut().for_each(|v| *v -= mean);
                for old in done.chunks_exact(len) {
                    take_out(new, old);
                }
            }
            let norm = lanes::sum_squares(new).sqrt();
            new.iter_mut().for_each(|v| *v /= norm);
        }
    }

    /// Mean square distance from its trend of the piece that begins at `start`.
    pub(super) fn fluctuation(&mut self, start: usize) -> f64 {
        let len = self.rest.len();
        let piece = &self.values[start..start + len];
        let mean = lanes::sum(piece) / len as f64;
        for (rest, v) in self.rest.iter_mut().zip(piece) {
            *rest = v - mean;
        }
        for trend in self.basis.chunks_exact(len) {
            take_out(&mut self.rest, trend);
        }
        lanes::sum_squares(&self.rest) / len as f64
    }
}

/// Takes the part along a unit vector out of `v`.
fn take_out(v: &mut [f64], unit: &[f64]) {
    let along = lanes::dot(v, unit);
    for (v, u) in v.iter_mut().zip(unit) {
        *v -= along * u;
    }
}

/// The lengths ⌊least · factor^i⌋ up to `most`, each once; `least` alone when `most` is below it. The grid of nolds.
pub(super) fn geometric_lengths(least: f64, most: f64, factor: f64, out: &mut Vec<usize>) {
    out.clear();
    out.push(least as usize);
    let last = ((most / least).ln() / factor.ln()).floor();
    let mut i = 0.0;
    while i <= last {
        let len = (least * factor.powf(i)) as usize;
        if out.last().is_none_or(|&before| len > before) {
            out.push(len);
        }
        i += 1.0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trends_are_taken_out() {
        for order in 1..=3_usize {
            for len in [5, 8, 17, 100] {
                let values: Vec<f64> =
                    (0..len).map(|t| 3.0 + (t as f64 * 0.3 - 1.0).powi(order as i32) * 0.7).collect();
                let mut walk = Walk { values, largest: 1.0, ..Walk::default() };
                walk.set_piece(len, order);
                let size = lanes::sum_squares(&walk.values);
                assert!(walk.fluctuation(0) < 1e-28 * size, "{order} {len}: {:e}", walk.fluctuation(0));
                walk.set_piece(len, order - 1);
                assert!(walk.fluctuation(0) > 1e-6 * size / len as f64, "{order} {len}");
            }
        }
    }

    #[test]
    fn lengths_of_nolds() {
        // nolds.logarithmic_n(4, 0.1 * 1000, 1.2)
        let mut out = Vec::new();
        geometric_lengths(4.0, 100.0, 1.2, &mut out);
        assert_eq!(out, [4, 5, 6, 8, 9, 11, 14, 17, 20, 24, 29, 35, 42, 51, 61, 73, 88]);
        geometric_lengths(4.0, 3.0, 1.2, &mut out);
        assert_eq!(out, [4]);
    }
}
