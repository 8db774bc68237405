//! Naive twins: tsfresh's names, from their definitions in the plainest loops.

use prognos::features::FeatureSet;
use prognos::signal::SampleRate;
use std::f64::consts::{PI, TAU};

fn features(names: &[String], x: &[f64]) -> Vec<f64> {
    let mut row = vec![0.0; names.len()];
    let set = FeatureSet::from_names(names).unwrap();
    set.extractor(x.len(), SampleRate::hz(50.0).unwrap()).unwrap().extract_into(x, &mut row).unwrap();
    row
}

fn feature(name: &str, x: &[f64]) -> f64 {
    features(&[name.to_owned()], x)[0]
}

fn close(name: &str, n: usize, found: f64, expected: f64, rel: f64, abs: f64) {
    let near = (found - expected).abs() <= rel * expected.abs() + abs || (found.is_nan() && !expected.is_finite());
    assert!(near, "{name} of {n} samples: {found:e}, the twin says {expected:e}");
}

/// Noise on waves, walks and ties, in lengths around the lanes, the pieces and the wavelets.
fn windows() -> Vec<Vec<f64>> {
    let mut all = Vec::new();
    let mut state = 7_u64;
    let mut noise = move || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 11) as f64 / (1_u64 << 53) as f64 - 0.5
    };
    for n in [5, 8, 12, 15, 16, 17, 33, 40, 64, 65, 130, 200, 255, 256, 257, 400, 700] {
        all.push((0..n).map(|i| (i as f64 * 0.37).sin() + 0.8 * noise()).collect());
        let mut level = 3.0;
        let walk = (0..n).map(|_| {
            level = 0.95 * level + noise();
            level
        });
        all.push(walk.collect());
        all.push((0..n).map(|_| (noise() * 6.0).round()).collect());
        all.push((0..n).map(|i| (i as f64 * 0.05).sin() * 4.0 + 900.0 + 0.3 * noise()).collect());
    }
    all
}

/// `(re, im)` of the coefficient k.
fn fourier(x: &[f64], k: usize) -> (f64, f64) {
    let mut sum = (0.0, 0.0);
    for (i, v) in x.iter().enumerate() {
        let angle = TAU * ((i * k) % x.len()) as f64 / x.len() as f64;
        sum = (sum.0 + v * angle.cos(), sum.1 - v * angle.sin());
    }
    sum
}

#[test]
fn fourier_coefficients() {
    for x in windows() {
        let n = x.len();
        let size: f64 = x.iter().map(|v| v.abs()).sum();
        for k in [0, 1, 2, 3, 7, n / 2, n / 2 + 1] {
            let (re, im) = fourier(&x, k);
            let beyond = k > n / 2;
            let expected = |v: f64| if beyond { f64::NAN } else { v };
            for (attr, value) in [("real", re), ("imag", im), ("abs", re.hypot(im))] {
                let name = format!("fft_coefficient__attr_\"{attr}\"__coeff_{k}");
                close(&name, n, feature(&name, &x), expected(value), 1e-12, 1e-13 * size);
            }
            if re.hypot(im) > 1e-6 * size {
                let name = format!("fft_coefficient__attr_\"angle\"__coeff_{k}");
                let apart = (feature(&name, &x) - expected(im.atan2(re) * 180.0 / PI)).abs();
                // Half a turn and minus half a turn are one.
                assert!(beyond || apart < 1e-4 || (apart - 360.0).abs() < 1e-4, "{name} of {n}: {apart}");
            }
        }
    }
}

#[test]
fn aggregates_of_the_spectrum_with_tsfresh_s_kurtosis() {
    for x in windows() {
        let weights: Vec<f64> = (0..=x.len() / 2).map(|k| fourier(&x, k)).map(|(re, im)| re.hypot(im)).collect();
        let moment = |j: i32| {
            let sum: f64 = weights.iter().enumerate().map(|(k, w)| (k as f64).powi(j) * w).sum();
            sum / weights.iter().sum::<f64>()
        };
        let c = moment(1);
        let variance = moment(2) - c * c;
        let shape = |v: f64| if variance < 0.5 { f64::NAN } else { v };
        let skew = (moment(3) - 3.0 * c * variance - c.powi(3)) / variance.powf(1.5);
        let kurtosis = (moment(4) - 4.0 * c * moment(3) + 6.0 * moment(2) * c * c - 3.0 * c) / variance.powi(2);
        for (word, expected) in
            [("centroid", c), ("variance", variance), ("skew", shape(skew)), ("kurtosis", shape(kurtosis))]
        {
            let name = format!("fft_aggregated__aggtype_\"{word}\"");
            close(&name, x.len(), feature(&name, &x), expected, 1e-8, 1e-8);
        }
    }
}

