//! Metrics of detectors on a million rows.
#![allow(missing_docs, clippy::unwrap_used)]

use criterion::{Criterion, criterion_group, criterion_main};
use prognos::metrics::Bootstrap;
use prognos::metrics::detection::{
    Confusion, EventRule, NabCorpus, NabProfile, RangeScore, affiliation, average_precision, roc_auc, vus,
};
use prognos::signal::SampleRate;
use std::hint::black_box;

const N: usize = 1_000_000;

fn metrics(c: &mut Criterion) {
    // 200 events of 100 rows, scores that know something of them.
    let labels: Vec<bool> = (0..N).map(|i| i % 5000 >= 4900).collect();
    let scores: Vec<f64> = labels
        .iter()
        .enumerate()
        .map(|(i, l)| {
            let hash = (i as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15);
            ((hash ^ (hash >> 29)).wrapping_mul(0xBF58_476D_1CE4_E5B9) >> 11) as f64 / (1u64 << 53) as f64
                + 0.3 * f64::from(u8::from(*l))
        })
        .collect();
    let alarms: Vec<bool> = scores.iter().map(|s| *s > 0.99).collect();
    let rate = SampleRate::hz(1.0).unwrap();
    c.bench_function("metrics/roc_auc, 1e6 rows", |b| b.iter(|| roc_auc(black_box(&labels), &scores).unwrap()));
    c.bench_function("metrics/average_precision, 1e6 rows", |b| {
        b.iter(|| average_precision(black_box(&labels), &scores).unwrap());
    });
    c.bench_function("metrics/vus window 100, 1e6 rows", |b| b.iter(|| vus(black_box(&labels), &scores, 100).unwrap()));
    c.bench_function("metrics/confusion, 1e6 rows", |b| {
        b.iter(|| Confusion::of(black_box(&labels), &alarms).unwrap());
    });
    c.bench_function("metrics/range f1, 1e6 rows", |b| {
        b.iter(|| RangeScore::new().f1(black_box(&labels), &alarms).unwrap());
    });
    c.bench_function("metrics/affiliation, 1e6 rows", |b| b.iter(|| affiliation(black_box(&labels), &alarms).unwrap()));
    c.bench_function("metrics/events, 1e6 rows", |b| {
        b.iter(|| EventRule::new().merge_gap(10).score(black_box(&labels), &alarms, rate).unwrap());
    });
    let windows: Vec<_> = (1..200).map(|k| 5000 * k..5000 * k + 400).collect();
    let mut corpus = NabCorpus::new();
    corpus.push(&scores, &windows).unwrap();
    c.bench_function("metrics/nab, 1e6 rows", |b| b.iter(|| black_box(&corpus).score(NabProfile::STANDARD).unwrap()));
    c.bench_function("metrics/bootstrap of 40 files", |b| {
        b.iter(|| Bootstrap::new().mean(black_box(&scores[..40])).unwrap());
    });
}

criterion_group! {
    name = benches;
    config = Criterion::default().sample_size(10).measurement_time(std::time::Duration::from_millis(500))
        .warm_up_time(std::time::Duration::from_millis(200));
    targets = metrics
}
criterion_main!(benches);
