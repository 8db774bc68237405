//! Special functions that statrs lacks, and safe doors to those it has.