/// Welch's density at a rate of 1 with pieces of 256.
fn welch(x: &[f64]) -> Vec<f64> {
    let m = x.len().min(256);
    let hann: Vec<f64> = (0..m).map(|i| 0.5 - 0.5 * (TAU * i as f64 / m as f64).cos()).collect();
    let energy: f64 = hann.iter().map(|w| w * w).sum();
    let pieces: Vec<&[f64]> =
        (0..).map(|i| i * (m - m / 2)).take_while(|s| s + m <= x.len()).map(|s| &x[s..s + m]).collect();
    let bin = |k: usize| {
        let power = |piece: &&[f64]| {
            let mean = piece.iter().sum::<f64>() / m as f64;
            let weighted: Vec<f64> = piece.iter().zip(&hann).map(|(v, w)| (v - mean) * w).collect();
            let (re, im) = fourier(&weighted, k);
            let sides = if k == 0 || 2 * k == m { 1.0 } else { 2.0 };
            sides * (re * re + im * im) / energy
        };
        pieces.iter().map(power).sum::<f64>() / pieces.len() as f64
    };
    (0..=m / 2).map(bin).collect()
}

#[test]
fn welch_density_and_its_entropy() {
    for x in windows() {
        let density = welch(&x);
        let largest = density.iter().copied().fold(0.0, f64::max);
        for k in [2, 5, 8, 128] {
            let name = format!("spkt_welch_density__coeff_{k}");
            let expected = density.get(k).copied().unwrap_or(f64::NAN);
            close(&name, x.len(), feature(&name, &x), expected, 1e-9, 1e-10 * largest);
        }
        let scaled: Vec<f64> = density.iter().map(|p| p / largest).collect();
        let low = scaled.iter().copied().fold(f64::INFINITY, f64::min);
        for bins in [1_usize, 2, 5, 100] {
            let mut counts = vec![0.0; bins];
            for v in &scaled {
                counts[(((v - low) / (1.0 - low) * bins as f64) as usize).min(bins - 1)] += 1.0 / scaled.len() as f64;
            }
            let expected: f64 = counts.iter().filter(|p| **p > 0.0).map(|p| -p * p.ln()).sum();
            close(
                "fourier_entropy",
                x.len(),
                feature(&format!("fourier_entropy__bins_{bins}"), &x),
                expected,
                1e-12,
                1e-12,
            );
        }
    }
}

/// The whole transform by convolution and differences, as PyWavelets has it.
fn mexican_hat(x: &[f64], width: usize) -> Vec<f64> {
    const N: usize = 4096;
    let place = |i: usize| -8.0 + 16.0 * i as f64 / (N - 1) as f64;
    let step = 16.0 / (N - 1) as f64;
    let mut integral = Vec::new();
    let mut sum = 0.0;
    for i in 0..N {
        let t = place(i);
        sum += 2.0 / (3f64.sqrt() * PI.powf(0.25)) * (1.0 - t * t) * (-t * t / 2.0).exp();
        integral.push(sum * step);
    }
    // Whole numbers: the place below, without rounding.
    let mut wavelet: Vec<f64> = (0..=16 * width).map(|k| integral[k * (N - 1) / (16 * width)]).collect();
    wavelet.reverse();
    let mut whole = vec![0.0; x.len() + wavelet.len() - 1];
    for (i, v) in x.iter().enumerate() {
        for (k, w) in wavelet.iter().enumerate() {
            whole[i + k] += v * w;
        }
    }
    let differences: Vec<f64> = whole.windows(2).map(|p| -(width as f64).sqrt() * (p[1] - p[0])).collect();
    let cut = (differences.len() - x.len()) / 2;
    differences[cut..cut + x.len()].to_vec()
}

