//! Laws: tsfel.
