//! Twins of the degradation kernel, the Weibull functions and the cost rate: plain sums, grids and Simpson's rule.

use prognos::decision::{AgeReplacement, cost_rate};
use prognos::health::quality::{Monotonicity, monotonicity};
use prognos::rul::degradation::{FailureThreshold, LinePrior, LinearDegradation, Noise};
use prognos::rul::survival::{Lifetimes, Weibull};
use prognos::rul::{History, RulModel};

fn data(n: usize) -> (Vec<f64>, Vec<f64>) {
    let times: Vec<f64> = (0..n).map(|i| i as f64 * 0.7 + 0.1 * (i as f64 * 1.3).sin()).collect();
    let values = times.iter().map(|t| 0.4 + 0.21 * t + 0.3 * (t * 5.1).sin()).collect();
    (times, values)
}

fn prior() -> LinePrior {
    LinePrior::new([0.2, 0.3], [0.5, 0.02], -0.4).unwrap()
}

const NOISE: f64 = 0.09;

/// Posterior mean and covariance by the normal equations (P0 + A'A / s2) x = P0 m0 + A'y / s2, with Cramer's rule.
fn normal_equations(times: &[f64], values: &[f64]) -> ([f64; 2], [[f64; 2]; 2], f64) {
    let v = prior().covariance();
    let det = v[0][0] * v[1][1] - v[0][1] * v[1][0];
    let p0 = [[v[1][1] / det, -v[0][1] / det], [-v[1][0] / det, v[0][0] / det]];
    let m0 = prior().mean();
    let (mut p, mut h) = (p0, [0.0; 2]);
    for k in 0..2 {
        h[k] = p0[k][0] * m0[0] + p0[k][1] * m0[1];
    }
    for (t, y) in times.iter().zip(values) {
        p[0][0] += 1.0 / NOISE;
        p[0][1] += t / NOISE;
        p[1][0] += t / NOISE;
        p[1][1] += t * t / NOISE;
        h[0] += y / NOISE;
        h[1] += t * y / NOISE;
    }
    let det = p[0][0] * p[1][1] - p[0][1] * p[1][0];
    let cov = [[p[1][1] / det, -p[0][1] / det], [-p[1][0] / det, p[0][0] / det]];
    let mean = [cov[0][0] * h[0] + cov[0][1] * h[1], cov[1][0] * h[0] + cov[1][1] * h[1]];
    // y'y + m0'P0 m0 - m'Pm: the misfit of a normal-inverse-gamma posterior, in units of the noise.
    let quadratic =
        |m: [f64; 2], p: [[f64; 2]; 2]| (0..2).map(|i| (0..2).map(|j| m[i] * p[i][j] * m[j]).sum::<f64>()).sum::<f64>();
    let misfit = values.iter().map(|y| y * y / NOISE).sum::<f64>() + quadratic(m0, p0) - quadratic(mean, p);
    (mean, cov, misfit)
}

fn close(a: f64, b: f64, rel: f64, what: &str) {
    assert!((a - b).abs() <= rel * b.abs(), "{what}: {a:e} {b:e}");
}

#[test]
fn posterior_by_the_normal_equations() {
    for n in [1, 2, 3, 10, 100] {
        let (times, values) = data(n);
        let mut known = LinearDegradation::params(FailureThreshold::above(9.0).unwrap())
            .prior(prior())
            .noise_variance(NOISE)
            .build()
            .unwrap();
        let mut estimated = LinearDegradation::params(FailureThreshold::above(9.0).unwrap())
            .prior(prior())
            .noise(Noise::Estimated { variance: NOISE, dof: 6.0 })
            .build()
            .unwrap();
        for (t, v) in times.iter().zip(&values) {
            known.update(*t, *v).unwrap();
            estimated.update(*t, *v).unwrap();
        }
        let (mean, cov, misfit) = normal_equations(&times, &values);
        let c = known.coefficients();
        let e = estimated.coefficients();
        let factor = (6.0 + misfit) / (6.0 + n as f64);
        close(e.noise_variance, NOISE * factor, 1e-11, "noise");
        assert_eq!(e.dof, Some(6.0 + n as f64));
        for i in 0..2 {
            close(c.mean[i], mean[i], 1e-12, "mean");
            close(e.mean[i], mean[i], 1e-12, "mean, estimated noise");
            for (j, expected) in cov[i].iter().enumerate() {
                close(c.covariance[i][j], *expected, 1e-11, "covariance");
                close(e.covariance[i][j], factor * expected, 1e-11, "covariance, estimated noise");
            }
        }
    }
}

/// Posterior mean of the slope as a sum over a grid of intercepts and slopes.
#[test]
fn posterior_by_a_grid() {
    let (times, values) = data(8);
    let (mean, cov, _) = normal_equations(&times, &values);
    let v = prior().covariance();
    let det = v[0][0] * v[1][1] - v[0][1] * v[0][1];
    let (mut mass, mut first, mut second) = (0.0, 0.0, 0.0);
    for i in -200..=200 {
        for j in -200..=200 {
            let a = mean[0] + 0.04 * f64::from(i) * cov[0][0].sqrt();
            let b = mean[1] + 0.04 * f64::from(j) * cov[1][1].sqrt();
            let (da, db) = (a - 0.2, b - 0.3);
            let prior = (v[1][1] * da * da - 2.0 * v[0][1] * da * db + v[0][0] * db * db) / det;
            let misfit: f64 = times.iter().zip(&values).map(|(t, y)| (y - a - b * t).powi(2) / NOISE).sum();
            let w = (-0.5 * (prior + misfit)).exp();
            mass += w;
            first += w * b;
            second += w * b * b;
        }
    }
    let mut model = LinearDegradation::params(FailureThreshold::above(9.0).unwrap())
        .prior(prior())
        .noise_variance(NOISE)
        .build()
        .unwrap();
    for (t, v) in times.iter().zip(&values) {
        model.update(*t, *v).unwrap();
    }
    let c = model.coefficients();
    close(c.mean[1], first / mass, 1e-9, "slope");
    close(c.covariance[1][1], second / mass - (first / mass).powi(2), 1e-8, "variance of the slope");
}

