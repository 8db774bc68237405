//! Recurrence quantification: how often, and for how long, a path comes back to where it was.
//!
//! Two moments recur when no coordinate of their delay vectors differs by more than a radius (largest norm). The
//! matrix of recurrences is never stored: it is walked diagonal by diagonal, each as a row of bits. The recurrence of
//! delay vectors is the AND of shifted recurrences of samples, so that a pair costs one comparison whatever the
//! dimension, and lines are followed by looking only at the bits that change.

use super::embedding::Embedding;
use crate::error::{Error, Result, check_positive};
use wide::f64x4;

/// The lines of a recurrence plot: how many diagonal and vertical lines of which length there are.
///
/// Diagonals are stretches in which the path runs along itself: predictability. Verticals are stretches in which it
/// stays: standstill. The measures are those of N. Marwan, M. C. Romano, M. Thiel & J. Kurths, Physics Reports 438
/// (2007), 237, over the largest norm; lines shorter than `least` are not counted as lines (2 is usual).
///
/// Cost: n²/2 comparisons, four at a time, and O(n) memory.
///
/// ```
/// use prognos::signal::phase_space::{Embedding, Recurrence};
/// let x: Vec<f64> = (0..500).map(|i| (f64::from(i) * 0.2).sin()).collect();
/// let plot = Recurrence::of(&Embedding::new(&x, 3, 8)?, 0.2, 1)?;
/// assert!(plot.determinism(2) > 0.98);
/// assert!(plot.rate() < 0.2);
/// # Ok::<(), prognos::Error>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Recurrence {
    vectors: usize,
    points: u64,
    diagonal: Vec<u64>,
    vertical: Vec<u64>,
    buffers: Buffers,
}

/// Bits of the diagonal at hand and of the one before it, and where the open lines of columns and rows began.
#[derive(Debug, Clone, Default, PartialEq)]
struct Buffers {
    near: Vec<u64>,
    now: Vec<u64>,
    before: Vec<u64>,
    column_since: Vec<u32>,
    row_since: Vec<u32>,
}

impl Recurrence {
    /// The lines for `radius`, in units of the samples. Pairs less than `theiler` samples apart do not count; 1 leaves
    /// out the main diagonal alone.
    ///
    /// # Errors
    /// [`Error::Parameter`] when `radius` is not positive and finite, or `theiler` is 0.
    pub fn of(embedding: &Embedding<'_>, radius: f64, theiler: usize) -> Result<Self> {
        check_positive("radius", radius)?;
        if theiler == 0 {
            return Err(Error::parameter("theiler", 0, "every moment recurs with itself: must be at least 1"));
        }
        let mut plot = Self::default();
        plot.compute(embedding, radius, theiler);
        plot.buffers = Buffers::default();
        Ok(plot)
    }

    /// The lines of another plot; no allocation for one that is not larger than those before.
    pub(crate) fn compute(&mut self, e: &Embedding<'_>, radius: f64, theiler: usize) {
        let n = e.len();
        self.vectors = n;
        self.points = 0;
        for lengths in [&mut self.diagonal, &mut self.vertical] {
            lengths.clear();
            lengths.resize(n + 1, 0);
        }
        let words = n.div_ceil(64);
        let b = &mut self.buffers;
        for bits in [&mut b.now, &mut b.before] {
            bits.clear();
            bits.resize(words + 1, 0);
        }
        for since in [&mut b.column_since, &mut b.row_since] {
            since.clear();
            since.resize(n, 0);
        }
        b.near.clear();
        b.near.resize(e.samples().len().div_ceil(64) + 1, 0);
        for offset in theiler..n {
            std::mem::swap(&mut b.now, &mut b.before);
            self.points += fill(e, offset, radius, &mut b.near, &mut b.now);
            count_runs(&b.now, n - offset, &mut self.diagonal);
            // Row i of the upper triangle: the bit i of one diagonal after the other.
            follow(&b.before, &b.now, 0, offset, &mut b.row_since, 0, &mut self.vertical);
            // Column j: the bit j - offset, which in the diagonal before was one further on.
            follow(&b.before, &b.now, 1, offset, &mut b.column_since, offset, &mut self.vertical);
            // The column whose bit in row 0 stood in the diagonal before: it is complete.
            if b.before[0] & 1 == 1 {
                self.vertical[offset - b.column_since[offset - 1] as usize] += 1;
            }
        }
        // What is open at the last diagonal, which is row 0 and column n - 1 alone, ends with it.
        if theiler < n && b.now[0] & 1 == 1 {
            self.vertical[n - b.row_since[0] as usize] += 1;
            self.vertical[n - b.column_since[n - 1] as usize] += 1;
        }
    }

