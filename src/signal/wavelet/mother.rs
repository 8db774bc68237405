//! The continuous wavelets, by name.

use crate::error::{Error, Result};
use crate::signal::spectral::{Complex64, RealFft};
use std::f64::consts::{PI, TAU};
use std::fmt;
use std::str::FromStr;
use std::sync::{Arc, Mutex, PoisonError};

/// A wavelet given by a formula, for the [continuous transform](super::Cwt). Names and scaling are PyWavelets'.
///
/// | name | ψ(t) | support |
/// |---|---|---|
/// | `mexh` | (1 - t²) exp(-t²/2) 2/(√3 π^¼) (also Ricker's) | ±8 |
/// | `morl` | cos(5t) exp(-t²/2) | ±8 |
/// | `gaus1` to `gaus8` | derivative of exp(-t²), scaled to norm 1 (and turned to begin upwards as PyWavelets has it) | ±5 |
/// | `cgau1` to `cgau8` | derivative of exp(-it - t²), scaled to norm 1 | ±5 |
/// | `cmorB-C` | exp(2πiCt) exp(-t²/B) / √(πB) | ±8 |
/// | `shanB-C` | √B sinc(Bt) exp(2πiCt) | ±20 |
/// | `fbspM-B-C` | √B sinc(Bt/M)^M exp(2πiCt) | ±20 |
///
/// # Which one
/// `mexh` and `gaus2` for the place of a single bump or impact; `morl` for oscillations; `cmor1.5-1.0` where amplitude and
/// phase over time are wanted: a larger B resolves frequency better and time worse.
///
/// # Sources
/// I. Daubechies, *Ten Lectures on Wavelets* (1992), 3.3; C. Torrence, G. Compo, A practical guide to wavelet analysis
/// (1998); A. Teolis, *Computational Signal Processing with Wavelets* (1998) for the last three.
///
/// PyWavelets keeps B and C in single precision: at values that are no short binary fractions, as in `cmor0.7-2.3`, its
/// coefficients stand 1e-8 to 1e-6 of the signal beside those here, which take the numbers of the name.
///
/// ```
/// use prognos::signal::wavelet::ContinuousWavelet;
/// let morlet: ContinuousWavelet = "cmor1.5-1.0".parse()?;
/// assert_eq!(morlet, ContinuousWavelet::ComplexMorlet { bandwidth: 1.5, centre: 1.0 });
/// assert_eq!(morlet.to_string(), "cmor1.5-1.0");
/// assert!(morlet.is_complex());
/// assert_eq!(ContinuousWavelet::MexicanHat.central_frequency(12)?, 0.25);
/// # Ok::<(), prognos::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub enum ContinuousWavelet {
    /// `mexh`, the second derivative of a Gaussian.
    MexicanHat,
    /// `morl`, a cosine under a Gaussian.
    Morlet,
    /// `gausN`, the N-th derivative of a Gaussian, N from 1 to 8.
    Gaussian(u8),
    /// `cgauN`, the N-th derivative of a complex Gaussian, N from 1 to 8.
    ComplexGaussian(u8),
    /// `cmorB-C`.
    ComplexMorlet {
        /// B, above 0.
        bandwidth: f64,
        /// C, above 0.
        centre: f64,
    },
    /// `shanB-C`.
    Shannon {
        /// B, above 0.
        bandwidth: f64,
        /// C, above 0.
        centre: f64,
    },
    /// `fbspM-B-C`.
    BSpline {
        /// M, from 1 to 100.
        order: u32,
        /// B, above 0.
        bandwidth: f64,
        /// C, above 0.
        centre: f64,
    },
}

/// A table of ∫ψ with its precision.
type Kept = (ContinuousWavelet, u32, Arc<[Complex64]>);

/// Tables of ∫ψ that are kept, at most 64 KiB each.
static KEPT: Mutex<Vec<Kept>> = Mutex::new(Vec::new());

/// How many; the oldest goes first.
const KEPT_TABLES: usize = 32;

/// Finest table, 2^20 points.
const MAX_PRECISION: u32 = 20;

impl ContinuousWavelet {
    /// Whether its coefficients are complex.
    #[must_use]
    pub fn is_complex(&self) -> bool {
        !matches!(self, Self::MexicanHat | Self::Morlet | Self::Gaussian(_))
    }

