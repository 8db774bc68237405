//! Tabular CUSUM: small shifts of a mean, when they began and how large they are.
//!
//! **Formula.** With the allowance `K = k sd` and the decision interval `H = h sd`,
//! `C+ = max(0, x - (mean + K) + C+)` and `C- = max(0, (mean - K) - x + C-)`. The score is the larger of the two over
//! `H`: above 1 is an alarm. The shift is put at the row after the one where the alarming sum was last 0, and its
//! size estimated by `mean +- (K + C / N)`, `N` the rows since. With a head start `f` both sums begin at `f H`, so
//! that a process that starts out of control is found sooner.
//!
//! **Sources.** Page 1954, Biometrika 41; Lucas & Crosier 1982, Technometrics 24 (head start); the tabular form and
//! the estimates as in Montgomery, Introduction to Statistical Quality Control, chapter 9.
//!
//! **Cost.** O(1) time and memory.
//!
//! **When not to use it.** Values correlated in time (chart residuals); unknown healthy mean (use
//! [`PageHinkley`](super::PageHinkley)).

use super::{baseline, check_value, guard, one_column, overflow, saved};
use crate::error::{Error, Result, check_positive};
use linfa::ParamGuard;

/// Checked settings of a [`CusumChart`].
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
pub struct CusumValidParams {
    allowance: f64,
    interval: f64,
    head_start: f64,
}

/// Settings of a [`CusumChart`]; see [`CusumChart::params`].
#[derive(Debug, Clone, PartialEq)]
pub struct CusumParams(CusumValidParams);

impl CusumParams {
    /// `k`, what is forgiven at each row, in standard deviations. Default 0.5: half of the shift to be found, here one
    /// standard deviation.
    #[must_use]
    pub fn allowance(mut self, k: f64) -> Self {
        self.0.allowance = k;
        self
    }

    /// `h`, the sum that is an alarm, in standard deviations. Default 5: with k = 0.5 a false alarm about every 465
    /// values of a normal stream, and a shift of one standard deviation found after about 10.
    #[must_use]
    pub fn interval(mut self, h: f64) -> Self {
        self.0.interval = h;
        self
    }

    /// Where the sums begin, as a fraction of the decision interval, in [0, 1). Default 0; Lucas & Crosier advise 0.5.
    #[must_use]
    pub fn head_start(mut self, fraction: f64) -> Self {
        self.0.head_start = fraction;
        self
    }

    /// A chart about the mean and the standard deviation (divisor n - 1) of healthy values.
    ///
    /// # Errors
    /// [`Error::Parameter`] as [`start`](Self::start); [`Error::TooFew`] below 2 values; [`Error::NonFinite`]; and
    /// [`Error::Numeric`] when the values do not vary, or overflow.
    pub fn fit(&self, healthy: &[f64]) -> Result<CusumChart> {
        let (mean, sd) = baseline("healthy values of a CUSUM chart", healthy)?;
        self.start(mean, sd)
    }

    /// A chart about a known mean and standard deviation.
    ///
    /// # Errors
    /// [`Error::Parameter`] for a negative allowance, an interval or a standard deviation that is not positive, a
    /// head start outside [0, 1), or a mean that is not finite; [`Error::Numeric`] when `k sd` or `h sd` overflows or vanishes.
    pub fn start(&self, mean: f64, sd: f64) -> Result<CusumChart> {
        let params = self.check_ref()?.clone();
        let (k, h) = (params.allowance * sd, params.interval * sd);
        let mut chart =
            CusumChart { params, mean, sd, k, h, upper: 0.0, lower: 0.0, upper_run: 0, lower_run: 0, seen: 0 };
        chart.check_baseline()?;
        chart.restart();
        Ok(chart)
    }
}

impl CusumValidParams {
    fn validate(&self) -> Result<()> {
        if !(self.allowance >= 0.0 && self.allowance.is_finite()) {
            return Err(Error::parameter("allowance", self.allowance, "must be finite and at least 0"));
        }
        check_positive("interval", self.interval)?;
        if !(0.0..1.0).contains(&self.head_start) {
            return Err(Error::parameter("head_start", self.head_start, "must be at least 0 and less than 1"));
        }
        Ok(())
    }
}

guard!(CusumParams, CusumValidParams);

/// Where a shift of the mean seems to have begun, and what it leads to.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct Shift {
    /// Row of the stream, counted from 0, at which the sum left 0.
    pub start: u64,
    /// Rows since, the last one included.
    pub rows: u64,
    /// Estimated mean since then.
    pub mean: f64,
    /// Whether the mean went up.
    pub up: bool,
}

