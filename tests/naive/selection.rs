//! Naive twins: exact laws by counting every case, rankings by their formulas.

use ndarray::Array2;
use prognos::features::FeatureMatrix;
use prognos::features::selection::{Correction, Criterion, RelevanceTest, Target, TwoSampleTest, rank};

fn matrix(columns: &[(&str, &[f64])]) -> FeatureMatrix {
    let n = columns[0].1.len();
    let values = Array2::from_shape_fn((n, columns.len()), |(i, j)| columns[j].1[i]);
    FeatureMatrix::new(columns.iter().map(|c| c.0.to_owned()).collect(), values).unwrap()
}

fn p_value(x: &[f64], classes: &[bool], test: TwoSampleTest) -> f64 {
    let table = RelevanceTest::new().two_sample(test).table(&matrix(&[("x", x)]), &Target::classes(classes)).unwrap();
    table.rows()[0].p_value
}

/// All ways to pick which of n entries belong to the first sample.
fn choices(n: usize, k: usize) -> Vec<Vec<bool>> {
    (0u32..1 << n).filter(|m| m.count_ones() as usize == k).map(|m| (0..n).map(|i| m >> i & 1 == 1).collect()).collect()
}

/// How far U is from its middle, and the largest distance of the distribution functions.
fn statistics(x: &[f64], first: &[bool]) -> (f64, f64) {
    let of =
        |inside: bool| -> Vec<f64> { x.iter().zip(first).filter(|(_, f)| **f == inside).map(|(v, _)| *v).collect() };
    let (a, b) = (of(true), of(false));
    let u: f64 = a.iter().map(|v| b.iter().filter(|w| *w < v).count() as f64).sum();
    let share = |s: &[f64], t: f64| s.iter().filter(|v| **v <= t).count() as f64 / s.len() as f64;
    let d = x.iter().map(|&t| (share(&a, t) - share(&b, t)).abs()).fold(0.0, f64::max);
    ((u - (a.len() * b.len()) as f64 / 2.0).abs(), d)
}

#[test]
fn exact_p_values_count_all_orders() {
    let x: Vec<f64> = (0..11).map(|i| (f64::from(i) * 2.4).sin() + f64::from(i) * 0.1).collect();
    for k in [2, 4, 5] {
        let all = choices(11, k);
        for first in all.iter().step_by(37) {
            let (u, d) = statistics(&x, first);
            let count = |far: &dyn Fn(f64, f64) -> bool| {
                all.iter()
                    .filter(|c| {
                        let (a, b) = statistics(&x, c);
                        far(a, b)
                    })
                    .count() as f64
                    / all.len() as f64
            };
            let mann = p_value(&x, first, TwoSampleTest::MannWhitney);
            let smirnov = p_value(&x, first, TwoSampleTest::KolmogorovSmirnov);
            let expected = count(&|a, _| a >= u).min(1.0);
            // At the middle both tails overlap; the law counts it twice and is cut to 1.
            assert!((mann - if u > 0.0 { expected } else { 1.0 }).abs() < 1e-12, "{mann} {expected}");
            assert!((smirnov - count(&|_, b| b >= d - 1e-12)).abs() < 1e-12, "{smirnov}");
        }
    }
}

#[test]
fn kendall_counts_pairs() {
    let x: Vec<f64> = (0..60).map(|i| f64::from(i * 7 % 13)).collect();
    let y: Vec<f64> = (0..60).map(|i| f64::from(i * 5 % 11) - f64::from(i) * 0.1).collect();
    let (mut s, mut tied_x, mut tied_y, mut pairs) = (0.0, 0.0, 0.0, 0.0);
    for i in 0..60 {
        for j in 0..i {
            let sign = (x[i] - x[j]) * (y[i] - y[j]);
            s += if sign > 0.0 {
                1.0
            } else if sign < 0.0 {
                -1.0
            } else {
                0.0
            };
            tied_x += f64::from(u8::from(x[i] == x[j]));
            tied_y += f64::from(u8::from(y[i] == y[j]));
            pairs += 1.0;
        }
    }
    let tau: f64 = s / f64::sqrt((pairs - tied_x) * (pairs - tied_y));
    let ranking = rank(&matrix(&[("x", &x)]), &Target::values(&y).unwrap(), Criterion::RankCorrelation).unwrap();
    assert!((ranking.entries()[0].score - tau.abs()).abs() < 1e-12);
}

