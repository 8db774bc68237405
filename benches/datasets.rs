//! Megabytes per second of the readers, from memory.
#![allow(missing_docs, unreachable_pub, clippy::unwrap_used)]

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use prognos::datasets::{CsvReader, NpyArray};
use std::fmt::Write;
use std::hint::black_box;

fn readers(c: &mut Criterion) {
    let mut text = String::from("time,rms,kurtosis,temperature\n");
    for i in 0..50_000u32 {
        let v = f64::from(i) * 0.37;
        writeln!(text, "{},{:.6},{:.5},{:.2}", 1_767_225_600 + i, v.sin(), 3.0 + v.cos(), 40.0 + v.sin()).unwrap();
    }
    let stamps = CsvReader::new().time_column("time");
    let mut group = c.benchmark_group("datasets");
    group.throughput(Throughput::Bytes(text.len() as u64)).sample_size(20);
    group.bench_function("csv of numbers", |b| {
        b.iter(|| CsvReader::new().read_bytes("bench", black_box(text.as_bytes())).unwrap());
    });
    group.bench_function("csv with epoch times", |b| {
        b.iter(|| stamps.read_bytes("bench", black_box(text.as_bytes())).unwrap());
    });

    let array = NpyArray::new(vec![1000, 500], (0..500_000).map(|i| f64::from(i).sqrt()).collect()).unwrap();
    let bytes = array.to_bytes();
    group.throughput(Throughput::Bytes(bytes.len() as u64));
    group.bench_function("npy f8", |b| b.iter(|| NpyArray::read_bytes("bench", black_box(&bytes)).unwrap()));
    group.finish();
}

criterion_group!(benches, readers);
criterion_main!(benches);