    /// Number of delay vectors.
    #[must_use]
    pub fn vectors(&self) -> usize {
        self.vectors
    }

    /// How many diagonal lines of the upper triangle have the length of the index, in samples.
    #[must_use]
    pub fn diagonal_lines(&self) -> &[u64] {
        &self.diagonal
    }

    /// How many vertical lines of the whole plot have the length of the index, in samples.
    #[must_use]
    pub fn vertical_lines(&self) -> &[u64] {
        &self.vertical
    }

    /// Recurrence rate: recurrent points, of both triangles, over `vectors²`; in 0..1.
    #[must_use]
    pub fn rate(&self) -> f64 {
        let n = self.vectors as f64;
        2.0 * self.points as f64 / (n * n)
    }

    /// Determinism: share of the recurrent points on diagonal lines of at least `least` samples; NaN without a
    /// recurrent point.
    #[must_use]
    pub fn determinism(&self, least: usize) -> f64 {
        total(&self.diagonal, least).1 / total(&self.diagonal, 1).1
    }

    /// Mean length of the diagonal lines of at least `least` samples, in samples; NaN without one.
    #[must_use]
    pub fn mean_diagonal(&self, least: usize) -> f64 {
        let (lines, points) = total(&self.diagonal, least);
        points / lines
    }

    /// Longest diagonal line, in samples; 0 without a recurrent point.
    #[must_use]
    pub fn longest_diagonal(&self) -> usize {
        longest(&self.diagonal)
    }

    /// Divergence: one over the longest diagonal line, in 1/sample; NaN without a recurrent point.
    #[must_use]
    pub fn divergence(&self) -> f64 {
        match self.longest_diagonal() {
            0 => f64::NAN,
            longest => 1.0 / longest as f64,
        }
    }

    /// Shannon entropy of the lengths of the diagonal lines of at least `least` samples, in nats; NaN without one.
    #[must_use]
    pub fn diagonal_entropy(&self, least: usize) -> f64 {
        let lines = total(&self.diagonal, least).0;
        let shares = self.diagonal.iter().skip(least).filter(|c| **c > 0).map(|&c| c as f64 / lines);
        if lines > 0.0 { shares.map(|p| -p * p.ln()).sum::<f64>().max(0.0) } else { f64::NAN }
    }

    /// Laminarity: share of the recurrent points on vertical lines of at least `least` samples; NaN without a recurrent
    /// point.
    #[must_use]
    pub fn laminarity(&self, least: usize) -> f64 {
        total(&self.vertical, least).1 / total(&self.vertical, 1).1
    }

    /// Trapping time: mean length of the vertical lines of at least `least` samples, in samples; NaN without one.
    #[must_use]
    pub fn trapping_time(&self, least: usize) -> f64 {
        let (lines, points) = total(&self.vertical, least);
        points / lines
    }

    /// Longest vertical line, in samples; 0 without a recurrent point.
    #[must_use]
    pub fn longest_vertical(&self) -> usize {
        longest(&self.vertical)
    }
}

/// Lines of at least `least` samples, and the points on them.
fn total(lengths: &[u64], least: usize) -> (f64, f64) {
    let mut sum = (0_u64, 0_u64);
    for (length, &count) in lengths.iter().enumerate().skip(least.max(1)) {
        sum.0 += count;
        sum.1 += count * length as u64;
    }
    (sum.0 as f64, sum.1 as f64)
}

