//! What a recording lacks: silent stretches, missing cells, uneven steps; and filling cells in place.

use super::{Channel, Recording, Timeline, grid, seconds_between};
use crate::error::{Error, Result};
use crate::signal::SampleRate;
use std::fmt;

/// From which step on a stretch without rows counts as a gap.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub enum StepLimit {
    /// Longer than so many seconds.
    Seconds(f64),
    /// Longer than so many median steps; 1.5 finds every single lost row of a steady logger.
    TimesMedian(f64),
}

/// A stretch between two consecutive rows that is longer than it should be.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Gap {
    /// Row before the gap.
    pub before: usize,
    /// Row after the gap: `before + 1`.
    pub after: usize,
    /// Seconds from one to the other.
    pub seconds: f64,
    /// Rows that would stand between them at the median step.
    pub missing_samples: usize,
}

/// How much of a channel is missing.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Missing {
    /// Samples that are NaN.
    pub count: usize,
    /// Their share of all samples, in 0..=1; 0 when there is no sample.
    pub share: f64,
    /// Longest run of consecutive NaN samples.
    pub longest_run: usize,
}

/// How regular the steps of a recording are.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sampling {
    /// Median step in seconds (the lower of the two middle ones when their number is even).
    pub median_step: f64,
    /// Shortest step in seconds.
    pub shortest_step: f64,
    /// Longest step in seconds.
    pub longest_step: f64,
    /// Number of steps: one less than rows.
    pub steps: usize,
    /// Steps that differ from the median by more than the tolerance that was asked for.
    pub uneven: usize,
}

impl Sampling {
    /// Whether every step is within the tolerance.
    #[must_use]
    pub fn is_regular(&self) -> bool {
        self.uneven == 0
    }
}

/// How [`Recording::fill_gaps`] fills missing (NaN) cells.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub enum FillPolicy {
    /// Not at all: only count them.
    Leave,
    /// On the straight line between the known samples on both sides, when these are at most `max_seconds` apart.
    Linear {
        /// Longest time between the two known samples.
        max_seconds: f64,
    },
    /// With the last known sample, when it is at most `max_seconds` old.
    Hold {
        /// Greatest age of the sample that is held.
        max_seconds: f64,
    },
    /// With one value.
    Value(f64),
}

/// What became of one channel's values when cells were filled or the recording was put on another time line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChannelFill {
    /// Name of the channel.
    pub channel: String,
    /// Values of the result that were measured: taken over unchanged from a row at that very time.
    pub measured: usize,
    /// Values of the result that were computed from other rows (held, interpolated, averaged) or set.
    pub computed: usize,
    /// Values of the result that are missing (NaN). `measured + computed + missing` is the number of rows.
    pub missing: usize,
}

impl fmt::Display for ChannelFill {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { channel, measured, computed, missing } = self;
        write!(f, "{channel}: {measured} values measured, {computed} computed, {missing} missing")
    }
}

/// `Ok` for a time span that is not NaN and not negative; infinity means without limit.
pub(super) fn check_span(name: &'static str, seconds: f64) -> Result<f64> {
    if seconds >= 0.0 {
        Ok(seconds)
    } else {
        Err(Error::parameter(name, seconds, "must not be negative; infinity means without limit"))
    }
}

/// Point at `fraction` (0..=1) on the line from `a` to `b`.
pub(super) fn between(a: f64, b: f64, fraction: f64) -> f64 {
    let difference = b - a;
    if difference.is_finite() { a + difference * fraction } else { a * (1.0 - fraction) + b * fraction }
}

impl Recording {
    /// Steps between consecutive rows in nanoseconds.
    fn steps(&self) -> Vec<u64> {
        (1..self.len()).map(|row| self.at(row).abs_diff(self.at(row - 1))).collect()
    }

