//! Welch's method: the power spectrum of noise, averaged over overlapping pieces.
//!
//! One periodogram never gets smoother however long the recording: each bin scatters by 100 % of its value. Welch
//! cuts the signal into overlapping pieces, windows each, and averages their periodograms:
//!
//! `P_k = c / (M U) * sum_m |sum_n w_n (x_{n + m h} - trend) exp(-2 pi i k n / N)|^2`
//!
//! with `U = fs sum w^2` (density) or `(sum w)^2` (spectrum), and `c = 2` for every bin that stands for a positive and a
//! negative frequency (all but 0 and, for even `N`, the last). Conventions are those of `scipy.signal.welch`: periodic
//! window, constant detrend of each piece, half overlap, a remainder shorter than a piece left out, and a piece cut to
//! the signal when the signal is shorter.
//!
//! Source: P. D. Welch, "The use of fast Fourier transform for the estimation of power spectra", IEEE Trans. Audio
//! Electroacoust. 15 (1967); the bias of the median: B. Allen et al., "FINDCHIRP", Phys. Rev. D 85 (2012), appendix B.
//!
//! Cost: one complex transform of the piece for every two pieces (average `Mean`), one real transform for each
//! (`Median`). Not for transients or for lines closer together than `fs / segment`: take the
//! [periodogram](super::Periodogram) or a longer piece.

use super::detrend::{Detrend, Line};
use super::fft::{FftScratch, PairPower, PairScratch, RealFft, check_len};
use super::spectrum::{Scaling, Spectrum};
use super::window::WindowFunction;
use crate::error::{Error, Result};
use crate::math::lanes;
use crate::signal::{SampleRate, Signal};
use rustfft::num_complex::Complex64;
use std::fmt;

/// How the pieces are put together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields, rename_all = "snake_case"))]
#[non_exhaustive]
pub enum Average {
    /// The mean: least scatter for stationary noise. The default.
    #[default]
    Mean,
    /// The median of each bin, divided by its bias for noise: a shock in a few pieces does not move it.
    Median,
}

/// Settings of Welch's method; the defaults are scipy's.
///
/// ```
/// use prognos::signal::{SampleRate, Signal, spectral::{Welch, WindowFunction}};
/// let x: Vec<f64> = (0..4096).map(|i| (i as f64 * 0.1).sin()).collect();
/// let psd = Welch::params().segment(1024).window(WindowFunction::Hann).spectrum(Signal::new(&x, SampleRate::hz(100.0)?))?;
/// assert_eq!(psd.values().len(), 513);
/// let mean_square: f64 = psd.values().iter().sum::<f64>() * psd.step();
/// assert!((mean_square - 0.5).abs() < 1e-3);
/// # Ok::<(), prognos::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields, default))]
pub struct WelchParams {
    segment: usize,
    overlap: Option<usize>,
    fft_len: Option<usize>,
    window: WindowFunction,
    detrend: Detrend,
    scaling: Scaling,
    average: Average,
}

impl Default for WelchParams {
    fn default() -> Self {
        Self {
            segment: 256,
            overlap: None,
            fft_len: None,
            window: WindowFunction::Hann,
            detrend: Detrend::Constant,
            scaling: Scaling::Density,
            average: Average::Mean,
        }
    }
}

impl WelchParams {
    /// Samples in a piece. Default 256. Resolution is `fs / segment` times the window's noise bandwidth.
    #[must_use]
    pub fn segment(mut self, samples: usize) -> Self {
        self.segment = samples;
        self
    }

    /// Samples that neighbouring pieces share. Default: half of the piece, which uses every sample about equally with a
    /// Hann window.
    #[must_use]
    pub fn overlap(mut self, samples: usize) -> Self {
        self.overlap = Some(samples);
        self
    }

    /// Length of the transform; a longer one than the piece pads with zeros and interpolates between the bins.
    /// Default: the piece.
    #[must_use]
    pub fn fft_len(mut self, samples: usize) -> Self {
        self.fft_len = Some(samples);
        self
    }

    /// Window. Default Hann.
    #[must_use]
    pub fn window(mut self, window: WindowFunction) -> Self {
        self.window = window;
        self
    }

    /// What is taken out of each piece. Default the mean.
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

