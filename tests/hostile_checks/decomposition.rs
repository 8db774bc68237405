//! Hostile input: decomposition.
