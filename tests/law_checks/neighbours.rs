//! Laws of the detectors by neighbours, density, clusters, kernels and memory.

use super::{noise, same_bits_on_any_threads};
use ndarray::{Array2, Axis, Slice};
use prognos::anomaly::{
    Abod, Bandwidth, Cblof, Chain, Cof, Detector, DynamicPca, Estimator, Gamma, Gmm, GmmCovariance, Kde, Kernel, Knn,
    KnnDistance, Lof, Metric, Mset, OneClassSvm, Similarity,
};
use prognos::features::FeatureMatrix;
use prognos::learners::Scaling;

/// Correlated columns: `d` mixtures of three sources and noise of their own.
fn table(n: usize, d: usize, seed: u64) -> Array2<f64> {
    let sources = noise(n * 3, seed);
    let own = noise(n * d, seed + 1);
    Array2::from_shape_fn((n, d), |(i, j)| {
        let mix: f64 = (0..3).map(|k| sources[i * 3 + k] * ((j * 3 + k) as f64 * 0.9).sin()).sum();
        10f64.powi(j as i32 % 3) * (mix + 0.3 * own[i * d + j]) + j as f64
    })
}

/// What contributions add up to.
#[derive(Clone, Copy, PartialEq)]
enum Total {
    /// The score.
    Score,
    /// The score less this.
    ScoreLess(f64),
    /// Something else, not negative.
    Other,
}

struct Entry {
    what: String,
    model: Box<dyn Detector + Sync>,
    total: Total,
    /// Whether scores grow with the distance from the training rows, in every direction.
    outward: bool,
}

fn detectors(rows: &Array2<f64>) -> Vec<Entry> {
    let mut all: Vec<Entry> = Vec::new();
    let mut add = |what: &str, model: Box<dyn Detector + Sync>, total, outward| {
        all.push(Entry { what: what.to_owned(), model, total, outward });
    };
    for distance in [KnnDistance::Largest, KnnDistance::Mean, KnnDistance::Median] {
        for metric in [Metric::Euclidean, Metric::Manhattan] {
            let params = Knn::params().neighbours(6).distance(distance).metric(metric).scaling(Scaling::Robust);
            add(&format!("{params:?}"), Box::new(params.fit(rows).unwrap()), Total::Score, true);
        }
    }
    add("kNN unscaled", Box::new(Knn::params().unscaled().fit(rows).unwrap()), Total::Score, true);
    add("LOF", Box::new(Lof::params().fit(rows).unwrap()), Total::Score, true);
    let params = Lof::params().neighbours(7).metric(Metric::Manhattan);
    add("LOF, Manhattan", Box::new(params.fit(rows).unwrap()), Total::Score, true);
    for chain in [Chain::Nearest, Chain::Order] {
        let params = Cof::params().neighbours(8).chain(chain);
        add(&format!("COF {chain:?}"), Box::new(params.fit(rows).unwrap()), Total::Score, true);
    }
    add("ABOD", Box::new(Abod::params().fit(rows).unwrap()), Total::Other, true);
    for bandwidth in [Bandwidth::Scott, Bandwidth::Silverman, Bandwidth::Value(0.3)] {
        let model = Kde::params().bandwidth(bandwidth).fit(rows).unwrap();
        add(&format!("KDE {bandwidth:?}"), Box::new(model), Total::Other, true);
    }
    for covariance in [GmmCovariance::Full, GmmCovariance::Diagonal] {
        let model = Gmm::params().covariance(covariance).fit(rows).unwrap();
        add(&format!("mixture {covariance:?}"), Box::new(model), Total::Other, true);
    }
    for weighted in [false, true] {
        let model = Cblof::params().clusters(5).weighted(weighted).fit(rows).unwrap();
        add(&format!("CBLOF, weighted {weighted}"), Box::new(model), Total::Score, !weighted);
    }
    for kernel in [Kernel::Rbf, Kernel::Linear, Kernel::Poly { degree: 3, coef0: 1.0 }, Kernel::Sigmoid { coef0: 0.1 }]
    {
        let model = OneClassSvm::params().kernel(kernel).nu(0.1).gamma(Gamma::Value(0.2)).fit(rows).unwrap();
        let centre = model.centre_score();
        add(&format!("SVM {kernel:?}"), Box::new(model), Total::ScoreLess(centre), kernel == Kernel::Rbf);
    }
    for estimator in [Estimator::Mset, Estimator::Aakr] {
        for similarity in [Similarity::Gaussian, Similarity::Inverse] {
            let model = Mset::params().memory(60).estimator(estimator).similarity(similarity).fit(rows).unwrap();
            add(&format!("{estimator:?} {similarity:?}"), Box::new(model), Total::Score, true);
        }
    }
    all
}

