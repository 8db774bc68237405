//! How much each column tells of the target, best first.

use super::filters::standardised;
use super::hypothesis::{average_ranks, chi_squared_tail, f_tail, kendall};
use super::{Kind, Selection, Target, columns, information, relief};
use crate::error::{Error, Result};
use crate::features::Rows;
use crate::math::{lanes, par};

/// Most bins of a column: the table of two columns has the square of it.
const MOST_BINS: usize = 1000;

/// What makes a column good.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub enum Criterion {
    /// Classes: variance between over variance within (one-way analysis of variance, F); p-value by Fisher's law.
    AnovaF,
    /// Classes: the same of the ranks (Kruskal & Wallis 1952, H with ties); p-value by chi-squared. For outliers.
    KruskalWallis,
    /// Numbers: size of Pearson's correlation; p-value by Student's t.
    Correlation,
    /// Numbers: size of Kendall's tau-b; p-value by the normal law. For any monotone course.
    RankCorrelation,
    /// Classes or numbers: mutual information in nats by `neighbours` nearest neighbours (3 is usual).
    MutualInformation {
        /// Neighbours, at least 1: more are steadier and blur detail.
        neighbours: usize,
    },
    /// Classes or numbers: ReliefF (RReliefF) with `neighbours` nearest hits and misses (10 is usual).
    ReliefF {
        /// Neighbours, at least 1.
        neighbours: usize,
    },
    /// Classes or numbers: columns in the order in which each adds most: mutual information with the target less the
    /// mean of that with the columns before it (mRMR, difference form), all in `bins` bins of equal counts. The
    /// score is that difference at the time of the choice, so it need not fall.
    MaxRelevanceMinRedundancy {
        /// Bins, 2 to 1000 and not above the number of rows; about the cube root of that number.
        bins: usize,
    },
}

/// One column of a ranking.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Ranked {
    /// Name of the column.
    pub name: String,
    /// Its score; larger is better. 0 for a constant; infinite when there is no variance within the classes.
    pub score: f64,
    /// Chance of such a score without any dependence, where the criterion has a law for it.
    pub p_value: Option<f64>,
}

/// Columns, best first; of equal scores in the order of the matrix.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Ranking {
    entries: Vec<Ranked>,
}

impl Ranking {
    /// All columns, best first.
    #[must_use]
    pub fn entries(&self) -> &[Ranked] {
        &self.entries
    }

    /// The best `count` columns, or all when there are fewer.
    #[must_use]
    pub fn best(&self, count: usize) -> Selection {
        Selection::new(self.entries.iter().take(count).map(|e| e.name.as_str()))
    }

    /// The columns with a score above `limit`.
    #[must_use]
    pub fn above(&self, limit: f64) -> Selection {
        Selection::new(self.entries.iter().filter(|e| e.score > limit).map(|e| e.name.as_str()))
    }
}

/// Ranks the columns by a criterion.
///
/// ```
/// use prognos::features::selection::{Criterion, Target, rank};
/// use prognos::features::FeatureMatrix;
/// use ndarray::Array2;
/// let life: Vec<f64> = (0..40).map(|i| 40.0 - i as f64).collect();
/// let values = Array2::from_shape_fn((40, 2), |(i, j)| match j {
///     0 => (i as f64 * 1.7).cos(),
///     _ => (i as f64 * 0.1).exp(), // grows with wear, not along a line
/// });
/// let matrix = FeatureMatrix::new(vec!["skewness".into(), "rms".into()], values)?;
/// let ranking = rank(&matrix, &Target::values(&life)?, Criterion::RankCorrelation)?;
/// assert_eq!(ranking.entries()[0].name, "rms");
/// assert!((ranking.entries()[0].score - 1.0).abs() < 1e-12);
/// # Ok::<(), prognos::Error>(())
/// ```
///
/// # Errors
/// [`Error::Parameter`] when the criterion does not fit the target (classes or numbers) or its own parameter is out of
/// range; otherwise as [`RelevanceTest::table`](super::RelevanceTest::table).
pub fn rank<'a>(rows: impl Into<Rows<'a>>, target: &Target, criterion: Criterion) -> Result<Ranking> {
    let rows = rows.into();
    target.check(&rows)?;
    check(criterion, target, rows.values.nrows())?;
    let columns = columns(&rows);
    let order_of_choice = matches!(criterion, Criterion::MaxRelevanceMinRedundancy { .. });
    let scored: Vec<(usize, f64, Option<f64>)> = match (criterion, &target.0) {
        (Criterion::ReliefF { neighbours }, kind) => {
            relief::weights(&columns, kind, neighbours).into_iter().enumerate().map(|(j, w)| (j, w, None)).collect()
        }
        (Criterion::MaxRelevanceMinRedundancy { bins }, kind) => {
            min_redundancy(&columns, kind, bins).into_iter().map(|(j, s)| (j, s, None)).collect()
        }
        (criterion, kind) => {
            let each = par::map(columns.len(), |j| score(&columns[j], kind, criterion));
            each.into_iter().enumerate().map(|(j, (s, p))| (j, s, p)).collect()
        }
    };
    let mut entries: Vec<Ranked> = scored
        .into_iter()
        .map(|(j, score, p_value)| {
            let score = if score.is_nan() { 0.0 } else { score };
            Ranked { name: rows.column_name(j), score, p_value: p_value.filter(|p| !p.is_nan()) }
        })
        .collect();
    if !order_of_choice {
        entries.sort_by(|a, b| b.score.total_cmp(&a.score));
    }
    Ok(Ranking { entries })
}

