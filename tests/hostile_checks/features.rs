//! Hostile input to the features room.
