//! Reading golden files, comparing, and counting.

pub mod anomaly;
pub mod autoregression;
pub mod catch22;
pub mod convolution;
pub mod decomposition;
pub mod features;
pub mod filt;
pub mod fractal;
pub mod nonlinear;
pub mod profile;
pub mod prognosis;
pub mod rul;
pub mod selection;
pub mod spec;
pub mod stat;
pub mod trend;
pub mod tsfel;
pub mod wavelet;

use serde_json::Value;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// What became of one id in one file or case.
#[derive(Debug, Clone)]
pub enum Outcome {
    Matched,
    /// Differs: what was expected and what was found.
    Failed(String),
    /// Not computed here, and why.
    Skipped(String),
}

/// All outcomes, by family and id.
#[derive(Debug, Default)]
pub struct Tally {
    families: BTreeMap<String, BTreeMap<String, Vec<Outcome>>>,
}

/// Ids matched so far, which no change may lower. Raise a number when more is matched.
const FLOORS: &[(&str, usize)] = &[
    ("anomaly", 659),
    ("features/ar", 13),
    ("features/cases", 19),
    ("features/catch22", 24),
    ("features/catch22_v045", 24),
    ("features/conv", 2),
    ("features/emd", 2),
    ("features/filt", 15),
    ("features/mp", 2),
    ("features/nl", 40),
    ("features/spec", 76),
    ("features/stat", 42),
    ("features/tsfel", 70),
    ("features/tsfresh", 789),
    ("features/vib", 26),
    ("features/wav", 40),
    ("rul", 179),
    ("selection", 10),
];

impl Tally {
    pub fn record(&mut self, family: &str, id: &str, outcome: Outcome) {
        self.families.entry(family.to_owned()).or_default().entry(id.to_owned()).or_default().push(outcome);
    }

    fn matched(outcomes: &[Outcome]) -> bool {
        outcomes.iter().any(|o| matches!(o, Outcome::Matched))
            && !outcomes.iter().any(|o| matches!(o, Outcome::Failed(_)))
    }

    /// What differs.
    pub fn failures(&self) -> Vec<String> {
        let mut failures = Vec::new();
        for (family, ids) in &self.families {
            for (id, outcomes) in ids {
                for outcome in outcomes {
                    if let Outcome::Failed(why) = outcome {
                        failures.push(format!("{family} {id}: {why}"));
                    }
                }
            }
        }
        failures
    }

    /// Prints the line of every family; returns what differs.
    pub fn report(&self) -> Vec<String> {
        for (family, ids) in &self.families {
            let matched = ids.values().filter(|o| Self::matched(o)).count();
            let mut skipped: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
            for (id, outcomes) in ids {
                if !Self::matched(outcomes)
                    && let Some(Outcome::Skipped(why)) = outcomes.iter().find(|o| matches!(o, Outcome::Skipped(_)))
                {
                    skipped.entry(why).or_default().push(id);
                }
            }
            // Matched where it can be, left out with an argument elsewhere: said, not hidden.
            let excepted: Vec<String> = ids
                .iter()
                .filter(|(_, o)| Self::matched(o))
                .filter_map(|(id, o)| {
                    let left_out = o.iter().filter(|o| matches!(o, Outcome::Skipped(_))).count();
                    (left_out > 0).then(|| format!("{id} in {left_out} of {} cases", o.len()))
                })
                .collect();
            if !excepted.is_empty() {
                skipped.insert("argued exceptions", excepted.iter().map(String::as_str).collect());
            }
            let list: Vec<String> = skipped.iter().map(|(why, ids)| format!("{why}: {}", stems(ids))).collect();
            let list = if list.is_empty() { "none".to_owned() } else { list.join("; ") };
            println!("golden {family}: matched {matched} of {} (skipped: {list})", ids.len());
        }
        self.failures()
    }

    pub fn assert_floors(&self) {
        for &(family, floor) in FLOORS {
            let matched = self.families.get(family).map_or(0, |ids| ids.values().filter(|o| Self::matched(o)).count());
            assert!(matched >= floor, "golden {family}: matched {matched}, was {floor} before");
        }
    }
}

/// The ids, those that differ in parameters alone as one with their number: `fft_coefficient (400)`.
fn stems(ids: &[&str]) -> String {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for id in ids {
        *counts.entry(id.split("__").next().unwrap_or(id)).or_default() += 1;
    }
    let named = |(stem, n): (&str, usize)| if n > 1 { format!("{stem} ({n})") } else { stem.to_owned() };
    counts.into_iter().map(named).collect::<Vec<_>>().join(", ")
}

/// The directory of this crate's own golden files.
pub fn own_dir() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden")
}

/// The directory to check: `PROGNOS_GOLDEN`, or this crate's own.
pub fn golden_dir() -> PathBuf {
    std::env::var_os("PROGNOS_GOLDEN").map_or_else(own_dir, PathBuf::from)
}

/// The `.json` files of a directory, in order of their names.
pub fn json_files(dir: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(dir) else { return Vec::new() };
    let mut files: Vec<PathBuf> =
        entries.map(|e| e.unwrap().path()).filter(|p| p.extension().is_some_and(|e| e == "json")).collect();
    files.sort();
    files
}

pub fn load(path: &Path) -> Value {
    let text = std::fs::read_to_string(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    serde_json::from_str(&text).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

/// A number of a golden file, where non-finite ones are words. Truth values count as 0 and 1.
pub fn number(value: &Value) -> Option<f64> {
    match value {
        Value::Number(n) => n.as_f64(),
        Value::Bool(b) => Some(f64::from(u8::from(*b))),
        Value::String(s) => match s.as_str() {
            "NaN" | "nan" => Some(f64::NAN),
            "Infinity" | "inf" => Some(f64::INFINITY),
            "-Infinity" | "-inf" => Some(f64::NEG_INFINITY),
            _ => None,
        },
        _ => None,
    }
}

/// All numbers of a (nested) list or object, in order.
pub fn numbers(value: &Value) -> Vec<f64> {
    match value {
        Value::Array(items) => items.iter().flat_map(numbers).collect(),
        Value::Object(items) => items.values().flat_map(numbers).collect(),
        other => number(other).into_iter().collect(),
    }
}

/// Whether two numbers agree: both NaN, both the same infinity, or within the tolerance.
pub fn close(found: f64, expected: f64, rel: f64, abs: f64) -> bool {
    if expected.is_nan() || found.is_nan() {
        return expected.is_nan() && found.is_nan();
    }
    if expected.is_infinite() || found.is_infinite() {
        return expected == found;
    }
    (found - expected).abs() <= abs + rel * expected.abs()
}

/// Compares a list of numbers with the numbers of a golden value.
pub fn compare(found: &[f64], expected: &Value, rel: f64, abs: f64) -> Outcome {
    let expected = numbers(expected);
    if found.len() != expected.len() {
        return Outcome::Failed(format!("{} values, expected {}", found.len(), expected.len()));
    }
    match found.iter().zip(&expected).position(|(f, e)| !close(*f, *e, rel, abs)) {
        None => Outcome::Matched,
        Some(i) => Outcome::Failed(format!("[{i}] is {:e}, expected {:e}", found[i], expected[i])),
    }
}
