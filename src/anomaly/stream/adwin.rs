//! ADWIN: the longest window of recent values whose mean seems to be one.
//!
//! **What it answers.** Has the mean moved, and what is it now? No healthy mean, no window length and no delta in the
//! units of the values have to be given: the window grows while nothing changes, and loses its old end when two of
//! its parts differ by more than chance allows.
//!
//! **Formula.** The window is an exponential histogram: up to `max_buckets` buckets of 1, 2, 4, ... values each, with
//! their sums and variances. Every `clock` values all cuts between buckets into `n0` old and `n1` new values are
//! looked at: with `m = 1 / (n0 - l + 1) + 1 / (n1 - l + 1)`, `l` the shortest part, `d = ln(2 ln W / delta)` and `s^2`
//! the variance of the window, a difference of means beyond `sqrt(2 m s^2 d) + 2/3 m d` is a drift, and the oldest
//! bucket is dropped until no cut shows one. The score is the largest ratio of the difference to its bound at the
//! last look: above 1 is a drift.
//!
//! **Source.** Bifet & Gavaldà 2007, SIAM International Conference on Data Mining; shortest part, clock and grace period as in
//! the stream mining packages.
//!
//! **Cost.** O(log W) memory; O(1) time a value and O(log W) every `clock` values.
//!
//! **When not to use it.** The second term of the bound is meant for values between 0 and 1: values of a far larger
//! range are cut too willingly, those of a far smaller one hardly at all, so scale them. Sudden single values are no drift.

use super::{check_value, guard, one_column, overflow, saved};
use crate::error::{Error, Result, check_fraction};
use linfa::ParamGuard;

/// Checked settings of [`Adwin`].
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
pub struct AdwinValidParams {
    delta: f64,
    clock: u32,
    max_buckets: u32,
    min_window_length: u32,
    grace_period: u32,
    restart: bool,
}

/// Settings of [`Adwin`]; see [`Adwin::params`].
#[derive(Debug, Clone, PartialEq)]
pub struct AdwinParams(AdwinValidParams);

impl AdwinParams {
    /// Confidence: about the probability of a false drift at one look. Default 0.002.
    #[must_use]
    pub fn delta(mut self, delta: f64) -> Self {
        self.0.delta = delta;
        self
    }

    /// Values from one look to the next. Default 32.
    #[must_use]
    pub fn clock(mut self, values: u32) -> Self {
        self.0.clock = values;
        self
    }

    /// Buckets of one size, 2 to 1000. Default 5; more place the cut more finely.
    #[must_use]
    pub fn max_buckets(mut self, buckets: u32) -> Self {
        self.0.max_buckets = buckets;
        self
    }

    /// Shortest part of the window that is compared. Default 5.
    #[must_use]
    pub fn min_window_length(mut self, values: u32) -> Self {
        self.0.min_window_length = values;
        self
    }

    /// Width up to which the window is not looked at, at least 1. Default 10.
    #[must_use]
    pub fn grace_period(mut self, values: u32) -> Self {
        self.0.grace_period = values;
        self
    }

    /// Whether the value after a drift begins an empty window, as river does. Default no: the new part of the window is
    /// kept, as in the paper.
    #[must_use]
    pub fn restart(mut self, restart: bool) -> Self {
        self.0.restart = restart;
        self
    }

    /// A window that holds nothing.
    ///
    /// # Errors
    /// [`Error::Parameter`] for a delta outside (0, 1), no clock, buckets outside 2..=1000, or a shortest part or
    /// grace period of 0.
    pub fn start(&self) -> Result<Adwin> {
        Ok(Adwin {
            params: self.check_ref()?.clone(),
            window: Window::default(),
            tick: 0,
            ratio: 0.0,
            drift: false,
            drifts: 0,
            seen: 0,
        })
    }
}

impl AdwinValidParams {
    fn validate(&self) -> Result<()> {
        check_fraction("delta", self.delta)?;
        if !(2..=1000).contains(&self.max_buckets) {
            return Err(Error::parameter("max_buckets", self.max_buckets, "must be 2 to 1000"));
        }
        for (name, value) in
            [("clock", self.clock), ("min_window_length", self.min_window_length), ("grace_period", self.grace_period)]
        {
            if value == 0 {
                return Err(Error::parameter(name, value, "must be at least 1"));
            }
        }
        Ok(())
    }

    /// Places of one level: a bucket more than may stay.
    fn places(&self) -> usize {
        self.max_buckets as usize + 1
    }
}

guard!(AdwinParams, AdwinValidParams);

/// Values that lie together: their sum, less the origin, and the sum of squares about their mean.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
struct Bucket {
    total: f64,
    spread: f64,
}

