//! Gradient boosting of regression trees.
//!
//! **What it answers.** As [`Forest`](super::Forest), usually a little more accurate once it is set up, and for other
//! losses than the squared one: medians and quantiles, robust means, the PHM08 score that punishes late predictions,
//! hazards of censored lives.
//!
//! **Method.** Start with the best constant; again and again grow a small tree on the gradients of the loss and add a part
//! of it (Friedman 2001), with second derivatives (Chen & Guestrin 2016), on histograms, best leaf first (Ke et al.
//! 2017), each tree on random rows and columns (Friedman 2002).
//!
//! | [`Loss`] | predicts | loss of `d = prediction - target` |
//! |---|---|---|
//! | `Squared` | mean | `d²/2` |
//! | `Absolute` | median | `abs(d)` |
//! | `Quantile(q)` | quantile q | `q (-d)` below, `(1-q) d` above |
//! | `Huber(delta)` | mean without outliers | `d²/2` to delta, then linear |
//! | `Phm08` | the PHM 2008 score's best | `exp(-d/13) - 1` below, `exp(d/10) - 1` above |
//! | `Cox` | log relative hazard | partial likelihood (Breslow), see [`GradientBoostingParams::fit_survival`] |
//!
//! Leaves of `Absolute` and `Quantile` are set to the quantile of their residuals after growth: their gradients know a side
//! but no distance.
//!
//! **Cost.** Fit O(trees x columns x rows x depth), about a nanosecond a cell on one thread; predict O(trees x depth) a row.
//! The same bits on any number of threads.
//!
//! **When not to use it.** Few rows (under a few hundred): take a forest or ridge. Extrapolation: none, as all trees.

use super::regressor::{Regressor, check_targets, check_trees_rows};
use super::trees::bins::{Binned, Binner};
use super::trees::gradient::{Grower, Rules};
use super::trees::tree::{self, Tree};
use crate::error::{Error, Result};
use crate::features::Rows;
use crate::math::lanes;
use crate::math::order::quantile_sorted;
use crate::math::rng::Rng;
use linfa::ParamGuard;
use linfa::dataset::DatasetBase;
use linfa::traits::Fit;
use ndarray::{Array1, ArrayBase, ArrayView1, Data, Ix1, Ix2};

/// What a prediction is charged for being off.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub enum Loss {
    /// Squared error: the mean.
    Squared,
    /// Absolute error: the median.
    Absolute,
    /// Pinball loss: the quantile of this probability, between 0 and 1.
    Quantile(f64),
    /// Squared up to this distance (> 0, in units of the target), linear beyond.
    Huber(f64),
    /// The score of the PHM 2008 challenge in cycles: late predictions cost more than early ones.
    Phm08,
    /// Cox's partial likelihood of censored lives.
    Cox,
}

/// Checked settings of a [`GradientBoosting`].
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
pub struct GradientBoostingValidParams {
    loss: Loss,
    trees: usize,
    learning_rate: f64,
    leaves: usize,
    max_depth: usize,
    min_leaf: usize,
    min_weight: f64,
    l2: f64,
    min_gain: f64,
    row_fraction: f64,
    column_fraction: f64,
    max_bins: usize,
    monotone: Vec<i8>,
    patience: usize,
    seed: u64,
}

/// Settings of a [`GradientBoosting`]; see [`GradientBoosting::params`].
#[derive(Debug, Clone, PartialEq)]
pub struct GradientBoostingParams(GradientBoostingValidParams);

impl GradientBoostingParams {
    /// The loss. Default squared error.
    #[must_use]
    pub fn loss(mut self, loss: Loss) -> Self {
        self.0.loss = loss;
        self
    }

    /// Number of trees, the most there will be with early stopping. Default 250.
    #[must_use]
    pub fn trees(mut self, trees: usize) -> Self {
        self.0.trees = trees;
        self
    }

    /// Part of each tree that is added, in (0, 1]. Default 0.05; halve it and double the trees for a little more accuracy.
    #[must_use]
    pub fn learning_rate(mut self, rate: f64) -> Self {
        self.0.learning_rate = rate;
        self
    }

    /// Most leaves of a tree. Default 24.
    #[must_use]
    pub fn leaves(mut self, leaves: usize) -> Self {
        self.0.leaves = leaves;
        self
    }

