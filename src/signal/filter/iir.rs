//! Design of recursive (IIR) filters: Butterworth, Chebyshev I, Chebyshev II.
//!
//! The analog prototype's zeros, poles and gain are moved to the wanted band, mapped by the bilinear transform with
//! prewarped edges, and paired into second-order sections (nearest zero to the pole nearest to the unit circle). The
//! sections are those of `scipy.signal.butter`, `cheby1` and `cheby2` with `output="sos"`.

use super::Sos;
use crate::error::{Error, Result, check_positive};
use crate::signal::SampleRate;
use rustfft::num_complex::Complex64;
use std::f64::consts::PI;

/// Highest order of a prototype. Beyond it the poles of narrow bands no longer fit into f64.
const MAX_ORDER: usize = 24;

/// The family, order and ripple of a recursive filter; the band is chosen by the last call.
///
/// | family | pass band | stop band | edge frequency means |
/// |---|---|---|---|
/// | Butterworth | flat | falls by 6 dB x order an octave | gain is -3.01 dB |
/// | Chebyshev I | ripples by `ripple_db` | falls faster | gain leaves the ripple band: `-ripple_db` |
/// | Chebyshev II | flat | ripples below `-attenuation_db` | gain reaches `-attenuation_db` |
///
/// A band-pass or band-stop filter of order N has 2N poles, as in SciPy and MATLAB.
///
/// Sources: Butterworth 1930; Parks and Burrus, *Digital Filter Design*, 1987 (prototypes, frequency
/// transformations, bilinear transform).
///
/// ```
/// use prognos::signal::{SampleRate, filter::Design};
/// let rate = SampleRate::hz(25_600.0)?;
/// let resonance = Design::butterworth(4).bandpass(2_000.0, 4_000.0, rate)?;
/// assert_eq!(resonance.sections().len(), 4);
/// assert!((resonance.gain(2_000.0, rate) - 0.5_f64.sqrt()).abs() < 1e-9);
/// assert!(Design::butterworth(4).lowpass(12_800.0, rate).is_err()); // at the Nyquist frequency
/// # Ok::<(), prognos::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
pub struct Design {
    family: Family,
    order: usize,
}

#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case", deny_unknown_fields))]
enum Family {
    Butterworth,
    Chebyshev1 { ripple_db: f64 },
    Chebyshev2 { attenuation_db: f64 },
}

impl Design {
    /// Maximally flat pass band. `order` is 1 to 24.
    #[must_use]
    pub fn butterworth(order: usize) -> Self {
        Self { family: Family::Butterworth, order }
    }

    /// Pass band that ripples between 0 and `-ripple_db` decibels. `order` is 1 to 24.
    #[must_use]
    pub fn chebyshev1(order: usize, ripple_db: f64) -> Self {
        Self { family: Family::Chebyshev1 { ripple_db }, order }
    }

    /// Stop band that stays at least `attenuation_db` decibels down. `order` is 1 to 24.
    #[must_use]
    pub fn chebyshev2(order: usize, attenuation_db: f64) -> Self {
        Self { family: Family::Chebyshev2 { attenuation_db }, order }
    }

    /// Passes frequencies below `edge` hertz.
    ///
    /// # Errors
    /// [`Error::Parameter`] for an order outside of 1 to 24, a ripple or attenuation that is not greater than 0, or
    /// an edge that does not lie strictly between 0 and the Nyquist frequency; [`Error::Numeric`] when the edge is
    /// so near to either that the rounded filter would not be stable.
    pub fn lowpass(self, edge: f64, rate: SampleRate) -> Result<Sos> {
        let wo = warp("edge", edge, rate)?;
        self.digital(|p| p.to_lowpass(wo))
    }

    /// Passes frequencies above `edge` hertz.
    ///
    /// # Errors
    /// As [`Design::lowpass`].
    pub fn highpass(self, edge: f64, rate: SampleRate) -> Result<Sos> {
        let wo = warp("edge", edge, rate)?;
        self.digital(|p| p.to_highpass(wo))
    }

    /// Passes frequencies from `low` to `high` hertz.
    ///
    /// # Errors
    /// As [`Design::lowpass`], and [`Error::Parameter`] unless `low < high`.
    pub fn bandpass(self, low: f64, high: f64, rate: SampleRate) -> Result<Sos> {
        let (wo, bw) = warp_band(low, high, rate)?;
        self.digital(|p| p.to_bandpass(wo, bw))
    }

    /// Removes frequencies from `low` to `high` hertz.
    ///
    /// # Errors
    /// As [`Design::bandpass`].
    pub fn bandstop(self, low: f64, high: f64, rate: SampleRate) -> Result<Sos> {
        let (wo, bw) = warp_band(low, high, rate)?;
        self.digital(|p| p.to_bandstop(wo, bw))
    }

