//! Higuchi's dimension: how the length of the curve shrinks with the step it is measured by.
//!
//! For a step k the samples fall into k series m, m + k, m + 2k, ..; each has the length L_m(k) = (n - 1) / (N_m k²)
//! Σ|x[m+jk] - x[m+(j-1)k]| with N_m = ⌊(n - m - 1) / k⌋ steps. L(k) is the mean of the k lengths, and the dimension
//! the slope of ln L(k) over ln(1/k), k = 1..kmax: 1 for a smooth curve, 1.5 for a random walk, 2 for white noise. T.
//! Higuchi, Approach to an irregular time series on the basis of the fractal theory, Physica D 31 (1988), 277; as
//! antropy.
//!
//! The series of one k have at most two different N_m, so two sums of neighbours k apart are all there is to compute:
//! O(n) a step, O(n kmax) together. NaN for fewer than 2 kmax samples and for a constant.

use crate::features::calculator::{Calculator, Kernel, Param};
use crate::features::shared::{Needs, Scratch, Shared};
use crate::signal::phase_space::slope;

const MOST: i64 = 1024;
/// Sums that run side by side.
const SIDE: usize = 16;

pub(super) fn calculator() -> Calculator {
    const PARAMS: &[Param] = &[Param::int("kmax", 2, MOST).or("10")];
    Calculator::group(
        "higuchi_fd",
        PARAMS,
        "fractal dimension of Higuchi over steps of 1..kmax samples: 1 smooth, 2 white noise",
        |args| Box::new(Higuchi { kmax: args.iter().map(|a| a.count(0)).collect() }),
    )
}

struct Higuchi {
    kmax: Vec<usize>,
}

impl Kernel for Higuchi {
    fn needs(&self) -> Needs {
        Needs::new()
    }

    fn run(&self, shared: &Shared<'_>, scratch: &mut Scratch, out: &mut [f64]) {
        let x = shared.samples();
        let most = self.kmax.iter().copied().max().unwrap_or(0).min(x.len() / 2);
        let (points, sums) = scratch.two(2 * most, most + SIDE);
        let (steps, lengths) = points.split_at_mut(most);
        for k in 1..=most {
            steps[k - 1] = (1.0 / k as f64).ln();
            lengths[k - 1] = length(x, k, sums).ln();
        }
        for (out, &kmax) in out.iter_mut().zip(&self.kmax) {
            *out = if kmax <= most { slope(&steps[..kmax], &lengths[..kmax]) } else { f64::NAN };
        }
    }
}

/// L(k) of at least 2k samples; `sums` has room for k + [`SIDE`].
fn length(x: &[f64], k: usize, sums: &mut [f64]) -> f64 {
    let n = x.len();
    // One sum for each place in a stretch of several k, so that they can run side by side.
    let stretch = k * SIDE.div_ceil(k);
    let sums = &mut sums[..stretch];
    sums.fill(0.0);
    let (near, far) = (&x[..n - k], &x[k..]);
    for (near, far) in near.chunks(stretch).zip(far.chunks(stretch)) {
        for (sum, (a, b)) in sums.iter_mut().zip(near.iter().zip(far)) {
            *sum += (b - a).abs();
        }
    }
    // The first `longer` series have one step more than the others.
    let longer = (n - 1) % k + 1;
    let more = ((n - 1) / k) as f64;
    let mut total = 0.0;
    for (place, sum) in sums.iter().enumerate() {
        total += sum / if place % k < longer { more } else { more - 1.0 };
    }
    let k = k as f64;
    total * (n - 1) as f64 / (k * k * k)
}
