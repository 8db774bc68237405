//! Hostile input to the anomaly room, and to the scaling it stands on.

use super::{series, tables};
use ndarray::{Array1, Array2, Axis};
use prognos::anomaly::{
    Detector, EventTracker, Events, IsolationForest, Linfa, PcaMonitor, SpeLimit, T2Contribution, T2Limit, Threshold,
    average_path_length, benjamini_hochberg,
};
use prognos::learners::{Scaler, Scaling};

fn finite(what: &str, values: &Array1<f64>) {
    assert!(values.iter().all(|v| v.is_finite()), "{what}: {values}");
}

/// Every question a detector answers, asked about every table.
fn ask(what: &str, model: &(impl Detector + Clone)) {
    let doors = Linfa(model.clone());
    for (name, table) in tables() {
        let what = format!("{what}, asked about {name}");
        match model.score(&table) {
            Ok(scores) => {
                assert_eq!(scores.len(), table.nrows(), "{what}");
                finite(&what, &scores);
                for row in table.rows() {
                    if let Ok(why) = model.explain(row) {
                        finite(&what, &why.contributions().to_vec().into());
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
}

#[test]
fn pca_monitor() {
    let mut fitted = 0;
    for (name, table) in tables() {
        for scaling in [Scaling::Standard, Scaling::Robust, Scaling::Centre] {
            for params in [
                PcaMonitor::params(),
                PcaMonitor::params().explained(1.0),
                PcaMonitor::params().components(1).limits(T2Limit::ChiSquared, SpeLimit::JacksonMudholkar),
                PcaMonitor::params().components(usize::MAX).limits(T2Limit::Empirical, SpeLimit::Empirical),
                PcaMonitor::params().components(2).alpha(1e-300).limits(T2Limit::Beta, SpeLimit::BoxMoments),
            ] {
                let params = params.scaling(scaling);
                let Ok(model) = params.fit(&table) else { continue };
                fitted += 1;
                let what = format!("{params:?} on {name}");
                assert!(model.eigenvalues().iter().chain(model.loadings()).all(|v| v.is_finite()), "{what}");
                ask(&what, &model);
                for alpha in [0.0, 1e-320, 0.01, 0.5, 1.0, f64::NAN] {
                    for rule in [T2Limit::F, T2Limit::Beta, T2Limit::ChiSquared, T2Limit::Empirical] {
                        assert!(model.t2_limit(rule, alpha).map_or(true, |l| l >= 0.0), "{what}: {rule:?} {alpha}");
                    }
                    for rule in
                        [SpeLimit::BoxTheory, SpeLimit::BoxMoments, SpeLimit::JacksonMudholkar, SpeLimit::Empirical]
                    {
                        assert!(model.spe_limit(rule, alpha).map_or(true, |l| l >= 0.0), "{what}: {rule:?} {alpha}");
                    }
                }
                for row in table.rows().into_iter().take(3) {
                    for kind in [T2Contribution::Complete, T2Contribution::Partial, T2Contribution::Reconstruction] {
                        if let Ok(why) = model.t2_contributions(row, kind) {
                            assert!(why.contributions().iter().all(|c| c.is_finite()), "{what}");
                        }
                    }
                    let _ = model.spe_contributions(row);
                    let _ = model.spe_reconstruction_contributions(row);
                    let _ = model.statistic(row);
                }
            }
        }
    }
    assert!(fitted > 60, "{fitted}");
}

#[test]
fn isolation_forest() {
    let mut fitted = 0;
    for (name, table) in tables() {
        for extension in [0, 1, usize::MAX] {
            for subsample in [2, 3, 256] {
                let params = IsolationForest::params().trees(7).subsample(subsample).extension(extension);
                let Ok(model) = params.fit(&table) else { continue };
                fitted += 1;
                ask(&format!("{params:?} on {name}"), &model);
                finite(&name, &model.path_lengths(&table).unwrap());
            }
        }
    }
    assert!(fitted > 60, "{fitted}");
    for n in [0, 1, 2, 3, usize::MAX] {
        assert!(average_path_length(n).is_finite());
    }
}

#[test]
fn rows_that_are_not_finite_are_named() {
    let bad = &tables().into_iter().find(|(name, _)| name.starts_with("NaN")).unwrap().1;
    for error in [
        PcaMonitor::params().fit(bad).unwrap_err(),
        IsolationForest::params().fit(bad).unwrap_err(),
        Scaler::robust().fit(bad).unwrap_err(),
        Scaler::standard().fit(bad).unwrap_err(),
    ] {
        assert!(matches!(&error, prognos::Error::NonFinite { row: 17, column, .. } if column == "1"), "{error}");
    }
}

#[test]
fn scalers() {
    for (name, table) in tables() {
        for scaling in [Scaling::Standard, Scaling::Robust, Scaling::Centre] {
            let Ok(scaler) = Scaler::params(scaling).fit(&table) else { continue };
            let scales = scaler.centre().iter().chain(scaler.scale());
            assert!(scales.clone().all(|v| v.is_finite()), "{name}, {scaling:?}");
            assert!(scaler.scale().iter().all(|s| *s > 0.0));
            for (_, other) in tables() {
                let _ = scaler.transform(&other);
                let _ = scaler.inverse(&other);
            }
            let z = scaler.transform(&table).unwrap();
            let back = scaler.inverse(&z).unwrap();
            for ((i, j), b) in table.indexed_iter() {
                let size = 1.0 + b.abs() + scaler.centre()[j].abs();
                assert!((back[[i, j]] - b).abs() <= 1e-12 * size, "{name}, {scaling:?}: {} {b}", back[[i, j]]);
            }
        }
    }
}

#[test]
fn thresholds_and_events() {
    for (name, x) in series() {
        for threshold in [
            Threshold::quantile(0.5),
            Threshold::quantile(1.0),
            Threshold::quantile(f64::NAN),
            Threshold::k_sigma(3.0),
            Threshold::k_sigma(f64::INFINITY),
            Threshold::k_sigma(0.0),
            Threshold::mad(3.0),
            Threshold::conformal(0.1),
            Threshold::conformal(0.0),
            Threshold::conformal(f64::NAN),
            Threshold::false_alarms(0.5),
            Threshold::false_alarms(1e-308),
            Threshold::false_alarms_per_day(1.0, 48.0),
            Threshold::false_alarms_per_day(1.0, 0.0),
            Threshold::false_alarms_per_day(f64::NAN, -1.0),
        ] {
            let Ok(limit) = threshold.fit(&x) else { continue };
            assert!(limit.value().is_finite(), "{name}: {threshold:?}");
            assert!((0.0..=1.0).contains(&limit.achieved_rate()));
            for (_, scores) in series() {
                let _ = limit.alarms(&scores);
                let _ = limit.events(&scores);
                for &s in &scores {
                    let p = limit.p_value(s);
                    assert!(s.is_nan() == p.is_nan() && (s.is_nan() || (p > 0.0 && p <= 1.0)));
                }
            }
            assert!(!limit.to_string().is_empty());
        }
        for on in [0.0, -1e308, 1e308, f64::NAN, f64::INFINITY] {
            for (gap, min) in [(0, 0), (usize::MAX, 1), (3, usize::MAX)] {
                let rule = Events::above(on).merge_gap(gap).min_duration(min);
                for event in rule.find(&x).unwrap_or_default() {
                    assert!(event.start < event.end && !event.peak_score.is_nan(), "{name}: {event}");
                }
            }
        }
        let mut tracker: EventTracker = Events::above(0.5).off(0.1).tracker().unwrap();
        for &score in &x {
            tracker.update(usize::MAX, score);
        }
        tracker.finish();
        for q in [0.0, 0.1, 1.0, f64::NAN] {
            let _ = benjamini_hochberg(&x, q);
        }
    }
    let empty = Array2::<f64>::zeros((0, 2));
    assert!(Threshold::quantile(0.5).fit(&empty.sum_axis(Axis(1))).is_err());
}
