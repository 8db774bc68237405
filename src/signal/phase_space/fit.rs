//! The slope of a least squares line, in which all exponents end.

/// Slope of the least squares line through `(x, y)`; the longer slice is cut. NaN with fewer than two different `x`.
pub(crate) fn slope(x: &[f64], y: &[f64]) -> f64 {
    let n = x.len().min(y.len());
    let (x, y) = (&x[..n], &y[..n]);
    let count = n as f64;
    let (mx, my) = (x.iter().sum::<f64>() / count, y.iter().sum::<f64>() / count);
    let (mut sxx, mut sxy) = (0.0, 0.0);
    for (&x, &y) in x.iter().zip(y) {
        sxx += (x - mx) * (x - mx);
        sxy += (x - mx) * (y - my);
    }
    if sxx > 0.0 { sxy / sxx } else { f64::NAN }
}

#[cfg(test)]
mod tests {
    use super::slope;

    #[test]
    fn lines() {
        let x = [1.0, 2.0, 4.0];
        assert!((slope(&x, &x.map(|v| 7.0 - 3.0 * v)) + 3.0).abs() < 1e-14);
        // numpy.polyfit([1, 2, 4], [1, 0, 2], 1)[0] = 3 / 7
        assert!((slope(&x, &[1.0, 0.0, 2.0]) - 3.0 / 7.0).abs() < 1e-15);
        assert!(slope(&[1.0], &[2.0]).is_nan() && slope(&[], &[]).is_nan() && slope(&[3.0, 3.0], &[1.0, 2.0]).is_nan());
    }
}
