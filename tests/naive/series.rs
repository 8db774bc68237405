//! Naive twins of the detectors of one series.
#![allow(clippy::needless_range_loop)] // matrices as they are written

use ndarray::{Array2, Axis};
use prognos::anomaly::series::{
    ForecastResidual, LocalPolynomial, Normalise, SeriesDetector, Shift, SpectralResidual, SubPca, WindowKMeans,
};
use prognos::learners::KMeans;

fn series(n: usize) -> Vec<f64> {
    let mut state = 7u64;
    let mut next = move || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 11) as f64 / (1u64 << 52) as f64 - 1.0
    };
    (0..n).map(|t| 20.0 + (t as f64 * 0.37).sin() + 0.4 * next()).collect()
}

fn windows(x: &[f64], m: usize, normalise: Normalise) -> Array2<f64> {
    let mut all = Array2::from_shape_fn((x.len() - m + 1, m), |(i, k)| x[i + k]);
    for mut row in all.rows_mut() {
        let mean = row.sum() / m as f64;
        let sd = (row.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / m as f64).sqrt();
        match normalise {
            Normalise::None => {}
            Normalise::Centre => row -= mean,
            Normalise::Z => row.mapv_inplace(|v| (v - mean) / sd),
        }
    }
    all
}

/// The residual by deflated power iteration on the whole table of windows.
#[test]
fn components_of_windows() {
    let x = series(300);
    for normalise in [Normalise::None, Normalise::Centre, Normalise::Z] {
        let z = windows(&x, 9, normalise);
        let mut rest = &z - &z.mean_axis(Axis(0)).unwrap();
        for _ in 0..2 {
            let mut v = ndarray::Array1::from_elem(9, 1.0);
            v[3] = -2.0;
            for _ in 0..20_000 {
                v = rest.t().dot(&rest.dot(&v));
                v /= v.dot(&v).sqrt();
            }
            let t = rest.dot(&v);
            for (mut row, t) in rest.rows_mut().into_iter().zip(&t) {
                row.scaled_add(-t, &v);
            }
        }
        let model = SubPca::params(9).components(2).normalise(normalise).fit(&x).unwrap();
        let found = model.score_windows(&x).unwrap();
        for (f, row) in found.iter().zip(rest.rows()) {
            assert!((f - row.dot(&row)).abs() < 1e-7 * (1.0 + f), "{normalise:?}: {f} {}", row.dot(&row));
        }
    }
}

/// Windows that are never stored cluster as the table of them does.
#[test]
fn clusters_of_windows() {
    let x = series(400);
    let z = windows(&x, 12, Normalise::Z);
    let model = WindowKMeans::params(12).clusters(5).seed(3).fit(&x).unwrap();
    let twin = KMeans::params().clusters(5).seed(3).restarts(1).fit(&z).unwrap();
    assert_eq!(model.sizes(), twin.sizes());
    let distances = twin.nearest(&z).unwrap().1;
    let scores = model.score_windows(&x).unwrap();
    assert!(scores.iter().zip(&distances).all(|(a, b)| (a - b).abs() < 1e-9));
    // Spread by the definition.
    let samples = model.score_series(&x).unwrap();
    for (t, s) in samples.iter().enumerate() {
        let covering: Vec<f64> = (0..scores.len()).filter(|w| (*w..w + 12).contains(&t)).map(|w| scores[w]).collect();
        assert!((s - covering.iter().sum::<f64>() / covering.len() as f64).abs() < 1e-12);
    }
}

