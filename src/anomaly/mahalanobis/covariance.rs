//! The covariance of all rows, and how far to shrink it.

use super::{Transform, WHAT, second_moments};
use crate::error::{Error, Result};
use crate::learners::{block_rows, row_slice};
use crate::math::par;
use ndarray::ArrayView2;

/// Sum over the rows of what `add` puts into `width` accumulators, block by block in row order.
fn row_sums(
    values: ArrayView2<'_, f64>,
    transform: &Transform,
    width: usize,
    add: impl Fn(&[f64], &mut [f64]) + Sync + Send,
) -> Vec<f64> {
    let n = values.nrows();
    let rows = block_rows(n);
    let parts = par::map(n.div_ceil(rows), |block| {
        let mut sums = vec![0.0; width];
        let mut z = vec![0.0; transform.columns.len()];
        let mut scratch = Vec::new();
        for i in block * rows..((block + 1) * rows).min(n) {
            let row = row_slice(values.row(i), &mut scratch);
            for (z, column) in z.iter_mut().zip(&transform.columns) {
                *z = column.apply(row);
            }
            add(&z, &mut sums);
        }
        sums
    });
    let mut total = vec![0.0; width];
    for part in &parts {
        for (t, p) in total.iter_mut().zip(part) {
            *t += p;
        }
    }
    total
}

/// Mean and covariance (divided by n) of the scaled rows; row-major. The mean is rounding but for robust scaling.
pub(super) fn empirical(values: ArrayView2<'_, f64>, transform: &Transform) -> (Vec<f64>, Vec<f64>) {
    let (n, d) = (values.nrows() as f64, transform.columns.len());
    let mut mean = row_sums(values, transform, d, |z, sums| {
        for (sum, z) in sums.iter_mut().zip(z) {
            *sum += z;
        }
    });
    for m in &mut mean {
        *m /= n;
    }
    let moments = second_moments(values, transform);
    let covariance = moments.indexed_iter().map(|((i, j), m)| m * ((n - 1.0) / n) - mean[i] * mean[j]).collect();
    (mean, covariance)
}

/// `(1 - s) S + s tr(S)/d I`.
pub(super) fn shrink(mut covariance: Vec<f64>, d: usize, s: f64) -> Vec<f64> {
    if s > 0.0 {
        let mu = trace(&covariance, d) / d as f64;
        for (i, cell) in covariance.iter_mut().enumerate() {
            *cell = (1.0 - s) * *cell + if i % (d + 1) == 0 { s * mu } else { 0.0 };
        }
    }
    covariance
}

fn trace(covariance: &[f64], d: usize) -> f64 {
    covariance.iter().step_by(d + 1).sum()
}

/// The shrinkage of Ledoit & Wolf (2004): estimated variance of the entries of S over its squared distance from
/// `tr(S)/d I`, at most 1.
pub(super) fn ledoit_wolf(
    values: ArrayView2<'_, f64>,
    transform: &Transform,
    location: &[f64],
    covariance: &[f64],
) -> Result<f64> {
    let (n, d) = (values.nrows() as f64, location.len() as f64);
    if location.len() < 2 {
        return Ok(0.0);
    }
    // The mean over rows of |z zᵀ|² is that of |z|⁴.
    let fourth = row_sums(values, transform, 1, |z, sums| {
        let square: f64 = z.iter().zip(location).map(|(z, m)| (z - m) * (z - m)).sum();
        sums[0] += square * square;
    })[0]
        / n;
    let squares: f64 = covariance.iter().map(|s| s * s).sum();
    let mu = trace(covariance, location.len()) / d;
    let distance = squares - d * mu * mu;
    let variance = (fourth - squares) / n;
    if !(fourth.is_finite() && distance.is_finite()) {
        return Err(Error::numeric(WHAT, "fourth powers overflow; take Scaling::Standard"));
    }
    // The variance is not negative, nor is the distance; rounding may say otherwise.
    Ok(if variance <= 0.0 {
        0.0
    } else if variance >= distance {
        1.0
    } else {
        variance / distance
    })
}

/// The shrinkage of Chen, Wiesel, Eldar & Hero (2010) in the form of scikit-learn, at most 1.
pub(super) fn oas(covariance: &[f64], d: usize, n: usize) -> f64 {
    if d < 2 {
        return 0.0;
    }
    let (n, d2) = (n as f64, (d * d) as f64);
    let alpha = covariance.iter().map(|s| s * s).sum::<f64>() / d2;
    let mu = trace(covariance, d) / d as f64;
    let denominator = (n + 1.0) * (alpha - mu * mu / d as f64);
    let shrinkage = (alpha + mu * mu) / denominator;
    // Equal variances and no correlation leave a distance of zero, or of rounding: everything is shrunk.
    if denominator > 0.0 && shrinkage < 1.0 { shrinkage } else { 1.0 }
}
