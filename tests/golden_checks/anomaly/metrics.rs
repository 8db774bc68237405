//! Metrics of detectors (scikit-learn, vus, the authors' affiliation code, NAB's own sweeper).

use super::{ABS, Built, REL, check_file};
use crate::golden_checks::{Outcome, compare, load, numbers, own_dir};
use prognos::metrics::detection::{
    Confusion, EventRule, NabCorpus, NabProfile, PositionBias, RangeScore, Ranking, affiliation, average_precision,
    flawed_point_adjusted_f1, nab_row_values, roc_auc, vus,
};
use prognos::signal::SampleRate;
use serde_json::Value;
use std::ops::Range;

pub fn check(_name: &str, file: &Value, built: &mut Built) {
    for (section, case) in file.as_object().unwrap() {
        if case.get("auc_roc").is_none() {
            continue;
        }
        let labels: Vec<bool> = numbers(&case["labels"]).iter().map(|l| *l > 0.0).collect();
        let scores = numbers(&case["scores"]);
        let threshold = case["threshold"].as_f64().unwrap();
        let alarms: Vec<bool> = scores.iter().map(|s| *s >= threshold).collect();
        for (key, expected) in case.as_object().unwrap() {
            if matches!(key.as_str(), "labels" | "scores" | "threshold") {
                continue;
            }
            let outcome = match key.as_str() {
                "events_period60" => events(&labels, &alarms, expected),
                "nab_single_file_probation15pct" => nab(&scores, expected),
                key => match one(key, &labels, &scores, &alarms) {
                    Some(found) => compare(&found, expected, REL, ABS),
                    None => Outcome::Skipped("not built yet".to_owned()),
                },
            };
            built.insert(format!("{section}/{key}"), outcome);
        }
    }
}

fn one(key: &str, labels: &[bool], scores: &[f64], alarms: &[bool]) -> Option<Vec<f64>> {
    let rows = Confusion::of(labels, alarms).unwrap();
    let ranges = RangeScore::new();
    let close = || affiliation(labels, alarms).unwrap();
    Some(vec![match key {
        "auc_roc" => roc_auc(labels, scores).unwrap(),
        "average_precision" => average_precision(labels, scores).unwrap(),
        "precision" => rows.precision(),
        "recall" => rows.recall(),
        "f1" => rows.f1(),
        "best_f1" => Ranking::new(labels, scores).unwrap().best_f1_oracle().confusion.f1(),
        "range_recall_alpha0" => ranges.recall(labels, alarms).unwrap(),
        "range_recall_alpha0_2" => ranges.alpha(0.2).recall(labels, alarms).unwrap(),
        "range_precision" => ranges.precision(labels, alarms).unwrap(),
        "range_recall_front_bias_own" => ranges.bias(PositionBias::Front).recall(labels, alarms).unwrap(),
        "affiliation_precision" => close().precision,
        "affiliation_recall" => close().recall,
        "affiliation_individual_precision" => return Some(close().events.iter().map(|e| e.precision).collect()),
        "affiliation_individual_recall" => return Some(close().events.iter().map(|e| e.recall).collect()),
        "pa_f1" => flawed_point_adjusted_f1(labels, alarms).unwrap(),
        other => {
            let (kind, window) = other.strip_prefix("vus_")?.split_once("_w")?;
            let volume = vus(labels, scores, window.parse().ok()?).unwrap();
            if kind == "roc" { volume.roc } else { volume.pr }
        }
    }])
}

fn events(labels: &[bool], alarms: &[bool], expected: &Value) -> Outcome {
    let found = EventRule::new().score(labels, alarms, SampleRate::every_seconds(60.0).unwrap()).unwrap();
    all(expected, |key| match key {
        "events" => found.events.len() as f64,
        "detected" => found.detected() as f64,
        "event_recall" => found.event_recall(),
        "alarms" => found.alarms as f64,
        "false_alarms" => found.false_alarms as f64,
        "false_alarms_per_day" => found.false_alarms_per_day(),
        "mean_delay_s" => found.mean_delay_seconds(),
        "median_delay_s" => found.median_delay_seconds(),
        "max_delay_s" => found.max_delay_seconds(),
        other => panic!("unknown number of events {other}"),
    })
}

