//! What every learner of a number answers, and what they share at their doors.

use crate::error::{Error, Result};
use crate::features::Rows;
use crate::math::rng::Rng;
use ndarray::{Array1, ArrayView1, Axis};
use std::fmt;

/// A fitted model that predicts a number from a row.
pub trait Regressor {
    /// Names of the columns the model was fitted on.
    fn feature_names(&self) -> &[String];

    /// Prediction for every row, in units of the target.
    ///
    /// # Errors
    /// [`Error::Shape`] or [`Error::Columns`] when the columns are not those of the fit, [`Error::NonFinite`] naming the
    /// first infinite cell (for models that handle missing values) or the first NaN or infinite one (for the others).
    fn predict_rows(&self, rows: Rows<'_>) -> Result<Array1<f64>>;

    /// [`Regressor::predict_rows`] of a feature matrix, an array, a view or a linfa dataset.
    ///
    /// # Errors
    /// As [`Regressor::predict_rows`].
    fn predict<'a>(&self, rows: impl Into<Rows<'a>>) -> Result<Array1<f64>>
    where
        Self: Sized,
    {
        self.predict_rows(rows.into())
    }

    /// Prediction for one row, its cells in the order of [`Regressor::feature_names`]. The same bits as in a batch.
    ///
    /// # Errors
    /// As [`Regressor::predict_rows`].
    fn predict_row(&self, row: &[f64]) -> Result<f64> {
        let one = self.predict_rows(ArrayView1::from(row).insert_axis(Axis(0)).into())?;
        one.first().copied().ok_or_else(|| Error::shape("predictions of one row", 1, one.len()))
    }
}

/// What each column added to one prediction (Shapley values): they add up to the prediction less the expected one.
///
/// ```
/// use prognos::learners::Shapley;
/// let why = Shapley::new(vec!["age".into(), "load".into()], vec![-30.0, 4.0], 90.0);
/// assert_eq!(why.to_string(), "90.0 - 30.0 (age) + 4.0 (load)");
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Shapley {
    names: Vec<String>,
    values: Vec<f64>,
    expected: f64,
}

impl Shapley {
    /// Values by name, and the expected prediction.
    #[must_use]
    pub fn new(names: Vec<String>, values: Vec<f64>, expected: f64) -> Self {
        Self { names, values, expected }
    }

    /// Names of the columns, in the order of the model.
    #[must_use]
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// Value of each column, in units of the target.
    #[must_use]
    pub fn values(&self) -> &[f64] {
        &self.values
    }

    /// Prediction for a row of which nothing is known: the mean over the training rows.
    #[must_use]
    pub fn expected(&self) -> f64 {
        self.expected
    }

    /// The prediction that is explained.
    #[must_use]
    pub fn prediction(&self) -> f64 {
        self.expected + self.values.iter().sum::<f64>()
    }

    /// Names and values, the largest in size first; ties stay in the order of the columns.
    #[must_use]
    pub fn ranked(&self) -> Vec<(&str, f64)> {
        let mut all: Vec<(&str, f64)> =
            self.names.iter().map(String::as_str).zip(self.values.iter().copied()).collect();
        all.sort_by(|a, b| b.1.abs().total_cmp(&a.1.abs()));
        all
    }
}

impl fmt::Display for Shapley {
    /// The expected prediction and the five largest values.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.1}", self.expected)?;
        for (name, value) in self.ranked().into_iter().take(5) {
            write!(f, " {} {:.1} ({name})", if value < 0.0 { '-' } else { '+' }, value.abs())?;
        }
        Ok(())
    }
}

