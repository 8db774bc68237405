//! Laws: a corridor, a wavelet, a drift is the same number in any company.

use super::noise;
use prognos::features::{FeatureSet, FeatureSpec};
use prognos::signal::SampleRate;

/// Every column of the largest set, alone and in its place, has the same bits.
#[test]
fn a_column_of_tsfresh_does_not_depend_on_its_company() {
    let set = FeatureSet::tsfresh_efficient();
    let x: Vec<f64> = noise(333, 5).into_iter().map(|v| (v * 40.0).round() / 16.0).collect();
    let extract = |set: &FeatureSet| {
        let mut row = vec![0.0; set.len()];
        set.extractor(x.len(), SampleRate::ONE_HZ).unwrap().extract_into(&x, &mut row).unwrap();
        row
    };
    let whole = extract(&set);
    let different: Vec<&FeatureSpec> = set
        .specs()
        .iter()
        .zip(&whole)
        .filter(|(spec, value)| {
            let alone = extract(&FeatureSet::from_specs(vec![(*spec).clone()]).unwrap());
            alone[0].to_bits() != value.to_bits()
        })
        .map(|(spec, _)| spec)
        .collect();
    assert!(different.is_empty(), "{different:?}");
}
