//! Stretches of a series compared with each other: what the matrix profile and its family share.

#[allow(dead_code)]
mod stretches;

#[allow(unused_imports)]
pub(crate) use stretches::{Kind, Stretches, scale_of};
