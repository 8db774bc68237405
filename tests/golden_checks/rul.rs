//! Family `rul`: degradation, life distributions, health metrics, decisions.

use super::{Outcome, Tally};
use serde_json::Value;
use std::path::Path;

pub fn run(_dir: &Path, _tally: &mut Tally) {}

/// The outcomes of one file's cases: (`file/case/key`, outcome).
pub fn check_file(_name: &str, _file: &Value) -> Vec<(String, Outcome)> {
    Vec::new()
}
