//! Random survival forest: when will units fail, from many columns, with lives that are still going on.
//!
//! **What it answers.** The survival curve of a unit by its columns, learnt from lives of which some ended in a failure and
//! others were only seen so far (censored). No proportional hazards, no scaling, no trouble with constant or collinear
//! columns, missing cells allowed.
//!
//! **Method.** As a random forest; a cut is the one whose sides differ most in their log-rank scores
//! `a_i = failed_i - H(t_i)`, H the node's Nelson-Aalen estimate: the larger `(sum of a left)² (1/n_left + 1/n_right)`.
//! A leaf keeps the Nelson-Aalen estimate of its rows; the forest's cumulative hazard is the mean of its trees'.
//! Every leaf has at least [`SurvivalForestParams::min_leaf`] rows.
//!
//! **Which times** a curve belongs to is asked for with it: [`SurvivalForest::survival`] takes the ages, so that nothing
//! is held for every age in every leaf.
//!
//! **Sources.** Ishwaran, Kogalur, Blackstone & Lauer 2008 (Annals of Applied Statistics); Hothorn & Lausen 2003 (log-rank
//! scores).
//!
//! **Cost.** Fit O(trees x columns drawn x n log n); leaves hold two numbers a failure. A row and tree O(depth + failures in
//! the leaf + ages asked for).
//!
//! **When not to use it.** Few failures (under about 30): take Weibull or Cox. Beyond the oldest failure the curve stays flat.

use super::regressor::{check_targets, check_trees_rows};
use super::trees::bins::Binner;
use super::trees::forest_growth::{self, Rules, Scratch, Table};
use super::trees::tree::{self, Tree};
use crate::error::{Error, Result, check_finite};
use crate::features::Rows;
use crate::math::par;
use crate::math::rng::Rng;
use linfa::ParamGuard;
use ndarray::{Array1, Array2, ArrayView1};

/// Checked settings of a [`SurvivalForest`].
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
pub struct SurvivalForestValidParams {
    trees: usize,
    column_fraction: Option<f64>,
    min_leaf: usize,
    max_depth: usize,
    max_bins: usize,
    seed: u64,
}

/// Settings of a [`SurvivalForest`]; see [`SurvivalForest::params`].
#[derive(Debug, Clone, PartialEq)]
pub struct SurvivalForestParams(SurvivalForestValidParams);

impl SurvivalForestParams {
    /// Number of trees. Default 100.
    #[must_use]
    pub fn trees(mut self, trees: usize) -> Self {
        self.0.trees = trees;
        self
    }

    /// Share of the columns that a node may choose from, in (0, 1]. Default: the square root of their number.
    #[must_use]
    pub fn column_fraction(mut self, fraction: f64) -> Self {
        self.0.column_fraction = Some(fraction);
        self
    }

    /// Fewest training rows of a leaf. Default 15: a curve needs some failures.
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

    /// Seed of all random choices. Default 0.
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        self.0.seed = seed;
        self
    }

    /// Grows the forest: `ages` are those at the failure or when last seen, `failed` says which of the two.
    ///
    /// # Errors
    /// [`Error::Parameter`] for a setting outside of its range or a negative age; [`Error::Shape`] when ages or failures are
    /// not as many as rows; [`Error::TooFew`] with fewer than 2 rows or no failure; [`Error::NonFinite`] for an infinite cell
    /// or an age that is not finite.
    pub fn fit<'a, 't>(
        &self,
        rows: impl Into<Rows<'a>>,
        ages: impl Into<ArrayView1<'t, f64>>,
        failed: &[bool],
    ) -> Result<SurvivalForest> {
        self.check_ref()?.fit_rows(rows.into(), ages.into(), failed)
    }
}

impl ParamGuard for SurvivalForestParams {
    type Checked = SurvivalForestValidParams;
    type Error = Error;

