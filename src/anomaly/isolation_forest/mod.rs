//! Isolation forest: rows that few random cuts set apart.
//!
//! **What it answers.** Which rows are unlike the others, when nobody has labelled anything and the history may mix
//! operating regimes? A random cut sets a lonely row apart early; a row in a crowd needs many cuts. No distances, no
//! scaling, no assumption on the shape of the data.
//!
//! **Formula.** Each tree is grown on `psi` rows drawn without replacement: a random column that is not constant in
//! the node, a random value between its ends, until a node holds one row, equal rows, or lies at depth
//! `ceil(log2 psi)`. With `h(x)` the depth of the leaf of x plus `c(size of the leaf)`, and
//! `c(n) = 2 (ln(n - 1) + gamma) - 2 (n - 1) / n` ([`average_path_length`]), the score is `2^(-E h(x) / c(psi))`: near
//! 0.5 for ordinary rows, towards 1 for anomalies.
//!
//! **Extended** (`extension` e > 0): cuts are hyperplanes with random normal coefficients on e + 1 columns, through a
//! random point of the node's box, which removes the axis-parallel artefacts of the scores. Two deviations from the
//! paper, both documented because they change scores: columns are standardised first (in the paper the column with
//! the largest unit decides), and the columns of a cut are drawn among those that move in the node.
//!
//! **Attribution.** On its way down, a row in a node of `s` rows expects a path of `c(s)` more steps; after the step to
//! a child of `s'` rows it expects `1 + c(s')`. The difference is credited to the column of the cut (for an oblique
//! cut shared by `|w_j z_j|`). The credits telescope: over a tree they add up to `c(psi) - h(x)`. Averaged over trees
//! and divided by `c(psi)` they add up to **`1 + log2(score)`**, exactly. Columns that isolated the row faster than
//! chance are positive.
//!
//! **Sources.** Liu, Ting & Zhou 2008 (ICDM); Hariri, Kind & Brunner 2019 (IEEE TKDE) for the extension. The
//! attribution is this crate's: the decision path decomposition of Saabas 2014 applied to expected path lengths.
//!
//! **Cost.** Fit O(t psi log psi), score O(t log psi) a row, independent of the number of training rows. 16 bytes a node.
//!
//! **When not to use it.** Local anomalies between clusters of different density (use neighbours); anomalies that
//! show only in the correlation of columns (use [`PcaMonitor`](super::PcaMonitor) or an extension).

mod tree;

use super::{Attribution, Detector, check_input, check_scores};
use crate::error::{Error, Result};
use crate::features::Rows;
use crate::learners::{Scaler, check_rows, row_slice};
use crate::math::par;
use crate::math::rng::Rng;
use linfa::ParamGuard;
use linfa::dataset::DatasetBase;
use linfa::traits::Fit;
use ndarray::{Array1, ArrayBase, ArrayView1, ArrayView2, Data, Ix2};
use tree::{Scratch, Tree};

/// Average path length of an unsuccessful search in a binary search tree of `n` keys:
/// `2 H(n - 1) - 2 (n - 1) / n` with `H(i) = ln(i) + 0.5772...` (Liu, Ting & Zhou 2008), 1 for two keys, 0 for fewer.
///
/// ```
/// use prognos::anomaly::average_path_length;
/// assert_eq!(average_path_length(1), 0.0);
/// assert_eq!(average_path_length(2), 1.0);
/// assert!((average_path_length(256) - 10.2447709201).abs() < 1e-10);
/// ```
#[must_use]
pub fn average_path_length(n: usize) -> f64 {
    const EULER: f64 = 0.577_215_664_901_532_9;
    match n {
        0 | 1 => 0.0,
        2 => 1.0,
        _ => {
            let n = n as f64;
            2.0 * ((n - 1.0).ln() + EULER) - 2.0 * (n - 1.0) / n
        }
    }
}

