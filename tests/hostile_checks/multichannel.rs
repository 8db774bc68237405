//! Hostile input to relations of channels.

use super::{series, tables};
use prognos::features::NanPolicy;
use prognos::features::multichannel::{ChannelRelations, Relation};
use prognos::signal::{Recording, SampleRate, Signal, WindowSpec};

fn everything() -> ChannelRelations {
    ChannelRelations::new(vec![
        Relation::Correlation,
        Relation::CrossCorrelationPeak { max_lag: 3 },
        Relation::CrossCorrelationLag { max_lag: usize::MAX },
        Relation::CoherenceMean { nperseg: 16 },
        Relation::CoherenceAt { frequency: 1e300, nperseg: 2 },
        Relation::CoherenceBand { high: 0.2, low: 0.1, nperseg: 1 << 20 },
        Relation::PhaseAt { frequency: 0.1 },
        Relation::AmplitudeRatioAt { frequency: 1e9 },
        Relation::LargestShare,
        Relation::SmallestShare,
        Relation::EffectiveRank,
        Relation::MeanAbsoluteCorrelation,
    ])
    .unwrap()
}

#[test]
fn every_relation_of_every_pair_is_finite_or_nan() {
    let set = everything();
    let all = series();
    for (name, x) in &all {
        for (other, y) in &all {
            for policy in [NanPolicy::Propagate, NanPolicy::Omit, NanPolicy::Error] {
                let set = set.clone().nan_policy(policy);
                match set.compute(&[x, y], SampleRate::ONE_HZ) {
                    Ok(row) => {
                        assert_eq!(x.len(), y.len());
                        assert!(row.iter().all(|v| !v.is_infinite()), "{name} and {other}: {row:?}");
                        let bounded = row[..2].iter().chain(&row[3..6]).chain(&row[8..10]);
                        assert!(
                            bounded.copied().all(|v| v.is_nan() || (-1.0..=1.0).contains(&v)),
                            "{name} and {other}: {row:?}"
                        );
                    }
                    Err(_) => assert!(x.len() != y.len() || policy == NanPolicy::Error, "{name} and {other}"),
                }
            }
        }
    }
}

#[test]
fn tables_of_any_shape_are_rows_or_errors() {
    let set = everything();
    for (name, table) in tables() {
        let columns: Vec<Vec<f64>> = table.columns().into_iter().map(|c| c.to_vec()).collect();
        let names: Vec<String> = (0..columns.len()).map(|c| format!("c{c}")).collect();
        let signals: Vec<Signal<'_>> = columns.iter().map(|c| Signal::new(c, SampleRate::ONE_HZ)).collect();
        for spec in [WindowSpec::sliding(8, 3), WindowSpec::expanding(1, 7), WindowSpec::sliding(0, 1)] {
            match set.extract_signals(&names, &signals, spec) {
                Ok(rows) => assert!(rows.view().iter().all(|v| !v.is_infinite()), "{name}"),
                Err(e) => assert!(columns.len() < 2 || spec == WindowSpec::sliding(0, 1), "{name}: {e}"),
            }
        }
    }
}

#[test]
fn what_does_not_fit_is_an_error() {
    let set = everything();
    let (x, y) = ([1.0, 2.0, 3.0], [1.0, 2.0]);
    assert!(set.compute(&[], SampleRate::ONE_HZ).is_err());
    assert!(set.compute(&[&x], SampleRate::ONE_HZ).is_err());
    assert!(set.compute(&[&x, &y], SampleRate::ONE_HZ).is_err());
    assert!(set.clone().pairs([("a", "b")]).unwrap().compute(&[&x, &x], SampleRate::ONE_HZ).is_err());
    assert!(set.clone().pairs([("a", "a")]).is_err() && set.clone().pairs([("a", "b"), ("a", "b")]).is_err());
    let (slow, fast) = (Signal::new(&x, SampleRate::ONE_HZ), Signal::new(&x, SampleRate::hz(2.0).unwrap()));
    assert!(set.extract_signals(&["a", "b"], &[slow, fast], WindowSpec::sliding(2, 1)).is_err());
    assert!(set.extract_signals(&["a"], &[slow, slow], WindowSpec::sliding(2, 1)).is_err());
    assert!(set.extract_signals(&["a", "a"], &[slow, slow], WindowSpec::sliding(2, 1)).is_ok());
    let alone = Recording::uniform(SampleRate::ONE_HZ).with_channel("a", "", vec![1.0; 9]).unwrap();
    assert!(set.extract(&alone, WindowSpec::sliding(2, 1)).is_err());
    assert!(ChannelRelations::new(vec![]).is_err());
    assert!(ChannelRelations::new(vec![Relation::Correlation, Relation::Correlation]).is_err());
    for bad in [
        Relation::CoherenceMean { nperseg: 0 },
        Relation::CoherenceMean { nperseg: usize::MAX },
        Relation::PhaseAt { frequency: f64::NAN },
        Relation::AmplitudeRatioAt { frequency: -1.0 },
        Relation::CoherenceBand { high: 1.0, low: 2.0, nperseg: 8 },
        Relation::CoherenceAt { frequency: f64::INFINITY, nperseg: 8 },
    ] {
        assert!(ChannelRelations::new(vec![bad]).is_err(), "{bad}");
    }
}

#[test]
fn garbage_is_no_relation() {
    for name in [
        "",
        "mean",
        "correlation__",
        "correlation__max_lag_1",
        "cross_correlation_lag",
        "cross_correlation_lag__max_lag_-1",
        "cross_correlation_lag__max_lag_1.5",
        "cross_correlation_lag__max_lag_1__max_lag_1",
        "coherence_mean__nperseg_1",
        "coherence_mean__nperseg_99999999999999999999",
        "coherence_band__high_1.0__low_2.0__nperseg_8",
        "phase_at__frequency_nan",
        "phase_at__frequency_inf",
        "phase_at__frequency_True",
        "phase_at__Frequency_1.0",
    ] {
        assert!(name.parse::<Relation>().is_err(), "`{name}` was taken for a relation");
        assert!(ChannelRelations::from_names([name]).is_err());
    }
}