    fn check_ref(&self) -> Result<&SurvivalForestValidParams> {
        let p = &self.0;
        if p.trees == 0 || p.trees > 100_000 {
            return Err(Error::parameter("trees", p.trees, "must be 1 to 100000"));
        }
        if let Some(fraction) = p.column_fraction
            && !(fraction > 0.0 && fraction <= 1.0)
        {
            return Err(Error::parameter("column_fraction", fraction, "must be greater than 0, at most 1"));
        }
        if p.min_leaf == 0 {
            return Err(Error::parameter("min_leaf", p.min_leaf, "must be at least 1"));
        }
        if !(2..=255).contains(&p.max_bins) {
            return Err(Error::parameter("max_bins", p.max_bins, "must be 2 to 255"));
        }
        Ok(p)
    }

    fn check(self) -> Result<SurvivalForestValidParams> {
        self.check_ref()?;
        Ok(self.0)
    }
}

impl SurvivalForestValidParams {
    fn fit_rows(&self, rows: Rows<'_>, ages: ArrayView1<'_, f64>, failed: &[bool]) -> Result<SurvivalForest> {
        check_trees_rows(&rows, "rows to grow a survival forest", 2)?;
        let ages = check_targets(&rows, ages)?;
        if failed.len() != ages.len() {
            return Err(Error::shape("failures of the rows", ages.len(), failed.len()));
        }
        if let Some(bad) = ages.iter().find(|a| **a < 0.0) {
            return Err(Error::parameter("ages", bad, "an age is not negative"));
        }
        if !failed.contains(&true) {
            return Err(Error::too_few("failures", 1, 0));
        }
        let (n, d) = rows.values.dim();
        let mut order: Vec<u32> = (0..n as u32).collect();
        order.sort_by(|&a, &b| ages[a as usize].total_cmp(&ages[b as usize]));
        let binner = Binner::fit(rows.values, self.max_bins);
        let binned = binner.bin(rows.values);
        let table = Table::new(&binned, &binner);
        let columns = self.column_fraction.map_or((d as f64).sqrt(), |f| f * d as f64).round() as usize;
        let rules = Rules {
            columns: columns.clamp(1, d),
            min_leaf: self.min_leaf,
            max_depth: self.max_depth,
            random_cuts: false,
        };
        // Rows come in the order of their ages.
        let scores = |rows: &[u32], out: &mut Vec<f64>| {
            let mut hazard = 0.0;
            each_age(rows, &ages, failed, |group, deaths, at_risk| {
                hazard += deaths / at_risk;
                out.extend(group.iter().map(|&i| f64::from(u8::from(failed[i as usize])) - hazard));
            });
        };
        let grown = par::map_init(self.trees, Scratch::default, |scratch, tree| {
            let mut rng = Rng::stream(self.seed, tree as u64);
            let mut times = vec![0u32; n];
            (0..n).for_each(|_| times[rng.below(n)] += 1);
            let mut taken: Vec<u32> =
                order.iter().flat_map(|&i| std::iter::repeat_n(i, times[i as usize] as usize)).collect();
            let grown = forest_growth::grow(&table, &scores, &mut taken, rules, &mut rng, scratch);
            let mut leaves: Vec<Leaf> = grown
                .leaves
                .iter()
                .map(|&(node, start, len)| {
                    let mut steps = Vec::new();
                    let mut hazard = 0.0;
                    let rows = &taken[start as usize..(start + len) as usize];
                    each_age(rows, &ages, failed, |group, deaths, at_risk| {
                        if deaths > 0.0 {
                            hazard += deaths / at_risk;
                            steps.push((ages[group[0] as usize], hazard));
                        }
                    });
                    Leaf { node, steps }
                })
                .collect();
            leaves.sort_unstable_by_key(|l| l.node);
            (grown.tree, leaves)
        });
        let (trees, leaves) = grown.into_iter().unzip();
        let mut deaths: Vec<f64> = ages.iter().zip(failed).filter(|(_, f)| **f).map(|(a, _)| *a).collect();
        deaths.sort_unstable_by(f64::total_cmp);
        deaths.dedup_by(|a, b| a.total_cmp(b).is_eq());
        Ok(SurvivalForest { params: self.clone(), names: rows.names_or_numbers(), trees, leaves, ages: deaths })
    }
}

