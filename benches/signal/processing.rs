//! Time-domain signal processing: `cargo bench --bench signal`.
use criterion::{Criterion, Throughput};
use prognos::signal::SampleRate;
use prognos::signal::filter::{Design, Ewma, FirDesign, Hampel, SavitzkyGolay, median_filter};
use prognos::signal::hilbert::Hilbert;
use prognos::signal::integrate::BandIntegrator;
use prognos::signal::peaks::FindPeaks;
use prognos::signal::rainflow::rainflow;
use prognos::signal::resample::{AntiAlias, Resampler, decimate};
use std::hint::black_box;
use std::time::Duration;

/// One window of 4,096 samples, as a vibration feature sees it.
fn window() -> Vec<f64> {
    let mut state = 1_u64;
    (0..4096)
        .map(|i| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (f64::from(i) * 0.37).sin() + (state >> 40) as f64 / f64::from(1 << 24)
        })
        .collect()
}

pub fn signal(c: &mut Criterion) {
    let x = window();
    let rate = SampleRate::hz(25_600.0).unwrap();
    let mut group = c.benchmark_group("signal/4096");
    group.throughput(Throughput::Elements(x.len() as u64));
    group.sample_size(20).warm_up_time(Duration::from_millis(200)).measurement_time(Duration::from_millis(600));

    let band = Design::butterworth(4).bandpass(2_000.0, 4_000.0, rate).unwrap();
    group.bench_function("sos 4 sections", |b| b.iter(|| band.filter(black_box(&x))));
    group.bench_function("sos 4 sections, forward and backward", |b| b.iter(|| band.filtfilt(black_box(&x)).unwrap()));
    group.bench_function("design of 4 sections", |b| {
        b.iter(|| Design::butterworth(4).bandpass(black_box(2_000.0), 4_000.0, rate).unwrap());
    });
    let fir = FirDesign::new(101).lowpass(2_000.0, rate).unwrap();
    group.bench_function("fir 101 taps", |b| b.iter(|| fir.filter(black_box(&x))));
    let smooth = SavitzkyGolay::new(11, 3).unwrap();
    group.bench_function("savitzky-golay 11", |b| b.iter(|| smooth.filter(black_box(&x)).unwrap()));
    for kernel in [5, 51, 1001] {
        group.bench_function(format!("median {kernel}"), |b| b.iter(|| median_filter(black_box(&x), kernel).unwrap()));
    }
    group.bench_function("hampel 2 x 10 + 1", |b| b.iter(|| Hampel::new(10).filter(black_box(&x)).unwrap()));
    let ewma = Ewma::alpha(0.1).unwrap();
    group.bench_function("ewma", |b| b.iter(|| ewma.filter(black_box(&x))));
    let resampler = Resampler::new(3, 2).unwrap();
    group.bench_function("resample 3/2", |b| b.iter(|| resampler.resample(black_box(&x))));
    group.bench_function("decimate 4", |b| b.iter(|| decimate(black_box(&x), 4, AntiAlias::Iir).unwrap()));
    let mut hilbert = Hilbert::new(x.len());
    let mut out = vec![0.0; x.len()];
    group.bench_function("envelope", |b| b.iter(|| hilbert.envelope(black_box(&x), &mut out).unwrap()));
    let mut integrator = BandIntegrator::new(x.len(), rate, 10.0..=1_000.0, 1).unwrap();
    group.bench_function("velocity rms", |b| b.iter(|| integrator.rms(black_box(&x)).unwrap()));
    let finder = FindPeaks::new().prominence(0.5);
    group.bench_function("peaks by prominence", |b| b.iter(|| finder.find(black_box(&x)).unwrap()));
    group.bench_function("rainflow", |b| b.iter(|| rainflow(black_box(&x)).unwrap()));
    group.finish();
}
