//! Laws of `signal::spectral` and of the spectral features.

use super::{noise, same_bits_on_any_threads};
use prognos::features::FeatureSet;
use prognos::signal::spectral::*;
use prognos::signal::{SampleRate, Signal, WindowSpec};

const NAMES: [&str; 9] = [
    "welch_centroid__nperseg_64",
    "welch_rolloff__nperseg_64__q_0.85",
    "periodogram_entropy",
    "magnitude_kurtosis",
    "total_harmonic_distortion__harmonics_5",
    "cepstrum_peak__high_s_0.1__low_s_0.02",
    "spectral_flux__hop_16__nperseg_32",
    "line_amplitude__hz_12.5",
    "tone_snr__harmonics_5",
];

fn send_and_sync<T: Send + Sync>(_: &T) {}

#[test]
fn plans_are_shared_by_threads() {
    let rate = SampleRate::hz(1000.0).unwrap();
    send_and_sync(&RealFft::new(64).unwrap());
    send_and_sync(&Welch::params().plan(rate).unwrap());
    send_and_sync(&Periodogram::params().plan(64, rate).unwrap());
    send_and_sync(&Multitaper::params().plan(64, rate).unwrap());
    send_and_sync(&Cepstrum::new(64).unwrap());
    send_and_sync(&Stft::plan(Welch::params(), rate).unwrap());
}

#[test]
fn same_bits() {
    let x = noise(3000, 5);
    let times: Vec<f64> = (0..x.len()).map(|i| i as f64 + 0.1 * (i as f64).sin()).collect();
    let angular: Vec<f64> = (1..40).map(|k| 0.05 * f64::from(k)).collect();
    same_bits_on_any_threads("lomb_scargle", || lomb_scargle(&times, &x, &angular).unwrap());
    let set = FeatureSet::from_names(NAMES).unwrap();
    let rate = SampleRate::hz(100.0).unwrap();
    same_bits_on_any_threads("spectral features", || {
        let windows = Signal::new(&x, rate).windows(WindowSpec::sliding(256, 100)).unwrap();
        set.extract(windows).unwrap().view().iter().copied().collect()
    });
}

/// A feature has the same bits alone and in company, and a scratch that met another signal changes nothing.
#[test]
fn company_and_history_do_not_matter() {
    let (x, other) = (noise(500, 1), noise(500, 2));
    let rate = SampleRate::hz(100.0).unwrap();
    let set = FeatureSet::from_names(NAMES).unwrap();
    let mut together = [0.0; NAMES.len()];
    let mut extractor = set.extractor(500, rate).unwrap();
    extractor.extract_into(&other, &mut together).unwrap();
    extractor.extract_into(&x, &mut together).unwrap();
    for (name, value) in NAMES.iter().zip(together) {
        let mut alone = [0.0];
        FeatureSet::from_names([name]).unwrap().extractor(500, rate).unwrap().extract_into(&x, &mut alone).unwrap();
        assert_eq!(alone[0].to_bits(), value.to_bits(), "{name}");
    }
    for params in [Welch::params().segment(64), Welch::params().segment(64).average(Average::Median)] {
        let plan = params.plan(rate).unwrap();
        let (mut used, mut out, mut fresh) = (plan.scratch(), vec![0.0; plan.bins()], vec![0.0; plan.bins()]);
        plan.process(&noise(900, 3), &mut out, &mut used).unwrap();
        plan.process(&x, &mut out, &mut used).unwrap();
        plan.process(&x, &mut fresh, &mut plan.scratch()).unwrap();
        assert_eq!(out, fresh);
    }
}

