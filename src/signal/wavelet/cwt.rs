//! The continuous wavelet transform: a signal seen at scales of your choice, sample by sample.
//!
//! For oscillations and impacts whose frequency changes, where octaves are too coarse.
//!
//! # Formula
//! `C(s, t) = √s⁻¹ Σ_k x[k] ∫ ψ*((u - t)/s) du`, the integral over the sample k: as PyWavelets computes it, from a table of
//! the integral of ψ on 2^precision points, of which every scale reads some: `-√s Δ(x * Ψ_s)`, cut to the middle n values.
//! Beyond its ends the signal is 0. The frequency of a scale is [`central_frequency`](ContinuousWavelet::central_frequency)
//! `rate / s`.
//!
//! # Sources
//! A. Grossmann, J. Morlet, Decomposition of Hardy functions into square integrable wavelets of constant shape (1984);
//! C. Torrence, G. Compo, A practical guide to wavelet analysis (1998); the convention is PyWavelets' `cwt`.
//!
//! # Cost
//! A scale s has about `2 s half_support` taps. Short ones are summed directly, O(n taps); long ones go through the
//! FFT, O(n log n); which way depends on length and scale alone. Complex wavelets cost twice as much.
//!
//! # Numbers
//! The mean of the signal is taken off before and its contribution, which is one of the ends alone, is added after: an
//! offset costs no digits.
//!
//! # When not to use
//! For energies in bands [`Dwt`](super::Dwt), [`Modwt`](super::Modwt) and [`WaveletPackets`](super::WaveletPackets) are
//! tens of times faster.

use super::dwt::{check_len, check_same};
use super::mother::ContinuousWavelet;
use crate::error::{Error, Result};
use crate::math::lanes;
use crate::signal::SampleRate;
use crate::signal::spectral::{Complex64, FftScratch, RealFft};

/// Outputs computed side by side.
const BLOCK: usize = 8;

/// Up to this many taps a sum is faster than the FFT.
const DIRECT_TAPS: usize = 40;

/// Longest filter of a scale.
const MAX_TAPS: f64 = 16_777_216.0;

/// Most coefficients and taps of all scales together, 2^28: a plan keeps a spectrum of every long filter.
const MAX_ROOM: f64 = 268_435_456.0;

/// Settings of a continuous transform.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
pub struct CwtParams {
    wavelet: ContinuousWavelet,
    scales: Vec<f64>,
    precision: u32,
}

impl CwtParams {
    /// The scales, samples per unit of the wavelet's t; each above 0. Default: 1, 2, 4, ..., 64.
    #[must_use]
    pub fn scales(mut self, scales: &[f64]) -> Self {
        self.scales = scales.to_vec();
        self
    }

    /// The table of ψ has 2^precision points. Default 12, as in PyWavelets: fewer distort large scales.
    #[must_use]
    pub fn precision(mut self, precision: u32) -> Self {
        self.precision = precision;
        self
    }

    /// A plan for signals of `len` samples.
    ///
    /// # Errors
    /// [`Error::Parameter`] when a scale is not positive, so small that less than two points of the table fall on it, or
    /// so large that its filter would have more than 2^24 taps; when coefficients and taps of all scales together are
    /// more than 2^28; when the parameters of the wavelet or the precision
    /// (2 to 20) are out of range; when `len` is not in 1..=2^27. [`Error::TooFew`] without scales.
    pub fn plan(&self, len: usize) -> Result<Cwt> {
        check_len(len)?;
        if self.scales.is_empty() {
            return Err(Error::too_few("scales of a wavelet transform", 1, 0));
        }
        // Before anything is built; a scale that is out of range by itself is named below.
        let width = 2.0 * self.wavelet.half_support();
        let taps = self.scales.iter().map(|s| s * width).filter(|taps| (0.0..MAX_TAPS).contains(taps));
        if taps.map(|taps| taps + len as f64).sum::<f64>() > MAX_ROOM {
            let rule = "more than 2^28 coefficients and taps of all scales together: take fewer scales at once";
            return Err(Error::parameter("scales", format!("{} scales", self.scales.len()), rule));
        }
        let integral = self.wavelet.integral(self.precision)?;
        let mut transforms: Vec<RealFft> = Vec::new();
        let mut scales = Vec::with_capacity(self.scales.len());
        for &scale in &self.scales {
            let taps = scale_taps(self.wavelet, scale, self.precision, &integral)?;
            scales.push(Scale::new(&taps, len, self.wavelet.is_complex(), &mut transforms)?);
        }
        Ok(Cwt { params: self.clone(), len, scales, transforms })
    }
}

