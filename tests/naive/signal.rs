//! Naive twins of the signal kernels.

use prognos::signal::SampleRate;
use prognos::signal::detrend::{Trend, detrend};
use prognos::signal::filter::{Design, Ewma, Fir, FirDesign, Hampel, SavitzkyGolay, Sos, median_filter};
use prognos::signal::hilbert::analytic;
use prognos::signal::integrate::BandIntegrator;
use prognos::signal::peaks::FindPeaks;
use prognos::signal::rainflow::rainflow;
use prognos::signal::resample::Resampler;
use std::f64::consts::TAU;

/// A rough but fixed series with ties when rounded.
fn series(n: usize, seed: u64) -> Vec<f64> {
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    let mut level = 0.0;
    (0..n)
        .map(|i| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            level = 0.9 * level + (state >> 11) as f64 / (1u64 << 53) as f64 - 0.5;
            level + (i as f64 * 0.11).sin()
        })
        .collect()
}

fn rounded(n: usize, seed: u64) -> Vec<f64> {
    series(n, seed).iter().map(|v| (v * 3.0).round()).collect()
}

fn assert_close(what: &str, found: &[f64], expected: &[f64], tolerance: f64) {
    assert_eq!(found.len(), expected.len(), "{what}");
    let size = expected.iter().fold(0.0_f64, |a, v| a.max(v.abs())).max(f64::MIN_POSITIVE);
    for (i, (f, e)) in found.iter().zip(expected).enumerate() {
        assert!((f - e).abs() <= tolerance * size, "{what} [{i}]: {f:e}, expected {e:e}");
    }
}

/// The difference equation of one section after the other, in direct form I.
fn naive_sos(sos: &Sos, x: &[f64]) -> Vec<f64> {
    let mut x = x.to_vec();
    for [b0, b1, b2, _, a1, a2] in sos.sections() {
        let mut y = vec![0.0; x.len()];
        for n in 0..x.len() {
            let at = |v: &[f64], back: usize| if n >= back { v[n - back] } else { 0.0 };
            y[n] = b0 * x[n] + b1 * at(&x, 1) + b2 * at(&x, 2) - a1 * at(&y, 1) - a2 * at(&y, 2);
        }
        x = y;
    }
    x
}

#[test]
fn sections_are_the_difference_equation() {
    let x = series(700, 1);
    let rate = SampleRate::hz(2.0).unwrap();
    // One to seven sections: every way in which they are grouped.
    for order in 1..=14 {
        let sos = Design::chebyshev1(order, 1.0).lowpass(0.4, rate).unwrap();
        assert_close(&format!("order {order}"), &sos.filter(&x), &naive_sos(&sos, &x), 1e-12);
    }
}

#[test]
fn fir_is_the_convolution() {
    let rate = SampleRate::hz(2.0).unwrap();
    for (taps, n) in [(1, 40), (4, 3), (31, 500), (90, 1500), (33, 1)] {
        let fir = FirDesign::new(taps).lowpass(0.3, rate).unwrap();
        let x = series(n, 2);
        let naive = |shift: usize| -> Vec<f64> {
            (0..n)
                .map(|i| {
                    (0..taps)
                        .filter_map(|k| (i + shift).checked_sub(k).and_then(|j| x.get(j)).map(|v| fir.taps()[k] * v))
                        .sum()
                })
                .collect()
        };
        assert_close("causal", &fir.filter(&x), &naive(0), 1e-12);
        assert_close("centred", &fir.filter_centered(&x), &naive((taps - 1) / 2), 1e-12);
    }
}

#[test]
fn savitzky_golay_is_a_polynomial_fit_in_every_window() {
    let x = series(60, 3);
    for (window, degree, order) in [(5, 2, 0), (9, 4, 0), (9, 3, 1), (11, 3, 2)] {
        let filter = SavitzkyGolay::new(window, degree).unwrap().derivative(order, 0.5).unwrap();
        let half = window / 2;
        let expected: Vec<f64> = (0..x.len())
            .map(|i| {
                let start = i.saturating_sub(half).min(x.len() - window);
                let c = fit(&x[start..start + window], degree, (i - start) as f64);
                let factorial: f64 = (1..=order).map(|k| k as f64).product();
                c[order] * factorial / 0.5_f64.powi(order as i32)
            })
            .collect();
        assert_close("savgol", &filter.filter(&x).unwrap(), &expected, 1e-10);
    }
}

