//! The matrix profile of one series.

use super::Neighbours;
use crate::error::{Error, Result};
use crate::math::lanes::sum_by2;
use crate::math::par;
use crate::math::profile::{Absolute, Board, Correlation, Kind, Side, Span, Stretches, join, scale_of};
use crate::math::rng::Rng;
use linfa::ParamGuard;
use std::ops::{ControlFlow, Range};

/// How two stretches are compared.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum Measure {
    /// Euclidean, both stretches brought to mean 0 and standard deviation 1: the shape alone, whatever its level and size.
    /// Between 0 and `2 √m`.
    #[default]
    ZNormalised,
    /// `(Σ |a - b|^p)^(1/p)` of the samples as they are: level and size count (AAMP).
    Absolute {
        /// 2 is Euclidean, 1 the sum of absolute differences; 1 to 32.
        p: f64,
    },
}

impl Measure {
    /// Euclidean distance of the samples as they are.
    pub const EUCLIDEAN: Self = Self::Absolute { p: 2.0 };

    pub(crate) fn check(self) -> Result<()> {
        match self {
            Self::Absolute { p } if !(1.0..=32.0).contains(&p) => Err(Error::parameter("p", p, "must lie in 1 to 32")),
            _ => Ok(()),
        }
    }

    /// What the samples have to be multiplied by, so that neither their squares nor their p-th powers overflow.
    pub(crate) fn scale(self, all: &[&[f64]]) -> f64 {
        match self {
            Self::ZNormalised => 1.0,
            Self::Absolute { p } => {
                let largest = |x: &&[f64]| x.iter().filter(|v| v.is_finite()).fold(0.0f64, |a, v| a.max(v.abs()));
                let largest = all.iter().map(largest).fold(0.0, f64::max);
                if largest <= 0.0 {
                    1.0
                } else if p <= 2.0 {
                    scale_of(&[largest])
                } else {
                    f64::exp2(-largest.log2().floor().clamp(-1000.0, 1000.0))
                }
            }
        }
    }

    /// Distance of two stretches as it is written; infinite where a sample is not finite.
    pub(crate) fn absolute(p: f64, a: &[f64], b: &[f64]) -> f64 {
        let sum = if p.total_cmp(&2.0).is_eq() {
            sum_by2(a, b, |x: f64, y: f64| (x - y) * (x - y)).sqrt()
        } else if p.total_cmp(&1.0).is_eq() {
            sum_by2(a, b, |x: f64, y: f64| (x - y).abs())
        } else {
            // Less the largest difference, so that no power vanishes.
            let largest = a.iter().zip(b).fold(0.0f64, |l, (x, y)| l.max((x - y).abs()));
            if largest > 0.0 {
                largest * sum_by2(a, b, |x: f64, y: f64| ((x - y).abs() / largest).powf(p)).powf(1.0 / p)
            } else {
                0.0
            }
        };
        if sum.is_nan() { f64::INFINITY } else { sum }
    }
}

/// How far a join has come.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Progress {
    /// Share of the diagonals that are done, 0 to 1.
    pub done: f64,
}

/// Checked settings of a [`MatrixProfile`].
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
pub struct MatrixProfileValidParams {
    pub(super) window: usize,
    pub(super) measure: Measure,
    pub(super) neighbours: usize,
    pub(super) exclusion: usize,
    fraction: f64,
    seed: u64,
}

/// Settings of a [`MatrixProfile`]; see [`MatrixProfile::params`].
#[derive(Debug, Clone, PartialEq)]
pub struct MatrixProfileParams(MatrixProfileValidParams);

impl MatrixProfileParams {
    /// How stretches are compared. Default [`Measure::ZNormalised`].
    #[must_use]
    pub fn measure(mut self, measure: Measure) -> Self {
        self.0.measure = measure;
        self
    }

    /// Nearest neighbours to keep of every stretch, 1 to 1000. Default 1. With k the profile of the k-th neighbour sees an
    /// anomaly that happened k times ("twin freaks").
    #[must_use]
    pub fn neighbours(mut self, k: usize) -> Self {
        self.0.neighbours = k;
        self
    }

