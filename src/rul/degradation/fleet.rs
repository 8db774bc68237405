//! What a fleet says about the next unit: prior, noise, the scale on which paths are straight, and how far forecasts
//! stray from it.
//!
//! Two steps (Lu & Meeker 1993): a least-squares line for every unit, then the mean and the covariance of those lines.
//! The covariance is freed of the sampling error of the lines, its correlation shrunk by (m - 1) / m for m units, and
//! the whole widened for what m units leave open about mean and variance. Units that have not failed count as the others:
//! a path needs no failure.

use super::line::{Moments, Posterior, Scale};
use super::{LinePrior, Noise, Transform};
use crate::error::{Error, Result};
use crate::math::roots::golden_minimum;
use crate::math::special::{LN_SQRT_2PI, ln_gamma, norm_quantile, t_quantile};
use crate::rul::History;

/// What was learnt from a fleet.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Fleet {
    pub(super) prior: LinePrior,
    pub(super) noise: Noise,
    pub(super) discrepancy: f64,
    pub(super) transform: Transform,
    /// Log-likelihood of each unit under the prior of the others, summed, on the scale of the measurement. NaN for
    /// fewer than three units.
    pub(super) log_likelihood: f64,
}

/// The paths of a fleet on one scale.
struct Paths {
    lines: Vec<Moments>,
    /// ln of the Jacobian.
    jacobian: f64,
}

