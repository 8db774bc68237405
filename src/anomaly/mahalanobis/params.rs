//! Settings of the distance.

use super::{Mahalanobis, Scaling};
use crate::error::{Error, Result};
use crate::features::Rows;
use linfa::ParamGuard;

/// How the covariance is estimated; formulas in the [`Mahalanobis`] module.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum Covariance {
    /// Of all rows, divided by n. Needs clearly more rows than columns.
    Empirical,
    /// The empirical one, shrunk by this much (0..=1) towards equal variances.
    Shrunk(f64),
    /// The empirical one, shrunk as Ledoit & Wolf (2004) say. With one column nothing is shrunk.
    #[default]
    LedoitWolf,
    /// The empirical one, shrunk by the oracle approximating rule (Chen et al. 2010): for normal rows a better choice than
    /// Ledoit-Wolf when rows are few. With one column nothing is shrunk.
    Oas,
    /// The reweighted minimum covariance determinant: up to half of the rows may be bad.
    Mcd,
}

/// Checked settings of a [`Mahalanobis`] distance.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
pub struct MahalanobisValidParams {
    pub(super) covariance: Covariance,
    pub(super) scaling: Scaling,
    pub(super) support: Option<f64>,
    pub(super) seed: u64,
}

/// Settings of a [`Mahalanobis`] distance; see [`Mahalanobis::params`].
#[derive(Debug, Clone, PartialEq)]
pub struct MahalanobisParams(pub(super) MahalanobisValidParams);

impl MahalanobisParams {
    pub(super) fn new() -> Self {
        Self(MahalanobisValidParams {
            covariance: Covariance::LedoitWolf,
            scaling: Scaling::Standard,
            support: None,
            seed: 0,
        })
    }

    /// The estimator. Default [`Covariance::LedoitWolf`]: defined for any number of rows and columns, and close to the
    /// empirical one when rows are many.
    #[must_use]
    pub fn covariance(mut self, covariance: Covariance) -> Self {
        self.0.covariance = covariance;
        self
    }

    /// How columns are scaled. Default [`Scaling::Standard`]. Decides the shrunk estimators; the others do not depend
    /// on it but for rounding.
    #[must_use]
    pub fn scaling(mut self, scaling: Scaling) -> Self {
        self.0.scaling = scaling;
        self
    }

    /// Fraction of the rows behind the raw [`Covariance::Mcd`], 0.5..=1. Default `ceil((n + d + 1) / 2)` rows, which
    /// withstands the most bad rows; a larger fraction wastes fewer good ones.
    #[must_use]
    pub fn support_fraction(mut self, fraction: f64) -> Self {
        self.0.support = Some(fraction);
        self
    }

    /// Seed of the random starts of [`Covariance::Mcd`]. Default 0.
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        self.0.seed = seed;
        self
    }

    /// Fits location and covariance.
    ///
    /// # Errors
    /// [`Error::Parameter`] for a shrinkage outside of 0..=1 or a support fraction outside of 0.5..=1;
    /// [`Error::TooFew`] with fewer than 2 rows, or with fewer than [`Covariance::Mcd`] needs for its support to have more
    /// rows than columns; [`Error::NonFinite`] naming a cell; [`Error::Numeric`] when no column moves, when squares overflow,
    /// or when the covariance is singular.
    pub fn fit<'a>(&self, rows: impl Into<Rows<'a>>) -> Result<Mahalanobis> {
        self.check_ref()?.fit_rows(rows.into())
    }
}

impl ParamGuard for MahalanobisParams {
    type Checked = MahalanobisValidParams;
    type Error = Error;

    fn check_ref(&self) -> Result<&MahalanobisValidParams> {
        if let Covariance::Shrunk(s) = self.0.covariance
            && !(0.0..=1.0).contains(&s)
        {
            return Err(Error::parameter("shrinkage", s, "must be 0 to 1"));
        }
        if let Some(fraction) = self.0.support
            && !(0.5..=1.0).contains(&fraction)
        {
            return Err(Error::parameter("support_fraction", fraction, "must be 0.5 to 1"));
        }
        Ok(&self.0)
    }

    fn check(self) -> Result<MahalanobisValidParams> {
        self.check_ref()?;
        Ok(self.0)
    }
}
