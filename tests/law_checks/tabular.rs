//! Laws of the detectors of rows: covariances, margins, discrepancy.

use super::{noise, same_bits_on_any_threads};
use ndarray::{Array2, Axis, Slice};
use prognos::anomaly::{
    Bins, ComponentDistance, Covariance, Detector, Discrepancy, EmpiricalTails, Hbos, HbosScore, Loda, Mahalanobis,
};
use prognos::learners::Scaling;

/// Correlated columns of different units: mixtures of three sources and noise of their own.
fn table(n: usize, d: usize, seed: u64) -> Array2<f64> {
    let sources = noise(n * 3, seed);
    let own = noise(n * d, seed + 1);
    Array2::from_shape_fn((n, d), |(i, j)| {
        let mix: f64 = (0..3).map(|k| sources[i * 3 + k] * ((j * 3 + k) as f64 * 0.9).sin()).sum();
        10f64.powi(j as i32 % 3) * (mix + 0.3 * own[i * d + j]) + j as f64
    })
}

const COVARIANCES: [Covariance; 5] =
    [Covariance::Empirical, Covariance::Shrunk(0.2), Covariance::LedoitWolf, Covariance::Oas, Covariance::Mcd];

/// Every detector, fitted on the same rows; whether its contributions add up to the score.
fn detectors(rows: &Array2<f64>) -> Vec<(String, bool, Box<dyn Detector + Sync>)> {
    let mut all: Vec<(String, bool, Box<dyn Detector + Sync>)> = Vec::new();
    for covariance in COVARIANCES {
        let model = Mahalanobis::params().covariance(covariance).scaling(Scaling::Robust).fit(rows).unwrap();
        all.push((format!("Mahalanobis, {covariance:?}"), true, Box::new(model)));
    }
    all.push(("ECOD".to_owned(), true, Box::new(EmpiricalTails::ecod().fit(rows).unwrap())));
    all.push(("COPOD".to_owned(), true, Box::new(EmpiricalTails::copod().fit(rows).unwrap())));
    for bins in [Bins::Fixed(10), Bins::BirgeRozenholc, Bins::Pyod] {
        for score in [HbosScore::Normalised, HbosScore::Pyod] {
            let model = Hbos::params().bins(bins).score(score).fit(rows).unwrap();
            all.push((format!("histograms, {bins:?}, {score:?}"), true, Box::new(model)));
        }
    }
    all.push(("LODA".to_owned(), false, Box::new(Loda::params().projections(50).fit(rows).unwrap())));
    let distance = ComponentDistance::params();
    all.push(("components".to_owned(), true, Box::new(distance.clone().fit(rows).unwrap())));
    let two = distance.components(2).weighted(false).fit(rows).unwrap();
    all.push(("components, two".to_owned(), true, Box::new(two)));
    let few = rows.slice_axis(Axis(0), Slice::from(..rows.nrows().min(300)));
    all.push(("discrepancy".to_owned(), false, Box::new(Discrepancy::params().fit(few).unwrap())));
    all
}

#[test]
fn same_bits_on_threads() {
    let rows = table(2000, 5, 1);
    same_bits_on_any_threads("detectors of rows", || {
        let all = detectors(&rows);
        all.iter().flat_map(|(_, _, model)| model.score_rows((&rows).into()).unwrap().to_vec()).collect()
    });
    same_bits_on_any_threads("joint scores", || {
        let model = EmpiricalTails::copod().fit(&rows).unwrap();
        model.joint_scores(rows.slice_axis(Axis(0), Slice::from(..700))).unwrap().to_vec()
    });
}

#[test]
fn a_row_scores_the_same_alone_and_in_any_layout() {
    let rows = table(700, 4, 2);
    let columns = rows.t().as_standard_layout().into_owned();
    for (what, _, model) in detectors(&rows) {
        let scores = model.score_rows((&rows).into()).unwrap();
        assert_eq!(scores, model.score_rows(columns.t().into()).unwrap(), "{what}: column order in memory");
        let every_third = model.score_rows(rows.slice_axis(Axis(0), Slice::new(0, None, 3)).into()).unwrap();
        assert_eq!(scores.slice_axis(Axis(0), Slice::new(0, None, 3)), every_third, "{what}: strided rows");
        for i in [0, 7, 255, 256, 511, 512, 699] {
            let alone = model.score_rows(rows.row(i).insert_axis(Axis(0)).into()).unwrap()[0];
            assert_eq!(scores[i].to_bits(), alone.to_bits(), "{what}: row {i} alone");
        }
        let none = model.score_rows(rows.slice_axis(Axis(0), Slice::from(..0)).into()).unwrap();
        assert!(none.is_empty(), "{what}: no rows");
    }
}

