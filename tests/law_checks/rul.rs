//! Laws of degradation models, life distributions and RUL estimates.

use super::noise;
use prognos::rul::degradation::{
    ExponentialDegradation, FailureThreshold, LinePrior, LinearDegradation, Noise, Restart, Transform,
};
use prognos::rul::survival::{Lifetimes, Weibull};
use prognos::rul::{History, Level, RulEstimate, RulModel};

/// (specimen, times, relative crack lengths) of the recorded fatigue test.
fn specimens() -> Vec<(Vec<f64>, Vec<f64>)> {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("datasets/crack_growth/fatigue_crack_growth.csv");
    let mut all: Vec<(Vec<f64>, Vec<f64>)> = vec![Default::default(); 21];
    for line in std::fs::read_to_string(path).unwrap().lines().skip(1) {
        let cells: Vec<f64> = line.split(',').map(|c| c.parse().unwrap()).collect();
        let unit = &mut all[cells[0] as usize - 1];
        unit.0.push(cells[1]);
        unit.1.push(cells[2]);
    }
    all
}

const CRACK_LIMIT: f64 = 1.6 / 0.9;

/// Time of failure by interpolation between the readings around the limit; `None`: stopped before.
fn crack_failure(times: &[f64], lengths: &[f64]) -> Option<f64> {
    let i = lengths.iter().position(|a| *a >= CRACK_LIMIT)?;
    let w = (CRACK_LIMIT - lengths[i - 1]) / (lengths[i] - lengths[i - 1]);
    Some(times[i - 1] + w * (times[i] - times[i - 1]))
}

