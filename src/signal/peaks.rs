//! Peaks of a signal and what sets each of them apart.
//!
//! What it answers: where a signal or a spectrum has local maxima, and which of them stand out by height, distance to
//! the next one, prominence (how far one must descend to reach higher ground) or width. The definitions are those of
//! `scipy.signal.find_peaks`, `peak_prominences` and `peak_widths`.
//!
//! A peak is a sample, or the middle (rounded down) of a run of equal samples, with lower neighbours on both sides;
//! the first and last sample are never peaks. Cost: O(n), plus a sort of the peaks when a distance is asked for, plus
//! O(window) a peak with [`FindPeaks::window`]; widths walk down the flanks of the peaks.

use crate::error::{Error, Result, check_finite};
use std::ops::{RangeFrom, RangeInclusive, RangeToInclusive};

/// What a property of a peak must lie between, both ends included.
///
/// Made from a number (the least value), `a..`, `..=b` or `a..=b`.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
pub struct Limits {
    min: Option<f64>,
    max: Option<f64>,
}

impl Limits {
    fn hold(self, value: f64) -> bool {
        self.min.is_none_or(|min| value >= min) && self.max.is_none_or(|max| value <= max)
    }

    /// No limit is NaN.
    fn check(self, name: &'static str) -> Result<Self> {
        match [self.min, self.max].into_iter().flatten().find(|v| v.is_nan()) {
            None => Ok(self),
            Some(nan) => Err(Error::parameter(name, nan, "a limit must be a number")),
        }
    }
}

impl From<f64> for Limits {
    fn from(min: f64) -> Self {
        Self { min: Some(min), max: None }
    }
}

impl From<RangeFrom<f64>> for Limits {
    fn from(range: RangeFrom<f64>) -> Self {
        range.start.into()
    }
}

impl From<RangeToInclusive<f64>> for Limits {
    fn from(range: RangeToInclusive<f64>) -> Self {
        Self { min: None, max: Some(range.end) }
    }
}

impl From<RangeInclusive<f64>> for Limits {
    fn from(range: RangeInclusive<f64>) -> Self {
        Self { min: Some(*range.start()), max: Some(*range.end()) }
    }
}

/// One peak.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
pub struct Peak {
    /// Sample of the peak, counted from 0; the middle of a flat top, rounded down.
    pub index: usize,
    /// Value at the peak.
    pub height: f64,
    /// First sample of the flat top; `index` when the top is one sample.
    pub top_start: usize,
    /// Last sample of the flat top.
    pub top_end: usize,
    /// Height above the higher of the two bases. Infinite when that difference overflows.
    pub prominence: f64,
    /// Lowest sample between the peak and higher ground (or the end of the signal or window) to the left, the one
    /// nearest to the peak if there are several.
    pub left_base: usize,
    /// The same to the right.
    pub right_base: usize,
    /// Width in samples at `width_height`: from `left` to `right`.
    pub width: f64,
    /// Level at which the width is measured: height minus `relative_height` times prominence.
    pub width_height: f64,
    /// Where the left flank crosses that level, between samples, linearly interpolated.
    pub left: f64,
    /// Where the right flank crosses that level.
    pub right: f64,
}

/// Search for peaks with conditions, all optional.
///
/// The conditions are applied in the order plateau, height, threshold, distance, prominence, width, as in SciPy.
///
/// ```
/// use prognos::signal::peaks::FindPeaks;
/// let x = [0.0, 2.0, 1.0, 3.0, 0.0, 0.5, 0.5, 0.0];
/// let all = FindPeaks::new().find(&x)?;
/// assert_eq!(all.iter().map(|p| p.index).collect::<Vec<_>>(), [1, 3, 5]);
/// assert_eq!(all.iter().map(|p| p.prominence).collect::<Vec<_>>(), [1.0, 3.0, 0.5]);
/// let tall = FindPeaks::new().height(1.0).distance(3.0).find(&x)?;
/// assert_eq!(tall.iter().map(|p| p.index).collect::<Vec<_>>(), [3]);
/// # Ok::<(), prognos::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
pub struct FindPeaks {
    plateau: Option<Limits>,
    height: Option<Limits>,
    threshold: Option<Limits>,
    distance: Option<f64>,
    prominence: Option<Limits>,
    width: Option<Limits>,
    window: Option<usize>,
    relative_height: f64,
}

