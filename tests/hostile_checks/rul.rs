//! Hostile input to the rul room.
