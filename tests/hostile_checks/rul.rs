//! Hostile histories, lifetimes and samples.

use prognos::rul::degradation::{
    ExponentialDegradation, FailureThreshold, LinePrior, LinearDegradation, Noise, Restart, Transform,
};
use prognos::rul::survival::{KaplanMeier, Lifetimes, NelsonAalen, Weibull};
use prognos::rul::{History, Level, RulEstimate, RulModel};

/// Every answer of an estimate is a probability, or a time that is not NaN and not negative.
pub fn check(what: &str, rul: &RulEstimate) {
    let mut before = 0.0;
    for p in [0.0, 1e-300, 1e-9, 0.05, 0.5, 0.95, 1.0 - 1e-12, 1.0] {
        let t = rul.quantile(p).unwrap();
        assert!(t >= before * (1.0 - 1e-12), "{what}: quantile({p}) = {t} after {before}");
        before = t;
    }
    for t in [-1.0, 0.0, 5e-324, 1e-9, 1.0, 1e9, f64::MAX, f64::INFINITY] {
        for p in [rul.cdf(t), rul.survival(t), rul.failure_within(t)] {
            assert!((0.0..=1.0).contains(&p), "{what}: {p} at {t}");
        }
    }
    assert!(rul.cdf(f64::NAN).is_nan() && rul.survival(f64::NAN).is_nan());
    let (early, late) = rul.interval(Level::new(0.9).unwrap());
    assert!(early >= 0.0 && early <= rul.median() && rul.median() <= late, "{what}: {early} {late}");
    for mean in [rul.mean(), rul.restricted_mean(1.0), rul.restricted_mean(1e300), rul.restricted_mean(-1.0)] {
        assert!(mean >= 0.0, "{what}: mean {mean}");
    }
    assert!(rul.restricted_mean(f64::NAN).is_nan());
}

fn thresholds() -> Vec<FailureThreshold> {
    let mut all = Vec::new();
    for v in [0.0, 1.0, -3.0, 5e-324, 1e300, -f64::MAX] {
        all.push(FailureThreshold::above(v).unwrap());
        all.push(FailureThreshold::below(v).unwrap());
    }
    all
}

fn follow_linear(what: &str, mut model: LinearDegradation, times: &[f64], values: &[f64]) {
    for (t, v) in times.iter().zip(values) {
        if model.update(*t, *v).is_ok()
            && let Ok(rul) = model.rul()
        {
            check(what, &rul);
        }
    }
    let _ = (model.coefficients(), model.coefficients().correlation(), model.mean_path_rul());
    for ahead in [0.0, 1.0, 1e300, f64::NAN, -1.0, f64::INFINITY] {
        if let Ok(p) = model.probability_beyond(ahead) {
            assert!((0.0..=1.0).contains(&p), "{what}: {p}");
        }
    }
    if model.restart(Restart::Posterior).is_ok()
        && let Ok(rul) = model.rul()
    {
        check(what, &rul);
    }
    model.restart(Restart::FleetPrior).unwrap();
}

#[test]
fn histories() {
    for (name, x) in super::series() {
        let ramp: Vec<f64> = (0..x.len()).map(|i| i as f64).collect();
        let _ = History::new(&x, &ramp).map(|h| (h.now(), h.last(), h.first(3)));
        let _ = History::new(&ramp, &x[..x.len() / 2]);
        for threshold in thresholds() {
            for noise in [Noise::Known(1e-300), Noise::Known(1.0), Noise::Estimated { variance: 1e300, dof: 0.1 }] {
                let line = LinearDegradation::params(threshold).noise(noise).slope_detection(0.5);
                if let Ok(model) = line.build() {
                    // Values along a ramp, and times from the series with constant values.
                    follow_linear(&name, model.clone(), &ramp[..ramp.len().min(40)], &x);
                    follow_linear(&name, model, &x[..x.len().min(40)], &ramp);
                }
                if let Ok(model) = ExponentialDegradation::params(threshold).noise(noise).phi(-2.0).build()
                    && let Ok(history) = History::new(&ramp, &x)
                    && let Ok(rul) = model.estimate(&history)
                {
                    check(&name, &rul);
                }
            }
        }
    }
}

