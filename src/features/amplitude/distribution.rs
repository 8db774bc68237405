//! How the amplitudes of a window are distributed: location, spread, and the shape that moments show.
//!
//! For slow process sensors (level, spread, drift of a distribution) and for machines (skewness and kurtosis are the
//! oldest indicators of a damaged bearing). All but the quantiles come from one pass over the samples; quantiles come
//! from one sort that all of them share.
//!
//! With the central moments m_k = mean (x - mean)^k: variance m2, skewness g1 = m3 / m2^1.5, excess kurtosis
//! g2 = m4 / m2² - 3, and the unbiased G1 = g1 sqrt(n (n - 1)) / (n - 2),
//! G2 = (n - 1) / ((n - 2)(n - 3)) ((n + 1) g2 + 6) (Joanes & Gill, *Comparing measures of sample skewness and
//! kurtosis*, 1998). `skewness` and `kurtosis` are those of tsfresh, which has them of pandas: unbiased, 0 for a constant, and
//! 0 where Σ(x - mean)², Σ(x - mean)³ or (n - 2)(n - 3)(Σ(x - mean)²)² is below 1e-14: signals in small units (metres of
//! displacement) have no shape. `skewness_unbiased` and `kurtosis_unbiased` are the same numbers in any unit, with NaN where the
//! shape is undefined.
//!
//! # NaN
//! The shape of a constant, too few samples for a divisor, and a spread whose square leaves the range of f64 (a
//! signal beyond about 1e±154; for fourth moments 1e±77). A window counts as constant when its spread is no more than
//! the rounding of its mean.

use crate::features::calculator::{Calculator, Kernel, Param};
use crate::features::shared::{Needs, Scratch, Shared};
use crate::features::spec::Args;
use crate::math::lanes;
use crate::math::moments::Moments;

