//! What the detectors of one series share: their windows, how a window is normalised, and how the scores of windows
//! become scores of samples.

use crate::error::{Error, Result, check_finite};
use crate::learners::kmeans::RowSource;
use crate::math::{lanes, par};

/// Longest window: what is fitted on windows needs memory for the square of it.
pub(super) const LONGEST: usize = 4096;

/// What is taken off a window before it is compared with others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum Normalise {
    /// Nothing: a wrong level or a wrong height is an anomaly too.
    None,
    /// The mean: the level does not matter, the height does.
    Centre,
    /// Mean and standard deviation (n degrees of freedom): the shape alone matters. A window that does not move, or
    /// by no more than the rounding of its samples, is a line of zeros.
    #[default]
    Z,
}

/// How the scores of windows become scores of samples.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum Spread {
    /// Mean over all windows that cover the sample.
    #[default]
    Mean,
    /// The window of which the sample is the middle one (of an even number the right one of the two), at both ends of
    /// the series the nearest window.
    Middle,
    /// The window that ends with the sample, so that no score looks ahead; the samples before the first window is full
    /// score what the first window does.
    End,
}

impl Spread {
    /// Scores of the `n` samples of a series from those of its windows of `m` samples.
    ///
    /// ```
    /// use prognos::anomaly::series::Spread;
    /// let windows = [0.0, 3.0, 0.0]; // 5 samples, windows of 3
    /// assert_eq!(Spread::Mean.samples(&windows, 3)?, [0.0, 1.5, 1.0, 1.5, 0.0]);
    /// assert_eq!(Spread::Middle.samples(&windows, 3)?, [0.0, 0.0, 3.0, 0.0, 0.0]);
    /// assert_eq!(Spread::End.samples(&windows, 3)?, [0.0, 0.0, 0.0, 3.0, 0.0]);
    /// # Ok::<(), prognos::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::TooFew`] without a window, [`Error::Parameter`] for a length of 0, [`Error::Numeric`] when a sum
    /// overflows.
    pub fn samples(self, windows: &[f64], m: usize) -> Result<Vec<f64>> {
        if windows.is_empty() {
            return Err(Error::too_few("scores of windows", 1, 0));
        }
        if m == 0 {
            return Err(Error::parameter("m", m, "must be at least 1"));
        }
        let last = windows.len() - 1;
        let n = windows.len() + m - 1;
        let scores: Vec<f64> = match self {
            Self::Mean => {
                let sums = BlockFold::new(windows.iter().copied(), m, |a, b| a + b);
                let mean = |t: usize| {
                    let (from, to) = ((t + 1).saturating_sub(m), t.min(last));
                    sums.over(from, to) / (to - from + 1) as f64
                };
                (0..n).map(mean).collect()
            }
            Self::Middle => (0..n).map(|t| windows[t.saturating_sub(m / 2).min(last)]).collect(),
            Self::End => (0..n).map(|t| windows[(t + 1).saturating_sub(m)]).collect(),
        };
        check_scores(scores)
    }
}

/// The scores, unless one of them is not finite.
pub(super) fn check_scores(scores: Vec<f64>) -> Result<Vec<f64>> {
    match scores.iter().position(|s| !s.is_finite()) {
        None => Ok(scores),
        Some(i) => Err(Error::numeric("scores of a series", format!("score {i} overflows; scale the samples"))),
    }
}

/// `Ok` when the samples are finite and there are at least `needed`.
pub(super) fn check_series(what: &'static str, x: &[f64], needed: usize) -> Result<()> {
    check_finite(what, "samples", x)?;
    if x.len() < needed { Err(Error::too_few(what, needed, x.len())) } else { Ok(()) }
}

/// Folds over any stretch of at most `m` items at the cost of one step, without a subtraction: items are folded from
/// both ends of blocks of `m` (van Herk 1992; Gil & Werman 1993).
pub(super) struct BlockFold<T, F> {
    m: usize,
    from_start: Vec<T>,
    to_end: Vec<T>,
    merge: F,
}

impl<T: Copy, F: Fn(T, T) -> T> BlockFold<T, F> {
    pub(super) fn new(items: impl Iterator<Item = T>, m: usize, merge: F) -> Self {
        let m = m.max(1);
        let mut to_end: Vec<T> = items.collect();
        let mut from_start = to_end.clone();
        for (ahead, back) in from_start.chunks_mut(m).zip(to_end.chunks_mut(m)) {
            for i in 1..ahead.len() {
                ahead[i] = merge(ahead[i - 1], ahead[i]);
            }
            for i in (1..back.len()).rev() {
                back[i - 1] = merge(back[i - 1], back[i]);
            }
        }
        Self { m, from_start, to_end, merge }
    }

