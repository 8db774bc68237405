//! Was the one anomaly found? The rule of the UCR anomaly archive.
//!
//! A series holds one anomaly; the detector names one row. It is right when the row lies inside of the anomaly or within
//! `max(100, length of the anomaly)` rows of it (Wu & Keogh 2021; KDD Cup 2021). No threshold, no partial credit.

use crate::error::{Error, Result};
use std::ops::Range;

/// Whether `location` lies within `max(100, length)` rows of the anomaly.
///
/// ```
/// use prognos::metrics::detection::ucr_correct;
/// assert!(ucr_correct(900, &(1000..1020)) && !ucr_correct(899, &(1000..1020)));
/// assert!(ucr_correct(1119, &(1000..1020)) && !ucr_correct(1120, &(1000..1020)));
/// ```
#[must_use]
pub fn ucr_correct(location: usize, anomaly: &Range<usize>) -> bool {
    let slack = anomaly.len().max(100);
    location >= anomaly.start.saturating_sub(slack) && location < anomaly.end.saturating_add(slack)
}

/// Part of the series whose anomaly was found: (row named, rows of the anomaly) a series. `None`, no row named, counts
/// as not found.
///
/// ```
/// use prognos::metrics::detection::ucr_accuracy;
/// assert_eq!(ucr_accuracy(&[(Some(1010), 1000..1020), (None, 50..60)])?, 0.5);
/// # Ok::<(), prognos::Error>(())
/// ```
///
/// # Errors
/// [`Error::TooFew`] without series, [`Error::Parameter`] for an anomaly without rows.
pub fn ucr_accuracy(found: &[(Option<usize>, Range<usize>)]) -> Result<f64> {
    if found.is_empty() {
        return Err(Error::too_few("series", 1, 0));
    }
    if let Some((_, empty)) = found.iter().find(|(_, anomaly)| anomaly.is_empty()) {
        return Err(Error::parameter("anomaly", format!("{empty:?}"), "must hold at least one row"));
    }
    let right = found.iter().filter(|(row, anomaly)| row.is_some_and(|row| ucr_correct(row, anomaly))).count();
    Ok(right as f64 / found.len() as f64)
}
