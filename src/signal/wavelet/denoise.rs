//! Taking noise off a signal by shrinking its wavelet coefficients.
//!
//! White noise spreads evenly over all coefficients, impacts and slow trends sit in few: what is small goes, what is large
//! stays. Keeps edges that a low-pass filter would round.
//!
//! # Formulas
//! The noise σ is the median of |d| of the finest details over 0.6745. Thresholds: universal σ √(2 ln n); minimax
//! σ (0.3936 + 0.1829 log2 n), 0 for n of 32 or less; Bayes σ²/√(mean d² - σ²) a level; SURE a level: the t that makes Stein's
//! estimate of the risk, `m - 2 #{|y| ≤ t} + Σ min(y², t²)` with y = d/σ, smallest, and √(2 ln m) where the level is too sparse for
//! it. Soft: sign(d) max(|d| - t, 0); hard: d where |d| > t; garrote: d - t²/d where |d| > t.
//!
//! # Sources
//! D. Donoho, I. Johnstone, Ideal spatial adaptation by wavelet shrinkage (1994), and Adapting to unknown smoothness via
//! wavelet shrinkage (1995); S. Chang, B. Yu, M. Vetterli, Adaptive wavelet thresholding (2000); H.-Y. Gao, Wavelet
//! shrinkage denoising using the non-negative garrote (1998).
//!
//! # Cost
//! Two transforms and a median; SURE sorts each level. It allocates: where that must not be, a [`Dwt`] with its scratch
//! and [`Shrinkage::apply`] at a threshold that was found before do the same in memory of the caller.
//!
//! # When not to use
//! Before features of the noise itself: a bearing's early wear often is noise.

use super::boundary::Boundary;
use super::dwt::Dwt;
use super::family::Wavelet;
use crate::error::{Error, Result, check_finite, check_positive};
use crate::math::lanes;

/// What becomes of a coefficient at a threshold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields, rename_all = "snake_case"))]
pub enum Shrinkage {
    /// The threshold is taken off: smooth results, large coefficients come out too small.
    #[default]
    Soft,
    /// Kept or dropped: large coefficients stay as they are, the result can ring.
    Hard,
    /// Between the two: `d - t²/d`.
    Garrote,
}

impl Shrinkage {
    /// One coefficient at threshold `t`; NaN stays NaN.
    #[must_use]
    pub fn apply(self, d: f64, t: f64) -> f64 {
        if d.abs() <= t {
            return 0.0;
        }
        match self {
            Self::Soft => d - t.copysign(d),
            Self::Hard => d,
            Self::Garrote => d - t / d * t,
        }
    }
}

/// How the threshold is found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields, rename_all = "snake_case"))]
pub enum ThresholdRule {
    /// Universal (VisuShrink): removes nearly all noise, and some signal.
    #[default]
    Universal,
    /// Smallest worst risk: keeps more.
    Minimax,
    /// Stein's unbiased estimate of the risk, level by level (SureShrink).
    Sure,
    /// From the spread of each level (BayesShrink).
    Bayes,
}

/// Denoising by wavelet shrinkage.
///
/// ```
/// use prognos::signal::wavelet::Denoiser;
/// // A step, and a disturbance that looks like noise.
/// let clean: Vec<f64> = (0..512).map(|i| if i < 200 { 0.0 } else { 1.0 }).collect();
/// let noise = |i: usize| 0.1 * ((i * i * 7919 % 1009) as f64 / 504.5 - 1.0);
/// let noisy: Vec<f64> = clean.iter().enumerate().map(|(i, v)| v + noise(i)).collect();
/// let calm = Denoiser::new("haar".parse()?).levels(4).denoise(&noisy)?;
/// let error = |y: &[f64]| y.iter().zip(&clean).map(|(a, b)| (a - b).powi(2)).sum::<f64>();
/// assert!(error(&calm) < 0.3 * error(&noisy));
/// # Ok::<(), prognos::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
pub struct Denoiser {
    wavelet: Wavelet,
    boundary: Boundary,
    levels: Option<usize>,
    rule: ThresholdRule,
    shrinkage: Shrinkage,
    sigma: Option<f64>,
}

impl Denoiser {
    /// Universal threshold, soft, symmetric boundary, as many levels as have coefficients free of it, σ estimated.
    #[must_use]
    pub fn new(wavelet: Wavelet) -> Self {
        Self {
            wavelet,
            boundary: Boundary::Symmetric,
            levels: None,
            rule: ThresholdRule::Universal,
            shrinkage: Shrinkage::Soft,
            sigma: None,
        }
    }

