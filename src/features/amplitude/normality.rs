//! Is the window Gaussian: the W of Shapiro and Wilk.
//!
//! W compares the variance that the sorted samples would have if they lay on a Gaussian's expected order statistics
//! with the variance they have: 1 for a perfect Gaussian, smaller otherwise. A healthy machine's vibration is nearly
//! Gaussian; impacts lower W. Against moments (Jarque-Bera) it is more sensitive in short windows.
//!
//! Source: Shapiro & Wilk, *An analysis of variance test for normality* (1965); weights after Royston, *Remark AS
//! R94* (1995), with the normal quantiles of AS 111 (Beasley & Springer 1977), as scipy computes them. Royston checked
//! the approximation for 3 to 5000 samples; beyond, W is still computed by the same formula.
//! Cost: the sort, and one normal quantile for every second sample.

use crate::features::calculator::{Calculator, Kernel};
use crate::features::shared::{Needs, Scratch, Shared};
use crate::math::lanes;

/// The table of this family.
pub(crate) fn calculators() -> Vec<Calculator> {
    vec![Calculator::group(
        "shapiro_w",
        &[],
        "W of Shapiro & Wilk, at most 1 (Gaussian); 1 for a constant as in scipy, NaN below 3 samples",
        |_| Box::new(ShapiroW),
    )]
}

struct ShapiroW;

impl Kernel for ShapiroW {
    fn needs(&self) -> Needs {
        Needs::new().sorted()
    }

    fn run(&self, shared: &Shared<'_>, scratch: &mut Scratch, out: &mut [f64]) {
        let x = shared.sorted();
        let weights = scratch.floats(x.len() / 2);
        out.fill(shapiro_w(x, weights));
    }
}

/// W of sorted samples; `weights` has room for half of them.
fn shapiro_w(x: &[f64], weights: &mut [f64]) -> f64 {
    let n = x.len();
    let (Some(&low), Some(&high)) = (x.first(), x.last()) else { return f64::NAN };
    let range = high - low;
    if n < 3 || !range.is_finite() {
        return f64::NAN;
    }
    if range <= 0.0 {
        return 1.0;
    }
    fill_weights(n, weights);
    // The weights are antisymmetric: each belongs to the smallest and, with the other sign, to the largest samples.
    let spread = weights.iter().zip(x).zip(x.iter().rev()).map(|((w, low), high)| w * ((high - low) / range));
    let numerator: f64 = spread.sum();
    let squares = 2.0 * lanes::sum_squares(weights);
    let centre = x[n / 2];
    let mean = lanes::sum_by(x, |v| (v - centre) / range) / n as f64;
    let variance = lanes::sum_by(x, |v| {
        let d = (v - centre) / range - mean;
        d * d
    });
    (numerator * numerator / (squares * variance)).min(1.0)
}

/// Royston's weights of the largest samples, largest first.
fn fill_weights(n: usize, weights: &mut [f64]) {
    if n == 3 {
        weights.fill(std::f64::consts::FRAC_1_SQRT_2);
        return;
    }
    let count = n as f64;
    for (i, w) in weights.iter_mut().enumerate() {
        *w = -normal_quantile((i as f64 + 0.625) / (count + 0.25));
    }
    let total = 2.0 * lanes::sum_squares(weights);
    let u = 1.0 / count.sqrt();
    let polynomial = |c: [f64; 5]| c.iter().rev().fold(0.0, |sum, c| (sum + c) * u);
    let (Some(&m1), m2) = (weights.first(), weights.get(1).copied().unwrap_or(0.0)) else { return };
    let first = m1 / total.sqrt() + polynomial([0.221_157, -0.147_981, -2.071_19, 4.434_685, -2.706_056]);
    if n > 5 {
        let second = m2 / total.sqrt() + polynomial([0.042_981, -0.293_762, -1.752_461, 5.682_633, -3.582_633]);
        let left = (total - 2.0 * m1 * m1 - 2.0 * m2 * m2) / (1.0 - 2.0 * first * first - 2.0 * second * second);
        let scale = 1.0 / left.sqrt();
        weights.iter_mut().skip(2).for_each(|w| *w *= scale);
        weights[1] = second;
    } else {
        let left = (total - 2.0 * m1 * m1) / (1.0 - 2.0 * first * first);
        let scale = 1.0 / left.sqrt();
        weights.iter_mut().skip(1).for_each(|w| *w *= scale);
    }
    weights[0] = first;
}

/// Quantile of the standard normal distribution by AS 111, good to about 1e-9: the weights' own approximation rests
/// on it, so a better one would not make a better W.
fn normal_quantile(p: f64) -> f64 {
    let q = p - 0.5;
    let horner = |c: &[f64], x: f64| c.iter().rev().fold(0.0, |sum, c| sum * x + c);
    if q.abs() <= 0.42 {
        let r = q * q;
        return q * horner(&[2.506_628_238_84, -18.615_000_625_29, 41.391_197_735_34, -25.441_060_496_37], r)
            / horner(&[1.0, -8.473_510_930_90, 23.083_367_437_43, -21.062_241_018_26, 3.130_829_098_33], r);
    }
    let r = (-p.min(1.0 - p).ln()).sqrt();
    let tail = horner(&[-2.787_189_311_38, -2.297_964_791_34, 4.850_141_271_35, 2.321_212_768_58], r)
        / horner(&[1.0, 3.543_889_247_62, 1.637_067_818_97], r);
    tail.copysign(q)
}
