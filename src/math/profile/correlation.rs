//! Correlations of all pairs along diagonals.
//!
//! From one pair to the next both stretches lose a sample and gain one, and their covariance changes by
//! `f_i g_j + f_j g_i`, `f` half the difference of the gained and the lost sample, `g` the sum of their deviations, each from
//! the mean of the stretch that has it (Zimmerman et al., "Matrix Profile XIV", SoCC 2019). Anew from the samples every
//! few hundred rows: rounding does not pile up, and a spike is forgotten.

use super::board::Tile;
use super::join::Pairs;
use super::{Kind, Stretches, WIDTH};
use crate::math::{lanes, order};
use std::ops::Range;

/// Rows after which a covariance is computed anew, at least; four times the stretch when that is more.
const RESTART: usize = 512;

/// A series as the diagonals need it. Columns behind the last stretch are there, and beat nothing.
#[derive(Debug, Default)]
pub(crate) struct Side {
    m: usize,
    /// Samples less their median.
    x: Vec<f64>,
    mean: Vec<f64>,
    /// NaN unless the stretch is ordinary.
    inverse: Vec<f64>,
    change: Vec<f64>,
    deviation: Vec<f64>,
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
            change[i] = 0.5 * (gained - lost);
            deviation[i] = (gained - mean[i]) + (lost - mean[i - 1]);
        }
        x.resize(x.len() + WIDTH, 0.0);
        inverse.resize(count + WIDTH, f64::NAN);
        change.resize(count + WIDTH, 0.0);
        deviation.resize(count + WIDTH, 0.0);
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
        let (n, own, other) = (rows.len(), self.rows, self.columns);
        // About a sample nearby, so that a level far from the median takes no digits.
        let near = other.x[column];
        let mut cov = [0.0; WIDTH];
        for (q, x) in query.iter().zip(other.x[column..].array_windows_of()) {
            for k in 0..WIDTH {
                cov[k] += q * (x[k] - near);
            }
        }
        let to = column + n + WIDTH - 1;
        let changes = other.change[column..to].array_windows_of();
        let deviations = other.deviation[column..to].array_windows_of();
        let inverses = other.inverse[column..to].array_windows_of();
        let (change, deviation) = (&own.change[rows.clone()], &own.deviation[rows.clone()]);
        let own = change.iter().zip(deviation).zip(&own.inverse[rows.clone()]);
        let mut anew = true;
        for (t, (((f, g), v), ((&a, &b), &norm))) in changes.zip(deviations).zip(inverses).zip(own).enumerate() {
            if !anew {
                for k in 0..WIDTH {
                    cov[k] += a * g[k] + f[k] * b;
                }
            }
            anew = false;
            let mut r = [0.0; WIDTH];
            for k in 0..WIDTH {
                r[k] = cov[k] * v[k] * norm;
            }
            let row = rows.start + t;
            let bar = if R { tile.rows.threshold()[row - tile.row] } else { 0.0 };
            let Some(bars) = (if C {
                tile.columns.threshold()[column + t - tile.column..].first_chunk::<WIDTH>()
            } else {
                Some(&[0.0; WIDTH])
            }) else {
                break;
            };
            if Tile::beaten::<R, C>(&r, bar, bars) {
                tile.enter::<R, C>(&r, row, column + t);
            }
        }
    }
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

/// Windows of [`WIDTH`] samples as arrays.
trait ArrayWindows {
    fn array_windows_of(&self) -> impl Iterator<Item = &[f64; WIDTH]>;
}

impl ArrayWindows for [f64] {
    #[inline(always)]
    fn array_windows_of(&self) -> impl Iterator<Item = &[f64; WIDTH]> {
        self.windows(WIDTH).filter_map(|w| w.first_chunk())
    }
}
