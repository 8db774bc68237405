//! Rainflow counting of load cycles.
//!
//! What it answers: how often a load, temperature or pressure went up and down by how much: the cycles that fatigue
//! and thermal wear are computed from (Miner's rule: damage is proportional to the sum of `count x range^m`, with `m`
//! about 3 for welds and 5 to 10 for smooth steel).
//!
//! The three-point method of ASTM E1049-85 (2017), section 5.4.4: a range is a full cycle when the range after it is
//! at least as large, a half cycle when it contains the start of the record; what is left at the end counts as half
//! cycles. The first and last sample count as reversals. Cost: O(n); live memory is the stack of open ranges, a few
//! dozen numbers on real loads.

use crate::error::{Error, Result, check_finite};

/// One counted cycle, or half of one.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
pub struct Cycle {
    /// Peak to valley, in the unit of the load. Infinite when the difference of two finite loads overflows.
    pub range: f64,
    /// Middle between peak and valley.
    pub mean: f64,
    /// 1 for a full cycle, 0.5 for a half.
    pub count: f64,
    /// Sample of the reversal at which the cycle starts, counted from 0.
    pub start: usize,
    /// Sample of the reversal at which it has gone its range.
    pub end: usize,
}

/// The cycles of a load, in the order in which they close; the half cycles left at the end come last.
///
/// # Errors
/// [`Error::NonFinite`] for a NaN or infinite sample. Gaps must be filled or cut first: a cycle across an unknown
/// load cannot be counted.
///
/// ```
/// use prognos::signal::rainflow::{cycle_count, rainflow};
/// // The example of ASTM E1049-85, figure 6.
/// let cycles = rainflow(&[-2.0, 1.0, -3.0, 5.0, -1.0, 3.0, -4.0, 4.0, -2.0])?;
/// let counted = |range: f64| cycles.iter().filter(|c| c.range == range).map(|c| c.count).sum::<f64>();
/// assert_eq!([3.0, 4.0, 6.0, 8.0, 9.0].map(counted), [0.5, 1.5, 0.5, 1.0, 0.5]);
/// assert_eq!(cycle_count(&cycles), 4.0);
/// # Ok::<(), prognos::Error>(())
/// ```
pub fn rainflow(x: &[f64]) -> Result<Vec<Cycle>> {
    check_finite("load", "0", x)?;
    let mut cycles = Vec::new();
    let mut counter = RainflowStream::new();
    x.iter().for_each(|&v| counter.take(v, &mut cycles));
    counter.finish(&mut cycles);
    Ok(cycles)
}

/// Number of cycles, halves counted as 0.5.
#[must_use]
pub fn cycle_count(cycles: &[Cycle]) -> f64 {
    cycles.iter().map(|c| c.count).sum()
}

/// Sum of `count x range^exponent`: proportional to fatigue damage under Miner's rule with that S-N exponent.
#[must_use]
pub fn range_power_sum(cycles: &[Cycle], exponent: f64) -> f64 {
    cycles.iter().map(|c| c.count * c.range.powf(exponent)).sum()
}

/// A rainflow counter for a live load: any split of the load into calls gives the same cycles as [`rainflow`].
///
/// ```
/// use prognos::signal::rainflow::RainflowStream;
/// let mut counter = RainflowStream::new();
/// let mut cycles = Vec::new();
/// for load in [0.0, 10.0, 4.0, 6.0, 0.0, 12.0] {
///     counter.push(load, &mut cycles)?; // full cycles appear as soon as they close
/// }
/// assert_eq!(cycles[0].range, 2.0);
/// counter.finish(&mut cycles); // what is still open counts as halves
/// assert_eq!(cycles.len(), 4);
/// # Ok::<(), prognos::Error>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq)]
pub struct RainflowStream {
    /// Reversals whose ranges are still open, with their samples.
    open: Vec<(f64, usize)>,
    /// The first sample of the last run of equal loads: a reversal if the load turns here.
    last: Option<(f64, usize)>,
    /// Number of samples seen.
    seen: usize,
}

impl RainflowStream {
    /// A counter that has seen nothing.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// A counter with room for the open ranges of `len` samples.
    pub(crate) fn with_room(len: usize) -> Self {
        Self { open: Vec::with_capacity(len), ..Self::default() }
    }

