//! Spectra, cepstra and the windows and transforms behind them.
