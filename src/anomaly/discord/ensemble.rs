//! One anomaly, and nobody knows how long it is, nor whether it is of shape or of size.

use super::search::{Compared, End, Found, GoOn, Reach, Wanted, search};
use super::{Discord, Measure, Progress};
use crate::error::{Error, Result};
use linfa::ParamGuard;
use std::ops::ControlFlow;

/// Checked settings of a [`DiscordEnsemble`].
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
pub struct DiscordEnsembleValidParams {
    lengths: Vec<usize>,
    measures: Vec<Measure>,
    exclusion: f64,
}

/// Settings of a [`DiscordEnsemble`]; see [`DiscordEnsemble::params`].
#[derive(Debug, Clone, PartialEq)]
pub struct DiscordEnsembleParams(DiscordEnsembleValidParams);

impl DiscordEnsembleParams {
    /// How stretches are compared. Default both: [`Measure::ZNormalised`], which sees shapes, and [`Measure::EUCLIDEAN`], which sees
    /// levels and sizes.
    #[must_use]
    pub fn measures(mut self, measures: &[Measure]) -> Self {
        self.0.measures = measures.to_vec();
        self
    }

    /// Neighbours up to this share of a stretch away (in samples rounded up, inclusive) are too near to count, 0 to 1. Default 0.5.
    #[must_use]
    pub fn exclusion(mut self, share: f64) -> Self {
        self.0.exclusion = share;
        self
    }

    /// Searches the series from sample `train` on; what lies before is only there to be compared with.
    ///
    /// # Errors
    /// [`Error::Parameter`] for no length or one below 3, no measure, `p` outside 1 to 32, an exclusion outside 0 to 1, more than
    /// 1000 members; [`Error::TooFew`] when the series ends before `train` plus the longest stretch; [`Error::Numeric`] when a
    /// distance overflows, which absolute ones may.
    pub fn search(&self, x: &[f64], train: usize) -> Result<DiscordEnsemble> {
        self.search_while(x, train, |_| ControlFlow::Continue(()))
    }

    /// [`search`](Self::search) that asks now and then whether to go on; when stopped the members that were finished are there.
    ///
    /// # Errors
    /// As [`search`](Self::search).
    pub fn search_while(
        &self,
        x: &[f64],
        train: usize,
        mut go_on: impl FnMut(Progress) -> ControlFlow<()>,
    ) -> Result<DiscordEnsemble> {
        let params = self.check_ref()?;
        params.fits(x, train)?;
        let all: Vec<(Measure, usize)> =
            params.measures.iter().flat_map(|measure| params.lengths.iter().map(|m| (*measure, *m))).collect();
        let mut ensemble = DiscordEnsemble { samples: x.len(), members: Vec::new(), certain: true };
        for (at, &(measure, m)) in all.iter().enumerate() {
            let mut tell = |p: Progress| go_on(Progress { done: (at as f64 + p.done) / all.len() as f64 });
            // A member that cannot stand out more than the best so far is not looked at any further.
            let best = ensemble.chosen().map_or(0.0, Member::prominence);
            let (member, end) = params.member(x, train, measure, m, best, &mut tell)?;
            if end == End::Stopped {
                ensemble.certain = false;
                break;
            }
            ensemble.members.push(member);
        }
        Ok(ensemble)
    }
}

impl ParamGuard for DiscordEnsembleParams {
    type Checked = DiscordEnsembleValidParams;
    type Error = Error;

    fn check_ref(&self) -> Result<&DiscordEnsembleValidParams> {
        let DiscordEnsembleValidParams { lengths, measures, exclusion } = &self.0;
        if lengths.is_empty() {
            return Err(Error::parameter("lengths", "none", "must name one or more"));
        }
        if let Some(short) = lengths.iter().find(|m| **m < 3) {
            return Err(Error::parameter("lengths", short, "must be 3 or more"));
        }
        if measures.is_empty() {
            return Err(Error::parameter("measures", "none", "must name one or more"));
        }
        for measure in measures {
            measure.check()?;
        }
        let members = lengths.len().saturating_mul(measures.len());
        if members > 1000 {
            return Err(Error::parameter("lengths", members, "lengths times measures must be 1000 at most"));
        }
        if !(0.0..=1.0).contains(exclusion) {
            return Err(Error::parameter("exclusion", exclusion, "must lie in 0 to 1"));
        }
        Ok(&self.0)
    }

