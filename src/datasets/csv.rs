//! Text tables as plants and archives write them.

use super::bytes::{open, read_all, unpacked, whole};
use super::table::{Cells, NotANumber, Table, Texts, cell_error};
use super::time::TimeFormat;
use crate::error::{Error, Result};
use ::csv::ByteRecord;
use jiff::tz::Offset;
use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

/// Separators that are tried, in this order, when none is given.
const SEPARATORS: [u8; 4] = [b',', b';', b'\t', b'|'];

/// How cells stand apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Separator {
    Detect,
    Byte(u8),
    Whitespace,
}

/// Reads CSV files, plain or gzip, into a [`Table`].
///
/// What it takes: quoted cells (RFC 4180), `\n` and `\r\n`, a byte order mark, blank lines (skipped), comment lines, UTF-8
/// or Latin-1. Every row must have as many cells as the first. A gzip file is known by its first bytes.
///
/// **Separator.** When none is given, `,` `;` tab and `|` are counted outside of quotes in each of the first ten lines.
/// The one that occurs, and equally often in all of them, wins; of several the most frequent, then the first in that
/// order. When none does, the most frequent one of the first line; when there is none at all the file has one column.
///
/// **Types.** The time column holds times. A column declared by [`number_columns`](Self::number_columns) must hold
/// numbers, else the cell is an error; one declared by [`text_columns`](Self::text_columns) is text. Any other column
/// is a number column when every cell is a number or missing, and text otherwise; asking a text column for numbers
/// names the line of the cell that is none. Numbers are finite: `inf` is not one.
///
/// **Memory.** The unpacked file, plus 8 bytes per number and 4 per text cell: never more than a constant times
/// [`max_bytes`](Self::max_bytes).
///
/// ```
/// use prognos::datasets::CsvReader;
/// let text = b"# pump 7\nt_ms,rms,note\n0,1.5,ok\n10,NA,\"late, again\"\n";
/// let table = CsvReader::new().comment(b'#').read_bytes("pump.csv", text)?;
/// assert_eq!(table.numbers("t_ms")?, [0.0, 10.0]);
/// assert!(table.numbers("rms")?[1].is_nan());
/// assert_eq!(table.texts("note")?, ["ok", "late, again"]);
/// let error = table.numbers("note").unwrap_err().to_string();
/// assert_eq!(error, "pump.csv, line 3, column `note`: `ok` is not a number");
/// # Ok::<(), prognos::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct CsvReader {
    separator: Separator,
    header: bool,
    decimal_comma: bool,
    latin1: bool,
    comment: Option<u8>,
    skip_lines: usize,
    time: Option<(String, TimeFormat)>,
    offset: Offset,
    missing: Vec<String>,
    only: Option<Vec<String>>,
    numbers: Vec<String>,
    texts: Vec<String>,
    max_bytes: u64,
}

impl Default for CsvReader {
    fn default() -> Self {
        Self::new()
    }
}

fn owned(names: &[impl AsRef<str>]) -> Vec<String> {
    names.iter().map(|n| n.as_ref().to_owned()).collect()
}

impl CsvReader {
    /// A reader for files with a header row, decimal points, no comments, UTF-8, and a separator that is found out.
    #[must_use]
    pub fn new() -> Self {
        Self {
            separator: Separator::Detect,
            header: true,
            decimal_comma: false,
            latin1: false,
            comment: None,
            skip_lines: 0,
            time: None,
            offset: Offset::UTC,
            missing: owned(&["", "nan", "na", "n/a", "null"]),
            only: None,
            numbers: Vec::new(),
            texts: Vec::new(),
            max_bytes: 1 << 30,
        }
    }

    /// The separator, when it is not to be found out.
    #[must_use]
    pub fn separator(mut self, separator: u8) -> Self {
        self.separator = Separator::Byte(separator);
        self
    }

    /// Cells stand apart by any number of spaces and tabs, as in files of fixed columns; quotes mean nothing then.
    #[must_use]
    pub fn whitespace(mut self) -> Self {
        self.separator = Separator::Whitespace;
        self
    }

