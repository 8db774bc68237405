//! Statistics of the last n samples, renewed with every sample at a cost that does not depend on n.
//!
//! For monitors that look at every sample: a limit on the RMS of the last minute, the slope of the last hour, the median
//! of the last shift. For many features a window, every so many samples, take
//! [`FeatureStream`](crate::features::FeatureStream).
//!
//! # How
//! Adding the new sample to running sums and taking the old one off loses digits, and one large outlier spoils the sums
//! for good. Here nothing is ever subtracted: the window is kept as two stacks of which every entry knows the statistics
//! of all entries below it; a new sample goes on one stack, the oldest comes off the other, and when that is empty the
//! first is turned over (exact re-anchoring, once every n samples). Statistics of two parts are merged by the
//! formulas of Pébay. So the numbers are as good as those of the window computed alone, whatever has passed through.
//!
//! Sources: P. Pébay, Formulas for robust, one-pass parallel computation of covariances and arbitrary-order statistical
//! moments, Sandia report SAND2008-6212 (2008); the queue of two stacks is folklore, see K. Tangwongsan, M. Hirzel &
//! S. Schneider, General incremental sliding-window aggregation, VLDB 8 (2015).
//!
//! Cost: O(1) a sample on average, O(n) once every n samples; 88 bytes a sample of the window.

use crate::error::{Error, Result};

/// Longest window: 1 GiB of statistics.
const LONGEST: usize = 1 << 24;

/// Number, mean, sums of powers of deviations, product with time, extremes of a stretch of samples.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Part {
    count: f64,
    /// The mean is the sum of both: a large offset costs no digits of the differences of means.
    mean: f64,
    rest: f64,
    m2: f64,
    m3: f64,
    m4: f64,
    /// Sum of (time - its mean)(sample - mean), time in samples.
    drift: f64,
    sum_abs: f64,
    low: f64,
    high: f64,
}

impl Part {
    const NONE: Self = Self {
        count: 0.0,
        mean: 0.0,
        rest: 0.0,
        m2: 0.0,
        m3: 0.0,
        m4: 0.0,
        drift: 0.0,
        sum_abs: 0.0,
        low: f64::INFINITY,
        high: f64::NEG_INFINITY,
    };

    fn of(value: f64) -> Self {
        Self { count: 1.0, mean: value, sum_abs: value.abs(), low: value, high: value, ..Self::NONE }
    }

    /// This stretch and the one right after it.
    fn then(&self, next: &Self) -> Self {
        if self.count < 1.0 {
            return *next;
        }
        if next.count < 1.0 {
            return *self;
        }
        let (a, b) = (self.count, next.count);
        let n = a + b;
        let d = (next.mean - self.mean) + (next.rest - self.rest);
        let share = d / n;
        let cross = d * share * a * b;
        let (mean, rest) = two_sum(self.mean, self.rest + share * b);
        Self {
            count: n,
            mean,
            rest,
            m2: self.m2 + next.m2 + cross,
            m3: self.m3 + next.m3 + cross * share * (a - b) + 3.0 * share * (a * next.m2 - b * self.m2),
            m4: self.m4
                + next.m4
                + cross * share * share * (a * a - a * b + b * b)
                + 6.0 * share * share * (a * a * next.m2 + b * b * self.m2)
                + 4.0 * share * (a * next.m3 - b * self.m3),
            // The middles of the two stretches are half of both lengths apart.
            drift: self.drift + next.drift + 0.5 * d * a * b,
            sum_abs: self.sum_abs + next.sum_abs,
            low: self.low.min(next.low),
            high: self.high.max(next.high),
        }
    }
}

/// Mean, spread, shape, extremes and slope of the last `len` samples.
///
/// Before `len` samples have come, of those that have; NaN where a statistic needs more (the mean 1, spread and slope 2)
/// or does not exist (shape of a constant).
///
/// ```
/// use prognos::signal::rolling::RollingStatistics;
/// let mut last = RollingStatistics::new(3)?;
/// for v in [1e9, 2.0, 4.0, 9.0] {
///     last.push(v)?;
/// }
/// // The outlier has gone, and left nothing behind.
/// assert_eq!(last.mean(), 5.0);
/// assert!((last.variance() - 26.0 / 3.0).abs() < 1e-14);
/// assert_eq!((last.minimum(), last.maximum(), last.slope()), (2.0, 9.0, 3.5));
/// # Ok::<(), prognos::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct RollingStatistics {
    len: usize,
    /// Samples that came since the stacks were turned, oldest first, and all of them together.
    new: Vec<f64>,
    of_new: Part,
    /// Statistics from an older sample to the turn, the oldest at the end.
    old: Vec<Part>,
}

