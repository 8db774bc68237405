//! The ids `spec/*` and the short-time ones of `tf/*`: arrays from `prognos::signal::spectral`, numbers through the names of the features, so that the
//! feature layer is what is tested; and the windows among the cases without a series.

use super::{Outcome, Tally, compare};
use prognos::features::FeatureSet;
use prognos::signal::spectral::{
    Amplitude, AmplitudeSpectrum, Average, Cepstrum, Detrend, Goertzel, Multitaper, Periodogram, Scaling, Stft, Welch,
    WelchParams, WindowFunction, lomb_scargle, slepian_window,
};
use prognos::signal::{SampleRate, Signal};
use serde_json::Value;
use std::f64::consts::TAU;

/// Features of one window by their names.
fn features<S: AsRef<str>>(names: &[S], x: &[f64], fs: f64) -> Vec<f64> {
    let set = FeatureSet::from_names(names).unwrap();
    let mut row = vec![0.0; names.len()];
    set.extractor(x.len(), SampleRate::hz(fs).unwrap()).unwrap().extract_into(x, &mut row).unwrap();
    row
}

fn welch(params: WelchParams, x: &[f64], fs: f64) -> Vec<f64> {
    params.spectrum(Signal::new(x, SampleRate::hz(fs).unwrap())).unwrap().into_values()
}

/// The name here of a scalar of the reference.
fn scalar(name: &str) -> &str {
    match name {
        "rolloff85" => "rolloff__q_0.85",
        "rolloff95" => "rolloff__q_0.95",
        "entropy_nats" => "entropy",
        "entropy_norm" => "entropy_normalised",
        other => other,
    }
}

/// The value of an id; `None` when nothing here computes it.
pub fn check(id: &str, x: &[f64], fs: f64) -> Option<Vec<f64>> {
    let rate = SampleRate::hz(fs).unwrap();
    let n = x.len();
    match id {
        "tf/spectral_flux_hann64_hop32_mean" => return Some(features(&["spectral_flux__hop_32__nperseg_64"], x, fs)),
        "tf/stft_scipy_spectrogram_default64_mean_time" => {
            let params = Welch::params().segment(64).overlap(8).window(WindowFunction::Tukey(0.25));
            let table = Stft::plan(params, rate).unwrap().spectrogram(x).unwrap();
            return Some(table.columns().into_iter().map(|c| c.sum() / c.len() as f64).collect());
        }
        _ => {}
    }
    let id = id.strip_prefix("spec/")?;
    let first = |mut v: Vec<f64>, count: usize| {
        v.truncate(count);
        v
    };
    if let Some((spectrum, name)) = id.split_once('/') {
        let name = scalar(name);
        let feature = match spectrum {
            "welch256" => match name.split_once("__") {
                Some((name, rest)) => format!("welch_{name}__nperseg_256__{rest}"),
                None => format!("welch_{name}__nperseg_256"),
            },
            "periodogram" => format!("periodogram_{name}"),
            "magnitude_no_detrend" => format!("magnitude_{name}"),
            _ => return None,
        };
        return Some(features(&[feature], x, fs));
    }
    let base = Welch::params();
    let kaiser = WindowFunction::Kaiser(8.6);
    let cepstrum = |f: fn(&Cepstrum, &[f64], &mut [f64]) -> prognos::Result<()>| {
        let mut out = vec![0.0; n];
        f(&Cepstrum::new(n).unwrap(), x, &mut out).unwrap();
        first(out, 32)
    };
    Some(match id {
        "welch_default_pxx" => first(welch(base, x, fs), 200),
        "welch_default_f_last" => {
            let plan = base.plan_for(n, rate).unwrap();
            vec![plan.frequency(plan.bins() - 1)]
        }
        "welch_nperseg128_hann_density" => welch(base.segment(128), x, fs),
        "welch_nperseg128_hann_spectrum" => welch(base.segment(128).scaling(Scaling::Spectrum), x, fs),
        "welch_nperseg64_hamming_density" => welch(base.segment(64).window(WindowFunction::Hamming), x, fs),
        "welch_nperseg100_boxcar_density" => welch(base.segment(100).window(WindowFunction::Boxcar), x, fs),
        "welch_nperseg128_flattop_spectrum" => {
            welch(base.segment(128).window(WindowFunction::FlatTop).scaling(Scaling::Spectrum), x, fs)
        }
        "welch_nperseg128_kaiser8.6_density" => welch(base.segment(128).window(kaiser), x, fs),
        "welch_nperseg128_blackmanharris_density" => {
            welch(base.segment(128).window(WindowFunction::BlackmanHarris), x, fs)
        }
        "welch_nperseg128_overlap96_linear_detrend_median" => {
            welch(base.segment(128).overlap(96).detrend(Detrend::Linear).average(Average::Median), x, fs)
        }
        "welch_nperseg100_nfft256" => welch(base.segment(100).fft_len(256), x, fs),
        "periodogram_first64" => first(Periodogram::params().spectrum(Signal::new(x, rate)).unwrap().into_values(), 64),
        "band_powers_8_equal_bands_periodogram" => {
            let names: Vec<String> =
                (0..8).map(|i| format!("periodogram_equal_band_power__bands_8__index_{i}")).collect();
            features(&names, x, fs)
        }
        "amplitude_onesided_first32" => {
            let (boxcar, none) = (WindowFunction::Boxcar, Detrend::None);
            let plan = AmplitudeSpectrum::plan(n, rate, boxcar, none, Amplitude::Peak).unwrap();
            first(plan.spectrum(x).unwrap().into_values(), 32)
        }
        "real_cepstrum_first32" => cepstrum(|c, x, out| c.real(x, out, &mut c.scratch())),
        "power_cepstrum_first32" => cepstrum(|c, x, out| c.power(x, out, &mut c.scratch())),
        "cepstrum_prewhitened_first32" => cepstrum(|c, x, out| c.prewhiten(x, out, &mut c.scratch())),
        "thd_5_harmonics_welchpeak" => features(&["total_harmonic_distortion__harmonics_5"], x, fs),
        "lombscargle_16_freqs" => {
            let times: Vec<f64> = (0..n).map(|i| i as f64 / fs).collect();
            let mean = x.iter().sum::<f64>() / n as f64;
            let centred: Vec<f64> = x.iter().map(|v| v - mean).collect();
            let step = (fs / 4.0 - fs / 40.0) / 15.0;
            let angular: Vec<f64> = (0..16).map(|i| TAU * (fs / 40.0 + step * f64::from(i))).collect();
            lomb_scargle(&times, &centred, &angular).unwrap()
        }
        "multitaper_NW4_K7_mean_first32" => {
            let params = Multitaper::params().detrend(Detrend::None).two_sided(true);
            first(params.spectrum(Signal::new(x, rate)).unwrap().into_values(), 32)
        }
        "goertzel_fs_over_8" => {
            let mut line = Goertzel::new(fs / 8.0, rate).unwrap();
            line.extend(x);
            vec![line.magnitude()]
        }
        // A third moment of the samples that stands among the spectra: mean x[i+2] x[i+1] x[i].
        "bicoherence_free_third_order_c3_lag1" => {
            vec![x.windows(3).map(|w| w[0] * w[1] * w[2]).sum::<f64>() / (n as f64 - 2.0)]
        }
        _ => return None,
    })
}

