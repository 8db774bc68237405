//! The ground floor: sums in lanes, parallel maps, random streams, and the special functions and root finders
//! that the rooms above share. Private: nothing of it is part of the public API.

pub(crate) mod dd;
pub(crate) mod exp;
pub(crate) mod lanes;
pub(crate) mod linalg;
pub(crate) mod moments;
pub(crate) mod nnls;
pub(crate) mod order;
pub(crate) mod par;
pub(crate) mod profile;
pub(crate) mod quadrature;
pub(crate) mod rng;
pub(crate) mod roots;
pub(crate) mod special;
pub(crate) mod student;
