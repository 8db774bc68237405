//! The matrix profile by all pairs.

use prognos::anomaly::discord::{MatrixProfile, Measure, MultiProfile, Neighbours, distance_profile};

/// A stretch as it is compared: none when a sample is not finite; z-normalised, none inside when constant.
fn shape(x: &[f64], measure: Measure) -> Option<Option<Vec<f64>>> {
    if x.iter().any(|v| !v.is_finite()) {
        return None;
    }
    if matches!(measure, Measure::Absolute { .. }) {
        return Some(Some(x.to_vec()));
    }
    if x.iter().all(|v| *v == x[0]) {
        return Some(None);
    }
    let n = x.len() as f64;
    let mean = x.iter().sum::<f64>() / n;
    let sd = (x.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / n).sqrt();
    Some(Some(x.iter().map(|v| (v - mean) / sd).collect()))
}

pub type Shape = Option<Option<Vec<f64>>>;

pub fn shapes(x: &[f64], m: usize, measure: Measure) -> Vec<Shape> {
    x.windows(m).map(|w| shape(w, measure)).collect()
}

pub fn distance(a: &Shape, b: &Shape, m: usize, measure: Measure) -> f64 {
    let p = if let Measure::Absolute { p } = measure { p } else { 2.0 };
    match (a, b) {
        (None, _) | (_, None) => f64::INFINITY,
        (Some(None), Some(None)) => 0.0,
        (Some(Some(a)), Some(Some(b))) => a
            .iter()
            .zip(b)
            .map(|(u, v)| if p == 2.0 { (u - v) * (u - v) } else { (u - v).abs().powf(p) })
            .sum::<f64>()
            .powf(1.0 / p),
        _ => (m as f64).sqrt(),
    }
}

/// The k least distances of every row to the columns that count.
fn least(
    rows: &[Shape],
    columns: &[Shape],
    m: usize,
    measure: Measure,
    k: usize,
    counts: impl Fn(usize, usize) -> bool,
) -> Vec<Vec<f64>> {
    let of = |i: usize| {
        let all = (0..columns.len()).filter(|&j| counts(i, j)).map(|j| distance(&rows[i], &columns[j], m, measure));
        let mut all: Vec<f64> = all.filter(|d| d.is_finite()).collect();
        all.sort_by(f64::total_cmp);
        all.truncate(k);
        all
    };
    (0..rows.len()).map(of).collect()
}

fn agree(what: &str, found: &Neighbours, expected: &[Vec<f64>]) {
    assert_eq!(found.len(), expected.len());
    for (i, wanted) in expected.iter().enumerate() {
        let own: Vec<f64> = found.of(i).map(|(_, d)| d).collect();
        assert_eq!(own.len(), wanted.len(), "{what}, {i}: {own:?} {wanted:?}");
        for (d, w) in own.iter().zip(wanted) {
            assert!((d - w).abs() < 1e-9 * (1.0 + w), "{what}, {i}: {own:?} {wanted:?}");
        }
    }
}

/// A wave with noise, a level, stuck stretches, gaps.
fn series(n: usize, seed: u64) -> Vec<f64> {
    let mut state = seed;
    let mut next = move || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 11) as f64 / (1u64 << 52) as f64 - 1.0
    };
    (0..n).map(|i| (i as f64 * 0.23).sin() + 0.3 * next() + 10.0).collect()
}

fn spoilt(n: usize, seed: u64) -> Vec<f64> {
    let mut x = series(n, seed);
    x[n / 7..n / 7 + 40].fill(10.5);
    x[n / 2..n / 2 + 30].fill(-3.0);
    x[n / 3] = f64::NAN;
    x[n / 4..n / 4 + 3].fill(f64::INFINITY);
    x[n - 2] = f64::NEG_INFINITY;
    x
}

const MEASURES: [Measure; 4] =
    [Measure::ZNormalised, Measure::EUCLIDEAN, Measure::Absolute { p: 1.0 }, Measure::Absolute { p: 3.5 }];

#[test]
fn self_joins_are_those_of_all_pairs() {
    for measure in MEASURES {
        for (x, m, k, zone) in [
            (series(500, 1), 20, 1, 5),
            (spoilt(500, 2), 12, 3, 3),
            (spoilt(400, 3), 25, 2, 0),
            (series(90, 4), 30, 5, 40),
            (vec![1.0; 60], 8, 2, 2),
            (series(12, 5), 10, 4, 1),
        ] {
            let shapes = shapes(&x, m, measure);
            let profile =
                MatrixProfile::params(m).measure(measure).neighbours(k).exclusion(zone).self_join(&x).unwrap();
            let what = format!("{measure:?}, n {}, m {m}, k {k}", x.len());
            let both = |i: usize, j: usize| i.abs_diff(j) > zone;
            agree(&what, profile.neighbours(), &least(&shapes, &shapes, m, measure, k, both));
            let left = |i: usize, j: usize| both(i, j) && j < i;
            agree(&what, profile.left().unwrap(), &least(&shapes, &shapes, m, measure, k, left));
            let right = |i: usize, j: usize| both(i, j) && j > i;
            agree(&what, profile.right().unwrap(), &least(&shapes, &shapes, m, measure, k, right));
            for (i, d) in profile.distances().iter().enumerate().filter(|(_, d)| d.is_finite()) {
                let j = profile.indices()[i].unwrap();
                assert!((distance(&shapes[i], &shapes[j], m, measure) - d).abs() < 1e-9);
            }
        }
    }
}

