//! Distance to the nearest neighbours.
//!
//! **What it answers.** Is there anything in the training rows like this row? No shape of the data is assumed, several
//! operating regimes are fine, and the answer names the neighbour. On local anomalies the strongest of 33 methods over 52
//! data sets (Bouman, Bukhsh & Heskes 2024).
//!
//! **Formula.** With `d_1 <= ... <= d_k` the distances to the k nearest training rows, the score is `d_k` (`Largest`),
//! their mean, or their median.
//!
//! **Attribution.** A distance is shared by columns as the squared differences (Euclidean) or absolute differences
//! (Manhattan) share their sum; the mean and the median take the mean of the shares of the distances they are made of.
//! The contributions add up to the **score**.
//!
//! **Sources.** Ramaswamy, Rastogi & Shim 2000 (SIGMOD); Angiulli & Pizzuti 2002 for the mean.
//!
//! **When not to use it.** Clusters of very different density: the sparse one alarms ([`Lof`](super::Lof) compares each
//! row with its own neighbourhood). Hundreds of columns of noise: distances become alike.

use super::{Baseline, Metric, Neighbour, check_neighbours};
use crate::anomaly::{Attribution, Detector, check_input, check_scores};
use crate::error::Result;
use crate::features::Rows;
use crate::learners::Scaling;
use linfa::ParamGuard;
use ndarray::{Array1, ArrayView1};

/// Which of the k distances is the score.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum KnnDistance {
    /// The one to the k-th neighbour.
    #[default]
    Largest,
    /// The mean of all k.
    Mean,
    /// The median of all k.
    Median,
}

impl KnnDistance {
    /// The places, counted from 0, of the distances whose mean it is.
    fn places(self, k: usize) -> std::ops::Range<usize> {
        match self {
            Self::Largest => k.saturating_sub(1)..k,
            Self::Mean => 0..k,
            Self::Median => k.saturating_sub(1) / 2..k / 2 + usize::from(k > 0),
        }
    }

    fn of(self, found: &[Neighbour]) -> f64 {
        let places = &found[self.places(found.len())];
        match places {
            [one] => one.distance,
            _ => places.iter().map(|f| f.distance).sum::<f64>() / places.len() as f64,
        }
    }
}

/// Checked settings of a [`Knn`].
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
pub struct KnnValidParams {
    neighbours: usize,
    distance: KnnDistance,
    metric: Metric,
    scaling: Option<Scaling>,
}

/// Settings of a [`Knn`]; see [`Knn::params`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnnParams(KnnValidParams);

impl KnnParams {
    /// Number of neighbours; all other rows when there are fewer. Default 5: more than the few anomalies that may sit
    /// close together in the training rows.
    #[must_use]
    pub fn neighbours(mut self, k: usize) -> Self {
        self.0.neighbours = k;
        self
    }

    /// Which distance is the score. Default [`KnnDistance::Largest`].
    #[must_use]
    pub fn distance(mut self, distance: KnnDistance) -> Self {
        self.0.distance = distance;
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

    /// Keeps the rows and their index.
    ///
    /// # Errors
    /// [`Error::Parameter`](crate::Error::Parameter) unless there are 1 to 65536 neighbours;
    /// [`Error::TooFew`](crate::Error::TooFew) with fewer than 2 rows; [`Error::NonFinite`](crate::Error::NonFinite)
    /// naming a cell; [`Error::Numeric`](crate::Error::Numeric) when squares overflow.
    pub fn fit<'a>(&self, rows: impl Into<Rows<'a>>) -> Result<Knn> {
        self.check_ref()?.fit_rows(rows.into())
    }
}

impl KnnValidParams {
    fn check_settings(&self) -> Result<()> {
        check_neighbours(self.neighbours, 1)
    }

    fn fit_rows(&self, rows: Rows<'_>) -> Result<Knn> {
        let base = Baseline::fit(rows, self.scaling, self.metric, "rows to fit nearest neighbours", 2)?;
        let k = self.neighbours.min(base.index().len() - 1);
        let found = base.index().nearest_of_all(k);
        let training: Vec<f64> = found.chunks_exact(k).map(|found| self.distance.of(found)).collect();
        check_scores("nearest neighbours of the training rows", &training)?;
        Ok(Knn { params: self.clone(), base, training })
    }
}

row_model!(KnnParams, KnnValidParams, Knn, "knn");

/// A fitted detector by the distance to the nearest training rows.
///
/// ```
/// use prognos::anomaly::{Detector, Knn, KnnDistance, Threshold};
/// use ndarray::Array2;
/// let healthy = Array2::from_shape_fn((300, 3), |(i, j)| ((i * (j + 2)) as f64 * 0.37).sin());
/// let model = Knn::params().neighbours(5).distance(KnnDistance::Mean).fit(&healthy)?;
/// // Training rows are not their own neighbours: their scores are what a threshold needs.
/// let limit = Threshold::false_alarms(0.01).fit(model.train_scores())?;
/// let mut row = healthy.row(17).to_owned();
/// row[1] += 3.0;
/// let score = model.score_row(&row.to_vec())?;
/// assert!(limit.is_alarm(score));
/// let why = model.explain(row.view())?;
/// assert_eq!(why.ranked()[0].0, "1");
/// assert!((why.total() - score).abs() < 1e-12 * score);
/// # Ok::<(), prognos::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(try_from = "Raw", into = "Raw"))]
pub struct Knn {
    params: KnnValidParams,
    base: Baseline,
    training: Vec<f64>,
}

