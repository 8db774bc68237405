//! Naive twins of the detectors of rows: covariances and margins.

use ndarray::{Array1, Array2, Axis};
use prognos::anomaly::{
    Bins, ComponentDistance, Covariance, Detector, Discrepancy, EmpiricalTails, Hbos, Mahalanobis, Probability,
};
use prognos::learners::Scaling;

/// Numbers without a pattern in -1..1.
fn numbers(n: usize, seed: u64) -> Vec<f64> {
    let mut state = seed;
    let mut next = move || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 11) as f64 / (1u64 << 52) as f64 - 1.0
    };
    (0..n).map(|_| next()).collect()
}

fn table(n: usize, d: usize, seed: u64) -> Array2<f64> {
    let x = Array2::from_shape_vec((n, d), numbers(n * d, seed)).unwrap();
    let mix = Array2::from_shape_vec((d, d), numbers(d * d, seed + 1)).unwrap();
    x.dot(&mix) + 3.0
}

/// `a⁻¹ b` by elimination with pivots, and the determinant of `a`.
fn solve(a: &Array2<f64>, b: &Array1<f64>) -> (Array1<f64>, f64) {
    let n = a.nrows();
    let (mut a, mut b, mut determinant) = (a.clone(), b.clone(), 1.0);
    for i in 0..n {
        let pivot = (i..n).max_by(|&p, &q| a[[p, i]].abs().total_cmp(&a[[q, i]].abs())).unwrap();
        if pivot != i {
            (0..n).for_each(|j| a.swap([i, j], [pivot, j]));
            b.swap(i, pivot);
            determinant = -determinant;
        }
        determinant *= a[[i, i]];
        for r in i + 1..n {
            let f = a[[r, i]] / a[[i, i]];
            (i..n).for_each(|j| a[[r, j]] -= f * a[[i, j]]);
            b[r] -= f * b[i];
        }
    }
    for i in (0..n).rev() {
        b[i] = (b[i] - (i + 1..n).map(|j| a[[i, j]] * b[j]).sum::<f64>()) / a[[i, i]];
    }
    (b, determinant)
}

/// Mean and covariance, divided by n.
fn moments(x: &Array2<f64>) -> (Array1<f64>, Array2<f64>) {
    let mean = x.mean_axis(Axis(0)).unwrap();
    let z = x - &mean;
    let covariance = z.t().dot(&z) / x.nrows() as f64;
    (mean, covariance)
}

#[test]
fn distances_and_shrinkage_by_their_formulas() {
    for (n, d) in [(30, 1), (25, 4), (200, 6)] {
        let x = table(n, d, 3 + n as u64);
        let (mean, s) = moments(&x);
        let mu = s.diag().sum() / d as f64;
        let target = Array2::<f64>::eye(d) * mu;
        let square = |a: &Array2<f64>| a.iter().map(|v| v * v).sum::<f64>();
        let spread = x.rows().into_iter().map(|row| {
            let z = (&row - &mean).insert_axis(Axis(1));
            square(&(z.dot(&z.t()) - &s))
        });
        let ledoit_wolf = (spread.sum::<f64>() / (n * n) as f64 / square(&(&s - &target))).min(1.0);
        let (t1, t2) = (s.diag().sum(), square(&s));
        let (df, nf) = (d as f64, n as f64);
        let oas = ((t2 / (df * df) + mu * mu) / ((nf + 1.0) * (t2 / (df * df) - mu * mu / df))).min(1.0);
        assert!((t1 - mu * df).abs() < 1e-12);
        for (covariance, shrinkage) in [
            (Covariance::Empirical, 0.0),
            (Covariance::Shrunk(0.3), 0.3),
            (Covariance::LedoitWolf, if d > 1 { ledoit_wolf } else { 0.0 }),
            (Covariance::Oas, if d > 1 { oas } else { 0.0 }),
        ] {
            let model = Mahalanobis::params().covariance(covariance).scaling(Scaling::Centre).fit(&x).unwrap();
            assert!((model.shrinkage() - shrinkage).abs() < 1e-10, "{covariance:?}: {} {shrinkage}", model.shrinkage());
            let shrunk = &s * (1.0 - shrinkage) + &target * shrinkage;
            let scores = model.score(&x).unwrap();
            for (row, score) in x.rows().into_iter().zip(&scores) {
                let z = &row - &mean;
                let solved = solve(&shrunk, &z).0;
                assert!((z.dot(&solved) - score).abs() < 1e-9 * (1.0 + score));
                let why = model.explain(row).unwrap();
                for (part, expected) in why.contributions().iter().zip(&z * &solved) {
                    assert!((part - expected).abs() < 1e-9 * (1.0 + score));
                }
            }
        }
    }
}

/// All subsets of `h` of `n` rows.
fn subsets(n: usize, h: usize) -> Vec<Vec<usize>> {
    (0u32..1 << n)
        .filter(|m| m.count_ones() as usize == h)
        .map(|m| (0..n).filter(|i| m >> i & 1 == 1).collect())
        .collect()
}

