//! Trees: bins, growth, prediction. Private parts of the boosted and the bagged learners.

pub(crate) mod bins;
pub(crate) mod forest_growth;
pub(crate) mod gradient;
pub(crate) mod tree;
