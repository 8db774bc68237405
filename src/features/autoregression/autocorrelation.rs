//! How a window resembles itself some samples later: its memory, its rhythm.
//!
//! # Formulas
//! R(k) = Σ (x[i] - x̄)(x[i+k] - x̄), once a window for all features. Biased: R(k) / R(0), never beyond ±1 and the one
//! to search for zeros and minima, as its noise dies with the lag. Adjusted: R(k) n / ((n - k) R(0)).
//! Partial: the last coefficient of the autoregression of order k, by the Levinson-Durbin recursion on the adjusted
//! form.
//!
//! # Names of tsfresh
//! `autocorrelation`, `agg_autocorrelation` and `partial_autocorrelation` are tsfresh's, with its guards: NaN when the
//! variance is below 1e-8, and 0 below 1e-10. These depend on the unit (a displacement in metres is always below);
//! `acf_adjusted` and `acf_biased` are the same numbers without guards, NaN for a constant only.
//!
//! # Sources
//! Box & Jenkins, *Time Series Analysis* (1970), 2.1; J. Durbin, The fitting of time-series models (1960) for the
//! recursion; Wiener and Khinchin for the way through the FFT.
//!
//! # Range
//! NaN where the squares of the samples leave the range of f64.
//!
//! # Cost
//! O(n) a lag below 16, O(n log n) for all the others together.

use crate::error::Result;
use crate::features::calculator::{Calculator, Kernel, Param};
use crate::features::shared::{Needs, Scratch, Shared};
use crate::features::spec::Args;
use crate::math::lanes;
use crate::signal::spectral::{Complex64, FftScratch, RealFft};

const MAX_LAG: i64 = 1_000_000_000;

/// The table of this family.
pub(crate) fn calculators() -> Vec<Calculator> {
    const LAG: &[Param] = &[Param::int("lag", 0, MAX_LAG)];
    const AGGREGATE: &[Param] =
        &[Param::word("f_agg", &["mean", "median", "std", "var"]), Param::int("maxlag", 1, MAX_LAG)];
    let lag: fn(&Args) -> Needs = |a| Needs::new().autocorrelation(a.count(0));
    let all: fn(&Args) -> Needs = |_| Needs::new().autocorrelation(usize::MAX);
    vec![
        Calculator::scalar(
            "autocorrelation",
            LAG,
            "adjusted autocorrelation as tsfresh: NaN for a variance of 1e-8 or less",
            lag,
            |s, a| if s.variance() <= 1e-8 { f64::NAN } else { adjusted(s, a.count(0)) },
        ),
        Calculator::scalar(
            "acf_adjusted",
            LAG,
            "Σ (x[i] - mean)(x[i+lag] - mean) / ((n - lag) variance); NaN for a constant",
            lag,
            |s, a| adjusted(s, a.count(0)),
        ),
        Calculator::scalar(
            "acf_biased",
            LAG,
            "Σ (x[i] - mean)(x[i+lag] - mean) / (n variance); NaN for a constant",
            lag,
            |s, a| biased(s, a.count(0)),
        ),
        Calculator::group(
            "agg_autocorrelation",
            AGGREGATE,
            "aggregate of the adjusted autocorrelation of lags 1..=maxlag as tsfresh: 0 for a variance below 1e-10",
            |args| {
                let specs = args.iter().map(|a| (Aggregate::from_word(a.word(0)), a.count(1))).collect();
                Box::new(Aggregates { specs })
            },
        ),
        Calculator::group(
            "partial_autocorrelation",
            LAG,
            "partial autocorrelation by Levinson-Durbin on the adjusted form; NaN from lag n/2 on",
            |args| Box::new(Partial { lags: args.iter().map(|a| a.count(0)).collect() }),
        ),
        Calculator::scalar(
            "autocorrelation_time",
            &[],
            "first lag with a biased autocorrelation below 1/e, samples; NaN if there is none",
            all,
            |s, _| first_lag(s, |r, k| r[k] < r[0] / std::f64::consts::E),
        ),
        Calculator::scalar(
            "autocorrelation_first_zero",
            &[],
            "first lag with an autocorrelation of 0 or less, samples; NaN if there is none",
            all,
            |s, _| first_lag(s, |r, k| r[k] <= 0.0),
        ),
        Calculator::scalar(
            "autocorrelation_first_minimum",
            &[],
            "first lag with a biased autocorrelation below both neighbours', samples; NaN if there is none",
            all,
            |s, _| first_lag(s, |r, k| k + 1 < r.len() && r[k] < r[k - 1] && r[k] < r[k + 1]),
        ),
    ]
}

