//! Spectra, cepstra and the windows and transforms behind them.
mod detrend;
mod dpss;
mod fft;
mod periodogram;
mod spectrum;
mod welch;
mod window;

pub use detrend::Detrend;
pub use dpss::{dpss, slepian_window};
pub use fft::{FftScratch, RealFft};
pub use periodogram::{Amplitude, AmplitudeScratch, AmplitudeSpectrum, Periodogram, PeriodogramParams, PeriodogramScratch};
pub use rustfft::num_complex::Complex64;
pub use spectrum::{Scaling, Spectrum};
pub use welch::{Average, Welch, WelchParams, WelchScratch};
pub use window::WindowFunction;
