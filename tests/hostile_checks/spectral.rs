//! Hostile input to `signal::spectral` and to the spectral features.

use super::series;
use prognos::features::FeatureSet;
use prognos::signal::spectral::*;
use prognos::signal::{SampleRate, Signal};

fn rates() -> [SampleRate; 3] {
    [1.0, 1e-300, 1e300].map(|hz| SampleRate::hz(hz).unwrap())
}

fn windows() -> Vec<WindowFunction> {
    use WindowFunction::*;
    let plain = [Boxcar, Hann, Hamming, Blackman, BlackmanHarris, Nuttall, FlatTop, Bartlett, Triangle];
    let odd = [f64::NAN, f64::INFINITY, -1.0, 0.0, 1e-320, 0.5, 1.0, 699.0, 1e308];
    let shaped = odd.into_iter().flat_map(|v| [Tukey(v), Kaiser(v), Gaussian(v), Exponential(v)]);
    plain.into_iter().chain(shaped).collect()
}

/// Finite input of ordinary size has finite powers.
fn sound(x: &[f64]) -> bool {
    x.iter().all(|v| v.abs() < 1e100)
}

#[test]
fn windows_of_any_length_and_shape() {
    for w in windows() {
        for n in [0, 1, 2, 3, 4, 5, 64, usize::MAX] {
            for c in [w.coefficients(n), w.symmetric(n)].into_iter().flatten() {
                assert_eq!(c.len(), n);
                assert!(c.iter().all(|v| v.is_finite()), "{w:?} {n}: {c:?}");
                let _ = (WindowFunction::coherent_gain(&c), WindowFunction::noise_bandwidth(&c));
            }
        }
    }
    assert!(WindowFunction::coherent_gain(&[]).is_nan() && WindowFunction::noise_bandwidth(&[]).is_nan());
    for n in [0, 1, 2, 3, 9, usize::MAX] {
        for half in [f64::NAN, f64::INFINITY, -1.0, 0.0, 1e-9, 0.4, 1.4, 4.0, 1e300] {
            for count in [0, 1, 2, 3, 9, usize::MAX] {
                if let Ok(tapers) = dpss(n, half, count) {
                    assert!(tapers.iter().flatten().all(|v| v.is_finite()), "{n} {half} {count}");
                }
            }
            if let Ok(w) = slepian_window(n, half) {
                assert!(w.iter().all(|v| v.is_finite()), "{n} {half}");
            }
        }
    }
}

