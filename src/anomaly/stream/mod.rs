//! Is this row normal, one row at a time? Detectors that learn as they go, in bounded memory.
//!
//! Every detector reads a row, scores it against what it has seen before, and then learns it
//! ([`StreamingDetector::update`]). State can be saved at any row and taken up again with the same bits; memory is
//! bounded by the settings, whatever the length of the stream. A row that is not finite is an error and leaves the
//! detector as it was. The scores are numbers; when to raise an alarm is said by a
//! [`Threshold`](super::Threshold) and by [`Events`](super::Events).
//!
//! | detector | answers | reads | score |
//! |---|---|---|---|
//! | [`EwmaChart`] | has the mean moved a little, for long? | a number | distance over its limit |
//! | [`CusumChart`] | the same, and since when, by how much? | a number | larger sum over its limit |
//! | [`IndividualsChart`] | is this number, or this jump, out of the ordinary? | a number | distance over its limit |
//! | [`Sprt`] | are these residuals still zero mean and of the known spread? | a number | log-likelihood over its limit |
//! | [`RunningGaussian`] | is this number likely, given those before it? | a number | probability of a lesser deviation |
//! | [`RunningDeviation`] | how many standard deviations from the mean so far? | a number | that number |
//! | [`Sprt`] | are these residuals still zero mean and of the known spread? | a number | log-likelihood ratio over its limit |
//! | [`PageHinkley`] | has the mean moved? Nothing known beforehand | a number | test over its threshold |
//! | [`Adwin`] | which of the last rows have one mean? | a number | difference of means over its bound |
//! | [`Kswin`] | has the distribution changed? | a number | KS distance over its bound |
//! | [`Bocpd`] | how long has the present regime lasted? | a number | probability of a recent change |
//! | [`MewmaChart`], [`McusumChart`] | has the mean of correlated sensors moved? | a row | T2, length of the sum |
//! | [`RandomCutForest`] | does this row stand apart from the recent ones? | a row, or the last values of a series | displacement |
//! | [`RandomCutForest`] | does this row stand apart from the recent ones? | a row, or the last values of one series | displacement |
//! | [`RhythmDetector`] | does this value fit the time of day, the step before, the shapes seen? | a number, with or without time | mean decades of rarity |
//! | [`HalfSpaceTrees`] | is this row where few rows of the last window were? | a row | 0..1 |
//! | [`OnlineLoda`] | the same, on random projections | a row | mean of -ln p |

mod adwin;
mod bocpd;
mod chart;
mod cusum;
mod decluster;
mod ewma;
mod forest;
mod gaussian;
mod half_space;
mod kswin;
mod loda;
mod multivariate;
mod page_hinkley;
mod rhythm;
mod sprt;

pub use adwin::{Adwin, AdwinParams, AdwinValidParams};
pub use bocpd::{Bocpd, BocpdParams, BocpdValidParams};
pub use chart::{IndividualsChart, IndividualsParams, IndividualsValidParams};
pub use cusum::{CusumChart, CusumParams, CusumValidParams, Shift};
pub use decluster::Decluster;
pub use ewma::{EwmaChart, EwmaParams, EwmaValidParams};
pub use forest::{ForestScore, RandomCutForest, RandomCutForestParams, RandomCutForestValidParams};
pub use gaussian::{
    RunningDeviation, RunningDeviationParams, RunningDeviationValidParams, RunningGaussian, RunningGaussianParams,
    RunningGaussianValidParams,
};
pub use half_space::{HalfSpaceTrees, HalfSpaceTreesParams, HalfSpaceTreesValidParams};
pub use kswin::{Kswin, KswinParams, KswinValidParams};
pub use loda::{OnlineLoda, OnlineLodaParams, OnlineLodaValidParams};
pub use multivariate::{McusumChart, McusumParams, McusumValidParams, MewmaChart, MewmaParams, MewmaValidParams};
pub use page_hinkley::{Direction, PageHinkley, PageHinkleyParams, PageHinkleyValidParams};
pub use rhythm::{RhythmDetector, RhythmParams, RhythmValidParams};
pub use sprt::{Sprt, SprtParams, SprtTest, SprtValidParams};

use super::Attribution;
use crate::error::{Error, Result};
use crate::features::Rows;
use crate::learners::check_rows;
use ndarray::Array1;

