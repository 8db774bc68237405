//! Any bits as samples into every calculator: finite numbers or NaN, never a panic.
#![no_main]

use libfuzzer_sys::fuzz_target;
use prognos::features::FeatureSet;
use prognos::signal::{SampleRate, Signal, WindowSpec};
use std::sync::LazyLock;

static ALL: LazyLock<FeatureSet> =
    LazyLock::new(|| FeatureSet::from_specs(FeatureSet::examples()).expect("examples are admissible"));

fuzz_target!(|data: &[u8]| {
    let (chunks, _) = data.as_chunks::<8>();
    let samples: Vec<f64> = chunks.iter().take(512).map(|c| f64::from_le_bytes(*c)).collect();
    let Ok(windows) = Signal::new(&samples, SampleRate::ONE_HZ).windows(WindowSpec::sliding(samples.len().max(1), 1))
    else {
        return;
    };
    if let Ok(matrix) = ALL.extract(windows) {
        assert!(matrix.view().iter().all(|v| v.is_finite() || v.is_nan()));
    }
});
