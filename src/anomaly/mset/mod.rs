//! Multivariate state estimation and auto-associative kernel regression.
//!
//! **What it answers.** A memory holds rows of the healthy machine. What should every sensor have said, judged by the memory
//! rows that resemble the row at hand, and how far is it from that? The residual of each sensor is the natural input of a
//! sequential test.
//!
//! **Formula.** With memory rows `D_i` (scaled), the similarity `s_i = s(|x - D_i|)` and the matrix `G_ik = s(|D_i - D_k|)`
//!
//! ```text
//! Mset: estimate = sum_i w_i D_i,   w = (G + ridge I)⁻¹ s        Aakr: estimate = sum_i s_i D_i / sum_i s_i
//! score = sqrt(sum_j (r_j / e_j)²),   r = x - estimate
//! ```
//!
//! with `e_j` the root mean square of the residual of column j over the training rows, not below 1e-3 scales: a column that the
//! others foretell well is watched closely. An estimate depends on its row alone, never on later ones. Far from the memory
//! the estimate of `Mset` goes to the centre of the training rows, that of `Aakr` to the nearest memory row.
//!
//! **Attribution.** `(r_j / e_j)² / score` of each column; the contributions add up to the **score**. The residuals themselves,
//! with sign and unit, are [`Mset::residuals`].
//!
//! **Sources.** Gross, Singer, Wegerich, Herzog, VanAlstine & Bockhorst 1997; Zavaljevski & Gross 2000 for the memory; Hines
//! & Garvey 2006 for Aakr. The ridge stands for the pseudo-inverse of the papers, whose rank has to be guessed.
//!
//! **Cost.** Fit O(n m d + m³) for m memory rows, score O(m d) a row; memory O(m d).
//!
//! An estimate is made from all sensors, the faulty one too: part of a fault is explained away.
//!
//! **When not to use it.** Sensors that do not depend on each other (no estimate is better than the mean); a baseline that
//! does not cover all regimes: what the memory never saw is an anomaly.

mod memory;

use super::columns::Columns;
use super::row_bank::RowBank;
use super::{Attribution, Detector, check_input, check_scores};
use crate::error::{Error, Result, check_positive};
use crate::features::Rows;
use crate::learners::{Scaling, row_slice};
use crate::math::linalg::cholesky_inverse;
use crate::math::order::median_in_place;
use crate::math::par;
use linfa::ParamGuard;
use ndarray::{Array1, Array2, ArrayView1};

/// How alike two rows are at distance r; h is [`MsetParams::width`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum Similarity {
    /// `exp(-r² / (2 h²))`.
    #[default]
    Gaussian,
    /// `1 / (1 + r / h)`: rows far away still count.
    Inverse,
}

/// How an estimate is made of the memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum Estimator {
    /// Weights that take the likeness of memory rows to each other into account: interpolates between them.
    #[default]
    Mset,
    /// Mean of the memory rows weighted by likeness: never outside of their range, smooth, biased towards their middle.
    Aakr,
}

/// Checked settings of a [`Mset`].
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
pub struct MsetValidParams {
    memory: usize,
    estimator: Estimator,
    similarity: Similarity,
    width: Option<f64>,
    ridge: f64,
    scaling: Scaling,
}

/// Settings of a [`Mset`]; see [`Mset::params`].
#[derive(Debug, Clone, PartialEq)]
pub struct MsetParams(MsetValidParams);

impl MsetParams {
    /// Memory rows, 2 to 4096; all training rows when there are fewer, and more when the extremes of the columns are
    /// more. Default 200.
    #[must_use]
    pub fn memory(mut self, rows: usize) -> Self {
        self.0.memory = rows;
        self
    }

    /// How an estimate is made. Default [`Estimator::Mset`].
    #[must_use]
    pub fn estimator(mut self, estimator: Estimator) -> Self {
        self.0.estimator = estimator;
        self
    }

    /// How alike rows are. Default [`Similarity::Gaussian`].
    #[must_use]
    pub fn similarity(mut self, similarity: Similarity) -> Self {
        self.0.similarity = similarity;
        self
    }

    /// Width h of the similarity, in scales. Default: the median distance between memory rows for
    /// [`Estimator::Mset`], a quarter of it for [`Estimator::Aakr`], whose estimate is a local mean.
    #[must_use]
    pub fn width(mut self, width: f64) -> Self {
        self.0.width = Some(width);
        self
    }

