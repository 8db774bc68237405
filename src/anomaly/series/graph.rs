//! Paths through a graph: stretches that take ways the healthy series seldom took.
//!
//! **What it answers.** Does this stretch consist of patterns in an order that is usual, also when it is longer than one pattern
//! and each part alone looks well? Known as Series2Graph.
//!
//! **Formula.** Every window of l samples becomes a point: sums over l / 3 samples sliding in it, less their mean, in the
//! plane of their first two principal components: the series is a path that turns around the origin. Each of r rays from the origin is crossed at radii whose density (a normal kernel of Scott's
//! width, on 512 bins) has maxima: the nodes. A crossing belongs to the nearest node of its ray, or, three kernel widths
//! (at least a twentieth of the largest radius) beyond all healthy ones, to none. An edge joins the nodes crossed one after the other, its weight w counts how often; the
//! degree d of a node counts its edges. With `N = sum w(e) (d(source) - 1) / l` over the edges of l steps, the score of
//! the 2 l samples of those steps is `1 / (1 + N / N0)`, `N0` being the mean of the healthy ones: 0.5 where it is as usual, 1 where no edge is known.
//!
//! **Source.** Boniol & Palpanas 2020 (PVLDB 13). Not of the paper: the mean is taken off each window, where the paper
//! takes three components and rotates the direction of a constant out of them, which loses a coordinate when the first
//! two hold it; crossings that belong to no node; and the score between 0 and 1.
//!
//! **Cost.** Fit O(w l^2 + l^3 + n l + crossings), score O(n l + crossings log nodes); memory O(l^2 + n + crossings).
//!
//! **When not to use it.** Short healthy stretches (weights need many rounds); anomalies of the level alone, which the
//! embedding takes out.

use super::sub_pca::moments;
use super::windows::{BlockFold, LONGEST, Normalise, Shape, Windows, check_scores, check_series};
use super::{SeriesDetector, Spread};
use crate::anomaly::stream::{checked, guard};
use crate::error::{Error, Result};
use crate::math::{lanes, linalg, par};
use std::collections::BTreeMap;
use std::f64::consts::TAU;

/// Checked settings of [`Series2Graph`].
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
pub struct Series2GraphValidParams {
    pattern: usize,
    rays: usize,
    spread: Spread,
}

impl Series2GraphValidParams {
    fn validate(&self) -> Result<()> {
        if !(6..=LONGEST).contains(&self.pattern) {
            return Err(Error::parameter("pattern", self.pattern, "must be 6 to 4096 samples"));
        }
        if !(3..=1024).contains(&self.rays) {
            return Err(Error::parameter("rays", self.rays, "must be 3 to 1024"));
        }
        Ok(())
    }
}

/// Settings of [`Series2Graph`]; see [`Series2Graph::params`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Series2GraphParams(Series2GraphValidParams);

guard!(Series2GraphParams, Series2GraphValidParams);

impl Series2GraphParams {
    /// Number of rays, 3 to 1024. Default 50, as in the paper.
    #[must_use]
    pub fn rays(mut self, rays: usize) -> Self {
        self.0.rays = rays;
        self
    }

    /// How a window's scores become scores of its samples. Default [`Spread::Mean`].
    #[must_use]
    pub fn spread(mut self, spread: Spread) -> Self {
        self.0.spread = spread;
        self
    }

