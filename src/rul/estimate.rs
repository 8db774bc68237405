//! What a model knows about the time that is left.
//!
//! A [`RulEstimate`] is a distribution on [0, inf]. It may leave some probability at infinity: "within this model
//! the unit never fails", for example when the slope of a degradation path may as well be zero. Quantiles beyond the
//! rest are then `+inf`, and so is the mean. Everything is computed in closed form or by bisection; nothing is drawn
//! at random, so that the same estimate always gives the same bits.

use super::crossing::Crossing;
use super::survival::Weibull;
use crate::error::{Error, Result, check_finite, check_fraction, check_positive};
use crate::math::quadrature::integrate;

/// A probability strictly between 0 and 1, for example the 0.9 of a 90 % interval.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(try_from = "f64", into = "f64"))]
pub struct Level(f64);

impl Level {
    /// A level.
    ///
    /// # Errors
    /// [`Error::Parameter`] unless 0 < `level` < 1.
    pub fn new(level: f64) -> Result<Self> {
        check_fraction("level", level).map(Self)
    }

    /// The probability.
    #[must_use]
    pub fn get(self) -> f64 {
        self.0
    }
}

impl TryFrom<f64> for Level {
    type Error = Error;
    fn try_from(level: f64) -> Result<Self> {
        Self::new(level)
    }
}

impl From<Level> for f64 {
    fn from(level: Level) -> Self {
        level.0
    }
}

/// The remaining useful life of one unit as a distribution, in the time unit of the model's data.
///
/// ```
/// use prognos::rul::{Level, RulEstimate};
/// let rul = RulEstimate::from_samples(&[10.0, 14.0, 12.0, 20.0], None)?;
/// assert_eq!(rul.median(), 12.0);
/// assert_eq!(rul.failure_within(12.5), 0.5);
/// assert_eq!(rul.mean(), 14.0);
/// let (early, late) = rul.interval(Level::new(0.5)?);
/// assert!(early >= 0.0 && late == 14.0);
/// # Ok::<(), prognos::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(try_from = "RawEstimate", into = "RawEstimate")
)]
pub struct RulEstimate {
    unit: String,
    age: Option<f64>,
    law: Law,
}

#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
enum Law {
    /// First passage of a straight line with uncertain coefficients, given that it has not happened yet.
    Crossing(Crossing),
    /// Weibull life, given the age.
    Weibull(Weibull),
    /// Weighted values, sorted, with their cumulated probability; what is missing to 1 lies at infinity.
    Sample { values: Vec<f64>, cumulative: Vec<f64> },
}

#[cfg(feature = "serde")]
#[derive(serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct RawEstimate {
    unit: String,
    age: Option<f64>,
    law: Law,
}

#[cfg(feature = "serde")]
impl From<RulEstimate> for RawEstimate {
    fn from(e: RulEstimate) -> Self {
        Self { unit: e.unit, age: e.age, law: e.law }
    }
}

#[cfg(feature = "serde")]
impl TryFrom<RawEstimate> for RulEstimate {
    type Error = Error;
    fn try_from(raw: RawEstimate) -> Result<Self> {
        let law = match raw.law {
            Law::Crossing(c) => Law::Crossing(c.check()?),
            Law::Sample { values, cumulative } => {
                let bad = values.len() != cumulative.len()
                    || values.iter().any(|v| !v.is_finite() || *v < 0.0)
                    || values.windows(2).any(|w| w[1] < w[0])
                    || cumulative.iter().any(|c| !(0.0..=1.0).contains(c))
                    || cumulative.windows(2).any(|w| w[1] < w[0]);
                if bad {
                    return Err(Error::Model { reason: "the samples of a RUL estimate are not a distribution".into() });
                }
                Law::Sample { values, cumulative }
            }
            Law::Weibull(w) if raw.age.is_some() => Law::Weibull(w),
            Law::Weibull(_) => return Err(Error::Model { reason: "a Weibull remaining life without an age".into() }),
        };
        match raw.age {
            Some(age) if !age.is_finite() => Err(Error::parameter("age", age, "must be finite")),
            age => Ok(Self { age, unit: raw.unit, law }),
        }
    }
}

