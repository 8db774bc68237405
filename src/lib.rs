// The README's code needs the optional features; without them it cannot be a test.
#![cfg_attr(feature = "persist", doc = include_str!("../README.md"))]
#![cfg_attr(not(feature = "persist"), doc = "Predictive maintenance analytics; the README is the front page.")]
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
pub mod metrics;
#[cfg(feature = "persist")]
pub mod persist;
pub mod rul;
pub mod signal;

pub use error::{Error, Result};
pub use ndarray;
