//! Autoregressions and tests of stationarity from their definitions: explicit columns, orthogonalised twice.

use prognos::features::FeatureSet;
use prognos::signal::SampleRate;
use prognos::signal::autoregression::{ArMethod, ArModel};

fn features(names: &[String], x: &[f64]) -> Vec<f64> {
    let set = FeatureSet::from_names(names).unwrap();
    let mut row = vec![0.0; names.len()];
    set.extractor(x.len(), SampleRate::hz(1000.0).unwrap()).unwrap().extract_into(x, &mut row).unwrap();
    row
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(x, y)| x * y).sum()
}

/// Coefficients and residual sum of squares of a regression on columns.
fn least_squares(columns: &[Vec<f64>], y: &[f64]) -> (Vec<f64>, f64, Vec<Vec<f64>>) {
    let p = columns.len();
    let (mut q, mut r) = (Vec::<Vec<f64>>::new(), vec![vec![0.0; p]; p]);
    for (j, column) in columns.iter().enumerate() {
        let mut v = column.clone();
        for _ in 0..2 {
            for (i, u) in q.iter().enumerate() {
                let c = dot(u, &v);
                r[i][j] += c;
                v.iter_mut().zip(u).for_each(|(a, b)| *a -= c * b);
            }
        }
        r[j][j] = dot(&v, &v).sqrt();
        v.iter_mut().for_each(|a| *a /= r[j][j]);
        q.push(v);
    }
    let mut rest = y.to_vec();
    let mut g = vec![0.0; p];
    for _ in 0..2 {
        for (i, u) in q.iter().enumerate() {
            let c = dot(u, &rest);
            g[i] += c;
            rest.iter_mut().zip(u).for_each(|(a, b)| *a -= c * b);
        }
    }
    let mut beta = vec![0.0; p];
    for i in (0..p).rev() {
        beta[i] = (g[i] - (i + 1..p).map(|k| r[i][k] * beta[k]).sum::<f64>()) / r[i][i];
    }
    (beta, dot(&rest, &rest), r)
}

fn lagged(x: &[f64], order: usize) -> (Vec<Vec<f64>>, Vec<f64>) {
    let n = x.len();
    let mut columns = vec![vec![1.0; n - order]];
    columns.extend((1..=order).map(|k| x[order - k..n - k].to_vec()));
    (columns, x[order..].to_vec())
}

/// Statistic with rows from `first`; and n ln(rss) for the criteria.
fn dickey_fuller(x: &[f64], lags: usize, first: usize) -> (f64, f64, f64) {
    let d: Vec<f64> = x.windows(2).map(|p| p[1] - p[0]).collect();
    let n = d.len();
    let mut columns = vec![vec![1.0; n - first]];
    columns.extend((1..=lags).map(|k| d[first - k..n - k].to_vec()));
    columns.push(x[first..n].to_vec());
    let (beta, rest, r) = least_squares(&columns, &d[first..]);
    let rows = (n - first) as f64;
    let last = columns.len() - 1;
    let error = (rest / (rows - columns.len() as f64)).sqrt() / r[last][last];
    (beta[last] / error, rest, rows)
}

/// Series with a root, an offset, and hardly any noise.
fn cases() -> Vec<Vec<f64>> {
    let noise = |i: usize| ((i * i) as f64 * 0.618).sin() + ((i * i * i) as f64 * 0.311).cos();
    let mut walk = vec![0.0];
    let mut resonance = vec![0.1, 0.3];
    for t in 2..700 {
        walk.push(walk[t - 2] + noise(t));
        resonance.push(1.7 * resonance[t - 1] - 0.9 * resonance[t - 2] + noise(t));
    }
    let smooth = (0..500).map(|t| 1e3 + (t as f64 * 0.05).sin() + 0.3 * (t as f64 * 0.013).cos() + 1e-4 * noise(t));
    vec![walk, resonance, smooth.collect(), (0..37).map(noise).collect()]
}

fn assert_close(found: &[f64], expected: &[f64], tolerance: f64, what: &str) {
    assert_eq!(found.len(), expected.len());
    for (i, (f, e)) in found.iter().zip(expected).enumerate() {
        assert!((f - e).abs() <= tolerance * (1.0 + e.abs()), "{what} [{i}]: {f} {e}");
    }
}