impl RollingStatistics {
    /// For the last `len` samples.
    ///
    /// # Errors
    /// [`Error::Parameter`] when `len` is 0 or above 2^24.
    pub fn new(len: usize) -> Result<Self> {
        check_len(len)?;
        Ok(Self { len, new: Vec::new(), of_new: Part::NONE, old: Vec::new() })
    }

    /// Takes the next sample; the oldest of a full window goes.
    ///
    /// # Errors
    /// [`Error::NonFinite`] for a sample that is NaN or infinite: it is left out, and the window stays as it is.
    pub fn push(&mut self, value: f64) -> Result<()> {
        check_sample(value)?;
        if self.count() == self.len {
            if self.old.is_empty() {
                self.turn();
            }
            self.old.pop();
        }
        self.new.push(value);
        self.of_new = self.of_new.then(&Part::of(value));
        Ok(())
    }

    fn turn(&mut self) {
        let mut all = Part::NONE;
        for &value in self.new.iter().rev() {
            all = Part::of(value).then(&all);
            self.old.push(all);
        }
        self.new.clear();
        self.of_new = Part::NONE;
    }

    /// Forgets all samples.
    pub fn reset(&mut self) {
        self.new.clear();
        self.old.clear();
        self.of_new = Part::NONE;
    }

    fn all(&self) -> Part {
        self.old.last().map_or(self.of_new, |old| old.then(&self.of_new))
    }

    /// Samples in the window now.
    #[must_use]
    pub fn count(&self) -> usize {
        self.old.len() + self.new.len()
    }

    /// Whether `len` samples have come.
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.count() == self.len
    }

    /// Mean.
    #[must_use]
    pub fn mean(&self) -> f64 {
        finite(self.all(), 1.0, |p| p.mean)
    }

    /// Mean of |x|.
    #[must_use]
    pub fn mean_abs(&self) -> f64 {
        finite(self.all(), 1.0, |p| p.sum_abs / p.count)
    }

    /// Root mean square.
    #[must_use]
    pub fn root_mean_square(&self) -> f64 {
        finite(self.all(), 1.0, |p| p.mean.hypot((p.m2 / p.count).sqrt()))
    }

    /// Variance with divisor n.
    #[must_use]
    pub fn variance(&self) -> f64 {
        finite(self.all(), 2.0, |p| p.m2 / p.count)
    }

    /// Standard deviation with divisor n.
    #[must_use]
    pub fn standard_deviation(&self) -> f64 {
        self.variance().sqrt()
    }

    /// Skewness m3 / m2^1.5, biased; NaN for a constant.
    #[must_use]
    pub fn skewness(&self) -> f64 {
        finite(self.all(), 2.0, |p| shape(&p, p.m3 / p.count / (p.m2 / p.count).powf(1.5)))
    }

    /// Kurtosis m4 / m2², biased, 3 for a normal law; NaN for a constant.
    #[must_use]
    pub fn kurtosis(&self) -> f64 {
        finite(self.all(), 2.0, |p| shape(&p, p.m4 * p.count / (p.m2 * p.m2)))
    }

    /// Smallest sample.
    #[must_use]
    pub fn minimum(&self) -> f64 {
        finite(self.all(), 1.0, |p| p.low)
    }

    /// Largest sample.
    #[must_use]
    pub fn maximum(&self) -> f64 {
        finite(self.all(), 1.0, |p| p.high)
    }

    /// Largest less smallest.
    #[must_use]
    pub fn peak_to_peak(&self) -> f64 {
        finite(self.all(), 1.0, |p| p.high - p.low)
    }

    /// Largest |x| over the root mean square; NaN for zeros.
    #[must_use]
    pub fn crest_factor(&self) -> f64 {
        let rms = self.root_mean_square();
        finite(self.all(), 1.0, |p| p.high.abs().max(p.low.abs()) / rms)
    }

    /// Slope of the least squares line, units a sample.
    #[must_use]
    pub fn slope(&self) -> f64 {
        // Sum of (time - its mean)² of n samples a unit apart.
        finite(self.all(), 2.0, |p| p.drift / (p.count * (p.count * p.count - 1.0) / 12.0))
    }

    /// A statistic of every full window of a series, hop 1: `samples.len() - len + 1` numbers, none when the series is
    /// shorter.
    ///
    /// ```
    /// use prognos::signal::rolling::RollingStatistics;
    /// let rms = RollingStatistics::over(&[3.0, -3.0, 3.0, 5.0], 2, |s| s.root_mean_square())?;
    /// assert_eq!(rms, [3.0, 3.0, 17f64.sqrt()]);
    /// # Ok::<(), prognos::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`RollingStatistics::new`]; [`Error::NonFinite`] naming the first sample that is NaN or infinite.
    pub fn over(samples: &[f64], len: usize, statistic: impl Fn(&Self) -> f64) -> Result<Vec<f64>> {
        let mut rolling = Self::new(len)?;
        crate::error::check_finite("series", "samples", samples)?;
        let mut all = Vec::with_capacity((samples.len() + 1).saturating_sub(len));
        for &v in samples {
            rolling.push(v)?;
            if rolling.is_full() {
                all.push(statistic(&rolling));
            }
        }
        Ok(all)
    }
}