/// Transforms as sums.
#[test]
fn spectral_residual() {
    let x: Vec<f64> = series(60).iter().map(|v| v - 19.0).collect();
    let n = x.len();
    let turn = |k: usize, t: usize| std::f64::consts::TAU * (k * t % n) as f64 / n as f64;
    let f: Vec<(f64, f64)> = (0..n)
        .map(|k| (0..n).fold((0.0, 0.0), |(re, im), t| (re + x[t] * turn(k, t).cos(), im - x[t] * turn(k, t).sin())))
        .collect();
    let log: Vec<f64> = f.iter().map(|(re, im)| re.hypot(*im).ln()).collect();
    for q in [1, 3, 7] {
        let at = |k: i64| usize::try_from(k).ok().and_then(|k| log.get(k)).copied().unwrap_or(0.0);
        let residual: Vec<f64> =
            (0..n as i64).map(|k| at(k) - (-(q / 2)..=q / 2).map(|d| at(k + d)).sum::<f64>() / q as f64).collect();
        let found = SpectralResidual::params().bins(q as usize).build().unwrap().score_series(&x).unwrap();
        for (t, value) in found.iter().enumerate() {
            let (mut re, mut im) = (0.0, 0.0);
            for k in 0..n {
                let phase = f[k].1.atan2(f[k].0) + turn(k, t);
                re += residual[k].exp() * phase.cos() / n as f64;
                im += residual[k].exp() * phase.sin() / n as f64;
            }
            assert!((value - re.hypot(im)).abs() < 1e-9 * (1.0 + value), "{q} {t}");
        }
    }
}

/// A polynomial fitted anew at every sample by normal equations.
#[test]
fn local_polynomial() {
    let x = series(80);
    let model = LocalPolynomial::params(6).degree(2).gap(1).moving_scale(false).fit(&x).unwrap();
    let curve = model.fitted(&x).unwrap();
    for t in 6..74 {
        let places: Vec<i32> = (-6..=6).filter(|k: &i32| k.abs() > 1).collect();
        let value = |k: i32| x[(t as i32 + k) as usize];
        let mut a = [[0.0; 4]; 3];
        for &k in &places {
            let p = [1.0, f64::from(k), f64::from(k * k)];
            for i in 0..3 {
                for j in 0..3 {
                    a[i][j] += p[i] * p[j];
                }
                a[i][3] += p[i] * value(k);
            }
        }
        for i in 0..3 {
            for r in (0..3).filter(|r| *r != i) {
                let f = a[r][i] / a[i][i];
                let pivot = a[i];
                for (cell, p) in a[r].iter_mut().zip(pivot) {
                    *cell -= f * p;
                }
            }
        }
        assert!((curve[t] - a[0][3] / a[0][0]).abs() < 1e-9, "{t}");
    }
}

#[test]
fn shifts_and_smoothing() {
    let x = series(120);
    let median = |s: &[f64]| {
        let mut s = s.to_vec();
        s.sort_by(f64::total_cmp);
        (s[(s.len() - 1) / 2] + s[s.len() / 2]) / 2.0
    };
    let sd = |s: &[f64]| {
        let mean = s.iter().sum::<f64>() / s.len() as f64;
        (s.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / (s.len() - 1) as f64).sqrt()
    };
    let level = Shift::level(8).fit(&x).unwrap().differences(&x).unwrap();
    let volatility = Shift::volatility(8).fit(&x).unwrap().differences(&x).unwrap();
    let persist = Shift::persist(3).fit(&x).unwrap().differences(&x).unwrap();
    for t in 8..=112 {
        let (left, right) = (&x[t - 8..t], &x[t..t + 8]);
        assert!((level[t - 8] - (median(right) - median(left))).abs() < 1e-12);
        assert!((volatility[t - 8] - (sd(right) - sd(left)) / sd(left)).abs() < 1e-10);
    }
    assert!((3..120).all(|t| (persist[t - 3] - (x[t] - median(&x[t - 3..t]))).abs() < 1e-12));
    // No factor on a fine grid is better than the one found.
    let model = ForecastResidual::exponential().fit(&x).unwrap();
    let loss = |a: f64| {
        let mut level = x[0];
        x[1..]
            .iter()
            .map(|v| {
                let e = v - level;
                level += a * e;
                e * e
            })
            .sum::<f64>()
    };
    let found = loss(model.factors().unwrap()[0]);
    assert!((1..1000).all(|k| loss(f64::from(k) / 1000.0) > found * (1.0 - 1e-6)));
}
