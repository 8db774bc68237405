//! Permutation entropy: how evenly the orders of neighbouring samples are used.
//!
//! # Formula
//! Every `order` samples, `delay` apart, have a pattern: which is the smallest, the next, and so on, the earlier of
//! two equal samples first. With p the shares of the patterns, H = -Σ p log₂ p, bits, between 0 (one pattern) and
//! log₂(order!); `normalised` divides by that. Only the order counts: no threshold, no influence of offset, scale or
//! any rising transformation, and O(n): the first entropy to try on vibration. Take `order` with order! well below n
//! (3 to 6), and the delay so that `order · delay` samples span what is of interest; on an oversampled signal a delay
//! of 1 sees smoothness only. Signals with few distinct values (counters, coarse converters) have patterns from ties.
//!
//! Weighted: a pattern counts as much as the variance of its samples, so that noise on a quiet stretch does not weigh
//! as much as an impact. It is no longer blind to spikes.
//!
//! # Sources
//! C. Bandt & B. Pompe, Permutation entropy: a natural complexity measure for time series, *Phys. Rev. Lett.* 88
//! (2002) 174102; B. Fadlallah, B. Chen, A. Keil & J. Príncipe, Weighted-permutation entropy, *Phys. Rev. E* 87 (2013)
//! 022911.
//!
//! # Names
//! * `permen__delay_1__normalised_False__order_3` (antropy's `perm_entropy`, EntropyHub's `PermEn`) and
//!   `weighted_permen`.
//! * `permutation_entropy__dimension_3__tau_1` is tsfresh's: nats, and tau is not the delay inside a pattern but the
//!   step from one pattern to the next.
//!
//! # Method
//! A pattern is the number of earlier samples above each of its samples; these are counted once for all orders,
//! and the number of a pattern of order d + 1 is that of order d plus a term. O(n order) for all orders up to the
//! highest.
//!
//! # NaN
//! A window shorter than one pattern; weighted: a constant.

use super::MAX_DELAY;
use super::words::Words;
use crate::features::calculator::{Calculator, Kernel, Param};
use crate::features::shared::{Needs, Scratch, Shared};

/// 12! is the last that fits 32 bits.
const MAX_ORDER: i64 = 12;

/// The table of this file.
pub(super) fn calculators() -> Vec<Calculator> {
    const TSFRESH: &[Param] = &[Param::int("dimension", 2, MAX_ORDER), Param::int("tau", 1, 1_000_000_000)];
    const OWN: &[Param] = &[
        Param::int("delay", 1, MAX_DELAY).or("1"),
        Param::bool("normalised").or("False"),
        Param::int("order", 2, MAX_ORDER).or("3"),
    ];
    vec![
        Calculator::group(
            "permutation_entropy",
            TSFRESH,
            "-Σ p ln p over the orders of `dimension` neighbours, every tau-th of them, as tsfresh, nats",
            |args| {
                let specs = args.iter().map(|a| Spec { order: a.count(0), delay: 1, ask: Ask::Stride(a.count(1)) });
                Box::new(Permutation { specs: specs.collect() })
            },
        ),
        Calculator::group(
            "permen",
            OWN,
            "permutation entropy -Σ p log2 p over the orders of samples `delay` apart, bits; normalised: over log2(order!)",
            |args| {
                let specs =
                    args.iter().map(|a| Spec { order: a.count(2), delay: a.count(0), ask: Ask::Plain(a.bool(1)) });
                Box::new(Permutation { specs: specs.collect() })
            },
        ),
        Calculator::group(
            "weighted_permen",
            OWN,
            "permutation entropy where a pattern counts as much as the variance of its samples, bits",
            |args| {
                let specs =
                    args.iter().map(|a| Spec { order: a.count(2), delay: a.count(0), ask: Ask::Weighted(a.bool(1)) });
                Box::new(Permutation { specs: specs.collect() })
            },
        ),
    ]
}

#[derive(Debug, Clone, Copy)]
struct Spec {
    order: usize,
    delay: usize,
    ask: Ask,
}

#[derive(Debug, Clone, Copy)]
enum Ask {
    /// Nats over every so-many-th pattern.
    Stride(usize),
    /// Bits, or the share of the most that there can be.
    Plain(bool),
    Weighted(bool),
}

struct Permutation {
    specs: Vec<Spec>,
}

#[derive(Default)]
struct Room {
    patterns: Patterns,
    words: Words,
    weights: Vec<f64>,
}

impl Kernel for Permutation {
    fn needs(&self) -> Needs {
        Needs::new()
    }

    fn run(&self, shared: &Shared<'_>, scratch: &mut Scratch, out: &mut [f64]) {
        let Room { patterns, words, weights } = scratch.own();
        let x = shared.samples();
        out.fill(f64::NAN);
        for (first, spec) in self.specs.iter().enumerate() {
            let delay = spec.delay;
            if self.specs[..first].iter().any(|s| s.delay == delay) {
                continue;
            }
            let orders = self.specs.iter().filter(|s| s.delay == delay).map(|s| s.order);
            patterns.walk(x, delay, orders.max().unwrap_or(0), |order, numbers| {
                for (out, spec) in out.iter_mut().zip(&self.specs) {
                    if spec.delay == delay && spec.order == order {
                        *out = entropy(*spec, x, numbers, words, weights);
                    }
                }
            });
        }
    }
}

