//! How long will it last: remaining useful life with its uncertainty.