    /// How the signal goes on beyond its ends.
    #[must_use]
    pub fn boundary(mut self, boundary: Boundary) -> Self {
        self.boundary = boundary;
        self
    }

    /// Number of levels that are shrunk; default [`Wavelet::max_level`].
    #[must_use]
    pub fn levels(mut self, levels: usize) -> Self {
        self.levels = Some(levels);
        self
    }

    /// How the threshold is found.
    #[must_use]
    pub fn rule(mut self, rule: ThresholdRule) -> Self {
        self.rule = rule;
        self
    }

    /// What becomes of a coefficient.
    #[must_use]
    pub fn shrinkage(mut self, shrinkage: Shrinkage) -> Self {
        self.shrinkage = shrinkage;
        self
    }

    /// Standard deviation of the noise, where it is known.
    #[must_use]
    pub fn sigma(mut self, sigma: f64) -> Self {
        self.sigma = Some(sigma);
        self
    }

    /// The signal without what looks like noise; a signal whose finest details are mostly 0 comes back as it is.
    ///
    /// # Errors
    /// [`Error::NonFinite`] for a sample that is NaN or infinite; [`Error::TooFew`] when the signal is shorter than the
    /// filter (unless `levels` is set); [`Error::Parameter`] for `sigma` not above 0 or levels not in 1..=30;
    /// [`Error::Numeric`] when the squares leave the range of f64.
    pub fn denoise(&self, x: &[f64]) -> Result<Vec<f64>> {
        check_finite("signal to denoise", "samples", x)?;
        let levels = match self.levels.unwrap_or_else(|| self.wavelet.max_level(x.len())) {
            0 if self.levels.is_none() => {
                return Err(Error::too_few("samples to denoise", 2 * (self.wavelet.len() - 1), x.len()));
            }
            levels => levels,
        };
        let plan = Dwt::new(self.wavelet, self.boundary, x.len(), levels)?;
        let mut c = plan.decompose(x)?;
        let mut work = Vec::with_capacity(c.detail(1).len());
        let sigma = match self.sigma {
            Some(sigma) => check_positive("sigma", sigma)?,
            None => noise_level(c.detail(1), &mut work),
        };
        for level in 1..=levels {
            let detail = c.detail_mut(level);
            let t = self.rule.threshold(detail, sigma, x.len(), &mut work);
            detail.iter_mut().for_each(|d| *d = self.shrinkage.apply(*d, t));
        }
        let calm = plan.reconstruct(&c)?;
        if calm.iter().all(|v| v.is_finite()) {
            Ok(calm)
        } else {
            Err(Error::numeric("denoising", "the coefficients leave the range of f64; scale the signal"))
        }
    }
}

impl ThresholdRule {
    /// The threshold for the details of a level of a signal of `len` samples with noise `sigma`.
    fn threshold(self, detail: &[f64], sigma: f64, len: usize, work: &mut Vec<f64>) -> f64 {
        let universal = |n: usize| (2.0 * (n.max(1) as f64).ln()).sqrt();
        match self {
            Self::Universal => sigma * universal(len),
            Self::Minimax if len <= 32 => 0.0,
            Self::Minimax => sigma * (0.3936 + 0.1829 * (len as f64).log2()),
            Self::Bayes => {
                let excess = lanes::sum_squares(detail) / detail.len() as f64 - sigma * sigma;
                if excess > 0.0 { sigma * (sigma / excess.sqrt()) } else { f64::INFINITY }
            }
            Self::Sure if sigma > 0.0 => {
                let m = detail.len();
                work.clear();
                work.extend(detail.iter().map(|d| (d / sigma) * (d / sigma)));
                work.sort_unstable_by(f64::total_cmp);
                let n = m as f64;
                let sparse = lanes::sum(work) / n - 1.0 <= n.log2().powf(1.5) / n.sqrt();
                let limit = universal(m);
                if sparse { sigma * limit } else { sigma * smallest_risk(work).min(limit) }
            }
            Self::Sure => 0.0,
        }
    }
}

/// √ of the square at which Stein's estimate of the risk is smallest; `squares` rise.
fn smallest_risk(squares: &[f64]) -> f64 {
    let n = squares.len() as f64;
    let (mut best, mut at, mut below) = (n, 0.0, 0.0);
    for (k, &s) in squares.iter().enumerate() {
        below += s;
        let kept = n - (k + 1) as f64;
        let risk = n - 2.0 * (k + 1) as f64 + below + kept * s;
        if risk < best {
            (best, at) = (risk, s);
        }
    }
    at.sqrt()
}

