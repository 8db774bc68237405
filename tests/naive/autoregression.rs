//! Naive twins: autoregression.
