//! One number for the health of a unit: 0 when it is healthy, 1 at the end of its life.
//!
//! Answers: how far has this unit gone from new to failed? For whoever has many features per unit and some units that ran
//! to failure, and needs one curve to show, to alarm on, or to extrapolate with [`crate::rul::degradation`].
//!
//! The features are standardised over all rows of the fleet and added with fixed weights: the first principal component,
//! turned so that it rises with time, or the ridge regression on the fraction of life. The sum is then shifted and scaled
//! so that its median over the early rows is 0 and its median over the last rows of failed units is 1; values outside of
//! [0, 1] are possible and meaningful. Sources: PCA fusion as in Coble (2010); regression to 1..0 as in Wang, Yu, Siegel &
//! Lee (PHM 2008). Cost of a fit: rows x columns^2, and columns^3 for the components.
//!
//! Not for features that scatter more between operating regimes than over life: remove the regimes first. Not for
//! features without a common direction: see [`super::quality`].

use super::quality::{correlation, ranks};
use crate::error::{Error, Result, check_fraction};
use crate::features::Rows;
use crate::math::lanes;
use crate::math::linalg::{cholesky_solve, symmetric_eigen};
use linfa::ParamGuard;
use linfa::dataset::DatasetBase;
use linfa::traits::Fit;
use ndarray::{Array1, Array2, ArrayBase, Axis, Data, Ix2};

/// How the features are fused.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum Fusion {
    /// First principal component, turned to rise with time. Uses all units; the default, because it cannot overfit the
    /// few failures there are.
    Principal,
    /// Ridge regression on the fraction of life, from failed units only. The penalty is per row and on standardised
    /// features: 0 is ordinary least squares, 0.01 a mild and 1 a strong shrinkage.
    Regression {
        /// Ridge penalty, at least 0.
        penalty: f64,
    },
}

/// The rows of one unit, healthy first, and whether it ran to failure.
#[derive(Debug, Clone, Copy)]
pub struct HealthUnit<'a> {
    rows: Rows<'a>,
    failed: bool,
}

impl<'a> HealthUnit<'a> {
    /// A unit whose last row is its failure.
    pub fn failed(rows: impl Into<Rows<'a>>) -> Self {
        Self { rows: rows.into(), failed: true }
    }

    /// A unit that was still running at its last row.
    pub fn running(rows: impl Into<Rows<'a>>) -> Self {
        Self { rows: rows.into(), failed: false }
    }
}

/// Settings of a [`HealthIndex`].
#[derive(Debug, Clone, PartialEq)]
pub struct HealthIndexParams(HealthIndexValidParams);

/// Checked settings of a [`HealthIndex`].
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(deny_unknown_fields))]
pub struct HealthIndexValidParams {
    fusion: Fusion,
    healthy: f64,
    smoothing: Option<f64>,
    monotone: bool,
}

impl HealthIndexParams {
    /// How the features are fused. Default: [`Fusion::Principal`].
    #[must_use]
    pub fn fusion(mut self, fusion: Fusion) -> Self {
        self.0.fusion = fusion;
        self
    }

    /// Share of each unit's rows, from the start, that counts as healthy. Default 0.2; at least one row is taken.
    #[must_use]
    pub fn healthy(mut self, share: f64) -> Self {
        self.0.healthy = share;
        self
    }

    /// Weight of the newest value in a causal exponential smoothing, within (0, 1]; 1 is none. Default: none.
    #[must_use]
    pub fn smoothing(mut self, weight: f64) -> Self {
        self.0.smoothing = Some(weight);
        self
    }

    /// Never lets the index of a unit fall: its running maximum. Default: off.
    #[must_use]
    pub fn monotone(mut self, monotone: bool) -> Self {
        self.0.monotone = monotone;
        self
    }

    /// Fits the index to units of which at least one failed.
    ///
    /// # Errors
    /// As [`HealthIndexValidParams::fit_units`]; [`Error::Parameter`] for settings out of range.
    pub fn fit(&self, units: &[HealthUnit<'_>]) -> Result<HealthIndex> {
        self.check_ref()?.fit_units(units)
    }
}

impl ParamGuard for HealthIndexParams {
    type Checked = HealthIndexValidParams;
    type Error = Error;

