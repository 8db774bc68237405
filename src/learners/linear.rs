//! Straight lines: ridge regression and the elastic net, with the penalty found by cross-validation.
//!
//! **What it answers.** As the trees, when there are few rows or the effect is nearly linear, and as the honest baseline of
//! everything else.
//!
//! **Formula.** Columns are standardised (constant ones get weight 0) and the target centred; then the weights minimise
//! `|y - X w|² / (2 n) + penalty (mix |w|₁ + (1 - mix) |w|² / 2)`. `mix` 0 is ridge (Hoerl & Kennard 1970), solved in the
//! eigenvectors of X'X for all penalties at once; 0 < `mix` <= 1 the elastic net (Zou & Hastie 2005) and the lasso
//! (Tibshirani 1996), by coordinate descent (Friedman, Hastie & Tibshirani 2010).
//!
//! **The penalty** is given, or the best of a grid in grouped cross-validation ([`LinearParams::fit_grouped`]): rows of one
//! machine are never on both sides.
//!
//! **Cost.** Ridge O(n d² + d³); the net O(n d²) once and O(d²) a sweep. No missing values: a cell that is not finite is an
//! error.
//!
//! linfa's own linear models are not used: `linfa-linear` has no penalty, and `linfa-elasticnet` no grouped choice of it.

use super::folds::group_folds;
use super::regressor::{Regressor, check_targets};
use super::{Scaler, check_rows};
use crate::error::{Error, Result};
use crate::features::Rows;
use crate::math::lanes;
use crate::math::linalg::symmetric_eigen;
use linfa::ParamGuard;
use linfa::dataset::DatasetBase;
use linfa::traits::Fit;
use ndarray::{Array1, Array2, ArrayBase, ArrayView1, Axis, Data, Ix1, Ix2};

/// Sweeps of coordinate descent at most, and the change of a weight, relative to the largest, that ends it.
const SWEEPS: usize = 100_000;
const SETTLED: f64 = 1e-12;

/// Checked settings of a [`Linear`] model.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
pub struct LinearValidParams {
    penalty: f64,
    mix: f64,
    grid: Vec<f64>,
    folds: usize,
}

/// Settings of a [`Linear`] model; see [`Linear::ridge`] and [`Linear::elastic_net`].
#[derive(Debug, Clone, PartialEq)]
pub struct LinearParams(LinearValidParams);

impl LinearParams {
    /// The penalty (>= 0), per row and on standardised columns: 0.01 is mild, 1 strong. Default 0.01.
    #[must_use]
    pub fn penalty(mut self, penalty: f64) -> Self {
        self.0.penalty = penalty;
        self
    }

    /// The penalties that [`LinearParams::fit_grouped`] tries. Default 13 from 1e-4 to 100, even on the logarithm.
    #[must_use]
    pub fn grid(mut self, penalties: &[f64]) -> Self {
        self.0.grid = penalties.to_vec();
        self
    }

    /// Folds of the cross-validation. Default 5.
    #[must_use]
    pub fn folds(mut self, folds: usize) -> Self {
        self.0.folds = folds;
        self
    }

    /// Fits with the penalty as given.
    ///
    /// # Errors
    /// [`Error::Parameter`] for a setting outside of its range; [`Error::Shape`] when there are not as many targets as
    /// rows; [`Error::TooFew`] with fewer than 2 rows; [`Error::NonFinite`] naming a cell; [`Error::Numeric`] when squares
    /// overflow.
    pub fn fit<'a, 't>(&self, rows: impl Into<Rows<'a>>, targets: impl Into<ArrayView1<'t, f64>>) -> Result<Linear> {
        self.check_ref()?.fit_rows(rows.into(), targets.into())
    }

