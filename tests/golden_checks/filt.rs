//! Ids `filt/*` of the feature series, and the cases `filter_design` (IIR and FIR) and `iso_velocity_rms`.

use super::{Outcome, Tally, compare, json_files, load, number, numbers, own_dir};
use prognos::signal::SampleRate;
use prognos::signal::detrend::{Trend, detrend};
use prognos::signal::filter::{Design, Ewma, FirDesign, SavitzkyGolay, Sos, median_filter};
use prognos::signal::integrate::velocity_rms_mm_s;
use prognos::signal::peaks::FindPeaks;
use prognos::signal::rainflow::{cycle_count, rainflow, range_power_sum};
use prognos::signal::resample::{AntiAlias, decimate, resample_poly};
use serde_json::Value;

/// Edges of the reference are relative to the Nyquist frequency, which is 1 at this rate.
fn unit() -> SampleRate {
    SampleRate::hz(2.0).unwrap()
}

fn butterworth() -> Sos {
    Design::butterworth(4).lowpass(0.2, unit()).unwrap()
}

fn last(x: &[f64], n: usize) -> Vec<f64> {
    x[x.len().saturating_sub(n)..].to_vec()
}

fn first(x: &[f64], n: usize) -> Vec<f64> {
    x[..n.min(x.len())].to_vec()
}

fn middle(x: &[f64]) -> Vec<f64> {
    x[x.len() / 2..].iter().take(8).copied().collect()
}

/// The numbers of one id, computed from the series; `None` for an id of another group.
/// A mapping is listed in the order of its sorted keys.
pub fn check(id: &str, x: &[f64], _fs: f64) -> Option<Vec<f64>> {
    Some(match id.strip_prefix("filt/")? {
        "butter4_lp0.2_sosfilt_last8" => last(&butterworth().filter(x), 8),
        "butter4_lp0.2_sosfiltfilt_mid8" => middle(&butterworth().filtfilt(x).unwrap()),
        "cheby1_4_1db_lp0.3_last8" => last(&Design::chebyshev1(4, 1.0).lowpass(0.3, unit()).unwrap().filter(x), 8),
        "firwin31_hp0.3_last8" => last(&FirDesign::new(31).highpass(0.3, unit()).unwrap().filter(x), 8),
        "savgol_11_3_mid8" => middle(&SavitzkyGolay::new(11, 3).unwrap().filter(x).unwrap()),
        "savgol_11_3_first5" => first(&SavitzkyGolay::new(11, 3).unwrap().filter(x).unwrap(), 5),
        "resample_poly_3_2_first16" => first(&resample_poly(x, 3, 2).unwrap(), 16),
        "decimate_4_iir_first8" => first(&decimate(x, 4, AntiAlias::Iir).unwrap(), 8),
        "detrend_linear_first5" => first(&detrend(x, Trend::Linear).unwrap(), 5),
        "medfilt5_first8" => first(&median_filter(x, 5).unwrap(), 8),
        "ewma_alpha0.1_adjustTrue_last" => last(&Ewma::alpha(0.1).unwrap().filter(x), 1),
        "ewma_alpha0.1_adjustFalse_last" => last(&Ewma::alpha(0.1).unwrap().adjust(false).filter(x), 1),
        "find_peaks_idx_prominence_std" => {
            let mean = x.iter().sum::<f64>() / x.len() as f64;
            let std = (x.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / x.len() as f64).sqrt();
            let peaks = FindPeaks::new().prominence(std).find(x).unwrap();
            peaks.iter().take(40).map(|p| p.index as f64).collect()
        }
        "hampel_free_median_filter_window7_last" => {
            // The median of the last seven, or of all when there are fewer.
            let tail = last(x, 7);
            vec![median_filter(&tail, tail.len()).unwrap()[tail.len() / 2]]
        }
        "rainflow_astm_counts" => {
            let cycles = rainflow(&first(x, 400)).unwrap();
            let largest = cycles.iter().map(|c| c.range).fold(0.0, f64::max);
            // max_range, n_entries, sum_range_m3, total_cycles
            vec![largest, cycles.len() as f64, range_power_sum(&cycles, 3.0), cycle_count(&cycles)]
        }
        _ => return None,
    })
}