#[test]
fn higher_is_more_anomalous() {
    let rows = table(800, 4, 3);
    for (what, _, model) in detectors(&rows) {
        if what == "discrepancy" {
            continue; // Its direction is the training rows' to say.
        }
        let mut last = 0.0;
        for step in 1..=4 {
            let mut far = rows.row(5).to_owned();
            for (j, cell) in far.iter_mut().enumerate() {
                *cell += 7.0 * 10f64.powi(j as i32 % 3) * f64::from(step * step);
            }
            let score = model.score_rows(far.view().insert_axis(Axis(0)).into()).unwrap()[0];
            assert!(score >= last, "{what}: {score} after {last}");
            last = score;
        }
        let mut ordinary = model.score_rows((&rows).into()).unwrap().to_vec();
        ordinary.sort_unstable_by(f64::total_cmp);
        assert!(last > ordinary[790], "{what}: {last}, while the healthy rows reach {}", ordinary[790]);
    }
}

#[test]
fn contributions_add_up_and_name_the_broken_sensor() {
    let rows = table(600, 6, 4);
    for (what, adds_up, model) in detectors(&rows) {
        let scores = model.score_rows((&rows).into()).unwrap();
        for i in (0..600).step_by(37) {
            let why = model.explain(rows.row(i)).unwrap();
            assert_eq!(why.score().to_bits(), scores[i].to_bits(), "{what}");
            assert_eq!(why.names(), model.feature_names());
            if adds_up {
                assert!((why.total() - scores[i]).abs() < 1e-10 * (1.0 + scores[i].abs()), "{what}: {}", why.total());
            }
        }
        for j in 0..6 {
            let mut row = rows.mean_axis(Axis(0)).unwrap();
            row[j] += 40.0 * 10f64.powi(j as i32 % 3);
            let why = model.explain(row.view()).unwrap();
            // PyOD's densities look away from columns in small units, its components from none in particular.
            if !what.contains("Pyod") && what != "discrepancy" {
                assert_eq!(why.ranked()[0].0, j.to_string(), "{what}: {why}");
            }
        }
    }
}

#[test]
fn names_are_checked() {
    let rows = table(100, 3, 5);
    let names: Vec<String> = ["a", "b", "c"].map(str::to_owned).to_vec();
    let matrix = prognos::features::FeatureMatrix::new(names, rows).unwrap();
    let mixed = matrix.select(&["b", "a", "c"]).unwrap();
    let tails = EmpiricalTails::ecod().fit(&matrix).unwrap();
    assert!(tails.score(&mixed).is_err() && tails.joint_scores(&mixed).is_err());
    assert!(Mahalanobis::params().fit(&matrix).unwrap().score(&mixed).is_err());
    assert!(Hbos::params().fit(&matrix).unwrap().score(&mixed).is_err());
    assert!(Loda::params().fit(&matrix).unwrap().score(&mixed).is_err());
    assert!(Discrepancy::params().fit(&matrix).unwrap().score(&mixed).is_err());
    assert!(ComponentDistance::params().fit(&matrix).unwrap().score(&mixed).is_err());
}

#[cfg(feature = "persist")]
mod saved {
    use super::*;
    use prognos::persist::{Persist, from_bytes, from_json, to_bytes, to_json};
    use serde_json::{Value, json};

    fn check<M: Persist + Detector + PartialEq + std::fmt::Debug>(model: &M, rows: &Array2<f64>) {
        let text: M = from_json(&to_json(model).unwrap()).unwrap();
        let bytes: M = from_bytes(&to_bytes(model).unwrap()).unwrap();
        assert_eq!((model, model), (&text, &bytes));
        for again in [text, bytes] {
            assert_eq!(model.score(rows).unwrap(), again.score(rows).unwrap());
            assert_eq!(model.explain(rows.row(3)).unwrap(), again.explain(rows.row(3)).unwrap());
        }
    }

    #[test]
    fn saved_equals_fitted() {
        let mut rows = table(300, 4, 10);
        rows.column_mut(2).fill(0.1);
        for covariance in COVARIANCES {
            check(&Mahalanobis::params().covariance(covariance).fit(&rows).unwrap(), &rows);
        }
        check(&EmpiricalTails::ecod().fit(&rows).unwrap(), &rows);
        check(&EmpiricalTails::copod().fit(&rows).unwrap(), &rows);
        for bins in [Bins::Fixed(7), Bins::BirgeRozenholc, Bins::Pyod] {
            check(&Hbos::params().bins(bins).fit(&rows).unwrap(), &rows);
            check(&Loda::params().projections(9).bins(bins).fit(&rows).unwrap(), &rows);
        }
        check(&ComponentDistance::params().fit(&rows).unwrap(), &rows);
        check(&Discrepancy::params().fit(&rows).unwrap(), &rows);
    }

