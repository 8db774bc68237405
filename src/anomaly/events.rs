//! From row-wise alarms to events: something began here, was worst there, and ended here.
//!
//! **What it answers.** A score that crosses its limit forty times in an hour is one event, not forty. Four settings:
//!
//! - `on`: an event opens at a row whose score is **above** it.
//! - `off` (at most `on`): it goes on while the score stays above it (hysteresis). Default: `on`.
//! - `merge_gap`: two events with at most so many quiet rows between them are one. Default 0.
//! - `min_duration`: an event of fewer rows, after merging, is not reported. Default 1.
//!
//! A NaN score is no evidence of anything: the row is quiet, and enters neither peak nor mean.
//!
//! The batch form runs the streaming form over all rows, so that both give the same bits. O(1) a row.

use crate::error::{Error, Result};
use ndarray::ArrayView1;
use std::fmt;

/// A run of anomalous rows.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
pub struct Event {
    /// First row.
    pub start: usize,
    /// Row after the last.
    pub end: usize,
    /// Row of the largest score, the first of equals.
    pub peak: usize,
    /// Largest score.
    pub peak_score: f64,
    /// Mean score of the rows from `start` to `end`, quiet ones in merged gaps included, NaN left out.
    pub mean_score: f64,
    /// Sum over its rows of how far the score is above `on`: height times duration, in units of the score times rows.
    pub severity: f64,
}

impl Event {
    /// Number of rows from the first to the last.
    #[must_use]
    pub fn duration(&self) -> usize {
        self.end.saturating_sub(self.start)
    }
}

impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "rows {} to {}, peak {:.3} at row {}",
            self.start,
            self.end.saturating_sub(1),
            self.peak_score,
            self.peak
        )
    }
}

/// How scores become events.
///
/// ```
/// use prognos::anomaly::Events;
/// let scores = [0.0, 3.0, 1.5, 5.0, 0.0, 4.0, 0.0, 0.0, 0.0, 9.0];
/// let rule = Events::above(2.0).off(1.0).merge_gap(1).min_duration(2);
/// let events = rule.find(&scores)?;
/// assert_eq!(events.len(), 1); // the last one is too short
/// assert_eq!((events[0].start, events[0].end, events[0].peak), (1, 6, 3));
/// assert_eq!(events[0].to_string(), "rows 1 to 5, peak 5.000 at row 3");
/// # Ok::<(), prognos::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
pub struct Events {
    on: f64,
    off: f64,
    min_duration: usize,
    merge_gap: usize,
}

impl Events {
    /// Events open above `on`.
    #[must_use]
    pub fn above(on: f64) -> Self {
        Self { on, off: on, min_duration: 1, merge_gap: 0 }
    }

    /// Events go on while the score is above `off`.
    #[must_use]
    pub fn off(mut self, off: f64) -> Self {
        self.off = off;
        self
    }

    /// Events of fewer rows are not reported.
    #[must_use]
    pub fn min_duration(mut self, rows: usize) -> Self {
        self.min_duration = rows;
        self
    }

    /// Events with at most so many quiet rows between them are one.
    #[must_use]
    pub fn merge_gap(mut self, rows: usize) -> Self {
        self.merge_gap = rows;
        self
    }

    /// The events in a series of scores, in order; row i is the i-th score.
    ///
    /// # Errors
    /// [`Error::Parameter`] when a level is not finite or `off` lies above `on`.
    pub fn find<'a>(&self, scores: impl Into<ArrayView1<'a, f64>>) -> Result<Vec<Event>> {
        Ok(self.tracker()?.run(scores.into()))
    }

    /// The streaming form.
    ///
    /// # Errors
    /// As [`Events::find`].
    pub fn tracker(&self) -> Result<EventTracker> {
        if !self.on.is_finite() {
            return Err(Error::parameter("on", self.on, "must be finite"));
        }
        if !(self.off.is_finite() && self.off <= self.on) {
            return Err(Error::parameter("off", self.off, "must be finite and at most `on`"));
        }
        Ok(self.tracker_unchecked())
    }

    /// For levels that are known to be in order.
    pub(super) fn tracker_unchecked(&self) -> EventTracker {
        EventTracker { rule: *self, open: None, active: false }
    }
}

/// An event that may still grow.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
struct Open {
    start: usize,
    end: usize,
    peak: usize,
    peak_score: f64,
    severity: f64,
    sum: f64,
    count: usize,
    /// Quiet rows since `end`, which join the event if it goes on.
    gap_rows: usize,
    gap_sum: f64,
    gap_count: usize,
}