/// Ids whose reference value is rounding noise, found by the samples.
///
/// * Flatness of the periodogram: the reference takes the geometric mean over all bins above 0. Bin 0 holds the mean
///   after the mean was taken out: exactly 0 in exact arithmetic and here, 1e-36 or so in the reference unless the samples
///   happen to add up exactly, and its logarithm moves the geometric mean. Without bin 0 the reference gives the values of
///   `flatness_without_the_noise_of_bin_0` below.
/// * Bins without power (a constant; steps whose period divides the window): 0 in exact arithmetic, 1e-16 of the largest in
///   the reference, where a bin below 1e-12 of the largest magnitude (1e-24 of its power) is nothing else: the error of a
///   transform is 2^-52 √(log n) of its largest coefficient. Logarithms of such bins enter the cepstra and the flatness, the
///   pre-whitened cepstrum scales them to 1; when there is no other bin but the mean, all other shapes of the magnitude too.
pub fn exception(x: &[f64], id: &str) -> Option<&'static str> {
    match id.strip_prefix("spec/")? {
        "periodogram/flatness" => {
            let mean = x.iter().sum::<f64>() / x.len() as f64;
            let left: f64 = x.iter().map(|v| v - mean).sum();
            (left.abs() > 0.0).then_some("the reference counts the rounding noise of the detrended bin 0")
        }
        "real_cepstrum_first32" | "power_cepstrum_first32" if empty_bins(x).0 && !empty_bins(x).1 => {
            Some("logarithms of bins that are rounding noise")
        }
        "cepstrum_prewhitened_first32" if empty_bins(x).0 => Some("phases of bins that are rounding noise"),
        "magnitude_no_detrend/flatness" if empty_bins(x).0 => Some("logarithms of bins that are rounding noise"),
        "magnitude_no_detrend/spread"
        | "magnitude_no_detrend/rms_frequency"
        | "magnitude_no_detrend/skewness"
        | "magnitude_no_detrend/kurtosis"
        | "magnitude_no_detrend/decrease"
            if empty_bins(x).1 =>
        {
            Some("rounding noise in the empty bins of a constant")
        }
        _ => None,
    }
}

