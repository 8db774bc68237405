//! Laws: selection.

use super::{noise, same_bits_on_any_threads};
use ndarray::Array2;
use prognos::features::FeatureMatrix;
use prognos::features::selection::{Criterion, RelevanceTest, Target, rank};

fn matrix() -> (FeatureMatrix, Target, Target) {
    let (n, d) = (120, 9);
    let z = noise(n * d, 5);
    let classes: Vec<usize> = (0..n).map(|i| i % 3).collect();
    let values = Array2::from_shape_fn((n, d), |(i, j)| z[i * d + j] + if j < 3 { classes[i] as f64 } else { 0.0 });
    let names = (0..d).map(|j| format!("quantile__q_0.{}", j + 1)).collect();
    let life: Vec<f64> = (0..n).map(|i| values[[i, 1]] + 0.3 * z[i]).collect();
    (FeatureMatrix::new(names, values).unwrap(), Target::classes(&classes), Target::values(&life).unwrap())
}

#[test]
fn same_bits_for_every_criterion() {
    let (m, classes, values) = matrix();
    for criterion in [
        Criterion::AnovaF,
        Criterion::KruskalWallis,
        Criterion::MutualInformation { neighbours: 3 },
        Criterion::ReliefF { neighbours: 5 },
        Criterion::MaxRelevanceMinRedundancy { bins: 5 },
    ] {
        same_bits_on_any_threads(&format!("{criterion:?}"), || {
            rank(&m, &classes, criterion).unwrap().entries().iter().map(|e| e.score).collect()
        });
    }
    for criterion in [
        Criterion::Correlation,
        Criterion::RankCorrelation,
        Criterion::MutualInformation { neighbours: 3 },
        Criterion::ReliefF { neighbours: 5 },
        Criterion::MaxRelevanceMinRedundancy { bins: 5 },
    ] {
        same_bits_on_any_threads(&format!("{criterion:?}"), || {
            rank(&m, &values, criterion).unwrap().entries().iter().map(|e| e.score).collect()
        });
    }
    same_bits_on_any_threads("relevance", || {
        RelevanceTest::new().table(&m, &classes).unwrap().rows().iter().map(|r| r.p_value).collect()
    });
}

/// The share of irrelevant columns among those found stays below the rate, over many tables.
#[test]
fn false_finds_stay_below_the_rate() {
    let (mut finds, mut false_finds) = (0.0, 0.0);
    for seed in 0..40 {
        let (n, d) = (60, 20);
        let z = noise(n * d, 100 + seed);
        let y: Vec<bool> = (0..n).map(|i| i % 2 == 0).collect();
        let values = Array2::from_shape_fn((n, d), |(i, j)| z[i * d + j] + if j < 5 && y[i] { 1.5 } else { 0.0 });
        let table = RelevanceTest::new().false_discovery_rate(0.2).table(&values, &Target::classes(&y)).unwrap();
        finds += table.rows().iter().filter(|r| r.relevant).count() as f64;
        false_finds += table.rows()[5..].iter().filter(|r| r.relevant).count() as f64;
    }
    assert!(finds >= 150.0, "{finds} of 200 found");
    assert!(false_finds / finds < 0.2, "{false_finds} of {finds}");
}

#[cfg(feature = "persist")]
#[test]
fn a_saved_selection_makes_the_same_set() {
    use prognos::features::selection::Selection;
    use prognos::persist::{from_bytes, from_json, to_bytes, to_json};
    let (m, classes, _) = matrix();
    let kept = RelevanceTest::new().table(&m, &classes).unwrap().selection();
    assert!(!kept.is_empty());
    let json: Selection = from_json(&to_json(&kept).unwrap()).unwrap();
    let binary: Selection = from_bytes(&to_bytes(&kept).unwrap()).unwrap();
    for loaded in [json, binary] {
        assert_eq!(loaded, kept);
        assert_eq!(loaded.feature_set().unwrap().names(), kept.names());
        assert_eq!(loaded.apply(&m).unwrap().names(), kept.names());
    }
}
