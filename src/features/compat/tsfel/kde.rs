//! Entropies of a density on a grid: a Gaussian, or a sum of kernels.
//!
//! The grid has as many points as the window has samples and runs from the smallest to the largest. TSFEL mirrors its end
//! where all samples are negative: it then runs from the smallest to minus the largest, far beyond the samples. The
//! shares are the density at the points over their sum; the entropy depends on the length of the window.
//!
//! # The kernels
//! `f(g) = sum_i exp(-(g - x_i)² / 2 h²)` with `h = s (3 n / 4)^(-1/5)` (Silverman's rule as `scipy.stats.gaussian_kde`
//! has it, s with divisor n - 1) would take n² exponentials. The sorted samples are gathered into cells of half a bandwidth instead,
//! each as a polynomial about its centre (`exp(a b) = sum a^k b^k / k!`, the fast Gauss transform of Greengard and
//! Strain, 1991, in one dimension), and a point of the grid adds up the cells within nine bandwidths. What is left out is below
//! 1e-16 of a kernel's height.
//!
//! Cost: `O(n)`, some 36 cells of 26 terms a point at worst. Memory: 28 numbers a cell.

use crate::features::shared::Scratch;
use crate::math::lanes;

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

/// Cells of the samples.
#[derive(Default)]
struct Cells {
    centres: Vec<f64>,
    terms: Vec<[f64; TERMS]>,
    densities: Vec<f64>,
}

/// Entropy of the kernel density, nats; NaN for a constant, where TSFEL adds noise of its own.
pub(super) fn kernel(x: &[f64], sorted: &[f64], scratch: &mut Scratch) -> f64 {
    let Some(grid) = Grid::new(sorted) else { return f64::NAN };
    let n = x.len() as f64;
    let bandwidth = lanes::variance(x, 1).sqrt() * (0.75 * n).powf(-0.2);
    if sorted.first() == sorted.last() || !bandwidth.is_normal() {
        return f64::NAN;
    }
    let room: &mut Cells = scratch.own();
    room.gather(sorted, bandwidth);
    room.densities.clear();
    let mut first = 0;
    for i in 0..grid.count {
        let g = grid.at(i);
        let distance = |centre: f64| (g - centre) / bandwidth;
        while room.centres.get(first).is_some_and(|&c| distance(c) > REACH) {
            first += 1;
        }
        let mut density = 0.0;
        for (&centre, terms) in room.centres[first..].iter().zip(&room.terms[first..]) {
            let b = distance(centre);
            if b < -REACH {
                break;
            }
            density += (-0.5 * b * b).exp() * terms.iter().rev().fold(0.0, |sum, c| sum * b + c);
        }
        room.densities.push(density);
    }
    entropy(&room.densities)
}

impl Cells {
    /// Gathers the sorted samples; a cell begins at the first sample beyond the one before.
    fn gather(&mut self, sorted: &[f64], bandwidth: f64) {
        self.centres.clear();
        self.terms.clear();
        let mut rest = sorted;
        while let Some(&low) = rest.first() {
            let centre = low + HALF_CELL * bandwidth;
            let within = |&v: &f64| (v - centre) / bandwidth <= HALF_CELL;
            let inside = rest.partition_point(within).max(1);
            let mut terms = [0.0; TERMS];
            for v in &rest[..inside] {
                let a = (v - centre) / bandwidth;
                let mut power = (-0.5 * a * a).exp();
                for (k, term) in terms.iter_mut().enumerate() {
                    *term += power;
                    power *= a / (k + 1) as f64;
                }
            }
            self.centres.push(centre);
            self.terms.push(terms);
            rest = &rest[inside..];
        }
    }
}
