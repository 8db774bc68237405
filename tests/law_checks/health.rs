//! Laws of the health room.
