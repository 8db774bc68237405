//! Does the level stay where it is, and is anything left to predict?
//!
//! # Formulas
//! * KPSS with a constant: `η = Σ S[t]² / (n² s²)`, S the running sum of the samples less their mean, s² their long-run variance with
//!   Bartlett's weights over L lags, L by the rule of Hobijn et al. The opposite of the Dickey-Fuller test: here a small p-value says
//!   "not stationary". The p-value is interpolated in the table of the paper, which reaches from 0.01 to 0.1. Equal to
//!   statsmodels' `kpss(x, "c", "auto")`.
//! * Ljung-Box: `Q = n (n+2) Σ r(k)² / (n-k)` over lags 1 to h, r the biased autocorrelation; its p-value is that of χ² with h
//!   degrees of freedom. Small: the window is not white noise. Equal to statsmodels' `acorr_ljungbox`.
//!
//! # Sources
//! D. Kwiatkowski, P. C. B. Phillips, P. Schmidt, Y. Shin, J. Econometrics 54 (1992); B. Hobijn, P. H. Franses, M. Ooms (1998) for
//! the number of lags; G. M. Ljung, G. E. P. Box, Biometrika 65 (1978).
//!
//! # Cost and NaN
//! KPSS `O(n)` whatever the number of lags: the sum with Bartlett's weights is the mean square of moving sums over L + 1 samples.
//! NaN for a constant; Ljung-Box with h ≥ n too.

use crate::features::calculator::{Calculator, Kernel, Param};
use crate::features::shared::{Needs, Scratch, Shared};
use crate::features::spec::Args;
use crate::math::lanes;
use crate::math::special::gamma_q;

/// The table of this family.
pub(crate) fn calculators() -> Vec<Calculator> {
    const KPSS: &[Param] = &[Param::word("attr", &["lags", "pvalue", "teststat"])];
    const BOX: &[Param] = &[Param::word("attr", &["pvalue", "teststat"]), Param::int("lags", 1, 1_000_000)];
    vec![
        Calculator::group(
            "kpss",
            KPSS,
            "KPSS test of a constant level, lags by Hobijn's rule; p-value within 0.01 to 0.1; NaN for a constant",
            |args| Box::new(Kpss { attributes: args.iter().map(|a| a.word(0).to_owned()).collect() }),
        ),
        Calculator::scalar(
            "ljung_box",
            BOX,
            "Ljung-Box test of white noise over lags 1 to `lags`; NaN for a constant",
            |a| Needs::new().autocorrelation(a.count(1)),
            ljung_box,
        ),
    ]
}

fn ljung_box(s: &Shared<'_>, args: &Args) -> f64 {
    let (n, lags, sums) = (s.len(), args.count(1), s.autocorrelation_sums());
    if lags >= n || lags >= sums.len() || s.moments().is_constant() {
        return f64::NAN;
    }
    let sum: f64 = (1..=lags).map(|k| (sums[k] / sums[0]).powi(2) / (n - k) as f64).sum();
    let statistic = n as f64 * (n as f64 + 2.0) * sum;
    if args.word(0) == "pvalue" { gamma_q(0.5 * lags as f64, 0.5 * statistic) } else { statistic }
}

struct Kpss {
    attributes: Vec<String>,
}

impl Kernel for Kpss {
    fn needs(&self) -> Needs {
        Needs::new().centred()
    }

    fn run(&self, shared: &Shared<'_>, scratch: &mut Scratch, out: &mut [f64]) {
        let found = if shared.moments().is_constant() { None } else { kpss(shared.centred(), scratch) };
        for (out, attribute) in out.iter_mut().zip(&self.attributes) {
            *out = match (found, attribute.as_str()) {
                (None, _) => f64::NAN,
                (Some((_, lags)), "lags") => lags as f64,
                (Some((statistic, _)), "pvalue") => p_value(statistic),
                (Some((statistic, _)), _) => statistic,
            };
        }
    }
}

/// The statistic and the number of lags, of samples less their mean.
fn kpss(x: &[f64], scratch: &mut Scratch) -> Option<(f64, usize)> {
    let n = x.len();
    let count = n as f64;
    let near = (count.powf(2.0 / 9.0)) as usize;
    let mut s0 = lanes::sum_squares(x) / count;
    let mut s1 = 0.0;
    for k in 1..=near.min(n.checked_sub(1)?) {
        let product = lanes::dot(&x[..n - k], &x[k..]) / (0.5 * count);
        s0 += product;
        s1 += k as f64 * product;
    }
    let ratio = s1 / s0;
    if !ratio.is_finite() {
        return None;
    }
    let lags = (1.1447 * (ratio * ratio).cbrt() * count.cbrt()) as usize;
    let lags = lags.min(n - 1);
    let running = scratch.floats(n);
    let mut sum = 0.0;
    for (r, v) in running.iter_mut().zip(x) {
        sum += v;
        *r = sum;
    }
    // Moving sums over lags + 1 samples, which begin before the window and end behind it.
    let span = lags + 1;
    let last = running[n - 1];
    let begin = lanes::sum_squares(&running[..span.min(n)]);
    let inside = lanes::sum_by2(&running[span.min(n)..], running, |a, b| (a - b) * (a - b));
    let end = lanes::sum_by(&running[n - span.min(n)..n - 1], |r| (last - r) * (last - r));
    let long_run = (begin + inside + end) / span as f64 / count;
    let statistic = lanes::sum_squares(running) / (count * count) / long_run;
    statistic.is_finite().then_some((statistic, lags))
}

/// Interpolation in table 1 of the paper; the ends stand for all beyond.
fn p_value(statistic: f64) -> f64 {
    const TABLE: [(f64, f64); 4] = [(0.347, 0.10), (0.463, 0.05), (0.574, 0.025), (0.739, 0.01)];
    if statistic <= TABLE[0].0 {
        return TABLE[0].1;
    }
    TABLE
        .windows(2)
        .find(|pair| statistic <= pair[1].0)
        .map_or(TABLE[3].1, |p| p[0].1 + (p[1].1 - p[0].1) / (p[1].0 - p[0].0) * (statistic - p[0].0))
}
