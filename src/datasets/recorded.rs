//! The recordings that stand in the repository's `datasets` folder.

use super::{CsvReader, Table};
use crate::error::{Error, Result};
use crate::signal::Recording;
use ndarray::Array2;
use std::path::{Path, PathBuf};

/// The folder with the project's recordings: the environment variable `PROGNOS_DATASETS` when it is set, else
/// `datasets` in the current directory.
///
/// The recordings come with the repository, not with the published crate: clone it, or copy its `datasets` folder.
///
/// # Errors
/// [`Error::Parameter`] saying what to do when there is no such folder.
pub fn directory() -> Result<PathBuf> {
    let set = std::env::var_os("PROGNOS_DATASETS");
    let name = if set.is_some() { "PROGNOS_DATASETS" } else { "datasets folder" };
    let path = set.map_or_else(|| PathBuf::from("datasets"), PathBuf::from);
    if path.is_dir() {
        return Ok(path);
    }
    let reason = "is not a folder: the recordings come with the project's repository, not with the published crate; set \
                  PROGNOS_DATASETS to a copy of its `datasets` folder or run where that folder is";
    Err(Error::parameter(name, path.display(), reason))
}

/// A column of flags: 1 is yes, 0 is no, anything else an error with its line.
pub(super) fn flags(table: &Table, column: &str) -> Result<Vec<bool>> {
    let flag = |(row, &v): (usize, &f64)| match v.to_bits() {
        ZERO => Ok(false),
        ONE => Ok(true),
        _ => Err(table.at(row, column, format!("expected 0 or 1, found {v}"))),
    };
    table.numbers(column)?.iter().enumerate().map(flag).collect()
}

const ZERO: u64 = 0f64.to_bits();
const ONE: u64 = 1f64.to_bits();

/// Columns of a table as a matrix, rows by columns; a missing cell is an error with its line.
pub(super) fn matrix(table: &Table, columns: &[&str]) -> Result<Array2<f64>> {
    let mut out = Array2::zeros((table.nrows(), columns.len()));
    for (mut target, name) in out.columns_mut().into_iter().zip(columns) {
        let values = complete(table, name)?;
        target.iter_mut().zip(values).for_each(|(cell, &v)| *cell = v);
    }
    Ok(out)
}

/// A number column without missing cells.
pub(super) fn complete<'a>(table: &'a Table, column: &str) -> Result<&'a [f64]> {
    let values = table.numbers(column)?;
    match values.iter().position(|v| v.is_nan()) {
        Some(row) => Err(table.at(row, column, "is missing")),
        None => Ok(values),
    }
}

/// Recorded vibration of two ventilation units, 30 days each, one value every ten minutes with some missing.
///
/// One recording per unit (unit 0: 18 March to 17 April 2023, 4,310 rows; unit 1: 9 December 2023 to 8 January 2024,
/// 4,303 rows) with the channel `vibration`, a magnitude whose unit the source does not state. There are no labels: the
/// question is the on/off schedule and departures from it.
///
/// Licence BSD-3-Clause, from skchange 0.18.0, given to it by the company Soundsensing.
///
/// # Errors
/// [`Error::Io`] when the file is not there, [`Error::Parse`] when it is damaged.
pub fn hvac_vibration(datasets: impl AsRef<Path>) -> Result<Vec<Recording>> {
    let reader = CsvReader::new().time_column("timestamp_utc");
    let table = reader.read(datasets.as_ref().join("hvac_vibration/hvac_vibration.csv"))?;
    table.groups("unit_id")?.iter().map(|(_, unit)| unit.recording(&["vibration"])).collect()
}

/// Recorded flow in a pipeline branch, hourly from March to May 2022 with some hours missing: 1,268 rows, channel
/// `flow_l_per_s` in l/s.
///
/// The source describes four anomalous stretches in words and gives no labels: three moments of low values (losses or
/// maintenance) and one small peak of inflow after the first two (a pumping operation).
///
/// Licence BSD-3-Clause, from river 0.26.1, donated to it by Tecnojest s.r.l.
///
/// # Errors
/// As [`hvac_vibration`].
pub fn water_flow(datasets: impl AsRef<Path>) -> Result<Recording> {
    let reader = CsvReader::new().time_column("timestamp");
    let table = reader.read(datasets.as_ref().join("water_flow/water_flow.csv"))?;
    table.recording(&["flow_l_per_s"])?.with_unit("flow_l_per_s", "l/s")
}

/// A specimen whose crack was measured until the end of the record.
#[derive(Debug, Clone, PartialEq)]
pub struct Specimen {
    /// Number of the specimen, 1 to 21.
    pub id: u32,
    /// Load cycles in millions, increasing from 0.
    pub cycles_millions: Vec<f64>,
    /// Crack length over the initial length of 0.9 inch: 1 at the start.
    pub crack_length_relative: Vec<f64>,
}

/// Recorded growth of fatigue cracks in 21 identical metal specimens, 10 to 13 measurements each.
///
/// A crack of 1.6 inch, 1.7778 times the initial notch of 0.9 inch, counts as failure: 12 specimens reach it within the
/// record, the others are right censored at 0.12 million cycles.
///
/// Source: Hudak, Saxena, Bucci and Malcolm, AFML-TR-78-40 (1978); printed in Bogdanoff and Kozin, *Probabilistic Models of
/// Cumulative Damage* (1985), used in Lu and Meeker, *Technometrics* 35 (1993) 161-174. Only the published numbers are
/// taken.
///
/// # Errors
/// As [`hvac_vibration`].
pub fn crack_growth(datasets: impl AsRef<Path>) -> Result<Vec<Specimen>> {
    let table = CsvReader::new().read(datasets.as_ref().join("crack_growth/fatigue_crack_growth.csv"))?;
    let specimen = |(id, rows): &(String, Table)| {
        Ok(Specimen {
            id: id.parse().map_err(|_| rows.at(0, "specimen", format!("`{id}` is not the number of a specimen")))?,
            cycles_millions: complete(rows, "cycles_millions")?.to_vec(),
            crack_length_relative: complete(rows, "crack_length_relative")?.to_vec(),
        })
    };
    table.groups("specimen")?.iter().map(specimen).collect()
}

/// Sensor vectors with a label each.
#[derive(Debug, Clone, PartialEq)]
pub struct Labelled {
    /// Names of the columns.
    pub names: Vec<String>,
    /// One row per vector.
    pub rows: Array2<f64>,
    /// Whether the row is an anomaly.
    pub anomaly: Vec<bool>,
}

/// Recorded sensor vectors of the NASA space shuttle: 49,097 rows of 9 integers (units not stated), 3,511 of them (7.15 %)
/// from the rare classes, which count as anomalies. The rows are no time series.
///
/// Licence of the file BSD-3-Clause, from river 0.26.1; the data are Statlog (Shuttle) of the UCI Machine Learning
/// Repository, with the second largest class left out.
///
/// # Errors
/// As [`hvac_vibration`].
pub fn shuttle(datasets: impl AsRef<Path>) -> Result<Labelled> {
    let table = CsvReader::new().read(datasets.as_ref().join("shuttle/shuttle.csv"))?;
    let names: Vec<&str> = table.number_columns().into_iter().filter(|&n| n != "anomaly").collect();
    Ok(Labelled {
        rows: matrix(&table, &names)?,
        anomaly: flags(&table, "anomaly")?,
        names: names.into_iter().map(str::to_owned).collect(),
    })
}
