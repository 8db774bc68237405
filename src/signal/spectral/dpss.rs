//! Slepian sequences (DPSS): the windows that keep the most of their energy in a band.
//!
//! Among all sequences of `n` numbers, the first has the largest share of its energy in `|f| < W`; the next is the best
//! of those orthogonal to it, and so on. They are the eigenvectors of a symmetric tridiagonal matrix that commutes with the
//! concentration problem: diagonal `((n - 1 - 2 i) / 2)^2 cos 2 pi W`, off-diagonal `i (n - i) / 2`.
//!
//! The largest eigenvalues come from bisection by Sturm counts, the vectors from inverse iteration with a pivoted
//! tridiagonal factorisation; nothing dense is built. Cost: O(60 k n) time, O(k n) memory.
//!
//! Source: D. Slepian, "Prolate spheroidal wave functions, Fourier analysis, and uncertainty V", Bell Syst. Tech. J. 57
//! (1978); signs as in D. B. Percival, A. T. Walden, "Spectral Analysis for Physical Applications" (1993), and scipy.

use crate::error::{Error, Result};
use crate::math::lanes;
use std::f64::consts::PI;

/// Longest sequences: beyond 2^22 the eigenvalues lie too close for their vectors to be told apart in f64.
const MAX_LEN: usize = 1 << 22;

/// The first `count` Slepian sequences of length `n` with half bandwidth `half_bandwidth` (in bins, called `NW`), most
/// concentrated first, each with a sum of squares of 1. Even ones have a positive mean, odd ones start with a positive lobe.
///
/// Equal to `scipy.signal.windows.dpss(n, half_bandwidth, count)`.
///
/// ```
/// use prognos::signal::spectral::dpss;
/// let tapers = dpss(128, 4.0, 7)?;
/// let product: f64 = tapers[0].iter().zip(&tapers[2]).map(|(a, b)| a * b).sum();
/// assert!(product.abs() < 1e-12);
/// # Ok::<(), prognos::Error>(())
/// ```
///
/// # Errors
/// [`Error::Parameter`] when `n` is 0 or above 2^22, `count` is 0 or above `n` or 256, or `half_bandwidth` is not between 0 and
/// `n / 2`; [`Error::Numeric`] when the eigenvectors do not settle.
pub fn dpss(n: usize, half_bandwidth: f64, count: usize) -> Result<Vec<Vec<f64>>> {
    if !(1..=MAX_LEN).contains(&n) {
        return Err(Error::parameter("n", n, "a length lies from 1 to 2^22"));
    }
    if !(half_bandwidth > 0.0 && half_bandwidth < 0.5 * n as f64) {
        return Err(Error::parameter("half_bandwidth", half_bandwidth, "must lie between 0 and n / 2"));
    }
    if !(1..=n.min(256)).contains(&count) {
        return Err(Error::parameter("count", count, "must lie from 1 to n and not above 256"));
    }
    let turn = (2.0 * PI * half_bandwidth / n as f64).cos();
    let size = n as f64;
    let diagonal: Vec<f64> = (0..n).map(|i| 0.5 * (size - 1.0 - 2.0 * i as f64)).map(|d| d * d * turn).collect();
    let off: Vec<f64> = (1..n).map(|i| 0.5 * i as f64 * (size - i as f64)).collect();
    let matrix = Tridiagonal { diagonal, off };
    let mut vectors: Vec<Vec<f64>> = Vec::with_capacity(count);
    let mut work = Work::new(n);
    for k in 0..count {
        let value = matrix.eigenvalue_from_top(k);
        let mut v = matrix.eigenvector(value, k % 2 == 1, &vectors, &mut work)?;
        if flipped(&v, k) {
            v.iter_mut().for_each(|x| *x = -*x);
        }
        vectors.push(v);
    }
    Ok(vectors)
}

