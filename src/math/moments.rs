//! The plain statistics of a window: moments, sums, extremes.
//!
//! They are computed in blocks of [`BLOCK`] samples, counted from the window's start, and merged in order. A block's
//! statistics depend on its samples alone, so windows that overlap by whole blocks share them ([`Blocks`]) and the
//! bits are the same as without sharing.
//!
//! Within a block one loop does everything: the divider, which takes the square roots for the clearance factor, is the
//! slowest unit of the machine, and the rest hides behind it. Several accumulators in one loop is what the compiler
//! does not vectorise on its own, so the loop is written with explicit vectors. The lanes are fixed: the bits do not
//! depend on the machine's vector width.

use super::lanes;
use wide::f64x4;

/// Samples in a block.
pub(crate) const BLOCK: usize = 512;

/// What finite samples say about their amplitude distribution. `m2`, `m3`, `m4` are central moments (1/n). A second or
/// fourth moment or a sum that leaves the range of f64 is NaN.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct Moments {
    pub(crate) n: f64,
    pub(crate) mean: f64,
    pub(crate) m2: f64,
    pub(crate) m3: f64,
    pub(crate) m4: f64,
    pub(crate) sum_abs: f64,
    pub(crate) sum_squares: f64,
    pub(crate) sum_root_abs: f64,
    pub(crate) min: f64,
    pub(crate) max: f64,
}

/// Sum of the lanes in a fixed order.
fn total(v: f64x4) -> f64 {
    let a = v.to_array();
    (a[0] + a[2]) + (a[1] + a[3])
}

/// A block's mean, its sums of powers of the deviations from it, and its plain sums.
#[derive(Debug, Clone, Copy)]
struct Block {
    n: f64,
    mean: f64,
    d2: f64,
    d3: f64,
    d4: f64,
    sum_abs: f64,
    sum_root_abs: f64,
    min: f64,
    max: f64,
}

impl Block {
    const EMPTY: Self = Self {
        n: 0.0,
        mean: 0.0,
        d2: 0.0,
        d3: 0.0,
        d4: 0.0,
        sum_abs: 0.0,
        sum_root_abs: 0.0,
        min: f64::INFINITY,
        max: f64::NEG_INFINITY,
    };

    /// Deviations are taken from the mean of the block's first sixteenth and moved to the mean at the end. By
    /// Cauchy-Schwarz the mean of a share p of the values lies within sd sqrt((1 - p) / p) of the mean of all, here
    /// 3.9 sd: the move costs two or three of sixteen digits at worst, whatever the offset (1e6 + 1e-2 noise
    /// survives), and saves a pass.
    fn of<const ROOTS: bool>(x: &[f64]) -> Self {
        if x.is_empty() {
            return Self::EMPTY;
        }
        let n = x.len() as f64;
        let share = x.len().div_ceil(16);
        let centre = lanes::sum(&x[..share]) / share as f64;
        let (chunks, rest) = x.as_chunks::<4>();
        let zero = f64x4::splat(0.0);
        let c = f64x4::splat(centre);
        let (mut s1, mut s2, mut s3, mut s4) = (zero, zero, zero, zero);
        let (mut sa, mut sr) = (zero, zero);
        let (mut lo, mut hi) = (f64x4::splat(f64::INFINITY), f64x4::splat(f64::NEG_INFINITY));
        for chunk in chunks {
            let v = f64x4::from(*chunk);
            let d = v - c;
            let d2 = d * d;
            s1 += d;
            s2 += d2;
            s3 += d2 * d;
            s4 += d2 * d2;
            let a = v.abs();
            sa += a;
            if ROOTS {
                sr += a.sqrt();
            }
            lo = lo.fast_min(v);
            hi = hi.fast_max(v);
        }
        let (mut d1, mut d2, mut d3, mut d4) = (total(s1), total(s2), total(s3), total(s4));
        let (mut sum_abs, mut sum_root_abs) = (total(sa), total(sr));
        let mut min = lo.to_array().into_iter().fold(f64::INFINITY, f64::min);
        let mut max = hi.to_array().into_iter().fold(f64::NEG_INFINITY, f64::max);
        for &v in rest {
            let d = v - centre;
            d1 += d;
            d2 += d * d;
            d3 += d * d * d;
            d4 += d * d * (d * d);
            sum_abs += v.abs();
            if ROOTS {
                sum_root_abs += v.abs().sqrt();
            }
            min = min.min(v);
            max = max.max(v);
        }
        let e = d1 / n;
        Self {
            n,
            mean: centre + e,
            d2: d2 - n * e * e,
            d3: d3 - 3.0 * e * d2 + 2.0 * n * e * e * e,
            d4: d4 - 4.0 * e * d3 + 6.0 * e * e * d2 - 3.0 * n * e * e * e * e,
            sum_abs,
            sum_root_abs,
            min,
            max,
        }
    }

