//! Katz' dimension: the length of the curve against its reach.
//!
//! D = ln(L/a) / ln(d/a), with L = Σ|x[i+1] - x[i]|, a = L / (n - 1) the mean step and d = max |x[i] - x[0]|. M. J.
//! Katz, Fractals and the analysis of waveforms, Computers in Biology and Medicine 18 (1988), 145; distances along
//! the samples alone, as antropy and most packages take them, so that it does not depend on the unit but grows with
//! the window. NaN for a constant and where d = a.
//!
//! O(n).

use crate::features::calculator::Calculator;
use crate::features::shared::{Needs, Shared};
use crate::math::lanes;

pub(super) fn calculator() -> Calculator {
    Calculator::scalar(
        "katz_fd",
        &[],
        "fractal dimension of Katz, ln(n - 1) / ln(reach / mean step); NaN for a constant",
        |_| Needs::new().diff(),
        |shared, _| katz(shared),
    )
}

fn katz(shared: &Shared<'_>) -> f64 {
    let (x, diff) = (shared.samples(), shared.diff());
    let Some(&first) = x.first() else { return f64::NAN };
    let (low, high) = lanes::min_max(x);
    let reach = (high - first).max(first - low);
    let steps = diff.len() as f64;
    let step = lanes::sum_by(diff, f64::abs) / steps;
    if reach > 0.0 { steps.ln() / (reach / step).ln() } else { f64::NAN }
}