/// What a scale reads of the integral of ψ, conjugated and times -√scale, in the order of the convolution.
pub(crate) fn scale_taps(
    wavelet: ContinuousWavelet,
    scale: f64,
    precision: u32,
    integral: &[Complex64],
) -> Result<Vec<Complex64>> {
    let width = 2.0 * wavelet.half_support();
    // Not `<=`: NaN is refused too.
    if !(scale > 0.0 && scale * width < MAX_TAPS) {
        return Err(Error::parameter("scale", scale, "must be above 0, and its filter not above 2^24 taps"));
    }
    let count = (scale * width + 1.0).ceil() as usize;
    let unit = scale * wavelet.step(precision);
    let places = (0..count).map(|i| (i as f64 / unit) as usize).take_while(|&j| j < integral.len());
    let mut taps: Vec<Complex64> = places.map(|j| integral[j].conj() * -scale.sqrt()).collect();
    taps.reverse();
    if taps.len() < 2 {
        return Err(Error::parameter("scale", scale, "too small: less than two points of the wavelet fall on it"));
    }
    Ok(taps)
}

/// One scale, ready for signals of one length.
#[derive(Debug, Clone)]
struct Scale {
    /// Where the first kept value stands in the convolution.
    first: usize,
    /// Real and (for complex wavelets) imaginary filter.
    parts: Vec<Part>,
    /// The transform that is used; `None` for direct sums.
    transform: Option<usize>,
}

#[derive(Debug, Clone)]
struct Part {
    /// The integral at its points: what a constant of 1 has reached when it has filled the filter so far.
    reached: Vec<f64>,
    /// The differences of it, reversed; only for direct sums.
    direct: Vec<f64>,
    /// Their transform; only for the FFT.
    spectrum: Vec<Complex64>,
}

/// The smallest of 2^k, 3·2^k, 5·2^k that is not below `n`.
fn fast_length(n: usize) -> usize {
    let power = |factor: usize| factor * n.div_ceil(factor).next_power_of_two();
    power(1).min(power(3)).min(power(5))
}

impl Scale {
    fn new(taps: &[Complex64], len: usize, complex: bool, transforms: &mut Vec<RealFft>) -> Result<Self> {
        let m = taps.len();
        let first = (m - 2) / 2;
        let mut transform = None;
        if m > DIRECT_TAPS && len > DIRECT_TAPS {
            // What wraps round the end of the transform falls on values before the first kept one.
            let size = fast_length((len + m - first - 1).max(len + first + 2).max(m + 1));
            transform = Some(match transforms.iter().position(|t| t.len() == size) {
                Some(at) => at,
                None => {
                    transforms.push(RealFft::new(size)?);
                    transforms.len() - 1
                }
            });
        }
        let part = |of: fn(&Complex64) -> f64| -> Result<Part> {
            let reached: Vec<f64> = taps.iter().map(of).collect();
            let before = std::iter::once(0.0).chain(reached.iter().copied());
            let after = reached.iter().copied().chain(std::iter::once(0.0));
            let mut differences: Vec<f64> = after.zip(before).map(|(a, b)| a - b).collect();
            let mut spectrum = Vec::new();
            if let Some(fft) = transform.and_then(|at| transforms.get(at)) {
                spectrum = fft.zero_bins();
                differences.resize(fft.len(), 0.0);
                fft.forward(&differences, &mut spectrum, &mut fft.scratch())?;
                differences.clear();
            }
            differences.reverse();
            Ok(Part { reached, direct: differences, spectrum })
        };
        let mut parts = vec![part(|z| z.re)?];
        if complex {
            parts.push(part(|z| z.im)?);
        }
        Ok(Self { first, parts, transform })
    }

    fn taps(&self) -> usize {
        self.parts.first().map_or(0, |p| p.reached.len())
    }
}

