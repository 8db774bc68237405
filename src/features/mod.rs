//! Numbers per window: feature sets, compiled plans, and the matrices they fill.
//!
//! # How a feature comes to be
//! A *calculator* is one function with parameters; a [`FeatureSpec`] is a calculator with its parameters, written
//! and read as its name (`quantile__q_0.9`); a [`FeatureSet`] is a list of specs. A set is compiled into a plan which
//! computes what several features need (one sort, one difference, one transform) once a window, and an
//! [`Extractor`] runs that plan without allocating.
//!
//! # Names
//! Names follow tsfresh: `feature__param_value`. A name that tsfresh has means what tsfresh computes; where a
//! definition of our own differs, it has a name of its own.
//!
//! # NaN
//! An undefined value (0/0, too short a window, the skewness of a constant) is NaN, and so is one that overflows.
//! A window with a NaN or infinite sample follows the set's [`NanPolicy`].

mod amplitude;
mod autoregression;
mod calculator;
pub mod compat;
mod complexity;
pub mod convolution;
mod fractal;
mod matrix;
pub mod multichannel;
mod needs;
mod plan;
pub mod profile;
mod registry;
mod scratch;
pub mod selection;
mod set;
mod sets;
mod shared;
mod spec;
mod spectrum;
mod stream;
mod trend;
mod wavelet;

pub use matrix::{FeatureMatrix, Rows};
pub use plan::Extractor;
pub use set::{Feature, FeatureSet, NanPolicy};
pub(crate) use shared::quantile_of_sorted;
pub use shared::{Needs, Scratch, Shared};
pub use spec::{FeatureSpec, Value};
pub use stream::FeatureStream;
