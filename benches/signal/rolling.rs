//! One sample of a rolling window, whatever its length.

use criterion::{Criterion, Throughput};
use prognos::signal::rolling::{RollingQuantiles, RollingStatistics};
use std::hint::black_box;

pub fn rolling(c: &mut Criterion) {
    let x: Vec<f64> = (0..20_000).map(|i| (f64::from(i) * 0.37).sin() + (f64::from(i) * 0.017).cos()).collect();
    let mut group = c.benchmark_group("rolling");
    group.throughput(Throughput::Elements(x.len() as u64));
    for len in [64, 4096] {
        group.bench_function(format!("variance_of_{len}"), |b| {
            b.iter(|| RollingStatistics::over(black_box(&x), len, RollingStatistics::variance).unwrap());
        });
        group.bench_function(format!("median_of_{len}"), |b| {
            b.iter(|| {
                let mut rolling = RollingQuantiles::new(len).unwrap();
                x.iter().map(|&v| rolling.push(v).map(|()| rolling.median()).unwrap()).sum::<f64>()
            });
        });
    }
    group.finish();
}