    /// Draws the graph of a healthy stretch.
    ///
    /// # Errors
    /// [`Error::Parameter`] for a setting outside of its range, [`Error::TooFew`] below three patterns,
    /// [`Error::NonFinite`] naming a sample, [`Error::Numeric`] when squares overflow, or for a stretch whose path does
    /// not turn (a constant, a line).
    pub fn fit(&self, healthy: &[f64]) -> Result<Series2Graph> {
        self.0.validate()?;
        let l = self.0.pattern;
        check_series("healthy samples", healthy, 3 * l)?;
        let (level, filters) = embedding(healthy, l)?;
        let mut model = Series2Graph {
            params: self.0.clone(),
            level,
            filters,
            rays: vec![Ray::default(); self.0.rays],
            edges: Vec::new(),
            degrees: Vec::new(),
            usual: 1.0,
        };
        let crossings = model.crossings(healthy);
        let mut radii = vec![Vec::new(); self.0.rays];
        for c in &crossings {
            radii[c.ray].push(c.radius);
        }
        model.rays = par::map(self.0.rays, |ray| Ray::of(&radii[ray]));
        let mut weights: BTreeMap<(u32, u32), u32> = BTreeMap::new();
        model.walk(&crossings, |_, from, to| {
            let weight = weights.entry((from, to)).or_insert(0);
            *weight = weight.saturating_add(1);
        });
        model.edges = weights.into_iter().map(|((from, to), weight)| Edge { from, to, weight }).collect();
        model.degrees = degrees(&model.edges, model.nodes());
        let normality = model.normality(healthy);
        model.usual = lanes::mean(&normality);
        if model.usual.is_finite() && model.usual > 0.0 {
            Ok(model)
        } else {
            Err(Error::numeric("graph of a series", "the healthy path does not turn, or no way is taken twice"))
        }
    }
}

/// Level of the series, and the two filters of l - 1 samples that give the coordinates of a window, less the level.
fn embedding(x: &[f64], l: usize) -> Result<(f64, Vec<Vec<f64>>)> {
    let overflow = || Error::numeric("graph of a series", "the squares of the samples overflow; scale them");
    let level = lanes::mean(x);
    let box_len = l / 3;
    let centred = x.iter().map(|v| (v - level) / box_len as f64);
    let fold = BlockFold::new(centred, box_len, |a, b| a + b);
    let sums: Vec<f64> = (0..=x.len() - box_len).map(|i| fold.over(i, i + box_len - 1)).collect();
    let width = l - box_len;
    let windows = Windows::new(&sums, Shape { m: width, normalise: Normalise::Centre, level: 0.0 }, 8192);
    let (_, covariance) = moments(&windows);
    if covariance.iter().any(|v| !v.is_finite()) {
        return Err(overflow());
    }
    let (_, vectors) = linalg::symmetric_eigen(&covariance)?;
    let filters = vectors.rows().into_iter().take(2).map(|component| {
        // A window's mean goes out with the mean of the component, and the sliding sum is a filter of its own.
        let mean = component.sum() / width as f64;
        let mut filter = vec![0.0; l - 1];
        for (i, v) in component.iter().enumerate() {
            for f in &mut filter[i..i + box_len] {
                *f += (v - mean) / box_len as f64;
            }
        }
        filter
    });
    Ok((level, filters.collect()))
}

/// A path crosses a ray between two points.
#[derive(Debug, Clone, Copy)]
struct Crossing {
    /// The point it crosses the ray before.
    step: usize,
    ray: usize,
    radius: f64,
}

/// The nodes of a ray: radii in ascending order, and how far healthy crossings reach.
#[derive(Debug, Clone, PartialEq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
struct Ray {
    nodes: Vec<f64>,
    nearest: f64,
    farthest: f64,
}

impl Ray {
    fn of(radii: &[f64]) -> Self {
        const BINS: usize = 512;
        if radii.is_empty() {
            return Self::default();
        }
        let (low, high) = lanes::min_max(radii);
        let width = lanes::variance(radii, 0).sqrt() * (radii.len() as f64).powf(-0.2);
        let bin = (high - low) / (BINS - 1) as f64;
        let margin = (3.0 * width).max(0.05 * high);
        let (nearest, farthest) = (low - margin, high + margin);
        // Radii that differ by rounding are one.
        if width <= 1e-9 * high || !(1.0 / bin).is_finite() {
            return Self { nodes: vec![low], nearest, farthest };
        }
        let mut counts = vec![0.0; BINS];
        for r in radii {
            counts[(((r - low) / bin).round() as usize).min(BINS - 1)] += 1.0;
        }
        let reach = ((4.0 * width / bin).ceil() as usize).min(BINS - 1);
        let kernel: Vec<f64> = (0..=reach).map(|k| (-0.5 * (k as f64 * bin / width).powi(2)).exp()).collect();
        let mut density = vec![0.0; BINS];
        for (i, &count) in counts.iter().enumerate().filter(|(_, c)| **c > 0.0) {
            for (j, d) in density.iter_mut().enumerate().take((i + reach + 1).min(BINS)).skip(i.saturating_sub(reach)) {
                *d += count * kernel[i.abs_diff(j)];
            }
        }
        let before = |i: usize| i.checked_sub(1).map_or(0.0, |b| density[b]);
        let after = |i: usize| density.get(i + 1).copied().unwrap_or(0.0);
        let peaks = (0..BINS).filter(|&i| density[i] > before(i) && density[i] >= after(i));
        let nodes: Vec<f64> = peaks.map(|i| low + i as f64 * bin).collect();
        Self { nodes, nearest, farthest }
    }

