//! How pure a tone is: harmonic distortion, noise and spurious lines against a fundamental.
//!
//! Two readings. [`total_harmonic_distortion`] takes the harmonics from exact multiples of the strongest bin of a Hann spectrum: cheap,
//! a feature for every window. [`ToneQuality`] takes whole lines out of a spectrum with a Kaiser window of beta 38 (side lobes below
//! -300 dB, so that a line is everything down to where the noise begins) and reports four ratios in dB, as instruments do.
//!
//! Definitions of [`ToneQuality`] (own, in the spirit of IEEE Std 1241). The power spectrum is that of the signal less its mean. A
//! *line* is a top and all bins beside it as long as they fall, out to at most the half width of the main lobe (13 bins). The line at
//! 0 Hz is left out. The fundamental is the line of the highest bin left. Harmonic `h` is the line of the top reached by climbing from
//! the bin nearest to `h` times the fundamental (its centre of gravity); harmonics above half of the sample rate do not count. Noise
//! is the sum of all bins in no line, plus the median of them for each bin that is in one.

use super::detrend::Detrend;
use super::periodogram::{Periodogram, PeriodogramScratch};
use super::spectrum::Scaling;
use super::window::WindowFunction;
use crate::error::{Error, Result};
use crate::math::lanes;
use crate::signal::{SampleRate, Signal};
use std::ops::Range;

/// Shape of the window of [`ToneQuality`].
const BETA: f64 = 38.0;
/// Half of its main lobe in bins: `sqrt(beta^2 + pi^2) / pi`, rounded up.
const HALF_LOBE: usize = 13;

/// `sqrt(sum of A_{h k}^2, h = 2..=1 + harmonics) / A_k` from the magnitudes of a one-sided spectrum (any scale, same for all
/// bins), with `k` the largest bin above 0: share of the fundamental, 0.1 = 10 %.
///
/// Multiples beyond the last bin are left out; 0 when all are. NaN for fewer than two bins, when all bins above 0 are zero, or when one
/// is NaN. Wants a window (Hann) and a signal without its mean.
///
/// ```
/// use prognos::signal::spectral::total_harmonic_distortion;
/// let magnitudes = [0.0, 0.0, 10.0, 0.0, 3.0, 0.0, 4.0];
/// assert_eq!(total_harmonic_distortion(&magnitudes, 5), 0.5);
/// ```
#[must_use]
pub fn total_harmonic_distortion(magnitudes: &[f64], harmonics: usize) -> f64 {
    let Some(tail) = magnitudes.get(1..).filter(|t| !t.is_empty()) else { return f64::NAN };
    if tail.iter().any(|a| a.is_nan()) {
        return f64::NAN;
    }
    let top = tail.iter().fold(f64::NEG_INFINITY, |a, &b| a.max(b));
    let Some(k) = tail.iter().position(|&a| a >= top).map(|i| i + 1) else { return f64::NAN };
    let multiples = (2..harmonics.saturating_add(2)).map_while(|h| magnitudes.get(h.checked_mul(k)?));
    // Ratios first: squares of tiny magnitudes would vanish.
    if top > 0.0 { multiples.map(|a| (a / top) * (a / top)).sum::<f64>().sqrt() } else { f64::NAN }
}

/// Purity of the strongest tone of a signal.
///
/// ```
/// use prognos::signal::{SampleRate, Signal, spectral::ToneQuality};
/// let x: Vec<f64> = (0..4096)
///     .map(|i| std::f64::consts::TAU * 0.0513 * f64::from(i))
///     .map(|p| p.sin() + 1e-2 * (2.0 * p).sin())
///     .collect();
/// let q = ToneQuality::measure(Signal::new(&x, SampleRate::hz(1000.0)?), 5)?;
/// assert!((q.fundamental_hz - 51.3).abs() < 1e-3);
/// assert!((q.thd_db + 40.0).abs() < 0.01);
/// assert!(q.snr_db > 200.0, "{q:?}");
/// # Ok::<(), prognos::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct ToneQuality {
    /// Frequency of the fundamental in hertz: centre of gravity of its line.
    pub fundamental_hz: f64,
    /// Power of the fundamental, unit^2.
    pub power: f64,
    /// Harmonics over fundamental (power), dB: -40 is 1 % of the amplitude. Minus infinity when no harmonic lies below half of the rate.
    pub thd_db: f64,
    /// Fundamental over noise, harmonics left out, dB.
    pub snr_db: f64,
    /// Fundamental over noise and harmonics, dB.
    pub sinad_db: f64,
    /// Fundamental over the strongest other line, harmonic or not, dB. Infinite when there is no other bin.
    pub sfdr_db: f64,
}

