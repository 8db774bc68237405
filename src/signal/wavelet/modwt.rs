//! The maximal overlap discrete wavelet transform: every level has a coefficient for every sample.
//!
//! A shift of the signal shifts the coefficients and changes no energy, any length will do, and the energies of the
//! levels add up to that of the signal: the transform for variances by octave (Allan's variance is twice the variance of
//! `haar`), and for features of windows that begin anywhere.
//!
//! # Formula
//! `W_j[t] = Σ_l h[l]/√2 V_{j-1}[(t - 2^(j-1) l) mod n]`, `V_j[t]` the same with g, V_0 = x; g is
//! [`rec_lo`](Wavelet::rec_lo), h is [`rec_hi`](Wavelet::rec_hi), as in MATLAB's `modwt`.
//!
//! # Source
//! D. B. Percival, A. T. Walden, *Wavelet Methods for Time Series Analysis* (2000), 5.4-5.5 and 8.3.
//!
//! # Cost
//! O(n taps) a level.

use super::circular::{Cascade, Ring, RingScratch};
use super::dwt::{check_len, check_levels};
use super::family::Wavelet;
use crate::error::{Error, Result};
use crate::math::lanes;

/// A plan for the maximal overlap transform of signals of one length, with circular boundary.
///
/// ```
/// use prognos::signal::wavelet::Modwt;
/// let x: Vec<f64> = (0..100).map(|i| f64::from(i % 7)).collect();
/// let plan = Modwt::new("db2".parse()?, 100, 3)?;
/// let c = plan.decompose(&x)?;
/// let energy: f64 = (1..=3).map(|j| c.detail(j)).chain([c.approximation()]).flatten().map(|v| v * v).sum();
/// assert!((energy / x.iter().map(|v| v * v).sum::<f64>() - 1.0).abs() < 1e-12);
/// assert!((plan.reconstruct(&c)?[42] - x[42]).abs() < 1e-12);
/// # Ok::<(), prognos::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Modwt {
    wavelet: Wavelet,
    cascade: Cascade,
    len: usize,
}

/// Working memory of a [`Modwt`] or a [`Swt`](super::Swt).
#[derive(Debug, Clone)]
pub struct StationaryScratch(pub(super) RingScratch);

/// The coefficients of a transform without decimation: as many in every band as there are samples.
#[derive(Debug, Clone, PartialEq)]
pub struct StationaryCoefficients {
    pub(super) values: Vec<f64>,
    pub(super) len: usize,
}

impl StationaryCoefficients {
    /// All of them: details of level 1 (the finest), 2, ..., then the approximation.
    #[must_use]
    pub fn values(&self) -> &[f64] {
        &self.values
    }

    /// All of them, to change.
    pub fn values_mut(&mut self) -> &mut [f64] {
        &mut self.values
    }

    /// Number of levels.
    #[must_use]
    pub fn levels(&self) -> usize {
        self.values.len() / self.len - 1
    }

    /// The approximation of the deepest level.
    #[must_use]
    pub fn approximation(&self) -> &[f64] {
        &self.values[self.levels() * self.len..]
    }

    /// The details of a level, 1 the finest; empty where there is none.
    #[must_use]
    pub fn detail(&self, level: usize) -> &[f64] {
        if (1..=self.levels()).contains(&level) { &self.values[(level - 1) * self.len..level * self.len] } else { &[] }
    }
}

