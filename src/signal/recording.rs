//! What a plant's logger gives: named channels with units on one time line, with gaps and missing cells.

mod gaps;
mod regrid;

pub use gaps::{ChannelFill, FillPolicy, Gap, Missing, Sampling, StepLimit};
pub use regrid::{OnMissing, ResampleMethod, ResamplePolicy, ResampleReport};

use super::{SampleRate, Signal};
use crate::error::{Error, Result};
use ndarray::Array2;

const NANOS: f64 = 1e9;

/// One channel of a [`Recording`]: a name, a unit and a sample per row.
#[derive(Debug, Clone, PartialEq)]
pub struct Channel {
    name: String,
    unit: String,
    samples: Vec<f64>,
}

impl Channel {
    /// Name of the channel, unique within its recording.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Unit of the samples as text, empty when it is not known.
    #[must_use]
    pub fn unit(&self) -> &str {
        &self.unit
    }

    /// The samples, one per row; NaN where one is missing.
    #[must_use]
    pub fn samples(&self) -> &[f64] {
        &self.samples
    }
}

/// When the rows were taken.
#[derive(Debug, Clone, PartialEq)]
enum Timeline {
    /// Row `i` at `start` nanoseconds plus `i` periods.
    Uniform { start: i64, rate: SampleRate },
    /// One stamp a row, in nanoseconds, strictly increasing.
    Stamped(Vec<i64>),
}

/// Named channels with units on one time line.
///
/// It holds several channels that were logged together: one row of samples per instant. The instants are
/// either equally spaced (a start and a [`SampleRate`]) or one time stamp a row. Time is kept as whole nanoseconds
/// since the Unix epoch in an `i64`: the years 1678 to 2261, without rounding. Where times are given or taken as
/// seconds in an `f64` the resolution is 0.24 µs for dates of today (a double has 53 bits); the `nanos` functions are
/// exact.
///
/// A missing sample is NaN. An infinite sample is refused: no sensor measures it.
///
/// Features want equal steps and models want whole rows, so a real recording usually walks
/// [`gaps`](Recording::gaps) and [`missing`](Recording::missing) (what is wrong?), then
/// [`resample_uniform`](Recording::resample_uniform) or [`fill_gaps`](Recording::fill_gaps) (put it right, with a
/// report of every value that was not measured), then [`signal`](Recording::signal) or
/// [`to_matrix`](Recording::to_matrix).
///
/// ```
/// use prognos::signal::{Recording, ResampleMethod, ResamplePolicy, SampleRate, StepLimit};
/// // A logger that should write every 10 s, was late once, and was silent for a minute.
/// let t = [0.0, 10.0, 20.5, 30.0, 90.0, 100.0];
/// let recording = Recording::stamped(&t)?
///     .with_channel("bearing_temperature", "degC", vec![40.0, 41.0, 42.0, 43.0, 49.0, 50.0])?;
/// let gaps = recording.gaps(StepLimit::TimesMedian(2.0))?;
/// assert_eq!((gaps[0].seconds, gaps[0].missing_samples), (60.0, 5));
///
/// let policy = ResamplePolicy::new(SampleRate::every_seconds(10.0)?, ResampleMethod::Linear).max_gap_seconds(20.0);
/// let (uniform, report) = recording.resample_uniform(&policy)?;
/// assert_eq!(uniform.len(), 11);
/// assert_eq!(report.channels[0].computed, 1); // the late sample
/// assert_eq!(report.channels[0].missing, 5); // the minute of silence stays NaN
/// assert_eq!(uniform.signal("bearing_temperature")?.rate().period(), 10.0);
/// # Ok::<(), prognos::Error>(())
/// ```
///
/// Equal steps, a missing cell, and rows for a detector:
///
/// ```
/// use prognos::signal::{Recording, SampleRate};
/// let pump = Recording::uniform(SampleRate::hz(2.0)?)
///     .starting_at(1_767_225_600.0)? // 2026-01-01T00:00:00Z
///     .with_channel("pressure", "bar", vec![4.0, 4.1, f64::NAN, 4.2])?
///     .with_channel("current", "A", vec![11.0, 11.2, 11.1, 11.3])?;
/// assert_eq!(pump.len(), 4);
/// assert_eq!(pump.unit("current")?, "A");
/// assert_eq!(pump.time_of(3), Some(1_767_225_601.5));
/// assert_eq!(pump.missing("pressure")?.count, 1);
/// let (names, rows) = pump.to_matrix();
/// assert_eq!(names, ["pressure", "current"]);
/// assert_eq!(rows[[3, 1]], 11.3);
/// # Ok::<(), prognos::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Recording {
    timeline: Timeline,
    channels: Vec<Channel>,
}

