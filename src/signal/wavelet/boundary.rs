//! What stands beyond the ends of a signal.

use crate::error::{Error, Result};
use std::fmt;
use std::str::FromStr;

/// How a signal goes on beyond its ends. Names and meanings are those of PyWavelets.
///
/// All but `Periodization` are redundant: a level of n samples has `⌊(n + taps - 1) / 2⌋` coefficients in each band.
/// A window of one sample goes on as a constant where the rule would need a second one.
///
/// ```
/// use prognos::signal::wavelet::Boundary;
/// let mode: Boundary = "periodization".parse()?;
/// assert_eq!((mode, mode.to_string().as_str()), (Boundary::Periodization, "periodization"));
/// # Ok::<(), prognos::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Boundary {
    /// `.. x2 x1 | x1 x2 .. xn | xn ..`: the default here and there; no step at the ends.
    #[default]
    Symmetric,
    /// `.. x(n-1) xn | x1 x2 .. xn | x1 x2 ..` with as few coefficients as there are samples, an odd length is made
    /// even by its last sample; keeps the energy in orthogonal families.
    Periodization,
    /// `.. x(n-1) xn | x1 x2 .. xn | x1 x2 ..`, redundant.
    Periodic,
    /// `.. 0 0 | x1 x2 .. xn | 0 0 ..`.
    Zero,
    /// `.. x1 x1 | x1 x2 .. xn | xn xn ..`.
    Constant,
    /// The line through the two samples at each end.
    Smooth,
    /// `.. x3 x2 | x1 x2 .. xn | x(n-1) x(n-2) ..`.
    Reflect,
    /// `.. -x2 -x1 | x1 x2 .. xn | -xn ..`.
    Antisymmetric,
    /// `.. (2 x1 - x3) (2 x1 - x2) | x1 x2 .. xn | (2 xn - x(n-1)) ..`.
    Antireflect,
}

/// The names, in the order of [`Boundary::ALL`].
pub(crate) const BOUNDARY_NAMES: &[&str] = &[
    "symmetric",
    "periodization",
    "periodic",
    "zero",
    "constant",
    "smooth",
    "reflect",
    "antisymmetric",
    "antireflect",
];

impl Boundary {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::Symmetric,
        Self::Periodization,
        Self::Periodic,
        Self::Zero,
        Self::Constant,
        Self::Smooth,
        Self::Reflect,
        Self::Antisymmetric,
        Self::Antireflect,
    ];

    /// The sample at place `i`, counted from the first sample, which may be negative or beyond the end.
    pub(super) fn sample(self, x: &[f64], i: isize) -> f64 {
        let n = x.len() as isize;
        if (0..n).contains(&i) {
            return x[i as usize];
        }
        let (Some(&first), Some(&last)) = (x.first(), x.last()) else { return 0.0 };
        let at = |i: isize| x[i as usize];
        match self {
            Self::Zero => 0.0,
            Self::Constant => {
                if i < 0 {
                    first
                } else {
                    last
                }
            }
            Self::Periodic => at(i.rem_euclid(n)),
            // The last sample of an odd length stands there twice.
            Self::Periodization => at(i.rem_euclid(n + n % 2).min(n - 1)),
            Self::Symmetric | Self::Antisymmetric => {
                let m = i.rem_euclid(2 * n);
                let turned = if self == Self::Symmetric { 1.0 } else { -1.0 };
                if m < n { at(m) } else { turned * at(2 * n - 1 - m) }
            }
            Self::Smooth | Self::Reflect | Self::Antireflect if n == 1 => first,
            Self::Smooth if i < 0 => first + i as f64 * (at(1) - first),
            Self::Smooth => last + (i - n + 1) as f64 * (last - at(n - 2)),
            Self::Reflect => {
                let m = i.rem_euclid(2 * n - 2);
                at(if m < n { m } else { 2 * n - 2 - m })
            }
            Self::Antireflect => {
                let m = i.rem_euclid(2 * n - 2);
                let rise = 2.0 * i.div_euclid(2 * n - 2) as f64 * (last - first);
                rise + if m < n { at(m) } else { 2.0 * last - at(2 * n - 2 - m) }
            }
        }
    }
}

impl fmt::Display for Boundary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let place = Self::ALL.iter().position(|b| b == self).unwrap_or(0);
        f.write_str(BOUNDARY_NAMES[place])
    }
}

impl FromStr for Boundary {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self> {
        BOUNDARY_NAMES.iter().position(|n| *n == name).map(|i| Self::ALL[i]).ok_or_else(|| {
            let name: String = name.chars().take(40).collect();
            Error::parameter("boundary", name, format!("known are {}", BOUNDARY_NAMES.join(", ")))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn extensions_read_as_documented() {
        let x = [1.0, 2.0, 4.0];
        let around = |b: Boundary| (-3..7).map(|i| b.sample(&x, i)).collect::<Vec<f64>>();
        assert_eq!(around(Boundary::Symmetric), [4.0, 2.0, 1.0, 1.0, 2.0, 4.0, 4.0, 2.0, 1.0, 1.0]);
        assert_eq!(around(Boundary::Periodization), [2.0, 4.0, 4.0, 1.0, 2.0, 4.0, 4.0, 1.0, 2.0, 4.0]);
        assert_eq!(around(Boundary::Periodic), [1.0, 2.0, 4.0, 1.0, 2.0, 4.0, 1.0, 2.0, 4.0, 1.0]);
        assert_eq!(around(Boundary::Zero), [0.0, 0.0, 0.0, 1.0, 2.0, 4.0, 0.0, 0.0, 0.0, 0.0]);
        assert_eq!(around(Boundary::Constant), [1.0, 1.0, 1.0, 1.0, 2.0, 4.0, 4.0, 4.0, 4.0, 4.0]);
        assert_eq!(around(Boundary::Smooth), [-2.0, -1.0, 0.0, 1.0, 2.0, 4.0, 6.0, 8.0, 10.0, 12.0]);
        assert_eq!(around(Boundary::Reflect), [2.0, 4.0, 2.0, 1.0, 2.0, 4.0, 2.0, 1.0, 2.0, 4.0]);
        assert_eq!(around(Boundary::Antisymmetric), [-4.0, -2.0, -1.0, 1.0, 2.0, 4.0, -4.0, -2.0, -1.0, 1.0]);
        assert_eq!(around(Boundary::Antireflect), [-4.0, -2.0, 0.0, 1.0, 2.0, 4.0, 6.0, 7.0, 8.0, 10.0]);
        for b in Boundary::ALL {
            assert_eq!(b.to_string().parse::<Boundary>().unwrap(), b);
            let one = (-4..5).map(|i| b.sample(&[3.0], i).abs()).fold(0.0, f64::max);
            assert!(one <= 3.0 && b.sample(&[], -1) == 0.0, "{b}");
        }
        assert!("sym".parse::<Boundary>().is_err());
    }
}
