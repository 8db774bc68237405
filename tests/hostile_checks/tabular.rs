//! Hostile input to the detectors of rows: covariances, margins, discrepancy.

use super::{series, tables};
use ndarray::{Array1, Array2};
use prognos::Error;
use prognos::anomaly::{
    Bins, ComponentDistance, Covariance, Detector, Discrepancy, EmpiricalTails, Hbos, HbosScore, Linfa, Loda,
    Mahalanobis, Probability,
};
use prognos::learners::Scaling;

/// Every question a detector answers, asked about every table. 1 for the count.
fn ask(what: &str, model: &(impl Detector + Clone)) -> usize {
    let doors = Linfa(model.clone());
    for (name, table) in tables() {
        let what = format!("{what}, asked about {name}");
        match model.score(&table) {
            Ok(scores) => {
                assert_eq!(scores.len(), table.nrows(), "{what}");
                assert!(scores.iter().all(|v| v.is_finite()), "{what}: {scores}");
                for row in table.rows() {
                    if let Ok(why) = model.explain(row) {
                        assert!(why.contributions().iter().all(|v| v.is_finite()), "{what}: {why}");
                        assert!(!why.to_string().contains("NaN"), "{what}: {why}");
                    }
                }
            }
            Err(error) => assert!(!error.to_string().is_empty()),
        }
        let predicted: Array1<f64> = linfa::traits::Predict::predict(&doors, &table);
        assert_eq!(predicted.len(), table.nrows(), "{what}");
    }
    assert!(model.explain(Array1::from(vec![f64::NAN; model.feature_names().len()]).view()).is_err());
    assert!(model.explain(Array1::<f64>::zeros(0).view()).is_err());
    1
}

#[test]
fn mahalanobis() {
    let mut fitted = 0;
    for (name, table) in tables() {
        for covariance in [
            Covariance::Empirical,
            Covariance::Shrunk(1.0),
            Covariance::Shrunk(1e-300),
            Covariance::LedoitWolf,
            Covariance::Oas,
            Covariance::Mcd,
        ] {
            for scaling in [Scaling::Standard, Scaling::Robust, Scaling::Centre] {
                for support in [None, Some(0.5), Some(1.0)] {
                    if support.is_some() && (covariance != Covariance::Mcd || scaling != Scaling::Standard) {
                        continue;
                    }
                    let mut params = Mahalanobis::params().covariance(covariance).scaling(scaling);
                    if let Some(fraction) = support {
                        params = params.support_fraction(fraction);
                    }
                    let Ok(model) = params.fit(&table) else { continue };
                    let what = format!("{params:?} on {name}");
                    assert!(model.location().iter().all(|v| v.is_finite()), "{what}");
                    let _ = model.raw_distances(&table);
                    fitted += ask(&what, &model);
                }
            }
        }
    }
    assert!(fitted > 60, "{fitted}");
}

#[test]
fn margins() {
    let mut fitted = 0;
    for (name, table) in tables() {
        for params in [EmpiricalTails::ecod(), EmpiricalTails::copod()] {
            let joint = params.joint_scores(&table);
            let Ok(model) = params.fit(&table) else {
                assert!(joint.is_err());
                continue;
            };
            assert!(joint.unwrap().iter().all(|s| s.is_finite() && *s >= 0.0));
            fitted += ask(&format!("{params:?} on {name}"), &model);
            for (_, other) in tables() {
                if let Ok(scores) = model.joint_scores(&other) {
                    assert!(scores.iter().all(|s| s.is_finite() && *s >= 0.0));
                }
            }
        }
        for bins in [Bins::Fixed(1), Bins::Fixed(10), Bins::Fixed(65_536), Bins::BirgeRozenholc, Bins::Pyod] {
            for score in [HbosScore::Normalised, HbosScore::Pyod] {
                for tol in [0.0, 0.5, 1e308] {
                    let params = Hbos::params().bins(bins).score(score).tol(tol);
                    if bins == Bins::Fixed(65_536) && tol != 0.5 {
                        continue;
                    }
                    let Ok(model) = params.fit(&table) else { continue };
                    fitted += ask(&format!("{params:?} on {name}"), &model);
                }
            }
            let params = Loda::params().projections(7).bins(bins);
            let Ok(model) = params.fit(&table) else { continue };
            fitted += ask(&format!("{params:?} on {name}"), &model);
        }
    }
    assert!(fitted > 300, "{fitted}");
    let x = Array2::from_shape_fn((5, 2), |(i, j)| (i + j) as f64);
    for alpha in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        assert!(matches!(Hbos::params().alpha(alpha).fit(&x), Err(Error::Parameter { .. })));
        assert!(matches!(Hbos::params().tol(-1.0 - alpha.abs()).fit(&x), Err(Error::Parameter { .. })));
    }
}

#[test]
fn as_pyod() {
    let mut fitted = 0;
    for (name, table) in tables() {
        if let Ok(model) = Discrepancy::params().fit(&table) {
            fitted += ask(&format!("discrepancy of {name}"), &model);
        }
        for params in [
            ComponentDistance::params(),
            ComponentDistance::params().components(1).weighted(false),
            ComponentDistance::params().components(usize::MAX).weighted(false),
        ] {
            if let Ok(model) = params.fit(&table) {
                fitted += ask(&format!("{params:?} on {name}"), &model);
            }
        }
    }
    assert!(fitted > 25, "{fitted}");
    for (name, x) in series() {
        for rule in [Probability::linear(), Probability::unify()] {
            let Ok(p) = rule.fit(&x) else { continue };
            for (_, scores) in series() {
                for (s, p) in scores.iter().zip(p.of(&scores)) {
                    assert!(s.is_nan() == p.is_nan() && (s.is_nan() || (0.0..=1.0).contains(&p)), "{name}: {s} {p}");
                }
            }
        }
    }
}

#[test]
fn rows_that_are_not_finite_are_named() {
    let bad = &tables().into_iter().find(|(name, _)| name.starts_with("NaN")).unwrap().1;
    for error in [
        Mahalanobis::params().fit(bad).unwrap_err(),
        EmpiricalTails::ecod().fit(bad).unwrap_err(),
        EmpiricalTails::copod().joint_scores(bad).unwrap_err(),
        Hbos::params().fit(bad).unwrap_err(),
        Loda::params().fit(bad).unwrap_err(),
        Discrepancy::params().fit(bad).unwrap_err(),
        ComponentDistance::params().fit(bad).unwrap_err(),
    ] {
        assert!(matches!(&error, Error::NonFinite { row: 17, column, .. } if column == "1"), "{error}");
    }
}
