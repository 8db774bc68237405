//! The stationary (undecimated, à trous) wavelet transform as PyWavelets computes it.
//!
//! Its filters are those of [`Modwt`](super::Modwt) turned round: the numbers are the ones that `Modwt` has for the signal played
//! backwards, in reverse order, shifted within each level, and times `√2^level` unless normalised. The energies of the
//! levels are the same. For denoising without the artefacts that decimation leaves, and where coefficients shall stand
//! beside the samples they are about.
//!
//! # Formula
//! `a_j[t] = Σ_l dec_lo[l] a_{j-1}[(t + 2^(j-1) (taps/2 - l)) mod n]`, `d_j[t]` the same with `dec_hi`; with the norm kept, both filters
//! are divided by √2.
//!
//! # Source
//! G. Nason, B. Silverman, The stationary wavelet transform and some statistical applications (1995); M. Holschneider et
//! al., A real-time algorithm for signal analysis with the help of the wavelet transform (1989).
//!
//! # Cost
//! O(n taps) a level.

use super::circular::{Cascade, Ring, RingScratch};
use super::dwt::{check_len, check_levels};
use super::family::Wavelet;
use super::modwt::{StationaryCoefficients, StationaryScratch};
use crate::error::{Error, Result};

/// A plan for the stationary transform of signals of one length: `pywt.swt` with `trim_approx=True`, `pywt.iswt`.
///
/// ```
/// use prognos::signal::wavelet::Swt;
/// let x: Vec<f64> = (0..64).map(|i| f64::from(i % 5)).collect();
/// let plan = Swt::new("db2".parse()?, 64, 3, true)?;
/// let c = plan.decompose(&x)?;
/// assert_eq!(c.detail(3).len(), 64);
/// assert!((plan.reconstruct(&c)?[10] - x[10]).abs() < 1e-12);
/// assert!(Swt::new("db2".parse()?, 60, 3, true).is_err()); // 60 is no multiple of 8
/// # Ok::<(), prognos::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Swt {
    wavelet: Wavelet,
    cascade: Cascade,
    len: usize,
    norm: bool,
}

impl Swt {
    /// A plan for `len` samples and that many levels. `norm` divides the filters by √2, so that with an orthogonal
    /// wavelet the energies add up to that of the signal (`norm=True` of PyWavelets; its default is `False`).
    ///
    /// # Errors
    /// [`Error::Parameter`] unless `len` lies in 1..=2^27 and is a multiple of 2^levels, and `levels` lies in 1..=30.
    pub fn new(wavelet: Wavelet, len: usize, levels: usize, norm: bool) -> Result<Self> {
        check_len(len)?;
        check_levels(levels)?;
        if !len.is_multiple_of(1 << levels) {
            return Err(Error::parameter("len", len, "must be a multiple of 2^levels; `Modwt` takes any length"));
        }
        let (taps, half) = (wavelet.len(), wavelet.len() as i128 / 2);
        let scale = if norm { std::f64::consts::FRAC_1_SQRT_2 } else { 1.0 };
        let pairs = |low: &[f64], high: &[f64], scale: f64| {
            low.iter().zip(high).map(|(l, h)| [l * scale, h * scale]).collect::<Vec<[f64; 2]>>()
        };
        // Without the norm the frame is tight with bound 2 at each level.
        let back = if norm { scale } else { 0.5 };
        let cascade = Cascade {
            analysis: (0..levels).map(|j| Ring::new(len, taps, half << j, -(1_i128 << j))).collect(),
            synthesis: (0..levels).map(|j| Ring::new(len, taps, (half - 1) << j, -(1_i128 << j))).collect(),
            split: pairs(wavelet.dec_lo(), wavelet.dec_hi(), scale),
            join: pairs(wavelet.rec_lo(), wavelet.rec_hi(), back),
        };
        Ok(Self { wavelet, cascade, len, norm })
    }

    /// The wavelet.
    #[must_use]
    pub fn wavelet(&self) -> Wavelet {
        self.wavelet
    }

    /// Number of samples of a signal.
    #[must_use]
    #[allow(clippy::len_without_is_empty)] // a plan is never empty
    pub fn len(&self) -> usize {
        self.len
    }

    /// Number of levels.
    #[must_use]
    pub fn levels(&self) -> usize {
        self.cascade.analysis.len()
    }

    /// Whether the filters are divided by √2.
    #[must_use]
    pub fn is_normalised(&self) -> bool {
        self.norm
    }

