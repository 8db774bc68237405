//! What the machine said: samples with a rate, recordings with channels, windows over them, and the signal
//! processing that comes before any feature.

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
