//! Laws: fractal.
