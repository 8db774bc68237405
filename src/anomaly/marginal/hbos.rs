//! HBOS: histograms of the columns.
//!
//! **What it answers.** Does a cell of this row lie where its column hardly ever was, also in a gap between two crowds? The
//! fastest detector here, and one that can be read off a chart.
//!
//! **Formula.** Each column has a histogram of equal bars ([`Bins`]). A row's score is a sum over columns:
//!
//! ```text
//! -log2(height + alpha)
//! ```
//!
//! with the height of the bar of its cell. A cell outside of the range by at most `tol` widths of the end bar belongs
//! to that bar; further out its term is the largest of the column. The terms are the contributions, exactly.
//!
//! | [`HbosScore`] | height | an inner edge belongs to |
//! |---|---|---|
//! | `Normalised` | count / largest count of the column: units do not matter (as in the paper) | the bar above |
//! | `Pyod` | density, in 1 / unit of the column: a column in small units is ignored, in large ones rules | counted above, looked up below |
//!
//! **Source.** Goldstein & Dengel 2012. **Cost.** Fit O(n d) for a fixed number of bars, O(n d log n) otherwise; score
//! O(d) a row.
//!
//! **When not to use it.** Anomalies in combinations of columns; columns with a few huge values, which leave one bar
//! for all others (take [`EmpiricalTails`](super::EmpiricalTails)).

use super::Bins;
use super::histogram::Bars;
use crate::anomaly::{Attribution, Detector, check_input, check_scores};
use crate::error::{Error, Result, check_positive};
use crate::features::Rows;
use crate::learners::check_rows;
use crate::math::{lanes, par};
use linfa::ParamGuard;
use linfa::dataset::DatasetBase;
use linfa::traits::Fit;
use ndarray::{Array1, ArrayBase, ArrayView1, Data, Ix2};

/// What the height of a bar is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum HbosScore {
    /// Count over the largest count of the column.
    #[default]
    Normalised,
    /// Density, with PyOD's rule for edges.
    Pyod,
}

/// Checked settings of [`Hbos`].
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
pub struct HbosValidParams {
    bins: Bins,
    alpha: f64,
    tol: f64,
    score: HbosScore,
}

/// Settings of [`Hbos`]; see [`Hbos::params`].
#[derive(Debug, Clone, PartialEq)]
pub struct HbosParams(HbosValidParams);

impl HbosParams {
    /// How many bars. Default 10, as in PyOD.
    #[must_use]
    pub fn bins(mut self, bins: Bins) -> Self {
        self.0.bins = bins;
        self
    }

    /// Added to every height (> 0). Default 0.1: an empty bar of a normalised histogram costs `log2 10` more than the
    /// highest could.
    #[must_use]
    pub fn alpha(mut self, alpha: f64) -> Self {
        self.0.alpha = alpha;
        self
    }

    /// How far outside, in widths of the end bar, a cell still belongs to it (>= 0). Default 0.5.
    #[must_use]
    pub fn tol(mut self, tol: f64) -> Self {
        self.0.tol = tol;
        self
    }

    /// What the height of a bar is. Default [`HbosScore::Normalised`].
    #[must_use]
    pub fn score(mut self, score: HbosScore) -> Self {
        self.0.score = score;
        self
    }

    /// Counts the training rows.
    ///
    /// # Errors
    /// [`Error::Parameter`] for a setting out of its range; [`Error::TooFew`] without rows or columns;
    /// [`Error::NonFinite`] naming a cell; [`Error::Numeric`] naming a column whose range or density overflows.
    pub fn fit<'a>(&self, rows: impl Into<Rows<'a>>) -> Result<Hbos> {
        self.check_ref()?.fit_rows(rows.into())
    }
}

impl ParamGuard for HbosParams {
    type Checked = HbosValidParams;
    type Error = Error;

    fn check_ref(&self) -> Result<&HbosValidParams> {
        self.0.bins.check()?;
        check_positive("alpha", self.0.alpha)?;
        if !(self.0.tol >= 0.0 && self.0.tol.is_finite()) {
            return Err(Error::parameter("tol", self.0.tol, "must be finite and not negative"));
        }
        Ok(&self.0)
    }

    fn check(self) -> Result<HbosValidParams> {
        self.check_ref()?;
        Ok(self.0)
    }
}

impl<D: Data<Elem = f64>, T> Fit<ArrayBase<D, Ix2>, T, Error> for HbosValidParams {
    type Object = Hbos;
    fn fit(&self, dataset: &DatasetBase<ArrayBase<D, Ix2>, T>) -> Result<Hbos> {
        self.fit_rows(dataset.into())
    }
}