    /// Whether the first row holds the names; default yes. Without one the columns are `column_0`, `column_1`, ... A
    /// header cell that is empty is named so too.
    #[must_use]
    pub fn header(mut self, header: bool) -> Self {
        self.header = header;
        self
    }

    /// Numbers are written `1,5`; default no. A point in a number is refused then (`1.234` would have two meanings), and
    /// the comma is not tried as a separator.
    #[must_use]
    pub fn decimal_comma(mut self, decimal_comma: bool) -> Self {
        self.decimal_comma = decimal_comma;
        self
    }

    /// The file is Latin-1 (ISO 8859-1) instead of UTF-8: what loggers write that say `°C` in one byte.
    #[must_use]
    pub fn latin1(mut self, latin1: bool) -> Self {
        self.latin1 = latin1;
        self
    }

    /// Lines that begin with this byte are skipped; default none.
    #[must_use]
    pub fn comment(mut self, mark: u8) -> Self {
        self.comment = Some(mark);
        self
    }

    /// So many lines at the top are skipped before anything else is read: a logger's preamble. Default 0.
    #[must_use]
    pub fn skip_lines(mut self, lines: usize) -> Self {
        self.skip_lines = lines;
        self
    }

    /// The column that holds the time of each row, in a format that is found out from its first cell.
    #[must_use]
    pub fn time_column(self, name: impl Into<String>) -> Self {
        self.time_column_as(name, TimeFormat::Auto)
    }

    /// The column that holds the time of each row, and how it is written.
    #[must_use]
    pub fn time_column_as(mut self, name: impl Into<String>, format: TimeFormat) -> Self {
        self.time = Some((name.into(), format));
        self
    }

    /// The zone of times that are written without one, as its offset from UTC in minutes; default 0, UTC. A zone with
    /// summer time has no single offset: a file in such local time has an hour twice a year that cannot be told.
    ///
    /// # Errors
    /// [`Error::Parameter`] beyond 25 hours.
    pub fn assume_offset_minutes(mut self, minutes: i32) -> Result<Self> {
        let seconds = minutes.checked_mul(60);
        self.offset = seconds
            .and_then(|s| Offset::from_seconds(s).ok())
            .ok_or_else(|| Error::parameter("minutes", minutes, "an offset from UTC is at most 25 hours"))?;
        Ok(self)
    }

    /// The texts that stand for a missing cell, in any case of letters, instead of: nothing, `nan`, `na`, `n/a`, `null`.
    /// A number such as `-999` may be one.
    #[must_use]
    pub fn missing(mut self, texts: &[impl AsRef<str>]) -> Self {
        self.missing = owned(texts);
        self
    }

    /// Only these columns are kept, and those named as time, number or text columns; default all.
    #[must_use]
    pub fn columns(mut self, names: &[impl AsRef<str>]) -> Self {
        self.only = Some(owned(names));
        self
    }

    /// Columns that must hold numbers: any other cell is an error that names its line.
    #[must_use]
    pub fn number_columns(mut self, names: &[impl AsRef<str>]) -> Self {
        self.numbers = owned(names);
        self
    }

    /// Columns that are text, also where they look like numbers (serial numbers).
    #[must_use]
    pub fn text_columns(mut self, names: &[impl AsRef<str>]) -> Self {
        self.texts = owned(names);
        self
    }

    /// Largest size of the (unpacked) file in bytes; default 1 GiB. It bounds what a gzip file may unpack to.
    #[must_use]
    pub fn max_bytes(mut self, bytes: u64) -> Self {
        self.max_bytes = bytes;
        self
    }

    /// Reads a file.
    ///
    /// # Errors
    /// [`Error::Io`] when the file cannot be read (or gzip data is damaged); [`Error::Parse`] naming file, line and
    /// column for everything that does not fit: a row of another number of cells, a name that is missing or there
    /// twice, a cell that is not a number or a time, text that is not UTF-8, a file that is too large.
    pub fn read(&self, path: impl AsRef<Path>) -> Result<Table> {
        let path = path.as_ref();
        let name = path.display().to_string();
        let bytes = read_all(&name, open(path)?, self.max_bytes)?;
        self.parse(&name, bytes)
    }

