//! Hostile input to the searches for discords.

use super::series;
use prognos::anomaly::discord::{Damp, DiscordEnsemble, Measure, Merlin};

const MEASURES: [Measure; 3] = [Measure::ZNormalised, Measure::EUCLIDEAN, Measure::Absolute { p: 32.0 }];

#[test]
fn every_series_has_discords_or_an_error() {
    let all = series();
    for (name, x) in &all {
        for measure in MEASURES {
            for m in [3, 8, 33] {
                let what = format!("{name}, {measure:?}, m {m}");
                for train in [0, 5, 40, usize::MAX] {
                    let params = Damp::params(m).measure(measure).count(2);
                    for damp in [
                        params.search(x, train),
                        params.clone().max_lag(m).search(x, train),
                        params.search_with(x, train, &all[20].1),
                        params.search_with(x, train, x),
                    ]
                    .into_iter()
                    .flatten()
                    {
                        assert_eq!(damp.profile().len(), x.len() + 1 - m, "{what}");
                        assert!(damp.profile().iter().all(|d| *d >= 0.0), "{what}");
                        assert!(damp.discords().iter().all(|d| d.distance >= 0.0 && d.distance.is_finite()), "{what}");
                        assert!(damp.discords().iter().all(|d| d.location >= train), "{what}");
                    }
                }
                for train in [0, 5, 40, usize::MAX] {
                    let Ok(ensemble) = DiscordEnsemble::params(&[m, 4]).measures(&[measure]).search(x, train) else {
                        continue;
                    };
                    assert_eq!(ensemble.scores().len(), x.len(), "{what}");
                    assert!(ensemble.scores().iter().all(|s| *s >= 0.0), "{what}");
                    assert!(ensemble.members().iter().all(|m| m.prominence() >= 1.0), "{what}");
                    assert!(ensemble.location().is_none_or(|at| at >= train && at < x.len()), "{what}");
                }
                match Merlin::params(m, m + 2).measure(measure).count(2).search(x) {
                    Ok(merlin) => {
                        assert_eq!(merlin.lengths().len(), 3, "{what}");
                        for discord in merlin.lengths().iter().flat_map(|l| &l.discords) {
                            assert!(discord.distance >= 0.0 && discord.distance.is_finite(), "{what}");
                        }
                        let _ = merlin.strongest();
                    }
                    Err(_) => {
                        let too_long = x.len() < m + 2;
                        assert!(too_long || matches!(measure, Measure::Absolute { .. }), "{what}");
                    }
                }
            }
        }
    }
}

#[test]
fn settings_are_checked() {
    let x: Vec<f64> = (0..100).map(|i| (i as f64 * 0.3).sin()).collect();
    let name = |error: prognos::Error| error.to_string();
    assert!(name(Damp::params(2).search(&x, 0).unwrap_err()).contains("`window`"));
    assert!(name(Damp::params(8).count(0).search(&x, 0).unwrap_err()).contains("`count`"));
    assert!(name(Damp::params(8).max_lag(2).search(&x, 0).unwrap_err()).contains("`max_lag`"));
    assert!(name(Damp::params(8).measure(Measure::Absolute { p: 0.5 }).search(&x, 0).unwrap_err()).contains("`p`"));
    assert!(name(Damp::params(8).search(&x, 93).unwrap_err()).contains("101"));
    assert!(name(Damp::params(8).search_with(&x, 0, &x[..7]).unwrap_err()).contains("reference"));
    assert!(name(Merlin::params(2, 9).search(&x).unwrap_err()).contains("`min`"));
    assert!(name(Merlin::params(9, 8).search(&x).unwrap_err()).contains("`max`"));
    assert!(name(Merlin::params(8, 9).step(0).search(&x).unwrap_err()).contains("`step`"));
    assert!(name(Merlin::params(8, 9).exclusion(f64::NAN).search(&x).unwrap_err()).contains("`exclusion`"));
    assert!(name(Merlin::params(8, 9).count(1001).search(&x).unwrap_err()).contains("`count`"));
    assert!(name(Merlin::params(8, 101).search(&x).unwrap_err()).contains("101"));
    assert!(Damp::params(8).search(&x, 92).is_ok() && Merlin::params(8, 100).search(&x).is_ok());
    let ensemble = |lengths: &[usize]| DiscordEnsemble::params(lengths);
    assert!(name(ensemble(&[]).search(&x, 0).unwrap_err()).contains("`lengths`"));
    assert!(name(ensemble(&[9, 2]).search(&x, 0).unwrap_err()).contains("`lengths`"));
    assert!(name(ensemble(&[9; 501]).search(&x, 0).unwrap_err()).contains("1002"));
    assert!(name(ensemble(&[9]).measures(&[]).search(&x, 0).unwrap_err()).contains("`measures`"));
    assert!(name(ensemble(&[9]).exclusion(1.5).search(&x, 0).unwrap_err()).contains("`exclusion`"));
    assert!(name(ensemble(&[9, 20]).search(&x, 81).unwrap_err()).contains("101"));
    // Nothing before the first stretch: no discord, no error.
    assert!(Damp::params(100).search(&x, 0).unwrap().discords().is_empty());
}
