//! Laws of the detectors of one series, of k-means, and of the running mean and deviation.

use super::{noise, same_bits_on_any_threads};
use ndarray::{Array2, ArrayView2, Axis};
use prognos::anomaly::series::{
    ForecastResidual, KShape, LocalPolynomial, Normalise, SeasonalResidual, Series2Graph, SeriesDetector, Shift,
    SpectralResidual, Spread, SubPca, WindowKMeans, WindowLength, WindowMethod, generalized_esd,
};
use prognos::anomaly::stream::{RunningDeviation, RunningGaussian, StreamingDetector};
use prognos::learners::KMeans;

/// A cycle of 32 samples with noise.
fn series(n: usize, seed: u64) -> Vec<f64> {
    let turn = std::f64::consts::TAU / 32.0;
    let own = noise(n, seed);
    (0..n).map(|t| (t as f64 * turn).sin() + 0.4 * (2.0 * t as f64 * turn).cos() + 0.05 * own[t]).collect()
}

fn detectors(healthy: &[f64]) -> Vec<(&'static str, Box<dyn SeriesDetector + Sync>)> {
    vec![
        ("sub-PCA", Box::new(SubPca::params(32).fit(healthy).unwrap())),
        (
            "sub-PCA, raw",
            Box::new(SubPca::params(20).normalise(Normalise::None).spread(Spread::End).fit(healthy).unwrap()),
        ),
        ("k-means", Box::new(WindowKMeans::params(32).fit(healthy).unwrap())),
        ("k-Shape", Box::new(KShape::params(32).clusters(4).train_windows(200).fit(healthy).unwrap())),
        ("graph", Box::new(Series2Graph::params(32).fit(healthy).unwrap())),
        ("autoregression", Box::new(ForecastResidual::autoregression(34).fit(healthy).unwrap())),
        ("ridge", Box::new(ForecastResidual::ridge(34, 1e-4).fit(healthy).unwrap())),
        ("Holt-Winters", Box::new(ForecastResidual::holt_winters(32).fit(healthy).unwrap())),
        ("season", Box::new(SeasonalResidual::params(32).fit(healthy).unwrap())),
        ("season and trend", Box::new(SeasonalResidual::params(32).trend(65).fit(healthy).unwrap())),
        ("polynomial", Box::new(LocalPolynomial::params(4).degree(3).fit(healthy).unwrap())),
        ("level", Box::new(Shift::level(32).fit(healthy).unwrap())),
        ("volatility", Box::new(Shift::volatility(32).fit(healthy).unwrap())),
        ("persist", Box::new(Shift::persist(1).fit(healthy).unwrap())),
        ("spectral residual", Box::new(SpectralResidual::params().build().unwrap())),
    ]
}

#[test]
fn same_bits_on_threads() {
    let x = series(1500, 1);
    same_bits_on_any_threads("detectors of one series", || {
        detectors(&x[..900]).iter().flat_map(|(_, model)| model.score_series(&x).unwrap()).collect()
    });
    let rows = Array2::from_shape_vec((3000, 5), noise(15_000, 2)).unwrap();
    same_bits_on_any_threads("k-means", || {
        let model = KMeans::params().clusters(12).fit(&rows).unwrap();
        let mut all: Vec<f64> = model.centroids().iter().copied().collect();
        all.extend(model.distances(&rows).unwrap());
        all.push(model.inertia());
        all
    });
}

#[test]
fn one_score_a_sample_none_negative_and_the_fault_on_top() {
    let healthy = series(1600, 3);
    for (what, model) in detectors(&healthy) {
        let clean = series(1600, 4);
        let mut faulty = clean.clone();
        // A burst that is higher, rougher and out of phase.
        for (i, v) in faulty[1000..1020].iter_mut().enumerate() {
            *v += if i % 3 == 0 { 6.0 } else { 2.0 };
        }
        let scores = model.score_series(&faulty).unwrap();
        assert_eq!(scores.len(), 1600, "{what}");
        assert!(scores.iter().all(|s| *s >= 0.0), "{what}");
        let worst = (0..1600).max_by(|&a, &b| scores[a].total_cmp(&scores[b])).unwrap();
        let reach = model.window() + 4;
        assert!(worst + reach >= 1000 && worst <= 1020 + reach, "{what}: {worst}");
        let ordinary = model.score_series(&clean).unwrap().into_iter().fold(0.0, f64::max);
        assert!(scores[worst] > ordinary, "{what}: {} while {ordinary} without a fault", scores[worst]);
        let expected = model.expected(&faulty, 700).unwrap();
        assert!(expected.is_none_or(|e| e.len() == model.window() && e.iter().all(|v| v.abs() < 10.0)), "{what}");
        assert!(model.expected(&faulty, 1600).map_or(true, |e| e.is_none()), "{what}: a window behind the end");
        assert!(model.score_series(&faulty[..model.window() - 1]).is_err(), "{what}");
    }
}

