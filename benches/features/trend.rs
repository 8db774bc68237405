//! Trend, change, monitoring and autocorrelation: one window, buffers ready.
use criterion::{BenchmarkId, Criterion};
use prognos::features::FeatureSet;
use prognos::signal::SampleRate;
use std::hint::black_box;
use std::time::Duration;

fn wave(n: usize) -> Vec<f64> {
    (0..n).map(|i| (i as f64 * 0.37).sin() + 0.4 * (i as f64 * 1.7).cos() + 1e-3 * i as f64).collect()
}

fn grid(signature: &str, values: &[&str]) -> Vec<String> {
    values.iter().map(|v| format!("{signature}{v}")).collect()
}

fn sets() -> Vec<(&'static str, Vec<String>)> {
    let mut corridors = Vec::new();
    for ql in ["0.0", "0.2", "0.4", "0.6", "0.8"] {
        for qh in ["0.2", "0.4", "0.6", "0.8", "1.0"].into_iter().filter(|qh| *qh > ql) {
            for agg in ["mean", "var"] {
                for abs in ["True", "False"] {
                    corridors.push(format!("change_quantiles__f_agg_\"{agg}\"__isabs_{abs}__qh_{qh}__ql_{ql}"));
                }
            }
        }
    }
    let mut chunks = Vec::new();
    for attr in ["rvalue", "intercept", "slope", "stderr"] {
        for len in [5, 10, 50] {
            for agg in ["max", "min", "mean", "var"] {
                chunks.push(format!("agg_linear_trend__attr_\"{attr}\"__chunk_len_{len}__f_agg_\"{agg}\""));
            }
        }
    }
    vec![
        ("change_quantiles_60", corridors),
        ("agg_linear_trend_48", chunks),
        ("number_peaks_5", grid("number_peaks__n_", &["1", "3", "5", "10", "50"])),
        ("autocorrelation_10", grid("autocorrelation__lag_", &["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"])),
        ("autocorrelation_all_lags", grid("autocorrelation_first_", &["zero"])),
        ("ranks", vec!["kendall_tau".into(), "spearman_rho".into(), "mann_kendall_z".into()]),
        ("theil_sen", vec!["theil_sen_slope".into()]),
        ("linear_trend", grid("linear_trend__attr_", &["\"slope\"", "\"rvalue\"", "\"pvalue\""])),
    ]
}

pub fn features(c: &mut Criterion) {
    let mut group = c.benchmark_group("trend");
    group.sample_size(10).measurement_time(Duration::from_millis(400)).warm_up_time(Duration::from_millis(100));
    for n in [120, 2048] {
        let x = wave(n);
        let mut sets: Vec<(&str, FeatureSet)> =
            sets().into_iter().map(|(name, names)| (name, FeatureSet::from_names(names).unwrap())).collect();
        sets.push(("trend_set", FeatureSet::trend()));
        for (name, set) in sets {
            let mut extractor = set.extractor(n, SampleRate::ONE_HZ).unwrap();
            let mut row = vec![0.0; set.len()];
            group.bench_function(BenchmarkId::new(name, n), |b| {
                b.iter(|| extractor.extract_into(black_box(&x), &mut row));
            });
        }
    }
    group.finish();
}
