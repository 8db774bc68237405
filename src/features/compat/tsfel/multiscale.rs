//! TSFEL's multiscale entropy: sample entropy of the window at every scale, averaged.
//!
//! At scale `s` the window is replaced by the means of its blocks of `s` samples. The sample entropy with `m = 3` is
//! `-ln(A / B)`: B counts the pairs of templates of 3 samples within the tolerance (largest difference, `<=`), A those
//! of 4. The tolerance is 0.2 standard deviations of the window at every scale. Scales run from 1 to `n / 13`; those
//! without a pair are left out, and the answer is the area under the rest, by trapezoids, over their number. At the
//! longest scales a dozen samples are left, so that the end of the curve is mostly noise: for a scale of your own take
//! a sample entropy of that scale.
//!
//! Source: M. Costa, A. L. Goldberger, C.-K. Peng, "Multiscale entropy analysis of complex physiologic time series",
//! Phys. Rev. Lett. 89 (2002); J. S. Richman, J. R. Moorman (2000) for the sample entropy.
//!
//! Cost: the pairs that lie within the tolerance in one sample, found in sorted order: a few percent of `n² / 2` for
//! each scale, `O(n²)` at worst. Memory: three arrays of the window's length.

use super::SHORTEST_FRACTAL;
use super::numpy;
use crate::features::calculator::{Calculator, Kernel};
use crate::features::shared::{Needs, Scratch, Shared};

/// Samples of a template, and the share of the standard deviation that is the tolerance.
const M: usize = 3;
const TOLERANCE: f64 = 0.2;
/// A scale leaves at least this many samples.
const FEWEST: usize = 13;

/// The row of this file.
pub(super) fn calculators() -> Vec<Calculator> {
    vec![Calculator::group(
        "tsfel_multiscale_entropy",
        &[],
        "mean area under sample entropy (m = 3, r = 0.2 sd) over scales 1..n/13; NaN below 160 samples; O(n²)",
        |_| Box::new(Multiscale),
    )]
}

struct Multiscale;

/// Arrays of one window.
#[derive(Default)]
struct Room {
    coarse: Vec<f64>,
    /// The samples that begin a template, in rising order.
    keys: Vec<(f64, u32)>,
    /// The three samples behind each, in the same order.
    rest: Vec<[f64; M]>,
}

impl Kernel for Multiscale {
    fn needs(&self) -> Needs {
        Needs::new()
    }

    fn run(&self, shared: &Shared<'_>, scratch: &mut Scratch, out: &mut [f64]) {
        out.fill(multiscale(shared.samples(), scratch.own()));
    }
}

fn multiscale(x: &[f64], room: &mut Room) -> f64 {
    let n = x.len();
    room.coarse.clear();
    room.coarse.reserve(n);
    room.keys.clear();
    room.keys.reserve(n);
    room.rest.clear();
    room.rest.reserve(n);
    if n < SHORTEST_FRACTAL || u32::try_from(n).is_err() || numpy::all_equal(x) {
        return f64::NAN;
    }
    let mean = numpy::mean(x);
    let square = |i: usize| (x[i] - mean) * (x[i] - mean);
    let tolerance = TOLERANCE * (numpy::sum_by(n, &square) / n as f64).sqrt();
    let (mut area, mut count, mut before) = (0.0, 0.0, 0.0);
    for scale in 1..=n / FEWEST {
        room.coarse.clear();
        room.coarse.extend(x.chunks_exact(scale).map(numpy::mean));
        let entropy = sample_entropy(room, tolerance);
        if entropy.is_finite() {
            if count > 0.0 {
                area += 0.5 * (before + entropy);
            }
            before = entropy;
            count += 1.0;
        }
    }
    area / count
}

/// `-ln(A / B)` of the coarse samples; not finite when there is no pair.
fn sample_entropy(room: &mut Room, tolerance: f64) -> f64 {
    let x = &room.coarse;
    room.keys.clear();
    room.keys.extend(x[..x.len() - M].iter().zip(0_u32..).map(|(&v, i)| (v, i)));
    room.keys.sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
    room.rest.clear();
    room.rest.extend(room.keys.iter().map(|&(_, i)| {
        let i = i as usize;
        [x[i + 1], x[i + 2], x[i + 3]]
    }));
    let (mut three, mut four) = (0_u64, 0_u64);
    for (i, (key, a)) in room.keys.iter().zip(&room.rest).enumerate() {
        let ahead = room.keys[i + 1..].iter().zip(&room.rest[i + 1..]);
        for (other, b) in ahead {
            if (other.0 - key.0).abs() > tolerance {
                break;
            }
            let near = ((b[0] - a[0]).abs() <= tolerance) & ((b[1] - a[1]).abs() <= tolerance);
            three += u64::from(near);
            four += u64::from(near & ((b[2] - a[2]).abs() <= tolerance));
        }
    }
    if three == 0 || four == 0 {
        return f64::NAN;
    }
    -(four as f64 / three as f64).ln()
}
