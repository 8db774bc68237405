//! Gridded distribution entropy: how evenly the Poincaré plot fills a grid.
//!
//! # Formula
//! The points (x[i], x[i + delay]) in a grid of m by m equal cells between the smallest and the largest of each
//! coordinate: -Σ p ln p over the cells, nats. It lies between 0 and ln(m²). A coarse grid (3 to 10) is enough, the
//! cost O(n).
//!
//! # Source
//! C. Yan, P. Li, C. Liu, X. Wang, C. Yin & L. Yao, Novel gridded descriptors of Poincaré plot for analyzing heartbeat
//! interval time-series, *Comput. Biol. Med.* 109 (2019) 280. EntropyHub's `GridEn`.
//!
//! # NaN
//! No point; a coordinate without a range.

use super::{Each, MAX_DELAY, entropy_of_counts};
use crate::features::calculator::{Calculator, Param};
use crate::features::shared::{Needs, Shared};
use crate::math::lanes;

/// The table of this file.
pub(super) fn calculators() -> Vec<Calculator> {
    const PARAMS: &[Param] = &[Param::int("delay", 1, MAX_DELAY).or("1"), Param::int("m", 2, 100).or("3")];
    vec![Calculator::group(
        "gridded_entropy",
        PARAMS,
        "-Σ p ln p over the m by m cells of the plot of each sample against that `delay` later, nats",
        |args| Each::boxed(args, |a| (a.count(0), a.count(1)), Needs::new().moments(), value),
    )]
}

fn value(shared: &Shared<'_>, &(delay, m): &(usize, usize), counts: &mut Vec<u32>) -> f64 {
    let x = shared.samples();
    let moments = shared.moments();
    let (start, span) = (moments.min, moments.max - moments.min);
    if x.len() <= delay || !span.is_finite() || span <= 0.0 {
        return f64::NAN;
    }
    counts.clear();
    counts.resize(m * m, 0);
    let (early, late) = (&x[..x.len() - delay], &x[delay..]);
    let (Some(across), Some(up)) = (Cells::of(early, start, span, m), Cells::of(late, start, span, m)) else {
        return f64::NAN;
    };
    for (a, b) in early.iter().zip(late) {
        counts[across.of_sample((a - start) / span) * m + up.of_sample((b - start) / span)] += 1;
    }
    entropy_of_counts(counts)
}

/// Equal cells of one coordinate, edges as `numpy.linspace` has them.
struct Cells {
    min: f64,
    max: f64,
    step: f64,
    m: usize,
}

impl Cells {
    fn of(x: &[f64], start: f64, span: f64, m: usize) -> Option<Self> {
        let (min, max) = lanes::min_max(x);
        let (min, max) = ((min - start) / span, (max - start) / span);
        (max > min).then_some(Self { min, max, step: (max - min) / m as f64, m })
    }

    fn edge(&self, k: usize) -> f64 {
        if k == self.m { self.max } else { k as f64 * self.step + self.min }
    }

    /// The cell, left edge included, in the last cell the right one too.
    fn of_sample(&self, v: f64) -> usize {
        let mut k = (((v - self.min) / self.step) as usize).min(self.m - 1);
        while k > 0 && v < self.edge(k) {
            k -= 1;
        }
        while k + 1 < self.m && v >= self.edge(k + 1) {
            k += 1;
        }
        k
    }
}
