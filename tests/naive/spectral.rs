//! Naive twins of the spectral kernels: the sums of the definitions, term by term.

use prognos::features::FeatureSet;
use prognos::signal::spectral::{
    Amplitude, AmplitudeSpectrum, Average, Cepstrum, Complex64, Detrend, Goertzel, Multitaper, RealFft, Scaling, Stft,
    ToneQuality, Welch, WindowFunction, dpss, lomb_scargle,
};
use prognos::signal::{SampleRate, Signal};
use std::f64::consts::TAU;

fn wave(n: usize) -> Vec<f64> {
    (0..n).map(|i| i as f64).map(|i| 3.0 + (0.37 * i).sin() + 0.4 * (1.7 * i).cos() + (0.011 * i * i).sin()).collect()
}

/// `sum x_n exp(-2 pi i k n / N)`, the angle reduced in whole numbers.
fn dft(x: &[f64], len: usize) -> Vec<Complex64> {
    (0..len / 2 + 1)
        .map(|k| {
            let term = |(i, v): (usize, &f64)| Complex64::from_polar(*v, -TAU * ((k * i) % len) as f64 / len as f64);
            x.iter().enumerate().map(term).sum()
        })
        .collect()
}

fn detrended(x: &[f64], detrend: Detrend) -> Vec<f64> {
    let n = x.len() as f64;
    let mean = x.iter().sum::<f64>() / n;
    let centre = (n - 1.0) / 2.0;
    let rise: f64 = x.iter().enumerate().map(|(i, v)| (i as f64 - centre) * (v - mean)).sum();
    let run: f64 = (0..x.len()).map(|i| (i as f64 - centre).powi(2)).sum();
    let line = |i: usize| match detrend {
        Detrend::None => 0.0,
        Detrend::Linear if x.len() > 1 => mean + rise / run * (i as f64 - centre),
        _ => mean,
    };
    x.iter().enumerate().map(|(i, v)| v - line(i)).collect()
}

struct Setting {
    segment: usize,
    hop: usize,
    fft_len: usize,
    window: WindowFunction,
    detrend: Detrend,
    scaling: Scaling,
    average: Average,
}

fn welch(x: &[f64], fs: f64, s: &Setting) -> Vec<f64> {
    let w = s.window.coefficients(s.segment).unwrap();
    let unit = match s.scaling {
        Scaling::Density => fs * w.iter().map(|w| w * w).sum::<f64>(),
        _ => w.iter().sum::<f64>().powi(2),
    };
    let mut rows: Vec<Vec<f64>> = Vec::new();
    let mut start = 0;
    while start + s.segment <= x.len() {
        let piece = detrended(&x[start..start + s.segment], s.detrend);
        let tapered: Vec<f64> = piece.iter().zip(&w).map(|(x, w)| x * w).collect();
        rows.push(dft(&tapered, s.fft_len).iter().map(|z| z.norm_sqr() / unit).collect());
        start += s.hop;
    }
    (0..s.fft_len / 2 + 1)
        .map(|k| {
            let sides = if k == 0 || 2 * k == s.fft_len { 1.0 } else { 2.0 };
            let mut column: Vec<f64> = rows.iter().map(|r| r[k]).collect();
            let m = column.len();
            sides
                * match s.average {
                    Average::Median => {
                        column.sort_by(f64::total_cmp);
                        let bias = 1.0
                            + (1..=(m - 1) / 2).map(|i| 1.0 / (2 * i + 1) as f64 - 1.0 / (2 * i) as f64).sum::<f64>();
                        0.5 * (column[m / 2] + column[(m - 1) / 2]) / bias
                    }
                    _ => column.iter().sum::<f64>() / m as f64,
                }
        })
        .collect()
}

/// Equal to `rel` of the largest value: a sum of `n` terms of that size has no more digits.
fn near(what: &str, found: &[f64], expected: &[f64], rel: f64) {
    assert_eq!(found.len(), expected.len(), "{what}");
    let top = expected.iter().fold(0.0_f64, |a, e| a.max(e.abs()));
    for (i, (f, e)) in found.iter().zip(expected).enumerate() {
        assert!((f - e).abs() <= rel * top, "{what}, {i}: {f} is not {e}");
    }
}