/// Long enough for several tiles and bands, and for sums that are begun anew.
#[test]
fn long_joins_are_those_of_all_pairs() {
    for measure in [Measure::ZNormalised, Measure::EUCLIDEAN] {
        let (x, m) = (spoilt(4200, 6), 9);
        let shapes = shapes(&x, m, measure);
        let profile = MatrixProfile::params(m).measure(measure).neighbours(2).self_join(&x).unwrap();
        let expected = least(&shapes, &shapes, m, measure, 2, |i, j| i.abs_diff(j) > 3);
        agree(&format!("{measure:?}"), profile.neighbours(), &expected);
    }
}

#[test]
fn joins_of_two_series_are_those_of_all_pairs() {
    for measure in MEASURES {
        for (a, b, m, k) in [
            (series(300, 7), series(450, 8), 15, 1),
            (spoilt(300, 9), spoilt(250, 10), 10, 3),
            (series(20, 11), spoilt(3000, 12), 20, 2),
            (spoilt(2600, 13), series(14, 14), 12, 2),
            (vec![1.0; 40], spoilt(200, 15), 6, 3),
        ] {
            let profile = MatrixProfile::params(m).measure(measure).neighbours(k).ab_join(&a, &b).unwrap();
            let (rows, columns) = (shapes(&a, m, measure), shapes(&b, m, measure));
            let what = format!("{measure:?}, {} with {}, m {m}", a.len(), b.len());
            agree(&what, profile.neighbours(), &least(&rows, &columns, m, measure, k, |_, _| true));
            assert!(profile.left().is_none() && profile.right().is_none() && profile.exclusion().is_none());
            for (i, d) in distance_profile(&a[..m], &b, measure).unwrap().into_iter().enumerate() {
                let wanted = distance(&rows[0], &columns[i], m, measure);
                assert!(d == wanted || (d - wanted).abs() < 1e-9 * (1.0 + wanted), "{what}, {i}: {d} {wanted}");
            }
        }
    }
}

/// A large offset takes no digits, a spike none that count.
#[test]
fn offsets_and_spikes_are_survived() {
    let (m, small) = (16, series(1500, 16));
    let plain = MatrixProfile::params(m).self_join(&small).unwrap();
    // A power of two, so that the sum is rounded and nothing else is.
    let offset: Vec<f64> = small.iter().map(|v| 1e6 + (v - 10.0) * 1e-3).collect();
    let shapes = shapes(&offset.iter().map(|v| v - 1e6).collect::<Vec<f64>>(), m, Measure::ZNormalised);
    let profile = MatrixProfile::params(m).self_join(&offset).unwrap();
    agree(
        "offset",
        profile.neighbours(),
        &least(&shapes, &shapes, m, Measure::ZNormalised, 1, |i, j| i.abs_diff(j) > 4),
    );
    for (a, b) in profile.distances().iter().zip(plain.distances()) {
        assert!((a - b).abs() < 1e-5);
    }
    let mut spiky = small.clone();
    spiky[700] = 1e6;
    let profile = MatrixProfile::params(m).self_join(&spiky).unwrap();
    for i in (0..1485).filter(|i| !(685..=700).contains(i)) {
        let touched = plain.indices()[i].is_some_and(|j| (685..=700).contains(&j));
        assert!(touched || (profile.distances()[i] - plain.distances()[i]).abs() < 1e-6, "{i}");
    }
}

#[test]
fn profiles_of_channels_are_those_of_all_pairs() {
    for measure in MEASURES {
        for (d, n, m, include, discords) in [
            (3, 300, 14, vec![], true),
            (3, 300, 14, vec![], false),
            (4, 200, 10, vec![2], true),
            (4, 200, 10, vec![3, 1], false),
            (1, 150, 9, vec![], true),
            (2, 1200, 6, vec![], true),
        ] {
            let channels: Vec<Vec<f64>> =
                (0..d).map(|c| if c == 1 { spoilt(n, c + 20) } else { series(n, c + 20) }).collect();
            let profile = MultiProfile::params(m)
                .measure(measure)
                .discords(discords)
                .include(&include)
                .self_join(&channels)
                .unwrap();
            let all: Vec<Vec<Shape>> = channels.iter().map(|x| shapes(x, m, measure)).collect();
            let zone = m.div_ceil(4);
            let count = n + 1 - m;
            for i in 0..count {
                let mut best = vec![f64::INFINITY; d as usize];
                for j in (0..count).filter(|j| i.abs_diff(*j) > zone) {
                    let of = |c: usize| distance(&all[c][i], &all[c][j], m, measure);
                    let mut rest: Vec<f64> = (0..d as usize).filter(|c| !include.contains(c)).map(of).collect();
                    rest.sort_by(f64::total_cmp);
                    if discords {
                        rest.reverse();
                    }
                    let sorted: Vec<f64> = include.iter().map(|c| of(*c)).chain(rest).collect();
                    for (k, best) in best.iter_mut().enumerate() {
                        *best = best.min(sorted[..=k].iter().sum::<f64>() / (k + 1) as f64);
                    }
                }
                for (k, &best) in best.iter().enumerate() {
                    let found = profile.distances(k + 1)[i];
                    let same = found == best || (found - best).abs() < 1e-9 * (1.0 + best);
                    assert!(same, "{measure:?}, {d} channels, {k}, {i}: {found} {best}");
                    let named = profile.channels_of(k + 1, i);
                    assert_eq!(named.len(), if found.is_finite() { k + 1 } else { 0 });
                    assert!(named.iter().zip(&include).all(|(a, b)| a == b));
                }
            }
        }
    }
}
