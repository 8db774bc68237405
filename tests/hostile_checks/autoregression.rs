//! Hostile input: autoregression.
