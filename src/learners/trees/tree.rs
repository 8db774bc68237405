//! A grown tree: flat nodes, raw thresholds, what a row and a reason need.

use crate::math::par;
use ndarray::{ArrayView1, ArrayView2};

/// Rows of one parallel block of predictions: they stay in the cache while the trees come by.
const BLOCK: usize = 128;

/// Rows that walk down a tree side by side: their waits for memory overlap.
const ABREAST: usize = 8;

/// The bit of [`Node::column`] that sends missing values left.
const MISSING_LEFT: u32 = 1 << 31;

/// One node, 16 bytes: what a walk needs.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub(crate) struct Node {
    /// Threshold of a cut, value of a leaf.
    pub(crate) value: f64,
    /// First child; the second follows it. 0 for a leaf.
    left: u32,
    /// Column of a cut, and the bit for missing values.
    column: u32,
}

impl Node {
    pub(crate) fn leaf(value: f64) -> Self {
        Self { value, left: 0, column: 0 }
    }

    pub(crate) fn cut(column: usize, threshold: f64, left: usize, missing_left: bool) -> Self {
        let flag = if missing_left { MISSING_LEFT } else { 0 };
        Self { value: threshold, left: left as u32, column: column as u32 | flag }
    }

    pub(crate) fn is_leaf(&self) -> bool {
        self.left == 0
    }

    pub(crate) fn left(&self) -> usize {
        self.left as usize
    }

    #[inline]
    pub(crate) fn column(&self) -> usize {
        (self.column & !MISSING_LEFT) as usize
    }

    pub(crate) fn missing_left(&self) -> bool {
        self.column & MISSING_LEFT != 0
    }

    /// The child a value leads to.
    #[inline]
    fn child(&self, x: f64) -> usize {
        // Both comparisons are false for NaN.
        let right = (x > self.value) | (x.is_nan() & !self.missing_left());
        self.left as usize + usize::from(right)
    }
}

/// A tree: node 0 is the root; children stand behind their parent.
#[derive(Debug, Clone, PartialEq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
pub(crate) struct Tree {
    pub(crate) nodes: Vec<Node>,
    /// Training rows that came by each node.
    pub(crate) cover: Vec<f32>,
    /// What each cut gained; 0 for leaves.
    pub(crate) gain: Vec<f32>,
}

impl Tree {
    /// Appends a leaf.
    pub(crate) fn push_leaf(&mut self, value: f64, cover: f64) {
        self.nodes.push(Node::leaf(value));
        self.cover.push(cover as f32);
        self.gain.push(0.0);
    }

    /// Makes a leaf a cut whose children will be the next two nodes.
    pub(crate) fn cut(&mut self, at: usize, column: usize, threshold: f64, missing_left: bool, gain: f64) {
        self.nodes[at] = Node::cut(column, threshold, self.nodes.len(), missing_left);
        self.gain[at] = gain.min(f64::from(f32::MAX)) as f32;
    }

    /// Number of the leaf a row falls into.
    #[inline]
    pub(crate) fn leaf(&self, row: &[f64]) -> usize {
        let mut at = 0;
        loop {
            let node = &self.nodes[at];
            if node.is_leaf() {
                return at;
            }
            at = node.child(row[node.column()]);
        }
    }

    /// Value of the leaf a row falls into.
    #[inline]
    pub(crate) fn predict(&self, row: &[f64]) -> f64 {
        self.nodes[self.leaf(row)].value
    }

    /// Adds the value of the leaf of every row, `d` cells each.
    fn add_to(&self, cells: &[f64], d: usize, sums: &mut [f64]) {
        let mut groups = cells.chunks_exact(ABREAST * d);
        let mut outs = sums.chunks_exact_mut(ABREAST);
        for (rows, out) in groups.by_ref().zip(outs.by_ref()) {
            let mut at = [0usize; ABREAST];
            loop {
                let mut walking = false;
                for (k, at) in at.iter_mut().enumerate() {
                    let node = &self.nodes[*at];
                    if !node.is_leaf() {
                        *at = node.child(rows[k * d + node.column()]);
                        walking = true;
                    }
                }
                if !walking {
                    break;
                }
            }
            for (out, at) in out.iter_mut().zip(at) {
                *out += self.nodes[at].value;
            }
        }
        for (row, out) in groups.remainder().chunks_exact(d).zip(outs.into_remainder()) {
            *out += self.predict(row);
        }
    }

