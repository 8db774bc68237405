//! Stretches of a series compared with each other: what the matrix profile and its family share.
//!
//! `stretches` knows every stretch and the distance of a pair; `correlation` and `absolute` follow eight neighbouring
//! diagonals of the matrix of all pairs, which costs a few operations a pair; `board` keeps the best of each stretch; `join`
//! spreads the work.

#![allow(dead_code)]

mod absolute;
mod board;
mod channels;
mod correlation;
mod join;
mod stretches;

pub(crate) use absolute::Absolute;
pub(crate) use board::{Board, beaten};
pub(crate) use channels::{Channel, Order, sort_and_join};
pub(crate) use correlation::{Correlation, Side};
pub(crate) use join::{Pairs, Region, Span, join, join_where};
#[allow(unused_imports)]
pub(crate) use stretches::{Kind, Stretches, scale_of};

/// Diagonals that are followed at once: lanes of everything here.
pub(crate) const WIDTH: usize = 8;
