//! Family `features/<prefix>`: the ids of the series files, and the cases without a series.
//!
//! One line a prefix below says who computes it. Where nobody does yet, the id is skipped.

use super::{Outcome, Tally, compare, json_files, load, numbers, stat};
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
    // The reference raised where the value is an object.
    let wanted = expected.iter().filter(|(_, value)| !value.is_object());
    wanted.map(|(id, value)| (id.clone(), check_id(series, id, value, &x, fs))).collect()
}

fn check_id(series: &str, id: &str, expected: &Value, x: &[f64], fs: f64) -> Outcome {
    let (prefix, name) = id.split_once('/').unwrap();
    let (rel, abs) = (1e-9, 1e-12);
    let (found, exception) = match prefix {
        "stat" | "vib" => (stat::check(id, x, fs), stat::exception(series, id)),
        "tsfresh" => (tsfresh(name, x, fs), tsfresh_exception(series, name)),
        // Hook: filters, detrending, rainflow.
        // "filt" => (super::filt::check(id, x, fs), super::filt::exception(series, id)),
        // Hook: spectra and their scalars.
        // "spec" => (super::spec::check(id, x, fs), super::spec::exception(series, id)),
        _ => (None, None),
    };
    match (exception, found) {
        (Some(why), _) => Outcome::Skipped(why.to_owned()),
        (None, None) => Outcome::Skipped(NOT_BUILT.to_owned()),
        (None, Some(found)) => match compare(&found, expected, rel, abs) {
            Outcome::Failed(why) => Outcome::Failed(format!("{series}: {why}")),
            other => other,
        },
    }
}

/// The feature of tsfresh's name over the whole series.
fn tsfresh(name: &str, x: &[f64], fs: f64) -> Option<Vec<f64>> {
    name.parse::<FeatureSpec>().ok()?;
    Some(stat::extract(&[name], x, fs))
}

/// Why a value of tsfresh cannot be reproduced, where that can be proved.
fn tsfresh_exception(_series: &str, _name: &str) -> Option<&'static str> {
    None
}

/// Cases without a series: bearing frequencies, gear metrics, order tracking, filter design, ...
fn cases(file: &Value, tally: &mut Tally) {
    for case in file["cases"].as_object().unwrap().keys() {
        // Hook: one arm a case, recorded with the outcome of its comparison.
        tally.record("features/cases", case, Outcome::Skipped(NOT_BUILT.to_owned()));
    }
}