impl Default for FindPeaks {
    fn default() -> Self {
        Self::new()
    }
}

impl FindPeaks {
    /// All local maxima; widths at half prominence.
    #[must_use]
    pub fn new() -> Self {
        Self {
            plateau: None,
            height: None,
            threshold: None,
            distance: None,
            prominence: None,
            width: None,
            window: None,
            relative_height: 0.5,
        }
    }

    /// Limits the number of equal samples at the top.
    #[must_use]
    pub fn plateau(mut self, samples: impl Into<Limits>) -> Self {
        self.plateau = Some(samples.into());
        self
    }

    /// Limits the value at the peak.
    #[must_use]
    pub fn height(mut self, height: impl Into<Limits>) -> Self {
        self.height = Some(height.into());
        self
    }

    /// Limits the step down to the two neighbouring samples: the smaller one must reach the least value, the larger
    /// one must not pass the greatest.
    #[must_use]
    pub fn threshold(mut self, step: impl Into<Limits>) -> Self {
        self.threshold = Some(step.into());
        self
    }

    /// Keeps peaks at least this many samples (at least 1) apart: the highest first, of equal ones the last.
    #[must_use]
    pub fn distance(mut self, samples: f64) -> Self {
        self.distance = Some(samples);
        self
    }

    /// Limits the prominence.
    #[must_use]
    pub fn prominence(mut self, prominence: impl Into<Limits>) -> Self {
        self.prominence = Some(prominence.into());
        self
    }

    /// Limits the width in samples.
    #[must_use]
    pub fn width(mut self, samples: impl Into<Limits>) -> Self {
        self.width = Some(samples.into());
        self
    }

    /// Looks for the bases of a peak no further than `samples / 2` (rounded down) to each side. Default: as far as
    /// the signal goes.
    #[must_use]
    pub fn window(mut self, samples: usize) -> Self {
        self.window = Some(samples);
        self
    }

    /// Share of the prominence below the peak at which the width is measured. Default 0.5; 1 is the base.
    #[must_use]
    pub fn relative_height(mut self, share: f64) -> Self {
        self.relative_height = share;
        self
    }

    /// The peaks of `x` that meet all conditions, in the order of their places.
    ///
    /// # Errors
    /// [`Error::NonFinite`] for a NaN or infinite sample; [`Error::Parameter`] for a NaN limit, a distance below 1,
    /// a window below 2 samples, or a relative height that is negative or not finite.
    pub fn find(&self, x: &[f64]) -> Result<Vec<Peak>> {
        self.check()?;
        check_finite("signal", "0", x)?;
        let keep = |limits: Option<Limits>, value: f64| limits.is_none_or(|l| l.hold(value));
        let mut peaks = maxima(x);
        peaks.retain(|p| {
            let steps = (x[p.index] - x[p.index - 1], x[p.index] - x[p.index + 1]);
            keep(self.plateau, (p.top_end - p.top_start + 1) as f64)
                && keep(self.height, p.height)
                && self.threshold.is_none_or(|l| {
                    l.min.is_none_or(|min| steps.0.min(steps.1) >= min)
                        && l.max.is_none_or(|max| steps.0.max(steps.1) <= max)
                })
        });
        if let Some(distance) = self.distance {
            peaks = spread(&peaks, distance.ceil());
        }
        match self.window {
            None => prominences(x, &mut peaks),
            Some(window) => prominences_within(x, &mut peaks, window / 2),
        }
        peaks.retain(|p| keep(self.prominence, p.prominence));
        peaks.iter_mut().for_each(|p| measure_width(x, p, self.relative_height));
        peaks.retain(|p| keep(self.width, p.width));
        Ok(peaks)
    }

