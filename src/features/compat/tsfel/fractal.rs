//! TSFEL's other exponents of the fractal domain: detrended fluctuations, rescaled range, Petrosian.
//!
//! Both scaling exponents take every window length from 4 to `n / 10`; a straight line through so many lengths is
//! decided by the long ones. The usual estimators space the lengths evenly on the logarithm.
//!
//! * Detrended fluctuation analysis: the running sum of the samples less their mean is cut into pieces, a line is taken
//!   out of each, and `F(w)` is the root mean square of what is left; the exponent is the slope of `ln F` over `ln w`.
//!   TSFEL cuts the curve before fitting where five steps in a row rise by less than 0.1 ("plateau") and the curve
//!   stands above its mean. As neighbouring lengths lie ever closer, that is where the curve passes its mean, for most
//!   signals: the longer half of the lengths is left out.
//! * Hurst exponent: `R / S`, the range of the running sum over the standard deviation, averaged over the pieces of a
//!   length; the exponent is the slope of its logarithm. A length is left out when one of its pieces is constant.
//!
//! Windows below 160 samples and constants are NaN.
//!
//! Source: C.-K. Peng et al., "Mosaic organization of DNA nucleotides", Phys. Rev. E 49 (1994); H. E. Hurst,
//! "Long-term storage capacity of reservoirs" (1951); A. Petrosian, "Kolmogorov complexity of finite sequences and
//! recognition of different preictal EEG patterns" (1995).
//!
//! Cost: `O(n² / 10)` for both exponents.

use super::SHORTEST_FRACTAL;
use super::fit::line_through;
use super::numpy;
use crate::features::calculator::{Calculator, Kernel};
use crate::features::shared::{Needs, Scratch, Shared};
use crate::math::lanes;

/// Shortest piece.
const SHORTEST_PIECE: usize = 4;

/// The rows of this file.
pub(super) fn calculators() -> Vec<Calculator> {
    vec![
        Calculator::group(
            "tsfel_detrended_fluctuation_analysis",
            &[],
            "slope of ln F(w) over ln w, w = 4..n/10, cut at a plateau; NaN below 160 samples, for a constant; O(n²)",
            |_| Box::new(Exponent(detrended_fluctuations)),
        ),
        Calculator::group(
            "tsfel_hurst_exponent",
            &[],
            "slope of log R/S over log w, w = 4..n/10; NaN below 160 samples and for a constant; O(n²)",
            |_| Box::new(Exponent(rescaled_range)),
        ),
        Calculator::scalar(
            "tsfel_petrosian_fractal_dimension",
            &[],
            "log10 n / (log10 n + log10(n / (n + 0.4 changes of the slope's sign, -1, 0 or 1)))",
            |_| Needs::new().diff(),
            |s, _| petrosian(s),
        ),
    ]
}

fn petrosian(s: &Shared<'_>) -> f64 {
    let n = s.len() as f64;
    let changes = s.diff().windows(2).filter(|d| (d[0] > 0.0) != (d[1] > 0.0) || (d[0] < 0.0) != (d[1] < 0.0)).count();
    n.log10() / (n.log10() + (n / (n + 0.4 * changes as f64)).log10())
}

/// An exponent from the samples and two arrays of their length.
struct Exponent(fn(&[f64], &mut [f64], &mut [f64]) -> f64);

impl Kernel for Exponent {
    fn needs(&self) -> Needs {
        Needs::new()
    }

    fn run(&self, shared: &Shared<'_>, scratch: &mut Scratch, out: &mut [f64]) {
        let x = shared.samples();
        let value = if x.len() < SHORTEST_FRACTAL || numpy::all_equal(x) {
            f64::NAN
        } else {
            let (first, second) = scratch.two(x.len(), x.len());
            (self.0)(x, first, second)
        };
        out.fill(value);
    }
}

