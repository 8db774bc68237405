//! Many units over their lives: what a fleet's loggers recorded, row after row, unit after unit.

use crate::error::{Error, Result, check_finite};
use crate::features::Rows;
use crate::math::rng::Rng;
use ndarray::{Array2, ArrayView2, Axis, Slice};
use std::collections::HashSet;
use std::fmt::Display;

/// Rows of many units, each in the order of its age.
///
/// A row is what the sensors of one unit said at one age (a cycle, an hour). A unit *failed* when its last row is the end
/// of its life; the others were still running. Rows of one unit are alike, so that whatever is split is split by unit.
///
/// ```
/// use prognos::rul::Fleet;
/// use ndarray::Array2;
/// let sensors = Array2::from_shape_fn((7, 2), |(i, j)| (i * 10 + j) as f64);
/// let names = ["temperature", "pressure"];
/// let fleet = Fleet::new(&names, &[1, 1, 1, 1, 2, 2, 2], &[1.0, 2.0, 3.0, 4.0, 1.0, 2.0, 3.0], sensors)?;
/// assert_eq!((fleet.n_units(), fleet.n_rows()), (2, 7));
/// assert_eq!(fleet.unit(1)?.name, "2");
/// assert_eq!(fleet.remaining(), [3.0, 2.0, 1.0, 0.0, 2.0, 1.0, 0.0]);
/// # Ok::<(), prognos::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Fleet {
    names: Vec<String>,
    units: Vec<(String, bool)>,
    /// First row of every unit, and the number of rows.
    starts: Vec<usize>,
    ages: Vec<f64>,
    values: Array2<f64>,
}

/// One unit of a fleet.
#[derive(Debug, Clone, Copy)]
pub struct FleetUnit<'a> {
    /// Its name.
    pub name: &'a str,
    /// Whether its last row is its failure.
    pub failed: bool,
    /// Ages, strictly increasing.
    pub ages: &'a [f64],
    /// Rows by columns.
    pub values: ArrayView2<'a, f64>,
}

impl Fleet {
    /// A fleet from columns `names`, the unit and the age of every row, and the rows. Rows of a unit follow each other; all
    /// units failed at their last row (else see [`Fleet::running`]).
    ///
    /// # Errors
    /// [`Error::Shape`] when names, units or ages are not as many as columns or rows; [`Error::TooFew`] without rows or
    /// columns; [`Error::Parameter`] for a name that comes twice, a unit that comes back after another one, or an age that
    /// does not exceed the one before; [`Error::NonFinite`] naming a cell.
    pub fn new(names: &[impl AsRef<str>], units: &[impl Display], ages: &[f64], values: Array2<f64>) -> Result<Self> {
        let names: Vec<String> = names.iter().map(|n| n.as_ref().to_owned()).collect();
        let (n, d) = values.dim();
        if names.len() != d {
            return Err(Error::shape("names of the columns of a fleet", d, names.len()));
        }
        let mut seen = HashSet::new();
        if let Some(twice) = names.iter().find(|name| !seen.insert(name.as_str())) {
            return Err(Error::parameter("names", twice, "a column's name comes twice"));
        }
        if units.len() != n || ages.len() != n {
            return Err(Error::shape("units and ages of the rows of a fleet", n, units.len().min(ages.len())));
        }
        Rows::from(&values).check_finite("fleet", 1).map_err(|error| match error {
            Error::NonFinite { what, row, column, value } => {
                let name = column.parse().ok().and_then(|j: usize| names.get(j)).unwrap_or(&column).clone();
                Error::NonFinite { what, row, column: name, value }
            }
            other => other,
        })?;
        check_finite("fleet", "age", ages)?;
        let (mut known, mut named, mut starts) = (HashSet::new(), Vec::new(), Vec::new());
        let mut last = String::new();
        for (i, unit) in units.iter().enumerate() {
            let unit = unit.to_string();
            if i == 0 || unit != last {
                if !known.insert(unit.clone()) {
                    return Err(Error::parameter(
                        "units",
                        unit,
                        format!("comes back in row {i}; sort the rows by unit"),
                    ));
                }
                starts.push(i);
                named.push((unit.clone(), true));
                last = unit;
            } else if ages[i] <= ages[i - 1] {
                let reason = format!("must increase, but row {} of unit {unit} was at {}", i - 1, ages[i - 1]);
                return Err(Error::parameter("ages", ages[i], reason));
            }
        }
        starts.push(n);
        let values = values.as_standard_layout().into_owned();
        Ok(Self { names, units: named, starts, ages: ages.to_vec(), values })
    }

