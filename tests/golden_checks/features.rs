//! Family `features/<prefix>`: the ids of the series files, and the cases without a series.
//!
//! One line a prefix below says who computes it. Where nobody does yet, the id is skipped.

use super::{
    Outcome, Tally, autoregression, catch22, compare, convolution, decomposition, filt, json_files, load, nonlinear,
    numbers, profile, spec, stat, trend, tsfel, wavelet,
};
use prognos::features::FeatureSpec;
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
        "spec" => spec::exception(series, id),
        "nl" | "tsfresh" => nonlinear::exception(id, expected, x).or_else(|| stat::exception(x, id)),
        _ => stat::exception(x, id),
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
        "nl" => nonlinear::check(id, expected, x, fs, file),
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
    let (expected, rel) = match prefix {
        "filt" => (filt::expected(expected), filt::tolerance(id)),
        _ => (expected.clone(), 1e-9),
    };
    match found.map(|found| compare(&found, &expected, rel, 1e-12)) {
        None => Outcome::Skipped(NOT_BUILT.to_owned()),
        Some(Outcome::Failed(why)) => Outcome::Failed(format!("{series}: {why}")),
        Some(other) => other,
    }
}

/// The feature of tsfresh's name over the whole series. Some ids say that the samples are 90 s apart.
fn tsfresh(name: &str, x: &[f64], fs: f64) -> Option<Vec<f64>> {
    let (name, fs) = match name.strip_suffix("__dt90s") {
        Some(name) => (name, 1.0 / 90.0),
        None => (name, fs),
    };
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

/// A changed value of any family is seen.
#[test]
fn a_corrupted_series_is_seen() {
    let mut file = load(&super::own_dir().join("features/features_white_noise_1000.json"));
    let ids = ["stat/shapiro_w", "vib/rms", "tsfresh/kurtosis", "tsfresh/quantile__q_0.9", "filt/savgol_11_3_mid8"];
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
