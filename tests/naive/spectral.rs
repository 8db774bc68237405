//! Naive twins of the spectral kernels.
