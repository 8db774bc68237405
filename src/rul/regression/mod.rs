//! Remaining life by regression on a fleet that ran to failure.
//!
//! **What it answers.** Many units of one kind were recorded from new to failure; how long will the running ones last? For
//! turbofans, pumps, batteries: whatever has a dozen sensors and a hundred recorded lives.
//!
//! **Method**, in the order of the data:
//! 1. [`OperatingRegimes`]: every sensor in standard deviations of its regime; sensors that
//!    do not move are named and left out, and so are those without a correlation with the remaining life.
//! 2. The first principal components of the smoothed sensors join as channels of their own.
//! 3. [`Summary`]: what is known of a channel at each age, from the whole life so far. This is where the accuracy comes
//!    from: the unit's own healthy beginning, and the way since.
//! 4. The target is the remaining life, **capped** ([`RulRegressionParams::cap`]): a unit with 300 cycles left looks like one
//!    with 200, and no sensor can tell.
//! 5. Learners (extra trees, random forest, gradient boosting) are fitted on the table; predictions for units that a
//!    learner did not see (grouped cross-validation) give the weights of their mean, never negative, by least squares.
//! 6. The same held-out predictions calibrate the intervals: for a new prediction p, the distribution of the true lives of
//!    held-out rows with predictions near p.
//!
//! **What to hold against it.** The interval is calibrated on whole rows of other units; it is honest for a unit drawn like
//! those of the fleet. A capped model never says more than the cap: read "cap" as "cap or more".
//!
//! **Sources.** Piecewise linear target: Heimes 2008; regime normalisation: Peel 2008 (both PHM 2008); stacking by
//! non-negative weights: Breiman 1996; extremely randomised trees: Geurts et al. 2006; local conformal calibration: Lei
//! et al. 2018.
//!
//! **Cost.** Tables O(rows x channels x summaries); then the learners, (folds + 1) times.

mod align;
mod causal;
mod channels;

pub use align::BaselineAlignment;
pub use causal::Summary;

use super::{Fleet, Level, RulEstimate};
use crate::error::{Error, Result, check_positive};
use crate::features::FeatureMatrix;
use crate::health::OperatingRegimes;
use crate::learners::{
    Forest, ForestParams, GradientBoosting, GradientBoostingParams, Linear, LinearParams, Regressor,
};
use crate::math::nnls::nnls;
use crate::math::par;
use channels::{Channels, Recipe};
use linfa::ParamGuard;
use ndarray::Axis;

/// A learner of the stack.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Learner {
    /// A random forest or extra trees.
    Forest(ForestParams),
    /// Gradient boosting.
    Boosting(GradientBoostingParams),
    /// Ridge regression or the elastic net; the penalty is found by cross-validation over units.
    Linear(LinearParams),
}

impl Learner {
    /// 100 extremely randomised trees, 3 in 10 columns, at least 3 rows a leaf.
    #[must_use]
    pub fn extra_trees() -> Self {
        Self::Forest(Forest::extra_trees().column_fraction(0.3))
    }

    /// 60 trees of a random forest, one in five columns.
    #[must_use]
    pub fn random_forest() -> Self {
        Self::Forest(Forest::random_forest().trees(60).column_fraction(0.2))
    }

    /// 250 boosted trees, one in five columns.
    #[must_use]
    pub fn boosting() -> Self {
        Self::Boosting(GradientBoosting::params().column_fraction(0.2).l2(5.0))
    }

    fn fit(&self, table: &FeatureMatrix, targets: &[f64], units: &[usize]) -> Result<Fitted> {
        Ok(match self {
            Self::Forest(params) => Fitted::Forest(params.fit(table, targets)?),
            Self::Boosting(params) => Fitted::Boosting(params.fit(table, targets)?),
            Self::Linear(params) => Fitted::Linear(params.fit_grouped(table, targets, units)?),
        })
    }
}

#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
enum Fitted {
    Forest(Forest),
    Boosting(GradientBoosting),
    Linear(Linear),
}

impl Fitted {
    fn predict(&self, table: &FeatureMatrix) -> Result<Vec<f64>> {
        let predicted = match self {
            Self::Forest(m) => m.predict(table)?,
            Self::Boosting(m) => m.predict(table)?,
            Self::Linear(m) => m.predict(table)?,
        };
        Ok(predicted.to_vec())
    }

    fn importance(&self) -> Vec<f64> {
        match self {
            Self::Forest(m) => m.importance(),
            Self::Boosting(m) => m.importance(),
            // A line has no gain of cuts.
            Self::Linear(m) => vec![0.0; m.feature_names().len()],
        }
    }
}

