//! Intervals that hold what they promise: conformal prediction for forecasts of remaining life.
//!
//! **What it answers.** A model says 60 cycles. How wide must an interval be so that nine in ten true lives lie inside?
//! Conformal prediction takes the errors on units that the model did not see and reads the width off them: no law of the
//! errors is assumed.
//!
//! | type | interval | for |
//! |---|---|---|
//! | [`SplitConformal`] | prediction ± q | errors of one size |
//! | [`SplitConformal::normalised`] | prediction ± q scale(x) | a model that also says how sure it is |
//! | [`SplitConformal::weighted`] | the same, calibration weighted | a fleet that has drifted |
//! | [`Mondrian`] | ± q of the prediction's own group | errors that depend on the level |
//! | [`QuantileConformal`] (CQR) | [low - q, high + q] | models of quantiles |
//! | [`JackknifePlus`] (also CV+) | quantiles of the held-out models' predictions ± their errors | few units |
//! | [`AdaptiveConformal`] (ACI) | the level is moved after every hit and miss | streams that drift |
//!
//! With n calibration errors q is the `ceil((n + 1) (1 - alpha))`-th smallest; when that exceeds n the interval is infinite: the
//! promise cannot be kept with so few. If the new unit is exchangeable with the calibration units, the interval misses with
//! probability at most alpha (jackknife+: at most 2 alpha).
//!
//! **Rows of one unit are alike**, and exchangeability holds for units, not for rows. Calibrate on one row a unit
//! ([`one_per_unit`]) where the promise is for units; use all rows where the mean over rows is what counts, and say so.
//!
//! **Sources.** Vovk, Gammerman & Shafer 2005; Papadopoulos et al. 2008 (normalised); Romano, Patterson & Candès 2019 (CQR);
//! Barber et al. 2021 (jackknife+), 2023 (weighted); Gibbs & Candès 2021 (ACI).
//!
//! **Cost.** O(n log n) to fit; O(1) an interval, O(log n) for weighted ones, O(n) for jackknife+.

use super::Level;
use crate::error::{Error, Result, check_finite, check_fraction};
use crate::math::rng::Rng;

/// The `ceil((n + 1) level)`-th smallest score; infinite when there are too few.
fn conformal_quantile(sorted: &[f64], level: Level) -> f64 {
    // One part in 1e12 for the rounding of the level: 0.9 of 10 is 9.
    let rank = ((sorted.len() as f64 + 1.0) * level.get() * (1.0 - 1e-12)).ceil().max(1.0) as usize;
    sorted.get(rank - 1).copied().unwrap_or(f64::INFINITY)
}

fn sorted_scores(scores: Vec<f64>) -> Result<Vec<f64>> {
    if scores.is_empty() {
        return Err(Error::too_few("calibration scores", 1, 0));
    }
    check_finite("calibration", "score", &scores)?;
    let mut scores = scores;
    scores.sort_unstable_by(f64::total_cmp);
    Ok(scores)
}

fn absolute(truth: &[f64], predicted: &[f64]) -> Result<Vec<f64>> {
    if truth.len() != predicted.len() {
        return Err(Error::shape("predictions of the calibration", truth.len(), predicted.len()));
    }
    check_finite("calibration", "truth", truth)?;
    check_finite("calibration", "prediction", predicted)?;
    Ok(truth.iter().zip(predicted).map(|(y, p)| (y - p).abs()).collect())
}

/// One random row of every unit, in the order of the units' first rows: rows that are exchangeable when units are.
///
/// ```
/// use prognos::rul::conformal::one_per_unit;
/// let rows = one_per_unit(&[7, 7, 7, 3, 3], 0);
/// assert_eq!(rows.len(), 2);
/// assert!(rows[0] < 3 && (3..5).contains(&rows[1]));
/// ```
#[must_use]
pub fn one_per_unit(units: &[usize], seed: u64) -> Vec<usize> {
    let mut seen: Vec<usize> = Vec::new();
    let mut members: Vec<Vec<usize>> = Vec::new();
    let mut place = std::collections::HashMap::new();
    for (row, &unit) in units.iter().enumerate() {
        let k = *place.entry(unit).or_insert_with(|| {
            seen.push(unit);
            members.push(Vec::new());
            members.len() - 1
        });
        members[k].push(row);
    }
    members.iter().enumerate().map(|(k, rows)| rows[Rng::stream(seed, k as u64).below(rows.len())]).collect()
}

