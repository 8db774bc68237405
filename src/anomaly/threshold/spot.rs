//! A limit for a stream that knows the risk it takes: peaks over threshold, kept up to date.
//!
//! **What it answers.** Which values of a stream are so far out that fewer than one in `1 / q` is, without knowing their
//! law and without a limit set by hand? [`Spot`] for stationary values (a score), [`BiSpot`] for both sides, [`DriftSpot`] for
//! values whose level drifts.
//!
//! **Formula.** On the first n values: `t` is the order statistic number `floor(level n)` (from 0), the excesses over
//! `t` get a [`GeneralisedPareto`] law, and the limit is `z = t + sigma / gamma ((q n / N)^-gamma - 1)` with N excesses. Then
//! each value above `z` is an alarm and changes nothing; one above `t` is a further excess; any other only counts.
//!
//! **Two bounds that the paper does not have**, so that a stream may last for years: the law is fitted to the latest 1000
//! excesses at most (N counts all), and it is fitted again when the excesses have grown by one in a hundred since the last time
//! (always, up to 100 of them); the limit itself follows every excess.
//!
//! **Source.** Siffer, Fouque, Termier & Largouet 2017 (KDD), algorithms 1 to 3. Written from the paper.
//!
//! **Cost.** O(1) a value and O(1000) a new fit, some microseconds a value on average; 8 kB.
//!
//! **When not to use it.** Where `q` must be kept to the letter: alarms are kept out of the tail, which is then fitted to values
//! cut off at its own limit, and the limit sinks a little. On 80,000 exponential values the rate of alarms was about twice `q`
//! after 10 / q first values, and 4 to 15 times `q` after 1000 (20 excesses). [`Threshold::pot`](super::Threshold::pot) does
//! not move. Nor for a stream whose spread drifts (the drift
//! of the level is all that [`DriftSpot`] follows); values in bursts, which are not independent: alarms then come in bursts.

use super::pareto::GeneralisedPareto;
use crate::error::{Error, Result, check_finite, check_fraction};

/// Excesses that the law is fitted to.
const KEPT: usize = 1000;
/// Laws with a larger gamma give limits that nothing exceeds; they come from excesses that are ties but for rounding.
const HEAVIEST: f64 = 5.0;
/// Fewest excesses that a law is fitted to.
pub(super) const FEWEST: usize = 10;

/// What a value of a stream is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum Verdict {
    /// Ordinary: at or below the level `t` (for two sides: between both).
    Ordinary,
    /// Beyond the level, not beyond the limit: it taught the tail something.
    Excess,
    /// Beyond the upper limit.
    High,
    /// Below the lower limit.
    Low,
}

impl Verdict {
    /// Whether somebody should look.
    #[must_use]
    pub fn is_alarm(self) -> bool {
        matches!(self, Self::High | Self::Low)
    }
}

/// One tail of a stream, upwards.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(try_from = "RawTail"))]
struct Tail {
    q: f64,
    t: f64,
    /// Values that were no alarms.
    n: usize,
    /// Excesses among them.
    peaks: usize,
    /// The latest excesses; `next` is the oldest once there are [`KEPT`].
    excesses: Vec<f64>,
    next: usize,
    law: GeneralisedPareto,
    /// Excesses when the law was fitted.
    fitted_at: usize,
}

/// The level `t` of sorted values: the order statistic number `floor(level n)`.
fn level_of(sorted: &[f64], level: f64) -> f64 {
    let place = (level * sorted.len() as f64).floor() as usize;
    sorted[place.min(sorted.len() - 1)]
}

/// Level, excesses and law of values (checked to be finite); sorts them.
pub(super) fn peaks_over_threshold(
    values: &mut [f64],
    q: f64,
    level: f64,
) -> Result<(f64, Vec<f64>, GeneralisedPareto)> {
    check_fraction("q", q)?;
    check_fraction("level", level)?;
    if q >= 1.0 - level {
        return Err(Error::parameter("q", q, "must be below 1 - level: the limit lies in the tail beyond the level"));
    }
    if values.is_empty() {
        return Err(Error::too_few("values for a tail", FEWEST, 0));
    }
    values.sort_unstable_by(f64::total_cmp);
    let t = level_of(values, level);
    let above = values.partition_point(|v| *v <= t);
    let excesses: Vec<f64> = values[above..].iter().map(|v| v - t).collect();
    if excesses.len() < FEWEST {
        return Err(Error::too_few("values above the level of the tail", FEWEST, excesses.len()));
    }
    if excesses.iter().any(|e| !e.is_finite()) {
        return Err(Error::numeric("tail of values", "an excess overflows"));
    }
    let law = GeneralisedPareto::fit(&excesses)?;
    if law.gamma() > HEAVIEST {
        let reason = "the excesses span too many powers of ten for a limit: do they tie but for rounding?";
        return Err(Error::numeric("tail of values", reason));
    }
    Ok((t, excesses, law))
}

