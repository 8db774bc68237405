//! Sums of |difference|^p of all pairs along diagonals.
//!
//! The samples of a diagonal are cut into blocks as long as a stretch; a stretch is the end of one block and the beginning
//! of the next, so its sum is one sum from behind plus one from the front (van Herk 1992, Gil & Werman 1993). Nothing is
//! ever subtracted: no digits are lost to a spike that has passed, and a NaN reaches just the stretches that hold it.

use super::WIDTH;
use super::board::Tile;
use super::join::Pairs;
use std::ops::Range;

/// Distances of the stretches of one series (rows) to those of another, or the same (columns). Samples that are not finite
/// must be NaN.
#[derive(Debug)]
pub(crate) struct Absolute<'a> {
    m: usize,
    rows: &'a [f64],
    /// Behind the last sample follow NaN.
    columns: Vec<f64>,
    p: f64,
}

impl<'a> Absolute<'a> {
    pub(crate) fn new(rows: &'a [f64], columns: &[f64], m: usize, p: f64) -> Self {
        let mut padded = columns.to_vec();
        padded.resize(columns.len() + WIDTH, f64::NAN);
        Self { m, rows, columns: padded, p }
    }

    #[inline(always)]
    fn follow<const R: bool, const C: bool>(
        &self,
        power: impl Fn(f64) -> f64,
        rows: Range<usize>,
        column: usize,
        ends: &mut [[f64; WIDTH]],
        tile: &mut Tile,
    ) {
        let m = self.m;
        let Some(samples) = self.columns.get(column..column + rows.len() + m - 1 + WIDTH - 1) else { return };
        let others = samples.windows(WIDTH).filter_map(|w| w.first_chunk::<WIDTH>());
        let pairs = self.rows[rows.start..rows.end + m - 1].iter().zip(others);
        // The first block fills `ends`; each later sample closes one stretch, and at the end of its block turns it over.
        let mut front = [0.0; WIDTH];
        let mut place = m - 1;
        for (t, (&x, y)) in pairs.enumerate() {
            place = if place + 1 == m { 0 } else { place + 1 };
            let mut next = [0.0; WIDTH];
            for k in 0..WIDTH {
                next[k] = power(x - y[k]);
                front[k] += next[k];
            }
            // The place is free: the stretch that began there is closed.
            ends[place] = next;
            if place + 1 == m {
                let mut sum = [0.0; WIDTH];
                for end in ends.iter_mut().rev() {
                    for k in 0..WIDTH {
                        sum[k] += end[k];
                        end[k] = sum[k];
                    }
                }
                front = [0.0; WIDTH];
            }
            if t + 1 < m {
                continue;
            }
            let end = &ends[if place + 1 == m { 0 } else { place + 1 }];
            let mut closeness = [0.0; WIDTH];
            for k in 0..WIDTH {
                closeness[k] = -(end[k] + front[k]);
            }
            let (row, column) = (rows.start + t + 1 - m, column + t + 1 - m);
            let bar = if R { tile.rows.threshold()[row - tile.row] } else { 0.0 };
            let Some(bars) = (if C {
                tile.columns.threshold()[column - tile.column..].first_chunk::<WIDTH>()
            } else {
                Some(&[0.0; WIDTH])
            }) else {
                break;
            };
            if Tile::beaten::<R, C>(&closeness, bar, bars) {
                tile.enter::<R, C>(&closeness, row, column);
            }
        }
    }

    #[inline(always)]
    fn diagonals<const R: bool, const C: bool>(
        &self,
        power: impl Fn(f64) -> f64 + Copy,
        rows: Range<usize>,
        diagonals: Range<usize>,
        tile: &mut Tile,
    ) {
        let (_, count) = self.counts();
        let mut ends = vec![[0.0; WIDTH]; self.m];
        for d in diagonals.step_by(WIDTH) {
            if rows.start + d >= count {
                break;
            }
            let rows = rows.start..rows.end.min(count - d);
            self.follow::<R, C>(power, rows.clone(), rows.start + d, &mut ends, tile);
        }
    }
}

impl Pairs for Absolute<'_> {
    fn counts(&self) -> (usize, usize) {
        let count = |n: usize| (n + 1).saturating_sub(self.m);
        (count(self.rows.len()), count(self.columns.len() - WIDTH))
    }

    fn length(&self) -> usize {
        self.m
    }

    fn tile<const R: bool, const C: bool>(&self, rows: Range<usize>, diagonals: Range<usize>, tile: &mut Tile) {
        let p = self.p;
        if p.total_cmp(&2.0).is_eq() {
            self.diagonals::<R, C>(|d| d * d, rows, diagonals, tile);
        } else if p.total_cmp(&1.0).is_eq() {
            self.diagonals::<R, C>(f64::abs, rows, diagonals, tile);
        } else {
            self.diagonals::<R, C>(move |d| d.abs().powf(p), rows, diagonals, tile);
        }
    }
}
