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

use crate::error::{Error, Result};
use crate::features::Rows;
use crate::learners::{Scaler, Scaling, check_rows, row_slice};
use crate::math::par;
use ndarray::{ArrayView1, ArrayView2};

/// Scaled training rows with their index: what a model of neighbours, kernels or memory stands on.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(try_from = "RawBaseline", into = "RawBaseline"))]
pub(super) struct Baseline {
    names: Vec<String>,
    scaler: Option<Scaler>,
    index: Index,
}

/// What one thread needs to score a row.
#[derive(Debug, Default)]
pub(super) struct Workspace {
    copy: Vec<f64>,
    row: Vec<f64>,
    search: Search,
    found: Vec<Neighbour>,
}

impl Baseline {
    pub(super) fn fit(
        rows: Rows<'_>,
        scaling: Option<Scaling>,
        metric: Metric,
        what: &'static str,
        min_rows: usize,
    ) -> Result<Self> {
        check_rows(&rows, what, min_rows)?;
        let (n, d) = rows.values.dim();
        if n >= u32::MAX as usize {
            return Err(Error::numeric(what, "an index holds fewer than 2^32 - 1 rows"));
        }
        let scaler = scaling.map(|scaling| Scaler::params(scaling).fit(rows)).transpose()?;
        let mut cells = Vec::with_capacity(n * d);
        let mut copy = Vec::new();
        for i in 0..n {
            push_scaled(scaler.as_ref(), row_slice(rows.values.row(i), &mut copy), &mut cells);
        }
        if !cells.iter().all(|v| v.is_finite()) {
            return Err(Error::numeric(what, "a scaled cell overflows"));
        }
        Ok(Self { names: rows.names_or_numbers(), scaler, index: Index::new(metric, d, cells) })
    }

    pub(super) fn names(&self) -> &[String] {
        &self.names
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
        if self.scaler.as_ref().map(Scaler::scaling) == scaling
            && self.index.metric() == metric
            && self.index.len() >= min_rows
        {
            Ok(())
        } else {
            Err(Error::Model { reason: format!("{what}: scaling, metric or number of rows do not fit the settings") })
        }
    }

    /// A row in the scale of the training rows.
    pub(super) fn scaled(&self, row: ArrayView1<'_, f64>) -> Vec<f64> {
        let (mut copy, mut to) = (Vec::new(), Vec::new());
        push_scaled(self.scaler.as_ref(), row_slice(row.view(), &mut copy), &mut to);
        to
    }

    /// The `k` nearest training rows of every row, handed to `f` with the scaled row.
    pub(super) fn map(
        &self,
        values: ArrayView2<'_, f64>,
        k: usize,
        f: impl Fn(&[f64], &[Neighbour]) -> f64 + Sync + Send,
    ) -> Vec<f64> {
        const BLOCK: usize = 8;
        let mut out = vec![0.0; values.nrows()];
        par::rows_init(&mut out, BLOCK, Workspace::default, |w, block, out| {
            for (i, out) in out.iter_mut().enumerate() {
                w.row.clear();
                push_scaled(self.scaler.as_ref(), row_slice(values.row(block * BLOCK + i), &mut w.copy), &mut w.row);
                self.index.nearest(&w.row, k, None, &mut w.search, &mut w.found);
                *out = f(&w.row, &w.found);
            }
        });
        out
    }

    /// The scaled row and its `k` nearest training rows.
    pub(super) fn nearest(&self, row: ArrayView1<'_, f64>, k: usize) -> (Vec<f64>, Vec<Neighbour>) {
        let x = self.scaled(row);
        let mut found = Vec::new();
        self.index.nearest(&x, k, None, &mut Search::default(), &mut found);
        (x, found)
    }
}

fn push_scaled(scaler: Option<&Scaler>, row: &[f64], to: &mut Vec<f64>) {
    match scaler {
        None => to.extend_from_slice(row),
        Some(scaler) => {
            let scales = scaler.centre().iter().zip(scaler.scale());
            to.extend(row.iter().zip(scales).map(|(x, (c, s))| (x - c) / s));
        }
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
    names: Vec<String>,
    scaler: Option<Scaler>,
    metric: Metric,
    cells: Vec<f64>,
}

#[cfg(feature = "serde")]
impl From<Baseline> for RawBaseline {
    fn from(b: Baseline) -> Self {
        Self { names: b.names, scaler: b.scaler, metric: b.index.metric(), cells: b.index.into_cells() }
    }
}

#[cfg(feature = "serde")]
impl TryFrom<RawBaseline> for Baseline {
    type Error = Error;
    fn try_from(raw: RawBaseline) -> Result<Self> {
        let refuse = |reason: &str| Err(Error::Model { reason: format!("training rows: {reason}") });
        let d = raw.names.len();
        if d == 0 || raw.cells.is_empty() || raw.cells.len() % d != 0 || raw.cells.len() / d >= u32::MAX as usize {
            return refuse("the cells are not rows of as many columns as there are names");
        }
        if !raw.cells.iter().all(|v| v.is_finite()) {
            return refuse("a cell is not finite");
        }
        if raw.scaler.as_ref().is_some_and(|s| s.feature_names() != raw.names.as_slice()) {
            return refuse("the scaler has other names");
        }
        Ok(Self { names: raw.names, scaler: raw.scaler, index: Index::new(raw.metric, d, raw.cells) })
    }
}

/// `Ok` when there is a finite number for each of `n` training rows.
#[cfg(feature = "serde")]
fn check_training(what: &str, values: &[f64], n: usize) -> Result<()> {
    if values.len() == n && values.iter().all(|v| v.is_finite()) {
        Ok(())
    } else {
        Err(Error::Model { reason: format!("{what}: not one finite number for each training row") })
    }
}