    /// The same fleet, all of whose units were still running at their last row.
    #[must_use]
    pub fn running(mut self) -> Self {
        self.units.iter_mut().for_each(|u| u.1 = false);
        self
    }

    /// Names of the columns.
    #[must_use]
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// Number of units.
    #[must_use]
    pub fn n_units(&self) -> usize {
        self.units.len()
    }

    /// Number of rows.
    #[must_use]
    pub fn n_rows(&self) -> usize {
        self.ages.len()
    }

    /// Unit number `i`, counted from 0.
    ///
    /// # Errors
    /// [`Error::Shape`] when there is no such unit.
    pub fn unit(&self, i: usize) -> Result<FleetUnit<'_>> {
        match self.units.get(i) {
            Some((name, failed)) => Ok(FleetUnit {
                name,
                failed: *failed,
                ages: &self.ages[self.starts[i]..self.starts[i + 1]],
                values: self.values.slice_axis(Axis(0), Slice::from(self.starts[i]..self.starts[i + 1])),
            }),
            None => Err(Error::shape("number of a unit", self.units.len(), i)),
        }
    }

    /// Rows `first..end` of unit `i` among those of the fleet; empty where there is no such unit.
    #[must_use]
    pub fn rows_of(&self, i: usize) -> std::ops::Range<usize> {
        match (self.starts.get(i), self.starts.get(i + 1)) {
            (Some(&start), Some(&end)) => start..end,
            _ => 0..0,
        }
    }

    /// Ages of all rows.
    #[must_use]
    pub fn ages(&self) -> &[f64] {
        &self.ages
    }

    /// All rows, by columns.
    #[must_use]
    pub fn values(&self) -> ArrayView2<'_, f64> {
        self.values.view()
    }

    /// Number of the unit of every row: the groups of a split.
    #[must_use]
    pub fn groups(&self) -> Vec<usize> {
        (0..self.n_units()).flat_map(|u| self.rows_of(u).map(move |_| u)).collect()
    }

    /// The last row of every unit.
    #[must_use]
    pub fn last_rows(&self) -> Vec<usize> {
        self.starts[1..].iter().map(|s| s - 1).collect()
    }

    /// Age of the unit's last row less the age of the row, for every row: the remaining life of units that failed, a
    /// lower bound of it for the others.
    #[must_use]
    pub fn remaining(&self) -> Vec<f64> {
        (0..self.n_units())
            .flat_map(|u| {
                let rows = self.rows_of(u);
                let end = self.ages[rows.end - 1];
                self.ages[rows].iter().map(move |age| end - age)
            })
            .collect()
    }

    /// Some of the units, in the order given.
    ///
    /// # Errors
    /// [`Error::Shape`] when there is no such unit, [`Error::TooFew`] for none, [`Error::Parameter`] for one twice.
    pub fn select(&self, units: &[usize]) -> Result<Self> {
        if units.is_empty() {
            return Err(Error::too_few("units of a fleet", 1, 0));
        }
        let mut seen = HashSet::new();
        let (mut named, mut starts, mut rows) = (Vec::new(), vec![0], Vec::new());
        for &u in units {
            self.unit(u)?;
            if !seen.insert(u) {
                return Err(Error::parameter("units", u, "a unit can be selected once"));
            }
            named.push(self.units[u].clone());
            rows.extend(self.rows_of(u));
            starts.push(rows.len());
        }
        let ages = rows.iter().map(|&i| self.ages[i]).collect();
        Ok(Self { names: self.names.clone(), units: named, starts, ages, values: self.values.select(Axis(0), &rows) })
    }

    /// The same units with other values.
    pub(crate) fn with_values(&self, values: Array2<f64>) -> Result<Self> {
        if values.dim() != self.values.dim() {
            return Err(Error::shape("rows of a fleet", self.values.nrows(), values.nrows()));
        }
        Ok(Self { values, ..self.clone() })
    }

    /// The same units, each cut off at a random age between `shortest` (a number of rows) and its last row, and running:
    /// what a fleet looks like on an ordinary day. Units with fewer rows stay whole.
    ///
    /// # Errors
    /// [`Error::Parameter`] when `shortest` is 0.
    pub fn cut_off(&self, shortest: usize, seed: u64) -> Result<(Self, Vec<f64>)> {
        if shortest == 0 {
            return Err(Error::parameter("shortest", shortest, "must be at least 1"));
        }
        let (mut starts, mut rows, mut left) = (vec![0], Vec::new(), Vec::new());
        for u in 0..self.n_units() {
            let whole = self.rows_of(u);
            let spare = whole.len().saturating_sub(shortest);
            let length = whole.len().min(shortest) + Rng::stream(seed, u as u64).below(spare + 1);
            left.push(self.ages[whole.end - 1] - self.ages[whole.start + length - 1]);
            rows.extend(whole.start..whole.start + length);
            starts.push(rows.len());
        }
        let ages = rows.iter().map(|&i| self.ages[i]).collect();
        let units = self.units.iter().map(|(name, _)| (name.clone(), false)).collect();
        let cut = Self { names: self.names.clone(), units, starts, ages, values: self.values.select(Axis(0), &rows) };
        Ok((cut, left))
    }
}

