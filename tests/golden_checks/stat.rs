//! Ids `stat/*` and `vib/*`: numpy, scipy and plain formulas, against features by name.
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
