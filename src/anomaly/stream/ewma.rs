//! EWMA chart: small shifts of a mean that last.
//!
//! **Formula.** `z_t = lambda x_t + (1 - lambda) z_(t-1)`, `z_0` the healthy mean, with the exact limits
//! `mean +- L sd sqrt(lambda / (2 - lambda) (1 - (1 - lambda)^(2 t)))`, which begin narrow and widen. The score is
//! the distance of `z_t` from the mean over the half width: above 1 is outside the limits.
//!
//! **Source.** Roberts 1959, Technometrics 1; the exact limits as in Montgomery, Introduction to Statistical Quality
//! Control, chapter 9.
//!
//! **Cost.** O(1) time and memory.
//!
//! **When not to use it.** A single large deviation (use [`IndividualsChart`](super::IndividualsChart)); values that
//! are correlated in time (chart the residuals of a model of them).

use super::{baseline, check_value, guard, one_column, overflow, saved};
use crate::error::{Error, Result, check_positive};
use linfa::ParamGuard;

/// Checked settings of an [`EwmaChart`].
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
pub struct EwmaValidParams {
    lambda: f64,
    limit: f64,
}

/// Settings of an [`EwmaChart`]; see [`EwmaChart::params`].
#[derive(Debug, Clone, PartialEq)]
pub struct EwmaParams(EwmaValidParams);

impl EwmaParams {
    /// Weight of the newest value, in (0, 1]. Default 0.2; smaller finds smaller shifts, later.
    #[must_use]
    pub fn lambda(mut self, lambda: f64) -> Self {
        self.0.lambda = lambda;
        self
    }

    /// Half width of the limits in standard deviations of `z`. Default 3: with lambda 0.2 a false alarm about every 560
    /// values of a normal stream.
    #[must_use]
    pub fn limit(mut self, sigmas: f64) -> Self {
        self.0.limit = sigmas;
        self
    }

    /// A chart about the mean and the standard deviation (divisor n - 1) of healthy values.
    ///
    /// # Errors
    /// [`Error::Parameter`] as [`start`](Self::start); [`Error::TooFew`] below 2 values; [`Error::NonFinite`]; and
    /// [`Error::Numeric`] when the values do not vary, or overflow.
    pub fn fit(&self, healthy: &[f64]) -> Result<EwmaChart> {
        let (mean, sd) = baseline("healthy values of an EWMA chart", healthy)?;
        self.start(mean, sd)
    }

    /// A chart about a known mean and standard deviation.
    ///
    /// # Errors
    /// [`Error::Parameter`] for a lambda outside (0, 1], a limit or a standard deviation that is not positive, or a
    /// mean that is not finite.
    pub fn start(&self, mean: f64, sd: f64) -> Result<EwmaChart> {
        let params = self.check_ref()?.clone();
        let scale = params.scale(sd);
        let chart = EwmaChart { params, mean, sd, scale, deviation: 0.0, open: 0.0, seen: 0 };
        chart.check_baseline()?;
        Ok(chart)
    }
}

impl EwmaValidParams {
    fn validate(&self) -> Result<()> {
        if !(self.lambda > 0.0 && self.lambda <= 1.0) {
            return Err(Error::parameter("lambda", self.lambda, "must be greater than 0 and at most 1"));
        }
        check_positive("limit", self.limit).map(drop)
    }

    /// What the limits of a chart that has run for long are: `L sd sqrt(lambda / (2 - lambda))`.
    fn scale(&self, sd: f64) -> f64 {
        self.limit * sd * (self.lambda / (2.0 - self.lambda)).sqrt()
    }
}

guard!(EwmaParams, EwmaValidParams);

