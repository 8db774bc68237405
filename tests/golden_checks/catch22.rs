//! Ids `catch22_v045/*` (pycatch22 0.4.5) and `catch22/*` (pycatch22 1.0.2), and further series with both packages'
//! values in `tests/golden/catch22_more.json`.

use super::{Outcome, close, compare, load, number, numbers, own_dir, stat};
use prognos::features::compat::catch22::Version;
use serde_json::Value;

/// What became of an id of this family; `None` where nothing here computes it. The whole series file is there for ids
/// that read the values of another.
pub fn check(id: &str, expected: &Value, x: &[f64], fs: f64, _file: &Value) -> Option<Outcome> {
    let (prefix, name) = id.split_once('/')?;
    let version = if prefix == "catch22" { Version::V1 } else { Version::V0_4 };
    Some(compare(&stat::extract(&[format!("{}{name}", version.prefix())], x, fs), expected, 1e-9, 1e-12))
}

/// All 24 values of every further series, in both versions; returns how many, and those that differ.
fn check_more(file: &Value) -> (usize, Vec<String>) {
    let (mut checked, mut failed) = (0, Vec::new());
    for case in file["cases"].as_array().unwrap() {
        let x = numbers(&case["x"]);
        for (key, version) in [("v0_4", Version::V0_4), ("v1", Version::V1)] {
            // The package 0.4.5 crashes on two samples.
            let Some(expected) = case[key].as_array() else { continue };
            let names = version.names().map(|name| format!("{}{name}", version.prefix()));
            for ((name, found), expected) in names.iter().zip(stat::extract(&names, &x, 1.0)).zip(expected) {
                let expected = number(expected).unwrap();
                checked += 1;
                if !close(found, expected, 1e-9, 1e-12) {
                    failed.push(format!("{} {name}: {found}, expected {expected}", case["name"]));
                }
            }
        }
    }
    (checked, failed)
}

#[test]
fn further_series_have_the_packages_values() {
    let (checked, failed) = check_more(&load(&own_dir().join("catch22_more.json")));
    assert!(failed.is_empty(), "{failed:#?}");
    assert!(checked > 2500, "{checked}");
}

#[test]
fn a_corrupted_value_is_seen() {
    let mut file = load(&own_dir().join("catch22_more.json"));
    file["cases"][0]["v1"][5] = serde_json::json!(-1.0);
    assert_eq!(check_more(&file).1.len(), 1);
}
