//! What an operator looks for in a process value: where the level is now, when it stepped, and whether the sensor
//! itself is alive.
//!
//! # Formulas
//! EWMA: y[i] = (1 - α) y[i-1] + α x[i]; with `adjust` the weights (1 - α)^k are divided by their sum (as pandas),
//! otherwise y[0] = x[0]. CUSUM: S(k) = Σ_{i<k} (x[i] - x̄) over s √n, s the deviation with divisor n, which begins and
//! ends at 0; the largest |S| tells of a step, its place where, and max S - min S is Hurst's rescaled range over √n. Under
//! white noise the 95 % point of `cusum_max` is 1.36 (Kolmogorov), of `cusum_range` 1.75 (Kuiper). The `step_size` is the
//! mean after the place of the largest |S| less the mean before it.
//!
//! Load cycles (thermal, pressure) are those of [`rainflow`](crate::signal::rainflow::rainflow); the damage is proportional
//! to what Miner's rule adds up for an S-N curve of that exponent.
//!
//! Stuck, saturated, missing: `stuck_run_length`, `unchanged_share`, `saturation_share`, `gap_share`, `longest_gap` and
//! `out_of_range_share` count samples, and do so also in windows with missing samples (NaN or infinite). Shares are of
//! the samples that are there, except `gap_share`.
//!
//! # Sources
//! S. W. Roberts, Control chart tests based on geometric moving averages (1959); E. S. Page, Continuous inspection
//! schemes (1954); H. E. Hurst (1951); N. H. Kuiper (1960).
//!
//! # Cost and NaN
//! O(n). CUSUM features of a constant and shares of nothing are NaN.

use super::crossings::longest_run;
use crate::features::calculator::{Calculator, Kernel, Param};
use crate::features::shared::{Needs, Scratch, Shared};
use crate::features::spec::Args;
use crate::math::lanes;
use crate::signal::rainflow::{cycle_count, range_power_sum};

/// The table of this family.
pub(crate) fn calculators() -> Vec<Calculator> {
    const EWMA: &[Param] = &[Param::bool("adjust").or("True"), Param::float("alpha", 1e-9, 1.0)];
    const ALPHA: &[Param] = &[Param::float("alpha", 1e-9, 1.0)];
    const LIMITS: &[Param] = &[Param::float("high", f64::MIN, f64::MAX), Param::float("low", f64::MIN, f64::MAX)];
    const EXPONENT: &[Param] = &[Param::float("exponent", 0.0, 100.0)];
    let plain: fn(&Args) -> Needs = |_| Needs::new();
    let rainflow: fn(&Args) -> Needs = |_| Needs::new().rainflow();
    vec![
        Calculator::scalar(
            "rainflow_cycles",
            &[],
            "number of load cycles by rainflow counting (ASTM E1049), halves counted as 0.5",
            rainflow,
            |s, _| cycle_count(s.cycles()),
        ),
        Calculator::scalar(
            "rainflow_damage",
            EXPONENT,
            "sum of count range^exponent over the rainflow cycles: damage by Miner's rule, unit to the exponent",
            rainflow,
            |s, a| range_power_sum(s.cycles(), a.float(0)),
        ),
        Calculator::scalar(
            "rainflow_max_range",
            &[],
            "largest range of the rainflow cycles, unit of the signal; 0 if there is none",
            rainflow,
            |s, _| s.cycles().iter().fold(0.0, |most, c| most.max(c.range)),
        ),
        Calculator::scalar(
            "ewma",
            EWMA,
            "exponentially weighted moving average at the end of the window, unit of the signal",
            plain,
            |s, a| ewma(s.samples(), a.bool(0), a.float(1)),
        ),
        Calculator::scalar(
            "ewma_shift",
            ALPHA,
            "(adjusted EWMA at the end - mean) / standard deviation; NaN for a constant",
            |_| Needs::new().moments(),
            |s, a| {
                if s.moments().is_constant() {
                    return f64::NAN;
                }
                (ewma(s.samples(), true, a.float(0)) - s.mean()) / s.variance().sqrt()
            },
        ),
        cusum("cusum_max", "largest |S(k)|; above 1.36 in 5 % of windows of white noise", |args| {
            Box::new(Cusum { wanted: vec![CusumPart::Max; args.len()] })
        }),
        cusum("cusum_range", "max S(k) - min S(k); above 1.75 in 5 % of windows of white noise", |args| {
            Box::new(Cusum { wanted: vec![CusumPart::Range; args.len()] })
        }),
        cusum("cusum_location", "k / n of the largest |S(k)|: where the level stepped, if it did", |args| {
            Box::new(Cusum { wanted: vec![CusumPart::Location; args.len()] })
        }),
        cusum("step_size", "mean after the largest |S(k)| less mean before it, unit of the signal", |args| {
            Box::new(Cusum { wanted: vec![CusumPart::Step; args.len()] })
        }),
        Calculator::scalar("stuck_run_length", &[], "longest run of equal samples, samples", plain, |s, _| {
            stuck_run_length(s.samples())
        })
        .reading_missing(),
        Calculator::scalar(
            "unchanged_share",
            &[],
            "share of neighbours, both present, that are equal",
            plain,
            |s, _| unchanged_share(s.samples()),
        )
        .reading_missing(),
        Calculator::scalar(
            "saturation_share",
            &[],
            "share of the present samples that equal their maximum or minimum: clipping, or few levels",
            plain,
            |s, _| {
                let (low, high) = present(s.samples())
                    .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), v| (low.min(v), high.max(v)));
                share(s.samples(), |v| v <= low || v >= high)
            },
        )
        .reading_missing(),
        Calculator::scalar(
            "out_of_range_share",
            LIMITS,
            "share of the present samples at or beyond the limits of the sensor: x <= low or x >= high",
            plain,
            |s, a| {
                let (high, low) = (a.float(0), a.float(1));
                share(s.samples(), |v| v <= low || v >= high)
            },
        )
        .reading_missing(),
        Calculator::scalar(
            "gap_share",
            &[],
            "share of the samples that are missing (NaN or infinite)",
            plain,
            |s, _| (s.len() - present(s.samples()).count()) as f64 / s.len() as f64,
        )
        .reading_missing(),
        Calculator::scalar("longest_gap", &[], "longest run of missing samples, samples", plain, |s, _| {
            longest_run(s.samples(), |v| !v.is_finite())
        })
        .reading_missing(),
    ]
}

