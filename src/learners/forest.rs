//! Forests of regression trees: random forest, extremely randomised trees, quantile forest.
//!
//! **What it answers.** A number from many columns (the remaining life of a unit, the power of a machine that runs well)
//! when the dependence is not linear, columns have other units, some are useless and some cells are missing. No scaling,
//! hardly any settings.
//!
//! **Method.** The mean of many deep trees, each grown on rows and columns drawn at random. *Random forest*: rows drawn
//! with replacement, the best cut of a few columns (Breiman 2001). *Extremely randomised trees*: all rows, the best of a
//! few random cuts (Geurts, Ernst & Wehenkel 2006): smoother, faster, usually as good. *Quantiles*: the training targets
//! in the leaves that a row reaches, each with the weight 1 / (trees x rows of the leaf), are its distribution
//! (Meinshausen 2006); they are kept when [`ForestParams::keep_targets`] is set.
//!
//! Cells are put into at most 255 bins before growth (see [`ForestParams::max_bins`]). NaN is a missing value: a cut sends
//! missing rows to the side that leaves less error. Infinite cells are refused.
//!
//! **Cost.** Fit O(trees x columns drawn x n log n), 32 bytes a node; predict O(trees x depth) a row. Trees are shared out
//! among threads; tree i depends on the seed and i alone.
//!
//! **When not to use it.** Forests do not extrapolate: a target beyond those of the training rows is never predicted.
//! Few columns with a smooth, nearly linear effect: take ridge.

use super::regressor::{Regressor, check_targets, check_trees_rows};
use super::trees::bins::Binner;
use super::trees::forest_growth::{self, Rules, Scratch, Table};
use super::trees::tree::{self, Tree};
use crate::error::{Error, Result};
use crate::features::Rows;
use crate::math::order::quantile_sorted;
use crate::math::par;
use crate::math::rng::Rng;
use linfa::ParamGuard;
use linfa::dataset::DatasetBase;
use linfa::traits::Fit;
use ndarray::{Array1, Array2, ArrayBase, ArrayView1, Data, Ix1, Ix2};

/// Checked settings of a [`Forest`].
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
pub struct ForestValidParams {
    trees: usize,
    column_fraction: f64,
    min_leaf: usize,
    max_depth: usize,
    max_bins: usize,
    bootstrap: bool,
    random_cuts: bool,
    keep_targets: bool,
    seed: u64,
}

/// Settings of a [`Forest`]; see [`Forest::random_forest`] and [`Forest::extra_trees`].
#[derive(Debug, Clone, PartialEq)]
pub struct ForestParams(ForestValidParams);

impl ForestParams {
    /// Number of trees. Default 100: more never hurts but in time.
    #[must_use]
    pub fn trees(mut self, trees: usize) -> Self {
        self.0.trees = trees;
        self
    }

    /// Share of the columns that a node may choose from, in (0, 1]. Default 1/3 (Breiman's for regression); constant
    /// columns do not count.
    #[must_use]
    pub fn column_fraction(mut self, fraction: f64) -> Self {
        self.0.column_fraction = fraction;
        self
    }

    /// Fewest training rows of a leaf. Default 3: single rows of a noisy target are not worth a leaf.
    #[must_use]
    pub fn min_leaf(mut self, rows: usize) -> Self {
        self.0.min_leaf = rows;
        self
    }

    /// Most cuts from the root to a leaf. Default: no limit.
    #[must_use]
    pub fn max_depth(mut self, depth: usize) -> Self {
        self.0.max_depth = depth;
        self
    }

    /// Most bins of a column, 2..=255. Default 255.
    #[must_use]
    pub fn max_bins(mut self, bins: usize) -> Self {
        self.0.max_bins = bins;
        self
    }

    /// Whether a tree's rows are drawn with replacement. Default: yes for a random forest, no for extra trees.
    #[must_use]
    pub fn bootstrap(mut self, bootstrap: bool) -> Self {
        self.0.bootstrap = bootstrap;
        self
    }

    /// Keep the training targets of every leaf, for [`Forest::quantiles`]. Default no.
    #[must_use]
    pub fn keep_targets(mut self, keep: bool) -> Self {
        self.0.keep_targets = keep;
        self
    }

