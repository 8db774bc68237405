//! Several channels at once: along the diagonals the distances of a pair in every channel, sorted, and their running sums.

use super::board::{Board, Tile, beaten};
use super::{Kind, Side, Stretches, WIDTH};
use crate::math::par;
use std::ops::Range;
use wide::f64x4;

/// Rows after which everything is computed anew, at least; four times the stretch when that is more.
const RESTART: usize = 512;
/// Rows of a tile, at least.
const ROWS: usize = 2048;
/// Diagonals of a band.
const BAND: usize = 256;
/// Tiles of a round, where there are enough.
const TILES: usize = 16;

/// One channel.
#[derive(Debug)]
pub(crate) enum Channel {
    Correlated {
        side: Side,
        /// 1 over the norm, 0 unless ordinary.
        inverse: Vec<f64>,
        /// Added to the correlation by either stretch: one half by a constant one, minus infinity by a broken one.
        extra: Vec<f64>,
    },
    /// Samples, NaN where they are not finite and behind the last.
    Absolute { samples: Vec<f64>, m: usize, p: f64 },
}

impl Channel {
    pub(crate) fn correlated(stretches: &Stretches) -> Self {
        let mut inverse = stretches.inverse().to_vec();
        let mut extra: Vec<f64> = stretches
            .kinds()
            .iter()
            .map(|kind| match kind {
                Kind::Ordinary => 0.0,
                Kind::Constant => 0.5,
                Kind::Broken => f64::NEG_INFINITY,
            })
            .collect();
        inverse.resize(inverse.len() + 2 * WIDTH, 0.0);
        extra.resize(extra.len() + 2 * WIDTH, f64::NEG_INFINITY);
        Self::Correlated { side: Side::new(stretches), inverse, extra }
    }

    pub(crate) fn absolute(samples: &[f64], m: usize, p: f64) -> Self {
        let mut samples: Vec<f64> = samples.iter().map(|v| if v.is_finite() { *v } else { f64::NAN }).collect();
        samples.resize(samples.len() + 2 * WIDTH, f64::NAN);
        Self::Absolute { samples, m, p }
    }

    /// Takes up eight diagonals.
    #[inline(always)]
    fn begin(&self, row: usize, column: usize, to: &mut Lanes) {
        match self {
            Self::Correlated { side, .. } => {
                let (mean, near) = (side.mean[row], f64x4::splat(side.x[column]));
                let mut sums = [f64x4::ZERO; 2];
                for (x, y) in side.x[row..row + side.m].iter().zip(side.x[column..].windows(WIDTH)) {
                    let (q, y) = (f64x4::splat(x - mean), eight(y, 0));
                    sums = [sums[0] + q * (y[0] - near), sums[1] + q * (y[1] - near)];
                }
                to.sums = sums;
            }
            Self::Absolute { samples, m, p } => {
                to.ends.clear();
                to.ends.resize(*m, [f64x4::ZERO; 2]);
                for s in 0..*m {
                    to.ends[s] = powers(*p, samples[row + s], eight(samples, column + s));
                }
                to.turn();
            }
        }
    }

    /// Distances of the pairs in this row.
    #[inline(always)]
    fn distances(&self, row: usize, column: usize, from: &Lanes) -> [f64x4; 2] {
        match self {
            Self::Correlated { side, inverse, extra } => {
                let (u, h) = (f64x4::splat(inverse[row]), f64x4::splat(extra[row]));
                let (v, g) = (eight(inverse, column), eight(extra, column));
                let double = f64x4::splat(2.0 * side.m as f64);
                let of = |k: usize| {
                    let r = from.sums[k] * v[k] * u + (g[k] + h);
                    (double * (f64x4::ONE - r)).fast_max(f64x4::ZERO).sqrt()
                };
                [of(0), of(1)]
            }
            Self::Absolute { p, .. } => {
                let sum = match from.ends.get(from.place) {
                    Some(end) => [end[0] + from.sums[0], end[1] + from.sums[1]],
                    None => from.sums,
                };
                // A sample that is missing is infinitely far.
                sum.map(|s| {
                    let root = if p.total_cmp(&2.0).is_eq() {
                        s.sqrt()
                    } else if p.total_cmp(&1.0).is_eq() {
                        s
                    } else {
                        let s: [f64; 4] = s.into();
                        f64x4::new(s.map(|s| s.powf(1.0 / p)))
                    };
                    root.is_nan().bitselect(f64x4::splat(f64::INFINITY), root)
                })
            }
        }
    }

    /// On to the next row.
    #[inline(always)]
    fn step(&self, row: usize, column: usize, to: &mut Lanes) {
        match self {
            Self::Correlated { side, .. } => {
                let (a, b) = (f64x4::splat(side.change[row]), f64x4::splat(side.deviation[row]));
                let (f, g) = (eight(&side.change, column), eight(&side.deviation, column));
                for k in 0..2 {
                    to.sums[k] += a * g[k] + f[k] * b;
                }
            }
            Self::Absolute { samples, m, p } => {
                if to.place == *m {
                    to.turn();
                }
                if let (Some(x), true) = (samples.get(row + m), column + m + WIDTH <= samples.len()) {
                    let next = powers(*p, *x, eight(samples, column + m));
                    to.sums = [to.sums[0] + next[0], to.sums[1] + next[1]];
                    to.ends[to.place] = next;
                }
                to.place += 1;
            }
        }
    }
}