/// Seconds as whole nanoseconds, rounded to nearest.
fn to_nanos(name: &'static str, seconds: f64) -> Result<i64> {
    // The whole and the fractional part apart: their product with 1e9 would lose the last nanoseconds together.
    let whole = seconds.floor();
    let nanos = ((seconds - whole) * NANOS).round();
    if whole.is_finite() && whole.abs() < 9.3e9 {
        (whole as i64).checked_mul(1_000_000_000).and_then(|n| n.checked_add(nanos as i64))
    } else {
        None
    }
    .ok_or_else(|| Error::parameter(name, seconds, "a time must lie in the years 1678 to 2261, in seconds since 1970"))
}

/// Whole nanoseconds as seconds, to the nearest double.
fn to_seconds(nanos: i64) -> f64 {
    nanos as f64 / NANOS
}

/// Seconds from `a` to `b`; the difference is exact before it is rounded once.
fn seconds_between(a: i64, b: i64) -> f64 {
    (i128::from(b) - i128::from(a)) as f64 / NANOS
}

/// The instant of row `i` on a uniform time line; saturates at the ends of time.
fn grid(start: i64, rate: SampleRate, i: usize) -> i64 {
    // A cast from f64 saturates. One row is 1 ns off at most where `i / rate` needs more than 53 bits.
    start.saturating_add((i as f64 / rate.as_hz() * NANOS).round() as i64)
}

impl Recording {
    /// A recording with equal steps and no channel yet. It starts at the epoch (time 0) unless
    /// [`starting_at`](Self::starting_at) says otherwise; its length is that of the first channel.
    #[must_use]
    pub fn uniform(rate: SampleRate) -> Self {
        Self { timeline: Timeline::Uniform { start: 0, rate }, channels: Vec::new() }
    }

    /// A recording with one time stamp a row, in seconds (since the Unix epoch, or since anything else), and no
    /// channel yet. Seconds are rounded to whole nanoseconds; a double itself resolves 0.24 µs for dates of today.
    ///
    /// # Errors
    /// [`Error::NonFinite`] for a stamp that is NaN or infinite; [`Error::Parameter`] naming the row when a stamp is
    /// not later than the one before it or outside of the years 1678 to 2261. Sort and deduplicate before: the CSV
    /// reader does it when it is told to.
    pub fn stamped(seconds: &[f64]) -> Result<Self> {
        crate::error::check_finite("time stamps", "stamps", seconds)?;
        Self::stamped_nanos(seconds.iter().map(|&s| to_nanos("stamps", s)).collect::<Result<_>>()?)
    }

    /// As [`stamped`](Self::stamped), in whole nanoseconds since the Unix epoch: no rounding at all.
    ///
    /// # Errors
    /// [`Error::Parameter`] naming the row when a stamp is not later than the one before it.
    pub fn stamped_nanos(stamps: Vec<i64>) -> Result<Self> {
        if let Some(row) = stamps.windows(2).position(|pair| pair[0] >= pair[1]) {
            return Err(Error::parameter(
                "stamps",
                format_args!("{} s at row {}", to_seconds(stamps[row + 1]), row + 1),
                format!("stamps must increase strictly, and row {row} is at {} s", to_seconds(stamps[row])),
            ));
        }
        Ok(Self { timeline: Timeline::Stamped(stamps), channels: Vec::new() })
    }

    /// The uniform recording with its first row at `seconds` since the Unix epoch.
    ///
    /// # Errors
    /// [`Error::Parameter`] when the time is not finite or outside of the years 1678 to 2261, or when the rows carry
    /// stamps of their own.
    pub fn starting_at(self, seconds: f64) -> Result<Self> {
        self.starting_at_nanos(to_nanos("start", seconds)?)
    }

