//! Hostile values, times and settings for the rhythm detector and the declustering of scores.

use super::series;
use prognos::Error;
use prognos::anomaly::stream::{Decluster, RhythmDetector};

#[test]
fn any_value_at_any_time() {
    let params = RhythmDetector::params().warmup(0);
    for (name, x) in series() {
        for params in [
            params.clone().slots(1).memory(64).lags(64),
            params.clone().slots(2).depth(1).reach(4096).smooth(1).lags(1),
            params.clone().slots(9).reach(1).tail(0.5).memory(64),
            params.clone().slots(500).period_seconds(5e-324),
        ] {
            let mut detector = params.start().unwrap();
            for (i, &x) in x.iter().enumerate() {
                let before = if i < 70 { Some(detector.clone()) } else { None };
                let time = [0.0, -1e300, 1e300, i as f64, 5e-324][i % 5];
                let result = if i % 2 == 0 { detector.push(x) } else { detector.push_at(time, x) };
                match result {
                    Ok(score) => assert!((0.0..=40.0).contains(&score), "{name}: {score}"),
                    Err(error) => {
                        assert!(matches!(error, Error::NonFinite { .. } | Error::Numeric { .. }), "{name}: {error}");
                        assert!(before.is_none_or(|before| before == detector), "{name}");
                    }
                }
                assert!(detector.parts().iter().all(|(_, part)| (0.0..=40.0).contains(part)));
            }
        }
    }
    let mut detector = params.start().unwrap();
    for time in [f64::NAN, f64::INFINITY] {
        assert!(matches!(detector.push_at(time, 1.0), Err(Error::Parameter { .. })));
    }
}

#[test]
fn settings_are_checked() {
    let p = RhythmDetector::params;
    for bad in [0, usize::MAX] {
        assert!(p().slots(bad).start().is_err() && p().depth(bad).start().is_err());
        assert!(p().smooth(bad).start().is_err() && p().lags(bad).start().is_err());
        assert!(p().memory(bad).start().is_err());
    }
    assert!(p().reach(usize::MAX).start().is_err());
    for bad in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        assert!(p().period_seconds(bad).start().is_err() && p().tail(bad).start().is_err());
    }
    assert!(p().tail(0.51).start().is_err());
}

#[test]
fn any_score_is_declustered() {
    for gap in [0, 1, u64::MAX] {
        let mut news = Decluster::within(gap);
        for (_, x) in series() {
            for x in x {
                let out = news.update(x);
                assert!(out.is_finite() && out >= 0.0 && (out <= 0.0 || x >= out));
            }
        }
    }
    #[cfg(feature = "persist")]
    {
        let mut news = Decluster::within(3);
        news.update(2.0);
        let text = serde_json::to_string(&news).unwrap();
        assert_eq!(serde_json::from_str::<Decluster>(&text).unwrap(), news);
        for bad in ["-1.0", "null", "\"x\""] {
            assert!(serde_json::from_str::<Decluster>(&text.replace("2.0", bad)).is_err());
        }
    }
}
