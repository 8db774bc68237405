//! One number of two channels, or of all.

use crate::error::{Error, Result};
use crate::features::spec::Value;
use std::fmt;
use std::str::FromStr;

/// Most samples of a piece for coherence.
const LONGEST_PIECE: i64 = 1 << 20;

/// One number of a pair of channels a and b, or of all channels. Shown, read and serialised as its name.
///
/// ```
/// use prognos::features::multichannel::Relation;
/// let lag: Relation = "cross_correlation_lag__max_lag_100".parse()?;
/// assert_eq!(lag, Relation::CrossCorrelationLag { max_lag: 100 });
/// assert_eq!(Relation::PhaseAt { frequency: 25.0 }.to_string(), "phase_at__frequency_25.0");
/// # Ok::<(), prognos::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub enum Relation {
    /// Pearson's correlation of a and b, -1 to 1.
    Correlation,
    /// The normalised cross-correlation of largest magnitude over lags from -`max_lag` to `max_lag` samples, with its sign:
    /// `Σ (a[t] - ā)(b[t+k] - b̄) / √(Σ (a - ā)² Σ (b - b̄)²)`, -1 to 1.
    CrossCorrelationPeak {
        /// Farthest lag in samples, cut to the window.
        max_lag: usize,
    },
    /// The lag k of that peak in seconds: positive when b follows a. The nearest of equals.
    CrossCorrelationLag {
        /// Farthest lag in samples, cut to the window.
        max_lag: usize,
    },
    /// Mean coherence over all frequencies but 0, from Welch's pieces (Hann, half overlap), 0 to 1. NaN for fewer than two pieces.
    CoherenceMean {
        /// Samples in a piece.
        nperseg: usize,
    },
    /// Coherence at the bin nearest to a frequency. NaN for fewer than two pieces, or beyond half of the sample rate.
    CoherenceAt {
        /// Frequency in hertz.
        frequency: f64,
        /// Samples in a piece.
        nperseg: usize,
    },
    /// Mean coherence over the bins from `low` to `high`. NaN for fewer than two pieces or without a bin.
    CoherenceBand {
        /// Upper edge in hertz.
        high: f64,
        /// Lower edge in hertz.
        low: f64,
        /// Samples in a piece.
        nperseg: usize,
    },
    /// Phase of b less that of a at a frequency, radians in (-π, π], by one Hann window over the whole window. At shaft speed
    /// ("1x") it is what vibration analysts compare between bearings.
    PhaseAt {
        /// Frequency in hertz.
        frequency: f64,
    },
    /// Amplitude of b over that of a at a frequency, by the same transform.
    AmplitudeRatioAt {
        /// Frequency in hertz.
        frequency: f64,
    },
    /// Largest eigenvalue of the correlation matrix of all channels over their number: from 1 / channels (nothing in common) to 1
    /// (all move as one).
    LargestShare,
    /// Smallest eigenvalue of the correlation matrix over the number of channels: 0 where one channel is a sum of others.
    SmallestShare,
    /// Effective rank of the correlation matrix, `exp(-Σ p ln p)` with the shares p of its eigenvalues: from 1 to the number of
    /// channels.
    EffectiveRank,
    /// Mean magnitude of the correlation over all pairs, 0 to 1.
    MeanAbsoluteCorrelation,
}

impl Relation {
    /// Whether it belongs to all channels together, not to pairs.
    #[must_use]
    pub fn of_all_channels(&self) -> bool {
        matches!(self, Self::LargestShare | Self::SmallestShare | Self::EffectiveRank | Self::MeanAbsoluteCorrelation)
    }

    /// Pieces of Welch's method, where it needs them.
    pub(super) fn nperseg(&self) -> Option<usize> {
        match *self {
            Self::CoherenceMean { nperseg }
            | Self::CoherenceAt { nperseg, .. }
            | Self::CoherenceBand { nperseg, .. } => Some(nperseg),
            _ => None,
        }
    }

    pub(super) fn max_lag(&self) -> Option<usize> {
        match *self {
            Self::CrossCorrelationPeak { max_lag } | Self::CrossCorrelationLag { max_lag } => Some(max_lag),
            _ => None,
        }
    }

    /// The frequency of a single line, where it needs one.
    pub(super) fn line(&self) -> Option<f64> {
        match *self {
            Self::PhaseAt { frequency } | Self::AmplitudeRatioAt { frequency } => Some(frequency),
            _ => None,
        }
    }

