//! k-means: a few centroids that stand for many rows.
//!
//! **What it answers.** Which few typical rows (operating regimes, shapes of a cycle) does a history consist of, and
//! how far is a row from the nearest of them?
//!
//! **Formula.** Centroids `c` that minimise the inertia `sum_i min_c |x_i - c|^2`, by Lloyd's iteration from a greedy
//! k-means++ start: each next centroid is a row drawn with probability proportional to its squared distance from
//! those there are, the best of `2 + ln k` draws. Hamerly's bounds leave out distances that cannot change an
//! assignment; the result is that of the plain iteration. A cluster that empties takes the row farthest from its
//! centroid. The best of [`restarts`](KMeansParams::restarts) starts is kept. Ties go to the lower number everywhere.
//!
//! **Scaling.** Distances add columns up: put columns of different units through a [`Scaler`](super::Scaler) first.
//!
//! **Sources.** Lloyd 1982 (IEEE Trans. Inf. Theory 28); Arthur & Vassilvitskii 2007 (SODA); Hamerly 2010 (SDM).
//!
//! **Cost.** O(n k d) an iteration before bounds take their part off, O(n k d ln k) a start; memory O(n + k d) beside
//! the rows.
//!
//! **When not to use it.** Clusters that are long, nested or of very different size and density (use a mixture of
//! normals, or neighbours); k unknown and important.

mod lloyd;

use super::check_rows;
use crate::error::{Error, Result};
use crate::features::Rows;
use crate::math::par;
use crate::math::rng::Rng;
use linfa::ParamGuard;
use linfa::dataset::DatasetBase;
use linfa::traits::Fit;
use lloyd::{BLOCK, Lloyd, start, total_spread};
pub(crate) use lloyd::{Clustering, RowSource, nearest, squared_distance};
use ndarray::{Array1, Array2, ArrayBase, ArrayView2, Data, Ix2};

/// Checked settings of [`KMeans`].
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
pub struct KMeansValidParams {
    clusters: usize,
    seed: u64,
    restarts: usize,
    tolerance: f64,
    max_iterations: usize,
}

/// Settings of [`KMeans`]; see [`KMeans::params`].
#[derive(Debug, Clone, PartialEq)]
pub struct KMeansParams(KMeansValidParams);

impl KMeansParams {
    /// Number of clusters, 1 to 65,536. Default 8. There are fewer when there are fewer distinct rows.
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

    /// Number of starts, 1 to 1,000; the one that ends with the smallest inertia is kept, the first among equals.
    /// Default 3: the greedy start seldom ends badly.
    #[must_use]
    pub fn restarts(mut self, restarts: usize) -> Self {
        self.0.restarts = restarts;
        self
    }

    /// Stops when the squared moves of all centroids add up to at most this times the mean variance of the columns.
    /// At least 0; default 1e-4, as scikit-learn's. With 0 it goes on until no row changes its cluster.
    #[must_use]
    pub fn tolerance(mut self, tolerance: f64) -> Self {
        self.0.tolerance = tolerance;
        self
    }

    /// Most iterations of a start, 1 to 1,000,000. Default 300.
    #[must_use]
    pub fn max_iterations(mut self, iterations: usize) -> Self {
        self.0.max_iterations = iterations;
        self
    }

    /// Finds the centroids.
    ///
    /// # Errors
    /// [`Error::Parameter`] for a setting outside of its range, [`Error::TooFew`] without a row or column,
    /// [`Error::NonFinite`] naming a cell, [`Error::Numeric`] when squared distances overflow.
    pub fn fit<'a>(&self, rows: impl Into<Rows<'a>>) -> Result<KMeans> {
        self.check_ref()?.fit_rows(rows.into())
    }
}

impl ParamGuard for KMeansParams {
    type Checked = KMeansValidParams;
    type Error = Error;

    fn check_ref(&self) -> Result<&KMeansValidParams> {
        let p = &self.0;
        if !(1..=65_536).contains(&p.clusters) {
            return Err(Error::parameter("clusters", p.clusters, "must be 1 to 65536"));
        }
        if !(1..=1000).contains(&p.restarts) {
            return Err(Error::parameter("restarts", p.restarts, "must be 1 to 1000"));
        }
        if !(p.tolerance.is_finite() && p.tolerance >= 0.0) {
            return Err(Error::parameter("tolerance", p.tolerance, "must be finite and at least 0"));
        }
        if !(1..=1_000_000).contains(&p.max_iterations) {
            return Err(Error::parameter("max_iterations", p.max_iterations, "must be 1 to 1000000"));
        }
        Ok(p)
    }