#[test]
fn wavelet_coefficients() {
    for x in windows() {
        let size: f64 = x.iter().map(|v| v.abs()).sum();
        for w in [1, 2, 5, 10, 20, 7] {
            let expected = mexican_hat(&x, w);
            for k in [0, 1, 4, 14, 60, x.len() - 1, x.len()] {
                let name = format!("cwt_coefficients__coeff_{k}__w_{w}__widths_(1, 2, 5, 10, 20)");
                let value = if w == 7 { f64::NAN } else { expected.get(k).copied().unwrap_or(f64::NAN) };
                close(&name, x.len(), feature(&name, &x), value, 1e-9, 1e-12 * size);
            }
        }
    }
}

/// Ridges of maxima, joined and judged one by one.
fn wavelet_peaks(x: &[f64], widest: usize) -> f64 {
    let n = x.len();
    let row = |w: usize| -> Vec<f64> {
        let points = (10 * w).min(n);
        let a = w as f64;
        let wavelet: Vec<f64> = (0..points)
            .map(|k| k as f64 - (points as f64 - 1.0) / 2.0)
            .map(|t| {
                2.0 / ((3.0 * a).sqrt() * PI.powf(0.25)) * (1.0 - t * t / (a * a)) * (-t * t / (2.0 * a * a)).exp()
            })
            .collect();
        let at = |i: usize| {
            let mut sum = 0.0;
            for (k, w) in wavelet.iter().enumerate() {
                let place = (i + (points - 1) / 2) as i64 - k as i64;
                if place >= 0 && (place as usize) < n {
                    sum += w * x[place as usize];
                }
            }
            sum
        };
        (0..n).map(at).collect()
    };
    let rows: Vec<Vec<f64>> = (1..=widest).map(row).collect();
    // Row, column of the points; rows without one.
    let mut alive: Vec<(Vec<(usize, usize)>, usize)> = Vec::new();
    let mut done = Vec::new();
    for r in (0..widest).rev() {
        let y = &rows[r];
        let before: Vec<usize> = alive.iter().map(|(points, _)| points.last().unwrap().1).collect();
        alive.iter_mut().for_each(|line| line.1 += 1);
        for c in 1..n.max(1) - 1 {
            if !(y[c] > y[c - 1] && y[c] > y[c + 1]) {
                continue;
            }
            let distances = before.iter().map(|b| b.abs_diff(c));
            let nearest = distances.enumerate().min_by_key(|(i, d)| (*d, *i));
            match nearest {
                Some((i, d)) if d as f64 <= (r + 1) as f64 / 4.0 => {
                    alive[i].0.push((r, c));
                    alive[i].1 = 0;
                }
                _ => alive.push((vec![(r, c)], 0)),
            }
        }
        let (ended, kept) = alive.into_iter().partition(|line| line.1 > 1);
        done.extend::<Vec<_>>(ended);
        alive = kept;
    }
    done.extend(alive);
    let window = n.div_ceil(20);
    let noise = |c: usize| {
        let from = c.saturating_sub(window / 2);
        let mut near = rows[0][from..(c + window / 2 + window % 2).min(n)].to_vec();
        near.sort_by(f64::total_cmp);
        let place = 0.1 * (near.len() - 1) as f64;
        let low = place as usize;
        near[low] + (place - low as f64) * (near[(low + 1).min(near.len() - 1)] - near[low])
    };
    let counts = |points: &[(usize, usize)]| {
        let (r, c) = *points.last().unwrap();
        // 0 over 0 is no reason to leave a ridge out.
        let ratio = (rows[r][c] / noise(c)).abs();
        points.len() >= widest.div_ceil(4) && (ratio >= 1.0 || ratio.is_nan())
    };
    done.iter().filter(|line| counts(&line.0)).count() as f64
}

#[test]
fn peaks_of_the_wavelet_transform() {
    let mut peaks = 0.0;
    for x in windows() {
        for n in [1, 2, 5, 9] {
            let expected = wavelet_peaks(&x, n);
            let found = feature(&format!("number_cwt_peaks__n_{n}"), &x);
            assert_eq!(found, expected, "{n} of {} samples", x.len());
            peaks += found;
        }
    }
    assert!(peaks > 1000.0, "{peaks}");
}

