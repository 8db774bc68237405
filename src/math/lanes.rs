//! Sums over slices in a fixed number of lanes.
//!
//! Eight lanes are part of the definition of every sum in the crate: they let the compiler use vector
//! instructions without reordering anything, and they fix the bits on every machine, with any number of threads.

/// Lanes of every sum.
pub(crate) const LANES: usize = 8;

/// Adds the lanes in a fixed tree order.
#[inline]
fn fold(a: [f64; LANES]) -> f64 {
    ((a[0] + a[4]) + (a[2] + a[6])) + ((a[1] + a[5]) + (a[3] + a[7]))
}

/// Sum of `f(x)` over the slice.
#[inline]
pub(crate) fn sum_by(x: &[f64], f: impl Fn(f64) -> f64) -> f64 {
    let (chunks, rest) = x.as_chunks::<LANES>();
    let mut acc = [0.0; LANES];
    for c in chunks {
        for k in 0..LANES {
            acc[k] += f(c[k]);
        }
    }
    for (a, &v) in acc.iter_mut().zip(rest) {
        *a += f(v);
    }
    fold(acc)
}

/// Sum of `f(x, y)` over two slices; the longer one is cut to the shorter.
#[inline]
pub(crate) fn sum_by2(x: &[f64], y: &[f64], f: impl Fn(f64, f64) -> f64) -> f64 {
    let n = x.len().min(y.len());
    let (xc, xr) = x[..n].as_chunks::<LANES>();
    let (yc, yr) = y[..n].as_chunks::<LANES>();
    let mut acc = [0.0; LANES];
    for (a, b) in xc.iter().zip(yc) {
        for k in 0..LANES {
            acc[k] += f(a[k], b[k]);
        }
    }
    for ((s, &a), &b) in acc.iter_mut().zip(xr).zip(yr) {
        *s += f(a, b);
    }
    fold(acc)
}

/// Sum of the slice.
#[inline]
pub(crate) fn sum(x: &[f64]) -> f64 {
    sum_by(x, |v| v)
}

/// Sum of squares.
#[inline]
pub(crate) fn sum_squares(x: &[f64]) -> f64 {
    sum_by(x, |v| v * v)
}

/// Sum of products.
#[inline]
pub(crate) fn dot(x: &[f64], y: &[f64]) -> f64 {
    sum_by2(x, y, |a, b| a * b)
}

/// Mean by two passes: the second adds the mean of what the first left over, so that a large offset costs no
/// digits. NaN when empty.
#[inline]
pub(crate) fn mean(x: &[f64]) -> f64 {
    if x.is_empty() {
        return f64::NAN;
    }
    let n = x.len() as f64;
    let first = sum(x) / n;
    first + sum_by(x, |v| v - first) / n
}

/// Sum of squared deviations from `centre`.
#[inline]
pub(crate) fn sum_squared_deviations(x: &[f64], centre: f64) -> f64 {
    sum_by(x, |v| {
        let d = v - centre;
        d * d
    })
}

/// Variance with `ddof` degrees of freedom taken off. NaN when there are not more values than that.
#[inline]
pub(crate) fn variance(x: &[f64], ddof: usize) -> f64 {
    if x.len() <= ddof {
        return f64::NAN;
    }
    sum_squared_deviations(x, mean(x)) / (x.len() - ddof) as f64
}

/// Smallest and largest value; (NaN, NaN) when empty. NaN cells are passed over.
#[inline]
pub(crate) fn min_max(x: &[f64]) -> (f64, f64) {
    let (chunks, rest) = x.as_chunks::<LANES>();
    let mut lo = [f64::INFINITY; LANES];
    let mut hi = [f64::NEG_INFINITY; LANES];
    for c in chunks {
        for k in 0..LANES {
            lo[k] = if c[k] < lo[k] { c[k] } else { lo[k] };
        }
        for k in 0..LANES {
            hi[k] = if c[k] > hi[k] { c[k] } else { hi[k] };
        }
    }
    for &v in rest {
        lo[0] = if v < lo[0] { v } else { lo[0] };
        hi[0] = if v > hi[0] { v } else { hi[0] };
    }
    let low = lo.iter().fold(f64::INFINITY, |a, &b| a.min(b));
    let high = hi.iter().fold(f64::NEG_INFINITY, |a, &b| a.max(b));
    if low > high { (f64::NAN, f64::NAN) } else { (low, high) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_large_offset_costs_no_digits() {
        let x: Vec<f64> = (0..1001).map(|i| 1e6 + 1e-2 * f64::from(i % 7 - 3)).collect();
        let exact = x.iter().map(|v| (v - 1e6) * (v - 1e6)).sum::<f64>() / 1001.0
            - (x.iter().map(|v| v - 1e6).sum::<f64>() / 1001.0).powi(2);
        assert!((variance(&x, 0) / exact - 1.0).abs() < 1e-9);
    }

    #[test]
    fn lanes_equal_the_plain_sum() {
        for n in 0..40 {
            let x: Vec<f64> = (0..n).map(f64::from).collect();
            assert!((sum(&x) - x.iter().sum::<f64>()).abs() < 1e-12);
            assert!((dot(&x, &x) - x.iter().map(|v| v * v).sum::<f64>()).abs() < 1e-9);
        }
        assert!(mean(&[]).is_nan());
        assert_eq!(min_max(&[2.0, -1.0, f64::NAN]), (-1.0, 2.0));
    }
}
