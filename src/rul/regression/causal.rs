//! What is known of a unit at each age: summaries of all that its sensors said so far.
//!
//! **What it answers.** The last window of a noisy sensor says little about wear; its whole history says much: where the
//! unit began, how far it has come, how fast it moves. These summaries look back only, so that a row of the training units
//! and the last row of a running unit mean the same.
//!
//! | [`Summary`] | value at row t of a unit, from rows 0..=t |
//! |---|---|
//! | `Mean(w)` | mean of the last w rows |
//! | `Slope(w)` | least squares slope over the last w rows, times w |
//! | `Spread(w)` | root mean square distance to the running mean of w, over the last w rows |
//! | `Baseline(k)` | mean of the first k rows |
//! | `Departure(w, k)` | `Mean(w) - Baseline(k)` |
//! | `Lifetime` | mean of all rows so far |
//! | `LifetimeSlope` | least squares slope over all rows so far, times 50 rows |
//! | `Change(w, lag)` | `Mean(w)` now less `lag` rows ago (at row 0 before that) |
//!
//! Early rows use as many rows as there are. Slopes are per row: ages are taken as evenly spaced.
//!
//! **Cost.** O(1) a summary and row by running sums about the unit's first value; one pass for each summary.

use crate::error::{Error, Result};
use std::fmt;

/// A summary of one channel up to a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub enum Summary {
    /// Mean of the last rows.
    Mean(usize),
    /// Slope over the last rows, times their number.
    Slope(usize),
    /// Scatter about the running mean of the last rows.
    Spread(usize),
    /// Mean of the first rows.
    Baseline(usize),
    /// Mean of the last rows less the mean of the first.
    Departure(usize, usize),
    /// Mean of all rows so far.
    Lifetime,
    /// Slope over all rows so far, times 50.
    LifetimeSlope,
    /// Mean of the last rows less the same some rows ago.
    Change(usize, usize),
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Mean(w) => write!(f, "mean__w_{w}"),
            Self::Slope(w) => write!(f, "slope__w_{w}"),
            Self::Spread(w) => write!(f, "spread__w_{w}"),
            Self::Baseline(k) => write!(f, "baseline__k_{k}"),
            Self::Departure(w, k) => write!(f, "departure__w_{w}__k_{k}"),
            Self::Lifetime => write!(f, "lifetime_mean"),
            Self::LifetimeSlope => write!(f, "lifetime_slope"),
            Self::Change(w, lag) => write!(f, "change__w_{w}__lag_{lag}"),
        }
    }
}

impl Summary {
    /// `Ok` when no window is empty.
    pub(crate) fn check(self) -> Result<Self> {
        let shortest = match self {
            Self::Mean(w) | Self::Slope(w) | Self::Spread(w) | Self::Baseline(w) => w,
            Self::Departure(w, k) => w.min(k),
            Self::Change(w, lag) => w.min(lag),
            Self::Lifetime | Self::LifetimeSlope => 1,
        };
        if shortest == 0 { Err(Error::parameter("summary", self, "windows have at least one row")) } else { Ok(self) }
    }

    /// The usual summaries of a channel: level and slope on several scales, the start, the way from it, the whole life.
    #[must_use]
    pub fn standard() -> Vec<Self> {
        vec![
            Self::Mean(5),
            Self::Mean(15),
            Self::Mean(40),
            Self::Slope(20),
            Self::Slope(50),
            Self::Baseline(15),
            Self::Departure(15, 15),
            Self::Lifetime,
            Self::LifetimeSlope,
            Self::Change(20, 30),
        ]
    }

    /// Level and slope of the last rows alone, for units whose beginning nobody recorded.
    #[must_use]
    pub fn recent() -> Vec<Self> {
        vec![Self::Mean(5), Self::Mean(15), Self::Mean(30), Self::Slope(15), Self::Slope(30)]
    }
}

/// Running sums of one channel of one unit.
#[derive(Debug, Default)]
pub(crate) struct Sums {
    first: f64,
    /// `sums[i]`: sum of the first i values less the first one.
    sums: Vec<f64>,
    /// The same, each times its row.
    moments: Vec<f64>,
    values: Vec<f64>,
    squares: Vec<f64>,
}

impl Sums {
    pub(crate) fn load(&mut self, channel: impl Iterator<Item = f64>) {
        self.values.clear();
        self.values.extend(channel);
        self.first = self.values.first().copied().unwrap_or(0.0);
        self.sums.clear();
        self.moments.clear();
        self.sums.push(0.0);
        self.moments.push(0.0);
        let (mut sum, mut moment) = (0.0, 0.0);
        for (i, v) in self.values.iter().enumerate() {
            let v = v - self.first;
            sum += v;
            moment += i as f64 * v;
            self.sums.push(sum);
            self.moments.push(moment);
        }
    }

    /// Mean of rows `from..to`.
    #[inline]
    fn mean(&self, from: usize, to: usize) -> f64 {
        self.first + (self.sums[to] - self.sums[from]) / (to - from) as f64
    }

