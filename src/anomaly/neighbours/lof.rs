//! Local outlier factor.
//!
//! **What it answers.** Is this row in a thinner place than its neighbours are? Where regimes are of different density
//! (idle and full load), a distance that is ordinary in one is an anomaly in the other; the factor compares like with like.
//!
//! **Formula.** With `k(o)` the distance from training row o to its k-th neighbour, over the k nearest training rows o of x:
//!
//! ```text
//! reach(x, o) = max(d(x, o), k(o))       density(x) = 1 / (mean_o reach(x, o) + 1e-10)
//! LOF(x) = mean_o density(o) / density(x)
//! ```
//!
//! About 1 inside a cluster, larger outside. The 1e-10 keeps more than k equal training rows from a division by zero, as
//! in scikit-learn: rows among them have 1. It is an absolute number: unscaled columns in units of 1e-9 vanish in it.
//!
//! **Attribution.** The mean reach is a sum over neighbours; each reach is shared by columns as the squared (absolute)
//! differences share the distance to that neighbour. Times the mean density of the neighbours the contributions add up to
//! the **score**.
//!
//! **Source.** Breunig, Kriegel, Ng & Sander 2000 (SIGMOD). New rows are scored against the training rows (novelty);
//! they do not become neighbours of each other.
//!
//! **When not to use it.** Global anomalies in one cluster ([`Knn`](super::Knn) is as good and easier to read); small
//! clusters of more than k anomalies look dense.

use super::{Baseline, Metric, Neighbour, check_neighbours};
use crate::anomaly::{Attribution, Detector, check_input, check_scores};
use crate::error::Result;
use crate::features::Rows;
use crate::learners::Scaling;
use linfa::ParamGuard;
use ndarray::{Array1, ArrayView1};

/// Added to mean reaches.
const FLOOR: f64 = 1e-10;

/// Checked settings of a [`Lof`].
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
pub struct LofValidParams {
    neighbours: usize,
    metric: Metric,
    scaling: Option<Scaling>,
}

/// Settings of a [`Lof`]; see [`Lof::params`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LofParams(LofValidParams);

impl LofParams {
    /// Number of neighbours; all other rows when there are fewer. Default 20: at least as many as the largest group of
    /// anomalies, at most as many as the smallest regime (10 to 50 in the paper).
    #[must_use]
    pub fn neighbours(mut self, k: usize) -> Self {
        self.0.neighbours = k;
        self
    }

    /// How far apart rows are. Default [`Metric::Euclidean`].
    #[must_use]
    pub fn metric(mut self, metric: Metric) -> Self {
        self.0.metric = metric;
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

    /// Keeps the rows and their index, and scores them among each other.
    ///
    /// # Errors
    /// [`Error::Parameter`](crate::Error::Parameter) unless there are 1 to 65536 neighbours;
    /// [`Error::TooFew`](crate::Error::TooFew) with fewer than 2 rows;
    /// [`Error::NonFinite`](crate::Error::NonFinite) naming a cell; [`Error::Numeric`](crate::Error::Numeric) when squares
    /// overflow.
    pub fn fit<'a>(&self, rows: impl Into<Rows<'a>>) -> Result<Lof> {
        self.check_ref()?.fit_rows(rows.into())
    }
}

impl LofValidParams {
    fn check_settings(&self) -> Result<()> {
        check_neighbours(self.neighbours, 1)
    }

    fn fit_rows(&self, rows: Rows<'_>) -> Result<Lof> {
        let base = Baseline::fit(rows, self.scaling, self.metric, "rows to fit local outlier factors", 2)?;
        let k = self.neighbours.min(base.index().len() - 1);
        let found = base.index().nearest_of_all(k);
        let reach: Vec<f64> = found.chunks_exact(k).map(|found| found[k - 1].distance).collect();
        let mut model = Lof { params: self.clone(), base, reach, density: Vec::new(), training: Vec::new() };
        let means: Vec<f64> = found.chunks_exact(k).map(|found| model.mean_reach(found)).collect();
        model.density = means.iter().map(|mean| 1.0 / (mean + FLOOR)).collect();
        let factors = found.chunks_exact(k).zip(&means).map(|(found, mean)| model.mean_density(found) * (mean + FLOOR));
        model.training = factors.collect();
        check_scores("local outlier factor of the training rows", &model.training)?;
        Ok(model)
    }
}

row_model!(LofParams, LofValidParams, Lof, "lof");

/// Fitted local outlier factors.
///
/// ```
/// use prognos::anomaly::{Detector, Lof};
/// use ndarray::Array2;
/// // Two regimes: 100 rows within 0.1, and 100 within 10.
/// let healthy = Array2::from_shape_fn((200, 2), |(i, j)| {
///     let noise = ((i * (j + 2)) as f64 * 0.7).sin();
///     if i < 100 { 0.1 * noise } else { 50.0 + 10.0 * noise }
/// });
/// let model = Lof::params().neighbours(10).fit(&healthy)?;
/// // 1.5 from the dense regime is far, 1.5 from a row of the other is not.
/// let near = model.score_row(&[1.5, 0.0])?;
/// let row = healthy.row(150);
/// assert!(near > 5.0 && model.score_row(&[row[0] + 1.5, row[1]])? < 2.0);
/// let why = model.explain(ndarray::array![1.5, 0.0].view())?;
/// assert_eq!(why.ranked()[0].0, "0");
/// assert!((why.total() - near).abs() < 1e-9 * near);
/// # Ok::<(), prognos::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(try_from = "Raw", into = "Raw"))]
pub struct Lof {
    params: LofValidParams,
    base: Baseline,
    /// Distance of each training row to its k-th neighbour.
    reach: Vec<f64>,
    density: Vec<f64>,
    training: Vec<f64>,
}