/// A plan for continuous transforms of signals of one length: `pywt.cwt`.
///
/// ```
/// use prognos::signal::SampleRate;
/// use prognos::signal::wavelet::{ContinuousWavelet, Cwt};
/// // 50 Hz at 1 kHz: a Morlet wavelet of centre 1 sees it at scale 20.
/// let x: Vec<f64> = (0..1000).map(|i| (0.1 * std::f64::consts::PI * f64::from(i)).sin()).collect();
/// let plan = Cwt::params("cmor1.5-1.0".parse()?).scales(&[5.0, 10.0, 20.0, 40.0]).plan(1000)?;
/// let rate = SampleRate::hz(1000.0)?;
/// assert_eq!(plan.frequencies(rate)?, [200.0, 100.0, 50.0, 25.0]);
/// let c = plan.transform(&x)?;
/// let power = c.energies();
/// assert!(power[2] > 10.0 * power[1] && power[2] > 10.0 * power[3]);
/// # Ok::<(), prognos::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Cwt {
    params: CwtParams,
    len: usize,
    scales: Vec<Scale>,
    transforms: Vec<RealFft>,
}

/// Working memory of a [`Cwt`].
#[derive(Debug, Clone)]
pub struct CwtScratch {
    centred: Vec<f64>,
    mean: f64,
    padded: Vec<f64>,
    /// For each transform: the signal's bins, the product, the working memory.
    bins: Vec<(Vec<Complex64>, Vec<Complex64>, FftScratch)>,
    time: Vec<f64>,
}

impl Cwt {
    /// Settings for a wavelet.
    #[must_use]
    pub fn params(wavelet: ContinuousWavelet) -> CwtParams {
        CwtParams { wavelet, scales: (0..7).map(|k| f64::from(1 << k)).collect(), precision: 12 }
    }

    /// The wavelet.
    #[must_use]
    pub fn wavelet(&self) -> ContinuousWavelet {
        self.params.wavelet
    }

    /// The scales.
    #[must_use]
    pub fn scales(&self) -> &[f64] {
        &self.params.scales
    }

    /// Number of samples of a signal.
    #[must_use]
    #[allow(clippy::len_without_is_empty)] // a plan is never empty
    pub fn len(&self) -> usize {
        self.len
    }

    /// Frequency of every scale, hertz.
    ///
    /// # Errors
    /// None that [`CwtParams::plan`] has not met before.
    pub fn frequencies(&self, rate: SampleRate) -> Result<Vec<f64>> {
        let centre = self.params.wavelet.central_frequency(self.params.precision)?;
        Ok(self.params.scales.iter().map(|s| centre / s * rate.as_hz()).collect())
    }

    /// Working memory for this plan.
    #[must_use]
    pub fn scratch(&self) -> CwtScratch {
        let direct = self.scales.iter().filter(|s| s.transform.is_none()).map(|s| s.taps() + 1).max();
        let bins = self.transforms.iter().map(|t| (t.zero_bins(), t.zero_bins(), t.scratch()));
        CwtScratch {
            centred: vec![0.0; self.len],
            mean: f64::NAN,
            padded: vec![0.0; direct.map_or(0, |taps| self.len + taps)],
            bins: bins.collect(),
            time: vec![0.0; self.transforms.iter().map(RealFft::len).max().unwrap_or(0)],
        }
    }

    /// Room for the coefficients of this plan.
    #[must_use]
    pub fn zero_coefficients(&self) -> CwtCoefficients {
        let room = vec![0.0; self.len * self.scales.len()];
        let im = if self.wavelet().is_complex() { room.clone() } else { Vec::new() };
        CwtCoefficients { len: self.len, re: room, im }
    }

    /// Writes the coefficients of `x`. Allocates nothing.
    ///
    /// # Errors
    /// [`Error::Shape`] when `x`, `out` or the scratch is of another plan's size.
    pub fn process(&self, x: &[f64], out: &mut CwtCoefficients, scratch: &mut CwtScratch) -> Result<()> {
        check_same("coefficients of a wavelet transform", self.len * self.scales.len(), out.re.len())?;
        let imaginary = if self.wavelet().is_complex() { out.re.len() } else { 0 };
        check_same("imaginary coefficients of a wavelet transform", imaginary, out.im.len())?;
        self.prepare(x, scratch)?;
        out.len = self.len;
        for i in 0..self.scales.len() {
            let place = i * self.len..(i + 1) * self.len;
            let im = out.im.get_mut(place.clone()).unwrap_or(&mut []);
            self.scale_into(i, &mut out.re[place], im, scratch)?;
        }
        Ok(())
    }

    /// The coefficients of `x`.
    ///
    /// # Errors
    /// [`Error::Shape`] when `x` has another length than the plan.
    pub fn transform(&self, x: &[f64]) -> Result<CwtCoefficients> {
        let mut out = self.zero_coefficients();
        self.process(x, &mut out, &mut self.scratch())?;
        Ok(out)
    }

