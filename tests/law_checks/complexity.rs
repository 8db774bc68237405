//! Laws: complexity. What entropies have in common beyond the laws of all features.

use super::noise;
use prognos::features::FeatureSet;
use prognos::signal::SampleRate;

/// Entropies that do not change when the samples are doubled.
const SCALE_FREE: [&str; 24] = [
    "approximate_entropy__m_2__r_0.3",
    "sample_entropy",
    "permutation_entropy__dimension_5__tau_1",
    "lempel_ziv_complexity__bins_10",
    "apen",
    "sampen",
    "fuzzy_entropy",
    "permen",
    "weighted_permen",
    "bubble_entropy",
    "dispersion_entropy",
    "dispersion_entropy__fluctuation_True",
    "symbolic_dynamic_entropy",
    "increment_entropy",
    "phase_entropy",
    "attention_entropy",
    "gridded_entropy",
    "distribution_entropy",
    "cosine_similarity_entropy",
    "svd_entropy",
    "spectral_entropy",
    "lz76_complexity",
    "lz78_complexity",
    "refined_composite_sampen__scale_3",
];

fn row(names: &[&str], x: &[f64]) -> Vec<f64> {
    let mut row = vec![0.0; names.len()];
    let set = FeatureSet::from_names(names).unwrap();
    set.extractor(x.len(), SampleRate::ONE_HZ).unwrap().extract_into(x, &mut row).unwrap();
    row
}

#[test]
fn the_scale_of_the_samples_does_not_matter() {
    let x = noise(700, 3);
    let doubled: Vec<f64> = x.iter().map(|v| 2.0 * v).collect();
    for ((name, a), b) in SCALE_FREE.iter().zip(row(&SCALE_FREE, &x)).zip(row(&SCALE_FREE, &doubled)) {
        assert_eq!(a.to_bits(), b.to_bits(), "{name}: {a} and {b}");
        assert!(a.is_finite(), "{name}");
    }
}

#[test]
fn orders_alone_matter_to_permutations() {
    let names = ["permutation_entropy__dimension_4__tau_1", "permen__delay_2__order_5", "bubble_entropy"];
    let x = noise(500, 5);
    let rising: Vec<f64> = x.iter().map(|v| (3.0 * v).exp() - 7.0).collect();
    assert_eq!(row(&names, &x), row(&names, &rising));
}

#[test]
fn noise_is_harder_to_predict_than_a_wave() {
    // What sees amplitudes only (gridded, distribution, angles) does not order them so.
    let names = [
        "approximate_entropy__m_2__r_0.3",
        "sample_entropy",
        "permutation_entropy__dimension_5__tau_1",
        "lempel_ziv_complexity__bins_10",
        "apen",
        "sampen",
        "fuzzy_entropy",
        "permen__order_4",
        "weighted_permen__order_4",
        "dispersion_entropy",
        "dispersion_entropy__fluctuation_True",
        "increment_entropy",
        "attention_entropy",
        "svd_entropy",
        "spectral_entropy",
        "lz76_complexity",
        "lz78_complexity",
        "multiscale_sampen__scale_2",
        "composite_sampen__scale_2",
        "refined_composite_sampen__scale_2",
        "multiscale_permen__order_4__scale_2",
    ];
    let wave: Vec<f64> = (0..800).map(|i| (f64::from(i) * 0.21).sin()).collect();
    let both = row(&names, &noise(800, 9)).into_iter().zip(row(&names, &wave));
    for (name, (noise, wave)) in names.iter().zip(both) {
        assert!(noise > 1.2 * wave, "{name}: noise {noise}, wave {wave}");
    }
}

#[test]
fn white_noise_has_the_known_levels() {
    // Gaussian by the sum of twelve: sample entropy of white noise is about 2.2 at m = 2, r = 0.2.
    let uniform = noise(12 * 3000, 21);
    let centre = uniform.iter().sum::<f64>() / uniform.len() as f64;
    let x: Vec<f64> = uniform.chunks(12).map(|c| c.iter().map(|v| v - centre).sum()).collect();
    let names = ["sampen", "permen__normalised_True", "svd_entropy__normalised_True", "lz76_complexity"];
    let found = row(&names, &x);
    assert!((found[0] - 2.19).abs() < 0.1, "{found:?}");
    assert!(found[1] > 0.999 && found[1] <= 1.0, "{found:?}");
    assert!(found[2] > 0.99 && found[2] <= 1.0, "{found:?}");
    assert!((found[3] - 1.0).abs() < 0.1, "{found:?}");
}
