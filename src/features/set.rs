//! Which features to compute, and the doors to compute them.

use super::FeatureMatrix;
use super::plan::{Extractor, Plan};
use super::registry;
use super::shared::{Needs, Scratch, Shared};
use super::spec::FeatureSpec;
use super::stream::FeatureStream;
use crate::error::{Error, Result};
use crate::math::par;
use crate::signal::{Recording, SampleRate, WindowSpec, Windows};
use ndarray::Array2;
use std::fmt;
use std::sync::{Arc, OnceLock};

/// A feature of your own.
///
/// The row of a window gets as many numbers as there are names. `extract` must not allocate after the first window
/// and cannot fail: what is undefined is NaN. The same samples must give the same bits.
///
/// ```
/// use prognos::features::{Feature, FeatureSet, Needs, Scratch, Shared};
/// use prognos::signal::{SampleRate, Signal, WindowSpec};
/// use std::sync::Arc;
///
/// #[derive(Debug)]
/// struct AboveLimit { names: Vec<String>, limit: f64 }
///
/// impl Feature for AboveLimit {
///     fn names(&self) -> &[String] { &self.names }
///     fn needs(&self) -> Needs { Needs::new().sorted() }
///     fn extract(&self, shared: &Shared<'_>, _: &mut Scratch, out: &mut [f64]) {
///         let below = shared.sorted().partition_point(|&v| v <= self.limit);
///         out[0] = (shared.len() - below) as f64 / shared.len() as f64;
///     }
/// }
///
/// let mine = AboveLimit { names: vec!["share_above_2".into()], limit: 2.0 };
/// let set = FeatureSet::from_names(["mean"])?.with_feature(Arc::new(mine))?;
/// let x = [1.0, 2.0, 3.0, 4.0];
/// let m = set.extract(Signal::new(&x, SampleRate::ONE_HZ).windows(WindowSpec::sliding(4, 4))?)?;
/// assert_eq!(m.column("share_above_2")?[0], 0.5);
/// # Ok::<(), prognos::Error>(())
/// ```
pub trait Feature: fmt::Debug + Send + Sync {
    /// Names of its columns. They must not change.
    fn names(&self) -> &[String];

    /// What must be computed before `extract`.
    fn needs(&self) -> Needs {
        Needs::new()
    }

    /// Fills `out`, one number for each name.
    fn extract(&self, shared: &Shared<'_>, scratch: &mut Scratch, out: &mut [f64]);
}

/// What becomes of a window in which a sample is NaN or infinite.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum NanPolicy {
    /// Every feature of that window is NaN, except those that count missing samples.
    #[default]
    Propagate,
    /// Such samples are left out, and the features are those of the shorter window that remains. Features of time
    /// and frequency then see the remaining samples as neighbours. Allocates for such a window.
    Omit,
    /// An error that names the sample.
    Error,
}

/// A list of features: the columns of the matrix, in order, whatever the data.
///
/// It is written and read as the list of its names, so a set chosen in one place runs unchanged in another.
///
/// ```
/// use prognos::features::FeatureSet;
/// use prognos::signal::{SampleRate, Signal, WindowSpec};
///
/// let set = FeatureSet::from_names(["mean", "quantile__q_0.9", "kurtosis"])?;
/// let x: Vec<f64> = (0..1000).map(|i| (i as f64 * 0.1).sin()).collect();
/// let windows = Signal::new(&x, SampleRate::hz(50.0)?).windows(WindowSpec::sliding(200, 100))?;
/// let matrix = set.extract(windows)?;
/// assert_eq!(matrix.view().dim(), (9, 3));
/// assert_eq!(matrix.names(), ["mean", "quantile__q_0.9", "kurtosis"]);
/// # Ok::<(), prognos::Error>(())
/// ```
#[derive(Clone, Default)]
pub struct FeatureSet {
    specs: Vec<FeatureSpec>,
    custom: Vec<Arc<dyn Feature>>,
    names: Arc<[String]>,
    policy: NanPolicy,
    plan: OnceLock<Arc<Plan>>,
}