#[cfg(test)]
#[allow(clippy::float_cmp)] // ages are whole numbers
mod tests {
    use super::*;

    fn fleet() -> Fleet {
        let values = Array2::from_shape_fn((9, 2), |(i, j)| (i + 100 * j) as f64);
        Fleet::new(&["a", "b"], &[5, 5, 5, 5, 2, 2, 2, 9, 9], &[1., 2., 3., 5., 0., 1., 2., 4., 8.], values).unwrap()
    }

    #[test]
    fn bad_fleets_are_named() {
        let values = || Array2::from_shape_fn((3, 1), |(i, _)| i as f64);
        let ages = [1.0, 2.0, 3.0];
        assert!(Fleet::new(&["a", "a"], &[1, 1, 1], &ages, Array2::zeros((3, 2))).is_err());
        assert!(Fleet::new(&["a"], &[1, 2, 1], &ages, values()).is_err());
        assert!(Fleet::new(&["a"], &[1, 1, 1], &[1.0, 1.0, 2.0], values()).is_err());
        assert!(Fleet::new(&["a"], &[1, 1], &ages, values()).is_err());
        assert!(Fleet::new(&["a"], &[1; 0], &[], Array2::zeros((0, 1))).is_err());
        let mut bad = values();
        bad[[2, 0]] = f64::NAN;
        let error = Fleet::new(&["a"], &[1, 1, 1], &ages, bad).unwrap_err();
        assert!(matches!(&error, Error::NonFinite { row: 2, column, .. } if column == "a"), "{error}");
    }

    #[test]
    fn units_are_selected_and_cut() {
        let fleet = fleet();
        assert_eq!(fleet.last_rows(), [3, 6, 8]);
        let some = fleet.select(&[2, 0]).unwrap();
        assert_eq!((some.n_units(), some.n_rows(), some.unit(0).unwrap().name), (2, 6, "9"));
        assert_eq!(some.remaining(), [4., 0., 4., 3., 2., 0.]);
        assert!(fleet.select(&[0, 0]).is_err() && fleet.select(&[3]).is_err() && fleet.select(&[]).is_err());
        for seed in 0..20 {
            let (cut, left) = fleet.cut_off(2, seed).unwrap();
            for (u, left) in left.iter().enumerate() {
                let (whole, part) = (fleet.unit(u).unwrap(), cut.unit(u).unwrap());
                assert!(part.ages.len() >= 2 && !part.failed && whole.ages.starts_with(part.ages));
                assert_eq!(*left, whole.ages[whole.ages.len() - 1] - part.ages[part.ages.len() - 1]);
            }
        }
    }
}
