//! Laws of the matrix profile and its family.

use super::{noise, same_bits_on_any_threads};
use prognos::anomaly::discord::annotation::Annotation;
use prognos::anomaly::discord::{
    DiscordDetector, MatrixProfile, Measure, MultiProfile, Place, Regimes, StreamingProfile, distance_profile,
};
use prognos::anomaly::series::SeriesDetector;
use prognos::anomaly::stream::StreamingDetector;
use std::ops::ControlFlow;

const MEASURES: [Measure; 3] = [Measure::ZNormalised, Measure::EUCLIDEAN, Measure::Absolute { p: 1.0 }];

fn series(n: usize, seed: u64) -> Vec<f64> {
    noise(n, seed).iter().enumerate().map(|(i, e)| (i as f64 * 0.21).sin() + 0.3 * e + 5.0).collect()
}

fn places(of: &[Option<usize>]) -> impl Iterator<Item = f64> + '_ {
    of.iter().map(|j| j.map_or(-1.0, |j| j as f64))
}

fn numbers(profile: &MatrixProfile) -> Vec<f64> {
    let mut all = Vec::new();
    for of in [Some(profile.neighbours()), profile.left(), profile.right()].into_iter().flatten() {
        for rank in 0..of.k() {
            all.extend(of.distances_of(rank));
            all.extend(places(of.indices_of(rank)));
        }
    }
    all
}

#[test]
fn same_bits_on_threads() {
    let x = series(6000, 1);
    same_bits_on_any_threads("matrix profiles", || {
        let mut all = Vec::new();
        for measure in MEASURES {
            let params = MatrixProfile::params(30).measure(measure).neighbours(2);
            all.extend(numbers(&params.self_join(&x).unwrap()));
            all.extend(numbers(&params.ab_join(&x[..2500], &x[2500..]).unwrap()));
            all.extend(numbers(&params.fraction(0.2).seed(3).self_join(&x).unwrap()));
            all.extend(distance_profile(&x[..30], &x, measure).unwrap());
        }
        let several = MultiProfile::params(30).self_join(&[&x[..3000], &x[3000..]]).unwrap();
        for k in 1..=2 {
            all.extend(several.distances(k));
            all.extend(places(several.indices(k)));
        }
        all.extend(Annotation::complexity(&x, 30).unwrap().weights());
        all
    });
}

/// All diagonals in any order are the exact profile; fewer can only leave distances larger.
#[test]
fn any_time_is_exact_in_the_end() {
    let x = series(3000, 2);
    for measure in MEASURES {
        let params = MatrixProfile::params(25).measure(measure).seed(11);
        let exact = params.self_join(&x).unwrap();
        let mut told = Vec::new();
        let random = params
            .self_join_while(&x, |p| {
                told.push(p.done);
                ControlFlow::Continue(())
            })
            .unwrap();
        assert_eq!(exact.distances(), random.distances());
        assert!(told.is_sorted() && told.last() == Some(&1.0) && told.len() > 10);
        let some = params.clone().fraction(0.3).self_join(&x).unwrap();
        assert!((some.done() - 0.3).abs() < 0.01);
        assert!(some.distances().iter().zip(exact.distances()).all(|(s, e)| s >= e));
        assert_ne!(some.distances(), exact.distances());
        assert_eq!(some, params.clone().fraction(0.3).self_join(&x).unwrap());
        assert_ne!(some, params.clone().fraction(0.3).seed(12).self_join(&x).unwrap());
        let stopped = params.self_join_while(&x, |_| ControlFlow::Break(())).unwrap();
        assert!(stopped.done() > 0.0 && stopped.done() < 0.5);
    }
}

/// With gaps and stuck stretches, and with samples forgotten on the way.
#[test]
fn streaming_equals_batch() {
    let mut x = series(2500, 3);
    x[900] = f64::NAN;
    x[1500] = f64::INFINITY;
    x[300..340].fill(5.0);
    x[1200..1260].fill(4.0);
    let m = 20;
    let bits = |v: &[f64]| v.iter().map(|d| d.to_bits()).collect::<Vec<_>>();
    for measure in MEASURES {
        let batch = MatrixProfile::params(m).measure(measure).self_join(&x).unwrap();
        for start in [0, 7, 500, 1300] {
            let mut stream = StreamingProfile::params(m).measure(measure).start(&x[..start]).unwrap();
            for v in &x[start..] {
                let score = stream.push(*v).unwrap();
                let last = stream.left_distances().last().copied().unwrap_or(0.0);
                assert!(score == last || last.is_infinite() && score == 0.0);
            }
            let left = batch.left().unwrap();
            assert_eq!(bits(stream.left_distances()), bits(left.distances()), "{measure:?}, {start}");
            for (i, (a, b)) in stream.left_indices().iter().zip(left.indices()).enumerate() {
                // Stretches that repeat to the digit tie: either is the nearest.
                let same = a == b || {
                    let all = distance_profile(&x[i..i + m], &x, measure).unwrap();
                    all[a.unwrap()] == all[b.unwrap()]
                };
                assert!(same, "{measure:?}, {start}: {a:?} {b:?}");
            }
            assert_eq!(bits(stream.distances()), bits(batch.distances()), "{measure:?}, {start}");
            assert_eq!(stream.first(), 0);
        }
        // What is kept is all there is: the left distance among the last samples.
        let keep = 400;
        let mut stream = StreamingProfile::params(m).measure(measure).keep(keep).start(&x[..600]).unwrap();
        for (i, v) in x.iter().enumerate().skip(600) {
            stream.push(*v).unwrap();
            assert_eq!((stream.first(), stream.distances().len()), (i + 1 - keep, keep + 1 - m));
            if i % 97 == 0 {
                let kept = &x[i + 1 - keep..=i];
                let own = MatrixProfile::params(m).measure(measure).self_join(kept).unwrap();
                let wanted = own.left().unwrap().distances().last().copied();
                assert_eq!(stream.left_distances().last().copied(), wanted, "{measure:?}, {i}");
            }
        }
    }
}

