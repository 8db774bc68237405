//! Hostile input to the health room.
