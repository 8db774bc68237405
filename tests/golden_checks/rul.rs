//! Family `rul`: degradation, life distributions, health metrics, decisions.

use super::{Outcome, Tally, close, compare, json_files, load, number, numbers, prognosis};
use prognos::decision::{AgeReplacement, BlockReplacement};
use prognos::health::quality::{Monotonicity, Resampling, monotonicity, prognosability, trendability};
use prognos::rul::degradation::{ExponentialDegradation, FailureThreshold, LinePrior, LinearDegradation};
use prognos::rul::survival::{KaplanMeier, Lifetimes, NelsonAalen, Weibull};
use prognos::rul::{Level, RulEstimate};
use serde_json::Value;
use std::path::Path;

const REL: f64 = 1e-9;

pub fn run(dir: &Path, tally: &mut Tally) {
    for path in json_files(&dir.join("rul")) {
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        for (id, outcome) in check_file(&name, &load(&path)) {
            tally.record("rul", &id, outcome);
        }
    }
    let cases = dir.join("features/features_cases.json");
    if cases.exists() {
        prognostic_cases(&load(&cases), tally);
    }
}

/// The outcomes of one file's cases: (`file/case/key`, outcome).
pub fn check_file(name: &str, file: &Value) -> Vec<(String, Outcome)> {
    let mut outcomes = Vec::new();
    for case in file["cases"].as_array().unwrap() {
        let mut found = match name {
            "exponential_degradation" => exponential(case),
            "linear_degradation" => linear(case),
            "weibull_mle_exact" => weibull(case),
            "conditional_rul" => conditional(case),
            "hi_metrics" => hi_metrics(case),
            "age_replacement" => age_replacement(case),
            "kaplan_meier" => kaplan_meier(case),
            "nelson_aalen" => nelson_aalen(case),
            "point_metrics" => prognosis::point_metrics(case),
            "prognostic_metrics" => prognosis::prognostic_metrics(case),
            "prob_metrics" => prognosis::prob_metrics(case),
            "conformal" => prognosis::conformal(case),
            "survival_metrics" => prognosis::survival_metrics(case),
            _ => Vec::new(),
        };
        let id = case["name"].as_str().unwrap_or("case");
        // Keys of the file without a value here are skipped, keys here that the file lacks are failures.
        if let Some(expected) = case["expected"].as_object() {
            for (key, value) in expected {
                let outcome = match found.iter().position(|(k, _)| k == key) {
                    place if value.is_null() => {
                        place.map(|i| found.swap_remove(i));
                        Outcome::Skipped("the reference has no value".to_owned())
                    }
                    Some(i) => compare(&found.swap_remove(i).1, value, REL, 0.0),
                    None => Outcome::Skipped("not built yet".to_owned()),
                };
                outcomes.push((format!("{name}/{id}/{key}"), outcome));
            }
        } else {
            outcomes.push((format!("{name}/{id}"), Outcome::Skipped("not built yet".to_owned())));
        }
        for (key, _) in found {
            outcomes.push((format!("{name}/{id}/{key}"), Outcome::Failed("the file has no such key".to_owned())));
        }
    }
    outcomes
}

