//! Octaves: energies and shapes of the details of the discrete transform, variances of the maximal overlap transform.
//!
//! Level j holds f/2^(j+1) to f/2^j (f the sample rate). Impacts make the details of the octave they ring in strong and
//! peaked; wear moves energy from octave to octave.
//!
//! # Formulas
//! With d the details of a level, a the approximation: energy Σ d²; relative energy Σ d² over the sum of all bands
//! of `levels` levels; energy entropy -Σ p ln p of these shares; entropy -Σ q ln q of q = d²/Σ d²; std and Pearson's kurtosis of
//! d about its mean, with divisor n. `modwt_energy` is Σ W² of the maximal overlap transform, `modwt_variance` the mean of
//! W² over the coefficients that the end of the window does not reach.
//!
//! # Sources
//! S. Mallat (1989) and D. Percival, A. Walden (2000) as in [`crate::signal::wavelet`]; O. Rosso et al., Wavelet entropy
//! (2001) for the entropy of the energies.
//!
//! # Undefined
//! NaN beyond the deepest level that has a coefficient free of the boundary (`modwt_energy`: beyond log2 n). Kurtosis and
//! entropy of a level with no more than rounding noise (1e-28 of the window's energy) are NaN; relative energies of a
//! window of zeros are.
//!
//! # Cost
//! One transform for all features of one wavelet and mode, O(n taps).

use super::transforms::{Levels, Transform, energy_entropy, kurtosis};
use crate::features::calculator::{Calculator, Kernel, Param};
use crate::features::shared::{Needs, Scratch, Shared};
use crate::features::spec::Args;
use crate::math::lanes;
use crate::signal::wavelet::{BOUNDARY_NAMES, Boundary, NAMES, ORTHOGONAL_NAMES, Wavelet};

const LEVEL: Param = Param::int("level", 1, 30);
const MODE: Param = Param::word("mode", BOUNDARY_NAMES).or("\"symmetric\"");
const WAVELET: Param = Param::word("wavelet", NAMES).or("\"db4\"");

/// The table of this family.
pub(crate) fn calculators() -> Vec<Calculator> {
    const OF_LEVEL: &[Param] = &[LEVEL, MODE, WAVELET];
    const SHARE: &[Param] = &[Param::int("level", 0, 30), Param::int("levels", 1, 30), MODE, WAVELET];
    const WHOLE: &[Param] = &[Param::int("levels", 1, 30), MODE, WAVELET];
    const OVERLAP: &[Param] = &[LEVEL, Param::word("wavelet", ORTHOGONAL_NAMES).or("\"db4\"")];
    vec![
        Calculator::group("dwt_energy", OF_LEVEL, "Σ d² of the details of a level, unit²", |a| of_level(energy, a)),
        Calculator::group(
            "dwt_approximation_energy",
            OF_LEVEL,
            "Σ a² of the approximation of a level, unit²",
            |a| of_level(|l, level| l.approximation_energy(level), a),
        ),
        Calculator::group("dwt_mean_abs", OF_LEVEL, "mean |d| of the details of a level, unit", |a| {
            of_level(|l, level| l.detail(level).map_or(f64::NAN, |d| lanes::sum_by(d, f64::abs) / d.len() as f64), a)
        }),
        Calculator::group("dwt_std", OF_LEVEL, "standard deviation of the details of a level, unit", |a| {
            of_level(|l, level| l.detail(level).map_or(f64::NAN, |d| lanes::variance(d, 0).sqrt()), a)
        }),
        Calculator::group("dwt_kurtosis", OF_LEVEL, "m4 / m2² of the details of a level; NaN without any", |a| {
            of_level(|l, level| sound(l, level).map_or(f64::NAN, kurtosis), a)
        }),
        Calculator::group(
            "dwt_entropy",
            OF_LEVEL,
            "-Σ q ln q, q = d² / Σ d², of the details of a level, nats",
            |a| of_level(entropy, a),
        ),
        Calculator::group(
            "dwt_relative_energy",
            SHARE,
            "energy of a level over that of all bands of `levels` levels; level 0 is the approximation",
            |args| {
                let spec = |a: &&Args| Spec { transform: dwt(a, 2), levels: a.count(1), level: a.count(0) };
                Box::new(Bands { specs: args.iter().map(spec).collect(), value: share })
            },
        ),
        Calculator::group(
            "dwt_energy_entropy",
            WHOLE,
            "-Σ p ln p of the relative energies of the approximation and `levels` levels, nats",
            |args| {
                let spec = |a: &&Args| Spec { transform: dwt(a, 1), levels: a.count(0), level: a.count(0) };
                let value = |l: &Levels, spec: &Spec| {
                    l.octaves(spec.levels)
                        .map_or(f64::NAN, |(a, d)| energy_entropy(std::iter::once(a).chain(d.iter().copied())))
                };
                Box::new(Bands { specs: args.iter().map(spec).collect(), value })
            },
        ),
        Calculator::group(
            "modwt_energy",
            OVERLAP,
            "Σ W² of a level of the maximal overlap transform, unit²",
            |args| overlap(energy_of, args),
        ),
        Calculator::group(
            "modwt_variance",
            OVERLAP,
            "unbiased wavelet variance of a level: mean W² away from the ends, unit²; NaN when there is no such W",
            |args| overlap(|l, spec| l.variance(spec.level), args),
        ),
    ]
}

