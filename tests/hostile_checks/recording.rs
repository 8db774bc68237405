//! Hostile input to recordings.

use prognos::signal::{FillPolicy, OnMissing, Recording, ResampleMethod, ResamplePolicy, SampleRate, StepLimit};

const METHODS: [ResampleMethod; 4] =
    [ResampleMethod::Hold, ResampleMethod::Linear, ResampleMethod::Nearest, ResampleMethod::Mean];

/// Calls everything on a recording; whatever comes out must keep its promises.
fn exercise(what: &str, recording: &Recording) {
    let n = recording.len();
    assert_eq!(recording.stamps().len(), n, "{what}");
    assert!(recording.stamps().windows(2).all(|p| p[0] < p[1]), "{what}: stamps");
    assert!(recording.duration().is_finite() && recording.time_of(n).is_none());
    for limit in [f64::NAN, f64::NEG_INFINITY, -1.0, 0.0, 1e-300, 1.0, 1e300, f64::INFINITY] {
        for gaps in [recording.gaps(StepLimit::Seconds(limit)), recording.gaps(StepLimit::TimesMedian(limit))] {
            assert_eq!(gaps.is_err(), limit.is_nan() || limit < 0.0, "{what}: {limit}");
        }
        let _ = recording.sampling(limit);
        let _ = recording.as_uniform(limit).map(|u| assert_eq!(u.len(), n));
        let _ = recording.between(limit, -limit).map(|b| assert!(b.len() <= n));
        for fill in [
            FillPolicy::Linear { max_seconds: limit },
            FillPolicy::Hold { max_seconds: limit },
            FillPolicy::Value(limit),
            FillPolicy::Leave,
        ] {
            if let Ok((filled, report)) = recording.fill_gaps(fill) {
                assert_eq!(report.len(), recording.channels().len());
                let cells = filled.channels().iter().flat_map(|c| c.samples());
                assert!(cells.clone().all(|v| !v.is_infinite()), "{what}: {fill:?}");
            }
        }
        for method in METHODS {
            for period in [1e-12, 1e-3, 0.7, 1e6, 1e300] {
                let Ok(rate) = SampleRate::every_seconds(period) else { continue };
                let policy = ResamplePolicy::new(rate, method).max_gap_seconds(limit).max_rows(2_000);
                for policy in [policy, policy.on_missing(OnMissing::Error)] {
                    if let Ok((uniform, report)) = recording.resample_uniform(&policy) {
                        assert!(uniform.len() <= 2_000 && uniform.len() == report.rows_after);
                        let cells = uniform.channels().iter().flat_map(|c| c.samples());
                        assert!(cells.clone().all(|v| !v.is_infinite()), "{what}: {policy:?}");
                    }
                }
            }
        }
    }
    for (from, to) in [(0, 0), (usize::MAX, 0), (0, usize::MAX), (1, 2), (n, n)] {
        let part = recording.slice(from, to);
        assert!(part.len() <= n);
        let _ = part.append(recording);
        let _ = recording.append(&part);
    }
    assert_eq!(recording.to_matrix().1.dim(), (n, recording.channels().len()));
    let _ = recording.median_step();
    assert!(recording.channel("no such").is_err() && recording.select(&["no such"]).is_err());
    assert!(recording.select(&[] as &[&str]).is_ok());
}

#[test]
fn any_samples_on_any_time_line() {
    for (name, x) in super::series() {
        let steps: Vec<f64> = (0..x.len()).map(|i| 1e9 + i as f64 * 0.7 + (i % 3) as f64 * 0.1).collect();
        for line in [Recording::uniform(SampleRate::ONE_HZ), Recording::stamped(&steps).unwrap()] {
            match line.with_channel("x", "", x.clone()) {
                Ok(recording) => exercise(&name, &recording),
                Err(e) => assert!(x.iter().any(|v| v.is_infinite()), "{name}: {e}"),
            }
        }
    }
}

#[test]
fn any_stamps() {
    for (name, t) in super::series() {
        match Recording::stamped(&t) {
            Ok(line) => exercise(&name, &line.with_channel("x", "", vec![1.0; t.len()]).unwrap()),
            Err(e) => {
                let bad =
                    t.iter().any(|v| !v.is_finite() || v.abs() > 9e9) || t.windows(2).any(|p| (p[1] - p[0]) < 1e-9);
                assert!(bad, "{name}: {e}");
            }
        }
    }
    let ends = Recording::stamped_nanos(vec![i64::MIN, -1, 0, i64::MAX]).unwrap();
    exercise("ends of time", &ends.with_channel("x", "", vec![f64::MAX, f64::NAN, -f64::MAX, f64::MAX]).unwrap());
    exercise("no channel", &Recording::stamped(&[0.0, 1.0]).unwrap());
    exercise("nothing", &Recording::uniform(SampleRate::ONE_HZ));
    for start in [f64::NAN, f64::INFINITY, 1e10, -1e10, 9.3e9] {
        assert!(Recording::uniform(SampleRate::ONE_HZ).starting_at(start).is_err(), "{start}");
    }
}
