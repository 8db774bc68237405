//! How fast neighbouring paths part: Rosenstein's curve and the largest Lyapunov exponent.
//!
//! Every delay vector and its nearest neighbour (further away in time than `separation`) are followed for some steps;
//! the curve is the mean logarithm of their distances. Where it rises on a line, the slope is the largest Lyapunov
//! exponent; then it bends and stays at the size of the attractor. M. T. Rosenstein, J. J. Collins & C. J. De Luca,
//! Physica D 65 (1993), 117.

use super::embedding::Embedding;
use super::fit::slope;
use super::neighbours::{NONE, Nearest};
use crate::error::{Error, Result};
use std::ops::Range;

/// Computes divergence curves; keeps its arrays for the next series.
#[derive(Debug, Default)]
pub(crate) struct Follower {
    nearest: Nearest,
    /// Mean log distance after 0, 1, .. steps; NaN where no pair has a distance above 0.
    pub(crate) curve: Vec<f64>,
    times: Vec<f64>,
    values: Vec<f64>,
}

impl Follower {
    /// The curve over `steps` points, of the vectors that can be followed so far. `false`, and no curve, when not every
    /// one of them has a neighbour.
    pub(crate) fn follow(&mut self, e: &Embedding<'_>, separation: usize, steps: usize) -> bool {
        self.curve.clear();
        let count = (e.len() + 1).saturating_sub(steps);
        if steps == 0 || count < separation.saturating_mul(2).saturating_add(2) {
            return false;
        }
        self.nearest.search(e, count, separation);
        for step in 0..steps {
            // A product of distances, its logarithm taken before it leaves the range of f64: a logarithm is dear.
            let (mut sum, mut product, mut pairs) = (0.0, 1.0, 0_usize);
            for (i, &j) in self.nearest.index.iter().enumerate() {
                if j == NONE {
                    continue;
                }
                let d = e.squared_distance(i + step, j as usize + step, f64::INFINITY);
                if d > 0.0 {
                    pairs += 1;
                    let next: f64 = product * d;
                    if next > 1e-200 && next < 1e200 {
                        product = next;
                    } else {
                        sum += product.ln() + d.ln();
                        product = 1.0;
                    }
                }
            }
            // Squared distances: half of their logarithm.
            self.curve.push(if pairs > 0 { 0.5 * (sum + product.ln()) / pairs as f64 } else { f64::NAN });
        }
        true
    }

    /// Slope of the curve over the steps of `range` at which it is a number.
    pub(crate) fn exponent(&mut self, range: Range<usize>) -> f64 {
        self.times.clear();
        self.values.clear();
        self.times.reserve(self.curve.len());
        self.values.reserve(self.curve.len());
        for (k, &value) in self.curve.iter().enumerate() {
            if range.contains(&k) && !value.is_nan() {
                self.times.push(k as f64);
                self.values.push(value);
            }
        }
        slope(&self.times, &self.values)
    }
}

/// Rosenstein's divergence curve.
///
/// Cost: O(n² dim) for the neighbours, O(n · steps · dim) for the curve; O(n) memory.
///
/// ```
/// use prognos::signal::phase_space::{Divergence, Embedding};
/// let x: Vec<f64> = (0..600).map(|i| (f64::from(i) * 0.11).sin()).collect();
/// let d = Divergence::of(&Embedding::new(&x, 3, 14)?, 57, 30)?;
/// assert_eq!(d.curve().len(), 30);
/// assert!(d.exponent(0..30)?.abs() < 0.02); // a sine: neighbours stay neighbours
/// # Ok::<(), prognos::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Divergence {
    curve: Vec<f64>,
}

impl Divergence {
    /// Follows every vector and its nearest neighbour among those more than `separation` samples before or after, for
    /// `steps` steps, the start being the first. `separation` keeps a path from being its own neighbour: a mean period
    /// is usual; 0 does for maps.
    ///
    /// # Errors
    /// [`Error::Parameter`] when `steps` is below 2; [`Error::TooFew`] when fewer than `2 separation + 2` vectors can
    /// be followed, so that some have no neighbour.
    pub fn of(embedding: &Embedding<'_>, separation: usize, steps: usize) -> Result<Self> {
        if steps < 2 {
            return Err(Error::parameter("steps", steps, "a slope needs at least 2 steps"));
        }
        let mut follower = Follower::default();
        if follower.follow(embedding, separation, steps) {
            Ok(Self { curve: follower.curve })
        } else {
            let needed = separation.saturating_mul(2).saturating_add(1).saturating_add(steps);
            Err(Error::too_few("delay vectors to follow", needed, embedding.len()))
        }
    }

    /// Mean natural logarithm of the Euclidean distance after 0, 1, .. steps; NaN where all pairs coincide. Pairs that
    /// coincide (distance 0) are left out.
    #[must_use]
    pub fn curve(&self) -> &[f64] {
        &self.curve
    }

    /// Least squares slope over the steps of `range`: the largest Lyapunov exponent in 1/sample; times the sample rate,
    /// in 1/s. Look at the curve and take the part where it rises on a line.
    ///
    /// # Errors
    /// [`Error::Numeric`] when fewer than two points of the curve within the range are finite.
    pub fn exponent(&self, range: Range<usize>) -> Result<f64> {
        let points = || self.curve.iter().enumerate().filter(|(k, v)| range.contains(k) && v.is_finite());
        let times: Vec<f64> = points().map(|(k, _)| k as f64).collect();
        let values: Vec<f64> = points().map(|(_, v)| *v).collect();
        let exponent = slope(&times, &values);
        if exponent.is_nan() {
            return Err(Error::numeric("Lyapunov exponent", "fewer than two points of the curve lie in the range"));
        }
        Ok(exponent)
    }
}
