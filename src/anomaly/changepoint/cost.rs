//! What a segment costs: how badly one model fits the rows between two change points.

use super::absolute::Absolute;
use super::kernel::Kernel;
use super::normal::Normal;
use super::quadratic::{Quadratic, Spread, unit_rows, whitened, whitened_ranks};
use super::regression::{ContinuousLine, Regression};
use crate::error::{Error, Result, check_positive};
use crate::features::Rows;
use crate::learners::check_rows;
use crate::math::order::{MAD_TO_SD, mad_in_place, median_in_place};
use ndarray::Array2;
use std::ops::Range;

/// The cost of a segment: what is constant between two change points.
///
/// With `m` the mean of the segment's rows, `L` their number and `d` that of the columns:
///
/// | cost | changes in | of a segment | shortest | time of one cost |
/// |---|---|---|---|---|
/// | `L2` | the mean | `sum ‖x - m‖²` | 1 | O(d) |
/// | `L1` | the median | `sum abs(x - median)` | 2 | O(d log n) |
/// | `Normal` | mean and covariance | `L ln det(S + ridge I)` | 2 | O(d³) |
/// | `Rbf` | the law | `sum k(x, x) - sum k(x, y) / L`, `k = exp(-gamma ‖x - y‖²)` | 1 | O(L² d), O(L d) in a sweep |
/// | `Rank` | the law, robustly | `-L m' C⁻¹ m` of the centred ranks | 2 | O(d) |
/// | `Linear` | a linear relation of column 0 with the others | residual sum of squares | 2 | O(d³) |
/// | `ContinuousLinear` | the slope of a broken line | squares about the chord | 3 | O(d) |
/// | `Ar` | the dynamics | residual sum of squares of an AR model with intercept | max(5, order + 1) | O(d order³) |
/// | `Mahalanobis` | the mean, in units of the covariance of all rows | `sum (x - m)' C⁻¹ (x - m)` | 2 | O(d) |
/// | `Cosine` | the direction | L2 of rows scaled to length 1 | 1 | O(d) |
///
/// `S` is the covariance of the segment's rows, with divisor L for one column and L - 1 for several, as in ruptures.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub enum Cost {
    /// Changes of the mean; the fast one. Columns count by their variance: scale them first.
    L2,
    /// Changes of the median: outliers cost their distance, not its square.
    L1,
    /// Changes of mean, variance or correlation of normal rows.
    Normal {
        /// Added to the diagonal of the covariance, in squared units of the columns (> 0): constant segments would
        /// otherwise cost minus infinity. 1e-6 is ruptures' value; [`Cost::normal`].
        ridge: f64,
    },
    /// Changes of the law in the space of a Gaussian kernel (Harchaoui & Cappé 2007; Arlot, Celisse & Harchaoui 2019).
    Rbf {
        /// Inverse squared width (> 0). `None`: one over the median of the squared distances of all pairs of rows;
        /// that median costs O(n²) time and O(n) memory.
        gamma: Option<f64>,
    },
    /// Changes of the ranks (Lung-Yut-Fong, Lévy-Leduc & Cappé 2015): no unit, no outlier matters.
    Rank,
    /// Changes of the least squares relation `column 0 = sum b_j column j`. No intercept: add a column of ones.
    Linear,
    /// A broken line through the data points at the change points.
    ContinuousLinear,
    /// Changes of an autoregressive model with intercept, column by column.
    Ar {
        /// Number of lags, at least 1. The first `order` rows repeat the equation of the row after them.
        order: usize,
    },
    /// L2 after whitening with the covariance of all rows; directions without variance are left out.
    Mahalanobis,
    /// Changes of direction.
    Cosine,
}

impl Cost {
    /// `Normal` with the ridge 1e-6.
    #[must_use]
    pub fn normal() -> Self {
        Self::Normal { ridge: 1e-6 }
    }

    /// `Rbf` with the median heuristic.
    #[must_use]
    pub fn rbf() -> Self {
        Self::Rbf { gamma: None }
    }

