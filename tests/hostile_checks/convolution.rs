//! Hostile input: convolution.
