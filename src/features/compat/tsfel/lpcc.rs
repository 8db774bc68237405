//! TSFEL's linear prediction cepstral coefficients.
//!
//! # What TSFEL computes
//! The sums of products `r_k = sum x[i] x[i+k]` (mean not taken out) for `n_coeff` lags are rounded to 32 bits, the
//! Yule-Walker equations are solved for the predictor `a` (`a_0 = 1`), and the coefficients are
//! `|IDFT(ln |DFT(a)|²)|` over `n_coeff` points.
//!
//! That is not what the name means elsewhere: the usual coefficients of a predictor are the recursion
//! `c_k = -a_k - sum (j/k) c_j a_{k-j}`, signed, from a transform of infinite length.
//!
//! The 32 bits limit what can be compared: where the window is nearly periodic the equations are nearly singular and a
//! last bit of `r` moves the coefficients by as much as 1e-4.
//!
//! Source: the definition is TSFEL's; linear prediction: J. Makhoul, "Linear prediction: a tutorial review", Proc. IEEE
//! 63 (1975).
//!
//! Cost: `O(n p + p³)` for p coefficients.

use crate::features::calculator::{Calculator, Kernel, Param};
use crate::features::shared::{Needs, Scratch, Shared};
use crate::features::spec::Args;
use crate::math::lanes;
use std::f64::consts::TAU;

const MOST: i64 = 100;

/// The row of this file.
pub(super) fn calculators() -> Vec<Calculator> {
    const PARAMS: &[Param] = &[Param::int("coeff", 0, MOST - 1), Param::int("n_coeff", 1, MOST).or("12")];
    vec![Calculator::group(
        "tsfel_lpcc",
        PARAMS,
        "coefficient of |IDFT ln |DFT a|²|, a: predictor of order n_coeff - 1 from 32-bit sums; NaN if n < n_coeff",
        |args| Box::new(Lpcc::new(args)),
    )]
}

/// All coefficients of a set, predictor by predictor.
struct Lpcc {
    /// Coefficient, number of coefficients.
    specs: Vec<(usize, usize)>,
    predictors: Vec<Predictor>,
}

/// One number of coefficients, and the cosines of its transform.
struct Predictor {
    count: usize,
    cosines: Vec<f64>,
    sines: Vec<f64>,
}

impl Lpcc {
    fn new(args: &[&Args]) -> Self {
        let specs: Vec<_> = args.iter().map(|a| (a.count(0), a.count(1))).collect();
        let mut counts: Vec<usize> = specs.iter().map(|s| s.1).collect();
        counts.sort_unstable();
        counts.dedup();
        let angle = |n: usize, i: usize| TAU * i as f64 / n as f64;
        let predictor = |count: usize| Predictor {
            count,
            cosines: (0..count).map(|i| angle(count, i).cos()).collect(),
            sines: (0..count).map(|i| angle(count, i).sin()).collect(),
        };
        Self { specs, predictors: counts.into_iter().map(predictor).collect() }
    }
}

impl Kernel for Lpcc {
    fn needs(&self) -> Needs {
        Needs::new()
    }

    fn run(&self, shared: &Shared<'_>, scratch: &mut Scratch, out: &mut [f64]) {
        out.fill(f64::NAN);
        for predictor in &self.predictors {
            let n = predictor.count;
            if shared.len() < n {
                continue;
            }
            let (cepstrum, work) = scratch.two(n, n * (n + 3));
            predictor.cepstrum(shared.samples(), cepstrum, work);
            for (out, &(coefficient, _)) in out.iter_mut().zip(&self.specs).filter(|(_, s)| s.1 == n) {
                *out = cepstrum.get(coefficient).copied().unwrap_or(f64::NAN);
            }
        }
    }
}

impl Predictor {
    /// Fills the coefficients; all 0 where TSFEL has them so, NaN where the equations have no solution.
    fn cepstrum(&self, x: &[f64], cepstrum: &mut [f64], work: &mut [f64]) {
        let n = self.count;
        let (sums, rest) = work.split_at_mut(n);
        for (lag, sum) in sums.iter_mut().enumerate() {
            *sum = f64::from(lanes::dot(&x[..x.len() - lag], &x[lag..]) as f32);
        }
        let (a, matrix) = rest.split_at_mut(n);
        let order = n - 1;
        let toeplitz = |i: usize, j: usize| sums[i.abs_diff(j)];
        let matrix_sum: f64 = (0..order).flat_map(|i| (0..order).map(move |j| toeplitz(i, j))).sum();
        cepstrum.fill(0.0);
        if matrix_sum == 0.0 {
            return;
        }
        a[0] = 1.0;
        for i in 0..order {
            for j in 0..order {
                matrix[i * order + j] = toeplitz(i, j);
            }
            a[i + 1] = -sums[i + 1];
        }
        if !solve(&mut matrix[..order * order], &mut a[1..]) {
            cepstrum.fill(f64::NAN);
            return;
        }
        if a.iter().sum::<f64>() == 0.0 {
            return;
        }
        let logs = &mut sums[..n];
        for (k, log) in logs.iter_mut().enumerate() {
            let (mut re, mut im) = (0.0, 0.0);
            for (j, a) in a.iter().enumerate() {
                re += a * self.cosines[j * k % n];
                im -= a * self.sines[j * k % n];
            }
            *log = (re * re + im * im).ln();
        }
        for (k, c) in cepstrum.iter_mut().enumerate() {
            let sum: f64 = logs.iter().enumerate().map(|(j, log)| log * self.cosines[j * k % n]).sum();
            *c = (sum / n as f64).abs();
        }
    }
}

/// Solves `m x = b` in place by elimination with row pivots; `false` when the matrix is singular or not finite.
fn solve(m: &mut [f64], b: &mut [f64]) -> bool {
    let n = b.len();
    for k in 0..n {
        let mut pivot = k;
        for row in k + 1..n {
            if m[row * n + k].abs() > m[pivot * n + k].abs() {
                pivot = row;
            }
        }
        let largest = m[pivot * n + k].abs();
        if !(largest > 0.0 && largest.is_finite()) {
            return false;
        }
        if pivot != k {
            for column in 0..n {
                m.swap(k * n + column, pivot * n + column);
            }
            b.swap(k, pivot);
        }
        for row in k + 1..n {
            let factor = m[row * n + k] / m[k * n + k];
            for column in k..n {
                m[row * n + column] -= factor * m[k * n + column];
            }
            b[row] -= factor * b[k];
        }
    }
    for k in (0..n).rev() {
        let known: f64 = (k + 1..n).map(|j| m[k * n + j] * b[j]).sum();
        b[k] = (b[k] - known) / m[k * n + k];
    }
    true
}
