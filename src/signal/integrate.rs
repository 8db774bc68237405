//! From acceleration to velocity to displacement.
//!
//! What it answers: the velocity severity that ISO 20816 and its parts judge machines by, and the displacement that
//! bearing clearances are compared with, from the acceleration a sensor gives. Integrate twice for displacement.
//!
//! Two ways. [`integrate`] runs in time (trapezoids): simple, causal, but an offset becomes a ramp and slow noise
//! grows without bound, so the trend is taken off first. [`BandIntegrator`] divides the spectrum by `j 2 pi f` within
//! a band and drops the rest: the usual way to a velocity RMS, for whole windows; it counts the window as periodic,
//! so a long window or one of whole revolutions is best.
//!
//! Units: the integral of m/s^2 is m/s; multiply by 1000 for mm/s. Source: ISO 20816-1:2016 (band of 10 Hz to 1 kHz).

use super::SampleRate;
use super::detrend::{Trend, detrend};
use crate::error::{Error, Result};
use crate::math::lanes;
use realfft::{ComplexToReal, RealFftPlanner, RealToComplex};
use rustfft::num_complex::Complex64;
use std::f64::consts::TAU;
use std::ops::RangeInclusive;
use std::sync::Arc;

/// The running integral over time by trapezoids, as long as `x` and 0 at the first sample, after `trend` was taken
/// off (`scipy.integrate.cumulative_trapezoid` with `initial=0`).
///
/// # Errors
/// [`Error::NonFinite`] for a NaN or infinite sample; [`Error::Parameter`] for a degree of `trend` above 20.
///
/// ```
/// use prognos::signal::{SampleRate, detrend::Trend, integrate::integrate};
/// let velocity = integrate(&[0.0, 2.0, 4.0], SampleRate::hz(2.0)?, Trend::None)?;
/// assert_eq!(velocity, [0.0, 0.5, 2.0]);
/// # Ok::<(), prognos::Error>(())
/// ```
pub fn integrate(x: &[f64], rate: SampleRate, trend: Trend) -> Result<Vec<f64>> {
    let mut y = detrend(x, trend)?;
    let half_step = 0.5 * rate.period();
    let mut total = 0.0;
    let mut last = None;
    for v in &mut y {
        total += last.map_or(0.0, |last| half_step * (last + *v));
        last = Some(std::mem::replace(v, total));
    }
    Ok(y)
}

/// A prepared integration within a band of frequencies, for one length: calls do not allocate. Clones share the plan
/// and own their scratch.
///
/// Every bin of the spectrum whose frequency lies in the band (edges included) is divided by `(j 2 pi f)^times`, all
/// others are set to 0. Cost: one real FFT for [`BandIntegrator::rms`], two for [`BandIntegrator::integrate`].
/// Non-finite samples make the result NaN.
///
/// ```
/// use prognos::signal::{SampleRate, integrate::BandIntegrator};
/// let rate = SampleRate::hz(10_240.0)?;
/// let x: Vec<f64> = (0..10_240).map(|i| 4.0 * (f64::from(i) * std::f64::consts::TAU * 50.0 / 10_240.0).sin()).collect();
/// let mut plan = BandIntegrator::new(x.len(), rate, 10.0..=1_000.0, 1)?;
/// let expected = 4.0 / (std::f64::consts::TAU * 50.0) / 2.0_f64.sqrt(); // m/s
/// assert!((plan.rms(&x)? / expected - 1.0).abs() < 1e-9);
/// # Ok::<(), prognos::Error>(())
/// ```
#[derive(Clone)]
pub struct BandIntegrator {
    len: usize,
    /// Numbers of the bins within the band.
    bins: RangeInclusive<usize>,
    /// `2 pi` times the width of a bin.
    step: f64,
    times: i32,
    forward: Arc<dyn RealToComplex<f64>>,
    inverse: Arc<dyn ComplexToReal<f64>>,
    time: Vec<f64>,
    spectrum: Vec<Complex64>,
    scratch: Vec<Complex64>,
}

impl std::fmt::Debug for BandIntegrator {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("BandIntegrator")
            .field("len", &self.len)
            .field("bins", &self.bins)
            .field("times", &self.times)
            .finish_non_exhaustive()
    }
}

