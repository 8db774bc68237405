//! Any text as the name of a feature, a wavelet or a boundary: a typed error, or what prints itself and is read again.
#![no_main]

use libfuzzer_sys::fuzz_target;
use prognos::features::FeatureSpec;
use prognos::signal::wavelet::{Boundary, ContinuousWavelet, Wavelet};
use std::fmt::Display;
use std::str::FromStr;

/// What is read prints a name that is read again and prints the same.
fn again<T: FromStr + Display>(text: &str) {
    if let Ok(first) = text.parse::<T>() {
        let second = first.to_string().parse::<T>();
        assert!(second.is_ok_and(|s| s.to_string() == first.to_string()), "{text}: {first}");
    }
}

fuzz_target!(|text: &str| {
    again::<FeatureSpec>(text);
    again::<Wavelet>(text);
    again::<Boundary>(text);
    // psi checks the ranges that a name can hold.
    again::<ContinuousWavelet>(text);
    if let Ok(wavelet) = text.parse::<ContinuousWavelet>() {
        assert!(wavelet.psi(4).is_ok_and(|psi| psi.len() == 16), "{wavelet}");
    }
});
