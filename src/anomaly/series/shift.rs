//! Two windows side by side: where does the level or the spread of a series jump?
//!
//! **What it answers.** [`level`](Shift::level): from when on is the median another? [`volatility`](Shift::volatility):
//! from when on is the spread another? [`persist`](Shift::persist): which samples are not like those just before?
//!
//! **Formula.** At sample t the aggregate `L` of the w samples before t is compared with `R` of the w samples from t on (for
//! `persist` of t alone): `d = R - L` of medians, or `d = (R - L) / L` of standard deviations (n - 1), where L counts as at least a
//! hundredth of the median healthy one. With `Q3` and `IQR` of `|d|` over the healthy stretch the score is
//! `max(0, (|d| - Q3) / IQR)`, so that the factor c of ADTK's detectors is a threshold on it. An IQR of 0 gives way to
//! the standard deviation of `|d|`, and that, when 0 as well, to four units of rounding of the largest healthy sample. One side alone: the
//! other counts as `d = 0`. Samples without two full windows score 0.
//!
//! [`causal`](ShiftParams::causal) puts the score to the last sample of R instead, where it first can be known.
//!
//! **Source.** ADTK's `LevelShiftAD`, `VolatilityShiftAD`, `PersistAD` (Arundo Analytics 2019).
//!
//! **Cost.** O(n (log w + w)) for medians, O(n) for deviations; memory O(n).
//!
//! **When not to use it.** Slow drifts (use a chart of cumulated sums), and series whose cycles are longer than w: every
//! slope of a cycle is a shift.

use super::SeriesDetector;
use super::windows::{check_scores, check_series};
use crate::anomaly::stream::{Direction, checked, guard};
use crate::error::{Error, Result};
use crate::math::lanes;
use crate::math::order::{median_in_place, quantile_sorted};
use crate::signal::rolling::{RollingQuantiles, RollingStatistics};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
enum Kind {
    Level,
    Volatility,
    Persist,
}

/// Checked settings of [`Shift`].
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
pub struct ShiftValidParams {
    kind: Kind,
    window: usize,
    direction: Direction,
    causal: bool,
}

impl ShiftValidParams {
    fn validate(&self) -> Result<()> {
        let least = if self.kind == Kind::Volatility { 2 } else { 1 };
        if (least..=1 << 20).contains(&self.window) {
            Ok(())
        } else {
            Err(Error::parameter("window", self.window, "must be 1 (volatility: 2) to 2^20 samples"))
        }
    }

    /// Samples of the window from t on.
    fn right(&self) -> usize {
        if self.kind == Kind::Persist { 1 } else { self.window }
    }
}

/// Settings of [`Shift`]; see its constructors.
#[derive(Debug, Clone, PartialEq)]
pub struct ShiftParams(ShiftValidParams);

guard!(ShiftParams, ShiftValidParams);

impl ShiftParams {
    /// Which shifts count. Default both.
    #[must_use]
    pub fn direction(mut self, direction: Direction) -> Self {
        self.0.direction = direction;
        self
    }

    /// Whether no score looks ahead: that of t then stands where the window from t on ends. Default no: it stands at t,
    /// where the shift begins.
    #[must_use]
    pub fn causal(mut self, causal: bool) -> Self {
        self.0.causal = causal;
        self
    }

