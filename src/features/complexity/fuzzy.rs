//! Fuzzy entropy: sample entropy whose matches are a matter of degree.
//!
//! # Formula
//! Every template loses its own mean; d is the largest difference of two templates, and their similarity
//! exp(-(d / r)^p), r in standard deviations (divisor n) of the window. With φ(m) the mean similarity of the pairs of
//! the n - m delay templates of length m that have a next sample: FuzzyEn = ln φ(m) - ln φ(m + 1), nats.
//!
//! No pair is lost to a threshold: it is defined and steady where sample entropy jumps or has no match, on windows of
//! 50 to 200 samples and for small r; and without the mean of each template it does not see drift. It costs an exponential
//! a pair: about 20 ms for 2,048 samples, O(n²) time, O(n) memory. Above some thousand samples take sample entropy.
//!
//! # Source
//! W. Chen, Z. Wang, H. Xie & W. Yu, Characterization of surface EMG signal based on fuzzy entropy, *IEEE Trans. Neural
//! Syst. Rehabil. Eng.* 15 (2007) 266. EntropyHub's `FuzzEn` takes exp(-d^p / r) with r in the unit of the
//! samples: its r = 0.2, p = 2 is √0.2 / std here.
//!
//! # NaN
//! Fewer than two templates; a constant; similarities that all underflow.

use super::{Each, MAX_DELAY};
use crate::features::calculator::{Calculator, Param};
use crate::features::shared::{Needs, Shared};
use crate::math::lanes;

/// The table of this file.
pub(super) fn calculators() -> Vec<Calculator> {
    const PARAMS: &[Param] = &[
        Param::int("delay", 1, MAX_DELAY).or("1"),
        Param::int("m", 1, 20).or("2"),
        Param::float("p", 0.1, 100.0).or("2.0"),
        Param::float("r", 1e-6, 1e6).or("0.2"),
    ];
    vec![Calculator::group(
        "fuzzy_entropy",
        PARAMS,
        "ln φ(m) - ln φ(m+1), φ the mean exp(-(d/(r std))^p) of pairs of templates less their means, nats",
        |args| {
            let spec = |a: &crate::features::spec::Args| Spec {
                delay: a.count(0),
                m: a.count(1),
                power: a.float(2),
                r: a.float(3),
            };
            Each::boxed(args, spec, Needs::new().moments(), value)
        },
    )]
}

struct Spec {
    delay: usize,
    m: usize,
    power: f64,
    r: f64,
}

#[derive(Default)]
struct Room {
    means: Vec<f64>,
    distances: Vec<f64>,
}

fn value(shared: &Shared<'_>, spec: &Spec, room: &mut Room) -> f64 {
    let x = shared.samples();
    let r = spec.r * shared.variance().sqrt();
    let templates = x.len().saturating_sub(spec.m.saturating_mul(spec.delay));
    if templates < 2 || !r.is_finite() || r <= 0.0 {
        return f64::NAN;
    }
    let mut similarity = |m| {
        if spec.power == 2.0 {
            total(x, templates, m, spec.delay, room, |d| {
                let d = d / r;
                (-d * d).exp()
            })
        } else {
            total(x, templates, m, spec.delay, room, |d| (-(d / r).powf(spec.power)).exp())
        }
    };
    similarity(spec.m).ln() - similarity(spec.m + 1).ln()
}

/// The sum of the similarities of all pairs of templates of length m.
fn total(x: &[f64], templates: usize, m: usize, delay: usize, room: &mut Room, f: impl Fn(f64) -> f64) -> f64 {
    let Room { means, distances } = room;
    means.clear();
    means.extend((0..templates).map(|i| (0..m).map(|k| x[i + k * delay]).sum::<f64>() / m as f64));
    let mut sum = 0.0;
    for i in 0..templates - 1 {
        distances.clear();
        distances.resize(templates - i - 1, 0.0);
        for k in 0..m {
            let sample = x[i + k * delay] - means[i];
            let later = &x[i + 1 + k * delay..];
            for ((d, v), mean) in distances.iter_mut().zip(later).zip(&means[i + 1..]) {
                let difference = ((v - mean) - sample).abs();
                *d = if difference > *d { difference } else { *d };
            }
        }
        sum += lanes::sum_by(distances, &f);
    }
    sum
}
