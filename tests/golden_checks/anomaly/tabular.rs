//! Detectors of rows (PyOD, scikit-learn): covariances and margins. What looks at neighbours stands in
//! `neighbours.rs`, thresholds of scores in `thresholds.rs`.

use super::{ABS, Built};
use crate::golden_checks::{Outcome, close, compare, number, numbers};
use prognos::anomaly::{Probability, Threshold};
use serde_json::Value;

pub fn check(_name: &str, _file: &Value, _built: &mut Built) {}

/// One entry of the section `pyod` against our scores of its training and test rows: the scores, the threshold of
/// 10 % contamination, how many training rows lie above it (where none ties with it), and the two probabilities where
/// the entry has them.
pub(super) fn pyod_entry(entry: &Value, train: &[f64], test: &[f64], rel: f64, abs: f64) -> Outcome {
    let threshold = Threshold::quantile(0.9).fit(train).unwrap();
    let mut checks = vec![
        ("train_scores", train.to_vec()),
        ("test_scores", test.to_vec()),
        ("threshold_contamination_0_1", vec![threshold.value()]),
    ];
    let expected = number(&entry["threshold_contamination_0_1"]).unwrap();
    if !numbers(&entry["train_scores"]).iter().any(|s| close(*s, expected, 1e-9, ABS)) {
        checks.push(("n_train_outliers", vec![train.iter().filter(|s| threshold.is_alarm(**s)).count() as f64]));
    }
    for (key, rule) in [("proba_linear_test", Probability::linear()), ("proba_unify_test", Probability::unify())] {
        if entry.get(key).is_some() {
            checks.push((key, rule.fit(train).unwrap().of(test).to_vec()));
        }
    }
    for (key, found) in checks {
        // Probabilities have no scale of their own.
        let abs = if key.starts_with("proba") { abs.max(10.0 * rel) } else { abs };
        if let Outcome::Failed(why) = compare(&found, &entry[key], rel, abs) {
            return Outcome::Failed(format!("{key}{why}"));
        }
    }
    Outcome::Matched
}
