//! Empirical tails: ECOD and COPOD.
//!
//! **What it answers.** Is a cell of this row far out in the tail of its column? No parameter, no scaling, no distance:
//! only the ranks of the cells count. For wide tables, and as the first detector to try on an unlabelled history.
//!
//! **Formula.** For each column, `p_left = (#{training <= x} + 1) / (n + 1)` and
//! `p_right = (#{training >= x} + 1) / (n + 1)`; `U = -ln p`. The score is a sum over columns:
//!
//! ```text
//! ECOD    max(U_left, U_right)
//! COPOD   max(U_skew, (U_left + U_right) / 2)     U_skew is U_right for a column skewed to the right, else U_left
//! ```
//!
//! with the mean of both as `U_skew` of a column without skewness. The terms are the contributions of the columns,
//! exactly. The fitted distribution stays fixed, so that the score of a row does not depend on the rows it comes with,
//! and a row is never further out than `ln(n + 1)` a column.
//!
//! **As PyOD.** PyOD ranks new rows among the training rows and themselves, with `#/n` instead of `(# + 1)/(n + 1)`:
//! scores change with the batch. [`EmpiricalTails::joint_scores`] does the same (and
//! [`EmpiricalTailsParams::joint_scores`] for the rows it is given, PyOD's scores of its training rows), with `U_skew = U_left +
//! U_right` for columns without skewness, in both rules.
//!
//! **Sources.** Li, Zhao, Hu, Botta, Ionescu & Chen 2022 (IEEE TKDE) for ECOD; Li, Zhao, Botta, Ionescu & Hu 2020
//! (ICDM) for COPOD. As in PyOD the maximum of ECOD is taken column by column; the paper takes it over the three sums.
//!
//! **Cost.** Fit O(n d log n), score O(d log n) a row at worst, O(d) where the cells spread
//! evenly over their range. The model keeps the n d training cells in order.
//!
//! **When not to use it.** Anomalies in gaps inside of the range of a column, or in combinations of columns.

use crate::anomaly::{Attribution, Detector, check_input, check_scores};
use crate::error::{Error, Result};
use crate::features::Rows;
use crate::learners::check_rows;
use crate::math::{lanes, par};
use linfa::ParamGuard;
use linfa::dataset::DatasetBase;
use linfa::traits::Fit;
use ndarray::{Array1, ArrayBase, ArrayView1, ArrayView2, Axis, Data, Ix2, Slice};

/// How the two tails of a column become its term.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum TailRule {
    /// The smaller tail (Li et al. 2022).
    Ecod,
    /// The tail on the skewed side, or the mean of both where that says more (Li et al. 2020).
    Copod,
}

/// Checked settings of [`EmpiricalTails`].
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
pub struct EmpiricalTailsValidParams {
    rule: TailRule,
}

/// Settings of [`EmpiricalTails`]: the rule alone. See [`EmpiricalTails::ecod`] and [`EmpiricalTails::copod`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EmpiricalTailsParams(EmpiricalTailsValidParams);

impl EmpiricalTailsParams {
    /// Ranks the training rows.
    ///
    /// # Errors
    /// [`Error::TooFew`] without rows or columns; [`Error::NonFinite`] naming a cell.
    pub fn fit<'a>(&self, rows: impl Into<Rows<'a>>) -> Result<EmpiricalTails> {
        self.check_ref()?.fit_rows(rows.into())
    }

    /// Scores of rows ranked among themselves, with `p = #/n`: PyOD's scores of its training rows.
    ///
    /// ```
    /// use prognos::anomaly::EmpiricalTails;
    /// use ndarray::array;
    /// let scores = EmpiricalTails::ecod().joint_scores(&array![[1.0], [2.0], [3.0], [9.0]])?;
    /// assert_eq!(scores[3], 4f64.ln()); // one of four reaches so far
    /// # Ok::<(), prognos::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`EmpiricalTailsParams::fit`].
    pub fn joint_scores<'a>(&self, rows: impl Into<Rows<'a>>) -> Result<Array1<f64>> {
        let rows = rows.into();
        check_rows(&rows, "rows to rank", 1)?;
        Ok(joint(self.0.rule, &[], rows.values))
    }
}

impl ParamGuard for EmpiricalTailsParams {
    type Checked = EmpiricalTailsValidParams;
    type Error = Error;

    fn check_ref(&self) -> Result<&EmpiricalTailsValidParams> {
        Ok(&self.0)
    }

    fn check(self) -> Result<EmpiricalTailsValidParams> {
        Ok(self.0)
    }
}

