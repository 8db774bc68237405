//! Detectors by neighbours, kernels and memory on rows by 20 columns of unequal spread.

use criterion::{Criterion, Throughput};
use ndarray::Array2;
use prognos::anomaly::{Cblof, Detector, Gmm, Kde, Knn, Lof, Mset, OneClassSvm};
use std::hint::black_box;

/// Mixtures of twenty sources, as correlated sensors are.
fn rows(n: usize) -> Array2<f64> {
    let mut state = 3u64;
    let mut next = move || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 11) as f64 / (1u64 << 52) as f64 - 1.0
    };
    let mut normal = move || next() + next() + next();
    let mix = Array2::from_shape_simple_fn((20, 20), &mut normal) / 20f64.sqrt();
    Array2::from_shape_simple_fn((n, 20), &mut normal).dot(&mix)
}

pub(crate) fn neighbours(c: &mut Criterion) {
    let x = rows(20_000);
    let few = rows(5_000);
    let mut group = c.benchmark_group("neighbours");
    group.sample_size(10).throughput(Throughput::Elements(20_000));
    group.bench_function("kNN fit, k 5", |b| b.iter(|| Knn::params().neighbours(5).fit(black_box(&x)).unwrap()));
    group.bench_function("LOF fit, k 20", |b| b.iter(|| Lof::params().fit(black_box(&x)).unwrap()));
    let model = Lof::params().fit(&x).unwrap();
    group.bench_function("LOF score, k 20", |b| b.iter(|| model.score(black_box(&x)).unwrap()));
    let model = Mset::params().fit(&x).unwrap();
    group.bench_function("MSET score", |b| b.iter(|| model.score(black_box(&x)).unwrap()));
    let model = Gmm::params().starts(1).fit(&x).unwrap();
    group.bench_function("mixture score", |b| b.iter(|| model.score(black_box(&x)).unwrap()));
    let model = Cblof::params().fit(&x).unwrap();
    group.bench_function("CBLOF score", |b| b.iter(|| model.score(black_box(&x)).unwrap()));
    group.throughput(Throughput::Elements(5_000));
    let svm = OneClassSvm::params();
    group.bench_function("one-class SVM fit", |b| b.iter(|| svm.fit(black_box(&few)).unwrap()));
    let model = svm.fit(&few).unwrap();
    group.bench_function("one-class SVM score", |b| b.iter(|| model.score(black_box(&few)).unwrap()));
    let model = Kde::params().fit(&few).unwrap();
    group.bench_function("kernel density score", |b| b.iter(|| model.score(black_box(&few)).unwrap()));
    group.finish();
}
