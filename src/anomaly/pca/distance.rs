//! Distances from the components: the score that PyOD calls PCA.
//!
//! **What it answers.** What PyOD's `PCA` answers, number for number, for those who come from there. For monitoring take
//! [`PcaMonitor`](super::PcaMonitor), whose two statistics say what a principal component analysis can say.
//!
//! **Formula.** Columns are standardised by the standard deviation with n degrees of freedom; `v_a` are the unit
//! eigenvectors of their correlations, the largest component positive. Of the first k
//!
//! ```text
//! score = sum_a |z - v_a| / w_a        w_a = lambda_a / sum lambda, or 1
//! ```
//!
//! The components are taken as points: what the score grows with is the length of z, weighted by the last, smallest
//! eigenvalues. The contribution of column j is `sum_a (z_j - v_aj)² / (|z - v_a| w_a)`; they add up to the score.
//!
//! **Source.** Shyu, Chen, Sarinnapakorn & Chang 2003 is what PyOD names; the formula above is PyOD's. **Cost.** Fit
//! O(n d² + d³), score O(d k) a row.
//!
//! **When not to use it.** For anything but comparison with PyOD.

use super::{Transform, second_moments};
use crate::anomaly::{Attribution, Detector, check_input, check_scores};
use crate::error::{Error, Result};
use crate::features::Rows;
use crate::learners::{Scaler, check_rows, row_slice};
use crate::math::linalg::symmetric_eigen;
use crate::math::par;
use linfa::ParamGuard;
use linfa::dataset::DatasetBase;
use linfa::traits::Fit;
use ndarray::{Array1, ArrayBase, ArrayView1, Data, Ix2};

/// Checked settings of a [`ComponentDistance`].
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
pub struct ComponentDistanceValidParams {
    components: Option<usize>,
    weighted: bool,
}

/// Settings of a [`ComponentDistance`]; see [`ComponentDistance::params`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ComponentDistanceParams(ComponentDistanceValidParams);

impl ComponentDistanceParams {
    /// How many components, the largest first; all that the rows determine when there are fewer. Default all.
    #[must_use]
    pub fn components(mut self, count: usize) -> Self {
        self.0.components = Some(count);
        self
    }

    /// Whether distances are divided by the component's fraction of the variance. Default true. Components without
    /// variance are then left out.
    #[must_use]
    pub fn weighted(mut self, weighted: bool) -> Self {
        self.0.weighted = weighted;
        self
    }

    /// Finds the components.
    ///
    /// # Errors
    /// [`Error::Parameter`] for no components; [`Error::TooFew`] with fewer than 2 rows; [`Error::NonFinite`] naming a
    /// cell; [`Error::Numeric`] when no column moves or squares overflow.
    pub fn fit<'a>(&self, rows: impl Into<Rows<'a>>) -> Result<ComponentDistance> {
        self.check_ref()?.fit_rows(rows.into())
    }
}

impl ParamGuard for ComponentDistanceParams {
    type Checked = ComponentDistanceValidParams;
    type Error = Error;

    fn check_ref(&self) -> Result<&ComponentDistanceValidParams> {
        match self.0.components {
            Some(0) => Err(Error::parameter("components", 0, "must be at least 1")),
            _ => Ok(&self.0),
        }
    }

    fn check(self) -> Result<ComponentDistanceValidParams> {
        self.check_ref()?;
        Ok(self.0)
    }
}

impl<D: Data<Elem = f64>, T> Fit<ArrayBase<D, Ix2>, T, Error> for ComponentDistanceValidParams {
    type Object = ComponentDistance;
    fn fit(&self, dataset: &DatasetBase<ArrayBase<D, Ix2>, T>) -> Result<ComponentDistance> {
        self.fit_rows(dataset.into())
    }
}

const WHAT: &str = "distance from the components";

impl ComponentDistanceValidParams {
    fn fit_rows(&self, rows: Rows<'_>) -> Result<ComponentDistance> {
        check_rows(&rows, "rows to find components of", 2)?;
        let (n, d) = rows.values.dim();
        let scaler = Scaler::standard().fit(rows)?;
        if scaler.constant().iter().all(|c| *c) {
            return Err(Error::numeric(WHAT, "no column moves in the training rows"));
        }
        // A column that does not move is only centred, as in PyOD: it takes part when it moves later.
        let transform = Transform::new(&scaler, &(0..d).collect::<Vec<_>>());
        let (eigenvalues, vectors) = symmetric_eigen(&second_moments(rows.values, &transform))?;
        let total: f64 = eigenvalues.iter().map(|l| l.max(0.0)).sum();
        let noise = eigenvalues[0] * f64::EPSILON * 16.0 * (d + 16) as f64;
        let determined = eigenvalues.iter().filter(|l| **l > noise).count().max(1);
        let most = if self.weighted { determined } else { d.min(n) };
        let count = self.components.map_or(most, |k| k.min(most));
        let weights = eigenvalues.iter().take(count).map(|l| if self.weighted { l / total } else { 1.0 }).collect();
        let components = vectors.rows().into_iter().take(count).flatten().copied().collect();
        Ok(ComponentDistance { params: self.clone(), scaler, rows: n, components, weights })
    }
}

