//! Squares about the mean: L2, and everything that is L2 of transformed rows.
//!
//! A single segment is asked of prefix sums in twice the digits of f64, so that a segment of small noise keeps its digits
//! beside a level or a glitch 1e10 times as large. A sweep does not subtract at all: every start carries the means and the sum
//! of squares of its own segment and takes the new rows in (Chan, Golub & LeVeque 1979).

use super::cost::{SegmentCost, Sweep, retain};
use crate::error::{Error, Result};
use crate::math::dd::Dd;
use crate::math::lanes;
use crate::math::linalg::symmetric_eigen;
use crate::math::order::median_in_place;
use ndarray::{Array2, ArrayView2, Axis};

/// What is made of the sum of squares about the mean.
#[derive(Debug, Clone, Copy)]
pub(super) enum Spread {
    Sum,
    /// `L ln(squares / L + ridge)`, of one column.
    LogVariance {
        ridge: f64,
    },
}

impl Spread {
    fn of(self, squares: f64, rows: f64) -> f64 {
        match self {
            Self::Sum => squares,
            Self::LogVariance { ridge } => rows * (squares / rows + ridge).ln(),
        }
    }
}

/// Rows about the median of their columns, and their prefix sums.
pub(super) struct Quadratic {
    /// Columns one after the other.
    columns: Vec<Vec<f64>>,
    spread: Spread,
    /// Whether the cost is that between the segments: minus what their means explain.
    between: bool,
    /// Of each column, `n + 1` values.
    sums: Vec<Vec<Dd>>,
    /// Of the squares of all columns.
    squares: Vec<Dd>,
}

/// Takes the median off a column.
pub(super) fn about_median(column: impl Iterator<Item = f64>) -> Vec<f64> {
    let mut column: Vec<f64> = column.collect();
    let centre = median_in_place(&mut column.clone());
    for v in &mut column {
        *v -= centre;
    }
    column
}

/// Prefix sums of `n` terms, unless they overflow.
pub(super) fn prefix(n: usize, term: impl Fn(usize) -> Dd) -> Result<Vec<Dd>> {
    let mut total = Dd::ZERO;
    let mut sums = Vec::with_capacity(n + 1);
    sums.push(total);
    for i in 0..n {
        total = total + term(i);
        sums.push(total);
    }
    if total.hi.is_finite() && total.lo.is_finite() {
        Ok(sums)
    } else {
        Err(Error::numeric("cost of segments", "the values are too large to square and add; scale the columns"))
    }
}

impl Quadratic {
    pub(super) fn new(x: Array2<f64>, spread: Spread) -> Result<Self> {
        let n = x.nrows();
        let columns: Vec<Vec<f64>> = x.columns().into_iter().map(|c| about_median(c.iter().copied())).collect();
        Self::of_columns(n, columns, spread, false)
    }

    /// Of ranks, whose mean is 0.
    pub(super) fn ranks(x: Array2<f64>) -> Result<Self> {
        Self::of_columns(x.nrows(), x.columns().into_iter().map(|c| c.to_vec()).collect(), Spread::Sum, true)
    }

    fn of_columns(n: usize, columns: Vec<Vec<f64>>, spread: Spread, between: bool) -> Result<Self> {
        let squares = prefix(n, |i| columns.iter().fold(Dd::ZERO, |sum, c| sum + Dd::product(c[i], c[i])))?;
        let sums: Result<Vec<_>> = columns.iter().map(|c| prefix(n, |i| c[i].into())).collect();
        Ok(Self { columns, spread, between, sums: sums?, squares })
    }

    /// Sums of squares about their means of the rows `from..to` for every `to` (or `from`) of the points, going away
    /// from `anchor`.
    fn running(&self, anchor: usize, points: &mut dyn Iterator<Item = usize>, out: &mut dyn FnMut(f64)) {
        let mut means = vec![0.0; self.columns.len()];
        let (mut squares, mut rows, mut at) = (0.0, 0.0, anchor);
        for point in points {
            while at != point {
                let row = if point > at { at } else { at - 1 };
                rows += 1.0;
                for (mean, column) in means.iter_mut().zip(&self.columns) {
                    let off = column[row] - *mean;
                    *mean += off / rows;
                    squares += off * (column[row] - *mean);
                }
                at = if point > at { at + 1 } else { at - 1 };
            }
            out(self.spread.of(squares, rows));
        }
    }
}

impl SegmentCost for Quadratic {
    fn cost(&self, start: usize, end: usize) -> f64 {
        let rows = (end - start) as f64;
        let mut squares = self.squares[end] - self.squares[start];
        for sums in &self.sums {
            let sum = sums[end] - sums[start];
            squares = squares - sum * sum / rows.into();
        }
        self.spread.of(squares.value().max(0.0), rows)
    }

