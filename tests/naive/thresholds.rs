//! Naive twins: tails by a scan of the likelihood, tests for outliers by their steps, groups of peers by pairs.

use ndarray::Array2;
use prognos::anomaly::{GeneralisedPareto, MixedRule, PeerDistance, Peers, Spot, Threshold};

fn numbers(n: usize, seed: u64) -> Vec<f64> {
    let mut state = seed.wrapping_mul(2654435761).wrapping_add(99);
    let mut next = move || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 11) as f64 / (1u64 << 53) as f64
    };
    for _ in 0..5 {
        next();
    }
    (0..n).map(|_| next()).collect()
}

fn log_likelihood(y: &[f64], gamma: f64, sigma: f64) -> f64 {
    y.iter()
        .map(|y| {
            let base = 1.0 + gamma * y / sigma;
            if gamma.abs() < 1e-12 {
                -sigma.ln() - y / sigma
            } else if base <= 0.0 {
                f64::NEG_INFINITY
            } else {
                -sigma.ln() - (1.0 + 1.0 / gamma) * base.ln()
            }
        })
        .sum()
}

#[test]
fn no_tail_is_more_likely() {
    for seed in 0..12 {
        let shape = [-0.8, -0.4, -0.1, 0.0, 0.2, 0.7][seed as usize % 6];
        let n = [11, 20, 60][seed as usize % 3];
        let law = GeneralisedPareto::new(shape, 2.5).unwrap();
        let y: Vec<f64> = numbers(n, seed).iter().map(|u| law.quantile(*u)).collect();
        let fitted = GeneralisedPareto::fit(&y).unwrap();
        let ours = fitted.log_likelihood(&y);
        if fitted.gamma() > -1.0 {
            let direct = log_likelihood(&y, fitted.gamma(), fitted.sigma());
            assert!((ours - direct).abs() < 1e-9 * (1.0 + direct.abs()), "{ours} {direct}");
        }
        let mean = y.iter().sum::<f64>() / n as f64;
        for i in 0..=300 {
            let gamma = -0.9999 + f64::from(i) * 0.01;
            for j in 0..=300 {
                let sigma = mean * 0.05 * 1.02_f64.powi(j);
                let other = log_likelihood(&y, gamma, sigma);
                assert!(other <= ours + 1e-9, "seed {seed}: {gamma} {sigma}: {other}, ours {ours} at {fitted:?}");
            }
        }
        // Units: powers of two cost no digit.
        let scaled = GeneralisedPareto::fit(&y.iter().map(|y| y * 1024.0).collect::<Vec<_>>()).unwrap();
        assert_eq!((scaled.gamma(), scaled.sigma()), (fitted.gamma(), fitted.sigma() * 1024.0));
    }
}

#[test]
fn the_first_limit_of_a_stream_is_that_of_the_batch() {
    let x: Vec<f64> = numbers(900, 3).iter().map(|u| -(1.0 - u).ln()).collect();
    for (q, level) in [(1e-3, 0.98), (1e-5, 0.95), (1e-2, 0.9)] {
        let spot = Spot::fit_above(&x, q, level).unwrap();
        let batch = Threshold::pot_above(q, level).fit(&x).unwrap();
        // The same excesses in another order: the maximum is found to half of the digits.
        assert!((spot.limit() / batch.value() - 1.0).abs() < 1e-6);
        // By its formula.
        let mut sorted = x.clone();
        sorted.sort_by(f64::total_cmp);
        let t = sorted[(level * 900.0) as usize];
        let peaks = x.iter().filter(|v| **v > t).count() as f64;
        let (gamma, sigma) = (spot.law().gamma(), spot.law().sigma());
        let z = t + sigma / gamma * ((q * 900.0 / peaks).powf(-gamma) - 1.0);
        assert!((spot.limit() / z - 1.0).abs() < 1e-9, "{} {z}", spot.limit());
        assert!((spot.tail_probability(z) / q - 1.0).abs() < 1e-9);
    }
}