impl Lof {
    /// Default settings: 20 neighbours, Euclidean distance, columns standardised.
    #[must_use]
    pub fn params() -> LofParams {
        LofParams(LofValidParams { neighbours: 20, metric: Metric::Euclidean, scaling: Some(Scaling::Standard) })
    }

    /// Names of the columns it was fitted on.
    #[must_use]
    pub fn feature_names(&self) -> &[String] {
        self.base.names()
    }

    /// Factors of the training rows among each other: no row is its own neighbour.
    #[must_use]
    pub fn train_scores(&self) -> &[f64] {
        &self.training
    }

    fn mean_reach(&self, found: &[Neighbour]) -> f64 {
        let reach = found.iter().map(|f| f.distance.max(self.reach[f.row]));
        reach.sum::<f64>() / found.len() as f64
    }

    fn mean_density(&self, found: &[Neighbour]) -> f64 {
        found.iter().map(|f| self.density[f.row]).sum::<f64>() / found.len() as f64
    }

    /// Neighbours in use: no more than a training row has.
    fn k(&self) -> usize {
        self.params.neighbours.min(self.base.index().len() - 1)
    }
}

impl Detector for Lof {
    fn feature_names(&self) -> &[String] {
        self.base.names()
    }

    fn score_rows(&self, rows: Rows<'_>) -> Result<Array1<f64>> {
        check_input(&rows, self.base.names())?;
        let scores = self
            .base
            .map(rows.values, self.k(), |_, found| self.mean_density(found) * (self.mean_reach(found) + FLOOR));
        check_scores("local outlier factor", &scores)?;
        Ok(scores.into())
    }

    /// Contributions that add up to the score; see the module.
    fn explain(&self, row: ArrayView1<'_, f64>) -> Result<Attribution> {
        let score = self.score_rows(Rows::from(row.insert_axis(ndarray::Axis(0))))?[0];
        let (x, found) = self.base.nearest(row, self.k());
        let density = self.mean_density(&found);
        let index = self.base.index();
        let mut parts = vec![density * FLOOR / row.len() as f64; row.len()];
        for f in &found {
            let amount = density * (f.distance.max(self.reach[f.row]) / found.len() as f64);
            index.metric().share(&x, index.row(f.row), amount, &mut parts);
        }
        Attribution::new(self.base.names().to_vec(), parts, score)
    }
}

/// What a file says; checked before it becomes a [`Lof`].
#[cfg(feature = "serde")]
#[derive(serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    params: LofValidParams,
    base: Baseline,
    reach: Vec<f64>,
    density: Vec<f64>,
    training: Vec<f64>,
}

#[cfg(feature = "serde")]
impl From<Lof> for Raw {
    fn from(m: Lof) -> Self {
        Self { params: m.params, base: m.base, reach: m.reach, density: m.density, training: m.training }
    }
}

#[cfg(feature = "serde")]
impl TryFrom<Raw> for Lof {
    type Error = crate::error::Error;
    fn try_from(raw: Raw) -> Result<Self> {
        let params = LofParams(raw.params).check()?;
        raw.base.check_settings("Lof", params.scaling, params.metric, 2)?;
        let n = raw.base.index().len();
        for (what, values) in [("reaches", &raw.reach), ("densities", &raw.density), ("scores", &raw.training)] {
            super::check_numbers(what, values, n)?;
        }
        if raw.reach.iter().chain(&raw.density).any(|v| *v < 0.0) {
            return Err(crate::error::Error::Model { reason: "Lof: a reach or a density is negative".to_owned() });
        }
        Ok(Self { params, base: raw.base, reach: raw.reach, density: raw.density, training: raw.training })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::{Array2, array};

    #[test]
    fn factors_by_hand() {
        // On a line 0, 1, 2, 10 with one neighbour: reaches 1, 1, 1, 8.
        let model = Lof::params().neighbours(1).unscaled().fit(&array![[0.0], [1.0], [2.0], [10.0]]).unwrap();
        for (found, expected) in model.train_scores().iter().zip([1.0, 1.0, 1.0, 8.0]) {
            assert!((found - expected).abs() < 1e-8, "{found} {expected}");
        }
        // 12 has the neighbour 10, whose own reach is 8.
        assert!((model.score_row(&[12.0]).unwrap() - 1.0).abs() < 1e-8);
    }

    #[test]
    fn equal_rows_are_ordinary() {
        let model = Lof::params().neighbours(5).fit(&Array2::from_elem((30, 2), 3.0)).unwrap();
        assert!(model.train_scores().iter().all(|s| (s - 1.0).abs() < 1e-12));
        assert!((model.score_row(&[3.0, 3.0]).unwrap() - 1.0).abs() < 1e-12);
        assert!(model.score_row(&[4.0, 3.0]).unwrap() > 1e9);
    }
}
