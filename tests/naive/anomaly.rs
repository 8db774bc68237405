//! Naive twins of the anomaly kernels.

use ndarray::{Array2, Axis};
use prognos::anomaly::{Detector, Event, Events, PcaMonitor, Threshold, benjamini_hochberg};
use prognos::learners::Scaler;

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

/// Inverse by Gauss-Jordan elimination with pivots.
fn inverse(a: &Array2<f64>) -> Array2<f64> {
    let n = a.nrows();
    let mut a = a.clone();
    let mut b = Array2::eye(n);
    for i in 0..n {
        let pivot = (i..n).max_by(|&p, &q| a[[p, i]].abs().total_cmp(&a[[q, i]].abs())).unwrap();
        for m in [&mut a, &mut b] {
            for j in 0..n {
                m.swap([i, j], [pivot, j]);
            }
        }
        let p = a[[i, i]];
        for j in 0..n {
            a[[i, j]] /= p;
            b[[i, j]] /= p;
        }
        for r in (0..n).filter(|&r| r != i) {
            let f = a[[r, i]];
            for j in 0..n {
                a[[r, j]] -= f * a[[i, j]];
                b[[r, j]] -= f * b[[i, j]];
            }
        }
    }
    b
}

/// z-scores, and their covariance by its definition.
fn scaled(x: &Array2<f64>) -> (Array2<f64>, Array2<f64>) {
    let n = x.nrows() as f64;
    let mut z = x.clone();
    for mut column in z.columns_mut() {
        let mean = column.iter().sum::<f64>() / n;
        let sd = (column.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / (n - 1.0)).sqrt();
        column.mapv_inplace(|v| (v - mean) / sd);
    }
    let covariance = z.t().dot(&z) / (n - 1.0);
    (z, covariance)
}

#[test]
fn t2_by_the_inverse_covariance() {
    for (n, d) in [(40, 1), (77, 3), (500, 9)] {
        let x = table(n, d, 5 + n as u64);
        let (z, covariance) = scaled(&x);
        let inverse = inverse(&covariance);
        let model = PcaMonitor::params().components(d).fit(&x).unwrap();
        for (found, z) in model.t2(&x).unwrap().iter().zip(z.rows()) {
            let expected = z.dot(&inverse.dot(&z));
            // The condition number of the covariance multiplies the rounding.
            assert!((found - expected).abs() < 1e-10 * (1.0 + expected), "{n} {d}: {found} {expected}");
        }
    }
}

#[test]
fn spe_by_the_smallest_eigenvector() {
    let x = table(300, 5, 99);
    let (z, covariance) = scaled(&x);
    let inverse = inverse(&covariance);
    // Power iteration on the inverse finds the smallest eigenvector.
    let mut v = ndarray::Array1::from_elem(5, 1.0);
    for _ in 0..5000 {
        v = inverse.dot(&v);
        v /= v.dot(&v).sqrt();
    }
    let lambda = v.dot(&covariance.dot(&v));
    let model = PcaMonitor::params().components(4).fit(&x).unwrap();
    let (t2, spe) = (model.t2(&x).unwrap(), model.spe(&x).unwrap());
    for (i, z) in z.rows().into_iter().enumerate() {
        let expected = v.dot(&z).powi(2);
        assert!((spe[i] - expected).abs() < 1e-12, "{} {expected}", spe[i]);
        let whole = z.dot(&inverse.dot(&z));
        assert!((t2[i] - (whole - expected / lambda)).abs() < 1e-9 * (1.0 + whole));
        let score = (t2[i] / model.t2_limit(Default::default(), 0.01).unwrap())
            .max(spe[i] / model.spe_limit(Default::default(), 0.01).unwrap());
        assert_eq!(model.score(x.row(i).insert_axis(Axis(0))).unwrap()[0].to_bits(), score.to_bits());
    }
}

