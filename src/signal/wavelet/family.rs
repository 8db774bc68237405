//! The wavelets with filters, by name.

use super::tables::{BIORTHOGONAL, NAMES, ORTHOGONAL};
use crate::error::{Error, Result};
use std::fmt;
use std::str::FromStr;
use std::sync::LazyLock;

/// A discrete wavelet: four filters under a name, as PyWavelets and MATLAB have them.
///
/// | names | family |
/// |---|---|
/// | `haar`, `db1` to `db38` | Daubechies' extremal phase, N vanishing moments, 2 N taps (`haar` is `db1`) |
/// | `sym2` to `sym20` | symlets, the least asymmetric of Daubechies' filters |
/// | `coif1` to `coif17` | coiflets, 2 N vanishing moments of wavelet and scaling function, 6 N taps |
/// | `bior1.1` to `bior6.8` | biorthogonal pairs of splines, symmetric |
/// | `rbio1.1` to `rbio6.8` | the same with analysis and synthesis exchanged |
/// | `dmey` | finite piece of Meyer's wavelet: perfect reconstruction to 2e-3 only |
///
/// # Which one
/// `db4` is the usual choice for machine vibration; `haar` for steps; `sym8` where the phase of an event matters; long
/// filters separate the bands better and know less well when something happened.
///
/// # Filters
/// `rec_lo` is the scaling filter h as it stands in the books, sum √2. In an orthogonal family `dec_lo[k] = h[L-1-k]`,
/// `rec_hi[k] = (-1)^k h[L-1-k]` and `dec_hi` is `rec_hi` reversed. In a pair `dec_hi[k] = -(-1)^k rec_lo[k]` and
/// `rec_hi[k] = (-1)^k dec_lo[k]`.
///
/// # Sources
/// I. Daubechies, *Ten Lectures on Wavelets* (1992), 6 and 8; A. Cohen, I. Daubechies, J.-C. Feauveau, Biorthogonal bases
/// of compactly supported wavelets (1992).
///
/// ```
/// use prognos::signal::wavelet::Wavelet;
/// let db4: Wavelet = "db4".parse()?;
/// assert_eq!((db4.to_string().as_str(), db4.len()), ("db4", 8));
/// assert_eq!(db4.max_level(2048), 8);
/// assert!("db99".parse::<Wavelet>().is_err());
/// # Ok::<(), prognos::Error>(())
/// ```
#[derive(Clone, Copy)]
pub struct Wavelet(&'static Filters);

struct Filters {
    name: &'static str,
    orthogonal: bool,
    dec_lo: Vec<f64>,
    dec_hi: Vec<f64>,
    rec_lo: Vec<f64>,
    rec_hi: Vec<f64>,
}

impl Filters {
    fn new(name: &'static str, orthogonal: bool, rec_lo: Vec<f64>, dec_lo: Vec<f64>) -> Self {
        let alternate = |h: &[f64], odd: usize| {
            h.iter().enumerate().map(|(k, &v)| if k % 2 == odd { -v } else { v }).collect::<Vec<f64>>()
        };
        let (dec_hi, rec_hi) = (alternate(&rec_lo, 0), alternate(&dec_lo, 1));
        Self { name, orthogonal, dec_lo, dec_hi, rec_lo, rec_hi }
    }

    fn of(name: &'static str) -> Option<Self> {
        let reversed = |h: &[f64]| h.iter().rev().copied().collect::<Vec<f64>>();
        let listed = if name == "haar" { "db1" } else { name };
        if let Some((_, h)) = ORTHOGONAL.iter().find(|(n, _)| *n == listed) {
            return Some(Self::new(name, name != "dmey", h.to_vec(), reversed(h)));
        }
        let pair = |n: &str| BIORTHOGONAL.iter().find(|(other, ..)| other.strip_prefix("bior") == Some(n));
        if let Some((_, rec, dec)) = name.strip_prefix("bior").and_then(pair) {
            return Some(Self::new(name, false, rec.to_vec(), dec.to_vec()));
        }
        let (_, rec, dec) = name.strip_prefix("rbio").and_then(pair)?;
        Some(Self::new(name, false, reversed(dec), reversed(rec)))
    }
}

static ALL: LazyLock<Vec<Filters>> = LazyLock::new(|| NAMES.iter().filter_map(|name| Filters::of(name)).collect());

impl Wavelet {
    /// Every wavelet, family by family.
    pub fn all() -> impl Iterator<Item = Self> {
        ALL.iter().map(Self)
    }

    /// `db1`: the shortest.
    pub(crate) fn haar() -> Self {
        // NAMES begins with it; a test says so.
        Self(&ALL[0])
    }

    /// Name as PyWavelets writes it.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.0.name
    }

    /// Number of taps of each filter; even.
    #[must_use]
    #[allow(clippy::len_without_is_empty)] // a filter is never empty
    pub fn len(&self) -> usize {
        self.0.dec_lo.len()
    }

    /// Whether the transform keeps the energy (with [`Boundary::Periodization`](super::Boundary) and an even length).
    #[must_use]
    pub fn is_orthogonal(&self) -> bool {
        self.0.orthogonal
    }

    /// Low-pass filter of the analysis.
    #[must_use]
    pub fn dec_lo(&self) -> &'static [f64] {
        &self.0.dec_lo
    }

    /// High-pass filter of the analysis.
    #[must_use]
    pub fn dec_hi(&self) -> &'static [f64] {
        &self.0.dec_hi
    }

    /// Low-pass filter of the synthesis.
    #[must_use]
    pub fn rec_lo(&self) -> &'static [f64] {
        &self.0.rec_lo
    }

    /// High-pass filter of the synthesis.
    #[must_use]
    pub fn rec_hi(&self) -> &'static [f64] {
        &self.0.rec_hi
    }

    /// Deepest level at which a coefficient is free of the boundary, `⌊log2(len / (taps - 1))⌋`; 0 when even the first
    /// is not.
    #[must_use]
    pub fn max_level(&self, len: usize) -> usize {
        (len / (self.len() - 1)).checked_ilog2().unwrap_or(0) as usize
    }
}