fn cusum(name: &'static str, about: &'static str, build: fn(&[&Args]) -> Box<dyn Kernel>) -> Calculator {
    Calculator::group(name, &[], about, build)
}

/// EWMA at the last sample; NaN when empty.
fn ewma(x: &[f64], adjust: bool, alpha: f64) -> f64 {
    let Some((&first, rest)) = x.split_first() else { return f64::NAN };
    if !adjust {
        return rest.iter().fold(first, |level, v| level + alpha * (v - level));
    }
    // The weights of all samples so far, that of the newest being 1.
    let mut weights = 1.0;
    rest.iter().fold(first, |level, v| {
        weights = weights * (1.0 - alpha) + 1.0;
        level + (v - level) / weights
    })
}

fn present(x: &[f64]) -> impl Iterator<Item = f64> + '_ {
    x.iter().copied().filter(|v| v.is_finite())
}

/// Share of the present samples that `counts`; NaN when none is present.
fn share(x: &[f64], counts: impl Fn(f64) -> bool) -> f64 {
    let (mut of, mut all) = (0_usize, 0_usize);
    for v in present(x) {
        all += 1;
        of += usize::from(counts(v));
    }
    of as f64 / all as f64
}

/// Whether both are present and equal.
fn same(a: f64, b: f64) -> bool {
    a.is_finite() && a >= b && a <= b
}

/// Longest run of equal present samples.
fn stuck_run_length(x: &[f64]) -> f64 {
    let (mut run, mut longest) = (0_usize, 0);
    let mut last = f64::NAN;
    for &v in x {
        run = if same(v, last) { run + 1 } else { usize::from(v.is_finite()) };
        longest = longest.max(run);
        last = v;
    }
    longest as f64
}

fn unchanged_share(x: &[f64]) -> f64 {
    let (mut of, mut all) = (0_usize, 0_usize);
    for (&a, &b) in x.iter().zip(x.iter().skip(1)) {
        all += usize::from(a.is_finite() && b.is_finite());
        of += usize::from(same(a, b));
    }
    of as f64 / all as f64
}

#[derive(Debug, Clone, Copy)]
enum CusumPart {
    Max,
    Range,
    Location,
    Step,
}

struct Cusum {
    wanted: Vec<CusumPart>,
}

impl Kernel for Cusum {
    fn needs(&self) -> Needs {
        Needs::new().centred()
    }

    fn run(&self, shared: &Shared<'_>, _: &mut Scratch, out: &mut [f64]) {
        if shared.moments().is_constant() || shared.is_empty() {
            out.fill(f64::NAN);
            return;
        }
        let (mut sum, mut low, mut high) = (0.0, 0.0_f64, 0.0_f64);
        let (mut largest, mut at) = (0.0, 0);
        for (k, v) in shared.centred().iter().enumerate() {
            sum += v;
            low = low.min(sum);
            high = high.max(sum);
            if f64::abs(sum) > largest {
                largest = sum.abs();
                at = k + 1;
            }
        }
        if !(largest.is_finite() && sum.is_finite()) {
            out.fill(f64::NAN);
            return;
        }
        let n = shared.len() as f64;
        let scale = shared.variance().sqrt() * n.sqrt();
        let x = shared.samples();
        for (out, part) in out.iter_mut().zip(&self.wanted) {
            *out = match part {
                CusumPart::Max => largest / scale,
                CusumPart::Range => (high - low) / scale,
                CusumPart::Location => at as f64 / n,
                CusumPart::Step => lanes::mean(&x[at..]) - lanes::mean(&x[..at]),
            };
        }
    }
}

#[cfg(test)]
#[allow(clippy::float_cmp)] // exact values are meant
mod tests {
    use super::*;

    #[test]
    fn runs_stop_at_missing_samples() {
        let nan = f64::NAN;
        assert_eq!(stuck_run_length(&[1.0, 1.0, nan, 1.0, 1.0, 1.0, nan]), 3.0);
        assert_eq!(stuck_run_length(&[nan, nan]), 0.0);
        assert_eq!(unchanged_share(&[1.0, 1.0, nan, 1.0, 2.0]), 0.5);
    }

    #[test]
    fn ewma_is_the_weighted_mean() {
        let x = [1.0, 3.5, 2.25, 7.0, -1.5];
        let alpha: f64 = 0.1;
        let weights: Vec<f64> = (0..5).map(|i| (1.0 - alpha).powi(4 - i)).collect();
        let expected = x.iter().zip(&weights).map(|(v, w)| v * w).sum::<f64>() / weights.iter().sum::<f64>();
        assert!((ewma(&x, true, alpha) - expected).abs() < 1e-14);
        let plain = x[1..].iter().fold(x[0], |y, v| (1.0 - alpha) * y + alpha * v);
        assert!((ewma(&x, false, alpha) - plain).abs() < 1e-14);
        assert_eq!(ewma(&x, true, 1.0), -1.5);
    }
}
