//! What the machine said: samples with a rate, recordings with channels, windows over them, and the signal
//! processing that comes before any feature.
//!
//! | question | take |
//! |---|---|
//! | which frequencies, on average over the window? | [`spectral`] |
//! | the pulse train of a bearing under a resonance? | [`hilbert`] after a band of [`filter`] |
//! | which octaves or bands, and when? noise to take off? | [`wavelet`] |
//! | oscillations whose frequency moves or is unknown, a trend? | [`decomposition`] |
//! | a model that predicts the next sample, its residual, a unit root? | [`autoregression`] |
//! | a state that is not linear: dimension, divergence, recurrence? | [`phase_space`] |
//! | peaks, load cycles and their damage? | [`peaks`], [`rainflow`] |
//! | velocity from acceleration, drift, another sample rate? | [`integrate`], [`detrend`], [`resample`] |
//!
//! One number a window of any of these is a feature: see [`crate::features`].

pub mod autoregression;
pub mod decomposition;
pub mod detrend;
pub mod filter;
pub mod hilbert;
pub mod integrate;
pub mod peaks;
pub mod phase_space;
pub mod rainflow;
mod rate;
mod recording;
pub mod resample;
pub mod rolling;
pub mod spectral;
pub mod wavelet;
mod windows;

pub use rate::SampleRate;
pub use recording::{
    Channel, ChannelFill, FillPolicy, Gap, Missing, OnMissing, Recording, ResampleMethod, ResamplePolicy,
    ResampleReport, Sampling, StepLimit,
};
pub use windows::{Signal, Window, WindowSpec, Windows};
