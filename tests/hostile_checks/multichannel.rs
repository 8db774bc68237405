//! Hostile input: multichannel.
