//! Degradation along a straight line: S(t) = intercept + slope t + noise.
//!
//! Answers, for one unit under observation: when will the measurement reach the threshold, and how sure is that? For
//! wear, drift and leakage that grow steadily, and for whatever becomes straight after a [`Transform`].
//!
//! With the prior N(m0, V0) of the fleet and n measurements the posterior of the coefficients is N(m, V), and
//! P(RUL <= u) = Phi((m(t + u) - D) / sd(t + u)) with sd^2 = var of the line + noise, given that it exceeds u = 0
//! (Lu & Meeker 1993). With an estimated noise Phi becomes Student's t. Cost: about 0.1 microseconds per measurement
//! and constant memory; an interval costs about 10 microseconds, three times as many with Student's t.
//!
//! The event is a measurement, with its noise, beyond the threshold. Where a failure means that the noise-free level is,
//! the intervals are a little too wide.
//!
//! Not for paths that stay flat until something breaks: start at the break (see `slope_detection`), or use a life
//! distribution from [`crate::rul::survival`].

use super::line::{Path, Scale, Settings};
use super::{Coefficients, FailureThreshold, LinePrior, Noise, Restart, Transform, fleet};
use crate::error::{Error, Result};
use crate::rul::{History, RulEstimate, RulModel};

/// Settings of a [`LinearDegradation`].
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LinearDegradationParams {
    threshold: FailureThreshold,
    prior: Option<LinePrior>,
    noise: Option<Noise>,
    discrepancy: Option<f64>,
    slope_detection: Option<f64>,
    transform: Option<Transform>,
}

impl LinearDegradationParams {
    /// What is known of intercept and slope beforehand. Default: vague (variance 1e6), or learnt by
    /// [`LinearDegradationParams::fit`].
    #[must_use]
    pub fn prior(mut self, prior: LinePrior) -> Self {
        self.prior = Some(prior);
        self
    }

    /// A known noise variance: short for [`Noise::Known`].
    #[must_use]
    pub fn noise_variance(self, variance: f64) -> Self {
        self.noise(Noise::Known(variance))
    }

    /// Scatter of the measurements. Needed for [`LinearDegradationParams::build`]; learnt by
    /// [`LinearDegradationParams::fit`].
    #[must_use]
    pub fn noise(mut self, noise: Noise) -> Self {
        self.noise = Some(noise);
        self
    }

    /// Variance per unit of time by which real paths wander off the line; it widens forecasts in proportion to the
    /// time ahead, as a Brownian motion would. Default 0, or learnt by [`LinearDegradationParams::fit`].
    #[must_use]
    pub fn discrepancy(mut self, variance_per_time: f64) -> Self {
        self.discrepancy = Some(variance_per_time);
        self
    }

    /// Level of a one-sided t test on the slope of all measurements so far; those before the test first succeeds do
    /// not enter the posterior. Default: off, every measurement counts. 0.05 is usual.
    #[must_use]
    pub fn slope_detection(mut self, level: f64) -> Self {
        self.slope_detection = Some(level);
        self
    }

    /// The scale on which the path is straight. Default: the measurement itself.
    #[must_use]
    pub fn transform(mut self, transform: Transform) -> Self {
        self.transform = Some(transform);
        self
    }

    /// Lets [`LinearDegradationParams::fit`] choose a power between -4 and 2: the one under which the units of the fleet
    /// are most likely, each given the others.
    #[must_use]
    pub fn choose_transform(mut self) -> Self {
        self.transform = None;
        self
    }

    /// The model with the given prior and noise.
    ///
    /// # Errors
    /// [`Error::Parameter`] when the noise is missing, a setting is out of range, or the threshold lies outside of the
    /// domain of the transform.
    pub fn build(&self) -> Result<LinearDegradation> {
        let noise = self.noise.ok_or_else(|| Error::parameter("noise", "none", "set it, or use `fit`"))?;
        let transform = self
            .transform
            .ok_or_else(|| Error::parameter("transform", "chosen by the fleet", "set it, or use `fit`"))?;
        let prior = match self.prior {
            Some(prior) => prior,
            None => LinePrior::vague(1e6)?,
        };
        let settings = Settings {
            threshold: self.threshold,
            scale: Scale { transform, phi: 0.0 },
            prior,
            noise,
            discrepancy: self.discrepancy.unwrap_or(0.0),
            slope_detection: self.slope_detection,
        };
        Ok(LinearDegradation { path: Path::new(settings)?, fleet_log_likelihood: None })
    }

