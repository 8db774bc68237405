//! The two loops over all rows: second moments of the scaled rows, and T2 and SPE.

use crate::learners::{Scaler, block_rows, row_slice};
use crate::math::{lanes, par};
use ndarray::{Array2, ArrayView2};

/// Rows that go through the kernel together, one a lane.
const LANES: usize = lanes::LANES;
/// Rows of one parallel block; a multiple of the lanes.
const BLOCK: usize = 512;

/// Column of a row to its scaled value.
#[derive(Debug, Clone, Copy)]
pub(in crate::anomaly) struct Column {
    from: usize,
    centre: f64,
    weight: f64,
}

impl Column {
    #[inline]
    pub(in crate::anomaly) fn apply(self, row: &[f64]) -> f64 {
        (row[self.from] - self.centre) * self.weight
    }
}

pub(in crate::anomaly) struct Transform {
    pub(in crate::anomaly) columns: Vec<Column>,
}

impl Transform {
    pub(in crate::anomaly) fn new(scaler: &Scaler, kept: &[usize]) -> Self {
        let column = |&j: &usize| Column { from: j, centre: scaler.centre()[j], weight: 1.0 / scaler.scale()[j] };
        Self { columns: kept.iter().map(column).collect() }
    }
}

/// `Zᵀ Z / (n - 1)` of the scaled rows: blocks of 64 rows are turned into columns, whose products are sums in lanes.
pub(in crate::anomaly) fn second_moments(values: ArrayView2<'_, f64>, transform: &Transform) -> Array2<f64> {
    const ROWS: usize = 64;
    let (n, d) = (values.nrows(), transform.columns.len());
    let rows = block_rows(n).next_multiple_of(ROWS);
    let parts = par::map(n.div_ceil(rows), |part| {
        let mut sums = vec![0.0; d * d];
        let mut z = vec![0.0; d * ROWS];
        let mut scratch = Vec::new();
        let end = ((part + 1) * rows).min(n);
        for start in (part * rows..end).step_by(ROWS) {
            let len = ROWS.min(end - start);
            for i in 0..len {
                let row = row_slice(values.row(start + i), &mut scratch);
                for (z, column) in z.chunks_exact_mut(ROWS).zip(&transform.columns) {
                    z[i] = column.apply(row);
                }
            }
            for (a, sums) in sums.chunks_exact_mut(d).enumerate() {
                let za = &z[a * ROWS..a * ROWS + len];
                for (zb, sum) in z.chunks_exact(ROWS).zip(&mut sums[..=a]) {
                    *sum += lanes::dot(za, &zb[..len]);
                }
            }
        }
        sums
    });
    let mut total = Array2::<f64>::zeros((d, d));
    for part in &parts {
        for (t, p) in total.iter_mut().zip(part) {
            *t += p;
        }
    }
    let scale = 1.0 / (n - 1) as f64;
    Array2::from_shape_fn((d, d), |(i, j)| total[[i.max(j), i.min(j)]] * scale)
}

/// The retained space.
#[derive(Debug, Clone, Copy)]
pub(super) struct Space<'a> {
    /// Row-major, one row a component.
    pub(super) loadings: &'a [f64],
    /// Of the retained components.
    pub(super) eigenvalues: &'a [f64],
}

impl Space<'_> {
    /// T2 and SPE of every row: eight rows at a time, one row a lane, so that no sum depends on the block it is in.
    pub(super) fn statistics(&self, values: ArrayView2<'_, f64>, transform: &Transform) -> [Vec<f64>; 2] {
        let d = transform.columns.len();
        let n = values.nrows();
        let mut out = vec![[0.0; 2]; n];
        par::rows_init(
            &mut out,
            BLOCK,
            || (vec![[0.0; LANES]; d], vec![[0.0; LANES]; d], Vec::new()),
            |(z, r, scratch), block, out| {
                for (group, out) in out.chunks_mut(LANES).enumerate() {
                    let first = block * BLOCK + group * LANES;
                    for l in 0..LANES {
                        // A last group that is not full repeats its last row.
                        let row = row_slice(values.row((first + l).min(n - 1)), scratch);
                        for (z, column) in z.iter_mut().zip(&transform.columns) {
                            z[l] = column.apply(row);
                        }
                    }
                    let both = self.eight_rows(z, r);
                    for (out, both) in out.iter_mut().zip(both) {
                        *out = both;
                    }
                }
            },
        );
        [0, 1].map(|s| out.iter().map(|both| both[s]).collect())
    }

    /// T2 and SPE of eight scaled rows, stored column by column.
    #[inline]
    fn eight_rows(&self, z: &[[f64; LANES]], r: &mut [[f64; LANES]]) -> [[f64; 2]; LANES] {
        let d = z.len();
        let mut t2 = [0.0; LANES];
        r.copy_from_slice(z);
        // Two components at a time, so that each scaled cell is loaded once for both.
        let mut pairs = self.loadings.chunks_exact(2 * d.max(1));
        for (pair, lambda) in (&mut pairs).zip(self.eigenvalues.chunks_exact(2)) {
            let (p, q) = pair.split_at(d);
            let mut t = [0.0; LANES];
            let mut u = [0.0; LANES];
            for ((&p, &q), z) in p.iter().zip(q).zip(z) {
                for l in 0..LANES {
                    t[l] += p * z[l];
                    u[l] += q * z[l];
                }
            }
            for ((&p, &q), r) in p.iter().zip(q).zip(r.iter_mut()) {
                for l in 0..LANES {
                    r[l] -= p * t[l] + q * u[l];
                }
            }
            let weights = (1.0 / lambda[0], 1.0 / lambda[1]);
            for l in 0..LANES {
                t2[l] += t[l] * t[l] * weights.0 + u[l] * u[l] * weights.1;
            }
        }
        let last = pairs.remainder();
        if let Some(lambda) = self.eigenvalues.last()
            && !last.is_empty()
        {
            let mut t = [0.0; LANES];
            for (&p, z) in last.iter().zip(z) {
                for l in 0..LANES {
                    t[l] += p * z[l];
                }
            }
            for (&p, r) in last.iter().zip(r.iter_mut()) {
                for l in 0..LANES {
                    r[l] -= p * t[l];
                }
            }
            for l in 0..LANES {
                t2[l] += t[l] * t[l] / lambda;
            }
        }
        let mut spe = [0.0; LANES];
        for r in r.iter() {
            for l in 0..LANES {
                spe[l] += r[l] * r[l];
            }
        }
        std::array::from_fn(|l| [t2[l], spe[l]])
    }
}
