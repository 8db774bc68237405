//! Hostile input to random convolutions.

use super::{series, tables};
use prognos::features::convolution::{MiniRocket, MultiRocket};
use prognos::signal::{SampleRate, Signal, WindowSpec};

#[test]
fn tables_survive() {
    for (name, table) in tables() {
        for features in [0, 83, 84, 500, usize::MAX] {
            for dilations in [0, 1, 32, usize::MAX] {
                let mini = MiniRocket::params().features(features).max_dilations(dilations);
                let multi = MultiRocket::params().kernels(features).max_dilations(dilations);
                if let Ok(model) = mini.fit(&table) {
                    let out = model.transform(&table).unwrap();
                    assert!(out.view().iter().all(|v| (0.0..=1.0).contains(v)), "{name}");
                    for (_, other) in tables() {
                        let _ = model.transform(&other);
                    }
                }
                if let Ok(model) = multi.fit(&table) {
                    assert!(model.transform(&table).unwrap().view().iter().all(|v| v.is_finite()), "{name}");
                    for (_, other) in tables() {
                        let _ = model.transform(&other);
                    }
                }
            }
        }
    }
}

#[test]
fn series_survive() {
    let mut fitted = 0;
    for (name, x) in series() {
        for (len, hop) in [(9, 3), (10, 10), (33, 1), (64, 64), (100, 1), (1, 1)] {
            let windows = Signal::new(&x, SampleRate::ONE_HZ).windows(WindowSpec::sliding(len, hop)).unwrap();
            if let Ok(model) = MiniRocket::params().features(168).fit_windows(windows) {
                fitted += 1;
                let out = model.transform_windows(windows).unwrap();
                assert!(out.view().iter().all(|v| (0.0..=1.0).contains(v)), "{name}");
                for (_, other) in series() {
                    let mut row = vec![0.0; model.n_features()];
                    let _ = model.transform_into(&other, &mut row, &mut model.scratch());
                }
            }
            if let Ok(model) = MultiRocket::params().kernels(84).fit_windows(windows) {
                let out = model.transform_windows(windows).unwrap();
                assert!(out.view().iter().all(|v| v.is_finite()), "{name}");
            }
        }
        let expanding = Signal::new(&x, SampleRate::ONE_HZ).windows(WindowSpec::expanding(20, 5)).unwrap();
        assert!(MiniRocket::params().fit_windows(expanding).is_err());
    }
    assert!(fitted > 100, "{fitted}");
}

#[test]
fn wrong_rooms_and_samples_are_named() {
    let model = MiniRocket::from_parameters(64, vec![1, 7], vec![1, 2], vec![0.0; 252]).unwrap();
    let other = MiniRocket::from_parameters(64, vec![1, 6], vec![1, 2], vec![0.0; 252]).unwrap();
    let (mut scratch, mut out) = (model.scratch(), vec![0.0; 252]);
    assert!(model.transform_into(&[0.0; 63], &mut out, &mut scratch).is_err());
    assert!(model.transform_into(&[0.0; 64], &mut out[1..], &mut scratch).is_err());
    assert!(model.transform_into(&[0.0; 64], &mut out, &mut other.scratch()).is_err());
    assert!(model.transform_f32_into(&[f32::INFINITY; 64], &mut out, &mut scratch).is_err());
    assert!(model.transform_f32_into(&[f32::MAX; 64], &mut out, &mut scratch).is_err());
    for (bad, text) in
        [(f64::NAN, "column 5"), (f64::NEG_INFINITY, "column 5"), (1e39, "sample 5"), (f32::MAX.into(), "sample 5")]
    {
        let mut x = [0.5; 64];
        x[5] = bad;
        let error = model.transform_into(&x, &mut out, &mut scratch).unwrap_err().to_string();
        assert!(error.contains(text), "{error}");
    }
    let multi = MultiRocket::params().kernels(84).fit(&ndarray::Array2::from_elem((2, 20), 1.0)).unwrap();
    let mut out = vec![0.0; multi.n_features()];
    assert!(multi.transform_into(&[0.0; 19], &mut out, &mut multi.scratch()).is_err());
    assert!(multi.transform_f32_into(&[f32::NAN; 20], &mut out, &mut multi.scratch()).is_err());
    assert!(multi.transform_into(&[0.0; 20], &mut out[1..], &mut multi.scratch()).is_err());
}

#[test]
fn parameters_from_elsewhere_are_checked() {
    let mini = MiniRocket::from_parameters;
    assert!(mini(9, vec![1], vec![1], vec![0.0; 84]).is_ok());
    for (len, dilations, counts, biases) in [
        (8, vec![1], vec![1], 84),
        (usize::MAX, vec![1], vec![1], 84),
        (64, vec![], vec![], 0),
        (64, vec![0], vec![1], 84),
        (64, vec![8], vec![1], 84),
        (64, vec![2, 1], vec![1, 1], 168),
        (64, vec![2, 2], vec![1, 1], 168),
        (64, vec![1], vec![0], 0),
        (64, vec![1], vec![usize::MAX], 84),
        (64, vec![1, 2], vec![1], 84),
        (64, vec![1], vec![1], 83),
    ] {
        assert!(mini(len, dilations.clone(), counts, vec![0.0; biases]).is_err(), "{len} {dilations:?}");
    }
    assert!(mini(64, vec![1], vec![1], vec![f32::NAN; 84]).is_err());
    let part = || (vec![1], vec![1], vec![0.0; 84]);
    assert!(MultiRocket::from_parameters(10, part(), part()).is_ok());
    for len in [0, 9, usize::MAX] {
        assert!(MultiRocket::from_parameters(len, part(), part()).is_err(), "{len}");
    }
}

#[cfg(feature = "persist")]
#[test]
fn damaged_files_are_errors() {
    use prognos::persist::{from_json, to_json};
    let model = MiniRocket::from_parameters(64, vec![1, 7], vec![1, 1], vec![0.25; 168]).unwrap();
    let text = to_json(&model).unwrap();
    for (from, to) in [
        ("\"window_len\": 64", "\"window_len\": 6"),
        ("\"window_len\": 64", "\"window_len\": 18446744073709551615"),
        ("\"window_len\": 64", "\"window_len\": -1"),
        ("\"biases\"", "\"other\""),
        ("0.25", "1e999"),
        ("0.25", "null"),
    ] {
        let damaged = text.replacen(from, to, 1);
        assert_ne!(damaged, text, "{from}");
        assert!(from_json::<MiniRocket>(&damaged).is_err(), "{to}");
    }
    let multi = MultiRocket::params().kernels(84).fit(&ndarray::Array2::from_elem((2, 20), 1.0)).unwrap();
    let damaged = to_json(&multi).unwrap().replacen("\"window_len\": 19", "\"window_len\": 18", 1);
    assert!(from_json::<MultiRocket>(&damaged).is_err());
}
