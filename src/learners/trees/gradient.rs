//! A regression tree on gradients, leaf by leaf: always the leaf whose best cut gains most (best-first, Shi 2007).
//!
//! A histogram of gradients a column, filled for the smaller child and had for the larger one by subtraction from the
//! parent's (as LightGBM, Ke et al. 2017). Gain of a cut: `GL²/(HL + l2) + GR²/(HR + l2) - G²/(H + l2)`; value of a
//! leaf: `-G/(H + l2)`. Missing values go to the side where they gain more; where a node has none, to the fuller side.
//!
//! Columns are independent of each other, so that threads share them out without changing a bit. Rows stay in
//! ascending order within a node.

use super::bins::{Binned, Binner};
use super::tree::Tree;
use crate::math::par;

/// Cells a thread should have to fill before it pays to start one.
const PARALLEL_FROM: usize = 1 << 16;

/// When to stop, and how to weigh.
#[derive(Debug, Clone)]
pub(crate) struct Rules<'a> {
    pub(crate) max_leaves: usize,
    pub(crate) max_depth: usize,
    pub(crate) min_rows: usize,
    pub(crate) min_weight: f64,
    pub(crate) l2: f64,
    pub(crate) min_gain: f64,
    /// -1, 0 or 1 for every column, or empty.
    pub(crate) monotone: &'a [i8],
}

/// What a leaf holds after growth: its node and its piece of the rows.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Leaf {
    pub(crate) node: usize,
    pub(crate) start: usize,
    pub(crate) len: usize,
}

/// A grown tree with the bins of its cuts.
#[derive(Debug, Default)]
pub(crate) struct Grown {
    pub(crate) tree: Tree,
    pub(crate) cuts: Vec<u8>,
    pub(crate) leaves: Vec<Leaf>,
}

impl Grown {
    /// Node of the leaf that row `i` of the binned table falls into.
    pub(crate) fn leaf_of(&self, binned: &Binned, i: usize) -> usize {
        let mut at = 0;
        loop {
            let node = &self.tree.nodes[at];
            if node.is_leaf() {
                return at;
            }
            let j = node.column();
            let bin = binned.column(j)[i];
            let left = if bin == binned.missing_bin(j) { node.missing_left() } else { bin <= self.cuts[at] };
            at = node.left() + usize::from(!left);
        }
    }
}

/// Sums over the rows of a bin.
#[derive(Debug, Clone, Copy, Default)]
struct Sums {
    gradient: f64,
    hessian: f64,
    rows: f64,
}

impl Sums {
    fn add(&mut self, other: &Self) {
        self.gradient += other.gradient;
        self.hessian += other.hessian;
        self.rows += other.rows;
    }

    fn less(&self, other: &Self) -> Self {
        Self {
            gradient: self.gradient - other.gradient,
            hessian: self.hessian - other.hessian,
            rows: self.rows - other.rows,
        }
    }
}

#[derive(Debug, Clone, Copy)]
struct Cut {
    gain: f64,
    column: usize,
    bin: u8,
    missing_left: bool,
    left: Sums,
    right: Sums,
}

/// A leaf that may still be cut.
#[derive(Debug)]
struct Open {
    node: usize,
    start: usize,
    len: usize,
    depth: usize,
    total: Sums,
    bounds: (f64, f64),
    histogram: Vec<Sums>,
    cut: Option<Cut>,
}

/// Grows trees on one binned table; keeps its buffers.
#[derive(Debug)]
pub(crate) struct Grower<'a> {
    binned: &'a Binned,
    binner: &'a Binner,
    spare: Vec<Vec<Sums>>,
    ordered: Vec<(f64, f64)>,
    aside: Vec<u32>,
}

impl<'a> Grower<'a> {
    pub(crate) fn new(binned: &'a Binned, binner: &'a Binner) -> Self {
        Self { binned, binner, spare: Vec::new(), ordered: Vec::new(), aside: Vec::new() }
    }

