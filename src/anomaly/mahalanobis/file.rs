//! A saved distance, checked when it is read.

use super::{Covariance, Mahalanobis, MahalanobisParams, MahalanobisValidParams, Metric, RawMcd, mcd};
use crate::error::{Error, Result};
use crate::learners::Scaler;
use linfa::ParamGuard;

/// What a file says; checked before it becomes a [`Mahalanobis`].
#[derive(serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Raw {
    params: MahalanobisValidParams,
    scaler: Scaler,
    rows: usize,
    shrinkage: f64,
    location: Vec<f64>,
    covariance: Vec<f64>,
    mcd: Option<Support>,
}

#[derive(serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Support {
    location: Vec<f64>,
    covariance: Vec<f64>,
    rows: usize,
    used: usize,
}

impl From<Mahalanobis> for Raw {
    fn from(m: Mahalanobis) -> Self {
        Self {
            params: m.params,
            scaler: m.scaler,
            rows: m.n,
            shrinkage: m.shrinkage,
            location: m.metric.location().to_vec(),
            covariance: m.metric.covariance().to_vec(),
            mcd: m.raw.map(|raw| Support {
                location: raw.metric.location().to_vec(),
                covariance: raw.metric.covariance().to_vec(),
                rows: raw.support,
                used: raw.used,
            }),
        }
    }
}

impl TryFrom<Raw> for Mahalanobis {
    type Error = Error;
    fn try_from(raw: Raw) -> Result<Self> {
        let refuse = |reason: &str| Err(Error::Model { reason: format!("Mahalanobis distance: {reason}") });
        let params = MahalanobisParams(raw.params).check()?;
        let kept: Vec<usize> = raw.scaler.constant().iter().enumerate().filter(|(_, c)| !**c).map(|(j, _)| j).collect();
        let d = kept.len();
        if raw.scaler.scaling() != params.scaling || raw.rows < 2 {
            return refuse("the scaler or the number of rows does not fit the settings");
        }
        if !(0.0..=1.0).contains(&raw.shrinkage) || raw.mcd.is_some() != (params.covariance == Covariance::Mcd) {
            return refuse("shrinkage or raw estimate does not fit the covariance");
        }
        let metric = |location: Vec<f64>, covariance: Vec<f64>| {
            let sized = d > 0 && location.len() == d && covariance.len() == d * d;
            let symmetric = sized
                && (0..d).all(|i| {
                    (0..i).all(|j| {
                        let (a, b) = (covariance[i * d + j], covariance[j * d + i]);
                        (a - b).abs() <= 1e-9 * a.abs().max(b.abs())
                    })
                });
            if symmetric { Metric::new(location, covariance) } else { None }
        };
        let Some(main) = metric(raw.location, raw.covariance) else {
            return refuse("location or covariance has the wrong size, is not finite, or is singular");
        };
        let raw_mcd = match raw.mcd {
            None => None,
            Some(s) if s.rows <= d || s.rows > raw.rows || s.used < 2 || s.used > raw.rows => {
                return refuse("the raw estimate has more rows than there were, or too few");
            }
            Some(s) => {
                let consistency = mcd::consistency(d, s.rows as f64 / raw.rows as f64)?;
                let Some(metric) = metric(s.location, s.covariance) else {
                    return refuse("the raw estimate has the wrong size, is not finite, or is singular");
                };
                Some(RawMcd { metric, support: s.rows, used: s.used, consistency })
            }
        };
        Ok(Self { params, scaler: raw.scaler, kept, n: raw.rows, shrinkage: raw.shrinkage, metric: main, raw: raw_mcd })
    }
}
