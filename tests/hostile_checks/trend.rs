//! Hostile input to the features of trend, change, monitoring and autocorrelation.

use super::series;
use prognos::Error;
use prognos::features::{FeatureSet, NanPolicy};
use prognos::signal::{SampleRate, Signal, WindowSpec};

/// Every calculator, its parameters at both ends and in the middle.
pub fn names() -> Vec<String> {
    let mut names: Vec<String> = [
        "theil_sen_slope",
        "theil_sen_slope_per_hour",
        "kendall_tau",
        "spearman_rho",
        "mann_kendall_s",
        "mann_kendall_z",
        "level_shift_halves",
        "mean_change",
        "mean_abs_change",
        "absolute_sum_of_changes",
        "median_diff",
        "median_abs_diff",
        "mean_second_derivative_central",
        "cid_ce__normalize_True",
        "cid_ce__normalize_False",
        "signal_distance",
        "area_under_curve",
        "energy_centroid",
        "longest_strike_above_mean",
        "longest_strike_below_mean",
        "first_location_of_maximum",
        "first_location_of_minimum",
        "last_location_of_maximum",
        "last_location_of_minimum",
        "zero_crossing",
        "zero_crossing_strict",
        "mean_crossing_strict",
        "positive_turning_points",
        "negative_turning_points",
        "turning_point_rate",
        "slope_sign_changes__threshold_0.0",
        "slope_sign_changes__threshold_1e+300",
        "ewma__adjust_True__alpha_1e-09",
        "ewma__adjust_False__alpha_0.3",
        "ewma__adjust_True__alpha_1.0",
        "ewma_shift__alpha_0.1",
        "cusum_max",
        "cusum_range",
        "cusum_location",
        "step_size",
        "rainflow_cycles",
        "rainflow_damage__exponent_3",
        "rainflow_damage__exponent_100.0",
        "rainflow_max_range",
        "stuck_run_length",
        "unchanged_share",
        "saturation_share",
        "out_of_range_share__high_1.0__low_-1.0",
        "out_of_range_share__high_-1e+308__low_1e+308",
        "gap_share",
        "longest_gap",
        "autocorrelation_time",
        "autocorrelation_first_zero",
        "autocorrelation_first_minimum",
    ]
    .map(str::to_owned)
    .to_vec();
    for attr in ["intercept", "pvalue", "rvalue", "slope", "stderr"] {
        names.push(format!("linear_trend__attr_\"{attr}\""));
        names.push(format!("linear_trend_timewise__attr_\"{attr}\""));
        for chunk in [1, 5, 1_000_000_000] {
            for agg in ["max", "mean", "min", "std", "var"] {
                names.push(format!("agg_linear_trend__attr_\"{attr}\"__chunk_len_{chunk}__f_agg_\"{agg}\""));
            }
        }
    }
    for lag in [0, 1, 2, 7, 30, 1_000_000_000] {
        for calculator in ["autocorrelation", "acf_adjusted", "acf_biased", "partial_autocorrelation"] {
            // An order of 10^9 is cut to the window, but is tried on its own below: it makes all others long.
            names.push(format!("{calculator}__lag_{lag}"));
        }
        if lag > 0 {
            names.push(format!("c3__lag_{lag}"));
            names.push(format!("time_reversal_asymmetry_statistic__lag_{lag}"));
            names.push(format!("maximum_rise__span_{lag}"));
            names.push(format!("maximum_fall__span_{lag}"));
            names.push(format!("number_peaks__n_{lag}"));
            names.push(format!("mean_n_absolute_max__number_of_maxima_{lag}"));
            for agg in ["mean", "median", "std", "var"] {
                names.push(format!("agg_autocorrelation__f_agg_\"{agg}\"__maxlag_{lag}"));
            }
            names.push(format!("energy_ratio_by_chunks__num_segments_{lag}__segment_focus_0"));
            names.push(format!("energy_ratio_by_chunks__num_segments_{lag}__segment_focus_6"));
        }
    }
    for q in ["0.0", "0.5", "1.0"] {
        names.push(format!("index_mass_quantile__q_{q}"));
        for qh in ["0.0", "0.5", "1.0"] {
            for agg in ["mean", "std", "var"] {
                for abs in ["True", "False"] {
                    names.push(format!("change_quantiles__f_agg_\"{agg}\"__isabs_{abs}__qh_{qh}__ql_{q}"));
                }
            }
        }
    }
    for m in ["0", "-1.5", "1e+308"] {
        names.push(format!("number_crossing_m__m_{m}"));
    }
    names
}