    /// Most cuts from the root to a leaf. Default: no limit.
    #[must_use]
    pub fn max_depth(mut self, depth: usize) -> Self {
        self.0.max_depth = depth;
        self
    }

    /// Fewest training rows of a leaf. Default 20.
    #[must_use]
    pub fn min_leaf(mut self, rows: usize) -> Self {
        self.0.min_leaf = rows;
        self
    }

    /// Least sum of second derivatives in a leaf (>= 0). Default 1e-3.
    #[must_use]
    pub fn min_weight(mut self, weight: f64) -> Self {
        self.0.min_weight = weight;
        self
    }

    /// Quadratic penalty on the value of a leaf (>= 0), in rows: leaves of fewer rows are pulled to 0. Default 1.
    #[must_use]
    pub fn l2(mut self, l2: f64) -> Self {
        self.0.l2 = l2;
        self
    }

    /// Least gain of a cut (>= 0), in units of the loss. Default 0.
    #[must_use]
    pub fn min_gain(mut self, gain: f64) -> Self {
        self.0.min_gain = gain;
        self
    }

    /// Share of the rows each tree is grown on, drawn without replacement, in (0, 1]. Default 0.7.
    #[must_use]
    pub fn row_fraction(mut self, fraction: f64) -> Self {
        self.0.row_fraction = fraction;
        self
    }

    /// Share of the columns each tree may use, in (0, 1]. Default 1; 0.2 for hundreds of columns that say much the same.
    #[must_use]
    pub fn column_fraction(mut self, fraction: f64) -> Self {
        self.0.column_fraction = fraction;
        self
    }

    /// Most bins of a column, 2..=255. Default 63: enough for smooth effects, a quarter of the time of 255.
    #[must_use]
    pub fn max_bins(mut self, bins: usize) -> Self {
        self.0.max_bins = bins;
        self
    }

    /// For every column whether the prediction must not fall (1), must not rise (-1) with it, or is free (0). Default: all
    /// free.
    #[must_use]
    pub fn monotone(mut self, directions: &[i8]) -> Self {
        self.0.monotone = directions.to_vec();
        self
    }

    /// Stop when the loss on the validation rows has not fallen for so many trees, and keep the trees up to the best. Works
    /// with [`GradientBoostingParams::fit_validated`]. Default 50.
    #[must_use]
    pub fn patience(mut self, trees: usize) -> Self {
        self.0.patience = trees;
        self
    }

    /// Seed of all random choices. Default 0.
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        self.0.seed = seed;
        self
    }

    /// Boosts trees on rows and their targets.
    ///
    /// # Errors
    /// [`Error::Parameter`] for a setting outside of its range, or with the loss `Cox`, which needs
    /// [`GradientBoostingParams::fit_survival`]; [`Error::Shape`] when there are not as many targets as rows or as many
    /// monotone directions as columns; [`Error::TooFew`] with fewer than 2 rows; [`Error::NonFinite`] for an infinite cell
    /// or a target that is not finite; [`Error::Numeric`] for targets beyond 1e150, whose squares overflow.
    pub fn fit<'a, 't>(
        &self,
        rows: impl Into<Rows<'a>>,
        targets: impl Into<ArrayView1<'t, f64>>,
    ) -> Result<GradientBoosting> {
        let params = self.check_ref()?;
        let rows = rows.into();
        let targets = params.numbers(&rows, targets.into())?;
        params.boost(rows, &Target::Number(targets), None)
    }

    /// As [`GradientBoostingParams::fit`], stopping early by the loss on validation rows: rows of **other** machines than
    /// the training rows, or the score is not honest.
    ///
    /// # Errors
    /// As [`GradientBoostingParams::fit`], for the validation rows too.
    pub fn fit_validated<'a, 'b, 't, 'u>(
        &self,
        rows: impl Into<Rows<'a>>,
        targets: impl Into<ArrayView1<'t, f64>>,
        validation: impl Into<Rows<'b>>,
        validation_targets: impl Into<ArrayView1<'u, f64>>,
    ) -> Result<GradientBoosting> {
        let params = self.check_ref()?;
        let (rows, validation) = (rows.into(), validation.into());
        let targets = params.numbers(&rows, targets.into())?;
        check_trees_rows(&validation, "validation rows", 1)?;
        validation.check_columns(&rows.names_or_numbers())?;
        let held_out = params.numbers(&validation, validation_targets.into())?;
        params.boost(rows, &Target::Number(targets), Some((validation, &Target::Number(held_out))))
    }

    /// Boosts Cox's partial likelihood (Breslow's for ties): `times` are ages at the event or at the end of observation,
    /// `events` says which of the two. The prediction is the log of the hazard relative to the mean row: larger fails earlier.
    ///
    /// # Errors
    /// [`Error::Parameter`] unless the loss is `Cox`, or for a time that is negative; [`Error::TooFew`] without an event;
    /// else as [`GradientBoostingParams::fit`].
    pub fn fit_survival<'a, 't>(
        &self,
        rows: impl Into<Rows<'a>>,
        times: impl Into<ArrayView1<'t, f64>>,
        events: &[bool],
    ) -> Result<GradientBoosting> {
        let params = self.check_ref()?;
        let rows = rows.into();
        if params.loss != Loss::Cox {
            return Err(Error::parameter("loss", format!("{:?}", params.loss), "lives with events need the loss Cox"));
        }
        check_trees_rows(&rows, "rows to boost", 2)?;
        let times = check_targets(&rows, times.into())?;
        if events.len() != times.len() {
            return Err(Error::shape("events of the rows", times.len(), events.len()));
        }
        if let Some(bad) = times.iter().find(|t| **t < 0.0) {
            return Err(Error::parameter("times", bad, "an age is not negative"));
        }
        if !events.contains(&true) {
            return Err(Error::too_few("events", 1, 0));
        }
        params.boost(rows, &Target::Life(Life::new(&times, events)), None)
    }
}

