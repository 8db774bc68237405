//! What anomaly, health and rul share: scaling of columns, clusters of rows, trees, lines.

mod boosting;
mod folds;
mod forest;
pub(crate) mod kmeans;
mod linear;
mod regressor;
mod scaling;
mod survival_forest;
mod trees;

pub use boosting::{GradientBoosting, GradientBoostingParams, GradientBoostingValidParams, Loss};
pub use folds::group_folds;
pub use forest::{Forest, ForestParams, ForestValidParams};
pub use kmeans::{KMeans, KMeansParams, KMeansValidParams};
pub use linear::{Linear, LinearParams, LinearValidParams};
pub use regressor::{Regressor, Shapley, permutation_importance};
pub use scaling::{Scaler, ScalerParams, Scaling};
pub use survival_forest::{SurvivalForest, SurvivalForestParams, SurvivalForestValidParams};

use crate::error::Result;
use crate::features::Rows;
use ndarray::ArrayView1;

/// [`Rows::check_finite`] with a fast path: one pass without positions, and the search for the cell only when there
/// is one to name.
pub(crate) fn check_rows(rows: &Rows<'_>, what: &'static str, min_rows: usize) -> Result<()> {
    let clean = rows.values.as_slice().is_some_and(|cells| {
        // A product with zero is NaN exactly when the cell is not finite.
        cells.chunks(1024).all(|chunk| crate::math::lanes::sum_by(chunk, |v| v * 0.0).abs() < 1.0)
    });
    if clean && rows.values.nrows() >= min_rows && rows.values.ncols() > 0 {
        Ok(())
    } else {
        rows.check_finite(what, min_rows)
    }
}

/// The cells of a row as a slice: the row itself where it is contiguous, a copy in `scratch` otherwise.
pub(crate) fn row_slice<'a>(row: ArrayView1<'a, f64>, scratch: &'a mut Vec<f64>) -> &'a [f64] {
    match row.to_slice() {
        Some(slice) => slice,
        None => {
            scratch.clear();
            scratch.extend(row.iter());
            scratch
        }
    }
}

/// Rows of one parallel block when something is summed over `n` rows: depends on `n` alone, and gives at most 64
/// blocks, so that the partial sums stay small.
pub(crate) fn block_rows(n: usize) -> usize {
    n.div_ceil(64).max(1024)
}
