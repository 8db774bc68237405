//! Naive twins: slow, obvious versions of every fast kernel, and tests that both agree.
#![allow(unreachable_pub, clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::float_cmp)]

mod anomaly;
mod autoregression;
mod catch22;
mod changepoint;
mod complexity;
mod convolution;
mod decomposition;
mod discord;
mod discord_search;
mod features;
mod fractal;
mod learners;
mod metrics;
mod multichannel;
mod neighbours;
mod rhythm;
mod rolling;
mod rul;
mod selection;
mod series;
mod signal;
mod spectral;
mod stream;
mod tabular;
mod thresholds;
mod trend;
mod tsfel;
mod tsfresh;
mod wavelet;
