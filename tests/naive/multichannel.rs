//! Naive twins: multichannel.
