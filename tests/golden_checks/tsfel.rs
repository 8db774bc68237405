//! Ids `tsfel/*`, and the names of TSFEL's columns.

use super::{Outcome, compare, load, number, numbers, own_dir, stat};
use prognos::features::compat::tsfel::{column_name, column_names, from_columns, read_column};
use prognos::features::{FeatureSet, FeatureSpec};
use prognos::signal::SampleRate;
use serde_json::Value;

/// What became of an id of this family; `None` where nothing here computes it. The whole series file is there for ids
/// that read the values of another.
pub fn check(id: &str, expected: &Value, x: &[f64], fs: f64, _file: &Value) -> Option<Outcome> {
    let feature = id.rsplit('/').next().unwrap();
    if let Some(why) = exception(feature, expected, x) {
        return Some(Outcome::Skipped(why.to_owned()));
    }
    let rate = SampleRate::hz(fs).unwrap();
    let (names, values) = columns(feature, expected, rate, x.len());
    let found = stat::extract(&names, x, fs);
    let values = finite(&values);
    Some(match feature {
        // 32-bit floats inside, before equations that may be nearly singular.
        "LPCC" => compare(&found, &values, 1e-4, 1e-12),
        // Differences of levels from their mean, and `10^(mel / 2595) - 1` has lost digits at low rates by the last bit
        // of NumPy's power: as good as the largest of them.
        "MFCC" => {
            let largest = numbers(&values).into_iter().map(f64::abs).fold(0.0, f64::max);
            compare(&found, &values, 1e-9, 1e-9 * largest)
        }
        _ => compare(&found, &values, 1e-9, 1e-12),
    })
}

/// Our names of the numbers of a value, and the numbers. Those of a feature with frequencies also have TSFEL's names:
/// ours must be the same.
fn columns(feature: &str, expected: &Value, rate: SampleRate, len: usize) -> (Vec<String>, Value) {
    let entropies = |prob: &str| vec![format!("tsfel_entropy__prob_\"{prob}\"")];
    match (feature, expected) {
        ("Entropy__prob_kde", value) => (entropies("kde"), value.clone()),
        ("Entropy__prob_gauss", value) => (entropies("gauss"), value.clone()),
        (_, Value::Object(parts)) => {
            let width = feature.starts_with("Wavelet");
            let count = parts["values"].as_array().unwrap().len();
            let mut specs = Vec::new();
            for (i, name) in parts["names"].as_array().unwrap().iter().enumerate() {
                let column = format!("0_{feature}_{}", name.as_str().unwrap());
                let ours = all_of(feature, rate, len).remove(i);
                match read_column(&column, rate, len) {
                    Ok((_, spec)) => {
                        assert_eq!(spec, ours, "{column}");
                        assert_eq!(column_name(&ours, rate, len).unwrap(), column);
                    }
                    // Two of TSFEL's columns have this name.
                    Err(e) => {
                        assert!(e.to_string().contains("two columns"), "{e}");
                        let exact = column_name(&ours, rate, len).unwrap();
                        assert!(exact.contains(if width { "width_" } else { "bin_" }), "{exact}");
                        assert_eq!(read_column(&exact, rate, len).unwrap().1, ours);
                    }
                }
                specs.push(ours.to_string());
            }
            assert_eq!(specs.len(), count);
            (specs, parts["values"].clone())
        }
        (_, value @ Value::Array(values)) => {
            let read = |i: usize| read_column(&format!("0_{feature}_{i}"), rate, len).unwrap().1.to_string();
            ((0..values.len()).map(read).collect(), value.clone())
        }
        (_, value) => (vec![read_column(feature, rate, len).unwrap().1.to_string()], value.clone()),
    }
}

/// The specs of a feature in the set of all.
fn all_of(feature: &str, rate: SampleRate, len: usize) -> Vec<FeatureSpec> {
    let set = FeatureSet::tsfel_all();
    let begins = format!("0_{feature}_");
    set.specs().iter().filter(|s| column_name(s, rate, len).unwrap().starts_with(&begins)).cloned().collect()
}

/// Infinite numbers are NaN here, and Python's `None` is.
fn finite(value: &Value) -> Value {
    match value {
        Value::Array(items) => items.iter().map(finite).collect(),
        Value::Null => Value::from("NaN"),
        other if number(other).is_some_and(f64::is_infinite) => Value::from("NaN"),
        other => other.clone(),
    }
}