    /// Reads the content of a file from memory (plain or gzip); `name` is what errors call it.
    ///
    /// # Errors
    /// As [`read`](Self::read).
    pub fn read_bytes(&self, name: &str, bytes: &[u8]) -> Result<Table> {
        let source = unpacked(bytes).map_err(|e| super::bytes::io(name, e))?;
        let bytes = read_all(name, source, self.max_bytes)?;
        self.parse(name, bytes)
    }

    fn parse(&self, file: &str, bytes: Vec<u8>) -> Result<Table> {
        let bytes = if self.latin1 { bytes.iter().map(|&b| char::from(b)).collect::<String>().into() } else { bytes };
        let text = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(&bytes);
        let mut from = 0;
        for _ in 0..self.skip_lines {
            match text[from..].iter().position(|&b| b == b'\n') {
                Some(i) => from += i + 1,
                None => {
                    from = text.len();
                    break;
                }
            }
        }
        let records = Records { file, text: &text[from..], separator: self.found(&text[from..]), options: self };

        let names = self.names(&records)?;
        let plans = self.plans(file, &names)?;
        let mut columns: Vec<Builder> = plans.into_iter().map(Builder::new).collect();
        let lines = self.pass(&records, &names, &mut columns)?;

        // Columns that turned out to be text are read again as text.
        let mut again: Vec<Builder> =
            columns.iter().map(|c| Builder::new(if c.failed.is_some() { Plan::Text } else { Plan::Skip })).collect();
        if columns.iter().any(|c| c.failed.is_some()) {
            self.pass(&records, &names, &mut again)?;
        }

        let mut table = Table { file: Arc::from(file), names: Vec::new(), cells: Vec::new(), lines };
        for ((name, first), second) in names.into_iter().zip(columns).zip(again) {
            let cells = match (first.plan, first.failed) {
                (Plan::Skip, _) => continue,
                (Plan::Time(_), _) => Cells::Time(first.times),
                (Plan::Text, _) => Cells::Text { texts: first.texts.done(), why: None },
                (Plan::Number | Plan::Auto, None) => Cells::Number(first.numbers),
                (Plan::Number | Plan::Auto, why) => Cells::Text { texts: second.texts.done(), why },
            };
            table.names.push(name);
            table.cells.push(cells);
        }
        Ok(table)
    }

    /// The separator by the rule in the type's documentation.
    fn found(&self, text: &[u8]) -> Separator {
        if self.separator != Separator::Detect {
            return self.separator;
        }
        // Counts per line; a line ends at a line feed outside of quotes.
        let start = &text[..text.len().min(1 << 16)];
        let mut lines: Vec<[usize; 4]> = Vec::new();
        let (mut counts, mut quoted, mut begins, mut comment) = ([0; 4], false, true, false);
        for &b in start {
            if b == b'\n' && !quoted {
                if !begins && !comment {
                    lines.push(counts);
                }
                (counts, begins, comment) = ([0; 4], true, false);
                if lines.len() == 10 {
                    break;
                }
                continue;
            }
            comment |= begins && Some(b) == self.comment;
            begins &= b == b'\r';
            quoted ^= b == b'"' && !comment;
            if let Some(k) = SEPARATORS.iter().position(|&s| s == b).filter(|_| !quoted) {
                counts[k] += 1;
            }
        }
        // A last line without its end counts where the file ends, not where the look at it does.
        if !begins && !comment && (lines.is_empty() || start.len() == text.len()) {
            lines.push(counts);
        }
        let first = lines.first().copied().unwrap_or_default();
        let allowed = (0..4).filter(|&k| !(self.decimal_comma && SEPARATORS[k] == b','));
        let score = |k: usize| (first[k] > 0 && lines.iter().all(|l| l[k] == first[k]), first[k]);
        // `max_by_key` keeps the last of equals; reversed, the first in the order of the list.
        Separator::Byte(allowed.rev().max_by_key(|&k| score(k)).map_or(b',', |k| SEPARATORS[k]))
    }