    /// `Ok` when every index stays inside, for rows of `columns` cells: children behind their parent, so that every
    /// walk ends.
    #[cfg(feature = "serde")]
    pub(crate) fn check(&self, columns: usize) -> std::result::Result<(), &'static str> {
        let n = self.nodes.len();
        if n == 0 || self.cover.len() != n || self.gain.len() != n {
            return Err("a tree without nodes, or not as many covers and gains as nodes");
        }
        if !self.cover.iter().chain(&self.gain).all(|v| v.is_finite() && *v >= 0.0) {
            return Err("a cover or gain is not finite or negative");
        }
        let mut parents = vec![0u8; n];
        for (i, node) in self.nodes.iter().enumerate() {
            if node.is_leaf() {
                if !node.value.is_finite() {
                    return Err("the value of a leaf is not finite");
                }
                continue;
            }
            let left = node.left();
            if left <= i || left + 1 >= n || node.column() >= columns || node.value.is_nan() {
                return Err("a cut points outside of its tree");
            }
            parents[left] = parents[left].saturating_add(1);
            parents[left + 1] = parents[left + 1].saturating_add(1);
        }
        if parents[0] == 0 && parents[1..].iter().all(|p| *p == 1) {
            Ok(())
        } else {
            Err("a node with two parents or none")
        }
    }

    /// Mean leaf value below every node, weighted by cover: the expected prediction of rows that got this far.
    fn expectations(&self) -> Vec<f64> {
        let mut mean: Vec<f64> = self.nodes.iter().map(|n| if n.is_leaf() { n.value } else { 0.0 }).collect();
        for i in (0..self.nodes.len()).rev() {
            let node = &self.nodes[i];
            if !node.is_leaf() {
                let share = self.share_of_left(node.left());
                mean[i] = share * mean[node.left()] + (1.0 - share) * mean[node.left() + 1];
            }
        }
        mean
    }

    /// Share of the training rows of two siblings that went to the first.
    fn share_of_left(&self, left: usize) -> f64 {
        let (l, r) = (f64::from(self.cover[left]), f64::from(self.cover[left + 1]));
        if l + r > 0.0 { l / (l + r) } else { 0.5 }
    }
}

/// Calls `f` with the cells of every row of a block, its place, and its output.
pub(crate) fn for_rows<F>(x: ArrayView2<'_, f64>, out: &mut [f64], width: usize, f: F)
where
    F: Fn(&[f64], usize, &mut [f64]) + Sync + Send,
{
    let d = x.ncols();
    let cells = x.to_slice();
    par::rows_init(out, BLOCK * width, Vec::new, |copy: &mut Vec<f64>, block, out| {
        let from = block * BLOCK;
        let rows = out.len() / width.max(1);
        let cells = match cells {
            Some(cells) => &cells[from * d..(from + rows) * d],
            None => {
                copy.clear();
                for i in from..from + rows {
                    copy.extend(x.row(i).iter());
                }
                copy.as_slice()
            }
        };
        f(cells, from, out);
    });
}

/// Sum of the trees' predictions for every row, in the order of the trees.
pub(crate) fn sum_predictions(trees: &[Tree], x: ArrayView2<'_, f64>, start: f64) -> Vec<f64> {
    let d = x.ncols();
    let mut out = vec![start; x.nrows()];
    for_rows(x, &mut out, 1, |cells, _, out| {
        for tree in trees {
            tree.add_to(cells, d, out);
        }
    });
    out
}

/// Total gain of the cuts on every column.
pub(crate) fn gains(trees: &[Tree], columns: usize) -> Vec<f64> {
    let mut gains = vec![0.0; columns];
    for (node, gain) in trees.iter().flat_map(|t| t.nodes.iter().zip(&t.gain)) {
        if !node.is_leaf() {
            gains[node.column()] += f64::from(*gain);
        }
    }
    gains
}

/// Shapley values of the columns for one row, path dependent (Lundberg, Erion & Lee 2018, algorithm 2): they add up to the
/// prediction less the expected prediction, which is returned.
pub(crate) fn shap(trees: &[Tree], row: ArrayView1<'_, f64>, out: &mut [f64]) -> f64 {
    let row = row.to_vec();
    let mut expected = 0.0;
    for tree in trees {
        let mean = tree.expectations();
        expected += mean.first().copied().unwrap_or(0.0);
        let mut walk = Shap { tree, row: &row, out };
        walk.recurse(0, &mut Vec::new(), Step { zero: 1.0, one: 1.0, column: NO_COLUMN, weight: 0.0 });
    }
    expected
}

const NO_COLUMN: u32 = u32::MAX;

/// One column on the path: the share of subsets without it, with it, and the weight of subsets of each size.
#[derive(Debug, Clone, Copy)]
struct Step {
    zero: f64,
    one: f64,
    column: u32,
    weight: f64,
}

struct Shap<'a> {
    tree: &'a Tree,
    row: &'a [f64],
    out: &'a mut [f64],
}

