//! Discords of long recordings: a noisy cycle of 200,000 samples with one odd stretch.

use criterion::{Criterion, Throughput};
use prognos::anomaly::discord::{Damp, DiscordEnsemble, Merlin};
use std::hint::black_box;

pub(crate) fn searches(c: &mut Criterion) {
    let n = 200_000;
    let mut state = 1u64;
    let mut x: Vec<f64> = (0..n)
        .map(|i| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (i as f64 * 0.0628).sin() + 0.1 * ((state >> 11) as f64 / (1u64 << 52) as f64 - 1.0)
        })
        .collect();
    for v in &mut x[150_000..150_050] {
        *v *= 0.5;
    }
    let mut group = c.benchmark_group("anomaly");
    group.sample_size(10).throughput(Throughput::Elements(n));
    let damp = Damp::params(100);
    group.bench_function("DAMP, m 100", |b| b.iter(|| damp.search(black_box(&x), 20_000).unwrap()));
    let merlin = Merlin::params(100, 104);
    group.bench_function("MERLIN, m 100 to 104", |b| b.iter(|| merlin.search(black_box(&x)).unwrap()));
    let ensemble = DiscordEnsemble::params(&[50, 100, 200]);
    group.bench_function("discord ensemble", |b| b.iter(|| ensemble.search(black_box(&x), 20_000).unwrap()));
    group.finish();
}
