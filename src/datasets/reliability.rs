//! Published life and repair data, the classics that life models are checked against.
//!
//! Every function takes the path of the repository's `datasets` folder (see [`directory`](super::directory)). Its errors
//! are [`Error::Io`](crate::Error::Io) when the file is not there and [`Error::Parse`](crate::Error::Parse) when it is
//! damaged. Licences stand with each function; "numbers only" means that a published table was copied and nothing else
//! of the package that repeats it.
//!
//! ```no_run
//! use prognos::datasets::{self, reliability};
//! let fans = reliability::generator_fans(datasets::directory()?)?;
//! assert_eq!(fans.failures(), 12);
//! # Ok::<(), prognos::Error>(())
//! ```

use super::recorded::{complete, flags, matrix};
use super::{CsvReader, Table};
use crate::error::Result;
use ndarray::Array2;
use std::path::Path;

/// Times to failure, right censored where a unit had not failed when it was last seen.
#[derive(Debug, Clone, PartialEq)]
pub struct Lifetimes {
    /// Time of failure or of the end of observation; the unit stands with each data set.
    pub times: Vec<f64>,
    /// Whether the unit failed at that time (`true`) or was still running (`false`, right censored).
    pub failed: Vec<bool>,
    /// How many units the row stands for.
    pub counts: Vec<usize>,
    /// Names of the covariates; empty when there are none.
    pub covariate_names: Vec<String>,
    /// Covariates: one row per time, one column per name.
    pub covariates: Array2<f64>,
}

impl Lifetimes {
    /// Number of units.
    #[must_use]
    pub fn units(&self) -> usize {
        self.counts.iter().sum()
    }

    /// Number of units that failed.
    #[must_use]
    pub fn failures(&self) -> usize {
        self.counts.iter().zip(&self.failed).filter(|(_, failed)| **failed).map(|(count, _)| count).sum()
    }
}

/// A system that is repaired after each failure and runs on.
#[derive(Debug, Clone, PartialEq)]
pub struct RepairableSystem {
    /// Number of the system.
    pub id: String,
    /// Times of its failures since its start, not decreasing.
    pub failures: Vec<f64>,
    /// Time up to which it was observed; `None` when the source does not say.
    pub observed_until: Option<f64>,
}

/// Parts that were looked at once: what is known is that a crack began before or has not yet begun at that age.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Inspection {
    /// Age at the inspection; the unit stands with each data set.
    pub age: f64,
    /// Parts inspected at this age.
    pub inspected: usize,
    /// Parts of these that were found cracked.
    pub cracked: usize,
}

fn table(datasets: impl AsRef<Path>, file: &str) -> Result<Table> {
    CsvReader::new().read(datasets.as_ref().join("reliability").join(file))
}

/// A column of whole numbers, not negative.
fn counts(table: &Table, column: &str) -> Result<Vec<usize>> {
    let count = |(row, &v): (usize, &f64)| {
        if (0.0..4_294_967_296.0).contains(&v) && v.fract().abs() < f64::MIN_POSITIVE {
            Ok(v as usize)
        } else {
            Err(table.at(row, column, format!("expected a count, found {v}")))
        }
    };
    table.numbers(column)?.iter().enumerate().map(count).collect()
}

fn lifetimes(
    table: &Table,
    time: &str,
    failed: Option<&str>,
    count: Option<&str>,
    others: &[&str],
) -> Result<Lifetimes> {
    let rows = table.nrows();
    Ok(Lifetimes {
        times: complete(table, time)?.to_vec(),
        failed: failed.map_or_else(|| Ok(vec![true; rows]), |name| flags(table, name))?,
        counts: count.map_or_else(|| Ok(vec![1; rows]), |name| counts(table, name))?,
        covariate_names: others.iter().map(|&n| n.to_owned()).collect(),
        covariates: matrix(table, others)?,
    })
}

/// Fatigue life of 23 deep-groove ball bearings in million revolutions, all failed.
///
/// Lieblein and Zelen, *J. Res. NBS* 57 (1956) 273-315. MIT, from surpyval 0.25.
///
/// # Errors
/// See the [module](self).
pub fn ball_bearings(datasets: impl AsRef<Path>) -> Result<Lifetimes> {
    lifetimes(&table(datasets, "ball_bearings.csv")?, "cycles_millions", None, None, &[])
}