/// The polynomial through the mean steps of 30 groups; `None` when edges are equal.
fn drift(x: &[f64], groups: usize) -> Option<Vec<f64>> {
    let levels = &x[..x.len() - 1];
    let mut sorted = levels.to_vec();
    sorted.sort_by(f64::total_cmp);
    let edge = |k: usize| {
        let place = k as f64 / groups as f64 * (sorted.len() - 1) as f64;
        let low = place as usize;
        sorted[low] + (place - low as f64) * (sorted[(low + 1).min(sorted.len() - 1)] - sorted[low])
    };
    let edges: Vec<f64> = (0..=groups).map(edge).collect();
    if edges.windows(2).any(|e| e[0] >= e[1]) {
        return None;
    }
    let mut points = Vec::new();
    for k in 0..groups {
        let lies = |v: f64| (v > edges[k] || (k == 0 && v >= edges[0])) && v <= edges[k + 1];
        let inside: Vec<usize> = (0..levels.len()).filter(|&i| lies(levels[i])).collect();
        if !inside.is_empty() {
            let mean = |f: &dyn Fn(usize) -> f64| inside.iter().map(|&i| f(i)).sum::<f64>() / inside.len() as f64;
            points.push((mean(&|i| x[i]), mean(&|i| x[i + 1] - x[i])));
        }
    }
    Some(cubic_through(&points))
}

/// Normal equations by elimination with pivots.
fn cubic_through(points: &[(f64, f64)]) -> Vec<f64> {
    let power = |x: f64, j: usize| x.powi(3 - j as i32);
    let sum = |f: &dyn Fn(f64, f64) -> f64| points.iter().map(|p| f(p.0, p.1)).sum::<f64>();
    let mut rows: Vec<Vec<f64>> = (0..4)
        .map(|i| {
            let mut row: Vec<f64> = (0..4).map(|j| sum(&|x, _| power(x, i) * power(x, j))).collect();
            row.push(sum(&|x, y| power(x, i) * y));
            row
        })
        .collect();
    for i in 0..4 {
        let pivot = (i..4).max_by(|&a, &b| rows[a][i].abs().total_cmp(&rows[b][i].abs())).unwrap();
        rows.swap(i, pivot);
        for k in 0..4 {
            if k != i {
                let factor = rows[k][i] / rows[i][i];
                let pivot_row = rows[i].clone();
                rows[k].iter_mut().zip(pivot_row).for_each(|(a, b)| *a -= factor * b);
            }
        }
    }
    (0..4).map(|i| rows[i][4] / rows[i][i]).collect()
}

#[test]
fn drift_of_a_langevin_equation() {
    let mut fitted = 0;
    // Levels around 0: normal equations have the square of the condition.
    for x in windows().into_iter().filter(|x| x.iter().all(|v| v.abs() < 50.0)) {
        let names: Vec<String> = (0..5).map(|k| format!("friedrich_coefficients__coeff_{k}__m_3__r_10")).collect();
        let found = features(&names, &x);
        let Some(expected) = drift(&x, 10) else {
            assert!(found.iter().all(|v| v.is_nan()), "{found:?}");
            continue;
        };
        assert!(found[4].is_nan());
        if x.len() < 12 {
            continue; // fewer groups than powers: of many solutions the shortest
        }
        let size = expected.iter().fold(0.0, |a: f64, b| a.max(b.abs()));
        for k in 0..4 {
            close("friedrich_coefficients", x.len(), found[k], expected[k], 1e-6, 1e-6 * size);
        }
        // The root is one: the polynomial changes its sign there, or it is the real part of a pair.
        let root = feature("max_langevin_fixed_point__m_3__r_10", &x);
        let value = |t: f64| found[..4].iter().fold(0.0, |sum, c| sum * t + c);
        let scale = |t: f64| found[..4].iter().fold(0.0, |sum: f64, c| sum * t.abs() + c.abs());
        let real = value(root).abs() < 1e-9 * scale(root);
        // Above the largest root no further change of sign.
        let above = (1..=1000).map(|i| root + (root.abs() + 1.0) * f64::from(i) * 0.01);
        assert!(above.clone().all(|t| value(t) * value(root + 1e9 * (root.abs() + 1.0)) > 0.0), "{root}");
        fitted += usize::from(real);
    }
    assert!(fitted > 10, "{fitted}");
}

