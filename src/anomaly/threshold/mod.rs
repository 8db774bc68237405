//! From scores to alarms: one limit, found by a rule one can defend.
//!
//! **What it answers.** Above which score should somebody look? A [`Threshold`] is a rule; fitted on the scores of
//! healthy rows that the detector was *not* fitted on, it becomes a [`Limit`].
//!
//! | rule | limit | says about new healthy rows |
//! |---|---|---|
//! | [`Threshold::quantile`] | quantile `q` (type 7) | nothing for few scores |
//! | [`Threshold::k_sigma`] | mean + k standard deviations | something if the scores are normal |
//! | [`Threshold::mad`] | median + k 1.4826 MAD | the same, and some calibration rows may be bad |
//! | [`Threshold::conformal`] | alarm when the p-value is at most `alpha` | false alarm rate at most `alpha`, any law |
//! | [`Threshold::false_alarms`] | the same, said as a budget | expected false alarms a row |
//! | [`Threshold::pot`] | level + quantile of a Pareto tail | a rate below 1 / n, if the tail has that law |
//! | [`Threshold::gesd`] | the largest score that is no outlier | the calibration rows may hold outliers |
//! | [`Threshold::mixed`] | ten rules for unlabelled scores ([`MixedRule`]) | nothing |
//!
//! The conformal p-value of a score s among n calibration scores is `(1 + #{calibration >= s}) / (n + 1)` (Vovk,
//! Gammerman & Shafer 2005; Laxhammar & Falkman 2014 for anomalies). If new healthy rows are exchangeable with the
//! calibration rows, it is at most `alpha` with probability at most `alpha`, whatever the law of the scores. Its
//! smallest value is `1 / (n + 1)`: a budget below that cannot be kept by counting, and is an error here instead of
//! an alarm that never comes.
//!
//! **Cost.** O(n log n) to fit, O(1) a score for alarms, O(log n) for p-values; the limit keeps the n scores.
//!
//! **When not to use it.** Neighbouring rows of a slow signal are not exchangeable: count events rather than rows, or
//! calibrate on rows far enough apart. Rates far below 1 / n need a law for the tail (`pot`).
//!
//! For streams whose limit has to follow, see [`Spot`], [`BiSpot`] and [`DriftSpot`].

mod discovery;
mod mixed;
mod pareto;
mod spot;

pub use discovery::{Martingale, benjamini_hochberg, benjamini_yekutieli, storey};
pub use mixed::MixedRule;
pub use pareto::GeneralisedPareto;
pub use spot::{BiSpot, DriftSpot, Spot, Verdict};

use super::{Event, Events};
use crate::error::{Error, Result, check_finite, check_fraction, check_positive};
use crate::math::lanes;
use crate::math::order::{MAD_TO_SD, mad_in_place, median_in_place, quantile_sorted};
use crate::signal::SampleRate;
use ndarray::ArrayView1;
use std::fmt;

/// How a limit is found.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum Rule {
    /// The quantile `q` of the scores, 0..=1.
    Quantile(f64),
    /// Mean plus this many standard deviations (n - 1).
    KSigma(f64),
    /// Median plus this many times 1.4826 MAD.
    Mad(f64),
    /// Alarm when the conformal p-value is at most this.
    Conformal(f64),
    /// At most this many false alarms a row are to be expected.
    FalseAlarms(f64),
    /// Peaks over threshold: the score that is exceeded with probability `q` by the Pareto tail above a quantile.
    Pot {
        /// Probability of a healthy score above the limit.
        q: f64,
        /// The quantile above which the tail begins.
        level: f64,
    },
    /// Rosner's test for outliers, one-sided.
    Gesd {
        /// Level of the test.
        alpha: f64,
        /// Largest fraction of outliers, at most 0.5.
        fraction: f64,
    },
    /// A rule for scores of which nobody knows which are healthy.
    Mixed(MixedRule),
}

/// Rows in a day, from a number or from the rate at which rows come.
///
/// ```
/// use prognos::anomaly::RowsPerDay;
/// use prognos::signal::SampleRate;
/// let rows: RowsPerDay = SampleRate::every_seconds(600.0)?.into();
/// assert!((rows.get() - 144.0).abs() < 1e-9);
/// # Ok::<(), prognos::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RowsPerDay(f64);

