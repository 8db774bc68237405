//! Naive twins of the features kernels.