/// Where eight diagonals of one channel stand: covariances; or sums from the front of a block, and from its ends, of which
/// the next is at `place`.
#[derive(Debug, Clone, Default)]
struct Lanes {
    sums: [f64x4; 2],
    ends: Vec<[f64x4; 2]>,
    place: usize,
}

impl Lanes {
    fn turn(&mut self) {
        let mut sum = [f64x4::ZERO; 2];
        for end in self.ends.iter_mut().rev() {
            sum = [sum[0] + end[0], sum[1] + end[1]];
            *end = sum;
        }
        self.sums = [f64x4::ZERO; 2];
        self.place = 0;
    }
}

#[inline(always)]
fn powers(p: f64, x: f64, y: [f64x4; 2]) -> [f64x4; 2] {
    y.map(|y| {
        let d = f64x4::splat(x) - y;
        if p.total_cmp(&2.0).is_eq() {
            d * d
        } else if p.total_cmp(&1.0).is_eq() {
            d.abs()
        } else {
            let d: [f64; 4] = d.into();
            f64x4::new(d.map(|d| d.abs().powf(p)))
        }
    })
}

#[inline(always)]
fn eight(of: &[f64], from: usize) -> [f64x4; 2] {
    match of.get(from..from + WIDTH) {
        Some(some) => match (some.first_chunk(), some.last_chunk()) {
            (Some(low), Some(high)) => [f64x4::new(*low), f64x4::new(*high)],
            _ => [f64x4::splat(f64::NAN); 2],
        },
        None => [f64x4::splat(f64::NAN); 2],
    }
}

/// How the distances of a pair are put in order.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Order {
    /// Channels that come first as they are.
    pub(crate) fixed: usize,
    /// The largest first, else the smallest.
    pub(crate) descending: bool,
}

/// Joins channels with themselves: of every stretch, for each number of channels, the partner whose first so many distances
/// (in order) have the least sum, from diagonal `first` on.
pub(crate) fn sort_and_join(channels: &[Channel], m: usize, count: usize, first: usize, order: Order) -> Vec<Board> {
    let mut boards: Vec<Board> = channels.iter().map(|_| Board::new(count, 1)).collect();
    let height = ROWS.max((4 * m).next_power_of_two());
    let per_band = count.div_ceil(height).max(1);
    let bands: Vec<Range<usize>> = (first..count).step_by(BAND).map(|d| d..count.min(d + BAND)).collect();
    for round in bands.chunks((TILES / per_band).max(1)) {
        let mut tiles = Vec::new();
        for band in round {
            let last = count.saturating_sub(band.start);
            tiles.extend((0..last).step_by(height).map(|row| (row..last.min(row + height), band.clone())));
        }
        let own = &boards;
        let found = par::map(tiles.len(), |i| {
            let (rows, band) = tiles[i].clone();
            let column = rows.start + band.start;
            let to = rows.end + band.end.div_ceil(WIDTH) * WIDTH + WIDTH;
            let mut levels: Vec<Tile> = own
                .iter()
                .map(|board| Tile {
                    row: rows.start,
                    column,
                    rows: board.part(rows.clone(), true),
                    columns: board.part(column..to, true),
                })
                .collect();
            tile(channels, m, count, rows, band, order, &mut levels);
            levels
        });
        for (board, level) in found.iter().flat_map(|levels| levels.iter().enumerate()) {
            boards[board].merge(&level.rows, level.row);
            boards[board].merge(&level.columns, level.column);
        }
    }
    boards
}

fn tile(
    channels: &[Channel],
    m: usize,
    count: usize,
    rows: Range<usize>,
    diagonals: Range<usize>,
    order: Order,
    levels: &mut [Tile],
) {
    let restart = RESTART.max((4 * m).next_power_of_two());
    let mut lanes = vec![Lanes::default(); channels.len()];
    let mut sorted = vec![[f64x4::ZERO; 2]; channels.len()];
    for start in rows.clone().step_by(restart) {
        for d in diagonals.clone().step_by(WIDTH) {
            let stop = rows.end.min(start + restart).min(count.saturating_sub(d));
            if start >= stop {
                break;
            }
            for (channel, lanes) in channels.iter().zip(&mut lanes) {
                channel.begin(start, start + d, lanes);
            }
            for row in start..stop {
                let column = row + d;
                for ((channel, lanes), to) in channels.iter().zip(&mut lanes).zip(&mut sorted) {
                    *to = channel.distances(row, column, lanes);
                    channel.step(row, column, lanes);
                }
                // By insertion: channels are few.
                for last in order.fixed + 1..sorted.len() {
                    for k in (order.fixed..last).rev() {
                        let (a, b) = (sorted[k], sorted[k + 1]);
                        let low = [a[0].fast_min(b[0]), a[1].fast_min(b[1])];
                        let high = [a[0].fast_max(b[0]), a[1].fast_max(b[1])];
                        (sorted[k], sorted[k + 1]) = if order.descending { (high, low) } else { (low, high) };
                    }
                }
                let mut closeness = [f64x4::ZERO; 2];
                for (level, d) in levels.iter_mut().zip(&sorted) {
                    closeness = [closeness[0] - d[0], closeness[1] - d[1]];
                    let bar = level.rows.threshold()[row - level.row];
                    let bars = eight(level.columns.threshold(), column - level.column);
                    if beaten::<true, true>(closeness, bar, bars) {
                        let lanes: [[f64; 4]; 2] = [closeness[0].into(), closeness[1].into()];
                        level.enter::<true, true>(lanes.as_flattened(), row, column);
                    }
                }
            }
        }
    }
}
