//! Discords against a healthy recording, as a detector.

use super::{MatrixProfile, MatrixProfileParams, Measure};
use crate::anomaly::series::SeriesDetector;
use crate::error::{Error, Result, check_finite};
use crate::math::profile::Stretches;
use linfa::ParamGuard;

/// Which sample of a stretch gets its distance as a score.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum Place {
    /// The one in the middle: for looking back, a peak stands over the anomaly.
    #[default]
    Middle,
    /// The last: for looking on, a score uses no sample after its own.
    End,
}

/// Checked settings of a [`DiscordDetector`].
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
pub struct DiscordDetectorValidParams {
    window: usize,
    measure: Measure,
    neighbours: usize,
    place: Place,
}

/// Settings of a [`DiscordDetector`]; see [`DiscordDetector::params`].
#[derive(Debug, Clone, PartialEq)]
pub struct DiscordDetectorParams(DiscordDetectorValidParams);

impl DiscordDetectorParams {
    /// How stretches are compared. Default [`Measure::ZNormalised`].
    #[must_use]
    pub fn measure(mut self, measure: Measure) -> Self {
        self.0.measure = measure;
        self
    }

    /// The distance to the k-th nearest stretch of the reference counts, 1 to 1000. Default 1; more forgive as many faults in the
    /// reference.
    #[must_use]
    pub fn neighbours(mut self, k: usize) -> Self {
        self.0.neighbours = k;
        self
    }

    /// Which sample of a stretch gets its score. Default [`Place::Middle`].
    #[must_use]
    pub fn place(mut self, place: Place) -> Self {
        self.0.place = place;
        self
    }

    /// Keeps the healthy recording.
    ///
    /// # Errors
    /// [`Error::Parameter`] for a window below 3, p outside 1 to 32, neighbours outside 1 to 1000 or more than there are
    /// stretches; [`Error::TooFew`] for a series shorter than a window; [`Error::NonFinite`] naming a sample.
    pub fn fit(&self, healthy: &[f64]) -> Result<DiscordDetector> {
        let params = self.check_ref()?.clone();
        if healthy.len() < params.window {
            return Err(Error::too_few("samples of a healthy recording", params.window, healthy.len()));
        }
        check_finite("healthy recording", "samples", healthy)?;
        if params.neighbours > healthy.len() + 1 - params.window {
            return Err(Error::parameter("neighbours", params.neighbours, "the healthy recording has fewer stretches"));
        }
        Ok(DiscordDetector { params, healthy: healthy.to_vec() })
    }
}

impl ParamGuard for DiscordDetectorParams {
    type Checked = DiscordDetectorValidParams;
    type Error = Error;

    fn check_ref(&self) -> Result<&DiscordDetectorValidParams> {
        self.0.join().check_ref().map(|_| &self.0)
    }

    fn check(self) -> Result<DiscordDetectorValidParams> {
        self.check_ref()?;
        Ok(self.0)
    }
}

impl DiscordDetectorValidParams {
    fn join(&self) -> MatrixProfileParams {
        MatrixProfile::params(self.window).measure(self.measure).neighbours(self.neighbours)
    }
}

/// Is there a stretch that the healthy recording has nothing like?
///
/// **Formula.** The score of a sample is the distance of the stretch around it (or that ends there, [`Place`]) to its nearest
/// stretch, or k-th nearest, of the healthy recording: an AB-join. Samples at the ends, that no stretch has in its place, have
/// the score of the first or last stretch. z-normalised scores lie between 0 and `2 √m`.
///
/// **Reasons.** [`explain`](Self::explain) shows the healthy stretch and what each sample contributed.
///
/// **Cost.** O(n r) for n samples against r healthy ones, the recording is kept. **When not to use it.** Healthy operation
/// that the recording has not seen is an anomaly: record every regime.
///
/// ```
/// use prognos::anomaly::discord::DiscordDetector;
/// use prognos::anomaly::series::SeriesDetector;
/// let wave = |n: usize| (0..n).map(|i| (i as f64 * 0.25).sin()).collect::<Vec<f64>>();
/// let model = DiscordDetector::params(25).fit(&wave(500))?;
/// let mut today = wave(300);
/// today[200] += 1.5;
/// let scores = model.score_series(&today)?;
/// let worst = (0..300).max_by(|&a, &b| scores[a].total_cmp(&scores[b])).unwrap_or(0);
/// assert!(worst.abs_diff(200) <= 12);
/// let why = model.explain(&today, worst)?;
/// let most = (0..25).max_by(|&a, &b| why.contributions[a].total_cmp(&why.contributions[b]));
/// assert_eq!(most.map(|k| why.location + k), Some(200));
/// # Ok::<(), prognos::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(try_from = "Raw", into = "Raw"))]
pub struct DiscordDetector {
    params: DiscordDetectorValidParams,
    healthy: Vec<f64>,
}

/// Why a stretch is a discord.
#[derive(Debug, Clone, PartialEq)]
pub struct DiscordReason {
    /// Where the stretch begins.
    pub location: usize,
    /// Where the stretch of the healthy recording that it was compared with begins.
    pub reference: usize,
    /// Its distance: the score.
    pub distance: f64,
    /// The samples of the healthy stretch, z-normalised distances: at the level and the size of the stretch in question.
    pub healthy: Vec<f64>,
    /// What every sample contributed: they add up to `distance^p`, p = 2 where z-normalised.
    pub contributions: Vec<f64>,
}

