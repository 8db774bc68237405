//! Detectors that learn one row at a time: 5,000 rows of 20 columns, 100,000 values.

use criterion::{Criterion, Throughput};
use prognos::anomaly::stream::*;
use std::hint::black_box;

type Update = Box<dyn FnMut(&[f64]) -> f64>;

pub(crate) fn streams(c: &mut Criterion) {
    let x = super::rows(5_000, 20);
    let mut group = c.benchmark_group("streams of rows");
    group.sample_size(10).throughput(Throughput::Elements(5_000));
    let mut run = |name: &str, fresh: &dyn Fn() -> Update| {
        group.bench_function(name, |b| {
            b.iter(|| {
                let mut update = fresh();
                x.outer_iter().map(|row| update(black_box(row.to_slice().unwrap()))).sum::<f64>()
            });
        });
    };
    fn boxed(mut model: impl StreamingDetector + 'static) -> Update {
        Box::new(move |row| model.update(row).unwrap())
    }
    run("random cut forest, 40 trees of 256", &|| boxed(RandomCutForest::params().trees(40).start(20).unwrap()));
    run("random cut forest, 100 trees of 256", &|| boxed(RandomCutForest::params().trees(100).start(20).unwrap()));
    run("half-space trees, 25 of height 8", &|| boxed(HalfSpaceTrees::params().start(20).unwrap()));
    run("online LODA, 100 projections", &|| boxed(OnlineLoda::params().start(20).unwrap()));
    run("MEWMA", &|| boxed(MewmaChart::params().fit(&super::rows(500, 20)).unwrap()));
    group.bench_function("random cut forest, 100 trees of 256, in blocks", |b| {
        b.iter(|| RandomCutForest::params().trees(100).start(20).unwrap().update_rows(black_box(&x)).unwrap());
    });
    group.finish();

    let x: Vec<f64> = x.iter().map(|v| 0.5 + 0.1 * v).collect();
    let mut group = c.benchmark_group("streams of values");
    group.sample_size(10).throughput(Throughput::Elements(x.len() as u64));
    macro_rules! run {
        ($name:literal, $model:expr) => {
            group.bench_function($name, |b| {
                b.iter(|| {
                    let mut model = $model;
                    black_box(&x).iter().map(|v| model.push(*v).unwrap()).sum::<f64>()
                });
            });
        };
    }
    run!("EWMA", EwmaChart::params().start(0.5, 0.1).unwrap());
    run!("CUSUM", CusumChart::params().start(0.5, 0.1).unwrap());
    run!("individuals", IndividualsChart::params().start(0.5, 0.1).unwrap());
    run!("SPRT", Sprt::params().start(0.5, 0.1).unwrap());
    run!("Page-Hinkley", PageHinkley::params().start().unwrap());
    run!("ADWIN", Adwin::params().start().unwrap());
    run!("KSWIN", Kswin::params().start().unwrap());
    group.finish();
}
