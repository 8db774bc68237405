//! Hostile input: tsfel.
