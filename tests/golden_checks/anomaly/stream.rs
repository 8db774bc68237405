//! Control charts and drift detectors (river).

use super::Built;
use serde_json::Value;

pub fn check(_name: &str, _file: &Value, _built: &mut Built) {}