    fn word(&self) -> &'static str {
        match self {
            Self::Correlation => "correlation",
            Self::CrossCorrelationPeak { .. } => "cross_correlation_peak",
            Self::CrossCorrelationLag { .. } => "cross_correlation_lag",
            Self::CoherenceMean { .. } => "coherence_mean",
            Self::CoherenceAt { .. } => "coherence_at",
            Self::CoherenceBand { .. } => "coherence_band",
            Self::PhaseAt { .. } => "phase_at",
            Self::AmplitudeRatioAt { .. } => "amplitude_ratio_at",
            Self::LargestShare => "correlation_largest_share",
            Self::SmallestShare => "correlation_smallest_share",
            Self::EffectiveRank => "correlation_effective_rank",
            Self::MeanAbsoluteCorrelation => "correlation_mean_absolute",
        }
    }

    /// Parameters with their values, by the alphabet.
    fn parameters(&self) -> Vec<(&'static str, Value)> {
        let count = |n: usize| Value::Int(i64::try_from(n).unwrap_or(i64::MAX));
        match *self {
            Self::CrossCorrelationPeak { max_lag } | Self::CrossCorrelationLag { max_lag } => {
                vec![("max_lag", count(max_lag))]
            }
            Self::CoherenceMean { nperseg } => vec![("nperseg", count(nperseg))],
            Self::CoherenceAt { frequency, nperseg } => {
                vec![("frequency", Value::Float(frequency)), ("nperseg", count(nperseg))]
            }
            Self::CoherenceBand { high, low, nperseg } => {
                vec![("high", Value::Float(high)), ("low", Value::Float(low)), ("nperseg", count(nperseg))]
            }
            Self::PhaseAt { frequency } | Self::AmplitudeRatioAt { frequency } => {
                vec![("frequency", Value::Float(frequency))]
            }
            _ => Vec::new(),
        }
    }

    /// The rule that a parameter breaks, if one does.
    pub(super) fn check(&self) -> Result<()> {
        for (name, value) in self.parameters() {
            match (name, &value) {
                ("nperseg", Value::Int(n)) if !(2..=LONGEST_PIECE).contains(n) => {
                    return Err(Error::parameter("nperseg", n, "must lie from 2 to 1048576"));
                }
                (_, Value::Float(f)) if !(*f >= 0.0 && f.is_finite()) => {
                    return Err(Error::parameter(name, f, "must be finite and not below 0 Hz"));
                }
                _ => {}
            }
        }
        match *self {
            Self::CoherenceBand { high, low, .. } if low > high => {
                Err(Error::parameter("low", low, format!("must not be above high = {high}")))
            }
            _ => Ok(()),
        }
    }
}

impl fmt::Display for Relation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())?;
        for (name, value) in self.parameters() {
            write!(f, "__{name}_{value}")?;
        }
        Ok(())
    }
}

impl FromStr for Relation {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self> {
        let unknown = |reason: String| Error::UnknownFeature { name: name.to_owned(), reason };
        let mut parts = name.split("__");
        let word = parts.next().unwrap_or_default();
        let parts: Vec<&str> = parts.collect();
        let value = |parameter: &str| -> Result<Value> {
            let text = parts.iter().find_map(|part| part.strip_prefix(parameter)?.strip_prefix('_'));
            let text = text.ok_or_else(|| unknown(format!("parameter `{parameter}` is missing")))?;
            text.parse().map_err(|()| unknown(format!("`{text}` is not a value of the parameter `{parameter}`")))
        };
        let count = |parameter: &str| -> Result<usize> {
            match value(parameter)? {
                Value::Int(n) if n >= 0 => usize::try_from(n).map_err(|e| unknown(e.to_string())),
                other => Err(unknown(format!("parameter `{parameter}` = {other}: must be a whole number from 0 on"))),
            }
        };
        let hertz = |parameter: &str| -> Result<f64> {
            match value(parameter)? {
                Value::Int(n) => Ok(n as f64),
                Value::Float(f) => Ok(f),
                other => Err(unknown(format!("parameter `{parameter}` = {other}: must be a number"))),
            }
        };
        let relation = match word {
            "correlation" => Self::Correlation,
            "cross_correlation_peak" => Self::CrossCorrelationPeak { max_lag: count("max_lag")? },
            "cross_correlation_lag" => Self::CrossCorrelationLag { max_lag: count("max_lag")? },
            "coherence_mean" => Self::CoherenceMean { nperseg: count("nperseg")? },
            "coherence_at" => Self::CoherenceAt { frequency: hertz("frequency")?, nperseg: count("nperseg")? },
            "coherence_band" => {
                Self::CoherenceBand { high: hertz("high")?, low: hertz("low")?, nperseg: count("nperseg")? }
            }
            "phase_at" => Self::PhaseAt { frequency: hertz("frequency")? },
            "amplitude_ratio_at" => Self::AmplitudeRatioAt { frequency: hertz("frequency")? },
            "correlation_largest_share" => Self::LargestShare,
            "correlation_smallest_share" => Self::SmallestShare,
            "correlation_effective_rank" => Self::EffectiveRank,
            "correlation_mean_absolute" => Self::MeanAbsoluteCorrelation,
            _ => return Err(unknown(format!("there is no relation `{word}`"))),
        };
        if parts.len() != relation.parameters().len() {
            return Err(unknown(format!("`{word}` has {} parameters", relation.parameters().len())));
        }
        relation.check().map_err(|e| unknown(e.to_string()))?;
        Ok(relation)
    }
}

#[cfg(feature = "serde")]
impl serde::Serialize for Relation {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(feature = "serde")]
impl<'de> serde::Deserialize<'de> for Relation {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        let name = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        name.parse().map_err(serde::de::Error::custom)
    }
}
