//! A location and a covariance that can be inverted, and the distances they define.

use super::Transform;
use crate::learners::row_slice;
use crate::math::lanes::LANES;
use crate::math::linalg::cholesky_inverse;
use crate::math::par;
use ndarray::ArrayView2;

/// Rows of one parallel block; a multiple of the lanes.
const BLOCK: usize = 512;

#[derive(Debug, Clone, PartialEq)]
pub(super) struct Metric {
    location: Vec<f64>,
    /// Row-major.
    covariance: Vec<f64>,
    /// Inverse of the Cholesky factor: lower triangular, row-major.
    whitening: Vec<f64>,
    log_determinant: f64,
}

impl Metric {
    /// `None` when the covariance is singular to working precision, or not finite.
    pub(super) fn new(location: Vec<f64>, covariance: Vec<f64>) -> Option<Self> {
        let (whitening, log_determinant) = cholesky_inverse(&covariance, location.len())?;
        location.iter().all(|m| m.is_finite()).then_some(Self { location, covariance, whitening, log_determinant })
    }

    pub(super) fn location(&self) -> &[f64] {
        &self.location
    }

    pub(super) fn covariance(&self) -> &[f64] {
        &self.covariance
    }

    pub(super) fn log_determinant(&self) -> f64 {
        self.log_determinant
    }

    /// Squared distances of the rows, eight at a time, one row a lane, so that no sum depends on the block it is in.
    pub(super) fn squared(&self, values: ArrayView2<'_, f64>, transform: &Transform) -> Vec<f64> {
        let (n, d) = (values.nrows(), self.location.len());
        let mut out = vec![0.0; n];
        par::rows_init(
            &mut out,
            BLOCK,
            || (vec![[0.0; LANES]; d], Vec::new()),
            |(z, scratch), block, out| {
                for (group, out) in out.chunks_mut(LANES).enumerate() {
                    let first = block * BLOCK + group * LANES;
                    for l in 0..LANES {
                        // A last group that is not full repeats its last row.
                        let row = row_slice(values.row((first + l).min(n - 1)), scratch);
                        for ((z, column), m) in z.iter_mut().zip(&transform.columns).zip(&self.location) {
                            z[l] = column.apply(row) - m;
                        }
                    }
                    for (out, squared) in out.iter_mut().zip(self.eight_rows(z)) {
                        *out = squared;
                    }
                }
            },
        );
        out
    }

    /// Squared distances of scaled rows that are stored column by column, `n` cells each.
    pub(super) fn squared_columns(&self, columns: &[f64], n: usize, out: &mut Vec<f64>) {
        out.clear();
        let mut z = vec![[0.0; LANES]; self.location.len()];
        for first in (0..n).step_by(LANES) {
            let len = LANES.min(n - first);
            for ((z, column), m) in z.iter_mut().zip(columns.chunks_exact(n)).zip(&self.location) {
                for (z, x) in z.iter_mut().zip(&column[first..first + len]) {
                    *z = x - m;
                }
            }
            out.extend_from_slice(&self.eight_rows(&z)[..len]);
        }
    }

    /// Squared lengths of eight whitened rows, stored column by column, from which the location is already taken.
    #[inline]
    fn eight_rows(&self, z: &[[f64; LANES]]) -> [f64; LANES] {
        let d = z.len();
        let mut squared = [0.0; LANES];
        for (a, w) in self.whitening.chunks_exact(d.max(1)).enumerate() {
            let mut t = [0.0; LANES];
            for (w, z) in w[..=a].iter().zip(z) {
                for l in 0..LANES {
                    t[l] += w * z[l];
                }
            }
            for l in 0..LANES {
                squared[l] += t[l] * t[l];
            }
        }
        squared
    }

    /// `(z - m)_j (S⁻¹ (z - m))_j` of one scaled row.
    pub(super) fn contributions(&self, z: &[f64]) -> Vec<f64> {
        let d = self.location.len();
        let y: Vec<f64> = z.iter().zip(&self.location).map(|(z, m)| z - m).collect();
        let mut product = vec![0.0; d];
        for w in self.whitening.chunks_exact(d.max(1)) {
            let t: f64 = w.iter().zip(&y).map(|(w, y)| w * y).sum();
            for (p, w) in product.iter_mut().zip(w) {
                *p += w * t;
            }
        }
        y.iter().zip(&product).map(|(y, p)| y * p).collect()
    }
}
