//! Laws: autoregression.
