//! Naive twins of the anomaly kernels.
