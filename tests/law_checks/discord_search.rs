//! Laws of the searches for discords.

use super::{noise, same_bits_on_any_threads};
use prognos::anomaly::discord::{Damp, DiscordEnsemble, LeftNeighbour, MatrixProfile, Measure, Merlin};
use std::ops::ControlFlow;

const MEASURES: [Measure; 2] = [Measure::ZNormalised, Measure::EUCLIDEAN];

fn series(n: usize, seed: u64) -> Vec<f64> {
    noise(n, seed).iter().enumerate().map(|(i, e)| (i as f64 * 0.21).sin() + 0.3 * e + 5.0).collect()
}

#[test]
fn same_bits_on_threads() {
    let (x, reference) = (series(9000, 1), series(2000, 2));
    same_bits_on_any_threads("searches", || {
        let mut all = Vec::new();
        for measure in MEASURES {
            let damp =
                Damp::params(30).measure(measure).count(3).max_lag(4000).search_with(&x, 500, &reference).unwrap();
            all.extend(damp.profile());
            all.extend(damp.discords().iter().flat_map(|d| [d.location as f64, d.distance]));
            let merlin = Merlin::params(20, 30).step(5).measure(measure).count(2).search(&x).unwrap();
            all.extend(
                merlin.lengths().iter().flat_map(|l| l.discords.iter().flat_map(|d| [d.location as f64, d.distance])),
            );
        }
        let ensemble = DiscordEnsemble::params(&[15, 30]).search(&x, 2000).unwrap();
        all.extend(ensemble.scores());
        all
    });
}

/// The searches are the profile's discords.
#[test]
fn searches_are_the_profile() {
    for seed in 0..3 {
        let x = series(5000, seed);
        for measure in MEASURES {
            let profile = MatrixProfile::params(25).measure(measure).self_join(&x).unwrap();
            let left = profile.left().unwrap();
            let damp = Damp::params(25).measure(measure).search(&x, 1000).unwrap();
            let top = (1000..left.len()).max_by(|&i, &j| left.distances()[i].total_cmp(&left.distances()[j])).unwrap();
            let found = damp.discords()[0];
            assert_eq!((found.location, found.distance.to_bits()), (top, left.distances()[top].to_bits()));
            assert_eq!(found.neighbour, LeftNeighbour::Past(left.indices()[top].unwrap()));
            assert!(damp.profile()[1000..].iter().zip(&left.distances()[1000..]).all(|(bound, d)| bound >= d));

            let merlin = Merlin::params(25, 25).measure(measure).count(3).exclusion(0.25).search(&x).unwrap();
            for (found, expected) in merlin.lengths()[0].discords.iter().zip(profile.discords(3)) {
                assert_eq!(
                    (found.location, found.distance.to_bits()),
                    (expected.location, expected.distance.to_bits())
                );
            }
        }
    }
}

/// A reference of what is to come leaves no discord; less of a past can only leave larger distances.
#[test]
fn more_neighbours_are_nearer() {
    let x = series(3000, 7);
    let known = Damp::params(20).search_with(&x, 100, &x).unwrap();
    assert_eq!(known.discords()[0].distance, 0.0);
    let distance = |lag: usize| Damp::params(20).max_lag(lag).search(&x, 1500).unwrap().discords()[0].distance;
    assert!(distance(100) >= distance(1000) && distance(1000) >= distance(5000));
    let all = Damp::params(20).search(&x, 1500).unwrap().discords()[0];
    assert_eq!(distance(3000).to_bits(), all.distance.to_bits());
}

/// Stopped at any time: what is reported is true, and said to be incomplete.
#[test]
fn stopped_searches_say_so() {
    let x = series(6000, 9);
    let exact = MatrixProfile::params(25).self_join(&x).unwrap();
    let left = exact.left().unwrap().distances();
    for stop in [1, 2, 3, 5, 9] {
        let mut asked = 0;
        let damp = Damp::params(25)
            .search_while(&x, 1000, &[], |p| {
                assert!((0.0..=1.0).contains(&p.done));
                asked += 1;
                if asked == stop { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
            })
            .unwrap();
        assert_eq!(damp.is_certain(), asked < stop);
        assert!(damp.is_certain() || damp.done() <= 1.0);
        for found in damp.discords() {
            assert_eq!(found.distance.to_bits(), left[found.location].to_bits());
        }
    }
    let merlin = Merlin::params(20, 60)
        .search_while(&x, |p| if p.done > 0.5 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) });
    let merlin = merlin.unwrap();
    assert!(!merlin.is_certain() && (15..30).contains(&merlin.lengths().len()), "{}", merlin.lengths().len());
}

/// The member chosen is the one whose discord stands out most, whatever was given up on the way; the scores have their peak there.
#[test]
fn ensembles_choose_the_most_prominent() {
    for seed in 0..4 {
        let mut x = series(6000, seed);
        for (k, v) in x[4000..4010 + 20 * seed as usize].iter_mut().enumerate() {
            *v += if seed % 2 == 0 { 0.8 } else { (k as f64 * 2.0).sin() };
        }
        let lengths = [15, 30, 61];
        let ensemble = DiscordEnsemble::params(&lengths).search(&x, 2000).unwrap();
        assert!(ensemble.is_certain() && ensemble.members().len() == 6);
        let mut best = (0.0, 0, 0);
        for measure in MEASURES {
            for m in lengths {
                let profile = MatrixProfile::params(m).measure(measure).exclusion(m.div_ceil(2)).self_join(&x).unwrap();
                let mut distances = profile.distances().to_vec();
                distances[..2000 - m / 2].fill(0.0);
                let top = |d: &[f64]| (0..d.len()).fold(0, |a, i| if d[i] > d[a] { i } else { a });
                let first = top(&distances);
                let distance = distances[first];
                distances[(first + 1).saturating_sub(m)..(first + m).min(profile.distances().len())].fill(0.0);
                let prominence = distance / distances[top(&distances)];
                if prominence > best.0 {
                    best = (prominence, m, first);
                }
            }
        }
        let chosen = ensemble.chosen().unwrap();
        assert_eq!((chosen.prominence().to_bits(), chosen.length()), (best.0.to_bits(), best.1));
        assert_eq!(chosen.discord().unwrap().location, best.2);
        assert_eq!(ensemble.location(), Some(best.2 + best.1 / 2));
        let scores = ensemble.scores();
        assert_eq!(scores.len(), x.len());
        let peak = (0..scores.len()).fold(0, |a, i| if scores[i] > scores[a] { i } else { a });
        assert_eq!((Some(peak), scores[peak].to_bits()), (ensemble.location(), chosen.prominence().to_bits()));
    }
}
