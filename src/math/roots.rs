//! Zeros and minima of functions of one variable.

/// A zero of `f` between `lo` and `hi`, where the signs differ (Brent 1973: inverse quadratic interpolation guarded
/// by bisection). `None` when the signs are equal or a value at an end is NaN.
///
/// Stops when the bracket is narrower than `rel` times the zero, or than rounding allows.
pub(crate) fn brent(f: impl Fn(f64) -> f64, lo: f64, hi: f64, rel: f64) -> Option<f64> {
    let (mut a, mut b) = (lo, hi);
    let (mut fa, mut fb) = (f(a), f(b));
    if fa.is_nan() || fb.is_nan() {
        return None;
    }
    if fa == 0.0 {
        return Some(a);
    }
    if fb == 0.0 {
        return Some(b);
    }
    if fa.signum() * fb.signum() > 0.0 {
        return None;
    }
    let (mut c, mut fc) = (a, fa);
    let mut d = b - a;
    let mut e = d;
    for _ in 0..200 {
        if fb.signum() * fc.signum() > 0.0 {
            (c, fc) = (a, fa);
            d = b - a;
            e = d;
        }
        if fc.abs() < fb.abs() {
            (a, fa) = (b, fb);
            (b, fb) = (c, fc);
            (c, fc) = (a, fa);
        }
        let tol = 2.0 * f64::EPSILON * b.abs() + 0.5 * rel * b.abs();
        let half = 0.5 * (c - b);
        if half.abs() <= tol || fb == 0.0 {
            return Some(b);
        }
        if e.abs() >= tol && fa.abs() > fb.abs() {
            let s = fb / fa;
            let (mut p, mut q);
            if (a - c).abs() == 0.0 {
                p = 2.0 * half * s;
                q = 1.0 - s;
            } else {
                let r = fb / fc;
                q = fa / fc;
                p = s * (2.0 * half * q * (q - r) - (b - a) * (r - 1.0));
                q = (q - 1.0) * (r - 1.0) * (s - 1.0);
            }
            if p > 0.0 {
                q = -q;
            } else {
                p = -p;
            }
            if 2.0 * p < (3.0 * half * q - (tol * q).abs()).min((e * q).abs()) {
                e = d;
                d = p / q;
            } else {
                d = half;
                e = d;
            }
        } else {
            d = half;
            e = d;
        }
        (a, fa) = (b, fb);
        b += if d.abs() > tol { d } else { tol.copysign(half) };
        fb = f(b);
        if fb.is_nan() {
            return None;
        }
    }
    Some(b)
}

/// The place of a minimum of `f` between `lo` and `hi` by golden sections; the global one when `f` has only one.
/// NaN counts as infinitely bad.
pub(crate) fn golden_minimum(f: impl Fn(f64) -> f64, lo: f64, hi: f64, tolerance: f64) -> f64 {
    const RATIO: f64 = 0.618_033_988_749_894_8;
    let f = |x| {
        let y = f(x);
        if y.is_nan() { f64::INFINITY } else { y }
    };
    let (mut lo, mut hi) = (lo, hi);
    let mut left = hi - RATIO * (hi - lo);
    let mut right = lo + RATIO * (hi - lo);
    let (mut at_left, mut at_right) = (f(left), f(right));
    for _ in 0..200 {
        if hi - lo <= tolerance {
            break;
        }
        if at_left <= at_right {
            hi = right;
            (right, at_right) = (left, at_left);
            left = hi - RATIO * (hi - lo);
            at_left = f(left);
        } else {
            lo = left;
            (left, at_left) = (right, at_right);
            right = lo + RATIO * (hi - lo);
            at_right = f(right);
        }
    }
    0.5 * (lo + hi)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_zeros() {
        let root = brent(|x| x * x * x - 2.0, 0.0, 2.0, 1e-15).unwrap_or(f64::NAN);
        assert!((root - 2f64.cbrt()).abs() < 1e-15);
        // A function that is flat nearly everywhere needs the bisection guard.
        let root = brent(|x: f64| (x - 0.3).powi(9), -1.0, 4.0, 1e-15).unwrap_or(f64::NAN);
        assert!((root - 0.3).abs() < 1e-6);
        assert!(brent(|x| x * x + 1.0, -1.0, 1.0, 1e-15).is_none());
        assert!(brent(|_| f64::NAN, -1.0, 1.0, 1e-15).is_none());
    }

    #[test]
    fn finds_a_minimum() {
        let x = golden_minimum(|x| (x - 1.25).powi(2) + 3.0, -10.0, 10.0, 1e-9);
        assert!((x - 1.25).abs() < 1e-7);
        let x = golden_minimum(|x| if x > 2.0 { f64::NAN } else { -x }, 0.0, 4.0, 1e-9);
        assert!(x < 2.1);
    }
}
