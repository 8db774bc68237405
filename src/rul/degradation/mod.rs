//! Paths that a measurement takes to a failure threshold, updated by Bayes' rule with every new value.
//!
//! The path is a straight line in time, on the scale of the measurement ([`LinearDegradation`]), of its logarithm
//! ([`ExponentialDegradation`]) or of a power ([`Transform`]). Its intercept and slope differ from unit to unit around
//! those of the fleet; each measurement narrows them. The remaining life is the first passage of the line, with the
//! uncertainty of its coefficients and the noise, over the threshold.
//!
//! Sources: Lu & Meeker, Technometrics 35 (1993); Gebraeel, Lawley, Li & Ryan, IIE Transactions 37 (2005).

mod exponential;
mod fleet;
mod line;
mod linear;

pub use exponential::{ExponentialDegradation, ExponentialDegradationParams};
pub use linear::{LinearDegradation, LinearDegradationParams};

use crate::error::{Error, Result, check_positive};

/// The value at which a unit counts as failed, and from which side it is reached.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(deny_unknown_fields))]
pub struct FailureThreshold {
    value: f64,
    above: bool,
}

impl FailureThreshold {
    /// Failed when the measurement rises to `value`, as a crack or a vibration does.
    ///
    /// # Errors
    /// [`Error::Parameter`] unless `value` is finite.
    pub fn above(value: f64) -> Result<Self> {
        Self::new(value, true)
    }

    /// Failed when the measurement falls to `value`, as a capacity or a pressure does.
    ///
    /// # Errors
    /// [`Error::Parameter`] unless `value` is finite.
    pub fn below(value: f64) -> Result<Self> {
        Self::new(value, false)
    }

    fn new(value: f64, above: bool) -> Result<Self> {
        if value.is_finite() {
            Ok(Self { value, above })
        } else {
            Err(Error::parameter("threshold", value, "must be finite"))
        }
    }

    /// The value.
    #[must_use]
    pub fn value(&self) -> f64 {
        self.value
    }

    /// Whether a measurement counts as failed.
    #[must_use]
    pub fn reached(&self, measurement: f64) -> bool {
        if self.above { measurement >= self.value } else { measurement <= self.value }
    }
}

/// What is known about intercept and slope before a unit has been measured: a bivariate normal.
///
/// The intercept is the value of the line at time 0, the slope its change per unit of time, both on the scale on
/// which the path is straight.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(try_from = "RawPrior"))]
pub struct LinePrior {
    mean: [f64; 2],
    variance: [f64; 2],
    correlation: f64,
}

#[cfg(feature = "serde")]
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct RawPrior {
    mean: [f64; 2],
    variance: [f64; 2],
    correlation: f64,
}

#[cfg(feature = "serde")]
impl TryFrom<RawPrior> for LinePrior {
    type Error = Error;
    fn try_from(raw: RawPrior) -> Result<Self> {
        Self::new(raw.mean, raw.variance, raw.correlation)
    }
}

impl LinePrior {
    /// A prior from means and variances of (intercept, slope) and their correlation. A variance of 0 fixes the
    /// coefficient.
    ///
    /// # Errors
    /// [`Error::Parameter`] when a mean is not finite, a variance negative or not finite, or the correlation outside
    /// of [-1, 1].
    pub fn new(mean: [f64; 2], variance: [f64; 2], correlation: f64) -> Result<Self> {
        for m in mean {
            if !m.is_finite() {
                return Err(Error::parameter("prior mean", m, "must be finite"));
            }
        }
        for v in variance {
            if !v.is_finite() || v < 0.0 {
                return Err(Error::parameter("prior variance", v, "must be finite and at least 0"));
            }
        }
        if !(-1.0..=1.0).contains(&correlation) {
            return Err(Error::parameter("prior correlation", correlation, "must lie between -1 and 1"));
        }
        Ok(Self { mean, variance, correlation })
    }

    /// A line that starts at a known value (`phi`) and whose slope alone is uncertain.
    ///
    /// # Errors
    /// As [`LinePrior::new`].
    pub fn from_known_start(phi: f64, slope_mean: f64, slope_variance: f64) -> Result<Self> {
        Self::new([phi, slope_mean], [0.0, slope_variance], 0.0)
    }

    /// A prior that hardly says anything: means 0, variances `variance`. Variances of 1e6 are common; they must be
    /// large compared with the squares of the real coefficients.
    ///
    /// # Errors
    /// As [`LinePrior::new`].
    pub fn vague(variance: f64) -> Result<Self> {
        Self::new([0.0, 0.0], [variance, variance], 0.0)
    }

