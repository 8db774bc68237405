//! Cosine similarity entropy: how undecided it is whether two pieces of the series point the same way.
//!
//! # Formula
//! The templates of `m` samples, `delay` apart, are vectors; two are similar when the angle between them is below r π.
//! With p the share of the similar pairs: -p log₂ p - (1 - p) log₂(1 - p), bits. Angles do not change with the scale of
//! the samples and hardly with spikes; they do change with an offset: take the mean out first (a high-pass does),
//! or set `centred`.
//!
//! # Source
//! T. Chanwimalueang & D. P. Mandic, Cosine similarity entropy: self-correlation-based complexity analysis of dynamical
//! systems, *Entropy* 19 (2017) 652. EntropyHub's `CoSiEn`; like there, angles are rounded to 10⁻⁶ π, so that an angle of
//! r π but for rounding does not count. Not like there, parallel templates always count as similar: the arc cosine
//! of a cosine that rounding has taken beyond 1 is not a number, and EntropyHub leaves these pairs out.
//!
//! # Cost
//! O(n² m) time, O(n m) memory.
//!
//! # NaN
//! No pair or all pairs similar; fewer than two templates. A template of zeros is similar to none.

use super::{Each, MAX_DELAY};
use crate::features::calculator::{Calculator, Param};
use crate::features::shared::{Needs, Shared};

/// The table of this file.
pub(super) fn calculators() -> Vec<Calculator> {
    const PARAMS: &[Param] = &[
        Param::bool("centred").or("False"),
        Param::int("delay", 1, MAX_DELAY).or("1"),
        Param::int("m", 2, 20).or("2"),
        Param::float("r", 0.0, 1.0).or("0.1"),
    ];
    vec![Calculator::group(
        "cosine_similarity_entropy",
        PARAMS,
        "entropy of whether the angle of two templates of m samples is below r pi, bits; centred: of samples less their mean",
        |args| {
            let spec = |a: &crate::features::spec::Args| Spec {
                centred: a.bool(0),
                delay: a.count(1),
                m: a.count(2),
                r: a.float(3),
            };
            Each::boxed(args, spec, Needs::new().centred(), value)
        },
    )]
}

struct Spec {
    centred: bool,
    delay: usize,
    m: usize,
    r: f64,
}

#[derive(Default)]
struct Room {
    /// Unit vectors, all first coordinates, then all second ones.
    units: Vec<f64>,
    cosines: Vec<f64>,
}

fn value(shared: &Shared<'_>, spec: &Spec, room: &mut Room) -> f64 {
    let Room { units, cosines } = room;
    let x = if spec.centred { shared.centred() } else { shared.samples() };
    let m = spec.m;
    let templates = x.len().saturating_sub((m - 1).saturating_mul(spec.delay));
    if templates < 2 {
        return f64::NAN;
    }
    units.clear();
    units.resize(m * templates, 0.0);
    for i in 0..templates {
        let template = || (0..m).map(|k| x[i + k * spec.delay]);
        // By the largest, so that no square overflows; a template of zeros becomes NaN, which is above no cosine.
        let largest = template().fold(0.0, |a: f64, v| a.max(v.abs()));
        let norm = template().map(|v| (v / largest) * (v / largest)).sum::<f64>().sqrt();
        for (k, v) in template().enumerate() {
            units[k * templates + i] = v / largest / norm;
        }
    }
    // Rounded to six digits, an angle is below r when it is below r - 5e-7.
    let least = if spec.r > 5e-7 { (std::f64::consts::PI * (spec.r - 5e-7)).cos() } else { f64::INFINITY };
    let mut similar = 0_u64;
    for i in 0..templates - 1 {
        cosines.clear();
        cosines.resize(templates - i - 1, 0.0);
        for unit in units.chunks_exact(templates) {
            for (cosine, v) in cosines.iter_mut().zip(&unit[i + 1..]) {
                *cosine += unit[i] * v;
            }
        }
        similar += cosines.iter().map(|c| u64::from(*c > least)).sum::<u64>();
    }
    let pairs = templates as f64 * (templates as f64 - 1.0) / 2.0;
    let p = similar as f64 / pairs;
    if p > 0.0 && p < 1.0 { -p * p.log2() - (1.0 - p) * (1.0 - p).log2() } else { f64::NAN }
}
