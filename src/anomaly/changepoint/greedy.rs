//! Segmentations found step by step: quick, not always the best.

use super::cost::SegmentCost;
use super::optimal::Grid;
use std::cmp::Ordering;
use std::collections::{BinaryHeap, HashSet};

/// When to stop.
#[derive(Debug, Clone, Copy)]
pub(super) enum Until {
    Changes(usize),
    Penalty(f64),
}

impl Until {
    /// Whether one more change point at this gain is wanted beside those found.
    fn wants(self, found: usize, gain: f64) -> bool {
        match self {
            Self::Changes(changes) => found < changes,
            Self::Penalty(penalty) => gain > penalty,
        }
    }
}

/// Binary segmentation (Scott & Knott 1974; Vostrikova 1981): the best single change point of all segments, again and
/// again. O(n) costs a segment looked at.
pub(super) fn binary(cost: &dyn SegmentCost, grid: Grid, until: Until) -> Vec<usize> {
    let single = |start: usize, end: usize| -> Option<(usize, f64)> {
        let points: Vec<usize> =
            (start..end).step_by(grid.jump).filter(|&p| p - start >= grid.least && end - p >= grid.least).collect();
        if points.is_empty() {
            return None;
        }
        let whole = cost.cost(start, end);
        let gains = cost.splits(start, end, &points).into_iter().map(|split| whole - split);
        // The last of equals.
        points.into_iter().zip(gains).max_by(|a, b| a.1.total_cmp(&b.1))
    };
    let mut segments = vec![(0, grid.n, single(0, grid.n))];
    loop {
        // A segment that cannot be split gains 0. The first of equals.
        let gain_of = |s: &(usize, usize, Option<(usize, f64)>)| s.2.map_or(0.0, |(_, gain)| gain);
        let mut best = 0;
        for (i, segment) in segments.iter().enumerate() {
            if gain_of(segment) > gain_of(&segments[best]) {
                best = i;
            }
        }
        let (start, end, split) = segments[best];
        let Some((point, gain)) = split else { break };
        if !until.wants(segments.len() - 1, gain) {
            break;
        }
        segments[best] = (start, point, single(start, point));
        segments.insert(best + 1, (point, end, single(point, end)));
    }
    segments.into_iter().map(|s| s.1).collect()
}

/// Two neighbours and what merging them costs.
struct Merge {
    gain: f64,
    start: usize,
    middle: usize,
    end: usize,
}

impl Merge {
    fn key_cmp(&self, other: &Self) -> Ordering {
        self.gain.total_cmp(&other.gain).then(self.start.cmp(&other.start)).then(self.end.cmp(&other.end))
    }
}

