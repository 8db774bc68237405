//! One machine against its fleet: who is unlike the others now, whatever all of them do?
//!
//! **What it answers.** Ten pumps on one line, five hundred turbines under one weather: the level moves with the load, and a
//! limit for it would be wide. The peers carry the same load. [`Peers`] compares, at every time, each unit with the others;
//! nothing is fitted, no history is needed. [`PeerDistance`] does it for several features of each unit at once.
//!
//! | method | score of a unit at a time |
//! |---|---|
//! | [`Peers::mad`] | distance from the median of the units in units of their 1.4826 MAD |
//! | [`Peers::dbscan`] | distance from the nearest core member of the main group over `epsilon`: above 1 is outside |
//! | [`PeerDistance`] | Mahalanobis distance of its row of features from the other units, robust |
//!
//! `mad` adapts to the spread of the fleet at each time; when more than half of the units agree exactly it takes the mean
//! absolute deviation times 1.2533 (Iglewicz & Hoaglin 1993), and when all agree the score is 0. `dbscan` (Ester et al. 1996,
//! on a line) has a fixed idea of how far apart peers may be: core members have more than half of the units that are
//! present within `epsilon`, so that there is one group at most; a time without one has no scores (NaN).
//!
//! **Missing.** A NaN cell says that the unit is silent: it gets no score (NaN) and is no peer at that time. Fewer than three
//! units present: no scores.
//!
//! **Cost.** O(u log u) a time for u units, times in parallel; `PeerDistance` O(u (u d + u d² + d³)) for d features.
//!
//! **When not to use it.** Units of different kinds or loads; a fault that takes half of the fleet; a slow drift of one unit
//! within the spread of the others (compare it with its own past).

use super::{Attribution, Event, Events};
use crate::error::{Error, Result, check_positive};
use crate::features::Rows;
use crate::learners::{check_rows, row_slice};
use crate::math::linalg::cholesky_solve;
use crate::math::order::{MAD_TO_SD, mad_in_place, median_in_place};
use crate::math::par;
use ndarray::{Array2, ArrayView1};

/// Standard deviations of a normal law in a mean absolute deviation, `sqrt(pi / 2)`.
const MEAN_DEVIATION_TO_SD: f64 = 1.253_314_137_315_500_1;

/// A comparison of units at each time.
///
/// ```
/// use prognos::anomaly::{Events, Peers};
/// use ndarray::Array2;
/// // Eight units under one load; unit 5 leaves the others at time 60.
/// let fleet = Array2::from_shape_fn((100, 8), |(t, u)| {
///     let load = 50.0 * (t as f64 * 0.1).sin();
///     load + ((t * (u + 3)) as f64 * 0.7).sin() + if u == 5 && t >= 60 { 12.0 } else { 0.0 }
/// });
/// let scores = Peers::mad().score(&fleet)?;
/// let events = scores.events(&Events::above(5.0).min_duration(10).merge_gap(2))?;
/// assert_eq!(events.len(), 1);
/// assert_eq!((events[0].unit.as_str(), events[0].event.start, events[0].event.end), ("5", 60, 100));
/// # Ok::<(), prognos::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(try_from = "Raw"))]
pub struct Peers {
    method: Method,
}

#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
enum Method {
    Mad { resolution: f64 },
    Dbscan { epsilon: f64 },
}

impl Peers {
    /// Distances in units of the spread of the fleet at each time.
    #[must_use]
    pub fn mad() -> Self {
        Self { method: Method::Mad { resolution: 0.0 } }
    }

    /// The same, the spread being at least `resolution` (0 or more, in units of the measurement): differences below what the
    /// sensors resolve are none.
    #[must_use]
    pub fn mad_at_least(resolution: f64) -> Self {
        Self { method: Method::Mad { resolution } }
    }

    /// Groups of units whose neighbours on the line are at most `epsilon` (> 0) apart. [`PeerScores::typical_spread`] of
    /// healthy times, times 3 or so, is a start.
    #[must_use]
    pub fn dbscan(epsilon: f64) -> Self {
        Self { method: Method::Dbscan { epsilon } }
    }

