//! Metrics of forecasts of remaining life, conformal intervals, metrics of survival models.

use super::{number, numbers};
use ndarray::Array2;
use prognos::metrics::prognosis::{self as m, Path};
use prognos::metrics::survival as s;
use prognos::rul::Level;
use prognos::rul::conformal::{AdaptiveConformal, QuantileConformal, SplitConformal};
use serde_json::Value;

pub type Found = Vec<(&'static str, Vec<f64>)>;

fn get(value: &Value) -> f64 {
    number(value).unwrap_or_else(|| panic!("{value} is not a number"))
}

fn flags(values: impl IntoIterator<Item = bool>) -> Vec<f64> {
    values.into_iter().map(|b| f64::from(u8::from(b))).collect()
}

pub fn point_metrics(case: &Value) -> Found {
    let (y, p) = (numbers(&case["input"]["y"]), numbers(&case["input"]["pred"]));
    vec![
        ("rmse", vec![m::rmse(&y, &p).unwrap()]),
        ("mae", vec![m::mae(&y, &p).unwrap()]),
        ("mape", vec![m::mape(&y, &p).unwrap()]),
        ("phm08", vec![m::phm08(&y, &p).unwrap()]),
        ("phm12", vec![m::phm2012(&y, &p).unwrap()]),
        ("bias", vec![m::bias(&y, &p).unwrap()]),
        ("r2", vec![m::r_squared(&y, &p).unwrap()]),
        ("accuracy_minus13_plus10", vec![m::accuracy_window(&y, &p, 13.0, 10.0).unwrap()]),
    ]
}

pub fn prognostic_metrics(case: &Value) -> Found {
    let input = &case["input"];
    let (times, predicted) = (numbers(&input["t"]), numbers(&input["rul_pred"]));
    let (end, alpha) = (get(&input["eol"]), get(&input["alpha"]));
    let path = Path::new(&times, &predicted, end).unwrap();
    let inside = path.alpha_lambda(alpha).unwrap();
    let convergence = path.convergence();
    vec![
        ("alpha_lambda_fraction", vec![inside.iter().filter(|i| **i).count() as f64 / inside.len() as f64]),
        ("alpha_lambda", flags(inside)),
        ("ph", vec![path.horizon(alpha, true).unwrap()]),
        ("ph_first", vec![path.horizon(alpha, false).unwrap()]),
        ("ph_alpha_cone", vec![path.cone_horizon(alpha).unwrap()]),
        ("ra", path.relative_accuracy()),
        ("cra", vec![path.cumulative_relative_accuracy()]),
        ("convergence", vec![convergence.distance]),
        ("xc", vec![convergence.time]),
        ("yc", vec![convergence.error]),
    ]
}

pub fn prob_metrics(case: &Value) -> Found {
    let input = &case["input"];
    let list = |key: &str| numbers(&input[key]);
    let (y, mu, sd, lo, hi) = (list("y"), list("mu"), list("sd"), list("lo"), list("hi"));
    let samples: Vec<Vec<f64>> = input["samples"].as_array().unwrap().iter().map(numbers).collect();
    let by_sample = |f: &dyn Fn(&[f64], f64) -> f64| samples.iter().zip(&y).map(|(x, y)| f(x, *y)).collect::<Vec<_>>();
    let normal = |f: &dyn Fn(f64, f64, f64) -> f64| {
        y.iter().zip(mu.iter().zip(&sd)).map(|(y, (mu, sd))| f(*mu, *sd, *y)).collect::<Vec<_>>()
    };
    let each =
        |p: &[f64], q: f64| y.iter().zip(p).map(|(y, p)| m::pinball(&[*y], &[*p], q).unwrap()).collect::<Vec<_>>();
    let crps = normal(&|mu, sd, y| m::crps_normal(mu, sd, y).unwrap());
    let (mpiw, pinaw) = m::widths(&y, &lo, &hi).unwrap();
    vec![
        ("crps_sample", by_sample(&|x, y| m::crps_samples(x, y, false).unwrap())),
        ("crps_fair", by_sample(&|x, y| m::crps_samples(x, y, true).unwrap())),
        ("crps_gaussian", crps.clone()),
        ("crps_gaussian_formula", crps),
        ("log_score", normal(&|mu, sd, y| m::log_score_normal(mu, sd, y).unwrap())),
        ("pinball_05", each(&lo, 0.05)),
        ("pinball_95", each(&hi, 0.95)),
        ("picp", vec![m::coverage(&y, &lo, &hi).unwrap()]),
        ("mpiw", vec![mpiw]),
        ("pinaw", vec![pinaw]),
        ("interval_score", m::interval_scores(&y, &lo, &hi, 0.1).unwrap()),
        ("pit", by_sample(&|x, y| m::pit(x, y).unwrap())),
    ]
}

pub fn conformal(case: &Value) -> Found {
    let (input, expected) = (&case["input"], &case["expected"]);
    let errors = numbers(&input["abs_residuals"]);
    // The levels asked for are the keys of the expected values.
    let by_level = |key: &str, radius: &dyn Fn(Level) -> f64| {
        let levels = expected[key].as_object().unwrap().keys();
        levels.map(|a| radius(Level::new(1.0 - a.parse::<f64>().unwrap()).unwrap())).collect::<Vec<_>>()
    };
    let split = SplitConformal::from_errors(&errors).unwrap();
    let bands = QuantileConformal::new(&numbers(&input["y"]), &numbers(&input["lo"]), &numbers(&input["hi"])).unwrap();
    let weighted = SplitConformal::weighted(&errors, &numbers(&input["weights"]), get(&input["test_weight"])).unwrap();
    let mut adaptive = AdaptiveConformal::new(get(&input["aci_alpha"]), get(&input["aci_gamma"])).unwrap();
    let mut alphas = vec![adaptive.alpha()];
    for miss in numbers(&input["aci_err"]) {
        adaptive.update(miss > 0.5);
        alphas.push(adaptive.alpha());
    }
    alphas.truncate(expected["aci_alpha"].as_array().unwrap().len());
    vec![
        ("split", by_level("split", &|level| split.radius(level))),
        ("cqr", by_level("cqr", &|level| bands.shift(level))),
        ("aci_alpha", alphas),
        ("weighted_q_a01", vec![weighted.radius(Level::new(0.9).unwrap())]),
    ]
}

pub fn survival_metrics(case: &Value) -> Found {
    let input = &case["input"];
    let (ages, risks, times) = (numbers(&input["time"]), numbers(&input["risk"]), numbers(&input["times"]));
    let failed: Vec<bool> = numbers(&input["event"]).iter().map(|e| *e > 0.5).collect();
    let survival = Array2::from_shape_vec((ages.len(), times.len()), numbers(&input["surv_prob"])).unwrap();
    let c = s::concordance(&ages, &failed, &risks).unwrap();
    let mut found = vec![
        ("c_index", vec![c.index]),
        ("lifelines_c", vec![c.index]),
        ("concordant", vec![c.concordant as f64]),
        ("discordant", vec![c.discordant as f64]),
        ("tied_risk", vec![c.tied_risk as f64]),
        ("tied_time", vec![c.tied_time as f64]),
        ("brier", s::brier(&ages, &failed, survival.view(), &times).unwrap()),
        ("ibs", vec![s::integrated_brier(&ages, &failed, survival.view(), &times).unwrap()]),
    ];
    // No value in the file where the reference had none.
    if let Ok(c) = s::concordance_ipcw(&ages, &failed, &risks) {
        found.push(("c_ipcw", vec![c]));
    }
    if let Ok(auc) = s::dynamic_auc(&ages, &failed, &risks, &times) {
        found.push(("auc", auc.values));
        found.push(("mean_auc", vec![auc.mean]));
    }
    found
}
