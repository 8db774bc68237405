//! Spectra, cepstra and the windows and transforms behind them.
//!
//! | question | take |
//! |---|---|
//! | level of noise and broad humps, many samples | [`Welch`] |
//! | the same from few samples | [`Multitaper`] |
//! | lines at the finest resolution | [`Periodogram`], [`AmplitudeSpectrum`] |
//! | one known frequency, sample by sample | [`Goertzel`] |
//! | values at uneven times | [`lomb_scargle`] |
//! | families of lines, echoes | [`Cepstrum`] |
//! | purity of a tone | [`ToneQuality`], [`total_harmonic_distortion`] |
//! | change within a signal | [`Stft`] |
//! | do two sensors see the same | [`Welch::coherence`] |
//! | the transform itself | [`RealFft`] |
//!
//! Settings make a *plan* (`Send + Sync`, never changed), a plan makes its *scratch* (one a thread), and `process` writes into memory of the
//! caller and allocates nothing. Short forms that allocate stand beside them. Frequencies are in hertz where a
//! [`SampleRate`](crate::signal::SampleRate) is given; spectra are one-sided. NaN or infinite samples make NaN or infinite spectra; nothing
//! panics.

mod cepstrum;
mod cross;
mod detrend;
mod dpss;
mod fft;
mod goertzel;
mod harmonics;
mod lombscargle;
mod multitaper;
mod periodogram;
mod spectrum;
mod stft;
mod welch;
mod window;

pub(crate) use cepstrum::peak_between;
pub use cepstrum::{Cepstrum, CepstrumScratch, peak_quefrency};
pub use detrend::Detrend;
pub use dpss::{dpss, slepian_window};
pub use fft::{FftScratch, RealFft};
pub(crate) use fft::{log_magnitude, magnitude};
pub use goertzel::Goertzel;
pub(crate) use harmonics::{TonePlan, ToneScratch};
pub use harmonics::{ToneQuality, total_harmonic_distortion};
pub use lombscargle::{false_alarm_probability, lomb_scargle, lomb_scargle_normalised};
pub use multitaper::{Multitaper, MultitaperParams, MultitaperScratch};
pub use periodogram::{
    Amplitude, AmplitudeScratch, AmplitudeSpectrum, Periodogram, PeriodogramParams, PeriodogramScratch,
};
pub use rustfft::num_complex::Complex64;
pub use spectrum::{Scaling, Spectrum};
pub use stft::{Stft, StftScratch};
pub use welch::{Average, Welch, WelchParams, WelchScratch};
pub use window::WindowFunction;