    /// Added to the likeness of a memory row with itself, which is 1. Default 1, as if a memory row were as noisy as it is
    /// like itself: with less the estimate follows a faulty sensor (on simulated sensors with one of them off by a standard
    /// deviation the area under the curve falls from 0.85 at 1 to 0.75 at 1e-3). [`Estimator::Aakr`] has no use for it.
    #[must_use]
    pub fn ridge(mut self, ridge: f64) -> Self {
        self.0.ridge = ridge;
        self
    }

    /// How columns are scaled. Default [`Scaling::Standard`], because sensors have units of their own.
    #[must_use]
    pub fn scaling(mut self, scaling: Scaling) -> Self {
        self.0.scaling = scaling;
        self
    }

    /// Selects the memory and learns how large residuals are.
    ///
    /// # Errors
    /// [`Error::Parameter`] for a setting out of its range; [`Error::TooFew`] with fewer than 3 rows;
    /// [`Error::NonFinite`] naming a cell; [`Error::Numeric`] when squares overflow, when the extremes of the columns are
    /// more than 4096 rows, or when the likeness of the memory rows is singular in spite of the ridge.
    pub fn fit<'a>(&self, rows: impl Into<Rows<'a>>) -> Result<Mset> {
        self.check_ref()?.fit_rows(rows.into())
    }
}

/// Most memory rows.
const MAX_MEMORY: usize = 4096;

impl MsetValidParams {
    fn check_settings(&self) -> Result<()> {
        if !(2..=MAX_MEMORY).contains(&self.memory) {
            return Err(Error::parameter("memory", self.memory, "must be 2 to 4096"));
        }
        if let Some(width) = self.width {
            check_positive("width", width)?;
        }
        check_positive("ridge", self.ridge).map(drop)
    }

    fn fit_rows(&self, rows: Rows<'_>) -> Result<Mset> {
        let (columns, cells) = Columns::fit(rows, Some(self.scaling), "rows to fit a memory", 3)?;
        let d = columns.len();
        let kept = memory::select(&cells, d, self.memory);
        if kept.len() > MAX_MEMORY {
            return Err(Error::numeric("MSET", "the extremes of the columns are more than 4096 rows"));
        }
        let memory: Vec<f64> = kept.iter().flat_map(|&i| &cells[i * d..(i + 1) * d]).copied().collect();
        let mut model = Mset::new(self.clone(), columns, memory, vec![1.0; d])?;
        let rows: Vec<&[f64]> = cells.chunks_exact(d).collect();
        let residuals = par::map_init(rows.len(), Scratch::default, |scratch, i| {
            model.estimate_scaled(rows[i], scratch);
            rows[i].iter().zip(&scratch.estimate).map(|(x, e)| x - e).collect::<Vec<f64>>()
        });
        let n = rows.len() as f64;
        for (j, error) in model.errors.iter_mut().enumerate() {
            *error = (residuals.iter().map(|r| r[j] * r[j]).sum::<f64>() / n).sqrt().max(FLOOR);
        }
        check_scores("MSET: residuals of the training rows", &model.errors)?;
        Ok(model)
    }
}

/// Smallest typical residual, in scales.
const FLOOR: f64 = 1e-3;

row_model!(MsetParams, MsetValidParams, Mset, "mset");

/// A fitted memory of the healthy machine.
///
/// ```
/// use prognos::anomaly::{Detector, Mset};
/// use ndarray::Array2;
/// // Three sensors that follow one load, each in its own way.
/// let healthy = Array2::from_shape_fn((500, 3), |(i, j)| {
///     let load = (i as f64 * 0.1).sin();
///     [load, load * load, (2.0 * load).tanh()][j] + 0.01 * ((i * (j + 7)) as f64).sin()
/// });
/// let model = Mset::params().memory(60).fit(&healthy)?;
/// let mut row = healthy.row(123).to_vec();
/// row[1] += 2.0;
/// let why = model.explain(ndarray::ArrayView1::from(&row))?;
/// assert_eq!(why.ranked()[0].0, "1");
/// // The residual has the sign and the unit of the sensor.
/// let residual = model.residuals(ndarray::ArrayView2::from_shape((1, 3), &row).unwrap())?;
/// assert!(residual[[0, 1]] > 1.0);
/// assert!((why.total() - why.score()).abs() < 1e-9 * why.score());
/// # Ok::<(), prognos::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(try_from = "Raw", into = "Raw"))]
pub struct Mset {
    params: MsetValidParams,
    columns: Columns,
    /// Row-major, scaled.
    memory: Vec<f64>,
    bank: RowBank,
    width: f64,
    /// What the similarities of a row are multiplied with, one row a memory row: `(G + ridge I)⁻¹ D`, or D.
    weights: Vec<f64>,
    /// Root mean square of the training residuals, in scales.
    errors: Vec<f64>,
}