#[test]
fn same_bits_on_threads() {
    let rows = table(1200, 5, 1);
    same_bits_on_any_threads("detectors", || {
        let all = detectors(&rows);
        all.iter().flat_map(|e| e.model.score_rows((&rows).into()).unwrap().to_vec()).collect()
    });
    same_bits_on_any_threads("scores of training rows", || {
        let mut all = Knn::params().fit(&rows).unwrap().train_scores().to_vec();
        all.extend(Lof::params().fit(&rows).unwrap().train_scores());
        all.extend(Cof::params().fit(&rows).unwrap().train_scores());
        all.extend(Abod::params().fit(&rows).unwrap().train_scores());
        all.extend(Kde::params().fit(&rows).unwrap().train_scores().unwrap());
        all
    });
}

#[test]
fn a_row_scores_the_same_alone_and_in_any_layout() {
    let rows = table(500, 4, 2);
    let columns = rows.t().as_standard_layout().into_owned();
    for Entry { what, model, .. } in detectors(&rows) {
        let scores = model.score_rows((&rows).into()).unwrap();
        assert_eq!(scores, model.score_rows(columns.t().into()).unwrap(), "{what}: column order in memory");
        let every_third = model.score_rows(rows.slice_axis(Axis(0), Slice::new(0, None, 3)).into()).unwrap();
        assert_eq!(scores.slice_axis(Axis(0), Slice::new(0, None, 3)), every_third, "{what}: strided rows");
        for i in [0, 7, 255, 256, 499] {
            let alone = model.score_row(&rows.row(i).to_vec()).unwrap();
            assert_eq!(scores[i].to_bits(), alone.to_bits(), "{what}: row {i} alone");
        }
        let none = rows.slice_axis(Axis(0), Slice::from(..0));
        assert!(model.score_rows(none.into()).unwrap().is_empty(), "{what}: no rows");
        for bad in [vec![], vec![1.0; 3], vec![1.0; 5]] {
            assert!(matches!(model.score_row(&bad), Err(prognos::Error::Shape { .. })), "{what}");
        }
        let bad = model.score_row(&[0.0, 0.0, f64::NAN, 0.0]);
        assert!(matches!(bad, Err(prognos::Error::NonFinite { .. })), "{what}");
    }
}

#[test]
fn higher_is_more_anomalous() {
    let rows = table(600, 4, 3);
    for Entry { what, model, outward, .. } in detectors(&rows) {
        if !outward {
            continue;
        }
        let mut last = f64::NEG_INFINITY;
        for step in 1..=4 {
            let mut far = rows.row(5).to_owned();
            for (j, cell) in far.iter_mut().enumerate() {
                *cell += 7.0 * 10f64.powi(j as i32 % 3) * f64::from(step * step);
            }
            let score = model.score_row(&far.to_vec()).unwrap();
            assert!(score >= last, "{what}: {score} after {last}");
            last = score;
        }
        let mut ordinary = model.score_rows((&rows).into()).unwrap().to_vec();
        ordinary.sort_unstable_by(f64::total_cmp);
        assert!(last > ordinary[590], "{what}: {last}, while the healthy rows reach {}", ordinary[590]);
    }
}

#[test]
fn contributions_add_up() {
    let rows = table(400, 5, 4);
    for Entry { what, model, total, .. } in detectors(&rows) {
        let scores = model.score_rows((&rows).into()).unwrap();
        for i in (0..400).step_by(37) {
            let mut row = rows.row(i).to_owned();
            // Also rows that are not among the training rows.
            if i % 2 == 1 {
                row[i % 5] += 3.0 * 10f64.powi((i % 5) as i32 % 3);
            }
            let why = model.explain(row.view()).unwrap();
            if i % 2 == 0 {
                assert_eq!(why.score().to_bits(), scores[i].to_bits(), "{what}");
            }
            assert_eq!(why.names(), model.feature_names());
            let expected = match total {
                Total::Score => why.score(),
                Total::ScoreLess(centre) => why.score() - centre,
                Total::Other => {
                    assert!(why.total() >= 0.0, "{what}");
                    continue;
                }
            };
            assert!(
                (why.total() - expected).abs() < 1e-9 * (1.0 + expected.abs()),
                "{what}: {} {expected}",
                why.total()
            );
        }
    }
}

#[test]
fn the_broken_sensor_is_named() {
    let rows = table(600, 5, 5);
    let sd = rows.std_axis(Axis(0), 1.0);
    for Entry { what, model, outward, .. } in detectors(&rows) {
        if !outward || what == "kNN unscaled" {
            continue;
        }
        for j in 0..5 {
            let mut row = rows.row(11).to_owned();
            row[j] += 30.0 * sd[j];
            let why = model.explain(row.view()).unwrap();
            assert_eq!(why.ranked()[0].0, j.to_string(), "{what}: {why}");
        }
    }
}