    /// Of the items `from..=to`: `m` of them, or fewer at one end of the series.
    pub(super) fn over(&self, from: usize, to: usize) -> T {
        if from / self.m != to / self.m {
            (self.merge)(self.to_end[from], self.from_start[to])
        } else if from.is_multiple_of(self.m) {
            self.from_start[to]
        } else {
            self.to_end[from]
        }
    }
}

/// Settings of every detector that is fitted on windows.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
pub(super) struct WindowSettings {
    pub(super) window: usize,
    pub(super) normalise: Normalise,
    pub(super) spread: Spread,
    pub(super) train_windows: usize,
}

impl WindowSettings {
    pub(super) fn validate(&self) -> Result<()> {
        if !(2..=LONGEST).contains(&self.window) {
            return Err(Error::parameter("window", self.window, "must be 2 to 4096 samples"));
        }
        if !(2..=1 << 24).contains(&self.train_windows) {
            return Err(Error::parameter("train_windows", self.train_windows, "must be 2 to 2^24"));
        }
        Ok(())
    }
}

/// The setters of [`WindowSettings`], in a builder whose first field has them as `windows`.
macro_rules! window_setters {
    () => {
        /// Samples of a window, 2 to 4096. Take about one period or a little more; see
        /// [`WindowLength`](super::WindowLength).
        #[must_use]
        pub fn window(mut self, samples: usize) -> Self {
            self.0.windows.window = samples;
            self
        }

        /// How a window's scores become scores of its samples. Default [`Spread::Mean`](super::Spread::Mean).
        #[must_use]
        pub fn spread(mut self, spread: super::Spread) -> Self {
            self.0.windows.spread = spread;
            self
        }

        /// Most windows to be fitted on, evenly spaced over the stretch; 2 to 2^24. Neighbouring windows are nearly
        /// the same, so that more of them cost time and add little.
        #[must_use]
        pub fn train_windows(mut self, windows: usize) -> Self {
            self.0.windows.train_windows = windows;
            self
        }
    };
}
pub(super) use window_setters;

/// How windows are made comparable, as fitted.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Shape {
    pub(super) m: usize,
    pub(super) normalise: Normalise,
    /// Level taken off every window under [`Normalise::None`], so that an offset costs no digits.
    pub(super) level: f64,
}

impl Shape {
    pub(super) fn fit(settings: &WindowSettings, x: &[f64]) -> Self {
        let level = match settings.normalise {
            Normalise::None => lanes::mean(x),
            _ => 0.0,
        };
        Self { m: settings.window, normalise: settings.normalise, level }
    }

    /// The normalised window in `out`, and what was taken off: `window = level + scale out`.
    pub(super) fn load(&self, window: &[f64], out: &mut Vec<f64>) -> (f64, f64) {
        out.clear();
        if self.normalise == Normalise::None {
            out.extend(window.iter().map(|v| v - self.level));
            return (self.level, 1.0);
        }
        // Differences from a sample first: a large offset costs no digits.
        let first = window.first().copied().unwrap_or(0.0);
        out.extend(window.iter().map(|v| v - first));
        let mean = lanes::mean(out);
        for v in out.iter_mut() {
            *v -= mean;
        }
        let level = first + mean;
        if self.normalise == Normalise::Centre {
            return (level, 1.0);
        }
        let sd = (lanes::sum_squares(out) / window.len() as f64).sqrt();
        // Not more than the samples' own rounding, or too small to divide by.
        if sd <= 4.0 * f64::EPSILON * level.abs() || !(1.0 / sd).is_finite() {
            out.fill(0.0);
            return (level, 0.0);
        }
        for v in out.iter_mut() {
            *v /= sd;
        }
        (level, sd)
    }
}

/// All windows of a series, or some of them evenly spaced, normalised when they are read.
pub(super) struct Windows<'a> {
    x: &'a [f64],
    shape: Shape,
    total: usize,
    count: usize,
}

/// Windows of one parallel block.
const BLOCK: usize = 64;

