//! Tails, streams of limits, rules, combined scores and peers on hostile input.

use super::{series, tables};
use prognos::Error;
use prognos::anomaly::{
    BiSpot, Combination, Combiner, Detector, DriftSpot, Events, GeneralisedPareto, MixedRule, PeerDistance, PeerScores,
    Peers, Scale, Spot, Threshold,
};

#[test]
fn hostile_series() {
    for (what, x) in series() {
        let bad = x.iter().any(|v| !v.is_finite());
        if let Ok(law) = GeneralisedPareto::fit(&x) {
            assert!(law.gamma() >= -1.0 && law.sigma() > 0.0 && law.quantile(0.01).is_finite(), "{what}: {law:?}");
        }
        for threshold in [
            Threshold::pot(1e-3),
            Threshold::pot_above(1e-3, 0.5),
            Threshold::gesd(0.05, 0.5),
            Threshold::mixed(MixedRule::Fence),
            Threshold::mixed(MixedRule::MeanMad),
            Threshold::mixed(MixedRule::OneSigma),
            Threshold::mixed(MixedRule::Chauvenet),
            Threshold::mixed(MixedRule::ThompsonTau),
            Threshold::mixed(MixedRule::Gesd),
            Threshold::mixed(MixedRule::PeakWidth),
            Threshold::mixed(MixedRule::TailArea),
            Threshold::mixed(MixedRule::YeoJohnson),
            Threshold::mixed(MixedRule::Karcher),
        ] {
            match threshold.fit(&x) {
                Ok(limit) => assert!(limit.value().is_finite() && !bad, "{what} {threshold:?}"),
                Err(error) if bad => assert!(matches!(error, Error::NonFinite { .. }), "{what}: {error}"),
                Err(_) => {}
            }
        }
        for level in [0.5, 0.8, 0.98] {
            if let Ok(mut spot) = Spot::fit_above(&x, 1e-3, level) {
                for (_, y) in series() {
                    for v in y {
                        let _ = spot.update(v);
                    }
                }
                assert!(!spot.limit().is_nan(), "{what}");
            }
            if let Ok(mut spot) = BiSpot::fit_above(&x, 1e-3, level) {
                for v in [0.0, f64::MAX, -f64::MAX, 5e-324, f64::NAN, 1.0] {
                    let _ = spot.update(v);
                }
            }
            for depth in [1, 7, usize::MAX] {
                if let Ok(mut spot) = DriftSpot::fit_above(&x, 1e-3, depth, level) {
                    for v in [0.0, f64::MAX, -f64::MAX, 5e-324, f64::NAN, 1.0] {
                        let _ = spot.update(v);
                    }
                }
            }
        }
        for peers in [Peers::mad(), Peers::mad_at_least(1e-3), Peers::dbscan(0.5), Peers::dbscan(1e300)] {
            if let Ok(scores) = peers.score_time(&x) {
                assert!(scores.iter().all(|s| s.is_nan() || (*s >= 0.0 && s.is_finite())), "{what}");
            }
        }
    }
}

#[test]
fn hostile_tables() {
    for (what, x) in tables() {
        for scale in [Scale::Rank, Scale::Sigma, Scale::Robust, Scale::Unify, Scale::Tail] {
            for how in [
                Combination::Mean,
                Combination::Maximum,
                Combination::Pareto,
                Combination::Weighted(vec![1.0, 0.0, 2.0]),
            ] {
                if let Ok(model) = Combiner::params().scale(scale).combination(how).fit(&x) {
                    if let Ok(scores) = model.score(&x) {
                        assert!(scores.iter().all(|s| s.is_finite()), "{what}");
                    }
                    for row in [[f64::MAX, -f64::MAX, 0.0], [1e300, 1e300, 1e300]] {
                        if let Ok(score) = model.score_row(&row) {
                            assert!(score.is_finite(), "{what}");
                            let _ = model.explain(ndarray::ArrayView1::from(&row));
                        }
                    }
                }
            }
        }
        if let Ok(scores) = Peers::mad().score(&x) {
            let _ = scores.events(&Events::above(3.0)).unwrap();
            assert!(scores.events(&Events::above(f64::NAN)).is_err());
        }
        let _ = PeerScores::typical_spread(&x);
        if let Ok(found) = PeerDistance::new().score(&x) {
            assert!(found.iter().all(|a| a.score().is_finite()), "{what}");
        }
    }
}

#[test]
fn bad_settings_are_named() {
    let x: Vec<f64> = (0..2000).map(|i| (f64::from(i) * 0.7).sin()).collect();
    let named = |result: prognos::Result<String>| match result {
        Err(Error::Parameter { name, .. }) => name.into_owned(),
        other => panic!("{other:?}"),
    };
    let of = |t: Threshold| named(t.fit(&x).map(|l| l.to_string()));
    for bad in [0.0, 1.0, -1.0, f64::NAN, 0.5] {
        assert_eq!(of(Threshold::pot(bad)), "q");
        assert_eq!(named(Spot::fit(&x, bad).map(|_| String::new())), "q");
    }
    for bad in [0.0, 1.0, f64::NAN] {
        assert_eq!(of(Threshold::pot_above(1e-3, bad)), "level");
        assert_eq!(of(Threshold::gesd(bad, 0.1)), "alpha");
    }
    for bad in [0.0, 0.6, f64::NAN] {
        assert_eq!(of(Threshold::gesd(0.05, bad)), "fraction");
    }
    assert_eq!(named(DriftSpot::fit(&x, 1e-3, 0).map(|_| String::new())), "depth");
    assert_eq!(named(GeneralisedPareto::fit(&[1.0, -1.0]).map(|_| String::new())), "excesses");
    assert_eq!(named(GeneralisedPareto::new(0.1, 0.0).map(|_| String::new())), "sigma");
    assert_eq!(named(Peers::dbscan(0.0).score_time(&x).map(|_| String::new())), "epsilon");
    assert_eq!(named(Peers::mad_at_least(-1.0).score_time(&x).map(|_| String::new())), "resolution");
    let table = ndarray::Array2::from_shape_fn((30, 2), |(i, j)| ((i * (j + 1)) as f64).sin());
    assert_eq!(named(PeerDistance::new().shrinkage(0.0).score(&table).map(|_| String::new())), "shrinkage");
    for bad in [vec![-1.0, 1.0], vec![0.0, 0.0], vec![f64::NAN, 1.0], vec![]] {
        let params = Combiner::params().combination(Combination::Weighted(bad));
        assert_eq!(named(params.fit(&table).map(|_| String::new())), "weights");
    }
    let params = Combiner::params().combination(Combination::Weighted(vec![1.0; 3]));
    assert!(matches!(params.fit(&table), Err(Error::Shape { .. })));
    assert!(matches!(Spot::fit(&x[..400], 1e-3), Err(Error::TooFew { needed: 10, .. })));
    assert!(matches!(Peers::mad().score_time(&[1.0, 2.0]), Err(Error::TooFew { .. })));
}
