//! The analytic signal: envelope, instantaneous phase and frequency.
//!
//! What it answers: how the amplitude and the frequency of an oscillation move with time. The envelope of a signal
//! that was band-passed round a resonance shows the repetition rate of bearing impacts; the phase of a shaft-order
//! component shows speed variation.
//!
//! The analytic signal is `x + j H[x]`, where the Hilbert transform `H` turns every frequency by -90 degrees. It is
//! computed over the whole window by two real transforms (the values are those of `scipy.signal.hilbert`). The window
//! counts as periodic: ends that do not meet disturb a few periods at both ends.
//!
//! Source: Gabor 1946; Marple 1999. Cost: two real FFTs of n; lengths with large prime factors cost several times more.
//! Envelope and phase mean something only for a signal of one narrow band: filter first.
//!
//! Non-finite samples make the whole result NaN.

use super::SampleRate;
use crate::error::{Error, Result};
use realfft::{ComplexToReal, RealFftPlanner, RealToComplex};
use rustfft::num_complex::Complex64;
use std::f64::consts::TAU;
use std::sync::Arc;

/// A prepared Hilbert transform for one length: calls do not allocate. Clones share the plan and own their scratch.
///
/// ```
/// use prognos::signal::hilbert::Hilbert;
/// let x: Vec<f64> = (0..256).map(|i| 3.0 * (f64::from(i) * std::f64::consts::TAU / 16.0).cos()).collect();
/// let mut plan = Hilbert::new(256);
/// let mut envelope = vec![0.0; 256];
/// plan.envelope(&x, &mut envelope)?;
/// assert!(envelope.iter().all(|e| (e - 3.0).abs() < 1e-12));
/// # Ok::<(), prognos::Error>(())
/// ```
#[derive(Clone)]
pub struct Hilbert {
    len: usize,
    /// Absent for fewer than two samples, which have nothing to transform.
    plans: Option<Plans>,
    time: Vec<f64>,
    spectrum: Vec<Complex64>,
    scratch: Vec<Complex64>,
}

/// The transform to the spectrum and back.
type Plans = (Arc<dyn RealToComplex<f64>>, Arc<dyn ComplexToReal<f64>>);

impl std::fmt::Debug for Hilbert {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Hilbert").field("len", &self.len).finish_non_exhaustive()
    }
}

impl Hilbert {
    /// Prepares transforms of `len` samples.
    #[must_use]
    pub fn new(len: usize) -> Self {
        let plans = (len > 1).then(|| {
            let mut planner = RealFftPlanner::new();
            (planner.plan_fft_forward(len), planner.plan_fft_inverse(len))
        });
        let scratch = plans.as_ref().map_or(0, |(f, i)| f.get_scratch_len().max(i.get_scratch_len()));
        let zero = Complex64::new(0.0, 0.0);
        Self {
            len,
            spectrum: vec![zero; plans.as_ref().map_or(0, |(f, _)| f.complex_len())],
            plans,
            time: vec![0.0; len],
            scratch: vec![zero; scratch],
        }
    }

    /// Samples of a transform.
    #[must_use]
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether transforms have no samples at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Writes the Hilbert transform of `x`, the imaginary part of the analytic signal, to `out`.
    ///
    /// # Errors
    /// [`Error::Shape`] unless `x` and `out` have the prepared length.
    pub fn transform(&mut self, x: &[f64], out: &mut [f64]) -> Result<()> {
        for (what, found) in [("samples of the signal", x.len()), ("samples of the output", out.len())] {
            if found != self.len {
                return Err(Error::shape(what, self.len, found));
            }
        }
        let Some((forward, inverse)) = &self.plans else {
            out.fill(0.0);
            return Ok(());
        };
        let failed = |e: realfft::FftError| Error::numeric("Fourier transform", e.to_string());
        self.time.copy_from_slice(x);
        forward.process_with_scratch(&mut self.time, &mut self.spectrum, &mut self.scratch).map_err(failed)?;
        let scale = 1.0 / self.len as f64;
        for bin in &mut self.spectrum {
            *bin = Complex64::new(bin.im * scale, -bin.re * scale);
        }
        // Neither the mean nor the Nyquist frequency has a direction to turn.
        self.spectrum[0] = Complex64::new(0.0, 0.0);
        if self.len.is_multiple_of(2) {
            self.spectrum[self.len / 2] = Complex64::new(0.0, 0.0);
        }
        inverse.process_with_scratch(&mut self.spectrum, out, &mut self.scratch).map_err(failed)
    }

    /// Writes the envelope `sqrt(x^2 + H[x]^2)` to `out`.
    ///
    /// # Errors
    /// As [`Hilbert::transform`].
    pub fn envelope(&mut self, x: &[f64], out: &mut [f64]) -> Result<()> {
        self.transform(x, out)?;
        out.iter_mut().zip(x).for_each(|(h, x)| *h = magnitude(*x, *h));
        Ok(())
    }

