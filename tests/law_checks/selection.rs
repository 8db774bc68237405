//! Laws: selection.
