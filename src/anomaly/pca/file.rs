//! A saved monitor, checked when it is read.

use super::{PcaMonitor, PcaMonitorParams, PcaMonitorValidParams, Training};
use crate::error::{Error, Result};
use crate::learners::Scaler;
use linfa::ParamGuard;

/// What a file says; checked before it becomes a [`PcaMonitor`].
#[derive(serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Raw {
    params: PcaMonitorValidParams,
    scaler: Scaler,
    rows: usize,
    components: usize,
    eigenvalues: Vec<f64>,
    loadings: Vec<f64>,
    training: Training,
}

impl From<PcaMonitor> for Raw {
    fn from(m: PcaMonitor) -> Self {
        Self {
            params: m.params,
            scaler: m.scaler,
            rows: m.n,
            components: m.k,
            eigenvalues: m.eigenvalues,
            loadings: m.loadings,
            training: m.training,
        }
    }
}

impl TryFrom<Raw> for PcaMonitor {
    type Error = Error;
    fn try_from(raw: Raw) -> Result<Self> {
        let refuse = |reason: &str| Err(Error::Model { reason: format!("PCA monitor: {reason}") });
        let params = PcaMonitorParams(raw.params).check()?;
        let kept: Vec<usize> = raw.scaler.constant().iter().enumerate().filter(|(_, c)| !**c).map(|(j, _)| j).collect();
        let (d, k) = (kept.len(), raw.components);
        if raw.scaler.scaling() != params.scaling {
            return refuse("the scaler is not the one of the settings");
        }
        if raw.rows < 3 || raw.rows > u32::MAX as usize || k == 0 || k > d || k >= raw.rows {
            return refuse("more components than rows or columns determine, or too many rows");
        }
        if raw.eigenvalues.len() != d || raw.loadings.len() != k * d {
            return refuse("eigenvalues or loadings have the wrong size");
        }
        if !raw.eigenvalues.iter().all(|l| l.is_finite() && *l >= 0.0) || !raw.eigenvalues[..k].iter().all(|l| *l > 0.0)
        {
            return refuse("an eigenvalue is negative, not finite, or zero in a retained component");
        }
        if !raw.loadings.iter().all(|p| p.abs() <= 1.0 + 1e-9) {
            return refuse("a loading is larger than 1");
        }
        let t = raw.training;
        if ![t.spe_mean, t.spe_variance, t.t2_quantile, t.spe_quantile].iter().all(|v| v.is_finite() && *v >= 0.0) {
            return refuse("a statistic of the training rows is negative or not finite");
        }
        let mut model = Self {
            params,
            scaler: raw.scaler,
            kept,
            n: raw.rows,
            k,
            eigenvalues: raw.eigenvalues,
            loadings: raw.loadings,
            t2_limit: 1.0,
            spe_limit: None,
            training: t,
        };
        model.set_limits()?;
        Ok(model)
    }
}