impl Knn {
    /// Default settings: largest Euclidean distance to 5 neighbours, columns standardised.
    #[must_use]
    pub fn params() -> KnnParams {
        KnnParams(KnnValidParams {
            neighbours: 5,
            distance: KnnDistance::Largest,
            metric: Metric::Euclidean,
            scaling: Some(Scaling::Standard),
        })
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

    /// The nearest training rows of a row, nearest first: their numbers and distances.
    ///
    /// ```
    /// use prognos::anomaly::Knn;
    /// use ndarray::array;
    /// let model = Knn::params().neighbours(2).unscaled().fit(&array![[0.0], [1.0], [5.0]])?;
    /// assert_eq!(model.neighbours_of(array![4.5].view())?, [(2, 0.5), (1, 3.5)]);
    /// # Ok::<(), prognos::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`Detector::score_rows`].
    pub fn neighbours_of(&self, row: ArrayView1<'_, f64>) -> Result<Vec<(usize, f64)>> {
        check_input(&Rows::from(row.insert_axis(ndarray::Axis(0))), self.base.names())?;
        let (_, found) = self.base.nearest(row, self.params.neighbours);
        let found: Vec<(usize, f64)> = found.into_iter().map(|f| (f.row, f.distance)).collect();
        check_scores("distance to a neighbour", &found.iter().map(|f| f.1).collect::<Vec<_>>())?;
        Ok(found)
    }
}

impl Detector for Knn {
    fn feature_names(&self) -> &[String] {
        self.base.names()
    }

    fn score_rows(&self, rows: Rows<'_>) -> Result<Array1<f64>> {
        check_input(&rows, self.base.names())?;
        let scores = self.base.map(rows.values, self.params.neighbours, |_, found| self.params.distance.of(found));
        check_scores("nearest neighbours", &scores)?;
        Ok(scores.into())
    }

    /// Contributions that add up to the score; see the module.
    fn explain(&self, row: ArrayView1<'_, f64>) -> Result<Attribution> {
        let score = self.score_rows(Rows::from(row.insert_axis(ndarray::Axis(0))))?[0];
        let (x, found) = self.base.nearest(row, self.params.neighbours);
        let used = &found[self.params.distance.places(found.len())];
        let mut parts = vec![0.0; row.len()];
        let index = self.base.index();
        for neighbour in used {
            let amount = neighbour.distance / used.len() as f64;
            index.metric().share(&x, index.row(neighbour.row), amount, &mut parts);
        }
        Attribution::new(self.base.names().to_vec(), parts, score)
    }
}

/// What a file says; checked before it becomes a [`Knn`].
#[cfg(feature = "serde")]
#[derive(serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    params: KnnValidParams,
    base: Baseline,
    training: Vec<f64>,
}

#[cfg(feature = "serde")]
impl From<Knn> for Raw {
    fn from(m: Knn) -> Self {
        Self { params: m.params, base: m.base, training: m.training }
    }
}

#[cfg(feature = "serde")]
impl TryFrom<Raw> for Knn {
    type Error = crate::error::Error;
    fn try_from(raw: Raw) -> Result<Self> {
        let params = KnnParams(raw.params).check()?;
        raw.base.check_settings("kNN", params.scaling, params.metric, 2)?;
        super::check_numbers("kNN scores", &raw.training, raw.base.index().len())?;
        Ok(Self { params, base: raw.base, training: raw.training })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::{Array2, array};

    #[test]
    fn distances_by_hand() {
        let x = array![[0.0, 0.0], [3.0, 4.0], [6.0, 8.0], [0.0, 1.0]];
        let fit = |distance| Knn::params().neighbours(3).distance(distance).unscaled().fit(&x).unwrap();
        let mean = (5.0 + 10.0 + 1.0) / 3.0;
        for (distance, expected) in
            [(KnnDistance::Largest, 10.0), (KnnDistance::Mean, mean), (KnnDistance::Median, 5.0)]
        {
            assert!((fit(distance).train_scores()[0] - expected).abs() < 1e-15, "{distance:?}");
        }
        let even = Knn::params().neighbours(2).distance(KnnDistance::Median).unscaled().fit(&x).unwrap();
        assert!((even.train_scores()[0] - 3.0).abs() < 1e-15);
        let manhattan = Knn::params().neighbours(1).metric(Metric::Manhattan).unscaled().fit(&x).unwrap();
        assert!((manhattan.score_row(&[7.0, 9.0]).unwrap() - 2.0).abs() < 1e-15);
    }

    #[test]
    fn settings_are_checked() {
        let x = Array2::from_shape_fn((9, 2), |(i, j)| (i * j) as f64);
        assert!(Knn::params().neighbours(0).fit(&x).is_err());
        assert!(Knn::params().neighbours(1 << 17).fit(&x).is_err());
        assert!(Knn::params().fit(&Array2::zeros((1, 2))).is_err());
        // More neighbours than rows: all of them.
        let all = Knn::params().neighbours(50).fit(&x).unwrap();
        assert_eq!(all.train_scores(), Knn::params().neighbours(8).fit(&x).unwrap().train_scores());
    }
}
