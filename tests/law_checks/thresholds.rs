//! Laws of tails, streams of limits, combined scores and peers.

use super::{noise, same_bits_on_any_threads};
use ndarray::{Array2, Axis};
use prognos::anomaly::{
    BiSpot, Calibrated, Combination, Combiner, Detector, DriftSpot, Events, Martingale, PcaMonitor, PeerDistance,
    Peers, Scale, Spot, Threshold, benjamini_hochberg, benjamini_yekutieli, storey,
};

const SCALES: [Scale; 5] = [Scale::Rank, Scale::Sigma, Scale::Robust, Scale::Unify, Scale::Tail];

fn combiners(healthy: &Array2<f64>) -> Vec<(String, Combiner)> {
    let weights: Vec<f64> = (1..=healthy.ncols()).map(|k| k as f64).collect();
    let mut all = Vec::new();
    for scale in SCALES {
        for how in
            [Combination::Mean, Combination::Maximum, Combination::Pareto, Combination::Weighted(weights.clone())]
        {
            let model = Combiner::params().scale(scale).combination(how.clone()).fit(healthy).unwrap();
            all.push((format!("{scale:?} {how:?}"), model));
        }
    }
    all
}

fn scores(n: usize, seed: u64) -> Array2<f64> {
    let x = noise(n * 3, seed);
    Array2::from_shape_fn((n, 3), |(i, j)| [1.0, 100.0, 0.01][j] * (x[i * 3 + j].exp() + x[i * 3].exp()))
}

#[test]
fn combined_scores_obey_the_laws_of_detectors() {
    let healthy = scores(400, 1);
    let rows = scores(300, 2);
    for (what, model) in combiners(&healthy) {
        let all = model.score(&rows).unwrap();
        let columns = rows.t().as_standard_layout().into_owned();
        assert_eq!(all, model.score(columns.t()).unwrap(), "{what}");
        for i in [0, 17, 299] {
            assert_eq!(model.score_row(&rows.row(i).to_vec()).unwrap().to_bits(), all[i].to_bits(), "{what}");
            let why = model.explain(rows.row(i)).unwrap();
            assert_eq!(why.score().to_bits(), all[i].to_bits());
            assert!((why.total() - all[i]).abs() < 1e-12 * (1.0 + all[i].abs()), "{what}: {} {}", why.total(), all[i]);
        }
        // Higher in any detector is never less.
        for j in 0..3 {
            let mut higher = rows.clone();
            higher.column_mut(j).mapv_inplace(|v| v * 1.5);
            let more = model.score(&higher).unwrap();
            assert!(all.iter().zip(&more).all(|(a, b)| b >= a), "{what}");
        }
        assert!(model.score(&rows.slice_axis(Axis(1), ndarray::Slice::from(..2)).to_owned()).is_err());
    }
    same_bits_on_any_threads("combined scores", || {
        combiners(&healthy).iter().flat_map(|(_, m)| m.score(&rows).unwrap().to_vec()).collect()
    });
    // Far out in one detector: beyond the front.
    let mut far = rows.row(0).to_owned();
    far[1] = 1e6;
    let front = Combiner::params().combination(Combination::Pareto).fit(&healthy).unwrap();
    assert!((front.score_row(&far.to_vec()).unwrap() - 400.0 / 401.0).abs() < 1e-15);
}

#[test]
fn a_surprise_never_saturates() {
    let model = Combiner::params().fit(&scores(200, 3)).unwrap();
    let mut last = f64::NEG_INFINITY;
    for k in 0..60 {
        let s = 2f64.powi(k);
        let score = model.score_row(&[s, 100.0 * s, 0.01 * s]).unwrap();
        assert!(score > last, "{k}: {score} after {last}");
        last = score;
    }
}