/// Buffers of one thread.
#[derive(Debug, Default)]
struct Scratch {
    similar: Vec<f64>,
    estimate: Vec<f64>,
}

impl Mset {
    /// Default settings: 200 memory rows, MSET with a Gaussian similarity, ridge 1, columns standardised.
    #[must_use]
    pub fn params() -> MsetParams {
        MsetParams(MsetValidParams {
            memory: 200,
            estimator: Estimator::Mset,
            similarity: Similarity::Gaussian,
            width: None,
            ridge: 1.0,
            scaling: Scaling::Standard,
        })
    }

    fn new(params: MsetValidParams, columns: Columns, memory: Vec<f64>, errors: Vec<f64>) -> Result<Self> {
        let d = columns.len();
        let m = memory.len() / d;
        let bank = RowBank::new(d, &memory);
        let rows: Vec<&[f64]> = memory.chunks_exact(d).collect();
        let squares = par::map(m, |i| squared_distances(&bank, rows[i]));
        let width = match params.width {
            Some(width) => width,
            None => {
                let mut all: Vec<f64> = (1..m).flat_map(|i| squares[i][..i].iter().copied()).collect();
                let median = median_in_place(&mut all).sqrt();
                let part = if params.estimator == Estimator::Mset { 1.0 } else { 0.25 };
                if median > 0.0 { part * median } else { 1.0 }
            }
        };
        if !width.is_finite() {
            return Err(Error::numeric("MSET", "distances between memory rows overflow"));
        }
        let weights = match params.estimator {
            Estimator::Aakr => memory.clone(),
            Estimator::Mset => {
                let mut likeness = Vec::with_capacity(m * m);
                for (i, row) in squares.iter().enumerate() {
                    likeness.extend(row.iter().map(|&s| similarity(params.similarity, s, width)));
                    likeness[i * m + i] += params.ridge;
                }
                let singular = || Error::numeric("MSET", "the memory rows are too much alike; raise the ridge");
                let (w, _) = cholesky_inverse(&likeness, m).ok_or_else(singular)?;
                // (G + ridge I)⁻¹ D = Wᵀ (W D), W lower triangular.
                let mut inner = vec![0.0; m * d];
                for (i, inner) in inner.chunks_exact_mut(d).enumerate() {
                    add_rows(inner, (0..=i).map(|k| (w[i * m + k], rows[k])));
                }
                let mut weights = vec![0.0; m * d];
                for (i, inner) in inner.chunks_exact(d).enumerate() {
                    for (k, weights) in weights.chunks_exact_mut(d).enumerate().take(i + 1) {
                        add_rows(weights, std::iter::once((w[i * m + k], inner)));
                    }
                }
                check_scores("MSET: weights", &weights)?;
                weights
            }
        };
        Ok(Self { params, columns, memory, bank, width, weights, errors })
    }

    /// Names of the columns it was fitted on.
    #[must_use]
    pub fn feature_names(&self) -> &[String] {
        self.columns.names()
    }

    /// Number of memory rows.
    #[must_use]
    pub fn n_memory(&self) -> usize {
        self.bank.len()
    }

    /// Width of the similarity, in scales.
    #[must_use]
    pub fn width(&self) -> f64 {
        self.width
    }

