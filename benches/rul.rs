//! Remaining life: one measurement in, one estimate out.
#![allow(missing_docs, clippy::unwrap_used)]

use criterion::{Criterion, criterion_group, criterion_main};
use prognos::decision::{AgeReplacement, CostModel};
use prognos::rul::degradation::{ExponentialDegradation, FailureThreshold, LinePrior, LinearDegradation, Noise};
use prognos::rul::survival::{Lifetimes, Weibull};
use prognos::rul::{History, Level};
use std::hint::black_box;

fn rul(c: &mut Criterion) {
    let prior = LinePrior::new([0.0, 0.05], [0.1, 0.001], 0.0).unwrap();
    let threshold = FailureThreshold::above(50.0).unwrap();
    let mut exponential = ExponentialDegradation::params(threshold).prior(prior).noise_variance(0.003).build().unwrap();
    let mut student = ExponentialDegradation::params(threshold)
        .prior(prior)
        .noise(Noise::Estimated { variance: 0.003, dof: 10.0 })
        .build()
        .unwrap();
    for i in 0..30 {
        let (t, v) = (f64::from(i), (0.06 * f64::from(i)).exp());
        exponential.update(t, v).unwrap();
        student.update(t, v).unwrap();
    }
    let mut line = LinearDegradation::params(threshold).prior(prior).noise_variance(0.1).build().unwrap();
    let mut t = 0.0;
    c.bench_function("rul/linear/update", |b| {
        b.iter(|| {
            t += 1.0;
            line.update(black_box(t), black_box(1.0)).unwrap();
        });
    });
    let mut t = 30.0;
    let mut running = exponential.clone();
    c.bench_function("rul/exponential/update", |b| {
        b.iter(|| {
            t += 1.0;
            running.update(black_box(t), black_box(7.0)).unwrap();
        });
    });
    let level = Level::new(0.9).unwrap();
    c.bench_function("rul/exponential/median and interval", |b| {
        b.iter(|| {
            let rul = black_box(&exponential).rul().unwrap();
            (rul.median(), rul.interval(level))
        });
    });
    c.bench_function("rul/exponential, Student/median and interval", |b| {
        b.iter(|| {
            let rul = black_box(&student).rul().unwrap();
            (rul.median(), rul.interval(level))
        });
    });
    let rul = exponential.rul().unwrap();
    c.bench_function("rul/exponential/mean", |b| b.iter(|| black_box(&rul).mean()));
    let costs = CostModel::new(1.0, 10.0).lead_time(5.0);
    c.bench_function("decision/cost", |b| b.iter(|| costs.decide(black_box(&rul)).unwrap()));

    let times: Vec<f64> = (0..100).map(f64::from).collect();
    let paths: Vec<Vec<f64>> = (0..20)
        .map(|k| times.iter().map(|t| 1.0 + (0.01 + 0.0005 * f64::from(k)) * t + 0.02 * (t * 3.1).sin()).collect())
        .collect();
    let units: Vec<History<'_>> = paths.iter().map(|v| History::new(&times, v).unwrap()).collect();
    c.bench_function("rul/linear/fit 20 units x 100", |b| {
        b.iter(|| LinearDegradation::params(threshold).fit(black_box(&units)).unwrap());
    });
    let ages: Vec<f64> = (1..=200).map(|i| 100.0 * (f64::from(i) / 201.0).powf(0.4)).collect();
    let failed: Vec<bool> = (0..200).map(|i| i % 4 != 0).collect();
    let lifetimes = Lifetimes::new(&ages, &failed).unwrap();
    c.bench_function("rul/weibull/fit 200 units", |b| b.iter(|| Weibull::fit(black_box(&lifetimes)).unwrap()));
    let life = Weibull::new(1000.0, 2.5).unwrap();
    c.bench_function("decision/age replacement", |b| {
        b.iter(|| AgeReplacement::new(black_box(&life), 1.0, 5.0).unwrap())
    });
}

criterion_group! {
    name = benches;
    config = Criterion::default().sample_size(20).measurement_time(std::time::Duration::from_millis(500))
        .warm_up_time(std::time::Duration::from_millis(200));
    targets = rul
}
criterion_main!(benches);
