//! Many rows to compare one row with, eight at a time.

use crate::math::lanes::LANES;

/// Rows turned into columns of eight. No sum depends on the place of its row.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct RowBank {
    d: usize,
    n: usize,
    blocks: Vec<[f64; LANES]>,
}

impl RowBank {
    /// Of row-major cells; a last block that is not full has zeros.
    pub(super) fn new(d: usize, cells: &[f64]) -> Self {
        let n = cells.len() / d.max(1);
        let mut blocks = vec![[0.0; LANES]; n.div_ceil(LANES) * d];
        for (i, row) in cells.chunks_exact(d.max(1)).enumerate() {
            for (j, &x) in row.iter().enumerate() {
                blocks[i / LANES * d + j][i % LANES] = x;
            }
        }
        Self { d, n, blocks }
    }

    pub(super) fn len(&self) -> usize {
        self.n
    }

    pub(super) fn columns(&self) -> usize {
        self.d
    }

    pub(super) fn n_blocks(&self) -> usize {
        self.n.div_ceil(LANES)
    }

    /// `|x - row|²` of the rows of a block.
    #[inline]
    pub(super) fn squared_distances(&self, x: &[f64], block: usize) -> [f64; LANES] {
        let mut sums = [0.0; LANES];
        for (column, x) in self.blocks[block * self.d..(block + 1) * self.d].iter().zip(x) {
            for l in 0..LANES {
                let t = column[l] - x;
                sums[l] += t * t;
            }
        }
        sums
    }

    /// `x · row` of the rows of a block.
    #[inline]
    pub(super) fn dots(&self, x: &[f64], block: usize) -> [f64; LANES] {
        let mut sums = [0.0; LANES];
        for (column, x) in self.blocks[block * self.d..(block + 1) * self.d].iter().zip(x) {
            for l in 0..LANES {
                sums[l] += column[l] * x;
            }
        }
        sums
    }
}
