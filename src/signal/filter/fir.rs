//! Filters of finite impulse response: windowed-sinc design, causal, centred and streaming application.

use crate::error::{Error, Result};
use crate::signal::SampleRate;
use std::f64::consts::{PI, TAU};

/// Outputs computed together; each is still summed tap by tap in the same order, so the bits do not depend on it.
const TOGETHER: usize = 16;
/// Most taps a design may have: far beyond any use, so that a mistyped number is an error and not a long wait.
const MAX_TAPS: usize = 1 << 24;

/// The symmetric window that tapers the ideal impulse response.
///
/// More side-lobe attenuation costs a wider transition. Harris 1978; Kaiser 1974.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case", deny_unknown_fields))]
#[non_exhaustive]
pub enum FirWindow {
    /// No taper: the sharpest edge, only 21 dB of attenuation.
    Boxcar,
    /// 44 dB of attenuation.
    Hann,
    /// 53 dB of attenuation; the default, as in SciPy and MATLAB.
    Hamming,
    /// 74 dB of attenuation.
    Blackman,
    /// Any attenuation: `beta` of 5 gives about 54 dB, 8.6 about 90 dB.
    Kaiser {
        /// Shape, 0 (boxcar) to 600.
        beta: f64,
    },
}

impl FirWindow {
    /// The `n` values of the window, symmetric.
    pub(crate) fn values(self, n: usize) -> Result<Vec<f64>> {
        if let Self::Kaiser { beta } = self
            && !(0.0..=600.0).contains(&beta)
        {
            return Err(Error::parameter("beta", beta, "must be 0 to 600"));
        }
        if n == 1 {
            return Ok(vec![1.0]);
        }
        let last = (n.max(1) - 1) as f64;
        let value = |i: usize| {
            let angle = TAU * i as f64 / last;
            match self {
                Self::Boxcar => 1.0,
                Self::Hann => 0.5 - 0.5 * angle.cos(),
                Self::Hamming => 0.54 - 0.46 * angle.cos(),
                Self::Blackman => 0.42 - 0.5 * angle.cos() + 0.08 * (2.0 * angle).cos(),
                Self::Kaiser { beta } => {
                    let u = 2.0 * i as f64 / last - 1.0;
                    bessel_i0(beta * (1.0 - u * u).max(0.0).sqrt()) / bessel_i0(beta)
                }
            }
        };
        Ok((0..n).map(value).collect())
    }
}

/// Modified Bessel function of the first kind, order 0, by its power series: all terms are positive, so nothing
/// cancels. For 0 <= x <= 600.
fn bessel_i0(x: f64) -> f64 {
    let quarter = 0.25 * x * x;
    let (mut sum, mut term, mut k) = (1.0, 1.0, 1.0);
    while term > 1e-17 * sum {
        term *= quarter / (k * k);
        sum += term;
        k += 1.0;
    }
    sum
}

/// Design of a linear-phase filter by the window method (`scipy.signal.firwin` with `scale=True`).
///
/// The ideal response `sin(2 pi f t) / (pi t)` of the band is cut to `taps` values, tapered by the window, and scaled
/// to a gain of exactly 1 at zero frequency (low pass, band stop), at the Nyquist frequency (high pass) or in the
/// middle of the band. The edges are where the gain is 1/2 (-6 dB). The transition is about `3.3 rate / taps` hertz
/// wide with the Hamming window.
///
/// Source: Oppenheim and Schafer, *Discrete-Time Signal Processing*, chapter 7.
///
/// ```
/// use prognos::signal::{SampleRate, filter::{FirDesign, FirWindow}};
/// let rate = SampleRate::hz(1_000.0)?;
/// let fir = FirDesign::new(101).window(FirWindow::Blackman).bandpass(100.0, 200.0, rate)?;
/// let x = vec![1.0; 400];
/// assert!(fir.filter_centered(&x)[200].abs() < 1e-3); // no constant passes
/// # Ok::<(), prognos::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
pub struct FirDesign {
    taps: usize,
    window: FirWindow,
}

impl FirDesign {
    /// A filter of `taps` coefficients, Hamming window.
    #[must_use]
    pub fn new(taps: usize) -> Self {
        Self { taps, window: FirWindow::Hamming }
    }

    /// Sets the window.
    #[must_use]
    pub fn window(mut self, window: FirWindow) -> Self {
        self.window = window;
        self
    }

    /// Passes frequencies below `edge` hertz.
    ///
    /// # Errors
    /// [`Error::Parameter`] without taps (or with more than 2^24), for an edge that does not lie strictly between 0
    /// and the Nyquist frequency, or for a Kaiser `beta` outside of 0 to 600.
    pub fn lowpass(self, edge: f64, rate: SampleRate) -> Result<Fir> {
        let edge = relative("edge", edge, rate)?;
        self.design(&[(0.0, edge)])
    }

    /// Passes frequencies above `edge` hertz.
    ///
    /// # Errors
    /// As [`FirDesign::lowpass`], and for an even number of taps, whose response at the Nyquist frequency is 0.
    pub fn highpass(self, edge: f64, rate: SampleRate) -> Result<Fir> {
        let edge = relative("edge", edge, rate)?;
        self.odd()?.design(&[(edge, 1.0)])
    }

