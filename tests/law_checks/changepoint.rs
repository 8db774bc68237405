//! Laws of the change points.

use super::{noise, same_bits_on_any_threads};
use ndarray::Array2;
use prognos::anomaly::changepoint::{ChangePoints, Cost, Penalty, Search};

const COSTS: [Cost; 10] = [
    Cost::L2,
    Cost::L1,
    Cost::Normal { ridge: 1e-6 },
    Cost::Rbf { gamma: None },
    Cost::Rank,
    Cost::Linear,
    Cost::ContinuousLinear,
    Cost::Ar { order: 3 },
    Cost::Mahalanobis,
    Cost::Cosine,
];

const SEARCHES: [Search; 4] = [Search::Optimal, Search::Binary, Search::BottomUp, Search::Window(24)];

/// Two columns with a clear change at 70 and at 130 of 200.
fn changing(seed: u64) -> Array2<f64> {
    let x = noise(400, seed);
    Array2::from_shape_fn((200, 2), |(i, j)| {
        let level = if (70..130).contains(&i) { 6.0 - 13.0 * j as f64 } else { 2.0 };
        level + 0.5 * x[i * 2 + j]
    })
}

#[test]
fn clear_changes_are_found_by_all() {
    for seed in 0..4 {
        let x = changing(seed);
        for cost in [Cost::L2, Cost::L1, Cost::normal(), Cost::rbf(), Cost::Rank, Cost::Mahalanobis, Cost::Cosine] {
            for search in SEARCHES {
                let rule = ChangePoints::new(cost).search(search).min_size(5).penalty(Penalty::Changes(2));
                let found = rule.find(&x).unwrap().change_points();
                let near = |a: usize, b: usize| a.abs_diff(b) <= if search == Search::BottomUp { 5 } else { 1 };
                assert!(
                    found.len() == 2 && near(found[0], 70) && near(found[1], 130),
                    "{cost:?} {search:?}: {found:?}"
                );
            }
        }
        for cost in [Cost::L2, Cost::L1, Cost::normal(), Cost::Rank, Cost::Mahalanobis] {
            for penalty in [Penalty::Bic, Penalty::MBic, Penalty::HannanQuinn] {
                let found = ChangePoints::new(cost).min_size(10).penalty(penalty).find(&x).unwrap().change_points();
                let there = |p: usize| found.iter().any(|f| f.abs_diff(p) <= 1);
                assert!(there(70) && there(130), "{cost:?} {penalty:?}: {found:?}");
            }
            let found = ChangePoints::new(cost).min_size(10).find(&x).unwrap().change_points();
            assert_eq!(found.len(), 2, "{cost:?}: {found:?}");
        }
    }
}

#[test]
fn noise_has_no_change() {
    let mut alarms = 0;
    for seed in 0..40 {
        let x = noise(300, 100 + seed);
        for cost in [Cost::L2, Cost::normal()] {
            let found = ChangePoints::new(cost).min_size(10).penalty(Penalty::MBic).find_series(&x).unwrap();
            alarms += found.change_points().len();
        }
    }
    assert!(alarms <= 8, "{alarms} changes in 80 series without any");
}

#[test]
fn a_dearer_change_is_rarer() {
    let x = changing(9);
    for cost in COSTS {
        let mut last = usize::MAX;
        for penalty in [0.1, 1.0, 5.0, 25.0, 125.0, 1e6] {
            let rule = ChangePoints::new(cost).min_size(8).penalty(Penalty::Value(penalty));
            let changes = rule.find(&x).unwrap().change_points().len();
            assert!(changes <= last, "{cost:?}: {changes} changes at {penalty}, {last} before");
            last = changes;
        }
        assert_eq!(last, 0, "{cost:?}");
    }
}

#[test]
fn same_bits_on_threads_and_in_any_layout() {
    let x = changing(3);
    let columns = x.t().as_standard_layout().into_owned();
    let all = |x: ndarray::ArrayView2<'_, f64>| -> Vec<f64> {
        let mut out = Vec::new();
        for cost in COSTS {
            for search in SEARCHES {
                let rule = ChangePoints::new(cost).search(search).min_size(8).penalty(Penalty::Changes(4));
                let found = rule.find(x).unwrap();
                out.push(found.cost());
                out.extend(found.ends().iter().map(|e| *e as f64));
            }
        }
        out
    };
    assert_eq!(all(x.view()), all(columns.t()));
    same_bits_on_any_threads("change points", || all(x.view()));
}

