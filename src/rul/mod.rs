//! How long will it last: remaining useful life (RUL) with its uncertainty.
//!
//! A model reads the [`History`] of one unit and answers with a [`RulEstimate`]: a distribution over the time that is
//! left, never a bare number. Models of the path that a measurement takes to a threshold stand in [`degradation`],
//! models of the ages at which units fail in [`survival`].
//!
//! ```
//! use prognos::rul::{History, Level, RulModel, degradation::{FailureThreshold, LinearDegradation, LinePrior}};
//! let wear = LinearDegradation::params(FailureThreshold::above(10.0)?)
//!     .prior(LinePrior::new([0.0, 0.1], [0.1, 0.01], 0.0)?)
//!     .noise_variance(0.05)
//!     .build()?;
//! let times = [0.0, 10.0, 20.0, 30.0];
//! let values = [0.1, 1.9, 4.1, 6.0];
//! let rul = wear.estimate(&History::new(&times, &values)?)?;
//! let (early, late) = rul.interval(Level::new(0.9)?);
//! assert!(early < rul.median() && rul.median() < late);
//! assert!((rul.median() - 20.0).abs() < 2.0);
//! # Ok::<(), prognos::Error>(())
//! ```

pub mod conformal;
mod crossing;
pub mod degradation;
mod estimate;
mod fleet;
pub mod regression;
pub mod similarity;
pub mod survival;

pub use estimate::{Level, RulEstimate};
pub use fleet::{Fleet, FleetUnit};
pub use regression::{RulRegression, RulRegressionParams};

use crate::error::{Error, Result, check_finite};

/// A model that turns the history of one unit into its remaining useful life.
pub trait RulModel {
    /// The remaining useful life after the last measurement of `history`, in the unit of its times.
    ///
    /// # Errors
    /// As each model says; typically [`Error::Numeric`] when the values do not fit the model at all.
    fn estimate(&self, history: &History<'_>) -> Result<RulEstimate>;
}

/// What was measured on one unit so far: times, strictly increasing, and one value at each.
///
/// The time counts from when the unit was new where a model asks for the age; its unit (hours, cycles, days) is the
/// caller's, and the remaining life comes back in the same.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct History<'a> {
    times: &'a [f64],
    values: &'a [f64],
}

impl<'a> History<'a> {
    /// A history of at least one measurement.
    ///
    /// # Errors
    /// [`Error::Shape`] when there are not as many values as times, [`Error::TooFew`] without any,
    /// [`Error::NonFinite`] for NaN and infinities, [`Error::Parameter`] when a time does not exceed the one before.
    pub fn new(times: &'a [f64], values: &'a [f64]) -> Result<Self> {
        if times.len() != values.len() {
            return Err(Error::shape("values of a history", times.len(), values.len()));
        }
        if times.is_empty() {
            return Err(Error::too_few("measurements of a history", 1, 0));
        }
        check_finite("history", "times", times)?;
        check_finite("history", "values", values)?;
        if let Some(i) = times.windows(2).position(|w| w[1] <= w[0]) {
            return Err(Error::parameter(
                "times",
                times[i + 1],
                format!("must increase, but measurement {} was at {}", i, times[i]),
            ));
        }
        Ok(Self { times, values })
    }

    /// The times, strictly increasing.
    #[must_use]
    pub fn times(&self) -> &'a [f64] {
        self.times
    }

    /// The measured values.
    #[must_use]
    pub fn values(&self) -> &'a [f64] {
        self.values
    }

    /// Number of measurements, at least 1.
    #[must_use]
    #[allow(clippy::len_without_is_empty)] // a history is never empty
    pub fn len(&self) -> usize {
        self.times.len()
    }

    /// Time of the last measurement: the "now" of an estimate.
    #[must_use]
    pub fn now(&self) -> f64 {
        self.times[self.times.len() - 1]
    }

    /// The value measured last.
    #[must_use]
    pub fn last(&self) -> f64 {
        self.values[self.values.len() - 1]
    }

    /// The first `n` measurements: what was known at an earlier time. `n` is kept within 1 and the length.
    #[must_use]
    pub fn first(&self, n: usize) -> Self {
        let n = n.clamp(1, self.len());
        Self { times: &self.times[..n], values: &self.values[..n] }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn histories_are_checked() {
        assert!(History::new(&[], &[]).is_err());
        assert!(History::new(&[1.0, 1.0], &[0.0, 0.0]).is_err());
        assert!(History::new(&[1.0, 2.0], &[0.0]).is_err());
        assert!(History::new(&[1.0, 2.0], &[0.0, f64::NAN]).is_err());
        let (t, v) = ([1.0, 2.0, 5.0], [3.0, 4.0, 5.0]);
        let history = History::new(&t, &v).unwrap_or(History { times: &[0.0], values: &[0.0] });
        assert!((history.now() - 5.0).abs() < 1e-15 && history.first(2).len() == 2 && history.first(0).len() == 1);
    }
}
