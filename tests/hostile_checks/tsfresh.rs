//! Hostile input: names with lists in them, and tsfresh's sets over hostile windows.

use prognos::Error;
use prognos::features::{FeatureSet, FeatureSpec};
use prognos::signal::SampleRate;

#[test]
fn lists_in_names_are_read_or_refused() {
    for name in [
        "cwt_coefficients__coeff_0__w_2__widths_()",
        "cwt_coefficients__coeff_0__w_2__widths_(2, 5",
        "cwt_coefficients__coeff_0__w_2__widths_(2.5, 5)",
        "cwt_coefficients__coeff_0__w_2__widths_(0, 2)",
        "cwt_coefficients__coeff_0__w_2__widths_(2, 99999999999999999999)",
        "cwt_coefficients__coeff_0__w_2__widths_2",
        "cwt_coefficients__coeff_0__w_2__widths_None",
        "cwt_coefficients__coeff_0__w_99999999__widths_(2, 5)",
        "cwt_coefficients__coeff_-1__w_2__widths_(2, 5)",
        "query_similarity_count__query_[1.0, nan, 2.0]__threshold_1.0",
        "query_similarity_count__query_[1.0, inf]__threshold_1.0",
        "query_similarity_count__query_[1.0,, 2.0]__threshold_1.0",
        "query_similarity_count__query_[1.0__threshold_1.0",
        "query_similarity_count__query_(1, 2, 3)__threshold_1.0",
        "query_similarity_count__query_5__threshold_1.0",
        "query_similarity_count__query_None__threshold_nan",
        "number_cwt_peaks__n_0",
        "number_cwt_peaks__n_100000",
        "friedrich_coefficients__coeff_0__m_0__r_30",
        "max_langevin_fixed_point__m_3__r_100000000",
        "fourier_entropy__bins_0",
        "quantile__q_(1,)",
    ] {
        assert!(matches!(name.parse::<FeatureSpec>(), Err(Error::UnknownFeature { .. })), "{name}");
    }
    let long = vec!["1.0"; 10_001].join(", ");
    assert!(format!("query_similarity_count__query_[{long}]__threshold_1.0").parse::<FeatureSpec>().is_err());
    for (given, written) in [
        ("cwt_coefficients__coeff_0__w_2", "cwt_coefficients__coeff_0__w_2__widths_(2, 5, 10, 20)"),
        ("cwt_coefficients__coeff_0__w_2__widths_(2,)", "cwt_coefficients__coeff_0__w_2__widths_(2,)"),
        ("cwt_coefficients__coeff_0__w_2__widths_(2,5)", "cwt_coefficients__coeff_0__w_2__widths_(2, 5)"),
        ("query_similarity_count", "query_similarity_count__query_None__threshold_0.0"),
        ("query_similarity_count__query_[]", "query_similarity_count__query_[]__threshold_0.0"),
        (
            "query_similarity_count__normalize_False__query_[1, -2e-9, 3]__threshold_2",
            "query_similarity_count__normalize_False__query_[1.0, -2e-09, 3.0]__threshold_2",
        ),
    ] {
        let spec: FeatureSpec = given.parse().unwrap();
        assert_eq!(spec.to_string(), written);
        assert_eq!(written.parse::<FeatureSpec>().unwrap(), spec);
    }
}

#[test]
fn the_sets_of_tsfresh_survive_every_window() {
    let set = FeatureSet::tsfresh_efficient();
    for (name, x) in super::series().into_iter().filter(|(_, x)| !x.is_empty() && x.len() <= 5000) {
        let mut row = vec![0.0; set.len()];
        let mut extractor = set.extractor(x.len(), SampleRate::ONE_HZ).unwrap();
        extractor.extract_into(&x, &mut row).unwrap();
        assert!(row.iter().all(|v| v.is_finite() || v.is_nan()), "{name}");
    }
}
