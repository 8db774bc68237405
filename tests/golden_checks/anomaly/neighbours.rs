//! Detectors by neighbours, density and kernels (PyOD, scikit-learn).

use super::tabular::pyod_entry;
use super::{ABS, Built, REL, check_file, table};
use crate::golden_checks::{Outcome, compare, load, number, own_dir};
use ndarray::{Array2, Axis};
use prognos::anomaly::{Abod, Bandwidth, Chain, Cof, Detector, Gamma, Kde, Knn, KnnDistance, Lof, Metric, OneClassSvm};
use serde_json::Value;

/// The default of PyOD: both ends are anywhere within it.
const OCSVM_TOLERANCE: f64 = 1e-3;

/// Scores of the training rows and of the test rows.
type Scores = (Vec<f64>, Vec<f64>);

/// The entry of PyOD with this name, computed here.
fn pyod(name: &str, train: &Array2<f64>, test: &Array2<f64>) -> Option<Scores> {
    let knn = |k, distance, metric| {
        let model = Knn::params().neighbours(k).distance(distance).metric(metric).unscaled().fit(train).unwrap();
        (model.train_scores().to_vec(), model.score(test).unwrap().to_vec())
    };
    let lof = |k| {
        let model = Lof::params().neighbours(k).unscaled().fit(train).unwrap();
        (model.train_scores().to_vec(), model.score(test).unwrap().to_vec())
    };
    let ocsvm = |nu| {
        let params = OneClassSvm::params().nu(nu).gamma(Gamma::Auto).tolerance(OCSVM_TOLERANCE).unscaled();
        let model = params.fit(train).unwrap();
        (model.score(train).unwrap().to_vec(), model.score(test).unwrap().to_vec())
    };
    Some(match name {
        "KNN(5,largest)" => knn(5, KnnDistance::Largest, Metric::Euclidean),
        "KNN(5,mean)" => knn(5, KnnDistance::Mean, Metric::Euclidean),
        "KNN(10,median,manhattan)" => knn(10, KnnDistance::Median, Metric::Manhattan),
        "LOF(n_neighbors=20)" => lof(20),
        "LOF(n_neighbors=10)" => lof(10),
        "ABOD(fast,5)" => {
            // PyOD counts a training row among its own five neighbours, and then leaves it out.
            let fit = |k| Abod::params().neighbours(k).unscaled().fit(train).unwrap();
            (fit(4).train_scores().to_vec(), fit(5).score(test).unwrap().to_vec())
        }
        "KDE(bandwidth=1)" => {
            let model = Kde::params().bandwidth(Bandwidth::Value(1.0)).unscaled().fit(train).unwrap();
            (model.score(train).unwrap().to_vec(), model.score(test).unwrap().to_vec())
        }
        "OCSVM(rbf,nu=0.5)" => ocsvm(0.5),
        "OCSVM(rbf,nu=0.05)" => ocsvm(0.05),
        "COF(20,memory)" => {
            // PyOD scores new rows among each other, without the training rows.
            let among = |rows: &Array2<f64>| {
                let model = Cof::params().neighbours(20).chain(Chain::Order).unscaled().fit(rows).unwrap();
                model.train_scores().to_vec()
            };
            (among(train), among(test))
        }
        _ => return None,
    })
}

pub fn check(_name: &str, file: &Value, built: &mut Built) {
    let Some(Value::Object(entries)) = file.get("pyod") else { return };
    let (train, test) = (table(&file["train"]), table(&file["test"]));
    for (name, entry) in entries {
        let id = format!("pyod/{name}");
        if name.starts_with("CBLOF") {
            built.insert(id, Outcome::Skipped("the clusters come from numpy's random numbers".to_owned()));
        } else if let Some((ours, new)) = pyod(name, &train, &test) {
            // Decision values of a machine are good to its tolerance: 1e-4 of them, and 1e-3 where they are small.
            if entry["threshold_contamination_0_1"] == "NaN" {
                built.insert(id, undefined(entry, &ours, &new));
                continue;
            }
            let (rel, abs) = if name.starts_with("OCSVM") { (1e-4, OCSVM_TOLERANCE) } else { (REL, ABS) };
            built.insert(id, pyod_entry(entry, &ours, &new, rel, abs));
        }
    }
    if let Some(Value::Object(entries)) = file.get("sklearn") {
        for (name, entry) in entries {
            let outcome = match name.as_str() {
                "sklearn LOF(20,novelty)" => lof_novelty(entry, &train, &test),
                _ if name.starts_with("OneClassSVM(nu=.1,gamma=.1,tol=1e-8)") => one_class(entry, &train, &test),
                _ => continue,
            };
            built.insert(format!("sklearn/{name}"), outcome);
        }
    }
}

