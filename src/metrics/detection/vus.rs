//! ROC and precision-recall areas with soft ends of events: the volume under the surface.
//!
//! **What it answers.** Labels begin and end somewhat early or late, and a detector's window smears its scores. Around
//! every event the label falls off as `sqrt(1 - d / w)` over `w / 2` rows on both sides, existence of a hit in every
//! (extended) event multiplies the recall, and the areas are averaged over the widths `w = 0..=window` (Paparrizos et
//! al. 2022, VLDB 15(11)). Thresholds are 250 equally spaced order statistics of the scores, as in the authors' code.
//!
//! **Cost.** O(n log n + 250 window²) time, O(n + 250 window) memory: rows outside of events are counted by their
//! distances to the two nearest events once, and not again for every width. The soft label of a row near two events
//! is 1, since two labels of at least `sqrt(1/2)` sum to more.
//!
//! **When not to use it.** A long window makes every detector look good; say which one was used. Below 250 rows or so
//! the thresholds are all the scores.

use super::{check_lengths, labelled_events};
use crate::error::{Error, Result, check_finite};
use ndarray::ArrayView1;
use std::ops::Range;

/// Thresholds of a curve.
const THRESHOLDS: usize = 250;

/// Volumes under the ROC and the precision-recall surface.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
pub struct Vus {
    /// Mean of the ROC areas.
    pub roc: f64,
    /// Mean of the precision-recall areas.
    pub pr: f64,
    /// (ROC area, precision-recall area) of every width 0..=window.
    pub by_width: Vec<(f64, f64)>,
}

/// Volume under the surface for widths up to `window` rows (often the period of the series; 100 where there is none).
///
/// ```
/// use prognos::metrics::detection::vus;
/// let labels: Vec<bool> = (0..500).map(|i| (200..220).contains(&i)).collect();
/// let late: Vec<f64> = (0..500).map(|i| if (205..225).contains(&i) { 1.0 } else { 0.001 * f64::from(i % 7) }).collect();
/// let found = vus(&labels, &late, 20)?;
/// let (hard, soft) = (found.by_width[0], found.by_width[20]);
/// assert!(soft.1 > hard.1); // late by five rows is forgiven by a wide label
/// assert!(found.roc > 0.8 && found.pr > 0.7);
/// # Ok::<(), prognos::Error>(())
/// ```
///
/// # Errors
/// [`Error::Shape`] unless there is one score a label, [`Error::NonFinite`] naming a score that is not finite,
/// [`Error::TooFew`] unless there are rows of both kinds, [`Error::Parameter`] for a window of more than 10,000 rows.
pub fn vus<'a>(labels: &[bool], scores: impl Into<ArrayView1<'a, f64>>, window: usize) -> Result<Vus> {
    let scores = scores.into().to_vec();
    check_lengths("scores for the labels", labels.len(), scores.len())?;
    check_finite("scores", "score", &scores)?;
    if window > 10_000 {
        return Err(Error::parameter("window", window, "must be at most 10,000 rows"));
    }
    let events = labelled_events(labels)?;
    let positives: usize = events.iter().map(Range::len).sum();
    if positives == labels.len() {
        return Err(Error::too_few("normal rows", 1, 0));
    }
    let mut surface = Surface::new(labels, &scores, &events, window / 2);
    let by_width: Vec<(f64, f64)> = (0..=window).map(|width| surface.areas(width)).collect();
    let mean = |part: fn(&(f64, f64)) -> f64| by_width.iter().map(part).sum::<f64>() / by_width.len() as f64;
    Ok(Vus { roc: mean(|a| a.0), pr: mean(|a| a.1), by_width })
}

/// Histograms over the thresholds: at which one a row is first predicted.
struct Surface<'a> {
    n: usize,
    positives: usize,
    events: &'a [Range<usize>],
    /// First threshold of every row.
    first: Vec<u8>,
    /// All rows, and the labelled ones.
    rows: [f64; THRESHOLDS],
    labelled: [f64; THRESHOLDS],
    /// Rows outside of events by distance (1..) to the nearest event, as long as they are near one event only.
    near_one: Vec<[f64; THRESHOLDS]>,
    /// Rows outside of events that are near two: soft label 1.
    near_two: [f64; THRESHOLDS],
    /// Per half width: rows that come near to a second event there, by (distance to the nearest, threshold).
    second: Vec<Vec<(u32, u8)>>,
    /// First threshold at which each extended event is hit.
    hit: Vec<u8>,
    /// Half width reached so far.
    half: usize,
}

