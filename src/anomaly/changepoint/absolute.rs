//! Absolute deviations from the median of any segment in O(log n): a wavelet matrix of the ranks (Claude, Navarro &
//! Ordóñez 2015) that also holds sums of values. n (log2 n + 1) sums and counts a column.

use super::cost::{Asked, SegmentCost, Sweep};
use super::quadratic::{about_median, prefix};
use crate::error::Result;
use ndarray::ArrayView2;

pub(super) struct Absolute {
    columns: Vec<Column>,
}

/// The column, stably parted by one bit of the rank after the other, from the highest.
struct Column {
    levels: Vec<Level>,
    /// Prefix sums of the values in their own order.
    totals: Vec<f64>,
    /// The values in ascending order.
    sorted: Vec<f64>,
}

struct Level {
    /// How many of the first i have the bit clear.
    clear: Vec<u32>,
    /// Prefix sums of the values after parting.
    sums: Vec<f64>,
}

impl Column {
    fn new(values: Vec<f64>) -> Result<Self> {
        let n = values.len();
        let sums_of = |values: &[f64]| -> Result<Vec<f64>> {
            Ok(prefix(values.len(), |i| values[i].into())?.into_iter().map(|s| s.value()).collect())
        };
        // Signs do not cancel in the largest partial sum.
        prefix(n, |i| values[i].abs().into())?;
        let mut order: Vec<usize> = (0..n).collect();
        order.sort_by(|&a, &b| values[a].total_cmp(&values[b]));
        let mut ranks = vec![0_usize; n];
        for (rank, &place) in order.iter().enumerate() {
            ranks[place] = rank;
        }
        let sorted = order.iter().map(|&i| values[i]).collect();
        let totals = sums_of(&values)?;
        let bits = usize::BITS - n.saturating_sub(1).leading_zeros();
        let mut now = ranks;
        let mut levels = Vec::with_capacity(bits as usize);
        let value_of = |rank: &usize| values[order[*rank]];
        for bit in (0..bits).rev() {
            let mut clear = Vec::with_capacity(n + 1);
            clear.push(0_u32);
            let mut count = 0;
            for rank in &now {
                count += u32::from((rank >> bit) & 1 == 0);
                clear.push(count);
            }
            let (mut low, high): (Vec<usize>, Vec<usize>) = now.iter().partition(|rank| (**rank >> bit) & 1 == 0);
            low.extend(high);
            now = low;
            levels.push(Level { clear, sums: sums_of(&now.iter().map(value_of).collect::<Vec<_>>())? });
        }
        Ok(Self { levels, totals, sorted })
    }

    fn cost(&self, start: usize, end: usize) -> f64 {
        let n = self.sorted.len();
        let half = (end - start) / 2;
        let (mut lo, mut hi, mut k, mut below, mut rank) = (start, end, half, 0.0, 0_usize);
        for level in &self.levels {
            let (from, to) = (level.clear[lo] as usize, level.clear[hi] as usize);
            let clear = level.clear[n] as usize;
            rank <<= 1;
            if k < to - from {
                (lo, hi) = (from, to);
            } else {
                below += level.sums[to] - level.sums[from];
                k -= to - from;
                (lo, hi) = (clear + lo - from, clear + hi - to);
                rank |= 1;
            }
        }
        let total = self.totals[end] - self.totals[start];
        let middle = if (end - start) % 2 == 1 { self.sorted[rank] } else { 0.0 };
        (total - 2.0 * below - middle).max(0.0)
    }
}

impl Absolute {
    pub(super) fn new(x: ArrayView2<'_, f64>) -> Result<Self> {
        let columns: Result<Vec<_>> =
            x.columns().into_iter().map(|c| Column::new(about_median(c.iter().copied()))).collect();
        Ok(Self { columns: columns? })
    }
}

impl SegmentCost for Absolute {
    fn cost(&self, start: usize, end: usize) -> f64 {
        self.columns.iter().map(|c| c.cost(start, end)).sum()
    }

    fn sweep(&self) -> Box<dyn Sweep + '_> {
        Box::new(Asked::new(self))
    }
}