#[test]
fn the_transform() {
    for n in [1, 2, 3, 5, 8, 30, 97, 128, 243] {
        let x = wave(n);
        let fft = RealFft::new(n).unwrap();
        let mut bins = fft.zero_bins();
        fft.forward(&x, &mut bins, &mut fft.scratch()).unwrap();
        let expected = dft(&x, n);
        near(
            "re",
            &bins.iter().map(|z| z.re).collect::<Vec<_>>(),
            &expected.iter().map(|z| z.re).collect::<Vec<_>>(),
            1e-12,
        );
        let top = expected.iter().map(|z| z.norm()).fold(0.0, f64::max);
        assert!(bins.iter().zip(&expected).all(|(a, b)| (a - b).norm() <= 1e-12 * top), "{n}");
    }
}

#[test]
fn welch_in_every_setting() {
    let x = wave(601);
    let rate = SampleRate::hz(50.0).unwrap();
    for (segment, hop, fft_len) in
        [(64, 32, 64), (63, 21, 63), (64, 64, 100), (50, 7, 51), (1, 1, 1), (2, 1, 4), (601, 1, 601), (300, 150, 512)]
    {
        for window in [WindowFunction::Hann, WindowFunction::Tukey(0.3)] {
            // Two points of a Hann window are (0, 1): the line through two points leaves rounding errors only.
            for detrend in [Detrend::None, Detrend::Constant, Detrend::Linear] {
                for (scaling, average) in [(Scaling::Density, Average::Mean), (Scaling::Spectrum, Average::Median)] {
                    if segment < 3 && detrend != Detrend::None {
                        continue;
                    }
                    let s = Setting { segment, hop, fft_len, window, detrend, scaling, average };
                    let params =
                        Welch::params().segment(segment).overlap(segment - hop).fft_len(fft_len).window(window);
                    let params = params.detrend(detrend).scaling(scaling).average(average);
                    let found = params.plan(rate).unwrap().spectrum(&x).unwrap();
                    near(&format!("{params:?}"), found.values(), &welch(&x, 50.0, &s), 1e-12);
                }
            }
        }
    }
}

#[test]
fn multitaper_amplitude_stft() {
    let x = wave(120);
    let rate = SampleRate::hz(10.0).unwrap();
    let tapers = dpss(120, 3.0, 4).unwrap();
    let centred = detrended(&x, Detrend::Constant);
    let powers: Vec<Vec<Complex64>> =
        tapers.iter().map(|t| dft(&t.iter().zip(&centred).map(|(t, x)| t * x).collect::<Vec<_>>(), 120)).collect();
    let expected: Vec<f64> = (0..61)
        .map(|k| {
            let sides = if k == 0 || k == 60 { 1.0 } else { 2.0 };
            sides * powers.iter().map(|p| p[k].norm_sqr()).sum::<f64>() / 40.0
        })
        .collect();
    for count in [4, 3] {
        let params = Multitaper::params().half_bandwidth(3.0).tapers(count);
        let found = params.spectrum(Signal::new(&x, rate)).unwrap();
        if count == 4 {
            near("multitaper", found.values(), &expected, 1e-12);
        } else {
            assert!(found.values().iter().zip(&expected).any(|(a, b)| (a - b).abs() > 1e-3 * b));
        }
    }
    let w = WindowFunction::Hamming.coefficients(120).unwrap();
    let plan = AmplitudeSpectrum::plan(120, rate, WindowFunction::Hamming, Detrend::None, Amplitude::Rms).unwrap();
    let sum: f64 = w.iter().sum();
    let expected: Vec<f64> = dft(&w.iter().zip(&x).map(|(w, x)| w * x).collect::<Vec<_>>(), 120)
        .iter()
        .enumerate()
        .map(|(k, z)| z.norm() / sum * if k == 0 || k == 60 { 1.0 } else { 2.0_f64.sqrt() })
        .collect();
    near("amplitude", plan.spectrum(&x).unwrap().values(), &expected, 1e-12);
    let stft = Stft::plan(Welch::params().segment(32).overlap(22).detrend(Detrend::None), rate).unwrap();
    let hann = WindowFunction::Hann.coefficients(32).unwrap();
    let rows: Vec<Vec<f64>> = (0..9)
        .map(|i| dft(&hann.iter().zip(&x[10 * i..]).map(|(w, x)| w * x).collect::<Vec<_>>(), 32))
        .map(|z| z.iter().map(|z| z.norm()).collect())
        .collect();
    let flux: f64 =
        rows.windows(2).map(|p| p[0].iter().zip(&p[1]).map(|(a, b)| (a - b).powi(2)).sum::<f64>().sqrt()).sum::<f64>()
            / 8.0;
    near("flux", &[stft.flux(&x).unwrap()], &[flux], 1e-12);
    near("magnitudes", stft.magnitudes(&x).unwrap().as_slice().unwrap(), &rows.concat(), 1e-12);
}

