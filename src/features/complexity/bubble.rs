//! Bubble entropy: how evenly the numbers of swaps are used that sort pieces of the series.
//!
//! # Formula
//! With p the shares of the numbers of swaps that bubble sort needs for `m` samples, `delay` apart, and
//! H(m) = -ln Σ p² (Rényi's entropy of order 2): bEn = (H(m + 1) - H(m)) / ln((m + 1) / (m - 1)). Like permutation
//! entropy it knows orders only, with m (m - 1)/2 + 1 states instead of m!: a large m (10 to 20) needs no long window,
//! and it hardly depends on m. O(n m).
//!
//! # Source
//! G. Manis, M. Aktaruzzaman & R. Sassi, Bubble entropy: an entropy almost free of parameters, *IEEE Trans. Biomed.
//! Eng.* 64 (2017) 2711; EntropyHub's `BubbEn`.
//!
//! # NaN
//! A window shorter than m + 1 samples, `delay` apart.

use super::MAX_DELAY;
use super::ordinal::Patterns;
use super::words::Words;
use crate::features::calculator::{Calculator, Kernel, Param};
use crate::features::shared::{Needs, Scratch, Shared};

/// The table of this file.
pub(super) fn calculators() -> Vec<Calculator> {
    const PARAMS: &[Param] = &[Param::int("delay", 1, MAX_DELAY).or("1"), Param::int("m", 2, 100).or("10")];
    vec![Calculator::group(
        "bubble_entropy",
        PARAMS,
        "rise of Rényi's entropy of the swaps that sort m and m+1 samples, over ln((m+1)/(m-1))",
        |args| Box::new(Bubble { specs: args.iter().map(|a| (a.count(0), a.count(1))).collect() }),
    )]
}

struct Bubble {
    /// Delay and m.
    specs: Vec<(usize, usize)>,
}

#[derive(Default)]
struct Room {
    patterns: Patterns,
    words: Words,
}

impl Kernel for Bubble {
    fn needs(&self) -> Needs {
        Needs::new()
    }

    fn run(&self, shared: &Shared<'_>, scratch: &mut Scratch, out: &mut [f64]) {
        let Room { patterns, words } = scratch.own();
        for (out, &(delay, m)) in out.iter_mut().zip(&self.specs) {
            let mut before = f64::NAN;
            *out = f64::NAN;
            patterns.swaps(shared.samples(), delay, m + 1, |order, swaps| {
                if order == m {
                    before = renyi(swaps, order, words);
                } else if order == m + 1 {
                    *out = (renyi(swaps, order, words) - before) / ((m + 1) as f64 / (m - 1) as f64).ln();
                }
            });
        }
    }
}

fn renyi(swaps: &[u32], order: usize, words: &mut Words) -> f64 {
    let most = (order * (order - 1) / 2) as u64;
    let n = swaps.len() as f64;
    let mut sum = 0.0;
    words.counts(swaps.iter().map(|&s| u64::from(s)), swaps.len(), most + 1, |c| {
        let p = f64::from(c) / n;
        sum += p * p;
    });
    -f64::ln(sum)
}