/// Intervals of one width, or of one width in units of a scale that goes with each prediction.
///
/// ```
/// use prognos::rul::{Level, conformal::SplitConformal};
/// let truth: Vec<f64> = (0..99).map(|i| f64::from(i)).collect();
/// let predicted: Vec<f64> = truth.iter().map(|y| y + (y * 7.0).sin() * 5.0).collect();
/// let intervals = SplitConformal::new(&truth, &predicted)?;
/// let (low, high) = intervals.interval(60.0, Level::new(0.9)?);
/// assert!(low < 60.0 && high > 60.0 && high - low < 10.0);
/// # Ok::<(), prognos::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(try_from = "RawSplit"))]
pub struct SplitConformal {
    /// Ascending.
    scores: Vec<f64>,
    /// Cumulated weights of the scores, where there are weights.
    weights: Vec<f64>,
}

#[cfg(feature = "serde")]
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct RawSplit {
    scores: Vec<f64>,
    weights: Vec<f64>,
}

#[cfg(feature = "serde")]
impl TryFrom<RawSplit> for SplitConformal {
    type Error = Error;
    fn try_from(raw: RawSplit) -> Result<Self> {
        let ascending = |x: &[f64]| x.iter().all(|v| v.is_finite() && *v >= 0.0) && x.windows(2).all(|w| w[0] <= w[1]);
        let fits = raw.weights.is_empty() || raw.weights.len() == raw.scores.len();
        if raw.scores.is_empty() || !ascending(&raw.scores) || !ascending(&raw.weights) || !fits {
            return Err(Error::Model { reason: "conformal: the scores are not calibration scores".to_owned() });
        }
        Ok(Self { scores: raw.scores, weights: raw.weights })
    }
}

impl SplitConformal {
    /// From true lives and predictions of units that the model did not see.
    ///
    /// # Errors
    /// [`Error::Shape`], [`Error::TooFew`] or [`Error::NonFinite`] for bad calibration values.
    pub fn new(truth: &[f64], predicted: &[f64]) -> Result<Self> {
        Ok(Self { scores: sorted_scores(absolute(truth, predicted)?)?, weights: Vec::new() })
    }

    /// From absolute errors.
    ///
    /// # Errors
    /// As [`SplitConformal::new`], and [`Error::Parameter`] for a negative one.
    pub fn from_errors(errors: &[f64]) -> Result<Self> {
        if let Some(bad) = errors.iter().find(|e| **e < 0.0) {
            return Err(Error::parameter("errors", bad, "absolute errors are not negative"));
        }
        Ok(Self { scores: sorted_scores(errors.to_vec())?, weights: Vec::new() })
    }

    /// Errors in units of `scales` (> 0), how unsure the model said it was of each prediction: intervals are wide where it
    /// is unsure. Ask with [`SplitConformal::scaled_interval`].
    ///
    /// # Errors
    /// As [`SplitConformal::new`], and [`Error::Parameter`] for a scale that is not greater than 0.
    pub fn normalised(truth: &[f64], predicted: &[f64], scales: &[f64]) -> Result<Self> {
        let errors = absolute(truth, predicted)?;
        if scales.len() != errors.len() {
            return Err(Error::shape("scales of the calibration", errors.len(), scales.len()));
        }
        for scale in scales {
            crate::error::check_positive("scales", *scale)?;
        }
        Ok(Self {
            scores: sorted_scores(errors.iter().zip(scales).map(|(e, s)| e / s).collect())?,
            weights: Vec::new(),
        })
    }

    /// Calibration rows that count by `weights` (>= 0; the new unit's is `own`): how like the new unit each of them is,
    /// for example 0.99 to the power of its age in days. The coverage lost is at most the distance between the laws.
    ///
    /// # Errors
    /// As [`SplitConformal::new`], and [`Error::Parameter`] for a weight that is negative or not finite.
    pub fn weighted(errors: &[f64], weights: &[f64], own: f64) -> Result<Self> {
        if weights.len() != errors.len() {
            return Err(Error::shape("weights of the calibration", errors.len(), weights.len()));
        }
        if let Some(bad) = weights.iter().chain([&own]).find(|w| !(w.is_finite() && **w >= 0.0)) {
            return Err(Error::parameter("weights", bad, "must be finite and not negative"));
        }
        let Self { scores, .. } = Self::from_errors(errors)?;
        let total = weights.iter().sum::<f64>() + own;
        if total <= 0.0 {
            return Err(Error::parameter("weights", total, "at least one must be greater than 0"));
        }
        let mut order: Vec<usize> = (0..errors.len()).collect();
        order.sort_by(|&a, &b| errors[a].total_cmp(&errors[b]));
        let mut sum = 0.0;
        let weights = order
            .iter()
            .map(|&i| {
                sum += weights[i] / total;
                sum
            })
            .collect();
        Ok(Self { scores, weights })
    }

    /// Half the width of the interval; infinite when there are too few scores for the level.
    #[must_use]
    pub fn radius(&self, level: Level) -> f64 {
        if self.weights.is_empty() {
            return conformal_quantile(&self.scores, level);
        }
        let place = self.weights.partition_point(|w| *w < level.get() * (1.0 - 1e-12));
        self.scores.get(place).copied().unwrap_or(f64::INFINITY)
    }

