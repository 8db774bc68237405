//! Naive twins: fractal.