/// What happens later changes nothing in a detector that does not look ahead.
#[test]
fn causal_detectors_do_not_look_ahead() {
    let healthy = series(1000, 5);
    let x = series(900, 6);
    let causal: Vec<(&str, Box<dyn SeriesDetector>)> = vec![
        ("sub-PCA", Box::new(SubPca::params(32).spread(Spread::End).fit(&healthy).unwrap())),
        ("k-means", Box::new(WindowKMeans::params(32).spread(Spread::End).fit(&healthy).unwrap())),
        ("k-Shape", Box::new(KShape::params(32).spread(Spread::End).fit(&healthy).unwrap())),
        ("graph", Box::new(Series2Graph::params(32).spread(Spread::End).fit(&healthy).unwrap())),
        ("ridge", Box::new(ForecastResidual::ridge(9, 1e-4).fit(&healthy).unwrap())),
        ("Holt", Box::new(ForecastResidual::holt().fit(&healthy).unwrap())),
        ("season", Box::new(SeasonalResidual::params(32).fit(&healthy).unwrap())),
        ("polynomial", Box::new(LocalPolynomial::params(6).degree(1).causal(true).fit(&healthy).unwrap())),
        ("level", Box::new(Shift::level(16).causal(true).fit(&healthy).unwrap())),
        ("volatility", Box::new(Shift::volatility(16).causal(true).fit(&healthy).unwrap())),
    ];
    for (what, model) in causal {
        let all = model.score_series(&x).unwrap();
        let part = model.score_series(&x[..500]).unwrap();
        for t in model.window()..500 {
            assert!((all[t] - part[t]).abs() <= 1e-12 * (1.0 + all[t]), "{what}: {t}: {} {}", all[t], part[t]);
        }
    }
}

#[test]
fn offset_and_unit_change_nothing_that_is_relative() {
    let x = series(1200, 7);
    // A power of two and a whole offset: the samples themselves are exact.
    let x: Vec<f64> = x.iter().map(|v| (v * 1e6).round()).collect();
    let moved: Vec<f64> = x.iter().map(|v| 4.0 * v + 2f64.powi(36)).collect();
    for ((what, a), (_, b)) in detectors(&x[..800]).into_iter().zip(detectors(&moved[..800])) {
        if ["sub-PCA, raw", "spectral residual"].contains(&what) {
            continue;
        }
        let (a, b) = (a.score_series(&x).unwrap(), b.score_series(&moved).unwrap());
        // Settings of smoothing and clusters are found by search: the last digits may decide which.
        let close = a.iter().zip(&b).filter(|(a, b)| (*a - *b).abs() <= 1e-3 * (1.0 + *a)).count();
        assert!(close > 1190, "{what}: {close}");
    }
    for method in [WindowMethod::HighestPeak, WindowMethod::FirstPeak, WindowMethod::Fourier, WindowMethod::Suss] {
        let find = |x: &[f64]| WindowLength::by(method).find(x).unwrap();
        assert_eq!(find(&x), find(&moved), "{method:?}");
    }
}

