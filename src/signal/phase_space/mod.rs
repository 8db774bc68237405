//! The dynamics behind one channel: delay embedding, recurrence, divergence.
//!
//! A machine's state has many variables, a sensor shows one. The vectors `(x[i], x[i+τ], .., x[i+(m-1)τ])` of delayed
//! samples run along a path that is, but for a smooth change of coordinates, the path of the hidden state
//! (Takens 1981). Here are the steps to that path and what is measured on it.
//!
//! | question | take |
//! |---|---|
//! | which lag τ? | [`MutualInformation`]: its first minimum; quick and linear: [`delay_by_autocorrelation`] |
//! | which dimension m? | [`FalseNearestNeighbours`]: the first with few false ones |
//! | the vectors themselves | [`Embedding`] |
//! | how many variables are active? | [`CorrelationSums`] and their slope, the correlation dimension |
//! | do neighbouring paths part, and how fast? | [`Divergence`] and its slope, the largest Lyapunov exponent |
//! | does it come back, does it stay, for how long? | [`Recurrence`] |
//!
//! Coming from MATLAB: `phaseSpaceReconstruction` is [`MutualInformation`], [`FalseNearestNeighbours`] and
//! [`Embedding`];
//! `correlationDimension` is [`CorrelationSums`]; `lyapunovExponent` is [`Divergence`], times the sample rate.
//! The numbers per window are the features `correlation_dimension`, `lyapunov_rosenstein` and `recurrence`.
//!
//! # Cost
//! All of it looks at pairs of vectors: O(n²) time at worst, and less where vectors far apart in their first sample are
//! passed over unseen; O(n m) memory, never O(n²). Ten thousand samples take a fraction of a second, a million hours:
//! thin out or cut a long recording.
//!
//! # When not to use it
//! Noise has no dimension and no exponent, yet a formula gives a number for it. Ask for thousands of samples that
//! cover many rounds of the path (a rule of thumb: 10^(D/2) samples and more for a dimension D, Eckmann & Ruelle
//! 1992), a noise of a few per cent at most, and a state that does not drift within the window; compare with
//! surrogates before calling a machine chaotic. As a feature that is compared with its own past, a biased number
//! serves too.
//!
//! # Sources
//! F. Takens, Detecting strange attractors in turbulence (1981); H. Kantz & T. Schreiber, *Nonlinear Time Series
//! Analysis* (2004); those of each method stand with it.
//!
//! ```
//! use prognos::signal::phase_space::{Divergence, Embedding};
//!
//! // The logistic map at r = 4: its exponent is ln 2 = 0.693 a step.
//! let x: Vec<f64> = std::iter::successors(Some(0.4), |x| Some(4.0 * x * (1.0 - x))).take(2000).collect();
//! let embedding = Embedding::new(&x, 2, 1)?;
//! let exponent = Divergence::of(&embedding, 10, 8)?.exponent(0..5)?;
//! assert!((exponent - 2f64.ln()).abs() < 0.05);
//! # Ok::<(), prognos::Error>(())
//! ```

mod correlation;
mod delay;
mod divergence;
mod embedding;
mod fit;
mod neighbours;
mod recurrence;

pub use correlation::{CorrelationSums, geometric_radii};
pub use delay::{MutualInformation, delay_by_autocorrelation};
pub use divergence::Divergence;
pub use embedding::Embedding;
pub use neighbours::FalseNearestNeighbours;
pub use recurrence::Recurrence;

pub(crate) use correlation::PairCounter;
pub(crate) use divergence::Follower;
pub(crate) use fit::slope;
