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
#[cfg_attr(feature = "serde", serde(try_from = "RawEvents"))]
pub struct Events {
    on: f64,
    off: f64,
    min_duration: usize,
    merge_gap: usize,
}

/// The form in a file, before it is checked.
#[cfg(feature = "serde")]
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct RawEvents {
    on: f64,
    off: f64,
    min_duration: usize,
    merge_gap: usize,
}

#[cfg(feature = "serde")]
impl TryFrom<RawEvents> for Events {
    type Error = Error;

    fn try_from(raw: RawEvents) -> Result<Self> {
        let rule = Self { on: raw.on, off: raw.off, min_duration: raw.min_duration, merge_gap: raw.merge_gap };
        rule.tracker().map(|tracker| tracker.rule)
    }
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
#[cfg_attr(feature = "serde", serde(try_from = "RawOpen"))]
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

impl Open {
    fn event(&self) -> Event {
        Event {
            start: self.start,
            end: self.end,
            peak: self.peak,
            peak_score: self.peak_score,
            mean_score: self.sum / self.count as f64,
            severity: self.severity,
        }
    }
}

/// The form in a file, before it is checked.
#[cfg(feature = "serde")]
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct RawOpen {
    start: usize,
    end: usize,
    peak: usize,
    peak_score: f64,
    severity: f64,
    sum: f64,
    count: usize,
    gap_rows: usize,
    gap_sum: f64,
    gap_count: usize,
}

#[cfg(feature = "serde")]
impl TryFrom<RawOpen> for Open {
    type Error = Error;

    fn try_from(raw: RawOpen) -> Result<Self> {
        let bad = |reason: &str| Error::Model { reason: format!("open event: {reason}") };
        if !(raw.start <= raw.peak && raw.peak < raw.end) {
            return Err(bad("the peak must lie between the start and the end"));
        }
        if raw.peak_score.is_nan() || raw.severity.is_nan() || raw.severity < 0.0 {
            return Err(bad("the peak must be a number, and the severity at least 0"));
        }
        if raw.count == 0 || raw.gap_count > raw.gap_rows {
            return Err(bad("there must be a score in it, and no more of them in its gap than rows"));
        }
        Ok(Self {
            start: raw.start,
            end: raw.end,
            peak: raw.peak,
            peak_score: raw.peak_score,
            severity: raw.severity,
            sum: raw.sum,
            count: raw.count,
            gap_rows: raw.gap_rows,
            gap_sum: raw.gap_sum,
            gap_count: raw.gap_count,
        })
    }
}

/// Finds events while scores arrive. Bounded memory: at most one event is open.
///
/// ```
/// use prognos::anomaly::Events;
/// let mut tracker = Events::above(2.0).tracker()?;
/// assert!(tracker.update(0, 3.0).is_none()); // opens
/// assert!(tracker.current().is_some()); // time to alarm
/// let event = tracker.update(1, 0.5); // ends
/// assert_eq!(event.map(|e| (e.start, e.end)), Some((0, 1)));
/// tracker.update(2, 7.0);
/// assert_eq!(tracker.finish().map(|e| e.start), Some(2));
/// # Ok::<(), prognos::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(try_from = "RawTracker"))]
pub struct EventTracker {
    rule: Events,
    open: Option<Open>,
    /// Whether the row before was part of an event.
    active: bool,
}

/// The form in a file, before it is checked.
#[cfg(feature = "serde")]
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct RawTracker {
    rule: Events,
    open: Option<Open>,
    active: bool,
}

#[cfg(feature = "serde")]
impl TryFrom<RawTracker> for EventTracker {
    type Error = Error;

    fn try_from(raw: RawTracker) -> Result<Self> {
        let bad = |reason: &str| Error::Model { reason: format!("event tracker: {reason}") };
        if let Some(open) = &raw.open {
            if open.gap_rows > raw.rule.merge_gap {
                return Err(bad("the gap of the open event is longer than `merge_gap`"));
            }
            if open.peak_score <= raw.rule.on {
                return Err(bad("the peak of the open event is not above `on`"));
            }
        }
        if raw.active != raw.open.is_some_and(|open| open.gap_rows == 0) {
            return Err(bad("it must be active just when an event is open and has no gap"));
        }
        Ok(Self { rule: raw.rule, open: raw.open, active: raw.active })
    }
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
                    open.count = open.count.saturating_add(open.gap_count).saturating_add(1);
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
        Some(open.event()).filter(|event| event.duration() >= self.rule.min_duration)
    }

