//! LODA: histograms of sparse random projections.
//!
//! **What it answers.** Is this row in a thin place of many random views of the table? Sees combinations of columns, which
//! [`Hbos`](super::Hbos) cannot, at a cost that hardly grows with their number.
//!
//! **Formula.** Columns are standardised. Each projection has normal weights on `round(sqrt d)` columns drawn without
//! replacement, and a histogram of the projected training rows. The score is the mean over projections of `-ln p`, with
//!
//! ```text
//! p = (count of the bar + 1) / ((n + bars + 1) width)
//! ```
//!
//! one bar standing for all that lies outside of the range. The 1 (Laplace's rule) is not in the paper, whose densities
//! may be zero.
//!
//! **Explanation.** Of the paper: the one-tailed two-sample t statistic of `-ln p` over the projections that use a column
//! against those that do not: `(mean_with - mean_without) / sqrt(s²_with / n_with + s²_without / n_without)`. These
//! statistics do **not** add up to the score. 0 for a column that all projections use, or fewer than two.
//!
//! **Source.** Pevný 2016 (Machine Learning 102). **Cost.** Fit O(n p sqrt d) for p projections, and O(n p log n) for the
//! number of bars; score O(p sqrt d) a row. Memory O(p (sqrt d + bars)).
//!
//! **When not to use it.** Few columns with simple margins (histograms or tails say it more clearly); scores saturate
//! outside of the range of the training rows.

use super::Bins;
use super::histogram::Bars;
use crate::anomaly::{Attribution, Detector, check_input, check_scores};
use crate::error::{Error, Result};
use crate::features::Rows;
use crate::learners::{Scaler, check_rows, row_slice};
use crate::math::rng::Rng;
use crate::math::{lanes, par};
use linfa::ParamGuard;
use linfa::dataset::DatasetBase;
use linfa::traits::Fit;
use ndarray::{Array1, ArrayBase, ArrayView1, Data, Ix2};

/// Checked settings of [`Loda`].
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
pub struct LodaValidParams {
    projections: usize,
    bins: Bins,
    seed: u64,
}

/// Settings of [`Loda`]; see [`Loda::params`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LodaParams(LodaValidParams);

impl LodaParams {
    /// Number of projections, 1..=100000. Default 100: in the paper the score has settled by then.
    #[must_use]
    pub fn projections(mut self, projections: usize) -> Self {
        self.0.projections = projections;
        self
    }

    /// How many bars. Default [`Bins::BirgeRozenholc`], as in the paper.
    #[must_use]
    pub fn bins(mut self, bins: Bins) -> Self {
        self.0.bins = bins;
        self
    }

    /// Seed of the projections. Default 0. Projection i depends on the seed and i alone.
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        self.0.seed = seed;
        self
    }

    /// Draws the projections and counts the training rows.
    ///
    /// # Errors
    /// [`Error::Parameter`] for a setting out of its range; [`Error::TooFew`] without rows or columns;
    /// [`Error::NonFinite`] naming a cell; [`Error::Numeric`] when squares overflow.
    pub fn fit<'a>(&self, rows: impl Into<Rows<'a>>) -> Result<Loda> {
        self.check_ref()?.fit_rows(rows.into())
    }
}

impl ParamGuard for LodaParams {
    type Checked = LodaValidParams;
    type Error = Error;

    fn check_ref(&self) -> Result<&LodaValidParams> {
        if !(1..=100_000).contains(&self.0.projections) {
            return Err(Error::parameter("projections", self.0.projections, "must be 1 to 100000"));
        }
        self.0.bins.check()?;
        Ok(&self.0)
    }

    fn check(self) -> Result<LodaValidParams> {
        self.check_ref()?;
        Ok(self.0)
    }
}

impl<D: Data<Elem = f64>, T> Fit<ArrayBase<D, Ix2>, T, Error> for LodaValidParams {
    type Object = Loda;
    fn fit(&self, dataset: &DatasetBase<ArrayBase<D, Ix2>, T>) -> Result<Loda> {
        self.fit_rows(dataset.into())
    }
}