    /// Grows a tree on `rows` (ascending; reordered so that every leaf's rows are one piece) and `columns` (ascending).
    /// `hessian` is 1 everywhere when it is `None`.
    pub(crate) fn grow(
        &mut self,
        rows: &mut [u32],
        columns: &[u32],
        gradient: &[f64],
        hessian: Option<&[f64]>,
        rules: &Rules<'_>,
    ) -> Grown {
        // Where the bins of every column begin in a histogram.
        let mut offsets = Vec::with_capacity(columns.len() + 1);
        offsets.push(0);
        for &j in columns {
            let bins =
                usize::from(self.binned.missing_bin(j as usize)) + usize::from(self.binned.has_missing(j as usize));
            offsets.push(offsets.last().copied().unwrap_or(0) + bins);
        }
        let mut total = Sums::default();
        for &i in rows.iter() {
            let i = i as usize;
            total.gradient += gradient[i];
            total.hessian += hessian.map_or(1.0, |h| h[i]);
        }
        total.rows = rows.len() as f64;

        let mut grown = Grown::default();
        let value = leaf_value(&total, rules.l2, (f64::NEG_INFINITY, f64::INFINITY));
        grown.tree.push_leaf(value, total.rows);
        grown.cuts.push(0);
        let mut root = Open {
            node: 0,
            start: 0,
            len: rows.len(),
            depth: 0,
            total,
            bounds: (f64::NEG_INFINITY, f64::INFINITY),
            histogram: self.spare.pop().unwrap_or_default(),
            cut: None,
        };
        self.fill(&mut root.histogram, rows, columns, &offsets, gradient, hessian);
        root.cut = self.best_cut(&root, columns, &offsets, rules);
        let mut open = vec![root];
        while open.len() < rules.max_leaves {
            // The largest gain; the earlier leaf where two are equal.
            let mut best: Option<(usize, f64)> = None;
            for (place, leaf) in open.iter().enumerate() {
                if let Some(cut) = leaf.cut
                    && best.is_none_or(|(_, gain)| cut.gain > gain)
                {
                    best = Some((place, cut.gain));
                }
            }
            let Some((place, _)) = best else { break };
            let parent = open.swap_remove(place);
            let Some(cut) = parent.cut else { break };
            let piece = &mut rows[parent.start..parent.start + parent.len];
            let middle = self.partition(piece, &cut);
            let left_node = grown.tree.nodes.len();
            let threshold = self.binner.threshold(cut.column, cut.bin);
            grown.tree.cut(parent.node, cut.column, threshold, cut.missing_left, cut.gain);
            grown.cuts[parent.node] = cut.bin;
            let (low, high) = parent.bounds;
            let direction = rules.monotone.get(cut.column).copied().unwrap_or(0);
            let (mut left_bounds, mut right_bounds) = (parent.bounds, parent.bounds);
            if direction != 0 {
                let middle = 0.5
                    * (leaf_value(&cut.left, rules.l2, (low, high)) + leaf_value(&cut.right, rules.l2, (low, high)));
                if direction > 0 {
                    (left_bounds.1, right_bounds.0) = (middle, middle);
                } else {
                    (left_bounds.0, right_bounds.1) = (middle, middle);
                }
            }
            for (total, bounds) in [(&cut.left, left_bounds), (&cut.right, right_bounds)] {
                grown.tree.push_leaf(leaf_value(total, rules.l2, bounds), total.rows);
                grown.cuts.push(0);
            }
            let mut children = [
                (left_node, parent.start, middle, cut.left, left_bounds),
                (left_node + 1, parent.start + middle, parent.len - middle, cut.right, right_bounds),
            ]
            .map(|(node, start, len, total, bounds)| Open {
                node,
                start,
                len,
                depth: parent.depth + 1,
                total,
                bounds,
                histogram: Vec::new(),
                cut: None,
            });
            let last = open.len() + 2 >= rules.max_leaves;
            let splittable = |c: &Open| c.len >= 2 * rules.min_rows.max(1) && c.depth < rules.max_depth;
            if !last && children.iter().any(splittable) {
                let small = usize::from(children[1].len < children[0].len);
                let mut histogram = self.spare.pop().unwrap_or_default();
                let piece = &rows[children[small].start..children[small].start + children[small].len];
                self.fill(&mut histogram, piece, columns, &offsets, gradient, hessian);
                let mut other = parent.histogram;
                for (o, s) in other.iter_mut().zip(&histogram) {
                    *o = o.less(s);
                }
                children[small].histogram = histogram;
                children[1 - small].histogram = other;
                for child in &mut children {
                    if splittable(child) {
                        child.cut = self.best_cut(child, columns, &offsets, rules);
                    }
                    if child.cut.is_none() {
                        self.spare.push(std::mem::take(&mut child.histogram));
                    }
                }
            } else {
                self.spare.push(parent.histogram);
            }
            open.extend(children);
        }
        for leaf in open {
            grown.leaves.push(Leaf { node: leaf.node, start: leaf.start, len: leaf.len });
            if !leaf.histogram.is_empty() {
                self.spare.push(leaf.histogram);
            }
        }
        grown.leaves.sort_unstable_by_key(|l| l.start);
        grown
    }