impl PartialEq for Wavelet {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self.0, other.0)
    }
}

impl Eq for Wavelet {}

impl fmt::Display for Wavelet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl fmt::Debug for Wavelet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Wavelet({})", self.name())
    }
}

impl FromStr for Wavelet {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self> {
        Self::all().find(|w| w.name() == name).ok_or_else(|| {
            let known = "haar, db1 to db38, sym2 to sym20, coif1 to coif17, bior and rbio 1.1, 1.3, 1.5, 2.2, 2.4, 2.6, \
                         2.8, 3.1, 3.3, 3.5, 3.7, 3.9, 4.4, 5.5, 6.8, dmey";
            Error::parameter("wavelet", name.chars().take(40).collect::<String>(), format!("known are {known}"))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn correlation(a: &[f64], b: &[f64], shift: usize) -> f64 {
        a.iter().zip(&b[shift.min(b.len())..]).map(|(x, y)| x * y).sum()
    }

    #[test]
    fn every_name_has_its_filters() {
        assert_eq!(Wavelet::all().count(), NAMES.len());
        assert_eq!((NAMES.len(), Wavelet::haar().name()), (106, "haar"));
        for w in Wavelet::all() {
            assert_eq!(w.name().parse::<Wavelet>().unwrap(), w);
            assert!(w.len().is_multiple_of(2) && w.len() >= 2, "{w}");
        }
        let orthogonal: Vec<&str> = Wavelet::all().filter(Wavelet::is_orthogonal).map(|w| w.name()).collect();
        assert_eq!(orthogonal, super::super::tables::ORTHOGONAL_NAMES);
        let error = "db39".parse::<Wavelet>().unwrap_err().to_string();
        assert!(error.contains("db38") && error.contains("rbio"), "{error}");
    }

    #[test]
    fn filters_reconstruct() {
        for w in Wavelet::all() {
            let tolerance = if w.name() == "dmey" { 3e-3 } else { 1e-14 };
            // The inverse's filters turned round are the dual of the analysis' filters.
            let turned = |h: &[f64]| h.iter().rev().copied().collect::<Vec<f64>>();
            let (lo, hi) = (turned(w.rec_lo()), turned(w.rec_hi()));
            for shift in (0..w.len()).step_by(2) {
                let unit = f64::from(u8::from(shift == 0));
                for (a, b, value) in
                    [(w.dec_lo(), &lo, unit), (w.dec_hi(), &hi, unit), (w.dec_lo(), &hi, 0.0), (w.dec_hi(), &lo, 0.0)]
                {
                    for found in [correlation(a, b, shift), correlation(b, a, shift)] {
                        assert!((found - value).abs() < tolerance, "{w} at {shift}: {found}");
                    }
                }
                if w.is_orthogonal() {
                    assert!((correlation(w.dec_lo(), w.dec_lo(), shift) - unit).abs() < tolerance, "{w} at {shift}");
                }
            }
            let sum: f64 = w.rec_lo().iter().sum();
            assert!((sum - std::f64::consts::SQRT_2).abs() < 10.0 * tolerance, "{w}: {sum}");
        }
    }

    /// The moments that are 0 by construction, about the middle of the filter and in half lengths so that rounding stays
    /// what it is in one coefficient.
    #[test]
    fn moments_vanish() {
        for w in Wavelet::all().filter(|w| w.is_orthogonal()) {
            let taps = w.len() as f64;
            let count = if w.name().starts_with("coif") { w.len() / 3 } else { w.len() / 2 };
            for k in 0..count.min(20) {
                let place = |i: usize| (2.0 * i as f64 + 1.0 - taps) / taps;
                let moment: f64 = w.rec_hi().iter().enumerate().map(|(i, g)| g * place(i).powi(k as i32)).sum();
                assert!(moment.abs() < 1e-14, "{w}, moment {k}: {moment:e}");
            }
        }
    }

    #[test]
    fn levels_are_those_of_the_boundary() {
        let level = |name: &str, n| name.parse::<Wavelet>().unwrap().max_level(n);
        assert_eq!([level("haar", 0), level("haar", 1), level("haar", 5), level("haar", 1024)], [0, 0, 2, 10]);
        assert_eq!([level("db4", 6), level("db4", 13), level("db4", 14), level("dmey", 1000)], [0, 0, 1, 4]);
    }
}