/// Mass at infinity below which a mean is still reported.
const NEGLIGIBLE: f64 = 1e-9;

impl RulEstimate {
    fn new(law: Law) -> Self {
        Self { unit: String::new(), age: None, law }
    }

    /// A distribution of equally or otherwise weighted possible remaining lives: the lives of similar units, the
    /// particles of a filter, the quantiles of a regression. `+inf` stands for "never".
    ///
    /// The quantile is the smallest value whose cumulated weight reaches `p` (no interpolation). The values do not tell
    /// the age of the unit: give it with [`RulEstimate::at_age`] where costs are to be divided by whole lives.
    ///
    /// # Errors
    /// [`Error::TooFew`] without values, [`Error::NonFinite`] for a value that is NaN or `-inf` and a weight that is not
    /// finite, [`Error::Shape`] when there are not as many weights as values, [`Error::Parameter`] for a negative value
    /// or weight, or when all weights are 0.
    pub fn from_samples(values: &[f64], weights: Option<&[f64]>) -> Result<Self> {
        if values.is_empty() {
            return Err(Error::too_few("possible remaining lives", 1, 0));
        }
        if let Some(row) = values.iter().position(|v| v.is_nan() || *v == f64::NEG_INFINITY) {
            let (what, column) = ("possible remaining lives".into(), "values".to_owned());
            return Err(Error::NonFinite { what, row, column, value: values[row] });
        }
        if let Some(row) = values.iter().position(|v| *v < 0.0) {
            return Err(Error::parameter("values", values[row], format!("value {row} must be at least 0")));
        }
        let equal = vec![1.0; values.len()];
        let weights = weights.unwrap_or(&equal);
        if weights.len() != values.len() {
            return Err(Error::shape("weights of possible remaining lives", values.len(), weights.len()));
        }
        check_finite("possible remaining lives", "weights", weights)?;
        if let Some(i) = weights.iter().position(|w| *w < 0.0) {
            return Err(Error::parameter("weights", weights[i], format!("weight {i} must be at least 0")));
        }
        let most = weights.iter().fold(0.0f64, |a, &b| a.max(b));
        if most <= 0.0 {
            return Err(Error::parameter("weights", most, "at least one must be greater than 0"));
        }
        // Divided by the largest first, so that the sum cannot overflow.
        let total: f64 = weights.iter().map(|w| w / most).sum();
        let mut order: Vec<usize> = (0..values.len()).filter(|&i| weights[i] > 0.0).collect();
        order.sort_by(|&i, &j| values[i].total_cmp(&values[j]));
        let finite: Vec<usize> = order.iter().copied().filter(|&i| values[i].is_finite()).collect();
        let mut sum = 0.0;
        let mut cumulative: Vec<f64> = finite
            .iter()
            .map(|&i| {
                sum += weights[i] / most;
                (sum / total).min(1.0)
            })
            .collect();
        if finite.len() == order.len()
            && let Some(last) = cumulative.last_mut()
        {
            *last = 1.0;
        }
        Ok(Self::new(Law::Sample { values: finite.iter().map(|&i| values[i]).collect(), cumulative }))
    }

    /// A unit that has failed: no life is left, for certain.
    #[must_use]
    pub fn failed() -> Self {
        Self::new(Law::Sample { values: vec![0.0], cumulative: vec![1.0] })
    }

    pub(super) fn from_weibull(weibull: Weibull, age: f64) -> Self {
        Self { unit: String::new(), age: Some(age), law: Law::Weibull(weibull) }
    }

    pub(super) fn from_crossing(crossing: Crossing) -> Result<Self> {
        Ok(Self::new(Law::Crossing(crossing.check()?)))
    }

    /// The time of the last measurement, which is the age when the clock started with the unit; may be negative.
    pub(super) fn at_time(mut self, time: f64) -> Self {
        self.age = Some(time);
        self
    }

