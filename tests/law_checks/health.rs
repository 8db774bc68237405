//! Laws of health indices and feature quality.

use super::{noise, same_bits_on_any_threads};
use linfa::ParamGuard;
use linfa::traits::Fit;
use ndarray::{Array1, Array2, concatenate};
use prognos::features::FeatureMatrix;
use prognos::health::quality::{Monotonicity, Resampling, monotonicity, prognosability, rank_features, trendability};
use prognos::health::{Fusion, HealthIndex, HealthUnit, OperatingStates, SeasonalProfile};

/// A unit of `n` rows: wear up, efficiency down, a sensor without trend, a constant.
fn unit(n: usize, end: f64, seed: u64) -> Array2<f64> {
    let e = noise(3 * n, seed);
    Array2::from_shape_fn((n, 4), |(i, j)| {
        let worn = end * (i as f64 / (n - 1) as f64).powi(2);
        match j {
            0 => 20.0 + 10.0 * worn + 0.5 * e[3 * i],
            1 => 0.9 - 0.3 * worn + 0.02 * e[3 * i + 1],
            2 => e[3 * i + 2],
            _ => 7.0,
        }
    })
}

fn fleet() -> Vec<Array2<f64>> {
    (0..6).map(|k| unit(80 + 15 * k, 1.0, 100 + k as u64)).collect()
}

fn fusions() -> [Fusion; 2] {
    [Fusion::Principal, Fusion::Regression { penalty: 1e-3 }]
}

#[test]
fn healthy_is_zero_and_the_end_is_one() {
    let rows = fleet();
    let mut units: Vec<HealthUnit<'_>> = rows.iter().map(HealthUnit::failed).collect();
    let half = unit(60, 0.25, 7);
    units.push(HealthUnit::running(&half));
    let fresh = unit(120, 1.0, 999);
    for fusion in fusions() {
        let index = HealthIndex::params().fusion(fusion).smoothing(0.2).fit(&units).unwrap();
        let health = index.apply(&fresh).unwrap();
        assert!(health.iter().take(20).sum::<f64>().abs() / 20.0 < 0.15, "{fusion:?}");
        assert!((health[119] - 1.0).abs() < 0.25, "{fusion:?} {}", health[119]);
        assert_eq!(index.weights()[3], 0.0, "a constant feature takes no part");
        // Wear raises the index, efficiency lowers it.
        assert!(index.weights()[0] > 0.0 && index.weights()[1] < 0.0, "{fusion:?}");
    }
}

#[test]
fn flipping_a_feature_does_not_flip_the_index() {
    let rows = fleet();
    let flipped: Vec<Array2<f64>> = rows.iter().map(|r| r * -3.0).collect();
    for fusion in fusions() {
        let fit = |rows: &[Array2<f64>]| {
            let units: Vec<HealthUnit<'_>> = rows.iter().map(HealthUnit::failed).collect();
            HealthIndex::params().fusion(fusion).fit(&units).unwrap().apply(&rows[2]).unwrap()
        };
        for (a, b) in fit(&rows).iter().zip(&fit(&flipped)) {
            assert!((a - b).abs() < 1e-9, "{fusion:?}: {a} {b}");
        }
    }
}

#[test]
fn the_index_is_causal_and_can_be_monotone() {
    let rows = fleet();
    let units: Vec<HealthUnit<'_>> = rows.iter().map(HealthUnit::failed).collect();
    let index = HealthIndex::params().smoothing(0.3).monotone(true).fit(&units).unwrap();
    let whole = index.apply(&rows[0]).unwrap();
    for n in [1, 2, 17, 60] {
        let part = index.apply(rows[0].slice_axis(ndarray::Axis(0), (0..n).into())).unwrap();
        assert_eq!(part.as_slice().unwrap(), &whole.as_slice().unwrap()[..n]);
    }
    assert!(whole.as_slice().unwrap().is_sorted());
}