    /// As [`starting_at`](Self::starting_at), in whole nanoseconds since the Unix epoch.
    ///
    /// # Errors
    /// [`Error::Parameter`] when the rows carry stamps of their own, or the last row would lie beyond the year 2261.
    pub fn starting_at_nanos(mut self, nanos: i64) -> Result<Self> {
        match &mut self.timeline {
            Timeline::Uniform { start, rate } => {
                check_end(nanos, *rate, self.channels.first().map_or(0, |c| c.samples.len()))?;
                *start = nanos;
                Ok(self)
            }
            Timeline::Stamped(_) => Err(Error::parameter("start", nanos, "the rows carry time stamps of their own")),
        }
    }

    /// The recording with one more channel. `unit` may be empty when it is not known; NaN marks a missing sample.
    ///
    /// # Errors
    /// [`Error::Parameter`] for an empty name or one that is taken (or when the rows would reach beyond the year
    /// 2261); [`Error::Shape`] when there are not as many samples as rows; [`Error::NonFinite`] for an infinite
    /// sample.
    pub fn with_channel(mut self, name: impl Into<String>, unit: impl Into<String>, samples: Vec<f64>) -> Result<Self> {
        let channel = Channel { name: name.into(), unit: unit.into(), samples };
        if channel.name.is_empty() {
            return Err(Error::parameter("name", "", "a channel needs a name"));
        }
        if self.channels.iter().any(|c| c.name == channel.name) {
            return Err(Error::parameter("name", channel.name, "every channel needs a name of its own"));
        }
        if let Some(row) = channel.samples.iter().position(|v| v.is_infinite()) {
            let value = channel.samples[row];
            return Err(Error::NonFinite { what: "recording".into(), row, column: channel.name, value });
        }
        match &self.timeline {
            Timeline::Uniform { start, rate } if self.channels.is_empty() => {
                check_end(*start, *rate, channel.samples.len())?;
            }
            _ if channel.samples.len() != self.len() => {
                let what = format!("samples of channel `{}`", channel.name);
                return Err(Error::shape(what, self.len(), channel.samples.len()));
            }
            _ => {}
        }
        self.channels.push(channel);
        Ok(self)
    }

    /// The recording with another unit on one channel: for files that do not say it. The samples stay as they are.
    ///
    /// # Errors
    /// [`Error::Parameter`] when there is no channel of that name.
    pub fn with_unit(mut self, name: &str, unit: impl Into<String>) -> Result<Self> {
        let i = self.position(name)?;
        self.channels[i].unit = unit.into();
        Ok(self)
    }

    /// Number of rows. A uniform recording without channels has none.
    #[must_use]
    pub fn len(&self) -> usize {
        match &self.timeline {
            Timeline::Uniform { .. } => self.channels.first().map_or(0, |c| c.samples.len()),
            Timeline::Stamped(stamps) => stamps.len(),
        }
    }

    /// Whether there is no row at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The channels, in the order they were added.
    #[must_use]
    pub fn channels(&self) -> &[Channel] {
        &self.channels
    }

    /// The channel called `name`.
    ///
    /// # Errors
    /// [`Error::Parameter`] when there is none of that name.
    pub fn channel(&self, name: &str) -> Result<&Channel> {
        Ok(&self.channels[self.position(name)?])
    }

    /// Samples of the channel called `name`.
    ///
    /// # Errors
    /// As [`channel`](Self::channel).
    pub fn samples(&self, name: &str) -> Result<&[f64]> {
        Ok(self.channel(name)?.samples())
    }

    /// Unit of the channel called `name`.
    ///
    /// # Errors
    /// As [`channel`](Self::channel).
    pub fn unit(&self, name: &str) -> Result<&str> {
        Ok(self.channel(name)?.unit())
    }