    /// Both together (Chan, Golub & LeVeque 1979; third and fourth powers: Pébay 2008).
    fn merge(self, b: &Self) -> Self {
        if self.n < 1.0 {
            return *b;
        }
        let a = self;
        let n = a.n + b.n;
        let step = (b.mean - a.mean) / n;
        let delta = b.mean - a.mean;
        let product = a.n * b.n;
        let term = delta * step * product;
        Self {
            n,
            mean: a.mean + step * b.n,
            d2: a.d2 + b.d2 + term,
            d3: a.d3 + b.d3 + term * step * (a.n - b.n) + 3.0 * step * (a.n * b.d2 - b.n * a.d2),
            d4: a.d4
                + b.d4
                + term * step * step * (a.n * a.n - product + b.n * b.n)
                + 6.0 * step * step * (a.n * a.n * b.d2 + b.n * b.n * a.d2)
                + 4.0 * step * (a.n * b.d3 - b.n * a.d3),
            sum_abs: a.sum_abs + b.sum_abs,
            sum_root_abs: a.sum_root_abs + b.sum_root_abs,
            min: a.min.min(b.min),
            max: a.max.max(b.max),
        }
    }
}

impl Moments {
    fn from_block(b: Block) -> Self {
        if b.n < 1.0 {
            return Self { mean: f64::NAN, min: f64::NAN, max: f64::NAN, ..Self::default() };
        }
        // What overflowed is unknown, not infinite: one over it would be 0, a number.
        let finite = |v: f64| if v.is_finite() { v } else { f64::NAN };
        let Block { n, sum_root_abs, min, max, .. } = b;
        let sum_abs = finite(b.sum_abs);
        if min >= max {
            let sum_squares = finite(n * min * min);
            return Self { n, mean: min, sum_abs, sum_squares, sum_root_abs, min, max, ..Self::default() };
        }
        // Not `max(0.0)`: it would turn what overflowed, NaN, into a spread of 0.
        let at_least_0 = |v: f64| if v < 0.0 { 0.0 } else { finite(v) };
        let (m2, m4) = (at_least_0(b.d2 / n), at_least_0(b.d4 / n));
        let sum_squares = finite(n * (m2 + b.mean * b.mean));
        Self { n, mean: b.mean, m2, m3: b.d3 / n, m4, sum_abs, sum_squares, sum_root_abs, min, max }
    }

    /// Whether the spread is nothing but rounding of the mean: the shape of such samples is undefined.
    pub(crate) fn is_constant(&self) -> bool {
        self.m2 <= (1e-15 * self.mean) * (1e-15 * self.mean)
    }
}

/// The blocks of the window before, for the window that comes next.
#[derive(Debug, Clone, Default)]
pub(crate) struct Blocks {
    kept: Vec<Block>,
    /// Where in the signal the kept blocks begin; nothing is kept of another signal.
    start: Option<usize>,
}

impl Blocks {
    /// Room for windows of `len` samples.
    pub(crate) fn new(len: usize) -> Self {
        Self { kept: Vec::with_capacity(len / BLOCK), start: None }
    }

    /// The statistics of `x`, which stands at `start` of its signal; `None` for samples that stand alone. The square
    /// roots (for the clearance factor) come only on request: they cost more than all else. A signal's windows must
    /// all be asked with the same `with_roots`.
    pub(crate) fn moments(&mut self, x: &[f64], start: Option<usize>, with_roots: bool) -> Moments {
        if with_roots { self.compute::<true>(x, start) } else { self.compute::<false>(x, start) }
    }

