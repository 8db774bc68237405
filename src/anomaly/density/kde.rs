//! Kernel density.
//!
//! **What it answers.** How dense are the training rows around this row, with no assumption but smoothness?
//!
//! **Formula.** With bandwidth h, d columns and n training rows
//!
//! ```text
//! score(x) = -ln (1 / n sum_i (2 pi h²)^(-d/2) exp(-|x - x_i|² / (2 h²)))
//! ```
//!
//! by log-sum-exp, so that rows far away have scores that grow with their squared distance instead of infinity. The density
//! is one of scaled columns.
//!
//! **Attribution.** With `w_i` the share of training row i in the sum, the contributions `sum_i w_i (x_j - x_ij)² / (2 h²)`
//! add up to the **mean of half the squared distances**, in bandwidths, to the training rows that count. What is left of the
//! score (how many training rows share in it, and the constant) belongs to no column.
//!
//! **Sources.** Rosenblatt 1956; Parzen 1962; Scott 1992 and Silverman 1986 for the bandwidths.
//!
//! **Cost.** Fit O(n d), score O(n d) a row with n exponentials; memory O(n d).
//!
//! **When not to use it.** More than some ten columns that do not depend on each other, where every row is alone in its
//! bandwidth and the score is a distance to the nearest ([`Knn`](crate::anomaly::Knn) says that in less time); many rows.

use crate::anomaly::columns::Columns;
use crate::anomaly::row_bank::RowBank;
use crate::anomaly::{Attribution, Detector, check_input, check_scores};
use crate::error::{Result, check_positive};
use crate::features::Rows;
use crate::learners::Scaling;
use crate::math::lanes::LANES;
use crate::math::special::LN_SQRT_2PI;
use crate::math::{exp, lanes, par};
use linfa::ParamGuard;
use ndarray::{Array1, ArrayView1};

/// Width of the kernel, one for all scaled columns.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum Bandwidth {
    /// `n^(-1 / (d + 4))`: right for standardised columns.
    #[default]
    Scott,
    /// `(n (d + 2) / 4)^(-1 / (d + 4))`: right for standardised columns.
    Silverman,
    /// This number, in scales.
    Value(f64),
}

/// Checked settings of a [`Kde`].
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
pub struct KdeValidParams {
    bandwidth: Bandwidth,
    scaling: Option<Scaling>,
}

/// Settings of a [`Kde`]; see [`Kde::params`].
#[derive(Debug, Clone, PartialEq)]
pub struct KdeParams(KdeValidParams);

impl KdeParams {
    /// Width of the kernel. Default [`Bandwidth::Scott`].
    #[must_use]
    pub fn bandwidth(mut self, bandwidth: Bandwidth) -> Self {
        self.0.bandwidth = bandwidth;
        self
    }

    /// How columns are scaled. Default [`Scaling::Standard`], because one bandwidth serves all.
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

    /// Keeps the rows.
    ///
    /// # Errors
    /// [`Error::Parameter`](crate::Error::Parameter) for a bandwidth that is not positive;
    /// [`Error::TooFew`](crate::Error::TooFew) with fewer than 2 rows; [`Error::NonFinite`](crate::Error::NonFinite)
    /// naming a cell; [`Error::Numeric`](crate::Error::Numeric) when squares overflow.
    pub fn fit<'a>(&self, rows: impl Into<Rows<'a>>) -> Result<Kde> {
        self.check_ref()?.fit_rows(rows.into())
    }
}

impl KdeValidParams {
    fn check_settings(&self) -> Result<()> {
        match self.bandwidth {
            Bandwidth::Value(h) => check_positive("bandwidth", h).map(drop),
            _ => Ok(()),
        }
    }

    fn fit_rows(&self, rows: Rows<'_>) -> Result<Kde> {
        let (columns, cells) = Columns::fit(rows, self.scaling, "rows to fit a kernel density", 2)?;
        Kde::new(self.clone(), columns, cells)
    }
}

row_model!(KdeParams, KdeValidParams, Kde, "kde");