impl ToneQuality {
    /// Measures the strongest tone with harmonics 2 to `1 + harmonics`.
    ///
    /// # Errors
    /// [`Error::TooFew`] for fewer than 64 samples, [`Error::Numeric`] when there is no tone: the signal is constant, or NaN or
    /// infinite numbers are in it.
    pub fn measure(signal: Signal<'_>, harmonics: usize) -> Result<Self> {
        if signal.len() < 64 {
            return Err(Error::too_few("samples of a tone", 64, signal.len()));
        }
        let plan = TonePlan::new(signal.len(), signal.rate())?;
        let mut scratch = plan.scratch();
        plan.spectrum(signal.samples(), &mut scratch)?;
        plan.quality(harmonics, &mut scratch)
            .ok_or_else(|| Error::numeric("tone", "the signal has no tone: it is constant or not finite"))
    }
}

/// The spectrum behind [`ToneQuality`] for signals of one length.
#[derive(Debug, Clone)]
pub(crate) struct TonePlan(Periodogram);

/// Its working memory.
#[derive(Debug, Clone)]
pub(crate) struct ToneScratch {
    inner: PeriodogramScratch,
    power: Vec<f64>,
    taken: Vec<bool>,
    rest: Vec<f64>,
}

impl TonePlan {
    pub(crate) fn new(len: usize, rate: SampleRate) -> Result<Self> {
        let params = Periodogram::params().window(WindowFunction::Kaiser(BETA));
        params.detrend(Detrend::Constant).scaling(Scaling::Density).plan(len, rate).map(Self)
    }

    pub(crate) fn scratch(&self) -> ToneScratch {
        let bins = self.0.bins();
        let (power, taken, rest) = (vec![0.0; bins], vec![false; bins], Vec::with_capacity(bins));
        ToneScratch { inner: self.0.scratch(), power, taken, rest }
    }

    /// Computes the spectrum that [`quality`](Self::quality) reads.
    pub(crate) fn spectrum(&self, x: &[f64], scratch: &mut ToneScratch) -> Result<()> {
        self.0.process(x, &mut scratch.power, &mut scratch.inner)
    }

    /// The ratios with harmonics 2 to `1 + harmonics`; `None` when there is no tone.
    pub(crate) fn quality(&self, harmonics: usize, scratch: &mut ToneScratch) -> Option<ToneQuality> {
        let (p, step) = (&scratch.power[..], self.0.step());
        let (taken, rest) = (&mut scratch.taken, &mut scratch.rest);
        taken.fill(false);
        let mut take = |line: &Range<usize>| taken.get_mut(line.clone()).into_iter().flatten().for_each(|t| *t = true);
        // Bin 0 stands for one frequency, its neighbours for two each: the fall begins at bin 1.
        let direct = 0..line_around(p, 1).end;
        take(&direct);
        let top = argmax(p, |k| k >= direct.end);
        let top = top.filter(|&k| p[k] > 0.0 && p[k].is_finite() && lanes::sum(p).is_finite())?;
        let mut line = line_around(p, top);
        line.start = line.start.max(direct.end);
        take(&line);
        let power = lanes::sum(&p[line.clone()]);
        let centre = line.clone().map(|k| k as f64 * p[k]).sum::<f64>() / power;
        let mut distortion = 0.0;
        let mut strongest = 0.0_f64;
        for h in 2..harmonics.saturating_add(2) {
            let near = (h as f64 * centre).round();
            if near >= p.len() as f64 {
                break;
            }
            let line = line_around(p, climb(p, near as usize));
            let free = line.clone().filter(|&k| !taken[k]);
            let power: f64 = free.map(|k| p[k]).sum();
            taken[line].fill(true);
            distortion += power;
            strongest = strongest.max(power);
        }
        rest.clear();
        rest.extend(p.iter().zip(&*taken).filter(|(_, t)| !**t).map(|(p, _)| *p));
        let lines = (p.len() - rest.len()) as f64;
        let mut noise = lanes::sum(rest);
        if let Some(k) = argmax(p, |k| !taken[k]) {
            let other = line_around(p, k).filter(|&k| !taken[k]).map(|k| p[k]).sum();
            strongest = strongest.max(other);
            let half = rest.len() / 2;
            noise += lines * *rest.select_nth_unstable_by(half, f64::total_cmp).1;
        }
        let db = |ratio: f64| 10.0 * ratio.log10();
        Some(ToneQuality {
            fundamental_hz: centre * step,
            power: power * step,
            thd_db: db(distortion / power),
            snr_db: db(power / noise),
            sinad_db: db(power / (noise + distortion)),
            sfdr_db: db(power / strongest),
        })
    }
}

