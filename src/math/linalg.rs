//! Symmetric eigenproblems and small dense algebra, behind checks that keep panics out.