impl<D: Data<Elem = f64>, T> Fit<ArrayBase<D, Ix2>, T, Error> for EmpiricalTailsValidParams {
    type Object = EmpiricalTails;
    fn fit(&self, dataset: &DatasetBase<ArrayBase<D, Ix2>, T>) -> Result<EmpiricalTails> {
        self.fit_rows(dataset.into())
    }
}

impl EmpiricalTailsValidParams {
    fn fit_rows(&self, rows: Rows<'_>) -> Result<EmpiricalTails> {
        check_rows(&rows, "rows to rank", 1)?;
        let columns = par::map(rows.values.ncols(), |j| {
            let mut column = rows.values.column(j).to_vec();
            column.sort_unstable_by(f64::total_cmp);
            Column::new(column)
        });
        Ok(EmpiricalTails { params: self.clone(), names: rows.names_or_numbers(), columns })
    }
}

/// The cells of one column in ascending order, the side it is skewed to, and where to look.
#[derive(Debug, Clone, PartialEq)]
struct Column {
    sorted: Vec<f64>,
    skew: i8,
    /// The range cut into equal buckets: where each begins in `sorted`, and the end.
    starts: Vec<usize>,
    buckets_a_unit: f64,
}

/// Sign of the third central moment; 0 for a constant column.
fn skewness_sign(x: &[f64]) -> i8 {
    let (low, high) = lanes::min_max(x);
    // Halves keep the range of any two numbers finite.
    let range = 0.5 * high - 0.5 * low;
    if range <= 0.0 || range.is_nan() {
        return 0;
    }
    let centre = lanes::sum_by(x, |v| (0.5 * v - 0.5 * low) / range) / x.len() as f64;
    let third = lanes::sum_by(x, |v| {
        let z = (0.5 * v - 0.5 * low) / range - centre;
        z * z * z
    });
    i8::from(third > 0.0) - i8::from(third < 0.0)
}

impl Column {
    /// Of cells in ascending order.
    fn new(sorted: Vec<f64>) -> Self {
        let buckets = (sorted.len() / 8).clamp(1, 1 << 20);
        let range = sorted.last().zip(sorted.first()).map_or(0.0, |(high, low)| high - low);
        let buckets_a_unit = buckets as f64 / range;
        let mut column = Self { skew: skewness_sign(&sorted), sorted, starts: vec![0; buckets + 1], buckets_a_unit };
        for i in 0..column.sorted.len() {
            let bucket = column.bucket(column.sorted[i]);
            column.starts[bucket + 1] += 1;
        }
        for b in 0..buckets {
            column.starts[b + 1] += column.starts[b];
        }
        column
    }

    /// Never falls as `x` grows, whatever rounds or overflows: all that the search needs of it.
    #[inline]
    fn bucket(&self, x: f64) -> usize {
        // A quotient that is not a number counts as 0, one that is negative too.
        let place = (x - self.sorted[0]) * self.buckets_a_unit;
        (place as usize).min(self.starts.len() - 2)
    }

    /// How many cells are smaller than a value, and how many are not larger.
    #[inline]
    fn counts(&self, x: f64) -> (usize, usize) {
        if self.sorted.is_empty() {
            return (0, 0);
        }
        let bucket = self.bucket(x);
        let (from, to) = (self.starts[bucket], self.starts[bucket + 1]);
        let upto = from + self.sorted[from..to].partition_point(|v| *v <= x);
        if upto > 0 && self.sorted[upto - 1] >= x { (self.first_not_below(x, upto - 1), upto) } else { (upto, upto) }
    }

    /// The first place that holds `x`, when place `at` holds it: steps that double, then halve.
    fn first_not_below(&self, x: f64, at: usize) -> usize {
        let mut step = 1;
        let mut known = at;
        while known >= step && self.sorted[known - step] >= x {
            known -= step;
            step *= 2;
        }
        let from = known.saturating_sub(step);
        from + self.sorted[from..known].partition_point(|v| *v < x)
    }

    /// Term of one value.
    #[inline]
    fn term(&self, rule: TailRule, x: f64) -> f64 {
        let (below, upto) = self.counts(x);
        let n = self.sorted.len();
        let scale = 1.0 / (n as f64 + 1.0);
        let left = (upto + 1) as f64 * scale;
        let right = (n - below + 1) as f64 * scale;
        let p = match rule {
            TailRule::Ecod => left.min(right),
            TailRule::Copod => skewed_or_both(self.skew, left, right, (left * right).sqrt()),
        };
        0.0 - p.min(1.0).ln()
    }
}

/// The smaller of the tail on the skewed side and of `both`; `both` where there is no such side.
#[inline]
fn skewed_or_both(skew: i8, left: f64, right: f64, both: f64) -> f64 {
    match skew {
        0 => both,
        1 => both.min(right),
        _ => both.min(left),
    }
}