    fn check(self) -> Result<KMeansValidParams> {
        self.check_ref()?;
        Ok(self.0)
    }
}

impl<D: Data<Elem = f64>, T> Fit<ArrayBase<D, Ix2>, T, Error> for KMeansValidParams {
    type Object = KMeans;
    fn fit(&self, dataset: &DatasetBase<ArrayBase<D, Ix2>, T>) -> Result<KMeans> {
        self.fit_rows(dataset.into())
    }
}

impl KMeansValidParams {
    fn fit_rows(&self, rows: Rows<'_>) -> Result<KMeans> {
        check_rows(&rows, "rows to cluster", 1)?;
        let found = self.cluster(&Table(rows.values))?;
        let k = found.sizes.len();
        let centroids = Array2::from_shape_vec((k, rows.values.ncols()), found.centroids)
            .map_err(|_| Error::shape("cells of the centroids", k * rows.values.ncols(), 0))?;
        Ok(KMeans {
            params: self.clone(),
            names: rows.names_or_numbers(),
            centroids,
            sizes: found.sizes,
            inertia: found.inertia,
            iterations: found.iterations,
        })
    }

    /// Clusters rows that need not stand in memory, for example windows of a series. The cells must be finite.
    pub(crate) fn cluster(&self, rows: &impl RowSource) -> Result<Clustering> {
        let overflow = || Error::numeric("k-means", "the squared distances overflow; scale the columns first");
        let (n, d) = (rows.len(), rows.width());
        if n == 0 || d == 0 {
            return Err(Error::too_few("rows to cluster", 1, 0));
        }
        let spread = total_spread(rows);
        // Two rows are at most twice as far from each other as from the centre.
        if !(4.0 * spread).is_finite() {
            return Err(overflow());
        }
        let stop = self.tolerance * (spread / n as f64 / d as f64);
        let mut best: Option<Clustering> = None;
        for restart in 0..self.restarts {
            let mut rng = Rng::stream(self.seed, restart as u64);
            let start = start(rows, self.clusters.min(n), &mut rng);
            let found = Lloyd::new(rows, start).run(stop, self.max_iterations);
            if !found.inertia.is_finite() || found.centroids.iter().any(|c| !c.is_finite()) {
                return Err(overflow());
            }
            if best.as_ref().is_none_or(|b| found.inertia < b.inertia) {
                best = Some(found);
            }
        }
        best.ok_or_else(overflow)
    }
}

/// The rows of a matrix.
struct Table<'t>(ArrayView2<'t, f64>);

impl RowSource for Table<'_> {
    fn len(&self) -> usize {
        self.0.nrows()
    }
    fn width(&self) -> usize {
        self.0.ncols()
    }
    fn row<'a>(&'a self, i: usize, scratch: &'a mut Vec<f64>) -> &'a [f64] {
        super::row_slice(self.0.row(i), scratch)
    }
}

/// Centroids of clusters.
///
/// ```
/// use prognos::learners::KMeans;
/// use ndarray::array;
/// let rows = array![[0.0, 0.1], [0.2, 0.0], [0.1, 0.2], [9.0, 9.1], [9.2, 9.0]];
/// let model = KMeans::params().clusters(2).fit(&rows)?;
/// let cluster = model.assign(&rows)?;
/// assert!(cluster[0] == cluster[1] && cluster[1] == cluster[2] && cluster[2] != cluster[3]);
/// let distances = model.distances(&rows)?; // rows by clusters
/// assert!(distances[[0, cluster[0]]] < 0.2 && distances[[0, cluster[3]]] > 12.0);
/// // More clusters than distinct rows are not made up.
/// assert_eq!(KMeans::params().clusters(9).fit(&array![[1.0], [2.0], [1.0]])?.n_clusters(), 2);
/// # Ok::<(), prognos::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(try_from = "Raw", into = "Raw"))]
pub struct KMeans {
    params: KMeansValidParams,
    names: Vec<String>,
    centroids: Array2<f64>,
    sizes: Vec<usize>,
    inertia: f64,
    iterations: usize,
}

