//! The Fourier transform of real samples, any length, with its inverse.
//!
//! A thin plan over `realfft` / `rustfft`: `X_k = sum_n x_n exp(-2 pi i k n / N)`, not scaled, bins 0 to N/2.
//! Make the plan once (it is immutable and shared by threads), one scratch a thread, and transform without any
//! allocation. Cost: O(N log N) for every length; lengths with large prime factors are 5 to 10 times slower than
//! powers of two.

use crate::error::{Error, Result};
use realfft::{ComplexToReal, RealFftPlanner, RealToComplex};
use rustfft::num_complex::Complex64;
use rustfft::{Fft, FftPlanner};
use std::fmt;
use std::sync::Arc;

/// Longest transform, 2^27 samples (1 GiB of them): beyond it a recording wants Welch's method, and a wrong length
/// must not end in an allocation that the machine cannot serve.
pub(super) const MAX_LEN: usize = 1 << 27;

/// `Ok` for a length from 1 to [`MAX_LEN`].
pub(super) fn check_len(name: &'static str, len: usize) -> Result<usize> {
    if (1..=MAX_LEN).contains(&len) {
        Ok(len)
    } else {
        Err(Error::parameter(name, len, "a length lies from 1 to 2^27 samples"))
    }
}

/// `|z|`. The root that is safe at the ends of f64 is several times slower than the plain one, and rarely needed.
#[inline]
pub(crate) fn magnitude(z: &Complex64) -> f64 {
    let square = z.norm_sqr();
    if square > 1e-280 && square < 1e280 { square.sqrt() } else { z.norm() }
}

/// `ln |z|`, minus infinity for 0.
#[inline]
pub(crate) fn log_magnitude(z: &Complex64) -> f64 {
    let square = z.norm_sqr();
    if square > 1e-280 && square < 1e280 { 0.5 * square.ln() } else { z.norm().ln() }
}

/// A plan for forward and inverse transforms of `len` real samples.
///
/// ```
/// use prognos::signal::spectral::RealFft;
/// let fft = RealFft::new(4)?;
/// let mut scratch = fft.scratch();
/// let mut bins = fft.zero_bins();
/// fft.forward(&[1.0, 2.0, 3.0, 4.0], &mut bins, &mut scratch)?;
/// assert_eq!((bins[0].re, bins[1].re, bins[1].im), (10.0, -2.0, 2.0));
/// let mut back = [0.0; 4];
/// fft.inverse(&bins, &mut back, &mut scratch)?;
/// assert!((back[2] - 3.0).abs() < 1e-15);
/// # Ok::<(), prognos::Error>(())
/// ```
#[derive(Clone)]
pub struct RealFft {
    forward: Arc<dyn RealToComplex<f64>>,
    inverse: Arc<dyn ComplexToReal<f64>>,
}

/// Working memory of a [`RealFft`]; any plan of the same length may use it.
#[derive(Debug, Clone)]
pub struct FftScratch {
    real: Vec<f64>,
    bins: Vec<Complex64>,
    work: Vec<Complex64>,
}

impl fmt::Debug for RealFft {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RealFft").field("len", &self.len()).finish()
    }
}

impl RealFft {
    /// A plan for `len` samples.
    ///
    /// # Errors
    /// [`Error::Parameter`] when `len` is 0 or above 2^27.
    pub fn new(len: usize) -> Result<Self> {
        check_len("len", len)?;
        let mut planner = RealFftPlanner::new();
        Ok(Self { forward: planner.plan_fft_forward(len), inverse: planner.plan_fft_inverse(len) })
    }

    /// Number of real samples.
    #[must_use]
    #[allow(clippy::len_without_is_empty)] // a plan is never empty
    pub fn len(&self) -> usize {
        self.forward.len()
    }

    /// Number of bins, `len / 2 + 1`.
    #[must_use]
    pub fn bins(&self) -> usize {
        self.len() / 2 + 1
    }