/// The first Slepian sequence as a window: symmetric, scaled as scipy's `dpss(n, half_bandwidth)` does, to a largest value
/// of 1 for odd `n` and of `n^2 / (n^2 + half_bandwidth)` for even `n` (where the true top falls between two samples).
///
/// # Errors
/// As [`dpss`].
pub fn slepian_window(n: usize, half_bandwidth: f64) -> Result<Vec<f64>> {
    let mut tapers = dpss(n, half_bandwidth, 1)?;
    let mut w = tapers.pop().unwrap_or_default();
    let (_, top) = lanes::min_max(&w);
    let square = (n * n) as f64;
    let scale = if n.is_multiple_of(2) { square / (square + half_bandwidth) } else { 1.0 } / top;
    w.iter_mut().for_each(|v| *v *= scale);
    Ok(w)
}

/// Whether scipy's sign convention turns the vector round.
fn flipped(v: &[f64], k: usize) -> bool {
    if k.is_multiple_of(2) {
        lanes::sum(v) < 0.0
    } else {
        let threshold = (1.0 / v.len() as f64).max(1e-7);
        v.iter().find(|&&x| x * x > threshold).is_some_and(|&x| x < 0.0)
    }
}

struct Tridiagonal {
    diagonal: Vec<f64>,
    off: Vec<f64>,
}

/// Rows of the factorisation: pivot, first and second entry right of it, multiplier, and whether rows were exchanged.
struct Work {
    pivot: Vec<f64>,
    right: Vec<f64>,
    second: Vec<f64>,
    multiplier: Vec<f64>,
    exchanged: Vec<bool>,
}

impl Work {
    fn new(n: usize) -> Self {
        let zeros = || vec![0.0; n];
        Self { pivot: zeros(), right: zeros(), second: zeros(), multiplier: zeros(), exchanged: vec![false; n] }
    }
}

impl Tridiagonal {
    /// Number of eigenvalues above `x`: positive pivots of `A - x I`.
    fn above(&self, x: f64) -> usize {
        let (mut count, mut pivot) = (0, 1.0);
        for (i, d) in self.diagonal.iter().enumerate() {
            let e = if i == 0 { 0.0 } else { self.off[i - 1] };
            pivot = d - x - e * e / pivot;
            if pivot.abs() < f64::MIN_POSITIVE {
                pivot = -f64::MIN_POSITIVE;
            }
            count += usize::from(pivot > 0.0);
        }
        count
    }

    /// Eigenvalue number `k` from the top, by bisection within Gershgorin's bounds.
    fn eigenvalue_from_top(&self, k: usize) -> f64 {
        let reach = |i: usize| {
            let left = if i == 0 { 0.0 } else { self.off[i - 1] };
            left + self.off.get(i).copied().unwrap_or(0.0)
        };
        let (mut low, mut high) = (f64::INFINITY, f64::NEG_INFINITY);
        for (i, d) in self.diagonal.iter().enumerate() {
            low = low.min(d - reach(i));
            high = high.max(d + reach(i));
        }
        high += f64::EPSILON * high.abs() + f64::MIN_POSITIVE;
        for _ in 0..120 {
            let middle = 0.5 * (low + high);
            if middle <= low || middle >= high {
                break;
            }
            if self.above(middle) > k { low = middle } else { high = middle }
        }
        0.5 * (low + high)
    }

