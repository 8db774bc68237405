//! The Hurst exponent from rescaled ranges.
//!
//! A piece of s samples has the range R of the running sum of its samples less their mean, and their standard
//! deviation S (divisor s - 1); H is the slope of ln(mean of R/S) over ln s. For short pieces R/S grows faster than
//! √s even without memory:
//! `corrected` divides by the value expected for white noise (A. A. Anis & E. H. Lloyd, Biometrika 63 (1976), 111;
//! E. E. Peters 1994) and adds 0.5. H. E. Hurst, Long-term storage capacity of reservoirs (1951); as nolds.
//!
//! The lengths are at most 15, evenly spaced in ln s over the middle quarter of 0..ln n (n^0.375 to n^0.61). Constant
//! pieces do not count. NaN with fewer than two lengths that have a piece, which a constant has.
//!
//! `dfa` is the better estimate: it does not take a drift for memory, and it is steadier.
//!
//! O(n) a length.

use crate::features::calculator::{Calculator, Kernel, Param};
use crate::features::shared::{Needs, Scratch, Shared};
use crate::math::lanes;
use crate::signal::phase_space::slope;

const MOST_LENGTHS: usize = 15;

pub(super) fn calculator() -> Calculator {
    const PARAMS: &[Param] = &[Param::bool("corrected").or("True")];
    Calculator::group(
        "hurst_rs",
        PARAMS,
        "Hurst exponent from rescaled ranges, corrected for short pieces or not: 0.5 no memory",
        |args| Box::new(RescaledRange { corrected: args.iter().map(|a| a.bool(0)).collect() }),
    )
}

struct RescaledRange {
    corrected: Vec<bool>,
}

/// The lengths for windows of `n` samples and what white noise has there.
#[derive(Debug, Default)]
struct Room {
    n: usize,
    lengths: Vec<(usize, f64)>,
    scales: Vec<f64>,
    values: Vec<f64>,
    expected: Vec<f64>,
}

impl Room {
    fn plan(&mut self, n: usize) {
        self.n = n;
        self.lengths.clear();
        let whole = (n as f64).ln();
        let (start, span) = (0.375 * whole, 0.25 * whole);
        for i in 0..MOST_LENGTHS {
            let len = (start + i as f64 / MOST_LENGTHS as f64 * span).exp().round_ties_even() as usize;
            if len >= 2 && self.lengths.last().is_none_or(|&(before, _)| len > before) {
                self.lengths.push((len, expected(len).ln()));
            }
        }
        for list in [&mut self.scales, &mut self.values, &mut self.expected] {
            list.reserve(MOST_LENGTHS);
        }
    }
}

/// Expected R/S of `n` values of white noise: the formula of Anis and Lloyd with the factor of Peters, its gamma
/// functions replaced by their limit above 340.
fn expected(n: usize) -> f64 {
    let count = n as f64;
    let middle = if n <= 340 {
        // Γ((k-1)/2) / Γ(k/2) for k = 2, times its successor, is 2 / (k - 1).
        let mut ratio = std::f64::consts::PI.sqrt();
        for k in 2..n {
            ratio = 2.0 / ((k - 1) as f64 * ratio);
        }
        ratio / std::f64::consts::PI.sqrt()
    } else {
        (0.5 * count * std::f64::consts::PI).sqrt().recip()
    };
    let sum: f64 = (1..n).map(|i| ((count - i as f64) / i as f64).sqrt()).sum();
    (count - 0.5) / count * middle * sum
}

impl Kernel for RescaledRange {
    fn needs(&self) -> Needs {
        Needs::new().centred()
    }

    fn run(&self, shared: &Shared<'_>, scratch: &mut Scratch, out: &mut [f64]) {
        let x = shared.centred();
        let room: &mut Room = scratch.own();
        if room.n != x.len() {
            room.plan(x.len());
        }
        room.scales.clear();
        room.values.clear();
        room.expected.clear();
        for &(len, expected) in &room.lengths {
            let (mut sum, mut pieces) = (0.0, 0.0);
            for piece in x.chunks_exact(len) {
                if let Some(value) = rescaled(piece) {
                    sum += value;
                    pieces += 1.0;
                }
            }
            if pieces > 0.0 {
                room.scales.push((len as f64).ln());
                room.values.push((sum / pieces).ln());
                room.expected.push(expected);
            }
        }
        let plain = slope(&room.scales, &room.values);
        let bias = slope(&room.scales, &room.expected);
        for (out, &corrected) in out.iter_mut().zip(&self.corrected) {
            *out = if corrected { plain - bias + 0.5 } else { plain };
        }
    }
}

/// R/S of one piece; `None` for a constant one.
fn rescaled(piece: &[f64]) -> Option<f64> {
    let (low, high) = lanes::min_max(piece);
    if low >= high {
        return None;
    }
    let mean = lanes::mean(piece);
    let (mut sum, mut least, mut most, mut squares) = (0.0_f64, f64::INFINITY, f64::NEG_INFINITY, 0.0);
    for &v in piece {
        let d = v - mean;
        sum += d;
        squares += d * d;
        least = if sum < least { sum } else { least };
        most = if sum > most { sum } else { most };
    }
    Some((most - least) / (squares / (piece.len() - 1) as f64).sqrt())
}

#[cfg(test)]
mod tests {
    use super::expected;

    #[test]
    fn expectations_of_nolds() {
        // nolds.expected_rs(2), (10), (340), (341)
        let known = [(2, 0.75), (10, 2.8721645322376403), (340, 21.960745554092167), (341, 21.94626699311547)];
        for (n, value) in known {
            assert!((expected(n) / value - 1.0).abs() < 1e-12, "{n}: {}", expected(n));
        }
    }
}