/// Settings of a [`RulRegression`].
#[derive(Debug, Clone, PartialEq)]
pub struct RulRegressionParams {
    recipe: Recipe,
    cap: f64,
    youngest: usize,
    step: usize,
    folds: usize,
    learners: Vec<Learner>,
}

impl RulRegressionParams {
    /// Columns that say under which load the machine ran. Default none: one regime.
    #[must_use]
    pub fn settings(mut self, names: &[impl AsRef<str>]) -> Self {
        self.recipe.settings = names.iter().map(|n| n.as_ref().to_owned()).collect();
        self
    }

    /// Columns that are not looked at. Default none.
    #[must_use]
    pub fn ignore(mut self, names: &[impl AsRef<str>]) -> Self {
        self.recipe.ignored = names.iter().map(|n| n.as_ref().to_owned()).collect();
        self
    }

    /// Largest remaining life to learn and to predict (> 0, in units of age). Default: no cap. For C-MAPSS turbofans the
    /// literature takes 125 cycles.
    #[must_use]
    pub fn cap(mut self, cap: f64) -> Self {
        self.cap = cap;
        self
    }

    /// Number of principal components that join the sensors as channels. Default 4.
    #[must_use]
    pub fn components(mut self, components: usize) -> Self {
        self.recipe.components = components;
        self
    }

    /// Sensors whose correlation with the capped remaining life is not above this in size are left out. Default 0.05.
    #[must_use]
    pub fn relevance(mut self, correlation: f64) -> Self {
        self.recipe.relevance = correlation;
        self
    }

    /// Summaries of every sensor and component. Default [`Summary::standard`], for components also `Spread(20)`.
    #[must_use]
    pub fn summaries(mut self, summaries: &[Summary]) -> Self {
        self.recipe.sensor_summaries = summaries.to_vec();
        self.recipe.component_summaries = summaries.to_vec();
        self
    }

    /// Whether the age and its logarithm are columns. Default yes; no where ages are not counted from new.
    #[must_use]
    pub fn age(mut self, age: bool) -> Self {
        self.recipe.age = age;
        self
    }

    /// Rows before this one of a unit (counted from 0) are not learnt from: their summaries are still noise. Default 9.
    #[must_use]
    pub fn youngest(mut self, row: usize) -> Self {
        self.youngest = row;
        self
    }

    /// Learn from every so manyth row of a unit: neighbouring rows are alike. Default 3.
    #[must_use]
    pub fn step(mut self, step: usize) -> Self {
        self.step = step;
        self
    }

    /// Folds of the cross-validation by unit. Default 3.
    #[must_use]
    pub fn folds(mut self, folds: usize) -> Self {
        self.folds = folds;
        self
    }

    /// The learners. Default extra trees, random forest and boosting.
    #[must_use]
    pub fn learners(mut self, learners: Vec<Learner>) -> Self {
        self.learners = learners;
        self
    }

    fn check(&self) -> Result<()> {
        if self.cap < f64::INFINITY {
            check_positive("cap", self.cap)?;
        } else if self.cap.is_nan() {
            return Err(Error::parameter("cap", self.cap, "must be greater than 0"));
        }
        if !(0.0..1.0).contains(&self.recipe.relevance) {
            return Err(Error::parameter("relevance", self.recipe.relevance, "must be at least 0 and less than 1"));
        }
        if self.step == 0 {
            return Err(Error::parameter("step", self.step, "must be at least 1"));
        }
        if self.folds < 2 {
            return Err(Error::parameter("folds", self.folds, "must be at least 2"));
        }
        if self.learners.is_empty() {
            return Err(Error::parameter("learners", "none", "a stack needs at least one"));
        }
        let summaries = self.recipe.sensor_summaries.iter().chain(&self.recipe.component_summaries);
        summaries.map(|s| s.check()).collect::<Result<Vec<_>>>()?;
        for learner in &self.learners {
            match learner {
                Learner::Forest(p) => p.check_ref().map(|_| ())?,
                Learner::Boosting(p) => p.check_ref().map(|_| ())?,
                Learner::Linear(p) => p.check_ref().map(|_| ())?,
            }
        }
        Ok(())
    }

    /// The capped remaining lives of a fleet.
    fn targets(&self, fleet: &Fleet) -> Vec<f64> {
        fleet.remaining().iter().map(|r| r.min(self.cap)).collect()
    }

