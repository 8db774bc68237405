//! Rows of numbers with named columns: what features make and what models read.

use crate::error::{Error, Result};
use linfa::dataset::DatasetBase;
use ndarray::{Array1, Array2, ArrayBase, ArrayView1, ArrayView2, Axis, Data, Ix2};
use std::sync::Arc;

/// One row a window, one column a feature; the names travel with the numbers.
///
/// ```
/// use prognos::features::FeatureMatrix;
/// use ndarray::array;
/// let m = FeatureMatrix::new(vec!["rms".into(), "kurtosis".into()], array![[1.0, 3.0], [2.0, 5.0]])?;
/// assert_eq!(m.column("kurtosis")?[1], 5.0);
/// assert_eq!(m.select(&["kurtosis"])?.names(), ["kurtosis"]);
/// assert!(m.column("crest").is_err());
/// # Ok::<(), prognos::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct FeatureMatrix {
    names: Arc<[String]>,
    values: Array2<f64>,
    starts: Vec<usize>,
}

impl FeatureMatrix {
    /// A matrix from names and values; row `i` counts as starting at sample `i`.
    ///
    /// # Errors
    /// [`Error::Shape`] when there are not as many names as columns, [`Error::Parameter`] when two names are equal.
    pub fn new(names: Vec<String>, values: Array2<f64>) -> Result<Self> {
        let starts = (0..values.nrows()).collect();
        Self::with_starts(names.into(), values, starts)
    }

    /// A matrix whose row `i` was computed from the window that starts at sample `starts[i]`.
    ///
    /// # Errors
    /// As [`FeatureMatrix::new`], and [`Error::Shape`] when there are not as many starts as rows.
    pub fn with_starts(names: Arc<[String]>, values: Array2<f64>, starts: Vec<usize>) -> Result<Self> {
        if names.len() != values.ncols() {
            return Err(Error::shape("names of a feature matrix", values.ncols(), names.len()));
        }
        if starts.len() != values.nrows() {
            return Err(Error::shape("window starts of a feature matrix", values.nrows(), starts.len()));
        }
        let mut sorted: Vec<&String> = names.iter().collect();
        sorted.sort_unstable();
        if let Some(pair) = sorted.windows(2).find(|pair| pair[0] == pair[1]) {
            return Err(Error::parameter("names", pair[0], "every column needs a name of its own"));
        }
        Ok(Self { names, values, starts })
    }

    /// Names of the columns, in order.
    #[must_use]
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// Index of the first sample of each row's window.
    #[must_use]
    pub fn starts(&self) -> &[usize] {
        &self.starts
    }