    /// Working memory for this plan.
    #[must_use]
    pub fn scratch(&self) -> FftScratch {
        let zero = Complex64::default();
        FftScratch {
            real: vec![0.0; self.len()],
            bins: vec![zero; self.bins()],
            work: vec![zero; self.forward.get_scratch_len().max(self.inverse.get_scratch_len())],
        }
    }

    /// A spectrum of zeros of the right length.
    #[must_use]
    pub fn zero_bins(&self) -> Vec<Complex64> {
        vec![Complex64::default(); self.bins()]
    }

    /// Transforms `x` into `bins`. A NaN or infinite sample makes the bins NaN or infinite.
    ///
    /// # Errors
    /// [`Error::Shape`] when `x`, `bins` or the scratch has another length than the plan.
    pub fn forward(&self, x: &[f64], bins: &mut [Complex64], scratch: &mut FftScratch) -> Result<()> {
        if x.len() != self.len() {
            return Err(Error::shape("samples of a transform", self.len(), x.len()));
        }
        self.forward_with(|real| real.copy_from_slice(x), bins, scratch)
    }

    /// Transforms what `fill` writes into the (uncleared) input buffer.
    pub(crate) fn forward_with(
        &self,
        fill: impl FnOnce(&mut [f64]),
        bins: &mut [Complex64],
        scratch: &mut FftScratch,
    ) -> Result<()> {
        self.check(bins.len(), scratch)?;
        fill(&mut scratch.real);
        let work = &mut scratch.work[..self.forward.get_scratch_len()];
        self.forward
            .process_with_scratch(&mut scratch.real, bins, work)
            .map_err(|e| Error::numeric("FFT", e.to_string()))
    }

    /// The samples whose spectrum is `bins`, scaled by `1 / len` so that it undoes [`forward`](Self::forward). The
    /// imaginary parts of bin 0 and (even length) of the last bin do not count: they are taken as 0.
    ///
    /// # Errors
    /// [`Error::Shape`] when `bins`, `x` or the scratch has another length than the plan.
    pub fn inverse(&self, bins: &[Complex64], x: &mut [f64], scratch: &mut FftScratch) -> Result<()> {
        self.check(bins.len(), scratch)?;
        if x.len() != self.len() {
            return Err(Error::shape("samples of a transform", self.len(), x.len()));
        }
        scratch.bins.copy_from_slice(bins);
        if let Some(first) = scratch.bins.first_mut() {
            first.im = 0.0;
        }
        if self.len().is_multiple_of(2)
            && let Some(last) = scratch.bins.last_mut()
        {
            last.im = 0.0;
        }
        let work = &mut scratch.work[..self.inverse.get_scratch_len()];
        self.inverse
            .process_with_scratch(&mut scratch.bins, x, work)
            .map_err(|e| Error::numeric("inverse FFT", e.to_string()))?;
        let scale = 1.0 / self.len() as f64;
        x.iter_mut().for_each(|v| *v *= scale);
        Ok(())
    }

    fn check(&self, bins: usize, scratch: &FftScratch) -> Result<()> {
        if bins != self.bins() {
            return Err(Error::shape("bins of a transform", self.bins(), bins));
        }
        let work = self.forward.get_scratch_len().max(self.inverse.get_scratch_len());
        if scratch.real.len() != self.len() || scratch.work.len() < work {
            return Err(Error::shape("scratch of a transform", self.len(), scratch.real.len()));
        }
        Ok(())
    }
}

/// Power of two real pieces by one complex transform.
///
/// With `z = a + i b`, `|Z_k|^2 + |Z_{N-k}|^2 = 2 (|A_k|^2 + |B_k|^2)`: when only the sum of powers is wanted
/// (Welch, multitaper) nothing has to be untangled, and two pieces cost one transform.
#[derive(Clone)]
pub(super) struct PairPower {
    fft: Arc<dyn Fft<f64>>,
}

/// Working memory of a [`PairPower`].
#[derive(Debug, Clone)]
pub(super) struct PairScratch {
    z: Vec<Complex64>,
    work: Vec<Complex64>,
}

impl PairScratch {
    /// Length of the transform it serves.
    pub(super) fn len(&self) -> usize {
        self.z.len()
    }
}

