//! The turbofan fleet of NASA (C-MAPSS, FD001 to FD004), as its text files are.

use super::bytes;
use crate::error::{Error, Result};
use ndarray::Array2;
use std::path::Path;

/// Most bytes of an unpacked file; the largest published one has 10 MB.
const MOST: u64 = 1 << 30;

/// Rows of many engines: unit, cycle, three operating settings and 21 sensors, in the order of the files.
///
/// Source: Saxena, Goebel, Simon & Eklund, "Damage propagation modeling for aircraft engine run-to-failure simulation", PHM
/// 2008. Simulated. `readme.txt` of the published archive swaps the numbers of engines of FD004.
#[derive(Debug, Clone, PartialEq)]
pub struct Turbofan {
    /// Engine of every row.
    pub units: Vec<u32>,
    /// Flight cycle of every row, from 1.
    pub cycles: Vec<f64>,
    /// Settings and sensors, as named by [`Turbofan::NAMES`].
    pub values: Array2<f64>,
}

impl Turbofan {
    /// Names of the columns: settings, then the sensors as the paper calls them.
    pub const NAMES: [&'static str; 24] = [
        "altitude",
        "mach",
        "throttle",
        "T2",
        "T24",
        "T30",
        "T50",
        "P2",
        "P15",
        "P30",
        "Nf",
        "Nc",
        "epr",
        "Ps30",
        "phi",
        "NRf",
        "NRc",
        "BPR",
        "farB",
        "htBleed",
        "Nf_dmd",
        "PCNfR_dmd",
        "W31",
        "W32",
    ];

    /// The columns that say how the engine was operated.
    pub const SETTINGS: [&'static str; 3] = ["altitude", "mach", "throttle"];

    /// Reads `train_FD00x.txt` or `test_FD00x.txt`, plain or gzip.
    ///
    /// # Errors
    /// [`Error::Io`] when the file cannot be read, [`Error::Parse`] naming the line and column that is not a number, or a
    /// line without 26 columns.
    pub fn read(path: impl AsRef<Path>) -> Result<Self> {
        let file = path.as_ref().display().to_string();
        let text = text(path.as_ref())?;
        let (mut units, mut cycles, mut values) = (Vec::new(), Vec::new(), Vec::new());
        for (line, content) in (1..).zip(text.lines()) {
            let cells = numbers(&file, line, content)?;
            match cells.as_slice() {
                [] => continue,
                [unit, cycle, rest @ ..] if rest.len() == Self::NAMES.len() => {
                    if unit.fract().abs() > 0.0 || !(0.0..=4e9).contains(unit) {
                        return Err(parse(&file, line, Some("unit"), format!("{unit} is not a number of an engine")));
                    }
                    units.push(*unit as u32);
                    cycles.push(*cycle);
                    values.extend_from_slice(rest);
                }
                other => {
                    return Err(parse(&file, line, None, format!("expected 26 columns, found {}", other.len())));
                }
            }
        }
        let values = Array2::from_shape_vec((units.len(), Self::NAMES.len()), values)
            .map_err(|e| parse(&file, 0, None, e.to_string()))?;
        Ok(Self { units, cycles, values })
    }

    /// Reads `RUL_FD00x.txt`: the remaining life of each test engine after its last row.
    ///
    /// # Errors
    /// As [`Turbofan::read`].
    pub fn read_remaining(path: impl AsRef<Path>) -> Result<Vec<f64>> {
        let file = path.as_ref().display().to_string();
        let text = text(path.as_ref())?;
        let lines = (1..).zip(text.lines()).map(|(line, content)| numbers(&file, line, content));
        Ok(lines.collect::<Result<Vec<_>>>()?.concat())
    }
}

fn text(path: &Path) -> Result<String> {
    let file = path.display().to_string();
    let bytes = bytes::read_all(&file, bytes::open(path)?, MOST)?;
    String::from_utf8(bytes).map_err(|_| parse(&file, 0, None, "is not text".to_owned()))
}

fn parse(file: &str, line: u64, column: Option<&str>, reason: String) -> Error {
    Error::Parse { file: file.to_owned(), line, column: column.map(str::to_owned), reason }
}

fn numbers(file: &str, line: u64, content: &str) -> Result<Vec<f64>> {
    content
        .split_ascii_whitespace()
        .enumerate()
        .map(|(j, cell)| {
            let column = (j + 1).to_string();
            match cell.parse::<f64>() {
                Ok(v) if v.is_finite() => Ok(v),
                _ => Err(parse(file, line, Some(&column), format!("`{cell}` is not a finite number"))),
            }
        })
        .collect()
}
