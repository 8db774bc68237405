//! Whether a feature has anything to do with the target, with a bound on the share of false finds.
//!
//! Each feature is tested by itself; what test depends on what there is to compare:
//!
//! | target | feature of two values | feature of more values |
//! |---|---|---|
//! | classes (each against the rest) | Fisher's exact test | Mann-Whitney, or Kolmogorov-Smirnov |
//! | numbers | Kolmogorov-Smirnov | Kendall's tau, normal approximation |
//!
//! Among the p-values those are found relevant that the procedure of Benjamini and Yekutieli (1995, 2001) rejects.
//! This is tsfresh's selection (Christ, Braun, Neuffer & Kempa-Liehr 2018), with the same choices by default.
//!
//! Cost: O(n log n) a feature; the exact Kolmogorov-Smirnov law O(n²).

use super::hypothesis::{fisher_exact, kendall, kolmogorov_smirnov, mann_whitney};
use super::{Kind, Selection, Target, columns};
use crate::error::{Error, Result};
use crate::features::Rows;
use crate::math::par;

/// How many values a feature takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum FeatureKind {
    /// One value: never relevant, and not counted among the tests.
    Constant,
    /// Two.
    Binary,
    /// More.
    Real,
}

/// The test of a feature with more than two values against two classes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum TwoSampleTest {
    /// Whether one class tends to larger values: most power for a shift of the level.
    #[default]
    MannWhitney,
    /// Whether the distributions differ in any way: spread and shape too, less power for a shift.
    KolmogorovSmirnov,
}

/// How p-values of many features are judged together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Correction {
    /// Benjamini & Hochberg 1995: the bound holds for independent features and some dependent ones.
    BenjaminiHochberg,
    /// Benjamini & Yekutieli 2001: the bound holds for any dependence, and features are dependent (mean and median).
    #[default]
    BenjaminiYekutieli,
}

impl Correction {
    /// p-values made larger, so that those up to a level are the finds at that rate of false finds. In the order
    /// given; a NaN stays NaN and is not counted.
    ///
    /// ```
    /// use prognos::features::selection::Correction;
    /// let adjusted = Correction::BenjaminiHochberg.adjust(&[0.01, 0.04, 0.03]);
    /// assert!((adjusted[0] - 0.03).abs() < 1e-15);
    /// assert!((adjusted[1] - 0.04).abs() < 1e-15 && (adjusted[2] - 0.04).abs() < 1e-15);
    /// ```
    #[must_use]
    pub fn adjust(self, p_values: &[f64]) -> Vec<f64> {
        let mut order: Vec<usize> = (0..p_values.len()).filter(|&i| !p_values[i].is_nan()).collect();
        order.sort_by(|&a, &b| p_values[a].total_cmp(&p_values[b]));
        let n = order.len() as f64;
        let factor = match self {
            Self::BenjaminiHochberg => 1.0,
            Self::BenjaminiYekutieli => (1..=order.len()).map(|i| 1.0 / i as f64).sum(),
        };
        let mut adjusted = vec![f64::NAN; p_values.len()];
        let mut least = 1.0_f64;
        for (place, &i) in order.iter().enumerate().rev() {
            least = least.min(p_values[i] * n * factor / (place + 1) as f64);
            adjusted[i] = least;
        }
        adjusted
    }
}

/// Settings of the test; see the [module](super) for an example.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RelevanceTest {
    rate: f64,
    correction: Correction,
    two_sample: TwoSampleTest,
    significant_classes: usize,
}

impl Default for RelevanceTest {
    fn default() -> Self {
        Self {
            rate: 0.05,
            correction: Correction::default(),
            two_sample: TwoSampleTest::default(),
            significant_classes: 1,
        }
    }
}

impl RelevanceTest {
    /// False discovery rate 0.05, Benjamini-Yekutieli, Mann-Whitney: as tsfresh.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Expected share of irrelevant features among those found, in 0..1 (default 0.05).
    #[must_use]
    pub fn false_discovery_rate(mut self, rate: f64) -> Self {
        self.rate = rate;
        self
    }

    /// How the p-values are judged together.
    #[must_use]
    pub fn correction(mut self, correction: Correction) -> Self {
        self.correction = correction;
        self
    }

    /// The test of features with more than two values against classes.
    #[must_use]
    pub fn two_sample(mut self, test: TwoSampleTest) -> Self {
        self.two_sample = test;
        self
    }

    /// From how many classes a feature must tell, each against the rest, to be kept (default 1). With two classes there
    /// is one comparison.
    #[must_use]
    pub fn significant_classes(mut self, classes: usize) -> Self {
        self.significant_classes = classes;
        self
    }

