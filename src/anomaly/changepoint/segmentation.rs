//! The result: segments between change points.

use crate::error::{Error, Result};
use crate::math::lanes;
use ndarray::ArrayView2;
use std::fmt;

/// Rows between two change points.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
pub struct Segment {
    /// First row.
    pub start: usize,
    /// Row after the last.
    pub end: usize,
    /// Cost of the segment.
    pub cost: f64,
    /// Mean of every column.
    pub mean: Vec<f64>,
    /// Standard deviation of every column (divisor: the number of rows).
    pub sd: Vec<f64>,
}

/// A series in segments: what [`ChangePoints::find`](super::ChangePoints::find) gives.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(try_from = "Raw"))]
pub struct Segmentation {
    segments: Vec<Segment>,
    penalty: Option<f64>,
}

impl Segmentation {
    /// From the ends of the segments, in order; the last is n.
    pub(super) fn new(
        x: ArrayView2<'_, f64>,
        ends: &[usize],
        penalty: Option<f64>,
        cost: impl Fn(usize, usize) -> f64,
    ) -> Result<Self> {
        let columns: Vec<Vec<f64>> = x.columns().into_iter().map(|c| c.to_vec()).collect();
        let mut start = 0;
        let mut segments = Vec::with_capacity(ends.len());
        for &end in ends {
            let parts = || columns.iter().map(|c| &c[start..end]);
            let mean = parts().map(lanes::mean).collect();
            let sd = parts().map(|part| lanes::variance(part, 0).sqrt()).collect();
            segments.push(Segment { start, end, cost: cost(start, end), mean, sd });
            start = end;
        }
        let whole = Self { segments, penalty };
        if whole.is_finite() {
            Ok(whole)
        } else {
            Err(Error::numeric("change points", "a cost, a mean or a deviation overflows; scale the columns"))
        }
    }

    fn is_finite(&self) -> bool {
        self.segments.iter().all(|s| s.cost.is_finite() && s.mean.iter().chain(&s.sd).all(|v| v.is_finite()))
            && self.penalty.is_none_or(f64::is_finite)
    }

    /// First rows of the segments but the first, ascending. Empty: no change.
    #[must_use]
    pub fn change_points(&self) -> Vec<usize> {
        self.segments.iter().skip(1).map(|s| s.start).collect()
    }

    /// Ends of all segments: the change points and the number of rows, as ruptures gives them.
    #[must_use]
    pub fn ends(&self) -> Vec<usize> {
        self.segments.iter().map(|s| s.end).collect()
    }

    /// The segments, in order; at least one.
    #[must_use]
    pub fn segments(&self) -> &[Segment] {
        &self.segments
    }

    /// Number of rows of the series.
    #[must_use]
    pub fn n_rows(&self) -> usize {
        self.segments.last().map_or(0, |s| s.end)
    }

    /// The segment that holds a row.
    #[must_use]
    pub fn segment_of(&self, row: usize) -> Option<&Segment> {
        self.segments.get(self.segments.partition_point(|s| s.end <= row))
    }

    /// Sum of the costs of the segments, without penalties.
    #[must_use]
    pub fn cost(&self) -> f64 {
        self.segments.iter().map(|s| s.cost).sum()
    }

    /// Penalty of a change, in units of the cost; `None` when the number of changes was given.
    #[must_use]
    pub fn penalty(&self) -> Option<f64> {
        self.penalty
    }
}

impl fmt::Display for Segmentation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} segments of {} rows, changes at {:?}", self.segments.len(), self.n_rows(), self.change_points())
    }
}

/// What a file says; checked before it becomes a [`Segmentation`].
#[cfg(feature = "serde")]
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    segments: Vec<Segment>,
    penalty: Option<f64>,
}

#[cfg(feature = "serde")]
impl TryFrom<Raw> for Segmentation {
    type Error = Error;
    fn try_from(raw: Raw) -> Result<Self> {
        let bad = |reason: &str| Error::Model { reason: format!("segmentation: {reason}") };
        let mut start = 0;
        let columns = raw.segments.first().map_or(0, |s| s.mean.len());
        for segment in &raw.segments {
            if segment.start != start || segment.end <= segment.start {
                return Err(bad("the segments do not follow each other"));
            }
            if segment.mean.len() != columns || segment.sd.len() != columns {
                return Err(bad("the segments have different numbers of columns"));
            }
            if segment.sd.iter().any(|v| *v < 0.0) {
                return Err(bad("a standard deviation is negative"));
            }
            start = segment.end;
        }
        let whole = Self { segments: raw.segments, penalty: raw.penalty };
        if start == 0 || columns == 0 || !whole.is_finite() {
            return Err(bad("it has no segments, no columns, or a number that is not finite"));
        }
        Ok(whole)
    }
}
