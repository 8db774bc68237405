//! Sums of |difference|^p of all pairs along diagonals.
//!
//! The samples of a diagonal are cut into blocks as long as a stretch; a stretch is the end of one block and the beginning
//! of the next, so its sum is one sum from behind plus one from the front (van Herk 1992, Gil & Werman 1993). Nothing is
//! ever subtracted: no digits are lost to a spike that has passed, and a NaN reaches just the stretches that hold it.

use super::WIDTH;
use super::board::{Tile, beaten};
use super::join::Pairs;
use std::ops::Range;
use wide::f64x4;

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

    /// Follows eight diagonals over some rows; lane 0 begins in column `column`.
    #[inline(always)]
    fn follow<const R: bool, const C: bool>(
        &self,
        power: impl Fn(f64x4) -> f64x4,
        rows: Range<usize>,
        column: usize,
        ends: &mut [[f64x4; 2]],
        tile: &mut Tile,
    ) {
        let m = self.m;
        let powers =
            |(x, y): (&f64, &[f64])| match (y.first_chunk::<4>(), y.get(4..).and_then(|y| y.first_chunk::<4>())) {
                (Some(low), Some(high)) => {
                    [power(f64x4::splat(*x) - f64x4::new(*low)), power(f64x4::splat(*x) - f64x4::new(*high))]
                }
                _ => [f64x4::ZERO; 2],
            };
        let check = |tile: &mut Tile, t: usize, sum: [f64x4; 2]| {
            let (row, column) = (rows.start + t, column + t);
            let bar = if R { tile.rows.threshold()[row - tile.row] } else { 0.0 };
            let mut bars = [f64x4::ZERO; 2];
            if C {
                let some = &tile.columns.threshold()[column - tile.column..];
                let (Some(low), Some(high)) = (some.first_chunk(), some.get(4..).and_then(|s| s.first_chunk())) else {
                    return;
                };
                bars = [f64x4::new(*low), f64x4::new(*high)];
            }
            if beaten::<R, C>(sum, bar, bars) {
                let sum: [[f64; 4]; 2] = [sum[0].into(), sum[1].into()];
                tile.enter::<R, C>(sum.as_flattened(), row, column);
            }
        };
        // All sums are negative: a closeness. The first block is the first stretch.
        let pairs = |from: usize, to: usize| {
            let others = self.columns[column + from..column + to + WIDTH - 1].windows(WIDTH);
            self.rows[rows.start + from..rows.start + to].iter().zip(others)
        };
        for (end, pair) in ends.iter_mut().zip(pairs(0, m)) {
            *end = powers(pair);
        }
        turn(ends);
        check(tile, 0, ends[0]);
        // Each further sample closes a stretch, and takes the place of the end it had.
        let mut first = 1;
        while first < rows.len() {
            let last = rows.len().min(first + m);
            let mut front = [f64x4::ZERO; 2];
            for (s, pair) in pairs(first + m - 1, last + m - 1).enumerate() {
                let next = powers(pair);
                front = [front[0] - next[0], front[1] - next[1]];
                let sum = match ends.get(s + 1) {
                    Some(end) => [end[0] + front[0], end[1] + front[1]],
                    None => front,
                };
                ends[s] = next;
                check(tile, first + s, sum);
            }
            if last < rows.len() {
                turn(ends);
            }
            first = last;
        }
    }

    #[inline(always)]
    fn diagonals<const R: bool, const C: bool>(
        &self,
        power: impl Fn(f64x4) -> f64x4 + Copy,
        rows: Range<usize>,
        diagonals: Range<usize>,
        tile: &mut Tile,
    ) {
        let (_, count) = self.counts();
        let mut ends = vec![[f64x4::ZERO; 2]; self.m];
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
            self.diagonals::<R, C>(f64x4::abs, rows, diagonals, tile);
        } else {
            let power = move |d: f64x4| {
                let d: [f64; 4] = d.into();
                f64x4::new(d.map(|d| d.abs().powf(p)))
            };
            self.diagonals::<R, C>(power, rows, diagonals, tile);
        }
    }
}

/// A block of powers becomes the sums of its ends, negative.
#[inline(always)]
fn turn(ends: &mut [[f64x4; 2]]) {
    let mut sum = [f64x4::ZERO; 2];
    for end in ends.iter_mut().rev() {
        sum = [sum[0] - end[0], sum[1] - end[1]];
        *end = sum;
    }
}