/// An EWMA chart.
///
/// ```
/// use prognos::anomaly::stream::{EwmaChart, StreamingDetector};
/// let mut chart = EwmaChart::params().lambda(0.1).limit(2.7).start(10.0, 1.0)?;
/// assert!(chart.push(9.45)? < 1.0);
/// assert!((chart.z() - 9.945).abs() < 1e-12 && (chart.half_width() - 0.27).abs() < 1e-12);
/// // A shift of one standard deviation is found, though none of its values is remarkable.
/// let found = (0..).find(|_| chart.push(11.0).unwrap() > 1.0);
/// assert!(found.unwrap() < 15);
/// assert!(chart.push(f64::NAN).is_err());
/// # Ok::<(), prognos::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct EwmaChart {
    params: EwmaValidParams,
    mean: f64,
    sd: f64,
    /// `L sd sqrt(lambda / (2 - lambda))`.
    scale: f64,
    /// `z` less the mean: keeps its digits where the mean is large.
    deviation: f64,
    /// `1 - (1 - lambda)^(2 t)`.
    open: f64,
    seen: u64,
}

impl EwmaChart {
    /// Default settings: lambda 0.2, limits at 3 standard deviations.
    #[must_use]
    pub fn params() -> EwmaParams {
        EwmaParams(EwmaValidParams { lambda: 0.2, limit: 3.0 })
    }

    /// Learns a value; the distance of the average from the healthy mean over the half width of the limits.
    ///
    /// # Errors
    /// [`Error::NonFinite`]; [`Error::Numeric`] when the average overflows. The chart is then as it was before.
    #[inline]
    pub fn push(&mut self, x: f64) -> Result<f64> {
        check_value(x, self.seen)?;
        let lambda = self.params.lambda;
        let deviation = lambda * (x - self.mean) + (1.0 - lambda) * self.deviation;
        // The recursion of the series, which keeps its digits where lambda is small.
        let open = lambda * (2.0 - lambda) + (1.0 - lambda) * (1.0 - lambda) * self.open;
        let score = deviation.abs() / (self.scale * open.sqrt());
        if !score.is_finite() {
            return Err(overflow("EWMA chart"));
        }
        (self.deviation, self.open, self.seen) = (deviation, open, self.seen + 1);
        Ok(score)
    }

    /// The average after the last value; the healthy mean before the first.
    #[must_use]
    pub fn z(&self) -> f64 {
        self.mean + self.deviation
    }

    /// Half width of the limits at the last value, in the units of the values; 0 before the first.
    #[must_use]
    pub fn half_width(&self) -> f64 {
        self.scale * self.open.sqrt()
    }

    /// 1 when the average lies above the upper limit, -1 below the lower one, 0 between them.
    #[must_use]
    pub fn side(&self) -> i8 {
        let width = self.half_width();
        i8::from(self.deviation > width) - i8::from(self.deviation < -width)
    }

    /// The mean the chart was started with.
    #[must_use]
    pub fn mean(&self) -> f64 {
        self.mean
    }

    /// The standard deviation the chart was started with.
    #[must_use]
    pub fn sd(&self) -> f64 {
        self.sd
    }

    /// Begins anew about the same mean, as after a repair.
    pub fn restart(&mut self) {
        (self.deviation, self.open, self.seen) = (0.0, 0.0, 0);
    }

    fn check_baseline(&self) -> Result<()> {
        if !self.mean.is_finite() {
            return Err(Error::parameter("mean", self.mean, "must be finite"));
        }
        check_positive("sd", self.sd)?;
        if self.scale > 0.0 && self.scale.is_finite() { Ok(()) } else { Err(overflow("limits of an EWMA chart")) }
    }

    #[cfg(feature = "serde")]
    fn check_state(&self) -> Result<()> {
        self.params.validate()?;
        self.check_baseline()?;
        let scaled = self.scale.to_bits() == self.params.scale(self.sd).to_bits();
        let open = (self.open > 0.0) == (self.seen > 0) && (0.0..=1.0 + 1e-9).contains(&self.open);
        if !scaled || !open || !self.deviation.is_finite() {
            return Err(super::refuse("the average or its limits are out of range"));
        }
        Ok(())
    }
}

one_column!(EwmaChart);
saved!(
    EwmaChart { params: EwmaValidParams, mean: f64, sd: f64, scale: f64, deviation: f64, open: f64, seen: u64 },
    "ewma_chart",
    |_| &[]
);