impl LodaValidParams {
    fn fit_rows(&self, rows: Rows<'_>) -> Result<Loda> {
        check_rows(&rows, "rows to project", 1)?;
        let scaler = Scaler::standard().fit(rows)?;
        let (n, d) = rows.values.dim();
        let mut z = vec![0.0; n * d];
        par::rows_init(&mut z, d, Vec::new, |scratch: &mut Vec<f64>, i, z| {
            standardise(&scaler, row_slice(rows.values.row(i), scratch), z);
        });
        let nonzero = ((d as f64).sqrt().round() as usize).clamp(1, d);
        let projections = par::map_init(self.projections, Vec::new, |values: &mut Vec<f64>, item| {
            let mut rng = Rng::stream(self.seed, item as u64);
            let mut columns: Vec<u32> = (0..d as u32).collect();
            for i in 0..nonzero {
                let other = i + rng.below(d - i);
                columns.swap(i, other);
            }
            columns.truncate(nonzero);
            columns.sort_unstable();
            let weights: Vec<f64> = columns.iter().map(|_| rng.normal()).collect();
            values.clear();
            values.extend(z.chunks_exact(d).map(|z| project(&columns, &weights, z)));
            let (low, high) = lanes::min_max(values);
            if !matches!(self.bins, Bins::Fixed(_)) {
                values.sort_unstable_by(f64::total_cmp);
            }
            let bars = Bars::over(low, high, self.bins.number(values)?)?;
            let counts = bars.counts(values).into_iter().map(|c| u32::try_from(c).unwrap_or(u32::MAX)).collect();
            Projection::new(columns, weights, bars, counts)
        });
        let projections = projections.into_iter().collect::<Result<_>>()?;
        Ok(Loda { params: self.clone(), scaler, projections })
    }
}

fn standardise(scaler: &Scaler, row: &[f64], z: &mut [f64]) {
    let scales = scaler.centre().iter().zip(scaler.scale());
    for ((z, x), (c, s)) in z.iter_mut().zip(row).zip(scales) {
        // The bounds keep sums of products finite; nothing so far out is inside of a histogram.
        *z = ((x - c) / s).clamp(-1e150, 1e150);
    }
}

#[inline]
fn project(columns: &[u32], weights: &[f64], z: &[f64]) -> f64 {
    columns.iter().zip(weights).map(|(&j, w)| w * z[j as usize]).sum()
}

#[derive(Debug, Clone, PartialEq)]
struct Projection {
    /// Ascending.
    columns: Vec<u32>,
    weights: Vec<f64>,
    bars: Bars,
    counts: Vec<u32>,
    /// `-ln p` of each bar.
    terms: Vec<f64>,
    outside: f64,
}

impl Projection {
    fn new(columns: Vec<u32>, weights: Vec<f64>, bars: Bars, counts: Vec<u32>) -> Result<Self> {
        let all: f64 = counts.iter().map(|&c| f64::from(c)).sum();
        let total = (all + bars.len() as f64 + 1.0).ln();
        // The logarithm of the mean width: the quotient may be denormal.
        let width = (bars.high() - bars.low()).ln() - (bars.len() as f64).ln();
        let term = |count: f64| total + width - (count + 1.0).ln();
        let terms: Vec<f64> = counts.iter().map(|&c| term(f64::from(c))).collect();
        if terms.iter().all(|t| t.is_finite()) {
            Ok(Self { columns, weights, bars, counts, terms, outside: term(0.0) })
        } else {
            Err(Error::numeric("LODA", "the range of a projection overflows"))
        }
    }

    #[inline]
    fn term(&self, z: &[f64]) -> f64 {
        let x = project(&self.columns, &self.weights, z);
        if x >= self.bars.low() && x <= self.bars.high() { self.terms[self.bars.find(x)] } else { self.outside }
    }
}

