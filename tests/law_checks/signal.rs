//! Laws of the signal room.
