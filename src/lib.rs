#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod error;
mod math;

pub mod anomaly;
#[cfg(feature = "datasets")]
pub mod datasets;
pub mod decision;
pub mod features;
pub mod health;
pub mod learners;
#[cfg(feature = "persist")]
pub mod persist;
pub mod rul;
pub mod signal;

pub use error::{Error, Result};
pub use ndarray;