impl PairPower {
    /// `len` must have been checked.
    pub(super) fn new(len: usize) -> Self {
        Self { fft: FftPlanner::new().plan_fft_forward(len) }
    }

    pub(super) fn scratch(&self) -> PairScratch {
        let zero = Complex64::default();
        PairScratch { z: vec![zero; self.fft.len()], work: vec![zero; self.fft.get_inplace_scratch_len()] }
    }

    /// Adds `|A_k|^2 + |B_k|^2` to `power`, bins 0 to N/2; `fill` writes `a + i b`.
    pub(super) fn add(&self, fill: impl FnOnce(&mut [Complex64]), power: &mut [f64], scratch: &mut PairScratch) {
        fill(&mut scratch.z);
        self.fft.process_with_scratch(&mut scratch.z, &mut scratch.work);
        if let (Some(p), Some(z)) = (power.first_mut(), scratch.z.first()) {
            *p += z.norm_sqr();
        }
        let both = scratch.z.iter().skip(1).zip(scratch.z.iter().rev());
        for (p, (z, mirror)) in power.iter_mut().skip(1).zip(both) {
            *p += 0.5 * (z.norm_sqr() + mirror.norm_sqr());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_and_back_at_any_length() {
        for n in [1, 2, 3, 4, 7, 30, 97, 128, 1000] {
            let x: Vec<f64> = (0..n).map(|i| (i as f64 * 0.7).sin() + 0.3).collect();
            let fft = RealFft::new(n).unwrap();
            let (mut bins, mut scratch, mut back) = (fft.zero_bins(), fft.scratch(), vec![0.0; n]);
            fft.forward(&x, &mut bins, &mut scratch).unwrap();
            fft.inverse(&bins, &mut back, &mut scratch).unwrap();
            assert!(x.iter().zip(&back).all(|(a, b)| (a - b).abs() < 1e-13), "{n}");
        }
    }

    #[test]
    fn a_pair_has_the_power_of_its_two_pieces() {
        for n in [1, 2, 3, 8, 15, 100] {
            let a: Vec<f64> = (0..n).map(|i| (i as f64 * 0.7).sin()).collect();
            let b: Vec<f64> = (0..n).map(|i| (i as f64 * 1.9).cos() * 3.0).collect();
            let fft = RealFft::new(n).unwrap();
            let (mut bins, mut scratch) = (fft.zero_bins(), fft.scratch());
            let mut expected = vec![0.0; fft.bins()];
            for x in [&a, &b] {
                fft.forward(x, &mut bins, &mut scratch).unwrap();
                expected.iter_mut().zip(&bins).for_each(|(e, z)| *e += z.norm_sqr());
            }
            let pair = PairPower::new(n);
            let mut found = vec![0.0; fft.bins()];
            let fill = |z: &mut [Complex64]| {
                for (z, (a, b)) in z.iter_mut().zip(a.iter().zip(&b)) {
                    *z = Complex64::new(*a, *b);
                }
            };
            pair.add(fill, &mut found, &mut pair.scratch());
            for (f, e) in found.iter().zip(&expected) {
                assert!((f - e).abs() < 1e-12 * expected.iter().sum::<f64>(), "{n}: {found:?} {expected:?}");
            }
        }
    }

    #[test]
    fn wrong_lengths_are_errors() {
        assert!(RealFft::new(0).is_err());
        assert!(RealFft::new(usize::MAX).is_err());
        let fft = RealFft::new(8).unwrap();
        let (mut bins, mut scratch) = (fft.zero_bins(), fft.scratch());
        assert!(matches!(fft.forward(&[0.0; 7], &mut bins, &mut scratch), Err(Error::Shape { .. })));
        assert!(fft.forward(&[0.0; 8], &mut bins[..4], &mut scratch).is_err());
        let mut other = RealFft::new(6).unwrap().scratch();
        assert!(fft.forward(&[0.0; 8], &mut bins, &mut other).is_err());
        assert!(fft.inverse(&bins, &mut [0.0; 3], &mut scratch).is_err());
    }
}
