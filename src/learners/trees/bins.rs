//! Columns in at most 255 bins: what every tree of the crate is grown on.
//!
//! A byte a cell instead of eight: a node's rows are read from the first cache, and a histogram of sums replaces sorting.
//! Edges lie between neighbouring values of the training rows, so that a cut found on bins is a cut of the raw values:
//! `x <= edge` goes left. Columns with few distinct values keep them all; others are cut into bins of about equal counts.
//! NaN means missing and has the bin behind the last ordinary one; infinite values are ordinary, at the ends.

use crate::math::par;
use ndarray::ArrayView2;

/// Most bins of ordinary values.
pub(crate) const MAX_BINS: usize = 255;

/// Rows that the edges are found on; more are thinned evenly, which moves edges by less than a bin's width.
const SAMPLE: usize = 1 << 17;

/// Columns binned together: a cache line of a row.
const GROUP: usize = 8;

/// The edges of the bins of every column.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Binner {
    edges: Vec<Vec<f64>>,
    /// Mean of the least and the largest value of every bin.
    centres: Vec<Vec<f64>>,
}

/// A table in bins, column after column.
#[derive(Debug, Clone)]
pub(crate) struct Binned {
    rows: usize,
    cells: Vec<u8>,
    missing: Vec<bool>,
    bins: Vec<u8>,
}

impl Binned {
    pub(crate) fn columns(&self) -> usize {
        self.missing.len()
    }

    /// The bins of column `j`.
    pub(crate) fn column(&self, j: usize) -> &[u8] {
        &self.cells[j * self.rows..(j + 1) * self.rows]
    }

    /// The same bins row after row.
    pub(crate) fn by_rows(&self) -> Vec<u8> {
        let (n, d) = (self.rows, self.columns());
        let mut cells = vec![0; n * d];
        par::rows_init(
            &mut cells,
            64 * d,
            || (),
            |(), block, cells| {
                for j in 0..d {
                    let column = &self.column(j)[64 * block..];
                    for (row, &bin) in cells.chunks_exact_mut(d).zip(column) {
                        row[j] = bin;
                    }
                }
            },
        );
        cells
    }

    /// Number of ordinary bins of column `j`, which is the bin of its missing values.
    pub(crate) fn missing_bin(&self, j: usize) -> u8 {
        self.bins[j]
    }

    /// Whether column `j` has missing values.
    pub(crate) fn has_missing(&self, j: usize) -> bool {
        self.missing[j]
    }
}

impl Binner {
    /// Edges for at most `max_bins` (2..=255) bins a column.
    pub(crate) fn fit(x: ArrayView2<'_, f64>, max_bins: usize) -> Self {
        let (n, d) = x.dim();
        let max_bins = max_bins.clamp(2, MAX_BINS);
        let used = n.min(SAMPLE);
        let groups = par::map_init(d.div_ceil(GROUP), Vec::new, |keys: &mut Vec<u64>, group| {
            let first = group * GROUP;
            let width = GROUP.min(d - first);
            keys.clear();
            keys.resize(width * used, 0);
            for place in 0..used {
                // The middle row of every piece of n / used rows.
                let row = x.row((place * n + n / 2) / used);
                for k in 0..width {
                    keys[k * used + place] = key(row[first + k]);
                }
            }
            keys.chunks_exact_mut(used.max(1)).map(|keys| edges_of(keys, max_bins)).collect::<Vec<_>>()
        });
        let (edges, centres) = groups.into_iter().flatten().unzip();
        Self { edges, centres }
    }

    /// The bins of a table with the same columns.
    pub(crate) fn bin(&self, x: ArrayView2<'_, f64>) -> Binned {
        let (n, d) = (x.nrows(), self.edges.len());
        let mut cells = vec![0u8; n * d];
        par::rows_init(
            &mut cells,
            n * GROUP,
            || (),
            |(), group, cells| {
                let first = group * GROUP;
                let width = cells.len() / n;
                for (i, row) in x.rows().into_iter().enumerate() {
                    for k in 0..width {
                        cells[k * n + i] = self.bin_of(first + k, row[first + k]);
                    }
                }
            },
        );
        let bins: Vec<u8> = self.centres.iter().map(|c| c.len() as u8).collect();
        let missing = (0..d).map(|j| cells[j * n..(j + 1) * n].contains(&bins[j])).collect();
        Binned { rows: n, cells, missing, bins }
    }

    /// The bin of one value: the number of edges below it.
    #[inline]
    fn bin_of(&self, column: usize, value: f64) -> u8 {
        if value.is_nan() {
            return self.centres[column].len() as u8;
        }
        let edges = self.edges[column].as_slice();
        // Halving without branches on the data.
        let (mut base, mut size) = (0usize, edges.len());
        while size > 1 {
            let half = size / 2;
            base += usize::from(edges[base + half - 1] < value) * half;
            size -= half;
        }
        (base + usize::from(size == 1 && edges[base] < value)) as u8
    }

    /// The raw value up to which rows go left when bins up to `bin` do.
    pub(crate) fn threshold(&self, j: usize, bin: u8) -> f64 {
        self.edges[j].get(usize::from(bin)).copied().unwrap_or(f64::INFINITY)
    }

    /// A value in the middle of every bin of column `j`.
    pub(crate) fn centres(&self, j: usize) -> &[f64] {
        &self.centres[j]
    }
}

/// Bits in the order of the values; NaN is the largest. Both zeros are one.
fn key(value: f64) -> u64 {
    if value.is_nan() {
        return u64::MAX;
    }
    let bits = (value + 0.0).to_bits();
    if bits >> 63 == 0 { bits | 1 << 63 } else { !bits }
}

