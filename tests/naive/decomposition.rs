//! Naive twins: decomposition.
