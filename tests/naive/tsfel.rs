//! Naive twins of TSFEL's kernels: each written as its definition reads, in the order in which one would say it.

use prognos::features::FeatureSet;
use prognos::signal::SampleRate;
use std::collections::HashSet;
use std::f64::consts::{PI, TAU};

const RATE: f64 = 50.0;

fn features(names: &[String], x: &[f64]) -> Vec<f64> {
    let set = FeatureSet::from_names(names).unwrap();
    let mut row = vec![0.0; names.len()];
    set.extractor(x.len(), SampleRate::hz(RATE).unwrap()).unwrap().extract_into(x, &mut row).unwrap();
    row
}

fn check(name: &str, x: &[f64], expected: f64, tolerance: f64) {
    let found = features(&[name.to_owned()], x)[0];
    let near =
        (found - expected).abs() <= tolerance * expected.abs().max(1.0) || (found.is_nan() && !expected.is_finite());
    assert!(near, "{name} of {} samples: {found:e}, the twin says {expected:e}", x.len());
}

/// Waves, noise that is none, whole numbers, a spike; lengths around the lanes and the limits.
fn windows(lengths: &[i32]) -> Vec<Vec<f64>> {
    let mut all = Vec::new();
    for &n in lengths {
        all.push((0..n).map(|i| (f64::from(i) * 0.37).sin() + 0.3 * (f64::from(i * i) * 1.9).cos() + 0.1).collect());
        all.push((0..n).map(|i| f64::from((i * i * 7 + i / 3) % 11) - 4.0).collect());
        all.push((0..n).map(|i| if i == n / 2 { -6.0 } else { (f64::from(i) * 2.1).sin() * 0.01 - 7.0 }).collect());
    }
    all
}

fn mean(x: &[f64]) -> f64 {
    x.iter().sum::<f64>() / x.len() as f64
}

fn variance(x: &[f64]) -> f64 {
    let m = mean(x);
    x.iter().map(|v| (v - m) * (v - m)).sum::<f64>() / x.len() as f64
}

/// Real and imaginary part of bins 0 to n/2.
fn dft(x: &[f64]) -> Vec<(f64, f64)> {
    let n = x.len();
    let angle = |k: usize, i: usize| TAU * ((k * i) % n) as f64 / n as f64;
    let bin = |k: usize| {
        let sum = |part: fn(f64) -> f64| x.iter().enumerate().map(|(i, v)| v * part(angle(k, i))).sum::<f64>();
        (sum(f64::cos), -sum(f64::sin))
    };
    (0..=n / 2).map(bin).collect()
}

fn line(points: &[(f64, f64)]) -> (f64, f64) {
    let n = points.len() as f64;
    let (mx, my) = (points.iter().map(|p| p.0).sum::<f64>() / n, points.iter().map(|p| p.1).sum::<f64>() / n);
    let slope = points.iter().map(|p| (p.0 - mx) * (p.1 - my)).sum::<f64>()
        / points.iter().map(|p| (p.0 - mx).powi(2)).sum::<f64>();
    (slope, my - slope * mx)
}

/// Convolve, take the difference, cut out the middle: as PyWavelets says it.
fn cwt(x: &[f64], width: usize) -> Vec<f64> {
    let spacing = 16.0 / 4095.0;
    let at = |i: usize| if i == 4095 { 8.0 } else { i as f64 * spacing - 8.0 };
    let step = at(1) - at(0);
    let mut sum = 0.0;
    let integral: Vec<f64> = (0..4096)
        .map(|i| {
            let t = at(i);
            sum += (1.0 - t * t) * (-t * t / 2.0).exp() * 2.0 / (3.0_f64.sqrt() * PI.powf(0.25));
            sum * step
        })
        .collect();
    let kernel: Vec<f64> = (0..=16 * width)
        .map(|i| (i as f64 / (width as f64 * step)) as usize)
        .filter(|&j| j < 4096)
        .map(|j| integral[j])
        .rev()
        .collect();
    let mut full = vec![0.0; x.len() + kernel.len() - 1];
    for (i, v) in x.iter().enumerate() {
        for (j, k) in kernel.iter().enumerate() {
            full[i + j] += v * k;
        }
    }
    let differences: Vec<f64> = full.windows(2).map(|p| -(width as f64).sqrt() * (p[1] - p[0])).collect();
    let spare = differences.len() - x.len();
    differences[spare / 2..spare / 2 + x.len()].to_vec()
}

