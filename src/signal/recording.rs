//! Named channels with units and time stamps.
