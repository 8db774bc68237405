//! Half-space trees: does a row fall where few rows of the last window fell?
//!
//! **What it answers.** An anomaly score at a fixed, small cost a row, whatever the data: the trees are drawn before a row
//! is seen and never change; only numbers of rows are kept.
//!
//! **Formula.** A tree halves a box about the data again and again, each node at the middle of a random column, down
//! to `height`. Every node counts the rows of the present window and remembers those of the last one. A row goes
//! down until a node with fewer than `size_limit` remembered rows, or a leaf, at depth `k` with `r` rows; with `v` the
//! mean over the trees of `r 2^k / window`, the density there over that of an even spread, the score is `1 / (1 + v)`:
//! 1/2 where rows are as dense as on average, 1 where none were. It orders rows as the paper's score does, turned
//! round. During the first window it is 0.
//!
//! **Limits of the columns.** The box of a tree holds the limits of each column within a random larger interval. Limits that are
//! not given are taken from the first window, whose rows are kept until then and counted afterwards, so that nothing has to be scaled to 0..1.
//!
//! **Attribution.** From node to node the density changes, and the change belongs to the column of the cut:
//! contributions are the falls of density, averaged over the trees. They add up to `1 - v`, which is
//! **`2 - 1 / score`**.
//!
//! **Source.** Tan, Ting & Liu 2011, IJCAI.
//!
//! **Cost.** O(trees x height) a row, and a pass over all numbers once a window; memory 24 x trees x 2^(height + 1)
//! bytes, and in the first window its rows.
//!
//! **When not to use it.** Rows far outside of the limits look like those at their edge. Many columns: a path of
//! `height` cuts sees few of them.

use super::{StreamingDetector, check_row, guard, overflow};
use crate::anomaly::Attribution;
use crate::error::{Error, Result};
use crate::math::rng::Rng;
use linfa::ParamGuard;

/// Checked settings of [`HalfSpaceTrees`].
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
pub struct HalfSpaceTreesValidParams {
    trees: usize,
    height: usize,
    window: usize,
    size_limit: Option<usize>,
    limits: Option<Vec<(f64, f64)>>,
    seed: u64,
}

/// Settings of [`HalfSpaceTrees`]; see [`HalfSpaceTrees::params`].
#[derive(Debug, Clone, PartialEq)]
pub struct HalfSpaceTreesParams(HalfSpaceTreesValidParams);

impl HalfSpaceTreesParams {
    /// Number of trees. Default 25.
    #[must_use]
    pub fn trees(mut self, trees: usize) -> Self {
        self.0.trees = trees;
        self
    }

    /// Cuts from the root to a leaf, 1 to 16. Default 8.
    #[must_use]
    pub fn height(mut self, height: usize) -> Self {
        self.0.height = height;
        self
    }

    /// Rows of a window. Default 250.
    #[must_use]
    pub fn window(mut self, rows: usize) -> Self {
        self.0.window = rows;
        self
    }

    /// Rows in a node below which its children are not asked. Default a tenth of the window.
    #[must_use]
    pub fn size_limit(mut self, rows: usize) -> Self {
        self.0.size_limit = Some(rows);
        self
    }

    /// Lowest and highest ordinary value of every column. Default: those of the first window.
    #[must_use]
    pub fn limits(mut self, limits: Vec<(f64, f64)>) -> Self {
        self.0.limits = Some(limits);
        self
    }

    /// Seed of the trees. Default 0. Tree i depends on the seed, i and the limits alone.
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        self.0.seed = seed;
        self
    }

    /// Trees without rows, for rows of `width` columns, which are named by their numbers.
    ///
    /// # Errors
    /// [`Error::Parameter`] for no trees, a height outside 1..=16, more than 2^26 nodes in all, a window outside
    /// 2..=2^24, no columns or more than 2^20; or limits that are not one pair `low <= high`, within 1e300, for every column.
    pub fn start(&self, width: usize) -> Result<HalfSpaceTrees> {
        self.check_ref()?.check_width(width)?;
        self.start_named((0..width).map(|j| j.to_string()).collect())
    }

    /// Trees without rows, for rows of these columns.
    ///
    /// # Errors
    /// As [`start`](Self::start).
    pub fn start_named(&self, names: Vec<String>) -> Result<HalfSpaceTrees> {
        let params = self.check_ref()?.clone();
        params.check_width(names.len())?;
        let limits = params.limits.clone();
        let mut model = HalfSpaceTrees { params, names, limits: None, first: Vec::new(), cells: Vec::new(), seen: 0 };
        if let Some(limits) = limits {
            model.plant(limits);
        }
        Ok(model)
    }
}

