//! Empirical mode decomposition: oscillations peeled off from fast to slow.
//!
//! **Formula.** Sifting: `h <- h - (u + l) / 2`, where `u` and `l` are cubic splines through the maxima and the minima
//! of `h`, until the stopping rule holds: `h` is the next mode (intrinsic mode function). It is taken off, and what is
//! left is sifted again, until fewer than three extrema remain.
//!
//! **Source.** Huang et al. 1998 (Proc. R. Soc. A 454); mirrored extrema and stopping rules as compared by Rilling,
//! Flandrin & Goncalves 2003.

use super::extrema::{Extrema, Knots, knots};
use super::spline::add_spline;
use super::{Modes, check_samples};
use crate::error::{Error, Result, check_fraction};
use crate::math::lanes;

/// When a mode has been sifted enough.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields, rename_all = "snake_case"))]
#[non_exhaustive]
pub enum SiftStop {
    /// The last sifting took off less than this share (0 to 1) of the energy, the numbers of extrema and of zero
    /// crossings differ by at most one, every knot of the upper envelope was at or above 0 and every knot of the lower
    /// at or below. The criterion of Huang et al. 1998 in the form that does not divide by single samples.
    EnergyRatio(f64),
    /// The numbers of extrema and of zero crossings differed by at most one in so many siftings one after the other
    /// (Huang et al. 2003; 3 to 8 are usual). The first sifting of a mode does not count: `FIXE_H` of PyEMD.
    SNumber(usize),
    /// So many siftings, whatever comes of them (Wu & Huang 2009 take 10): a linear operator but for the extrema, and
    /// the rule for averages over ensembles.
    Fixed(usize),
}

/// Most siftings of a mode when the rule does not hold before.
const MAX_SIFTINGS: usize = 1000;
/// A remainder whose range is this share of the signal's is rounding.
const NOTHING_LEFT: f64 = 1e-10;

/// Empirical mode decomposition; see the [module](super) for when to use it.
///
/// Modes come fast to slow, as many as there are; the residue has fewer than three extrema (unless a limit stopped
/// the decomposition). Modes and residue add up to the signal. Two components closer than about a factor of 1.5 in
/// frequency, or the slower one much stronger, come out as one mode. White noise gives about `log2(n)` modes, each an
/// octave below the one before (Flandrin, Rilling & Goncalves 2004).
///
/// The modes are those of PyEMD to rounding, with three exceptions: its thresholds on what is left are absolute numbers
/// and end small signals early; a level stretch that begins at the second sample is no extremum there; its stopping
/// rule has two further clauses, on the absolute change and on quotients of single samples.
///
/// Cost: O(n) a sifting, a few siftings a mode.
///
/// ```
/// use prognos::signal::decomposition::Emd;
/// let fast = |i: usize| (i as f64 * 0.9).sin();
/// let slow = |i: usize| (i as f64 * 0.06).sin();
/// let x: Vec<f64> = (0..800).map(|i| fast(i) + slow(i)).collect();
/// let modes = Emd::new().decompose(&x)?;
/// // Away from the ends the modes are the two oscillations.
/// assert!((200..600).all(|i| (modes.mode(0).unwrap()[i] - fast(i)).abs() < 0.1));
/// assert!((200..600).all(|i| (modes.mode(1).unwrap()[i] - slow(i)).abs() < 0.1));
/// # Ok::<(), prognos::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
pub struct Emd {
    max_modes: usize,
    stop: SiftStop,
}

impl Default for Emd {
    fn default() -> Self {
        Self::new()
    }
}

impl Emd {
    /// All modes (at most 64), each sifted until the energy ratio is below 0.2.
    #[must_use]
    pub fn new() -> Self {
        Self { max_modes: 64, stop: SiftStop::EnergyRatio(0.2) }
    }

    /// Stops after so many modes; the residue is what is left. Default 64, which is all.
    #[must_use]
    pub fn max_modes(mut self, modes: usize) -> Self {
        self.max_modes = modes;
        self
    }

    /// When a mode has been sifted enough. Default [`SiftStop::EnergyRatio`] 0.2: the rule and the threshold of PyEMD.
    #[must_use]
    pub fn stop(mut self, stop: SiftStop) -> Self {
        self.stop = stop;
        self
    }

