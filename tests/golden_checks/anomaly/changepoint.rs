//! Segmentations (ruptures), distances of segmentations.

use super::{ABS, Built, REL, check_file, table};
use crate::golden_checks::{Outcome, compare, load, number, numbers, own_dir};
use ndarray::{Array2, Axis, Slice};
use prognos::anomaly::changepoint::{ChangePoints, Cost, Penalty, Search, hausdorff, precision_recall, rand_index};
use serde_json::Value;

pub fn check(_name: &str, file: &Value, built: &mut Built) {
    for (section, content) in file.as_object().unwrap() {
        if let Some(signal) = content.get("signal").filter(|s| s.is_array() && content.get("rbf_gamma").is_some()) {
            let signal = table(signal);
            for (key, expected) in content.as_object().unwrap() {
                if let Some(outcome) = case(&signal, key, expected) {
                    built.insert(format!("{section}/{key}"), outcome);
                }
            }
        }
    }
    if let Some(content) = file.get("metrics").filter(|m| m.get("randindex").is_some()) {
        metrics(content, built);
    }
}

/// One key: `Pelt rbf pen=3 min_size=2 jump=1`, `cost_l1_0_50`, ...
fn case(signal: &Array2<f64>, key: &str, expected: &Value) -> Option<Outcome> {
    if key == "signal" {
        return None;
    }
    if key == "rbf_gamma" {
        return Some(compare(&[Cost::median_gamma(signal).unwrap()], expected, REL, 0.0));
    }
    if let Some(rest) = key.strip_prefix("cost_") {
        let (cost, range) = rest.split_once('_').unwrap();
        let rows = match range.split_once('_') {
            None => signal.view(),
            Some((from, to)) => {
                let rows = from.parse::<isize>().unwrap()..to.parse::<isize>().unwrap();
                signal.slice_axis(Axis(0), Slice::from(rows))
            }
        };
        let whole = ChangePoints::new(named(cost)).penalty(Penalty::Changes(0)).find(rows).unwrap();
        return Some(compare(&[whole.cost()], expected, REL, ABS));
    }
    let mut words = key.split(' ');
    let (search, cost) = (words.next().unwrap(), words.next().unwrap());
    let cost = if search == "KernelCPD" && cost == "linear" { Cost::L2 } else { named(cost) };
    let mut rule = ChangePoints::new(cost);
    let mut width = None;
    for word in words {
        let (name, value) = word.split_once('=').unwrap();
        rule = match name {
            "pen" => rule.penalty(Penalty::Value(value.parse().unwrap())),
            "n_bkps" => rule.penalty(Penalty::Changes(value.parse().unwrap())),
            "min_size" => rule.min_size(value.parse().unwrap()),
            "jump" => rule.jump(value.parse().unwrap()),
            "width" => {
                width = Some(value.parse().unwrap());
                rule
            }
            other => panic!("unknown setting {other}"),
        };
    }
    let search = match search {
        "Pelt" | "Dynp" | "KernelCPD" => Search::Optimal,
        "Binseg" => Search::Binary,
        "BottomUp" => Search::BottomUp,
        "Window" => Search::Window(width.unwrap()),
        other => panic!("unknown search {other}"),
    };
    let ends = rule.search(search).find(signal).unwrap().ends();
    let ends: Vec<f64> = ends.into_iter().map(|e| e as f64).collect();
    Some(compare(&ends, expected, 0.0, 0.0))
}

fn named(cost: &str) -> Cost {
    match cost {
        "l1" => Cost::L1,
        "l2" => Cost::L2,
        "normal" => Cost::normal(),
        "rbf" => Cost::rbf(),
        "rank" => Cost::Rank,
        "linear" => Cost::Linear,
        "clinear" => Cost::ContinuousLinear,
        "ar" => Cost::Ar { order: 4 },
        "mahalanobis" => Cost::Mahalanobis,
        "cosine" => Cost::Cosine,
        other => panic!("unknown cost {other}"),
    }
}

fn metrics(content: &Value, built: &mut Built) {
    let ends = |key: &str| numbers(&content[key]).into_iter().map(|v| v as usize).collect::<Vec<_>>();
    let (truth, found) = (ends("a"), ends("b"));
    let rows = *truth.last().unwrap();
    let (truth, found) = (&truth[..truth.len() - 1], &found[..found.len() - 1]);
    for (key, expected) in content.as_object().unwrap() {
        let outcome = if key == "randindex" {
            compare(&[rand_index(truth, found, rows).unwrap()], expected, REL, 0.0)
        } else if key == "hausdorff" {
            compare(&[hausdorff(truth, found)], expected, 0.0, 0.0)
        } else if let Some(margin) = key.strip_prefix("precision_recall_margin") {
            let (precision, recall) = precision_recall(truth, found, margin.parse().unwrap()).unwrap();
            compare(&[precision, recall], expected, REL, 0.0)
        } else {
            // The segmentations that are compared are given.
            assert!(numbers(expected).len() > 1 && number(expected).is_none());
            continue;
        };
        built.insert(format!("metrics/{key}"), outcome);
    }
}

/// A test that cannot fail proves nothing: a change point moved by one is seen.
#[test]
fn a_moved_change_point_is_seen() {
    let honest = load(&own_dir().join("anomaly/changepoints.json"));
    let failed =
        |file: &Value| check_file("changepoints", file).iter().filter(|(_, o)| matches!(o, Outcome::Failed(_))).count();
    assert_eq!(failed(&honest), 0);
    for key in [
        "Pelt l2 pen=5 min_size=2 jump=1",
        "Window l2 width=40 n_bkps=2 min_size=2 jump=1",
        "Pelt rbf pen=1 min_size=5 jump=5",
    ] {
        let mut file = honest.clone();
        let place = &mut file["mean_3bkps_1d"][key][0];
        *place = serde_json::json!(place.as_u64().unwrap() + 1);
        assert_eq!(failed(&file), 1, "{key}");
    }
}
