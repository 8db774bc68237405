//! Ids `mp/*`.

use super::Outcome;
use serde_json::Value;

/// What became of an id of this family; `None` where nothing here computes it. The whole series file is there for ids
/// that read the values of another.
pub fn check(_id: &str, _expected: &Value, _x: &[f64], _fs: f64, _file: &Value) -> Option<Outcome> {
    None
}