/// Where fewer than two neighbours differ from the row, PyOD has NaN and no threshold; here that is the lowest number.
fn undefined(entry: &Value, train: &[f64], test: &[f64]) -> Outcome {
    let or_nan =
        |scores: &[f64]| scores.iter().map(|s| if *s <= -f64::MAX { f64::NAN } else { *s }).collect::<Vec<_>>();
    let keys = [("train_scores", or_nan(train)), ("test_scores", or_nan(test))];
    first_failure(keys.map(|(key, found)| (key, compare(&found, &entry[key], REL, ABS))))
}

fn first_failure(checks: impl IntoIterator<Item = (&'static str, Outcome)>) -> Outcome {
    for (key, outcome) in checks {
        if let Outcome::Failed(why) = outcome {
            return Outcome::Failed(format!("{key}{why}"));
        }
    }
    Outcome::Matched
}

fn lof_novelty(entry: &Value, train: &Array2<f64>, test: &Array2<f64>) -> Outcome {
    let model = Lof::params().neighbours(20).unscaled().fit(train).unwrap();
    let minus = |scores: &[f64]| scores.iter().map(|s| -s).collect::<Vec<f64>>();
    let keys = [
        ("negative_outlier_factor", minus(model.train_scores())),
        ("score_samples_test", minus(&model.score(test).unwrap().to_vec())),
    ];
    first_failure(keys.map(|(key, found)| (key, compare(&found, &entry[key], REL, ABS))))
}

/// Columns standardised with the population deviation of the training rows.
fn one_class(entry: &Value, train: &Array2<f64>, test: &Array2<f64>) -> Outcome {
    let mean = train.mean_axis(Axis(0)).unwrap();
    let sd = train.std_axis(Axis(0), 0.0);
    let scaled = |x: &Array2<f64>| (x - &mean) / &sd;
    let params = OneClassSvm::params().nu(0.1).gamma(Gamma::Value(0.1)).tolerance(1e-8).unscaled();
    let model = params.fit(&scaled(train)).unwrap();
    let decision: Vec<f64> = model.score(&scaled(test)).unwrap().iter().map(|s| -s).collect();
    let support = number(&entry["n_support"]).unwrap();
    let count = (model.n_support() as f64 - support).abs() < 0.5;
    first_failure([
        ("decision_test", compare(&decision, &entry["decision_test"], 1e-6, 1e-6)),
        ("offset", compare(&[model.rho()], &entry["offset"], 1e-6, 0.0)),
        (
            "n_support",
            if count {
                Outcome::Matched
            } else {
                Outcome::Failed(format!(" is {}, expected {support}", model.n_support()))
            },
        ),
    ])
}

/// A test that cannot fail proves nothing: changed values must be seen.
#[test]
fn corrupted_scores_are_seen() {
    let honest = load(&own_dir().join("anomaly/tab_gauss5.json"));
    let state = |file: &Value, id: &str| {
        let all = check_file("tab_gauss5", file);
        all.into_iter().find(|(name, _)| name == id).unwrap().1
    };
    for (section, name, key, change) in [
        ("pyod", "KNN(5,mean)", "train_scores", 1e-7),
        ("pyod", "LOF(n_neighbors=20)", "test_scores", 1e-7),
        ("pyod", "KDE(bandwidth=1)", "test_scores", 1e-7),
        ("pyod", "OCSVM(rbf,nu=0.5)", "test_scores", 1e-2),
        ("sklearn", "sklearn LOF(20,novelty)", "score_samples_test", 1e-7),
    ] {
        let id = format!("tab_gauss5/{section}/{name}");
        assert!(matches!(state(&honest, &id), Outcome::Matched), "{id}");
        let mut file = honest.clone();
        let scores = file[section][name][key].as_array_mut().unwrap();
        let largest = (0..scores.len()).max_by(|&a, &b| {
            let size = |i: usize| scores[i].as_f64().unwrap().abs();
            size(a).total_cmp(&size(b))
        });
        let cell = &mut scores[largest.unwrap()];
        *cell = serde_json::json!(cell.as_f64().unwrap() * (1.0 + change));
        assert!(matches!(state(&file, &id), Outcome::Failed(_)), "{id}");
    }
}
