//! Detectors of one series of 20,000 samples, windows of 100, fitted on the first half.

use criterion::{Criterion, Throughput};
use ndarray::Array2;
use prognos::anomaly::series::{
    ForecastResidual, KShape, LocalPolynomial, SeasonalResidual, Series2Graph, SeriesDetector, Shift, SpectralResidual,
    SubPca, WindowKMeans, WindowLength, WindowMethod, generalized_esd,
};
use prognos::anomaly::stream::{RunningDeviation, RunningGaussian};
use prognos::learners::KMeans;
use std::hint::black_box;

pub(crate) fn bench(c: &mut Criterion) {
    let noise = super::rows(20_000, 1);
    let x: Vec<f64> =
        noise.iter().enumerate().map(|(t, v)| (t as f64 * std::f64::consts::TAU / 100.0).sin() + 0.05 * v).collect();
    let healthy = &x[..10_000];
    let mut group = c.benchmark_group("series");
    group.sample_size(10).throughput(Throughput::Elements(20_000));
    macro_rules! detector {
        ($name:literal, $fit:expr) => {
            group.bench_function(concat!($name, " fit"), |b| b.iter(|| $fit));
            let model = $fit;
            group.bench_function(concat!($name, " score"), |b| b.iter(|| model.score_series(black_box(&x)).unwrap()));
        };
    }
    detector!("sub-PCA", SubPca::params(100).fit(black_box(healthy)).unwrap());
    detector!("window k-means", WindowKMeans::params(100).fit(black_box(healthy)).unwrap());
    detector!("k-Shape", KShape::params(100).fit(black_box(healthy)).unwrap());
    detector!("graph", Series2Graph::params(100).fit(black_box(healthy)).unwrap());
    detector!("autoregression", ForecastResidual::autoregression(20).fit(black_box(healthy)).unwrap());
    detector!("ridge", ForecastResidual::ridge(20, 1e-4).fit(black_box(healthy)).unwrap());
    detector!("Holt-Winters", ForecastResidual::holt_winters(100).fit(black_box(healthy)).unwrap());
    detector!("season", SeasonalResidual::params(100).fit(black_box(healthy)).unwrap());
    detector!("local polynomial", LocalPolynomial::params(20).fit(black_box(healthy)).unwrap());
    detector!("level shift", Shift::level(50).fit(black_box(healthy)).unwrap());
    detector!("volatility shift", Shift::volatility(50).fit(black_box(healthy)).unwrap());
    let residual = SpectralResidual::params().build().unwrap();
    group.bench_function("spectral residual", |b| b.iter(|| residual.score_series(black_box(&x)).unwrap()));
    for method in [WindowMethod::HighestPeak, WindowMethod::FirstPeak, WindowMethod::Fourier, WindowMethod::Suss] {
        let finder = WindowLength::by(method);
        group.bench_function(format!("window length {method:?}"), |b| b.iter(|| finder.find(black_box(&x)).unwrap()));
    }
    group.bench_function("generalised ESD", |b| b.iter(|| generalized_esd(black_box(&x), 200, 0.05, true).unwrap()));
    group.bench_function("running Gaussian, window 50", |b| {
        b.iter(|| {
            let mut detector = RunningGaussian::params().window(50).start().unwrap();
            x.iter().map(|&v| detector.push(v).unwrap()).sum::<f64>()
        });
    });
    group.bench_function("running deviation", |b| {
        b.iter(|| {
            let mut detector = RunningDeviation::params().start().unwrap();
            x.iter().map(|&v| detector.push(v).unwrap()).sum::<f64>()
        });
    });
    let rows: Array2<f64> = super::rows(20_000, 20);
    let params = KMeans::params().restarts(1);
    group.bench_function("k-means 20,000 x 20", |b| b.iter(|| params.fit(black_box(&rows)).unwrap()));
    group.finish();
}
