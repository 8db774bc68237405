//! Cubic splines through the extrema, evaluated at every sample.

/// The spline through `(x, y)` at 0, 1, 2, ...: added to `out` with a factor. `x` ascends strictly, and its ends lie
/// at or beyond those of `out`.
///
/// The third derivative is continuous at the second and the last but one knot ("not a knot"); three knots get the
/// natural spline, two the line.
pub(super) fn add_spline(x: &[f64], y: &[f64], factor: f64, out: &mut [f64], work: &mut Vec<f64>) {
    let m = x.len().min(y.len());
    match m {
        0 => return,
        1 => {
            out.iter_mut().for_each(|o| *o += factor * y[0]);
            return;
        }
        _ => {}
    }
    work.clear();
    work.resize(2 * m, 0.0);
    let (slope, upper) = work.split_at_mut(m);
    slopes(&x[..m], &y[..m], slope, upper);
    let mut from = 0;
    for i in 0..m - 1 {
        let h = x[i + 1] - x[i];
        // The samples up to the next knot; the last piece takes all that is left.
        let to = if i + 2 == m { out.len() } else { (x[i + 1].max(0.0).ceil() as usize).clamp(from, out.len()) };
        if from >= to {
            continue;
        }
        let rise = (y[i + 1] - y[i]) / h;
        let curve = (slope[i] + slope[i + 1] - 2.0 * rise) / h;
        let (c3, c2) = (factor * curve / h, factor * ((rise - slope[i]) / h - curve));
        let (c1, c0) = (factor * slope[i], factor * y[i]);
        for (t, o) in (from..to).zip(&mut out[from..to]) {
            let s = t as f64 - x[i];
            *o += ((c3 * s + c2) * s + c1) * s + c0;
        }
        from = to;
    }
}

/// First derivatives at the knots; there are at least two.
fn slopes(x: &[f64], y: &[f64], slope: &mut [f64], upper: &mut [f64]) {
    let m = x.len();
    let h = |i: usize| x[i + 1] - x[i];
    let rise = |i: usize| (y[i + 1] - y[i]) / h(i);
    if m == 2 {
        slope.fill(rise(0));
        return;
    }
    // Forward elimination without pivots: the matrix is an M-matrix after the first step.
    let (diagonal, beside, right) = if m == 3 {
        (2.0, 1.0, 3.0 * rise(0))
    } else {
        let d = h(0) + h(1);
        (h(1), d, ((h(0) + 2.0 * d) * h(1) * rise(0) + h(0) * h(0) * rise(1)) / d)
    };
    upper[0] = beside / diagonal;
    slope[0] = right / diagonal;
    for i in 1..m - 1 {
        let pivot = 2.0 * (h(i - 1) + h(i)) - h(i) * upper[i - 1];
        upper[i] = h(i - 1) / pivot;
        slope[i] = (3.0 * (h(i) * rise(i - 1) + h(i - 1) * rise(i)) - h(i) * slope[i - 1]) / pivot;
    }
    let (before, diagonal, right) = if m == 3 {
        (1.0, 2.0, 3.0 * rise(1))
    } else {
        let (a, b) = (h(m - 3), h(m - 2));
        let d = a + b;
        (d, a, (b * b * rise(m - 3) + (2.0 * d + b) * a * rise(m - 2)) / d)
    };
    slope[m - 1] = (right - before * slope[m - 2]) / (diagonal - before * upper[m - 2]);
    for i in (0..m - 1).rev() {
        slope[i] -= upper[i] * slope[i + 1];
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cubic_is_its_own_spline() {
        let f = |t: f64| 0.01 * t.powi(3) - 0.3 * t * t + t - 2.0;
        for knots in [&[-3.0, 2.0, 7.5, 30.0][..], &[-1.0, 1.0, 2.0, 9.0, 10.0, 40.0]] {
            let y: Vec<f64> = knots.iter().map(|t| f(*t)).collect();
            let mut out = vec![1.0; 25];
            add_spline(knots, &y, 0.5, &mut out, &mut Vec::new());
            for (t, o) in out.iter().enumerate() {
                assert!((o - 1.0 - 0.5 * f(t as f64)).abs() < 1e-10, "{t}: {o}");
            }
        }
    }

    #[test]
    fn few_knots() {
        let mut out = vec![0.0; 5];
        add_spline(&[0.0, 4.0], &[1.0, 3.0], 1.0, &mut out, &mut Vec::new());
        assert_eq!(out, [1.0, 1.5, 2.0, 2.5, 3.0]);
        // The natural spline through (0, 0), (2, 1), (4, 0): 0.75 s - s^3 / 16.
        let mut out = vec![0.0; 5];
        add_spline(&[0.0, 2.0, 4.0], &[0.0, 1.0, 0.0], 1.0, &mut out, &mut Vec::new());
        assert!((out[1] - 0.6875).abs() < 1e-15 && (out[3] - 0.6875).abs() < 1e-15, "{out:?}");
        add_spline(&[], &[], 1.0, &mut out, &mut Vec::new());
    }
}
