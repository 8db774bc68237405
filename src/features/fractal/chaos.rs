//! The 0-1 test for chaos: regular motion near 0, chaotic motion near 1.
//!
//! The samples drive a point in the plane, each along an angle c further than the one before: p(n) + i q(n) = Σ_{j ≤
//! n} (x[j] - x̄) exp(i j c). Regular motion keeps the point within bounds, chaotic motion lets it diffuse: its mean
//! square displacement M_c(n) grows with n. K_c is the correlation of M_c(n) with n over n = 1..m, m a tenth of the
//! samples, and K the median of K_c over 100 angles from π/5 to 4π/5. G. A. Gottwald & I. Melbourne, On the
//! implementation of the 0-1 test for chaos, SIAM Journal on Applied Dynamical Systems 8 (2009), 129.
//!
//! M_c is taken from the adjusted autocovariance r of the samples, M_c(n) = n r(0) + 2 Σ_{k < n} (n - k) r(k) cos(k
//! c), which is its expectation: O(100 m) instead of O(100 m n), and equal but for the ends of the window. The angles
//! are spread evenly by multiples of the golden ratio, not drawn.
//!
//! No embedding is needed, but a finely sampled signal looks regular to it: take every `stride`-th sample, about a
//! quarter of a period. Noise is not told from chaos. NaN for a constant and for fewer than 100 `stride` samples.

use crate::features::calculator::{Calculator, Param};
use crate::features::shared::{Needs, Shared};
use std::f64::consts::PI;

const ANGLES: usize = 100;
const GOLDEN: f64 = 0.618_033_988_749_894_9;

pub(super) fn calculator() -> Calculator {
    const PARAMS: &[Param] = &[Param::int("stride", 1, 1_000_000).or("1")];
    Calculator::scalar(
        "chaos_01",
        PARAMS,
        "0-1 test for chaos: growth of the mean square displacement, 0 regular, 1 chaotic or noise",
        |_| Needs::new().autocorrelation(usize::MAX),
        |shared, args| chaos(shared, args.count(0)),
    )
}

fn chaos(shared: &Shared<'_>, stride: usize) -> f64 {
    let sums = shared.autocorrelation_sums();
    let n = shared.len();
    let steps = n / stride / 10;
    if steps < 10 || shared.moments().is_constant() || sums.first().is_none_or(|r| !r.is_finite() || *r <= 0.0) {
        return f64::NAN;
    }
    // r(k) / r(0) of the samples taken every `stride`.
    let r = |k: usize| sums[k * stride] / sums[0] * (n as f64 / (n - k * stride) as f64);
    // For every angle c: cos((k-1)c), 2 cos(c), cos(kc); the growth of M and M itself; its mean and sums of squares.
    let cosine = |i: usize| (PI / 5.0 * (1.0 + 3.0 * ((i as f64 + 0.5) * GOLDEN).fract())).cos();
    let mut before: [f64; ANGLES] = std::array::from_fn(cosine);
    let twice = before.map(|c| 2.0 * c);
    let mut now = [1.0; ANGLES];
    let (mut growth, mut displacement) = ([0.0; ANGLES], [0.0; ANGLES]);
    let (mut mean, mut squares, mut products) = ([0.0; ANGLES], [0.0; ANGLES], [0.0; ANGLES]);
    let middle = 0.5 * (steps as f64 + 1.0);
    for k in 0..steps {
        // M(k+1) = M(k) + r(0) + 2 Σ_{j = 1..k} r(j) cos(jc).
        let weight = if k == 0 { 1.0 } else { 2.0 * r(k) };
        let count = (k + 1) as f64;
        for i in 0..ANGLES {
            growth[i] += weight * now[i];
            displacement[i] += growth[i];
            let from_mean = displacement[i] - mean[i];
            mean[i] += from_mean / count;
            squares[i] += from_mean * (displacement[i] - mean[i]);
            products[i] += (count - middle) * displacement[i];
            (before[i], now[i]) = (now[i], twice[i] * now[i] - before[i]);
        }
    }
    let times = steps as f64 * (steps as f64 * steps as f64 - 1.0) / 12.0;
    let mut correlations = [0.0; ANGLES];
    for ((k, p), s) in correlations.iter_mut().zip(products).zip(squares) {
        *k = p / (s * times).sqrt();
    }
    correlations.sort_unstable_by(f64::total_cmp);
    0.5 * (correlations[ANGLES / 2 - 1] + correlations[ANGLES / 2])
}
