//! Normal rows of several columns: the logarithm of the determinant of their covariance.

use super::cost::{Asked, SegmentCost, Sweep};
use super::quadratic::{about_median, prefix};
use crate::error::Result;
use crate::math::dd::Dd;
use ndarray::ArrayView2;

/// Prefix sums of the columns and of their products, in twice the digits.
pub(super) struct Normal {
    d: usize,
    ridge: f64,
    sums: Vec<Vec<Dd>>,
    /// Of columns (0, 0), (1, 0), (1, 1), (2, 0), ...
    products: Vec<Vec<Dd>>,
}

impl Normal {
    pub(super) fn new(x: ArrayView2<'_, f64>, ridge: f64) -> Result<Self> {
        let (n, d) = x.dim();
        let columns: Vec<Vec<f64>> = x.columns().into_iter().map(|c| about_median(c.iter().copied())).collect();
        let mut products = Vec::new();
        for j in 0..d {
            for k in 0..=j {
                products.push(prefix(n, |i| Dd::product(columns[j][i], columns[k][i]))?);
            }
        }
        let sums: Result<Vec<_>> = columns.iter().map(|c| prefix(n, |i| c[i].into())).collect();
        Ok(Self { d, ridge, sums: sums?, products })
    }
}

impl SegmentCost for Normal {
    fn cost(&self, start: usize, end: usize) -> f64 {
        let d = self.d;
        let rows = (end - start) as f64;
        let sums: Vec<Dd> = self.sums.iter().map(|s| s[end] - s[start]).collect();
        // Cholesky of the lower triangle.
        let mut l = vec![0.0; d * (d + 1) / 2];
        let mut place = 0;
        for j in 0..d {
            for k in 0..=j {
                let products = self.products[place][end] - self.products[place][start];
                l[place] = (products - sums[j] * sums[k] / rows.into()).value() / (rows - 1.0);
                place += 1;
            }
        }
        let row = |j: usize| j * (j + 1) / 2;
        let mut log_determinant = 0.0;
        for j in 0..d {
            for k in 0..=j {
                let dot: f64 = (0..k).map(|m| l[row(j) + m] * l[row(k) + m]).sum();
                let rest = l[row(j) + k] - dot;
                l[row(j) + k] = if k < j {
                    rest / l[row(k) + k]
                } else {
                    // No pivot of S + ridge I is smaller; one may be after rounding.
                    let pivot = (rest + self.ridge).max(self.ridge);
                    log_determinant += pivot.ln();
                    pivot.sqrt()
                };
            }
        }
        rows * log_determinant
    }

    /// With the divisor L, splitting never costs; L - 1 makes a segment dearer by `L d ln(L / (L - 1))` at most, which
    /// falls with L.
    fn slack(&self, least: usize) -> f64 {
        let least = least.max(2) as f64;
        2.0 * self.d as f64 * least * (least / (least - 1.0)).ln()
    }

    fn sweep(&self) -> Box<dyn Sweep + '_> {
        Box::new(Asked::new(self))
    }
}
