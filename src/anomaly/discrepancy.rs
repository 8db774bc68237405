//! Wrap-around discrepancy (QMCD): does this row fill the space evenly together with the others?
//!
//! **What it answers.** For a table whose healthy rows spread over a box rather than gather about a centre: the
//! contribution of a row to the wrap-around discrepancy, a measure from quasi-Monte Carlo of how far points are from
//! uniform. Here as PyOD has it, for those who come from there.
//!
//! **Formula.** Columns are mapped to 0..1 by the range of the training rows. With `t_k = |x_k - x_jk|`
//!
//! ```text
//! w(x) = -(4/3)^d + 1/n² sum_j prod_k (3/2 - t_k + t_k²)
//! ```
//!
//! Large w is a crowd, or a corner; which of the two ends is strange is left to the training rows: when their w are
//! skewed to the left, or not skewed to the left but flatter than a normal law, the score is `max w + min w - w` (over the training
//! rows), else w. So says PyOD; the paper speaks of designs, not of anomalies.
//!
//! **Explanation.** Contribution of column k: the score minus what it would be if the factor of column k were 4/3, its
//! mean over the unit interval. The contributions do **not** add up to the score.
//!
//! **Source.** Fang & Ma 2001 for the discrepancy. **Cost.** Fit O(n² d), score O(n d) a row; the model keeps all rows.
//!
//! **When not to use it.** Many columns (the product drowns everything in (4/3)^d), many rows, and wherever it has not
//! been tried: the direction of the score is a guess.

use super::{Attribution, Detector, check_input, check_scores};
use crate::error::{Error, Result};
use crate::features::Rows;
use crate::learners::{check_rows, row_slice};
use crate::math::{lanes, par};
use linfa::ParamGuard;
use linfa::dataset::DatasetBase;
use linfa::traits::Fit;
use ndarray::{Array1, ArrayBase, ArrayView1, ArrayView2, Data, Ix2};

/// Checked settings of [`Discrepancy`]: there are none.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DiscrepancyValidParams(());

/// Settings of [`Discrepancy`]: there are none. See [`Discrepancy::params`].
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DiscrepancyParams(DiscrepancyValidParams);

impl DiscrepancyParams {
    /// Keeps the training rows and decides which end is strange.
    ///
    /// # Errors
    /// [`Error::TooFew`] without rows or columns; [`Error::NonFinite`] naming a cell; [`Error::Numeric`] when the range of a
    /// column or a product overflows.
    pub fn fit<'a>(&self, rows: impl Into<Rows<'a>>) -> Result<Discrepancy> {
        self.check_ref()?.fit_rows(rows.into())
    }
}

impl ParamGuard for DiscrepancyParams {
    type Checked = DiscrepancyValidParams;
    type Error = Error;

    fn check_ref(&self) -> Result<&DiscrepancyValidParams> {
        Ok(&self.0)
    }

    fn check(self) -> Result<DiscrepancyValidParams> {
        Ok(self.0)
    }
}

impl<D: Data<Elem = f64>, T> Fit<ArrayBase<D, Ix2>, T, Error> for DiscrepancyValidParams {
    type Object = Discrepancy;
    fn fit(&self, dataset: &DatasetBase<ArrayBase<D, Ix2>, T>) -> Result<Discrepancy> {
        self.fit_rows(dataset.into())
    }
}

const WHAT: &str = "wrap-around discrepancy";