/// How much worse the model predicts when one column is shuffled: mean squared error with the column permuted less
/// without, for every column, mean over `repeats` shuffles (Breiman 2001; Fisher, Rudin & Dominici 2019). Take rows that the
/// model was not fitted on. Near 0 or negative: the model does not need the column, or another one stands in for it.
///
/// Cost: `columns x repeats` predictions of all rows.
///
/// ```
/// use prognos::learners::{Forest, permutation_importance};
/// use ndarray::{Array1, Array2};
/// let rows = Array2::from_shape_fn((300, 2), |(i, j)| ((i * (j + 2)) as f64 * 0.37).sin());
/// let target: Array1<f64> = rows.column(0).mapv(|v| 10.0 * v);
/// let model = Forest::random_forest().trees(20).fit(&rows, &target)?;
/// let importance = permutation_importance(&model, &rows, &target, 3, 0)?;
/// assert!(importance[0] > 20.0 * importance[1].abs());
/// # Ok::<(), prognos::Error>(())
/// ```
///
/// # Errors
/// [`Error::Shape`] unless there are as many targets as rows, [`Error::Parameter`] for no repeats, and the errors of the
/// model.
pub fn permutation_importance<'a, 't>(
    model: &impl Regressor,
    rows: impl Into<Rows<'a>>,
    targets: impl Into<ArrayView1<'t, f64>>,
    repeats: usize,
    seed: u64,
) -> Result<Vec<f64>> {
    let rows = rows.into();
    let targets = check_targets(&rows, targets.into())?;
    if repeats == 0 {
        return Err(Error::parameter("repeats", repeats, "must be at least 1"));
    }
    let error = |predicted: &Array1<f64>| {
        let pairs = predicted.iter().zip(&targets);
        pairs.map(|(p, y)| (p - y) * (p - y)).sum::<f64>() / targets.len() as f64
    };
    let plain = error(&model.predict_rows(rows)?);
    let mut changed = rows.values.to_owned();
    (0..rows.values.ncols())
        .map(|j| {
            let mut sum = 0.0;
            for repeat in 0..repeats {
                let mut rng = Rng::stream(seed, (j * repeats + repeat) as u64);
                let mut order: Vec<usize> = (0..targets.len()).collect();
                for i in (1..order.len()).rev() {
                    order.swap(i, rng.below(i + 1));
                }
                for (i, &from) in order.iter().enumerate() {
                    changed[[i, j]] = rows.values[[from, j]];
                }
                sum += error(&model.predict_rows(changed.view().into())?) - plain;
            }
            changed.column_mut(j).assign(&rows.values.column(j));
            Ok(sum / repeats as f64)
        })
        .collect()
}

/// Parts of their sum; zeros when there is nothing to share.
pub(crate) fn shares(mut parts: Vec<f64>) -> Vec<f64> {
    let total: f64 = parts.iter().sum();
    if total > 0.0 {
        parts.iter_mut().for_each(|p| *p /= total);
    }
    parts
}

/// `Ok` when no cell is infinite (NaN is a missing value) and there are rows and columns enough.
pub(crate) fn check_trees_rows(rows: &Rows<'_>, what: &'static str, min_rows: usize) -> Result<()> {
    let (n, d) = rows.values.dim();
    if n < min_rows {
        return Err(Error::too_few(format!("{what}: rows"), min_rows, n));
    }
    if d == 0 {
        return Err(Error::too_few(format!("{what}: columns"), 1, 0));
    }
    if n >= u32::MAX as usize || d >= u32::MAX as usize {
        return Err(Error::parameter("rows", n.max(d), "trees count rows and columns in 32 bits"));
    }
    match rows.values.indexed_iter().find(|(_, v)| v.is_infinite()) {
        None => Ok(()),
        Some(((row, j), &value)) => {
            Err(Error::NonFinite { what: what.into(), row, column: rows.column_name(j), value })
        }
    }
}

/// The targets, when there is a finite one for every row.
pub(crate) fn check_targets(rows: &Rows<'_>, targets: ArrayView1<'_, f64>) -> Result<Vec<f64>> {
    if targets.len() != rows.values.nrows() {
        return Err(Error::shape("targets of the rows", rows.values.nrows(), targets.len()));
    }
    let targets = targets.to_vec();
    crate::error::check_finite("targets", "target", &targets)?;
    Ok(targets)
}

/// A bare row as rows, when it has as many cells as the model has columns.
pub(crate) fn one_row<'a>(row: ArrayView1<'a, f64>, names: &[String]) -> Result<Rows<'a>> {
    if row.len() != names.len() {
        return Err(Error::shape("cells of the row", names.len(), row.len()));
    }
    Ok(Rows::from(row.insert_axis(Axis(0))))
}

/// linfa's doors of a learner: `Predict` gives NaN for rows it refuses, never a panic.
macro_rules! linfa_doors {
    ($model:ty) => {
        impl<D: ndarray::Data<Elem = f64>>
            linfa::traits::PredictInplace<ndarray::ArrayBase<D, ndarray::Ix2>, ndarray::Array1<f64>> for $model
        {
            fn predict_inplace<'a>(&'a self, x: &'a ndarray::ArrayBase<D, ndarray::Ix2>, y: &mut ndarray::Array1<f64>) {
                match $crate::learners::Regressor::predict_rows(self, x.view().into()) {
                    Ok(predicted) if predicted.len() == y.len() => y.assign(&predicted),
                    _ => y.fill(f64::NAN),
                }
            }

            fn default_target(&self, x: &ndarray::ArrayBase<D, ndarray::Ix2>) -> ndarray::Array1<f64> {
                ndarray::Array1::from_elem(x.nrows(), f64::NAN)
            }
        }
    };
}
pub(crate) use linfa_doors;