#[test]
fn features_of_hostile_series_are_finite_or_nan() {
    let set = FeatureSet::from_names(names()).unwrap();
    let rates = [SampleRate::ONE_HZ, SampleRate::hz(1e300).unwrap(), SampleRate::hz(1e-300).unwrap()];
    for (name, x) in series() {
        for policy in [NanPolicy::Propagate, NanPolicy::Omit, NanPolicy::Error] {
            let set = set.clone().nan_policy(policy);
            for rate in rates {
                let mut row = vec![1.0; set.len()];
                let mut extractor = match set.extractor(x.len(), rate) {
                    Ok(extractor) => extractor,
                    Err(e) => {
                        assert!(x.is_empty() && matches!(e, Error::Parameter { .. }), "{name}: {e}");
                        continue;
                    }
                };
                match extractor.extract_into(&x, &mut row) {
                    Ok(()) => assert!(row.iter().all(|v| v.is_finite() || v.is_nan()), "{name}"),
                    Err(e) => {
                        assert!(policy == NanPolicy::Error && matches!(e, Error::NonFinite { .. }), "{name}: {e}")
                    }
                }
                // A second window through the same buffers gives the same bits.
                let mut again = vec![2.0; set.len()];
                if extractor.extract_into(&x, &mut again).is_ok() {
                    for ((a, b), column) in row.iter().zip(&again).zip(set.names()) {
                        assert!(a.to_bits() == b.to_bits() || (a.is_nan() && b.is_nan()), "{name} {column}: {a} {b}");
                    }
                }
            }
        }
        // Windows of one to three samples.
        for len in 1..=3 {
            let windows = Signal::new(&x, SampleRate::ONE_HZ).windows(WindowSpec::sliding(len, 5)).unwrap();
            let rows = set.extract(windows).unwrap();
            assert!(rows.view().iter().all(|v| v.is_finite() || v.is_nan()), "{name}");
        }
    }
}

#[test]
fn windows_with_missing_samples_are_counted() {
    let set = FeatureSet::trend();
    let mut x: Vec<f64> = (0..40).map(|i| f64::from(i / 4)).collect();
    x[10] = f64::NAN;
    x[11] = f64::INFINITY;
    let mut row = vec![0.0; set.len()];
    set.extractor(40, SampleRate::ONE_HZ).unwrap().extract_into(&x, &mut row).unwrap();
    for (column, value) in set.names().iter().zip(&row) {
        match column.as_str() {
            "stuck_run_length" => assert_eq!(*value, 4.0),
            "gap_share" => assert_eq!(*value, 0.05),
            "longest_gap" => assert_eq!(*value, 2.0),
            "saturation_share" => assert_eq!(*value, 8.0 / 38.0),
            // 36 neighbours are there; of 30 equal pairs the gap took one (8 and 9 are left of four).
            "unchanged_share" => assert_eq!(*value, 28.0 / 36.0),
            _ => assert!(value.is_nan(), "{column}"),
        }
    }
}

#[test]
fn parameters_out_of_range_are_errors() {
    for name in [
        "c3__lag_0",
        "c3",
        "autocorrelation__lag_-1",
        "index_mass_quantile__q_1.5",
        "change_quantiles__f_agg_\"median\"__isabs_True__qh_0.8__ql_0.2",
        "agg_linear_trend__attr_\"slope\"__chunk_len_0__f_agg_\"max\"",
        "linear_trend__attr_\"tau\"",
        "ewma__alpha_0.0",
        "number_peaks__n_0",
        "maximum_rise__span_0",
    ] {
        assert!(matches!(FeatureSet::from_names([name]), Err(Error::UnknownFeature { .. })), "{name}");
    }
}
