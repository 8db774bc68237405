//! Does this value fit the rhythm of its series? Five questions, each answered in decades of rarity, and their mean.
//!
//! **What it answers.** One sensor, most of whose days (or shifts, or cycles) look alike. At every value five distances
//! are taken from what was seen before:
//!
//! | part | distance |
//! |---|---|
//! | level | from the median of the last values at this time of the day |
//! | lasting level | the mean of the last `smooth` of those |
//! | lasting novelty | the mean of the last `smooth` distances from the *nearest* value seen at about this time |
//! | step | from the value before |
//! | shape | of the last `lags` values from the nearest such stretch in memory (sum of absolute differences) |
//!
//! Each is compared with its own past: a distance among those seen has its conformal p-value, one beyond all of them goes
//! on down an exponential tail. The score is the mean of the five `-log10 p`, so that one scale serves all series, and one
//! odd part alone weighs less than several that agree. A spike that comes every day at about the same time is no surprise
//! to the parts that know the time.
//!
//! **Sources.** p-values of distances to neighbours for streams: Burnaev & Ishimtsev 2016 (arXiv 1608.04585). Short means
//! against a long past: Ahmad, Lavin, Purdy & Agha 2017 (Neurocomputing 262). The combination is our own.
//!
//! **Cost.** O(memory lags) time a value for the shape, O(reach depth) for the rest; memory
//! O(slots depth + memory). About 10 us a value with the default settings and full memory.
//!
//! **When not to use it.** Series without time of day or cycle lose two or three of the five parts: set `slots` to 1. It
//! learns what it sees, so that a fault that stays becomes normal. Trends raise every distance alike.

mod rarity;

use super::{check_value, guard, one_column, overflow, saved};
use crate::error::{Error, Result, check_positive};
use crate::math::order::median_in_place;
use linfa::ParamGuard;
use rarity::{Rarity, Ring};
use std::collections::VecDeque;

/// Values beyond this are refused: sums of differences stay finite.
const LARGEST: f64 = 1e300;
/// Number of parts.
const PARTS: usize = 5;
/// Names of the parts, in order.
const NAMES: [&str; PARTS] = ["level", "lasting level", "lasting novelty", "step", "shape"];

/// Checked settings of [`RhythmDetector`].
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
pub struct RhythmValidParams {
    slots: usize,
    period_seconds: f64,
    depth: usize,
    reach: usize,
    smooth: usize,
    lags: usize,
    memory: usize,
    tail: f64,
    warmup: u64,
}

/// Settings of [`RhythmDetector`]; see [`RhythmDetector::params`].
#[derive(Debug, Clone, PartialEq)]
pub struct RhythmParams(RhythmValidParams);

impl RhythmParams {
    /// Values in one period: 288 for a day of values every five minutes (the default), 1 for no rhythm at all; at most
    /// 2^20.
    #[must_use]
    pub fn slots(mut self, slots: usize) -> Self {
        self.0.slots = slots;
        self
    }

    /// Length of the period for [`RhythmDetector::push_at`], in seconds. Default 86 400, a day.
    #[must_use]
    pub fn period_seconds(mut self, seconds: f64) -> Self {
        self.0.period_seconds = seconds;
        self
    }

    /// Values kept of every slot, 1 to 4,096. Default 20: three weeks of days.
    #[must_use]
    pub fn depth(mut self, values: usize) -> Self {
        self.0.depth = values;
        self
    }

    /// Slots before and after that count as about the same time, at most 4,096. Default 12: an hour of values every
    /// five minutes. Values newer than that are not compared with.
    #[must_use]
    pub fn reach(mut self, slots: usize) -> Self {
        self.0.reach = slots;
        self
    }

    /// Values of the short means, 1 to 65,536. Default 12.
    #[must_use]
    pub fn smooth(mut self, values: usize) -> Self {
        self.0.smooth = values;
        self
    }

    /// Values in a shape, 1 to 64. Default 3: what has just begun; longer ones are late.
    #[must_use]
    pub fn lags(mut self, values: usize) -> Self {
        self.0.lags = values;
        self
    }

