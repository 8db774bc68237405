//! Naive twins: catch22.
