//! Which relations of which channels, and the doors to compute them.

use super::relation::Relation;
use super::workspace::{Column, Workspace};
use crate::error::{Error, Result};
use crate::features::{FeatureMatrix, NanPolicy};
use crate::math::par;
use crate::signal::{Recording, SampleRate, Signal, WindowSpec};
use ndarray::Array2;

/// A list of relations between channels: the columns of a matrix, whatever the data.
///
/// Every relation of pairs is computed for all pairs, or for those of [`ChannelRelations::pairs`]. What pairs share (a channel's
/// transforms) is computed once a channel and window.
///
/// ```
/// use prognos::features::{FeatureMatrix, FeatureSet};
/// use prognos::features::multichannel::ChannelRelations;
/// use prognos::signal::{Recording, SampleRate, WindowSpec};
/// let wave = |delay: f64| (0..2000).map(|i| (0.1 * (i as f64 - delay)).sin() + (0.37 * (i as f64 - delay)).cos()).collect();
/// let recording = Recording::uniform(SampleRate::hz(100.0)?)
///     .with_channel("inlet", "bar", wave(0.0))?
///     .with_channel("outlet", "bar", wave(5.0))?;
/// let relations = ChannelRelations::from_names(["cross_correlation_lag__max_lag_20", "correlation_largest_share"])?;
/// let spec = WindowSpec::sliding(500, 250);
/// let rows = relations.extract(&recording, spec)?;
/// assert_eq!(rows.names(), ["inlet__outlet__cross_correlation_lag__max_lag_20", "correlation_largest_share"]);
/// assert!(rows.column("inlet__outlet__cross_correlation_lag__max_lag_20")?.iter().all(|lag| (lag - 0.05).abs() < 1e-9));
/// // Beside the features of each channel.
/// let all = FeatureMatrix::join(&[FeatureSet::time_domain().extract_channels(&recording, spec)?, rows])?;
/// assert_eq!(all.view().dim(), (7, 26));
/// # Ok::<(), prognos::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields, try_from = "RawRelations"))]
pub struct ChannelRelations {
    relations: Vec<Relation>,
    pairs: Option<Vec<(String, String)>>,
    nan_policy: NanPolicy,
}

#[cfg(feature = "serde")]
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct RawRelations {
    relations: Vec<Relation>,
    #[serde(default)]
    pairs: Option<Vec<(String, String)>>,
    #[serde(default)]
    nan_policy: NanPolicy,
}

#[cfg(feature = "serde")]
impl TryFrom<RawRelations> for ChannelRelations {
    type Error = Error;

    fn try_from(raw: RawRelations) -> Result<Self> {
        let all = Self::new(raw.relations)?.nan_policy(raw.nan_policy);
        match raw.pairs {
            Some(pairs) => all.pairs(pairs),
            None => Ok(all),
        }
    }
}

impl ChannelRelations {
    /// These relations, in this order.
    ///
    /// # Errors
    /// [`Error::TooFew`] for none; [`Error::Parameter`] for a parameter outside of its range or a relation that stands there twice.
    pub fn new(relations: Vec<Relation>) -> Result<Self> {
        if relations.is_empty() {
            return Err(Error::too_few("relations of channels", 1, 0));
        }
        for (i, relation) in relations.iter().enumerate() {
            relation.check()?;
            if relations[..i].contains(relation) {
                return Err(Error::parameter("relations", relation, "every relation can stand there once"));
            }
        }
        Ok(Self { relations, pairs: None, nan_policy: NanPolicy::Propagate })
    }

    /// The relations of these names, in this order.
    ///
    /// # Errors
    /// [`Error::UnknownFeature`] for a name that cannot be read; as [`new`](Self::new).
    pub fn from_names<I>(names: I) -> Result<Self>
    where
        I: IntoIterator,
        I::Item: AsRef<str>,
    {
        Self::new(names.into_iter().map(|name| name.as_ref().parse()).collect::<Result<_>>()?)
    }