fn paths(units: &[History<'_>], scale: Scale) -> Result<Paths> {
    let mut jacobian = 0.0;
    let mut lines = Vec::with_capacity(units.len());
    for unit in units {
        let mut line = Moments::default();
        for (&t, &v) in unit.times().iter().zip(unit.values()) {
            line.push(t, scale.apply("measurement", t, v)?);
            jacobian += scale.transform.ln_derivative(v - scale.phi);
        }
        if ![line.tt, line.ty, line.residual, line.y].iter().all(|v| v.is_finite()) {
            return Err(Error::numeric(
                "line of a fleet unit",
                "squares exceed the range of numbers: scale the values",
            ));
        }
        lines.push(line);
    }
    Ok(Paths { lines, jacobian })
}

/// Prior and noise from the lines of all units but `left_out`.
fn population(lines: &[Moments], left_out: Option<usize>) -> Result<(LinePrior, Noise)> {
    let kept: Vec<&Moments> = lines.iter().enumerate().filter(|(i, _)| Some(*i) != left_out).map(|(_, l)| l).collect();
    let m = kept.len() as f64;
    let freedom: f64 = kept.iter().map(|l| l.n - 2.0).sum();
    if kept.len() < 2 || freedom < 1.0 {
        return Err(Error::too_few("fleet units with at least two measurements, some with more", 2, kept.len()));
    }
    let spread: f64 = kept.iter().map(|l| l.spread()).sum::<f64>() / kept.iter().map(|l| l.n).sum::<f64>();
    // Lines that fit exactly would leave no noise at all; a millionth of the spread stands in for it.
    let noise = (kept.iter().map(|l| l.residual).sum::<f64>() / freedom).max(1e-12 * spread);
    if noise.is_nan() || noise <= 0.0 || noise.is_infinite() {
        return Err(Error::numeric("fleet prior", "the measurements of the fleet do not change at all, or too much"));
    }
    let coefficients: Vec<[f64; 2]> = kept.iter().map(|l| [l.y - l.slope() * l.t, l.slope()]).collect();
    let mean = [0, 1].map(|k| coefficients.iter().map(|c| c[k]).sum::<f64>() / m);
    let between =
        |a: usize, b: usize| coefficients.iter().map(|c| (c[a] - mean[a]) * (c[b] - mean[b])).sum::<f64>() / (m - 1.0);
    // Mean sampling covariance of the least-squares coefficients.
    let sampling = [
        kept.iter().map(|l| noise * (1.0 / l.n + l.t * l.t / l.tt)).sum::<f64>() / m,
        kept.iter().map(|l| -noise * l.t / l.tt).sum::<f64>() / m,
        kept.iter().map(|l| noise / l.tt).sum::<f64>() / m,
    ];
    // What is left after the sampling error, at least what the sampling error of the mean alone amounts to.
    let freed = |total: f64, sampling: f64| (total - sampling).max(sampling / m);
    let variance = [freed(between(0, 0), sampling[0]), freed(between(1, 1), sampling[2])];
    let scale = (variance[0] * variance[1]).sqrt();
    let correlation = if scale > 0.0 { ((between(0, 1) - sampling[1]) / scale).clamp(-0.99, 0.99) } else { 0.0 };
    // A new unit differs from an estimated mean, by an estimated variance: Student's t with m - 1 degrees of freedom. The
    // normal that has the same 90 % interval stands in for it.
    let heavier = t_quantile(0.95, m - 1.0) / norm_quantile(0.95);
    let widened = (1.0 + 1.0 / m) * heavier * heavier;
    let prior = LinePrior::new(mean, variance.map(|v| v * widened), correlation * (m - 1.0) / m)
        .map_err(|e| Error::numeric("fleet prior", e.to_string()))?;
    // Units differ in their noise, too: the pooled variance gets no more weight than the number of units.
    Ok((prior, Noise::Estimated { variance: noise, dof: (m - 1.0).max(3.0) }))
}

fn left_out_likelihood(paths: &Paths) -> Result<f64> {
    if paths.lines.len() < 3 {
        return Ok(f64::NAN);
    }
    let mut sum = paths.jacobian;
    for (i, line) in paths.lines.iter().enumerate() {
        let (prior, noise) = population(&paths.lines, Some(i))?;
        sum += Posterior::new(&prior, noise, line).log_evidence;
    }
    Ok(sum)
}

/// The power under which every unit is best foretold by the others, between -4 and 2.
fn best_power(units: &[History<'_>], phi: f64) -> Result<Transform> {
    if units.len() < 3 {
        return Err(Error::too_few("fleet units to choose a transform", 3, units.len()));
    }
    let loss = |p: f64| {
        let scale = Scale { transform: Transform::Power(p), phi };
        paths(units, scale)
            .and_then(|p| left_out_likelihood(&p))
            .map_or(f64::INFINITY, |l| if l.is_nan() { f64::INFINITY } else { -l })
    };
    let grid: Vec<f64> = (0..=12).map(|i| -4.0 + 0.5 * f64::from(i)).collect();
    let best = grid.iter().map(|&p| (loss(p), p)).fold((f64::INFINITY, f64::NAN), |a, b| if b.0 < a.0 { b } else { a });
    if best.1.is_nan() {
        // Repeat the failure with its reason.
        paths(units, Scale { transform: Transform::Log, phi })?;
        return Err(Error::numeric("choice of a transform", "no power between -4 and 2 fits the fleet"));
    }
    Ok(Transform::Power(golden_minimum(loss, best.1 - 0.5, best.1 + 0.5, 1e-3)))
}

/// Variance per unit of time by which forecasts within the fleet stray beyond what the line and its noise explain.
///
/// Every unit is forecast from its first quarter, half and three quarters, under the prior of the others, to its last
/// measurement; the variance that makes these errors most likely is taken.
fn discrepancy(units: &[History<'_>], scale: Scale, lines: &[Moments]) -> Result<f64> {
    if units.len() < 3 {
        return Ok(0.0);
    }
    struct Forecast {
        error: f64,
        variance: f64,
        ahead: f64,
        dof: f64,
    }
    let mut forecasts = Vec::new();
    for (i, unit) in units.iter().enumerate() {
        let (prior, noise) = population(lines, Some(i))?;
        for quarter in 1..4 {
            let cut = unit.len() * quarter / 4;
            if cut < 2 || cut >= unit.len() {
                continue;
            }
            let mut moments = Moments::default();
            for (&t, &v) in unit.times().iter().zip(unit.values()).take(cut) {
                moments.push(t, scale.apply("measurement", t, v)?);
            }
            let posterior = Posterior::new(&prior, noise, &moments);
            let (location, variance) = posterior.predict(unit.now());
            let error = scale.apply("measurement", unit.now(), unit.last())? - location;
            let ahead = unit.now() - unit.times()[cut - 1];
            forecasts.push(Forecast { error, variance, ahead, dof: posterior.dof().unwrap_or(1e9) });
        }
    }
    let loss = |extra: f64| -> f64 {
        let one = |f: &Forecast| {
            let variance = f.variance + extra * f.ahead;
            let z2 = f.error * f.error / variance;
            let t = ln_gamma(0.5 * (f.dof + 1.0)) - ln_gamma(0.5 * f.dof) - 0.5 * (0.5 * f.dof).ln() - LN_SQRT_2PI;
            0.5 * variance.ln() + 0.5 * (f.dof + 1.0) * (z2 / f.dof).ln_1p() - t
        };
        forecasts.iter().map(one).sum()
    };
    let typical = forecasts.iter().map(|f| (f.variance + f.error * f.error) / f.ahead).fold(0.0f64, f64::max);
    if !typical.is_finite() || typical <= 0.0 {
        return Ok(0.0);
    }
    let ln = golden_minimum(|l| loss(l.exp()), typical.ln() - 20.0, typical.ln() + 1.0, 1e-4);
    Ok(if loss(ln.exp()) < loss(0.0) { ln.exp() } else { 0.0 })
}

/// Learns from the histories of a fleet; `transform` `None` chooses a power.
pub(super) fn fit(units: &[History<'_>], transform: Option<Transform>, phi: f64) -> Result<Fleet> {
    if let Some(short) = units.iter().find(|u| u.len() < 2) {
        return Err(Error::too_few("measurements of every fleet unit", 2, short.len()));
    }
    let transform = match transform {
        Some(fixed) => fixed.check()?,
        None => best_power(units, phi)?,
    };
    let scale = Scale { transform, phi };
    let paths = paths(units, scale)?;
    let (prior, noise) = population(&paths.lines, None)?;
    let log_likelihood = left_out_likelihood(&paths)?;
    let discrepancy = discrepancy(units, scale, &paths.lines)?;
    Ok(Fleet { prior, noise, discrepancy, transform, log_likelihood })
}