    /// Eigenvector of `value` by inverse iteration; even vectors are kept symmetric and odd ones antisymmetric, and all are
    /// kept orthogonal to those before.
    fn eigenvector(&self, value: f64, odd: bool, before: &[Vec<f64>], work: &mut Work) -> Result<Vec<f64>> {
        let n = self.diagonal.len();
        self.factor(value, work);
        let sign = if odd { -1.0 } else { 1.0 };
        let mut v: Vec<f64> = (0..n).map(|i| if odd { 0.5 * n as f64 - 0.5 - i as f64 } else { 1.0 }).collect();
        let mut settled = false;
        for round in 0..8 {
            let old = v.clone();
            solve(work, &mut v);
            for i in 0..n / 2 {
                let mean = 0.5 * (v[i] + sign * v[n - 1 - i]);
                v[i] = mean;
                v[n - 1 - i] = sign * mean;
            }
            if odd && n % 2 == 1 {
                v[n / 2] = 0.0;
            }
            // Scale by the largest first: the solution of a nearly singular system is huge.
            let top = v.iter().fold(0.0_f64, |a, x| a.max(x.abs()));
            v.iter_mut().for_each(|x| *x /= top);
            for b in before {
                let share = lanes::dot(&v, b);
                v.iter_mut().zip(b).for_each(|(x, y)| *x -= share * y);
            }
            let norm = lanes::sum_squares(&v).sqrt();
            v.iter_mut().for_each(|x| *x /= norm);
            let turn = if lanes::dot(&v, &old) < 0.0 { -1.0 } else { 1.0 };
            let change = v.iter().zip(&old).fold(0.0_f64, |a, (x, y)| a.max((x - turn * y).abs()));
            if round > 0 && change < 1e-14 {
                settled = true;
                break;
            }
            settled = change < 1e-10;
        }
        if settled && v.iter().all(|x| x.is_finite()) {
            Ok(v)
        } else {
            Err(Error::numeric("Slepian sequences", "the eigenvectors did not settle; ask for fewer sequences"))
        }
    }

    /// `P (A - value I) = L U` with row exchanges.
    fn factor(&self, value: f64, w: &mut Work) {
        let n = self.diagonal.len();
        let top = self.diagonal.iter().chain(&self.off).fold(0.0_f64, |a, x| a.max(x.abs()));
        let smallest = (f64::EPSILON * top).max(1e-200);
        let mut row = [self.diagonal[0] - value, self.off.first().copied().unwrap_or(0.0), 0.0];
        for i in 0..n {
            if i + 1 == n {
                w.pivot[i] = if row[0].abs() < smallest { smallest } else { row[0] };
                (w.right[i], w.second[i]) = (0.0, 0.0);
                break;
            }
            let next = [self.off[i], self.diagonal[i + 1] - value, self.off.get(i + 1).copied().unwrap_or(0.0)];
            w.exchanged[i] = next[0].abs() > row[0].abs();
            let (top, mut low) = if w.exchanged[i] { (next, row) } else { (row, next) };
            let pivot = if top[0].abs() < smallest { smallest } else { top[0] };
            (w.pivot[i], w.right[i], w.second[i]) = (pivot, top[1], top[2]);
            w.multiplier[i] = low[0] / pivot;
            for j in 1..3 {
                low[j] -= w.multiplier[i] * top[j];
            }
            row = [low[1], low[2], 0.0];
        }
    }
}