#[test]
fn the_risk_is_kept() {
    // Student's t with 3 degrees of freedom: the rate of alarms is near q, where k sigma would miss it by far.
    let (mut alarms, mut values) = (0.0, 0.0);
    for seed in 0..40 {
        let z = noise(4 * 6000, seed);
        let x: Vec<f64> =
            z.chunks(4).map(|c| c[0] / ((c[1] * c[1] + c[2] * c[2] + c[3] * c[3]) / 3.0).sqrt()).collect();
        let mut spot = Spot::fit(&x[..2000], 1e-3).unwrap();
        alarms += x[2000..].iter().filter(|v| spot.update(**v).unwrap().is_alarm()).count() as f64;
        values += 4000.0;
    }
    let rate = alarms / values;
    assert!(rate > 4e-4 && rate < 2e-3, "{rate}");
}

#[test]
fn a_stream_in_two_halves_is_one_stream() {
    let x = noise(9000, 8);
    let drift: Vec<f64> = x.iter().enumerate().map(|(i, v)| v + 0.01 * i as f64).collect();
    let mut spot = Spot::fit(&x[..1000], 1e-3).unwrap();
    let mut both = BiSpot::fit(&x[..1000], 1e-3).unwrap();
    let mut moving = DriftSpot::fit(&drift[..1000], 1e-3, 30).unwrap();
    for i in 1000..5000 {
        spot.update(x[i]).unwrap();
        both.update(x[i]).unwrap();
        moving.update(drift[i]).unwrap();
    }
    #[cfg(not(feature = "persist"))]
    let (mut spot2, mut both2, mut moving2) = (spot.clone(), both.clone(), moving.clone());
    #[cfg(feature = "persist")]
    let (mut spot2, mut both2, mut moving2) = {
        use prognos::persist::{from_bytes, from_json, to_bytes, to_json};
        let spot: Spot = from_json(&to_json(&spot).unwrap()).unwrap();
        let both: BiSpot = from_bytes(&to_bytes(&both).unwrap()).unwrap();
        let moving: DriftSpot = from_json(&to_json(&moving).unwrap()).unwrap();
        (spot, both, moving)
    };
    assert_eq!((&spot, &both, &moving), (&spot2, &both2, &moving2));
    let mut alarms = 0;
    for i in 5000..9000 {
        let verdict = moving.update(drift[i]).unwrap();
        alarms += usize::from(verdict.is_alarm());
        assert_eq!(verdict, moving2.update(drift[i]).unwrap());
        assert_eq!(spot.update(x[i]).unwrap(), spot2.update(x[i]).unwrap());
        assert_eq!(both.update(x[i]).unwrap(), both2.update(x[i]).unwrap());
        assert_eq!(spot.limit().to_bits(), spot2.limit().to_bits());
    }
    assert!(alarms < 30, "{alarms} alarms of a drift of 80");
    let (low, high) = both.limits();
    assert!(low < -2.5 && high > 2.5 && low > -5.0 && high < 5.0, "{low} {high}");
    assert!(spot.update(f64::NAN).is_err() && spot == spot2);
}

#[test]
fn discoveries() {
    let mut false_ones = 0.0;
    let trials = 200;
    for seed in 0..trials {
        let p: Vec<f64> = noise(60, seed)
            .iter()
            .enumerate()
            .map(|(i, z)| 0.5 * (1.0 - erf((z + if i < 12 { 3.0 } else { 0.0 }) / std::f64::consts::SQRT_2)))
            .collect();
        let bh = benjamini_hochberg(&p, 0.1).unwrap();
        let by = benjamini_yekutieli(&p, 0.1).unwrap();
        let st = storey(&p, 0.1, 0.5).unwrap();
        // Stricter rules reject less.
        assert!(by.iter().zip(&bh).all(|(a, b)| !a || *b) && (bh.iter().zip(&st).all(|(a, b)| !a || *b)));
        let rejected = bh.iter().filter(|r| **r).count();
        let wrong = bh[12..].iter().filter(|r| **r).count();
        false_ones += wrong as f64 / rejected.max(1) as f64;
    }
    let rate = false_ones / trials as f64;
    assert!(rate < 0.1, "{rate}");
}

