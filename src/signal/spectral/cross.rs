//! Two signals: cross spectral density and coherence by Welch's method.
//!
//! `S_xy = mean of conj(X) Y` over the pieces tells how much of one signal goes with the other at each frequency, and with which phase;
//! coherence `|S_xy|^2 / (S_xx S_yy)`, 0 to 1, whether the relation is steady: the test before any transfer function.
//!
//! Source: J. S. Bendat, A. G. Piersol, "Random Data" (2010), chapter 11; conventions of `scipy.signal.csd` and `coherence`. One piece
//! alone has a coherence of 1 at every frequency: use many. Cost: two real transforms a piece.

use super::fft::FftScratch;
use super::spectrum::Spectrum;
use super::welch::{Welch, one_sided};
use crate::error::{Error, Result};
use rustfft::num_complex::Complex64;

struct Sums {
    xx: Vec<f64>,
    yy: Vec<f64>,
    xy: Vec<Complex64>,
}

impl Welch {
    /// One-sided cross spectral density of `x` and `y` (its phase is that of `y` less that of `x`), always the mean over pieces.
    ///
    /// ```
    /// use prognos::signal::{SampleRate, spectral::Welch};
    /// let welch = Welch::params().segment(64).plan(SampleRate::ONE_HZ)?;
    /// let wave = |phase: f64| (0..640).map(|i| (std::f64::consts::TAU * f64::from(i) / 8.0 + phase).sin()).collect::<Vec<_>>();
    /// let cross = welch.cross_spectrum(&wave(0.0), &wave(0.5))?;
    /// assert!((cross[8].arg() - 0.5).abs() < 1e-9);
    /// # Ok::<(), prognos::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Shape`] when the signals differ in length, [`Error::TooFew`] when they are shorter than a piece.
    pub fn cross_spectrum(&self, x: &[f64], y: &[f64]) -> Result<Vec<Complex64>> {
        let pieces = self.pieces(x.len());
        let mut sums = self.cross_sums(x, y)?;
        let mut factor = vec![1.0; self.bins()];
        one_sided(&mut factor, self.fft.len(), self.scale / pieces as f64);
        sums.xy.iter_mut().zip(factor).for_each(|(z, f)| *z *= f);
        Ok(sums.xy)
    }

    /// Coherence of `x` and `y`, 0 to 1, always from means over pieces. NaN at a frequency where one of them has no power.
    ///
    /// # Errors
    /// As [`cross_spectrum`](Self::cross_spectrum).
    pub fn coherence(&self, x: &[f64], y: &[f64]) -> Result<Spectrum> {
        let s = self.cross_sums(x, y)?;
        // The geometric mean first: the product of two small powers would vanish.
        let values = s.xx.iter().zip(&s.yy).zip(&s.xy).map(|((a, b), z)| {
            let c = (z.norm() / (a.sqrt() * b.sqrt())).powi(2);
            if c > 1.0 { 1.0 } else { c } // NaN stays NaN
        });
        Ok(Spectrum::new(values.collect(), self.step()))
    }

    fn cross_sums(&self, x: &[f64], y: &[f64]) -> Result<Sums> {
        if x.len() != y.len() {
            return Err(Error::shape("samples of the second signal", x.len(), y.len()));
        }
        let pieces = self.pieces(x.len());
        if pieces == 0 {
            return Err(Error::too_few("samples for Welch's method", self.segment(), x.len()));
        }
        let mut fft: FftScratch = self.fft.scratch();
        let (mut a, mut b) = (self.fft.zero_bins(), self.fft.zero_bins());
        let zeros = vec![0.0; self.bins()];
        let mut sums = Sums { xx: zeros.clone(), yy: zeros, xy: self.fft.zero_bins() };
        for i in 0..pieces {
            self.transform(x, i, &mut fft, &mut a)?;
            self.transform(y, i, &mut fft, &mut b)?;
            for (k, (a, b)) in a.iter().zip(&b).enumerate() {
                sums.xx[k] += a.norm_sqr();
                sums.yy[k] += b.norm_sqr();
                sums.xy[k] += a.conj() * b;
            }
        }
        Ok(sums)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::signal::SampleRate;

    #[test]
    fn equal_to_scipy() {
        let x: Vec<f64> = (0..200).map(f64::from).map(|i| (0.7 * i).sin() + 0.2 * (i * i * 0.013).cos()).collect();
        let y: Vec<f64> =
            (0..200).map(f64::from).map(|i| (0.7 * i + 0.4).cos() + 0.5 * (i * i * 0.031).sin()).collect();
        let welch = Welch::params().segment(16).plan(SampleRate::hz(10.0).unwrap()).unwrap();
        // scipy.signal.csd(x, y, 10.0, nperseg=16)
        let expected = [
            (-0.007014722638015912, 0.0),
            (-0.1290510986923442, 0.26299531355467654),
            (-0.23231125489887416, 0.4788386228781161),
            (-0.02706433123108471, 0.054131612734874636),
            (-0.002125684171166968, 0.0012919103290049193),
            (-0.0019448132992258744, -0.00020814993513516324),
            (0.001404881771323987, 0.001018283525977153),
            (0.00208494856241027, 0.0005390566285229654),
            (8.464468597577614e-05, 0.0),
        ];
        for (z, (re, im)) in welch.cross_spectrum(&x, &y).unwrap().iter().zip(expected) {
            assert!((z.re - re).abs() < 1e-12 && (z.im - im).abs() < 1e-12, "{z}");
        }
        // scipy.signal.coherence(x, y, 10.0, nperseg=16)
        let expected = [
            0.16593366392286205,
            0.9227956139957547,
            0.9554325976770751,
            0.6808616984141929,
            0.038666081933655214,
            0.029608485044642585,
            0.02237471237944394,
            0.039828557787847906,
            0.0004381463544855234,
        ];
        for (c, e) in welch.coherence(&x, &y).unwrap().values().iter().zip(expected) {
            assert!((c - e).abs() < 1e-10, "{c} {e}");
        }
        assert!(welch.coherence(&x, &y[1..]).is_err());
        assert!(welch.cross_spectrum(&x[..9], &y[..9]).is_err());
    }
}
