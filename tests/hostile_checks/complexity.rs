//! Hostile input: complexity. Parameters at the ends of their ranges; all else is in the checks of all features.

use super::series;
use prognos::features::FeatureSet;
use prognos::signal::SampleRate;

const EXTREME: [&str; 27] = [
    "approximate_entropy__m_20__r_0.0",
    "approximate_entropy__m_1__r_1000000.0",
    "apen__delay_1000000__m_20__r_0.0",
    "apen__delay_40__m_0__r_1000000.0",
    "sampen__delay_1000000__m_20__r_1.0",
    "sampen__delay_3__m_20__r_0.0",
    "fuzzy_entropy__delay_1000000__m_20__p_100.0__r_1000000.0",
    "fuzzy_entropy__m_20__p_0.1__r_1e-06",
    "multiscale_sampen__m_20__r_0.0__scale_1000",
    "composite_sampen__m_0__r_0.2__scale_1000",
    "refined_composite_sampen__m_0__r_1000000.0__scale_30",
    "multiscale_permen__delay_1000000__order_12__scale_1000",
    "permutation_entropy__dimension_12__tau_1000000000",
    "permen__delay_1000000__order_12",
    "weighted_permen__delay_1__normalised_True__order_12",
    "bubble_entropy__delay_1__m_100",
    "dispersion_entropy__c_20__delay_1__fluctuation_True__m_10__normalised_True",
    "dispersion_entropy__c_20__delay_1000000__m_1",
    "symbolic_dynamic_entropy__c_20__delay_1__m_10",
    "slope_entropy__high_0.0__low_90.0__m_20",
    "increment_entropy__m_10__normalised_True__resolution_20",
    "phase_entropy__delay_1__sectors_1000",
    "gridded_entropy__delay_1000000__m_100",
    "distribution_entropy__bins_10000__m_20",
    "cosine_similarity_entropy__centred_True__m_20__r_1.0",
    "svd_entropy__delay_1__order_50",
    "lempel_ziv_complexity__bins_10000",
];

#[test]
fn extreme_parameters_end_in_a_number_or_nan() {
    let set = FeatureSet::from_names(EXTREME).unwrap();
    let mut row = [0.0; EXTREME.len()];
    for (name, x) in series().into_iter().filter(|(_, x)| !x.is_empty()) {
        let x = &x[..x.len().min(300)];
        set.extractor(x.len(), SampleRate::ONE_HZ).unwrap().extract_into(x, &mut row).unwrap();
        assert!(row.iter().all(|v| !v.is_infinite()), "{name}: {row:?}");
    }
    // Two lengths of window, one thread's arrays: what was grown for the longer does not reach the shorter.
    let x: Vec<f64> = (0..700).map(|i| f64::from(i * i % 83)).collect();
    let mut extractor = set.extractor(700, SampleRate::ONE_HZ).unwrap();
    extractor.extract_into(&x, &mut row).unwrap();
    let first = row.map(f64::to_bits);
    extractor.extract_into(&vec![0.0; 700], &mut row).unwrap();
    extractor.extract_into(&x, &mut row).unwrap();
    assert_eq!(first, row.map(f64::to_bits));
}