    /// Seed of all random choices. Default 0.
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        self.0.seed = seed;
        self
    }

    /// Grows the forest on rows and their targets.
    ///
    /// # Errors
    /// [`Error::Parameter`] for a setting outside of its range; [`Error::Shape`] when there are not as many targets as
    /// rows; [`Error::TooFew`] with fewer than 2 rows; [`Error::NonFinite`] for an infinite cell or a target that is not
    /// finite; [`Error::Numeric`] for targets beyond 1e150, whose squares overflow.
    pub fn fit<'a, 't>(&self, rows: impl Into<Rows<'a>>, targets: impl Into<ArrayView1<'t, f64>>) -> Result<Forest> {
        Ok(self.check_ref()?.grow(rows.into(), targets.into(), false)?.0)
    }

    /// As [`ForestParams::fit`], with the out-of-bag predictions: for every training row the mean of the trees that were
    /// grown without it, an honest prediction without a second data set as far as rows are independent. Rows of one
    /// machine are not: group by machine instead. NaN for rows that every tree saw.
    ///
    /// # Errors
    /// As [`ForestParams::fit`], and [`Error::Parameter`] without [`ForestParams::bootstrap`].
    pub fn fit_out_of_bag<'a, 't>(
        &self,
        rows: impl Into<Rows<'a>>,
        targets: impl Into<ArrayView1<'t, f64>>,
    ) -> Result<(Forest, Vec<f64>)> {
        let params = self.check_ref()?;
        if !params.bootstrap {
            return Err(Error::parameter("bootstrap", false, "without it every tree sees every row"));
        }
        params.grow(rows.into(), targets.into(), true)
    }
}

impl ParamGuard for ForestParams {
    type Checked = ForestValidParams;
    type Error = Error;

    fn check_ref(&self) -> Result<&ForestValidParams> {
        let p = &self.0;
        if p.trees == 0 || p.trees > 100_000 {
            return Err(Error::parameter("trees", p.trees, "must be 1 to 100000"));
        }
        if !(p.column_fraction > 0.0 && p.column_fraction <= 1.0) {
            return Err(Error::parameter("column_fraction", p.column_fraction, "must be greater than 0, at most 1"));
        }
        if p.min_leaf == 0 {
            return Err(Error::parameter("min_leaf", p.min_leaf, "must be at least 1"));
        }
        if !(2..=255).contains(&p.max_bins) {
            return Err(Error::parameter("max_bins", p.max_bins, "must be 2 to 255"));
        }
        Ok(p)
    }

    fn check(self) -> Result<ForestValidParams> {
        self.check_ref()?;
        Ok(self.0)
    }
}

impl<D: Data<Elem = f64>, T: Data<Elem = f64>> Fit<ArrayBase<D, Ix2>, ArrayBase<T, Ix1>, Error> for ForestValidParams {
    type Object = Forest;
    fn fit(&self, dataset: &DatasetBase<ArrayBase<D, Ix2>, ArrayBase<T, Ix1>>) -> Result<Forest> {
        Ok(self.grow(dataset.into(), dataset.targets.view(), false)?.0)
    }
}