/// Finds events while scores arrive. Bounded memory: at most one event is open.
///
/// ```
/// use prognos::anomaly::Events;
/// let mut tracker = Events::above(2.0).tracker()?;
/// assert!(tracker.update(0, 3.0).is_none()); // opens
/// let event = tracker.update(1, 0.5); // ends
/// assert_eq!(event.map(|e| (e.start, e.end)), Some((0, 1)));
/// tracker.update(2, 7.0);
/// assert_eq!(tracker.finish().map(|e| e.start), Some(2));
/// # Ok::<(), prognos::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
pub struct EventTracker {
    rule: Events,
    open: Option<Open>,
    /// Whether the row before was part of an event.
    active: bool,
}

impl EventTracker {
    /// Takes the score of the next row; gives the event that is now known to be over, if one is. Rows are expected
    /// one after the other; `row` is only what the event will say.
    pub fn update(&mut self, row: usize, score: f64) -> Option<Event> {
        let level = if self.active { self.rule.off } else { self.rule.on };
        self.active = score > level;
        if self.active {
            let over = (score - self.rule.on).max(0.0);
            match &mut self.open {
                None => {
                    self.open = Some(Open {
                        start: row,
                        end: row.saturating_add(1),
                        peak: row,
                        peak_score: score,
                        severity: over,
                        sum: score,
                        count: 1,
                        gap_rows: 0,
                        gap_sum: 0.0,
                        gap_count: 0,
                    });
                }
                Some(open) => {
                    open.end = row.saturating_add(1);
                    if score > open.peak_score {
                        open.peak = row;
                        open.peak_score = score;
                    }
                    open.severity += over;
                    open.sum += open.gap_sum + score;
                    open.count += open.gap_count + 1;
                    (open.gap_rows, open.gap_sum, open.gap_count) = (0, 0.0, 0);
                }
            }
            return None;
        }
        let open = self.open.as_mut()?;
        if open.gap_rows >= self.rule.merge_gap {
            return self.finish();
        }
        open.gap_rows += 1;
        if !score.is_nan() {
            open.gap_sum += score;
            open.gap_count += 1;
        }
        None
    }

    /// The stream ends: gives the event that was still open, if it is long enough. The tracker starts anew.
    pub fn finish(&mut self) -> Option<Event> {
        self.active = false;
        let open = self.open.take()?;
        let event = Event {
            start: open.start,
            end: open.end,
            peak: open.peak,
            peak_score: open.peak_score,
            mean_score: open.sum / open.count as f64,
            severity: open.severity,
        };
        (event.duration() >= self.rule.min_duration).then_some(event)
    }

    /// Whether the last row was part of an event.
    #[must_use]
    pub fn is_active(&self) -> bool {
        self.active
    }

    pub(super) fn run(mut self, scores: ArrayView1<'_, f64>) -> Vec<Event> {
        let mut events: Vec<Event> =
            scores.iter().enumerate().filter_map(|(row, &score)| self.update(row, score)).collect();
        events.extend(self.finish());
        events
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hysteresis_needs_the_upper_level_again() {
        let rule = Events::above(2.0).off(1.0);
        let events = rule.find(&[3.0, 1.5, 0.5, 1.5, 3.0, 1.0]).unwrap();
        assert_eq!(events.iter().map(|e| (e.start, e.end)).collect::<Vec<_>>(), [(0, 2), (4, 5)]);
        let merged = rule.merge_gap(2).find(&[3.0, 1.5, 0.5, 1.5, 3.0, 1.0]).unwrap();
        assert_eq!(merged.len(), 1);
        assert!((merged[0].mean_score - 9.5 / 5.0).abs() < 1e-15);
        assert!((merged[0].severity - 2.0).abs() < 1e-15);
    }

    #[test]
    fn nan_is_quiet() {
        let events = Events::above(0.0).find(&[1.0, f64::NAN, 1.0]).unwrap();
        assert_eq!(events.len(), 2);
        let merged = Events::above(0.0).merge_gap(1).find(&[1.0, f64::NAN, 2.0]).unwrap();
        assert_eq!((merged.len(), merged[0].duration(), merged[0].peak), (1, 3, 2));
        assert!((merged[0].mean_score - 1.5).abs() < 1e-15);
    }

    #[test]
    fn levels_are_checked() {
        assert!(Events::above(f64::NAN).find(&[1.0]).is_err());
        assert!(Events::above(1.0).off(2.0).find(&[1.0]).is_err());
        assert!(Events::above(1.0).find(&[] as &[f64]).unwrap().is_empty());
    }
}