/// Two neighbours of `a` and `b` values as one.
fn merge(a: f64, x: Bucket, b: f64, y: Bucket) -> Bucket {
    let apart = x.total / a - y.total / b;
    Bucket { total: x.total + y.total, spread: x.spread + y.spread + a * b / (a + b) * apart * apart }
}

/// The exponential histogram.
#[derive(Debug, Clone, PartialEq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
struct Window {
    /// The first value; sums are taken from it, so that a large offset costs no digits.
    origin: f64,
    width: u64,
    whole: Bucket,
    /// Buckets in use at every level; a bucket of level `i` holds 2^i values.
    used: Vec<u32>,
    /// `places` buckets for each level, oldest first.
    buckets: Vec<Bucket>,
}

impl Window {
    fn add(&mut self, x: f64, places: usize) {
        if self.width == 0 {
            self.origin = x;
            self.whole = Bucket::default();
        }
        let one = Bucket { total: x - self.origin, spread: 0.0 };
        self.whole = if self.width == 0 { one } else { merge(self.width as f64, self.whole, 1.0, one) };
        self.width += 1;
        let mut carried = one;
        for level in 0.. {
            if level == self.used.len() {
                self.used.push(0);
                self.buckets.resize(self.buckets.len() + places, Bucket::default());
            }
            let row = &mut self.buckets[level * places..(level + 1) * places];
            let used = self.used[level] as usize;
            row[used] = carried;
            if used + 1 < places {
                self.used[level] += 1;
                return;
            }
            // Full: the two oldest become one of the next level.
            let size = level_size(level);
            carried = merge(size, row[0], size, row[1]);
            row.copy_within(2.., 0);
            self.used[level] = (places - 2) as u32;
        }
    }

    /// The largest difference over its bound of all cuts; of those up to the first above 1 when `first` is asked for.
    fn ratio(&self, params: &AdwinValidParams, first: bool) -> f64 {
        let width = self.width as f64;
        let d = (2.0 * width.ln() / params.delta).ln();
        let shortest = f64::from(params.min_window_length);
        let variance = 2.0 * d * self.whole.spread / width;
        let (mut n, mut sum, mut largest) = (0.0, 0.0, 0.0);
        let places = params.places();
        for level in (0..self.used.len()).rev() {
            let size = level_size(level);
            for bucket in &self.buckets[level * places..level * places + self.used[level] as usize] {
                n += size;
                sum += bucket.total;
                let rest = width - n;
                if n < shortest {
                    continue;
                }
                if rest < shortest {
                    return largest;
                }
                let difference = (sum / n - (self.whole.total - sum) / rest).abs();
                let m = 1.0 / (n - shortest + 1.0) + 1.0 / (rest - shortest + 1.0);
                let ratio = difference / ((m * variance).sqrt() + 2.0 / 3.0 * d * m);
                largest = f64::max(largest, ratio);
                if first && ratio > 1.0 {
                    return largest;
                }
            }
        }
        largest
    }

    /// Forgets the oldest bucket; what is left is summed anew, so that nothing of it stays.
    fn drop_oldest(&mut self, places: usize) {
        let Some(level) = self.used.iter().rposition(|&used| used > 0) else { return };
        self.buckets[level * places..(level + 1) * places].copy_within(1.., 0);
        self.used[level] -= 1;
        while self.used.last() == Some(&0) {
            self.used.pop();
            self.buckets.truncate(self.used.len() * places);
        }
        let (mut n, mut whole) = (0.0, Bucket::default());
        for level in (0..self.used.len()).rev() {
            let size = level_size(level);
            for &bucket in &self.buckets[level * places..level * places + self.used[level] as usize] {
                whole = if n > 0.0 { merge(n, whole, size, bucket) } else { bucket };
                n += size;
            }
        }
        (self.width, self.whole) = (n as u64, whole);
    }

    fn clear(&mut self) {
        self.used.clear();
        self.buckets.clear();
        (self.width, self.whole) = (0, Bucket::default());
    }
}

/// Values in a bucket of a level.
fn level_size(level: usize) -> f64 {
    (1u64 << level.min(63)) as f64
}

/// An adaptive window.
///
/// ```
/// use prognos::anomaly::stream::Adwin;
/// let mut window = Adwin::params().start()?;
/// let wave = |i: usize| (i as f64 * 0.7).sin() * 0.2 + if i < 500 { 0.2 } else { 0.7 };
/// let drift = (0..1000).find(|&i| window.push(wave(i)).unwrap() > 1.0);
/// assert!((500..580).contains(&drift.unwrap()));
/// // The old level has left the window; the new one is its mean.
/// for i in drift.unwrap() + 1..1000 {
///     window.push(wave(i))?;
/// }
/// assert!(window.width() < 560 && (window.mean() - 0.7).abs() < 0.03);
/// # Ok::<(), prognos::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Adwin {
    params: AdwinValidParams,
    window: Window,
    /// Values since the last look.
    tick: u32,
    ratio: f64,
    drift: bool,
    drifts: u64,
    seen: u64,
}

