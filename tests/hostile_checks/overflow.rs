//! Samples so large that their squares leave the range of f64: the number of the law, or NaN, but no other number.

use prognos::Error;
use prognos::features::FeatureSet;
use prognos::learners::{Scaler, Scaling};
use prognos::signal::SampleRate;

const N: usize = 256;

/// Features that are no power of the unit, or only of moderate samples, and why.
const NO_LAW: &[(&str, &str)] = &[
    ("benford_correlation", "first decimal digits: no power of two keeps them"),
    ("count_above__", "a level in the unit"),
    ("count_below__", "a level in the unit"),
    ("value_count", "a level in the unit"),
    ("range_count", "levels in the unit"),
    ("number_crossing_m", "a level in the unit"),
    ("slope_sign_changes", "a threshold in the unit"),
    ("variance_larger_than_standard_deviation", "compares a square with the unit itself"),
    ("log_energy_entropy", "a logarithm of the unit: a sum, no power"),
    ("signal_distance", "adds steps in time to steps in the unit"),
    ("slope_entropy", "angles of steps of the unit in a unit of time"),
    ("tsfel_signal_distance", "adds steps in time to steps in the unit"),
    ("tsfel_maximum_fractal_length", "a logarithm of the unit"),
    ("tsfel_lpcc", "squares in 32 bits, as TSFEL has them"),
    ("talaf", "a logarithm of a sum with the RMS"),
    ("thikat", "a logarithm of a power with the peak above"),
];

/// Those that have no law in a constant alone: numpy's bins of a constant are one unit wide; the smallest solution of
/// an autoregression of a constant weighs the level against 1.
const NO_LAW_OF_A_CONSTANT: [&str; 4] = ["binned_entropy", "histogram_mode", "tsfel_histogram_mode", "ar_coefficient"];

fn has_law(name: &str, wave: &str) -> bool {
    let starts = |start: &&str| name.starts_with(start);
    let of_constant = wave == "constant" && NO_LAW_OF_A_CONSTANT.iter().any(starts);
    !of_constant && !NO_LAW.iter().any(|(start, _)| starts(start))
}

fn waves() -> Vec<(&'static str, Vec<f64>)> {
    let noise = |i: usize| ((i * 7919 + i * i % 1009) % 1000) as f64 / 1000.0;
    let wave = |f: &dyn Fn(usize) -> f64| (0..N).map(f).collect();
    vec![
        ("alternating", wave(&|i| if i % 2 == 0 { 1.0 } else { -1.0 })),
        ("sine", wave(&|i| (i as f64 * 0.37).sin())),
        ("periodic sine", wave(&|i| (i as f64 * std::f64::consts::TAU / 32.0).sin())),
        ("trend", wave(&|i| i as f64 / 256.0 - 0.5 + ((i * 37) % 11) as f64 * 0.01)),
        ("constant", wave(&|_| 3.0)),
        ("noise and offset", wave(&|i| 3.0 + noise(i))),
        ("noise", wave(&|i| (i as f64 * 0.3).sin() + noise(i) - 0.45)),
    ]
}

/// p of f(s x) = s^p f(x), from the value at 1 and at 16.
fn power(one: f64, sixteen: f64) -> Option<f64> {
    if one.abs() <= 0.0 && sixteen.abs() <= 0.0 {
        return Some(0.0);
    }
    // Rainflow damage is of any exponent, in the examples 0.1.
    (-40..=80).map(|q| f64::from(q) / 10.0).find(|p| (sixteen / one / 16_f64.powf(*p) - 1.0).abs() < 1e-9)
}

