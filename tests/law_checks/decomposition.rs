//! Laws: decomposition.