/// Fitted distances from the components.
///
/// ```
/// use prognos::anomaly::{ComponentDistance, Detector};
/// use ndarray::Array2;
/// let rows = Array2::from_shape_fn((80, 3), |(i, j)| ((i * (j + 2)) as f64 * 0.37).sin());
/// let model = ComponentDistance::params().fit(&rows)?;
/// let why = model.explain(rows.row(5))?;
/// assert!((why.total() - why.score()).abs() < 1e-9 * why.score());
/// # Ok::<(), prognos::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(try_from = "Raw", into = "Raw"))]
pub struct ComponentDistance {
    params: ComponentDistanceValidParams,
    scaler: Scaler,
    rows: usize,
    /// Row-major, one row a component.
    components: Vec<f64>,
    weights: Vec<f64>,
}

impl ComponentDistance {
    /// Default settings: all components, weighted.
    #[must_use]
    pub fn params() -> ComponentDistanceParams {
        ComponentDistanceParams(ComponentDistanceValidParams { components: None, weighted: true })
    }

    /// Names of the columns it was fitted on.
    #[must_use]
    pub fn feature_names(&self) -> &[String] {
        self.scaler.feature_names()
    }

    /// Number of components in use.
    #[must_use]
    pub fn n_components(&self) -> usize {
        self.weights.len()
    }

    fn standardise(&self, row: &[f64], z: &mut [f64]) {
        // The scaler divides by n - 1.
        let widen = (self.rows as f64 / (self.rows as f64 - 1.0)).sqrt();
        let scales = self.scaler.centre().iter().zip(self.scaler.scale()).zip(self.scaler.constant());
        for ((z, x), ((c, s), constant)) in z.iter_mut().zip(row).zip(scales) {
            *z = (x - c) / s * if *constant { 1.0 } else { widen };
        }
    }

    /// Distance of a standardised row from a component.
    fn distance(z: &[f64], component: &[f64]) -> f64 {
        z.iter().zip(component).map(|(z, v)| (z - v) * (z - v)).sum::<f64>().sqrt()
    }
}

impl Detector for ComponentDistance {
    fn feature_names(&self) -> &[String] {
        self.scaler.feature_names()
    }

    fn score_rows(&self, rows: Rows<'_>) -> Result<Array1<f64>> {
        check_input(&rows, self.scaler.feature_names())?;
        let d = rows.values.ncols();
        let mut scores = vec![0.0; rows.values.nrows()];
        par::rows_init(
            &mut scores,
            1,
            || (vec![0.0; d], Vec::new()),
            |(z, scratch), i, out| {
                self.standardise(row_slice(rows.values.row(i), scratch), z);
                let components = self.components.chunks_exact(d).zip(&self.weights);
                out[0] = components.map(|(v, w)| Self::distance(z, v) / w).sum();
            },
        );
        check_scores(WHAT, &scores)?;
        Ok(scores.into())
    }

    /// Contributions that add up to the score; see the module.
    fn explain(&self, row: ArrayView1<'_, f64>) -> Result<Attribution> {
        let score = self.score_rows(Rows::from(row.insert_axis(ndarray::Axis(0))))?[0];
        let d = row.len();
        let mut z = vec![0.0; d];
        self.standardise(&row.to_vec(), &mut z);
        let mut parts = vec![0.0; d];
        for (v, w) in self.components.chunks_exact(d).zip(&self.weights) {
            let distance = Self::distance(&z, v);
            if distance > 0.0 {
                for ((part, z), v) in parts.iter_mut().zip(&z).zip(v) {
                    *part += (z - v) * ((z - v) / distance) / w;
                }
            }
        }
        check_scores(WHAT, &parts)?;
        Attribution::new(self.scaler.feature_names().to_vec(), parts, score)
    }
}

#[cfg(feature = "persist")]
impl crate::persist::Persist for ComponentDistance {
    const KIND: &'static str = "component_distance";
    fn feature_names(&self) -> &[String] {
        self.scaler.feature_names()
    }
}

/// What a file says; checked before it becomes a [`ComponentDistance`].
#[cfg(feature = "serde")]
#[derive(serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    params: ComponentDistanceValidParams,
    scaler: Scaler,
    rows: usize,
    components: Vec<f64>,
    weights: Vec<f64>,
}

#[cfg(feature = "serde")]
impl From<ComponentDistance> for Raw {
    fn from(m: ComponentDistance) -> Self {
        Self { params: m.params, scaler: m.scaler, rows: m.rows, components: m.components, weights: m.weights }
    }
}

#[cfg(feature = "serde")]
impl TryFrom<Raw> for ComponentDistance {
    type Error = Error;
    fn try_from(raw: Raw) -> Result<Self> {
        let refuse = |reason: &str| Err(Error::Model { reason: format!("distance from the components: {reason}") });
        let params = ComponentDistanceParams(raw.params).check()?;
        let (d, k) = (raw.scaler.feature_names().len(), raw.weights.len());
        if raw.rows < 2 || k == 0 || k > d || params.components.is_some_and(|most| k > most) {
            return refuse("too few rows, or another number of components than the settings");
        }
        if raw.components.len() != k * d || !raw.components.iter().all(|v| v.abs() <= 1.0 + 1e-9) {
            return refuse("components have the wrong size or are no unit vectors");
        }
        if !raw.weights.iter().all(|w| *w > 0.0 && *w <= 1.0 + 1e-9) {
            return refuse("a weight is not a fraction");
        }
        Ok(Self { params, scaler: raw.scaler, rows: raw.rows, components: raw.components, weights: raw.weights })
    }
}
