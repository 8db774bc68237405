//! Hostile input: selection.