    /// Values and distances remembered, 64 to 2^20. Default 8,192: four weeks of values every five minutes.
    #[must_use]
    pub fn memory(mut self, values: usize) -> Self {
        self.0.memory = values;
        self
    }

    /// Part of the largest distances that give the scale of the tail, above 0 and at most 0.5. Default 0.01.
    #[must_use]
    pub fn tail(mut self, fraction: f64) -> Self {
        self.0.tail = fraction;
        self
    }

    /// Values that are learned with score 0. Default 250.
    #[must_use]
    pub fn warmup(mut self, values: u64) -> Self {
        self.0.warmup = values;
        self
    }

    /// A detector that has seen nothing.
    ///
    /// # Errors
    /// [`Error::Parameter`] for a setting outside of its range.
    pub fn start(&self) -> Result<RhythmDetector> {
        let params = self.check_ref()?.clone();
        Ok(RhythmDetector {
            slots: vec![Ring::default(); params.slots],
            params,
            pending: VecDeque::new(),
            residuals: Default::default(),
            recent: Vec::new(),
            rarities: Default::default(),
            parts: [0.0; PARTS],
            seen: 0,
        })
    }
}

impl RhythmValidParams {
    fn validate(&self) -> Result<()> {
        for (name, value, low, high) in [
            ("slots", self.slots, 1, 1 << 20),
            ("depth", self.depth, 1, 4096),
            ("reach", self.reach, 0, 4096),
            ("smooth", self.smooth, 1, 65_536),
            ("lags", self.lags, 1, 64),
            ("memory", self.memory, 64, 1 << 20),
        ] {
            if !(low..=high).contains(&value) {
                return Err(Error::parameter(name, value, format!("must be {low} to {high}")));
            }
        }
        check_positive("period_seconds", self.period_seconds)?;
        if self.tail > 0.0 && self.tail <= 0.5 {
            Ok(())
        } else {
            Err(Error::parameter("tail", self.tail, "must be above 0 and at most 0.5"))
        }
    }

    /// Slots on either side that are compared, none twice.
    fn half(&self) -> usize {
        self.reach.min((self.slots - 1) / 2)
    }
}

guard!(RhythmParams, RhythmValidParams);

/// Detector of values, steps and stretches that do not fit the rhythm of one series.
///
/// ```
/// use prognos::anomaly::stream::RhythmDetector;
/// let mut detector = RhythmDetector::params().slots(48).start()?;
/// // Ten days, a value every half hour; on the last day the night is as busy as the day.
/// let usual = |i: usize| 10.0 * (i as f64 * std::f64::consts::TAU / 48.0).sin() + (i as f64 * 7.3).sin();
/// let mut largest: (f64, usize) = (0.0, 0);
/// for i in 0..480 {
///     let score = detector.push(if i >= 470 { 9.0 } else { usual(i) })?;
///     if score > largest.0 {
///         largest = (score, i);
///     }
/// }
/// assert!(largest.0 > 2.5 && largest.1 >= 470);
/// assert_eq!(detector.parts()[0].0, "level");
/// # Ok::<(), prognos::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct RhythmDetector {
    params: RhythmValidParams,
    /// What was seen in every slot.
    slots: Vec<Ring>,
    /// Slots and values that are too new to be compared with.
    pending: VecDeque<(usize, f64)>,
    /// The last distances from the median, and from the nearest.
    residuals: [VecDeque<f64>; 2],
    /// The last values, in order; cut when there are twice as many as needed.
    recent: Vec<f64>,
    rarities: [Rarity; PARTS],
    parts: [f64; PARTS],
    seen: u64,
}

impl RhythmDetector {
    /// Default settings: 288 slots of a day, 20 values each, 12 slots of reach, means of 12, shapes of 3, 8,192 values
    /// remembered, a tail of 0.01, 250 values of warm-up. Chosen on half of the files that the example `nab` reads;
    /// halving or doubling one of them moved the score of all its files by at most 5 points of 70.
    #[must_use]
    pub fn params() -> RhythmParams {
        RhythmParams(RhythmValidParams {
            slots: 288,
            period_seconds: 86_400.0,
            depth: 20,
            reach: 12,
            smooth: 12,
            lags: 3,
            memory: 8192,
            tail: 0.01,
            warmup: 250,
        })
    }