    /// What all scales share of a signal.
    pub(crate) fn prepare(&self, x: &[f64], scratch: &mut CwtScratch) -> Result<()> {
        check_same("samples of a wavelet transform", self.len, x.len())?;
        check_same("scratch of a wavelet transform", self.len, scratch.centred.len())?;
        check_same("transforms of a wavelet transform", self.transforms.len(), scratch.bins.len())?;
        scratch.mean = lanes::mean(x);
        let mean = scratch.mean;
        scratch.centred.iter_mut().zip(x).for_each(|(c, v)| *c = v - mean);
        for (fft, (bins, _, work)) in self.transforms.iter().zip(&mut scratch.bins) {
            let padded = |real: &mut [f64]| {
                let (samples, zeros) = real.split_at_mut(self.len.min(real.len()));
                samples.iter_mut().zip(&scratch.centred).for_each(|(r, c)| *r = *c);
                zeros.fill(0.0);
            };
            fft.forward_with(padded, bins, work)?;
        }
        Ok(())
    }

    /// Coefficients of scale `i` of the signal that was [prepared](Self::prepare); `im` is empty for real wavelets.
    pub(crate) fn scale_into(&self, i: usize, re: &mut [f64], im: &mut [f64], scratch: &mut CwtScratch) -> Result<()> {
        let Some(scale) = self.scales.get(i) else {
            return Err(Error::parameter("scale", i, "there is no such scale"));
        };
        for (part, out) in scale.parts.iter().zip([re, im]) {
            check_same("coefficients of a scale", self.len, out.len())?;
            match scale.transform {
                Some(at) => self.by_fft(at, scale.first, part, out, scratch)?,
                None => self.by_sums(scale.first, part, out, scratch)?,
            }
            self.add_mean(scale.first, &part.reached, scratch.mean, out);
        }
        Ok(())
    }

    fn by_fft(&self, at: usize, first: usize, part: &Part, out: &mut [f64], scratch: &mut CwtScratch) -> Result<()> {
        let (Some(fft), Some((bins, product, work))) = (self.transforms.get(at), scratch.bins.get_mut(at)) else {
            return Err(Error::shape("transforms of a wavelet transform", at + 1, 0));
        };
        for (p, (a, b)) in product.iter_mut().zip(bins.iter().zip(&part.spectrum)) {
            *p = a * b;
        }
        check_same("scratch of a wavelet transform", fft.len(), scratch.time.len().min(fft.len()))?;
        let time = &mut scratch.time[..fft.len()];
        fft.inverse(product, time, work)?;
        out.copy_from_slice(&time[first + 1..first + 1 + self.len]);
        Ok(())
    }

    fn by_sums(&self, first: usize, part: &Part, out: &mut [f64], scratch: &mut CwtScratch) -> Result<()> {
        let taps = &part.direct[..];
        let n = self.len;
        let lead = taps.len().saturating_sub(first + 2);
        let room = n + taps.len();
        check_same("scratch of a wavelet transform", room, scratch.padded.len().min(room))?;
        let x = &mut scratch.padded[..room];
        x[..lead].fill(0.0);
        x[lead..lead + n].copy_from_slice(&scratch.centred);
        x[lead + n..].fill(0.0);
        let (blocks, rest) = out.as_chunks_mut::<{ 2 * BLOCK }>();
        let done = blocks.len() * 2 * BLOCK;
        for (b, out) in blocks.iter_mut().enumerate() {
            let at = 2 * BLOCK * b;
            let mut sums = [0.0; 2 * BLOCK];
            let places = x[at..at + taps.len() + 2 * BLOCK - 1].windows(2 * BLOCK);
            for (tap, x) in taps.iter().zip(places) {
                for i in 0..2 * BLOCK {
                    sums[i] += tap * x[i];
                }
            }
            *out = sums;
        }
        for (i, out) in rest.iter_mut().enumerate() {
            *out = taps.iter().zip(&x[done + i..]).map(|(t, x)| t * x).sum();
        }
        Ok(())
    }

    /// What the mean contributes: only where the filter hangs over an end, as its sum is 0.
    fn add_mean(&self, first: usize, reached: &[f64], mean: f64, out: &mut [f64]) {
        let (n, m) = (self.len, reached.len());
        // Filled up to t + first + 1, and emptied up to t + first + 1 - n.
        for (v, r) in out.iter_mut().zip(reached.iter().skip(first + 1)) {
            *v += mean * r;
        }
        let emptied = n.saturating_sub(first + 1);
        let skipped = (first + 1).saturating_sub(n);
        if m > skipped {
            for (v, r) in out.iter_mut().skip(emptied).zip(&reached[skipped..]) {
                *v -= mean * r;
            }
        }
    }
}