#[test]
fn fleets() {
    let all = super::series();
    let ramps: Vec<Vec<f64>> = all.iter().map(|(_, x)| (0..x.len()).map(|i| i as f64).collect()).collect();
    for (i, (name, x)) in all.iter().enumerate() {
        let Ok(one) = History::new(&ramps[i], x) else { continue };
        let plain: Vec<f64> = ramps[i].iter().map(|t| 1.0 + 0.1 * t + 0.01 * (t * 3.0).sin()).collect();
        let other = History::new(&ramps[i], &plain).unwrap();
        for units in [vec![], vec![one], vec![one, one], vec![one, one, one], vec![one, other, one, other]] {
            let threshold = FailureThreshold::above(20.0).unwrap();
            for transform in [Transform::Identity, Transform::Log, Transform::Power(-2.0), Transform::Power(1e-9)] {
                if let Ok(model) = LinearDegradation::params(threshold).transform(transform).fit(&units) {
                    for history in [one, other] {
                        if let Ok(rul) = model.estimate(&history.first(3)) {
                            check(name, &rul);
                        }
                    }
                }
            }
            if x.len() <= 64
                && let Ok(model) = LinearDegradation::params(threshold).choose_transform().fit(&units)
                && let Ok(rul) = model.estimate(&other.first(2))
            {
                check(name, &rul);
            }
            if let Ok(model) = ExponentialDegradation::params(threshold).phi(-1.0).fit(&units)
                && let Ok(rul) = model.estimate(&one)
            {
                check(name, &rul);
            }
        }
    }
}

#[test]
fn settings() {
    for bad in [f64::NAN, f64::INFINITY, -1.0, 0.0, 1.0, 2.0, f64::MAX, 5e-324] {
        let threshold = FailureThreshold::above(3.0).unwrap();
        let _ = (FailureThreshold::above(bad), FailureThreshold::below(bad), Level::new(bad));
        let _ = (LinePrior::new([bad, 0.0], [1.0, 1.0], 0.0), LinePrior::new([0.0, 0.0], [bad, 1.0], 0.0));
        let _ = (
            LinePrior::new([0.0, 0.0], [1.0, 1.0], bad),
            LinePrior::vague(bad),
            LinePrior::from_known_start(bad, bad, bad),
        );
        let base = LinearDegradation::params(threshold).noise_variance(1.0);
        for params in [
            base.noise_variance(bad),
            base.noise(Noise::Estimated { variance: 1.0, dof: bad }),
            base.discrepancy(bad),
            base.slope_detection(bad),
            base.transform(Transform::Power(bad)),
            base.choose_transform(),
        ] {
            if let Ok(model) = params.build() {
                follow_linear("settings", model, &[0.0, 1.0, 2.0, 3.0], &[1.0, 1.1, 1.3, 1.4]);
            }
        }
        if let Ok(model) = ExponentialDegradation::params(threshold).noise_variance(1.0).phi(bad).build()
            && let Ok(rul) = model.rul()
        {
            check("phi", &rul);
        }
        if let Ok(w) = Weibull::new(bad, bad) {
            check_weibull("settings", &w);
        }
        for (a, b, c) in [(bad, 1.0, 1.0), (1.0, bad, 1.0), (1.0, 1.0, bad), (1.0, 3.0, bad), (1.0, 0.05, bad)] {
            if let Ok(rul) = RulEstimate::weibull(a, b, c) {
                check(&format!("weibull {a} {b} {c}"), &rul);
            }
        }
    }
    assert!(
        LinearDegradation::params(FailureThreshold::above(-1.0).unwrap())
            .transform(Transform::Log)
            .noise_variance(1.0)
            .build()
            .is_err()
    );
}

fn check_weibull(what: &str, w: &Weibull) {
    for t in [-1.0, 0.0, 5e-324, 1.0, 1e300, f64::INFINITY] {
        assert!((0.0..=1.0).contains(&w.survival(t)) && (0.0..=1.0).contains(&w.cdf(t)), "{what} {t}");
        assert!(w.hazard(t) >= 0.0 && w.pdf(t) >= 0.0, "{what} {t}");
        assert!(w.restricted_mean(t) >= 0.0, "{what} {t} {}", w.restricted_mean(t));
    }
    for p in [f64::NAN, 0.0, 0.5, 1.0] {
        let _ = w.quantile(p);
    }
    for age in [0.0, 1.0, 1e9] {
        assert!(w.mean_residual_life(age) >= 0.0, "{what} {age}");
        if let Ok(rul) = w.rul(age) {
            check(what, &rul);
        }
    }
}

