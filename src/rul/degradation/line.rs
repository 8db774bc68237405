//! The kernel both degradation models share: Bayesian regression of a straight line, one measurement at a time.
//!
//! The data enter as six centred numbers (count, mean time, mean value, squared and crossed deviations, squared
//! residuals), updated as by Welford; each update costs some ten operations, loses no digits to a large time or
//! value offset, and the batch is the same loop. With prior covariance V of (value at the mean time, slope) and the
//! diagonal information D = (n, sum (t - mean)^2) / noise, the posterior covariance is (I + V D)^-1 V, in closed form
//! and also for a singular V.

use super::{Coefficients, FailureThreshold, LinePrior, Noise, Restart, Transform};
use crate::error::{Error, Result};
use crate::math::special::{LN_SQRT_2PI, ln_gamma, norm_cdf, t_cdf, t_quantile};
use crate::rul::crossing::Crossing;
use crate::rul::{History, RulEstimate};

/// Centred moments of the pairs (time, value).
#[derive(Debug, Clone, Copy, PartialEq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(deny_unknown_fields))]
pub(super) struct Moments {
    pub(super) n: f64,
    pub(super) t: f64,
    pub(super) y: f64,
    pub(super) tt: f64,
    pub(super) ty: f64,
    /// Sum of squared residuals of the least-squares line.
    pub(super) residual: f64,
}

impl Moments {
    pub(super) fn push(&mut self, t: f64, y: f64) {
        let (dt, dy) = (t - self.t, y - self.y);
        if self.tt > 0.0 {
            // Recursive residual (Brown, Durbin & Evans 1975): a sum of squares, so nothing cancels.
            let error = dy - self.slope() * dt;
            self.residual += error * error / (1.0 + 1.0 / self.n + dt * dt / self.tt);
        }
        self.n += 1.0;
        self.t += dt / self.n;
        self.y += dy / self.n;
        self.tt += dt * (t - self.t);
        self.ty += dt * (y - self.y);
    }

    /// Slope of the least-squares line; 0 when all times are equal.
    pub(super) fn slope(&self) -> f64 {
        if self.tt > 0.0 { self.ty / self.tt } else { 0.0 }
    }

    /// Sum of squared deviations of the values from their mean.
    pub(super) fn spread(&self) -> f64 {
        self.residual + self.ty * self.slope()
    }

    /// Whether the slope in the direction `sign` is significant (one-sided t test).
    fn significant(&self, sign: f64, level: f64) -> bool {
        let dof = self.n - 2.0;
        if dof < 1.0 {
            return false;
        }
        let error = (self.residual / (dof * self.tt)).sqrt();
        let slope = sign * self.slope();
        // Without any residual every slope is significant.
        slope > 0.0 && slope >= t_quantile(1.0 - level, dof) * error
    }

    fn is_finite(&self) -> bool {
        [self.n, self.t, self.y, self.tt, self.ty, self.residual].iter().all(|v| v.is_finite())
    }
}

/// Posterior about the centre of the data.
#[derive(Debug, Clone, Copy)]
pub(super) struct Posterior {
    centre: f64,
    mean: [f64; 2],
    /// (value at the centre, both, slope).
    cov: [f64; 3],
    noise: f64,
    dof: Option<f64>,
    /// Log-likelihood of the data under the prior.
    pub(super) log_evidence: f64,
}

