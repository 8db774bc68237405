//! Hostile costs, times and estimates.

use prognos::decision::{AgeReplacement, BlockReplacement, CostModel, cost_rate};
use prognos::rul::RulEstimate;
use prognos::rul::survival::Weibull;

const NUMBERS: [f64; 11] =
    [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, -1.0, 0.0, 5e-324, 1e-300, 0.5, 3.0, 1e300, f64::MAX];

#[test]
fn decisions() {
    let estimates = [
        RulEstimate::failed(),
        RulEstimate::from_samples(&[f64::INFINITY], None).unwrap(),
        RulEstimate::from_samples(&[0.0, 1e300, f64::MAX], None).unwrap(),
        RulEstimate::from_samples(&[0.0, 1e300, f64::MAX], None).unwrap().at_age(f64::MAX).unwrap(),
        RulEstimate::failed().at_age(0.0).unwrap(),
        RulEstimate::weibull(1e-300, 0.1, 0.0).unwrap(),
        RulEstimate::weibull(1e300, 50.0, 1e299).unwrap(),
        RulEstimate::weibull(10.0, 2.0, 5.0).unwrap(),
    ];
    for rul in &estimates {
        for planned in NUMBERS {
            for unplanned in NUMBERS {
                for time in NUMBERS {
                    let base = CostModel::new(planned, unplanned).lead_time(time);
                    for model in [base, base.review(time), base.review(1.0).inspection(time), base.risk_limit(time)] {
                        if let Ok(d) = model.decide(rul) {
                            assert!(
                                (0.0..=1.0).contains(&d.failure_in_lead_time) && d.failure_before_next_chance <= 1.0
                            );
                            let rates = [d.cost_rate_planned, d.cost_rate_failure, d.replace_by];
                            assert!(rates.iter().flatten().all(|r| r.is_finite() && *r >= 0.0), "{d:?}");
                            assert!(!d.to_string().contains("NaN"));
                        }
                    }
                }
            }
        }
    }
}

#[test]
fn replacement() {
    for scale in NUMBERS {
        for shape in NUMBERS.into_iter().chain([1.0, 1.0 + 1e-12, 1.5, 40.0]) {
            let Ok(life) = Weibull::new(scale, shape) else { continue };
            for planned in NUMBERS {
                for unplanned in NUMBERS {
                    if let Ok(best) = AgeReplacement::new(&life, planned, unplanned) {
                        assert!(
                            best.cost_rate() >= 0.0 && best.age().is_none_or(|a| a > 0.0 && a.is_finite()),
                            "{life:?} {best:?}"
                        );
                        let _ = best.to_string();
                    }
                    if let Ok(best) = BlockReplacement::new(&life, planned, unplanned) {
                        assert!(best.cost_rate() >= 0.0 && best.interval().is_none_or(|a| a > 0.0 && a.is_finite()));
                    }
                    if let Ok(rate) = cost_rate(&life, planned, planned, unplanned) {
                        assert!(rate >= 0.0, "{life:?} {planned} {unplanned}: {rate}");
                    }
                }
            }
        }
    }
}
