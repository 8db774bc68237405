//! Thomson's multitaper spectrum: a smooth spectrum of a short signal.
//!
//! Welch's method cuts the signal and loses resolution; the multitaper spectrum keeps the whole signal and averages over `K`
//! orthogonal windows, the [Slepian sequences](super::dpss), each of which sees the signal anew:
//! `P_k = c / (K fs) * sum_j |sum_n v_{j,n} x_n exp(-2 pi i k n / N)|^2`. Its resolution is `2 NW fs / N` Hz and its scatter that of
//! `K` independent periodograms; leakage from outside of the band is the least possible.
//!
//! Source: D. J. Thomson, "Spectrum estimation and harmonic analysis", Proc. IEEE 70 (1982), with equal weights.
//! Cost: the tapers once (O(60 K N)), then one complex transform for every two tapers. Lines come out as flat-topped bands
//! `2 NW` bins wide: not for reading the amplitudes of harmonics.

use super::detrend::Detrend;
use super::dpss::dpss;
use super::fft::{FftScratch, PairPower, PairScratch, RealFft, check_len};
use super::spectrum::Spectrum;
use super::welch::one_sided;
use crate::error::{Error, Result};
use crate::signal::{SampleRate, Signal};
use rustfft::num_complex::Complex64;
use std::fmt;

/// Settings of a multitaper spectrum.
///
/// ```
/// use prognos::signal::{SampleRate, Signal, spectral::Multitaper};
/// let x: Vec<f64> = (0..256).map(|i| (i as f64 * 0.5).sin()).collect();
/// let p = Multitaper::params().spectrum(Signal::new(&x, SampleRate::hz(100.0)?))?;
/// assert_eq!(p.values().len(), 129);
/// # Ok::<(), prognos::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields, default))]
pub struct MultitaperParams {
    half_bandwidth: f64,
    tapers: usize,
    detrend: Detrend,
    two_sided: bool,
}

impl Default for MultitaperParams {
    fn default() -> Self {
        Self { half_bandwidth: 4.0, tapers: 7, detrend: Detrend::Constant, two_sided: false }
    }
}

impl MultitaperParams {
    /// Half bandwidth `NW` in bins. Default 4.
    #[must_use]
    pub fn half_bandwidth(mut self, bins: f64) -> Self {
        self.half_bandwidth = bins;
        self
    }

    /// Number of tapers. Default 7, `2 NW - 1`: those after it leak.
    #[must_use]
    pub fn tapers(mut self, count: usize) -> Self {
        self.tapers = count;
        self
    }

    /// What is taken out of the signal. Default the mean.
    #[must_use]
    pub fn detrend(mut self, detrend: Detrend) -> Self {
        self.detrend = detrend;
        self
    }

    /// Density over positive and negative frequencies (not doubled) instead of over the positive ones only (default).
    #[must_use]
    pub fn two_sided(mut self, two_sided: bool) -> Self {
        self.two_sided = two_sided;
        self
    }

    /// A plan for signals of `len` samples.
    ///
    /// # Errors
    /// [`Error::Parameter`] when `len` is 0 or above 2^22, `NW` is not between 0 and `len / 2`, or there are no tapers, more
    /// than `len`, or more than 256.
    pub fn plan(&self, len: usize, rate: SampleRate) -> Result<Multitaper> {
        check_len("len", len)?;
        Ok(Multitaper {
            tapers: dpss(len, self.half_bandwidth, self.tapers)?,
            fft: RealFft::new(len)?,
            pair: PairPower::new(len),
            flat: vec![1.0; len],
            ramp: self.detrend.ramp(len),
            detrend: self.detrend,
            two_sided: self.two_sided,
            rate,
        })
    }

    /// The multitaper spectrum of one signal.
    ///
    /// # Errors
    /// As [`plan`](Self::plan).
    pub fn spectrum(&self, signal: Signal<'_>) -> Result<Spectrum> {
        self.plan(signal.len(), signal.rate())?.spectrum(signal.samples())
    }
}