impl RowsPerDay {
    /// The number.
    #[must_use]
    pub fn get(self) -> f64 {
        self.0
    }
}

impl From<f64> for RowsPerDay {
    fn from(rows: f64) -> Self {
        Self(rows)
    }
}

impl From<SampleRate> for RowsPerDay {
    fn from(rate: SampleRate) -> Self {
        Self(rate.as_hz() * 86_400.0)
    }
}

/// A rule for limits, not yet fitted.
///
/// ```
/// use prognos::anomaly::Threshold;
/// let healthy: Vec<f64> = (1..=99).map(f64::from).collect();
/// let limit = Threshold::conformal(0.05).fit(&healthy)?;
/// assert_eq!(limit.value(), 95.0);
/// assert_eq!(limit.alarms(&[94.0, 95.0, 95.5])?, [false, false, true]);
/// assert_eq!(limit.p_value(95.5), 0.05);
/// // One false alarm in a thousand rows cannot be promised from 99 scores.
/// assert!(Threshold::false_alarms(1e-3).fit(&healthy).is_err());
/// # Ok::<(), prognos::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Threshold {
    rule: Rule,
}

impl Threshold {
    /// The quantile `q` (0..=1) of the scores by linear interpolation (Hyndman & Fan type 7). `q` = 1 is the largest.
    #[must_use]
    pub fn quantile(q: f64) -> Self {
        Self { rule: Rule::Quantile(q) }
    }

    /// Mean plus `k` (> 0) standard deviations with n - 1 degrees of freedom.
    #[must_use]
    pub fn k_sigma(k: f64) -> Self {
        Self { rule: Rule::KSigma(k) }
    }

    /// Median plus `k` (> 0) times 1.4826 MAD.
    #[must_use]
    pub fn mad(k: f64) -> Self {
        Self { rule: Rule::Mad(k) }
    }

    /// Alarm when the conformal p-value is at most `alpha`. Needs `1 / alpha - 1` scores.
    #[must_use]
    pub fn conformal(alpha: f64) -> Self {
        Self { rule: Rule::Conformal(alpha) }
    }

    /// At most `rate` false alarms a row, in expectation: the conformal limit at `alpha = rate`. Needs
    /// `1 / rate - 1` scores.
    #[must_use]
    pub fn false_alarms(rate: f64) -> Self {
        Self { rule: Rule::FalseAlarms(rate) }
    }

    /// At most `alarms` false alarms a day, in expectation, when so many rows come in a day (a number, or a
    /// [`SampleRate`] of rows).
    #[must_use]
    pub fn false_alarms_per_day(alarms: f64, rows: impl Into<RowsPerDay>) -> Self {
        Self::false_alarms(alarms / rows.into().0)
    }

    /// Peaks over threshold: the score that a healthy row exceeds with probability `q`, far below 1 / n if need be, by a
    /// [`GeneralisedPareto`] law of the scores above their quantile 0.98 (order statistic number `floor(0.98 n)`). Needs 10
    /// scores above that, so about 500 in all (Siffer et al. 2017).
    ///
    /// ```
    /// use prognos::anomaly::Threshold;
    /// let healthy: Vec<f64> = (0..10_000).map(|i| -(1.0 - (i as f64 + 0.5) / 1e4).ln()).collect(); // exponential
    /// let limit = Threshold::pot(1e-5).fit(&healthy)?;
    /// assert!((limit.value() - 11.5).abs() < 1.0); // -ln 1e-5
    /// # Ok::<(), prognos::Error>(())
    /// ```
    #[must_use]
    pub fn pot(q: f64) -> Self {
        Self::pot_above(q, 0.98)
    }

    /// [`Threshold::pot`] with the tail above another quantile.
    #[must_use]
    pub fn pot_above(q: f64, level: f64) -> Self {
        Self { rule: Rule::Pot { q, level } }
    }

