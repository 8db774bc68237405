//! Level, change, trend and autocorrelation against tsfresh, scipy, TSFEL, statsmodels and pandas.

use super::{close, json_files, load, number, own_dir};
use prognos::features::{FeatureSet, FeatureSpec};
use prognos::signal::SampleRate;

/// The calculators of tsfresh that this family has.
const TSFRESH: &[&str] = &[
    "absolute_sum_of_changes",
    "agg_autocorrelation",
    "agg_linear_trend",
    "autocorrelation",
    "c3",
    "change_quantiles",
    "cid_ce",
    "energy_ratio_by_chunks",
    "first_location_of_maximum",
    "first_location_of_minimum",
    "index_mass_quantile",
    "last_location_of_maximum",
    "last_location_of_minimum",
    "linear_trend",
    "linear_trend_timewise",
    "longest_strike_above_mean",
    "longest_strike_below_mean",
    "mean_abs_change",
    "mean_change",
    "mean_n_absolute_max",
    "mean_second_derivative_central",
    "number_crossing_m",
    "number_peaks",
    "partial_autocorrelation",
    "time_reversal_asymmetry_statistic",
];

/// Ids of other packages, and our names.
pub const OTHERS: &[(&str, &str)] = &[
    ("stat/kendall_tau_vs_time", "kendall_tau"),
    ("stat/spearman_vs_time", "spearman_rho"),
    ("stat/theil_sen_slope", "theil_sen_slope"),
    ("stat/ols_slope", "linear_trend__attr_\"slope\""),
    ("stat/mann_kendall_S", "mann_kendall_s"),
    ("stat/zero_crossings_strict", "zero_crossing_strict"),
    ("stat/mean_crossings_strict", "mean_crossing_strict"),
    ("tsfel/temporal/Area under the curve", "area_under_curve"),
    ("tsfel/temporal/Centroid", "energy_centroid"),
    ("tsfel/temporal/Mean absolute diff", "mean_abs_change"),
    ("tsfel/temporal/Mean diff", "mean_change"),
    ("tsfel/temporal/Median absolute diff", "median_abs_diff"),
    ("tsfel/temporal/Median diff", "median_diff"),
    ("tsfel/temporal/Negative turning points", "negative_turning_points"),
    ("tsfel/temporal/Positive turning points", "positive_turning_points"),
    ("tsfel/temporal/Neighbourhood peaks", "number_peaks__n_10"),
    ("tsfel/temporal/Signal distance", "signal_distance"),
    ("tsfel/temporal/Slope", "linear_trend__attr_\"slope\""),
    ("tsfel/temporal/Sum absolute diff", "absolute_sum_of_changes"),
    ("tsfel/temporal/Zero crossing rate", "zero_crossing"),
    ("filt/ewma_alpha0.1_adjustTrue_last", "ewma__adjust_True__alpha_0.1"),
    ("filt/ewma_alpha0.1_adjustFalse_last", "ewma__adjust_False__alpha_0.1"),
];

/// Ids that are lists over the lags, and our calculators.
pub const LISTS: &[(&str, &str)] = &[
    ("ar/acf_biased_lags", "acf_biased"),
    ("ar/acf_adjusted_lags", "acf_adjusted"),
    ("ar/pacf_ld_lags", "partial_autocorrelation"),
];

/// Keys of the rainflow counts, which are those of the first 400 samples.
const RAINFLOW: &[(&str, &str)] = &[
    ("total_cycles", "rainflow_cycles"),
    ("sum_range_m3", "rainflow_damage__exponent_3"),
    ("max_range", "rainflow_max_range"),
];

/// Every value of the six series at 1e-9, 1e-12; and how many there were of them.
#[test]
fn check_all() {
    let (mut checked, mut failures) = (0, Vec::new());
    for path in json_files(&own_dir().join("features")) {
        let file = load(&path);
        let (Some(x), Some(fs)) = (file["x"].as_array(), file["fs"].as_f64()) else { continue };
        let x: Vec<f64> = x.iter().map(|v| number(v).unwrap()).collect();
        let rate = SampleRate::hz(fs).unwrap();
        let mut asked: Vec<(String, String, SampleRate, f64)> = Vec::new();
        for (id, value) in file["expected"].as_object().unwrap() {
            if let Some(name) = id.strip_prefix("tsfresh/")
                && TSFRESH.contains(&name.split("__").next().unwrap())
                && let Some(expected) = number(value)
            {
                let (name, rate) = match name.strip_suffix("__dt90s") {
                    Some(name) => (name, SampleRate::every_seconds(90.0).unwrap()),
                    None => (name, rate),
                };
                asked.push((id.clone(), name.to_owned(), rate, expected));
            }
            if let Some((_, name)) = OTHERS.iter().find(|(other, _)| other == id)
                && let Some(expected) = number(value)
            {
                asked.push((id.clone(), (*name).to_owned(), rate, expected));
            }
            if let Some((_, name)) = LISTS.iter().find(|(other, _)| other == id) {
                for (lag, expected) in value.as_array().into_iter().flatten().enumerate() {
                    asked.push((format!("{id}[{lag}]"), format!("{name}__lag_{lag}"), rate, number(expected).unwrap()));
                }
            }
        }
        let cycles = &file["expected"]["filt/rainflow_astm_counts"];
        let head = &x[..x.len().min(400)];
        for (key, name) in RAINFLOW {
            let set = FeatureSet::from_names([name]).unwrap();
            let mut row = [0.0];
            set.extractor(head.len(), rate).unwrap().extract_into(head, &mut row).unwrap();
            checked += 1;
            if !close(row[0], number(&cycles[key]).unwrap(), 1e-9, 1e-12) {
                failures.push(format!("{} {name}: {:e}, expected {}", path.display(), row[0], cycles[key]));
            }
        }
        // One set for all: the kernels work in groups, as they do for users.
        let mut names: Vec<&String> = asked.iter().map(|a| &a.1).collect();
        names.sort_unstable();
        names.dedup();
        let set = FeatureSet::from_names(names).unwrap();
        for spec in set.specs() {
            let again: FeatureSpec = spec.to_string().parse().unwrap();
            assert_eq!(&again, spec);
        }
        for at in [rate, SampleRate::every_seconds(90.0).unwrap()] {
            let mut row = vec![0.0; set.len()];
            set.extractor(x.len(), at).unwrap().extract_into(&x, &mut row).unwrap();
            for (id, name, _, expected) in asked.iter().filter(|a| a.2 == at) {
                let found = row[set.names().iter().position(|n| n == name).unwrap()];
                checked += 1;
                if !close(found, *expected, 1e-9, 1e-12) {
                    failures.push(format!("{} {id}: {found:e}, expected {expected:e}", path.display()));
                }
            }
        }
    }
    assert!(failures.is_empty(), "{} of {checked} differ:\n{}", failures.len(), failures.join("\n"));
    println!("trend and autocorrelation: {checked} golden values agree");
    assert!(checked >= 1490, "only {checked} values were checked");
}
