//! Laws of relations between channels.

use super::{noise, same_bits_on_any_threads};
use prognos::features::multichannel::{ChannelRelations, Relation};
use prognos::features::{FeatureMatrix, FeatureSet, NanPolicy};
use prognos::signal::{Recording, SampleRate, WindowSpec};

fn rate() -> SampleRate {
    SampleRate::hz(200.0).unwrap()
}

/// Three channels: b is a, 4 samples later, with noise; c has little to do with them.
fn recording(n: usize) -> Recording {
    let (a, e, c) = (noise(n + 4, 1), noise(n, 2), noise(n, 3));
    let b: Vec<f64> = (0..n).map(|i| 3.0 * a[i] + e[i] + 50.0).collect();
    let c: Vec<f64> = c.iter().zip(&e).map(|(c, e)| c + 0.2 * e).collect();
    Recording::uniform(rate())
        .with_channel("a", "g", a[4..].to_vec())
        .unwrap()
        .with_channel("b", "g", b)
        .unwrap()
        .with_channel("c", "bar", c)
        .unwrap()
}

fn everything() -> ChannelRelations {
    ChannelRelations::from_names([
        "correlation",
        "cross_correlation_peak__max_lag_8",
        "cross_correlation_lag__max_lag_8",
        "cross_correlation_peak__max_lag_100",
        "cross_correlation_lag__max_lag_100",
        "coherence_mean__nperseg_64",
        "coherence_at__frequency_30.0__nperseg_64",
        "coherence_band__high_50.0__low_20.0__nperseg_32",
        "phase_at__frequency_30.0",
        "amplitude_ratio_at__frequency_30.0",
        "correlation_largest_share",
        "correlation_smallest_share",
        "correlation_effective_rank",
        "correlation_mean_absolute",
    ])
    .unwrap()
}

fn bits<'a>(values: impl IntoIterator<Item = &'a f64>) -> Vec<u64> {
    values.into_iter().map(|v| v.to_bits()).collect()
}

#[test]
fn same_bits_whatever_the_threads() {
    let (set, recording) = (everything(), recording(3000));
    same_bits_on_any_threads("relations", || {
        set.extract(&recording, WindowSpec::sliding(300, 70)).unwrap().into_values().into_iter().collect()
    });
}

#[test]
fn rows_stand_beside_those_of_the_channels() {
    let (set, recording) = (everything(), recording(1000));
    for spec in [
        WindowSpec::sliding(200, 90),
        WindowSpec::sliding_seconds(0.5, 0.2),
        WindowSpec::expanding(150, 100),
        WindowSpec::anchored(300),
    ] {
        let rows = set.extract(&recording, spec).unwrap();
        let features = FeatureSet::time_domain().extract_channels(&recording, spec).unwrap();
        let joined = FeatureMatrix::join(&[features, rows.clone()]).unwrap();
        assert_eq!(joined.ncols(), 36 + rows.ncols());
        assert_eq!(rows.names(), set.names(&["a", "b", "c"]).unwrap());
        assert_eq!(rows.ncols(), 3 * 10 + 4);
    }
}

/// A relation alone, a pair alone and a window alone have the bits they have in company.
#[test]
fn alone_is_as_in_company() {
    let (set, recording) = (everything(), recording(900));
    let spec = WindowSpec::sliding(300, 150);
    let all = set.extract(&recording, spec).unwrap();
    for relation in set.relations() {
        let alone = ChannelRelations::new(vec![*relation]).unwrap().extract(&recording, spec).unwrap();
        for name in alone.names() {
            assert_eq!(bits(alone.column(name).unwrap()), bits(all.column(name).unwrap()), "{name}");
        }
    }
    let pair = set.clone().pairs([("c", "a"), ("a", "b")]).unwrap().extract(&recording, spec).unwrap();
    for relation in set.relations() {
        let name = if relation.of_all_channels() { relation.to_string() } else { format!("a__b__{relation}") };
        assert_eq!(bits(pair.column(&name).unwrap()), bits(all.column(&name).unwrap()), "{name}");
    }
    let samples = |c: &str| &recording.samples(c).unwrap()[150..450];
    let row = set.compute(&[samples("a"), samples("b"), samples("c")], rate()).unwrap();
    assert_eq!(bits(&row), bits(all.row(1).unwrap()));
}

