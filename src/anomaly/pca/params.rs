//! Settings of the monitor.

use super::{PcaMonitor, SpeLimit, T2Limit};
use crate::error::{Error, Result, check_fraction};
use crate::features::Rows;
use crate::learners::Scaling;
use linfa::ParamGuard;

/// How many components are retained.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum Components {
    /// The fewest whose eigenvalues reach this fraction (0..=1) of the total variance.
    Explained(f64),
    /// This many, or as many as the training rows determine when those are fewer.
    Count(usize),
}

/// Checked settings of a [`PcaMonitor`].
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
pub struct PcaMonitorValidParams {
    pub(super) components: Components,
    pub(super) scaling: Scaling,
    pub(super) alpha: f64,
    pub(super) t2_limit: T2Limit,
    pub(super) spe_limit: SpeLimit,
}

/// Settings of a [`PcaMonitor`]; see [`PcaMonitor::params`].
#[derive(Debug, Clone, PartialEq)]
pub struct PcaMonitorParams(pub(super) PcaMonitorValidParams);

impl PcaMonitorParams {
    /// Retains the fewest components that explain this fraction of the variance. Default 0.95.
    #[must_use]
    pub fn explained(mut self, fraction: f64) -> Self {
        self.0.components = Components::Explained(fraction);
        self
    }

    /// Retains this many components (fewer when the rows determine fewer).
    #[must_use]
    pub fn components(mut self, count: usize) -> Self {
        self.0.components = Components::Count(count);
        self
    }

    /// How columns are scaled. Default [`Scaling::Standard`]: the correlation matrix, because sensors have units of
    /// their own. [`Scaling::Centre`] takes the covariance matrix.
    #[must_use]
    pub fn scaling(mut self, scaling: Scaling) -> Self {
        self.0.scaling = scaling;
        self
    }

    /// False alarm rate per chart and row of the limits that the score divides by. Default 0.01, the usual action
    /// limit of these charts.
    #[must_use]
    pub fn alpha(mut self, alpha: f64) -> Self {
        self.0.alpha = alpha;
        self
    }

    /// Which limits the score divides by. Default [`T2Limit::F`] and [`SpeLimit::BoxTheory`].
    #[must_use]
    pub fn limits(mut self, t2: T2Limit, spe: SpeLimit) -> Self {
        self.0.t2_limit = t2;
        self.0.spe_limit = spe;
        self
    }

    /// Fits the monitor on healthy rows.
    ///
    /// # Errors
    /// [`Error::Parameter`] for a setting out of its range; [`Error::TooFew`] with fewer than 3 rows;
    /// [`Error::NonFinite`] naming a cell; [`Error::Numeric`] when no column moves, when squares overflow, or when a
    /// chosen limit is undefined for the spectrum.
    pub fn fit<'a>(&self, rows: impl Into<Rows<'a>>) -> Result<PcaMonitor> {
        self.check_ref()?.fit_rows(rows.into())
    }
}

impl ParamGuard for PcaMonitorParams {
    type Checked = PcaMonitorValidParams;
    type Error = Error;

    fn check_ref(&self) -> Result<&PcaMonitorValidParams> {
        match self.0.components {
            Components::Explained(f) if !(f > 0.0 && f <= 1.0) => {
                return Err(Error::parameter("explained", f, "must be greater than 0 and at most 1"));
            }
            Components::Count(0) => return Err(Error::parameter("components", 0, "must be at least 1")),
            _ => {}
        }
        check_fraction("alpha", self.0.alpha)?;
        Ok(&self.0)
    }

    fn check(self) -> Result<PcaMonitorValidParams> {
        self.check_ref()?;
        Ok(self.0)
    }
}
