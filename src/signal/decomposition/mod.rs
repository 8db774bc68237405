//! A signal as a sum of modes: empirical and variational mode decomposition, singular spectrum analysis.