    /// The numbers: rows by columns.
    #[must_use]
    pub fn view(&self) -> ArrayView2<'_, f64> {
        self.values.view()
    }

    /// The numbers, given away.
    #[must_use]
    pub fn into_values(self) -> Array2<f64> {
        self.values
    }

    /// Number of rows.
    #[must_use]
    pub fn nrows(&self) -> usize {
        self.values.nrows()
    }

    /// Number of columns.
    #[must_use]
    pub fn ncols(&self) -> usize {
        self.values.ncols()
    }

    /// Row `i`.
    ///
    /// # Errors
    /// [`Error::Parameter`] when there is no such row.
    pub fn row(&self, i: usize) -> Result<ArrayView1<'_, f64>> {
        if i < self.nrows() {
            Ok(self.values.row(i))
        } else {
            Err(Error::parameter("row", i, format!("the matrix has {} rows, counted from 0", self.nrows())))
        }
    }

    /// The column called `name`.
    ///
    /// # Errors
    /// [`Error::UnknownFeature`] when there is none of that name.
    pub fn column(&self, name: &str) -> Result<ArrayView1<'_, f64>> {
        Ok(self.values.column(self.position(name)?))
    }

    fn position(&self, name: &str) -> Result<usize> {
        self.names.iter().position(|n| n == name).ok_or_else(|| Error::UnknownFeature {
            name: name.to_owned(),
            reason: format!("the matrix has {} columns and none of that name", self.names.len()),
        })
    }

    /// The columns called `names`, in that order.
    ///
    /// # Errors
    /// [`Error::UnknownFeature`] when a name is missing, [`Error::Parameter`] when one is given twice.
    pub fn select(&self, names: &[impl AsRef<str>]) -> Result<Self> {
        let columns = names.iter().map(|n| self.position(n.as_ref())).collect::<Result<Vec<_>>>()?;
        self.take_columns(&columns)
    }

    /// The rows from `from` up to but not including `to`; both are cut to the number of rows.
    #[must_use]
    pub fn rows(&self, from: usize, to: usize) -> Self {
        let to = to.min(self.nrows());
        let from = from.min(to);
        Self {
            names: Arc::clone(&self.names),
            values: self.values.slice_axis(Axis(0), (from..to).into()).to_owned(),
            starts: self.starts[from..to].to_vec(),
        }
    }

    /// The matrix without the columns in which some row is NaN or infinite: what most models need. The names that
    /// are left say which columns went.
    ///
    /// # Errors
    /// [`Error::TooFew`] when no column is left.
    pub fn finite_columns(&self) -> Result<Self> {
        let columns: Vec<usize> =
            (0..self.ncols()).filter(|&j| self.values.column(j).iter().all(|v| v.is_finite())).collect();
        if columns.is_empty() {
            return Err(Error::too_few("columns without NaN or infinite values", 1, 0));
        }
        self.take_columns(&columns)
    }

    /// The matrix without the rows in which some column is NaN or infinite; the starts tell which rows are left.
    #[must_use]
    pub fn finite_rows(&self) -> Self {
        let rows: Vec<usize> =
            (0..self.nrows()).filter(|&i| self.values.row(i).iter().all(|v| v.is_finite())).collect();
        self.take_rows(&rows)
    }

    /// The rows for which `keep` holds, in order; it is given the row's number and its values.
    #[must_use]
    pub fn filter_rows(&self, keep: impl Fn(usize, ArrayView1<'_, f64>) -> bool) -> Self {
        let rows: Vec<usize> = (0..self.nrows()).filter(|&i| keep(i, self.values.row(i))).collect();
        self.take_rows(&rows)
    }

    fn take_rows(&self, rows: &[usize]) -> Self {
        Self {
            names: Arc::clone(&self.names),
            values: self.values.select(Axis(0), rows),
            starts: rows.iter().map(|&i| self.starts[i]).collect(),
        }
    }

    fn take_columns(&self, columns: &[usize]) -> Result<Self> {
        let names = columns.iter().map(|&j| self.names[j].clone()).collect();
        Self::with_starts(names, self.values.select(Axis(1), columns), self.starts.clone())
    }

    /// Joins matrices of the same rows side by side, for example those of several channels.
    ///
    /// # Errors
    /// [`Error::TooFew`] without a matrix, [`Error::Shape`] when the rows or their starts differ,
    /// [`Error::Parameter`] when two columns have the same name.
    pub fn join(parts: &[Self]) -> Result<Self> {
        let first = parts.first().ok_or_else(|| Error::too_few("matrices to join", 1, 0))?;
        for part in parts {
            if part.nrows() != first.nrows() {
                return Err(Error::shape("rows of a matrix to join", first.nrows(), part.nrows()));
            }
            if let Some(i) = part.starts.iter().zip(&first.starts).position(|(a, b)| a != b) {
                let what = format!("start of row {i} of a matrix to join");
                return Err(Error::shape(what, first.starts[i], part.starts[i]));
            }
        }
        let names = parts.iter().flat_map(|p| p.names.iter().cloned()).collect();
        let views: Vec<_> = parts.iter().map(Self::view).collect();
        let values =
            ndarray::concatenate(Axis(1), &views).map_err(|e| Error::numeric("joining matrices", e.to_string()))?;
        Self::with_starts(names, values, first.starts.clone())
    }

    /// The matrix as a linfa dataset without targets; the names travel along.
    #[must_use]
    pub fn into_dataset(self) -> DatasetBase<Array2<f64>, Array1<()>> {
        let names = self.names.to_vec();
        DatasetBase::from(self.values).with_feature_names(names)
    }
}

