//! Laws: TSFEL's columns, whatever the rate and the window. The features themselves join the laws of all.

use super::noise;
use prognos::features::compat::tsfel::{Domain, column_names, from_channel_columns, from_columns};
use prognos::features::{FeatureSet, FeatureSpec};
use prognos::signal::{SampleRate, Signal, WindowSpec};

/// Rates at which TSFEL stops, windows that are too short for most: a row of numbers and NaN all the same.
#[test]
fn every_rate_and_every_window_has_a_row() {
    let set = FeatureSet::tsfel_all();
    for hz in [1e-3, 1.0, 1e5] {
        for n in [1, 2, 3, 5, 11, 12, 61, 62, 200] {
            let x = noise(n, 3);
            let signal = Signal::new(&x, SampleRate::hz(hz).unwrap());
            let row = set.extract(signal.windows(WindowSpec::sliding(n, n)).unwrap()).unwrap();
            assert_eq!(row.view().dim(), (1, 163));
            let known = row.view().iter().filter(|v| v.is_finite()).count();
            let expected = if n >= 160 {
                163
            } else if n > 2 {
                80
            } else {
                40
            };
            assert!(known >= expected, "{n} samples at {hz} Hz: {known}");
        }
    }
}

/// What was written is read as what it was: defaults, and settings that are none.
#[test]
fn columns_read_back() {
    let rate = SampleRate::hz(0.2).unwrap();
    let of_tsfel = |s: &FeatureSpec| s.calculator().starts_with("tsfel_");
    let specs: Vec<FeatureSpec> = FeatureSet::examples().into_iter().filter(of_tsfel).collect();
    let set = FeatureSet::from_specs(specs).unwrap();
    let columns = column_names(&set, rate, 77).unwrap();
    assert_eq!(from_columns(&columns, rate, 77).unwrap(), set);
}

#[test]
fn channels_are_sets_of_their_own() {
    let rate = SampleRate::hz(100.0).unwrap();
    let set = FeatureSet::tsfel_domains(&[Domain::Temporal, Domain::Spectral]);
    let columns = column_names(&set, rate, 500).unwrap();
    let both = columns.iter().flat_map(|c| [format!("0{}", &c[1..]), format!("acc_y{}", &c[1..])]);
    let sets = from_channel_columns(both, rate, 500).unwrap();
    assert_eq!(sets, [("0".to_owned(), set.clone()), ("acc_y".to_owned(), set)]);
}

/// A signal an octave higher has its frequencies twice as high; numbers without a frequency stay.
#[test]
fn frequencies_go_with_the_rate() {
    let x = noise(512, 9);
    let row = |names: &[&str], hz: f64| {
        let set = FeatureSet::from_names(names).unwrap();
        let mut row = vec![0.0; names.len()];
        set.extractor(x.len(), SampleRate::hz(hz).unwrap()).unwrap().extract_into(&x, &mut row).unwrap();
        row
    };
    let twice = [
        "tsfel_fundamental_frequency",
        "tsfel_maximum_frequency",
        "tsfel_median_frequency",
        "tsfel_power_bandwidth",
        "tsfel_spectral_centroid",
        "tsfel_spectral_roll_off",
        "tsfel_spectral_roll_on",
        "tsfel_spectral_spread",
    ];
    let same =
        ["tsfel_spectral_skewness", "tsfel_spectral_entropy", "tsfel_spectral_decrease", "tsfel_wavelet_entropy"];
    for (low, high) in row(&twice, 40.0).iter().zip(row(&twice, 80.0)) {
        assert!((2.0 * low - high).abs() <= 1e-12 * high && *low > 0.0, "{low} {high}");
    }
    for (low, high) in row(&same, 40.0).iter().zip(row(&same, 80.0)) {
        assert!((low - high).abs() <= 1e-12 * high.abs(), "{low} {high}");
    }
}