    /// Median step in seconds: the period of a logger that mostly keeps it. On a uniform recording the sample period.
    /// O(rows).
    ///
    /// # Errors
    /// [`Error::TooFew`] when the rows are stamped and there are fewer than two.
    pub fn median_step(&self) -> Result<f64> {
        match self.timeline {
            Timeline::Uniform { rate, .. } => Ok(rate.period()),
            Timeline::Stamped(_) => Ok(self.sampling(0.0)?.median_step),
        }
    }

    /// How regular the steps are. A step is uneven when it differs from the median by more than `tolerance` times the
    /// median: 0.01 is usual for a steady logger.
    ///
    /// # Errors
    /// [`Error::TooFew`] when there are fewer than two rows; [`Error::Parameter`] when `tolerance` is negative or NaN.
    pub fn sampling(&self, tolerance: f64) -> Result<Sampling> {
        check_span("tolerance", tolerance)?;
        if self.len() < 2 {
            return Err(Error::too_few("rows for a sampling period", 2, self.len()));
        }
        let mut steps = self.steps();
        let middle = (steps.len() - 1) / 2;
        let median = *steps.select_nth_unstable(middle).1;
        let limit = tolerance * median as f64;
        Ok(Sampling {
            median_step: median as f64 / super::NANOS,
            shortest_step: steps.iter().min().map_or(f64::NAN, |&s| s as f64 / super::NANOS),
            longest_step: steps.iter().max().map_or(f64::NAN, |&s| s as f64 / super::NANOS),
            steps: steps.len(),
            uneven: steps.iter().filter(|s| s.abs_diff(median) as f64 > limit).count(),
        })
    }

    /// Stretches between consecutive rows that are longer than the limit, in order. A uniform recording has none: its
    /// lost rows are missing cells, see [`missing`](Self::missing).
    ///
    /// # Errors
    /// [`Error::Parameter`] when the limit is negative or NaN.
    pub fn gaps(&self, limit: StepLimit) -> Result<Vec<Gap>> {
        let (name, value) = match limit {
            StepLimit::Seconds(s) => ("seconds", s),
            StepLimit::TimesMedian(f) => ("times median", f),
        };
        check_span(name, value)?;
        if self.len() < 2 || self.rate().is_some() {
            return Ok(Vec::new());
        }
        let median = self.median_step()?;
        let limit = match limit {
            StepLimit::Seconds(s) => s,
            StepLimit::TimesMedian(f) => f * median,
        };
        let gap = |row: usize| {
            let seconds = seconds_between(self.at(row), self.at(row + 1));
            let missing_samples = ((seconds / median).round() as usize).saturating_sub(1);
            Gap { before: row, after: row + 1, seconds, missing_samples }
        };
        Ok((0..self.len() - 1).map(gap).filter(|g| g.seconds > limit).collect())
    }

    /// How many samples of a channel are missing.
    ///
    /// # Errors
    /// [`Error::Parameter`] when there is no channel of that name.
    pub fn missing(&self, channel: &str) -> Result<Missing> {
        let samples = self.samples(channel)?;
        let (mut count, mut run, mut longest_run) = (0, 0, 0);
        for v in samples {
            run = if v.is_nan() { run + 1 } else { 0 };
            count += usize::from(v.is_nan());
            longest_run = longest_run.max(run);
        }
        let share = if samples.is_empty() { 0.0 } else { count as f64 / samples.len() as f64 };
        Ok(Missing { count, share, longest_run })
    }

