//! Learners and fleets on tables that break careless code.

use super::{series, tables};
use ndarray::{Array1, Array2};
use prognos::features::FeatureMatrix;
use prognos::health::OperatingRegimes;
use prognos::learners::{Forest, GradientBoosting, Linear, Loss, Regressor};
use prognos::metrics::{prognosis, survival};
use prognos::rul::conformal::{AdaptiveConformal, JackknifePlus, Mondrian, QuantileConformal, SplitConformal};
use prognos::rul::similarity::{Comparison, PathShape, Similarity};
use prognos::rul::{Fleet, Level, RulRegression};

fn targets(n: usize) -> Vec<(String, Array1<f64>)> {
    vec![
        ("ramp".into(), (0..n).map(|i| i as f64).collect()),
        ("constant".into(), Array1::from_elem(n, 3.0)),
        ("huge".into(), (0..n).map(|i| if i % 2 == 0 { 1e300 } else { -1e300 }).collect()),
        ("large".into(), (0..n).map(|i| (i as f64 - 3.0) * 1e148).collect()),
        ("denormal".into(), (0..n).map(|i| i as f64 * 5e-324).collect()),
        ("NaN".into(), (0..n).map(|i| if i == n / 2 { f64::NAN } else { 1.0 }).collect()),
        ("short".into(), Array1::zeros(n.saturating_sub(1))),
    ]
}

#[test]
fn learners_end_in_numbers_or_errors() {
    for (what, x) in tables() {
        for (kind, y) in targets(x.nrows()) {
            let finite = |name: &str, model: Result<Array1<f64>, prognos::Error>| match model {
                Ok(p) => assert!(p.iter().all(|v| v.is_finite()), "{name} on {what}, {kind}: {p}"),
                Err(error) => assert!(!error.to_string().is_empty()),
            };
            for params in [Forest::random_forest(), Forest::extra_trees().min_leaf(1)] {
                let fitted = params.trees(3).keep_targets(true).fit(&x, &y);
                if kind == "NaN" || kind == "short" {
                    assert!(fitted.is_err() || x.nrows() < 2, "{what}, {kind}");
                }
                if let Ok(model) = &fitted {
                    assert!(model.quantiles(&x, &[0.0, 0.5, 1.0]).unwrap().iter().all(|v| v.is_finite()));
                    assert!(model.shapley(x.row(0)).is_ok());
                }
                finite("forest", fitted.and_then(|m| m.predict(&x)));
            }
            for loss in [Loss::Squared, Loss::Absolute, Loss::Quantile(0.1), Loss::Huber(0.5), Loss::Phm08] {
                let params = GradientBoosting::params().loss(loss).trees(3).min_leaf(1);
                finite("boosting", params.fit(&x, &y).and_then(|m| m.predict(&x)));
            }
            finite("ridge", Linear::ridge().penalty(0.0).fit(&x, &y).and_then(|m| m.predict(&x)));
            finite("lasso", Linear::elastic_net(1.0).fit(&x, &y).and_then(|m| m.predict(&x)));
        }
    }
}

#[test]
fn missing_cells_are_fine_and_infinite_ones_are_named() {
    let mut x = Array2::from_shape_fn((80, 3), |(i, j)| ((i * (j + 2)) as f64 * 0.37).sin());
    let y: Array1<f64> = x.column(0).mapv(|v| v * 4.0);
    x.column_mut(1).fill(f64::NAN);
    let model = Forest::random_forest().trees(5).fit(&x, &y).unwrap();
    assert!(model.predict(&x).unwrap().iter().all(|p| p.is_finite()));
    x[[33, 2]] = f64::INFINITY;
    assert!(matches!(model.predict(&x), Err(prognos::Error::NonFinite { row: 33, .. })));
    assert!(matches!(GradientBoosting::params().fit(&x, &y), Err(prognos::Error::NonFinite { row: 33, .. })));
    assert!(matches!(Linear::ridge().fit(&x, &y), Err(prognos::Error::NonFinite { .. })));
}

