//! Lempel-Ziv complexity by the dictionary of 1978: how many phrases a series takes that no phrase before has.
//!
//! # Formula
//! The samples become symbols; reading from the left, a phrase is the shortest piece that is not yet a phrase. c is
//! the number of different phrases (the last piece may be one that stands already and does not count).
//!
//! # Names
//! * `lempel_ziv_complexity__bins_2` is tsfresh's: symbols are `bins` equal bins from the smallest to the largest sample,
//!   each with its *right* edge; the value is c / n. It depends on n, falls slowly with it, and one spike squeezes all
//!   other samples into one bin.
//! * `lz78_complexity`: two symbols, above the mean or not; c log₂(n) / n, towards 1 for fair coin tosses.
//!   For short windows take `lz76_complexity`, which converges faster.
//!
//! # Source
//! J. Ziv & A. Lempel, Compression of individual sequences via variable-rate coding, *IEEE Trans. Inf. Theory* 24
//! (1978) 530.
//!
//! # Cost
//! O(n): the phrases are a tree, kept in a hash table.
//!
//! # NaN
//! An empty window; a range that is not finite.

use crate::features::calculator::{Calculator, Kernel, Param};
use crate::features::shared::{Needs, Scratch, Shared};

/// The table of this file.
pub(super) fn calculators() -> Vec<Calculator> {
    const BINS: &[Param] = &[Param::int("bins", 1, 10_000)];
    vec![
        Calculator::group(
            "lempel_ziv_complexity",
            BINS,
            "different phrases of Lempel-Ziv 1978 over `bins` equal bins, a sample, as tsfresh",
            |args| Box::new(Phrases { bins: args.iter().map(|a| a.count(0)).collect() }),
        ),
        Calculator::group(
            "lz78_complexity",
            &[],
            "c log2(n)/n with c the different phrases of Lempel-Ziv 1978 of the samples above the mean or not",
            |_| Box::new(AboveMean),
        ),
    ]
}

struct Phrases {
    bins: Vec<usize>,
}

#[derive(Default)]
struct Room {
    symbols: Vec<u16>,
    edges: Vec<f64>,
    tree: Tree,
}

impl Kernel for Phrases {
    fn needs(&self) -> Needs {
        Needs::new().moments()
    }

    fn run(&self, shared: &Shared<'_>, scratch: &mut Scratch, out: &mut [f64]) {
        let Room { symbols, edges, tree } = scratch.own();
        let m = shared.moments();
        out.fill(f64::NAN);
        if shared.is_empty() || !(m.max - m.min).is_finite() {
            return;
        }
        for (out, &bins) in out.iter_mut().zip(&self.bins) {
            fill_edges(m.min, m.max, bins, edges);
            let per_unit = bins as f64 / (m.max - m.min);
            symbols.clear();
            symbols.extend(shared.samples().iter().map(|&v| bin(v, (v - m.min) * per_unit, edges)));
            *out = tree.phrases(symbols, bins) as f64 / shared.len() as f64;
        }
    }
}

/// The right edges of the bins, as `numpy.linspace` computes them.
fn fill_edges(min: f64, max: f64, bins: usize, edges: &mut Vec<f64>) {
    let (span, count) = (max - min, bins as f64);
    let step = span / count;
    edges.clear();
    edges.extend((1..bins).map(|k| if step == 0.0 { k as f64 / count * span + min } else { k as f64 * step + min }));
    edges.push(max);
}

/// The first bin whose right edge is not below `v`, looked for near a guess.
#[inline]
fn bin(v: f64, guess: f64, edges: &[f64]) -> u16 {
    // NaN, which a constant gives, becomes 0.
    let mut k = (guess as usize).min(edges.len() - 1);
    while k > 0 && edges[k - 1] >= v {
        k -= 1;
    }
    while k + 1 < edges.len() && edges[k] < v {
        k += 1;
    }
    k as u16
}

struct AboveMean;

impl Kernel for AboveMean {
    fn needs(&self) -> Needs {
        Needs::new().moments()
    }

    fn run(&self, shared: &Shared<'_>, scratch: &mut Scratch, out: &mut [f64]) {
        let Room { symbols, tree, .. } = scratch.own();
        let mean = shared.mean();
        let n = shared.len() as f64;
        symbols.clear();
        symbols.extend(shared.samples().iter().map(|&v| u16::from(v > mean)));
        let complexity = if mean.is_finite() { tree.phrases(symbols, 2) as f64 * n.log2() / n } else { f64::NAN };
        out.fill(complexity);
    }
}

/// The phrases as a tree in a hash table: a node is the place of its entry, and the entry says parent and symbol.
#[derive(Debug, Default)]
struct Tree {
    entries: Vec<u64>,
}

impl Tree {
    /// The number of different phrases of symbols below `alphabet`.
    fn phrases(&mut self, symbols: &[u16], alphabet: usize) -> usize {
        // At most half full.
        let size = (2 * symbols.len()).next_power_of_two().max(2);
        self.entries.clear();
        self.entries.resize(size, 0);
        let shift = 64 - size.trailing_zeros();
        let alphabet = alphabet as u64;
        let (mut node, mut phrases) = (0_u64, 0);
        for &symbol in symbols {
            // Never 0, which is an empty place: the root is node 0, the others are place + 1.
            let key = node * alphabet + u64::from(symbol) + 1;
            let mut place = (key.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> shift) as usize;
            loop {
                let entry = &mut self.entries[place];
                if *entry == key {
                    node = place as u64 + 1;
                    break;
                }
                if *entry == 0 {
                    *entry = key;
                    phrases += 1;
                    node = 0;
                    break;
                }
                place = (place + 1) & (size - 1);
            }
        }
        phrases
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn phrases_of_tsfresh() {
        let mut tree = Tree::default();
        // 1, 0, 01, 11: the example of tsfresh's documentation.
        assert_eq!(tree.phrases(&[1, 0, 0, 1, 1, 1], 2), 4);
        // 0, 00, and a rest that stands already.
        assert_eq!(tree.phrases(&[0, 0, 0, 0], 2), 2);
        assert_eq!(tree.phrases(&[], 2), 0);
    }

    #[test]
    fn bins_have_their_right_edge() {
        let mut edges = Vec::new();
        fill_edges(0.0, 1.0, 4, &mut edges);
        let of = |v: f64| bin(v, v * 4.0, &edges);
        assert_eq!([0.0, 0.25, 0.26, 0.5, 0.99, 1.0].map(of), [0, 0, 1, 1, 3, 3]);
        fill_edges(3.25, 3.25, 4, &mut edges);
        assert_eq!(bin(3.25, f64::NAN, &edges), 0);
    }
}