#[test]
fn the_minimum_determinant_by_trying_all_subsets() {
    for (n, d, seed) in [(11, 1, 1), (12, 2, 2), (13, 2, 3), (12, 3, 4), (14, 2, 5)] {
        let mut x = table(n, d, seed);
        x[[0, 0]] += 50.0;
        x[[1, d - 1]] -= 30.0;
        let model = Mahalanobis::params().covariance(Covariance::Mcd).fit(&x);
        let h = (n + d + 2) / 2;
        let best = subsets(n, h)
            .into_iter()
            .map(|rows| solve(&moments(&x.select(Axis(0), &rows)).1, &Array1::zeros(d)).1)
            .fold(f64::INFINITY, f64::min);
        let model = model.unwrap();
        let found = solve(&model.raw_covariance().unwrap(), &Array1::zeros(d)).1;
        assert_eq!(model.support().unwrap().0, h);
        assert!((found / best - 1.0).abs() < 1e-9, "{n} {d}: {found} {best}");
        // Consistency of the raw distances, and the reweighted estimate from the rows they leave in.
        let raw = model.raw_distances(&x).unwrap();
        let used: Vec<usize> =
            (0..n).filter(|&i| raw[i] < [5.023886187314888, 7.377758908227871, 9.348403604496148][d - 1]).collect();
        assert_eq!(model.support().unwrap().1, used.len());
        let (mean, covariance) = moments(&x.select(Axis(0), &used));
        let scale = model.covariance()[[0, 0]] / covariance[[0, 0]];
        assert!(scale > 1.0 && scale < 1.3);
        for (a, b) in model.location().iter().zip(&mean) {
            assert!((a - b).abs() < 1e-10);
        }
        for (a, b) in model.covariance().iter().zip(&(covariance * scale)) {
            assert!((a - b).abs() < 1e-9);
        }
    }
}

#[test]
fn tails_by_counting() {
    let mut x = table(90, 4, 7);
    // Ties, and a column to the left.
    x.column_mut(1).mapv_inplace(|v| (2.0 * v).round());
    x.column_mut(2).mapv_inplace(|v| -v.exp());
    let new = table(40, 4, 8);
    let skew = |j: usize| {
        let column = x.column(j);
        let mean = column.mean().unwrap();
        column.iter().map(|v| (v - mean).powi(3)).sum::<f64>()
    };
    for copod in [false, true] {
        let params = if copod { EmpiricalTails::copod() } else { EmpiricalTails::ecod() };
        let model = params.fit(&x).unwrap();
        let scores = model.score(&new).unwrap();
        for (row, score) in new.rows().into_iter().zip(&scores) {
            let terms: Vec<f64> = (0..4)
                .map(|j| {
                    let tail = |inside: &dyn Fn(f64) -> bool| {
                        -((x.column(j).iter().filter(|v| inside(**v)).count() + 1) as f64 / 91.0).ln()
                    };
                    let (left, right) = (tail(&|v| v <= row[j]), tail(&|v| v >= row[j]));
                    match copod {
                        false => left.max(right),
                        true => (if skew(j) > 0.0 { right } else { left }).max(0.5 * (left + right)),
                    }
                })
                .collect();
            assert!((score - terms.iter().sum::<f64>()).abs() < 1e-12);
            let why = model.explain(row).unwrap();
            assert!(why.contributions().iter().zip(&terms).all(|(a, b)| (a - b).abs() < 1e-12));
        }
        // Joint scores are those of all rows ranked together.
        let all = ndarray::concatenate(Axis(0), &[x.view(), new.view()]).unwrap();
        let together = params.joint_scores(&all).unwrap();
        let joint = model.joint_scores(&new).unwrap();
        for (i, j) in joint.iter().enumerate() {
            assert!((together[90 + i] - j).abs() < 1e-12);
        }
        for (i, score) in together.iter().enumerate() {
            let sum: f64 = (0..4)
                .map(|j| {
                    let column = all.column(j);
                    let v = column[i];
                    let tail = |inside: &dyn Fn(f64) -> bool| {
                        -(column.iter().filter(|v| inside(**v)).count() as f64 / 130.0).ln()
                    };
                    let (left, right) = (tail(&|u| u <= v), tail(&|u| u >= v));
                    let mean = column.mean().unwrap();
                    let third = column.iter().map(|v| (v - mean).powi(3)).sum::<f64>();
                    let skewed = if third > 0.0 { right } else { left };
                    if copod { skewed.max(0.5 * (left + right)) } else { left.max(right) }
                })
                .sum();
            assert!((score - sum).abs() < 1e-12, "{copod} {i}: {score} {sum}");
        }
    }
}