    /// Fits with the penalty of the grid that has the least squared error on groups left out; `groups` has the machine of
    /// every row.
    ///
    /// # Errors
    /// As [`LinearParams::fit`], [`Error::Shape`] unless there is a group for every row, and [`Error::TooFew`] with fewer
    /// groups than folds.
    pub fn fit_grouped<'a, 't>(
        &self,
        rows: impl Into<Rows<'a>>,
        targets: impl Into<ArrayView1<'t, f64>>,
        groups: &[usize],
    ) -> Result<Linear> {
        let params = self.check_ref()?;
        let (rows, targets) = (rows.into(), targets.into());
        check_targets(&rows, targets)?;
        if groups.len() != targets.len() {
            return Err(Error::shape("groups of the rows", targets.len(), groups.len()));
        }
        let mut order: Vec<usize> = groups.to_vec();
        order.sort_unstable();
        order.dedup();
        let place = |g: usize| order.partition_point(|o| *o < g);
        let mut sizes = vec![0; order.len()];
        groups.iter().for_each(|&g| sizes[place(g)] += 1);
        let folds = group_folds(&sizes, params.folds)?;
        let mut errors = vec![0.0; params.grid.len()];
        for fold in 0..params.folds {
            let of = |inside: bool| {
                (0..groups.len()).filter(|&i| (folds[place(groups[i])] == fold) == inside).collect::<Vec<_>>()
            };
            let (seen, held) = (of(false), of(true));
            let (x, y) = (rows.values.select(Axis(0), &seen), targets.select(Axis(0), &seen));
            let system = System::new(Rows::from(&x), y.view())?;
            let (held_x, held_y) = (rows.values.select(Axis(0), &held), targets.select(Axis(0), &held));
            for (error, &penalty) in errors.iter_mut().zip(&params.grid) {
                let predicted = system.solve(penalty, params.mix)?.predict_rows((&held_x).into())?;
                *error += predicted.iter().zip(&held_y).map(|(p, y)| (p - y) * (p - y)).sum::<f64>();
            }
        }
        let best = errors.iter().enumerate().fold(0, |best, (i, e)| if *e < errors[best] { i } else { best });
        LinearValidParams { penalty: params.grid[best], ..params.clone() }.fit_rows(rows, targets)
    }
}

impl ParamGuard for LinearParams {
    type Checked = LinearValidParams;
    type Error = Error;

    fn check_ref(&self) -> Result<&LinearValidParams> {
        let p = &self.0;
        let fine = |v: f64| v.is_finite() && v >= 0.0;
        if !fine(p.penalty) {
            return Err(Error::parameter("penalty", p.penalty, "must be finite and at least 0"));
        }
        if !(0.0..=1.0).contains(&p.mix) {
            return Err(Error::parameter("mix", p.mix, "must be 0 to 1"));
        }
        if let Some(bad) = p.grid.iter().find(|v| !fine(**v)) {
            return Err(Error::parameter("grid", bad, "penalties must be finite and at least 0"));
        }
        if p.grid.is_empty() {
            return Err(Error::parameter("grid", "none", "needs at least one penalty"));
        }
        if p.folds < 2 {
            return Err(Error::parameter("folds", p.folds, "must be at least 2"));
        }
        Ok(p)
    }

    fn check(self) -> Result<LinearValidParams> {
        self.check_ref()?;
        Ok(self.0)
    }
}

impl<D: Data<Elem = f64>, T: Data<Elem = f64>> Fit<ArrayBase<D, Ix2>, ArrayBase<T, Ix1>, Error> for LinearValidParams {
    type Object = Linear;
    fn fit(&self, dataset: &DatasetBase<ArrayBase<D, Ix2>, ArrayBase<T, Ix1>>) -> Result<Linear> {
        self.fit_rows(dataset.into(), dataset.targets.view())
    }
}

impl LinearValidParams {
    fn fit_rows(&self, rows: Rows<'_>, targets: ArrayView1<'_, f64>) -> Result<Linear> {
        let mut model = System::new(rows, targets)?.solve(self.penalty, self.mix)?;
        model.params = self.clone();
        Ok(model)
    }
}

/// Everything about the training rows that the weights depend on.
struct System {
    names: Vec<String>,
    centre: Vec<f64>,
    /// 1 over the spread of a column; 0 for a constant one.
    inverse: Vec<f64>,
    mean: f64,
    /// X'X / n and X'y / n of standardised columns.
    gram: Array2<f64>,
    moment: Vec<f64>,
}