#[test]
fn units_do_not_matter() {
    let rows = table(300, 4, 7);
    let mut other = rows.clone();
    other.column_mut(1).mapv_inplace(|v| v * 1024.0);
    other.column_mut(3).mapv_inplace(|v| v * 0.125);
    for (a, b) in detectors(&rows).into_iter().zip(detectors(&other)) {
        if a.what != "kNN unscaled" {
            let scores = |e: &Entry, rows: &Array2<f64>| e.model.score_rows(rows.into()).unwrap();
            assert_eq!(scores(&a, &rows), scores(&b, &other), "{}: powers of two cost no digit", a.what);
        }
    }
}

#[test]
fn names_are_checked() {
    let names = |names: &[&str]| names.iter().map(|n| (*n).to_owned()).collect::<Vec<_>>();
    let rows = table(120, 3, 8);
    let matrix = FeatureMatrix::new(names(&["a", "b", "c"]), rows.clone()).unwrap();
    let swapped = FeatureMatrix::new(names(&["a", "c", "b"]), rows.clone()).unwrap();
    fn check(model: &impl Detector, matrix: &FeatureMatrix, swapped: &FeatureMatrix) {
        assert_eq!(model.feature_names(), matrix.names());
        assert!(model.score(matrix).is_ok());
        assert!(matches!(model.score(swapped), Err(prognos::Error::Columns { position: 1, .. })));
        assert!(matches!(model.explain_row(swapped, 3), Err(prognos::Error::Columns { position: 1, .. })));
    }
    check(&Knn::params().fit(&matrix).unwrap(), &matrix, &swapped);
    check(&Lof::params().fit(&matrix).unwrap(), &matrix, &swapped);
    check(&Cof::params().fit(&matrix).unwrap(), &matrix, &swapped);
    check(&Abod::params().fit(&matrix).unwrap(), &matrix, &swapped);
    check(&Kde::params().fit(&matrix).unwrap(), &matrix, &swapped);
    check(&Gmm::params().fit(&matrix).unwrap(), &matrix, &swapped);
    check(&Cblof::params().fit(&matrix).unwrap(), &matrix, &swapped);
    check(&OneClassSvm::params().fit(&matrix).unwrap(), &matrix, &swapped);
    check(&Mset::params().fit(&matrix).unwrap(), &matrix, &swapped);
    let model = DynamicPca::params().lags(1).fit(&matrix).unwrap();
    assert_eq!(model.feature_names(), names(&["a", "b", "c", "a@-1", "b@-1", "c@-1"]));
    assert!(matches!(model.score_in_time(&swapped), Err(prognos::Error::Columns { position: 1, .. })));
    assert_eq!(model.score_in_time(&matrix).unwrap(), model.score_in_time(&rows).unwrap());
}