impl PartialEq for Merge {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Merge {}

impl PartialOrd for Merge {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Merge {
    /// The smallest gain is the greatest of the heap.
    fn cmp(&self, other: &Self) -> Ordering {
        other.key_cmp(self)
    }
}

/// The leaves from which [`bottom_up`] begins: the longest segment is halved, as nearly as the grid allows, until the
/// longest cannot be.
fn leaves(grid: Grid) -> Vec<(usize, usize)> {
    // Longest first, then the earliest.
    let mut heap = BinaryHeap::from([(grid.n, std::cmp::Reverse(0_usize))]);
    while let Some(&(length, std::cmp::Reverse(start))) = heap.peek() {
        let end = start + length;
        // The admissible point next to the middle, the lower of two.
        let lowest = (start + grid.least).div_ceil(grid.jump) * grid.jump;
        let highest = end.checked_sub(grid.least).map(|h| h / grid.jump * grid.jump);
        let Some(highest) = highest.filter(|h| *h >= lowest) else { break };
        let below = ((start + end) / 2 / grid.jump * grid.jump).clamp(lowest, highest);
        let above = (below + grid.jump).min(highest);
        let off = |p: usize| (2 * p).abs_diff(start + end);
        let point = if off(above) < off(below) { above } else { below };
        heap.pop();
        heap.push((point - start, std::cmp::Reverse(start)));
        heap.push((end - point, std::cmp::Reverse(point)));
    }
    let mut all: Vec<(usize, usize)> = heap.into_iter().map(|(length, start)| (start.0, start.0 + length)).collect();
    all.sort_unstable();
    all
}

/// Bottom-up segmentation (Keogh et al. 2001): neighbours whose merger costs least are merged, again and again.
/// O(n log n) costs.
pub(super) fn bottom_up(cost: &dyn SegmentCost, grid: Grid, until: Until) -> Vec<usize> {
    let mut nodes: Vec<(usize, usize, f64)> = leaves(grid).into_iter().map(|(s, e)| (s, e, cost.cost(s, e))).collect();
    let merge = |left: (usize, usize, f64), right: (usize, usize, f64)| Merge {
        gain: cost.cost(left.0, right.1) - (left.2 + right.2),
        start: left.0,
        middle: left.1,
        end: right.1,
    };
    let mut heap: BinaryHeap<Merge> = nodes.windows(2).map(|w| merge(w[0], w[1])).collect();
    let mut gone: HashSet<(usize, usize)> = HashSet::new();
    while let Some(next) = heap.pop() {
        if gone.contains(&(next.start, next.middle)) || gone.contains(&(next.middle, next.end)) {
            continue;
        }
        let go_on = match until {
            Until::Changes(changes) => nodes.len() > changes.saturating_add(1),
            Until::Penalty(penalty) => next.gain < penalty,
        };
        if !go_on {
            break;
        }
        let place = nodes.partition_point(|node| node.0 < next.start);
        let node = (next.start, next.end, cost.cost(next.start, next.end));
        nodes[place] = node;
        nodes.remove(place + 1);
        gone.insert((next.start, next.middle));
        gone.insert((next.middle, next.end));
        if place > 0 {
            heap.push(merge(nodes[place - 1], node));
        }
        if place + 1 < nodes.len() {
            heap.push(merge(node, nodes[place + 1]));
        }
    }
    nodes.into_iter().map(|node| node.1).collect()
}

/// Sliding window: the gain of a change in the middle of a window of `2 half` rows; its peaks, the highest first.
pub(super) fn window(cost: &dyn SegmentCost, grid: Grid, half: usize, shortest: usize, until: Until) -> Vec<usize> {
    let Grid { n, jump, .. } = grid;
    let middles: Vec<usize> = (half.div_ceil(jump) * jump..n.saturating_sub(half)).step_by(jump).collect();
    let gains: Vec<f64> = middles
        .iter()
        .map(|&k| cost.cost(k - half, k + half) - (cost.cost(k - half, k) + cost.cost(k, k + half)))
        .collect();
    // Above all within half a window on both sides; the ends of the series are neighbours, as in ruptures.
    let order = ((2 * half).max(shortest.saturating_mul(2)) / (2 * jump)).max(1);
    let m = gains.len();
    let mut peaks: Vec<(f64, usize)> = (0..m)
        .filter(|&i| {
            order < m && (1..=order).all(|s| gains[i] > gains[(i + s) % m] && gains[i] > gains[(i + m - s) % m])
        })
        .map(|i| (gains[i], middles[i]))
        .collect();
    peaks.sort_by(|a, b| b.0.total_cmp(&a.0).then(b.1.cmp(&a.1)));
    let mut ends = vec![n];
    for (_, point) in peaks {
        let place = ends.partition_point(|e| *e < point);
        let start = if place == 0 { 0 } else { ends[place - 1] };
        let gain = match until {
            Until::Changes(_) => 0.0,
            Until::Penalty(_) => {
                let end = ends[place];
                cost.cost(start, end) - cost.cost(start, point) - cost.cost(point, end)
            }
        };
        if !until.wants(ends.len() - 1, gain) {
            break;
        }
        ends.insert(place, point);
    }
    ends
}
