//! Family `selection`: relevance tables of tsfresh, rankings of scikit-learn and scipy, on made tables.

use super::{Outcome, Tally, close, load, number};
use ndarray::Array2;
use prognos::features::FeatureMatrix;
use prognos::features::selection::{Correction, Criterion, RelevanceTest, Target, TwoSampleTest, rank};
use serde_json::Value;
use std::path::Path;

pub fn run(dir: &Path, tally: &mut Tally) {
    let path = dir.join("selection.json");
    if !path.exists() {
        return;
    }
    for case in load(&path)["cases"].as_array().unwrap() {
        for (id, outcome) in check_case(case) {
            tally.record("selection", &id, outcome);
        }
    }
}

fn matrix(case: &Value) -> FeatureMatrix {
    let names: Vec<String> = case["names"].as_array().unwrap().iter().map(|n| n.as_str().unwrap().to_owned()).collect();
    let rows = case["rows"].as_array().unwrap();
    let values = Array2::from_shape_fn((rows.len(), names.len()), |(i, j)| rows[i][j].as_f64().unwrap());
    FeatureMatrix::new(names, values).unwrap()
}

fn wholes(list: &Value) -> Vec<u64> {
    list.as_array().unwrap().iter().map(|v| v.as_u64().unwrap()).collect()
}

fn truths(list: &Value) -> Vec<bool> {
    list.as_array().unwrap().iter().map(|v| v.as_bool().unwrap()).collect()
}

/// p-values that agree to 1e-9, however small, and the same columns found relevant.
fn compare_table(test: RelevanceTest, matrix: &FeatureMatrix, target: &Target, expected: &Value) -> Outcome {
    let table = test.table(matrix, target).unwrap();
    for (j, row) in table.rows().iter().enumerate() {
        if let Some(p) = expected.get("p").map(|p| number(&p[j]).unwrap())
            && !close(row.p_value, p, 1e-9, 1e-300)
        {
            return Outcome::Failed(format!("{}: p is {:e}, expected {p:e}", row.name, row.p_value));
        }
        if let Some(n) = expected.get("n_significant").map(|n| n[j].as_u64().unwrap())
            && row.significant_classes as u64 != n
        {
            return Outcome::Failed(format!(
                "{}: tells of {} classes, expected {n}",
                row.name, row.significant_classes
            ));
        }
    }
    let relevant: Vec<bool> = table.rows().iter().map(|r| r.relevant).collect();
    if relevant == truths(&expected["relevant"]) { Outcome::Matched } else { Outcome::Failed(format!("{relevant:?}")) }
}

fn compare_scores(
    matrix: &FeatureMatrix,
    target: &Target,
    criterion: Criterion,
    expected: &Value,
    rel: f64,
) -> Outcome {
    let ranking = rank(matrix, target, criterion).unwrap();
    for (name, value) in expected.as_object().unwrap() {
        let entry = ranking.entries().iter().find(|e| e.name == *name).unwrap();
        let (score, p) = match value.as_array() {
            Some(pair) => (pair[0].as_f64().unwrap().abs(), pair[1].as_f64()),
            None => (value.as_f64().unwrap(), None),
        };
        if !close(entry.score, score, rel, 1e-12) || p.is_some_and(|p| !close(entry.p_value.unwrap(), p, 1e-9, 1e-300))
        {
            return Outcome::Failed(format!("{name}: {:e} {:?}, expected {value}", entry.score, entry.p_value));
        }
    }
    Outcome::Matched
}

pub fn check_case(case: &Value) -> Vec<(String, Outcome)> {
    let matrix = matrix(case);
    let expected = &case["expected"];
    let binary = Target::classes(&wholes(&case["binary"]));
    let classes = Target::classes(&wholes(&case["classes"]));
    let values = Target::values(&super::numbers(&case["values"])).unwrap();
    let table = |test, target: &Target, id: &str| compare_table(test, &matrix, target, &expected[id]);
    let smir =
        RelevanceTest::new().two_sample(TwoSampleTest::KolmogorovSmirnov).correction(Correction::BenjaminiHochberg);
    let scores =
        |target: &Target, criterion, id: &str, rel| compare_scores(&matrix, target, criterion, &expected[id], rel);
    // scikit-learn adds noise and counts a neighbour at the rim by its rounding: columns for which its answer depends on
    // the random state are not in the file.
    let neighbours = Criterion::MutualInformation { neighbours: 3 };
    vec![
        ("binary_mann_by".to_owned(), table(RelevanceTest::new(), &binary, "binary_mann_by")),
        ("binary_smir_bh".to_owned(), table(smir, &binary, "binary_smir_bh")),
        ("values_by".to_owned(), table(RelevanceTest::new(), &values, "values_by")),
        ("classes_two_by".to_owned(), table(RelevanceTest::new().significant_classes(2), &classes, "classes_two_by")),
        ("anova".to_owned(), scores(&classes, Criterion::AnovaF, "anova", 1e-9)),
        ("kruskal".to_owned(), scores(&classes, Criterion::KruskalWallis, "kruskal", 1e-9)),
        ("pearson".to_owned(), scores(&values, Criterion::Correlation, "pearson", 1e-9)),
        ("kendall".to_owned(), scores(&values, Criterion::RankCorrelation, "kendall", 1e-9)),
        ("mi_classes".to_owned(), scores(&classes, neighbours, "mi_classes", 1e-9)),
        ("mi_values".to_owned(), scores(&values, neighbours, "mi_values", 1e-9)),
    ]
}

/// A changed value is seen.
#[test]
fn a_corrupted_selection_is_seen() {
    let mut case = load(&super::own_dir().join("selection.json"))["cases"][0].clone();
    assert!(check_case(&case).iter().all(|(_, o)| matches!(o, Outcome::Matched)));
    let p = &mut case["expected"]["values_by"]["p"][0];
    *p = serde_json::json!(p.as_f64().unwrap() * (1.0 + 1e-7));
    let mi = &mut case["expected"]["mi_values"]["level"];
    *mi = serde_json::json!(mi.as_f64().unwrap() * (1.0 + 1e-7));
    let failed = check_case(&case).iter().filter(|(_, o)| matches!(o, Outcome::Failed(_))).count();
    assert_eq!(failed, 2);
}
