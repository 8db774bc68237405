//! One tree of a forest: depth first, a few random columns at every node.
//!
//! Two ways to cut. *Best*: the edge with the least sum of squares left, by sums over bins. *Random* (extremely
//! randomised trees): one value drawn evenly between the least and the largest value of the node, and the best of the
//! drawn cuts. Columns that are constant in a node do not count among the drawn ones.
//!
//! Missing values go as a group to the side that leaves less. Where a node has none, they follow the fuller side.

use super::bins::{Binned, Binner};
use super::tree::{Node, Tree};
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

/// Buffers of one thread.
#[derive(Debug, Default)]
pub(crate) struct Scratch {
    order: Vec<u32>,
    targets: Vec<f64>,
    bins: Vec<u8>,
    aside: Vec<u32>,
    sums: Vec<(f64, f64)>,
    stack: Vec<(u32, u32, u32, u32)>,
}

/// Grows a tree on `rows` (a row may stand there several times), which is reordered.
pub(crate) fn grow(
    binned: &Binned,
    binner: &Binner,
    targets: &[f64],
    rows: &mut [u32],
    rules: Rules,
    rng: &mut Rng,
    scratch: &mut Scratch,
) -> Grown {
    let d = binned.columns();
    scratch.order.clear();
    scratch.order.extend(0..d as u32);
    scratch.sums.resize(256, (0.0, 0.0));
    let mut grown = Grown::default();
    grown.tree.nodes.push(Node::leaf(0.0, rows.len() as f64));
    scratch.stack.clear();
    scratch.stack.push((0, 0, rows.len() as u32, 0));
    while let Some((at, start, len, depth)) = scratch.stack.pop() {
        let piece = &mut rows[start as usize..(start + len) as usize];
        let n = piece.len();
        scratch.targets.clear();
        scratch.targets.extend(piece.iter().map(|&i| targets[i as usize]));
        let sum = crate::math::lanes::sum(&scratch.targets);
        let first = scratch.targets.first().copied().unwrap_or(0.0);
        let equal = scratch.targets.iter().all(|y| y.total_cmp(&first).is_eq());
        let mean = if equal { first } else { sum / n as f64 };
        let node = at as usize;
        grown.tree.nodes[node].value = mean;
        let open = !equal && n >= 2 * rules.min_leaf && (depth as usize) < rules.max_depth;
        let cut = if open { best_of_random(binned, binner, piece, mean, rules, rng, scratch) } else { None };
        let Some(cut) = cut else {
            grown.leaves.push((at, start, len));
            continue;
        };
        let left = partition(binned, piece, &cut, &mut scratch.aside);
        let children = grown.tree.nodes.len() as u32;
        let (nl, nr) = (left as u32, len - left as u32);
        {
            let node = &mut grown.tree.nodes[node];
            node.left = children;
            node.column = cut.column;
            node.value = binner.threshold(cut.column as usize, cut.bin);
            // The targets were centred: quality is what the cut takes off the sum of squares.
            node.gain = cut.quality.min(f64::from(f32::MAX)) as f32;
            node.missing_left = cut.missing_left;
        }
        grown.tree.nodes.push(Node::leaf(0.0, f64::from(nl)));
        grown.tree.nodes.push(Node::leaf(0.0, f64::from(nr)));
        scratch.stack.push((children + 1, start + nl, nr, depth + 1));
        scratch.stack.push((children, start, nl, depth + 1));
    }
    grown
}

/// The best cut over random columns, or none that leaves enough rows on both sides.
fn best_of_random(
    binned: &Binned,
    binner: &Binner,
    rows: &[u32],
    mean: f64,
    rules: Rules,
    rng: &mut Rng,
    scratch: &mut Scratch,
) -> Option<Cut> {
    let Scratch { order, targets, bins, sums, .. } = scratch;
    for y in targets.iter_mut() {
        *y -= mean;
    }
    let d = order.len();
    let mut best: Option<Cut> = None;
    let mut looked_at = 0;
    for drawn in 0..d {
        if looked_at >= rules.columns {
            break;
        }
        order.swap(drawn, drawn + rng.below(d - drawn));
        let j = order[drawn] as usize;
        let column = binned.column(j);
        bins.clear();
        bins.extend(rows.iter().map(|&i| column[i as usize]));
        let unknown = if binned.has_missing(j) { Some(binned.missing_bin(j)) } else { None };
        let (low, high, missing) = range(bins, unknown);
        if low > high || (low == high && missing == 0) {
            continue;
        }
        looked_at += 1;
        let held =
            Held { bins, targets, low, high, unknown: unknown.filter(|_| missing > 0), min_leaf: rules.min_leaf };
        let cut = if rules.random_cuts {
            // With missing values the cut may also be between them and all others.
            let cut = if low == high { low } else { random_bin(binner.centres(j), low, high, rng) };
            held.at(cut)
        } else {
            held.best(sums)
        };
        if let Some((quality, bin, missing_left)) = cut
            && best.is_none_or(|b| quality > b.quality)
        {
            best = Some(Cut { quality, column: j as u32, bin, missing_left });
        }
    }
    best
}