    /// Number of coefficients, `(levels + 1) len`.
    #[must_use]
    pub fn coefficients(&self) -> usize {
        (self.levels() + 1) * self.len
    }

    /// Working memory for this plan.
    #[must_use]
    pub fn scratch(&self) -> StationaryScratch {
        StationaryScratch(RingScratch::with_room(self.len))
    }

    /// Writes the coefficients of `x`: details of level 1, 2, ..., then the approximation. Allocates nothing.
    ///
    /// # Errors
    /// [`Error::Shape`] when `x`, `out` or the scratch is of another size than the plan.
    pub fn process(&self, x: &[f64], out: &mut [f64], scratch: &mut StationaryScratch) -> Result<()> {
        self.cascade.forward(x, out, &mut scratch.0, |_, _| {})
    }

    /// The coefficients of `x`, with the approximation of the deepest level.
    ///
    /// # Errors
    /// [`Error::Shape`] when `x` has another length than the plan.
    pub fn decompose(&self, x: &[f64]) -> Result<StationaryCoefficients> {
        let mut values = vec![0.0; self.coefficients()];
        self.process(x, &mut values, &mut self.scratch())?;
        Ok(StationaryCoefficients { values, len: self.len })
    }

    /// The approximation of every level, the finest first (`pywt.swt` with `trim_approx=False` pairs them with the
    /// details).
    ///
    /// # Errors
    /// [`Error::Shape`] when `x` has another length than the plan.
    pub fn approximations(&self, x: &[f64]) -> Result<Vec<Vec<f64>>> {
        let mut all = Vec::with_capacity(self.levels());
        let mut values = vec![0.0; self.coefficients()];
        self.cascade.forward(x, &mut values, &mut self.scratch().0, |_, a| all.push(a.to_vec()))?;
        Ok(all)
    }

    /// The signal of the coefficients.
    ///
    /// # Errors
    /// [`Error::Shape`] when the coefficients are those of another plan.
    pub fn reconstruct(&self, coefficients: &StationaryCoefficients) -> Result<Vec<f64>> {
        let mut x = vec![0.0; self.len];
        self.cascade.inverse(&coefficients.values, &mut x, &mut self.scratch().0)?;
        Ok(x)
    }
}

#[cfg(test)]
mod tests {
    use super::super::Modwt;
    use super::*;
    use crate::math::lanes;

    #[test]
    fn both_kinds_give_the_signal_back() {
        for w in Wavelet::all().filter(|w| w.name() != "dmey") {
            for n in [8, 16, 48, 200] {
                let x: Vec<f64> = (0..n).map(|i| (i as f64 * 0.7).sin() + 0.1 * i as f64).collect();
                let near = |y: &[f64]| x.iter().zip(y).all(|(a, b)| (a - b).abs() < 1e-10);
                for norm in [true, false] {
                    let plan = Swt::new(w, n, 3, norm).unwrap();
                    assert!(near(&plan.reconstruct(&plan.decompose(&x).unwrap()).unwrap()), "{w} {n} {norm}");
                }
                if w.is_orthogonal() {
                    let plan = Modwt::new(w, n, 4).unwrap();
                    let c = plan.decompose(&x).unwrap();
                    assert!(near(&plan.reconstruct(&c).unwrap()), "{w} {n}");
                    let energy = lanes::sum_squares(c.values()) / lanes::sum_squares(&x);
                    assert!((energy - 1.0).abs() < 1e-12, "{w} {n}: {energy}");
                }
            }
        }
        assert!(Modwt::new("bior2.2".parse().unwrap(), 64, 2).is_err());
    }

    #[test]
    fn one_is_the_other_backwards() {
        let x: Vec<f64> = (0..64).map(|i| (i as f64 * 0.9).sin() + (i % 3) as f64).collect();
        let w: Wavelet = "db3".parse().unwrap();
        let (s, m) = (Swt::new(w, 64, 3, true).unwrap(), Modwt::new(w, 64, 3).unwrap());
        let backwards: Vec<f64> = x.iter().rev().copied().collect();
        let (s, m) = (s.decompose(&x).unwrap(), m.decompose(&backwards).unwrap());
        for level in 1..=3 {
            let far = |shift: usize| {
                let turned = (0..64).map(|t| m.detail(level)[63 - (t + shift) % 64]);
                turned.zip(s.detail(level)).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max)
            };
            let near: Vec<usize> = (0..64).filter(|shift| far(*shift) < 1e-12).collect();
            // Half of the taps less one a level, dilated.
            assert_eq!(near, [64 - 2 * ((1 << level) - 1)], "level {level}");
        }
    }
}
