//! Sequential probability ratio tests on residuals: have their mean or their spread left what is known of them?
//!
//! **Formula.** With `z = (x - mean) / sd`, four hypotheses are held against the healthy one: the mean is `m` standard
//! deviations higher or lower, the variance `v` times or a `v`-th. Each sums its log-likelihood ratio: `+-m z - m^2 / 2`,
//! `z^2 (1 - 1/v) / 2 - ln(v) / 2`, `z^2 (1 - v) / 2 + ln(v) / 2`. At `ln(beta / (1 - alpha))` the healthy hypothesis is taken,
//! at `ln((1 - beta) / alpha)` the other one is, which is an alarm; either way that sum begins anew at 0 with the next value. The
//! score is the largest sum over the alarm limit, at least 0: 1 and above is an alarm.
//!
//! **Sources.** Wald 1945, Annals of Mathematical Statistics 16; on residuals of sensor models Gross & Humenik 1991,
//! Nuclear Technology 93.
//!
//! **Cost.** O(1) time and memory.
//!
//! **When not to use it.** Residuals correlated in time break the stated error rates; alarms at the level of the
//! mean alone come with an estimate of the change from [`CusumChart`](super::CusumChart).

use super::{baseline, check_value, guard, one_column, overflow, saved};
use crate::error::{Error, Result, check_fraction, check_positive};
use linfa::ParamGuard;

/// One of the four hypotheses of an [`Sprt`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum SprtTest {
    /// The mean is higher.
    MeanUp,
    /// The mean is lower.
    MeanDown,
    /// The spread is larger.
    SpreadUp,
    /// The spread is smaller: a sensor that sticks.
    SpreadDown,
}

const TESTS: [SprtTest; 4] = [SprtTest::MeanUp, SprtTest::MeanDown, SprtTest::SpreadUp, SprtTest::SpreadDown];

/// Checked settings of an [`Sprt`].
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
pub struct SprtValidParams {
    shift: f64,
    ratio: f64,
    alpha: f64,
    beta: f64,
}

/// Settings of an [`Sprt`]; see [`Sprt::params`].
#[derive(Debug, Clone, PartialEq)]
pub struct SprtParams(SprtValidParams);

impl SprtParams {
    /// `m`, the shift of the mean to be found, in standard deviations. Default 1.
    #[must_use]
    pub fn shift(mut self, sigmas: f64) -> Self {
        self.0.shift = sigmas;
        self
    }

    /// `v`, the ratio of variances to be found, more than 1. Default 2.
    #[must_use]
    pub fn variance_ratio(mut self, ratio: f64) -> Self {
        self.0.ratio = ratio;
        self
    }

    /// Probability that a test of healthy values ends in an alarm, and that one of the other hypothesis ends without.
    /// Default 0.001 and 0.01; they add up to less than 1.
    #[must_use]
    pub fn errors(mut self, false_alarm: f64, missed: f64) -> Self {
        (self.0.alpha, self.0.beta) = (false_alarm, missed);
        self
    }

    /// Tests against the mean and the standard deviation (divisor n - 1) of healthy residuals.
    ///
    /// # Errors
    /// [`Error::Parameter`] as [`start`](Self::start); [`Error::TooFew`] below 2 values; [`Error::NonFinite`]; and
    /// [`Error::Numeric`] when the values do not vary, or overflow.
    pub fn fit(&self, healthy: &[f64]) -> Result<Sprt> {
        let (mean, sd) = baseline("healthy residuals of a sequential test", healthy)?;
        self.start(mean, sd)
    }

    /// Tests against a known mean and standard deviation.
    ///
    /// # Errors
    /// [`Error::Parameter`] for a shift outside (0, 1000], a ratio outside (1, 10^6], error rates outside (0, 1) or that add up to 1
    /// or more, a standard deviation that is not positive, or a mean that is not finite.
    pub fn start(&self, mean: f64, sd: f64) -> Result<Sprt> {
        let params = self.check_ref()?.clone();
        let tests = Sprt { params, mean, sd, sums: [0.0; 4], seen: 0 };
        tests.check_baseline()?;
        Ok(tests)
    }
}

