//! Hostile input to the anomaly room.
