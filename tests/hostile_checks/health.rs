//! Hostile trajectories and tables.

use ndarray::Array2;
use prognos::features::FeatureMatrix;
use prognos::health::quality::{Monotonicity, Resampling, monotonicity, prognosability, rank_features, trendability};
use prognos::health::{Fusion, HealthIndex, HealthUnit};

#[test]
fn trajectories() {
    let all = super::series();
    let plain: Vec<f64> = (0..50).map(|i| f64::from(i) * 0.1 + (f64::from(i) * 0.9).sin()).collect();
    for (name, x) in &all {
        for units in [vec![], vec![x.as_slice()], vec![x, &plain], vec![x, x, &plain]] {
            for measure in [
                monotonicity(&units, Monotonicity::Sign),
                monotonicity(&units, Monotonicity::Rank),
                trendability(&units, Resampling::ToLongest),
                trendability(&units, Resampling::PairToShorter),
                prognosability(&units, 0),
                prognosability(&units, 1),
                prognosability(&units, usize::MAX),
            ]
            .into_iter()
            .flatten()
            {
                assert!(measure.is_nan() || (0.0..=1.0).contains(&measure), "{name}: {measure}");
            }
        }
    }
}

#[test]
fn tables() {
    let all = super::tables();
    for (name, table) in &all {
        let matrix = FeatureMatrix::new((0..table.ncols()).map(|j| format!("f{j}")).collect(), table.clone()).unwrap();
        if let Ok(ranking) = rank_features(&[matrix.clone(), matrix.clone()]) {
            assert!(ranking.iter().all(|q| (0.0..=3.0).contains(&q.fitness)), "{name}");
        }
        let _ = rank_features(&[]);
        let _ = rank_features(std::slice::from_ref(&matrix));
        for fusion in [Fusion::Principal, Fusion::Regression { penalty: 0.0 }, Fusion::Regression { penalty: 0.1 }] {
            for smoothing in [1e-9, 0.5, 1.0] {
                let params = HealthIndex::params().fusion(fusion).smoothing(smoothing).monotone(true);
                for units in [
                    vec![],
                    vec![HealthUnit::failed(table)],
                    vec![HealthUnit::running(table)],
                    vec![HealthUnit::failed(&matrix), HealthUnit::running(table)],
                ] {
                    let Ok(index) = params.fit(&units) else { continue };
                    assert!(index.weights().iter().all(|w| w.is_finite()), "{name}");
                    for (_, other) in &all {
                        if let Ok(health) = index.apply(other) {
                            assert!(health.iter().all(|v| v.is_finite()), "{name}");
                        }
                    }
                }
            }
        }
    }
}

#[test]
fn settings() {
    let rows = Array2::from_shape_fn((30, 2), |(i, j)| (i * (j + 1)) as f64);
    for bad in [f64::NAN, f64::INFINITY, -1.0, 0.0, 1.0, 2.0, f64::MAX] {
        for params in [
            HealthIndex::params().healthy(bad),
            HealthIndex::params().smoothing(bad),
            HealthIndex::params().fusion(Fusion::Regression { penalty: bad }),
        ] {
            if let Ok(index) = params.fit(&[HealthUnit::failed(&rows)]) {
                assert!(index.apply(&rows).unwrap().iter().all(|v| v.is_finite()), "{bad}");
            }
        }
    }
}