/// A fitted ensemble of projected histograms.
///
/// ```
/// use prognos::anomaly::{Detector, Loda};
/// use ndarray::Array2;
/// let mut rows = Array2::from_shape_fn((500, 6), |(i, j)| ((i * (j + 3)) as f64 * 0.61).sin());
/// rows[[42, 4]] = 5.0;
/// let model = Loda::params().projections(200).fit(&rows)?;
/// let scores = model.score(&rows)?;
/// let worst = (0..500).max_by(|&a, &b| scores[a].total_cmp(&scores[b]));
/// assert_eq!(worst, Some(42));
/// assert_eq!(model.explain(rows.row(42))?.ranked()[0].0, "4");
/// # Ok::<(), prognos::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(try_from = "Raw", into = "Raw"))]
pub struct Loda {
    params: LodaValidParams,
    scaler: Scaler,
    projections: Vec<Projection>,
}

/// Rows of one parallel block.
const BLOCK: usize = 256;

impl Loda {
    /// Default settings: 100 projections, bars by penalised likelihood, seed 0.
    #[must_use]
    pub fn params() -> LodaParams {
        LodaParams(LodaValidParams { projections: 100, bins: Bins::BirgeRozenholc, seed: 0 })
    }

    /// Names of the columns it was fitted on.
    #[must_use]
    pub fn feature_names(&self) -> &[String] {
        self.scaler.feature_names()
    }

    /// Number of projections.
    #[must_use]
    pub fn n_projections(&self) -> usize {
        self.projections.len()
    }
}

impl Detector for Loda {
    fn feature_names(&self) -> &[String] {
        self.scaler.feature_names()
    }

    fn score_rows(&self, rows: Rows<'_>) -> Result<Array1<f64>> {
        check_input(&rows, self.scaler.feature_names())?;
        let d = rows.values.ncols();
        let mut scores = vec![0.0; rows.values.nrows()];
        par::rows_init(
            &mut scores,
            BLOCK,
            || (vec![0.0; d * BLOCK], Vec::new()),
            |(z, scratch), block, out| {
                for (i, z) in z.chunks_exact_mut(d).take(out.len()).enumerate() {
                    standardise(&self.scaler, row_slice(rows.values.row(block * BLOCK + i), scratch), z);
                }
                for projection in &self.projections {
                    for (z, out) in z.chunks_exact(d).zip(out.iter_mut()) {
                        *out += projection.term(z);
                    }
                }
                for out in out.iter_mut() {
                    *out /= self.projections.len() as f64;
                }
            },
        );
        check_scores("LODA", &scores)?;
        Ok(scores.into())
    }

    /// One-tailed t statistics of the columns: they rank, and do not add up.
    fn explain(&self, row: ArrayView1<'_, f64>) -> Result<Attribution> {
        let score = self.score_rows(Rows::from(row.insert_axis(ndarray::Axis(0))))?[0];
        let mut z = vec![0.0; row.len()];
        standardise(&self.scaler, &row.to_vec(), &mut z);
        let terms: Vec<f64> = self.projections.iter().map(|p| p.term(&z)).collect();
        let statistic = |j: u32| {
            let side = |with: bool| {
                let chosen = self.projections.iter().zip(&terms);
                chosen.filter(|(p, _)| p.columns.binary_search(&j).is_ok() == with).map(|(_, t)| *t).collect::<Vec<_>>()
            };
            let (with, without) = (side(true), side(false));
            if with.len() < 2 || without.len() < 2 {
                return 0.0;
            }
            let error =
                lanes::variance(&with, 1) / with.len() as f64 + lanes::variance(&without, 1) / without.len() as f64;
            let difference = lanes::mean(&with) - lanes::mean(&without);
            if error > 0.0 { difference / error.sqrt() } else { 0.0 }
        };
        Attribution::new(self.scaler.feature_names().to_vec(), (0..row.len() as u32).map(statistic).collect(), score)
    }
}

