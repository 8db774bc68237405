//! Change of the sample rate by a ratio of whole numbers.
//!
//! What it answers: the same signal at another rate, without the frequencies that the new rate cannot carry folding
//! back into it. [`resample_poly`] for any ratio, [`decimate`] for a whole divisor.

use super::SampleRate;
use super::filter::{Design, Fir, FirDesign, FirWindow};
use crate::error::{Error, Result};
use crate::math::lanes;

/// Largest reduced factor: its filter has 20 million taps.
const MAX_FACTOR: usize = 1_000_000;

/// A prepared change of rate by `up / down`.
///
/// As if the signal were spread by `up` with zeros, low-pass filtered without delay, and every `down`-th sample kept;
/// only the kept ones are computed. The default filter is a windowed sinc of `20 max(up, down) + 1` taps, Kaiser
/// window with beta 5, edge at the lower of both Nyquist frequencies, zeros beyond both ends: the values of
/// `scipy.signal.resample_poly`.
///
/// Source: Vaidyanathan 1993, *Multirate Systems and Filter Banks*. Cost: about `20 max(1, down / up)`
/// multiplications an output sample.
///
/// ```
/// use prognos::signal::resample::Resampler;
/// let x: Vec<f64> = (0..600).map(|i| (f64::from(i) * 0.05).sin()).collect();
/// let y = Resampler::new(3, 2)?.resample(&x);
/// assert_eq!(y.len(), 900);
/// assert!((y[450] - (300.0_f64 * 0.05).sin()).abs() < 1e-3);
/// # Ok::<(), prognos::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Resampler {
    up: usize,
    down: usize,
    /// Taps to the left of the middle one.
    delay: usize,
    /// For every phase of the spread signal its taps, that of the oldest sample first.
    phases: Vec<Vec<f64>>,
}

impl Resampler {
    /// With the default filter. The factors are reduced first; 1 / 1 changes nothing.
    ///
    /// # Errors
    /// [`Error::Parameter`] for a factor of 0, or of more than a million after reduction.
    pub fn new(up: usize, down: usize) -> Result<Self> {
        let (up, down) = reduce(up, down)?;
        if up == down {
            return Ok(Self::with_taps(1, 1, &[1.0]));
        }
        let widest = up.max(down);
        let design = FirDesign::new(20 * widest + 1).window(FirWindow::Kaiser { beta: 5.0 });
        let fir = design.design(&[(0.0, 1.0 / widest as f64)])?;
        Ok(Self::with_taps(up, down, fir.taps()))
    }

    /// With a filter of one's own for the spread signal, gain 1 in the pass band; its delay of
    /// `(taps - 1) / 2` samples (rounded down) is taken out.
    ///
    /// # Errors
    /// As [`Resampler::new`].
    pub fn with_filter(up: usize, down: usize, filter: &Fir) -> Result<Self> {
        let (up, down) = reduce(up, down)?;
        Ok(Self::with_taps(up, down, filter.taps()))
    }

    fn with_taps(up: usize, down: usize, taps: &[f64]) -> Self {
        let gain = up as f64;
        let phase = |p: usize| {
            let mut phase: Vec<f64> = taps.iter().skip(p).step_by(up).map(|t| t * gain).collect();
            phase.reverse();
            phase
        };
        Self { up, down, delay: (taps.len() - 1) / 2, phases: (0..up).map(phase).collect() }
    }

    /// Samples of the result for `n` samples: `n up / down`, rounded up.
    #[must_use]
    pub fn output_len(&self, n: usize) -> usize {
        (n as u128 * self.up as u128).div_ceil(self.down as u128).try_into().unwrap_or(usize::MAX)
    }

    /// The sample rate of the result.
    ///
    /// # Errors
    /// [`Error::Parameter`] when it is out of the range of f64.
    pub fn output_rate(&self, rate: SampleRate) -> Result<SampleRate> {
        SampleRate::hz(rate.as_hz() * self.up as f64 / self.down as f64)
    }

    /// The signal at the new rate. A NaN or infinite sample makes the results near it NaN.
    #[must_use]
    pub fn resample(&self, x: &[f64]) -> Vec<f64> {
        let one = |m: usize| {
            // Place in the spread signal of the newest sample that counts: sample `newest`, tap `phase`.
            let place = m * self.down + self.delay;
            let (newest, phase) = (place / self.up, place % self.up);
            let taps = &self.phases[phase];
            // Tap `taps.len() - 1` meets sample `newest`, tap 0 meets sample `newest + 1 - taps.len()`.
            let stop = (newest + 1).min(x.len());
            let start = (newest + 1).saturating_sub(taps.len());
            if start >= stop {
                return 0.0;
            }
            let first = start + taps.len() - (newest + 1);
            lanes::dot(&taps[first..], &x[start..stop])
        };
        (0..self.output_len(x.len())).map(one).collect()
    }
}

/// Both factors without their common divisor.
fn reduce(up: usize, down: usize) -> Result<(usize, usize)> {
    for (name, factor) in [("up", up), ("down", down)] {
        if factor == 0 {
            return Err(Error::parameter(name, factor, "must be at least 1"));
        }
    }
    let (mut a, mut b) = (up, down);
    while b > 0 {
        (a, b) = (b, a % b);
    }
    for (name, factor) in [("up", up / a), ("down", down / a)] {
        if factor > MAX_FACTOR {
            return Err(Error::parameter(name, factor, "must be at most 1000000 without the common divisor"));
        }
    }
    Ok((up / a, down / a))
}

