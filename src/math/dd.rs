//! Twice the digits of f64: a sum of two floats, for the few places where a normal equation would lose all of them.
//!
//! A least squares problem by its cross products costs `O(n p)` where columns are shifted copies of each other, instead of
//! `O(n p²)` by an orthogonal factorisation, but squares the condition number. In 106 bits the square does no harm: a
//! condition of 1e10 leaves twelve digits.
//!
//! Source: T. J. Dekker, "A floating-point technique for extending the available precision", Numer. Math. 18 (1971).
//! Splitting overflows beyond 2^996: scale first.

use super::lanes::LANES;
use std::ops::{Add, Div, Mul, Neg, Sub};

/// The unevaluated sum `hi + lo`, `lo` at most half a unit in the last place of `hi`.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct Dd {
    pub(crate) hi: f64,
    pub(crate) lo: f64,
}

/// 2^27 + 1.
const SPLITTER: f64 = 134_217_729.0;

/// The upper 26 bits of a float; the rest is `a - head(a)`.
#[inline]
fn head(a: f64) -> f64 {
    let t = SPLITTER * a;
    t - (t - a)
}

#[inline]
fn two_sum(a: f64, b: f64) -> (f64, f64) {
    let s = a + b;
    let t = s - a;
    (s, (a - (s - t)) + (b - t))
}

#[inline]
fn quick_two_sum(a: f64, b: f64) -> Dd {
    let s = a + b;
    Dd { hi: s, lo: b - (s - a) }
}

#[inline]
fn two_product(a: f64, b: f64) -> (f64, f64) {
    let p = a * b;
    let (ah, bh) = (head(a), head(b));
    let (al, bl) = (a - ah, b - bh);
    (p, ((ah * bh - p) + ah * bl + al * bh) + al * bl)
}

impl Dd {
    pub(crate) const ZERO: Self = Self { hi: 0.0, lo: 0.0 };

    /// The product of two floats, exactly.
    #[inline]
    pub(crate) fn product(a: f64, b: f64) -> Self {
        let (hi, lo) = two_product(a, b);
        Self { hi, lo }
    }

    #[inline]
    pub(crate) fn value(self) -> f64 {
        self.hi + self.lo
    }

    /// Square root; 0 of what is not positive.
    #[inline]
    pub(crate) fn sqrt(self) -> Self {
        if self.hi <= 0.0 {
            return Self::ZERO;
        }
        let root = self.hi.sqrt();
        let rest = self - Self::product(root, root);
        quick_two_sum(root, 0.5 * rest.hi / root)
    }
}

impl From<f64> for Dd {
    #[inline]
    fn from(hi: f64) -> Self {
        Self { hi, lo: 0.0 }
    }
}

impl Add for Dd {
    type Output = Self;
    #[inline]
    fn add(self, o: Self) -> Self {
        let (s, e) = two_sum(self.hi, o.hi);
        let (t, f) = two_sum(self.lo, o.lo);
        let v = quick_two_sum(s, e + t);
        quick_two_sum(v.hi, v.lo + f)
    }
}

impl Neg for Dd {
    type Output = Self;
    #[inline]
    fn neg(self) -> Self {
        Self { hi: -self.hi, lo: -self.lo }
    }
}

impl Sub for Dd {
    type Output = Self;
    #[inline]
    fn sub(self, o: Self) -> Self {
        self + -o
    }
}

impl Mul for Dd {
    type Output = Self;
    #[inline]
    fn mul(self, o: Self) -> Self {
        let (p, e) = two_product(self.hi, o.hi);
        quick_two_sum(p, e + (self.hi * o.lo + self.lo * o.hi))
    }
}

impl Div for Dd {
    type Output = Self;
    #[inline]
    fn div(self, o: Self) -> Self {
        let first = self.hi / o.hi;
        let rest = self - o * first.into();
        let second = rest.hi / o.hi;
        let rest = rest - o * second.into();
        quick_two_sum(first, second) + (rest.hi / o.hi).into()
    }
}

/// Heads of the samples for [`dot`].
pub(crate) fn heads(x: &[f64], out: &mut [f64]) {
    for (h, &v) in out.iter_mut().zip(x) {
        *h = head(v);
    }
}

