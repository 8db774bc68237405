//! Page-Hinkley test: has the mean of a stream moved, when no healthy mean is known?
//!
//! **Formula.** With the running mean `m_t` of the values since the last drift, `up_t = alpha up_(t-1) + (x_t - m_t -
//! delta)` and `down_t = alpha down_(t-1) + (x_t - m_t + delta)`. The test for a rise is `up_t - min up`, that for a
//! fall `max down - down_t`; the score is the larger of those asked for, over the threshold, from `min_instances`
//! values on, and 0 before. Above 1 is a drift: the test then begins anew with the next value.
//!
//! **Source.** Page 1954, Biometrika 41; Hinkley 1971, Biometrika 58; in the form of stream mining (Gama et al. 2014,
//! ACM Computing Surveys 46), with a factor that forgets.
//!
//! **Cost.** O(1) time and memory.
//!
//! **When not to use it.** The delta and the threshold are in the units of the values: scale the values, or use
//! [`Adwin`](super::Adwin), which has neither. Slow drifts are followed by the running mean.

use super::{check_value, guard, one_column, overflow, saved};
use crate::error::{Error, Result, check_positive};
use linfa::ParamGuard;

/// Which movements of a mean are looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum Direction {
    /// Rises and falls.
    #[default]
    Both,
    /// Rises.
    Up,
    /// Falls.
    Down,
}

/// Checked settings of [`PageHinkley`].
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
pub struct PageHinkleyValidParams {
    min_instances: u64,
    delta: f64,
    threshold: f64,
    alpha: f64,
    direction: Direction,
}

/// Settings of [`PageHinkley`]; see [`PageHinkley::params`].
#[derive(Debug, Clone, PartialEq)]
pub struct PageHinkleyParams(PageHinkleyValidParams);

impl PageHinkleyParams {
    /// Values after a start or a drift before the test speaks. Default 30.
    #[must_use]
    pub fn min_instances(mut self, values: u64) -> Self {
        self.0.min_instances = values;
        self
    }

    /// What is forgiven at each value, in its units. Default 0.005.
    #[must_use]
    pub fn delta(mut self, delta: f64) -> Self {
        self.0.delta = delta;
        self
    }

    /// Test that is a drift, in the units of the values. Default 50.
    #[must_use]
    pub fn threshold(mut self, threshold: f64) -> Self {
        self.0.threshold = threshold;
        self
    }

    /// Factor by which the sums forget, in (0, 1]. Default 0.9999.
    #[must_use]
    pub fn alpha(mut self, alpha: f64) -> Self {
        self.0.alpha = alpha;
        self
    }

    /// Which movements are looked for. Default both.
    #[must_use]
    pub fn direction(mut self, direction: Direction) -> Self {
        self.0.direction = direction;
        self
    }

    /// A test that has seen nothing.
    ///
    /// # Errors
    /// [`Error::Parameter`] for a negative delta, a threshold that is not positive, or an alpha outside (0, 1].
    pub fn start(&self) -> Result<PageHinkley> {
        let params = self.check_ref()?.clone();
        Ok(PageHinkley { params, test: Test::default(), drift: false, drifts: 0, seen: 0 })
    }
}

impl PageHinkleyValidParams {
    fn validate(&self) -> Result<()> {
        if !(self.delta >= 0.0 && self.delta.is_finite()) {
            return Err(Error::parameter("delta", self.delta, "must be finite and at least 0"));
        }
        check_positive("threshold", self.threshold)?;
        if !(self.alpha > 0.0 && self.alpha <= 1.0) {
            return Err(Error::parameter("alpha", self.alpha, "must be greater than 0 and at most 1"));
        }
        Ok(())
    }
}

guard!(PageHinkleyParams, PageHinkleyValidParams);

/// Sums since the last drift.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
struct Test {
    n: u64,
    mean: f64,
    up: f64,
    lowest: f64,
    down: f64,
    highest: f64,
}

/// A Page-Hinkley test.
///
/// ```
/// use prognos::anomaly::stream::PageHinkley;
/// let mut test = PageHinkley::params().threshold(10.0).start()?;
/// let level = |i| if i < 100 { 1.0 } else { 3.0 };
/// let drift = (0..200).find(|&i| test.push(level(i)).unwrap() > 1.0);
/// assert_eq!(drift, Some(105));
/// # Ok::<(), prognos::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct PageHinkley {
    params: PageHinkleyValidParams,
    test: Test,
    drift: bool,
    drifts: u64,
    seen: u64,
}

impl PageHinkley {
    /// Default settings: 30 values before it speaks, delta 0.005, threshold 50, alpha 0.9999, both directions.
    #[must_use]
    pub fn params() -> PageHinkleyParams {
        PageHinkleyParams(PageHinkleyValidParams {
            min_instances: 30,
            delta: 0.005,
            threshold: 50.0,
            alpha: 0.9999,
            direction: Direction::Both,
        })
    }

    /// Learns a value; the test over its threshold.
    ///
    /// # Errors
    /// [`Error::NonFinite`]; [`Error::Numeric`] when a sum overflows. The test is then as it was before.
    #[inline]
    pub fn push(&mut self, x: f64) -> Result<f64> {
        check_value(x, self.seen)?;
        let PageHinkleyValidParams { min_instances, delta, threshold, alpha, direction } = self.params;
        let mut t = if self.drift { Test::default() } else { self.test };
        t.n += 1;
        t.mean += (x - t.mean) / t.n as f64;
        let deviation = x - t.mean;
        t.up = alpha * t.up + (deviation - delta);
        t.down = alpha * t.down + (deviation + delta);
        t.lowest = t.lowest.min(t.up);
        t.highest = t.highest.max(t.down);
        let (rise, fall) = (t.up - t.lowest, t.highest - t.down);
        if !(t.mean + rise + fall).is_finite() {
            return Err(overflow("Page-Hinkley test"));
        }
        let test = match direction {
            Direction::Both => rise.max(fall),
            Direction::Up => rise,
            Direction::Down => fall,
        };
        let speaks = t.n >= min_instances;
        let score = if speaks { test / threshold } else { 0.0 };
        if !score.is_finite() {
            return Err(overflow("Page-Hinkley test"));
        }
        self.drift = speaks && test > threshold;
        self.drifts += u64::from(self.drift);
        (self.test, self.seen) = (t, self.seen + 1);
        Ok(score)
    }

    /// Whether the last value was found to be a drift.
    #[must_use]
    pub fn drift(&self) -> bool {
        self.drift
    }

    /// Number of drifts so far.
    #[must_use]
    pub fn drifts(&self) -> u64 {
        self.drifts
    }

    /// Mean of the values since the last drift, the drifting value being the last of the old ones; 0 before the first.
    #[must_use]
    pub fn mean(&self) -> f64 {
        self.test.mean
    }

    #[cfg(feature = "serde")]
    fn check_state(&self) -> Result<()> {
        self.params.validate()?;
        let Test { n, mean, up, lowest, down, highest } = self.test;
        let finite = [mean, up, lowest, down, highest].iter().all(|v| v.is_finite());
        if !finite || n > self.seen || (n == 0) != (self.seen == 0) || lowest > up || highest < down {
            return Err(super::refuse("the sums do not fit"));
        }
        if self.drifts > self.seen || (self.drift && self.drifts == 0) {
            return Err(super::refuse("the drifts do not fit"));
        }
        Ok(())
    }
}

one_column!(PageHinkley);
saved!(
    PageHinkley { params: PageHinkleyValidParams, test: Test, drift: bool, drifts: u64, seen: u64 },
    "page_hinkley",
    |_| &[]
);
