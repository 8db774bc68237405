//! Cepstra: the spectrum of the logarithm of a spectrum.
//!
//! A family of lines at equal distances (harmonics of a shaft, sidebands of a gear) becomes one peak at the quefrency
//! `1 / distance` in seconds; an echo or a transmission path becomes a short piece near 0.
//!
//! * real cepstrum: `c = irfft(ln |X|)`
//! * power cepstrum: `|irfft(ln |X|^2)|^2 = 4 c^2`
//! * cepstral pre-whitening: `irfft(X / |X|)`, all lines at the same height, so that impacts of a bearing stand out from gears
//!
//! Source: B. P. Bogert, M. J. R. Healy, J. W. Tukey (1963); R. B. Randall, "A history of cepstrum analysis and its application to
//! mechanical problems", Mech. Syst. Signal Process. 97 (2017); pre-whitening: P. Borghesani et al., MSSP 36 (2013).
//!
//! Cost: two real transforms. A bin that is exactly zero has no logarithm: see [`Cepstrum::real`]. Not for signals of few pure
//! tones: between the tones the logarithm is that of the noise.

use super::fft::{FftScratch, RealFft, log_magnitude, magnitude};
use crate::error::{Error, Result};
use rustfft::num_complex::Complex64;

/// A plan of cepstra for signals of one length: immutable, `Send + Sync`.
///
/// ```
/// use prognos::signal::spectral::Cepstrum;
/// // An echo after 40 samples, half as strong: peaks of 0.5 / 2 at quefrency 40.
/// let mut x = vec![0.0; 512];
/// (x[0], x[40]) = (1.0, 0.5);
/// let plan = Cepstrum::new(512)?;
/// let mut c = vec![0.0; 512];
/// plan.real(&x, &mut c, &mut plan.scratch())?;
/// assert!((c[40] - 0.25).abs() < 1e-3);
/// # Ok::<(), prognos::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Cepstrum {
    fft: RealFft,
}

/// Working memory of a [`Cepstrum`] plan.
#[derive(Debug, Clone)]
pub struct CepstrumScratch {
    fft: FftScratch,
    bins: Vec<Complex64>,
    gain: Vec<f64>,
}

impl Cepstrum {
    /// A plan for signals of `len` samples.
    ///
    /// # Errors
    /// [`Error::Parameter`] when `len` is 0 or above 2^27.
    pub fn new(len: usize) -> Result<Self> {
        Ok(Self { fft: RealFft::new(len)? })
    }

    /// Working memory.
    #[must_use]
    pub fn scratch(&self) -> CepstrumScratch {
        CepstrumScratch { fft: self.fft.scratch(), bins: self.fft.zero_bins(), gain: vec![0.0; self.fft.bins()] }
    }

    /// The real cepstrum of `x` into `out`, both of the length of the plan; place `q` stands for a quefrency of `q / fs` seconds.
    ///
    /// When a bin of the spectrum is exactly zero, `out[0]` is minus infinity (it is the mean of the logarithms) and all others NaN.
    /// A NaN or infinite sample makes everything NaN.
    ///
    /// # Errors
    /// [`Error::Shape`] when `x`, `out` or the scratch has another length than the plan.
    pub fn real(&self, x: &[f64], out: &mut [f64], scratch: &mut CepstrumScratch) -> Result<()> {
        self.fft.forward(x, &mut scratch.bins, &mut scratch.fft)?;
        for z in &mut scratch.bins {
            *z = Complex64::new(log_magnitude(z), 0.0);
        }
        self.fft.inverse(&scratch.bins, out, &mut scratch.fft)?;
        if scratch.bins.iter().any(|z| z.re == f64::NEG_INFINITY) && !scratch.bins.iter().any(|z| z.re.is_nan()) {
            out.fill(f64::NAN);
            if let Some(first) = out.first_mut() {
                *first = f64::NEG_INFINITY;
            }
        } else if scratch.bins.iter().any(|z| !z.re.is_finite()) {
            out.fill(f64::NAN);
        }
        Ok(())
    }

