//! Modes of the histogram, and when outliers come.

use super::Version;
use super::series::Series;
use crate::features::shared::Scratch;

/// By how much of a bin version 1 moves all edges down but the last, which it moves up: a sample on an edge then falls
/// into the upper bin whatever the rounding.
pub(super) const EDGE_SHIFT: f64 = 1e-6;

/// Mean of the centres of the fullest of `BINS` equal bins over the range.
pub(super) fn mode<const BINS: usize>(version: Version, s: &Series<'_>) -> f64 {
    let (low, high) = s.range();
    let step = (high - low) / BINS as f64;
    let shift = if version == Version::V1 { EDGE_SHIFT } else { 0.0 };
    let mut counts = [0_usize; BINS];
    for z in s.z {
        counts[(((z - low) / step + shift) as usize).min(BINS - 1)] += 1;
    }
    let most = counts.iter().copied().max().unwrap_or(0);
    let edge = |k: usize| low + step * k as f64;
    let (mut sum, mut ties) = (0.0, 0.0);
    for (k, _) in counts.iter().enumerate().filter(|(_, count)| **count == most) {
        // Both edges of the last bin move, one down, one up.
        let moved = if k + 1 < BINS { shift * step } else { 0.0 };
        sum += (edge(k) + edge(k + 1)) / 2.0 - moved;
        ties += 1.0;
    }
    sum / ties
}

/// Step of the thresholds, standard deviations.
const THRESHOLD: f64 = 0.01;

/// No index: an end of the list.
const NONE: u32 = u32::MAX;

/// Room of [`outlier_timing`].
#[derive(Default)]
struct Room {
    /// Threshold up to which a sample counts, `NONE` where it never does.
    levels: Vec<u32>,
    /// Samples by level: those of level j stand at `starts[j]..starts[j + 1]`.
    starts: Vec<u32>,
    by_level: Vec<u32>,
    before: Vec<u32>,
    after: Vec<u32>,
    medians: Vec<f64>,
}

/// The samples that still count, in order of time, with their lower median; samples only leave.
struct Present<'a> {
    before: &'a mut [u32],
    after: &'a mut [u32],
    count: usize,
    median: u32,
    /// Samples before the median.
    left: usize,
}

impl Present<'_> {
    fn remove(&mut self, i: u32) {
        let (b, a) = (self.before[i as usize], self.after[i as usize]);
        if b != NONE {
            self.after[b as usize] = a;
        }
        if a != NONE {
            self.before[a as usize] = b;
        }
        self.count -= 1;
        if i == self.median {
            // The sample behind takes the place, with the same number before it; at the end, the one before.
            if a == NONE {
                self.median = b;
                self.left = self.left.saturating_sub(1);
            } else {
                self.median = a;
            }
        } else if i < self.median {
            self.left -= 1;
        }
        let Some(wanted) = self.count.checked_sub(1).map(|last| last / 2) else { return };
        while self.left > wanted {
            self.median = self.before[self.median as usize];
            self.left -= 1;
        }
        while self.left < wanted {
            self.median = self.after[self.median as usize];
            self.left += 1;
        }
    }

    /// Median position, counted from 1.
    fn position(&self) -> f64 {
        let low = f64::from(self.median);
        if self.count % 2 == 1 {
            return low + 1.0;
        }
        (low + f64::from(self.after[self.median as usize])) / 2.0 + 1.0
    }
}

/// When large samples come: for thresholds from 0 in steps of 0.01, the median time of the samples at or above, as
/// -1..1 from start to end; the median of these. Thresholds that no more than 2 % of the samples from 0 on
/// reach, one taken off, are left out, but for the first.
///
/// The samples leave a linked list as the threshold rises, and its median moves with them: O(n + thresholds).
pub(super) fn outlier_timing(sign: f64, s: &Series<'_>, scratch: &mut Scratch) -> f64 {
    let n = s.len();
    let (low, high) = s.range();
    let top = if sign > 0.0 { high } else { -low };
    // Positions stand in 32 bits; windows have at most 2^27 samples.
    if top < THRESHOLD || n >= NONE as usize {
        return if top < THRESHOLD { 0.0 } else { f64::NAN };
    }
    let thresholds = (top / THRESHOLD) as usize + 1;
    let threshold = |j: usize| j as f64 * THRESHOLD;
    let room: &mut Room = scratch.own();
    // The largest standardised sample there can be is below √n.
    let most = ((n as f64).sqrt() / THRESHOLD) as usize + 3;
    room.starts.clear();
    room.starts.reserve(most + 2);
    room.starts.resize(thresholds + 1, 0);
    room.levels.clear();
    room.levels.reserve(n);
    for z in s.z {
        let y = sign * z;
        let level = if y >= 0.0 {
            let mut j = ((y / THRESHOLD) as usize).min(thresholds - 1);
            if threshold(j) > y {
                j -= 1;
            } else if j + 1 < thresholds && threshold(j + 1) <= y {
                j += 1;
            }
            room.starts[j + 1] += 1;
            j as u32
        } else {
            NONE
        };
        room.levels.push(level);
    }
    for j in 0..thresholds {
        room.starts[j + 1] += room.starts[j];
    }
    let total = room.starts[thresholds] as usize;
    room.by_level.clear();
    room.by_level.resize(n, 0);
    room.before.resize(n, NONE);
    room.after.resize(n, NONE);
    let mut last = NONE;
    // Filled from behind, so that each level's start moves back to where it belongs.
    for (i, &level) in room.levels.iter().enumerate() {
        if level != NONE {
            room.before[i] = last;
            room.after[i] = NONE;
            if last != NONE {
                room.after[last as usize] = i as u32;
            }
            last = i as u32;
        }
    }
    let mut first = NONE;
    for (i, &level) in room.levels.iter().enumerate().rev() {
        if level != NONE {
            first = i as u32;
            let end = &mut room.starts[level as usize + 1];
            *end -= 1;
            room.by_level[*end as usize] = i as u32;
        }
    }
    // Now `starts[j + 1]` is where level j begins.
    let begin = |j: usize| room.starts.get(j + 1).map_or(total, |&b| b as usize);
    let mut present =
        Present { before: &mut room.before, after: &mut room.after, count: total, median: first, left: 0 };
    while present.left < (total - 1) / 2 {
        present.median = present.after[present.median as usize];
        present.left += 1;
    }
    // Counts fall with the threshold: those that more than 2 % reach come first. One sample alone never does.
    let reached = |count: usize| (count as f64 - 1.0) * 100.0 / total as f64 > 2.0;
    let mut gone = 0;
    room.medians.clear();
    room.medians.reserve(most);
    for j in 0..thresholds {
        for &i in &room.by_level[gone..begin(j)] {
            present.remove(i);
        }
        gone = begin(j);
        if j > 0 && !reached(present.count) {
            break;
        }
        room.medians.push(present.position() / (n as f64 / 2.0) - 1.0);
    }
    crate::features::autoregression::autocorrelation::median(&mut room.medians)
}
