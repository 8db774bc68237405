//! Segments in the space of a Gaussian kernel, without its matrix: O(n) memory.
//!
//! The exponent is kept within 0.01 and 100, as in ruptures: the kernel is 1 on the diagonal and `exp(-0.01)` at most
//! beside it.

use super::cost::{SegmentCost, Sweep, retain};
use super::quadratic::about_median;
use crate::error::{Error, Result};
use ndarray::ArrayView2;

pub(super) struct Kernel {
    /// Row after row.
    cells: Vec<f64>,
    d: usize,
    gamma: f64,
}

impl Kernel {
    pub(super) fn new(x: ArrayView2<'_, f64>, gamma: Option<f64>) -> Result<Self> {
        let (n, d) = x.dim();
        let mut cells = vec![0.0; n * d];
        for (j, column) in x.columns().into_iter().enumerate() {
            for (i, v) in about_median(column.iter().copied()).into_iter().enumerate() {
                cells[i * d + j] = v;
            }
        }
        let mut kernel = Self { cells, d, gamma: 1.0 };
        let widest = kernel.cells.iter().map(|v| v * v).sum::<f64>() * 4.0;
        if !widest.is_finite() {
            return Err(Error::numeric("kernel cost", "squared distances overflow; scale the columns"));
        }
        kernel.gamma = match gamma {
            Some(gamma) => gamma,
            None => {
                let gamma = 1.0 / kernel.median_distance();
                if gamma.is_finite() { gamma } else { 1.0 }
            }
        };
        Ok(kernel)
    }

    fn rows(&self) -> usize {
        self.cells.len() / self.d
    }

    #[inline]
    fn distance(&self, i: usize, j: usize) -> f64 {
        let (a, b) = (&self.cells[i * self.d..(i + 1) * self.d], &self.cells[j * self.d..(j + 1) * self.d]);
        a.iter().zip(b).map(|(a, b)| (a - b) * (a - b)).sum()
    }

    /// Off the diagonal.
    #[inline]
    fn value(&self, i: usize, j: usize) -> f64 {
        (-(self.gamma * self.distance(i, j)).clamp(0.01, 100.0)).exp()
    }

    /// Median of the squared distances of all pairs. Bits of floats that are not negative stand in their order: counts
    /// by the highest 16 bits, then by the next within the bucket of the median, and the rest is sorted. O(n) memory.
    fn median_distance(&self) -> f64 {
        let n = self.rows();
        let pairs = n * n.saturating_sub(1) / 2;
        if pairs == 0 {
            return 0.0;
        }
        let middle = |rank: usize| {
            // Pairs whose highest `known` bits are `head` are the candidates; `rank` counts among them.
            let (mut head, mut known, mut rank) = (0_u64, 0_u32, rank);
            let mut candidates = pairs;
            while known < 64 && candidates > (4 * n).max(1024) {
                let mut counts = vec![0_usize; 1 << 16];
                self.each_pair(|bits| {
                    if known == 0 || bits >> (64 - known) == head {
                        counts[((bits >> (48 - known)) & 0xFFFF) as usize] += 1;
                    }
                });
                let mut bucket = 0;
                while rank >= counts[bucket] {
                    rank -= counts[bucket];
                    bucket += 1;
                }
                head = (head << 16) | bucket as u64;
                known += 16;
                candidates = counts[bucket];
            }
            if known == 64 {
                return f64::from_bits(head);
            }
            let mut all = Vec::with_capacity(candidates);
            self.each_pair(|bits| {
                if known == 0 || bits >> (64 - known) == head {
                    all.push(bits);
                }
            });
            f64::from_bits(*all.select_nth_unstable(rank).1)
        };
        let upper = middle(pairs / 2);
        if pairs % 2 == 1 { upper } else { 0.5 * (middle(pairs / 2 - 1) + upper) }
    }

    fn each_pair(&self, mut f: impl FnMut(u64)) {
        for i in 0..self.rows() {
            for j in 0..i {
                f(self.distance(i, j).to_bits());
            }
        }
    }

    /// The inverse squared width in use.
    pub(super) fn gamma(&self) -> f64 {
        self.gamma
    }
}

