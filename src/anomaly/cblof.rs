//! Cluster-based local outlier factor.
//!
//! **What it answers.** How far is the row from the nearest large cluster of the training rows? Rows of small clusters are
//! measured to the large ones, so that a handful of anomalies which lie together do not excuse each other.
//!
//! **Formula.** k-means clusters by size, `n_1 >= n_2 >= ...`; the large ones are the first b, where b is the first with
//!
//! ```text
//! n_1 + ... + n_b >= alpha n     or     n_b / n_{b+1} >= beta
//! ```
//!
//! The score is the Euclidean distance to the centroid of the row's own cluster when that is large, else to the nearest
//! centroid of a large one; with `weighted` times the size of the row's cluster, as in the paper (a row of a large cluster
//! then outranks an equally far one of a small cluster, which is why it is not the default).
//!
//! **Attribution.** The distance is shared by columns as the squared differences share their sum: contributions add up to the
//! **score**.
//!
//! **Source.** He, Xu & Deng 2003 (Pattern Recognition Letters 24).
//!
//! **Cost.** Fit as [`KMeans`](crate::learners::KMeans), score O(k d) a row; memory O(k d).
//!
//! **When not to use it.** Clusters that are not round ([`Gmm`](super::Gmm)), or no clusters at all.

use super::columns::Columns;
use super::neighbours::Metric;
use super::{Attribution, Detector, check_input, check_scores};
use crate::error::{Error, Result};
use crate::features::Rows;
use crate::learners::{KMeans, Scaling};
use linfa::ParamGuard;
use ndarray::{Array1, ArrayView1, ArrayView2};

/// Checked settings of a [`Cblof`].
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
pub struct CblofValidParams {
    clusters: usize,
    alpha: f64,
    beta: f64,
    weighted: bool,
    seed: u64,
    scaling: Option<Scaling>,
}

/// Settings of a [`Cblof`]; see [`Cblof::params`].
#[derive(Debug, Clone, PartialEq)]
pub struct CblofParams(CblofValidParams);

impl CblofParams {
    /// Number of clusters, 1 to 65536; fewer when there are fewer distinct rows. Default 8.
    #[must_use]
    pub fn clusters(mut self, clusters: usize) -> Self {
        self.0.clusters = clusters;
        self
    }

    /// Fraction of the training rows that the large clusters hold, in (0, 1]. Default 0.9 (the paper).
    #[must_use]
    pub fn alpha(mut self, fraction: f64) -> Self {
        self.0.alpha = fraction;
        self
    }

    /// A cluster this many times as large as the next one is the last large one, at least 1. Default 5 (the paper).
    #[must_use]
    pub fn beta(mut self, ratio: f64) -> Self {
        self.0.beta = ratio;
        self
    }

    /// Whether a distance is multiplied with the size of the row's cluster. Default no.
    #[must_use]
    pub fn weighted(mut self, weighted: bool) -> Self {
        self.0.weighted = weighted;
        self
    }

    /// Seed of the start of the clusters. Default 0.
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        self.0.seed = seed;
        self
    }

    /// How columns are scaled. Default [`Scaling::Standard`], because sensors have units of their own.
    #[must_use]
    pub fn scaling(mut self, scaling: Scaling) -> Self {
        self.0.scaling = Some(scaling);
        self
    }

    /// Takes the columns as they are.
    #[must_use]
    pub fn unscaled(mut self) -> Self {
        self.0.scaling = None;
        self
    }

    /// Finds the clusters.
    ///
    /// # Errors
    /// [`Error::Parameter`] for a setting out of its range; [`Error::TooFew`] with fewer than 2 rows;
    /// [`Error::NonFinite`] naming a cell; [`Error::Numeric`] when squares overflow.
    pub fn fit<'a>(&self, rows: impl Into<Rows<'a>>) -> Result<Cblof> {
        self.check_ref()?.fit_rows(rows.into())
    }
}

impl CblofValidParams {
    fn check_settings(&self) -> Result<()> {
        if !(1..=1 << 16).contains(&self.clusters) {
            return Err(Error::parameter("clusters", self.clusters, "must be 1 to 65536"));
        }
        if !(self.alpha > 0.0 && self.alpha <= 1.0) {
            return Err(Error::parameter("alpha", self.alpha, "must be greater than 0 and at most 1"));
        }
        if !(self.beta.is_finite() && self.beta >= 1.0) {
            return Err(Error::parameter("beta", self.beta, "must be finite and at least 1"));
        }
        Ok(())
    }

