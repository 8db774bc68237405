//! Naive twins: slow, obvious versions of every fast kernel, and tests that both agree.
#![allow(unreachable_pub, clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::float_cmp)]

mod anomaly;
mod features;
mod rul;
mod signal;
mod spectral;
mod trend;