    /// The estimate with the age of the unit now, in the unit of the remaining life: what an estimate from samples
    /// cannot know, and one from a history only when its clock started with the unit. The distribution of the remaining
    /// life stays as it is.
    ///
    /// ```
    /// use prognos::rul::RulEstimate;
    /// let rul = RulEstimate::from_samples(&[10.0, 14.0], None)?;
    /// assert_eq!(rul.age(), None);
    /// assert_eq!(rul.at_age(200.0)?.age(), Some(200.0));
    /// # Ok::<(), prognos::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Parameter`] unless `age` is finite and at least 0, and for a Weibull life, whose remaining part depends
    /// on the age it was given.
    pub fn at_age(mut self, age: f64) -> Result<Self> {
        if !age.is_finite() || age < 0.0 {
            return Err(Error::parameter("age", age, "must be finite and at least 0"));
        }
        if matches!(self.law, Law::Weibull(_)) {
            return Err(Error::parameter("age", age, "a Weibull remaining life has its age already: estimate it anew"));
        }
        self.age = Some(age);
        Ok(self)
    }

    /// The estimate with the name of the unit it is about.
    #[must_use]
    pub fn for_unit(mut self, unit: impl Into<String>) -> Self {
        self.unit = unit.into();
        self
    }

    /// Name of the unit; empty when none was given.
    #[must_use]
    pub fn unit(&self) -> &str {
        &self.unit
    }

    /// Time of the last measurement on the unit's own clock, from which the remaining life counts: the age of the unit
    /// when that clock started with it. `None` when it is not known, as for an estimate from samples without
    /// [`RulEstimate::at_age`].
    #[must_use]
    pub fn age(&self) -> Option<f64> {
        self.age
    }

    /// The age that a Weibull life goes on from; its law always has one.
    fn reached(&self) -> f64 {
        self.age.unwrap_or(0.0).max(0.0)
    }

    /// P(RUL > `t`): 1 for negative `t`, NaN for NaN.
    #[must_use]
    pub fn survival(&self, t: f64) -> f64 {
        if t.is_nan() {
            return f64::NAN;
        }
        if t < 0.0 {
            return 1.0;
        }
        match &self.law {
            Law::Crossing(c) => c.survival(t),
            Law::Weibull(w) => w.conditional_survival(self.reached(), t),
            Law::Sample { .. } => 1.0 - self.cdf(t),
        }
    }

    /// P(RUL <= `t`): 0 for negative `t`, NaN for NaN. Computed on its own, so that small probabilities keep their
    /// digits.
    #[must_use]
    pub fn cdf(&self, t: f64) -> f64 {
        if t.is_nan() {
            return f64::NAN;
        }
        if t < 0.0 {
            return 0.0;
        }
        match &self.law {
            Law::Crossing(c) => c.cdf(t),
            Law::Weibull(w) => w.conditional_cdf(self.reached(), t),
            Law::Sample { values, cumulative } => match values.partition_point(|v| *v <= t) {
                0 => 0.0,
                n => cumulative[n - 1],
            },
        }
    }

    /// Probability of a failure within the next `horizon`: the same as [`RulEstimate::cdf`], in a planner's words.
    #[must_use]
    pub fn failure_within(&self, horizon: f64) -> f64 {
        self.cdf(horizon)
    }

    /// Probability that the unit never fails within the model.
    #[must_use]
    pub fn never(&self) -> f64 {
        self.survival(f64::INFINITY)
    }

    /// The time by which the unit has failed with probability `p`; `+inf` when it never reaches `p`.
    ///
    /// # Errors
    /// [`Error::Parameter`] unless 0 <= `p` <= 1.
    pub fn quantile(&self, p: f64) -> Result<f64> {
        if (0.0..=1.0).contains(&p) {
            Ok(self.quantile_of(p))
        } else {
            Err(Error::parameter("p", p, "must lie between 0 and 1"))
        }
    }

    /// `p` in [0, 1].
    fn quantile_of(&self, p: f64) -> f64 {
        match &self.law {
            Law::Crossing(c) => c.quantile(p),
            Law::Weibull(w) => w.conditional_quantile(self.reached(), p),
            Law::Sample { values, cumulative } => {
                let place = cumulative.partition_point(|c| *c < p);
                values.get(place).copied().unwrap_or(f64::INFINITY)
            }
        }
    }