    /// The analytic signal of `x`.
    ///
    /// # Errors
    /// As [`Hilbert::transform`].
    pub fn analytic(&mut self, x: &[f64]) -> Result<Analytic> {
        let mut imaginary = vec![0.0; x.len()];
        self.transform(x, &mut imaginary)?;
        Ok(Analytic { real: x.to_vec(), imaginary })
    }
}

/// An analytic signal `real + j imaginary`.
#[derive(Debug, Clone, PartialEq)]
pub struct Analytic {
    /// The signal itself.
    pub real: Vec<f64>,
    /// Its Hilbert transform.
    pub imaginary: Vec<f64>,
}

impl Analytic {
    /// Magnitude at every sample.
    #[must_use]
    pub fn envelope(&self) -> Vec<f64> {
        self.pairs().map(|(re, im)| magnitude(re, im)).collect()
    }

    /// Phase at every sample in radians, without jumps: neighbours differ by at most pi (`numpy.unwrap`).
    #[must_use]
    pub fn phase(&self) -> Vec<f64> {
        let mut turns = 0.0;
        let mut last: Option<f64> = None;
        self.pairs()
            .map(|(re, im)| {
                let phase = im.atan2(re);
                if let Some(last) = last {
                    turns -= ((phase - last) / TAU).round_ties_even();
                }
                last = Some(phase);
                phase + turns * TAU
            })
            .collect()
    }

    /// Frequency in hertz between every two neighbours: phase step times rate over 2 pi; one value less than samples.
    #[must_use]
    pub fn frequency(&self, rate: SampleRate) -> Vec<f64> {
        self.phase().windows(2).map(|p| (p[1] - p[0]) * rate.as_hz() / TAU).collect()
    }

    fn pairs(&self) -> impl Iterator<Item = (f64, f64)> {
        self.real.iter().copied().zip(self.imaginary.iter().copied())
    }
}

/// `sqrt(re^2 + im^2)`; the slower careful way only where the squares would leave the range of f64.
#[inline]
fn magnitude(re: f64, im: f64) -> f64 {
    let squares = re * re + im * im;
    if squares > 1e-280 && squares < 1e280 { squares.sqrt() } else { re.hypot(im) }
}

/// The analytic signal of `x`, planned for this one call.
///
/// # Errors
/// None for any input so far; a `Result` because the transform beneath it may refuse.
///
/// ```
/// use prognos::signal::{SampleRate, hilbert::analytic};
/// let rate = SampleRate::hz(1_000.0)?;
/// let x: Vec<f64> = (0..500).map(|i| (f64::from(i) * std::f64::consts::TAU * 50.0 / 1_000.0).sin()).collect();
/// let frequency = analytic(&x)?.frequency(rate);
/// assert!(frequency.iter().all(|f| (f - 50.0).abs() < 1e-9));
/// # Ok::<(), prognos::Error>(())
/// ```
pub fn analytic(x: &[f64]) -> Result<Analytic> {
    Hilbert::new(x.len()).analytic(x)
}

/// The envelope of `x`, planned for this one call.
///
/// # Errors
/// As [`analytic`].
pub fn envelope(x: &[f64]) -> Result<Vec<f64>> {
    let mut out = vec![0.0; x.len()];
    Hilbert::new(x.len()).envelope(x, &mut out)?;
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_those_of_scipy() {
        let x: Vec<f64> = (0..40).map(|i| f64::from((i * i * 7 + 3 * i) % 11 - 5)).collect();
        // scipy.signal.hilbert(x).imag[[0, 1, 39]], and of x[:39] at [0, 1, 38]
        let even = [-3.2985284661304846, -0.6353102368087349, 3.356472733967364];
        let odd = [-2.6980326036136435, -2.4890882796498977, 0.5774014810539978];
        for (n, expected) in [(40, even), (39, odd)] {
            let y = analytic(&x[..n]).unwrap().imaginary;
            for (f, e) in [y[0], y[1], y[n - 1]].iter().zip(expected) {
                assert!((f - e).abs() < 1e-12);
            }
        }
    }

    #[test]
    fn a_plan_can_be_used_again_and_checks_lengths() {
        let mut plan = Hilbert::new(30);
        let x: Vec<f64> = (0..30).map(|i| f64::from(i % 7)).collect();
        let mut first = vec![0.0; 30];
        let mut second = vec![0.0; 30];
        plan.envelope(&x, &mut first).unwrap();
        plan.envelope(&x, &mut second).unwrap();
        assert_eq!(first, second);
        assert!(matches!(plan.envelope(&x[1..], &mut first), Err(Error::Shape { expected: 30, found: 29, .. })));
        assert_eq!(envelope(&[-3.0]).unwrap(), [3.0]);
        assert!(envelope(&[]).unwrap().is_empty());
    }

    #[test]
    fn amplitudes_near_the_ends_of_the_range_survive() {
        for scale in [1e-200, 1e200] {
            let x: Vec<f64> = (0..64).map(|i| scale * (f64::from(i) * TAU / 8.0).cos()).collect();
            assert!(envelope(&x).unwrap().iter().all(|e| (e / scale - 1.0).abs() < 1e-12));
        }
    }
}
