//! Uneven rows onto an even time line, with a count of every value that was not measured.

use super::gaps::{between, check_span};
use super::{Channel, ChannelFill, Gap, Recording, StepLimit, Timeline, grid, seconds_between};
use crate::error::{Error, Result};
use crate::math::lanes;
use crate::signal::SampleRate;

/// How the value at a grid time comes from the samples around it. Missing (NaN) samples are passed over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ResampleMethod {
    /// The last sample at or before the grid time: for states, set points and loggers that write on change.
    Hold,
    /// On the line between the samples on both sides: for slow, smooth quantities.
    Linear,
    /// The sample nearest in time, the earlier one of two equally near.
    Nearest,
    /// Mean of the samples from the grid time up to but not including the next one: the method to go to a lower rate,
    /// because it uses every sample. The others pick, and fold what is faster than half the new rate into the
    /// result (aliasing).
    Mean,
}

/// What happens to a grid time that no sample is near enough to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum OnMissing {
    /// The value is NaN and counted as missing.
    Leave,
    /// The whole resampling is an error that names the channel and the time.
    Error,
}

/// How [`Recording::resample_uniform`] puts rows on an even time line.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ResamplePolicy {
    rate: SampleRate,
    method: ResampleMethod,
    max_gap_seconds: Option<f64>,
    on_missing: OnMissing,
    max_rows: usize,
}

impl ResamplePolicy {
    /// Rows at `rate`, values by `method`.
    #[must_use]
    pub fn new(rate: SampleRate, method: ResampleMethod) -> Self {
        Self { rate, method, max_gap_seconds: None, on_missing: OnMissing::Leave, max_rows: 1 << 26 }
    }

    /// Longest stretch without a sample that is bridged, in seconds; infinity bridges everything. For `Hold` the
    /// greatest age of the held sample, for `Nearest` the greatest distance, for `Linear` the time between the two
    /// samples; `Mean` does not bridge: an empty bin is missing.
    ///
    /// Default: 2.5 times the median step of the recording or the new period, whichever is longer. So one lost row is
    /// bridged, also when its neighbours jitter, and two are not.
    #[must_use]
    pub fn max_gap_seconds(mut self, seconds: f64) -> Self {
        self.max_gap_seconds = Some(seconds);
        self
    }

    /// What happens where nothing is near enough; default [`OnMissing::Leave`].
    #[must_use]
    pub fn on_missing(mut self, on_missing: OnMissing) -> Self {
        self.on_missing = on_missing;
        self
    }

    /// Greatest number of rows of the result; default 2^26 (512 MiB a channel). One wrong time stamp years away would
    /// otherwise ask for more memory than there is.
    #[must_use]
    pub fn max_rows(mut self, rows: usize) -> Self {
        self.max_rows = rows;
        self
    }
}

/// What [`Recording::resample_uniform`] did.
#[derive(Debug, Clone, PartialEq)]
pub struct ResampleReport {
    /// Rows of the recording.
    pub rows_before: usize,
    /// Rows of the result.
    pub rows_after: usize,
    /// Longest stretch that was bridged at most, in seconds: the policy's, or the default that was worked out.
    pub max_gap_seconds: f64,
    /// Stretches of the recording without a row that are longer than that.
    pub gaps: Vec<Gap>,
    /// For every channel how many values were measured, computed and left missing.
    pub channels: Vec<ChannelFill>,
}

