//! MiniRocket and MultiRocket: one window, buffers ready.
use criterion::{BenchmarkId, Criterion};
use ndarray::Array2;
use prognos::features::convolution::{MiniRocket, MultiRocket};
use std::hint::black_box;
use std::time::Duration;

pub fn transforms(c: &mut Criterion) {
    let mut group = c.benchmark_group("convolution");
    group.sample_size(10).measurement_time(Duration::from_millis(500)).warm_up_time(Duration::from_millis(100));
    for n in [128, 2048] {
        let rows = Array2::from_shape_fn((8, n), |(i, t)| ((t * (i + 3)) as f64 * 0.37).sin() + (t as f64 * 1.7).cos());
        let x = rows.row(0).to_vec();
        let mini = MiniRocket::params().fit(&rows).unwrap();
        let (mut scratch, mut row) = (mini.scratch(), vec![0.0; mini.n_features()]);
        group.bench_function(BenchmarkId::new("minirocket_9996", n), |b| {
            b.iter(|| mini.transform_into(black_box(&x), &mut row, &mut scratch));
        });
        let multi = MultiRocket::params().fit(&rows).unwrap();
        let (mut scratch, mut row) = (multi.scratch(), vec![0.0; multi.n_features()]);
        group.bench_function(BenchmarkId::new("multirocket_49728", n), |b| {
            b.iter(|| multi.transform_into(black_box(&x), &mut row, &mut scratch));
        });
    }
    group.finish();
}
