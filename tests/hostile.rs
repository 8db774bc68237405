//! Hostile input: empty, tiny, constant, tied, huge, denormal, NaN and infinite input to every public function and
//! model. The outcome is `Ok` with finite numbers (or the documented NaN) or a typed error, never a panic.
#![allow(unreachable_pub, clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::float_cmp)]

mod hostile_checks;