    /// The usual ones: correlation, peak and lag of the cross-correlation up to 256 samples, mean coherence of pieces of 256 samples,
    /// and, of all channels, share of the largest eigenvalue and effective rank.
    #[must_use]
    pub fn usual() -> Self {
        let relations = vec![
            Relation::Correlation,
            Relation::CrossCorrelationPeak { max_lag: 256 },
            Relation::CrossCorrelationLag { max_lag: 256 },
            Relation::CoherenceMean { nperseg: 256 },
            Relation::LargestShare,
            Relation::EffectiveRank,
        ];
        Self { relations, pairs: None, nan_policy: NanPolicy::Propagate }
    }

    /// Only these pairs of channels. The numbers of all channels stay those of all.
    ///
    /// # Errors
    /// [`Error::Parameter`] for a channel with itself or a pair that stands there twice.
    pub fn pairs<A: Into<String>, B: Into<String>>(mut self, pairs: impl IntoIterator<Item = (A, B)>) -> Result<Self> {
        let pairs: Vec<(String, String)> = pairs.into_iter().map(|(a, b)| (a.into(), b.into())).collect();
        for (i, (a, b)) in pairs.iter().enumerate() {
            if a == b {
                return Err(Error::parameter("pairs", a, "a pair needs two channels"));
            }
            if pairs[..i].iter().any(|p| (&p.0, &p.1) == (a, b)) {
                return Err(Error::parameter("pairs", format!("{a}, {b}"), "every pair can stand there once"));
            }
        }
        self.pairs = Some(pairs);
        Ok(self)
    }

    /// Another rule for windows with NaN or infinite samples. `Omit` leaves out the rows in which any channel lacks its sample; the
    /// others are then taken for neighbours.
    #[must_use]
    pub fn nan_policy(mut self, policy: NanPolicy) -> Self {
        self.nan_policy = policy;
        self
    }

    /// The relations, in order.
    #[must_use]
    pub fn relations(&self) -> &[Relation] {
        &self.relations
    }

    /// Names of the columns for channels of these names: relation by relation within a pair, pair by pair, then the numbers of all
    /// channels.
    ///
    /// # Errors
    /// [`Error::Parameter`] for a pair with a channel that is not there; [`Error::TooFew`] for fewer than two channels.
    pub fn names(&self, channels: &[impl AsRef<str>]) -> Result<Vec<String>> {
        let columns = self.columns(channels)?;
        Ok(columns.iter().map(|c| c.name(channels)).collect())
    }

    fn columns(&self, channels: &[impl AsRef<str>]) -> Result<Vec<Column>> {
        if channels.len() < 2 {
            return Err(Error::too_few("channels for their relations", 2, channels.len()));
        }
        let place = |name: &String| {
            channels
                .iter()
                .position(|c| c.as_ref() == name)
                .ok_or_else(|| Error::parameter("pairs", name, "there is no channel of that name"))
        };
        let pairs: Vec<(usize, usize)> = match &self.pairs {
            Some(pairs) => pairs.iter().map(|(a, b)| Ok((place(a)?, place(b)?))).collect::<Result<_>>()?,
            None => (0..channels.len()).flat_map(|a| (a + 1..channels.len()).map(move |b| (a, b))).collect(),
        };
        let (all, of_pairs): (Vec<Relation>, Vec<Relation>) =
            self.relations.iter().partition(|relation| relation.of_all_channels());
        let mut columns = Vec::new();
        for &pair in &pairs {
            columns.extend(of_pairs.iter().map(|&relation| Column { relation, pair }));
        }
        columns.extend(all.into_iter().map(|relation| Column { relation, pair: (0, 0) }));
        Ok(columns)
    }

    /// The relations of every window: one row a window, computed on all threads. The windows are those of
    /// [`extract_channels`](crate::features::FeatureSet::extract_channels). The bits do not depend on the number of threads.
    ///
    /// # Errors
    /// As [`names`](Self::names); [`Error::Parameter`] when `spec` has a length or hop of zero; what [`Recording::signal`] says of time
    /// stamps without a common rate; with [`NanPolicy::Error`], [`Error::NonFinite`] naming the sample and the channel.
    pub fn extract(&self, recording: &Recording, spec: WindowSpec) -> Result<FeatureMatrix> {
        let names: Vec<&str> = recording.channels().iter().map(|c| c.name()).collect();
        let signals = names.iter().map(|name| recording.signal(name)).collect::<Result<Vec<_>>>()?;
        self.extract_signals(&names, &signals, spec)
    }