    fn defined(&self, start: usize, end: usize) -> f64 {
        if self.between {
            let sum_squares: f64 = self.sums.iter().map(|s| (s[end] - s[start]).value().powi(2)).sum();
            -sum_squares / (end - start) as f64
        } else {
            self.cost(start, end)
        }
    }

    fn sweep(&self) -> Box<dyn Sweep + '_> {
        Box::new(Running {
            of: self,
            folded: 0,
            at: 0,
            block: Moments::new(self.columns.len()),
            starts: Vec::new(),
            rows: Vec::new(),
            squares: Vec::new(),
            means: vec![Vec::new(); self.columns.len()],
            young: Vec::new(),
        })
    }

    fn splits(&self, start: usize, end: usize, points: &[usize]) -> Vec<f64> {
        let mut costs = Vec::with_capacity(points.len());
        self.running(start, &mut points.iter().copied(), &mut |cost| costs.push(cost));
        let mut place = points.len();
        self.running(end, &mut points.iter().rev().copied(), &mut |cost| {
            place -= 1;
            costs[place] += cost;
        });
        costs
    }
}

/// Rows taken in by all starts at once: the larger, the fewer folds, and the more starts that are younger than the block.
const BLOCK: usize = 48;

/// Every start with the moments of its segment up to the last fold, and the moments of the rows since then, which all
/// starts before them share.
struct Running<'a> {
    of: &'a Quadratic,
    /// Rows up to here are in the moments of the starts.
    folded: usize,
    /// Rows from `folded` to here are in the block.
    at: usize,
    block: Moments,
    starts: Vec<usize>,
    rows: Vec<f64>,
    squares: Vec<f64>,
    means: Vec<Vec<f64>>,
    /// Starts within the block or at its end, with moments up to `at`.
    young: Vec<Moments>,
}

/// Number of rows, means and squares about them.
#[derive(Debug, Clone, Default)]
struct Moments {
    rows: f64,
    means: Vec<f64>,
    squares: f64,
}

impl Moments {
    fn new(d: usize) -> Self {
        Self { rows: 0.0, means: vec![0.0; d], squares: 0.0 }
    }

    #[inline]
    fn take(&mut self, columns: &[Vec<f64>], row: usize) {
        self.rows += 1.0;
        let share = 1.0 / self.rows;
        for (mean, column) in self.means.iter_mut().zip(columns) {
            let off = column[row] - *mean;
            *mean += off * share;
            self.squares += off * (column[row] - *mean);
        }
    }
}

impl Running<'_> {
    /// Starts that are in the columns of moments rather than among the young.
    fn old(&self) -> usize {
        self.starts.len() - self.young.len()
    }

    /// The block becomes part of all starts.
    fn fold(&mut self) {
        let n = self.old();
        let block = &self.block;
        for ((means, &mean), k) in self.means.iter_mut().zip(&block.means).zip(0..) {
            for ((at, rows), squares) in means.iter_mut().zip(&self.rows[..n]).zip(&mut self.squares[..n]) {
                let off = mean - *at;
                let step = off * (block.rows / (rows + block.rows));
                *at += step;
                *squares += off * step * rows;
                if k == 0 {
                    *squares += block.squares;
                }
            }
        }
        for rows in &mut self.rows[..n] {
            *rows += block.rows;
        }
        for young in self.young.drain(..) {
            self.rows.push(young.rows);
            self.squares.push(young.squares);
            for (means, mean) in self.means.iter_mut().zip(&young.means) {
                means.push(*mean);
            }
        }
        self.folded = self.at;
        self.block = Moments::new(self.means.len());
    }
}

