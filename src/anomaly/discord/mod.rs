//! Which stretch is like no other? The matrix profile and its family.
//!
//! For every stretch of `m` samples the matrix profile holds the distance to its nearest neighbour elsewhere. A large one is
//! a *discord*, a stretch like no other; a small one a *motif*, a pattern that comes back. No model, no training, one
//! parameter, and every number can be explained by showing the neighbour.
//!
//! | question | here |
//! |---|---|
//! | what is unlike all the rest of a recording? | [`MatrixProfile`], self-join |
//! | what is unlike the healthy recording? | [`MatrixProfile`], AB-join; [`DiscordDetector`] |
//! | what is unlike all that came before, sample by sample? | [`StreamingProfile`] |
//! | the first such stretch of a very long recording? | [`Damp`] |
//! | which length, and where, in a very long recording? | [`Merlin`] |
//! | one anomaly, of unknown length and kind | [`DiscordEnsemble`] |
//! | where does this shape occur? | [`distance_profile`] |
//! | several channels, and which of them? | [`MultiProfile`] |
//! | where does the regime change? | [`Regimes`] |
//! | what do I not want to be told of? | [`annotation`] |
//!
//! # Conventions
//! Those of stumpy: a stretch does not match itself nor its neighbours up to `⌈m/4⌉` samples away; two constant stretches have
//! z-normalised distance 0, a constant and another `√m`; a stretch with a sample that is not finite has no neighbour: distance
//! infinite.
//!
//! # When not to use it
//! When the anomaly is an amplitude and nothing else, z-normalisation removes it: use [`Measure::Absolute`]. When the same
//! fault occurs twice, the two are neighbours of each other: ask for more neighbours
//! ([`neighbours`](MatrixProfileParams::neighbours)) or join with a healthy recording. Where the stretch should be longer than a
//! tenth of the recording there is little to compare with.

pub mod annotation;
mod damp;
mod detector;
mod ensemble;
mod mass;
mod merlin;
mod multi;
mod neighbours;
mod profile;
mod regimes;
mod search;
mod streaming;

pub use damp::{Damp, DampParams, DampValidParams, LeftDiscord, LeftNeighbour};
pub use detector::{DiscordDetector, DiscordDetectorParams, DiscordDetectorValidParams, DiscordReason, Place};
pub use ensemble::{DiscordEnsemble, DiscordEnsembleParams, DiscordEnsembleValidParams, Member};
pub use mass::distance_profile;
pub use merlin::{LengthDiscords, Merlin, MerlinParams, MerlinValidParams};
pub use multi::{MultiProfile, MultiProfileParams, MultiProfileValidParams};
pub use neighbours::Neighbours;
pub use profile::{Discord, MatrixProfile, MatrixProfileParams, MatrixProfileValidParams, Measure, Progress};
pub use regimes::Regimes;
pub use streaming::{StreamingProfile, StreamingProfileParams, StreamingProfileValidParams};
