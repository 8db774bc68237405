//! Wavelet transforms of one window of 2,048 samples, one thread.
use criterion::Criterion;
use prognos::features::FeatureSet;
use prognos::signal::SampleRate;
use prognos::signal::wavelet::{Boundary, Cwt, Denoiser, Dwt, Modwt, Wavelet, WaveletPackets};
use std::hint::black_box;

pub fn wavelet(c: &mut Criterion) {
    let n = 2048;
    let x: Vec<f64> = (0..n).map(|i| (i as f64 * 0.37).sin() + (i as f64 * i as f64 * 0.013).sin()).collect();
    let db4: Wavelet = "db4".parse().unwrap();
    let mut group = c.benchmark_group("wavelet");
    group.sample_size(20).measurement_time(std::time::Duration::from_secs(1));
    group.warm_up_time(std::time::Duration::from_millis(300));
    group.bench_function("dwt_db4_level_5", |b| {
        let plan = Dwt::new(db4, Boundary::Symmetric, n, 5).unwrap();
        let (mut out, mut scratch) = (vec![0.0; plan.coefficients()], plan.scratch());
        b.iter(|| plan.process(black_box(&x), &mut out, &mut scratch).unwrap());
    });
    group.bench_function("idwt_db4_level_5", |b| {
        let plan = Dwt::new(db4, Boundary::Symmetric, n, 5).unwrap();
        let (c, mut scratch, mut back) = (plan.decompose(&x).unwrap(), plan.scratch(), vec![0.0; n]);
        b.iter(|| plan.process_inverse(black_box(c.values()), &mut back, &mut scratch).unwrap());
    });
    group.bench_function("wpt_db4_level_4", |b| {
        let plan = WaveletPackets::new(db4, Boundary::Symmetric, n, 4).unwrap();
        let (mut out, mut scratch) = (vec![0.0; plan.coefficients()], plan.scratch());
        b.iter(|| plan.process(black_box(&x), &mut out, &mut scratch).unwrap());
    });
    group.bench_function("modwt_db4_level_5", |b| {
        let plan = Modwt::new(db4, n, 5).unwrap();
        let (mut out, mut scratch) = (vec![0.0; plan.coefficients()], plan.scratch());
        b.iter(|| plan.process(black_box(&x), &mut out, &mut scratch).unwrap());
    });
    for (name, scales) in [("mexh", [2.0, 5.0]), ("mexh", [20.0, 64.0]), ("cmor1.5-1.0", [20.0, 64.0])] {
        group.bench_function(format!("cwt_{name}_scales_{}_{}", scales[0], scales[1]), |b| {
            let plan = Cwt::params(name.parse().unwrap()).scales(&scales).plan(n).unwrap();
            let (mut out, mut scratch) = (plan.zero_coefficients(), plan.scratch());
            b.iter(|| plan.process(black_box(&x), &mut out, &mut scratch).unwrap());
        });
    }
    group.bench_function("denoise_sym8", |b| {
        let denoiser = Denoiser::new("sym8".parse().unwrap()).levels(5);
        b.iter(|| denoiser.denoise(black_box(&x)).unwrap());
    });
    let mut names: Vec<String> = Vec::new();
    for level in 1..=5 {
        names.extend(["energy", "std", "kurtosis"].map(|what| format!("dwt_{what}__level_{level}")));
        names.push(format!("dwt_relative_energy__level_{level}__levels_5"));
    }
    names.extend((0..16).map(|node| format!("wpt_relative_energy__level_4__node_{node}")));
    let mut extractor = FeatureSet::from_names(&names).unwrap().extractor(n, SampleRate::ONE_HZ).unwrap();
    let mut row = vec![0.0; names.len()];
    group.bench_function("36_features_dwt_5_wpt_4", |b| {
        b.iter(|| extractor.extract_into(black_box(&x), &mut row).unwrap());
    });
    group.finish();
}
