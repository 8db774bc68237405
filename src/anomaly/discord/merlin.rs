//! Discords of every length in a range.

use super::search::{Compared, End, GoOn, Reach, Wanted, search};
use super::{Discord, Measure, Progress};
use crate::error::{Error, Result};
use linfa::ParamGuard;
use std::ops::ControlFlow;

/// Checked settings of [`Merlin`].
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
pub struct MerlinValidParams {
    min: usize,
    max: usize,
    step: usize,
    measure: Measure,
    exclusion: f64,
    count: usize,
}

/// Settings of [`Merlin`]; see [`Merlin::params`].
#[derive(Debug, Clone, PartialEq)]
pub struct MerlinParams(MerlinValidParams);

impl MerlinParams {
    /// From one length to the next. Default 1.
    #[must_use]
    pub fn step(mut self, samples: usize) -> Self {
        self.0.step = samples;
        self
    }

    /// How stretches are compared. Default [`Measure::ZNormalised`].
    #[must_use]
    pub fn measure(mut self, measure: Measure) -> Self {
        self.0.measure = measure;
        self
    }

    /// Neighbours up to this share of a stretch away (in samples rounded up, inclusive) are too near to count, 0 to 1. Default 1:
    /// a neighbour neither overlaps nor touches.
    #[must_use]
    pub fn exclusion(mut self, share: f64) -> Self {
        self.0.exclusion = share;
        self
    }

    /// How many discords of each length, no two overlapping, 1 to 1000. Default 1.
    #[must_use]
    pub fn count(mut self, discords: usize) -> Self {
        self.0.count = discords;
        self
    }

    /// Searches the series for the discords of every length.
    ///
    /// # Errors
    /// [`Error::Parameter`] for lengths below 3 or in the wrong order, step 0, `p` outside 1 to 32, an exclusion outside 0 to 1, a
    /// count outside 1 to 1000; [`Error::TooFew`] for a series shorter than the largest length; [`Error::Numeric`] when a distance
    /// overflows.
    pub fn search(&self, x: &[f64]) -> Result<Merlin> {
        self.search_while(x, |_| ControlFlow::Continue(()))
    }

    /// [`search`](Self::search) that asks now and then whether to go on; the share that is done counts lengths. When stopped the
    /// lengths that were finished are there.
    ///
    /// # Errors
    /// As [`search`](Self::search).
    pub fn search_while(&self, x: &[f64], mut go_on: impl FnMut(Progress) -> ControlFlow<()>) -> Result<Merlin> {
        self.check_ref()?.search(x, &mut go_on)
    }
}

impl ParamGuard for MerlinParams {
    type Checked = MerlinValidParams;
    type Error = Error;

    fn check_ref(&self) -> Result<&MerlinValidParams> {
        let MerlinValidParams { min, max, step, measure, exclusion, count } = self.0;
        if min < 3 {
            return Err(Error::parameter("min", min, "must be 3 or more"));
        }
        if max < min {
            return Err(Error::parameter("max", max, "must not be less than min"));
        }
        if step == 0 {
            return Err(Error::parameter("step", step, "must be 1 or more"));
        }
        measure.check()?;
        if !(0.0..=1.0).contains(&exclusion) {
            return Err(Error::parameter("exclusion", exclusion, "must lie in 0 to 1"));
        }
        if !(1..=1000).contains(&count) {
            return Err(Error::parameter("count", count, "must be 1 to 1000"));
        }
        Ok(&self.0)
    }

    fn check(self) -> Result<MerlinValidParams> {
        self.check_ref()?;
        Ok(self.0)
    }
}

