//! Laws of the anomaly room.

use super::{noise, same_bits_on_any_threads};
use ndarray::{Array2, Axis, Slice};
use prognos::anomaly::{
    Attribution, Detector, Events, IsolationForest, Linfa, PcaMonitor, SpeLimit, T2Contribution, T2Limit, Threshold,
};
use prognos::features::FeatureMatrix;
use prognos::learners::{Scaler, Scaling};

/// Correlated columns: `d` mixtures of three sources and noise of their own.
fn table(n: usize, d: usize, seed: u64) -> Array2<f64> {
    let sources = noise(n * 3, seed);
    let own = noise(n * d, seed + 1);
    Array2::from_shape_fn((n, d), |(i, j)| {
        let mix: f64 = (0..3).map(|k| sources[i * 3 + k] * ((j * 3 + k) as f64 * 0.9).sin()).sum();
        10f64.powi(j as i32 % 3) * (mix + 0.3 * own[i * d + j]) + j as f64
    })
}

/// Every detector of the room, fitted on the same rows.
fn detectors(rows: &Array2<f64>) -> Vec<(String, Box<dyn Detector + Sync>)> {
    let mut all: Vec<(String, Box<dyn Detector + Sync>)> = Vec::new();
    for scaling in [Scaling::Standard, Scaling::Robust, Scaling::Centre] {
        let model = PcaMonitor::params().explained(0.8).scaling(scaling).fit(rows).unwrap();
        all.push((format!("PCA monitor, {scaling:?}"), Box::new(model)));
    }
    let limits = PcaMonitor::params().limits(T2Limit::Empirical, SpeLimit::BoxMoments);
    all.push(("PCA monitor, other limits".to_owned(), Box::new(limits.fit(rows).unwrap())));
    for extension in [0, 1, 3] {
        let model = IsolationForest::params().trees(40).seed(9).extension(extension).fit(rows).unwrap();
        all.push((format!("isolation forest, extension {extension}"), Box::new(model)));
    }
    all
}

#[test]
fn same_bits_on_threads() {
    let rows = table(5000, 5, 1);
    same_bits_on_any_threads("detectors", || {
        let all = detectors(&rows);
        all.iter().flat_map(|(_, model)| model.score_rows((&rows).into()).unwrap().to_vec()).collect()
    });
    same_bits_on_any_threads("scalers", || {
        let scalers = [Scaler::standard().fit(&rows).unwrap(), Scaler::robust().fit(&rows).unwrap()];
        scalers.iter().flat_map(|s| [s.centre().to_vec(), s.scale().to_vec()].concat()).collect()
    });
}

#[test]
fn a_row_scores_the_same_alone_and_in_any_layout() {
    let rows = table(700, 4, 2);
    let columns = rows.t().as_standard_layout().into_owned();
    for (what, model) in detectors(&rows) {
        let scores = model.score_rows((&rows).into()).unwrap();
        assert_eq!(scores, model.score_rows(columns.t().into()).unwrap(), "{what}: column order in memory");
        let every_third = model.score_rows(rows.slice_axis(Axis(0), Slice::new(0, None, 3)).into()).unwrap();
        assert_eq!(scores.slice_axis(Axis(0), Slice::new(0, None, 3)), every_third, "{what}: strided rows");
        for i in [0, 7, 255, 256, 699] {
            let alone = model.score_rows(rows.row(i).insert_axis(Axis(0)).into()).unwrap()[0];
            assert_eq!(scores[i].to_bits(), alone.to_bits(), "{what}: row {i} alone");
        }
        assert!(
            model.score_rows(rows.slice_axis(Axis(0), Slice::from(..0)).into()).unwrap().is_empty(),
            "{what}: no rows"
        );
    }
}

