//! One tree of a forest: depth first, a few random columns at every node.
//!
//! Two ways to cut. *Best*: the edge with the least sum of squares left, by sums over bins. *Random* (extremely
//! randomised trees): one value drawn evenly between the least and the largest value of the node, and the best of the
//! drawn cuts. Columns that are constant in a node do not count among the drawn ones.
//!
//! Missing values go as a group to the side that leaves less. Where a node has none, they follow the fuller side.

use super::bins::{Binned, Binner};
use super::tree::Tree;
use crate::math::rng::Rng;

/// How to grow.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rules {
    pub(crate) columns: usize,
    pub(crate) min_leaf: usize,
    pub(crate) max_depth: usize,
    pub(crate) random_cuts: bool,
}

/// A tree, and the rows of its leaves if they were asked for.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Grown {
    pub(crate) tree: Tree,
    /// (node, place of its first row in the reordered rows, number of rows), by place.
    pub(crate) leaves: Vec<(u32, u32, u32)>,
}

#[derive(Debug, Clone, Copy)]
struct Cut {
    /// Larger is better: `sl²/nl + sr²/nr`.
    quality: f64,
    column: u32,
    bin: u8,
    missing_left: bool,
}

/// Columns looked at together.
const WIDTH: usize = 8;

/// The table of a forest, by columns for large nodes and by rows for small ones.
#[derive(Debug)]
pub(crate) struct Table<'a> {
    pub(crate) binned: &'a Binned,
    pub(crate) binner: &'a Binner,
    by_rows: Vec<u8>,
}

impl<'a> Table<'a> {
    pub(crate) fn new(binned: &'a Binned, binner: &'a Binner) -> Self {
        Self { binned, binner, by_rows: binned.by_rows() }
    }

    /// The bins of some rows in up to `WIDTH` columns.
    fn gather(&self, rows: &[u32], columns: &[u32], out: &mut Vec<[u8; WIDTH]>) {
        let d = self.binned.columns();
        out.clear();
        // The missing places of a last, narrower group repeat its first column.
        let j: [usize; WIDTH] = std::array::from_fn(|k| *columns.get(k).unwrap_or(&columns[0]) as usize);
        if rows.len() * WIDTH * d >= self.by_rows.len() {
            let bins = j.map(|j| self.binned.column(j));
            out.extend(rows.iter().map(|&i| bins.map(|column| column[i as usize])));
        } else {
            out.extend(rows.iter().map(|&i| {
                let row = &self.by_rows[i as usize * d..][..d];
                j.map(|j| row[j])
            }));
        }
    }
}

/// Buffers of one thread.
#[derive(Debug, Default)]
pub(crate) struct Scratch {
    order: Vec<u32>,
    targets: Vec<f64>,
    bins: Vec<[u8; WIDTH]>,
    aside: Vec<u32>,
    sums: Vec<(f64, f64)>,
    stack: Vec<(u32, u32, u32, u32)>,
}

/// Grows a tree on `rows` (a row may stand there several times), which is reordered; within every node the rows stay in
/// the order they were given in. `targets` appends the targets of a node's rows.
pub(crate) fn grow(
    table: &Table<'_>,
    targets: &impl Fn(&[u32], &mut Vec<f64>),
    rows: &mut [u32],
    rules: Rules,
    rng: &mut Rng,
    scratch: &mut Scratch,
) -> Grown {
    let d = table.binned.columns();
    scratch.order.clear();
    scratch.order.extend(0..d as u32);
    scratch.sums.resize(256, (0.0, 0.0));
    let mut grown = Grown::default();
    grown.tree.push_leaf(0.0, rows.len() as f64);
    scratch.stack.clear();
    scratch.stack.push((0, 0, rows.len() as u32, 0));
    while let Some((at, start, len, depth)) = scratch.stack.pop() {
        let piece = &mut rows[start as usize..(start + len) as usize];
        let n = piece.len();
        scratch.targets.clear();
        targets(piece, &mut scratch.targets);
        let sum = crate::math::lanes::sum(&scratch.targets);
        let first = scratch.targets.first().copied().unwrap_or(0.0);
        let equal = scratch.targets.iter().all(|y| y.total_cmp(&first).is_eq());
        let mean = if equal { first } else { sum / n as f64 };
        let node = at as usize;
        grown.tree.nodes[node].value = mean;
        let open = !equal && n >= 2 * rules.min_leaf && (depth as usize) < rules.max_depth;
        scratch.targets.iter_mut().for_each(|y| *y -= mean);
        let cut = if open { best_of_random(table, piece, rules, rng, scratch) } else { None };
        let Some(cut) = cut else {
            grown.leaves.push((at, start, len));
            continue;
        };
        let left = partition(table.binned, piece, &cut, &mut scratch.aside);
        let children = grown.tree.nodes.len() as u32;
        let (nl, nr) = (left as u32, len - left as u32);
        let threshold = table.binner.threshold(cut.column as usize, cut.bin);
        // The targets were centred: quality is what the cut takes off the sum of squares.
        grown.tree.cut(node, cut.column as usize, threshold, cut.missing_left, cut.quality);
        grown.tree.push_leaf(0.0, f64::from(nl));
        grown.tree.push_leaf(0.0, f64::from(nr));
        scratch.stack.push((children + 1, start + nl, nr, depth + 1));
        scratch.stack.push((children, start, nl, depth + 1));
    }
    grown
}