impl ParamGuard for GradientBoostingParams {
    type Checked = GradientBoostingValidParams;
    type Error = Error;

    fn check_ref(&self) -> Result<&GradientBoostingValidParams> {
        let p = &self.0;
        let fraction = |name: &'static str, value: f64| {
            if value > 0.0 && value <= 1.0 {
                Ok(())
            } else {
                Err(Error::parameter(name, value, "must be greater than 0, at most 1"))
            }
        };
        let not_negative = |name: &'static str, value: f64| {
            if value >= 0.0 && value.is_finite() {
                Ok(())
            } else {
                Err(Error::parameter(name, value, "must be finite and at least 0"))
            }
        };
        if p.trees == 0 || p.trees > 1_000_000 {
            return Err(Error::parameter("trees", p.trees, "must be 1 to 1000000"));
        }
        if !(2..=1 << 20).contains(&p.leaves) {
            return Err(Error::parameter("leaves", p.leaves, "must be 2 to 2^20"));
        }
        if !(2..=255).contains(&p.max_bins) {
            return Err(Error::parameter("max_bins", p.max_bins, "must be 2 to 255"));
        }
        fraction("learning_rate", p.learning_rate)?;
        fraction("row_fraction", p.row_fraction)?;
        fraction("column_fraction", p.column_fraction)?;
        not_negative("min_weight", p.min_weight)?;
        not_negative("l2", p.l2)?;
        not_negative("min_gain", p.min_gain)?;
        match p.loss {
            Loss::Quantile(q) => crate::error::check_fraction("quantile", q).map(|_| ())?,
            Loss::Huber(delta) => crate::error::check_positive("huber", delta).map(|_| ())?,
            _ => (),
        }
        if let Some(bad) = p.monotone.iter().find(|m| !(-1..=1).contains(*m)) {
            return Err(Error::parameter("monotone", bad, "must be -1, 0 or 1"));
        }
        if p.patience == 0 {
            return Err(Error::parameter("patience", p.patience, "must be at least 1"));
        }
        Ok(p)
    }

    fn check(self) -> Result<GradientBoostingValidParams> {
        self.check_ref()?;
        Ok(self.0)
    }
}

impl<D: Data<Elem = f64>, T: Data<Elem = f64>> Fit<ArrayBase<D, Ix2>, ArrayBase<T, Ix1>, Error>
    for GradientBoostingValidParams
{
    type Object = GradientBoosting;
    fn fit(&self, dataset: &DatasetBase<ArrayBase<D, Ix2>, ArrayBase<T, Ix1>>) -> Result<GradientBoosting> {
        let rows = Rows::from(dataset);
        let targets = self.numbers(&rows, dataset.targets.view())?;
        self.boost(rows, &Target::Number(targets), None)
    }
}

