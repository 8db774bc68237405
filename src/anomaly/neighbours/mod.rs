//! Detectors that look at the nearest training rows.
//!
//! | detector | asks | cost of a score |
//! |---|---|---|
//! | [`Knn`] | how far is it to the neighbours? | one search |
//! | [`Lof`] | ... compared with how far they are from theirs? | one search |
//! | [`Cof`] | ... along a chain through them? | one search, O(k²) distances |
//! | [`Abod`] | does it see them in one direction only? | one search, O(k²) products |
//!
//! All share an exact index (a tree of boxes over principal axes in front of the exact distances; ties go to the earlier
//! training row) and the scaling of columns: standard by default, since a distance adds up columns and the one with the
//! largest unit would decide alone; `unscaled()` for columns of one unit and for the numbers of other packages.
//!
//! Training rows have scores of their own (`train_scores`), for which a row is not its own neighbour. A training row that
//! is scored again as a new row finds itself at distance 0: calibrate a threshold on `train_scores` or on healthy rows
//! that were not trained on.
//!
//! **Cost.** The index: O(n log n + n d min(d, 32) + d³). A search: a few leaves of sixteen rows in few dimensions,
//! towards all n rows in many that do not depend on each other. Memory: the training rows are the model, 8 bytes a cell,
//! and the index has 4 more.

mod abod;
mod cof;
mod index;
mod knn;
mod lof;

pub use abod::{Abod, AbodParams, AbodValidParams};
pub use cof::{Chain, Cof, CofParams, CofValidParams};
pub use index::Metric;
pub use knn::{Knn, KnnDistance, KnnParams, KnnValidParams};
pub use lof::{Lof, LofParams, LofValidParams};

pub(crate) use index::{Index, Neighbour, Search};

use crate::anomaly::columns::Columns;
#[cfg(feature = "serde")]
use crate::anomaly::columns::check_numbers;
use crate::error::{Error, Result};
use crate::features::Rows;
use crate::learners::Scaling;
use ndarray::{ArrayView1, ArrayView2};

/// Scaled training rows with their index: what a model of neighbours, kernels or memory stands on.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(try_from = "RawBaseline", into = "RawBaseline"))]
pub(super) struct Baseline {
    columns: Columns,
    index: Index,
}

impl Baseline {
    pub(super) fn fit(
        rows: Rows<'_>,
        scaling: Option<Scaling>,
        metric: Metric,
        what: &'static str,
        min_rows: usize,
    ) -> Result<Self> {
        if rows.values.nrows() >= u32::MAX as usize {
            return Err(Error::numeric(what, "an index holds fewer than 2^32 - 1 rows"));
        }
        let (columns, cells) = Columns::fit(rows, scaling, what, min_rows)?;
        let d = columns.len();
        Ok(Self { columns, index: Index::new(metric, d, cells) })
    }

    pub(super) fn names(&self) -> &[String] {
        self.columns.names()
    }

    pub(super) fn index(&self) -> &Index {
        &self.index
    }

    /// Whether the rows a file holds are those of the settings.
    #[cfg(feature = "serde")]
    pub(super) fn check_settings(
        &self,
        what: &str,
        scaling: Option<Scaling>,
        metric: Metric,
        min_rows: usize,
    ) -> Result<()> {
        if self.columns.scaling() == scaling && self.index.metric() == metric && self.index.len() >= min_rows {
            Ok(())
        } else {
            Err(Error::Model { reason: format!("{what}: scaling, metric or number of rows do not fit the settings") })
        }
    }

    /// The `k` nearest training rows of every row, handed to `f` with the scaled row.
    pub(super) fn map(
        &self,
        values: ArrayView2<'_, f64>,
        k: usize,
        f: impl Fn(&[f64], &[Neighbour]) -> f64 + Sync + Send,
    ) -> Vec<f64> {
        self.columns.map(values, |(search, found): &mut (Search, Vec<Neighbour>), x| {
            self.index.nearest(x, k, None, search, found);
            f(x, found)
        })
    }

    /// The scaled row and its `k` nearest training rows.
    pub(super) fn nearest(&self, row: ArrayView1<'_, f64>, k: usize) -> (Vec<f64>, Vec<Neighbour>) {
        let x = self.columns.scaled(row);
        let mut found = Vec::new();
        self.index.nearest(&x, k, None, &mut Search::default(), &mut found);
        (x, found)
    }
}

/// `Ok` when a number of neighbours can be asked for.
fn check_neighbours(k: usize, least: usize) -> Result<()> {
    if (least..=1 << 16).contains(&k) {
        Ok(())
    } else {
        Err(Error::parameter("neighbours", k, format!("must be {least} to 65536")))
    }
}

/// What a file says of the training rows.
#[cfg(feature = "serde")]
#[derive(serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct RawBaseline {
    columns: Columns,
    metric: Metric,
    cells: Vec<f64>,
}

#[cfg(feature = "serde")]
impl From<Baseline> for RawBaseline {
    fn from(b: Baseline) -> Self {
        Self { columns: b.columns, metric: b.index.metric(), cells: b.index.into_cells() }
    }
}

#[cfg(feature = "serde")]
impl TryFrom<RawBaseline> for Baseline {
    type Error = Error;
    fn try_from(raw: RawBaseline) -> Result<Self> {
        let refuse = |reason: &str| Err(Error::Model { reason: format!("training rows: {reason}") });
        let d = raw.columns.len();
        if raw.cells.is_empty() || !raw.cells.len().is_multiple_of(d) || raw.cells.len() / d >= u32::MAX as usize {
            return refuse("the cells are not rows of as many columns as there are names");
        }
        if !raw.cells.iter().all(|v| v.is_finite()) {
            return refuse("a cell is not finite");
        }
        Ok(Self { columns: raw.columns, index: Index::new(raw.metric, d, raw.cells) })
    }
}