    /// Passes frequencies from `low` to `high` hertz.
    ///
    /// # Errors
    /// As [`FirDesign::lowpass`], and unless `low < high`.
    pub fn bandpass(self, low: f64, high: f64, rate: SampleRate) -> Result<Fir> {
        self.design(&[relative_band(low, high, rate)?])
    }

    /// Removes frequencies from `low` to `high` hertz.
    ///
    /// # Errors
    /// As [`FirDesign::highpass`], and unless `low < high`.
    pub fn bandstop(self, low: f64, high: f64, rate: SampleRate) -> Result<Fir> {
        let (low, high) = relative_band(low, high, rate)?;
        self.odd()?.design(&[(0.0, low), (high, 1.0)])
    }

    fn odd(self) -> Result<Self> {
        if self.taps % 2 == 1 {
            Ok(self)
        } else {
            Err(Error::parameter("taps", self.taps, "must be odd when the Nyquist frequency is passed"))
        }
    }

    /// The filter that passes the given bands, edges relative to the Nyquist frequency.
    pub(crate) fn design(self, bands: &[(f64, f64)]) -> Result<Fir> {
        let n = self.taps;
        if n == 0 || n > MAX_TAPS {
            return Err(Error::parameter("taps", n, "must be 1 to 16777216"));
        }
        let time = |i: usize| i as f64 - 0.5 * (n - 1) as f64;
        let sinc = |x: f64| if x.abs() < f64::MIN_POSITIVE { 1.0 } else { (PI * x).sin() / (PI * x) };
        let mut taps = self.window.values(n)?;
        for (i, tap) in taps.iter_mut().enumerate() {
            let t = time(i);
            *tap *= bands.iter().map(|(low, high)| high * sinc(high * t) - low * sinc(low * t)).sum::<f64>();
        }
        let unit = match bands.first() {
            Some(&(low, _)) if low <= 0.0 => 0.0,
            Some(&(_, high)) if high >= 1.0 => 1.0,
            Some(&(low, high)) => 0.5 * (low + high),
            None => 0.0,
        };
        let gain: f64 = taps.iter().enumerate().map(|(i, tap)| tap * (PI * time(i) * unit).cos()).sum();
        taps.iter_mut().for_each(|tap| *tap /= gain);
        if taps.iter().all(|t| t.is_finite()) {
            Ok(Fir { taps })
        } else {
            Err(Error::numeric("filter design", "the gain cannot be scaled to 1: use more taps"))
        }
    }
}

/// An edge relative to the Nyquist frequency.
fn relative(name: &'static str, hz: f64, rate: SampleRate) -> Result<f64> {
    let edge = hz / rate.nyquist();
    if edge > 0.0 && edge < 1.0 {
        Ok(edge)
    } else {
        let rule = format!("must lie strictly between 0 and the Nyquist frequency, {} Hz", rate.nyquist());
        Err(Error::parameter(name, hz, rule))
    }
}

fn relative_band(low: f64, high: f64, rate: SampleRate) -> Result<(f64, f64)> {
    let band = (relative("low", low, rate)?, relative("high", high, rate)?);
    if band.0 < band.1 {
        Ok(band)
    } else {
        Err(Error::parameter("high", high, format!("must be greater than `low`, {low}")))
    }
}

/// A filter of finite impulse response: `y[i] = sum_k taps[k] x[i - k]`.
///
/// Cost: `taps` multiplications a sample, in vector lanes. For thousands of taps a filter by FFT would be cheaper.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(try_from = "Vec<f64>", into = "Vec<f64>"))]
pub struct Fir {
    taps: Vec<f64>,
}

impl Fir {
    /// A filter with given coefficients.
    ///
    /// # Errors
    /// [`Error::TooFew`] without coefficients; [`Error::Parameter`] for one that is not finite.
    pub fn new(taps: Vec<f64>) -> Result<Self> {
        if taps.is_empty() {
            return Err(Error::too_few("filter coefficients", 1, 0));
        }
        match taps.iter().find(|t| !t.is_finite()) {
            None => Ok(Self { taps }),
            Some(t) => Err(Error::parameter("taps", t, "coefficients must be finite")),
        }
    }

    /// The coefficients, that of the newest sample first.
    #[must_use]
    pub fn taps(&self) -> &[f64] {
        &self.taps
    }

    /// The filtered signal, as long as `x`, from rest: what a live filter would give (`scipy.signal.lfilter`).
    /// A symmetric filter delays by `(taps - 1) / 2` samples.
    #[must_use]
    pub fn filter(&self, x: &[f64]) -> Vec<f64> {
        let mut y = Vec::with_capacity(x.len());
        self.stream().process(x, &mut y);
        y
    }

