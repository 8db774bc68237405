//! Slope entropy: how evenly words of flat, gentle and steep steps are used.
//!
//! # Formula
//! A step x[i + delay] - x[i] has an angle, arctan; it is flat up to `low` degrees, gentle up to `high`, steep above,
//! rising or falling: five symbols. Words are m - 1 of them one after the other; -Σ p log₂ p, bits.
//!
//! The angles depend on the unit of the samples (a step of 1 unit has 45°): choose them for the sensor, or scale the
//! samples. O(n m).
//!
//! # Source
//! D. Cuesta-Frau, Slope entropy: a new time series complexity estimator based on both symbolic patterns and amplitude
//! information, *Entropy* 21 (2019) 1167. EntropyHub's `SlopEn`.
//!
//! # NaN
//! A window without a word.

use super::words::{Words, vocabulary, words};
use super::{Each, MAX_DELAY};
use crate::features::calculator::{Calculator, Param};
use crate::features::shared::{Needs, Shared};

/// The table of this file.
pub(super) fn calculators() -> Vec<Calculator> {
    const PARAMS: &[Param] = &[
        Param::int("delay", 1, MAX_DELAY).or("1"),
        Param::float("high", 0.0, 90.0).or("45.0"),
        Param::float("low", 0.0, 90.0).or("5.0"),
        Param::int("m", 2, 20).or("2"),
    ];
    vec![Calculator::group(
        "slope_entropy",
        PARAMS,
        "-Σ p log2 p over words of m-1 steps: flat up to `low` degrees, gentle up to `high`, steep, rising or falling; bits",
        |args| {
            let spec = |a: &crate::features::spec::Args| Spec {
                delay: a.count(0),
                high: a.float(1),
                low: a.float(2),
                m: a.count(3),
            };
            Each::boxed(args, spec, Needs::new(), value)
        },
    )]
}

struct Spec {
    delay: usize,
    high: f64,
    low: f64,
    m: usize,
}

#[derive(Default)]
struct Room {
    symbols: Vec<u8>,
    words: Words,
}

fn value(shared: &Shared<'_>, spec: &Spec, room: &mut Room) -> f64 {
    let Room { symbols, words: counter } = room;
    let x = shared.samples();
    symbols.clear();
    symbols.extend(x.iter().skip(spec.delay).zip(x).map(|(late, early)| {
        let angle = (late - early).atan().to_degrees();
        let steep = u8::from(angle.abs() > spec.low) + u8::from(angle.abs() > spec.high.max(spec.low));
        if angle > 0.0 { 2 + steep } else { 2 - steep }
    }));
    let list = words(symbols, 5, spec.m - 1, 1);
    let number = list.len();
    counter.entropy(list, number, vocabulary(5, spec.m - 1)) / 2_f64.ln()
}