#[test]
fn k_means_assigns_to_the_nearest_in_any_layout() {
    let rows = Array2::from_shape_vec((600, 3), noise(1800, 8)).unwrap();
    let model = KMeans::params().clusters(7).fit(&rows).unwrap();
    let (clusters, nearest) = model.nearest(&rows).unwrap();
    let distances = model.distances(&rows).unwrap();
    let columns = rows.t().as_standard_layout().into_owned();
    assert_eq!(model.assign(columns.t()).unwrap(), clusters);
    assert_eq!(KMeans::params().clusters(7).fit(columns.t()).unwrap(), model);
    for i in 0..600 {
        let least = distances.row(i).iter().copied().fold(f64::INFINITY, f64::min);
        assert_eq!((least, distances[[i, clusters[i]]]), (nearest[i], nearest[i]));
        let alone: ArrayView2<'_, f64> = rows.row(i).insert_axis(Axis(0));
        assert_eq!(model.assign(alone).unwrap()[0], clusters[i]);
    }
    let mut sizes = vec![0; 7];
    clusters.iter().for_each(|&c| sizes[c] += 1);
    assert_eq!(sizes, model.sizes());
    let inertia: f64 = nearest.iter().map(|d| d * d).sum();
    assert!((inertia / model.inertia() - 1.0).abs() < 1e-12);
}

#[test]
fn more_significance_never_finds_more_outliers() {
    let mut x = noise(300, 9);
    for i in (0..300).step_by(41) {
        x[i] *= 6.0;
    }
    for robust in [false, true] {
        let mut last = usize::MAX;
        for alpha in [0.2, 0.05, 0.01, 1e-4, 1e-9] {
            let found = generalized_esd(&x, 40, alpha, robust).unwrap();
            assert!(found.len() <= last && found.is_sorted());
            last = found.len();
        }
    }
}

#[test]
fn running_scores_do_not_depend_on_how_they_are_asked() {
    let x = noise(500, 10);
    let rows = Array2::from_shape_vec((500, 1), x.clone()).unwrap();
    for window in [None, Some(2), Some(37), Some(499)] {
        let mut gaussian = RunningGaussian::params().grace(10);
        let mut deviation = RunningDeviation::params();
        if let Some(w) = window {
            gaussian = gaussian.window(w);
            deviation = deviation.window(w);
        }
        let (mut g, mut d) = (gaussian.start().unwrap(), deviation.start().unwrap());
        let batch = (
            gaussian.start().unwrap().update_rows(&rows).unwrap(),
            deviation.start().unwrap().update_rows(&rows).unwrap(),
        );
        for (t, &v) in x.iter().enumerate() {
            assert_eq!((g.push(v).unwrap(), d.push(v).unwrap()), (batch.0[t], batch.1[t]));
        }
        assert!(d.score(&[50.0]).unwrap() > d.score(&[5.0]).unwrap());
        assert!(g.score(&[3.0]).unwrap() > g.score(&[0.5]).unwrap());
    }
}

#[cfg(feature = "persist")]
mod saved {
    use super::*;
    use prognos::persist::{Persist, from_bytes, from_json, to_bytes, to_json};

    fn again<M: Persist + PartialEq + std::fmt::Debug>(model: &M) -> M {
        let text: M = from_json(&to_json(model).unwrap()).unwrap();
        let bytes: M = from_bytes(&to_bytes(model).unwrap()).unwrap();
        assert_eq!((model, model), (&text, &bytes));
        bytes
    }

    fn scores_again<M: Persist + PartialEq + std::fmt::Debug + SeriesDetector>(model: &M, x: &[f64]) {
        assert_eq!(model.score_series(x).unwrap(), again(model).score_series(x).unwrap());
    }

    #[test]
    fn saved_equals_fitted() {
        let x = series(800, 11);
        let healthy = &x[..600];
        for normalise in [Normalise::None, Normalise::Centre, Normalise::Z] {
            scores_again(&SubPca::params(16).normalise(normalise).fit(healthy).unwrap(), &x);
            scores_again(&WindowKMeans::params(16).normalise(normalise).fit(healthy).unwrap(), &x);
        }
        scores_again(&KShape::params(16).clusters(3).fit(healthy).unwrap(), &x);
        scores_again(&Series2Graph::params(32).fit(healthy).unwrap(), &x);
        scores_again(&ForecastResidual::autoregression(5).fit(healthy).unwrap(), &x);
        scores_again(&ForecastResidual::ridge(5, 0.1).fit(healthy).unwrap(), &x);
        scores_again(&ForecastResidual::holt_winters(32).fit(healthy).unwrap(), &x);
        scores_again(&SeasonalResidual::params(32).trend(9).fit(healthy).unwrap(), &x);
        scores_again(&LocalPolynomial::params(5).fit(healthy).unwrap(), &x);
        scores_again(&Shift::volatility(9).fit(healthy).unwrap(), &x);
        scores_again(&SpectralResidual::params().extend(5).build().unwrap(), &x);
        let rows = Array2::from_shape_vec((200, 4), x).unwrap();
        let model = KMeans::params().clusters(5).fit(&rows).unwrap();
        assert_eq!(model.distances(&rows).unwrap(), again(&model).distances(&rows).unwrap());
    }

