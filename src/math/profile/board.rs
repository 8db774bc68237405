//! The k best partners of every stretch, where "best" is the largest closeness (a correlation, a negative sum).

use wide::f64x4;

/// Stands where there is no partner.
pub(crate) const NONE: u32 = u32::MAX;

/// The k best partners of stretches, best first, and the closeness a newcomer has to beat.
#[derive(Debug, Clone)]
pub(crate) struct Board {
    k: usize,
    threshold: Vec<f64>,
    closeness: Vec<f64>,
    partner: Vec<u32>,
}

impl Board {
    pub(crate) fn new(count: usize, k: usize) -> Self {
        Self::above(vec![f64::NEG_INFINITY; count], k)
    }

    /// An empty board that takes only what beats the threshold of each stretch.
    pub(crate) fn above(threshold: Vec<f64>, k: usize) -> Self {
        let count = threshold.len();
        Self { k, threshold, closeness: vec![f64::NEG_INFINITY; count * k], partner: vec![NONE; count * k] }
    }

    /// An empty board for some stretches with their thresholds; infinite behind the last one, and for two more lanes. Empty
    /// unless `wanted`.
    pub(crate) fn part(&self, stretches: std::ops::Range<usize>, wanted: bool) -> Self {
        let mut threshold = Vec::new();
        if wanted {
            let known = self.threshold.len();
            threshold.extend_from_slice(&self.threshold[stretches.start.min(known)..stretches.end.min(known)]);
            threshold.resize(stretches.len() + 2 * super::WIDTH, f64::INFINITY);
        }
        Self::above(threshold, self.k)
    }

    /// What a partner of each stretch has to exceed.
    #[inline]
    pub(crate) fn threshold(&self) -> &[f64] {
        &self.threshold
    }

    /// Enters a partner if it is closer than the last of the k: strictly, so that among equals the first stays.
    #[inline]
    pub(crate) fn offer(&mut self, at: usize, closeness: f64, partner: u32) {
        if closeness > self.threshold[at] {
            self.insert(at, closeness, partner);
        }
    }

    fn insert(&mut self, at: usize, closeness: f64, partner: u32) {
        let own = at * self.k..(at + 1) * self.k;
        let (values, partners) = (&mut self.closeness[own.clone()], &mut self.partner[own]);
        let mut place = self.k - 1;
        while place > 0 && closeness > values[place - 1] {
            values[place] = values[place - 1];
            partners[place] = partners[place - 1];
            place -= 1;
        }
        values[place] = closeness;
        partners[place] = partner;
        let last = values[self.k - 1];
        self.threshold[at] = if last > self.threshold[at] { last } else { self.threshold[at] };
    }

    /// Partners of stretch `at`, best first.
    pub(crate) fn partners(&self, at: usize) -> impl Iterator<Item = (usize, f64)> + '_ {
        let own = at * self.k..(at + 1) * self.k;
        let pairs = self.partner[own.clone()].iter().zip(&self.closeness[own]);
        pairs.take_while(|(p, _)| **p != NONE).map(|(p, c)| (*p as usize, *c))
    }

    /// Offers everything of a board that begins at stretch `first` of this one.
    pub(crate) fn merge(&mut self, other: &Self, first: usize) {
        for at in 0..other.threshold.len() {
            if other.partner[at * other.k] != NONE {
                for (partner, closeness) in other.partners(at) {
                    self.offer(first + at, closeness, partner as u32);
                }
            }
        }
    }
}

/// The boards of one tile of the matrix of pairs.
#[derive(Debug)]
pub(crate) struct Tile {
    /// First row and first column of the boards.
    pub(crate) row: usize,
    pub(crate) column: usize,
    pub(crate) rows: Board,
    pub(crate) columns: Board,
}

impl Tile {
    /// Enters the lanes of one row: `row` and `column` of the first lane in the matrix.
    #[cold]
    #[inline(never)]
    pub(crate) fn enter<const ROWS: bool, const COLUMNS: bool>(
        &mut self,
        closeness: &[f64],
        row: usize,
        column: usize,
    ) {
        for (k, &c) in closeness.iter().enumerate() {
            if ROWS {
                self.rows.offer(row - self.row, c, (column + k) as u32);
            }
            if COLUMNS {
                self.columns.offer(column + k - self.column, c, row as u32);
            }
        }
    }
}

/// Whether one of the eight lanes beats the threshold of its row or of its column. What is not a number beats nothing.
#[inline(always)]
pub(crate) fn beaten<const ROWS: bool, const COLUMNS: bool>(
    closeness: [f64x4; 2],
    row: f64,
    columns: [f64x4; 2],
) -> bool {
    let row = f64x4::splat(row);
    let bar = |columns: f64x4| match (ROWS, COLUMNS) {
        (true, true) => row.fast_min(columns),
        (true, false) => row,
        _ => columns,
    };
    (closeness[0].simd_gt(bar(columns[0])) | closeness[1].simd_gt(bar(columns[1]))).any()
}
