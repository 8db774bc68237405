//! Where in the window things happen: crossings, peaks, strikes, extremes, the centre of mass.
//!
//! # Formulas
//! A crossing is a change of (x > m) between neighbours; the strict forms count neighbours of opposite sign only, so
//! that a sample on the line is no crossing. A peak of support n is larger than its n neighbours on both sides. A
//! strike is the longest run above (or below) the mean. Locations are shares of the window: the first by its index,
//! the last by the index after it.
//!
//! # Sources
//! tsfresh for the definitions under its names. Turning points: Kendall & Stuart, *The Advanced Theory of Statistics*
//! vol. 3 (white noise has 2 in 3). Slope sign changes: Hudgins, Parker & Scott, IEEE Trans. Biomed. Eng. 40 (1993).
//!
//! # Cost and NaN
//! O(n), peaks of all supports together O(n log n) at worst. Counts of windows that are too short are 0; shares of
//! them NaN.

use crate::features::calculator::{Calculator, Kernel, Param};
use crate::features::shared::{Needs, Scratch, Shared};
use crate::features::spec::Args;

/// The table of this family.
pub(crate) fn calculators() -> Vec<Calculator> {
    const M: &[Param] = &[Param::float("m", f64::MIN, f64::MAX)];
    const N: &[Param] = &[Param::int("n", 1, 1_000_000_000)];
    const Q: &[Param] = &[Param::float("q", 0.0, 1.0)];
    const THRESHOLD: &[Param] = &[Param::float("threshold", 0.0, f64::MAX).or("0.0")];
    let plain: fn(&Args) -> Needs = |_| Needs::new();
    let moments: fn(&Args) -> Needs = |_| Needs::new().moments();
    let diff: fn(&Args) -> Needs = |_| Needs::new().diff();
    vec![
        Calculator::scalar("longest_strike_above_mean", &[], "longest run of x > mean, samples", moments, |s, _| {
            let mean = s.mean();
            defined_at(mean, longest_run(s.samples(), |v| v > mean))
        }),
        Calculator::scalar("longest_strike_below_mean", &[], "longest run of x < mean, samples", moments, |s, _| {
            let mean = s.mean();
            defined_at(mean, longest_run(s.samples(), |v| v < mean))
        }),
        Calculator::scalar("first_location_of_maximum", &[], "first index of the maximum / n", moments, |s, _| {
            let max = s.moments().max;
            place(s, s.samples().iter().position(|&v| v >= max))
        }),
        Calculator::scalar("first_location_of_minimum", &[], "first index of the minimum / n", moments, |s, _| {
            let min = s.moments().min;
            place(s, s.samples().iter().position(|&v| v <= min))
        }),
        Calculator::scalar("last_location_of_maximum", &[], "(last index of the maximum + 1) / n", moments, |s, _| {
            let max = s.moments().max;
            1.0 - place(s, s.samples().iter().rev().position(|&v| v >= max))
        }),
        Calculator::scalar("last_location_of_minimum", &[], "(last index of the minimum + 1) / n", moments, |s, _| {
            let min = s.moments().min;
            1.0 - place(s, s.samples().iter().rev().position(|&v| v <= min))
        }),
        Calculator::group("number_peaks", N, "samples larger than their n neighbours on both sides", |args| {
            Box::new(Peaks { supports: args.iter().map(|a| a.count(0)).collect() })
        }),
        Calculator::scalar("number_crossing_m", M, "changes of x > m between neighbours", plain, |s, a| {
            let m = a.float(0);
            count_pairs(s.samples(), |p, q| (p > m) != (q > m))
        }),
        Calculator::scalar(
            "zero_crossing",
            &[],
            "changes of the sign, -1, 0 or 1, between neighbours (TSFEL's zero crossing rate)",
            plain,
            |s, _| count_pairs(s.samples(), |p, q| (p > 0.0) != (q > 0.0) || (p < 0.0) != (q < 0.0)),
        ),
        Calculator::scalar(
            "zero_crossing_strict",
            &[],
            "neighbours of opposite sign, both other than 0",
            plain,
            |s, _| opposite(s.samples(), 0.0),
        ),
        Calculator::scalar(
            "mean_crossing_strict",
            &[],
            "neighbours on opposite sides of the mean, neither on it",
            moments,
            |s, _| defined_at(s.mean(), opposite(s.samples(), s.mean())),
        ),
        Calculator::scalar("positive_turning_points", &[], "samples above both neighbours", diff, |s, _| {
            count_pairs(s.diff(), |p, q| p > 0.0 && q < 0.0)
        }),
        Calculator::scalar("negative_turning_points", &[], "samples below both neighbours", diff, |s, _| {
            count_pairs(s.diff(), |p, q| p < 0.0 && q > 0.0)
        }),
        Calculator::scalar(
            "turning_point_rate",
            &[],
            "share of inner samples above or below both neighbours; 2/3 for white noise, near 0 for a trend",
            diff,
            |s, _| {
                let inner = s.len().saturating_sub(2) as f64;
                count_pairs(s.diff(), |p, q| (p > 0.0 && q < 0.0) || (p < 0.0 && q > 0.0)) / inner
            },
        ),
        Calculator::scalar(
            "slope_sign_changes",
            THRESHOLD,
            "changes of the slope's sign with a step beyond the threshold on one side at least, unit of the signal",
            diff,
            |s, a| {
                let t = a.float(0);
                count_pairs(s.diff(), |p, q| {
                    ((p > 0.0 && q < 0.0) || (p < 0.0 && q > 0.0)) && (p.abs() >= t || q.abs() >= t)
                })
            },
        ),
        Calculator::group(
            "index_mass_quantile",
            Q,
            "share of the window after which the share q of sum |x| has passed; NaN if all are 0",
            |args| Box::new(MassQuantiles { shares: args.iter().map(|a| a.float(0)).collect() }),
        ),
    ]
}