impl Posterior {
    pub(super) fn new(prior: &LinePrior, noise: Noise, m: &Moments) -> Self {
        let c = m.t;
        let (v0, v1, cross) = (prior.variance[0], prior.variance[1], prior.cross());
        let va = (v0 + 2.0 * c * cross + c * c * v1).max(0.0);
        let vab = cross + c * v1;
        let det_v = v0 * v1 * (1.0 - prior.correlation * prior.correlation);
        let before = noise.variance();
        let (d0, d1) = (m.n / before, m.tt / before);
        let det = 1.0 + va * d0 + v1 * d1 + det_v * d0 * d1;
        let cov = [(va + det_v * d1) / det, vab / det, (v1 + det_v * d0) / det];
        let prior_mean = [prior.mean[0] + c * prior.mean[1], prior.mean[1]];
        let (e0, e1) = (m.y - prior_mean[0], m.slope() - prior_mean[1]);
        let (w0, w1) = (d0 * e0, d1 * e1);
        let mean = [prior_mean[0] + cov[0] * w0 + cov[1] * w1, prior_mean[1] + cov[1] * w0 + cov[2] * w1];
        // Squared distance of the least-squares line from the prior's, in units of the noise variance.
        let distance =
            (d0 * e0 * e0 * (1.0 + v1 * d1) - 2.0 * vab * d0 * d1 * e0 * e1 + d1 * e1 * e1 * (1.0 + va * d0)) / det;
        let misfit = m.residual / before + distance.max(0.0);
        let half_ln_det = 0.5 * det.ln() + 0.5 * m.n * before.ln();
        match noise {
            Noise::Known(noise) => Self {
                centre: c,
                mean,
                cov,
                noise,
                dof: None,
                log_evidence: -half_ln_det - m.n * LN_SQRT_2PI - 0.5 * misfit,
            },
            Noise::Estimated { dof, .. } => {
                let after = dof + m.n;
                let factor = (dof + misfit) / after;
                Self {
                    centre: c,
                    mean,
                    cov: cov.map(|v| v * factor),
                    noise: before * factor,
                    dof: Some(after),
                    log_evidence: ln_gamma(0.5 * after)
                        - ln_gamma(0.5 * dof)
                        - 0.5 * m.n * (dof * std::f64::consts::PI).ln()
                        - half_ln_det
                        - 0.5 * after * (misfit / dof).ln_1p(),
                }
            }
        }
    }

    pub(super) fn coefficients(&self) -> Coefficients {
        let c = self.centre;
        let [va, vab, vb] = self.cov;
        let cross = vab - c * vb;
        Coefficients {
            mean: [self.mean[0] - c * self.mean[1], self.mean[1]],
            covariance: [[(va - 2.0 * c * vab + c * c * vb).max(0.0), cross], [cross, vb]],
            noise_variance: self.noise,
            dof: self.dof,
        }
    }

    /// Location and variance of a measurement at `t`.
    pub(super) fn predict(&self, t: f64) -> (f64, f64) {
        let d = t - self.centre;
        let [va, vab, vb] = self.cov;
        (self.mean[0] + d * self.mean[1], (va + 2.0 * d * vab + d * d * vb).max(0.0) + self.noise)
    }

    pub(super) fn dof(&self) -> Option<f64> {
        self.dof
    }

    /// First passage of measurements after `now` over `limit` in the direction `sign`.
    fn crossing(&self, now: f64, limit: f64, sign: f64, discrepancy: f64) -> Crossing {
        let (location, variance) = self.predict(now);
        Crossing {
            gap: sign * (location - limit),
            slope: sign * self.mean[1],
            v0: variance,
            v1: self.cov[1] + (now - self.centre) * self.cov[2] + 0.5 * discrepancy,
            v2: self.cov[2],
            dof: self.dof,
        }
    }
}

/// The scale on which the path is straight: a transform of (value - phi).
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(deny_unknown_fields))]
pub(super) struct Scale {
    pub(super) transform: Transform,
    pub(super) phi: f64,
}

impl Scale {
    pub(super) fn apply(&self, what: &str, at: f64, value: f64) -> Result<f64> {
        let y = self.transform.apply(value - self.phi);
        if y.is_finite() {
            return Ok(y);
        }
        Err(Error::numeric(
            format!("{what} {value} at time {at}"),
            format!(
                "value - phi (phi = {}) must be a positive number of moderate size for {:?}",
                self.phi, self.transform
            ),
        ))
    }
}

