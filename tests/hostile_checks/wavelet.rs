//! Hostile input: wavelet.
