//! When did it change? Segmentations of a recorded series.
//!
//! **What it answers.** A machine does not always drift: a sensor is exchanged, a load case ends, a bearing chips, and from
//! one row on the series is another one. [`ChangePoints`] cuts a series of `n` rows and `d` columns into segments within
//! which one simple model holds, and says where the cuts are. For a stream, where the answer must come while rows
//! arrive, see [`stream`](super::stream).
//!
//! **Formula.** A segmentation costs the sum of the costs of its segments ([`Cost`]: what stays constant within one).
//! Either the number of changes is given, or every change costs a penalty ([`Penalty`]); the search ([`Search`]) finds the
//! cheapest one, or a cheap one quickly. Change points are multiples of `jump`, segments have at least `min_size` rows.
//! The meaning of all settings is ruptures', so that the same settings give the same change points.
//!
//! | search | result | costs asked |
//! |---|---|---|
//! | [`Search::Optimal`] with a penalty (PELT) | the cheapest | from O(n) with changes all along to O(n²) without any |
//! | [`Search::Optimal`] with [`Penalty::Changes`] | the cheapest with k changes | O(n²), and O(k n²) additions |
//! | [`Search::Binary`] | one change after the other | O(n log n) |
//! | [`Search::BottomUp`] | merges of small segments | O(n log n) |
//! | [`Search::Window`] | peaks of a sliding comparison | O(n) |
//!
//! **Sources.** Killick, Fearnhead & Eckley 2012 (PELT); Truong, Oudre & Vayatis 2020 for the rest; each cost names
//! its own. Ours is the care with digits: sums of squares come from running means or from prefix sums in twice the digits,
//! so that a glitch of 1e9 does not hide what follows it.
//!
//! **Cost.** Memory O(n d) (`Normal`, `Linear`: O(n d²); `L1`: O(n d log n); `Optimal` with k changes: O(n k)); the matrix
//! of the kernel is never held. Single-threaded: series are many, segments of one are not independent.
//!
//! **When not to use it.** Slow drift (it is cut into steps: use a trend); periodic signals whose level moves within a
//! period (extract features per window first, and cut those); few rows: with `min_size` 2, `Normal` finds segments of two
//! rows that happen to agree. Autocorrelated noise looks like changes to every cost but `Ar`.

mod absolute;
mod compare;
mod cost;
mod greedy;
mod kernel;
mod normal;
mod optimal;
mod quadratic;
mod regression;
mod segmentation;

pub use compare::{hausdorff, precision_recall, rand_index};
pub use cost::Cost;
pub use segmentation::{Segment, Segmentation};

use crate::error::{Error, Result};
use crate::features::Rows;
use crate::learners::check_rows;
use greedy::Until;
use ndarray::{ArrayView1, Axis};
use optimal::Grid;

/// What a change costs, or how many there are.
///
/// The named ones take the cost for -2 ln likelihood, up to the scale of the noise: with `p` the number of parameters of a
/// segment (`L2`: d; `Normal`: d + d (d + 1) / 2), `n` rows and the scale `s`,
///
/// | | penalty of a change |
/// |---|---|
/// | `Bic` | `s (p + 1) ln n` |
/// | `MBic` | `s (p + 2) ln n`, and `s sum ln(L / n)` over the lengths L of the segments |
/// | `Aic` | `s 2 (p + 1)` |
/// | `HannanQuinn` | `s 2 (p + 1) ln ln n` |
///
/// The scale is 1 for `Normal` and `Rank`. For `L2`, `L1` and `Mahalanobis` it comes from the variance of the noise, half the
/// squared 1.4826 MAD of the differences of neighbouring rows, the largest of the columns (so scale them first); for
/// `Linear`, `Ar` and `ContinuousLinear` it is the median residual variance of short blocks. `Rbf` and `Cosine` have no
/// likelihood, and for them a named penalty is an error.
///
/// Sources: Schwarz 1978; Zhang & Siegmund 2007 (`MBic`); Akaike 1974; Hannan & Quinn 1979. `Aic` finds too many changes.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum Penalty {
    /// In units of the cost, at least 0.
    Value(f64),
    /// Exactly so many changes (greedy searches: at most so many).
    Changes(usize),
    /// Bayesian information criterion.
    Bic,
    /// Modified Bayesian information criterion; with [`Search::Optimal`] only.
    MBic,
    /// Akaike's information criterion.
    Aic,
    /// Hannan and Quinn's criterion.
    HannanQuinn,
}