/// What is to be predicted.
#[derive(Debug)]
enum Target {
    Number(Vec<f64>),
    Life(Life),
}

/// Censored lives in the order of their ages.
#[derive(Debug)]
struct Life {
    /// Rows from the oldest to the youngest; (first, end) of rows of equal age follow each other.
    order: Vec<u32>,
    ties: Vec<(usize, usize)>,
    events: Vec<bool>,
}

impl Life {
    fn new(times: &[f64], events: &[bool]) -> Self {
        let mut order: Vec<u32> = (0..times.len() as u32).collect();
        order.sort_by(|&a, &b| times[b as usize].total_cmp(&times[a as usize]));
        let mut ties = Vec::new();
        let mut start = 0;
        while start < order.len() {
            let age = times[order[start] as usize];
            let end = start + order[start..].iter().take_while(|&&i| times[i as usize].total_cmp(&age).is_eq()).count();
            ties.push((start, end));
            start = end;
        }
        Self { order, ties, events: events.to_vec() }
    }

    /// Derivatives of the negative log partial likelihood by every row's log hazard.
    fn derivatives(&self, scores: &[f64], gradient: &mut [f64], hessian: &mut [f64]) {
        let largest = scores.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let hazard = |i: u32| (scores[i as usize] - largest).exp();
        // Sum of hazards at risk at every age, from the oldest down.
        let mut at_risk = Vec::with_capacity(self.ties.len());
        let mut sum = 0.0;
        for &(start, end) in &self.ties {
            sum += self.order[start..end].iter().map(|&i| hazard(i)).sum::<f64>();
            at_risk.push(sum);
        }
        // From the youngest up: what every event so far adds to the rows still at risk.
        let (mut first, mut second) = (0.0, 0.0);
        for (&(start, end), risk) in self.ties.iter().zip(&at_risk).rev() {
            let deaths = self.order[start..end].iter().filter(|&&i| self.events[i as usize]).count() as f64;
            first += deaths / risk;
            second += deaths / (risk * risk);
            for &i in &self.order[start..end] {
                let h = hazard(i);
                gradient[i as usize] = h * first - f64::from(u8::from(self.events[i as usize]));
                hessian[i as usize] = (h * first - h * h * second).max(0.0);
            }
        }
    }
}

impl GradientBoostingValidParams {
    fn numbers(&self, rows: &Rows<'_>, targets: ArrayView1<'_, f64>) -> Result<Vec<f64>> {
        if self.loss == Loss::Cox {
            return Err(Error::parameter("loss", "Cox", "lives need `fit_survival`, which takes their events"));
        }
        check_trees_rows(rows, "rows to boost", if self.loss == Loss::Cox { 2 } else { 1 })?;
        let targets = check_targets(rows, targets)?;
        match targets.iter().find(|y| y.abs() > 1e150) {
            None => Ok(targets),
            Some(huge) => {
                Err(Error::numeric("targets", format!("the square of {huge:e} overflows; scale the targets")))
            }
        }
    }

