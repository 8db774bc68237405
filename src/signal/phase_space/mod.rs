//! The dynamics behind one channel: delay embedding, recurrence, divergence.
