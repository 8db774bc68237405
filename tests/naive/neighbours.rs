//! Naive twins of the detectors by neighbours, density and memory: every distance, in full, by the definitions.

use ndarray::{Array2, ArrayView1};
use prognos::anomaly::{Bandwidth, Detector, Estimator, Kde, Knn, KnnDistance, Lof, Metric, Mset};

/// Numbers without a pattern in -1..1.
fn table(n: usize, d: usize, seed: u64) -> Array2<f64> {
    let mut state = seed;
    let mut next = move || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 11) as f64 / (1u64 << 52) as f64 - 1.0
    };
    // Some columns follow others, some rows repeat.
    let mut x = Array2::from_shape_simple_fn((n, d), &mut next);
    for i in 0..n {
        for j in 1..d {
            x[[i, j]] = x[[i, j]] * 0.3 + x[[i, j - 1]];
        }
        if i % 11 == 10 {
            let earlier = x.row(i - 5).to_owned();
            x.row_mut(i).assign(&earlier);
        }
    }
    x
}

fn distance(metric: Metric, a: ArrayView1<'_, f64>, b: ArrayView1<'_, f64>) -> f64 {
    let differences = a.iter().zip(b).map(|(a, b)| (a - b).abs());
    match metric {
        Metric::Euclidean => differences.map(|d| d * d).sum::<f64>().sqrt(),
        Metric::Manhattan => differences.sum(),
    }
}

/// Distances and row numbers, nearest first.
fn sorted(metric: Metric, x: &Array2<f64>, row: ArrayView1<'_, f64>, without: Option<usize>) -> Vec<(f64, usize)> {
    let rows = (0..x.nrows()).filter(|i| Some(*i) != without);
    let mut all: Vec<(f64, usize)> = rows.map(|i| (distance(metric, row, x.row(i)), i)).collect();
    all.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
    all
}

fn assert_close(what: &str, found: f64, expected: f64) {
    assert!((found - expected).abs() <= 1e-9 * (1.0 + expected.abs()), "{what}: {found}, expected {expected}");
}

#[test]
fn distances_by_sorting_all_of_them() {
    for (n, d) in [(40, 2), (500, 3), (700, 12), (300, 40)] {
        let (x, new) = (table(n, d, 1), table(30, d, 2));
        for metric in [Metric::Euclidean, Metric::Manhattan] {
            for k in [1, 4, 9] {
                for rule in [KnnDistance::Largest, KnnDistance::Mean, KnnDistance::Median] {
                    let model = Knn::params().neighbours(k).distance(rule).metric(metric).unscaled().fit(&x).unwrap();
                    let expected = |all: Vec<(f64, usize)>| {
                        let near: Vec<f64> = all[..k].iter().map(|a| a.0).collect();
                        match rule {
                            KnnDistance::Largest => near[k - 1],
                            KnnDistance::Mean => near.iter().sum::<f64>() / k as f64,
                            KnnDistance::Median => 0.5 * (near[(k - 1) / 2] + near[k / 2]),
                        }
                    };
                    for i in (0..n).step_by(7) {
                        let all = sorted(metric, &x, x.row(i), Some(i));
                        assert_close("training row", model.train_scores()[i], expected(all));
                    }
                    for (row, score) in new.rows().into_iter().zip(model.score(&new).unwrap()) {
                        assert_close("new row", score, expected(sorted(metric, &x, row, None)));
                    }
                }
            }
        }
    }
}

#[test]
fn local_factors_by_the_definition() {
    for (n, d, k) in [(60, 2, 5), (400, 6, 20), (25, 3, 24)] {
        let (x, new) = (table(n, d, 3), table(20, d, 4));
        let model = Lof::params().neighbours(k).unscaled().fit(&x).unwrap();
        let near: Vec<Vec<(f64, usize)>> =
            (0..n).map(|i| sorted(Metric::Euclidean, &x, x.row(i), Some(i))[..k].to_vec()).collect();
        let density = |near: &[(f64, usize)], all: &[Vec<(f64, usize)>]| {
            let reach: f64 = near.iter().map(|(d, o)| d.max(all[*o][k - 1].0)).sum();
            1.0 / (reach / k as f64 + 1e-10)
        };
        let factor = |row: &[(f64, usize)]| {
            let others: f64 = row.iter().map(|(_, o)| density(&near[*o], &near)).sum();
            others / k as f64 / density(row, &near)
        };
        for (i, found) in model.train_scores().iter().enumerate() {
            assert_close("training row", *found, factor(&near[i]));
        }
        for (row, found) in new.rows().into_iter().zip(model.score(&new).unwrap()) {
            assert_close("new row", found, factor(&sorted(Metric::Euclidean, &x, row, None)[..k]));
        }
    }
}