    /// What every sensor should have said, in the units of the columns: a row for each row.
    ///
    /// # Errors
    /// As [`Detector::score_rows`].
    pub fn estimate<'a>(&self, rows: impl Into<Rows<'a>>) -> Result<Array2<f64>> {
        let rows = rows.into();
        check_input(&rows, self.columns.names())?;
        let (n, d) = rows.values.dim();
        let mut out = vec![0.0; n * d];
        par::rows_init(
            &mut out,
            d,
            || (Vec::new(), Vec::new(), Scratch::default()),
            |(copy, x, scratch), i, out| {
                x.clear();
                self.columns.push(row_slice(rows.values.row(i), copy), x);
                self.estimate_scaled(x, scratch);
                out.copy_from_slice(&self.columns.unscaled(&scratch.estimate));
            },
        );
        if !out.iter().all(|v| v.is_finite()) {
            return Err(Error::numeric("MSET", "an estimate overflows"));
        }
        Array2::from_shape_vec((n, d), out).map_err(|e| Error::numeric("MSET", e.to_string()))
    }

    /// Cells minus estimates, in the units of the columns.
    ///
    /// # Errors
    /// As [`Detector::score_rows`].
    pub fn residuals<'a>(&self, rows: impl Into<Rows<'a>>) -> Result<Array2<f64>> {
        let rows = rows.into();
        let mut out = self.estimate(rows)?;
        for (out, x) in out.iter_mut().zip(rows.values.iter()) {
            *out = x - *out;
        }
        Ok(out)
    }

    /// Fills in the estimate of a scaled row.
    fn estimate_scaled(&self, x: &[f64], scratch: &mut Scratch) {
        let Scratch { similar, estimate } = scratch;
        let d = x.len();
        similar.clear();
        for block in 0..self.bank.n_blocks() {
            similar.extend(self.bank.squared_distances(x, block));
        }
        similar.truncate(self.bank.len());
        // The mean of Aakr does not change when all likenesses have a common factor: that of the nearest row is taken out,
        // so that a row far away has an estimate.
        let aakr = self.params.estimator == Estimator::Aakr;
        let nearest = similar.iter().copied().fold(f64::INFINITY, f64::min);
        let shift = if aakr && self.params.similarity == Similarity::Gaussian { nearest } else { 0.0 };
        let mut total = 0.0;
        for s in similar.iter_mut() {
            *s = similarity(self.params.similarity, *s - shift, self.width);
            total += *s;
        }
        estimate.clear();
        estimate.resize(d, 0.0);
        add_rows(estimate, similar.iter().copied().zip(self.weights.chunks_exact(d.max(1))));
        if aakr {
            for e in estimate.iter_mut() {
                *e /= total;
            }
        }
    }

    /// Squared residuals of a scaled row over their typical size.
    fn surprise(&self, x: &[f64], scratch: &mut Scratch) -> f64 {
        self.estimate_scaled(x, scratch);
        let mut sum = 0.0;
        for ((e, x), error) in scratch.estimate.iter_mut().zip(x).zip(&self.errors) {
            let r = (x - *e) / error;
            *e = r * r;
            sum += *e;
        }
        sum
    }
}

/// Adds weighted rows to `to`.
#[inline]
fn add_rows<'a>(to: &mut [f64], rows: impl Iterator<Item = (f64, &'a [f64])>) {
    for (weight, row) in rows {
        for (to, x) in to.iter_mut().zip(row) {
            *to += weight * x;
        }
    }
}

fn squared_distances(bank: &RowBank, x: &[f64]) -> Vec<f64> {
    let mut out: Vec<f64> = (0..bank.n_blocks()).flat_map(|block| bank.squared_distances(x, block)).collect();
    out.truncate(bank.len());
    out
}

fn similarity(kind: Similarity, square: f64, width: f64) -> f64 {
    match kind {
        Similarity::Gaussian => (-0.5 * (square / width / width)).exp(),
        Similarity::Inverse => 1.0 / (1.0 + square.sqrt() / width),
    }
}

impl Detector for Mset {
    fn feature_names(&self) -> &[String] {
        self.columns.names()
    }

    fn score_rows(&self, rows: Rows<'_>) -> Result<Array1<f64>> {
        check_input(&rows, self.columns.names())?;
        let scores = self.columns.map(rows.values, |scratch: &mut Scratch, x| self.surprise(x, scratch).sqrt());
        check_scores("MSET", &scores)?;
        Ok(scores.into())
    }