    /// The channel called `name` as a [`Signal`]: what windows and features read.
    ///
    /// # Errors
    /// As [`channel`](Self::channel); [`Error::Numeric`] when the rows carry time stamps, because a signal has equal
    /// steps: use [`resample_uniform`](Self::resample_uniform), or [`as_uniform`](Self::as_uniform) when the stamps
    /// only jitter.
    pub fn signal(&self, name: &str) -> Result<Signal<'_>> {
        let samples = self.samples(name)?;
        match self.rate() {
            Some(rate) => Ok(Signal::new(samples, rate)),
            None => Err(Error::numeric(
                format!("signal of channel `{name}`"),
                "the rows carry time stamps, a signal needs equal steps: call `resample_uniform` or `as_uniform` first",
            )),
        }
    }

    /// The common sample rate; `None` when the rows carry time stamps.
    #[must_use]
    pub fn rate(&self) -> Option<SampleRate> {
        match self.timeline {
            Timeline::Uniform { rate, .. } => Some(rate),
            Timeline::Stamped(_) => None,
        }
    }

    /// Time of the first row in seconds since the Unix epoch; `None` when there is no row.
    #[must_use]
    pub fn start(&self) -> Option<f64> {
        self.time_of(0)
    }

    /// Time of row `row` in seconds since the Unix epoch (to 0.24 µs for dates of today); `None` beyond the end.
    #[must_use]
    pub fn time_of(&self, row: usize) -> Option<f64> {
        self.nanos_of(row).map(to_seconds)
    }

    /// Time of row `row` in whole nanoseconds since the Unix epoch; `None` beyond the end.
    #[must_use]
    pub fn nanos_of(&self, row: usize) -> Option<i64> {
        (row < self.len()).then(|| self.at(row))
    }

    /// Time of every row in whole nanoseconds since the Unix epoch.
    #[must_use]
    pub fn stamps(&self) -> Vec<i64> {
        (0..self.len()).map(|row| self.at(row)).collect()
    }

    /// Seconds from the first row to the last; 0 when there are fewer than two rows.
    ///
    /// A [`Signal`] of `n` samples lasts `n` periods; this is the time between stamps, one period less.
    #[must_use]
    pub fn duration(&self) -> f64 {
        if self.is_empty() { 0.0 } else { seconds_between(self.at(0), self.at(self.len() - 1)) }
    }

    /// The rows from `from` up to but not including `to`; both are cut to the number of rows. A uniform recording
    /// stays uniform, its start moves (to the nearest nanosecond).
    #[must_use]
    pub fn slice(&self, from: usize, to: usize) -> Self {
        let to = to.min(self.len());
        let from = from.min(to);
        let timeline = match &self.timeline {
            Timeline::Uniform { start, rate } => Timeline::Uniform { start: grid(*start, *rate, from), rate: *rate },
            Timeline::Stamped(stamps) => Timeline::Stamped(stamps[from..to].to_vec()),
        };
        let cut = |c: &Channel| Channel { samples: c.samples[from..to].to_vec(), ..c.clone_head() };
        Self { timeline, channels: self.channels.iter().map(cut).collect() }
    }

    /// The rows with `from <= time < to`, in seconds since the Unix epoch. Infinite ends are allowed.
    ///
    /// # Errors
    /// [`Error::Parameter`] when an end is NaN.
    pub fn between(&self, from: f64, to: f64) -> Result<Self> {
        for (name, end) in [("from", from), ("to", to)] {
            if end.is_nan() {
                return Err(Error::parameter(name, end, "a time must not be NaN"));
            }
        }
        // Beyond the ends of time every row is on one side.
        let end = |seconds: f64| to_nanos("time", seconds).unwrap_or(if seconds > 0.0 { i64::MAX } else { i64::MIN });
        Ok(self.slice(self.first_at_or_after(end(from)), self.first_at_or_after(end(to))))
    }

    /// The channels called `names`, in that order.
    ///
    /// # Errors
    /// [`Error::Parameter`] when a name is missing or given twice.
    pub fn select(&self, names: &[impl AsRef<str>]) -> Result<Self> {
        let mut channels: Vec<Channel> = Vec::with_capacity(names.len());
        for name in names {
            let channel = self.channel(name.as_ref())?;
            if channels.iter().any(|c| c.name == channel.name) {
                return Err(Error::parameter("names", name.as_ref(), "a channel can be selected once"));
            }
            channels.push(channel.clone());
        }
        Ok(Self { timeline: self.timeline.clone(), channels })
    }

    /// This recording followed by a later one with the same channels. The result is uniform when both are, at one
    /// rate, and the later one begins within a nanosecond of where the next row is due; otherwise its rows are
    /// stamped.
    ///
    /// # Errors
    /// [`Error::Columns`] when names, order or units of the channels differ (a unit shows in brackets);
    /// [`Error::Parameter`] when `later` does not begin after the last row.
    pub fn append(&self, later: &Self) -> Result<Self> {
        if self.channels.len() != later.channels.len() {
            return Err(Error::shape("channels of the later recording", self.channels.len(), later.channels.len()));
        }
        for (position, (a, b)) in self.channels.iter().zip(&later.channels).enumerate() {
            if a.name != b.name || a.unit != b.unit {
                let show = |c: &Channel| format!("{} [{}]", c.name, c.unit);
                return Err(Error::Columns { position, expected: show(a), found: show(b) });
            }
        }
        let timeline = match (&self.timeline, &later.timeline) {
            (Timeline::Uniform { start, rate }, Timeline::Uniform { start: next, rate: other })
                if rate == other && grid(*start, *rate, self.len()).abs_diff(*next) <= 1 =>
            {
                check_end(*start, *rate, self.len() + later.len())?;
                self.timeline.clone()
            }
            _ => Self::stamped_nanos([self.stamps(), later.stamps()].concat())?.timeline,
        };
        let join = |(a, b): (&Channel, &Channel)| Channel {
            samples: [a.samples.as_slice(), &b.samples].concat(),
            ..a.clone_head()
        };
        Ok(Self { timeline, channels: self.channels.iter().zip(&later.channels).map(join).collect() })
    }

    /// The names of the channels and the samples as rows by channels: what detectors of raw sensor rows and
    /// `FeatureMatrix::new` take. Missing samples are NaN; most detectors refuse them.
    #[must_use]
    pub fn to_matrix(&self) -> (Vec<String>, Array2<f64>) {
        let names = self.channels.iter().map(|c| c.name.clone()).collect();
        let mut rows = Array2::zeros((self.len(), self.channels.len()));
        for (mut column, channel) in rows.columns_mut().into_iter().zip(&self.channels) {
            column.iter_mut().zip(&channel.samples).for_each(|(cell, &v)| *cell = v);
        }
        (names, rows)
    }

    fn position(&self, name: &str) -> Result<usize> {
        self.channels.iter().position(|c| c.name == name).ok_or_else(|| {
            let known: Vec<&str> = self.channels.iter().map(Channel::name).collect();
            Error::parameter("channel", name, format!("the recording has only [{}]", known.join(", ")))
        })
    }

    /// A uniform time line takes its length from its channels, so it cannot be made without one.
    fn check_channels(&self) -> Result<()> {
        if self.channels.is_empty() { Err(Error::too_few("channels of the recording", 1, 0)) } else { Ok(()) }
    }

    /// Time of a row that exists.
    fn at(&self, row: usize) -> i64 {
        match &self.timeline {
            Timeline::Uniform { start, rate } => grid(*start, *rate, row),
            Timeline::Stamped(stamps) => stamps.get(row).copied().unwrap_or(i64::MAX),
        }
    }

    /// First row at or after a time; the number of rows when there is none.
    fn first_at_or_after(&self, nanos: i64) -> usize {
        let (mut low, mut high) = (0, self.len());
        while low < high {
            let mid = low + (high - low) / 2;
            if self.at(mid) < nanos { low = mid + 1 } else { high = mid }
        }
        low
    }
}