/// Calls `each` with the rows of every age, how many of them failed, and how many were at risk. Rows are in order of age.
fn each_age(rows: &[u32], ages: &[f64], failed: &[bool], mut each: impl FnMut(&[u32], f64, f64)) {
    let mut start = 0;
    while start < rows.len() {
        let age = ages[rows[start] as usize];
        let end = start + rows[start..].iter().take_while(|&&i| ages[i as usize] <= age).count();
        let deaths = rows[start..end].iter().filter(|&&i| failed[i as usize]).count();
        each(&rows[start..end], deaths as f64, (rows.len() - start) as f64);
        start = end;
    }
}

/// The cumulative hazard of a leaf: ages of failures, ascending, and the hazard from each on.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
struct Leaf {
    node: u32,
    steps: Vec<(f64, f64)>,
}

/// A fitted survival forest.
///
/// ```
/// use prognos::learners::SurvivalForest;
/// use prognos::metrics::survival::concordance;
/// use ndarray::Array2;
/// // Pumps fail earlier the hotter they run; every fourth was taken away before it failed.
/// let rows = Array2::from_shape_fn((300, 3), |(i, j)| ((i * (j + 2)) as f64 * 0.37).sin());
/// let ages: Vec<f64> = rows.rows().into_iter().enumerate()
///     .map(|(i, r)| 500.0 * (-r[0]).exp() * (1.0 + 0.2 * (i as f64 * 1.3).sin())).collect();
/// let failed: Vec<bool> = (0..300).map(|i| i % 4 != 0).collect();
/// let model = SurvivalForest::params().seed(3).fit(&rows, &ages, &failed)?;
/// let risks = model.risks(&rows)?.to_vec();
/// assert!(concordance(&ages, &failed, &risks)?.index > 0.8);
/// let alive = model.survival(&rows, &[200.0, 800.0])?;
/// assert!(alive[[0, 0]] >= alive[[0, 1]]);
/// # Ok::<(), prognos::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(try_from = "Raw"))]
pub struct SurvivalForest {
    params: SurvivalForestValidParams,
    names: Vec<String>,
    trees: Vec<Tree>,
    /// Of every tree, in the order of their nodes.
    leaves: Vec<Vec<Leaf>>,
    /// Ages at which training units failed.
    ages: Vec<f64>,
}

impl SurvivalForest {
    /// 100 trees, the square root of the columns at each node, 15 rows a leaf.
    #[must_use]
    pub fn params() -> SurvivalForestParams {
        SurvivalForestParams(SurvivalForestValidParams {
            trees: 100,
            column_fraction: None,
            min_leaf: 15,
            max_depth: usize::MAX,
            max_bins: 255,
            seed: 0,
        })
    }

    /// Names of the columns it was fitted on.
    #[must_use]
    pub fn feature_names(&self) -> &[String] {
        &self.names
    }

    /// Ages at which training units failed, ascending.
    #[must_use]
    pub fn failure_ages(&self) -> &[f64] {
        &self.ages
    }

