//! What a CSV file holds: named columns of numbers, text or times, and recordings made of them.

use super::bytes::whole;
use crate::error::{Error, Result};
use crate::signal::{Recording, SampleRate};
use std::collections::HashMap;
use std::sync::Arc;

/// What a column of a [`Table`] holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ColumnKind {
    /// Numbers; NaN where a cell is missing.
    Number,
    /// Text.
    Text,
    /// Time stamps.
    Time,
}

/// Text cells: each different text once (shared by the groups of a table), and its number per row.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Texts {
    pub(super) values: Arc<[String]>,
    pub(super) codes: Vec<u32>,
}

/// The cell that made a column text which was not asked for as text.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct NotANumber {
    pub(super) line: u64,
    pub(super) cell: Arc<str>,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Cells {
    Number(Vec<f64>),
    Text { texts: Texts, why: Option<NotANumber> },
    Time(Vec<i64>),
}

/// Named columns of equal length, read from one file by [`CsvReader`](super::CsvReader).
///
/// ```
/// use prognos::datasets::CsvReader;
/// let text = "time;unit;flow\n2026-01-01 00:00:00;A;1,5\n2026-01-01 00:01:00;A;\n2026-01-01 00:02:00;B;2,5\n";
/// let table = CsvReader::new().decimal_comma(true).time_column("time").read_bytes("flow.csv", text.as_bytes())?;
/// assert_eq!(table.number_columns(), ["flow"]);
/// let recording = table.recording(&["flow"])?.with_unit("flow", "l/s")?;
/// assert_eq!(recording.duration(), 120.0);
/// assert_eq!(recording.missing("flow")?.count, 1);
/// let groups = table.groups("unit")?;
/// assert_eq!((groups[0].0.as_str(), groups[0].1.nrows()), ("A", 2));
/// # Ok::<(), prognos::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Table {
    pub(super) file: Arc<str>,
    pub(super) names: Vec<String>,
    pub(super) cells: Vec<Cells>,
    /// Line of every row in the file, counted from 1.
    pub(super) lines: Vec<u64>,
}

/// What happens when time stamps do not increase strictly from row to row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum StampPolicy {
    /// An error that names the line.
    #[default]
    Error,
    /// Rows are sorted by time; two rows of one time stay an error.
    Sort,
    /// Rows are sorted by time, and of rows of one time the first in the file is kept.
    DropDuplicates,
}

/// What a [`StampPolicy`] had to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StampReport {
    /// Rows whose time was earlier than that of the row before.
    pub out_of_order: usize,
    /// Rows that were dropped because an earlier row had the same time.
    pub duplicates_dropped: usize,
}

impl Table {
    /// Name of the file, as errors show it.
    #[must_use]
    pub fn file(&self) -> &str {
        &self.file
    }

    /// Names of the columns, in order.
    #[must_use]
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// Number of rows.
    #[must_use]
    pub fn nrows(&self) -> usize {
        self.lines.len()
    }

    /// Number of columns.
    #[must_use]
    pub fn ncols(&self) -> usize {
        self.names.len()
    }

    /// What a column holds.
    ///
    /// # Errors
    /// [`Error::Parse`] when there is no column of that name.
    pub fn kind(&self, name: &str) -> Result<ColumnKind> {
        Ok(match self.column(name)? {
            Cells::Number(_) => ColumnKind::Number,
            Cells::Text { .. } => ColumnKind::Text,
            Cells::Time(_) => ColumnKind::Time,
        })
    }

    /// Names of the columns that hold numbers, in order.
    #[must_use]
    pub fn number_columns(&self) -> Vec<&str> {
        let numbers = self.names.iter().zip(&self.cells).filter(|(_, c)| matches!(c, Cells::Number(_)));
        numbers.map(|(name, _)| name.as_str()).collect()
    }