/// The best cut over random columns, or none that leaves enough rows on both sides.
fn best_of_random(table: &Table<'_>, rows: &[u32], rules: Rules, rng: &mut Rng, scratch: &mut Scratch) -> Option<Cut> {
    let Scratch { order, targets, bins, sums, .. } = scratch;
    let d = order.len();
    let mut best: Option<Cut> = None;
    let (mut looked_at, mut drawn) = (0, 0);
    while looked_at < rules.columns && drawn < d {
        let width = WIDTH.min(rules.columns - looked_at).min(d - drawn);
        for place in drawn..drawn + width {
            order.swap(place, place + rng.below(d - place));
        }
        let columns = &order[drawn..drawn + width];
        drawn += width;
        table.gather(rows, columns, bins);
        let group = Group::new(table.binned, columns, bins, targets, rules.min_leaf);
        let mut cuts = [0u8; WIDTH];
        let mut useful = [false; WIDTH];
        for k in 0..width {
            let (low, high) = (group.low[k], group.high[k]);
            useful[k] = low < high || (low == high && group.missing[k].1 > 0.5);
            if useful[k] {
                looked_at += 1;
                // With missing values the cut may also be between them and all others.
                cuts[k] = if low == high || !rules.random_cuts {
                    low
                } else {
                    random_bin(table.binner.centres(columns[k] as usize), low, high, rng)
                };
            }
        }
        let left = if rules.random_cuts { group.sums_up_to(&cuts) } else { [(0.0, 0.0); WIDTH] };
        for k in 0..width {
            if !useful[k] {
                continue;
            }
            let cut = if rules.random_cuts {
                group.better_side(k, left[k]).map(|(quality, missing_left)| (quality, cuts[k], missing_left))
            } else {
                group.best(k, sums)
            };
            if let Some((quality, bin, missing_left)) = cut
                && best.is_none_or(|b| quality > b.quality)
            {
                best = Some(Cut { quality, column: columns[k], bin, missing_left });
            }
        }
    }
    best
}

/// The last bin to the left of a value drawn evenly between the centres of two bins.
fn random_bin(centres: &[f64], low: u8, high: u8, rng: &mut Rng) -> u8 {
    let (first, last) = (usize::from(low), usize::from(high));
    let inner = &centres[first..last];
    let (a, b) = (centres[first], centres[last]);
    let u = rng.uniform();
    // Ends too far apart leave no even law on the values; then the bins are drawn evenly.
    let span = b - a;
    let at = if span.is_finite() {
        inner.partition_point(|c| *c <= a + u * span).max(1) - 1
    } else {
        ((u * inner.len() as f64) as usize).min(inner.len() - 1)
    };
    low + at as u8
}

/// A node's rows in a few columns.
struct Group<'a> {
    bins: &'a [[u8; WIDTH]],
    /// Less their mean: they add up to 0.
    targets: &'a [f64],
    /// Least and largest ordinary bin; `low > high` where there is none.
    low: [u8; WIDTH],
    high: [u8; WIDTH],
    unknown: [Option<u8>; WIDTH],
    /// Sum and number of the targets of missing cells.
    missing: [(f64, f64); WIDTH],
    min_leaf: f64,
}

