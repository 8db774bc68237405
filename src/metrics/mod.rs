//! How good was it? Scores of detectors and of forecasts of remaining life against what really happened.
//!
//! | part | judges |
//! |---|---|
//! | [`detection`] | anomaly scores and alarms against labelled rows or events |
//! | [`prognosis`] | forecasts of remaining life: points, paths, intervals, distributions |
//! | [`survival`] | risks and survival curves of units of which some are still running |
//! | [`Bootstrap`] | how far a mean over files (or any statistic of it) can be trusted |
//!
//! Every number here takes labels that were recorded by somebody. Nothing may be tuned on them: what is chosen with
//! their help is called an oracle.

mod bootstrap;
pub mod detection;
pub mod prognosis;
pub mod survival;

pub use bootstrap::{Bootstrap, Interval};