impl Channel {
    /// Name and unit without the samples.
    fn clone_head(&self) -> Self {
        Self { name: self.name.clone(), unit: self.unit.clone(), samples: Vec::new() }
    }
}

/// Refuses a uniform time line whose last row lies beyond what a stamp can hold, or whose rows would share a
/// nanosecond.
fn check_end(start: i64, rate: SampleRate, rows: usize) -> Result<()> {
    if rows > 1 && rate.period() < 1e-9 {
        return Err(Error::parameter(
            "rate",
            rate,
            "time is kept in whole nanoseconds, the period must not be shorter",
        ));
    }
    let last = rows.saturating_sub(1) as f64 * rate.period() + to_seconds(start);
    if last < 9.223e9 {
        Ok(())
    } else {
        Err(Error::parameter("rate", rate, format!("{rows} rows at this rate reach beyond the year 2261")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn two() -> Recording {
        Recording::stamped(&[0.0, 1.0, 2.5, 4.0])
            .unwrap()
            .with_channel("a", "V", vec![1.0, 2.0, 3.0, 4.0])
            .unwrap()
            .with_channel("b", "", vec![5.0, f64::NAN, 7.0, 8.0])
            .unwrap()
    }

    #[test]
    fn microseconds_of_2026_survive() {
        let t = 1_790_000_000.123_456;
        let recording = Recording::stamped(&[t, t + 1e-6]).unwrap();
        assert!((recording.nanos_of(0).unwrap() - 1_790_000_000_123_456_000).abs() < 240);
        let step = recording.nanos_of(1).unwrap() - recording.nanos_of(0).unwrap();
        assert!((step - 1000).abs() <= 240, "{step}");
        assert_eq!(recording.time_of(0), Some(t));
        assert_eq!(Recording::stamped(&[-0.25]).unwrap().nanos_of(0), Some(-250_000_000));
    }

    #[test]
    fn bad_channels_and_stamps_are_named() {
        let text = |r: Result<Recording>| r.unwrap_err().to_string();
        assert!(text(Recording::stamped(&[0.0, 2.0, 2.0])).contains("row 2"));
        assert!(text(Recording::stamped(&[0.0, f64::NAN])).contains("row 1"));
        assert!(text(Recording::stamped(&[1e10])).contains("1678"));
        assert!(text(two().with_channel("a", "", vec![0.0; 4])).contains('a'));
        assert!(text(two().with_channel("", "", vec![0.0; 4])).contains("name"));
        assert!(text(two().with_channel("c", "", vec![0.0; 3])).contains("channel `c`"));
        assert!(text(two().with_channel("c", "", vec![0.0, f64::INFINITY, 0.0, 0.0])).contains("row 1, column c"));
        assert!(two().channel("x").unwrap_err().to_string().contains("[a, b]"));
        assert!(two().signal("a").unwrap_err().to_string().contains("resample_uniform"));
        assert!(two().starting_at(0.0).is_err());
        assert!(two().select(&["a", "a"]).is_err());
    }

    #[test]
    fn slices_cut_time_and_channels_alike() {
        let r = two();
        assert_eq!(r.between(1.0, 4.0).unwrap().stamps(), [1_000_000_000, 2_500_000_000]);
        assert_eq!(r.slice(1, 3).samples("a").unwrap(), [2.0, 3.0]);
        assert_eq!(r.between(f64::NEG_INFINITY, f64::INFINITY).unwrap().len(), 4);
        assert_eq!(r.slice(3, 1).len(), 0);
        assert_eq!(r.select(&["b"]).unwrap().channels().len(), 1);
        assert_eq!(r.slice(0, 2).append(&r.slice(2, 9)).unwrap().stamps(), r.stamps());
        assert!(r.append(&r).is_err());
        let u = Recording::uniform(SampleRate::hz(3.0).unwrap()).with_channel("x", "", vec![0.0; 9]).unwrap();
        let joined = u.slice(0, 4).append(&u.slice(4, 9)).unwrap();
        assert_eq!(joined, u);
        assert!((u.duration() - 8.0 / 3.0).abs() < 1e-9);
        assert!(u.slice(0, 4).append(&u.slice(5, 9)).unwrap().rate().is_none());
    }

    #[test]
    fn rows_beyond_the_end_of_time_are_refused() {
        let slow = SampleRate::hz(1e-9).unwrap();
        assert!(Recording::uniform(slow).with_channel("x", "", vec![0.0; 11]).is_err());
        assert!(Recording::uniform(slow).with_channel("x", "", vec![0.0; 9]).is_ok());
        let fast = SampleRate::hz(1e12).unwrap();
        assert!(Recording::uniform(fast).with_channel("x", "", vec![0.0; 2]).is_err());
    }
}
