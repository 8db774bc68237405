//! Spectral kernels on one window of 4,096 samples, one thread.
#![allow(missing_docs, clippy::unwrap_used)]

use criterion::{Criterion, criterion_group, criterion_main};
use prognos::signal::SampleRate;
use prognos::signal::spectral::{RealFft, Welch};
use std::hint::black_box;

fn signal(n: usize) -> Vec<f64> {
    (0..n)
        .map(|i| (i as f64 * 0.37).sin() + 0.3 * (i as f64 * 1.7).cos() + (i as f64 * i as f64 * 0.013).sin())
        .collect()
}

fn spectral(c: &mut Criterion) {
    let rate = SampleRate::hz(12_800.0).unwrap();
    let x = signal(4096);
    let mut group = c.benchmark_group("spectral");
    group.sample_size(20).measurement_time(std::time::Duration::from_secs(1));
    group.warm_up_time(std::time::Duration::from_millis(300));
    group.bench_function("rfft_4096", |b| {
        let fft = RealFft::new(4096).unwrap();
        let (mut bins, mut scratch) = (fft.zero_bins(), fft.scratch());
        b.iter(|| fft.forward(black_box(&x), &mut bins, &mut scratch).unwrap());
    });
    group.bench_function("welch_1024_of_4096", |b| {
        let welch = Welch::params().segment(1024).plan(rate).unwrap();
        let (mut out, mut scratch) = (vec![0.0; welch.bins()], welch.scratch());
        b.iter(|| welch.process(black_box(&x), &mut out, &mut scratch).unwrap());
    });
    group.finish();
}

criterion_group!(benches, spectral);
criterion_main!(benches);