/// PyOD's scores of `rows` ranked among the training columns and themselves.
fn joint(rule: TailRule, training: &[Column], rows: ArrayView2<'_, f64>) -> Array1<f64> {
    let terms = par::map(rows.ncols(), |j| {
        let column = rows.column(j).to_vec();
        let mut sorted = column.clone();
        sorted.sort_unstable_by(f64::total_cmp);
        let own = Column::new(sorted);
        let known = training.get(j);
        let skew = known.map_or(own.skew, |known| skewness_sign(&[&known.sorted[..], &own.sorted].concat()));
        let n = own.sorted.len() + known.map_or(0, |known| known.sorted.len());
        let scale = 1.0 / n as f64;
        let term = |&x: &f64| {
            let (mut below, mut upto) = own.counts(x);
            if let Some(known) = known {
                let (b, u) = known.counts(x);
                (below, upto) = (below + b, upto + u);
            }
            let (left, right) = (upto as f64 * scale, (n - below) as f64 * scale);
            let p = match (rule, skew) {
                (_, 0) => left * right,
                (TailRule::Ecod, _) => left.min(right),
                (TailRule::Copod, _) => skewed_or_both(skew, left, right, (left * right).sqrt()),
            };
            0.0 - p.min(1.0).ln()
        };
        column.iter().map(term).collect::<Vec<_>>()
    });
    let mut scores = Array1::zeros(rows.nrows());
    for terms in terms {
        scores += &ArrayView1::from(&terms);
    }
    scores
}

/// Rows that are scored column by column: many, so that a column's cells are fetched once for all of them.
const BLOCK: usize = 65_536;
/// Up to so many rows threads cost more than they bring.
const FEW: usize = 64;

/// Fitted empirical tails.
///
/// ```
/// use prognos::anomaly::{Detector, EmpiricalTails};
/// use ndarray::{Array2, array};
/// let rows = Array2::from_shape_fn((99, 2), |(i, j)| ((i * (j + 3)) as f64 * 0.61).sin());
/// let model = EmpiricalTails::ecod().fit(&rows)?;
/// // Beyond all training rows in the second column: 1 of 100.
/// let why = model.explain(array![0.0, 5.0].view())?;
/// assert!((why.contributions()[1] - 100f64.ln()).abs() < 1e-12);
/// assert_eq!(why.total(), why.score());
/// # Ok::<(), prognos::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(try_from = "Raw", into = "Raw"))]
pub struct EmpiricalTails {
    params: EmpiricalTailsValidParams,
    names: Vec<String>,
    columns: Vec<Column>,
}

impl EmpiricalTails {
    /// The rule of ECOD.
    #[must_use]
    pub fn ecod() -> EmpiricalTailsParams {
        Self::params(TailRule::Ecod)
    }

    /// The rule of COPOD.
    #[must_use]
    pub fn copod() -> EmpiricalTailsParams {
        Self::params(TailRule::Copod)
    }

    /// The given rule.
    #[must_use]
    pub fn params(rule: TailRule) -> EmpiricalTailsParams {
        EmpiricalTailsParams(EmpiricalTailsValidParams { rule })
    }

    /// Names of the columns it was fitted on.
    #[must_use]
    pub fn feature_names(&self) -> &[String] {
        &self.names
    }

    /// Number of training rows.
    #[must_use]
    pub fn n_rows(&self) -> usize {
        self.columns.first().map_or(0, |c| c.sorted.len())
    }

    /// Scores of new rows ranked among the training rows and themselves: what PyOD's `decision_function` returns.
    /// They depend on all rows of the call.
    ///
    /// # Errors
    /// As [`Detector::score_rows`].
    pub fn joint_scores<'a>(&self, rows: impl Into<Rows<'a>>) -> Result<Array1<f64>> {
        let rows = rows.into();
        check_input(&rows, &self.names)?;
        Ok(joint(self.params.rule, &self.columns, rows.values))
    }
}

impl Detector for EmpiricalTails {
    fn feature_names(&self) -> &[String] {
        &self.names
    }

    fn score_rows(&self, rows: Rows<'_>) -> Result<Array1<f64>> {
        check_input(&rows, &self.names)?;
        let rule = self.params.rule;
        let mut scores = vec![0.0; rows.values.nrows()];
        for (block, out) in scores.chunks_mut(BLOCK).enumerate() {
            let from = block * BLOCK;
            let rows = rows.values.slice_axis(Axis(0), Slice::from(from..from + out.len()));
            if out.len() <= FEW {
                for (column, cells) in self.columns.iter().zip(rows.columns()) {
                    for (out, &x) in out.iter_mut().zip(cells) {
                        *out += column.term(rule, x);
                    }
                }
                continue;
            }
            let terms = par::map(self.columns.len(), |j| {
                let column = &self.columns[j];
                rows.column(j).iter().map(|&x| column.term(rule, x)).collect::<Vec<_>>()
            });
            for terms in terms {
                for (out, term) in out.iter_mut().zip(terms) {
                    *out += term;
                }
            }
        }
        check_scores("empirical tails", &scores)?;
        Ok(scores.into())
    }

