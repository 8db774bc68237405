//! Discords without the whole profile: from near to far, and for as few stretches as it takes.
//!
//! Every stretch has an upper bound of its distance, from the neighbours looked at so far; the stretch with the largest
//! bound is the only one worth another look, and when it has seen all its neighbours it is the discord (best first). The
//! first lags of all stretches are cheap together, along the diagonals of the matrix of pairs; the rest of a few
//! stretches is cheap alone. Whenever the stretches alone have cost as much as twice the lags together would, the
//! diagonals go on: never more than about twice the work of the better way, at worst that of the profile.

use super::{Measure, Progress};
use crate::error::{Error, Result};
use crate::math::par;
use crate::math::profile::{Absolute, Board, Correlation, Kind, Pairs, Region, Side, Span, Stretches, join_where};
use std::cmp::Ordering;
use std::collections::BinaryHeap;
use std::ops::{ControlFlow, Range};

/// Lags of the first round, at least; four stretches when that is more.
const FIRST: usize = 256;
/// Samples compared alone in the time of one pair on a diagonal.
const SAMPLES_PER_PAIR: usize = 6;
/// Stretches taken to their end after each round, at most.
const PROBES: usize = 4;

/// Which stretches are in question, and which are their neighbours.
#[derive(Debug, Clone)]
pub(super) struct Reach {
    /// First stretch in question.
    pub(super) from: usize,
    /// Lags up to this one are too near.
    pub(super) exclusion: usize,
    /// Largest lag.
    pub(super) lag: usize,
    /// Neighbours behind the stretch count as well.
    pub(super) both: bool,
    /// The first stretches are a reference: neighbours at any lag.
    pub(super) reference: usize,
    /// Where the own past begins.
    pub(super) past: usize,
}

impl Reach {
    /// Number of lags of stretch `i` among `count`.
    fn lags(&self, i: usize, count: usize) -> usize {
        let left = i.saturating_sub(self.past);
        let far = if self.both { left.max(count - 1 - i) } else { left };
        far.min(self.lag).saturating_sub(self.exclusion)
    }

    /// The neighbours of `i` at the lags `from..to`.
    fn neighbours(&self, i: usize, lags: Range<usize>, count: usize) -> [Range<usize>; 2] {
        let left = (i + 1).saturating_sub(lags.end).max(self.past)..(i + 1).saturating_sub(lags.start).max(self.past);
        let right = (i + lags.start).min(count)..(i + lags.end).min(count);
        [left, if self.both { right } else { 0..0 }]
    }
}

/// A neighbour: distance and place.
type Near = (f64, usize);

/// A series whose stretches are compared.
pub(super) enum Compared {
    Correlation { stretches: Stretches, side: Box<Side> },
    Absolute { p: f64, scale: f64, m: usize, samples: Vec<f64> },
}

impl Compared {
    pub(super) fn new(x: &[f64], m: usize, measure: Measure) -> Self {
        match measure {
            Measure::ZNormalised => {
                let stretches = Stretches::new(x, m);
                let side = Box::new(Side::new(&stretches));
                Self::Correlation { stretches, side }
            }
            Measure::Absolute { p } => {
                let scale = measure.scale(&[x]);
                let samples = x.iter().map(|v| if v.is_finite() { v * scale } else { f64::NAN }).collect();
                Self::Absolute { p, scale, m, samples }
            }
        }
    }

    fn length(&self) -> usize {
        match self {
            Self::Correlation { stretches, .. } => stretches.length(),
            Self::Absolute { m, .. } => *m,
        }
    }

    fn count(&self) -> usize {
        match self {
            Self::Correlation { stretches, .. } => stretches.count(),
            Self::Absolute { m, samples, .. } => samples.len() + 1 - m,
        }
    }