/// Everything that is set before the first measurement.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(deny_unknown_fields))]
pub(super) struct Settings {
    pub(super) threshold: FailureThreshold,
    pub(super) scale: Scale,
    pub(super) prior: LinePrior,
    pub(super) noise: Noise,
    pub(super) discrepancy: f64,
    pub(super) slope_detection: Option<f64>,
}

impl Settings {
    pub(super) fn check(self) -> Result<Self> {
        self.noise.check()?;
        self.scale.transform.check()?;
        if !self.scale.phi.is_finite() {
            return Err(Error::parameter("phi", self.scale.phi, "must be finite"));
        }
        if !self.discrepancy.is_finite() || self.discrepancy < 0.0 {
            return Err(Error::parameter("discrepancy", self.discrepancy, "must be finite and at least 0"));
        }
        if let Some(level) = self.slope_detection {
            crate::error::check_fraction("slope_detection", level)?;
        }
        self.limit()?;
        Ok(self)
    }

    fn limit(&self) -> Result<f64> {
        self.scale.apply("threshold", f64::NAN, self.threshold.value).map_err(|_| {
            Error::parameter(
                "threshold",
                self.threshold.value,
                format!(
                    "threshold - phi (phi = {}) lies outside of the domain of {:?}",
                    self.scale.phi, self.scale.transform
                ),
            )
        })
    }

    fn sign(&self) -> f64 {
        if self.threshold.above { 1.0 } else { -1.0 }
    }
}

/// A path that is being followed.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(try_from = "RawPath"))]
pub(super) struct Path {
    pub(super) settings: Settings,
    fleet_prior: LinePrior,
    fleet_noise: Noise,
    /// All measurements: for the slope test.
    seen: Moments,
    /// Those that the posterior rests on.
    used: Moments,
    detected: Option<f64>,
    last: Option<[f64; 2]>,
}

#[cfg(feature = "serde")]
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct RawPath {
    settings: Settings,
    fleet_prior: LinePrior,
    fleet_noise: Noise,
    seen: Moments,
    used: Moments,
    detected: Option<f64>,
    last: Option<[f64; 2]>,
}

#[cfg(feature = "serde")]
impl TryFrom<RawPath> for Path {
    type Error = Error;
    fn try_from(raw: RawPath) -> Result<Self> {
        raw.settings.check()?;
        FailureThreshold::above(raw.settings.threshold.value)?;
        raw.fleet_noise.check()?;
        for m in [raw.seen, raw.used] {
            if !m.is_finite() || m.n < 0.0 || m.tt < 0.0 || m.residual < 0.0 {
                return Err(Error::Model { reason: "the moments of a degradation path are not possible".into() });
            }
        }
        if raw.last.iter().flatten().chain(&raw.detected).any(|v| !v.is_finite()) {
            return Err(Error::Model { reason: "the last measurement of a degradation path is not finite".into() });
        }
        let RawPath { settings, fleet_prior, fleet_noise, seen, used, detected, last } = raw;
        Ok(Self { settings, fleet_prior, fleet_noise, seen, used, detected, last })
    }
}

impl Path {
    pub(super) fn new(settings: Settings) -> Result<Self> {
        let settings = settings.check()?;
        Ok(Self {
            settings,
            fleet_prior: settings.prior,
            fleet_noise: settings.noise,
            seen: Moments::default(),
            used: Moments::default(),
            detected: None,
            last: None,
        })
    }

