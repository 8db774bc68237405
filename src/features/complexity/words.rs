//! How evenly words are used: counts of whole numbers, by a table where it is small, by sorting where it is not.

/// Counts words; keeps its arrays from window to window.
#[derive(Debug, Default)]
pub(super) struct Words {
    table: Vec<u32>,
    weights: Vec<f64>,
    sorted: Vec<(u64, u32)>,
}

impl Words {
    /// Calls `f` with the number of times that each of the words occurs; words are below `vocabulary`.
    pub(super) fn counts(
        &mut self,
        words: impl Iterator<Item = u64>,
        number: usize,
        vocabulary: u64,
        mut f: impl FnMut(u32),
    ) {
        if fits(number, vocabulary) {
            self.table.clear();
            self.table.resize(vocabulary as usize, 0);
            words.for_each(|w| self.table[w as usize] += 1);
            self.table.iter().filter(|c| **c > 0).for_each(|&c| f(c));
        } else {
            self.sorted.clear();
            self.sorted.extend(words.map(|w| (w, 0)));
            self.sorted.sort_unstable();
            self.sorted.chunk_by(|a, b| a.0 == b.0).for_each(|run| f(run.len() as u32));
        }
    }

    /// -Σ p ln p over the words, nats; NaN without words.
    pub(super) fn entropy(&mut self, words: impl Iterator<Item = u64>, number: usize, vocabulary: u64) -> f64 {
        let mut sum = 0.0;
        self.counts(words, number, vocabulary, |c| {
            let p = f64::from(c) / number as f64;
            sum -= p * p.ln();
        });
        // Not -0 for a single word.
        if number == 0 { f64::NAN } else { sum + 0.0 }
    }

    /// -Σ p ln p where each occurrence of a word has a weight, nats; NaN where the weights sum to 0.
    pub(super) fn weighted_entropy(
        &mut self,
        words: impl Iterator<Item = u64>,
        weights: &[f64],
        vocabulary: u64,
    ) -> f64 {
        self.weights.clear();
        if fits(weights.len(), vocabulary) {
            self.weights.resize(vocabulary as usize, 0.0);
            words.zip(weights).for_each(|(w, v)| self.weights[w as usize] += v);
        } else {
            self.sorted.clear();
            self.sorted.extend(words.zip(0_u32..));
            self.sorted.sort_unstable();
            self.weights.reserve(weights.len());
            let sums =
                self.sorted.chunk_by(|a, b| a.0 == b.0).map(|run| run.iter().map(|p| weights[p.1 as usize]).sum());
            self.weights.extend(sums.map(|v: f64| v));
        }
        let total: f64 = self.weights.iter().sum();
        let terms = self.weights.iter().filter(|v| **v > 0.0).map(|v| {
            let p = v / total;
            -p * p.ln()
        });
        let sum: f64 = terms.sum();
        if total > 0.0 && total.is_finite() { sum + 0.0 } else { f64::NAN }
    }
}

/// Whether a table of the vocabulary costs less than sorting.
fn fits(number: usize, vocabulary: u64) -> bool {
    vocabulary <= 64 || vocabulary <= 4 * number as u64
}

/// `base` to the power of `length`, where it fits; no word reaches it then.
pub(super) fn vocabulary(base: u64, length: usize) -> u64 {
    u32::try_from(length).ok().and_then(|length| base.checked_pow(length)).unwrap_or(u64::MAX)
}

/// The words of `length` symbols below `base`, `delay` samples apart, as whole numbers.
pub(super) fn words<'a>(
    symbols: &'a [u8],
    base: u64,
    length: usize,
    delay: usize,
) -> impl ExactSizeIterator<Item = u64> + Clone + 'a {
    let number = symbols.len().saturating_sub(length.saturating_sub(1).saturating_mul(delay));
    (0..number).map(move |i| (0..length).fold(0, |word, k| word * base + u64::from(symbols[i + k * delay])))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_ways_count_the_same() {
        let symbols: Vec<u8> = (0..500_u32).map(|i| ((i * i + i / 7) % 3) as u8).collect();
        let mut room = Words::default();
        let list = || words(&symbols, 3, 3, 2);
        let (mut table, mut sorted) = (Vec::new(), Vec::new());
        room.counts(list(), list().len(), 27, |c| table.push(c));
        room.counts(list(), list().len(), u64::MAX, |c| sorted.push(c));
        assert_eq!(table, sorted);
        assert_eq!(table.iter().sum::<u32>(), 496);
        let weights = vec![2.0; 496];
        let plain = room.entropy(list(), 496, 27);
        for vocabulary in [27, u64::MAX] {
            assert!((room.weighted_entropy(list(), &weights, vocabulary) - plain).abs() < 1e-12);
        }
        assert!(room.entropy(std::iter::empty(), 0, 9).is_nan());
    }
}
