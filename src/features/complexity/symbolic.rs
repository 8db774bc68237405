//! Symbolic dynamic entropy: how evenly the words of amplitude classes are used, and what follows them.
//!
//! # Formula
//! Classes: `c` with equally many samples each (maximum entropy partitioning). Words ("states") are `m` classes, `delay` samples
//! apart. With p(w) the share of word w and p(k|w) the share of class k as the one that follows it, m · delay samples
//! after its start: -Σ p(w) ln p(w) - Σ p(w) Σ ln(p(w) p(k|w)), the inner sum over the classes that do follow;
//! `normalised` (the default) divides by ln(c^(m+1)). The inner logarithms are not weighted by p(k|w): the value is not
//! bounded by 1.
//!
//! # Source
//! Y. Li, Y. Yang, G. Li, M. Xu & W. Huang, A fault diagnosis scheme for planetary gearboxes using modified multi-scale
//! symbolic dynamic entropy and mRMR feature selection, *Mech. Syst. Signal Process.* 91 (2017) 295; EntropyHub's
//! `SyDyEn`. O(n log n).
//!
//! # NaN
//! A window shorter than a word.

use super::words::{vocabulary, words};
use super::{Each, MAX_DELAY};
use crate::features::calculator::{Calculator, Param};
use crate::features::shared::{Needs, Shared};

/// The table of this file.
pub(super) fn calculators() -> Vec<Calculator> {
    const PARAMS: &[Param] = &[
        Param::int("c", 2, 20).or("3"),
        Param::int("delay", 1, MAX_DELAY).or("1"),
        Param::int("m", 1, 10).or("2"),
        Param::bool("normalised").or("True"),
    ];
    vec![Calculator::group(
        "symbolic_dynamic_entropy",
        PARAMS,
        "entropy of words of m of c equally full classes, and of what follows them; normalised: over ln(c^(m+1))",
        |args| {
            let spec = |a: &crate::features::spec::Args| Spec {
                c: a.count(0),
                delay: a.count(1),
                m: a.count(2),
                normalised: a.bool(3),
            };
            Each::boxed(args, spec, Needs::new().sorted(), value)
        },
    )]
}

struct Spec {
    c: usize,
    delay: usize,
    m: usize,
    normalised: bool,
}

#[derive(Default)]
struct Room {
    classes: Vec<u8>,
    /// Word and what follows it; the class beyond the last where nothing does.
    states: Vec<(u64, u8)>,
}

fn value(shared: &Shared<'_>, spec: &Spec, room: &mut Room) -> f64 {
    let Room { classes, states } = room;
    let (n, c, m) = (shared.len(), spec.c, spec.m);
    let sorted = shared.sorted();
    let list_len = n.saturating_sub((m - 1).saturating_mul(spec.delay));
    if list_len == 0 {
        return f64::NAN;
    }
    // The last sample of each class but the last begins the next class.
    let edge = |k: usize| sorted[((k * n) as f64 / c as f64).ceil() as usize - 1];
    let class = |v: f64| (1..c).map(|k| u8::from(v >= edge(k))).sum::<u8>();
    classes.clear();
    classes.extend(shared.samples().iter().map(|&v| class(v)));
    states.clear();
    let ahead = m.saturating_mul(spec.delay);
    states.extend(words(classes, c as u64, m, spec.delay).enumerate().map(|(i, word)| {
        let next = if i + ahead < list_len { classes[i + ahead] } else { c as u8 };
        (word, next)
    }));
    states.sort_unstable();
    let mut entropy = 0.0;
    for state in states.chunk_by(|a, b| a.0 == b.0) {
        let p = state.len() as f64 / list_len as f64;
        let followed = state.iter().filter(|s| usize::from(s.1) < c).count() as f64;
        entropy -= p * p.ln();
        for next in state.chunk_by(|a, b| a.1 == b.1).filter(|next| usize::from(next[0].1) < c) {
            entropy -= p * (p * (next.len() as f64 / followed)).ln();
        }
    }
    entropy += 0.0;
    if spec.normalised { entropy / (vocabulary(c as u64, m + 1) as f64).ln() } else { entropy }
}
