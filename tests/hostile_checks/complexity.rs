//! Hostile input: complexity.