#[test]
fn wavelets() {
    for x in windows(&[1, 2, 5, 16, 40, 143, 144, 300]) {
        let n = x.len() as f64;
        let scale = x.iter().fold(1.0, |a: f64, v| a.max(v.abs()));
        for width in [1, 2, 3, 8, 9, 10, 25] {
            let c = cwt(&x, width);
            let name = |what: &str| format!("tsfel_wavelet_{what}__width_{width}");
            check(&name("absolute_mean"), &x, mean(&c).abs(), 1e-13 * scale);
            check(&name("variance"), &x, variance(&c), 1e-12 * scale * scale);
            check(&name("standard_deviation"), &x, variance(&c).sqrt(), 1e-12 * scale);
            check(&name("energy"), &x, (c.iter().map(|v| v * v).sum::<f64>() / n).sqrt(), 1e-12 * scale);
        }
        let sums: Vec<f64> = (1..10).map(|w| cwt(&x, w).iter().map(|v| v.abs()).sum()).collect();
        let total: f64 = sums.iter().sum();
        let entropy = -sums.iter().map(|s| s / total * (s / total).ln()).sum::<f64>();
        check("tsfel_wavelet_entropy", &x, if x.iter().sum::<f64>() == 0.0 { 0.0 } else { entropy }, 1e-12);
    }
}

/// The wavelet of a window with a large offset is that of the window, and of the offset at the ends.
#[test]
fn wavelets_of_an_offset() {
    let x: Vec<f64> = (0..400).map(|i| (f64::from(i) * 0.37).sin() / 64.0).collect();
    let with: Vec<f64> = x.iter().map(|v| v + 4096.0).collect();
    let (plain, ends) = (cwt(&x, 4), cwt(&vec![4096.0; 400], 4));
    let sum: Vec<f64> = plain.iter().zip(&ends).map(|(a, b)| a + b).collect();
    check("tsfel_wavelet_absolute_mean__width_4", &with, mean(&sum).abs(), 1e-11);
    check("tsfel_wavelet_energy__width_4", &with, (sum.iter().map(|v| v * v).sum::<f64>() / 400.0).sqrt(), 1e-11);
}

#[test]
fn numbers_of_the_magnitude() {
    for x in windows(&[1, 2, 3, 6, 9, 16, 31, 64, 101]) {
        let n = x.len();
        let p: Vec<f64> = dft(&x).into_iter().map(|(re, im)| re.hypot(im)).collect();
        let f: Vec<f64> = (0..p.len()).map(|k| k as f64 * RATE / n as f64).collect();
        let sum: f64 = p.iter().sum();
        let share: Vec<f64> = p.iter().map(|v| v / sum).collect();
        let centre: f64 = f.iter().zip(&share).map(|(f, p)| f * p).sum();
        let moment = |k: i32| f.iter().zip(&share).map(|(f, p)| (f - centre).powi(k) * p).sum::<f64>();
        let spread = moment(2).sqrt();
        check("tsfel_spectral_centroid", &x, centre, 1e-12);
        check("tsfel_spectral_spread", &x, spread, 1e-12);
        let or_0 = |v: f64| if spread == 0.0 { 0.0 } else { v };
        check("tsfel_spectral_skewness", &x, or_0(moment(3) / spread.powi(3)), 1e-9);
        check("tsfel_spectral_kurtosis", &x, or_0(moment(4) / spread.powi(4)), 1e-9);
        let rest: f64 = p[1..].iter().sum();
        let falls: f64 = (1..p.len()).map(|k| (p[k] - p[0]) / k as f64).sum();
        check("tsfel_spectral_decrease", &x, if p.len() > 1 { falls / rest } else { 0.0 }, 1e-12);
        let running: Vec<f64> = (0..p.len()).map(|k| p[..=k].iter().sum()).collect();
        let chord = |k: usize| if p.len() > 1 { k as f64 / (p.len() - 1) as f64 * running[p.len() - 1] } else { 0.0 };
        check("tsfel_spectral_distance", &x, (0..p.len()).map(|k| chord(k) - running[k]).sum(), 1e-11);
        let points: Vec<(f64, f64)> = f.iter().copied().zip(share).collect();
        check("tsfel_spectral_slope", &x, if p.len() > 1 { line(&points).0 } else { 0.0 }, 1e-12);
        let squares = |p: &[f64]| p.iter().map(|v| v * v).sum::<f64>();
        if p.len() > 1 {
            let (below, above) = (&p[..p.len() - 1], &p[1..]);
            let products: f64 = below.iter().zip(above).map(|(a, b)| a * b).sum();
            check("tsfel_spectral_variation", &x, 1.0 - products / (squares(below) * squares(above)).sqrt(), 1e-9);
        }
        let nearest = |hz: f64| {
            let mut best = 0;
            for k in 0..p.len() {
                if (hz - f[k]).abs() < (hz - f[best]).abs() {
                    best = k;
                }
            }
            best
        };
        let band = &p[nearest(0.6)..nearest(2.5).max(nearest(0.6))];
        check("tsfel_human_range_energy", &x, squares(band) / squares(&p), 1e-12);
    }
}