impl fmt::Debug for FeatureSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FeatureSet").field("names", &self.names).field("policy", &self.policy).finish_non_exhaustive()
    }
}

impl PartialEq for FeatureSet {
    /// Two sets are equal when they have the same columns and the same policy.
    fn eq(&self, other: &Self) -> bool {
        self.names == other.names && self.policy == other.policy
    }
}

impl FeatureSet {
    /// The features of these names, in this order.
    ///
    /// # Errors
    /// [`Error::UnknownFeature`] for a name that cannot be read, saying which part; [`Error::Parameter`] for one
    /// that stands there twice.
    pub fn from_names<I>(names: I) -> Result<Self>
    where
        I: IntoIterator,
        I::Item: AsRef<str>,
    {
        let specs = names.into_iter().map(|n| n.as_ref().parse()).collect::<Result<Vec<FeatureSpec>>>()?;
        Self::from_specs(specs)
    }

    /// The sets of each channel that a list of columns names, channels in the order in which they first appear: for
    /// columns chosen elsewhere, such as `pressure__mean` of tsfresh.
    ///
    /// ```
    /// use prognos::features::FeatureSet;
    /// let sets = FeatureSet::from_columns(["flow__mean", "pressure__maximum", "flow__quantile__q_0.9"])?;
    /// assert_eq!(sets[0].0, "flow");
    /// assert_eq!(sets[0].1.names(), ["mean", "quantile__q_0.9"]);
    /// # Ok::<(), prognos::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`FeatureSet::from_names`]; [`Error::UnknownFeature`] for a column without a channel.
    pub fn from_columns<I>(columns: I) -> Result<Vec<(String, Self)>>
    where
        I: IntoIterator,
        I::Item: AsRef<str>,
    {
        Self::by_channel(columns, FeatureSpec::from_column, "`from_names`")
    }

    /// The sets of each channel, of columns that `read` takes apart; `other` is the reader of columns without a channel.
    pub(crate) fn by_channel<I>(
        columns: I,
        read: impl Fn(&str) -> Result<(Option<String>, FeatureSpec)>,
        other: &str,
    ) -> Result<Vec<(String, Self)>>
    where
        I: IntoIterator,
        I::Item: AsRef<str>,
    {
        let mut channels: Vec<(String, Vec<FeatureSpec>)> = Vec::new();
        for column in columns {
            let column = column.as_ref();
            let (channel, spec) = read(column)?;
            let channel = channel.ok_or_else(|| Error::UnknownFeature {
                name: column.to_owned(),
                reason: format!("it names no channel; see {other}"),
            })?;
            match channels.iter_mut().find(|(name, _)| *name == channel) {
                Some((_, specs)) => specs.push(spec),
                None => channels.push((channel, vec![spec])),
            }
        }
        channels.into_iter().map(|(channel, specs)| Ok((channel, Self::from_specs(specs)?))).collect()
    }

    /// The features of these specs, in this order.
    ///
    /// # Errors
    /// [`Error::Parameter`] for a spec that stands there twice.
    pub fn from_specs(specs: Vec<FeatureSpec>) -> Result<Self> {
        Self { specs, ..Self::default() }.named()
    }

    /// Every calculator of the library: its name with the parameters it takes (`[10]`: the value when a name leaves
    /// the parameter out, `?`: must be given), and what it computes.
    #[must_use]
    pub fn available() -> Vec<(String, String)> {
        registry::all().into_iter().map(|c| (c.signature(), c.about.to_string())).collect()
    }

    /// Every calculator of the library with some admissible values of its parameters, at least one spec each, by name.
    ///
    /// For tests over all features and for a first look at a signal; the values are not a recommendation.
    #[must_use]
    pub fn examples() -> Vec<FeatureSpec> {
        registry::all().into_iter().flat_map(FeatureSpec::examples).collect()
    }

