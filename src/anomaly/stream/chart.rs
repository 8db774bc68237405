//! Individuals and moving range chart: a value, or a step between two values, out of the ordinary.
//!
//! **Formula.** Of healthy values the mean `m` and the mean absolute step `r` are taken. The limits are
//! `m +- 2.660 r` for a value and `3.267 r` for a step; the score is the larger of `|x - m| / (2.660 r)` and
//! `|x - previous| / (3.267 r)`: above 1 is outside. The factors are 3 / d2 and D4 of samples of two, d2 = 1.128.
//!
//! **Source.** Shewhart 1931; the factors as tabulated in Montgomery, Introduction to Statistical Quality Control,
//! appendix VI.
//!
//! **Cost.** O(1) time and memory.
//!
//! **When not to use it.** Small shifts (use [`EwmaChart`](super::EwmaChart)); values correlated in time, whose steps are too
//! small a measure of their spread.

use super::{check_value, guard, one_column, overflow, saved};
use crate::error::{Error, Result, check_finite, check_positive};
use crate::math::lanes;
use linfa::ParamGuard;

/// Mean range of two normal values over their standard deviation.
const D2: f64 = 1.128;
/// 3 / d2.
const E2: f64 = 2.660;
/// Upper limit of the range of two over its mean.
const D4: f64 = 3.267;

/// Checked settings of an [`IndividualsChart`]: it has none.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
pub struct IndividualsValidParams {}

/// Settings of an [`IndividualsChart`]; see [`IndividualsChart::params`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IndividualsParams(IndividualsValidParams);

impl IndividualsParams {
    /// A chart about the mean and the mean step of healthy values.
    ///
    /// # Errors
    /// [`Error::TooFew`] below 2 values; [`Error::NonFinite`]; [`Error::Numeric`] when the values do not vary, or
    /// overflow.
    pub fn fit(&self, healthy: &[f64]) -> Result<IndividualsChart> {
        let what = "healthy values of an individuals chart";
        check_finite(what, "0", healthy)?;
        if healthy.len() < 2 {
            return Err(Error::too_few(what, 2, healthy.len()));
        }
        let center = lanes::mean(healthy);
        let steps: Vec<f64> = healthy.windows(2).map(|w| (w[1] - w[0]).abs()).collect();
        let mean_range = lanes::mean(&steps);
        if mean_range.is_finite() && mean_range <= 0.0 {
            return Err(Error::numeric(what, "the values do not vary"));
        }
        self.start(center, mean_range)
    }

    /// A chart about a known mean and mean step.
    ///
    /// # Errors
    /// [`Error::Parameter`] for a mean that is not finite or a step that is not positive; [`Error::Numeric`] when the
    /// limits overflow.
    pub fn start(&self, center: f64, mean_range: f64) -> Result<IndividualsChart> {
        let params = self.check_ref()?.clone();
        let chart = IndividualsChart { params, center, mean_range, last: None, seen: 0 };
        chart.check_baseline()?;
        Ok(chart)
    }
}

impl IndividualsValidParams {
    #[allow(clippy::unnecessary_wraps, clippy::unused_self)]
    fn validate(&self) -> Result<()> {
        Ok(())
    }
}

guard!(IndividualsParams, IndividualsValidParams);

/// An individuals and moving range chart.
///
/// ```
/// use prognos::anomaly::stream::IndividualsChart;
/// let mut chart = IndividualsChart::params().fit(&[9.9, 10.1, 10.0, 10.2, 9.8, 10.0])?;
/// assert!(chart.push(10.1)? < 1.0);
/// assert!(chart.push(11.5)? > 1.0);
/// # Ok::<(), prognos::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct IndividualsChart {
    params: IndividualsValidParams,
    center: f64,
    mean_range: f64,
    last: Option<f64>,
    seen: u64,
}

impl IndividualsChart {
    /// The chart has no settings: its limits are the tabulated ones.
    #[must_use]
    pub fn params() -> IndividualsParams {
        IndividualsParams(IndividualsValidParams {})
    }

    /// Learns a value; the larger of its distance and its step over their limits.
    ///
    /// # Errors
    /// [`Error::NonFinite`]; [`Error::Numeric`] when a difference overflows. The chart is then as it was before.
    #[inline]
    pub fn push(&mut self, x: f64) -> Result<f64> {
        check_value(x, self.seen)?;
        let step = self.last.map_or(0.0, |last| (x - last).abs());
        let score = ((x - self.center).abs() / (E2 * self.mean_range)).max(step / (D4 * self.mean_range));
        if !score.is_finite() {
            return Err(overflow("individuals chart"));
        }
        (self.last, self.seen) = (Some(x), self.seen + 1);
        Ok(score)
    }

    /// The mean the chart is about.
    #[must_use]
    pub fn center(&self) -> f64 {
        self.center
    }

    /// The mean absolute step between two healthy values.
    #[must_use]
    pub fn mean_range(&self) -> f64 {
        self.mean_range
    }

    /// Standard deviation as the steps tell it: mean step / 1.128.
    #[must_use]
    pub fn sigma(&self) -> f64 {
        self.mean_range / D2
    }

    /// Lower and upper limit of a value.
    #[must_use]
    pub fn limits(&self) -> (f64, f64) {
        (self.center - E2 * self.mean_range, self.center + E2 * self.mean_range)
    }

    /// Upper limit of a step.
    #[must_use]
    pub fn range_limit(&self) -> f64 {
        D4 * self.mean_range
    }

    fn check_baseline(&self) -> Result<()> {
        if !self.center.is_finite() {
            return Err(Error::parameter("center", self.center, "must be finite"));
        }
        if self.mean_range.is_infinite() {
            return Err(overflow("mean range of an individuals chart"));
        }
        check_positive("mean_range", self.mean_range)?;
        let (low, high) = self.limits();
        let finite = low.is_finite() && high.is_finite() && self.range_limit().is_finite();
        if finite { Ok(()) } else { Err(overflow("limits of an individuals chart")) }
    }

    #[cfg(feature = "serde")]
    fn check_state(&self) -> Result<()> {
        self.params.validate()?;
        self.check_baseline()?;
        if self.last.is_some_and(|x| !x.is_finite()) || self.last.is_some() != (self.seen > 0) {
            return Err(super::refuse("the last value and the number of values do not fit"));
        }
        Ok(())
    }
}

one_column!(IndividualsChart);
saved!(
    IndividualsChart {
        params: IndividualsValidParams,
        center: f64,
        mean_range: f64,
        last: Option<f64>,
        seen: u64,
    },
    "individuals_chart",
    |_| &[]
);
