//! Online LODA: is this row improbable on many random projections of the sensors?
//!
//! **Formula.** Each projection weighs `ceil(sqrt d)` random columns with normal weights. Its values fall into equal bins between
//! the extremes of the first window, and one on either side; the counts of the last window are remembered, those of the
//! present one are being made. With `c` remembered rows in the row's bin, `p = (c + 1) / (window + bins + 2)`, and the score
//! is the mean of `-ln p` over the projections. During the first window, whose rows are kept until the bins are set, it is 0. Columns are
//! centred and scaled by the mean and the mean absolute deviation of the first window.
//!
//! **Attribution.** The part of a projection is shared among its columns as `|w_j z_j|`, what they add to its value.
//! Contributions add up to **the score**.
//!
//! **Source.** Pevný 2016, Machine Learning 102, with two alternating windows; the smoothed counts and the shares are this crate's.
//!
//! **Cost.** O(projections sqrt d) a row; memory 8 x projections x (bins + 2) bytes, and in the first window its rows.
//!
//! **When not to use it.** After a lasting move beyond the extremes of the first window all rows share an outer bin:
//! start anew. Anomalies that show in no projection alone (use [`RandomCutForest`](super::RandomCutForest)).

use super::{StreamingDetector, check_row, guard, overflow};
use crate::anomaly::Attribution;
use crate::error::{Error, Result};
use crate::math::rng::Rng;
use linfa::ParamGuard;

/// Checked settings of [`OnlineLoda`].
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
pub struct OnlineLodaValidParams {
    projections: usize,
    bins: usize,
    window: usize,
    seed: u64,
}

/// Settings of [`OnlineLoda`]; see [`OnlineLoda::params`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OnlineLodaParams(OnlineLodaValidParams);

impl OnlineLodaParams {
    /// Number of projections. Default 100.
    #[must_use]
    pub fn projections(mut self, projections: usize) -> Self {
        self.0.projections = projections;
        self
    }

    /// Bins between the extremes. Default 20.
    #[must_use]
    pub fn bins(mut self, bins: usize) -> Self {
        self.0.bins = bins;
        self
    }

    /// Rows of a window. Default 500.
    #[must_use]
    pub fn window(mut self, rows: usize) -> Self {
        self.0.window = rows;
        self
    }

    /// Seed of the projections. Default 0. Projection i depends on the seed and i alone.
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        self.0.seed = seed;
        self
    }

    /// A detector without rows, for rows of `width` columns, which are named by their numbers.
    ///
    /// # Errors
    /// [`Error::Parameter`] for projections outside 1..=10,000, bins outside 1..=1000, a window outside 2..=2^20, or
    /// columns outside 1..=2^16.
    pub fn start(&self, width: usize) -> Result<OnlineLoda> {
        check_width(width)?;
        self.start_named((0..width).map(|j| j.to_string()).collect())
    }

    /// A detector without rows, for rows of these columns.
    ///
    /// # Errors
    /// As [`start`](Self::start).
    pub fn start_named(&self, names: Vec<String>) -> Result<OnlineLoda> {
        let params = self.check_ref()?.clone();
        check_width(names.len())?;
        Ok(OnlineLoda::empty(params, names))
    }
}

fn check_width(width: usize) -> Result<()> {
    if (1..=1 << 16).contains(&width) { Ok(()) } else { Err(Error::parameter("width", width, "must be 1 to 2^16")) }
}

impl OnlineLodaValidParams {
    fn validate(&self) -> Result<()> {
        for (name, value, most) in [
            ("projections", self.projections, 10_000),
            ("bins", self.bins, 1000),
            ("window", self.window.saturating_sub(1), (1 << 20) - 1),
        ] {
            if !(1..=most).contains(&value) {
                return Err(Error::parameter(name, value, "projections 1 to 10000, bins 1 to 1000, window 2 to 2^20"));
            }
        }
        Ok(())
    }
}

guard!(OnlineLodaParams, OnlineLodaValidParams);

/// Cells beyond this could overflow when a window of them is summed.
const LARGEST: f64 = 1e300;

/// What the first window says of columns and projections.
#[derive(Debug, Clone, PartialEq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
struct Scales {
    centre: Vec<f64>,
    scale: Vec<f64>,
    lowest: Vec<f64>,
    width: Vec<f64>,
}

impl Scales {
    /// A scaled cell; the bounds keep sums of products finite.
    #[inline]
    fn z(&self, row: &[f64], column: u32) -> f64 {
        let j = column as usize;
        ((row[j] - self.centre[j]) / self.scale[j]).clamp(-1e150, 1e150)
    }
}