/// Two passes instead of prefix sums.
fn moments(x: &[f64]) -> (f64, f64) {
    let mean = x.iter().sum::<f64>() / x.len() as f64;
    (mean, (x.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / x.len() as f64).sqrt())
}

#[test]
fn outliers_are_taken_away_one_by_one() {
    for seed in 0..20 {
        let mut x: Vec<f64> = numbers(60, seed).chunks(3).map(|c| c.iter().sum()).collect();
        let n = x.len();
        x.extend((0..seed % 5).map(|k| 4.0 + k as f64 * 0.3));
        // Rosner: the largest i whose statistic is above its critical value. t quantiles: the critical value is where a
        // Student variable of the statistic has probability alpha / m; so compare probabilities by quadrature.
        let tail = |t: f64, dof: f64| {
            let f = |u: f64| (1.0 + u * u / dof).powf(-0.5 * (dof + 1.0));
            let integrate = |from: f64, to: f64| {
                let steps = 4000;
                let h = (to - from) / f64::from(steps);
                (0..steps).map(|i| (f(from + h * f64::from(i)) + f(from + h * f64::from(i + 1))) * 0.5 * h).sum::<f64>()
            };
            integrate(t, t + 60.0) / (2.0 * integrate(0.0, t + 60.0))
        };
        let mut left = x.clone();
        left.sort_by(f64::total_cmp);
        let sorted = left.clone();
        let mut outliers = 0;
        for i in 1..=x.len() / 2 {
            let m = left.len() as f64;
            let (mean, sd) = moments(&left);
            let g = (left[left.len() - 1] - mean) / (sd * (m / (m - 1.0)).sqrt());
            // g = (m-1) t / sqrt((m-2+t²) m) solved for t.
            let t = (g * g * m * (m - 2.0) / ((m - 1.0).powi(2) - g * g * m)).max(0.0).sqrt();
            if tail(t, m - 2.0) < 0.05 / m {
                outliers = i;
            }
            left.pop();
        }
        let limit = Threshold::gesd(0.05, 0.5).fit(&x).unwrap().value();
        assert_eq!(limit, sorted[x.len() - 1 - outliers], "seed {seed}: {outliers} of {n}");
    }
}

#[test]
fn limits_lie_between_the_labels() {
    let rules = [
        MixedRule::Fence,
        MixedRule::MeanMad,
        MixedRule::OneSigma,
        MixedRule::Chauvenet,
        MixedRule::ThompsonTau,
        MixedRule::Gesd,
        MixedRule::PeakWidth,
        MixedRule::TailArea,
        MixedRule::YeoJohnson,
        MixedRule::Karcher,
    ];
    for seed in 0..10 {
        let mut x: Vec<f64> = numbers(150, seed).iter().map(|u| 3.0 - (1.0 - u).ln()).collect();
        x.extend([9.0, 14.0]);
        let (low, high) = x.iter().fold((f64::MAX, f64::MIN), |(l, h), v| (l.min(*v), h.max(*v)));
        for rule in rules {
            let scaled = rule.scaled_limit(&x).unwrap();
            let limit = Threshold::mixed(rule).fit(&x).unwrap();
            for v in &x {
                assert_eq!(limit.is_alarm(*v), (v - low) / (high - low) >= scaled, "{rule:?} {v}");
            }
            // Order and units do not matter.
            let mut other: Vec<f64> = x.iter().rev().map(|v| v * 8.0).collect();
            other.rotate_left(31);
            assert!((rule.scaled_limit(&other).unwrap() - scaled).abs() < 1e-9, "{rule:?}");
        }
    }
}