    fn check(&self) -> Result<()> {
        let limits = [
            ("plateau", self.plateau),
            ("height", self.height),
            ("threshold", self.threshold),
            ("prominence", self.prominence),
            ("width", self.width),
        ];
        for (name, limits) in limits {
            limits.map(|l| l.check(name)).transpose()?;
        }
        if let Some(distance) = self.distance
            && (distance.is_nan() || distance < 1.0)
        {
            return Err(Error::parameter("distance", distance, "must be at least 1 sample"));
        }
        if let Some(window) = self.window
            && window < 2
        {
            return Err(Error::parameter("window", window, "must be at least 2 samples"));
        }
        if !(self.relative_height >= 0.0 && self.relative_height.is_finite()) {
            return Err(Error::parameter("relative_height", self.relative_height, "must be finite and not negative"));
        }
        Ok(())
    }
}

/// All local maxima, with their flat tops.
fn maxima(x: &[f64]) -> Vec<Peak> {
    let mut peaks = Vec::new();
    let mut i = 1;
    while i + 1 < x.len() {
        let start = i;
        let height = x[start];
        if x[start - 1] < height {
            // To the last sample of equal height; the comparison is with the next one.
            while i + 1 < x.len() && x[i + 1] >= height && x[i + 1] <= height {
                i += 1;
            }
            if i + 1 < x.len() && x[i + 1] < height {
                peaks.push(Peak {
                    index: (start + i) / 2,
                    height,
                    top_start: start,
                    top_end: i,
                    prominence: f64::NAN,
                    left_base: 0,
                    right_base: 0,
                    width: f64::NAN,
                    width_height: f64::NAN,
                    left: f64::NAN,
                    right: f64::NAN,
                });
            }
        }
        i += 1;
    }
    peaks
}

/// The peaks that remain when each, from the highest down, removes its lower neighbours nearer than `distance`.
fn spread(peaks: &[Peak], distance: f64) -> Vec<Peak> {
    let mut order: Vec<usize> = (0..peaks.len()).collect();
    order.sort_by(|&a, &b| peaks[a].height.total_cmp(&peaks[b].height));
    let mut keep = vec![true; peaks.len()];
    let near = |a: usize, b: usize| (peaks[a].index.abs_diff(peaks[b].index) as f64) < distance;
    for &j in order.iter().rev() {
        if keep[j] {
            (0..j).rev().take_while(|&k| near(j, k)).for_each(|k| keep[k] = false);
            (j + 1..peaks.len()).take_while(|&k| near(j, k)).for_each(|k| keep[k] = false);
        }
    }
    peaks.iter().zip(keep).filter_map(|(p, keep)| keep.then_some(*p)).collect()
}

/// Bases and prominences in two sweeps. A stack holds the samples that are higher than everything after them, each
/// with the lowest sample since the one before it on the stack.
fn prominences(x: &[f64], peaks: &mut [Peak]) {
    let mut stack: Vec<(f64, usize)> = Vec::new();
    let base = |stack: &mut Vec<(f64, usize)>, i: usize| {
        let mut lowest = i;
        while let Some(&(height, low)) = stack.last() {
            if height > x[i] {
                break;
            }
            if x[low] < x[lowest] {
                lowest = low;
            }
            stack.pop();
        }
        stack.push((x[i], lowest));
        lowest
    };
    let mut next = 0;
    for i in 0..x.len() {
        let lowest = base(&mut stack, i);
        if let Some(p) = peaks.get_mut(next).filter(|p| p.index == i) {
            p.left_base = lowest;
            next += 1;
        }
    }
    stack.clear();
    for i in (0..x.len()).rev() {
        let lowest = base(&mut stack, i);
        if let Some(p) = next.checked_sub(1).and_then(|n| peaks.get_mut(n)).filter(|p| p.index == i) {
            p.right_base = lowest;
            p.prominence = p.height - x[p.left_base].max(x[lowest]);
            next -= 1;
        }
    }
}

/// The same, looking no further than `reach` samples.
fn prominences_within(x: &[f64], peaks: &mut [Peak], reach: usize) {
    for p in peaks {
        let lowest = |steps: &mut dyn Iterator<Item = usize>| {
            steps.take_while(|&i| x[i] <= p.height).fold(p.index, |low, i| if x[i] < x[low] { i } else { low })
        };
        p.left_base = lowest(&mut (p.index.saturating_sub(reach)..p.index).rev());
        p.right_base = lowest(&mut (p.index + 1..p.index.saturating_add(reach + 1).min(x.len())));
        p.prominence = p.height - x[p.left_base].max(x[p.right_base]);
    }
}