    /// The time by which half of such units have failed; the point estimate of choice.
    #[must_use]
    pub fn median(&self) -> f64 {
        self.quantile_of(0.5)
    }

    /// The interval that leaves (1 - level) / 2 on either side. Intervals of rising level contain each other; the
    /// upper end is `+inf` when the unit may never fail.
    #[must_use]
    pub fn interval(&self, level: Level) -> (f64, f64) {
        let tail = 0.5 * (1.0 - level.get());
        let lower = self.quantile_of(tail);
        (lower, self.quantile_of(1.0 - tail).max(lower))
    }

    /// Expected remaining life; `+inf` when the unit never fails with a probability above 1e-9. Below that the
    /// mean is taken over the first 1 - 2e-9 of the distribution, because the first passage of a line whose slope
    /// may touch zero has no mean in the strict sense. Use [`RulEstimate::restricted_mean`] for a number that always
    /// exists.
    #[must_use]
    pub fn mean(&self) -> f64 {
        match &self.law {
            Law::Weibull(w) => w.mean_residual_life(self.reached()),
            _ if self.never() > NEGLIGIBLE => f64::INFINITY,
            Law::Sample { values, .. } => self.restricted_mean(values.last().copied().unwrap_or(0.0)),
            Law::Crossing(_) => self.restricted_mean(self.quantile_of(1.0 - 2.0 * NEGLIGIBLE)),
        }
    }

    /// Expected life within the next `horizon`, the integral of [`RulEstimate::survival`] from 0 to `horizon`: at
    /// most `horizon`, 0 for a negative one, NaN for NaN, and the mean for an infinite one.
    #[must_use]
    pub fn restricted_mean(&self, horizon: f64) -> f64 {
        if horizon.is_nan() {
            return f64::NAN;
        }
        if horizon == f64::INFINITY {
            return self.mean();
        }
        if horizon <= 0.0 {
            return 0.0;
        }
        if let Law::Sample { values, cumulative } = &self.law {
            let mut before = 0.0;
            let mut mean = 0.0;
            for (v, c) in values.iter().zip(cumulative) {
                mean += (c - before) * v.min(horizon);
                before = *c;
            }
            return mean + (1.0 - before) * horizon;
        }
        // The survival falls between these quantiles; cutting there lets the rule see the fall, however narrow.
        let mut cuts: Vec<f64> = [1e-6, 0.05, 0.5, 0.95, 1.0 - 1e-6].iter().map(|&p| self.quantile_of(p)).collect();
        cuts.retain(|&c| c > 0.0 && c < horizon);
        cuts.push(horizon);
        let mut from = 0.0;
        let mut mean = 0.0;
        for to in cuts {
            mean += integrate(|t| self.survival(t), from, to, 1e-9);
            from = to;
        }
        mean.clamp(0.0, horizon)
    }
}

impl RulEstimate {
    /// A Weibull life of `scale` and `shape`, given that the unit has reached `age`.
    ///
    /// # Errors
    /// [`Error::Parameter`] unless scale and shape are positive and `age` is finite and at least 0.
    pub fn weibull(scale: f64, shape: f64, age: f64) -> Result<Self> {
        if !age.is_finite() || age < 0.0 {
            return Err(Error::parameter("age", age, "must be finite and at least 0"));
        }
        Ok(Self::from_weibull(Weibull::new(check_positive("scale", scale)?, check_positive("shape", shape)?)?, age))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::float_cmp)]
mod tests {
    use super::*;

    fn crossing(gap: f64, slope: f64, v0: f64, v1: f64, v2: f64) -> RulEstimate {
        RulEstimate::from_crossing(Crossing { gap, slope, v0, v1, v2, dof: None }).unwrap()
    }

    #[test]
    fn a_rising_line_crosses_when_it_should() {
        let rul = crossing(-10.0, 1.0, 0.01, 0.0, 1e-6);
        assert!((rul.median() - 10.0).abs() < 1e-3);
        assert!((rul.mean() - 10.0).abs() < 1e-2, "{}", rul.mean());
        for p in [1e-6, 0.05, 0.5, 0.9, 0.999] {
            let t = rul.quantile(p).unwrap();
            assert!((rul.cdf(t) - p).abs() < 1e-9 * p.max(1e-3), "{p} {t} {}", rul.cdf(t));
            assert!((rul.cdf(t) + rul.survival(t) - 1.0).abs() < 1e-12);
        }
    }