    /// The `gamma` that [`Cost::rbf`] uses for these rows: one over the median of the squared distances of all pairs, 1
    /// when that is 0.
    ///
    /// # Errors
    /// [`Error::NonFinite`] naming a cell; [`Error::TooFew`] without rows or columns; [`Error::Numeric`] when squares
    /// overflow.
    pub fn median_gamma<'a>(rows: impl Into<Rows<'a>>) -> Result<f64> {
        let rows = rows.into();
        check_rows(&rows, "rows for a kernel", 1)?;
        Ok(Kernel::new(rows.values, None)?.gamma())
    }

    /// The cost of every segment of these rows (finite, at least one column) is answered by what this gives.
    pub(super) fn prepare(self, rows: &Rows<'_>) -> Result<Prepared> {
        let x = rows.values;
        let n = x.nrows();
        let d = x.ncols();
        let prepared = |kernel: Box<dyn SegmentCost>, least: usize| Prepared { kernel, least };
        Ok(match self {
            Self::L2 => prepared(Box::new(Quadratic::new(x.to_owned(), Spread::Sum)?), 1),
            Self::L1 => prepared(Box::new(Absolute::new(x)?), 2),
            Self::Normal { ridge } => {
                check_positive("ridge", ridge)?;
                if d == 1 {
                    prepared(Box::new(Quadratic::new(x.to_owned(), Spread::LogVariance { ridge })?), 2)
                } else {
                    prepared(Box::new(Normal::new(x, ridge)?), 2)
                }
            }
            Self::Rbf { gamma } => {
                if let Some(gamma) = gamma {
                    check_positive("gamma", gamma)?;
                }
                prepared(Box::new(Kernel::new(x, gamma)?), 1)
            }
            Self::Rank => prepared(Box::new(Quadratic::ranks(whitened_ranks(x)?)?), 2),
            Self::Linear => {
                if d < 2 {
                    return Err(Error::too_few("columns for a linear relation", 2, d));
                }
                prepared(Box::new(Regression::linear(x)?), 2)
            }
            Self::ContinuousLinear => prepared(Box::new(ContinuousLine::new(x)?), 3),
            Self::Ar { order } => {
                if order == 0 {
                    return Err(Error::parameter("order", order, "must be at least 1"));
                }
                if n <= order {
                    return Err(Error::too_few("rows for an autoregression", order.saturating_add(1), n));
                }
                prepared(Box::new(Regression::autoregression(x, order)?), 5.max(order + 1))
            }
            Self::Mahalanobis => prepared(Box::new(Quadratic::new(whitened(x)?, Spread::Sum)?), 2),
            Self::Cosine => prepared(Box::new(Quadratic::new(unit_rows(x)?, Spread::Sum)?), 1),
        })
    }

    /// Parameters that a new segment brings, and what turns the cost into -2 ln likelihood: one over the scale. `None`
    /// for costs without a likelihood.
    pub(super) fn likelihood(self, rows: &Rows<'_>, kernel: &dyn SegmentCost) -> Option<(f64, f64)> {
        let x = rows.values;
        let d = x.ncols() as f64;
        match self {
            Self::L2 => Some((d, noise_variance(&x.to_owned()))),
            // A Laplace law of the same spread: -2 ln L = 2 sum |x - m| / b, b = sd / sqrt 2.
            Self::L1 => Some((d, (noise_variance(&x.to_owned()) / 8.0).sqrt())),
            Self::Normal { .. } => Some((d + 0.5 * d * (d + 1.0), 1.0)),
            Self::Rank => Some((d, 1.0)),
            Self::Mahalanobis => {
                let white = whitened(x).ok()?;
                (white.ncols() > 0).then(|| (white.ncols() as f64, noise_variance(&white)))
            }
            Self::Linear => Some((d - 1.0, block_variance(kernel, x.nrows(), x.ncols() - 1, 1))),
            Self::Ar { order } => {
                Some(((order + 1) as f64 * d, block_variance(kernel, x.nrows(), order + 1, x.ncols())))
            }
            Self::ContinuousLinear => Some((d, block_variance(kernel, x.nrows(), 2, x.ncols()))),
            Self::Rbf { .. } | Self::Cosine => None,
        }
    }
}