/// Where the flanks cross the level `height - relative_height * prominence`, not beyond the bases.
fn measure_width(x: &[f64], p: &mut Peak, relative_height: f64) {
    let level = p.height - p.prominence * relative_height;
    let left = (p.left_base + 1..=p.index).rev().find(|&i| level >= x[i]).unwrap_or(p.left_base);
    let right = (p.index..p.right_base).find(|&i| level >= x[i]).unwrap_or(p.right_base);
    // The share of a step that lies above the level; halved terms cannot overflow.
    let inside = |low: f64, high: f64| (0.5 * level - 0.5 * low) / (0.5 * high - 0.5 * low);
    p.width_height = level;
    p.left = left as f64 + if x[left] < level { inside(x[left], x[left + 1]) } else { 0.0 };
    p.right = right as f64 - if x[right] < level { inside(x[right], x[right - 1]) } else { 0.0 };
    p.width = p.right - p.left;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn properties_are_those_of_scipy() {
        let x = [0.0, 1.0, 3.0, 2.0, 2.0, 5.0, 5.0, 5.0, 1.0, 0.0, 4.0, 3.5, 3.75, 3.0, -1.0, 2.0, 0.0];
        // i = find_peaks(x)[0]; pr = peak_prominences(x, i); peak_widths(x, i, rel_height=0.6)
        let peaks = FindPeaks::new().relative_height(0.6).find(&x).unwrap();
        let list = |f: fn(&Peak) -> f64| peaks.iter().map(f).collect::<Vec<_>>();
        assert_eq!(list(|p| p.index as f64), [2.0, 6.0, 10.0, 12.0, 15.0]);
        assert_eq!(list(|p| p.prominence), [1.0, 5.0, 4.0, 0.25, 2.0]);
        assert_eq!(list(|p| p.left_base as f64), [0.0, 0.0, 9.0, 11.0, 14.0]);
        assert_eq!(list(|p| p.right_base as f64), [3.0, 14.0, 14.0, 14.0, 16.0]);
        let close = |found: Vec<f64>, expected: [f64; 5]| {
            assert!(found.iter().zip(expected).all(|(f, e)| (f - e).abs() < 1e-12), "{found:?}");
        };
        close(list(|p| p.width), [0.9, 3.75, 3.95, 0.8, 1.0]);
        close(list(|p| p.width_height), [2.4, 2.0, 1.6, 3.6, 0.8]);
        close(list(|p| p.left), [1.7, 4.0, 9.4, 11.4, 14.6]);
        close(list(|p| p.right), [2.6, 7.75, 13.35, 12.2, 15.6]);
        // peak_prominences(x, i, wlen=5)
        let peaks = FindPeaks::new().window(5).find(&x).unwrap();
        assert_eq!(peaks.iter().map(|p| p.prominence).collect::<Vec<_>>(), [1.0, 3.0, 0.5, 0.25, 2.0]);
        assert_eq!(peaks.iter().map(|p| p.right_base).collect::<Vec<_>>(), [3, 8, 11, 14, 16]);
        let flat = FindPeaks::new().plateau(2.0..=3.0).find(&x).unwrap();
        assert_eq!((flat.len(), flat[0].top_start, flat[0].top_end), (1, 5, 7));
    }

    #[test]
    fn of_equal_peaks_the_last_is_kept() {
        let x = [0.0, 1.0, 0.0, 1.0, 0.0, 1.0, 0.0];
        let kept = FindPeaks::new().distance(3.0).find(&x).unwrap();
        assert_eq!(kept.iter().map(|p| p.index).collect::<Vec<_>>(), [1, 5]);
    }

    #[test]
    fn conditions_are_checked() {
        let x = [0.0, 1.0, 0.0];
        for bad in [
            FindPeaks::new().distance(0.5),
            FindPeaks::new().distance(f64::NAN),
            FindPeaks::new().window(1),
            FindPeaks::new().height(f64::NAN),
            FindPeaks::new().relative_height(-0.1),
        ] {
            assert!(matches!(bad.find(&x), Err(Error::Parameter { .. })), "{bad:?}");
        }
        assert!(matches!(FindPeaks::new().find(&[0.0, f64::NAN]), Err(Error::NonFinite { row: 1, .. })));
    }
}
