//! Multifractal fluctuation analysis: do quiet and wild stretches scale by the same law?
//!
//! F(v, s)² is the mean square distance of piece v of the walk from its trend (see `dfa`); pieces of s samples are
//! laid side by side from the beginning and again from the end. F_q(s) = (mean over v of F(v, s)^q)^(1/q), for q = 0
//! the geometric mean, and h(q) is the slope of ln F_q(s) over ln s: h(2) is the exponent of `dfa`; wild stretches
//! decide for q > 0, quiet ones for q < 0. With τ(q) = q h(q) - 1 the singularity strength is α = dτ/dq; the width of
//! its range over
//! -q..q is 0 when one law holds. J. W. Kantelhardt et al., Multifractal detrended fluctuation analysis of
//! nonstationary time series, Physica A 316 (2002), 87.
//!
//! The lengths are ⌊16 · 1.25^i⌋ up to n/4. The derivative is taken by differences over 20 equal steps of q, central
//! inside and one-sided at both ends. Pieces whose distance is rounding alone do not count. NaN with fewer than three
//! lengths (120 samples).
//!
//! O(n) a length, and O(n) powers a moment q.

use super::fluctuation::{MOST_ORDER, Walk, geometric_lengths};
use crate::features::calculator::{Calculator, Kernel, Param};
use crate::features::shared::{Needs, Scratch, Shared};
use crate::signal::phase_space::slope;

/// Steps of the grid of q for the width.
const STEPS: usize = 20;

pub(super) fn calculators() -> [Calculator; 2] {
    const HURST: &[Param] = &[Param::int("order", 1, MOST_ORDER).or("1"), Param::float("q", -20.0, 20.0).or("2.0")];
    const WIDTH: &[Param] = &[Param::int("order", 1, MOST_ORDER).or("1"), Param::float("q", 0.5, 20.0).or("5.0")];
    [
        Calculator::group(
            "mfdfa_hurst",
            HURST,
            "generalised Hurst exponent h(q) of multifractal detrended fluctuation analysis",
            |args| Box::new(Mfdfa { specs: args.iter().map(|a| (a.count(0), a.float(1))).collect(), width: false }),
        ),
        Calculator::group(
            "mfdfa_width",
            WIDTH,
            "width of the singularity spectrum of multifractal detrended fluctuation analysis over -q..q",
            |args| Box::new(Mfdfa { specs: args.iter().map(|a| (a.count(0), a.float(1))).collect(), width: true }),
        ),
    ]
}

struct Mfdfa {
    specs: Vec<(usize, f64)>,
    width: bool,
}

#[derive(Debug, Default)]
struct Room {
    walk: Walk,
    lengths: Vec<usize>,
    scales: Vec<f64>,
    /// ln F(v, s)² of all pieces, length by length, and where each length ends.
    logs: Vec<f64>,
    ends: Vec<usize>,
    values: Vec<f64>,
}

impl Kernel for Mfdfa {
    fn needs(&self) -> Needs {
        Needs::new().centred()
    }

    fn run(&self, shared: &Shared<'_>, scratch: &mut Scratch, out: &mut [f64]) {
        let room: &mut Room = scratch.own();
        room.walk.load(shared.centred());
        for order in 1..=MOST_ORDER as usize {
            if !self.specs.iter().any(|s| s.0 == order) {
                continue;
            }
            room.measure(order);
            for (out, &(_, q)) in out.iter_mut().zip(&self.specs).filter(|(_, s)| s.0 == order) {
                *out = if self.width { room.width(q) } else { room.hurst(q) };
            }
        }
    }
}

impl Room {
    /// The distances of all pieces.
    fn measure(&mut self, order: usize) {
        let n = self.walk.len();
        self.scales.clear();
        self.logs.clear();
        self.ends.clear();
        self.values.clear();
        geometric_lengths(16.0, 0.25 * n as f64, 1.25, &mut self.lengths);
        // The most there can be, so that no later window needs more.
        let most: usize = self.lengths.iter().map(|len| 2 * (n / len)).sum();
        self.logs.reserve(most);
        self.scales.reserve(self.lengths.len());
        self.ends.reserve(self.lengths.len());
        self.values.reserve(self.lengths.len());
        for &len in self.lengths.iter().filter(|&&len| 4 * len <= n) {
            self.walk.set_piece(len, order);
            let pieces = n / len;
            let before = self.logs.len();
            for piece in 0..2 * pieces {
                let start = if piece < pieces { piece * len } else { n - (piece - pieces + 1) * len };
                let squared = self.walk.fluctuation(start);
                if self.walk.is_signal(squared) {
                    self.logs.push(squared.ln());
                }
            }
            if self.logs.len() > before {
                self.ends.push(self.logs.len());
                self.scales.push((len as f64).ln());
            }
        }
    }

    fn hurst(&mut self, q: f64) -> f64 {
        if self.scales.len() < 3 {
            return f64::NAN;
        }
        self.values.clear();
        let mut start = 0;
        for &end in &self.ends {
            let logs = &self.logs[start..end];
            start = end;
            let count = logs.len() as f64;
            let mean = logs.iter().sum::<f64>() / count;
            // About the geometric mean, so that no power leaves the range of f64 before the sum does.
            let power = if q.abs() < 1e-9 {
                0.0
            } else {
                (logs.iter().map(|v| (0.5 * q * (v - mean)).exp()).sum::<f64>() / count).ln() / q
            };
            self.values.push(0.5 * mean + power);
        }
        slope(&self.scales, &self.values)
    }

    fn width(&mut self, most: f64) -> f64 {
        let step = 2.0 * most / STEPS as f64;
        let mut tau = [0.0; STEPS + 1];
        for (i, tau) in tau.iter_mut().enumerate() {
            // Exactly 0 in the middle.
            let q = (i as f64 - STEPS as f64 / 2.0) * step;
            *tau = q * self.hurst(q) - 1.0;
        }
        let inner = tau.windows(3).map(|t| (t[2] - t[0]) / (2.0 * step));
        let ends = [(tau[1] - tau[0]) / step, (tau[STEPS] - tau[STEPS - 1]) / step];
        let (mut low, mut high) = (f64::INFINITY, f64::NEG_INFINITY);
        for alpha in inner.chain(ends) {
            if alpha.is_nan() {
                return f64::NAN;
            }
            low = low.min(alpha);
            high = high.max(alpha);
        }
        high - low
    }
}