#[test]
fn spectral_entropy() {
    for x in windows(&[12, 31, 64, 101]) {
        let m = mean(&x);
        let centred: Vec<f64> = x.iter().map(|v| v - m).collect();
        let power: Vec<f64> = dft(&centred).into_iter().skip(1).map(|(re, im)| re * re + im * im).collect();
        let total: f64 = power.iter().sum();
        let sum = -power.iter().map(|p| p / total * (p / total).ln()).sum::<f64>();
        // Bin 0 counts as one of the bins when rounding leaves anything of the mean.
        let found = features(&["tsfel_spectral_entropy".to_owned()], &x)[0];
        let k = power.len() as f64;
        assert!([k, k + 1.0].iter().any(|k| (found - sum / k.ln()).abs() < 1e-9), "{found} {sum} {k}");
    }
}

#[test]
fn spectrograms() {
    for x in windows(&[2, 3, 10, 61, 62, 200]) {
        let bins = 32.min(x.len() / 2 + 1);
        let piece = 2 * bins - 2;
        let hop = piece - piece / 8;
        // Tukey's window with a share of 1/4, periodic: the symmetric one of one sample more, cut off.
        let taper = 0.25 * piece as f64 / 2.0;
        let window: Vec<f64> = (0..piece)
            .map(|i| {
                let from_end = (i as f64).min(piece as f64 - i as f64);
                if from_end < taper { 0.5 * (1.0 + (PI * (from_end / taper - 1.0)).cos()) } else { 1.0 }
            })
            .collect();
        let norm = RATE * window.iter().map(|w| w * w).sum::<f64>();
        let mut mean_power = vec![0.0; bins];
        let starts: Vec<usize> = (0..).map(|i| i * hop).take_while(|s| s + piece <= x.len()).collect();
        for &s in &starts {
            let cut = &x[s..s + piece];
            let m = mean(cut);
            let windowed: Vec<f64> = cut.iter().zip(&window).map(|(v, w)| (v - m) * w).collect();
            for (k, (re, im)) in dft(&windowed).into_iter().enumerate() {
                let sides = if k == 0 || k == bins - 1 { 1.0 } else { 2.0 };
                mean_power[k] += sides * (re * re + im * im) / norm / starts.len() as f64;
            }
        }
        for bin in 0..33 {
            let expected = mean_power.get(bin).copied().unwrap_or(f64::NAN);
            check(&format!("tsfel_spectrogram_mean__bin_{bin}"), &x, expected, 1e-12);
        }
    }
}

