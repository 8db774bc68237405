//! The discrete wavelet transform: octaves of a signal, each with its own coarseness in time.
//!
//! Level 1 details are the upper half of the band up to the Nyquist frequency f/2, level 2 the quarter below, level j
//! f/2^(j+1) to f/2^j; the approximation is what is left below. For impacts, steps and whatever else is short at high
//! frequencies and long at low ones.
//!
//! # Formula
//! `a[k] = Σ_j dec_lo[j] x[2k + 1 - j]`, `d[k] = Σ_j dec_hi[j] x[2k + 1 - j]` (with `taps/2` for the 1 under
//! [`Boundary::Periodization`]), then the same of the approximation.
//!
//! # Source
//! S. Mallat, A theory for multiresolution signal decomposition: the wavelet representation, *IEEE Trans. PAMI* 11
//! (1989).
//!
//! # Cost
//! O(n taps) for all levels together; memory of two signals.
//!
//! # When not to use
//! Where a shift by one sample must not change the energies, take [`Modwt`](super::Modwt); where the upper bands must be
//! as narrow as the lower, [`WaveletPackets`](super::WaveletPackets).

use super::bank::{Bank, Halves};
use super::boundary::Boundary;
use super::family::Wavelet;
use crate::error::{Error, Result};
use std::ops::Range;

/// Longest signal, 2^27 samples.
pub(super) const MAX_LEN: usize = 1 << 27;

/// Deepest level of any plan: no signal is longer than 2^27.
pub(super) const MAX_LEVEL: usize = 30;

/// `Ok` for a length from 1 to 2^27.
pub(super) fn check_len(len: usize) -> Result<usize> {
    if (1..=MAX_LEN).contains(&len) {
        Ok(len)
    } else {
        Err(Error::parameter("len", len, "a length lies from 1 to 2^27 samples"))
    }
}

/// `Ok` for 1 to 30 levels.
pub(super) fn check_levels(levels: usize) -> Result<usize> {
    if (1..=MAX_LEVEL).contains(&levels) {
        Ok(levels)
    } else {
        Err(Error::parameter("levels", levels, "must lie from 1 to 30"))
    }
}

/// `Ok` when the lengths are the same.
pub(super) fn check_same(what: &'static str, expected: usize, found: usize) -> Result<()> {
    if expected == found { Ok(()) } else { Err(Error::shape(what, expected, found)) }
}

/// One level: approximation and detail, `pywt.dwt`.
///
/// A NaN or infinite sample makes the coefficients NaN or infinite whose filters reach it.
///
/// ```
/// use prognos::signal::wavelet::{Boundary, dwt, idwt};
/// let haar = "haar".parse()?;
/// let (a, d) = dwt(&[1.0, 3.0, 2.0, 2.0], haar, Boundary::Symmetric)?;
/// assert!((a[0] - 8f64.sqrt()).abs() < 1e-12 && (d[0] + 2f64.sqrt()).abs() < 1e-12);
/// assert!((idwt(&a, &d, haar, Boundary::Symmetric)?[1] - 3.0).abs() < 1e-12);
/// # Ok::<(), prognos::Error>(())
/// ```
///
/// # Errors
/// [`Error::Parameter`] for an empty signal or one beyond 2^27 samples.
pub fn dwt(x: &[f64], wavelet: Wavelet, boundary: Boundary) -> Result<(Vec<f64>, Vec<f64>)> {
    check_len(x.len())?;
    let bank = Bank::new(wavelet, boundary);
    let mut low = vec![0.0; bank.band_len(x.len())];
    let mut high = low.clone();
    bank.analyse(x, &mut low, &mut high, &mut Halves::default());
    Ok((low, high))
}

