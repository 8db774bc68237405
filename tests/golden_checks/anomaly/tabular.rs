//! Detectors of rows (PyOD, scikit-learn) and thresholds of scores (pythresh).

use super::Built;
use serde_json::Value;

pub fn check(_name: &str, _file: &Value, _built: &mut Built) {}