    fn digital(self, band: impl Fn(Zpk) -> Zpk) -> Result<Sos> {
        let sections = band(self.prototype()?).bilinear().into_sections();
        let stable = |s: &[f64; 6]| s.iter().all(|v| v.is_finite()) && s[5].abs() < 1.0 && s[4].abs() < 1.0 + s[5];
        if !sections.iter().all(stable)
            || sections.first().is_none_or(|s| s[..3].iter().all(|b| b.abs() < f64::MIN_POSITIVE))
        {
            return Err(Error::numeric(
                "filter design",
                "the rounded filter is not stable: the band is too narrow or too near to 0 or the Nyquist frequency for this order; lower the order or decimate first",
            ));
        }
        Sos::new(sections)
    }

    /// The analog low-pass prototype with its edge at 1 rad/s.
    fn prototype(self) -> Result<Zpk> {
        let n = self.order;
        if n == 0 || n > MAX_ORDER {
            return Err(Error::parameter("order", n, "must be 1 to 24"));
        }
        // Angles (2i - n + 1) pi / 2n: the middle one of an odd order is exactly 0, its pole exactly real.
        let angle = |i: usize| PI * (2.0 * i as f64 - (n - 1) as f64) / (2.0 * n as f64);
        let one = Complex64::new(1.0, 0.0);
        Ok(match self.family {
            Family::Butterworth => {
                Zpk { z: vec![], p: (0..n).map(|i| -Complex64::new(0.0, angle(i)).exp()).collect(), k: 1.0 }
            }
            Family::Chebyshev1 { ripple_db } => {
                let epsilon = (10f64.powf(0.1 * check_positive("ripple_db", ripple_db)?) - 1.0).sqrt();
                let mu = (1.0 / epsilon).asinh() / n as f64;
                let p: Vec<_> = (0..n).map(|i| -Complex64::new(mu, angle(i)).sinh()).collect();
                let k = p.iter().fold(one, |a, p| a * -p).re;
                Zpk { z: vec![], p, k: if n % 2 == 0 { k / (1.0 + epsilon * epsilon).sqrt() } else { k } }
            }
            Family::Chebyshev2 { attenuation_db } => {
                let epsilon = 1.0 / (10f64.powf(0.1 * check_positive("attenuation_db", attenuation_db)?) - 1.0).sqrt();
                let mu = (1.0 / epsilon).asinh() / n as f64;
                let z: Vec<_> =
                    (0..n).filter(|i| 2 * i + 1 != n).map(|i| Complex64::new(0.0, 1.0 / angle(i).sin())).collect();
                let p: Vec<_> = (0..n).map(|i| -one / Complex64::new(mu, angle(i)).sinh()).collect();
                let k = (p.iter().fold(one, |a, p| a * -p) / z.iter().fold(one, |a, z| a * -z)).re;
                Zpk { z, p, k }
            }
        })
    }
}

/// The analog frequency, at an analog rate of 2, that the bilinear transform maps to `hz`.
fn warp(name: &'static str, hz: f64, rate: SampleRate) -> Result<f64> {
    let relative = hz / rate.nyquist();
    if relative > 0.0 && relative < 1.0 {
        Ok(4.0 * (PI * relative / 2.0).tan())
    } else {
        let rule = format!("must lie strictly between 0 and the Nyquist frequency, {} Hz", rate.nyquist());
        Err(Error::parameter(name, hz, rule))
    }
}

/// Centre and width of an analog band.
fn warp_band(low: f64, high: f64, rate: SampleRate) -> Result<(f64, f64)> {
    let (a, b) = (warp("low", low, rate)?, warp("high", high, rate)?);
    if a < b {
        Ok(((a * b).sqrt(), b - a))
    } else {
        Err(Error::parameter("high", high, format!("must be greater than `low`, {low}")))
    }
}

/// Zeros, poles and gain.
struct Zpk {
    z: Vec<Complex64>,
    p: Vec<Complex64>,
    k: f64,
}

impl Zpk {
    /// Zeros at infinity.
    fn degree(&self) -> usize {
        self.p.len() - self.z.len()
    }

    /// Product of the negated zeros over product of the negated poles: the gain that inverting the axis costs.
    fn inversion_gain(&self) -> f64 {
        let product = |v: &[Complex64]| v.iter().fold(Complex64::new(1.0, 0.0), |a, r| a * -r);
        (product(&self.z) / product(&self.p)).re
    }

    fn to_lowpass(&self, wo: f64) -> Self {
        let scale = |v: &[Complex64]| v.iter().map(|r| r * wo).collect();
        Self { z: scale(&self.z), p: scale(&self.p), k: self.k * wo.powi(self.degree() as i32) }
    }

    fn to_highpass(&self, wo: f64) -> Self {
        let invert = |v: &[Complex64]| v.iter().map(|r| wo / r).collect::<Vec<_>>();
        let mut z = invert(&self.z);
        z.resize(self.p.len(), Complex64::new(0.0, 0.0));
        Self { z, p: invert(&self.p), k: self.k * self.inversion_gain() }
    }

    fn to_bandpass(&self, wo: f64, bw: f64) -> Self {
        let shift = |v: &[Complex64]| split(v.iter().map(|r| r * bw / 2.0), wo);
        let mut z = shift(&self.z);
        z.resize(z.len() + self.degree(), Complex64::new(0.0, 0.0));
        Self { z, p: shift(&self.p), k: self.k * bw.powi(self.degree() as i32) }
    }

