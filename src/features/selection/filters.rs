//! Columns that never move, and columns that say what another says.

use super::{Selection, columns};
use crate::error::{Error, Result};
use crate::features::Rows;
use crate::math::par;

/// The columns whose variance (divisor n) is above a limit, in their order. With limit 0: all that are not constant.
///
/// ```
/// use prognos::features::{FeatureMatrix, selection::varying};
/// use ndarray::array;
/// let m = FeatureMatrix::new(vec!["a".into(), "b".into()], array![[1.0, 5.0], [2.0, 5.0], [4.0, 5.0]])?;
/// assert_eq!(varying(&m, 0.0)?.names(), ["a"]);
/// # Ok::<(), prognos::Error>(())
/// ```
///
/// # Errors
/// [`Error::Parameter`] for a limit that is negative or not finite; [`Error::NonFinite`] for a cell that is not finite;
/// [`Error::TooFew`] without a row.
pub fn varying<'a>(rows: impl Into<Rows<'a>>, limit: f64) -> Result<Selection> {
    let rows = rows.into();
    if !(limit >= 0.0 && limit.is_finite()) {
        return Err(Error::parameter("limit", limit, "a variance is 0 or more, and finite"));
    }
    rows.check_finite("selection", 1)?;
    // An overflowing variance is above every limit.
    let moves = |x: &[f64]| !is_constant(x) && (variance(x) > limit || variance(x).is_nan());
    let columns = columns(&rows);
    Ok(Selection::new((0..columns.len()).filter(|&j| moves(&columns[j])).map(|j| rows.column_name(j))))
}

fn is_constant(x: &[f64]) -> bool {
    let (low, high) = crate::math::lanes::min_max(x);
    low >= high
}

/// Variance with divisor n, from the mean; infinite where it leaves the range.
fn variance(x: &[f64]) -> f64 {
    let n = x.len() as f64;
    let mean = x.iter().map(|v| v / n).sum::<f64>();
    x.iter().map(|v| (v - mean).powi(2) / n).sum()
}

/// The columns without those whose Pearson correlation with a column kept before is `limit` or more in size: the first
/// of a group stays, so put the preferred columns first ([`Selection::apply`] of a [`Ranking`](super::Ranking) does).
/// Constants are correlated with nothing and stay. O(n d²).
///
/// ```
/// use prognos::features::{FeatureMatrix, selection::uncorrelated};
/// use ndarray::array;
/// let names = vec!["rms".into(), "energy".into(), "skewness".into()];
/// let m = FeatureMatrix::new(names, array![[1.0, 1.0, 3.0], [2.0, 4.0, 0.5], [3.0, 9.0, 2.0], [4.0, 16.0, 0.1]])?;
/// assert_eq!(uncorrelated(&m, 0.9)?.names(), ["rms", "skewness"]);
/// # Ok::<(), prognos::Error>(())
/// ```
///
/// # Errors
/// [`Error::Parameter`] for a limit not between 0 and 1, bounds excluded; [`Error::NonFinite`] for a cell that is not finite;
/// [`Error::TooFew`] for fewer than 3 rows.
pub fn uncorrelated<'a>(rows: impl Into<Rows<'a>>, limit: f64) -> Result<Selection> {
    let rows = rows.into();
    crate::error::check_fraction("limit", limit)?;
    rows.check_finite("selection", 3)?;
    let columns = columns(&rows);
    let unit: Vec<Option<Vec<f64>>> = par::map(columns.len(), |j| standardised(&columns[j]));
    let mut kept: Vec<usize> = Vec::new();
    for j in 0..columns.len() {
        let copies = |&k: &usize| match (&unit[j], &unit[k]) {
            (Some(a), Some(b)) => crate::math::lanes::dot(a, b).abs() >= limit,
            _ => false,
        };
        if !kept.iter().any(copies) {
            kept.push(j);
        }
    }
    Ok(Selection::new(kept.into_iter().map(|j| rows.column_name(j))))
}

/// Less the mean and of length 1, so that a product of two is their correlation; `None` for a constant.
pub(super) fn standardised(x: &[f64]) -> Option<Vec<f64>> {
    let size = x.iter().fold(0.0, |m: f64, v| m.max(v.abs()));
    if is_constant(x) {
        return None;
    }
    // In units of the largest, so that no square leaves the range.
    let n = x.len() as f64;
    let mean = x.iter().map(|v| v / size).sum::<f64>() / n;
    let mut unit: Vec<f64> = x.iter().map(|v| v / size - mean).collect();
    let length = unit.iter().map(|v| v * v).sum::<f64>().sqrt();
    unit.iter_mut().for_each(|v| *v /= length);
    (length > 0.0).then_some(unit)
}