impl<'a> Group<'a> {
    fn new(binned: &Binned, columns: &[u32], bins: &'a [[u8; WIDTH]], targets: &'a [f64], min_leaf: usize) -> Self {
        let (mut low, mut high) = ([u8::MAX; WIDTH], [0u8; WIDTH]);
        for row in bins {
            for k in 0..WIDTH {
                low[k] = low[k].min(row[k]);
                high[k] = high[k].max(row[k]);
            }
        }
        let mut unknown = [None; WIDTH];
        let mut missing = [(0.0, 0.0); WIDTH];
        for (k, &j) in columns.iter().enumerate() {
            let bin = binned.missing_bin(j as usize);
            // The missing bin lies above all others.
            if binned.has_missing(j as usize) && high[k] == bin {
                unknown[k] = Some(bin);
                high[k] = 0;
                low[k] = u8::MAX;
                for (row, y) in bins.iter().zip(targets) {
                    if row[k] == bin {
                        missing[k].0 += y;
                        missing[k].1 += 1.0;
                    } else {
                        low[k] = low[k].min(row[k]);
                        high[k] = high[k].max(row[k]);
                    }
                }
            }
        }
        Self { bins, targets, low, high, unknown, missing, min_leaf: min_leaf as f64 }
    }

    /// Sum and number of the targets in bins up to the cut of each column.
    fn sums_up_to(&self, cuts: &[u8; WIDTH]) -> [(f64, f64); WIDTH] {
        let mut sums = [0.0; WIDTH];
        let mut counts = [0u32; WIDTH];
        for (row, &y) in self.bins.iter().zip(self.targets) {
            for k in 0..WIDTH {
                let left = row[k] <= cuts[k];
                sums[k] += if left { y } else { 0.0 };
                counts[k] += u32::from(left);
            }
        }
        std::array::from_fn(|k| (sums[k], f64::from(counts[k])))
    }

    /// Quality with the missing rows on the better side; `left` is sum and number of the ordinary rows to the left.
    fn better_side(&self, k: usize, left: (f64, f64)) -> Option<(f64, bool)> {
        let n = self.bins.len() as f64;
        // Both sides have the same sum but for the sign.
        let quality = |sl: f64, nl: f64| {
            (nl >= self.min_leaf && n - nl >= self.min_leaf).then(|| sl * sl * (1.0 / nl + 1.0 / (n - nl)))
        };
        let missing = self.missing[k];
        let to_right = quality(left.0, left.1);
        if missing.1 < 0.5 {
            return to_right.map(|q| (q, 2.0 * left.1 >= n));
        }
        match (to_right, quality(left.0 + missing.0, left.1 + missing.1)) {
            (Some(r), Some(l)) if l > r => Some((l, true)),
            (Some(r), _) => Some((r, false)),
            (None, Some(l)) => Some((l, true)),
            (None, None) => None,
        }
    }

    /// The best cut of column `k`, by sums over bins.
    fn best(&self, k: usize, sums: &mut [(f64, f64)]) -> Option<(f64, u8, bool)> {
        let (low, high) = (usize::from(self.low[k]), usize::from(self.high[k]));
        for cell in &mut sums[low..=self.unknown[k].map_or(high, usize::from)] {
            *cell = (0.0, 0.0);
        }
        for (row, &y) in self.bins.iter().zip(self.targets) {
            let cell = &mut sums[usize::from(row[k])];
            cell.0 += y;
            cell.1 += 1.0;
        }
        // All ordinary rows to the left is a cut when there are missing ones.
        let end = if self.unknown[k].is_some() { high + 1 } else { high };
        let mut best: Option<(f64, u8, bool)> = None;
        let mut left = (0.0, 0.0);
        for (bin, cell) in sums.iter().enumerate().take(end).skip(low) {
            if cell.1 < 0.5 {
                continue;
            }
            left = (left.0 + cell.0, left.1 + cell.1);
            if let Some((quality, missing_left)) = self.better_side(k, left)
                && best.is_none_or(|b| quality > b.0)
            {
                best = Some((quality, bin as u8, missing_left));
            }
        }
        best
    }
}

/// Moves the rows that go left to the front, both parts in their order; the number of them.
fn partition(binned: &Binned, rows: &mut [u32], cut: &Cut, aside: &mut Vec<u32>) -> usize {
    let j = cut.column as usize;
    let bins = binned.column(j);
    let missing = binned.missing_bin(j);
    let unknown_left = binned.has_missing(j) && cut.missing_left;
    aside.clear();
    aside.resize(rows.len(), 0);
    let (mut left, mut right) = (0, 0);
    for place in 0..rows.len() {
        let i = rows[place];
        let bin = bins[i as usize];
        let goes_left = bin <= cut.bin || (unknown_left && bin == missing);
        rows[left] = i;
        aside[right] = i;
        left += usize::from(goes_left);
        right += usize::from(!goes_left);
    }
    rows[left..].copy_from_slice(&aside[..right]);
    left
}