impl KMeans {
    /// Default settings: 8 clusters, seed 0, 3 starts, tolerance 1e-4, at most 300 iterations.
    #[must_use]
    pub fn params() -> KMeansParams {
        KMeansParams(Self::defaults())
    }

    pub(crate) fn defaults() -> KMeansValidParams {
        KMeansValidParams { clusters: 8, seed: 0, restarts: 3, tolerance: 1e-4, max_iterations: 300 }
    }

    /// Names of the columns it was fitted on.
    #[must_use]
    pub fn feature_names(&self) -> &[String] {
        &self.names
    }

    /// Number of clusters: the one that was set, or the number of distinct rows when that is smaller. Rows count as
    /// equal when the square of their distance is 0.
    #[must_use]
    pub fn n_clusters(&self) -> usize {
        self.sizes.len()
    }

    /// Centroids: clusters by columns.
    #[must_use]
    pub fn centroids(&self) -> ArrayView2<'_, f64> {
        self.centroids.view()
    }

    /// Training rows of each cluster, at least 1.
    #[must_use]
    pub fn sizes(&self) -> &[usize] {
        &self.sizes
    }

    /// Sum of squared distances of the training rows from their centroids.
    #[must_use]
    pub fn inertia(&self) -> f64 {
        self.inertia
    }

    /// Iterations of the start that was kept.
    #[must_use]
    pub fn iterations(&self) -> usize {
        self.iterations
    }

    /// Cluster of every row: that of the nearest centroid, the lower number on ties.
    ///
    /// # Errors
    /// [`Error::Shape`] or [`Error::Columns`] when the columns are not those of the fit, [`Error::NonFinite`] naming a
    /// cell, [`Error::Numeric`] when a squared distance overflows.
    pub fn assign<'a>(&self, rows: impl Into<Rows<'a>>) -> Result<Vec<usize>> {
        Ok(self.nearest(rows)?.0)
    }

    /// Cluster of every row, and the distance from its centroid.
    ///
    /// # Errors
    /// As [`KMeans::assign`].
    pub fn nearest<'a>(&self, rows: impl Into<Rows<'a>>) -> Result<(Vec<usize>, Array1<f64>)> {
        let rows = rows.into();
        self.check(&rows)?;
        let table = Table(rows.values);
        let centroids = self.cells();
        let mut out = vec![(0, 0.0); rows.values.nrows()];
        par::rows_init(&mut out, BLOCK, Vec::new, |scratch, block, out| {
            for (offset, cell) in out.iter_mut().enumerate() {
                let (cluster, d2) = nearest(table.row(block * BLOCK + offset, scratch), centroids);
                *cell = (cluster, d2.sqrt());
            }
        });
        let (clusters, distances): (Vec<_>, Vec<_>) = out.into_iter().unzip();
        finite(&distances, 1)?;
        Ok((clusters, distances.into()))
    }

    /// Distance of every row from every centroid: rows by clusters.
    ///
    /// # Errors
    /// As [`KMeans::assign`].
    pub fn distances<'a>(&self, rows: impl Into<Rows<'a>>) -> Result<Array2<f64>> {
        let rows = rows.into();
        self.check(&rows)?;
        let table = Table(rows.values);
        let (k, d) = self.centroids.dim();
        let centroids = self.cells();
        let mut out = vec![0.0; rows.values.nrows() * k];
        par::rows_init(&mut out, k * BLOCK, Vec::new, |scratch, block, out| {
            for (offset, cells) in out.chunks_exact_mut(k).enumerate() {
                let row = table.row(block * BLOCK + offset, scratch);
                for (cell, c) in cells.iter_mut().zip(centroids.chunks_exact(d)) {
                    *cell = squared_distance(row, c).sqrt();
                }
            }
        });
        finite(&out, k)?;
        Array2::from_shape_vec((rows.values.nrows(), k), out).map_err(|_| Error::shape("distances", k, 0))
    }

    fn check(&self, rows: &Rows<'_>) -> Result<()> {
        rows.check_columns(&self.names)?;
        check_rows(rows, "rows to assign to clusters", 0)
    }

    /// The centroids as they lie in memory; they are always made in standard layout.
    fn cells(&self) -> &[f64] {
        self.centroids.as_slice().unwrap_or_default()
    }
}

