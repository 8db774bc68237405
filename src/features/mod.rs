//! Numbers per window: feature sets, compiled plans, and the matrices they fill.

mod matrix;

pub use matrix::{FeatureMatrix, Rows};