    /// The generalised extreme studentised deviate test (Rosner 1983), one-sided, at the level `alpha`: at most `fraction`
    /// (0..=0.5) of the scores are outliers, and the limit is the largest that is none.
    ///
    /// ```
    /// use prognos::anomaly::Threshold;
    /// let mut scores: Vec<f64> = (0..50).map(|i| (i as f64 * 0.7).sin()).collect();
    /// scores.extend([6.0, 6.1, 5.9]); // each hides the others from a test of one outlier
    /// let limit = Threshold::gesd(0.05, 0.1).fit(&scores)?;
    /// assert_eq!(limit.alarms(&scores)?.iter().filter(|a| **a).count(), 3);
    /// # Ok::<(), prognos::Error>(())
    /// ```
    #[must_use]
    pub fn gesd(alpha: f64, fraction: f64) -> Self {
        Self { rule: Rule::Gesd { alpha, fraction } }
    }

    /// A rule for scores of a mixed history, of which nobody knows which are healthy.
    ///
    /// ```
    /// use prognos::anomaly::{MixedRule, Threshold};
    /// let scores: Vec<f64> = (0..100).map(|i| if i % 20 == 7 { 5.0 } else { (i as f64 * 0.7).sin() }).collect();
    /// for rule in [MixedRule::Fence, MixedRule::ThompsonTau, MixedRule::Chauvenet] {
    ///     let limit = Threshold::mixed(rule).fit(&scores)?;
    ///     assert_eq!(limit.alarms(&scores)?.iter().filter(|a| **a).count(), 5);
    /// }
    /// # Ok::<(), prognos::Error>(())
    /// ```
    #[must_use]
    pub fn mixed(rule: MixedRule) -> Self {
        Self { rule: Rule::Mixed(rule) }
    }

    /// The rule.
    #[must_use]
    pub fn rule(&self) -> Rule {
        self.rule
    }

    /// The limit for these healthy scores (an array, a slice or a vector).
    ///
    /// # Errors
    /// [`Error::Parameter`] for a rule out of its range; [`Error::NonFinite`] for a score that is not finite;
    /// [`Error::TooFew`] without scores, with fewer than 2 for `k_sigma` and `mad`, 3 for `gesd` and `mixed`, 10 above the
    /// level for `pot`, or with fewer than the budget of `conformal` and `false_alarms` needs; [`Error::Numeric`] when the
    /// limit overflows, or when the scores are equal and the rule needs a spread.
    pub fn fit<'a>(&self, scores: impl Into<ArrayView1<'a, f64>>) -> Result<Limit> {
        let mut scores = scores.into().to_vec();
        check_finite("calibration scores", "score", &scores)?;
        let needed = match self.rule {
            Rule::Quantile(q) if !(0.0..=1.0).contains(&q) => {
                return Err(Error::parameter("q", q, "must be 0 to 1"));
            }
            Rule::Quantile(_) => 1,
            Rule::KSigma(k) | Rule::Mad(k) => {
                check_positive("k", k)?;
                2
            }
            Rule::Conformal(alpha) => scores_needed("alpha", alpha)?,
            Rule::FalseAlarms(rate) => scores_needed("rate", rate)?,
            Rule::Pot { .. } => spot::FEWEST,
            Rule::Gesd { alpha, fraction } => {
                check_fraction("alpha", alpha)?;
                if !(fraction > 0.0 && fraction <= 0.5) {
                    return Err(Error::parameter("fraction", fraction, "must be greater than 0 and at most 0.5"));
                }
                3
            }
            Rule::Mixed(_) => 3,
        };
        if scores.len() < needed {
            return Err(Error::too_few("calibration scores for this limit", needed, scores.len()));
        }
        scores.sort_unstable_by(f64::total_cmp);
        let value = match self.rule {
            Rule::Quantile(q) => quantile_sorted(&scores, q),
            Rule::KSigma(k) => lanes::mean(&scores) + k * lanes::variance(&scores, 1).sqrt(),
            Rule::Mad(k) => {
                let mut copy = scores.clone();
                let median = median_in_place(&mut copy);
                median + k * MAD_TO_SD * mad_in_place(&mut copy, median)
            }
            Rule::Conformal(alpha) | Rule::FalseAlarms(alpha) => {
                // p <= alpha exactly for scores above the one with `allowed` - 1 above it.
                let allowed = p_values_within(alpha, scores.len());
                scores[scores.len() - allowed]
            }
            Rule::Pot { q, level } => {
                let (t, excesses, law) = spot::peaks_over_threshold(&mut scores, q, level)?;
                spot::limit(t, &law, q, scores.len(), excesses.len())
            }
            Rule::Gesd { alpha, fraction } => {
                let most = (fraction * scores.len() as f64).floor() as usize;
                scores[scores.len() - 1 - mixed::rosner(&scores, alpha, most)]
            }
            Rule::Mixed(rule) => rule.limit(&scores)?,
        };
        if value.is_finite() {
            Ok(Limit { rule: self.rule, value, calibration: scores })
        } else {
            Err(Error::numeric("limit of scores", "mean or deviation of the scores overflows"))
        }
    }
}

