//! Naive twins: convolution.