    fn check(self) -> Result<DiscordEnsembleValidParams> {
        self.check_ref()?;
        Ok(self.0)
    }
}

impl DiscordEnsembleValidParams {
    fn fits(&self, x: &[f64], train: usize) -> Result<()> {
        let longest = self.lengths.iter().copied().max().unwrap_or(0);
        let needed = train.saturating_add(longest);
        if x.len() < needed {
            return Err(Error::too_few("samples of a series to search", needed, x.len()));
        }
        if x.len() >= u32::MAX as usize {
            return Err(Error::parameter("series", x.len(), "must have fewer than 2^32 - 1 samples"));
        }
        Ok(())
    }

    /// One member, and how its search ended.
    fn member(
        &self,
        x: &[f64],
        train: usize,
        measure: Measure,
        m: usize,
        prominence: f64,
        go_on: &mut GoOn<'_>,
    ) -> Result<(Member, End)> {
        let reach = Reach {
            // The middle of the stretch lies behind the training part.
            from: train.saturating_sub(m / 2),
            exclusion: (self.exclusion * m as f64).ceil() as usize,
            lag: usize::MAX,
            both: true,
            reference: 0,
            past: 0,
        };
        let wanted = Wanted { count: 2, spacing: m, prominence };
        let Found { discords, bounds, end, .. } = search(&Compared::new(x, m, measure), &reach, wanted, go_on)?;
        let found = if end == End::Certain { &discords[..] } else { &[] };
        let mut found = found.iter().map(|&(location, distance, j)| Discord { location, distance, neighbour: Some(j) });
        let member = Member {
            length: m,
            measure,
            discord: found.next(),
            second: found.next(),
            profile: bounds.into_iter().map(|b| b.map_or(f64::INFINITY, |b| b.0)).collect(),
        };
        Ok((member, end))
    }
}

/// One length and one measure of a [`DiscordEnsemble`].
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Member {
    length: usize,
    measure: Measure,
    discord: Option<Discord>,
    second: Option<Discord>,
    profile: Vec<f64>,
}

impl Member {
    /// Samples of a stretch.
    #[must_use]
    pub fn length(&self) -> usize {
        self.length
    }

    /// How stretches were compared.
    #[must_use]
    pub fn measure(&self) -> Measure {
        self.measure
    }

    /// The discord; none where no stretch has a neighbour, and where the search was given up because a member before this one stands
    /// out more than this one can.
    #[must_use]
    pub fn discord(&self) -> Option<Discord> {
        self.discord
    }

    /// The second discord, which does not overlap the first.
    #[must_use]
    pub fn second(&self) -> Option<Discord> {
        self.second
    }

    /// Distance of every stretch to its nearest neighbour, approximately: never too small, exact for the two discords, infinite before
    /// `train` and where no neighbour is.
    #[must_use]
    pub fn profile(&self) -> &[f64] {
        &self.profile
    }

    /// How far the discord stands out: its distance over that of the second, 1 or more; infinite when all other stretches come back
    /// exactly, 1 when there is nothing to stand out of, or the search was given up.
    #[must_use]
    pub fn prominence(&self) -> f64 {
        match (self.discord, self.second) {
            (Some(first), Some(second)) if first.distance > second.distance => first.distance / second.distance,
            _ => 1.0,
        }
    }
}

