//! Mean and standard deviation so far: how far is this number from those before it?
//!
//! **Formula.** With mean `m` and standard deviation `s` (n - 1 degrees of freedom) of all values before `x`, or of the
//! last `window` of them: [`RunningGaussian`] scores `|2 Phi((x - m) / s) - 1|`, the probability that a value of that
//! normal law deviates less; [`RunningDeviation`] scores `|x - m| / (s + floor)`. The same numbers as `GaussianScorer`
//! and `StandardAbsoluteDeviation` (with the mean) of River, whose scores come before the value is learned. Where the
//! values before did not move (`s = 0`), the Gaussian's score is 0 for the same value again and 1 for any other.
//!
//! **Source.** Textbook; updates by Welford 1962 and Chan, Golub & LeVeque 1983. The window is kept as two stacks, so
//! that nothing is ever subtracted from a sum.
//!
//! **Cost.** O(1) a value, on average with a window; memory O(1), with a window 40 bytes for each of its values.
//!
//! **When not to use it.** What is not normal scores 1 too often; an anomaly is learned like any value and widens `s`.
//! The Gaussian's score is 1 to the last bit beyond 8.3 standard deviations: where far values are to be told apart,
//! take the deviation.

use super::{check_value, guard, one_column, overflow, saved};
use crate::error::{Error, Result};

/// Longest window.
const LONGEST: usize = 1 << 24;

/// Deviations from the first value beyond which squares might overflow.
const FARTHEST: f64 = 1e150;

/// Number, mean and sum of squared deviations of some values.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
struct Part {
    n: u64,
    mean: f64,
    m2: f64,
}

impl Part {
    fn of(value: f64) -> Self {
        Self { n: 1, mean: value, m2: 0.0 }
    }

    fn with(self, other: Self) -> Self {
        if self.n == 0 {
            return other;
        }
        if other.n == 0 {
            return self;
        }
        let (a, b) = (self.n as f64, other.n as f64);
        let d = other.mean - self.mean;
        let share = d / (a + b);
        Self { n: self.n + other.n, mean: self.mean + share * b, m2: self.m2 + other.m2 + d * share * a * b }
    }

    fn sd(&self) -> f64 {
        if self.n < 2 { 0.0 } else { (self.m2 / (self.n - 1) as f64).sqrt() }
    }
}

/// The values learned: all of them as one part, or the last ones as two stacks.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
struct Values {
    /// All values are deviations from the first one: a large offset costs no digits.
    origin: f64,
    /// Of the values since the stacks were turned; without a window of all.
    recent: Part,
    /// With a window: the values since the stacks were turned, oldest first.
    new: Vec<f64>,
    /// With a window: the values before, newest first, so that the oldest comes off the end.
    old: Vec<f64>,
    /// Of an entry of `old` and all newer ones of it.
    #[cfg_attr(feature = "serde", serde(skip))]
    sums: Vec<Part>,
}

impl Values {
    const NONE: Self = Self {
        origin: 0.0,
        recent: Part { n: 0, mean: 0.0, m2: 0.0 },
        new: Vec::new(),
        old: Vec::new(),
        sums: Vec::new(),
    };

    fn all(&self) -> Part {
        self.sums.last().map_or(self.recent, |old| old.with(self.recent))
    }

    fn learn(&mut self, x: f64, window: Option<usize>) -> Result<()> {
        let origin = if self.all().n == 0 { x } else { self.origin };
        let value = x - origin;
        let recent = self.recent.with(Part::of(value));
        if value.abs() > FARTHEST || !recent.m2.is_finite() {
            return Err(overflow("running mean and deviation"));
        }
        (self.origin, self.recent) = (origin, recent);
        let Some(len) = window else { return Ok(()) };
        self.new.push(value);
        if self.new.len() + self.old.len() > len {
            if self.old.is_empty() {
                self.turn();
            }
            self.old.pop();
            self.sums.pop();
        }
        Ok(())
    }

    /// Turns the new values over onto the stack of the old ones, which is empty.
    fn turn(&mut self) {
        self.old.extend(self.new.drain(..).rev());
        self.recent = Part::default();
        self.add_up();
    }

    fn add_up(&mut self) {
        self.sums.clear();
        let mut sum = Part::default();
        for &value in &self.old {
            sum = Part::of(value).with(sum);
            self.sums.push(sum);
        }
    }

    #[cfg(feature = "serde")]
    fn check(&self, window: Option<usize>, seen: u64) -> Result<()> {
        let held = self.new.len() + self.old.len();
        let fits = match window {
            None => held == 0 && self.recent.n == seen,
            Some(len) => held as u64 == seen.min(len as u64) && self.recent == sum_of(&self.new),
        };
        let near = |v: &f64| v.abs() <= FARTHEST;
        let Part { n, mean, m2 } = self.recent;
        let part = near(&mean) && m2.is_finite() && m2 >= 0.0 && (n > 1 || m2 <= 0.0);
        if fits && part && self.origin.is_finite() && self.new.iter().chain(&self.old).all(near) {
            Ok(())
        } else {
            Err(super::refuse("the values do not fit the settings or each other"))
        }
    }
}