    /// The numbers of a column; NaN where a cell is missing.
    ///
    /// # Errors
    /// [`Error::Parse`] when there is no such column, or it does not hold numbers; then it names the first line whose
    /// cell is not a number.
    pub fn numbers(&self, name: &str) -> Result<&[f64]> {
        match self.column(name)? {
            Cells::Number(values) => Ok(values),
            Cells::Text { why: Some(why), .. } => {
                Err(cell_error(&self.file, why.line, name, format!("`{}` is not a number", why.cell)))
            }
            Cells::Text { why: None, .. } => Err(cell_error(&self.file, 0, name, "was read as text, not as numbers")),
            Cells::Time(_) => Err(cell_error(&self.file, 0, name, "was read as times, not as numbers")),
        }
    }

    /// The text of a column, row by row.
    ///
    /// # Errors
    /// [`Error::Parse`] when there is no such column, or it does not hold text: ask the reader for it with
    /// [`text_columns`](super::CsvReader::text_columns).
    pub fn texts(&self, name: &str) -> Result<Vec<&str>> {
        match self.column(name)? {
            Cells::Text { texts, .. } => {
                Ok(texts.codes.iter().map(|&c| texts.values.get(c as usize).map_or("", String::as_str)).collect())
            }
            _ => Err(cell_error(&self.file, 0, name, "was not read as text: ask for it with `text_columns`")),
        }
    }

    /// The times of a column in whole nanoseconds since the Unix epoch, in the order of the file.
    ///
    /// # Errors
    /// [`Error::Parse`] when there is no such column, or it was not read as times.
    pub fn times(&self, name: &str) -> Result<&[i64]> {
        match self.column(name)? {
            Cells::Time(stamps) => Ok(stamps),
            _ => Err(cell_error(&self.file, 0, name, "was not read as times: name it with `time_column`")),
        }
    }

    /// The rows split by the value of a column (a unit, a specimen): groups in the order in which they first appear,
    /// rows in the order of the file. Numbers are written the shortest way: `1` for 1.0.
    ///
    /// # Errors
    /// [`Error::Parse`] when there is no such column, it holds times, or a cell of it is missing.
    pub fn groups(&self, name: &str) -> Result<Vec<(String, Self)>> {
        let mut order: Vec<(String, Vec<usize>)> = Vec::new();
        let mut known: HashMap<u64, usize> = HashMap::new();
        let column = self.column(name)?;
        for row in 0..self.nrows() {
            let key = match column {
                Cells::Number(values) if values[row].is_nan() => {
                    return Err(self.at(row, name, "a missing cell cannot name a group"));
                }
                // Plus zero: -0 and 0 are one group.
                Cells::Number(values) => (values[row] + 0.0).to_bits(),
                Cells::Text { texts, .. } => u64::from(texts.codes[row]),
                Cells::Time(_) => return Err(self.at(row, name, "a time cannot name a group")),
            };
            let at = *known.entry(key).or_insert_with(|| {
                let label = match column {
                    Cells::Text { texts, .. } => texts.values[texts.codes[row] as usize].clone(),
                    _ => f64::from_bits(key).to_string(),
                };
                order.push((label, Vec::new()));
                order.len() - 1
            });
            order[at].1.push(row);
        }
        Ok(order.into_iter().map(|(label, rows)| (label, self.take_rows(&rows))).collect())
    }

    /// The recording of these number columns over the time column. Units are not known to a CSV file: add them with
    /// [`Recording::with_unit`].
    ///
    /// # Errors
    /// [`Error::Parse`] when the table has no time column, a name is unknown or not a number column, or times do not
    /// increase strictly (the line is named; see [`recording_with`](Self::recording_with)).
    pub fn recording(&self, columns: &[impl AsRef<str>]) -> Result<Recording> {
        Ok(self.recording_with(columns, StampPolicy::Error)?.0)
    }

