//! TSFEL's mel-frequency cepstral coefficients.
//!
//! # What TSFEL computes
//! 1. Pre-emphasis: `y_0 = x_0`, `y_i = x_i - 0.97 x_{i-1}`.
//! 2. The power `|DFT y|² / nfft` of the **first `nfft` samples** (512): what follows in the window is not looked at. A
//!    shorter window is padded with zeros. No window function.
//! 3. 40 triangles, equally spaced on the mel scale from 0 to half of the rate, with corners rounded down to bins, each
//!    divided by half of its width in hertz. At high rates the lowest triangles are narrower than a bin: empty, they
//!    stand for 2.2e-16.
//! 4. 20 log10 of the sums (so that a factor of 10 in power is 20 dB).
//! 5. The orthonormal cosine transform (type 2), coefficients 1 to `num_ceps`; from each their **mean plus 1e-8 is
//!    subtracted**: the coefficients of a window hang together, and change with `num_ceps`.
//! 6. Liftering: coefficient `i` times `1 + 11 sin(pi i / 22)`.
//!
//! Steps 2 to 6 read a signal as speech. The scale is made for hearing between 100 Hz and 10 kHz; a machine at 1 Hz has
//! all its triangles on a nearly linear scale.
//!
//! Source: S. B. Davis, P. Mermelstein, "Comparison of parametric representations for monosyllabic word recognition",
//! IEEE Trans. ASSP 28 (1980), for the coefficients without the quirks.
//!
//! Cost: one real transform of `nfft` points, and 40 logarithms.

use crate::features::calculator::{Calculator, Kernel, Param};
use crate::features::shared::{Needs, Scratch, Shared};
use crate::features::spec::Args;
use crate::math::lanes;
use crate::signal::SampleRate;
use crate::signal::spectral::{Complex64, FftScratch, RealFft};
use std::f64::consts::PI;

const PRE_EMPHASIS: f64 = 0.97;
const FILTERS: usize = 40;
const LIFTER: f64 = 22.0;
const MOST_CEPS: i64 = FILTERS as i64 - 1;

/// The row of this file.
pub(super) fn calculators() -> Vec<Calculator> {
    const PARAMS: &[Param] = &[
        Param::int("coeff", 0, MOST_CEPS - 1),
        Param::int("nfft", 2, 1 << 20).or("512"),
        Param::int("num_ceps", 1, MOST_CEPS).or("12"),
    ];
    vec![Calculator::group(
        "tsfel_mfcc",
        PARAMS,
        "mel cepstral coefficient (coeff < num_ceps) of the first nfft samples, less the mean of all, liftered; dB",
        |args| Box::new(Mfcc::new(args)),
    )]
}

/// All coefficients of a set, transform by transform.
struct Mfcc {
    /// Coefficient, length of the transform, number of coefficients.
    specs: Vec<[usize; 3]>,
    /// Cosines of the type 2 transform, coefficient by coefficient.
    cosines: Vec<f64>,
}

impl Mfcc {
    fn new(args: &[&Args]) -> Self {
        let mut cosines = Vec::with_capacity(FILTERS * FILTERS);
        let scale = (2.0 / FILTERS as f64).sqrt();
        for k in 0..FILTERS {
            cosines.extend((0..FILTERS).map(|i| scale * (PI * (k * (2 * i + 1)) as f64 / (2 * FILTERS) as f64).cos()));
        }
        Self { specs: args.iter().map(|a| [a.count(0), a.count(1), a.count(2)]).collect(), cosines }
    }
}

impl Kernel for Mfcc {
    fn needs(&self) -> Needs {
        Needs::new()
    }

    fn run(&self, shared: &Shared<'_>, scratch: &mut Scratch, out: &mut [f64]) {
        out.fill(f64::NAN);
        if shared.is_empty() {
            return;
        }
        let banks: &mut Banks = scratch.own();
        banks.plan(&self.specs, shared.rate());
        for bank in &mut banks.banks {
            let Some(levels) = bank.levels(shared.samples()) else { continue };
            // Coefficient by coefficient: each is liftered after the mean of its number of coefficients is out.
            let mut cepstrum = [0.0; FILTERS];
            for (c, row) in cepstrum.iter_mut().zip(self.cosines.chunks_exact(FILTERS)) {
                *c = lanes::dot(row, levels);
            }
            for (out, spec) in out.iter_mut().zip(&self.specs).filter(|(_, s)| s[1] == bank.nfft) {
                let kept = &cepstrum[1..=spec[2]];
                let mean = kept.iter().sum::<f64>() / kept.len() as f64;
                let lift = 1.0 + 0.5 * LIFTER * (PI * spec[0] as f64 / LIFTER).sin();
                *out = kept.get(spec[0]).map_or(f64::NAN, |c| (c - (mean + 1e-8)) * lift);
            }
        }
    }
}

