//! Peaks over threshold: levels, excesses, limits, likelihood; alarms of the streams.
//!
//! The file has the fits of scipy and those of ads-evt, whose likelihood for gamma = 0 has the wrong sign and whose search
//! misses roots. The limits are compared with scipy's, and the likelihood must be at least scipy's; below gamma = -1, where
//! it has no bound, only the limit is compared. The alarms are those of ads-evt, which are compared where its first limit is
//! the right one.

use super::{Built, check_file};
use crate::golden_checks::{Outcome, compare, load, number, numbers, own_dir};
use prognos::anomaly::{BiSpot, DriftSpot, GeneralisedPareto, Spot, Threshold};
use serde_json::{Value, json};

pub fn check(_name: &str, file: &Value, built: &mut Built) {
    for (section, content) in file.as_object().unwrap() {
        let (Some(init), Some(data)) = (content.get("init"), content.get("data")) else { continue };
        let (init, data) = (numbers(init), numbers(data));
        for (key, expected) in content.as_object().unwrap() {
            let outcome = if let Some(rest) = key.strip_prefix("SPOT_q") {
                one_side(&init, &data, rest.parse().unwrap(), expected)
            } else if let Some(rest) = key.strip_prefix("biSPOT_q") {
                let (q, first) = rest.split_once("_first").unwrap();
                both_sides(&init, &data[..first.parse().unwrap()], q.parse().unwrap(), expected)
            } else if let Some(rest) = key.strip_prefix("dSPOT_q") {
                let (q, rest) = rest.split_once("_depth").unwrap();
                let (depth, first) = rest.split_once("_first").unwrap();
                let data = &data[..first.parse().unwrap()];
                drifting(&init, data, q.parse().unwrap(), depth.parse().unwrap(), expected)
            } else {
                continue;
            };
            built.insert(format!("{section}/{key}"), outcome);
        }
    }
}

/// The first that does not match, or `Matched`.
fn all(outcomes: Vec<Outcome>) -> Outcome {
    outcomes.into_iter().find(|o| !matches!(o, Outcome::Matched)).unwrap_or(Outcome::Matched)
}

fn exact(found: &[f64], expected: &Value) -> Outcome {
    compare(found, expected, 1e-9, 0.0)
}

fn one_side(init: &[f64], data: &[f64], q: f64, expected: &Value) -> Outcome {
    let level = number(&expected["level"]).unwrap();
    let mut spot = Spot::fit_above(init, q, level).unwrap();
    let excesses: Vec<f64> = init.iter().filter(|v| **v > spot.level()).map(|v| v - spot.level()).collect();
    let scipy = &expected["scipy_mle"];
    let mut outcomes = vec![
        exact(&[spot.level()], &json!([expected["init_threshold"]])),
        exact(&[spot.n_excesses() as f64, excesses.len() as f64], &json!([expected["n_peaks"], expected["n_peaks"]])),
        compare(&[spot.limit()], &json!([scipy["z_q"]]), 1e-3, 0.0),
        compare(&[Threshold::pot_above(q, level).fit(init).unwrap().value()], &json!([scipy["z_q"]]), 1e-3, 0.0),
    ];
    let ours = spot.law().log_likelihood(&excesses);
    let gamma = number(&scipy["gamma"]).unwrap();
    for (gamma, sigma, reference) in [
        (gamma, number(&scipy["sigma"]).unwrap(), number(&scipy["loglik"]).unwrap()),
        // For gamma = 0 the likelihood of the file is not one.
        (number(&expected["gamma_adsevt"]).unwrap(), number(&expected["sigma_adsevt"]).unwrap(), f64::NAN),
    ] {
        if gamma >= -1.0 {
            let theirs = GeneralisedPareto::new(gamma, sigma).unwrap().log_likelihood(&excesses);
            if !reference.is_nan() {
                outcomes.push(compare(&[theirs], &json!([reference]), 1e-7, 0.0));
            }
            if ours < theirs - 1e-9 * theirs.abs() {
                outcomes.push(Outcome::Failed(format!("log-likelihood {ours}, below {theirs} of the reference")));
            }
        }
    }
    let right = number(&expected["z_q_initial"]).unwrap() / number(&scipy["z_q"]).unwrap() - 1.0;
    if right.abs() < 1e-3 {
        let alarms: Vec<f64> =
            (0..data.len()).filter(|&i| spot.update(data[i]).unwrap().is_alarm()).map(|i| i as f64).collect();
        outcomes.push(exact(&alarms, &expected["alarms"]));
    }
    all(outcomes)
}

fn both_sides(init: &[f64], data: &[f64], q: f64, expected: &Value) -> Outcome {
    let mut spot = BiSpot::fit(init, q).unwrap();
    let alarms: Vec<f64> =
        (0..data.len()).filter(|&i| spot.update(data[i]).unwrap().is_alarm()).map(|i| i as f64).collect();
    all(vec![exact(&alarms, &expected["alarms"])])
}

fn drifting(init: &[f64], data: &[f64], q: f64, depth: usize, expected: &Value) -> Outcome {
    let mut spot = DriftSpot::fit(init, q, depth).unwrap();
    let alarms: Vec<f64> =
        (0..data.len()).filter(|&i| spot.update(data[i]).unwrap().is_alarm()).map(|i| i as f64).collect();
    all(vec![exact(&alarms, &expected["alarms"])])
}

#[test]
fn a_changed_tail_is_seen() {
    let honest = load(&own_dir().join("anomaly/evt.json"));
    let failed = |file: &Value| check_file("evt", file).iter().filter(|(_, o)| matches!(o, Outcome::Failed(_))).count();
    assert_eq!(failed(&honest), 0);
    for (path, factor) in [
        ("/normal/SPOT_q0.001/scipy_mle/z_q", 1.002),
        ("/student3/SPOT_q0.0001/n_peaks", 2.0),
        ("/exponential/SPOT_q0.001/init_threshold", 1.0 + 1e-7),
        ("/normal/biSPOT_q0.001_first150/alarms/1", 2.0),
    ] {
        let mut file = honest.clone();
        let place = file.pointer_mut(path).unwrap();
        *place = json!(place.as_f64().unwrap() * factor);
        assert_eq!(failed(&file), 1, "{path}");
    }
}
