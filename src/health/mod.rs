//! Many features to one health index; how good an indicator is for prognosis.
//!
//! [`quality`] says which features are worth fusing, [`HealthIndex`] fuses them to a number that is 0 for a healthy unit
//! and 1 at the end of its life.

mod index;
pub mod quality;

pub use index::{Fusion, HealthIndex, HealthIndexParams, HealthIndexValidParams, HealthUnit};
