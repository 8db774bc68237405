//! One tree of a random cut forest: a reservoir of rows, and random cuts that tell them apart.
//!
//! Inner nodes and leaves live in two arenas of a size that the reservoir bounds; a place that is given up is used
//! again. Boxes are never approximate: after every change a box is the smallest and largest of what lies under it.

use crate::error::{Error, Result};
use crate::math::rng::Rng;

/// Marks the number of a leaf among those of inner nodes.
const LEAF: u32 = 1 << 31;
const NONE: u32 = u32::MAX;

/// An inner node. Rows with `row[column] <= cut` lie to the left.
#[derive(Debug, Clone, Copy)]
struct Node {
    cut: f64,
    /// Sum of the sides of the box.
    span: f64,
    column: u32,
    left: u32,
    right: u32,
    parent: u32,
    mass: u32,
}

#[derive(Debug, Clone, Copy)]
struct Leaf {
    parent: u32,
    /// Equal rows in the reservoir.
    mass: u32,
}

#[derive(Debug, Clone)]
pub(super) struct Tree {
    dims: usize,
    capacity: usize,
    seed: u64,
    root: u32,
    nodes: Vec<Node>,
    /// Of each inner node the low and then the high side of its box.
    boxes: Vec<f64>,
    leaves: Vec<Leaf>,
    points: Vec<f64>,
    free_nodes: Vec<u32>,
    free_leaves: Vec<u32>,
    /// The reservoir: a heap by key, the largest first, which is the next to go; and the leaf of each row.
    heap: Vec<(f64, u32)>,
    /// Scores of a block of rows.
    pub(super) scores: Vec<f64>,
}

/// What a descent sees at a node at which the row may be set apart.
pub(super) struct Stop {
    /// Probability that the row comes to be a leaf of its own here.
    pub(super) probability: f64,
    /// The same, but the node is a leaf of equal rows.
    pub(super) equal: bool,
    /// Edges above the node.
    pub(super) depth: u32,
    /// Rows under the node.
    pub(super) mass: u32,
    /// Largest ratio of the rows of a sibling to those beside it, the row counted, on the way.
    pub(super) displaced: f64,
    /// Sum of what the row lies outside of the box.
    pub(super) outside: f64,
    node: u32,
}

impl Tree {
    pub(super) fn new(dims: usize, capacity: usize, seed: u64, tree: u64) -> Self {
        Self {
            dims,
            capacity,
            seed: Rng::stream(seed, tree).bits(),
            root: NONE,
            nodes: Vec::new(),
            boxes: Vec::new(),
            leaves: Vec::new(),
            points: Vec::new(),
            free_nodes: Vec::new(),
            free_leaves: Vec::new(),
            heap: Vec::new(),
            scores: Vec::new(),
        }
    }

    /// Rows in the reservoir.
    pub(super) fn mass(&self) -> u32 {
        if self.root == NONE { 0 } else { self.mass_of(self.root) }
    }

    /// Offers row number `t` to the reservoir: with weight `exp(decay t)` (Efraimidis & Spirakis 2006), so that without
    /// decay every row so far is as likely to be in it.
    pub(super) fn learn(&mut self, x: &[f64], t: u64, decay: f64) {
        let mut rng = Rng::stream(self.seed, t);
        let uniform = ((rng.bits() >> 11) as f64 + 0.5) / (1u64 << 53) as f64;
        let key = (-uniform.ln()).ln() - decay * t as f64;
        if self.heap.len() < self.capacity {
            let leaf = self.insert(x, &mut rng);
            self.heap.push((key, leaf));
            self.sift_up();
        } else if let Some(&(largest, leaf)) = self.heap.first()
            && key < largest
        {
            self.delete(leaf);
            let leaf = self.insert(x, &mut rng);
            self.heap[0] = (key, leaf);
            self.sift_down();
        }
    }