/// Checked settings of an [`IsolationForest`].
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
pub struct IsolationForestValidParams {
    trees: usize,
    subsample: usize,
    seed: u64,
    extension: usize,
}

/// Settings of an [`IsolationForest`]; see [`IsolationForest::params`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IsolationForestParams(IsolationForestValidParams);

impl IsolationForestParams {
    /// Number of trees. Default 100: path lengths have converged well before (Liu et al. 2008, section 4).
    #[must_use]
    pub fn trees(mut self, trees: usize) -> Self {
        self.0.trees = trees;
        self
    }

    /// Rows a tree is grown on; all of them when there are fewer. Default 256: small samples keep anomalies from
    /// hiding in crowds of their own.
    #[must_use]
    pub fn subsample(mut self, rows: usize) -> Self {
        self.0.subsample = rows;
        self
    }

    /// Seed of all random choices. Default 0. Tree i depends on the seed and i alone.
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        self.0.seed = seed;
        self
    }

    /// Extension level: an oblique cut over this many columns more than one. Default 0, the axis-parallel forest. At
    /// most the number of columns - 1; larger values are cut to that.
    #[must_use]
    pub fn extension(mut self, level: usize) -> Self {
        self.0.extension = level;
        self
    }

    /// Grows the forest.
    ///
    /// # Errors
    /// [`Error::Parameter`] for no trees, more than 100,000, or a subsample outside 2..=2^24; [`Error::TooFew`] with
    /// fewer than 2 rows; [`Error::NonFinite`] naming a cell; with an extension also [`Error::Numeric`] when squares
    /// overflow.
    pub fn fit<'a>(&self, rows: impl Into<Rows<'a>>) -> Result<IsolationForest> {
        self.check_ref()?.fit_rows(rows.into())
    }
}

impl ParamGuard for IsolationForestParams {
    type Checked = IsolationForestValidParams;
    type Error = Error;

    fn check_ref(&self) -> Result<&IsolationForestValidParams> {
        let IsolationForestValidParams { trees, subsample, .. } = self.0;
        if trees == 0 || trees > 100_000 {
            return Err(Error::parameter("trees", trees, "must be 1 to 100000"));
        }
        if !(2..=1 << 24).contains(&subsample) {
            return Err(Error::parameter("subsample", subsample, "must be 2 to 2^24"));
        }
        Ok(&self.0)
    }

    fn check(self) -> Result<IsolationForestValidParams> {
        self.check_ref()?;
        Ok(self.0)
    }
}

impl<D: Data<Elem = f64>, T> Fit<ArrayBase<D, Ix2>, T, Error> for IsolationForestValidParams {
    type Object = IsolationForest;
    fn fit(&self, dataset: &DatasetBase<ArrayBase<D, Ix2>, T>) -> Result<IsolationForest> {
        self.fit_rows(dataset.into())
    }
}

impl IsolationForestValidParams {
    fn fit_rows(&self, rows: Rows<'_>) -> Result<IsolationForest> {
        check_rows(&rows, "rows to grow an isolation forest", 2)?;
        let (n, d) = rows.values.dim();
        let size = self.subsample.min(n);
        let extension = self.extension.min(d - 1);
        let scaler = if extension > 0 { Some(Scaler::standard().fit(rows)?) } else { None };
        let max_depth = usize::BITS - (size - 1).leading_zeros();
        let trees = par::map_init(
            self.trees,
            || (Scratch::default(), Vec::new(), Vec::new()),
            |(scratch, taken, cells), tree| {
                let mut rng = Rng::stream(self.seed, tree as u64);
                sample_rows(&mut rng, n, size, taken);
                scratch.sample.resize(d * size, 0.0);
                for (place, &i) in taken.iter().enumerate() {
                    let row = row_slice(rows.values.row(i), cells);
                    for (column, &x) in scratch.sample.chunks_exact_mut(size).zip(row) {
                        column[place] = x;
                    }
                }
                if let Some(scaler) = &scaler {
                    let scales = scaler.centre().iter().zip(scaler.scale());
                    for (column, (c, s)) in scratch.sample.chunks_exact_mut(size).zip(scales) {
                        for x in column {
                            *x = (*x - c) / s;
                        }
                    }
                }
                Tree::grow(&mut rng, scratch, size, d, extension, max_depth)
            },
        );
        Ok(IsolationForest { params: self.clone(), names: rows.names_or_numbers(), size, extension, scaler, trees })
    }
}

