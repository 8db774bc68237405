//! The laws every public feature, detector and model obeys: same bits on any number of threads, columns that do not
//! depend on the data, streaming equal to batch, saved equal to fitted, the direction of scores, ordered intervals.
#![allow(unreachable_pub, clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::float_cmp)]

mod law_checks;