/// Simpson's rule with `n` panels.
fn simpson(f: impl Fn(f64) -> f64, lo: f64, hi: f64, n: usize) -> f64 {
    let h = (hi - lo) / n as f64;
    let inner: f64 = (1..2 * n).map(|k| if k % 2 == 1 { 4.0 } else { 2.0 } * f(lo + 0.5 * h * k as f64)).sum();
    (f(lo) + inner + f(hi)) * h / 6.0
}

#[test]
fn means_by_integration() {
    let (times, values) = data(30);
    let model = LinearDegradation::params(FailureThreshold::above(9.0).unwrap())
        .prior(prior())
        .noise_variance(NOISE)
        .build()
        .unwrap();
    let rul = model.estimate(&History::new(&times, &values).unwrap()).unwrap();
    let end = rul.quantile(0.999_999).unwrap();
    close(rul.restricted_mean(end), simpson(|t| rul.survival(t), 0.0, end, 20_000), 1e-9, "restricted mean");
    for (shape, age) in [(1.0, 3.0), (2.5, 0.0), (2.5, 40.0), (4.0, 120.0), (9.0, 200.0)] {
        let life = Weibull::new(100.0, shape).unwrap();
        let rest = simpson(|u| life.survival(age + u) / life.survival(age), 0.0, 4000.0 / shape, 400_000);
        close(life.mean_residual_life(age), rest, 1e-8, "mean residual life");
        close(life.restricted_mean(70.0), simpson(|t| life.survival(t), 0.0, 70.0, 4000), 1e-9, "restricted mean");
    }
}

#[test]
fn age_replacement_by_search() {
    let life = Weibull::new(1000.0, 2.5).unwrap();
    let by_sum = |t: f64| (life.survival(t) + 5.0 * life.cdf(t)) / simpson(|u| life.survival(u), 0.0, t, 2000);
    for t in [10.0, 300.0, 493.0, 2000.0] {
        close(cost_rate(&life, t, 1.0, 5.0).unwrap(), by_sum(t), 1e-9, "cost rate");
    }
    let best = (4000..6000).map(|k| 0.1 * f64::from(k)).min_by(|a, b| by_sum(*a).total_cmp(&by_sum(*b))).unwrap();
    let found = AgeReplacement::new(&life, 1.0, 5.0).unwrap();
    assert!((found.age().unwrap() - best).abs() < 0.1);
}

/// The likelihood on a grid has its maximum where the fit says.
#[test]
fn weibull_fit_by_search() {
    let ages = [14.0, 22.0, 31.0, 36.0, 47.0, 52.0, 60.0, 60.0];
    let failed = [true, true, false, true, true, false, true, false];
    let fit = Weibull::fit(&Lifetimes::new(&ages, &failed).unwrap()).unwrap();
    let likelihood = |scale: f64, shape: f64| -> f64 {
        ages.iter()
            .zip(&failed)
            .map(|(t, f)| {
                let z = (t / scale).powf(shape);
                if *f { (shape / scale).ln() + (shape - 1.0) * (t / scale).ln() - z } else { -z }
            })
            .sum()
    };
    let mut best = (f64::NEG_INFINITY, 0.0, 0.0);
    for i in 0..400 {
        for j in 0..400 {
            let (scale, shape) = (40.0 + 0.1 * f64::from(i), 1.0 + 0.01 * f64::from(j));
            let l = likelihood(scale, shape);
            if l > best.0 {
                best = (l, scale, shape);
            }
        }
    }
    assert!((fit.weibull().scale() - best.1).abs() < 0.2 && (fit.weibull().shape() - best.2).abs() < 0.02);
    assert!(fit.log_likelihood() >= best.0);
}

/// Spearman's correlation with ranks by counting.
#[test]
fn rank_monotonicity_by_counting() {
    let x: Vec<f64> = (0..60).map(|i| f64::from(i / 4) + f64::from((i * 7) % 5)).collect();
    let rank = |v: f64| {
        let below = x.iter().filter(|u| **u < v).count() as f64;
        let equal = x.iter().filter(|u| **u == v).count() as f64;
        below + 0.5 * (equal + 1.0)
    };
    let ranks: Vec<f64> = x.iter().map(|v| rank(*v)).collect();
    let n = ranks.len() as f64;
    let (mr, mt) = (ranks.iter().sum::<f64>() / n, 0.5 * (n - 1.0));
    let (mut rt, mut rr, mut tt) = (0.0, 0.0, 0.0);
    for (t, r) in ranks.iter().enumerate() {
        let (dr, dt) = (r - mr, t as f64 - mt);
        rt += dr * dt;
        rr += dr * dr;
        tt += dt * dt;
    }
    close(monotonicity(&[&x], Monotonicity::Rank).unwrap(), (rt / (rr * tt).sqrt()).abs(), 1e-12, "spearman");
}
