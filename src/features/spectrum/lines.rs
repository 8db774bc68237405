//! Single lines and families of lines: amplitude at a frequency, fundamental, harmonics, rahmonics, and how fast a spectrum changes.
//!
//! For what a machine is known to turn at. Amplitudes are those of the window as it is (boxcar): a line between two bins is read
//! low unless its own frequency is asked for.
//!
//! Source: see [`signal::spectral`](crate::signal::spectral) for each estimator; spectral flux: S. Dixon (2006).

use crate::features::calculator::{Calculator, Kernel, Param};
use crate::features::shared::{Needs, Scratch, Shared};
use crate::features::spec::Args;
use crate::signal::spectral::{Complex64, Goertzel, magnitude, peak_between, total_harmonic_distortion};

const HARMONICS: &[Param] = &[Param::int("harmonics", 1, 1000).or("5")];

/// The table of this family.
pub(crate) fn calculators() -> Vec<Calculator> {
    const HZ: &[Param] = &[Param::float("hz", 0.0, 1e12)];
    const ORDER: &[Param] = &[Param::float("order", 0.0, 1e6), Param::float("shaft_hz", 0.0, 1e12)];
    const SHARE: &[Param] = &[Param::float("share", 0.0, 1.0).or("0.3")];
    const QUEFRENCIES: &[Param] = &[Param::float("high_s", 0.0, 1e12), Param::float("low_s", 0.0, 1e12)];
    const INDEX: &[Param] = &[Param::int("index", 0, 1 << 27)];
    const FLUX: &[Param] = &[Param::int("hop", 1, 1 << 27), Param::int("nperseg", 1, 1 << 27)];
    let cepstrum: fn(&Args) -> Needs = |_| {
        let mut needs = Needs::new();
        needs.spectral.cepstrum();
        needs
    };
    vec![
        Calculator::group(
            "total_harmonic_distortion",
            HARMONICS,
            "sqrt(sum A²(h k), h = 2..=1+harmonics) / A(k), k the largest bin above 0 of a Hann spectrum",
            |args| Box::new(Distortion(args.iter().map(|a| a.count(0)).collect())),
        ),
        Calculator::scalar(
            "tone_frequency",
            &[],
            "frequency of the strongest tone, Hz",
            |_| tone_needs(5),
            |s, _| s.spectra().tone(5).map_or(f64::NAN, |q| q.fundamental_hz),
        ),
        Calculator::scalar(
            "tone_amplitude",
            &[],
            "amplitude of the strongest tone, unit of the signal",
            |_| tone_needs(5),
            |s, _| s.spectra().tone(5).map_or(f64::NAN, |q| (2.0 * q.power).sqrt()),
        ),
        Calculator::scalar(
            "tone_snr",
            HARMONICS,
            "strongest tone over noise, harmonics 2..=1+harmonics left out, dB",
            |a| tone_needs(a.count(0)),
            |s, a| s.spectra().tone(a.count(0)).map_or(f64::NAN, |q| q.snr_db),
        ),
        Calculator::scalar(
            "tone_sinad",
            HARMONICS,
            "strongest tone over noise and harmonics, dB",
            |a| tone_needs(a.count(0)),
            |s, a| s.spectra().tone(a.count(0)).map_or(f64::NAN, |q| q.sinad_db),
        ),
        Calculator::scalar(
            "tone_sfdr",
            HARMONICS,
            "strongest tone over the strongest other line, dB",
            |a| tone_needs(a.count(0)),
            |s, a| s.spectra().tone(a.count(0)).map_or(f64::NAN, |q| q.sfdr_db),
        ),
        Calculator::scalar(
            "tone_thd",
            HARMONICS,
            "harmonics 2..=1+harmonics over the strongest tone, dB",
            |a| tone_needs(a.count(0)),
            |s, a| s.spectra().tone(a.count(0)).map_or(f64::NAN, |q| q.thd_db),
        ),
        Calculator::scalar(
            "fundamental_frequency",
            SHARE,
            "lowest local maximum of |rfft x| above bin 0 that reaches `share` of the largest, Hz; NaN if none",
            |_| Needs::new().magnitude(),
            |s, a| fundamental(s, a.float(0)),
        ),
        Calculator::scalar(
            "line_amplitude",
            HZ,
            "2 |X(hz)| / n, amplitude of a sine at hz",
            |_| Needs::new(),
            |s, a| amplitude(s, a.float(0)),
        ),
        Calculator::scalar(
            "order_amplitude",
            ORDER,
            "2 |X(order shaft_hz)| / n, at a constant shaft speed",
            |_| Needs::new(),
            |s, a| amplitude(s, a.float(0) * a.float(1)),
        ),
        Calculator::scalar(
            "cepstrum_peak",
            QUEFRENCIES,
            "largest real cepstrum from low_s to high_s seconds",
            cepstrum,
            |s, a| rahmonic(s, a.float(1), a.float(0)).map_or(f64::NAN, |(_, c)| c),
        ),
        Calculator::scalar(
            "cepstrum_peak_quefrency",
            QUEFRENCIES,
            "quefrency of the largest real cepstrum from low_s to high_s, s",
            cepstrum,
            |s, a| rahmonic(s, a.float(1), a.float(0)).map_or(f64::NAN, |(q, _)| q as f64 / s.rate().as_hz()),
        ),
        Calculator::scalar(
            "real_cepstrum",
            INDEX,
            "irfft(ln |rfft x|) at quefrency index / rate; NaN beyond the window or for a bin without power",
            cepstrum,
            |s, a| s.spectra().cepstrum.get(a.count(0)).copied().unwrap_or(f64::NAN),
        ),
        Calculator::scalar(
            "spectral_flux",
            FLUX,
            "mean distance of |X| of neighbouring pieces, Hann; NaN when hop > nperseg or there are fewer than two",
            |a| {
                let mut needs = Needs::new();
                needs.spectral.flux(a.count(1), a.count(0));
                needs
            },
            |s, a| s.spectra().flux(a.count(1), a.count(0)),
        ),
    ]
}

