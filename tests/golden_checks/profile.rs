//! Ids `mp/*`: stumpy 1.14.

use super::{Outcome, numbers, stat};
use prognos::features::profile::distance_profile;
use serde_json::Value;

/// What became of an id of this family; `None` where nothing here computes it. The whole series file is there for ids
/// that read the values of another.
pub fn check(id: &str, expected: &Value, x: &[f64], fs: f64, _file: &Value) -> Option<Outcome> {
    let found = match id {
        "mp/stump_m20_first400_min_max_mean_argmax" => {
            let names =
                ["min", "max", "mean", "discord"].map(|f| format!("matrix_profile_fixed__feature_\"{f}\"__m_20"));
            stat::extract(&names, &x[..x.len().min(400)], fs)
        }
        "mp/mass_query_first20_first8" => distance_profile(&x[..20], x).unwrap()[..8].to_vec(),
        _ => return None,
    };
    let expected = numbers(expected);
    // A distance is the root of 2 m (1 - ρ), and ρ carries rounding in stumpy: of its running sums, some `ε (mean / deviation)²` of the
    // stretch, and of an exact match, whose distance comes out as up to 1e-6 there and as 0 here. The mean of a profile takes a
    // part of the latter over.
    let m = 20.0;
    let mean = x[..20].iter().sum::<f64>() / m;
    let variance = x[..20].iter().map(|v| (v - mean).powi(2)).sum::<f64>() / m;
    let loudness = if variance > 0.0 { mean * mean / variance } else { 0.0 };
    let slack = 20.0 * m * f64::EPSILON * (10.0 + loudness);
    let matches = expected.iter().any(|e| *e < 1e-6);
    let close = |f: f64, e: f64| (f * f - e * e).abs() <= slack + 2e-9 * e * e || (matches && (f - e).abs() <= 1e-8);
    Some(match found.iter().zip(&expected).position(|(f, e)| !close(*f, *e)) {
        None if found.len() == expected.len() => Outcome::Matched,
        None => Outcome::Failed(format!("{} values, expected {}", found.len(), expected.len())),
        Some(i) => Outcome::Failed(format!("[{i}] is {:e}, expected {:e}", found[i], expected[i])),
    })
}