/// Cells beyond this could overflow when the limits are widened.
const LARGEST: f64 = 1e300;

impl HalfSpaceTreesValidParams {
    fn validate(&self) -> Result<()> {
        if !(1..=16).contains(&self.height) {
            return Err(Error::parameter("height", self.height, "must be 1 to 16"));
        }
        if self.trees == 0 || self.trees > (1 << 26) / self.size() {
            return Err(Error::parameter("trees", self.trees, "must be at least 1, and 2^26 nodes in all at most"));
        }
        if !(2..=1 << 24).contains(&self.window) {
            return Err(Error::parameter("window", self.window, "must be 2 to 2^24"));
        }
        let sane = |&(low, high): &(f64, f64)| low >= -LARGEST && high <= LARGEST && low <= high;
        match &self.limits {
            Some(limits) if !limits.iter().all(sane) => {
                Err(Error::parameter("limits", format!("{limits:?}"), "must be low <= high, within 1e300"))
            }
            _ => Ok(()),
        }
    }

    fn check_width(&self, width: usize) -> Result<()> {
        if !(1..=1 << 20).contains(&width) {
            return Err(Error::parameter("width", width, "must be 1 to 2^20"));
        }
        match &self.limits {
            Some(limits) if limits.len() != width => {
                Err(Error::parameter("limits", limits.len(), format!("must be one pair for each of {width} columns")))
            }
            _ => Ok(()),
        }
    }

    /// Nodes of a tree and one more.
    fn size(&self) -> usize {
        2 << self.height
    }

    fn least(&self) -> u32 {
        self.size_limit.map_or(self.window / 10, |rows| rows.min(self.window + 1)) as u32
    }
}

guard!(HalfSpaceTreesParams, HalfSpaceTreesValidParams);

/// A node: its cut, which a leaf has not, and the rows that fell into it. Children of node i are 2 i and 2 i + 1, the
/// root is 1; place 0 is not used.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
struct Cell {
    cut: f64,
    column: u32,
    /// Rows of the last window.
    before: u32,
    /// Rows of the present window.
    now: u32,
}

/// Half-space trees on a stream.
///
/// ```
/// use prognos::anomaly::stream::{HalfSpaceTrees, StreamingDetector};
/// let mut trees = HalfSpaceTrees::params().seed(1).start(3)?;
/// let wave = |i: usize, j: usize| ((i * (j + 3)) as f64 * 0.61).sin();
/// let mut scores = vec![];
/// for i in 0..1000 {
///     scores.push(trees.update(&[wave(i, 0), wave(i, 1), wave(i, 2)])?);
/// }
/// assert!(scores[..250].iter().all(|s| *s == 0.0) && scores[250..].iter().all(|s| *s < 0.6));
/// let strange = [wave(7, 0), 1.9, wave(7, 2)];
/// let why = trees.explain(&strange)?;
/// assert!(why.score() > 0.6 && why.ranked()[0].0 == "1");
/// assert!((why.total() - (2.0 - 1.0 / why.score())).abs() < 1e-12);
/// # Ok::<(), prognos::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(try_from = "Raw", into = "Raw"))]
pub struct HalfSpaceTrees {
    params: HalfSpaceTreesValidParams,
    names: Vec<String>,
    /// Known from the start, or once the first window is full.
    limits: Option<Vec<(f64, f64)>>,
    /// Rows of the first window while limits are learned.
    first: Vec<f64>,
    /// `size` for each tree; none before the limits are known.
    cells: Vec<Cell>,
    seen: u64,
}

impl HalfSpaceTrees {
    /// Default settings: 25 trees of height 8, windows of 250 rows, nodes below 25 rows not divided, limits from the
    /// first window, seed 0.
    #[must_use]
    pub fn params() -> HalfSpaceTreesParams {
        HalfSpaceTreesParams(HalfSpaceTreesValidParams {
            trees: 25,
            height: 8,
            window: 250,
            size_limit: None,
            limits: None,
            seed: 0,
        })
    }

