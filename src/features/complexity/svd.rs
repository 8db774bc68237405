//! Entropy of the singular values: how many directions the delay plot of a series fills.
//!
//! # Formula
//! The rows of a matrix are the windows of `order` samples, `delay` apart; with p its singular values over their sum,
//! -Σ p log₂ p, bits; `normalised` divides by log₂(order). 0 for a straight line in the delay plot (a constant, an offset
//! far larger than the signal: take the mean out first), log₂(order) for white noise.
//!
//! # Source
//! S. J. Roberts, W. Penny & I. Rezek, Temporal and spatial complexity measures for electroencephalogram based
//! brain-computer interfacing, *Med. Biol. Eng. Comput.* 37 (1999) 93. antropy's `svd_entropy`.
//!
//! # Method
//! Row after row is rotated into a triangle (Givens), whose singular values one-sided Jacobi rotations find: accurate
//! to the last digits of the largest, which the eigenvalues of the Gram matrix are not. O(n order²) time, O(order²)
//! memory.
//!
//! # NaN
//! A window of fewer than order · delay samples, or of zeros.

use super::{Each, MAX_DELAY};
use crate::features::calculator::{Calculator, Param};
use crate::features::shared::{Needs, Shared};

/// The table of this file.
pub(super) fn calculators() -> Vec<Calculator> {
    const PARAMS: &[Param] = &[
        Param::int("delay", 1, MAX_DELAY).or("1"),
        Param::bool("normalised").or("False"),
        Param::int("order", 2, 50).or("3"),
    ];
    vec![Calculator::group(
        "svd_entropy",
        PARAMS,
        "-Σ p log2 p, p the singular values of the windows of `order` samples over their sum, bits; normalised: over log2(order)",
        |args| Each::boxed(args, |a| (a.count(0), a.bool(1), a.count(2)), Needs::new().moments(), value),
    )]
}

#[derive(Default)]
struct Room {
    /// The triangle, row by row.
    triangle: Vec<f64>,
    row: Vec<f64>,
}

fn value(shared: &Shared<'_>, &(delay, normalised, order): &(usize, bool, usize), room: &mut Room) -> f64 {
    let Room { triangle, row } = room;
    let x = shared.samples();
    let m = shared.moments();
    let largest = m.max.abs().max(m.min.abs());
    if order.saturating_mul(delay) > x.len() || largest <= 0.0 {
        return f64::NAN;
    }
    triangle.clear();
    triangle.resize(order * order, 0.0);
    for i in 0..x.len() - (order - 1) * delay {
        row.clear();
        row.extend((0..order).map(|k| x[i + k * delay] / largest));
        insert(triangle, row);
    }
    orthogonalise(triangle, order);
    // The columns are orthogonal now: their lengths are the singular values.
    let values = || (0..order).map(|c| (0..order).map(|r| triangle[r * order + c].powi(2)).sum::<f64>().sqrt());
    let total: f64 = values().sum();
    let terms = values().filter(|v| *v > 0.0).map(|v| {
        let p = v / total;
        -p * p.log2()
    });
    let entropy = terms.sum::<f64>() + 0.0;
    if normalised { entropy / (order as f64).log2() } else { entropy }
}

/// Rotates a row into the triangle: its elements vanish one after the other.
fn insert(triangle: &mut [f64], row: &mut [f64]) {
    let order = row.len();
    for c in 0..order {
        let (a, b) = (triangle[c * order + c], row[c]);
        let length = (a * a + b * b).sqrt();
        if b == 0.0 || length <= 0.0 {
            continue;
        }
        let (cos, sin) = (a / length, b / length);
        for (t, v) in triangle[c * order + c..(c + 1) * order].iter_mut().zip(&mut row[c..]) {
            (*t, *v) = (cos * *t + sin * *v, cos * *v - sin * *t);
        }
    }
}

/// Turns the columns of a matrix until each is orthogonal to all others.
fn orthogonalise(a: &mut [f64], order: usize) {
    // Some six sweeps are enough; the bound keeps an endless loop out.
    for _ in 0..60 {
        let mut turned = false;
        for p in 0..order {
            for q in p + 1..order {
                let dot = |i: usize, j: usize| (0..order).map(|r| a[r * order + i] * a[r * order + j]).sum::<f64>();
                let (pp, qq, pq) = (dot(p, p), dot(q, q), dot(p, q));
                if pq.abs() <= f64::EPSILON * (pp * qq).sqrt() || pq == 0.0 {
                    continue;
                }
                turned = true;
                let zeta = (qq - pp) / (2.0 * pq);
                let tan = zeta.signum() / (zeta.abs() + (1.0 + zeta * zeta).sqrt());
                let cos = 1.0 / (1.0 + tan * tan).sqrt();
                let sin = cos * tan;
                for r in a.chunks_exact_mut(order) {
                    (r[p], r[q]) = (cos * r[p] - sin * r[q], sin * r[p] + cos * r[q]);
                }
            }
        }
        if !turned {
            return;
        }
    }
}
