//! Rules for unlabelled scores (pythresh), on the scores that the file has for the distance to the fifth neighbour.

use super::{Built, REL, check_file};
use crate::golden_checks::{Outcome, compare, load, number, numbers, own_dir};
use prognos::anomaly::{MixedRule, Threshold};
use serde_json::{Value, json};

pub fn check(_name: &str, file: &Value, built: &mut Built) {
    let Some(Value::Object(rules)) = file.get("pythresh_on_knn_train_scores") else { return };
    let scores = numbers(&file["pyod"]["KNN(5,largest)"]["train_scores"]);
    for (key, expected) in rules {
        let rule = match key.as_str() {
            "IQR" => MixedRule::Fence,
            "MAD" => MixedRule::MeanMad,
            "ZSCORE" => MixedRule::OneSigma,
            "CHAU" => MixedRule::Chauvenet,
            "MTT" => MixedRule::ThompsonTau,
            "GESD" => MixedRule::Gesd,
            "FWFM" => MixedRule::PeakWidth,
            "AUCP" => MixedRule::TailArea,
            "YJ" => MixedRule::YeoJohnson,
            "KARCH" => MixedRule::Karcher,
            "REGR" => {
                // Siegel's line of a fixed sample of normal numbers on the scores in the order of the rows.
                let why = "the answer of numpy's random numbers, not of a definition".to_owned();
                built.insert(format!("pythresh_on_knn_train_scores/{key}"), Outcome::Skipped(why));
                continue;
            }
            other => panic!("unknown rule {other}"),
        };
        // The exponent of the transform is found by iteration.
        let tolerance = if rule == MixedRule::YeoJohnson { 1e-6 } else { REL };
        let scaled = rule.scaled_limit(&scores).unwrap();
        let limit = Threshold::mixed(rule).fit(&scores).unwrap();
        let alarms = limit.alarms(&scores).unwrap();
        let labels: Vec<f64> = alarms.iter().map(|a| f64::from(u8::from(*a))).collect();
        let outcomes = [
            compare(&[scaled], &json!([expected["thresh"]]), tolerance, 0.0),
            compare(&labels, &expected["labels"], 0.0, 0.0),
        ];
        assert_eq!(alarms.iter().filter(|a| **a).count() as f64, number(&expected["n_outliers"]).unwrap(), "{key}");
        let outcome = outcomes.into_iter().find(|o| !matches!(o, Outcome::Matched)).unwrap_or(Outcome::Matched);
        built.insert(format!("pythresh_on_knn_train_scores/{key}"), outcome);
    }
}

#[test]
fn a_changed_limit_is_seen() {
    let honest = load(&own_dir().join("anomaly/tab_mixed_ties4.json"));
    let failed = |file: &Value| {
        check_file("tab_mixed_ties4", file).iter().filter(|(_, o)| matches!(o, Outcome::Failed(_))).count()
    };
    assert_eq!(failed(&honest), 0);
    for key in ["IQR", "FWFM", "AUCP", "GESD", "CHAU"] {
        let mut file = honest.clone();
        let place = &mut file["pythresh_on_knn_train_scores"][key]["thresh"];
        *place = json!(place.as_f64().unwrap() * (1.0 + 1e-7));
        assert_eq!(failed(&file), 1, "{key}");
    }
}