/// `size` of the rows `0..n`, each at most once, in ascending order: Floyd's sampling (Bentley & Floyd 1987), which
/// touches as many rows as it draws.
fn sample_rows(rng: &mut Rng, n: usize, size: usize, taken: &mut Vec<usize>) {
    taken.clear();
    for j in n - size..n {
        let pick = rng.below(j + 1);
        match taken.binary_search(&pick) {
            // `j` is larger than everything drawn so far.
            Ok(_) => taken.push(j),
            Err(place) => taken.insert(place, pick),
        }
    }
}

/// A fitted isolation forest.
///
/// ```
/// use prognos::anomaly::{Detector, IsolationForest};
/// use ndarray::Array2;
/// let mut rows = Array2::from_shape_fn((500, 3), |(i, j)| ((i * (j + 3)) as f64 * 0.61).sin());
/// rows[[42, 1]] = 4.0;
/// let model = IsolationForest::params().trees(100).seed(7).fit(&rows)?;
/// let scores = model.score(&rows)?;
/// let worst = (0..500).max_by(|&a, &b| scores[a].total_cmp(&scores[b]));
/// assert_eq!(worst, Some(42));
/// let why = model.explain(rows.row(42))?;
/// assert_eq!(why.ranked()[0].0, "1");
/// assert!((why.total() - (1.0 + scores[42].log2())).abs() < 1e-12);
/// # Ok::<(), prognos::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(try_from = "Raw", into = "Raw"))]
pub struct IsolationForest {
    params: IsolationForestValidParams,
    names: Vec<String>,
    size: usize,
    extension: usize,
    scaler: Option<Scaler>,
    trees: Vec<Tree>,
}

/// Rows of one parallel block: small enough to stay in the first cache while the trees come by.
const BLOCK: usize = 256;

impl IsolationForest {
    /// Names of the columns it was fitted on.
    #[must_use]
    pub fn feature_names(&self) -> &[String] {
        &self.names
    }

    /// Default settings: 100 trees on 256 rows each, axis-parallel cuts, seed 0.
    #[must_use]
    pub fn params() -> IsolationForestParams {
        IsolationForestParams(IsolationForestValidParams { trees: 100, subsample: 256, seed: 0, extension: 0 })
    }

    /// Number of trees.
    #[must_use]
    pub fn n_trees(&self) -> usize {
        self.trees.len()
    }

    /// Rows each tree was grown on.
    #[must_use]
    pub fn subsample(&self) -> usize {
        self.size
    }

    /// Extension level in use: the one that was set, or the number of columns - 1 when that is smaller.
    #[must_use]
    pub fn extension(&self) -> usize {
        self.extension
    }