/// The signal of an approximation and a detail, `pywt.idwt`: its length is even, `2 m - taps + 2` for m coefficients in
/// each, or 2 m under [`Boundary::Periodization`]; a signal of odd length comes back with one sample more.
///
/// # Errors
/// [`Error::Shape`] when the bands differ in length, [`Error::TooFew`] when there are fewer coefficients than half the
/// taps (with `Periodization`: none).
pub fn idwt(approximation: &[f64], detail: &[f64], wavelet: Wavelet, boundary: Boundary) -> Result<Vec<f64>> {
    let n = approximation.len();
    check_same("detail coefficients", n, detail.len())?;
    let needed = if boundary == Boundary::Periodization { 1 } else { wavelet.len() / 2 };
    if n < needed {
        return Err(Error::too_few("coefficients of a wavelet transform", needed, n));
    }
    check_len(n)?;
    let mut x = vec![0.0; if boundary == Boundary::Periodization { 2 * n } else { 2 * (n + 1) - wavelet.len() }];
    Bank::new(wavelet, boundary).synthesise(approximation, detail, &mut x, &mut Halves::default());
    Ok(x)
}

/// A plan for transforms of several levels of signals of one length: `pywt.wavedec`, `pywt.waverec`.
///
/// The plan never changes and is shared by threads; each thread has a scratch of its own.
///
/// ```
/// use prognos::signal::wavelet::{Boundary, Dwt};
/// let x: Vec<f64> = (0..100).map(|i| (0.2 * f64::from(i)).sin()).collect();
/// let plan = Dwt::new("db4".parse()?, Boundary::Symmetric, 100, 3)?;
/// let c = plan.decompose(&x)?;
/// assert_eq!((c.approximation().len(), c.detail(3).len(), c.detail(1).len()), (18, 18, 53));
/// assert!(c.energies()[1] < 1e-3 * c.energies()[0]); // a slow sine has little in the uppermost octave
/// let back = plan.reconstruct(&c)?;
/// assert!(x.iter().zip(&back).all(|(a, b)| (a - b).abs() < 1e-12));
/// # Ok::<(), prognos::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Dwt {
    wavelet: Wavelet,
    bank: Bank,
    /// Length of the signal, then of each level's bands.
    lengths: Vec<usize>,
}

/// Working memory of a [`Dwt`].
#[derive(Debug, Clone)]
pub struct DwtScratch {
    halves: Halves,
    one: Vec<f64>,
    two: Vec<f64>,
}

impl Dwt {
    /// A plan for `len` samples and that many levels. More levels than [`Wavelet::max_level`] are possible, as in
    /// PyWavelets; their coefficients are all touched by the boundary.
    ///
    /// # Errors
    /// [`Error::Parameter`] unless `len` lies in 1..=2^27 and `levels` in 1..=30.
    pub fn new(wavelet: Wavelet, boundary: Boundary, len: usize, levels: usize) -> Result<Self> {
        check_len(len)?;
        check_levels(levels)?;
        let bank = Bank::new(wavelet, boundary);
        let mut lengths = vec![len];
        let mut n = len;
        for _ in 0..levels {
            n = bank.band_len(n);
            lengths.push(n);
        }
        Ok(Self { wavelet, bank, lengths })
    }

    /// The wavelet.
    #[must_use]
    pub fn wavelet(&self) -> Wavelet {
        self.wavelet
    }

    /// How signals go on beyond their ends.
    #[must_use]
    pub fn boundary(&self) -> Boundary {
        self.bank.boundary()
    }

    /// Number of samples of a signal.
    #[must_use]
    #[allow(clippy::len_without_is_empty)] // a plan is never empty
    pub fn len(&self) -> usize {
        self.lengths[0]
    }

    /// Number of levels.
    #[must_use]
    pub fn levels(&self) -> usize {
        self.lengths.len() - 1
    }

    /// Number of coefficients of all bands together.
    #[must_use]
    pub fn coefficients(&self) -> usize {
        self.lengths[1..].iter().sum::<usize>() + self.lengths[self.levels()]
    }