    /// All places at which a random insertion may set the row apart; the probabilities add up to 1.
    pub(super) fn descend(&self, x: &[f64], mut stop: impl FnMut(Stop)) {
        let (mut at, mut reach, mut displaced, mut depth) = (self.root, 1.0, 0.0, 0);
        if at == NONE {
            return;
        }
        loop {
            let (low, high) = self.bounds(at);
            let outside = outside(x, low, high);
            if at & LEAF != 0 {
                let mass = self.leaves[(at & !LEAF) as usize].mass;
                stop(Stop { probability: reach, equal: outside <= 0.0, depth, mass, displaced, outside, node: at });
                return;
            }
            let node = &self.nodes[at as usize];
            if outside > 0.0 {
                let p = outside / (node.span + outside);
                let probability = reach * p;
                stop(Stop { probability, equal: false, depth, mass: node.mass, displaced, outside, node: at });
                reach *= node.span / (node.span + outside);
            }
            let left = x[node.column as usize] <= node.cut;
            at = if left { node.left } else { node.right };
            let beside = self.mass_of(at);
            let ratio = f64::from(node.mass - beside) / f64::from(beside + 1);
            displaced = f64::max(displaced, ratio);
            depth += 1;
        }
    }

    /// What the row lies below and above the box of a stop, column by column.
    pub(super) fn sides(&self, stop: &Stop, x: &[f64], mut side: impl FnMut(usize, f64, f64)) {
        let (low, high) = self.bounds(stop.node);
        for (j, ((x, low), high)) in x.iter().zip(low).zip(high).enumerate() {
            side(j, (low - x).max(0.0), (x - high).max(0.0));
        }
    }

    fn mass_of(&self, at: u32) -> u32 {
        if at & LEAF == 0 { self.nodes[at as usize].mass } else { self.leaves[(at & !LEAF) as usize].mass }
    }

    /// The box of a node; of a leaf its row, twice.
    fn bounds(&self, at: u32) -> (&[f64], &[f64]) {
        let d = self.dims;
        if at & LEAF == 0 {
            let from = 2 * d * at as usize;
            self.boxes[from..from + 2 * d].split_at(d)
        } else {
            let from = d * (at & !LEAF) as usize;
            let point = &self.points[from..from + d];
            (point, point)
        }
    }

    fn set_parent(&mut self, at: u32, parent: u32) {
        if at & LEAF == 0 {
            self.nodes[at as usize].parent = parent;
        } else {
            self.leaves[(at & !LEAF) as usize].parent = parent;
        }
    }

    fn parent(&self, at: u32) -> u32 {
        if at & LEAF == 0 { self.nodes[at as usize].parent } else { self.leaves[(at & !LEAF) as usize].parent }
    }

    /// Puts `new` in the place that `old` has under its parent.
    fn replace(&mut self, parent: u32, old: u32, new: u32) {
        self.set_parent(new, parent);
        if parent == NONE {
            self.root = new;
            return;
        }
        let node = &mut self.nodes[parent as usize];
        if node.left == old {
            node.left = new;
        } else {
            node.right = new;
        }
    }

    fn new_leaf(&mut self, x: &[f64]) -> u32 {
        let leaf = Leaf { parent: NONE, mass: 1 };
        if let Some(at) = self.free_leaves.pop() {
            self.leaves[at as usize] = leaf;
            self.points[self.dims * at as usize..][..self.dims].copy_from_slice(x);
            at | LEAF
        } else {
            self.leaves.push(leaf);
            self.points.extend_from_slice(x);
            (self.leaves.len() - 1) as u32 | LEAF
        }
    }

    fn new_node(&mut self, node: Node) -> u32 {
        if let Some(at) = self.free_nodes.pop() {
            self.nodes[at as usize] = node;
            at
        } else {
            self.nodes.push(node);
            self.boxes.resize(self.boxes.len() + 2 * self.dims, 0.0);
            (self.nodes.len() - 1) as u32
        }
    }

    /// Adds a row (Guha et al. 2016, algorithm 2): going down, each node lets a random cut of its box and the row
    /// together decide whether the row is set apart there.
    fn insert(&mut self, x: &[f64], rng: &mut Rng) -> u32 {
        if self.root == NONE {
            self.root = self.new_leaf(x);
            return self.root;
        }
        let mut at = self.root;
        let (column, cut) = loop {
            let (low, high) = self.bounds(at);
            let outside = outside(x, low, high);
            if at & LEAF != 0 && outside <= 0.0 {
                self.leaves[(at & !LEAF) as usize].mass += 1;
                self.extend_above(at, x);
                return at;
            }
            let span = if at & LEAF == 0 { self.nodes[at as usize].span } else { 0.0 };
            if outside > 0.0 {
                let place = rng.uniform() * (span + outside);
                if place < outside || at & LEAF != 0 {
                    break cut_between(x, low, high, place);
                }
            }
            let node = &self.nodes[at as usize];
            at = if x[node.column as usize] <= node.cut { node.left } else { node.right };
        };
        let leaf = self.new_leaf(x);
        let (left, right) = if x[column] <= cut { (leaf, at) } else { (at, leaf) };
        let parent = self.parent(at);
        let mass = self.mass_of(at) + 1;
        let node = self.new_node(Node { cut, span: 0.0, column: column as u32, left, right, parent, mass });
        self.replace(parent, at, node);
        self.set_parent(at, node);
        self.set_parent(leaf, node);
        self.unite(node);
        self.extend_above(node, x);
        leaf
    }