    /// As [`recording`](Self::recording), with a policy for times that do not increase, and a report of what it did.
    ///
    /// # Errors
    /// As [`recording`](Self::recording).
    pub fn recording_with(&self, columns: &[impl AsRef<str>], policy: StampPolicy) -> Result<(Recording, StampReport)> {
        let time = self.cells.iter().zip(&self.names).find_map(|(cells, name)| match cells {
            Cells::Time(stamps) => Some((stamps, name)),
            _ => None,
        });
        let Some((stamps, time)) = time else {
            return Err(whole(&self.file, "no column was read as times: name one with `time_column`"));
        };
        let backwards = |row: &usize| stamps[*row] < stamps[row - 1];
        let out_of_order = (1..stamps.len()).filter(backwards).count();
        let mut rows: Vec<usize> = (0..stamps.len()).collect();
        match (policy, (1..stamps.len()).find(backwards)) {
            (StampPolicy::Error, Some(row)) => {
                return Err(self.at(row, time, "the time is earlier than that of the row before"));
            }
            (_, Some(_)) => rows.sort_by_key(|&row| stamps[row]),
            (_, None) => {}
        }
        let before = rows.len();
        match policy {
            StampPolicy::DropDuplicates => rows.dedup_by_key(|row| stamps[*row]),
            StampPolicy::Error | StampPolicy::Sort => {
                if let Some(pair) = rows.windows(2).find(|pair| stamps[pair[0]] == stamps[pair[1]]) {
                    let first = self.lines[pair[0]];
                    return Err(self.at(pair[1], time, format!("the time is that of line {first}")));
                }
            }
        }
        let report = StampReport { out_of_order, duplicates_dropped: before - rows.len() };
        let recording = Recording::stamped_nanos(rows.iter().map(|&row| stamps[row]).collect())?;
        let moved = out_of_order > 0 || report.duplicates_dropped > 0;
        let pick = |x: &[f64]| if moved { rows.iter().map(|&row| x[row]).collect() } else { x.to_vec() };
        Ok((self.add_channels(recording, columns, pick)?, report))
    }

    /// The recording of these number columns at a rate that is known and not written in the file.
    ///
    /// # Errors
    /// [`Error::Parse`] when a name is unknown or not a number column; [`Error::Parameter`] as
    /// [`Recording::with_channel`].
    pub fn uniform_recording(&self, columns: &[impl AsRef<str>], rate: SampleRate) -> Result<Recording> {
        self.add_channels(Recording::uniform(rate), columns, <[f64]>::to_vec)
    }

    fn add_channels(
        &self,
        mut recording: Recording,
        columns: &[impl AsRef<str>],
        pick: impl Fn(&[f64]) -> Vec<f64>,
    ) -> Result<Recording> {
        for name in columns {
            recording = recording.with_channel(name.as_ref(), "", pick(self.numbers(name.as_ref())?))?;
        }
        Ok(recording)
    }

    fn column(&self, name: &str) -> Result<&Cells> {
        match self.names.iter().position(|n| n == name) {
            Some(i) => Ok(&self.cells[i]),
            None => Err(whole(&self.file, format!("no column `{name}`; it has [{}]", self.names.join(", ")))),
        }
    }

    fn take_rows(&self, rows: &[usize]) -> Self {
        let cells = self.cells.iter().map(|cells| match cells {
            Cells::Number(x) => Cells::Number(rows.iter().map(|&r| x[r]).collect()),
            Cells::Time(x) => Cells::Time(rows.iter().map(|&r| x[r]).collect()),
            Cells::Text { texts, why } => {
                let codes: Vec<u32> = rows.iter().map(|&r| texts.codes[r]).collect();
                Cells::Text { texts: Texts { values: Arc::clone(&texts.values), codes }, why: why.clone() }
            }
        });
        let lines = rows.iter().map(|&r| self.lines[r]).collect();
        Self { file: Arc::clone(&self.file), names: self.names.clone(), cells: cells.collect(), lines }
    }

    /// The error of one cell.
    pub(super) fn at(&self, row: usize, column: &str, reason: impl Into<String>) -> Error {
        cell_error(&self.file, self.lines.get(row).copied().unwrap_or(0), column, reason)
    }
}

/// The error of a column at a line of a file.
pub(super) fn cell_error(file: &str, line: u64, column: &str, reason: impl Into<String>) -> Error {
    Error::Parse { file: file.to_owned(), line, column: Some(column.to_owned()), reason: reason.into() }
}
