//! One isolation tree: growing it, walking it, checking one that was read from a file.

use super::average_path_length;
#[cfg(feature = "serde")]
use crate::error::{Error, Result};
use crate::math::rng::Rng;

/// Rows that walk a tree side by side, so that the processor waits for none of them alone.
pub(super) const LANES: usize = 16;

/// A node. The two children stand next to each other and after their parent; a row goes to `left` when its value is
/// at most `threshold`, to `left + 1` otherwise. A leaf is its own left child with an infinite threshold, so that a
/// row which has arrived stays where it is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Node {
    pub(super) threshold: f64,
    /// Column of an axis-parallel cut; first entry in `Tree::cuts` of an oblique one.
    pub(super) feature: u32,
    pub(super) left: u32,
}

/// One column's part in an oblique cut.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
pub(super) struct Cut {
    pub(super) column: u32,
    pub(super) weight: f64,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) struct Tree {
    pub(super) nodes: Vec<Node>,
    /// Training rows in each node.
    pub(super) sizes: Vec<u32>,
    /// Oblique cuts, `extension + 1` for each inner node that has one; empty in an axis-parallel tree.
    pub(super) cuts: Vec<Cut>,
    /// Expected path length of a row that ends in this node (0 for inner nodes): depth + c(size).
    pub(super) lengths: Vec<f64>,
    /// Steps from the root to the deepest leaf.
    pub(super) depth: u32,
}

impl Node {
    fn leaf(at: usize) -> Self {
        Self { threshold: f64::INFINITY, feature: 0, left: at as u32 }
    }

    pub(super) fn is_leaf(&self, at: usize) -> bool {
        self.left as usize == at
    }
}

/// What growing a tree needs besides the tree; reused from tree to tree.
#[derive(Debug, Default)]
pub(super) struct Scratch {
    /// The subsample, column by column.
    pub(super) sample: Vec<f64>,
    /// Places in the subsample, parted so that each node owns a run.
    places: Vec<u32>,
    columns: Vec<u32>,
    projected: Vec<f64>,
    todo: Vec<Todo>,
}

#[derive(Debug, Clone, Copy)]
struct Todo {
    node: u32,
    from: u32,
    to: u32,
    depth: u32,
}

impl Tree {
    /// Grows a tree on the subsample in `scratch` (`size` rows, `d` columns): random cuts until a node holds one row,
    /// equal rows, or lies at `max_depth`.
    pub(super) fn grow(
        rng: &mut Rng,
        scratch: &mut Scratch,
        size: usize,
        d: usize,
        extension: usize,
        max_depth: u32,
    ) -> Self {
        let Scratch { sample, places, columns, projected, todo } = scratch;
        places.clear();
        places.extend(0..size as u32);
        columns.clear();
        columns.extend(0..d as u32);
        projected.resize(size, 0.0);
        todo.clear();
        let mut nodes = Vec::with_capacity(2 * size);
        let mut sizes = Vec::with_capacity(2 * size);
        let mut cuts = Vec::with_capacity(if extension > 0 { size * (extension + 1) } else { 0 });
        nodes.push(Node::leaf(0));
        sizes.push(size as u32);
        todo.push(Todo { node: 0, from: 0, to: size as u32, depth: 0 });
        while let Some(Todo { node, from, to, depth }) = todo.pop() {
            let own = &mut places[from as usize..to as usize];
            if own.len() < 2 || depth >= max_depth {
                continue;
            }
            let cut = if extension == 0 {
                axis_cut(rng, sample, own, columns, size)
            } else {
                oblique_cut(rng, sample, own, columns, projected, size, extension, &mut cuts)
            };
            let Some((feature, threshold)) = cut else { continue };
            let middle = if extension == 0 {
                let column = &sample[feature as usize * size..][..size];
                part(own, |place| column[place] <= threshold)
            } else {
                part(own, |place| projected[place] <= threshold)
            } as u32;
            let left = nodes.len() as u32;
            nodes[node as usize] = Node { threshold, feature, left };
            for (child, from, to) in [(left + 1, from + middle, to), (left, from, from + middle)] {
                todo.push(Todo { node: child, from, to, depth: depth + 1 });
            }
            for (child, count) in [(left, middle), (left + 1, to - from - middle)] {
                nodes.push(Node::leaf(child as usize));
                sizes.push(count);
            }
        }
        nodes.shrink_to_fit();
        Self::finish(nodes, sizes, cuts)
    }