/// Histograms of random projections of a stream.
///
/// ```
/// use prognos::anomaly::stream::{OnlineLoda, StreamingDetector};
/// let mut loda = OnlineLoda::params().seed(1).start(3)?;
/// let wave = |i: usize, j: usize| ((i * (j + 3)) as f64 * 0.61).sin();
/// let mut scores = vec![];
/// for i in 0..1500 {
///     scores.push(loda.update(&[wave(i, 0), wave(i, 1), wave(i, 2)])?);
/// }
/// let ordinary = scores.iter().fold(0.0, |m: f64, s| m.max(*s));
/// let why = loda.explain(&[wave(7, 0), 6.0, wave(7, 2)])?;
/// assert!(why.score() > ordinary && why.ranked()[0].0 == "1");
/// assert!((why.total() - why.score()).abs() < 1e-12);
/// # Ok::<(), prognos::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(try_from = "Raw", into = "Raw"))]
pub struct OnlineLoda {
    params: OnlineLodaValidParams,
    names: Vec<String>,
    /// Columns and weights, `ceil(sqrt d)` for each projection.
    weights: Vec<(u32, f64)>,
    /// `-ln p` of a bin by its count.
    surprise: Vec<f64>,
    scales: Option<Scales>,
    /// Rows of the first window.
    first: Vec<f64>,
    /// Rows of the last and of the present window in `bins + 2` bins of each projection.
    before: Vec<u32>,
    now: Vec<u32>,
    seen: u64,
}

impl OnlineLoda {
    /// Default settings: 100 projections, 20 bins, windows of 500 rows, seed 0.
    #[must_use]
    pub fn params() -> OnlineLodaParams {
        OnlineLodaParams(OnlineLodaValidParams { projections: 100, bins: 20, window: 500, seed: 0 })
    }

    /// Names of the columns.
    #[must_use]
    pub fn feature_names(&self) -> &[String] {
        &self.names
    }

    fn empty(params: OnlineLodaValidParams, names: Vec<String>) -> Self {
        let d = names.len();
        let each = part(d);
        let mut weights = Vec::with_capacity(params.projections * each);
        let mut columns: Vec<u32> = (0..d as u32).collect();
        for projection in 0..params.projections {
            let mut rng = Rng::stream(params.seed, projection as u64);
            columns.sort_unstable();
            for i in 0..each {
                columns.swap(i, i + rng.below(d - i));
                weights.push((columns[i], rng.normal()));
            }
        }
        let rows = (params.window + params.bins + 2) as f64;
        let surprise = (0..=params.window).map(|c| (rows / (c + 1) as f64).ln()).collect();
        let (scales, first, before, now) = (None, vec![], vec![], vec![]);
        Self { params, names, weights, surprise, scales, first, before, now, seen: 0 }
    }

    fn check(&self, row: &[f64]) -> Result<()> {
        check_row(row, self.names.len(), self.seen)?;
        if row.iter().all(|x| x.abs() <= LARGEST) { Ok(()) } else { Err(overflow("online LODA")) }
    }

    /// The bin of the row in each projection, numbered through all of them.
    fn bins(&self, scales: &Scales, row: &[f64], mut bin: impl FnMut(usize)) {
        let bins = self.params.bins;
        let ends = scales.lowest.iter().zip(&scales.width);
        for (i, (weights, (lowest, width))) in self.weights.chunks_exact(part(self.names.len())).zip(ends).enumerate() {
            let value: f64 = weights.iter().map(|&(column, w)| w * scales.z(row, column)).sum();
            // Below the lowest is bin 0, the highest itself in the last but one.
            let place = (value - lowest) / width;
            let at = if place < 0.0 {
                0
            } else if place <= bins as f64 {
                (place as usize).min(bins - 1) + 1
            } else {
                bins + 1
            };
            bin(i * (bins + 2) + at);
        }
    }