    fn names(&self, records: &Records<'_>) -> Result<Vec<String>> {
        let mut names: Option<(u64, Vec<String>)> = None;
        records.each(|line, record| {
            let name = |(i, cell): (usize, &[u8])| match std::str::from_utf8(cell.trim_ascii()) {
                Ok("") => Ok(format!("column_{i}")),
                Ok(_) if !self.header => Ok(format!("column_{i}")),
                Ok(text) => Ok(text.to_owned()),
                Err(_) => Err(cell_error(records.file, line, &i.to_string(), NOT_UTF8)),
            };
            names = Some((line, record.iter().enumerate().map(name).collect::<Result<_>>()?));
            Ok(false)
        })?;
        let (line, names) = names.ok_or_else(|| whole(records.file, "has no row at all"))?;
        let mut seen = HashMap::with_capacity(names.len());
        for (i, name) in names.iter().enumerate() {
            if let Some(first) = seen.insert(name.as_str(), i) {
                let reason = format!("columns {first} and {i} (counted from 0) have one name");
                return Err(cell_error(records.file, line, name, reason));
            }
        }
        Ok(names)
    }

    fn plans(&self, file: &str, names: &[String]) -> Result<Vec<Plan>> {
        let start = if self.only.is_some() { Plan::Skip } else { Plan::Auto };
        let mut plans = vec![start; names.len()];
        let all = self.only.iter().flatten().map(|n| (n, Plan::Auto));
        let all = all.chain(self.numbers.iter().map(|n| (n, Plan::Number)));
        let all = all.chain(self.texts.iter().map(|n| (n, Plan::Text)));
        for (name, plan) in all.chain(self.time.iter().map(|(n, format)| (n, Plan::Time(format.clone())))) {
            match names.iter().position(|n| n == name) {
                Some(i) => plans[i] = plan,
                None => return Err(whole(file, format!("no column `{name}`; it has [{}]", names.join(", ")))),
            }
        }
        Ok(plans)
    }

    /// Reads every row into the columns; the line of each row.
    fn pass(&self, records: &Records<'_>, names: &[String], columns: &mut [Builder]) -> Result<Vec<u64>> {
        let mut lines = Vec::new();
        let mut header = self.header;
        let numeric_marker = self.missing.iter().any(|m| self.number(m).is_some());
        records.each(|line, record| {
            if std::mem::take(&mut header) {
                return Ok(true);
            }
            if record.len() != columns.len() {
                return Err(Error::Parse {
                    file: records.file.to_owned(),
                    line,
                    column: None,
                    reason: format!("has {} cells, expected {}", record.len(), columns.len()),
                });
            }
            for (i, (column, cell)) in columns.iter_mut().zip(record).enumerate() {
                if matches!(column.plan, Plan::Skip) || column.failed.is_some() {
                    continue;
                }
                let Ok(cell) = std::str::from_utf8(cell.trim_ascii()) else {
                    return Err(cell_error(records.file, line, &names[i], NOT_UTF8));
                };
                self.take(column, cell, line, numeric_marker)
                    .map_err(|reason| cell_error(records.file, line, &names[i], reason))?;
            }
            lines.push(line);
            Ok(true)
        })?;
        Ok(lines)
    }

    /// Puts one cell into its column; the error is the reason why it does not fit.
    fn take(&self, column: &mut Builder, cell: &str, line: u64, numeric_marker: bool) -> Result<(), String> {
        match &mut column.plan {
            Plan::Skip => {}
            Plan::Text => column.texts.push(cell)?,
            Plan::Time(format) => {
                if *format == TimeFormat::Auto {
                    *format = format.resolve(cell);
                }
                let time = if self.decimal_comma && !matches!(format, TimeFormat::Iso | TimeFormat::Pattern(_)) {
                    format.parse(&cell.replace(',', "."), self.offset)
                } else {
                    format.parse(cell, self.offset)
                };
                column.times.push(time.map_err(|expected| format!("`{}`: {expected}", shortened(cell)))?);
            }
            Plan::Number | Plan::Auto => {
                // A number is the usual case; only a marker that is itself a number must be looked for first.
                let number = if numeric_marker && self.is_missing(cell) { None } else { self.number(cell) };
                match number {
                    Some(v) => column.numbers.push(v),
                    None if self.is_missing(cell) => column.numbers.push(f64::NAN),
                    None if column.plan == Plan::Number => {
                        return Err(format!("`{}` is not a number", shortened(cell)));
                    }
                    None => {
                        column.failed = Some(NotANumber { line, cell: shortened(cell).into() });
                        column.numbers = Vec::new();
                    }
                }
            }
        }
        Ok(())
    }