    /// Samples up to which (inclusive) a neighbour of a self-join is too near to count. Default `⌈m/4⌉`.
    #[must_use]
    pub fn exclusion(mut self, samples: usize) -> Self {
        self.0.exclusion = samples;
        self
    }

    /// Share of the diagonals to look at, above 0 to 1, in an order drawn by [`seed`](Self::seed). Default 1: all, in order.
    /// A tenth finds most discords in a tenth of the time; distances can only be too large.
    #[must_use]
    pub fn fraction(mut self, share: f64) -> Self {
        self.0.fraction = share;
        self
    }

    /// Seed of the random order. Default 0.
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        self.0.seed = seed;
        self
    }

    /// Joins a series with itself.
    ///
    /// # Errors
    /// [`Error::Parameter`] for a window below 3, `p` outside 1 to 32, neighbours outside 1 to 1000, a fraction outside 0 to
    /// 1; [`Error::TooFew`] for a series shorter than a window; [`Error::Numeric`] when a distance overflows.
    pub fn self_join(&self, x: &[f64]) -> Result<MatrixProfile> {
        self.check_ref()?.self_join(x)
    }

    /// Joins a series with itself, diagonals in random order, and asks after every round whether to go on: a profile good
    /// enough in the time there is (SCRIMP). After all diagonals it is the exact one.
    ///
    /// ```
    /// use prognos::anomaly::discord::MatrixProfile;
    /// use std::ops::{ControlFlow, Range};
    /// let x: Vec<f64> = (0..3000).map(|i| (i as f64 * 0.25).sin() + ((i * i) as f64).sin()).collect();
    /// let half = MatrixProfile::params(25).self_join_while(&x, |p| {
    ///     if p.done > 0.5 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    /// })?;
    /// assert!(half.done() > 0.5 && half.done() < 0.9);
    /// # Ok::<(), prognos::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`self_join`](Self::self_join). To be stopped is no error: see [`MatrixProfile::done`].
    pub fn self_join_while(
        &self,
        x: &[f64],
        mut go_on: impl FnMut(Progress) -> ControlFlow<()>,
    ) -> Result<MatrixProfile> {
        self.check_ref()?.run(x, None, true, &mut go_on)
    }

    /// Joins every stretch of `x` with the nearest of `reference`.
    ///
    /// # Errors
    /// As [`self_join`](Self::self_join), for both series.
    pub fn ab_join(&self, x: &[f64], reference: &[f64]) -> Result<MatrixProfile> {
        self.check_ref()?.run(x, Some(reference), false, &mut |_| ControlFlow::Continue(()))
    }
}

impl ParamGuard for MatrixProfileParams {
    type Checked = MatrixProfileValidParams;
    type Error = Error;

    fn check_ref(&self) -> Result<&MatrixProfileValidParams> {
        let MatrixProfileValidParams { window, measure, neighbours, fraction, .. } = self.0;
        if window < 3 {
            return Err(Error::parameter("window", window, "must be 3 or more"));
        }
        measure.check()?;
        if !(1..=1000).contains(&neighbours) {
            return Err(Error::parameter("neighbours", neighbours, "must be 1 to 1000"));
        }
        if !(fraction > 0.0 && fraction <= 1.0) {
            return Err(Error::parameter("fraction", fraction, "must be above 0 and at most 1"));
        }
        Ok(&self.0)
    }

    fn check(self) -> Result<MatrixProfileValidParams> {
        self.check_ref()?;
        Ok(self.0)
    }
}

/// What both sides of a join are made of.
enum Sides {
    Correlation([Stretches; 2]),
    Absolute { p: f64, scale: f64, samples: [Vec<f64>; 2] },
}

/// One neighbour: distance and place.
type Near = (f64, usize);

impl MatrixProfileValidParams {
    pub(super) fn self_join(&self, x: &[f64]) -> Result<MatrixProfile> {
        self.run(x, None, self.fraction < 1.0, &mut |_| ControlFlow::Continue(()))
    }