impl<'a> Windows<'a> {
    /// At most `most` windows. The series must not be shorter than a window.
    pub(super) fn new(x: &'a [f64], shape: Shape, most: usize) -> Self {
        let total = (x.len() + 1).saturating_sub(shape.m);
        Self { x, shape, total, count: total.min(most) }
    }

    /// Sample at which window `i` begins.
    pub(super) fn start(&self, i: usize) -> usize {
        // At most 2^24 windows of less than 2^40 samples.
        i * self.total / self.count.max(1)
    }

    pub(super) fn window(&self, i: usize) -> &'a [f64] {
        let start = self.start(i);
        &self.x[start..start + self.shape.m]
    }

    /// `f` of every normalised window, in order; every worker makes its own scratch.
    pub(super) fn map<S>(
        &self,
        init: impl Fn() -> S + Sync + Send,
        f: impl Fn(&mut S, &[f64]) -> f64 + Sync + Send,
    ) -> Result<Vec<f64>> {
        let mut out = vec![0.0; self.count];
        par::rows_init(
            &mut out,
            BLOCK,
            || (Vec::new(), init()),
            |(buffer, scratch), block, out| {
                for (offset, score) in out.iter_mut().enumerate() {
                    self.shape.load(self.window(block * BLOCK + offset), buffer);
                    *score = f(scratch, buffer);
                }
            },
        );
        check_scores(out)
    }
}

impl RowSource for Windows<'_> {
    fn len(&self) -> usize {
        self.count
    }
    fn width(&self) -> usize {
        self.shape.m
    }
    fn row<'a>(&'a self, i: usize, scratch: &'a mut Vec<f64>) -> &'a [f64] {
        self.shape.load(self.window(i), scratch);
        scratch
    }
}

/// The window that begins at `start`, or the error that there is none.
pub(super) fn window_at(x: &[f64], start: usize, m: usize) -> Result<&[f64]> {
    match start.checked_add(m).and_then(|end| x.get(start..end)) {
        Some(window) => check_series("window to explain", window, m).map(|()| window),
        None => Err(Error::shape("start of a window", x.len().saturating_sub(m), start)),
    }
}

#[cfg(test)]
#[allow(clippy::float_cmp)] // exact by construction
mod tests {
    use super::*;

    #[test]
    fn folds_equal_plain_sums() {
        let x: Vec<f64> = (0..37).map(|i| f64::from(i * i % 11)).collect();
        for m in [1, 2, 5, 36, 37, 50] {
            let windows: Vec<f64> = x.clone();
            let found = Spread::Mean.samples(&windows, m).unwrap();
            for (t, f) in found.iter().enumerate() {
                let covering: Vec<f64> = (0..37).filter(|&w| w <= t && t < w + m).map(|w| x[w]).collect();
                let mean = covering.iter().sum::<f64>() / covering.len() as f64;
                assert!((f - mean).abs() < 1e-12, "{m} {t}");
            }
        }
    }

    #[test]
    fn windows_are_normalised_whatever_the_offset() {
        let wave: Vec<f64> = (0..20).map(|i| (f64::from(i) * 0.7).sin()).collect();
        let shape = Shape { m: 20, normalise: Normalise::Z, level: 0.0 };
        let (mut near, mut far) = (Vec::new(), Vec::new());
        shape.load(&wave, &mut near);
        let offset: Vec<f64> = wave.iter().map(|v| (v * 1e6).round() + 2f64.powi(45)).collect();
        let (level, sd) = shape.load(&offset, &mut far);
        assert!(near.iter().zip(&far).all(|(a, b)| (a - b).abs() < 3e-6));
        assert!(offset.iter().zip(&far).all(|(x, z)| (level + sd * z - x).abs() < 0.1));
        assert!((lanes::sum_squares(&near) - 20.0).abs() < 1e-12);
        for flat in [vec![7.0; 20], vec![1e-320; 20]] {
            assert!(shape.load(&flat, &mut far).1 <= 0.0);
            assert!(far.iter().all(|v| *v == 0.0));
        }
    }

    #[test]
    fn windows_are_spaced_evenly() {
        let x: Vec<f64> = (0..100).map(f64::from).collect();
        let shape = Shape { m: 10, normalise: Normalise::None, level: 0.0 };
        let starts = |most| {
            let w = Windows::new(&x, shape, most);
            (0..w.len()).map(|i| w.start(i)).collect::<Vec<_>>()
        };
        assert_eq!(starts(1000), (0..91).collect::<Vec<_>>());
        assert_eq!(starts(3), [0, 30, 60]);
    }
}
