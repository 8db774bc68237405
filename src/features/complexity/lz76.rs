//! Lempel-Ziv complexity by the history of 1976: how many pieces a series takes that its own past does not hold.
//!
//! # Formula
//! The samples become 0 and 1, above the mean or not. Reading from the left, a phrase is the shortest piece that does
//! not occur before its last symbol; c phrases, the last of which may be cut off by the end: c log₂(n) / n. About 1 for
//! fair coin tosses, towards 0 for anything periodic; the mean and the scale of the samples do not matter, and a
//! single spike little. antropy's `lziv_complexity(x > mean, normalize=True)`.
//!
//! # Source
//! A. Lempel & J. Ziv, On the complexity of finite sequences, *IEEE Trans. Inf. Theory* 22 (1976) 75; F. Kaspar & H. G.
//! Schuster, Easily calculable measure for the complexity of spatiotemporal patterns, *Phys. Rev. A* 36 (1987) 842.
//!
//! # Cost
//! O(n) by a suffix automaton of what was read (A. Blumer et al. 1985), where Kaspar and Schuster's search takes O(n²).
//!
//! # NaN
//! A window of fewer than 2 samples; a mean that overflows.

use crate::features::calculator::{Calculator, Kernel};
use crate::features::shared::{Needs, Scratch, Shared};

/// The table of this file.
pub(super) fn calculators() -> Vec<Calculator> {
    vec![Calculator::group(
        "lz76_complexity",
        &[],
        "c log2(n)/n with c the phrases of Lempel-Ziv 1976 of the samples above the mean or not",
        |_| Box::new(History),
    )]
}

struct History;

impl Kernel for History {
    fn needs(&self) -> Needs {
        Needs::new().moments()
    }

    fn run(&self, shared: &Shared<'_>, scratch: &mut Scratch, out: &mut [f64]) {
        let automaton: &mut Automaton = scratch.own();
        let mean = shared.mean();
        let n = shared.len() as f64;
        let defined = shared.len() > 1 && mean.is_finite();
        let symbols = shared.samples().iter().map(|&v| usize::from(v > mean));
        out.fill(if defined { automaton.phrases(symbols) as f64 * n.log2() / n } else { f64::NAN });
    }
}

const NONE: u32 = u32::MAX;

/// The pieces of a string that end at the same places.
#[derive(Debug, Clone, Copy)]
struct State {
    next: [u32; 2],
    /// The state of the longest suffix that ends at more places.
    link: u32,
    /// Length of the longest of the pieces.
    longest: u32,
}

/// The suffix automaton of a string of two symbols, made symbol by symbol.
#[derive(Debug, Default)]
struct Automaton {
    states: Vec<State>,
}

impl Automaton {
    /// The number of phrases, a last one that is cut off among them.
    fn phrases(&mut self, symbols: impl ExactSizeIterator<Item = usize>) -> usize {
        self.states.clear();
        self.states.reserve(2 * symbols.len());
        self.states.push(State { next: [NONE; 2], link: NONE, longest: 0 });
        // The state of the whole string, the state of the phrase so far and its length.
        let (mut whole, mut phrase, mut length) = (0, 0, 0);
        let mut phrases = 0;
        for symbol in symbols {
            let known = self.states[phrase as usize].next[symbol];
            let copied;
            (whole, copied) = self.extend(whole, symbol);
            if known == NONE {
                phrases += 1;
                (phrase, length) = (0, 0);
                continue;
            }
            (phrase, length) = (known, length + 1);
            // The pieces of a state that was split live on in its copy, up to the length of that.
            if let Some((state, copy)) = copied
                && state == phrase
                && length <= self.states[copy as usize].longest
            {
                phrase = copy;
            }
        }
        phrases + usize::from(length > 0)
    }

    /// Appends a symbol to the string that ends in state `last`; the new last state, and which state was split into
    /// which copy.
    fn extend(&mut self, last: u32, symbol: usize) -> (u32, Option<(u32, u32)>) {
        let new = self.states.len() as u32;
        let longest = self.states[last as usize].longest + 1;
        self.states.push(State { next: [NONE; 2], link: 0, longest });
        let mut at = last;
        while at != NONE && self.states[at as usize].next[symbol] == NONE {
            self.states[at as usize].next[symbol] = new;
            at = self.states[at as usize].link;
        }
        if at == NONE {
            return (new, None);
        }
        let found = self.states[at as usize].next[symbol];
        let longest = self.states[at as usize].longest + 1;
        if self.states[found as usize].longest == longest {
            self.states[new as usize].link = found;
            return (new, None);
        }
        let copy = self.states.len() as u32;
        self.states.push(State { longest, ..self.states[found as usize] });
        while at != NONE && self.states[at as usize].next[symbol] == found {
            self.states[at as usize].next[symbol] = copy;
            at = self.states[at as usize].link;
        }
        self.states[found as usize].link = copy;
        self.states[new as usize].link = copy;
        (new, Some((found, copy)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A phrase grows while it occurs in what stands before its last symbol.
    fn naive(s: &[usize]) -> usize {
        let (mut phrases, mut from) = (0, 0);
        while from < s.len() {
            let mut length = 1;
            while from + length <= s.len()
                && s[..from + length - 1].windows(length).any(|w| *w == s[from..from + length])
            {
                length += 1;
            }
            phrases += 1;
            from += length;
        }
        phrases
    }

    #[test]
    fn phrases_of_the_papers_and_of_the_definition() {
        let mut automaton = Automaton::default();
        let mut count = |s: &[usize]| automaton.phrases(s.iter().copied());
        // 0.001.10.100.1000.101 (Kaspar & Schuster).
        assert_eq!(count(&[0, 0, 0, 1, 1, 0, 1, 0, 0, 1, 0, 0, 0, 1, 0, 1]), 6);
        assert_eq!(count(&[0; 50]), 2);
        let mut state = 1_u64;
        for n in 1..200 {
            for bias in [2, 5] {
                let s: Vec<usize> = (0..n)
                    .map(|_| {
                        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                        usize::from((state >> 33).is_multiple_of(bias))
                    })
                    .collect();
                assert_eq!(count(&s), naive(&s), "{s:?}");
            }
        }
    }
}
