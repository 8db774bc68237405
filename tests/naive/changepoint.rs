//! Naive twins of the change points: costs by their definitions, and the search over all segmentations.

use ndarray::{Array2, Axis, Slice};
use prognos::anomaly::changepoint::{ChangePoints, Cost, Penalty, Search, hausdorff, precision_recall, rand_index};

fn numbers(n: usize, seed: u64) -> Vec<f64> {
    let mut state = seed.wrapping_add(77);
    let mut next = move || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 11) as f64 / (1u64 << 52) as f64 - 1.0
    };
    (0..n).map(|_| next() + next()).collect()
}

/// Levels and spreads that change every now and then.
fn series(n: usize, d: usize, seed: u64) -> Array2<f64> {
    let x = numbers(n * d, seed);
    Array2::from_shape_fn((n, d), |(i, j)| {
        let part = i * 4 / n;
        x[i * d + j] * [1.0, 1.0, 3.0, 0.5][(part + seed as usize) % 4] + [0.0, 2.0, 2.0, -1.0][part] + j as f64
    })
}

fn median(mut x: Vec<f64>) -> f64 {
    x.sort_by(f64::total_cmp);
    let n = x.len();
    if n % 2 == 1 { x[n / 2] } else { 0.5 * (x[n / 2 - 1] + x[n / 2]) }
}

fn determinant(a: &Array2<f64>) -> f64 {
    let n = a.nrows();
    let mut a = a.clone();
    let mut product = 1.0;
    for i in 0..n {
        let pivot = (i..n).max_by(|&p, &q| a[[p, i]].abs().total_cmp(&a[[q, i]].abs())).unwrap();
        if pivot != i {
            product = -product;
            for j in 0..n {
                a.swap([i, j], [pivot, j]);
            }
        }
        product *= a[[i, i]];
        for r in i + 1..n {
            let f = a[[r, i]] / a[[i, i]];
            for j in i..n {
                a[[r, j]] -= f * a[[i, j]];
            }
        }
    }
    product
}

/// Residual sum of squares by Gram-Schmidt.
fn residual(mut columns: Vec<Vec<f64>>, mut y: Vec<f64>) -> f64 {
    let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
    let subtract = |y: &mut Vec<f64>, x: &[f64], f: f64| y.iter_mut().zip(x).for_each(|(y, x)| *y -= f * x);
    for k in 0..columns.len() {
        let x = columns[k].clone();
        let square = dot(&x, &x);
        if square < 1e-18 {
            continue;
        }
        for later in &mut columns[k + 1..] {
            let f = dot(later, &x) / square;
            subtract(later, &x, f);
        }
        let f = dot(&y, &x) / square;
        subtract(&mut y, &x, f);
    }
    dot(&y, &y)
}

/// Cost of rows `s..e` by its definition.
fn cost(of: Cost, x: &Array2<f64>, s: usize, e: usize) -> f64 {
    let (n, d) = x.dim();
    let part = x.slice_axis(Axis(0), Slice::from(s..e));
    let rows = (e - s) as f64;
    let mean = part.mean_axis(Axis(0)).unwrap();
    match of {
        Cost::L2 => part.outer_iter().map(|r| (&r - &mean).mapv(|v| v * v).sum()).sum(),
        Cost::L1 => part
            .columns()
            .into_iter()
            .map(|c| {
                let m = median(c.to_vec());
                c.iter().map(|v| (v - m).abs()).sum::<f64>()
            })
            .sum(),
        Cost::Normal { ridge } => {
            let centred = &part - &mean;
            let divisor = if d == 1 { rows } else { rows - 1.0 };
            let covariance = centred.t().dot(&centred) / divisor + Array2::<f64>::eye(d) * ridge;
            rows * determinant(&covariance).ln()
        }
        Cost::Rbf { gamma } => {
            let distance = |i: usize, j: usize| (&x.row(i) - &x.row(j)).mapv(|v| v * v).sum();
            let gamma = gamma.unwrap_or_else(|| {
                1.0 / median((0..n).flat_map(|i| (0..i).map(move |j| (i, j))).map(|(i, j)| distance(i, j)).collect())
            });
            let k = |i: usize, j: usize| {
                if i == j { 1.0 } else { (-(gamma * distance(i, j)).clamp(0.01, 100.0)).exp() }
            };
            let sum: f64 = (s..e).flat_map(|i| (s..e).map(move |j| (i, j))).map(|(i, j)| k(i, j)).sum();
            rows - sum / rows
        }
        Cost::Linear => {
            let columns = (1..d).map(|j| part.column(j).to_vec()).collect();
            residual(columns, part.column(0).to_vec())
        }
        Cost::Ar { order } => (0..d)
            .map(|j| {
                let at = |i: usize, lag: usize| x[[i.max(order) - lag, j]];
                let mut columns = vec![vec![1.0; e - s]];
                columns.extend((1..=order).map(|lag| (s..e).map(|i| at(i, lag)).collect()));
                residual(columns, (s..e).map(|i| at(i, 0)).collect())
            })
            .sum(),
        Cost::ContinuousLinear => {
            let s = s.max(1);
            (0..d)
                .map(|j| {
                    let slope = (x[[e - 1, j]] - x[[s - 1, j]]) / (e - s) as f64;
                    let line = |i: usize| x[[s - 1, j]] + slope * (i + 1 - s) as f64;
                    (s..e).map(|i| (x[[i, j]] - line(i)).powi(2)).sum::<f64>()
                })
                .sum()
        }
        other => panic!("no twin of {other:?}"),
    }
}

