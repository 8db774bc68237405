//! Fractal and phase space features: one window, buffers ready.
use criterion::{BenchmarkId, Criterion};
use prognos::features::FeatureSet;
use prognos::signal::SampleRate;
use prognos::signal::phase_space::{FalseNearestNeighbours, MutualInformation};
use std::hint::black_box;
use std::time::Duration;

/// A chaotic signal: the logistic map over a wave.
fn signal(n: usize) -> Vec<f64> {
    let map = std::iter::successors(Some(0.4), |x| Some(3.99 * x * (1.0 - x)));
    map.zip(0..n).map(|(v, i)| v + 0.5 * (i as f64 * 0.37).sin()).collect()
}

const FEATURES: &[&str] = &[
    "higuchi_fd",
    "katz_fd",
    "petrosian_fd",
    "dfa__overlap_False",
    "dfa__overlap_True",
    "mfdfa_width",
    "hurst_rs",
    "generalized_hurst",
    "correlation_dimension",
    "lyapunov_rosenstein",
    "recurrence__attr_\"determinism\"",
    "visibility__attr_\"mean\"",
    "horizontal_visibility__attr_\"mean\"",
    "chaos_01",
];

pub fn features(c: &mut Criterion) {
    let mut group = c.benchmark_group("fractal");
    group.sample_size(10).measurement_time(Duration::from_millis(300)).warm_up_time(Duration::from_millis(100));
    let x = signal(2048);
    for name in FEATURES {
        let set = FeatureSet::from_names([*name]).unwrap();
        let mut extractor = set.extractor(x.len(), SampleRate::ONE_HZ).unwrap();
        let mut row = [0.0];
        group.bench_function(BenchmarkId::new(*name, x.len()), |b| {
            b.iter(|| extractor.extract_into(black_box(&x), &mut row));
        });
    }
    group.bench_function("false_nearest_neighbours_5", |b| {
        b.iter(|| FalseNearestNeighbours::new(5).shares(black_box(&x), 1));
    });
    group.bench_function("mutual_information_20", |b| b.iter(|| MutualInformation::of(black_box(&x), 20, 16)));
    group.finish();
}
