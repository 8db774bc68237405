//! Exact nearest neighbours.
//!
//! Two stages. A *filter* holds every row in single precision, in coordinates that come first when they tell most (the
//! principal axes for Euclidean distance, the columns by their spread otherwise), in a tree of boxes with leaves of
//! sixteen rows. Sums over its first coordinates are lower bounds of distances: boxes and leaves beyond the k-th distance
//! so far are passed over. What the filter lets through is measured in double precision on the rows themselves, so that
//! the answer is exact, ties go to the smaller row number, and no digit depends on the tree.
//!
//! **Why a lower bound stays one.** A rotation keeps distances, fewer coordinates shorten them, and so does cutting
//! coordinates to a cube. What rounding could add is bounded by [`Filter::slack`], and given away.

use crate::math::linalg::symmetric_eigen;
use crate::math::order::median_in_place;
use crate::math::{lanes, par};
use ndarray::{Array2, ArrayView2};
use std::cmp::Ordering;

/// How far apart two rows are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum Metric {
    /// Root of the sum of squared differences.
    #[default]
    Euclidean,
    /// Sum of absolute differences: a single wild column weighs less.
    Manhattan,
}

impl Metric {
    /// The distance, before the root where there is one.
    #[inline]
    fn reduced(self, x: &[f64], y: &[f64]) -> f64 {
        match self {
            Self::Euclidean => lanes::sum_by2(x, y, |a, b| (a - b) * (a - b)),
            Self::Manhattan => lanes::sum_by2(x, y, |a, b| (a - b).abs()),
        }
    }

    #[inline]
    fn distance_of(self, reduced: f64) -> f64 {
        match self {
            Self::Euclidean => reduced.sqrt(),
            Self::Manhattan => reduced,
        }
    }

    /// Distance of two rows.
    #[inline]
    pub(crate) fn distance(self, x: &[f64], y: &[f64]) -> f64 {
        self.distance_of(self.reduced(x, y))
    }

    /// Adds to `parts` what each column has in `amount`, shared as the columns share the distance from `x` to `y`: by
    /// squared or absolute differences. Rows that coincide share it equally.
    pub(crate) fn share(self, x: &[f64], y: &[f64], amount: f64, parts: &mut [f64]) {
        // Differences over the largest one, so that squares neither overflow nor vanish.
        let largest = x.iter().zip(y).fold(0.0, |m: f64, (a, b)| m.max((a - b).abs()));
        if largest <= 0.0 {
            let equal = amount / parts.len() as f64;
            for p in parts {
                *p += equal;
            }
            return;
        }
        let part = |a: f64, b: f64| match self {
            Self::Euclidean => ((a - b) / largest).powi(2),
            Self::Manhattan => (a - b).abs() / largest,
        };
        let total: f64 = x.iter().zip(y).map(|(a, b)| part(*a, *b)).sum();
        for (p, (a, b)) in parts.iter_mut().zip(x.iter().zip(y)) {
            *p += amount * (part(*a, *b) / total);
        }
    }
}

/// A row of the index and its distance.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Neighbour {
    pub(crate) distance: f64,
    pub(crate) row: usize,
}

/// Rows of a leaf, and lanes of the filter.
const LEAF: usize = 16;
/// Coordinates of a box.
const BOX: usize = 8;
/// Most coordinates of the filter.
const MAX_COORDINATES: usize = 32;
/// Most columns that are turned to their principal axes.
const MAX_ROTATED: usize = 128;
/// Filter coordinates, in units of a typical row, are cut to this.
const CUBE: f64 = 1024.0;
/// Fewer rows are compared one by one.
const MIN_ROWS: usize = 64;

#[derive(Debug, Clone)]
enum Axes {
    /// Row-major: one unit vector of `d` a coordinate.
    Principal(Vec<f64>),
    Columns(Vec<usize>),
}

#[derive(Debug, Clone)]
struct Node {
    low: [f32; BOX],
    high: [f32; BOX],
    /// First child, the second follows; of a leaf its number.
    next: u32,
    leaf: bool,
    /// Smallest row number in it.
    first_row: u32,
}