#[test]
fn spectra_of_any_signal() {
    let settings = [
        Welch::params(),
        Welch::params().segment(1),
        Welch::params().segment(7).overlap(6).detrend(Detrend::Linear).average(Average::Median),
        Welch::params().segment(64).fft_len(100).window(WindowFunction::Kaiser(38.0)).scaling(Scaling::Spectrum),
        Welch::params().segment(2).overlap(0).detrend(Detrend::None),
    ];
    for (name, x) in series() {
        let signal = Signal::new(&x, SampleRate::ONE_HZ);
        for params in settings {
            match params.spectrum(signal) {
                Ok(s) => {
                    assert_eq!(s.values().len(), s.frequencies().len());
                    if sound(&x) {
                        assert!(s.values().iter().all(|v| v.is_finite() && *v >= 0.0), "{name} {params:?}: {s:?}");
                    }
                    let _ = s.peak();
                }
                Err(e) => assert!(x.is_empty() || x.len() < 7, "{name} {params:?}: {e}"),
            }
            if let Ok(plan) = params.plan(signal.rate()) {
                let mut out = vec![0.0; plan.bins()];
                let _ = plan.process(&x, &mut out, &mut plan.scratch());
                let _ = plan.process(&x, &mut out[1..], &mut plan.scratch());
                let mut other = Welch::params().segment(3).plan(signal.rate()).unwrap().scratch();
                let _ = plan.process(&x, &mut out, &mut other);
                let _ = plan.cross_spectrum(&x, &x);
                let _ = plan.cross_spectrum(&x, &[]);
                if let Ok(c) = plan.coherence(&x, &x) {
                    assert!(c.values().iter().all(|v| v.is_nan() || (0.0..=1.0).contains(v)), "{name}");
                }
            }
            if let Ok(stft) = Stft::plan(params, signal.rate()) {
                let _ = (stft.spectrogram(&x), stft.magnitudes(&x), stft.flux(&x));
                let mut bins = vec![Complex64::default(); stft.bins()];
                for i in [0, 1, usize::MAX] {
                    let _ = stft.piece(&x, i, &mut bins, &mut stft.scratch());
                }
            }
        }
        for rate in rates() {
            let signal = Signal::new(&x, rate);
            let _ = Periodogram::params().detrend(Detrend::Linear).spectrum(signal);
            let _ = Multitaper::params().spectrum(signal);
            let _ = Multitaper::params().half_bandwidth(1.0).tapers(2).two_sided(true).spectrum(signal);
            for harmonics in [0, 5, usize::MAX] {
                if let Ok(q) = ToneQuality::measure(signal, harmonics) {
                    assert!(!q.fundamental_hz.is_nan() && !q.snr_db.is_nan(), "{name}: {q:?}");
                }
                let _ = total_harmonic_distortion(&x, harmonics);
            }
            for amplitude in [Amplitude::Peak, Amplitude::Rms] {
                if let Ok(plan) =
                    AmplitudeSpectrum::plan(x.len(), rate, WindowFunction::FlatTop, Detrend::Constant, amplitude)
                {
                    let _ = plan.spectrum(&x).unwrap();
                    assert!(plan.spectrum(&[]).is_err());
                }
            }
            for hz in [f64::NAN, -1.0, 0.0, 0.1, 0.5, 1e299, f64::INFINITY] {
                if let Ok(mut line) = Goertzel::new(hz, rate) {
                    assert!(line.amplitude().is_nan());
                    line.extend(&x);
                    let _ = (line.value(), line.magnitude(), line.amplitude(), line.count());
                    line.reset();
                    assert_eq!(line.magnitude(), 0.0);
                }
            }
        }
    }
}

#[test]
fn transforms_cepstra_and_uneven_times() {
    for (name, x) in series() {
        let n = x.len();
        if let Ok(fft) = RealFft::new(n) {
            let (mut bins, mut scratch, mut back) = (fft.zero_bins(), fft.scratch(), vec![0.0; n]);
            fft.forward(&x, &mut bins, &mut scratch).unwrap();
            fft.inverse(&bins, &mut back, &mut scratch).unwrap();
            if sound(&x) {
                let top = x.iter().fold(0.0_f64, |a, v| a.max(v.abs()));
                assert!(x.iter().zip(&back).all(|(a, b)| (a - b).abs() <= 1e-12 * top + 1e-300), "{name}");
            }
        }
        if let Ok(plan) = Cepstrum::new(n) {
            let (mut out, mut scratch) = (vec![0.0; n], plan.scratch());
            plan.real(&x, &mut out, &mut scratch).unwrap();
            assert!(out.iter().all(|v| v.is_finite() || v.is_nan() || *v == f64::NEG_INFINITY), "{name}");
            for (from, to) in [(0, 0), (1, 5), (5, 1), (0, usize::MAX), (usize::MAX, usize::MAX)] {
                let _ = peak_quefrency(&out, from, to);
            }
            plan.power(&x, &mut out, &mut scratch).unwrap();
            plan.prewhiten(&x, &mut out, &mut scratch).unwrap();
            if x.iter().all(|v| v.is_finite()) && sound(&x) {
                assert!(out.iter().all(|v| v.is_finite()), "{name}");
            }
            plan.lifter(&x, |q| if q < 4 { f64::INFINITY } else { f64::NAN }, &mut out, &mut scratch).unwrap();
            plan.lifter(&x, |q| f64::from(q < 4), &mut out, &mut scratch).unwrap();
            assert!(plan.real(&x, &mut out[..n - 1], &mut scratch).is_err());
        }
        let times: Vec<f64> = (0..n).map(|i| i as f64).collect();
        for (t, y) in [(&times, &x), (&x, &x), (&x, &times)] {
            if let Ok(p) = lomb_scargle(t, y, &[0.0, 1e-300, 0.3, std::f64::consts::PI, 1e300]) {
                assert!(!sound(t) || !sound(y) || p.iter().all(|p| p.is_finite()), "{name}: {p:?}");
            }
            if let Ok(p) = lomb_scargle_normalised(t, y, &[0.0, 0.1, 0.5]) {
                assert!(
                    !sound(t) || !sound(y) || p.iter().all(|p| p.is_nan() || (-1e-9..=1.0 + 1e-9).contains(p)),
                    "{name}: {p:?}"
                );
            }
            assert!(lomb_scargle(t, y, &[f64::NAN]).is_err());
        }
    }
    assert!(peak_quefrency(&[], 0, 5).is_err());
    for p in [f64::NAN, -1.0, 0.0, 0.5, 1.0, 2.0] {
        for n in [0, 3, 4, usize::MAX] {
            for m in [0, 1, usize::MAX] {
                let f = false_alarm_probability(p, n, m);
                assert!(f.is_nan() || (0.0..=1.0).contains(&f), "{p} {n} {m}: {f}");
            }
        }
    }
}