    /// Learns what was not set from a fleet of run-to-failure or unfinished histories: prior, noise, discrepancy, and
    /// the transform after [`LinearDegradationParams::choose_transform`].
    ///
    /// A least-squares line per unit; the mean and the shrunken covariance of the lines, widened for a small fleet, as the
    /// prior; the pooled residuals as the noise with as many degrees of freedom as there are units less one, at least 3
    /// (Lu & Meeker 1993). The
    /// discrepancy is the one that makes forecasts within the fleet, each unit given the others, most likely.
    ///
    /// # Errors
    /// [`Error::TooFew`] with fewer than two units (three to choose a transform), a unit of one measurement, or no unit of
    /// three; [`Error::Numeric`] when a value lies outside of the domain of the transform or nothing changes at all.
    pub fn fit(&self, units: &[History<'_>]) -> Result<LinearDegradation> {
        let fleet = fleet::fit(units, self.transform, 0.0)?;
        let mut model = Self {
            prior: Some(self.prior.unwrap_or(fleet.prior)),
            noise: Some(self.noise.unwrap_or(fleet.noise)),
            discrepancy: Some(self.discrepancy.unwrap_or(fleet.discrepancy)),
            transform: Some(fleet.transform),
            ..*self
        }
        .build()?;
        model.fleet_log_likelihood = Some(fleet.log_likelihood).filter(|l| l.is_finite());
        Ok(model)
    }
}

/// A straight degradation path, followed measurement by measurement.
///
/// As a [`RulModel`] it replays a whole history from the fleet's prior and leaves its own state alone; both ways give
/// the same bits.
///
/// ```
/// use prognos::rul::{History, Level, RulModel};
/// use prognos::rul::degradation::{FailureThreshold, LinearDegradation};
/// // Four pumps, one wear measurement each 100 hours.
/// let hours: Vec<f64> = (0..8).map(|i| 100.0 * f64::from(i)).collect();
/// let wear = |rate: f64| hours.iter().map(|h| 0.2 + rate * h + 0.05 * (h * 0.7).sin()).collect::<Vec<_>>();
/// let fleet = [wear(0.008), wear(0.010), wear(0.009), wear(0.012)];
/// let units = fleet.iter().map(|v| History::new(&hours, v)).collect::<Result<Vec<_>, _>>()?;
/// let mut pump = LinearDegradation::params(FailureThreshold::above(10.0)?).fit(&units)?;
/// for (t, v) in [(0.0, 0.2), (100.0, 1.3), (200.0, 2.1), (300.0, 3.3)] {
///     pump.update(t, v)?;
/// }
/// let (early, late) = pump.rul()?.interval(Level::new(0.9)?);
/// assert!(500.0 < early && early < 670.0 && 670.0 < late && late < 900.0);
/// # Ok::<(), prognos::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(deny_unknown_fields))]
pub struct LinearDegradation {
    path: Path,
    fleet_log_likelihood: Option<f64>,
}

impl LinearDegradation {
    /// Settings for a failure at `threshold`.
    #[must_use]
    pub fn params(threshold: FailureThreshold) -> LinearDegradationParams {
        LinearDegradationParams {
            threshold,
            prior: None,
            noise: None,
            discrepancy: None,
            slope_detection: None,
            transform: Some(Transform::Identity),
        }
    }

    /// Takes the next measurement, in O(1). The model is unchanged when it is refused.
    ///
    /// # Errors
    /// [`Error::NonFinite`] for NaN and infinities, [`Error::Parameter`] when the time does not increase,
    /// [`Error::Numeric`] when the value lies outside of the domain of the transform.
    pub fn update(&mut self, time: f64, value: f64) -> Result<()> {
        self.path.update(time, value)
    }

    /// Forgets the measurements and begins with the next unit (or the same one after its clock was set back).
    ///
    /// # Errors
    /// [`Error::Parameter`] when the posterior that is to be kept is not finite.
    pub fn restart(&mut self, with: Restart) -> Result<()> {
        self.path.restart(with)
    }

    /// Remaining life after the last measurement; from time 0 when there is none. A last measurement at or beyond the
    /// threshold is a failure: the remaining life is 0.
    ///
    /// # Errors
    /// [`Error::Numeric`] when the numbers leave the range of floating point.
    pub fn rul(&self) -> Result<RulEstimate> {
        self.path.rul()
    }

    /// Intercept and slope as they are known now, on the straight scale.
    #[must_use]
    pub fn coefficients(&self) -> Coefficients {
        self.path.coefficients()
    }

    /// Probability that a measurement `ahead` from now lies beyond the threshold, without any condition on the time
    /// before.
    ///
    /// # Errors
    /// [`Error::Parameter`] unless `ahead` is finite and at least 0; [`Error::Numeric`] as [`LinearDegradation::rul`].
    pub fn probability_beyond(&self, ahead: f64) -> Result<f64> {
        self.path.probability_beyond(ahead)
    }

    /// Time from now until the expected path reaches the threshold: 0 when it has, `+inf` when it moves away. A quick
    /// look; the distribution of [`LinearDegradation::rul`] is the answer.
    ///
    /// # Errors
    /// As [`LinearDegradation::rul`].
    pub fn mean_path_rul(&self) -> Result<f64> {
        self.path.mean_path_rul()
    }

    /// When the slope became significant; `None` before that or without slope detection.
    #[must_use]
    pub fn slope_detected_at(&self) -> Option<f64> {
        self.path.detected()
    }

    /// The scale on which the path is straight.
    #[must_use]
    pub fn transform(&self) -> Transform {
        self.path.settings.scale.transform
    }

    /// The noise beforehand, as set or learnt.
    #[must_use]
    pub fn noise(&self) -> Noise {
        self.path.settings.noise
    }

    /// The prior, as set or learnt.
    #[must_use]
    pub fn prior(&self) -> LinePrior {
        self.path.settings.prior
    }

    /// Variance per unit of time by which forecasts stray, as set or learnt.
    #[must_use]
    pub fn discrepancy(&self) -> f64 {
        self.path.settings.discrepancy
    }

    /// Log-likelihood of the fleet, each unit given the others, on the scale of the measurement: the number by which
    /// models of one fleet are compared. `None` without a fleet of at least three units.
    #[must_use]
    pub fn fleet_log_likelihood(&self) -> Option<f64> {
        self.fleet_log_likelihood
    }
}

impl RulModel for LinearDegradation {
    fn estimate(&self, history: &History<'_>) -> Result<RulEstimate> {
        self.path.estimate(history)
    }
}

#[cfg(feature = "persist")]
impl crate::persist::Persist for LinearDegradation {
    const KIND: &'static str = "linear_degradation";
    fn feature_names(&self) -> &[String] {
        &[]
    }
}