#[derive(Debug, Clone)]
struct Filter {
    metric: Metric,
    axes: Axes,
    centre: Vec<f64>,
    /// One over the size of a typical row.
    weight: f64,
    /// Coordinates.
    p: usize,
    /// Largest coordinate, and largest distance from the centre.
    largest: f64,
    farthest: f64,
    nodes: Vec<Node>,
    /// Leaf by leaf, coordinate by coordinate.
    coordinates: Vec<[f32; LEAF]>,
    /// Row of each place of each leaf; `u32::MAX` where there is none.
    rows: Vec<[u32; LEAF]>,
}

/// Buffers of one thread.
#[derive(Debug, Default)]
pub(crate) struct Search {
    query: Vec<f32>,
    stack: Vec<(f32, u32)>,
    best: Vec<(f64, u32)>,
}

/// All rows, and what finds the nearest of them.
#[derive(Debug, Clone)]
pub(crate) struct Index {
    metric: Metric,
    d: usize,
    /// Row-major.
    cells: Vec<f64>,
    filter: Option<Filter>,
}

impl PartialEq for Index {
    fn eq(&self, other: &Self) -> bool {
        // The filter follows from these.
        (self.metric, self.d, &self.cells) == (other.metric, other.d, &other.cells)
    }
}

impl Index {
    /// Index of the rows of a row-major table of `d` columns; fewer than 2^32 rows.
    pub(crate) fn new(metric: Metric, d: usize, cells: Vec<f64>) -> Self {
        let mut index = Self { metric, d, cells, filter: None };
        index.filter = Filter::new(&index);
        index
    }

    pub(crate) fn metric(&self) -> Metric {
        self.metric
    }

    pub(crate) fn len(&self) -> usize {
        self.cells.len() / self.d.max(1)
    }

    #[cfg(feature = "serde")]
    pub(crate) fn into_cells(self) -> Vec<f64> {
        self.cells
    }

    pub(crate) fn row(&self, i: usize) -> &[f64] {
        &self.cells[i * self.d..(i + 1) * self.d]
    }

    /// The `k` rows nearest to `x` (all when there are fewer), nearest first, ties by row number; without row `skip`.
    pub(crate) fn nearest(
        &self,
        x: &[f64],
        k: usize,
        skip: Option<usize>,
        search: &mut Search,
        out: &mut Vec<Neighbour>,
    ) {
        let skip = skip.map_or(u32::MAX, |row| row as u32);
        search.best.clear();
        out.clear();
        if k == 0 {
            return;
        }
        let found = self.filter.as_ref().is_some_and(|filter| filter.search(self, x, k, skip, search));
        if !found {
            for row in (0..self.len() as u32).filter(|&row| row != skip) {
                self.consider(x, row, k, &mut search.best);
            }
        }
        let found = search.best.iter();
        out.extend(found.map(|&(r, row)| Neighbour { distance: self.metric.distance_of(r), row: row as usize }));
    }

    /// The `k` nearest other rows of every row, one after the other: `min(k, n - 1)` for each.
    pub(crate) fn nearest_of_all(&self, k: usize) -> Vec<Neighbour> {
        const BLOCK: usize = 16;
        let n = self.len();
        let k = k.min(n.saturating_sub(1));
        // Rows of a leaf one after the other: what they look at stays in the cache.
        let order: Vec<u32> = match &self.filter {
            Some(filter) => filter.rows.iter().flatten().copied().filter(|&row| row != u32::MAX).collect(),
            None => (0..n as u32).collect(),
        };
        let blocks = par::map_init(
            n.div_ceil(BLOCK),
            || (Search::default(), Vec::new()),
            |(search, found), block| {
                let rows = &order[block * BLOCK..((block + 1) * BLOCK).min(n)];
                let mut all = Vec::with_capacity(rows.len() * k);
                for &row in rows {
                    self.nearest(self.row(row as usize), k, Some(row as usize), search, found);
                    all.extend_from_slice(found);
                }
                all
            },
        );
        let mut out = vec![Neighbour { distance: 0.0, row: 0 }; n * k];
        for (rows, found) in order.chunks(BLOCK).zip(&blocks) {
            for (&row, found) in rows.iter().zip(found.chunks(k.max(1))) {
                out[row as usize * k..(row as usize + 1) * k].copy_from_slice(found);
            }
        }
        out
    }