    /// Tests every column against the target.
    ///
    /// # Errors
    /// [`Error::Parameter`] for a rate outside 0..1 or a number of classes that the target does not have;
    /// [`Error::NonFinite`] for a cell that is not finite (see
    /// [`FeatureMatrix::finite_columns`](crate::features::FeatureMatrix::finite_columns)); [`Error::Shape`] when the
    /// target has another length; [`Error::TooFew`] for fewer than 3 rows or a constant target.
    pub fn table<'a>(&self, rows: impl Into<Rows<'a>>, target: &Target) -> Result<RelevanceTable> {
        let rows = rows.into();
        if !(self.rate > 0.0 && self.rate < 1.0) {
            return Err(Error::parameter(
                "false_discovery_rate",
                self.rate,
                "a share between 0 and 1, bounds excluded",
            ));
        }
        target.check(&rows)?;
        let comparisons = match target.class_count() {
            None | Some(2) => 1,
            Some(classes) => classes,
        };
        if self.significant_classes == 0 || self.significant_classes > comparisons {
            let rule = format!("from 1 to the number of comparisons, which is {comparisons}");
            return Err(Error::parameter("significant_classes", self.significant_classes, rule));
        }
        let columns = columns(&rows);
        let kinds: Vec<FeatureKind> = columns.iter().map(|c| kind_of(c)).collect();
        let p_values: Vec<Vec<f64>> = par::map(columns.len(), |j| match kinds[j] {
            FeatureKind::Constant => vec![f64::NAN; comparisons],
            kind => (0..comparisons).map(|c| self.p_value(&columns[j], kind, target, c)).collect(),
        });
        let adjusted: Vec<Vec<f64>> = (0..comparisons)
            .map(|c| self.correction.adjust(&p_values.iter().map(|p| p[c]).collect::<Vec<_>>()))
            .collect();
        let rows = (0..columns.len())
            .map(|j| {
                let found = adjusted.iter().filter(|a| a[j] <= self.rate).count();
                Relevance {
                    name: rows.column_name(j),
                    kind: kinds[j],
                    p_value: p_values[j].iter().copied().fold(f64::NAN, f64::min),
                    adjusted_p_value: adjusted.iter().map(|a| a[j]).fold(f64::NAN, f64::min),
                    significant_classes: found,
                    relevant: found >= self.significant_classes,
                }
            })
            .collect();
        Ok(RelevanceTable { rows })
    }

    fn p_value(&self, x: &[f64], kind: FeatureKind, target: &Target, comparison: usize) -> f64 {
        match &target.0 {
            Kind::Classes(classes, count) => {
                // Of two classes the second is the one that is told from the rest.
                let class = if *count == 2 { 1 } else { comparison };
                let part = |inside: bool| -> Vec<f64> {
                    x.iter().zip(classes).filter(|(_, c)| (**c == class) == inside).map(|(v, _)| *v).collect()
                };
                let (inside, outside) = (part(true), part(false));
                if kind == FeatureKind::Binary {
                    let low = x.iter().copied().fold(f64::INFINITY, f64::min);
                    let lows = |v: &[f64]| v.iter().filter(|v| **v <= low).count() as u64;
                    let (a, c) = (lows(&inside), lows(&outside));
                    return fisher_exact(a, inside.len() as u64 - a, c, outside.len() as u64 - c);
                }
                match self.two_sample {
                    TwoSampleTest::MannWhitney => mann_whitney(&inside, &outside),
                    TwoSampleTest::KolmogorovSmirnov => kolmogorov_smirnov(&inside, &outside),
                }
            }
            Kind::Values(y) if kind == FeatureKind::Binary => {
                let low = x.iter().copied().fold(f64::INFINITY, f64::min);
                let part = |of_low: bool| -> Vec<f64> {
                    x.iter().zip(y).filter(|(v, _)| (**v <= low) == of_low).map(|(_, y)| *y).collect()
                };
                kolmogorov_smirnov(&part(false), &part(true))
            }
            Kind::Values(y) => kendall(x, y).1,
        }
    }
}

fn kind_of(x: &[f64]) -> FeatureKind {
    let low = x.iter().copied().fold(f64::INFINITY, f64::min);
    let high = x.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    if low >= high {
        FeatureKind::Constant
    } else if x.iter().all(|&v| v <= low || v >= high) {
        FeatureKind::Binary
    } else {
        FeatureKind::Real
    }
}

/// What the test says of one column.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Relevance {
    /// Name of the column.
    pub name: String,
    /// How many values it takes.
    pub kind: FeatureKind,
    /// p-value by itself, the smallest over the classes; NaN for a constant.
    pub p_value: f64,
    /// p-value corrected for the number of columns, the smallest over the classes; NaN for a constant.
    pub adjusted_p_value: f64,
    /// From how many classes it tells.
    pub significant_classes: usize,
    /// Whether it is kept.
    pub relevant: bool,
}

/// What the test says of every column, in the order of the columns.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct RelevanceTable {
    rows: Vec<Relevance>,
}

impl RelevanceTable {
    /// One entry a column.
    #[must_use]
    pub fn rows(&self) -> &[Relevance] {
        &self.rows
    }

    /// The columns found relevant, in the order of the matrix.
    #[must_use]
    pub fn selection(&self) -> Selection {
        Selection::new(self.rows.iter().filter(|r| r.relevant).map(|r| r.name.as_str()))
    }
}
