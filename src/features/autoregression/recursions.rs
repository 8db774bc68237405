//! Autoregressions by recursion: Yule-Walker and Burg, their variances, partial autocorrelations, and what they leave over.
//!
//! # Which one
//! `burg` for short windows and narrow peaks (always stable), `yule_walker` with `"mle"` for long windows (always stable, and
//! cheap: it needs the autocorrelation alone), `"adjusted"` for comparison. All work on the samples less their mean. Burg's
//! numbers are those of statsmodels' `burg`, Yule-Walker's those of `yule_walker`; `"mle"` is also what `levinson_durbin` gives.
//!
//! # Prewhitening
//! `burg__attr_"residual_kurtosis"` is the kurtosis of what the model of order k does not foresee. The model takes gear mesh and
//! resonances out; impacts of a bearing stay: the kurtosis rises with them long before that of the raw signal does. Orders of 20
//! to 100 suit vibration: with too high an order the model learns the impacts too.
//!
//! # Peak of the model's spectrum
//! `burg__attr_"peak_frequency"` is the frequency, in hertz, at which `1 / |1 - Σ φ exp(-iωk)|²` is largest: a search on an even grid
//! of 512 steps (or 4 k) to half of the sample rate, and a golden section between the neighbours of its best. It resolves a peak
//! in a window of few periods.
//!
//! # Sources
//! J. P. Burg (1975); J. Durbin (1960); N. Sawalhi, R. B. Randall, MSSP 21 (2007) for prewhitening.
//!
//! # Cost and NaN
//! `O(n k)` for Burg, `O(k²)` for Yule-Walker once the autocorrelation is there. NaN for a constant and for k ≥ n.

use crate::features::calculator::{Calculator, Kernel, Param};
use crate::features::shared::{Needs, Scratch, Shared};
use crate::math::lanes;
use crate::signal::autoregression::burg::burg;
use crate::signal::autoregression::levinson::levinson;
use crate::signal::autoregression::{MAX_ORDER, residuals};
use std::f64::consts::PI;

const ATTRIBUTES: &[&str] = &["peak_frequency", "residual_crest", "residual_kurtosis", "residual_rms", "variance"];
const METHODS: &[&str] = &["adjusted", "mle"];

/// The table of this family.
pub(crate) fn calculators() -> Vec<Calculator> {
    const MOST: i64 = MAX_ORDER as i64;
    const COEFFICIENT: &[Param] = &[Param::int("coeff", 1, MOST), Param::int("k", 1, MOST)];
    const WALKER: &[Param] = &[Param::int("coeff", 1, MOST), Param::int("k", 1, MOST), Param::word("method", METHODS)];
    const WALKER_ORDER: &[Param] = &[Param::int("k", 1, MOST), Param::word("method", METHODS)];
    const ATTRIBUTE: &[Param] = &[Param::word("attr", ATTRIBUTES), Param::int("k", 1, MOST)];
    const LAG: &[Param] = &[Param::int("lag", 1, MOST)];
    vec![
        Calculator::group(
            "burg_coefficient",
            COEFFICIENT,
            "coefficient of the autoregression of order k by Burg's method; NaN for a constant",
            |args| Box::new(Burg { jobs: super::by_key(args, |a| (a.count(1), Wanted::Coefficient(a.count(0)))) }),
        ),
        Calculator::group(
            "burg",
            ATTRIBUTE,
            "Burg's autoregression of order k: variance of the innovation (unit²), peak of its spectrum (Hz), RMS (unit), \
             crest factor and Pearson kurtosis of the n - k residuals",
            |args| Box::new(Burg { jobs: super::by_key(args, |a| (a.count(1), Wanted::from_word(a.word(0)))) }),
        ),
        Calculator::group(
            "pacf_burg",
            LAG,
            "partial autocorrelation by Burg's method: last coefficient of the autoregression of order `lag`",
            |args| Box::new(Burg { jobs: super::by_key(args, |a| (a.count(0), Wanted::Coefficient(a.count(0)))) }),
        ),
        Calculator::group(
            "yule_walker_coefficient",
            WALKER,
            "coefficient of the autoregression of order k by the Yule-Walker equations; NaN for a constant",
            |args| {
                Box::new(Walker {
                    jobs: super::by_key(args, |a| {
                        ((a.count(1), a.word(2) == "adjusted"), Wanted::Coefficient(a.count(0)))
                    }),
                })
            },
        ),
        Calculator::group(
            "yule_walker_variance",
            WALKER_ORDER,
            "variance of the innovation of the autoregression of order k by the Yule-Walker equations, unit²",
            |args| {
                Box::new(Walker {
                    jobs: super::by_key(args, |a| ((a.count(0), a.word(1) == "adjusted"), Wanted::Variance)),
                })
            },
        ),
        Calculator::group(
            "pacf_biased",
            LAG,
            "partial autocorrelation by Levinson-Durbin on the biased form, within ±1; NaN for a constant",
            |args| {
                Box::new(Walker {
                    jobs: super::by_key(args, |a| ((a.count(0), false), Wanted::Coefficient(a.count(0)))),
                })
            },
        ),
    ]
}