/// A fitted kernel density.
///
/// ```
/// use prognos::anomaly::{Detector, Kde, Threshold};
/// use ndarray::Array2;
/// let healthy = Array2::from_shape_fn((200, 2), |(i, j)| ((i * (j + 2)) as f64 * 0.37).sin());
/// let model = Kde::params().fit(&healthy)?;
/// let limit = Threshold::false_alarms(0.01).fit(&model.train_scores()?)?;
/// let why = model.explain(ndarray::array![0.1, 3.0].view())?;
/// assert!(limit.is_alarm(why.score()));
/// assert_eq!(why.ranked()[0].0, "1");
/// # Ok::<(), prognos::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(try_from = "Raw", into = "Raw"))]
pub struct Kde {
    params: KdeValidParams,
    columns: Columns,
    /// Row-major, scaled.
    cells: Vec<f64>,
    bank: RowBank,
    h: f64,
}

impl Kde {
    /// Default settings: Scott's bandwidth, columns standardised.
    #[must_use]
    pub fn params() -> KdeParams {
        KdeParams(KdeValidParams { bandwidth: Bandwidth::Scott, scaling: Some(Scaling::Standard) })
    }

    fn new(params: KdeValidParams, columns: Columns, cells: Vec<f64>) -> Result<Self> {
        let d = columns.len();
        let (n, df) = ((cells.len() / d) as f64, d as f64);
        let h = match params.bandwidth {
            Bandwidth::Scott => n.powf(-1.0 / (df + 4.0)),
            Bandwidth::Silverman => (n * (df + 2.0) / 4.0).powf(-1.0 / (df + 4.0)),
            Bandwidth::Value(h) => h,
        };
        Ok(Self { params, columns, bank: RowBank::new(d, &cells), cells, h: check_positive("bandwidth", h)? })
    }

    /// Names of the columns it was fitted on.
    #[must_use]
    pub fn feature_names(&self) -> &[String] {
        self.columns.names()
    }

    /// The bandwidth, in scales.
    #[must_use]
    pub fn bandwidth(&self) -> f64 {
        self.h
    }

    /// Scores of the training rows, each by the density of the others: what a threshold needs. O(n² d).
    ///
    /// # Errors
    /// [`Error::Numeric`](crate::Error::Numeric) when a score overflows.
    pub fn train_scores(&self) -> Result<Vec<f64>> {
        let rows: Vec<&[f64]> = self.cells.chunks_exact(self.columns.len()).collect();
        let scores = par::map_init(rows.len(), Vec::new, |terms, i| self.score_scaled(rows[i], Some(i), terms));
        check_scores("kernel density of the training rows", &scores)?;
        Ok(scores)
    }

    /// Squared distances in half bandwidths, and the smallest of them.
    fn fill(&self, x: &[f64], skip: Option<usize>, terms: &mut Vec<f64>) -> f64 {
        terms.clear();
        for block in 0..self.bank.n_blocks() {
            terms.extend(self.bank.squared_distances(x, block).map(|s| s / self.h / self.h * 0.5));
        }
        terms.truncate(self.bank.len());
        if let Some(term) = skip.and_then(|i| terms.get_mut(i)) {
            *term = f64::INFINITY;
        }
        lanes::min_max(terms).0
    }

    /// `exp(least - term)` in place of each term. Returns their sum.
    fn weigh(terms: &mut [f64], least: f64) -> f64 {
        let (chunks, rest) = terms.as_chunks_mut::<LANES>();
        for c in chunks {
            for t in c.iter_mut() {
                *t = least - *t;
            }
            exp::exp(c);
        }
        for t in rest {
            let mut one = [least - *t];
            exp::exp(&mut one);
            *t = one[0];
        }
        lanes::sum(terms)
    }

    fn score_scaled(&self, x: &[f64], skip: Option<usize>, terms: &mut Vec<f64>) -> f64 {
        let least = self.fill(x, skip, terms);
        if !least.is_finite() {
            return f64::INFINITY;
        }
        let count = self.bank.len() - usize::from(skip.is_some());
        let sum = Self::weigh(terms, least);
        least - (sum / count as f64).ln() + x.len() as f64 * (self.h.ln() + LN_SQRT_2PI)
    }
}

