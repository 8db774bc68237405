//! Distribution entropy: how evenly the distances between pieces of the series fill their range.
//!
//! # Formula
//! d is the largest difference of two templates of `m` samples, `delay` apart; the distances of all pairs go into equal
//! bins from the smallest to the largest distance: -Σ p log₂ p over the bins; `normalised` (the default) divides by
//! log₂ of their number. `bins` = 0 (the default) is Sturges' rule, ⌈log₂(pairs) + 1⌉.
//!
//! All distances count, no radius is to be chosen: it is defined for windows of 50 samples. It says more about
//! the distribution of the amplitudes than about their order in time. O(n² m) time (two passes over the pairs, no memory for
//! them): about 8 ms for 2,048 samples.
//!
//! # Source
//! P. Li, C. Liu, K. Li, D. Zheng, C. Liu & Y. Hou, Assessing the complexity of short-term heartbeat interval series by
//! distribution entropy, *Med. Biol. Eng. Comput.* 53 (2015) 77. EntropyHub's `DistEn`.
//!
//! # NaN
//! Fewer than two pairs; distances that are all equal, or overflow.

use super::{Each, MAX_DELAY, entropy_of_counts};
use crate::features::calculator::{Calculator, Param};
use crate::features::shared::{Needs, Shared};
use crate::math::lanes;

/// The table of this file.
pub(super) fn calculators() -> Vec<Calculator> {
    const PARAMS: &[Param] = &[
        Param::int("bins", 0, 10_000).or("0"),
        Param::int("delay", 1, MAX_DELAY).or("1"),
        Param::int("m", 1, 20).or("2"),
        Param::bool("normalised").or("True"),
    ];
    vec![Calculator::group(
        "distribution_entropy",
        PARAMS,
        "-Σ p log2 p over equal bins of the distances of all pairs of templates; normalised: over log2(bins)",
        |args| {
            let spec = |a: &crate::features::spec::Args| Spec {
                bins: a.count(0),
                delay: a.count(1),
                m: a.count(2),
                normalised: a.bool(3),
            };
            Each::boxed(args, spec, Needs::new(), value)
        },
    )]
}

struct Spec {
    bins: usize,
    delay: usize,
    m: usize,
    normalised: bool,
}

#[derive(Default)]
struct Room {
    distances: Vec<f64>,
    edges: Vec<f64>,
    counts: Vec<u32>,
}

fn value(shared: &Shared<'_>, spec: &Spec, room: &mut Room) -> f64 {
    let Room { distances, edges, counts } = room;
    let x = shared.samples();
    let templates = x.len().saturating_sub((spec.m - 1).saturating_mul(spec.delay));
    let pairs = templates as f64 * (templates as f64 - 1.0) / 2.0;
    if templates < 3 {
        return f64::NAN;
    }
    let bins = if spec.bins > 0 { spec.bins } else { (pairs.log2() + 1.0).ceil() as usize };
    let (mut min, mut max) = (f64::INFINITY, 0.0_f64);
    for i in 0..templates - 1 {
        row(x, i, templates, spec, distances);
        let (low, high) = lanes::min_max(distances);
        min = min.min(low);
        max = max.max(high);
    }
    let (span, count) = (max - min, bins as f64);
    let step = span / count;
    if !span.is_finite() || step <= 0.0 {
        return f64::NAN;
    }
    // Bins as numpy has them: a guess, put right by the edges. The last edge belongs to the last bin: none is beyond it.
    edges.clear();
    edges.extend((0..bins).map(|k| k as f64 * step + min));
    edges.push(f64::INFINITY);
    counts.clear();
    counts.resize(bins, 0);
    let per_unit = count / span;
    for i in 0..templates - 1 {
        row(x, i, templates, spec, distances);
        for &d in &*distances {
            let guess = ((d - min) * per_unit) as i32 as usize;
            let k = guess.min(bins - 1);
            let k = k + usize::from(d >= edges[k + 1]) - usize::from(d < edges[k]);
            counts[k] += 1;
        }
    }
    let entropy = entropy_of_counts(counts);
    if spec.normalised { entropy / count.ln() } else { entropy / 2_f64.ln() }
}

/// The distances of template `i` to all later ones.
fn row(x: &[f64], i: usize, templates: usize, spec: &Spec, distances: &mut Vec<f64>) {
    distances.clear();
    distances.resize(templates - i - 1, 0.0);
    for k in 0..spec.m {
        let place = i + k * spec.delay;
        for (d, v) in distances.iter_mut().zip(&x[place + 1..]) {
            let difference = (v - x[place]).abs();
            *d = if difference > *d { difference } else { *d };
        }
    }
}