/// The error function to 1e-7 (Abramowitz & Stegun 7.1.26).
fn erf(x: f64) -> f64 {
    let t = 1.0 / (1.0 + 0.327_591_1 * x.abs());
    let poly =
        t * (0.254_829_592 + t * (-0.284_496_736 + t * (1.421_413_741 + t * (-1.453_152_027 + t * 1.061_405_429))));
    let value = 1.0 - poly * (-x * x).exp();
    if x < 0.0 { -value } else { value }
}

#[test]
fn capital_grows_with_drift_alone() {
    let mut high = 0;
    for seed in 0..200 {
        let healthy: Vec<f64> = noise(200, seed);
        let limit = Threshold::conformal(0.05).fit(&healthy).unwrap();
        let mut bet = Martingale::new();
        let mut most = 0.0_f64;
        for z in noise(100, 1000 + seed) {
            most = most.max(bet.update(limit.p_value(z)).unwrap());
        }
        high += usize::from(most >= 2.0);
        let mut again = Martingale::restarting();
        for z in noise(60, 5000 + seed) {
            assert!(again.update(limit.p_value(z + 2.0)).unwrap() >= 0.0);
        }
        assert!(again.log10() > 2.0, "seed {seed}: {}", again.log10());
    }
    // One in a hundred at most, were the p-values exact; they share 200 calibration rows.
    assert!(high <= 8, "{high} of 200");
}

#[test]
fn peers_are_compared_alike_in_any_order() {
    let x = noise(200 * 12, 4);
    let mut fleet = Array2::from_shape_fn((200, 12), |(t, u)| (t as f64 * 0.1).sin() * 30.0 + x[t * 12 + u]);
    for t in 150..170 {
        fleet[[t, 7]] += 9.0;
    }
    fleet[[20, 3]] = f64::NAN;
    let methods = [Peers::mad(), Peers::mad_at_least(0.5), Peers::dbscan(1.5)];
    let order = [3, 0, 11, 7, 4, 1, 2, 10, 9, 8, 6, 5];
    let mixed = fleet.select(Axis(1), &order);
    let bits = |a: &Array2<f64>| a.iter().map(|v| v.to_bits()).collect::<Vec<_>>();
    for peers in methods {
        let scores = peers.score(&fleet).unwrap();
        assert_eq!(bits(&scores.scores().select(Axis(1), &order)), bits(peers.score(&mixed).unwrap().scores()));
        let columns = fleet.t().as_standard_layout().into_owned();
        assert_eq!(bits(scores.scores()), bits(peers.score(columns.t()).unwrap().scores()));
        for t in [0, 20, 199] {
            let alone = peers.score_time(&fleet.row(t).to_vec()).unwrap();
            assert!(alone.iter().zip(scores.scores().row(t)).all(|(a, b)| a.to_bits() == b.to_bits()));
        }
        assert!(scores.scores()[[20, 3]].is_nan());
        let events = scores.events(&Events::above(3.0).off(1.5).merge_gap(2).min_duration(10)).unwrap();
        assert_eq!(events.len(), 1, "{events:?}");
        assert!(events[0].unit == "7" && events[0].event.start.abs_diff(150) <= 1);
        same_bits_on_any_threads("peers", || peers.score(&fleet).unwrap().scores().iter().copied().collect());
        // What all do together does not matter.
        let moved = peers.score(&(&fleet + 1024.0)).unwrap();
        assert!(scores.scores().iter().zip(moved.scores()).all(|(a, b)| a.is_nan() || (a - b).abs() < 1e-9));
    }
    let spread = prognos::anomaly::PeerScores::typical_spread(&fleet);
    assert!((spread - 1.0).abs() < 0.15, "{spread}");
    let rows = Array2::from_shape_vec((20, 5), noise(100, 6)).unwrap();
    same_bits_on_any_threads("peer distance", || {
        PeerDistance::new().score(&rows).unwrap().iter().map(prognos::anomaly::Attribution::score).collect()
    });
}