#[test]
fn what_follows_is_found() {
    let rows = everything().extract(&recording(2000), WindowSpec::sliding(500, 500)).unwrap();
    for lag in [8, 100] {
        // b[t] is a four samples before a's own place.
        let column = rows.column(&format!("a__b__cross_correlation_lag__max_lag_{lag}")).unwrap();
        assert!(column.iter().all(|v| (v - 4.0 / 200.0).abs() < 1e-12), "{column}");
        assert!(rows.column(&format!("a__b__cross_correlation_peak__max_lag_{lag}")).unwrap().iter().all(|v| *v > 0.9));
    }
    let near = rows.column("a__b__coherence_mean__nperseg_64").unwrap();
    let far = rows.column("a__c__coherence_mean__nperseg_64").unwrap();
    assert!(near.iter().zip(&far).all(|(n, f)| *n > 0.6 && *f < 0.35), "{near} {far}");
}

/// Turned round, a lag and a phase change sign, a ratio is turned over, and the rest stays.
#[test]
fn a_pair_turned_round() {
    let recording = recording(600);
    let spec = WindowSpec::sliding(300, 300);
    let turned = everything().pairs([("b", "a")]).unwrap().extract(&recording, spec).unwrap();
    let plain = everything().pairs([("a", "b")]).unwrap().extract(&recording, spec).unwrap();
    for relation in everything().relations().iter().filter(|r| !r.of_all_channels()) {
        let a = plain.column(&format!("a__b__{relation}")).unwrap();
        let b = turned.column(&format!("b__a__{relation}")).unwrap();
        for (a, b) in a.iter().zip(b) {
            let expected = match relation {
                Relation::CrossCorrelationLag { .. } | Relation::PhaseAt { .. } => -a,
                Relation::AmplitudeRatioAt { .. } => 1.0 / a,
                _ => *a,
            };
            assert!((b - expected).abs() < 1e-12 * (1.0 + a.abs()), "{relation}: {a} {b}");
        }
    }
}

#[test]
fn missing_samples_follow_the_policy() {
    let whole = recording(400);
    let mut b = whole.samples("b").unwrap().to_vec();
    b[50] = f64::NAN;
    let broken = Recording::uniform(rate())
        .with_channel("a", "g", whole.samples("a").unwrap().to_vec())
        .unwrap()
        .with_channel("b", "g", b)
        .unwrap()
        .with_channel("c", "bar", whole.samples("c").unwrap().to_vec())
        .unwrap();
    let spec = WindowSpec::sliding(200, 200);
    let (set, reference) = (everything(), everything().extract(&whole, spec).unwrap());
    let rows = set.extract(&broken, spec).unwrap();
    for (j, name) in rows.names().iter().enumerate() {
        let touched = !name.starts_with("a__c__");
        assert_eq!(rows.view()[[0, j]].is_nan(), touched, "{name}");
        assert_eq!(rows.view()[[1, j]].to_bits(), reference.view()[[1, j]].to_bits(), "{name}");
    }
    let omitted = set.clone().nan_policy(NanPolicy::Omit).extract(&broken, spec).unwrap();
    assert!(omitted.view().iter().all(|v| v.is_finite()));
    let error = set.nan_policy(NanPolicy::Error).extract(&broken, spec).unwrap_err().to_string();
    assert!(error.contains("row 50") && error.contains('b'), "{error}");
}

#[cfg(feature = "serde")]
#[test]
fn sets_read_back() {
    let set = everything().pairs([("a", "b")]).unwrap().nan_policy(NanPolicy::Omit);
    let text = serde_json::to_string(&set).unwrap();
    assert!(text.contains("cross_correlation_lag__max_lag_100"), "{text}");
    assert_eq!(serde_json::from_str::<ChannelRelations>(&text).unwrap(), set);
    for bad in [
        text.replace("\"a\",\"b\"", "\"a\",\"a\""),
        text.replace("nperseg_64", "nperseg_1"),
        text.replace("pairs", "p"),
    ] {
        assert!(serde_json::from_str::<ChannelRelations>(&bad).is_err(), "{bad}");
    }
}