    /// Half the width of the stretch of t outside of which it counts as 0.
    #[must_use]
    pub fn half_support(&self) -> f64 {
        match self {
            Self::MexicanHat | Self::Morlet | Self::ComplexMorlet { .. } => 8.0,
            Self::Gaussian(_) | Self::ComplexGaussian(_) => 5.0,
            Self::Shannon { .. } | Self::BSpline { .. } => 20.0,
        }
    }

    /// `Ok` when the parameters are in their ranges.
    fn check(&self) -> Result<()> {
        let positive = |name: &'static str, v: f64| crate::error::check_positive(name, v).map(|_| ());
        match *self {
            Self::Gaussian(n) | Self::ComplexGaussian(n) if !(1..=8).contains(&n) => {
                Err(Error::parameter("order", n, "a derivative from 1 to 8"))
            }
            Self::BSpline { order, .. } if !(1..=100).contains(&order) => {
                Err(Error::parameter("order", order, "must lie from 1 to 100"))
            }
            Self::ComplexMorlet { bandwidth, centre }
            | Self::Shannon { bandwidth, centre }
            | Self::BSpline { bandwidth, centre, .. } => {
                positive("bandwidth", bandwidth)?;
                positive("centre", centre)
            }
            _ => Ok(()),
        }
    }

    /// ψ on 2^precision points from -[`half_support`](Self::half_support) to +, ends included.
    ///
    /// # Errors
    /// [`Error::Parameter`] when the parameters of the wavelet are out of their ranges, or `precision` is not in 2..=20.
    pub fn psi(&self, precision: u32) -> Result<Vec<Complex64>> {
        self.check()?;
        if !(2..=MAX_PRECISION).contains(&precision) {
            return Err(Error::parameter("precision", precision, "must lie from 2 to 20"));
        }
        let gaussian = match *self {
            Self::Gaussian(n) => derivative(n, false),
            Self::ComplexGaussian(n) => derivative(n, true),
            _ => Vec::new(),
        };
        let points = grid(self.half_support(), precision);
        Ok(points.map(|t| self.value(t, &gaussian)).collect())
    }

    /// ψ(t); `gaussian` is the polynomial before the Gaussian of a derivative.
    fn value(&self, t: f64, gaussian: &[Complex64]) -> Complex64 {
        let real = |v: f64| Complex64::new(v, 0.0);
        let turning = |centre: f64, size: f64| Complex64::from_polar(1.0, TAU * centre * t) * size;
        let sinc = |v: f64| if v == 0.0 { 1.0 } else { (PI * v).sin() / (PI * v) };
        match *self {
            Self::MexicanHat => real((1.0 - t * t) * (-0.5 * t * t).exp() * 2.0 / (3_f64.sqrt() * PI.sqrt().sqrt())),
            Self::Morlet => real((5.0 * t).cos() * (-0.5 * t * t).exp()),
            Self::Gaussian(_) | Self::ComplexGaussian(_) => {
                let polynomial = gaussian.iter().rev().fold(Complex64::default(), |sum, c| sum * t + c);
                let phase = if self.is_complex() { Complex64::from_polar(1.0, -t) } else { real(1.0) };
                polynomial * phase * (-t * t).exp()
            }
            Self::ComplexMorlet { bandwidth, centre } => {
                turning(centre, (-t * t / bandwidth).exp() / (PI * bandwidth).sqrt())
            }
            Self::Shannon { bandwidth, centre } => turning(centre, bandwidth.sqrt() * sinc(bandwidth * t)),
            Self::BSpline { order, bandwidth, centre } => {
                let m = f64::from(order);
                turning(centre, bandwidth.sqrt() * sinc(bandwidth * t / m).powi(order as i32))
            }
        }
    }

    /// ∫ψ from the left end to each of the points of [`psi`](Self::psi), by rectangles. Tables of the usual size are kept:
    /// plans are made often, for every thread and length of window.
    pub(crate) fn integral(&self, precision: u32) -> Result<Arc<[Complex64]>> {
        let kept = || KEPT.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((.., table)) = kept().iter().find(|(w, p, _)| w == self && *p == precision) {
            return Ok(Arc::clone(table));
        }
        let table: Arc<[Complex64]> = self.integrate(precision)?.into();
        if precision <= 12 {
            let mut kept = kept();
            if kept.len() >= KEPT_TABLES {
                kept.remove(0);
            }
            kept.push((*self, precision, Arc::clone(&table)));
        }
        Ok(table)
    }