impl SegmentCost for Kernel {
    fn cost(&self, start: usize, end: usize) -> f64 {
        let rows = (end - start) as f64;
        let mut sum = 0.0;
        for i in start..end {
            let of_row: f64 = (start..i).map(|j| self.value(i, j)).sum();
            sum += 2.0 * of_row + 1.0;
        }
        rows - sum / rows
    }

    fn sweep(&self) -> Box<dyn Sweep + '_> {
        Box::new(Growing { of: self, at: 0, starts: Vec::new(), sums: Vec::new(), rows: Vec::new() })
    }

    fn splits(&self, start: usize, end: usize, points: &[usize]) -> Vec<f64> {
        let n = end - start;
        // Kernel sums of every row with those before and behind it.
        let (mut before, mut behind) = (vec![0.0; n], vec![0.0; n]);
        for (i, before) in before.iter_mut().enumerate() {
            for (j, behind) in behind[..i].iter_mut().enumerate() {
                let k = self.value(start + i, start + j);
                *before += k;
                *behind += k;
            }
        }
        let mut left = Vec::with_capacity(n + 1);
        let mut sum = 0.0;
        left.push(sum);
        for of_row in &before {
            sum += 2.0 * of_row + 1.0;
            left.push(sum);
        }
        let mut right = vec![0.0; n + 1];
        for i in (0..n).rev() {
            right[i] = right[i + 1] + 2.0 * behind[i] + 1.0;
        }
        points
            .iter()
            .map(|&p| {
                let (a, b) = (p - start, end - p);
                n as f64 - left[a] / a as f64 - right[a] / b as f64
            })
            .collect()
    }
}

/// Every start with the kernel sum of its segment.
struct Growing<'a> {
    of: &'a Kernel,
    at: usize,
    starts: Vec<usize>,
    sums: Vec<f64>,
    rows: Vec<f64>,
}

impl Growing<'_> {
    /// Takes one row into the sums of the starts up to it, the first `n`.
    fn take(&mut self, row: usize, n: usize) {
        let Some(&first) = self.starts.first() else { return };
        self.rows.clear();
        self.rows.extend((first..row).map(|i| self.of.value(row, i)));
        let mut sum = 0.0;
        let mut at = row;
        for (start, total) in self.starts[..n].iter().zip(&mut self.sums).rev() {
            while at > *start {
                at -= 1;
                sum += self.rows[at - first];
            }
            *total += 2.0 * sum + 1.0;
        }
    }
}

impl Sweep for Growing<'_> {
    fn add(&mut self, start: usize, _end: usize) {
        let mut sum = 0.0;
        for row in start..self.at {
            let of_row: f64 = (start..row).map(|i| self.of.value(row, i)).sum();
            sum += 2.0 * of_row + 1.0;
        }
        self.starts.push(start);
        self.sums.push(sum);
    }

    fn costs(&mut self, end: usize, out: &mut Vec<f64>) {
        for row in self.at..end {
            let n = self.starts.partition_point(|&s| s <= row);
            self.take(row, n);
        }
        self.at = end;
        out.clear();
        out.extend(self.starts.iter().zip(&self.sums).map(|(&start, sum)| {
            let rows = (end - start) as f64;
            rows - sum / rows
        }));
    }

    fn keep(&mut self, keep: &[bool]) {
        retain(&mut self.starts, keep);
        retain(&mut self.sums, keep);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::Array2;

    #[test]
    fn the_median_of_all_pairs() {
        for (n, d) in [(2, 1), (3, 2), (40, 1), (121, 3), (122, 1)] {
            let x = Array2::from_shape_fn((n, d), |(i, j)| ((i * (j + 2)) as f64 * 0.73).sin() + (i / 9) as f64);
            let kernel = Kernel::new(x.view(), None).unwrap();
            let mut all = Vec::new();
            for i in 0..n {
                all.extend((0..i).map(|j| (0..d).map(|k| (x[[i, k]] - x[[j, k]]).powi(2)).sum::<f64>()));
            }
            let median = crate::math::order::median_in_place(&mut all);
            assert!((kernel.gamma() * median - 1.0).abs() < 1e-12, "{n} {d}");
        }
        let constant = Kernel::new(Array2::from_elem((9, 1), 3.0).view(), None).unwrap();
        assert!((constant.gamma() - 1.0).abs() < 1e-15);
    }
}
