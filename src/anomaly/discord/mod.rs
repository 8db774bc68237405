//! Which stretch is like no other? The matrix profile and its family.