    /// As [`extract`](Self::extract), for signals with a name each.
    ///
    /// # Errors
    /// As [`extract`](Self::extract); [`Error::Shape`] when there are not as many names as signals or the signals differ in length;
    /// [`Error::Parameter`] when they differ in rate.
    pub fn extract_signals(
        &self,
        names: &[impl AsRef<str> + Sync],
        signals: &[Signal<'_>],
        spec: WindowSpec,
    ) -> Result<FeatureMatrix> {
        if names.len() != signals.len() {
            return Err(Error::shape("names of signals", signals.len(), names.len()));
        }
        let columns = self.columns(names)?;
        let first = signals[0];
        for signal in signals {
            if signal.len() != first.len() {
                return Err(Error::shape("samples of a signal", first.len(), signal.len()));
            }
            if signal.rate() != first.rate() {
                let rule = "all signals need the same sample rate";
                return Err(Error::parameter("rate", signal.rate().as_hz(), rule));
            }
        }
        let windows = signals.iter().map(|s| s.windows(spec)).collect::<Result<Vec<_>>>()?;
        let starts: Vec<usize> = windows[0].map(|w| w.start).collect();
        if self.nan_policy == NanPolicy::Error {
            for window in windows[0] {
                for row in window.start..window.start + window.samples.len() {
                    if let Some(c) = signals.iter().position(|s| !s.samples()[row].is_finite()) {
                        let (column, value) = (names[c].as_ref().to_owned(), signals[c].samples()[row]);
                        return Err(Error::NonFinite { what: "signal".into(), row, column, value });
                    }
                }
            }
        }
        let column_names: Vec<String> = columns.iter().map(|c| c.name(names)).collect();
        let width = columns.len();
        let template = Workspace::new(columns, signals.len(), first.rate(), self.nan_policy == NanPolicy::Omit);
        let mut values = vec![f64::NAN; starts.len() * width];
        par::rows_init(
            &mut values,
            width,
            || template.clone(),
            |workspace, i, row| {
                let parts: Vec<&[f64]> = windows.iter().filter_map(|w| w.get(i)).map(|w| w.samples).collect();
                workspace.compute(&parts, row);
            },
        );
        let values = Array2::from_shape_vec((starts.len(), width), values)
            .map_err(|e| Error::numeric("matrix of relations", e.to_string()))?;
        FeatureMatrix::with_starts(column_names.into(), values, starts)
    }

    /// The relations of one window: one number for each of the [`names`](Self::names).
    ///
    /// ```
    /// use prognos::features::multichannel::ChannelRelations;
    /// use prognos::signal::SampleRate;
    /// let a = [1.0, 2.0, 3.0, 5.0];
    /// let b = [-1.0, -2.0, -3.0, -5.0];
    /// let row = ChannelRelations::from_names(["correlation"])?.compute(&[&a, &b], SampleRate::ONE_HZ)?;
    /// assert!((row[0] + 1.0).abs() < 1e-15);
    /// # Ok::<(), prognos::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::TooFew`] for fewer than two channels, [`Error::Shape`] when they differ in length, [`Error::Parameter`] when pairs are
    /// set that are not `"0"`, `"1"`, .. (the channels have no names here), [`Error::NonFinite`] with [`NanPolicy::Error`].
    pub fn compute(&self, channels: &[&[f64]], rate: SampleRate) -> Result<Vec<f64>> {
        let names: Vec<String> = (0..channels.len()).map(|c| c.to_string()).collect();
        let columns = self.columns(&names)?;
        for (c, channel) in channels.iter().enumerate() {
            if channel.len() != channels[0].len() {
                return Err(Error::shape(format!("samples of channel {c}"), channels[0].len(), channel.len()));
            }
            if self.nan_policy == NanPolicy::Error {
                crate::error::check_finite("window", &names[c], channel)?;
            }
        }
        let mut row = vec![f64::NAN; columns.len()];
        Workspace::new(columns, channels.len(), rate, self.nan_policy == NanPolicy::Omit).compute(channels, &mut row);
        Ok(row)
    }
}