    /// The interval of a prediction.
    #[must_use]
    pub fn interval(&self, predicted: f64, level: Level) -> (f64, f64) {
        self.scaled_interval(predicted, 1.0, level)
    }

    /// The interval of a prediction with its scale.
    #[must_use]
    pub fn scaled_interval(&self, predicted: f64, scale: f64, level: Level) -> (f64, f64) {
        let radius = self.radius(level) * scale;
        (predicted - radius, predicted + radius)
    }
}

#[cfg(feature = "persist")]
impl crate::persist::Persist for SplitConformal {
    const KIND: &'static str = "split_conformal";
    fn feature_names(&self) -> &[String] {
        &[]
    }
}

/// Split conformal prediction within groups of predictions: between `edges` the errors have one size.
///
/// ```
/// use prognos::rul::{Level, conformal::Mondrian};
/// let truth: Vec<f64> = (0..200).map(f64::from).collect();
/// // Errors grow with the remaining life.
/// let predicted: Vec<f64> = truth.iter().map(|y| y + 0.1 * y * (y * 7.0).sin()).collect();
/// let intervals = Mondrian::new(&truth, &predicted, 4)?;
/// let width = |p| { let (low, high) = intervals.interval(p, Level::new(0.9).unwrap()); high - low };
/// assert!(width(20.0) < 0.5 * width(180.0));
/// # Ok::<(), prognos::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
pub struct Mondrian {
    edges: Vec<f64>,
    groups: Vec<SplitConformal>,
}

impl Mondrian {
    /// `groups` groups with about the same number of calibration predictions.
    ///
    /// # Errors
    /// As [`SplitConformal::new`]; [`Error::Parameter`] for no groups or more than calibration predictions.
    pub fn new(truth: &[f64], predicted: &[f64], groups: usize) -> Result<Self> {
        let errors = absolute(truth, predicted)?;
        if groups == 0 || groups > errors.len() {
            return Err(Error::parameter("groups", groups, format!("must be 1 to {}", errors.len())));
        }
        let mut order: Vec<usize> = (0..errors.len()).collect();
        order.sort_by(|&a, &b| predicted[a].total_cmp(&predicted[b]));
        let mut edges: Vec<f64> = (1..groups).map(|g| predicted[order[g * errors.len() / groups]]).collect();
        edges.dedup_by(|a, b| a.total_cmp(b).is_eq());
        let mut members = vec![Vec::new(); edges.len() + 1];
        for (p, e) in predicted.iter().zip(&errors) {
            members[edges.partition_point(|edge| edge <= p)].push(*e);
        }
        // Equal predictions may leave the first group without any.
        if members[0].is_empty() {
            members.remove(0);
            edges.remove(0);
        }
        let groups = members.iter().map(|m| SplitConformal::from_errors(m)).collect::<Result<Vec<_>>>()?;
        Ok(Self { edges, groups })
    }

    /// The interval of a prediction, by the errors of its group.
    #[must_use]
    pub fn interval(&self, predicted: f64, level: Level) -> (f64, f64) {
        let group = self.edges.partition_point(|edge| *edge <= predicted).min(self.groups.len().saturating_sub(1));
        self.groups.get(group).map_or((f64::NEG_INFINITY, f64::INFINITY), |g| g.interval(predicted, level))
    }
}

/// Conformalised quantile regression: a model's quantiles, moved out (or in) until they hold.
///
/// A target with an atom (a capped life) spoils it: at the atom low, high and truth are equal, scores are exactly 0, and the
/// band cannot shrink. Leave such rows out of the calibration.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
pub struct QuantileConformal {
    scores: Vec<f64>,
}

impl QuantileConformal {
    /// From true lives and the model's lower and upper quantiles for units it did not see. Scores are
    /// `max(low - truth, truth - high)`: negative inside.
    ///
    /// # Errors
    /// [`Error::Shape`], [`Error::TooFew`] or [`Error::NonFinite`] for bad calibration values.
    pub fn new(truth: &[f64], low: &[f64], high: &[f64]) -> Result<Self> {
        if low.len() != truth.len() || high.len() != truth.len() {
            return Err(Error::shape("quantiles of the calibration", truth.len(), low.len().min(high.len())));
        }
        let scores = truth.iter().zip(low.iter().zip(high)).map(|(y, (l, h))| (l - y).max(y - h)).collect();
        check_finite("calibration", "truth", truth)?;
        check_finite("calibration", "low", low)?;
        check_finite("calibration", "high", high)?;
        Ok(Self { scores: sorted_scores(scores)? })
    }

    /// What the quantiles are moved by, out when positive.
    #[must_use]
    pub fn shift(&self, level: Level) -> f64 {
        conformal_quantile(&self.scores, level)
    }

