//! Naive twins: tsfel.
