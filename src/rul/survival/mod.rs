//! At what age do units fail: life distributions from run-to-failure and censored ages.

mod kaplan_meier;
mod nelson_aalen;
mod weibull;

pub use kaplan_meier::KaplanMeier;
pub use nelson_aalen::NelsonAalen;
pub use weibull::{Weibull, WeibullFit};

use crate::error::{Error, Result, check_finite};

/// Ages of many units: when each failed, or how old it was when last seen alive (right censored).
///
/// ```
/// use prognos::rul::survival::Lifetimes;
/// let ages = Lifetimes::new(&[450.0, 460.0, 1150.0], &[true, false, true])?;
/// assert_eq!(ages.failures(), 2.0);
/// # Ok::<(), prognos::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Lifetimes<'a> {
    ages: &'a [f64],
    failed: &'a [bool],
    counts: Option<&'a [f64]>,
}

impl<'a> Lifetimes<'a> {
    /// One age for each unit, and whether the unit failed at it.
    ///
    /// # Errors
    /// [`Error::Shape`] when the lengths differ, [`Error::TooFew`] without units, [`Error::NonFinite`] for NaN and
    /// infinities, [`Error::Parameter`] unless every age exceeds 0.
    pub fn new(ages: &'a [f64], failed: &'a [bool]) -> Result<Self> {
        if ages.len() != failed.len() {
            return Err(Error::shape("failure marks of lifetimes", ages.len(), failed.len()));
        }
        if ages.is_empty() {
            return Err(Error::too_few("lifetimes", 1, 0));
        }
        check_finite("lifetimes", "ages", ages)?;
        if let Some(row) = ages.iter().position(|a| *a <= 0.0) {
            return Err(Error::parameter("ages", ages[row], format!("age {row} must be greater than 0")));
        }
        Ok(Self { ages, failed, counts: None })
    }

    /// How many units each entry stands for, where several share an age.
    ///
    /// # Errors
    /// [`Error::Shape`] when there are not as many counts as ages, [`Error::Parameter`] when a count is negative or not
    /// finite.
    pub fn with_counts(mut self, counts: &'a [f64]) -> Result<Self> {
        if counts.len() != self.ages.len() {
            return Err(Error::shape("counts of lifetimes", self.ages.len(), counts.len()));
        }
        if let Some(row) = counts.iter().position(|c| !c.is_finite() || *c < 0.0) {
            return Err(Error::parameter("counts", counts[row], format!("count {row} must be finite and at least 0")));
        }
        self.counts = Some(counts);
        Ok(self)
    }

    /// Number of units that failed.
    #[must_use]
    pub fn failures(&self) -> f64 {
        self.iter().filter(|u| u.1).map(|u| u.2).sum()
    }

    /// Number of units.
    #[must_use]
    pub fn units(&self) -> f64 {
        self.iter().map(|u| u.2).sum()
    }

    /// (age, failed, count).
    fn iter(&self) -> impl Iterator<Item = (f64, bool, f64)> + '_ {
        (0..self.ages.len()).map(|i| (self.ages[i], self.failed[i], self.counts.map_or(1.0, |c| c[i])))
    }
}