    /// The power cepstrum of `x`, `|irfft(ln |X|^2)|^2`; infinite and NaN where [`real`](Self::real) is.
    ///
    /// # Errors
    /// As [`real`](Self::real).
    pub fn power(&self, x: &[f64], out: &mut [f64], scratch: &mut CepstrumScratch) -> Result<()> {
        self.real(x, out, scratch)?;
        out.iter_mut().for_each(|c| *c = 4.0 * *c * *c);
        Ok(())
    }

    /// Cepstral pre-whitening: the signal with the same phases and all magnitudes 1. Bins that are exactly zero stay zero.
    ///
    /// # Errors
    /// As [`real`](Self::real).
    pub fn prewhiten(&self, x: &[f64], out: &mut [f64], scratch: &mut CepstrumScratch) -> Result<()> {
        self.fft.forward(x, &mut scratch.bins, &mut scratch.fft)?;
        for z in &mut scratch.bins {
            let size = magnitude(z);
            *z = if size == 0.0 { Complex64::default() } else { *z / size };
        }
        self.fft.inverse(&scratch.bins, out, &mut scratch.fft)
    }

    /// Liftering: the signal after its real cepstrum was multiplied by `keep(quefrency)` (in samples, 0 to `len / 2`), with the phases
    /// of the original. `keep = 0` around the rahmonics of a gear takes its harmonics and sidebands out of the signal; `keep = 1` for
    /// short quefrencies only leaves the envelope of the spectrum.
    ///
    /// NaN throughout when a bin of the spectrum is exactly zero.
    ///
    /// # Errors
    /// As [`real`](Self::real).
    pub fn lifter(
        &self,
        x: &[f64],
        keep: impl Fn(usize) -> f64,
        out: &mut [f64],
        scratch: &mut CepstrumScratch,
    ) -> Result<()> {
        self.real(x, out, scratch)?;
        let n = out.len();
        for (q, c) in out.iter_mut().enumerate() {
            *c *= keep(q.min(n - q));
        }
        // The edited logarithm, then its phases from the original.
        self.fft.forward(out, &mut scratch.bins, &mut scratch.fft)?;
        for (g, z) in scratch.gain.iter_mut().zip(&scratch.bins) {
            *g = z.re.exp();
        }
        self.fft.forward(x, &mut scratch.bins, &mut scratch.fft)?;
        for (z, g) in scratch.bins.iter_mut().zip(&scratch.gain) {
            let size = magnitude(z);
            *z = if size == 0.0 { Complex64::new(f64::NAN, 0.0) } else { *z / size * g };
        }
        self.fft.inverse(&scratch.bins, out, &mut scratch.fft)
    }
}

/// Quefrency, in samples, and height of the largest value of a real cepstrum between two quefrencies (in samples, both included,
/// cut to half of the length); the first of equals.
///
/// # Errors
/// [`Error::Parameter`] when no quefrency lies between the two; [`Error::Numeric`] when all values there are NaN.
pub fn peak_quefrency(cepstrum: &[f64], from: usize, to: usize) -> Result<(usize, f64)> {
    let top = to.min(cepstrum.len() / 2);
    if from > top || cepstrum.is_empty() {
        return Err(Error::parameter("from", from, "no quefrency lies between the bounds"));
    }
    peak_between(cepstrum, from, to)
        .ok_or_else(|| Error::numeric("cepstrum", "every value is NaN: a bin of the spectrum was exactly zero"))
}

/// As [`peak_quefrency`], without the reason why there is none.
pub(crate) fn peak_between(cepstrum: &[f64], from: usize, to: usize) -> Option<(usize, f64)> {
    let range = cepstrum.get(from..=to.min(cepstrum.len() / 2))?;
    let numbers = range.iter().enumerate().filter(|(_, c)| !c.is_nan());
    let best = numbers.reduce(|best, next| if next.1 > best.1 { next } else { best })?;
    Some((from + best.0, *best.1))
}