    /// Contributions that add up to the score; see the module.
    fn explain(&self, row: ArrayView1<'_, f64>) -> Result<Attribution> {
        let score = self.score_rows(Rows::from(row.insert_axis(ndarray::Axis(0))))?[0];
        let mut scratch = Scratch::default();
        self.surprise(&self.columns.scaled(row), &mut scratch);
        let parts = scratch.estimate.iter().map(|s| if score > 0.0 { s / score } else { 0.0 }).collect();
        Attribution::new(self.columns.names().to_vec(), parts, score)
    }
}

/// What a file says; checked before it becomes a [`Mset`].
#[cfg(feature = "serde")]
#[derive(serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    params: MsetValidParams,
    columns: Columns,
    memory: Vec<f64>,
    errors: Vec<f64>,
}

#[cfg(feature = "serde")]
impl From<Mset> for Raw {
    fn from(m: Mset) -> Self {
        Self { params: m.params, columns: m.columns, memory: m.memory, errors: m.errors }
    }
}

#[cfg(feature = "serde")]
impl TryFrom<Raw> for Mset {
    type Error = Error;
    fn try_from(raw: Raw) -> Result<Self> {
        let refuse = |reason: &str| Err(Error::Model { reason: format!("mset: {reason}") });
        let params = MsetParams(raw.params).check()?;
        let d = raw.columns.len();
        if raw.columns.scaling() != Some(params.scaling) {
            return refuse("the scaling is not that of the settings");
        }
        if raw.memory.is_empty() || !raw.memory.len().is_multiple_of(d) || raw.memory.len() / d > MAX_MEMORY {
            return refuse("the memory does not fit the columns, or is too large");
        }
        super::columns::check_numbers("mset: memory", &raw.memory, raw.memory.len())?;
        super::columns::check_numbers("mset: errors", &raw.errors, d)?;
        if !raw.errors.iter().all(|e| *e >= FLOOR) {
            return refuse("a typical residual is too small");
        }
        Self::new(params, raw.columns, raw.memory, raw.errors).map_err(|e| Error::Model { reason: e.to_string() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(n: usize) -> Array2<f64> {
        Array2::from_shape_fn((n, 3), |(i, j)| {
            let load = (i as f64 * 0.37).sin();
            [load, load * load, (2.0 * load).tanh()][j] * 10.0 + 100.0
        })
    }

    #[test]
    fn memory_rows_are_their_own_estimate() {
        let x = rows(40);
        for similarity in [Similarity::Gaussian, Similarity::Inverse] {
            let params = Mset::params().memory(4000).similarity(similarity).ridge(1e-9);
            let model = params.width(0.5).fit(&x).unwrap();
            assert_eq!(model.n_memory(), 40);
            assert!(model.residuals(&x).unwrap().iter().all(|r| r.abs() < 1e-3), "{similarity:?}");
        }
    }

    #[test]
    fn far_away() {
        let x = rows(300);
        let far = ndarray::array![[1e6, 100.0, 100.0]];
        let mset = Mset::params().fit(&x).unwrap().estimate(&far).unwrap();
        let mean = x.mean_axis(ndarray::Axis(0)).unwrap();
        assert!(mset.iter().zip(&mean).all(|(a, b)| (a - b).abs() < 1e-9));
        let aakr = Mset::params().estimator(Estimator::Aakr).fit(&x).unwrap().estimate(&far).unwrap();
        let largest = x.column(0).iter().copied().fold(0.0, f64::max);
        assert!((aakr[[0, 0]] - largest).abs() < 1e-6);
    }

    #[test]
    fn aakr_stays_in_range() {
        let x = rows(200);
        for similarity in [Similarity::Gaussian, Similarity::Inverse] {
            let model = Mset::params().estimator(Estimator::Aakr).similarity(similarity).fit(&x).unwrap();
            let estimates = model.estimate(&(&x * 3.0)).unwrap();
            assert!(estimates.column(1).iter().all(|e| *e > 100.0 - 1e-9 && *e < 110.0 + 1e-9));
        }
    }

    #[test]
    fn settings_are_checked() {
        let x = rows(30);
        for bad in [
            Mset::params().memory(1),
            Mset::params().memory(5000),
            Mset::params().width(0.0),
            Mset::params().width(f64::NAN),
            Mset::params().ridge(0.0),
        ] {
            assert!(bad.fit(&x).is_err(), "{bad:?}");
        }
        assert!(Mset::params().fit(&rows(2)).is_err());
    }
}
