//! Entropies of a density on a grid: a Gaussian, or a sum of kernels.
//!
//! The grid has as many points as the window has samples and runs from the smallest to the largest. TSFEL mirrors its
//! end where all samples are negative: it then runs from the smallest to minus the largest, far beyond the samples. The
//! shares are the density at the points over their sum; the entropy depends on the length of the window.
//!
//! # The kernels
//! `f(g) = sum_i exp(-(g - x_i)² / 2 h²)` with `h = s (3 n / 4)^(-1/5)` (Silverman's rule as `scipy.stats.gaussian_kde`
//! has it, s with divisor n - 1) would take n² exponentials. The sorted samples are gathered into cells of half a
//! bandwidth instead, each as a polynomial about its centre (`exp(a b) = sum a^k b^k / k!`, the fast Gauss transform of
//! Greengard and Strain, 1991, in one dimension), and a point of the grid adds up the cells within nine bandwidths.
//! What is left out is below 1e-16 of a kernel's height.
//!
//! Cost: `O(n)`, some 36 cells of 26 terms a point at worst. Memory: the densities, and those cells.

use crate::features::shared::Scratch;
use crate::math::lanes;
use std::collections::VecDeque;

/// Where the shares of an entropy come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Density {
    Values,
    Kde,
    Gauss,
}

impl Density {
    pub(super) fn from_word(word: &str) -> Self {
        match word {
            "kde" => Self::Kde,
            "gauss" => Self::Gauss,
            _ => Self::Values,
        }
    }
}

/// Half of a cell, bandwidths.
const HALF_CELL: f64 = 0.25;
/// Beyond this many bandwidths a kernel is nothing.
const REACH: f64 = 9.0;
/// Cells that lie so near to a point at once, at most: centres are half a bandwidth apart.
const MOST_NEAR: usize = 40;
/// Terms of the polynomial of a cell: (0.25 * 9)^26 / 26! < 4e-18.
const TERMS: usize = 26;

/// The points of the grid, in order. `sorted` is not empty.
struct Grid {
    start: f64,
    step: f64,
    end: f64,
    count: usize,
}

impl Grid {
    fn new(sorted: &[f64]) -> Option<Self> {
        let (&low, &high) = sorted.first().zip(sorted.last())?;
        let end = if high < 0.0 { -high } else { high };
        let count = sorted.len();
        Some(Self { start: low, step: (end - low) / (count - 1).max(1) as f64, end, count })
    }

    fn at(&self, i: usize) -> f64 {
        if i + 1 == self.count { self.end } else { i as f64 * self.step + self.start }
    }
}

/// Entropy of the shares that these densities make, nats; densities of 0 do not count.
fn entropy(densities: &[f64]) -> f64 {
    let total = lanes::sum(densities);
    let shares = densities.iter().map(|d| d / total).filter(|&p| p != 0.0);
    shares.map(|p| -p * p.ln()).sum()
}

/// Entropy of the Gaussian with the mean and standard deviation of the samples, nats; 0 for a constant.
pub(super) fn gauss(x: &[f64], sorted: &[f64], scratch: &mut Scratch) -> f64 {
    let Some(grid) = Grid::new(sorted) else { return f64::NAN };
    if sorted.first() == sorted.last() {
        return 0.0;
    }
    let mean = lanes::mean(x);
    let deviation = lanes::variance(x, 0).sqrt();
    let densities = scratch.floats(x.len());
    for (i, density) in densities.iter_mut().enumerate() {
        let z = (grid.at(i) - mean) / deviation;
        *density = (-0.5 * z * z).exp();
    }
    entropy(densities)
}

/// The cells near one point of the grid, in order, and the densities.
#[derive(Default)]
struct Cells {
    near: VecDeque<Cell>,
    densities: Vec<f64>,
}

/// The samples of half a bandwidth, as a polynomial about their centre.
struct Cell {
    centre: f64,
    terms: [f64; TERMS],
}

/// Entropy of the kernel density, nats; NaN for a constant, where TSFEL adds noise of its own.
pub(super) fn kernel(x: &[f64], sorted: &[f64], scratch: &mut Scratch) -> f64 {
    let room: &mut Cells = scratch.own();
    room.near.clear();
    room.near.reserve(MOST_NEAR);
    room.densities.clear();
    room.densities.reserve(x.len());
    let Some(grid) = Grid::new(sorted) else { return f64::NAN };
    let n = x.len() as f64;
    let bandwidth = lanes::variance(x, 1).sqrt() * (0.75 * n).powf(-0.2);
    if sorted.first() == sorted.last() || !bandwidth.is_normal() {
        return f64::NAN;
    }
    let mut rest = sorted;
    for i in 0..grid.count {
        let g = grid.at(i);
        let distance = |centre: f64| (g - centre) / bandwidth;
        // The next cell begins at the next sample.
        while let Some(&low) = rest.first().filter(|&&low| distance(low + HALF_CELL * bandwidth) >= -REACH) {
            let centre = low + HALF_CELL * bandwidth;
            let inside = rest.partition_point(|v| (v - centre) / bandwidth <= HALF_CELL).max(1);
            // Cells that the grid has passed by, before it came to these.
            while room.near.front().is_some_and(|cell| distance(cell.centre) > REACH) {
                room.near.pop_front();
            }
            room.near.push_back(Cell::of(&rest[..inside], centre, bandwidth));
            rest = &rest[inside..];
        }
        while room.near.front().is_some_and(|cell| distance(cell.centre) > REACH) {
            room.near.pop_front();
        }
        room.densities.push(room.near.iter().map(|cell| cell.density(distance(cell.centre))).sum());
    }
    entropy(&room.densities)
}

impl Cell {
    fn of(samples: &[f64], centre: f64, bandwidth: f64) -> Self {
        let mut terms = [0.0; TERMS];
        for v in samples {
            let a = (v - centre) / bandwidth;
            let mut power = (-0.5 * a * a).exp();
            for (k, term) in terms.iter_mut().enumerate() {
                *term += power;
                power *= a / (k + 1) as f64;
            }
        }
        Self { centre, terms }
    }

    /// What its samples add at `b` bandwidths from its centre.
    fn density(&self, b: f64) -> f64 {
        (-0.5 * b * b).exp() * self.terms.iter().rev().fold(0.0, |sum, c| sum * b + c)
    }
}