/// Coefficients of a continuous transform, scale by scale: as many in each as there are samples.
#[derive(Debug, Clone, PartialEq)]
pub struct CwtCoefficients {
    len: usize,
    re: Vec<f64>,
    im: Vec<f64>,
}

impl CwtCoefficients {
    /// Number of scales.
    #[must_use]
    pub fn scales(&self) -> usize {
        self.re.len() / self.len
    }

    fn place(&self, scale: usize) -> std::ops::Range<usize> {
        if scale < self.scales() { scale * self.len..(scale + 1) * self.len } else { 0..0 }
    }

    /// Coefficients of scale number `scale`, their real parts for a complex wavelet; empty where there is none.
    #[must_use]
    pub fn real(&self, scale: usize) -> &[f64] {
        &self.re[self.place(scale)]
    }

    /// Imaginary parts; empty for real wavelets.
    #[must_use]
    pub fn imaginary(&self, scale: usize) -> &[f64] {
        self.im.get(self.place(scale)).unwrap_or(&[])
    }

    /// Absolute values of a scale.
    #[must_use]
    pub fn magnitude(&self, scale: usize) -> Vec<f64> {
        let (re, im) = (self.real(scale), self.imaginary(scale));
        if im.is_empty() {
            return re.iter().map(|v| v.abs()).collect();
        }
        re.iter().zip(im).map(|(a, b)| a.hypot(*b)).collect()
    }

    /// Sum of squared absolute values of every scale.
    #[must_use]
    pub fn energies(&self) -> Vec<f64> {
        let of = |i| lanes::sum_squares(self.real(i)) + lanes::sum_squares(self.imaginary(i));
        (0..self.scales()).map(of).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The definition: convolve with the integral of ψ, difference, keep the middle.
    fn plain(x: &[f64], wavelet: ContinuousWavelet, scale: f64) -> Vec<Complex64> {
        let taps = scale_taps(wavelet, scale, 12, &wavelet.integral(12).unwrap()).unwrap();
        let (n, m) = (x.len(), taps.len());
        let convolved =
            |i: usize| -> Complex64 { (0..n).filter(|&l| i >= l && i - l < m).map(|l| taps[i - l] * x[l]).sum() };
        let first = (m - 2) / 2;
        (first..first + n).map(|i| convolved(i + 1) - convolved(i)).collect()
    }

    #[test]
    fn both_ways_are_the_definition() {
        for name in ["mexh", "gaus3", "cmor1.5-1.0", "shan1.5-1.0"] {
            let wavelet: ContinuousWavelet = name.parse().unwrap();
            let scales = [0.5, 1.0, 2.3, 5.0, 17.0, 40.0];
            for n in [1, 2, 15, 97, 130, 400] {
                let x: Vec<f64> = (0..n).map(|i| (i as f64 * 0.3).sin() + 2.0).collect();
                let plan = Cwt::params(wavelet).scales(&scales).plan(n).unwrap();
                let c = plan.transform(&x).unwrap();
                for (i, &s) in scales.iter().enumerate() {
                    for (t, z) in plain(&x, wavelet, s).iter().enumerate() {
                        let im = c.imaginary(i).get(t).copied().unwrap_or(0.0);
                        let off = (c.real(i)[t] - z.re).hypot(im - z.im);
                        assert!(off < 1e-11, "{name} {n} scale {s} at {t}: {off:e}");
                    }
                }
            }
        }
    }

    #[test]
    fn bad_settings_are_errors() {
        let plan = |scales: &[f64], len| Cwt::params(ContinuousWavelet::MexicanHat).scales(scales).plan(len);
        assert!(plan(&[], 10).is_err() && plan(&[1.0], 0).is_err());
        for scale in [f64::NAN, -1.0, 0.0, 1e-3, 1e9, f64::INFINITY] {
            assert!(matches!(plan(&[scale], 10), Err(Error::Parameter { .. })), "{scale}");
        }
        assert!(Cwt::params(ContinuousWavelet::MexicanHat).precision(1).plan(10).is_err());
        assert!(Cwt::params(ContinuousWavelet::MexicanHat).precision(40).plan(10).is_err());
    }
}
