//! Change points on 5,000 rows of 3 columns; limits, combined scores and peers.

use criterion::{Criterion, Throughput};
use ndarray::Array2;
use prognos::anomaly::changepoint::{ChangePoints, Cost, Penalty, Search};
use prognos::anomaly::{
    Combiner, Detector, DriftSpot, GeneralisedPareto, MixedRule, PeerDistance, Peers, Spot, Threshold,
};
use std::hint::black_box;

/// Levels that change every 600 rows, with noise.
fn steps(n: usize) -> Array2<f64> {
    let noise = super::rows(n, 3);
    Array2::from_shape_fn((n, 3), |(i, j)| 8.0 * ((i / 600 * (j + 2)) as f64 * 1.3).sin() + noise[[i, j]])
}

pub(crate) fn change_points(c: &mut Criterion) {
    let mut group = c.benchmark_group("change points");
    group.sample_size(10);
    let x = steps(5000);
    let penalty = Penalty::Value(9.0 * 5000_f64.ln());
    for (name, cost) in [("L2", Cost::L2), ("L1", Cost::L1), ("normal", Cost::normal()), ("rank", Cost::Rank)] {
        let rule = ChangePoints::new(cost).penalty(penalty);
        group.bench_function(format!("PELT {name}, 5000 x 3"), |b| b.iter(|| rule.find(black_box(&x)).unwrap()));
    }
    let short = steps(1000);
    let kernel = ChangePoints::new(Cost::rbf()).penalty(Penalty::Value(10.0));
    group.bench_function("PELT kernel, 1000 x 3", |b| b.iter(|| kernel.find(black_box(&short)).unwrap()));
    for (name, search) in [("binary", Search::Binary), ("bottom-up", Search::BottomUp), ("window", Search::Window(100))]
    {
        let rule = ChangePoints::new(Cost::L2).search(search).penalty(Penalty::Changes(8));
        group.bench_function(format!("{name} L2, 8 changes, 5000 x 3"), |b| {
            b.iter(|| rule.find(black_box(&x)).unwrap())
        });
    }
    let fixed = ChangePoints::new(Cost::L2).jump(5).penalty(Penalty::Changes(8));
    group.bench_function("optimal L2, 8 changes, jump 5, 5000 x 3", |b| b.iter(|| fixed.find(black_box(&x)).unwrap()));
    group.finish();
}

pub(crate) fn limits(c: &mut Criterion) {
    let mut group = c.benchmark_group("limits");
    group.sample_size(10);
    let x: Vec<f64> = super::rows(101_000, 1).iter().map(|v| (1.0 + v.abs()).ln()).collect();
    let excesses: Vec<f64> = x[..1000].to_vec();
    group.bench_function("Pareto tail of 1000 excesses", |b| {
        b.iter(|| GeneralisedPareto::fit(black_box(&excesses)).unwrap())
    });
    group.throughput(Throughput::Elements(100_000));
    let first = Spot::fit(&x[..1000], 1e-4).unwrap();
    group.bench_function("SPOT", |b| {
        b.iter(|| {
            let mut spot = first.clone();
            x[1000..].iter().filter(|v| spot.update(**v).unwrap().is_alarm()).count()
        });
    });
    let drift = DriftSpot::fit(&x[..1000], 1e-4, 20).unwrap();
    group.bench_function("SPOT with drift", |b| {
        b.iter(|| {
            let mut spot = drift.clone();
            x[1000..].iter().filter(|v| spot.update(**v).unwrap().is_alarm()).count()
        });
    });
    for rule in [MixedRule::Gesd, MixedRule::TailArea, MixedRule::YeoJohnson] {
        let rule = Threshold::mixed(rule);
        group.bench_function(format!("{:?}, 10000 scores", rule.rule()), |b| {
            b.iter(|| rule.fit(black_box(&x[..10_000])).unwrap())
        });
    }
    let scores = super::rows(100_000, 4);
    let combiner = Combiner::params().fit(&scores).unwrap();
    group.bench_function("combine 4 detectors", |b| b.iter(|| combiner.score(black_box(&scores)).unwrap()));
    let fleet = super::rows(1000, 100);
    group.bench_function("peers by MAD, 1000 times x 100 units", |b| {
        b.iter(|| Peers::mad().score(black_box(&fleet)).unwrap())
    });
    let groups = Peers::dbscan(0.5);
    group.bench_function("peers by groups, 1000 times x 100 units", |b| {
        b.iter(|| groups.score(black_box(&fleet)).unwrap())
    });
    let units = super::rows(100, 10);
    group.bench_function("peer distance, 100 units x 10 features", |b| {
        b.iter(|| PeerDistance::new().score(black_box(&units)).unwrap())
    });
    group.finish();
}