/// A detector that scores a row against what it has seen so far, then learns it.
pub trait StreamingDetector {
    /// Number of columns of a row.
    fn width(&self) -> usize;

    /// Number of rows learned so far.
    fn n_seen(&self) -> u64;

    /// Score of the row, then learns it: higher is more anomalous. The score is 0 until there is something to compare
    /// with.
    ///
    /// # Errors
    /// [`Error::Shape`] for a row of another width, [`Error::NonFinite`] naming the column and, as its row, the
    /// number of rows seen before; [`Error::Numeric`] when a number overflows. The detector is then as it was before.
    fn update(&mut self, row: &[f64]) -> Result<f64>;

    /// The score that [`update`](Self::update) would give, to the bit; nothing is learned.
    ///
    /// Works on a copy of the detector unless the detector has a shorter way.
    ///
    /// # Errors
    /// As [`update`](Self::update).
    fn score(&self, row: &[f64]) -> Result<f64>
    where
        Self: Sized + Clone,
    {
        self.clone().update(row)
    }

    /// Contribution of every column to [`score`](Self::score) of the row; each detector says what they add up to. A
    /// detector of one column has one contribution, the score.
    ///
    /// # Errors
    /// As [`update`](Self::update); [`Error::Numeric`] from a detector of several columns that has no reasons to give.
    fn explain(&self, row: &[f64]) -> Result<Attribution>
    where
        Self: Sized + Clone,
    {
        if self.width() != 1 {
            return Err(Error::numeric("explanation", "this detector does not split its score by column"));
        }
        let score = self.score(row)?;
        Attribution::new(vec!["0".to_owned()], vec![score], score)
    }

    /// [`update`](Self::update) with every row in turn: the same bits, in one call.
    ///
    /// # Errors
    /// As [`update`](Self::update); a wrong width or a cell that is not finite is found before anything is learned,
    /// its row being counted within these rows. After an overflow the rows before it have been learned.
    fn update_rows<'a>(&mut self, rows: impl Into<Rows<'a>>) -> Result<Array1<f64>>
    where
        Self: Sized,
    {
        let rows = rows.into();
        check_batch(&rows, self.width())?;
        let mut copy = Vec::new();
        let mut scores = Vec::with_capacity(rows.values.nrows());
        for row in rows.values.rows() {
            copy.clear();
            copy.extend(row.iter());
            scores.push(self.update(&copy)?);
        }
        Ok(scores.into())
    }
}

/// `Ok` when all the rows can be learned one after the other.
fn check_batch(rows: &Rows<'_>, width: usize) -> Result<()> {
    if rows.values.ncols() != width {
        return Err(Error::shape("columns of the rows of a stream", width, rows.values.ncols()));
    }
    check_rows(rows, "rows of a stream", 0)
}

/// `Ok` when the row has this many cells and all are finite; `seen` rows came before.
#[inline]
fn check_row(row: &[f64], width: usize, seen: u64) -> Result<()> {
    if row.len() != width {
        return Err(Error::shape("cells of a row of a stream", width, row.len()));
    }
    if row.iter().all(|v| v.is_finite()) { Ok(()) } else { Err(not_finite(row, seen)) }
}

/// `Ok` when the value is finite; `seen` values came before.
#[inline]
fn check_value(x: f64, seen: u64) -> Result<()> {
    if x.is_finite() { Ok(()) } else { Err(not_finite(&[x], seen)) }
}

/// The cell of a row of one column.
#[inline]
fn only_cell(row: &[f64]) -> Result<f64> {
    match row {
        [x] => Ok(*x),
        _ => Err(Error::shape("cells of a row of a stream", 1, row.len())),
    }
}

#[cold]
fn not_finite(row: &[f64], seen: u64) -> Error {
    let at = row.iter().position(|v| !v.is_finite()).unwrap_or(0);
    Error::NonFinite {
        what: "row of a stream".into(),
        row: usize::try_from(seen).unwrap_or(usize::MAX),
        column: at.to_string(),
        value: row.get(at).copied().unwrap_or(f64::NAN),
    }
}

#[cold]
fn overflow(what: &'static str) -> Error {
    Error::numeric(what, "a number overflows; scale the values")
}

/// What is wrong with a saved state.
#[cfg(feature = "serde")]
fn refuse(reason: &str) -> Error {
    Error::Model { reason: reason.to_owned() }
}

