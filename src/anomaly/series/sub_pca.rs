//! Principal components of the windows of a series: shapes that healthy windows are not made of.
//!
//! **What it answers.** Is this cycle one of those the machine makes when it is healthy, up to the few ways in which
//! healthy cycles differ from each other? On labelled archives of machine series it is among the best untuned methods
//! (there called Sub-PCA).
//!
//! **Formula.** With `z` a normalised window, `c` the mean of the healthy ones and `v_1..v_k` the first principal
//! directions of their covariance, the score of a window is what they leave over:
//! `|z - c|^2 - sum_a (v_a . (z - c))^2`, computed as the sum of squares of the residual.
//!
//! **Explanation.** [`expected`](super::SeriesDetector::expected): the window as the model puts it together, in the unit
//! of the series.
//!
//! **Source.** Aggarwal 2017, *Outlier Analysis*, chapter 3, on windows; Jackson & Mudholkar 1979 for the residual.
//!
//! **Cost.** Fit O(w m^2 + m^3) for w training windows of m samples, score O(n m k); memory O(m^2), the windows are
//! never stored.
//!
//! **When not to use it.** Healthy cycles of several quite different shapes or at many different phases with a long
//! window: that takes many components, which then also explain anomalies (use
//! [`WindowKMeans`](super::WindowKMeans) or a matrix profile).

use super::windows::{Shape, WindowSettings, Windows, check_scores, check_series, window_at, window_setters};
use super::{Normalise, SeriesDetector, Spread};
use crate::anomaly::stream::{checked, guard};
use crate::error::{Error, Result, check_fraction};
use crate::learners::kmeans::RowSource;
use crate::math::{lanes, linalg, par};
use ndarray::Array2;

/// How many components are kept.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
enum Keep {
    Number(usize),
    Explained(f64),
}

/// Checked settings of [`SubPca`].
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
pub struct SubPcaValidParams {
    windows: WindowSettings,
    keep: Keep,
}

impl SubPcaValidParams {
    fn validate(&self) -> Result<()> {
        self.windows.validate()?;
        match self.keep {
            Keep::Number(0) => Err(Error::parameter("components", 0, "must be at least 1")),
            Keep::Number(_) => Ok(()),
            Keep::Explained(share) => check_fraction("explained", share).map(drop),
        }
    }
}

/// Settings of [`SubPca`]; see [`SubPca::params`].
#[derive(Debug, Clone, PartialEq)]
pub struct SubPcaParams(SubPcaValidParams);

guard!(SubPcaParams, SubPcaValidParams);

impl SubPcaParams {
    window_setters!();

    /// What is taken off a window first. Default [`Normalise::Z`].
    #[must_use]
    pub fn normalise(mut self, normalise: Normalise) -> Self {
        self.0.windows.normalise = normalise;
        self
    }

    /// Keeps this many components, at least 1; all that vary when there are fewer.
    #[must_use]
    pub fn components(mut self, components: usize) -> Self {
        self.0.keep = Keep::Number(components);
        self
    }

    /// Keeps the fewest components that explain this share of the variance, between 0 and 1. Default 0.95.
    #[must_use]
    pub fn explained(mut self, share: f64) -> Self {
        self.0.keep = Keep::Explained(share);
        self
    }

    /// Fits the components to a healthy stretch.
    ///
    /// # Errors
    /// [`Error::Parameter`] for a setting outside of its range, [`Error::TooFew`] with fewer than two windows,
    /// [`Error::NonFinite`] naming a sample, [`Error::Numeric`] when squares overflow.
    pub fn fit(&self, healthy: &[f64]) -> Result<SubPca> {
        self.0.validate()?;
        let m = self.0.windows.window;
        check_series("healthy samples", healthy, m + 1)?;
        let shape = Shape::fit(&self.0.windows, healthy);
        let windows = Windows::new(healthy, shape, self.0.windows.train_windows);
        let (mean, covariance) = moments(&windows);
        let (values, vectors) = linalg::symmetric_eigen(&covariance)?;
        let total: f64 = values.iter().map(|l| l.max(0.0)).sum();
        // Directions within the rounding of the largest do not vary.
        let vary = values.iter().take_while(|&&l| l > values[0] * 1e-13 && l > 0.0).count();
        let k = match self.0.keep {
            Keep::Number(k) => k.min(vary),
            Keep::Explained(share) => {
                let mut sum = 0.0;
                let enough = values[..vary].iter().position(|l| {
                    sum += l;
                    sum >= share * total
                });
                enough.map_or(vary, |at| at + 1)
            }
        };
        let loadings = vectors.iter().take(k * m).copied().collect();
        let explained = if total > 0.0 { values[..k].iter().sum::<f64>() / total } else { 1.0 };
        let model =
            SubPca { params: self.0.clone(), level: shape.level, mean, loadings, explained: explained.min(1.0) };
        if model.mean.iter().all(|v| v.is_finite()) { Ok(model) } else { Err(overflow()) }
    }
}