    /// The set and, behind its columns, those of `other`. Columns that both have stay once.
    ///
    /// # Errors
    /// [`Error::Parameter`] when a user's feature has a name that is taken.
    pub fn and(mut self, other: &Self) -> Result<Self> {
        for spec in &other.specs {
            if !self.specs.contains(spec) {
                self.specs.push(spec.clone());
            }
        }
        self.custom.extend(other.custom.iter().cloned());
        self.named()
    }

    /// The set with a feature of your own behind its columns.
    ///
    /// # Errors
    /// [`Error::Parameter`] when one of its names is taken.
    pub fn with_feature(mut self, feature: Arc<dyn Feature>) -> Result<Self> {
        self.custom.push(feature);
        self.named()
    }

    /// The set with another rule for windows with NaN or infinite samples.
    #[must_use]
    pub fn nan_policy(mut self, policy: NanPolicy) -> Self {
        self.policy = policy;
        self
    }

    /// The features of names that this crate itself writes down. A name that could not be read would leave the set
    /// empty; the test over all sets sees to it that none is.
    pub(crate) fn of_known(names: &[impl AsRef<str>]) -> Self {
        Self::from_names(names).unwrap_or_default()
    }

    fn named(mut self) -> Result<Self> {
        let mut names: Vec<String> = self.specs.iter().map(ToString::to_string).collect();
        names.extend(self.custom.iter().flat_map(|f| f.names().iter().cloned()));
        let mut sorted: Vec<&String> = names.iter().collect();
        sorted.sort_unstable();
        if let Some(pair) = sorted.windows(2).find(|pair| pair[0] == pair[1]) {
            return Err(Error::parameter("names", pair[0], "every feature can stand in a set once"));
        }
        self.names = names.into();
        self.plan = OnceLock::new();
        Ok(self)
    }

    /// Names of the columns, in order.
    #[must_use]
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// The specs of the library's features in the set; a user's own come behind them.
    #[must_use]
    pub fn specs(&self) -> &[FeatureSpec] {
        &self.specs
    }

    /// Number of columns.
    #[must_use]
    pub fn len(&self) -> usize {
        self.names.len()
    }