    /// Mean path length of every row over the trees: lower is more anomalous.
    ///
    /// # Errors
    /// As [`Detector::score_rows`].
    pub fn path_lengths<'a>(&self, rows: impl Into<Rows<'a>>) -> Result<Array1<f64>> {
        let rows = rows.into();
        check_input(&rows, &self.names)?;
        let lengths = self.mean_lengths(rows.values);
        check_scores("isolation forest", &lengths)?;
        Ok(lengths.into())
    }

    fn mean_lengths(&self, values: ArrayView2<'_, f64>) -> Vec<f64> {
        let (n, d) = values.dim();
        let mut out = vec![0.0; n];
        let cells = if self.scaler.is_none() { values.to_slice() } else { None };
        par::rows_init(&mut out, BLOCK, Vec::new, |copy: &mut Vec<f64>, block, out| {
            let from = block * BLOCK;
            let x = match cells {
                Some(cells) => &cells[from * d..(from + out.len()) * d],
                None => {
                    copy.clear();
                    for i in from..from + out.len() {
                        self.push_row(values.row(i), copy);
                    }
                    copy.as_slice()
                }
            };
            for tree in &self.trees {
                if self.extension == 0 {
                    tree.add_lengths(x, d, out);
                } else {
                    tree.add_lengths_oblique(x, d, self.extension, out);
                }
            }
            for length in out.iter_mut() {
                *length /= self.trees.len() as f64;
            }
        });
        out
    }

    /// Appends a row, standardised when the forest cuts obliquely.
    fn push_row(&self, row: ArrayView1<'_, f64>, to: &mut Vec<f64>) {
        match &self.scaler {
            None => to.extend(row.iter()),
            Some(scaler) => {
                let scales = scaler.centre().iter().zip(scaler.scale());
                // The bounds keep sums of products finite; nothing so far out changes sides by them.
                to.extend(row.iter().zip(scales).map(|(x, (c, s))| ((x - c) / s).clamp(-1e150, 1e150)));
            }
        }
    }
}

impl Detector for IsolationForest {
    fn feature_names(&self) -> &[String] {
        &self.names
    }

    fn score_rows(&self, rows: Rows<'_>) -> Result<Array1<f64>> {
        let mut scores = self.path_lengths(rows)?;
        let c = average_path_length(self.size);
        scores.mapv_inplace(|length| (-length / c).exp2());
        Ok(scores)
    }

    /// Contributions that add up to `1 + log2(score)`; see the module.
    fn explain(&self, row: ArrayView1<'_, f64>) -> Result<Attribution> {
        let score = self.score_rows(Rows::from(row.insert_axis(ndarray::Axis(0))))?[0];
        let mut x = Vec::with_capacity(row.len());
        self.push_row(row, &mut x);
        let mut parts = vec![0.0; row.len()];
        for tree in &self.trees {
            tree.explain(&x, self.extension, |column, share, gain| parts[column] += share * gain);
        }
        let scale = 1.0 / (self.trees.len() as f64 * average_path_length(self.size));
        for part in &mut parts {
            *part *= scale;
        }
        Attribution::new(self.names.clone(), parts, score)
    }
}

#[cfg(feature = "persist")]
impl crate::persist::Persist for IsolationForest {
    const KIND: &'static str = "isolation_forest";
    fn feature_names(&self) -> &[String] {
        &self.names
    }
}

/// What a file says; checked before it becomes an [`IsolationForest`].
#[cfg(feature = "serde")]
#[derive(serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    params: IsolationForestValidParams,
    names: Vec<String>,
    size: usize,
    scaler: Option<Scaler>,
    trees: Vec<RawTree>,
}

/// A leaf is written as its own child with threshold 0: JSON has no infinity.
#[cfg(feature = "serde")]
#[derive(serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct RawTree {
    features: Vec<u32>,
    thresholds: Vec<f64>,
    children: Vec<u32>,
    sizes: Vec<u32>,
    cuts: Vec<tree::Cut>,
}

#[cfg(feature = "serde")]
impl From<IsolationForest> for Raw {
    fn from(forest: IsolationForest) -> Self {
        let trees = forest.trees.into_iter().map(|tree| RawTree {
            features: tree.nodes.iter().map(|n| n.feature).collect(),
            thresholds: tree.nodes.iter().map(|n| if n.threshold.is_finite() { n.threshold } else { 0.0 }).collect(),
            children: tree.nodes.iter().map(|n| n.left).collect(),
            sizes: tree.sizes,
            cuts: tree.cuts,
        });
        Self {
            trees: trees.collect(),
            params: forest.params,
            names: forest.names,
            size: forest.size,
            scaler: forest.scaler,
        }
    }
}