fn check(criterion: Criterion, target: &Target, rows: usize) -> Result<()> {
    let classes = target.class_count().is_some();
    match criterion {
        Criterion::AnovaF | Criterion::KruskalWallis if !classes => {
            Err(Error::parameter("criterion", format!("{criterion:?}"), "needs classes as target"))
        }
        Criterion::Correlation | Criterion::RankCorrelation if classes => {
            Err(Error::parameter("criterion", format!("{criterion:?}"), "needs numbers as target"))
        }
        Criterion::MutualInformation { neighbours } | Criterion::ReliefF { neighbours } if neighbours == 0 => {
            Err(Error::parameter("neighbours", neighbours, "at least 1"))
        }
        Criterion::MaxRelevanceMinRedundancy { bins } if !(2..=rows.clamp(2, MOST_BINS)).contains(&bins) => {
            let rule = format!("from 2 to {MOST_BINS}, and not above the number of rows, which is {rows}");
            Err(Error::parameter("bins", bins, rule))
        }
        _ => Ok(()),
    }
}

fn score(x: &[f64], target: &Kind, criterion: Criterion) -> (f64, Option<f64>) {
    if standardised(x).is_none() {
        return (0.0, None);
    }
    match (criterion, target) {
        (Criterion::KruskalWallis, Kind::Classes(classes, count)) => kruskal_wallis(x, classes, *count),
        (Criterion::MutualInformation { neighbours }, Kind::Classes(classes, count)) => {
            (information::of_classes(x, classes, *count, neighbours), None)
        }
        (Criterion::MutualInformation { neighbours }, Kind::Values(y)) => {
            (information::of_values(x, y, neighbours), None)
        }
        (Criterion::RankCorrelation, Kind::Values(y)) => {
            let (tau, p) = kendall(x, y);
            (tau.abs(), Some(p))
        }
        (_, Kind::Values(y)) => match (standardised(x), standardised(y)) {
            (Some(a), Some(b)) => {
                let r = lanes::dot(&a, &b).clamp(-1.0, 1.0);
                (r.abs(), Some(crate::math::student::correlation_p_value(r, x.len() as f64 - 2.0)))
            }
            _ => (0.0, None),
        },
        (_, Kind::Classes(classes, count)) => anova(x, classes, *count),
    }
}

fn class_sums(x: &[f64], classes: &[usize], count: usize) -> (Vec<f64>, Vec<f64>) {
    let (mut sums, mut sizes) = (vec![0.0; count], vec![0.0; count]);
    for (v, &c) in x.iter().zip(classes) {
        sums[c] += v;
        sizes[c] += 1.0;
    }
    (sums, sizes)
}

/// F and its p-value; infinite when nothing varies within the classes, NaN without degrees of freedom.
fn anova(x: &[f64], classes: &[usize], count: usize) -> (f64, Option<f64>) {
    let Some(unit) = standardised(x) else { return (0.0, None) };
    let (sums, sizes) = class_sums(&unit, classes, count);
    let between: f64 = sums.iter().zip(&sizes).map(|(s, n)| s * s / n).sum();
    let within: f64 = unit.iter().zip(classes).map(|(v, &c)| (v - sums[c] / sizes[c]).powi(2)).sum();
    let (d1, d2) = ((count - 1) as f64, x.len() as f64 - count as f64);
    let f = (between / d1) / (within / d2);
    (f, Some(f_tail(f, d1, d2)))
}

/// H with the correction for ties, and its p-value.
fn kruskal_wallis(x: &[f64], classes: &[usize], count: usize) -> (f64, Option<f64>) {
    let (ranks, ties) = average_ranks(x);
    let (sums, sizes) = class_sums(&ranks, classes, count);
    let n = x.len() as f64;
    let h = 12.0 / (n * (n + 1.0)) * sums.iter().zip(&sizes).map(|(s, m)| s * s / m).sum::<f64>() - 3.0 * (n + 1.0);
    let tied: f64 = ties.iter().map(|&t| (t as f64).powi(3) - t as f64).sum();
    let h = h / (1.0 - tied / (n.powi(3) - n));
    (h, Some(chi_squared_tail(h, (count - 1) as f64)))
}

/// Columns in the order of choice, with the difference of relevance and mean redundancy at that time. O(n d²).
fn min_redundancy(columns: &[Vec<f64>], target: &Kind, bins: usize) -> Vec<(usize, f64)> {
    let binned: Vec<Vec<usize>> = par::map(columns.len(), |j| information::binned(&columns[j], bins));
    let (goal, goals) = match target {
        Kind::Classes(classes, count) => (classes.clone(), *count),
        Kind::Values(values) => (information::binned(values, bins), bins),
    };
    let relevance = par::map(columns.len(), |j| information::of_bins(&binned[j], bins, &goal, goals));
    let mut redundancy = vec![0.0; columns.len()];
    let mut left: Vec<usize> = (0..columns.len()).collect();
    let mut chosen: Vec<(usize, f64)> = Vec::with_capacity(left.len());
    while !left.is_empty() {
        let gain = |j: usize| relevance[j] - redundancy[j] / chosen.len().max(1) as f64;
        let mut best = 0;
        for place in 1..left.len() {
            if gain(left[place]) > gain(left[best]) {
                best = place;
            }
        }
        let (j, score) = (left[best], gain(left[best]));
        left.remove(best);
        chosen.push((j, score));
        let added = par::map(left.len(), |p| information::of_bins(&binned[left[p]], bins, &binned[j], bins));
        left.iter().zip(added).for_each(|(&k, mi)| redundancy[k] += mi);
    }
    chosen
}
