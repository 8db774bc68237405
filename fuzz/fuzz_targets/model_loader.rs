//! Any bytes into the model loader; what loads must score without a panic.
#![no_main]

use libfuzzer_sys::fuzz_target;
use prognos::anomaly::{Detector, IsolationForest, PcaMonitor};
use prognos::features::FeatureSet;
use prognos::learners::Scaler;
use prognos::ndarray::Array2;
use prognos::persist::{Persist, from_bytes, from_json};

/// The model in either form, when there is one.
fn load<M: Persist>(data: &[u8]) -> Option<M> {
    from_bytes(data).ok().or_else(|| from_json(std::str::from_utf8(data).ok()?).ok())
}

fuzz_target!(|data: &[u8]| {
    let rows = |d: usize| Array2::from_shape_fn((3, d), |(i, j)| (i * d + j) as f64 - 1.5);
    if let Some(model) = load::<PcaMonitor>(data) {
        let _ = model.score(&rows(Persist::feature_names(&model).len()));
    }
    if let Some(model) = load::<IsolationForest>(data) {
        let _ = model.score(&rows(Persist::feature_names(&model).len()));
    }
    if let Some(model) = load::<Scaler>(data) {
        let _ = model.transform(&rows(Persist::feature_names(&model).len()));
    }
    let _ = load::<FeatureSet>(data);
});
