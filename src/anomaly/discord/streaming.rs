//! The matrix profile of a series that grows, sample by sample.

use super::{MatrixProfile, Measure};
use crate::anomaly::stream::StreamingDetector;
use crate::error::{Error, Result};
use crate::math::profile::{Kind, Stretches, WIDTH, beaten, scale_of};
use crate::math::{lanes, order};
use linfa::ParamGuard;
use wide::f64x4;

/// Stretches after which a running sum is computed anew.
const RESTART: usize = 512;

/// Checked settings of a [`StreamingProfile`].
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
pub struct StreamingProfileValidParams {
    window: usize,
    measure: Measure,
    exclusion: usize,
    keep: Option<usize>,
}

/// Settings of a [`StreamingProfile`]; see [`StreamingProfile::params`].
#[derive(Debug, Clone, PartialEq)]
pub struct StreamingProfileParams(StreamingProfileValidParams);

impl StreamingProfileParams {
    /// How stretches are compared. Default [`Measure::ZNormalised`].
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

    /// Keeps the last samples alone, at least two windows: a new stretch is compared with what is kept, in bounded memory.
    /// Stretches that are kept still know neighbours that are gone. Default: everything is kept.
    #[must_use]
    pub fn keep(mut self, samples: usize) -> Self {
        self.0.keep = Some(samples);
        self
    }

    /// Starts from a history, which may be empty; its matrix profile is computed first.
    ///
    /// # Errors
    /// [`Error::Parameter`] for a window below 3, p outside 1 to 32, fewer samples to keep than two windows;
    /// [`Error::Numeric`] when a distance overflows.
    pub fn start(&self, history: &[f64]) -> Result<StreamingProfile> {
        let params = self.check_ref()?;
        let profile = if history.len() < params.window {
            None
        } else {
            let batch = MatrixProfile::params(params.window).measure(params.measure).exclusion(params.exclusion);
            Some(batch.self_join(history)?)
        };
        StreamingProfile::new(params, history, profile.as_ref())
    }

    /// Starts from a history whose matrix profile is known: nothing is computed twice.
    ///
    /// # Errors
    /// As [`start`](Self::start); [`Error::Parameter`] when the profile is of other settings, [`Error::Shape`] when it is of
    /// another length.
    pub fn resume(&self, history: &[f64], profile: &MatrixProfile) -> Result<StreamingProfile> {
        let params = self.check_ref()?;
        if profile.window != params.window {
            return Err(Error::parameter("window", params.window, format!("the profile has {}", profile.window)));
        }
        if profile.measure != params.measure || profile.exclusion != Some(params.exclusion) {
            return Err(Error::parameter(
                "profile",
                format!("{:?}, exclusion {:?}", profile.measure, profile.exclusion),
                "must be a self-join with the measure and the exclusion zone of the stream",
            ));
        }
        let count = (history.len() + 1).saturating_sub(params.window);
        if profile.distances().len() != count {
            return Err(Error::shape("stretches of the profile to go on from", count, profile.distances().len()));
        }
        StreamingProfile::new(params, history, Some(profile))
    }
}

impl ParamGuard for StreamingProfileParams {
    type Checked = StreamingProfileValidParams;
    type Error = Error;

    fn check_ref(&self) -> Result<&StreamingProfileValidParams> {
        let StreamingProfileValidParams { window, measure, keep, .. } = self.0;
        if window < 3 {
            return Err(Error::parameter("window", window, "must be 3 or more"));
        }
        measure.check()?;
        if keep.is_some_and(|k| k / 2 < window) {
            return Err(Error::parameter("keep", keep.unwrap_or(0), "must be at least two windows"));
        }
        Ok(&self.0)
    }

    fn check(self) -> Result<StreamingProfileValidParams> {
        self.check_ref()?;
        Ok(self.0)
    }
}