#[test]
fn robust_scaling_by_sorting() {
    let x = table(101, 3, 7);
    let scaler = Scaler::robust().fit(&x).unwrap();
    let median = |mut v: Vec<f64>| {
        v.sort_unstable_by(f64::total_cmp);
        0.5 * (v[(v.len() - 1) / 2] + v[v.len() / 2])
    };
    for (j, column) in x.columns().into_iter().enumerate() {
        let centre = median(column.to_vec());
        let mad = median(column.iter().map(|v| (v - centre).abs()).collect());
        assert_eq!(scaler.centre()[j].to_bits(), centre.to_bits());
        assert!((scaler.scale()[j] / (1.482_602_218_505_602 * mad) - 1.0).abs() < 1e-15);
    }
}

/// The nodes of a saved tree, walked by recursion.
#[cfg(feature = "persist")]
mod forest {
    use super::*;
    use prognos::anomaly::{IsolationForest, average_path_length};
    use serde_json::Value;

    fn path(tree: &Value, node: usize, x: &[f64], extension: usize, depth: usize) -> f64 {
        let left = tree["children"][node].as_u64().unwrap() as usize;
        if left == node {
            return depth as f64 + average_path_length(tree["sizes"][node].as_u64().unwrap() as usize);
        }
        let feature = tree["features"][node].as_u64().unwrap() as usize;
        let value = if extension == 0 {
            x[feature]
        } else {
            (feature..=feature + extension)
                .map(|c| &tree["cuts"][c])
                .map(|c| c["weight"].as_f64().unwrap() * x[c["column"].as_u64().unwrap() as usize])
                .sum()
        };
        let right = usize::from(value > tree["thresholds"][node].as_f64().unwrap());
        path(tree, left + right, x, extension, depth + 1)
    }

    #[test]
    fn path_lengths_by_recursion() {
        let x = table(700, 4, 11);
        let z = scaled(&x).0;
        for (extension, subsample) in [(0, 256), (0, 37), (0, 2), (1, 256), (3, 64)] {
            let params = IsolationForest::params().trees(12).subsample(subsample).extension(extension).seed(3);
            let model = params.fit(&x).unwrap();
            let file: Value = serde_json::from_str(&prognos::persist::to_json(&model).unwrap()).unwrap();
            let trees = file["model"]["trees"].as_array().unwrap();
            let (found, scores) = (model.path_lengths(&x).unwrap(), model.score(&x).unwrap());
            for i in (0..700).step_by(9) {
                let row = if extension == 0 { x.row(i).to_vec() } else { z.row(i).to_vec() };
                let sum: f64 = trees.iter().map(|t| path(t, 0, &row, extension, 0)).sum();
                assert!((found[i] - sum / 12.0).abs() < 1e-12, "extension {extension}, row {i}");
                let score = 2f64.powf(-(sum / 12.0) / average_path_length(subsample));
                assert!((scores[i] - score).abs() < 1e-12);
            }
        }
    }

    /// Every training row of a tree ends in a leaf, every leaf holds as many rows as it says: checked with the whole
    /// table as the subsample.
    #[test]
    fn leaves_hold_the_rows_they_claim() {
        let x = table(64, 3, 13);
        let model = IsolationForest::params().trees(5).subsample(64).fit(&x).unwrap();
        let file: Value = serde_json::from_str(&prognos::persist::to_json(&model).unwrap()).unwrap();
        for tree in file["model"]["trees"].as_array().unwrap() {
            let sizes: Vec<u64> = tree["sizes"].as_array().unwrap().iter().map(|s| s.as_u64().unwrap()).collect();
            let mut counted = vec![0; sizes.len()];
            for row in x.rows() {
                let mut node = 0;
                loop {
                    counted[node] += 1;
                    let left = tree["children"][node].as_u64().unwrap() as usize;
                    if left == node {
                        break;
                    }
                    let feature = tree["features"][node].as_u64().unwrap() as usize;
                    node = left + usize::from(row[feature] > tree["thresholds"][node].as_f64().unwrap());
                }
            }
            assert_eq!(sizes, counted);
        }
    }
}

