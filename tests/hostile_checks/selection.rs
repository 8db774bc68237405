//! Hostile input: selection.

use prognos::features::selection::{
    Correction, Criterion, RelevanceTest, Selection, Target, TwoSampleTest, rank, uncorrelated, varying,
};

const CRITERIA: [Criterion; 7] = [
    Criterion::AnovaF,
    Criterion::KruskalWallis,
    Criterion::Correlation,
    Criterion::RankCorrelation,
    Criterion::MutualInformation { neighbours: 3 },
    Criterion::ReliefF { neighbours: 5 },
    Criterion::MaxRelevanceMinRedundancy { bins: 4 },
];

fn targets(n: usize) -> Vec<Target> {
    vec![
        Target::classes(&(0..n).map(|i| i % 2).collect::<Vec<_>>()),
        Target::classes(&(0..n).map(|i| i % 3).collect::<Vec<_>>()),
        Target::classes(&(0..n).collect::<Vec<_>>()),
        Target::classes(&vec![7; n]),
        Target::classes(&(0..n).map(|i| i == 0).collect::<Vec<_>>()),
        Target::values(&(0..n).map(|i| (i as f64).sin()).collect::<Vec<_>>()).unwrap(),
        Target::values(&(0..n).map(|i| f64::from((i % 2) as u8) * 1e308).collect::<Vec<_>>()).unwrap(),
        Target::values(&vec![0.0; n]).unwrap(),
        Target::classes(&["too", "short"]),
    ]
}

#[test]
fn every_table_and_target_ends_in_numbers_or_an_error() {
    for (name, table) in super::tables() {
        for target in targets(table.nrows()) {
            for test in [TwoSampleTest::MannWhitney, TwoSampleTest::KolmogorovSmirnov] {
                if let Ok(found) = RelevanceTest::new().two_sample(test).table(&table, &target) {
                    for row in found.rows() {
                        let constant = row.kind == prognos::features::selection::FeatureKind::Constant;
                        assert!(constant == row.p_value.is_nan(), "{name}: {row:?}");
                        assert!(constant || (0.0..=1.0).contains(&row.p_value), "{name}: {row:?}");
                        assert!(!constant || !row.relevant);
                    }
                }
            }
            for criterion in CRITERIA {
                if let Ok(ranking) = rank(&table, &target, criterion) {
                    assert_eq!(ranking.entries().len(), table.ncols());
                    for entry in ranking.entries() {
                        assert!(!entry.score.is_nan(), "{name} {criterion:?}: {entry:?}");
                        assert!(
                            entry.p_value.is_none_or(|p| (0.0..=1.0).contains(&p)),
                            "{name} {criterion:?}: {entry:?}"
                        );
                    }
                }
            }
        }
        if let Ok(kept) = varying(&table, 0.0) {
            assert!(kept.len() <= table.ncols());
        }
        if let Ok(kept) = uncorrelated(&table, 0.95) {
            assert!(!kept.is_empty() && kept.len() <= table.ncols());
        }
    }
}

#[test]
fn bad_settings_are_errors() {
    let (_, table) = super::tables().pop().unwrap();
    let table = table.mapv(|v| if v.is_finite() { v } else { 0.5 });
    let classes = Target::classes(&(0..table.nrows()).map(|i| i % 3).collect::<Vec<_>>());
    let values = Target::values(&(0..table.nrows()).map(|i| i as f64).collect::<Vec<_>>()).unwrap();
    for rate in [0.0, 1.0, -0.1, f64::NAN, f64::INFINITY] {
        assert!(RelevanceTest::new().false_discovery_rate(rate).table(&table, &classes).is_err());
    }
    for count in [0, 4] {
        assert!(RelevanceTest::new().significant_classes(count).table(&table, &classes).is_err());
    }
    for criterion in [Criterion::AnovaF, Criterion::KruskalWallis] {
        assert!(rank(&table, &values, criterion).is_err());
    }
    for criterion in [Criterion::Correlation, Criterion::RankCorrelation] {
        assert!(rank(&table, &classes, criterion).is_err());
    }
    for criterion in [
        Criterion::MutualInformation { neighbours: 0 },
        Criterion::ReliefF { neighbours: 0 },
        Criterion::MaxRelevanceMinRedundancy { bins: 1 },
        Criterion::MaxRelevanceMinRedundancy { bins: usize::MAX },
    ] {
        assert!(rank(&table, &classes, criterion).is_err());
    }
    assert!(rank(&table, &classes, Criterion::MutualInformation { neighbours: usize::MAX }).is_ok());
    assert!(rank(&table, &values, Criterion::ReliefF { neighbours: usize::MAX }).is_ok());
    assert!(Target::values(&[1.0, f64::NAN]).is_err());
    assert!(varying(&table, -1.0).is_err() && varying(&table, f64::NAN).is_err());
    assert!(uncorrelated(&table, 1.5).is_err() && uncorrelated(&table, f64::NAN).is_err());
    assert!(Selection::new(["no_such_feature"]).feature_set().is_err());
    assert!(Selection::new(["mean"]).channel_sets().is_err());
    assert!(Correction::BenjaminiYekutieli.adjust(&[]).is_empty());
}
