//! TSFEL's sets on one window of 2,048 samples, one thread.
use criterion::Criterion;
use prognos::features::FeatureSet;
use prognos::features::compat::tsfel::Domain;
use prognos::signal::SampleRate;
use std::hint::black_box;

pub fn tsfel(c: &mut Criterion) {
    let rate = SampleRate::hz(12_800.0).unwrap();
    let x: Vec<f64> = (0..2048).map(|i| (i as f64 * 0.37).sin() + (i as f64 * i as f64 * 0.013).sin()).collect();
    let mut group = c.benchmark_group("tsfel");
    group.sample_size(20).measurement_time(std::time::Duration::from_secs(1));
    group.warm_up_time(std::time::Duration::from_millis(300));
    let sets = [
        ("default_156", FeatureSet::tsfel()),
        ("spectral", FeatureSet::tsfel_domains(&[Domain::Spectral])),
        ("statistical", FeatureSet::tsfel_domains(&[Domain::Statistical])),
        ("temporal", FeatureSet::tsfel_domains(&[Domain::Temporal])),
        ("fractal", FeatureSet::tsfel_domains(&[Domain::Fractal])),
        ("entropy_kde", FeatureSet::from_names(["tsfel_entropy__prob_\"kde\""]).unwrap()),
    ];
    for (name, set) in sets {
        group.bench_function(name, |b| {
            let mut extractor = set.extractor(x.len(), rate).unwrap();
            let mut row = vec![0.0; set.len()];
            b.iter(|| extractor.extract_into(black_box(&x), &mut row).unwrap());
        });
    }
    group.finish();
}
