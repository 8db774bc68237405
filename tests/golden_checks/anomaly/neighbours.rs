//! Detectors by neighbours, density and kernels (PyOD, scikit-learn).

use super::tabular::pyod_entry;
use super::{ABS, Built, REL, check_file, table};
use crate::golden_checks::{Outcome, load, own_dir};
use ndarray::Array2;
use prognos::anomaly::{Abod, Chain, Cof, Detector, Knn, KnnDistance, Lof, Metric};
use serde_json::Value;

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
    Some(match name {
        "KNN(5,largest)" => knn(5, KnnDistance::Largest, Metric::Euclidean),
        "KNN(5,mean)" => knn(5, KnnDistance::Mean, Metric::Euclidean),
        "KNN(10,median,manhattan)" => knn(10, KnnDistance::Median, Metric::Manhattan),
        "LOF(n_neighbors=20)" => lof(20),
        "LOF(n_neighbors=10)" => lof(10),
        "ABOD(fast,5)" => {
            let model = Abod::params().neighbours(5).unscaled().fit(train).unwrap();
            (model.train_scores().to_vec(), model.score(test).unwrap().to_vec())
        }
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
            built.insert(id, pyod_entry(entry, &ours, &new, REL, ABS));
        }
    }
}