impl ForestValidParams {
    /// The forest, and the out-of-bag predictions when they are wanted.
    fn grow(&self, rows: Rows<'_>, targets: ArrayView1<'_, f64>, outside: bool) -> Result<(Forest, Vec<f64>)> {
        check_trees_rows(&rows, "rows to grow a forest", 2)?;
        let targets = check_targets(&rows, targets)?;
        if let Some(huge) = targets.iter().find(|y| y.abs() > 1e150) {
            return Err(Error::numeric("targets", format!("the square of {huge:e} overflows; scale the targets")));
        }
        let (n, d) = rows.values.dim();
        let binner = Binner::fit(rows.values, self.max_bins);
        let binned = binner.bin(rows.values);
        let table = Table::new(&binned, &binner);
        let rules = Rules {
            columns: ((self.column_fraction * d as f64).round() as usize).clamp(1, d),
            min_leaf: self.min_leaf,
            max_depth: self.max_depth,
            random_cuts: self.random_cuts,
        };
        let grown = par::map_init(self.trees, Scratch::default, |scratch, tree| {
            let mut rng = Rng::stream(self.seed, tree as u64);
            let mut taken: Vec<u32> = if self.bootstrap {
                let mut taken: Vec<u32> = (0..n).map(|_| rng.below(n) as u32).collect();
                taken.sort_unstable();
                taken
            } else {
                (0..n as u32).collect()
            };
            let of = |rows: &[u32], out: &mut Vec<f64>| out.extend(rows.iter().map(|&i| targets[i as usize]));
            let grown = forest_growth::grow(&table, &of, &mut taken, rules, &mut rng, scratch);
            let kept = self.keep_targets.then(|| {
                let mut leaves: Vec<(u32, Vec<f64>)> = grown
                    .leaves
                    .iter()
                    .map(|&(node, start, len)| {
                        let rows = &taken[start as usize..(start + len) as usize];
                        let mut held: Vec<f64> = rows.iter().map(|&i| targets[i as usize]).collect();
                        held.sort_unstable_by(f64::total_cmp);
                        (node, held)
                    })
                    .collect();
                leaves.sort_unstable_by_key(|l| l.0);
                leaves
            });
            let inside = outside.then(|| {
                let mut inside = vec![false; n];
                taken.iter().for_each(|&i| inside[i as usize] = true);
                inside
            });
            (grown.tree, kept, inside)
        });
        let out_of_bag = if outside { out_of_bag(&grown, rows) } else { Vec::new() };
        let mut trees = Vec::with_capacity(grown.len());
        let mut kept = Vec::new();
        for (tree, targets, _) in grown {
            trees.push(tree);
            kept.extend(targets);
        }
        Ok((Forest { params: self.clone(), names: rows.names_or_numbers(), trees, kept }, out_of_bag))
    }
}

/// The leaves of a tree in the order of their nodes, each with its targets in order.
type Kept = Vec<(u32, Vec<f64>)>;

/// A tree, the targets of its leaves and the rows it was grown on, where they are wanted.
type Grown = (Tree, Option<Kept>, Option<Vec<bool>>);

/// Mean prediction of the trees that did not see the row; NaN where all did.
fn out_of_bag(grown: &[Grown], rows: Rows<'_>) -> Vec<f64> {
    let d = rows.values.ncols();
    let mut out = vec![0.0; rows.values.nrows()];
    tree::for_rows(rows.values, &mut out, 1, |cells, from, out| {
        for (k, (row, out)) in cells.chunks_exact(d).zip(out).enumerate() {
            let (mut sum, mut count) = (0.0, 0.0);
            for (tree, _, inside) in grown {
                if inside.as_ref().is_some_and(|inside| !inside[from + k]) {
                    sum += tree.predict(row);
                    count += 1.0;
                }
            }
            *out = sum / count;
        }
    });
    out
}

/// A fitted forest of regression trees.
///
/// ```
/// use prognos::learners::{Forest, Regressor};
/// use ndarray::{Array1, Array2};
/// let rows = Array2::from_shape_fn((400, 3), |(i, j)| ((i * (j + 2)) as f64 * 0.37).sin());
/// let target: Array1<f64> = rows.rows().into_iter().map(|r| 3.0 * r[0] + r[1] * r[1]).collect();
/// let model = Forest::extra_trees().trees(50).seed(7).keep_targets(true).fit(&rows, &target)?;
/// let predicted = model.predict(&rows)?;
/// let error = (&predicted - &target).mapv(|e| e * e).mean().unwrap_or(f64::NAN);
/// assert!(error < 0.1, "{error}");
/// // The first column matters most, and reasons add up to the prediction.
/// assert!(model.importance()[0] > 0.5);
/// let why = model.shapley(rows.row(5))?;
/// assert!((why.expected() + why.values().iter().sum::<f64>() - predicted[5]).abs() < 1e-9);
/// let band = model.quantiles(&rows, &[0.05, 0.95])?;
/// assert!(band[[5, 0]] <= target[5] && target[5] <= band[[5, 1]]);
/// # Ok::<(), prognos::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(try_from = "Raw"))]
pub struct Forest {
    params: ForestValidParams,
    names: Vec<String>,
    trees: Vec<Tree>,
    /// For every tree the leaves in the order of their nodes, each with its targets in order; empty unless kept.
    kept: Vec<Kept>,
}

