//! What one does not want to be told of: annotation vectors.
//!
//! Stretches that are stuck, clipped or empty are often the strongest discords of a recording, or its strongest motifs, and
//! not what is looked for. An annotation says of every stretch how much it counts, 0 to 1; discords are multiplied by it,
//! motifs pushed away where it is small.
//!
//! H. A. Dau and E. Keogh, "Matrix Profile V: a generic technique to incorporate domain knowledge into motif discovery", KDD
//! 2017.

use super::profile::discords;
use super::{Discord, MatrixProfile};
use crate::error::{Error, Result, check_finite};
use crate::math::{lanes, par};

/// How much every stretch counts, 0 (not at all) to 1.
///
/// ```
/// use prognos::anomaly::discord::MatrixProfile;
/// use prognos::anomaly::discord::annotation::Annotation;
/// let mut x: Vec<f64> = (0..1000).map(|i| (i as f64 * 0.25).sin()).collect();
/// x[300..340].fill(0.3); // the sensor was stuck: known, and not of interest
/// x[700] += 2.0;
/// let profile = MatrixProfile::params(25).self_join(&x)?;
/// let counts = Annotation::stuck(&x, 25)?;
/// assert!(profile.discords(1)[0].location.abs_diff(320) < 60);
/// assert!(counts.discords(&profile, 1)?[0].location.abs_diff(688) < 13);
/// # Ok::<(), prognos::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(try_from = "Vec<f64>", into = "Vec<f64>"))]
pub struct Annotation(Vec<f64>);

impl TryFrom<Vec<f64>> for Annotation {
    type Error = Error;
    fn try_from(weights: Vec<f64>) -> Result<Self> {
        Self::new(weights)
    }
}

impl From<Annotation> for Vec<f64> {
    fn from(annotation: Annotation) -> Self {
        annotation.0
    }
}

impl Annotation {
    /// Weights of one's own, one for every stretch.
    ///
    /// # Errors
    /// [`Error::NonFinite`] and [`Error::Parameter`] for a weight outside 0 to 1.
    pub fn new(weights: Vec<f64>) -> Result<Self> {
        check_finite("annotation", "weights", &weights)?;
        match weights.iter().find(|w| !(0.0..=1.0).contains(*w)) {
            None => Ok(Self(weights)),
            Some(w) => Err(Error::parameter("weights", w, "must lie in 0 to 1")),
        }
    }

    /// Simple stretches count little: the root of the sum of squared steps, from 0 for the simplest stretch of the series to 1 for
    /// the most complex. 1 everywhere when all are alike.
    ///
    /// # Errors
    /// [`Error::TooFew`] for m below 2 or a series shorter than m, [`Error::NonFinite`] naming a sample, [`Error::Numeric`] when
    /// squares overflow.
    pub fn complexity(x: &[f64], m: usize) -> Result<Self> {
        check(x, m)?;
        let of = |i: usize| lanes::sum_by2(&x[i..i + m - 1], &x[i + 1..i + m], |a, b| (b - a) * (b - a)).sqrt();
        let all = par::map(x.len() + 1 - m, of);
        let (low, high) = lanes::min_max(&all);
        if !high.is_finite() {
            return Err(Error::numeric("complexity of stretches", "squares of steps overflow: scale the series first"));
        }
        Ok(Self(all.iter().map(|c| if high > low { (c - low) / (high - low) } else { 1.0 }).collect()))
    }

    /// Clipped stretches count little: 1 less the share of samples at or beyond a limit of the sensor.
    ///
    /// # Errors
    /// [`Error::TooFew`] and [`Error::NonFinite`] as [`complexity`](Self::complexity), [`Error::Parameter`] unless `low` is
    /// below `high`.
    pub fn clipping(x: &[f64], m: usize, low: f64, high: f64) -> Result<Self> {
        check(x, m)?;
        if low.partial_cmp(&high).is_none_or(std::cmp::Ordering::is_ge) {
            return Err(Error::parameter("low", low, "must be below high"));
        }
        Ok(Self::shares(x.len(), m, |i| x[i] <= low || x[i] >= high))
    }

