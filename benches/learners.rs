//! Learners on 5,000 rows by 100 columns, a fleet of 50 engines, similarity, metrics.
#![allow(missing_docs, clippy::unwrap_used)]

use criterion::{Criterion, criterion_group, criterion_main};
use ndarray::{Array1, Array2};
use prognos::learners::{Forest, GradientBoosting, Linear, Loss, Regressor, SurvivalForest};
use prognos::metrics::survival;
use prognos::rul::similarity::{Comparison, Similarity};
use prognos::rul::{Fleet, RulRegression};
use std::hint::black_box;

fn noise(seed: u64) -> impl FnMut() -> f64 {
    let mut state = seed;
    move || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 11) as f64 / (1u64 << 52) as f64 - 1.0
    }
}

fn task(n: usize, d: usize) -> (Array2<f64>, Array1<f64>) {
    let mut next = noise(1);
    let x = Array2::from_shape_simple_fn((n, d), || next() + next());
    let y = x.rows().into_iter().map(|r| 3.0 * r[0] - 2.0 * r[1] * r[2] + 0.3 * next()).collect();
    (x, y)
}

fn fleet(units: usize) -> Fleet {
    let mut next = noise(2);
    let (mut ids, mut ages, mut cells) = (vec![], vec![], vec![]);
    for u in 0..units {
        let life = 120 + (u * 37) % 120;
        for t in 1..=life {
            ids.push(u);
            ages.push(t as f64);
            let wear = (t as f64 / life as f64).powi(3);
            cells.extend((0..12).map(|j| wear * f64::from(j) + next()));
        }
    }
    let names: Vec<String> = (0..12).map(|j| format!("s{j}")).collect();
    let rows = ages.len();
    Fleet::new(&names, &ids, &ages, Array2::from_shape_vec((rows, 12), cells).unwrap()).unwrap()
}

fn learners(c: &mut Criterion) {
    let (x, y) = task(5_000, 100);
    let mut group = c.benchmark_group("learners");
    group.sample_size(10);
    let boost = GradientBoosting::params().trees(50).column_fraction(0.2);
    group.bench_function("boosting fit, 50 trees", |b| b.iter(|| boost.fit(black_box(&x), &y).unwrap()));
    let median = boost.clone().loss(Loss::Absolute);
    group.bench_function("boosting fit, absolute error", |b| b.iter(|| median.fit(black_box(&x), &y).unwrap()));
    let model = boost.fit(&x, &y).unwrap();
    group.bench_function("boosting predict", |b| b.iter(|| model.predict(black_box(&x)).unwrap()));
    group.bench_function("boosting shapley, one row", |b| b.iter(|| model.shapley(black_box(x.row(7))).unwrap()));
    let extra = Forest::extra_trees().trees(20);
    group.bench_function("extra trees fit, 20 trees", |b| b.iter(|| extra.fit(black_box(&x), &y).unwrap()));
    let forest = Forest::random_forest().trees(20);
    group.bench_function("random forest fit, 20 trees", |b| b.iter(|| forest.fit(black_box(&x), &y).unwrap()));
    let model = forest.clone().keep_targets(true).fit(&x, &y).unwrap();
    group.bench_function("random forest predict", |b| b.iter(|| model.predict(black_box(&x)).unwrap()));
    let few = x.slice_axis(ndarray::Axis(0), (..100).into()).to_owned();
    group.bench_function("quantiles of 100 rows", |b| {
        b.iter(|| model.quantiles(black_box(&few), &[0.05, 0.95]).unwrap())
    });
    group.bench_function("ridge fit", |b| b.iter(|| Linear::ridge().fit(black_box(&x), &y).unwrap()));
    group.bench_function("elastic net fit", |b| b.iter(|| Linear::elastic_net(0.5).fit(black_box(&x), &y).unwrap()));

    let (x, y) = task(1_000, 10);
    let ages: Vec<f64> = y.iter().map(|v| v.exp()).collect();
    let failed: Vec<bool> = (0..1_000).map(|i| i % 4 != 0).collect();
    let survival_forest = SurvivalForest::params().trees(20);
    group.bench_function("survival forest fit, 20 trees, 1,000 rows", |b| {
        b.iter(|| survival_forest.fit(black_box(&x), &ages, &failed).unwrap());
    });
    let risks = survival_forest.fit(&x, &ages, &failed).unwrap().risks(&x).unwrap().to_vec();
    group.bench_function("concordance, 1,000 rows", |b| {
        b.iter(|| survival::concordance(black_box(&ages), &failed, &risks).unwrap());
    });
    group.finish();
}

fn fleets(c: &mut Criterion) {
    let fleet = fleet(50);
    let mut group = c.benchmark_group("fleet");
    group.sample_size(10);
    let params = RulRegression::params().cap(100.0).learners(vec![prognos::rul::regression::Learner::Boosting(
        GradientBoosting::params().trees(20).column_fraction(0.2),
    )]);
    group.bench_function("regression fit, boosting of 20 trees", |b| b.iter(|| params.fit(black_box(&fleet)).unwrap()));
    let model = params.fit(&fleet).unwrap();
    group.bench_function("table of causal summaries", |b| b.iter(|| model.table(black_box(&fleet)).unwrap()));
    for comparison in [Comparison::Trajectory, Comparison::Warping { band: 5 }, Comparison::Hash] {
        let model = Similarity::params(comparison).width(1.0).fit(&fleet).unwrap();
        let unit = fleet.unit(3).unwrap();
        group.bench_function(format!("similarity, {comparison:?}"), |b| {
            b.iter(|| model.estimate(black_box(&unit)).unwrap())
        });
    }
    group.finish();
}

criterion_group!(benches, learners, fleets);
criterion_main!(benches);