#[test]
fn least_squares_is_that_of_explicit_columns() {
    for x in cases() {
        for order in [1, 2, 5, 10, 17] {
            let (columns, y) = lagged(&x, order);
            let (beta, rest, _) = least_squares(&columns, &y);
            let mut names: Vec<String> = (0..=order).map(|c| format!("ar_coefficient__coeff_{c}__k_{order}")).collect();
            names.push(format!("ar_variance__k_{order}"));
            let found = features(&names, &x);
            // The explicit way loses digits to the condition of the smooth series.
            assert_close(&found[..=order], &beta, 1e-6, "coefficients");
            assert_close(&found[order + 1..], &[rest / y.len() as f64], 1e-9, "variance");
            let model = ArModel::params().order(order).method(ArMethod::LeastSquares).fit(&x).unwrap();
            assert_eq!(model.coefficients(), &found[1..=order]);
            let residual = model.residuals(&x).unwrap();
            let ratio = dot(&residual, &residual) / rest;
            assert!((ratio - 1.0).abs() < 1e-6, "{order}: {ratio}");
        }
    }
}

#[test]
fn the_dickey_fuller_test_is_that_of_separate_regressions() {
    for x in cases() {
        let n = x.len();
        let most = ((12.0 * (n as f64 / 100.0).powf(0.25)).ceil() as usize).min(n / 2 - 2);
        for lags in [0, 1, 4] {
            let (t, ..) = dickey_fuller(&x, lags, lags);
            let found = features(&[format!("adf__attr_\"teststat\"__lags_{lags}")], &x);
            assert_close(&found, &[t], 1e-8, "fixed");
        }
        for (word, criterion) in [("AIC", None), ("BIC", Some(()))] {
            let value = |lags: usize| {
                let (_, rest, rows) = dickey_fuller(&x, lags, most);
                let penalty = if criterion.is_some() { rows.ln() } else { 2.0 };
                rows * rest.ln() + penalty * lags as f64
            };
            let best = (0..=most).min_by(|&a, &b| value(a).total_cmp(&value(b))).unwrap();
            let (t, ..) = dickey_fuller(&x, best, best);
            let names =
                ["teststat", "usedlag"].map(|a| format!("augmented_dickey_fuller__attr_\"{a}\"__autolag_\"{word}\""));
            assert_close(&features(&names, &x), &[t, best as f64], 1e-8, word);
        }
    }
}

/// The solution of a linear system by elimination with pivots.
fn eliminate(mut a: Vec<Vec<f64>>, mut b: Vec<f64>) -> Vec<f64> {
    let n = b.len();
    for k in 0..n {
        let top = (k..n).max_by(|&i, &j| a[i][k].abs().total_cmp(&a[j][k].abs())).unwrap();
        a.swap(k, top);
        b.swap(k, top);
        for i in k + 1..n {
            let f = a[i][k] / a[k][k];
            let (above, below) = a.split_at_mut(i);
            below[0][k..].iter_mut().zip(&above[k][k..]).for_each(|(v, u)| *v -= f * u);
            b[i] -= f * b[k];
        }
    }
    for i in (0..n).rev() {
        b[i] = (b[i] - (i + 1..n).map(|j| a[i][j] * b[j]).sum::<f64>()) / a[i][i];
    }
    b
}

#[test]
fn yule_walker_solves_the_equations() {
    for x in cases() {
        let (n, order) = (x.len(), 6);
        let mean = x.iter().sum::<f64>() / n as f64;
        for (word, method) in [("mle", ArMethod::YuleWalker), ("adjusted", ArMethod::YuleWalkerAdjusted)] {
            let covariance: Vec<f64> = (0..=order)
                .map(|k| {
                    let sum: f64 = (0..n - k).map(|i| (x[i] - mean) * (x[i + k] - mean)).sum();
                    sum / (if word == "adjusted" { n - k } else { n }) as f64
                })
                .collect();
            let matrix = (0..order).map(|i| (0..order).map(|j| covariance[i.abs_diff(j)]).collect()).collect();
            let phi = eliminate(matrix, covariance[1..].to_vec());
            let names: Vec<String> = (1..=order)
                .map(|c| format!("yule_walker_coefficient__coeff_{c}__k_{order}__method_\"{word}\""))
                .collect();
            assert_close(&features(&names, &x), &phi, 1e-7, word);
            let variance = covariance[0] - dot(&covariance[1..], &phi);
            let found = features(&[format!("yule_walker_variance__k_{order}__method_\"{word}\"")], &x)[0];
            if variance > 1e-9 * covariance[0] {
                assert!((found / variance - 1.0).abs() < 1e-7);
                let model = ArModel::params().order(order).method(method).fit(&x).unwrap();
                assert_close(model.coefficients(), &phi, 1e-7, "model");
            }
            if word == "mle" {
                assert_close(&features(&["pacf_biased__lag_6".to_owned()], &x), &phi[5..], 1e-7, "partial");
            }
        }
    }
}