#[test]
fn histograms_by_counting() {
    let x = table(150, 3, 9);
    let new = table(60, 3, 10) * 1.3;
    for k in [1, 4, 10, 37] {
        let model = Hbos::params().bins(Bins::Fixed(k)).fit(&x).unwrap();
        for (row, score) in new.rows().into_iter().zip(model.score(&new).unwrap()) {
            let mut sum = 0.0;
            for (column, &v) in x.columns().into_iter().zip(row) {
                let low = column.iter().copied().fold(f64::INFINITY, f64::min);
                let high = column.iter().copied().fold(f64::NEG_INFINITY, f64::max);
                let width = (high - low) / k as f64;
                let bar = |v: f64| (((v - low) / width).floor() as isize).clamp(0, k as isize - 1) as usize;
                let mut counts = vec![0usize; k];
                column.iter().for_each(|&v| counts[bar(v)] += 1);
                let most = *counts.iter().max().unwrap() as f64;
                let near = v >= low - 0.5 * width && v <= high + 0.5 * width;
                let count = if near { counts[bar(v)] } else { *counts.iter().min().unwrap() };
                sum -= (count as f64 / most + 0.1).log2();
            }
            assert!((score - sum).abs() < 1e-12, "{k}: {score} {sum}");
        }
    }
}

#[test]
fn birge_rozenholc_by_its_formula() {
    let x = Array2::from_shape_vec((240, 1), numbers(240, 4).iter().map(|v| v.powi(3)).collect()).unwrap();
    let low = x.iter().copied().fold(f64::INFINITY, f64::min);
    let high = x.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let likelihood = |d: usize| {
        let mut counts = vec![0.0; d];
        x.iter().for_each(|v| counts[(((v - low) / (high - low) * d as f64) as usize).min(d - 1)] += 1.0);
        let df = d as f64;
        let fit: f64 = counts.iter().filter(|c| **c > 0.0).map(|c| c * (df * c / 240.0).ln()).sum();
        fit - (df - 1.0 + df.ln().powf(2.5))
    };
    let most = (240.0 / 240f64.ln()) as usize;
    let best = (1..=most).max_by(|&a, &b| likelihood(a).total_cmp(&likelihood(b))).unwrap();
    assert!(best > 2);
    assert_eq!(Hbos::params().bins(Bins::BirgeRozenholc).fit(&x).unwrap().bins(), [best]);
}

#[test]
fn discrepancies_and_component_distances_by_definition() {
    let x = table(70, 3, 12);
    let low: Vec<f64> = x.columns().into_iter().map(|c| c.iter().copied().fold(f64::INFINITY, f64::min)).collect();
    let high: Vec<f64> = x.columns().into_iter().map(|c| c.iter().copied().fold(f64::NEG_INFINITY, f64::max)).collect();
    let unit = |row: ndarray::ArrayView1<'_, f64>| -> Vec<f64> {
        (0..3).map(|j| (row[j] - low[j]) / (high[j] - low[j])).collect()
    };
    let w: Vec<f64> = x
        .rows()
        .into_iter()
        .map(|row| {
            let a = unit(row);
            let sum: f64 = x
                .rows()
                .into_iter()
                .map(|other| {
                    a.iter().zip(unit(other)).map(|(a, b)| 1.5 - (a - b).abs() * (1.0 - (a - b).abs())).product::<f64>()
                })
                .sum();
            sum / 4900.0 - 64.0 / 27.0
        })
        .collect();
    let model = Discrepancy::params().fit(&x).unwrap();
    let ends = w.iter().copied().fold(f64::INFINITY, f64::min) + w.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    for (score, w) in model.score(&x).unwrap().iter().zip(&w) {
        let expected = if model.is_turned() { ends - w } else { *w };
        assert!((score - expected).abs() < 1e-12);
    }

    // All components, unweighted: |z - v|² = |z|² - 2 z·v + 1, and the sum of the v_a is all that matters for d = 1.
    let one = x.select(Axis(1), &[0]);
    let (mean, s) = moments(&one);
    let model = ComponentDistance::params().fit(&one).unwrap();
    for (score, v) in model.score(&one).unwrap().iter().zip(&one) {
        assert!((score - ((v - mean[0]) / s[[0, 0]].sqrt() - 1.0).abs()).abs() < 1e-12);
    }
}

#[test]
fn probabilities_by_their_formulas() {
    let scores = numbers(50, 20);
    let mean = scores.iter().sum::<f64>() / 50.0;
    let sd = (scores.iter().map(|s| (s - mean) * (s - mean)).sum::<f64>() / 50.0).sqrt();
    let p = Probability::unify().fit(&scores).unwrap();
    for s in numbers(30, 21) {
        // The error function by Simpson's rule.
        let x = (s - mean) / (sd * 2f64.sqrt());
        let f = |t: f64| 2.0 / std::f64::consts::PI.sqrt() * (-t * t).exp();
        let h = x / 200.0;
        let sum: f64 = (0..=200)
            .map(|i| {
                f(f64::from(i) * h)
                    * if i == 0 || i == 200 {
                        1.0
                    } else if i % 2 == 1 {
                        4.0
                    } else {
                        2.0
                    }
            })
            .sum();
        assert!((p.of_score(s) - (sum * h / 3.0).max(0.0)).abs() < 1e-9);
    }
}
