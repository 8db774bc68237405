//! When to replace parts that are not monitored: by age, or by the calendar.
//!
//! Age replacement (Barlow & Proschan, Mathematical Theory of Reliability, 1965): replace at age T or at failure, whichever
//! is first. The long-run cost per time is C(T) = (planned S(T) + unplanned F(T)) / integral of S from 0 to T; its minimum
//! solves h(T) integral S - F(T) = planned / (unplanned - planned). There is none when the hazard does not rise (shape at
//! most 1) or a failure costs no more than a planned replacement: then run to failure.
//!
//! Block replacement with minimal repair: replace every T, and repair failures in between to as bad as old. The cost per
//! time is (planned + repair (T / scale)^shape) / T, with its minimum at T = scale (planned / (repair (shape - 1)))^(1/shape).
//!
//! Cost: some thirty incomplete gamma functions. Not for units whose condition is measured: [`super::CostModel`] reads their
//! own remaining life.

use crate::error::{Error, Result, check_positive};
use crate::math::roots::brent;
use crate::rul::survival::Weibull;
use std::fmt;

fn check_costs(planned: f64, unplanned: f64) -> Result<()> {
    check_positive("planned", planned)?;
    check_positive("unplanned", unplanned)?;
    Ok(())
}

/// Long-run cost per time of replacing at `age` or at failure, whichever is first; `+inf` as the limit for ages too small
/// to tell from 0. An infinite `age` is run to failure.
///
/// ```
/// use prognos::{decision::cost_rate, rul::survival::Weibull};
/// let life = Weibull::new(1000.0, 2.5)?;
/// assert!(cost_rate(&life, 500.0, 1.0, 5.0)? < cost_rate(&life, f64::INFINITY, 1.0, 5.0)?);
/// # Ok::<(), prognos::Error>(())
/// ```
///
/// # Errors
/// [`Error::Parameter`] unless `age` and both costs exceed 0 and the costs are finite.
pub fn cost_rate(life: &Weibull, age: f64, planned: f64, unplanned: f64) -> Result<f64> {
    check_costs(planned, unplanned)?;
    if age.is_nan() || age <= 0.0 {
        return Err(Error::parameter("age", age, "must be greater than 0"));
    }
    Ok(rate(life, age, planned, unplanned))
}

fn rate(life: &Weibull, age: f64, planned: f64, unplanned: f64) -> f64 {
    (planned * life.survival(age) + unplanned * life.cdf(age)) / life.restricted_mean(age)
}

/// The best age at which to replace, and what it saves.
///
/// ```
/// use prognos::{decision::AgeReplacement, rul::survival::Weibull};
/// let wear = AgeReplacement::new(&Weibull::new(1000.0, 2.5)?, 1.0, 5.0)?;
/// assert!((wear.age().unwrap() - 493.0).abs() < 0.1);
/// let chance = AgeReplacement::new(&Weibull::new(1000.0, 1.0)?, 1.0, 5.0)?;
/// assert_eq!(chance.age(), None); // nothing is gained by replacing a part that does not age
/// # Ok::<(), prognos::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(deny_unknown_fields))]
pub struct AgeReplacement {
    age: Option<f64>,
    cost_rate: f64,
    run_to_failure: f64,
}

