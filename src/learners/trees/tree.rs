//! A grown tree: flat nodes, raw thresholds, what a row and a reason need.

use crate::math::par;
use ndarray::{ArrayView1, ArrayView2};

/// Rows of one parallel block of predictions: they stay in the cache while the trees come by.
const BLOCK: usize = 128;

/// One node. A leaf has no first child.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub(crate) struct Node {
    /// Threshold of a cut, value of a leaf.
    pub(crate) value: f64,
    /// First child; the second follows it. 0 for a leaf.
    pub(crate) left: u32,
    /// Column of a cut.
    pub(crate) column: u32,
    /// Training rows (their weight) that came by.
    pub(crate) cover: f32,
    /// What the cut gained.
    pub(crate) gain: f32,
    /// Where a missing value goes.
    pub(crate) missing_left: bool,
}

impl Node {
    pub(crate) fn leaf(value: f64, cover: f64) -> Self {
        Self { value, left: 0, column: 0, cover: cover as f32, gain: 0.0, missing_left: false }
    }

    pub(crate) fn is_leaf(&self) -> bool {
        self.left == 0
    }
}

/// A tree: node 0 is the root; children stand behind their parent.
#[derive(Debug, Clone, PartialEq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(transparent))]
pub(crate) struct Tree {
    pub(crate) nodes: Vec<Node>,
}

impl Tree {
    /// The child a value leads to.
    #[inline]
    fn child(node: &Node, x: f64) -> usize {
        // Both comparisons are false for NaN.
        let right = if node.missing_left { x > node.value } else { !(x <= node.value) };
        node.left as usize + usize::from(right)
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
            at = Self::child(node, row[node.column as usize]);
        }
    }

    /// Value of the leaf a row falls into.
    #[inline]
    pub(crate) fn predict(&self, row: &[f64]) -> f64 {
        self.nodes[self.leaf(row)].value
    }

    /// `Ok` when every index stays inside, for rows of `columns` cells: children behind their parent, so that every
    /// walk ends.
    #[cfg(feature = "serde")]
    pub(crate) fn check(&self, columns: usize) -> std::result::Result<(), &'static str> {
        if self.nodes.is_empty() {
            return Err("a tree without nodes");
        }
        let mut parents = vec![0u8; self.nodes.len()];
        for (i, node) in self.nodes.iter().enumerate() {
            if !node.cover.is_finite() || node.cover < 0.0 || !node.gain.is_finite() {
                return Err("a node's cover or gain is not a number of rows or a gain");
            }
            if node.is_leaf() {
                if !node.value.is_finite() {
                    return Err("the value of a leaf is not finite");
                }
                continue;
            }
            let left = node.left as usize;
            if left <= i || left + 1 >= self.nodes.len() || node.column as usize >= columns || node.value.is_nan() {
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
                let (l, r) = (node.left as usize, node.left as usize + 1);
                let (cl, cr) = (f64::from(self.nodes[l].cover), f64::from(self.nodes[r].cover));
                mean[i] =
                    if cl + cr > 0.0 { (cl * mean[l] + cr * mean[r]) / (cl + cr) } else { 0.5 * (mean[l] + mean[r]) };
            }
        }
        mean
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
            for (row, sum) in cells.chunks_exact(d).zip(out.iter_mut()) {
                *sum += tree.predict(row);
            }
        }
    });
    out
}

/// Total gain of the cuts on every column.
pub(crate) fn gains(trees: &[Tree], columns: usize) -> Vec<f64> {
    let mut gains = vec![0.0; columns];
    for node in trees.iter().flat_map(|t| &t.nodes) {
        if !node.is_leaf() {
            gains[node.column as usize] += f64::from(node.gain);
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
        let hot = Tree::child(&node, self.row[node.column as usize]);
        let left = node.left as usize;
        let cold = if hot == left { left + 1 } else { left };
        let (mut zero, mut one) = (1.0, 1.0);
        let mut path_here = path.clone();
        if let Some(seen) = path_here.iter().skip(1).position(|s| s.column == node.column).map(|p| p + 1) {
            (zero, one) = (path_here[seen].zero, path_here[seen].one);
            unwind(&mut path_here, seen);
        }
        let cover = |i: usize| f64::from(self.tree.nodes[i].cover);
        let total = cover(hot) + cover(cold);
        let share = |i: usize| if total > 0.0 { cover(i) / total } else { 0.5 };
        let (to_hot, to_cold) = (share(hot), share(cold));
        let step = |zero: f64, one: f64| Step { zero, one, column: node.column, weight: 0.0 };
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