    /// The terms of the columns, which add up to the score.
    fn explain(&self, row: ArrayView1<'_, f64>) -> Result<Attribution> {
        let score = self.score_rows(Rows::from(row.insert_axis(Axis(0))))?[0];
        let parts = self.columns.iter().zip(row).map(|(column, &x)| column.term(self.params.rule, x)).collect();
        Attribution::new(self.names.clone(), parts, score)
    }
}

#[cfg(feature = "persist")]
impl crate::persist::Persist for EmpiricalTails {
    const KIND: &'static str = "empirical_tails";
    fn feature_names(&self) -> &[String] {
        &self.names
    }
}

/// What a file says; checked before it becomes [`EmpiricalTails`].
#[cfg(feature = "serde")]
#[derive(serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    params: EmpiricalTailsValidParams,
    names: Vec<String>,
    /// Cells of each column in ascending order.
    columns: Vec<Vec<f64>>,
}

#[cfg(feature = "serde")]
impl From<EmpiricalTails> for Raw {
    fn from(m: EmpiricalTails) -> Self {
        let columns = m.columns.into_iter().map(|column| column.sorted).collect();
        Self { params: m.params, names: m.names, columns }
    }
}

#[cfg(feature = "serde")]
impl TryFrom<Raw> for EmpiricalTails {
    type Error = Error;
    fn try_from(raw: Raw) -> Result<Self> {
        let refuse = |reason: &str| Err(Error::Model { reason: format!("empirical tails: {reason}") });
        let n = raw.columns.first().map_or(0, Vec::len);
        if n == 0 || raw.columns.len() != raw.names.len() || raw.columns.iter().any(|c| c.len() != n) {
            return refuse("names and columns differ in number, or columns in length");
        }
        let ordered = |c: &Vec<f64>| c.iter().all(|v| v.is_finite()) && c.is_sorted();
        if !raw.columns.iter().all(ordered) {
            return refuse("a column is not finite or not in order");
        }
        Ok(Self { params: raw.params, names: raw.names, columns: raw.columns.into_iter().map(Column::new).collect() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_by_counting() {
        for n in [1, 2, 3, 7, 64, 100] {
            for ties in [1, 3, 1000] {
                let mut sorted: Vec<f64> = (0..n).map(|i| f64::from((i * 37) % ties)).collect();
                sorted.sort_unstable_by(f64::total_cmp);
                let column = Column::new(sorted.clone());
                for x in [-1.0, 0.0, 0.5, 1.0, 2.0, 33.0, 36.5, 37.0, 999.0, 1e9] {
                    let (below, upto) = column.counts(x);
                    assert_eq!(below, sorted.iter().filter(|v| **v < x).count(), "{n} {ties} {x}");
                    assert_eq!(upto, sorted.iter().filter(|v| **v <= x).count());
                }
            }
        }
    }

    #[test]
    fn counts_in_extreme_ranges() {
        let wild = [-f64::MAX, -1e300, -1.0, 0.0, 5e-324, 1e-310, 1.0, 1.0, 1e12, 1e12 + 1e-3, f64::MAX, f64::MAX];
        for scale in [1.0, 1e-300, 1e-320] {
            let mut sorted: Vec<f64> = wild.iter().cycle().take(60).map(|v| v * scale).collect();
            sorted.sort_unstable_by(f64::total_cmp);
            let column = Column::new(sorted.clone());
            for x in wild {
                let expected = (sorted.iter().filter(|v| **v < x).count(), sorted.iter().filter(|v| **v <= x).count());
                assert_eq!(column.counts(x), expected, "{x} {scale}");
            }
        }
    }

    #[test]
    fn skewness_of_extremes() {
        assert_eq!(skewness_sign(&[1.0; 5]), 0);
        assert_eq!(skewness_sign(&[-1.0, 0.0, 1.0]), 0);
        assert_eq!(skewness_sign(&[f64::MAX, -f64::MAX, -f64::MAX]), 1);
        assert_eq!(skewness_sign(&[1e-320, 0.0, 1e-320, 1e-320]), -1);
        assert_eq!(skewness_sign(&[]), 0);
    }
}