#[test]
fn mutual_information_by_all_distances() {
    let n = 120;
    let x: Vec<f64> = (0..n).map(|i| (f64::from(i) * 2.399).sin()).collect();
    let y: Vec<f64> =
        (0..n).map(|i| (f64::from(i) * 2.399).sin().powi(2) + 0.2 * (f64::from(i) * 0.77).cos()).collect();
    let scale = |v: &[f64]| {
        let m = v.iter().sum::<f64>() / v.len() as f64;
        let s = (v.iter().map(|a| (a - m).powi(2)).sum::<f64>() / v.len() as f64).sqrt();
        v.iter().map(|a| (a - m) / s).collect::<Vec<_>>()
    };
    let (a, b) = (scale(&x), scale(&y));
    let psi = |n: usize| -0.577_215_664_901_532_9 + (1..n).map(|k| 1.0 / k as f64).sum::<f64>();
    let mut sum = 0.0;
    for i in 0..a.len() {
        let mut d: Vec<f64> =
            (0..a.len()).filter(|&j| j != i).map(|j| (a[i] - a[j]).abs().max((b[i] - b[j]).abs())).collect();
        d.sort_by(f64::total_cmp);
        let near = |v: &[f64]| v.iter().filter(|w| (*w - v[i]).abs() < d[2]).count();
        sum += psi(near(&a)) + psi(near(&b));
    }
    let expected = psi(a.len()) + psi(3) - sum / a.len() as f64;
    let criterion = Criterion::MutualInformation { neighbours: 3 };
    let ranking = rank(&matrix(&[("x", &x)]), &Target::values(&y).unwrap(), criterion).unwrap();
    assert!((ranking.entries()[0].score - expected).abs() < 1e-12, "{expected}");
}

/// Kira and Rendell's question answered by the letter: near misses less near hits.
#[test]
fn relief_by_its_formula() {
    let n = 30;
    let classes: Vec<usize> = (0..n).map(|i| i * 7 % 3).collect();
    let columns: Vec<Vec<f64>> = (0..3)
        .map(|c| {
            (0..n).map(|i| (i as f64 * (1.3 + c as f64)).sin() + if c == 0 { classes[i] as f64 } else { 0.0 }).collect()
        })
        .collect();
    let unit: Vec<Vec<f64>> = columns
        .iter()
        .map(|c| {
            let (low, high) = c.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), v| (l.min(*v), h.max(*v)));
            c.iter().map(|v| (v - low) / (high - low)).collect()
        })
        .collect();
    let k = 4;
    for a in 0..3 {
        let mut weight = 0.0;
        for i in 0..n {
            for class in 0..3 {
                let mut group: Vec<usize> = (0..n).filter(|&j| j != i && classes[j] == class).collect();
                let distance = |j: usize| unit.iter().map(|u| (u[i] - u[j]).abs()).sum::<f64>();
                group.sort_by(|&p, &q| distance(p).total_cmp(&distance(q)));
                group.truncate(k);
                let mean = group.iter().map(|&j| (unit[a][i] - unit[a][j]).abs()).sum::<f64>() / group.len() as f64;
                let prior = |c: usize| classes.iter().filter(|x| **x == c).count() as f64 / n as f64;
                weight += if class == classes[i] { -mean } else { prior(class) / (1.0 - prior(classes[i])) * mean }
                    / n as f64;
            }
        }
        let m = matrix(&[("a", &columns[0]), ("b", &columns[1]), ("c", &columns[2])]);
        let ranking = rank(&m, &Target::classes(&classes), Criterion::ReliefF { neighbours: k }).unwrap();
        let found = ranking.entries().iter().find(|e| e.name == m.names()[a]).unwrap().score;
        assert!((found - weight).abs() < 1e-12, "{found} {weight}");
    }
}

#[test]
fn adjusted_p_values_by_definition() {
    let p = [0.001, 0.2, 0.03, 0.03, 0.9, f64::NAN, 0.0004];
    let factor: f64 = (1..=6).map(|i| 1.0 / f64::from(i)).sum();
    let adjusted = Correction::BenjaminiYekutieli.adjust(&p);
    for (i, v) in p.iter().enumerate().filter(|(_, v)| !v.is_nan()) {
        // The smallest level at which this one is rejected: over all thresholds at or above it.
        let best = p
            .iter()
            .filter(|t| *t >= v)
            .map(|t| t * 6.0 * factor / p.iter().filter(|q| *q <= t).count() as f64)
            .fold(1.0, f64::min);
        assert!((adjusted[i] - best).abs() < 1e-15);
    }
    assert!(adjusted[5].is_nan());
}

/// The second copy of a good column adds nothing: a worse but different one comes first.
#[test]
fn redundancy_puts_a_copy_last() {
    let n = 400;
    let classes: Vec<usize> = (0..n).map(|i| i % 2 + 2 * (i / 2 % 2)).collect();
    let noise = |i: usize, f: f64| 0.3 * (i as f64 * f).sin();
    let a: Vec<f64> = (0..n).map(|i| (i % 2) as f64 + noise(i, 2.3)).collect();
    let copy: Vec<f64> = a.iter().map(|v| 2.0 * v + 1.0).collect();
    let b: Vec<f64> = (0..n).map(|i| (i / 2 % 2) as f64 + 2.0 * noise(i, 1.1)).collect();
    let m = matrix(&[("a", &a), ("copy", &copy), ("b", &b)]);
    let ranking = rank(&m, &Target::classes(&classes), Criterion::MaxRelevanceMinRedundancy { bins: 8 }).unwrap();
    assert_eq!(ranking.best(3).names(), ["a", "b", "copy"]);
}
