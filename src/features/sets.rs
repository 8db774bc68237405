//! Ready-made feature sets.

use super::compat::tsfresh::columns;
use super::set::FeatureSet;

/// The twelve of the time domain.
const TIME_DOMAIN: &[&str] = &[
    "mean",
    "standard_deviation",
    "root_mean_square",
    "absolute_maximum",
    "peak_to_peak",
    "crest_factor",
    "shape_factor",
    "impulse_factor",
    "clearance_factor",
    "skewness_biased",
    "kurtosis_pearson",
    "abs_energy",
];

const DISTRIBUTION: &[&str] = &[
    "mean",
    "standard_deviation",
    "minimum",
    "maximum",
    "quantile__q_0.05",
    "quantile__q_0.25",
    "median",
    "quantile__q_0.75",
    "quantile__q_0.95",
    "iqr",
    "median_absolute_deviation_normal",
    "mean_absolute_deviation",
    "trimmed_mean__share_0.1",
    "skewness_biased",
    "kurtosis_pearson",
    "l_skewness",
    "l_kurtosis",
    "quartile_skewness",
    "octile_kurtosis",
    "gini_mean_difference",
    "half_sample_mode",
    "binned_entropy__max_bins_10",
    "jarque_bera",
    "ratio_beyond_r_sigma__r_3.0",
    "count_above_mean",
    "has_duplicate_max",
    "has_duplicate_min",
    "percentage_of_reoccurring_datapoints_to_all_datapoints",
    "ratio_value_number_to_time_series_length",
];

/// What the vibration set has besides the twelve.
const MOVEMENT: &[&str] = &[
    "mean_abs",
    "square_root_amplitude",
    "half_peak_to_peak",
    "k_factor",
    "talaf",
    "standardised_moment__k_6",
    "diff_rms",
    "waveform_length",
    "hjorth_mobility",
    "hjorth_complexity",
    "teager_mean",
    "teager_std",
    "teager_kurtosis",
    "binned_entropy__max_bins_10",
];

/// Shape of Welch's power density, where the power lies, and how tonal it is.
const SPECTRAL: &[&str] = &[
    "welch_centroid__nperseg_1024",
    "welch_spread__nperseg_1024",
    "welch_skewness__nperseg_1024",
    "welch_kurtosis__nperseg_1024",
    "welch_rms_frequency__nperseg_1024",
    "welch_median_frequency__nperseg_1024",
    "welch_rolloff__nperseg_1024__q_0.95",
    "welch_bandwidth__nperseg_1024__q_0.95",
    "welch_entropy_normalised__nperseg_1024",
    "welch_flatness__nperseg_1024",
    "welch_crest__nperseg_1024",
    "welch_peak_frequency__nperseg_1024",
    "welch_total_power__nperseg_1024",
    "welch_equal_band_power__bands_8__index_0__nperseg_1024",
    "welch_equal_band_power__bands_8__index_1__nperseg_1024",
    "welch_equal_band_power__bands_8__index_2__nperseg_1024",
    "welch_equal_band_power__bands_8__index_3__nperseg_1024",
    "welch_equal_band_power__bands_8__index_4__nperseg_1024",
    "welch_equal_band_power__bands_8__index_5__nperseg_1024",
    "welch_equal_band_power__bands_8__index_6__nperseg_1024",
    "welch_equal_band_power__bands_8__index_7__nperseg_1024",
    "total_harmonic_distortion__harmonics_5",
];

