//! The short-time Fourier transform: how the spectrum changes within a signal.
//!
//! The pieces of [Welch's method](super::Welch), kept instead of averaged: row `i` is the spectrum of the piece that begins at sample
//! `i * hop`. Conventions are those of `scipy.signal.spectrogram`: only whole pieces, no padding at the ends, detrended and windowed.
//!
//! Source: J. B. Allen, L. R. Rabiner, Proc. IEEE 65 (1977). Cost: one real transform a piece; bins times pieces numbers.

use super::fft::{FftScratch, magnitude};
use super::welch::{Welch, WelchParams, one_sided};
use crate::error::{Error, Result};
use crate::signal::SampleRate;
use ndarray::Array2;
use rustfft::num_complex::Complex64;

/// A plan of a short-time Fourier transform; settings are those of [`Welch`].
///
/// ```
/// use prognos::signal::{SampleRate, spectral::{Stft, Welch}};
/// let stft = Stft::plan(Welch::params().segment(64).overlap(32), SampleRate::hz(1000.0)?)?;
/// let x: Vec<f64> = (0..1000).map(|i| (f64::from(i) * 0.3).sin()).collect();
/// let density = stft.spectrogram(&x)?;
/// assert_eq!(density.dim(), (30, 33)); // pieces, bins
/// assert!(stft.flux(&x)? < 2.0);
/// # Ok::<(), prognos::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Stft(Welch);

/// Working memory of a [`Stft`] plan.
#[derive(Debug, Clone)]
pub struct StftScratch {
    fft: FftScratch,
    bins: Vec<Complex64>,
    before: Vec<f64>,
    now: Vec<f64>,
}

impl Stft {
    /// A plan: segment, overlap, transform length, window, detrend and scaling as set; the average is not used.
    ///
    /// # Errors
    /// As [`WelchParams::plan`].
    pub fn plan(params: WelchParams, rate: SampleRate) -> Result<Self> {
        params.plan(rate).map(Self)
    }

    /// Number of frequencies.
    #[must_use]
    pub fn bins(&self) -> usize {
        self.0.bins()
    }

    /// Hertz from one bin to the next.
    #[must_use]
    pub fn step(&self) -> f64 {
        self.0.step()
    }

    /// Samples from one piece to the next.
    #[must_use]
    pub fn hop(&self) -> usize {
        self.0.hop
    }

    /// Number of pieces in a signal of `len` samples.
    #[must_use]
    pub fn pieces(&self, len: usize) -> usize {
        self.0.pieces(len)
    }

    /// Working memory.
    #[must_use]
    pub fn scratch(&self) -> StftScratch {
        let zeros = vec![0.0; self.bins()];
        let bins = self.0.fft.zero_bins();
        StftScratch { fft: self.0.fft.scratch(), bins, before: zeros.clone(), now: zeros }
    }

    /// The complex transform of piece `i` (not scaled, window included); allocates nothing.
    ///
    /// # Errors
    /// [`Error::TooFew`] when the signal has no such piece, [`Error::Shape`] when `out` has not [`bins`](Self::bins) places.
    pub fn piece(&self, x: &[f64], i: usize, out: &mut [Complex64], scratch: &mut StftScratch) -> Result<()> {
        if i >= self.pieces(x.len()) {
            return Err(Error::too_few("pieces of a short-time transform", i.saturating_add(1), self.pieces(x.len())));
        }
        self.0.transform(x, i, &mut scratch.fft, out)
    }

    /// One-sided power, one row a piece, one column a bin; equal to the transpose of `scipy.signal.spectrogram`'s.
    ///
    /// # Errors
    /// [`Error::TooFew`] when the signal is shorter than a piece.
    pub fn spectrogram(&self, x: &[f64]) -> Result<Array2<f64>> {
        let mut table = self.rows(x, Complex64::norm_sqr)?;
        for mut row in table.rows_mut() {
            if let Some(row) = row.as_slice_mut() {
                one_sided(row, self.0.fft.len(), self.0.scale);
            }
        }
        Ok(table)
    }

    /// Magnitudes `|X|` (not scaled), one row a piece, one column a bin.
    ///
    /// # Errors
    /// As [`spectrogram`](Self::spectrogram).
    pub fn magnitudes(&self, x: &[f64]) -> Result<Array2<f64>> {
        self.rows(x, magnitude)
    }

    /// Spectral flux: mean over neighbouring pieces of the Euclidean distance of their magnitudes `|X|`. NaN with a single piece.
    ///
    /// # Errors
    /// As [`spectrogram`](Self::spectrogram).
    pub fn flux(&self, x: &[f64]) -> Result<f64> {
        self.flux_with(x, &mut self.scratch())
    }

    /// As [`flux`](Self::flux), without allocation.
    ///
    /// # Errors
    /// As [`spectrogram`](Self::spectrogram).
    pub fn flux_with(&self, x: &[f64], scratch: &mut StftScratch) -> Result<f64> {
        let pieces = self.some_pieces(x)?;
        let mut sum = 0.0;
        for i in 0..pieces {
            self.0.transform(x, i, &mut scratch.fft, &mut scratch.bins)?;
            for (m, z) in scratch.now.iter_mut().zip(&scratch.bins) {
                *m = magnitude(z);
            }
            if i > 0 {
                let squares = |a: f64, b: f64| (a - b) * (a - b);
                sum += crate::math::lanes::sum_by2(&scratch.now, &scratch.before, squares).sqrt();
            }
            std::mem::swap(&mut scratch.now, &mut scratch.before);
        }
        Ok(sum / (pieces - 1) as f64)
    }

    fn some_pieces(&self, x: &[f64]) -> Result<usize> {
        match self.pieces(x.len()) {
            0 => Err(Error::too_few("samples for a short-time transform", self.0.segment(), x.len())),
            pieces => Ok(pieces),
        }
    }

    fn rows(&self, x: &[f64], f: impl Fn(&Complex64) -> f64) -> Result<Array2<f64>> {
        let pieces = self.some_pieces(x)?;
        let mut table = Array2::zeros((pieces, self.bins()));
        let mut scratch = self.scratch();
        for (i, mut row) in table.rows_mut().into_iter().enumerate() {
            self.0.transform(x, i, &mut scratch.fft, &mut scratch.bins)?;
            row.iter_mut().zip(&scratch.bins).for_each(|(p, z)| *p = f(z));
        }
        Ok(table)
    }
}
