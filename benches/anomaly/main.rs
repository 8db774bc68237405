//! Detectors on 20,000 rows by 20 columns.
#![allow(missing_docs, clippy::unwrap_used, unreachable_pub)]

mod change;
mod discord;
mod discord_search;
mod neighbours;
mod rhythm;
mod series;
mod stream;
mod tabular;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use ndarray::Array2;
use prognos::anomaly::{Detector, Events, IsolationForest, PcaMonitor, Threshold};
use prognos::learners::Scaler;
use std::hint::black_box;

fn rows(n: usize, d: usize) -> Array2<f64> {
    let mut state = 1u64;
    let mut next = move || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 11) as f64 / (1u64 << 52) as f64 - 1.0
    };
    let mut x = Array2::from_shape_simple_fn((n, d), || next() + next() + next());
    for mut row in x.rows_mut() {
        let common = row[0];
        row += common;
    }
    x
}

fn detectors(c: &mut Criterion) {
    let x = rows(100_000, 20);
    let mut group = c.benchmark_group("anomaly");
    group.sample_size(10).throughput(Throughput::Elements(100_000));

    let forest = IsolationForest::params();
    group.bench_function("isolation forest fit", |b| b.iter(|| forest.fit(black_box(&x)).unwrap()));
    let model = forest.fit(&x).unwrap();
    group.bench_function("isolation forest score", |b| b.iter(|| model.score(black_box(&x)).unwrap()));
    let oblique = IsolationForest::params().extension(1);
    let model = oblique.fit(&x).unwrap();
    group.bench_function("extended isolation forest score", |b| b.iter(|| model.score(black_box(&x)).unwrap()));

    let pca = PcaMonitor::params().components(10);
    group.bench_function("PCA monitor fit", |b| b.iter(|| pca.fit(black_box(&x)).unwrap()));
    let model = pca.fit(&x).unwrap();
    group.bench_function("PCA monitor score", |b| b.iter(|| model.score(black_box(&x)).unwrap()));

    group.bench_function("standard scaler fit", |b| b.iter(|| Scaler::standard().fit(black_box(&x)).unwrap()));
    group.bench_function("robust scaler fit", |b| b.iter(|| Scaler::robust().fit(black_box(&x)).unwrap()));

    let scores = model.score(&x).unwrap();
    group
        .bench_function("threshold fit", |b| b.iter(|| Threshold::false_alarms(1e-3).fit(black_box(&scores)).unwrap()));
    let rule = Events::above(1.0).off(0.7).merge_gap(3);
    group.bench_function("events", |b| b.iter(|| rule.find(black_box(&scores)).unwrap()));
    group.finish();
}

criterion_group!(
    benches,
    detectors,
    discord::discord,
    change::change_points,
    change::limits,
    stream::streams,
    discord_search::searches,
    series::bench,
    neighbours::neighbours,
    rhythm::rhythm,
    tabular::tabular
);
criterion_main!(benches);
