//! The matrix profile and its family, stretches of 100 samples.

use criterion::{Criterion, Throughput};
use prognos::anomaly::discord::{MatrixProfile, Measure, MultiProfile, StreamingProfile, distance_profile};
use std::hint::black_box;

fn walk(n: usize, seed: u64) -> Vec<f64> {
    let mut state = seed;
    let mut next = move || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 11) as f64 / (1u64 << 52) as f64 - 1.0
    };
    let mut level = 0.0;
    (0..n)
        .map(|_| {
            level += next() + next() + next();
            level
        })
        .collect()
}

pub(crate) fn discord(c: &mut Criterion) {
    let mut group = c.benchmark_group("anomaly::discord");
    group.sample_size(10);
    for n in [1 << 13, 1 << 15] {
        let x = walk(n, 2);
        group.throughput(Throughput::Elements(n as u64));
        for (name, measure) in [("z", Measure::ZNormalised), ("absolute", Measure::EUCLIDEAN)] {
            let params = MatrixProfile::params(100).measure(measure);
            group.bench_function(format!("self-join, {name}, {n}"), |b| {
                b.iter(|| params.self_join(black_box(&x)).unwrap());
            });
        }
    }
    let x = walk(10_000, 3);
    group.throughput(Throughput::Elements(x.len() as u64));
    group.bench_function("AB-join, z, 2000 with 8000", |b| {
        b.iter(|| MatrixProfile::params(100).ab_join(black_box(&x[..2000]), &x[2000..]).unwrap());
    });
    group.bench_function("distance profile, z, 10000", |b| {
        b.iter(|| distance_profile(&x[500..600], black_box(&x), Measure::ZNormalised).unwrap());
    });
    let channels = [walk(8192, 4), walk(8192, 5), walk(8192, 6)];
    group.bench_function("3 channels, z, 8192", |b| {
        b.iter(|| MultiProfile::params(100).self_join(black_box(&channels)).unwrap());
    });
    group.throughput(Throughput::Elements(1));
    for (name, measure) in [("z", Measure::ZNormalised), ("absolute", Measure::EUCLIDEAN)] {
        let mut stream = StreamingProfile::params(100).measure(measure).keep(x.len()).start(&x).unwrap();
        let mut samples = x.iter().cycle();
        group.bench_function(format!("streaming sample, {name}, 10000 kept"), |b| {
            b.iter(|| stream.push(*samples.next().unwrap()).unwrap());
        });
    }
    group.finish();
}