    /// Names of the columns.
    #[must_use]
    pub fn feature_names(&self) -> &[String] {
        &self.names
    }

    /// Lowest and highest ordinary value of every column; `None` until the first window is full, when they were not given.
    #[must_use]
    pub fn limits(&self) -> Option<&[(f64, f64)]> {
        self.limits.as_deref()
    }

    /// Draws the trees.
    fn plant(&mut self, limits: Vec<(f64, f64)>) {
        let size = self.params.size();
        self.cells = vec![Cell::default(); size * self.params.trees];
        let moving: Vec<u32> =
            (0..limits.len() as u32).filter(|j| limits[*j as usize].1 > limits[*j as usize].0).collect();
        for (tree, cells) in self.cells.chunks_exact_mut(size).enumerate() {
            let mut rng = Rng::stream(self.params.seed, tree as u64);
            let mut sides: Vec<(f64, f64)> = limits
                .iter()
                .map(|&(low, high)| {
                    let centre = rng.uniform();
                    let half = 2.0 * f64::max(centre, 1.0 - centre);
                    (low + (high - low) * (centre - half), low + (high - low) * (centre + half))
                })
                .collect();
            halve(cells, 1, &mut sides, &moving, &mut rng);
        }
        self.limits = Some(limits);
    }

    fn check(&self, row: &[f64]) -> Result<()> {
        check_row(row, self.names.len(), self.seen)?;
        if row.iter().all(|x| x.abs() <= LARGEST) { Ok(()) } else { Err(overflow("half-space trees")) }
    }

    /// Rows of the first window are learned without a score.
    fn begun(&self) -> bool {
        self.seen >= self.params.window as u64
    }

    /// The score of a density summed over the trees.
    fn score_of(&self, sum: f64) -> f64 {
        let density = sum / (self.params.window as f64 * self.params.trees as f64);
        if self.begun() { 1.0 / (1.0 + density) } else { 0.0 }
    }

    /// Counts a row in all trees; the sum of `r 2^k` where it would have stopped.
    fn count(&mut self, row: &[f64]) -> f64 {
        let (size, height, least) = (self.params.size(), self.params.height, self.params.least());
        let mut sum = 0.0;
        for cells in self.cells.chunks_exact_mut(size) {
            let (mut at, mut mass, mut depth, mut open) = (1, 0, 0, true);
            for k in 0..=height {
                let cell = &mut cells[at];
                cell.now += 1;
                mass = if open { cell.before } else { mass };
                depth = if open { k } else { depth };
                open &= cell.before >= least;
                at = 2 * at + usize::from(row[cell.column as usize] > cell.cut);
            }
            sum += f64::from(mass) * (1u64 << depth) as f64;
        }
        sum
    }

    /// The way of a row down each tree to where it stops: column of the cut above and density, `r 2^k`, of every node.
    fn ways(&self, row: &[f64], mut step: impl FnMut(Option<usize>, f64)) {
        let least = self.params.least();
        for cells in self.cells.chunks_exact(self.params.size()) {
            let (mut at, mut above) = (1, None);
            for k in 0..=self.params.height {
                let cell = &cells[at];
                step(above, f64::from(cell.before) * (1u64 << k) as f64);
                if cell.before < least {
                    break;
                }
                above = Some(cell.column as usize);
                at = 2 * at + usize::from(row[cell.column as usize] > cell.cut);
            }
        }
    }

    /// Ends a window: its rows are those to compare with.
    fn turn(&mut self) {
        if self.limits.is_none() {
            let d = self.names.len();
            let first = std::mem::take(&mut self.first);
            let mut limits = vec![(f64::INFINITY, f64::NEG_INFINITY); d];
            for row in first.chunks_exact(d) {
                for ((low, high), x) in limits.iter_mut().zip(row) {
                    (*low, *high) = (low.min(*x), high.max(*x));
                }
            }
            self.plant(limits);
            for row in first.chunks_exact(d) {
                self.count(row);
            }
        }
        for cell in &mut self.cells {
            (cell.before, cell.now) = (cell.now, 0);
        }
    }
}

