//! Discords by all pairs.

use super::discord::{distance, shapes};
use prognos::anomaly::discord::{Damp, LeftNeighbour, Measure, Merlin};

fn series(n: usize, seed: u64) -> Vec<f64> {
    let mut state = seed;
    let mut next = move || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 11) as f64 / (1u64 << 52) as f64 - 1.0
    };
    let mut x: Vec<f64> = (0..n).map(|i| (i as f64 * 0.31).sin() + 0.4 * next()).collect();
    if seed % 2 == 1 {
        x[n / 2..n / 2 + 40].fill(0.25);
        x[n / 3] = f64::NAN;
        x[n - 60] = f64::INFINITY;
        x[n / 4..n / 4 + 20].fill(-1.0);
    }
    x
}

/// The k largest, the first of equals, no two within `spacing`.
fn largest(distances: &[f64], k: usize, spacing: usize) -> Vec<(usize, f64)> {
    let mut left: Vec<f64> = distances.iter().map(|d| if d.is_finite() { *d } else { -1.0 }).collect();
    let mut found = Vec::new();
    while found.len() < k {
        let mut at = 0;
        for i in 0..left.len() {
            if left[i] > left[at] + 1e-10 {
                at = i;
            }
        }
        if left[at] < 0.0 {
            break;
        }
        found.push((at, left[at]));
        let from = (at + 1).saturating_sub(spacing);
        for d in &mut left[from..(at + spacing).min(distances.len())] {
            *d = -1.0;
        }
    }
    found
}

#[test]
fn left_discords() {
    let measures = [Measure::ZNormalised, Measure::EUCLIDEAN, Measure::Absolute { p: 1.0 }];
    for (case, measure) in measures.into_iter().cycle().take(12).enumerate() {
        for (m, max_lag, golden) in [
            (8, None, 0),
            (8, Some(300), 0),
            (13, None, 150),
            (13, Some(403), 150),
            (40, Some(70), 90),
            (5, Some(3), 9),
        ] {
            let x = series(1400, case as u64);
            let train = [0, 300, 1000][case % 3];
            let reference = series(golden, case as u64 * 2 + 100);
            let exclusion = if m == 5 { 2 } else { m / 2 };
            let mut params = Damp::params(m).measure(measure).exclusion(exclusion).count(3);
            if let Some(lag) = max_lag {
                params = params.max_lag(lag);
            }
            let damp =
                if golden > 0 { params.search_with(&x, train, &reference) } else { params.search(&x, train) }.unwrap();
            let (own, golden) = (shapes(&x, m, measure), shapes(&reference, m, measure));
            let distances: Vec<f64> = (0..own.len())
                .map(|i| {
                    let past = (0..i).filter(|j| i - j > exclusion && i - j <= max_lag.unwrap_or(usize::MAX));
                    let all = past.map(|j| &own[j]).chain(&golden).map(|o| distance(&own[i], o, m, measure));
                    if i < train { f64::INFINITY } else { all.fold(f64::INFINITY, f64::min) }
                })
                .collect();
            let expected = largest(&distances, 3, m);
            let what = format!("case {case}, m {m}, lag {max_lag:?}, {measure:?}");
            assert!(damp.is_certain());
            assert_eq!(damp.discords().len(), expected.len(), "{what}");
            for (found, (at, d)) in damp.discords().iter().zip(&expected) {
                assert!((found.distance - d).abs() < 1e-9, "{what}: {found:?}, {at} {d}");
                assert!((found.distance - distances[found.location]).abs() < 1e-9, "{what}: {found:?} {at} {d}");
                let neighbour = match found.neighbour {
                    LeftNeighbour::Past(j) => {
                        let lag = found.location - j;
                        assert!(lag > exclusion && lag <= max_lag.unwrap_or(usize::MAX), "{what}");
                        &own[j]
                    }
                    LeftNeighbour::Reference(j) => &golden[j],
                };
                assert!((distance(&own[found.location], neighbour, m, measure) - found.distance).abs() < 1e-9);
            }
            for (bound, d) in damp.profile().iter().zip(&distances) {
                assert!(*bound >= d - 1e-9, "{what}: {bound} below {d}");
            }
        }
    }
}

#[test]
fn discords_of_every_length() {
    for (case, measure) in [Measure::ZNormalised, Measure::EUCLIDEAN].into_iter().cycle().take(6).enumerate() {
        let x = series(1200, case as u64);
        for exclusion in [1.0, 0.25] {
            let merlin =
                Merlin::params(6, 24).step(9).measure(measure).exclusion(exclusion).count(4).search(&x).unwrap();
            assert_eq!(merlin.lengths().iter().map(|l| l.length).collect::<Vec<_>>(), [6, 15, 24]);
            for found in merlin.lengths() {
                let m = found.length;
                let near = (exclusion * m as f64).ceil() as usize;
                let all = shapes(&x, m, measure);
                let of = |i: usize| {
                    let others = (0..all.len()).filter(|j| i.abs_diff(*j) > near);
                    others.map(|j| distance(&all[i], &all[j], m, measure)).fold(f64::INFINITY, f64::min)
                };
                let distances: Vec<f64> = (0..all.len()).map(of).collect();
                let expected = largest(&distances, 4, m);
                assert_eq!(found.discords.len(), 4);
                for (found, (at, d)) in found.discords.iter().zip(&expected) {
                    let own = distances[found.location];
                    assert!((found.distance - d).abs() < 1e-9 && (own - d).abs() < 1e-9, "{found:?}, {at} {d}");
                    let j = found.neighbour.unwrap();
                    assert!((distance(&all[found.location], &all[j], m, measure) - d).abs() < 1e-9);
                }
            }
        }
    }
}