/// Sum of costs and penalties of a segmentation.
fn total(of: Cost, x: &Array2<f64>, ends: &[usize], penalty: f64) -> f64 {
    let starts = std::iter::once(0).chain(ends.iter().copied());
    starts.zip(ends).map(|(s, &e)| cost(of, x, s, e) + penalty).sum()
}

/// The least sum over all segmentations, with a penalty or with a number of changes.
fn best(of: Cost, x: &Array2<f64>, least: usize, jump: usize, penalty: f64, changes: Option<usize>) -> f64 {
    let n = x.nrows();
    let mut ends: Vec<usize> = (0..n).step_by(jump).filter(|e| *e >= least).collect();
    ends.push(n);
    let layers = changes.map_or(1, |k| k + 1);
    // With a penalty all layers are one.
    let mut f = vec![vec![f64::INFINITY; n + 1]; layers];
    for &e in &ends {
        for k in 0..layers {
            let mut smallest = if k == 0 { cost(of, x, 0, e) + penalty } else { f64::INFINITY };
            let from = if changes.is_some() { k.checked_sub(1) } else { Some(0) };
            if let Some(from) = from {
                for &s in ends.iter().filter(|s| **s + least <= e) {
                    smallest = smallest.min(f[from][s] + cost(of, x, s, e) + penalty);
                }
            }
            f[k][e] = smallest;
        }
    }
    f[layers - 1][n]
}

const COSTS: [(Cost, usize); 8] = [
    (Cost::L2, 1),
    (Cost::L1, 2),
    (Cost::Normal { ridge: 1e-6 }, 2),
    (Cost::Rbf { gamma: None }, 1),
    (Cost::Rbf { gamma: Some(0.7) }, 1),
    (Cost::Linear, 2),
    (Cost::Ar { order: 2 }, 5),
    (Cost::ContinuousLinear, 3),
];

#[test]
fn costs_are_their_definitions() {
    for d in [1, 2, 3] {
        let x = series(61, d, 3 + d as u64);
        for (of, _) in COSTS {
            if d == 1 && of == Cost::Linear {
                continue;
            }
            for search in [Search::Binary, Search::Optimal, Search::BottomUp] {
                let rule = ChangePoints::new(of).search(search).min_size(7).penalty(Penalty::Changes(3));
                let found = rule.find(&x).unwrap();
                for segment in found.segments() {
                    let exact = cost(of, &x, segment.start, segment.end);
                    assert!(
                        (segment.cost - exact).abs() < 1e-9 * (1.0 + exact.abs()),
                        "{of:?}: {} {exact}",
                        segment.cost
                    );
                }
                assert_eq!(found.segments().len(), 4, "{of:?} {search:?}");
            }
        }
    }
}

#[test]
fn nothing_is_cheaper() {
    for (of, least) in COSTS {
        for d in [1, 2] {
            if d == 1 && of == Cost::Linear {
                continue;
            }
            for (min_size, jump) in [(1, 1), (3, 2), (5, 5), (2, 7), (12, 1)] {
                let n = if matches!(of, Cost::Rbf { .. }) { 33 } else { 47 };
                let x = series(n, d, (min_size + jump) as u64);
                let size = min_size.max(least);
                let rule = ChangePoints::new(of).min_size(min_size).jump(jump);
                for penalty in [0.05, 1.0, 6.0] {
                    let found = rule.penalty(Penalty::Value(penalty)).find(&x).unwrap();
                    let exact = best(of, &x, size, jump, penalty, None);
                    let ours = total(of, &x, &found.ends(), penalty);
                    assert!(
                        (ours - exact).abs() < 1e-8 * (1.0 + exact.abs()),
                        "{of:?} {min_size} {jump} {penalty}: {ours} {exact}"
                    );
                    let lengths = found.segments().iter().map(|s| s.end - s.start).min().unwrap();
                    assert!(lengths >= size && found.change_points().iter().all(|p| p % jump == 0));
                }
                for changes in [0, 1, 2] {
                    let Ok(found) = rule.penalty(Penalty::Changes(changes)).find(&x) else { continue };
                    assert_eq!(found.change_points().len(), changes);
                    let exact = best(of, &x, size, jump, 0.0, Some(changes));
                    let ours = total(of, &x, &found.ends(), 0.0);
                    assert!((ours - exact).abs() < 1e-8 * (1.0 + exact.abs()), "{of:?} {changes}: {ours} {exact}");
                }
            }
        }
    }
}

