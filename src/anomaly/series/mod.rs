//! Is this stretch of a signal normal? Detectors of one series, fitted on a healthy stretch.
//!
//! Every detector gives every sample a score: **higher is more anomalous**. Detectors that judge windows say by a
//! [`Spread`] how a window's score becomes that of its samples. How long a window should be is answered by
//! [`WindowLength`].

mod spectral_residual;
mod sub_pca;
mod window_kmeans;
mod window_length;
mod windows;

pub use spectral_residual::{SpectralResidual, SpectralResidualParams, SpectralResidualValidParams};
pub use sub_pca::{SubPca, SubPcaParams, SubPcaValidParams};
pub use window_kmeans::{WindowKMeans, WindowKMeansParams, WindowKMeansValidParams};
pub use window_length::{WindowLength, WindowMethod};
pub use windows::{Normalise, Spread};

use crate::error::Result;

/// A fitted model that says how anomalous every sample of a series is.
pub trait SeriesDetector {
    /// Length of the window a sample is judged by, in samples.
    fn window(&self) -> usize;

    /// Score of every sample, as many as there are samples: higher is more anomalous.
    ///
    /// # Errors
    /// [`Error::TooFew`](crate::Error::TooFew) for a series shorter than a window,
    /// [`Error::NonFinite`](crate::Error::NonFinite) naming the first sample that is NaN or infinite,
    /// [`Error::Numeric`](crate::Error::Numeric) when a score overflows.
    fn score_series(&self, x: &[f64]) -> Result<Vec<f64>>;

    /// What the detector would have found normal in place of the [`window`](Self::window) samples from `start` on, in
    /// the unit of the series; `None` from a detector that has no such picture.
    ///
    /// # Errors
    /// As [`score_series`](Self::score_series), and [`Error::Shape`](crate::Error::Shape) when the series ends within
    /// the window.
    fn expected(&self, x: &[f64], start: usize) -> Result<Option<Vec<f64>>> {
        let _ = (x, start);
        Ok(None)
    }
}