/// How the segmentation is found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum Search {
    /// The cheapest segmentation.
    Optimal,
    /// Binary segmentation: the best single change, again and again.
    Binary,
    /// Neighbouring segments are merged, the cheapest merger first.
    BottomUp,
    /// Peaks of the gain of a change in the middle of a window of so many rows (odd widths are cut by one).
    Window(usize),
}

/// Settings of a search for change points.
///
/// ```
/// use prognos::anomaly::changepoint::{ChangePoints, Cost, Penalty};
/// // A level that changes twice, with a glitch.
/// let mut x: Vec<f64> = (0..300).map(|i| ((i * i) as f64 * 0.7).sin() * 0.3).collect();
/// for v in &mut x[120..210] {
///     *v += 2.0;
/// }
/// x[50] = 40.0;
/// let found = ChangePoints::new(Cost::Rank).penalty(Penalty::Bic).min_size(5).find_series(&x)?;
/// assert_eq!(found.change_points(), [120, 210]);
/// assert!((found.segments()[1].mean[0] - 2.0).abs() < 0.1);
/// # Ok::<(), prognos::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
pub struct ChangePoints {
    cost: Cost,
    search: Search,
    penalty: Penalty,
    min_size: usize,
    jump: usize,
}

impl Default for ChangePoints {
    /// [`ChangePoints::new`] of [`Cost::L2`].
    fn default() -> Self {
        Self::new(Cost::L2)
    }
}

impl ChangePoints {
    /// With this cost: the optimal search, the penalty `Bic`, `min_size` 2, `jump` 1.
    #[must_use]
    pub fn new(cost: Cost) -> Self {
        Self { cost, search: Search::Optimal, penalty: Penalty::Bic, min_size: 2, jump: 1 }
    }

    /// How to search. Default [`Search::Optimal`].
    #[must_use]
    pub fn search(mut self, search: Search) -> Self {
        self.search = search;
        self
    }

    /// What a change costs. Default [`Penalty::Bic`].
    #[must_use]
    pub fn penalty(mut self, penalty: Penalty) -> Self {
        self.penalty = penalty;
        self
    }

    /// Rows of the shortest segment, at least 1. Default 2; never less than the cost needs.
    #[must_use]
    pub fn min_size(mut self, rows: usize) -> Self {
        self.min_size = rows;
        self
    }

    /// Change points are multiples of this, at least 1. Default 1. A larger one is quicker by its square.
    #[must_use]
    pub fn jump(mut self, rows: usize) -> Self {
        self.jump = rows;
        self
    }

