//! Random cut forest: does a row stand apart from a sample of the rows before it?
//!
//! **What it answers.** The streaming sister of the isolation forest, for rows of several sensors or for the last
//! values of one: nothing is scaled or assumed, old behaviour is forgotten at a rate that can be set, and the score
//! says which sensors, and on which side.
//!
//! **Formula.** Each tree holds a random sample of the rows, weighted by `exp(decay t)`, and random cuts that tell
//! them apart: a column is cut with a probability in proportion to the side of the box of the rows under the node, at
//! a uniform place. Rows come and go without a rebuild, and the law of the tree is at any time that of one grown on its
//! sample. Scored is a row as if it were inserted, and not one random insertion but the exact mean over all: at a node with
//! box `B` of `m` rows the row is set apart with probability `outside / (sides(B) + outside)`, `outside` its distance to the box
//! summed over columns. What is averaged is either ([`ForestScore`])
//! * the *displacement* (CoDisp): the largest ratio, on the way up from the new leaf, of the rows of the sibling to the
//!   rows beside it: how much of the tree would move if the row, and those that hide it, were not there; or
//! * the *depth*: `log2(1 + n) / depth` of the new leaf in a tree of `n` rows: near 1 for a row in the crowd.
//!
//! **Attribution.** A row is set apart by its distances to a box, each the work of one column, below or above: the score
//! is split at every node in proportion to them. The contributions add up to **the score**; what comes from an equal row in
//! the sample, which no column sets apart, is shared by all alike.
//!
//! **Sources.** Guha, Mishra, Roy & Schrijvers 2016, ICML; the sample: Efraimidis & Spirakis 2006, Information
//! Processing Letters 97. The exact mean and its split are this crate's.
//!
//! **Cost.** O(trees log subsample) nodes a row, each O(d). Memory at most `trees x subsample x (24 d + 72)` bytes for
//! `d` columns times shingle; nothing is allocated once the samples are full. The draws of a tree at a row depend on
//! the seed, the number of the tree and that of the row alone.
//!
//! **When not to use it.** The side of a box decides which column is cut: a column whose unit makes it large hides the
//! others, so bring columns to like spreads first. Local anomalies between dense clusters are found by neighbours.

mod tree;

use super::{StreamingDetector, check_batch, check_row, guard, overflow};
use crate::anomaly::Attribution;
use crate::error::{Error, Result};
use crate::features::Rows;
use crate::math::par;
use linfa::ParamGuard;
use ndarray::Array1;
use tree::{Stop, Tree};

/// What a [`RandomCutForest`] averages over random insertions of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum ForestScore {
    /// Collusive displacement, 0 to the size of the sample.
    #[default]
    Displacement,
    /// `log2(1 + n)` over the depth, about 1 for a row in the crowd.
    Depth,
}

impl ForestScore {
    /// The score of a row that is set apart at a stop, in a tree of `log2(1 + n)`.
    #[inline]
    fn of(self, stop: &Stop, log_mass: f64) -> f64 {
        match self {
            Self::Displacement if stop.equal => stop.displaced,
            Self::Displacement => stop.displaced.max(f64::from(stop.mass)),
            Self::Depth if stop.equal => log_mass / (f64::from(stop.depth) + f64::from(stop.mass + 1).log2()),
            Self::Depth => log_mass / f64::from(stop.depth + 1),
        }
    }
}

/// Checked settings of a [`RandomCutForest`].
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
pub struct RandomCutForestValidParams {
    trees: usize,
    subsample: usize,
    decay: Option<f64>,
    shingle: usize,
    score: ForestScore,
    seed: u64,
}

/// Settings of a [`RandomCutForest`]; see [`RandomCutForest::params`].
#[derive(Debug, Clone, PartialEq)]
pub struct RandomCutForestParams(RandomCutForestValidParams);

impl RandomCutForestParams {
    /// Number of trees. Default 50; more trees, less noise in the score.
    #[must_use]
    pub fn trees(mut self, trees: usize) -> Self {
        self.0.trees = trees;
        self
    }

    /// Rows each tree holds. Default 256.
    #[must_use]
    pub fn subsample(mut self, rows: usize) -> Self {
        self.0.subsample = rows;
        self
    }