    /// Where a band stands among the coefficients: band 0 is the approximation, then the details from the coarsest to
    /// the finest (the order of `pywt.wavedec`). Empty beyond the last.
    #[must_use]
    pub fn band(&self, band: usize) -> Range<usize> {
        let levels = self.levels();
        if band > levels {
            return 0..0;
        }
        let level = |band: usize| if band == 0 { levels } else { levels + 1 - band };
        let start = (0..band).map(|b| self.lengths[level(b)]).sum();
        start..start + self.lengths[level(band)]
    }

    /// Working memory for this plan.
    #[must_use]
    pub fn scratch(&self) -> DwtScratch {
        // Approximations below the first level; bands beyond the boundary's reach may grow with the level.
        let room = self.lengths[1..].iter().copied().max().unwrap_or(0);
        DwtScratch {
            halves: Halves::with_room(self.len().max(room), self.wavelet.len()),
            one: vec![0.0; room],
            two: vec![0.0; room],
        }
    }

    /// Writes the coefficients of `x`, band by band as [`band`](Self::band) says. Allocates nothing.
    ///
    /// # Errors
    /// [`Error::Shape`] when `x`, `out` or the scratch is of another size than the plan.
    pub fn process(&self, x: &[f64], out: &mut [f64], scratch: &mut DwtScratch) -> Result<()> {
        self.process_with(x, out, scratch, |_, _| {})
    }

    /// The same; `each` sees the approximation of every level.
    pub(crate) fn process_with(
        &self,
        x: &[f64],
        out: &mut [f64],
        scratch: &mut DwtScratch,
        mut each: impl FnMut(usize, &[f64]),
    ) -> Result<()> {
        check_same("samples of a wavelet transform", self.len(), x.len())?;
        check_same("coefficients of a wavelet transform", self.coefficients(), out.len())?;
        self.check_scratch(scratch)?;
        let levels = self.levels();
        let mut rest = out;
        for level in 1..=levels {
            let n = self.lengths[level];
            let (before, detail) = rest.split_at_mut(rest.len() - n);
            rest = before;
            let input = if level == 1 { x } else { &scratch.one[..self.lengths[level - 1]] };
            let low = if level == levels { &mut *rest } else { &mut scratch.two[..n] };
            self.bank.analyse(input, low, detail, &mut scratch.halves);
            each(level, low);
            std::mem::swap(&mut scratch.one, &mut scratch.two);
        }
        Ok(())
    }

    /// The coefficients of `x`.
    ///
    /// # Errors
    /// [`Error::Shape`] when `x` has another length than the plan.
    pub fn decompose(&self, x: &[f64]) -> Result<DwtCoefficients> {
        let mut values = vec![0.0; self.coefficients()];
        self.process(x, &mut values, &mut self.scratch())?;
        let bands = (0..=self.levels()).map(|b| self.band(b)).collect();
        Ok(DwtCoefficients { values, bands })
    }

    /// Fills `x` with the signal of the coefficients: undoes [`process`](Self::process). Allocates nothing.
    ///
    /// # Errors
    /// [`Error::Shape`] when `coefficients`, `x` or the scratch is of another size than the plan.
    pub fn process_inverse(&self, coefficients: &[f64], x: &mut [f64], scratch: &mut DwtScratch) -> Result<()> {
        check_same("coefficients of a wavelet transform", self.coefficients(), coefficients.len())?;
        check_same("samples of a wavelet transform", self.len(), x.len())?;
        self.check_scratch(scratch)?;
        let levels = self.levels();
        let (approximation, mut rest) = coefficients.split_at(self.lengths[levels]);
        scratch.one[..approximation.len()].copy_from_slice(approximation);
        for level in (1..=levels).rev() {
            let n = self.lengths[level];
            let (detail, others) = rest.split_at(n);
            rest = others;
            let out = if level == 1 { &mut *x } else { &mut scratch.two[..self.lengths[level - 1]] };
            self.bank.synthesise(&scratch.one[..n], detail, out, &mut scratch.halves);
            std::mem::swap(&mut scratch.one, &mut scratch.two);
        }
        Ok(())
    }