/// The columns of [`FeatureSet::trend`].
const TREND: &[&str] = &[
    "mean",
    "standard_deviation",
    "quantile__q_0.1",
    "quantile__q_0.5",
    "quantile__q_0.9",
    "linear_trend__attr_\"slope\"",
    "linear_trend__attr_\"rvalue\"",
    "linear_trend__attr_\"stderr\"",
    "linear_trend_timewise__attr_\"slope\"",
    "agg_linear_trend__attr_\"slope\"__chunk_len_5__f_agg_\"max\"",
    "agg_linear_trend__attr_\"slope\"__chunk_len_5__f_agg_\"min\"",
    "agg_linear_trend__attr_\"slope\"__chunk_len_5__f_agg_\"var\"",
    "theil_sen_slope",
    "kendall_tau",
    "spearman_rho",
    "mann_kendall_z",
    "level_shift_halves",
    "mean_change",
    "mean_abs_change",
    "median_diff",
    "median_abs_diff",
    "mean_second_derivative_central",
    "cid_ce__normalize_True",
    "longest_strike_above_mean",
    "longest_strike_below_mean",
    "first_location_of_maximum",
    "first_location_of_minimum",
    "turning_point_rate",
    "mean_crossing_strict",
    "ewma__adjust_True__alpha_0.1",
    "ewma_shift__alpha_0.1",
    "cusum_max",
    "cusum_range",
    "cusum_location",
    "step_size",
    "maximum_rise__span_1",
    "maximum_fall__span_1",
    "rainflow_damage__exponent_3",
    "rainflow_max_range",
    "stuck_run_length",
    "unchanged_share",
    "saturation_share",
    "gap_share",
    "longest_gap",
    "acf_adjusted__lag_1",
    "acf_adjusted__lag_2",
    "acf_adjusted__lag_5",
    "partial_autocorrelation__lag_2",
    "autocorrelation_time",
    "autocorrelation_first_zero",
];

impl FeatureSet {
    /// The twelve usual indicators of a vibration signal in the time domain, from one pass over the window: `mean`,
    /// `standard_deviation`, `root_mean_square`, `absolute_maximum` (the peak), `peak_to_peak`, `crest_factor`,
    /// `shape_factor`, `impulse_factor`, `clearance_factor`, `skewness_biased`, `kurtosis_pearson`, `abs_energy`.
    ///
    /// ```
    /// use prognos::features::FeatureSet;
    /// use prognos::signal::{SampleRate, Signal, WindowSpec};
    /// let x: Vec<f64> = (0..4096).map(|i| (i as f64 * 0.3).sin()).collect();
    /// let windows = Signal::new(&x, SampleRate::hz(12_800.0)?).windows(WindowSpec::sliding(2048, 1024))?;
    /// let matrix = FeatureSet::time_domain().extract(windows)?;
    /// assert_eq!(matrix.view().dim(), (3, 12));
    /// # Ok::<(), prognos::Error>(())
    /// ```
    #[must_use]
    pub fn time_domain() -> Self {
        Self::of_known(TIME_DOMAIN)
    }

    /// The distribution of a slow sensor's values: level, spread, quantiles, robust shape, entropy, and what betrays a
    /// stuck, limited or quantised sensor. One sort a window.
    ///
    /// `mean`, `standard_deviation`, `minimum`, `maximum`, quantiles 0.05, 0.25, 0.75, 0.95, `median`, `iqr`,
    /// `median_absolute_deviation_normal`, `mean_absolute_deviation`, `trimmed_mean` 10 %, `skewness_biased`,
    /// `kurtosis_pearson`, `l_skewness`, `l_kurtosis`, `quartile_skewness`, `octile_kurtosis`,
    /// `gini_mean_difference`, `half_sample_mode`, `binned_entropy` of 10 bins, `jarque_bera`, `ratio_beyond_r_sigma`
    /// 3, `count_above_mean`, `has_duplicate_max`, `has_duplicate_min`,
    /// `percentage_of_reoccurring_datapoints_to_all_datapoints`, `ratio_value_number_to_time_series_length`.
    ///
    /// ```
    /// use prognos::features::FeatureSet;
    /// assert_eq!(FeatureSet::distribution().len(), 29);
    /// ```
    #[must_use]
    pub fn distribution() -> Self {
        Self::of_known(DISTRIBUTION)
    }

