//! Attention entropy: how evenly the distances between peaks are used.
//!
//! # Formula
//! The mean of four entropies -Σ p log₂ p, bits: of the distances, in samples, from maximum to maximum, from minimum
//! to minimum, from maximum to the next minimum and from minimum to the next maximum. A plateau above both its
//! neighbours is a maximum at its middle. No parameter; O(n).
//!
//! # Source
//! J. Yang, G. I. Choudhary, S. Rahardja & P. Fränti, Classification of interbeat interval time-series using attention
//! entropy, *IEEE Trans. Affect. Comput.* 14 (2023) 321. EntropyHub's `AttnEn`.
//!
//! # NaN
//! Fewer than two maxima or two minima.

use super::{Each, entropy_of_counts};
use crate::features::calculator::Calculator;
use crate::features::shared::{Needs, Shared};

/// The table of this file.
pub(super) fn calculators() -> Vec<Calculator> {
    vec![Calculator::group(
        "attention_entropy",
        &[],
        "mean entropy of the distances between maxima, between minima, and from one kind to the other, bits",
        |args| Each::boxed(args, |_| (), Needs::new(), value),
    )]
}

#[derive(Default)]
struct Room {
    maxima: Vec<u32>,
    minima: Vec<u32>,
    both: Vec<u32>,
    counts: Vec<u32>,
}

fn value(shared: &Shared<'_>, (): &(), room: &mut Room) -> f64 {
    let Room { maxima, minima, both, counts } = room;
    let x = shared.samples();
    find(x, maxima, |a, b| a < b);
    find(x, minima, |a, b| a > b);
    // Maxima and minima take turns.
    both.clear();
    both.reserve(x.len());
    both.extend(maxima.iter().chain(&*minima));
    both.sort_unstable();
    counts.resize(x.len(), 0);
    if maxima.len() < 2 || minima.len() < 2 {
        return f64::NAN;
    }
    let mut entropy = |places: &[u32], first: usize, step: usize| {
        counts.fill(0);
        let pairs = places.windows(2).skip(first).step_by(step);
        pairs.for_each(|p| counts[(p[1] - p[0]) as usize] += 1);
        entropy_of_counts(counts)
    };
    let sum = entropy(maxima, 0, 1) + entropy(minima, 0, 1) + entropy(both, 0, 2) + entropy(both, 1, 2);
    sum / 4.0 / 2_f64.ln()
}

/// Places of the samples, or middles of the plateaus, above both neighbours; `below(a, b)` says that b is above a.
#[expect(clippy::float_cmp, reason = "a plateau has equal samples, not close ones")]
fn find(x: &[f64], places: &mut Vec<u32>, below: impl Fn(f64, f64) -> bool) {
    places.clear();
    // As many as there can be: the next window may have more.
    places.reserve(x.len());
    let mut i = 1;
    while i + 1 < x.len() {
        let from = i;
        while i + 1 < x.len() && x[i + 1] == x[from] {
            i += 1;
        }
        if i + 1 < x.len() && below(x[from - 1], x[from]) && below(x[i + 1], x[from]) {
            places.push((from + (i - from) / 2) as u32);
        }
        i += 1;
    }
}
