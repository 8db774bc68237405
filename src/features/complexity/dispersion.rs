//! Dispersion entropy: how evenly the words are used that the amplitude classes of neighbouring samples form.
//!
//! # Formula
//! A sample belongs to class k of `c` when k/c <= Φ((x - mean) / std) < (k + 1)/c, Φ the normal distribution; words are
//! `m` classes, `delay` samples apart. DispEn = -Σ p ln p, nats; `normalised` divides by ln(cᵐ).
//! `fluctuation`: words are the m - 1 differences of neighbouring classes, of which there are (2c - 1)^(m - 1): blind to
//! slow drift.
//!
//! It sees amplitudes, which permutation entropy does not, costs O(n m), and needs cᵐ well below n. Spikes widen the
//! standard deviation and lower it: an impact in noise is seen.
//!
//! # Sources
//! M. Rostaghi & H. Azami, Dispersion entropy: a measure for time-series analysis, *IEEE Signal Process. Lett.* 23
//! (2016) 610; H. Azami & J. Escudero, Amplitude- and fluctuation-based dispersion entropy, *Entropy* 20 (2018) 210.
//! EntropyHub's `DispEn` with its defaults.
//!
//! # NaN
//! A constant; a window shorter than a word; fluctuations of words of one class.

use super::words::{Words, vocabulary, words};
use super::{Each, MAX_DELAY};
use crate::features::calculator::{Calculator, Param};
use crate::features::shared::{Needs, Shared};
use crate::features::spec::Args;
use statrs::distribution::{ContinuousCDF, Normal};

/// The table of this file.
pub(super) fn calculators() -> Vec<Calculator> {
    const PARAMS: &[Param] = &[
        Param::int("c", 2, 20).or("3"),
        Param::int("delay", 1, MAX_DELAY).or("1"),
        Param::bool("fluctuation").or("False"),
        Param::int("m", 1, 10).or("2"),
        Param::bool("normalised").or("False"),
    ];
    vec![Calculator::group(
        "dispersion_entropy",
        PARAMS,
        "-Σ p ln p over words of m of c classes of the normal distribution, nats; normalised: over the logarithm of their number",
        |args| Each::boxed(args, Spec::new, Needs::new().moments(), value),
    )]
}

struct Spec {
    /// Where classes begin, in standard deviations from the mean; all but the first.
    edges: Vec<f64>,
    delay: usize,
    fluctuation: bool,
    m: usize,
    normalised: bool,
}

impl Spec {
    fn new(a: &Args) -> Self {
        let c = a.count(0);
        let normal = Normal::standard();
        // The middle is exactly the mean.
        let edge = |k: usize| if 2 * k == c { 0.0 } else { normal.inverse_cdf(k as f64 / c as f64) };
        Self {
            edges: (1..c).map(edge).collect(),
            delay: a.count(1),
            fluctuation: a.bool(2),
            m: a.count(3),
            normalised: a.bool(4),
        }
    }
}

#[derive(Default)]
struct Room {
    classes: Vec<u8>,
    words: Words,
}

fn value(shared: &Shared<'_>, spec: &Spec, room: &mut Room) -> f64 {
    let Room { classes, words: counter } = room;
    let (mean, deviation) = (shared.mean(), shared.variance().sqrt());
    if !deviation.is_finite() || deviation <= 0.0 || (spec.fluctuation && spec.m < 2) {
        return f64::NAN;
    }
    classes.clear();
    classes.extend(shared.samples().iter().map(|v| {
        let z = (v - mean) / deviation;
        spec.edges.iter().map(|e| u8::from(z >= *e)).sum::<u8>()
    }));
    let c = spec.edges.len() as u64 + 1;
    let (entropy, most) = if spec.fluctuation {
        let base = 2 * c - 1;
        let most = vocabulary(base, spec.m - 1);
        let number = classes.len().saturating_sub((spec.m - 1).saturating_mul(spec.delay));
        let list = (0..number).map(|i| {
            let class = |k: usize| u64::from(classes[i + k * spec.delay]);
            (1..spec.m).fold(0, |word, k| word * base + (class(k) + c - 1 - class(k - 1)))
        });
        (counter.entropy(list, number, most), most)
    } else {
        let most = vocabulary(c, spec.m);
        let list = words(classes, c, spec.m, spec.delay);
        let number = list.len();
        (counter.entropy(list, number, most), most)
    };
    if spec.normalised { entropy / (most as f64).ln() } else { entropy }
}
