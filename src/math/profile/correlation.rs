//! Correlations of all pairs along diagonals.
//!
//! From one pair to the next both stretches lose a sample and gain one, and their covariance changes by
//! `f_i g_j + f_j g_i`, `f` half the difference of the gained and the lost sample, `g` the sum of their deviations, each from
//! the mean of the stretch that has it (Zimmerman et al., "Matrix Profile XIV", SoCC 2019). Anew from the samples every
//! few hundred rows: rounding does not pile up, and a spike is forgotten.

use super::board::{Tile, beaten};
use super::join::Pairs;
use super::{Kind, Stretches, WIDTH};
use crate::math::{lanes, order};
use std::ops::Range;
use wide::f64x4;

/// Rows after which a covariance is computed anew, at least; four times the stretch when that is more.
const RESTART: usize = 512;

/// A series as the diagonals need it. Columns behind the last stretch are there, and beat nothing.
#[derive(Debug, Default)]
pub(crate) struct Side {
    pub(super) m: usize,
    /// Samples less their median.
    pub(super) x: Vec<f64>,
    pub(super) mean: Vec<f64>,
    /// NaN unless the stretch is ordinary.
    pub(super) inverse: Vec<f64>,
    /// From each stretch to the next.
    pub(super) change: Vec<f64>,
    pub(super) deviation: Vec<f64>,
}

impl Side {
    pub(crate) fn new(stretches: &Stretches) -> Self {
        let (m, count) = (stretches.length(), stretches.count());
        let mut x = stretches.samples().to_vec();
        // The median: one loud sample does not move it, and what lies near it loses no digit.
        let centre = order::quantile_in_place(&mut x, 0.5);
        x.clear();
        x.extend(stretches.samples().iter().map(|v| v - centre));
        let mean: Vec<f64> = (0..count).map(|i| lanes::mean(&x[i..i + m])).collect();
        let ordinary = |i: usize| if stretches.kind(i) == Kind::Ordinary { stretches.inverse()[i] } else { f64::NAN };
        let mut inverse: Vec<f64> = (0..count).map(ordinary).collect();
        let (mut change, mut deviation) = (vec![0.0; count], vec![0.0; count]);
        for i in 1..count {
            let (gained, lost) = (x[i + m - 1], x[i - 1]);
            change[i - 1] = 0.5 * (gained - lost);
            deviation[i - 1] = (gained - mean[i]) + (lost - mean[i - 1]);
        }
        x.resize(x.len() + 2 * WIDTH, 0.0);
        inverse.resize(count + 3 * WIDTH, f64::NAN);
        change.resize(count + 3 * WIDTH, 0.0);
        deviation.resize(count + 3 * WIDTH, 0.0);
        Self { m, x, mean, inverse, change, deviation }
    }

    /// Number of stretches.
    pub(crate) fn count(&self) -> usize {
        self.mean.len()
    }
}

/// Correlations of the stretches of one series (rows) with those of another, or the same (columns).
#[derive(Debug)]
pub(crate) struct Correlation<'a> {
    pub(crate) rows: &'a Side,
    pub(crate) columns: &'a Side,
}

impl Correlation<'_> {
    /// Follows eight diagonals over some rows; lane 0 begins in column `column`.
    #[inline(always)]
    fn follow<const R: bool, const C: bool>(&self, rows: Range<usize>, column: usize, query: &[f64], tile: &mut Tile) {
        let (own, other) = (self.rows, self.columns);
        // About a sample nearby, so that a level far from the median takes no digits.
        let near = other.x[column];
        let near = f64x4::splat(near);
        let mut cov = [f64x4::ZERO; 2];
        for (q, x) in query.iter().zip(other.x[column..].windows(WIDTH)) {
            if let (Some(low), Some(high)) = (x.first_chunk::<4>(), x.last_chunk::<4>()) {
                cov[0] += f64x4::splat(*q) * (f64x4::new(*low) - near);
                cov[1] += f64x4::splat(*q) * (f64x4::new(*high) - near);
            }
        }
        // Blocks of eight rows and what the lanes meet there: lengths known, so that the loops have no checks. Rows behind
        // the last one meet columns behind the last one, or are not ordinary: they beat nothing.
        let bars = (tile.row, tile.column);
        for block in (0..rows.len()).step_by(WIDTH) {
            let (row, column) = (rows.start + block, column + block);
            let ahead = |of| lanes::<{ 2 * WIDTH }>(of, column);
            let ahead = (ahead(&other.change), ahead(&other.deviation), ahead(&other.inverse));
            let here = |of| lanes::<WIDTH>(of, row);
            let here = (here(&own.change), here(&own.deviation), here(&own.inverse));
            let ((Some(f), Some(g), Some(v)), (Some(a), Some(b), Some(norm))) = (ahead, here) else { break };
            let row_bars = if R { lanes(tile.rows.threshold(), row - bars.0) } else { Some(&[0.0; WIDTH]) };
            let column_bars =
                if C { lanes(tile.columns.threshold(), column - bars.1) } else { Some(&[0.0; 2 * WIDTH]) };
            let (Some(&row_bars), Some(&column_bars)) = (row_bars, column_bars) else { break };
            for t in 0..WIDTH {
                let (v, norm) = (at(v, t), f64x4::splat(norm[t]));
                let r = [cov[0] * v[0] * norm, cov[1] * v[1] * norm];
                if beaten::<R, C>(r, row_bars[t], at(&column_bars, t)) {
                    let r: [[f64; 4]; 2] = [r[0].into(), r[1].into()];
                    tile.enter::<R, C>(r.as_flattened(), row + t, column + t);
                }
                let (f, g, a, b) = (at(f, t), at(g, t), f64x4::splat(a[t]), f64x4::splat(b[t]));
                cov[0] += a * g[0] + f[0] * b;
                cov[1] += a * g[1] + f[1] * b;
            }
        }
    }
}

/// Eight numbers from a place on.
#[inline(always)]
fn at(of: &[f64; 2 * WIDTH], t: usize) -> [f64x4; 2] {
    let eight = &of[t..t + WIDTH];
    match (eight.first_chunk::<4>(), eight.last_chunk::<4>()) {
        (Some(low), Some(high)) => [f64x4::new(*low), f64x4::new(*high)],
        _ => [f64x4::ZERO; 2],
    }
}

/// Numbers from a place on; of the columns twice as many as of the rows.
#[inline(always)]
fn lanes<const N: usize>(of: &[f64], from: usize) -> Option<&[f64; N]> {
    of.get(from..)?.first_chunk()
}

impl Pairs for Correlation<'_> {
    fn counts(&self) -> (usize, usize) {
        (self.rows.count(), self.columns.count())
    }

    fn length(&self) -> usize {
        self.rows.m
    }

    fn tile<const R: bool, const C: bool>(&self, rows: Range<usize>, diagonals: Range<usize>, tile: &mut Tile) {
        let (m, count) = (self.rows.m, self.columns.count());
        let restart = RESTART.max((4 * m).next_power_of_two());
        let mut query = vec![0.0; m];
        let mut start = rows.start;
        while start < rows.end {
            let stop = rows.end.min(start + restart);
            let mean = self.rows.mean[start];
            for (q, v) in query.iter_mut().zip(&self.rows.x[start..]) {
                *q = v - mean;
            }
            for d in diagonals.clone().step_by(WIDTH) {
                if start + d >= count {
                    break;
                }
                self.follow::<R, C>(start..stop.min(count - d), start + d, &query, tile);
            }
            start = stop;
        }
    }
}
