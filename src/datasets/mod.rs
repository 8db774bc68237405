//! Readers of recorded data: CSV files and NumPy arrays.

mod bytes;
mod csv;
mod npy;
mod table;
mod time;

pub use csv::CsvReader;
pub use npy::NpyArray;
pub use table::{ColumnKind, StampPolicy, StampReport, Table};
pub use time::TimeFormat;