    /// Slope per row over rows `from..to`; 0 for one row.
    #[inline]
    fn slope(&self, from: usize, to: usize) -> f64 {
        let m = (to - from) as f64;
        if to - from < 2 {
            return 0.0;
        }
        let middle = 0.5 * (from + to - 1) as f64;
        let about = self.moments[to] - self.moments[from] - middle * (self.sums[to] - self.sums[from]);
        about / (m * (m * m - 1.0) / 12.0)
    }

    /// The summary at every row, written to every `stride`-th cell of `out`.
    pub(crate) fn write(&mut self, summary: Summary, out: &mut [f64], stride: usize) {
        let n = self.values.len();
        let last = |w: usize, t: usize| (t + 1).saturating_sub(w);
        let cells = out.iter_mut().step_by(stride).take(n).enumerate();
        match summary {
            Summary::Mean(w) => cells.for_each(|(t, out)| *out = self.mean(last(w, t), t + 1)),
            Summary::Slope(w) => cells.for_each(|(t, out)| *out = self.slope(last(w, t), t + 1) * w as f64),
            Summary::Baseline(k) => cells.for_each(|(t, out)| *out = self.mean(0, (t + 1).min(k))),
            Summary::Departure(w, k) => {
                cells.for_each(|(t, out)| *out = self.mean(last(w, t), t + 1) - self.mean(0, (t + 1).min(k)));
            }
            Summary::Lifetime => cells.for_each(|(t, out)| *out = self.mean(0, t + 1)),
            Summary::LifetimeSlope => cells.for_each(|(t, out)| *out = self.slope(0, t + 1) * 50.0),
            Summary::Change(w, lag) => cells.for_each(|(t, out)| {
                let then = t.saturating_sub(lag);
                *out = self.mean(last(w, t), t + 1) - self.mean(last(w, then), then + 1);
            }),
            Summary::Spread(w) => {
                let mut squares = std::mem::take(&mut self.squares);
                squares.clear();
                squares.push(0.0);
                let mut sum = 0.0;
                for (t, v) in self.values.iter().enumerate() {
                    let away = v - self.mean(last(w, t), t + 1);
                    sum += away * away;
                    squares.push(sum);
                }
                cells.for_each(|(t, out)| {
                    let from = last(w, t);
                    *out = ((squares[t + 1] - squares[from]) / (t + 1 - from) as f64).max(0.0).sqrt();
                });
                self.squares = squares;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn naive(x: &[f64], summary: Summary, t: usize) -> f64 {
        let mean = |x: &[f64]| x.iter().sum::<f64>() / x.len() as f64;
        let slope = |x: &[f64]| {
            let (m, c) = (mean(x), 0.5 * (x.len() as f64 - 1.0));
            let (mut above, mut below) = (0.0, 0.0);
            for (i, v) in x.iter().enumerate() {
                above += (i as f64 - c) * (v - m);
                below += (i as f64 - c).powi(2);
            }
            if below > 0.0 { above / below } else { 0.0 }
        };
        let recent = |w: usize, t: usize| &x[(t + 1).saturating_sub(w)..=t];
        match summary {
            Summary::Mean(w) => mean(recent(w, t)),
            Summary::Slope(w) => slope(recent(w, t)) * w as f64,
            Summary::Spread(w) => {
                let from = (t + 1).saturating_sub(w);
                mean(&(from..=t).map(|s| (x[s] - mean(recent(w, s))).powi(2)).collect::<Vec<_>>()).sqrt()
            }
            Summary::Baseline(k) => mean(&x[..(t + 1).min(k)]),
            Summary::Departure(w, k) => mean(recent(w, t)) - mean(&x[..(t + 1).min(k)]),
            Summary::Lifetime => mean(&x[..=t]),
            Summary::LifetimeSlope => slope(&x[..=t]) * 50.0,
            Summary::Change(w, lag) => mean(recent(w, t)) - mean(recent(w, t.saturating_sub(lag))),
        }
    }

    #[test]
    fn running_sums_are_the_summaries() {
        let x: Vec<f64> = (0..130).map(|i| 1e6 + (f64::from(i) * 0.37).sin() + 0.01 * f64::from(i)).collect();
        let mut all = Summary::standard();
        all.extend(Summary::recent());
        all.extend([
            Summary::Spread(20),
            Summary::Spread(1),
            Summary::Mean(1),
            Summary::Change(1, 1),
            Summary::Slope(1),
        ]);
        let mut sums = Sums::default();
        for n in [1, 2, 3, 16, 130] {
            sums.load(x[..n].iter().copied());
            for &summary in &all {
                let mut out = vec![f64::NAN; 3 * n];
                sums.write(summary, &mut out, 3);
                for t in 0..n {
                    let wanted = naive(&x, summary, t);
                    assert!(
                        (out[3 * t] - wanted).abs() < 1e-9 + 1e-12 * wanted.abs(),
                        "{summary} at {t}: {} {wanted}",
                        out[3 * t]
                    );
                }
            }
        }
        assert!(Summary::Mean(0).check().is_err() && Summary::Change(3, 0).check().is_err());
    }
}
