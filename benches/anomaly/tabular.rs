//! Covariances and margins on 100,000 rows by 20 columns.

use super::rows;
use criterion::{Criterion, Throughput};
use prognos::anomaly::{Bins, Covariance, Detector, EmpiricalTails, Hbos, Loda, Mahalanobis};
use std::hint::black_box;

pub(super) fn tabular(c: &mut Criterion) {
    let x = rows(100_000, 20);
    let mut group = c.benchmark_group("tabular");
    group.sample_size(10).throughput(Throughput::Elements(100_000));
    for (name, params) in [("ECOD", EmpiricalTails::ecod()), ("COPOD", EmpiricalTails::copod())] {
        group.bench_function(format!("{name} fit"), |b| b.iter(|| params.fit(black_box(&x)).unwrap()));
        group
            .bench_function(format!("{name} joint scores"), |b| b.iter(|| params.joint_scores(black_box(&x)).unwrap()));
        let model = params.fit(&x).unwrap();
        group.bench_function(format!("{name} score"), |b| b.iter(|| model.score(black_box(&x)).unwrap()));
    }
    for bins in [Bins::Fixed(10), Bins::BirgeRozenholc] {
        let params = Hbos::params().bins(bins);
        group.bench_function(format!("histograms {bins:?} fit"), |b| b.iter(|| params.fit(black_box(&x)).unwrap()));
        let model = params.fit(&x).unwrap();
        group.bench_function(format!("histograms {bins:?} score"), |b| b.iter(|| model.score(black_box(&x)).unwrap()));
    }
    group.bench_function("LODA fit", |b| b.iter(|| Loda::params().fit(black_box(&x)).unwrap()));
    let model = Loda::params().fit(&x).unwrap();
    group.bench_function("LODA score", |b| b.iter(|| model.score(black_box(&x)).unwrap()));
    group.bench_function("Mahalanobis fit", |b| b.iter(|| Mahalanobis::params().fit(black_box(&x)).unwrap()));
    let model = Mahalanobis::params().fit(&x).unwrap();
    group.bench_function("Mahalanobis score", |b| b.iter(|| model.score(black_box(&x)).unwrap()));
    group.finish();

    let x = rows(20_000, 20);
    let mut group = c.benchmark_group("tabular 20k");
    group.sample_size(10).throughput(Throughput::Elements(20_000));
    let params = Mahalanobis::params().covariance(Covariance::Mcd);
    group.bench_function("minimum covariance determinant fit", |b| b.iter(|| params.fit(black_box(&x)).unwrap()));
    group.finish();
}
