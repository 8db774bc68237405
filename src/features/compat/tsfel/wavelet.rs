//! TSFEL's five features of a continuous wavelet transform with the Mexican hat.
//!
//! `W(w, t)` is the transform of the window at width `w` (in samples; the frequency that TSFEL writes in the column is
//! `rate / (4 w)`). See [`cwt`](super::cwt) for the transform. Samples beyond the window count as 0, so a signal with
//! an offset shows its ends in every feature: take the mean out first where that disturbs.

use super::cwt::{MAX_WIDTH, WidthStats};
use super::numpy;
use crate::features::calculator::{Calculator, Param};
use crate::features::shared::{Needs, Shared};
use crate::features::spec::Args;

/// The rows of this file.
pub(super) fn calculators() -> Vec<Calculator> {
    const WIDTH: &[Param] = &[Param::int("width", 1, MAX_WIDTH as i64)];
    const MAX: &[Param] = &[Param::int("max_width", 2, MAX_WIDTH as i64 + 1).or("10")];
    let width: fn(&Args) -> Needs = |a| {
        let mut needs = Needs::new();
        needs.tsfel.width(a.count(0));
        needs
    };
    vec![
        Calculator::scalar(
            "tsfel_wavelet_absolute_mean",
            WIDTH,
            "|mean W| over the window, not the mean of |W|; W: Mexican hat of this width, unit of the signal",
            width,
            |s, a| stats(s, a).mean.abs(),
        ),
        Calculator::scalar(
            "tsfel_wavelet_energy",
            WIDTH,
            "sqrt(mean W²): a root mean square, not an energy; W: Mexican hat of this width, unit of the signal",
            width,
            |s, a| (stats(s, a).sum_squares / s.len() as f64).sqrt(),
        ),
        Calculator::scalar(
            "tsfel_wavelet_entropy",
            MAX,
            "-sum p ln p over widths 1..max_width-1, p: share of sum |W| at a width, nats; 0 if sum x is 0",
            |a| {
                let mut needs = Needs::new();
                (1..a.count(0)).for_each(|w| needs.tsfel.width(w));
                needs
            },
            |s, a| entropy(s, a.count(0)),
        ),
        Calculator::scalar(
            "tsfel_wavelet_standard_deviation",
            WIDTH,
            "standard deviation of W, divisor n; W: Mexican hat of this width, unit of the signal",
            width,
            |s, a| stats(s, a).variance.sqrt(),
        ),
        Calculator::scalar(
            "tsfel_wavelet_variance",
            WIDTH,
            "variance of W, divisor n; W: Mexican hat of this width, squared unit of the signal",
            width,
            |s, a| stats(s, a).variance,
        ),
    ]
}

fn stats(s: &Shared<'_>, a: &Args) -> WidthStats {
    s.tsfel().cwt.stats(a.count(0))
}

fn entropy(s: &Shared<'_>, max_width: usize) -> f64 {
    if !s.is_empty() && numpy::sum(s.samples()) == 0.0 {
        return 0.0;
    }
    let cwt = &s.tsfel().cwt;
    let total: f64 = (1..max_width).map(|w| cwt.stats(w).sum_abs).sum();
    let terms = (1..max_width).map(|w| {
        let p = cwt.stats(w).sum_abs / total;
        -p * p.ln()
    });
    terms.sum()
}
