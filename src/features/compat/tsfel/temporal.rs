//! TSFEL's features of time that have its edge cases, and its Lempel-Ziv complexity.
//!
//! * `Autocorrelation` is not a correlation but a lag: the first one, up to a third of the window, at which the
//!   adjusted autocorrelation falls below 1/e; 1 for a constant. Nothing where there is none (NaN here).
//!   `autocorrelation_time` is the same question to the biased form, without an end to the lags.
//! * Lempel-Ziv complexity: the window is turned into 0 and 1 (above its mean), cut into phrases each of which is the
//!   shortest that did not occur before (Lempel & Ziv 1978), and the phrases are counted, over n. The number falls with
//!   the length of the window even for pure noise, as `1 / log2 n`.

use super::numpy;
use crate::features::calculator::{Calculator, Kernel};
use crate::features::shared::{Needs, Scratch, Shared};
use crate::features::spec::Args;
use crate::math::lanes;

/// The rows of this file.
pub(super) fn calculators() -> Vec<Calculator> {
    let moments: fn(&Args) -> Needs = |_| Needs::new().moments();
    vec![
        Calculator::scalar(
            "tsfel_autocorrelation",
            &[],
            "first lag up to n/3 with an adjusted autocorrelation below 1/e, samples; 1 for a constant, NaN if none",
            |_| Needs::new().autocorrelation(usize::MAX),
            |s, _| first_lag(s),
        ),
        Calculator::scalar(
            "tsfel_centroid",
            &[],
            "sum t x² / sum x², seconds from the start of the window; 0 if all are 0 (`energy_centroid`: NaN)",
            moments,
            |s, _| centroid(s),
        ),
        Calculator::group(
            "tsfel_lempel_ziv_complexity",
            &[],
            "phrases of the sequence x > mean (Lempel & Ziv 1978) over n",
            |_| Box::new(LempelZiv),
        ),
        Calculator::scalar(
            "tsfel_slope",
            &[],
            "slope of the least squares line, units a sample (= `linear_trend` attr \"slope\")",
            |_| Needs::new().centred(),
            |s, _| slope(s),
        ),
    ]
}

fn first_lag(s: &Shared<'_>) -> f64 {
    let (x, sums) = (s.samples(), s.autocorrelation_sums());
    if !x.is_empty() && numpy::all_equal(x) {
        return 1.0;
    }
    let n = x.len();
    let below = |k: &usize| {
        let adjusted = sums[*k] / (n - k) as f64 / (sums[0] / n as f64);
        adjusted < (-1.0_f64).exp()
    };
    let lags = 1..sums.len().min(n / 3 + 1);
    lags.into_iter().find(below).map_or(f64::NAN, |k| k as f64)
}

fn centroid(s: &Shared<'_>) -> f64 {
    let x = s.samples();
    let energy = lanes::sum_squares(x);
    if x.is_empty() {
        return f64::NAN;
    }
    if energy == 0.0 {
        return 0.0;
    }
    let weighted: f64 = x.iter().enumerate().map(|(i, v)| i as f64 * v * v).sum();
    weighted / energy / s.rate().as_hz()
}

fn slope(s: &Shared<'_>) -> f64 {
    let n = s.len() as f64;
    let centre = 0.5 * (n - 1.0);
    let rise: f64 = s.centred().iter().enumerate().map(|(i, v)| (i as f64 - centre) * v).sum();
    rise / (n * (n * n - 1.0) / 12.0)
}

struct LempelZiv;

/// Phrases as a tree: the children of every phrase, 0 where there is none.
#[derive(Default)]
struct Phrases(Vec<[u32; 2]>);

impl Kernel for LempelZiv {
    fn needs(&self) -> Needs {
        Needs::new()
    }

    fn run(&self, shared: &Shared<'_>, scratch: &mut Scratch, out: &mut [f64]) {
        let x = shared.samples();
        let mean = numpy::mean(x);
        let Phrases(tree) = scratch.own();
        // There are no more phrases than samples: the tree never grows after the first window.
        tree.clear();
        tree.reserve(x.len() + 1);
        tree.push([0, 0]);
        let mut at = 0_usize;
        for v in x {
            let bit = usize::from(*v > mean);
            let child = tree[at][bit];
            if child > 0 {
                at = child as usize;
            } else {
                tree[at][bit] = tree.len() as u32;
                tree.push([0, 0]);
                at = 0;
            }
        }
        let phrases = (tree.len() - 1) as f64;
        out.fill(if mean.is_finite() { phrases / x.len() as f64 } else { f64::NAN });
    }
}
