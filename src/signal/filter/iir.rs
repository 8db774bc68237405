//! Design of recursive (IIR) filters: Butterworth, Chebyshev I, Chebyshev II.
//!
//! The analog prototype's zeros, poles and gain are moved to the wanted band, mapped by the bilinear transform with
//! prewarped edges, and paired into second-order sections (nearest zero to the pole nearest to the unit circle). The
//! sections are those of `scipy.signal.butter`, `cheby1` and `cheby2` with `output="sos"`.

use super::Sos;
use crate::error::{Error, Result, check_positive};
use crate::signal::SampleRate;
use rustfft::num_complex::Complex64;
use std::f64::consts::{PI, TAU};

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
    /// so near to either that the rounded filter would not be stable, or its gain off by more than 0.1 %.
    pub fn lowpass(self, edge: f64, rate: SampleRate) -> Result<Sos> {
        let wo = warp("edge", edge, rate)?;
        self.digital(|p| p.to_lowpass(wo), [0.0, edge], rate)
    }

    /// Passes frequencies above `edge` hertz.
    ///
    /// # Errors
    /// As [`Design::lowpass`].
    pub fn highpass(self, edge: f64, rate: SampleRate) -> Result<Sos> {
        let wo = warp("edge", edge, rate)?;
        self.digital(|p| p.to_highpass(wo), [edge, rate.nyquist()], rate)
    }

    /// Passes frequencies from `low` to `high` hertz.
    ///
    /// # Errors
    /// As [`Design::lowpass`], and [`Error::Parameter`] unless `low < high`.
    pub fn bandpass(self, low: f64, high: f64, rate: SampleRate) -> Result<Sos> {
        let (wo, bw) = warp_band(low, high, rate)?;
        self.digital(|p| p.to_bandpass(wo, bw), [low, high], rate)
    }

    /// Removes frequencies from `low` to `high` hertz.
    ///
    /// # Errors
    /// As [`Design::bandpass`].
    pub fn bandstop(self, low: f64, high: f64, rate: SampleRate) -> Result<Sos> {
        let (wo, bw) = warp_band(low, high, rate)?;
        self.digital(|p| p.to_bandstop(wo, bw), [low, high], rate)
    }

    /// The sections, unless rounding spoils them: each must be stable, and the gain at two telling frequencies must
    /// be that of the zeros and poles, which keep their precision near zero frequency where coefficients do not.
    fn digital(self, band: impl Fn(Zpk) -> Zpk, telling: [f64; 2], rate: SampleRate) -> Result<Sos> {
        let digital = band(self.prototype()?).bilinear();
        let gains = telling.map(|hz| digital.gain(TAU * hz / rate.as_hz()));
        let sections = digital.into_sections();
        let stable = |s: &[f64; 6]| s.iter().all(|v| v.is_finite()) && s[5].abs() < 1.0 && s[4].abs() < 1.0 + s[5];
        if sections.iter().all(stable) {
            let sos = Sos::new(sections)?;
            if telling.iter().zip(gains).all(|(&hz, gain)| (sos.gain(hz, rate) / gain - 1.0).abs() < 1e-3) {
                return Ok(sos);
            }
        }
        Err(Error::numeric(
            "filter design",
            "the coefficients cannot hold this filter in f64: the band is too narrow or too near to 0 or the Nyquist \
             frequency for this order; lower the order or decimate first",
        ))
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
                Zpk { z: vec![], p, k: if n.is_multiple_of(2) { k / (1.0 + epsilon * epsilon).sqrt() } else { k } }
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

    /// Gain at an angle on the unit circle.
    fn gain(&self, angle: f64) -> f64 {
        let z = Complex64::new(0.0, angle).exp();
        self.z.iter().zip(&self.p).fold(self.k.abs(), |gain, (zero, pole)| gain * (z - zero).norm() / (z - pole).norm())
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

#[cfg(test)]
mod tests {
    use super::*;

    fn unit() -> SampleRate {
        SampleRate::hz(2.0).unwrap()
    }

    fn assert_sections(found: &Sos, places: &[usize], expected: &[[f64; 6]]) {
        for (&place, row) in places.iter().zip(expected) {
            for (f, e) in found.sections()[place].iter().zip(row) {
                assert!((f - e).abs() <= 1e-9 * e.abs() + 1e-15, "section {place}: {f:e}, expected {e:e}");
            }
        }
    }

    #[test]
    fn sections_are_those_of_scipy() {
        // scipy.signal.cheby2(5, 40, 0.3, "highpass", output="sos")
        let found = Design::chebyshev2(5, 40.0).highpass(0.3, unit()).unwrap();
        let expected = [
            [0.1558055443557755, -0.2603123131184046, 0.15580554435577548, 1.0, -0.2144806414261961, 0.0],
            [1.0, -1.0, 0.0, 1.0, -0.3851615109129051, 0.18065747611062358],
            [1.0, -1.2393252946689635, 1.0, 1.0, -0.33789306657196144, 0.6105614554775053],
        ];
        assert_sections(&found, &[0, 1, 2], &expected);
        // scipy.signal.cheby1(3, 0.5, [0.1, 0.25], "bandstop", output="sos")
        let found = Design::chebyshev1(3, 0.5).bandstop(0.1, 0.25, unit()).unwrap();
        let expected = [
            [0.6115774078921478, -1.0725454390179974, 0.6115774078921478, 1.0, -1.267853123475332, 0.4458880689529383],
            [1.0, -1.753736199501898, 1.0, 1.0, -1.3424447332247744, 0.8424467635350693],
            [1.0, -1.753736199501898, 1.0, 1.0, -1.8200233063067879, 0.9226301061087778],
        ];
        assert_sections(&found, &[0, 1, 2], &expected);
        // scipy.signal.butter(12, [0.31, 0.7], "bandpass", output="sos")[[0, 11]]
        let found = Design::butterworth(12).bandpass(0.31, 0.7, unit()).unwrap();
        let expected = [
            [
                8.620089962189366e-05,
                -0.00017240179924378731,
                8.620089962189366e-05,
                1.0,
                -0.1268718063926604,
                0.1852536193497607,
            ],
            [1.0, 2.0, 1.0, 1.0, 1.1039409953301698, 0.8850849332835522],
        ];
        assert_sections(&found, &[0, 11], &expected);
        // scipy.signal.cheby2(6, 40, [0.02, 0.05], "bandpass", output="sos")[[0, 5]]
        let found = Design::chebyshev2(6, 40.0).bandpass(0.02, 0.05, unit()).unwrap();
        let expected = [
            [
                0.009023384760102822,
                -0.01672039179992956,
                0.00902338476010282,
                1.0,
                -1.891220777775021,
                0.9046336557578286,
            ],
            [1.0, -1.996170700835643, 1.0, 1.0, -1.986337431933213, 0.9914218360336802],
        ];
        assert_sections(&found, &[0, 5], &expected);
    }

    #[test]
    fn gains_at_the_edges_are_what_the_family_promises() {
        let rate = SampleRate::hz(1_000.0).unwrap();
        let db = |sos: &Sos, hz: f64| 20.0 * sos.gain(hz, rate).log10();
        for order in 1..=24 {
            let half = 10.0 * 0.5_f64.log10();
            for (design, edge, floor) in [
                (Design::butterworth(order), half, half),
                (Design::chebyshev1(order, 0.5), -0.5, -0.5),
                (Design::chebyshev2(order, 40.0), -40.0, -60.0),
            ] {
                let low = design.lowpass(100.0, rate).unwrap();
                assert!((db(&low, 100.0) - edge).abs() < 1e-6, "{design:?}");
                // 0 Hz: 0 dB, but for even Chebyshev I the bottom of the ripple.
                assert!(db(&low, 0.0) < 1e-6 && db(&low, 0.0) > floor.max(-0.5) - 1e-6, "{design:?}");
                let high = design.highpass(100.0, rate).unwrap();
                assert!((db(&high, 100.0) - edge).abs() < 1e-6, "{design:?}");
                for sos in [design.bandpass(80.0, 200.0, rate), design.bandstop(80.0, 200.0, rate)] {
                    let sos = sos.unwrap();
                    assert!((db(&sos, 80.0) - edge).abs() < 1e-4, "{design:?} {}", db(&sos, 80.0));
                    assert!((db(&sos, 200.0) - edge).abs() < 1e-4, "{design:?}");
                }
            }
        }
    }

    #[test]
    fn narrow_bands_of_high_order_are_designed() {
        for order in 1..=12 {
            for d in [Design::butterworth(order), Design::chebyshev1(order, 0.5), Design::chebyshev2(order, 40.0)] {
                assert!(d.bandpass(0.02, 0.05, unit()).is_ok(), "{d:?}");
                assert!(d.bandstop(0.02, 0.05, unit()).is_ok(), "{d:?}");
                assert!(d.bandpass(0.95, 0.98, unit()).is_ok(), "{d:?}");
                assert!(d.lowpass(0.008, unit()).is_ok() && d.highpass(0.992, unit()).is_ok(), "{d:?}");
            }
        }
    }

    #[test]
    fn settings_out_of_range_are_named() {
        let rate = SampleRate::hz(100.0).unwrap();
        let name = |r: Result<Sos>| match r {
            Err(Error::Parameter { name, .. }) => name.into_owned(),
            other => format!("{other:?}"),
        };
        assert_eq!(name(Design::butterworth(0).lowpass(10.0, rate)), "order");
        assert_eq!(name(Design::butterworth(25).lowpass(10.0, rate)), "order");
        assert_eq!(name(Design::chebyshev1(3, 0.0).lowpass(10.0, rate)), "ripple_db");
        assert_eq!(name(Design::chebyshev2(3, f64::NAN).lowpass(10.0, rate)), "attenuation_db");
        for edge in [0.0, 50.0, -1.0, f64::NAN, f64::INFINITY] {
            assert_eq!(name(Design::butterworth(2).lowpass(edge, rate)), "edge");
        }
        assert_eq!(name(Design::butterworth(2).bandpass(20.0, 20.0, rate)), "high");
        // Poles that round onto the unit circle are refused, and so are coefficients without digits left.
        assert!(matches!(Design::butterworth(4).lowpass(1e-6, rate), Err(Error::Numeric { .. })));
        assert!(Design::butterworth(4).lowpass(1e-4, rate).is_ok());
        assert!(matches!(Design::butterworth(8).lowpass(1e-18, rate), Err(Error::Numeric { .. })));
    }
}
