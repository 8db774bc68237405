//! Decompositions of ensembles with added noise: EEMD and CEEMDAN.
//!
//! Noise fills every scale evenly, so that each mode finds its own octave in every trial, and averages out over trials.
//! Trials run in parallel; their results are added in the order of the trials.

use super::emd::{Emd, SiftStop, Sifter};
use super::{Modes, check_samples};
use crate::error::{Error, Result};
use crate::math::rng::Rng;
use crate::math::{lanes, par};

/// Trials whose modes are in memory at once.
const BATCH: usize = 16;
/// Most samples of noise that are kept, 2^28 (2 GiB).
const MAX_NOISE: usize = 1 << 28;

/// What both have in common.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
struct Settings {
    trials: usize,
    noise: f64,
    seed: u64,
    emd: Emd,
}

impl Settings {
    fn new() -> Self {
        Self { trials: 100, noise: 0.2, seed: 0, emd: Emd::new().stop(SiftStop::Fixed(10)) }
    }

    fn check(&self) -> Result<()> {
        self.emd.check()?;
        if !(1..=100_000).contains(&self.trials) {
            return Err(Error::parameter("trials", self.trials, "must be 1 to 100000"));
        }
        if self.noise > 0.0 && self.noise <= 2.0 {
            return Ok(());
        }
        Err(Error::parameter("noise", self.noise, "must be greater than 0, at most 2 standard deviations"))
    }

    /// White noise of unit variance: the stream of one trial.
    fn noise(&self, trial: usize, n: usize) -> Vec<f64> {
        let mut rng = Rng::stream(self.seed, trial as u64);
        (0..n).map(|_| rng.normal()).collect()
    }
}

/// Ensemble empirical mode decomposition (Wu & Huang 2009).
///
/// Each trial adds white noise of `noise` standard deviations of the signal and decomposes the sum; mode k is the mean
/// of the k-th modes of all trials (0 from trials with fewer). What the means leave of the signal, the mean of the
/// noise among it, is the residue: modes and residue add up to the signal. The leftover noise of a mode falls with
/// `noise / sqrt(trials)`. Same bits for a seed on any number of threads.
///
/// Cost: `trials` decompositions.
///
/// ```
/// use prognos::signal::decomposition::Eemd;
/// // A burst of a fast oscillation on a slow one: EMD would mix the two in one mode.
/// let burst = |i: usize| if (300..340).contains(&i) { 0.3 * (i as f64 * 1.5).sin() } else { 0.0 };
/// let x: Vec<f64> = (0..600).map(|i| (i as f64 * 0.05).sin() + burst(i)).collect();
/// let modes = Eemd::new().trials(20).seed(1).decompose(&x)?;
/// let first = modes.mode(0)?;
/// let energy = |from: usize, to: usize| first[from..to].iter().map(|v| v * v).sum::<f64>() / (to - from) as f64;
/// assert!(energy(300, 340) > 3.0 * energy(100, 300));
/// # Ok::<(), prognos::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(transparent))]
pub struct Eemd(Settings);

impl Default for Eemd {
    fn default() -> Self {
        Self::new()
    }
}

impl Eemd {
    /// 100 trials, noise of 0.2 standard deviations, seed 0, ten siftings a mode: the usual choice after Wu & Huang
    /// 2009.
    #[must_use]
    pub fn new() -> Self {
        Self(Settings::new())
    }

    /// Number of trials. Default 100.
    #[must_use]
    pub fn trials(mut self, trials: usize) -> Self {
        self.0.trials = trials;
        self
    }

    /// Standard deviation of the noise as a share of that of the signal. Default 0.2: more for signals of high
    /// frequencies, less for those of low ones.
    #[must_use]
    pub fn noise(mut self, share: f64) -> Self {
        self.0.noise = share;
        self
    }

    /// Seed of the noise. Default 0. The noise of a trial depends on the seed and its number alone.
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        self.0.seed = seed;
        self
    }

    /// How a trial is decomposed. Default: all modes, ten siftings each.
    #[must_use]
    pub fn emd(mut self, emd: Emd) -> Self {
        self.0.emd = emd;
        self
    }

    /// The modes of `x`.
    ///
    /// # Errors
    /// As [`Emd::decompose`], and [`Error::Parameter`] for no trials, more than 100,000, or noise
    /// outside of (0, 2].
    pub fn decompose(&self, x: &[f64]) -> Result<Modes> {
        self.0.check()?;
        check_samples(x, 1)?;
        let (n, trials) = (x.len(), self.0.trials);
        let level = self.0.noise * deviation(x);
        let mut sums: Vec<f64> = Vec::new();
        let mut first = 0;
        while first < trials {
            let batch = BATCH.min(trials - first);
            let found = par::map_init(batch, Sifter::default, |sifter, i| {
                let mut noisy = self.0.noise(first + i, n);
                noisy.iter_mut().zip(x).for_each(|(w, x)| *w = x + level * *w);
                let mut modes = Vec::new();
                self.0.emd.sift_all(&noisy, sifter, |mode| modes.extend_from_slice(mode));
                modes
            });
            for modes in found {
                if modes.len() > sums.len() {
                    sums.resize(modes.len(), 0.0);
                }
                sums.iter_mut().zip(&modes).for_each(|(s, m)| *s += m);
            }
            first += batch;
        }
        sums.iter_mut().for_each(|s| *s /= trials as f64);
        Modes::new(x, sums)
    }
}