    fn node(&self, radius: f64) -> Option<usize> {
        if self.nodes.is_empty() || radius < self.nearest || radius > self.farthest {
            return None;
        }
        let above = self.nodes.partition_point(|n| *n < radius);
        let nearer = |i: usize| (self.nodes[i] - radius).abs();
        match above {
            0 => Some(0),
            a if a == self.nodes.len() || nearer(a - 1) <= nearer(a) => Some(a - 1),
            a => Some(a),
        }
    }
}

/// A way from node to node.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
struct Edge {
    from: u32,
    to: u32,
    weight: u32,
}

/// Edges of every node; one from a node to itself counts twice.
fn degrees(edges: &[Edge], nodes: usize) -> Vec<u32> {
    let mut degrees = vec![0; nodes];
    for edge in edges {
        for node in [edge.from, edge.to] {
            if let Some(d) = degrees.get_mut(node as usize) {
                *d += 1;
            }
        }
    }
    degrees
}

/// The graph of a healthy stretch.
///
/// ```
/// use prognos::anomaly::series::{Series2Graph, SeriesDetector};
/// let mut x: Vec<f64> = (0..3000)
///     .map(|i| (f64::from(i) * 0.2).sin() + 0.05 * (f64::from(i) * 7.7).sin())
///     .collect();
/// for i in 2200..2260 {
///     x[i] = (f64::from(i as u32) * 0.5).sin();
/// }
/// let model = Series2Graph::params(32).fit(&x[..2000])?;
/// let scores = model.score_series(&x)?;
/// let worst = (0..3000).max_by(|&a, &b| scores[a].total_cmp(&scores[b])).unwrap();
/// assert!((2180..2280).contains(&worst));
/// # Ok::<(), prognos::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Series2Graph {
    params: Series2GraphValidParams,
    level: f64,
    filters: Vec<Vec<f64>>,
    rays: Vec<Ray>,
    /// In ascending order of both ends.
    edges: Vec<Edge>,
    degrees: Vec<u32>,
    usual: f64,
}

impl Series2Graph {
    /// Default settings for patterns of this many samples, 6 to 4096 (about a period): 50 rays, mean over covering
    /// windows.
    #[must_use]
    pub fn params(pattern: usize) -> Series2GraphParams {
        Series2GraphParams(Series2GraphValidParams { pattern, rays: 50, spread: Spread::Mean })
    }

    /// Number of nodes of the graph.
    #[must_use]
    pub fn nodes(&self) -> usize {
        self.rays.iter().map(|r| r.nodes.len()).sum()
    }

    /// Number of edges of the graph.
    #[must_use]
    pub fn edges(&self) -> usize {
        self.edges.len()
    }

    /// Score of every window of two patterns, `n - 2 l + 1` of them.
    ///
    /// # Errors
    /// As [`SeriesDetector::score_series`].
    pub fn score_windows(&self, x: &[f64]) -> Result<Vec<f64>> {
        check_series("series to score", x, self.window())?;
        let points = self.points(x);
        if points.iter().any(|p| !p[0].is_finite() || !p[1].is_finite()) {
            return Err(Error::numeric("graph of a series", "the samples overflow; scale them"));
        }
        check_scores(self.normality(x).iter().map(|n| 1.0 / (1.0 + n / self.usual)).collect())
    }