    /// Sets columns and bins by the first window, and counts it.
    fn settle(&mut self) {
        let d = self.names.len();
        let first = std::mem::take(&mut self.first);
        let n = self.params.window as f64;
        let mut scales = Scales { centre: vec![0.0; d], scale: vec![0.0; d], ..Scales::default() };
        for row in first.chunks_exact(d) {
            scales.centre.iter_mut().zip(row).for_each(|(sum, x)| *sum += x / n);
        }
        for row in first.chunks_exact(d) {
            let cells = row.iter().zip(&scales.centre);
            scales.scale.iter_mut().zip(cells).for_each(|(sum, (x, c))| *sum += (x - c).abs() / n);
        }
        for scale in &mut scales.scale {
            *scale = if *scale > 0.0 { *scale } else { 1.0 };
        }
        for weights in self.weights.chunks_exact(part(d)) {
            let (mut low, mut high) = (f64::INFINITY, f64::NEG_INFINITY);
            for row in first.chunks_exact(d) {
                let value: f64 = weights.iter().map(|&(column, w)| w * scales.z(row, column)).sum();
                (low, high) = (low.min(value), high.max(value));
            }
            let width = (high - low) / self.params.bins as f64;
            scales.lowest.push(low);
            scales.width.push(if width > 0.0 { width } else { 1.0 });
        }
        self.now = vec![0; self.params.projections * (self.params.bins + 2)];
        self.before = self.now.clone();
        let mut now = std::mem::take(&mut self.now);
        for row in first.chunks_exact(d) {
            self.bins(&scales, row, |bin| now[bin] += 1);
        }
        self.now = now;
        self.scales = Some(scales);
    }

    /// Ends a window.
    fn turn(&mut self) {
        if self.scales.is_none() {
            self.settle();
        }
        std::mem::swap(&mut self.before, &mut self.now);
        self.now.fill(0);
    }
}

/// Columns of one projection of rows of `d`.
fn part(d: usize) -> usize {
    let root = d.isqrt();
    if root * root < d { root + 1 } else { root }
}

impl StreamingDetector for OnlineLoda {
    fn width(&self) -> usize {
        self.names.len()
    }

    fn n_seen(&self) -> u64 {
        self.seen
    }

    fn update(&mut self, row: &[f64]) -> Result<f64> {
        self.check(row)?;
        let mut score = 0.0;
        if let Some(scales) = &self.scales {
            let mut now = std::mem::take(&mut self.now);
            self.bins(scales, row, |bin| {
                score += self.surprise[self.before[bin] as usize];
                now[bin] += 1;
            });
            self.now = now;
        } else {
            self.first.extend_from_slice(row);
        }
        self.seen += 1;
        if self.seen.is_multiple_of(self.params.window as u64) {
            self.turn();
        }
        Ok(score / self.params.projections as f64)
    }

    fn score(&self, row: &[f64]) -> Result<f64> {
        self.check(row)?;
        let mut score = 0.0;
        if let Some(scales) = &self.scales {
            self.bins(scales, row, |bin| score += self.surprise[self.before[bin] as usize]);
        }
        Ok(score / self.params.projections as f64)
    }

    /// Contributions that add up to the score; all 0 in the first window.
    fn explain(&self, row: &[f64]) -> Result<Attribution> {
        let score = self.score(row)?;
        let mut parts = vec![0.0; self.names.len()];
        if let Some(scales) = &self.scales {
            let mut projections = self.weights.chunks_exact(part(self.names.len()));
            self.bins(scales, row, |bin| {
                let Some(weights) = projections.next() else { return };
                let whole = self.surprise[self.before[bin] as usize] / self.params.projections as f64;
                let total: f64 = weights.iter().map(|&(column, w)| (w * scales.z(row, column)).abs()).sum();
                for &(column, w) in weights {
                    let even = 1.0 / weights.len() as f64;
                    let share = if total > 0.0 { (w * scales.z(row, column)).abs() / total } else { even };
                    parts[column as usize] += whole * share;
                }
            });
        }
        Attribution::new(self.names.clone(), parts, score)
    }
}

#[cfg(feature = "persist")]
impl crate::persist::Persist for OnlineLoda {
    const KIND: &'static str = "online_loda";
    fn feature_names(&self) -> &[String] {
        &self.names
    }
}

/// What a file says; the projections follow from the seed.
#[cfg(feature = "serde")]
#[derive(serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    params: OnlineLodaValidParams,
    names: Vec<String>,
    scales: Option<Scales>,
    first: Vec<f64>,
    before: Vec<u32>,
    now: Vec<u32>,
    seen: u64,
}

#[cfg(feature = "serde")]
impl From<OnlineLoda> for Raw {
    fn from(model: OnlineLoda) -> Self {
        let OnlineLoda { params, names, scales, first, before, now, seen, .. } = model;
        Self { params, names, scales, first, before, now, seen }
    }
}