#[cfg(feature = "serde")]
impl TryFrom<Raw> for IsolationForest {
    type Error = Error;
    fn try_from(raw: Raw) -> Result<Self> {
        let refuse = |reason: &str| Err(Error::Model { reason: format!("isolation forest: {reason}") });
        let params = IsolationForestParams(raw.params).check()?;
        let d = raw.names.len();
        if d == 0 || raw.trees.len() != params.trees || raw.size < 2 || raw.size > params.subsample {
            return refuse("names, trees or subsample do not fit the settings");
        }
        let extension = params.extension.min(d - 1);
        let fits = raw.scaler.as_ref().is_none_or(|s| s.feature_names() == raw.names.as_slice());
        if raw.scaler.is_some() != (extension > 0) || !fits {
            return refuse("the scaler does not fit the extension level or the names");
        }
        let mut trees = Vec::with_capacity(raw.trees.len());
        for tree in raw.trees {
            let n = tree.features.len();
            if tree.thresholds.len() != n || tree.children.len() != n {
                return refuse("features, thresholds and children differ in length");
            }
            if tree.sizes.first().is_none_or(|&s| s as usize != raw.size) {
                return refuse("a tree was not grown on the subsample");
            }
            let parts = tree.features.into_iter().zip(tree.thresholds).zip(tree.children);
            let nodes = parts.map(|((feature, threshold), left)| tree::Node { threshold, feature, left }).collect();
            trees.push(Tree::from_parts(nodes, tree.sizes, tree.cuts, d, extension)?);
        }
        Ok(Self { params, names: raw.names, size: raw.size, extension, scaler: raw.scaler, trees })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::Array2;

    fn rows() -> Array2<f64> {
        let mut x = Array2::from_shape_fn((300, 4), |(i, j)| ((i * (j + 2)) as f64 * 0.37).sin());
        x[[100, 2]] = 5.0;
        x
    }

    #[test]
    fn samples_have_no_row_twice() {
        let mut taken = Vec::new();
        for (n, size) in [(5, 5), (300, 256), (1000, 2), (2, 2)] {
            sample_rows(&mut Rng::stream(1, 2), n, size, &mut taken);
            assert_eq!(taken.len(), size);
            assert!(taken.windows(2).all(|w| w[0] < w[1]) && taken.iter().all(|&i| i < n));
        }
    }

    #[test]
    fn equal_rows_score_one_half() {
        let x = Array2::from_elem((50, 3), 2.5);
        for extension in [0, 2] {
            let model = IsolationForest::params().extension(extension).fit(&x).unwrap();
            assert!(model.score(&x).unwrap().iter().all(|s| (s - 0.5).abs() < 1e-15));
        }
    }

    #[test]
    fn the_lonely_row_and_its_column_are_found() {
        let x = rows();
        for extension in [0, 1, 3] {
            let model = IsolationForest::params().seed(3).extension(extension).fit(&x).unwrap();
            let scores = model.score(&x).unwrap();
            assert!(scores.iter().enumerate().all(|(i, s)| i == 100 || *s < scores[100]));
            assert_eq!(model.explain(x.row(100)).unwrap().ranked()[0].0, "2");
        }
    }

    #[test]
    fn settings_are_checked() {
        let x = rows();
        assert!(IsolationForest::params().trees(0).fit(&x).is_err());
        assert!(IsolationForest::params().subsample(1).fit(&x).is_err());
        assert!(IsolationForest::params().fit(&Array2::zeros((1, 2))).is_err());
        assert_eq!(IsolationForest::params().extension(99).trees(2).fit(&x).unwrap().extension(), 3);
    }

    #[test]
    fn another_seed_is_another_forest() {
        let x = rows();
        let score = |seed| IsolationForest::params().seed(seed).fit(&x).unwrap().score(&x).unwrap();
        assert_eq!(score(1), score(1));
        assert_ne!(score(1), score(2));
    }
}