impl Shap<'_> {
    fn recurse(&mut self, at: usize, path: &mut Vec<Step>, step: Step) {
        extend(path, step);
        let node = self.tree.nodes[at];
        if node.is_leaf() {
            for i in 1..path.len() {
                let weight: f64 = unwound_sum(path, i);
                let step = path[i];
                self.out[step.column as usize] += weight * (step.one - step.zero) * node.value;
            }
            return;
        }
        let column = node.column();
        let hot = node.child(self.row[column]);
        let left = node.left();
        let cold = if hot == left { left + 1 } else { left };
        let (mut zero, mut one) = (1.0, 1.0);
        let mut path_here = path.clone();
        if let Some(seen) = path_here.iter().skip(1).position(|s| s.column as usize == column).map(|p| p + 1) {
            (zero, one) = (path_here[seen].zero, path_here[seen].one);
            unwind(&mut path_here, seen);
        }
        let share = self.tree.share_of_left(left);
        let (to_hot, to_cold) = if hot == left { (share, 1.0 - share) } else { (1.0 - share, share) };
        let step = |zero: f64, one: f64| Step { zero, one, column: column as u32, weight: 0.0 };
        let length = path_here.len();
        let saved = path_here.clone();
        self.recurse(hot, &mut path_here, step(zero * to_hot, one));
        path_here.truncate(length);
        path_here.copy_from_slice(&saved);
        self.recurse(cold, &mut path_here, step(zero * to_cold, 0.0));
    }
}

fn extend(path: &mut Vec<Step>, step: Step) {
    let depth = path.len();
    path.push(Step { weight: if depth == 0 { 1.0 } else { 0.0 }, ..step });
    for i in (0..depth).rev() {
        path[i + 1].weight += step.one * path[i].weight * (i + 1) as f64 / (depth + 1) as f64;
        path[i].weight = step.zero * path[i].weight * (depth - i) as f64 / (depth + 1) as f64;
    }
}

fn unwind(path: &mut Vec<Step>, at: usize) {
    let depth = path.len() - 1;
    let (one, zero) = (path[at].one, path[at].zero);
    let mut next = path[depth].weight;
    for i in (0..depth).rev() {
        if one.abs() > 0.0 {
            let old = path[i].weight;
            path[i].weight = next * (depth + 1) as f64 / ((i + 1) as f64 * one);
            next = old - path[i].weight * zero * (depth - i) as f64 / (depth + 1) as f64;
        } else {
            path[i].weight = path[i].weight * (depth + 1) as f64 / (zero * (depth - i) as f64);
        }
    }
    for i in at..depth {
        let weight = path[i].weight;
        path[i] = Step { weight, ..path[i + 1] };
    }
    path.pop();
}

fn unwound_sum(path: &[Step], at: usize) -> f64 {
    let depth = path.len() - 1;
    let (one, zero) = (path[at].one, path[at].zero);
    let mut next = path[depth].weight;
    let mut total = 0.0;
    for i in (0..depth).rev() {
        if one.abs() > 0.0 {
            let weight = next * (depth + 1) as f64 / ((i + 1) as f64 * one);
            total += weight;
            next = path[i].weight - weight * zero * (depth - i) as f64 / (depth + 1) as f64;
        } else if zero.abs() > 0.0 {
            total += path[i].weight * (depth + 1) as f64 / (zero * (depth - i) as f64);
        }
    }
    total
}
