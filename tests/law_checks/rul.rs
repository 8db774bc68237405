//! Laws of the rul room.
