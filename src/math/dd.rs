//! Twice the digits of f64: a sum of two floats, for the few places where a normal equation would lose all of them.
//!
//! A least squares problem by its cross products costs `O(n p)` where columns are shifted copies of each other, instead of
//! `O(n p²)` by an orthogonal factorisation, but squares the condition number. In 106 bits the square does no harm: a
//! condition of 1e10 leaves twelve digits.
//!
//! Source: T. J. Dekker, "A floating-point technique for extending the available precision", Numer. Math. 18 (1971).
//! Splitting overflows beyond 2^996: scale first. Sums come from outside, as exact integers.

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

    /// Times a power of two, exactly.
    #[inline]
    pub(crate) fn times_power(self, power: f64) -> Self {
        Self { hi: self.hi * power, lo: self.lo * power }
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

impl From<i128> for Dd {
    /// Exact below 2^106 in magnitude, the nearest up to 2^126.
    #[inline]
    fn from(v: i128) -> Self {
        let hi = v as f64;
        Self { hi, lo: (v - hi as i128) as f64 }
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

/// `y -= factor x`, of arrays of upper and lower halves. The error is of the order of the larger operand, not of the result.
pub(crate) fn subtract_multiple(y_hi: &mut [f64], y_lo: &mut [f64], factor: Dd, x_hi: &[f64], x_lo: &[f64]) {
    let factor_head = head(factor.hi);
    let factor_tail = factor.hi - factor_head;
    for (((yh, yl), &xh), &xl) in y_hi.iter_mut().zip(y_lo).zip(x_hi).zip(x_lo) {
        let p = factor.hi * xh;
        let top = head(xh);
        let tail = xh - top;
        let e = ((factor_head * top - p) + factor_head * tail + factor_tail * top) + factor_tail * tail;
        let low = e + (factor.hi * xl + factor.lo * xh);
        let (s, f) = two_sum(*yh, -p);
        let v = quick_two_sum(s, f + (*yl - low));
        (*yh, *yl) = (v.hi, v.lo);
    }
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
    fn a_multiple_of_an_array_is_that_of_its_elements() {
        let third = Dd::from(1.0) / 3.0.into();
        let x: Vec<Dd> = (0..9).map(|i| Dd::from(f64::from(i) - 2.0) / 7.0.into()).collect();
        let y: Vec<Dd> = (0..9).map(|i| Dd::from(1.0) / Dd::from(f64::from(i) + 1.0)).collect();
        let halves =
            |v: &[Dd]| (v.iter().map(|d| d.hi).collect::<Vec<_>>(), v.iter().map(|d| d.lo).collect::<Vec<_>>());
        let ((mut hi, mut lo), (x_hi, x_lo)) = (halves(&y), halves(&x));
        subtract_multiple(&mut hi, &mut lo, third, &x_hi, &x_lo);
        for i in 0..9 {
            let apart = y[i] - third * x[i] - Dd { hi: hi[i], lo: lo[i] };
            assert!(apart.value().abs() < 1e-31, "{i}");
        }
    }

    #[test]
    fn integers_keep_their_digits() {
        let odd = (1_i128 << 100) + 1;
        for v in [odd, -odd, 0, (1 << 54) - 1, (1 << 126) - 1, 1 - (1 << 126)] {
            let d = Dd::from(v);
            assert_eq!(d.value().to_bits(), d.hi.to_bits());
            assert_eq!(d.hi as i128 + d.lo as i128, v);
        }
        let small = Dd::from(odd).times_power(f64::exp2(-100.0));
        assert_eq!((small.hi, small.lo), (1.0, f64::exp2(-100.0)));
    }
}