/// The exponent of the detrended fluctuations of the running sum.
fn detrended_fluctuations(x: &[f64], sums: &mut [f64], logs: &mut [f64]) -> f64 {
    let mean = numpy::mean(x);
    let mut running = 0.0;
    for (sum, v) in sums.iter_mut().zip(x) {
        running += v - mean;
        *sum = running;
    }
    let logs = &mut logs[..x.len() / 10 + 1 - SHORTEST_PIECE];
    for (i, log) in logs.iter_mut().enumerate() {
        let piece = SHORTEST_PIECE + i;
        let pieces = sums.chunks_exact(piece);
        let count = pieces.len() as f64;
        let left: f64 = pieces.map(without_line).sum();
        *log = (left / (count * piece as f64)).sqrt().ln();
    }
    let kept = &logs[..plateau(logs)];
    let points = kept.iter().enumerate().map(|(i, &log)| (((SHORTEST_PIECE + i) as f64).ln(), log));
    line_through(points).map_or(f64::NAN, |(slope, _)| slope)
}

/// Sum of squares of what a least-squares line leaves of the values.
fn without_line(y: &[f64]) -> f64 {
    let n = y.len() as f64;
    let first = y.first().copied().unwrap_or(0.0);
    let centre = 0.5 * (n - 1.0);
    let mean = lanes::sum_by(y, |v| v - first) / n;
    let mut rise = [0.0; lanes::LANES];
    let mut place = -centre;
    for chunk in y.chunks(lanes::LANES) {
        for (k, (r, v)) in rise.iter_mut().zip(chunk).enumerate() {
            *r += (place + k as f64) * (v - first - mean);
        }
        place += lanes::LANES as f64;
    }
    let slope = lanes::sum(&rise) / (n * (n * n - 1.0) / 12.0);
    let mut left = [0.0; lanes::LANES];
    let mut place = -centre;
    for chunk in y.chunks(lanes::LANES) {
        for (k, (l, v)) in left.iter_mut().zip(chunk).enumerate() {
            let d = v - first - mean - slope * (place + k as f64);
            *l += d * d;
        }
        place += lanes::LANES as f64;
    }
    lanes::sum(&left)
}

/// Where five steps in a row are below 0.1 and the values there stand above the mean of all; the length if nowhere.
fn plateau(y: &[f64]) -> usize {
    const STEPS: usize = 5;
    const FLAT: f64 = 0.1;
    let mean = numpy::mean(y);
    let mut flat = 0;
    for (i, step) in y.windows(2).map(|p| p[1] - p[0]).enumerate() {
        flat = if step.abs() < FLAT { flat + 1 } else { 0 };
        if flat >= STEPS {
            let start = i + 1 - STEPS;
            if numpy::mean(&y[start..start + STEPS]) > mean {
                return start;
            }
        }
    }
    y.len()
}

/// The exponent of the rescaled range.
fn rescaled_range(x: &[f64], logs: &mut [f64], _: &mut [f64]) -> f64 {
    let logs = &mut logs[..x.len() / 10 + 1 - SHORTEST_PIECE];
    for (i, log) in logs.iter_mut().enumerate() {
        let pieces = x.chunks_exact(SHORTEST_PIECE + i);
        let count = pieces.len() as f64;
        *log = (pieces.map(range_over_deviation).sum::<f64>() / count).log10();
    }
    let points = logs.iter().enumerate().map(|(i, &log)| (((SHORTEST_PIECE + i) as f64).log10(), log));
    line_through(points.filter(|p| p.1.is_finite())).map_or(f64::NAN, |(slope, _)| slope)
}

/// Range of the running sum of the values less their mean, over their standard deviation. NaN or infinite without
/// spread: the mean is NumPy's to the bit, as it decides which of them.
fn range_over_deviation(x: &[f64]) -> f64 {
    let mean = numpy::mean(x);
    let (mut sum, mut low, mut high) = (0.0_f64, f64::INFINITY, f64::NEG_INFINITY);
    for v in x {
        sum += v - mean;
        low = if sum < low { sum } else { low };
        high = if sum > high { sum } else { high };
    }
    let deviation = (lanes::sum_squared_deviations(x, mean) / x.len() as f64).sqrt();
    (high - low) / deviation
}