/// Every number of an object; a null, where the reference divides by nothing, is NaN here.
fn all(expected: &Value, found: impl Fn(&str) -> f64) -> Outcome {
    for (key, value) in expected.as_object().unwrap() {
        let value = if value.is_null() { &Value::String("NaN".to_owned()) } else { value };
        if let Outcome::Failed(why) = compare(&[found(key)], value, REL, ABS) {
            return Outcome::Failed(format!("{key}: {why}"));
        }
    }
    Outcome::Matched
}

fn nab(scores: &[f64], expected: &Value) -> Outcome {
    for (name, case) in expected.as_object().unwrap() {
        let profile = match name.as_str() {
            "standard" => NabProfile::STANDARD,
            "reward_low_FP" => NabProfile::REWARD_LOW_FP,
            "reward_low_FN" => NabProfile::REWARD_LOW_FN,
            other => panic!("unknown profile {other}"),
        };
        // The file has the last row of a window, not the one after.
        let ends = numbers(&case["windows"]);
        let windows: Vec<Range<usize>> = ends.chunks(2).map(|w| w[0] as usize..w[1] as usize + 1).collect();
        let mut corpus = NabCorpus::new();
        corpus.push(scores, &windows).unwrap();
        let best = corpus.score(profile).unwrap();
        let silent = corpus.score_at(profile, 1.1).unwrap();
        let mut numbers_of = case.clone();
        let sweep = numbers_of["sweep_values_every10"].take();
        let _ = numbers_of.as_object_mut().unwrap().remove("windows");
        let _ = numbers_of.as_object_mut().unwrap().remove("sweep_values_every10");
        let outcome = all(&numbers_of, |key| match key {
            "raw_best" => best.raw,
            // What the sweeper begins with: no score is as high.
            "threshold" => best.threshold.unwrap_or(1.1),
            "tp" => best.true_positives as f64,
            "fp" => best.false_positives as f64,
            "fn" => best.false_negatives as f64,
            "tn" => best.true_negatives as f64,
            "raw_at_1_1" => silent.raw,
            other => panic!("unknown number of NAB {other}"),
        });
        // The sweeper's values have the weight of false positives, and not that of true ones, which is 1.
        let in_window = |row: usize| windows.iter().any(|w| w.contains(&row));
        let values: Vec<f64> = nab_row_values(scores.len(), &windows)
            .unwrap()
            .iter()
            .enumerate()
            .map(|(row, v)| if in_window(row) { *v } else { v * profile.false_positive })
            .step_by(10)
            .collect();
        for outcome in [outcome, compare(&values, &sweep, REL, ABS)] {
            if let Outcome::Failed(why) = outcome {
                return Outcome::Failed(format!("{name}: {why}"));
            }
        }
    }
    Outcome::Matched
}

/// A test that cannot fail proves nothing: changed values must be seen.
#[test]
fn corrupted_metrics_are_seen() {
    let honest = load(&own_dir().join("anomaly/metrics.json"));
    let failed =
        |file: &Value| check_file("metrics", file).iter().filter(|(_, o)| matches!(o, Outcome::Failed(_))).count();
    assert_eq!(failed(&honest), 0);
    for path in [
        "/two_events/vus_pr_w20",
        "/two_events/affiliation_individual_recall/1",
        "/many_short_ties/events_period60/false_alarms_per_day",
        "/many_short_ties/nab_single_file_probation15pct/reward_low_FP/raw_best",
        "/event_at_start_and_end/nab_single_file_probation15pct/standard/sweep_values_every10/2",
    ] {
        let mut file = honest.clone();
        let cell = file.pointer_mut(path).unwrap();
        *cell = serde_json::json!(cell.as_f64().unwrap() * (1.0 + 1e-7));
        assert_eq!(failed(&file), 1, "{path}");
    }
}