    /// Sums of the rows by bin, for every column.
    fn fill(
        &mut self,
        histogram: &mut Vec<Sums>,
        rows: &[u32],
        columns: &[u32],
        offsets: &[usize],
        gradient: &[f64],
        hessian: Option<&[f64]>,
    ) {
        self.ordered.clear();
        match hessian {
            None => self.ordered.extend(rows.iter().map(|&i| (gradient[i as usize], 1.0))),
            Some(h) => self.ordered.extend(rows.iter().map(|&i| (gradient[i as usize], h[i as usize]))),
        }
        let constant = hessian.is_none();
        let (binned, ordered) = (self.binned, &self.ordered);
        histogram.clear();
        histogram.resize(offsets.last().copied().unwrap_or(0), Sums::default());
        let column = |j: u32, out: &mut [Sums]| {
            let bins = binned.column(j as usize);
            if constant {
                let mut sums = [(0.0f64, 0.0f64); 256];
                for (&i, &(g, _)) in rows.iter().zip(ordered) {
                    let cell = &mut sums[usize::from(bins[i as usize])];
                    cell.0 += g;
                    cell.1 += 1.0;
                }
                for (out, &(gradient, rows)) in out.iter_mut().zip(&sums) {
                    *out = Sums { gradient, hessian: rows, rows };
                }
            } else {
                let mut sums = [Sums::default(); 256];
                for (&i, &(g, h)) in rows.iter().zip(ordered) {
                    let cell = &mut sums[usize::from(bins[i as usize])];
                    cell.gradient += g;
                    cell.hessian += h;
                    cell.rows += 1.0;
                }
                for (out, sum) in out.iter_mut().zip(&sums) {
                    *out = *sum;
                }
            }
        };
        let mut pieces: Vec<&mut [Sums]> = Vec::with_capacity(columns.len());
        let mut rest = histogram.as_mut_slice();
        for pair in offsets.windows(2) {
            let (piece, tail) = rest.split_at_mut(pair[1] - pair[0]);
            pieces.push(piece);
            rest = tail;
        }
        if rows.len() * columns.len() >= PARALLEL_FROM {
            par::rows_init(&mut pieces, 1, || (), |(), c, piece| column(columns[c], &mut *piece[0]));
        } else {
            for (&j, piece) in columns.iter().zip(pieces) {
                column(j, piece);
            }
        }
    }

    fn best_cut(&self, leaf: &Open, columns: &[u32], offsets: &[usize], rules: &Rules<'_>) -> Option<Cut> {
        if leaf.len < 2 * rules.min_rows.max(1) || leaf.depth >= rules.max_depth {
            return None;
        }
        let mut best: Option<Cut> = None;
        for (c, &j) in columns.iter().enumerate() {
            let histogram = &leaf.histogram[offsets[c]..offsets[c + 1]];
            self.scan(j as usize, histogram, leaf, rules, &mut best);
        }
        best
    }

    fn scan(&self, j: usize, histogram: &[Sums], leaf: &Open, rules: &Rules<'_>, best: &mut Option<Cut>) {
        let bins = usize::from(self.binned.missing_bin(j));
        let missing = histogram.get(bins).copied().unwrap_or_default();
        let has_missing = missing.rows > 0.5;
        let (l2, min_rows) = (rules.l2, rules.min_rows.max(1) as f64);
        let score = |s: &Sums| s.gradient * s.gradient / (s.hessian + l2);
        let whole = score(&leaf.total);
        let direction = rules.monotone.get(j).copied().unwrap_or(0);
        let least = rules.min_gain.max(0.0);
        for missing_left in [false, true] {
            if missing_left && !has_missing {
                break;
            }
            let mut left = if missing_left { missing } else { Sums::default() };
            // With missing values to the right, all others may go left.
            let end = if has_missing && !missing_left { bins } else { bins.saturating_sub(1) };
            for (bin, sums) in histogram[..end].iter().enumerate() {
                if sums.rows < 0.5 {
                    continue;
                }
                left.add(sums);
                if left.rows < min_rows {
                    continue;
                }
                let right = leaf.total.less(&left);
                if right.rows < min_rows {
                    break;
                }
                if left.hessian < rules.min_weight || right.hessian < rules.min_weight {
                    continue;
                }
                let gain = score(&left) + score(&right) - whole;
                if gain > least && best.is_none_or(|b| gain > b.gain) {
                    if direction != 0 {
                        let (a, b) = (leaf_value(&left, l2, leaf.bounds), leaf_value(&right, l2, leaf.bounds));
                        if (direction > 0 && a > b) || (direction < 0 && a < b) {
                            continue;
                        }
                    }
                    let missing_left = if has_missing { missing_left } else { left.rows >= right.rows };
                    *best = Some(Cut { gain, column: j, bin: bin as u8, missing_left, left, right });
                }
            }
        }
    }

    /// Moves the rows that go left to the front, both parts in their order; the number of them.
    fn partition(&mut self, rows: &mut [u32], cut: &Cut) -> usize {
        let bins = self.binned.column(cut.column);
        let missing = self.binned.missing_bin(cut.column);
        let unknown_left = self.binned.has_missing(cut.column) && cut.missing_left;
        self.aside.clear();
        self.aside.resize(rows.len(), 0);
        let (mut left, mut right) = (0, 0);
        for place in 0..rows.len() {
            let i = rows[place];
            let bin = bins[i as usize];
            // The missing bin lies above every cut.
            let goes_left = bin <= cut.bin || (unknown_left && bin == missing);
            rows[left] = i;
            self.aside[right] = i;
            left += usize::from(goes_left);
            right += usize::from(!goes_left);
        }
        rows[left..].copy_from_slice(&self.aside[..right]);
        left
    }
}

/// Value of a leaf within its bounds; 0 where nothing is known.
fn leaf_value(sums: &Sums, l2: f64, bounds: (f64, f64)) -> f64 {
    let weight = sums.hessian + l2;
    let value = if weight > 0.0 { -sums.gradient / weight } else { 0.0 };
    value.max(bounds.0).min(bounds.1)
}