/// The discrete transform of the parameters `mode` and `wavelet`, which stand at `at` and after it.
pub(super) fn dwt(args: &Args, at: usize) -> Transform {
    let (wavelet, boundary) = filters(args, at);
    Transform::Dwt(wavelet, boundary)
}

/// The parameters `mode` and `wavelet`. Names of the tables are all known.
pub(super) fn filters(args: &Args, at: usize) -> (Wavelet, Boundary) {
    (args.word(at + 1).parse().unwrap_or(Wavelet::haar()), args.word(at).parse().unwrap_or_default())
}

fn energy(l: &Levels, level: usize) -> f64 {
    l.energy(level)
}

fn energy_of(l: &Levels, spec: &Spec) -> f64 {
    l.energy(spec.level)
}

/// The details of a level when they are more than rounding noise.
fn sound(l: &Levels, level: usize) -> Option<&[f64]> {
    if l.is_sound(l.energy(level)) { l.detail(level) } else { None }
}

fn entropy(l: &Levels, level: usize) -> f64 {
    let total = l.energy(level);
    sound(l, level).map_or(f64::NAN, |d| shannon(d, total))
}

/// `-Σ q ln q`, q = c² / total.
pub(super) fn shannon(c: &[f64], total: f64) -> f64 {
    lanes::sum_by(c, |v| {
        let q = v * v / total;
        if q > 0.0 { -q * q.ln() } else { 0.0 }
    })
}

fn share(l: &Levels, spec: &Spec) -> f64 {
    let Some((approximation, details)) = l.octaves(spec.levels) else { return f64::NAN };
    let own = match spec.level {
        0 => Some(approximation),
        level => details.get(level - 1).copied(),
    };
    own.map_or(f64::NAN, |own| super::transforms::share(own, approximation + details.iter().sum::<f64>()))
}

/// One feature of octaves.
struct Spec {
    transform: Transform,
    levels: usize,
    level: usize,
}

/// All features of one calculator.
struct Bands<F> {
    specs: Vec<Spec>,
    value: F,
}

impl<F: Fn(&Levels, &Spec) -> f64 + Send + Sync> Kernel for Bands<F> {
    fn needs(&self) -> Needs {
        let mut needs = Needs::new();
        self.specs.iter().for_each(|s| needs.wavelet.level(s.transform, s.levels));
        needs
    }

    fn run(&self, shared: &Shared<'_>, _: &mut Scratch, out: &mut [f64]) {
        for (out, spec) in out.iter_mut().zip(&self.specs) {
            *out = shared.wavelets().get(spec.transform).map_or(f64::NAN, |l| (self.value)(l, spec));
        }
    }
}

fn of_level(value: fn(&Levels, usize) -> f64, args: &[&Args]) -> Box<dyn Kernel> {
    let spec = |a: &&Args| Spec { transform: dwt(a, 1), levels: a.count(0), level: a.count(0) };
    Box::new(Bands { specs: args.iter().map(spec).collect(), value: move |l: &Levels, s: &Spec| value(l, s.level) })
}

fn overlap(value: fn(&Levels, &Spec) -> f64, args: &[&Args]) -> Box<dyn Kernel> {
    let spec = |a: &&Args| {
        let wavelet = a.word(1).parse().unwrap_or(Wavelet::haar());
        Spec { transform: Transform::Modwt(wavelet), levels: a.count(0), level: a.count(0) }
    };
    Box::new(Bands { specs: args.iter().map(spec).collect(), value })
}
