//! Spectral residual: where a series stands out from its own spectrum.
//!
//! **What it answers.** Which samples of this series catch the eye, when there is no healthy stretch to learn from?
//!
//! **Formula.** With `F` the Fourier transform of the series, `L = ln |F|` its log amplitude and `P` its phase, the
//! residual `R = L - mean of q bins of L around it` is turned back with the old phase: the score, the saliency map, is
//! `|F^-1 (exp(R + i P))|`. Logarithms beyond the first and the last of the n bins count as 0 in the mean, and so does
//! that of a bin of amplitude 0, which stays 0.
//!
//! [`extend`](SpectralResidualParams::extend) appends estimated samples first, as the paper does so that the newest sample
//! stands in the middle: each is the sample `points` before the end plus the mean slope of the last `points` lines times
//! `points`.
//!
//! **Source.** Ren et al. 2019, "Time-series anomaly detection service at Microsoft" (KDD); Hou & Zhang 2007 (CVPR).
//!
//! **Cost.** O(n log n) time, O(n) memory; any length, best with small prime factors.
//!
//! **When not to use it.** It sees points and short bursts, and has no idea of what is healthy: a slow or a frequent
//! fault is part of the spectrum. Scores depend on the whole series; for a stream, score windows of fixed length and
//! take the last score.

use super::SeriesDetector;
use super::windows::{BlockFold, check_scores, check_series};
use crate::anomaly::stream::{checked, guard};
use crate::error::{Error, Result};
use crate::math::lanes;
use crate::signal::spectral::magnitude;
use rustfft::FftPlanner;
use rustfft::num_complex::Complex64;

/// Checked settings of [`SpectralResidual`].
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
pub struct SpectralResidualValidParams {
    bins: usize,
    extend: usize,
    points: usize,
}

impl SpectralResidualValidParams {
    fn validate(&self) -> Result<()> {
        if self.bins.is_multiple_of(2) || self.bins > 9999 {
            return Err(Error::parameter("bins", self.bins, "must be odd, 1 to 9999"));
        }
        if self.extend > 1 << 16 {
            return Err(Error::parameter("extend", self.extend, "must be at most 65536"));
        }
        if !(1..=1 << 16).contains(&self.points) {
            return Err(Error::parameter("points", self.points, "must be 1 to 65536"));
        }
        Ok(())
    }
}

/// Settings of [`SpectralResidual`]; see [`SpectralResidual::params`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SpectralResidualParams(SpectralResidualValidParams);

guard!(SpectralResidualParams, SpectralResidualValidParams);

impl SpectralResidualParams {
    /// Bins q of the mean of the log amplitude, odd, 1 to 9999. Default 3, as in the paper.
    #[must_use]
    pub fn bins(mut self, bins: usize) -> Self {
        self.0.bins = bins;
        self
    }

    /// Samples to estimate and append, at most 65,536. Default 0; the paper takes 5.
    #[must_use]
    pub fn extend(mut self, samples: usize) -> Self {
        self.0.extend = samples;
        self
    }

    /// Samples before the last from which lines are drawn for the estimate, 1 to 65,536. Default 5, as in the paper.
    #[must_use]
    pub fn points(mut self, samples: usize) -> Self {
        self.0.points = samples;
        self
    }

    /// The detector: there is nothing to learn.
    ///
    /// # Errors
    /// [`Error::Parameter`] for a setting outside of its range.
    pub fn build(&self) -> Result<SpectralResidual> {
        self.0.validate()?;
        Ok(SpectralResidual { params: self.0.clone() })
    }
}

/// The saliency of every sample.
///
/// ```
/// use prognos::anomaly::series::{SeriesDetector, SpectralResidual};
/// let mut x: Vec<f64> = (0..500).map(|i| (f64::from(i) * 0.3).sin()).collect();
/// x[321] += 2.0;
/// let scores = SpectralResidual::params().build()?.score_series(&x)?;
/// assert_eq!((0..500).max_by(|&a, &b| scores[a].total_cmp(&scores[b])), Some(321));
/// # Ok::<(), prognos::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct SpectralResidual {
    params: SpectralResidualValidParams,
}

impl SpectralResidual {
    /// Default settings: a mean of 3 bins, nothing appended.
    #[must_use]
    pub fn params() -> SpectralResidualParams {
        SpectralResidualParams(SpectralResidualValidParams { bins: 3, extend: 0, points: 5 })
    }

    /// What is appended: the next sample as estimated, as often as asked for.
    fn extension(&self, x: &[f64]) -> Vec<f64> {
        let points = self.params.points.min(x.len() - 1);
        if self.params.extend == 0 || points == 0 {
            return Vec::new();
        }
        let last = x[x.len() - 1];
        let slopes = (1..=points).map(|i| (last - x[x.len() - 1 - i]) / i as f64);
        let slope = slopes.sum::<f64>() / points as f64;
        vec![x[x.len() - points] + slope * points as f64; self.params.extend]
    }

    #[cfg(feature = "serde")]
    fn check_state(&self) -> Result<()> {
        self.params.validate()
    }
}

impl SeriesDetector for SpectralResidual {
    /// Always 1: a sample is judged against the whole series.
    fn window(&self) -> usize {
        1
    }

    fn score_series(&self, x: &[f64]) -> Result<Vec<f64>> {
        check_series("series to score", x, 2)?;
        let (low, high) = lanes::min_max(x);
        let scale = low.abs().max(high.abs());
        if scale <= 0.0 || !(1.0 / scale).is_finite() {
            return Ok(vec![0.0; x.len()]);
        }
        // The scale goes out here and comes back at the end: sums of large samples stay finite.
        let mut padded: Vec<f64> = x.iter().map(|v| v / scale).collect();
        padded.extend(self.extension(&padded));
        let n = padded.len();
        if n > 1 << 27 {
            return Err(Error::parameter("samples", n, "a transform is of at most 2^27 samples"));
        }
        let mut planner = FftPlanner::new();
        let mut z: Vec<Complex64> = padded.iter().map(|&v| v.into()).collect();
        planner.plan_fft_forward(n).process(&mut z);
        let ln_scale = scale.ln();
        // A bin of amplitude 0 counts as one of amplitude 1 in the mean of others, and stays 0.
        let log = |bin: &Complex64| {
            let l = magnitude(bin).ln() + ln_scale;
            if l.is_finite() { l } else { 0.0 }
        };
        let q = self.params.bins;
        let beyond = || std::iter::repeat_n(0.0, q / 2);
        let sums = BlockFold::new(beyond().chain(z.iter().map(log)).chain(beyond()), q, |a, b| a + b);
        for (k, bin) in z.iter_mut().enumerate() {
            // exp(L) is the amplitude, so that this leaves exp(R) with the phase of old.
            *bin *= (ln_scale - sums.over(k, k + q - 1) / q as f64).exp();
        }
        planner.plan_fft_inverse(n).process(&mut z);
        let scores = z.iter().take(x.len()).map(|v| magnitude(v) / n as f64).collect();
        check_scores(scores)
    }
}

checked!(SpectralResidual { params: SpectralResidualValidParams }, "spectral_residual", |_| &[]);
