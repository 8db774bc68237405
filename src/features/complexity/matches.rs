//! How often pieces of a series come again: the counts behind approximate and sample entropy.
//!
//! A template of length m at i is (x[i], x[i + delay], ..., x[i + (m - 1) delay]); two templates match within r when
//! no pair of their samples differs by more than r. For every template this counts the templates that match it (it
//! matches itself), for lengths m and m + 1 and for any number of radii at once.
//!
//! # Method
//! |x[i] - x[j]| <= r says, in the sorted samples, that j lies in an interval around i: two pointers find its ends
//! with the very comparison of the definition, so that the counts are exact, ties and r = 0 included. The samples are
//! then taken 256 at a time: a table holds, for every k, the set of the k lowest of them as 256 bits. The partners of
//! a sample are the difference of two rows of that table, the matches of a template the intersection of the partners
//! of its samples, and their number a count of bits. The table does not know the radius: all radii share it.
//!
//! # Cost
//! O(n log n) for the sort, then (m + 1) n²/256 steps of about 10 ns a radius. Memory O(n) a radius.

use crate::features::shared::order_key;

/// Words of a set of columns. Longer sets read fewer tables, but the tables leave the first cache.
const WORDS: usize = 4;
const COLUMNS: usize = 64 * WORDS;

type Set = [u64; WORDS];

/// Which templates of length m count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Templates {
    /// All n - (m - 1) delay.
    All,
    /// The n - m delay that have a next sample, so that both lengths have the same templates.
    Continued,
}

/// The partners of a sample: ranks from `low`, below `high`.
#[derive(Debug, Clone, Copy, Default)]
struct Span {
    low: u32,
    high: u32,
}

/// Counts matches; keeps its arrays from window to window.
#[derive(Debug, Default)]
pub(super) struct Matcher {
    /// Samples as whole numbers of the same order, with their places.
    order: Vec<(i64, u32)>,
    sorted: Vec<f64>,
    /// Partners by place, one radius after the other.
    spans: Vec<Span>,
    /// For each sample of a template, how many of the columns have a rank below k.
    below: Vec<u16>,
    /// For each sample of a template, the k lowest of the columns.
    lowest: Vec<Set>,
    /// Matches of the templates of length m and m + 1 by place, one radius after the other.
    counts: Vec<[u32; 2]>,
    n: usize,
    short: usize,
    long: usize,
}

impl Matcher {
    /// Takes a series of finite numbers.
    pub(super) fn read(&mut self, x: &[f64]) {
        self.n = x.len();
        self.order.clear();
        self.order.extend(x.iter().zip(0_u32..).map(|(v, place)| (order_key(v.to_bits().cast_signed()), place)));
        self.order.sort_unstable();
        self.sorted.clear();
        self.sorted.extend(self.order.iter().map(|&(_, place)| x[place as usize]));
    }

    /// Counts the matches of the series within each of the radii. Radii are absolute, 0 or more.
    pub(super) fn count(&mut self, m: usize, delay: usize, templates: Templates, radii: &[f64]) {
        let n = self.n;
        self.long = n.saturating_sub(m.saturating_mul(delay));
        self.short = match templates {
            Templates::All if m > 0 => n.saturating_sub((m - 1).saturating_mul(delay)),
            Templates::All => n,
            Templates::Continued => self.long,
        };
        self.counts.clear();
        self.counts.resize(n * radii.len(), [0; 2]);
        if self.short == 0 {
            return;
        }
        self.spans.clear();
        self.spans.resize(n * radii.len(), Span::default());
        if n > 0 {
            for (spans, &r) in self.spans.chunks_exact_mut(n).zip(radii) {
                find_spans(&self.sorted, &self.order, r, spans);
            }
        }
        self.below.resize((m + 1) * (n + 1), 0);
        self.lowest.resize((m + 1) * (COLUMNS + 1), [0; WORDS]);
        for first in (0..self.short).step_by(COLUMNS) {
            let columns = COLUMNS.min(self.short - first);
            for s in 0..=m {
                let columns = if s == m { columns.min(self.long.saturating_sub(first)) } else { columns };
                let below = &mut self.below[s * (n + 1)..(s + 1) * (n + 1)];
                let lowest = &mut self.lowest[s * (COLUMNS + 1)..(s + 1) * (COLUMNS + 1)];
                fill_table(&self.order, first + s * delay, columns, below, lowest);
            }
            for (spans, counts) in self.spans.chunks_exact(n).zip(self.counts.chunks_exact_mut(n)) {
                let tables = Tables { below: &self.below, lowest: &self.lowest, spans, n, delay };
                let (short, long) = (self.short, self.long);
                // The usual lengths know how many sets they intersect.
                match m {
                    1 => tables.count::<1>(m, short, long, counts),
                    2 => tables.count::<2>(m, short, long, counts),
                    3 => tables.count::<3>(m, short, long, counts),
                    _ => tables.count::<0>(m, short, long, counts),
                }
            }
        }
        if m == 0 {
            // Templates without samples all match.
            let all = u32::try_from(self.short).unwrap_or(u32::MAX);
            self.counts.iter_mut().for_each(|c| c[0] = all);
        }
    }