impl Detector for Kde {
    fn feature_names(&self) -> &[String] {
        self.columns.names()
    }

    fn score_rows(&self, rows: Rows<'_>) -> Result<Array1<f64>> {
        check_input(&rows, self.columns.names())?;
        let scores = self.columns.map(rows.values, |terms: &mut Vec<f64>, x| self.score_scaled(x, None, terms));
        check_scores("kernel density", &scores)?;
        Ok(scores.into())
    }

    /// Contributions that add up to the mean of half the squared distances; see the module.
    fn explain(&self, row: ArrayView1<'_, f64>) -> Result<Attribution> {
        let score = self.score_rows(Rows::from(row.insert_axis(ndarray::Axis(0))))?[0];
        let x = self.columns.scaled(row);
        let mut weights = Vec::new();
        let least = self.fill(&x, None, &mut weights);
        let total = Self::weigh(&mut weights, least);
        let mut parts = vec![0.0; row.len()];
        for (other, w) in self.cells.chunks_exact(row.len().max(1)).zip(&weights).filter(|(_, w)| **w > 0.0) {
            for ((part, x), o) in parts.iter_mut().zip(&x).zip(other) {
                let z = (x - o) / self.h;
                *part += w / total * (0.5 * z * z);
            }
        }
        Attribution::new(self.columns.names().to_vec(), parts, score)
    }
}

/// What a file says; checked before it becomes a [`Kde`].
#[cfg(feature = "serde")]
#[derive(serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    params: KdeValidParams,
    columns: Columns,
    cells: Vec<f64>,
}

#[cfg(feature = "serde")]
impl From<Kde> for Raw {
    fn from(m: Kde) -> Self {
        Self { params: m.params, columns: m.columns, cells: m.cells }
    }
}

#[cfg(feature = "serde")]
impl TryFrom<Raw> for Kde {
    type Error = crate::error::Error;
    fn try_from(raw: Raw) -> Result<Self> {
        let params = KdeParams(raw.params).check()?;
        let d = raw.columns.len();
        if raw.columns.scaling() != params.scaling || !raw.cells.len().is_multiple_of(d) || raw.cells.len() < 2 * d {
            return Err(crate::error::Error::Model {
                reason: "kde: scaling or rows do not fit the settings".to_owned(),
            });
        }
        crate::anomaly::columns::check_numbers("kde rows", &raw.cells, raw.cells.len())?;
        Self::new(params, raw.columns, raw.cells)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::{Array2, array};

    #[test]
    fn density_by_hand() {
        let model = Kde::params().bandwidth(Bandwidth::Value(0.5)).unscaled().fit(&array![[0.0], [1.0]]).unwrap();
        let normal = |z: f64| (-0.5 * z * z).exp() / (2.0 * std::f64::consts::PI).sqrt() / 0.5;
        let expected = -(0.5 * (normal(0.4) + normal(1.6))).ln();
        assert!((model.score_row(&[0.2]).unwrap() - expected).abs() < 1e-14);
        // Without itself each row has the other alone.
        assert!((model.train_scores().unwrap()[0] + normal(2.0).ln()).abs() < 1e-14);
        // Far away: half the squared distance, not infinity.
        let far = model.score_row(&[1e6]).unwrap();
        assert!((far / (0.5 * (2.0 * (1e6 - 1.0_f64)).powi(2)) - 1.0).abs() < 1e-9);
    }

    #[test]
    fn settings_are_checked() {
        let x = Array2::<f64>::zeros((4, 2));
        for h in [0.0, -1.0, f64::NAN, f64::INFINITY] {
            assert!(Kde::params().bandwidth(Bandwidth::Value(h)).fit(&x).is_err());
        }
        let n = 4f64;
        assert!((Kde::params().fit(&x).unwrap().bandwidth() - n.powf(-1.0 / 6.0)).abs() < 1e-15);
    }
}
