//! Family `features/<prefix>`: the ids of the series files, and the cases without a series.
//!
//! One line a prefix below says who computes it. Where nobody does yet, the id is skipped.

use super::{
    Outcome, Tally, autoregression, catch22, compare, convolution, decomposition, filt, fractal, json_files, load,
    nonlinear, number, numbers, profile, spec, stat, trend, tsfel, wavelet,
};
use prognos::features::{FeatureSet, FeatureSpec};
use serde_json::Value;
use std::path::Path;

const NOT_BUILT: &str = "not built yet";

pub fn run(dir: &Path, tally: &mut Tally) {
    for path in json_files(&dir.join("features")) {
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        match name.as_str() {
            "features_index" => {}
            "features_cases" => cases(&load(&path), tally),
            _ => {
                for (id, outcome) in check_series(&load(&path)) {
                    let prefix = id.split('/').next().unwrap();
                    tally.record(&format!("features/{prefix}"), &id, outcome);
                }
            }
        }
    }
}

/// The outcome of every id of one series file.
pub fn check_series(file: &Value) -> Vec<(String, Outcome)> {
    let series = file["series"].as_str().unwrap();
    let (x, fs) = (numbers(&file["x"]), file["fs"].as_f64().unwrap());
    let expected = file["expected"].as_object().unwrap();
    // The reference raised where the value is an error: nothing is known.
    let known = expected.iter().filter(|(_, value)| value.get("error").is_none());
    known.map(|(id, value)| (id.clone(), check_id(series, id, value, &x, fs, file))).collect()
}

fn check_id(series: &str, id: &str, expected: &Value, x: &[f64], fs: f64, file: &Value) -> Outcome {
    let (prefix, name) = id.split_once('/').unwrap();
    let exception = match prefix {
        "spec" => spec::exception(x, id),
        "nl" => nonlinear::exception(id, expected, x),
        "tsfresh" => angle_of_noise(name, file).or_else(|| nonlinear::exception(id, expected, x)),
        _ => None,
    };
    if let Some(why) = exception {
        return Outcome::Skipped(why.to_owned());
    }
    let special = match prefix {
        "ar" => autoregression::check(id, expected, x, fs, file),
        "catch22" | "catch22_v045" => catch22::check(id, expected, x, fs, file),
        "conv" => convolution::check(id, expected, x, fs, file),
        "emd" => decomposition::check(id, expected, x, fs, file),
        "mp" => profile::check(id, expected, x, fs, file),
        "nl" => {
            let expected = &finite_or_nan(expected);
            nonlinear::check(id, expected, x, fs, file).or_else(|| fractal::check(id, expected, x, fs, file))
        }
        "tsfel" => tsfel::check(id, expected, x, fs, file),
        "wav" => wavelet::check(id, expected, x, fs, file),
        _ => None,
    };
    if let Some(outcome) = special {
        return match outcome {
            Outcome::Failed(why) => Outcome::Failed(format!("{series}: {why}")),
            other => other,
        };
    }
    let found = match prefix {
        "tsfresh" => tsfresh(name, x, fs),
        "spec" | "tf" => spec::check(id, x, fs),
        "filt" => filt::check(id, x, fs),
        _ => stat::check(id, x, fs).or_else(|| of_trend(id, expected, x, fs)),
    };
    let (expected, rel, abs) = match prefix {
        "filt" => (filt::expected(expected), filt::tolerance(id), 1e-12),
        "spec" | "tf" => (expected.clone(), 1e-9, 1e-12),
        "tsfresh" => {
            let (rel, abs) = tsfresh_tolerance(name, x);
            (finite_or_nan(expected), rel, abs)
        }
        _ => (finite_or_nan(expected), 1e-9, 1e-12),
    };
    match found.map(|found| compare(&found, &expected, rel, abs)) {
        None => Outcome::Skipped(NOT_BUILT.to_owned()),
        Some(Outcome::Failed(why)) => Outcome::Failed(format!("{series}: {why}")),
        Some(other) => other,
    }
}

/// The angle of a coefficient whose magnitude is below 1e-9 of the largest is the angle of rounding noise.
fn angle_of_noise(name: &str, file: &Value) -> Option<&'static str> {
    let coefficient = name.strip_prefix("fft_coefficient__attr_\"angle\"__coeff_")?;
    let magnitude = |k: &str| number(&file["expected"][format!("tsfresh/fft_coefficient__attr_\"abs\"__coeff_{k}")]);
    let largest = (0..100).filter_map(|k| magnitude(&k.to_string())).fold(0.0, f64::max);
    (magnitude(coefficient)? < 1e-9 * largest).then_some("the angle of a coefficient that is rounding noise")
}

/// A feature is finite or NaN: where the reference is infinite (it divides by 0), NaN is expected.
fn finite_or_nan(expected: &Value) -> Value {
    match expected {
        Value::String(s) if s.ends_with("Infinity") => Value::from("NaN"),
        Value::Array(items) => items.iter().map(finite_or_nan).collect(),
        other => other.clone(),
    }
}

