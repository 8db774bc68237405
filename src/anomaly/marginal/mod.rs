//! Detectors that look at one column, or one projection, at a time: tails, histograms. Cheap, no distances, no
//! covariance; their explanation is a part of the formula. What they cannot see is a row whose cells are ordinary one by one.

mod hbos;
mod histogram;
mod loda;
mod tails;

pub use hbos::{Hbos, HbosParams, HbosScore, HbosValidParams};
pub use histogram::Bins;
pub use loda::{Loda, LodaParams, LodaValidParams};
pub use tails::{EmpiricalTails, EmpiricalTailsParams, EmpiricalTailsValidParams, TailRule};
