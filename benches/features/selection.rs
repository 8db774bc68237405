//! Choosing features: 1,000 windows of 776 columns.
use criterion::Criterion as Bench;
use ndarray::Array2;
use prognos::features::selection::{Criterion, RelevanceTest, Target, TwoSampleTest, rank, uncorrelated};
use std::hint::black_box;

fn table(n: usize, d: usize) -> (Array2<f64>, Target, Target) {
    let wave = |i: usize, j: usize| (i as f64 * (0.37 + j as f64 * 0.011)).sin();
    let x = Array2::from_shape_fn((n, d), |(i, j)| wave(i, j) + if j % 10 == 0 { (i % 2) as f64 } else { 0.0 });
    let classes = Target::classes(&(0..n).map(|i| i % 2).collect::<Vec<_>>());
    let values = Target::values(&(0..n).map(|i| wave(i, 3) + 0.1 * wave(i, 500)).collect::<Vec<_>>()).unwrap();
    (x, classes, values)
}

pub fn selection(c: &mut Bench) {
    let (x, classes, values) = table(1000, 776);
    let mut group = c.benchmark_group("selection/1000x776");
    group.sample_size(10);
    group.bench_function("relevance_mann_whitney", |b| {
        b.iter(|| RelevanceTest::new().table(black_box(&x), &classes).unwrap());
    });
    group.bench_function("relevance_kendall", |b| {
        b.iter(|| RelevanceTest::new().table(black_box(&x), &values).unwrap())
    });
    group.bench_function("relevance_kolmogorov_smirnov", |b| {
        let test = RelevanceTest::new().two_sample(TwoSampleTest::KolmogorovSmirnov);
        b.iter(|| test.table(black_box(&x), &classes).unwrap());
    });
    group.bench_function("uncorrelated", |b| b.iter(|| uncorrelated(black_box(&x), 0.95).unwrap()));
    group.finish();
    let (x, classes, values) = table(500, 100);
    let mut group = c.benchmark_group("selection/500x100");
    group.sample_size(10);
    group.bench_function("mutual_information", |b| {
        b.iter(|| rank(black_box(&x), &values, Criterion::MutualInformation { neighbours: 3 }).unwrap());
    });
    group.bench_function("relief_f", |b| {
        b.iter(|| rank(black_box(&x), &classes, Criterion::ReliefF { neighbours: 10 }).unwrap());
    });
    group.bench_function("mrmr", |b| {
        b.iter(|| rank(black_box(&x), &classes, Criterion::MaxRelevanceMinRedundancy { bins: 8 }).unwrap());
    });
    group.finish();
}
