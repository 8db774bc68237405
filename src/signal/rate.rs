//! How often a sensor is read.

use crate::error::{Error, Result};
use std::fmt;

/// Samples per second, always finite and greater than zero.
///
/// ```
/// use prognos::signal::SampleRate;
/// let rate = SampleRate::hz(12_800.0)?;
/// assert_eq!(rate.nyquist(), 6_400.0);
/// assert_eq!(SampleRate::every_seconds(600.0)?.samples(3_600.0)?, 6); // one value every ten minutes
/// assert!(SampleRate::hz(0.0).is_err());
/// # Ok::<(), prognos::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(try_from = "f64", into = "f64"))]
pub struct SampleRate(f64);

impl SampleRate {
    /// One sample a second.
    pub const ONE_HZ: Self = Self(1.0);

    /// A rate in hertz.
    ///
    /// # Errors
    /// [`Error::Parameter`] unless `hz` is finite, greater than zero, and has a finite reciprocal.
    pub fn hz(hz: f64) -> Result<Self> {
        if hz.is_finite() && hz > 0.0 && (1.0 / hz).is_finite() {
            Ok(Self(hz))
        } else {
            Err(Error::parameter("rate", hz, "a sample rate must be finite and greater than 0 Hz"))
        }
    }

    /// A rate given as the time between two samples, in seconds.
    ///
    /// # Errors
    /// [`Error::Parameter`] unless `seconds` is finite and greater than zero.
    pub fn every_seconds(seconds: f64) -> Result<Self> {
        if seconds.is_finite() && seconds > 0.0 {
            Self::hz(1.0 / seconds)
        } else {
            Err(Error::parameter("seconds", seconds, "the time between samples must be finite and greater than 0"))
        }
    }

    /// The rate in hertz.
    #[must_use]
    pub fn as_hz(self) -> f64 {
        self.0
    }

    /// Time between two samples in seconds.
    #[must_use]
    pub fn period(self) -> f64 {
        1.0 / self.0
    }

    /// Highest frequency the samples can carry, in hertz.
    #[must_use]
    pub fn nyquist(self) -> f64 {
        0.5 * self.0
    }

    /// Time that `samples` steps take, in seconds.
    #[must_use]
    pub fn seconds(self, samples: usize) -> f64 {
        samples as f64 / self.0
    }

    /// The whole number of samples nearest to a time in seconds.
    ///
    /// # Errors
    /// [`Error::Parameter`] when the time is negative, not finite, or longer than a `usize` can count.
    pub fn samples(self, seconds: f64) -> Result<usize> {
        let count = (seconds * self.0).round();
        // 2^53: beyond it a f64 no longer counts in ones.
        if (0.0..=9_007_199_254_740_992.0).contains(&count) {
            Ok(count as usize)
        } else {
            let reason =
                if count > 0.0 { "too long: more than 2^53 samples" } else { "a time must be finite and not negative" };
            Err(Error::parameter("seconds", seconds, reason))
        }
    }
}

impl fmt::Display for SampleRate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} Hz", self.0)
    }
}

impl TryFrom<f64> for SampleRate {
    type Error = Error;
    fn try_from(hz: f64) -> Result<Self> {
        Self::hz(hz)
    }
}

impl From<SampleRate> for f64 {
    fn from(rate: SampleRate) -> f64 {
        rate.0
    }
}