/// Standard deviation of normal noise from its finest details: median |d| / 0.6745; 0 when there are none.
fn noise_level(detail: &[f64], work: &mut Vec<f64>) -> f64 {
    work.clear();
    work.extend(detail.iter().map(|d| d.abs()));
    let n = work.len();
    if n == 0 {
        return 0.0;
    }
    let (below, &mut high, _) = work.select_nth_unstable_by(n / 2, f64::total_cmp);
    let low = if n % 2 == 1 { high } else { below.iter().copied().max_by(f64::total_cmp).unwrap_or(high) };
    (0.5 * low + 0.5 * high) / 0.6745
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shrinkage_reads_as_documented() {
        // Values of pywt.threshold at 1.
        let of = |s: Shrinkage| [0.3, -1.2, 2.5, -0.1, 1.0].map(|d| s.apply(d, 1.0));
        let near = |a: [f64; 5], b: [f64; 5]| a.iter().zip(b).all(|(a, b)| (a - b).abs() < 1e-12);
        assert!(near(of(Shrinkage::Soft), [0.0, -0.2, 1.5, 0.0, 0.0]));
        assert!(near(of(Shrinkage::Hard), [0.0, -1.2, 2.5, 0.0, 0.0]));
        assert!(near(of(Shrinkage::Garrote), [0.0, -0.366_666_666_666_666_7, 2.1, 0.0, 0.0]));
        assert!(Shrinkage::Soft.apply(f64::NAN, 1.0).is_nan());
    }

    #[test]
    fn every_rule_takes_noise_off() {
        let mut state = 7_u64;
        let mut uniform = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 11) as f64 / (1_u64 << 53) as f64
        };
        let mut normal = || (0..12).map(|_| uniform()).sum::<f64>() - 6.0;
        let clean: Vec<f64> = (0..1024).map(|i| (i as f64 * 0.02).sin() + f64::from(u8::from(i > 400))).collect();
        let noisy: Vec<f64> = clean.iter().map(|v| v + 0.2 * normal()).collect();
        let error = |y: &[f64]| lanes::sum_by2(y, &clean, |a, b| (a - b) * (a - b));
        for rule in [ThresholdRule::Universal, ThresholdRule::Minimax, ThresholdRule::Sure, ThresholdRule::Bayes] {
            for shrinkage in [Shrinkage::Soft, Shrinkage::Hard, Shrinkage::Garrote] {
                let denoiser = Denoiser::new("sym8".parse().unwrap()).levels(5).rule(rule).shrinkage(shrinkage);
                let left = error(&denoiser.denoise(&noisy).unwrap()) / error(&noisy);
                assert!(left < 0.45, "{rule:?} {shrinkage:?}: {left}");
                let known = denoiser.sigma(0.2).denoise(&noisy).unwrap();
                assert!(error(&known) < 0.45 * error(&noisy), "{rule:?} {shrinkage:?}");
            }
        }
        let d = Dwt::new(Wavelet::haar(), Boundary::Symmetric, 1024, 1).unwrap().decompose(&noisy).unwrap();
        assert!((noise_level(d.detail(1), &mut Vec::new()) - 0.2).abs() < 0.02);
    }

    #[test]
    fn stein_chooses_the_smallest_risk() {
        let y = [0.1_f64, 0.4, 0.5, 0.9, 3.0, 4.0, 5.0];
        let squares = y.map(|v| v * v);
        let risk = |t: f64| {
            7.0 - 2.0 * y.iter().filter(|v| **v <= t).count() as f64 + y.iter().map(|v| v.min(t).powi(2)).sum::<f64>()
        };
        let best = y.iter().copied().min_by(|a, b| risk(*a).total_cmp(&risk(*b))).unwrap();
        assert!((smallest_risk(&squares) - best).abs() < 1e-15);
    }

    #[test]
    fn bad_input_is_an_error() {
        let d = Denoiser::new("db4".parse().unwrap());
        assert!(matches!(d.denoise(&[1.0; 10]), Err(Error::TooFew { .. })));
        assert!(matches!(d.denoise(&[f64::NAN; 100]), Err(Error::NonFinite { .. })));
        assert!(d.levels(0).denoise(&[1.0; 100]).is_err() && d.sigma(-1.0).denoise(&[1.0; 100]).is_err());
        let x = vec![2.5; 100];
        assert!(d.denoise(&x).unwrap().iter().all(|v| (v - 2.5).abs() < 1e-12));
    }
}