/// `Ok` when a saved stream was not longer than can be counted: a file that says so would overflow the count.
#[cfg(feature = "serde")]
fn check_seen(seen: u64) -> Result<()> {
    if seen <= 1 << 53 { Ok(()) } else { Err(refuse("more rows than a stream can have")) }
}

/// Mean and standard deviation of healthy values that a chart is to watch: at least two, and not all the same.
fn baseline(what: &'static str, healthy: &[f64]) -> Result<(f64, f64)> {
    use crate::math::lanes;
    crate::error::check_finite(what, "0", healthy)?;
    if healthy.len() < 2 {
        return Err(Error::too_few(what, 2, healthy.len()));
    }
    let (mean, sd) = (lanes::mean(healthy), lanes::variance(healthy, 1).sqrt());
    if !(mean.is_finite() && sd.is_finite()) {
        return Err(overflow(what));
    }
    if sd > 0.0 { Ok((mean, sd)) } else { Err(Error::numeric(what, "the values do not vary")) }
}

/// [`ParamGuard`](linfa::ParamGuard) by the `validate` of the checked settings.
macro_rules! guard {
    ($params:ident, $valid:ident) => {
        impl linfa::ParamGuard for $params {
            type Checked = $valid;
            type Error = $crate::error::Error;

            fn check_ref(&self) -> $crate::error::Result<&$valid> {
                self.0.validate()?;
                Ok(&self.0)
            }

            fn check(self) -> $crate::error::Result<$valid> {
                self.0.validate()?;
                Ok(self.0)
            }
        }
    };
}
pub(super) use guard;

/// Reading of a saved state, all fields of which are given, through the `check_state` of the model; and its kind.
macro_rules! saved {
    ($model:ident { $($field:ident: $type:ty),* $(,)? }, $kind:literal, $names:expr) => {
        #[cfg(feature = "serde")]
        impl<'de> serde::Deserialize<'de> for $model {
            fn deserialize<D: serde::Deserializer<'de>>(from: D) -> std::result::Result<Self, D::Error> {
                #[derive(serde::Deserialize)]
                #[serde(deny_unknown_fields)]
                struct Raw {
                    $($field: $type),*
                }
                let raw = Raw::deserialize(from)?;
                let model = Self { $($field: raw.$field),* };
                match $crate::anomaly::stream::check_seen(model.seen).and_then(|()| model.check_state()) {
                    Ok(()) => Ok(model),
                    Err(error) => Err(serde::de::Error::custom(format!("{}: {error}", $kind))),
                }
            }
        }

        #[cfg(feature = "persist")]
        impl crate::persist::Persist for $model {
            const KIND: &'static str = $kind;
            fn feature_names(&self) -> &[String] {
                let names: fn(&Self) -> &[String] = $names;
                names(self)
            }
        }
    };
}
pub(super) use saved;

/// As `saved`, for models that do not count what they have seen.
macro_rules! checked {
    ($model:ident { $($field:ident: $type:ty),* $(,)? }, $kind:literal, $names:expr) => {
        #[cfg(feature = "serde")]
        impl<'de> serde::Deserialize<'de> for $model {
            fn deserialize<D: serde::Deserializer<'de>>(from: D) -> std::result::Result<Self, D::Error> {
                #[derive(serde::Deserialize)]
                #[serde(deny_unknown_fields)]
                struct Raw {
                    $($field: $type),*
                }
                let raw = Raw::deserialize(from)?;
                let model = Self { $($field: raw.$field),* };
                match model.check_state() {
                    Ok(()) => Ok(model),
                    Err(error) => Err(serde::de::Error::custom(format!("{}: {error}", $kind))),
                }
            }
        }

        #[cfg(feature = "persist")]
        impl crate::persist::Persist for $model {
            const KIND: &'static str = $kind;
            fn feature_names(&self) -> &[String] {
                let names: fn(&Self) -> &[String] = $names;
                names(self)
            }
        }
    };
}
pub(super) use checked;

/// A detector of one column, by its `push`.
macro_rules! one_column {
    ($model:ident) => {
        impl $crate::anomaly::stream::StreamingDetector for $model {
            fn width(&self) -> usize {
                1
            }

            fn n_seen(&self) -> u64 {
                self.seen
            }

            #[inline]
            fn update(&mut self, row: &[f64]) -> $crate::error::Result<f64> {
                self.push($crate::anomaly::stream::only_cell(row)?)
            }
        }
    };
}
use one_column;