    /// Counts a row in all nodes above `at` and takes it into their boxes.
    fn extend_above(&mut self, at: u32, x: &[f64]) {
        let d = self.dims;
        let (mut up, mut growing) = (self.parent(at), true);
        while up != NONE {
            let node = &mut self.nodes[up as usize];
            node.mass += 1;
            if growing {
                let (low, high) = self.boxes[2 * d * up as usize..][..2 * d].split_at_mut(d);
                growing = extend(low, high, x);
                if growing {
                    node.span = span(low, high);
                }
            }
            up = node.parent;
        }
    }

    /// Takes a row out again: its sibling takes the place of their parent.
    fn delete(&mut self, leaf: u32) {
        let place = (leaf & !LEAF) as usize;
        let Leaf { parent, mass } = self.leaves[place];
        let alone = mass == 1;
        let mut up = parent;
        if !alone {
            self.leaves[place].mass -= 1;
        } else if parent == NONE {
            self.root = NONE;
            self.free_leaves.push(place as u32);
        } else {
            let node = self.nodes[parent as usize];
            let sibling = if node.left == leaf { node.right } else { node.left };
            up = node.parent;
            self.replace(up, parent, sibling);
            self.free_nodes.push(parent);
            self.free_leaves.push(place as u32);
        }
        let mut shrinking = alone;
        while up != NONE {
            self.nodes[up as usize].mass -= 1;
            if shrinking {
                let (low, high) = self.bounds(up);
                // A row inside of a box is inside of all above.
                let x = &self.points[self.dims * place..][..self.dims];
                shrinking = touches(x, low, high);
                if shrinking {
                    self.unite(up);
                }
            }
            up = self.nodes[up as usize].parent;
        }
    }

    /// Makes the box of an inner node that of its children.
    fn unite(&mut self, at: u32) {
        let d = self.dims;
        let Node { left, right, .. } = self.nodes[at as usize];
        let from = 2 * d * at as usize;
        for (child, first) in [(left, true), (right, false)] {
            if child & LEAF != 0 {
                let (low, high) = self.boxes[from..from + 2 * d].split_at_mut(d);
                let point = &self.points[d * (child & !LEAF) as usize..][..d];
                if first {
                    low.copy_from_slice(point);
                    high.copy_from_slice(point);
                } else {
                    extend(low, high, point);
                }
                continue;
            }
            let source = 2 * d * child as usize;
            if first {
                self.boxes.copy_within(source..source + 2 * d, from);
                continue;
            }
            let (own, other) = if from < source {
                let (head, tail) = self.boxes.split_at_mut(source);
                (&mut head[from..from + 2 * d], &tail[..2 * d])
            } else {
                let (head, tail) = self.boxes.split_at_mut(from);
                (&mut tail[..2 * d], &head[source..source + 2 * d])
            };
            let (low, high) = own.split_at_mut(d);
            extend(low, high, &other[..d]);
            extend(low, high, &other[d..]);
        }
        let (low, high) = self.boxes[from..from + 2 * d].split_at(d);
        self.nodes[at as usize].span = span(low, high);
    }

    fn sift_up(&mut self) {
        let mut at = self.heap.len() - 1;
        while at > 0 && self.heap[at].0 > self.heap[(at - 1) / 2].0 {
            self.heap.swap(at, (at - 1) / 2);
            at = (at - 1) / 2;
        }
    }

    fn sift_down(&mut self) {
        let (mut at, n) = (0, self.heap.len());
        loop {
            let (left, right) = (2 * at + 1, 2 * at + 2);
            let mut largest = at;
            for child in [left, right] {
                if child < n && self.heap[child].0 > self.heap[largest].0 {
                    largest = child;
                }
            }
            if largest == at {
                return;
            }
            self.heap.swap(at, largest);
            at = largest;
        }
    }
}