    /// Rate at which rows are forgotten, in 0..=1: a row is `exp(-decay)` times as likely to be held as the next one.
    /// Default `1 / (10 subsample)`, so that about the last `10 subsample` rows are remembered; 0 holds all rows alike.
    #[must_use]
    pub fn decay(mut self, decay: f64) -> Self {
        self.0.decay = Some(decay);
        self
    }

    /// Last rows that make one point. Default 1. A series of one column with a shingle of 8, say, is looked at in its runs of 8
    /// values. The first rows, which make no full point, score 0 and are not learned.
    #[must_use]
    pub fn shingle(mut self, rows: usize) -> Self {
        self.0.shingle = rows;
        self
    }

    /// What is averaged over insertions. Default the displacement.
    #[must_use]
    pub fn score(mut self, score: ForestScore) -> Self {
        self.0.score = score;
        self
    }

    /// Seed of all random choices. Default 0.
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        self.0.seed = seed;
        self
    }

    /// An empty forest for rows of `width` columns, which are named by their numbers.
    ///
    /// # Errors
    /// [`Error::Parameter`] for no trees or more than 100,000, a subsample outside 1..=2^20, a decay outside 0..=1, a
    /// shingle outside 1..=4096, or columns times shingle outside 1..=2^20.
    pub fn start(&self, width: usize) -> Result<RandomCutForest> {
        self.check_ref()?.check_width(width)?;
        self.start_named((0..width).map(|j| j.to_string()).collect())
    }

    /// An empty forest for rows of these columns.
    ///
    /// # Errors
    /// As [`start`](Self::start).
    pub fn start_named(&self, names: Vec<String>) -> Result<RandomCutForest> {
        let params = self.check_ref()?.clone();
        params.check_width(names.len())?;
        Ok(RandomCutForest::empty(params, names))
    }
}

impl RandomCutForestValidParams {
    fn validate(&self) -> Result<()> {
        if !(1..=100_000).contains(&self.trees) {
            return Err(Error::parameter("trees", self.trees, "must be 1 to 100000"));
        }
        if !(1..=1 << 20).contains(&self.subsample) {
            return Err(Error::parameter("subsample", self.subsample, "must be 1 to 2^20"));
        }
        if let Some(decay) = self.decay
            && !(0.0..=1.0).contains(&decay)
        {
            return Err(Error::parameter("decay", decay, "must be 0 to 1"));
        }
        if !(1..=4096).contains(&self.shingle) {
            return Err(Error::parameter("shingle", self.shingle, "must be 1 to 4096"));
        }
        Ok(())
    }

    fn check_width(&self, width: usize) -> Result<()> {
        if (1..=(1 << 20) / self.shingle).contains(&width) {
            Ok(())
        } else {
            Err(Error::parameter("width", width, "columns times shingle must be 1 to 2^20"))
        }
    }

    fn rate(&self) -> f64 {
        self.decay.unwrap_or(0.1 / self.subsample as f64)
    }
}

guard!(RandomCutForestParams, RandomCutForestValidParams);

/// Cells beyond this could overflow when the sides of a box are summed.
const LARGEST: f64 = 1e300;
/// Rows that every tree learns before the next tree comes by.
const BLOCK: usize = 256;
/// Trees times cells of a block from which it is spread over threads.
const SPREAD: usize = 1 << 15;

/// A random cut forest.
///
/// ```
/// use prognos::anomaly::stream::{RandomCutForest, StreamingDetector};
/// let mut forest = RandomCutForest::params().seed(1).start(3)?;
/// let wave = |i: usize, j: usize| ((i * (j + 3)) as f64 * 0.61).sin();
/// let mut ordinary = 0.0f64;
/// for i in 0..1000 {
///     let score = forest.update(&[wave(i, 0), wave(i, 1), wave(i, 2)])?;
///     if i > 300 {
///         ordinary = ordinary.max(score);
///     }
/// }
/// let strange = [wave(7, 0), 4.0, wave(7, 2)];
/// assert!(forest.score(&strange)? > 2.0 * ordinary);
/// let why = forest.explain(&strange)?;
/// assert_eq!(why.ranked()[0].0, "1");
/// assert!((why.total() - why.score()).abs() < 1e-9 * why.score());
/// # Ok::<(), prognos::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(try_from = "Raw", into = "Raw"))]
pub struct RandomCutForest {
    params: RandomCutForestValidParams,
    names: Vec<String>,
    trees: Vec<Tree>,
    /// The last point: `shingle` rows, oldest first.
    point: Vec<f64>,
    seen: u64,
}