    pub(super) fn run(
        &self,
        x: &[f64],
        reference: Option<&[f64]>,
        random: bool,
        go_on: &mut dyn FnMut(Progress) -> ControlFlow<()>,
    ) -> Result<MatrixProfile> {
        let (m, k) = (self.window, self.neighbours);
        for series in [Some(x), reference].into_iter().flatten() {
            if series.len() < m {
                return Err(Error::too_few("samples of a series to join", m, series.len()));
            }
            if series.len() >= u32::MAX as usize {
                return Err(Error::parameter("series", series.len(), "must have fewer than 2^32 - 1 samples"));
            }
        }
        let other = reference.unwrap_or(x);
        let (rows, columns) = (x.len() + 1 - m, other.len() + 1 - m);
        let join_self = reference.is_none();
        let first = if join_self { self.exclusion.saturating_add(1).min(columns) } else { 0 };
        // The pairs above the diagonal and those below: for a self-join these are the same.
        let mut spans = vec![self.span(first, columns, random, 0)];
        if !join_self {
            spans.push(self.span(1, rows, random, 1));
        }
        // For the self-join partners to the right and to the left, else those behind the own place and before it.
        let mut boards = [Board::new(rows, k), Board::new(rows, k)];
        let sides = self.sides(x, reference);
        let done = match &sides {
            Sides::Correlation([a, b]) => {
                let own = Side::new(a);
                let joined = reference.map(|_| Side::new(b));
                let other = joined.as_ref().unwrap_or(&own);
                let above = Correlation { rows: &own, columns: other };
                let below = Correlation { rows: other, columns: &own };
                walk(&above, &below, &spans, &mut boards, go_on)
            }
            Sides::Absolute { p, samples: [a, b], .. } => {
                let b = if join_self { a } else { b };
                let (above, below) = (Absolute::new(a, b, m, *p), Absolute::new(b, a, m, *p));
                walk(&above, &below, &spans, &mut boards, go_on)
            }
        };
        let mut lists = self.finish(&sides, join_self, &boards, rows, columns)?;
        let mut gather = |side: usize| Neighbours::gather(k, lists.iter_mut().map(|l| std::mem::take(&mut l[side])));
        Ok(MatrixProfile {
            window: m,
            measure: self.measure,
            exclusion: join_self.then_some(self.exclusion),
            done,
            nearest: gather(2),
            left: if join_self { Some(gather(1)) } else { None },
            right: if join_self { Some(gather(0)) } else { None },
        })
    }

    fn span(&self, first: usize, columns: usize, random: bool, stream: u64) -> Span {
        if !random {
            return Span::all(first, columns);
        }
        let mut rng = Rng::stream(self.seed, stream);
        let mut span = Span::shuffled(first, columns, |n| rng.below(n));
        span.truncate((span.len() as f64 * self.fraction).ceil() as usize);
        span
    }

    fn sides(&self, x: &[f64], reference: Option<&[f64]>) -> Sides {
        let nothing: &[f64] = &[];
        match self.measure {
            Measure::ZNormalised => Sides::Correlation([
                Stretches::new(x, self.window),
                Stretches::new(reference.unwrap_or(nothing), self.window),
            ]),
            Measure::Absolute { p } => {
                let scale = self.measure.scale(&[x, reference.unwrap_or(nothing)]);
                let scaled = |x: &[f64]| {
                    x.iter().map(|v| if v.is_finite() { v * scale } else { f64::NAN }).collect::<Vec<f64>>()
                };
                Sides::Absolute { p, scale, samples: [scaled(x), scaled(reference.unwrap_or(nothing))] }
            }
        }
    }