/// As [`Values::learn`] adds them up.
#[cfg(feature = "serde")]
fn sum_of(values: &[f64]) -> Part {
    values.iter().fold(Part::default(), |sum, &v| sum.with(Part::of(v)))
}

#[cfg(feature = "serde")]
impl<'de> serde::Deserialize<'de> for Values {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> std::result::Result<Self, D::Error> {
        #[derive(serde::Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Raw {
            origin: f64,
            recent: Part,
            new: Vec<f64>,
            old: Vec<f64>,
        }
        let Raw { origin, recent, new, old } = Raw::deserialize(from)?;
        let mut values = Self { origin, recent, new, old, sums: Vec::new() };
        values.add_up();
        Ok(values)
    }
}

fn check_window(window: Option<usize>) -> Result<()> {
    match window {
        Some(len) if !(2..=LONGEST).contains(&len) => Err(Error::parameter("window", len, "must be 2 to 2^24 values")),
        _ => Ok(()),
    }
}

/// Checked settings of [`RunningGaussian`].
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
pub struct RunningGaussianValidParams {
    window: Option<usize>,
    grace: u64,
}

/// Settings of [`RunningGaussian`]; see [`RunningGaussian::params`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunningGaussianParams(RunningGaussianValidParams);

impl RunningGaussianParams {
    /// Only the last values, 2 to 2^24 of them. Default all.
    #[must_use]
    pub fn window(mut self, values: usize) -> Self {
        self.0.window = Some(values);
        self
    }

    /// Values to learn before it scores; at most the window. Default 100, as in River (or the window when that is
    /// shorter).
    #[must_use]
    pub fn grace(mut self, values: u64) -> Self {
        self.0.grace = values;
        self
    }

    /// A detector that has seen nothing.
    ///
    /// # Errors
    /// [`Error::Parameter`] for a window outside 2..=2^24.
    pub fn start(&self) -> Result<RunningGaussian> {
        self.0.validate()?;
        Ok(RunningGaussian { params: self.0.clone(), values: Values::NONE, seen: 0 })
    }
}

impl RunningGaussianValidParams {
    fn validate(&self) -> Result<()> {
        check_window(self.window)
    }
}

guard!(RunningGaussianParams, RunningGaussianValidParams);

/// How improbable a value is under the normal law of those before it.
///
/// ```
/// use prognos::anomaly::stream::RunningGaussian;
/// let mut usual = RunningGaussian::params().window(50).grace(20).start()?;
/// for i in 0..100 {
///     usual.push(f64::from(i % 5))?;
/// }
/// assert!(usual.push(2.0)? < 0.1);
/// assert!(usual.push(7.0)? > 0.99);
/// # Ok::<(), prognos::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct RunningGaussian {
    params: RunningGaussianValidParams,
    values: Values,
    seen: u64,
}

impl RunningGaussian {
    /// Default settings: all values, 100 of them before it scores.
    #[must_use]
    pub fn params() -> RunningGaussianParams {
        RunningGaussianParams(RunningGaussianValidParams { window: None, grace: 100 })
    }

    /// Scores a value against those before it, then learns it: 0 to 1.
    ///
    /// # Errors
    /// [`Error::NonFinite`]; [`Error::Numeric`] for a value more than 1e150 from the first one. The detector is then as
    /// it was before.
    pub fn push(&mut self, x: f64) -> Result<f64> {
        check_value(x, self.seen)?;
        let before = self.values.all();
        let grace = self.params.grace.min(self.params.window.map_or(u64::MAX, |w| w as u64));
        let score = if before.n < grace.max(1) {
            0.0
        } else {
            let (d, sd) = ((x - self.values.origin) - before.mean, before.sd());
            if d.abs() <= 0.0 {
                0.0
            } else if sd <= 0.0 {
                1.0
            } else {
                libm::erf((d / sd).abs() * std::f64::consts::FRAC_1_SQRT_2)
            }
        };
        self.values.learn(x, self.params.window)?;
        self.seen += 1;
        Ok(score)
    }

    #[cfg(feature = "serde")]
    fn check_state(&self) -> Result<()> {
        self.params.validate()?;
        self.values.check(self.params.window, self.seen)
    }
}

one_column!(RunningGaussian);
saved!(RunningGaussian { params: RunningGaussianValidParams, values: Values, seen: u64 }, "running_gaussian", |_| &[]);

/// Checked settings of [`RunningDeviation`].
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
pub struct RunningDeviationValidParams {
    window: Option<usize>,
    grace: u64,
    floor: f64,
}

/// Settings of [`RunningDeviation`]; see [`RunningDeviation::params`].
#[derive(Debug, Clone, PartialEq)]
pub struct RunningDeviationParams(RunningDeviationValidParams);

impl RunningDeviationParams {
    /// Only the last values, 2 to 2^24 of them. Default all.
    #[must_use]
    pub fn window(mut self, values: usize) -> Self {
        self.0.window = Some(values);
        self
    }