    /// The recording with missing (NaN) cells filled, and for every channel what was filled. Rows are neither added
    /// nor moved: for lost rows see [`resample_uniform`](Self::resample_uniform). O(rows) per channel.
    ///
    /// ```
    /// use prognos::signal::{FillPolicy, Recording, SampleRate};
    /// let r = Recording::uniform(SampleRate::ONE_HZ).with_channel("x", "", vec![1.0, f64::NAN, 3.0, f64::NAN])?;
    /// let (filled, report) = r.fill_gaps(FillPolicy::Linear { max_seconds: 2.0 })?;
    /// assert_eq!(filled.samples("x")?[..3], [1.0, 2.0, 3.0]);
    /// assert_eq!((report[0].measured, report[0].computed, report[0].missing), (2, 1, 1));
    /// # Ok::<(), prognos::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Parameter`] when a time limit is negative or NaN, or the value to fill with is not finite.
    pub fn fill_gaps(&self, policy: FillPolicy) -> Result<(Self, Vec<ChannelFill>)> {
        match policy {
            FillPolicy::Linear { max_seconds } | FillPolicy::Hold { max_seconds } => {
                check_span("max_seconds", max_seconds)?;
            }
            FillPolicy::Value(v) if !v.is_finite() => {
                return Err(Error::parameter("value", v, "a missing cell must be filled with a finite number"));
            }
            FillPolicy::Value(_) | FillPolicy::Leave => {}
        }
        let mut filled = self.clone();
        let mut report = Vec::with_capacity(self.channels.len());
        for channel in &mut filled.channels {
            let before = channel.samples.iter().filter(|v| v.is_nan()).count();
            self.fill_channel(channel, policy);
            let missing = channel.samples.iter().filter(|v| v.is_nan()).count();
            report.push(ChannelFill {
                channel: channel.name.clone(),
                measured: channel.samples.len() - before,
                computed: before - missing,
                missing,
            });
        }
        Ok((filled, report))
    }

    fn fill_channel(&self, channel: &mut Channel, policy: FillPolicy) {
        let x = &mut channel.samples;
        let seconds = |a: usize, b: usize| seconds_between(self.at(a), self.at(b));
        let mut row = 0;
        while row < x.len() {
            if !x[row].is_nan() {
                row += 1;
                continue;
            }
            // A run of missing cells: rows `row..end`, with the known rows around it where they exist.
            let end = (row..x.len()).find(|&i| !x[i].is_nan()).unwrap_or(x.len());
            match (policy, row.checked_sub(1)) {
                (FillPolicy::Value(v), _) => x[row..end].fill(v),
                (FillPolicy::Hold { max_seconds }, Some(last)) => {
                    let held = x[last];
                    (row..end).filter(|&i| seconds(last, i) <= max_seconds).for_each(|i| x[i] = held);
                }
                (FillPolicy::Linear { max_seconds }, Some(last))
                    if end < x.len() && seconds(last, end) <= max_seconds =>
                {
                    let (a, b, whole) = (x[last], x[end], seconds(last, end));
                    (row..end).for_each(|i| x[i] = between(a, b, seconds(last, i) / whole));
                }
                _ => {}
            }
            row = end;
        }
    }

    /// The stamped recording as a uniform one, samples unchanged, when the stamps only jitter: every one must lie
    /// within `tolerance` periods of where an even grid from the first to the last row puts it. 0.1 allows for a tenth of
    /// a period; what is lost is that much time, so keep it far below the period of interest.
    ///
    /// # Errors
    /// [`Error::TooFew`] when there is no channel or fewer than two stamped rows; [`Error::Parameter`] when `tolerance` is negative
    /// or NaN; [`Error::Numeric`] naming the first row that is off the grid.
    pub fn as_uniform(&self, tolerance: f64) -> Result<Self> {
        check_span("tolerance", tolerance)?;
        if self.rate().is_some() {
            return Ok(self.clone());
        }
        self.check_channels()?;
        if self.len() < 2 {
            return Err(Error::too_few("rows for a sampling period", 2, self.len()));
        }
        let (start, period) = (self.at(0), self.duration() / (self.len() - 1) as f64);
        let rate = SampleRate::every_seconds(period)?;
        for row in 0..self.len() {
            let off = seconds_between(grid(start, rate, row), self.at(row));
            // The grid itself is rounded to whole nanoseconds.
            if off.abs() > tolerance * period + 1e-9 {
                return Err(Error::numeric(
                    "even steps",
                    format!("row {row} lies {off} s off a grid of {period} s steps: use `resample_uniform`"),
                ));
            }
        }
        Ok(Self { timeline: Timeline::Uniform { start, rate }, channels: self.channels.clone() })
    }
}

