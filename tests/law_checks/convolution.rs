//! Laws: convolution.