    /// Takes the next load and appends the cycles that it closes to `cycles`.
    ///
    /// # Errors
    /// [`Error::NonFinite`] for NaN or infinity; the counter is then as it was.
    pub fn push(&mut self, load: f64, cycles: &mut Vec<Cycle>) -> Result<()> {
        if !load.is_finite() {
            return Err(Error::NonFinite { what: "load".into(), row: self.seen, column: "0".into(), value: load });
        }
        self.take(load, cycles);
        Ok(())
    }

    /// Appends the cycles that are still open as half cycles and starts anew. The last sample counts as a reversal.
    pub fn finish(&mut self, cycles: &mut Vec<Cycle>) {
        if let Some(last) = self.last.filter(|l| self.open.last().is_some_and(|o| o.1 != l.1)) {
            self.reversal(last, cycles);
        }
        cycles.extend(self.open.windows(2).map(|pair| cycle(pair[0], pair[1], 0.5)));
        // As new, but the room for open ranges stays.
        self.open.clear();
        self.last = None;
        self.seen = 0;
    }

    /// Takes a finite load.
    pub(crate) fn take(&mut self, load: f64, cycles: &mut Vec<Cycle>) {
        let here = (load, self.seen);
        self.seen += 1;
        match (self.last, self.open.last().copied()) {
            (Some((last, _)), _) if load - last == 0.0 => return,
            (Some(last), Some(reversal)) => {
                // The load turned at `last` if it came from one side and goes back to it.
                if last.1 != reversal.1 && (last.0 > reversal.0) != (load > last.0) {
                    self.reversal(last, cycles);
                }
            }
            _ => self.open.push(here),
        }
        self.last = Some(here);
    }

    /// Puts a reversal on the stack and counts what it closes.
    fn reversal(&mut self, point: (f64, usize), cycles: &mut Vec<Cycle>) {
        self.open.push(point);
        while let [.., a, b, c] = self.open[..] {
            if (c.0 - b.0).abs() < (b.0 - a.0).abs() {
                break;
            }
            let n = self.open.len();
            if n == 3 {
                // The range contains the start of the record.
                cycles.push(cycle(a, b, 0.5));
                self.open.remove(0);
            } else {
                cycles.push(cycle(a, b, 1.0));
                self.open.drain(n - 3..n - 1);
            }
        }
    }
}

fn cycle(from: (f64, usize), to: (f64, usize), count: f64) -> Cycle {
    let mean = 0.5 * from.0 + 0.5 * to.0;
    Cycle { range: (to.0 - from.0).abs(), mean, count, start: from.1, end: to.1 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_standards_example_with_its_places() {
        // ASTM E1049-85, figure 6: in the order in which the text counts them.
        let x = [-2.0, 1.0, -3.0, 5.0, -1.0, 3.0, -4.0, 4.0, -2.0];
        let found: Vec<_> = rainflow(&x).unwrap().iter().map(|c| (c.range, c.count, c.mean, c.start, c.end)).collect();
        let expected = [
            (3.0, 0.5, -0.5, 0, 1),
            (4.0, 0.5, -1.0, 1, 2),
            (4.0, 1.0, 1.0, 4, 5),
            (8.0, 0.5, 1.0, 2, 3),
            (9.0, 0.5, 0.5, 3, 6),
            (8.0, 0.5, 0.0, 6, 7),
            (6.0, 0.5, 1.0, 7, 8),
        ];
        assert_eq!(found, expected);
    }

    #[test]
    fn no_load_no_cycles() {
        assert!(rainflow(&[]).unwrap().is_empty());
        assert!(rainflow(&[1.0; 10]).unwrap().is_empty());
        let ramp = rainflow(&[0.0, 1.0, 1.0, 2.0]).unwrap();
        assert_eq!((ramp.len(), ramp[0].range, ramp[0].count, ramp[0].end), (1, 2.0, 0.5, 3));
        assert!(matches!(rainflow(&[0.0, f64::INFINITY]), Err(Error::NonFinite { row: 1, .. })));
        let mut counter = RainflowStream::new();
        assert!(counter.push(f64::NAN, &mut vec![]).is_err());
        assert_eq!(counter, RainflowStream::new());
    }
}
