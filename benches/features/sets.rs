//! Time a window of the ready-made feature sets, on one thread.
use criterion::Criterion;
use prognos::features::FeatureSet;
use prognos::signal::SampleRate;
use std::hint::black_box;

fn noise(n: usize) -> Vec<f64> {
    let mut state = 1u64;
    (0..n)
        .map(|_| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 11) as f64 / (1u64 << 53) as f64 - 0.5
        })
        .collect()
}

pub fn sets(c: &mut Criterion) {
    for (name, set, n) in [
        ("time_domain", FeatureSet::time_domain(), 4096),
        ("time_domain", FeatureSet::time_domain(), 30),
        ("distribution", FeatureSet::distribution(), 2048),
        ("vibration", FeatureSet::vibration(), 4096),
        ("tsfresh_minimal", FeatureSet::tsfresh_minimal(), 2048),
        ("tsfresh_efficient", FeatureSet::tsfresh_efficient(), 2048),
    ] {
        let x = noise(n);
        let mut extractor = set.extractor(n, SampleRate::hz(12_800.0).unwrap()).unwrap();
        let mut row = vec![0.0; set.len()];
        c.bench_function(&format!("{name} {n}"), |b| {
            b.iter(|| extractor.extract_into(black_box(&x), black_box(&mut row)).unwrap());
        });
    }
}
