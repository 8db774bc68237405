//! Naive twins of the signal kernels.
