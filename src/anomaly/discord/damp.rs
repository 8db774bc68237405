//! The stretch most unlike all that came before it, in long recordings.

use super::search::{Compared, End, Found, GoOn, Reach, Wanted, search};
use super::{Measure, Progress};
use crate::error::{Error, Result};
use linfa::ParamGuard;
use std::ops::ControlFlow;

/// Samples between the reference and the series, not finite: no stretch crosses them, and as many lanes of a diagonal.
const GAP: usize = crate::math::profile::WIDTH;

/// Checked settings of [`Damp`].
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
pub struct DampValidParams {
    window: usize,
    measure: Measure,
    exclusion: usize,
    max_lag: Option<usize>,
    count: usize,
}

/// Settings of [`Damp`]; see [`Damp::params`].
#[derive(Debug, Clone, PartialEq)]
pub struct DampParams(DampValidParams);

impl DampParams {
    /// How stretches are compared. Default [`Measure::ZNormalised`].
    #[must_use]
    pub fn measure(mut self, measure: Measure) -> Self {
        self.0.measure = measure;
        self
    }

    /// Samples up to which (inclusive) a neighbour is too near to count. Default `⌈m/4⌉`, as in the profiles; the paper's is
    /// `m - 1`, none that overlaps.
    #[must_use]
    pub fn exclusion(mut self, samples: usize) -> Self {
        self.0.exclusion = samples;
        self
    }

    /// Looks back no more than so many samples ("X-lag"): a machine that has drifted is compared with its recent self, and
    /// the cost is bounded. Default none: all that came before.
    #[must_use]
    pub fn max_lag(mut self, samples: usize) -> Self {
        self.0.max_lag = Some(samples);
        self
    }

    /// How many discords to find, no two overlapping, 1 to 1000. Default 1.
    #[must_use]
    pub fn count(mut self, discords: usize) -> Self {
        self.0.count = discords;
        self
    }

    /// Searches the stretches from `train` on, each among those before it.
    ///
    /// # Errors
    /// [`Error::Parameter`] for a window below 3, `p` outside 1 to 32, a count outside 1 to 1000, a largest lag that the
    /// exclusion leaves nothing of; [`Error::TooFew`] when the series has no stretch from `train` on; [`Error::Numeric`] when a
    /// distance overflows.
    pub fn search(&self, x: &[f64], train: usize) -> Result<Damp> {
        self.search_while(x, train, &[], |_| ControlFlow::Continue(()))
    }

    /// [`search`](Self::search) with a healthy recording of another time or machine ("golden batch"), whose stretches count as
    /// neighbours of all; with it `train` may be 0.
    ///
    /// # Errors
    /// As [`search`](Self::search); [`Error::TooFew`] when the reference is shorter than a window.
    pub fn search_with(&self, x: &[f64], train: usize, reference: &[f64]) -> Result<Damp> {
        if reference.len() < self.0.window {
            return Err(Error::too_few("samples of a reference", self.0.window, reference.len()));
        }
        self.search_while(x, train, reference, |_| ControlFlow::Continue(()))
    }

    /// [`search_with`](Self::search_with) a reference, or an empty one for none, that asks now and then whether to go on. One
    /// that was stopped has [`Damp::is_certain`] false.
    ///
    /// ```
    /// use prognos::anomaly::discord::Damp;
    /// use std::ops::ControlFlow;
    /// let x: Vec<f64> = (0..3000).map(|i| (i as f64 * 0.25).sin() + ((i * i) as f64).sin()).collect();
    /// let damp = Damp::params(25).search_while(&x, 500, &[], |_| ControlFlow::Break(()))?;
    /// assert!(!damp.is_certain());
    /// # Ok::<(), prognos::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`search_with`](Self::search_with).
    pub fn search_while(
        &self,
        x: &[f64],
        train: usize,
        reference: &[f64],
        mut go_on: impl FnMut(Progress) -> ControlFlow<()>,
    ) -> Result<Damp> {
        self.check_ref()?.search(x, train, reference, &mut go_on)
    }
}

impl ParamGuard for DampParams {
    type Checked = DampValidParams;
    type Error = Error;

    fn check_ref(&self) -> Result<&DampValidParams> {
        let DampValidParams { window, measure, exclusion, max_lag, count } = self.0;
        if window < 3 {
            return Err(Error::parameter("window", window, "must be 3 or more"));
        }
        measure.check()?;
        if !(1..=1000).contains(&count) {
            return Err(Error::parameter("count", count, "must be 1 to 1000"));
        }
        if let Some(lag) = max_lag.filter(|lag| *lag <= exclusion) {
            return Err(Error::parameter("max_lag", lag, "must be more than the exclusion"));
        }
        Ok(&self.0)
    }

    fn check(self) -> Result<DampValidParams> {
        self.check_ref()?;
        Ok(self.0)
    }
}