/// Coefficients of the least-squares polynomial in `t - origin`, by Gram-Schmidt on the powers, twice.
fn fit(y: &[f64], degree: usize, origin: f64) -> Vec<f64> {
    let n = y.len();
    let powers: Vec<Vec<f64>> =
        (0..=degree).map(|k| (0..n).map(|i| (i as f64 - origin).powi(k as i32)).collect()).collect();
    let mut q: Vec<Vec<f64>> = Vec::new();
    let mut r = vec![vec![0.0; degree + 1]; degree + 1];
    for k in 0..=degree {
        let mut v = powers[k].clone();
        for _ in 0..2 {
            for (j, u) in q.iter().enumerate() {
                let d: f64 = u.iter().zip(&v).map(|(a, b)| a * b).sum();
                r[j][k] += d;
                v.iter_mut().zip(u).for_each(|(a, b)| *a -= d * b);
            }
        }
        r[k][k] = v.iter().map(|a| a * a).sum::<f64>().sqrt();
        q.push(v.iter().map(|a| a / r[k][k]).collect());
    }
    let mut c = vec![0.0; degree + 1];
    for k in (0..=degree).rev() {
        let d: f64 = q[k].iter().zip(y).map(|(a, b)| a * b).sum();
        c[k] = (d - (k + 1..=degree).map(|j| r[k][j] * c[j]).sum::<f64>()) / r[k][k];
    }
    c
}

fn naive_median(mut v: Vec<f64>) -> f64 {
    v.sort_by(f64::total_cmp);
    let n = v.len();
    if n % 2 == 1 { v[n / 2] } else { 0.5 * v[n / 2 - 1] + 0.5 * v[n / 2] }
}

#[test]
fn moving_median_sorts_every_window() {
    for kernel in [1, 3, 5, 51, 301] {
        for x in [series(150, 4), rounded(150, 5)] {
            let half = kernel as isize / 2;
            let at = |i: isize| usize::try_from(i).ok().and_then(|i| x.get(i)).copied().unwrap_or(0.0);
            let expected: Vec<f64> = (0..150).map(|i| naive_median((i - half..=i + half).map(at).collect())).collect();
            assert_eq!(median_filter(&x, kernel).unwrap(), expected, "kernel {kernel}");
        }
    }
}

#[test]
fn hampel_sorts_every_window_twice() {
    for half in [1, 2, 7, 40, 200] {
        for (mut x, sigmas) in [(series(180, 6), 1.0), (rounded(180, 7), 0.0), (series(181, 8), 2.0)] {
            x[33] = f64::NAN;
            x[90] = 50.0;
            let result = Hampel::new(half).sigmas(sigmas).filter(&x).unwrap();
            let mut replaced = Vec::new();
            for i in 0..x.len() {
                let window: Vec<f64> = x[i.saturating_sub(half)..(i + half + 1).min(x.len())]
                    .iter()
                    .copied()
                    .filter(|v| !v.is_nan())
                    .collect();
                let median = naive_median(window.clone());
                let mad = naive_median(window.iter().map(|v| (v - median).abs()).collect());
                if (x[i] - median).abs() > sigmas * 1.4826 * mad {
                    replaced.push(i);
                    assert_eq!(result.cleaned[i], median);
                } else {
                    assert_eq!(result.cleaned[i].to_bits(), x[i].to_bits());
                }
            }
            assert!(replaced.contains(&90));
            assert_eq!(result.replaced, replaced, "half width {half}");
        }
    }
}

#[test]
fn ewma_is_its_weighted_sum() {
    let x = series(120, 9);
    let expected: Vec<f64> = (0..x.len())
        .map(|n| {
            let weight = |i: usize| 0.8_f64.powi((n - i) as i32);
            (0..=n).map(|i| weight(i) * x[i]).sum::<f64>() / (0..=n).map(weight).sum::<f64>()
        })
        .collect();
    assert_close("ewma", &Ewma::alpha(0.2).unwrap().filter(&x), &expected, 1e-12);
}

#[test]
fn resampling_spreads_filters_and_drops() {
    for (up, down, n) in [(3, 2, 50), (2, 3, 51), (1, 4, 40), (5, 1, 7), (7, 11, 100), (3, 50, 2)] {
        let x = series(n, 10);
        let taps: Vec<f64> = series(2 * up.max(down) * 3 + 1, 11);
        let fir = Fir::new(taps.clone()).unwrap();
        let resampler = Resampler::with_filter(up, down, &fir).unwrap();
        let mut spread = vec![0.0; n * up];
        x.iter().enumerate().for_each(|(i, v)| spread[i * up] = up as f64 * v);
        let delay = (taps.len() - 1) / 2;
        let expected: Vec<f64> = (0..n * up)
            .step_by(down)
            .map(|m| {
                (0..taps.len())
                    .filter_map(|k| (m + delay).checked_sub(k).and_then(|j| spread.get(j)).map(|v| taps[k] * v))
                    .sum()
            })
            .collect();
        assert_close(&format!("{up}/{down}"), &resampler.resample(&x), &expected, 1e-12);
    }
}

#[test]
fn detrending_leaves_what_a_fit_leaves() {
    let x = series(80, 12);
    for degree in [0, 1, 2, 5] {
        let expected: Vec<f64> = (0..x.len()).map(|i| x[i] - fit(&x, degree, i as f64)[0]).collect();
        assert_close("detrend", &detrend(&x, Trend::Polynomial(degree)).unwrap(), &expected, 1e-10);
    }
    assert_eq!(detrend(&x, Trend::Linear).unwrap(), detrend(&x, Trend::Polynomial(1)).unwrap());
}