#[test]
fn goertzel_at_any_frequency() {
    let x = wave(500);
    for cycles in [0.0, 1e-6, 0.0123, 0.125, 0.2499, 0.25, 0.2501, 0.4, 0.499_999, 0.5] {
        let mut line = Goertzel::new(cycles, SampleRate::ONE_HZ).unwrap();
        line.extend(&x);
        let term = |(i, v): (usize, &f64)| {
            let turns = cycles * i as f64;
            Complex64::from_polar(*v, -TAU * (turns - turns.floor()))
        };
        let expected: Complex64 = x.iter().enumerate().map(term).sum();
        // Relative to sum |x|: what the terms cancel, no method keeps.
        let scale: f64 = x.iter().map(|v| v.abs()).sum();
        assert!((line.value() - expected).norm() < 1e-12 * scale, "{cycles}: {} {expected}", line.value());
    }
}

#[test]
fn cepstrum_and_lomb_scargle() {
    let x = wave(60);
    let plan = Cepstrum::new(60).unwrap();
    let logs: Vec<f64> = dft(&x, 60).iter().map(|z| z.norm().ln()).collect();
    let expected: Vec<f64> = (0..60)
        .map(|q| {
            let term = |k: usize| logs[k] * (TAU * ((k * q) % 60) as f64 / 60.0).cos();
            (term(0) + term(30) + 2.0 * (1..30).map(term).sum::<f64>()) / 60.0
        })
        .collect();
    let mut found = vec![0.0; 60];
    plan.real(&x, &mut found, &mut plan.scratch()).unwrap();
    near("cepstrum", &found, &expected, 1e-12);
    plan.lifter(&x, |_| 1.0, &mut found, &mut plan.scratch()).unwrap();
    near("lifter that keeps all", &found, &x, 1e-12);

    let times: Vec<f64> = (0..60).map(|i| f64::from(i) + 0.3 * (f64::from(i) * 1.3).sin()).collect();
    let angular = [0.1, 0.5, 1.1, 2.0];
    let expected: Vec<f64> = angular
        .iter()
        .map(|w| {
            let sum = |f: &dyn Fn(f64, f64) -> f64| times.iter().zip(&x).map(|(t, y)| f(*t, *y)).sum::<f64>();
            let tau = sum(&|t, _| (2.0 * w * t).sin()).atan2(sum(&|t, _| (2.0 * w * t).cos())) / (2.0 * w);
            let c = sum(&|t, y| y * (w * (t - tau)).cos()).powi(2) / sum(&|t, _| (w * (t - tau)).cos().powi(2));
            let s = sum(&|t, y| y * (w * (t - tau)).sin()).powi(2) / sum(&|t, _| (w * (t - tau)).sin().powi(2));
            0.5 * (c + s)
        })
        .collect();
    near("Lomb-Scargle", &lomb_scargle(&times, &x, &angular).unwrap(), &expected, 1e-12);
}