    fn distance(&self, i: usize, j: usize) -> f64 {
        match self {
            Self::Correlation { stretches, .. } => stretches.distance(i, stretches, j),
            Self::Absolute { p, scale, m, samples } => {
                Measure::absolute(*p, &samples[i..i + m], &samples[j..j + m]) / scale
            }
        }
    }

    /// The nearest of some neighbours of one stretch, if it is nearer than `bound`; the first of equals.
    fn nearest(&self, i: usize, range: Range<usize>, bound: Option<Near>, room: &mut Vec<f64>) -> Option<Near> {
        let mut best = bound;
        match self {
            Self::Correlation { stretches, .. } => {
                room.clear();
                room.resize(range.len(), 0.0);
                stretches.correlations(i, stretches, range.start, room);
                let top = room.iter().copied().fold(f64::NEG_INFINITY, f64::max);
                if top > f64::NEG_INFINITY
                    && let Some(at) = room.iter().position(|r| *r >= top)
                {
                    let distance = stretches.distance(i, stretches, range.start + at);
                    if best.is_none_or(|b| distance < b.0) {
                        best = Some((distance, range.start + at));
                    }
                }
            }
            Self::Absolute { .. } => {
                for j in range {
                    let distance = self.distance(i, j);
                    if distance.is_finite() && best.is_none_or(|b| distance < b.0) {
                        best = Some((distance, j));
                    }
                }
            }
        }
        best
    }

    /// Stretches without a distance to any other.
    fn broken(&self, i: usize) -> bool {
        match self {
            Self::Correlation { stretches, .. } => stretches.kind(i) == Kind::Broken,
            Self::Absolute { m, samples, .. } => samples[i..i + m].iter().any(|v| v.is_nan()),
        }
    }
}

/// What a search found.
#[derive(Debug, Clone)]
pub(super) struct Found {
    /// Place, distance, neighbour; farthest first.
    pub(super) discords: Vec<(usize, f64, usize)>,
    /// Upper bound of the distance of every stretch, and the neighbour it comes from.
    pub(super) bounds: Vec<Option<Near>>,
    /// Share of the lags looked at together when the answer was certain.
    pub(super) done: f64,
    /// How the search ended.
    pub(super) end: End,
}

/// How a search ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    /// The discords are those of the profile.
    Certain,
    /// Given up: they do not stand out enough.
    Weak,
    /// Stopped.
    Stopped,
}

/// A stretch waiting for another look: the largest bound first, the first of equals.
#[derive(Debug, PartialEq)]
struct Waiting {
    bound: f64,
    at: usize,
}

impl Eq for Waiting {}

impl PartialOrd for Waiting {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Waiting {
    fn cmp(&self, other: &Self) -> Ordering {
        self.bound.total_cmp(&other.bound).then(other.at.cmp(&self.at))
    }
}

/// Asked now and then whether to go on.
pub(super) type GoOn<'a> = dyn FnMut(Progress) -> ControlFlow<()> + 'a;

/// What is searched: the `count` stretches farthest from their nearest neighbour, no two within `spacing` of each other.
#[derive(Debug, Clone, Copy)]
pub(super) struct Wanted {
    pub(super) count: usize,
    pub(super) spacing: usize,
    /// Gives up when the distance of the first is certain to be less than so many times that of the last; 0 for never.
    pub(super) prominence: f64,
}

pub(super) fn search(compared: &Compared, reach: &Reach, wanted: Wanted, go_on: &mut GoOn<'_>) -> Result<Found> {
    let search = Search::new(compared, reach, wanted);
    let found = match compared {
        Compared::Correlation { side, .. } => search.run(&Correlation { rows: side, columns: side }, go_on),
        Compared::Absolute { p, m, samples, .. } => search.run(&Absolute::new(samples, samples, *m, *p), go_on),
    };
    match found.discords.iter().find(|d| !d.1.is_finite()) {
        None => Ok(found),
        Some(d) => Err(Error::numeric("discord", format!("a distance of the stretch at {} overflows", d.0))),
    }
}

struct Search<'a> {
    compared: &'a Compared,
    reach: &'a Reach,
    wanted: Wanted,
    count: usize,
    bounds: Vec<Option<Near>>,
    /// Neighbours each stretch has looked at alone: lags from near to far, then the reference.
    alone: Vec<usize>,
    /// Lags looked at together, of all that wait; whether the reference was.
    together: usize,
    referred: bool,
    /// Accepted discords.
    discords: Vec<(usize, f64, usize)>,
    /// Stretches that have seen all their neighbours, and their distance.
    certain: Vec<(usize, f64)>,
    room: Vec<f64>,
}

