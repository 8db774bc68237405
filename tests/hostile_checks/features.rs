//! Hostile input to the features room: every calculator, every series, every length of window; and bad names.

use super::series;
use prognos::features::{FeatureSet, FeatureSpec, NanPolicy};
use prognos::signal::{SampleRate, Signal, WindowSpec};

#[test]
fn every_feature_of_every_series_is_finite_or_nan() {
    let set = FeatureSet::from_specs(FeatureSet::examples()).unwrap();
    for rate in [1e-3, 1.0, 25_600.0] {
        let rate = SampleRate::hz(rate).unwrap();
        for (name, x) in series() {
            for len in [1, 2, 3, 4, 5, 8, 30, 64, x.len().max(1)] {
                for policy in [NanPolicy::Propagate, NanPolicy::Omit] {
                    let windows = Signal::new(&x, rate).windows(WindowSpec::sliding(len, len)).unwrap();
                    let matrix = set.clone().nan_policy(policy).extract(windows).unwrap();
                    assert_eq!(matrix.nrows(), x.len() / len, "{name}");
                    for (v, spec) in matrix.view().iter().zip(set.specs().iter().cycle()) {
                        assert!(!v.is_infinite(), "{spec} of {name}, windows of {len}: {v}");
                    }
                }
            }
        }
    }
}

#[test]
fn a_bad_sample_is_refused_when_asked_for() {
    let set = FeatureSet::time_domain().nan_policy(NanPolicy::Error);
    for (name, x) in series() {
        let bad = x.iter().any(|v| !v.is_finite());
        let windows = Signal::new(&x, SampleRate::ONE_HZ).windows(WindowSpec::sliding(10, 10)).unwrap();
        assert_eq!(set.extract(windows).is_err(), bad, "{name}");
        let mut stream = set.stream(WindowSpec::sliding(10, 10), SampleRate::ONE_HZ).unwrap();
        assert_eq!(stream.push(&x).is_err(), bad, "{name}");
        if !x.is_empty() {
            let mut row = vec![0.0; set.len()];
            let mut extractor = set.extractor(x.len(), SampleRate::ONE_HZ).unwrap();
            assert_eq!(extractor.extract_into(&x, &mut row).is_err(), bad, "{name}");
        }
    }
}

#[test]
fn garbage_is_no_name() {
    for name in [
        "",
        " ",
        "__",
        "mean__",
        "mean__q_1",
        "Mean",
        "mean ",
        "quantile",
        "quantile__q_",
        "quantile__q",
        "quantile__q_nan",
        "quantile__q_inf",
        "quantile__q_1e999",
        "quantile__q_-0.1",
        "quantile__q_1.1",
        "quantile__q_0.5__q_0.5",
        "quantile__q_\"0.5\"",
        "quantile__q_True",
        "quantile__Q_0.5",
        "l_moment__order_5",
        "l_moment__order_1.0",
        "l_moment__order_99999999999999999999",
        "binned_entropy__max_bins_0",
        "binned_entropy__max_bins_-1",
        "binned_entropy__max_bins_1000000",
        "trimmed_mean__share_0.6",
        "range_count__max_1",
        "standardised_moment__k_1",
        "\u{0}",
        "mean\u{301}",
        "value_count__value_\u{663}",
    ] {
        assert!(name.parse::<FeatureSpec>().is_err(), "`{name}` was taken for a feature");
        assert!(FeatureSet::from_names([name]).is_err());
    }
    assert!(FeatureSet::from_names(["mean", "mean"]).is_err());
    // One feature written in two ways is still one column.
    assert!(FeatureSet::from_names(["trimmed_mean", "trimmed_mean__share_0.1"]).is_err());
    let nothing = FeatureSet::default();
    assert!(nothing.extractor(8, SampleRate::ONE_HZ).is_err());
    assert!(FeatureSet::time_domain().extractor(0, SampleRate::ONE_HZ).is_err());
}

#[test]
fn wrong_lengths_are_errors() {
    let mut extractor = FeatureSet::time_domain().extractor(8, SampleRate::ONE_HZ).unwrap();
    assert!(extractor.extract_into(&[0.0; 7], &mut [0.0; 12]).is_err());
    assert!(extractor.extract_into(&[0.0; 8], &mut [0.0; 11]).is_err());
    assert!(extractor.extract_into(&[], &mut []).is_err());
}

/// Buffers for windows that no memory can hold are refused, not tried.
#[test]
fn windows_beyond_all_memory_are_refused() {
    let rate = SampleRate::ONE_HZ;
    for set in [FeatureSet::time_domain(), FeatureSet::vibration(), FeatureSet::trend(), FeatureSet::spectral()] {
        for len in [0, (1 << 27) + 1, 1 << 36, usize::MAX] {
            assert!(set.extractor(len, rate).is_err(), "{len}");
            assert!(set.stream(WindowSpec::sliding(len, 1), rate).is_err(), "{len}");
        }
    }
}