    /// The filtered signal, as long as `x`, moved back by `(taps - 1) / 2` samples (rounded down): no delay for a
    /// symmetric filter of odd length. Beyond both ends the signal counts as 0.
    #[must_use]
    pub fn filter_centered(&self, x: &[f64]) -> Vec<f64> {
        let delay = (self.taps.len() - 1) / 2;
        let mut stream = self.stream();
        let mut y = Vec::with_capacity(x.len() + delay);
        stream.process(x, &mut y);
        stream.process(&vec![0.0; delay], &mut y);
        y.drain(..delay);
        y
    }

    /// A filter at rest that keeps its last samples between blocks.
    #[must_use]
    pub fn stream(&self) -> FirStream {
        let reversed: Vec<f64> = self.taps.iter().rev().copied().collect();
        FirStream { held: vec![0.0; reversed.len() - 1], reversed }
    }
}

impl TryFrom<Vec<f64>> for Fir {
    type Error = Error;
    fn try_from(taps: Vec<f64>) -> Result<Self> {
        Self::new(taps)
    }
}

impl From<Fir> for Vec<f64> {
    fn from(fir: Fir) -> Self {
        fir.taps
    }
}

/// A filter of finite impulse response with its last samples: blocks of any size give the same bits as one call
/// over the whole signal.
#[derive(Debug, Clone, PartialEq)]
pub struct FirStream {
    /// Coefficients, that of the oldest sample first.
    reversed: Vec<f64>,
    /// The last `taps - 1` samples; room for a block behind them while one is processed.
    held: Vec<f64>,
}

impl FirStream {
    /// Filters `block` and appends the result to `out`.
    pub fn process(&mut self, block: &[f64], out: &mut Vec<f64>) {
        let history = self.reversed.len() - 1;
        // Pieces keep the working memory small and warm, however long the block is.
        for piece in block.chunks((4 * history).max(1024)) {
            self.held.extend_from_slice(piece);
            convolve(&self.reversed, &self.held, out);
            self.held.drain(..piece.len());
        }
    }

    /// Back to rest, as if nothing had been seen.
    pub fn reset(&mut self) {
        self.held.fill(0.0);
    }
}

/// Appends `sum_k c[k] x[i + k]` for every `i` at which all of `c` fits.
fn convolve(c: &[f64], x: &[f64], out: &mut Vec<f64>) {
    let count = (x.len() + 1).saturating_sub(c.len());
    let whole = count - count % TOGETHER;
    for i in (0..whole).step_by(TOGETHER) {
        let mut acc = [0.0; TOGETHER];
        for (&tap, window) in c.iter().zip(x[i..].windows(TOGETHER)) {
            for (a, v) in acc.iter_mut().zip(window) {
                *a += tap * v;
            }
        }
        out.extend_from_slice(&acc);
    }
    for i in whole..count {
        out.push(c.iter().zip(&x[i..]).fold(0.0, |a, (tap, v)| a + tap * v));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn taps_are_those_of_scipy() {
        let rate = SampleRate::hz(2.0).unwrap();
        let fir = FirDesign::new(9).window(FirWindow::Kaiser { beta: 8.6 }).bandpass(0.2, 0.5, rate).unwrap();
        // scipy.signal.firwin(9, [0.2, 0.5], window=("kaiser", 8.6), pass_zero=False)
        let half = [
            -0.00012974320848796133,
            -0.029075476997829135,
            -0.10725360639409105,
            0.211360048647891,
            0.6244897106228302,
        ];
        for (k, e) in half.iter().enumerate() {
            assert!((fir.taps()[k] - e).abs() < 1e-12 && (fir.taps()[8 - k] - e).abs() < 1e-12);
        }
        assert!(FirDesign::new(10).highpass(0.3, rate).is_err());
        assert!(FirDesign::new(0).lowpass(0.3, rate).is_err());
        assert!(FirDesign::new(usize::MAX).lowpass(0.3, rate).is_err());
        assert!(FirDesign::new(9).window(FirWindow::Kaiser { beta: f64::NAN }).lowpass(0.3, rate).is_err());
        assert_eq!(FirDesign::new(1).lowpass(0.3, rate).unwrap().taps(), [1.0]);
    }

    #[test]
    fn bessel_function_is_that_of_scipy() {
        // scipy.special.i0e(x) = exp(-x) I0(x)
        let table: [(f64, f64); 4] = [
            (1.0, 0.46575960759364043),
            (5.0, 0.18354081260932834),
            (10.0, 0.1278333371634286),
            (500.0, 0.017845706500153165),
        ];
        for (x, scaled) in table {
            assert!(((-x).exp() * bessel_i0(x) / scaled - 1.0).abs() < 1e-13, "{x}");
        }
    }

    #[test]
    fn centred_takes_the_delay_out() {
        let fir = Fir::new(vec![0.0, 0.0, 1.0, 0.0, 0.0]).unwrap();
        assert_eq!(fir.filter(&[1.0, 2.0, 3.0, 4.0]), [0.0, 0.0, 1.0, 2.0]);
        assert_eq!(fir.filter_centered(&[1.0, 2.0, 3.0, 4.0]), [1.0, 2.0, 3.0, 4.0]);
        assert!(fir.filter_centered(&[]).is_empty());
        assert!(Fir::new(vec![]).is_err());
    }
}