#[test]
fn burg_makes_both_errors_smallest() {
    for x in cases() {
        let n = x.len();
        let mean = x.iter().sum::<f64>() / n as f64;
        let centred: Vec<f64> = x.iter().map(|v| v - mean).collect();
        // Errors of every order from the coefficients themselves.
        let mut phi: Vec<f64> = Vec::new();
        for k in 1..=7 {
            let forward = |t: usize| centred[t] - (1..k).map(|j| phi[j - 1] * centred[t - j]).sum::<f64>();
            let backward = |t: usize| centred[t] - (1..k).map(|j| phi[j - 1] * centred[t + j]).sum::<f64>();
            let (mut product, mut power) = (0.0, 0.0);
            for t in k..n {
                let (f, b) = (forward(t), backward(t - k));
                product += f * b;
                power += f * f + b * b;
            }
            let partial = 2.0 * product / power;
            let before = phi.clone();
            for j in 0..k - 1 {
                phi[j] = before[j] - partial * before[k - 2 - j];
            }
            phi.push(partial);
        }
        let names: Vec<String> = (1..=7).map(|c| format!("burg_coefficient__coeff_{c}__k_7")).collect();
        assert_close(&features(&names, &x), &phi, 1e-7, "burg");
        let model = ArModel::params().order(7).fit(&x).unwrap();
        let residual = model.residuals(&x).unwrap();
        let m = residual.len() as f64;
        let level = residual.iter().sum::<f64>() / m;
        let moment = |k: i32| residual.iter().map(|e| (e - level).powi(k)).sum::<f64>() / m;
        let names = ["residual_rms", "residual_kurtosis"].map(|a| format!("burg__attr_\"{a}\"__k_7"));
        let found = features(&names, &x);
        assert!((found[0] / (dot(&residual, &residual) / m).sqrt() - 1.0).abs() < 1e-6);
        assert!((found[1] / (moment(4) / moment(2).powi(2)) - 1.0).abs() < 1e-5);
    }
}

#[test]
fn kpss_and_ljung_box_are_their_sums() {
    for x in cases() {
        let n = x.len();
        let count = n as f64;
        let mean = x.iter().sum::<f64>() / count;
        let e: Vec<f64> = x.iter().map(|v| v - mean).collect();
        let r = |k: usize| dot(&e[k..], &e[..n - k]);
        let near = count.powf(2.0 / 9.0) as usize;
        let (mut s0, mut s1) = (r(0) / count, 0.0);
        for k in 1..=near {
            s0 += r(k) / (count / 2.0);
            s1 += k as f64 * r(k) / (count / 2.0);
        }
        let lags = ((1.1447 * ((s1 / s0) * (s1 / s0)).powf(1.0 / 3.0) * count.powf(1.0 / 3.0)) as usize).min(n - 1);
        let long_run = r(0) + (1..=lags).map(|k| 2.0 * r(k) * (1.0 - k as f64 / (lags as f64 + 1.0))).sum::<f64>();
        let mut sum = 0.0;
        let squares: f64 = e
            .iter()
            .map(|v| {
                sum += v;
                sum * sum
            })
            .sum();
        let statistic = squares / (count * count) / (long_run / count);
        let names = ["lags", "teststat"].map(|a| format!("kpss__attr_\"{a}\""));
        assert_close(&features(&names, &x), &[lags as f64, statistic], 1e-9, "kpss");
        let q = count * (count + 2.0) * (1..=10).map(|k| (r(k) / r(0)).powi(2) / (count - k as f64)).sum::<f64>();
        assert_close(&features(&["ljung_box__attr_\"teststat\"__lags_10".to_owned()], &x), &[q], 1e-9, "ljung box");
    }
}