/// More scores than places: the density is interpolated.
#[test]
fn the_density_between_its_places() {
    let x: Vec<f64> = numbers(2700, 4).iter().map(|u| -(1.0 - u).ln()).collect();
    let (low, high) = x.iter().fold((f64::MAX, f64::MIN), |(l, h), v| (l.min(*v), h.max(*v)));
    let x: Vec<f64> = x.iter().map(|v| (v - low) / (high - low)).collect();
    let n = x.len() as f64;
    let (mean, sd) = moments(&x);
    let width = sd * (n / (n - 1.0)).sqrt() * n.powf(-0.2);
    let size = 2 * x.len();
    let density: Vec<f64> = (0..size)
        .map(|i| i as f64 / (size - 1) as f64)
        .map(|at| x.iter().map(|v| (-0.5 * ((at - v) / width).powi(2)).exp()).sum::<f64>())
        .collect();
    let (least, most) = density.iter().fold((f64::MAX, f64::MIN), |(l, h), v| (l.min(*v), h.max(*v)));
    let density: Vec<f64> = density.iter().map(|v| (v - least) / (most - least)).collect();
    let area = |from: usize| density[from..].windows(2).map(|w| 0.5 * (w[0] + w[1])).sum::<f64>();
    let mut sorted = x.clone();
    sorted.sort_by(f64::total_cmp);
    let median = 0.5 * (sorted[1349] + sorted[1350]);
    let share = (mean + (mean - median).abs()) * area(0);
    let first = (0..size).find(|&i| area(i) < share).unwrap();
    let found = MixedRule::TailArea.scaled_limit(&x).unwrap();
    assert!((found - first as f64 / (size - 1) as f64).abs() < 1e-9, "{found} {first}");
}

#[test]
fn peers_by_pairs() {
    for seed in 0..25 {
        let units = 3 + (seed as usize % 9);
        let mut x: Vec<f64> = numbers(units, seed).iter().map(|u| (u * 8.0).round() / 2.0).collect();
        if seed % 4 == 0 {
            x[1] = f64::NAN;
        }
        let present: Vec<f64> = x.iter().copied().filter(|v| !v.is_nan()).collect();
        let epsilon = 0.9;
        let found = Peers::dbscan(epsilon).score_time(&x).unwrap();
        let near = |v: f64| present.iter().filter(|w| (*w - v).abs() <= epsilon).count();
        let core: Vec<f64> = present.iter().copied().filter(|v| 2 * near(*v) > present.len()).collect();
        for (v, score) in x.iter().zip(&found) {
            if v.is_nan() || core.is_empty() || present.len() < 3 {
                assert!(score.is_nan(), "{x:?}");
            } else {
                let nearest = core.iter().map(|c| (c - v).abs()).fold(f64::INFINITY, f64::min);
                assert_eq!(*score, nearest / epsilon, "{x:?}");
            }
        }
        let found = Peers::mad().score_time(&x).unwrap();
        let median = |mut v: Vec<f64>| {
            v.sort_by(f64::total_cmp);
            if v.len() % 2 == 1 { v[v.len() / 2] } else { 0.5 * (v[v.len() / 2 - 1] + v[v.len() / 2]) }
        };
        let m = median(present.clone());
        let off: Vec<f64> = present.iter().map(|v| (v - m).abs()).collect();
        let mad = 1.482_602_218_505_602 * median(off.clone());
        if present.len() >= 3 && mad > 0.0 {
            for (v, score) in x.iter().zip(&found) {
                assert!(v.is_nan() && score.is_nan() || (score - (v - m).abs() / mad).abs() < 1e-12);
            }
        }
    }
}

/// With full shrinkage the distance is that of independent features.
#[test]
fn independent_features() {
    let x = Array2::from_shape_vec((9, 4), numbers(36, 5)).unwrap();
    let found = PeerDistance::new().shrinkage(1.0).score(&x).unwrap();
    for (unit, why) in found.iter().enumerate() {
        for j in 0..4 {
            let mut others: Vec<f64> = (0..9).filter(|i| *i != unit).map(|i| x[[i, j]]).collect();
            others.sort_by(f64::total_cmp);
            let m = 0.5 * (others[3] + others[4]);
            let mut off: Vec<f64> = others.iter().map(|v| (v - m).abs()).collect();
            off.sort_by(f64::total_cmp);
            let z = (x[[unit, j]] - m) / (1.482_602_218_505_602 * 0.5 * (off[3] + off[4]));
            assert!((why.contributions()[j] - z * z).abs() < 1e-9 * (1.0 + z * z));
        }
        assert!((why.total() - why.score().powi(2)).abs() < 1e-9 * (1.0 + why.total()));
    }
}
