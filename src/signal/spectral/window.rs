//! Window functions: what a piece of signal is multiplied by before its Fourier transform.
//!
//! A transform treats a piece of signal as if it repeated for ever; the jump where its end meets its start smears
//! every line over all bins ("leakage"). A window takes the ends to zero and trades a wider line for less leakage.
//!
//! Which one: [`Hann`](WindowFunction::Hann) for anything with noise in it (the default of this crate);
//! [`FlatTop`](WindowFunction::FlatTop) to read the amplitude of a line to 0.01 dB wherever it falls between two
//! bins; [`BlackmanHarris`](WindowFunction::BlackmanHarris) or [`Kaiser`](WindowFunction::Kaiser) for weak lines
//! beside strong ones; [`Boxcar`](WindowFunction::Boxcar) only when the piece holds whole periods or a transient.
//!
//! Source: F. J. Harris, "On the use of windows for harmonic analysis with the discrete Fourier transform",
//! Proc. IEEE 66 (1978); G. Heinzel, A. Rüdiger, R. Schilling, "Spectrum and spectral density estimation by the
//! DFT" (2002). The coefficients equal those of `scipy.signal.get_window`.

use super::fft::check_len;
use crate::error::{Error, Result};
use crate::math::lanes;
use std::f64::consts::PI;

/// A window function and its parameter.
///
/// ```
/// use prognos::signal::spectral::WindowFunction;
/// let hann = WindowFunction::Hann.coefficients(1024)?;
/// assert!((WindowFunction::coherent_gain(&hann) - 0.5).abs() < 1e-15);
/// assert!((WindowFunction::noise_bandwidth(&hann) - 1.5).abs() < 1e-12); // bins
/// assert!(WindowFunction::Kaiser(-1.0).coefficients(8).is_err());
/// # Ok::<(), prognos::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields, rename_all = "snake_case"))]
#[non_exhaustive]
pub enum WindowFunction {
    /// All ones: no window.
    Boxcar,
    /// `0.5 - 0.5 cos`: the window to take when nothing speaks for another.
    #[default]
    Hann,
    /// `0.54 - 0.46 cos`: lower first side lobe than Hann, but the far ones do not fall off.
    Hamming,
    /// Three cosine terms (0.42, 0.5, 0.08).
    Blackman,
    /// Four terms, side lobes below -92 dB.
    BlackmanHarris,
    /// Four terms, side lobes below -98 dB (Nuttall's minimum, as scipy).
    Nuttall,
    /// Five terms, flat within 0.01 dB between two bins: for amplitudes.
    FlatTop,
    /// Triangle that reaches zero at its ends.
    Bartlett,
    /// Triangle that does not reach zero at its ends.
    Triangle,
    /// Flat with cosine tapers; the parameter is the tapered share, 0 (boxcar) to 1 (Hann).
    Tukey(f64),
    /// Kaiser's window with shape `beta`, 0 (boxcar) to 700; 8.6 is close to Blackman-Harris, 38 falls below -300 dB.
    Kaiser(f64),
    /// Gaussian with this standard deviation in samples.
    Gaussian(f64),
    /// `exp(-|n - centre| / tau)` with `tau` in samples.
    Exponential(f64),
}

impl WindowFunction {
    /// The periodic window of `n` coefficients (scipy's `fftbins=True`): the right one for spectra. One sample has
    /// the window 1.
    ///
    /// # Errors
    /// [`Error::Parameter`] for a parameter out of its range, or `n` of 0 or above 2^27.
    pub fn coefficients(self, n: usize) -> Result<Vec<f64>> {
        self.check()?;
        check_len("n", n)?;
        let mut w = self.shape(n + 1);
        w.truncate(n);
        Ok(if n == 1 { vec![1.0] } else { w })
    }

    /// The symmetric window of `n` coefficients (scipy's `fftbins=False`): for the design of filters.
    ///
    /// # Errors
    /// As [`coefficients`](Self::coefficients).
    pub fn symmetric(self, n: usize) -> Result<Vec<f64>> {
        self.check()?;
        check_len("n", n)?;
        Ok(if n == 1 { vec![1.0] } else { self.shape(n) })
    }

    /// Mean of the coefficients: what the window leaves of the amplitude of a line in the middle of a bin.
    /// NaN when empty.
    #[must_use]
    pub fn coherent_gain(coefficients: &[f64]) -> f64 {
        lanes::sum(coefficients) / coefficients.len() as f64
    }

