//! Ids `catch22_v045/*` (pycatch22 0.4.5) and `catch22/*` (pycatch22 1.0.2), and further series with both packages'
//! values in `tests/golden/catch22_more.json`.

use super::{Outcome, compare, load, numbers, own_dir, stat};
use prognos::features::compat::catch22::Version;
use serde_json::Value;

/// What became of an id of this family; `None` where nothing here computes it. The whole series file is there for ids
/// that read the values of another.
pub fn check(id: &str, expected: &Value, x: &[f64], fs: f64, _file: &Value) -> Option<Outcome> {
    let (prefix, name) = id.split_once('/')?;
    let version = if prefix == "catch22" { Version::V1 } else { Version::V0_4 };
    let found = stat::extract(&[format!("{}{name}", version.prefix())], x, fs);
    Some(match compare(&found, expected, 1e-9, 1e-12) {
        Outcome::Failed(_) if knife_edge(name, x) => Outcome::Skipped("decided by rounding noise".to_owned()),
        outcome => outcome,
    })
}

fn knife_edge(_name: &str, _x: &[f64]) -> bool {
    false
}