    /// Predictions for every row of the fleet by models that did not see its unit: preparation and learners are fitted
    /// anew for every fold. What they are worth on new units, as far as units are alike.
    ///
    /// # Errors
    /// As [`RulRegressionParams::fit`].
    pub fn cross_validate(&self, fleet: &Fleet) -> Result<HeldOut> {
        self.check()?;
        if let Some(u) = (0..fleet.n_units()).find(|&u| fleet.unit(u).is_ok_and(|unit| !unit.failed)) {
            let name = fleet.unit(u).map_or(String::new(), |unit| unit.name.to_owned());
            return Err(Error::parameter("fleet", name, "is still running; its remaining life is not known"));
        }
        if fleet.n_units() < self.folds {
            return Err(Error::too_few("units for the folds", self.folds, fleet.n_units()));
        }
        let sizes: Vec<usize> = (0..fleet.n_units()).map(|u| fleet.rows_of(u).len()).collect();
        let folds = crate::learners::group_folds(&sizes, self.folds)?;
        let targets = self.targets(fleet);
        let mut by_learner = vec![vec![0.0; fleet.n_rows()]; self.learners.len()];
        for fold in 0..self.folds {
            let units =
                |inside: bool| (0..fleet.n_units()).filter(|&u| (folds[u] == fold) == inside).collect::<Vec<_>>();
            let (seen, held) = (units(false), units(true));
            let (models, channels) = self.fit_stack(&fleet.select(&seen)?)?;
            let table = channels.table(&fleet.select(&held)?)?;
            for (model, out) in models.iter().zip(&mut by_learner) {
                let mut predicted = model.predict(&table)?.into_iter();
                for &u in &held {
                    for (out, p) in out[fleet.rows_of(u)].iter_mut().zip(&mut predicted) {
                        *out = p.clamp(0.0, self.cap);
                    }
                }
            }
        }
        let weights = self.weigh(fleet, &targets, &by_learner);
        let blended =
            (0..fleet.n_rows()).map(|i| by_learner.iter().zip(&weights).map(|(p, w)| w * p[i]).sum()).collect();
        let row_folds = fleet.groups().into_iter().map(|u| folds[u]).collect();
        Ok(HeldOut {
            by_learner,
            weights,
            blended,
            targets,
            folds,
            row_folds,
            learnt: self.learnt(fleet),
            cap: self.cap,
        })
    }

    /// Rows that are learnt from.
    fn learnt(&self, fleet: &Fleet) -> Vec<usize> {
        let of = |u: usize| {
            let rows = fleet.rows_of(u);
            // Another start in every unit, or all would be read at the same ages.
            let first = rows.start + self.youngest + u % self.step;
            (first..rows.end).step_by(self.step)
        };
        (0..fleet.n_units()).flat_map(of).collect()
    }

    /// Preparation and learners on one fleet.
    fn fit_stack(&self, fleet: &Fleet) -> Result<(Vec<Fitted>, Channels)> {
        let targets = self.targets(fleet);
        let channels = Channels::fit(&self.recipe, fleet, &targets)?;
        let table = channels.table(fleet)?;
        let rows = self.learnt(fleet);
        if rows.len() < 2 {
            return Err(Error::too_few("rows to learn from (see `youngest` and `step`)", 2, rows.len()));
        }
        let chosen = FeatureMatrix::new(table.names().to_vec(), table.view().select(Axis(0), &rows))?;
        let wanted: Vec<f64> = rows.iter().map(|&i| targets[i]).collect();
        let groups = fleet.groups();
        let units: Vec<usize> = rows.iter().map(|&i| groups[i]).collect();
        let models = self.learners.iter().map(|l| l.fit(&chosen, &wanted, &units)).collect::<Result<Vec<_>>>()?;
        Ok((models, channels))
    }

    /// Weights of the learners, adding up to 1.
    fn weigh(&self, fleet: &Fleet, targets: &[f64], by_learner: &[Vec<f64>]) -> Vec<f64> {
        let rows = self.learnt(fleet);
        let k = by_learner.len();
        let dot = |a: &[f64], b: &[f64]| rows.iter().map(|&i| a[i] * b[i]).sum::<f64>();
        let gram: Vec<f64> =
            by_learner.iter().flat_map(|a| by_learner.iter().map(|b| dot(a, b)).collect::<Vec<_>>()).collect();
        let moment: Vec<f64> = by_learner.iter().map(|a| dot(a, targets)).collect();
        let weights = nnls(&gram, &moment);
        let total: f64 = weights.iter().sum();
        if total > 0.0 { weights.iter().map(|w| w / total).collect() } else { vec![1.0 / k as f64; k] }
    }