#[test]
fn what_overflows_is_nan_and_no_other_number() {
    let set = FeatureSet::from_specs(FeatureSet::examples()).unwrap();
    let mut extractor = set.extractor(N, SampleRate::hz(1000.0).unwrap()).unwrap();
    let mut wrong = Vec::new();
    let mut checked = 0;
    for (wave, x) in waves() {
        let mut at = |k: i32| {
            let scaled: Vec<f64> = x.iter().map(|v| v * 2_f64.powi(k)).collect();
            let mut row = vec![0.0; set.len()];
            extractor.extract_into(&scaled, &mut row).unwrap();
            row
        };
        let (one, sixteen) = (at(0), at(4));
        for k in [0, 100, 300, 500, 505, 510, 515, 520, 900, 1000, 1020] {
            for (j, found) in at(k).into_iter().enumerate() {
                let name = &set.names()[j];
                assert!(!found.is_infinite(), "{name} of {wave} times 2^{k}: {found}");
                if !has_law(name, wave) {
                    continue;
                }
                if found.is_nan() {
                    // Room enough for the fourth powers: what is defined stays so.
                    if k <= 100 && !one[j].is_nan() {
                        wrong.push(format!("{name} of {wave} times 2^{k} is NaN, {:e} at 1", one[j]));
                    }
                    continue;
                }
                // A slope that is 0 but for rounding has no law.
                if [one[j], sixteen[j], found].iter().all(|v| v.abs() < 1e-13) {
                    continue;
                }
                let Some(p) = power(one[j], sixteen[j]) else {
                    let (one, sixteen) = (one[j], sixteen[j]);
                    wrong.push(format!("{name} of {wave} times 2^{k}: {found:e}; no law in {one:e}, {sixteen:e}"));
                    continue;
                };
                checked += 1;
                // The value brought back to the scale of 1, in two steps that do not leave the range.
                let back = 2_f64.powf(-0.5 * p * f64::from(k));
                let error = (found * back * back - one[j]).abs();
                if error > 1e-6 * one[j].abs() {
                    wrong.push(format!("{name} of {wave} times 2^{k}: {found:e}, {:e} to the {p} at 1", one[j]));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{} of {checked} are wrong:\n{}", wrong.len(), wrong.join("\n"));
}

/// Samples whose sum overflows already have no mean, and nothing that is counted from it.
#[test]
fn without_a_mean_nothing_is_counted_from_it() {
    let names = [
        "count_above_mean",
        "count_below_mean",
        "cusum_location",
        "cusum_max",
        "mean_abs",
        "impulse_factor",
        "symmetry_looking__r_0.1",
        "ratio_beyond_r_sigma__r_1.0",
        "fundamental_frequency__share_0.1",
        "autocorrelation_first_minimum",
        "agg_autocorrelation__f_agg_\"median\"__maxlag_40",
        "agg_linear_trend__attr_\"pvalue\"__chunk_len_128__f_agg_\"mean\"",
    ];
    let set = FeatureSet::from_names(names).unwrap();
    let x: Vec<f64> = (0..N).map(|i| f64::MAX * (0.6 + 0.4 * (i as f64 * 0.37).sin())).collect();
    let mut row = vec![0.0; set.len()];
    set.extractor(N, SampleRate::ONE_HZ).unwrap().extract_into(&x, &mut row).unwrap();
    for (name, v) in set.names().iter().zip(row) {
        assert!(v.is_nan(), "{name}: {v}");
    }
}

#[test]
fn no_power_has_no_share_and_no_width() {
    let names = ["centroid", "spread", "bandwidth__q_0.5", "flatness", "crest", "band_share__high_hz_0.4__low_hz_0.1"];
    let set = FeatureSet::from_names(names.map(|n| format!("periodogram_{n}"))).unwrap();
    for level in [0.0, 0.1, -3.0, 1e200] {
        let mut row = vec![0.0; set.len()];
        set.extractor(N, SampleRate::ONE_HZ).unwrap().extract_into(&[level; N], &mut row).unwrap();
        for (name, v) in set.names().iter().zip(row) {
            assert!(v.is_nan(), "{name} of {level}: {v}");
        }
    }
}

#[test]
fn a_column_too_large_to_scale_is_named() {
    let mut rows = ndarray::Array2::from_shape_fn((40, 3), |(i, j)| ((i * (j + 2)) as f64 * 0.37).sin());
    rows.column_mut(1).mapv_inplace(|v| v * 1e200);
    let names = ["flow", "level", "speed"].map(str::to_owned).to_vec();
    let matrix = prognos::features::FeatureMatrix::new(names, rows.clone()).unwrap();
    for params in [Scaler::standard(), Scaler::robust()] {
        match params.fit(&matrix) {
            Err(error @ Error::Numeric { .. }) => assert!(error.to_string().contains("`level`"), "{error}"),
            Ok(scaler) => assert!(!scaler.constant()[1] && scaler.scale()[1] > 1e199, "{:?}", scaler.scale()),
            Err(error) => panic!("{error}"),
        }
    }
    assert!(Scaler::standard().fit(&matrix).is_err());
    let monitor = prognos::anomaly::PcaMonitor::params().fit(&matrix).unwrap_err();
    assert!(monitor.to_string().contains("`level`"), "{monitor}");
    let centred = Scaler::params(Scaling::Centre).fit(&matrix).unwrap();
    assert_eq!((centred.scale(), centred.constant()), (&[1.0; 3][..], &[false; 3][..]));
}