/// How many of the possible p-values `1 / (n + 1), 2 / (n + 1), ...` are at most `alpha`, at most n. One part in 1e12
/// for the rounding of `alpha`: 0.05 of 20 is 1.
fn p_values_within(alpha: f64, n: usize) -> usize {
    ((alpha * (n as f64 + 1.0) * (1.0 + 1e-12)).floor() as usize).min(n)
}

/// Fewest calibration scores with which a p-value can be as small as `alpha`.
fn scores_needed(name: &'static str, alpha: f64) -> Result<usize> {
    check_fraction(name, alpha)?;
    let estimate = (1.0 / alpha - 1.0).ceil().max(1.0) as usize;
    let first = estimate.saturating_sub(1).max(1);
    Ok((first..=estimate).find(|&n| p_values_within(alpha, n) > 0).unwrap_or(estimate.saturating_add(1)))
}

/// A limit of scores: a row with a score **above** it is an alarm.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(try_from = "Raw"))]
pub struct Limit {
    rule: Rule,
    value: f64,
    /// In ascending order.
    calibration: Vec<f64>,
}

impl Limit {
    /// The limit, in units of the score.
    #[must_use]
    pub fn value(&self) -> f64 {
        self.value
    }

    /// The rule it was found by.
    #[must_use]
    pub fn rule(&self) -> Rule {
        self.rule
    }

    /// Number of calibration scores.
    #[must_use]
    pub fn n_calibration(&self) -> usize {
        self.calibration.len()
    }

    /// Fraction of the calibration scores above the limit: the rate that was reached on healthy rows.
    #[must_use]
    pub fn achieved_rate(&self) -> f64 {
        let above = self.calibration.len() - self.calibration.partition_point(|c| *c <= self.value);
        above as f64 / self.calibration.len() as f64
    }

    /// Whether one score is an alarm. NaN is not.
    #[must_use]
    pub fn is_alarm(&self, score: f64) -> bool {
        score > self.value
    }

    /// Which scores are alarms.
    ///
    /// # Errors
    /// [`Error::NonFinite`] for a score that is not finite: an unknown row is neither healthy nor not.
    pub fn alarms<'a>(&self, scores: impl Into<ArrayView1<'a, f64>>) -> Result<Vec<bool>> {
        let scores = scores.into().to_vec();
        check_finite("scores", "score", &scores)?;
        Ok(scores.iter().map(|&s| self.is_alarm(s)).collect())
    }

    /// Conformal p-value of a score, `(1 + #{calibration >= score}) / (n + 1)`; NaN for NaN.
    #[must_use]
    pub fn p_value(&self, score: f64) -> f64 {
        if score.is_nan() {
            return f64::NAN;
        }
        let below = self.calibration.partition_point(|c| *c < score);
        (1 + self.calibration.len() - below) as f64 / (self.calibration.len() + 1) as f64
    }

    /// Runs of scores above the limit; [`Limit::event_rule`] has hysteresis, shortest duration and merging. A NaN score
    /// ends a run.
    #[must_use]
    pub fn events<'a>(&self, scores: impl Into<ArrayView1<'a, f64>>) -> Vec<Event> {
        self.event_rule().tracker_unchecked().run(scores.into())
    }

    /// The rule for events that open above this limit.
    #[must_use]
    pub fn event_rule(&self) -> Events {
        Events::above(self.value)
    }
}

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.4} ({:?}, {} calibration scores)", self.value, self.rule, self.calibration.len())
    }
}

