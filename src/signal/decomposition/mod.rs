//! A signal as a sum of modes: empirical and variational mode decomposition, singular spectrum analysis.
//!
//! **What they answer.** Which oscillations, each at a scale of its own, make up these samples, when their frequencies
//! move or nobody knows them, so that no filter can be designed? The modes are then looked at one by one: their
//! energies, envelopes and frequencies, or the one that holds the impacts of a bearing.
//!
//! # Which one
//! | | number of modes | good for | beware of |
//! |---|---|---|---|
//! | [`Emd`] | found | one look at a few components that are an octave or more apart | mixing of modes; no theory of error |
//! | [`Eemd`] | found | intermittent components, which EMD mixes | modes carry leftover noise; cost x trials |
//! | [`Ceemdan`] | found | as EEMD, complete, fewer spurious modes | cost x trials x modes |
//! | [`Vmd`] | given | narrow bands, tones close together, noise | needs the number; a moving frequency leaves its band |
//! | [`Ssa`] | given (groups) | trends, cycles and noise of short series | eigenproblem of the lag window; groups by hand |
//!
//! # Ends
//! All but SSA extend the samples by mirroring: EMD its extrema (two at each end), VMD half of the samples at each end.
//! What a mode does within about one of its own periods from an end is an assumption, not a measurement: leave it out
//! of amplitudes and frequencies. SSA needs no extension, but averages fewer terms at the ends.
//!
//! # Cost
//! A window of 2,048 samples of vibration: EMD about a millisecond, EEMD and CEEMDAN that for every trial and more; VMD
//! with 5 modes several milliseconds (it takes some hundreds of iterations); SSA with a lag window of 200 some tens of
//! milliseconds, growing with the cube of the lag window.
//!
//! # When not to use them
//! For a stationary machine at a known speed, where an order spectrum or an envelope spectrum answers with theory
//! behind it; for a threshold on a mode's energy without a look at how stable the number of modes is over healthy
//! windows.
//!
//! ```
//! use prognos::signal::decomposition::{Emd, Vmd};
//! let x: Vec<f64> = (0..600).map(|i| (i as f64 * 0.9).sin() + 2.0 * (i as f64 * 0.05).sin()).collect();
//! let modes = Emd::new().decompose(&x)?;
//! let back = modes.sum();
//! assert!(x.iter().zip(&back).all(|(a, b)| (a - b).abs() < 1e-12));
//! let bands = Vmd::new(2).decompose(&x)?;
//! assert!((bands.frequencies()[0] - 0.05 / std::f64::consts::TAU).abs() < 1e-3);
//! # Ok::<(), prognos::Error>(())
//! ```

mod emd;
mod ensemble;
mod extrema;
mod modes;
mod spline;
mod ssa;
mod vmd;

pub use emd::{Emd, SiftStop};
pub use ensemble::{Ceemdan, Eemd};
pub use modes::Modes;
pub use ssa::{Ssa, SsaModes};
pub use vmd::{Vmd, VmdModes, VmdStart};

use crate::error::{Error, Result, check_finite};

/// Longest series, 2^24 samples.
const MAX_LEN: usize = 1 << 24;
/// Largest magnitude of a sample: squares of sums over the longest series are numbers.
const MAX_SAMPLE: f64 = 1e130;

/// `Ok` for finite samples of which there are `least` to 2^24, small enough to be squared.
fn check_samples(x: &[f64], least: usize) -> Result<()> {
    if x.len() < least {
        return Err(Error::too_few("samples to decompose", least, x.len()));
    }
    if x.len() > MAX_LEN {
        return Err(Error::parameter("x", x.len(), "at most 2^24 samples are decomposed at once"));
    }
    check_finite("samples to decompose", "x", x)?;
    match x.iter().position(|v| v.abs() > MAX_SAMPLE) {
        None => Ok(()),
        Some(i) => Err(Error::numeric("decomposition", format!("sample {i} is {:e}: its square overflows", x[i]))),
    }
}
