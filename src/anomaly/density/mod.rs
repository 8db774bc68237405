//! Detectors by the density of the training rows: scores are minus its logarithm.

mod gmm;
mod kde;

pub use gmm::{Gmm, GmmCovariance, GmmParams, GmmValidParams};
pub use kde::{Bandwidth, Kde, KdeParams, KdeValidParams};
