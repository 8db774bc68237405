//! Hostile input: tsfresh.