    fn integrate(&self, precision: u32) -> Result<Vec<Complex64>> {
        let mut psi = self.psi(precision)?;
        let step = self.step(precision);
        let mut sum = Complex64::default();
        for v in &mut psi {
            sum += *v;
            *v = sum * step;
        }
        Ok(psi)
    }

    /// Distance of neighbouring points of the table, rounded as PyWavelets rounds it.
    pub(crate) fn step(&self, precision: u32) -> f64 {
        let mut points = grid(self.half_support(), precision);
        let first = points.next().unwrap_or(0.0);
        points.next().unwrap_or(0.0) - first
    }

    /// Frequency of the peak of |FFT ψ| on the table, periods per unit of t: a scale s sees the frequency
    /// `central_frequency / s` periods a sample.
    ///
    /// # Errors
    /// As [`psi`](Self::psi).
    pub fn central_frequency(&self, precision: u32) -> Result<f64> {
        let psi = self.psi(precision)?;
        let n = psi.len();
        let fft = RealFft::new(n)?;
        let transform = |part: fn(&Complex64) -> f64| -> Result<Vec<Complex64>> {
            let mut bins = fft.zero_bins();
            let values: Vec<f64> = psi.iter().map(part).collect();
            fft.forward(&values, &mut bins, &mut fft.scratch())?;
            Ok(bins)
        };
        let (re, im) = (transform(|z| z.re)?, transform(|z| z.im)?);
        let i = Complex64::i();
        let size = |k: usize| {
            let z = if k <= n / 2 { re[k] + i * im[k] } else { re[n - k].conj() + i * im[n - k].conj() };
            z.norm()
        };
        let mut best = (1, size(1));
        for k in 2..n {
            let s = size(k);
            // Mirrored bins are equal but for rounding: the lower one stands for both.
            if s > best.1 * (1.0 + 1e-12) {
                best = (k, s);
            }
        }
        let periods = best.0.min(n - best.0);
        Ok(periods as f64 / (2.0 * self.half_support()))
    }
}

/// The points of a table, as numpy's `linspace` rounds them.
fn grid(half: f64, precision: u32) -> impl Iterator<Item = f64> {
    let n = 1_u32 << precision;
    let step = 2.0 * half / f64::from(n - 1);
    (0..n).map(move |i| if i + 1 == n { half } else { f64::from(i) * step - half })
}

/// The polynomial p with `dⁿ/dtⁿ exp(-t² [- it]) = p(t) exp(-t² [- it])`, lowest power first, scaled so that the wavelet
/// has norm 1.
fn derivative(n: u8, complex: bool) -> Vec<Complex64> {
    let slope = [Complex64::new(0.0, if complex { -1.0 } else { 0.0 }), Complex64::new(-2.0, 0.0)];
    let mut p = vec![Complex64::new(1.0, 0.0)];
    for _ in 0..n {
        let mut next = vec![Complex64::default(); p.len() + 1];
        for (k, c) in p.iter().enumerate() {
            next[k] += c * slope[0];
            next[k + 1] += c * slope[1];
            if k > 0 {
                next[k - 1] += c * k as f64;
            }
        }
        p = next;
    }
    // ∫ t^m exp(-2t²) dt for even m: √(π/2), then (m - 1)/4 of the one before.
    let mut norm = 0.0;
    for (j, a) in p.iter().enumerate() {
        for (k, b) in p.iter().enumerate().filter(|(k, _)| (j + k).is_multiple_of(2)) {
            let moment = (1..=(j + k) / 2).fold((PI / 2.0).sqrt(), |v, h| v * (2 * h - 1) as f64 / 4.0);
            norm += (a * b.conj()).re * moment;
        }
    }
    let turned = !complex && matches!(n % 4, 2 | 3);
    let scale = if turned { -1.0 } else { 1.0 } / norm.sqrt();
    p.iter().map(|c| c * scale).collect()
}

/// A number as a name holds it: without the minus of an exponent, which separates numbers there.
fn digits(v: f64) -> String {
    let short = format!("{v:?}");
    if short.contains("e-") { v.to_string() } else { short }
}