#[test]
fn linfa_fit_equals_the_own_fit() {
    let rows = fleet();
    let views: Vec<_> = rows.iter().map(Array2::view).collect();
    let all = concatenate(ndarray::Axis(0), &views).unwrap();
    let ids: Array1<usize> = rows.iter().enumerate().flat_map(|(k, r)| vec![k; r.nrows()]).collect();
    let params = HealthIndex::params();
    let by_linfa = params.clone().check().unwrap().fit(&linfa::DatasetBase::new(all, ids)).unwrap();
    let units: Vec<HealthUnit<'_>> = rows.iter().map(HealthUnit::failed).collect();
    assert_eq!(by_linfa, params.fit(&units).unwrap());
}

#[cfg(feature = "persist")]
#[test]
fn saved_equals_fitted() {
    use prognos::persist::{from_bytes, from_json, to_bytes, to_json};
    let rows = fleet();
    let units: Vec<HealthUnit<'_>> = rows.iter().map(HealthUnit::failed).collect();
    for fusion in fusions() {
        let index = HealthIndex::params().fusion(fusion).smoothing(0.1).fit(&units).unwrap();
        assert_eq!(from_json::<HealthIndex>(&to_json(&index).unwrap()).unwrap(), index);
        assert_eq!(from_bytes::<HealthIndex>(&to_bytes(&index).unwrap()).unwrap(), index);
        let broken = to_json(&index).unwrap().replace("\"smoothing\": 0.1", "\"smoothing\": 1.1");
        assert!(from_json::<HealthIndex>(&broken).is_err());
    }
}

/// Fourteen days, a value every ten minutes: idle at night, running by day, and a little noise.
fn shifts() -> (Vec<f64>, Vec<f64>) {
    let times: Vec<f64> = (0..14 * 144).map(|i| 600.0 * f64::from(i)).collect();
    let on = |t: f64| (6.0..22.0).contains(&(t / 3600.0).rem_euclid(24.0));
    let values = times.iter().zip(noise(times.len(), 5)).map(|(t, e)| if on(*t) { 3.0 } else { 1.0 } + 0.1 * e);
    (times.clone(), values.collect())
}

#[test]
fn states_and_seasons_follow_the_unit_of_the_signal() {
    let (times, values) = shifts();
    // A factor that is a power of two costs no digit.
    let scaled: Vec<f64> = values.iter().map(|v| 0.25 * v).collect();
    let (a, b) = (OperatingStates::params().fit(&values).unwrap(), OperatingStates::params().fit(&scaled).unwrap());
    assert_eq!(a.levels().len(), 2);
    assert!(a.levels().iter().zip(b.levels()).all(|(a, b)| (0.25 * a - b).abs() < 1e-12));
    assert_eq!(a.assign(&values), b.assign(&scaled));
    let stretches = a.stretches(&values, 3);
    assert_eq!(stretches.len(), 29, "14 days of work between 15 nights");
    assert_eq!((stretches[0].start, stretches[28].end), (0, values.len()));
    assert!(stretches.windows(2).all(|w| w[0].end == w[1].start && w[0].state != w[1].state));
    let params = SeasonalProfile::params();
    let (a, b) = (params.fit(&times, &values).unwrap(), params.fit(&times, &scaled).unwrap());
    assert_eq!((a.period(), b.period()), (86_400.0, 86_400.0));
    for &t in &times {
        assert!((0.25 * a.expected(t) - b.expected(t)).abs() < 1e-12 && (0.25 * a.scatter(t) - b.scatter(t)) < 1e-12);
        assert_eq!(a.expected(t).to_bits(), a.expected(t + a.period()).to_bits());
    }
}

#[test]
fn the_order_of_rows_does_not_matter_to_a_season() {
    let (times, values) = shifts();
    let forth = SeasonalProfile::params().fit(&times, &values).unwrap();
    let back = |x: &[f64]| x.iter().rev().copied().collect::<Vec<f64>>();
    assert_eq!(forth, SeasonalProfile::params().fit(&back(&times), &back(&values)).unwrap());
}

