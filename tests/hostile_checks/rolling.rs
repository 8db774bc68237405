//! Hostile input: rolling statistics.

use prognos::Error;
use prognos::signal::rolling::{RollingQuantiles, RollingStatistics};

#[test]
fn every_series_ends_in_numbers_nan_or_an_error_that_changes_nothing() {
    for (name, x) in super::series() {
        for len in [1, 2, 5, 64] {
            let mut statistics = RollingStatistics::new(len).unwrap();
            let mut quantiles = RollingQuantiles::new(len).unwrap();
            for &v in &x {
                let before = (statistics.count(), statistics.mean().to_bits(), quantiles.sorted().to_vec());
                let taken = statistics.push(v);
                assert_eq!(taken.is_ok(), v.is_finite(), "{name}");
                assert_eq!(quantiles.push(v).is_ok(), v.is_finite(), "{name}");
                if !v.is_finite() {
                    assert!(matches!(taken, Err(Error::NonFinite { .. })));
                    let after = (statistics.count(), statistics.mean().to_bits(), quantiles.sorted().to_vec());
                    assert_eq!(before, after, "{name}: a refused sample left a trace");
                }
                for value in [
                    statistics.mean(),
                    statistics.mean_abs(),
                    statistics.root_mean_square(),
                    statistics.variance(),
                    statistics.standard_deviation(),
                    statistics.skewness(),
                    statistics.kurtosis(),
                    statistics.minimum(),
                    statistics.maximum(),
                    statistics.peak_to_peak(),
                    statistics.crest_factor(),
                    statistics.slope(),
                    quantiles.median(),
                ] {
                    assert!(!value.is_infinite(), "{name}");
                }
            }
            let over = RollingStatistics::over(&x, len, RollingStatistics::mean);
            assert_eq!(over.is_ok(), x.iter().all(|v| v.is_finite()), "{name}");
        }
    }
}

#[test]
fn bad_lengths_and_shares_are_errors() {
    for len in [0, (1 << 24) + 1, usize::MAX] {
        assert!(RollingStatistics::new(len).is_err() && RollingQuantiles::new(len).is_err());
        assert!(RollingStatistics::over(&[1.0], len, RollingStatistics::mean).is_err());
    }
    let mut quantiles = RollingQuantiles::new(3).unwrap();
    assert!(quantiles.median().is_nan());
    quantiles.push(1.0).unwrap();
    for q in [-0.1, 1.1, f64::NAN] {
        assert!(quantiles.quantile(q).is_err());
    }
    quantiles.reset();
    assert_eq!(quantiles.count(), 0);
}