#[cfg(feature = "persist")]
impl crate::persist::Persist for Loda {
    const KIND: &'static str = "loda";
    fn feature_names(&self) -> &[String] {
        self.scaler.feature_names()
    }
}

/// What a file says; checked before it becomes a [`Loda`].
#[cfg(feature = "serde")]
#[derive(serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    params: LodaValidParams,
    scaler: Scaler,
    projections: Vec<RawProjection>,
}

#[cfg(feature = "serde")]
#[derive(serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct RawProjection {
    columns: Vec<u32>,
    weights: Vec<f64>,
    low: f64,
    high: f64,
    counts: Vec<u32>,
}

#[cfg(feature = "serde")]
impl From<Loda> for Raw {
    fn from(m: Loda) -> Self {
        let projections = m.projections.into_iter().map(|p| RawProjection {
            low: p.bars.low(),
            high: p.bars.high(),
            columns: p.columns,
            weights: p.weights,
            counts: p.counts,
        });
        Self { projections: projections.collect(), params: m.params, scaler: m.scaler }
    }
}

#[cfg(feature = "serde")]
impl TryFrom<Raw> for Loda {
    type Error = Error;
    fn try_from(raw: Raw) -> Result<Self> {
        let refuse = |reason: &str| Err(Error::Model { reason: format!("LODA: {reason}") });
        let params = LodaParams(raw.params).check()?;
        let d = raw.scaler.feature_names().len();
        if raw.projections.len() != params.projections {
            return refuse("another number of projections than the settings");
        }
        let mut projections = Vec::with_capacity(raw.projections.len());
        for p in raw.projections {
            let ordered = p.columns.windows(2).all(|w| w[0] < w[1]);
            let known = p.columns.last().is_some_and(|&j| (j as usize) < d);
            if !ordered || !known || p.weights.len() != p.columns.len() {
                return refuse("a projection has columns that do not exist, or not one weight for each");
            }
            if !p.weights.iter().all(|w| w.abs() <= 1e3) {
                return refuse("a weight is not a number, or far too large");
            }
            let bars = p.counts.len();
            let fits = match params.bins {
                Bins::Fixed(k) => bars == k,
                _ => bars > 0,
            };
            if !fits {
                return refuse("a histogram has another number of bars than the settings");
            }
            let bars = Bars::between(p.low, p.high, bars)?;
            projections.push(Projection::new(p.columns, p.weights, bars, p.counts)?);
        }
        Ok(Self { params, scaler: raw.scaler, projections })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::Array2;

    #[test]
    fn densities_integrate_to_one() {
        let x = Array2::from_shape_fn((300, 5), |(i, j)| ((i * (j + 2)) as f64 * 0.37).sin());
        let model = Loda::params().projections(7).fit(&x).unwrap();
        for p in &model.projections {
            let width = (p.bars.high() - p.bars.low()) / p.bars.len() as f64;
            let mass: f64 = p.terms.iter().chain([&p.outside]).map(|t| (-t).exp() * width).sum();
            assert!((mass - 1.0).abs() < 1e-12, "{mass}");
            assert_eq!(p.columns.len(), 2);
        }
    }

    #[test]
    fn projections_depend_on_seed_and_item_alone() {
        let x = Array2::from_shape_fn((60, 4), |(i, j)| ((i * (j + 2)) as f64 * 0.37).sin());
        let few = Loda::params().projections(3).seed(5).fit(&x).unwrap();
        let many = Loda::params().projections(9).seed(5).fit(&x).unwrap();
        assert_eq!(few.projections[..], many.projections[..3]);
        assert_ne!(few.projections, Loda::params().projections(3).seed(6).fit(&x).unwrap().projections);
        assert!(Loda::params().projections(0).fit(&x).is_err());
        assert!(Loda::params().bins(Bins::Fixed(0)).fit(&x).is_err());
    }
}