/// Variance of the noise: that of the differences of neighbouring rows, which few change points can touch, by their
/// MAD; by their squares where more than half of them are 0. The largest of the columns: it is the one that sets false alarms
/// off.
fn noise_variance(x: &Array2<f64>) -> f64 {
    let n = x.nrows();
    if n < 2 || x.ncols() == 0 {
        return 0.0;
    }
    x.columns()
        .into_iter()
        .map(|column| {
            let mut steps: Vec<f64> = (1..n).map(|i| column[i] - column[i - 1]).collect();
            let squares = steps.iter().map(|s| s * s).sum::<f64>() / (n - 1) as f64;
            let median = median_in_place(&mut steps);
            let sd = MAD_TO_SD * mad_in_place(&mut steps, median);
            0.5 * if sd > 0.0 { sd * sd } else { squares }
        })
        .fold(0.0, f64::max)
}

/// Median over short blocks of the residual variance of a model with `parameters` parameters.
fn block_variance(kernel: &dyn SegmentCost, n: usize, parameters: usize, outputs: usize) -> f64 {
    let width = (4 * (parameters + 1)).max(20);
    let of = |block: Range<usize>| {
        let free = block.len().saturating_sub(parameters) * outputs;
        kernel.cost(block.start, block.end) / free.max(1) as f64
    };
    if n < width {
        return of(0..n);
    }
    let mut blocks: Vec<f64> = (0..n / width).map(|b| of(b * width..(b + 1) * width)).collect();
    median_in_place(&mut blocks)
}

/// A cost, ready to be asked.
pub(super) struct Prepared {
    pub(super) kernel: Box<dyn SegmentCost>,
    /// Rows of the shortest segment.
    pub(super) least: usize,
}

/// Costs of the segments of one series.
pub(super) trait SegmentCost {
    /// Cost of rows `start..end`; the caller keeps to the shortest segment.
    fn cost(&self, start: usize, end: usize) -> f64;

    /// The cost as it is defined, where the search uses one that differs by the same for every segmentation.
    fn defined(&self, start: usize, end: usize) -> f64 {
        self.cost(start, end)
    }

    /// How much two halves may cost more than the whole: 0 where splitting never costs.
    fn slack(&self, _least: usize) -> f64 {
        0.0
    }

    /// For ends that ascend.
    fn sweep(&self) -> Box<dyn Sweep + '_>;

    /// Costs of `start..p` plus `p..end` for every `p` of `points`, which ascend.
    fn splits(&self, start: usize, end: usize, points: &[usize]) -> Vec<f64> {
        points.iter().map(|&p| self.cost(start, p) + self.cost(p, end)).collect()
    }
}

/// Costs of segments from many starts to one end after the other.
pub(super) trait Sweep {
    /// A further start, above all before; its first segment will end at `end`, the next end to be asked.
    fn add(&mut self, start: usize, end: usize);
    /// Costs of the segments from every start to `end`, in the order of the starts.
    fn costs(&mut self, end: usize, out: &mut Vec<f64>);
    /// Forgets the starts that are not to be kept.
    fn keep(&mut self, keep: &[bool]);
}

/// The sweep of a cost that is quick to ask for any segment.
pub(super) struct Asked<'a, C> {
    cost: &'a C,
    starts: Vec<usize>,
}

impl<'a, C> Asked<'a, C> {
    pub(super) fn new(cost: &'a C) -> Self {
        Self { cost, starts: Vec::new() }
    }
}

impl<C: SegmentCost> Sweep for Asked<'_, C> {
    fn add(&mut self, start: usize, _end: usize) {
        self.starts.push(start);
    }

    fn costs(&mut self, end: usize, out: &mut Vec<f64>) {
        out.clear();
        out.extend(self.starts.iter().map(|&s| self.cost.cost(s, end)));
    }

    fn keep(&mut self, keep: &[bool]) {
        retain(&mut self.starts, keep);
    }
}

/// The elements whose flag is set.
pub(super) fn retain<T: Copy>(values: &mut Vec<T>, keep: &[bool]) {
    let mut to = 0;
    for (from, &kept) in keep.iter().enumerate() {
        if kept {
            values[to] = values[from];
            to += 1;
        }
    }
    values.truncate(to);
}