    #[test]
    fn running_scores_go_on_with_the_same_bits() {
        let x = noise(300, 12);
        for stop in [0, 1, 2, 20, 21, 39, 40, 41, 150] {
            for window in [None, Some(20)] {
                let (mut g, mut d) = (RunningGaussian::params().grace(5), RunningDeviation::params());
                if let Some(w) = window {
                    (g, d) = (g.window(w), d.window(w));
                }
                let (mut g, mut d) = (g.start().unwrap(), d.start().unwrap());
                for &v in &x[..stop] {
                    g.push(v).unwrap();
                    d.push(v).unwrap();
                }
                let (mut g2, mut d2) = (again(&g), again(&d));
                for &v in &x[stop..] {
                    assert_eq!(g.push(v).unwrap().to_bits(), g2.push(v).unwrap().to_bits());
                    assert_eq!(d.push(v).unwrap().to_bits(), d2.push(v).unwrap().to_bits());
                }
            }
        }
    }

    /// Every number and every list of a file in turn spoilt: an error or a model that answers, never a panic.
    #[test]
    fn spoilt_files_are_errors() {
        let x = series(400, 13);
        spoil(&SubPca::params(8).fit(&x).unwrap(), &x);
        spoil(&WindowKMeans::params(6).clusters(3).fit(&x).unwrap(), &x);
        spoil(&KShape::params(6).clusters(2).train_windows(50).fit(&x).unwrap(), &x);
        spoil(&Series2Graph::params(32).rays(5).fit(&x).unwrap(), &x);
        spoil(&ForecastResidual::ridge(3, 0.1).fit(&x).unwrap(), &x);
        spoil(&ForecastResidual::holt_winters(4).fit(&x).unwrap(), &x);
        spoil(&SeasonalResidual::params(4).trend(5).fit(&x).unwrap(), &x);
        spoil(&LocalPolynomial::params(3).fit(&x).unwrap(), &x);
        spoil(&Shift::level(3).fit(&x).unwrap(), &x);
        spoil(&SpectralResidual::params().build().unwrap(), &x);
    }

    fn spoil<M: Persist + SeriesDetector>(model: &M, x: &[f64]) {
        let honest: serde_json::Value = serde_json::from_str(&to_json(model).unwrap()).unwrap();
        let mut paths = Vec::new();
        collect(&honest["model"], "/model", &mut paths);
        let mut refused = 0;
        for path in &paths {
            for wrong in [
                serde_json::json!(-1),
                serde_json::json!(1e300),
                serde_json::json!([]),
                serde_json::json!(9_999_999_999_u64),
            ] {
                let mut file = honest.clone();
                *file.pointer_mut(path).unwrap() = wrong;
                match from_json::<M>(&file.to_string()) {
                    Ok(model) => {
                        let _ = model.score_series(x);
                        let _ = model.expected(x, 3);
                    }
                    Err(_) => refused += 1,
                }
            }
        }
        assert!(refused > paths.len(), "{}: {refused} of {}", M::KIND, 4 * paths.len());
    }

    /// Paths of all values; of long lists the first and the last entries.
    fn collect(value: &serde_json::Value, path: &str, out: &mut Vec<String>) {
        out.push(path.to_owned());
        match value {
            serde_json::Value::Object(map) => map.iter().for_each(|(k, v)| collect(v, &format!("{path}/{k}"), out)),
            serde_json::Value::Array(list) => {
                for (i, v) in list.iter().enumerate().filter(|(i, _)| *i < 2 || i + 1 == list.len()) {
                    collect(v, &format!("{path}/{i}"), out);
                }
            }
            _ => {}
        }
    }
}
