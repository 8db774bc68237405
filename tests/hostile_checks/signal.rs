//! Hostile input to the signal room.