/// The matrix profile of a series that grows: a new stretch is compared with all before it, and they with it.
///
/// **What it answers.** Has this been seen before? The *left* distance of a stretch, to its nearest neighbour among those
/// before it, is what was known when it came: a score without a look into the future. The profile itself is renewed, too.
///
/// **Formula.** As [`MatrixProfile`]; the running sums of the newest stretch with every other one move on by one sample, each
/// is computed anew once in 512 samples, and the distance of a neighbour that is found from the samples themselves. The left
/// distances are, to the bit, those of the batch over the whole series (where neighbours do not tie to the last digits, and
/// nothing was forgotten).
///
/// **Source.** C.-C. M. Yeh et al., "Matrix Profile I", ICDM 2016 (STAMPI); egress as in stumpy.
///
/// **Cost.** O(n) a sample for n samples kept: 10,000 in some ten microseconds. About 100 bytes a sample kept.
///
/// **NaN.** [`push`](Self::push) takes samples that are not finite: stretches that hold one have no neighbour. As a
/// [`StreamingDetector`] it refuses them.
///
/// ```
/// use prognos::anomaly::discord::StreamingProfile;
/// let wave = |i: usize| (i as f64 * 0.25).sin();
/// let history: Vec<f64> = (0..500).map(wave).collect();
/// let mut profile = StreamingProfile::params(25).keep(1000).start(&history)?;
/// let mut worst = 0.0f64;
/// for i in 500..600 {
///     worst = worst.max(profile.push(wave(i))?);
/// }
/// assert!(worst < 1.0);
/// assert!(profile.push(5.0)? > 3.0);
/// # Ok::<(), prognos::Error>(())
/// ```
#[derive(Debug, Clone)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(try_from = "Raw", into = "Raw"))]
pub struct StreamingProfile {
    params: StreamingProfileValidParams,
    /// Number of the first sample (and stretch) that is kept, and of the first in memory.
    first: usize,
    base: usize,
    stretches: Stretches,
    centre: f64,
    /// Samples less the centre, their means by stretch.
    centred: Vec<f64>,
    mean: Vec<f64>,
    /// z-normalised: 1 over the norm, NaN unless ordinary. Absolute: 0, NaN for a broken stretch.
    weight: Vec<f64>,
    /// From the stretch before to each one.
    change: Vec<f64>,
    deviation: Vec<f64>,
    /// Covariance, or sum of powers, of each stretch with the newest one.
    running: Vec<f64>,
    spare: Vec<f64>,
    /// The closeness that a newcomer has to exceed.
    bar: Vec<f64>,
    distances: Vec<f64>,
    indices: Vec<Option<usize>>,
    left_distances: Vec<f64>,
    left_indices: Vec<Option<usize>>,
    hits: Vec<usize>,
    /// Number of the last constant stretch.
    constant: Option<usize>,
    /// Numbers of the samples that were not finite, as far as they are kept.
    gaps: std::collections::VecDeque<usize>,
}

impl PartialEq for StreamingProfile {
    fn eq(&self, other: &Self) -> bool {
        let same =
            |a: &[f64], b: &[f64]| a.len() == b.len() && a.iter().zip(b).all(|(x, y)| x.to_bits() == y.to_bits());
        self.params == other.params
            && self.first == other.first
            && same(self.samples(), other.samples())
            && same(self.distances(), other.distances())
            && same(self.left_distances(), other.left_distances())
            && self.indices() == other.indices()
            && self.left_indices() == other.left_indices()
            && same(&self.running[self.live()..], &other.running[other.live()..])
    }
}

impl StreamingProfile {
    /// Settings for stretches of `window` samples: z-normalised, exclusion zone `⌈m/4⌉`, everything is kept.
    #[must_use]
    pub fn params(window: usize) -> StreamingProfileParams {
        StreamingProfileParams(StreamingProfileValidParams {
            window,
            measure: Measure::ZNormalised,
            exclusion: window.div_ceil(4),
            keep: None,
        })
    }

    fn new(params: &StreamingProfileValidParams, history: &[f64], profile: Option<&MatrixProfile>) -> Result<Self> {
        let m = params.window;
        let scale = match params.measure {
            Measure::ZNormalised => scale_of(history),
            measure @ Measure::Absolute { .. } => measure.scale(&[history]),
        };
        let stretches = Stretches::scaled(history, m, scale);
        let mut room = stretches.samples().to_vec();
        let centre = if room.is_empty() { 0.0 } else { order::quantile_in_place(&mut room, 0.5) };
        let mut all = Self {
            params: params.clone(),
            first: 0,
            base: 0,
            centre,
            centred: stretches.samples().iter().map(|v| v - centre).collect(),
            stretches,
            mean: Vec::new(),
            weight: Vec::new(),
            change: Vec::new(),
            deviation: Vec::new(),
            running: Vec::new(),
            spare: Vec::new(),
            bar: Vec::new(),
            distances: Vec::new(),
            indices: Vec::new(),
            left_distances: Vec::new(),
            left_indices: Vec::new(),
            hits: Vec::new(),
            constant: None,
            gaps: (0..history.len()).filter(|&i| !history[i].is_finite()).collect(),
        };
        let count = all.stretches.count();
        if let Some(profile) = profile {
            all.distances = profile.distances().to_vec();
            all.indices = profile.indices().to_vec();
            let (left, places) = profile.left().map_or((&[][..], &[][..]), |l| (l.distances(), l.indices()));
            all.left_distances = left.to_vec();
            all.left_indices = places.to_vec();
            all.bar = all.distances.iter().map(|d| all.closeness(*d)).collect();
        }
        for i in 0..count {
            all.look_at(i);
        }
        if let Some(newest) = count.checked_sub(1) {
            all.running = (0..count).map(|j| all.anew(newest, j)).collect();
        }
        if let Some(keep) = params.keep {
            all.first = history.len().saturating_sub(keep);
            all.forget();
        }
        Ok(all)
    }