impl Forest {
    /// A random forest: 100 trees on rows drawn with replacement, the best cut of a third of the columns.
    #[must_use]
    pub fn random_forest() -> ForestParams {
        ForestParams(ForestValidParams {
            trees: 100,
            column_fraction: 1.0 / 3.0,
            min_leaf: 3,
            max_depth: usize::MAX,
            max_bins: 255,
            bootstrap: true,
            random_cuts: false,
            keep_targets: false,
            seed: 0,
        })
    }

    /// Extremely randomised trees: 100 trees on all rows, random cuts of a third of the columns.
    #[must_use]
    pub fn extra_trees() -> ForestParams {
        let ForestParams(params) = Self::random_forest();
        ForestParams(ForestValidParams { bootstrap: false, random_cuts: true, ..params })
    }

    /// Number of trees.
    #[must_use]
    pub fn n_trees(&self) -> usize {
        self.trees.len()
    }

    /// Number of nodes of all trees.
    #[must_use]
    pub fn n_nodes(&self) -> usize {
        self.trees.iter().map(|t| t.nodes.len()).sum()
    }

    /// Share of each column in the error that all cuts took away; adds up to 1 (all 0 when there is no cut). Biased towards
    /// columns with many values; [`permutation_importance`](super::permutation_importance) is not.
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
        let mut expected = tree::shap(&self.trees, row, &mut values);
        let count = self.trees.len() as f64;
        values.iter_mut().for_each(|v| *v /= count);
        expected /= count;
        Ok(super::Shapley::new(self.names.clone(), values, expected))
    }

    /// Quantiles of the target given the row (Meinshausen 2006): one row of the result for each row, one column for each
    /// of the probabilities `p` (0..=1). The quantile is the least target with a cumulated weight of at least p.
    ///
    /// # Errors
    /// [`Error::Parameter`] for a probability out of its range or a forest fitted without
    /// [`ForestParams::keep_targets`]; else as [`Regressor::predict_rows`].
    pub fn quantiles<'a>(&self, rows: impl Into<Rows<'a>>, p: &[f64]) -> Result<Array2<f64>> {
        let rows = rows.into();
        rows.check_columns(&self.names)?;
        check_trees_rows(&rows, "rows to predict", 0)?;
        if self.kept.is_empty() {
            return Err(Error::parameter(
                "keep_targets",
                false,
                "quantiles need a forest fitted with keep_targets(true)",
            ));
        }
        if let Some(bad) = p.iter().find(|p| !(0.0..=1.0).contains(*p)) {
            return Err(Error::parameter("p", bad, "a probability lies in 0..=1"));
        }
        let d = self.names.len();
        let mut out = vec![0.0; rows.values.nrows() * p.len()];
        tree::for_rows(rows.values, &mut out, p.len(), |cells, _, out| {
            let mut weighted: Vec<(f64, f64)> = Vec::new();
            for (row, out) in cells.chunks_exact(d).zip(out.chunks_exact_mut(p.len().max(1))) {
                weighted.clear();
                for (tree, leaves) in self.trees.iter().zip(&self.kept) {
                    let leaf = tree.leaf(row) as u32;
                    if let Ok(place) = leaves.binary_search_by_key(&leaf, |l| l.0) {
                        let held = &leaves[place].1;
                        weighted.extend(held.iter().map(|y| (*y, 1.0 / held.len() as f64)));
                    }
                }
                weighted.sort_unstable_by(|a, b| a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1)));
                let total: f64 = weighted.iter().map(|w| w.1).sum();
                for (out, p) in out.iter_mut().zip(p) {
                    let wanted = p * total * (1.0 - 1e-12);
                    let mut sum = 0.0;
                    let found = weighted.iter().find(|w| {
                        sum += w.1;
                        sum >= wanted
                    });
                    *out = found.or(weighted.last()).map_or(f64::NAN, |w| w.0);
                }
            }
        });
        Array2::from_shape_vec((rows.values.nrows(), p.len()), out)
            .map_err(|e| Error::numeric("quantiles", e.to_string()))
    }

    /// Spread of the trees: for every row the quantiles `p` (0..=1, type 7) of the single trees' predictions. How far the
    /// forest agrees with itself, not an interval of the target.
    ///
    /// # Errors
    /// As [`Forest::quantiles`].
    pub fn tree_quantiles<'a>(&self, rows: impl Into<Rows<'a>>, p: &[f64]) -> Result<Array2<f64>> {
        let rows = rows.into();
        rows.check_columns(&self.names)?;
        check_trees_rows(&rows, "rows to predict", 0)?;
        if let Some(bad) = p.iter().find(|p| !(0.0..=1.0).contains(*p)) {
            return Err(Error::parameter("p", bad, "a probability lies in 0..=1"));
        }
        let d = self.names.len();
        let mut out = vec![0.0; rows.values.nrows() * p.len()];
        tree::for_rows(rows.values, &mut out, p.len(), |cells, _, out| {
            for (row, out) in cells.chunks_exact(d).zip(out.chunks_exact_mut(p.len().max(1))) {
                let mut all: Vec<f64> = self.trees.iter().map(|t| t.predict(row)).collect();
                all.sort_unstable_by(f64::total_cmp);
                for (out, p) in out.iter_mut().zip(p) {
                    *out = quantile_sorted(&all, *p);
                }
            }
        });
        Array2::from_shape_vec((rows.values.nrows(), p.len()), out)
            .map_err(|e| Error::numeric("quantiles", e.to_string()))
    }
}

