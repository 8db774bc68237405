//! Hostile scores, labels, windows and rules for every metric.

#![allow(clippy::single_range_in_vec_init)]

use super::series;
use prognos::Error;
use prognos::metrics::Bootstrap;
use prognos::metrics::detection::{
    Cardinality, Confusion, EventRule, NabCorpus, NabProfile, PositionBias, RangeScore, Ranking, affiliation,
    average_precision, flawed_point_adjusted_f1, nab_row_values, roc_auc, ucr_accuracy, ucr_correct, vus,
};
use prognos::signal::SampleRate;

/// Labels that break careless code, for n rows.
fn labellings(n: usize) -> Vec<Vec<bool>> {
    let by = |f: &dyn Fn(usize) -> bool| (0..n).map(f).collect::<Vec<bool>>();
    vec![
        by(&|_| false),
        by(&|_| true),
        by(&|i| i == 0),
        by(&|i| i + 1 == n),
        by(&|i| i % 2 == 0),
        by(&|i| i % 2 == 1),
        by(&|i| i < n / 2),
        by(&|i| i >= n / 2),
        by(&|i| i % 7 < 2),
    ]
}

#[test]
fn scores_of_any_kind() {
    for (name, scores) in series() {
        let finite = scores.iter().all(|s| s.is_finite());
        for labels in labellings(scores.len()) {
            let both = labels.contains(&true) && labels.contains(&false);
            let unit = |what: &str, found: Result<f64, Error>| match found {
                Ok(v) => assert!(both && finite && (-1e-12..=1.0 + 1e-12).contains(&v), "{name}: {what} is {v}"),
                Err(e) => assert!(!both || !finite, "{name}: {what}: {e}"),
            };
            unit("auc", roc_auc(&labels, &scores));
            unit("ap", average_precision(&labels, &scores));
            unit("f1", Ranking::new(&labels, &scores).map(|r| r.best_f1_oracle().confusion.f1()));
            for window in [0, 1, 2, 7, 300] {
                unit("vus roc", vus(&labels, &scores, window).map(|v| v.roc));
                unit("vus pr", vus(&labels, &scores, window).map(|v| v.pr));
            }
            let windows = prognos::metrics::detection::runs(&labels);
            let mut corpus = NabCorpus::new();
            assert_eq!(corpus.push(&scores, &windows).is_ok(), finite);
            match corpus.score(NabProfile::STANDARD) {
                Ok(found) => assert!(found.score >= 0.0 && found.score <= 100.0 + 1e-9, "{name}: {found:?}"),
                Err(e) => assert!(matches!(e, Error::TooFew { .. }), "{name}: {e}"),
            }
        }
    }
    let mut bad = vec![0.5; 9];
    bad[4] = f64::NAN;
    let labels: Vec<bool> = (0..9).map(|i| i > 5).collect();
    assert!(matches!(roc_auc(&labels, &bad), Err(Error::NonFinite { row: 4, .. })));
    assert!(matches!(roc_auc(&labels, &[0.5]), Err(Error::Shape { expected: 9, found: 1, .. })));
    assert!(vus(&labels, &[0.5; 9], 10_001).is_err());
}

