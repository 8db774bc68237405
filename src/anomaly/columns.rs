//! Names and scaling of the columns of a model that adds columns up.

use crate::error::{Error, Result};
use crate::features::Rows;
use crate::learners::{Scaler, Scaling, check_rows, row_slice};
use crate::math::par;
use ndarray::{ArrayView1, ArrayView2};

/// Names of the columns, and how they are scaled: not at all where there is no scaler.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(try_from = "Raw", into = "Raw"))]
pub(super) struct Columns {
    names: Vec<String>,
    scaler: Option<Scaler>,
}

impl Columns {
    /// Fits the scaling; returns it with the scaled cells, row-major.
    pub(super) fn fit(
        rows: Rows<'_>,
        scaling: Option<Scaling>,
        what: &'static str,
        min_rows: usize,
    ) -> Result<(Self, Vec<f64>)> {
        check_rows(&rows, what, min_rows)?;
        let (n, d) = rows.values.dim();
        let scaler = scaling.map(|scaling| Scaler::params(scaling).fit(rows)).transpose()?;
        let columns = Self { names: rows.names_or_numbers(), scaler };
        let mut cells = Vec::with_capacity(n * d);
        let mut copy = Vec::new();
        for i in 0..n {
            columns.push(row_slice(rows.values.row(i), &mut copy), &mut cells);
        }
        if cells.iter().all(|v| v.is_finite()) {
            Ok((columns, cells))
        } else {
            Err(Error::numeric(what, "a scaled cell overflows"))
        }
    }

    pub(super) fn names(&self) -> &[String] {
        &self.names
    }

    pub(super) fn len(&self) -> usize {
        self.names.len()
    }

    pub(super) fn scaling(&self) -> Option<Scaling> {
        self.scaler.as_ref().map(Scaler::scaling)
    }

    /// Appends a row, scaled.
    pub(super) fn push(&self, row: &[f64], to: &mut Vec<f64>) {
        match &self.scaler {
            None => to.extend_from_slice(row),
            Some(scaler) => {
                let scales = scaler.centre().iter().zip(scaler.scale());
                to.extend(row.iter().zip(scales).map(|(x, (c, s))| (x - c) / s));
            }
        }
    }

    /// A row, scaled.
    pub(super) fn scaled(&self, row: ArrayView1<'_, f64>) -> Vec<f64> {
        let (mut copy, mut to) = (Vec::new(), Vec::new());
        self.push(row_slice(row.view(), &mut copy), &mut to);
        to
    }

    /// A scaled row in its own units again.
    pub(super) fn unscaled(&self, row: &[f64]) -> Vec<f64> {
        match &self.scaler {
            None => row.to_vec(),
            Some(scaler) => {
                let scales = scaler.centre().iter().zip(scaler.scale());
                row.iter().zip(scales).map(|(z, (c, s))| c + s * z).collect()
            }
        }
    }

    /// `f` of every row, scaled; every thread has a scratch of its own.
    pub(super) fn map<S: Default>(
        &self,
        values: ArrayView2<'_, f64>,
        f: impl Fn(&mut S, &[f64]) -> f64 + Sync + Send,
    ) -> Vec<f64> {
        const BLOCK: usize = 8;
        let mut out = vec![0.0; values.nrows()];
        par::rows_init(
            &mut out,
            BLOCK,
            || (Vec::new(), Vec::new(), S::default()),
            |(copy, x, scratch), block, out| {
                for (i, out) in out.iter_mut().enumerate() {
                    x.clear();
                    self.push(row_slice(values.row(block * BLOCK + i), copy), x);
                    *out = f(scratch, x);
                }
            },
        );
        out
    }
}

#[cfg(feature = "serde")]
#[derive(serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    names: Vec<String>,
    scaler: Option<Scaler>,
}

#[cfg(feature = "serde")]
impl From<Columns> for Raw {
    fn from(c: Columns) -> Self {
        Self { names: c.names, scaler: c.scaler }
    }
}

#[cfg(feature = "serde")]
impl TryFrom<Raw> for Columns {
    type Error = Error;
    fn try_from(raw: Raw) -> Result<Self> {
        let refuse = |reason: &str| Err(Error::Model { reason: format!("columns: {reason}") });
        if raw.names.is_empty() {
            return refuse("there are none");
        }
        if raw.scaler.as_ref().is_some_and(|s| s.feature_names() != raw.names.as_slice()) {
            return refuse("the scaler has other names");
        }
        Ok(Self { names: raw.names, scaler: raw.scaler })
    }
}

/// `Ok` when the numbers of a file are `count` finite ones.
#[cfg(feature = "serde")]
pub(super) fn check_numbers(what: &str, values: &[f64], count: usize) -> Result<()> {
    if values.len() == count && values.iter().all(|v| v.is_finite()) {
        Ok(())
    } else {
        Err(Error::Model { reason: format!("{what}: not as many finite numbers as there must be") })
    }
}
