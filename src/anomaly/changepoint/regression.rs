//! Least squares within a segment, from prefix sums of cross products in twice the digits: the condition number of the
//! normal equations is the square of that of the columns, and 106 bits have room for it.

use super::cost::{Asked, SegmentCost, Sweep};
use super::quadratic::{about_median, prefix};
use crate::error::Result;
use crate::math::dd::Dd;
use ndarray::ArrayView2;

/// Squares about the least squares fit of one or more independent equations.
pub(super) struct Regression {
    equations: Vec<Products>,
}

/// Prefix sums of the products of `p` regressors and, last, the answer: (0, 0), (1, 0), (1, 1), ...
struct Products {
    columns: usize,
    sums: Vec<Vec<Dd>>,
}

impl Products {
    fn new(n: usize, columns: usize, cell: &dyn Fn(usize, usize) -> f64) -> Result<Self> {
        let mut sums = Vec::new();
        for j in 0..columns {
            for k in 0..=j {
                sums.push(prefix(n, |i| Dd::product(cell(i, j), cell(i, k)))?);
            }
        }
        Ok(Self { columns, sums })
    }

    /// Residual sum of squares: what is left on the diagonal of the answer when the regressors are eliminated.
    /// Regressors that the ones before explain are passed over.
    fn residual(&self, start: usize, end: usize) -> f64 {
        let mut m: Vec<Dd> = self.sums.iter().map(|s| s[end] - s[start]).collect();
        let at = |j: usize, k: usize| j * (j + 1) / 2 + k;
        for pivot in 0..self.columns - 1 {
            let whole = (self.sums[at(pivot, pivot)][end] - self.sums[at(pivot, pivot)][start]).hi;
            let p = m[at(pivot, pivot)];
            if p.hi <= whole * 1e-24 {
                continue;
            }
            for j in pivot + 1..self.columns {
                let factor = m[at(j, pivot)] / p;
                for k in pivot + 1..=j {
                    m[at(j, k)] = m[at(j, k)] - factor * m[at(k, pivot)];
                }
            }
        }
        let answer = at(self.columns - 1, self.columns - 1);
        let whole = (self.sums[answer][end] - self.sums[answer][start]).hi;
        let rest = m[answer].value();
        // Below the rounding of the elimination there is nothing.
        if rest > whole * 1e-26 { rest } else { 0.0 }
    }
}

impl Regression {
    /// Column 0 on the others.
    pub(super) fn linear(x: ArrayView2<'_, f64>) -> Result<Self> {
        let (n, d) = x.dim();
        // The answer stands last.
        let cell = |i: usize, j: usize| x[[i, (j + 1) % d]];
        Ok(Self { equations: vec![Products::new(n, d, &cell)?] })
    }

    /// Every column on `order` of its values before and a constant.
    pub(super) fn autoregression(x: ArrayView2<'_, f64>, order: usize) -> Result<Self> {
        let n = x.nrows();
        let equations: Result<Vec<_>> = x
            .columns()
            .into_iter()
            .map(|column| {
                let column = about_median(column.iter().copied());
                let cell = |i: usize, j: usize| {
                    let row = i.max(order);
                    match j {
                        // The constant first: the lags are then eliminated about their means.
                        0 => 1.0,
                        j => column[row - order + j - 1],
                    }
                };
                Products::new(n, order + 2, &cell)
            })
            .collect();
        Ok(Self { equations: equations? })
    }
}

impl SegmentCost for Regression {
    fn cost(&self, start: usize, end: usize) -> f64 {
        self.equations.iter().map(|e| e.residual(start, end)).sum()
    }

    fn sweep(&self) -> Box<dyn Sweep + '_> {
        Box::new(Asked::new(self))
    }
}

/// Squares about the line from the row before a segment to its last row.
pub(super) struct ContinuousLine {
    columns: Vec<LineSums>,
}

struct LineSums {
    values: Vec<f64>,
    sums: Vec<Dd>,
    squares: Vec<Dd>,
    /// Of the number of the row times its value.
    moments: Vec<Dd>,
}

impl ContinuousLine {
    pub(super) fn new(x: ArrayView2<'_, f64>) -> Result<Self> {
        let n = x.nrows();
        let columns: Result<Vec<_>> = x
            .columns()
            .into_iter()
            .map(|column| {
                let values = about_median(column.iter().copied());
                Ok(LineSums {
                    sums: prefix(n, |i| values[i].into())?,
                    squares: prefix(n, |i| Dd::product(values[i], values[i]))?,
                    moments: prefix(n, |i| Dd::product(i as f64, values[i]))?,
                    values,
                })
            })
            .collect();
        Ok(Self { columns: columns? })
    }
}

impl LineSums {
    fn cost(&self, start: usize, end: usize) -> f64 {
        // With u_i = x - x_before and i = 1, 2, ..., L: sum (u - s i)² = sum u² - 2 s sum i u + s² sum i².
        let start = start.max(1);
        let rows = Dd::from((end - start) as f64);
        let before = Dd::from(self.values[start - 1]);
        let slope = (Dd::from(self.values[end - 1]) - before) / rows;
        let sum = self.sums[end] - self.sums[start];
        let squares = self.squares[end] - self.squares[start];
        let numbers = rows * (rows + 1.0.into()) / 2.0.into();
        let squared_numbers = numbers * (rows + rows + 1.0.into()) / 3.0.into();
        // sum of (row - start + 1) x.
        let moment = self.moments[end] - self.moments[start] - sum * Dd::from(start as f64 - 1.0);
        let u_squares = squares - before * sum * 2.0.into() + before * before * rows;
        let u_moment = moment - before * numbers;
        (u_squares - slope * u_moment * 2.0.into() + slope * slope * squared_numbers).value().max(0.0)
    }
}

impl SegmentCost for ContinuousLine {
    fn cost(&self, start: usize, end: usize) -> f64 {
        self.columns.iter().map(|c| c.cost(start, end)).sum()
    }

    /// Splitting a broken line may cost any amount: nothing is pruned.
    fn slack(&self, _least: usize) -> f64 {
        f64::INFINITY
    }

    fn sweep(&self) -> Box<dyn Sweep + '_> {
        Box::new(Asked::new(self))
    }
}
