//! Numbers of several channels together: which sensor follows which, how firmly, and with what phase.
//!
//! # What for
//! * Two bearings of one shaft: the phase between them at shaft speed turns when the rotor bends or a coupling moves; their
//!   coherence in a band falls when one of them makes noise of its own.
//! * Process sensors: the lag from a valve to a temperature grows when a pipe clogs; the correlation of sensors that should agree
//!   falls when one drifts.
//! * A whole machine: the share of the largest eigenvalue of the correlation matrix says how far all sensors move as one. It rises
//!   with a common load, and changes with a fault before any single channel does.
//!
//! # Names
//! `a__b__correlation` for a pair, `correlation_largest_share` for all channels together; `a` and `b` are channels, in the order in
//! which they stand in the recording. All of them by [`Relation`].
//!
//! # NaN
//! As for features: an undefined value (a constant channel, one piece for a coherence) is NaN, and a window with a NaN or infinite
//! sample follows the [`NanPolicy`](crate::features::NanPolicy): with `Propagate` the pairs of that channel and the numbers of all
//! channels are NaN.
//!
//! # Sources
//! J. S. Bendat, A. G. Piersol, *Random Data* (2010), chapters 5, 9 and 11; O. Roy, M. Vetterli, "The effective rank" (2007).

mod relation;
mod set;
mod workspace;

pub use relation::Relation;
pub use set::ChannelRelations;