    /// The point of every window of one pattern.
    fn points(&self, x: &[f64]) -> Vec<[f64; 2]> {
        let l = self.params.pattern;
        let mut out = vec![[0.0; 2]; x.len() + 1 - l];
        par::rows_init(&mut out, 256, Vec::new, |near, block, out| {
            let from = block * 256;
            near.clear();
            near.extend(x[from..from + out.len() + l - 2].iter().map(|v| v - self.level));
            for (i, point) in out.iter_mut().enumerate() {
                for (coordinate, filter) in point.iter_mut().zip(&self.filters) {
                    *coordinate = lanes::dot(&near[i..], filter);
                }
            }
        });
        out
    }

    /// All crossings in the order of the path.
    fn crossings(&self, x: &[f64]) -> Vec<Crossing> {
        let points = self.points(x);
        let rays = self.params.rays as f64;
        let mut out = Vec::new();
        for (step, pair) in points.windows(2).enumerate() {
            let ([ax, ay], [bx, by]) = (pair[0], pair[1]);
            // In units of rays, from the first one on.
            let from = ay.atan2(ax).rem_euclid(TAU) / TAU * rays;
            let mut turn = by.atan2(bx).rem_euclid(TAU) / TAU * rays - from;
            if turn > rays / 2.0 {
                turn -= rays;
            } else if turn < -rays / 2.0 {
                turn += rays;
            }
            let to = from + turn;
            if !turn.is_finite() {
                continue;
            }
            let mut cross = |at: f64| {
                let (sin, cos) = (at / rays * TAU).sin_cos();
                // How far along the way from a to b the ray is met.
                let (da, db) = (ay * cos - ax * sin, by * cos - bx * sin);
                let share = if (da - db).abs() > 0.0 { (da / (da - db)).clamp(0.0, 1.0) } else { 0.0 };
                let (px, py) = (ax + share * (bx - ax), ay + share * (by - ay));
                out.push(Crossing { step, ray: at.rem_euclid(rays) as usize, radius: px.hypot(py) });
            };
            // Rays behind `from` up to and with `to`.
            if turn > 0.0 {
                let mut at = from.floor() + 1.0;
                while at <= to {
                    cross(at);
                    at += 1.0;
                }
            } else {
                let mut at = from.ceil() - 1.0;
                while at >= to {
                    cross(at);
                    at -= 1.0;
                }
            }
        }
        out
    }

    /// Every edge along the path, with the step at which its second node is reached.
    fn walk(&self, crossings: &[Crossing], mut visit: impl FnMut(usize, u32, u32)) {
        let mut first = vec![0; self.rays.len()];
        for i in 1..first.len() {
            first[i] = first[i - 1] + self.rays[i - 1].nodes.len();
        }
        let mut last: Option<u32> = None;
        for c in crossings {
            let node = self.rays[c.ray].node(c.radius).map(|n| (first[c.ray] + n) as u32);
            if let (Some(from), Some(to)) = (last, node) {
                visit(c.step, from, to);
            }
            last = node;
        }
    }

    /// Mean worth of the ways of the l steps of each window of 2 l samples.
    fn normality(&self, x: &[f64]) -> Vec<f64> {
        let l = self.params.pattern;
        let crossings = self.crossings(x);
        let mut worth = vec![0.0; x.len() - l];
        self.walk(&crossings, |step, from, to| {
            let found = self.edges.binary_search_by(|e| (e.from, e.to).cmp(&(from, to)));
            if let Ok(at) = found {
                let degree = f64::from(self.degrees[from as usize]);
                worth[step] += f64::from(self.edges[at].weight) * (degree - 1.0) / l as f64;
            }
        });
        let fold = BlockFold::new(worth.iter().copied(), l, |a, b| a + b);
        (0..=x.len() - 2 * l).map(|i| fold.over(i, i + l - 1)).collect()
    }

