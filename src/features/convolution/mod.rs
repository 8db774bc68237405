//! Random convolutions: MiniRocket and MultiRocket, thousands of features that need no knowledge of the machine.
//!
//! **What they answer.** Which shapes occur in a window, how often and (MultiRocket) where, at every scale? They are
//! features for a linear model with many coefficients (ridge regression or classification): for labelled windows whose
//! differences nobody can name. A linear model on them is as accurate as far larger models on most of the public
//! archives of classified series.
//!
//! **Formula.** 84 kernels of nine weights, six of -1 and three of 2, at dilations `2^e` from 1 to where a kernel spans
//! the window. A feature compares the output `C` of one kernel at one dilation with one bias `b`; the biases are
//! quantiles of the outputs on training windows, and all that is fitted. [`MiniRocket`] keeps the proportion of
//! `C > b`; [`MultiRocket`] also keeps where and how far `C` exceeds `b`, and reads the first difference too.
//!
//! **Length.** A fitted transform is for windows of one length. All windows have to be cut alike.
//!
//! **Units and offsets.** The weights of a kernel add up to 0, so that a constant offset matters at the ends of a window
//! alone, where it is taken as zero outside. The biases are in the unit of the samples: windows whose level is beside
//! the point are better standardised before. Computation is in f32 (24 bits): an offset of 1e6 times what moves has to
//! be taken off before.
//!
//! **When not to use them.** With few labelled windows (hundreds of windows against 9,996 columns need strong
//! regularisation); where a reason is asked for (a column is a kernel, not a frequency or a moment); against simple
//! features when the signal is a few slow channels of a fleet.
//!
//! **Sources.** Dempster, Schmidt & Webb 2021, MiniRocket (KDD); Tan, Dempster, Bergmeir & Webb 2022, MultiRocket (Data
//! Mining and Knowledge Discovery 36). Transforms fitted by aeon 1.6 can be loaded
//! ([`MiniRocket::from_parameters`], [`MultiRocket::from_parameters`]) and give the same features here.

mod bank;
mod kernels;
mod minirocket;
mod multirocket;
mod pool;

pub use minirocket::{MiniRocket, MiniRocketParams, MiniRocketScratch, MiniRocketValidParams};
pub use multirocket::{MultiRocket, MultiRocketParams, MultiRocketScratch, MultiRocketValidParams};