#[cfg(test)]
#[allow(clippy::float_cmp)] // exact values are meant
mod tests {
    use super::*;

    fn stamped(t: &[f64], x: &[f64]) -> Recording {
        Recording::stamped(t).unwrap().with_channel("x", "", x.to_vec()).unwrap()
    }

    #[test]
    fn gaps_name_the_rows_around_them() {
        let r = stamped(&[0.0, 1.0, 2.0, 6.0, 7.0, 7.9], &[0.0; 6]);
        let gap = Gap { before: 2, after: 3, seconds: 4.0, missing_samples: 3 };
        assert_eq!(r.gaps(StepLimit::TimesMedian(1.5)).unwrap(), [gap]);
        assert_eq!(r.gaps(StepLimit::Seconds(4.0)).unwrap(), []);
        assert!(r.gaps(StepLimit::Seconds(f64::NAN)).is_err());
        let s = r.sampling(0.05).unwrap();
        assert_eq!((s.median_step, s.longest_step, s.steps, s.uneven), (1.0, 4.0, 5, 2));
        assert!(!s.is_regular());
    }

    #[test]
    fn fills_stay_within_their_limits() {
        let nan = f64::NAN;
        let r = stamped(&[0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0], &[nan, 1.0, nan, 3.0, nan, nan, 6.0]);
        let filled = |p| {
            let (f, report) = r.fill_gaps(p).unwrap();
            assert_eq!(report[0].measured + report[0].computed + report[0].missing, 7);
            f.samples("x").unwrap().iter().map(|v| if v.is_nan() { -1.0 } else { *v }).collect::<Vec<_>>()
        };
        assert_eq!(filled(FillPolicy::Leave), [-1.0, 1.0, -1.0, 3.0, -1.0, -1.0, 6.0]);
        assert_eq!(filled(FillPolicy::Linear { max_seconds: 2.0 }), [-1.0, 1.0, 2.0, 3.0, -1.0, -1.0, 6.0]);
        assert_eq!(filled(FillPolicy::Linear { max_seconds: 3.0 }), [-1.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0]);
        assert_eq!(filled(FillPolicy::Hold { max_seconds: 1.0 }), [-1.0, 1.0, 1.0, 3.0, 3.0, -1.0, 6.0]);
        assert_eq!(filled(FillPolicy::Value(0.5)), [0.5, 1.0, 0.5, 3.0, 0.5, 0.5, 6.0]);
        assert!(r.fill_gaps(FillPolicy::Value(nan)).is_err());
        assert!(r.fill_gaps(FillPolicy::Hold { max_seconds: -1.0 }).is_err());
        assert_eq!(r.missing("x").unwrap(), Missing { count: 4, share: 4.0 / 7.0, longest_run: 2 });
    }

    #[test]
    fn jitter_becomes_even_and_a_gap_does_not() {
        let even = stamped(&[0.0, 1.02, 1.99, 3.0], &[1.0, 2.0, 3.0, 4.0]).as_uniform(0.05).unwrap();
        assert_eq!(even.signal("x").unwrap().rate().as_hz(), 1.0);
        assert!(stamped(&[0.0, 1.0, 2.0, 4.0], &[0.0; 4]).as_uniform(0.05).is_err());
        assert!(stamped(&[0.0], &[0.0]).as_uniform(0.05).is_err());
    }

    #[test]
    fn a_line_between_the_largest_numbers_does_not_overflow() {
        assert_eq!(between(-f64::MAX, f64::MAX, 0.5), 0.0);
        assert_eq!(between(2.0, 2.0, 0.3), 2.0);
    }
}
