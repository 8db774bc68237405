//! Readers of recorded data: CSV tables, NumPy arrays, and the recordings that come with the project's repository.
//!
//! For whoever has files: a plant's CSV export walks [`CsvReader`] -> [`Table`] -> [`Recording`](crate::signal::Recording);
//! an archive's arrays walk [`NpyArray`]. Both read plain and gzip files, name file, line and column in every error, never
//! panic on any bytes, and use memory in proportion to what the file really holds. Reading is O(size of the file).
//!
//! The functions named after a data set read the folder `datasets` of the repository; see [`directory`].
//!
//! Not for streams that do not end (feed rows to a streaming detector), for spreadsheets or for databases: export CSV.
//!
//! ```
//! use prognos::datasets::CsvReader;
//! use prognos::signal::{ResampleMethod, ResamplePolicy, SampleRate};
//! let text = "time,rms_mm_s\n2026-03-01T00:00:00Z,1.2\n2026-03-01T00:10:00Z,1.3\n2026-03-01T00:30:00Z,1.5\n";
//! let table = CsvReader::new().time_column("time").read_bytes("pump_7.csv", text.as_bytes())?;
//! let recording = table.recording(&["rms_mm_s"])?.with_unit("rms_mm_s", "mm/s")?;
//! let policy = ResamplePolicy::new(SampleRate::every_seconds(600.0)?, ResampleMethod::Linear);
//! let (uniform, report) = recording.resample_uniform(&policy)?;
//! assert_eq!((uniform.len(), report.channels[0].computed), (4, 1));
//! # Ok::<(), prognos::Error>(())
//! ```

mod bytes;
mod csv;
mod npy;
mod recorded;
pub mod reliability;
mod table;
mod time;
mod turbofan;

pub use csv::CsvReader;
pub use npy::NpyArray;
pub use recorded::{Labelled, Specimen, crack_growth, directory, hvac_vibration, shuttle, water_flow};
pub use table::{ColumnKind, StampPolicy, StampReport, Table};
pub use time::TimeFormat;
pub use turbofan::Turbofan;