/// Every scalar of a spectrum by its definition, from the plain transform.
#[test]
fn features_of_the_three_spectra() {
    for n in [64, 75, 200] {
        let x = wave(n);
        let fs = 20.0;
        let raw = dft(&x, n);
        let piece = 32;
        let setting = Setting {
            segment: piece,
            hop: piece / 2,
            fft_len: piece,
            window: WindowFunction::Hann,
            detrend: Detrend::Constant,
            scaling: Scaling::Density,
            average: Average::Mean,
        };
        let mut power: Vec<f64> = raw.iter().map(|z| 2.0 * z.norm_sqr() / (fs * n as f64)).collect();
        power[0] = 0.0;
        if n % 2 == 0 {
            *power.last_mut().unwrap() *= 0.5;
        }
        let spectra = [
            ("magnitude", String::new(), raw.iter().map(|z| z.norm()).collect::<Vec<_>>(), fs / n as f64),
            ("periodogram", String::new(), power, fs / n as f64),
            ("welch", format!("__nperseg_{piece}"), welch(&x, fs, &setting), fs / piece as f64),
        ];
        for (word, suffix, p, step) in spectra {
            let k = p.len() as f64;
            let f: Vec<f64> = (0..p.len()).map(|k| k as f64 * step).collect();
            let sum: f64 = p.iter().sum();
            let mean = |g: &dyn Fn(f64) -> f64| f.iter().zip(&p).map(|(f, p)| g(*f) * p).sum::<f64>() / sum;
            let c = mean(&|f| f);
            let spread = mean(&|f| (f - c).powi(2)).sqrt();
            let reach = |q: f64| {
                let mut running = 0.0;
                let place = p.iter().position(|p| {
                    running += p;
                    running / sum >= q
                });
                f[place.unwrap()]
            };
            let some: Vec<f64> = p.iter().copied().filter(|p| *p > 0.0).collect();
            let entropy = -some.iter().map(|p| p / sum * (p / sum).ln()).sum::<f64>();
            let logs = some.iter().map(|p| p.ln()).sum::<f64>() / some.len() as f64;
            let top = p.iter().copied().fold(0.0, f64::max);
            let in_band =
                |low: f64, high: f64| f.iter().zip(&p).filter(move |(f, _)| **f >= low && **f < high).map(|(_, p)| *p);
            let octave = (2.5 * 10.0_f64.powf(-0.3 / 2.0), 2.5 * 10.0_f64.powf(0.3 / 2.0));
            let fm = f.iter().sum::<f64>() / k;
            let slope = f.iter().zip(&p).map(|(f, p)| (f - fm) * p).sum::<f64>()
                / f.iter().map(|f| (f - fm).powi(2)).sum::<f64>();
            let expected = [
                ("centroid", c),
                ("spread", spread),
                ("variance_frequency", spread * spread),
                ("rms_frequency", mean(&|f| f * f).sqrt()),
                ("skewness", mean(&|f| (f - c).powi(3)) / spread.powi(3)),
                ("kurtosis", mean(&|f| (f - c).powi(4)) / spread.powi(4)),
                ("median_frequency", reach(0.5)),
                ("rolloff__q_0.05", reach(0.05)),
                ("rolloff__q_0.85", reach(0.85)),
                ("bandwidth__q_0.9", reach(0.95) - reach(0.05)),
                ("entropy", entropy),
                ("entropy_normalised", entropy / k.ln()),
                ("flatness", logs.exp() / (some.iter().sum::<f64>() / some.len() as f64)),
                ("crest", top / (sum / k)),
                ("peak", top),
                ("peak_frequency", f[p.iter().position(|p| *p == top).unwrap()]),
                ("total_power", p.windows(2).map(|w| 0.5 * (w[0] + w[1]) * step).sum()),
                ("slope", slope),
                ("decrease", (1..p.len()).map(|k| (p[k] - p[0]) / k as f64).sum::<f64>() / p[1..].iter().sum::<f64>()),
                ("turning_points", p.windows(3).filter(|w| w[1] > w[0] && w[1] > w[2]).count() as f64),
                ("band_power__high_hz_4.1__low_hz_1.3", in_band(1.3, 4.1).sum::<f64>() * step),
                ("band_share__high_hz_4.1__low_hz_1.3", in_band(1.3, 4.1).sum::<f64>() / sum),
                ("band_peak__high_hz_4.1__low_hz_1.3", in_band(1.3, 4.1).fold(0.0, f64::max)),
                ("octave_band_power__centre_hz_2.5__fraction_1", in_band(octave.0, octave.1).sum::<f64>() * step),
            ];
            for (name, expected) in expected {
                // Parameters stand in the order of the alphabet: nperseg after the bands, before q.
                let name = match name.split_once("__q_") {
                    Some((head, q)) => format!("{word}_{head}{suffix}__q_{q}"),
                    None => format!("{word}_{name}{suffix}"),
                };
                let set = FeatureSet::from_names([&name]).unwrap();
                assert_eq!(set.names()[0], name);
                let mut found = [0.0];
                set.extractor(n, SampleRate::hz(fs).unwrap()).unwrap().extract_into(&x, &mut found).unwrap();
                // 1e-11: the naive transform itself is good to 1e-12 of its largest bin, and the smallest are logged.
                assert!(
                    (found[0] - expected).abs() <= 1e-11 * expected.abs() + 1e-13 * top,
                    "{n} {name}: {} is not {expected}",
                    found[0]
                );
            }
        }
    }
}