impl<'a> Search<'a> {
    fn new(compared: &'a Compared, reach: &'a Reach, wanted: Wanted) -> Self {
        let count = compared.count();
        Self {
            compared,
            reach,
            wanted,
            count,
            bounds: vec![None; count],
            alone: vec![0; count],
            together: 0,
            referred: reach.reference == 0,
            discords: Vec::new(),
            certain: Vec::new(),
            room: Vec::new(),
        }
    }

    /// Lags, and all neighbours, of a stretch.
    fn all(&self, i: usize) -> (usize, usize) {
        let lags = self.reach.lags(i, self.count);
        (lags, lags + self.reach.reference)
    }

    /// How many of them were looked at.
    fn seen(&self, i: usize) -> usize {
        let (lags, all) = self.all(i);
        let seen = self.alone[i].max(self.together.min(lags));
        if seen >= lags && self.referred { all } else { seen }
    }

    fn bound(&self, i: usize) -> f64 {
        self.bounds[i].map_or(f64::INFINITY, |b| b.0)
    }

    /// Looks at about as many neighbours again as a stretch has seen, alone; what it cost in pairs on diagonals.
    fn look(&mut self, i: usize) -> u64 {
        let (lags, all) = self.all(i);
        let from = self.seen(i);
        let to = (from + from.max(FIRST)).min(if from < lags { lags } else { all });
        let ranges = if from < lags {
            let e = self.reach.exclusion + 1;
            self.reach.neighbours(i, from + e..to + e, self.count)
        } else {
            [from - lags..to - lags, 0..0]
        };
        let mut looked = 0;
        for range in ranges {
            if !range.is_empty() {
                looked += range.len();
                self.bounds[i] = self.compared.nearest(i, range, self.bounds[i], &mut self.room);
            }
        }
        self.alone[i] = to;
        (looked * self.compared.length() / SAMPLES_PER_PAIR + 1) as u64
    }

    fn overlaps(&self, i: usize) -> bool {
        self.discords.iter().any(|d| d.0.abs_diff(i) < self.wanted.spacing)
    }

    /// What the last of the k discords has at least: of k stretches known for certain, no two within twice the spacing, each
    /// discord overlaps one at most.
    fn floor(&mut self) -> f64 {
        if self.certain.len() < self.wanted.count {
            return f64::NEG_INFINITY;
        }
        self.certain.sort_unstable_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        let mut apart: Vec<usize> = Vec::new();
        for &(i, distance) in &self.certain {
            if apart.iter().all(|j| j.abs_diff(i) >= 2 * self.wanted.spacing) {
                apart.push(i);
                if apart.len() == self.wanted.count {
                    return distance;
                }
            }
        }
        f64::NEG_INFINITY
    }