#[cfg(feature = "persist")]
impl crate::persist::Persist for Limit {
    const KIND: &'static str = "score_limit";
    fn feature_names(&self) -> &[String] {
        &[]
    }
}

/// What a file says; checked before it becomes a [`Limit`].
#[cfg(feature = "serde")]
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    rule: Rule,
    value: f64,
    calibration: Vec<f64>,
}

#[cfg(feature = "serde")]
impl TryFrom<Raw> for Limit {
    type Error = Error;
    fn try_from(raw: Raw) -> Result<Self> {
        let limit = Threshold { rule: raw.rule }.fit(&raw.calibration)?;
        if limit.value.to_bits() == raw.value.to_bits() && limit.calibration == raw.calibration {
            Ok(limit)
        } else {
            Err(Error::Model { reason: "limit: the value is not the one of the rule and its scores".to_owned() })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ramp(n: u32) -> Vec<f64> {
        (1..=n).map(f64::from).collect()
    }

    #[test]
    fn alarms_are_small_p_values() {
        for n in [19, 20, 30, 57, 99] {
            let scores: Vec<f64> = ramp(n).iter().map(|v| (v * 0.37).sin() + (v % 4.0)).collect();
            for alpha in [0.05, 0.1, 0.2, 1.0 / 3.0, 0.5, 0.99] {
                let limit = Threshold::conformal(alpha).fit(&scores).unwrap();
                for s in scores.iter().copied().chain([-5.0, 0.123, 2.5, 99.0]) {
                    let small = limit.p_value(s) <= alpha * (1.0 + 1e-12);
                    assert_eq!(limit.is_alarm(s), small, "n {n}, alpha {alpha}, score {s}");
                }
                assert!(limit.achieved_rate() <= alpha);
            }
        }
    }

    #[test]
    fn a_budget_needs_scores() {
        for alpha in [0.5, 0.1, 0.05, 0.01, 0.003] {
            let needed = scores_needed("alpha", alpha).unwrap();
            assert!((needed as f64 - (1.0 / alpha - 1.0)).abs() < 1.0, "{alpha}: {needed}");
            assert!(Threshold::conformal(alpha).fit(&ramp(needed as u32)).is_ok());
            assert!(matches!(
                Threshold::conformal(alpha).fit(&ramp(needed as u32 - 1)),
                Err(Error::TooFew { needed: n, .. }) if n == needed
            ));
        }
        assert!(Threshold::conformal(1e-300).fit(&ramp(10)).is_err());
        let daily = Threshold::false_alarms_per_day(1.0, SampleRate::every_seconds(3600.0).unwrap());
        assert!(matches!(daily.rule(), Rule::FalseAlarms(r) if (r * 24.0 - 1.0).abs() < 1e-12));
        assert!(daily.fit(&ramp(23)).is_ok() && daily.fit(&ramp(22)).is_err());
        assert!(Threshold::false_alarms_per_day(1.0, 0.0).fit(&ramp(9)).is_err());
    }

    #[test]
    fn plain_rules() {
        let x = [1.0, 2.0, 3.0, 4.0, 100.0];
        assert!((Threshold::quantile(0.5).fit(&x).unwrap().value() - 3.0).abs() < 1e-15);
        assert!((Threshold::mad(3.0).fit(&x).unwrap().value() - (3.0 + 3.0 * MAD_TO_SD)).abs() < 1e-14);
        let sigma = Threshold::k_sigma(2.0).fit(&[1.0, 3.0]).unwrap().value();
        assert!((sigma - (2.0 + 2.0 * 2.0_f64.sqrt())).abs() < 1e-14);
        assert!(Threshold::quantile(1.5).fit(&x).is_err());
        assert!(Threshold::k_sigma(-1.0).fit(&x).is_err());
        assert!(Threshold::mad(3.0).fit(&[1.0]).is_err());
        assert!(Threshold::quantile(0.5).fit(&[f64::NAN]).is_err());
        let limit = Threshold::quantile(0.5).fit(&x).unwrap();
        assert!(limit.alarms(&[1.0, f64::NAN]).is_err());
        assert!((limit.achieved_rate() - 0.4).abs() < 1e-15);
    }
}
