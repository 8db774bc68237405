//! Autoregressive models: what the next sample is, given those before it.
