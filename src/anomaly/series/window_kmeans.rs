//! Windows of a series against the few shapes that healthy ones come in.
//!
//! **What it answers.** Does this stretch look like any of the typical stretches of the healthy machine, which may be of
//! quite different shapes? Known as KMeansAD.
//!
//! **Formula.** k-means over the normalised healthy windows; the score of a window is its Euclidean distance from the
//! nearest centroid.
//!
//! **Explanation.** [`expected`](super::SeriesDetector::expected): the nearest centroid in the unit of the series.
//!
//! **Source.** Yairi, Kato & Hori 2001, "Fault detection by mining association rules from house-keeping data" (i-SAIRAS).
//!
//! **Cost.** Fit O(w m k) an iteration for w training windows of m samples, score O(n m k); memory O(w + m k), the
//! windows are never stored.
//!
//! **When not to use it.** Windows slide, so that a period of p samples has p phases: with few clusters a centroid
//! blurs neighbouring phases, and what differs less than neighbouring phases do is not seen (use
//! [`SubPca`](super::SubPca), [`KShape`](super::KShape) or a matrix profile).

use super::windows::{Shape, WindowSettings, Windows, check_scores, check_series, window_at, window_setters};
use super::{Normalise, SeriesDetector, Spread};
use crate::anomaly::stream::{checked, guard};
use crate::error::{Error, Result};
use crate::learners::KMeans;
use crate::learners::kmeans::{KMeansParams, nearest};
use linfa::ParamGuard;

/// Checked settings of [`WindowKMeans`].
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
pub struct WindowKMeansValidParams {
    windows: WindowSettings,
    clusters: usize,
    seed: u64,
    restarts: usize,
}

impl WindowKMeansValidParams {
    fn validate(&self) -> Result<()> {
        self.windows.validate()?;
        self.kmeans().check_ref().map(drop)
    }

    fn kmeans(&self) -> KMeansParams {
        KMeans::params().clusters(self.clusters).seed(self.seed).restarts(self.restarts)
    }
}

/// Settings of [`WindowKMeans`]; see [`WindowKMeans::params`].
#[derive(Debug, Clone, PartialEq)]
pub struct WindowKMeansParams(WindowKMeansValidParams);

guard!(WindowKMeansParams, WindowKMeansValidParams);

impl WindowKMeansParams {
    window_setters!();

    /// What is taken off a window first. Default [`Normalise::Z`].
    #[must_use]
    pub fn normalise(mut self, normalise: Normalise) -> Self {
        self.0.windows.normalise = normalise;
        self
    }

    /// Number of clusters, 1 to 65,536. Default 20.
    #[must_use]
    pub fn clusters(mut self, clusters: usize) -> Self {
        self.0.clusters = clusters;
        self
    }

    /// Seed of the random starts. Default 0.
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        self.0.seed = seed;
        self
    }

    /// Number of starts of k-means, 1 to 1,000. Default 1: neighbouring windows make all good starts alike.
    #[must_use]
    pub fn restarts(mut self, restarts: usize) -> Self {
        self.0.restarts = restarts;
        self
    }

    /// Finds the centroids of a healthy stretch.
    ///
    /// # Errors
    /// [`Error::Parameter`] for a setting outside of its range, [`Error::TooFew`] for a stretch shorter than a window,
    /// [`Error::NonFinite`] naming a sample, [`Error::Numeric`] when squared distances overflow.
    pub fn fit(&self, healthy: &[f64]) -> Result<WindowKMeans> {
        self.0.validate()?;
        check_series("healthy samples", healthy, self.0.windows.window)?;
        let shape = Shape::fit(&self.0.windows, healthy);
        let windows = Windows::new(healthy, shape, self.0.windows.train_windows);
        let found = self.0.kmeans().check()?.cluster(&windows)?;
        Ok(WindowKMeans { params: self.0.clone(), level: shape.level, centroids: found.centroids, sizes: found.sizes })
    }
}

/// Centroids of healthy windows.
///
/// ```
/// use prognos::anomaly::series::{SeriesDetector, WindowKMeans};
/// let mut x: Vec<f64> = (0..1000).map(|i| (f64::from(i) * 0.3).sin()).collect();
/// for i in 700..715 {
///     x[i] = 0.0;
/// }
/// let model = WindowKMeans::params(21).fit(&x[..500])?;
/// let scores = model.score_series(&x)?;
/// let worst = (0..1000).max_by(|&a, &b| scores[a].total_cmp(&scores[b])).unwrap();
/// assert!((695..720).contains(&worst));
/// # Ok::<(), prognos::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct WindowKMeans {
    params: WindowKMeansValidParams,
    level: f64,
    centroids: Vec<f64>,
    sizes: Vec<usize>,
}

