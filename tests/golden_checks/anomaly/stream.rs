//! Control charts, drift detectors (river) and online change points.

use super::{ABS, Built, REL, check_file, table};
use crate::golden_checks::{Outcome, compare, load, number, numbers, own_dir};
use prognos::anomaly::stream::{
    Adwin, AdwinParams, Bocpd, CusumChart, Direction, EwmaChart, IndividualsChart, McusumChart, MewmaChart,
    PageHinkley, StreamingDetector,
};
use serde_json::Value;

pub fn check(name: &str, file: &Value, built: &mut Built) {
    if name.starts_with("stream_") {
        stream(file, built);
    }
    if let Some(expected) = file.get("process_monitoring") {
        multivariate(file, expected, built);
    }
    if let Some(expected) = file.get("bocpd_own_code") {
        bocpd(file, expected, built);
    }
}

fn stream(file: &Value, built: &mut Built) {
    let x = numbers(&file["x"]);
    let (mean, sd) = (number(&file["mu0"]).unwrap(), number(&file["sigma0"]).unwrap());
    for (section, expected) in file.as_object().unwrap() {
        let mut record = |key: &str, found: &[f64]| {
            built.insert(format!("{section}/{key}"), compare(found, &expected[key], REL, ABS));
        };
        if let Some(settings) = section.strip_prefix("cusum_") {
            let mut chart = CusumChart::params()
                .allowance(setting(settings, "k"))
                .interval(setting(settings, "h"))
                .start(mean, sd)
                .unwrap();
            record("K", &[chart.allowance()]);
            record("H", &[chart.interval()]);
            let (mut upper, mut lower, mut scores) = (vec![], vec![], vec![]);
            for &x in &x {
                scores.push(chart.push(x).unwrap());
                upper.push(chart.upper());
                lower.push(chart.lower());
            }
            record("C_plus", &upper);
            record("C_minus", &lower);
            record("first_alarm", &[first_above_1(&scores)]);
        } else if let Some(settings) = section.strip_prefix("ewma_") {
            let mut chart = EwmaChart::params()
                .lambda(setting(settings, "lambda"))
                .limit(setting(settings, "L"))
                .start(mean, sd)
                .unwrap();
            let (mut z, mut widths, mut scores) = (vec![], vec![], vec![]);
            for &x in &x {
                scores.push(chart.push(x).unwrap());
                assert_eq!(scores[scores.len() - 1] > 1.0, chart.side() != 0);
                z.push(chart.z());
                widths.push(chart.half_width());
            }
            record("z", &z);
            record("half_width", &widths);
            record("first_alarm", &[first_above_1(&scores)]);
        } else if section == "individuals_chart" {
            let chart = IndividualsChart::params().fit(&x).unwrap();
            record("center", &[chart.center()]);
            record("MR_bar", &[chart.mean_range()]);
            record("sigma_hat_MR_over_1_128", &[chart.sigma()]);
            record("LCL", &[chart.limits().0]);
            record("UCL", &[chart.limits().1]);
            record("MR_UCL", &[chart.range_limit()]);
        } else if section.starts_with("river.PageHinkley") {
            let mut test = page_hinkley(&expected["params"]);
            let mut drifts = vec![];
            for (i, &x) in x.iter().enumerate() {
                let score = test.push(x).unwrap();
                assert_eq!(score > 1.0, test.drift());
                drifts.extend(test.drift().then_some(i as f64));
            }
            record("drift_at", &drifts);
        } else if section.starts_with("river.ADWIN") {
            // river begins an empty window after a drift.
            let mut window = adwin(&expected["params"]).restart(true).start().unwrap();
            let (mut drifts, mut widths, mut means) = (vec![], vec![], vec![]);
            for (i, &x) in x.iter().enumerate() {
                let score = window.push(x).unwrap();
                assert_eq!(score > 1.0, window.drift());
                drifts.extend(window.drift().then_some(i as f64));
                if (i + 1) % 25 == 0 {
                    widths.push(window.width() as f64);
                    means.push(window.mean());
                }
            }
            record("drift_at", &drifts);
            record("width_every25", &widths);
            record("mean_every25", &means);
        }
    }
}

/// `0.5` of `k0.5_h5` for `k`.
fn setting(settings: &str, name: &str) -> f64 {
    settings.split('_').find_map(|s| s.strip_prefix(name)).unwrap().parse().unwrap()
}

fn first_above_1(scores: &[f64]) -> f64 {
    scores.iter().position(|s| *s > 1.0).map_or(-1.0, |i| i as f64)
}