/// Relative and absolute tolerance of tsfresh's names.
///
/// * `friedrich_coefficients`, `max_langevin_fixed_point`: 1e-6, as the golden README has it. The reference fits powers of the
///   samples as they are: the third has the condition (mean / deviation)³, and the rounding of 2^-52 comes out that much larger.
///   Solved in exact fractions, its coefficients are off by 2e-7 for a ratio of 2,200, by 9e-6 for one of 10,000.
/// * `fft_coefficient`: the error of a transform is that of its largest coefficients, so that parts that are small beside
///   those have fewer digits: 1e-14 of the sum of |x| beside 1e-9 relative.
/// * `cwt_coefficients`: the reference takes differences of sums of the samples that are as large as the integral of the
///   wavelet (up to 5) times the sum of |x|: 1e-14 of that sum.
fn tsfresh_tolerance(name: &str, x: &[f64]) -> (f64, f64) {
    let size = x.iter().map(|v| v.abs()).sum::<f64>();
    match name.split("__").next().unwrap() {
        "friedrich_coefficients" | "max_langevin_fixed_point" => {
            let moments = stat::extract(&["mean", "standard_deviation"], x, 1.0);
            ((f64::EPSILON * (moments[0] / moments[1]).powi(3).abs()).max(1e-6), 1e-12)
        }
        "fft_coefficient" if !name.contains("angle") => (1e-9, (1e-14 * size).max(1e-12)),
        "cwt_coefficients" => (1e-9, (1e-14 * size).max(1e-12)),
        _ => (1e-9, 1e-12),
    }
}

/// The feature of tsfresh's name over the whole series. Some ids say that the samples are 90 s apart.
fn tsfresh(name: &str, x: &[f64], fs: f64) -> Option<Vec<f64>> {
    let (name, fs) = match name.strip_suffix("__dt90s") {
        Some(name) => (name, 1.0 / 90.0),
        None => (name, fs),
    };
    // The golden id says which query; a name of ours holds it.
    let query = |_: &str| {
        let head: Vec<String> = x.iter().take(8).map(|v| format!("{v:?}")).collect();
        format!("query_similarity_count__query_[{}]__threshold_1.0", head.join(", "))
    };
    let written = name.strip_prefix("query_similarity_count__query_first8").map(query);
    let name = written.as_deref().unwrap_or(name);
    name.parse::<FeatureSpec>().ok()?;
    Some(stat::extract(&[name], x, fs))
}

/// Ids whose features the trend family lists by name, and its lists over the lags.
fn of_trend(id: &str, expected: &Value, x: &[f64], fs: f64) -> Option<Vec<f64>> {
    if let Some((_, name)) = trend::OTHERS.iter().find(|(other, _)| *other == id) {
        return Some(stat::extract(&[name], x, fs));
    }
    let (_, name) = trend::LISTS.iter().find(|(other, _)| *other == id)?;
    let names: Vec<String> = (0..numbers(expected).len()).map(|lag| format!("{name}__lag_{lag}")).collect();
    Some(stat::extract(&names, x, fs))
}

/// Cases without a series: filter design, bearing frequencies, gear metrics, order tracking, ...
fn cases(file: &Value, tally: &mut Tally) {
    filt::cases(file, tally);
    spec::cases(file, tally);
    // Hook: a line for every further case; take its name off this list.
    for case in ["bearing_frequencies", "gear_metrics", "order_tracking"] {
        tally.record("features/cases", case, Outcome::Skipped(NOT_BUILT.to_owned()));
    }
}

/// The sets have the columns that tsfresh 0.21.2 itself makes of a frame with one column (`x__` taken off), in its order,
/// without the one that is NaN for every window; and every name of tsfresh can be read and is written the same.
#[test]
fn the_sets_of_tsfresh_have_its_columns() {
    const DEAD: &str = "query_similarity_count__query_None__threshold_0.0";
    for (name, set, count) in [
        ("minimal", FeatureSet::tsfresh_minimal(), 10),
        ("efficient", FeatureSet::tsfresh_efficient(), 776),
        ("comprehensive", FeatureSet::tsfresh_comprehensive(), 782),
    ] {
        let path = super::own_dir().join(format!("columns/tsfresh_{name}.txt"));
        let text = std::fs::read_to_string(path).unwrap();
        let theirs: Vec<&str> = text.lines().filter(|column| *column != DEAD).collect();
        assert_eq!(theirs.len(), count);
        assert_eq!(set.names(), theirs);
        let columns: Vec<String> = theirs.iter().map(|c| format!("pump_1__{c}")).collect();
        assert_eq!(FeatureSet::from_columns(columns).unwrap(), [("pump_1".to_owned(), set.clone())]);
        #[cfg(feature = "serde")]
        {
            let text = serde_json::to_string(&set).unwrap();
            assert_eq!(serde_json::from_str::<FeatureSet>(&text).unwrap(), set);
        }
    }
    assert_eq!(FeatureSet::from_names([DEAD]).unwrap().names(), [DEAD]);
}

/// A changed value of any family is seen.
#[test]
fn a_corrupted_series_is_seen() {
    let mut file = load(&super::own_dir().join("features/features_white_noise_1000.json"));
    let ids = [
        "stat/shapiro_w",
        "vib/rms",
        "tsfel/spectral/Spectral centroid",
        "tsfresh/kurtosis",
        "tsfresh/quantile__q_0.9",
        "filt/savgol_11_3_mid8",
    ];
    for id in ids {
        let place = &mut file["expected"][id];
        let value = if place.is_array() { &mut place[0] } else { place };
        *value = serde_json::json!(value.as_f64().unwrap() * (1.0 + 1e-7));
    }
    let failed: Vec<String> = check_series(&file)
        .into_iter()
        .filter_map(|(id, outcome)| matches!(outcome, Outcome::Failed(_)).then_some(id))
        .collect();
    assert_eq!(failed.len(), ids.len(), "{failed:?}");
    assert!(ids.iter().all(|id| failed.iter().any(|f| f == id)), "{failed:?}");
}
