//! Laws: tsfresh.