impl WindowKMeans {
    /// Default settings for windows of this many samples: 20 clusters, z-normalised, mean over covering windows, seed 0,
    /// one start, at most 8,192 training windows.
    #[must_use]
    pub fn params(window: usize) -> WindowKMeansParams {
        let windows = WindowSettings { window, normalise: Normalise::Z, spread: Spread::Mean, train_windows: 8192 };
        WindowKMeansParams(WindowKMeansValidParams { windows, clusters: 20, seed: 0, restarts: 1 })
    }

    /// The centroids, normalised, each as long as a window. Fewer than asked for when there are fewer distinct windows.
    pub fn centroids(&self) -> std::slice::ChunksExact<'_, f64> {
        self.centroids.chunks_exact(self.params.windows.window)
    }

    /// Training windows of each cluster.
    #[must_use]
    pub fn sizes(&self) -> &[usize] {
        &self.sizes
    }

    /// Score of every window, `n - m + 1` of them.
    ///
    /// # Errors
    /// As [`SeriesDetector::score_series`].
    pub fn score_windows(&self, x: &[f64]) -> Result<Vec<f64>> {
        check_series("series to score", x, self.params.windows.window)?;
        let windows = Windows::new(x, self.shape(), usize::MAX);
        windows.map(|| (), |(), z| nearest(z, &self.centroids).1.sqrt())
    }

    fn shape(&self) -> Shape {
        let WindowSettings { window: m, normalise, .. } = self.params.windows;
        Shape { m, normalise, level: self.level }
    }

    #[cfg(feature = "serde")]
    fn check_state(&self) -> Result<()> {
        self.params.validate()?;
        let refuse = |reason: &str| Err(Error::Model { reason: reason.to_owned() });
        let (k, m) = (self.sizes.len(), self.params.windows.window);
        if k == 0 || k > self.params.clusters || k * m != self.centroids.len() || self.sizes.contains(&0) {
            return refuse("the clusters do not fit the settings");
        }
        if !self.level.is_finite() || !self.centroids.iter().all(|c| c.is_finite()) {
            return refuse("a centroid is not finite");
        }
        Ok(())
    }
}

impl SeriesDetector for WindowKMeans {
    fn window(&self) -> usize {
        self.params.windows.window
    }

    fn score_series(&self, x: &[f64]) -> Result<Vec<f64>> {
        self.params.windows.spread.samples(&self.score_windows(x)?, self.window())
    }

    fn expected(&self, x: &[f64], start: usize) -> Result<Option<Vec<f64>>> {
        let m = self.window();
        let mut z = Vec::new();
        let (level, scale) = self.shape().load(window_at(x, start, m)?, &mut z);
        let (cluster, _) = nearest(&z, &self.centroids);
        let centroid = &self.centroids[cluster * m..(cluster + 1) * m];
        check_scores(centroid.iter().map(|c| level + scale * c).collect()).map(Some)
    }
}

checked!(
    WindowKMeans { params: WindowKMeansValidParams, level: f64, centroids: Vec<f64>, sizes: Vec<usize> },
    "window_k_means",
    |_| &[]
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_many_clusters_as_phases_know_every_healthy_window() {
        let x: Vec<f64> = (0..400).map(|i| [0.0, 1.0, 3.0, 1.0, -2.0][i % 5]).collect();
        for normalise in [Normalise::None, Normalise::Centre, Normalise::Z] {
            let model = WindowKMeans::params(7).normalise(normalise).fit(&x).unwrap();
            assert_eq!(model.centroids().len(), 5);
            assert!(model.score_series(&x).unwrap().iter().all(|s| *s < 1e-12));
            let mut broken = x.clone();
            broken[200] += 2.0;
            let scores = model.score_windows(&broken).unwrap();
            assert!(scores.iter().enumerate().all(|(i, s)| (194..=200).contains(&i) == (*s > 0.1)));
            let expected = model.expected(&x, 33).unwrap().unwrap();
            assert!(expected.iter().zip(&x[33..]).all(|(a, b)| (a - b).abs() < 1e-12));
        }
    }
}
