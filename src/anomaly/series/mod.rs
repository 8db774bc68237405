//! Is this stretch of a signal normal? Detectors of one series, fitted on a healthy stretch.
//!
//! Every detector gives every sample a score: **higher is more anomalous**. Detectors that judge windows say by a
//! [`Spread`] how a window's score becomes that of its samples. How long a window should be is answered by
//! [`WindowLength`].
//!
//! | detector | asks | learns from a healthy stretch | looks ahead |
//! |---|---|---|---|
//! | [`SubPca`] | is the window made of healthy shapes? | directions of windows | by its [`Spread`] |
//! | [`WindowKMeans`] | is it near one of the healthy shapes? | centroids of windows | by its [`Spread`] |
//! | [`KShape`] | the same, at any shift? | shapes | by its [`Spread`] |
//! | [`Series2Graph`] | do patterns follow each other as usual? | a graph of ways | by its [`Spread`] |
//! | [`ForecastResidual`] | did the samples before foresee it? | lags, covariates or factors of smoothing | no |
//! | [`SeasonalResidual`] | is it usual at this phase of the cycle? | season and spread | only with a trend |
//! | [`LocalPolynomial`] | does it lie on the curve of its neighbours? | the scale | unless causal |
//! | [`Shift`] | do level or spread jump here? | sizes of ordinary jumps | unless causal |
//! | [`SpectralResidual`] | does it stand out of the spectrum? | nothing | yes |
//!
//! Running mean and deviation, one value at a time: [`RunningGaussian`](super::stream::RunningGaussian),
//! [`RunningDeviation`](super::stream::RunningDeviation).
//!
//! ```
//! use prognos::anomaly::series::{SeriesDetector, SubPca, WindowLength};
//! use prognos::anomaly::Threshold;
//! let mut x: Vec<f64> = (0..2000).map(|i| (f64::from(i) * 0.2).sin() + 0.02 * (f64::from(i) * 7.3).sin()).collect();
//! for i in 1500..1520 {
//!     x[i] *= 0.6; // a weak half cycle
//! }
//! let healthy = &x[..1000];
//! let window = WindowLength::default().find(healthy)?.unwrap_or(125);
//! let model = SubPca::params(window).fit(healthy)?;
//! let limit = Threshold::false_alarms(0.001).fit(&model.score_series(healthy)?)?;
//! let events = limit.events(&model.score_series(&x)?);
//! assert!(events.iter().any(|e| (1490..1530).contains(&e.peak)));
//! # Ok::<(), prognos::Error>(())
//! ```

mod forecast;
mod graph;
mod kshape;
mod poly;
mod search;
mod seasonal;
mod shift;
mod spectral_residual;
mod sub_pca;
mod window_kmeans;
mod window_length;
mod windows;

pub use forecast::{ForecastResidual, ForecastResidualParams, ForecastResidualValidParams};
pub use graph::{Series2Graph, Series2GraphParams, Series2GraphValidParams};
pub use kshape::{KShape, KShapeParams, KShapeValidParams};
pub use poly::{LocalPolynomial, LocalPolynomialParams, LocalPolynomialValidParams};
pub use seasonal::{SeasonalResidual, SeasonalResidualParams, SeasonalResidualValidParams, generalized_esd};
pub use shift::{Shift, ShiftParams, ShiftValidParams};
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
