//! Spreads the matrix of all pairs over threads: bands of diagonals, one round after the other; in a round, tiles of rows,
//! each with boards of its own that start from the thresholds of the rounds before and are merged in the order of the rows.
//! Which tiles there are depends on the sizes alone: same bits on any number of threads.

use super::WIDTH;
use super::board::{Board, Tile};
use crate::math::par;
use std::ops::{ControlFlow, Range};

/// Rows of a tile, at least; four times the stretch when that is more.
const ROWS: usize = 2048;
/// Diagonals of a band.
const BAND: usize = 256;
/// Tiles of a round, where there are enough.
const TILES: usize = 16;

/// Closeness of all pairs, walked along diagonals.
pub(crate) trait Pairs: Sync {
    /// Rows and columns of the matrix.
    fn counts(&self) -> (usize, usize);

    /// Samples of a stretch.
    fn length(&self) -> usize;

    /// Follows the diagonals (column less row) from a multiple of 8 behind the first one on, over some rows, and enters what
    /// beats the rows' board (`R`), the columns' board (`C`).
    fn tile<const R: bool, const C: bool>(&self, rows: Range<usize>, diagonals: Range<usize>, tile: &mut Tile);
}

/// Diagonals of the matrix: all from `first` on, in order; or a share of them in random order.
#[derive(Debug, Clone)]
pub(crate) struct Span {
    bands: Vec<Range<usize>>,
    narrow: bool,
    whole: usize,
}

impl Span {
    /// All diagonals `first..columns`.
    pub(crate) fn all(first: usize, columns: usize) -> Self {
        let bands: Vec<_> = (first..columns).step_by(BAND).map(|d| d..columns.min(d + BAND)).collect();
        Self { whole: bands.len(), bands, narrow: false }
    }

    /// All diagonals in groups of eight, in an order drawn by `below` (a number below n).
    pub(crate) fn shuffled(first: usize, columns: usize, mut below: impl FnMut(usize) -> usize) -> Self {
        let mut bands: Vec<Range<usize>> = (first..columns).step_by(WIDTH).map(|d| d..columns.min(d + WIDTH)).collect();
        for i in (1..bands.len()).rev() {
            bands.swap(i, below(i + 1));
        }
        Self { whole: bands.len(), bands, narrow: true }
    }

    /// Number of bands.
    pub(crate) fn len(&self) -> usize {
        self.bands.len()
    }

    /// Number of bands before some were left out.
    pub(crate) fn whole(&self) -> usize {
        self.whole
    }

    /// Keeps the first bands.
    pub(crate) fn truncate(&mut self, bands: usize) {
        self.bands.truncate(bands);
    }
}

/// Walks the bands; `rows` and `columns` are the boards to fill, none where nobody asks. After every round `progress` is told
/// how many bands are done, and may end it.
pub(crate) fn join<P: Pairs>(
    pairs: &P,
    span: &Span,
    rows: Option<&mut Board>,
    columns: Option<&mut Board>,
    progress: &mut dyn FnMut(usize) -> ControlFlow<()>,
) -> ControlFlow<()> {
    join_where(pairs, span, &Region { rows: 0..pairs.counts().0, wanted: &|_, _| true }, rows, columns, progress)
}

/// The part of the matrix that is worth the walk.
pub(crate) struct Region<'a> {
    pub(crate) rows: Range<usize>,
    /// Whether a tile of these rows and columns is.
    pub(crate) wanted: &'a (dyn Fn(Range<usize>, Range<usize>) -> bool + Sync),
}

impl Region<'_> {
    /// The tiles of a band.
    fn tiles<P: Pairs>(&self, pairs: &P, band: &Range<usize>) -> Vec<(Range<usize>, Range<usize>)> {
        let (row_count, column_count) = pairs.counts();
        let height = height(pairs);
        let last = self.rows.end.min(row_count).min(column_count.saturating_sub(band.start));
        (self.rows.start..last)
            .step_by(height)
            .map(|row| row..last.min(row + height))
            .filter(|rows| (self.wanted)(rows.clone(), rows.start + band.start..rows.end + band.end))
            .map(|rows| (rows, band.clone()))
            .collect()
    }

    /// Number of pairs that a walk would look at.
    pub(crate) fn pairs<P: Pairs>(&self, pairs: &P, span: &Span) -> u64 {
        let of = |band: &Range<usize>| -> u64 {
            let rows: usize = self.tiles(pairs, band).iter().map(|(rows, _)| rows.len()).sum();
            rows as u64 * band.len() as u64
        };
        span.bands.iter().map(of).sum()
    }
}

/// Rows of a tile.
fn height<P: Pairs>(pairs: &P) -> usize {
    ROWS.max((4 * pairs.length()).next_power_of_two())
}

/// [`join`] of a part of the matrix.
pub(crate) fn join_where<P: Pairs>(
    pairs: &P,
    span: &Span,
    region: &Region<'_>,
    rows: Option<&mut Board>,
    columns: Option<&mut Board>,
    progress: &mut dyn FnMut(usize) -> ControlFlow<()>,
) -> ControlFlow<()> {
    let (mut nothing, mut nobody) = (Board::new(0, 1), Board::new(0, 1));
    match (rows, columns) {
        (Some(r), Some(c)) => walk::<P, true, true>(pairs, span, region, r, c, progress),
        (Some(r), None) => walk::<P, true, false>(pairs, span, region, r, &mut nobody, progress),
        (None, Some(c)) => walk::<P, false, true>(pairs, span, region, &mut nothing, c, progress),
        (None, None) => ControlFlow::Continue(()),
    }
}

fn walk<P: Pairs, const R: bool, const C: bool>(
    pairs: &P,
    span: &Span,
    region: &Region<'_>,
    rows: &mut Board,
    columns: &mut Board,
    progress: &mut dyn FnMut(usize) -> ControlFlow<()>,
) -> ControlFlow<()> {
    let per_band = region.rows.len().div_ceil(height(pairs)).max(1);
    let bands_per_round = (if span.narrow { 4 * TILES } else { TILES } / per_band).max(1);
    let mut done = 0;
    for round in span.bands.chunks(bands_per_round) {
        let tiles: Vec<_> = round.iter().flat_map(|band| region.tiles(pairs, band)).collect();
        let (own, others) = (&*rows, &*columns);
        let found = par::map(tiles.len(), |i| {
            let (rows, band) = tiles[i].clone();
            let column = rows.start + band.start;
            // Lanes behind the last column or diagonal need a place, too.
            let to = rows.end + band.end.div_ceil(WIDTH) * WIDTH + WIDTH;
            let mut tile =
                Tile { row: rows.start, column, rows: own.part(rows.clone(), R), columns: others.part(column..to, C) };
            pairs.tile::<R, C>(rows, band, &mut tile);
            tile
        });
        for tile in &found {
            rows.merge(&tile.rows, tile.row);
            columns.merge(&tile.columns, tile.column);
        }
        done += round.len();
        if let ControlFlow::Break(()) = progress(done) {
            return ControlFlow::Break(());
        }
    }
    ControlFlow::Continue(())
}
