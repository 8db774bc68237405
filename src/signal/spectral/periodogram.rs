//! The spectrum of a whole signal at its finest resolution, as power or as amplitude.
//!
//! For lines: a machine's harmonics in a signal that is long and steady. The power of noise in one bin scatters by 100 %
//! of its value however long the signal is; to see the level of noise take [`Welch`].
//!
//! * Periodogram: `P_k = c |sum w_n (x_n - trend) exp(-2 pi i k n / N)|^2 / U`, with `c` and `U` as for Welch's method: it is
//!   Welch's method with one piece (as in scipy). Schuster (1898).
//! * Amplitude: `A_k = c |X_k| / sum w`, with `c = 1` for bin 0 and (even `N`) the last one, 2 for all others: a sine of amplitude
//!   `A` in the middle of a bin shows as `A`, whatever the window.
//!
//! Cost: one real transform.

use super::detrend::Detrend;
use super::fft::{FftScratch, RealFft, check_len, magnitude};
use super::spectrum::{Scaling, Spectrum};
use super::welch::{Welch, WelchParams, WelchScratch};
use super::window::WindowFunction;
use crate::error::{Error, Result};
use crate::math::lanes;
use crate::signal::{SampleRate, Signal};
use rustfft::num_complex::Complex64;

/// Settings of a periodogram; the defaults are those of `scipy.signal.periodogram`.
///
/// ```
/// use prognos::signal::{SampleRate, Signal, spectral::Periodogram};
/// let x = [1.0, 3.5, 2.25, 7.0, -1.5];
/// let p = Periodogram::params().spectrum(Signal::new(&x, SampleRate::ONE_HZ))?;
/// assert!((p.values()[1] - 15.302864045000424).abs() < 1e-12);
/// # Ok::<(), prognos::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields, default))]
pub struct PeriodogramParams {
    window: WindowFunction,
    detrend: Detrend,
    scaling: Scaling,
}

impl Default for PeriodogramParams {
    fn default() -> Self {
        Self { window: WindowFunction::Boxcar, detrend: Detrend::Constant, scaling: Scaling::Density }
    }
}

impl PeriodogramParams {
    /// Window. Default boxcar.
    #[must_use]
    pub fn window(mut self, window: WindowFunction) -> Self {
        self.window = window;
        self
    }

    /// What is taken out of the signal. Default the mean.
    #[must_use]
    pub fn detrend(mut self, detrend: Detrend) -> Self {
        self.detrend = detrend;
        self
    }

    /// Density (default) or power in a bin.
    #[must_use]
    pub fn scaling(mut self, scaling: Scaling) -> Self {
        self.scaling = scaling;
        self
    }

    /// A plan for signals of `len` samples.
    ///
    /// # Errors
    /// [`Error::Parameter`] when `len` is 0 or above 2^27, or the window's parameter is out of its range.
    pub fn plan(&self, len: usize, rate: SampleRate) -> Result<Periodogram> {
        let welch = WelchParams::default().segment(len).overlap(0);
        welch.window(self.window).detrend(self.detrend).scaling(self.scaling).plan(rate).map(Periodogram)
    }

    /// The periodogram of one signal.
    ///
    /// # Errors
    /// As [`plan`](Self::plan).
    pub fn spectrum(&self, signal: Signal<'_>) -> Result<Spectrum> {
        self.plan(signal.len(), signal.rate())?.spectrum(signal.samples())
    }
}

/// A plan of a periodogram for signals of one length: immutable, `Send + Sync`.
#[derive(Debug, Clone)]
pub struct Periodogram(Welch);

/// Working memory of a [`Periodogram`].
#[derive(Debug, Clone)]
pub struct PeriodogramScratch(WelchScratch);

impl Periodogram {
    /// Settings, with the defaults of scipy.
    #[must_use]
    pub fn params() -> PeriodogramParams {
        PeriodogramParams::default()
    }

    /// Number of frequencies, `len / 2 + 1`.
    #[must_use]
    pub fn bins(&self) -> usize {
        self.0.bins()
    }

    /// Hertz from one bin to the next.
    #[must_use]
    pub fn step(&self) -> f64 {
        self.0.step()
    }

    /// Working memory.
    #[must_use]
    pub fn scratch(&self) -> PeriodogramScratch {
        PeriodogramScratch(self.0.scratch())
    }

    /// The periodogram of `x` into `out`; allocates nothing. NaN and infinity as for [`Welch::process`].
    ///
    /// # Errors
    /// [`Error::Shape`] when `x` has not the length of the plan, or `out` not [`bins`](Self::bins) places.
    pub fn process(&self, x: &[f64], out: &mut [f64], scratch: &mut PeriodogramScratch) -> Result<()> {
        if x.len() != self.0.segment() {
            return Err(Error::shape("samples of a periodogram", self.0.segment(), x.len()));
        }
        self.0.process(x, out, &mut scratch.0)
    }