    /// Mean (default) or median of the pieces.
    #[must_use]
    pub fn average(mut self, average: Average) -> Self {
        self.average = average;
        self
    }

    /// A plan with the piece exactly as set.
    ///
    /// # Errors
    /// [`Error::Parameter`] when a length is 0 or above 2^27, the overlap is not shorter than the piece, the transform is
    /// shorter than the piece, or the window's parameter is out of its range.
    pub fn plan(&self, rate: SampleRate) -> Result<Welch> {
        let segment = check_len("segment", self.segment)?;
        let overlap = self.overlap.unwrap_or(segment / 2);
        if overlap >= segment {
            return Err(Error::parameter("overlap", overlap, "must be shorter than the segment"));
        }
        let fft_len = check_len("fft_len", self.fft_len.unwrap_or(segment))?;
        if fft_len < segment {
            return Err(Error::parameter("fft_len", fft_len, "must not be shorter than the segment"));
        }
        let window = self.window.coefficients(segment)?;
        let unit = match self.scaling {
            Scaling::Density => rate.as_hz() * lanes::sum_squares(&window),
            Scaling::Spectrum => lanes::sum(&window) * lanes::sum(&window),
        };
        Ok(Welch {
            fft: RealFft::new(fft_len)?,
            pair: PairPower::new(fft_len),
            ramp: self.detrend.ramp(segment),
            window,
            hop: segment - overlap,
            detrend: self.detrend,
            average: self.average,
            scale: 1.0 / unit,
            step: rate.as_hz() / fft_len as f64,
        })
    }

    /// A plan for signals of `len` samples: as [`plan`](Self::plan), but a piece longer than the signal is cut to the
    /// signal, as scipy does. No sample counts as one.
    ///
    /// # Errors
    /// As [`plan`](Self::plan).
    pub fn plan_for(&self, len: usize, rate: SampleRate) -> Result<Welch> {
        Self { segment: self.segment.min(len.max(1)), ..*self }.plan(rate)
    }

    /// The spectrum of one signal.
    ///
    /// # Errors
    /// As [`plan`](Self::plan), and [`Error::TooFew`] for an empty signal.
    pub fn spectrum(&self, signal: Signal<'_>) -> Result<Spectrum> {
        self.plan_for(signal.len(), signal.rate())?.spectrum(signal.samples())
    }
}

/// A plan of Welch's method: immutable, `Send + Sync`, for signals of any length from one piece on.
///
/// ```
/// use prognos::signal::{SampleRate, spectral::Welch};
/// let welch = Welch::params().segment(128).plan(SampleRate::hz(1000.0)?)?;
/// let mut scratch = welch.scratch();
/// let mut psd = vec![0.0; welch.bins()];
/// let x: Vec<f64> = (0..1000).map(|i| f64::from(i % 10)).collect();
/// welch.process(&x, &mut psd, &mut scratch)?; // allocates nothing
/// assert_eq!(welch.frequency(64), 500.0);
/// # Ok::<(), prognos::Error>(())
/// ```
#[derive(Clone)]
pub struct Welch {
    pub(super) fft: RealFft,
    pair: PairPower,
    pub(super) window: Vec<f64>,
    ramp: Vec<f64>,
    pub(super) hop: usize,
    detrend: Detrend,
    average: Average,
    pub(super) scale: f64,
    step: f64,
}

/// Working memory of a [`Welch`] plan.
#[derive(Debug, Clone)]
pub struct WelchScratch {
    pub(crate) fft: FftScratch,
    pub(super) bins: Vec<Complex64>,
    pair: PairScratch,
    /// Power of every bin of every piece, bin by bin (`Median` only).
    table: Vec<f64>,
    /// Sums that overlapping pieces share.
    block_sums: Vec<f64>,
}

impl fmt::Debug for Welch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Welch")
            .field("segment", &self.window.len())
            .field("hop", &self.hop)
            .field("fft_len", &self.fft.len())
            .field("detrend", &self.detrend)
            .field("average", &self.average)
            .finish_non_exhaustive()
    }
}

impl Welch {
    /// Settings, with the defaults of scipy.
    #[must_use]
    pub fn params() -> WelchParams {
        WelchParams::default()
    }