impl DiscordDetector {
    /// Settings for stretches of `window` samples: z-normalised, nearest neighbour, score in the middle.
    #[must_use]
    pub fn params(window: usize) -> DiscordDetectorParams {
        DiscordDetectorParams(DiscordDetectorValidParams {
            window,
            measure: Measure::ZNormalised,
            neighbours: 1,
            place: Place::Middle,
        })
    }

    /// The healthy recording.
    #[must_use]
    pub fn healthy(&self) -> &[f64] {
        &self.healthy
    }

    /// Number of the stretch that scores a sample.
    fn stretch_of(&self, sample: usize, n: usize) -> usize {
        let m = self.params.window;
        let before = match self.params.place {
            Place::Middle => m / 2,
            Place::End => m - 1,
        };
        sample.saturating_sub(before).min(n - m)
    }

    fn check(&self, x: &[f64]) -> Result<()> {
        if x.len() < self.params.window {
            return Err(Error::too_few("samples of a series to score", self.params.window, x.len()));
        }
        check_finite("series to score", "samples", x)
    }

    /// Why a sample has its score: the healthy stretch, and the contribution of every sample of the stretch.
    ///
    /// # Errors
    /// As [`SeriesDetector::score_series`]; [`Error::Shape`] when there is no such sample; [`Error::Numeric`] when a contribution
    /// overflows.
    pub fn explain(&self, x: &[f64], sample: usize) -> Result<DiscordReason> {
        self.check(x)?;
        if sample >= x.len() {
            return Err(Error::shape("number of a sample", x.len(), sample));
        }
        let (m, rank) = (self.params.window, self.params.neighbours - 1);
        let location = self.stretch_of(sample, x.len());
        let own = &x[location..location + m];
        let profile = self.params.join().ab_join(own, &self.healthy)?;
        let (Some(&distance), Some(&Some(reference))) =
            (profile.neighbours().distances_of(rank).first(), profile.neighbours().indices_of(rank).first())
        else {
            return Err(Error::numeric("reason of a discord", "the stretch has no neighbour"));
        };
        let other = &self.healthy[reference..reference + m];
        let (healthy, parts): (Vec<f64>, Vec<f64>) = match self.params.measure {
            Measure::Absolute { p } => {
                (other.to_vec(), own.iter().zip(other).map(|(a, b)| (a - b).abs().powf(p)).collect())
            }
            Measure::ZNormalised => {
                let (a, b) = (Stretches::new(own, m), Stretches::new(other, m));
                let (u, v) = (a.inverse()[0], b.inverse()[0]);
                let (level, middle) = (a.mean()[0], b.mean()[0]);
                let pairs = || a.samples().iter().zip(b.samples()).map(|(x, y)| ((x - level) * u, (y - middle) * v));
                let size = if u > 0.0 { 1.0 / u } else { 0.0 };
                let healthy = pairs().map(|(_, y)| (level + y * size) / a.scale()).collect();
                // Of a constant stretch all samples are as far from the shape of the other; m in all.
                let share = |(x, y): (f64, f64)| match (u > 0.0, v > 0.0) {
                    (true, true) => m as f64 * (x - y) * (x - y),
                    (false, false) => 0.0,
                    _ => m as f64 * (x + y) * (x + y),
                };
                (healthy, pairs().map(share).collect())
            }
        };
        if parts.iter().any(|v| !v.is_finite()) {
            return Err(Error::numeric(
                "reason of a discord",
                "a power of a difference overflows: scale the series first",
            ));
        }
        Ok(DiscordReason { location, reference, distance, healthy, contributions: parts })
    }
}

impl SeriesDetector for DiscordDetector {
    fn window(&self) -> usize {
        self.params.window
    }

    fn score_series(&self, x: &[f64]) -> Result<Vec<f64>> {
        self.check(x)?;
        let profile = self.params.join().ab_join(x, &self.healthy)?;
        let distances = profile.neighbours().distances_of(self.params.neighbours - 1);
        Ok((0..x.len()).map(|i| distances[self.stretch_of(i, x.len())]).collect())
    }
}

#[cfg(feature = "persist")]
impl crate::persist::Persist for DiscordDetector {
    const KIND: &'static str = "discord_detector";
    fn feature_names(&self) -> &[String] {
        &[]
    }
}

/// What a file says; checked before it becomes a [`DiscordDetector`].
#[cfg(feature = "serde")]
#[derive(serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    params: DiscordDetectorValidParams,
    healthy: Vec<f64>,
}

#[cfg(feature = "serde")]
impl From<DiscordDetector> for Raw {
    fn from(model: DiscordDetector) -> Self {
        Self { params: model.params, healthy: model.healthy }
    }
}

#[cfg(feature = "serde")]
impl TryFrom<Raw> for DiscordDetector {
    type Error = Error;
    fn try_from(raw: Raw) -> Result<Self> {
        DiscordDetectorParams(raw.params).fit(&raw.healthy)
    }
}
