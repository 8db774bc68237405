//! Laws of decisions: more risk never gives the laxer action.

use prognos::decision::{Action, AgeReplacement, BlockReplacement, CostModel, Decision, cost_rate};
use prognos::rul::RulEstimate;
use prognos::rul::survival::Weibull;

fn models() -> Vec<CostModel> {
    let mut all = Vec::new();
    for unplanned in [1.5, 3.0, 20.0] {
        for lead in [0.0, 5.0, 30.0] {
            let base = CostModel::new(1.0, unplanned).lead_time(lead).review(7.0);
            all.extend([base, base.inspection(0.05), base.risk_limit(0.02), base.risk_limit(0.02).inspection(0.001)]);
        }
    }
    all
}

/// Laxer first: less urgent, or planned later.
fn strictness(d: &Decision) -> (u8, f64) {
    let at = if let Action::Plan { at } = d.action { -at } else { 0.0 };
    (d.action.urgency(), at)
}

#[test]
fn more_risk_never_gets_the_laxer_action() {
    for model in models() {
        // Samples that are moved towards now one by one: each step makes every failure probability at least as large.
        let mut lives: Vec<f64> = (1..=40).map(|i| 3.0 * f64::from(i)).collect();
        let mut before = model.decide(&RulEstimate::from_samples(&lives, None).unwrap()).unwrap();
        for k in (0..40).rev() {
            for step in [0.5, 0.1] {
                lives[k] *= step;
                let now = model.decide(&RulEstimate::from_samples(&lives, None).unwrap()).unwrap();
                assert!(strictness(&now) >= strictness(&before), "{model:?}: {before:?} then {now:?}");
                before = now;
            }
        }
        // An ageing unit with a rising hazard.
        let mut before: Option<Decision> = None;
        for age in (0..400).step_by(7) {
            let rul = RulEstimate::weibull(150.0, 3.0, f64::from(age)).unwrap();
            let now = model.decide(&rul).unwrap();
            if let Some(before) = &before {
                assert!(strictness(&now) >= strictness(before), "{model:?} at {age}");
            }
            before = Some(now);
        }
    }
}

#[test]
fn every_action_occurs_and_reads_as_a_sentence() {
    let model = CostModel::new(2_000.0, 20_000.0).lead_time(14.0).review(7.0).inspection(300.0);
    let mut seen = [false; 4];
    for age in 0..500 {
        let rul = RulEstimate::weibull(400.0, 4.0, f64::from(age)).unwrap().for_unit("pump 3");
        let decision = model.decide(&rul).unwrap();
        seen[usize::from(decision.action.urgency())] = true;
        let text = decision.to_string();
        assert!(text.starts_with("pump 3: ") && text.ends_with('.') && text.contains("because"), "{text}");
        if let Action::Plan { at } = decision.action {
            assert!(at >= 14.0 && rul.failure_within(at) <= decision.risk_limit + 1e-9);
        }
    }
    assert_eq!(seen, [true; 4]);
    let done = model.decide(&RulEstimate::failed()).unwrap();
    assert_eq!(done.action, Action::Act);
    let never = model.decide(&RulEstimate::from_samples(&[f64::INFINITY], None).unwrap()).unwrap();
    assert_eq!(never.action, Action::Continue);
    assert_eq!((never.replace_by, never.cost_rate_failure), (None, None));
}

#[test]
fn cost_rates_need_the_age() {
    let model = CostModel::new(2.0, 10.0).lead_time(1.0);
    let lives = [4.0, 8.0];
    let unknown = model.decide(&RulEstimate::from_samples(&lives, None).unwrap()).unwrap();
    assert_eq!((unknown.cost_rate_planned, unknown.cost_rate_failure), (None, None));
    let known = model.decide(&RulEstimate::from_samples(&lives, None).unwrap().at_age(94.0).unwrap()).unwrap();
    // Run to failure: 10 over 94 + 6. The action does not depend on the age.
    assert_eq!(known.cost_rate_failure, Some(0.1));
    assert_eq!((known.action, &known.reason), (unknown.action, &unknown.reason));
    // A Weibull life of shape 1 has no memory, its age counts all the same.
    let old = model.decide(&RulEstimate::weibull(10.0, 1.0, 90.0).unwrap()).unwrap();
    assert!((old.cost_rate_failure.unwrap() - 0.1).abs() < 1e-12);
}