impl BandIntegrator {
    /// Prepares `times` integrations (1: velocity, 2: displacement) of windows of `len` samples within `band` hertz.
    ///
    /// # Errors
    /// [`Error::TooFew`] for fewer than 2 samples; [`Error::Parameter`] unless the band starts above 0, ends at or above
    /// its start and not beyond the Nyquist frequency (what lies there is not in the samples: a severity in 10 Hz to
    /// 1 kHz needs a rate of 2 kHz), and for `times` other than 1 or 2; [`Error::Numeric`] when no bin of the spectrum
    /// falls into the band (the window is too short).
    pub fn new(len: usize, rate: SampleRate, band: RangeInclusive<f64>, times: usize) -> Result<Self> {
        if len < 2 {
            return Err(Error::too_few("samples to integrate", 2, len));
        }
        let (low, high) = (*band.start(), *band.end());
        if !(low > 0.0 && low <= high && high.is_finite()) {
            return Err(Error::parameter(
                "band",
                format!("{low}..={high}"),
                "must be finite, ascending and above 0 Hz",
            ));
        }
        if high > rate.nyquist() {
            let rule = format!("must not exceed the Nyquist frequency, {} Hz", rate.nyquist());
            return Err(Error::parameter("end of the band", format!("{high} Hz"), rule));
        }
        let times = match times {
            1 => 1,
            2 => 2,
            _ => return Err(Error::parameter("times", times, "must be 1 (velocity) or 2 (displacement)")),
        };
        let frequency = |k: usize| k as f64 * rate.as_hz() / len as f64;
        // `as` saturates; the neighbours decide about rounding at the edges.
        let mut first = ((low * len as f64 / rate.as_hz()).floor() as usize).saturating_sub(1).max(1);
        let mut last = ((high * len as f64 / rate.as_hz()).ceil() as usize).saturating_add(1).min(len / 2);
        while first <= last && frequency(first) < low {
            first += 1;
        }
        while last >= first && frequency(last) > high {
            last -= 1;
        }
        if first > last {
            let reason = format!("no frequency of a window of {len} samples lies in {low} to {high} Hz");
            return Err(Error::numeric("integration in a band", reason));
        }
        let mut planner = RealFftPlanner::new();
        let (forward, inverse) = (planner.plan_fft_forward(len), planner.plan_fft_inverse(len));
        let zero = Complex64::new(0.0, 0.0);
        Ok(Self {
            len,
            bins: first..=last,
            step: TAU * rate.as_hz() / len as f64,
            times,
            time: vec![0.0; len],
            spectrum: vec![zero; forward.complex_len()],
            scratch: vec![zero; forward.get_scratch_len().max(inverse.get_scratch_len())],
            forward,
            inverse,
        })
    }

    /// Writes the integral of `x` within the band to `out`.
    ///
    /// # Errors
    /// [`Error::Shape`] unless `x` and `out` have the prepared length.
    pub fn integrate(&mut self, x: &[f64], out: &mut [f64]) -> Result<()> {
        if out.len() != self.len {
            return Err(Error::shape("samples of the output", self.len, out.len()));
        }
        self.divide(x)?;
        let scale = 1.0 / self.len as f64;
        self.spectrum.iter_mut().for_each(|bin| *bin *= scale);
        // The Nyquist frequency of a real signal has no sine part.
        if self.len.is_multiple_of(2) {
            self.spectrum[self.len / 2].im = 0.0;
        }
        self.inverse.process_with_scratch(&mut self.spectrum, out, &mut self.scratch).map_err(failed)
    }

    /// Root mean square of the integral of `x` within the band, in the integral's unit.
    ///
    /// # Errors
    /// [`Error::Shape`] unless `x` has the prepared length.
    pub fn rms(&mut self, x: &[f64]) -> Result<f64> {
        self.divide(x)?;
        let n = self.len as f64;
        let nyquist = (self.len.is_multiple_of(2)).then_some(self.len / 2);
        // Parseval: every bin but the Nyquist one stands for itself and its mirror image.
        let mut total = 0.0;
        for k in self.bins.clone() {
            let bin = self.spectrum[k];
            total += if Some(k) == nyquist { bin.re * bin.re } else { 2.0 * bin.norm_sqr() };
        }
        Ok(total.sqrt() / n)
    }

    /// Spectrum of `x`, divided within the band and 0 outside of it.
    fn divide(&mut self, x: &[f64]) -> Result<()> {
        if x.len() != self.len {
            return Err(Error::shape("samples of the signal", self.len, x.len()));
        }
        self.time.copy_from_slice(x);
        self.forward.process_with_scratch(&mut self.time, &mut self.spectrum, &mut self.scratch).map_err(failed)?;
        let zero = Complex64::new(0.0, 0.0);
        for (k, bin) in self.spectrum.iter_mut().enumerate() {
            let omega = self.step * k as f64;
            *bin = match (self.bins.contains(&k), self.times) {
                (false, _) => zero,
                (true, 1) => Complex64::new(bin.im / omega, -bin.re / omega),
                (true, _) => -*bin / (omega * omega),
            };
        }
        Ok(())
    }
}

fn failed(e: realfft::FftError) -> Error {
    Error::numeric("Fourier transform", e.to_string())
}