#[test]
fn a_known_profile_is_taken_up() {
    let x = series(800, 4);
    let profile = MatrixProfile::params(20).self_join(&x[..600]).unwrap();
    let params = StreamingProfile::params(20);
    let (mut a, mut b) = (params.start(&x[..600]).unwrap(), params.resume(&x[..600], &profile).unwrap());
    assert_eq!(a, b);
    for v in &x[600..] {
        assert_eq!(a.push(*v).unwrap(), b.push(*v).unwrap());
    }
    assert!(params.resume(&x, &profile).is_err());
    assert!(params.clone().measure(Measure::EUCLIDEAN).resume(&x[..600], &profile).is_err());
    assert!(StreamingProfile::params(21).resume(&x[..600], &profile).is_err());
    let joined = MatrixProfile::params(20).ab_join(&x[..600], &x).unwrap();
    assert!(params.resume(&x[..600], &joined).is_err());
}

#[test]
fn what_was_never_seen_scores_higher() {
    let healthy = series(1500, 5);
    let mut today = series(900, 6);
    today[500..520].fill(9.0);
    for measure in MEASURES {
        for place in [Place::Middle, Place::End] {
            let model = DiscordDetector::params(40).measure(measure).place(place).fit(&healthy).unwrap();
            let scores = model.score_series(&today).unwrap();
            assert_eq!(scores.len(), 900);
            let worst = (0..900).max_by(|&a, &b| scores[a].total_cmp(&scores[b])).unwrap();
            assert!((480..560).contains(&worst), "{measure:?} {worst}");
            for sample in [0, 17, 450, worst, 899] {
                let why = model.explain(&today, sample).unwrap();
                assert!((why.distance - scores[sample]).abs() < 1e-9, "{measure:?} {sample}");
                let p = if let Measure::Absolute { p } = measure { p } else { 2.0 };
                let total: f64 = why.contributions.iter().sum();
                assert!((total - why.distance.powf(p)).abs() < 1e-9 * (1.0 + total), "{measure:?} {sample}");
                assert_eq!((why.contributions.len(), why.healthy.len()), (40, 40));
            }
        }
        let mut stream = StreamingProfile::params(40).measure(measure).start(&healthy).unwrap();
        let scores: Vec<f64> = today.iter().map(|v| stream.update(&[*v]).unwrap()).collect();
        // Afterwards the fault itself is known.
        let worst = (0..900).max_by(|&a, &b| scores[a].total_cmp(&scores[b])).unwrap();
        assert!((500..560).contains(&worst), "{measure:?} {worst}");
    }
    // The score at the end of a stretch uses no later sample.
    let model = DiscordDetector::params(40).place(Place::End).fit(&healthy).unwrap();
    let (all, some) = (model.score_series(&today).unwrap(), model.score_series(&today[..600]).unwrap());
    assert!((40..600).all(|i| (all[i] - some[i]).abs() < 1e-9));
}

#[test]
fn regimes_and_annotations_keep_their_ranges() {
    let x: Vec<f64> = series(700, 7).into_iter().chain(noise(700, 8)).collect();
    let profile = MatrixProfile::params(30).self_join(&x).unwrap();
    let regimes = Regimes::of(&profile, 150).unwrap();
    assert!(regimes.curve().iter().all(|c| (0.0..=1.0).contains(c)));
    assert!(regimes.changes(1)[0].abs_diff(690) < 60, "{:?}", regimes.changes(1));
    let changes = regimes.changes(99);
    assert!(changes.iter().enumerate().all(|(k, a)| changes[..k].iter().all(|b| a.abs_diff(*b) >= 150)));
    let complex = Annotation::complexity(&x, 30).unwrap();
    let both = complex.and(&Annotation::clipping(&x, 30, 4.5, 5.5).unwrap()).unwrap();
    for annotation in [complex, both, Annotation::stuck(&x, 30).unwrap()] {
        assert!(annotation.weights().iter().all(|w| (0.0..=1.0).contains(w)));
        let (less, more) = (annotation.for_discords(&profile).unwrap(), annotation.for_motifs(&profile).unwrap());
        for (d, (l, m)) in profile.distances().iter().zip(less.iter().zip(&more)) {
            assert!(l <= d && m >= d);
        }
    }
}