    fn boost(
        &self,
        rows: Rows<'_>,
        target: &Target,
        held_out: Option<(Rows<'_>, &Target)>,
    ) -> Result<GradientBoosting> {
        check_trees_rows(&rows, "rows to boost", 2)?;
        let (n, d) = rows.values.dim();
        if !self.monotone.is_empty() && self.monotone.len() != d {
            return Err(Error::shape("monotone directions of the columns", d, self.monotone.len()));
        }
        let binner = Binner::fit(rows.values, self.max_bins);
        let binned = binner.bin(rows.values);
        let rules = Rules {
            max_leaves: self.leaves,
            max_depth: self.max_depth,
            min_rows: self.min_leaf,
            min_weight: self.min_weight,
            l2: self.l2,
            min_gain: self.min_gain,
            monotone: &self.monotone,
        };
        let start = self.start(target);
        let mut scores = vec![start; n];
        let (mut gradient, mut hessian) = (vec![0.0; n], vec![1.0; n]);
        let constant = matches!(self.loss, Loss::Squared | Loss::Absolute | Loss::Quantile(_) | Loss::Huber(_));
        let mut grower = Grower::new(&binned, &binner);
        let mut validation = held_out.map(|(rows, target)| Validation::new(&binner, rows, target, start, self));
        let mut trees: Vec<Tree> = Vec::with_capacity(self.trees.min(4096));
        let all: Vec<u32> = (0..n as u32).collect();
        let drawn_rows = ((self.row_fraction * n as f64).round() as usize).clamp(1, n);
        let drawn_columns = ((self.column_fraction * d as f64).round() as usize).clamp(1, d);
        let (mut bag, mut outside, mut columns) = (Vec::new(), Vec::new(), Vec::new());
        let mut residuals = Vec::new();
        for round in 0..self.trees {
            self.derivatives(target, &scores, &mut gradient, &mut hessian);
            let mut rng = Rng::stream(self.seed, round as u64);
            draw(&mut rng, &all, drawn_rows, &mut bag, &mut outside);
            draw_columns(&mut rng, d, drawn_columns, &mut columns);
            let hessian = if constant { None } else { Some(hessian.as_slice()) };
            let mut grown = grower.grow(&mut bag, &columns, &gradient, hessian, &rules);
            for leaf in &grown.leaves {
                let inside = &bag[leaf.start..leaf.start + leaf.len];
                if let (Some(q), Target::Number(y)) = (self.renewal(), target) {
                    residuals.clear();
                    residuals.extend(inside.iter().map(|&i| y[i as usize] - scores[i as usize]));
                    residuals.sort_unstable_by(f64::total_cmp);
                    grown.tree.nodes[leaf.node].value = quantile_sorted(&residuals, q);
                }
                let node = &mut grown.tree.nodes[leaf.node];
                node.value *= self.learning_rate;
                let step = node.value;
                for &i in inside {
                    scores[i as usize] += step;
                }
            }
            for &i in &outside {
                scores[i as usize] += grown.tree.nodes[grown.leaf_of(&binned, i as usize)].value;
            }
            if let Some(validation) = &mut validation {
                let enough = validation.add(&grown, self, round);
                trees.push(grown.tree);
                if enough {
                    break;
                }
            } else {
                trees.push(grown.tree);
            }
        }
        if let Some(validation) = validation {
            trees.truncate(validation.best.0);
        }
        let finite =
            start.is_finite() && trees.iter().flat_map(|t| &t.nodes).all(|n| !n.is_leaf() || n.value.is_finite());
        if !finite {
            return Err(Error::numeric("gradient boosting", "the value of a leaf overflows; scale the targets"));
        }
        Ok(GradientBoosting { params: self.clone(), names: rows.names_or_numbers(), start, trees })
    }

    /// The probability whose quantile of the residuals replaces a leaf's value.
    fn renewal(&self) -> Option<f64> {
        match self.loss {
            Loss::Absolute => Some(0.5),
            Loss::Quantile(q) => Some(q),
            _ => None,
        }
    }

    /// The best constant.
    fn start(&self, target: &Target) -> f64 {
        let Target::Number(y) = target else { return 0.0 };
        match self.loss {
            Loss::Squared | Loss::Cox => lanes::mean(y),
            Loss::Absolute | Loss::Quantile(_) | Loss::Huber(_) | Loss::Phm08 => {
                let mut sorted = y.clone();
                sorted.sort_unstable_by(f64::total_cmp);
                quantile_sorted(&sorted, self.renewal().unwrap_or(0.5))
            }
        }
    }

    fn derivatives(&self, target: &Target, scores: &[f64], gradient: &mut [f64], hessian: &mut [f64]) {
        let y = match target {
            Target::Life(life) => return life.derivatives(scores, gradient, hessian),
            Target::Number(y) => y,
        };
        let differences = scores.iter().zip(y).map(|(s, y)| s - y);
        match self.loss {
            Loss::Squared | Loss::Cox => gradient.iter_mut().zip(differences).for_each(|(g, d)| *g = d),
            Loss::Absolute => {
                gradient.iter_mut().zip(differences).for_each(|(g, d)| *g = if d > 0.0 { 1.0 } else { -1.0 });
            }
            Loss::Quantile(q) => {
                gradient.iter_mut().zip(differences).for_each(|(g, d)| *g = if d > 0.0 { 1.0 - q } else { -q });
            }
            Loss::Huber(delta) => gradient.iter_mut().zip(differences).for_each(|(g, d)| *g = d.clamp(-delta, delta)),
            Loss::Phm08 => {
                for ((g, h), d) in gradient.iter_mut().zip(hessian).zip(differences) {
                    let (sign, scale) = if d < 0.0 { (-1.0, 13.0) } else { (1.0, 10.0) };
                    // Beyond thirty scales the loss goes on as a line, or its steps would leave the numbers.
                    let e = (sign * d / scale).min(30.0).exp() / scale;
                    (*g, *h) = (sign * e, e / scale);
                }
            }
        }
    }

    /// Mean loss.
    fn loss_of(&self, y: &[f64], scores: &[f64]) -> f64 {
        let each = |d: f64| match self.loss {
            Loss::Squared | Loss::Cox => 0.5 * d * d,
            Loss::Absolute => d.abs(),
            Loss::Quantile(q) => {
                if d > 0.0 {
                    (1.0 - q) * d
                } else {
                    -q * d
                }
            }
            Loss::Huber(delta) => {
                if d.abs() <= delta {
                    0.5 * d * d
                } else {
                    delta * (d.abs() - 0.5 * delta)
                }
            }
            Loss::Phm08 => {
                if d < 0.0 {
                    (-d / 13.0).exp_m1()
                } else {
                    (d / 10.0).exp_m1()
                }
            }
        };
        lanes::sum_by2(scores, y, |s, y| each(s - y)) / y.len() as f64
    }
}

/// Rows that say when to stop.
#[derive(Debug)]
struct Validation<'a> {
    binned: Binned,
    targets: &'a [f64],
    scores: Vec<f64>,
    /// Number of trees and loss at the best.
    best: (usize, f64),
}