impl System {
    fn new(rows: Rows<'_>, targets: ArrayView1<'_, f64>) -> Result<Self> {
        check_rows(&rows, "rows of a linear model", 2)?;
        let targets = check_targets(&rows, targets)?;
        let scaler = Scaler::standard().fit(rows)?;
        let (n, d) = rows.values.dim();
        let mean = lanes::mean(&targets);
        let columns: Vec<Vec<f64>> = (0..d)
            .map(|j| {
                let (c, s) = (scaler.centre()[j], scaler.scale()[j]);
                rows.values.column(j).iter().map(|v| (v - c) / s).collect()
            })
            .collect();
        let power = |x: &[f64]| lanes::sum_squares(x) / n as f64;
        let inverse = columns.iter().zip(scaler.scale()).map(|(x, s)| if power(x) > 0.5 { 1.0 / s } else { 0.0 });
        let inverse: Vec<f64> = inverse.collect();
        let used = |j: usize| inverse[j] > 0.0;
        let gram = Array2::from_shape_fn((d, d), |(a, b)| {
            let (a, b) = (a.min(b), a.max(b));
            if used(a) && used(b) { lanes::dot(&columns[a], &columns[b]) / n as f64 } else { 0.0 }
        });
        let moment: Vec<f64> = (0..d)
            .map(|j| {
                let about = lanes::sum_by2(&columns[j], &targets, |x, y| x * (y - mean)) / n as f64;
                if used(j) { about } else { 0.0 }
            })
            .collect();
        if !gram.iter().chain(&moment).all(|v| v.is_finite()) {
            return Err(Error::numeric("linear model", "a product overflows; scale the columns or the targets"));
        }
        Ok(Self { names: rows.names_or_numbers(), centre: scaler.centre().to_vec(), inverse, mean, gram, moment })
    }

    fn solve(&self, penalty: f64, mix: f64) -> Result<Linear> {
        let standard = if mix > 0.0 { self.descend(penalty, mix)? } else { self.shrink(penalty)? };
        let weights: Vec<f64> = standard.iter().zip(&self.inverse).map(|(w, i)| w * i).collect();
        let intercept = self.mean - weights.iter().zip(&self.centre).map(|(w, c)| w * c).sum::<f64>();
        if !weights.iter().chain([&intercept]).all(|w| w.is_finite()) {
            return Err(Error::numeric("linear model", "a weight overflows; scale the columns or the targets"));
        }
        let params = LinearValidParams { penalty, mix, grid: grid(), folds: 5 };
        Ok(Linear { params, names: self.names.clone(), weights, intercept })
    }

    /// Ridge in the eigenvectors of X'X: `w = V (L + penalty)^-1 V' X'y`.
    fn shrink(&self, penalty: f64) -> Result<Vec<f64>> {
        let (values, vectors) = symmetric_eigen(&self.gram)?;
        let largest = values.first().copied().unwrap_or(0.0).max(0.0);
        let mut weights = vec![0.0; self.moment.len()];
        for (value, vector) in values.iter().zip(vectors.rows()) {
            let below = value.max(0.0) + penalty;
            // Without a penalty, directions that do not move are left out: the shortest solution.
            if below > 1e-12 * largest {
                let along = vector.iter().zip(&self.moment).map(|(v, m)| v * m).sum::<f64>() / below;
                weights.iter_mut().zip(vector).for_each(|(w, v)| *w += along * v);
            }
        }
        Ok(weights)
    }

    /// The elastic net, one weight after the other.
    fn descend(&self, penalty: f64, mix: f64) -> Result<Vec<f64>> {
        let d = self.moment.len();
        let (lasso, ridge) = (penalty * mix, penalty * (1.0 - mix));
        let mut weights = vec![0.0; d];
        // Slope of the squared error at the weights, less sign.
        let mut slope = self.moment.clone();
        for _ in 0..SWEEPS {
            let (mut change, mut largest) = (0.0_f64, 0.0_f64);
            for j in 0..d {
                let own = self.gram[[j, j]];
                if own <= 0.0 {
                    continue;
                }
                let target = slope[j] + own * weights[j];
                let next = target.signum() * (target.abs() - lasso).max(0.0) / (own + ridge);
                let step = next - weights[j];
                if step.abs() > 0.0 {
                    slope.iter_mut().zip(self.gram.row(j)).for_each(|(s, g)| *s -= g * step);
                    weights[j] = next;
                }
                change = change.max(step.abs());
                largest = largest.max(next.abs());
            }
            if change <= SETTLED * largest {
                return Ok(weights);
            }
        }
        Err(Error::numeric(
            "elastic net",
            format!("has not settled in {SWEEPS} sweeps: columns say the same; raise the penalty or lower mix"),
        ))
    }
}

