//! Hostile input to the datasets room.
