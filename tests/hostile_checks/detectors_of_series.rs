//! Hostile input to the detectors of one series, to k-means, and to the running mean and deviation.

use super::{series, tables};
use prognos::anomaly::series::{
    ForecastResidual, KShape, LocalPolynomial, Normalise, SeasonalResidual, Series2Graph, SeriesDetector, Shift,
    SpectralResidual, Spread, SubPca, WindowKMeans, WindowLength, WindowMethod, generalized_esd,
};
use prognos::anomaly::stream::{RunningDeviation, RunningGaussian, StreamingDetector};
use prognos::learners::KMeans;

fn finite(what: &str, values: &[f64]) {
    assert!(values.iter().all(|v| v.is_finite()), "{what}: {values:?}");
}

fn ask(what: &str, model: &dyn SeriesDetector) {
    for (name, x) in series() {
        let what = format!("{what}, asked about {name}");
        if let Ok(scores) = model.score_series(&x) {
            assert_eq!(scores.len(), x.len(), "{what}");
            finite(&what, &scores);
            assert!(scores.iter().all(|s| *s >= 0.0), "{what}");
        }
        for start in [0, 1, 60, usize::MAX] {
            if let Ok(Some(expected)) = model.expected(&x, start) {
                assert_eq!(expected.len(), model.window(), "{what}");
                finite(&what, &expected);
            }
        }
    }
}

fn fits(x: &[f64]) -> Vec<Box<dyn SeriesDetector>> {
    fn keep(all: &mut Vec<Box<dyn SeriesDetector>>, model: prognos::Result<impl SeriesDetector + 'static>) {
        match model {
            Ok(model) => all.push(Box::new(model)),
            Err(error) => assert!(!error.to_string().is_empty()),
        }
    }
    let mut all = Vec::new();
    for normalise in [Normalise::None, Normalise::Centre, Normalise::Z] {
        keep(&mut all, SubPca::params(6).normalise(normalise).fit(x));
        keep(&mut all, WindowKMeans::params(6).normalise(normalise).clusters(3).spread(Spread::Middle).fit(x));
    }
    keep(&mut all, SubPca::params(2).components(usize::MAX).spread(Spread::End).fit(x));
    keep(&mut all, WindowKMeans::params(3).clusters(60_000).fit(x));
    keep(&mut all, KShape::params(5).clusters(3).max_iterations(5).fit(x));
    keep(&mut all, Series2Graph::params(9).rays(7).fit(x));
    keep(&mut all, ForecastResidual::autoregression(3).fit(x));
    keep(&mut all, ForecastResidual::ridge(3, 1e-9).fit(x));
    keep(&mut all, ForecastResidual::exponential().fit(x));
    keep(&mut all, ForecastResidual::holt().fit(x));
    keep(&mut all, ForecastResidual::holt_winters(3).fit(x));
    keep(&mut all, SeasonalResidual::params(4).fit(x));
    keep(&mut all, SeasonalResidual::params(1).trend(3).fit(x));
    keep(&mut all, LocalPolynomial::params(3).fit(x));
    keep(&mut all, LocalPolynomial::params(4).degree(1).gap(2).causal(true).moving_scale(false).fit(x));
    keep(&mut all, Shift::level(4).fit(x));
    keep(&mut all, Shift::volatility(4).fit(x));
    keep(&mut all, Shift::persist(1).causal(true).fit(x));
    keep(&mut all, SpectralResidual::params().bins(5).extend(5).build());
    all
}

#[test]
fn detectors() {
    let mut fitted = 0;
    for (name, x) in series() {
        for (i, model) in fits(&x).into_iter().enumerate() {
            fitted += 1;
            ask(&format!("model {i} of {name}"), model.as_ref());
        }
    }
    assert!(fitted > 400, "{fitted}");
}

