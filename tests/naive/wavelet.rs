//! Naive twins: wavelet.