    /// Stuck stretches count little: 1 less the share of samples that are equal to the one before.
    ///
    /// # Errors
    /// [`Error::TooFew`] and [`Error::NonFinite`] as [`complexity`](Self::complexity).
    pub fn stuck(x: &[f64], m: usize) -> Result<Self> {
        check(x, m)?;
        Ok(Self::shares(x.len(), m, |i| i > 0 && x[i].total_cmp(&x[i - 1]).is_eq()))
    }

    /// 1 less the share of samples for which something holds.
    fn shares(n: usize, m: usize, holds: impl Fn(usize) -> bool) -> Self {
        let mut inside = (0..m).filter(|&i| holds(i)).count();
        let mut all = vec![1.0 - inside as f64 / m as f64];
        for i in m..n {
            inside = inside + usize::from(holds(i)) - usize::from(holds(i - m));
            all.push(1.0 - inside as f64 / m as f64);
        }
        Self(all)
    }

    /// Both: the product.
    ///
    /// # Errors
    /// [`Error::Shape`] for another number of stretches.
    pub fn and(&self, other: &Self) -> Result<Self> {
        if self.0.len() != other.0.len() {
            return Err(Error::shape("stretches of an annotation", self.0.len(), other.0.len()));
        }
        Ok(Self(self.0.iter().zip(&other.0).map(|(a, b)| a * b).collect()))
    }

    /// The weights.
    #[must_use]
    pub fn weights(&self) -> &[f64] {
        &self.0
    }

    /// Distances times weights: what does not count is no discord. Infinite distances stay.
    ///
    /// # Errors
    /// [`Error::Shape`] for another number of stretches.
    pub fn for_discords(&self, profile: &MatrixProfile) -> Result<Vec<f64>> {
        self.apply(profile, |d, w, _| d * w)
    }

    /// Distances plus `(1 - weight)` times the largest: what does not count is no motif. Infinite distances stay.
    ///
    /// # Errors
    /// [`Error::Shape`] for another number of stretches.
    pub fn for_motifs(&self, profile: &MatrixProfile) -> Result<Vec<f64>> {
        self.apply(profile, |d, w, largest| d + (1.0 - w) * largest)
    }

    /// The largest [`for_discords`](Self::for_discords), no two overlapping; distances as weighted.
    ///
    /// # Errors
    /// [`Error::Shape`] for another number of stretches.
    pub fn discords(&self, profile: &MatrixProfile, count: usize) -> Result<Vec<Discord>> {
        let found = discords(&self.for_discords(profile)?, profile.window(), count).into_iter();
        let indices = profile.indices();
        Ok(found.map(|(location, distance)| Discord { location, distance, neighbour: indices[location] }).collect())
    }

    fn apply(&self, profile: &MatrixProfile, f: impl Fn(f64, f64, f64) -> f64) -> Result<Vec<f64>> {
        let distances = profile.distances();
        if distances.len() != self.0.len() {
            return Err(Error::shape("stretches of an annotation", distances.len(), self.0.len()));
        }
        let largest = distances.iter().filter(|d| d.is_finite()).fold(0.0f64, |a, d| a.max(*d));
        let one = |(d, w): (&f64, &f64)| if d.is_finite() { f(*d, *w, largest) } else { *d };
        Ok(distances.iter().zip(&self.0).map(one).collect())
    }
}

fn check(x: &[f64], m: usize) -> Result<()> {
    if m < 2 {
        return Err(Error::too_few("samples of a stretch", 2, m));
    }
    if x.len() < m {
        return Err(Error::too_few("samples of a series to annotate", m, x.len()));
    }
    check_finite("series to annotate", "samples", x)
}