    fn check(&self) -> Result<()> {
        match self.method {
            Method::Mad { resolution } if resolution.is_finite() && resolution >= 0.0 => Ok(()),
            Method::Mad { resolution } => {
                Err(Error::parameter("resolution", resolution, "must be finite and at least 0"))
            }
            Method::Dbscan { epsilon } => check_positive("epsilon", epsilon).map(|_| ()),
        }
    }

    /// Scores of every unit at every time; rows are times, columns are units, NaN is missing.
    ///
    /// # Errors
    /// [`Error::Parameter`] for a setting out of its range; [`Error::TooFew`] with fewer than 3 units;
    /// [`Error::NonFinite`] for an infinite cell; [`Error::Numeric`] when a distance overflows.
    pub fn score<'a>(&self, fleet: impl Into<Rows<'a>>) -> Result<PeerScores> {
        self.check()?;
        let fleet = fleet.into();
        let (times, units) = fleet.values.dim();
        if units < 3 {
            return Err(Error::too_few("units to compare", 3, units));
        }
        if let Some(((row, j), &value)) = fleet.values.indexed_iter().find(|(_, v)| v.is_infinite()) {
            return Err(Error::NonFinite { what: "fleet".into(), row, column: fleet.column_name(j), value });
        }
        let mut scores = vec![0.0; times * units];
        let scratch = || (Vec::new(), Vec::new(), Vec::new());
        par::rows_init(&mut scores, units, scratch, |(cells, work, core), time, out| {
            let row = row_slice(fleet.values.row(time), cells);
            self.compare(row, work, core, out);
        });
        if let Some(place) = scores.iter().position(|s| s.is_infinite()) {
            return Err(Error::numeric("peer scores", format!("a distance at time {} overflows", place / units)));
        }
        let scores = Array2::from_shape_vec((times, units), scores)
            .map_err(|_| Error::shape("peer scores", times * units, 0))?;
        Ok(PeerScores { names: fleet.names_or_numbers(), scores })
    }

    /// Scores of the units at one time: the same bits as in a batch.
    ///
    /// # Errors
    /// As [`Peers::score`].
    pub fn score_time(&self, units: &[f64]) -> Result<Vec<f64>> {
        let row = ArrayView1::from(units).insert_axis(ndarray::Axis(0));
        Ok(self.score(row)?.scores.into_raw_vec_and_offset().0)
    }

    fn compare(&self, row: &[f64], work: &mut Vec<f64>, core: &mut Vec<f64>, out: &mut [f64]) {
        work.clear();
        work.extend(row.iter().filter(|v| !v.is_nan()));
        if work.len() < 3 {
            out.fill(f64::NAN);
            return;
        }
        match self.method {
            Method::Mad { resolution } => {
                let median = median_in_place(work);
                let mean = work.iter().map(|v| (v - median).abs()).sum::<f64>() / work.len() as f64;
                let mad = MAD_TO_SD * mad_in_place(work, median);
                let spread = if mad > 0.0 { mad } else { MEAN_DEVIATION_TO_SD * mean }.max(resolution);
                for (to, v) in out.iter_mut().zip(row) {
                    let off = (v - median).abs();
                    // 0 / 0: all agree.
                    *to = if spread > 0.0 || off.is_nan() { off / spread } else { 0.0 };
                }
            }
            Method::Dbscan { epsilon } => {
                work.sort_unstable_by(f64::total_cmp);
                core_members(work, epsilon, core);
                if core.is_empty() {
                    out.fill(f64::NAN);
                    return;
                }
                for (to, v) in out.iter_mut().zip(row) {
                    let place = core.partition_point(|c| c < v);
                    let below = place.checked_sub(1).map_or(f64::INFINITY, |i| v - core[i]);
                    let above = core.get(place).map_or(f64::INFINITY, |c| c - v);
                    *to = if v.is_nan() { f64::NAN } else { below.min(above) / epsilon };
                }
            }
        }
    }
}