/// NaN beyond the window and for a constant.
fn biased(s: &Shared<'_>, lag: usize) -> f64 {
    let sums = s.autocorrelation_sums();
    match sums.get(lag) {
        Some(sum) if !s.moments().is_constant() => sum / sums[0],
        _ => f64::NAN,
    }
}

fn adjusted(s: &Shared<'_>, lag: usize) -> f64 {
    let n = s.len() as f64;
    biased(s, lag) * (n / (n - lag as f64))
}

fn first_lag(s: &Shared<'_>, found: impl Fn(&[f64], usize) -> bool) -> f64 {
    let sums = s.autocorrelation_sums();
    if s.moments().is_constant() || !sums.iter().all(|r| r.is_finite()) {
        return f64::NAN;
    }
    (1..sums.len()).find(|&k| found(sums, k)).map_or(f64::NAN, |k| k as f64)
}

#[derive(Debug, Clone, Copy)]
enum Aggregate {
    Mean,
    Median,
    Std,
    Var,
}

impl Aggregate {
    fn from_word(word: &str) -> Self {
        match word {
            "median" => Self::Median,
            "std" => Self::Std,
            "var" => Self::Var,
            _ => Self::Mean,
        }
    }
}

struct Aggregates {
    specs: Vec<(Aggregate, usize)>,
}

impl Kernel for Aggregates {
    fn needs(&self) -> Needs {
        Needs::new().autocorrelation(self.specs.iter().map(|s| s.1).max().unwrap_or(0))
    }

    fn run(&self, shared: &Shared<'_>, scratch: &mut Scratch, out: &mut [f64]) {
        let n = shared.len() as f64;
        let sums = shared.autocorrelation_sums();
        for (out, &(aggregate, max_lag)) in out.iter_mut().zip(&self.specs) {
            if shared.variance() < 1e-10 || shared.len() <= 1 {
                *out = if shared.is_empty() { f64::NAN } else { 0.0 };
                continue;
            }
            let lags = max_lag.min(sums.len().saturating_sub(1));
            // A median would pass over lags that overflowed.
            if !sums[..=lags].iter().all(|r| r.is_finite()) {
                *out = f64::NAN;
                continue;
            }
            let values = scratch.floats(lags);
            for (k, value) in values.iter_mut().enumerate() {
                *value = sums[k + 1] / sums[0] * (n / (n - (k + 1) as f64));
            }
            *out = match aggregate {
                Aggregate::Mean => lanes::mean(values),
                Aggregate::Var => lanes::variance(values, 0),
                Aggregate::Std => lanes::variance(values, 0).sqrt(),
                Aggregate::Median => median(values),
            };
        }
    }
}

/// Median by selection, which reorders the values; NaN when there are none.
pub(crate) fn median(values: &mut [f64]) -> f64 {
    let n = values.len();
    if n == 0 {
        return f64::NAN;
    }
    let (below, &mut high, _) = values.select_nth_unstable_by(n / 2, f64::total_cmp);
    if n % 2 == 1 {
        return high;
    }
    let low = below.iter().copied().max_by(f64::total_cmp).unwrap_or(high);
    0.5 * low + 0.5 * high
}

struct Partial {
    lags: Vec<usize>,
}

impl Kernel for Partial {
    fn needs(&self) -> Needs {
        Needs::new().autocorrelation(self.lags.iter().copied().max().unwrap_or(0))
    }

    fn run(&self, shared: &Shared<'_>, scratch: &mut Scratch, out: &mut [f64]) {
        let sums = shared.autocorrelation_sums();
        let n = shared.len();
        let most = (n / 2).saturating_sub(1);
        let order = self.lags.iter().copied().max().unwrap_or(0).min(most);
        out.fill(f64::NAN);
        if order == 0 && most == 0 {
            return;
        }
        // The autocovariance of lag k is sums[k] / (n - k).
        let (covariance, phi) = scratch.two(order + 1, 2 * (order + 1));
        for (k, c) in covariance.iter_mut().enumerate() {
            *c = sums[k] / (n - k) as f64;
        }
        let (mut phi, mut next) = phi.split_at_mut(order + 1);
        let mut sigma = covariance[0];
        for k in 0..=order {
            let partial = if k == 0 {
                1.0
            } else {
                let predicted: f64 = (1..k).map(|j| phi[j] * covariance[k - j]).sum();
                (covariance[k] - predicted) / sigma
            };
            if k > 0 {
                for j in 1..k {
                    next[j] = phi[j] - partial * phi[k - j];
                }
                next[k] = partial;
                std::mem::swap(&mut phi, &mut next);
                sigma *= 1.0 - partial * partial;
            }
            for (out, _) in out.iter_mut().zip(&self.lags).filter(|(_, lag)| **lag == k) {
                *out = partial;
            }
        }
    }
}