/// A tabular CUSUM chart, both sides.
///
/// ```
/// use prognos::anomaly::stream::CusumChart;
/// let mut chart = CusumChart::params().start(10.0, 1.0)?;
/// let mut stream = vec![10.0; 20];
/// stream.extend([11.5; 10]);
/// let scores: Vec<f64> = stream.iter().map(|&x| chart.push(x)).collect::<Result<_, _>>()?;
/// assert_eq!(scores.iter().position(|&s| s > 1.0), Some(25));
/// let shift = chart.shift().unwrap();
/// assert!(shift.up && shift.start == 20 && (shift.mean - 11.5).abs() < 1e-12);
/// # Ok::<(), prognos::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct CusumChart {
    params: CusumValidParams,
    mean: f64,
    sd: f64,
    k: f64,
    h: f64,
    upper: f64,
    lower: f64,
    upper_run: u64,
    lower_run: u64,
    seen: u64,
}

impl CusumChart {
    /// Default settings: k = 0.5, h = 5, no head start.
    #[must_use]
    pub fn params() -> CusumParams {
        CusumParams(CusumValidParams { allowance: 0.5, interval: 5.0, head_start: 0.0 })
    }

    /// Learns a value; the larger sum over the decision interval.
    ///
    /// # Errors
    /// [`Error::NonFinite`]; [`Error::Numeric`] when a sum overflows. The chart is then as it was before.
    #[inline]
    pub fn push(&mut self, x: f64) -> Result<f64> {
        check_value(x, self.seen)?;
        let deviation = x - self.mean;
        let upper = (self.upper + (deviation - self.k)).max(0.0);
        let lower = (self.lower - (deviation + self.k)).max(0.0);
        let score = upper.max(lower) / self.h;
        if !score.is_finite() {
            return Err(overflow("CUSUM chart"));
        }
        self.upper_run = if upper > 0.0 { self.upper_run + 1 } else { 0 };
        self.lower_run = if lower > 0.0 { self.lower_run + 1 } else { 0 };
        (self.upper, self.lower, self.seen) = (upper, lower, self.seen + 1);
        Ok(score)
    }

    /// C+, the sum of what the values lie above the mean and the allowance, in their units.
    #[must_use]
    pub fn upper(&self) -> f64 {
        self.upper
    }

    /// C-, the same below.
    #[must_use]
    pub fn lower(&self) -> f64 {
        self.lower
    }

    /// `k sd`, in the units of the values.
    #[must_use]
    pub fn allowance(&self) -> f64 {
        self.k
    }

    /// `h sd`, in the units of the values.
    #[must_use]
    pub fn interval(&self) -> f64 {
        self.h
    }

    /// The shift that the larger of the two sums speaks for; `None` while both are 0 or no row was seen. A head start counts
    /// into the size.
    #[must_use]
    pub fn shift(&self) -> Option<Shift> {
        let up = self.upper >= self.lower;
        let (sum, rows) = if up { (self.upper, self.upper_run) } else { (self.lower, self.lower_run) };
        if rows == 0 {
            return None;
        }
        let size = self.k + sum / rows as f64;
        let mean = if up { self.mean + size } else { self.mean - size };
        Some(Shift { start: self.seen - rows, rows, mean, up })
    }

    /// Begins anew about the same mean, with the head start, as after a repair. Rows are counted from 0 again.
    pub fn restart(&mut self) {
        (self.upper, self.lower) = (self.params.head_start * self.h, self.params.head_start * self.h);
        (self.upper_run, self.lower_run, self.seen) = (0, 0, 0);
    }

    fn check_baseline(&self) -> Result<()> {
        if !self.mean.is_finite() {
            return Err(Error::parameter("mean", self.mean, "must be finite"));
        }
        check_positive("sd", self.sd)?;
        if self.k.is_finite() && self.h.is_finite() && self.h > 0.0 {
            Ok(())
        } else {
            Err(overflow("limits of a CUSUM chart"))
        }
    }

    #[cfg(feature = "serde")]
    fn check_state(&self) -> Result<()> {
        self.params.validate()?;
        self.check_baseline()?;
        let same = |a: f64, b: f64| a.to_bits() == b.to_bits();
        let scaled = same(self.k, self.params.allowance * self.sd) && same(self.h, self.params.interval * self.sd);
        let side = |sum: f64, run: u64| sum >= 0.0 && sum.is_finite() && run <= self.seen && (run == 0 || sum > 0.0);
        if !scaled || !side(self.upper, self.upper_run) || !side(self.lower, self.lower_run) {
            return Err(super::refuse("sums, runs or limits do not fit"));
        }
        Ok(())
    }
}

one_column!(CusumChart);
saved!(
    CusumChart {
        params: CusumValidParams,
        mean: f64,
        sd: f64,
        k: f64,
        h: f64,
        upper: f64,
        lower: f64,
        upper_run: u64,
        lower_run: u64,
        seen: u64,
    },
    "cusum_chart",
    |_| &[]
);
