//! Cumulative hazard without an assumption about its form (Nelson, Technometrics 14 (1972); Aalen 1978).
//!
//! H(t) is the sum of d/n over the ages at failure up to t, d failures among n units at risk. A curve that bends upwards
//! tells of wear, one that bends downwards of failures of youth: look at it before fitting a [`super::Weibull`]. Limits are
//! on log H, from the binomial variance sum d (n - d) / n^3. Cost: one sort.

use super::Lifetimes;
use crate::math::special::norm_quantile;
use crate::rul::Level;

/// The estimated cumulative hazard of a fleet, a rising staircase.
///
/// ```
/// use prognos::rul::survival::{Lifetimes, NelsonAalen};
/// let na = NelsonAalen::new(&Lifetimes::new(&[1.0, 2.0, 2.0, 3.0], &[true, true, false, true])?);
/// assert_eq!(na.values(), [0.25, 0.25 + 1.0 / 3.0, 0.25 + 1.0 / 3.0 + 1.0]);
/// # Ok::<(), prognos::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct NelsonAalen {
    times: Vec<f64>,
    hazard: Vec<f64>,
    variance: Vec<f64>,
}

impl NelsonAalen {
    /// The staircase of these lifetimes, with a step (or none) at every age that occurs.
    #[must_use]
    pub fn new(lifetimes: &Lifetimes<'_>) -> Self {
        let mut units: Vec<(f64, bool, f64)> = lifetimes.iter().filter(|u| u.2 > 0.0).collect();
        units.sort_by(|a, b| a.0.total_cmp(&b.0));
        let mut at_risk: f64 = units.iter().map(|u| u.2).sum();
        let (mut times, mut hazard, mut variance) = (Vec::new(), Vec::new(), Vec::new());
        let (mut sum, mut spread) = (0.0, 0.0);
        for group in units.chunk_by(|a, b| a.0.total_cmp(&b.0).is_eq()) {
            let failed: f64 = group.iter().filter(|u| u.1).map(|u| u.2).sum();
            if failed > 0.0 && at_risk > 0.0 {
                let share = (failed / at_risk).min(1.0);
                sum += share;
                spread += share * (1.0 - share) / at_risk;
            }
            at_risk -= group.iter().map(|u| u.2).sum::<f64>();
            times.push(group[0].0);
            hazard.push(sum);
            variance.push(spread);
        }
        Self { times, hazard, variance }
    }

    /// The ages that occur, increasing.
    #[must_use]
    pub fn times(&self) -> &[f64] {
        &self.times
    }

    /// Cumulative hazard just after each of [`NelsonAalen::times`].
    #[must_use]
    pub fn values(&self) -> &[f64] {
        &self.hazard
    }

    /// Pointwise limits (lower, upper) at each of [`NelsonAalen::times`], on log H; (0, 0) before the first failure. A step at
    /// which all units at risk fail adds nothing to the variance.
    #[must_use]
    pub fn limits(&self, level: Level) -> Vec<(f64, f64)> {
        let z = norm_quantile(0.5 + 0.5 * level.get());
        let one = |(&h, &v): (&f64, &f64)| {
            if h <= 0.0 {
                return (0.0, 0.0);
            }
            let width = z * v.sqrt() / h;
            (h * (-width).exp(), h * width.exp())
        };
        self.hazard.iter().zip(&self.variance).map(one).collect()
    }
}
