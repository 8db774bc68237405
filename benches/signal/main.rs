//! Signal processing: filters, spectra, decompositions.
#![allow(missing_docs, unreachable_pub, clippy::unwrap_used)]

mod decomposition;
mod processing;
mod rolling;
mod spectral;

use criterion::{Criterion, criterion_group, criterion_main};
use std::time::Duration;

criterion_group! {
    name = benches;
    config = Criterion::default().warm_up_time(Duration::from_millis(300)).measurement_time(Duration::from_secs(1));
    targets =
        decomposition::decompositions,
        processing::signal,
        rolling::rolling,
        spectral::spectral
}
criterion_main!(benches);