impl DiscrepancyValidParams {
    fn fit_rows(&self, rows: Rows<'_>) -> Result<Discrepancy> {
        check_rows(&rows, "rows of a discrepancy", 1)?;
        let (n, d) = rows.values.dim();
        let ranges = par::map(d, |j| lanes::min_max(&rows.values.column(j).to_vec()));
        let low: Vec<f64> = ranges.iter().map(|r| r.0).collect();
        // A column that does not move is only centred.
        let range: Vec<f64> = ranges.iter().map(|&(low, high)| if high > low { high - low } else { 1.0 }).collect();
        if let Some(j) = range.iter().position(|r| !r.is_finite() || !(1.0 / r).is_finite()) {
            let reason = format!("the range of column `{}` is too large or too small", rows.column_name(j));
            return Err(Error::numeric(WHAT, reason));
        }
        let mut model =
            Discrepancy { names: rows.names_or_numbers(), low, range, rows: vec![0.0; n * d], turned_about: None };
        let mut unit = vec![0.0; n * d];
        par::rows_init(&mut unit, d, Vec::new, |scratch: &mut Vec<f64>, i, unit| {
            model.to_unit(row_slice(rows.values.row(i), scratch), unit);
        });
        model.rows = unit;
        let w = model.discrepancies(rows.values);
        check_scores(WHAT, &w)?;
        let mean = lanes::mean(&w);
        let moment = |k: i32| lanes::sum_by(&w, |v| (v - mean).powi(k)) / n as f64;
        let (second, third, fourth) = (moment(2), moment(3), moment(4));
        // Undefined for equal values, which are not turned.
        if second > 0.0 && (third < 0.0 || fourth < 3.0 * second * second) {
            let (smallest, largest) = lanes::min_max(&w);
            model.turned_about = Some(largest + smallest);
        }
        Ok(model)
    }
}

/// A fitted wrap-around discrepancy.
///
/// ```
/// use prognos::anomaly::{Detector, Discrepancy};
/// use ndarray::{Array2, array};
/// let rows = Array2::from_shape_fn((200, 2), |(i, j)| (i as f64 * [0.618, 0.414][j]).fract().powi(2));
/// let model = Discrepancy::params().fit(&rows)?;
/// let scores = model.score(&array![[0.1, 0.1], [2.0, 2.0]])?;
/// assert_eq!(model.is_turned(), scores[1] < scores[0]);
/// # Ok::<(), prognos::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(try_from = "Raw", into = "Raw"))]
pub struct Discrepancy {
    names: Vec<String>,
    low: Vec<f64>,
    range: Vec<f64>,
    /// In the unit box, row-major.
    rows: Vec<f64>,
    /// Largest plus smallest discrepancy of the training rows, when the score runs the other way.
    turned_about: Option<f64>,
}

impl Discrepancy {
    /// There is nothing to set.
    #[must_use]
    pub fn params() -> DiscrepancyParams {
        DiscrepancyParams::default()
    }

    /// Names of the columns it was fitted on.
    #[must_use]
    pub fn feature_names(&self) -> &[String] {
        &self.names
    }

    /// Whether rows of low discrepancy count as strange.
    #[must_use]
    pub fn is_turned(&self) -> bool {
        self.turned_about.is_some()
    }

    fn to_unit(&self, row: &[f64], unit: &mut [f64]) {
        for (((unit, x), low), range) in unit.iter_mut().zip(row).zip(&self.low).zip(&self.range) {
            *unit = (x - low) / range;
        }
    }

    fn discrepancies(&self, values: ArrayView2<'_, f64>) -> Vec<f64> {
        let mut out = vec![0.0; values.nrows()];
        par::rows_init(
            &mut out,
            1,
            || (vec![0.0; self.names.len()], Vec::new()),
            |(unit, scratch), i, out| {
                self.to_unit(row_slice(values.row(i), scratch), unit);
                out[0] = self.of_unit(unit);
            },
        );
        out
    }

    fn of_unit(&self, unit: &[f64]) -> f64 {
        let d = unit.len();
        let n = (self.rows.len() / d) as f64;
        let product = |row: &[f64]| row.iter().zip(unit).map(|(a, b)| factor(*a, *b)).product::<f64>();
        self.rows.chunks_exact(d).map(product).sum::<f64>() / (n * n) - (4.0f64 / 3.0).powi(d as i32)
    }
}

/// `3/2 - t + t²` for t the distance of two numbers.
#[inline]
fn factor(a: f64, b: f64) -> f64 {
    let t = (a - b).abs();
    1.5 - t + t * t
}

impl Detector for Discrepancy {
    fn feature_names(&self) -> &[String] {
        &self.names
    }

    fn score_rows(&self, rows: Rows<'_>) -> Result<Array1<f64>> {
        check_input(&rows, &self.names)?;
        let mut scores = self.discrepancies(rows.values);
        if let Some(about) = self.turned_about {
            for score in &mut scores {
                *score = about - *score;
            }
        }
        check_scores(WHAT, &scores)?;
        Ok(scores.into())
    }