/// Distance of a value to an interval.
#[inline]
fn beyond(x: f64, low: f64, high: f64) -> f64 {
    // Comparisons in place of `max`: nothing here is NaN, and so they are one instruction.
    let (below, above) = (low - x, x - high);
    let far = if below > above { below } else { above };
    if far > 0.0 { far } else { 0.0 }
}

/// Sum of the distances to a box over the columns, in four lanes.
#[inline]
fn outside(x: &[f64], low: &[f64], high: &[f64]) -> f64 {
    let mut sums = [0.0; 4];
    let (xs, lows, highs) = (x.chunks_exact(4), low.chunks_exact(4), high.chunks_exact(4));
    let rest = xs.remainder().iter().zip(lows.remainder()).zip(highs.remainder());
    let rest: f64 = rest.map(|((x, low), high)| beyond(*x, *low, *high)).sum();
    for ((x, low), high) in xs.zip(lows).zip(highs) {
        for k in 0..4 {
            sums[k] += beyond(x[k], low[k], high[k]);
        }
    }
    (sums[0] + sums[1]) + (sums[2] + sums[3]) + rest
}

/// Sum of the sides of a box.
fn span(low: &[f64], high: &[f64]) -> f64 {
    crate::math::lanes::sum_by2(low, high, |low, high| high - low)
}

/// Makes a box hold a row; whether it grew.
fn extend(low: &mut [f64], high: &mut [f64], x: &[f64]) -> bool {
    let mut grew = false;
    for ((low, high), &x) in low.iter_mut().zip(high).zip(x) {
        grew |= (x < *low) | (x > *high);
        *low = if x < *low { x } else { *low };
        *high = if x > *high { x } else { *high };
    }
    grew
}

/// Whether a row within a box lies on one of its sides.
fn touches(x: &[f64], low: &[f64], high: &[f64]) -> bool {
    x.iter().zip(low).zip(high).fold(false, |any, ((x, low), high)| any | (x <= low) | (x >= high))
}

/// The cut at `place` along the gaps between a box and a row outside of it, laid end to end.
fn cut_between(x: &[f64], low: &[f64], high: &[f64], mut place: f64) -> (usize, f64) {
    let mut last = (0, x[0]);
    for (j, ((&x, &low), &high)) in x.iter().zip(low).zip(high).enumerate() {
        let gap = beyond(x, low, high);
        if gap > 0.0 {
            let (from, to) = if x < low { (x, low) } else { (high, x) };
            let within = place < gap;
            let cut = if within { from + place } else { from };
            // Whatever the rounding, the cut lies between the two.
            last = (j, if cut < to { cut } else { from });
            if within {
                return last;
            }
            place -= gap;
        }
    }
    last
}

/// A tree as a file holds it: nodes and leaves from the root down, left before right.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
pub(super) struct RawTree {
    /// Column of the cut, or 2^32 - 1 for a leaf.
    columns: Vec<u32>,
    /// Of the inner nodes.
    cuts: Vec<f64>,
    /// Of the leaves.
    points: Vec<f64>,
    /// The reservoir: keys and numbers of the leaves.
    keys: Vec<f64>,
    leaves: Vec<u32>,
}

impl Tree {
    /// What the tree knows, whatever places its nodes have.
    pub(super) fn to_raw(&self) -> RawTree {
        let mut raw =
            RawTree { columns: vec![], cuts: vec![], points: vec![], keys: vec![], leaves: vec![0; self.heap.len()] };
        let mut number = vec![0; self.leaves.len()];
        let mut stack = vec![self.root];
        let mut found = 0;
        while let Some(at) = stack.pop() {
            if at == NONE {
            } else if at & LEAF == 0 {
                let node = &self.nodes[at as usize];
                raw.columns.push(node.column);
                raw.cuts.push(node.cut);
                stack.push(node.right);
                stack.push(node.left);
            } else {
                raw.columns.push(NONE);
                raw.points.extend_from_slice(self.bounds(at).0);
                number[(at & !LEAF) as usize] = found;
                found += 1;
            }
        }
        raw.keys = self.heap.iter().map(|(key, _)| *key).collect();
        for (to, (_, leaf)) in raw.leaves.iter_mut().zip(&self.heap) {
            *to = number[(leaf & !LEAF) as usize];
        }
        raw
    }