impl SprtValidParams {
    fn validate(&self) -> Result<()> {
        check_positive("shift", self.shift)?;
        if self.shift > 1000.0 {
            return Err(Error::parameter("shift", self.shift, "must be at most 1000"));
        }
        if !(self.ratio > 1.0 && self.ratio <= 1e6) {
            return Err(Error::parameter("variance_ratio", self.ratio, "must be greater than 1 and at most 10^6"));
        }
        check_fraction("false_alarm", self.alpha)?;
        check_fraction("missed", self.beta)?;
        if self.alpha + self.beta >= 1.0 {
            return Err(Error::parameter("missed", self.beta, "must be less than 1 - false_alarm"));
        }
        Ok(())
    }

    /// Where a test ends: for the healthy hypothesis, for the other one.
    fn limits(&self) -> (f64, f64) {
        ((self.beta / (1.0 - self.alpha)).ln(), ((1.0 - self.beta) / self.alpha).ln())
    }
}

guard!(SprtParams, SprtValidParams);

/// Four sequential tests on one series of residuals.
///
/// ```
/// use prognos::anomaly::stream::{Sprt, SprtTest};
/// let mut tests = Sprt::params().start(0.0, 1.0)?;
/// let wave = |i: usize| (i as f64 * 2.3).sin() * 1.4;
/// for i in 0..100 {
///     assert!(tests.push(wave(i))? < 1.0);
/// }
/// let alarm = (0..50).find(|&i| tests.push(wave(i) + 2.0).unwrap() >= 1.0);
/// assert!(alarm.unwrap() < 10);
/// assert!(tests.alarm(SprtTest::MeanUp) || tests.alarm(SprtTest::SpreadUp));
/// # Ok::<(), prognos::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Sprt {
    params: SprtValidParams,
    mean: f64,
    sd: f64,
    sums: [f64; 4],
    seen: u64,
}

impl Sprt {
    /// Default settings: a shift of one standard deviation, a variance doubled or halved, error rates 0.001 and 0.01.
    #[must_use]
    pub fn params() -> SprtParams {
        SprtParams(SprtValidParams { shift: 1.0, ratio: 2.0, alpha: 0.001, beta: 0.01 })
    }

    /// Learns a residual; the largest sum over the alarm limit.
    ///
    /// # Errors
    /// [`Error::NonFinite`]; [`Error::Numeric`] when a sum overflows. The tests are then as they were before.
    #[inline]
    pub fn push(&mut self, x: f64) -> Result<f64> {
        check_value(x, self.seen)?;
        let SprtValidParams { shift: m, ratio: v, .. } = self.params;
        let (accept, alarm) = self.params.limits();
        let z = (x - self.mean) / self.sd;
        let half = 0.5 * v.ln();
        let steps = [
            m * z - 0.5 * m * m,
            -m * z - 0.5 * m * m,
            0.5 * z * z * (1.0 - 1.0 / v) - half,
            0.5 * z * z * (1.0 - v) + half,
        ];
        let mut sums = self.sums;
        for (sum, step) in sums.iter_mut().zip(steps) {
            let ended = *sum <= accept || *sum >= alarm;
            *sum = if ended { step } else { *sum + step };
        }
        let score = sums.iter().fold(0.0, |m: f64, s| m.max(s / alarm));
        if !(score.is_finite() && sums.iter().all(|s| s.is_finite())) {
            return Err(overflow("sequential test"));
        }
        (self.sums, self.seen) = (sums, self.seen + 1);
        Ok(score)
    }

    /// Sum of the log-likelihood ratios of a test.
    #[must_use]
    pub fn log_ratio(&self, test: SprtTest) -> f64 {
        TESTS.iter().zip(self.sums).find(|(t, _)| **t == test).map_or(0.0, |(_, s)| s)
    }

    /// Whether a test ended in an alarm at the last value.
    #[must_use]
    pub fn alarm(&self, test: SprtTest) -> bool {
        self.log_ratio(test) >= self.params.limits().1
    }

    fn check_baseline(&self) -> Result<()> {
        if !self.mean.is_finite() {
            return Err(Error::parameter("mean", self.mean, "must be finite"));
        }
        check_positive("sd", self.sd).map(drop)
    }

    #[cfg(feature = "serde")]
    fn check_state(&self) -> Result<()> {
        self.params.validate()?;
        self.check_baseline()?;
        if self.sums.iter().all(|s| s.is_finite()) { Ok(()) } else { Err(super::refuse("a sum is not finite")) }
    }
}

one_column!(Sprt);
saved!(Sprt { params: SprtValidParams, mean: f64, sd: f64, sums: [f64; 4], seen: u64 }, "sprt", |_| &[]);