/// Values beyond this could overflow when their differences are squared and summed.
const LARGEST: f64 = 1e140;

impl Adwin {
    /// Default settings: delta 0.002, a look every 32 values, 5 buckets of a size, parts of at least 5 values, nothing
    /// below 11 values, the window kept after a drift.
    #[must_use]
    pub fn params() -> AdwinParams {
        AdwinParams(AdwinValidParams {
            delta: 0.002,
            clock: 32,
            max_buckets: 5,
            min_window_length: 5,
            grace_period: 10,
            restart: false,
        })
    }

    /// Learns a value; the largest difference of means over its bound. Between two looks the score of the last look
    /// stays, as it was after the window was cut.
    ///
    /// # Errors
    /// [`Error::NonFinite`]; [`Error::Numeric`] for a value beyond 1e140. The window is then as it was before.
    #[inline]
    pub fn push(&mut self, x: f64) -> Result<f64> {
        check_value(x, self.seen)?;
        if x.abs() > LARGEST {
            return Err(overflow("ADWIN"));
        }
        if self.drift && self.params.restart {
            self.window.clear();
            (self.tick, self.ratio) = (0, 0.0);
        }
        self.drift = false;
        self.seen += 1;
        self.window.add(x, self.params.places());
        self.tick += 1;
        if self.tick < self.params.clock {
            return Ok(self.ratio);
        }
        self.tick = 0;
        Ok(self.look())
    }

    /// Cuts the window where it can be cut; the largest ratio before.
    fn look(&mut self) -> f64 {
        self.ratio = 0.0;
        let mut score = 0.0;
        while self.window.width > u64::from(self.params.grace_period) {
            self.ratio = self.window.ratio(&self.params, self.drift);
            score = f64::max(score, self.ratio);
            if self.ratio <= 1.0 {
                break;
            }
            self.drift = true;
            self.window.drop_oldest(self.params.places());
            self.ratio = 0.0;
        }
        self.drifts += u64::from(self.drift);
        score
    }

    /// Number of values in the window.
    #[must_use]
    pub fn width(&self) -> u64 {
        self.window.width
    }

    /// Mean of the window; 0 while it is empty.
    #[must_use]
    pub fn mean(&self) -> f64 {
        if self.window.width == 0 {
            return 0.0;
        }
        self.window.origin + self.window.whole.total / self.window.width as f64
    }

    /// Variance of the window, divisor n; 0 while it is empty.
    #[must_use]
    pub fn variance(&self) -> f64 {
        self.window.whole.spread / (self.window.width.max(1)) as f64
    }

    /// Whether the window was cut at the last value.
    #[must_use]
    pub fn drift(&self) -> bool {
        self.drift
    }

    /// Number of values at which the window was cut.
    #[must_use]
    pub fn drifts(&self) -> u64 {
        self.drifts
    }

    #[cfg(feature = "serde")]
    fn check_state(&self) -> Result<()> {
        self.params.validate()?;
        let (w, places) = (&self.window, self.params.places());
        let refuse = |reason| Err(super::refuse(reason));
        if w.used.len() > 62 || w.buckets.len() != w.used.len() * places || w.used.iter().any(|&u| u as usize >= places)
        {
            return refuse("the buckets do not fit the settings");
        }
        let held: u64 = w.used.iter().enumerate().map(|(level, &used)| u64::from(used) << level).sum();
        if held != w.width || w.width > self.seen || self.tick >= self.params.clock || self.drifts > self.seen {
            return refuse("width, clock or drifts do not fit the buckets");
        }
        // What values within 1e140 can sum up to in 2^53 rows.
        let sane = |b: &Bucket| b.total.abs() <= 1e157 && (0.0..=1e297).contains(&b.spread);
        let finite = w.origin.abs() <= LARGEST && self.ratio.is_finite() && self.ratio >= 0.0;
        if !finite || !sane(&w.whole) || !w.buckets.iter().all(sane) {
            return refuse("a sum is out of range");
        }
        Ok(())
    }
}

one_column!(Adwin);
saved!(
    Adwin { params: AdwinValidParams, window: Window, tick: u32, ratio: f64, drift: bool, drifts: u64, seen: u64 },
    "adwin",
    |_| &[]
);