    fn check_ref(&self) -> Result<&HealthIndexValidParams> {
        check_fraction("healthy", self.0.healthy)?;
        if let Some(w) = self.0.smoothing
            && !(w > 0.0 && w <= 1.0)
        {
            return Err(Error::parameter("smoothing", w, "must lie within (0, 1]"));
        }
        if let Fusion::Regression { penalty } = self.0.fusion
            && !(penalty.is_finite() && penalty >= 0.0)
        {
            return Err(Error::parameter("penalty", penalty, "must be finite and at least 0"));
        }
        Ok(&self.0)
    }

    fn check(self) -> Result<HealthIndexValidParams> {
        self.check_ref()?;
        Ok(self.0)
    }
}

impl<D: Data<Elem = f64>> Fit<ArrayBase<D, Ix2>, Array1<usize>, Error> for HealthIndexValidParams {
    type Object = HealthIndex;

    /// The targets are the numbers of the units, rows of one unit together and in time; every unit counts as failed.
    fn fit(&self, dataset: &DatasetBase<ArrayBase<D, Ix2>, Array1<usize>>) -> Result<HealthIndex> {
        let targets = dataset.targets().as_slice().unwrap_or_default();
        let matrix = dataset.records().view();
        if targets.len() != matrix.nrows() {
            return Err(Error::shape("unit numbers of the rows", matrix.nrows(), targets.len()));
        }
        let mut rest = matrix;
        let mut units = Vec::new();
        for group in targets.chunk_by(|a, b| a == b) {
            let (unit, after) = rest.split_at(Axis(0), group.len());
            units.push(HealthUnit::failed(unit));
            rest = after;
        }
        let mut index = self.fit_units(&units)?;
        if dataset.feature_names().len() == matrix.ncols() {
            index.names = dataset.feature_names().to_vec();
        }
        Ok(index)
    }
}

impl HealthIndexValidParams {
    /// Fits the index to units of which at least one failed.
    ///
    /// # Errors
    /// [`Error::TooFew`] without a failed unit, for a unit without rows or fewer than three rows in all;
    /// [`Error::Shape`] and [`Error::Columns`] when units have different columns; [`Error::NonFinite`] for NaN and infinities;
    /// [`Error::Numeric`] when all features are constant, the fused feature does not rise from healthy to failed, or the
    /// regression is singular (use a penalty).
    pub fn fit_units(&self, units: &[HealthUnit<'_>]) -> Result<HealthIndex> {
        let first = units.first().ok_or_else(|| Error::too_few("units of a health index", 1, 0))?;
        let names = first.rows.names_or_numbers();
        for unit in units {
            unit.rows.check_finite("unit of a health index", 1)?;
            unit.rows.check_columns(&names)?;
        }
        let rows: usize = units.iter().map(|u| u.rows.values.nrows()).sum();
        if rows < 3 {
            return Err(Error::too_few("rows of a health index", 3, rows));
        }
        if !units.iter().any(|u| u.failed) {
            return Err(Error::too_few("failed units of a health index (their last rows say where 1 lies)", 1, 0));
        }
        let d = names.len();
        let column = |j: usize| -> Vec<f64> {
            units.iter().flat_map(|u| u.rows.values.column(j).into_iter().copied()).collect()
        };
        let (mut centre, mut scale) = (vec![0.0; d], vec![0.0; d]);
        let mut standard: Vec<Vec<f64>> = Vec::with_capacity(d);
        for j in 0..d {
            let values = column(j);
            let mean = lanes::mean(&values);
            let deviation = lanes::variance(&values, 0).sqrt();
            if !mean.is_finite() || !deviation.is_finite() {
                let what = format!("spread of column `{}`", names[j]);
                return Err(Error::numeric(what, "its square exceeds the range of numbers: scale the feature"));
            }
            // A spread within the rounding of the mean is none; such a column takes no part.
            let varies = deviation > 1e-14 * mean.abs() && deviation > 1e-150;
            centre[j] = mean;
            scale[j] = if varies { deviation } else { 0.0 };
            standard.push(values.iter().map(|v| if varies { (v - mean) / deviation } else { 0.0 }).collect());
        }
        if scale.iter().all(|s| *s <= 0.0) {
            return Err(Error::numeric("health index", "all features are constant"));
        }
        let weights = match self.fusion {
            Fusion::Principal => principal(&standard, units)?,
            Fusion::Regression { penalty } => regression(&standard, &scale, units, penalty)?,
        };
        let mut index = HealthIndex {
            names,
            params: self.clone(),
            weights: weights.iter().zip(&scale).map(|(w, s)| if *s > 0.0 { w / s } else { 0.0 }).collect(),
            centre,
            healthy: 0.0,
            failed: 1.0,
        };
        let (mut early, mut last) = (Vec::new(), Vec::new());
        for unit in units {
            let raw = index.smoothed(&unit.rows);
            let take = ((raw.len() as f64 * self.healthy) as usize).clamp(1, raw.len());
            early.extend_from_slice(&raw[..take]);
            if unit.failed {
                last.push(raw[raw.len() - 1]);
            }
        }
        (index.healthy, index.failed) = (median(&mut early), median(&mut last));
        index.check().map_err(|_| {
            Error::numeric(
                "health index",
                format!(
                    "the fused feature does not rise from healthy ({}) to failed ({}): choose features with a trend",
                    index.healthy, index.failed
                ),
            )
        })?;
        Ok(index)
    }
}

/// First principal component of the standardised columns, turned to rise with time within the units.
fn principal(standard: &[Vec<f64>], units: &[HealthUnit<'_>]) -> Result<Vec<f64>> {
    let d = standard.len();
    let n = standard.first().map_or(1, Vec::len) as f64;
    let mut covariance = Array2::zeros((d, d));
    for i in 0..d {
        for j in 0..=i {
            let c = lanes::dot(&standard[i], &standard[j]) / n;
            covariance[[i, j]] = c;
            covariance[[j, i]] = c;
        }
    }
    let (_, vectors) = symmetric_eigen(&covariance)?;
    let mut weights = vectors.rows().into_iter().next().map_or_else(Vec::new, |v| v.to_vec());
    let fused: Vec<f64> =
        (0..n as usize).map(|i| weights.iter().zip(standard).map(|(w, column)| w * column[i]).sum()).collect();
    let mut from = 0;
    let mut rise = 0.0;
    for unit in units {
        let len = unit.rows.values.nrows();
        let time: Vec<f64> = (0..len).map(|i| i as f64).collect();
        let r = correlation(&time, &ranks(&fused[from..from + len]));
        if !r.is_nan() {
            rise += r * len as f64;
        }
        from += len;
    }
    if rise < 0.0 {
        weights.iter_mut().for_each(|w| *w = -*w);
    }
    Ok(weights)
}

/// Ridge regression of the fraction of life on the standardised columns of failed units.
fn regression(standard: &[Vec<f64>], scale: &[f64], units: &[HealthUnit<'_>], penalty: f64) -> Result<Vec<f64>> {
    let d = standard.len();
    let (mut rows, mut target) = (Vec::new(), Vec::new());
    let mut from = 0;
    for unit in units {
        let len = unit.rows.values.nrows();
        if unit.failed {
            rows.extend(from..from + len);
            target.extend((0..len).map(|i| (i + 1) as f64 / len as f64));
        }
        from += len;
    }
    let centred = |values: Vec<f64>| -> Vec<f64> {
        let mean = lanes::mean(&values);
        values.iter().map(|v| v - mean).collect()
    };
    let columns: Vec<Vec<f64>> = standard.iter().map(|c| centred(rows.iter().map(|&i| c[i]).collect())).collect();
    let target = centred(target);
    let n = rows.len() as f64;
    let mut normal = vec![0.0; d * d];
    let mut rhs = vec![0.0; d];
    for i in 0..d {
        for j in 0..=i {
            let c = lanes::dot(&columns[i], &columns[j]);
            normal[i * d + j] = c;
            normal[j * d + i] = c;
        }
        normal[i * d + i] += penalty * n;
        rhs[i] = lanes::dot(&columns[i], &target);
        if scale[i] <= 0.0 {
            // A constant column takes no part; its own equation reads w = 0.
            normal[i * d + i] = 1.0;
            rhs[i] = 0.0;
        }
    }
    cholesky_solve(&normal, &rhs).ok_or_else(|| {
        Error::numeric("regression of the health index", "the features depend on each other: set a penalty above 0")
    })
}

/// Median; the values are reordered. The slice is not empty.
fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    let n = values.len();
    if n == 0 {
        return f64::NAN;
    }
    if n % 2 == 1 { values[n / 2] } else { 0.5 * values[n / 2 - 1] + 0.5 * values[n / 2] }
}

/// A fitted health index.
///
/// ```
/// use prognos::health::{HealthIndex, HealthUnit};
/// use prognos::ndarray::Array2;
/// // Two features that drift with wear, one up and one down, over lives of 50 and 60 rows.
/// let unit = |n: usize| {
///     Array2::from_shape_fn((n, 2), |(i, j)| {
///         let worn = (i as f64 / (n - 1) as f64).powi(2);
///         if j == 0 { worn } else { 5.0 - 2.0 * worn }
///     })
/// };
/// let (a, b) = (unit(50), unit(60));
/// let index = HealthIndex::params().fit(&[HealthUnit::failed(&a), HealthUnit::failed(&b)])?;
/// let health = index.apply(&unit(80))?;
/// assert!(health[0].abs() < 0.02 && (health[79] - 1.0).abs() < 0.02);
/// # Ok::<(), prognos::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(try_from = "RawIndex"))]
pub struct HealthIndex {
    names: Vec<String>,
    params: HealthIndexValidParams,
    centre: Vec<f64>,
    weights: Vec<f64>,
    healthy: f64,
    failed: f64,
}

#[cfg(feature = "serde")]
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct RawIndex {
    names: Vec<String>,
    params: HealthIndexValidParams,
    centre: Vec<f64>,
    weights: Vec<f64>,
    healthy: f64,
    failed: f64,
}

#[cfg(feature = "serde")]
impl TryFrom<RawIndex> for HealthIndex {
    type Error = Error;
    fn try_from(raw: RawIndex) -> Result<Self> {
        let params = HealthIndexParams(raw.params).check()?;
        let RawIndex { names, centre, weights, healthy, failed, .. } = raw;
        let index = Self { names, params, centre, weights, healthy, failed };
        index.check()?;
        Ok(index)
    }
}

impl HealthIndex {
    /// Settings with their defaults: first principal component, the first fifth healthy, no smoothing.
    #[must_use]
    pub fn params() -> HealthIndexParams {
        HealthIndexParams(HealthIndexValidParams {
            fusion: Fusion::Principal,
            healthy: 0.2,
            smoothing: None,
            monotone: false,
        })
    }

    fn check(&self) -> Result<()> {
        let d = self.names.len();
        let numbers = self.centre.iter().chain(&self.weights).chain([&self.healthy, &self.failed]);
        let span = self.failed - self.healthy;
        let range = self.failed.abs() + self.healthy.abs();
        if self.centre.len() == d
            && self.weights.len() == d
            && numbers.clone().all(|v| v.is_finite())
            && span > 1e-12 * range
        {
            Ok(())
        } else {
            Err(Error::Model { reason: "the parts of the health index do not fit together".into() })
        }
    }

    /// Fused and smoothed, before scaling.
    fn smoothed(&self, rows: &Rows<'_>) -> Vec<f64> {
        let mut level = f64::NAN;
        rows.values
            .rows()
            .into_iter()
            .map(|row| {
                let fused: f64 = row.iter().zip(&self.centre).zip(&self.weights).map(|((v, c), w)| (v - c) * w).sum();
                level = match self.params.smoothing {
                    Some(weight) if !level.is_nan() => level + weight * (fused - level),
                    _ => fused,
                };
                level
            })
            .collect()
    }

    /// The index of one unit, row by row from its start: each value depends on this row and those before only.
    ///
    /// # Errors
    /// [`Error::TooFew`] without rows, [`Error::Shape`] and [`Error::Columns`] when the columns are not those of the fit,
    /// [`Error::NonFinite`] for NaN and infinities, [`Error::Numeric`] when the result leaves the range of numbers.
    pub fn apply<'a>(&self, unit: impl Into<Rows<'a>>) -> Result<Array1<f64>> {
        let rows = unit.into();
        rows.check_finite("unit for a health index", 1)?;
        rows.check_columns(&self.names)?;
        let mut highest = f64::NEG_INFINITY;
        let mut index = self.smoothed(&rows);
        for (row, value) in index.iter_mut().enumerate() {
            *value = (*value - self.healthy) / (self.failed - self.healthy);
            if !value.is_finite() {
                return Err(Error::numeric(
                    "health index",
                    format!("row {row} is too far from the fleet to be scaled"),
                ));
            }
            highest = highest.max(*value);
            if self.params.monotone {
                *value = highest;
            }
        }
        Ok(Array1::from(index))
    }

    /// Weight of each feature, in index per unit of the feature.
    #[must_use]
    pub fn weights(&self) -> Vec<f64> {
        self.weights.iter().map(|w| w / (self.failed - self.healthy)).collect()
    }

    /// Names of the columns the index was fitted on.
    #[must_use]
    pub fn feature_names(&self) -> &[String] {
        &self.names
    }
}

#[cfg(feature = "persist")]
impl crate::persist::Persist for HealthIndex {
    const KIND: &'static str = "health_index";
    fn feature_names(&self) -> &[String] {
        &self.names
    }
}