    /// Samples in a piece.
    #[must_use]
    pub fn segment(&self) -> usize {
        self.window.len()
    }

    /// Number of frequencies, `fft_len / 2 + 1`.
    #[must_use]
    pub fn bins(&self) -> usize {
        self.fft.bins()
    }

    /// Hertz from one bin to the next.
    #[must_use]
    pub fn step(&self) -> f64 {
        self.step
    }

    /// Frequency of a bin in hertz.
    #[must_use]
    pub fn frequency(&self, bin: usize) -> f64 {
        bin as f64 * self.step
    }

    /// Number of pieces in a signal of `len` samples.
    #[must_use]
    pub fn pieces(&self, len: usize) -> usize {
        len.checked_sub(self.segment()).map_or(0, |rest| rest / self.hop + 1)
    }

    /// Working memory. It grows to the longest signal it has met.
    #[must_use]
    pub fn scratch(&self) -> WelchScratch {
        WelchScratch {
            fft: self.fft.scratch(),
            bins: self.fft.zero_bins(),
            pair: self.pair.scratch(),
            table: Vec::new(),
            block_sums: Vec::new(),
        }
    }

    /// The spectrum of `x` into `out`.
    ///
    /// A NaN or infinite sample in any piece makes the bins NaN or infinite; so do values beyond about 1e150, whose squares
    /// overflow.
    ///
    /// # Errors
    /// [`Error::TooFew`] when `x` is shorter than a piece, [`Error::Shape`] when `out` has not [`bins`](Self::bins) places
    /// or the scratch belongs to another plan.
    pub fn process(&self, x: &[f64], out: &mut [f64], scratch: &mut WelchScratch) -> Result<()> {
        let pieces = self.pieces(x.len());
        if pieces == 0 {
            return Err(Error::too_few("samples for Welch's method", self.segment(), x.len()));
        }
        if out.len() != self.bins() {
            return Err(Error::shape("bins of a spectrum", self.bins(), out.len()));
        }
        match self.average {
            Average::Mean => self.sum_of_powers(x, pieces, out, scratch)?,
            Average::Median => self.medians(x, pieces, out, scratch)?,
        }
        let share = match self.average {
            Average::Mean => pieces as f64,
            Average::Median => median_bias(pieces),
        };
        one_sided(out, self.fft.len(), self.scale / share);
        Ok(())
    }

    /// The spectrum of `x`, in new memory.
    ///
    /// # Errors
    /// As [`process`](Self::process).
    pub fn spectrum(&self, x: &[f64]) -> Result<Spectrum> {
        let mut out = vec![0.0; self.bins()];
        self.process(x, &mut out, &mut self.scratch())?;
        Ok(Spectrum::new(out, self.step))
    }