/// What the rows on [`ToneQuality`](crate::signal::spectral::ToneQuality) read: NaN for fewer than 64 samples, without a tone, and
/// where a ratio is infinite.
fn tone_needs(harmonics: usize) -> Needs {
    let mut needs = Needs::new();
    needs.spectral.tone(harmonics);
    needs
}

/// Harmonic distortion for several numbers of harmonics, from one Hann spectrum.
struct Distortion(Vec<usize>);

impl Kernel for Distortion {
    fn needs(&self) -> Needs {
        Needs::new().fourier()
    }

    fn run(&self, shared: &Shared<'_>, scratch: &mut Scratch, out: &mut [f64]) {
        let bins = shared.fourier();
        let magnitudes = scratch.floats(bins.len());
        hann_magnitudes(bins, shared.len(), magnitudes);
        for (out, &harmonics) in out.iter_mut().zip(&self.0) {
            *out = total_harmonic_distortion(magnitudes, harmonics);
        }
    }
}

/// Magnitudes of the transform of the samples less their mean, times a periodic Hann window: the window is three lines,
/// so it is a weighted sum of three neighbours, `X_k / 2 - (X_{k-1} + X_{k+1}) / 4`.
fn hann_magnitudes(bins: &[Complex64], n: usize, out: &mut [f64]) {
    let last = bins.len().saturating_sub(1);
    let zero = Complex64::default();
    let at = |k: usize| if k == 0 { zero } else { bins.get(k).copied().unwrap_or(zero) };
    for (k, out) in out.iter_mut().enumerate() {
        // X_{-1} is the mirror of X_1, and the one after the last that of X_{n - last - 1}.
        let below = if k == 0 { at(1.min(last)).conj() } else { at(k - 1) };
        let above = if k == last { at(n.saturating_sub(last + 1)).conj() } else { at(k + 1) };
        *out = magnitude(&(at(k) * 0.5 - (below + above) * 0.25));
    }
}

fn fundamental(s: &Shared<'_>, share: f64) -> f64 {
    let m = s.magnitude();
    let Some(tail) = m.get(1..).filter(|t| !t.is_empty() && t.iter().all(|v| v.is_finite())) else { return f64::NAN };
    let limit = share * tail.iter().fold(0.0, |a: f64, &b| a.max(b));
    // The ends count as falling off outside, so that a line at half of the rate is a line.
    let height = |k: usize| m.get(k).copied().unwrap_or(f64::NEG_INFINITY);
    let before = |k: usize| if k == 1 { f64::NEG_INFINITY } else { height(k - 1) };
    let line = (1..m.len()).find(|&k| m[k] > 0.0 && m[k] >= limit && m[k] > before(k) && m[k] >= height(k + 1));
    line.map_or(f64::NAN, |k| k as f64 * s.rate().as_hz() / s.len() as f64)
}

fn amplitude(s: &Shared<'_>, hz: f64) -> f64 {
    if hz > s.rate().nyquist() {
        return f64::NAN;
    }
    let Ok(mut line) = Goertzel::new(hz, s.rate()) else { return f64::NAN };
    line.extend(s.samples());
    line.amplitude()
}

/// Place and height of the largest real cepstrum between two quefrencies in seconds.
fn rahmonic(s: &Shared<'_>, low: f64, high: f64) -> Option<(usize, f64)> {
    let rate = s.rate().as_hz();
    let (from, to) = ((low * rate).ceil() as usize, (high * rate).floor() as usize);
    peak_between(&s.spectra().cepstrum, from, to)
}