#[cfg(feature = "persist")]
#[test]
fn saved_equals_fitted() {
    use prognos::anomaly::{Limit, MixedRule, Rule};
    use prognos::persist::{Persist, from_bytes, from_json, to_bytes, to_json};
    use serde_json::{Value, json};
    fn check<M: Persist + PartialEq + std::fmt::Debug>(model: &M, bad: &[(&str, Value)]) {
        let text = to_json(model).unwrap();
        assert_eq!(*model, from_json(&text).unwrap());
        assert_eq!(*model, from_bytes(&to_bytes(model).unwrap()).unwrap());
        for (path, value) in bad {
            let mut file: Value = serde_json::from_str(&text).unwrap();
            *file.pointer_mut(path).unwrap_or_else(|| panic!("{path}: {text}")) = value.clone();
            assert!(from_json::<M>(&file.to_string()).is_err(), "{path}");
        }
    }
    let x = noise(1000, 2);
    for threshold in [Threshold::pot(1e-4), Threshold::gesd(0.05, 0.1), Threshold::mixed(MixedRule::Chauvenet)] {
        let limit: Limit = threshold.fit(&x).unwrap();
        check(&limit, &[("/model/value", json!(1.0)), ("/model/calibration/0", json!(50.0))]);
    }
    let rule = |text: &str| serde_json::from_str::<Rule>(text);
    assert!(rule(r#"{"Pot":{"q":1e-4,"level":0.98}}"#).is_ok() && rule(r#"{"Pot":{"q":1e-4}}"#).is_err());
    check(
        &Spot::fit(&x, 1e-3).unwrap(),
        &[
            ("/model/tail/excesses", json!([])),
            ("/model/tail/excesses/3", json!(-1.0)),
            ("/model/tail/next", json!(5)),
            ("/model/tail/peaks", json!(7)),
            ("/model/tail/law/sigma", json!(0.0)),
            ("/model/tail/q", json!(1.0)),
            ("/model/tail/fitted_at", json!(1000)),
        ],
    );
    check(&DriftSpot::fit(&x, 1e-3, 5).unwrap(), &[("/model/next", json!(5)), ("/model/window", json!([]))]);
    let healthy = scores(50, 4);
    for (_, model) in combiners(&healthy) {
        check(
            &model,
            &[("/model/healthy/1", json!([1.0])), ("/model/names", json!(["a"])), ("/model/healthy", json!([]))],
        );
    }
    let rows = Array2::from_shape_vec((250, 4), noise(1000, 3)).unwrap();
    let model = PcaMonitor::params().components(2).fit(&rows).unwrap();
    let model = Calibrated::fit(model, &rows, Threshold::conformal(0.05)).unwrap();
    check(&model, &[("/model/limit/value", json!(0.0)), ("/model/detector", json!({}))]);
    let judged = model.judge_rows(&rows).unwrap();
    for (i, j) in judged.iter().enumerate() {
        assert_eq!(*j, model.judge(&rows.row(i).to_vec()).unwrap());
        assert_eq!((j.alarm, j.score), (j.p_value <= 0.05 || model.limit().is_alarm(j.score), j.score));
    }
    assert_eq!(model.explain(rows.row(3)).unwrap(), model.detector().explain(rows.row(3)).unwrap());
    let text = serde_json::to_string(&Peers::dbscan(1.0)).unwrap();
    assert!(serde_json::from_str::<Peers>(&text).is_ok());
    assert!(serde_json::from_str::<Peers>(&text.replace("1.0", "-1.0")).is_err());
    let mut bet = Martingale::new();
    bet.update(0.3).unwrap();
    let text = serde_json::to_string(&bet).unwrap();
    assert_eq!(bet, serde_json::from_str(&text).unwrap());
    assert!(serde_json::from_str::<Martingale>(&text.replace("-1.2", "1.2")).is_err());
}