/// The limit: level plus the quantile of the law at `q n / N`.
pub(super) fn limit(t: f64, law: &GeneralisedPareto, q: f64, n: usize, peaks: usize) -> f64 {
    t + law.quantile(q * n as f64 / peaks as f64).max(0.0)
}

impl Tail {
    fn new(values: &[f64], q: f64, level: f64) -> Result<Self> {
        let (t, _, _) = peaks_over_threshold(&mut values.to_vec(), q, level)?;
        // In the order of time.
        let all: Vec<f64> = values.iter().filter(|v| **v > t).map(|v| v - t).collect();
        let excesses = all[all.len().saturating_sub(KEPT)..].to_vec();
        let law = GeneralisedPareto::fit(&excesses)?;
        let (n, peaks) = (values.len(), all.len());
        Ok(Self { q, t, n, peaks, excesses, next: 0, law, fitted_at: peaks })
    }

    fn limit(&self) -> f64 {
        limit(self.t, &self.law, self.q, self.n, self.peaks)
    }

    fn update(&mut self, value: f64) -> Result<Verdict> {
        if value > self.limit() {
            return Ok(Verdict::High);
        }
        if value <= self.t {
            self.n = self.n.saturating_add(1);
            return Ok(Verdict::Ordinary);
        }
        let excess = value - self.t;
        if self.excesses.len() < KEPT {
            self.excesses.push(excess);
        } else {
            self.excesses[self.next] = excess;
            self.next = (self.next + 1) % KEPT;
        }
        self.n = self.n.saturating_add(1);
        self.peaks = self.peaks.saturating_add(1);
        if self.peaks - self.fitted_at > self.fitted_at / 100 {
            let law = GeneralisedPareto::fit(&self.excesses)?;
            if law.gamma() <= HEAVIEST {
                self.law = law;
            }
            self.fitted_at = self.peaks;
        }
        Ok(Verdict::Excess)
    }
}

#[cfg(feature = "serde")]
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct RawTail {
    q: f64,
    t: f64,
    n: usize,
    peaks: usize,
    excesses: Vec<f64>,
    next: usize,
    law: GeneralisedPareto,
    fitted_at: usize,
}

#[cfg(feature = "serde")]
impl TryFrom<RawTail> for Tail {
    type Error = Error;
    fn try_from(raw: RawTail) -> Result<Self> {
        let bad = |reason: &str| Error::Model { reason: format!("tail of a stream: {reason}") };
        check_fraction("q", raw.q)?;
        let kept = raw.excesses.len();
        if !raw.t.is_finite() || raw.excesses.iter().any(|e| !(e.is_finite() && *e > 0.0)) {
            return Err(bad("the level must be finite, and the excesses greater than 0"));
        }
        if !(FEWEST..=KEPT).contains(&kept) || kept != raw.peaks.min(KEPT) || raw.peaks > raw.n {
            return Err(bad("the numbers of values and excesses do not agree"));
        }
        if raw.next >= KEPT || (kept < KEPT && raw.next != 0) || raw.fitted_at > raw.peaks || raw.fitted_at < FEWEST {
            return Err(bad("a place lies outside of the excesses"));
        }
        let RawTail { q, t, n, peaks, excesses, next, law, fitted_at } = raw;
        Ok(Self { q, t, n, peaks, excesses, next, law, fitted_at })
    }
}

fn check_value(value: f64) -> Result<()> {
    check_finite("values of a stream", "value", &[value])
}

/// Peaks over threshold of a stream of scores.
///
/// ```
/// use prognos::anomaly::Spot;
/// let score = |i: u32| -(1.0 - (f64::from(i) * 0.618_034).fract()).ln(); // exponential
/// let first: Vec<f64> = (0..1000).map(score).collect();
/// let mut spot = Spot::fit(&first, 1e-4)?;
/// assert!((spot.limit() - 9.2).abs() < 1.5); // -ln 1e-4
/// assert!(!spot.update(3.0)?.is_alarm());
/// assert!(spot.update(25.0)?.is_alarm());
/// # Ok::<(), prognos::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
pub struct Spot {
    tail: Tail,
}