/// Events by their definition on the whole series: hysteresis runs, then merging, then the shortest duration.
fn events(scores: &[f64], on: f64, off: f64, gap: usize, min: usize) -> Vec<Event> {
    let mut runs: Vec<(usize, usize)> = Vec::new();
    let mut i = 0;
    while i < scores.len() {
        if scores[i] > on {
            let start = i;
            while i < scores.len() && scores[i] > off {
                i += 1;
            }
            runs.push((start, i));
        } else {
            i += 1;
        }
    }
    let mut merged: Vec<(usize, usize)> = Vec::new();
    for run in runs {
        match merged.last_mut() {
            Some(last) if run.0 - last.1 <= gap => last.1 = run.1,
            _ => merged.push(run),
        }
    }
    merged.retain(|(start, end)| end - start >= min);
    merged
        .into_iter()
        .map(|(start, end)| {
            let part = &scores[start..end];
            let peak_score = part.iter().copied().filter(|s| !s.is_nan()).fold(f64::NEG_INFINITY, f64::max);
            let known: Vec<f64> = part.iter().copied().filter(|s| !s.is_nan()).collect();
            Event {
                start,
                end,
                peak: start + part.iter().position(|s| *s == peak_score).unwrap(),
                peak_score,
                mean_score: known.iter().sum::<f64>() / known.len() as f64,
                severity: known.iter().map(|s| (s - on).max(0.0)).sum(),
            }
        })
        .collect()
}

#[test]
fn events_by_definition() {
    for seed in 0..40 {
        let mut scores = numbers(300, seed);
        for i in (0..300).step_by(41) {
            scores[i] = f64::NAN;
        }
        for (on, off, gap, min) in
            [(0.5, 0.5, 0, 1), (0.5, 0.0, 0, 1), (0.7, 0.1, 2, 3), (0.9, -0.9, 5, 1), (0.8, 0.8, 300, 2)]
        {
            let expected = events(&scores, on, off, gap, min);
            let found = Events::above(on).off(off).merge_gap(gap).min_duration(min).find(&scores).unwrap();
            assert_eq!(found.len(), expected.len());
            for (f, e) in found.iter().zip(&expected) {
                assert_eq!((f.start, f.end, f.peak), (e.start, e.end, e.peak));
                assert_eq!(f.peak_score, e.peak_score);
                assert!((f.mean_score - e.mean_score).abs() < 1e-12 && (f.severity - e.severity).abs() < 1e-12);
            }
        }
    }
}

#[test]
fn p_values_by_counting() {
    let calibration = numbers(83, 1);
    let limit = Threshold::conformal(0.1).fit(&calibration).unwrap();
    for s in numbers(50, 2).into_iter().chain(calibration.iter().copied()) {
        let p = (1 + calibration.iter().filter(|c| **c >= s).count()) as f64 / 84.0;
        assert_eq!(limit.p_value(s).to_bits(), p.to_bits());
        assert_eq!(limit.is_alarm(s), p <= 0.1);
    }
}

#[test]
fn benjamini_hochberg_by_definition() {
    for seed in 0..30 {
        let p: Vec<f64> = numbers(25, seed).iter().map(|v| v.abs().powi(3)).collect();
        let rejected = benjamini_hochberg(&p, 0.2).unwrap();
        // The largest k such that k p-values are at most q k / m.
        let enough = |k: &usize| p.iter().filter(|p| **p <= 0.2 * *k as f64 / 25.0).count() >= *k;
        let k = (1..=25).rev().find(enough).unwrap_or(0);
        assert_eq!(rejected.iter().filter(|r| **r).count(), k);
        let worst = p.iter().zip(&rejected).filter(|(_, r)| **r).map(|(p, _)| *p).fold(0.0, f64::max);
        assert!(p.iter().zip(&rejected).all(|(p, r)| *r == (*p <= worst && k > 0)));
    }
}