impl DampValidParams {
    fn search(&self, x: &[f64], train: usize, reference: &[f64], go_on: &mut GoOn<'_>) -> Result<Damp> {
        let m = self.window;
        if x.len() < m.saturating_add(train) {
            return Err(Error::too_few("samples of a series to search", m.saturating_add(train), x.len()));
        }
        let golden = !reference.is_empty();
        if golden && reference.len() < m {
            return Err(Error::too_few("samples of a reference", m, reference.len()));
        }
        let past = if golden { reference.len() + GAP } else { 0 };
        if past + x.len() >= u32::MAX as usize {
            return Err(Error::parameter("series", past + x.len(), "must have fewer than 2^32 - 1 samples"));
        }
        let joined: Vec<f64>;
        let all = if golden {
            joined = reference.iter().chain(&[f64::NAN; GAP]).chain(x).copied().collect();
            &joined
        } else {
            x
        };
        let reach = Reach {
            from: past + train,
            exclusion: self.exclusion,
            lag: self.max_lag.unwrap_or(usize::MAX),
            both: false,
            reference: if golden { reference.len() + 1 - m } else { 0 },
            past,
        };
        let wanted = Wanted { count: self.count, spacing: m, prominence: 0.0 };
        let found = search(&Compared::new(all, m, self.measure), &reach, wanted, go_on)?;
        let Found { discords, bounds, done, end } = found;
        let neighbour = |j: usize| if j < past { LeftNeighbour::Reference(j) } else { LeftNeighbour::Past(j - past) };
        Ok(Damp {
            window: m,
            discords: discords
                .into_iter()
                .map(|(i, distance, j)| LeftDiscord { location: i - past, distance, neighbour: neighbour(j) })
                .collect(),
            profile: bounds[past..].iter().map(|b| b.map_or(f64::INFINITY, |b| b.0)).collect(),
            done,
            certain: end == End::Certain,
        })
    }
}

/// Where the nearest neighbour of a [`LeftDiscord`] begins: what it should have looked like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum LeftNeighbour {
    /// In the series, before the discord.
    Past(usize),
    /// In the reference.
    Reference(usize),
}

/// A stretch unlike all that came before it.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct LeftDiscord {
    /// Where it begins.
    pub location: usize,
    /// How far its nearest neighbour before it, or in the reference, is.
    pub distance: f64,
    /// Where that one begins.
    pub neighbour: LeftNeighbour,
}

/// Which stretch is most unlike all that came before it? Left discords of long recordings, without the profile.
///
/// A fault that comes and stays is no discord of the whole recording, since its second day is like its first; among what came
/// *before*, the first day has no neighbour.
///
/// **Formula.** `argmax_i min_j d(i, j)`, j before i by more than the exclusion and by no more than the largest lag, or in the
/// reference; exactly, as the left profile of [`MatrixProfile`](super::MatrixProfile) has it.
///
/// **Source.** The question, and that it needs no profile, is DAMP: Y. Lu, R. Wu, A. Mueen, M. A. Zuluaga, E. Keogh, "Matrix
/// Profile XXIV: scaling time series anomaly detection to trillions of datapoints and ultra-fast arriving data streams", KDD
/// 2022. The order of the work is another one, so that there is no lookahead to choose: recent lags of all stretches together
/// along diagonals, then the most promising stretch alone, best first.
///
/// **Cost.** A few hundred lags of all stretches where something stands out: a million samples in seconds. At worst, where
/// nothing does, about twice the left profile: O(n²) time, O(n) memory.
///
/// **When not to use it.** Sample by sample, as they come: [`StreamingProfile`](super::StreamingProfile). Where every score is
/// needed, not the largest: [`MatrixProfile`](super::MatrixProfile).
///
/// ```
/// use prognos::anomaly::discord::{Damp, LeftNeighbour};
/// let mut x: Vec<f64> = (0..20_000).map(|i| (i as f64 * 0.25).sin() + 0.1 * ((i * i) as f64).sin()).collect();
/// // A fault that begins at 12,000 and comes back.
/// for k in [12_000, 14_000, 17_000] {
///     for i in 0..25 {
///         x[k + i] = 0.5;
///     }
/// }
/// let damp = Damp::params(25).search(&x, 2000)?;
/// let discord = damp.discords()[0];
/// assert!(discord.location.abs_diff(12_000) < 25);
/// assert!(matches!(discord.neighbour, LeftNeighbour::Past(j) if j < discord.location));
/// # Ok::<(), prognos::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Damp {
    window: usize,
    discords: Vec<LeftDiscord>,
    profile: Vec<f64>,
    done: f64,
    certain: bool,
}

impl Damp {
    /// Settings for stretches of `window` samples: z-normalised, exclusion `⌈m/4⌉`, all of the past, one discord.
    #[must_use]
    pub fn params(window: usize) -> DampParams {
        DampParams(DampValidParams {
            window,
            measure: Measure::ZNormalised,
            exclusion: window.div_ceil(4),
            max_lag: None,
            count: 1,
        })
    }

    /// Samples of a stretch.
    #[must_use]
    pub fn window(&self) -> usize {
        self.window
    }

    /// The discords, farthest first; fewer than asked for where there are no more stretches with a neighbour.
    #[must_use]
    pub fn discords(&self) -> &[LeftDiscord] {
        &self.discords
    }

    /// Left distance of every stretch, approximately: never too small, exact for the discords, infinite before `train` and where
    /// no neighbour is.
    #[must_use]
    pub fn profile(&self) -> &[f64] {
        &self.profile
    }

    /// Whether the search came to its end: the discords are those of the exact profile. Otherwise they are those of the stretches
    /// known by then, perhaps none.
    #[must_use]
    pub fn is_certain(&self) -> bool {
        self.certain
    }

    /// Share of the lags that were looked at when the search ended; 1 when it is certain.
    #[must_use]
    pub fn done(&self) -> f64 {
        self.done
    }
}
