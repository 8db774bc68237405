//! Hostile input: catch22.