#[test]
fn places_where_a_query_occurs() {
    for x in windows() {
        for (from, m) in [(0, 3), (1, 4), (2, 10)] {
            if from + m > x.len() {
                continue;
            }
            let query = &x[from..from + m];
            let mean = |v: &[f64]| v.iter().sum::<f64>() / v.len() as f64;
            let scores = |v: &[f64]| -> Vec<f64> {
                let deviation = (v.iter().map(|a| (a - mean(v)).powi(2)).sum::<f64>() / v.len() as f64).sqrt();
                let constant = v.iter().all(|a| *a == v[0]);
                v.iter().map(|a| if constant { 0.0 } else { (a - mean(v)) / deviation }).collect()
            };
            let apart = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| (a - b).powi(2)).sum::<f64>().sqrt();
            let written: Vec<String> = query.iter().map(|v| format!("{v:?}")).collect();
            let (mut plain, mut scored) = (0.0, 0.0);
            for place in x.windows(m) {
                plain += f64::from(u8::from(apart(place, query) <= 0.777));
                scored += f64::from(u8::from(apart(&scores(place), &scores(query)) <= 0.777));
            }
            let name = |normalize: &str| {
                format!("query_similarity_count__{normalize}query_[{}]__threshold_0.777", written.join(", "))
            };
            assert_eq!(feature(&name(""), &x), scored, "{name:?}", name = name(""));
            assert_eq!(feature(&name("normalize_False__"), &x), plain);
        }
    }
}

/// The same corridor between fifths and between edges next to them, which take different ways.
#[test]
fn corridors_between_fifths() {
    for x in windows() {
        let quantile = |q: f64| feature(&format!("quantile__q_{q:?}"), &x);
        for (l, h) in [(0.0, 0.2), (0.0, 1.0), (0.2, 0.8), (0.4, 0.6), (0.6, 1.0), (0.8, 1.0), (0.6, 0.2)] {
            let (low, high) = (quantile(l), quantile(h));
            let inside = |v: f64| v >= low && v <= high && l < h;
            let steps: Vec<f64> = x.windows(2).filter(|p| inside(p[0]) && inside(p[1])).map(|p| p[1] - p[0]).collect();
            for absolute in [false, true] {
                let steps: Vec<f64> = steps.iter().map(|s| if absolute { s.abs() } else { *s }).collect();
                let n = steps.len() as f64;
                let mean = if steps.is_empty() { 0.0 } else { steps.iter().sum::<f64>() / n };
                let var =
                    if steps.is_empty() { 0.0 } else { steps.iter().map(|s| (s - mean).powi(2)).sum::<f64>() / n };
                let word = if absolute { "True" } else { "False" };
                for (f_agg, expected) in [("mean", mean), ("var", var), ("std", var.sqrt())] {
                    let name = format!("change_quantiles__f_agg_\"{f_agg}\"__isabs_{word}__qh_{h:?}__ql_{l:?}");
                    close(&name, x.len(), feature(&name, &x), expected, 1e-12, 1e-12);
                }
            }
        }
    }
}

/// pandas takes small sums for 0.
#[test]
fn shape_of_small_signals() {
    let x: Vec<f64> = (0..200).map(|i| ((i * i) % 17) as f64 * 1e-5).collect();
    let n = x.len() as f64;
    let mean = x.iter().sum::<f64>() / n;
    let sum = |k: i32| x.iter().map(|v| (v - mean).powi(k)).sum::<f64>();
    assert!(sum(3).abs() > 1e-14);
    let skewness = n * (n - 1.0).sqrt() / (n - 2.0) * sum(3) / sum(2).powf(1.5);
    close("skewness", x.len(), feature("skewness", &x), skewness, 1e-10, 0.0);
    let small: Vec<f64> = x.iter().map(|v| v * 0.01).collect();
    assert_eq!(feature("skewness", &small), 0.0);
    close("skewness_unbiased", x.len(), feature("skewness_unbiased", &small), skewness, 1e-10, 0.0);
    let tiny: Vec<f64> = x.iter().map(|v| v * 1e-4).collect();
    assert_eq!((feature("skewness", &tiny), feature("kurtosis", &tiny)), (0.0, 0.0));
    assert!(feature("kurtosis_unbiased", &tiny).abs() > 0.1);
}