/// Whether some bins have less than 1e-12 of the largest magnitude, and whether all but bin 0 have.
fn empty_bins(x: &[f64]) -> (bool, bool) {
    let (boxcar, none) = (WindowFunction::Boxcar, Detrend::None);
    let plan = AmplitudeSpectrum::plan(x.len(), SampleRate::ONE_HZ, boxcar, none, Amplitude::Peak).unwrap();
    let bins = plan.spectrum(x).unwrap().into_values();
    let limit = 1e-12 * bins.iter().fold(0.0, |a: f64, b| a.max(*b));
    (bins.iter().any(|b| *b < limit), bins[1..].iter().all(|b| *b < limit))
}

/// Windows and Slepian sequences of the cases without a series.
pub fn cases(file: &Value, tally: &mut Tally) {
    let Some(design) = file["cases"].get("filter_design") else { return };
    let mut record = |name: &str, found: Vec<f64>, expected: &Value| {
        let id = format!("filter_design/{name}");
        tally.record("features/cases", &id, compare(&found, expected, 1e-9, 1e-12));
    };
    if let Some(windows) = design["windows_8_periodic"].as_object() {
        for (name, expected) in windows {
            let window = match name.as_str() {
                "hann" => WindowFunction::Hann,
                "hamming" => WindowFunction::Hamming,
                "blackman" => WindowFunction::Blackman,
                "flattop" => WindowFunction::FlatTop,
                "blackmanharris" => WindowFunction::BlackmanHarris,
                "nuttall" => WindowFunction::Nuttall,
                "bartlett" => WindowFunction::Bartlett,
                _ => continue,
            };
            record(&format!("windows_8_periodic/{name}"), window.coefficients(8).unwrap(), expected);
        }
    }
    let shaped = [
        ("kaiser8.6_8_periodic", WindowFunction::Kaiser(8.6).coefficients(8)),
        ("tukey0.25_8_periodic", WindowFunction::Tukey(0.25).coefficients(8)),
        ("dpss_8_2.5", slepian_window(8, 2.5)),
    ];
    for (name, found) in shaped {
        if let Some(expected) = design.get(name) {
            record(name, found.unwrap(), expected);
        }
    }
}

/// Compares one id of one series.
pub fn outcome(id: &str, x: &[f64], fs: f64, expected: &Value) -> Option<Outcome> {
    if let Some(why) = exception(x, id) {
        return Some(Outcome::Skipped(why.to_owned()));
    }
    check(id, x, fs).map(|found| compare(&found, expected, 1e-9, 1e-12))
}

#[test]
fn spectral_ids_match() {
    let mut tally = Tally::default();
    let mut failures = Vec::new();
    let mut count = 0;
    for path in super::json_files(&super::own_dir().join("features")) {
        let file = super::load(&path);
        cases(&file, &mut tally);
        let Some(expected) = file.get("expected").and_then(Value::as_object) else { continue };
        let (series, x) = (file["series"].as_str().unwrap(), super::numbers(&file["x"]));
        for (id, value) in expected.iter().filter(|(_, v)| v.get("error").is_none()) {
            if !id.starts_with("spec/") && !id.starts_with("tf/st") && !id.starts_with("tf/spectral_flux") {
                continue;
            }
            let outcome = outcome(id, &x, file["fs"].as_f64().unwrap(), value);
            count += 1;
            match outcome {
                Some(Outcome::Failed(why)) => failures.push(format!("{series} {id}: {why}")),
                None => failures.push(format!("{series} {id}: not computed")),
                _ => {}
            }
        }
    }
    failures.extend(tally.failures());
    assert!(count > 300, "{count}");
    assert!(failures.is_empty(), "{} differ:\n{}", failures.len(), failures.join("\n"));
}

/// `P = scipy.signal.periodogram(x, fs)[1][1:]; exp(mean(log(P))) / mean(P)`.
#[test]
fn flatness_without_the_noise_of_bin_0() {
    for (series, expected) in [
        ("bearing_outer_2048", 0.18435677266836023),
        ("sine_harmonics_1024", 0.0026979980396602764),
        ("ties_300", 0.614998932379501),
        ("white_noise_1000", 0.5400204845156694),
    ] {
        let file = super::load(&super::own_dir().join(format!("features/features_{series}.json")));
        let found = check("spec/periodogram/flatness", &super::numbers(&file["x"]), file["fs"].as_f64().unwrap());
        assert!(super::close(found.unwrap()[0], expected, 1e-9, 0.0), "{series}");
    }
}