#[test]
fn features_of_lines() {
    for n in [64, 75] {
        let x = wave(n);
        let fs = 20.0;
        let rate = SampleRate::hz(fs).unwrap();
        let hann = WindowFunction::Hann.coefficients(n).unwrap();
        let tapered: Vec<f64> = detrended(&x, Detrend::Constant).iter().zip(&hann).map(|(x, w)| x * w).collect();
        let a: Vec<f64> = dft(&tapered, n).iter().map(|z| z.norm()).collect();
        let k = (1..a.len()).reduce(|i, j| if a[j] > a[i] { j } else { i }).unwrap();
        let thd = (2..=6).filter(|h| h * k < a.len()).map(|h| a[h * k] * a[h * k]).sum::<f64>().sqrt() / a[k];
        let plan = Cepstrum::new(n).unwrap();
        let mut cepstrum = vec![0.0; n];
        plan.real(&x, &mut cepstrum, &mut plan.scratch()).unwrap();
        let q = (10..=30).reduce(|i, j| if cepstrum[j] > cepstrum[i] { j } else { i }).unwrap();
        let m: Vec<f64> = dft(&x, n).iter().map(|z| z.norm()).collect();
        let limit = 0.3 * m[1..].iter().fold(0.0_f64, |a, b| a.max(*b));
        let peak = (1..m.len() - 1).find(|&k| m[k] >= limit && m[k] > m[k + 1] && (k == 1 || m[k] > m[k - 1])).unwrap();
        let at = |hz: f64| {
            let term = |(i, v): (usize, &f64)| Complex64::from_polar(*v, -TAU * hz / fs * i as f64);
            2.0 * x.iter().enumerate().map(term).sum::<Complex64>().norm() / n as f64
        };
        let flux =
            Stft::plan(Welch::params().segment(16).overlap(8).detrend(Detrend::None), rate).unwrap().flux(&x).unwrap();
        let expected = [
            ("total_harmonic_distortion__harmonics_5", thd),
            ("cepstrum_peak__high_s_1.5__low_s_0.5", cepstrum[q]),
            ("cepstrum_peak_quefrency__high_s_1.5__low_s_0.5", q as f64 / fs),
            ("real_cepstrum__index_3", cepstrum[3]),
            ("fundamental_frequency__share_0.3", peak as f64 * fs / n as f64),
            ("line_amplitude__hz_1.7", at(1.7)),
            ("order_amplitude__order_2.0__shaft_hz_1.1", at(2.2)),
            ("spectral_flux__hop_8__nperseg_16", flux),
        ];
        let set = FeatureSet::from_names(expected.map(|e| e.0)).unwrap();
        let mut found = vec![0.0; expected.len()];
        set.extractor(n, rate).unwrap().extract_into(&x, &mut found).unwrap();
        for ((name, e), f) in expected.iter().zip(&found) {
            assert!((f - e).abs() <= 1e-11 * e.abs(), "{n} {name}: {f} is not {e}");
        }
    }
}

/// The features of a tone are the measurement of the tone, and a known mixture has known ratios.
#[test]
fn features_of_a_tone() {
    let rate = SampleRate::hz(1000.0).unwrap();
    let x: Vec<f64> = (0..4096)
        .map(|i| TAU * 0.0513 * f64::from(i))
        .map(|p| 1.0 + 2.0 * p.sin() + 0.02 * (2.0 * p).sin() + 0.2 * (3.7 * p).cos())
        .collect();
    let set = FeatureSet::from_names([
        "tone_frequency",
        "tone_amplitude",
        "tone_thd__harmonics_5",
        "tone_sfdr__harmonics_5",
        "tone_snr__harmonics_5",
        "tone_sinad__harmonics_5",
        "tone_thd__harmonics_1",
    ])
    .unwrap();
    let mut found = vec![0.0; set.len()];
    set.extractor(x.len(), rate).unwrap().extract_into(&x, &mut found).unwrap();
    for (f, e) in found.iter().zip([51.3, 2.0, -40.0, 20.0, 20.0, 10.0 * (1.0 / (0.01 + 0.0001_f64)).log10(), -40.0]) {
        assert!((f - e).abs() < 0.01, "{found:?}");
    }
    let q = ToneQuality::measure(Signal::new(&x, rate), 5).unwrap();
    assert_eq!(found[2..6], [q.thd_db, q.sfdr_db, q.snr_db, q.sinad_db]);
}
