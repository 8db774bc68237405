//! Which features to keep: tests of relevance, rankings, filters.
//!
//! # Which one
//! | question | take |
//! |---|---|
//! | which of many features have anything to do with the target, with a bound on false finds | [`RelevanceTest`] |
//! | which tell fault classes apart | [`rank`] with [`Criterion::AnovaF`], [`Criterion::KruskalWallis`] (outliers), [`Criterion::MutualInformation`] (any shape) |
//! | which go with wear or remaining life | [`rank`] with [`Criterion::RankCorrelation`], [`Criterion::MutualInformation`] |
//! | which few, each adding something new | [`Criterion::MaxRelevanceMinRedundancy`] |
//! | which matter only together with others | [`Criterion::ReliefF`] |
//! | drop what never moves, drop copies | [`varying`], [`uncorrelated`] |
//!
//! Features for a health index are better ranked by how they run to failure: see monotonicity, trendability and
//! prognosability in [`crate::health`].
//!
//! The result is a [`Selection`]: names, which turn into a [`FeatureSet`] that computes these columns alone, and are
//! written and read with it.
//!
//! # Honesty
//! Choose on training units only. A feature chosen on all the data has seen the test labels, and the error measured
//! afterwards is too small. Windows of one machine are not independent: the p-values are then too small, and the rate
//! of false finds is not what it says. Rank by them; do not quote them.
//!
//! ```
//! use prognos::features::selection::{RelevanceTest, Target};
//! use prognos::features::FeatureMatrix;
//! use ndarray::Array2;
//!
//! // 60 windows, the last 20 of a worn machine: the level rises, the other column does not know of it.
//! let worn: Vec<bool> = (0..60).map(|i| i >= 40).collect();
//! let values = Array2::from_shape_fn((60, 2), |(i, j)| match j {
//!     0 => (i as f64 * 2.4).sin() + if worn[i] { 1.0 } else { 0.0 },
//!     _ => (i as f64 * 1.7).cos(),
//! });
//! let matrix = FeatureMatrix::new(vec!["mean".into(), "skewness".into()], values)?;
//! let table = RelevanceTest::new().table(&matrix, &Target::classes(&worn))?;
//! let set = table.selection().feature_set()?;
//! assert_eq!(set.names(), ["mean"]);
//! # Ok::<(), prognos::Error>(())
//! ```

mod filters;
mod hypothesis;
mod information;
mod ranking;
mod relevance;
mod relief;

pub use filters::{uncorrelated, varying};
pub use ranking::{Criterion, Ranked, Ranking, rank};
pub use relevance::{Correction, FeatureKind, Relevance, RelevanceTable, RelevanceTest, TwoSampleTest};

use super::{FeatureMatrix, FeatureSet, Rows};
use crate::error::{Error, Result};

/// What the features shall tell of: one label or one number a row.
///
/// ```
/// use prognos::features::selection::Target;
/// let states = Target::classes(&["normal", "worn", "normal"]);
/// assert_eq!(states.class_count(), Some(2));
/// let life = Target::values(&[120.0, 80.5, 12.0])?;
/// assert_eq!(life.class_count(), None);
/// # Ok::<(), prognos::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Target(Kind);

#[derive(Debug, Clone, PartialEq)]
enum Kind {
    /// A class from 0 for each row, and how many classes there are.
    Classes(Vec<usize>, usize),
    Values(Vec<f64>),
}

impl Target {
    /// Labels of classes: truth values, whole numbers, words.
    #[must_use]
    pub fn classes<T: Ord>(labels: &[T]) -> Self {
        let mut distinct: Vec<&T> = labels.iter().collect();
        distinct.sort_unstable();
        distinct.dedup();
        let classes = labels.iter().map(|l| distinct.partition_point(|d| *d < l)).collect();
        Self(Kind::Classes(classes, distinct.len()))
    }

    /// Numbers: remaining life, wear, quality.
    ///
    /// # Errors
    /// [`Error::NonFinite`] naming the first that is NaN or infinite.
    pub fn values(values: &[f64]) -> Result<Self> {
        crate::error::check_finite("selection", "target", values)?;
        Ok(Self(Kind::Values(values.to_vec())))
    }

    /// Number of classes; `None` for numbers.
    #[must_use]
    pub fn class_count(&self) -> Option<usize> {
        match &self.0 {
            Kind::Classes(_, count) => Some(*count),
            Kind::Values(_) => None,
        }
    }

    /// Number of rows.
    #[must_use]
    pub fn len(&self) -> usize {
        match &self.0 {
            Kind::Classes(classes, _) => classes.len(),
            Kind::Values(values) => values.len(),
        }
    }

    /// Whether there is no row.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// `Ok` when there are rows, all finite, one for each entry, and the target is not the same in all.
    fn check(&self, rows: &Rows<'_>) -> Result<()> {
        rows.check_finite("selection", 3)?;
        if self.len() != rows.values.nrows() {
            return Err(Error::shape("entries of the target", rows.values.nrows(), self.len()));
        }
        let constant = match &self.0 {
            Kind::Classes(_, count) => *count < 2,
            Kind::Values(values) => values.windows(2).all(|p| p[0].total_cmp(&p[1]).is_eq()),
        };
        if constant {
            return Err(Error::too_few("different entries of the target", 2, 1));
        }
        Ok(())
    }
}

/// The columns, each as a slice of its own.
fn columns(rows: &Rows<'_>) -> Vec<Vec<f64>> {
    rows.values.columns().into_iter().map(|c| c.to_vec()).collect()
}

/// Names of columns that were kept, in order.
///
/// ```
/// use prognos::features::selection::Selection;
/// let kept = Selection::new(["pressure__mean", "flow__maximum", "pressure__quantile__q_0.9"]);
/// let sets = kept.channel_sets()?;
/// assert_eq!(sets[0].0, "pressure");
/// assert_eq!(sets[0].1.names(), ["mean", "quantile__q_0.9"]);
/// # Ok::<(), prognos::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
pub struct Selection {
    names: Vec<String>,
}

impl Selection {
    /// A selection of these names.
    pub fn new<I>(names: I) -> Self
    where
        I: IntoIterator,
        I::Item: Into<String>,
    {
        Self { names: names.into_iter().map(Into::into).collect() }
    }

    /// The names, in order.
    #[must_use]
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// Number of columns kept.
    #[must_use]
    pub fn len(&self) -> usize {
        self.names.len()
    }

    /// Whether nothing was kept.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.names.is_empty()
    }

    /// These columns of a matrix, in the order of the selection.
    ///
    /// # Errors
    /// [`Error::UnknownFeature`] for a column that the matrix does not have.
    pub fn apply(&self, matrix: &FeatureMatrix) -> Result<FeatureMatrix> {
        matrix.select(&self.names)
    }

    /// The set that computes these columns of a single channel.
    ///
    /// # Errors
    /// As [`FeatureSet::from_names`]: a column with a channel's name in front belongs to
    /// [`Selection::channel_sets`].
    pub fn feature_set(&self) -> Result<FeatureSet> {
        FeatureSet::from_names(&self.names)
    }

    /// The set of each channel, for columns named `channel__feature`.
    ///
    /// # Errors
    /// As [`FeatureSet::from_columns`].
    pub fn channel_sets(&self) -> Result<Vec<(String, FeatureSet)>> {
        FeatureSet::from_columns(&self.names)
    }
}

#[cfg(feature = "persist")]
impl crate::persist::Persist for Selection {
    const KIND: &'static str = "selection";

    fn feature_names(&self) -> &[String] {
        &self.names
    }
}
