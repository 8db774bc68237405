//! The steps of a window by the fifths of its samples, for all corridors between fifths at once.
//!
//! A step belongs to the corridor from the quantile l/5 to h/5 when both its ends lie there, edges included: when the
//! lowest end is at or above edge l and the highest at or below edge h. So each step is put into one of 6 x 6 cells, by the
//! highest edge that is not above its ends and the lowest that is not below them; a corridor is a rectangle of cells. Each
//! cell keeps number, mean and squared deviations (two passes); cells are merged pair by pair (Chan, Golub & LeVeque 1983), so
//! that a level with little noise on it keeps its variance.

use crate::features::shared::{Scratch, Shared};

/// The quantiles 0, 0.2, .., 1.
const EDGES: [f64; 6] = [0.0, 0.2, 0.4, 0.6, 0.8, 1.0];
const SIDE: usize = EDGES.len() + 1;
const CELLS: usize = SIDE * SIDE;

/// Which edge a quantile is.
pub(super) fn edge(q: f64) -> Option<usize> {
    EDGES.iter().position(|e| e.to_bits() == q.to_bits())
}

/// Number, mean and sum of squared deviations of some steps.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Steps {
    pub(super) count: f64,
    pub(super) mean: f64,
    pub(super) squares: f64,
}

impl Steps {
    fn merge(self, other: Self) -> Self {
        let count = self.count + other.count;
        if other.count <= 0.0 {
            return self;
        }
        if self.count <= 0.0 {
            return other;
        }
        let apart = other.mean - self.mean;
        Self {
            count,
            mean: self.mean + apart * (other.count / count),
            squares: self.squares + other.squares + apart * apart * (self.count * other.count / count),
        }
    }
}

/// The cells, of the steps and of their absolute values.
pub(super) struct Table {
    cells: [[Steps; 2]; CELLS],
}

impl Table {
    pub(super) fn new(shared: &Shared<'_>, scratch: &mut Scratch) -> Self {
        let (x, diff) = (shared.samples(), shared.diff());
        let edges = EDGES.map(|q| shared.quantile(q));
        let (_, places) = scratch.floats_and_indices(0, x.len());
        for (place, &v) in places.iter_mut().zip(x) {
            // Edges not above the sample, and edges below it.
            let upto: usize = edges.iter().map(|&e| usize::from(e <= v)).sum();
            let below: usize = edges.iter().map(|&e| usize::from(e < v)).sum();
            *place = upto | below << 4;
        }
        let mut sums = [[0.0; 3]; CELLS];
        let mut before = places.first().copied().unwrap_or(0);
        let mut cell_of = |now: &mut usize| {
            let here = *now;
            let cell = (before & 15).min(here & 15) * SIDE + (before >> 4).max(here >> 4);
            before = here;
            *now = cell;
            cell
        };
        for (place, d) in places.iter_mut().skip(1).zip(diff) {
            let sums = &mut sums[cell_of(place)];
            sums[0] += 1.0;
            sums[1] += d;
            sums[2] += d.abs();
        }
        let mut cells = [[Steps::default(); 2]; CELLS];
        for (cell, sums) in cells.iter_mut().zip(&sums).filter(|(_, sums)| sums[0] > 0.0) {
            for (kind, steps) in cell.iter_mut().enumerate() {
                *steps = Steps { count: sums[0], mean: sums[1 + kind] / sums[0], squares: 0.0 };
            }
        }
        for (&place, d) in places.iter().skip(1).zip(diff) {
            let [plain, absolute] = &mut cells[place];
            let (off, off_absolute) = (d - plain.mean, d.abs() - absolute.mean);
            plain.squares += off * off;
            absolute.squares += off_absolute * off_absolute;
        }
        Self { cells }
    }

    /// The steps from and to samples between edge `l` and edge `h`, and their absolute values.
    pub(super) fn corridor(&self, l: usize, h: usize) -> [Steps; 2] {
        let mut all = [Steps::default(); 2];
        for upto in l + 1..SIDE {
            for cell in &self.cells[upto * SIDE..][..=h] {
                all = [all[0].merge(cell[0]), all[1].merge(cell[1])];
            }
        }
        all
    }
}
