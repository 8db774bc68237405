//! Rhythm detector: one value at a time, with full memory.

use criterion::Criterion;
use prognos::anomaly::stream::RhythmDetector;
use std::hint::black_box;

pub fn rhythm(c: &mut Criterion) {
    let value = |i: usize| (i as f64 * std::f64::consts::TAU / 288.0).sin() + 0.1 * (i as f64 * 7.3).sin();
    let mut detector = RhythmDetector::params().start().unwrap();
    let mut at = 0;
    for _ in 0..9000 {
        detector.push(value(at)).unwrap();
        at += 1;
    }
    c.bench_function("anomaly/rhythm/update", |b| {
        b.iter(|| {
            at += 1;
            detector.push(black_box(value(at))).unwrap()
        });
    });
}