    fn compute<const ROOTS: bool>(&mut self, x: &[f64], start: Option<usize>) -> Moments {
        let (whole, rest) = x.as_chunks::<BLOCK>();
        let moved = match (self.start, start) {
            (Some(before), Some(now)) if now >= before && (now - before) % BLOCK == 0 => (now - before) / BLOCK,
            _ => usize::MAX,
        };
        self.kept.drain(..moved.min(self.kept.len()));
        self.kept.truncate(whole.len());
        self.kept.extend(whole[self.kept.len()..].iter().map(|b| Block::of::<ROOTS>(b)));
        self.start = start;
        let mut all = self.kept.iter().fold(Block::EMPTY, |a, b| a.merge(b));
        if !rest.is_empty() {
            all = all.merge(&Block::of::<ROOTS>(rest));
        }
        Moments::from_block(all)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn signal(n: usize, offset: f64, scale: f64) -> Vec<f64> {
        let wave =
            |i: usize| (i as f64 * 0.7).sin() + 0.3 * (i as f64 * 0.011).cos() + ((i * 7919) % 101) as f64 * 0.01;
        (0..n).map(|i| offset + scale * wave(i)).collect()
    }

    fn direct(x: &[f64]) -> [f64; 9] {
        let n = x.len() as f64;
        let first = x[0];
        let mean = first + x.iter().map(|v| v - first).sum::<f64>() / n;
        let power = |k: i32| x.iter().map(|v| (v - mean).powi(k)).sum::<f64>() / n;
        [
            mean,
            power(2),
            power(3),
            power(4),
            x.iter().map(|v| v.abs()).sum(),
            x.iter().map(|v| v * v).sum(),
            x.iter().map(|v| v.abs().sqrt()).sum(),
            x.iter().copied().fold(f64::INFINITY, f64::min),
            x.iter().copied().fold(f64::NEG_INFINITY, f64::max),
        ]
    }

    fn fields(m: Moments) -> [f64; 9] {
        [m.mean, m.m2, m.m3, m.m4, m.sum_abs, m.sum_squares, m.sum_root_abs, m.min, m.max]
    }

    #[test]
    fn equal_to_the_definitions() {
        for n in [1, 2, 3, 5, 17, 511, 512, 513, 1024, 2000, 4096] {
            let x = signal(n, 0.4, 1.0);
            let found = fields(Blocks::default().moments(&x, None, true));
            let spread = found[1].sqrt();
            for (k, (f, e)) in found.iter().zip(direct(&x)).enumerate() {
                // Odd moments may cancel to nearly 0: relative to the spread.
                let unit = [1.0, 0.0, spread.powi(3), 0.0, 0.0, 0.0, 0.0, 0.0, 0.0][k] + e.abs();
                assert!((f - e).abs() <= 1e-12 * unit, "n {n}, field {k}: {f:e} against {e:e}");
            }
        }
    }

    #[test]
    fn a_large_offset_costs_few_digits() {
        let small = fields(Blocks::default().moments(&signal(4096, 0.0, 1e-2), None, false));
        let far = fields(Blocks::default().moments(&signal(4096, 1e6, 1e-2), None, false));
        // The samples themselves are rounded to 1.2e-10 at this offset.
        for k in 1..4 {
            assert!((far[k] / small[k] - 1.0).abs() < 1e-6, "{k}: {:e} against {:e}", far[k], small[k]);
        }
    }

    #[test]
    fn what_overflows_is_not_zero() {
        for scale in [1e160, 1e200, 1e300] {
            let x: Vec<f64> = (0..1000).map(|i| scale * (f64::from(i) * 0.37).sin()).collect();
            let m = Blocks::default().moments(&x, None, false);
            assert!(m.m2.is_nan() && m.m4.is_nan() && m.sum_squares.is_nan(), "{scale:e}: {m:?}");
        }
    }

    #[test]
    fn shared_blocks_give_the_same_bits() {
        let x = signal(20_000, 0.1, 2.0);
        for (len, hop) in [(4096, 2048), (4096, 512), (1500, 512), (1500, 1024), (700, 100), (512, 512), (600, 1024)] {
            let mut sharing = Blocks::new(len);
            let mut start = 0;
            while start + len <= x.len() {
                let window = &x[start..start + len];
                let shared = fields(sharing.moments(window, Some(start), true));
                let alone = fields(Blocks::default().moments(window, None, true));
                assert_eq!(shared.map(f64::to_bits), alone.map(f64::to_bits), "len {len} hop {hop} start {start}");
                start += hop;
            }
        }
    }
}
