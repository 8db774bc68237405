//! Decompositions of one window.
use criterion::{BenchmarkId, Criterion};
use prognos::signal::decomposition::{Ceemdan, Eemd, Emd, Ssa, Vmd};
use std::hint::black_box;
use std::time::Duration;

pub fn decompositions(c: &mut Criterion) {
    let mut group = c.benchmark_group("decomposition");
    group.sample_size(10).measurement_time(Duration::from_millis(500)).warm_up_time(Duration::from_millis(100));
    for n in [512, 2048] {
        let x: Vec<f64> = (0..n)
            .map(|i| i as f64)
            .map(|i| (0.37 * i).sin() + 0.4 * (1.7 * i).cos() + (0.0011 * i * i).sin() + 1e-3 * i)
            .collect();
        group.bench_function(BenchmarkId::new("emd", n), |b| b.iter(|| Emd::new().decompose(black_box(&x))));
        group.bench_function(BenchmarkId::new("eemd_20", n), |b| {
            b.iter(|| Eemd::new().trials(20).decompose(black_box(&x)));
        });
        group.bench_function(BenchmarkId::new("ceemdan_20", n), |b| {
            b.iter(|| Ceemdan::new().trials(20).decompose(black_box(&x)));
        });
        group.bench_function(BenchmarkId::new("vmd_5", n), |b| b.iter(|| Vmd::new(5).decompose(black_box(&x))));
        group.bench_function(BenchmarkId::new("ssa_50", n), |b| {
            b.iter(|| Ssa::new(50).decompose(black_box(&x)).unwrap().group(&[0, 1]));
        });
    }
    group.finish();
}
