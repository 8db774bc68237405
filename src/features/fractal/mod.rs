//! How the samples scale, and what dynamics lie behind them: fractal dimensions, fluctuation analysis, phase space.
//!
//! # Which one
//! | question | take | least window |
//! |---|---|---|
//! | how rough is the waveform? | `higuchi_fd`: 1 smooth, 2 white noise; the steadiest of the three | 100 |
//! | the same, for less | `petrosian_fd` (turns alone), `katz_fd` (grows with the length of the window) | 100 |
//! | has the signal a long memory? | `dfa`: 0.5 none, above persistent, 1.5 a random walk; drift-proof | 500 |
//! | the same, the old way | `hurst_rs`, `generalized_hurst` (increments) | 500 |
//! | do quiet and wild stretches scale alike? | `mfdfa_width`: 0 one law, wide many; `mfdfa_hurst` | 2000 |
//! | how many variables move it? | `correlation_dimension` | 1000 |
//! | is it chaotic? | `lyapunov_rosenstein` (1/sample), `chaos_01` (0 regular, 1 chaotic) | 1000 |
//! | does it repeat, does it stand still? | `recurrence` | 200 |
//! | the order of peaks and valleys, whatever their size | `visibility`, `horizontal_visibility` | 100 |
//!
//! For a machine: roughness (Higuchi) and memory (DFA) rise and fall with wear, lubrication and load and cost little.
//! Dimension, exponent and recurrence see a looseness, a rub or a chatter that makes a periodic motion irregular.
//!
//! # When not to use them
//! Every formula gives a number for every window; on short or noisy ones it is mostly bias. Compare a window with
//! windows of the same length of the same machine, never a number with the literature's. Slopes are exponents only
//! where the log-log curve is a line: a strong tone bends it (DFA and R/S of vibration measure the shaft's period,
//! not a memory: use the residual or the envelope). Exponents and dimensions of noise say nothing about dynamics: see
//! [`crate::signal::phase_space`] for the curves behind the numbers.
//!
//! # Cost
//! For n samples: the waveform dimensions O(n) and O(n kmax); DFA, MFDFA, R/S O(n) a scale, O(log n) scales; horizontal
//! visibility O(n), natural visibility O(n log n) and O(n²) for a steady slope; pairs of delay vectors O(n²) at worst:
//! `recurrence`, `lyapunov_rosenstein`, and `correlation_dimension`, which passes over most. Memory O(n) always.
//!
//! Sources stand with each method.

mod chaos;
mod correlation_dimension;
mod dfa;
mod fluctuation;
mod generalized_hurst;
mod higuchi;
mod katz;
mod lyapunov;
mod mfdfa;
mod petrosian;
mod recurrence;
mod rescaled_range;
mod visibility;

use crate::features::calculator::Calculator;

/// The tables of this room.
pub(crate) fn calculators() -> Vec<Calculator> {
    let mut all = vec![higuchi::calculator(), katz::calculator(), petrosian::calculator()];
    all.extend([dfa::calculator(), rescaled_range::calculator(), generalized_hurst::calculator()]);
    all.extend(mfdfa::calculators());
    all.extend([correlation_dimension::calculator(), lyapunov::calculator(), recurrence::calculator()]);
    all.extend(visibility::calculators());
    all.push(chaos::calculator());
    all.into_iter().map(Calculator::moderate).collect()
}
