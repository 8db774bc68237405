//! Naive twins: selection.