/// Gives a node and all below it their cuts: halves of the box `sides`.
fn halve(cells: &mut [Cell], at: usize, sides: &mut [(f64, f64)], moving: &[u32], rng: &mut Rng) {
    if 2 * at >= cells.len() {
        return;
    }
    let column = moving.get(rng.below(moving.len())).copied().unwrap_or(0);
    let (low, high) = sides[column as usize];
    let cut = 0.5 * low + 0.5 * high;
    (cells[at].cut, cells[at].column) = (cut, column);
    sides[column as usize] = (low, cut);
    halve(cells, 2 * at, sides, moving, rng);
    sides[column as usize] = (cut, high);
    halve(cells, 2 * at + 1, sides, moving, rng);
    sides[column as usize] = (low, high);
}

impl StreamingDetector for HalfSpaceTrees {
    fn width(&self) -> usize {
        self.names.len()
    }

    fn n_seen(&self) -> u64 {
        self.seen
    }

    fn update(&mut self, row: &[f64]) -> Result<f64> {
        self.check(row)?;
        let score = if self.limits.is_some() {
            let sum = self.count(row);
            self.score_of(sum)
        } else {
            self.first.extend_from_slice(row);
            0.0
        };
        self.seen += 1;
        if self.seen.is_multiple_of(self.params.window as u64) {
            self.turn();
        }
        Ok(score)
    }

    fn score(&self, row: &[f64]) -> Result<f64> {
        self.check(row)?;
        let (mut sum, mut last) = (0.0, 0.0);
        self.ways(row, |above, density| {
            if above.is_none() {
                sum += last;
            }
            last = density;
        });
        Ok(self.score_of(sum + last))
    }

    /// Contributions that add up to `2 - 1 / score`; all 0 in the first window.
    fn explain(&self, row: &[f64]) -> Result<Attribution> {
        let score = self.score(row)?;
        let mut parts = vec![0.0; self.names.len()];
        if self.begun() {
            let scale = 1.0 / (self.params.window as f64 * self.params.trees as f64);
            let mut last = 0.0;
            self.ways(row, |above, density| {
                if let Some(column) = above {
                    parts[column] += (last - density) * scale;
                }
                last = density;
            });
        }
        Attribution::new(self.names.clone(), parts, score)
    }
}

#[cfg(feature = "persist")]
impl crate::persist::Persist for HalfSpaceTrees {
    const KIND: &'static str = "half_space_trees";
    fn feature_names(&self) -> &[String] {
        &self.names
    }
}

/// What a file says; the cuts follow from seed and limits.
#[cfg(feature = "serde")]
#[derive(serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    params: HalfSpaceTreesValidParams,
    names: Vec<String>,
    limits: Option<Vec<(f64, f64)>>,
    first: Vec<f64>,
    /// Rows of the leaves alone, tree by tree.
    before: Vec<u32>,
    now: Vec<u32>,
    seen: u64,
}

#[cfg(feature = "serde")]
impl From<HalfSpaceTrees> for Raw {
    fn from(model: HalfSpaceTrees) -> Self {
        let size = model.params.size();
        let leaves = || model.cells.chunks_exact(size).flat_map(|cells| &cells[size / 2..]);
        Self {
            before: leaves().map(|cell| cell.before).collect(),
            now: leaves().map(|cell| cell.now).collect(),
            params: model.params,
            names: model.names,
            limits: model.limits,
            first: model.first,
            seen: model.seen,
        }
    }
}

