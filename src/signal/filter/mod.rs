//! Digital filters: design and application.
//!
//! What it answers: the part of a signal below, above, within or outside of a band; a smoothed level; a signal
//! without spikes. For vibration work the usual chain is a high pass or band pass round a resonance, then the
//! envelope ([`crate::signal::hilbert`]); for slow sensors a [`median_filter`] or [`Hampel`] filter
//! against spikes and an [`Ewma`] for the level.
//!
//! | need | use | delay |
//! |---|---|---|
//! | sharp band, few operations, live data | [`Design`] -> [`Sos::filter`], [`Sos::stream`] | frequency dependent |
//! | sharp band, recorded data, no delay | [`Design`] -> [`Sos::filtfilt`] | none (gain squared) |
//! | linear phase, live data | [`FirDesign`] -> [`Fir::filter`], [`Fir::stream`] | `(taps - 1) / 2` samples |
//! | smooth and differentiate, keep peak shape | [`SavitzkyGolay`] | none |
//! | remove spikes | [`median_filter`], [`Hampel`] | none |
//! | recent level | [`Ewma`] | about `1 / alpha` samples |
//!
//! # NaN and infinity
//! Linear filters follow IEEE arithmetic: a NaN or infinite sample makes every output NaN that depends on it. For the
//! recursive ones ([`Sos`]) that is every later output (and all of them in [`Sos::filtfilt`]), until
//! [`SosStream::reset`]. [`Ewma`] passes over NaN as pandas does, [`Hampel`] leaves NaN out of its windows.

mod ewma;
mod fir;
mod iir;
mod median;
mod savgol;
mod sos;

pub use ewma::{Ewma, EwmaStream};
pub use fir::{Fir, FirDesign, FirStream, FirWindow};
pub use iir::Design;
pub use median::{Hampel, HampelResult, median_filter};
pub use savgol::SavitzkyGolay;
pub use sos::{Sos, SosStream};
