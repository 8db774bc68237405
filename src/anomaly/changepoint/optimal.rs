//! The best segmentation there is, by dynamic programming.

use super::cost::{SegmentCost, retain};
use std::collections::VecDeque;

/// Where change points may lie.
#[derive(Debug, Clone, Copy)]
pub(super) struct Grid {
    pub(super) n: usize,
    /// Rows of the shortest segment, at least 1.
    pub(super) least: usize,
    /// Change points are multiples of this, at least 1.
    pub(super) jump: usize,
}

impl Grid {
    /// Ends of the first segments: the multiples of `jump` at which a segment may end, and n.
    fn ends(self) -> impl Iterator<Item = usize> {
        let first = self.least.div_ceil(self.jump).saturating_mul(self.jump);
        (first..self.n).step_by(self.jump).chain([self.n])
    }

    /// Starts that a segment may have whose first end is at most `end`, after those below `next`.
    fn starts(self, next: usize, end: usize) -> impl Iterator<Item = usize> {
        let last = end.checked_sub(self.least);
        let from = if next == 0 { 0 } else { next.max(self.least.div_ceil(self.jump).saturating_mul(self.jump)) };
        let stop = last.map_or(0, |last| last + 1);
        // 0 is a start; the others are ends of a segment before.
        (from..stop).step_by(self.jump).filter(move |&t| t == 0 || t >= self.least)
    }

    /// Whether so many changes have room.
    pub(super) fn has_room(self, changes: usize) -> bool {
        let step = self.least.div_ceil(self.jump).saturating_mul(self.jump);
        changes.saturating_mul(step).saturating_add(self.least) <= self.n
    }
}

/// Fewest of the values; the first of equals.
fn smallest(values: &[f64]) -> (usize, f64) {
    let mut lanes = [f64::INFINITY; 4];
    let (chunks, rest) = values.as_chunks::<4>();
    for chunk in chunks {
        for (lane, &v) in lanes.iter_mut().zip(chunk) {
            *lane = if v < *lane { v } else { *lane };
        }
    }
    let best = lanes.iter().chain(rest).fold(f64::INFINITY, |m, &v| if v < m { v } else { m });
    (values.iter().position(|v| *v <= best).unwrap_or(0), best)
}

/// Whether some value that has not been pardoned lies over the limit.
fn over(values: &[f64], pardoned: &[f64], limit: f64) -> bool {
    let mut most = [f64::NEG_INFINITY; 4];
    let ((left, left_rest), (right, right_rest)) = (values.as_chunks::<4>(), pardoned.as_chunks::<4>());
    for (v, p) in left.iter().zip(right) {
        for k in 0..4 {
            let off = v[k] - p[k];
            most[k] = if off > most[k] { off } else { most[k] };
        }
    }
    most.iter().any(|m| *m > limit) || left_rest.iter().zip(right_rest).any(|(v, p)| v - p > limit)
}

/// Ends of the segments of the path that ends at n.
fn path(grid: Grid, before: impl Fn(usize) -> usize) -> Vec<usize> {
    let mut ends = Vec::new();
    let mut end = grid.n;
    while end > 0 {
        ends.push(end);
        end = before(end);
    }
    ends.reverse();
    ends
}