/// The filter banks of one kernel, made when the rate is known.
#[derive(Default)]
struct Banks {
    rate: Option<SampleRate>,
    banks: Vec<Bank>,
}

impl Banks {
    fn plan(&mut self, specs: &[[usize; 3]], rate: SampleRate) {
        if self.rate == Some(rate) {
            return;
        }
        self.rate = Some(rate);
        self.banks.clear();
        for spec in specs {
            if self.banks.iter().all(|b| b.nfft != spec[1])
                && let Some(bank) = Bank::new(spec[1], rate.as_hz())
            {
                self.banks.push(bank);
            }
        }
    }
}

/// Triangles over the bins of one transform.
struct Bank {
    nfft: usize,
    fft: RealFft,
    scratch: FftScratch,
    bins: Vec<Complex64>,
    power: Vec<f64>,
    /// First bin of each triangle, and its weights.
    filters: Vec<(usize, Vec<f64>)>,
    levels: [f64; FILTERS],
}

impl Bank {
    fn new(nfft: usize, rate: f64) -> Option<Self> {
        let fft = RealFft::new(nfft).ok()?;
        // Written as TSFEL has it: a corner near a whole bin is rounded down by the last bit.
        let highest = 2595.0 * (1.0 + (rate / 2.0) / 700.0).log10();
        let mel = |i: usize| if i == FILTERS + 1 { highest } else { i as f64 * (highest / (FILTERS + 1) as f64) };
        let hz: Vec<f64> = (0..FILTERS + 2).map(|i| 700.0 * (10.0_f64.powf(mel(i) / 2595.0) - 1.0)).collect();
        let corner: Vec<f64> = hz.iter().map(|hz| ((nfft + 1) as f64 * hz / rate).floor()).collect();
        let filters = (0..FILTERS).map(|m| {
            let (low, middle, high) = (corner[m], corner[m + 1], corner[m + 2]);
            let area = 2.0 / (hz[m + 2] - hz[m]);
            let rising = (low as usize..middle as usize).map(|k| (k as f64 - low) / (middle - low));
            let falling = (middle as usize..high as usize).map(|k| (high - k as f64) / (high - middle));
            (low as usize, rising.chain(falling).map(|w| w * area).collect())
        });
        Some(Self {
            nfft,
            scratch: fft.scratch(),
            bins: fft.zero_bins(),
            power: vec![0.0; fft.bins()],
            filters: filters.collect(),
            levels: [0.0; FILTERS],
            fft,
        })
    }

    /// Levels of the triangles in TSFEL's decibels, less their mean.
    fn levels(&mut self, x: &[f64]) -> Option<&[f64; FILTERS]> {
        let emphasised = |real: &mut [f64]| {
            real.fill(0.0);
            real.iter_mut().zip(x).for_each(|(r, v)| *r = *v);
            let later = real.iter_mut().skip(1).zip(x.windows(2));
            later.for_each(|(r, pair)| *r = pair[1] - PRE_EMPHASIS * pair[0]);
        };
        self.fft.forward_with(emphasised, &mut self.bins, &mut self.scratch).ok()?;
        let scale = 1.0 / self.nfft as f64;
        self.power.iter_mut().zip(&self.bins).for_each(|(p, z)| *p = scale * z.norm_sqr());
        for (level, (first, weights)) in self.levels.iter_mut().zip(&self.filters) {
            let sum = self.power.get(*first..).map_or(0.0, |p| lanes::dot(p, weights));
            *level = 20.0 * if sum == 0.0 { f64::EPSILON } else { sum }.log10();
        }
        // Their mean is in coefficient 0 alone, which nobody reads: without it equal levels leave exact zeros.
        let mean = lanes::mean(&self.levels);
        self.levels.iter_mut().for_each(|level| *level -= mean);
        Some(&self.levels)
    }
}