impl fmt::Display for ContinuousWavelet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::MexicanHat => f.write_str("mexh"),
            Self::Morlet => f.write_str("morl"),
            Self::Gaussian(n) => write!(f, "gaus{n}"),
            Self::ComplexGaussian(n) => write!(f, "cgau{n}"),
            Self::ComplexMorlet { bandwidth, centre } => write!(f, "cmor{}-{}", digits(*bandwidth), digits(*centre)),
            Self::Shannon { bandwidth, centre } => write!(f, "shan{}-{}", digits(*bandwidth), digits(*centre)),
            Self::BSpline { order, bandwidth, centre } => {
                write!(f, "fbsp{order}-{}-{}", digits(*bandwidth), digits(*centre))
            }
        }
    }
}

impl FromStr for ContinuousWavelet {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self> {
        let unknown = || {
            let name: String = name.chars().take(40).collect();
            let known =
                "mexh, morl, gaus1 to gaus8, cgau1 to cgau8, cmorB-C, shanB-C, fbspM-B-C with numbers for B, C and M";
            Error::parameter("wavelet", name, format!("known are {known}"))
        };
        let numbers = |text: &str| text.split('-').map(|t| t.parse::<f64>().ok()).collect::<Option<Vec<f64>>>();
        let order = |text: &str| text.parse::<u8>().map_err(|_| unknown());
        let wavelet = match (name, name.get(..4).unwrap_or(""), name.get(4..).unwrap_or("")) {
            ("mexh", ..) => Self::MexicanHat,
            ("morl", ..) => Self::Morlet,
            (_, "gaus", n) => Self::Gaussian(order(n)?),
            (_, "cgau", n) => Self::ComplexGaussian(order(n)?),
            (_, family, rest) => match (family, numbers(rest).as_deref()) {
                ("cmor", Some(&[bandwidth, centre])) => Self::ComplexMorlet { bandwidth, centre },
                ("shan", Some(&[bandwidth, centre])) => Self::Shannon { bandwidth, centre },
                ("fbsp", Some(&[m, bandwidth, centre])) => Self::BSpline {
                    order: if m.fract() == 0.0 && (1.0..=100.0).contains(&m) {
                        m as u32
                    } else {
                        return Err(unknown());
                    },
                    bandwidth,
                    centre,
                },
                _ => return Err(unknown()),
            },
        };
        wavelet.check()?;
        Ok(wavelet)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_read_back() {
        for name in ["mexh", "morl", "gaus1", "gaus8", "cgau3", "cmor1.5-1.0", "shan0.5-2.0", "fbsp2-1.5-1.0"] {
            assert_eq!(name.parse::<ContinuousWavelet>().unwrap().to_string(), name);
        }
        for name in [
            "",
            "mex",
            "gaus",
            "gaus0",
            "gaus9",
            "cmor",
            "cmor1",
            "cmor1-0",
            "cmorNaN-1",
            "fbsp0-1-1",
            "fbsp1.5-1-1",
            "µµµµµ",
        ] {
            assert!(name.parse::<ContinuousWavelet>().is_err(), "{name}");
        }
    }

    #[test]
    fn derivatives_have_norm_1_and_mean_0() {
        for n in 1..=8 {
            for w in [ContinuousWavelet::Gaussian(n), ContinuousWavelet::ComplexGaussian(n)] {
                let psi = w.psi(12).unwrap();
                let step = w.step(12);
                let norm: f64 = psi.iter().map(|z| z.norm_sqr() * step).sum();
                let mean: Complex64 = psi.iter().map(|z| z * step).sum();
                assert!((norm - 1.0).abs() < 1e-7 && mean.norm() < 1e-6, "{w}: {norm} {mean}");
            }
        }
    }

    /// Values of `pywt.central_frequency(name, precision=12)`.
    #[test]
    fn central_frequencies_are_those_of_the_reference() {
        for (name, hz) in [
            ("mexh", 0.25),
            ("morl", 0.8125),
            ("cmor1.5-1.0", 1.0),
            ("shan1.5-1.0", 0.275),
            ("fbsp2-1.5-1.0", 1.0),
            ("gaus1", 0.2),
            ("gaus4", 0.5),
            ("cgau3", 0.5),
            ("cgau8", 0.7),
        ] {
            let found = name.parse::<ContinuousWavelet>().unwrap().central_frequency(12).unwrap();
            assert!((found - hz).abs() < 1e-12, "{name}: {found}");
        }
    }
}
