//! Ids `stat/*`, `vib/*` and `tsfel/statistical/*`: numpy, scipy, plain formulas and TSFEL, against features by name.
//! What goes with time (`stat/*_vs_time`, slopes, crossings) is in [`super::trend`].

use prognos::features::FeatureSet;
use prognos::signal::SampleRate;

/// The feature names whose numbers, in this order, make up the value of an id.
fn names(id: &str) -> Option<&'static [&'static str]> {
    let names: &[&str] = match id {
        "stat/mean" => &["mean"],
        "stat/var_ddof0" => &["variance"],
        "stat/var_ddof1" => &["var_ddof1"],
        "stat/std_ddof0" => &["standard_deviation"],
        "stat/std_ddof1" => &["std_ddof1"],
        "stat/skew_biased" => &["skewness_biased"],
        "stat/skew_unbiased" => &["skewness_unbiased"],
        "stat/kurt_fisher_biased" => &["kurtosis_biased"],
        "stat/kurt_fisher_unbiased" => &["kurtosis_unbiased"],
        "stat/kurt_pearson_biased" => &["kurtosis_pearson"],
        "stat/std_moment_5_biased" => &["standardised_moment__k_5"],
        "stat/std_moment_6_biased" => &["standardised_moment__k_6"],
        "stat/std_moment_8_biased" => &["standardised_moment__k_8"],
        "stat/quantile_linear_0" => &["quantile__q_0.0"],
        "stat/quantile_linear_1" => &["quantile__q_0.01"],
        "stat/quantile_linear_5" => &["quantile__q_0.05"],
        "stat/quantile_linear_10" => &["quantile__q_0.1"],
        "stat/quantile_linear_25" => &["quantile__q_0.25"],
        "stat/quantile_linear_50" => &["quantile__q_0.5"],
        "stat/quantile_linear_75" => &["quantile__q_0.75"],
        "stat/quantile_linear_90" => &["quantile__q_0.9"],
        "stat/quantile_linear_95" => &["quantile__q_0.95"],
        "stat/quantile_linear_99" => &["quantile__q_0.99"],
        "stat/quantile_linear_100" => &["quantile__q_1.0"],
        "stat/iqr" => &["iqr"],
        "stat/mad_median" => &["median_absolute_deviation"],
        "stat/mad_median_normal" => &["median_absolute_deviation_normal"],
        "stat/mad_mean" => &["mean_absolute_deviation"],
        "stat/trim_mean_10" => &["trimmed_mean__share_0.1"],
        "stat/gini_mean_diff" => &["gini_mean_difference"],
        "stat/l_moments_1_4" => &["l_moment__order_1", "l_moment__order_2", "l_moment__order_3", "l_moment__order_4"],
        "stat/hist_entropy_nats_10bins" => &["binned_entropy__max_bins_10"],
        "stat/mode_half_sample" => &["half_sample_mode"],
        "stat/jarque_bera" => &["jarque_bera"],
        "stat/shapiro_w" => &["shapiro_w"],
        "vib/rms" => &["root_mean_square"],
        "vib/peak_abs" => &["absolute_maximum"],
        "vib/peak_half_p2p" => &["half_peak_to_peak"],
        "vib/peak_to_peak" => &["peak_to_peak"],
        "vib/mean_abs" => &["mean_abs"],
        "vib/sqrt_amplitude" => &["square_root_amplitude"],
        "vib/crest_factor" => &["crest_factor"],
        "vib/shape_factor" => &["shape_factor"],
        "vib/impulse_factor" => &["impulse_factor"],
        "vib/clearance_factor" | "vib/margin_factor_pk_over_sra" => &["clearance_factor"],
        "vib/energy" => &["abs_energy"],
        "vib/power" => &["power"],
        "vib/k_factor" => &["k_factor"],
        "vib/snr_db_mean_over_std" => &["snr_mean_over_std_db"],
        "vib/talaf" => &["talaf"],
        "vib/thikat" => &["thikat"],
        "vib/kurtosis_pearson" => &["kurtosis_pearson"],
        "vib/diff_rms" => &["diff_rms"],
        "vib/waveform_length" => &["waveform_length"],
        "vib/log_energy_entropy" => &["log_energy_entropy"],
        "vib/upper_bound" => &["histogram_upper_bound"],
        "vib/lower_bound" => &["histogram_lower_bound"],
        "vib/hjorth_activity_mobility_complexity" => &["hjorth_activity", "hjorth_mobility", "hjorth_complexity"],
        "vib/teager_kaiser_mean_std_kurt" => &["teager_mean", "teager_std", "teager_kurtosis"],
        "vib/npnl_norm_diff_energy_DIFF" => &["diff_energy_ratio"],
        "nl/antropy_hjorth_mob_comp" => &["hjorth_mobility", "hjorth_complexity"],
        "tsfel/statistical/Absolute energy" => &["abs_energy"],
        "tsfel/statistical/Average power" => &["average_power"],
        "tsfel/statistical/ECDF Percentile" => &["ecdf_percentile__p_0.2", "ecdf_percentile__p_0.8"],
        "tsfel/statistical/ECDF Percentile Count" => &["ecdf_percentile_count__p_0.2", "ecdf_percentile_count__p_0.8"],
        "tsfel/statistical/ECDF Slope" => &["ecdf_slope"],
        "tsfel/statistical/Entropy" => &["value_entropy"],
        "tsfel/statistical/Histogram mode" => &["histogram_mode"],
        "tsfel/statistical/Interquartile range" => &["iqr"],
        "tsfel/statistical/Kurtosis" => &["kurtosis_biased"],
        "tsfel/statistical/Max" => &["maximum"],
        "tsfel/statistical/Mean" => &["mean"],
        "tsfel/statistical/Mean absolute deviation" => &["mean_absolute_deviation"],
        "tsfel/statistical/Median" => &["median"],
        "tsfel/statistical/Median absolute deviation" => &["median_absolute_deviation"],
        "tsfel/statistical/Min" => &["minimum"],
        "tsfel/statistical/Peak to peak distance" => &["peak_to_peak"],
        "tsfel/statistical/Root mean square" => &["root_mean_square"],
        "tsfel/statistical/Skewness" => &["skewness_biased"],
        "tsfel/statistical/Standard deviation" => &["standard_deviation"],
        "tsfel/statistical/Variance" => &["variance"],
        _ => return None,
    };
    Some(names)
}