fn longest(lengths: &[u64]) -> usize {
    lengths.iter().rposition(|&c| c > 0).unwrap_or(0)
}

/// Sets the bits of one diagonal, `offset` samples off the main one; returns how many.
fn fill(e: &Embedding<'_>, offset: usize, radius: f64, near: &mut [u64], now: &mut [u64]) -> u64 {
    let x = e.samples();
    let (x, y) = (&x[..x.len() - offset], &x[offset..]);
    let limit = f64x4::splat(radius);
    let (xs, x_rest) = x.as_chunks::<64>();
    let (ys, y_rest) = y.as_chunks::<64>();
    for (word, (a, b)) in near.iter_mut().zip(xs.iter().zip(ys)) {
        let mut bits = 0;
        for (k, (a, b)) in a.as_chunks::<4>().0.iter().zip(b.as_chunks::<4>().0).enumerate() {
            let d = (f64x4::from(*a) - f64x4::from(*b)).abs();
            bits |= u64::from(d.simd_le(limit).to_bitmask()) << (4 * k);
        }
        *word = bits;
    }
    let mut bits = 0;
    for (k, (a, b)) in x_rest.iter().zip(y_rest).enumerate() {
        bits |= u64::from((a - b).abs() <= radius) << k;
    }
    near[xs.len()..].fill(0);
    near[xs.len()] = bits;
    let count = e.len() - offset;
    let words = count.div_ceil(64);
    let mut points = 0;
    for (w, out) in now[..words].iter_mut().enumerate() {
        let mut bits = near[w];
        for c in 1..e.dim() {
            if bits == 0 {
                break;
            }
            let (word, shift) = (w + c * e.lag() / 64, c * e.lag() % 64);
            let low = near.get(word).map_or(0, |v| v >> shift);
            let high = if shift == 0 { 0 } else { near.get(word + 1).map_or(0, |v| v << (64 - shift)) };
            bits &= low | high;
        }
        let rest = count - 64 * w;
        if rest < 64 {
            bits &= (1 << rest) - 1;
        }
        *out = bits;
        points += u64::from(bits.count_ones());
    }
    now[words..].fill(0);
    points
}

/// Counts the runs of set bits by length. The bits from `count` on are clear.
fn count_runs(bits: &[u64], count: usize, lengths: &mut [u64]) {
    let mut open = 0;
    for &word in &bits[..count.div_ceil(64)] {
        let mut rest = word;
        let mut left = 64;
        if open > 0 {
            let ones = rest.trailing_ones();
            open += ones as usize;
            if ones == 64 {
                continue;
            }
            lengths[open] += 1;
            open = 0;
            rest >>= ones;
            left -= ones;
        }
        while rest != 0 {
            let zeros = rest.trailing_zeros();
            rest >>= zeros;
            left -= zeros;
            let ones = rest.trailing_ones();
            if ones == left {
                open = ones as usize;
                break;
            }
            lengths[ones as usize] += 1;
            rest >>= ones;
            left -= ones;
        }
    }
    if open > 0 {
        lengths[open] += 1;
    }
}

/// Opens and closes the lines that run across the diagonals. Bit i of the diagonal at hand continues bit `i + shift`
/// of the one before; its line is kept at `i + base`. The bits that a diagonal has no room for are clear: what is
/// open there is closed.
fn follow(
    before: &[u64],
    now: &[u64],
    shift: usize,
    offset: usize,
    since: &mut [u32],
    base: usize,
    lengths: &mut [u64],
) {
    for w in 0..now.len() {
        let mut old = before[w] >> shift;
        if shift > 0 {
            old |= before.get(w + 1).map_or(0, |v| v << (64 - shift));
        }
        let mut changed = old ^ now[w];
        while changed != 0 {
            let bit = changed.trailing_zeros();
            changed &= changed - 1;
            let line = 64 * w + bit as usize + base;
            if now[w] >> bit & 1 == 1 {
                since[line] = offset as u32;
            } else {
                lengths[offset - since[line] as usize] += 1;
            }
        }
    }
}