#[cfg(feature = "persist")]
mod saved {
    use super::*;
    use prognos::persist::{Persist, from_bytes, from_json, to_bytes, to_json};
    use serde_json::{Value, json};

    fn both_forms<M: Persist + PartialEq + std::fmt::Debug>(model: &M) -> [M; 2] {
        let text: M = from_json(&to_json(model).unwrap()).unwrap();
        let bytes: M = from_bytes(&to_bytes(model).unwrap()).unwrap();
        assert_eq!((model, model), (&text, &bytes));
        [text, bytes]
    }

    fn refused<M: Persist + std::fmt::Debug>(model: &M, change: impl Fn(&mut Value)) -> bool {
        let mut file: Value = serde_json::from_str(&to_json(model).unwrap()).unwrap();
        assert!(from_json::<M>(&file.to_string()).is_ok());
        change(&mut file["model"]);
        from_json::<M>(&file.to_string()).is_err()
    }

    #[test]
    fn saved_equals_fitted() {
        let mut x = series(1500, 9);
        x[100..140].fill(5.0);
        x[1100] = f64::NAN;
        for measure in MEASURES {
            both_forms(&MatrixProfile::params(20).measure(measure).neighbours(2).self_join(&x).unwrap());
            both_forms(&MatrixProfile::params(20).measure(measure).ab_join(&x[..300], &x[300..]).unwrap());
            let model = DiscordDetector::params(20).measure(measure).fit(&x[..1000]).unwrap();
            for again in both_forms(&model) {
                assert_eq!(model.score_series(&x[..500]).unwrap(), again.score_series(&x[..500]).unwrap());
            }
            for keep in [None, Some(300), Some(5000)] {
                let params = StreamingProfile::params(20).measure(measure);
                let params = keep.map_or(params.clone(), |k| params.keep(k));
                let mut stream = params.start(&x[..800]).unwrap();
                x[800..1105].iter().for_each(|v| assert!(stream.push(*v).is_ok()));
                for mut again in both_forms(&stream) {
                    let mut own = stream.clone();
                    for v in &x[1105..] {
                        assert_eq!(own.push(*v).unwrap().to_bits(), again.push(*v).unwrap().to_bits());
                    }
                    assert_eq!(own, again);
                }
            }
        }
    }

    #[test]
    fn hostile_files_are_refused() {
        let x = series(200, 10);
        let profile = MatrixProfile::params(20).self_join(&x).unwrap();
        for change in [
            |m: &mut Value| m["window"] = json!(2),
            |m: &mut Value| m["done"] = json!(1.5),
            |m: &mut Value| m["exclusion"] = json!(null),
            |m: &mut Value| m["nearest"]["k"] = json!(0),
            |m: &mut Value| m["nearest"]["k"] = json!(7),
            |m: &mut Value| m["nearest"]["distances"][3] = json!(-1.0),
            |m: &mut Value| m["nearest"]["distances"][3] = json!(null),
            |m: &mut Value| m["left"]["indices"][30] = json!(1_000_000),
            |m: &mut Value| m["left"] = json!(null),
            |m: &mut Value| m["more"] = json!(1),
        ] {
            assert!(refused(&profile, change));
        }
        let model = DiscordDetector::params(20).fit(&x).unwrap();
        for change in [
            |m: &mut Value| m["params"]["window"] = json!(201),
            |m: &mut Value| m["params"]["neighbours"] = json!(500),
            |m: &mut Value| m["healthy"] = json!([]),
            |m: &mut Value| m["healthy"][3] = json!(null),
        ] {
            assert!(refused(&model, change));
        }
        let stream = StreamingProfile::params(20).keep(100).start(&x).unwrap();
        for change in [
            |m: &mut Value| m["params"]["keep"] = json!(30),
            |m: &mut Value| m["params"]["keep"] = json!(150),
            |m: &mut Value| m["first"] = json!(u64::MAX),
            |m: &mut Value| m["scale"] = json!(3.0),
            |m: &mut Value| m["scale"] = json!(-1.0),
            |m: &mut Value| m["samples"][3] = json!(1e300),
            |m: &mut Value| m["running"] = json!([]),
            |m: &mut Value| m["gaps"] = json!([5, 5]),
            |m: &mut Value| m["gaps"] = json!([100]),
            |m: &mut Value| m["indices"][0] = json!(1000),
            |m: &mut Value| m["left_distances"] = json!([1.0]),
        ] {
            assert!(refused(&stream, change));
        }
    }
}