    /// Means of intercept and slope.
    #[must_use]
    pub fn mean(&self) -> [f64; 2] {
        self.mean
    }

    /// Covariance of intercept and slope.
    #[must_use]
    pub fn covariance(&self) -> [[f64; 2]; 2] {
        let c = self.cross();
        [[self.variance[0], c], [c, self.variance[1]]]
    }

    /// Correlation of intercept and slope.
    #[must_use]
    pub fn correlation(&self) -> f64 {
        self.correlation
    }

    fn cross(&self) -> f64 {
        self.correlation * self.variance[0].sqrt() * self.variance[1].sqrt()
    }
}

/// Scatter of single measurements about the line, on the scale on which the path is straight.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum Noise {
    /// A known variance. Simple, and over-confident when the variance is only a guess.
    Known(f64),
    /// A variance that each unit's own data corrects: scaled inverse chi-squared with `dof` degrees of freedom, as if
    /// `variance` had been estimated from that many residuals. The prior covariance of the coefficients then scales
    /// with the noise (normal-inverse-gamma), and predictions follow Student's t.
    Estimated {
        /// Prior estimate of the variance.
        variance: f64,
        /// Weight of that estimate, in residuals; small values give wide intervals. 5 is cautious.
        dof: f64,
    },
}

impl Noise {
    fn check(self) -> Result<Self> {
        match self {
            Self::Known(variance) => check_positive("noise variance", variance)?,
            Self::Estimated { variance, dof } => {
                check_positive("noise degrees of freedom", dof)?;
                check_positive("noise variance", variance)?
            }
        };
        Ok(self)
    }

    /// The variance expected before the unit was measured.
    #[must_use]
    pub fn variance(&self) -> f64 {
        match *self {
            Self::Known(variance) | Self::Estimated { variance, .. } => variance,
        }
    }
}

/// The scale on which a path is a straight line in time.
///
/// Crack growth by Paris' law with exponent m is a line in a^(1 - m/2), or in ln a for m = 2.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum Transform {
    /// The measurement itself.
    Identity,
    /// Its natural logarithm; only for positive values.
    Log,
    /// (x^p - 1) / p, which rises with x for every p (Box & Cox 1964) and tends to the logarithm for p = 0; only for
    /// positive values. `Power(-1.0)` is the reciprocal.
    Power(f64),
}

impl Transform {
    fn check(self) -> Result<Self> {
        match self {
            Self::Power(p) if !(p.is_finite() && p.abs() <= 20.0) => {
                Err(Error::parameter("transform power", p, "must lie between -20 and 20"))
            }
            fine => Ok(fine),
        }
    }

    /// The value on the straight scale; NaN outside of the domain.
    #[must_use]
    pub fn apply(&self, x: f64) -> f64 {
        match *self {
            Self::Identity => x,
            _ if x <= 0.0 => f64::NAN,
            Self::Log => x.ln(),
            Self::Power(p) if p.abs() < 1e-8 => x.ln(),
            Self::Power(p) => (p * x.ln()).exp_m1() / p,
        }
    }

    /// ln of the derivative: the Jacobian of likelihoods on different scales.
    fn ln_derivative(self, x: f64) -> f64 {
        match self {
            Self::Identity => 0.0,
            Self::Log => -x.ln(),
            Self::Power(p) => (p - 1.0) * x.ln(),
        }
    }
}

/// What to begin with when the next unit is tracked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum Restart {
    /// The prior that the model was built with: the next unit is another member of the fleet.
    FleetPrior,
    /// What has been learnt so far: the same unit goes on after its clock was set back.
    Posterior,
}

/// Intercept and slope as they are known now.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Coefficients {
    /// Means of the intercept (at time 0) and the slope.
    pub mean: [f64; 2],
    /// Their covariance; for an estimated noise the scale matrix of their Student t.
    pub covariance: [[f64; 2]; 2],
    /// Noise variance.
    pub noise_variance: f64,
    /// Degrees of freedom of the Student t; `None` when the noise is known and the law normal.
    pub dof: Option<f64>,
}

impl Coefficients {
    /// Correlation of intercept and slope; 0 when one of them is fixed.
    #[must_use]
    pub fn correlation(&self) -> f64 {
        let scale = (self.covariance[0][0] * self.covariance[1][1]).sqrt();
        if scale > 0.0 { self.covariance[0][1] / scale } else { 0.0 }
    }
}