#[derive(Debug, Clone, Copy)]
enum Wanted {
    Coefficient(usize),
    Variance,
    PeakFrequency,
    ResidualRms,
    ResidualKurtosis,
    ResidualCrest,
}

impl Wanted {
    fn from_word(word: &str) -> Self {
        match word {
            "peak_frequency" => Self::PeakFrequency,
            "residual_crest" => Self::ResidualCrest,
            "residual_kurtosis" => Self::ResidualKurtosis,
            "residual_rms" => Self::ResidualRms,
            _ => Self::Variance,
        }
    }
}

/// Coefficient `coeff`, counted from 1.
fn coefficient(phi: &[f64], coeff: usize) -> f64 {
    coeff.checked_sub(1).and_then(|i| phi.get(i)).copied().unwrap_or(f64::NAN)
}

struct Walker {
    /// Order, and whether the adjusted form is meant.
    jobs: super::Jobs<(usize, bool), Wanted>,
}

impl Kernel for Walker {
    fn needs(&self) -> Needs {
        Needs::new().autocorrelation(self.jobs.iter().map(|j| j.0.0).max().unwrap_or(0))
    }

    fn run(&self, shared: &Shared<'_>, scratch: &mut Scratch, out: &mut [f64]) {
        let (n, sums) = (shared.len(), shared.autocorrelation_sums());
        out.fill(f64::NAN);
        if shared.moments().is_constant() {
            return;
        }
        for &((order, adjusted), ref outputs) in &self.jobs {
            if order >= n {
                continue;
            }
            let (covariance, room) = scratch.two(order + 1, 2 * order);
            for (k, (c, sum)) in covariance.iter_mut().zip(sums).enumerate() {
                *c = sum / (if adjusted { n - k } else { n }) as f64;
            }
            let (phi, spare) = room.split_at_mut(order);
            let mut variance = f64::NAN;
            levinson(covariance, phi, spare, |_, _, left| variance = left);
            for &(wanted, place) in outputs {
                out[place] = match wanted {
                    Wanted::Coefficient(coeff) => coefficient(phi, coeff),
                    // Not a variance: the adjusted form need not be one of any process.
                    _ if variance < 0.0 => f64::NAN,
                    _ => variance,
                };
            }
        }
    }
}

struct Burg {
    jobs: super::Jobs<usize, Wanted>,
}

impl Kernel for Burg {
    fn needs(&self) -> Needs {
        Needs::new().centred()
    }