    /// Cumulative hazard of every row (rows) at `ages` (columns).
    ///
    /// # Errors
    /// [`Error::Shape`] or [`Error::Columns`] when the columns are not those of the fit, [`Error::NonFinite`] for an infinite
    /// cell or age, [`Error::Parameter`] when the ages do not increase.
    pub fn cumulative_hazard<'a>(&self, rows: impl Into<Rows<'a>>, ages: &[f64]) -> Result<Array2<f64>> {
        let rows = rows.into();
        rows.check_columns(&self.names)?;
        check_trees_rows(&rows, "rows to predict", 0)?;
        check_finite("ages", "age", ages)?;
        if let Some(w) = ages.windows(2).find(|w| w[1] <= w[0]) {
            return Err(Error::parameter("ages", w[1], "must increase"));
        }
        let (n, d) = rows.values.dim();
        let mut out = vec![0.0; n * ages.len()];
        let count = self.trees.len() as f64;
        tree::for_rows(rows.values, &mut out, ages.len(), |cells, _, out| {
            for (tree, leaves) in self.trees.iter().zip(&self.leaves) {
                for (row, out) in cells.chunks_exact(d).zip(out.chunks_exact_mut(ages.len().max(1))) {
                    let leaf = tree.leaf(row) as u32;
                    let Ok(place) = leaves.binary_search_by_key(&leaf, |l| l.node) else { continue };
                    let steps = &leaves[place].steps;
                    let (mut next, mut hazard) = (0, 0.0);
                    for (out, age) in out.iter_mut().zip(ages) {
                        while next < steps.len() && steps[next].0 <= *age {
                            hazard = steps[next].1;
                            next += 1;
                        }
                        *out += hazard;
                    }
                }
            }
            out.iter_mut().for_each(|h| *h /= count);
        });
        Array2::from_shape_vec((n, ages.len()), out).map_err(|e| Error::numeric("cumulative hazard", e.to_string()))
    }

    /// Probability of living beyond each of `ages` (columns) for every row: `exp(-cumulative hazard)`.
    ///
    /// # Errors
    /// As [`SurvivalForest::cumulative_hazard`].
    pub fn survival<'a>(&self, rows: impl Into<Rows<'a>>, ages: &[f64]) -> Result<Array2<f64>> {
        Ok(self.cumulative_hazard(rows, ages)?.mapv_into(|h| (-h).exp()))
    }

    /// Risk of every row, higher for units that fail earlier: the cumulative hazard added up over the ages of failures
    /// (Ishwaran's ensemble mortality: expected failures if all training units were like this one).
    ///
    /// # Errors
    /// As [`SurvivalForest::cumulative_hazard`].
    pub fn risks<'a>(&self, rows: impl Into<Rows<'a>>) -> Result<Array1<f64>> {
        let hazards = self.cumulative_hazard(rows, &self.ages)?;
        Ok(hazards.rows().into_iter().map(|h| h.sum()).collect())
    }

    /// Share of each column in what all cuts gained; adds up to 1.
    #[must_use]
    pub fn importance(&self) -> Vec<f64> {
        super::regressor::shares(tree::gains(&self.trees, self.names.len()))
    }
}

#[cfg(feature = "persist")]
impl crate::persist::Persist for SurvivalForest {
    const KIND: &'static str = "survival_forest";
    fn feature_names(&self) -> &[String] {
        &self.names
    }
}

/// What a file says; checked before it becomes a [`SurvivalForest`].
#[cfg(feature = "serde")]
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    params: SurvivalForestValidParams,
    names: Vec<String>,
    trees: Vec<Tree>,
    leaves: Vec<Vec<Leaf>>,
    ages: Vec<f64>,
}

#[cfg(feature = "serde")]
impl TryFrom<Raw> for SurvivalForest {
    type Error = Error;
    fn try_from(raw: Raw) -> Result<Self> {
        let refuse = |reason: &str| Error::Model { reason: format!("survival forest: {reason}") };
        let params = SurvivalForestParams(raw.params).check()?;
        if raw.trees.len() != params.trees || raw.leaves.len() != raw.trees.len() || raw.names.is_empty() {
            return Err(refuse("not as many trees as the settings say, or no columns"));
        }
        let rising = |x: &[f64]| x.iter().all(|v| v.is_finite() && *v >= 0.0) && x.windows(2).all(|w| w[0] < w[1]);
        if !rising(&raw.ages) {
            return Err(refuse("ages of failures do not increase"));
        }
        for (tree, leaves) in raw.trees.iter().zip(&raw.leaves) {
            tree.check(raw.names.len()).map_err(refuse)?;
            let nodes = tree.nodes.iter().enumerate().filter(|(_, n)| n.is_leaf()).map(|(i, _)| i as u32);
            let curve = |l: &Leaf| {
                let (ages, hazards): (Vec<f64>, Vec<f64>) = l.steps.iter().copied().unzip();
                rising(&ages) && rising(&hazards)
            };
            if !nodes.eq(leaves.iter().map(|l| l.node)) || !leaves.iter().all(curve) {
                return Err(refuse("the curves are not those of the leaves"));
            }
        }
        Ok(Self { params, names: raw.names, trees: raw.trees, leaves: raw.leaves, ages: raw.ages })
    }
}
