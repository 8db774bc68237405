//! How good is a detector? Scores and alarms against labels.
//!
//! | number | takes | what it says, and what it hides |
//! |---|---|---|
//! | [`roc_auc`], [`average_precision`] | scores | ranking of rows; every row of an event counts, so long events rule |
//! | [`vus`] | scores | the same with soft ends of events, over all widths up to a window |
//! | [`Confusion`] | alarms | precision, recall, F1, rates of false and missed alarms, row by row |
//! | [`Ranking::best_f1_oracle`] | scores | the F1 of a threshold found with the labels: an upper bound, not a result |
//! | [`RangeScore`] | alarms | precision and recall of ranges: parts, position, fragments |
//! | [`affiliation`] | alarms | distance in time between alarms and events; a random alarm has 0.5 |
//! | [`EventRule`] | alarms | what a plant asks: events found, delay, early warning, false alarms a day |
//! | [`NabCorpus`] | scores of many files | early detection against false alarms (Numenta); the threshold is an oracle |
//! | [`ucr_accuracy`] | one place a file | was the one anomaly found? |
//! | [`flawed_point_adjusted_f1`] | alarms | a flawed number in many papers, to compare with them |
//!
//! Labels are `true` where somebody said "anomalous". Scores are higher where more anomalous. Thresholds here mean "at
//! or above"; a [`Limit`](crate::anomaly::Limit) means "above", and gives alarms to judge. Runs are half open: rows
//! `start..end`.
//!
//! A ratio without a denominator (the precision of no alarm at all) is NaN and says so, not 0 or 1.
//!
//! ```
//! use prognos::metrics::detection::{Confusion, EventRule, roc_auc};
//! use prognos::signal::SampleRate;
//! let labels = [false, false, true, true, true, false, false, false];
//! let scores = [0.1, 0.2, 0.3, 0.9, 0.8, 0.7, 0.1, 0.2];
//! assert!((roc_auc(&labels, &scores)? - 14.0 / 15.0).abs() < 1e-12);
//! let alarms: Vec<bool> = scores.iter().map(|s| *s >= 0.5).collect();
//! let rows = Confusion::of(&labels, &alarms)?;
//! assert_eq!((rows.true_positives, rows.false_positives, rows.false_negatives), (2, 1, 1));
//! let events = EventRule::new().score(&labels, &alarms, SampleRate::every_seconds(60.0)?)?;
//! assert_eq!(events.event_recall(), 1.0);
//! assert_eq!(events.mean_delay_seconds(), 60.0); // one row late
//! # Ok::<(), prognos::Error>(())
//! ```

mod affiliation;
mod confusion;
mod events;
mod nab;
mod ranges;
mod ranking;
mod ucr;
mod vus;

pub use affiliation::{Affiliation, EventAffiliation, affiliation};
pub use confusion::{Confusion, flawed_point_adjusted_f1};
pub use events::{EventOutcome, EventRule, EventScores};
pub use nab::{NabCorpus, NabProfile, NabScore, nab_probation, nab_row_values};
pub use ranges::{Cardinality, PositionBias, RangeScore};
pub use ranking::{OperatingPoint, Ranking, average_precision, roc_auc};
pub use ucr::{ucr_accuracy, ucr_correct};
pub use vus::{Vus, vus};

use crate::error::{Error, Result};
use std::ops::Range;

/// The runs of `true`, in order.
///
/// ```
/// use prognos::metrics::detection::runs;
/// assert_eq!(runs(&[true, false, true, true]), [0..1, 2..4]);
/// ```
#[must_use]
pub fn runs(flags: &[bool]) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut row = 0;
    for part in flags.chunk_by(|a, b| a == b) {
        if part[0] {
            found.push(row..row + part.len());
        }
        row += part.len();
    }
    found
}

/// `Ok` when there is one alarm (or score) for every label.
fn check_lengths(what: &'static str, labels: usize, found: usize) -> Result<()> {
    if labels == found { Ok(()) } else { Err(Error::shape(what, labels, found)) }
}

/// The labelled events, of which there must be one.
fn labelled_events(labels: &[bool]) -> Result<Vec<Range<usize>>> {
    let events = runs(labels);
    if events.is_empty() { Err(Error::too_few("labelled events", 1, 0)) } else { Ok(events) }
}

/// `a / b`, NaN when both are 0.
fn ratio(a: usize, b: usize) -> f64 {
    a as f64 / b as f64
}

/// Harmonic mean of precision and recall: 0 when either is 0, NaN when a number that matters is missing.
fn harmonic(precision: f64, recall: f64) -> f64 {
    if recall <= 0.0 || precision <= 0.0 { 0.0 } else { 2.0 * precision * recall / (precision + recall) }
}