    /// The event that is open, as far as it is known, from the row on at which it has lasted `min_duration` rows: what
    /// to alarm on while it goes on. It stays open through the quiet rows that `merge_gap` allows; what
    /// [`EventTracker::update`] gives in the end has the same start.
    #[must_use]
    pub fn current(&self) -> Option<Event> {
        self.open.as_ref().map(Open::event).filter(|event| event.duration() >= self.rule.min_duration)
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
    fn the_open_event_is_known_before_it_ends() {
        let rule = Events::above(2.0).off(1.0).merge_gap(1).min_duration(3);
        let mut tracker = rule.tracker().unwrap();
        let mut open = Vec::new();
        let mut over = Vec::new();
        for (row, score) in [0.0, 3.0, 4.0, 0.5, 5.0, 0.0, 0.0, 3.0, 0.0].into_iter().enumerate() {
            over.extend(tracker.update(row, score));
            open.push(tracker.current().map(|e| (e.start, e.end, e.peak)));
        }
        let known = Some((1, 5, 4));
        assert_eq!(open, [None, None, None, None, known, known, None, None, None]);
        assert_eq!(over.iter().map(|e| (e.start, e.end, e.peak)).collect::<Vec<_>>(), [(1, 5, 4)]);
        // At the last row of an event, what is current is what will be reported.
        let mut tracker = rule.tracker().unwrap();
        assert!((0..5).all(|row| tracker.update(row, 3.0).is_none()));
        let current = tracker.current();
        assert!(current.is_some());
        assert_eq!(current, tracker.finish());
        assert_eq!(tracker.current(), None);
    }

    #[cfg(feature = "persist")]
    #[test]
    fn loaded_trackers_are_checked() {
        use serde_json::{Value, from_value, json, to_value};
        let mut tracker = Events::above(2.0).off(1.0).merge_gap(2).tracker().unwrap();
        for (row, score) in [3.0, 4.0, 0.0].into_iter().enumerate() {
            assert!(tracker.update(row, score).is_none());
            assert_eq!(from_value::<EventTracker>(to_value(tracker).unwrap()).unwrap(), tracker);
        }
        let refused = |change: &dyn Fn(&mut Value)| {
            let mut file = to_value(tracker).unwrap();
            change(&mut file);
            from_value::<EventTracker>(file).is_err()
        };
        assert!(!refused(&|_| {}));
        assert!(refused(&|f| f["rule"]["off"] = json!(2.5)));
        assert!(refused(&|f| f["rule"]["on"] = Value::Null));
        assert!(refused(&|f| f["rule"]["merge_gap"] = json!(0)));
        assert!(refused(&|f| f["rule"]["surplus"] = json!(0)));
        assert!(refused(&|f| f["open"]["start"] = json!(9)));
        assert!(refused(&|f| f["open"]["end"] = json!(1)));
        assert!(refused(&|f| f["open"]["peak"] = json!(2)));
        assert!(refused(&|f| f["open"]["peak_score"] = json!(2.0)));
        assert!(refused(&|f| f["open"]["severity"] = json!(-1.0)));
        assert!(refused(&|f| f["open"]["count"] = json!(0)));
        assert!(refused(&|f| f["open"]["gap_count"] = json!(2)));
        assert!(refused(&|f| f["open"]["gap_rows"] = json!(0)));
        assert!(refused(&|f| f["active"] = json!(true)));
        assert!(!refused(&|f| f["open"] = Value::Null));
        // The largest numbers that a file may hold do not overflow.
        let mut file = to_value(tracker).unwrap();
        file["rule"]["merge_gap"] = json!(usize::MAX);
        for name in ["count", "gap_rows", "gap_count"] {
            file["open"][name] = json!(usize::MAX);
        }
        let mut full: EventTracker = from_value(file).unwrap();
        assert!(full.update(usize::MAX, 3.0).is_none());
        assert!(full.finish().is_some_and(|e| e.mean_score.is_finite() && e.end == usize::MAX));
    }

    #[test]
    fn levels_are_checked() {
        assert!(Events::above(f64::NAN).find(&[1.0]).is_err());
        assert!(Events::above(1.0).off(2.0).find(&[1.0]).is_err());
        assert!(Events::above(1.0).find(&[] as &[f64]).unwrap().is_empty());
    }
}
