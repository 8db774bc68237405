//! Variational mode decomposition: a given number of narrow bands, whose centres are found.
//!
//! **Formula.** Modes `u_k` with centre frequencies `w_k` minimise the sum of their bandwidths,
//! `sum_k || d/dt [analytic(u_k) exp(-i w_k t)] ||^2`, under `sum_k u_k = x`, weighted by `alpha`, with multiplier
//! `lambda` (Dragomiretskiy & Zosso 2014, IEEE TSP 62). In the frequency domain, over positive frequencies alone:
//!
//! ```text
//! u_k <- (x - sum of the other modes - lambda / 2) / (1 + alpha (w - w_k)^2)
//! w_k <- sum w |u_k|^2 / sum |u_k|^2
//! lambda <- lambda + tau (sum u_k - x)
//! ```
//!
//! All frequencies are independent within an iteration, so one pass over the half spectrum updates all modes, their
//! powers and the change; one real transform before and one a mode after.

use super::{Modes, check_samples};
use crate::error::{Error, Result, check_positive};
use crate::math::rng::Rng;
use crate::signal::spectral::{Complex64, RealFft};

/// Frequencies that are updated at once, and lanes of the sums over them: with two all that a mode needs stays in
/// vector registers (twice as fast as with eight).
const LANES: usize = 2;

/// Where the centre frequencies begin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields, rename_all = "snake_case"))]
#[non_exhaustive]
pub enum VmdStart {
    /// All at 0.
    Zero,
    /// Evenly from 0 up to, not including, half the sample rate.
    Uniform,
    /// Log-uniform between one cycle in the window and half the sample rate, ascending, from this seed.
    Random(u64),
}

/// Variational mode decomposition; see the [module](super) for when to use it.
///
/// Settings mean what they mean in the authors' code and in vmdpy, and updates come in their order. The window is
/// extended at each end by the mirror image of half of its samples; an odd number of samples is taken as it is, where
/// vmdpy drops the last one. With too few modes bands merge, with too many one
/// band is split: look at the centre frequencies of healthy windows before choosing.
///
/// Cost: O(modes x samples) an iteration, some hundreds of iterations; memory 32 bytes a mode and sample.
///
/// ```
/// use prognos::signal::decomposition::Vmd;
/// let tone = |i: usize, f: f64| (std::f64::consts::TAU * f * i as f64).sin();
/// let x: Vec<f64> = (0..1000).map(|i| tone(i, 0.01) + 0.5 * tone(i, 0.1) + 0.25 * tone(i, 0.12)).collect();
/// let found = Vmd::new(3).decompose(&x)?;
/// for (f, expected) in found.frequencies().iter().zip([0.01, 0.1, 0.12]) {
///     assert!((f - expected).abs() < 5e-4, "{f}");
/// }
/// # Ok::<(), prognos::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
pub struct Vmd {
    modes: usize,
    alpha: f64,
    tau: f64,
    dc: bool,
    start: VmdStart,
    tolerance: f64,
    absolute: bool,
    max_iterations: usize,
}

/// Modes of a [`Vmd`], by ascending centre frequency.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct VmdModes {
    modes: Modes,
    frequencies: Vec<f64>,
    iterations: usize,
    converged: bool,
}

impl VmdModes {
    /// The modes by ascending centre frequency, and the misfit as the residue.
    #[must_use]
    pub fn modes(&self) -> &Modes {
        &self.modes
    }

    /// Centre frequencies in cycles per sample, 0 to 0.5, ascending: times the sample rate they are in Hz.
    #[must_use]
    pub fn frequencies(&self) -> &[f64] {
        &self.frequencies
    }

    /// Iterations until the change was below the tolerance, or the limit.
    #[must_use]
    pub fn iterations(&self) -> usize {
        self.iterations
    }

    /// Whether the change was below the tolerance in the end.
    #[must_use]
    pub fn converged(&self) -> bool {
        self.converged
    }
}

impl Vmd {
    /// So many modes, with `alpha` 2000, no dual ascent, centres that start evenly spaced, no mode held at 0, and a
    /// relative tolerance of 1e-9.
    #[must_use]
    pub fn new(modes: usize) -> Self {
        Self {
            modes,
            alpha: 2000.0,
            tau: 0.0,
            dc: false,
            start: VmdStart::Uniform,
            tolerance: 1e-9,
            absolute: false,
            max_iterations: 499,
        }
    }

    /// Weight of the bandwidth. Default 2000: a mode falls to half at `1 / sqrt(alpha)` = 0.022 cycles per sample from
    /// its centre. Larger values give narrower bands.
    #[must_use]
    pub fn alpha(mut self, alpha: f64) -> Self {
        self.alpha = alpha;
        self
    }

    /// Step of the dual ascent. Default 0, which leaves noise in the residue; larger values (0.1 to 1) force the modes
    /// to add up to the signal.
    #[must_use]
    pub fn tau(mut self, tau: f64) -> Self {
        self.tau = tau;
        self
    }

