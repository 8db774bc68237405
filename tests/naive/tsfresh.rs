//! Naive twins: tsfresh.