    /// The interval for a pair of quantiles; a point in the middle when moving in makes them cross.
    #[must_use]
    pub fn interval(&self, low: f64, high: f64, level: Level) -> (f64, f64) {
        let shift = self.shift(level);
        let (low, high) = (low - shift, high + shift);
        if low <= high { (low, high) } else { (0.5 * (low + high), 0.5 * (low + high)) }
    }
}

/// Jackknife+ and CV+ (Barber et al. 2021): every calibration unit was predicted by a model that did not see it, and each of
/// these models also predicts the new unit.
///
/// ```
/// use prognos::rul::{Level, conformal::JackknifePlus};
/// // Nine models, each without one unit; what each says of the new unit, and how far it was off on the unit it left out.
/// let plus = JackknifePlus::new(&[2.0, 1.0, 3.0, 2.0, 4.0, 1.0, 2.0, 3.0, 1.0])?;
/// let (low, high) = plus.interval(&[50.0; 9], Level::new(0.8)?)?;
/// assert_eq!((low, high), (47.0, 53.0));
/// # Ok::<(), prognos::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
pub struct JackknifePlus {
    errors: Vec<f64>,
}

impl JackknifePlus {
    /// From the absolute error of each calibration row by the model that did not see its unit.
    ///
    /// # Errors
    /// As [`SplitConformal::from_errors`].
    pub fn new(errors: &[f64]) -> Result<Self> {
        SplitConformal::from_errors(errors)?;
        Ok(Self { errors: errors.to_vec() })
    }

    /// The interval, from what the model of each calibration row (that did not see its unit) says of the new unit.
    ///
    /// # Errors
    /// [`Error::Shape`] unless there is a prediction for every calibration row, [`Error::NonFinite`] for a bad one.
    pub fn interval(&self, predicted: &[f64], level: Level) -> Result<(f64, f64)> {
        if predicted.len() != self.errors.len() {
            return Err(Error::shape("predictions of the held-out models", self.errors.len(), predicted.len()));
        }
        check_finite("predictions", "prediction", predicted)?;
        let mut up: Vec<f64> = predicted.iter().zip(&self.errors).map(|(p, e)| p + e).collect();
        let mut down: Vec<f64> = predicted.iter().zip(&self.errors).map(|(p, e)| e - p).collect();
        up.sort_unstable_by(f64::total_cmp);
        down.sort_unstable_by(f64::total_cmp);
        Ok((-conformal_quantile(&down, level), conformal_quantile(&up, level)))
    }
}

/// Adaptive conformal inference: after a miss intervals get wider, after a hit a little narrower, so that in the long run the
/// share of misses is alpha, whatever the stream does.
///
/// ```
/// use prognos::rul::conformal::AdaptiveConformal;
/// let mut level = AdaptiveConformal::new(0.1, 0.05)?;
/// level.update(true); // a miss
/// assert!((level.alpha() - 0.055).abs() < 1e-12);
/// # Ok::<(), prognos::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(try_from = "RawAdaptive"))]
pub struct AdaptiveConformal {
    target: f64,
    rate: f64,
    alpha: f64,
}

#[cfg(feature = "serde")]
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct RawAdaptive {
    target: f64,
    rate: f64,
    alpha: f64,
}

#[cfg(feature = "serde")]
impl TryFrom<RawAdaptive> for AdaptiveConformal {
    type Error = Error;
    fn try_from(raw: RawAdaptive) -> Result<Self> {
        let fresh = Self::new(raw.target, raw.rate)?;
        if raw.alpha.is_finite() {
            Ok(Self { alpha: raw.alpha, ..fresh })
        } else {
            Err(Error::Model { reason: "conformal: alpha is not finite".to_owned() })
        }
    }
}

impl AdaptiveConformal {
    /// Misses wanted, `alpha` (between 0 and 1), and the step `rate` (between 0 and 1; 0.005 to 0.05).
    ///
    /// # Errors
    /// [`Error::Parameter`] for either out of its range.
    pub fn new(alpha: f64, rate: f64) -> Result<Self> {
        check_fraction("alpha", alpha)?;
        check_fraction("rate", rate)?;
        Ok(Self { target: alpha, rate, alpha })
    }

    /// The alpha to ask for now; below 0 means an interval without ends, above 1 an empty one.
    #[must_use]
    pub fn alpha(&self) -> f64 {
        self.alpha
    }

    /// The radius to take now from calibrated errors.
    #[must_use]
    pub fn radius(&self, calibration: &SplitConformal) -> f64 {
        if self.alpha <= 0.0 {
            f64::INFINITY
        } else {
            Level::new(1.0 - self.alpha).map_or(0.0, |level| calibration.radius(level))
        }
    }

    /// Learns whether the last interval missed.
    pub fn update(&mut self, missed: bool) {
        self.alpha += self.rate * (self.target - f64::from(u8::from(missed)));
    }
}