    #[cfg(feature = "serde")]
    fn check_state(&self) -> Result<()> {
        self.params.validate()?;
        let refuse = |reason: &str| Err(Error::Model { reason: reason.to_owned() });
        let finite = |values: &[f64]| values.iter().all(|v| v.is_finite());
        let l = self.params.pattern;
        if self.filters.len() != 2 || self.filters.iter().any(|f| f.len() != l - 1 || !finite(f)) {
            return refuse("the filters do not fit the pattern");
        }
        let sound = |r: &Ray| {
            r.nodes.len() <= 512 && r.nodes.is_sorted() && finite(&r.nodes) && finite(&[r.nearest, r.farthest])
        };
        if self.rays.len() != self.params.rays || !self.rays.iter().all(sound) {
            return refuse("the rays do not fit the settings");
        }
        let nodes = self.nodes();
        let ordered = self.edges.windows(2).all(|e| (e[0].from, e[0].to) < (e[1].from, e[1].to));
        let known = self.edges.iter().all(|e| (e.from as usize) < nodes && (e.to as usize) < nodes && e.weight > 0);
        if !ordered || !known || self.degrees != degrees(&self.edges, nodes) {
            return refuse("the edges do not fit the nodes or each other");
        }
        if self.level.is_finite() && self.usual.is_finite() && self.usual > 0.0 {
            Ok(())
        } else {
            refuse("level or usual worth are not finite and positive")
        }
    }
}

impl SeriesDetector for Series2Graph {
    /// Two patterns.
    fn window(&self) -> usize {
        2 * self.params.pattern
    }

    fn score_series(&self, x: &[f64]) -> Result<Vec<f64>> {
        self.params.spread.samples(&self.score_windows(x)?, self.window())
    }
}

checked!(
    Series2Graph {
        params: Series2GraphValidParams,
        level: f64,
        filters: Vec<Vec<f64>>,
        rays: Vec<Ray>,
        edges: Vec<Edge>,
        degrees: Vec<u32>,
        usual: f64,
    },
    "series2graph",
    |_| &[]
);

#[cfg(test)]
mod tests {
    use super::*;

    fn round(n: usize) -> Vec<f64> {
        (0..n).map(|i| 5.0 + (i as f64 * TAU / 40.0).sin()).collect()
    }

    #[test]
    fn a_round_that_repeats_is_a_ring() {
        let x = round(2000);
        let model = Series2Graph::params(40).rays(10).fit(&x).unwrap();
        assert_eq!(model.edges(), model.nodes());
        assert!(model.degrees.iter().all(|d| *d == 2));
        let scores = model.score_series(&x).unwrap();
        assert!(scores.iter().all(|s| (s - 0.5).abs() < 0.1));
        // The level does not matter, the shape does.
        let high: Vec<f64> = x.iter().map(|v| v + 100.0).collect();
        let moved = model.score_series(&high).unwrap();
        assert!(moved.iter().zip(&scores).all(|(a, b)| (a - b).abs() < 1e-6));
        let other: Vec<f64> = (0..400).map(|i| (i as f64 * TAU / 13.0).sin()).collect();
        assert!(model.score_series(&other).unwrap()[200] > 0.9);
    }

    #[test]
    fn nodes_are_the_modes_of_the_radii() {
        let radii: Vec<f64> =
            (0..200).map(|i| if i % 2 == 0 { 1.0 } else { 3.0 } + 0.1 * (f64::from(i) * 1.7).sin()).collect();
        let ray = Ray::of(&radii);
        assert_eq!(ray.nodes.len(), 2);
        assert_eq!((ray.node(1.2), ray.node(2.9), ray.node(50.0)), (Some(0), Some(1), None));
        assert_eq!(Ray::of(&[]).node(1.0), None);
        assert_eq!(Ray::of(&[2.0, 2.0]).node(2.0), Some(0));
    }

    #[test]
    fn what_does_not_turn_is_an_error() {
        assert!(Series2Graph::params(10).fit(&[3.0; 200]).is_err());
        assert!(Series2Graph::params(5).fit(&round(300)).is_err());
        assert!(Series2Graph::params(40).fit(&round(100)).is_err());
    }
}