/// Solves the factored system for `b` in place.
fn solve(w: &Work, b: &mut [f64]) {
    let n = b.len();
    for i in 0..n.saturating_sub(1) {
        if w.exchanged[i] {
            b.swap(i, i + 1);
        }
        b[i + 1] -= w.multiplier[i] * b[i];
    }
    for i in (0..n).rev() {
        let one = b.get(i + 1).map_or(0.0, |x| w.right[i] * x);
        let two = b.get(i + 2).map_or(0.0, |x| w.second[i] * x);
        b[i] = (b[i] - one - two) / w.pivot[i];
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_of_scipy() {
        // scipy.signal.windows.dpss(8, 2.5)
        let expected = [
            0.052404360853994365,
            0.2631860434811115,
            0.639750596958442,
            0.9624060150375939,
            0.9624060150375939,
            0.639750596958442,
            0.2631860434811115,
            0.052404360853994365,
        ];
        let found = slepian_window(8, 2.5).unwrap();
        assert!(found.iter().zip(&expected).all(|(f, e)| (f - e).abs() < 1e-13), "{found:?}");
    }

    #[test]
    fn tapers_of_scipy() {
        // scipy.signal.windows.dpss(4096, 4.0, 7), sequences 0, 1, 5 and 6
        let tapers = dpss(4096, 4.0, 7).unwrap();
        let at = [0, 1, 700, 2047, 2048, 3000, 4095];
        for (k, expected) in [
            (
                0,
                [
                    1.3539160420179597e-06,
                    1.4021995691883172e-06,
                    0.0017224482844178095,
                    0.030999110139635508,
                    0.030999110139636774,
                    0.0080426418828417,
                    1.3539160392810438e-06,
                ],
            ),
            (
                1,
                [
                    1.2796280882594177e-05,
                    1.3177434706337243e-05,
                    0.006292432852685223,
                    3.669827491873566e-05,
                    -3.669827402482522e-05,
                    -0.019271727151215775,
                    -1.2796280830895552e-05,
                ],
            ),
            (
                5,
                [
                    0.005728107104512379,
                    0.005781651017404861,
                    0.01497009118795727,
                    4.2519729297430556e-05,
                    -4.251972948281938e-05,
                    0.01726312108367726,
                    -0.005728107104554703,
                ],
            ),
            (
                6,
                [
                    0.015537056390085797,
                    0.015619037553373342,
                    -0.004836550087505582,
                    -0.014350813382108158,
                    -0.01435081338210833,
                    -0.010615808566807002,
                    0.015537056390088082,
                ],
            ),
        ] {
            for (i, e) in at.iter().zip(expected) {
                assert!((tapers[k][*i] - e).abs() < 1e-10, "{k} {i}: {} is not {e}", tapers[k][*i]);
            }
        }
        // scipy.signal.windows.dpss(1001, 3.5, 6), sequences 0, 1, 4 and 5
        let tapers = dpss(1001, 3.5, 6).unwrap();
        let at = [0, 10, 250, 499, 501, 900];
        for (k, expected) in [
            (
                0,
                [
                    1.231565008462885e-05,
                    2.950815197529059e-05,
                    0.015536159443156651,
                    0.060569363758813714,
                    0.06056936375881375,
                    0.0011001533807820886,
                ],
            ),
            (
                1,
                [
                    0.00010706068683464082,
                    0.0002226098742931701,
                    0.03759616458910726,
                    0.0005459100486098754,
                    -0.0005459100485542799,
                    -0.00499428587562529,
                ],
            ),
            (
                4,
                [
                    0.010255247736610901,
                    0.01394136132356118,
                    -0.004788970191174441,
                    0.03306371721906167,
                    0.033063717219061636,
                    0.04925973318248455,
                ],
            ),
            (
                5,
                [
                    0.02898723376355883,
                    0.03449639721907741,
                    -0.033116174152182085,
                    0.0005997219850143326,
                    -0.0005997219850170186,
                    -0.05279333337534326,
                ],
            ),
        ] {
            for (i, e) in at.iter().zip(expected) {
                assert!((tapers[k][*i] - e).abs() < 1e-10, "{k} {i}: {} is not {e}", tapers[k][*i]);
            }
        }
    }

    #[test]
    fn long_sequences_are_orthonormal_eigenvectors() {
        for n in [1, 2, 3, 4, 5, 31, 4096] {
            let count = n.min(7);
            let half = (0.45 * n as f64).min(4.0);
            let tapers = dpss(n, half, count).unwrap_or_else(|e| panic!("{n}: {e}"));
            for (i, a) in tapers.iter().enumerate() {
                for (j, b) in tapers.iter().enumerate() {
                    let product = lanes::dot(a, b);
                    assert!((product - f64::from(u8::from(i == j))).abs() < 1e-12, "{n} {i} {j}: {product}");
                }
            }
        }
    }

    #[test]
    fn bad_parameters() {
        assert!(dpss(0, 4.0, 1).is_err());
        assert!(dpss(8, 4.0, 1).is_err());
        assert!(dpss(8, f64::NAN, 1).is_err());
        assert!(dpss(8, 2.0, 9).is_err());
        assert!(dpss(usize::MAX, 4.0, 1).is_err());
    }
}