impl Modwt {
    /// A plan for `len` samples and that many levels; beyond `log2(len)` the filters go round more than once.
    ///
    /// # Errors
    /// [`Error::Parameter`] unless `len` lies in 1..=2^27, `levels` in 1..=30 and the wavelet is orthogonal.
    pub fn new(wavelet: Wavelet, len: usize, levels: usize) -> Result<Self> {
        check_len(len)?;
        check_levels(levels)?;
        if !wavelet.is_orthogonal() {
            let rule = "the maximal overlap transform wants an orthogonal wavelet: haar, db, sym or coif";
            return Err(Error::parameter("wavelet", wavelet, rule));
        }
        let taps = wavelet.len();
        let filters: Vec<[f64; 2]> = wavelet
            .rec_lo()
            .iter()
            .zip(wavelet.rec_hi())
            .map(|(g, h)| [g * std::f64::consts::FRAC_1_SQRT_2, h * std::f64::consts::FRAC_1_SQRT_2])
            .collect();
        let ring = |direction: i128| (0..levels).map(move |j| Ring::new(len, taps, 0, direction << j)).collect();
        let cascade = Cascade { analysis: ring(-1), synthesis: ring(1), split: filters.clone(), join: filters };
        Ok(Self { wavelet, cascade, len })
    }

    /// The wavelet.
    #[must_use]
    pub fn wavelet(&self) -> Wavelet {
        self.wavelet
    }

    /// Number of samples of a signal.
    #[must_use]
    #[allow(clippy::len_without_is_empty)] // a plan is never empty
    pub fn len(&self) -> usize {
        self.len
    }

    /// Number of levels.
    #[must_use]
    pub fn levels(&self) -> usize {
        self.cascade.analysis.len()
    }

    /// Number of coefficients, `(levels + 1) len`.
    #[must_use]
    pub fn coefficients(&self) -> usize {
        (self.levels() + 1) * self.len
    }

    /// Working memory for this plan.
    #[must_use]
    pub fn scratch(&self) -> StationaryScratch {
        StationaryScratch(RingScratch::with_room(self.len))
    }

    /// Writes the coefficients of `x`: details of level 1, 2, ..., then the approximation. Allocates nothing.
    ///
    /// # Errors
    /// [`Error::Shape`] when `x`, `out` or the scratch is of another size than the plan.
    pub fn process(&self, x: &[f64], out: &mut [f64], scratch: &mut StationaryScratch) -> Result<()> {
        self.cascade.forward(x, out, &mut scratch.0, |_, _| {})
    }

    /// The coefficients of `x`.
    ///
    /// # Errors
    /// [`Error::Shape`] when `x` has another length than the plan.
    pub fn decompose(&self, x: &[f64]) -> Result<StationaryCoefficients> {
        let mut values = vec![0.0; self.coefficients()];
        self.process(x, &mut values, &mut self.scratch())?;
        Ok(StationaryCoefficients { values, len: self.len })
    }

    /// The signal of the coefficients.
    ///
    /// # Errors
    /// [`Error::Shape`] when the coefficients are those of another plan.
    pub fn reconstruct(&self, coefficients: &StationaryCoefficients) -> Result<Vec<f64>> {
        let mut x = vec![0.0; self.len];
        self.cascade.inverse(&coefficients.values, &mut x, &mut self.scratch().0)?;
        Ok(x)
    }

    /// How many coefficients of a level the end of the signal reaches round the circle, `(2^j - 1)(taps - 1)`; all are
    /// when that is the length or more.
    #[must_use]
    pub fn boundary_count(&self, level: usize) -> usize {
        let spread =
            u32::try_from(level).ok().and_then(|level| 1_usize.checked_shl(level)).map_or(usize::MAX, |v| v - 1);
        spread.saturating_mul(self.wavelet.len() - 1).min(self.len)
    }

    /// Wavelet variance of a level, from the coefficients that the boundary leaves alone (the unbiased estimator of
    /// Percival & Walden, 8.3): mean of their squares. NaN when there are none.
    #[must_use]
    pub fn variance(&self, coefficients: &StationaryCoefficients, level: usize) -> f64 {
        self.variance_of(coefficients.detail(level), level)
    }

    /// The same of the details alone.
    pub(crate) fn variance_of(&self, detail: &[f64], level: usize) -> f64 {
        let inner = detail.get(self.boundary_count(level)..).unwrap_or(&[]);
        lanes::sum_squares(inner) / inner.len() as f64
    }
}
