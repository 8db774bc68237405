//! Symmetric eigenproblems and small dense algebra, behind checks that keep panics and endless loops out.
//!
//! `linfa-linalg` does the work. What stands in front of it: its solvers unwrap on NaN, and its QR iteration
//! compares off-diagonal elements with the neighbouring diagonal alone, so that a singular matrix whose diagonal
//! reaches zero need not end. A diagonal shift by the norm keeps the diagonal away from zero; it costs at most one
//! bit of the norm-wise accuracy that the method has anyway.

use crate::error::{Error, Result};
use linfa_linalg::eigh::Eigh as _;
use ndarray::Array2;

/// `Ok(n)` when the matrix is n by n and finite.
fn check_square(what: &'static str, a: &Array2<f64>) -> Result<usize> {
    if a.nrows() != a.ncols() {
        return Err(Error::shape(format!("{what}: columns of a square matrix"), a.nrows(), a.ncols()));
    }
    if a.iter().all(|v| v.is_finite()) {
        Ok(a.nrows())
    } else {
        Err(Error::numeric(what, "the matrix is not finite; the values may be too large to square"))
    }
}

/// Eigenvalues of a symmetric matrix in descending order, and the unit eigenvectors: vector `a` is row `a`. The
/// largest component of each vector is positive, so that the sign is defined.
pub(crate) fn symmetric_eigen(a: &Array2<f64>) -> Result<(Vec<f64>, Array2<f64>)> {
    let what = "eigenvalues of a symmetric matrix";
    let n = check_square(what, a)?;
    let norm = a.rows().into_iter().map(|r| r.iter().map(|v| v.abs()).sum::<f64>()).fold(0.0, f64::max);
    if !norm.is_finite() {
        return Err(Error::numeric(what, "the norm overflows"));
    }
    if n == 0 || norm < f64::MIN_POSITIVE {
        return Ok((vec![0.0; n], Array2::eye(n)));
    }
    if n == 1 {
        return Ok((vec![a[[0, 0]]], Array2::eye(1)));
    }
    // Every eigenvalue of `shifted` lies in [1, 3]: Gershgorin bounds those of a / norm by 1.
    let mut shifted = a / norm;
    for i in 0..n {
        shifted[[i, i]] += 2.0;
    }
    let (values, vectors) = shifted.eigh()?;
    let mut order: Vec<usize> = (0..n).collect();
    order.sort_by(|&i, &j| values[j].total_cmp(&values[i]));
    let mut rows = Array2::zeros((n, n));
    for (to, &from) in order.iter().enumerate() {
        let column = vectors.column(from);
        let largest = column.iter().copied().fold(0.0, |m: f64, v| if v.abs() > m.abs() { v } else { m });
        let sign = if largest < 0.0 { -1.0 } else { 1.0 };
        for (cell, v) in rows.row_mut(to).iter_mut().zip(column) {
            *cell = sign * v;
        }
    }
    // The Rayleigh quotient of the unshifted matrix takes the rounding of the shift out of the eigenvalues again.
    let eigenvalues: Vec<f64> = rows.rows().into_iter().map(|v| v.dot(&a.dot(&v))).collect();
    if rows.iter().chain(&eigenvalues).all(|v| v.is_finite()) {
        Ok((eigenvalues, rows))
    } else {
        Err(Error::numeric(what, "the iteration left the finite numbers"))
    }
}

/// Solves `matrix` x = `rhs` for a symmetric positive definite matrix, `n` x `n` row-major. `None` when a pivot is
/// not clearly positive: the matrix is singular to working precision.
pub(crate) fn cholesky_solve(matrix: &[f64], rhs: &[f64]) -> Option<Vec<f64>> {
    let n = rhs.len();
    if matrix.len() != n * n {
        return None;
    }
    let mut l = matrix.to_vec();
    for j in 0..n {
        let pivot = l[j * n + j] - (0..j).map(|k| l[j * n + k] * l[j * n + k]).sum::<f64>();
        if pivot.is_nan() || pivot <= matrix[j * n + j].abs() * 1e-13 {
            return None;
        }
        let root = pivot.sqrt();
        l[j * n + j] = root;
        for i in j + 1..n {
            let dot: f64 = (0..j).map(|k| l[i * n + k] * l[j * n + k]).sum();
            l[i * n + j] = (l[i * n + j] - dot) / root;
        }
    }
    let mut x = rhs.to_vec();
    for i in 0..n {
        let dot: f64 = (0..i).map(|k| l[i * n + k] * x[k]).sum();
        x[i] = (x[i] - dot) / l[i * n + i];
    }
    for i in (0..n).rev() {
        let dot: f64 = (i + 1..n).map(|k| l[k * n + i] * x[k]).sum();
        x[i] = (x[i] - dot) / l[i * n + i];
    }
    x.iter().all(|v| v.is_finite()).then_some(x)
}