/// The count, NaN when the level it was taken at overflowed.
fn defined_at(level: f64, count: f64) -> f64 {
    if level.is_finite() { count } else { f64::NAN }
}

/// Longest run of consecutive values for which `holds`.
pub(crate) fn longest_run(x: &[f64], holds: impl Fn(f64) -> bool) -> f64 {
    let (mut run, mut longest) = (0_usize, 0);
    for &v in x {
        run = if holds(v) { run + 1 } else { 0 };
        longest = longest.max(run);
    }
    longest as f64
}

/// Number of neighbours for which `counts`.
fn count_pairs(x: &[f64], counts: impl Fn(f64, f64) -> bool) -> f64 {
    x.iter().zip(x.iter().skip(1)).map(|(&p, &q)| usize::from(counts(p, q))).sum::<usize>() as f64
}

fn opposite(x: &[f64], level: f64) -> f64 {
    count_pairs(x, |p, q| ((p < level) & (q > level)) | ((p > level) & (q < level)))
}

/// An index as a share of the window; NaN when empty.
fn place(s: &Shared<'_>, index: Option<usize>) -> f64 {
    index.map_or(f64::NAN, |i| i as f64 / s.len() as f64)
}

/// Peaks of all supports from one walk: how far each local maximum stands out.
struct Peaks {
    supports: Vec<usize>,
}

impl Kernel for Peaks {
    fn needs(&self) -> Needs {
        Needs::new()
    }

    fn run(&self, shared: &Shared<'_>, scratch: &mut Scratch, out: &mut [f64]) {
        let x = shared.samples();
        let n = x.len();
        let widest = self.supports.iter().copied().max().unwrap_or(0);
        out.fill(0.0);
        let (_, maxima) = scratch.floats_and_indices(0, n);
        let mut count = 0;
        for (i, w) in x.windows(3).enumerate() {
            // Written in any case, kept if it counts: no branch to mispredict.
            maxima[count] = i + 1;
            count += usize::from((w[1] > w[0]) & (w[1] > w[2]));
        }
        for &i in &maxima[..count] {
            let v = x[i];
            let reach = widest.min(i).min(n - 1 - i);
            let support = (2..=reach).find(|&k| !(v > x[i - k] && v > x[i + k])).map_or(reach, |k| k - 1);
            for (out, &wanted) in out.iter_mut().zip(&self.supports) {
                *out += f64::from(u8::from(support >= wanted));
            }
        }
    }
}

/// All quantiles of the mass from one running sum.
struct MassQuantiles {
    shares: Vec<f64>,
}

impl Kernel for MassQuantiles {
    fn needs(&self) -> Needs {
        Needs::new()
    }

    fn run(&self, shared: &Shared<'_>, scratch: &mut Scratch, out: &mut [f64]) {
        let x = shared.samples();
        let mass = scratch.floats(x.len());
        let mut sum = 0.0;
        for (mass, v) in mass.iter_mut().zip(x) {
            sum += v.abs();
            *mass = sum;
        }
        for (out, &q) in out.iter_mut().zip(&self.shares) {
            // The running sum ends in the total, so that the last sample has reached every share.
            let before = mass.partition_point(|m| m / sum < q);
            *out = if sum > 0.0 && sum.is_finite() { (before + 1) as f64 / x.len() as f64 } else { f64::NAN };
        }
    }
}