impl HbosValidParams {
    fn fit_rows(&self, rows: Rows<'_>) -> Result<Hbos> {
        check_rows(&rows, "rows to fit histograms", 1)?;
        let columns = par::map(rows.values.ncols(), |j| self.fit_column(rows.values.column(j).to_vec()));
        let columns = columns.into_iter().enumerate().map(|(j, column)| {
            column.map_err(|error| match error {
                Error::Numeric { what, reason } => {
                    Error::Numeric { what, reason: format!("column `{}`: {reason}", rows.column_name(j)) }
                }
                other => other,
            })
        });
        Ok(Hbos { columns: columns.collect::<Result<_>>()?, params: self.clone(), names: rows.names_or_numbers() })
    }

    fn fit_column(&self, mut values: Vec<f64>) -> Result<Column> {
        let (low, high) = lanes::min_max(&values);
        if !matches!(self.bins, Bins::Fixed(_)) {
            values.sort_unstable_by(f64::total_cmp);
        }
        let bars = Bars::over(low, high, self.bins.number(&values)?)?;
        let counts: Vec<u32> =
            bars.counts(&values).into_iter().map(|count| u32::try_from(count).unwrap_or(u32::MAX)).collect();
        Column::new(self, bars, counts)
    }
}

/// The histogram of one column.
#[derive(Debug, Clone, PartialEq)]
struct Column {
    bars: Bars,
    counts: Vec<u32>,
    /// Term of each bar.
    terms: Vec<f64>,
    /// Term far outside: the largest.
    outside: f64,
}

impl Column {
    fn new(params: &HbosValidParams, bars: Bars, counts: Vec<u32>) -> Result<Self> {
        let all: f64 = counts.iter().map(|&c| f64::from(c)).sum();
        let most = f64::from(counts.iter().copied().max().unwrap_or(0));
        let term = |(bar, &count): (usize, &u32)| {
            let height = match params.score {
                HbosScore::Normalised => f64::from(count) / most,
                HbosScore::Pyod => f64::from(count) / bars.width(bar) / all,
            };
            -(height + params.alpha).log2()
        };
        let terms: Vec<f64> = counts.iter().enumerate().map(term).collect();
        if !terms.iter().all(|t| t.is_finite()) {
            return Err(Error::numeric("histogram", "its density overflows: the range is too small for so many bars"));
        }
        let outside = terms.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        Ok(Self { bars, counts, terms, outside })
    }

    #[inline]
    fn term(&self, params: &HbosValidParams, x: f64) -> f64 {
        let last = self.terms.len() - 1;
        let (low, high) = (self.bars.low(), self.bars.high());
        if x >= low && x <= high {
            let bar = match params.score {
                HbosScore::Normalised => self.bars.find(x),
                HbosScore::Pyod => self.bars.find_closed_above(x),
            };
            return self.terms[bar];
        }
        let (away, end) = if x < low { (low - x, 0) } else { (x - high, last) };
        if away <= self.bars.width(end) * params.tol { self.terms[end] } else { self.outside }
    }
}

/// Rows of one parallel block.
const BLOCK: usize = 512;

/// Fitted histograms.
///
/// ```
/// use prognos::anomaly::{Bins, Detector, Hbos};
/// use ndarray::{Array2, array};
/// // Two crowds in the first column, and nothing between.
/// let rows = Array2::from_shape_fn((200, 2), |(i, j)| {
///     (i as f64 * (j + 1) as f64 * 0.7).sin() + if j == 0 && i % 2 == 0 { 10.0 } else { 0.0 }
/// });
/// let model = Hbos::params().bins(Bins::Fixed(12)).fit(&rows)?;
/// let why = model.explain(array![5.0, 0.1].view())?;
/// assert_eq!(why.ranked()[0], ("0", -0.1f64.log2()));
/// assert_eq!(why.total(), why.score());
/// # Ok::<(), prognos::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(try_from = "Raw", into = "Raw"))]
pub struct Hbos {
    params: HbosValidParams,
    names: Vec<String>,
    columns: Vec<Column>,
}

impl Hbos {
    /// Default settings: 10 bars, normalised heights, alpha 0.1, tol 0.5.
    #[must_use]
    pub fn params() -> HbosParams {
        HbosParams(HbosValidParams { bins: Bins::Fixed(10), alpha: 0.1, tol: 0.5, score: HbosScore::Normalised })
    }

    /// Names of the columns it was fitted on.
    #[must_use]
    pub fn feature_names(&self) -> &[String] {
        &self.names
    }

    /// Number of bars of each column.
    #[must_use]
    pub fn bins(&self) -> Vec<usize> {
        self.columns.iter().map(|c| c.terms.len()).collect()
    }
}