/// Core members among the sorted values: those with more than half of the values (themselves among them) within
/// `epsilon`. Any two of them have a neighbour in common: they are one group.
fn core_members(sorted: &[f64], epsilon: f64, core: &mut Vec<f64>) {
    let (mut from, mut to) = (0, 0);
    core.clear();
    for v in sorted {
        while v - sorted[from] > epsilon {
            from += 1;
        }
        while to < sorted.len() && sorted[to] - v <= epsilon {
            to += 1;
        }
        if 2 * (to - from) > sorted.len() {
            core.push(*v);
        }
    }
}

/// What a file says; checked before it becomes [`Peers`].
#[cfg(feature = "serde")]
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    method: Method,
}

#[cfg(feature = "serde")]
impl TryFrom<Raw> for Peers {
    type Error = Error;
    fn try_from(raw: Raw) -> Result<Self> {
        let peers = Self { method: raw.method };
        peers.check().map(|()| peers)
    }
}

/// Scores of units: rows are times, columns are units.
#[derive(Debug, Clone, PartialEq)]
pub struct PeerScores {
    names: Vec<String>,
    scores: Array2<f64>,
}

/// A unit that was unlike its peers for a while.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
pub struct PeerEvent {
    /// Name of the unit.
    pub unit: String,
    /// When, and how far.
    pub event: Event,
}

impl PeerScores {
    /// Names of the units.
    #[must_use]
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// Scores, times by units; NaN where a unit is missing or has no peers.
    #[must_use]
    pub fn scores(&self) -> &Array2<f64> {
        &self.scores
    }

    /// Scores of one unit over time; `None` when there is no such unit.
    #[must_use]
    pub fn unit(&self, name: &str) -> Option<ArrayView1<'_, f64>> {
        self.names.iter().position(|n| n == name).map(|j| self.scores.column(j))
    }

    /// Events of all units, by their start, then in the order of the units.
    ///
    /// # Errors
    /// As [`Events::find`].
    pub fn events(&self, rule: &Events) -> Result<Vec<PeerEvent>> {
        rule.tracker()?;
        let found: Vec<Result<Vec<Event>>> = par::map(self.names.len(), |j| rule.find(self.scores.column(j)));
        let mut all = Vec::new();
        for (unit, events) in self.names.iter().zip(found) {
            all.extend(events?.into_iter().map(|event| PeerEvent { unit: unit.clone(), event }));
        }
        all.sort_by_key(|e| e.event.start);
        Ok(all)
    }

    /// Median over time of the spread of the fleet (1.4826 MAD across the units); times with fewer than 3 units are
    /// left out, NaN when none is left.
    #[must_use]
    pub fn typical_spread<'a>(fleet: impl Into<Rows<'a>>) -> f64 {
        let fleet = fleet.into();
        let mut spreads: Vec<f64> = fleet
            .values
            .rows()
            .into_iter()
            .filter_map(|row| {
                let mut present: Vec<f64> = row.iter().copied().filter(|v| v.is_finite()).collect();
                (present.len() >= 3).then(|| {
                    let median = median_in_place(&mut present);
                    MAD_TO_SD * mad_in_place(&mut present, median)
                })
            })
            .collect();
        median_in_place(&mut spreads)
    }
}

/// Distance of each unit from the others by several features at once.
///
/// A unit's features are centred on the median of the **others** and divided by their 1.4826 MAD (a unit among few would
/// hide itself in its own median). The correlation R of the others, their scaled features cut at 3, is drawn towards that of
/// independent features, `(1 - a) R + a I`, and the score is `sqrt(z' R⁻¹ z)`: about `sqrt d` for an ordinary
/// unit. The attribution `z_j (R⁻¹ z)_j` adds up to its square.
///
/// ```
/// use prognos::anomaly::PeerDistance;
/// use ndarray::Array2;
/// // Twelve units by three features; the first two go together, but not in unit 4.
/// let mut fleet = Array2::from_shape_fn((12, 3), |(u, j)| ((u * (j / 2 + 1)) as f64 * 1.7).sin() + 0.05 * (u * j) as f64);
/// fleet[[4, 1]] += 2.5;
/// let scores = PeerDistance::new().score(&fleet)?;
/// let worst = (0..12).max_by(|&a, &b| scores[a].score().total_cmp(&scores[b].score()));
/// assert_eq!(worst, Some(4));
/// assert_eq!(scores[4].ranked()[0].0, "1");
/// # Ok::<(), prognos::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PeerDistance {
    shrinkage: f64,
}