    /// Distances from the samples themselves, constant stretches by the conventions, in order: neighbours to the right, to
    /// the left, anywhere.
    fn finish(
        &self,
        sides: &Sides,
        join_self: bool,
        boards: &[Board; 2],
        rows: usize,
        columns: usize,
    ) -> Result<Vec<[Vec<Near>; 3]>> {
        let (m, k) = (self.window, self.neighbours);
        let constants = match sides {
            Sides::Correlation([a, b]) => Some(Flat::new(a, if join_self { a } else { b })),
            Sides::Absolute { .. } => None,
        };
        let lists = par::map(rows, |i| {
            let distance = |j: usize| match sides {
                Sides::Correlation([a, b]) => a.distance(i, if join_self { a } else { b }, j),
                Sides::Absolute { p, scale, samples: [a, b] } => {
                    let b = if join_self { a } else { b };
                    Measure::absolute(*p, &a[i..i + m], &b[j..j + m]) / scale
                }
            };
            let sorted = |mut list: Vec<Near>| {
                list.sort_unstable_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
                list.truncate(k);
                list
            };
            let of = |board: &Board| board.partners(i).map(|(j, _)| (distance(j), j)).collect::<Vec<Near>>();
            let (mut right, mut left) = (of(&boards[0]), of(&boards[1]));
            if let Some(flat) = &constants {
                if join_self {
                    flat.offer(i, i.saturating_add(self.exclusion).saturating_add(1)..columns, k, false, &mut right);
                    flat.offer(i, 0..i.saturating_sub(self.exclusion), k, true, &mut left);
                } else {
                    flat.offer(i, 0..columns, k, false, &mut right);
                }
            }
            let (right, left) = (sorted(right), sorted(left));
            let all = sorted(right.iter().chain(&left).copied().collect());
            [right, left, all]
        });
        match lists.iter().position(|l| l.iter().flatten().any(|near| !near.0.is_finite())) {
            None => Ok(lists),
            Some(i) => Err(Error::numeric("matrix profile", format!("a distance of the stretch at {i} overflows"))),
        }
    }
}

/// Walks the pairs above and below the diagonal; share of the bands that are done.
fn walk<P: crate::math::profile::Pairs>(
    above: &P,
    below: &P,
    spans: &[Span],
    [right, left]: &mut [Board; 2],
    go_on: &mut dyn FnMut(Progress) -> ControlFlow<()>,
) -> f64 {
    let total: usize = spans.iter().map(Span::whole).sum();
    let share = |bands: usize| if total == 0 { 1.0 } else { bands as f64 / total as f64 };
    let mut before = 0;
    let mut now = 0;
    match spans {
        [one] => {
            let _ = join(above, one, Some(right), Some(left), &mut |bands| {
                now = bands;
                go_on(Progress { done: share(now) })
            });
        }
        both => {
            for (place, span) in both.iter().enumerate() {
                let mut tell = |bands: usize| {
                    now = before + bands;
                    go_on(Progress { done: share(now) })
                };
                let flow = if place == 0 {
                    join(above, span, Some(&mut *right), None, &mut tell)
                } else {
                    join(below, span, None, Some(&mut *left), &mut tell)
                };
                if flow.is_break() {
                    break;
                }
                before += span.len();
            }
        }
    }
    share(now)
}

/// Constant stretches, which no correlation reaches.
struct Flat<'a> {
    rows: &'a Stretches,
    constant: Vec<usize>,
    ordinary: Vec<usize>,
}

impl<'a> Flat<'a> {
    fn new(rows: &'a Stretches, columns: &Stretches) -> Self {
        let of = |kind: Kind| (0..columns.count()).filter(|&j| columns.kind(j) == kind).collect::<Vec<usize>>();
        let any = rows.kinds().contains(&Kind::Constant);
        Self { rows, constant: of(Kind::Constant), ordinary: if any { of(Kind::Ordinary) } else { Vec::new() } }
    }

    /// Adds the partners that stretch `i` has because one of the two is constant: up to k of a kind, from the end of the range
    /// that is nearest.
    fn offer(&self, i: usize, range: Range<usize>, k: usize, from_behind: bool, list: &mut Vec<Near>) {
        let mut add = |of: &[usize], distance: f64| {
            let from = of.partition_point(|&j| j < range.start);
            let inside = &of[from..of.partition_point(|&j| j < range.end).max(from)];
            let some = inside.len().min(k);
            let chosen = if from_behind { &inside[inside.len() - some..] } else { &inside[..some] };
            list.extend(chosen.iter().map(|&j| (distance, j)));
        };
        let root = (self.rows.length() as f64).sqrt();
        match self.rows.kind(i) {
            Kind::Broken => {}
            Kind::Ordinary => add(&self.constant, root),
            Kind::Constant => {
                add(&self.constant, 0.0);
                add(&self.ordinary, root);
            }
        }
    }
}

