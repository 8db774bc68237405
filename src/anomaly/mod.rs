//! Is this normal? Detectors, thresholds, events and reasons.