/// Discrete Fourier transform by its definition: real and imaginary parts.
fn dft(x: &[f64]) -> Vec<(f64, f64)> {
    let n = x.len();
    (0..n)
        .map(|k| {
            x.iter().enumerate().fold((0.0, 0.0), |(re, im), (i, v)| {
                let angle = TAU * ((i * k) % n) as f64 / n as f64;
                (re + v * angle.cos(), im - v * angle.sin())
            })
        })
        .collect()
}

#[test]
fn hilbert_turns_every_frequency() {
    for n in [2, 3, 16, 17, 60] {
        let x = series(n, 13);
        let spectrum = dft(&x);
        let expected: Vec<f64> = (0..n)
            .map(|i| {
                (1..n.div_ceil(2))
                    .map(|k| {
                        let angle = TAU * ((i * k) % n) as f64 / n as f64;
                        let (re, im) = spectrum[k];
                        2.0 / n as f64 * (re * angle.sin() + im * angle.cos())
                    })
                    .sum()
            })
            .collect();
        let found = analytic(&x).unwrap().imaginary;
        assert!(found.iter().zip(&expected).all(|(f, e)| (f - e).abs() < 1e-12), "{n}: {found:?} {expected:?}");
    }
}

#[test]
fn band_integration_divides_every_bin() {
    let rate = SampleRate::hz(100.0).unwrap();
    let x = series(90, 14);
    let spectrum = dft(&x);
    // Bins of 100/90 Hz: 5 to 20 Hz are the bins 5 to 18 (5.55 Hz to 20 Hz).
    let expected: Vec<f64> = (0..90)
        .map(|i| {
            (5..=18)
                .map(|k| {
                    let omega = TAU * f64::from(k) * 100.0 / 90.0;
                    let angle = TAU * f64::from(i * k) / 90.0;
                    let (re, im) = spectrum[k as usize];
                    2.0 / 90.0 * (re * angle.sin() + im * angle.cos()) / omega
                })
                .sum()
        })
        .collect();
    let mut found = vec![0.0; 90];
    BandIntegrator::new(90, rate, 5.0..=20.0, 1).unwrap().integrate(&x, &mut found).unwrap();
    assert_close("band integration", &found, &expected, 1e-12);
}

#[test]
fn prominence_walks_to_higher_ground() {
    for x in [series(300, 15), rounded(300, 16), vec![0.0; 20]] {
        for window in [None, Some(9), Some(1000)] {
            let finder = window.map_or(FindPeaks::new(), |w| FindPeaks::new().window(w));
            for p in finder.find(&x).unwrap() {
                let reach = window.map_or(x.len(), |w| w / 2);
                let walk = |places: Vec<usize>| {
                    let mut low = p.index;
                    for i in places {
                        if x[i] > x[p.index] {
                            break;
                        }
                        if x[i] < x[low] {
                            low = i;
                        }
                    }
                    low
                };
                let left = walk((p.index.saturating_sub(reach)..p.index).rev().collect());
                let right = walk((p.index + 1..(p.index + 1 + reach).min(x.len())).collect());
                assert_eq!((p.left_base, p.right_base), (left, right));
                assert_eq!(p.prominence, x[p.index] - x[left].max(x[right]));
            }
        }
    }
}

/// Rainflow by repeated passes over the list of reversals.
fn naive_rainflow(x: &[f64]) -> Vec<(f64, f64)> {
    let mut y = x.to_vec();
    y.dedup();
    let mut points: Vec<f64> = (0..y.len())
        .filter(|&i| i == 0 || i + 1 == y.len() || (y[i] - y[i - 1]).signum() != (y[i + 1] - y[i]).signum())
        .map(|i| y[i])
        .collect();
    let mut cycles = Vec::new();
    let range = |p: &[f64], i: usize| (p[i + 1] - p[i]).abs();
    while let Some(i) = (0..points.len().saturating_sub(2)).find(|&i| range(&points, i) <= range(&points, i + 1)) {
        cycles.push((range(&points, i), if i == 0 { 0.5 } else { 1.0 }));
        points.drain(i..if i == 0 { 1 } else { i + 2 });
    }
    cycles.extend((1..points.len()).map(|i| ((points[i] - points[i - 1]).abs(), 0.5)));
    cycles
}

#[test]
fn rainflow_takes_out_the_first_closed_range() {
    for x in [series(400, 17), rounded(400, 18), rounded(5, 19), vec![1.0, 1.0]] {
        let found: Vec<(f64, f64)> = rainflow(&x).unwrap().iter().map(|c| (c.range, c.count)).collect();
        assert_eq!(found, naive_rainflow(&x));
    }
}