    /// Takes the row up among the `k` best when it belongs there. Whether it did.
    #[inline]
    fn consider(&self, x: &[f64], row: u32, k: usize, best: &mut Vec<(f64, u32)>) -> bool {
        let reduced = self.metric.reduced(x, self.row(row as usize));
        let before = |a: &(f64, u32)| a.0.total_cmp(&reduced).then(a.1.cmp(&row)) == Ordering::Less;
        if best.len() == k {
            if best.last().is_none_or(before) {
                return false;
            }
            best.pop();
        }
        let place = best.partition_point(before);
        best.insert(place, (reduced, row));
        true
    }
}

impl Filter {
    /// None where it would be of no use: few rows, or values too small or too large for it.
    fn new(index: &Index) -> Option<Self> {
        let (n, d) = (index.len(), index.d);
        if n < MIN_ROWS {
            return None;
        }
        let cells = ArrayView2::from_shape((n, d), &index.cells).ok()?;
        let step = n.div_ceil(4096);
        let sample: Vec<usize> = (0..n).step_by(step).collect();
        let count = sample.len() as f64;
        let centre: Vec<f64> =
            cells.columns().into_iter().map(|c| sample.iter().map(|&i| c[i] / count).sum()).collect();
        let p = d.min(MAX_COORDINATES);
        let mut filter = Self {
            metric: index.metric,
            axes: Axes::Columns(Vec::new()),
            centre,
            weight: 1.0,
            p,
            largest: 0.0,
            farthest: 0.0,
            nodes: Vec::new(),
            coordinates: Vec::new(),
            rows: Vec::new(),
        };
        filter.axes = filter.choose_axes(&cells, &sample);
        let mut y = vec![0.0; p];
        let mut sizes: Vec<f64> = Vec::with_capacity(sample.len());
        for &i in &sample {
            filter.project(index.row(i), &mut y);
            sizes.push(y.iter().fold(0.0, |m, v| m.max(v.abs())));
        }
        let largest = sizes.iter().copied().fold(0.0, f64::max);
        let typical = median_in_place(&mut sizes);
        let typical = if typical > 0.0 { typical } else { largest };
        if !(typical > 1e-290 && largest < 1e290) {
            return None;
        }
        filter.weight = 1.0 / typical;
        let mut all = vec![0.0f32; n * p];
        for (i, to) in all.chunks_exact_mut(p).enumerate() {
            filter.farthest = filter.farthest.max(filter.project(index.row(i), &mut y));
            for (to, y) in to.iter_mut().zip(&y) {
                *to = cut(*y);
                filter.largest = filter.largest.max(to.abs().into());
            }
        }
        if !filter.farthest.is_finite() {
            return None;
        }
        filter.grow(&all, n);
        Some(filter)
    }

    /// Principal axes of a sample for Euclidean distance, where they can be had; columns by their spread otherwise.
    fn choose_axes(&self, cells: &ArrayView2<'_, f64>, sample: &[usize]) -> Axes {
        let d = cells.ncols();
        if self.metric == Metric::Euclidean && d > 1 && d <= MAX_ROTATED {
            let mut columns = Array2::zeros((d, sample.len()));
            for (j, mut column) in columns.rows_mut().into_iter().enumerate() {
                for (to, &i) in column.iter_mut().zip(sample) {
                    *to = cells[[i, j]] - self.centre[j];
                }
            }
            let moments = columns.dot(&columns.t());
            if let Ok((_, vectors)) = symmetric_eigen(&moments) {
                let off = vectors.dot(&vectors.t()) - Array2::<f64>::eye(d);
                if off.iter().all(|e| e.abs() < 1e-9) {
                    return Axes::Principal(vectors.rows().into_iter().take(self.p).flatten().copied().collect());
                }
            }
        }
        let mut spread: Vec<(f64, usize)> =
            (0..d).map(|j| (sample.iter().map(|&i| (cells[[i, j]] - self.centre[j]).abs()).sum::<f64>(), j)).collect();
        spread.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
        Axes::Columns(spread.into_iter().take(self.p).map(|(_, j)| j).collect())
    }

    /// Coordinates of a row, in units of a typical row. Returns the sum of its absolute distances from the centre.
    fn project(&self, x: &[f64], to: &mut [f64]) -> f64 {
        match &self.axes {
            Axes::Principal(axes) => {
                for (to, axis) in to.iter_mut().zip(axes.chunks_exact(self.centre.len().max(1))) {
                    let mut sum = 0.0;
                    for ((a, x), c) in axis.iter().zip(x).zip(&self.centre) {
                        sum += a * (x - c);
                    }
                    *to = sum * self.weight;
                }
            }
            Axes::Columns(columns) => {
                for (to, &j) in to.iter_mut().zip(columns) {
                    *to = (x[j] - self.centre[j]) * self.weight;
                }
            }
        }
        lanes::sum_by2(x, &self.centre, |x, c| (x - c).abs()) * self.weight
    }