    fn run<P: Pairs>(mut self, pairs: &P, go_on: &mut GoOn<'_>) -> Found {
        let count = self.count;
        let mut waiting: Vec<usize> =
            (self.reach.from..count).filter(|&i| self.all(i).1 > 0 && !self.compared.broken(i)).collect();
        self.flat();
        let farthest = waiting.iter().map(|&i| self.all(i).0).max().unwrap_or(0);
        let boards = if self.reach.both { count } else { 0 };
        let mut boards = [Board::new(boards, 1), Board::new(count, 1)];
        let share = |lags: usize| if farthest == 0 { 1.0 } else { (lags as f64 / farthest as f64).min(1.0) };
        let mut width = FIRST.max(4 * self.compared.length().next_power_of_two());
        let end = loop {
            // The pairs of the next round.
            let first = self.reach.exclusion + 1 + self.together;
            let rest = farthest.saturating_sub(self.together);
            // Eight diagonals are followed at once: a limit between them is left to the stretches alone.
            let limited = self.reach.lag < count;
            let lags = if rest > width || limited { rest.min(width) / 8 * 8 } else { rest };
            let round = if lags > 0 {
                Some((Span::all(first, first + lags), self.reach.past..count))
            } else if !self.referred {
                Some((Span::all(1, count), 0..self.reach.reference))
            } else {
                None
            };
            let mut marks = vec![0u32; count + 1];
            for &i in &waiting {
                marks[i + 1] = 1;
            }
            for i in 0..count {
                marks[i + 1] += marks[i];
            }
            let waits = |r: Range<usize>| marks[r.end.min(count)] > marks[r.start.min(count)];
            let both = self.reach.both;
            let wanted = |rows: Range<usize>, columns: Range<usize>| waits(columns) || (both && waits(rows));
            let work = match &round {
                Some((span, rows)) => Region { rows: rows.clone(), wanted: &wanted }.pairs(pairs, span),
                None => u64::MAX,
            };
            // At first nothing is known, and all lags have to be looked at together.
            if self.together > 0 || lags == 0 {
                let done = share(self.together);
                if let Some(end) = self.alone(&waiting, work, &mut || go_on(Progress { done })) {
                    break end;
                }
            }
            let Some((span, rows)) = round else { break End::Certain };
            let before = self.together;
            let bands = span.len().max(1);
            let region = Region { rows, wanted: &wanted };
            let [right, left] = &mut boards;
            let flow = join_where(pairs, &span, &region, both.then_some(right), Some(left), &mut |done| {
                go_on(Progress { done: share(before + lags * done / bands) })
            });
            if flow.is_continue() && lags > 0 {
                self.together += lags;
                width *= 2;
            } else if flow.is_continue() {
                self.referred = true;
            }
            let (compared, bounds) = (self.compared, &self.bounds);
            let nearer = par::map(waiting.len(), |at| {
                let i = waiting[at];
                let right = if both { boards[0].partners(i).next() } else { None };
                let found = [right, boards[1].partners(i).next()].into_iter().flatten();
                found.map(|(j, _)| (compared.distance(i, j), j)).fold(bounds[i], |best, near| match best {
                    Some(b) if b.0 <= near.0 => best,
                    _ => Some(near),
                })
            });
            for (&i, near) in waiting.iter().zip(nearer) {
                self.bounds[i] = near;
            }
            if flow.is_break() {
                break End::Stopped;
            }
            self.probe(&waiting);
            let floor = self.floor();
            waiting.retain(|i| self.bounds[*i].is_none_or(|b| b.0 >= floor));
        };
        if end == End::Stopped {
            // What is known for certain, as far as it is.
            self.floor();
            for at in 0..self.certain.len() {
                let (i, distance) = self.certain[at];
                if self.discords.len() < self.wanted.count
                    && !self.overlaps(i)
                    && let Some((_, j)) = self.bounds[i]
                {
                    self.discords.push((i, distance, j));
                }
            }
        }
        let done = if end == End::Certain { 1.0 } else { share(self.together) };
        Found { discords: self.discords, bounds: self.bounds, done, end }
    }