#[test]
fn run_to_failure_is_said() {
    let said = "an unplanned replacement costs no more than a planned one: run to failure";
    let rul = RulEstimate::weibull(400.0, 4.0, 330.0).unwrap();
    for unplanned in [0.5, 1.0] {
        let model = CostModel::new(1.0, unplanned).lead_time(3.0);
        let decision = model.decide(&rul).unwrap();
        assert_eq!(decision.action, Action::Continue);
        assert!(decision.to_string().contains(said), "{decision}");
        // Another limit is another rule.
        assert!(!model.risk_limit(0.1).decide(&rul).unwrap().reason.contains(said));
    }
    assert!(!CostModel::new(1.0, 2.0).lead_time(3.0).decide(&rul).unwrap().reason.contains(said));
    let error = CostModel::new(1.0, 2.0).decide(&rul).unwrap_err().to_string();
    assert!(error.contains("give a lead time or a review time"), "{error}");
}

#[test]
fn no_age_is_cheaper_than_the_best_one() {
    for (shape, unplanned) in [(1.2, 3.0), (2.0, 2.0), (2.5, 5.0), (6.0, 50.0), (1.05, 100.0)] {
        let life = Weibull::new(300.0, shape).unwrap();
        let best = AgeReplacement::new(&life, 1.0, unplanned).unwrap();
        let age = best.age();
        for k in 1..400 {
            let rate = cost_rate(&life, 5.0 * f64::from(k), 1.0, unplanned).unwrap();
            assert!(rate >= best.cost_rate() * (1.0 - 1e-12), "{shape} {unplanned} {k} {age:?}");
        }
        assert!(best.cost_rate() <= best.run_to_failure());
    }
    let life = Weibull::new(300.0, 2.5).unwrap();
    let block = BlockReplacement::new(&life, 1.0, 5.0).unwrap();
    let rate = |t: f64| (1.0 + 5.0 * (t / 300.0).powf(2.5)) / t;
    let t = block.interval().unwrap();
    assert!((rate(t) / block.cost_rate() - 1.0).abs() < 1e-12);
    assert!(rate(0.99 * t) > rate(t) && rate(1.01 * t) > rate(t));
}

#[test]
fn nothing_is_gained_where_the_hazard_does_not_rise() {
    for shape in [0.5, 0.99, 1.0] {
        let life = Weibull::new(300.0, shape).unwrap();
        assert_eq!(AgeReplacement::new(&life, 1.0, 100.0).unwrap().age(), None);
        assert_eq!(BlockReplacement::new(&life, 1.0, 100.0).unwrap().interval(), None);
    }
    let life = Weibull::new(300.0, 3.0).unwrap();
    assert_eq!(AgeReplacement::new(&life, 2.0, 2.0).unwrap().age(), None);
    assert!(AgeReplacement::new(&life, 2.0, 4.0).unwrap().to_string().contains("replace at age"));
}

#[cfg(feature = "serde")]
#[test]
fn decisions_are_serialisable() {
    let rul = RulEstimate::weibull(400.0, 4.0, 330.0).unwrap();
    let decision = CostModel::new(1.0, 10.0).lead_time(3.0).decide(&rul).unwrap();
    let text = serde_json::to_string(&decision).unwrap();
    assert_eq!(serde_json::from_str::<Decision>(&text).unwrap(), decision);
}

#[test]
fn bad_costs_are_refused() {
    let rul = RulEstimate::weibull(400.0, 4.0, 330.0).unwrap();
    for bad in [
        CostModel::new(0.0, 10.0).lead_time(3.0),
        CostModel::new(1.0, f64::NAN).lead_time(3.0),
        CostModel::new(1.0, 10.0),
        CostModel::new(1.0, 10.0).lead_time(-3.0),
        CostModel::new(1.0, 10.0).lead_time(3.0).risk_limit(1.0),
        CostModel::new(1.0, 10.0).lead_time(3.0).inspection(-1.0),
        CostModel::new(1.0, 10.0).lead_time(3.0).review(0.0),
    ] {
        assert!(bad.decide(&rul).is_err(), "{bad:?}");
    }
}
