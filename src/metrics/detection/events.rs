//! What a plant asks: which events were found, how late, and how often was the crew sent for nothing?
//!
//! **Definitions.** An event is a run of labelled rows; it is found when a row with an alarm lies between
//! `tolerance_before` rows before its start and `tolerance_after` rows after its end. Delay: from its start to the first
//! such row, 0 when that comes earlier; early warning: the other way round. Alarm runs with at most `merge_gap` quiet
//! rows between them are one alarm; an alarm that touches no event with its tolerance is false. The rate of false alarms
//! is per day of rows without label.
//!
//! **Cost.** O(n). **When not to use it.** Where the labels say when somebody noticed rather than when it began: then
//! delays are relative to that.

use super::{check_lengths, ratio, runs};
use crate::error::Result;
use crate::math::order::median_in_place;
use crate::signal::SampleRate;
use std::ops::Range;

/// How alarms are matched with events.
///
/// ```
/// use prognos::metrics::detection::EventRule;
/// use prognos::signal::SampleRate;
/// let flags = |rows: &[usize]| (0..288).map(|i| rows.contains(&i)).collect::<Vec<bool>>();
/// let labels = flags(&[100, 101, 102, 103, 200, 201]);
/// let alarms = flags(&[20, 22, 97, 101, 102, 250]);
/// let rate = SampleRate::every_seconds(300.0)?;
/// let found = EventRule::new().merge_gap(1).tolerance_before(6).score(&labels, &alarms, rate)?;
/// assert_eq!((found.events.len(), found.detected(), found.alarms, found.false_alarms), (2, 1, 4, 2));
/// assert!((found.mean_early_warning_seconds() - 900.0).abs() < 1e-9);
/// assert!((found.false_alarms_per_day() - 2.0 / (282.0 / 288.0)).abs() < 1e-12);
/// # Ok::<(), prognos::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
pub struct EventRule {
    merge_gap: usize,
    tolerance_before: usize,
    tolerance_after: usize,
}

impl EventRule {
    /// No merging, no tolerance.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Alarm runs with at most so many quiet rows between them are one alarm.
    #[must_use]
    pub fn merge_gap(mut self, rows: usize) -> Self {
        self.merge_gap = rows;
        self
    }

    /// An alarm so many rows before an event counts as an early warning of it.
    #[must_use]
    pub fn tolerance_before(mut self, rows: usize) -> Self {
        self.tolerance_before = rows;
        self
    }

    /// An alarm so many rows after the end of an event still counts as finding it.
    #[must_use]
    pub fn tolerance_after(mut self, rows: usize) -> Self {
        self.tolerance_after = rows;
        self
    }

    /// Matches the alarms with the events; rows come at `rate`. No events at all are fine: then false alarms alone are
    /// counted.
    ///
    /// # Errors
    /// [`Error::Shape`](crate::Error::Shape) unless there is one alarm flag a label.
    pub fn score(&self, labels: &[bool], alarms: &[bool], rate: SampleRate) -> Result<EventScores> {
        check_lengths("alarms for the labels", labels.len(), alarms.len())?;
        let alarm_runs = runs(alarms);
        let events: Vec<EventOutcome> = runs(labels)
            .into_iter()
            .map(|rows| {
                let reach = self.reach(&rows);
                let run = alarm_runs.get(alarm_runs.partition_point(|a| a.end <= reach.start));
                let first = run.map(|a| a.start.max(reach.start)).filter(|first| *first < reach.end);
                EventOutcome { start: rows.start, end: rows.end, first_alarm: first }
            })
            .collect();
        let mut merged: Vec<Range<usize>> = Vec::new();
        for run in alarm_runs {
            match merged.last_mut() {
                Some(last) if run.start - last.end <= self.merge_gap => last.end = run.end,
                _ => merged.push(run),
            }
        }
        let touches = |alarm: &&Range<usize>| {
            let next = events.partition_point(|e| self.reach(&(e.start..e.end)).end <= alarm.start);
            events.get(next).is_some_and(|e| self.reach(&(e.start..e.end)).start < alarm.end)
        };
        let false_alarms = merged.iter().filter(|a| !touches(a)).count();
        let normal_rows = labels.iter().filter(|l| !**l).count();
        Ok(EventScores { events, alarms: merged.len(), false_alarms, normal_rows, rate })
    }

    /// Rows at which an alarm counts for the event.
    fn reach(&self, event: &Range<usize>) -> Range<usize> {
        event.start.saturating_sub(self.tolerance_before)..event.end.saturating_add(self.tolerance_after)
    }
}

/// What became of one labelled event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
pub struct EventOutcome {
    /// First labelled row.
    pub start: usize,
    /// Row after the last.
    pub end: usize,
    /// First row with an alarm that counts for it.
    pub first_alarm: Option<usize>,
}

impl EventOutcome {
    /// Rows from the start to the first alarm, 0 when that came earlier.
    #[must_use]
    pub fn delay(&self) -> Option<usize> {
        self.first_alarm.map(|row| row.saturating_sub(self.start))
    }

    /// Rows from the first alarm to the start, 0 when that came later.
    #[must_use]
    pub fn early_warning(&self) -> Option<usize> {
        self.first_alarm.map(|row| self.start.saturating_sub(row))
    }
}

/// Events, alarms and what follows from them.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
pub struct EventScores {
    /// Every labelled event, in order.
    pub events: Vec<EventOutcome>,
    /// Alarms after merging.
    pub alarms: usize,
    /// Those that touch no event.
    pub false_alarms: usize,
    /// Rows without label.
    pub normal_rows: usize,
    /// How often rows come.
    pub rate: SampleRate,
}

impl EventScores {
    /// Number of events found.
    #[must_use]
    pub fn detected(&self) -> usize {
        self.events.iter().filter(|e| e.first_alarm.is_some()).count()
    }

    /// Part of the events that were found; NaN without events.
    #[must_use]
    pub fn event_recall(&self) -> f64 {
        ratio(self.detected(), self.events.len())
    }

    /// Part of the alarms that touch an event; NaN without alarms.
    #[must_use]
    pub fn alarm_precision(&self) -> f64 {
        ratio(self.alarms.saturating_sub(self.false_alarms), self.alarms)
    }

    /// False alarms a day of rows without label; NaN without such rows.
    #[must_use]
    pub fn false_alarms_per_day(&self) -> f64 {
        self.false_alarms as f64 / (self.normal_rows as f64 / self.rate.as_hz() / 86_400.0)
    }

    fn seconds(&self, part: impl Fn(&EventOutcome) -> Option<usize>) -> Vec<f64> {
        self.events.iter().filter_map(part).map(|rows| rows as f64 / self.rate.as_hz()).collect()
    }

    /// Mean delay of the events found, in seconds; NaN when none was.
    #[must_use]
    pub fn mean_delay_seconds(&self) -> f64 {
        mean(&self.seconds(EventOutcome::delay))
    }

    /// Median delay of the events found, in seconds; NaN when none was.
    #[must_use]
    pub fn median_delay_seconds(&self) -> f64 {
        median_in_place(&mut self.seconds(EventOutcome::delay))
    }

    /// Longest delay of the events found, in seconds; NaN when none was.
    #[must_use]
    pub fn max_delay_seconds(&self) -> f64 {
        self.seconds(EventOutcome::delay).into_iter().fold(f64::NAN, f64::max)
    }

    /// Mean early warning of the events found, in seconds, those found late counted as 0; NaN when none was found.
    #[must_use]
    pub fn mean_early_warning_seconds(&self) -> f64 {
        mean(&self.seconds(EventOutcome::early_warning))
    }
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}
