//! Hostile input: fractal.