    /// Learns how large differences are when nothing shifts.
    ///
    /// # Errors
    /// [`Error::Parameter`] for a window outside of its range, [`Error::TooFew`] below both windows and three samples
    /// more, [`Error::NonFinite`] naming a sample, [`Error::Numeric`] when a difference overflows, or for the volatility
    /// of a stretch that never moves.
    pub fn fit(&self, healthy: &[f64]) -> Result<Shift> {
        self.0.validate()?;
        check_series("healthy samples", healthy, self.0.window + self.0.right() + 3)?;
        let mut model = Shift { params: self.0.clone(), floor: 0.0, quartile: 0.0, range: 1.0 };
        if self.0.kind == Kind::Volatility {
            let mut spreads = deviations(healthy, self.0.window)?;
            model.floor = 0.01 * median_in_place(&mut spreads);
            if model.floor <= 0.0 {
                return Err(Error::numeric("volatility", "half of the healthy windows do not move at all"));
            }
        }
        let mut sizes = check_scores(model.one_sided(healthy)?)?;
        sizes.sort_unstable_by(f64::total_cmp);
        let upper = quantile_sorted(&sizes, 0.75);
        let range = upper - quantile_sorted(&sizes, 0.25);
        let (low, high) = lanes::min_max(healthy);
        let rounding = if self.0.kind == Kind::Volatility { 1.0 } else { low.abs().max(high.abs()) };
        let least = (4.0 * f64::EPSILON * rounding).max(f64::MIN_POSITIVE);
        model.quartile = upper;
        model.range = if range > least { range } else { lanes::variance(&sizes, 0).sqrt().max(least) };
        if model.range.is_finite() && upper.is_finite() {
            Ok(model)
        } else {
            Err(Error::numeric("shifts", "the differences overflow; scale the samples"))
        }
    }
}

/// Median of every `w` samples in a row.
fn medians(x: &[f64], w: usize) -> Result<Vec<f64>> {
    if w == 1 {
        return Ok(x.to_vec());
    }
    let mut last = RollingQuantiles::new(w)?;
    let mut out = Vec::with_capacity(x.len());
    for &v in x {
        last.push(v)?;
        if last.is_full() {
            out.push(last.median());
        }
    }
    Ok(out)
}

/// Standard deviation (n - 1) of every `w` samples in a row.
fn deviations(x: &[f64], w: usize) -> Result<Vec<f64>> {
    let mut last = RollingStatistics::new(w)?;
    let mut out = Vec::with_capacity(x.len());
    for &v in x {
        last.push(v)?;
        if last.is_full() {
            out.push((last.variance() * (w as f64 / (w as f64 - 1.0))).sqrt());
        }
    }
    Ok(out)
}

/// Differences of two windows side by side, and how large they are when nothing shifts.
///
/// ```
/// use prognos::anomaly::series::{SeriesDetector, Shift};
/// let x: Vec<f64> = (0..400).map(|i| (f64::from(i) * 2.3).sin() + if i < 300 { 0.0 } else { 2.0 }).collect();
/// let model = Shift::level(20).fit(&x[..250])?;
/// let scores = model.score_series(&x)?;
/// let worst = (0..400).max_by(|&a, &b| scores[a].total_cmp(&scores[b])).unwrap();
/// assert!((298..=302).contains(&worst));
/// # Ok::<(), prognos::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Shift {
    params: ShiftValidParams,
    floor: f64,
    quartile: f64,
    range: f64,
}

impl Shift {
    fn by(kind: Kind, window: usize) -> ShiftParams {
        ShiftParams(ShiftValidParams { kind, window, direction: Direction::Both, causal: false })
    }

    /// Shifts of the median of this many samples on each side, 1 to 2^20.
    #[must_use]
    pub fn level(window: usize) -> ShiftParams {
        Self::by(Kind::Level, window)
    }

    /// Relative shifts of the standard deviation of this many samples on each side, 2 to 2^20.
    #[must_use]
    pub fn volatility(window: usize) -> ShiftParams {
        Self::by(Kind::Volatility, window)
    }

    /// Samples that are not like the median of this many before, 1 to 2^20.
    #[must_use]
    pub fn persist(window: usize) -> ShiftParams {
        Self::by(Kind::Persist, window)
    }

    /// The signed difference d at every sample that has both windows, the first being sample `window`: in the unit of
    /// the series, for volatility relative.
    ///
    /// # Errors
    /// As [`SeriesDetector::score_series`].
    pub fn differences(&self, x: &[f64]) -> Result<Vec<f64>> {
        check_series("series to score", x, self.window())?;
        let (w, right) = (self.params.window, self.params.right());
        let d = match self.params.kind {
            Kind::Volatility => {
                let all = deviations(x, w)?;
                all.iter().zip(&all[w..]).map(|(l, r)| (r - l) / l.max(self.floor)).collect()
            }
            _ => {
                let left = medians(x, w)?;
                let after = if right == w { left[w..].to_vec() } else { x[w..].to_vec() };
                left.iter().zip(&after).map(|(l, r)| r - l).collect()
            }
        };
        check_scores(d)
    }