    /// The segments of a series of rows.
    ///
    /// # Errors
    /// [`Error::Parameter`] for a setting out of its range (see [`Cost`], [`Penalty`], [`Search`]); [`Error::NonFinite`] naming
    /// a cell; [`Error::TooFew`] when the rows do not hold so many segments, or there are too few columns for the cost;
    /// [`Error::Numeric`] when squares overflow, or for a row of zeros under [`Cost::Cosine`].
    pub fn find<'a>(&self, rows: impl Into<Rows<'a>>) -> Result<Segmentation> {
        self.find_rows(&rows.into())
    }

    /// [`ChangePoints::find`] of a single column.
    ///
    /// # Errors
    /// As [`ChangePoints::find`].
    pub fn find_series(&self, series: &[f64]) -> Result<Segmentation> {
        self.find_rows(&ArrayView1::from(series).insert_axis(Axis(1)).into())
    }

    fn find_rows(&self, rows: &Rows<'_>) -> Result<Segmentation> {
        if self.min_size == 0 {
            return Err(Error::parameter("min_size", self.min_size, "must be at least 1"));
        }
        if self.jump == 0 {
            return Err(Error::parameter("jump", self.jump, "must be at least 1"));
        }
        check_rows(rows, "rows to find change points in", 1)?;
        let n = rows.values.nrows();
        let cost = self.cost.prepare(rows)?;
        let kernel = &*cost.kernel;
        let grid = Grid { n, least: self.min_size.max(cost.least), jump: self.jump };
        if n < grid.least {
            return Err(Error::too_few("rows of a segment", grid.least, n));
        }
        let (until, lengths) = self.until(rows, kernel)?;
        if let Until::Changes(changes) = until
            && !grid.has_room(changes)
        {
            let needed = changes
                .saturating_mul(grid.least.div_ceil(grid.jump).saturating_mul(grid.jump))
                .saturating_add(grid.least);
            return Err(Error::too_few("rows for so many changes", needed, n));
        }
        let ends = match (self.search, until) {
            (Search::Optimal, Until::Penalty(penalty)) => optimal::penalised(kernel, grid, penalty, lengths),
            (Search::Optimal, Until::Changes(changes)) => optimal::fixed(kernel, grid, changes)
                .ok_or_else(|| Error::numeric("change points", "the costs are not finite; scale the columns"))?,
            (Search::Binary, _) => greedy::binary(kernel, grid, until),
            (Search::BottomUp, _) => greedy::bottom_up(kernel, grid, until),
            (Search::Window(width), _) => {
                let half = width / 2;
                if half < cost.least {
                    return Err(Error::parameter(
                        "width",
                        width,
                        format!("half of it must be at least {}, the shortest segment of this cost", cost.least),
                    ));
                }
                greedy::window(kernel, grid, half, self.min_size, until)
            }
        };
        let penalty = match until {
            Until::Penalty(penalty) => Some(penalty),
            Until::Changes(_) => None,
        };
        Segmentation::new(rows.values, &ends, penalty, |start, end| kernel.defined(start, end))
    }

    /// When to stop, and the weight of the logarithms of the lengths.
    fn until(&self, rows: &Rows<'_>, kernel: &dyn cost::SegmentCost) -> Result<(Until, f64)> {
        let named = |name: &str, of: &dyn Fn(f64, f64) -> f64| -> Result<(f64, f64)> {
            let (parameters, scale) = self.cost.likelihood(rows, kernel).ok_or_else(|| {
                Error::parameter("penalty", name, "this cost has no likelihood: give a value, or the number of changes")
            })?;
            Ok((scale * of(parameters, rows.values.nrows() as f64), scale))
        };
        let penalty = match self.penalty {
            Penalty::Changes(changes) => return Ok((Until::Changes(changes), 0.0)),
            Penalty::Value(value) if value.is_finite() && value >= 0.0 => value,
            Penalty::Value(value) => {
                return Err(Error::parameter("penalty", value, "must be finite and at least 0"));
            }
            Penalty::Bic => named("Bic", &|p, n| (p + 1.0) * n.ln())?.0,
            Penalty::Aic => named("Aic", &|p, _| 2.0 * (p + 1.0))?.0,
            Penalty::HannanQuinn => named("HannanQuinn", &|p, n| 2.0 * (p + 1.0) * n.ln().max(1.0).ln())?.0,
            Penalty::MBic => {
                if self.search != Search::Optimal {
                    return Err(Error::parameter("penalty", "MBic", "needs the optimal search"));
                }
                // ln(L / n) of every segment: one ln n less for each, and ln L.
                let (value, scale) = named("MBic", &|p, n| (p + 1.0) * n.ln())?;
                return Ok((Until::Penalty(value), scale));
            }
        };
        Ok((Until::Penalty(penalty), 0.0))
    }
}