fn entropy(spec: Spec, x: &[f64], numbers: &[u32], words: &mut Words, weights: &mut Vec<f64>) -> f64 {
    let most = factorial(spec.order);
    let in_bits = |nats: f64, normalised: bool| nats / if normalised { (most as f64).ln() } else { 2_f64.ln() };
    let all = || numbers.iter().map(|&w| u64::from(w));
    match spec.ask {
        Ask::Stride(step) => words.entropy(all().step_by(step), numbers.len().div_ceil(step), most),
        Ask::Plain(normalised) => in_bits(words.entropy(all(), numbers.len(), most), normalised),
        Ask::Weighted(normalised) => {
            weights.clear();
            weights.extend((0..numbers.len()).map(|i| variance(x, i, spec.order, spec.delay)));
            in_bits(words.weighted_entropy(all(), weights, most), normalised)
        }
    }
}

/// Variance of the samples of pattern `i`.
fn variance(x: &[f64], i: usize, order: usize, delay: usize) -> f64 {
    let samples = || (0..order).map(|k| x[i + k * delay]);
    let n = order as f64;
    let mean = samples().sum::<f64>() / n;
    samples().map(|v| (v - mean) * (v - mean)).sum::<f64>() / n
}

fn factorial(n: usize) -> u64 {
    (1..=n as u64).product()
}

/// The patterns of a series, as numbers below order!.
#[derive(Debug, Default)]
pub(super) struct Patterns {
    /// Of each sample, how many of the earlier ones that stand in a pattern with it are above it.
    above: Vec<u32>,
    numbers: Vec<u32>,
}

impl Patterns {
    /// Calls `f` with each order from 2 to `max_order` and the numbers of its patterns, one for each start; not where
    /// the series is shorter than a pattern.
    pub(super) fn walk(&mut self, x: &[f64], delay: usize, max_order: usize, mut f: impl FnMut(usize, &[u32])) {
        let mut weight = 1;
        self.start(x);
        for order in 2..=max_order {
            weight *= (order - 1) as u32;
            let Some((numbers, above)) = self.next(x, delay, order) else { return };
            numbers.iter_mut().zip(above).for_each(|(number, above)| *number += weight * above);
            f(order, &self.numbers);
        }
    }

    /// Calls `f` with each order from 2 to `max_order` and the number of pairs of each pattern that fall: the swaps
    /// of bubble sort.
    pub(super) fn swaps(&mut self, x: &[f64], delay: usize, max_order: usize, mut f: impl FnMut(usize, &[u32])) {
        self.start(x);
        for order in 2..=max_order {
            let Some((numbers, above)) = self.next(x, delay, order) else { return };
            numbers.iter_mut().zip(above).for_each(|(number, above)| *number += above);
            f(order, &self.numbers);
        }
    }

    fn start(&mut self, x: &[f64]) {
        for list in [&mut self.above, &mut self.numbers] {
            list.clear();
            list.resize(x.len(), 0);
        }
    }

    /// One sample more in each pattern: the numbers of the patterns there are, and how many of each are above its new
    /// sample.
    fn next(&mut self, x: &[f64], delay: usize, order: usize) -> Option<(&mut [u32], &[u32])> {
        let reach = (order - 1).checked_mul(delay)?;
        let patterns = x.len().checked_sub(reach).filter(|n| *n > 0)?;
        self.numbers.truncate(patterns);
        let above = &mut self.above[reach..];
        for ((above, late), early) in above.iter_mut().zip(&x[reach..]).zip(x) {
            *above += u32::from(early > late);
        }
        Some((&mut self.numbers, above))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_those_of_the_orders() {
        let x = [4.0, 7.0, 9.0, 10.0, 6.0, 11.0, 3.0, 3.0];
        let mut patterns = Patterns::default();
        let mut seen = Vec::new();
        patterns.walk(&x, 1, 3, |order, numbers| seen.push((order, numbers.to_vec())));
        assert_eq!(seen[0], (2, vec![0, 0, 0, 1, 0, 1, 0]));
        // Rising is 0, falling 5. 9 10 6: the last is below two. 11 3 3: both are below the first, the tie is in order.
        assert_eq!(seen[1].1, vec![0, 0, 4, 1, 4, 3]);
        assert_eq!(seen[1].0, 3);
        let mut swaps = Vec::new();
        patterns.swaps(&x, 2, 3, |_, s| swaps.push(s.to_vec()));
        assert_eq!(swaps[1], vec![1, 0, 3, 2]);
        let mut called = false;
        patterns.walk(&x, 8, 5, |_, _| called = true);
        assert!(!called);
    }
}