    /// The periodogram of `x`, in new memory.
    ///
    /// # Errors
    /// As [`process`](Self::process).
    pub fn spectrum(&self, x: &[f64]) -> Result<Spectrum> {
        let mut out = vec![0.0; self.bins()];
        self.process(x, &mut out, &mut self.scratch())?;
        Ok(Spectrum::new(out, self.step()))
    }
}

/// Which size of a sine an amplitude spectrum shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields, rename_all = "snake_case"))]
#[non_exhaustive]
pub enum Amplitude {
    /// Its amplitude `A`. The default.
    #[default]
    Peak,
    /// Its root mean square `A / sqrt 2` (bin 0 and, for even lengths, the last are their own root mean square).
    Rms,
}

/// A plan of an amplitude spectrum for signals of one length: immutable, `Send + Sync`.
///
/// ```
/// use prognos::signal::{SampleRate, spectral::{Amplitude, AmplitudeSpectrum, Detrend, WindowFunction}};
/// let plan = AmplitudeSpectrum::plan(1000, SampleRate::hz(1000.0)?, WindowFunction::Hann, Detrend::Constant, Amplitude::Peak)?;
/// let x: Vec<f64> = (0..1000).map(|i| 5.0 + 3.0 * (std::f64::consts::TAU * 0.05 * i as f64).cos()).collect();
/// let a = plan.spectrum(&x)?;
/// assert!((a.values()[50] - 3.0).abs() < 1e-12); // 50 Hz
/// # Ok::<(), prognos::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct AmplitudeSpectrum {
    fft: RealFft,
    window: Vec<f64>,
    ramp: Vec<f64>,
    detrend: Detrend,
    scale: f64,
    inner: f64,
    step: f64,
}

/// Working memory of an [`AmplitudeSpectrum`].
#[derive(Debug, Clone)]
pub struct AmplitudeScratch {
    fft: FftScratch,
    bins: Vec<Complex64>,
}

impl AmplitudeSpectrum {
    /// A plan for signals of `len` samples.
    ///
    /// # Errors
    /// [`Error::Parameter`] when `len` is 0 or above 2^27, or the window's parameter is out of its range.
    pub fn plan(
        len: usize,
        rate: SampleRate,
        window: WindowFunction,
        detrend: Detrend,
        amplitude: Amplitude,
    ) -> Result<Self> {
        let window = window.coefficients(check_len("len", len)?)?;
        let scale = 1.0 / lanes::sum(&window);
        let inner = match amplitude {
            Amplitude::Peak => 2.0 * scale,
            Amplitude::Rms => std::f64::consts::SQRT_2 * scale,
        };
        let step = rate.as_hz() / len as f64;
        Ok(Self { fft: RealFft::new(len)?, window, ramp: detrend.ramp(len), detrend, scale, inner, step })
    }

    /// Number of frequencies, `len / 2 + 1`.
    #[must_use]
    pub fn bins(&self) -> usize {
        self.fft.bins()
    }

    /// Hertz from one bin to the next.
    #[must_use]
    pub fn step(&self) -> f64 {
        self.step
    }

    /// Working memory.
    #[must_use]
    pub fn scratch(&self) -> AmplitudeScratch {
        AmplitudeScratch { fft: self.fft.scratch(), bins: self.fft.zero_bins() }
    }

    /// The amplitudes of `x` into `out`; allocates nothing. A NaN or infinite sample makes them NaN or infinite.
    ///
    /// # Errors
    /// [`Error::Shape`] when `x` has not the length of the plan, or `out` not [`bins`](Self::bins) places.
    pub fn process(&self, x: &[f64], out: &mut [f64], scratch: &mut AmplitudeScratch) -> Result<()> {
        let n = self.fft.len();
        if x.len() != n {
            return Err(Error::shape("samples of an amplitude spectrum", n, x.len()));
        }
        if out.len() != self.bins() {
            return Err(Error::shape("bins of a spectrum", self.bins(), out.len()));
        }
        let fill = |real: &mut [f64]| self.detrend.apply(x, &self.window, &self.ramp, real);
        self.fft.forward_with(fill, &mut scratch.bins, &mut scratch.fft)?;
        let bins = out.len();
        for (k, (a, z)) in out.iter_mut().zip(&scratch.bins).enumerate() {
            let once = k == 0 || (n.is_multiple_of(2) && k + 1 == bins);
            *a = magnitude(z) * if once { self.scale } else { self.inner };
        }
        Ok(())
    }

    /// The amplitudes of `x`, in new memory.
    ///
    /// # Errors
    /// As [`process`](Self::process).
    pub fn spectrum(&self, x: &[f64]) -> Result<Spectrum> {
        let mut out = vec![0.0; self.bins()];
        self.process(x, &mut out, &mut self.scratch())?;
        Ok(Spectrum::new(out, self.step))
    }
}
