//! From scores to probabilities, as PyOD maps them.
//!
//! **What it answers.** How strange is this score beside those of the training rows, between 0 and 1? For a display, or
//! to put the scores of several detectors on one scale. The numbers are no calibrated probabilities: for a false alarm
//! rate that is kept take [`Threshold::conformal`](super::Threshold::conformal).
//!
//! | rule | probability of a score s |
//! |---|---|
//! | [`Probability::linear`] | `(s - min) / (max - min)` of the training scores, cut to 0..=1 |
//! | [`Probability::unify`] | `erf((s - mean) / (sd sqrt 2))`, cut at 0; sd with n degrees of freedom |
//!
//! **Source.** Kriegel, Kroeger, Schubert & Zimek 2011 (Gaussian scaling). **Cost.** O(n) to fit, O(1) a score.
//!
//! **When not to use it.** Both rules look at the mean or the extremes of the training scores, which one wild row moves.

use crate::error::{Error, Result, check_finite};
use crate::math::lanes;
use ndarray::{Array1, ArrayView1};

/// How scores become probabilities.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
enum Map {
    Linear,
    Unify,
}

/// A rule that maps scores to 0..=1, not yet fitted.
///
/// ```
/// use prognos::anomaly::Probability;
/// let training = [1.0, 2.0, 3.0, 5.0];
/// let linear = Probability::linear().fit(&training)?;
/// assert_eq!(linear.of(&[0.0, 3.0, 9.0]).to_vec(), [0.0, 0.5, 1.0]);
/// let unify = Probability::unify().fit(&training)?;
/// assert_eq!(unify.of_score(2.75), 0.0); // the mean, and everything below
/// assert!(unify.of_score(5.0) > 0.8);
/// # Ok::<(), prognos::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Probability {
    map: Map,
}

impl Probability {
    /// Smallest training score to 0, largest to 1, a straight line between.
    #[must_use]
    pub fn linear() -> Self {
        Self { map: Map::Linear }
    }

    /// Gaussian scaling: the error function of the standardised score; ordinary rows are at 0.
    #[must_use]
    pub fn unify() -> Self {
        Self { map: Map::Unify }
    }

    /// Learns the training scores' range, or mean and deviation. Where they do not differ the width is 1 for
    /// [`Probability::linear`], and [`Probability::unify`] becomes a step at the mean.
    ///
    /// # Errors
    /// [`Error::TooFew`] without a score; [`Error::NonFinite`] for one that is not finite; [`Error::Numeric`] when range or
    /// squares overflow.
    pub fn fit<'a>(&self, scores: impl Into<ArrayView1<'a, f64>>) -> Result<ScoreProbability> {
        let scores = scores.into().to_vec();
        if scores.is_empty() {
            return Err(Error::too_few("training scores", 1, 0));
        }
        check_finite("training scores", "score", &scores)?;
        let (low, high) = lanes::min_max(&scores);
        let (centre, width) = match self.map {
            Map::Linear if low < high => (low, high - low),
            Map::Linear => (low, 1.0),
            // Equal scores have no deviation, whatever rounding says.
            Map::Unify if low < high => (lanes::mean(&scores), lanes::variance(&scores, 0).sqrt()),
            Map::Unify => (low, 0.0),
        };
        if centre.is_finite() && width.is_finite() {
            Ok(ScoreProbability { map: self.map, centre, width })
        } else {
            Err(Error::numeric("probability of scores", "range or squares of the training scores overflow"))
        }
    }
}

/// A map from scores to 0..=1.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(try_from = "Raw"))]
pub struct ScoreProbability {
    map: Map,
    centre: f64,
    width: f64,
}

impl ScoreProbability {
    /// The rule it came from.
    #[must_use]
    pub fn rule(&self) -> Probability {
        Probability { map: self.map }
    }

    /// Probability of one score; NaN for NaN.
    #[must_use]
    pub fn of_score(&self, score: f64) -> f64 {
        if score.is_nan() {
            return f64::NAN;
        }
        let away = score - self.centre;
        let value = match self.map {
            Map::Linear => away / self.width,
            Map::Unify if away <= 0.0 => 0.0,
            Map::Unify => libm::erf(away / (self.width * std::f64::consts::SQRT_2)),
        };
        value.clamp(0.0, 1.0)
    }

    /// Probability of every score.
    #[must_use]
    pub fn of<'a>(&self, scores: impl Into<ArrayView1<'a, f64>>) -> Array1<f64> {
        scores.into().mapv(|score| self.of_score(score))
    }
}

/// What a file says; checked before it becomes a [`ScoreProbability`].
#[cfg(feature = "serde")]
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    map: Map,
    centre: f64,
    width: f64,
}

#[cfg(feature = "serde")]
impl TryFrom<Raw> for ScoreProbability {
    type Error = Error;
    fn try_from(raw: Raw) -> Result<Self> {
        let width = raw.width.is_finite() && (raw.width > 0.0 || (raw.map == Map::Unify && raw.width >= 0.0));
        if raw.centre.is_finite() && width {
            Ok(Self { map: raw.map, centre: raw.centre, width: raw.width })
        } else {
            Err(Error::Model { reason: "probability of scores: centre or width is out of range".to_owned() })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn corners() {
        for rule in [Probability::linear(), Probability::unify()] {
            assert!(rule.fit(&[]).is_err() && rule.fit(&[1.0, f64::NAN]).is_err());
            assert!(rule.fit(&[f64::MAX, -f64::MAX]).is_err());
            for scores in [vec![1.0], vec![0.1; 7], vec![1.0, 2.0]] {
                let p = rule.fit(&scores).unwrap();
                assert!(p.of_score(f64::NAN).is_nan());
                assert_eq!((p.of_score(f64::NEG_INFINITY), p.of_score(f64::INFINITY)), (0.0, 1.0));
                let rising: Vec<f64> = (-30..30).map(|s| p.of_score(f64::from(s) * 0.1)).collect();
                assert!(rising.windows(2).all(|w| w[0] <= w[1]), "{rising:?}");
            }
        }
    }
}
