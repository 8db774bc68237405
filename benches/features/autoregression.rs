//! Autoregressions, tests of stationarity, the matrix profile, and relations of channels, for windows of 2,048 samples.

use criterion::Criterion;
use prognos::features::FeatureSet;
use prognos::features::multichannel::ChannelRelations;
use prognos::signal::SampleRate;
use prognos::signal::autoregression::ArModel;
use std::hint::black_box;

fn vibration(n: usize, seed: f64) -> Vec<f64> {
    let mut x = vec![0.0, 0.1];
    for t in 2..n {
        let knock = ((t * t) as f64 * 0.618 + seed).sin();
        x.push(1.5 * x[t - 1] - 0.8 * x[t - 2] + knock);
    }
    x
}

pub fn features(c: &mut Criterion) {
    let x = vibration(2048, 0.0);
    let rate = SampleRate::ONE_HZ;
    let all_coefficients: Vec<String> = (0..=10).map(|i| format!("ar_coefficient__coeff_{i}__k_10")).collect();
    let cases: [(&str, Vec<String>); 6] = [
        ("ar_coefficient, order 10", all_coefficients),
        ("augmented_dickey_fuller, AIC", vec!["augmented_dickey_fuller__attr_\"teststat\"__autolag_\"AIC\"".into()]),
        ("burg residual_kurtosis, order 20", vec!["burg__attr_\"residual_kurtosis\"__k_20".into()]),
        ("yule_walker_variance, order 20", vec!["yule_walker_variance__k_20__method_\"mle\"".into()]),
        ("kpss", vec!["kpss__attr_\"teststat\"".into()]),
        ("matrix_profile_fixed, m = 20", vec!["matrix_profile_fixed__feature_\"max\"__m_20".into()]),
    ];
    for (what, names) in cases {
        let Ok(Ok(mut extractor)) = FeatureSet::from_names(&names).map(|set| set.extractor(x.len(), rate)) else {
            continue;
        };
        let mut row = vec![0.0; names.len()];
        c.bench_function(what, |b| {
            b.iter(|| {
                let _ = extractor.extract_into(black_box(&x), &mut row);
                row[0]
            });
        });
    }
}

pub fn models(c: &mut Criterion) {
    let x = vibration(2048, 0.0);
    c.bench_function("ArModel by Burg, order 20", |b| b.iter(|| ArModel::params().order(20).fit(black_box(&x))));
    let channels: Vec<Vec<f64>> = (0..6).map(|k| vibration(2048, f64::from(k))).collect();
    let parts: Vec<&[f64]> = channels.iter().map(Vec::as_slice).collect();
    let set = ChannelRelations::usual();
    c.bench_function("usual relations of 6 channels", |b| {
        b.iter(|| set.compute(black_box(&parts), SampleRate::ONE_HZ))
    });
}