    fn is_missing(&self, cell: &str) -> bool {
        self.missing.iter().any(|m| m.eq_ignore_ascii_case(cell))
    }

    /// A finite number, or nothing.
    fn number(&self, cell: &str) -> Option<f64> {
        let value = if self.decimal_comma && cell.contains([',', '.']) {
            if cell.contains('.') {
                return None;
            }
            cell.replacen(',', ".", 1).parse::<f64>()
        } else {
            cell.parse::<f64>()
        };
        value.ok().filter(|v| v.is_finite())
    }
}

const NOT_UTF8: &str = "is not UTF-8 text; `latin1` reads ISO 8859-1";

/// A cell for an error message: a hostile one may be megabytes long.
fn shortened(cell: &str) -> String {
    cell.chars().take(40).chain(if cell.chars().nth(40).is_some() { "..." } else { "" }.chars()).collect()
}

/// What a column is to become.
#[derive(Debug, Clone, PartialEq)]
enum Plan {
    Skip,
    Auto,
    Number,
    Text,
    Time(TimeFormat),
}

/// A column that is being read.
struct Builder {
    plan: Plan,
    numbers: Vec<f64>,
    times: Vec<i64>,
    texts: TextsBuilder,
    /// Where a column without a declared type turned out not to hold numbers.
    failed: Option<NotANumber>,
}

impl Builder {
    fn new(plan: Plan) -> Self {
        Self { plan, numbers: Vec::new(), times: Vec::new(), texts: TextsBuilder::default(), failed: None }
    }
}

#[derive(Default)]
struct TextsBuilder {
    known: HashMap<String, u32>,
    values: Vec<String>,
    codes: Vec<u32>,
}

impl TextsBuilder {
    fn push(&mut self, cell: &str) -> Result<(), String> {
        let code = match self.known.get(cell) {
            Some(&code) => code,
            None => {
                let code = u32::try_from(self.values.len()).map_err(|_| "more than 2^32 different texts".to_owned())?;
                self.known.insert(cell.to_owned(), code);
                self.values.push(cell.to_owned());
                code
            }
        };
        self.codes.push(code);
        Ok(())
    }

    fn done(self) -> Texts {
        Texts { values: self.values.into(), codes: self.codes }
    }
}

/// The rows of a file, each with its line.
struct Records<'a> {
    file: &'a str,
    text: &'a [u8],
    separator: Separator,
    options: &'a CsvReader,
}