impl<'a> Validation<'a> {
    fn new(
        binner: &Binner,
        rows: Rows<'_>,
        target: &'a Target,
        start: f64,
        params: &GradientBoostingValidParams,
    ) -> Self {
        let targets: &[f64] = if let Target::Number(y) = target { y } else { &[] };
        let scores = vec![start; targets.len()];
        let loss = params.loss_of(targets, &scores);
        Self { binned: binner.bin(rows.values), targets, scores, best: (0, loss) }
    }

    /// Adds a tree; whether patience is at its end.
    fn add(
        &mut self,
        grown: &super::trees::gradient::Grown,
        params: &GradientBoostingValidParams,
        round: usize,
    ) -> bool {
        for (i, score) in self.scores.iter_mut().enumerate() {
            *score += grown.tree.nodes[grown.leaf_of(&self.binned, i)].value;
        }
        let loss = params.loss_of(self.targets, &self.scores);
        if loss < self.best.1 {
            self.best = (round + 1, loss);
        }
        round + 1 - self.best.0 >= params.patience
    }
}

/// Draws `count` of `all` without replacement, in order, and the rest.
fn draw(rng: &mut Rng, all: &[u32], count: usize, drawn: &mut Vec<u32>, rest: &mut Vec<u32>) {
    drawn.clear();
    rest.clear();
    if count >= all.len() {
        drawn.extend_from_slice(all);
        return;
    }
    // Selection sampling (Knuth 3.4.2, algorithm S): one uniform number a row, in order.
    let mut wanted = count;
    for (i, &row) in all.iter().enumerate() {
        if wanted > 0 && rng.uniform() * ((all.len() - i) as f64) < wanted as f64 {
            drawn.push(row);
            wanted -= 1;
        } else {
            rest.push(row);
        }
    }
}

/// Draws `count` of `d` columns, in order.
fn draw_columns(rng: &mut Rng, d: usize, count: usize, columns: &mut Vec<u32>) {
    columns.clear();
    columns.extend(0..d as u32);
    if count < d {
        for i in 0..count {
            columns.swap(i, i + rng.below(d - i));
        }
        columns.truncate(count);
        columns.sort_unstable();
    }
}