/// What this crate computes for an id; `None` for one that is not of this file.
pub fn check(id: &str, x: &[f64], fs: f64) -> Option<Vec<f64>> {
    Some(extract(names(id)?, x, fs))
}

/// The features of these names over the whole series as one window.
pub fn extract<S: AsRef<str>>(names: &[S], x: &[f64], fs: f64) -> Vec<f64> {
    let mut extractor = FeatureSet::from_names(names).unwrap().extractor(x.len(), SampleRate::hz(fs).unwrap()).unwrap();
    let mut row = vec![0.0; names.len()];
    extractor.extract_into(x, &mut row).unwrap();
    row
}

/// Why a golden value is not reproduced.
///
/// * TSFEL's count of a constant is the value of the constant (its shortcut for constants returns `signal[0]` for the
///   percentile and, by the same line, for the count); the count of samples is what the name says.
/// * TSFEL's slope of a constant is infinite; features are finite or NaN.
pub fn exception(x: &[f64], id: &str) -> Option<&'static str> {
    let constant = x.iter().all(|v| *v == x[0]);
    match id {
        "tsfel/statistical/ECDF Percentile Count" if constant => Some("TSFEL gives the value, not the count"),
        "tsfel/statistical/ECDF Slope" if constant => Some("infinite: NaN here"),
        _ => None,
    }
}