    /// Holds the first mode at frequency 0: the mean and slow drift. Default false.
    #[must_use]
    pub fn dc(mut self, dc: bool) -> Self {
        self.dc = dc;
        self
    }

    /// Where the centre frequencies begin. Default [`VmdStart::Uniform`].
    #[must_use]
    pub fn start(mut self, start: VmdStart) -> Self {
        self.start = start;
        self
    }

    /// Stops when the energy of the change of all modes in an iteration falls below this share of the energy of the
    /// signal. Default 1e-9.
    #[must_use]
    pub fn tolerance(mut self, share: f64) -> Self {
        (self.tolerance, self.absolute) = (share, false);
        self
    }

    /// Stops when `sum_k sum_w |change of u_k|^2 / T` falls below this number, in squared units of the samples, with
    /// `T` twice the number of samples: vmdpy's `tol`. With samples of small numbers it stops at once.
    #[must_use]
    pub fn absolute_tolerance(mut self, tolerance: f64) -> Self {
        (self.tolerance, self.absolute) = (tolerance, true);
        self
    }

    /// Most iterations. Default 499, as in vmdpy.
    #[must_use]
    pub fn max_iterations(mut self, iterations: usize) -> Self {
        self.max_iterations = iterations;
        self
    }

    fn check(&self) -> Result<()> {
        if !(1..=64).contains(&self.modes) {
            return Err(Error::parameter("modes", self.modes, "must be 1 to 64"));
        }
        if !(self.alpha >= 0.0 && self.alpha <= 1e12) {
            return Err(Error::parameter("alpha", self.alpha, "must be 0 to 1e12"));
        }
        if !(0.0..=10.0).contains(&self.tau) {
            return Err(Error::parameter("tau", self.tau, "must be 0 to 10"));
        }
        check_positive("tolerance", self.tolerance)?;
        if !(1..=1_000_000).contains(&self.max_iterations) {
            return Err(Error::parameter("max_iterations", self.max_iterations, "must be 1 to 1000000"));
        }
        Ok(())
    }

    fn first_frequencies(&self, samples: usize) -> Vec<f64> {
        let count = self.modes;
        let mut all: Vec<f64> = match self.start {
            VmdStart::Zero => vec![0.0; count],
            VmdStart::Uniform => (0..count).map(|k| 0.5 / count as f64 * k as f64).collect(),
            VmdStart::Random(seed) => {
                let (mut rng, least) = (Rng::stream(seed, 0), (1.0 / samples as f64).min(0.5).ln());
                (0..count).map(|_| (least + (0.5_f64.ln() - least) * rng.uniform()).exp()).collect()
            }
        };
        all.sort_by(f64::total_cmp);
        if self.dc {
            all[0] = 0.0;
        }
        all
    }

    /// The modes of `x`, at least 4 samples. Like vmdpy, it gives the iterate before the last one.
    ///
    /// # Errors
    /// [`Error::Parameter`] for a setting out of its range or more than 2^24 samples; [`Error::TooFew`] with fewer than
    /// 4 samples; [`Error::NonFinite`] naming a sample; [`Error::Numeric`] when a square overflows.
    pub fn decompose(&self, x: &[f64]) -> Result<VmdModes> {
        self.check()?;
        check_samples(x, 4)?;
        let n = x.len();
        let fft = RealFft::new(2 * n)?;
        let (mut bins, mut scratch) = (fft.zero_bins(), fft.scratch());
        let mirrored = |to: &mut [f64]| {
            let head = x[..n / 2].iter().rev();
            let tail = x[n / 2..].iter().rev();
            for (to, v) in to.iter_mut().zip(head.chain(x).chain(tail)) {
                *to = *v;
            }
        };
        fft.forward_with(mirrored, &mut bins, &mut scratch)?;
        let mut state = State::new(&bins[..n], self.first_frequencies(n));
        // The first spectrum is a convergence criterion's unit: the energy of a one-sided spectrum.
        let energy = bins[..n].iter().map(Complex64::norm_sqr).sum::<f64>() / (2 * n) as f64;
        let limit = if self.absolute { self.tolerance } else { self.tolerance * energy };
        let (mut iterations, mut converged) = (0, false);
        while iterations < self.max_iterations && !converged {
            let change = state.iterate(self.alpha, self.tau, self.dc) / (2 * n) as f64;
            iterations += 1;
            converged = change <= limit;
        }
        let mut order: Vec<usize> = (0..self.modes).collect();
        order.sort_by(|&a, &b| state.before[a].total_cmp(&state.before[b]));
        let mut long = vec![0.0; 2 * n];
        let mut values = Vec::with_capacity(self.modes * n);
        for &k in &order {
            state.write(k, &mut bins);
            fft.inverse(&bins, &mut long, &mut scratch)?;
            values.extend_from_slice(&long[n / 2..n / 2 + n]);
        }
        let frequencies = order.iter().map(|&k| state.before[k]).collect();
        Ok(VmdModes { modes: Modes::new(x, values)?, frequencies, iterations, converged })
    }
}