    fn run(&self, shared: &Shared<'_>, scratch: &mut Scratch, out: &mut [f64]) {
        let x = shared.centred();
        let n = x.len();
        out.fill(f64::NAN);
        if shared.moments().is_constant() {
            return;
        }
        for &(order, ref outputs) in &self.jobs {
            if order >= n {
                continue;
            }
            let (room, phi) = scratch.two(2 * n, 2 * order);
            let (forward, backward) = room.split_at_mut(n);
            let (phi, spare) = phi.split_at_mut(order);
            forward.copy_from_slice(x);
            let mut variance = f64::NAN;
            burg(forward, backward, phi, spare, |_, _, left| variance = left);
            let residual = &mut backward[..n - order];
            let with_residual =
                |w: &Wanted| matches!(w, Wanted::ResidualRms | Wanted::ResidualKurtosis | Wanted::ResidualCrest);
            if outputs.iter().any(|(w, _)| with_residual(w)) {
                residuals(x, 0.0, phi, residual);
            }
            for &(wanted, place) in outputs {
                out[place] = match wanted {
                    Wanted::Coefficient(coeff) => coefficient(phi, coeff),
                    Wanted::Variance => variance,
                    Wanted::PeakFrequency => peak(phi) * shared.rate().as_hz(),
                    Wanted::ResidualRms => rms(residual),
                    Wanted::ResidualCrest => {
                        let (low, high) = lanes::min_max(residual);
                        high.max(-low) / rms(residual)
                    }
                    Wanted::ResidualKurtosis => {
                        let mean = lanes::mean(residual);
                        let square = |v: f64| (v - mean) * (v - mean);
                        let m2 = lanes::sum_by(residual, square) / residual.len() as f64;
                        let m4 = lanes::sum_by(residual, |v| square(v) * square(v)) / residual.len() as f64;
                        m4 / (m2 * m2)
                    }
                };
            }
        }
    }
}

fn rms(x: &[f64]) -> f64 {
    (lanes::sum_squares(x) / x.len() as f64).sqrt()
}

/// Cycles a sample at which the spectrum of an autoregression is largest; NaN for coefficients that are not finite.
fn peak(phi: &[f64]) -> f64 {
    // |1 - Σ φ exp(-i w k)|² by Horner's rule, smallest where the spectrum is largest.
    let valley = |w: f64| {
        let (sin, cos) = w.sin_cos();
        let (mut re, mut im) = (0.0, 0.0);
        for c in phi.iter().rev() {
            let r = re - c;
            (re, im) = (r * cos + im * sin, im * cos - r * sin);
        }
        re += 1.0;
        re * re + im * im
    };
    if !phi.iter().all(|c| c.is_finite()) {
        return f64::NAN;
    }
    let steps = (4 * phi.len()).max(512);
    let at = |i: usize| PI * i as f64 / steps as f64;
    let (mut best, mut least) = (0, f64::INFINITY);
    for i in 0..=steps {
        let value = valley(at(i));
        if value < least {
            (best, least) = (i, value);
        }
    }
    if best == 0 || best == steps {
        return 0.5 * best as f64 / steps as f64;
    }
    let (mut low, mut high) = (at(best - 1), at(best + 1));
    const GOLDEN: f64 = 0.618_033_988_749_894_9;
    for _ in 0..40 {
        let (a, b) = (high - GOLDEN * (high - low), low + GOLDEN * (high - low));
        if valley(a) < valley(b) { high = b } else { low = a }
    }
    0.25 * (low + high) / PI
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_peak_is_that_of_the_pole() {
        for frequency in [0.01_f64, 0.123, 0.3, 0.49] {
            let (radius, angle) = (0.999, std::f64::consts::TAU * frequency);
            let phi = [2.0 * radius * angle.cos(), -radius * radius];
            assert!((peak(&phi) - frequency).abs() < 1e-4, "{frequency} {}", peak(&phi));
        }
        assert_eq!((peak(&[0.9]), peak(&[-0.9])), (0.0, 0.5));
        assert!(peak(&[f64::NAN]).is_nan());
    }
}