impl MerlinValidParams {
    fn search(&self, x: &[f64], go_on: &mut GoOn<'_>) -> Result<Merlin> {
        if x.len() < self.max {
            return Err(Error::too_few("samples of a series to search", self.max, x.len()));
        }
        if x.len() >= u32::MAX as usize {
            return Err(Error::parameter("series", x.len(), "must have fewer than 2^32 - 1 samples"));
        }
        let all: Vec<usize> = (self.min..=self.max).step_by(self.step).collect();
        let mut merlin = Merlin { measure: self.measure, lengths: Vec::new(), certain: true };
        for (at, &m) in all.iter().enumerate() {
            let reach = Reach {
                from: 0,
                exclusion: (self.exclusion * m as f64).ceil() as usize,
                lag: usize::MAX,
                both: true,
                reference: 0,
                past: 0,
            };
            let mut tell = |p: Progress| go_on(Progress { done: (at as f64 + p.done) / all.len() as f64 });
            let wanted = Wanted { count: self.count, spacing: m, prominence: 0.0 };
            let found = search(&Compared::new(x, m, self.measure), &reach, wanted, &mut tell)?;
            if found.end != End::Certain {
                merlin.certain = false;
                break;
            }
            let discords = found
                .discords
                .into_iter()
                .map(|(location, distance, j)| Discord { location, distance, neighbour: Some(j) })
                .collect();
            merlin.lengths.push(LengthDiscords { length: m, discords });
        }
        Ok(merlin)
    }
}

/// The discords of one length.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct LengthDiscords {
    /// Samples of a stretch.
    pub length: usize,
    /// Farthest first; fewer than asked for where there are no more stretches with a neighbour.
    pub discords: Vec<Discord>,
}

/// Which stretch is like no other, when nobody knows how long it is? The discords of every length in a range.
///
/// **Formula.** For each length m `argmax_i min_j d(i, j)` over all j farther than the exclusion, exactly; more than one by leaving
/// out what overlaps those found. Distances of different lengths are compared by
/// [`strongest`](Self::strongest) after division by `√m` (`m^(1/p)`).
///
/// **Source.** The question is MERLIN: T. Nakamura, M. Imamura, R. Mercer, E. Keogh, "MERLIN: parameter-free discovery of
/// arbitrary length anomalies in massive time series archives", ICDM 2020. Each length is searched best first, as in
/// [`Damp`](super::Damp), in place of DRAG: there is no range r to guess.
///
/// **Cost.** For each length a few hundred lags of all stretches where something stands out, seconds for a million samples; at worst
/// about twice the profile of each. O(n) memory.
///
/// **When not to use it.** With many lengths something is always long enough to be strange: a length that means something (a cycle, a
/// stroke) and [`MatrixProfile`](super::MatrixProfile) is the better question where there is one.
///
/// ```
/// use prognos::anomaly::discord::Merlin;
/// let mut x: Vec<f64> = (0..2000).map(|i| (i as f64 * 0.25).sin() + 0.05 * ((i * i) as f64).sin()).collect();
/// for i in 0..30 {
///     x[1000 + i] *= -1.0;
/// }
/// let merlin = Merlin::params(20, 40).step(5).search(&x)?;
/// assert_eq!(merlin.lengths().len(), 5);
/// let (length, discord) = merlin.strongest().ok_or("none")?;
/// assert!(discord.location < 1030 && discord.location + length > 1000);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Merlin {
    measure: Measure,
    lengths: Vec<LengthDiscords>,
    certain: bool,
}

impl Merlin {
    /// Settings for stretches of `min` to `max` samples, both included: every length, z-normalised, neighbours that do not overlap,
    /// one discord each.
    #[must_use]
    pub fn params(min: usize, max: usize) -> MerlinParams {
        MerlinParams(MerlinValidParams { min, max, step: 1, measure: Measure::ZNormalised, exclusion: 1.0, count: 1 })
    }

    /// The discords of each length, shortest first.
    #[must_use]
    pub fn lengths(&self) -> &[LengthDiscords] {
        &self.lengths
    }

    /// Whether all lengths were searched.
    #[must_use]
    pub fn is_certain(&self) -> bool {
        self.certain
    }

    /// The length and the discord that stands out most: distance over `√m` (absolute ones `m^(1/p)`); the shortest of equals. None
    /// where no stretch has a neighbour.
    #[must_use]
    pub fn strongest(&self) -> Option<(usize, Discord)> {
        let power = match self.measure {
            Measure::ZNormalised => 0.5,
            Measure::Absolute { p } => 1.0 / p,
        };
        let of =
            |l: &LengthDiscords| l.discords.first().map(|d| (d.distance / (l.length as f64).powf(power), l.length, *d));
        self.lengths
            .iter()
            .filter_map(of)
            .reduce(|best, next| if next.0 > best.0 { next } else { best })
            .map(|(_, length, discord)| (length, discord))
    }
}