impl RandomCutForest {
    /// Default settings: 50 trees of 256 rows, a memory of about 2,560 rows, no shingle, the displacement, seed 0.
    #[must_use]
    pub fn params() -> RandomCutForestParams {
        RandomCutForestParams(RandomCutForestValidParams {
            trees: 50,
            subsample: 256,
            decay: None,
            shingle: 1,
            score: ForestScore::Displacement,
            seed: 0,
        })
    }

    fn empty(params: RandomCutForestValidParams, names: Vec<String>) -> Self {
        let dims = names.len() * params.shingle;
        let trees = (0..params.trees).map(|i| Tree::new(dims, params.subsample, params.seed, i as u64)).collect();
        Self { params, names, trees, point: vec![0.0; dims], seen: 0 }
    }

    /// Names of the columns.
    #[must_use]
    pub fn feature_names(&self) -> &[String] {
        &self.names
    }

    /// Rows that each tree holds now; the scores have settled once this is the subsample.
    #[must_use]
    pub fn held(&self) -> usize {
        self.trees.first().map_or(0, |tree| tree.mass() as usize)
    }

    /// Contributions to the score by what the row lies above and below the rows of the samples: the first where a cell is larger
    /// than they are, the second where it is smaller. The two add up to [`explain`](StreamingDetector::explain).
    ///
    /// # Errors
    /// As [`StreamingDetector::update`].
    pub fn explain_sides(&self, row: &[f64]) -> Result<(Attribution, Attribution)> {
        let (above, below, score) = self.parts(row)?;
        Ok((Attribution::new(self.point_names(), above, score)?, Attribution::new(self.point_names(), below, score)?))
    }

    /// Cells of a point.
    fn dims(&self) -> usize {
        self.names.len() * self.params.shingle
    }

    fn check(&self, row: &[f64]) -> Result<()> {
        check_row(row, self.names.len(), self.seen)?;
        if row.iter().all(|x| x.abs() <= LARGEST) { Ok(()) } else { Err(overflow("random cut forest")) }
    }

    /// Appends the row to a point; there is one minus zero too many.
    fn shift(point: &mut [f64], row: &[f64]) {
        let from = point.len() - row.len();
        point.copy_within(row.len().., 0);
        for (to, x) in point[from..].iter_mut().zip(row) {
            *to = x + 0.0;
        }
    }

    /// Whether a point is full once this many rows were seen.
    fn full(&self, seen: u64) -> bool {
        seen >= self.params.shingle as u64
    }

    /// Scores and learns full points that lie one after the other, the first with this number of rows seen; the scores of
    /// each tree stay with it.
    fn learn(&mut self, points: &[f64], first: u64) {
        let dims = self.dims();
        let (score, decay) = (self.params.score, self.params.rate());
        let each = |tree: &mut Tree| {
            tree.scores.clear();
            for (i, point) in points.chunks_exact(dims).enumerate() {
                let value = tree_score(tree, point, score);
                tree.scores.push(value);
                tree.learn(point, first + i as u64, decay);
            }
        };
        if self.trees.len().saturating_mul(points.len()) < SPREAD {
            self.trees.iter_mut().for_each(each);
        } else {
            par::rows_init(&mut self.trees, 1, || (), |(), _, trees| trees.iter_mut().for_each(each));
        }
    }

    /// Mean over the trees of the score of point `i` of a block.
    fn mean(&self, i: usize) -> f64 {
        self.trees.iter().map(|tree| tree.scores[i]).sum::<f64>() / self.trees.len() as f64
    }

    fn point_names(&self) -> Vec<String> {
        let lags = (0..self.params.shingle).rev();
        let named = |lag: usize| {
            self.names.iter().map(move |name| if lag == 0 { name.clone() } else { format!("{name}[-{lag}]") })
        };
        lags.flat_map(named).collect()
    }

