//! How far a segmentation is from the true one.
//!
//! All take change points without the number of rows, ascending, as
//! [`Segmentation::change_points`](super::Segmentation::change_points) gives them. Sources: Rand 1971; Truong, Oudre &
//! Vayatis 2020 for the others.

use crate::error::{Error, Result};

fn check(name: &'static str, points: &[usize], rows: usize) -> Result<()> {
    let ascending = points.windows(2).all(|w| w[0] < w[1]);
    let inside = points.first().is_none_or(|p| *p > 0) && points.last().is_none_or(|p| *p < rows);
    if ascending && inside {
        Ok(())
    } else {
        Err(Error::parameter(
            name,
            format!("{points:?}"),
            "change points ascend and lie strictly between 0 and the rows",
        ))
    }
}

/// Fraction of the pairs of rows that both segmentations put together, or both apart: 1 when they are equal.
///
/// ```
/// use prognos::anomaly::changepoint::rand_index;
/// assert_eq!(rand_index(&[2], &[2], 4)?, 1.0);
/// assert_eq!(rand_index(&[2], &[], 4)?, 1.0 / 3.0); // of six pairs two are together in both
/// # Ok::<(), prognos::Error>(())
/// ```
///
/// # Errors
/// [`Error::Parameter`] unless change points ascend strictly between 0 and `rows`; [`Error::TooFew`] with fewer than 2
/// rows.
pub fn rand_index(truth: &[usize], found: &[usize], rows: usize) -> Result<f64> {
    check("truth", truth, rows)?;
    check("found", found, rows)?;
    if rows < 2 {
        return Err(Error::too_few("rows for pairs of rows", 2, rows));
    }
    // Pairs together within the segments of a list of change points.
    let together = |points: &mut dyn Iterator<Item = usize>| {
        let (mut start, mut pairs) = (0, 0.0);
        for end in points {
            let n = (end - start) as f64;
            pairs += 0.5 * n * (n - 1.0);
            start = end;
        }
        pairs
    };
    let mut both: Vec<usize> = truth.iter().chain(found).copied().collect();
    both.sort_unstable();
    both.dedup();
    let all = 0.5 * rows as f64 * (rows - 1) as f64;
    let in_truth = together(&mut truth.iter().copied().chain([rows]));
    let in_found = together(&mut found.iter().copied().chain([rows]));
    let in_both = together(&mut both.into_iter().chain([rows]));
    Ok((all + 2.0 * in_both - in_truth - in_found) / all)
}

/// Largest distance, in rows, of a change point of one list from the nearest of the other. 0 when both are empty,
/// infinite when one is.
///
/// ```
/// use prognos::anomaly::changepoint::hausdorff;
/// assert_eq!(hausdorff(&[60, 110, 180], &[58, 112, 150]), 30.0);
/// ```
#[must_use]
pub fn hausdorff(truth: &[usize], found: &[usize]) -> f64 {
    let one_way = |from: &[usize], to: &[usize]| {
        from.iter().map(|a| to.iter().map(|b| a.abs_diff(*b) as f64).fold(f64::INFINITY, f64::min)).fold(0.0, f64::max)
    };
    one_way(truth, found).max(one_way(found, truth))
}

/// Precision and recall of change points: a true one is found when one that was found lies **less than** `margin` rows
/// away. Each found one counts for one true one.
///
/// Precision is NaN when nothing was found, recall when there was nothing to find.
///
/// ```
/// use prognos::anomaly::changepoint::precision_recall;
/// let (precision, recall) = precision_recall(&[60, 110, 180], &[58, 112, 150, 200], 5)?;
/// assert_eq!((precision, recall), (0.5, 2.0 / 3.0));
/// # Ok::<(), prognos::Error>(())
/// ```
///
/// # Errors
/// [`Error::Parameter`] for a margin of 0, or unless change points ascend.
pub fn precision_recall(truth: &[usize], found: &[usize], margin: usize) -> Result<(f64, f64)> {
    check("truth", truth, usize::MAX)?;
    check("found", found, usize::MAX)?;
    if margin == 0 {
        return Err(Error::parameter("margin", margin, "must be at least 1"));
    }
    // Both ascend: the first free one within the margin leaves most to those behind.
    let (mut next, mut hits) = (0, 0.0);
    for &point in truth {
        while next < found.len() && found[next] < point && point - found[next] >= margin {
            next += 1;
        }
        if next < found.len() && found[next].abs_diff(point) < margin {
            hits += 1.0;
            next += 1;
        }
    }
    Ok((hits / found.len() as f64, hits / truth.len() as f64))
}