/// A plan of a multitaper spectrum for signals of one length: immutable, `Send + Sync`.
#[derive(Clone)]
pub struct Multitaper {
    tapers: Vec<Vec<f64>>,
    fft: RealFft,
    pair: PairPower,
    flat: Vec<f64>,
    ramp: Vec<f64>,
    detrend: Detrend,
    two_sided: bool,
    rate: SampleRate,
}

/// Working memory of a [`Multitaper`] plan.
#[derive(Debug, Clone)]
pub struct MultitaperScratch {
    level: Vec<f64>,
    fft: FftScratch,
    bins: Vec<Complex64>,
    pair: PairScratch,
}

impl fmt::Debug for Multitaper {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (len, tapers) = (self.fft.len(), self.tapers.len());
        f.debug_struct("Multitaper").field("len", &len).field("tapers", &tapers).finish_non_exhaustive()
    }
}

impl Multitaper {
    /// Settings: `NW` 4, 7 tapers, the mean taken out, one-sided.
    #[must_use]
    pub fn params() -> MultitaperParams {
        MultitaperParams::default()
    }

    /// Number of frequencies, `len / 2 + 1`.
    #[must_use]
    pub fn bins(&self) -> usize {
        self.fft.bins()
    }

    /// Hertz from one bin to the next.
    #[must_use]
    pub fn step(&self) -> f64 {
        self.rate.as_hz() / self.fft.len() as f64
    }

    /// Working memory.
    #[must_use]
    pub fn scratch(&self) -> MultitaperScratch {
        MultitaperScratch {
            level: vec![0.0; self.fft.len()],
            fft: self.fft.scratch(),
            bins: self.fft.zero_bins(),
            pair: self.pair.scratch(),
        }
    }

    /// The density of `x` into `out`, unit^2 / Hz; allocates nothing. A NaN or infinite sample makes it NaN or infinite.
    ///
    /// # Errors
    /// [`Error::Shape`] when `x` has not the length of the plan, `out` not [`bins`](Self::bins) places, or the scratch belongs
    /// to another plan.
    pub fn process(&self, x: &[f64], out: &mut [f64], scratch: &mut MultitaperScratch) -> Result<()> {
        let n = self.fft.len();
        if x.len() != n {
            return Err(Error::shape("samples of a multitaper spectrum", n, x.len()));
        }
        if out.len() != self.bins() {
            return Err(Error::shape("bins of a spectrum", self.bins(), out.len()));
        }
        if scratch.level.len() != n || scratch.pair.len() != n {
            return Err(Error::shape("scratch of a multitaper spectrum", n, scratch.level.len()));
        }
        self.detrend.apply(x, &self.flat, &self.ramp, &mut scratch.level);
        let level = &scratch.level;
        out.fill(0.0);
        let (pairs, rest) = self.tapers.as_chunks::<2>();
        for [a, b] in pairs {
            let fill = |z: &mut [Complex64]| {
                for ((z, x), (a, b)) in z.iter_mut().zip(level).zip(a.iter().zip(b)) {
                    *z = Complex64::new(x * a, x * b);
                }
            };
            self.pair.add(fill, out, &mut scratch.pair);
        }
        for taper in rest {
            let fill = |real: &mut [f64]| {
                for (r, (x, w)) in real.iter_mut().zip(level.iter().zip(taper)) {
                    *r = x * w;
                }
            };
            self.fft.forward_with(fill, &mut scratch.bins, &mut scratch.fft)?;
            for (p, z) in out.iter_mut().zip(&scratch.bins) {
                *p += z.norm_sqr();
            }
        }
        let scale = 1.0 / (self.tapers.len() as f64 * self.rate.as_hz());
        if self.two_sided {
            out.iter_mut().for_each(|p| *p *= scale);
        } else {
            one_sided(out, n, scale);
        }
        Ok(())
    }

    /// The density of `x`, in new memory.
    ///
    /// # Errors
    /// As [`process`](Self::process).
    pub fn spectrum(&self, x: &[f64]) -> Result<Spectrum> {
        let mut out = vec![0.0; self.bins()];
        self.process(x, &mut out, &mut self.scratch())?;
        Ok(Spectrum::new(out, self.step()))
    }
}
