//! Higuchi's curve lengths, and the two features that TSFEL reads off them.
//!
//! For every step `k` the window falls into `k` series of every k-th sample; `L(k)` is their mean length, scaled to the
//! whole window: `L(k) = 1/k sum_m (n - 1) / (floor((n - m) / k) k²) sum_i |x[m + i k] - x[m + (i - 1) k]|`. For a
//! fractal curve `L(k) ~ k^-D`: 2 for white noise, 1 for a smooth line.
//!
//! TSFEL goes through all `k` below `n / 10`, where Higuchi and most others stop at a few dozen: its dimension weighs
//! the large steps most. Windows below 160 samples are NaN, as is a window with a length of 0.
//!
//! Source: T. Higuchi, "Approach to an irregular time series on the basis of the fractal theory", Physica D 31 (1988);
//! maximum fractal length: S. P. Arjunan, D. K. Kumar, "Decoding subtle forearm flexions using fractal features of
//! surface electromyogram" (2010).
//!
//! Cost: `O(n² / 10)`, no memory but the lengths.

use super::SHORTEST_FRACTAL;
use super::fit::line_through;
use crate::features::calculator::Calculator;
use crate::features::shared::{Needs, Shared};
use crate::features::spec::Args;
use crate::math::lanes;

/// The rows of this file.
pub(super) fn calculators() -> Vec<Calculator> {
    let lengths: fn(&Args) -> Needs = |_| {
        let mut needs = Needs::new();
        needs.tsfel.lengths();
        needs
    };
    vec![
        Calculator::scalar(
            "tsfel_higuchi_fractal_dimension",
            &[],
            "slope of ln L(k) over ln 1/k, k = 1..n/10-1, L: Higuchi's lengths; NaN below 160 samples; O(n²)",
            lengths,
            |s, _| line(s).map_or(f64::NAN, |(slope, _)| slope),
        ),
        Calculator::scalar(
            "tsfel_maximum_fractal_length",
            &[],
            "log10 L at k = 1 on the line through Higuchi's lengths; NaN below 160 samples; O(n²)",
            lengths,
            |s, _| line(s).map_or(f64::NAN, |(_, height)| height / std::f64::consts::LN_10),
        ),
    ]
}

/// Slope and height at 0 of the line through (ln 1/k, ln L(k)).
fn line(s: &Shared<'_>) -> Option<(f64, f64)> {
    let lengths = &s.tsfel().lengths.values;
    line_through(lengths.iter().enumerate().map(|(i, l)| (-((i + 1) as f64).ln(), l.ln())))
}

/// L(k) for k from 1; empty for windows that are too short.
#[derive(Debug, Default)]
pub(crate) struct Lengths {
    values: Vec<f64>,
    sums: Vec<f64>,
}

impl Lengths {
    /// For windows of `len` samples.
    pub(crate) fn new(len: usize) -> Self {
        let steps = if len < SHORTEST_FRACTAL { 0 } else { len / 10 - 1 };
        Self { values: vec![f64::NAN; steps], sums: vec![0.0; steps] }
    }

    /// Computes the lengths of a window of the planned length.
    pub(crate) fn compute(&mut self, x: &[f64]) {
        let n = x.len();
        for (i, value) in self.values.iter_mut().enumerate() {
            let k = i + 1;
            let mut total = 0.0;
            if k < lanes::LANES {
                for m in 0..k {
                    let steps = (n - 1 - m) / k;
                    let sum: f64 = (1..=steps).map(|i| (x[m + i * k] - x[m + (i - 1) * k]).abs()).sum();
                    total += weighted(sum, n, k, steps);
                }
            } else {
                // All k series at once, a block of k samples at a time.
                let sums = &mut self.sums[..k];
                sums.fill(0.0);
                for (here, next) in x.chunks(k).zip(x[k..].chunks(k)) {
                    for ((sum, a), b) in sums.iter_mut().zip(here).zip(next) {
                        *sum += (b - a).abs();
                    }
                }
                for (m, &sum) in sums.iter().enumerate() {
                    total += weighted(sum, n, k, (n - 1 - m) / k);
                }
            }
            *value = total / k as f64;
        }
    }
}

/// Length of one series of `steps` steps, scaled to the window.
fn weighted(sum: f64, n: usize, k: usize, steps: usize) -> f64 {
    sum * (n - 1) as f64 / (steps as f64 * (k * k) as f64)
}