    /// Sizes of the differences to the sides that count.
    fn one_sided(&self, x: &[f64]) -> Result<Vec<f64>> {
        let mut d = self.differences(x)?;
        for v in &mut d {
            *v = match self.params.direction {
                Direction::Both => v.abs(),
                Direction::Up => v.max(0.0),
                Direction::Down => (-*v).max(0.0),
            };
        }
        Ok(d)
    }

    #[cfg(feature = "serde")]
    fn check_state(&self) -> Result<()> {
        self.params.validate()?;
        let sound = |v: f64| v.is_finite() && v >= 0.0;
        let floor = if self.params.kind == Kind::Volatility { self.floor > 0.0 } else { self.floor <= 0.0 };
        if sound(self.floor) && floor && sound(self.quartile) && sound(self.range) && self.range > 0.0 {
            Ok(())
        } else {
            Err(Error::Model { reason: "the sizes are not finite and positive".to_owned() })
        }
    }
}

impl SeriesDetector for Shift {
    /// Both windows together.
    fn window(&self) -> usize {
        self.params.window + self.params.right()
    }

    fn score_series(&self, x: &[f64]) -> Result<Vec<f64>> {
        let sizes = self.one_sided(x)?;
        let from = self.params.window + if self.params.causal { self.params.right() - 1 } else { 0 };
        let mut scores = vec![0.0; x.len()];
        for (score, size) in scores[from..].iter_mut().zip(&sizes) {
            *score = ((size - self.quartile) / self.range).max(0.0);
        }
        check_scores(scores)
    }
}

checked!(Shift { params: ShiftValidParams, floor: f64, quartile: f64, range: f64 }, "shift", |_| &[]);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_threshold_on_the_score_is_the_factor_of_the_range() {
        let x: Vec<f64> = (0..300).map(|i| (f64::from(i * i) * 0.37).sin()).collect();
        for params in [Shift::level(7), Shift::volatility(9), Shift::persist(3)] {
            let model = params.fit(&x).unwrap();
            let mut sizes: Vec<f64> = model.differences(&x).unwrap().iter().map(|d| d.abs()).collect();
            let scores = model.score_series(&x).unwrap();
            let w = model.params.window;
            let plain = sizes.clone();
            sizes.sort_unstable_by(f64::total_cmp);
            let (q1, q3) = (quantile_sorted(&sizes, 0.25), quantile_sorted(&sizes, 0.75));
            for (i, size) in plain.iter().enumerate() {
                assert_eq!(*size > q3 + 0.5 * (q3 - q1), scores[w + i] > 0.5);
            }
            let causal = params.causal(true).fit(&x).unwrap().score_series(&x).unwrap();
            let delay = model.params.right() - 1;
            assert_eq!(causal[delay..], scores[..300 - delay]);
        }
    }

    #[test]
    fn sides_and_spreads() {
        let x: Vec<f64> =
            (0..300).map(|i| (f64::from(i) * 2.3).sin() * if (100..200).contains(&i) { 5.0 } else { 1.0 }).collect();
        let at = |direction| {
            let model = Shift::volatility(20).direction(direction).fit(&x[..90]).unwrap();
            let scores = model.score_series(&x).unwrap();
            (0..300).max_by(|&a, &b| scores[a].total_cmp(&scores[b])).unwrap()
        };
        assert!((97..=103).contains(&at(Direction::Up)) && (197..=203).contains(&at(Direction::Down)));
        assert!(Shift::volatility(3).fit(&[1.0; 30]).is_err());
        assert!(Shift::level(0).fit(&x).is_err());
    }
}