    /// The point the row would make.
    fn next_point(&self, row: &[f64]) -> Result<Vec<f64>> {
        self.check(row)?;
        let mut point = self.point.clone();
        Self::shift(&mut point, row);
        Ok(point)
    }

    /// Contributions above and below, and the score.
    fn parts(&self, row: &[f64]) -> Result<(Vec<f64>, Vec<f64>, f64)> {
        let point = self.next_point(row)?;
        let dims = point.len();
        let (mut above, mut below) = (vec![0.0; dims], vec![0.0; dims]);
        if !self.full(self.seen + 1) {
            return Ok((above, below, 0.0));
        }
        let (n, score) = (self.trees.len() as f64, self.params.score);
        let mut equal = 0.0;
        for tree in &self.trees {
            let log_mass = f64::from(tree.mass() + 1).log2();
            tree.descend(&point, |stop| {
                let part = stop.probability * score.of(&stop, log_mass) / n;
                if stop.equal {
                    equal += part;
                    return;
                }
                tree.sides(&stop, &point, |j, low, high| {
                    below[j] += part * (low / stop.outside);
                    above[j] += part * (high / stop.outside);
                });
            });
        }
        let share = equal / (2 * dims) as f64;
        above.iter_mut().chain(&mut below).for_each(|part| *part += share);
        Ok((above, below, self.score(row)?))
    }
}

/// Mean score of a point over all its insertions into a tree; 0 in an empty one.
fn tree_score(tree: &Tree, point: &[f64], score: ForestScore) -> f64 {
    let log_mass = if score == ForestScore::Depth { f64::from(tree.mass() + 1).log2() } else { 0.0 };
    let mut sum = 0.0;
    tree.descend(point, |stop| sum += stop.probability * score.of(&stop, log_mass));
    sum
}

impl StreamingDetector for RandomCutForest {
    fn width(&self) -> usize {
        self.names.len()
    }

    fn n_seen(&self) -> u64 {
        self.seen
    }

    fn update(&mut self, row: &[f64]) -> Result<f64> {
        self.check(row)?;
        Self::shift(&mut self.point, row);
        self.seen += 1;
        if !self.full(self.seen) {
            return Ok(0.0);
        }
        let point = std::mem::take(&mut self.point);
        self.learn(&point, self.seen);
        self.point = point;
        Ok(self.mean(0))
    }

    fn score(&self, row: &[f64]) -> Result<f64> {
        let point = self.next_point(row)?;
        if !self.full(self.seen + 1) {
            return Ok(0.0);
        }
        let scores = self.trees.iter().map(|tree| tree_score(tree, &point, self.params.score));
        Ok(scores.sum::<f64>() / self.trees.len() as f64)
    }

    /// Contributions that add up to the score. With a shingle the cells of the older rows are named `name[-1]`, `name[-2]` and so on.
    fn explain(&self, row: &[f64]) -> Result<Attribution> {
        let (mut above, below, score) = self.parts(row)?;
        above.iter_mut().zip(&below).for_each(|(above, below)| *above += below);
        Attribution::new(self.point_names(), above, score)
    }

    /// The trees go through the rows each by itself, on threads of their own: the same bits as row by row, sooner.
    fn update_rows<'a>(&mut self, rows: impl Into<Rows<'a>>) -> Result<Array1<f64>> {
        let rows = rows.into();
        check_batch(&rows, self.names.len())?;
        if rows.values.iter().any(|x| x.abs() > LARGEST) {
            return Err(overflow("random cut forest"));
        }
        let dims = self.dims();
        let mut scores = Vec::with_capacity(rows.values.nrows());
        let (mut points, mut row) = (Vec::new(), Vec::new());
        for from in (0..rows.values.nrows()).step_by(BLOCK) {
            points.clear();
            let to = rows.values.nrows().min(from + BLOCK);
            for i in from..to {
                row.clear();
                row.extend(rows.values.row(i));
                Self::shift(&mut self.point, &row);
                self.seen += 1;
                if self.full(self.seen) {
                    points.extend_from_slice(&self.point);
                }
            }
            let n = points.len() / dims;
            self.learn(&points, self.seen + 1 - n as u64);
            scores.resize(to - n, 0.0);
            scores.extend((0..n).map(|i| self.mean(i)));
        }
        Ok(scores.into())
    }
}

