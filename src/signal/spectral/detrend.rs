//! Taking the level or the straight line out of a piece of signal before its spectrum.

use crate::math::lanes;

/// What is taken out of every piece before it is windowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields, rename_all = "snake_case"))]
#[non_exhaustive]
pub enum Detrend {
    /// Nothing: the mean shows in bin 0 and, through the window, in the bins beside it.
    None,
    /// The mean of the piece (the default, as scipy).
    #[default]
    Constant,
    /// The least-squares line through the piece.
    Linear,
}

/// Level at the centre and slope a sample of what is to be taken out.
#[derive(Debug, Clone, Copy)]
pub(super) struct Line {
    pub(super) level: f64,
    pub(super) slope: f64,
}

impl Detrend {
    /// The line of `x`. `ramp` is [`ramp`] of the same length (used by `Linear` only).
    ///
    /// Sums are taken from the first sample on, so a constant piece leaves exact zeros and a large offset costs no
    /// digits.
    pub(super) fn line(self, x: &[f64], ramp: &[f64]) -> Line {
        let Some(&first) = x.first() else { return Line { level: 0.0, slope: 0.0 } };
        let n = x.len() as f64;
        let level = || first + lanes::sum_by(x, |v| v - first) / n;
        match self {
            Self::None => Line { level: 0.0, slope: 0.0 },
            Self::Constant => Line { level: level(), slope: 0.0 },
            Self::Linear => {
                let spread = n * (n * n - 1.0) / 12.0;
                let rise = lanes::sum_by2(x, ramp, |v, t| (v - first) * t);
                Line { level: level(), slope: if x.len() > 1 { rise / spread } else { 0.0 } }
            }
        }
    }

    /// The centred sample numbers that `Linear` needs; empty for the others.
    pub(super) fn ramp(self, n: usize) -> Vec<f64> {
        let centre = 0.5 * (n.saturating_sub(1)) as f64;
        if self == Self::Linear { (0..n).map(|i| i as f64 - centre).collect() } else { Vec::new() }
    }

    /// Writes `(x - line) w` for every sample.
    pub(super) fn apply(self, x: &[f64], window: &[f64], ramp: &[f64], out: &mut [f64]) {
        let line = self.line(x, ramp);
        match self {
            Self::None => {
                for (o, (v, w)) in out.iter_mut().zip(x.iter().zip(window)) {
                    *o = v * w;
                }
            }
            Self::Constant => {
                for (o, (v, w)) in out.iter_mut().zip(x.iter().zip(window)) {
                    *o = (v - line.level) * w;
                }
            }
            Self::Linear => {
                for (o, ((v, w), t)) in out.iter_mut().zip(x.iter().zip(window).zip(ramp)) {
                    *o = (v - (line.level + line.slope * t)) * w;
                }
            }
        }
    }
}