/// Rows that a model reads: a view, with the names of the columns where they are known.
///
/// Every model takes `impl Into<Rows>`: a [`FeatureMatrix`], an `Array2`, a view, or a linfa dataset.
#[derive(Debug, Clone, Copy)]
pub struct Rows<'a> {
    /// The numbers: rows by columns.
    pub values: ArrayView2<'a, f64>,
    names: Option<&'a [String]>,
}

impl<'a> Rows<'a> {
    /// Names of the columns, where they are known.
    #[must_use]
    pub fn names(&self) -> Option<&'a [String]> {
        self.names
    }

    /// The names, or `0`, `1`, `2`, ... where the columns have none.
    #[must_use]
    pub fn names_or_numbers(&self) -> Vec<String> {
        match self.names {
            Some(names) => names.to_vec(),
            None => (0..self.values.ncols()).map(|j| j.to_string()).collect(),
        }
    }

    /// The name of column `j`, or its number.
    pub(crate) fn column_name(&self, j: usize) -> String {
        self.names.and_then(|n| n.get(j)).cloned().unwrap_or_else(|| j.to_string())
    }

    /// `Ok` when every cell is finite and there is at least one row and one column.
    pub(crate) fn check_finite(&self, what: &'static str, min_rows: usize) -> Result<()> {
        if self.values.nrows() < min_rows {
            return Err(Error::too_few(format!("{what}: rows"), min_rows, self.values.nrows()));
        }
        if self.values.ncols() == 0 {
            return Err(Error::too_few(format!("{what}: columns"), 1, 0));
        }
        match self.values.indexed_iter().find(|(_, v)| !v.is_finite()) {
            None => Ok(()),
            Some(((row, j), &value)) => {
                Err(Error::NonFinite { what: what.into(), row, column: self.column_name(j), value })
            }
        }
    }

    /// `Ok` when the columns are those a model was fitted on: the same number, and the same names where both
    /// sides have names.
    pub(crate) fn check_columns(&self, fitted: &[String]) -> Result<()> {
        if self.values.ncols() != fitted.len() {
            return Err(Error::shape("columns of the rows", fitted.len(), self.values.ncols()));
        }
        let numbered = || fitted.iter().enumerate().all(|(j, name)| *name == j.to_string());
        if let Some(names) = self.names
            && let Some(position) = names.iter().zip(fitted).position(|(a, b)| a != b)
            && !numbered()
        {
            return Err(Error::Columns {
                position,
                expected: fitted[position].clone(),
                found: names[position].clone(),
            });
        }
        Ok(())
    }
}

impl<'a> From<&'a FeatureMatrix> for Rows<'a> {
    fn from(matrix: &'a FeatureMatrix) -> Self {
        Self { values: matrix.values.view(), names: Some(&matrix.names) }
    }
}

impl<'a> From<ArrayView2<'a, f64>> for Rows<'a> {
    fn from(values: ArrayView2<'a, f64>) -> Self {
        Self { values, names: None }
    }
}

impl<'a> From<&'a Array2<f64>> for Rows<'a> {
    fn from(values: &'a Array2<f64>) -> Self {
        Self { values: values.view(), names: None }
    }
}

impl<'a, D: Data<Elem = f64>, T> From<&'a DatasetBase<ArrayBase<D, Ix2>, T>> for Rows<'a> {
    fn from(dataset: &'a DatasetBase<ArrayBase<D, Ix2>, T>) -> Self {
        let names = dataset.feature_names();
        Self { values: dataset.records.view(), names: (!names.is_empty()).then_some(names) }
    }
}
