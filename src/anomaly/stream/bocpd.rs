//! Bayesian online change points: how long has the present regime lasted?
//!
//! **Formula.** Within a regime the values are normal with unknown mean and variance, under a normal-gamma prior; a
//! regime ends at each value with probability `1 / hazard`. Let `r` be the number of values since the last change.
//! After each value the probabilities of all `r` are renewed: a run grows with `(1 - 1 / hazard) p(x | run)`, or
//! ends; `p(x | run)` is the Student density of the run's posterior. The score is the probability that the present
//! regime has lasted no more than `recent` values: 0 for the first `recent` values, near `recent / hazard` while
//! nothing happens, towards 1 after a change.
//!
//! **Source.** Adams & MacKay 2007, arXiv 0710.3742; the posterior as in Murphy 2007, Conjugate Bayesian analysis of
//! the Gaussian distribution.
//!
//! **Cost.** O(min(n, max_run)) time a value, and as much memory. Beyond `max_run` the two longest runs are taken for
//! one: up to there the numbers are those of the paper.
//!
//! **When not to use it.** The prior is in the units of the values: scale them, or set it. Values correlated in time
//! look like ever new regimes.

use super::{check_value, guard, one_column, overflow, saved};
use crate::error::{Error, Result, check_positive};
use crate::math::special::ln_gamma;
use linfa::ParamGuard;

/// Checked settings of [`Bocpd`].
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
pub struct BocpdValidParams {
    hazard: f64,
    mean: f64,
    kappa: f64,
    alpha: f64,
    beta: f64,
    max_run: usize,
    recent: usize,
}

/// Settings of [`Bocpd`]; see [`Bocpd::params`].
#[derive(Debug, Clone, PartialEq)]
pub struct BocpdParams(BocpdValidParams);

impl BocpdParams {
    /// Expected length of a regime, more than 1. Default 250.
    #[must_use]
    pub fn hazard(mut self, values: f64) -> Self {
        self.0.hazard = values;
        self
    }

    /// Prior of a regime: its mean is `mean`, known as well as from `kappa` values; its precision is gamma with shape
    /// `alpha` and rate `beta`, so that its variance is about `beta / alpha`. Default 0, 1, 1, 1: values that were
    /// standardised.
    #[must_use]
    pub fn prior(mut self, mean: f64, kappa: f64, alpha: f64, beta: f64) -> Self {
        (self.0.mean, self.0.kappa, self.0.alpha, self.0.beta) = (mean, kappa, alpha, beta);
        self
    }

    /// Longest run that is told from longer ones, 2 to 10^6. Default 1000.
    #[must_use]
    pub fn max_run(mut self, values: usize) -> Self {
        self.0.max_run = values;
        self
    }

    /// Values a change is recent for: the score is the probability of a change that recent. Default 10; less than `max_run`.
    #[must_use]
    pub fn recent(mut self, values: usize) -> Self {
        self.0.recent = values;
        self
    }

    /// A model that has seen nothing.
    ///
    /// # Errors
    /// [`Error::Parameter`] for a hazard that is not a finite number above 1, a prior mean beyond 1e150, a kappa or
    /// alpha outside 1e-6..=1e6, a beta outside 1e-300..=1e300, or runs out of range.
    pub fn start(&self) -> Result<Bocpd> {
        let params = self.check_ref()?.clone();
        let mut model = Bocpd { runs: Runs::default(), evidence: 0.0, surprise: 0.0, seen: 0, params };
        model.runs.open(&model.params, 0.0);
        Ok(model)
    }
}

/// Values and prior means beyond this could overflow when squared and summed.
const LARGEST: f64 = 1e150;

