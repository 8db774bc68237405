//! Laws: complexity.