fn overflow() -> Error {
    Error::numeric("components of windows", "the squares of the samples overflow; scale them")
}

/// Windows that are multiplied at once.
const BLOCK: usize = 256;

/// Mean and covariance (divided by the number) of all windows, in two passes.
pub(super) fn moments(windows: &Windows<'_>) -> (Vec<f64>, Array2<f64>) {
    let (n, m) = (windows.len(), windows.width());
    let blocks = n.div_ceil(BLOCK);
    let sums = par::map_init(blocks, Vec::new, |buffer, block| {
        let mut sum = vec![0.0; m];
        for i in block * BLOCK..((block + 1) * BLOCK).min(n) {
            for (s, z) in sum.iter_mut().zip(windows.row(i, buffer)) {
                *s += z;
            }
        }
        sum
    });
    let mut mean = vec![0.0; m];
    for sum in &sums {
        for (a, s) in mean.iter_mut().zip(sum) {
            *a += s / n as f64;
        }
    }
    // At most 16 partial tables, so that memory does not grow with the series.
    let share = blocks.div_ceil(16);
    let tables = par::map_init(blocks.div_ceil(share), Vec::new, |buffer, part| {
        let mut table = Array2::zeros((m, m));
        for block in part * share..((part + 1) * share).min(blocks) {
            let rows = block * BLOCK..((block + 1) * BLOCK).min(n);
            let mut z = Array2::zeros((rows.len(), m));
            for (i, mut to) in rows.zip(z.rows_mut()) {
                for ((cell, v), c) in to.iter_mut().zip(windows.row(i, buffer)).zip(&mean) {
                    *cell = v - c;
                }
            }
            ndarray::linalg::general_mat_mul(1.0, &z.t(), &z, 1.0, &mut table);
        }
        table
    });
    let mut covariance = Array2::zeros((m, m));
    for table in &tables {
        covariance += table;
    }
    covariance /= n as f64;
    // The product is symmetric up to rounding only.
    for i in 0..m {
        for j in 0..i {
            covariance[[i, j]] = covariance[[j, i]];
        }
    }
    (mean, covariance)
}

/// Principal components of healthy windows.
///
/// ```
/// use prognos::anomaly::series::{SeriesDetector, SubPca};
/// let mut x: Vec<f64> = (0..1000).map(|i| (f64::from(i) * 0.3).sin()).collect();
/// for i in 700..715 {
///     x[i] = 0.0; // a cycle that is cut off
/// }
/// let model = SubPca::params(21).fit(&x[..500])?;
/// let scores = model.score_series(&x)?;
/// let worst = (0..1000).max_by(|&a, &b| scores[a].total_cmp(&scores[b])).unwrap();
/// assert!((695..720).contains(&worst));
/// // The shape it would have had:
/// let expected = model.expected(&x, 697)?.unwrap();
/// assert_eq!(expected.len(), 21);
/// # Ok::<(), prognos::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct SubPca {
    params: SubPcaValidParams,
    level: f64,
    mean: Vec<f64>,
    /// Unit vectors, one after the other.
    loadings: Vec<f64>,
    explained: f64,
}

impl SubPca {
    /// Default settings for windows of this many samples: z-normalised, 0.95 of the variance, mean over covering
    /// windows, at most 8,192 training windows.
    #[must_use]
    pub fn params(window: usize) -> SubPcaParams {
        let windows = WindowSettings { window, normalise: Normalise::Z, spread: Spread::Mean, train_windows: 8192 };
        SubPcaParams(SubPcaValidParams { windows, keep: Keep::Explained(0.95) })
    }

    /// Number of components.
    #[must_use]
    pub fn components(&self) -> usize {
        self.loadings.len() / self.mean.len()
    }

    /// Share of the variance of the healthy windows that the components explain.
    #[must_use]
    pub fn explained(&self) -> f64 {
        self.explained
    }

    /// Mean of the healthy windows, normalised.
    #[must_use]
    pub fn mean(&self) -> &[f64] {
        &self.mean
    }