fn argmax(p: &[f64], allowed: impl Fn(usize) -> bool) -> Option<usize> {
    (0..p.len()).filter(|&k| allowed(k)).reduce(|a, b| if p[b] > p[a] { b } else { a })
}

/// The top reached from `k` by always stepping to the higher neighbour.
fn climb(p: &[f64], mut k: usize) -> usize {
    loop {
        let right = p.get(k + 1).copied().unwrap_or(f64::NEG_INFINITY);
        let left = if k > 0 { p[k - 1] } else { f64::NEG_INFINITY };
        if right > p[k] && right >= left {
            k += 1;
        } else if left > p[k] {
            k -= 1;
        } else {
            return k;
        }
    }
}

/// Bins from the top at `k` down to where the power no longer falls.
fn line_around(p: &[f64], k: usize) -> Range<usize> {
    let (mut from, mut to) = (k, k);
    while from > 0 && k - from < HALF_LOBE && p[from - 1] < p[from] {
        from -= 1;
    }
    while to + 1 < p.len() && to - k < HALF_LOBE && p[to + 1] < p[to] {
        to += 1;
    }
    from..to + 1
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::signal::SampleRate;

    #[test]
    fn four_ratios_of_a_known_mixture() {
        let n = 16_384;
        let noise = |i: usize| ((i as f64 * 12.9898).sin() * 43_758.545_3).fract();
        let x: Vec<f64> = (0..n)
            .map(|i| {
                let p = std::f64::consts::TAU * 0.031_7 * i as f64;
                p.sin() + 0.1 * (2.0 * p).sin() + 0.02 * (3.0 * p).cos() + 0.05 * (7.3 * p).sin() + 1e-3 * noise(i)
            })
            .collect();
        let q = ToneQuality::measure(Signal::new(&x, SampleRate::hz(1000.0).unwrap()), 5).unwrap();
        assert!((q.fundamental_hz - 31.7).abs() < 1e-4);
        assert!((q.power - 0.5).abs() < 1e-4);
        let power = |ratio: f64| 10.0 * ratio.log10();
        assert!((q.thd_db - power(0.01 + 0.0004)).abs() < 0.01, "{q:?}");
        assert!((q.sfdr_db - 20.0).abs() < 0.01);
        // The line at 7.3 times the fundamental is no harmonic: it counts as noise.
        assert!((q.snr_db - power(1.0 / 0.0025)).abs() < 0.05, "{q:?}");
        assert!((q.sinad_db - power(1.0 / (0.0025 + 0.0104))).abs() < 0.05, "{q:?}");
    }

    #[test]
    fn no_tone_is_an_error() {
        let rate = SampleRate::ONE_HZ;
        assert!(matches!(ToneQuality::measure(Signal::new(&[1.0; 100], rate), 5), Err(Error::Numeric { .. })));
        assert!(matches!(ToneQuality::measure(Signal::new(&[f64::NAN; 100], rate), 5), Err(Error::Numeric { .. })));
        assert!(matches!(ToneQuality::measure(Signal::new(&[1.0; 10], rate), 5), Err(Error::TooFew { .. })));
        assert!(total_harmonic_distortion(&[1.0], 5).is_nan());
        assert!(total_harmonic_distortion(&[1.0, 0.0, 0.0], 5).is_nan());
        assert!(total_harmonic_distortion(&[0.0, 1.0, 2.0], usize::MAX) <= 0.0);
    }
}