type Found = Vec<(&'static str, Vec<f64>)>;

fn get(value: &Value) -> f64 {
    number(value).unwrap_or_else(|| panic!("{value} is not a number"))
}

fn exponential(case: &Value) -> Found {
    let i = &case["input"];
    let p = &i["prior"];
    let prior = LinePrior::new(
        [get(&p["mu_logtheta"]), get(&p["mu_beta"])],
        [get(&p["var_logtheta"]), get(&p["var_beta"])],
        get(&p["rho"]),
    )
    .unwrap();
    let mut model = ExponentialDegradation::params(FailureThreshold::above(get(&i["threshold"])).unwrap())
        .phi(get(&i["phi"]))
        .prior(prior)
        .noise_variance(get(&i["noise_var"]))
        .build()
        .unwrap();
    for (t, v) in numbers(&i["t"]).iter().zip(numbers(&i["signal"])) {
        model.update(*t, v).unwrap();
    }
    let c = model.coefficients();
    let u = numbers(&i["u"]);
    let rul = model.rul().unwrap();
    vec![
        ("theta_log_mean", vec![c.mean[0]]),
        ("beta_mean", vec![c.mean[1]]),
        ("cov", c.covariance.concat()),
        ("corr", vec![c.correlation()]),
        ("rul_cdf", u.iter().map(|&u| model.probability_beyond(u).unwrap()).collect()),
        ("rul_cdf_truncated", u.iter().map(|&u| rul.cdf(u)).collect()),
        ("deterministic_rul", vec![model.mean_path_rul().unwrap()]),
    ]
}

fn linear(case: &Value) -> Found {
    let i = &case["input"];
    let p = &i["prior"];
    let prior = LinePrior::from_known_start(get(&i["phi"]), get(&p["mu_theta"]), get(&p["var_theta"])).unwrap();
    let mut model = LinearDegradation::params(FailureThreshold::above(get(&i["threshold"])).unwrap())
        .prior(prior)
        .noise_variance(get(&i["noise_var"]))
        .build()
        .unwrap();
    for (t, v) in numbers(&i["t"]).iter().zip(numbers(&i["signal"])) {
        model.update(*t, v).unwrap();
    }
    let c = model.coefficients();
    let u = numbers(&i["u"]);
    let rul = model.rul().unwrap();
    vec![
        ("theta", vec![c.mean[1]]),
        ("theta_var", vec![c.covariance[1][1]]),
        ("rul_cdf", u.iter().map(|&u| model.probability_beyond(u).unwrap()).collect()),
        ("rul_cdf_truncated", u.iter().map(|&u| rul.cdf(u)).collect()),
        ("deterministic_rul", vec![model.mean_path_rul().unwrap()]),
    ]
}

fn events(value: &Value) -> Vec<bool> {
    numbers(value).iter().map(|e| *e > 0.5).collect()
}

fn weibull(case: &Value) -> Found {
    let (time, event) = (numbers(&case["input"]["time"]), events(&case["input"]["event"]));
    let lifetimes = Lifetimes::new(&time, &event).unwrap();
    let fit = Weibull::fit(&lifetimes).unwrap();
    let level = Level::new(0.95).unwrap();
    let pair = |p: (f64, f64)| vec![p.0, p.1];
    let bayes = Weibull::weibayes(&lifetimes, 2.0).unwrap();
    vec![
        ("alpha", vec![fit.weibull().scale()]),
        ("beta", vec![fit.weibull().shape()]),
        ("loglik", vec![fit.log_likelihood()]),
        ("cov_alpha_beta", fit.covariance().concat()),
        ("alpha_ci", pair(fit.scale_interval(level))),
        ("beta_ci", pair(fit.shape_interval(level))),
        ("B10", vec![fit.weibull().quantile(0.1).unwrap()]),
        ("weibayes_alpha_beta2", vec![bayes.scale()]),
        ("weibayes_beta", vec![bayes.shape()]),
    ]
}

fn conditional(case: &Value) -> Found {
    let i = &case["input"];
    let life = Weibull::new(get(&i["alpha"]), get(&i["beta"])).unwrap();
    let ruls: Vec<RulEstimate> = numbers(&i["age"]).iter().map(|&age| life.rul(age).unwrap()).collect();
    let each = |f: &dyn Fn(&RulEstimate) -> f64| ruls.iter().map(f).collect::<Vec<_>>();
    vec![
        ("mean_residual_life", each(&RulEstimate::mean)),
        ("median_rul", each(&RulEstimate::median)),
        ("q10", each(&|r| r.quantile(0.1).unwrap())),
        ("q90", each(&|r| r.quantile(0.9).unwrap())),
    ]
}

fn trajectories(value: &Value) -> Vec<Vec<f64>> {
    value.as_array().unwrap().iter().map(numbers).collect()
}

fn hi_metrics(case: &Value) -> Found {
    let runs = trajectories(&case["input"]["trajectories"]);
    let runs: Vec<&[f64]> = runs.iter().map(Vec::as_slice).collect();
    vec![
        ("monotonicity", vec![monotonicity(&runs, Monotonicity::Sign).unwrap()]),
        ("monotonicity_rank", vec![monotonicity(&runs, Monotonicity::Rank).unwrap()]),
        ("trendability", vec![trendability(&runs, Resampling::ToLongest).unwrap()]),
        ("prognosability", vec![prognosability(&runs, 1).unwrap()]),
        ("prognosability_ddof0", vec![prognosability(&runs, 0).unwrap()]),
    ]
}

fn age_replacement(case: &Value) -> Found {
    let i = &case["input"];
    let life = Weibull::new(get(&i["alpha"]), get(&i["beta"])).unwrap();
    let (planned, failure) = (get(&i["cost_preventive"]), get(&i["cost_failure"]));
    let best = AgeReplacement::new(&life, planned, failure).unwrap();
    let block = BlockReplacement::new(&life, planned, failure).unwrap();
    vec![
        ("T_opt", vec![best.age().unwrap()]),
        ("cost_rate", vec![best.cost_rate()]),
        ("cost_rate_run_to_failure", vec![best.run_to_failure()]),
        ("block_minimal_repair_T", vec![block.interval().unwrap()]),
    ]
}

fn kaplan_meier(case: &Value) -> Found {
    let i = &case["input"];
    let (time, event) = (numbers(&i["time"]), events(&i["event"]));
    let expected = &case["expected"];
    if time.is_empty() || time.len() != event.len() {
        return Vec::new();
    }
    let lifetimes = Lifetimes::new(&time, &event).unwrap();
    let km = KaplanMeier::new(&lifetimes);
    // The reference begins its staircase at time 0.
    let with_zero = |x: &[f64], first: f64, key: &str| {
        let mut all = x.to_vec();
        if numbers(&expected[key]).len() == x.len() + 1 {
            all.insert(0, first);
        }
        all
    };
    let limits = km.limits(Level::new(0.95).unwrap());
    let (lower, upper): (Vec<f64>, Vec<f64>) = limits.into_iter().unzip();
    vec![
        ("time", with_zero(km.times(), 0.0, "time")),
        ("survival", with_zero(km.values(), 1.0, "survival")),
        ("lower", with_zero(&lower, 1.0, "lower")),
        ("upper", with_zero(&upper, 1.0, "upper")),
        ("at_risk", with_zero(km.at_risk(), lifetimes.units(), "at_risk")),
        ("observed", with_zero(km.failures(), 0.0, "observed")),
        ("median", vec![km.median()]),
        ("rmst_at_median", vec![km.restricted_mean(km.median())]),
    ]
}

fn nelson_aalen(case: &Value) -> Found {
    let (time, event) = (numbers(&case["input"]["time"]), events(&case["input"]["event"]));
    let na = NelsonAalen::new(&Lifetimes::new(&time, &event).unwrap());
    // The reference begins at time 0.
    let with_zero = |x: &[f64]| [&[0.0], x].concat();
    let (lower, upper): (Vec<f64>, Vec<f64>) = na.limits(Level::new(0.95).unwrap()).into_iter().unzip();
    vec![
        ("time", with_zero(na.times())),
        ("cumhaz", with_zero(na.values())),
        ("lower", with_zero(&lower)),
        ("upper", with_zero(&upper)),
    ]
}

/// The case `prognostic_metrics` of the features' cases.
pub fn prognostic_cases(file: &Value, tally: &mut Tally) {
    let case = &file["cases"]["prognostic_metrics"];
    let runs = trajectories(&case["runs"]);
    let runs: Vec<&[f64]> = runs.iter().map(Vec::as_slice).collect();
    for (key, found) in [
        ("monotonicity_sign", monotonicity(&runs, Monotonicity::Sign)),
        ("prognosability", prognosability(&runs, 1)),
        ("monotonicity_rank_spearman", monotonicity(&runs, Monotonicity::Rank)),
        ("trendability_min_abs_corr_resampled", trendability(&runs, Resampling::PairToShorter)),
    ] {
        let (found, expected) = (found.unwrap(), get(&case[key]));
        let outcome = if close(found, expected, REL, 0.0) {
            Outcome::Matched
        } else {
            Outcome::Failed(format!("is {found:e}, expected {expected:e}"))
        };
        tally.record("features/cases", &format!("prognostic_metrics/{key}"), outcome);
    }
}