/// Boosted regression trees.
///
/// ```
/// use prognos::learners::{GradientBoosting, Loss, Regressor};
/// use ndarray::{Array1, Array2};
/// let rows = Array2::from_shape_fn((600, 3), |(i, j)| ((i * (j + 2)) as f64 * 0.37).sin());
/// let target: Array1<f64> = rows.rows().into_iter().map(|r| 3.0 * r[0] + r[1] * r[1]).collect();
/// let model = GradientBoosting::params().trees(200).fit(&rows, &target)?;
/// let error = (&model.predict(&rows)? - &target).mapv(|e| e * e).mean().unwrap_or(f64::NAN);
/// assert!(error < 0.02, "{error}");
/// let high = GradientBoosting::params().loss(Loss::Quantile(0.9)).fit(&rows, &target)?.predict(&rows)?;
/// let above = high.iter().zip(&target).filter(|(h, y)| y > h).count();
/// assert!(above < 90, "{above} of 600 above the 90 % quantile");
/// # Ok::<(), prognos::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(try_from = "Raw"))]
pub struct GradientBoosting {
    params: GradientBoostingValidParams,
    names: Vec<String>,
    start: f64,
    trees: Vec<Tree>,
}

impl GradientBoosting {
    /// Squared error, 250 trees of at most 24 leaves, a twentieth of each added, on 70 % of the rows.
    #[must_use]
    pub fn params() -> GradientBoostingParams {
        GradientBoostingParams(GradientBoostingValidParams {
            loss: Loss::Squared,
            trees: 250,
            learning_rate: 0.05,
            leaves: 24,
            max_depth: usize::MAX,
            min_leaf: 20,
            min_weight: 1e-3,
            l2: 1.0,
            min_gain: 0.0,
            row_fraction: 0.7,
            column_fraction: 1.0,
            max_bins: 63,
            monotone: Vec::new(),
            patience: 50,
            seed: 0,
        })
    }

    /// Number of trees: fewer than were set after early stopping.
    #[must_use]
    pub fn n_trees(&self) -> usize {
        self.trees.len()
    }

    /// The loss it was fitted by.
    #[must_use]
    pub fn loss(&self) -> Loss {
        self.params.loss
    }

    /// The constant that the trees are added to.
    #[must_use]
    pub fn start(&self) -> f64 {
        self.start
    }

    /// Share of each column in the gain of all cuts; adds up to 1 (all 0 when there is no cut).
    #[must_use]
    pub fn importance(&self) -> Vec<f64> {
        super::regressor::shares(tree::gains(&self.trees, self.names.len()))
    }

    /// Shapley values of one row, path dependent (TreeSHAP): what each column adds to the expected prediction.
    ///
    /// # Errors
    /// As [`Regressor::predict_rows`].
    pub fn shapley(&self, row: ArrayView1<'_, f64>) -> Result<super::Shapley> {
        check_trees_rows(&super::regressor::one_row(row, &self.names)?, "row to explain", 1)?;
        let mut values = vec![0.0; self.names.len()];
        let expected = self.start + tree::shap(&self.trees, row, &mut values);
        Ok(super::Shapley::new(self.names.clone(), values, expected))
    }
}

impl Regressor for GradientBoosting {
    fn feature_names(&self) -> &[String] {
        &self.names
    }

    fn predict_rows(&self, rows: Rows<'_>) -> Result<Array1<f64>> {
        rows.check_columns(&self.names)?;
        check_trees_rows(&rows, "rows to predict", 0)?;
        Ok(tree::sum_predictions(&self.trees, rows.values, self.start).into())
    }
}

super::regressor::linfa_doors!(GradientBoosting);

#[cfg(feature = "persist")]
impl crate::persist::Persist for GradientBoosting {
    const KIND: &'static str = "gradient_boosting";
    fn feature_names(&self) -> &[String] {
        &self.names
    }
}

/// What a file says; checked before it becomes a [`GradientBoosting`].
#[cfg(feature = "serde")]
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    params: GradientBoostingValidParams,
    names: Vec<String>,
    start: f64,
    trees: Vec<Tree>,
}

#[cfg(feature = "serde")]
impl TryFrom<Raw> for GradientBoosting {
    type Error = Error;
    fn try_from(raw: Raw) -> Result<Self> {
        let refuse = |reason: &str| Error::Model { reason: format!("gradient boosting: {reason}") };
        let params = GradientBoostingParams(raw.params).check()?;
        if raw.trees.len() > params.trees || raw.names.is_empty() || !raw.start.is_finite() {
            return Err(refuse("more trees than the settings say, no columns, or a start that is not finite"));
        }
        for tree in &raw.trees {
            tree.check(raw.names.len()).map_err(refuse)?;
        }
        Ok(Self { params, names: raw.names, start: raw.start, trees: raw.trees })
    }
}