/// R(k) for the lags that are needed, the near ones directly, the far ones by the FFT.
#[derive(Debug)]
pub(crate) struct Correlator {
    sums: Vec<f64>,
    fft: Option<Fft>,
}

#[derive(Debug)]
struct Fft {
    plan: RealFft,
    scratch: FftScratch,
    bins: Vec<Complex64>,
    time: Vec<f64>,
}

/// Lags below this come from sums of products, those beyond from the FFT: as many as cost what the FFT costs, or half
/// of it. The rule knows the length and the lag alone: a lag has the same bits whatever else is computed.
const DIRECT_LAGS: usize = 16;

/// Up to this length all lags come from sums of products.
const SHORT: usize = 64;

/// The smallest of 2^k, 3·2^k, 5·2^k that is not below `n`: lengths that the FFT does fast.
pub(crate) fn fast_length(n: usize) -> usize {
    let power = |factor: usize| factor * n.div_ceil(factor).next_power_of_two();
    power(1).min(power(3)).min(power(5))
}

impl Correlator {
    /// For windows of `len` samples and `lags` lags, lag 0 among them; no lags, no work.
    pub(crate) fn new(len: usize, lags: usize) -> Self {
        let lags = lags.min(len);
        let direct = if len <= SHORT { lags } else { lags.min(DIRECT_LAGS) };
        let size = fast_length(2 * len);
        let plan = (lags > direct).then(|| RealFft::new(size).ok()).flatten();
        let fft = plan.map(|plan| Fft { scratch: plan.scratch(), bins: plan.zero_bins(), time: vec![0.0; size], plan });
        Self { sums: vec![0.0; lags], fft }
    }

    /// The sums of products, from lag 0.
    pub(crate) fn sums(&self) -> &[f64] {
        &self.sums
    }

    /// Computes the sums for samples less their mean. Where R(0) leaves the range of f64, all are NaN: over infinity the
    /// others would be 0. Where the transform does, its lags are.
    pub(crate) fn compute(&mut self, x: &[f64]) {
        let n = x.len();
        let lags = self.sums.len();
        let direct = if self.fft.is_some() { DIRECT_LAGS.min(lags) } else { lags };
        let (near, far) = self.sums.split_at_mut(direct);
        for (lag, sum) in near.iter_mut().enumerate() {
            *sum = lanes::dot(&x[..n.saturating_sub(lag)], &x[lag.min(n)..]);
        }
        if !near.first().is_none_or(|r| r.is_finite()) {
            self.sums.fill(f64::NAN);
            return;
        }
        if let Some(fft) = &mut self.fft {
            if fft.run(x).is_err() || !fft.time.iter().all(|r| r.is_finite()) {
                far.fill(f64::NAN);
                return;
            }
            for (sum, r) in far.iter_mut().zip(fft.time.iter().skip(direct)) {
                *sum = *r;
            }
        }
    }
}

impl Fft {
    /// Leaves the correlation of `x`, padded with zeros to the length of the transform, in `time`.
    fn run(&mut self, x: &[f64]) -> Result<()> {
        let padded = |real: &mut [f64]| {
            let (samples, zeros) = real.split_at_mut(x.len().min(real.len()));
            samples.copy_from_slice(&x[..samples.len()]);
            zeros.fill(0.0);
        };
        self.plan.forward_with(padded, &mut self.bins, &mut self.scratch)?;
        for z in &mut self.bins {
            *z = Complex64::new(z.norm_sqr(), 0.0);
        }
        self.plan.inverse(&self.bins, &mut self.time, &mut self.scratch)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_ways_agree() {
        for n in [16_usize, 64, 65, 100, 257, 1000] {
            let x: Vec<f64> = (0..n).map(|i| (i as f64 * 0.37).sin() + 0.3 * (i as f64 * 1.1).cos()).collect();
            let mut fast = Correlator::new(n, n);
            assert_eq!(fast.fft.is_some(), n > SHORT);
            fast.compute(&x);
            for (lag, sum) in fast.sums().iter().enumerate() {
                let direct: f64 = (0..n - lag).map(|i| x[i] * x[i + lag]).sum();
                assert!((sum - direct).abs() < 1e-12 * n as f64, "{n} {lag}: {sum} {direct}");
            }
        }
    }

    #[test]
    fn lengths_are_enough_and_near() {
        for n in 1..2000 {
            let m = fast_length(n);
            assert!(m >= n && m <= 2 * n.max(4), "{n} {m}");
        }
    }
}
