//! How good was it? Scores of detectors and of forecasts of remaining life against what really happened.

pub mod prognosis;
pub mod survival;