impl Sweep for Running<'_> {
    fn add(&mut self, start: usize, _end: usize) {
        let mut own = Moments::new(self.means.len());
        for row in start..self.at {
            own.take(&self.of.columns, row);
        }
        self.starts.push(start);
        self.young.push(own);
    }

    fn costs(&mut self, end: usize, out: &mut Vec<f64>) {
        for row in self.at..end {
            self.block.take(&self.of.columns, row);
        }
        let first_young = self.old();
        for (young, &start) in self.young.iter_mut().zip(&self.starts[first_young..]) {
            for row in self.at.max(start)..end {
                young.take(&self.of.columns, row);
            }
        }
        self.at = end;
        if end - self.folded >= BLOCK {
            self.fold();
        }
        out.clear();
        let block = &self.block;
        if block.rows > 0.0 {
            // Two sets of rows as one: squares + squares + (difference of the means)² rows rows / (rows + rows).
            out.resize(self.rows.len(), 0.0);
            for (means, &mean) in self.means.iter().zip(&block.means) {
                for (apart, at) in out.iter_mut().zip(means) {
                    let off = at - mean;
                    *apart += off * off;
                }
            }
            for ((to, rows), squares) in out.iter_mut().zip(&self.rows).zip(&self.squares) {
                *to = *to * (rows * (block.rows / (rows + block.rows))) + (squares + block.squares);
            }
        } else {
            out.extend_from_slice(&self.squares);
        }
        out.extend(self.young.iter().map(|m| m.squares));
        if let spread @ Spread::LogVariance { .. } = self.of.spread {
            for (cost, start) in out.iter_mut().zip(&self.starts) {
                *cost = spread.of(*cost, (end - start) as f64);
            }
        }
    }

    fn keep(&mut self, keep: &[bool]) {
        let (old, young) = keep.split_at(self.old());
        retain(&mut self.starts, keep);
        retain(&mut self.rows, old);
        retain(&mut self.squares, old);
        for means in &mut self.means {
            retain(means, old);
        }
        let mut flags = young.iter();
        self.young.retain(|_| flags.next().copied().unwrap_or(true));
    }
}

/// Rows in the axes of a symmetric matrix, over the roots of its eigenvalues; directions without any are left out.
fn whiten(x: &Array2<f64>, matrix: &Array2<f64>) -> Result<Array2<f64>> {
    let (values, vectors) = symmetric_eigen(matrix)?;
    let largest = values.first().copied().unwrap_or(0.0).max(0.0);
    let kept = values.iter().take_while(|v| **v > largest * 1e-13 * values.len() as f64 && **v > 0.0).count();
    let mut axes = vectors.slice_axis(Axis(0), ndarray::Slice::from(..kept)).to_owned();
    for (mut axis, value) in axes.rows_mut().into_iter().zip(&values) {
        axis /= value.sqrt();
    }
    Ok(x.dot(&axes.t()))
}

/// Covariance of centred columns with this divisor.
fn covariance(x: &Array2<f64>, divisor: f64) -> Array2<f64> {
    let columns: Vec<Vec<f64>> = x.columns().into_iter().map(|c| c.to_vec()).collect();
    Array2::from_shape_fn((x.ncols(), x.ncols()), |(j, k)| lanes::dot(&columns[j], &columns[k]) / divisor)
}

/// Rows in units of their covariance (n - 1).
pub(super) fn whitened(x: ArrayView2<'_, f64>) -> Result<Array2<f64>> {
    let n = x.nrows();
    if n < 2 {
        return Err(Error::too_few("rows for a covariance", 2, n));
    }
    let mut centred = x.to_owned();
    for mut column in centred.columns_mut() {
        let mean = lanes::mean(&column.to_vec());
        column -= mean;
    }
    whiten(&centred, &covariance(&centred, (n - 1) as f64))
}

/// Ranks of every column (ties share their mean), centred, in units of their covariance (n).
pub(super) fn whitened_ranks(x: ArrayView2<'_, f64>) -> Result<Array2<f64>> {
    let n = x.nrows();
    let mut ranks = Array2::zeros(x.dim());
    for (column, mut to) in x.columns().into_iter().zip(ranks.columns_mut()) {
        let mut order: Vec<usize> = (0..n).collect();
        order.sort_by(|&a, &b| column[a].total_cmp(&column[b]));
        // total_cmp sets -0 before 0, which are the same number.
        let same = |a: usize, b: usize| (column[a] + 0.0).total_cmp(&(column[b] + 0.0)).is_eq();
        let mut i = 0;
        while i < n {
            let mut j = i + 1;
            while j < n && same(order[i], order[j]) {
                j += 1;
            }
            let rank = 0.5 * (i + j + 1) as f64 - 0.5 * (n + 1) as f64;
            for &place in &order[i..j] {
                to[place] = rank;
            }
            i = j;
        }
    }
    whiten(&ranks, &covariance(&ranks, n as f64))
}

/// Rows scaled to length 1.
pub(super) fn unit_rows(x: ArrayView2<'_, f64>) -> Result<Array2<f64>> {
    let mut out = x.to_owned();
    for (i, mut row) in out.rows_mut().into_iter().enumerate() {
        let largest = row.iter().fold(0.0, |m: f64, v| m.max(v.abs()));
        if largest <= 0.0 {
            return Err(Error::numeric("cosine cost", format!("row {i} is zero and has no direction")));
        }
        row.mapv_inplace(|v| v / largest);
        let length = row.iter().map(|v| v * v).sum::<f64>().sqrt();
        row.mapv_inplace(|v| v / length);
    }
    Ok(out)
}