fn page_hinkley(settings: &Value) -> PageHinkley {
    let mut params = PageHinkley::params();
    for (key, value) in settings.as_object().unwrap() {
        params = match key.as_str() {
            "min_instances" => params.min_instances(value.as_u64().unwrap()),
            "delta" => params.delta(value.as_f64().unwrap()),
            "threshold" => params.threshold(value.as_f64().unwrap()),
            "alpha" => params.alpha(value.as_f64().unwrap()),
            "mode" => params.direction(match value.as_str().unwrap() {
                "up" => Direction::Up,
                "down" => Direction::Down,
                _ => Direction::Both,
            }),
            other => panic!("unknown setting {other}"),
        };
    }
    params.start().unwrap()
}

fn adwin(settings: &Value) -> AdwinParams {
    let mut params = Adwin::params();
    for (key, value) in settings.as_object().unwrap() {
        let whole = || value.as_u64().unwrap() as u32;
        params = match key.as_str() {
            "delta" => params.delta(value.as_f64().unwrap()),
            "clock" => params.clock(whole()),
            "max_buckets" => params.max_buckets(whole()),
            "min_window_length" => params.min_window_length(whole()),
            "grace_period" => params.grace_period(whole()),
            other => panic!("unknown setting {other}"),
        };
    }
    params
}

fn multivariate(file: &Value, expected: &Value, built: &mut Built) {
    let (train, test) = (table(&file["train"]), table(&file["test"]));
    let mut mewma = MewmaChart::params().lambda(0.2).fit(&train).unwrap();
    let key = "MEWMA_lambda_0_2_exact_cov";
    let scores = mewma.update_rows(&test).unwrap().to_vec();
    built.insert(format!("process_monitoring/{key}"), compare(&scores, &expected[key], REL, ABS));
    let mut mcusum = McusumChart::params().allowance(0.5).fit(&train).unwrap();
    let key = "MCUSUM_crosier_k_0_5";
    let scores = mcusum.update_rows(&test).unwrap().to_vec();
    built.insert(format!("process_monitoring/{key}"), compare(&scores, &expected[key], REL, ABS));
}

fn bocpd(file: &Value, expected: &Value, built: &mut Built) {
    let x = numbers(&file[expected["signal"].as_str().unwrap()]["signal"]);
    let prior = |key: &str| expected["prior"][key].as_f64().unwrap();
    let mut model = Bocpd::params()
        .hazard(expected["hazard_lambda"].as_f64().unwrap())
        .prior(prior("mu"), prior("kappa"), prior("alpha"), prior("beta"))
        .max_run(x.len().max(20))
        .start()
        .unwrap();
    let mut runs = vec![];
    for &x in &x {
        model.push(x).unwrap();
        runs.push(model.run_length() as f64);
    }
    built.insert("bocpd_own_code/map_run_length".into(), compare(&runs, &expected["map_run_length"], 0.0, 0.0));
    let evidence = compare(&[model.log_evidence()], &expected["log_evidence"], REL, 0.0);
    built.insert("bocpd_own_code/log_evidence".into(), evidence);
}

/// A test that cannot fail proves nothing: changed values must be seen.
#[test]
fn corrupted_charts_are_seen() {
    let failed = |name: &str, file: &Value| {
        check_file(name, file).iter().filter(|(_, o)| matches!(o, Outcome::Failed(_))).count()
    };
    for (name, section, key) in [
        ("stream_var_jump_0_1", "cusum_k0.5_h5", "C_plus"),
        ("stream_var_jump_0_1", "ewma_lambda0.1_L2.7", "half_width"),
        ("stream_var_jump_0_1", "river.ADWIN default", "mean_every25"),
        ("stream_var_jump_0_1", "river.PageHinkley default", "drift_at"),
        ("changepoints", "bocpd_own_code", "map_run_length"),
        ("tab_gauss5", "process_monitoring", "MCUSUM_crosier_k_0_5"),
    ] {
        let honest = load(&own_dir().join(format!("anomaly/{name}.json")));
        let before = failed(name, &honest);
        let mut file = honest.clone();
        let list = file[section][key].as_array_mut().unwrap();
        let last = list.last_mut().unwrap();
        *last = serde_json::json!(last.as_f64().unwrap() * (1.0 + 1e-6) + 1e-6);
        assert_eq!(failed(name, &file), before + 1, "{name} {section} {key}");
    }
}