#[test]
fn mel_cepstra() {
    for x in windows(&[1, 2, 40, 512, 700]) {
        for (nfft, count) in [(512, 12), (64, 12), (100, 5)] {
            let mut y = vec![0.0; nfft];
            for i in 0..nfft.min(x.len()) {
                y[i] = if i == 0 { x[0] } else { x[i] - 0.97 * x[i - 1] };
            }
            let power: Vec<f64> = dft(&y).iter().map(|(re, im)| (re * re + im * im) / nfft as f64).collect();
            let top = 2595.0 * (1.0 + RATE / 2.0 / 700.0).log10();
            let hz: Vec<f64> =
                (0..42).map(|i| 700.0 * (10.0_f64.powf(f64::from(i) * top / 41.0 / 2595.0) - 1.0)).collect();
            let corner: Vec<f64> = hz.iter().map(|f| ((nfft + 1) as f64 * f / RATE).floor()).collect();
            let level = |m: usize| {
                let height = |k: f64| {
                    let (low, middle, high) = (corner[m], corner[m + 1], corner[m + 2]);
                    let up = if k >= low && k < middle { (k - low) / (middle - low) } else { 0.0 };
                    let down = if k >= middle && k < high { (high - k) / (high - middle) } else { 0.0 };
                    2.0 * (up + down) / (hz[m + 2] - hz[m])
                };
                let sum: f64 = power.iter().enumerate().map(|(k, p)| p * height(k as f64)).sum();
                20.0 * if sum == 0.0 { f64::EPSILON } else { sum }.log10()
            };
            let levels: Vec<f64> = (0..40).map(level).collect();
            let cosine = |k: usize| {
                let angle = |i: usize| PI * k as f64 * (2 * i + 1) as f64 / 80.0;
                (2.0_f64 / 40.0).sqrt() * levels.iter().enumerate().map(|(i, l)| l * angle(i).cos()).sum::<f64>()
            };
            let cepstrum: Vec<f64> = (1..=count).map(cosine).collect();
            for (i, c) in cepstrum.iter().enumerate() {
                let expected = (c - (mean(&cepstrum) + 1e-8)) * (1.0 + 11.0 * (PI * i as f64 / 22.0).sin());
                check(&format!("tsfel_mfcc__coeff_{i}__nfft_{nfft}__num_ceps_{count}"), &x, expected, 1e-9);
            }
        }
    }
}

/// The predictor by the recursion of Levinson and Durbin instead of elimination.
#[test]
fn predictor_cepstra() {
    for x in windows(&[12, 20, 64, 300]) {
        for count in [1, 2, 5, 12] {
            let r: Vec<f64> =
                (0..count).map(|k| f64::from((k..x.len()).map(|i| x[i] * x[i - k]).sum::<f64>() as f32)).collect();
            let mut a = vec![1.0];
            let mut left = r[0];
            for k in 1..count {
                let reflection = -(0..k).map(|j| a[j] * r[k - j]).sum::<f64>() / left;
                a.push(0.0);
                a = (0..=k).map(|j| a[j] + reflection * a[k - j]).collect();
                left *= 1.0 - reflection * reflection;
            }
            let n = count as f64;
            let part = |k: usize, f: fn(f64) -> f64| {
                a.iter().enumerate().map(|(j, a)| a * f(TAU * (j * k) as f64 / n)).sum::<f64>()
            };
            let logs: Vec<f64> =
                (0..count).map(|k| (part(k, f64::cos).powi(2) + part(k, f64::sin).powi(2)).ln()).collect();
            for c in 0..count {
                let cosines = logs.iter().enumerate().map(|(j, l)| l * (TAU * (j * c) as f64 / n).cos());
                let expected = if count == 1 { 0.0 } else { (cosines.sum::<f64>() / n).abs() };
                check(&format!("tsfel_lpcc__coeff_{c}__n_coeff_{count}"), &x, expected, 1e-6);
            }
        }
    }
}

#[test]
fn kernel_and_gaussian_entropy() {
    for x in windows(&[3, 10, 64, 257]) {
        let n = x.len() as f64;
        let low = x.iter().copied().fold(f64::INFINITY, f64::min);
        let high = x.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let end = if high < 0.0 { -high } else { high };
        let grid: Vec<f64> = (0..x.len()).map(|i| low + i as f64 * (end - low) / (n - 1.0)).collect();
        let entropy = |density: Vec<f64>| {
            let total: f64 = density.iter().sum();
            -density.iter().map(|d| d / total).filter(|p| *p > 0.0).map(|p| p * p.ln()).sum::<f64>() / n.ln()
        };
        let (m, sd) = (mean(&x), variance(&x).sqrt());
        let gauss = grid.iter().map(|g| (-0.5 * ((g - m) / sd).powi(2)).exp()).collect();
        check("tsfel_entropy__prob_\"gauss\"", &x, entropy(gauss), 1e-12);
        let h = (variance(&x) * n / (n - 1.0)).sqrt() * (n * 0.75).powf(-0.2);
        let kernel = grid.iter().map(|g| x.iter().map(|v| (-0.5 * ((g - v) / h).powi(2)).exp()).sum()).collect();
        check("tsfel_entropy__prob_\"kde\"", &x, entropy(kernel), 1e-12);
    }
}