/// The modified criterion weighs lengths: the least of it over all segmentations.
#[test]
fn lengths_are_weighed() {
    let x = series(60, 1, 9);
    let (n, ln) = (60.0_f64, |v: usize| (v as f64).ln());
    let rule = ChangePoints::new(Cost::normal()).min_size(3);
    let found = rule.penalty(Penalty::MBic).find(&x).unwrap();
    let penalty = 3.0 * n.ln();
    assert!((found.penalty().unwrap() - penalty).abs() < 1e-12);
    let ours: f64 =
        found.segments().iter().map(|s| cost(Cost::normal(), &x, s.start, s.end) + penalty + ln(s.end - s.start)).sum();
    let mut f = vec![f64::INFINITY; 61];
    f[0] = 0.0;
    for e in 3..=60 {
        for s in (0..=e - 3).filter(|s| *s == 0 || *s >= 3) {
            f[e] = f[e].min(f[s] + cost(Cost::normal(), &x, s, e) + penalty + ln(e - s));
        }
    }
    assert!((ours - f[60]).abs() < 1e-9, "{ours} {}", f[60]);
}

/// Ranks and whitened rows by their definitions, on two columns.
#[test]
fn ranks_and_whitened_rows() {
    let x = series(40, 2, 5);
    let n = 40.0;
    let ranks = Array2::from_shape_fn((40, 2), |(i, j)| {
        let below = x.column(j).iter().filter(|v| **v < x[[i, j]]).count();
        below as f64 + 1.0 - (n + 1.0) / 2.0
    });
    let inverse = |z: &Array2<f64>, divisor: f64| {
        let c = z.t().dot(z) / divisor;
        let det = c[[0, 0]] * c[[1, 1]] - c[[0, 1]] * c[[1, 0]];
        ndarray::array![[c[[1, 1]], -c[[0, 1]]], [-c[[1, 0]], c[[0, 0]]]] / det
    };
    let metric = inverse(&ranks, n);
    let found = ChangePoints::new(Cost::Rank).penalty(Penalty::Changes(2)).find(&x).unwrap();
    for s in found.segments() {
        let mean = ranks.slice_axis(Axis(0), Slice::from(s.start..s.end)).mean_axis(Axis(0)).unwrap();
        let exact = -((s.end - s.start) as f64) * mean.dot(&metric.dot(&mean));
        assert!((s.cost - exact).abs() < 1e-9 * (1.0 + exact.abs()), "{} {exact}", s.cost);
    }
    let centred = &x - &x.mean_axis(Axis(0)).unwrap();
    let metric = inverse(&centred, n - 1.0);
    let found = ChangePoints::new(Cost::Mahalanobis).penalty(Penalty::Changes(2)).find(&x).unwrap();
    for s in found.segments() {
        let part = centred.slice_axis(Axis(0), Slice::from(s.start..s.end)).to_owned();
        let part = &part - &part.mean_axis(Axis(0)).unwrap();
        let exact: f64 = part.outer_iter().map(|r| r.dot(&metric.dot(&r))).sum();
        assert!((s.cost - exact).abs() < 1e-9 * (1.0 + exact.abs()), "{} {exact}", s.cost);
    }
}

#[test]
fn distances_by_pairs() {
    for seed in 0..30 {
        let cuts = |k: u64| -> Vec<usize> {
            let mut c: Vec<usize> = numbers(1 + (seed % 5) as usize, seed * 31 + k)
                .iter()
                .map(|v| 2 + ((v + 2.0) * 9.0) as usize)
                .collect();
            c.sort_unstable();
            c.dedup();
            c
        };
        let (a, b, n) = (cuts(1), cuts(2), 40);
        let part = |cuts: &[usize], i: usize| cuts.iter().filter(|c| **c <= i).count();
        let (mut agree, mut all) = (0.0, 0.0);
        for i in 0..n {
            for j in 0..i {
                all += 1.0;
                if (part(&a, i) == part(&a, j)) == (part(&b, i) == part(&b, j)) {
                    agree += 1.0;
                }
            }
        }
        assert!((rand_index(&a, &b, n).unwrap() - agree / all).abs() < 1e-12);
        assert_eq!(hausdorff(&a, &b), hausdorff(&b, &a));
        let margin = 3;
        // The largest matching, by trying every one.
        fn most(a: &[usize], b: &[usize], margin: usize) -> usize {
            let Some((&first, rest)) = a.split_first() else { return 0 };
            let mut best = most(rest, b, margin);
            for (i, &c) in b.iter().enumerate() {
                if c.abs_diff(first) < margin {
                    let mut others = b.to_vec();
                    others.remove(i);
                    best = best.max(1 + most(rest, &others, margin));
                }
            }
            best
        }
        let hits = most(&a, &b, margin) as f64;
        let (precision, recall) = precision_recall(&a, &b, margin).unwrap();
        assert!((precision - hits / b.len() as f64).abs() < 1e-12 && (recall - hits / a.len() as f64).abs() < 1e-12);
    }
}