    /// The tree of a file; its boxes and numbers of rows are counted anew.
    pub(super) fn fill(&mut self, raw: RawTree, learned: u64, largest: f64) -> Result<()> {
        let refuse = |reason: &str| Err(Error::Model { reason: reason.to_owned() });
        let d = self.dims;
        let found = raw.columns.iter().filter(|c| **c == NONE).count();
        let inner = raw.columns.len() - found;
        let rows = raw.keys.len();
        if rows as u64 != learned.min(self.capacity as u64) || raw.leaves.len() != rows || found > rows {
            return refuse("the reservoir does not fit the number of rows");
        }
        if raw.cuts.len() != inner
            || found.checked_mul(d) != Some(raw.points.len())
            || (found > 0 && inner + 1 != found)
        {
            return refuse("nodes and leaves do not fit");
        }
        if !raw.points.iter().all(|x| x.abs() <= largest) || !raw.keys.iter().all(|k| k.is_finite()) {
            return refuse("a row or a key is out of range");
        }
        if (1..rows).any(|i| raw.keys[i] > raw.keys[(i - 1) / 2]) {
            return refuse("the reservoir is not in order");
        }
        self.points = raw.points.iter().map(|x| x + 0.0).collect();
        self.leaves = vec![Leaf { parent: NONE, mass: 0 }; found];
        for &leaf in &raw.leaves {
            match self.leaves.get_mut(leaf as usize) {
                Some(leaf) => leaf.mass += 1,
                None => return refuse("the reservoir names a leaf that is not there"),
            }
        }
        if self.leaves.iter().any(|leaf| leaf.mass == 0) {
            return refuse("a leaf is not in the reservoir");
        }
        self.boxes = vec![0.0; inner * 2 * d];
        let empty = Node { cut: 0.0, span: 0.0, column: 0, left: NONE, right: NONE, parent: NONE, mass: 0 };
        self.nodes = vec![empty; inner];
        // From the end, children stand ready when their parent comes; what is left is the root.
        let (mut node, mut leaf) = (inner, found);
        let mut ready: Vec<u32> = Vec::new();
        for &column in raw.columns.iter().rev() {
            if column == NONE {
                leaf -= 1;
                ready.push(leaf as u32 | LEAF);
                continue;
            }
            node -= 1;
            let (Some(left), Some(right)) = (ready.pop(), ready.pop()) else {
                return refuse("a node lacks a child");
            };
            let (at, cut) = (node as u32, raw.cuts[node]);
            if column as usize >= d {
                return refuse("a cut names a column that is not there");
            }
            let mass = self.mass_of(left) + self.mass_of(right);
            self.nodes[node] = Node { cut, span: 0.0, column, left, right, parent: NONE, mass };
            self.set_parent(left, at);
            self.set_parent(right, at);
            self.unite(at);
            let (left, right) = (self.bounds(left).1[column as usize], self.bounds(right).0[column as usize]);
            if !(left <= cut && cut < right) {
                return refuse("a cut does not lie between its children");
            }
            ready.push(at);
        }
        self.root = match ready.as_slice() {
            [] => NONE,
            [root] => *root,
            _ => return refuse("nodes without a parent"),
        };
        self.heap = raw.keys.iter().zip(&raw.leaves).map(|(key, leaf)| (*key, leaf | LEAF)).collect();
        Ok(())
    }
}

