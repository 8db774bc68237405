//! Features: sets, families, transforms of windows, choosing among columns.
#![allow(missing_docs, unreachable_pub, clippy::unwrap_used)]

mod autoregression;
mod catch22;
mod complexity;
mod convolution;
mod fractal;
mod selection;
mod sets;
mod trend;
mod tsfel;
mod wavelet;

use criterion::{Criterion, criterion_group, criterion_main};
use std::time::Duration;

criterion_group! {
    name = benches;
    config = Criterion::default().warm_up_time(Duration::from_millis(300)).measurement_time(Duration::from_secs(1));
    targets =
        autoregression::features,
        autoregression::models,
        catch22::catch22,
        complexity::entropies,
        convolution::transforms,
        fractal::features,
        selection::selection,
        sets::sets,
        trend::features,
        tsfel::tsfel,
        wavelet::wavelet
}
criterion_main!(benches);