    /// The most promising stretches to their end, one for each discord, a few at most: with their distances others can be
    /// passed over.
    fn probe(&mut self, waiting: &[usize]) {
        let mut apart: Vec<usize> = Vec::new();
        while apart.len() < self.wanted.count.min(PROBES) {
            let free = |i: &usize| apart.iter().all(|j| j.abs_diff(*i) >= 2 * self.wanted.spacing);
            let free = waiting.iter().copied().filter(free);
            let Some(Waiting { at, .. }) = free.map(|at| Waiting { bound: self.bound(at), at }).max() else { break };
            self.finish(at);
            apart.push(at);
        }
    }

    /// Whether the first discord, which lies no farther than `top`, is certain not to stand out.
    fn is_weak(&mut self, top: f64) -> bool {
        let first = self.discords.first().map_or(top, |d| d.1);
        self.wanted.prominence > 0.0 && {
            let floor = self.floor();
            floor > 0.0 && first / floor < self.wanted.prominence
        }
    }

    /// Looks at the rest of a stretch.
    fn finish(&mut self, i: usize) -> u64 {
        let mut cost = 0;
        while self.seen(i) < self.all(i).1 {
            cost += self.look(i);
        }
        self.settle(i);
        cost
    }

    /// Writes down a stretch that has seen all its neighbours.
    fn settle(&mut self, i: usize) {
        if let Some((distance, _)) = self.bounds[i]
            && self.certain.iter().all(|c| c.0 != i)
        {
            self.certain.push((i, distance));
        }
    }

    /// Best first, one stretch after the other, until the discords are certain or it costs more than `budget`.
    /// None says the latter.
    fn alone(&mut self, waiting: &[usize], budget: u64, go_on: &mut dyn FnMut() -> ControlFlow<()>) -> Option<End> {
        let mut heap: BinaryHeap<Waiting> = waiting.iter().map(|&at| Waiting { bound: self.bound(at), at }).collect();
        let (mut spent, mut told) = (0u64, 0u64);
        while let Some(Waiting { at, bound }) = heap.pop() {
            if self.discords.len() >= self.wanted.count {
                return Some(End::Certain);
            }
            if self.overlaps(at) {
                continue;
            }
            if self.is_weak(bound) {
                return Some(End::Weak);
            }
            if self.seen(at) >= self.all(at).1 {
                self.settle(at);
                if let Some((distance, neighbour)) = self.bounds[at] {
                    self.discords.push((at, distance, neighbour));
                }
                continue;
            }
            if spent > budget {
                return None;
            }
            spent += self.look(at);
            heap.push(Waiting { bound: self.bound(at), at });
            // About every tenth of a second.
            if spent - told > 1 << 27 {
                told = spent;
                if go_on().is_break() {
                    return Some(End::Stopped);
                }
            }
        }
        Some(End::Certain)
    }

    /// Constant stretches, which no diagonal reaches: one neighbour of each kind is as near as the next.
    fn flat(&mut self) {
        let Compared::Correlation { stretches, .. } = self.compared else { return };
        let of = |kind: Kind| (0..self.count).filter(|&j| stretches.kind(j) == kind).collect::<Vec<usize>>();
        let constant = of(Kind::Constant);
        if constant.is_empty() {
            return;
        }
        let ordinary = of(Kind::Ordinary);
        let root = (stretches.length() as f64).sqrt();
        for i in self.reach.from..self.count {
            let lags = self.all(i).0 + self.reach.exclusion + 1;
            let [left, right] = self.reach.neighbours(i, self.reach.exclusion + 1..lags, self.count);
            let any = |of: &[usize]| {
                [0..self.reach.reference, left.clone(), right.clone()].into_iter().find_map(|range| {
                    of.get(of.partition_point(|&j| j < range.start)).copied().filter(|&j| j < range.end)
                })
            };
            let near = |j: Option<usize>, distance: f64| j.map(|j| (distance, j));
            self.bounds[i] = match stretches.kind(i) {
                Kind::Broken => None,
                Kind::Ordinary => near(any(&constant), root),
                Kind::Constant => near(any(&constant), 0.0).or_else(|| near(any(&ordinary), root)),
            };
        }
    }
}
