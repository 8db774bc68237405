//! Wavelet transforms: discrete, stationary, packets, continuous; denoising.
