//! The plain statistics of a window in one pass over moments about a point near the mean.
//!
//! Several accumulators in one loop is what the compiler does not vectorise on its own, so this loop is written
//! with explicit vectors of four. The lanes are fixed: the bits do not depend on the machine's vector width.

use wide::f64x4;

/// What one window of finite samples says about its amplitude distribution. Moments are central and biased (1/n).
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

/// Every how many samples one is looked at for the centre.
const STRIDE: usize = 16;

/// The mean of every sixteenth sample. By Cauchy-Schwarz the mean of a share p of the values lies within
/// sd sqrt((1 - p) / p) of the mean of all, here 3.9 sd: near enough that moving the moments from there to the mean
/// costs at most two or three of sixteen digits, whatever the offset (1e6 + 1e-2 noise survives).
fn centre_near_the_mean(x: &[f64]) -> f64 {
    let sum: f64 = x.iter().step_by(STRIDE).sum();
    sum / x.len().div_ceil(STRIDE) as f64
}

impl Moments {
    /// The statistics of `x`; the square roots (for the clearance factor) only on request, as
    /// they cost more than everything else.
    pub(crate) fn of(x: &[f64], with_roots: bool) -> Self {
        if with_roots { Self::compute::<true>(x) } else { Self::compute::<false>(x) }
    }

    /// Whether the spread is nothing but rounding of the mean: the shape of such a window is undefined.
    pub(crate) fn is_constant(&self) -> bool {
        self.m2 <= (1e-15 * self.mean) * (1e-15 * self.mean)
    }

    fn compute<const ROOTS: bool>(x: &[f64]) -> Self {
        let n = x.len() as f64;
        if x.is_empty() {
            return Self { n, mean: f64::NAN, min: f64::NAN, max: f64::NAN, ..Self::default() };
        }
        let centre = centre_near_the_mean(x);
        // One loop for all: the divider, which takes the roots, is the slowest unit, and the rest hides behind it.
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
        let (mut abs, mut root) = (total(sa), total(sr));
        let mut min = lo.to_array().into_iter().fold(f64::NAN, f64::min);
        let mut max = hi.to_array().into_iter().fold(f64::NAN, f64::max);
        for &v in rest {
            let d = v - centre;
            d1 += d;
            d2 += d * d;
            d3 += d * d * d;
            d4 += d * d * (d * d);
            abs += v.abs();
            if ROOTS {
                root += v.abs().sqrt();
            }
            min = min.min(v);
            max = max.max(v);
        }
        if min >= max {
            return Self {
                n,
                mean: min,
                sum_abs: abs,
                sum_squares: n * min * min,
                sum_root_abs: root,
                min,
                max,
                ..Self::default()
            };
        }
        // Move the moments from the centre to the mean.
        let e = d1 / n;
        let (r2, r3, r4) = (d2 / n, d3 / n, d4 / n);
        let m2 = (r2 - e * e).max(0.0);
        let m3 = r3 - 3.0 * e * r2 + 2.0 * e * e * e;
        let m4 = (r4 - 4.0 * e * r3 + 6.0 * e * e * r2 - 3.0 * e * e * e * e).max(0.0);
        let mean = centre + e;
        Self { n, mean, m2, m3, m4, sum_abs: abs, sum_squares: n * (m2 + mean * mean), sum_root_abs: root, min, max }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    #[test]
    #[ignore]
    fn speed() {
        let x: Vec<f64> = (0..4096).map(|i| ((i * 7919) % 1000) as f64 * 0.01 - 5.0).collect();
        for roots in [true, false] {
            let mut best = f64::MAX;
            for _ in 0..2000 {
                let t = std::time::Instant::now();
                for _ in 0..10 {
                    std::hint::black_box(Moments::of(std::hint::black_box(&x), roots));
                }
                best = best.min(t.elapsed().as_secs_f64() * 1e5);
            }
            println!("{roots} {best:.3} us");
        }
    }
}