    #[test]
    fn a_flat_line_may_never_fail() {
        let rul = crossing(-10.0, 0.0, 0.01, 0.0, 1.0);
        assert!((rul.never() - 0.5).abs() < 1e-9, "{}", rul.never());
        assert_eq!(rul.quantile(0.9).unwrap(), f64::INFINITY);
        assert!(rul.quantile(0.2).unwrap().is_finite());
        assert_eq!(rul.mean(), f64::INFINITY);
        assert!(rul.restricted_mean(100.0) <= 100.0);
        let falling = crossing(-10.0, -1.0, 0.01, 0.0, 0.0);
        assert_eq!(falling.never(), 1.0);
        assert_eq!(falling.median(), f64::INFINITY);
    }

    #[test]
    fn the_cdf_rises_even_where_the_ratio_falls() {
        // The ratio starts near its limit and falls, or rises and falls.
        for (gap, slope, v1) in
            [(-0.1, -1.0, 0.0), (-1.0, 0.5, 0.9), (2.0, 1.0, -0.9), (-5.0, 1.0, -0.99), (3.0, -2.0, 0.5)]
        {
            let rul = crossing(gap, slope, 1.0, v1, 1.0);
            let mut before = 0.0;
            for i in 0..200 {
                let p = rul.cdf(f64::from(i) * 0.25);
                assert!(p >= before - 1e-15 && p <= 1.0, "{gap} {slope} {v1} {i}");
                before = p;
            }
            let (a, b) = rul.interval(Level::new(0.9).unwrap());
            let (c, d) = rul.interval(Level::new(0.5).unwrap());
            assert!(0.0 <= a && a <= c && c <= d && d <= b);
        }
    }

    #[test]
    fn samples() {
        let rul = RulEstimate::from_samples(&[3.0, 1.0, f64::INFINITY, 2.0], None).unwrap();
        assert_eq!(rul.never(), 0.25);
        assert_eq!(rul.median(), 2.0);
        assert_eq!(rul.mean(), f64::INFINITY);
        assert_eq!(rul.restricted_mean(4.0), (1.0 + 2.0 + 3.0 + 4.0) / 4.0);
        assert_eq!(RulEstimate::failed().interval(Level::new(0.9).unwrap()), (0.0, 0.0));
        assert!(RulEstimate::from_samples(&[-1.0], None).is_err());
        assert!(RulEstimate::from_samples(&[1.0], Some(&[0.0])).is_err());
        for bad in [f64::NAN, f64::NEG_INFINITY] {
            let error = RulEstimate::from_samples(&[1.0, 2.0, bad], None);
            assert!(matches!(error, Err(Error::NonFinite { row: 2, .. })));
            let error = RulEstimate::from_samples(&[1.0, 2.0], Some(&[1.0, bad]));
            assert!(matches!(error, Err(Error::NonFinite { row: 1, .. })));
        }
        assert!(matches!(RulEstimate::from_samples(&[-1.0], None), Err(Error::Parameter { .. })));
        assert!(matches!(RulEstimate::from_samples(&[1.0], Some(&[-1.0])), Err(Error::Parameter { .. })));
    }

    #[test]
    fn ages() {
        let rul = RulEstimate::from_samples(&[3.0, 1.0], None).unwrap();
        assert_eq!((rul.age(), RulEstimate::failed().age()), (None, None));
        let aged = rul.clone().at_age(7.0).unwrap();
        assert_eq!((aged.age(), aged.median()), (Some(7.0), rul.median()));
        for bad in [f64::NAN, f64::INFINITY, -1.0] {
            assert!(rul.clone().at_age(bad).is_err());
        }
        let weibull = RulEstimate::weibull(10.0, 2.0, 3.0).unwrap();
        assert_eq!(weibull.age(), Some(3.0));
        assert!(weibull.at_age(3.0).is_err());
    }
}