#[cfg(feature = "serde")]
impl TryFrom<Raw> for OnlineLoda {
    type Error = Error;
    fn try_from(raw: Raw) -> Result<Self> {
        let refuse = |reason: &str| Err(Error::Model { reason: format!("online LODA: {reason}") });
        super::check_seen(raw.seen)?;
        raw.params.validate()?;
        check_width(raw.names.len())?;
        let OnlineLodaValidParams { projections, bins, window, .. } = raw.params;
        let (d, window) = (raw.names.len(), window as u64);
        let learning = raw.seen < window;
        let held = if learning { raw.seen as usize * d } else { 0 };
        if raw.first.len() != held || !raw.first.iter().all(|x| x.abs() <= LARGEST) {
            return refuse("the rows of the first window do not fit");
        }
        let cells = if learning { 0 } else { projections * (bins + 2) };
        if raw.scales.is_some() == learning || raw.before.len() != cells || raw.now.len() != cells {
            return refuse("scales or counts do not fit the settings");
        }
        if let Some(Scales { centre, scale, lowest, width }) = &raw.scales {
            let lengths = centre.len() == d && scale.len() == d && lowest.len() == projections;
            let finite = centre.iter().chain(lowest).all(|x| x.is_finite());
            let positive = scale.iter().chain(width).all(|x| *x > 0.0 && x.is_finite());
            if !lengths || width.len() != projections || !finite || !positive {
                return refuse("scales are out of range");
            }
        }
        for (counts, rows) in [(&raw.before, window), (&raw.now, raw.seen % window)] {
            let sum = |bins: &[u32]| bins.iter().map(|n| u64::from(*n)).sum::<u64>();
            if counts.chunks_exact(bins + 2).any(|bins| sum(bins) != rows) {
                return refuse("the counts do not add up");
            }
        }
        let mut model = Self::empty(raw.params, raw.names);
        (model.scales, model.first, model.seen) = (raw.scales, raw.first, raw.seen);
        (model.before, model.now) = (raw.before, raw.now);
        Ok(model)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Scores by definition: all projections of all rows of the last window.
    #[test]
    fn scores_are_those_of_the_definition() {
        let rows: Vec<Vec<f64>> =
            (0..170).map(|i| (0..5).map(|j| ((i * (j + 3)) as f64 * 0.61).sin() * (j + 1) as f64).collect()).collect();
        let (window, bins) = (50, 7);
        let mut model = OnlineLoda::params().projections(9).bins(bins).window(window).start(5).unwrap();
        assert_eq!(model.weights.len(), 9 * 3);
        let n = window as f64;
        let centre: Vec<f64> = (0..5).map(|j| rows[..window].iter().map(|r| r[j]).sum::<f64>() / n).collect();
        let scale: Vec<f64> =
            (0..5).map(|j| rows[..window].iter().map(|r| (r[j] - centre[j]).abs()).sum::<f64>() / n).collect();
        for (i, row) in rows.iter().enumerate() {
            let mut expected = 0.0;
            for weights in model.weights.chunks(3) {
                let value = |r: &[f64]| {
                    weights
                        .iter()
                        .map(|&(j, w)| w * (r[j as usize] - centre[j as usize]) / scale[j as usize])
                        .sum::<f64>()
                };
                let first: Vec<f64> = rows[..window].iter().map(|r| value(r)).collect();
                let (low, high) = first.iter().fold((f64::MAX, f64::MIN), |(l, h), v| (l.min(*v), h.max(*v)));
                let bin = |v: f64| {
                    let place = (v - low) / (high - low) * bins as f64;
                    // A rounding beside an edge would be another bin: no value here lies so near to one.
                    if place < -1e-9 { -1 } else { (place - 1e-9).max(0.0).floor() as i32 }
                };
                if i >= window {
                    let last = &rows[i / window * window - window..i / window * window];
                    let own = bin(value(row)).min(bins as i32);
                    let count = last.iter().filter(|r| bin(value(r)).min(bins as i32) == own).count();
                    expected -= ((count + 1) as f64 / (window + bins + 2) as f64).ln() / 9.0;
                }
            }
            let found = model.update(row).unwrap();
            assert!((found - expected).abs() < 1e-9, "row {i}: {found} {expected}");
        }
    }

    #[test]
    fn settings_are_checked() {
        let params = OnlineLoda::params;
        assert!(params().projections(0).start(1).is_err() && params().projections(10_001).start(1).is_err());
        assert!(params().bins(0).start(1).is_err() && params().bins(1001).start(1).is_err());
        assert!(params().window(1).start(1).is_err() && params().window(usize::MAX).start(1).is_err());
        assert!(params().start(0).is_err() && params().start(usize::MAX).is_err());
        assert_eq!([1, 2, 4, 5, 9, 10].map(part), [1, 2, 2, 3, 3, 4]);
    }
}