/// The segmentation with the smallest sum of costs plus `penalty` for every segment, plus `lengths` times the logarithm
/// of its length. PELT (Killick, Fearnhead & Eckley 2012).
///
/// A start is forgotten when the best segmentation up to some end is cheaper than the one through this start by more than
/// the penalty, but only from `least` rows behind that end on: before, no segment could begin there, and the
/// start may still be the best one. So the result is that of the search over all starts.
pub(super) fn penalised(cost: &dyn SegmentCost, grid: Grid, penalty: f64, lengths: f64) -> Vec<usize> {
    let cells = grid.n.div_ceil(grid.jump) + 1;
    let cell = |at: usize| if at == grid.n { cells - 1 } else { at / grid.jump };
    let mut best = vec![0.0; cells];
    let mut before = vec![0_usize; cells];
    // Two halves have one logarithm more: ln(a b / (a + b)) <= ln n.
    let slack = cost.slack(grid.least) + lengths * (grid.n as f64).ln();
    let rows = if lengths > 0.0 { grid.n + 1 } else { 0 };
    let logarithms: Vec<f64> = (0..rows).map(|length| lengths * (length.max(1) as f64).ln()).collect();
    let mut sweep = cost.sweep();
    let (mut starts, mut until, mut values) = (Vec::new(), Vec::new(), Vec::new());
    // First ends without some start, ascending; and how many starts are to be forgotten by now. They go in company:
    // looking at a few more costs less than closing every gap at once.
    let mut doomed: VecDeque<usize> = VecDeque::new();
    let mut gone = 0;
    let mut next = 0;
    let mut costs = Vec::new();
    let mut paths = Vec::new();
    // 0, and infinite for those whose end has been set.
    let mut pardoned = Vec::new();
    for end in grid.ends() {
        for start in grid.starts(next, end) {
            sweep.add(start, end);
            starts.push(start);
            paths.push(best[cell(start)]);
            until.push(usize::MAX);
            pardoned.push(0.0);
            next = start + grid.jump;
        }
        while doomed.front().is_some_and(|first| *first <= end) {
            doomed.pop_front();
            gone += 1;
        }
        if gone * 8 > starts.len() {
            gone = 0;
            let keep: Vec<bool> = until.iter().map(|u| *u > end).collect();
            sweep.keep(&keep);
            retain(&mut starts, &keep);
            retain(&mut paths, &keep);
            retain(&mut until, &keep);
            retain(&mut pardoned, &keep);
        }
        sweep.costs(end, &mut costs);
        values.clear();
        values.extend(costs.iter().zip(&paths).map(|(cost, path)| cost + path));
        if lengths > 0.0 {
            for (value, start) in values.iter_mut().zip(&starts) {
                *value += logarithms[end - start];
            }
        }
        let (place, least) = smallest(&values);
        let total = least + penalty;
        best[cell(end)] = total;
        before[cell(end)] = starts[place];
        let limit = total + slack;
        if over(&values, &pardoned, limit) {
            for ((value, until), pardoned) in values.iter().zip(&mut until).zip(&mut pardoned) {
                if *value > limit && *until == usize::MAX {
                    *until = end + grid.least;
                    *pardoned = f64::INFINITY;
                    doomed.push_back(*until);
                }
            }
        }
    }
    path(grid, |end| before[cell(end)])
}

/// The segmentation with so many changes and the smallest sum of costs (Bellman 1961; Auger & Lawrence 1989). The
/// caller has checked [`Grid::has_room`]. `None` when no sum of costs is a number.
pub(super) fn fixed(cost: &dyn SegmentCost, grid: Grid, changes: usize) -> Option<Vec<usize>> {
    let cells = grid.n.div_ceil(grid.jump) + 1;
    let cell = |at: usize| if at == grid.n { cells - 1 } else { at / grid.jump };
    // Of 0, 1, ... changes: the smallest sum up to every end, and the last change point.
    let mut best = vec![vec![f64::INFINITY; cells]; changes + 1];
    let mut before = vec![vec![0_usize; cells]; changes + 1];
    let mut sweep = cost.sweep();
    let (mut starts, mut costs, mut sums) = (Vec::new(), Vec::new(), Vec::new());
    let mut next = 0;
    for end in grid.ends() {
        for start in grid.starts(next, end) {
            sweep.add(start, end);
            starts.push(start);
            next = start + grid.jump;
        }
        sweep.costs(end, &mut costs);
        best[0][cell(end)] = costs[0];
        for k in 1..=changes {
            // Starts are 0 and then every cell from the first end on.
            sums.clear();
            let Some(&second) = starts.get(1) else { break };
            let paths = &best[k - 1][cell(second)..];
            sums.extend(costs[1..].iter().zip(paths).map(|(cost, path)| cost + path));
            let (place, sum) = smallest(&sums);
            if sum < f64::INFINITY {
                best[k][cell(end)] = sum;
                before[k][cell(end)] = starts[1 + place];
            }
        }
    }
    if !best[changes][cell(grid.n)].is_finite() {
        return None;
    }
    let mut ends = vec![grid.n];
    for k in (1..=changes).rev() {
        let end = ends[ends.len() - 1];
        ends.push(before[k][cell(end)]);
    }
    ends.reverse();
    Some(ends)
}