impl Detector for Hbos {
    fn feature_names(&self) -> &[String] {
        &self.names
    }

    fn score_rows(&self, rows: Rows<'_>) -> Result<Array1<f64>> {
        check_input(&rows, &self.names)?;
        let mut scores = vec![0.0; rows.values.nrows()];
        par::rows_init(
            &mut scores,
            BLOCK,
            || (),
            |(), block, out| {
                let from = block * BLOCK;
                for (j, column) in self.columns.iter().enumerate() {
                    let cells = rows.values.column(j);
                    for (i, out) in out.iter_mut().enumerate() {
                        *out += column.term(&self.params, cells[from + i]);
                    }
                }
            },
        );
        check_scores("histograms", &scores)?;
        Ok(scores.into())
    }

    /// The terms of the columns, which add up to the score.
    fn explain(&self, row: ArrayView1<'_, f64>) -> Result<Attribution> {
        let score = self.score_rows(Rows::from(row.insert_axis(ndarray::Axis(0))))?[0];
        let parts = self.columns.iter().zip(row).map(|(column, &x)| column.term(&self.params, x)).collect();
        Attribution::new(self.names.clone(), parts, score)
    }
}

#[cfg(feature = "persist")]
impl crate::persist::Persist for Hbos {
    const KIND: &'static str = "hbos";
    fn feature_names(&self) -> &[String] {
        &self.names
    }
}

/// What a file says; checked before it becomes [`Hbos`].
#[cfg(feature = "serde")]
#[derive(serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    params: HbosValidParams,
    names: Vec<String>,
    columns: Vec<RawColumn>,
}

#[cfg(feature = "serde")]
#[derive(serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct RawColumn {
    low: f64,
    high: f64,
    counts: Vec<u32>,
}

#[cfg(feature = "serde")]
impl From<Hbos> for Raw {
    fn from(m: Hbos) -> Self {
        let columns = m.columns.into_iter();
        let columns = columns.map(|c| RawColumn { low: c.bars.low(), high: c.bars.high(), counts: c.counts }).collect();
        Self { params: m.params, names: m.names, columns }
    }
}

#[cfg(feature = "serde")]
impl TryFrom<Raw> for Hbos {
    type Error = Error;
    fn try_from(raw: Raw) -> Result<Self> {
        let refuse = |reason: &str| Err(Error::Model { reason: format!("histograms: {reason}") });
        let params = HbosParams(raw.params).check()?;
        if raw.names.is_empty() || raw.columns.len() != raw.names.len() {
            return refuse("names and columns differ in number");
        }
        let mut columns = Vec::with_capacity(raw.columns.len());
        for column in raw.columns {
            let bars = column.counts.len();
            let fits = match params.bins {
                Bins::Fixed(k) => bars == k,
                _ => bars > 0,
            };
            if !fits || column.counts.iter().all(|&c| c == 0) {
                return refuse("a histogram is empty or has another number of bars than the settings");
            }
            let bars = Bars::between(column.low, column.high, bars)?;
            columns.push(Column::new(&params, bars, column.counts)?);
        }
        Ok(Self { params, names: raw.names, columns })
    }
}

#[cfg(test)]
#[allow(clippy::float_cmp)] // exact by construction
mod tests {
    use super::*;
    use ndarray::{Array2, array};

    #[test]
    fn outside_of_the_range() {
        let x = Array2::from_shape_fn((100, 1), |(i, _)| if i < 90 { i as f64 / 90.0 } else { 9.0 + i as f64 / 100.0 });
        let model = Hbos::params().fit(&x).unwrap();
        let score = |v: f64| model.score(&array![[v]]).unwrap()[0].to_bits();
        let width = model.columns[0].bars.width(9);
        assert_eq!(score(x[[99, 0]]), score(x[[99, 0]] + 0.4 * width));
        assert_ne!(score(x[[99, 0]] + 0.6 * width), score(x[[99, 0]]));
        assert_eq!(score(1e300), score(5.0));
        assert_eq!(score(-1e300), (-0.1f64.log2()).to_bits());
    }

    #[test]
    fn settings_are_checked() {
        let x = array![[1.0], [2.0]];
        for params in [
            Hbos::params().bins(Bins::Fixed(0)),
            Hbos::params().bins(Bins::Fixed(usize::MAX)),
            Hbos::params().alpha(0.0),
            Hbos::params().alpha(f64::NAN),
            Hbos::params().tol(-1.0),
            Hbos::params().tol(f64::INFINITY),
        ] {
            assert!(params.fit(&x).is_err());
        }
        let wide = array![[f64::MAX], [-f64::MAX]];
        assert!(Hbos::params().fit(&wide).unwrap_err().to_string().contains("column `0`"));
    }
}