    /// Values to learn before it scores; at most the window. Default 2, from which on there is a deviation. With 0, as
    /// River has it, the first value is compared with 0 and divided by the floor, and so is the second with the first.
    #[must_use]
    pub fn grace(mut self, values: u64) -> Self {
        self.0.grace = values;
        self
    }

    /// Added to the standard deviation, in the unit of the values; greater than 0. Default 1e-10, as in River: set it
    /// to what a sensor cannot tell apart, or the first change after a constant stretch scores enormously.
    #[must_use]
    pub fn floor(mut self, floor: f64) -> Self {
        self.0.floor = floor;
        self
    }

    /// A detector that has seen nothing.
    ///
    /// # Errors
    /// [`Error::Parameter`] for a window outside 2..=2^24 or a floor that is not positive.
    pub fn start(&self) -> Result<RunningDeviation> {
        self.0.validate()?;
        Ok(RunningDeviation { params: self.0.clone(), values: Values::NONE, seen: 0 })
    }
}

impl RunningDeviationValidParams {
    fn validate(&self) -> Result<()> {
        crate::error::check_positive("floor", self.floor)?;
        check_window(self.window)
    }
}

guard!(RunningDeviationParams, RunningDeviationValidParams);

/// Standard deviations between a value and the mean of those before it.
///
/// ```
/// use prognos::anomaly::stream::RunningDeviation;
/// let mut usual = RunningDeviation::params().start()?;
/// for x in [1.0, 2.0, 3.0] {
///     usual.push(x)?;
/// }
/// assert!((usual.push(5.0)? - 3.0).abs() < 1e-9);
/// # Ok::<(), prognos::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct RunningDeviation {
    params: RunningDeviationValidParams,
    values: Values,
    seen: u64,
}

impl RunningDeviation {
    /// Default settings: all values, 2 of them before it scores, floor 1e-10.
    #[must_use]
    pub fn params() -> RunningDeviationParams {
        RunningDeviationParams(RunningDeviationValidParams { window: None, grace: 2, floor: 1e-10 })
    }

    /// Scores a value against those before it, then learns it.
    ///
    /// # Errors
    /// [`Error::NonFinite`]; [`Error::Numeric`] for a value more than 1e150 from the first one, or a score that
    /// overflows. The detector is then as it was before.
    pub fn push(&mut self, x: f64) -> Result<f64> {
        check_value(x, self.seen)?;
        let before = self.values.all();
        let grace = self.params.grace.min(self.params.window.map_or(u64::MAX, |w| w as u64));
        let score = if before.n < grace {
            0.0
        } else {
            ((x - self.values.origin) - before.mean).abs() / (before.sd() + self.params.floor)
        };
        if !score.is_finite() {
            return Err(overflow("running deviation"));
        }
        self.values.learn(x, self.params.window)?;
        self.seen += 1;
        Ok(score)
    }

    #[cfg(feature = "serde")]
    fn check_state(&self) -> Result<()> {
        self.params.validate()?;
        self.values.check(self.params.window, self.seen)
    }
}

one_column!(RunningDeviation);
saved!(
    RunningDeviation { params: RunningDeviationValidParams, values: Values, seen: u64 },
    "running_deviation",
    |_| &[]
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_window_is_that_of_the_last_values() {
        let x: Vec<f64> = (0..200).map(|i| 1e6 + (f64::from(i) * 1.7).sin() + f64::from(i / 50)).collect();
        let mut values = Values::NONE;
        for t in 0..x.len() {
            values.learn(x[t], Some(17)).unwrap();
            let last = &x[(t + 1).saturating_sub(17)..=t];
            let mean = last.iter().map(|v| v - x[0]).sum::<f64>() / last.len() as f64;
            let m2: f64 = last.iter().map(|v| (v - x[0] - mean).powi(2)).sum();
            let all = values.all();
            assert_eq!(all.n, last.len() as u64);
            assert!((all.mean - mean).abs() < 1e-12 && (all.m2 - m2).abs() < 1e-11 * (1.0 + m2), "{t}");
        }
    }

    #[test]
    fn a_value_too_large_changes_nothing() {
        let mut usual = RunningDeviation::params().window(3).start().unwrap();
        for x in [1.0, 2.0, 4.0, 3.0] {
            usual.push(x).unwrap();
        }
        let before = usual.clone();
        for x in [f64::NAN, f64::INFINITY, f64::MAX, -1e200] {
            assert!(usual.push(x).is_err());
            assert_eq!(usual, before);
        }
    }

    #[test]
    fn values_that_do_not_move() {
        let mut usual = RunningGaussian::params().grace(3).start().unwrap();
        let scores: Vec<f64> = [5.0, 5.0, 5.0, 5.0, 5.1].iter().map(|&x| usual.push(x).unwrap()).collect();
        assert_eq!(scores, [0.0, 0.0, 0.0, 0.0, 1.0]);
    }
}
