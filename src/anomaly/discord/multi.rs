//! The matrix profile of several channels.

use super::profile::discords;
use super::{Discord, Measure};
use crate::error::{Error, Result};
use crate::math::par;
use crate::math::profile::{Channel, Order, Stretches, sort_and_join};
use linfa::ParamGuard;

/// Checked settings of a [`MultiProfile`].
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
pub struct MultiProfileValidParams {
    window: usize,
    measure: Measure,
    exclusion: usize,
    discords: bool,
    include: Vec<usize>,
}

/// Settings of a [`MultiProfile`]; see [`MultiProfile::params`].
#[derive(Debug, Clone, PartialEq)]
pub struct MultiProfileParams(MultiProfileValidParams);

impl MultiProfileParams {
    /// How the stretches of a channel are compared. Default [`Measure::ZNormalised`].
    #[must_use]
    pub fn measure(mut self, measure: Measure) -> Self {
        self.0.measure = measure;
        self
    }

    /// Samples up to which (inclusive) a neighbour is too near to count. Default `⌈m/4⌉`.
    #[must_use]
    pub fn exclusion(mut self, samples: usize) -> Self {
        self.0.exclusion = samples;
        self
    }

    /// Counts the channels that fit worst, for anomalies, instead of those that fit best, for patterns. Default true: with
    /// the best k channels an anomaly of one sensor shows only when all are asked for.
    #[must_use]
    pub fn discords(mut self, worst: bool) -> Self {
        self.0.discords = worst;
        self
    }

    /// Channels that always count, in this order, before the others. Default none.
    #[must_use]
    pub fn include(mut self, channels: &[usize]) -> Self {
        self.0.include = channels.to_vec();
        self
    }

    /// Joins the channels, each a series of the same length, with themselves.
    ///
    /// # Errors
    /// [`Error::Parameter`] for a window below 3, p outside 1 to 32, a channel to include that is not there or there twice, more
    /// than 1024 channels; [`Error::TooFew`] without channels or with fewer samples than a window; [`Error::Shape`] when lengths
    /// differ; [`Error::Numeric`] when a distance overflows.
    pub fn self_join<C: AsRef<[f64]> + Sync>(&self, channels: &[C]) -> Result<MultiProfile> {
        self.check_ref()?.join(channels)
    }
}

impl ParamGuard for MultiProfileParams {
    type Checked = MultiProfileValidParams;
    type Error = Error;

    fn check_ref(&self) -> Result<&MultiProfileValidParams> {
        if self.0.window < 3 {
            return Err(Error::parameter("window", self.0.window, "must be 3 or more"));
        }
        self.0.measure.check()?;
        Ok(&self.0)
    }

    fn check(self) -> Result<MultiProfileValidParams> {
        self.check_ref()?;
        Ok(self.0)
    }
}

/// The matrix profile of several channels: for each number k of channels the nearest neighbour of every stretch, when the k
/// channels count that fit worst (or best), and which these are.
///
/// **Formula.** `d_c(i, j)` is the distance in channel c. For every pair they are sorted, largest first for discords, smallest
/// first for patterns (channels to include before the others, unsorted); `P_k(i) = min_j` of the mean of the first k.
///
/// **Source.** C.-C. M. Yeh, N. Kavantzas, E. Keogh, "Matrix Profile VI: meaningful multidimensional motif discovery", ICDM
/// 2017; the order for discords as in stumpy.
///
/// **Cost.** O(n² d²) in vector lanes, O(n d²) memory: 3 channels of 8,192 samples in some tenths of a second.
///
/// ```
/// use prognos::anomaly::discord::MultiProfile;
/// let channel = |phase: f64| (0..600).map(|i| (i as f64 * 0.2 + phase).sin()).collect::<Vec<f64>>();
/// let mut channels = [channel(0.0), channel(1.0), channel(2.0)];
/// channels[1][300] += 2.0;
/// let profile = MultiProfile::params(25).self_join(&channels)?;
/// let discord = profile.discords(1, 1)[0];
/// assert!((276..=300).contains(&discord.location));
/// assert_eq!(profile.channels_of(1, discord.location), [1]);
/// # Ok::<(), prognos::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct MultiProfile {
    window: usize,
    channels: usize,
    count: usize,
    /// By number of channels, then by stretch.
    distances: Vec<f64>,
    indices: Vec<Option<usize>>,
    /// The channels in order, by number of channels, then by stretch.
    order: Vec<u16>,
}

impl MultiProfile {
    /// Settings for stretches of `window` samples: z-normalised, for discords, exclusion zone `⌈m/4⌉`.
    #[must_use]
    pub fn params(window: usize) -> MultiProfileParams {
        MultiProfileParams(MultiProfileValidParams {
            window,
            measure: Measure::ZNormalised,
            exclusion: window.div_ceil(4),
            discords: true,
            include: Vec::new(),
        })
    }

    /// Samples of a stretch.
    #[must_use]
    pub fn window(&self) -> usize {
        self.window
    }

    /// Number of channels.
    #[must_use]
    pub fn n_channels(&self) -> usize {
        self.channels
    }

    /// Mean distance over `k` channels of every stretch to its nearest neighbour; infinite where there is none. Empty unless k is
    /// 1 to the number of channels.
    #[must_use]
    pub fn distances(&self, k: usize) -> &[f64] {
        self.level(k).map_or(&[], |l| &self.distances[l * self.count..(l + 1) * self.count])
    }

