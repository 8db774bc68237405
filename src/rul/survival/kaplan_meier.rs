//! Survival without an assumption about its form (Kaplan & Meier, JASA 53 (1958)).
//!
//! S(t) is the product of (1 - d/n) over the ages at failure up to t, d failures among n units at risk. Limits on
//! log(-log S) from Greenwood's variance stay within [0, 1]. Units censored at the age of a failure count as at risk.
//! Cost: one sort. It says nothing beyond the oldest unit; use [`super::Weibull`] to look further.

use super::Lifetimes;
use crate::math::special::norm_quantile;
use crate::rul::Level;

/// The estimated survival of a fleet, a falling staircase.
///
/// ```
/// use prognos::rul::survival::{KaplanMeier, Lifetimes};
/// let km = KaplanMeier::new(&Lifetimes::new(&[1.0, 2.0, 2.0, 3.0], &[true, true, false, true])?);
/// assert_eq!(km.survival(1.5), 0.75);
/// assert_eq!(km.median(), 2.0);
/// # Ok::<(), prognos::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct KaplanMeier {
    times: Vec<f64>,
    survival: Vec<f64>,
    greenwood: Vec<f64>,
    at_risk: Vec<f64>,
    failures: Vec<f64>,
}

impl KaplanMeier {
    /// The staircase of these lifetimes, with a step (or none) at every age that occurs.
    #[must_use]
    pub fn new(lifetimes: &Lifetimes<'_>) -> Self {
        let mut units: Vec<(f64, bool, f64)> = lifetimes.iter().filter(|u| u.2 > 0.0).collect();
        units.sort_by(|a, b| a.0.total_cmp(&b.0));
        let mut at_risk: f64 = units.iter().map(|u| u.2).sum();
        let (mut times, mut survival, mut greenwood) = (Vec::new(), Vec::new(), Vec::new());
        let (mut risks, mut failures) = (Vec::new(), Vec::new());
        let (mut alive, mut sum) = (1.0, 0.0);
        for group in units.chunk_by(|a, b| a.0.total_cmp(&b.0).is_eq()) {
            let failed: f64 = group.iter().filter(|u| u.1).map(|u| u.2).sum();
            if failed > 0.0 {
                let left = at_risk - failed;
                alive *= (left / at_risk).max(0.0);
                sum += if left > 0.0 { failed / (at_risk * left) } else { f64::INFINITY };
            }
            risks.push(at_risk);
            failures.push(failed);
            at_risk -= group.iter().map(|u| u.2).sum::<f64>();
            times.push(group[0].0);
            survival.push(alive);
            greenwood.push(sum);
        }
        Self { times, survival, greenwood, at_risk: risks, failures }
    }

    /// The ages that occur, increasing.
    #[must_use]
    pub fn times(&self) -> &[f64] {
        &self.times
    }

    /// Survival just after each of [`KaplanMeier::times`].
    #[must_use]
    pub fn values(&self) -> &[f64] {
        &self.survival
    }

    /// Units that had reached each of [`KaplanMeier::times`] just before it.
    #[must_use]
    pub fn at_risk(&self) -> &[f64] {
        &self.at_risk
    }

    /// Failures at each of [`KaplanMeier::times`].
    #[must_use]
    pub fn failures(&self) -> &[f64] {
        &self.failures
    }

    /// Survival at age `t`: 1 before the first failure; the last value beyond the oldest unit.
    #[must_use]
    pub fn survival(&self, t: f64) -> f64 {
        match self.times.partition_point(|x| *x <= t) {
            0 => 1.0,
            n => self.survival[n - 1],
        }
    }

    /// Pointwise limits (lower, upper) at each of [`KaplanMeier::times`], on log(-log S). Where S is 1 or 0 the limits
    /// are that number itself.
    #[must_use]
    pub fn limits(&self, level: Level) -> Vec<(f64, f64)> {
        let z = norm_quantile(0.5 + 0.5 * level.get());
        let one = |(&s, &g): (&f64, &f64)| {
            if s <= 0.0 || s >= 1.0 {
                return (s, s);
            }
            let log = s.ln();
            let width = z * g.sqrt() / log.abs();
            ((log * width.exp()).exp(), (log * (-width).exp()).exp())
        };
        self.survival.iter().zip(&self.greenwood).map(one).collect()
    }

    /// The first age at which at most half survive; `+inf` when more than half of the units outlive the data.
    #[must_use]
    pub fn median(&self) -> f64 {
        self.survival.iter().position(|s| *s <= 0.5).map_or(f64::INFINITY, |i| self.times[i])
    }

    /// Expected life within the first `horizon`: the area under the staircase, continued flat beyond the oldest unit.
    #[must_use]
    pub fn restricted_mean(&self, horizon: f64) -> f64 {
        let (mut area, mut from, mut alive) = (0.0, 0.0, 1.0);
        for (&t, &s) in self.times.iter().zip(&self.survival) {
            if t >= horizon {
                break;
            }
            area += alive * (t - from);
            (from, alive) = (t, s);
        }
        area + alive * (horizon - from).max(0.0)
    }
}