    /// Takes the next sample; the left distance of the stretch it completes, 0 while there is none, or none before it to
    /// compare with.
    ///
    /// # Errors
    /// [`Error::Numeric`] for a finite sample so large beside the history that squares overflow; the profile is then as it was
    /// before.
    pub fn push(&mut self, sample: f64) -> Result<f64> {
        let m = self.params.window;
        let limit = match self.params.measure {
            Measure::Absolute { p } if p > 2.0 => f64::exp2(900.0 / p),
            _ => f64::exp2(450.0),
        };
        if sample.is_finite()
            && (sample.abs() > limit / self.stretches.scale() || (sample * self.stretches.scale()).abs() > limit)
        {
            let reason = format!("a sample of {sample:e}: too large beside the history it began with");
            return Err(Error::numeric("streaming profile", reason));
        }
        if !sample.is_finite() {
            self.gaps.push_back(self.base + self.centred.len());
        }
        self.stretches.push(sample);
        let value = self.stretches.samples().last().copied().unwrap_or(0.0);
        if self.centred.is_empty() {
            self.centre = value;
        }
        self.centred.push(value - self.centre);
        let seen = self.base + self.centred.len();
        if let Some(keep) = self.params.keep {
            self.first = self.first.max(seen.saturating_sub(keep));
        }
        if self.centred.len() < m {
            return Ok(0.0);
        }
        let newest = self.stretches.count() - 1;
        self.look_at(newest);
        self.move_on(newest);
        let left = self.compare(newest);
        self.distances.push(left.0);
        self.indices.push(left.1.map(|j| j + self.base));
        self.left_distances.push(left.0);
        self.left_indices.push(left.1.map(|j| j + self.base));
        self.bar.push(self.closeness(left.0));
        self.forget();
        Ok(if left.0.is_finite() { left.0 } else { 0.0 })
    }

    /// Writes down what is needed of stretch `i`, the next one.
    fn look_at(&mut self, i: usize) {
        let m = self.params.window;
        let kind = self.stretches.kind(i);
        if kind == Kind::Constant {
            self.constant = Some(i + self.base);
        }
        match self.params.measure {
            Measure::Absolute { .. } => self.weight.push(if kind == Kind::Broken { f64::NAN } else { 0.0 }),
            Measure::ZNormalised => {
                let mean = lanes::mean(&self.centred[i..i + m]);
                let (change, deviation) = match i.checked_sub(1) {
                    None => (0.0, 0.0),
                    Some(before) => {
                        let (gained, lost) = (self.centred[i + m - 1], self.centred[before]);
                        (0.5 * (gained - lost), (gained - mean) + (lost - self.mean[before]))
                    }
                };
                self.mean.push(mean);
                self.change.push(change);
                self.deviation.push(deviation);
                self.weight.push(if kind == Kind::Ordinary { self.stretches.inverse()[i] } else { f64::NAN });
            }
        }
    }

    /// The running sum of two stretches from their samples.
    fn anew(&self, i: usize, j: usize) -> f64 {
        let m = self.params.window;
        match self.params.measure {
            Measure::ZNormalised => {
                let (a, b) = (self.mean[i], self.mean[j]);
                lanes::sum_by2(&self.centred[i..i + m], &self.centred[j..j + m], |x, y| (x - a) * (y - b))
            }
            Measure::Absolute { p } => {
                let power = power(p);
                lanes::sum_by2(self.stretches.stretch(i), self.stretches.stretch(j), |x, y| power(x - y))
            }
        }
    }

    /// First stretch that is kept, as it lies in memory.
    fn live(&self) -> usize {
        (self.first - self.base).min(self.distances.len())
    }