/// Sum of products of two slices of one length, with the heads of both.
pub(crate) fn dot(x: &[f64], x_head: &[f64], y: &[f64], y_head: &[f64]) -> Dd {
    const WIDTH: usize = LANES / 2;
    let n = x.len().min(y.len()).min(x_head.len()).min(y_head.len());
    let mut sum = [0.0; WIDTH];
    let mut low = [0.0; WIDTH];
    let (xc, xr) = x[..n].as_chunks::<WIDTH>();
    let (yc, yr) = y[..n].as_chunks::<WIDTH>();
    let (xh, xhr) = x_head[..n].as_chunks::<WIDTH>();
    let (yh, yhr) = y_head[..n].as_chunks::<WIDTH>();
    // Plain loops over arrays of fixed length: the compiler makes vector instructions of each.
    let mut add = |a: &[f64; WIDTH], ah: &[f64; WIDTH], b: &[f64; WIDTH], bh: &[f64; WIDTH]| {
        let mut p = [0.0; WIDTH];
        let mut e = [0.0; WIDTH];
        for k in 0..WIDTH {
            p[k] = a[k] * b[k];
        }
        for k in 0..WIDTH {
            let (al, bl) = (a[k] - ah[k], b[k] - bh[k]);
            e[k] = ((ah[k] * bh[k] - p[k]) + ah[k] * bl + al * bh[k]) + al * bl;
        }
        for k in 0..WIDTH {
            let s = sum[k] + p[k];
            let t = s - sum[k];
            low[k] += ((sum[k] - (s - t)) + (p[k] - t)) + e[k];
            sum[k] = s;
        }
    };
    for (((a, ah), b), bh) in xc.iter().zip(xh).zip(yc).zip(yh) {
        add(a, ah, b, bh);
    }
    let padded = |rest: &[f64]| std::array::from_fn(|k| rest.get(k).copied().unwrap_or(0.0));
    add(&padded(xr), &padded(xhr), &padded(yr), &padded(yhr));
    let lane = |k: usize| quick_two_sum(sum[k], low[k]);
    (lane(0) + lane(2)) + (lane(1) + lane(3))
}

/// Sum of the samples.
pub(crate) fn sum(x: &[f64]) -> Dd {
    const WIDTH: usize = LANES / 2;
    let (chunks, rest) = x.as_chunks::<WIDTH>();
    let (mut sum, mut low) = ([0.0; WIDTH], [0.0; WIDTH]);
    for c in chunks {
        for k in 0..WIDTH {
            let s = sum[k] + c[k];
            let t = s - sum[k];
            low[k] += (sum[k] - (s - t)) + (c[k] - t);
            sum[k] = s;
        }
    }
    let lane = |k: usize| quick_two_sum(sum[k], low[k]);
    let whole = (lane(0) + lane(2)) + (lane(1) + lane(3));
    rest.iter().fold(whole, |total, &v| total + v.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arithmetic_keeps_twice_the_digits() {
        let third = Dd::from(1.0) / 3.0.into();
        let one = third * 3.0.into();
        assert!((one - 1.0.into()).value().abs() < 1e-31);
        let root = Dd::from(2.0).sqrt();
        assert!((root * root - 2.0.into()).value().abs() < 1e-31);
        let tiny = Dd::from(1.0) + 1e-25.into() - 1.0.into();
        assert!((tiny.value() / 1e-25 - 1.0).abs() < 1e-6);
        let step = f64::EPSILON;
        assert!(((Dd::product(1.0 + step, 1.0 - step) - 1.0.into()).value() / (step * step) + 1.0).abs() < 1e-15);
    }

    #[test]
    fn a_dot_that_cancels_keeps_its_digits() {
        for n in [0_usize, 1, 3, 4, 9, 100] {
            // 1e12 squared, taken back again, and something small.
            let mut x = vec![0.0; 2 * n];
            let mut y = x.clone();
            for i in 0..n {
                (x[i], y[i]) = (1e12 + i as f64, 1e12 - 0.5);
                (x[n + i], y[n + i]) = (1e12 + i as f64, -(1e12 - 0.5));
            }
            x.push(1.25);
            y.push(0.5);
            let (mut xh, mut yh) = (x.clone(), y.clone());
            heads(&x, &mut xh);
            heads(&y, &mut yh);
            assert!((dot(&x, &xh, &y, &yh).value() - 0.625).abs() < 1e-4 * f64::EPSILON * n as f64 * 1e12 + 1e-15);
            assert!((sum(&x).value() - x.iter().sum::<f64>()).abs() <= 1e-3 * n as f64);
        }
    }
}
