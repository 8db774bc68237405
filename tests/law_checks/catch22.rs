//! Laws: catch22.

use super::noise;
use prognos::features::FeatureSet;
use prognos::features::compat::catch22::Version;
use prognos::signal::SampleRate;

fn row(version: Version, x: &[f64]) -> Vec<f64> {
    let mut row = vec![0.0; 24];
    FeatureSet::catch24(version).extractor(x.len(), SampleRate::ONE_HZ).unwrap().extract_into(x, &mut row).unwrap();
    row
}

fn place(version: Version, short: &str) -> usize {
    version.short_names().iter().position(|name| *name == short).unwrap()
}

const BOTH: [Version; 2] = [Version::V0_4, Version::V1];

#[test]
fn the_unit_does_not_matter() {
    for n in [30, 200, 1000] {
        let x = noise(n, 3);
        // A power of two keeps every bit of the standardised samples.
        let scaled: Vec<f64> = x.iter().map(|v| v * 1024.0).collect();
        for version in BOTH {
            let bits = |x: &[f64]| row(version, x)[..22].iter().map(|v| v.to_bits()).collect::<Vec<_>>();
            assert_eq!(bits(&x), bits(&scaled), "{version:?} {n}");
        }
    }
}

#[test]
fn upside_down_swaps_the_signs() {
    let x = noise(300, 5);
    let down: Vec<f64> = x.iter().map(|v| -v).collect();
    for version in BOTH {
        let (up, down) = (row(version, &x), row(version, &down));
        let at = |short| place(version, short);
        assert_eq!(up[at("outlier_timing_pos")].to_bits(), down[at("outlier_timing_neg")].to_bits());
        assert_eq!(up[at("outlier_timing_neg")].to_bits(), down[at("outlier_timing_pos")].to_bits());
        assert!((up[at("trev")] + down[at("trev")]).abs() < 1e-12);
        for even in
            ["acf_timescale", "acf_first_min", "dfa", "rs_range", "periodicity", "forecast_error", "embedding_dist"]
        {
            assert!((up[at(even)] - down[at(even)]).abs() < 1e-9, "{version:?} {even}");
        }
    }
}

#[test]
fn backwards_turns_time() {
    let x = noise(300, 7);
    let back: Vec<f64> = x.iter().rev().copied().collect();
    for version in BOTH {
        let (there, back) = (row(version, &x), row(version, &back));
        let at = |short| place(version, short);
        assert!((there[at("trev")] + back[at("trev")]).abs() < 1e-12);
        for same in ["acf_timescale", "ami_timescale", "mode_10", "high_fluctuation"] {
            assert!((there[at(same)] - back[at(same)]).abs() < 1e-9, "{version:?} {same}");
        }
        // Positions are counted from 1: i becomes n + 1 - i.
        let outliers = at("outlier_timing_pos");
        assert!((there[outliers] + back[outliers] - 2.0 / 300.0).abs() < 1e-12);
    }
}

#[test]
fn known_periods_are_found() {
    for period in [20.0_f64, 37.0, 50.0] {
        let x: Vec<f64> = (0..500).map(|i| (std::f64::consts::TAU * f64::from(i) / period).sin()).collect();
        let at = |version, short| row(version, &x)[place(version, short)];
        assert!((at(Version::V1, "periodicity") - period).abs() <= 1.0);
        assert_eq!(at(Version::V0_4, "periodicity") + 1.0, at(Version::V1, "periodicity"));
        assert!((at(Version::V1, "acf_first_min") - period / 2.0).abs() <= 1.0);
        let step = std::f64::consts::TAU / 512.0;
        assert!((at(Version::V1, "median_freq") - std::f64::consts::TAU / period).abs() <= step);
    }
}
