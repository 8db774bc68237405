//! Laws: catch22.
