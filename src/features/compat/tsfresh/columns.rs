//! The columns of tsfresh's three settings, in tsfresh's order.
//!
//! One column of each is left out: `query_similarity_count__query_None__threshold_0.0`, which is NaN for every window.

/// `MinimalFCParameters`.
pub(crate) const MINIMAL: &[&str] = &[
    "sum_values",
    "median",
    "mean",
    "length",
    "standard_deviation",
    "variance",
    "root_mean_square",
    "maximum",
    "absolute_maximum",
    "minimum",
];

/// The calculators without parameters.
const PLAIN: &[&str] = &[
    "variance_larger_than_standard_deviation",
    "has_duplicate_max",
    "has_duplicate_min",
    "has_duplicate",
    "sum_values",
    "abs_energy",
    "mean_abs_change",
    "mean_change",
    "mean_second_derivative_central",
    "median",
    "mean",
    "length",
    "standard_deviation",
    "variation_coefficient",
    "variance",
    "skewness",
    "kurtosis",
    "root_mean_square",
    "absolute_sum_of_changes",
    "longest_strike_below_mean",
    "longest_strike_above_mean",
    "count_above_mean",
    "count_below_mean",
    "last_location_of_maximum",
    "first_location_of_maximum",
    "last_location_of_minimum",
    "first_location_of_minimum",
    "percentage_of_reoccurring_values_to_all_values",
    "percentage_of_reoccurring_datapoints_to_all_datapoints",
    "sum_of_reoccurring_values",
    "sum_of_reoccurring_data_points",
    "ratio_value_number_to_time_series_length",
    "sample_entropy",
    "maximum",
    "absolute_maximum",
    "minimum",
    "benford_correlation",
];

/// The calculators that `EfficientFCParameters` leaves out.
const EXPENSIVE: &[&str] = &["approximate_entropy", "sample_entropy"];