/// The matrix profile: of every stretch of a series the nearest neighbours.
///
/// # Formula
/// `d(i, j)` for all pairs that do not overlap too much; `P_i = min_j d(i, j)`. z-normalised distances come from correlations
/// that are followed along the diagonals of the matrix of pairs, absolute ones from block sums along them; the distances of
/// the neighbours that were found are then computed anew from the samples, so that a repeated pattern has distance 0 and not the
/// root of rounding.
///
/// # Sources
/// C.-C. M. Yeh et al., "Matrix Profile I", ICDM 2016; Y. Zhu et al., "Matrix Profile II", ICDM 2016, and "Matrix Profile XI:
/// SCRIMP++", ICDM 2018; Z. Zimmerman et al., "Matrix Profile XIV", SoCC 2019; R. Akbarinia and B. Cloez, "Efficient matrix
/// profile computation using different distance functions", 2019 (AAMP).
///
/// # Cost
/// O(n²) time whatever the window, O(n k) memory: 32,768 samples in about half a second on one core, all cores used. The
/// same bits on any number of them.
///
/// # Accuracy
/// The neighbour is found by running sums: where two candidates differ by less than about `1e-14` in correlation, either may
/// be taken. Behind a sample that stands out of its surroundings by a factor s, for 512 samples, that is `1e-16 s²`.
///
/// ```
/// use prognos::anomaly::discord::MatrixProfile;
/// let mut x: Vec<f64> = (0..1000).map(|i| (i as f64 * 0.25).sin()).collect();
/// x[500] += 2.0;
/// let profile = MatrixProfile::params(25).self_join(&x)?;
/// assert_eq!(profile.distances().len(), 976);
/// let discord = profile.discords(1)[0];
/// assert!((476..=500).contains(&discord.location));
/// assert!(discord.distance > 1.0);
/// # Ok::<(), prognos::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(try_from = "Raw"))]
pub struct MatrixProfile {
    pub(super) window: usize,
    pub(super) measure: Measure,
    pub(super) exclusion: Option<usize>,
    pub(super) done: f64,
    pub(super) nearest: Neighbours,
    pub(super) left: Option<Neighbours>,
    pub(super) right: Option<Neighbours>,
}

impl MatrixProfile {
    /// Settings for stretches of `window` samples: z-normalised, one neighbour, exclusion zone `⌈m/4⌉`, all diagonals. A
    /// window about as long as the pattern of interest: a cycle of the machine, a stroke, a day.
    #[must_use]
    pub fn params(window: usize) -> MatrixProfileParams {
        MatrixProfileParams(MatrixProfileValidParams {
            window,
            measure: Measure::ZNormalised,
            neighbours: 1,
            exclusion: window.div_ceil(4),
            fraction: 1.0,
            seed: 0,
        })
    }

    /// Samples of a stretch.
    #[must_use]
    pub fn window(&self) -> usize {
        self.window
    }

    /// How stretches were compared.
    #[must_use]
    pub fn measure(&self) -> Measure {
        self.measure
    }

    /// Samples up to which a neighbour was too near to count; none for an AB-join.
    #[must_use]
    pub fn exclusion(&self) -> Option<usize> {
        self.exclusion
    }

    /// Share of the diagonals that were looked at: 1 for the exact profile.
    #[must_use]
    pub fn done(&self) -> f64 {
        self.done
    }

    /// Distance of every stretch to its nearest neighbour, `n - m + 1` numbers; infinite where there is none.
    #[must_use]
    pub fn distances(&self) -> &[f64] {
        self.nearest.distances()
    }

    /// Place of the nearest neighbour of every stretch.
    #[must_use]
    pub fn indices(&self) -> &[Option<usize>] {
        self.nearest.indices()
    }