    /// The running sums of the newest stretch from those of the one before it.
    fn move_on(&mut self, newest: usize) {
        let (m, from) = (self.params.window, self.first - self.base);
        let mut next = std::mem::take(&mut self.spare);
        next.clear();
        next.resize(newest + 1, 0.0);
        let start = from.max(1);
        if start <= newest && self.running.len() == newest {
            let (out, before) = (&mut next[start..], &self.running[start - 1..]);
            match self.params.measure {
                Measure::ZNormalised => {
                    let (f, g) = (self.change[newest], self.deviation[newest]);
                    let steps = self.change[start..].iter().zip(&self.deviation[start..]);
                    for ((out, before), (a, b)) in out.iter_mut().zip(before).zip(steps) {
                        *out = before + (a * g + f * b);
                    }
                }
                Measure::Absolute { p } => {
                    let x = self.stretches.samples();
                    let (gained, lost) = (x[newest + m - 1], x[newest - 1]);
                    let steps = x[start + m - 1..].iter().zip(&x[start - 1..]);
                    let powers = |power: &dyn Fn(f64) -> f64| {
                        for ((out, before), (a, b)) in out.iter_mut().zip(before).zip(steps) {
                            *out = before + (power(gained - a) - power(lost - b));
                        }
                    };
                    powers(&power(p));
                }
            }
        }
        self.spare = std::mem::replace(&mut self.running, next);
        // Every diagonal passes a multiple of RESTART in due time.
        let first = (self.base + from).next_multiple_of(RESTART) - self.base;
        for j in (first..=newest).step_by(RESTART).chain((from == 0).then_some(0)) {
            self.running[j] = self.anew(newest, j);
        }
    }

    /// Compares the newest stretch with all that are kept; its nearest neighbour among them.
    fn compare(&mut self, newest: usize) -> (f64, Option<usize>) {
        let from = self.first - self.base;
        let Some(to) = newest.checked_sub(self.params.exclusion).filter(|to| *to > from) else {
            return (f64::INFINITY, None);
        };
        let own = self.weight[newest];
        let mut hits = std::mem::take(&mut self.hits);
        hits.clear();
        let mut best = (f64::NEG_INFINITY, None);
        let correlated = self.params.measure == Measure::ZNormalised;
        let closeness = |sum: f64, weight: f64| if correlated { sum * weight * own } else { weight + own - sum };
        let mut meet = |j: usize, c: f64, bar: f64| {
            if c > bar {
                hits.push(j);
            }
            if c > best.0 {
                best = (c, Some(j));
            }
            best.0
        };
        let sums = self.running[from..to].chunks(WIDTH);
        let others = self.weight[from..to].chunks(WIDTH).zip(self.bar[from..to].chunks(WIDTH));
        let mut top = f64::NEG_INFINITY;
        for (block, (sums, (weights, bars))) in sums.zip(others).enumerate() {
            if let (Some(s), Some(w), Some(b)) = (eight(sums), eight(weights), eight(bars)) {
                let own = f64x4::splat(own);
                let c = if correlated {
                    [s[0] * w[0] * own, s[1] * w[1] * own]
                } else {
                    [w[0] + own - s[0], w[1] + own - s[1]]
                };
                if !beaten::<true, true>(c, top, b) {
                    continue;
                }
            }
            for (k, ((s, w), b)) in sums.iter().zip(weights).zip(bars).enumerate() {
                top = meet(from + block * WIDTH + k, closeness(*s, *w), *b);
            }
        }
        let mut left = best.1.map_or((f64::INFINITY, None), |j| (self.distance(newest, j), Some(j)));
        for &j in &hits {
            self.offer(j, newest, self.distance(j, newest));
        }
        self.hits = hits;
        if correlated && self.constant.is_some_and(|c| c >= self.first) {
            self.flat(newest, from..to, &mut left);
        }
        left
    }

    /// Constant stretches, which no correlation reaches.
    fn flat(&mut self, newest: usize, others: std::ops::Range<usize>, left: &mut (f64, Option<usize>)) {
        let own = self.stretches.kind(newest);
        for j in others {
            let distance = match (own, self.stretches.kind(j)) {
                (Kind::Constant, Kind::Constant) => 0.0,
                (Kind::Constant, Kind::Ordinary) | (Kind::Ordinary, Kind::Constant) => {
                    (self.params.window as f64).sqrt()
                }
                _ => continue,
            };
            // The nearest of equals, as in the batch.
            let equal = |d: f64| d.total_cmp(&left.0).is_eq() && own == Kind::Constant;
            if distance < left.0 || equal(distance) {
                *left = (distance, Some(j));
            }
            self.offer(j, newest, distance);
        }
    }

