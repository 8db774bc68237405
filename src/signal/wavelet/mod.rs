//! Wavelet transforms: discrete, stationary, packets, continuous; denoising.
mod bank;
mod boundary;
mod circular;
mod cwt;
mod dwt;
mod family;
mod modwt;
mod mother;
mod packets;
mod swt;
mod tables;

pub(crate) use boundary::BOUNDARY_NAMES;
pub use boundary::Boundary;
pub use cwt::{Cwt, CwtCoefficients, CwtParams, CwtScratch};
pub use dwt::{Dwt, DwtCoefficients, DwtScratch, dwt, idwt};
pub use family::Wavelet;
pub use modwt::{Modwt, StationaryCoefficients, StationaryScratch};
pub use mother::ContinuousWavelet;
pub use packets::{PacketOrder, PacketScratch, PacketTree, WaveletPackets};
pub use swt::Swt;
pub(crate) use tables::{NAMES, ORTHOGONAL_NAMES};