    /// Score of the next value, one slot after the one before; then learns it. Mean decades of rarity, 0 to 40.
    ///
    /// # Errors
    /// [`Error::NonFinite`]; [`Error::Numeric`] for a value beyond 1e300. The detector is then as it was before.
    pub fn push(&mut self, x: f64) -> Result<f64> {
        let slot = self.seen % self.params.slots as u64;
        self.learn(slot as usize, x)
    }

    /// Score of the value at a time in seconds (of any epoch: the slot is the place in the period); then learns it. For
    /// series with gaps.
    ///
    /// ```
    /// use prognos::anomaly::stream::RhythmDetector;
    /// let mut by_clock = RhythmDetector::params().slots(24).start()?;
    /// let mut by_count = by_clock.clone();
    /// for hour in 0..500 {
    ///     let x = f64::from(hour % 24);
    ///     assert_eq!(by_clock.push_at(3600.0 * f64::from(hour), x)?, by_count.push(x)?);
    /// }
    /// # Ok::<(), prognos::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`RhythmDetector::push`], and [`Error::Parameter`] for a time that is not finite.
    pub fn push_at(&mut self, seconds: f64, x: f64) -> Result<f64> {
        if !seconds.is_finite() {
            return Err(Error::parameter("seconds", seconds, "must be finite"));
        }
        let period = self.params.period_seconds;
        let place = seconds.rem_euclid(period) * self.params.slots as f64 / period;
        self.learn((place as usize).min(self.params.slots - 1), x)
    }