impl Spot {
    /// Begins with these values, at the risk `q` a value, with the tail above the quantile 0.98.
    ///
    /// # Errors
    /// As [`Spot::fit_above`].
    pub fn fit(values: &[f64], q: f64) -> Result<Self> {
        Self::fit_above(values, q, 0.98)
    }

    /// The same with the tail above another quantile.
    ///
    /// # Errors
    /// [`Error::Parameter`] unless `level` and `q` lie between 0 and 1 and `q` below 1 - `level`; [`Error::NonFinite`];
    /// [`Error::TooFew`] with fewer than 10 values above the level; [`Error::Numeric`] when an excess overflows, or when the
    /// excesses are ties but for rounding.
    pub fn fit_above(values: &[f64], q: f64, level: f64) -> Result<Self> {
        check_finite("values of a stream", "value", values)?;
        Ok(Self { tail: Tail::new(values, q, level)? })
    }

    /// Takes the next value.
    ///
    /// # Errors
    /// [`Error::NonFinite`], and nothing changes.
    pub fn update(&mut self, value: f64) -> Result<Verdict> {
        check_value(value)?;
        self.tail.update(value)
    }

    /// Values above this are alarms.
    #[must_use]
    pub fn limit(&self) -> f64 {
        self.tail.limit()
    }

    /// Values above this are excesses.
    #[must_use]
    pub fn level(&self) -> f64 {
        self.tail.t
    }

    /// The law of the excesses.
    #[must_use]
    pub fn law(&self) -> GeneralisedPareto {
        self.tail.law
    }

    /// Excesses so far.
    #[must_use]
    pub fn n_excesses(&self) -> usize {
        self.tail.peaks
    }

    /// Probability of a value beyond this one: `N / n` times the survival of its excess; 1 at or below the level, where
    /// nothing is known.
    #[must_use]
    pub fn tail_probability(&self, value: f64) -> f64 {
        if value <= self.tail.t {
            1.0
        } else {
            self.tail.peaks as f64 / self.tail.n as f64 * self.tail.law.survival(value - self.tail.t)
        }
    }
}

/// Peaks over threshold on both sides of a stream.
///
/// ```
/// use prognos::anomaly::{BiSpot, Verdict};
/// let value = |i: u32| (f64::from(i) * 0.618_034).fract() + (f64::from(i) * 0.414_21).fract();
/// let first: Vec<f64> = (0..1000).map(value).collect();
/// let mut spot = BiSpot::fit(&first, 1e-3)?;
/// assert_eq!(spot.update(1.0)?, Verdict::Ordinary);
/// assert_eq!(spot.update(-2.0)?, Verdict::Low);
/// assert_eq!(spot.update(5.0)?, Verdict::High);
/// # Ok::<(), prognos::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
pub struct BiSpot {
    upper: Tail,
    /// Of the values with the other sign.
    lower: Tail,
}

impl BiSpot {
    /// Begins with these values, at the risk `q` a value and side, with tails beyond the quantiles 0.98 and 0.02.
    ///
    /// # Errors
    /// As [`Spot::fit_above`].
    pub fn fit(values: &[f64], q: f64) -> Result<Self> {
        Self::fit_above(values, q, 0.98)
    }

    /// The same with the tails above the quantile `level` of the values and of their negatives.
    ///
    /// # Errors
    /// As [`Spot::fit_above`].
    pub fn fit_above(values: &[f64], q: f64, level: f64) -> Result<Self> {
        check_finite("values of a stream", "value", values)?;
        let mirrored: Vec<f64> = values.iter().map(|v| -v).collect();
        Ok(Self { upper: Tail::new(values, q, level)?, lower: Tail::new(&mirrored, q, level)? })
    }

    /// Takes the next value.
    ///
    /// # Errors
    /// [`Error::NonFinite`], and nothing changes.
    pub fn update(&mut self, value: f64) -> Result<Verdict> {
        check_value(value)?;
        // An alarm on one side is no evidence for the other.
        if value > self.upper.limit() {
            return Ok(Verdict::High);
        }
        if -value > self.lower.limit() {
            return Ok(Verdict::Low);
        }
        let (up, down) = (self.upper.update(value)?, self.lower.update(-value)?);
        Ok(if up == Verdict::Ordinary { down } else { up })
    }

    /// Values outside of these are alarms: (lower, upper).
    #[must_use]
    pub fn limits(&self) -> (f64, f64) {
        (-self.lower.limit(), self.upper.limit())
    }

    /// Laws of the excesses: downwards and upwards.
    #[must_use]
    pub fn laws(&self) -> (GeneralisedPareto, GeneralisedPareto) {
        (self.lower.law, self.upper.law)
    }
}