/// Where is the anomaly, when nobody knows how long it is, nor whether it is of shape or of size?
///
/// Discords depend on the length of the stretches and on the measure, and the right ones differ from machine to machine. Where there is
/// one anomaly, a length and a measure that see it have one discord far from all the rest; those that do not see it have two or more
/// that are about as strange. So the member is taken whose discord stands out most of its own second discord: a choice without
/// labels, without units, and without anything to tune.
///
/// **Formula.** For each length m and measure the two discords of the series (`argmax_i min_j d(i, j)`, stretches i behind the training
/// part, j anywhere; the second does not overlap the first), prominence `d_1 / d_2`; the location is the middle of the discord of
/// the member with the largest prominence.
///
/// **Source.** Discords of several lengths: MERLIN (Nakamura et al., ICDM 2020). The choice by prominence is our own.
///
/// **Cost.** Each member as [`Damp`](super::Damp), and given up as soon as it cannot stand out more than one before it: seconds for a
/// million samples where something stands out, at worst about twice a matrix profile for each member.
///
/// **When not to use it.** Where there may be no anomaly, or many: it names one place in any series. A recording with several equal faults
/// has no prominent discord; join it with a healthy one ([`MatrixProfile`](super::MatrixProfile)).
///
/// ```
/// use prognos::anomaly::discord::DiscordEnsemble;
/// let mut x: Vec<f64> = (0..5000).map(|i| (i as f64 * 0.25).sin() + 0.05 * ((i * i) as f64).sin()).collect();
/// for v in &mut x[4000..4010] {
///     *v *= 0.6;
/// }
/// let ensemble = DiscordEnsemble::params(&[12, 25, 50]).search(&x, 1000)?;
/// assert!(ensemble.location().is_some_and(|at| at.abs_diff(4005) < 20));
/// let chosen = ensemble.chosen().ok_or("none")?;
/// assert!(chosen.prominence() > 1.2 && ensemble.scores()[4005] > 1.0);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct DiscordEnsemble {
    samples: usize,
    members: Vec<Member>,
    certain: bool,
}

impl DiscordEnsemble {
    /// Settings for stretches of these lengths: half of a period of the series, one and two is a good choice. Both measures, neighbours
    /// half a stretch away.
    #[must_use]
    pub fn params(lengths: &[usize]) -> DiscordEnsembleParams {
        DiscordEnsembleParams(DiscordEnsembleValidParams {
            lengths: lengths.to_vec(),
            measures: vec![Measure::ZNormalised, Measure::EUCLIDEAN],
            exclusion: 0.5,
        })
    }

    /// The members, by measure, then by length, in the order of the settings. Those that were certain on the way not to be the chosen
    /// one have no discord.
    #[must_use]
    pub fn members(&self) -> &[Member] {
        &self.members
    }

    /// The member whose discord stands out most; the first of equals. None where no member has a discord.
    #[must_use]
    pub fn chosen(&self) -> Option<&Member> {
        let found = self.members.iter().filter(|m| m.discord.is_some());
        found.reduce(|best, next| if next.prominence() > best.prominence() { next } else { best })
    }

    /// The sample in the middle of its discord.
    #[must_use]
    pub fn location(&self) -> Option<usize> {
        let chosen = self.chosen()?;
        Some(chosen.discord?.location + chosen.length / 2)
    }

    /// Score of every sample by the chosen member: the distance of the stretch in whose middle it is, over that of the second discord.
    /// Above 1 at the discord alone, and there the largest; elsewhere approximately, never too small; 0 in the training part, at
    /// the ends, and where there is no neighbour.
    #[must_use]
    pub fn scores(&self) -> Vec<f64> {
        let mut scores = vec![0.0; self.samples];
        if let Some(chosen) = self.chosen() {
            let unit = chosen.second.or(chosen.discord).map_or(0.0, |d| d.distance);
            for (score, d) in scores[chosen.length / 2..].iter_mut().zip(&chosen.profile) {
                if d.is_finite() {
                    *score = if unit > 0.0 { d / unit } else { *d };
                }
            }
        }
        scores
    }

    /// Whether all members were searched.
    #[must_use]
    pub fn is_certain(&self) -> bool {
        self.certain
    }
}