    /// The matches of each template of length m, itself among them, within radius `which`.
    pub(super) fn short(&self, which: usize) -> impl Iterator<Item = u32> + Clone {
        self.counts[which * self.n..][..self.short].iter().map(|c| c[0])
    }

    /// The matches of each template of length m + 1, itself among them, within radius `which`.
    pub(super) fn long(&self, which: usize) -> impl Iterator<Item = u32> + Clone {
        self.counts[which * self.n..][..self.long].iter().map(|c| c[1])
    }

    /// Ordered pairs of different templates that match within radius `which`: of length m, and of length m + 1.
    pub(super) fn pairs(&self, which: usize) -> (u64, u64) {
        let pairs = |counts: &mut dyn Iterator<Item = u32>| counts.map(|c| u64::from(c.saturating_sub(1))).sum();
        (pairs(&mut self.short(which)), pairs(&mut self.long(which)))
    }
}

/// The partners of every sample. Both ends rise with the samples, as rounded differences do.
fn find_spans(sorted: &[f64], order: &[(i64, u32)], r: f64, spans: &mut [Span]) {
    let (mut low, mut high) = (0, 0);
    for (k, (&v, &(_, place))) in sorted.iter().zip(order).enumerate() {
        while low < k && (v - sorted[low]).abs() > r {
            low += 1;
        }
        while high < sorted.len() && (sorted[high] - v).abs() <= r {
            high += 1;
        }
        spans[place as usize] = Span { low: low as u32, high: high as u32 };
    }
}

/// For the columns `from..from + columns`: how many have a rank below k, for every k; and the lowest of them as sets.
fn fill_table(order: &[(i64, u32)], from: usize, columns: usize, below: &mut [u16], lowest: &mut [Set]) {
    let mut set = [0; WORDS];
    let mut count = 0_u16;
    lowest[0] = set;
    below[0] = 0;
    for (&(_, place), below) in order.iter().zip(&mut below[1..]) {
        let column = (place as usize).wrapping_sub(from);
        if column < columns {
            set[column / 64] |= 1 << (column % 64);
            count += 1;
            lowest[usize::from(count)] = set;
        }
        *below = count;
    }
}

/// What one radius reads for 256 columns.
struct Tables<'a> {
    below: &'a [u16],
    lowest: &'a [Set],
    spans: &'a [Span],
    n: usize,
    delay: usize,
}

impl Tables<'_> {
    /// Adds the matches among the columns to the counts of every template. `M` is m, or 0 where m is not known.
    #[inline(never)]
    fn count<const M: usize>(&self, m: usize, short: usize, long: usize, counts: &mut [[u32; 2]]) {
        let m = if M > 0 { M } else { m };
        for (i, count) in counts[..short].iter_mut().enumerate() {
            let mut set = [u64::MAX; WORDS];
            for s in 0..m {
                set = self.partners(s, i, set);
            }
            count[0] += ones(&set);
            if i < long {
                count[1] += ones(&self.partners(m, i, set));
            }
        }
    }

    /// Those of a set whose sample `s` is a partner of sample `s` of template `i`.
    #[inline(always)]
    fn partners(&self, s: usize, i: usize, set: Set) -> Set {
        let below = &self.below[s * (self.n + 1)..(s + 1) * (self.n + 1)];
        let lowest = &self.lowest[s * (COLUMNS + 1)..(s + 1) * (COLUMNS + 1)];
        let span = self.spans[i + s * self.delay];
        let low = lowest[usize::from(below[span.low as usize])];
        let high = lowest[usize::from(below[span.high as usize])];
        std::array::from_fn(|w| set[w] & (low[w] ^ high[w]))
    }
}