    /// The score minus the score with the factor of a column at its mean, 4/3. Does not add up.
    fn explain(&self, row: ArrayView1<'_, f64>) -> Result<Attribution> {
        let score = self.score_rows(Rows::from(row.insert_axis(ndarray::Axis(0))))?[0];
        let d = row.len();
        let mut unit = vec![0.0; d];
        self.to_unit(&row.to_vec(), &mut unit);
        let mut parts = vec![0.0; d];
        for known in self.rows.chunks_exact(d) {
            let product: f64 = known.iter().zip(&unit).map(|(a, b)| factor(*a, *b)).product();
            for ((part, a), b) in parts.iter_mut().zip(known).zip(&unit) {
                // The factor is at least 5/4.
                *part += product - product / factor(*a, *b) * (4.0 / 3.0);
            }
        }
        let n = (self.rows.len() / d) as f64;
        let sign = if self.is_turned() { -1.0 } else { 1.0 };
        for part in &mut parts {
            *part *= sign / (n * n);
        }
        check_scores(WHAT, &parts)?;
        Attribution::new(self.names.clone(), parts, score)
    }
}

#[cfg(feature = "persist")]
impl crate::persist::Persist for Discrepancy {
    const KIND: &'static str = "discrepancy";
    fn feature_names(&self) -> &[String] {
        &self.names
    }
}

/// What a file says; checked before it becomes a [`Discrepancy`].
#[cfg(feature = "serde")]
#[derive(serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    names: Vec<String>,
    low: Vec<f64>,
    range: Vec<f64>,
    rows: Vec<f64>,
    turned_about: Option<f64>,
}

#[cfg(feature = "serde")]
impl From<Discrepancy> for Raw {
    fn from(m: Discrepancy) -> Self {
        Self { names: m.names, low: m.low, range: m.range, rows: m.rows, turned_about: m.turned_about }
    }
}

#[cfg(feature = "serde")]
impl TryFrom<Raw> for Discrepancy {
    type Error = Error;
    fn try_from(raw: Raw) -> Result<Self> {
        let refuse = |reason: &str| Err(Error::Model { reason: format!("discrepancy: {reason}") });
        let d = raw.names.len();
        if d == 0
            || raw.low.len() != d
            || raw.range.len() != d
            || raw.rows.is_empty()
            || !raw.rows.len().is_multiple_of(d)
        {
            return refuse("names, ranges and rows differ in length");
        }
        let finite = raw.low.iter().chain(&raw.turned_about).all(|v| v.is_finite());
        if !finite || !raw.range.iter().all(|r| r.is_finite() && *r > 0.0 && (1.0 / r).is_finite()) {
            return refuse("a range is not finite and greater than 0");
        }
        if !raw.rows.iter().all(|v| (0.0..=1.0).contains(v)) {
            return refuse("a row lies outside of the unit box");
        }
        Ok(Self { names: raw.names, low: raw.low, range: raw.range, rows: raw.rows, turned_about: raw.turned_about })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::{Array2, array};

    #[test]
    fn one_row_is_its_own_crowd() {
        let model = Discrepancy::params().fit(&array![[3.0, 4.0]]).unwrap();
        let expected = 2.25 - 16.0 / 9.0;
        assert!((model.score(&array![[3.0, 4.0]]).unwrap()[0] - expected).abs() < 1e-15);
        assert!(!model.is_turned());
    }

    #[test]
    fn a_column_says_what_its_factor_says() {
        let x = Array2::from_shape_fn((80, 3), |(i, j)| ((i * (j + 2)) as f64 * 0.37).sin());
        let model = Discrepancy::params().fit(&x).unwrap();
        // With one column the factor replaced is the whole product.
        let one = Discrepancy::params().fit(&x.select(ndarray::Axis(1), &[1])).unwrap();
        let row = array![4.0];
        let why = one.explain(row.view()).unwrap();
        let uniform = 4.0 / 3.0 / 80.0 - 4.0 / 3.0;
        let without = one.turned_about.map_or(uniform, |about| about - uniform);
        assert!((why.total() - (why.score() - without)).abs() < 1e-12);
        let why = model.explain(array![0.0, 0.0, 9.0].view()).unwrap();
        let parts = why.contributions();
        assert!(parts[2].abs() > parts[0].abs() && parts[2].abs() > parts[1].abs());
    }
}
