//! The generalised Hurst exponent: how the moments of increments grow with the lag.
//!
//! K_q(τ) = mean |x[t+τ] - x[t]|^q grows as τ^(q H(q)): H = 0.5 for a random walk, 0 for white noise, 1 for a line.
//! The slope of ln K_q over ln τ is taken over τ = 1..m for m = 5, .., 19, and H is their mean over q: T. Di Matteo,
//! T. Aste & M. M. Dacorogna, Scaling behaviors in differently developed markets, Physica A 324 (2003), 183, with all
//! increments of a lag instead of every τ-th one and without detrending. It looks at the samples themselves, not at
//! their sum: H(2) + 1 is the exponent of `dfa` for a walk. H that falls with q speaks for several scaling laws.
//!
//! NaN for fewer than 38 samples, for a constant, and where a lag has no increment (a period of a few samples).
//!
//! O(n) powers a lag, 19 lags.

use crate::features::calculator::{Calculator, Kernel, Param};
use crate::features::shared::{Needs, Scratch, Shared};
use crate::math::lanes;
use crate::signal::phase_space::slope;

const LAGS: usize = 19;
const LEAST_LAGS: usize = 5;

pub(super) fn calculator() -> Calculator {
    const PARAMS: &[Param] = &[Param::float("q", 0.1, 10.0).or("1.0")];
    Calculator::group(
        "generalized_hurst",
        PARAMS,
        "generalised Hurst exponent H(q) of increments: 0 white noise, 0.5 a random walk",
        |args| Box::new(Increments { q: args.iter().map(|a| a.float(0)).collect() }),
    )
}

struct Increments {
    q: Vec<f64>,
}

impl Kernel for Increments {
    fn needs(&self) -> Needs {
        Needs::new().moments()
    }

    fn run(&self, shared: &Shared<'_>, _: &mut Scratch, out: &mut [f64]) {
        let x = shared.samples();
        let scale = shared.moments().m2.sqrt().recip();
        out.fill(f64::NAN);
        if x.len() < 2 * LAGS || shared.moments().is_constant() || !scale.is_finite() {
            return;
        }
        let mut times = [0.0; LAGS];
        let mut values = [0.0; LAGS];
        for (out, &q) in out.iter_mut().zip(&self.q) {
            for (i, (time, value)) in times.iter_mut().zip(&mut values).enumerate() {
                let lag = i + 1;
                *time = (lag as f64).ln();
                // In units of the spread, so that no power leaves the range of f64.
                *value = (moment(&x[..x.len() - lag], &x[lag..], scale, q) / (x.len() - lag) as f64).ln();
            }
            let slopes = (LEAST_LAGS..=LAGS).map(|most| slope(&times[..most], &values[..most]));
            *out = slopes.sum::<f64>() / (LAGS - LEAST_LAGS + 1) as f64 / q;
        }
    }
}

/// Sum of |scale (b - a)|^q.
fn moment(a: &[f64], b: &[f64], scale: f64, q: f64) -> f64 {
    let is = |value: f64| (q - value).abs() < f64::EPSILON;
    if is(1.0) {
        lanes::sum_by2(a, b, |a, b| ((b - a) * scale).abs())
    } else if is(2.0) {
        lanes::sum_by2(a, b, |a, b| ((b - a) * scale) * ((b - a) * scale))
    } else {
        lanes::sum_by2(a, b, |a, b| ((b - a) * scale).abs().powf(q))
    }
}
