//! Hostile input to the matrix profile and its family.

use super::series;
use prognos::anomaly::discord::annotation::Annotation;
use prognos::anomaly::discord::{
    DiscordDetector, MatrixProfile, Measure, MultiProfile, Neighbours, Place, Regimes, StreamingProfile,
    distance_profile,
};
use prognos::anomaly::series::SeriesDetector;
use prognos::anomaly::stream::StreamingDetector;

const MEASURES: [Measure; 4] =
    [Measure::ZNormalised, Measure::EUCLIDEAN, Measure::Absolute { p: 1.0 }, Measure::Absolute { p: 32.0 }];

/// No NaN, nothing negative, infinite where there is no neighbour and nowhere else.
fn sane(what: &str, of: &Neighbours) {
    for rank in 0..of.k() {
        for (d, i) in of.distances_of(rank).iter().zip(of.indices_of(rank)) {
            assert!(*d >= 0.0 && d.is_finite() == i.is_some(), "{what}: {d} {i:?}");
        }
    }
}

#[test]
fn every_series_has_a_profile_or_an_error() {
    let all = series();
    for (name, x) in &all {
        for measure in MEASURES {
            for m in [3, 16, 33] {
                let what = format!("{name}, {measure:?}, m {m}");
                let params = MatrixProfile::params(m).measure(measure).neighbours(2);
                if let Ok(profile) = params.self_join(x) {
                    assert_eq!(profile.distances().len(), x.len() + 1 - m, "{what}");
                    for of in [Some(profile.neighbours()), profile.left(), profile.right()].into_iter().flatten() {
                        sane(&what, of);
                    }
                    if measure == Measure::ZNormalised {
                        let most = 2.0 * (m as f64).sqrt() * (1.0 + 1e-9);
                        assert!(profile.distances().iter().all(|d| d.is_infinite() || *d <= most), "{what}");
                    }
                    assert!(profile.discords(3).len() <= 3 && profile.motif().is_none_or(|found| found.2 >= 0.0));
                    let regimes = Regimes::of(&profile, m).unwrap();
                    assert!(regimes.curve().iter().all(|c| (0.0..=1.0).contains(c)), "{what}");
                    assert!(regimes.changes(5).len() <= 5);
                } else {
                    let too_long = x.len() < m;
                    assert!(too_long || matches!(measure, Measure::Absolute { .. }), "{what}");
                }
                if let Ok(d) = distance_profile(&x[..x.len().min(m)], x, measure) {
                    assert!(d.iter().all(|d| *d >= 0.0), "{what}");
                }
                // The rest meets every series: once is enough.
                if m != 16 {
                    continue;
                }
                if let Ok(mut stream) = StreamingProfile::params(m).measure(measure).keep(2 * m + 5).start(x) {
                    for (_, y) in &all {
                        for v in y {
                            if let Ok(score) = stream.push(*v) {
                                assert!(score >= 0.0 && score.is_finite(), "{what}: {score}");
                            }
                        }
                    }
                    assert!(stream.distances().iter().all(|d| *d >= 0.0), "{what}");
                }
                Annotation::complexity(x, m).ok();
                Annotation::stuck(x, m).ok();
                Annotation::clipping(x, m, -1.0, 1.0).ok();
                let channels = [x.as_slice(), x.as_slice()];
                if let Ok(several) = MultiProfile::params(m).measure(measure).self_join(&channels) {
                    assert!((1..=2).all(|k| several.distances(k).iter().all(|d| *d >= 0.0)), "{what}");
                }
                if let Ok(model) = DiscordDetector::params(m).measure(measure).fit(x) {
                    for (_, y) in &all {
                        if let Ok(scores) = model.score_series(y) {
                            assert_eq!(scores.len(), y.len());
                            assert!(scores.iter().all(|s| *s >= 0.0 && s.is_finite()), "{what}");
                            model.explain(y, y.len() / 2).ok();
                        }
                    }
                }
            }
        }
    }
}

#[test]
fn settings_are_checked() {
    let x: Vec<f64> = (0..50).map(|i| (i as f64).sin()).collect();
    let params = || MatrixProfile::params(5);
    for bad in [
        MatrixProfile::params(0),
        MatrixProfile::params(2),
        MatrixProfile::params(51),
        MatrixProfile::params(usize::MAX),
        params().neighbours(0),
        params().neighbours(1001),
        params().fraction(0.0),
        params().fraction(1.5),
        params().fraction(f64::NAN),
        params().measure(Measure::Absolute { p: 0.5 }),
        params().measure(Measure::Absolute { p: f64::NAN }),
        params().measure(Measure::Absolute { p: f64::INFINITY }),
    ] {
        assert!(bad.self_join(&x).is_err(), "{bad:?}");
        assert!(bad.ab_join(&x, &x).is_err() || bad == params().fraction(0.5), "{bad:?}");
    }
    // No partner at all, more neighbours than there are.
    let alone = params().exclusion(usize::MAX).neighbours(1000).self_join(&x).unwrap();
    assert!(alone.distances().iter().all(|d| d.is_infinite()) && alone.discords(5).is_empty());
    assert!(alone.motif().is_none());
    assert!(params().ab_join(&x, &x[..4]).is_err() && params().ab_join(&[], &x).is_err());
    assert!(MatrixProfile::params(50).self_join(&x).unwrap().indices() == [None]);
    assert!(params().fraction(1e-9).self_join(&x).unwrap().done() > 0.0);

    assert!(StreamingProfile::params(5).keep(9).start(&x).is_err());
    let mut stream = StreamingProfile::params(5).start(&[]).unwrap();
    assert!(stream.update(&[]).is_err() && stream.update(&[1.0, 2.0]).is_err() && stream.update(&[f64::NAN]).is_err());
    assert_eq!((stream.update(&[1.0]).unwrap(), stream.width()), (0.0, 1));
    let before = stream.clone();
    assert!(stream.push(1e308).is_err() && stream == before);

    let none: [&[f64]; 0] = [];
    assert!(MultiProfile::params(5).self_join(&none).is_err());
    assert!(MultiProfile::params(5).self_join(&[&x[..], &x[..49]]).is_err());
    assert!(MultiProfile::params(5).include(&[1]).self_join(&[&x]).is_err());
    assert!(MultiProfile::params(5).include(&[0, 0]).self_join(&[&x]).is_err());
    let one = MultiProfile::params(5).self_join(&[&x]).unwrap();
    assert!(one.distances(0).is_empty() && one.distances(2).is_empty() && one.indices(2).is_empty());
    assert!(one.channels_of(1, 999).is_empty() && one.discords(7, 1).is_empty());

    assert!(DiscordDetector::params(5).neighbours(47).fit(&x).is_err());
    assert!(DiscordDetector::params(2).fit(&x).is_err());
    let model = DiscordDetector::params(5).place(Place::End).fit(&x).unwrap();
    assert!(model.score_series(&x[..4]).is_err() && model.explain(&x, 50).is_err());
    assert!(model.score_series(&[f64::NAN; 9]).is_err());

    let joined = params().ab_join(&x, &x).unwrap();
    assert!(Regimes::of(&joined, 5).is_err());
    assert!(Regimes::against(&[Some(7)], 1, &[1.0]).is_err() && Regimes::against(&[None], 1, &[]).is_err());
    assert!(Annotation::new(vec![1.5]).is_err() && Annotation::new(vec![f64::NAN]).is_err());
    assert!(Annotation::clipping(&x, 5, 1.0, 1.0).is_err() && Annotation::complexity(&x, 1).is_err());
    assert!(Annotation::new(vec![1.0]).unwrap().for_discords(&joined).is_err());
}