    fn to_bandstop(&self, wo: f64, bw: f64) -> Self {
        let shift = |v: &[Complex64]| split(v.iter().map(|r| (bw / 2.0) / r), wo);
        let mut z = shift(&self.z);
        for side in [wo, -wo] {
            z.resize(z.len() + self.degree(), Complex64::new(0.0, side));
        }
        Self { z, p: shift(&self.p), k: self.k * self.inversion_gain() }
    }

    /// From the analog plane at a rate of 2 to the z plane.
    fn bilinear(self) -> Self {
        let fs2 = 4.0;
        let map = |v: &[Complex64]| v.iter().map(|r| (fs2 + r) / (fs2 - r)).collect::<Vec<_>>();
        let product = |v: &[Complex64]| v.iter().fold(Complex64::new(1.0, 0.0), |a, r| a * (fs2 - r));
        let k = self.k * (product(&self.z) / product(&self.p)).re;
        let mut z = map(&self.z);
        z.resize(self.p.len(), Complex64::new(-1.0, 0.0));
        Self { z, p: map(&self.p), k }
    }

    /// Second-order sections `[b0, b1, b2, 1, a1, a2]`, the least damped last, the gain in the first.
    fn into_sections(mut self) -> Vec<[f64; 6]> {
        if self.p.len() % 2 == 1 {
            self.p.push(Complex64::new(0.0, 0.0));
            self.z.push(Complex64::new(0.0, 0.0));
        }
        let (mut z, mut p) = (half_plane(self.z), half_plane(self.p));
        let mut sections = Vec::with_capacity(p.len());
        while !p.is_empty() {
            // Roots come in conjugate pairs and their number is even, so the real ones pair among themselves.
            let p1 = p.remove(least_damped(&p, |_| true).unwrap_or(0));
            let p2 = match least_damped(&p, is_real) {
                Some(partner) if is_real(p1) => p.remove(partner),
                _ => p1.conj(),
            };
            let (z1, z2) = take_zeros(&mut z, p1);
            let (b, a) = (quadratic(z1, z2), quadratic(p1, p2));
            sections.push([b[0], b[1], b[2], a[0], a[1], a[2]]);
        }
        sections.reverse();
        if let Some(first) = sections.first_mut() {
            for b in &mut first[..3] {
                *b *= self.k;
            }
        }
        sections
    }
}

/// Each root moved from the baseband to `+wo` and `-wo`.
fn split(roots: impl Iterator<Item = Complex64> + Clone, wo: f64) -> Vec<Complex64> {
    let root = |r: Complex64| (r * r - wo * wo).sqrt();
    roots.clone().map(|r| r + root(r)).chain(roots.map(|r| r - root(r))).collect()
}

fn is_real(r: Complex64) -> bool {
    r.im.abs() < f64::MIN_POSITIVE
}

/// One root of every conjugate pair (that with the positive imaginary part), then the real roots, each ascending.
/// A root counts as real when its imaginary part is rounding.
fn half_plane(roots: Vec<Complex64>) -> Vec<Complex64> {
    let nearly_real = |r: &Complex64| r.im.abs() <= 100.0 * f64::EPSILON * r.norm();
    let (mut real, mut complex): (Vec<_>, Vec<_>) = roots.into_iter().partition(nearly_real);
    complex.retain(|r| r.im > 0.0);
    for r in &mut real {
        r.im = 0.0;
    }
    let order = |a: &Complex64, b: &Complex64| a.re.total_cmp(&b.re).then(a.im.total_cmp(&b.im));
    complex.sort_by(order);
    real.sort_by(order);
    complex.append(&mut real);
    complex
}

/// Place of the pole nearest to the unit circle among those that `of` accepts.
fn least_damped(poles: &[Complex64], of: impl Fn(Complex64) -> bool) -> Option<usize> {
    let distance = |i: &usize| (1.0 - poles[*i].norm()).abs();
    (0..poles.len()).filter(|&i| of(poles[i])).min_by(|a, b| distance(a).total_cmp(&distance(b)))
}

/// Takes the zero nearest to a pole, with its conjugate or, when it is real, with the nearest other real zero.
fn take_zeros(zeros: &mut Vec<Complex64>, pole: Complex64) -> (Complex64, Complex64) {
    let mut take = |real_only: bool| {
        let distance = |i: &usize| (zeros[*i] - pole).norm();
        let candidates = (0..zeros.len()).filter(|&i| !real_only || is_real(zeros[i]));
        let nearest = candidates.min_by(|a, b| distance(a).total_cmp(&distance(b)));
        nearest.map_or(Complex64::new(0.0, 0.0), |i| zeros.remove(i))
    };
    let first = take(false);
    let second = if is_real(first) { take(true) } else { first.conj() };
    (first, second)
}

/// Coefficients of `(x - r)(x - s)` for two real or two conjugate roots.
fn quadratic(r: Complex64, s: Complex64) -> [f64; 3] {
    [1.0, -(r + s).re, (r * s).re]
}