impl BocpdValidParams {
    fn validate(&self) -> Result<()> {
        if !(self.hazard > 1.0 && self.hazard.is_finite()) {
            return Err(Error::parameter("hazard", self.hazard, "must be finite and greater than 1"));
        }
        if self.mean.is_nan() || self.mean.abs() > LARGEST {
            return Err(Error::parameter("mean", self.mean, "must lie within 1e150 of 0"));
        }
        for (name, value) in [("kappa", self.kappa), ("alpha", self.alpha)] {
            check_positive(name, value)?;
            if !(1e-6..=1e6).contains(&value) {
                return Err(Error::parameter(name, value, "must be 1e-6 to 1e6"));
            }
        }
        if !(1e-300..=1e300).contains(&self.beta) {
            return Err(Error::parameter("beta", self.beta, "must be 1e-300 to 1e300"));
        }
        if !(2..=1_000_000).contains(&self.max_run) {
            return Err(Error::parameter("max_run", self.max_run, "must be 2 to 10^6"));
        }
        if self.recent == 0 || self.recent >= self.max_run {
            return Err(Error::parameter("recent", self.recent, "must be at least 1 and less than max_run"));
        }
        Ok(())
    }
}

guard!(BocpdParams, BocpdValidParams);

/// All runs that may be the present one, longest first: the last has length 0.
#[derive(Debug, Clone, PartialEq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
struct Runs {
    /// Logarithm of the probability.
    weight: Vec<f64>,
    mean: Vec<f64>,
    /// `2 beta (kappa + 1) / kappa`: the scale of the Student density, squared and times its degrees of freedom.
    scale: Vec<f64>,
}

impl Runs {
    /// A run of length 0.
    fn open(&mut self, params: &BocpdValidParams, weight: f64) {
        self.weight.push(weight);
        self.mean.push(params.mean);
        self.scale.push(2.0 * params.beta * (params.kappa + 1.0) / params.kappa);
    }
}

/// A model of regimes and their changes.
///
/// ```
/// use prognos::anomaly::stream::Bocpd;
/// let mut model = Bocpd::params().hazard(100.0).start()?;
/// let wave = |i: usize| (i as f64 * 2.3).sin() + if i < 80 { 0.0 } else { 6.0 };
/// let change = (0..200).find(|&i| model.push(wave(i)).unwrap() > 0.9);
/// assert!((80..84).contains(&change.unwrap()));
/// for i in change.unwrap() + 1..120 {
///     model.push(wave(i))?;
/// }
/// assert_eq!(model.run_length(), 40);
/// # Ok::<(), prognos::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Bocpd {
    params: BocpdValidParams,
    runs: Runs,
    evidence: f64,
    surprise: f64,
    seen: u64,
}

impl Bocpd {
    /// Default settings: a change about every 250 values, the prior of standardised values, runs up to 1000, changes
    /// within 10 values.
    #[must_use]
    pub fn params() -> BocpdParams {
        BocpdParams(BocpdValidParams {
            hazard: 250.0,
            mean: 0.0,
            kappa: 1.0,
            alpha: 1.0,
            beta: 1.0,
            max_run: 1000,
            recent: 10,
        })
    }

    /// Learns a value; the probability that the regime has lasted for no more than `recent` values.
    ///
    /// # Errors
    /// [`Error::NonFinite`]; [`Error::Numeric`] for a value beyond 1e150. The model is then as it was before.
    pub fn push(&mut self, x: f64) -> Result<f64> {
        check_value(x, self.seen)?;
        if x.abs() > LARGEST {
            return Err(overflow("BOCPD"));
        }
        let BocpdValidParams { hazard, kappa, alpha, max_run, recent, .. } = self.params;
        let longest = self.runs.weight.len() - 1;
        let mut largest = f64::NEG_INFINITY;
        let mut constant = GammaRatio::new(alpha);
        // From the shortest run, so that the constants of the densities go up.
        let runs = self.runs.weight.iter_mut().zip(&mut self.runs.mean).zip(&mut self.runs.scale);
        for (r, ((weight, mean), scale)) in runs.rev().enumerate() {
            let (k, a) = (kappa + r as f64, alpha + 0.5 * r as f64);
            let d = x - *mean;
            let ratio = d * d / *scale;
            let g = constant.next(r);
            *weight += 0.5 * (g * g * std::f64::consts::FRAC_1_PI / *scale).ln() - (a + 0.5) * ratio.ln_1p();
            largest = largest.max(*weight);
            *mean += d / (k + 1.0);
            // beta grows by kappa d^2 / (2 (kappa + 1)): in terms of the scale, for the next kappa.
            *scale = (*scale + d * d) * (k / (k + 1.0)) * ((k + 2.0) / (k + 1.0));
        }
        let total = largest + self.runs.weight.iter().map(|w| (w - largest).exp()).sum::<f64>().ln();
        let grown = (-1.0 / hazard).ln_1p() - total;
        for weight in &mut self.runs.weight {
            *weight += grown;
        }
        self.runs.open(&self.params, -hazard.ln());
        if longest + 1 > max_run {
            let dropped = self.runs.weight.remove(0);
            self.runs.mean.remove(0);
            self.runs.scale.remove(0);
            let next = &mut self.runs.weight[0];
            let (high, low) = if dropped > *next { (dropped, *next) } else { (*next, dropped) };
            *next = high + (low - high).exp().ln_1p();
        }
        self.evidence += total;
        self.surprise = -total;
        self.seen += 1;
        Ok(if self.seen > recent as u64 { self.probability_within(recent) } else { 0.0 })
    }