    /// Depths and path lengths follow from nodes and sizes, because children stand after their parents.
    fn finish(nodes: Vec<Node>, sizes: Vec<u32>, cuts: Vec<Cut>) -> Self {
        let mut depths = vec![0u32; nodes.len()];
        let mut lengths = vec![0.0; nodes.len()];
        let mut depth = 0;
        for (at, node) in nodes.iter().enumerate() {
            if node.is_leaf(at) {
                lengths[at] = f64::from(depths[at]) + average_path_length(sizes[at] as usize);
                depth = depth.max(depths[at]);
            } else {
                for child in [node.left as usize, node.left as usize + 1] {
                    depths[child] = depths[at] + 1;
                }
            }
        }
        Self { nodes, sizes, cuts, lengths, depth }
    }

    /// A tree from the parts a file holds, if they are one.
    #[cfg(feature = "serde")]
    pub(super) fn from_parts(
        nodes: Vec<Node>,
        sizes: Vec<u32>,
        cuts: Vec<Cut>,
        d: usize,
        extension: usize,
    ) -> Result<Self> {
        let refuse = |reason: String| Err(Error::Model { reason: format!("isolation tree: {reason}") });
        let n = nodes.len();
        if n == 0 || sizes.len() != n || n > 1 << 30 {
            return refuse(format!("{n} nodes and {} sizes", sizes.len()));
        }
        if !cuts.iter().all(|c| (c.column as usize) < d && c.weight.is_finite()) {
            return refuse("an oblique cut names a column that is not there, or has no finite weight".to_owned());
        }
        let mut parents = vec![0u8; n];
        for (at, node) in nodes.iter().enumerate() {
            if node.is_leaf(at) {
                continue;
            }
            let left = node.left as usize;
            if left <= at || left + 1 >= n {
                return refuse(format!("node {at} has a child at {left}, of {n} nodes"));
            }
            let feature = node.feature as usize;
            let inside = if extension == 0 { feature < d } else { feature + extension < cuts.len() };
            if !inside || !node.threshold.is_finite() {
                return refuse(format!("node {at} cuts where there is no column, or at no finite value"));
            }
            if sizes[left].checked_add(sizes[left + 1]) != Some(sizes[at]) {
                return refuse(format!("the children of node {at} do not hold its rows"));
            }
            for child in [left, left + 1] {
                parents[child] = parents[child].saturating_add(1);
            }
        }
        if parents.iter().skip(1).any(|&p| p != 1) || parents[0] != 0 {
            return refuse("a node does not have exactly one parent".to_owned());
        }
        let mut nodes = nodes;
        for (at, node) in nodes.iter_mut().enumerate() {
            if node.is_leaf(at) {
                *node = Node::leaf(at);
            }
        }
        Ok(Self::finish(nodes, sizes, cuts))
    }

    /// Adds to `out` the path length of every row of an axis-parallel tree; the rows stand one after another in `x`,
    /// `d` cells each.
    pub(super) fn add_lengths(&self, x: &[f64], d: usize, out: &mut [f64]) {
        let nodes = self.nodes.as_slice();
        for (x, out) in x.chunks(LANES * d).zip(out.chunks_mut(LANES)) {
            let mut at = [0u32; LANES];
            if out.len() == LANES {
                for _ in 0..self.depth {
                    for l in 0..LANES {
                        let node = &nodes[at[l] as usize];
                        at[l] = node.left + u32::from(x[l * d + node.feature as usize] > node.threshold);
                    }
                }
            } else {
                for (at, x) in at.iter_mut().zip(x.chunks_exact(d)) {
                    for _ in 0..self.depth {
                        let node = &nodes[*at as usize];
                        *at = node.left + u32::from(x[node.feature as usize] > node.threshold);
                    }
                }
            }
            for (out, at) in out.iter_mut().zip(at) {
                *out += self.lengths[at as usize];
            }
        }
    }

    /// As [`Tree::add_lengths`], for oblique cuts. A leaf's `feature` is 0, so that a row which has arrived looks at
    /// the first cut without effect.
    pub(super) fn add_lengths_oblique(&self, x: &[f64], d: usize, extension: usize, out: &mut [f64]) {
        // The lowest level is the common one; knowing its length saves the loop over the cut.
        if extension == 1 {
            self.walk_oblique::<2>(x, d, 2, out)
        } else {
            self.walk_oblique::<0>(x, d, extension + 1, out)
        }
    }

    /// Walks with cuts of `K` columns, or of `width` where `K` is 0.
    #[inline]
    fn walk_oblique<const K: usize>(&self, x: &[f64], d: usize, width: usize, out: &mut [f64]) {
        const LANES: usize = 8;
        let width = if K > 0 { K } else { width };
        for (x, out) in x.chunks(LANES * d).zip(out.chunks_mut(LANES)) {
            let mut at = [0u32; LANES];
            for _ in 0..self.depth {
                for (at, x) in at.iter_mut().zip(x.chunks_exact(d)) {
                    let node = &self.nodes[*at as usize];
                    *at = node.left + u32::from(self.side(node, width, x) > node.threshold);
                }
            }
            for (out, at) in out.iter_mut().zip(at) {
                *out += self.lengths[at as usize];
            }
        }
    }

