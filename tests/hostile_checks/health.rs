//! Hostile trajectories and tables.

use ndarray::Array2;
use prognos::features::FeatureMatrix;
use prognos::health::quality::{Monotonicity, Resampling, monotonicity, prognosability, rank_features, trendability};
use prognos::health::{Fusion, HealthIndex, HealthUnit, OperatingStates, SeasonalProfile};

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

#[test]
fn states_and_seasons() {
    let all = super::series();
    let hours = |n: usize| (0..n).map(|i| 3600.0 * i as f64).collect::<Vec<f64>>();
    for (name, x) in &all {
        for states in [0, 1, 2, 3, 16, 17, usize::MAX] {
            for share in [f64::NAN, 0.0, 1e-12, 0.9, 1.0 - 1e-12, 1.0] {
                let Ok(found) = OperatingStates::params().max_states(states).explained(share).fit(x) else { continue };
                let levels = found.levels();
                assert!(levels.iter().all(|v| v.is_finite()) && levels.windows(2).all(|w| w[0] < w[1]), "{name}");
                for (_, other) in all.iter().step_by(7).chain([&(name.clone(), x.clone())]) {
                    assert!(found.assign(other).iter().flatten().all(|s| *s < levels.len()), "{name}");
                    for min_rows in [0, 1, 7, usize::MAX] {
                        let stretches = found.stretches(other, min_rows);
                        assert!(stretches.iter().all(|s| s.start < s.end && s.end <= other.len()), "{name}");
                    }
                }
            }
        }
        for times in [hours(x.len()), x.clone(), vec![0.0; x.len()], vec![1e308; x.len()], hours(1)] {
            for (periods, bin) in [
                (&[86_400.0, 604_800.0][..], 3600.0),
                (&[1e-300], 1e-301),
                (&[1e308, 1.0], 1e303),
                (&[5e-324], 5e-324),
                (&[7.0, -1.0], 2.0),
                (&[f64::NAN], 1.0),
                (&[1.0], f64::INFINITY),
                (&[], 1.0),
            ] {
                let Ok(profile) = SeasonalProfile::params().periods(periods).bin(bin).fit(&times, x) else { continue };
                for t in times.iter().copied().chain([f64::NAN, f64::INFINITY, -f64::MAX, 0.0, -5e-324]) {
                    let (expected, scatter) = (profile.expected(t), profile.scatter(t));
                    assert!(expected.is_finite() && scatter.is_finite() && scatter >= 0.0, "{name} at {t}");
                    assert!(profile.residual(t, f64::NAN).is_nan());
                }
            }
        }
    }
}
