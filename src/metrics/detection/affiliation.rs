//! How far are alarms from events, and events from alarms? Affiliation precision and recall.
//!
//! **What it answers.** Time is cut into zones, one a labelled event, halfway between events. Within a zone, every moment
//! of an alarm has a distance to the event, and every moment of the event one to the nearest alarm. A distance becomes
//! the probability that a moment drawn from the zone at random would be at least as far: 1 on the spot, 0.5 on average
//! for an alarm at random, 0 at the worst. Precision is the mean over the moments of alarms, recall over those of the
//! event (Huet, Navarro & Rossi 2022, KDD). Row i is the stretch of time `[i, i + 1)`.
//!
//! The functions integrated are linear between known places, so that the integrals are exact.
//!
//! **Cost.** O(n + k log k) for k alarm runs. **When not to use it.** As one number: F1 lies between 0.7 and 0.9 for
//! nearly everything. Give precision and recall, and remember that 0.5 is chance. An alarm that lasts for a whole zone has
//! recall 1.

use super::{check_lengths, harmonic, labelled_events, runs};
use crate::error::Result;

/// What one event says.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
pub struct EventAffiliation {
    /// Precision of the alarms in its zone; NaN when there is none.
    pub precision: f64,
    /// Recall of the event; 0 when there is no alarm in its zone.
    pub recall: f64,
}

/// Affiliation precision and recall.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
pub struct Affiliation {
    /// Mean over the events with an alarm in their zone; NaN without an alarm.
    pub precision: f64,
    /// Mean over all events.
    pub recall: f64,
    /// Every event, in order.
    pub events: Vec<EventAffiliation>,
}

impl Affiliation {
    /// Harmonic mean of both; 0 without an alarm. It tells little: see the module.
    #[must_use]
    pub fn f1(&self) -> f64 {
        harmonic(self.precision, self.recall)
    }
}

/// Affiliation precision and recall of these alarms.
///
/// ```
/// use prognos::metrics::detection::affiliation;
/// let labels: Vec<bool> = (0..100).map(|i| (40..50).contains(&i)).collect();
/// let near: Vec<bool> = (0..100).map(|i| (50..52).contains(&i)).collect();
/// let far: Vec<bool> = (0..100).map(|i| i >= 98).collect();
/// let (near, far) = (affiliation(&labels, &near)?, affiliation(&labels, &far)?);
/// assert!(near.precision > 0.85 && near.recall > 0.85); // not one labelled row was hit
/// assert!(far.precision < 0.05 && far.recall < 0.3);
/// # Ok::<(), prognos::Error>(())
/// ```
///
/// # Errors
/// [`Error::Shape`](crate::Error::Shape) unless there is one alarm flag a label,
/// [`Error::TooFew`](crate::Error::TooFew) without a labelled event.
pub fn affiliation(labels: &[bool], alarms: &[bool]) -> Result<Affiliation> {
    check_lengths("alarms for the labels", labels.len(), alarms.len())?;
    let events = labelled_events(labels)?;
    let alarms = runs(alarms);
    let mut all = Vec::with_capacity(events.len());
    let mut from = 0;
    let mut zone_start = 0.0;
    for (k, event) in events.iter().enumerate() {
        let zone_end = events.get(k + 1).map_or(labels.len() as f64, |next| 0.5 * (event.end + next.start) as f64);
        // An alarm may reach into the next zone, but none that ends before this one.
        while alarms.get(from).is_some_and(|a| a.end as f64 <= zone_start) {
            from += 1;
        }
        let local: Vec<[f64; 2]> = alarms[from..]
            .iter()
            .map(|a| [(a.start as f64).max(zone_start), (a.end as f64).min(zone_end)])
            .take_while(|[start, _]| *start < zone_end)
            .collect();
        let zone = Zone { start: zone_start, end: zone_end, event: [event.start as f64, event.end as f64] };
        all.push(if local.is_empty() {
            EventAffiliation { precision: f64::NAN, recall: 0.0 }
        } else {
            EventAffiliation { precision: zone.precision(&local), recall: zone.recall(&local) }
        });
        zone_start = zone_end;
    }
    let known: Vec<f64> = all.iter().map(|e| e.precision).filter(|p| !p.is_nan()).collect();
    Ok(Affiliation {
        precision: known.iter().sum::<f64>() / known.len() as f64,
        recall: all.iter().map(|e| e.recall).sum::<f64>() / all.len() as f64,
        events: all,
    })
}

/// The stretch of time that belongs to one event.
struct Zone {
    start: f64,
    end: f64,
    event: [f64; 2],
}

impl Zone {
    /// Probability that a moment of the zone is at least `distance` from the event, seen from its start and its end.
    fn farther_than(&self, distance: f64) -> f64 {
        let before = (self.event[0] - distance - self.start).max(0.0);
        let after = (self.end - self.event[1] - distance).max(0.0);
        (before + after) / (self.end - self.start)
    }

    /// Mean over the moments of the alarms.
    fn precision(&self, alarms: &[[f64; 2]]) -> f64 {
        let [event_start, event_end] = self.event;
        // Distances at which one side of the zone is used up.
        let corners = [event_start - self.start, self.end - event_end];
        let side = |near: f64, far: f64| {
            let mut at = vec![near, far];
            at.extend(corners.iter().filter(|c| near < **c && **c < far));
            integral(at, |d| self.farther_than(d))
        };
        let (mut sum, mut length) = (0.0, 0.0);
        for &[start, end] in alarms {
            length += end - start;
            sum += (end.min(event_end) - start.max(event_start)).max(0.0);
            if start < event_start {
                sum += side((event_start - end).max(0.0), event_start - start);
            }
            if end > event_end {
                sum += side((start - event_end).max(0.0), end - event_end);
            }
        }
        sum / length
    }

    /// Mean over the moments of the event.
    fn recall(&self, alarms: &[[f64; 2]]) -> f64 {
        let [event_start, event_end] = self.event;
        let mut at = vec![event_start, event_end];
        for &[start, end] in alarms {
            // Where the alarm begins and ends, and where the distance to it reaches the border of the zone.
            at.extend([start, end, 0.5 * (self.start + start), 0.5 * (self.end + end)]);
        }
        // Halfway between two alarms the nearest one changes.
        at.extend(alarms.windows(2).map(|w| 0.5 * (w[0][1] + w[1][0])));
        for place in &mut at {
            *place = place.clamp(event_start, event_end);
        }
        let farther = |moment: f64| {
            let next = alarms.partition_point(|a| a[1] < moment);
            let after = alarms.get(next).map_or(f64::INFINITY, |a| a[0] - moment);
            let before = next.checked_sub(1).map_or(f64::INFINITY, |i| moment - alarms[i][1]);
            let distance = after.min(before).max(0.0);
            let left = (moment - distance - self.start).max(0.0);
            let right = (self.end - moment - distance).max(0.0);
            (left + right) / (self.end - self.start)
        };
        integral(at, farther) / (event_end - event_start)
    }
}

/// Integral of a function that is linear between the places, over all of them.
fn integral(mut at: Vec<f64>, f: impl Fn(f64) -> f64) -> f64 {
    at.sort_unstable_by(f64::total_cmp);
    let values: Vec<f64> = at.iter().map(|&x| f(x)).collect();
    at.windows(2).zip(values.windows(2)).map(|(x, v)| 0.5 * (x[1] - x[0]) * (v[0] + v[1])).sum()
}