impl Default for PeerDistance {
    fn default() -> Self {
        Self::new()
    }
}

impl PeerDistance {
    /// With the shrinkage 0.2.
    #[must_use]
    pub fn new() -> Self {
        Self { shrinkage: 0.2 }
    }

    /// How far the correlation is drawn towards independence, above 0 and at most 1. Default 0.2: with few units the
    /// correlation is not well known, and its small eigenvalues would rule the distance.
    #[must_use]
    pub fn shrinkage(mut self, a: f64) -> Self {
        self.shrinkage = a;
        self
    }

    /// The distance of every unit (row) from the others, and the features (columns) it comes from.
    ///
    /// A feature in which the others agree exactly counts only when the unit differs, and then by the mean absolute
    /// deviation of the others; where that is 0 too it is left out (contribution 0).
    ///
    /// # Errors
    /// [`Error::Parameter`] for a shrinkage out of its range; [`Error::TooFew`] with fewer than 4 units or no features;
    /// [`Error::NonFinite`] naming a cell; [`Error::Numeric`] when a distance overflows.
    pub fn score<'a>(&self, units: impl Into<Rows<'a>>) -> Result<Vec<Attribution>> {
        let a = self.shrinkage;
        if !(a > 0.0 && a <= 1.0) {
            return Err(Error::parameter("shrinkage", a, "must be greater than 0 and at most 1"));
        }
        let units = units.into();
        check_rows(&units, "units to compare", 4)?;
        let names = units.names_or_numbers();
        let (n, d) = units.values.dim();
        let found: Vec<Option<Vec<f64>>> = par::map(n, |unit| {
            let mut z = vec![0.0; d];
            let mut others = vec![0.0; (n - 1) * d];
            for j in 0..d {
                let column = || (0..n).filter(|i| *i != unit).map(|i| units.values[[i, j]]);
                let mut work: Vec<f64> = column().collect();
                let median = median_in_place(&mut work);
                let mean = work.iter().map(|v| (v - median).abs()).sum::<f64>() / work.len() as f64;
                let mad = MAD_TO_SD * mad_in_place(&mut work, median);
                let spread = if mad > 0.0 { mad } else { MEAN_DEVIATION_TO_SD * mean };
                if spread > 0.0 {
                    z[j] = (units.values[[unit, j]] - median) / spread;
                    for (i, v) in column().enumerate() {
                        others[i * d + j] = ((v - median) / spread).clamp(-3.0, 3.0);
                    }
                }
            }
            let mut r = vec![0.0; d * d];
            for j in 0..d {
                for k in 0..=j {
                    let product = |j: usize, k: usize| others.chunks_exact(d).map(|o| o[j] * o[k]).sum::<f64>();
                    let scale = (product(j, j) * product(k, k)).sqrt();
                    let correlation = if scale > 0.0 { product(j, k) / scale } else { 0.0 };
                    let shrunk = if j == k { 1.0 } else { (1.0 - a) * correlation };
                    r[j * d + k] = shrunk;
                    r[k * d + j] = shrunk;
                }
            }
            let solved = cholesky_solve(&r, &z)?;
            let parts: Vec<f64> = z.iter().zip(&solved).map(|(z, s)| z * s).collect();
            parts.iter().sum::<f64>().is_finite().then_some(parts)
        });
        found
            .into_iter()
            .enumerate()
            .map(|(unit, parts)| {
                let overflow = || Error::numeric("peer distance", format!("the distance of unit {unit} overflows"));
                let parts = parts.ok_or_else(overflow)?;
                let score = parts.iter().sum::<f64>().max(0.0).sqrt();
                Attribution::new(names.clone(), parts, score)
            })
            .collect()
    }
}