impl AgeReplacement {
    /// The optimum for a life distribution and the costs of a planned and an unplanned replacement, in one currency.
    ///
    /// # Errors
    /// [`Error::Parameter`] unless both costs are finite and exceed 0; [`Error::Numeric`] when the mean life is too small or
    /// too large to be a number.
    pub fn new(life: &Weibull, planned: f64, unplanned: f64) -> Result<Self> {
        check_costs(planned, unplanned)?;
        let run_to_failure = unplanned / life.mean();
        if !run_to_failure.is_finite() || run_to_failure <= 0.0 {
            return Err(Error::numeric("age replacement", "the mean life is out of the range of numbers"));
        }
        let none = Self { age: None, cost_rate: run_to_failure, run_to_failure };
        if life.shape() <= 1.0 || unplanned <= planned {
            return Ok(none);
        }
        let wanted = planned / (unplanned - planned);
        let excess = |ln_age: f64| {
            let age = life.scale() * ln_age.exp();
            life.hazard(age) * life.restricted_mean(age) - life.cdf(age) - wanted
        };
        // The left side rises from 0 without bound. Beyond the age at which all but 1e-300 have failed nothing differs
        // from run to failure any more.
        let last = (690f64).ln() / life.shape();
        if excess(last) < 0.0 {
            return Ok(none);
        }
        let mut first = last - 1.0;
        while excess(first) > 0.0 && first > -700.0 {
            first = last - 2.0 * (last - first);
        }
        let Some(ln_age) = brent(excess, first, last, 1e-16) else { return Ok(none) };
        let age = life.scale() * ln_age.exp();
        let cost_rate = rate(life, age, planned, unplanned);
        if cost_rate < run_to_failure && age > 0.0 {
            Ok(Self { age: Some(age), cost_rate, run_to_failure })
        } else {
            Ok(none)
        }
    }

    /// The age at which to replace; `None`: run to failure.
    #[must_use]
    pub fn age(&self) -> Option<f64> {
        self.age
    }

    /// Long-run cost per time of the best policy.
    #[must_use]
    pub fn cost_rate(&self) -> f64 {
        self.cost_rate
    }

    /// Long-run cost per time of replacing at failure only.
    #[must_use]
    pub fn run_to_failure(&self) -> f64 {
        self.run_to_failure
    }
}

impl fmt::Display for AgeReplacement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.age {
            Some(age) => write!(
                f,
                "replace at age {age:.4}: costs {:.4} per unit of time, {:.0} % less than running to failure",
                self.cost_rate,
                100.0 * (1.0 - self.cost_rate / self.run_to_failure)
            ),
            None => write!(
                f,
                "run to failure: costs {:.4} per unit of time; earlier replacement costs more",
                self.cost_rate
            ),
        }
    }
}

/// The best interval between replacements when failures in between are only repaired.
///
/// ```
/// use prognos::{decision::BlockReplacement, rul::survival::Weibull};
/// let best = BlockReplacement::new(&Weibull::new(1000.0, 2.5)?, 1.0, 5.0)?;
/// assert!((best.interval().unwrap() - 446.66).abs() < 0.01);
/// # Ok::<(), prognos::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(deny_unknown_fields))]
pub struct BlockReplacement {
    interval: Option<f64>,
    cost_rate: f64,
}

impl BlockReplacement {
    /// The optimum for a power-law rate of failures (that of the Weibull hazard), the cost of a planned replacement and
    /// that of a minimal repair.
    ///
    /// # Errors
    /// [`Error::Parameter`] unless both costs are finite and exceed 0; [`Error::Numeric`] when the result is not a number.
    pub fn new(life: &Weibull, planned: f64, repair: f64) -> Result<Self> {
        check_positive("planned", planned)?;
        check_positive("repair", repair)?;
        let (scale, shape) = (life.scale(), life.shape());
        if shape <= 1.0 {
            // Repairs become rarer or stay as rare: the longer the interval the better.
            let cost_rate = if shape < 1.0 { 0.0 } else { repair / scale };
            return Ok(Self { interval: None, cost_rate });
        }
        let interval = scale * (planned / (repair * (shape - 1.0))).powf(1.0 / shape);
        let cost_rate = planned / interval * shape / (shape - 1.0);
        if interval.is_finite() && interval > 0.0 && cost_rate.is_finite() {
            Ok(Self { interval: Some(interval), cost_rate })
        } else {
            Err(Error::numeric("block replacement", "the best interval is out of the range of numbers"))
        }
    }

    /// The interval; `None`: never replace, only repair.
    #[must_use]
    pub fn interval(&self) -> Option<f64> {
        self.interval
    }

    /// Long-run cost per time: the limit for ever longer intervals when there is no best one.
    #[must_use]
    pub fn cost_rate(&self) -> f64 {
        self.cost_rate
    }
}