/// The signal at `up / down` times its rate, by a filter designed for this one call: see [`Resampler`].
///
/// # Errors
/// As [`Resampler::new`].
pub fn resample_poly(x: &[f64], up: usize, down: usize) -> Result<Vec<f64>> {
    Ok(Resampler::new(up, down)?.resample(x))
}

/// The filter before samples are dropped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case", deny_unknown_fields))]
#[non_exhaustive]
pub enum AntiAlias {
    /// Chebyshev I of order 8, 0.05 dB ripple, edge at 0.8 of the new Nyquist frequency, run forward and backward.
    Iir,
    /// Windowed sinc of `20 factor + 1` taps, Hamming window, edge (-6 dB) at the new Nyquist frequency.
    Fir,
}

/// Every `factor`-th sample of the low-pass filtered signal, without delay (`scipy.signal.decimate`).
///
/// For factors above 13 decimate in steps, or use [`AntiAlias::Fir`]: the poles of the recursive filter crowd
/// together at zero frequency.
///
/// # Errors
/// [`Error::Parameter`] for a factor of 0 (or of more than a million with [`AntiAlias::Fir`]); with
/// [`AntiAlias::Iir`] [`Error::TooFew`] for fewer than 28 samples and [`Error::Numeric`] for a factor so large that
/// the filter would not be stable.
///
/// ```
/// use prognos::signal::resample::{AntiAlias, decimate};
/// let x: Vec<f64> = (0..400).map(|i| (f64::from(i) * 0.02).sin()).collect();
/// let y = decimate(&x, 4, AntiAlias::Iir)?;
/// assert_eq!(y.len(), 100);
/// assert!((y[50] - (200.0_f64 * 0.02).sin()).abs() < 0.02); // within the ripple
/// # Ok::<(), prognos::Error>(())
/// ```
pub fn decimate(x: &[f64], factor: usize, filter: AntiAlias) -> Result<Vec<f64>> {
    if factor == 0 {
        return Err(Error::parameter("factor", factor, "must be at least 1"));
    }
    match filter {
        AntiAlias::Iir => {
            // Twice the Nyquist frequency 1: the edge below is relative to it.
            let sos = Design::chebyshev1(8, 0.05).lowpass(0.8 / factor as f64, SampleRate::hz(2.0)?)?;
            Ok(sos.filtfilt(x)?.into_iter().step_by(factor).collect())
        }
        AntiAlias::Fir if factor == 1 => Ok(x.to_vec()),
        AntiAlias::Fir => {
            reduce(1, factor)?;
            let fir = FirDesign::new(20 * factor + 1).design(&[(0.0, 1.0 / factor as f64)])?;
            Ok(Resampler::with_taps(1, factor, fir.taps()).resample(x))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_those_of_scipy() {
        let x: Vec<f64> = (0..40).map(|i| f64::from((i * i * 7 + 3 * i) % 11 - 5)).collect();
        let close = |found: &[f64], expected: &[f64]| {
            assert!(found.iter().zip(expected).all(|(f, e)| (f - e).abs() < 1e-11), "{found:?}");
        };
        let y = resample_poly(&x, 5, 3).unwrap();
        assert_eq!(y.len(), 67);
        // scipy.signal.resample_poly(x, 5, 3)[[0, 1, 33, 66]]
        let expected = [-5.003252582907182, 2.0877589568199104, -3.7365347929214345, 0.20910750638471898];
        close(&[y[0], y[1], y[33], y[66]], &expected);
        // scipy.signal.decimate(x, 4, ftype="fir")[:4]
        let expected = [-0.6849921090868252, -0.8215815808110074, -1.0755083996197168, -1.1520519006161583];
        close(&decimate(&x, 4, AntiAlias::Fir).unwrap()[..4], &expected);
        // scipy.signal.decimate(x, 3)[:4]
        let expected = [-4.959097497155912, 0.05280533993927089, -1.1107902902469506, -1.1250506544507426];
        close(&decimate(&x, 3, AntiAlias::Iir).unwrap()[..4], &expected);
    }

    #[test]
    fn factors_are_reduced_and_checked() {
        assert_eq!(Resampler::new(4, 6).unwrap(), Resampler::new(2, 3).unwrap());
        assert_eq!(resample_poly(&[1.0, 2.0], 7, 7).unwrap(), [1.0, 2.0]);
        assert!(Resampler::new(0, 1).is_err() && Resampler::new(1, 0).is_err());
        assert!(Resampler::new(1, 1_000_001).is_err());
        assert!(Resampler::new(usize::MAX, usize::MAX).is_ok());
        assert!(decimate(&[1.0; 50], 0, AntiAlias::Fir).is_err());
        assert!(decimate(&[1.0; 27], 2, AntiAlias::Iir).is_err());
        assert!(decimate(&[1.0; 28], 2, AntiAlias::Iir).is_ok());
        assert!(decimate(&[1.0; 50], usize::MAX, AntiAlias::Iir).is_err());
        assert!(resample_poly(&[], 3, 2).unwrap().is_empty());
    }
}
