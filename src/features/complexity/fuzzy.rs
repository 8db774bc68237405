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
        Param::float("r", 1e-30, 1e30).or("0.2"),
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
    let inverse = r.recip();
    let mut similarity = |m| {
        if spec.power.to_bits() == 2.0_f64.to_bits() {
            total(x, templates, m, spec.delay, room, |d| {
                let d = d * inverse;
                exp_of_minus(d * d)
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
        // First all of them, then the sum: the loop over a plain slice runs in vectors.
        distances.iter_mut().for_each(|d| *d = f(*d));
        sum += lanes::sum(distances);
    }
    sum
}

/// e^-t for t >= 0 to the last digit or two, without a branch, so that it runs in vectors: 2^-k e^s with |s| <= ln(2) / 2
/// and the Taylor polynomial of e^s.
#[inline]
fn exp_of_minus(t: f64) -> f64 {
    // Adding it rounds to a whole number, which then stands in the low bits.
    const ROUND: f64 = 1.5 * (1_u64 << 52) as f64;
    // The upper bits of ln 2: products with whole numbers below 2^11 are exact.
    const LN_2_HIGH: f64 = 6.931_471_803_691_238e-1;
    const LN_2_LOW: f64 = 1.908_214_929_270_587_7e-10;
    const INVERSE_FACTORIALS: [f64; 14] = [
        1.0,
        1.0,
        1.0 / 2.0,
        1.0 / 6.0,
        1.0 / 24.0,
        1.0 / 120.0,
        1.0 / 720.0,
        1.0 / 5_040.0,
        1.0 / 40_320.0,
        1.0 / 362_880.0,
        1.0 / 3_628_800.0,
        1.0 / 39_916_800.0,
        1.0 / 479_001_600.0,
        1.0 / 6_227_020_800.0,
    ];
    // Beyond it the result is no normal number: 0 here.
    let small = t < 708.0;
    let t = if small { t } else { 0.0 };
    let rounded = t * std::f64::consts::LOG2_E + ROUND;
    let k = rounded - ROUND;
    let s = (k * LN_2_HIGH - t) + k * LN_2_LOW;
    // Even and odd powers apart: two short chains of products instead of a long one.
    let square = s * s;
    let (mut even, mut odd) = (INVERSE_FACTORIALS[12], INVERSE_FACTORIALS[13]);
    for pair in INVERSE_FACTORIALS[..12].chunks_exact(2).rev() {
        even = even * square + pair[0];
        odd = odd * square + pair[1];
    }
    let sum = odd * s + even;
    let power = f64::from_bits((1023 - (rounded.to_bits() & 0xfff)) << 52);
    if small { sum * power } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exponentials_are_those_of_the_library() {
        for i in 0..200_000 {
            let t = f64::from(i) * 0.003_54;
            let (found, expected) = (exp_of_minus(t), (-t).exp());
            assert!((found - expected).abs() <= 6e-16 * expected, "{t}: {found:e} and {expected:e}");
        }
        assert_eq!(exp_of_minus(0.0).to_bits(), 1.0_f64.to_bits());
        assert_eq!(exp_of_minus(1e300).to_bits(), 0);
        assert_eq!(exp_of_minus(f64::INFINITY).to_bits(), 0);
    }
}