    /// Takes one measurement; nothing changes when it is refused.
    pub(super) fn update(&mut self, t: f64, value: f64) -> Result<()> {
        for (name, v) in [("time", t), ("value", value)] {
            if !v.is_finite() {
                let row = self.seen.n as usize;
                return Err(Error::NonFinite { what: "measurement".into(), row, column: name.to_owned(), value: v });
            }
        }
        if let Some([before, _]) = self.last
            && t <= before
        {
            return Err(Error::parameter("time", t, format!("must exceed the time of the last measurement, {before}")));
        }
        let y = self.settings.scale.apply("measurement", t, value)?;
        let mut seen = self.seen;
        seen.push(t, y);
        let mut used = self.used;
        let mut detected = self.detected;
        if let Some(level) = self.settings.slope_detection
            && detected.is_none()
            && seen.significant(self.settings.sign(), level)
        {
            detected = Some(t);
        }
        if self.settings.slope_detection.is_none() || detected.is_some() {
            used.push(t, y);
        }
        if !seen.is_finite() {
            return Err(Error::numeric(
                format!("measurement {value} at time {t}"),
                "its square exceeds the range of numbers: scale times or values",
            ));
        }
        (self.seen, self.used, self.detected, self.last) = (seen, used, detected, Some([t, value]));
        Ok(())
    }

    pub(super) fn restart(&mut self, with: Restart) -> Result<()> {
        match with {
            Restart::FleetPrior => (self.settings.prior, self.settings.noise) = (self.fleet_prior, self.fleet_noise),
            Restart::Posterior => {
                let c = self.posterior().coefficients();
                let variance = [c.covariance[0][0], c.covariance[1][1]];
                self.settings.prior = LinePrior::new(c.mean, variance, c.correlation().clamp(-1.0, 1.0))?;
                self.settings.noise = match c.dof {
                    None => Noise::Known(c.noise_variance),
                    Some(dof) => Noise::Estimated { variance: c.noise_variance, dof },
                };
            }
        }
        (self.seen, self.used) = (Moments::default(), Moments::default());
        (self.detected, self.last) = (None, None);
        Ok(())
    }

    pub(super) fn posterior(&self) -> Posterior {
        Posterior::new(&self.settings.prior, self.settings.noise, &self.used)
    }

    pub(super) fn coefficients(&self) -> Coefficients {
        self.posterior().coefficients()
    }

    pub(super) fn detected(&self) -> Option<f64> {
        self.detected
    }

    pub(super) fn now(&self) -> f64 {
        self.last.map_or(0.0, |l| l[0])
    }

    fn crossing(&self) -> Result<Crossing> {
        let s = &self.settings;
        Ok(self.posterior().crossing(self.now(), s.limit()?, s.sign(), s.discrepancy))
    }

    pub(super) fn rul(&self) -> Result<RulEstimate> {
        if let Some([now, value]) = self.last
            && self.settings.threshold.reached(value)
        {
            return Ok(RulEstimate::failed().at_time(now));
        }
        Ok(RulEstimate::from_crossing(self.crossing()?)?.at_time(self.now()))
    }

    pub(super) fn probability_beyond(&self, ahead: f64) -> Result<f64> {
        if !ahead.is_finite() || ahead < 0.0 {
            return Err(Error::parameter("ahead", ahead, "must be finite and at least 0"));
        }
        let c = self.crossing()?;
        let variance = c.v0 + ahead * (2.0 * c.v1 + ahead * c.v2);
        let z = (c.gap + c.slope * ahead) / variance.max(f64::MIN_POSITIVE).sqrt();
        let p = c.dof.map_or_else(|| norm_cdf(z), |d| t_cdf(z, d));
        if p.is_nan() { Err(Error::numeric("probability beyond the threshold", "out of range")) } else { Ok(p) }
    }

    pub(super) fn mean_path_rul(&self) -> Result<f64> {
        let c = self.crossing()?;
        Ok(if c.gap >= 0.0 {
            0.0
        } else if c.slope > 0.0 {
            -c.gap / c.slope
        } else {
            f64::INFINITY
        })
    }

    /// The estimate for a unit's whole history, from the fleet's prior.
    pub(super) fn estimate(&self, history: &History<'_>) -> Result<RulEstimate> {
        let mut path = *self;
        path.restart(Restart::FleetPrior)?;
        for (&t, &v) in history.times().iter().zip(history.values()) {
            path.update(t, v)?;
        }
        path.rul()
    }
}
