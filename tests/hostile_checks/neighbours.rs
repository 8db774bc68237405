//! Hostile input to the detectors by neighbours, density, clusters, kernels and memory.

use super::tables;
use ndarray::{Array1, Array2};
use prognos::anomaly::{
    Abod, Bandwidth, Cblof, Chain, Cof, Detector, DynamicPca, Estimator, Gamma, Gmm, GmmCovariance, Kde, Kernel, Knn,
    KnnDistance, Linfa, Lof, Metric, Mset, OneClassSvm, Similarity,
};

fn finite<'a>(what: &str, values: impl IntoIterator<Item = &'a f64>) {
    for v in values {
        assert!(v.is_finite(), "{what}: {v}");
    }
}

/// Every question a detector answers, asked about every table. Returns 1: one model was fitted.
fn ask(what: &str, model: &(impl Detector + Clone)) -> usize {
    let doors = Linfa(model.clone());
    for (name, table) in tables() {
        let what = format!("{what}, asked about {name}");
        match model.score(&table) {
            Ok(scores) => {
                assert_eq!(scores.len(), table.nrows(), "{what}");
                finite(&what, &scores);
                for row in table.rows().into_iter().step_by(5) {
                    if let Ok(why) = model.explain(row) {
                        finite(&what, why.contributions());
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
fn neighbours() {
    let mut fitted = 0;
    for (name, table) in tables() {
        for k in [1, 2, 5, 1000] {
            for metric in [Metric::Euclidean, Metric::Manhattan] {
                for distance in [KnnDistance::Largest, KnnDistance::Median] {
                    let params = Knn::params().neighbours(k).metric(metric).distance(distance);
                    for params in [params.clone(), params.unscaled()] {
                        let Ok(model) = params.fit(&table) else { continue };
                        let what = format!("{params:?} on {name}");
                        finite(&what, model.train_scores());
                        fitted += ask(&what, &model);
                    }
                }
                let lof = Lof::params().neighbours(k).metric(metric);
                for params in [lof.clone(), lof.unscaled()] {
                    let Ok(model) = params.fit(&table) else { continue };
                    let what = format!("{params:?} on {name}");
                    finite(&what, model.train_scores());
                    fitted += ask(&what, &model);
                }
            }
            for chain in [Chain::Nearest, Chain::Order] {
                let params = Cof::params().neighbours(k).chain(chain);
                for params in [params.clone(), params.unscaled()] {
                    let Ok(model) = params.fit(&table) else { continue };
                    finite(&name, model.train_scores());
                    fitted += ask(&format!("{params:?} on {name}"), &model);
                }
            }
            let abod = Abod::params().neighbours(k);
            for params in [abod.clone(), abod.unscaled()] {
                let Ok(model) = params.fit(&table) else { continue };
                finite(&name, model.train_scores());
                fitted += ask(&format!("{params:?} on {name}"), &model);
            }
        }
    }
    assert!(fitted > 300, "{fitted}");
}

#[test]
fn densities_and_clusters() {
    let mut fitted = 0;
    for (name, table) in tables() {
        for bandwidth in [Bandwidth::Scott, Bandwidth::Silverman, Bandwidth::Value(1e-300), Bandwidth::Value(1e300)] {
            let params = Kde::params().bandwidth(bandwidth);
            for params in [params.clone(), params.unscaled()] {
                let Ok(model) = params.fit(&table) else { continue };
                let what = format!("{params:?} on {name}");
                if let Ok(scores) = model.train_scores() {
                    finite(&what, &scores);
                }
                fitted += ask(&what, &model);
            }
        }
        for covariance in [GmmCovariance::Full, GmmCovariance::Diagonal] {
            for k in [1, 3, 50] {
                let params = Gmm::params().components(k).covariance(covariance).starts(1);
                let Ok(model) = params.fit(&table) else { continue };
                finite(&name, &model.weights());
                fitted += ask(&format!("{params:?} on {name}"), &model);
            }
        }
        for k in [1, 2, 8, 1000] {
            let params = Cblof::params().clusters(k).weighted(k == 2);
            for params in [params.clone(), params.unscaled()] {
                let Ok(model) = params.fit(&table) else { continue };
                assert!(model.n_large() >= 1 && model.n_large() <= model.n_clusters());
                fitted += ask(&format!("{params:?} on {name}"), &model);
            }
        }
    }
    assert!(fitted > 150, "{fitted}");
}

#[test]
fn machines() {
    let mut fitted = 0;
    for (name, table) in tables() {
        for kernel in [
            Kernel::Rbf,
            Kernel::Linear,
            Kernel::Poly { degree: 32, coef0: 1.0 },
            Kernel::Poly { degree: 2, coef0: -1e3 },
            Kernel::Sigmoid { coef0: 1e300 },
        ] {
            for gamma in [Gamma::Scale, Gamma::Auto, Gamma::Value(1e-300), Gamma::Value(1e300)] {
                for nu in [1e-9, 0.3, 1.0] {
                    let params = OneClassSvm::params().kernel(kernel).gamma(gamma).nu(nu);
                    for params in [params.clone(), params.unscaled()] {
                        let Ok(model) = params.fit(&table) else { continue };
                        assert!(model.n_support() > 0 && model.rho().is_finite());
                        fitted += ask(&format!("{params:?} on {name}"), &model);
                    }
                }
            }
        }
    }
    assert!(fitted > 300, "{fitted}");
}

#[test]
fn memories_and_time() {
    let mut fitted = 0;
    for (name, table) in tables() {
        for estimator in [Estimator::Mset, Estimator::Aakr] {
            for similarity in [Similarity::Gaussian, Similarity::Inverse] {
                let params = Mset::params().estimator(estimator).similarity(similarity);
                for params in [
                    params.clone(),
                    params.clone().memory(2),
                    params.clone().width(1e-300),
                    params.clone().width(1e300).ridge(1e-300),
                ] {
                    let Ok(model) = params.fit(&table) else { continue };
                    let what = format!("{params:?} on {name}");
                    for (_, other) in tables() {
                        if let Ok(residuals) = model.residuals(&other) {
                            finite(&what, &residuals);
                        }
                    }
                    fitted += ask(&what, &model);
                }
            }
        }
        for lags in [0, 1, 7, 1000] {
            let params = DynamicPca::params().lags(lags);
            let Ok(model) = params.fit(&table) else { continue };
            for (_, other) in tables() {
                if let Ok(scores) = model.score_in_time(&other) {
                    assert_eq!(scores.len(), other.nrows().saturating_sub(lags));
                    finite(&name, &scores);
                }
                let mut tracker = model.tracker();
                for row in other.rows() {
                    if let Ok(Some(score)) = tracker.update(&row.to_vec()) {
                        assert!(score.is_finite());
                    }
                }
            }
            fitted += ask(&format!("{params:?} on {name}"), &model);
        }
    }
    assert!(fitted > 100, "{fitted}");
}

#[test]
fn rows_that_are_not_finite_are_named() {
    let bad = &tables().into_iter().find(|(name, _)| name.starts_with("NaN")).unwrap().1;
    for error in [
        Knn::params().fit(bad).unwrap_err(),
        Lof::params().unscaled().fit(bad).unwrap_err(),
        Cof::params().fit(bad).unwrap_err(),
        Abod::params().fit(bad).unwrap_err(),
        Kde::params().unscaled().fit(bad).unwrap_err(),
        Gmm::params().fit(bad).unwrap_err(),
        Cblof::params().fit(bad).unwrap_err(),
        OneClassSvm::params().unscaled().fit(bad).unwrap_err(),
        Mset::params().fit(bad).unwrap_err(),
        DynamicPca::params().fit(bad).unwrap_err(),
    ] {
        assert!(matches!(&error, prognos::Error::NonFinite { row: 17, column, .. } if column == "1"), "{error}");
    }
    let empty = Array2::<f64>::zeros((0, 2));
    assert!(Knn::params().fit(&empty).is_err() && Mset::params().fit(&empty).is_err());
}
