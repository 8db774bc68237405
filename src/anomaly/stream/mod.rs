//! Is this row normal, one row at a time? Detectors that learn as they go, in bounded memory.

use crate::error::Result;

/// A detector that scores a row against what it has seen so far, then learns it.
pub trait StreamingDetector {
    /// Number of columns of a row.
    fn width(&self) -> usize;

    /// Score of the row, then learns it: higher is more anomalous. The score is 0 until there is something to compare with.
    ///
    /// # Errors
    /// [`Error::Shape`](crate::Error::Shape) for a row of another width, [`Error::NonFinite`](crate::Error::NonFinite)
    /// naming the column; the detector is then as it was before.
    fn update(&mut self, row: &[f64]) -> Result<f64>;
}
