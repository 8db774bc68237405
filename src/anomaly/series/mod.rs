//! Is this stretch of a signal normal? Detectors of one series, fitted on a healthy stretch.

use crate::error::Result;

/// A fitted model that says how anomalous every sample of a series is.
pub trait SeriesDetector {
    /// Length of the window a sample is judged by, in samples.
    fn window(&self) -> usize;

    /// Score of every sample, as many as there are samples: higher is more anomalous.
    ///
    /// # Errors
    /// [`Error::TooFew`](crate::Error::TooFew) for a series shorter than a window,
    /// [`Error::NonFinite`](crate::Error::NonFinite) naming the first sample that is NaN or infinite.
    fn score_series(&self, x: &[f64]) -> Result<Vec<f64>>;
}