/// Yield strength of 389 specimens of Bofors steel in 10 groups, in steps of 1.275 (kg/mm²): no times, but what Weibull's
/// distribution was first shown on.
///
/// Weibull, *J. Appl. Mech.* 18 (1951) 293-297. MIT, from surpyval 0.25.
///
/// # Errors
/// See the [module](self).
pub fn bofors_steel(datasets: impl AsRef<Path>) -> Result<Lifetimes> {
    lifetimes(&table(datasets, "bofors_steel.csv")?, "yield_strength_kg_per_mm2", None, Some("count"), &[])
}

/// Usage of 31 automotive parts up to failure (10) or censoring (21); the source states no unit.
///
/// Krivtsov and Case, SAE 1999-01-3220. MIT, from surpyval 0.25.
///
/// # Errors
/// See the [module](self).
pub fn automotive(datasets: impl AsRef<Path>) -> Result<Lifetimes> {
    lifetimes(&table(datasets, "automotive.csv")?, "time", Some("failed"), None, &[])
}

/// Life of 4,156 integrated circuits in hours: 28 failed, the others were censored at 1,370 h.
///
/// Meeker, *Technometrics* 29 (1987) 51-65. MIT, from surpyval 0.25.
///
/// # Errors
/// See the [module](self).
pub fn integrated_circuits(datasets: impl AsRef<Path>) -> Result<Lifetimes> {
    lifetimes(&table(datasets, "integrated_circuits.csv")?, "time_hours", Some("failed"), Some("count"), &[])
}

/// Life of 34 tires (11 failed) with seven covariates, everything normalised to about 1.
///
/// Krivtsov, Tananko and Davis, *Reliability Engineering and System Safety* 78 (2002) 267-273. MIT, from surpyval 0.25.
///
/// # Errors
/// See the [module](self).
pub fn tires(datasets: impl AsRef<Path>) -> Result<Lifetimes> {
    let names = [
        "tire_age",
        "wedge_gauge",
        "interbelt_gauge",
        "eb2b",
        "peel_force",
        "carbon_black",
        "wedge_gauge_x_peel_force",
    ];
    lifetimes(&table(datasets, "tires.csv")?, "survival", Some("failed"), None, &names)
}

/// Accelerated life test of 40 motor insulations in hours (17 failed), 10 each at 150, 170, 190 and 220 °C: covariate
/// `temperature_c`.
///
/// Crawford (1970); Nelson and Hahn, *Technometrics* 14 (1972) 247-269. Numbers only.
///
/// # Errors
/// See the [module](self).
pub fn motorettes(datasets: impl AsRef<Path>) -> Result<Lifetimes> {
    lifetimes(&table(datasets, "motorettes.csv")?, "time_hours", Some("failed"), None, &["temperature_c"])
}

/// Factorial life test of 64 glass capacitors in hours, 8 per cell, each cell stopped at its 4th failure: covariates
/// `temperature_c` and `voltage`.
///
/// Zelen, *Technometrics* 1 (1959) 269-288. Numbers only.
///
/// # Errors
/// See the [module](self).
pub fn glass_capacitors(datasets: impl AsRef<Path>) -> Result<Lifetimes> {
    let table = table(datasets, "glass_capacitors.csv")?;
    lifetimes(&table, "time_hours", Some("failed"), None, &["temperature_c", "voltage"])
}

/// Life of 70 fans of diesel generators in hours, 12 failed.
///
/// Nelson, *J. Quality Technology* 1 (1969) 27-52; Meeker and Escobar, *Statistical Methods for Reliability Data* (1998).
/// Numbers only.
///
/// # Errors
/// See the [module](self).
pub fn generator_fans(datasets: impl AsRef<Path>) -> Result<Lifetimes> {
    lifetimes(&table(datasets, "generator_fans.csv")?, "time_hours", Some("failed"), None, &[])
}