#[cfg(feature = "persist")]
impl crate::persist::Persist for RandomCutForest {
    const KIND: &'static str = "random_cut_forest";
    fn feature_names(&self) -> &[String] {
        &self.names
    }
}

/// What a file says; checked before it becomes a [`RandomCutForest`].
#[cfg(feature = "serde")]
#[derive(serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    params: RandomCutForestValidParams,
    names: Vec<String>,
    trees: Vec<tree::RawTree>,
    point: Vec<f64>,
    seen: u64,
}

#[cfg(feature = "serde")]
impl From<RandomCutForest> for Raw {
    fn from(forest: RandomCutForest) -> Self {
        let trees = forest.trees.iter().map(Tree::to_raw).collect();
        Self { trees, params: forest.params, names: forest.names, point: forest.point, seen: forest.seen }
    }
}

#[cfg(feature = "serde")]
impl TryFrom<Raw> for RandomCutForest {
    type Error = Error;
    fn try_from(raw: Raw) -> Result<Self> {
        let refuse = |reason: &str| Err(Error::Model { reason: format!("random cut forest: {reason}") });
        super::check_seen(raw.seen)?;
        raw.params.validate()?;
        raw.params.check_width(raw.names.len())?;
        let dims = raw.names.len() * raw.params.shingle;
        if raw.trees.len() != raw.params.trees || raw.point.len() != dims {
            return refuse("trees or point do not fit the settings");
        }
        if !raw.point.iter().all(|x| x.abs() <= LARGEST) {
            return refuse("the last point is out of range");
        }
        let learned = raw.seen.saturating_sub(raw.params.shingle as u64 - 1);
        let mut forest = Self::empty(raw.params, raw.names);
        for (tree, raw) in forest.trees.iter_mut().zip(raw.trees) {
            tree.fill(raw, learned, LARGEST)?;
        }
        (forest.point, forest.seen) = (raw.point, raw.seen);
        Ok(forest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::Array2;

    #[test]
    fn a_block_is_its_rows_one_by_one() {
        let rows = Array2::from_shape_fn((700, 2), |(i, j)| ((i * (j + 3)) as f64 * 0.61).sin());
        for (shingle, score) in [(1, ForestScore::Displacement), (4, ForestScore::Depth), (300, ForestScore::Depth)] {
            let params = RandomCutForest::params().trees(7).subsample(40).shingle(shingle).score(score);
            let mut one = params.start(2).unwrap();
            let scores: Vec<f64> = rows.rows().into_iter().map(|r| one.update(&r.to_vec()).unwrap()).collect();
            let mut all = params.start(2).unwrap();
            assert_eq!(all.update_rows(&rows).unwrap().to_vec(), scores);
            assert!(one == all && one.held() == 40);
            assert!(scores[..shingle].iter().all(|s| *s <= 0.0) && scores[shingle..].iter().all(|s| *s >= 0.0));
        }
    }

    #[test]
    fn a_run_that_is_out_of_step_is_found_by_a_shingle() {
        let mut forest = RandomCutForest::params().shingle(8).trees(40).start(1).unwrap();
        let wave = |i: usize| (i as f64 * 0.4).sin();
        let scores: Vec<f64> = (0..2000)
            .map(|i| forest.update(&[if (1500..1510).contains(&i) { 0.3 } else { wave(i) }]).unwrap())
            .collect();
        let worst = (300..2000).max_by(|&a, &b| scores[a].total_cmp(&scores[b])).unwrap();
        assert!((1500..1518).contains(&worst), "{worst}");
        assert_eq!(forest.explain(&[5.0]).unwrap().ranked()[0].0, "0");
        assert_eq!(forest.explain(&[5.0]).unwrap().names()[0], "0[-7]");
        let (above, below) = forest.explain_sides(&[5.0]).unwrap();
        assert!(above.contributions()[7] > 0.9 * above.total() && below.contributions()[7] < 1e-9);
    }
}