    /// Vibration of a machine in the time domain: [`FeatureSet::time_domain`] and, behind it, `mean_abs`,
    /// `square_root_amplitude`, `half_peak_to_peak`, `k_factor`, `talaf`, `standardised_moment` 6, `diff_rms`,
    /// `waveform_length`, `hjorth_mobility`, `hjorth_complexity`, `teager_mean`, `teager_std`, `teager_kurtosis`,
    /// `binned_entropy` of 10 bins. No sort.
    ///
    /// ```
    /// use prognos::features::FeatureSet;
    /// let set = FeatureSet::vibration();
    /// assert_eq!(set.len(), 26);
    /// assert_eq!(set.names()[..12], *FeatureSet::time_domain().names());
    /// ```
    #[must_use]
    pub fn vibration() -> Self {
        Self::of_known(&[TIME_DOMAIN, MOVEMENT].concat())
    }

    /// Where the power lies and how tonal it is: centroid, spread, skewness, kurtosis, RMS and median frequency, 95 %
    /// rolloff and bandwidth, entropy, flatness, crest, peak frequency, total power and the power of eight equal bands
    /// of Welch's density with pieces of 1,024 samples, and the total harmonic distortion. One Welch and one Fourier
    /// transform a window. Shorter windows make one piece.
    ///
    /// ```
    /// use prognos::features::FeatureSet;
    /// assert_eq!(FeatureSet::spectral().len(), 22);
    /// ```
    #[must_use]
    pub fn spectral() -> Self {
        Self::of_known(SPECTRAL)
    }

    /// The set for slow process sensors (temperature, pressure, current, oil condition: a value a second to a value
    /// an hour), 50 columns.
    ///
    /// | question | columns |
    /// |---|---|
    /// | level and spread | `mean`, `standard_deviation`, `quantile` 0.1, 0.5, 0.9 |
    /// | how fast does it drift | `linear_trend` slope, r, stderr; `linear_trend_timewise` slope (an hour); `theil_sen_slope`; `level_shift_halves` |
    /// | do its edges or its spread drift | `agg_linear_trend` slope of the maximum, minimum and variance of 5 samples |
    /// | does it drift at all | `kendall_tau`, `spearman_rho`, `mann_kendall_z` |
    /// | how does it change | `mean_change`, `mean_abs_change`, `median_diff`, `median_abs_diff`, `mean_second_derivative_central`, `cid_ce`, `maximum_rise`, `maximum_fall` |
    /// | where and how long | `longest_strike_above_mean`, `longest_strike_below_mean`, `first_location_of_maximum`, `first_location_of_minimum`, `turning_point_rate`, `mean_crossing_strict` |
    /// | where is it now, did it step | `ewma`, `ewma_shift`, `cusum_max`, `cusum_range`, `cusum_location`, `step_size` |
    /// | load cycles | `rainflow_damage` (exponent 3), `rainflow_max_range` |
    /// | is the sensor alive | `stuck_run_length`, `unchanged_share`, `saturation_share`, `gap_share`, `longest_gap` |
    /// | memory | `acf_adjusted` lag 1, 2, 5; `partial_autocorrelation` lag 2; `autocorrelation_time`, `autocorrelation_first_zero` |
    ///
    /// Windows of 20 to 1,000 samples suit it; shorter ones have NaN where a feature needs more (the chunks need six
    /// samples). The columns on the sensor itself also have numbers for windows with missing samples (NaN).
    ///
    /// ```
    /// use prognos::features::FeatureSet;
    /// use prognos::signal::{SampleRate, Signal, WindowSpec};
    /// // A bearing temperature every minute, that rises by half a degree an hour.
    /// let t: Vec<f64> = (0..600).map(|i| 60.0 + 0.5 * i as f64 / 60.0 + 0.2 * (i as f64 * 0.7).sin()).collect();
    /// let signal = Signal::new(&t, SampleRate::every_seconds(60.0)?);
    /// let rows = FeatureSet::trend().extract(signal.windows(WindowSpec::sliding(120, 60))?)?;
    /// assert_eq!(rows.view().dim(), (9, 50));
    /// let slope = rows.column("linear_trend_timewise__attr_\"slope\"")?;
    /// assert!(slope.iter().all(|s| (s - 0.5).abs() < 0.1));
    /// # Ok::<(), prognos::Error>(())
    /// ```
    #[must_use]
    pub fn trend() -> Self {
        Self::of_known(TREND)
    }