/// A sum and what rounding took from it (Knuth).
fn two_sum(a: f64, b: f64) -> (f64, f64) {
    let sum = a + b;
    let b_in_sum = sum - a;
    (sum, (a - (sum - b_in_sum)) + (b - b_in_sum))
}

/// NaN for fewer samples than a statistic needs, and where it left the range.
fn finite(part: Part, needed: f64, of: impl Fn(Part) -> f64) -> f64 {
    let value = if part.count >= needed { of(part) } else { f64::NAN };
    if value.is_finite() { value } else { f64::NAN }
}

/// The shape of a constant does not exist, whatever rounding left of its spread.
fn shape(part: &Part, value: f64) -> f64 {
    if part.low < part.high { value } else { f64::NAN }
}

/// Quantiles of the last `len` samples: median, percentiles, their distances.
///
/// The window is kept in rising order: a sample costs a search and moving part of the list, O(log n + n / 16) in
/// practice; up to some ten thousand samples that is less than a microsecond.
///
/// ```
/// use prognos::signal::rolling::RollingQuantiles;
/// let mut last = RollingQuantiles::new(3)?;
/// for v in [100.0, 2.0, 4.0, 9.0] {
///     last.push(v)?;
/// }
/// assert_eq!(last.median(), 4.0);
/// assert_eq!(last.quantile(0.75)?, 6.5);
/// # Ok::<(), prognos::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct RollingQuantiles {
    len: usize,
    ring: std::collections::VecDeque<f64>,
    sorted: Vec<f64>,
}

impl RollingQuantiles {
    /// For the last `len` samples.
    ///
    /// # Errors
    /// [`Error::Parameter`] when `len` is 0 or above 2^24.
    pub fn new(len: usize) -> Result<Self> {
        check_len(len)?;
        Ok(Self { len, ring: std::collections::VecDeque::new(), sorted: Vec::new() })
    }

    /// Takes the next sample; the oldest of a full window goes.
    ///
    /// # Errors
    /// [`Error::NonFinite`] for a sample that is NaN or infinite: it is left out, and the window stays as it is.
    pub fn push(&mut self, value: f64) -> Result<()> {
        check_sample(value)?;
        // Equal numbers may differ in the sign of zero: one of them is as good as the other, so order by value.
        let place = |sorted: &[f64], v: f64| sorted.partition_point(|w| *w < v);
        if self.ring.len() == self.len
            && let Some(oldest) = self.ring.pop_front()
        {
            // The gap of the oldest is moved to the place of the new one: the list is moved once, not twice.
            let (from, to) = (place(&self.sorted, oldest), place(&self.sorted, value));
            if to > from {
                self.sorted.copy_within(from + 1..to, from);
                self.sorted[to - 1] = value;
            } else {
                self.sorted.copy_within(to..from, to + 1);
                self.sorted[to] = value;
            }
        } else {
            let to = place(&self.sorted, value);
            self.sorted.insert(to, value);
        }
        self.ring.push_back(value);
        Ok(())
    }

    /// Forgets all samples.
    pub fn reset(&mut self) {
        self.ring.clear();
        self.sorted.clear();
    }

    /// Samples in the window now.
    #[must_use]
    pub fn count(&self) -> usize {
        self.ring.len()
    }

    /// Whether `len` samples have come.
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.count() == self.len
    }

    /// The samples of the window in rising order.
    #[must_use]
    pub fn sorted(&self) -> &[f64] {
        &self.sorted
    }

    /// Quantile `q` in 0..=1 by linear interpolation (type 7 of Hyndman & Fan 1996); NaN before the first sample.
    ///
    /// # Errors
    /// [`Error::Parameter`] for a `q` outside 0..=1.
    pub fn quantile(&self, q: f64) -> Result<f64> {
        if !(0.0..=1.0).contains(&q) {
            return Err(Error::parameter("q", q, "a quantile lies in 0..=1"));
        }
        Ok(crate::math::order::quantile_sorted(&self.sorted, q))
    }

    /// Median; NaN before the first sample.
    #[must_use]
    pub fn median(&self) -> f64 {
        crate::math::order::quantile_sorted(&self.sorted, 0.5)
    }
}

fn check_len(len: usize) -> Result<()> {
    match len {
        0 => Err(Error::parameter("len", len, "a window needs at least one sample")),
        1..=LONGEST => Ok(()),
        _ => Err(Error::parameter("len", len, "a window has at most 2^24 samples")),
    }
}

fn check_sample(value: f64) -> Result<()> {
    crate::error::check_finite("stream", "samples", &[value])
}
