//! The dual problem of the one-class machine: minimise `1/2 aᵀ K a` with `0 <= a_i <= 1` and `sum a = nu n`.
//!
//! Sequential minimal optimisation: two coefficients move at a time, chosen by the second-order rule of Fan, Chen & Lin
//! 2005. Rows of K are computed when they are needed and kept as long as they fit.

use super::kernel::Bank;
use crate::error::{Error, Result};

/// Curvature of a pair that has none.
const TAU: f64 = 1e-12;

/// Rows of the kernel matrix that have been needed, the latest ones.
struct Cache<'a> {
    bank: &'a Bank,
    cells: &'a [f64],
    d: usize,
    rows: Vec<Option<Box<[f64]>>>,
    used: Vec<u64>,
    held: Vec<usize>,
    capacity: usize,
    clock: u64,
}

impl<'a> Cache<'a> {
    fn new(bank: &'a Bank, cells: &'a [f64], d: usize, bytes: usize) -> Self {
        let n = cells.len() / d.max(1);
        let capacity = (bytes / (8 * n.max(1))).clamp(2, n.max(2));
        Self { bank, cells, d, rows: vec![None; n], used: vec![0; n], held: Vec::new(), capacity, clock: 0 }
    }

    /// Makes row `i` present, and marks it as used.
    fn need(&mut self, i: usize) {
        self.clock += 1;
        self.used[i] = self.clock;
        if self.rows[i].is_some() {
            return;
        }
        if self.held.len() >= self.capacity {
            let oldest = self.held.iter().enumerate().min_by_key(|(_, row)| self.used[**row]).map(|(place, _)| place);
            if let Some(place) = oldest {
                let row = self.held.swap_remove(place);
                self.rows[row] = None;
            }
        }
        self.rows[i] = Some(self.bank.row(&self.cells[i * self.d..(i + 1) * self.d]).into_boxed_slice());
        self.held.push(i);
    }

    fn get(&self, i: usize) -> &[f64] {
        self.rows[i].as_deref().unwrap_or(&[])
    }
}

/// Coefficients and offset.
pub(super) struct Solution {
    pub(super) alpha: Vec<f64>,
    pub(super) rho: f64,
}

/// The first of the rows that may still grow with the smallest gradient.
fn first_of_pair(alpha: &[f64], gradient: &[f64]) -> Option<usize> {
    let mut best: Option<usize> = None;
    let mut low = f64::INFINITY;
    for (t, (&a, &g)) in alpha.iter().zip(gradient).enumerate() {
        if a < 1.0 && g < low {
            low = g;
            best = Some(t);
        }
    }
    best
}

pub(super) fn solve(
    bank: &Bank,
    cells: &[f64],
    d: usize,
    nu: f64,
    tolerance: f64,
    cache_bytes: usize,
) -> Result<Solution> {
    let what = "one-class SVM";
    let n = cells.len() / d.max(1);
    let overflow = || Error::numeric(what, "a kernel overflows; scale the columns");
    let diagonal: Vec<f64> = (0..n).map(|i| bank.block(&cells[i * d..(i + 1) * d], i / 8)[i % 8]).collect();
    // The start of the papers: the first rows carry the whole weight.
    let total = nu * n as f64;
    let full = (total as usize).min(n);
    let mut alpha = vec![0.0; n];
    alpha[..full].fill(1.0);
    if full < n {
        alpha[full] = total - full as f64;
    }
    let mut cache = Cache::new(bank, cells, d, cache_bytes);
    let mut gradient = vec![0.0; n];
    for (i, &a) in alpha.iter().enumerate().take(full + 1).filter(|(_, a)| **a > 0.0) {
        cache.need(i);
        for (g, k) in gradient.iter_mut().zip(cache.get(i)) {
            *g += a * k;
        }
    }
    if !gradient.iter().chain(&diagonal).all(|g| g.is_finite()) {
        return Err(overflow());
    }
    let limit = (100 * n).max(10_000_000);
    for _ in 0..limit {
        let Some(i) = first_of_pair(&alpha, &gradient) else { break };
        cache.need(i);
        let row = cache.get(i);
        let (low, kii) = (gradient[i], diagonal[i]);
        let mut highest = f64::NEG_INFINITY;
        let mut best = (0.0, usize::MAX);
        for t in 0..n {
            if alpha[t] <= 0.0 {
                continue;
            }
            let b = gradient[t] - low;
            highest = if b > highest { b } else { highest };
            if b > 0.0 {
                let a = kii + diagonal[t] - 2.0 * row[t];
                let gain = b * b / if a > 0.0 { a } else { TAU };
                if gain > best.0 {
                    best = (gain, t);
                }
            }
        }
        if highest < tolerance || best.1 == usize::MAX {
            let rho = offset(&alpha, &gradient);
            return Ok(Solution { alpha, rho });
        }
        let j = best.1;
        cache.need(j);
        let (row_i, row_j) = (cache.get(i), cache.get(j));
        let a = kii + diagonal[j] - 2.0 * row_i[j];
        let step = (gradient[j] - low) / if a > 0.0 { a } else { TAU };
        // The sum of the two stays; whichever meets its bound first stops both there, exactly.
        let room = (1.0 - alpha[i]).min(alpha[j]);
        let (old_i, old_j) = (alpha[i], alpha[j]);
        if step < room {
            alpha[i] += step;
            alpha[j] -= step;
        } else if 1.0 - old_i < old_j {
            alpha[i] = 1.0;
            alpha[j] = old_j - (1.0 - old_i);
        } else {
            alpha[j] = 0.0;
            alpha[i] = (old_i + old_j).min(1.0);
        }
        let (di, dj) = (alpha[i] - old_i, alpha[j] - old_j);
        for ((g, ki), kj) in gradient.iter_mut().zip(row_i).zip(row_j) {
            *g += di * ki + dj * kj;
        }
        if !gradient[i].is_finite() || !gradient[j].is_finite() {
            return Err(overflow());
        }
    }
    if alpha.iter().all(|a| *a >= 1.0) {
        // nu = 1: nothing can move.
        let rho = offset(&alpha, &gradient);
        return Ok(Solution { alpha, rho });
    }
    Err(Error::numeric(what, format!("no solution after {limit} steps; raise the tolerance or scale the columns")))
}

/// The decision is zero on the rows whose coefficient is free; between the two sides where there are none.
fn offset(alpha: &[f64], gradient: &[f64]) -> f64 {
    let (mut sum, mut count) = (0.0, 0usize);
    let (mut inside, mut outside) = (f64::INFINITY, f64::NEG_INFINITY);
    for (&a, &g) in alpha.iter().zip(gradient) {
        if a <= 0.0 {
            inside = inside.min(g);
        } else if a >= 1.0 {
            outside = outside.max(g);
        } else {
            sum += g;
            count += 1;
        }
    }
    if count > 0 {
        sum / count as f64
    } else if inside.is_infinite() {
        outside
    } else if outside.is_infinite() {
        inside
    } else {
        0.5 * (inside + outside)
    }
}
