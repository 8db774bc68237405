//! Spectral kernels on one window of 4,096 samples, one thread.
use criterion::Criterion;
use prognos::features::FeatureSet;
use prognos::signal::SampleRate;
use prognos::signal::spectral::{Average, Cepstrum, Multitaper, RealFft, Welch, dpss, lomb_scargle};
use std::hint::black_box;

fn signal(n: usize) -> Vec<f64> {
    (0..n)
        .map(|i| (i as f64 * 0.37).sin() + 0.3 * (i as f64 * 1.7).cos() + (i as f64 * i as f64 * 0.013).sin())
        .collect()
}

pub fn spectral(c: &mut Criterion) {
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
    group.bench_function("welch_1024_of_4096_median", |b| {
        let welch = Welch::params().segment(1024).average(Average::Median).plan(rate).unwrap();
        let (mut out, mut scratch) = (vec![0.0; welch.bins()], welch.scratch());
        b.iter(|| welch.process(black_box(&x), &mut out, &mut scratch).unwrap());
    });
    group.bench_function("multitaper_4096", |b| {
        let plan = Multitaper::params().plan(4096, rate).unwrap();
        let (mut out, mut scratch) = (vec![0.0; plan.bins()], plan.scratch());
        b.iter(|| plan.process(black_box(&x), &mut out, &mut scratch).unwrap());
    });
    group.bench_function("dpss_4096_7", |b| b.iter(|| dpss(black_box(4096), 4.0, 7).unwrap()));
    group.bench_function("real_cepstrum_4096", |b| {
        let plan = Cepstrum::new(4096).unwrap();
        let (mut out, mut scratch) = (vec![0.0; 4096], plan.scratch());
        b.iter(|| plan.real(black_box(&x), &mut out, &mut scratch).unwrap());
    });
    group.bench_function("lomb_scargle_1000_x_100", |b| {
        let times: Vec<f64> = (0..1000).map(|i| f64::from(i) + 0.3 * f64::from(i).sin()).collect();
        let angular: Vec<f64> = (1..=100).map(|k| 0.02 * f64::from(k)).collect();
        b.iter(|| lomb_scargle(&times, black_box(&x[..1000]), &angular).unwrap());
    });
    let scalars = [
        "centroid",
        "spread",
        "skewness",
        "kurtosis",
        "rms_frequency",
        "median_frequency",
        "entropy",
        "flatness",
        "crest",
        "peak_frequency",
        "peak",
        "total_power",
        "slope",
        "decrease",
    ];
    for (word, suffix) in [("welch", "__nperseg_1024"), ("periodogram", ""), ("magnitude", "")] {
        let names: Vec<String> = scalars.iter().map(|s| format!("{word}_{s}{suffix}")).collect();
        let mut extractor = FeatureSet::from_names(&names).unwrap().extractor(4096, rate).unwrap();
        let mut row = vec![0.0; names.len()];
        group.bench_function(format!("14_{word}_features_of_4096"), |b| {
            b.iter(|| extractor.extract_into(black_box(&x), &mut row).unwrap());
        });
    }
    group.finish();
}
