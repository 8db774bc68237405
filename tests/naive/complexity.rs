//! Naive twins: complexity.
