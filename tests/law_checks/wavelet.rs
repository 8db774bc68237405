//! Laws: wavelet.