#[test]
fn lifetimes() {
    for (name, x) in super::series() {
        for pattern in 1..4 {
            let failed: Vec<bool> = (0..x.len()).map(|i| i % pattern == 0).collect();
            for ages in [x.clone(), x.iter().map(|v| v.abs() + 1e-3).collect()] {
                let Ok(lifetimes) = Lifetimes::new(&ages, &failed) else { continue };
                let _ = lifetimes.with_counts(&x);
                if let Ok(fit) = Weibull::fit(&lifetimes) {
                    check_weibull(&name, &fit.weibull());
                    let level = Level::new(0.9).unwrap();
                    for (low, high) in [
                        fit.scale_interval(level),
                        fit.shape_interval(level),
                        fit.quantile_interval(0.1, level).unwrap(),
                    ] {
                        assert!(low >= 0.0 && low <= high, "{name}: {low} {high}");
                    }
                }
                for shape in [0.0, 0.1, 2.0, 100.0, f64::NAN] {
                    if let Ok(w) = Weibull::weibayes(&lifetimes, shape) {
                        check_weibull(&name, &w);
                    }
                }
                let na = NelsonAalen::new(&lifetimes);
                assert!(na.values().is_sorted() && na.values().iter().all(|h| *h >= 0.0 && h.is_finite()), "{name}");
                let limits = na.limits(Level::new(0.9).unwrap());
                assert!(limits.iter().all(|(a, b)| 0.0 <= *a && a <= b), "{name}");
                let km = KaplanMeier::new(&lifetimes);
                assert!(km.values().iter().all(|s| (0.0..=1.0).contains(s)));
                assert!(
                    km.limits(Level::new(0.9).unwrap()).iter().all(|(a, b)| 0.0 <= *a && a <= b && *b <= 1.0),
                    "{name}"
                );
                assert!(km.median() > 0.0 && km.restricted_mean(10.0) >= 0.0 && km.survival(f64::NAN) >= 0.0);
            }
        }
    }
}

#[test]
fn samples() {
    for (name, x) in super::series() {
        for values in [x.clone(), x.iter().map(|v| v.abs()).collect()] {
            if let Ok(rul) = RulEstimate::from_samples(&values, None) {
                check(&name, &rul);
            }
            if let Ok(rul) = RulEstimate::from_samples(&values, Some(&values)) {
                check(&name, &rul);
            }
            let _ = RulEstimate::from_samples(&values, Some(&[1.0]));
        }
    }
}

#[cfg(feature = "serde")]
#[test]
fn hostile_estimate_files() {
    let aged = RulEstimate::from_samples(&[1.0, 2.0, 3.0], None).unwrap().at_age(0.0).unwrap();
    let good = serde_json::to_string(&aged).unwrap();
    assert!(serde_json::from_str::<RulEstimate>(&good).is_ok());
    for (from, to) in
        [("1.0,2.0", "2.0,1.0"), ("1.0,2.0,3.0]", "1.0,2.0]"), ("[1.0", "[-1.0"), ("\"age\":0.0", "\"age\":1e999")]
    {
        let bad = good.replacen(from, to, 1);
        assert_ne!(bad, good, "{from}");
        assert!(serde_json::from_str::<RulEstimate>(&bad).is_err(), "{bad}");
    }
    let unknown = serde_json::from_str::<RulEstimate>(&good.replacen("\"age\":0.0", "\"age\":null", 1)).unwrap();
    assert_eq!(unknown.age(), None);
    let weibull = serde_json::to_string(&RulEstimate::weibull(10.0, 2.0, 0.0).unwrap()).unwrap();
    assert!(serde_json::from_str::<RulEstimate>(&weibull).is_ok());
    assert!(serde_json::from_str::<RulEstimate>(&weibull.replacen("\"age\":0.0", "\"age\":null", 1)).is_err());
    assert!(serde_json::from_str::<Level>("1.5").is_err());
}
