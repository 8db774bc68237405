//! Hostile input: catch22. The calculators themselves run with all others in `features.rs`.

use super::series;
use prognos::features::FeatureSet;
use prognos::features::compat::catch22::Version;
use prognos::signal::SampleRate;

#[test]
fn whole_sets_stand_every_series() {
    for version in [Version::V0_4, Version::V1] {
        let set = FeatureSet::catch24(version);
        for (name, x) in series() {
            if x.is_empty() {
                continue;
            }
            let mut row = [0.0; 24];
            set.extractor(x.len(), SampleRate::ONE_HZ).unwrap().extract_into(&x, &mut row).unwrap();
            assert!(row.iter().all(|v| !v.is_infinite()), "{version:?} of {name}: {row:?}");
            if x.iter().any(|v| !v.is_finite()) {
                assert!(row.iter().all(|v| v.is_nan()), "{version:?} of {name}: {row:?}");
            }
        }
    }
}

#[test]
fn version_1_has_a_number_for_every_window_it_can_standardise() {
    for x in [&[1.0, 2.0][..], &[2.0, 2.0, 2.0], &[1.0, 1.0, 2.0], &[0.1; 10], &[0.0, 1.0, 2.0, 3.0, 4.0, 5.0]] {
        let mut row = [0.0; 24];
        let set = FeatureSet::catch24(Version::V1);
        set.extractor(x.len(), SampleRate::ONE_HZ).unwrap().extract_into(x, &mut row).unwrap();
        assert!(row.iter().all(|v| v.is_finite()), "{x:?}: {row:?}");
    }
}