    /// Place of the nearest neighbour over `k` channels.
    #[must_use]
    pub fn indices(&self, k: usize) -> &[Option<usize>] {
        self.level(k).map_or(&[], |l| &self.indices[l * self.count..(l + 1) * self.count])
    }

    /// The `k` channels that made the distance of a stretch, the first first; empty where there is no neighbour.
    #[must_use]
    pub fn channels_of(&self, k: usize, stretch: usize) -> Vec<usize> {
        match self.level(k) {
            Some(l) if stretch < self.count && self.indices[l * self.count + stretch].is_some() => {
                let at = (l * self.count + stretch) * self.channels;
                self.order[at..at + k].iter().map(|c| usize::from(*c)).collect()
            }
            _ => Vec::new(),
        }
    }

    /// The stretches farthest from their neighbour over `k` channels, farthest first, no two overlapping.
    #[must_use]
    pub fn discords(&self, k: usize, count: usize) -> Vec<Discord> {
        let indices = self.indices(k);
        discords(self.distances(k), self.window, count)
            .into_iter()
            .map(|(location, distance)| Discord { location, distance, neighbour: indices[location] })
            .collect()
    }

    fn level(&self, k: usize) -> Option<usize> {
        k.checked_sub(1).filter(|l| *l < self.channels)
    }
}

impl MultiProfileValidParams {
    fn join<C: AsRef<[f64]> + Sync>(&self, channels: &[C]) -> Result<MultiProfile> {
        let (m, d) = (self.window, channels.len());
        let Some(n) = channels.first().map(|c| c.as_ref().len()) else {
            return Err(Error::too_few("channels to join", 1, 0));
        };
        if let Some(other) = channels.iter().map(|c| c.as_ref().len()).find(|len| *len != n) {
            return Err(Error::shape("samples of a channel", n, other));
        }
        if d > 1024 {
            return Err(Error::parameter("channels", d, "must be 1024 at most"));
        }
        if n < m {
            return Err(Error::too_few("samples of a series to join", m, n));
        }
        if n >= u32::MAX as usize {
            return Err(Error::parameter("series", n, "must have fewer than 2^32 - 1 samples"));
        }
        for (at, c) in self.include.iter().enumerate() {
            if *c >= d || self.include[..at].contains(c) {
                return Err(Error::parameter("include", c, "must name channels that are there, each once"));
            }
        }
        // Channels to include stand in front.
        let rest = (0..d).filter(|c| !self.include.contains(c));
        let places: Vec<usize> = self.include.iter().copied().chain(rest).collect();
        let series: Vec<&[f64]> = places.iter().map(|c| channels[*c].as_ref()).collect();
        let scale = self.measure.scale(&series);
        let (mut stretches, mut samples) = (Vec::new(), Vec::new());
        let followed: Vec<Channel> = match self.measure {
            Measure::ZNormalised => {
                stretches = series.iter().map(|x| Stretches::new(x, m)).collect();
                stretches.iter().map(Channel::correlated).collect()
            }
            Measure::Absolute { p } => {
                let scaled = |x: &&[f64]| x.iter().map(|v| if v.is_finite() { v * scale } else { f64::NAN }).collect();
                samples = series.iter().map(scaled).collect::<Vec<Vec<f64>>>();
                samples.iter().map(|x| Channel::absolute(x, m, p)).collect()
            }
        };
        let count = n + 1 - m;
        let order = Order { fixed: self.include.len().min(d), descending: self.discords };
        let first = self.exclusion.saturating_add(1).min(count);
        let boards = sort_and_join(&followed, m, count, first, order);

        // The distances of what was found, from the samples.
        let distance = |c: usize, i: usize, j: usize| match self.measure {
            Measure::ZNormalised => stretches[c].distance(i, &stretches[c], j),
            Measure::Absolute { p } => Measure::absolute(p, &samples[c][i..i + m], &samples[c][j..j + m]) / scale,
        };
        let found = par::map(d * count, |at| {
            let (level, i) = (at / count, at % count);
            let (j, _) = boards[level].partners(i).next()?;
            let mut all: Vec<(f64, usize)> = (0..d).map(|c| (distance(c, i, j), c)).collect();
            all[order.fixed..].sort_by(|a, b| if self.discords { b.0.total_cmp(&a.0) } else { a.0.total_cmp(&b.0) });
            let mean = all[..=level].iter().map(|a| a.0).sum::<f64>() / (level + 1) as f64;
            Some((mean, j, all.into_iter().map(|a| places[a.1] as u16).collect::<Vec<u16>>()))
        });
        let mut profile = MultiProfile {
            window: m,
            channels: d,
            count,
            distances: vec![f64::INFINITY; d * count],
            indices: vec![None; d * count],
            order: Vec::with_capacity(d * d * count),
        };
        for (at, found) in found.into_iter().enumerate() {
            match found {
                Some((distance, j, order)) => {
                    if !distance.is_finite() {
                        let reason = format!("a distance of the stretch at {} overflows", at % count);
                        return Err(Error::numeric("matrix profile of several channels", reason));
                    }
                    profile.distances[at] = distance;
                    profile.indices[at] = Some(j);
                    profile.order.extend(order);
                }
                None => profile.order.extend(std::iter::repeat_n(0, d)),
            }
        }
        Ok(profile)
    }
}