    /// Builds the tree over the coordinates of all rows.
    fn grow(&mut self, all: &[f32], n: usize) {
        let p = self.p;
        let mut order: Vec<u32> = (0..n as u32).collect();
        let mut boxes = Vec::new();
        let blank = Node { low: [0.0; BOX], high: [0.0; BOX], next: 0, leaf: true, first_row: 0 };
        self.nodes.push(blank.clone());
        // (node, rows from, to); the leaves come in the order of the rows they take.
        let mut todo = vec![(0usize, 0usize, n)];
        while let Some((node, from, to)) = todo.pop() {
            let rows = &mut order[from..to];
            bounds(all, p, rows, &mut boxes);
            self.nodes[node].first_row = rows.iter().copied().min().unwrap_or(0);
            for (j, &(low, high)) in boxes.iter().take(BOX).enumerate() {
                self.nodes[node].low[j] = low;
                self.nodes[node].high[j] = high;
            }
            for j in p..BOX {
                self.nodes[node].low[j] = f32::NEG_INFINITY;
                self.nodes[node].high[j] = f32::INFINITY;
            }
            if rows.len() <= LEAF {
                self.nodes[node].next = self.rows.len() as u32;
                let mut places = [u32::MAX; LEAF];
                places[..rows.len()].copy_from_slice(rows);
                self.rows.push(places);
                for j in 0..p {
                    let mut lanes = [f32::INFINITY; LEAF];
                    for (to, &row) in lanes.iter_mut().zip(rows.iter()) {
                        *to = all[row as usize * p + j];
                    }
                    self.coordinates.push(lanes);
                }
                continue;
            }
            let widest = (0..p.min(BOX)).max_by(|&a, &b| {
                let width = |j: usize| boxes[j].1 - boxes[j].0;
                width(a).total_cmp(&width(b)).then(b.cmp(&a))
            });
            let axis = widest.unwrap_or(0);
            let half = (rows.len().div_ceil(LEAF) / 2).max(1) * LEAF;
            let value = |row: u32| all[row as usize * p + axis];
            rows.select_nth_unstable_by(half, |&a, &b| value(a).total_cmp(&value(b)).then(a.cmp(&b)));
            let child = self.nodes.len();
            self.nodes[node].leaf = false;
            self.nodes[node].next = child as u32;
            self.nodes.extend([blank.clone(), blank.clone()]);
            todo.push((child + 1, from + half, to));
            todo.push((child, from, from + half));
        }
    }

    /// What rounding may add to a distance in the filter: `largest` is the largest coordinate, `farthest` the largest
    /// distance from the centre, of rows and query.
    fn slack(&self, largest: f64, farthest: f64) -> f64 {
        // Half a unit in the last place on each side is 2^-23 of the largest coordinate; the projection rounds in
        // double precision, but before coordinates are cut. Both twice and more.
        let each =
            2.0 * largest * f64::from(f32::EPSILON) + 4.0 * f64::EPSILON * (self.centre.len() + 2) as f64 * farthest;
        match self.metric {
            Metric::Euclidean => each * (self.p as f64).sqrt(),
            Metric::Manhattan => each * self.p as f64,
        }
    }

    /// The filter's sum beyond which nothing can be as near as `reduced`.
    fn limit(&self, reduced: f64, slack: f64) -> f32 {
        let distance = self.metric.distance_of(reduced) * self.weight + slack;
        let sum = if self.metric == Metric::Euclidean { distance * distance } else { distance };
        // The sum itself is rounded at most 2 (p + 2) times.
        (sum * (1.0 + 1e-5)) as f32
    }