#[inline(always)]
fn ones(set: &Set) -> u32 {
    set.iter().map(|w| w.count_ones()).sum()
}

/// Σ ln c, with one logarithm for 24 counts: their product stays below 2^768.
pub(super) fn sum_of_logs(counts: impl Iterator<Item = u32>) -> f64 {
    let (mut sum, mut product, mut factors) = (0.0, 1.0, 0);
    for c in counts {
        product *= f64::from(c);
        factors += 1;
        if factors == 24 {
            sum += f64::ln(product);
            (product, factors) = (1.0, 0);
        }
    }
    sum + f64::ln(product)
}

/// The specs of a calculator that share one pass: all radii of one length and delay.
#[derive(Debug)]
pub(super) struct Pass {
    pub(super) m: usize,
    pub(super) delay: usize,
    /// Radii in standard deviations, and the place of each in the output.
    pub(super) radii: Vec<f64>,
    pub(super) places: Vec<usize>,
}

impl Pass {
    /// Groups (m, delay, r) by m and delay.
    pub(super) fn group(specs: impl Iterator<Item = (usize, usize, f64)>) -> Vec<Self> {
        let mut passes: Vec<Self> = Vec::new();
        for (place, (m, delay, r)) in specs.enumerate() {
            match passes.iter_mut().find(|p| p.m == m && p.delay == delay) {
                Some(pass) => {
                    pass.radii.push(r);
                    pass.places.push(place);
                }
                None => passes.push(Self { m, delay, radii: vec![r], places: vec![place] }),
            }
        }
        passes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn count(x: &[f64], m: usize, delay: usize, templates: usize, i: usize, r: f64) -> u32 {
        let close = |j: usize| (0..m).all(|k| (x[i + k * delay] - x[j + k * delay]).abs() <= r);
        (0..templates).filter(|&j| close(j)).count() as u32
    }

    #[test]
    fn counts_are_those_of_the_definition() {
        let mut matcher = Matcher::default();
        for n in [1_usize, 2, 3, 7, 63, 64, 65, 255, 256, 257, 300, 520] {
            let waves: Vec<f64> = (0..n).map(|i| (i as f64 * 0.7).sin() + 0.3 * (i as f64 * 2.9).cos()).collect();
            let ties: Vec<f64> = (0..n).map(|i| ((i * i * 7) % 5) as f64 - 2.0).collect();
            for x in [waves, ties, vec![0.0; n]] {
                matcher.read(&x);
                for (m, delay) in [(0, 1), (1, 1), (2, 1), (3, 1), (4, 1), (2, 3), (3, 100)] {
                    for templates in [Templates::All, Templates::Continued] {
                        let radii = [0.0, 0.2, 1.0, 100.0];
                        matcher.count(m, delay, templates, &radii);
                        let long = n.saturating_sub(m * delay);
                        let short = match templates {
                            Templates::All if m > 0 => n.saturating_sub((m - 1) * delay),
                            Templates::All => n,
                            Templates::Continued => long,
                        };
                        for (which, &r) in radii.iter().enumerate() {
                            let expected: Vec<u32> = (0..short).map(|i| count(&x, m, delay, short, i, r)).collect();
                            assert_eq!(matcher.short(which).collect::<Vec<_>>(), expected, "{n} {m} {delay} {r}");
                            let expected: Vec<u32> = (0..long).map(|i| count(&x, m + 1, delay, long, i, r)).collect();
                            assert_eq!(matcher.long(which).collect::<Vec<_>>(), expected, "{n} {m} {delay} {r}");
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn logs_of_products() {
        let counts = [1, 5, 2048, u32::MAX, 3, 7];
        let expected: f64 = (0..100).map(|i| f64::from(counts[i % 6]).ln()).sum();
        let found = sum_of_logs((0..100).map(|i| counts[i % 6]));
        assert!((found - expected).abs() < 1e-11, "{found} {expected}");
    }
}