fn finite(distances: &[f64], width: usize) -> Result<()> {
    match distances.iter().position(|d| !d.is_finite()) {
        None => Ok(()),
        Some(i) => {
            Err(Error::numeric("k-means", format!("the squared distance of row {} overflows", i / width.max(1))))
        }
    }
}

#[cfg(feature = "persist")]
impl crate::persist::Persist for KMeans {
    const KIND: &'static str = "k_means";
    fn feature_names(&self) -> &[String] {
        &self.names
    }
}

/// What a file says; checked before it becomes [`KMeans`].
#[cfg(feature = "serde")]
#[derive(serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    params: KMeansValidParams,
    names: Vec<String>,
    centroids: Vec<f64>,
    sizes: Vec<usize>,
    inertia: f64,
    iterations: usize,
}

#[cfg(feature = "serde")]
impl From<KMeans> for Raw {
    fn from(model: KMeans) -> Self {
        Self {
            centroids: model.centroids.into_iter().collect(),
            params: model.params,
            names: model.names,
            sizes: model.sizes,
            inertia: model.inertia,
            iterations: model.iterations,
        }
    }
}

#[cfg(feature = "serde")]
impl TryFrom<Raw> for KMeans {
    type Error = Error;
    fn try_from(raw: Raw) -> Result<Self> {
        let refuse = |reason: &str| Err(Error::Model { reason: format!("k-means: {reason}") });
        let params = KMeansParams(raw.params).check()?;
        let (k, d) = (raw.sizes.len(), raw.names.len());
        if k == 0 || d == 0 || k > params.clusters || k.checked_mul(d) != Some(raw.centroids.len()) {
            return refuse("clusters, names and centroids do not fit each other or the settings");
        }
        if raw.sizes.contains(&0) || raw.iterations > params.max_iterations {
            return refuse("an empty cluster, or more iterations than the settings allow");
        }
        if raw.centroids.iter().any(|c| !c.is_finite()) || !(raw.inertia.is_finite() && raw.inertia >= 0.0) {
            return refuse("centroids or inertia are not finite");
        }
        match Array2::from_shape_vec((k, d), raw.centroids) {
            Ok(centroids) => Ok(Self {
                params,
                names: raw.names,
                centroids,
                sizes: raw.sizes,
                inertia: raw.inertia,
                iterations: raw.iterations,
            }),
            Err(_) => refuse("the centroids are not a table"),
        }
    }
}

#[cfg(test)]
#[allow(clippy::float_cmp)] // exact by construction
mod tests {
    use super::*;

    fn rows(n: usize, d: usize) -> Array2<f64> {
        let mut rng = Rng::stream(5, 5);
        Array2::from_shape_fn((n, d), |(i, j)| rng.normal() + 3.0 * ((i % 7) * (j + 1)) as f64 % 11.0)
    }

    #[test]
    fn an_offset_costs_no_digits() {
        let x = rows(200, 3);
        let far = x.mapv(|v| (v * 1024.0).round() / 1024.0 + 2f64.powi(40));
        let near = far.mapv(|v| v - 2f64.powi(40));
        let params = KMeans::params().clusters(4).tolerance(0.0);
        let (a, b) = (params.fit(&near).unwrap(), params.fit(&far).unwrap());
        assert_eq!(a.sizes(), b.sizes());
        assert!((a.inertia() / b.inertia() - 1.0).abs() < 1e-4);
    }

    #[test]
    fn more_starts_are_never_worse() {
        let x = rows(300, 4);
        let inertia = |restarts| KMeans::params().clusters(9).restarts(restarts).fit(&x).unwrap().inertia();
        assert!(inertia(10) <= inertia(3) && inertia(3) <= inertia(1));
    }

    #[test]
    fn settings_are_checked() {
        let x = rows(20, 2);
        for params in [
            KMeans::params().clusters(0),
            KMeans::params().restarts(0),
            KMeans::params().tolerance(f64::NAN),
            KMeans::params().tolerance(-1.0),
            KMeans::params().max_iterations(0),
            KMeans::params().clusters(1 << 40),
        ] {
            assert!(params.fit(&x).is_err(), "{params:?}");
        }
        assert!(matches!(KMeans::params().fit(&(&x * 1e300)), Err(Error::Numeric { .. })));
        let flat = KMeans::params().fit(&Array2::from_elem((9, 2), 4.0)).unwrap();
        assert_eq!((flat.n_clusters(), flat.inertia()), (1, 0.0));
    }
}