#[test]
fn higher_is_more_anomalous() {
    let rows = table(800, 4, 3);
    for (what, model) in detectors(&rows) {
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
fn contributions_add_up() {
    let rows = table(600, 5, 4);
    for (what, model) in detectors(&rows) {
        let scores = model.score_rows((&rows).into()).unwrap();
        for i in (0..600).step_by(37) {
            let why: Attribution = model.explain(rows.row(i)).unwrap();
            assert_eq!(why.score().to_bits(), scores[i].to_bits(), "{what}");
            let total = if what.starts_with("PCA") { scores[i] } else { 1.0 + scores[i].log2() };
            assert!((why.total() - total).abs() < 1e-10 * (1.0 + total.abs()), "{what}: {} {total}", why.total());
            assert_eq!(why.names(), model.feature_names());
        }
    }
    let model = PcaMonitor::params().components(2).fit(&rows).unwrap();
    let (t2, spe) = (model.t2(&rows).unwrap(), model.spe(&rows).unwrap());
    for i in 0..20 {
        let row = rows.row(i);
        for kind in [T2Contribution::Complete, T2Contribution::Partial] {
            let sum = model.t2_contributions(row, kind).unwrap().total();
            assert!((sum - t2[i]).abs() < 1e-10 * (1.0 + t2[i]), "{kind:?}");
        }
        assert!((model.spe_contributions(row).unwrap().total() - spe[i]).abs() < 1e-10);
        // What reconstruction takes away is never more than the whole.
        let best = model.spe_reconstruction_contributions(row).unwrap();
        assert!(best.contributions().iter().all(|c| *c >= 0.0 && *c <= spe[i] * (1.0 + 1e-9)));
        let best = model.t2_contributions(row, T2Contribution::Reconstruction).unwrap();
        assert!(best.contributions().iter().all(|c| *c >= 0.0 && *c <= t2[i] * (1.0 + 1e-9)));
    }
}

#[test]
fn the_broken_sensor_is_named() {
    let rows = table(900, 6, 5);
    let pca = PcaMonitor::params().explained(0.9).fit(&rows).unwrap();
    let sd = pca.scaler().scale().to_vec();
    for j in 0..6 {
        let mut row = rows.row(11).to_owned();
        row[j] += 30.0 * sd[j];
        for why in [
            pca.explain(row.view()).unwrap(),
            pca.spe_reconstruction_contributions(row.view()).unwrap(),
            IsolationForest::params().fit(&rows).unwrap().explain(row.view()).unwrap(),
        ] {
            assert_eq!(why.ranked()[0].0, j.to_string(), "{why}");
        }
    }
}

#[test]
fn the_order_of_columns_does_not_matter() {
    let rows = table(400, 5, 6);
    let order = [3, 0, 4, 1, 2];
    let mixed = rows.select(Axis(1), &order);
    for scaling in [Scaling::Standard, Scaling::Robust, Scaling::Centre] {
        let params = PcaMonitor::params().components(3).scaling(scaling);
        let (a, b) = (params.fit(&rows).unwrap(), params.fit(&mixed).unwrap());
        let pairs = [
            (a.t2(&rows).unwrap(), b.t2(&mixed).unwrap()),
            (a.spe(&rows).unwrap(), b.spe(&mixed).unwrap()),
            (a.score(&rows).unwrap(), b.score(&mixed).unwrap()),
        ];
        for (x, y) in pairs {
            assert!(x.iter().zip(&y).all(|(x, y)| (x - y).abs() < 1e-8 * (1.0 + x.abs())), "{scaling:?}");
        }
        let (x, y) = (a.explain(rows.row(3)).unwrap(), b.explain(mixed.row(3)).unwrap());
        for (to, &from) in order.iter().enumerate() {
            assert!((x.contributions()[from] - y.contributions()[to]).abs() < 1e-8 * x.score());
        }
    }
}

#[test]
fn units_do_not_matter() {
    let rows = table(300, 4, 7);
    let mut other = rows.clone();
    other.column_mut(1).mapv_inplace(|v| v * 1024.0);
    other.column_mut(3).mapv_inplace(|v| v * 0.125);
    let a = PcaMonitor::params().fit(&rows).unwrap().score(&rows).unwrap();
    let b = PcaMonitor::params().fit(&other).unwrap().score(&other).unwrap();
    assert_eq!(a, b, "powers of two cost no digit");
    for extension in [0, 2] {
        let params = IsolationForest::params().extension(extension);
        let a = params.fit(&rows).unwrap().score(&rows).unwrap();
        let b = params.fit(&other).unwrap().score(&other).unwrap();
        assert_eq!(a, b, "extension {extension}");
    }
}

#[test]
fn columns_are_checked() {
    let names = |names: &[&str]| names.iter().map(|n| (*n).to_owned()).collect::<Vec<_>>();
    let rows = table(100, 3, 8);
    let matrix = FeatureMatrix::new(names(&["a", "b", "c"]), rows.clone()).unwrap();
    let swapped = FeatureMatrix::new(names(&["a", "c", "b"]), rows.clone()).unwrap();
    let pca = PcaMonitor::params().fit(&matrix).unwrap();
    let forest = IsolationForest::params().trees(5).fit(&matrix).unwrap();
    assert_eq!(pca.score(&matrix).unwrap(), pca.score(&rows).unwrap());
    assert!(matches!(pca.score(&swapped), Err(prognos::Error::Columns { position: 1, .. })));
    assert!(matches!(forest.score(&swapped), Err(prognos::Error::Columns { position: 1, .. })));
    assert!(matches!(
        forest.score(&rows.slice_axis(Axis(1), Slice::from(..2)).to_owned()),
        Err(prognos::Error::Shape { .. })
    ));
    let mut bad = rows.clone();
    bad[[70, 1]] = f64::NAN;
    for error in [pca.score(&bad).unwrap_err(), forest.score(&bad).unwrap_err()] {
        assert!(matches!(error, prognos::Error::NonFinite { row: 70, .. }), "{error}");
    }
}

#[test]
fn one_row_is_the_row_of_the_batch() {
    let rows = table(300, 4, 12);
    for (what, model) in detectors(&rows) {
        let scores = model.score_rows((&rows).into()).unwrap();
        for i in [0, 100, 299] {
            assert_eq!(model.score_row(&rows.row(i).to_vec()).unwrap().to_bits(), scores[i].to_bits(), "{what}");
        }
        for bad in [vec![], vec![1.0; 3], vec![1.0; 5]] {
            assert!(matches!(model.score_row(&bad), Err(prognos::Error::Shape { .. })), "{what}");
        }
        let bad = model.score_row(&[0.0, 0.0, f64::NAN, 0.0]);
        assert!(matches!(bad, Err(prognos::Error::NonFinite { .. })), "{what}");
    }
}

#[test]
fn a_row_is_explained_by_name() {
    let names = |names: &[&str]| names.iter().map(|n| (*n).to_owned()).collect::<Vec<_>>();
    let rows = table(100, 3, 13);
    let matrix = FeatureMatrix::new(names(&["a", "b", "c"]), rows.clone()).unwrap();
    fn check(model: &impl Detector, matrix: &FeatureMatrix, rows: &Array2<f64>) {
        let why = model.explain(rows.row(41)).unwrap();
        assert_eq!(model.explain_row(matrix, 41).unwrap(), why);
        assert_eq!(model.explain_row(rows, 41).unwrap(), why);
        let swapped = matrix.select(&["a", "c", "b"]).unwrap();
        assert!(matches!(model.explain_row(&swapped, 41), Err(prognos::Error::Columns { position: 1, .. })));
        let fewer = matrix.select(&["a", "b"]).unwrap();
        assert!(matches!(model.explain_row(&fewer, 41), Err(prognos::Error::Shape { .. })));
        for beyond in [100, usize::MAX] {
            assert!(matches!(model.explain_row(matrix, beyond), Err(prognos::Error::Shape { .. })));
        }
        let mut bad = rows.clone();
        bad[[41, 1]] = f64::NAN;
        assert!(matches!(model.explain_row(&bad, 41), Err(prognos::Error::NonFinite { row: 41, .. })));
        assert!(model.explain_row(&bad, 40).is_ok());
    }
    check(&PcaMonitor::params().fit(&matrix).unwrap(), &matrix, &rows);
    check(&IsolationForest::params().trees(5).fit(&matrix).unwrap(), &matrix, &rows);
}

#[test]
fn linfa_doors_lead_to_the_same_scores() {
    use linfa::DatasetBase;
    use linfa::ParamGuard;
    use linfa::traits::{Fit, Predict, Transformer};
    let rows = table(200, 3, 9);
    let dataset = DatasetBase::from(rows.clone());
    let params = PcaMonitor::params();
    let model = Fit::fit(params.check_ref().unwrap(), &dataset).unwrap();
    assert_eq!(model, params.fit(&rows).unwrap());
    let scores = model.score(&rows).unwrap();
    let model = Linfa(model);
    assert_eq!(scores, model.predict(&rows));
    assert_eq!(scores, model.predict(&dataset));
    assert_eq!(scores, model.transform(rows.view()).unwrap());
    assert!(model.transform(rows.slice_axis(Axis(1), Slice::from(..2))).is_err());
    let refused: ndarray::Array1<f64> = model.predict(&rows.slice_axis(Axis(1), Slice::from(..2)).to_owned());
    assert!(refused.len() == 200 && refused.iter().all(|v| v.is_nan()));
}

#[test]
fn events_in_a_stream_are_events_in_a_batch() {
    for seed in 0..20 {
        let mut scores = noise(400, seed);
        scores[(seed as usize * 17) % 400] = f64::NAN;
        for (off, gap, min) in [(1.0, 0, 1), (0.2, 0, 1), (0.5, 3, 4), (-0.3, 10, 2)] {
            let rule = Events::above(1.0).off(off).merge_gap(gap).min_duration(min);
            let batch = rule.find(&scores).unwrap();
            let mut tracker = rule.tracker().unwrap();
            let mut stream: Vec<_> =
                scores.iter().enumerate().filter_map(|(i, &score)| tracker.update(i, score)).collect();
            stream.extend(tracker.finish());
            assert_eq!(batch, stream);
            for event in &batch {
                assert!(event.start <= event.peak && event.peak < event.end && event.duration() >= min);
                assert!(event.peak_score > 1.0 && event.mean_score <= event.peak_score && event.severity > 0.0);
            }
            assert!(batch.windows(2).all(|w| w[0].end + gap < w[1].start));
        }
    }
}

#[test]
fn the_false_alarm_budget_is_kept() {
    // Exchangeable scores: over many draws the mean false alarm rate stays at the budget, whatever the law.
    let (mut alarms, mut rows) = (0, 0);
    for seed in 0..300 {
        let scores: Vec<f64> = noise(259, seed).iter().map(|v| v.exp()).collect();
        let limit = Threshold::false_alarms(0.02).fit(&scores[..59]).unwrap();
        alarms += limit.alarms(&scores[59..]).unwrap().iter().filter(|a| **a).count();
        rows += 200;
    }
    let rate = f64::from(alarms as u32) / f64::from(rows);
    // (59 + 1) 0.02 = 1.2: one of sixty p-values is allowed, so that the exact rate is 1 / 60. The standard error over
    // 300 limits is about 1e-3.
    assert!((rate - 1.0 / 60.0).abs() < 4e-3, "{rate}");
}

#[cfg(feature = "persist")]
mod saved {
    use super::*;
    use prognos::anomaly::Limit;
    use prognos::persist::{Persist, from_bytes, from_json, to_bytes, to_json};
    use serde_json::{Value, json};

    fn both_forms<M: Persist + PartialEq + std::fmt::Debug>(model: &M) -> [M; 2] {
        let text: M = from_json(&to_json(model).unwrap()).unwrap();
        let bytes: M = from_bytes(&to_bytes(model).unwrap()).unwrap();
        assert_eq!((model, model), (&text, &bytes));
        [text, bytes]
    }

    #[test]
    fn saved_equals_fitted() {
        let mut rows = table(500, 4, 10);
        rows.column_mut(2).fill(0.1);
        for scaling in [Scaling::Standard, Scaling::Robust, Scaling::Centre] {
            let model = PcaMonitor::params().scaling(scaling).fit(&rows).unwrap();
            for again in both_forms(&model) {
                assert_eq!(model.score(&rows).unwrap(), again.score(&rows).unwrap());
                assert_eq!(model.explain(rows.row(3)).unwrap(), again.explain(rows.row(3)).unwrap());
            }
            both_forms(model.scaler());
        }
        for extension in [0, 2] {
            let model = IsolationForest::params().trees(20).extension(extension).fit(&rows).unwrap();
            for again in both_forms(&model) {
                assert_eq!(model.score(&rows).unwrap(), again.score(&rows).unwrap());
                assert_eq!(model.explain(rows.row(3)).unwrap(), again.explain(rows.row(3)).unwrap());
            }
        }
        let limit = Threshold::conformal(0.05).fit(&noise(99, 1)).unwrap();
        both_forms(&limit);
    }

    /// Whether a changed file is refused.
    fn refused<M: Persist + std::fmt::Debug>(model: &M, change: impl Fn(&mut Value)) -> bool {
        let mut file: Value = serde_json::from_str(&to_json(model).unwrap()).unwrap();
        assert!(from_json::<M>(&file.to_string()).is_ok());
        change(&mut file["model"]);
        matches!(from_json::<M>(&file.to_string()), Err(prognos::Error::Model { .. }))
    }

    #[test]
    fn hostile_files_are_refused() {
        let rows = table(200, 4, 11);
        let forest = IsolationForest::params().trees(3).fit(&rows).unwrap();
        let oblique = IsolationForest::params().trees(3).extension(1).fit(&rows).unwrap();
        assert!(refused(&forest, |m| m["trees"][0]["children"][0] = json!(0)));
        assert!(refused(&forest, |m| m["trees"][0]["children"][0] = json!(4_000_000_000u32)));
        assert!(refused(&forest, |m| m["trees"][1]["children"][2] = json!(1)));
        assert!(refused(&forest, |m| m["trees"][1]["features"][0] = json!(4)));
        assert!(refused(&forest, |m| m["trees"][1]["sizes"][0] = json!(199)));
        assert!(refused(&forest, |m| m["trees"][1]["sizes"][1] = json!(4_294_967_295u32)));
        assert!(refused(&forest, |m| m["trees"][2]["thresholds"] = json!([])));
        assert!(refused(&forest, |m| m["trees"] = json!([])));
        assert!(refused(&forest, |m| m["params"]["trees"] = json!(2)));
        assert!(refused(&forest, |m| m["params"]["extension"] = json!(1)));
        assert!(refused(&forest, |m| m["surplus"] = json!(1)));
        assert!(refused(&oblique, |m| m["trees"][0]["cuts"][0]["column"] = json!(4)));
        assert!(refused(&oblique, |m| m["trees"][0]["features"][0] = json!(100_000)));
        assert!(refused(&oblique, |m| m["scaler"] = json!(null)));
        assert!(refused(&oblique, |m| m["scaler"]["scale"][0] = json!(0.0)));

        let pca = PcaMonitor::params().components(2).fit(&rows).unwrap();
        assert!(refused(&pca, |m| m["components"] = json!(5)));
        assert!(refused(&pca, |m| m["components"] = json!(0)));
        assert!(refused(&pca, |m| m["rows"] = json!(2)));
        assert!(refused(&pca, |m| m["loadings"] = json!([1.0])));
        assert!(refused(&pca, |m| m["eigenvalues"][0] = json!(0.0)));
        assert!(refused(&pca, |m| m["eigenvalues"][3] = json!(-1.0)));
        assert!(refused(&pca, |m| m["loadings"][1] = json!(7.0)));
        assert!(refused(&pca, |m| m["params"]["alpha"] = json!(2.0)));
        assert!(refused(&pca, |m| m["scaler"]["constant"][0] = json!(true)));
        assert!(refused(&pca, |m| m["scaler"]["centre"] = json!([0.0])));
        assert!(refused(&pca, |m| m["training"]["spe_mean"] = json!(null)));

        let limit: Limit = Threshold::quantile(0.9).fit(&noise(50, 2)).unwrap();
        assert!(refused(&limit, |m| m["value"] = json!(1e9)));
        assert!(refused(&limit, |m| m["calibration"] = json!([])));
        assert!(refused(&limit, |m| m["calibration"][0] = json!(99.0)));
    }
}