/// Complete ensemble empirical mode decomposition with adaptive noise (Torres et al. 2011).
///
/// Stage k takes the mean over trials of the first mode of `r + noise sd(r) E_k(w) / sd(E_k(w))`: `r` is what the stages
/// before have left, `E_k(w)` the k-th mode of the trial's white noise (the noise itself in the first stage). The mean
/// is mode k and is taken off, so that every stage sees the same signal in all trials, and modes and residue add up to
/// the signal. It ends when `r` has fewer than three extrema. Same bits for a seed on any number of threads.
///
/// Cost: two first modes a stage and trial, and the noise of all trials in memory.
///
/// ```
/// use prognos::signal::decomposition::Ceemdan;
/// let x: Vec<f64> = (0..400).map(|i| (i as f64 * 0.8).sin() + (i as f64 * 0.04).sin()).collect();
/// let modes = Ceemdan::new().trials(20).decompose(&x)?;
/// assert!(modes.sum().iter().zip(&x).all(|(a, b)| (a - b).abs() < 1e-12));
/// # Ok::<(), prognos::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(transparent))]
pub struct Ceemdan(Settings);

impl Default for Ceemdan {
    fn default() -> Self {
        Self::new()
    }
}

impl Ceemdan {
    /// 100 trials, noise of 0.2 standard deviations, seed 0, ten siftings a mode.
    #[must_use]
    pub fn new() -> Self {
        Self(Settings::new())
    }

    /// Number of trials. Default 100.
    #[must_use]
    pub fn trials(mut self, trials: usize) -> Self {
        self.0.trials = trials;
        self
    }

    /// Standard deviation of the noise of a stage as a share of that of what is left of the signal. Default 0.2.
    #[must_use]
    pub fn noise(mut self, share: f64) -> Self {
        self.0.noise = share;
        self
    }

    /// Seed of the noise. Default 0. The noise of a trial depends on the seed and its number alone.
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        self.0.seed = seed;
        self
    }

    /// How a mode is sifted, and how many there are at most. Default: all modes, ten siftings each.
    #[must_use]
    pub fn emd(mut self, emd: Emd) -> Self {
        self.0.emd = emd;
        self
    }

    /// The modes of `x`.
    ///
    /// # Errors
    /// As [`Eemd::decompose`], and [`Error::Parameter`] when trials times samples exceed 2^28.
    pub fn decompose(&self, x: &[f64]) -> Result<Modes> {
        self.0.check()?;
        check_samples(x, 1)?;
        let (n, trials, emd) = (x.len(), self.0.trials, self.0.emd);
        if trials.saturating_mul(n) > MAX_NOISE {
            return Err(Error::parameter("trials", trials, "trials times samples must be at most 2^28"));
        }
        // Below this the remainder is rounding, not signal.
        let least = 1e-10 * deviation(x);
        let mut noises: Vec<f64> = par::map(trials, |trial| self.0.noise(trial, n)).concat();
        let (mut left, mut values) = (x.to_vec(), Vec::new());
        for stage in 0..emd.limit() {
            let spread = deviation(&left);
            if spread <= least || emd.sift(&left, &mut Sifter::default()).is_none() {
                break;
            }
            // The noise of a stage, taken off what the next stages take theirs from.
            let mut moved = noises.clone();
            if stage > 0 {
                par::rows_init(&mut moved, n, Sifter::default, |sifter, _, noise| match emd.sift(noise, sifter) {
                    Some(mode) => noise.copy_from_slice(mode),
                    None => noise.fill(0.0),
                });
                noises.iter_mut().zip(&moved).for_each(|(w, m)| *w -= m);
            }
            par::rows_init(&mut moved, n, Sifter::default, |sifter, _, noise| {
                let own = deviation(noise);
                let level = if own > 0.0 { self.0.noise * spread / own } else { 0.0 };
                noise.iter_mut().zip(&left).for_each(|(w, l)| *w = l + level * *w);
                match emd.sift(noise, sifter) {
                    Some(mode) => noise.copy_from_slice(mode),
                    None => noise.fill(0.0),
                }
            });
            let mut mean = vec![0.0; n];
            for mode in moved.chunks_exact(n) {
                mean.iter_mut().zip(mode).for_each(|(s, m)| *s += m);
            }
            mean.iter_mut().for_each(|s| *s /= trials as f64);
            left.iter_mut().zip(&mean).for_each(|(l, m)| *l -= m);
            values.append(&mut mean);
        }
        Modes::new(x, values)
    }
}

fn deviation(x: &[f64]) -> f64 {
    lanes::variance(x, 0).sqrt()
}