impl PartialEq for Tree {
    fn eq(&self, other: &Self) -> bool {
        (self.dims, self.capacity, self.seed) == (other.dims, other.capacity, other.seed)
            && self.to_raw() == other.to_raw()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Rows in -1..1, on a coarse grid so that some are equal.
    fn rows(n: usize, d: usize, seed: u64) -> Vec<Vec<f64>> {
        let mut rng = Rng::stream(seed, 0);
        (0..n).map(|_| (0..d).map(|_| (rng.uniform() * 8.0).floor() / 4.0 - 1.0).collect()).collect()
    }

    /// Rows, box and mass by definition; asserts that the tree says the same.
    fn check(tree: &Tree, at: u32, parent: u32, leaves: &mut usize) -> Vec<Vec<f64>> {
        assert_eq!(tree.parent(at), parent);
        let (low, high) = tree.bounds(at);
        if at & LEAF != 0 {
            *leaves += 1;
            let mass = tree.mass_of(at) as usize;
            assert_eq!(tree.heap.iter().filter(|(_, leaf)| *leaf == at).count(), mass);
            return vec![low.to_vec(); mass];
        }
        let node = &tree.nodes[at as usize];
        let left = check(tree, node.left, at, leaves);
        let right = check(tree, node.right, at, leaves);
        assert!(left.iter().all(|r| r[node.column as usize] <= node.cut));
        assert!(right.iter().all(|r| r[node.column as usize] > node.cut));
        let all = [left, right].concat();
        assert_eq!(node.mass as usize, all.len());
        for j in 0..tree.dims {
            let lowest = all.iter().map(|r| r[j]).fold(f64::INFINITY, f64::min);
            assert_eq!(low[j].to_bits(), lowest.to_bits());
            let highest = all.iter().map(|r| r[j]).fold(f64::NEG_INFINITY, f64::max);
            assert_eq!(high[j].to_bits(), highest.to_bits());
        }
        assert_eq!(node.span.to_bits(), span(low, high).to_bits());
        all
    }

    #[test]
    fn boxes_and_masses_are_exact_after_every_change() {
        for (d, capacity, decay) in [(1, 1, 0.0), (1, 5, 0.0), (2, 16, 0.05), (3, 40, 0.0), (6, 2, 1.0)] {
            let mut tree = Tree::new(d, capacity, 3, d as u64);
            let rows = rows(300, d, 7);
            for (t, row) in rows.iter().enumerate() {
                tree.learn(row, t as u64, decay);
                let mut leaves = 0;
                let mut held = check(&tree, tree.root, NONE, &mut leaves);
                assert_eq!(held.len(), capacity.min(t + 1));
                assert!(tree.leaves.len() <= capacity && tree.nodes.len() < capacity.max(2));
                assert_eq!(tree.leaves.len(), leaves + tree.free_leaves.len());
                held.retain(|r| !rows[..=t].contains(r));
                assert!(held.is_empty(), "only rows that were seen");
                let raw = tree.to_raw();
                let mut again = Tree::new(d, capacity, 3, d as u64);
                again.fill(raw, t as u64 + 1, 1e300).unwrap();
                assert_eq!(tree, again);
            }
        }
    }

    /// The law of the trees does not depend on the history: after insertions and deletions the first cut falls on each
    /// column as often as its side of the box is long, and the same rows inserted in another order have the same law.
    #[test]
    fn the_first_cut_is_proportional_to_the_sides() {
        let kept = [[0.0, 0.0, 0.0], [1.0, 2.0, 5.0], [0.5, 1.0, 1.0], [0.2, 2.0, 4.0]];
        let gone = [[9.0, 0.3, 1.0], [0.5, -7.0, 2.0], [0.1, 1.0, 3.0]];
        let (n, mut counts) = (20_000, [0; 3]);
        for seed in 0..n {
            let mut tree = Tree::new(3, 10, seed, 0);
            let mut rng = Rng::stream(seed, 77);
            let mut victims = vec![];
            for i in 0..4 {
                tree.insert(&kept[(i + seed as usize) % 4], &mut rng);
                if i < 3 {
                    victims.push(tree.insert(&gone[i], &mut rng));
                }
            }
            for victim in victims {
                tree.delete(victim);
            }
            assert_eq!(tree.mass(), 4);
            counts[tree.nodes[tree.root as usize].column as usize] += 1;
        }
        for (count, side) in counts.iter().zip([1.0, 2.0, 5.0]) {
            let (p, found) = (side / 8.0, f64::from(*count) / n as f64);
            assert!((found - p).abs() < 5.0 * (p * (1.0 - p) / n as f64).sqrt(), "{found} {p}");
        }
    }

    /// The score is the mean over random insertions of what is counted after one: collusive displacement and depth.
    #[test]
    fn a_descent_is_the_mean_of_insertions() {
        let mut tree = Tree::new(2, 64, 5, 1);
        for (t, row) in rows(60, 2, 9).iter().enumerate() {
            tree.learn(row, t as u64, 0.0);
        }
        let equal = tree.points[..2].to_vec();
        for x in [vec![0.1, 0.2], vec![3.0, -0.4], vec![-1.1, 1.3], equal] {
            let (mut displaced, mut inverse, mut whole) = (0.0, 0.0, 0.0);
            tree.descend(&x, |stop| {
                let own = if stop.equal { 0.0 } else { f64::from(stop.mass) };
                displaced += stop.probability * stop.displaced.max(own);
                inverse += stop.probability / f64::from(stop.depth + u32::from(!stop.equal));
                whole += stop.probability;
            });
            assert!((whole - 1.0).abs() < 1e-12);
            let n = 20_000;
            let (mut sum, mut squares, mut depths) = (0.0, 0.0, 0.0);
            for seed in 0..n {
                let mut tree = tree.clone();
                let mut at = tree.insert(&x, &mut Rng::stream(seed, 5));
                let (mut largest, mut depth) = (0.0, 0.0);
                while tree.parent(at) != NONE {
                    let up = tree.parent(at);
                    let (all, own) = (f64::from(tree.mass_of(up)), f64::from(tree.mass_of(at)));
                    largest = f64::max(largest, (all - own) / own);
                    depth += 1.0;
                    at = up;
                }
                sum += largest;
                squares += largest * largest;
                depths += 1.0 / depth;
            }
            let n = n as f64;
            let error = ((squares / n - (sum / n).powi(2)).max(0.0) / n).sqrt();
            assert!((sum / n - displaced).abs() < 5.0 * error + 1e-9, "{x:?}: {} {displaced} {error}", sum / n);
            assert!((depths / n - inverse).abs() < 0.005, "{x:?}: {} {inverse}", depths / n);
        }
    }

    /// The same mean from the definition: over the rows of each node, their box taken anew.
    fn naive(tree: &Tree, at: u32, x: &[f64], displaced: f64, depth: f64) -> (f64, f64) {
        let rows = check(tree, at, tree.parent(at), &mut 0);
        let (mut sides, mut outside) = (0.0, 0.0);
        for (j, &x) in x.iter().enumerate() {
            let low = rows.iter().map(|r| r[j]).fold(f64::INFINITY, f64::min);
            let high = rows.iter().map(|r| r[j]).fold(f64::NEG_INFINITY, f64::max);
            sides += high - low;
            outside += high.max(x) - low.min(x) - (high - low);
        }
        let here = (displaced.max(rows.len() as f64), 1.0 / (depth + 1.0));
        if at & LEAF != 0 {
            return if outside > 0.0 { here } else { (displaced, 1.0 / (depth + (rows.len() as f64 + 1.0).log2())) };
        }
        let node = &tree.nodes[at as usize];
        let next = if x[node.column as usize] <= node.cut { node.left } else { node.right };
        let beside = check(tree, next, at, &mut 0).len() as f64;
        let below = naive(tree, next, x, displaced.max((rows.len() as f64 - beside) / (beside + 1.0)), depth + 1.0);
        let p = outside / (sides + outside);
        (p * here.0 + (1.0 - p) * below.0, p * here.1 + (1.0 - p) * below.1)
    }

    #[test]
    fn a_descent_is_the_mean_by_definition() {
        let mut tree = Tree::new(5, 50, 5, 1);
        let rows = rows(200, 5, 11);
        for (t, row) in rows.iter().enumerate() {
            if t > 0 {
                let expected = naive(&tree, tree.root, row, 0.0, 0.0);
                let mut found = (0.0, 0.0);
                tree.descend(row, |stop| {
                    let (own, depth) = if stop.equal {
                        (0.0, f64::from(stop.depth) + f64::from(stop.mass + 1).log2())
                    } else {
                        (f64::from(stop.mass), f64::from(stop.depth + 1))
                    };
                    found.0 += stop.probability * stop.displaced.max(own);
                    found.1 += stop.probability / depth;
                });
                assert!((found.0 - expected.0).abs() < 1e-12 * (1.0 + expected.0), "{found:?} {expected:?}");
                assert!((found.1 - expected.1).abs() < 1e-12, "{found:?} {expected:?}");
            }
            tree.learn(row, t as u64, 0.01);
        }
    }

    #[test]
    fn a_reservoir_without_decay_holds_all_rows_alike() {
        let mut counts = [0u32; 10];
        for tree in 0..2000 {
            let mut tree = Tree::new(1, 5, 1, tree);
            for t in 0..50 {
                tree.learn(&[t as f64], t, 0.0);
            }
            for x in &tree.points {
                counts[*x as usize / 5] += 1;
            }
        }
        // 2000 draws of 5 of 50: 1000 for each tenth.
        assert!(counts.iter().all(|c| (850..1150).contains(c)), "{counts:?}");
        let mut tree = Tree::new(1, 5, 1, 0);
        for t in 0..5000 {
            tree.learn(&[t as f64], t, 1.0);
        }
        assert!(tree.points.iter().all(|x| *x > 4950.0));
    }
}