    /// The columns of tsfresh's `MinimalFCParameters`, in its order: `sum_values`, `median`, `mean`, `length`,
    /// `standard_deviation`, `variance`, `root_mean_square`, `maximum`, `absolute_maximum`, `minimum`.
    ///
    /// ```
    /// use prognos::features::FeatureSet;
    /// assert_eq!(FeatureSet::tsfresh_minimal().len(), 10);
    /// ```
    #[must_use]
    pub fn tsfresh_minimal() -> Self {
        Self::of_known(columns::MINIMAL)
    }

    /// The columns of tsfresh's `EfficientFCParameters`, in its order: 776 of them, those of
    /// [`tsfresh_comprehensive`](Self::tsfresh_comprehensive) without `approximate_entropy` and `sample_entropy`.
    ///
    /// ```
    /// use prognos::features::FeatureSet;
    /// use prognos::signal::{SampleRate, Signal, WindowSpec};
    /// let x: Vec<f64> = (0..600).map(|i| (f64::from(i) * 0.3).sin() + (f64::from(i) * 0.017).cos()).collect();
    /// let windows = Signal::new(&x, SampleRate::ONE_HZ).windows(WindowSpec::sliding(200, 100))?;
    /// let set = FeatureSet::tsfresh_efficient();
    /// let rows = set.extract(windows)?;
    /// assert_eq!(rows.view().dim(), (5, set.len()));
    /// assert_eq!(rows.names()[0], "variance_larger_than_standard_deviation");
    /// # Ok::<(), prognos::Error>(())
    /// ```
    #[must_use]
    pub fn tsfresh_efficient() -> Self {
        Self::of_known(&columns::efficient())
    }

    /// The columns of tsfresh's `ComprehensiveFCParameters`, in its order: 782 of them, with tsfresh's numbers (see
    /// [`features::compat`](super::compat)).
    ///
    /// tsfresh itself has one column more, `query_similarity_count__query_None__threshold_0.0`, which is always NaN. The five of
    /// `linear_trend_timewise`, which tsfresh adds when the index is one of dates, are not among them: `and` joins them.
    ///
    /// ```
    /// use prognos::features::FeatureSet;
    /// let attributes = ["pvalue", "rvalue", "intercept", "slope", "stderr"];
    /// let timewise = attributes.map(|attr| format!("linear_trend_timewise__attr_\"{attr}\""));
    /// let set = FeatureSet::tsfresh_comprehensive().and(&FeatureSet::from_names(timewise)?)?;
    /// assert_eq!(set.len(), FeatureSet::tsfresh_comprehensive().len() + 5);
    /// # Ok::<(), prognos::Error>(())
    /// ```
    #[must_use]
    pub fn tsfresh_comprehensive() -> Self {
        Self::of_known(&columns::comprehensive())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_is_known_and_written_as_it_is_shown() {
        for names in [
            TIME_DOMAIN.to_vec(),
            DISTRIBUTION.to_vec(),
            SPECTRAL.to_vec(),
            TREND.to_vec(),
            [TIME_DOMAIN, MOVEMENT].concat(),
        ] {
            let set = FeatureSet::from_names(&names).map_err(|e| e.to_string());
            assert_eq!(set.map(|s| s.names().to_vec()), Ok(names.iter().map(ToString::to_string).collect()));
            assert_eq!(FeatureSet::of_known(&names).len(), names.len());
        }
    }
}