#[test]
fn a_sample_that_is_not_finite_is_named() {
    let bad = series().into_iter().find(|(name, _)| name.starts_with("NaN at 50")).unwrap().1;
    let good: Vec<f64> = (0..100).map(|i| (f64::from(i) * 0.7).sin() + (f64::from(i) * 1.1).cos()).collect();
    for model in fits(&good) {
        let error = model.score_series(&bad).unwrap_err();
        assert!(matches!(&error, prognos::Error::NonFinite { row: 50, .. }), "{error}");
    }
    assert!(matches!(SubPca::params(6).fit(&bad), Err(prognos::Error::NonFinite { row: 50, .. })));
}

#[test]
fn window_lengths_and_outliers() {
    for (name, x) in series() {
        for method in [WindowMethod::HighestPeak, WindowMethod::FirstPeak, WindowMethod::Fourier, WindowMethod::Suss] {
            for (shortest, longest) in [(4, 1000), (2, 2), (3, usize::MAX / 4), (1, 0)] {
                if let Ok(Some(w)) = WindowLength::by(method).range(shortest, longest).find(&x) {
                    assert!((shortest..=longest).contains(&w) && w < x.len().max(2), "{name} {method:?}: {w}");
                }
            }
        }
        for robust in [false, true] {
            for most in [0, 1, x.len().saturating_sub(3), usize::MAX] {
                for alpha in [0.0, 1e-300, 0.05, f64::NAN] {
                    if let Ok(found) = generalized_esd(&x, most, alpha, robust) {
                        assert!(found.len() <= most && found.is_sorted(), "{name}");
                    }
                }
            }
        }
        for m in [0, 1, 3, 1000] {
            for rule in [Spread::Mean, Spread::Middle, Spread::End] {
                if let Ok(scores) = rule.samples(&x, m) {
                    finite(&name, &scores);
                    assert_eq!(scores.len(), x.len() + m - 1);
                }
            }
        }
    }
}

#[test]
fn k_means() {
    let mut fitted = 0;
    for (name, table) in tables() {
        for params in [
            KMeans::params(),
            KMeans::params().clusters(1).tolerance(0.0),
            KMeans::params().clusters(65_536).restarts(1).max_iterations(1),
        ] {
            let Ok(model) = params.fit(&table) else { continue };
            fitted += 1;
            finite(&name, &model.centroids().iter().copied().collect::<Vec<_>>());
            assert!(model.sizes().iter().all(|s| *s > 0) && model.sizes().iter().sum::<usize>() == table.nrows());
            for (_, other) in tables() {
                if let Ok(distances) = model.distances(&other) {
                    finite(&name, &distances.into_iter().collect::<Vec<_>>());
                }
                let _ = model.nearest(&other);
            }
        }
    }
    assert!(fitted > 20, "{fitted}");
}

#[test]
fn running_scores() {
    for (name, x) in series() {
        for window in [None, Some(2), Some(7)] {
            let (mut g, mut d) = (RunningGaussian::params().grace(0), RunningDeviation::params().grace(0));
            if let Some(w) = window {
                (g, d) = (g.window(w), d.window(w));
            }
            let (mut g, mut d) = (g.start().unwrap(), d.start().unwrap());
            for &v in &x {
                let before = (g.clone(), d.clone());
                match g.push(v) {
                    Ok(score) => assert!((0.0..=1.0).contains(&score), "{name}"),
                    Err(_) => assert_eq!(g, before.0),
                }
                match d.push(v) {
                    Ok(score) => assert!(score.is_finite() && score >= 0.0, "{name}"),
                    Err(_) => assert_eq!(d, before.1),
                }
            }
            assert!(g.update(&[]).is_err() && d.update(&[1.0, 2.0]).is_err());
        }
    }
    for bad in [0, 1, usize::MAX] {
        assert!(RunningGaussian::params().window(bad).start().is_err());
    }
    for bad in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        assert!(RunningDeviation::params().floor(bad).start().is_err());
    }
}
