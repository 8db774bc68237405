//! When did it change? Segmentations of a recorded series.