    /// The principal directions, unit vectors as long as a window, the largest variance first.
    pub fn loadings(&self) -> std::slice::ChunksExact<'_, f64> {
        self.loadings.chunks_exact(self.mean.len())
    }

    /// Score of every window, `n - m + 1` of them.
    ///
    /// # Errors
    /// As [`SeriesDetector::score_series`].
    pub fn score_windows(&self, x: &[f64]) -> Result<Vec<f64>> {
        check_series("series to score", x, self.mean.len())?;
        Windows::new(x, self.shape(), usize::MAX).map(Vec::new, |rest: &mut Vec<f64>, z| {
            self.split(z, rest);
            lanes::sum_squares(rest)
        })
    }

    fn shape(&self) -> Shape {
        Shape { m: self.mean.len(), normalise: self.params.windows.normalise, level: self.level }
    }

    /// What the components leave of a normalised window.
    fn split(&self, z: &[f64], rest: &mut Vec<f64>) {
        rest.clear();
        rest.extend(z.iter().zip(&self.mean).map(|(z, c)| z - c));
        // One after the other: the directions are orthogonal, and what rounding mixes is taken off as well.
        for v in self.loadings() {
            let t = lanes::dot(rest, v);
            for (r, v) in rest.iter_mut().zip(v) {
                *r -= t * v;
            }
        }
    }

    #[cfg(feature = "serde")]
    fn check_state(&self) -> Result<()> {
        self.params.validate()?;
        let refuse = |reason: &str| Err(Error::Model { reason: reason.to_owned() });
        let m = self.params.windows.window;
        if self.mean.len() != m || !self.loadings.len().is_multiple_of(m) || self.loadings.len() > m * m {
            return refuse("mean or loadings do not fit the window");
        }
        if !self.mean.iter().all(|v| v.is_finite()) || !self.level.is_finite() {
            return refuse("the mean is not finite");
        }
        if !self.loadings.iter().all(|v| v.abs() <= 1.0 + 1e-9) || !(0.0..=1.0).contains(&self.explained) {
            return refuse("a loading is larger than 1, or the share explained is none");
        }
        Ok(())
    }
}

impl SeriesDetector for SubPca {
    fn window(&self) -> usize {
        self.mean.len()
    }

    fn score_series(&self, x: &[f64]) -> Result<Vec<f64>> {
        self.params.windows.spread.samples(&self.score_windows(x)?, self.mean.len())
    }

    fn expected(&self, x: &[f64], start: usize) -> Result<Option<Vec<f64>>> {
        let window = window_at(x, start, self.mean.len())?;
        let (mut z, mut rest) = (Vec::new(), Vec::new());
        let (level, scale) = self.shape().load(window, &mut z);
        self.split(&z, &mut rest);
        check_scores(z.iter().zip(&rest).map(|(z, r)| level + scale * (z - r)).collect()).map(Some)
    }
}

checked!(
    SubPca { params: SubPcaValidParams, level: f64, mean: Vec<f64>, loadings: Vec<f64>, explained: f64 },
    "sub_pca",
    |_| &[]
);

#[cfg(test)]
mod tests {
    use super::*;

    fn wave(n: usize) -> Vec<f64> {
        (0..n).map(|i| (i as f64 * 0.31).sin() + 0.2 * (i as f64 * 0.77).cos()).collect()
    }

    #[test]
    fn two_sines_are_four_components() {
        let x = wave(800);
        let model = SubPca::params(40).explained(0.999_999).normalise(Normalise::None).fit(&x).unwrap();
        assert_eq!(model.components(), 4);
        assert!(model.score_windows(&x).unwrap().iter().all(|s| *s < 1e-8));
        for (i, a) in model.loadings().enumerate() {
            for (j, b) in model.loadings().enumerate() {
                assert!((lanes::dot(a, b) - f64::from(u8::from(i == j))).abs() < 1e-10);
            }
        }
    }

    #[test]
    fn the_expected_window_is_the_window_where_nothing_is_left() {
        let x: Vec<f64> = wave(600).iter().map(|v| 1e6 + 3.0 * v).collect();
        for normalise in [Normalise::None, Normalise::Centre, Normalise::Z] {
            let model = SubPca::params(30).components(30).normalise(normalise).fit(&x).unwrap();
            let expected = model.expected(&x, 77).unwrap().unwrap();
            assert!(expected.iter().zip(&x[77..]).all(|(a, b)| (a - b).abs() < 1e-4), "{normalise:?}");
        }
    }

    #[test]
    fn a_constant_stretch_has_no_components() {
        let model = SubPca::params(5).fit(&[2.0; 40]).unwrap();
        assert_eq!((model.components(), model.explained()), (0, 1.0));
        let scores = model.score_series(&wave(30)).unwrap();
        assert!(scores.iter().all(|s| (s - 5.0).abs() < 1e-12));
    }
}