    /// Whether a changed file is refused.
    fn refused<M: Persist + std::fmt::Debug>(model: &M, change: impl Fn(&mut Value)) -> bool {
        let mut file: Value = serde_json::from_str(&to_json(model).unwrap()).unwrap();
        assert!(from_json::<M>(&file.to_string()).is_ok());
        change(&mut file["model"]);
        from_json::<M>(&file.to_string()).is_err()
    }

    #[test]
    fn hostile_files_are_refused() {
        let rows = table(60, 3, 11);
        let m = Mahalanobis::params().covariance(Covariance::Mcd).fit(&rows).unwrap();
        assert!(refused(&m, |m| m["covariance"][1] = json!(9.0)));
        assert!(refused(&m, |m| m["covariance"] = json!([1.0])));
        assert!(refused(&m, |m| m["covariance"][0] = json!(-1.0)));
        assert!(refused(&m, |m| m["location"][0] = json!(null)));
        assert!(refused(&m, |m| m["shrinkage"] = json!(2.0)));
        assert!(refused(&m, |m| m["rows"] = json!(1)));
        assert!(refused(&m, |m| m["mcd"] = json!(null)));
        assert!(refused(&m, |m| m["mcd"]["rows"] = json!(2)));
        assert!(refused(&m, |m| m["mcd"]["used"] = json!(61)));
        assert!(refused(&m, |m| m["mcd"]["location"] = json!([])));
        assert!(refused(&m, |m| m["params"]["covariance"] = json!("Oas")));
        assert!(refused(&m, |m| m["params"]["support"] = json!(0.1)));
        assert!(refused(&m, |m| m["surplus"] = json!(1)));

        let m = EmpiricalTails::copod().fit(&rows).unwrap();
        assert!(refused(&m, |m| m["columns"][1][3] = json!(1e9)));
        assert!(refused(&m, |m| m["columns"][1] = json!([])));
        assert!(refused(&m, |m| m["columns"][0][0] = json!(null)));
        assert!(refused(&m, |m| m["columns"] = json!([])));
        assert!(refused(&m, |m| m["names"] = json!(["a"])));

        let m = Hbos::params().fit(&rows).unwrap();
        assert!(refused(&m, |m| m["columns"][0]["low"] = json!(1e300)));
        assert!(refused(&m, |m| m["columns"][0]["counts"] = json!([1])));
        assert!(refused(&m, |m| m["columns"][0]["counts"] = json!(vec![0; 10])));
        assert!(refused(&m, |m| m["params"]["alpha"] = json!(-1.0)));
        assert!(refused(&m, |m| m["params"]["bins"] = json!({ "Fixed": 4_000_000_000u64 })));

        let m = Loda::params().projections(3).fit(&rows).unwrap();
        assert!(refused(&m, |m| m["projections"][0]["columns"][0] = json!(99)));
        assert!(refused(&m, |m| m["projections"][0]["columns"] = json!([])));
        assert!(refused(&m, |m| m["projections"][0]["weights"] = json!([1.0, 2.0, 3.0, 4.0])));
        assert!(refused(&m, |m| m["projections"][0]["weights"][0] = json!(1e200)));
        assert!(refused(&m, |m| m["projections"][0]["counts"] = json!([])));
        assert!(refused(&m, |m| m["projections"][0]["high"] = json!(-1e9)));
        assert!(refused(&m, |m| m["projections"] = json!([])));

        let m = ComponentDistance::params().fit(&rows).unwrap();
        assert!(refused(&m, |m| m["weights"][0] = json!(0.0)));
        assert!(refused(&m, |m| m["weights"] = json!([])));
        assert!(refused(&m, |m| m["components"][0] = json!(3.0)));
        assert!(refused(&m, |m| m["rows"] = json!(1)));

        let m = Discrepancy::params().fit(&rows).unwrap();
        assert!(refused(&m, |m| m["rows"][0] = json!(1.5)));
        assert!(refused(&m, |m| m["rows"] = json!([0.1, 0.2])));
        assert!(refused(&m, |m| m["range"][0] = json!(0.0)));
        assert!(refused(&m, |m| m["low"] = json!([])));
    }
}