fn value_of(key: u64) -> f64 {
    f64::from_bits(if key >> 63 == 1 { key & !(1 << 63) } else { !key })
}

/// Edges and centres of one column, whose keys are sorted on the way.
fn edges_of(keys: &mut [u64], max_bins: usize) -> (Vec<f64>, Vec<f64>) {
    keys.sort_unstable();
    let known = keys.partition_point(|k| *k != u64::MAX);
    let keys = &keys[..known];
    let mut distinct: Vec<(f64, usize)> = Vec::new();
    let mut start = 0;
    while start < known {
        let end = start + keys[start..].iter().take_while(|k| **k == keys[start]).count();
        distinct.push((value_of(keys[start]), end - start));
        start = end;
    }
    // The last value of every bin, as a place in `distinct`.
    let mut ends: Vec<usize> = Vec::new();
    if distinct.len() <= max_bins {
        ends.extend(0..distinct.len());
    } else {
        let (mut rows_left, mut bins_left, mut held) = (known, max_bins, 0usize);
        for (place, &(_, count)) in distinct.iter().enumerate() {
            held += count;
            let last = place + 1 == distinct.len();
            let next = distinct.get(place + 1).map_or(0, |v| v.1);
            // Close the bin when it is full, or when the next value would overfill it more than it is short now.
            let full = held * bins_left >= rows_left;
            let overfull = held > 0 && 2 * rows_left < bins_left * (2 * held + next) && next * bins_left > rows_left;
            if last || (bins_left > 1 && (full || overfull)) {
                ends.push(place);
                rows_left -= held;
                bins_left -= 1;
                held = 0;
            }
        }
    }
    let mut edges = Vec::with_capacity(ends.len().saturating_sub(1));
    let mut centres = Vec::with_capacity(ends.len());
    let mut first = 0;
    for (bin, &end) in ends.iter().enumerate() {
        centres.push(0.5 * distinct[first].0 + 0.5 * distinct[end].0);
        if bin + 1 < ends.len() {
            edges.push(between(distinct[end].0, distinct[end + 1].0));
        }
        first = end + 1;
    }
    (edges, centres)
}

/// A number from `low` up to, but less than, `high`.
fn between(low: f64, high: f64) -> f64 {
    if low.is_infinite() || high.is_infinite() {
        return if low.is_infinite() { -f64::MAX } else { low };
    }
    let middle = 0.5 * low + 0.5 * high;
    if low <= middle && middle < high { middle } else { low }
}

#[cfg(test)]
#[allow(clippy::float_cmp)] // values pass through unchanged
mod tests {
    use super::*;
    use ndarray::Array2;

    fn column(values: &[f64], max_bins: usize) -> (Binner, Vec<u8>) {
        let x = Array2::from_shape_vec((values.len(), 1), values.to_vec()).unwrap();
        let binner = Binner::fit(x.view(), max_bins);
        let bins = binner.bin(x.view()).column(0).to_vec();
        (binner, bins)
    }

    #[test]
    fn few_values_keep_a_bin_each() {
        let (binner, bins) = column(&[3.0, -1.0, 3.0, f64::NAN, 0.0, -0.0, f64::INFINITY, f64::NEG_INFINITY], 255);
        assert_eq!(bins, [3, 1, 3, 5, 2, 2, 4, 0]);
        assert_eq!(binner.centres(0).len(), 5);
        assert!((binner.threshold(0, 1) + 0.5).abs() < 1e-15);
        assert_eq!(binner.threshold(0, 3), 3.0);
        let (binner, bins) = column(&[f64::NAN, f64::NAN], 16);
        assert_eq!((binner.centres(0).len(), bins), (0, vec![0, 0]));
    }

    #[test]
    fn many_values_fill_bins_evenly() {
        let values: Vec<f64> = (0..10_000).map(|i| f64::from(i * 7919 % 10_007).powi(3)).collect();
        for max_bins in [2, 16, 63, 255] {
            let (binner, bins) = column(&values, max_bins);
            assert_eq!(binner.centres(0).len(), max_bins);
            let mut counts = vec![0usize; max_bins];
            for (v, b) in values.iter().zip(&bins) {
                counts[usize::from(*b)] += 1;
                assert!(*b == 0 || binner.threshold(0, *b - 1) < *v);
                assert!(*v <= binner.threshold(0, *b));
            }
            let fair = values.len() / max_bins;
            assert!(counts.iter().all(|c| c.abs_diff(fair) <= 1 + fair / 20), "{max_bins}: {counts:?}");
        }
        // A value that fills half of the rows takes one bin and leaves the others to the rest.
        let heavy: Vec<f64> = (0..4_000).map(|i| if i % 2 == 0 { 1000.0 } else { f64::from(i) }).collect();
        let (binner, bins) = column(&heavy, 64);
        assert!(binner.centres(0).len() > 48, "{}", binner.centres(0).len());
        let of_heavy = bins[0];
        let guests = heavy.iter().zip(&bins).filter(|(v, b)| **b == of_heavy && **v != 1000.0).count();
        assert!(guests < 100, "{guests}");
    }

    #[test]
    fn edges_separate_neighbours() {
        let next = 1.0f64.next_up();
        assert!(between(1.0, next) < next && between(1.0, next) >= 1.0);
        assert!(between(-f64::MAX, f64::MAX).is_finite());
        assert_eq!(between(f64::NEG_INFINITY, 1.0), -f64::MAX);
        assert_eq!(between(1.0, f64::INFINITY), 1.0);
    }
}