#[test]
fn lempel_ziv_phrases() {
    for x in windows(&[1, 2, 9, 64, 500]) {
        let m = mean(&x);
        let text: String = x.iter().map(|v| if *v > m { '1' } else { '0' }).collect();
        let mut phrases = HashSet::new();
        let mut phrase = String::new();
        for c in text.chars() {
            phrase.push(c);
            if phrases.insert(phrase.clone()) {
                phrase.clear();
            }
        }
        check("tsfel_lempel_ziv_complexity", &x, phrases.len() as f64 / x.len() as f64, 1e-15);
    }
}

#[test]
fn first_lag_below_1_over_e() {
    for x in windows(&[3, 5, 20, 64, 65, 300]) {
        let (n, m) = (x.len(), mean(&x));
        let r = |k: usize| (k..n).map(|i| (x[i] - m) * (x[i - k] - m)).sum::<f64>() / (n - k) as f64;
        let lag = (1..=n / 3).find(|&k| r(k) / r(0) < (-1.0_f64).exp());
        check("tsfel_autocorrelation", &x, lag.map_or(f64::NAN, |k| k as f64), 0.0);
    }
}

#[test]
fn higuchi_lengths() {
    for x in windows(&[159, 160, 257]) {
        let n = x.len();
        let length = |k: usize| {
            let one = |m: usize| {
                let steps = (n - m) / k;
                let sum: f64 = (1..=steps).map(|i| (x[m + i * k - 1] - x[m + (i - 1) * k - 1]).abs()).sum();
                sum * (n - 1) as f64 / (steps * k * k) as f64
            };
            (1..=k).map(one).sum::<f64>() / k as f64
        };
        let points: Vec<(f64, f64)> = (1..n / 10).map(|k| ((1.0 / k as f64).log10(), length(k).log10())).collect();
        let (slope, height) = if n < 160 { (f64::NAN, f64::NAN) } else { line(&points) };
        check("tsfel_higuchi_fractal_dimension", &x, slope, 1e-11);
        check("tsfel_maximum_fractal_length", &x, height, 1e-11);
    }
}

#[test]
fn scaling_exponents() {
    for x in windows(&[159, 160, 300]) {
        let (n, m) = (x.len(), mean(&x));
        if n < 160 {
            check("tsfel_detrended_fluctuation_analysis", &x, f64::NAN, 0.0);
            check("tsfel_hurst_exponent", &x, f64::NAN, 0.0);
            continue;
        }
        let sums: Vec<f64> = (0..n).map(|i| x[..=i].iter().map(|v| v - m).sum()).collect();
        let mut fluctuations = Vec::new();
        let mut ranges = Vec::new();
        for w in 4..=n / 10 {
            let pieces = n / w;
            let mut left = 0.0;
            let mut ratios = 0.0;
            for p in 0..pieces {
                let piece = &sums[p * w..(p + 1) * w];
                let points: Vec<(f64, f64)> = piece.iter().enumerate().map(|(i, v)| (i as f64, *v)).collect();
                let (slope, height) = line(&points);
                left += points.iter().map(|(t, v)| (v - height - slope * t).powi(2)).sum::<f64>() / w as f64;
                let raw = &x[p * w..(p + 1) * w];
                let level = mean(raw);
                let walk: Vec<f64> = (0..w).map(|i| raw[..=i].iter().map(|v| v - level).sum()).collect();
                let high = walk.iter().copied().fold(f64::NEG_INFINITY, f64::max);
                let low = walk.iter().copied().fold(f64::INFINITY, f64::min);
                ratios += (high - low) / variance(raw).sqrt();
            }
            fluctuations.push(((w as f64).ln(), (left / pieces as f64).sqrt().ln()));
            ranges.push(((w as f64).ln(), (ratios / pieces as f64).ln()));
        }
        let level = fluctuations.iter().map(|p| p.1).sum::<f64>() / fluctuations.len() as f64;
        let flat = |i: &usize| {
            (*i..i + 5).all(|j| j + 1 < fluctuations.len() && (fluctuations[j + 1].1 - fluctuations[j].1).abs() < 0.1)
                && fluctuations[*i..i + 5].iter().map(|p| p.1).sum::<f64>() / 5.0 > level
        };
        let end = (0..fluctuations.len().saturating_sub(5)).find(flat).unwrap_or(fluctuations.len());
        check("tsfel_detrended_fluctuation_analysis", &x, line(&fluctuations[..end]).0, 1e-9);
        check("tsfel_hurst_exponent", &x, line(&ranges).0, 1e-9);
    }
}