    /// Fits preparation, learners, weights and intervals on a fleet that ran to failure.
    ///
    /// # Errors
    /// [`Error::Parameter`] for a setting outside of its range, a column that the fleet does not have, or a unit that is
    /// still running; [`Error::TooFew`] with fewer units than folds, or too few rows; [`Error::Numeric`] when no sensor
    /// moves with the remaining life or a value overflows.
    pub fn fit(&self, fleet: &Fleet) -> Result<RulRegression> {
        Ok(self.fit_held_out(fleet)?.0)
    }

    /// As [`RulRegressionParams::fit`], with the held-out predictions that the weights and intervals come from.
    ///
    /// # Errors
    /// As [`RulRegressionParams::fit`].
    pub fn fit_held_out(&self, fleet: &Fleet) -> Result<(RulRegression, HeldOut)> {
        let held_out = self.cross_validate(fleet)?;
        let (models, channels) = self.fit_stack(fleet)?;
        let calibration = held_out.calibration(|_| true);
        let cap = (self.cap < f64::INFINITY).then_some(self.cap);
        let weights = held_out.weights.clone();
        Ok((RulRegression { channels, cap, models, weights, calibration }, held_out))
    }
}

/// Predictions for units that the models did not see.
#[derive(Debug, Clone, PartialEq)]
pub struct HeldOut {
    /// For every learner, every row of the fleet.
    pub by_learner: Vec<Vec<f64>>,
    /// Weights of the learners in the blend.
    pub weights: Vec<f64>,
    /// The blend, for every row.
    pub blended: Vec<f64>,
    /// The capped remaining lives.
    pub targets: Vec<f64>,
    /// Fold of every unit.
    pub folds: Vec<usize>,
    /// Fold of every row.
    row_folds: Vec<usize>,
    /// Rows that are learnt from.
    learnt: Vec<usize>,
    cap: f64,
}

impl HeldOut {
    /// Interval of every row, calibrated on rows of the other folds alone: neither the models nor the interval have seen
    /// the row's unit.
    ///
    /// # Errors
    /// [`Error::TooFew`] when the other folds have no rows to learn from.
    pub fn intervals(&self, level: Level) -> Result<Vec<(f64, f64)>> {
        let folds = self.folds.iter().max().map_or(0, |f| f + 1);
        let calibrations: Vec<Vec<(f64, f64)>> =
            (0..folds).map(|fold| self.calibration(|i| self.row_folds[i] != fold)).collect();
        let each = |i: usize| {
            let near = moved(&calibrations[self.row_folds[i]], self.blended[i], self.cap);
            Ok(RulEstimate::from_samples(&near, None)?.interval(level))
        };
        par::map(self.blended.len(), each).into_iter().collect()
    }

    /// Prediction and truth of the rows learnt from, by prediction.
    fn calibration(&self, keep: impl Fn(usize) -> bool) -> Vec<(f64, f64)> {
        let rows = self.learnt.iter().copied().filter(|&i| keep(i));
        let mut pairs: Vec<(f64, f64)> = rows.map(|i| (self.blended[i], self.targets[i])).collect();
        pairs.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1)));
        pairs
    }
}

/// A fitted stack.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
pub struct RulRegression {
    channels: Channels,
    cap: Option<f64>,
    models: Vec<Fitted>,
    weights: Vec<f64>,
    /// Held-out prediction and true capped life of rows of the training units, by prediction.
    calibration: Vec<(f64, f64)>,
}

impl RulRegression {
    /// No settings, no cap, 4 components, the standard summaries, every third row, 3 folds, three learners.
    #[must_use]
    pub fn params() -> RulRegressionParams {
        let mut component_summaries = Summary::standard();
        component_summaries.push(Summary::Spread(20));
        RulRegressionParams {
            recipe: Recipe {
                settings: Vec::new(),
                ignored: Vec::new(),
                relevance: 0.05,
                components: 4,
                sensor_summaries: Summary::standard(),
                component_summaries,
                age: true,
            },
            cap: f64::INFINITY,
            youngest: 9,
            step: 3,
            folds: 3,
            learners: vec![Learner::extra_trees(), Learner::random_forest(), Learner::boosting()],
        }
    }

    /// The operating regimes, with the sensors that were left out for not moving.
    #[must_use]
    pub fn regimes(&self) -> &OperatingRegimes {
        self.channels.regimes()
    }