    fn offer(&mut self, j: usize, newest: usize, distance: f64) {
        if distance < self.distances[j] {
            self.distances[j] = distance;
            self.indices[j] = Some(newest + self.base);
            self.bar[j] = self.closeness(distance);
        }
    }

    fn distance(&self, i: usize, j: usize) -> f64 {
        match self.params.measure {
            Measure::ZNormalised => self.stretches.distance(i, &self.stretches, j),
            Measure::Absolute { p } => {
                Measure::absolute(p, self.stretches.stretch(i), self.stretches.stretch(j)) / self.stretches.scale()
            }
        }
    }

    fn closeness(&self, distance: f64) -> f64 {
        match self.params.measure {
            Measure::ZNormalised => 1.0 - distance * distance / (2.0 * self.params.window as f64),
            Measure::Absolute { p } => -power(p)(distance * self.stretches.scale()),
        }
    }

    /// Gives back the memory of what is no longer kept, now and then.
    fn forget(&mut self) {
        while self.gaps.front().is_some_and(|g| *g < self.first) {
            self.gaps.pop_front();
        }
        let gone = self.first - self.base;
        if gone < 1024.max(self.centred.len() - gone.min(self.centred.len())) {
            return;
        }
        self.stretches.forget(gone);
        self.centred.drain(..gone.min(self.centred.len()));
        for of in [
            &mut self.mean,
            &mut self.weight,
            &mut self.change,
            &mut self.deviation,
            &mut self.running,
            &mut self.bar,
            &mut self.distances,
            &mut self.left_distances,
        ] {
            of.drain(..gone.min(of.len()));
        }
        for of in [&mut self.indices, &mut self.left_indices] {
            of.drain(..gone.min(of.len()));
        }
        self.base = self.first;
    }

    /// Samples of a stretch.
    #[must_use]
    pub fn window(&self) -> usize {
        self.params.window
    }

    /// Number of the first sample, and stretch, that is kept.
    #[must_use]
    pub fn first(&self) -> usize {
        self.first
    }

    /// The samples that are kept; one that was not finite as the one before it.
    fn samples(&self) -> &[f64] {
        &self.stretches.samples()[self.first - self.base..]
    }

    /// Distance of every stretch that is kept to its nearest neighbour; infinite where there is none.
    #[must_use]
    pub fn distances(&self) -> &[f64] {
        &self.distances[self.live()..]
    }

    /// Place of the nearest neighbour, counted from the first sample ever seen.
    #[must_use]
    pub fn indices(&self) -> &[Option<usize>] {
        &self.indices[self.live()..]
    }

    /// Distance of every stretch that is kept to its nearest neighbour before it; infinite where there was none.
    #[must_use]
    pub fn left_distances(&self) -> &[f64] {
        &self.left_distances[self.live()..]
    }

    /// Place of the nearest neighbour before, counted from the first sample ever seen.
    #[must_use]
    pub fn left_indices(&self) -> &[Option<usize>] {
        &self.left_indices[self.live()..]
    }
}

impl StreamingDetector for StreamingProfile {
    fn width(&self) -> usize {
        1
    }

    fn n_seen(&self) -> u64 {
        (self.first + self.samples().len()) as u64
    }

    /// The left distance of the stretch that the row's sample completes.
    fn update(&mut self, row: &[f64]) -> Result<f64> {
        match *row {
            [sample] if sample.is_finite() => self.push(sample),
            [value] => Err(Error::NonFinite { what: "row".into(), row: 0, column: "0".to_owned(), value }),
            _ => Err(Error::shape("columns of a row", 1, row.len())),
        }
    }
}

#[cfg(feature = "persist")]
impl crate::persist::Persist for StreamingProfile {
    const KIND: &'static str = "streaming_profile";
    fn feature_names(&self) -> &[String] {
        &[]
    }
}

/// What a file says; checked before it becomes a [`StreamingProfile`]. JSON has no infinity: no number where there is no
/// neighbour.
#[cfg(feature = "serde")]
#[derive(serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    params: StreamingProfileValidParams,
    first: usize,
    scale: f64,
    centre: f64,
    samples: Vec<f64>,
    gaps: Vec<usize>,
    running: Vec<f64>,
    distances: Vec<Option<f64>>,
    indices: Vec<Option<usize>>,
    left_distances: Vec<Option<f64>>,
    left_indices: Vec<Option<usize>>,
}