/// Coverage of the 90 % interval and absolute errors, each specimen from part of its record and the other twenty.
fn crack_forecasts(part: f64, choose: &dyn Fn(&[History<'_>]) -> LinearDegradation) -> (usize, Vec<f64>, Vec<f64>) {
    let all = specimens();
    let (mut covered, mut errors, mut widths) = (0, Vec::new(), Vec::new());
    for i in 0..all.len() {
        let others: Vec<History<'_>> =
            (0..all.len()).filter(|j| *j != i).map(|j| History::new(&all[j].0, &all[j].1).unwrap()).collect();
        let model = choose(&others);
        let (times, lengths) = &all[i];
        let seen = History::new(times, lengths).unwrap().first((part * times.len() as f64) as usize);
        let rul = model.estimate(&seen).unwrap();
        let (early, late) = rul.interval(Level::new(0.9).unwrap());
        match crack_failure(times, lengths) {
            Some(end) => {
                let truth = end - seen.now();
                covered += usize::from(early <= truth && truth <= late);
                errors.push((rul.median() - truth).abs());
                widths.push(late - early);
            }
            None => covered += usize::from(late >= times[times.len() - 1] - seen.now()),
        }
    }
    (covered, errors, widths)
}

/// The scale is chosen by the likelihood of the other twenty specimens, never by coverage. Measured when this was written:
/// 20 of 21 at every cut (specimen 12, which speeds up at the end, is missed), median error 0.0027 million cycles at half
/// of the record.
#[test]
fn recorded_crack_growth_is_foretold_honestly() {
    let threshold = FailureThreshold::above(CRACK_LIMIT).unwrap();
    let chosen = |units: &[History<'_>]| LinearDegradation::params(threshold).choose_transform().fit(units).unwrap();
    for (part, error) in [(0.34, 0.006), (0.5, 0.004), (0.67, 0.003), (0.84, 0.002)] {
        let (covered, mut errors, mut widths) = crack_forecasts(part, &chosen);
        errors.sort_by(f64::total_cmp);
        widths.sort_by(f64::total_cmp);
        println!(
            "part {part}: {covered} of 21 covered, median error {:.4}, worst {:.4}, median width {:.4} million cycles",
            errors[6], errors[11], widths[6]
        );
        assert!((18..=21).contains(&covered), "{covered} of 21 covered from {part} of the record");
        assert!(errors[6] < error, "median error {} from {part} of the record", errors[6]);
        assert!(widths[6] < 0.02, "median width {} from {part} of the record", widths[6]);
    }
}

#[test]
fn the_fleet_prefers_the_scale_on_which_cracks_are_straight() {
    let all = specimens();
    let units: Vec<History<'_>> = all.iter().map(|(t, a)| History::new(t, a).unwrap()).collect();
    let threshold = FailureThreshold::above(CRACK_LIMIT).unwrap();
    let likelihood =
        |t| LinearDegradation::params(threshold).transform(t).fit(&units).unwrap().fleet_log_likelihood().unwrap();
    let exponential = ExponentialDegradation::params(threshold).fit(&units).unwrap().fleet_log_likelihood().unwrap();
    let (line, log) = (likelihood(Transform::Identity), likelihood(Transform::Log));
    assert!((log - exponential).abs() < 1e-9 * log.abs());
    let chosen = LinearDegradation::params(threshold).choose_transform().fit(&units).unwrap();
    assert!(line < log && log < chosen.fleet_log_likelihood().unwrap());
    // Paris' law with m = 2 (1 - p): metals have exponents from 2 to 6.
    let Transform::Power(p) = chosen.transform() else { panic!("a power was asked for") };
    assert!((2.0..6.0).contains(&(2.0 * (1.0 - p))), "{p}");
}

/// Share of units whose true remaining life lies within the 90 % interval.
fn coverage(model: &dyn Fn(&History<'_>) -> RulEstimate, units: &[(Vec<f64>, Vec<f64>, f64)], part: f64) -> f64 {
    let level = Level::new(0.9).unwrap();
    let inside = units
        .iter()
        .filter(|(times, values, life)| {
            let n = times.iter().take_while(|t| **t <= part * life).count().max(2);
            let seen = History::new(&times[..n], &values[..n]).unwrap();
            let (early, late) = model(&seen).interval(level);
            let truth = life - seen.now();
            early <= truth && truth <= late
        })
        .count();
    inside as f64 / units.len() as f64
}

/// Units whose straight scale is `intercept + slope t + noise`, and when a measurement, with its noise, reaches `limit`:
/// the event whose time the models foretell.
fn simulated(n: usize, seed: u64, noise_sd: f64, limit: f64, back: fn(f64) -> f64) -> Vec<(Vec<f64>, Vec<f64>, f64)> {
    let z = noise(3 * n, seed);
    (0..n)
        .map(|i| {
            let (intercept, slope) = (0.5 + 0.2 * z[3 * i], 0.1 + 0.015 * z[3 * i + 1]);
            let life = (limit + noise_sd * z[3 * i + 2] - intercept) / slope;
            let times: Vec<f64> = (0..=(0.95 * life) as usize).map(|t| t as f64).collect();
            let e = noise(times.len(), seed + 1000 + i as u64);
            let values = times.iter().zip(e).map(|(t, e)| back(intercept + slope * t + noise_sd * e)).collect();
            (times, values, life)
        })
        .collect()
}

fn histories(units: &[(Vec<f64>, Vec<f64>, f64)]) -> Vec<History<'_>> {
    units.iter().map(|(t, v, _)| History::new(t, v).unwrap()).collect()
}

#[test]
fn ninety_percent_intervals_cover_as_they_should() {
    let units = simulated(400, 11, 0.2, 6.0, |y| y);
    let prior = LinePrior::new([0.5, 0.1], [0.04, 0.000_225], 0.0).unwrap();
    let known = LinearDegradation::params(FailureThreshold::above(6.0).unwrap())
        .prior(prior)
        .noise_variance(0.04)
        .build()
        .unwrap();
    let fleet = simulated(60, 12, 0.2, 6.0, |y| y);
    let learnt = LinearDegradation::params(FailureThreshold::above(6.0).unwrap()).fit(&histories(&fleet)).unwrap();
    let units_exp = simulated(400, 13, 0.2, 6.0, f64::exp);
    let limit_exp = FailureThreshold::above(6f64.exp()).unwrap();
    let known_exp = ExponentialDegradation::params(limit_exp).prior(prior).noise_variance(0.04).build().unwrap();
    let fleet_exp = simulated(60, 14, 0.2, 6.0, f64::exp);
    let learnt_exp = ExponentialDegradation::params(limit_exp).fit(&histories(&fleet_exp)).unwrap();
    for part in [0.2, 0.5] {
        for (name, share) in [
            ("linear, known", coverage(&|h| known.estimate(h).unwrap(), &units, part)),
            ("linear, learnt", coverage(&|h| learnt.estimate(h).unwrap(), &units, part)),
            ("exponential, known", coverage(&|h| known_exp.estimate(h).unwrap(), &units_exp, part)),
            ("exponential, learnt", coverage(&|h| learnt_exp.estimate(h).unwrap(), &units_exp, part)),
        ] {
            println!("{name}, {part} of life: {:.1} %", 100.0 * share);
            assert!((0.85..=0.95).contains(&share), "{name}, {part} of life: {share}");
        }
    }
}

/// With few units the prior itself is uncertain: many small fleets, ten new units each.
#[test]
fn small_fleets_are_not_over_confident() {
    for (size, least) in [(3, 0.84), (5, 0.84), (10, 0.86)] {
        for part in [0.1, 0.3] {
            let mut sum = 0.0;
            for k in 0..40 {
                let fleet = simulated(size, 3000 + 100 * k, 0.2, 6.0, |y| y);
                let model =
                    LinearDegradation::params(FailureThreshold::above(6.0).unwrap()).fit(&histories(&fleet)).unwrap();
                let units = simulated(10, 9000 + 100 * k, 0.2, 6.0, |y| y);
                sum += coverage(&|h| model.estimate(h).unwrap(), &units, part);
            }
            println!("fleet of {size}, {part} of life: {:.1} % covered", 100.0 * sum / 40.0);
            assert!(sum / 40.0 >= least, "fleet of {size}, {part} of life: {}", sum / 40.0);
        }
    }
}

fn estimates() -> Vec<RulEstimate> {
    let fleet = simulated(20, 21, 0.2, 6.0, |y| y);
    let unit = &simulated(1, 22, 0.2, 6.0, |y| y)[0];
    let model = LinearDegradation::params(FailureThreshold::above(6.0).unwrap()).fit(&histories(&fleet)).unwrap();
    let vague = LinearDegradation::params(FailureThreshold::above(6.0).unwrap()).noise_variance(0.04).build().unwrap();
    let whole = History::new(&unit.0, &unit.1).unwrap();
    let mut all: Vec<RulEstimate> = [1, 2, 3, 5, 10, 20, 40]
        .iter()
        .flat_map(|&n| [model.estimate(&whole.first(n)).unwrap(), vague.estimate(&whole.first(n)).unwrap()])
        .collect();
    for (scale, shape, age) in
        [(100.0, 0.5, 0.0), (100.0, 3.0, 20.0), (1e-3, 1.0, 5.0), (50.0, 8.0, 49.0), (50.0, 8.0, 300.0)]
    {
        all.push(RulEstimate::weibull(scale, shape, age).unwrap());
    }
    let lives: Vec<f64> = noise(50, 23).iter().map(|z| (10.0 + 3.0 * z).max(0.0)).collect();
    all.push(RulEstimate::from_samples(&lives, None).unwrap());
    all.push(RulEstimate::from_samples(&[5.0, f64::INFINITY, 1.0], Some(&[1.0, 2.0, 0.5])).unwrap());
    all.push(RulEstimate::failed());
    all
}

#[test]
fn intervals_are_nested_and_never_negative() {
    for (i, rul) in estimates().iter().enumerate() {
        let mut outer = rul.interval(Level::new(0.9999).unwrap());
        for level in [0.999, 0.99, 0.95, 0.9, 0.8, 0.5, 0.2, 0.01] {
            let inner = rul.interval(Level::new(level).unwrap());
            assert!(0.0 <= outer.0 && outer.0 <= inner.0 && inner.0 <= inner.1 && inner.1 <= outer.1, "{i} {level}");
            outer = inner;
        }
        assert!(outer.0 <= rul.median() && rul.median() <= outer.1, "{i}");
        assert!(rul.mean() >= 0.0, "{i}: {}", rul.mean());
        let mut before = 0.0;
        for k in 0..400 {
            let t = 0.01 * 1.05f64.powi(k);
            let p = rul.cdf(t);
            assert!((before..=1.0).contains(&p), "{i}: cdf({t}) = {p} after {before}");
            assert!((p + rul.survival(t) - 1.0).abs() < 1e-12, "{i}");
            before = p;
        }
        assert_eq!(rul.cdf(-1.0), 0.0);
        assert!(before <= 1.0 - rul.never() + 1e-12);
    }
}

#[test]
fn quantiles_invert_the_cdf() {
    for (i, rul) in estimates().iter().enumerate() {
        for p in [0.001, 0.05, 0.3, 0.5, 0.77, 0.95, 0.999] {
            let t = rul.quantile(p).unwrap();
            if t.is_finite() && t > 0.0 {
                assert!(rul.cdf(t * (1.0 + 1e-9)) >= p - 1e-9, "{i} {p}");
                assert!(rul.cdf(t * (1.0 - 1e-9)) <= p + 1e-9, "{i} {p}");
            } else if t.is_infinite() {
                assert!(1.0 - rul.never() < p + 1e-9, "{i} {p}");
            }
        }
        assert!(rul.quantile(1.5).is_err() && rul.quantile(f64::NAN).is_err());
    }
}

#[test]
fn streaming_equals_batch_to_the_bit() {
    let fleet = simulated(12, 31, 0.3, 6.0, f64::exp);
    let threshold = FailureThreshold::above(6f64.exp()).unwrap();
    let model = ExponentialDegradation::params(threshold).slope_detection(0.05).fit(&histories(&fleet)).unwrap();
    let (times, values, _) = &simulated(1, 32, 0.3, 6.0, f64::exp)[0];
    let mut stream = model.clone();
    // A unit that was followed before leaves no trace.
    stream.update(0.0, 3.0).unwrap();
    stream.update(1.0, 3.5).unwrap();
    stream.restart(Restart::FleetPrior).unwrap();
    for (i, (&t, &v)) in times.iter().zip(values).enumerate() {
        stream.update(t, v).unwrap();
        let batch = model.estimate(&History::new(times, values).unwrap().first(i + 1)).unwrap();
        assert_eq!(batch, stream.rul().unwrap());
        assert_eq!(batch.median().to_bits(), stream.rul().unwrap().median().to_bits());
    }
    assert!(stream.slope_detected_at().is_some());
}

#[test]
fn a_refused_measurement_changes_nothing() {
    let mut model =
        ExponentialDegradation::params(FailureThreshold::above(9.0).unwrap()).noise_variance(0.1).build().unwrap();
    model.update(1.0, 2.0).unwrap();
    let before = model.clone();
    for (t, v) in [(1.0, 2.0), (0.5, 2.0), (2.0, -1.0), (2.0, 0.0), (f64::NAN, 1.0), (2.0, f64::INFINITY)] {
        assert!(model.update(t, v).is_err(), "{t} {v}");
        assert_eq!(model, before);
    }
}

#[test]
fn a_posterior_that_is_kept_goes_on_where_it_was() {
    let mut whole = LinearDegradation::params(FailureThreshold::above(9.0).unwrap())
        .prior(LinePrior::new([0.0, 0.2], [1.0, 0.1], 0.3).unwrap())
        .noise(Noise::Estimated { variance: 0.1, dof: 4.0 })
        .build()
        .unwrap();
    let mut halves = whole.clone();
    for i in 0..20 {
        let (t, v) = (f64::from(i), 0.2 * f64::from(i) + 0.1 * f64::from(i % 3));
        whole.update(t, v).unwrap();
        halves.update(t, v).unwrap();
        if i == 9 {
            halves.restart(Restart::Posterior).unwrap();
        }
    }
    let (a, b) = (whole.coefficients(), halves.coefficients());
    for k in 0..2 {
        assert!((a.mean[k] - b.mean[k]).abs() < 1e-9);
        assert!((a.covariance[k][k] / b.covariance[k][k] - 1.0).abs() < 1e-9);
    }
    assert!((a.noise_variance / b.noise_variance - 1.0).abs() < 1e-9 && a.dof == b.dof);
}

#[test]
fn slope_detection_waits_for_a_slope() {
    let flat = noise(60, 41);
    let mut model = LinearDegradation::params(FailureThreshold::above(50.0).unwrap())
        .prior(LinePrior::new([0.0, 1.0], [1.0, 0.01], 0.0).unwrap())
        .noise_variance(1.0)
        .slope_detection(1e-4)
        .build()
        .unwrap();
    let prior = model.coefficients();
    for (i, e) in flat.iter().enumerate() {
        let t = i as f64;
        model.update(t, if i < 40 { *e } else { t - 39.0 + e }).unwrap();
        if i < 40 {
            assert_eq!(model.coefficients().mean, prior.mean, "{i}");
        }
    }
    assert!(model.slope_detected_at().is_some_and(|t| (40.0..50.0).contains(&t)));
    assert_ne!(model.coefficients().mean, prior.mean);
}

#[test]
fn falling_and_rising_paths_are_mirror_images() {
    let up = LinearDegradation::params(FailureThreshold::above(5.0).unwrap())
        .prior(LinePrior::new([0.0, 0.1], [1.0, 0.01], 0.0).unwrap())
        .noise_variance(0.05)
        .build()
        .unwrap();
    let down = LinearDegradation::params(FailureThreshold::below(-5.0).unwrap())
        .prior(LinePrior::new([0.0, -0.1], [1.0, 0.01], 0.0).unwrap())
        .noise_variance(0.05)
        .build()
        .unwrap();
    let times: Vec<f64> = (0..20).map(f64::from).collect();
    let rising: Vec<f64> = times.iter().zip(noise(20, 51)).map(|(t, e)| 0.15 * t + 0.2 * e).collect();
    let falling: Vec<f64> = rising.iter().map(|v| -v).collect();
    let a = up.estimate(&History::new(&times, &rising).unwrap()).unwrap();
    let b = down.estimate(&History::new(&times, &falling).unwrap()).unwrap();
    assert!((a.median() / b.median() - 1.0).abs() < 1e-12);
    // A measurement at the threshold is a failure.
    let end = up.estimate(&History::new(&[0.0, 1.0], &[0.0, 5.0]).unwrap()).unwrap();
    assert_eq!(end.median(), 0.0);
}

#[test]
fn a_large_clock_and_a_large_offset_cost_no_digits() {
    let near = LinearDegradation::params(FailureThreshold::above(10.0).unwrap()).noise_variance(0.01).build().unwrap();
    let far = LinearDegradation::params(FailureThreshold::above(1e6 + 10.0).unwrap())
        .prior(LinePrior::new([1e6, 0.0], [1e12, 1e6], 0.0).unwrap())
        .noise_variance(0.01)
        .build()
        .unwrap();
    let times: Vec<f64> = (0..30).map(f64::from).collect();
    let values: Vec<f64> = times.iter().zip(noise(30, 61)).map(|(t, e)| 0.2 * t + 0.1 * e).collect();
    let late: Vec<f64> = times.iter().map(|t| t + 1_048_576.0).collect();
    let high: Vec<f64> = values.iter().map(|v| v + 1e6).collect();
    let a = near.estimate(&History::new(&times, &values).unwrap()).unwrap().median();
    let b = far.estimate(&History::new(&late, &high).unwrap()).unwrap().median();
    assert!((a / b - 1.0).abs() < 1e-5, "{a} {b}");
}

#[cfg(feature = "persist")]
#[test]
fn saved_equals_fitted() {
    use prognos::persist::{from_bytes, from_json, to_bytes, to_json};
    let fleet = simulated(12, 71, 0.3, 6.0, |y| y);
    let mut line = LinearDegradation::params(FailureThreshold::above(6.0).unwrap()).fit(&histories(&fleet)).unwrap();
    for (t, v) in fleet[0].0.iter().zip(&fleet[0].1).take(9) {
        line.update(*t, *v).unwrap();
    }
    let json: LinearDegradation = from_json(&to_json(&line).unwrap()).unwrap();
    let bytes: LinearDegradation = from_bytes(&to_bytes(&line).unwrap()).unwrap();
    assert_eq!(json, line);
    assert_eq!(bytes, line);
    assert_eq!(json.rul().unwrap().median().to_bits(), line.rul().unwrap().median().to_bits());
    let exponential =
        ExponentialDegradation::params(FailureThreshold::above(6.0).unwrap()).noise_variance(0.1).build().unwrap();
    assert_eq!(from_json::<ExponentialDegradation>(&to_json(&exponential).unwrap()).unwrap(), exponential);
    let ages = [5.0, 9.0, 12.0, 14.0];
    let fit = Weibull::fit(&Lifetimes::new(&ages, &[true, true, false, true]).unwrap()).unwrap();
    assert_eq!(from_bytes(&to_bytes(&fit).unwrap()).ok(), Some(fit));
    assert_eq!(from_json(&to_json(&fit.weibull()).unwrap()).ok(), Some(fit.weibull()));
    for rul in estimates() {
        let text = serde_json::to_string(&rul).unwrap();
        assert_eq!(serde_json::from_str::<RulEstimate>(&text).unwrap(), rul);
    }
    // A file that breaks an invariant is refused.
    let text = to_json(&fit.weibull()).unwrap();
    assert!(from_json::<Weibull>(&text.replace("\"shape\": ", "\"shape\": -")).is_err());
    let text = to_json(&line).unwrap();
    assert!(from_json::<LinearDegradation>(&text.replace("\"correlation\": ", "\"correlation\": 7")).is_err());
}

/// Life data of the literature: Lieblein & Zelen (1956), 23 ball bearings; the estimates are those of the sources named in
/// the table of data sets.
#[test]
fn recorded_lives_give_the_published_fits() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("datasets/reliability");
    let read = |name: &str| -> Vec<Vec<f64>> {
        let text = std::fs::read_to_string(root.join(name)).unwrap();
        text.lines().skip(1).map(|l| l.split(',').map(|c| c.parse().unwrap()).collect()).collect()
    };
    let ages: Vec<f64> = read("ball_bearings.csv").iter().map(|r| r[0]).collect();
    let failed = vec![true; ages.len()];
    let fit = Weibull::fit(&Lifetimes::new(&ages, &failed).unwrap()).unwrap().weibull();
    assert!((fit.scale() - 81.875).abs() < 5e-3 && (fit.shape() - 2.102).abs() < 5e-4, "{fit:?}");
    // Counts stand for repeated rows.
    let circuits = read("integrated_circuits.csv");
    let ages: Vec<f64> = circuits.iter().map(|r| r[0]).collect();
    let failed: Vec<bool> = circuits.iter().map(|r| r[1] > 0.5).collect();
    let counts: Vec<f64> = circuits.iter().map(|r| r[2]).collect();
    let counted = Weibull::fit(&Lifetimes::new(&ages, &failed).unwrap().with_counts(&counts).unwrap()).unwrap();
    assert_eq!(counted.counts(), (4156.0, 28.0));
    let (mut long_ages, mut long_failed) = (Vec::new(), Vec::new());
    for ((age, failed), count) in ages.iter().zip(&failed).zip(&counts) {
        long_ages.extend(std::iter::repeat_n(*age, *count as usize));
        long_failed.extend(std::iter::repeat_n(*failed, *count as usize));
    }
    let plain = Weibull::fit(&Lifetimes::new(&long_ages, &long_failed).unwrap()).unwrap();
    assert!((plain.weibull().scale() / counted.weibull().scale() - 1.0).abs() < 1e-9);
    assert!((plain.log_likelihood() / counted.log_likelihood() - 1.0).abs() < 1e-10);
    // The score is zero at the maximum: no neighbour is more likely.
    let fans = read("generator_fans.csv");
    let ages: Vec<f64> = fans.iter().map(|r| r[0]).collect();
    let failed: Vec<bool> = fans.iter().map(|r| r[1] > 0.5).collect();
    let fit = Weibull::fit(&Lifetimes::new(&ages, &failed).unwrap()).unwrap();
    let likelihood = |scale: f64, shape: f64| -> f64 {
        let w = Weibull::new(scale, shape).unwrap();
        ages.iter().zip(&failed).map(|(t, f)| if *f { w.pdf(*t).ln() } else { w.survival(*t).ln() }).sum()
    };
    let (a, b) = (fit.weibull().scale(), fit.weibull().shape());
    let best = likelihood(a, b);
    assert!((best / fit.log_likelihood() - 1.0).abs() < 1e-10);
    for (da, db) in [(1.01, 1.0), (0.99, 1.0), (1.0, 1.01), (1.0, 0.99)] {
        assert!(likelihood(a * da, b * db) < best);
    }
}

/// Cracks are no straight lines on the logarithm, and less so as they are. The discrepancy learnt within the fleet turns
/// the misfit into width; without it the exponential model covers 9 of 21 specimens from two thirds of the record.
#[test]
fn a_wrong_scale_costs_width_not_coverage() {
    let threshold = FailureThreshold::above(CRACK_LIMIT).unwrap();
    let fixed = |transform: Transform| {
        move |units: &[History<'_>]| LinearDegradation::params(threshold).transform(transform).fit(units).unwrap()
    };
    let blind = |units: &[History<'_>]| {
        LinearDegradation::params(threshold).transform(Transform::Log).discrepancy(0.0).fit(units).unwrap()
    };
    for part in [0.34, 0.5, 0.67, 0.84] {
        for transform in [Transform::Identity, Transform::Log] {
            let (covered, ..) = crack_forecasts(part, &fixed(transform));
            assert!(covered >= 19, "{transform:?} from {part}: {covered} of 21");
        }
    }
    assert!(crack_forecasts(0.67, &blind).0 <= 12);
}
