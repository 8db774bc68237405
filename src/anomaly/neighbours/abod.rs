//! Angle-based outliers, on nearest neighbours.
//!
//! **What it answers.** Does the row look at its neighbours in all directions, as from the middle of a crowd, or in one
//! direction only, as from outside? Angles stay meaningful in many columns, where distances become alike.
//!
//! **Formula.** For all pairs (a, b) of the k nearest training rows, as seen from x,
//!
//! ```text
//! w(a, b) = (a - x) · (b - x) / (|a - x|² |b - x|²)        score = -variance of w over the pairs
//! ```
//!
//! (divided by the number of pairs). Scores are not positive: 0 is the most anomalous, far away; the middle of a dense
//! crowd is far below. Neighbours that equal x are left out. Where no pair is left, or the variance overflows, the row lies on
//! top of its neighbours and has the lowest number there is.
//!
//! **Attribution.** A variance of angles has no parts by column. The contributions say instead where the neighbours are:
//! they add up to the **mean distance to the k neighbours**, shared by squared differences as for [`Knn`](super::Knn).
//!
//! **Source.** Kriegel, Schubert & Zimek 2008 (KDD), FastABOD.
//!
//! **When not to use it.** Few columns: [`Knn`](super::Knn) and [`Lof`](super::Lof) say the same, and more about why. Scores
//! span many orders of magnitude: compare ranks or logarithms.

use super::{Baseline, Metric, Neighbour, check_neighbours};
use crate::anomaly::{Attribution, Detector, check_input, check_scores};
use crate::error::Result;
use crate::features::Rows;
use crate::learners::Scaling;
use crate::math::{lanes, par};
use linfa::ParamGuard;
use ndarray::{Array1, ArrayView1};

/// Checked settings of an [`Abod`].
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
pub struct AbodValidParams {
    neighbours: usize,
    metric: Metric,
    scaling: Option<Scaling>,
}

/// Settings of an [`Abod`]; see [`Abod::params`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AbodParams(AbodValidParams);

impl AbodParams {
    /// Number of neighbours; all other rows when there are fewer. Default 5; the pairs grow with the square.
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
    /// [`Error::Parameter`](crate::Error::Parameter) unless there are 2 to 65536 neighbours;
    /// [`Error::TooFew`](crate::Error::TooFew) with fewer than 3 rows;
    /// [`Error::NonFinite`](crate::Error::NonFinite) naming a cell; [`Error::Numeric`](crate::Error::Numeric) when squares
    /// overflow.
    pub fn fit<'a>(&self, rows: impl Into<Rows<'a>>) -> Result<Abod> {
        self.check_ref()?.fit_rows(rows.into())
    }
}

impl AbodValidParams {
    fn check_settings(&self) -> Result<()> {
        check_neighbours(self.neighbours, 2)
    }

    fn fit_rows(&self, rows: Rows<'_>) -> Result<Abod> {
        let base = Baseline::fit(rows, self.scaling, self.metric, "rows to fit angle-based outliers", 3)?;
        let n = base.index().len();
        let k = self.neighbours.min(n - 1);
        let found = base.index().nearest_of_all(k);
        let mut model = Abod { params: self.clone(), base, training: Vec::new() };
        let index = model.base.index();
        model.training = par::map(n, |i| model.angles(index.row(i), &found[i * k..(i + 1) * k]));
        check_scores("angles of the training rows", &model.training)?;
        Ok(model)
    }
}

row_model!(AbodParams, AbodValidParams, Abod, "abod");

/// A fitted detector by the variance of angles to the nearest training rows.
///
/// ```
/// use prognos::anomaly::{Abod, Detector};
/// use ndarray::Array2;
/// let healthy = Array2::from_shape_fn((300, 3), |(i, j)| ((i * (j + 2)) as f64 * 0.37).sin());
/// let model = Abod::params().neighbours(10).fit(&healthy)?;
/// let far = model.score_row(&[9.0, 0.0, 0.0])?;
/// assert!(far > model.score_row(&[0.0, 0.0, 0.0])? && far < 0.0);
/// # Ok::<(), prognos::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(try_from = "Raw", into = "Raw"))]
pub struct Abod {
    params: AbodValidParams,
    base: Baseline,
    training: Vec<f64>,
}

impl Abod {
    /// Default settings: 5 neighbours, Euclidean distance, columns standardised.
    #[must_use]
    pub fn params() -> AbodParams {
        AbodParams(AbodValidParams { neighbours: 5, metric: Metric::Euclidean, scaling: Some(Scaling::Standard) })
    }

