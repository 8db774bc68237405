//! Splits by group: rows of one machine are never on both sides.

use crate::error::{Error, Result};

/// Fold of every group, for groups of these sizes (rows): the largest group goes to the lightest fold, and so on, so that
/// folds hold about as many rows. Ties go to the later group and the first fold. Deterministic, no seed.
///
/// ```
/// use prognos::learners::group_folds;
/// assert_eq!(group_folds(&[5, 1, 4, 2], 2)?, [0, 0, 1, 1]);
/// # Ok::<(), prognos::Error>(())
/// ```
///
/// # Errors
/// [`Error::Parameter`] for fewer than 2 folds, [`Error::TooFew`] with fewer groups than folds.
pub fn group_folds(sizes: &[usize], folds: usize) -> Result<Vec<usize>> {
    if folds < 2 {
        return Err(Error::parameter("folds", folds, "must be at least 2"));
    }
    if sizes.len() < folds {
        return Err(Error::too_few("groups for the folds", folds, sizes.len()));
    }
    let mut order: Vec<usize> = (0..sizes.len()).collect();
    order.sort_by(|&a, &b| sizes[b].cmp(&sizes[a]).then(b.cmp(&a)));
    let mut weight = vec![0usize; folds];
    let mut fold = vec![0; sizes.len()];
    for group in order {
        let lightest = (0..folds).min_by_key(|&k| weight[k]).unwrap_or(0);
        fold[group] = lightest;
        weight[lightest] += sizes[group];
    }
    Ok(fold)
}