/// Parseval: the sum of a density over frequency is the mean square of what was transformed.
#[test]
fn power_is_conserved() {
    let rate = SampleRate::hz(37.0).unwrap();
    for n in [100, 101, 256] {
        let x = noise(n, n as u64);
        let mean = x.iter().sum::<f64>() / n as f64;
        let power = x.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / n as f64;
        let s = Periodogram::params().spectrum(Signal::new(&x, rate)).unwrap();
        assert!((s.values().iter().sum::<f64>() * s.step() / power - 1.0).abs() < 1e-12);
        let one = Multitaper::params().spectrum(Signal::new(&x, rate)).unwrap();
        let both = Multitaper::params().two_sided(true).spectrum(Signal::new(&x, rate)).unwrap();
        assert!((one.values()[3] / both.values()[3] - 2.0).abs() < 1e-12);
    }
    // White noise has a flat density of variance / (rate / 2).
    let x = noise(200_000, 9);
    for params in [Welch::params(), Welch::params().average(Average::Median)] {
        let s = params.spectrum(Signal::new(&x, rate)).unwrap();
        let inner = &s.values()[2..127];
        let level = inner.iter().sum::<f64>() / inner.len() as f64;
        assert!((level * 37.0 / 2.0 - 1.0).abs() < 0.01, "{params:?}: {level}");
    }
}

/// Scaling the samples scales powers by its square and moves no frequency; scaling the rate moves frequencies.
#[test]
fn units_carry_through() {
    let x = noise(512, 4);
    let names = [
        "welch_centroid__nperseg_128",
        "periodogram_total_power",
        "periodogram_flatness",
        "welch_rolloff__nperseg_128__q_0.85",
    ];
    let set = FeatureSet::from_names(names).unwrap();
    let row = |x: &[f64], hz: f64| {
        let mut row = [0.0; 4];
        set.extractor(512, SampleRate::hz(hz).unwrap()).unwrap().extract_into(x, &mut row).unwrap();
        row
    };
    let base = row(&x, 100.0);
    let louder = row(&x.iter().map(|v| v * 1024.0).collect::<Vec<_>>(), 100.0);
    let faster = row(&x, 400.0);
    for (i, (loud, fast)) in [(1.0, 4.0), (1024.0 * 1024.0, 1.0), (1.0, 1.0), (1.0, 4.0)].into_iter().enumerate() {
        assert!((louder[i] / base[i] - loud).abs() < 1e-12 * loud, "{}", names[i]);
        assert!((faster[i] / base[i] - fast).abs() < 1e-12 * fast, "{}", names[i]);
    }
}

/// A large offset costs no digits, and a constant has no power at all.
#[test]
fn offsets() {
    let x: Vec<f64> = noise(1000, 6).iter().map(|v| (v * 1024.0).round() / 1024.0).collect();
    let lifted: Vec<f64> = x.iter().map(|v| v + 1_048_576.0).collect();
    let names = [
        "welch_centroid__nperseg_256",
        "periodogram_entropy",
        "periodogram_total_power",
        "welch_kurtosis__nperseg_256",
    ];
    let set = FeatureSet::from_names(names).unwrap();
    let row = |x: &[f64]| {
        let mut row = [0.0; 4];
        set.extractor(x.len(), SampleRate::hz(10.0).unwrap()).unwrap().extract_into(x, &mut row).unwrap();
        row
    };
    let (a, b) = (row(&x), row(&lifted));
    for ((name, a), b) in names.iter().zip(a).zip(b) {
        assert!((a / b - 1.0).abs() < 1e-9, "{name}: {a} {b}");
    }
    for level in [0.1, 3.25, 1e9 / 3.0] {
        let s = Welch::params().spectrum(Signal::new(&vec![level; 1000], SampleRate::ONE_HZ)).unwrap();
        assert!(s.values().iter().all(|v| *v == 0.0), "{level}");
        assert!(row(&vec![level; 1000])[0].is_nan());
    }
}

#[cfg(feature = "serde")]
#[test]
fn settings_travel() {
    let params = Welch::params().segment(512).window(WindowFunction::Kaiser(8.6)).average(Average::Median);
    let text = serde_json::to_string(&params).unwrap();
    assert_eq!(serde_json::from_str::<WelchParams>(&text).unwrap(), params);
    assert_eq!(serde_json::from_str::<WelchParams>("{}").unwrap(), Welch::params());
    assert!(serde_json::from_str::<WelchParams>(r#"{"segments": 3}"#).is_err());
    let params = Multitaper::params().tapers(5);
    assert_eq!(serde_json::from_str::<MultitaperParams>(&serde_json::to_string(&params).unwrap()).unwrap(), params);
}