    /// Whether the filter can place the query; otherwise nothing has been looked at.
    fn search(&self, index: &Index, x: &[f64], k: usize, skip: u32, search: &mut Search) -> bool {
        let Search { query, stack, best } = search;
        let mut y = [0.0; MAX_COORDINATES];
        let farthest = self.project(x, &mut y[..self.p]);
        if !farthest.is_finite() || !y.iter().all(|y| y.is_finite()) {
            return false;
        }
        query.clear();
        query.extend(y[..self.p].iter().map(|&v| cut(v)));
        let largest = query.iter().fold(self.largest, |m, q| m.max(q.abs().into()));
        let slack = self.slack(largest, farthest.max(self.farthest));
        let mut corner = [0.0; BOX];
        for (c, q) in corner.iter_mut().zip(query.iter()) {
            *c = *q;
        }
        let mut limit = f32::INFINITY;
        // When k rows coincide with the query, only smaller row numbers than the last of them are of interest.
        let mut last_row = u32::MAX;
        stack.clear();
        stack.push((0.0, 0));
        while let Some((bound, at)) = stack.pop() {
            let mut node = &self.nodes[at as usize];
            if bound > limit || node.first_row > last_row {
                continue;
            }
            // Down to the leaf nearest to the query; the other halves wait.
            while !node.leaf {
                let first = self.bound(&self.nodes[node.next as usize], &corner);
                let second = self.bound(&self.nodes[node.next as usize + 1], &corner);
                let (near, far, far_bound) =
                    if second < first { (node.next + 1, node.next, first) } else { (node.next, node.next + 1, second) };
                if far_bound <= limit {
                    stack.push((far_bound, far));
                }
                node = &self.nodes[near as usize];
            }
            let leaf = node.next as usize;
            let Some(sums) = self.sums(leaf, query, limit) else { continue };
            for (&sum, &row) in sums.iter().zip(&self.rows[leaf]) {
                if sum <= limit
                    && row <= last_row
                    && row != u32::MAX
                    && row != skip
                    && index.consider(x, row, k, best)
                    && best.len() == k
                    && let Some(&(reduced, row)) = best.last()
                {
                    limit = self.limit(reduced, slack);
                    if reduced <= 0.0 {
                        last_row = row;
                    }
                }
            }
        }
        true
    }

    /// Lower bound of the filter's sum over a box.
    #[inline]
    fn bound(&self, node: &Node, corner: &[f32; BOX]) -> f32 {
        let mut parts = [0.0f32; BOX];
        for j in 0..BOX {
            let below = node.low[j] - corner[j];
            let above = corner[j] - node.high[j];
            let out = if below > above { below } else { above };
            let out = if out > 0.0 { out } else { 0.0 };
            parts[j] = if self.metric == Metric::Euclidean { out * out } else { out };
        }
        ((parts[0] + parts[4]) + (parts[1] + parts[5])) + ((parts[2] + parts[6]) + (parts[3] + parts[7]))
    }

    /// The filter's sums of the rows of a leaf; None as soon as all of them are beyond the limit.
    #[inline]
    fn sums(&self, leaf: usize, query: &[f32], limit: f32) -> Option<[f32; LEAF]> {
        let coordinates = &self.coordinates[leaf * self.p..(leaf + 1) * self.p];
        let mut sums = [0.0f32; LEAF];
        for (columns, query) in coordinates.chunks(4).zip(query.chunks(4)) {
            for (column, q) in columns.iter().zip(query) {
                if self.metric == Metric::Euclidean {
                    for l in 0..LEAF {
                        let t = column[l] - q;
                        sums[l] += t * t;
                    }
                } else {
                    for l in 0..LEAF {
                        sums[l] += (column[l] - q).abs();
                    }
                }
            }
            let mut within = 0u32;
            for sum in &sums {
                within += u32::from(*sum <= limit);
            }
            if within == 0 {
                return None;
            }
        }
        Some(sums)
    }
}

/// A coordinate within the cube.
fn cut(y: f64) -> f32 {
    y.clamp(-CUBE, CUBE) as f32
}

