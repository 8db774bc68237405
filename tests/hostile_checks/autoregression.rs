//! Hostile input to autoregressive models and the matrix profile.

use super::series;
use prognos::features::profile::{distance_profile, matrix_profile};
use prognos::signal::SampleRate;
use prognos::signal::autoregression::{ArCriterion, ArMethod, ArModel};

const METHODS: [ArMethod; 4] =
    [ArMethod::LeastSquares, ArMethod::Burg, ArMethod::YuleWalker, ArMethod::YuleWalkerAdjusted];

#[test]
fn a_model_is_finite_or_an_error() {
    for (name, x) in series() {
        for method in METHODS {
            for order in [0, 1, 2, 7, 30, 256, 257, usize::MAX] {
                for criterion in [None, Some(ArCriterion::Aic), Some(ArCriterion::Bic)] {
                    let mut params = ArModel::params().order(order).method(method);
                    if let Some(criterion) = criterion {
                        params = params.select(criterion);
                    }
                    let Ok(model) = params.fit(&x) else { continue };
                    let what = format!("{name}, {method:?} of order {order}");
                    assert!(x.iter().all(|v| v.is_finite()), "{what}");
                    assert!(model.coefficients().iter().all(|c| c.is_finite()) && model.order() <= order, "{what}");
                    assert!(model.intercept().is_finite() && model.variance() >= 0.0, "{what}");
                    assert_eq!(model.residuals(&x).unwrap().len(), x.len() - model.order(), "{what}");
                    for (_, other) in series() {
                        let _ = model.residuals(&other);
                        let _ = model.predict_next(&other);
                    }
                    for frequency in [0.0, 0.3, 0.5, 0.6, -1.0, f64::NAN, f64::INFINITY] {
                        let density = model.power_density(frequency, SampleRate::ONE_HZ);
                        assert_eq!(density.is_ok(), (0.0..=0.5).contains(&frequency), "{what}");
                    }
                }
            }
        }
    }
}

#[test]
fn models_from_bad_parts_are_refused() {
    for bad in [f64::NAN, f64::INFINITY] {
        assert!(ArModel::from_parts(bad, vec![0.1], 1.0).is_err());
        assert!(ArModel::from_parts(0.0, vec![0.1, bad], 1.0).is_err());
        assert!(ArModel::from_parts(0.0, vec![0.1], bad).is_err());
    }
    assert!(ArModel::from_parts(0.0, vec![0.0; 257], 1.0).is_err());
    let model = ArModel::from_parts(1.0, vec![], 0.0).unwrap();
    assert_eq!(model.residuals(&[1.0, 3.0]).unwrap(), [0.0, 2.0]);
    assert!(model.residuals(&[]).is_err());
}

#[cfg(feature = "serde")]
#[test]
fn damaged_model_files_are_refused() {
    let model = ArModel::params().order(3).fit(&series()[20].1);
    let text = serde_json::to_string(&model.unwrap_or(ArModel::from_parts(0.5, vec![0.1], 2.0).unwrap())).unwrap();
    assert!(serde_json::from_str::<ArModel>(&text).is_ok());
    for bad in
        ["{}", "[]", "{\"intercept\":0.0,\"coefficients\":[0.5],\"variance\":-1.0}", &text.replace("variance", "v")]
    {
        assert!(serde_json::from_str::<ArModel>(bad).is_err(), "{bad}");
    }
}

#[test]
fn profiles_are_distances_or_errors() {
    for (name, x) in series() {
        for m in [0, 1, 2, 3, 8, 20, 64, x.len(), usize::MAX / 4] {
            if let Ok(profile) = matrix_profile(&x, m) {
                assert_eq!(profile.len(), x.len() - m + 1, "{name} {m}");
                assert!(profile.iter().all(|d| *d >= 0.0), "{name} {m}: {profile:?}");
            }
        }
        for (other, query) in series() {
            if let Ok(profile) = distance_profile(&query, &x) {
                assert!(profile.iter().all(|d| *d >= 0.0 && d.is_finite()), "{other} in {name}");
            }
        }
    }
}
