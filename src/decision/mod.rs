//! What to do: inspect, plan, act; when to replace.
//!
//! [`CostModel`] turns the remaining life of one unit into one of four actions and the sentence that says why.
//! [`AgeReplacement`] and [`BlockReplacement`] fix replacement intervals for a whole population from its life
//! distribution, without any measurement.

mod age_replacement;
mod cost;

pub use age_replacement::{AgeReplacement, BlockReplacement, cost_rate};
pub use cost::{Action, CostModel, Decision};
