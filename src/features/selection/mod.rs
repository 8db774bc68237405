//! Which features to keep.
