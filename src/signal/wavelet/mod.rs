//! Wavelet transforms: discrete, stationary, packets, continuous; denoising.
mod bank;
mod boundary;
mod dwt;
mod family;
mod tables;

pub(crate) use boundary::BOUNDARY_NAMES;
pub use boundary::Boundary;
pub use dwt::{Dwt, DwtCoefficients, DwtScratch, dwt, idwt};
pub use family::Wavelet;
pub(crate) use tables::NAMES as WAVELET_NAMES;
