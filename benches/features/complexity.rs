//! Time a window of 2,048 samples of the entropies and complexities, on one thread.
use criterion::Criterion;
use prognos::features::FeatureSet;
use prognos::signal::SampleRate;
use std::hint::black_box;

const LEN: usize = 2048;

/// A tone in noise.
fn tone() -> Vec<f64> {
    let mut state = 1u64;
    (0..LEN)
        .map(|i| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (i as f64 * 0.37).sin() + 2.0 * ((state >> 11) as f64 / (1u64 << 53) as f64) - 1.0
        })
        .collect()
}

pub fn entropies(c: &mut Criterion) {
    let radii = [0.1, 0.3, 0.5, 0.7, 0.9].map(|r| format!("approximate_entropy__m_2__r_{r}"));
    let orders = [3, 4, 5, 6, 7].map(|d| format!("permutation_entropy__dimension_{d}__tau_1"));
    let bins = [2, 3, 5, 10, 100].map(|b| format!("lempel_ziv_complexity__bins_{b}"));
    let scales: Vec<String> = (1..=5).map(|s| format!("refined_composite_sampen__scale_{s}")).collect();
    let sets: [(&str, &[String]); 11] = [
        ("approximate entropy, 5 radii", &radii),
        ("sample entropy", &["sample_entropy".to_owned()]),
        ("permutation entropy, 5 orders", &orders),
        ("Lempel-Ziv complexity, 5 alphabets", &bins),
        ("Lempel-Ziv complexity of 1976", &["lz76_complexity".to_owned()]),
        ("refined composite multiscale, 5 scales", &scales),
        ("fuzzy entropy", &["fuzzy_entropy".to_owned()]),
        ("distribution entropy", &["distribution_entropy".to_owned()]),
        ("cosine similarity entropy", &["cosine_similarity_entropy".to_owned()]),
        ("dispersion entropy", &["dispersion_entropy".to_owned()]),
        ("svd entropy", &["svd_entropy".to_owned()]),
    ];
    let x = tone();
    for (name, features) in sets {
        let set = FeatureSet::from_names(features).unwrap();
        let mut extractor = set.extractor(LEN, SampleRate::hz(12_800.0).unwrap()).unwrap();
        let mut row = vec![0.0; set.len()];
        c.bench_function(name, |b| b.iter(|| extractor.extract_into(black_box(&x), black_box(&mut row)).unwrap()));
    }
}
