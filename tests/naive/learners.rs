//! Learners against slow and obvious twins.

use ndarray::{Array1, Array2};
use prognos::learners::{Forest, GradientBoosting, Linear, Regressor};
use prognos::metrics::survival;

fn wave(i: usize, k: f64) -> f64 {
    (i as f64 * k).sin()
}

/// The best first cut by trying every edge of every column: (column, error that is left).
fn best_cut(x: &Array2<f64>, y: &[f64], least: usize) -> (usize, f64) {
    let squares = |y: &[f64]| {
        let m = y.iter().sum::<f64>() / y.len() as f64;
        y.iter().map(|v| (v - m).powi(2)).sum::<f64>()
    };
    let mut best = (0, f64::INFINITY);
    for j in 0..x.ncols() {
        for &edge in x.column(j) {
            let (left, right): (Vec<usize>, Vec<usize>) = (0..y.len()).partition(|&i| x[[i, j]] <= edge);
            if left.len() < least || right.len() < least {
                continue;
            }
            let of = |rows: &[usize]| squares(&rows.iter().map(|&i| y[i]).collect::<Vec<_>>());
            let error = of(&left) + of(&right);
            if error < best.1 - 1e-9 {
                best = (j, error);
            }
        }
    }
    best
}

#[test]
fn the_first_cut_is_the_best() {
    let x = Array2::from_shape_fn((200, 4), |(i, j)| wave(i * (j + 3), 0.61));
    let y: Array1<f64> = (0..200).map(|i| if x[[i, 2]] > 0.3 { 5.0 } else { 0.0 } + wave(i, 1.3)).collect();
    let (_, error) = best_cut(&x, y.as_slice().unwrap(), 5);
    let stump = Forest::random_forest().trees(1).bootstrap(false).column_fraction(1.0).max_depth(1).min_leaf(5);
    let boosted = GradientBoosting::params()
        .trees(1)
        .learning_rate(1.0)
        .leaves(2)
        .l2(0.0)
        .row_fraction(1.0)
        .min_leaf(5)
        .max_bins(255);
    let of = |p: Array1<f64>| (&p - &y).mapv(|e| e * e).sum();
    assert!((of(stump.fit(&x, &y).unwrap().predict(&x).unwrap()) - error).abs() < 1e-9);
    assert!((of(boosted.fit(&x, &y).unwrap().predict(&x).unwrap()) - error).abs() < 1e-9);
}

/// Expected prediction when only some columns are known, over the tree's training rows: path dependent, by recursion on what
/// the forest itself predicts for rows that agree... Shapley's formula over all subsets, with the rows as the law.
#[test]
fn shapley_values_of_a_stump_and_of_a_product() {
    // One column: all of the difference is its own.
    let x = Array2::from_shape_fn((100, 2), |(i, j)| if j == 0 { (i % 2) as f64 } else { (i / 2 % 2) as f64 });
    let y: Array1<f64> = x.rows().into_iter().map(|r| 10.0 * r[0] * r[1]).collect();
    let tree = Forest::random_forest().trees(1).bootstrap(false).column_fraction(1.0).min_leaf(1).fit(&x, &y).unwrap();
    let why = tree.shapley(x.row(3)).unwrap();
    // E = 2.5; known one of two: 5; both: 10. Each gets half of the way: (5 - 2.5 + 10 - 5) / 2.
    assert!((why.expected() - 2.5).abs() < 1e-9);
    assert!(why.values().iter().all(|v| (v - 3.75).abs() < 1e-9), "{:?}", why.values());
    let why = tree.shapley(x.row(0)).unwrap();
    assert!((why.prediction()).abs() < 1e-9 && why.values().iter().all(|v| (v + 1.25).abs() < 1e-9));
}

#[test]
fn ridge_solves_the_normal_equations() {
    let x = Array2::from_shape_fn((50, 3), |(i, j)| wave(i * (j + 2), 0.37) * (j + 1) as f64);
    let y: Array1<f64> = (0..50).map(|i| 2.0 + wave(i, 0.9) - 0.5 * x[[i, 1]]).collect();
    for (penalty, mix) in [(0.1, 0.0), (0.02, 0.5), (0.05, 1.0)] {
        let model =
            if mix > 0.0 { Linear::elastic_net(mix) } else { Linear::ridge() }.penalty(penalty).fit(&x, &y).unwrap();
        let residual = &y - &model.predict(&x).unwrap();
        assert!(residual.sum().abs() < 1e-9);
        for j in 0..3 {
            let column = x.column(j);
            let mean = column.mean().unwrap();
            let sd = (column.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / 49.0).sqrt();
            let slope = column.iter().zip(&residual).map(|(v, r)| (v - mean) / sd * r).sum::<f64>() / 50.0;
            let weight = model.weights()[j] * sd;
            // The derivative of the penalised error is 0, or within the lasso's dead band.
            let pull = penalty * (1.0 - mix) * weight;
            if weight == 0.0 {
                assert!(slope.abs() <= penalty * mix + 1e-9);
            } else {
                assert!((slope - pull - penalty * mix * weight.signum()).abs() < 1e-8, "{penalty} {mix} {j}");
            }
        }
    }
}

#[test]
fn quantiles_are_those_of_the_weighted_targets() {
    let x = Array2::from_shape_fn((120, 2), |(i, j)| wave(i * (j + 3), 0.61));
    let y: Array1<f64> = (0..120).map(|i| x[[i, 0]] * 3.0 + wave(i, 2.1)).collect();
    let forest = Forest::extra_trees().trees(7).min_leaf(4).keep_targets(true).fit(&x, &y).unwrap();
    // A single tree whose leaf holds all rows: quantiles of the targets themselves.
    let root = Forest::extra_trees().trees(1).max_depth(0).keep_targets(true).fit(&x, &y).unwrap();
    let mut sorted = y.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    for p in [0.0_f64, 0.1, 0.5, 0.9, 1.0] {
        let wanted = sorted[((p * 120.0).ceil() as usize).max(1) - 1];
        assert_eq!(root.quantiles(&x, &[p]).unwrap()[[0, 0]], wanted, "{p}");
    }
    let bands = forest.quantiles(&x, &[0.1, 0.5, 0.9]).unwrap();
    assert!(bands.rows().into_iter().all(|r| r[0] <= r[1] && r[1] <= r[2]));
}

#[test]
fn concordance_counts_pairs() {
    let ages: Vec<f64> = (0..90).map(|i| f64::from(i * 37 % 41)).collect();
    let failed: Vec<bool> = (0..90).map(|i| i % 3 != 0).collect();
    let risks: Vec<f64> = (0..90).map(|i| f64::from(i * 17 % 23)).collect();
    let (mut right, mut wrong, mut tied) = (0, 0, 0);
    for i in 0..90 {
        for j in 0..90 {
            let before = failed[i] && (ages[i] < ages[j] || (ages[i] == ages[j] && !failed[j]));
            if before {
                match risks[i].total_cmp(&risks[j]) {
                    std::cmp::Ordering::Greater => right += 1,
                    std::cmp::Ordering::Less => wrong += 1,
                    std::cmp::Ordering::Equal => tied += 1,
                }
            }
        }
    }
    let c = survival::concordance(&ages, &failed, &risks).unwrap();
    assert_eq!((c.concordant, c.discordant, c.tied_risk), (right, wrong, tied));
}