    fn fit_rows(&self, rows: Rows<'_>) -> Result<Cblof> {
        let what = "rows to fit a cluster-based factor";
        let (columns, cells) = Columns::fit(rows, self.scaling, what, 2)?;
        let d = columns.len();
        let table =
            ArrayView2::from_shape((cells.len() / d, d), &cells).map_err(|e| Error::numeric(what, e.to_string()))?;
        let found = KMeans::params().clusters(self.clusters).seed(self.seed).fit(table)?;
        let mut order: Vec<usize> = (0..found.n_clusters()).collect();
        order.sort_by(|&a, &b| found.sizes()[b].cmp(&found.sizes()[a]).then(a.cmp(&b)));
        let sizes: Vec<usize> = order.iter().map(|&c| found.sizes()[c]).collect();
        let centroids = order.iter().flat_map(|&c| found.centroids().row(c).to_vec()).collect();
        Ok(Cblof::new(self.clone(), columns, centroids, sizes))
    }
}

row_model!(CblofParams, CblofValidParams, Cblof, "cblof");

/// A fitted detector by the distance to large clusters.
///
/// ```
/// use prognos::anomaly::{Cblof, Detector};
/// use ndarray::Array2;
/// // Two regimes, and four rows of a fault that lie together.
/// let history = Array2::from_shape_fn((200, 2), |(i, j)| {
///     let noise = 0.3 * ((i * (j + 2)) as f64 * 0.7).sin();
///     match i {
///         196.. => 5.0 * j as f64 + noise,
///         _ if i % 2 == 0 => 10.0 + noise,
///         _ => noise,
///     }
/// });
/// let model = Cblof::params().clusters(3).fit(&history)?;
/// assert_eq!((model.n_clusters(), model.n_large()), (3, 2));
/// let scores = model.score(&history)?;
/// assert!((0..196).all(|i| scores[i] < scores[197]));
/// # Ok::<(), prognos::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(try_from = "Raw", into = "Raw"))]
pub struct Cblof {
    params: CblofValidParams,
    columns: Columns,
    /// Row-major, scaled, largest cluster first.
    centroids: Vec<f64>,
    sizes: Vec<usize>,
    large: usize,
}

impl Cblof {
    /// Default settings: 8 clusters, alpha 0.9, beta 5, not weighted, columns standardised.
    #[must_use]
    pub fn params() -> CblofParams {
        CblofParams(CblofValidParams {
            clusters: 8,
            alpha: 0.9,
            beta: 5.0,
            weighted: false,
            seed: 0,
            scaling: Some(Scaling::Standard),
        })
    }

    fn new(params: CblofValidParams, columns: Columns, centroids: Vec<f64>, sizes: Vec<usize>) -> Self {
        let n: f64 = sizes.iter().map(|s| *s as f64).sum();
        let mut sum = 0.0;
        let last = sizes.iter().enumerate().position(|(c, &size)| {
            sum += size as f64;
            let next = sizes.get(c + 1).map_or(0.0, |s| *s as f64);
            sum >= params.alpha * n || size as f64 >= params.beta * next
        });
        let large = last.map_or(sizes.len(), |c| c + 1);
        Self { params, columns, centroids, sizes, large }
    }

    /// Names of the columns it was fitted on.
    #[must_use]
    pub fn feature_names(&self) -> &[String] {
        self.columns.names()
    }

    /// Number of clusters.
    #[must_use]
    pub fn n_clusters(&self) -> usize {
        self.sizes.len()
    }

    /// Number of large clusters.
    #[must_use]
    pub fn n_large(&self) -> usize {
        self.large
    }

    /// Training rows of each cluster, largest first.
    #[must_use]
    pub fn sizes(&self) -> &[usize] {
        &self.sizes
    }

    /// Score of a scaled row, and the centroid it is measured to.
    fn measure(&self, x: &[f64]) -> (f64, &[f64]) {
        let mut own = (f64::INFINITY, 0);
        let mut large = (f64::INFINITY, 0);
        for (c, centroid) in self.centroids.chunks_exact(x.len().max(1)).enumerate() {
            let distance = Metric::Euclidean.distance(x, centroid);
            if distance < own.0 {
                own = (distance, c);
            }
            if c < self.large && distance < large.0 {
                large = (distance, c);
            }
        }
        let weight = if self.params.weighted { self.sizes.get(own.1).map_or(1.0, |s| *s as f64) } else { 1.0 };
        (large.0 * weight, &self.centroids[large.1 * x.len()..(large.1 + 1) * x.len()])
    }
}