/// The table of this family.
pub(crate) fn calculators() -> Vec<Calculator> {
    let none: fn(&Args) -> Needs = |_| Needs::new();
    let moments: fn(&Args) -> Needs = |_| Needs::new().moments();
    let sorted: fn(&Args) -> Needs = |_| Needs::new().sorted();
    const Q: &[Param] = &[Param::float("q", 0.0, 1.0)];
    const K: &[Param] = &[Param::int("k", 3, MAX_ORDER as i64)];
    const R: &[Param] = &[Param::float("r", 0.0, f64::MAX)];
    vec![
        Calculator::scalar("length", &[], "number of samples", none, |s, _| s.len() as f64),
        Calculator::scalar("mean", &[], "mean x, unit of the signal", moments, |s, _| s.mean()),
        Calculator::scalar("sum_values", &[], "sum x, unit of the signal", moments, |s, _| s.moments().n * s.mean()),
        Calculator::scalar("maximum", &[], "largest x, unit of the signal", moments, |s, _| s.moments().max),
        Calculator::scalar("minimum", &[], "smallest x, unit of the signal", moments, |s, _| s.moments().min),
        Calculator::scalar("median", &[], "middle x, mean of the two middle ones for even n", sorted, |s, _| {
            s.median()
        }),
        Calculator::scalar("quantile", Q, "quantile q, linear interpolation (type 7)", sorted, |s, a| {
            s.quantile(a.float(0))
        }),
        Calculator::scalar("variance", &[], "m2 = mean (x - mean)², divisor n, squared unit", moments, |s, _| {
            variance(s)
        }),
        Calculator::scalar("standard_deviation", &[], "sqrt(m2), divisor n, unit of the signal", moments, |s, _| {
            variance(s).sqrt()
        }),
        Calculator::scalar("var_ddof1", &[], "n m2 / (n - 1), squared unit; NaN below 2 samples", moments, |s, _| {
            var_ddof1(s)
        }),
        Calculator::scalar("std_ddof1", &[], "sqrt(n m2 / (n - 1)), unit of the signal", moments, |s, _| {
            var_ddof1(s).sqrt()
        }),
        Calculator::scalar("variation_coefficient", &[], "sqrt(m2) / mean; NaN for mean 0", moments, |s, _| {
            ratio(variance(s).sqrt(), s.mean())
        }),
        Calculator::scalar("skewness_biased", &[], "g1 = m3 / m2^1.5; NaN for a constant", moments, |s, _| skewness(s)),
        Calculator::scalar("skewness_unbiased", &[], "G1; NaN for a constant and below 3 samples", moments, |s, _| {
            skewness_unbiased(s)
        }),
        Calculator::scalar(
            "skewness",
            &[],
            "G1 as tsfresh: 0 for a constant and where a sum of powers is below 1e-14, NaN below 3 samples",
            moments,
            |s, _| zero_if_constant(s, 3.0, pandas_skewness),
        ),
        Calculator::scalar(
            "kurtosis_pearson",
            &[],
            "m4 / m2², 3 for a Gaussian; NaN for a constant",
            moments,
            |s, _| kurtosis(s),
        ),
        Calculator::scalar("kurtosis_biased", &[], "g2 = m4 / m2² - 3; NaN for a constant", moments, |s, _| {
            kurtosis(s) - 3.0
        }),
        Calculator::scalar("kurtosis_unbiased", &[], "G2; NaN for a constant and below 4 samples", moments, |s, _| {
            kurtosis_unbiased(s)
        }),
        Calculator::scalar(
            "kurtosis",
            &[],
            "G2 as tsfresh: 0 for a constant and where a sum of powers is below 1e-14, NaN below 4 samples",
            moments,
            |s, _| zero_if_constant(s, 4.0, pandas_kurtosis),
        ),
        Calculator::group("standardised_moment", K, "mean ((x - mean) / sqrt(m2))^k; NaN for a constant", |args| {
            Box::new(StandardisedMoments { orders: args.iter().map(|a| a.count(0)).collect() })
        }),
        Calculator::scalar("mean_absolute_deviation", &[], "mean |x - mean|, unit of the signal", moments, |s, _| {
            let mean = s.mean();
            lanes::sum_by(s.samples(), |v| (v - mean).abs()) / s.moments().n
        }),
        Calculator::scalar(
            "variance_larger_than_standard_deviation",
            &[],
            "1 when m2 > sqrt(m2), that is when the deviation exceeds one unit, else 0",
            moments,
            |s, _| truth(variance(s), |v| v > v.sqrt()),
        ),
        Calculator::scalar(
            "large_standard_deviation",
            R,
            "1 when sqrt(m2) > r (max - min), else 0",
            moments,
            |s, a| truth(variance(s), |v| v.sqrt() > a.float(0) * range(s)),
        ),
        Calculator::scalar(
            "symmetry_looking",
            R,
            "1 when |mean - median| < r (max - min), else 0",
            |_| Needs::new().moments().sorted(),
            |s, a| truth((s.mean() - s.median()).abs() - a.float(0) * range(s), |d| d < 0.0),
        ),
        Calculator::scalar(
            "jarque_bera",
            &[],
            "n / 6 (g1² + g2² / 4), large when not Gaussian (Jarque & Bera 1980); NaN for a constant",
            moments,
            |s, _| {
                let (g1, g2) = (skewness(s), kurtosis(s) - 3.0);
                s.moments().n / 6.0 * (g1 * g1 + g2 * g2 / 4.0)
            },
        ),
    ]
}

/// a / b, NaN when b is 0.
pub(super) fn ratio(a: f64, b: f64) -> f64 {
    if b.abs() > 0.0 { a / b } else { f64::NAN }
}

/// 1 or 0; NaN when what the question is about is not finite.
pub(super) fn truth(of: f64, answer: impl Fn(f64) -> bool) -> f64 {
    if of.is_finite() { f64::from(u8::from(answer(of))) } else { f64::NAN }
}

/// max x - min x.
pub(super) fn range(s: &Shared<'_>) -> f64 {
    s.moments().max - s.moments().min
}

/// Second central moment. 0 for different samples means that a square left the range of f64: NaN.
pub(super) fn variance(s: &Shared<'_>) -> f64 {
    variance_of(s.moments())
}

/// As [`variance`], of any moments.
pub(super) fn variance_of(m: &Moments) -> f64 {
    if m.m2 > 0.0 || m.min >= m.max { m.m2 } else { f64::NAN }
}

fn var_ddof1(s: &Shared<'_>) -> f64 {
    let n = s.moments().n;
    ratio(variance(s) * n, n - 1.0)
}

/// g1.
pub(super) fn skewness(s: &Shared<'_>) -> f64 {
    let m = s.moments();
    let below = m.m2 * m.m2.sqrt();
    if m.is_constant() || !below.is_normal() { f64::NAN } else { m.m3 / below }
}