    /// The value that an oblique cut compares with its threshold.
    #[inline]
    fn side(&self, node: &Node, width: usize, x: &[f64]) -> f64 {
        let cuts = &self.cuts[node.feature as usize..][..width];
        cuts.iter().map(|c| c.weight * x[c.column as usize]).sum()
    }

    /// Walks one row down and calls `gain` at every inner node with its columns, their parts in the decision (adding
    /// up to 1), and by how much the step shortened the path that was to be expected.
    pub(super) fn explain(&self, x: &[f64], extension: usize, mut gain: impl FnMut(usize, f64, f64)) {
        let mut at = 0;
        loop {
            let node = &self.nodes[at];
            if node.is_leaf(at) {
                return;
            }
            let right = if extension == 0 {
                x[node.feature as usize] > node.threshold
            } else {
                self.side(node, extension + 1, x) > node.threshold
            };
            let next = node.left as usize + usize::from(right);
            let expected = |at: usize| average_path_length(self.sizes[at] as usize);
            let step = expected(at) - 1.0 - expected(next);
            if extension == 0 {
                gain(node.feature as usize, 1.0, step);
            } else {
                let from = node.feature as usize;
                let cuts = &self.cuts[from..=from + extension];
                let part = |c: &Cut| (c.weight * x[c.column as usize]).abs();
                let whole: f64 = cuts.iter().map(part).sum();
                for c in cuts {
                    let share = if whole > 0.0 { part(c) / whole } else { 1.0 / cuts.len() as f64 };
                    gain(c.column as usize, share, step);
                }
            }
            at = next;
        }
    }
}

/// Smallest and largest value of a column among the places.
#[inline]
fn range(column: &[f64], places: &[u32]) -> (f64, f64) {
    let mut low = f64::INFINITY;
    let mut high = f64::NEG_INFINITY;
    for &place in places {
        let v = column[place as usize];
        low = if v < low { v } else { low };
        high = if v > high { v } else { high };
    }
    (low, high)
}

/// A value in [low, high), uniform; safe where `high - low` overflows.
#[inline]
fn uniform_between(rng: &mut Rng, low: f64, high: f64) -> f64 {
    let u = rng.uniform();
    let difference = high - low;
    let v = if difference.is_finite() { low + u * difference } else { low * (1.0 - u) + high * u };
    if v >= low && v < high { v } else { low }
}

/// A random column that is not constant in the node and a random value between its ends.
fn axis_cut(rng: &mut Rng, sample: &[f64], own: &[u32], columns: &mut [u32], size: usize) -> Option<(u32, f64)> {
    for tried in 0..columns.len() {
        let pick = tried + rng.below(columns.len() - tried);
        columns.swap(tried, pick);
        let column = columns[tried];
        let (low, high) = range(&sample[column as usize * size..][..size], own);
        if low < high {
            return Some((column, uniform_between(rng, low, high)));
        }
    }
    None
}

/// A random direction over `extension + 1` columns that are not constant in the node, through a random point of the
/// node's box; fills `projected` at the node's places.
#[allow(clippy::too_many_arguments)]
fn oblique_cut(
    rng: &mut Rng,
    sample: &[f64],
    own: &[u32],
    columns: &mut [u32],
    projected: &mut [f64],
    size: usize,
    extension: usize,
    cuts: &mut Vec<Cut>,
) -> Option<(u32, f64)> {
    let first = cuts.len();
    let mut threshold = 0.0;
    for tried in 0..columns.len() {
        let pick = tried + rng.below(columns.len() - tried);
        columns.swap(tried, pick);
        let column = columns[tried];
        let (low, high) = range(&sample[column as usize * size..][..size], own);
        if low < high {
            let weight = rng.normal();
            threshold += weight * uniform_between(rng, low, high);
            cuts.push(Cut { column, weight });
            if cuts.len() - first > extension {
                break;
            }
        }
    }
    if cuts.len() == first {
        return None;
    }
    while cuts.len() - first <= extension {
        // Too few columns move: the rest of the direction is zero.
        cuts.push(Cut { column: cuts[first].column, weight: 0.0 });
    }
    for &place in own {
        let cuts = cuts[first..].iter();
        projected[place as usize] = cuts.map(|c| c.weight * sample[c.column as usize * size + place as usize]).sum();
    }
    Some((first as u32, threshold))
}

/// Puts the places that go left first; returns how many do.
#[inline]
fn part(places: &mut [u32], left: impl Fn(usize) -> bool) -> usize {
    let mut middle = 0;
    for i in 0..places.len() {
        // Without a branch: the swap is always made, the border moves only for those that go left.
        let goes = left(places[i] as usize);
        places.swap(i, middle);
        middle += usize::from(goes);
    }
    middle
}
