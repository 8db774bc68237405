//! Detrended fluctuation analysis: does the signal remember, whatever its drift?
//!
//! The walk (running sum of the samples less their mean) is cut into pieces of s samples; F(s) is the root mean
//! square distance of all pieces from their trends (polynomials of `order`); α is the slope of ln F(s) over ln s.
//! White noise has 0.5, 1/f noise 1, a random walk 1.5; below 0.5 up is followed by down. C.-K. Peng et al., Mosaic
//! organization of DNA nucleotides, Physical Review E 49 (1994), 1685; orders above 1: J. W. Kantelhardt et al.,
//! Physica A 295 (2001), 441.
//!
//! The lengths are ⌊4 · 1.2^i⌋ up to n/10. With `overlap`, pieces begin every s/2 samples, as in nolds (which for 11
//! to 70 samples takes the lengths 4 to 9): twice the work, less scatter, prefer it. Without, pieces stand side by
//! side, as in antropy and in the first paper. Lengths not above `order + 1` (a trend of order 3 passes through all of 4
//! samples: nolds takes the logarithm of what rounding leaves, and has exponents near 11), and those whose F is rounding alone
//! (stretches of constant samples), do not count. NaN with fewer than two lengths.
//!
//! O(n) a length.

use super::fluctuation::{MOST_ORDER, Walk, geometric_lengths};
use crate::features::calculator::{Calculator, Kernel, Param};
use crate::features::shared::{Needs, Scratch, Shared};
use crate::signal::phase_space::slope;

pub(super) fn calculator() -> Calculator {
    const PARAMS: &[Param] = &[Param::int("order", 1, MOST_ORDER).or("1"), Param::bool("overlap").or("True")];
    Calculator::group(
        "dfa",
        PARAMS,
        "exponent of detrended fluctuation analysis: 0.5 no memory, 1.5 a random walk",
        |args| Box::new(Dfa { specs: args.iter().map(|a| (a.count(0), a.bool(1))).collect() }),
    )
}

struct Dfa {
    specs: Vec<(usize, bool)>,
}

#[derive(Debug, Default)]
struct Room {
    walk: Walk,
    lengths: Vec<usize>,
    scales: Vec<f64>,
    values: Vec<f64>,
}

impl Kernel for Dfa {
    fn needs(&self) -> Needs {
        Needs::new().centred()
    }

    fn run(&self, shared: &Shared<'_>, scratch: &mut Scratch, out: &mut [f64]) {
        let room: &mut Room = scratch.own();
        room.walk.load(shared.centred());
        for (out, &(order, overlap)) in out.iter_mut().zip(&self.specs) {
            *out = room.exponent(order, overlap);
        }
    }
}

impl Room {
    fn exponent(&mut self, order: usize, overlap: bool) -> f64 {
        let n = self.walk.len();
        match n {
            0..=10 => self.lengths.clear(),
            11..=70 if overlap => {
                self.lengths.clear();
                self.lengths.extend(4..10);
            }
            _ => geometric_lengths(4.0, 0.1 * n as f64, 1.2, &mut self.lengths),
        }
        self.scales.clear();
        self.values.clear();
        self.scales.reserve(self.lengths.len());
        self.values.reserve(self.lengths.len());
        for &len in self.lengths.iter().filter(|&&len| len > order + 1) {
            self.walk.set_piece(len, order);
            let (step, end) = if overlap { (len / 2, n - len) } else { (len, n - len + 1) };
            let (mut sum, mut pieces) = (0.0, 0.0);
            for start in (0..end).step_by(step) {
                sum += self.walk.fluctuation(start);
                pieces += 1.0;
            }
            let squared = sum / pieces;
            if self.walk.is_signal(squared) {
                self.scales.push((len as f64).ln());
                self.values.push(0.5 * squared.ln());
            }
        }
        slope(&self.scales, &self.values)
    }
}
