//! Naive twins: rolling statistics against the window computed alone.

use prognos::signal::rolling::{RollingQuantiles, RollingStatistics};

fn series() -> Vec<(&'static str, Vec<f64>)> {
    let wave = |i: usize| (i as f64 * 0.37).sin() + 0.3 * (i as f64 * 1.9).cos();
    vec![
        ("wave", (0..700).map(wave).collect()),
        ("offset 1e6", (0..700).map(|i| 1e6 + 1e-2 * wave(i)).collect()),
        ("outlier passes", (0..700).map(|i| if i == 200 { 1e12 } else { wave(i) }).collect()),
        ("ties", (0..700).map(|i| ((i * i * 7) % 5) as f64).collect()),
        ("constant, then steps", (0..700).map(|i| (i / 90) as f64).collect()),
        ("tiny", (0..700).map(|i| 1e-12 * wave(i)).collect()),
    ]
}

fn close(found: f64, expected: f64, unit: f64, what: &str) {
    let near = (found - expected).abs() <= 1e-9 * expected.abs() + 1e-13 * unit;
    assert!(near || (found.is_nan() && expected.is_nan()), "{what}: {found:e}, the twin says {expected:e}");
}

#[test]
fn rolling_statistics_are_those_of_the_window() {
    for (name, x) in series() {
        for len in [1, 2, 3, 10, 97, 256] {
            let mut rolling = RollingStatistics::new(len).unwrap();
            for end in 1..=x.len() {
                rolling.push(x[end - 1]).unwrap();
                let w = &x[end.saturating_sub(len)..end];
                let (n, what) = (w.len() as f64, format!("{name}, {len} to {end}"));
                assert_eq!(rolling.count(), w.len());
                assert_eq!(rolling.is_full(), w.len() == len);
                // Differences of near numbers are exact: the twin loses nothing to an offset.
                let y: Vec<f64> = w.iter().map(|v| v - w[w.len() / 2]).collect();
                let shift = y.iter().sum::<f64>() / n;
                let mean = w[w.len() / 2] + shift;
                let m = |k: i32| y.iter().map(|v| (v - shift).powi(k)).sum::<f64>() / n;
                let size = w.iter().map(|v| v.abs()).fold(0.0, f64::max);
                let low = w.iter().copied().fold(f64::INFINITY, f64::min);
                let high = w.iter().copied().fold(f64::NEG_INFINITY, f64::max);
                close(rolling.mean(), mean, size, &what);
                close(rolling.mean_abs(), w.iter().map(|v| v.abs()).sum::<f64>() / n, size, &what);
                close(rolling.root_mean_square(), (w.iter().map(|v| v * v).sum::<f64>() / n).sqrt(), size, &what);
                assert_eq!((rolling.minimum(), rolling.maximum()), (low, high), "{what}");
                assert_eq!(rolling.peak_to_peak(), high - low);
                if w.len() < 2 {
                    assert!(rolling.variance().is_nan() && rolling.slope().is_nan() && rolling.kurtosis().is_nan());
                    continue;
                }
                close(rolling.variance(), m(2), (high - low).powi(2), &what);
                if low < high {
                    close(rolling.skewness(), m(3) / m(2).powf(1.5), 1e3, &what);
                    close(rolling.kurtosis(), m(4) / m(2).powi(2), 1e3, &what);
                } else {
                    assert!(rolling.skewness().is_nan() && rolling.kurtosis().is_nan(), "{what}");
                }
                let t = |i: usize| i as f64 - (n - 1.0) / 2.0;
                let slope = (0..w.len()).map(|i| t(i) * (y[i] - shift)).sum::<f64>()
                    / (0..w.len()).map(|i| t(i) * t(i)).sum::<f64>();
                close(rolling.slope(), slope, high - low, &what);
            }
        }
    }
}

#[test]
fn rolling_quantiles_are_those_of_the_sorted_window() {
    for (name, x) in series() {
        for len in [1, 2, 7, 100] {
            let mut rolling = RollingQuantiles::new(len).unwrap();
            for end in 1..=x.len() {
                rolling.push(x[end - 1]).unwrap();
                let mut w = x[end.saturating_sub(len)..end].to_vec();
                w.sort_by(f64::total_cmp);
                assert_eq!(rolling.sorted(), w, "{name}, {len} to {end}");
                assert_eq!(rolling.median(), rolling.quantile(0.5).unwrap());
                assert_eq!(rolling.quantile(0.0).unwrap(), w[0]);
                assert_eq!(rolling.quantile(1.0).unwrap(), w[w.len() - 1]);
            }
        }
    }
}
