//! Wavelets: octaves and bands of a signal, each with its own resolution in time.
//!
//! | question | take |
//! |---|---|
//! | energies by octave, a compact description | [`Dwt`] |
//! | energies in bands of equal width | [`WaveletPackets`] |
//! | variances by octave, whatever the length and the start of the window | [`Modwt`] |
//! | coefficients beside their samples, PyWavelets' `swt` | [`Swt`] |
//! | frequencies of your choice, sample by sample | [`Cwt`] |
//! | a signal without its noise | [`Denoiser`] |
//! | one level by itself | [`dwt()`], [`idwt`] |
//!
//! A [`Wavelet`] has filters and is read from its name (`"db4"`); a [`ContinuousWavelet`] has a formula (`"cmor1.5-1.0"`).
//! Names, signs, lengths and boundaries are those of PyWavelets (and so, for the most part, MATLAB's). Settings make a plan for
//! signals of one length (`Send + Sync`, never changed), a plan makes its scratch (one a thread), and `process` writes into
//! memory of the caller and allocates nothing; short forms that allocate stand beside it. NaN and infinite samples make
//! the coefficients NaN or infinite that read them; nothing panics.
//!
//! # Energy
//! Orthogonal wavelets keep the energy under [`Boundary::Periodization`] at even lengths, and in [`Modwt`] always. The
//! default boundary repeats some of the signal at its ends, and has so much more.
//!
//! # Sources
//! S. Mallat, A theory for multiresolution signal decomposition (1989); I. Daubechies, *Ten Lectures on Wavelets* (1992);
//! D. Percival, A. Walden, *Wavelet Methods for Time Series Analysis* (2000); G. Lee et al., PyWavelets (2019).

mod bank;
mod boundary;
mod circular;
mod cwt;
mod denoise;
mod dwt;
mod family;
mod modwt;
mod mother;
mod packets;
#[cfg(feature = "serde")]
mod serial;
mod swt;
mod tables;

pub(crate) use boundary::BOUNDARY_NAMES;
pub use boundary::Boundary;
pub use cwt::{Cwt, CwtCoefficients, CwtParams, CwtScratch};
pub use denoise::{Denoiser, Shrinkage, ThresholdRule};
pub use dwt::{Dwt, DwtCoefficients, DwtScratch, dwt, idwt};
pub use family::Wavelet;
pub use modwt::{Modwt, StationaryCoefficients, StationaryScratch};
pub use mother::ContinuousWavelet;
pub use packets::{PacketOrder, PacketScratch, PacketTree, WaveletPackets};
pub use swt::Swt;
pub(crate) use tables::{NAMES, ORTHOGONAL_NAMES};