#[cfg(feature = "serde")]
impl From<StreamingProfile> for Raw {
    fn from(all: StreamingProfile) -> Self {
        let known = |of: &[f64]| of.iter().map(|d| d.is_finite().then_some(*d)).collect();
        Self {
            first: all.first,
            scale: all.stretches.scale(),
            centre: all.centre,
            samples: all.samples().to_vec(),
            gaps: all.gaps.iter().map(|g| g - all.first).collect(),
            running: all.running[all.live()..].to_vec(),
            distances: known(all.distances()),
            indices: all.indices().to_vec(),
            left_distances: known(all.left_distances()),
            left_indices: all.left_indices().to_vec(),
            params: all.params,
        }
    }
}

#[cfg(feature = "serde")]
impl TryFrom<Raw> for StreamingProfile {
    type Error = Error;
    fn try_from(raw: Raw) -> Result<Self> {
        let refuse = |reason: &str| Err(Error::Model { reason: format!("streaming profile: {reason}") });
        let params = StreamingProfileParams(raw.params).check()?;
        let (n, m) = (raw.samples.len(), params.window);
        let count = (n + 1).saturating_sub(m);
        let limit = f64::exp2(500.0);
        let tame = |x: &[f64]| x.iter().all(|v| v.abs() <= limit);
        // Exactly a power of two: no bit of the mantissa.
        let scale_fits = raw.scale.is_normal() && raw.scale > 0.0 && raw.scale.to_bits() << 12 == 0;
        if !scale_fits || !tame(&raw.samples) || !tame(&[raw.centre]) || !raw.running.iter().all(|v| v.is_finite()) {
            return refuse("a number is out of range");
        }
        let lengths = [raw.distances.len(), raw.indices.len(), raw.left_distances.len(), raw.left_indices.len()];
        if lengths != [count; 4] || raw.running.len() != count {
            return refuse("its parts differ in length");
        }
        let kept = match params.keep {
            Some(keep) => n <= keep && (raw.first == 0 || n == keep),
            None => raw.first == 0,
        };
        let Some(end) = raw.first.checked_add(n).filter(|_| kept) else {
            return refuse("the samples do not fit what is kept");
        };
        let fits = |distances: &[Option<f64>], indices: &[Option<usize>]| {
            distances.iter().zip(indices).all(|pair| match pair {
                (Some(d), Some(j)) => d.is_finite() && *d >= 0.0 && *j < end,
                (None, None) => true,
                _ => false,
            })
        };
        if !fits(&raw.distances, &raw.indices) || !fits(&raw.left_distances, &raw.left_indices) {
            return refuse("distances and places do not fit");
        }
        if !raw.gaps.iter().all(|g| *g < n) || !raw.gaps.is_sorted_by(|a, b| a < b) {
            return refuse("gaps are not in order");
        }
        let known = |of: Vec<Option<f64>>| of.into_iter().map(|d| d.unwrap_or(f64::INFINITY)).collect::<Vec<f64>>();
        let mut all = Self::new(&params, &[], None)?;
        all.stretches = Stretches::restored(&raw.samples, &raw.gaps, m, raw.scale);
        (all.first, all.base, all.centre) = (raw.first, raw.first, raw.centre);
        all.centred = raw.samples.iter().map(|v| v - raw.centre).collect();
        all.gaps = raw.gaps.iter().map(|g| g + raw.first).collect();
        (all.running, all.indices, all.left_indices) = (raw.running, raw.indices, raw.left_indices);
        (all.distances, all.left_distances) = (known(raw.distances), known(raw.left_distances));
        all.bar = all.distances.iter().map(|d| all.closeness(*d)).collect();
        for i in 0..count {
            all.look_at(i);
        }
        Ok(all)
    }
}

/// |d|^p.
fn power(p: f64) -> impl Fn(f64) -> f64 {
    let (square, plain) = (p.total_cmp(&2.0).is_eq(), p.total_cmp(&1.0).is_eq());
    move |d: f64| {
        if square {
            d * d
        } else if plain {
            d.abs()
        } else {
            d.abs().powf(p)
        }
    }
}

fn eight(of: &[f64]) -> Option<[f64x4; 2]> {
    let (low, high) = (of.first_chunk()?, of.get(4..)?.first_chunk()?);
    Some([f64x4::new(*low), f64x4::new(*high)])
}