/// Inverse `W` of the Cholesky factor of a symmetric positive definite matrix, `n` x `n` row-major and lower
/// triangular, so that `|W x|²` is `xᵀ matrix⁻¹ x`; and the logarithm of the determinant. `None` when a pivot is not
/// clearly positive: the matrix is singular to working precision.
pub(crate) fn cholesky_inverse(matrix: &[f64], n: usize) -> Option<(Vec<f64>, f64)> {
    if matrix.len() != n * n {
        return None;
    }
    let mut l = vec![0.0; n * n];
    let mut log_determinant = 0.0;
    for i in 0..n {
        for j in 0..=i {
            let dot: f64 = (0..j).map(|k| l[i * n + k] * l[j * n + k]).sum();
            let rest = matrix[i * n + j] - dot;
            if i > j {
                l[i * n + j] = rest / l[j * n + j];
            } else if rest > matrix[i * n + i].abs() * 1e-13 {
                l[i * n + i] = rest.sqrt();
                log_determinant += rest.ln();
            } else {
                return None;
            }
        }
    }
    let mut w = vec![0.0; n * n];
    for i in 0..n {
        w[i * n + i] = 1.0 / l[i * n + i];
        for j in 0..i {
            let dot: f64 = (j..i).map(|k| l[i * n + k] * w[k * n + j]).sum();
            w[i * n + j] = -dot / l[i * n + i];
        }
    }
    w.iter().all(|v| v.is_finite()).then_some((w, log_determinant))
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;

    fn check(a: &Array2<f64>) {
        let (values, vectors) = symmetric_eigen(a).unwrap();
        let scale = a.iter().fold(0.0_f64, |m, v| m.max(v.abs()));
        assert!(values.windows(2).all(|w| w[0] >= w[1] - 1e-14 * scale));
        for (lambda, v) in values.iter().zip(vectors.rows()) {
            assert!((v.dot(&v) - 1.0).abs() < 1e-12);
            for (left, right) in a.dot(&v).iter().zip(v.iter().map(|x| x * lambda)) {
                assert!((left - right).abs() <= 1e-13 * scale * a.nrows() as f64, "{left} {right}");
            }
        }
    }

    #[test]
    fn vectors_solve_the_equation() {
        check(&array![[2.0, 1.0], [1.0, 2.0]]);
        check(&array![[1.0]]);
        check(&Array2::from_elem((6, 6), 1.0));
        check(&Array2::from_elem((5, 5), 1e-200));
        check(&Array2::zeros((4, 4)));
        check(&Array2::eye(7));
        check(&Array2::from_shape_fn((30, 30), |(i, j)| 1.0 / (i + j + 1) as f64));
        check(&Array2::from_shape_fn((12, 12), |(i, j)| ((i * j) as f64 * 0.7).cos() + ((i + j) as f64).sin()));
        check(&array![[1.0, 0.0, 0.0], [0.0, 1e-220, 1e-221], [0.0, 1e-221, 0.0]]);
    }

    #[test]
    fn bad_matrices_are_errors() {
        assert!(symmetric_eigen(&array![[1.0, f64::NAN], [0.0, 1.0]]).is_err());
        assert!(symmetric_eigen(&Array2::zeros((2, 3))).is_err());
        assert!(symmetric_eigen(&Array2::from_elem((3, 3), f64::MAX)).is_err());
    }

    #[test]
    fn solves_and_refuses() {
        let x = cholesky_solve(&[4.0, 1.0, 1.0, 3.0], &[1.0, 2.0]).unwrap_or_default();
        assert!((x[0] - 1.0 / 11.0).abs() < 1e-15 && (x[1] - 7.0 / 11.0).abs() < 1e-15);
        assert!(cholesky_solve(&[1.0, 1.0, 1.0, 1.0], &[1.0, 2.0]).is_none());
        assert!(cholesky_solve(&[1.0], &[1.0, 2.0]).is_none());
        let (w, log_determinant) = cholesky_inverse(&[4.0, 1.0, 1.0, 3.0], 2).unwrap_or_default();
        let squared: f64 = w.chunks(2).map(|r| (r[0] + 2.0 * r[1]).powi(2)).sum();
        assert!((squared - 15.0 / 11.0).abs() < 1e-15 && (log_determinant - 11f64.ln()).abs() < 1e-15);
        assert!(cholesky_inverse(&[1.0, 1.0, 1.0, 1.0], 2).is_none());
        assert!(cholesky_inverse(&[f64::NAN], 1).is_none());
    }
}
