//! The one error type of the crate.
//!
//! Every fallible function returns [`Result`]. An error names what is wrong and where: the parameter and its
//! value, the row and the column, the file and the line. Nothing in the crate panics on bad input.

use std::borrow::Cow;
use std::fmt::Display;

/// Shorthand for a result with this crate's [`enum@Error`].
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What can go wrong, and where it did.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A setting lies outside of its range.
    #[error("parameter `{name}` = {value}: {reason}")]
    Parameter {
        /// Name of the parameter as it is written in the API.
        name: Cow<'static, str>,
        /// The value that was given.
        value: String,
        /// The rule it breaks.
        reason: Cow<'static, str>,
    },
    /// Two things that must have the same size do not.
    #[error("{what}: expected {expected}, found {found}")]
    Shape {
        /// What was measured, for example `columns of the rows to score`.
        what: Cow<'static, str>,
        /// The size that was needed.
        expected: usize,
        /// The size that was given.
        found: usize,
    },
    /// A cell is NaN or infinite where a number is needed.
    #[error("{what}: row {row}, column {column} is {value}, not a finite number")]
    NonFinite {
        /// Which table or series.
        what: Cow<'static, str>,
        /// Row, counted from 0.
        row: usize,
        /// Name of the column, or its number when the columns have no names.
        column: String,
        /// The value found there.
        value: f64,
    },
    /// There is too little data for the question.
    #[error("{what}: needs at least {needed}, found {found}")]
    TooFew {
        /// What there is too little of.
        what: Cow<'static, str>,
        /// Smallest number that would do.
        needed: usize,
        /// Number that was given.
        found: usize,
    },
    /// A feature name that no calculator of this version knows.
    #[error("unknown feature `{name}`: {reason}")]
    UnknownFeature {
        /// The name as it was given.
        name: String,
        /// Which part of it is not understood.
        reason: String,
    },
    /// A model meets columns other than those it was fitted on.
    #[error("column {position} is `{found}`, but the model was fitted on `{expected}`")]
    Columns {
        /// Position of the first difference, counted from 0.
        position: usize,
        /// Name at that place when the model was fitted.
        expected: String,
        /// Name at that place now.
        found: String,
    },
    /// A computation has no answer for this data: a singular matrix, an optimum that does not exist.
    #[error("{what}: {reason}")]
    Numeric {
        /// The computation.
        what: Cow<'static, str>,
        /// Why it has no answer, and what would help.
        reason: String,
    },
    /// A recorded file cannot be understood at one place.
    #[error("{file}{}: {reason}", place(*line, column.as_deref()))]
    Parse {
        /// Path or name of the file.
        file: String,
        /// Line, counted from 1; 0 when the whole file is meant.
        line: u64,
        /// Name or number of the column, where one is to blame.
        column: Option<String>,
        /// What was expected and what stands there.
        reason: String,
    },
    /// A file cannot be read or written.
    #[error("{file}: {source}")]
    Io {
        /// Path of the file.
        file: String,
        /// The operating system's answer.
        source: std::io::Error,
    },
    /// A saved model cannot be used: other format, other version, other kind, or damaged.
    #[error("model file: {reason}")]
    Model {
        /// What does not fit.
        reason: String,
    },
}

/// Where in a file: nothing for the whole file.
fn place(line: u64, column: Option<&str>) -> String {
    let line = if line > 0 { format!(", line {line}") } else { String::new() };
    line + &column.map(|c| format!(", column `{c}`")).unwrap_or_default()
}

impl Error {
    /// A parameter outside of its range.
    pub(crate) fn parameter(
        name: impl Into<Cow<'static, str>>,
        value: impl Display,
        reason: impl Into<Cow<'static, str>>,
    ) -> Self {
        let mut value = value.to_string();
        // 1e308 written out has 309 digits.
        if value.len() > 24
            && let Ok(number) = value.parse::<f64>()
        {
            value = format!("{number:?}");
        }
        Self::Parameter { name: name.into(), value, reason: reason.into() }
    }

    /// Two sizes that differ.
    pub(crate) fn shape(what: impl Into<Cow<'static, str>>, expected: usize, found: usize) -> Self {
        Self::Shape { what: what.into(), expected, found }
    }

    /// Too little data.
    pub(crate) fn too_few(what: impl Into<Cow<'static, str>>, needed: usize, found: usize) -> Self {
        Self::TooFew { what: what.into(), needed, found }
    }

    /// A computation without an answer.
    pub(crate) fn numeric(what: impl Into<Cow<'static, str>>, reason: impl Into<String>) -> Self {
        Self::Numeric { what: what.into(), reason: reason.into() }
    }
}

impl From<linfa::error::Error> for Error {
    fn from(error: linfa::error::Error) -> Self {
        Self::numeric("linfa", error.to_string())
    }
}

impl From<linfa_linalg::LinalgError> for Error {
    fn from(error: linfa_linalg::LinalgError) -> Self {
        Self::numeric("linear algebra", error.to_string())
    }
}

/// `Ok` when every value is finite; otherwise the error that names the first one that is not.
pub(crate) fn check_finite(what: &'static str, column: &str, values: &[f64]) -> Result<()> {
    match values.iter().position(|v| !v.is_finite()) {
        None => Ok(()),
        Some(row) => Err(Error::NonFinite { what: what.into(), row, column: column.to_owned(), value: values[row] }),
    }
}

/// `Ok(value)` when it is finite and greater than zero.
pub(crate) fn check_positive(name: &'static str, value: f64) -> Result<f64> {
    if value.is_finite() && value > 0.0 {
        Ok(value)
    } else {
        Err(Error::parameter(name, value, "must be finite and greater than 0"))
    }
}

/// `Ok(value)` when it lies strictly between 0 and 1.
pub(crate) fn check_fraction(name: &'static str, value: f64) -> Result<f64> {
    if value > 0.0 && value < 1.0 {
        Ok(value)
    } else {
        Err(Error::parameter(name, value, "must lie strictly between 0 and 1"))
    }
}
