//! Digital filters: design and application.