    /// Equivalent noise bandwidth in bins, `n sum w^2 / (sum w)^2`: 1 for boxcar, 1.5 for Hann. NaN when empty.
    #[must_use]
    pub fn noise_bandwidth(coefficients: &[f64]) -> f64 {
        let sum = lanes::sum(coefficients);
        coefficients.len() as f64 * lanes::sum_squares(coefficients) / (sum * sum)
    }

    fn check(self) -> Result<()> {
        let (name, value, ok, reason) = match self {
            Self::Tukey(a) => ("tukey", a, (0.0..=1.0).contains(&a), "the tapered share lies from 0 to 1"),
            Self::Kaiser(b) => ("kaiser", b, (0.0..=700.0).contains(&b), "beta lies from 0 to 700"),
            Self::Gaussian(s) => ("gaussian", s, s.is_finite() && s > 0.0, "must be finite and greater than 0"),
            Self::Exponential(t) => ("exponential", t, t.is_finite() && t > 0.0, "must be finite and greater than 0"),
            _ => return Ok(()),
        };
        if ok { Ok(()) } else { Err(Error::parameter(name, value, reason)) }
    }

    /// The symmetric shape over `m >= 2` points.
    fn shape(self, m: usize) -> Vec<f64> {
        let last = (m - 1) as f64;
        let at = |f: &dyn Fn(f64) -> f64| (0..m).map(|i| f(i as f64)).collect();
        match self {
            Self::Boxcar => vec![1.0; m],
            Self::Hann => cosines(m, &[0.5, 0.5]),
            Self::Hamming => cosines(m, &[0.54, 1.0 - 0.54]),
            Self::Blackman => cosines(m, &[0.42, 0.5, 0.08]),
            Self::BlackmanHarris => cosines(m, &[0.35875, 0.48829, 0.14128, 0.01168]),
            Self::Nuttall => cosines(m, &[0.363_581_9, 0.489_177_5, 0.136_599_5, 0.010_641_1]),
            Self::FlatTop => cosines(m, &[0.215_578_95, 0.416_631_58, 0.277_263_158, 0.083_578_947, 0.006_947_368]),
            Self::Bartlett => at(&|i| if i <= 0.5 * last { 2.0 * i / last } else { 2.0 - 2.0 * i / last }),
            Self::Triangle => {
                let odd = m % 2 == 1;
                let half = |i: usize| (i + 1) as f64;
                (0..m)
                    .map(|i| {
                        let k = half(i.min(m - 1 - i));
                        if odd { 2.0 * k / (m + 1) as f64 } else { (2.0 * k - 1.0) / m as f64 }
                    })
                    .collect()
            }
            Self::Tukey(share) if share > 0.0 => {
                let width = (share * last / 2.0).floor();
                at(&|i| {
                    let k = i.min(last - i);
                    if k <= width { 0.5 * (1.0 + (PI * (2.0 * k / share / last - 1.0)).cos()) } else { 1.0 }
                })
            }
            Self::Tukey(_) => vec![1.0; m],
            Self::Kaiser(beta) => {
                let (centre, top) = (0.5 * last, bessel_i0(beta));
                at(&|i| {
                    let r = (i - centre) / centre;
                    bessel_i0(beta * (1.0 - r * r).max(0.0).sqrt()) / top
                })
            }
            Self::Gaussian(std) => at(&|i| {
                let z = (i - 0.5 * last) / std;
                (-0.5 * z * z).exp()
            }),
            Self::Exponential(tau) => at(&|i| (-(i - 0.5 * last).abs() / tau).exp()),
        }
    }
}

/// Sum of cosines around the centre: `sum_k a_k cos(k (2 pi i / (m-1) - pi))`.
fn cosines(m: usize, a: &[f64]) -> Vec<f64> {
    let step = 2.0 * PI / (m - 1) as f64;
    (0..m)
        .map(|i| {
            let angle = i as f64 * step - PI;
            a.iter().enumerate().map(|(k, a)| a * (k as f64 * angle).cos()).sum()
        })
        .collect()
}