    /// The five parts of the last score, by name: decades of rarity, whose mean is the score. All 0 during the warm-up.
    #[must_use]
    pub fn parts(&self) -> [(&'static str, f64); PARTS] {
        std::array::from_fn(|k| (NAMES[k], self.parts[k]))
    }

    fn learn(&mut self, slot: usize, x: f64) -> Result<f64> {
        check_value(x, self.seen)?;
        if x.abs() > LARGEST {
            return Err(overflow("rhythm detector"));
        }
        let (median, nearest) = (self.median_distance(slot, x), self.nearest_distance(slot, x));
        self.recent.push(x);
        let distances = [
            median,
            self.lasting(0, median),
            self.lasting(1, nearest),
            self.recent.iter().rev().nth(1).map(|before| (x - before).abs()),
            self.shape(),
        ];
        let RhythmValidParams { memory, tail, warmup, lags, depth, .. } = self.params;
        let scored = self.seen >= warmup;
        for ((distance, rarity), part) in distances.into_iter().zip(&mut self.rarities).zip(&mut self.parts) {
            *part = 0.0;
            if let Some(distance) = distance {
                if scored {
                    *part = rarity.decades(distance, tail);
                }
                rarity.learn(distance, memory);
            }
        }
        self.pending.push_back((slot, x));
        if self.pending.len() > self.params.half() + 1
            && let Some((slot, old)) = self.pending.pop_front()
        {
            self.slots[slot].push(old, depth);
        }
        let keep = memory + lags;
        if self.recent.len() >= 2 * keep {
            self.recent.drain(..self.recent.len() - keep);
        }
        self.seen += 1;
        Ok(self.parts.iter().sum::<f64>() / PARTS as f64)
    }

    /// The values seen in a slot and in those up to `half` slots away.
    fn around(&self, slot: usize, half: usize) -> impl Iterator<Item = &Ring> {
        let n = self.params.slots;
        (n - half..=n + half).map(move |offset| &self.slots[(slot + offset) % n])
    }

    /// Distance from the median of the slot and its two neighbours, once they hold six values.
    fn median_distance(&self, slot: usize, x: f64) -> Option<f64> {
        let half = self.params.half().min(1);
        let mut seen: Vec<f64> = self.around(slot, half).flat_map(|ring| ring.values.iter().copied()).collect();
        if seen.len() < 6 {
            return None;
        }
        Some((x - median_in_place(&mut seen)).abs())
    }

    /// Distance from the nearest value at about this time, once there is one a slot.
    fn nearest_distance(&self, slot: usize, x: f64) -> Option<f64> {
        let (mut count, mut nearest) = (0, f64::INFINITY);
        for ring in self.around(slot, self.params.half()) {
            count += ring.values.len();
            for value in &ring.values {
                nearest = nearest.min((x - value).abs());
            }
        }
        (count > 2 * self.params.reach).then_some(nearest)
    }

    /// Mean of the last distances of one kind; a missing one counts as 0.
    fn lasting(&mut self, kind: usize, distance: Option<f64>) -> Option<f64> {
        let last = &mut self.residuals[kind];
        if last.len() == self.params.smooth {
            last.pop_front();
        }
        last.push_back(distance.unwrap_or(0.0));
        distance.map(|_| last.iter().sum::<f64>() / last.len() as f64)
    }

    /// Distance of the last `lags` values from the nearest stretch in memory that ends half its length before or
    /// earlier.
    fn shape(&self) -> Option<f64> {
        let RhythmValidParams { lags, memory, .. } = self.params;
        let n = self.recent.len();
        let now = self.recent.get(n.checked_sub(lags)?..)?;
        if n <= 2 * lags {
            return None;
        }
        // Ends of stretches: `memory` rows back to half a length back.
        let first = (n - 1).saturating_sub(memory).max(lags - 1) + 1 - lags;
        let last = n - 1 - lags.div_ceil(2).max(lags / 2 + 1) + 1;
        let past = self.recent.get(first..last)?;
        let nearest = if let [a, b, c] = *now {
            // The default length, in a form the compiler turns into vector instructions.
            let sums = past.windows(3).map(|w| (w[0] - a).abs() + (w[1] - b).abs() + (w[2] - c).abs());
            sums.fold(f64::INFINITY, |near, d| if d < near { d } else { near })
        } else {
            let sum = |w: &[f64]| w.iter().zip(now).map(|(p, q)| (p - q).abs()).sum::<f64>();
            past.windows(lags).map(sum).fold(f64::INFINITY, f64::min)
        };
        nearest.is_finite().then_some(nearest)
    }

    #[cfg(feature = "serde")]
    fn check_state(&self) -> Result<()> {
        use super::refuse;
        let p = &self.params;
        p.validate()?;
        let seen = usize::try_from(self.seen).unwrap_or(usize::MAX);
        let finite = |x: f64| x.abs() <= LARGEST;
        if self.slots.len() != p.slots || !self.slots.iter().all(|ring| ring.is_sound(p.depth, LARGEST)) {
            return Err(refuse("the slots do not fit the settings"));
        }
        if self.pending.len() != seen.min(p.half() + 1)
            || !self.pending.iter().all(|(slot, x)| *slot < p.slots && finite(*x))
        {
            return Err(refuse("the values not yet learned do not fit the settings"));
        }
        if !self
            .residuals
            .iter()
            .all(|last| last.len() == seen.min(p.smooth) && last.iter().all(|d| *d >= 0.0 && *d <= 2.0 * LARGEST))
        {
            return Err(refuse("the last distances do not fit the settings"));
        }
        let keep = p.memory + p.lags;
        if self.recent.len() >= 2 * keep
            || self.recent.len() < seen.min(keep)
            || self.recent.len() > seen
            || !self.recent.iter().all(|x| finite(*x))
        {
            return Err(refuse("the last values do not fit the settings"));
        }
        let sound = |r: &Rarity| r.ring.values.len() <= p.memory && r.ring.values.len() <= seen;
        if !self.rarities.iter().all(|r| sound(r) && r.ring.is_sound(p.memory, f64::MAX)) {
            return Err(refuse("the distances remembered do not fit the settings"));
        }
        if self.parts.iter().all(|part| (0.0..=40.0).contains(part)) {
            Ok(())
        } else {
            Err(refuse("a part is out of range"))
        }
    }
}

one_column!(RhythmDetector);
saved!(
    RhythmDetector {
        params: RhythmValidParams,
        slots: Vec<Ring>,
        pending: VecDeque<(usize, f64)>,
        residuals: [VecDeque<f64>; 2],
        recent: Vec<f64>,
        rarities: [Rarity; PARTS],
        parts: [f64; PARTS],
        seen: u64,
    },
    "rhythm_detector",
    |_| &[]
);
