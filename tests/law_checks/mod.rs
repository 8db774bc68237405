//! One file a room; what they share stands here.
#![allow(dead_code)]

mod anomaly;
mod autoregression;
mod catch22;
mod changepoint;
mod complexity;
mod convolution;
mod datasets;
mod decision;
mod decomposition;
mod discord;
mod discord_search;
mod features;
mod fractal;
mod health;
mod learners;
mod metrics;
mod multichannel;
mod neighbours;
mod recording;
mod rul;
mod selection;
mod series;
mod signal;
mod spectral;
mod stream;
mod tabular;
mod thresholds;
mod tsfel;
mod tsfresh;
mod wavelet;

/// Runs `f` on pools of 1, 2, 3 and 8 threads and asserts that the bits of its result are the same on all.
#[cfg(feature = "parallel")]
pub fn same_bits_on_any_threads(what: &str, f: impl Fn() -> Vec<f64> + Send + Sync) {
    let bits = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(&f).iter().map(|v| v.to_bits()).collect::<Vec<_>>()
    };
    let one = bits(1);
    assert!(!one.is_empty(), "{what}: nothing to compare");
    for threads in [2, 3, 8] {
        assert_eq!(one, bits(threads), "{what}: other bits on {threads} threads");
    }
}

/// Without threads there is one way only; the function still has to run twice with the same bits.
#[cfg(not(feature = "parallel"))]
pub fn same_bits_on_any_threads(what: &str, f: impl Fn() -> Vec<f64> + Send + Sync) {
    let bits = || f().iter().map(|v| v.to_bits()).collect::<Vec<_>>();
    assert!(!bits().is_empty(), "{what}: nothing to compare");
    assert_eq!(bits(), bits(), "{what}: other bits the second time");
}

/// A seeded stream of standard normal numbers for tests.
pub fn noise(n: usize, seed: u64) -> Vec<f64> {
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ 0xD1B5_4A32_D192_ED03;
    let mut uniform = move || {
        state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = state;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((z ^ (z >> 31)) >> 11) as f64 / (1u64 << 53) as f64
    };
    (0..n)
        .map(|_| {
            let u: f64 = uniform().max(1e-300);
            (-2.0 * u.ln()).sqrt() * (std::f64::consts::TAU * uniform()).cos()
        })
        .collect()
}