#[test]
fn multiscale_entropy() {
    for x in windows(&[159, 160, 300]) {
        let n = x.len();
        let r = 0.2 * variance(&x).sqrt();
        let mut curve = Vec::new();
        for scale in 1..=n / 13 {
            let coarse: Vec<f64> = x.chunks_exact(scale).map(mean).collect();
            let templates = coarse.len() - 3;
            let pairs = |m: usize| {
                let near = |i: usize, j: usize| (0..m).all(|k| (coarse[i + k] - coarse[j + k]).abs() <= r);
                (0..templates).map(|i| (i + 1..templates).filter(|&j| near(i, j)).count()).sum::<usize>() as f64
            };
            let entropy = -(pairs(4) / pairs(3)).ln();
            if entropy.is_finite() {
                curve.push(entropy);
            }
        }
        let area: f64 = curve.windows(2).map(|p| 0.5 * (p[0] + p[1])).sum();
        check("tsfel_multiscale_entropy", &x, if n < 160 { f64::NAN } else { area / curve.len() as f64 }, 1e-12);
    }
}

/// The usual coefficients, beside TSFEL's: piece by piece, triangle by triangle.
#[test]
fn usual_mel_cepstra() {
    for x in windows(&[64, 100, 300]) {
        for (filters, asked) in [(5, 64), (8, 150), (3, 40)] {
            let piece = asked.min(x.len());
            let hop = piece - piece / 2;
            let step = RATE / piece as f64;
            let top = 2595.0 * (1.0 + RATE / 2.0 / 700.0).log10();
            let corner = |i: usize| 700.0 * (10.0_f64.powf(top * i as f64 / (filters + 1) as f64 / 2595.0) - 1.0);
            let starts: Vec<usize> = (0..).map(|i| i * hop).take_while(|s| s + piece <= x.len()).collect();
            let mut levels = vec![0.0; filters];
            for &s in &starts {
                let hann = |i: usize| 0.5 - 0.5 * (TAU * i as f64 / piece as f64).cos();
                let windowed: Vec<f64> = (0..piece).map(|i| x[s + i] * hann(i)).collect();
                let power: Vec<f64> = dft(&windowed).iter().map(|(re, im)| re * re + im * im).collect();
                for (m, level) in levels.iter_mut().enumerate() {
                    let (low, middle, high) = (corner(m), corner(m + 1), corner(m + 2));
                    let height = |f: f64| {
                        if f <= middle { (f - low) / (middle - low) } else { (high - f) / (high - middle) }.max(0.0)
                    };
                    let sum: f64 = power.iter().enumerate().map(|(k, p)| p * height(k as f64 * step)).sum();
                    *level += sum.ln() / starts.len() as f64;
                }
            }
            for k in 0..filters {
                let n = filters as f64;
                let norm = if k == 0 { (1.0 / n).sqrt() } else { (2.0 / n).sqrt() };
                let angle = |i: usize| PI * k as f64 * (2 * i + 1) as f64 / (2.0 * n);
                let expected = norm * levels.iter().enumerate().map(|(i, l)| l * angle(i).cos()).sum::<f64>();
                // Far from its lines a windowed sine beside an offset is mostly the rounding of the offset.
                check(&format!("mfcc__coeff_{k}__filters_{filters}__nperseg_{asked}"), &x, expected, 1e-7);
            }
        }
    }
}

/// A louder signal moves coefficient 0 alone; a coefficient beyond the filters and a silent window are NaN.
#[test]
fn usual_mel_cepstra_of_a_louder_signal() {
    let x = windows(&[600]).remove(0);
    let louder: Vec<f64> = x.iter().map(|v| 4.0 * v).collect();
    let names: Vec<String> = (0..6).map(|k| format!("mfcc__coeff_{k}__filters_5__nperseg_128")).collect();
    let (quiet, loud, silent) = (features(&names, &x), features(&names, &louder), features(&names, &[0.0; 600]));
    assert!((loud[0] - quiet[0] - 2.0 * 4.0_f64.ln() * 5.0_f64.sqrt()).abs() < 1e-12);
    assert!(quiet[1..5].iter().zip(&loud[1..5]).all(|(a, b)| (a - b).abs() < 1e-12));
    assert!(quiet[5].is_nan() && silent.iter().all(|v| v.is_nan()));
}
