//! Family `anomaly`: detectors, limits, thresholds, change points, metrics; one file for each kind of golden file.
//!
//! Ids are `file/section/key`. The files hold 12 significant digits, so that 1e-9 relative is asked for.

mod changepoint;
mod discord;
mod evt;
mod metrics;
mod process;
mod series;
mod stream;
mod tabular;

use super::{Outcome, Tally, json_files, load, numbers};
use ndarray::Array2;
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::Path;

const REL: f64 = 1e-9;
/// Differences of scaled values of order 1 end up here.
const ABS: f64 = 1e-12;

/// What the checks of one file found, by `section/key`.
type Built = BTreeMap<String, Outcome>;

pub fn run(dir: &Path, tally: &mut Tally) {
    for path in json_files(&dir.join("anomaly")) {
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        for (id, outcome) in check_file(&name, &load(&path)) {
            tally.record("anomaly", &id, outcome);
        }
    }
}

/// The outcomes of one file: (`file/section/key`, outcome).
pub fn check_file(name: &str, file: &Value) -> Vec<(String, Outcome)> {
    let mut built = Built::new();
    for check in [
        changepoint::check,
        discord::check,
        evt::check,
        metrics::check,
        process::check,
        series::check,
        stream::check,
        tabular::check,
    ] {
        check(name, file, &mut built);
    }
    let mut all = Vec::new();
    for (section, content) in file.as_object().unwrap() {
        let ids = match content {
            Value::Object(keys) => keys.keys().map(|k| format!("{section}/{k}")).collect(),
            _ => vec![section.clone()],
        };
        for id in ids {
            if !is_input(&id) {
                let outcome = built.remove(&id).unwrap_or_else(|| Outcome::Skipped("not built yet".to_owned()));
                all.push((format!("{name}/{id}"), outcome));
            }
        }
    }
    assert!(built.is_empty(), "{name}: computed, but not in the file: {built:?}");
    all
}

/// What a file gives rather than expects.
fn is_input(id: &str) -> bool {
    let last = id.rsplit('/').next().unwrap();
    id.starts_with("versions")
        || matches!(last, "train" | "test" | "T" | "x" | "source" | "note" | "calibration" | "input" | "m" | "signal")
        || matches!(last, "labels" | "scores" | "threshold" | "settings" | "params" | "mu0" | "sigma0")
        || matches!(last, "hazard_lambda" | "prior")
}

fn table(value: &Value) -> Array2<f64> {
    let rows = value.as_array().unwrap();
    Array2::from_shape_vec((rows.len(), rows[0].as_array().unwrap().len()), numbers(value)).unwrap()
}
