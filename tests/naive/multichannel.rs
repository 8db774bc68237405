//! Relations of channels from their definitions.

use prognos::features::multichannel::ChannelRelations;
use prognos::signal::SampleRate;
use std::f64::consts::{PI, TAU};

const RATE: f64 = 500.0;

fn channels(n: usize) -> Vec<Vec<f64>> {
    let noise = |i: usize, k: usize| ((i * i + 7 * k) as f64 * (0.37 + 0.1 * k as f64)).sin();
    let common = |t: f64| (TAU * 25.0 * t / RATE).sin() + 0.4 * (TAU * 60.0 * t / RATE + 1.0).sin();
    (0..3)
        .map(|k| {
            (0..n).map(|i| 100.0 + common(i as f64 - 3.0 * k as f64) + 0.8 * (k + 1) as f64 * noise(i, k)).collect()
        })
        .collect()
}

fn row(names: &[&str], channels: &[Vec<f64>]) -> Vec<f64> {
    let parts: Vec<&[f64]> = channels.iter().map(Vec::as_slice).collect();
    ChannelRelations::from_names(names).unwrap().compute(&parts, SampleRate::hz(RATE).unwrap()).unwrap()
}

fn centred(x: &[f64]) -> Vec<f64> {
    let mean = x.iter().sum::<f64>() / x.len() as f64;
    x.iter().map(|v| v - mean).collect()
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(x, y)| x * y).sum()
}

/// Cross-correlation at a lag that may be negative.
fn at(a: &[f64], b: &[f64], lag: isize) -> f64 {
    let sum: f64 = (0..a.len()).filter_map(|t| Some(a[t] * b.get(t.checked_add_signed(lag)?)?)).sum();
    sum / (dot(a, a) * dot(b, b)).sqrt()
}

#[test]
fn the_cross_correlation_is_the_sum_over_all_lags() {
    for n in [5, 40, 300, 777] {
        let x = channels(n);
        for max_lag in [0_usize, 5, 16, 17, 60, 10_000] {
            let names = [
                format!("cross_correlation_peak__max_lag_{max_lag}"),
                format!("cross_correlation_lag__max_lag_{max_lag}"),
            ];
            let found = row(&[&names[0], &names[1]], &x);
            for (p, (a, b)) in [(0, 1), (0, 2), (1, 2)].into_iter().enumerate() {
                let (a, b) = (centred(&x[a]), centred(&x[b]));
                let last = max_lag.min(n - 1) as isize;
                let best = (-last..=last).max_by(|&i, &j| at(&a, &b, i).abs().total_cmp(&at(&a, &b, j).abs())).unwrap();
                assert!((found[2 * p] - at(&a, &b, best)).abs() < 1e-12, "{n} {max_lag}");
                assert!((found[2 * p + 1] - best as f64 / RATE).abs() < 1e-12, "{n} {max_lag}");
            }
        }
    }
}

#[test]
fn coherence_is_that_of_plain_transforms() {
    let (n, m) = (1000, 128);
    let x = channels(n);
    let found = row(
        &[
            "coherence_mean__nperseg_128",
            "coherence_at__frequency_25.0__nperseg_128",
            "coherence_band__high_70.0__low_50.0__nperseg_128",
        ],
        &x,
    );
    let transform = |x: &[f64], k: usize| {
        let piece = centred(x);
        let (mut re, mut im) = (0.0, 0.0);
        for (i, v) in piece.iter().enumerate() {
            let w = 0.5 - 0.5 * (TAU * i as f64 / m as f64).cos();
            re += v * w * (TAU * (k * i) as f64 / m as f64).cos();
            im -= v * w * (TAU * (k * i) as f64 / m as f64).sin();
        }
        (re, im)
    };
    for (p, (a, b)) in [(0, 1), (0, 2), (1, 2)].into_iter().enumerate() {
        let coherence: Vec<f64> = (0..=m / 2)
            .map(|k| {
                let (mut re, mut im, mut aa, mut bb) = (0.0, 0.0, 0.0, 0.0);
                for start in (0..=n - m).step_by(m / 2) {
                    let (u, v) = (transform(&x[a][start..start + m], k), transform(&x[b][start..start + m], k));
                    re += u.0 * v.0 + u.1 * v.1;
                    im += u.0 * v.1 - u.1 * v.0;
                    aa += u.0 * u.0 + u.1 * u.1;
                    bb += v.0 * v.0 + v.1 * v.1;
                }
                (re * re + im * im) / (aa * bb)
            })
            .collect();
        let mean = |c: &[f64]| c.iter().sum::<f64>() / c.len() as f64;
        let hertz = |k: usize| k as f64 * RATE / m as f64;
        let band: Vec<f64> = (0..=m / 2).filter(|&k| (50.0..=70.0).contains(&hertz(k))).map(|k| coherence[k]).collect();
        let near = (0..=m / 2).min_by(|&i, &j| (hertz(i) - 25.0).abs().total_cmp(&(hertz(j) - 25.0).abs())).unwrap();
        for (f, e) in found[3 * p..3 * p + 3].iter().zip([mean(&coherence[1..]), coherence[near], mean(&band)]) {
            assert!((f - e).abs() < 1e-9, "{f} {e}");
        }
    }
}

#[test]
fn phase_and_ratio_are_those_of_one_line() {
    // 20 whole periods; the phase of b is 0.7 ahead, its amplitude three times.
    let n = 400;
    let wave = |amplitude: f64, phase: f64| {
        (0..n).map(|i| 7.0 + amplitude * (TAU * 25.0 * i as f64 / RATE + phase).cos()).collect::<Vec<f64>>()
    };
    for phase in [0.7, -3.0, 3.0] {
        let found = row(
            &["phase_at__frequency_25.0", "amplitude_ratio_at__frequency_25.0"],
            &[wave(1.0, 0.2), wave(3.0, 0.2 + phase)],
        );
        assert!((found[0] - phase).abs() < 1e-9 && (found[1] - 3.0).abs() < 1e-9, "{found:?}");
        assert!(found[0].abs() <= PI);
    }
}

#[test]
fn shares_are_those_of_the_characteristic_polynomial() {
    let x = channels(500);
    let r = |a: usize, b: usize| at(&centred(&x[a]), &centred(&x[b]), 0);
    let (p, q, s) = (r(0, 1), r(0, 2), r(1, 2));
    let found = row(
        &[
            "correlation",
            "correlation_largest_share",
            "correlation_smallest_share",
            "correlation_effective_rank",
            "correlation_mean_absolute",
        ],
        &x,
    );
    for (f, e) in found[..3].iter().zip([p, q, s]) {
        assert!((f - e).abs() < 1e-12);
    }
    // det(R - λ) for three channels.
    let determinant = |l: f64| (1.0 - l).powi(3) + 2.0 * p * q * s - (1.0 - l) * (p * p + q * q + s * s);
    let (high, low) = (3.0 * found[3], 3.0 * found[4]);
    let middle = 3.0 - high - low;
    for lambda in [high, middle, low] {
        assert!(determinant(lambda).abs() < 1e-12, "{lambda}");
    }
    assert!(high >= middle && middle >= low);
    let entropy: f64 = [high, middle, low].iter().map(|l| l / 3.0).map(|p| -p * p.ln()).sum();
    assert!((found[5] - entropy.exp()).abs() < 1e-12);
    assert!((found[6] - (p.abs() + q.abs() + s.abs()) / 3.0).abs() < 1e-12);
}
