//! What the features of a set read besides the samples: the list that the plan hands to the workspace.

use super::compat::tsfel::intermediates::TsfelNeeds;
use super::spectrum::spectra::{Parts, Source, SpectralNeeds};
use super::wavelet::transforms::WaveletNeeds;

/// What a feature reads besides the samples themselves.
///
/// ```
/// use prognos::features::Needs;
/// let needs = Needs::new().sorted().moments();
/// # let _ = needs;
/// ```
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Needs {
    pub(super) moments: bool,
    pub(super) roots: bool,
    pub(super) sorted: bool,
    pub(super) centred: bool,
    pub(super) diff: bool,
    pub(super) ties: bool,
    pub(super) teager: bool,
    pub(super) spectral: SpectralNeeds,
    pub(super) wavelet: WaveletNeeds,
    pub(super) ranks: bool,
    pub(super) rainflow: bool,
    pub(super) tsfel: TsfelNeeds,
    /// Lags of the autocorrelation, lag 0 among them; 0 when it is not needed.
    pub(super) lags: usize,
    /// Degree and groups of every drift.
    pub(super) drifts: Vec<(usize, usize)>,
    pub(super) standardised: bool,
}

impl Needs {
    /// The samples alone.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Mean, central moments, sums of |x| and x², minimum and maximum.
    #[must_use]
    pub fn moments(mut self) -> Self {
        self.moments = true;
        self
    }

    /// The moments, and the sum of the square roots of |x|.
    #[must_use]
    pub fn roots(mut self) -> Self {
        self.roots = true;
        self.moments()
    }

    /// The samples in rising order.
    #[must_use]
    pub fn sorted(mut self) -> Self {
        self.sorted = true;
        self
    }

    /// The samples less their mean.
    #[must_use]
    pub fn centred(mut self) -> Self {
        self.centred = true;
        self.moments()
    }

    /// The differences of neighbours, `x[i+1] - x[i]`.
    #[must_use]
    pub fn diff(mut self) -> Self {
        self.diff = true;
        self
    }

    /// What repeated values say; sorts.
    pub(crate) fn ties(mut self) -> Self {
        self.ties = true;
        self.sorted()
    }

    /// The Teager-Kaiser energy `x[i]² - x[i-1] x[i+1]`.
    #[must_use]
    pub fn teager(mut self) -> Self {
        self.teager = true;
        self
    }

    /// The Fourier transform of the samples.
    #[must_use]
    pub fn fourier(mut self) -> Self {
        self.spectral.fourier();
        self
    }

    /// The magnitudes of the Fourier transform.
    #[must_use]
    pub fn magnitude(mut self) -> Self {
        self.spectral.spectrum(Source::Magnitude, Parts::NONE);
        self
    }

    /// The periodogram.
    #[must_use]
    pub fn periodogram(mut self) -> Self {
        self.spectral.spectrum(Source::Power, Parts::NONE);
        self
    }

    /// Welch's power density with pieces of `nperseg` samples.
    #[must_use]
    pub fn welch(mut self, nperseg: usize) -> Self {
        self.spectral.spectrum(Source::Welch(nperseg), Parts::NONE);
        self
    }

    /// The order of the samples: how their ranks go with time.
    #[must_use]
    pub(crate) fn ranks(mut self) -> Self {
        self.ranks = true;
        self
    }

    /// The rainflow cycles.
    #[must_use]
    pub fn rainflow(mut self) -> Self {
        self.rainflow = true;
        self
    }

    /// The autocorrelation up to `max_lag` (cut to the length of the window less 1), and the samples less their mean.
    #[must_use]
    pub fn autocorrelation(mut self, max_lag: usize) -> Self {
        self.lags = self.lags.max(max_lag.saturating_add(1));
        self.centred()
    }

    /// The polynomial of a Langevin equation's drift; sorts.
    pub(crate) fn drift(mut self, degree: usize, groups: usize) -> Self {
        if !self.drifts.contains(&(degree, groups)) {
            self.drifts.push((degree, groups));
        }
        self.sorted().diff()
    }

    /// The samples less their mean over their standard deviation (divisor n - 1), as catch22 computes them.
    pub(crate) fn standardised(mut self) -> Self {
        self.standardised = true;
        self
    }

    /// Adds what another feature needs.
    pub(crate) fn join(&mut self, other: &Self) {
        self.moments |= other.moments;
        self.roots |= other.roots;
        self.sorted |= other.sorted;
        self.centred |= other.centred;
        self.diff |= other.diff;
        self.ties |= other.ties;
        self.teager |= other.teager;
        self.spectral.join(&other.spectral);
        self.wavelet.join(&other.wavelet);
        self.ranks |= other.ranks;
        self.rainflow |= other.rainflow;
        self.tsfel.join(&other.tsfel);
        self.lags = self.lags.max(other.lags);
        for &drift in &other.drifts {
            if !self.drifts.contains(&drift) {
                self.drifts.push(drift);
            }
        }
        self.standardised |= other.standardised;
    }
}