/// 432 turbine wheels, each inspected once at an age in hundreds of hours; 106 were cracked.
///
/// Nelson, *Applied Life Data Analysis* (1982). Numbers only.
///
/// # Errors
/// See the [module](self).
pub fn turbine_wheels(datasets: impl AsRef<Path>) -> Result<Vec<Inspection>> {
    let table = table(datasets, "turbine_wheels.csv")?;
    let (inspected, cracked) = (counts(&table, "inspected")?, counts(&table, "cracked")?);
    let rows = complete(&table, "age_hundred_hours")?.iter().zip(inspected.into_iter().zip(cracked));
    Ok(rows.map(|(&age, (inspected, cracked))| Inspection { age, inspected, cracked }).collect())
}

/// 167 identical turbine parts, inspected together 8 times: the day of each inspection and the cracks that are new since
/// the one before (94 in all; 73 parts had none at the last). Interval censored.
///
/// Nelson, *Applied Life Data Analysis* (1982); Meeker and Escobar (1998). Numbers only.
///
/// # Errors
/// See the [module](self).
pub fn inspected_cracks(datasets: impl AsRef<Path>) -> Result<Vec<(f64, usize)>> {
    let table = table(datasets, "inspected_cracks.csv")?;
    Ok(complete(&table, "inspection_days")?.iter().copied().zip(counts(&table, "new_cracks")?).collect())
}

/// Systems of a table with an event column: 1 a failure, 0 the end of observation.
fn systems(table: &Table, id: &str, time: &str, event: &str) -> Result<Vec<RepairableSystem>> {
    let system = |(id, rows): &(String, Table)| {
        let mut system = RepairableSystem { id: id.clone(), failures: Vec::new(), observed_until: None };
        for (&time, failed) in complete(rows, time)?.iter().zip(flags(rows, event)?) {
            if failed {
                system.failures.push(time);
            } else {
                system.observed_until = Some(time);
            }
        }
        system.failures.sort_by(f64::total_cmp);
        Ok(system)
    };
    table.groups(id)?.iter().map(system).collect()
}

/// One repairable system: 12 failures at cumulative times (unit not stated), end of observation not given.
///
/// Kaminskiy and Krivtsov, *Reliability: Theory & Applications* 1(3) (2010). MIT, from surpyval 0.25.
///
/// # Errors
/// See the [module](self).
pub fn repairable_system_g1(datasets: impl AsRef<Path>) -> Result<RepairableSystem> {
    let table = table(datasets, "repairable_system_g1.csv")?;
    let failures = complete(&table, "time")?.to_vec();
    Ok(RepairableSystem { id: "1".to_owned(), failures, observed_until: None })
}

/// Recurrent failures of six systems at cumulative times (unit not stated).
///
/// Mettas and Zhao (2005). MIT, from surpyval 0.25.
///
/// # Errors
/// See the [module](self).
pub fn repairable_systems_six(datasets: impl AsRef<Path>) -> Result<Vec<RepairableSystem>> {
    systems(&table(datasets, "repairable_systems_six.csv")?, "system", "time", "event")
}

/// Replacements of valve seats in 41 diesel engines: 48 replacements at ages in days, two of one engine at one age are
/// possible.
///
/// Nelson, *J. Quality Technology* 27 (1995) 147-157; Meeker and Escobar (1998). Numbers only.
///
/// # Errors
/// See the [module](self).
pub fn valve_seats(datasets: impl AsRef<Path>) -> Result<Vec<RepairableSystem>> {
    systems(&table(datasets, "valve_seats.csv")?, "engine_id", "time_days", "replaced")
}

/// Hours between failures of the air conditioning of one Boeing 720 aircraft: 12 intervals.
///
/// Proschan, *Technometrics* 5 (1963) 375-383. Numbers only.
///
/// # Errors
/// See the [module](self).
pub fn air_conditioning_plane_a(datasets: impl AsRef<Path>) -> Result<Vec<f64>> {
    let table = table(datasets, "air_conditioning_plane_a.csv")?;
    Ok(complete(&table, "hours_between_failures")?.to_vec())
}

/// As [`air_conditioning_plane_a`], another aircraft: 24 intervals.
///
/// # Errors
/// See the [module](self).
pub fn air_conditioning_plane_b(datasets: impl AsRef<Path>) -> Result<Vec<f64>> {
    let table = table(datasets, "air_conditioning_plane_b.csv")?;
    Ok(complete(&table, "hours_between_failures")?.to_vec())
}