/// Why a value is not reproduced.
fn exception(feature: &str, expected: &Value, x: &[f64]) -> Option<&'static str> {
    if expected.get("error").is_some() {
        return Some("TSFEL raises");
    }
    let constant = x.iter().all(|v| *v == x[0]);
    let of_noise = ["decrease", "kurtosis", "positive turning points", "skewness", "spread"];
    if constant && of_noise.iter().any(|name| feature == format!("Spectral {name}")) {
        return Some("rounding noise in the reference's transform of a constant");
    }
    // Pieces in which the running sum is a straight line: what a line leaves of them is rounding, and its logarithm
    // decides the fit.
    let straight = |w: usize| x.chunks_exact(w).all(|piece| piece[1..].iter().all(|v| *v == piece[1]));
    if feature == "Detrended fluctuation analysis" && !constant && (4..=x.len() / 10).any(straight) {
        return Some("logarithm of rounding noise");
    }
    None
}

/// The table that TSFEL itself makes of 1,000 samples at 100 Hz: all domains, the Lempel-Ziv complexity switched on.
#[test]
fn names_are_those_of_the_package() {
    let text = std::fs::read_to_string(own_dir().join("tsfel/columns_fs100.txt")).unwrap();
    let columns: Vec<&str> = text.lines().collect();
    let rate = SampleRate::hz(100.0).unwrap();
    assert_eq!(columns.len(), 163);

    // TSFEL sorts by name.
    let mut ours = column_names(&FeatureSet::tsfel_all(), rate, 1000).unwrap();
    ours.sort_unstable();
    assert_eq!(ours, columns);

    // Read back in its order, with and without the channel.
    let set = from_columns(&columns, rate, 1000).unwrap();
    assert_eq!(column_names(&set, rate, 1000).unwrap(), columns);
    let bare = from_columns(columns.iter().map(|c| &c[2..]), rate, 1000).unwrap();
    assert_eq!(bare, set);

    let default = column_names(&FeatureSet::tsfel(), rate, 1000).unwrap();
    let off = ["fractal", "exponent", "fluctuation", "Multiscale", "Lempel"];
    let on = columns.iter().filter(|c| !off.iter().any(|o| c.contains(o)));
    assert_eq!(default.len(), on.clone().count());
    assert!(on.into_iter().all(|c| default.iter().any(|d| d == c)));
}

/// At 1 Hz TSFEL's names collide; ours do not, and read back.
#[test]
fn names_are_unique_at_any_rate() {
    let set = FeatureSet::tsfel_all();
    for hz in [1e-6, 0.1, 1.0, 3.7, 100.0, 25_600.0, 1e12] {
        for len in [1, 2, 3, 12, 61, 62, 1000] {
            let rate = SampleRate::hz(hz).unwrap();
            let names = column_names(&set, rate, len).unwrap();
            let mut unique = names.clone();
            unique.sort_unstable();
            unique.dedup();
            assert_eq!(unique.len(), 163, "{hz} Hz, {len} samples");
            assert_eq!(from_columns(&names, rate, len).unwrap(), set, "{hz} Hz, {len} samples");
        }
    }
}

/// Windows of 1 to 62 samples at several rates, where TSFEL answers; whole numbers, zeros and a ramp among them.
#[test]
fn short_windows_are_those_of_the_package() {
    let file = load(&own_dir().join("tsfel/short_windows.json"));
    let (mut matched, mut raised, mut failed) = (0, 0, Vec::new());
    for case in file["cases"].as_array().unwrap() {
        let (x, fs) = (numbers(&case["x"]), case["fs"].as_f64().unwrap());
        for (id, expected) in case["expected"].as_object().unwrap() {
            match check(id, expected, &x, fs, case).unwrap() {
                Outcome::Matched => matched += 1,
                Outcome::Skipped(_) => raised += 1,
                Outcome::Failed(why) => failed.push(format!("{} {id}: {why}", case["series"])),
            }
        }
    }
    assert!(failed.is_empty(), "{}", failed.join("\n"));
    assert!(matched >= 1200 && raised <= 60, "{matched} matched, {raised} where TSFEL raises");
}