#[test]
fn densities_by_the_definition() {
    for (n, d, h) in [(13, 1, 0.5), (200, 4, 0.7)] {
        let (x, new) = (table(n, d, 5), table(20, d, 6));
        let model = Kde::params().bandwidth(Bandwidth::Value(h)).unscaled().fit(&x).unwrap();
        let norm = (2.0 * std::f64::consts::PI).sqrt() * h;
        let density = |row: ArrayView1<'_, f64>| {
            let kernel = |other: ArrayView1<'_, f64>| {
                let marginals = row.iter().zip(other).map(|(a, b)| (-0.5 * ((a - b) / h).powi(2)).exp() / norm);
                marginals.product::<f64>()
            };
            x.rows().into_iter().map(kernel).sum::<f64>() / n as f64
        };
        for (row, found) in new.rows().into_iter().zip(model.score(&new).unwrap()) {
            assert_close("density", found, -density(row).ln());
        }
    }
}

/// Solves by Gauss-Jordan elimination with pivots.
fn solve(mut a: Array2<f64>, mut b: Array2<f64>) -> Array2<f64> {
    let n = a.nrows();
    for i in 0..n {
        let pivot = (i..n).max_by(|&p, &q| a[[p, i]].abs().total_cmp(&a[[q, i]].abs())).unwrap();
        for m in [&mut a, &mut b] {
            for j in 0..m.ncols() {
                m.swap([i, j], [pivot, j]);
            }
        }
        let p = a[[i, i]];
        a.row_mut(i).mapv_inplace(|v| v / p);
        b.row_mut(i).mapv_inplace(|v| v / p);
        for r in (0..n).filter(|&r| r != i) {
            let f = a[[r, i]];
            for m in [&mut a, &mut b] {
                for j in 0..m.ncols() {
                    let v = m[[i, j]];
                    m[[r, j]] -= f * v;
                }
            }
        }
    }
    b
}

#[test]
fn estimates_by_elimination() {
    let (x, new) = (table(50, 3, 7), table(20, 3, 8));
    let mean = x.mean_axis(ndarray::Axis(0)).unwrap();
    let sd = x.std_axis(ndarray::Axis(0), 1.0);
    let scaled = |x: &Array2<f64>| (x - &mean) / &sd;
    let (memory, rows) = (scaled(&x), scaled(&new));
    let like = |a: &Array2<f64>, b: &Array2<f64>| {
        Array2::from_shape_fn((a.nrows(), b.nrows()), |(i, k)| {
            (-0.5 * (distance(Metric::Euclidean, a.row(i), b.row(k)) / 0.8).powi(2)).exp()
        })
    };
    // All rows are the memory.
    for estimator in [Estimator::Mset, Estimator::Aakr] {
        let model = Mset::params().estimator(estimator).width(0.8).ridge(0.01).fit(&x).unwrap();
        let found = model.estimate(&new).unwrap();
        let s = like(&rows, &memory);
        let expected = match estimator {
            Estimator::Mset => s.dot(&solve(like(&memory, &memory) + Array2::<f64>::eye(50) * 0.01, memory.clone())),
            Estimator::Aakr => {
                let sums = s.sum_axis(ndarray::Axis(1)).insert_axis(ndarray::Axis(1));
                s.dot(&memory) / &sums
            }
        };
        for (found, expected) in found.iter().zip((&expected * &sd + &mean).iter()) {
            assert_close("estimate", *found, *expected);
        }
    }
}