/// A glitch, an offset and a far level cost no digits.
#[test]
fn large_numbers_hide_nothing() {
    let quiet = noise(300, 21);
    let level = |i: usize| if i >= 180 { 3.0 } else { 0.0 };
    let with = |offset: f64, glitch: f64| -> Vec<f64> {
        (0..300).map(|i| level(i) + 0.5 * quiet[i] + offset + if i == 40 { glitch } else { 0.0 }).collect()
    };
    for cost in [Cost::L2, Cost::L1, Cost::normal(), Cost::Rank] {
        for search in [Search::Optimal, Search::Binary] {
            let rule = ChangePoints::new(cost).search(search).min_size(1);
            let one = rule.penalty(Penalty::Changes(1));
            let plain = one.find_series(&with(0.0, 0.0)).unwrap().change_points();
            assert_eq!(plain, one.find_series(&with(1e6, 0.0)).unwrap().change_points(), "{cost:?} {search:?}");
            assert!(plain[0].abs_diff(180) <= 1, "{cost:?} {search:?}: {plain:?}");
        }
    }
    // The glitch takes two changes of its own, the third is the one of before.
    for search in [Search::Optimal, Search::Binary] {
        let rule = ChangePoints::new(Cost::L2).search(search).min_size(1).penalty(Penalty::Changes(3));
        let found = rule.find_series(&with(0.0, 1e10)).unwrap();
        assert_eq!(found.change_points()[..2], [40, 41], "{search:?}");
        assert!(found.change_points()[2].abs_diff(180) <= 1, "{search:?}: {found}");
        let after = &found.segments()[3];
        let x = with(0.0, 1e10);
        let mean = x[after.start..].iter().sum::<f64>() / (300 - after.start) as f64;
        let exact: f64 = x[after.start..].iter().map(|v| (v - mean).powi(2)).sum();
        assert!((after.cost - exact).abs() < 1e-9 * exact, "{} {exact}", after.cost);
    }
}

#[test]
fn units_do_not_matter_to_named_penalties() {
    let x = changing(12);
    for cost in [Cost::L2, Cost::L1, Cost::Rank, Cost::Mahalanobis] {
        let rule = ChangePoints::new(cost).min_size(5);
        let found = rule.find(&x).unwrap().change_points();
        assert_eq!(found, rule.find(&(&x * 1024.0)).unwrap().change_points(), "{cost:?}");
        assert_eq!(found, rule.find(&(&x * 0.125)).unwrap().change_points(), "{cost:?}");
    }
}

#[test]
fn broken_lines_and_dynamics() {
    // A slope that turns at 100; a relation that changes at 90; an oscillation that changes its frequency at 120.
    let e = noise(240, 5);
    let bent: Vec<f64> = (0..200).map(|i| 0.2 * (i as f64 - 100.0).abs() + 0.01 * e[i]).collect();
    let rule = ChangePoints::new(Cost::ContinuousLinear).penalty(Penalty::Changes(1));
    assert!(rule.find_series(&bent).unwrap().change_points()[0].abs_diff(100) <= 1);
    let related = Array2::from_shape_fn((200, 3), |(i, j)| {
        let load = (i as f64 * 0.31).sin();
        [if i < 90 { 2.0 * load + 1.0 } else { 2.6 * load + 1.0 } + 0.02 * e[i], load, 1.0][j]
    });
    for penalty in [Penalty::Changes(1), Penalty::Bic] {
        let found = ChangePoints::new(Cost::Linear).min_size(10).penalty(penalty).find(&related).unwrap();
        assert!(found.change_points().len() == 1 && found.change_points()[0].abs_diff(90) <= 3, "{found}");
    }
    let mut wave = vec![0.0, 0.0];
    for i in 2..240 {
        let a = if i < 120 { 1.6 } else { 0.4 };
        wave.push(a * wave[i - 1] - 0.9 * wave[i - 2] + e[i]);
    }
    for penalty in [Penalty::Changes(1), Penalty::Bic] {
        let found = ChangePoints::new(Cost::Ar { order: 2 }).min_size(20).penalty(penalty).find_series(&wave).unwrap();
        assert!(found.change_points().len() == 1 && found.change_points()[0].abs_diff(120) <= 5, "{found}");
    }
}

#[cfg(feature = "persist")]
#[test]
fn a_saved_segmentation_is_the_same() {
    use prognos::anomaly::changepoint::Segmentation;
    let found = ChangePoints::new(Cost::L2).find(&changing(2)).unwrap();
    let text = serde_json::to_string(&found).unwrap();
    assert_eq!(found, serde_json::from_str::<Segmentation>(&text).unwrap());
    let value: serde_json::Value = serde_json::from_str(&text).unwrap();
    for (path, bad) in [
        ("/segments/1/start", serde_json::json!(71)),
        ("/segments/0/end", serde_json::json!(0)),
        ("/segments/0/mean", serde_json::json!([1.0])),
        ("/segments/0/sd/0", serde_json::json!(-1.0)),
        ("/segments", serde_json::json!([])),
    ] {
        let mut file = value.clone();
        *file.pointer_mut(path).unwrap() = bad;
        assert!(serde_json::from_value::<Segmentation>(file).is_err(), "{path}");
    }
    let rule = ChangePoints::new(Cost::Ar { order: 7 }).search(Search::Window(50)).penalty(Penalty::MBic);
    assert_eq!(rule, serde_json::from_str(&serde_json::to_string(&rule).unwrap()).unwrap());
    assert_eq!(found.segment_of(75).unwrap().start, found.change_points()[0]);
    assert!(found.segment_of(200).is_none() && found.n_rows() == 200);
}