    fn piece<'x>(&self, x: &'x [f64], i: usize) -> &'x [f64] {
        x.get(i * self.hop..i * self.hop + self.segment()).unwrap_or_default()
    }

    /// Fourier transform of piece `i`, detrended and windowed, into `scratch.bins`.
    pub(crate) fn transform(&self, x: &[f64], i: usize, fft: &mut FftScratch, bins: &mut [Complex64]) -> Result<()> {
        let fill = |real: &mut [f64]| {
            let (head, tail) = real.split_at_mut(self.segment());
            self.detrend.apply(self.piece(x, i), &self.window, &self.ramp, head);
            tail.fill(0.0);
        };
        self.fft.forward_with(fill, bins, fft)
    }

    /// Sums of the blocks of `hop` samples that overlapping pieces share, less the first sample; `false` when pieces
    /// are not made of whole blocks or the mean is not what is taken out.
    fn share_block_sums(&self, x: &[f64], pieces: usize, sums: &mut Vec<f64>) -> bool {
        let whole = self.detrend == Detrend::Constant && self.hop > 0 && self.segment().is_multiple_of(self.hop);
        sums.clear();
        let (true, Some(&first)) = (whole, x.first()) else { return false };
        let blocks = pieces - 1 + self.segment() / self.hop;
        sums.extend(x.chunks_exact(self.hop).take(blocks).map(|block| lanes::sum_by(block, |v| v - first)));
        sums.len() == blocks
    }

    /// The mean of piece `i` from the sums of its blocks.
    fn level(&self, x: &[f64], i: usize, sums: &[f64]) -> Line {
        let blocks = self.segment() / self.hop;
        let sum: f64 = sums.iter().skip(i).take(blocks).sum();
        Line { level: x.first().map_or(0.0, |first| first + sum / self.segment() as f64), slope: 0.0 }
    }

    fn sum_of_powers(&self, x: &[f64], pieces: usize, out: &mut [f64], scratch: &mut WelchScratch) -> Result<()> {
        out.fill(0.0);
        if scratch.pair.len() != self.fft.len() {
            return Err(Error::shape("scratch of Welch's method", self.fft.len(), scratch.pair.len()));
        }
        let shared = self.share_block_sums(x, pieces, &mut scratch.block_sums);
        for i in 0..pieces / 2 {
            let (a, b) = (self.piece(x, 2 * i), self.piece(x, 2 * i + 1));
            let (line_a, line_b) = if shared {
                (self.level(x, 2 * i, &scratch.block_sums), self.level(x, 2 * i + 1, &scratch.block_sums))
            } else {
                (self.detrend.line(a, &self.ramp), self.detrend.line(b, &self.ramp))
            };
            let fill = |z: &mut [Complex64]| {
                let (head, tail) = z.split_at_mut(self.segment());
                let samples = head.iter_mut().zip(a.iter().zip(b)).zip(&self.window);
                if self.detrend == Detrend::Linear {
                    for (((z, (a, b)), w), t) in samples.zip(&self.ramp) {
                        z.re = (a - (line_a.level + line_a.slope * t)) * w;
                        z.im = (b - (line_b.level + line_b.slope * t)) * w;
                    }
                } else {
                    for ((z, (a, b)), w) in samples {
                        z.re = (a - line_a.level) * w;
                        z.im = (b - line_b.level) * w;
                    }
                }
                tail.fill(Complex64::default());
            };
            self.pair.add(fill, out, &mut scratch.pair);
        }
        if pieces % 2 == 1 {
            self.transform(x, pieces - 1, &mut scratch.fft, &mut scratch.bins)?;
            for (p, z) in out.iter_mut().zip(&scratch.bins) {
                *p += z.norm_sqr();
            }
        }
        Ok(())
    }

    fn medians(&self, x: &[f64], pieces: usize, out: &mut [f64], scratch: &mut WelchScratch) -> Result<()> {
        scratch.table.resize(pieces * self.bins(), 0.0);
        for i in 0..pieces {
            self.transform(x, i, &mut scratch.fft, &mut scratch.bins)?;
            for (column, z) in scratch.table.chunks_exact_mut(pieces).zip(&scratch.bins) {
                column[i] = z.norm_sqr();
            }
        }
        for (p, column) in out.iter_mut().zip(scratch.table.chunks_exact_mut(pieces)) {
            *p = median(column);
        }
        Ok(())
    }
}

/// Scales powers, twice for the bins that stand for two frequencies.
pub(super) fn one_sided(power: &mut [f64], fft_len: usize, scale: f64) {
    let twice = 2.0 * scale;
    let (bins, even) = (power.len(), fft_len.is_multiple_of(2));
    for (k, p) in power.iter_mut().enumerate() {
        *p *= if k == 0 || (even && k + 1 == bins) { scale } else { twice };
    }
}

/// Median of values that may be reordered; NaN if one is.
fn median(values: &mut [f64]) -> f64 {
    let half = values.len() / 2;
    if values.iter().any(|v| v.is_nan()) {
        return f64::NAN;
    }
    let even = values.len().is_multiple_of(2);
    let (below, &mut upper, _) = values.select_nth_unstable_by(half, f64::total_cmp);
    if even { 0.5 * (below.iter().fold(f64::NEG_INFINITY, |a, &b| a.max(b)) + upper) } else { upper }
}

/// Expected median of `n` unit exponentials: `1 + sum_{i=1}^{(n-1)/2} (1 / (2i+1) - 1 / (2i))`.
fn median_bias(n: usize) -> f64 {
    1.0 + (1..=(n.saturating_sub(1)) / 2).map(|i| 2.0 * i as f64).map(|j| 1.0 / (j + 1.0) - 1.0 / j).sum::<f64>()
}