/// Modified Bessel function of the first kind, order 0, by its power series: all terms are positive, so nothing
/// cancels; about `x` terms.
fn bessel_i0(x: f64) -> f64 {
    let q = 0.25 * x * x;
    let (mut term, mut sum, mut k) = (1.0, 1.0, 0.0);
    while term > sum * 1e-17 {
        k += 1.0;
        term *= q / (k * k);
        sum += term;
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(found: &[f64], expected: &[f64]) {
        assert_eq!(found.len(), expected.len());
        for (f, e) in found.iter().zip(expected) {
            assert!((f - e).abs() <= 1e-14 + 1e-13 * e.abs(), "{found:?} is not {expected:?}");
        }
    }

    #[test]
    fn equal_to_scipy_get_window() {
        use WindowFunction::*;
        // get_window('triang', 5, fftbins=True)
        near(
            &Triangle.coefficients(5).unwrap(),
            &[0.16666666666666666, 0.5, 0.8333333333333334, 0.8333333333333334, 0.5],
        );
        // get_window('triang', 5, fftbins=False)
        near(
            &Triangle.symmetric(5).unwrap(),
            &[0.3333333333333333, 0.6666666666666666, 1.0, 0.6666666666666666, 0.3333333333333333],
        );
        // get_window('bartlett', 5, fftbins=True)
        near(&Bartlett.coefficients(5).unwrap(), &[0.0, 0.4, 0.8, 0.8, 0.3999999999999999]);
        // get_window('bartlett', 5, fftbins=False)
        near(&Bartlett.symmetric(5).unwrap(), &[0.0, 0.5, 1.0, 0.5, 0.0]);
        // get_window(('tukey', 0.4), 5, fftbins=True)
        near(&Tukey(0.4).coefficients(5).unwrap(), &[0.0, 1.0, 1.0, 1.0, 1.0]);
        // get_window(('tukey', 0.4), 5, fftbins=False)
        near(&Tukey(0.4).symmetric(5).unwrap(), &[0.0, 1.0, 1.0, 1.0, 0.0]);
        // get_window(('gaussian', 1.7), 5, fftbins=True)
        near(
            &Gaussian(1.7).coefficients(5).unwrap(),
            &[0.33914929209203315, 0.677549032331932, 0.957669456847167, 0.957669456847167, 0.677549032331932],
        );
        // get_window(('gaussian', 1.7), 5, fftbins=False)
        near(
            &Gaussian(1.7).symmetric(5).unwrap(),
            &[0.5005531347669072, 0.8411288833576084, 1.0, 0.8411288833576084, 0.5005531347669072],
        );
        // get_window(('exponential', None, 2.5), 5, fftbins=True)
        near(
            &Exponential(2.5).coefficients(5).unwrap(),
            &[0.36787944117144233, 0.5488116360940264, 0.8187307530779818, 0.8187307530779818, 0.5488116360940264],
        );
        // get_window(('exponential', None, 2.5), 5, fftbins=False)
        near(
            &Exponential(2.5).symmetric(5).unwrap(),
            &[0.44932896411722156, 0.6703200460356393, 1.0, 0.6703200460356393, 0.44932896411722156],
        );
        // get_window(('kaiser', 38.0), 5, fftbins=True)
        near(
            &Kaiser(38.0).coefficients(5).unwrap(),
            &[
                4.834410058726945e-16,
                0.0005599963442209845,
                0.46884610584259395,
                0.46884610584259395,
                0.0005599963442209845,
            ],
        );
        // get_window(('kaiser', 38.0), 5, fftbins=False)
        near(
            &Kaiser(38.0).symmetric(5).unwrap(),
            &[4.834410058726945e-16, 0.006613844694341999, 1.0, 0.006613844694341999, 4.834410058726945e-16],
        );
        // get_window('flattop', 5, fftbins=True)
        near(
            &FlatTop.coefficients(5).unwrap(),
            &[-0.0004210510000000013, -0.06771425207621193, 0.606872152576212, 0.606872152576212, -0.06771425207621193],
        );
        // get_window('flattop', 5, fftbins=False)
        near(
            &FlatTop.symmetric(5).unwrap(),
            &[-0.0004210510000000013, -0.05473684, 1.000000003, -0.05473684, -0.0004210510000000013],
        );
        // get_window('nuttall', 5, fftbins=True)
        near(
            &Nuttall.coefficients(5).unwrap(),
            &[0.0003628000000000381, 0.11051525304987181, 0.7982580969501283, 0.7982580969501283, 0.11051525304987181],
        );
        // get_window('nuttall', 5, fftbins=False)
        near(
            &Nuttall.symmetric(5).unwrap(),
            &[0.0003628000000000381, 0.22698240000000006, 1.0, 0.22698240000000006, 0.0003628000000000381],
        );
        // get_window('triang', 6, fftbins=True)
        near(&Triangle.coefficients(6).unwrap(), &[0.25, 0.5, 0.75, 1.0, 0.75, 0.5]);
        // get_window('triang', 6, fftbins=False)
        near(
            &Triangle.symmetric(6).unwrap(),
            &[0.16666666666666666, 0.5, 0.8333333333333334, 0.8333333333333334, 0.5, 0.16666666666666666],
        );
        // get_window('bartlett', 6, fftbins=True)
        near(
            &Bartlett.coefficients(6).unwrap(),
            &[0.0, 0.3333333333333333, 0.6666666666666666, 1.0, 0.6666666666666667, 0.33333333333333326],
        );
        // get_window('bartlett', 6, fftbins=False)
        near(&Bartlett.symmetric(6).unwrap(), &[0.0, 0.4, 0.8, 0.8, 0.3999999999999999, 0.0]);
        // get_window(('tukey', 0.4), 6, fftbins=True)
        near(&Tukey(0.4).coefficients(6).unwrap(), &[0.0, 0.9330127018922194, 1.0, 1.0, 1.0, 0.9330127018922191]);
        // get_window(('tukey', 0.4), 6, fftbins=False)
        near(&Tukey(0.4).symmetric(6).unwrap(), &[0.0, 1.0, 1.0, 1.0, 1.0, 0.0]);
        // get_window(('gaussian', 1.7), 6, fftbins=True)
        near(
            &Gaussian(1.7).coefficients(6).unwrap(),
            &[0.21074773581840714, 0.5005531347669072, 0.8411288833576084, 1.0, 0.8411288833576084, 0.5005531347669072],
        );
        // get_window(('gaussian', 1.7), 6, fftbins=False)
        near(
            &Gaussian(1.7).symmetric(6).unwrap(),
            &[
                0.33914929209203315,
                0.677549032331932,
                0.957669456847167,
                0.957669456847167,
                0.677549032331932,
                0.33914929209203315,
            ],
        );
        // get_window(('exponential', None, 2.5), 6, fftbins=True)
        near(
            &Exponential(2.5).coefficients(6).unwrap(),
            &[
                0.3011942119122021,
                0.44932896411722156,
                0.6703200460356393,
                1.0,
                0.6703200460356393,
                0.44932896411722156,
            ],
        );
        // get_window(('exponential', None, 2.5), 6, fftbins=False)
        near(
            &Exponential(2.5).symmetric(6).unwrap(),
            &[
                0.36787944117144233,
                0.5488116360940264,
                0.8187307530779818,
                0.8187307530779818,
                0.5488116360940264,
                0.36787944117144233,
            ],
        );
        // get_window(('kaiser', 38.0), 6, fftbins=True)
        near(
            &Kaiser(38.0).coefficients(6).unwrap(),
            &[
                4.834410058726945e-16,
                7.275845951893299e-05,
                0.11723140612283547,
                1.0,
                0.11723140612283547,
                7.275845951893299e-05,
            ],
        );
        // get_window(('kaiser', 38.0), 6, fftbins=False)
        near(
            &Kaiser(38.0).symmetric(6).unwrap(),
            &[
                4.834410058726945e-16,
                0.0005599963442209845,
                0.46884610584259395,
                0.46884610584259395,
                0.0005599963442209845,
                4.834410058726945e-16,
            ],
        );
    }

    #[test]
    fn one_sample_and_bad_parameters() {
        assert_eq!(WindowFunction::Hann.coefficients(1).unwrap(), [1.0]);
        for w in [WindowFunction::Tukey(1.5), WindowFunction::Kaiser(f64::NAN), WindowFunction::Gaussian(0.0)] {
            assert!(matches!(w.coefficients(8), Err(Error::Parameter { .. })));
        }
        assert!(WindowFunction::Hann.coefficients(0).is_err());
        assert!(WindowFunction::Hann.symmetric(usize::MAX).is_err());
    }
}