#[cfg(feature = "persist")]
#[test]
fn saved_states_and_seasons_equal_the_fitted() {
    use prognos::persist::{Persist, from_bytes, from_json, to_bytes, to_json};
    fn both_forms<M: Persist + PartialEq + std::fmt::Debug>(model: &M) {
        assert_eq!(&from_json::<M>(&to_json(model).unwrap()).unwrap(), model);
        assert_eq!(&from_bytes::<M>(&to_bytes(model).unwrap()).unwrap(), model);
        assert!(model.feature_names().is_empty());
    }
    let (times, values) = shifts();
    let states = OperatingStates::params().fit(&values).unwrap();
    let season = SeasonalProfile::params().fit(&times, &values).unwrap();
    both_forms(&states);
    both_forms(&season);
    assert!(from_json::<SeasonalProfile>(&to_json(&states).unwrap()).is_err());
    let file = |text: String| serde_json::from_str::<serde_json::Value>(&text).unwrap();
    let mut falling = file(to_json(&states).unwrap());
    falling["model"]["levels"] = serde_json::json!([2.0, 1.0]);
    assert!(from_json::<OperatingStates>(&falling.to_string()).is_err());
    let mut short = file(to_json(&season).unwrap());
    short["model"]["medians"] = serde_json::json!([2.0, 1.0]);
    assert!(from_json::<SeasonalProfile>(&short.to_string()).is_err());
}

#[test]
fn other_columns_are_refused() {
    let rows = fleet();
    let units: Vec<HealthUnit<'_>> = rows.iter().map(HealthUnit::failed).collect();
    let index = HealthIndex::params().fit(&units).unwrap();
    assert!(index.apply(&Array2::zeros((5, 3))).is_err());
    assert!(HealthIndex::params().fit(&[HealthUnit::running(&rows[0])]).is_err(), "no failure, no 1");
    // A unit that only has noise: the end is not above the start, or the index says so.
    let flat = Array2::from_elem((20, 2), 1.0);
    assert!(HealthIndex::params().fit(&[HealthUnit::failed(&flat)]).is_err());
}

#[test]
fn ranking_is_the_same_on_any_threads_and_finds_the_trend() {
    let names: Vec<String> = ["wear", "efficiency", "noise", "constant"].map(String::from).to_vec();
    let units: Vec<FeatureMatrix> =
        fleet().into_iter().map(|r| FeatureMatrix::new(names.clone(), r).unwrap()).collect();
    let ranking = rank_features(&units).unwrap();
    let order: Vec<&str> = ranking.iter().map(|q| q.name.as_str()).collect();
    assert_eq!(order[2..], ["noise", "constant"]);
    assert!(ranking[0].fitness > 2.0 && ranking[2].fitness < 1.2);
    same_bits_on_any_threads("rank_features", || {
        rank_features(&units).unwrap().iter().flat_map(|q| [q.monotonicity, q.trendability, q.prognosability]).collect()
    });
}

#[test]
fn measures_lie_between_zero_and_one_and_ignore_affine_changes() {
    let rows = fleet();
    let columns: Vec<Vec<f64>> = rows.iter().map(|r| r.column(0).to_vec()).collect();
    let changed: Vec<Vec<f64>> = columns.iter().map(|c| c.iter().map(|v| 1000.0 - 4.0 * v).collect()).collect();
    let measure = |c: &[Vec<f64>]| -> Vec<f64> {
        let views: Vec<&[f64]> = c.iter().map(Vec::as_slice).collect();
        vec![
            monotonicity(&views, Monotonicity::Sign).unwrap(),
            monotonicity(&views, Monotonicity::Rank).unwrap(),
            trendability(&views, Resampling::ToLongest).unwrap(),
            trendability(&views, Resampling::PairToShorter).unwrap(),
            prognosability(&views, 0).unwrap(),
            prognosability(&views, 1).unwrap(),
        ]
    };
    for (a, b) in measure(&columns).iter().zip(measure(&changed)) {
        assert!((0.0..=1.0).contains(a) && (a - b).abs() < 1e-9, "{a} {b}");
    }
}