#[test]
fn rows_in_time() {
    let rows = table(500, 3, 9);
    let model = DynamicPca::params().lags(2).explained(0.8).fit(&rows).unwrap();
    let scores = model.score_in_time(&rows).unwrap();
    let lagged = model.lagged(&rows).unwrap();
    assert_eq!(scores.len(), 498);
    let mut tracker = model.tracker();
    for (t, row) in rows.rows().into_iter().enumerate() {
        let score = tracker.update(&row.to_vec()).unwrap();
        assert_eq!(score.map(f64::to_bits), t.checked_sub(2).map(|i| scores[i].to_bits()), "row {t}");
    }
    for i in (0..498).step_by(41) {
        let why = model.explain_row(&lagged, i).unwrap();
        assert!((why.total() - scores[i]).abs() < 1e-10 * (1.0 + scores[i]));
        assert!((model.by_sensor(&why).unwrap().total() - scores[i]).abs() < 1e-10 * (1.0 + scores[i]));
    }
    // The limit is meant for one in a hundred healthy rows.
    let alarms = scores.iter().filter(|s| **s > 1.0).count();
    assert!(alarms <= 15, "{alarms}");
    same_bits_on_any_threads("dynamic PCA", || {
        DynamicPca::params().fit(&rows).unwrap().score_in_time(&rows).unwrap().to_vec()
    });
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
        let mut rows = table(200, 4, 10);
        rows.column_mut(2).fill(0.1);
        check(&Knn::params().fit(&rows).unwrap(), &rows);
        check(&Knn::params().unscaled().metric(Metric::Manhattan).fit(&rows).unwrap(), &rows);
        check(&Lof::params().scaling(Scaling::Robust).fit(&rows).unwrap(), &rows);
        check(&Cof::params().fit(&rows).unwrap(), &rows);
        check(&Abod::params().fit(&rows).unwrap(), &rows);
        check(&Kde::params().fit(&rows).unwrap(), &rows);
        check(&Gmm::params().fit(&rows).unwrap(), &rows);
        check(&Gmm::params().covariance(GmmCovariance::Diagonal).fit(&rows).unwrap(), &rows);
        check(&Cblof::params().fit(&rows).unwrap(), &rows);
        check(&OneClassSvm::params().fit(&rows).unwrap(), &rows);
        check(&OneClassSvm::params().unscaled().kernel(Kernel::Linear).fit(&rows).unwrap(), &rows);
        check(&Mset::params().fit(&rows).unwrap(), &rows);
        check(&Mset::params().estimator(Estimator::Aakr).fit(&rows).unwrap(), &rows);
        let model = DynamicPca::params().fit(&rows).unwrap();
        check(&model, &model.lagged(&rows).unwrap().into_values());
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
        let rows = table(100, 3, 11);
        let knn = Knn::params().fit(&rows).unwrap();
        assert!(refused(&knn, |m| m["params"]["neighbours"] = json!(0)));
        assert!(refused(&knn, |m| m["params"]["scaling"] = json!(null)));
        assert!(refused(&knn, |m| m["params"]["metric"] = json!("Manhattan")));
        assert!(refused(&knn, |m| m["training"] = json!([1.0])));
        assert!(refused(&knn, |m| m["base"]["cells"] = json!([])));
        assert!(refused(&knn, |m| m["base"]["cells"] = json!([1.0, 2.0, 3.0])));
        assert!(refused(&knn, |m| m["base"]["cells"] = json!([1.0, 2.0, 3.0, 4.0])));
        assert!(refused(&knn, |m| m["base"]["columns"]["names"] = json!([])));
        assert!(refused(&knn, |m| m["base"]["columns"]["names"] = json!(["a", "b", "c"])));
        assert!(refused(&knn, |m| m["surplus"] = json!(1)));
        let lof = Lof::params().fit(&rows).unwrap();
        assert!(refused(&lof, |m| m["reach"] = json!([])));
        assert!(refused(&lof, |m| m["density"][3] = json!(-1.0)));
        assert!(refused(&lof, |m| m["density"][3] = json!(null)));
        let cof = Cof::params().fit(&rows).unwrap();
        assert!(refused(&cof, |m| m["chains"][0] = json!(-1.0)));
        assert!(refused(&cof, |m| m["chains"] = json!([1.0])));
        let abod = Abod::params().fit(&rows).unwrap();
        assert!(refused(&abod, |m| m["params"]["neighbours"] = json!(1)));
        let kde = Kde::params().fit(&rows).unwrap();
        assert!(refused(&kde, |m| m["params"]["bandwidth"] = json!({"Value": -1.0})));
        assert!(refused(&kde, |m| m["cells"] = json!([1.0, 2.0])));
        let gmm = Gmm::params().fit(&rows).unwrap();
        assert!(refused(&gmm, |m| m["components"] = json!([])));
        assert!(refused(&gmm, |m| m["components"][0]["weight"] = json!(0.0)));
        assert!(refused(&gmm, |m| m["components"][0]["covariance"] = json!([1.0])));
        assert!(refused(&gmm, |m| m["components"][0]["covariance"][0] = json!(-1.0)));
        assert!(refused(&gmm, |m| m["params"]["covariance"] = json!("Diagonal")));
        let cblof = Cblof::params().fit(&rows).unwrap();
        assert!(refused(&cblof, |m| m["sizes"] = json!([])));
        assert!(refused(&cblof, |m| m["sizes"][7] = json!(1_000_000)));
        assert!(refused(&cblof, |m| m["centroids"] = json!([0.0])));
        let svm = OneClassSvm::params().fit(&rows).unwrap();
        assert!(refused(&svm, |m| m["weights"][0] = json!(2.0)));
        assert!(refused(&svm, |m| m["weights"] = json!([])));
        assert!(refused(&svm, |m| m["gamma"] = json!(0.0)));
        assert!(refused(&svm, |m| m["params"]["nu"] = json!(7.0)));
        let mset = Mset::params().memory(20).fit(&rows).unwrap();
        assert!(refused(&mset, |m| m["memory"] = json!([])));
        assert!(refused(&mset, |m| m["errors"][0] = json!(0.0)));
        assert!(refused(&mset, |m| m["errors"] = json!([1.0])));
        let dynamic = DynamicPca::params().fit(&rows).unwrap();
        assert!(refused(&dynamic, |m| m["params"]["lags"] = json!(1)));
        assert!(refused(&dynamic, |m| m["params"]["lags"] = json!(u64::MAX)));
        assert!(refused(&dynamic, |m| m["sensors"][1] = json!("other")));
        assert!(refused(&dynamic, |m| m["sensors"] = json!([])));
    }
}