/// Least and largest ordinary bin, and the number of missing values.
fn range(bins: &[u8], unknown: Option<u8>) -> (u8, u8, usize) {
    match unknown {
        None => bins.iter().fold((u8::MAX, 0, 0), |(low, high, m), &b| (low.min(b), high.max(b), m)),
        Some(u) => {
            bins.iter().fold(
                (u8::MAX, 0, 0),
                |(low, high, m), &b| {
                    if b == u { (low, high, m + 1) } else { (low.min(b), high.max(b), m) }
                },
            )
        }
    }
}

/// The last bin to the left of a value drawn evenly between the centres of two bins.
fn random_bin(centres: &[f64], low: u8, high: u8, rng: &mut Rng) -> u8 {
    let (first, last) = (usize::from(low), usize::from(high));
    let inner = &centres[first..last];
    let (a, b) = (centres[first], centres[last]);
    let u = rng.uniform();
    // Infinite ends leave no even law on the values; then the bins are drawn evenly.
    let span = b - a;
    let at = if span.is_finite() {
        inner.partition_point(|c| *c <= a + u * span).max(1) - 1
    } else {
        ((u * inner.len() as f64) as usize).min(inner.len() - 1)
    };
    low + at as u8
}

/// One column of a node.
struct Held<'a> {
    bins: &'a [u8],
    /// Less their mean.
    targets: &'a [f64],
    low: u8,
    high: u8,
    /// The missing bin, where the node has missing values.
    unknown: Option<u8>,
    min_leaf: usize,
}

impl Held<'_> {
    /// Quality of the cut behind one bin.
    fn at(&self, cut: u8) -> Option<(f64, u8, bool)> {
        // The missing bin lies above every cut.
        let (sum, rows) = sum_up_to(self.bins, self.targets, cut);
        let mut missing = (0.0, 0.0);
        if let Some(u) = self.unknown {
            for (&b, &y) in self.bins.iter().zip(self.targets) {
                if b == u {
                    missing.0 += y;
                    missing.1 += 1.0;
                }
            }
        }
        self.better_side(sum, rows, missing).map(|(q, left)| (q, cut, left))
    }

    /// Quality with the missing rows on the better side. `sum` and `rows` are those of the ordinary rows to the left.
    fn better_side(&self, sum: f64, rows: f64, missing: (f64, f64)) -> Option<(f64, bool)> {
        let n = self.bins.len() as f64;
        let least = self.min_leaf as f64;
        // The targets add up to 0, so that both sides have the same sum but for the sign.
        let quality =
            |sl: f64, nl: f64| (nl >= least && n - nl >= least).then(|| sl * sl * (1.0 / nl + 1.0 / (n - nl)));
        let right = quality(sum, rows);
        if missing.1 < 0.5 {
            return right.map(|q| (q, 2.0 * rows >= n));
        }
        let left = quality(sum + missing.0, rows + missing.1);
        match (right, left) {
            (Some(r), Some(l)) if l > r => Some((l, true)),
            (Some(r), _) => Some((r, false)),
            (None, Some(l)) => Some((l, true)),
            (None, None) => None,
        }
    }

    /// The best cut, by sums over bins.
    fn best(&self, sums: &mut [(f64, f64)]) -> Option<(f64, u8, bool)> {
        let (low, high) = (usize::from(self.low), usize::from(self.high));
        let touched = self.unknown.map_or(high, usize::from).max(high);
        for cell in &mut sums[low..=touched] {
            *cell = (0.0, 0.0);
        }
        for (&b, &y) in self.bins.iter().zip(self.targets) {
            let cell = &mut sums[usize::from(b)];
            cell.0 += y;
            cell.1 += 1.0;
        }
        let missing = self.unknown.map_or((0.0, 0.0), |u| sums[usize::from(u)]);
        // All ordinary rows to the left is a cut when there are missing ones.
        let end = if self.unknown.is_some() { high + 1 } else { high };
        let mut best: Option<(f64, u8, bool)> = None;
        let (mut sum, mut rows) = (0.0, 0.0);
        for (bin, cell) in sums.iter().enumerate().take(end).skip(low) {
            if cell.1 < 0.5 {
                continue;
            }
            sum += cell.0;
            rows += cell.1;
            if let Some((quality, left)) = self.better_side(sum, rows, missing)
                && best.is_none_or(|b| quality > b.0)
            {
                best = Some((quality, bin as u8, left));
            }
        }
        best
    }
}

/// Sum and number of the targets in bins up to `cut`.
fn sum_up_to(bins: &[u8], targets: &[f64], cut: u8) -> (f64, f64) {
    const LANES: usize = 8;
    let (bin_chunks, bin_rest) = bins.as_chunks::<LANES>();
    let (target_chunks, target_rest) = targets.as_chunks::<LANES>();
    let mut sums = [0.0; LANES];
    let mut counts = [0.0; LANES];
    for (b, y) in bin_chunks.iter().zip(target_chunks) {
        for k in 0..LANES {
            let left = if b[k] <= cut { 1.0 } else { 0.0 };
            sums[k] += left * y[k];
            counts[k] += left;
        }
    }
    for ((&b, &y), k) in bin_rest.iter().zip(target_rest).zip(0..) {
        let left = if b <= cut { 1.0 } else { 0.0 };
        sums[k] += left * y;
        counts[k] += left;
    }
    (sums.iter().sum(), counts.iter().sum())
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
