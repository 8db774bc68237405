//! From one fleet to another: units that begin alike.
//!
//! **What it answers.** There are a hundred recorded lives of one machine type and hardly any of the next one, or of the same
//! one on another site with other sensors' offsets. Wear may look the same once the beginning does.
//!
//! **Method.** The first rows of every unit are its healthy baseline. A unit's columns are shifted so that the mean of its own
//! baseline becomes that of the reference fleet, and scaled by the ratio of the fleets' spreads within baselines. Nothing of
//! the later life is used, so that it can be done on the day a unit has its baseline. Source: the normalisation to a
//! unit's own initial condition (Wang, Yu, Siegel & Lee 2008), as a transfer.
//!
//! **When not to use it.** Fleets whose wear moves other sensors; units that were already worn when recording began; several
//! operating regimes (take [`OperatingRegimes`](crate::health::OperatingRegimes) of each fleet first and align their
//! output). Columns that say how the machine was operated should be left out: name only sensors.

use crate::error::{Error, Result};
use crate::rul::Fleet;

/// Baselines of a reference fleet.
///
/// ```
/// use prognos::rul::{Fleet, regression::BaselineAlignment};
/// use ndarray::Array2;
/// let unit = |offset: f64, gain: f64| Array2::from_shape_fn((40, 1), |(i, _)| {
///     offset + gain * ((i as f64 * 0.9).sin() + 0.2 * i as f64)
/// });
/// let ages: Vec<f64> = (0..40).map(f64::from).collect();
/// let reference = Fleet::new(&["rms"], &[1; 40], &ages, unit(10.0, 1.0))?;
/// // The same machine with a sensor of twice the gain and another offset.
/// let other = Fleet::new(&["rms"], &[7; 40], &ages, unit(-3.0, 2.0))?;
/// let aligned = BaselineAlignment::new(&reference, &["rms"], 15)?.align(&other)?;
/// let far = aligned.values().iter().zip(reference.values()).fold(0.0, |m: f64, (a, b)| m.max((a - b).abs()));
/// assert!(far < 1e-9);
/// # Ok::<(), prognos::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct BaselineAlignment {
    columns: Vec<String>,
    rows: usize,
    means: Vec<f64>,
    spreads: Vec<f64>,
}

impl BaselineAlignment {
    /// Reads the baselines of `columns`, the first `rows` rows (at least 2) of every unit.
    ///
    /// # Errors
    /// [`Error::Parameter`] for fewer than 2 rows or a column that the fleet does not have.
    pub fn new(reference: &Fleet, columns: &[impl AsRef<str>], rows: usize) -> Result<Self> {
        if rows < 2 {
            return Err(Error::parameter("rows", rows, "a baseline has at least 2 rows"));
        }
        let columns: Vec<String> = columns.iter().map(|c| c.as_ref().to_owned()).collect();
        let (mut means, mut spreads) = (Vec::new(), Vec::new());
        for j in places(reference, &columns)? {
            let (mean, spread) = baseline(reference, j, rows);
            means.push(mean);
            spreads.push(spread);
        }
        Ok(Self { columns, rows, means, spreads })
    }

    /// The other fleet, its units' baselines brought to those of the reference. Columns not named stay as they are.
    ///
    /// # Errors
    /// [`Error::Parameter`] for a column that the fleet does not have; [`Error::Numeric`] when a value overflows.
    pub fn align(&self, other: &Fleet) -> Result<Fleet> {
        let mut values = other.values().to_owned();
        for (k, j) in places(other, &self.columns)?.into_iter().enumerate() {
            let (_, spread) = baseline(other, j, self.rows);
            let gain = if spread > 0.0 && self.spreads[k] > 0.0 { self.spreads[k] / spread } else { 1.0 };
            for u in 0..other.n_units() {
                let own = own_mean(other, u, j, self.rows);
                for i in other.rows_of(u) {
                    values[[i, j]] = (values[[i, j]] - own) * gain + self.means[k];
                    if !values[[i, j]].is_finite() {
                        return Err(Error::numeric(
                            "baseline alignment",
                            format!("column `{}` overflows", self.columns[k]),
                        ));
                    }
                }
            }
        }
        other.with_values(values)
    }
}

fn places(fleet: &Fleet, columns: &[String]) -> Result<Vec<usize>> {
    let place = |name: &String| {
        let found = fleet.names().iter().position(|n| n == name);
        found.ok_or_else(|| Error::parameter("columns", name, "is not a column of the fleet"))
    };
    columns.iter().map(place).collect()
}

fn own_mean(fleet: &Fleet, unit: usize, column: usize, rows: usize) -> f64 {
    let of = fleet.rows_of(unit);
    let count = rows.min(of.len());
    of.take(count).map(|i| fleet.values()[[i, column]]).sum::<f64>() / count as f64
}

/// Mean of the units' baseline means, and root mean square distance of baseline rows to their own unit's mean.
fn baseline(fleet: &Fleet, column: usize, rows: usize) -> (f64, f64) {
    let (mut mean, mut squares, mut count) = (0.0, 0.0, 0.0);
    for u in 0..fleet.n_units() {
        let own = own_mean(fleet, u, column, rows);
        mean += own;
        for i in fleet.rows_of(u).take(rows) {
            squares += (fleet.values()[[i, column]] - own).powi(2);
            count += 1.0;
        }
    }
    (mean / fleet.n_units() as f64, (squares / count).sqrt())
}