    /// The nearest neighbours, wherever they are.
    #[must_use]
    pub fn neighbours(&self) -> &Neighbours {
        &self.nearest
    }

    /// The nearest neighbours before the stretch: what was known when it came. None for an AB-join.
    #[must_use]
    pub fn left(&self) -> Option<&Neighbours> {
        self.left.as_ref()
    }

    /// The nearest neighbours after the stretch. None for an AB-join.
    #[must_use]
    pub fn right(&self) -> Option<&Neighbours> {
        self.right.as_ref()
    }

    /// The stretches farthest from their k-th nearest neighbour (k as fitted), farthest first, no two of them overlapping.
    /// Stretches without a neighbour do not count.
    #[must_use]
    pub fn discords(&self, count: usize) -> Vec<Discord> {
        let rank = self.nearest.k() - 1;
        let found = discords(self.nearest.distances_of(rank), self.window, count);
        let indices = self.nearest.indices_of(rank);
        found
            .into_iter()
            .map(|(location, distance)| Discord { location, distance, neighbour: indices[location] })
            .collect()
    }

    /// The two stretches most alike, and their distance: the pattern that comes back. None when no stretch has a neighbour.
    #[must_use]
    pub fn motif(&self) -> Option<(usize, usize, f64)> {
        let all = self.distances().iter().zip(self.indices()).enumerate();
        all.filter_map(|(i, (d, j))| j.map(|j| (i, j, *d))).min_by(|a, b| a.2.total_cmp(&b.2))
    }
}

/// The largest finite numbers, largest first, no two within a window of each other.
pub(super) fn discords(distances: &[f64], window: usize, count: usize) -> Vec<(usize, f64)> {
    let mut order: Vec<usize> = (0..distances.len()).filter(|&i| distances[i].is_finite()).collect();
    order.sort_by(|&a, &b| distances[b].total_cmp(&distances[a]));
    let mut taken: Vec<(usize, f64)> = Vec::new();
    for i in order {
        if taken.len() >= count {
            break;
        }
        if taken.iter().all(|t| t.0.abs_diff(i) >= window) {
            taken.push((i, distances[i]));
        }
    }
    taken
}

/// A stretch like no other.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Discord {
    /// Where it begins.
    pub location: usize,
    /// How far its neighbour is.
    pub distance: f64,
    /// Where its neighbour begins: what it should have looked like.
    pub neighbour: Option<usize>,
}

/// What a file says; checked before it becomes a [`MatrixProfile`].
#[cfg(feature = "serde")]
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    window: usize,
    measure: Measure,
    exclusion: Option<usize>,
    done: f64,
    nearest: Neighbours,
    left: Option<Neighbours>,
    right: Option<Neighbours>,
}

#[cfg(feature = "serde")]
impl TryFrom<Raw> for MatrixProfile {
    type Error = Error;
    fn try_from(raw: Raw) -> Result<Self> {
        let Raw { window, measure, exclusion, done, nearest, left, right } = raw;
        measure.check()?;
        let (n, k, join_self) = (nearest.len(), nearest.k(), exclusion.is_some());
        // A self-join knows both sides, and neighbours among its own stretches.
        let side = |of: &Option<Neighbours>| match of {
            Some(of) => join_self && of.len() == n && of.k() == k,
            None => !join_self,
        };
        let inside = |of: &Neighbours| (0..k).all(|r| of.indices_of(r).iter().flatten().all(|j| !join_self || *j < n));
        let sides = [Some(&nearest), left.as_ref(), right.as_ref()];
        let fits = side(&left) && side(&right) && sides.into_iter().flatten().all(inside);
        if window < 3 || !(0.0..=1.0).contains(&done) || !fits {
            return Err(Error::Model { reason: "matrix profile: its parts do not fit".to_owned() });
        }
        Ok(Self { window, measure, exclusion, done, nearest, left, right })
    }
}

#[cfg(feature = "persist")]
impl crate::persist::Persist for MatrixProfile {
    const KIND: &'static str = "matrix_profile";
    fn feature_names(&self) -> &[String] {
        &[]
    }
}