    /// The modes of `x`: none when it has fewer than three extrema.
    ///
    /// # Errors
    /// [`Error::Parameter`] for a setting out of its range or more than 2^24 samples; [`Error::TooFew`] without a
    /// sample; [`Error::NonFinite`] naming a sample; [`Error::Numeric`] when a square overflows.
    pub fn decompose(&self, x: &[f64]) -> Result<Modes> {
        self.check()?;
        check_samples(x, 1)?;
        let mut values = Vec::new();
        let mut sifter = Sifter::default();
        self.sift_all(x, &mut sifter, |mode| values.extend_from_slice(mode));
        Modes::new(x, values)
    }

    pub(super) fn check(&self) -> Result<()> {
        if !(1..=64).contains(&self.max_modes) {
            return Err(Error::parameter("max_modes", self.max_modes, "must be 1 to 64"));
        }
        match self.stop {
            SiftStop::EnergyRatio(ratio) => check_fraction("stop", ratio).map(|_| ()),
            SiftStop::SNumber(n) | SiftStop::Fixed(n) if !(1..=MAX_SIFTINGS).contains(&n) => {
                Err(Error::parameter("stop", n, "must be 1 to 1000 siftings"))
            }
            _ => Ok(()),
        }
    }

    pub(super) fn limit(&self) -> usize {
        self.max_modes
    }

    /// Hands the modes of `x` to `take`, one after the other.
    pub(super) fn sift_all(&self, x: &[f64], sifter: &mut Sifter, mut take: impl FnMut(&[f64])) {
        let least = NOTHING_LEFT * range(x);
        let mut left = x.to_vec();
        for _ in 0..self.max_modes {
            if range(&left) <= least {
                break;
            }
            let Some(mode) = self.sift(&left, sifter) else { break };
            left.iter_mut().zip(mode).for_each(|(l, m)| *l -= m);
            take(mode);
        }
    }

    /// The first mode of `x`; `None` when it has fewer than three extrema.
    pub(super) fn sift<'a>(&self, x: &[f64], s: &'a mut Sifter) -> Option<&'a [f64]> {
        s.mode.clear();
        s.mode.extend_from_slice(x);
        s.extrema.find(&s.mode);
        if s.extrema.count() < 3 {
            return None;
        }
        let mut calm = 0;
        for sifting in 1..MAX_SIFTINGS {
            s.take_mean();
            let before = lanes::sum_squares(&s.mode);
            s.mode.iter_mut().zip(&s.mean).for_each(|(h, m)| *h -= m);
            s.extrema.find(&s.mode);
            if s.extrema.count() < 3 {
                break;
            }
            let balanced = s.extrema.count().abs_diff(s.extrema.crossings) < 2;
            let done = match self.stop {
                SiftStop::Fixed(n) => sifting >= n,
                SiftStop::SNumber(n) => {
                    calm = if balanced && sifting > 1 { calm + 1 } else { 0 };
                    calm >= n
                }
                SiftStop::EnergyRatio(ratio) => {
                    balanced
                        && s.upper.value.iter().all(|v| *v >= 0.0)
                        && s.lower.value.iter().all(|v| *v <= 0.0)
                        && lanes::sum_squares(&s.mean) < ratio * before
                }
            };
            if done {
                break;
            }
        }
        Some(&s.mode)
    }
}

fn range(x: &[f64]) -> f64 {
    let (low, high) = lanes::min_max(x);
    high - low
}

/// Working memory of the sifting.
#[derive(Debug, Clone, Default)]
pub(super) struct Sifter {
    mode: Vec<f64>,
    mean: Vec<f64>,
    extrema: Extrema,
    upper: Knots,
    lower: Knots,
    distances: [Vec<usize>; 2],
    work: Vec<f64>,
}

impl Sifter {
    /// The mean of the envelopes of the present mode.
    fn take_mean(&mut self) {
        knots(&self.mode, &self.extrema, &mut self.upper, &mut self.lower, &mut self.distances);
        self.mean.clear();
        self.mean.resize(self.mode.len(), 0.0);
        for envelope in [&self.upper, &self.lower] {
            add_spline(&envelope.at, &envelope.value, 0.5, &mut self.mean, &mut self.work);
        }
    }
}