impl Regressor for Forest {
    fn feature_names(&self) -> &[String] {
        &self.names
    }

    fn predict_rows(&self, rows: Rows<'_>) -> Result<Array1<f64>> {
        rows.check_columns(&self.names)?;
        check_trees_rows(&rows, "rows to predict", 0)?;
        let count = self.trees.len() as f64;
        let mut sums = tree::sum_predictions(&self.trees, rows.values, 0.0);
        sums.iter_mut().for_each(|s| *s /= count);
        Ok(sums.into())
    }
}

super::regressor::linfa_doors!(Forest);

#[cfg(feature = "persist")]
impl crate::persist::Persist for Forest {
    const KIND: &'static str = "forest";
    fn feature_names(&self) -> &[String] {
        &self.names
    }
}

/// What a file says; checked before it becomes a [`Forest`].
#[cfg(feature = "serde")]
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    params: ForestValidParams,
    names: Vec<String>,
    trees: Vec<Tree>,
    kept: Vec<Kept>,
}

#[cfg(feature = "serde")]
impl TryFrom<Raw> for Forest {
    type Error = Error;
    fn try_from(raw: Raw) -> Result<Self> {
        let refuse = |reason: &str| Error::Model { reason: format!("forest: {reason}") };
        let params = ForestParams(raw.params).check()?;
        if raw.trees.len() != params.trees || raw.names.is_empty() {
            return Err(refuse("not as many trees as the settings say, or no columns"));
        }
        for tree in &raw.trees {
            tree.check(raw.names.len()).map_err(refuse)?;
        }
        if params.keep_targets == raw.kept.is_empty() || !(raw.kept.is_empty() || raw.kept.len() == raw.trees.len()) {
            return Err(refuse("targets are not kept for every tree"));
        }
        for (tree, leaves) in raw.trees.iter().zip(&raw.kept) {
            let nodes = tree.nodes.iter().enumerate().filter(|(_, n)| n.is_leaf()).map(|(i, _)| i as u32);
            let sorted = |y: &[f64]| y.iter().all(|v| v.is_finite()) && y.windows(2).all(|w| w[0] <= w[1]);
            if !nodes.eq(leaves.iter().map(|l| l.0)) || !leaves.iter().all(|l| !l.1.is_empty() && sorted(&l.1)) {
                return Err(refuse("the kept targets are not those of the leaves"));
            }
        }
        Ok(Self { params, names: raw.names, trees: raw.trees, kept: raw.kept })
    }
}