impl Recording {
    /// The recording on an even time line from its first row on, and a report of every value that was not measured.
    ///
    /// Row `k` of the result stands at the first row's time plus `k` periods; the last one is not later than the last
    /// row of the recording. A uniform recording resampled at its own rate is itself. O(rows + new rows) per channel.
    ///
    /// # Errors
    /// [`Error::TooFew`] when there is no channel; [`Error::Parameter`] when the gap limit is negative or NaN, the period is shorter than a nanosecond, or the
    /// result would have more rows than the policy allows; [`Error::Numeric`] when the policy says so and a value is
    /// missing; [`Error::NonFinite`] when a mean overflows.
    pub fn resample_uniform(&self, policy: &ResamplePolicy) -> Result<(Self, ResampleReport)> {
        let rate = policy.rate;
        self.check_channels()?;
        if rate.period() < 1e-9 {
            return Err(Error::parameter("rate", rate, "time is kept in whole nanoseconds"));
        }
        let max_gap = match policy.max_gap_seconds {
            Some(seconds) => check_span("max_gap_seconds", seconds)?,
            None if self.len() < 2 => 2.5 * rate.period(),
            None => 2.5 * self.median_step()?.max(rate.period()),
        };
        let rows_after = self.grid_rows(rate, policy.max_rows)?;
        let start = if self.is_empty() { 0 } else { self.at(0) };
        let mut result = Self { timeline: Timeline::Uniform { start, rate }, channels: Vec::new() };
        let mut report = ResampleReport {
            rows_before: self.len(),
            rows_after,
            max_gap_seconds: max_gap,
            gaps: self.gaps(StepLimit::Seconds(max_gap))?,
            channels: Vec::with_capacity(self.channels.len()),
        };
        for channel in &self.channels {
            let mut counts = [0; 3];
            let times = (0..rows_after).map(|k| grid(start, rate, k));
            let samples = match policy.method {
                ResampleMethod::Mean => {
                    let ends = (1..=rows_after).map(|k| grid(start, rate, k));
                    self.bin_means(channel, times.zip(ends), &mut counts)
                }
                method => self.pick(channel, times, method, max_gap, &mut counts),
            };
            let [measured, computed, missing] = counts;
            if policy.on_missing == OnMissing::Error && missing > 0 {
                let row = samples.iter().position(|v| v.is_nan()).unwrap_or(0);
                let reason = format!(
                    "channel `{}` has no sample near enough to {} s after its start (row {row} of the result), and {missing} \
                     rows are so; the limit is {max_gap} s",
                    channel.name,
                    rate.seconds(row)
                );
                return Err(Error::numeric("resampling", reason));
            }
            report.channels.push(ChannelFill { channel: channel.name.clone(), measured, computed, missing });
            result = result.with_channel(channel.name.clone(), channel.unit.clone(), samples)?;
        }
        Ok((result, report))
    }

    /// Number of grid times from the first row to the last.
    fn grid_rows(&self, rate: SampleRate, max_rows: usize) -> Result<usize> {
        if self.is_empty() {
            return Ok(0);
        }
        let (start, last) = (self.at(0), self.at(self.len() - 1));
        let about = self.duration() * rate.as_hz();
        if about >= max_rows as f64 {
            let reason =
                format!("{about:.0} rows from the first to the last time stamp, at most {max_rows} are allowed");
            return Err(Error::parameter("max_rows", max_rows, reason));
        }
        // The estimate is off by one at most; the grid itself decides. At the very end of time the grid saturates.
        let rows = about as usize;
        let inside = |row: usize| {
            let time = grid(start, rate, row);
            time <= last && (time < i64::MAX || row as f64 <= about)
        };
        Ok(if inside(rows + 1) {
            rows + 2
        } else if rows == 0 || inside(rows) {
            rows + 1
        } else {
            rows
        })
    }

    /// Hold, linear and nearest: one walk over the known samples along the grid.
    fn pick(
        &self,
        channel: &Channel,
        times: impl Iterator<Item = i64>,
        method: ResampleMethod,
        max_gap: f64,
        [measured, computed, missing]: &mut [usize; 3],
    ) -> Vec<f64> {
        let mut known = channel.samples.iter().enumerate().filter(|(_, v)| !v.is_nan()).map(|(i, &v)| (self.at(i), v));
        let mut before: Option<(i64, f64)> = None;
        let mut after = known.next();
        let value_at = |time: i64| {
            while let Some(point) = after.filter(|&(t, _)| t <= time) {
                before = Some(point);
                after = known.next();
            }
            if let Some((_, v)) = before.filter(|&(t, _)| t == time) {
                *measured += 1;
                return v;
            }
            // Seconds back to the sample before, and on to the one after.
            let back = before.map_or(f64::INFINITY, |(t, _)| seconds_between(t, time));
            let on = after.map_or(f64::INFINITY, |(t, _)| seconds_between(time, t));
            let value = match (method, before, after) {
                (ResampleMethod::Hold, Some((_, v)), _) if back <= max_gap => v,
                (ResampleMethod::Nearest, Some((_, v)), _) if back <= on && back <= max_gap => v,
                (ResampleMethod::Nearest, _, Some((_, v))) if on < back && on <= max_gap => v,
                (ResampleMethod::Linear, Some((_, a)), Some((_, b))) if back + on <= max_gap => {
                    between(a, b, back / (back + on))
                }
                _ => f64::NAN,
            };
            *(if value.is_nan() { &mut *missing } else { &mut *computed }) += 1;
            value
        };
        times.map(value_at).collect()
    }