    /// The signal of the coefficients.
    ///
    /// # Errors
    /// [`Error::Shape`] when the coefficients are those of another plan.
    pub fn reconstruct(&self, coefficients: &DwtCoefficients) -> Result<Vec<f64>> {
        let mut x = vec![0.0; self.len()];
        self.process_inverse(&coefficients.values, &mut x, &mut self.scratch())?;
        Ok(x)
    }

    fn check_scratch(&self, scratch: &DwtScratch) -> Result<()> {
        let room = self.lengths[1..].iter().copied().max().unwrap_or(0);
        let found = scratch.one.len().min(scratch.two.len());
        if found < room { Err(Error::shape("scratch of a wavelet transform", room, found)) } else { Ok(()) }
    }
}

/// The coefficients of a signal, band by band.
#[derive(Debug, Clone, PartialEq)]
pub struct DwtCoefficients {
    values: Vec<f64>,
    bands: Vec<Range<usize>>,
}

impl DwtCoefficients {
    /// All of them: the approximation, then the details from the coarsest to the finest.
    #[must_use]
    pub fn values(&self) -> &[f64] {
        &self.values
    }

    /// All of them, to change.
    pub fn values_mut(&mut self) -> &mut [f64] {
        &mut self.values
    }

    /// Number of levels.
    #[must_use]
    pub fn levels(&self) -> usize {
        self.bands.len() - 1
    }

    /// The approximation.
    #[must_use]
    pub fn approximation(&self) -> &[f64] {
        &self.values[self.bands[0].clone()]
    }

    fn place(&self, level: usize) -> Range<usize> {
        let band = (self.bands.len()).checked_sub(level).filter(|b| (1..self.bands.len()).contains(b));
        band.map_or(0..0, |b| self.bands[b].clone())
    }

    /// The details of a level, 1 the finest; empty where there is none.
    #[must_use]
    pub fn detail(&self, level: usize) -> &[f64] {
        &self.values[self.place(level)]
    }

    /// The details of a level, to change.
    pub fn detail_mut(&mut self, level: usize) -> &mut [f64] {
        let place = self.place(level);
        &mut self.values[place]
    }

    /// Sum of squares of every band: the approximation, then level 1 (the finest) to the deepest.
    #[must_use]
    pub fn energies(&self) -> Vec<f64> {
        let levels = (1..=self.levels()).map(|l| self.detail(l));
        std::iter::once(self.approximation()).chain(levels).map(crate::math::lanes::sum_squares).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_goes_in_comes_out() {
        for w in Wavelet::all().filter(|w| w.name() != "dmey") {
            for boundary in Boundary::ALL {
                for n in [1, 2, 3, 8, 17, 64, 101] {
                    let x: Vec<f64> = (0..n).map(|i| (i as f64 * 0.7).sin() + 0.1 * i as f64).collect();
                    let plan = Dwt::new(w, boundary, n, 3).unwrap();
                    let c = plan.decompose(&x).unwrap();
                    let back = plan.reconstruct(&c).unwrap();
                    let worst = x.iter().zip(&back).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
                    let size = c.values().iter().fold(10.0_f64, |m, v| m.max(v.abs()));
                    assert!(worst < 1e-12 * size, "{w} {boundary} {n}: {worst:e}");
                }
            }
        }
    }

    #[test]
    fn bands_stand_in_order() {
        let plan = Dwt::new("db4".parse().unwrap(), Boundary::Symmetric, 1000, 3).unwrap();
        assert_eq!((0..5).map(|b| plan.band(b)).collect::<Vec<_>>(), [0..131, 131..262, 262..517, 517..1020, 0..0]);
        let c = plan.decompose(&vec![1.0; 1000]).unwrap();
        assert_eq!((c.levels(), c.detail(0).len(), c.detail(1).len(), c.detail(4).len()), (3, 0, 503, 0));
        assert!(c.detail(2).iter().all(|d| d.abs() < 1e-14), "a constant has no details");
        assert!((c.approximation()[5] - 8f64.sqrt()).abs() < 1e-13);
    }
}