    /// Names of the sensors in use.
    #[must_use]
    pub fn sensors(&self) -> Vec<String> {
        self.channels.sensors()
    }

    /// Weights of the learners.
    #[must_use]
    pub fn weights(&self) -> &[f64] {
        &self.weights
    }

    /// Names and shares of the columns of the table in the learners' gain, weighted as the learners, largest first.
    #[must_use]
    pub fn importance(&self) -> Vec<(String, f64)> {
        let names = self.channels.names();
        let mut shares = vec![0.0; names.len()];
        for (model, weight) in self.models.iter().zip(&self.weights) {
            shares.iter_mut().zip(model.importance()).for_each(|(s, g)| *s += weight * g);
        }
        let mut all: Vec<(String, f64)> = names.into_iter().zip(shares).collect();
        all.sort_by(|a, b| b.1.total_cmp(&a.1));
        all
    }

    /// The table of summaries that the learners read.
    ///
    /// # Errors
    /// [`Error::Parameter`] when the fleet lacks a column.
    pub fn table(&self, fleet: &Fleet) -> Result<FeatureMatrix> {
        self.channels.table(fleet)
    }

    /// Remaining life at every row of the fleet, 0 to the cap, in units of age.
    ///
    /// # Errors
    /// As [`RulRegression::table`].
    pub fn predict(&self, fleet: &Fleet) -> Result<Vec<f64>> {
        let table = self.table(fleet)?;
        let mut out = vec![0.0; fleet.n_rows()];
        let cap = self.cap.unwrap_or(f64::INFINITY);
        for (model, weight) in self.models.iter().zip(&self.weights) {
            if *weight > 0.0 {
                let predicted = model.predict(&table)?;
                out.iter_mut().zip(predicted).for_each(|(o, p)| *o += weight * p.clamp(0.0, cap));
            }
        }
        Ok(out)
    }

    /// The distribution that belongs to a prediction.
    ///
    /// # Errors
    /// [`Error::Parameter`] for a prediction that is not finite or negative.
    pub fn distribution(&self, predicted: f64) -> Result<RulEstimate> {
        if !(predicted.is_finite() && predicted >= 0.0) {
            return Err(Error::parameter("predicted", predicted, "must be finite and at least 0"));
        }
        RulEstimate::from_samples(&moved(&self.calibration, predicted, self.cap.unwrap_or(f64::INFINITY)), None)
    }

    /// Remaining life of every unit after its last row, as a distribution.
    ///
    /// # Errors
    /// As [`RulRegression::table`].
    pub fn estimate(&self, fleet: &Fleet) -> Result<Vec<RulEstimate>> {
        let predicted = self.predict(fleet)?;
        let last = fleet.last_rows();
        last.iter()
            .enumerate()
            .map(|(u, &i)| {
                let estimate = self.distribution(predicted[i])?;
                Ok(estimate.for_unit(fleet.unit(u)?.name.to_owned()))
            })
            .collect()
    }

    /// Interval of the remaining life for a prediction, with equal tails: that of [`RulRegression::distribution`].
    ///
    /// # Errors
    /// As [`RulRegression::distribution`].
    pub fn interval(&self, predicted: f64, level: Level) -> Result<(f64, f64)> {
        Ok(self.distribution(predicted)?.interval(level))
    }
}

/// True lives of the rows near `at`, moved by the difference of the predictions, within 0..=cap.
fn moved(calibration: &[(f64, f64)], at: f64, cap: f64) -> Vec<f64> {
    neighbours(calibration, at).iter().map(|(p, y)| (y + at - p).clamp(0.0, cap)).collect()
}

/// The tenth of the calibration rows with predictions nearest to `at`, at least 50.
fn neighbours(calibration: &[(f64, f64)], at: f64) -> &[(f64, f64)] {
    let count = (calibration.len() / 10).max(50).min(calibration.len());
    let place = calibration.partition_point(|c| c.0 < at);
    let (mut from, mut to) = (place, place);
    while to - from < count {
        let below = from.checked_sub(1).map(|i| at - calibration[i].0);
        let above = calibration.get(to).map(|c| c.0 - at);
        match (below, above) {
            (Some(b), Some(a)) if b <= a => from -= 1,
            (Some(_), None) => from -= 1,
            (_, Some(_)) => to += 1,
            (None, None) => break,
        }
    }
    &calibration[from..to]
}

#[cfg(feature = "persist")]
impl crate::persist::Persist for RulRegression {
    const KIND: &'static str = "rul_regression";
    fn feature_names(&self) -> &[String] {
        self.channels.columns()
    }
}
