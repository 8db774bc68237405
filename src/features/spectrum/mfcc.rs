//! Mel-frequency cepstral coefficients: the coarse shape of a spectrum in a few numbers that do not hang together.
//!
//! For sounds and for vibration that is listened to: what a spectrum looks like when its fine structure is smoothed over
//! bands that widen with the frequency. Coefficient 0 is the level, 1 the tilt from low to high, the next ones ever finer
//! ripple. Classifiers like them because neighbouring coefficients are nearly uncorrelated.
//!
//! # Definition
//! 1. The window is cut into pieces of `nperseg` samples (those of the window, if it is shorter), half overlapping, each
//!    times a periodic Hann window; a remainder is left out. No pre-emphasis: it is made for the human voice.
//! 2. `filters` triangles of height 1 over the power `|X_k|²`, their corners equally spaced on the mel scale
//!    `2595 log10(1 + f / 700)` from 0 to half of the rate; each begins and ends at the middle of its neighbours.
//! 3. Natural logarithm of the sums, mean over the pieces.
//! 4. Orthonormal cosine transform (type 2); no liftering.
//!
//! A factor on the signal adds `2 ln(factor) sqrt(filters)` to coefficient 0 and nothing to the others. TSFEL's
//! coefficients are others in almost every step: see [`compat::tsfel`](crate::features::compat::tsfel).
//!
//! NaN: a triangle without power, or too narrow to hold a bin (high rates and short pieces: take fewer filters or longer
//! pieces); a coefficient from `filters` on.
//!
//! Source: S. B. Davis, P. Mermelstein, "Comparison of parametric representations for monosyllabic word recognition in
//! continuously spoken sentences", IEEE Trans. ASSP 28 (1980).
//!
//! Cost: one real transform a piece, and `filters` logarithms.

use crate::features::calculator::{Calculator, Kernel, Param};
use crate::features::shared::{Needs, Scratch, Shared};
use crate::math::lanes;
use crate::signal::spectral::{Complex64, Detrend, Stft, StftScratch, Welch};
use std::f64::consts::PI;

const MOST: i64 = 128;

/// The row of this file.
pub(crate) fn calculators() -> Vec<Calculator> {
    const PARAMS: &[Param] = &[
        Param::int("coeff", 0, MOST - 1),
        Param::int("filters", 2, MOST).or("26"),
        Param::int("nperseg", 2, 1 << 27).or("512"),
    ];
    vec![Calculator::group(
        "mfcc",
        PARAMS,
        "mel cepstral coefficient (coeff < filters), natural logarithm of power, mean over Hann pieces of nperseg",
        |args| Box::new(Mfcc(args.iter().map(|a| [a.count(0), a.count(1), a.count(2)]).collect())),
    )]
}

/// Coefficient, filters and piece of every spec.
struct Mfcc(Vec<[usize; 3]>);

impl Kernel for Mfcc {
    fn needs(&self) -> Needs {
        Needs::new()
    }

    fn run(&self, shared: &Shared<'_>, scratch: &mut Scratch, out: &mut [f64]) {
        let Banks(banks) = scratch.own();
        for spec in &self.0 {
            if banks.iter().all(|b| b.settings != spec[1..]) {
                banks.push(Bank::new([spec[1], spec[2]], shared));
            }
        }
        banks.iter_mut().for_each(|bank| bank.compute(shared.samples()));
        for (out, spec) in out.iter_mut().zip(&self.0) {
            let bank = banks.iter().find(|b| b.settings == spec[1..]);
            *out = bank.map_or(f64::NAN, |b| b.coefficient(spec[0]));
        }
    }
}

/// The filter banks of one kernel, made on the first window.
#[derive(Default)]
struct Banks(Vec<Bank>);

/// Triangles over the bins of one length of pieces.
struct Bank {
    /// Filters and piece as asked for.
    settings: [usize; 2],
    stft: Option<(Stft, StftScratch)>,
    bins: Vec<Complex64>,
    power: Vec<f64>,
    /// First bin of each triangle, and its weights.
    filters: Vec<(usize, Vec<f64>)>,
    /// Mean logarithms.
    levels: Vec<f64>,
}

impl Bank {
    fn new(settings: [usize; 2], s: &Shared<'_>) -> Self {
        let [filters, piece] = settings;
        let piece = piece.min(s.len());
        let params = Welch::params().segment(piece).detrend(Detrend::None);
        let stft = Stft::plan(params, s.rate()).ok().map(|plan| {
            let scratch = plan.scratch();
            (plan, scratch)
        });
        let (count, step) = stft.as_ref().map_or((0, f64::NAN), |(plan, _)| (plan.bins(), plan.step()));
        let top = (1.0 + s.rate().nyquist() / 700.0).log10();
        let corner = |i: usize| 700.0 * (10.0_f64.powf(top * i as f64 / (filters + 1) as f64) - 1.0) / step;
        let triangle = |m: usize| {
            let (low, middle, high) = (corner(m), corner(m + 1), corner(m + 2));
            let first = (low.ceil().max(0.0) as usize).min(count);
            let end = (high.ceil().max(0.0) as usize).clamp(first, count);
            let height = |k: usize| {
                let k = k as f64;
                ((k - low) / (middle - low)).min((high - k) / (high - middle)).max(0.0)
            };
            (first, (first..end).map(height).collect())
        };
        Self {
            settings,
            bins: vec![Complex64::default(); count],
            power: vec![0.0; count],
            filters: (0..filters).map(triangle).collect(),
            levels: vec![f64::NAN; filters],
            stft,
        }
    }

    fn compute(&mut self, x: &[f64]) {
        self.levels.fill(f64::NAN);
        let Some((stft, scratch)) = &mut self.stft else { return };
        let pieces = stft.pieces(x.len());
        self.levels.fill(0.0);
        for i in 0..pieces {
            if stft.piece(x, i, &mut self.bins, scratch).is_err() {
                self.levels.fill(f64::NAN);
                return;
            }
            self.power.iter_mut().zip(&self.bins).for_each(|(p, z)| *p = z.norm_sqr());
            for (level, (first, weights)) in self.levels.iter_mut().zip(&self.filters) {
                *level += self.power.get(*first..).map_or(f64::NAN, |p| lanes::dot(p, weights)).ln() / pieces as f64;
            }
        }
    }

    fn coefficient(&self, k: usize) -> f64 {
        let n = self.levels.len();
        if k >= n || !self.levels.iter().all(|l| l.is_finite()) {
            return f64::NAN;
        }
        let scale = (if k == 0 { 1.0 } else { 2.0 } / n as f64).sqrt();
        let cosine = |i: usize| (PI * ((k * (2 * i + 1)) % (4 * n)) as f64 / (2 * n) as f64).cos();
        scale * self.levels.iter().enumerate().map(|(i, level)| level * cosine(i)).sum::<f64>()
    }
}