#[test]
fn alarms_of_any_kind() {
    let rate = SampleRate::every_seconds(60.0).unwrap();
    for n in [0, 1, 2, 3, 50, 64] {
        for labels in labellings(n) {
            for alarms in labellings(n) {
                let any = labels.contains(&true);
                let counts = Confusion::of(&labels, &alarms).unwrap();
                assert!(counts.f1().is_nan() || (0.0..=1.0).contains(&counts.f1()));
                assert!(counts.matthews().is_nan() || counts.matthews().abs() <= 1.0 + 1e-12);
                assert!(flawed_point_adjusted_f1(&labels, &alarms).is_ok());
                for bias in [PositionBias::Flat, PositionBias::Front, PositionBias::Middle, PositionBias::Back] {
                    for cardinality in [Cardinality::One, Cardinality::Reciprocal] {
                        let score = RangeScore::new().alpha(1.0).bias(bias).cardinality(cardinality);
                        match score.f1(&labels, &alarms) {
                            Ok(f1) => assert!(any && (0.0..=1.0 + 1e-12).contains(&f1), "{f1}"),
                            Err(e) => assert!(!any && matches!(e, Error::TooFew { .. })),
                        }
                    }
                }
                match affiliation(&labels, &alarms) {
                    Ok(found) => {
                        assert!(any && (0.0..=1.0 + 1e-12).contains(&found.recall));
                        assert!(found.precision.is_nan() || (0.0..=1.0 + 1e-12).contains(&found.precision));
                    }
                    Err(e) => assert!(!any && matches!(e, Error::TooFew { .. })),
                }
                for huge in [0, 1, usize::MAX] {
                    let rule = EventRule::new().merge_gap(huge).tolerance_before(huge).tolerance_after(huge);
                    let found = rule.score(&labels, &alarms, rate).unwrap();
                    assert!(found.false_alarms <= found.alarms && found.detected() <= found.events.len());
                }
            }
        }
    }
    assert!(Confusion::of(&[true], &[]).is_err());
    assert!(affiliation(&[true], &[]).is_err());
    assert!(EventRule::new().score(&[true], &[], rate).is_err());
    assert!(RangeScore::new().precision(&[true], &[]).is_err());
    for alpha in [-0.1, 1.1, f64::NAN, f64::INFINITY] {
        assert!(RangeScore::new().alpha(alpha).recall(&[true], &[true]).is_err());
    }
}

#[test]
fn windows_and_profiles_of_any_kind() {
    #[allow(clippy::reversed_empty_ranges)]
    for windows in [vec![5..5], vec![8..3], vec![0..11], vec![0..4, 3..6], vec![6..8, 0..2], vec![0..usize::MAX]] {
        assert!(matches!(nab_row_values(10, &windows), Err(Error::Parameter { .. })), "{windows:?}");
    }
    assert_eq!(nab_row_values(0, &[]).unwrap(), [0.0; 0]);
    assert!(nab_row_values(3, &[0..1, 1..2, 2..3]).unwrap().iter().all(|v| *v == 1.0));
    assert!(nab_row_values(3, &[0..1]).unwrap().iter().all(|v| v.is_finite()));
    let mut corpus = NabCorpus::new();
    assert!(corpus.score(NabProfile::STANDARD).is_err());
    corpus.push(&[0.0, 1.0, 0.5, 0.5], &[1..2]).unwrap();
    for bad in [-1.0, f64::NAN, f64::INFINITY] {
        assert!(corpus.score(NabProfile { true_positive: bad, ..NabProfile::STANDARD }).is_err());
        assert!(corpus.score(NabProfile { false_positive: bad, ..NabProfile::STANDARD }).is_err());
        assert!(corpus.score(NabProfile { false_negative: bad, ..NabProfile::STANDARD }).is_err());
    }
    let nothing = NabProfile { true_positive: 0.0, false_positive: 0.0, false_negative: 0.0 };
    assert!(corpus.score(nothing).is_err());
    assert!(corpus.score_at(NabProfile::STANDARD, f64::NAN).is_err());
    for threshold in [f64::INFINITY, f64::NEG_INFINITY, f64::MAX] {
        assert!(corpus.score_at(NabProfile::STANDARD, threshold).unwrap().score.is_finite());
    }
}

#[test]
fn files_of_any_kind() {
    assert!(Bootstrap::new().mean(&[]).is_err());
    assert!(Bootstrap::new().resamples(0).mean(&[1.0]).is_err());
    for level in [0.0, 1.0, -1.0, f64::NAN] {
        assert!(Bootstrap::new().level(level).mean(&[1.0]).is_err());
    }
    assert!(matches!(Bootstrap::new().mean(&[1.0, f64::INFINITY]), Err(Error::NonFinite { row: 1, .. })));
    let one = Bootstrap::new().mean(&[3.0]).unwrap();
    assert_eq!((one.estimate, one.low, one.high), (3.0, 3.0, 3.0));
    assert!(Bootstrap::new().interval(3, |_| f64::NAN).is_err());
    assert!(Bootstrap::new().mean(&[f64::MAX, f64::MAX]).is_err());
    assert!(ucr_accuracy(&[]).is_err());
    assert!(ucr_accuracy(&[(Some(3), 5..5)]).is_err());
    assert!(ucr_correct(usize::MAX - 1, &(0..usize::MAX)) && ucr_correct(0, &(0..1)));
}