#[test]
fn spectral_features_of_any_window() {
    let mut names = Vec::new();
    for (word, piece) in [("magnitude", ""), ("periodogram", ""), ("welch", "__nperseg_32"), ("welch", "__nperseg_1")] {
        for name in [
            "centroid",
            "spread",
            "variance_frequency",
            "rms_frequency",
            "skewness",
            "kurtosis",
            "median_frequency",
            "entropy",
            "entropy_normalised",
            "flatness",
            "crest",
            "peak",
            "peak_frequency",
            "total_power",
            "slope",
            "decrease",
            "turning_points",
            "band_power__high_hz_0.3__low_hz_0.1",
            "band_share__high_hz_0.1__low_hz_0.3",
            "band_peak__high_hz_1e+12__low_hz_0.0",
            "equal_band_power__bands_8__index_0",
            "equal_band_power__bands_134217728__index_134217728",
            "octave_band_power__centre_hz_0.2__fraction_3",
        ] {
            names.push(format!("{word}_{name}{piece}"));
        }
        for q in ["0.0", "0.5", "1.0"] {
            names.push(format!("{word}_rolloff{piece}__q_{q}"));
            names.push(format!("{word}_bandwidth{piece}__q_{q}"));
        }
    }
    names.extend(
        [
            "total_harmonic_distortion__harmonics_5",
            "total_harmonic_distortion__harmonics_1000",
            "fundamental_frequency__share_0.3",
            "fundamental_frequency__share_0.0",
            "line_amplitude__hz_0.0",
            "line_amplitude__hz_0.25",
            "line_amplitude__hz_1000.0",
            "order_amplitude__order_2.0__shaft_hz_0.1",
            "cepstrum_peak__high_s_20.0__low_s_2.0",
            "cepstrum_peak__high_s_1.0__low_s_2.0",
            "cepstrum_peak_quefrency__high_s_1e+12__low_s_0.0",
            "real_cepstrum__index_0",
            "real_cepstrum__index_134217728",
            "tone_frequency",
            "tone_amplitude",
            "tone_snr__harmonics_5",
            "tone_sinad__harmonics_1000",
            "tone_sfdr__harmonics_1",
            "tone_thd__harmonics_2",
            "spectral_flux__hop_8__nperseg_16",
            "spectral_flux__hop_9__nperseg_8",
            "spectral_flux__hop_1__nperseg_134217728",
        ]
        .map(str::to_owned),
    );
    let set = FeatureSet::from_names(&names).unwrap();
    for (name, x) in series().into_iter().filter(|(_, x)| !x.is_empty()) {
        for rate in rates() {
            let mut row = vec![0.0; set.len()];
            set.extractor(x.len(), rate).unwrap().extract_into(&x, &mut row).unwrap();
            assert!(row.iter().all(|v| v.is_finite() || v.is_nan()), "{name}");
            if name.starts_with("wave") && x.len() >= 64 && rate == SampleRate::ONE_HZ {
                for (feature, v) in set.names().iter().zip(&row).filter(|(_, v)| v.is_nan()) {
                    // What is undefined by its own parameters, or for a spectrum of one bin that is always 0.
                    let hopeless = ["nperseg_1", "134217728", "hz_1000.0", "hop_9", "__high_s_1.0__low_s_2.0"];
                    assert!(hopeless.iter().any(|h| feature.contains(h)), "{name} {feature}: {v}");
                }
            }
        }
    }
}