/// Velocity RMS in mm/s within `band` hertz of an acceleration in m/s^2, planned for this one call. The mean, which
/// carries no vibration, is taken off first.
///
/// # Errors
/// As [`BandIntegrator::new`]; a band that ends beyond the Nyquist frequency is refused, not cut.
///
/// ```
/// use prognos::signal::{SampleRate, integrate::velocity_rms_mm_s};
/// let rate = SampleRate::hz(2_000.0)?;
/// let x: Vec<f64> = (0..2_000).map(|i| 10.0 * (f64::from(i) * std::f64::consts::TAU * 0.05).sin()).collect();
/// assert!((velocity_rms_mm_s(&x, rate, 10.0..=1_000.0)? - 11.253_953_951_963_83).abs() < 1e-9);
/// # Ok::<(), prognos::Error>(())
/// ```
pub fn velocity_rms_mm_s(acceleration: &[f64], rate: SampleRate, band: RangeInclusive<f64>) -> Result<f64> {
    let mean = lanes::mean(acceleration);
    let centred: Vec<f64> = acceleration.iter().map(|v| v - mean).collect();
    Ok(1_000.0 * BandIntegrator::new(acceleration.len(), rate, band, 1)?.rms(&centred)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rms_is_that_of_the_integral() {
        let rate = SampleRate::hz(500.0).unwrap();
        for (n, times) in [(400, 1), (401, 1), (400, 2)] {
            let x: Vec<f64> = (0..n).map(|i| f64::from((i * i * 7 + 3 * i) % 11 - 5)).collect();
            // The band reaches the Nyquist frequency.
            let mut plan = BandIntegrator::new(x.len(), rate, 10.0..=250.0, times).unwrap();
            let mut y = vec![0.0; x.len()];
            plan.integrate(&x, &mut y).unwrap();
            let direct = (lanes::sum_squares(&y) / y.len() as f64).sqrt();
            let rms = plan.rms(&x).unwrap();
            // One integration of the Nyquist bin has only a sine part, which a real signal cannot hold.
            assert!((rms / direct - 1.0).abs() < 1e-12, "{n} {times}: {rms:e} {direct:e}");
        }
    }

    #[test]
    fn two_integrations_of_a_tone_are_its_displacement() {
        let rate = SampleRate::hz(1_000.0).unwrap();
        let omega = TAU * 50.0;
        let x: Vec<f64> = (0..1_000).map(|i| (omega * f64::from(i) / 1_000.0).cos()).collect();
        let mut plan = BandIntegrator::new(1_000, rate, 10.0..=100.0, 2).unwrap();
        let mut y = vec![0.0; 1_000];
        plan.integrate(&x, &mut y).unwrap();
        assert!(y.iter().zip(&x).all(|(y, x)| (y * omega * omega + x).abs() < 1e-9));
    }

    #[test]
    fn settings_are_checked() {
        let rate = SampleRate::hz(100.0).unwrap();
        assert!(BandIntegrator::new(1, rate, 1.0..=10.0, 1).is_err());
        assert!(BandIntegrator::new(100, rate, 0.0..=10.0, 1).is_err());
        assert!(BandIntegrator::new(100, rate, 10.0..=1.0, 1).is_err());
        assert!(BandIntegrator::new(100, rate, f64::NAN..=1.0, 1).is_err());
        assert!(BandIntegrator::new(100, rate, 1.0..=10.0, 3).is_err());
        assert!(matches!(BandIntegrator::new(100, rate, 10.2..=10.8, 1), Err(Error::Numeric { .. })));
        let mut plan = BandIntegrator::new(100, rate, 1.0..=10.0, 1).unwrap();
        assert!(matches!(plan.rms(&[0.0; 99]), Err(Error::Shape { .. })));
        assert!(integrate(&[], rate, Trend::Linear).unwrap().is_empty());
    }

    #[test]
    fn a_band_beyond_the_nyquist_frequency_is_refused() {
        let rate = SampleRate::hz(1_000.0).unwrap();
        let x: Vec<f64> = (0..1_000).map(|i| (f64::from(i) * 0.3).sin()).collect();
        for band in [10.0..=1_000.0, 10.0..=500.1, 600.0..=700.0, 1e300..=1e308] {
            let high = *band.end();
            let error = velocity_rms_mm_s(&x, rate, band).unwrap_err();
            assert!(matches!(error, Error::Parameter { .. }), "{error}");
            let text = error.to_string();
            assert!(text.contains(&format!("{high} Hz")) && text.contains("500 Hz"), "{text}");
        }
        assert!(velocity_rms_mm_s(&x, rate, 10.0..=500.0).is_ok());
    }
}