/// m4 / m2².
pub(super) fn kurtosis(s: &Shared<'_>) -> f64 {
    kurtosis_of(s.moments())
}

/// As [`kurtosis`], of any moments.
pub(super) fn kurtosis_of(m: &Moments) -> f64 {
    let below = m.m2 * m.m2;
    if m.is_constant() || !below.is_normal() { f64::NAN } else { m.m4 / below }
}

fn skewness_unbiased(s: &Shared<'_>) -> f64 {
    let n = s.moments().n;
    if n < 3.0 { f64::NAN } else { skewness(s) * (n * (n - 1.0)).sqrt() / (n - 2.0) }
}

fn kurtosis_unbiased(s: &Shared<'_>) -> f64 {
    let n = s.moments().n;
    if n < 4.0 {
        return f64::NAN;
    }
    (n - 1.0) / ((n - 2.0) * (n - 3.0)) * ((n + 1.0) * (kurtosis(s) - 3.0) + 6.0)
}

/// Below this pandas takes a sum of powers for the rounding of 0, whatever the unit of the samples.
const PANDAS_ZERO: f64 = 1e-14;

/// G1, with the rule of pandas for small sums.
fn pandas_skewness(s: &Shared<'_>) -> f64 {
    let m = s.moments();
    let small = (m.n * variance(s)).abs() < PANDAS_ZERO || (m.n * m.m3).abs() < PANDAS_ZERO;
    if small && m.n >= 3.0 { 0.0 } else { skewness_unbiased(s) }
}

/// G2, with the rule of pandas for small sums.
fn pandas_kurtosis(s: &Shared<'_>) -> f64 {
    let m = s.moments();
    let n = m.n;
    let sum = n * variance(s);
    let below = (n - 2.0) * (n - 3.0) * sum * sum;
    if n >= 4.0 && below.abs() < PANDAS_ZERO { 0.0 } else { kurtosis_unbiased(s) }
}

/// The rule of pandas, and so of tsfresh: a constant has shape 0.
fn zero_if_constant(s: &Shared<'_>, least: f64, shape: fn(&Shared<'_>) -> f64) -> f64 {
    let m = s.moments();
    if m.n >= least && m.is_constant() && !variance(s).is_nan() { 0.0 } else { shape(s) }
}

/// Highest order of a standardised moment.
const MAX_ORDER: usize = 12;

/// All standardised moments of a set in one pass, the powers built up by multiplication.
struct StandardisedMoments {
    orders: Vec<usize>,
}

impl Kernel for StandardisedMoments {
    fn needs(&self) -> Needs {
        Needs::new().moments()
    }

    fn run(&self, shared: &Shared<'_>, _: &mut Scratch, out: &mut [f64]) {
        let m = shared.moments();
        let sd = variance(shared).sqrt();
        if m.is_constant() || !sd.is_normal() {
            out.fill(f64::NAN);
            return;
        }
        let highest = self.orders.iter().copied().max().unwrap_or(0).min(MAX_ORDER);
        let sums = power_sums(shared.samples(), m.mean, sd, highest);
        for (out, &k) in out.iter_mut().zip(&self.orders) {
            *out = sums.get(k).map_or(f64::NAN, |sum| sum / m.n);
        }
    }
}

/// Sums of ((x - mean) / sd)^k for k up to `highest`; the places of 0 and 1 stay 0.
fn power_sums(x: &[f64], mean: f64, sd: f64, highest: usize) -> [f64; MAX_ORDER + 1] {
    const L: usize = lanes::LANES;
    let mut acc = [[0.0; L]; MAX_ORDER + 1];
    let scale = 1.0 / sd;
    let mut add = |chunk: &[f64; L]| {
        let mut z = [0.0; L];
        for k in 0..L {
            z[k] = (chunk[k] - mean) * scale;
        }
        let mut power = z;
        for sums in acc.iter_mut().take(highest + 1).skip(2) {
            for k in 0..L {
                power[k] *= z[k];
                sums[k] += power[k];
            }
        }
    };
    let (chunks, rest) = x.as_chunks::<L>();
    for chunk in chunks {
        add(chunk);
    }
    // A sample at the mean adds nothing: the last chunk is filled up with it.
    let mut last = [mean; L];
    last[..rest.len()].copy_from_slice(rest);
    add(&last);
    acc.map(|lanes| lanes::sum(&lanes))
}