#[cfg(feature = "serde")]
impl TryFrom<Raw> for HalfSpaceTrees {
    type Error = Error;
    fn try_from(raw: Raw) -> Result<Self> {
        let refuse = |reason: &str| Err(Error::Model { reason: format!("half-space trees: {reason}") });
        super::check_seen(raw.seen)?;
        raw.params.validate()?;
        raw.params.check_width(raw.names.len())?;
        let (d, size, window) = (raw.names.len(), raw.params.size(), raw.params.window as u64);
        let learning = raw.params.limits.is_none() && raw.seen < window;
        let held = if learning { raw.seen as usize * d } else { 0 };
        if raw.first.len() != held || !raw.first.iter().all(|x| x.abs() <= LARGEST) {
            return refuse("the rows of the first window do not fit");
        }
        let leaves = if learning { 0 } else { size / 2 * raw.params.trees };
        if raw.limits.is_some() == learning || raw.before.len() != leaves || raw.now.len() != leaves {
            return refuse("limits or leaves do not fit the settings");
        }
        if raw.params.limits.is_some() && raw.params.limits != raw.limits {
            return refuse("other limits than those given");
        }
        let checked = HalfSpaceTreesValidParams { limits: raw.limits.clone(), ..raw.params.clone() };
        checked.validate()?;
        checked.check_width(d)?;
        let mut model = Self {
            params: raw.params,
            names: raw.names,
            limits: None,
            first: raw.first,
            cells: vec![],
            seen: raw.seen,
        };
        let Some(limits) = raw.limits else { return Ok(model) };
        model.plant(limits);
        let whole = (if raw.seen < window { 0 } else { window }, raw.seen % window);
        let numbers = raw.before.chunks_exact(size / 2).zip(raw.now.chunks_exact(size / 2));
        for (cells, (before, now)) in model.cells.chunks_exact_mut(size).zip(numbers) {
            let sum = |leaves: &[u32]| leaves.iter().map(|n| u64::from(*n)).sum::<u64>();
            if (sum(before), sum(now)) != whole {
                return refuse("the rows of the leaves do not add up");
            }
            for ((cell, before), now) in cells[size / 2..].iter_mut().zip(before).zip(now) {
                (cell.before, cell.now) = (*before, *now);
            }
            for at in (1..size / 2).rev() {
                cells[at].before = cells[2 * at].before + cells[2 * at + 1].before;
                cells[at].now = cells[2 * at].now + cells[2 * at + 1].now;
            }
        }
        Ok(model)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Counts by definition: the rows of the last window that took every turn the row takes.
    fn naive(model: &HalfSpaceTrees, window: &[Vec<f64>], row: &[f64]) -> f64 {
        let least = model.params.least() as usize;
        let mut sum = 0.0;
        for cells in model.cells.chunks_exact(model.params.size()) {
            let (mut inside, mut at, mut depth) = (window.to_vec(), 1, 0);
            while depth < model.params.height && inside.len() >= least {
                let right = |row: &[f64]| row[cells[at].column as usize] > cells[at].cut;
                let goes = right(row);
                inside.retain(|r| right(r) == goes);
                at = 2 * at + usize::from(goes);
                depth += 1;
            }
            sum += inside.len() as f64 * 2f64.powi(depth as i32);
        }
        1.0 / (1.0 + sum / (window.len() * model.params.trees) as f64)
    }

    #[test]
    fn scores_are_those_of_the_definition() {
        let rows: Vec<Vec<f64>> =
            (0..130).map(|i| (0..3).map(|j| ((i * (j + 3)) as f64 * 0.61).sin()).collect()).collect();
        let given = vec![(-1.0, 1.0), (0.0, 0.0), (-2.0, 5.0)];
        for params in [
            HalfSpaceTrees::params().window(30),
            HalfSpaceTrees::params().window(30).size_limit(0).height(3),
            HalfSpaceTrees::params().window(30).trees(3).height(12).size_limit(2).limits(given),
        ] {
            let mut model = params.start(3).unwrap();
            for (i, row) in rows.iter().enumerate() {
                let expected = if i < 30 { 0.0 } else { naive(&model, &rows[i / 30 * 30 - 30..i / 30 * 30], row) };
                assert!((model.score(row).unwrap() - expected).abs() < 1e-12);
                assert!((model.update(row).unwrap() - expected).abs() < 1e-12);
            }
        }
    }

    #[test]
    fn settings_are_checked() {
        let params = HalfSpaceTrees::params;
        assert!(params().trees(0).start(1).is_err() && params().trees(usize::MAX).start(1).is_err());
        assert!(params().height(0).start(1).is_err() && params().height(17).start(1).is_err());
        assert!(params().window(1).start(1).is_err() && params().start(0).is_err());
        assert!(params().start(usize::MAX).is_err());
        for limits in [vec![], vec![(1.0, 0.0)], vec![(f64::NAN, 1.0)], vec![(0.0, 1e301)], vec![(0.0, 1.0); 2]] {
            assert!(params().limits(limits).start(1).is_err());
        }
        let model = params().limits(vec![(-1e300, 1e300)]).start(1).unwrap();
        assert!(model.cells.iter().all(|cell| cell.cut.is_finite()));
    }
}
