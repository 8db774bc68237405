//! Hostile input: TSFEL's columns, and its features with parameters at their ends.

use super::series;
use prognos::Error;
use prognos::features::compat::tsfel::{column_name, column_names, from_channel_columns, from_columns, read_column};
use prognos::features::{FeatureSet, FeatureSpec};
use prognos::signal::SampleRate;

/// Both ends of every parameter of a feature of our own here.
const ENDS: &[&str] = &[
    "tsfel_spectrogram_mean__bin_0__bins_2",
    "tsfel_spectrogram_mean__bin_1048575__bins_2",
    "tsfel_spectrogram_mean__bin_1__bins_1048576",
    "tsfel_lpcc__coeff_0__n_coeff_1",
    "tsfel_lpcc__coeff_99__n_coeff_1",
    "tsfel_lpcc__coeff_99__n_coeff_100",
    "tsfel_mfcc__coeff_0__nfft_2__num_ceps_1",
    "tsfel_mfcc__coeff_38__nfft_3__num_ceps_1",
    "tsfel_mfcc__coeff_38__nfft_5__num_ceps_39",
    "tsfel_mfcc__coeff_11__nfft_65536__num_ceps_12",
    "tsfel_wavelet_energy__width_1",
    "tsfel_wavelet_energy__width_100",
    "tsfel_wavelet_entropy__max_width_2",
    "tsfel_wavelet_entropy__max_width_101",
    "tsfel_ecdf__index_0",
    "tsfel_ecdf__index_134217728",
    "tsfel_ecdf_percentile__p_0.0",
    "tsfel_ecdf_percentile__p_1.0",
    "tsfel_ecdf_percentile_count__p_1.0",
    "tsfel_ecdf_slope__p_end_0.0__p_init_1.0",
    "tsfel_entropy__prob_\"kde\"",
    "tsfel_entropy__prob_\"gauss\"",
];

#[test]
fn parameters_at_their_ends() {
    let set = FeatureSet::from_names(ENDS).unwrap();
    for hz in [1e-300, 1.0, 1e300] {
        for (name, x) in series().into_iter().filter(|(_, x)| !x.is_empty()) {
            let mut row = vec![0.0; set.len()];
            set.extractor(x.len(), SampleRate::hz(hz).unwrap()).unwrap().extract_into(&x, &mut row).unwrap();
            for (value, feature) in row.iter().zip(ENDS) {
                assert!(!value.is_infinite(), "{feature} of {name} at {hz} Hz");
            }
        }
    }
}

/// Windows long enough for the fractal domain.
#[test]
fn long_windows() {
    let set = FeatureSet::tsfel_all();
    for (name, x) in series() {
        if x.is_empty() {
            continue;
        }
        for scale in [1.0, 1e-300, 1e300] {
            let long: Vec<f64> = x.iter().cycle().take(411).map(|v| v * scale).collect();
            let mut row = vec![0.0; set.len()];
            set.extractor(411, SampleRate::ONE_HZ).unwrap().extract_into(&long, &mut row).unwrap();
            assert!(row.iter().all(|v| !v.is_infinite()), "{name} times {scale}");
        }
    }
}

#[test]
fn garbage_is_no_column() {
    for column in [
        "",
        "_",
        "0_",
        "0",
        "mean",
        "0_mean",
        "0_Mean_",
        "0_Mean_0",
        "0_Mean__",
        "0_ECDF",
        "0_ECDF_",
        "0_ECDF_-1",
        "0_ECDF_01",
        "0_ECDF_+1",
        "0_ECDF_1.0",
        "0_ECDF_99999999999999999999",
        "0_ECDF Percentile_2",
        "0_LPCC_12",
        "0_MFCC_12",
        "0_MFCC_coeff_39",
        "0_MFCC_coeff_3__nfft_1",
        "0_Wavelet energy",
        "0_Wavelet energy_0",
        "0_Wavelet energy_12.5",
        "0_Wavelet energy_12.50Hz",
        "0_Wavelet energy_width_0",
        "0_Wavelet energy_width_101",
        "0_Spectrogram mean coefficient_nanHz",
        "0_Spectrogram mean coefficient_50.01Hz",
        "0_FFT mean coefficient_0",
        "0_Mean\u{301}",
        "\u{663}_\u{0}",
    ] {
        let error = read_column(column, SampleRate::hz(100.0).unwrap(), 1000).unwrap_err();
        assert!(
            matches!(&error, Error::UnknownFeature { name, reason } if name == column && !reason.is_empty()),
            "{error}"
        );
        assert!(from_columns([column], SampleRate::ONE_HZ, 0).is_err());
        assert!(from_channel_columns([column], SampleRate::ONE_HZ, usize::MAX).is_err());
    }
    let rate = SampleRate::hz(100.0).unwrap();
    assert!(from_columns(["0_Mean", "0_Mean"], rate, 100).is_err());
    let two = from_columns(["0_Mean", "1_Max"], rate, 100).unwrap_err().to_string();
    assert!(two.contains("1_Max") && two.contains("channel"), "{two}");
    assert!(from_channel_columns(["Mean"], rate, 100).is_err());
    // A frequency that two widths are written with.
    let slow = read_column("0_Wavelet energy_0.03Hz", SampleRate::ONE_HZ, 100).unwrap_err().to_string();
    assert!(slow.contains("two columns"), "{slow}");
}

#[test]
fn what_is_not_tsfel_has_no_column() {
    let mean: FeatureSpec = "mean".parse().unwrap();
    assert_eq!(column_name(&mean, SampleRate::ONE_HZ, 10), None);
    let error = column_names(&FeatureSet::time_domain(), SampleRate::ONE_HZ, 10).unwrap_err();
    assert!(matches!(error, Error::UnknownFeature { name, .. } if name == "mean"));
}

#[test]
fn names_at_extreme_rates_and_lengths() {
    let set = FeatureSet::tsfel_all();
    for hz in [1e-300, 1.0, 1e16, 1e300] {
        for len in [0, 1, usize::MAX] {
            let rate = SampleRate::hz(hz).unwrap();
            let names = column_names(&set, rate, len).unwrap();
            assert_eq!(from_columns(&names, rate, len).unwrap(), set, "{hz} {len}");
        }
    }
}