    /// Names of the columns it was fitted on.
    #[must_use]
    pub fn feature_names(&self) -> &[String] {
        self.base.names()
    }

    /// Scores of the training rows among each other: no row is its own neighbour.
    #[must_use]
    pub fn train_scores(&self) -> &[f64] {
        &self.training
    }

    /// Minus the variance of the weighted cosines.
    fn angles(&self, x: &[f64], found: &[Neighbour]) -> f64 {
        let index = self.base.index();
        let mut directions = Vec::with_capacity(found.len() * x.len());
        let mut count = 0;
        for f in found {
            // (a - x) / |a - x|² = u / |a - x| with u of length 1: no square overflows or vanishes.
            let row = index.row(f.row);
            let largest = row.iter().zip(x).fold(0.0, |m: f64, (a, x)| m.max((a - x).abs()));
            if largest.is_infinite() {
                return f64::INFINITY;
            }
            if largest > 0.0 {
                let from = directions.len();
                directions.extend(row.iter().zip(x).map(|(a, x)| (a - x) / largest));
                let squares = lanes::sum_squares(&directions[from..]);
                for v in &mut directions[from..] {
                    *v /= squares * largest;
                }
                count += 1;
            }
        }
        let row = |a: usize| &directions[a * x.len()..(a + 1) * x.len()];
        let cosines: Vec<f64> =
            (0..count).flat_map(|a| (a + 1..count).map(move |b| lanes::dot(row(a), row(b)))).collect();
        let variance = lanes::variance(&cosines, 0);
        if variance.is_finite() { -variance } else { -f64::MAX }
    }
}

impl Detector for Abod {
    fn feature_names(&self) -> &[String] {
        self.base.names()
    }

    fn score_rows(&self, rows: Rows<'_>) -> Result<Array1<f64>> {
        check_input(&rows, self.base.names())?;
        let scores = self.base.map(rows.values, self.params.neighbours, |x, found| self.angles(x, found));
        check_scores("angles", &scores)?;
        Ok(scores.into())
    }

    /// Contributions that add up to the mean distance to the neighbours; see the module.
    fn explain(&self, row: ArrayView1<'_, f64>) -> Result<Attribution> {
        let score = self.score_rows(Rows::from(row.insert_axis(ndarray::Axis(0))))?[0];
        let (x, found) = self.base.nearest(row, self.params.neighbours);
        check_scores("distance to a neighbour", &found.iter().map(|f| f.distance).collect::<Vec<_>>())?;
        let index = self.base.index();
        let mut parts = vec![0.0; row.len()];
        for f in &found {
            index.metric().share(&x, index.row(f.row), f.distance / found.len() as f64, &mut parts);
        }
        Attribution::new(self.base.names().to_vec(), parts, score)
    }
}

/// What a file says; checked before it becomes an [`Abod`].
#[cfg(feature = "serde")]
#[derive(serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    params: AbodValidParams,
    base: Baseline,
    training: Vec<f64>,
}

#[cfg(feature = "serde")]
impl From<Abod> for Raw {
    fn from(m: Abod) -> Self {
        Self { params: m.params, base: m.base, training: m.training }
    }
}

#[cfg(feature = "serde")]
impl TryFrom<Raw> for Abod {
    type Error = crate::error::Error;
    fn try_from(raw: Raw) -> Result<Self> {
        let params = AbodParams(raw.params).check()?;
        raw.base.check_settings("Abod", params.scaling, params.metric, 3)?;
        super::check_numbers("scores", &raw.training, raw.base.index().len())?;
        Ok(Self { params, base: raw.base, training: raw.training })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::{Array2, array};

    #[test]
    fn variance_by_hand() {
        // From (0, 0) to (1, 0), (0, 2), (-1, 0): cosines over products of distances 0, -1, 0.
        let model = Abod::params().neighbours(3).unscaled().fit(&array![[1.0, 0.0], [0.0, 2.0], [-1.0, 0.0]]).unwrap();
        assert!((model.score_row(&[0.0, 0.0]).unwrap() + 2.0 / 9.0).abs() < 1e-15);
    }

    #[test]
    fn on_top_of_the_neighbours_is_lowest() {
        let model = Abod::params().fit(&Array2::from_elem((30, 2), 3.0)).unwrap();
        assert!(model.train_scores().iter().all(|s| *s <= -f64::MAX));
        assert!(model.score_row(&[4.0, 3.0]).unwrap() > -1.0);
    }
}