#[test]
fn settings_out_of_range_are_named() {
    let x = Array2::from_shape_fn((30, 2), |(i, j)| (i * (j + 1)) as f64);
    let y: Array1<f64> = x.column(0).to_owned();
    let named = |result: prognos::Result<()>, name: &str| match result {
        Err(prognos::Error::Parameter { name: found, .. }) => assert_eq!(found, name),
        other => panic!("{name}: {other:?}"),
    };
    let forest = |p: prognos::learners::ForestParams| p.fit(&x, &y).map(|_| ());
    named(forest(Forest::random_forest().trees(0)), "trees");
    named(forest(Forest::random_forest().column_fraction(f64::NAN)), "column_fraction");
    named(forest(Forest::random_forest().min_leaf(0)), "min_leaf");
    named(forest(Forest::random_forest().max_bins(256)), "max_bins");
    named(Forest::extra_trees().fit_out_of_bag(&x, &y).map(|_| ()), "bootstrap");
    let boost = |p: prognos::learners::GradientBoostingParams| p.fit(&x, &y).map(|_| ());
    named(boost(GradientBoosting::params().learning_rate(0.0)), "learning_rate");
    named(boost(GradientBoosting::params().leaves(1)), "leaves");
    named(boost(GradientBoosting::params().l2(-1.0)), "l2");
    named(boost(GradientBoosting::params().loss(Loss::Quantile(1.0))), "quantile");
    named(boost(GradientBoosting::params().loss(Loss::Huber(f64::NAN))), "huber");
    named(boost(GradientBoosting::params().monotone(&[2, 0])), "monotone");
    named(boost(GradientBoosting::params().loss(Loss::Cox)), "loss");
    named(Linear::ridge().penalty(f64::INFINITY).fit(&x, &y).map(|_| ()), "penalty");
    named(Linear::elastic_net(2.0).fit(&x, &y).map(|_| ()), "mix");
    named(Forest::extra_trees().trees(2).fit(&x, &y).unwrap().quantiles(&x, &[0.5]).map(|_| ()), "keep_targets");
}

#[test]
fn fleets_end_in_numbers_or_errors() {
    for (what, x) in tables() {
        let (n, d) = x.dim();
        let names: Vec<String> = (0..d).map(|j| format!("c{j}")).collect();
        let units: Vec<usize> = (0..n).map(|i| i / 10).collect();
        let ages: Vec<f64> = (0..n).map(|i| (i % 10) as f64).collect();
        let Ok(fleet) = Fleet::new(&names, &units, &ages, x.clone()) else { continue };
        let params = RulRegression::params()
            .youngest(1)
            .step(1)
            .learners(vec![prognos::rul::regression::Learner::Forest(Forest::extra_trees().trees(3))]);
        if let Ok(model) = params.fit(&fleet) {
            assert!(model.predict(&fleet).unwrap().iter().all(|p| p.is_finite() && *p >= 0.0), "{what}");
        }
        for comparison in [
            Comparison::Trajectory,
            Comparison::Correlation,
            Comparison::Warping { band: 1 },
            Comparison::Residual(PathShape::Exponential),
            Comparison::Residual(PathShape::Polynomial(3)),
            Comparison::Residual(PathShape::Autoregression(2)),
            Comparison::Hash,
        ] {
            if let Ok(model) = Similarity::params(comparison).span(4).fit(&fleet)
                && let Ok(rul) = model.estimate(&fleet.unit(0).unwrap())
            {
                assert!(rul.median() >= 0.0, "{what}, {comparison:?}");
            }
        }
        if let Ok(rows) = FeatureMatrix::new(names.clone(), x.clone())
            && let Ok(model) = OperatingRegimes::params(&names[..1]).fit(&rows)
            && let Ok(z) = model.transform(&rows)
        {
            assert!(z.view().iter().all(|v| v.is_finite()), "{what}");
        }
    }
}

#[test]
fn metrics_and_intervals_end_in_numbers_or_errors() {
    let level = Level::new(0.9).unwrap();
    for (what, x) in series() {
        let y: Vec<f64> = x.iter().rev().copied().collect();
        let bad = x.is_empty() || x.iter().any(|v| !v.is_finite());
        for result in [
            prognosis::rmse(&x, &y),
            prognosis::mae(&x, &y),
            prognosis::phm08(&x, &y),
            prognosis::bias(&x, &y),
            prognosis::coverage(&x, &y, &y),
            prognosis::pinball(&x, &y, 0.3),
        ] {
            assert_eq!(result.is_err(), bad, "{what}: {result:?}");
        }
        let _ = prognosis::phm2012(&x, &y);
        let _ = prognosis::LifeErrors::capped(&x, &y, 10.0);
        let flags: Vec<bool> = (0..x.len()).map(|i| i % 2 == 0).collect();
        let _ = survival::concordance(&x, &flags, &y);
        let _ = survival::concordance_ipcw(&x, &flags, &y);
        let _ = survival::dynamic_auc(&x, &flags, &y, &[0.5]);
        for fitted in [SplitConformal::new(&x, &y), SplitConformal::normalised(&x, &y, &vec![1.0; x.len()])] {
            match fitted {
                Ok(model) => assert!(!model.interval(1.0, level).0.is_nan()),
                Err(error) => assert!(bad || matches!(error, prognos::Error::NonFinite { .. }), "{what}: {error}"),
            }
        }
        if let Ok(groups) = Mondrian::new(&x, &y, 3) {
            assert!(!groups.interval(0.0, level).0.is_nan());
        }
        let _ = QuantileConformal::new(&x, &y, &y);
        let _ = JackknifePlus::new(&x);
    }
    assert!(AdaptiveConformal::new(0.0, 0.1).is_err() && AdaptiveConformal::new(0.1, 2.0).is_err());
    assert!(SplitConformal::weighted(&[1.0], &[-1.0], 1.0).is_err());
    assert!(SplitConformal::from_errors(&[1.0, 2.0]).unwrap().interval(5.0, level).1.is_infinite());
}
