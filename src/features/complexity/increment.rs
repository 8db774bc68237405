//! Increment entropy: how evenly words of the signs and sizes of steps are used.
//!
//! # Formula
//! Words are m steps v = x[i + 1] - x[i], `delay` samples apart. Each step is coded as its sign times its size,
//! min(R, ⌊|v| R / s⌋), where s is the standard deviation (divisor m - 1) of the steps of that word and R the
//! `resolution`; where s is 0 all sizes are 0. -Σ p log₂ p, bits; `normalised` divides by m - 1.
//!
//! The scale is that of each word: the value does not change with the scale of the samples, sees steps that
//! differ from their neighbours, and costs O(n m).
//!
//! # Source
//! X. Liu, A. Jiang, N. Xu & J. Xue, Increment entropy as a measure of complexity for time series, *Entropy* 18 (2016) 22.
//! EntropyHub's `IncrEn`.
//!
//! # NaN
//! A window without a word; steps that overflow.

use super::words::{Words, vocabulary};
use super::{Each, MAX_DELAY};
use crate::features::calculator::{Calculator, Param};
use crate::features::shared::{Needs, Shared};

/// The table of this file.
pub(super) fn calculators() -> Vec<Calculator> {
    const PARAMS: &[Param] = &[
        Param::int("delay", 1, MAX_DELAY).or("1"),
        Param::int("m", 2, 10).or("2"),
        Param::bool("normalised").or("False"),
        Param::int("resolution", 1, 20).or("4"),
    ];
    vec![Calculator::group(
        "increment_entropy",
        PARAMS,
        "-Σ p log2 p over words of m steps, each its sign and its size in the word's standard deviation / resolution; bits",
        |args| {
            let spec = |a: &crate::features::spec::Args| Spec {
                delay: a.count(0),
                m: a.count(1),
                normalised: a.bool(2),
                resolution: a.count(3),
            };
            Each::boxed(args, spec, Needs::new().diff(), value)
        },
    )]
}

struct Spec {
    delay: usize,
    m: usize,
    normalised: bool,
    resolution: usize,
}

fn value(shared: &Shared<'_>, spec: &Spec, words: &mut Words) -> f64 {
    let steps = shared.diff();
    let number = steps.len().saturating_sub((spec.m - 1).saturating_mul(spec.delay));
    if !steps.iter().all(|v| v.is_finite()) {
        return f64::NAN;
    }
    let base = 2 * spec.resolution as u64 + 1;
    let list = (0..number).map(|i| word(steps, i, spec));
    let entropy = words.entropy(list, number, vocabulary(base, spec.m)) / 2_f64.ln();
    if spec.normalised { entropy / (spec.m - 1) as f64 } else { entropy }
}

/// The word of the steps from `i`.
fn word(steps: &[f64], i: usize, spec: &Spec) -> u64 {
    let (m, r) = (spec.m as f64, spec.resolution as f64);
    let of_word = || (0..spec.m).map(|k| steps[i + k * spec.delay]);
    let mean = of_word().sum::<f64>() / m;
    let deviation = (of_word().map(|v| (v - mean) * (v - mean)).sum::<f64>() / (m - 1.0)).sqrt();
    of_word().fold(0, |word, v| {
        let size = if deviation > 0.0 { (v.abs() * r / deviation).floor().min(r) } else { 0.0 };
        let symbol = if v < 0.0 { r - size } else { r + size };
        word * (2 * spec.resolution as u64 + 1) + symbol as u64
    })
}