    /// Probability that the regime has lasted for no more than `rows` values.
    #[must_use]
    pub fn probability_within(&self, rows: usize) -> f64 {
        self.runs.weight.iter().rev().take(rows.saturating_add(1)).map(|w| w.exp()).sum::<f64>().min(1.0)
    }

    /// The most probable number of values since the last change; the shorter one of two as probable.
    #[must_use]
    pub fn run_length(&self) -> usize {
        let mut best = (f64::NEG_INFINITY, 0);
        for (r, &weight) in self.runs.weight.iter().rev().enumerate() {
            if weight > best.0 {
                best = (weight, r);
            }
        }
        best.1
    }

    /// Probability of every run length 0, 1, 2, ... up to the longest told apart.
    #[must_use]
    pub fn probabilities(&self) -> Vec<f64> {
        self.runs.weight.iter().rev().map(|w| w.exp()).collect()
    }

    /// Logarithm of the probability density of all values so far under the model; compares hazards and priors.
    #[must_use]
    pub fn log_evidence(&self) -> f64 {
        self.evidence
    }

    /// Minus the logarithm of the density of the last value given those before: how surprising it was. 0 before the first.
    #[must_use]
    pub fn surprise(&self) -> f64 {
        self.surprise
    }

    #[cfg(feature = "serde")]
    fn check_state(&self) -> Result<()> {
        self.params.validate()?;
        let Runs { weight, mean, scale } = &self.runs;
        let n = weight.len();
        let held = (self.params.max_run as u64).min(self.seen).saturating_add(1);
        if n as u64 != held || mean.len() != n || scale.len() != n {
            return Err(super::refuse("the runs do not fit the settings"));
        }
        let sane = weight.iter().all(|w| (-1e300..1e-6).contains(w))
            && mean.iter().all(|m| m.abs() <= 2.0 * LARGEST)
            && scale.iter().all(|s| s.is_finite() && *s > 0.0);
        if !sane || self.evidence.is_nan() || self.evidence.abs() > 1e300 || !self.surprise.is_finite() {
            return Err(super::refuse("a run is out of range"));
        }
        Ok(())
    }
}

/// `gamma(a + r/2 + 1/2) / gamma(a + r/2)` for r = 0, 1, 2, ...: what the Student density of a run of length r begins
/// with.
///
/// `gamma(a + 1) = a gamma(a)` gives every one from the last but one; the recursion begins anew now and then, so that
/// rounding does not add up.
struct GammaRatio {
    alpha: f64,
    last: [f64; 2],
}

impl GammaRatio {
    fn new(alpha: f64) -> Self {
        Self { alpha, last: [0.0; 2] }
    }

    fn next(&mut self, r: usize) -> f64 {
        let a = self.alpha + 0.5 * r as f64;
        let value =
            if r % 128 < 2 { (ln_gamma(a + 0.5) - ln_gamma(a)).exp() } else { self.last[0] * (a - 0.5) / (a - 1.0) };
        self.last = [self.last[1], value];
        value
    }
}

one_column!(Bocpd);
saved!(Bocpd { params: BocpdValidParams, runs: Runs, evidence: f64, surprise: f64, seen: u64 }, "bocpd", |_| &[]);