impl<'a> Surface<'a> {
    fn new(labels: &[bool], scores: &[f64], events: &'a [Range<usize>], half: usize) -> Self {
        let n = scores.len();
        let mut sorted = scores.to_vec();
        sorted.sort_unstable_by(|a, b| b.total_cmp(a));
        let step = (n - 1) as f64 / (THRESHOLDS - 1) as f64;
        let thresholds: Vec<f64> = (0..THRESHOLDS)
            .map(|i| sorted[if i + 1 == THRESHOLDS { n - 1 } else { ((i as f64 * step) as usize).min(n - 1) }])
            .collect();
        // The last threshold is the smallest score, so that every row has a first one.
        let first: Vec<u8> =
            scores.iter().map(|s| thresholds.partition_point(|t| t > s).min(THRESHOLDS - 1) as u8).collect();
        let mut surface = Self {
            n,
            positives: events.iter().map(Range::len).sum(),
            events,
            rows: [0.0; THRESHOLDS],
            labelled: [0.0; THRESHOLDS],
            near_one: vec![[0.0; THRESHOLDS]; half + 1],
            near_two: [0.0; THRESHOLDS],
            second: vec![Vec::new(); half + 1],
            hit: events.iter().map(|e| first[e.clone()].iter().copied().min().unwrap_or(u8::MAX)).collect(),
            half: 0,
            first,
        };
        for (&bin, &label) in surface.first.iter().zip(labels) {
            surface.rows[usize::from(bin)] += 1.0;
            if label {
                surface.labelled[usize::from(bin)] += 1.0;
            }
        }
        // The rows of the gap before event k, up to `half` from one of its ends.
        for k in 0..=events.len() {
            let start = k.checked_sub(1).map_or(0, |before| events[before].end);
            let end = events.get(k).map_or(n, |e| e.start);
            let reach_left = if k > 0 { (start + half).min(end) } else { start };
            let reach_right = if k < events.len() { end.saturating_sub(half).max(reach_left) } else { end };
            for row in (start..reach_left).chain(reach_right..end) {
                let [nearest, second] = two_nearest(events, k, row);
                if nearest <= half {
                    surface.near_one[nearest][usize::from(surface.first[row])] += 1.0;
                    if second <= half {
                        surface.second[second].push((nearest as u32, surface.first[row]));
                    }
                }
            }
        }
        surface
    }

    /// Goes on to a half width.
    fn widen(&mut self, half: usize) {
        while self.half < half {
            self.half += 1;
            for (nearest, bin) in std::mem::take(&mut self.second[self.half]) {
                self.near_one[nearest as usize][usize::from(bin)] -= 1.0;
                self.near_two[usize::from(bin)] += 1.0;
            }
            for (hit, event) in self.hit.iter_mut().zip(self.events) {
                if let Some(row) = event.start.checked_sub(self.half) {
                    *hit = (*hit).min(self.first[row]);
                }
                if let Some(&bin) = self.first.get(event.end - 1 + self.half) {
                    *hit = (*hit).min(bin);
                }
            }
        }
    }

    /// The two areas of one width.
    fn areas(&mut self, width: usize) -> (f64, f64) {
        let half = width / 2;
        self.widen(half);
        let mut soft = self.near_two;
        for d in 1..=half {
            let weight = (1.0 - d as f64 / width as f64).sqrt();
            for (s, rows) in soft.iter_mut().zip(&self.near_one[d]) {
                *s += weight * rows;
            }
        }
        // Extended events that touch are one.
        let mut hits = [0.0; THRESHOLDS];
        let mut groups = 0.0;
        let mut open: Option<u8> = None;
        for (k, &hit) in self.hit.iter().enumerate() {
            let joined = open.map_or(hit, |o| o.min(hit));
            let apart = self.events.get(k + 1).is_none_or(|next| self.events[k].end - 1 + 2 * half < next.start);
            open = if apart {
                hits[usize::from(joined)] += 1.0;
                groups += 1.0;
                None
            } else {
                Some(joined)
            };
        }
        let (n, positives) = (self.n as f64, self.positives as f64);
        let (mut predicted, mut labelled, mut outside, mut found) = (0.0, 0.0, 0.0, 0.0);
        let (mut roc, mut pr) = (0.0, 0.0);
        let (mut last_tpr, mut last_fpr) = (0.0, 0.0);
        for i in 0..THRESHOLDS {
            predicted += self.rows[i];
            labelled += self.labelled[i];
            outside += soft[i];
            found += hits[i];
            let true_positives: f64 = labelled + outside;
            let size = 0.5 * (positives + positives + outside);
            let tpr = (true_positives / size).min(1.0) * (found / groups);
            let fpr = (predicted - true_positives) / (n - size);
            roc += (fpr - last_fpr) * 0.5 * (tpr + last_tpr);
            pr += (tpr - last_tpr) * (true_positives / predicted);
            (last_tpr, last_fpr) = (tpr, fpr);
        }
        roc += (1.0 - last_fpr) * 0.5 * (1.0 + last_tpr);
        (roc, pr)
    }
}

/// Distances from a row of the gap before event `k` to the nearest and to the second nearest event.
fn two_nearest(events: &[Range<usize>], k: usize, row: usize) -> [usize; 2] {
    let left = |back: usize| k.checked_sub(back).map_or(usize::MAX, |e| row - (events[e].end - 1));
    let right = |on: usize| events.get(k + on).map_or(usize::MAX, |e| e.start - row);
    let mut all = [left(1), left(2), right(0), right(1)];
    all.sort_unstable();
    [all[0], all[1]]
}