impl Records<'_> {
    /// Calls `f` with the line and the cells of every row until it says `false`.
    fn each(&self, mut f: impl FnMut(u64, &ByteRecord) -> Result<bool>) -> Result<()> {
        let skipped = self.options.skip_lines as u64;
        let separator = match self.separator {
            Separator::Byte(b) => b,
            Separator::Detect => b',',
            Separator::Whitespace => return self.each_by_whitespace(skipped, f),
        };
        let mut reader = ::csv::ReaderBuilder::new()
            .delimiter(separator)
            .has_headers(false)
            .flexible(true)
            .comment(self.options.comment)
            .from_reader(self.text);
        let mut record = ByteRecord::new();
        while reader.read_byte_record(&mut record).map_err(|e| whole(self.file, e.to_string()))? {
            let line = record.position().map_or(0, |p| self.line(p.byte() as usize, p.line()));
            if !f(skipped + line, &record)? {
                break;
            }
        }
        Ok(())
    }

    /// The line on which a record really begins: the parser counts from the end of the record before, which leaves out
    /// the rest of a `\r\n`, blank lines and comments.
    fn line(&self, mut byte: usize, mut line: u64) -> u64 {
        while let Some(&b) = self.text.get(byte) {
            if Some(b) == self.options.comment {
                byte += self.text[byte..].iter().position(|&b| b == b'\n').unwrap_or(0);
                if self.text.get(byte) != Some(&b'\n') {
                    break;
                }
            } else if b != b'\n' && b != b'\r' {
                break;
            }
            line += u64::from(self.text[byte] == b'\n');
            byte += 1;
        }
        line
    }

    fn each_by_whitespace(&self, skipped: u64, mut f: impl FnMut(u64, &ByteRecord) -> Result<bool>) -> Result<()> {
        let mut record = ByteRecord::new();
        for (i, line) in self.text.split(|&b| b == b'\n').enumerate() {
            if line.first().is_some_and(|&b| Some(b) == self.options.comment) {
                continue;
            }
            record.clear();
            let cells = line.split(u8::is_ascii_whitespace).filter(|cell| !cell.is_empty());
            cells.for_each(|cell| record.push_field(cell));
            if !record.is_empty() && !f(skipped + i as u64 + 1, &record)? {
                break;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
#[allow(clippy::float_cmp)] // exact values are meant
mod tests {
    use super::*;
    use crate::datasets::{ColumnKind, StampPolicy};

    fn read(text: &str) -> Table {
        CsvReader::new().read_bytes("t.csv", text.as_bytes()).unwrap()
    }

    fn error(reader: &CsvReader, text: &[u8]) -> String {
        reader.read_bytes("t.csv", text).unwrap_err().to_string()
    }

    #[test]
    fn the_separator_is_found_out() {
        for (text, columns) in [
            ("a,b\n1,2\n", 2),
            ("a;b\n1,5;2,5\n1;2\n", 2),
            ("a\tb\tc\n1\t2\t3\n", 3),
            ("a|b\n1|2", 2),
            ("a\n1\n2\n", 1),
            ("\"x,y\";b\n\"1,2,3\";2\n", 2),
            ("a,b;c\n1,2\n3,4\n", 2),
        ] {
            assert_eq!(read(text).ncols(), columns, "{text}");
        }
        let reader = CsvReader::new().decimal_comma(true).header(false);
        let table = reader.read_bytes("t", b"1,5;2\n-3,25;4\n").unwrap();
        assert_eq!(table.numbers("column_0").unwrap(), [1.5, -3.25]);
        assert!(reader.read_bytes("t", b"1.234,5;2\n").unwrap().numbers("column_0").is_err());
    }

    #[test]
    fn marks_line_ends_quotes_and_missing_cells() {
        let table = read("\u{feff}a,b,c\r\n1,,\"x\"\"y\"\r\n\r\nNaN, 2e3 ,NULL\r\n");
        assert_eq!(table.names(), ["a", "b", "c"]);
        assert!(table.numbers("a").unwrap()[1].is_nan() && table.numbers("b").unwrap()[0].is_nan());
        assert_eq!(table.numbers("b").unwrap()[1], 2000.0);
        assert_eq!(table.texts("c").unwrap(), ["x\"y", "NULL"]);
        assert_eq!(table.kind("c").unwrap(), ColumnKind::Text);
        let sentinel = CsvReader::new().missing(&["-999"]).read_bytes("t", b"x\n-999\n-999.0\n").unwrap();
        assert!(sentinel.numbers("x").unwrap()[0].is_nan() && sentinel.numbers("x").unwrap()[1] == -999.0);
        let ids = CsvReader::new().text_columns(&["id"]).read_bytes("t", b"id\n007\n").unwrap();
        assert_eq!(ids.texts("id").unwrap(), ["007"]);
        let aligned = CsvReader::new().whitespace().header(false).read_bytes("t", b" 1  2\t3 \n\n4 5 6").unwrap();
        assert_eq!(aligned.numbers("column_2").unwrap(), [3.0, 6.0]);
        let latin = CsvReader::new().latin1(true).read_bytes("t", b"T_\xb0C\n1\n").unwrap();
        assert_eq!(latin.names(), ["T_\u{b0}C"]);
    }

    #[test]
    fn errors_name_file_line_and_column() {
        let reader = CsvReader::new();
        assert_eq!(error(&reader, b"a,b\n1,2\n\n1,2,3\n"), "t.csv, line 4: has 3 cells, expected 2");
        assert_eq!(
            error(&reader.clone().comment(b'#'), b"#x\r\na,b\r\n#y\r\n\r\n1\r\n"),
            "t.csv, line 5: has 1 cells, expected 2"
        );
        assert!(error(&reader, b"").contains("no row"));
        assert!(error(&reader, b"a,a\n").contains("columns 0 and 1"));
        assert!(error(&reader, b"a,b\n1,\xff\n").contains("line 2, column `b`"));
        let strict = reader.clone().number_columns(&["b"]);
        assert_eq!(error(&strict, b"a,b\n1,2\n1,x\n"), "t.csv, line 3, column `b`: `x` is not a number");
        assert!(error(&strict, b"a\n1\n").contains("no column `b`"));
        assert!(error(&strict, b"a,b\n1,1e999\n").contains("1e999"));
        let timed = reader.clone().time_column("t").skip_lines(1);
        assert!(error(&timed, b"preamble\nt,x\n2026-01-01,1\nlater,2\n").contains("line 4, column `t`: `later`"));
        assert!(error(&reader.clone().max_bytes(3), b"a,b\n1,2\n").contains("3 bytes"));
        assert!(reader.clone().skip_lines(usize::MAX).read_bytes("t", b"a\n1\n").is_err());
    }

    #[test]
    fn stamps_that_do_not_increase_follow_the_policy() {
        let text = b"t,x\n3,30\n1,10\n2,20\n2,21\n";
        let table = CsvReader::new().time_column("t").read_bytes("t.csv", text).unwrap();
        assert!(table.recording(&["x"]).unwrap_err().to_string().contains("line 3, column `t`"));
        assert!(table.recording_with(&["x"], StampPolicy::Sort).unwrap_err().to_string().contains("line 5"));
        let (recording, report) = table.recording_with(&["x"], StampPolicy::DropDuplicates).unwrap();
        assert_eq!(recording.samples("x").unwrap(), [10.0, 20.0, 30.0]);
        assert_eq!((report.out_of_order, report.duplicates_dropped), (1, 1));
        let zoned = CsvReader::new().time_column("t").assume_offset_minutes(60).unwrap();
        let zoned = zoned.read_bytes("t", b"t,x\n1970-01-01 01:00:00,1\n").unwrap();
        assert_eq!(zoned.recording(&["x"]).unwrap().start(), Some(0.0));
    }

    #[test]
    fn groups_keep_order_and_lines() {
        let table = read("u,x\n2,1\n1,2\n2,3\n");
        let groups = table.groups("u").unwrap();
        assert_eq!(groups.iter().map(|g| g.0.as_str()).collect::<Vec<_>>(), ["2", "1"]);
        assert_eq!(groups[0].1.numbers("x").unwrap(), [1.0, 3.0]);
        assert!(read("u,x\n1,1\n,2\n").groups("u").unwrap_err().to_string().contains("line 3"));
        assert_eq!(read("u,x\nb,1\na,2\nb,3\n").groups("u").unwrap()[0].1.texts("u").unwrap(), ["b", "b"]);
    }

    #[test]
    fn gzip_is_known_by_its_bytes_and_bounded() {
        use std::io::Write;
        let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
        packer.write_all(b"x\n").unwrap();
        packer.write_all(&b"1\n".repeat(1 << 20)).unwrap();
        let bomb = packer.finish().unwrap();
        assert_eq!(CsvReader::new().read_bytes("t", &bomb).unwrap().nrows(), 1 << 20);
        assert!(error(&CsvReader::new().max_bytes(1 << 20), &bomb).contains("max_bytes"));
        assert!(CsvReader::new().read_bytes("t", &bomb[..bomb.len() / 2]).is_err());
    }
}