/// `ComprehensiveFCParameters` over an index that is not one of dates: 782 columns.
pub(crate) fn comprehensive() -> Vec<String> {
    let mut names: Vec<String> = PLAIN.iter().map(ToString::to_string).collect();
    let mut add = |calculator: &str, parameters: &mut dyn Iterator<Item = String>| {
        names.extend(parameters.map(|p| format!("{calculator}__{p}")));
    };
    let deciles = || ["0.1", "0.2", "0.3", "0.4", "0.6", "0.7", "0.8", "0.9"].into_iter().map(|q| format!("q_{q}"));
    let twentieths = |from: i32| (from..20).map(|i| format!("r_{:?}", f64::from(i) * 0.05));
    let words = |name: &'static str, words: &[&'static str]| {
        words.iter().map(|w| format!("{name}_\"{w}\"")).collect::<Vec<_>>().into_iter()
    };
    add("time_reversal_asymmetry_statistic", &mut (1..4).map(|lag| format!("lag_{lag}")));
    add("c3", &mut (1..4).map(|lag| format!("lag_{lag}")));
    add("cid_ce", &mut ["normalize_True", "normalize_False"].map(str::to_owned).into_iter());
    add("symmetry_looking", &mut twentieths(0));
    add("large_standard_deviation", &mut twentieths(1));
    add("quantile", &mut deciles());
    add("autocorrelation", &mut (0..10).map(|lag| format!("lag_{lag}")));
    add("agg_autocorrelation", &mut words("f_agg", &["mean", "median", "var"]).map(|f| format!("{f}__maxlag_40")));
    add("partial_autocorrelation", &mut (0..10).map(|lag| format!("lag_{lag}")));
    add("number_cwt_peaks", &mut [1, 5].map(|n| format!("n_{n}")).into_iter());
    add("number_peaks", &mut [1, 3, 5, 10, 50].map(|n| format!("n_{n}")).into_iter());
    add("binned_entropy", &mut std::iter::once("max_bins_10".to_owned()));
    add("index_mass_quantile", &mut deciles());
    let widths = [2, 5, 10, 20];
    add(
        "cwt_coefficients",
        &mut (0..15).flat_map(|k| widths.map(|w| format!("coeff_{k}__w_{w}__widths_(2, 5, 10, 20)"))),
    );
    add("spkt_welch_density", &mut [2, 5, 8].map(|k| format!("coeff_{k}")).into_iter());
    add("ar_coefficient", &mut (0..11).map(|k| format!("coeff_{k}__k_10")));
    add("change_quantiles", &mut corridors());
    let parts = ["real", "imag", "abs", "angle"];
    add(
        "fft_coefficient",
        &mut parts.into_iter().flat_map(|attr| (0..100).map(move |k| format!("attr_\"{attr}\"__coeff_{k}"))),
    );
    add("fft_aggregated", &mut words("aggtype", &["centroid", "variance", "skew", "kurtosis"]));
    add("value_count", &mut [0, 1, -1].map(|v| format!("value_{v}")).into_iter());
    let ranges = ["max_1__min_-1", "max_0__min_-1000000000000.0", "max_1000000000000.0__min_0"];
    add("range_count", &mut ranges.map(str::to_owned).into_iter());
    add("approximate_entropy", &mut ["0.1", "0.3", "0.5", "0.7", "0.9"].map(|r| format!("m_2__r_{r}")).into_iter());
    add("friedrich_coefficients", &mut (0..4).map(|k| format!("coeff_{k}__m_3__r_30")));
    add("max_langevin_fixed_point", &mut std::iter::once("m_3__r_30".to_owned()));
    add("linear_trend", &mut words("attr", &["pvalue", "rvalue", "intercept", "slope", "stderr"]));
    add("agg_linear_trend", &mut chunks());
    let of_aic = |attr: String| format!("{attr}__autolag_\"AIC\"");
    add("augmented_dickey_fuller", &mut words("attr", &["teststat", "pvalue", "usedlag"]).map(of_aic));
    add("number_crossing_m", &mut [0, -1, 1].map(|m| format!("m_{m}")).into_iter());
    add("energy_ratio_by_chunks", &mut (0..10).map(|i| format!("num_segments_10__segment_focus_{i}")));
    let sigmas = ["0.5", "1", "1.5", "2", "2.5", "3", "5", "6", "7", "10"];
    add("ratio_beyond_r_sigma", &mut sigmas.map(|r| format!("r_{r}")).into_iter());
    add("count_above", &mut std::iter::once("t_0".to_owned()));
    add("count_below", &mut std::iter::once("t_0".to_owned()));
    add("lempel_ziv_complexity", &mut [2, 3, 5, 10, 100].map(|bins| format!("bins_{bins}")).into_iter());
    add("fourier_entropy", &mut [2, 3, 5, 10, 100].map(|bins| format!("bins_{bins}")).into_iter());
    add("permutation_entropy", &mut (3..8).map(|d| format!("dimension_{d}__tau_1")));
    add("mean_n_absolute_max", &mut std::iter::once("number_of_maxima_7".to_owned()));
    names
}

/// `EfficientFCParameters` over an index that is not one of dates: 776 columns.
pub(crate) fn efficient() -> Vec<String> {
    let cheap = |name: &String| !EXPENSIVE.iter().any(|e| name.split("__").next() == Some(e));
    comprehensive().into_iter().filter(cheap).collect()
}

fn corridors() -> impl Iterator<Item = String> {
    let edges = ["0.0", "0.2", "0.4", "0.6", "0.8", "1.0"];
    (0..5).flat_map(|l| (l + 1..6).map(move |h| (l, h))).flat_map(move |(l, h)| {
        [("mean", "False"), ("var", "False"), ("mean", "True"), ("var", "True")].map(|(aggregate, absolute)| {
            format!("f_agg_\"{aggregate}\"__isabs_{absolute}__qh_{}__ql_{}", edges[h], edges[l])
        })
    })
}

fn chunks() -> impl Iterator<Item = String> {
    ["rvalue", "intercept", "slope", "stderr"].into_iter().flat_map(|attr| {
        [5, 10, 50].into_iter().flat_map(move |len| {
            ["max", "min", "mean", "var"].map(|f| format!("attr_\"{attr}\"__chunk_len_{len}__f_agg_\"{f}\""))
        })
    })
}