/// Peaks over threshold above a moving average: the stream may drift, its spread may not.
///
/// The average is that of the last `depth` values that were no alarms.
///
/// ```
/// use prognos::anomaly::DriftSpot;
/// let value = |i: u32| f64::from(i) * 0.01 + (f64::from(i) * f64::from(i) * 0.7).sin() + (f64::from(i) * 0.3).sin();
/// let first: Vec<f64> = (0..1000).map(value).collect();
/// let mut spot = DriftSpot::fit(&first, 1e-4, 20)?;
/// let alarms = (1000..5000).filter(|&i| spot.update(value(i)).is_ok_and(|v| v.is_alarm())).count();
/// assert!(alarms < 40); // the level has moved by 40
/// assert!(spot.update(value(5000) + 10.0)?.is_alarm());
/// # Ok::<(), prognos::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(try_from = "RawDrift"))]
pub struct DriftSpot {
    tail: Tail,
    /// The last values; `next` is the oldest.
    window: Vec<f64>,
    next: usize,
}

#[cfg(feature = "serde")]
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct RawDrift {
    tail: Tail,
    window: Vec<f64>,
    next: usize,
}

#[cfg(feature = "serde")]
impl TryFrom<RawDrift> for DriftSpot {
    type Error = Error;
    fn try_from(raw: RawDrift) -> Result<Self> {
        if raw.next < raw.window.len() && raw.window.iter().all(|v| v.is_finite()) {
            Ok(Self { tail: raw.tail, window: raw.window, next: raw.next })
        } else {
            Err(Error::Model { reason: "drifting stream: its window is empty, or not finite".to_owned() })
        }
    }
}

impl DriftSpot {
    /// Begins with these values, at the risk `q` a value, with the tail above the quantile 0.98 of the deviations from the
    /// mean of the `depth` values before.
    ///
    /// # Errors
    /// As [`Spot::fit_above`]; [`Error::Parameter`] for a depth of 0; [`Error::TooFew`] with no more values than `depth`.
    pub fn fit(values: &[f64], q: f64, depth: usize) -> Result<Self> {
        Self::fit_above(values, q, depth, 0.98)
    }

    /// The same with the tail above another quantile.
    ///
    /// # Errors
    /// As [`DriftSpot::fit`].
    pub fn fit_above(values: &[f64], q: f64, depth: usize, level: f64) -> Result<Self> {
        if depth == 0 {
            return Err(Error::parameter("depth", depth, "must be at least 1"));
        }
        if values.len() <= depth {
            return Err(Error::too_few("values of a drifting stream", depth.saturating_add(1), values.len()));
        }
        check_finite("values of a stream", "value", values)?;
        let off: Vec<f64> = values.windows(depth + 1).map(|w| w[depth] - mean(&w[..depth])).collect();
        if off.iter().any(|v| !v.is_finite()) {
            return Err(Error::numeric("drifting stream", "a mean overflows"));
        }
        Ok(Self { tail: Tail::new(&off, q, level)?, window: values[values.len() - depth..].to_vec(), next: 0 })
    }

    /// Takes the next value.
    ///
    /// # Errors
    /// [`Error::NonFinite`], and nothing changes.
    pub fn update(&mut self, value: f64) -> Result<Verdict> {
        check_value(value)?;
        let off = value - self.level();
        check_value(off)?;
        let verdict = self.tail.update(off)?;
        if verdict != Verdict::High {
            self.window[self.next] = value;
            self.next = (self.next + 1) % self.window.len();
        }
        Ok(verdict)
    }

    /// Mean of the last values: where the stream stands.
    #[must_use]
    pub fn level(&self) -> f64 {
        // From the oldest to the newest, so that the bits are those of the first pass.
        let (newer, older) = self.window.split_at(self.next);
        older.iter().chain(newer).sum::<f64>() / self.window.len() as f64
    }

    /// Values above this are alarms.
    #[must_use]
    pub fn limit(&self) -> f64 {
        self.level() + self.tail.limit()
    }

    /// The law of the excesses.
    #[must_use]
    pub fn law(&self) -> GeneralisedPareto {
        self.tail.law
    }
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

macro_rules! persisted {
    ($($model:ty: $kind:literal),*) => {$(
        #[cfg(feature = "persist")]
        impl crate::persist::Persist for $model {
            const KIND: &'static str = $kind;
            fn feature_names(&self) -> &[String] {
                &[]
            }
        }
    )*};
}

persisted!(Spot: "spot", BiSpot: "spot_both_sides", DriftSpot: "spot_drifting");