/// Real and imaginary parts of neighbouring frequencies.
#[derive(Debug, Clone, Copy, Default)]
struct Lane {
    re: [f64; LANES],
    im: [f64; LANES],
}

/// The spectra of all modes in two iterates, by lanes of frequencies, by mode.
struct State {
    modes: usize,
    bins: usize,
    signal: Vec<Lane>,
    multiplier: Vec<Lane>,
    /// Sum of the modes but one, carried on from update to update as in the references.
    others: Vec<Lane>,
    old: Vec<Lane>,
    new: Vec<Lane>,
    /// Centre frequencies of the iterate before, and of the last.
    before: Vec<f64>,
    frequencies: Vec<f64>,
    power: Vec<[f64; LANES]>,
    moment: Vec<[f64; LANES]>,
}

impl State {
    fn new(bins: &[Complex64], frequencies: Vec<f64>) -> Self {
        let (modes, blocks) = (frequencies.len(), bins.len().div_ceil(LANES));
        let mut signal = vec![Lane::default(); blocks];
        for (i, z) in bins.iter().enumerate() {
            signal[i / LANES].re[i % LANES] = z.re;
            signal[i / LANES].im[i % LANES] = z.im;
        }
        let zeros = vec![Lane::default(); blocks];
        Self {
            modes,
            bins: bins.len(),
            signal,
            multiplier: zeros.clone(),
            others: zeros,
            old: vec![Lane::default(); blocks * modes],
            new: vec![Lane::default(); blocks * modes],
            before: frequencies.clone(),
            frequencies,
            power: vec![[0.0; LANES]; modes],
            moment: vec![[0.0; LANES]; modes],
        }
    }

    /// One iteration; returns the energy of the change.
    fn iterate(&mut self, alpha: f64, tau: f64, dc: bool) -> f64 {
        let modes = self.modes;
        std::mem::swap(&mut self.old, &mut self.new);
        self.before.copy_from_slice(&self.frequencies);
        self.power.fill([0.0; LANES]);
        self.moment.fill([0.0; LANES]);
        let mut change = [0.0; LANES];
        let step = 0.5 / self.bins as f64;
        let blocks = self.signal.iter().zip(&mut self.multiplier).zip(&mut self.others).enumerate();
        let spectra = self.old.chunks_exact(modes).zip(self.new.chunks_exact_mut(modes));
        for ((block, ((signal, multiplier), others)), (old, new)) in blocks.zip(spectra) {
            let w: [f64; LANES] = std::array::from_fn(|l| (block * LANES + l) as f64 * step);
            let goal: Lane = Lane {
                re: std::array::from_fn(|l| signal.re[l] - 0.5 * multiplier.re[l]),
                im: std::array::from_fn(|l| signal.im[l] - 0.5 * multiplier.im[l]),
            };
            let mut sum = *others;
            // The mode that was updated last: its newest spectrum joins the others.
            let mut last = old[modes - 1];
            for k in 0..modes {
                let (was, centre) = (old[k], self.before[k]);
                let (power, moment) = (&mut self.power[k], &mut self.moment[k]);
                let mut now = Lane::default();
                for l in 0..LANES {
                    sum.re[l] = last.re[l] + sum.re[l] - was.re[l];
                    sum.im[l] = last.im[l] + sum.im[l] - was.im[l];
                    let off = w[l] - centre;
                    let gain = 1.0 / (1.0 + alpha * (off * off));
                    now.re[l] = (goal.re[l] - sum.re[l]) * gain;
                    now.im[l] = (goal.im[l] - sum.im[l]) * gain;
                    let square = now.re[l] * now.re[l] + now.im[l] * now.im[l];
                    power[l] += square;
                    moment[l] += w[l] * square;
                    let (dr, di) = (now.re[l] - was.re[l], now.im[l] - was.im[l]);
                    change[l] += dr * dr + di * di;
                }
                new[k] = now;
                last = now;
            }
            *others = sum;
            if tau > 0.0 {
                for l in 0..LANES {
                    multiplier.re[l] += tau * (sum.re[l] + last.re[l] - signal.re[l]);
                    multiplier.im[l] += tau * (sum.im[l] + last.im[l] - signal.im[l]);
                }
            }
        }
        for (k, (power, moment)) in self.power.iter().zip(&self.moment).enumerate() {
            let (power, moment): (f64, f64) = (power.iter().sum(), moment.iter().sum());
            // A mode without power stays where it is.
            if !(dc && k == 0) && power > 0.0 {
                self.frequencies[k] = moment / power;
            }
        }
        change.iter().sum()
    }

    /// Writes the spectrum of mode `k`, of the iterate before the last. The bin at half the sample rate, which the
    /// iteration does not have, is the conjugate of its neighbour, as in the references.
    fn write(&self, k: usize, to: &mut [Complex64]) {
        for (i, to) in to.iter_mut().enumerate() {
            let i = i.min(self.bins - 1);
            let lane = &self.old[i / LANES * self.modes + k];
            *to = Complex64::new(lane.re[i % LANES], lane.im[i % LANES]);
        }
    }
}