impl Detector for Cblof {
    fn feature_names(&self) -> &[String] {
        self.columns.names()
    }

    fn score_rows(&self, rows: Rows<'_>) -> Result<Array1<f64>> {
        check_input(&rows, self.columns.names())?;
        let scores = self.columns.map(rows.values, |(): &mut (), x| self.measure(x).0);
        check_scores("cluster-based factor", &scores)?;
        Ok(scores.into())
    }

    /// Contributions that add up to the score; see the module.
    fn explain(&self, row: ArrayView1<'_, f64>) -> Result<Attribution> {
        let score = self.score_rows(Rows::from(row.insert_axis(ndarray::Axis(0))))?[0];
        let x = self.columns.scaled(row);
        let mut parts = vec![0.0; x.len()];
        Metric::Euclidean.share(&x, self.measure(&x).1, score, &mut parts);
        Attribution::new(self.columns.names().to_vec(), parts, score)
    }
}

/// What a file says; checked before it becomes a [`Cblof`].
#[cfg(feature = "serde")]
#[derive(serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    params: CblofValidParams,
    columns: Columns,
    centroids: Vec<f64>,
    sizes: Vec<usize>,
}

#[cfg(feature = "serde")]
impl From<Cblof> for Raw {
    fn from(m: Cblof) -> Self {
        Self { params: m.params, columns: m.columns, centroids: m.centroids, sizes: m.sizes }
    }
}

#[cfg(feature = "serde")]
impl TryFrom<Raw> for Cblof {
    type Error = Error;
    fn try_from(raw: Raw) -> Result<Self> {
        let refuse = |reason: &str| Err(Error::Model { reason: format!("cblof: {reason}") });
        let params = CblofParams(raw.params).check()?;
        if raw.columns.scaling() != params.scaling {
            return refuse("the scaling is not that of the settings");
        }
        if raw.sizes.is_empty()
            || raw.sizes.len() > params.clusters
            || raw.sizes.contains(&0)
            || !raw.sizes.is_sorted_by(|a, b| a >= b)
        {
            return refuse("the sizes do not fall, or do not fit the settings");
        }
        if raw.sizes.len().checked_mul(raw.columns.len()) != Some(raw.centroids.len()) {
            return refuse("not one centroid for each size");
        }
        super::columns::check_numbers("cblof: centroids", &raw.centroids, raw.centroids.len())?;
        Ok(Self::new(params, raw.columns, raw.centroids, raw.sizes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::Array2;

    #[test]
    fn the_boundary_by_hand() {
        let large = |sizes: &[usize], alpha, beta| {
            let CblofParams(params) = Cblof::params().alpha(alpha).beta(beta);
            let (columns, _) = Columns::fit((&Array2::<f64>::zeros((2, 1))).into(), None, "rows", 1).unwrap();
            Cblof::new(params, columns, vec![0.0; sizes.len()], sizes.to_vec()).n_large()
        };
        assert_eq!(large(&[60, 35, 5], 0.9, 5.0), 2);
        assert_eq!(large(&[60, 10, 10, 10, 10], 0.9, 5.0), 1);
        assert_eq!(large(&[25, 25, 25, 25], 1.0, 5.0), 4);
        assert_eq!(large(&[7], 0.5, 1.0), 1);
    }

    #[test]
    fn weights_are_sizes() {
        let x = Array2::from_shape_fn((100, 1), |(i, _)| if i < 90 { (i % 9) as f64 * 0.01 } else { 10.0 });
        let fit = |weighted| Cblof::params().clusters(2).weighted(weighted).unscaled().fit(&x).unwrap();
        let (plain, weighted) = (fit(false), fit(true));
        assert_eq!(plain.sizes(), [90, 10]);
        assert_eq!(plain.n_large(), 1);
        for at in [0.5, 10.5] {
            let ratio = weighted.score_row(&[at]).unwrap() / plain.score_row(&[at]).unwrap();
            assert!((ratio - if at < 5.0 { 90.0 } else { 10.0 }).abs() < 1e-9);
        }
    }

    #[test]
    fn settings_are_checked() {
        let x = Array2::<f64>::zeros((4, 2));
        for bad in [
            Cblof::params().clusters(0),
            Cblof::params().alpha(0.0),
            Cblof::params().alpha(f64::NAN),
            Cblof::params().beta(0.5),
        ] {
            assert!(bad.fit(&x).is_err(), "{bad:?}");
        }
    }
}
