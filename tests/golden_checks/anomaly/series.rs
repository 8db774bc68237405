//! Detectors of one series, running scores (river).
//!
//! The series of `ts_*` files stand in the `mp_*` file of the same name, with 12 significant digits, while the scores
//! were computed from the series itself. Of 1e-3 of noise on an offset of 1e6 two digits are left: what a score may
//! differ by is therefore four times that rounding over the standard deviation of the series, which is below 1e-9 for
//! every other series.

use super::super::{Outcome, close, golden_dir, load, numbers};
use super::{ABS, Built, REL};
use prognos::anomaly::series::{SeriesDetector, SpectralResidual, SubPca};
use prognos::anomaly::stream::{RunningDeviation, RunningGaussian, StreamingDetector};
use serde_json::Value;

pub fn check(name: &str, file: &Value, built: &mut Built) {
    if !name.starts_with("ts_") {
        return;
    }
    for (section, expected) in file.as_object().unwrap() {
        let input = golden_dir().join(format!("anomaly/mp_{section}.json"));
        if section == "versions" || !input.exists() {
            continue;
        }
        let x = numbers(&load(&input)["T"]);
        let m = expected["m"].as_u64().unwrap() as usize;
        for (key, values) in expected.as_object().unwrap() {
            let found = match key.as_str() {
                "gaussian_scorer_all" => stream(&x, RunningGaussian::params().grace(20).start().unwrap()),
                "gaussian_scorer_w50" => stream(&x, RunningGaussian::params().window(50).grace(20).start().unwrap()),
                "sad_mean" => stream(&x, RunningDeviation::params().grace(0).start().unwrap()),
                "sub_pca_k3_znorm_recon_error" => {
                    SubPca::params(m).components(3).fit(&x).unwrap().score_windows(&x).unwrap()
                }
                "spectral_residual_q3" => SpectralResidual::params().build().unwrap().score_series(&x).unwrap(),
                _ => continue,
            };
            built.insert(format!("{section}/{key}"), compare(&found, &numbers(values), rounding(&x)));
        }
    }
}

fn stream(x: &[f64], mut detector: impl StreamingDetector) -> Vec<f64> {
    x.iter().map(|&v| detector.update(&[v]).unwrap()).collect()
}

/// Half a unit in the 12th digit of the largest sample, over the standard deviation.
fn rounding(x: &[f64]) -> f64 {
    let mean = x.iter().sum::<f64>() / x.len() as f64;
    let sd = (x.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / x.len() as f64).sqrt();
    let largest = x.iter().fold(0.0_f64, |m, v| m.max(v.abs()));
    0.5 * 10f64.powi(largest.log10().floor() as i32 - 11) / sd
}

fn compare(found: &[f64], expected: &[f64], rounding: f64) -> Outcome {
    if found.len() != expected.len() {
        return Outcome::Failed(format!("{} values, expected {}", found.len(), expected.len()));
    }
    let (rel, abs) = if 4.0 * rounding < REL { (REL, ABS) } else { (4.0 * rounding, 4.0 * rounding) };
    match found.iter().zip(expected).position(|(f, e)| !close(*f, *e, rel, abs)) {
        None => Outcome::Matched,
        Some(i) => Outcome::Failed(format!("{} instead of {} at {i}", found[i], expected[i])),
    }
}

/// A test that cannot fail proves nothing.
#[test]
fn a_corrupted_score_is_seen() {
    let mut file = load(&super::super::own_dir().join("anomaly/ts_simple.json"));
    for key in ["gaussian_scorer_w50", "sad_mean", "sub_pca_k3_znorm_recon_error", "spectral_residual_q3"] {
        let value = &mut file["walk"][key][77];
        *value = serde_json::json!(value.as_f64().unwrap() * (1.0 + 1e-7));
        let mut built = Built::new();
        check("ts_simple", &file, &mut built);
        assert!(matches!(built[&format!("walk/{key}")], Outcome::Failed(_)), "{key}");
        assert!(matches!(built["sine25/sub_pca_k3_znorm_recon_error"], Outcome::Matched));
    }
}