    /// Whether the set has no feature.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.names.is_empty()
    }

    pub(crate) fn policy(&self) -> NanPolicy {
        self.policy
    }

    pub(crate) fn shared_names(&self) -> Arc<[String]> {
        Arc::clone(&self.names)
    }

    pub(crate) fn plan(&self) -> Arc<Plan> {
        Arc::clone(self.plan.get_or_init(|| Arc::new(Plan::new(&self.specs, &self.custom))))
    }

    fn check_not_empty(&self) -> Result<()> {
        if self.is_empty() { Err(Error::too_few("features in the set", 1, 0)) } else { Ok(()) }
    }

    /// The features of every window: one row a window, in order, computed on all threads.
    ///
    /// The bits do not depend on the number of threads. Memory: the matrix, and one set of buffers a thread. The FFT
    /// behind spectral features is fastest for window lengths that are products of small primes; a prime length
    /// costs five to ten times as much.
    ///
    /// # Errors
    /// [`Error::TooFew`] when the set is empty; with [`NanPolicy::Error`], [`Error::NonFinite`] naming the first
    /// sample of the signal that is NaN or infinite.
    pub fn extract(&self, windows: Windows<'_>) -> Result<FeatureMatrix> {
        self.check_not_empty()?;
        if self.policy == NanPolicy::Error {
            for window in windows {
                if let Some(i) = window.samples.iter().position(|v| !v.is_finite()) {
                    return Err(Error::NonFinite {
                        what: "signal".into(),
                        row: window.start + i,
                        column: "samples".to_owned(),
                        value: window.samples[i],
                    });
                }
            }
        }
        let rows = windows.len();
        let rate = windows.signal().rate();
        let first = windows.get(0).map_or(0, |w| w.samples.len());
        let template = Extractor::new(self, first, rate);
        let mut values = vec![f64::NAN; rows * self.len()];
        par::rows_init(
            &mut values,
            self.len(),
            || template.clone(),
            |extractor, i, row| {
                if let Some(window) = windows.get(i) {
                    extractor.fill(window, Some(window.start), row);
                }
            },
        );
        let values = Array2::from_shape_vec((rows, self.len()), values)
            .map_err(|e| Error::numeric("feature matrix", e.to_string()))?;
        FeatureMatrix::with_starts(self.shared_names(), values, windows.map(|w| w.start).collect())
    }

    /// The features of every window of every channel: one row a window, columns named `channel__feature`, channel after
    /// channel. The recording must have a common rate; see [`Recording::resample_uniform`].
    ///
    /// # Errors
    /// As [`FeatureSet::extract`]; [`Error::Parameter`] when `spec` has a length or hop of zero;
    /// [`Error::TooFew`] without a channel; what [`Recording::signal`] says of time stamps without a common rate.
    pub fn extract_channels(&self, recording: &Recording, spec: WindowSpec) -> Result<FeatureMatrix> {
        let parts = recording
            .channels()
            .iter()
            .map(|channel| {
                let matrix = self.extract(recording.signal(channel.name())?.windows(spec)?)?;
                let names = matrix.names().iter().map(|n| format!("{}__{n}", channel.name())).collect();
                let starts = matrix.starts().to_vec();
                FeatureMatrix::with_starts(names, matrix.into_values(), starts)
            })
            .collect::<Result<Vec<_>>>()?;
        FeatureMatrix::join(&parts)
    }

    /// The set compiled for windows of `len` samples at `rate`, with its buffers.
    ///
    /// # Errors
    /// [`Error::TooFew`] when the set is empty, [`Error::Parameter`] when `len` is 0 or above 2^27.
    pub fn extractor(&self, len: usize, rate: SampleRate) -> Result<Extractor> {
        self.check_not_empty()?;
        check_window(len)?;
        Ok(Extractor::new(self, len, rate))
    }

    /// An extractor that takes samples in blocks of any size and gives the rows of the windows they complete.
    ///
    /// # Errors
    /// [`Error::TooFew`] when the set is empty; [`Error::Parameter`] when `spec` is not sliding (an expanding window
    /// would have to keep the whole past), has a length or hop of zero, or windows above 2^27 samples.
    pub fn stream(&self, spec: WindowSpec, rate: SampleRate) -> Result<FeatureStream> {
        self.check_not_empty()?;
        FeatureStream::new(self, spec, rate)
    }
}

/// Longest window for which buffers are made in advance: 1 GiB of samples.
const LONGEST_WINDOW: usize = 1 << 27;

/// `Ok` for a window that buffers can be made for.
pub(crate) fn check_window(len: usize) -> Result<()> {
    match len {
        0 => Err(Error::parameter("len", len, "a window needs at least one sample")),
        1..=LONGEST_WINDOW => Ok(()),
        _ => Err(Error::parameter("len", len, "a window has at most 2^27 samples")),
    }
}

#[cfg(feature = "serde")]
#[derive(serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    features: Vec<FeatureSpec>,
    #[serde(default)]
    nan_policy: NanPolicy,
}

#[cfg(feature = "serde")]
impl serde::Serialize for FeatureSet {
    /// A set with a user's own feature cannot be written: nobody could read it back.
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        if let Some(name) = self.custom.iter().flat_map(|f| f.names()).next() {
            return Err(serde::ser::Error::custom(format!("the user's feature `{name}` cannot be written to a file")));
        }
        Written { features: self.specs.clone(), nan_policy: self.policy }.serialize(serializer)
    }
}

#[cfg(feature = "serde")]
impl<'de> serde::Deserialize<'de> for FeatureSet {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        let written = Written::deserialize(deserializer)?;
        let set = Self::from_specs(written.features).map_err(serde::de::Error::custom)?;
        Ok(set.nan_policy(written.nan_policy))
    }
}

#[cfg(feature = "persist")]
impl crate::persist::Persist for FeatureSet {
    const KIND: &'static str = "feature_set";

    fn feature_names(&self) -> &[String] {
        &self.names
    }
}