    /// Mean of the known samples in each bin `[time, end)`.
    fn bin_means(
        &self,
        channel: &Channel,
        bins: impl Iterator<Item = (i64, i64)>,
        [measured, computed, missing]: &mut [usize; 3],
    ) -> Vec<f64> {
        let mut row = 0;
        let mut bin: Vec<f64> = Vec::new();
        let mean_of = |(time, end): (i64, i64)| {
            bin.clear();
            let mut at_time = false;
            while row < channel.samples.len() && self.at(row) < end {
                let v = channel.samples[row];
                if !v.is_nan() {
                    at_time = bin.is_empty() && self.at(row) == time;
                    bin.push(v);
                }
                row += 1;
            }
            match bin.as_slice() {
                [] => {
                    *missing += 1;
                    f64::NAN
                }
                [v] if at_time => {
                    *measured += 1;
                    *v
                }
                many => {
                    *computed += 1;
                    lanes::mean(many)
                }
            }
        };
        bins.map(mean_of).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(method: ResampleMethod, max_gap: f64, rate: f64) -> (Vec<f64>, ChannelFill) {
        let recording = Recording::stamped(&[0.0, 1.0, 1.75, 3.0, 7.0])
            .unwrap()
            .with_channel("x", "V", vec![0.0, 10.0, f64::NAN, 30.0, 70.0])
            .unwrap();
        let policy = ResamplePolicy::new(SampleRate::hz(rate).unwrap(), method).max_gap_seconds(max_gap);
        let (uniform, report) = recording.resample_uniform(&policy).unwrap();
        assert_eq!(uniform.unit("x").unwrap(), "V");
        let values = uniform.samples("x").unwrap().iter().map(|v| if v.is_nan() { -1.0 } else { *v }).collect();
        (values, report.channels[0].clone())
    }

    #[test]
    fn every_method_does_what_it_says() {
        let (v, fill) = run(ResampleMethod::Linear, 2.0, 1.0);
        assert_eq!(v, [0.0, 10.0, 20.0, 30.0, -1.0, -1.0, -1.0, 70.0]);
        assert_eq!((fill.measured, fill.computed, fill.missing), (4, 1, 3));
        assert_eq!(run(ResampleMethod::Hold, 2.0, 1.0).0, [0.0, 10.0, 10.0, 30.0, 30.0, 30.0, -1.0, 70.0]);
        assert_eq!(run(ResampleMethod::Nearest, 1.0, 1.0).0, [0.0, 10.0, 10.0, 30.0, 30.0, -1.0, 70.0, 70.0]);
        let (v, fill) = run(ResampleMethod::Mean, 2.0, 0.5);
        assert_eq!(v, [5.0, 30.0, -1.0, 70.0]);
        assert_eq!((fill.measured, fill.computed, fill.missing), (0, 3, 1));
    }

    #[test]
    fn one_lost_row_is_bridged_by_default_and_two_are_not() {
        let t = [0.0, 1.0, 2.0, 4.0, 5.0, 8.0, 9.0];
        let r = Recording::stamped(&t).unwrap().with_channel("x", "", t.to_vec()).unwrap();
        let policy = ResamplePolicy::new(SampleRate::ONE_HZ, ResampleMethod::Linear);
        let (u, report) = r.resample_uniform(&policy).unwrap();
        assert_eq!(u.samples("x").unwrap()[..6], [0.0, 1.0, 2.0, 3.0, 4.0, 5.0]);
        assert_eq!(report.gaps.len(), 1);
        assert_eq!(report.channels[0].missing, 2);
        let refused = r.resample_uniform(&policy.on_missing(OnMissing::Error)).unwrap_err().to_string();
        assert!(refused.contains("channel `x`") && refused.contains("row 6"), "{refused}");
    }

    #[test]
    fn a_wrong_stamp_does_not_ask_for_all_memory() {
        let r = Recording::stamped(&[0.0, 9e9]).unwrap().with_channel("x", "", vec![0.0; 2]).unwrap();
        for hz in [1.0, 1e9, 1e12] {
            let policy = ResamplePolicy::new(SampleRate::hz(hz).unwrap(), ResampleMethod::Hold);
            assert!(matches!(r.resample_uniform(&policy), Err(Error::Parameter { .. })));
        }
    }
}
