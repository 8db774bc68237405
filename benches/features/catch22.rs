//! catch22, both versions: one window, buffers ready.
use criterion::{BenchmarkId, Criterion};
use prognos::features::FeatureSet;
use prognos::features::compat::catch22::Version;
use prognos::signal::SampleRate;
use std::hint::black_box;
use std::time::Duration;

/// A wave with what stands for noise: whole numbers run through a multiplicative generator.
fn wave(n: usize) -> Vec<f64> {
    let mut state = 1_u32;
    (0..n)
        .map(|i| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (i as f64 * 0.07).sin() + f64::from(state) / f64::from(u32::MAX)
        })
        .collect()
}

pub fn catch22(c: &mut Criterion) {
    let mut group = c.benchmark_group("catch22");
    group.sample_size(20).warm_up_time(Duration::from_millis(200)).measurement_time(Duration::from_millis(500));
    for (name, version) in [("v0_4", Version::V0_4), ("v1", Version::V1)] {
        for n in [100, 2048] {
            let x = wave(n);
            let set = FeatureSet::catch22(version);
            let mut row = vec![0.0; set.len()];
            let mut extractor = set.extractor(n, SampleRate::ONE_HZ).unwrap();
            group.bench_function(BenchmarkId::new(name, n), |b| {
                b.iter(|| {
                    extractor.extract_into(black_box(&x), &mut row).unwrap();
                    black_box(row[0])
                });
            });
        }
    }
    group.finish();
}
