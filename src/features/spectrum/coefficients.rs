//! Single coefficients and whole-spectrum numbers under tsfresh's names.
//!
//! # Formulas
//! X_k = Σ x_n exp(-2πi k n / N), not scaled. `fft_coefficient` is one part of one X_k. `fft_aggregated` takes |X_k| as weights
//! of the bins k = 0..N/2, in bins: centroid c = E k, variance σ² = E (k - c)², skew = E (k - c)³ / σ³, NaN where σ² < 0.5 (a
//! single line). Its **kurtosis is wrong**, and kept: tsfresh ends the expansion of E (k - c)⁴ with -3 c in place of -3 c⁴, so
//! that (3 c⁴ - 3 c) / σ⁴ is added. [`magnitude_kurtosis`, `periodogram_kurtosis` and `welch_kurtosis`](super::shape) are right,
//! `magnitude_centroid` to `magnitude_skewness` the same as here in hertz and without the guard; new work should take those.
//!
//! `spkt_welch_density` and `fourier_entropy` read Welch's density with pieces of 256 samples (the window, if that is
//! shorter) at a rate of 1: power a cycle a sample, whatever the sample rate is.
//!
//! # Source
//! tsfresh 0.21 for the definitions; P. D. Welch (1967).
//!
//! # Cost and NaN
//! One transform a window for all. A coefficient beyond the spectrum is NaN; so is every ratio for a window of zeros. The angle
//! of a bin without power is the angle of rounding noise, here as there.

use super::spectra::{Parts, Source};
use crate::features::amplitude::histogram::{Bins, entropy};
use crate::features::calculator::{Calculator, Kernel, Param};
use crate::features::shared::{Needs, Scratch, Shared};
use crate::features::spec::Args;
use crate::math::lanes;
use crate::signal::spectral::magnitude;

/// Piece of Welch's estimate in tsfresh.
const PIECE: usize = 256;

/// Smallest variance, in bins², of a spectrum that is not a single line.
const SINGLE_LINE: f64 = 0.5;

/// The table of this family.
pub(crate) fn calculators() -> Vec<Calculator> {
    const COEFFICIENT: &[Param] =
        &[Param::word("attr", &["abs", "angle", "imag", "real"]), Param::int("coeff", 0, 1 << 27)];
    const AGGREGATE: &[Param] = &[Param::word("aggtype", &["centroid", "kurtosis", "skew", "variance"])];
    const COEFF: &[Param] = &[Param::int("coeff", 0, 1 << 27)];
    const BINS: &[Param] = &[Param::int("bins", 1, 10_000)];
    vec![
        Calculator::group(
            "fft_coefficient",
            COEFFICIENT,
            "real or imaginary part, magnitude or angle (degrees) of the Fourier coefficient; NaN beyond n/2",
            |args| Box::new(Coefficients { parts: args.iter().map(|a| (Part::of(a.word(0)), a.count(1))).collect() }),
        ),
        Calculator::scalar(
            "fft_aggregated",
            AGGREGATE,
            "moments of the bins k weighted by |X_k|, in bins, as tsfresh: its kurtosis is not one (see magnitude_kurtosis)",
            |_| {
                let mut needs = Needs::new();
                needs.spectral.spectrum(Source::Magnitude, Parts::MOMENTS);
                needs
            },
            aggregated,
        ),
        Calculator::scalar(
            "spkt_welch_density",
            COEFF,
            "bin of Welch's density with pieces of 256 samples, unit² a cycle a sample; NaN beyond the last bin",
            |_| Needs::new().welch(PIECE),
            |s, a| s.welch(PIECE).get(a.count(0)).map_or(f64::NAN, |p| p * s.rate().as_hz()),
        ),
        Calculator::group(
            "fourier_entropy",
            BINS,
            "-sum p ln p over a histogram of Welch's density (256) over its largest value, nats; NaN without power",
            |args| Box::new(FourierEntropy { bins: args.iter().map(|a| a.count(0)).collect() }),
        ),
    ]
}

#[derive(Debug, Clone, Copy)]
enum Part {
    Magnitude,
    Degrees,
    Imaginary,
    Real,
}

impl Part {
    fn of(word: &str) -> Self {
        match word {
            "abs" => Self::Magnitude,
            "angle" => Self::Degrees,
            "imag" => Self::Imaginary,
            _ => Self::Real,
        }
    }
}

/// Parts of coefficients, all from one transform.
struct Coefficients {
    parts: Vec<(Part, usize)>,
}

impl Kernel for Coefficients {
    fn needs(&self) -> Needs {
        Needs::new().fourier()
    }

    fn run(&self, shared: &Shared<'_>, _: &mut Scratch, out: &mut [f64]) {
        let bins = shared.fourier();
        for (out, &(part, k)) in out.iter_mut().zip(&self.parts) {
            let Some(z) = bins.get(k) else {
                *out = f64::NAN;
                continue;
            };
            *out = match part {
                Part::Magnitude => magnitude(z),
                Part::Imaginary => z.im,
                Part::Real => z.re,
                Part::Degrees if z.re.is_finite() && z.im.is_finite() => z.im.atan2(z.re).to_degrees(),
                Part::Degrees => f64::NAN,
            };
        }
    }
}

fn aggregated(s: &Shared<'_>, a: &Args) -> f64 {
    let Some(v) = s.spectrum(Source::Magnitude) else { return f64::NAN };
    let (c, [variance, third, fourth]) = (v.centre, v.moments);
    let shape = |value: f64| if variance < SINGLE_LINE { f64::NAN } else { value };
    match a.word(0) {
        "centroid" => c,
        "variance" => variance,
        "skew" => shape(third / (variance * variance.sqrt())),
        _ => shape((fourth + 3.0 * c * (c * c * c - 1.0)) / (variance * variance)),
    }
}

/// The entropies of several histograms of one density.
struct FourierEntropy {
    bins: Vec<usize>,
}

impl Kernel for FourierEntropy {
    fn needs(&self) -> Needs {
        Needs::new().welch(PIECE)
    }

    fn run(&self, shared: &Shared<'_>, scratch: &mut Scratch, out: &mut [f64]) {
        let density = shared.welch(PIECE);
        let (_, largest) = lanes::min_max(density);
        let most = self.bins.iter().copied().max().unwrap_or(0);
        let (values, counts) = scratch.floats_and_indices(density.len(), most);
        for (value, p) in values.iter_mut().zip(density) {
            *value = p / largest;
        }
        let (low, high) = lanes::min_max(values);
        for (out, &bins) in out.iter_mut().zip(&self.bins) {
            let Some(bins) = (high > 0.0).then(|| Bins::new(low, high, bins)).flatten() else {
                *out = f64::NAN;
                continue;
            };
            let counts = &mut counts[..bins.count()];
            counts.fill(0);
            for &v in values.iter() {
                counts[bins.place(v)] += 1;
            }
            *out = entropy(&mut counts.iter().copied(), values.len(), &bins);
        }
    }
}