/// 13 penalties from 1e-4 to 100.
fn grid() -> Vec<f64> {
    (0..13).map(|i| 10f64.powf(-4.0 + 0.5 * f64::from(i))).collect()
}

/// A linear model.
///
/// ```
/// use prognos::learners::{Linear, Regressor};
/// use ndarray::{Array1, Array2};
/// let rows = Array2::from_shape_fn((60, 3), |(i, j)| ((i * (j + 2)) as f64 * 0.37).sin());
/// let target: Array1<f64> = rows.rows().into_iter().map(|r| 5.0 + 3.0 * r[0] - r[2]).collect();
/// let model = Linear::ridge().penalty(0.0).fit(&rows, &target)?;
/// assert!((model.weights()[0] - 3.0).abs() < 1e-9 && (model.intercept() - 5.0).abs() < 1e-9);
/// // The second column is of no use, and the lasso says so.
/// let sparse = Linear::elastic_net(1.0).penalty(0.05).fit(&rows, &target)?;
/// assert_eq!(sparse.weights()[1], 0.0);
/// // Twelve machines of five rows each choose the penalty.
/// let machines: Vec<usize> = (0..60).map(|i| i / 5).collect();
/// let chosen = Linear::ridge().fit_grouped(&rows, &target, &machines)?;
/// assert!(chosen.penalty() < 0.01);
/// # Ok::<(), prognos::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(try_from = "Raw"))]
pub struct Linear {
    params: LinearValidParams,
    names: Vec<String>,
    weights: Vec<f64>,
    intercept: f64,
}

impl Linear {
    /// Ridge regression.
    #[must_use]
    pub fn ridge() -> LinearParams {
        LinearParams(LinearValidParams { penalty: 0.01, mix: 0.0, grid: grid(), folds: 5 })
    }

    /// The elastic net with this share of the absolute penalty, 0 to 1 (the lasso).
    #[must_use]
    pub fn elastic_net(mix: f64) -> LinearParams {
        let LinearParams(params) = Self::ridge();
        LinearParams(LinearValidParams { mix, ..params })
    }

    /// Weight of each column, in units of the target per unit of the column.
    #[must_use]
    pub fn weights(&self) -> &[f64] {
        &self.weights
    }

    /// Prediction where all columns are 0.
    #[must_use]
    pub fn intercept(&self) -> f64 {
        self.intercept
    }

    /// The penalty in use.
    #[must_use]
    pub fn penalty(&self) -> f64 {
        self.params.penalty
    }
}

impl Regressor for Linear {
    fn feature_names(&self) -> &[String] {
        &self.names
    }

    fn predict_rows(&self, rows: Rows<'_>) -> Result<Array1<f64>> {
        rows.check_columns(&self.names)?;
        check_rows(&rows, "rows to predict", 0)?;
        let each =
            |row: ArrayView1<'_, f64>| row.iter().zip(&self.weights).map(|(x, w)| x * w).sum::<f64>() + self.intercept;
        let predicted: Array1<f64> = rows.values.rows().into_iter().map(each).collect();
        match predicted.iter().position(|p| !p.is_finite()) {
            None => Ok(predicted),
            Some(row) => Err(Error::numeric("linear model", format!("the prediction of row {row} overflows"))),
        }
    }
}

super::regressor::linfa_doors!(Linear);

#[cfg(feature = "persist")]
impl crate::persist::Persist for Linear {
    const KIND: &'static str = "linear";
    fn feature_names(&self) -> &[String] {
        &self.names
    }
}

/// What a file says; checked before it becomes a [`Linear`] model.
#[cfg(feature = "serde")]
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    params: LinearValidParams,
    names: Vec<String>,
    weights: Vec<f64>,
    intercept: f64,
}

#[cfg(feature = "serde")]
impl TryFrom<Raw> for Linear {
    type Error = Error;
    fn try_from(raw: Raw) -> Result<Self> {
        let params = LinearParams(raw.params).check()?;
        let finite = raw.weights.iter().chain([&raw.intercept]).all(|w| w.is_finite());
        if raw.names.is_empty() || raw.weights.len() != raw.names.len() || !finite {
            return Err(Error::Model { reason: "linear: weights and columns do not fit".to_owned() });
        }
        Ok(Self { params, names: raw.names, weights: raw.weights, intercept: raw.intercept })
    }
}