/// Smallest and largest coordinate of some rows.
fn bounds(all: &[f32], p: usize, rows: &[u32], to: &mut Vec<(f32, f32)>) {
    to.clear();
    to.resize(p, (f32::INFINITY, f32::NEG_INFINITY));
    for &row in rows {
        for ((low, high), &v) in to.iter_mut().zip(&all[row as usize * p..]) {
            *low = if v < *low { v } else { *low };
            *high = if v > *high { v } else { *high };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::math::rng::Rng;

    /// Every neighbour of every row by sorting all of them.
    fn check(name: &str, d: usize, cells: &[f64], k: usize) {
        for metric in [Metric::Euclidean, Metric::Manhattan] {
            let index = Index::new(metric, d, cells.to_vec());
            let n = index.len();
            let all = index.nearest_of_all(k);
            let k = k.min(n - 1);
            assert_eq!(all.len(), n * k);
            let mut search = Search::default();
            let mut found = Vec::new();
            for i in 0..n {
                let mut sorted: Vec<(f64, usize)> =
                    (0..n).map(|j| (metric.reduced(index.row(i), index.row(j)), j)).collect();
                sorted.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
                index.nearest(index.row(i), k + 1, None, &mut search, &mut found);
                let rows: Vec<usize> = found.iter().map(|f| f.row).collect();
                assert_eq!(rows, sorted[..k + 1].iter().map(|s| s.1).collect::<Vec<_>>(), "{name} {metric:?} row {i}");
                sorted.retain(|s| s.1 != i);
                for (found, (reduced, row)) in all[i * k..(i + 1) * k].iter().zip(&sorted) {
                    assert_eq!(found.row, *row, "{name} {metric:?} row {i}");
                    assert_eq!(found.distance.to_bits(), metric.distance_of(*reduced).to_bits());
                }
            }
        }
    }

    #[test]
    fn every_neighbour_is_found() {
        let mut rng = Rng::stream(1, 1);
        for (n, d, k) in [(63, 3, 5), (64, 1, 3), (300, 2, 7), (700, 5, 20), (500, 40, 5), (200, 150, 3), (2, 2, 1)] {
            let cells: Vec<f64> = (0..n * d).map(|_| rng.normal()).collect();
            check("normal", d, &cells, k);
            let grid: Vec<f64> = cells.iter().map(|v| v.round()).collect();
            check("grid", d, &grid, k);
            let far: Vec<f64> = cells.iter().enumerate().map(|(i, v)| if i == 7 { 1e12 } else { *v }).collect();
            check("one far away", d, &far, k);
            let offset: Vec<f64> = cells.iter().map(|v| 1e-3 * v + 1e12).collect();
            check("offset", d, &offset, k);
            for scale in [1e-300, 1e-310, 1e150, 1e300] {
                check("scaled", d, &cells.iter().map(|v| v * scale).collect::<Vec<_>>(), k);
            }
            let idle: Vec<f64> = (0..n * d).map(|i| if (i / d) % 3 == 0 { cells[i] } else { 0.5 }).collect();
            check("idle", d, &idle, k);
            let line: Vec<f64> = (0..n * d).map(|i| (i / d) as f64).collect();
            check("line", d, &line, k);
            check("equal", d, &vec![2.5; n * d], k);
        }
    }

    #[test]
    fn queries_from_anywhere() {
        let mut rng = Rng::stream(2, 1);
        let cells: Vec<f64> = (0..400 * 3).map(|_| rng.normal()).collect();
        let index = Index::new(Metric::Euclidean, 3, cells);
        let (mut search, mut found) = (Search::default(), Vec::new());
        for scale in [0.0, 1.0, 1e3, 1e9, 1e100, 1e200, f64::MAX] {
            let x: Vec<f64> = (0..3).map(|j| scale * [1.0, -0.5, 0.25][j]).collect();
            index.nearest(&x, 9, None, &mut search, &mut found);
            let mut sorted: Vec<(f64, usize)> =
                (0..400).map(|j| (Metric::Euclidean.reduced(&x, index.row(j)), j)).collect();
            sorted.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
            assert_eq!(
                found.iter().map(|f| f.row).collect::<Vec<_>>(),
                sorted[..9].iter().map(|s| s.1).collect::<Vec<_>>(),
                "{scale}"
            );
        }
    }

    #[test]
    fn shares_add_up() {
        for metric in [Metric::Euclidean, Metric::Manhattan] {
            let mut parts = vec![0.0; 3];
            metric.share(&[1e200, 0.0, 0.0], &[0.0, 1e200, 0.0], 2.0, &mut parts);
            assert!((parts[0] - 1.0).abs() < 1e-15 && (parts[1] - 1.0).abs() < 1e-15 && parts[2] == 0.0);
            let mut parts = vec![0.0; 4];
            metric.share(&[1.0; 4], &[1.0; 4], 2.0, &mut parts);
            assert_eq!(parts, [0.5; 4]);
        }
    }
}
