//! Bars of equal width over the range of some values, and how many to take.

use crate::error::{Error, Result};

/// How many bars a histogram has.
///
/// With `N_j` values in bar j of D, n in all:
///
/// | rule | D that maximises |
/// |---|---|
/// | [`Bins::BirgeRozenholc`] | `sum N_j ln(D N_j / n) - (D - 1 + (ln D)^2.5)` |
/// | [`Bins::Pyod`] | `sum N_j ln(D N_j / n + 1) - D (D - 1 + (ln D)^2.5)`, D below the root of n |
///
/// The first is Birgé & Rozenholc (2006), here for D up to `n / ln n` and at most 256. The second is what PyOD calls by
/// that name: it takes the penalty once a bar and adds 1 within the logarithm, and so prefers fewer bars.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum Bins {
    /// This many, 1..=65536.
    Fixed(usize),
    /// By penalised likelihood.
    BirgeRozenholc,
    /// PyOD's `n_bins="auto"`.
    Pyod,
}

const MOST: usize = 1 << 16;

impl Bins {
    pub(super) fn check(self) -> Result<()> {
        match self {
            Self::Fixed(k) if k == 0 || k > MOST => Err(Error::parameter("bins", k, "must be 1 to 65536")),
            _ => Ok(()),
        }
    }

    /// Number of bars for values in ascending order, which need not be so for a fixed number.
    pub(super) fn number(self, sorted: &[f64]) -> Result<usize> {
        let n = sorted.len() as f64;
        let end = match self {
            Self::Fixed(k) => return Ok(k),
            Self::BirgeRozenholc => ((n / n.ln().max(1.0)) as usize).clamp(1, 256) + 1,
            Self::Pyod => (n.sqrt() as usize).max(2),
        };
        let mut best = (f64::NEG_INFINITY, 1);
        for d in 1..end {
            let width = d as f64;
            let penalty = width - 1.0 + width.ln().powf(2.5);
            let bars = Bars::over(sorted[0], sorted[sorted.len() - 1], d)?;
            let mut value = if self == Self::Pyod { -width * penalty } else { -penalty };
            for count in bars.counts_sorted(sorted) {
                let (count, share) = (count as f64, width * count as f64 / n);
                value += match self {
                    Self::Pyod => count * (share + 1.0).ln(),
                    _ if count > 0.0 => count * share.ln(),
                    _ => 0.0,
                };
            }
            if value > best.0 {
                best = (value, d);
            }
        }
        Ok(best.1)
    }
}

/// Edges of bars of equal width.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Bars {
    /// Ascending, one more than bars.
    edges: Vec<f64>,
    bars_a_unit: f64,
}

impl Bars {
    /// Over a range; a range of nothing is widened by a half on both sides, as numpy does.
    pub(super) fn over(mut low: f64, mut high: f64, bars: usize) -> Result<Self> {
        if low >= high {
            let half = 0.5_f64.max(1e-9 * low.abs());
            (low, high) = (low - half, high + half);
        }
        Self::between(low, high, bars)
    }

    /// From `low` to `high`.
    pub(super) fn between(low: f64, high: f64, bars: usize) -> Result<Self> {
        let range = high - low;
        if !(low < high && range.is_finite() && low.is_finite() && bars > 0) {
            return Err(Error::numeric("histogram", "the range of the values overflows"));
        }
        let step = range / bars as f64;
        let edges = (0..=bars).map(|i| if i == bars { high } else { (low + i as f64 * step).min(high) }).collect();
        Ok(Self { edges, bars_a_unit: bars as f64 / range })
    }

    pub(super) fn low(&self) -> f64 {
        self.edges[0]
    }

    pub(super) fn high(&self) -> f64 {
        self.edges[self.len()]
    }

    pub(super) fn len(&self) -> usize {
        self.edges.len() - 1
    }

    pub(super) fn width(&self, bar: usize) -> f64 {
        self.edges[bar + 1] - self.edges[bar]
    }

    /// The bar of a value within the range: an inner edge belongs to the bar above it.
    #[inline]
    pub(super) fn find(&self, x: f64) -> usize {
        let last = self.len() - 1;
        let mut bar = (((x - self.edges[0]) * self.bars_a_unit) as usize).min(last);
        while bar > 0 && x < self.edges[bar] {
            bar -= 1;
        }
        while bar < last && x >= self.edges[bar + 1] {
            bar += 1;
        }
        bar
    }

    /// The bar of a value within the range: an inner edge belongs to the bar below it.
    #[inline]
    pub(super) fn find_closed_above(&self, x: f64) -> usize {
        let mut bar = self.find(x);
        while bar > 0 && x <= self.edges[bar] {
            bar -= 1;
        }
        bar
    }

    /// How many values lie in each bar.
    pub(super) fn counts(&self, values: &[f64]) -> Vec<usize> {
        let mut counts = vec![0; self.len()];
        for &x in values {
            counts[self.find(x)] += 1;
        }
        counts
    }

    /// [`Bars::counts`] of values in ascending order, in O(bars log n).
    fn counts_sorted(&self, sorted: &[f64]) -> impl Iterator<Item = usize> {
        let mut from = 0;
        (1..=self.len()).map(move |bar| {
            let rest = &sorted[from..];
            let count = if bar == self.len() { rest.len() } else { rest.partition_point(|v| *v < self.edges[bar]) };
            from += count;
            count
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_hold_what_their_edges_say() {
        let mut x: Vec<f64> = (0..200).map(|i| f64::from((i * 37) % 101) * 0.1).collect();
        x.sort_unstable_by(f64::total_cmp);
        for k in [1, 2, 3, 10, 101] {
            let bars = Bars::over(x[0], x[199], k).unwrap();
            let counts = bars.counts(&x);
            assert_eq!(counts, bars.counts_sorted(&x).collect::<Vec<_>>());
            for (bar, &count) in counts.iter().enumerate() {
                let inside = |v: &&f64| {
                    **v >= bars.edges[bar] && (**v < bars.edges[bar + 1] || (bar + 1 == k && **v <= bars.high()))
                };
                assert_eq!(count, x.iter().filter(inside).count());
            }
            for &v in &x {
                let bar = bars.find_closed_above(v);
                assert!(v <= bars.edges[bar + 1] && (bar == 0 || v > bars.edges[bar]));
            }
        }
    }

    #[test]
    fn extreme_ranges() {
        for (low, high) in [(1.0, 1.0), (1e300, 1e300), (0.0, 5e-324), (1e12, 1e12 + 1e-3), (-1e307, 1e307)] {
            let bars = Bars::over(low, high, 7).unwrap();
            assert!(bars.edges.is_sorted());
            assert_eq!(bars.counts(&[low, high]).iter().sum::<usize>(), 2);
        }
        assert!(Bars::over(-f64::MAX, f64::MAX, 3).is_err());
    }

    #[test]
    fn two_crowds_need_more_than_one_bar() {
        let mut x: Vec<f64> = (0..400).map(|i| f64::from(i % 20) * 0.01 + if i % 2 == 0 { 0.0 } else { 5.0 }).collect();
        x.sort_unstable_by(f64::total_cmp);
        assert!(Bins::BirgeRozenholc.number(&x).unwrap() > 4);
        assert!(Bins::Pyod.number(&x).unwrap() > 1);
        assert_eq!(Bins::BirgeRozenholc.number(&[1.0]).unwrap(), 1);
        assert_eq!(Bins::Pyod.number(&[1.0, 2.0]).unwrap(), 1);
    }
}