/// The numbers of a golden value in the order of [`check`]: a mapping by its sorted keys.
pub fn expected(value: &Value) -> Value {
    match value {
        Value::Object(map) => {
            let mut keys: Vec<&String> = map.keys().collect();
            keys.sort();
            Value::Array(keys.into_iter().map(|k| map[k].clone()).collect())
        }
        other => other.clone(),
    }
}

/// Relative tolerance of an id: the first samples of a filter depend on its start and count as 1e-8.
pub fn tolerance(id: &str) -> f64 {
    if id.ends_with("_first8") { 1e-8 } else { 1e-9 }
}

/// The cases of `features_cases.json` that this file computes.
pub fn cases(file: &Value, tally: &mut Tally) {
    for (id, outcome) in case_outcomes(file) {
        tally.record("features/cases", &id, outcome);
    }
}

fn case_outcomes(file: &Value) -> Vec<(String, Outcome)> {
    let flat = |sos: Sos| sos.sections().concat();
    let band = Design::butterworth(4).bandpass(2_000.0, 4_000.0, SampleRate::hz(25_600.0).unwrap()).unwrap();
    let designs = [
        ("butter4_bandpass_2000_4000_fs25600_sos", flat(band)),
        ("butter4_lowpass_0.2_sos", flat(butterworth())),
        ("cheby1_4_1_0.3_sos", flat(Design::chebyshev1(4, 1.0).lowpass(0.3, unit()).unwrap())),
        ("firwin31_0.3_hp", FirDesign::new(31).highpass(0.3, unit()).unwrap().taps().to_vec()),
    ];
    let cases = &file["cases"];
    let mut all: Vec<(String, Outcome)> = designs
        .iter()
        .map(|(id, found)| (format!("filter_design/{id}"), compare(found, &cases["filter_design"][id], 1e-9, 1e-12)))
        .collect();
    let iso = &cases["iso_velocity_rms"];
    let rate = SampleRate::hz(number(&iso["fs"]).unwrap()).unwrap();
    let found = velocity_rms_mm_s(&numbers(&iso["acc_first4096"]), rate, 10.0..=1_000.0).unwrap();
    all.push(("iso_velocity_rms".to_owned(), compare(&[found], &iso["value_first4096_mm_s"], 1e-9, 1e-12)));
    all
}

#[test]
fn every_filt_id_of_every_series_agrees() {
    let mut compared = 0;
    let mut ids = std::collections::BTreeSet::new();
    for path in json_files(&own_dir().join("features")) {
        let file = load(&path);
        let Some(values) = file["expected"].as_object() else { continue };
        let x = numbers(&file["x"]);
        let fs = number(&file["fs"]).unwrap();
        for (id, value) in values.iter().filter(|(id, v)| id.starts_with("filt/") && v.get("error").is_none()) {
            let found = check(id, &x, fs).unwrap_or_else(|| panic!("{id} is not computed"));
            let outcome = compare(&found, &expected(value), tolerance(id), 1e-12);
            assert!(matches!(outcome, Outcome::Matched), "{} {id}: {outcome:?}", path.display());
            ids.insert(id.clone());
            compared += 1;
        }
    }
    assert_eq!((ids.len(), compared), (15, 182));
}

#[test]
fn every_case_agrees_and_a_changed_value_is_seen() {
    let mut file = load(&own_dir().join("features/features_cases.json"));
    for (id, outcome) in case_outcomes(&file) {
        assert!(matches!(outcome, Outcome::Matched), "{id}: {outcome:?}");
    }
    let value = &mut file["cases"]["filter_design"]["cheby1_4_1_0.3_sos"][1][4];
    *value = serde_json::json!(value.as_f64().unwrap() * (1.0 + 1e-8));
    assert!(case_outcomes(&file).iter().any(|(_, o)| matches!(o, Outcome::Failed(_))));
}
