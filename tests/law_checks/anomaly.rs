//! Laws of the anomaly room.
