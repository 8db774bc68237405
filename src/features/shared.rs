//! What the features of one window share: one sort, one difference, one set of moments.
//!
//! Planning takes the union of what all kernels need; [`Workspace::compute`] computes it once a window, in a fixed
//! order, into buffers that stay; every kernel then reads it through [`Shared`].

use super::amplitude::counts::Ties;
use super::autoregression::autocorrelation::Correlator;
use super::compat::catch22::standardised::Standardised;
use super::compat::tsfel::intermediates::TsfelWork;
use super::compat::tsfresh::langevin::Drift;
use super::spectrum::spectra::{Source, Spectra, Values};
use super::trend::ranks::{RankTrend, Ranker};
use super::wavelet::transforms::Wavelets;
use crate::math::lanes;
use crate::math::moments::{Blocks, Moments};
use crate::signal::rainflow::{Cycle, RainflowStream};
use crate::signal::spectral::Complex64;
use crate::signal::{SampleRate, Window};

pub use super::needs::Needs;
pub use super::scratch::Scratch;

/// The buffers behind [`Shared`], for windows of one length.
#[derive(Debug)]
pub(crate) struct Workspace {
    needs: Needs,
    blocks: Blocks,
    moments: Moments,
    keys: Vec<i64>,
    sorted: Vec<f64>,
    centred: Vec<f64>,
    diff: Vec<f64>,
    ties: Ties,
    teager: Vec<f64>,
    teager_blocks: Blocks,
    teager_moments: Moments,
    spectra: Spectra,
    wavelets: Wavelets,
    ranker: Ranker,
    ranks: RankTrend,
    correlator: Correlator,
    rainflow: RainflowStream,
    cycles: Vec<Cycle>,
    drifts: Vec<Drift>,
    standardised: Standardised,
    tsfel: TsfelWork,
}

impl Workspace {
    /// Buffers for what is needed, for windows of `len` samples.
    pub(crate) fn new(needs: Needs, len: usize, rate: SampleRate) -> Self {
        let reserve = |wanted: bool| Vec::with_capacity(if wanted { len } else { 0 });
        Self {
            blocks: Blocks::new(if needs.moments { len } else { 0 }),
            moments: Moments::default(),
            keys: Vec::with_capacity(if needs.sorted { len } else { 0 }),
            sorted: reserve(needs.sorted),
            centred: reserve(needs.centred),
            diff: reserve(needs.diff),
            ties: Ties::default(),
            teager: reserve(needs.teager),
            teager_blocks: Blocks::new(if needs.teager { len } else { 0 }),
            teager_moments: Moments::default(),
            spectra: Spectra::new(&needs.spectral, len, rate),
            wavelets: Wavelets::new(&needs.wavelet, len),
            ranker: Ranker::new(if needs.ranks { len } else { 0 }),
            ranks: RankTrend::default(),
            correlator: Correlator::new(len, needs.lags),
            rainflow: RainflowStream::with_room(if needs.rainflow { len } else { 0 }),
            // Every sample closes one cycle at most, the end leaves as many as are open.
            cycles: Vec::with_capacity(if needs.rainflow { len } else { 0 }),
            drifts: needs.drifts.iter().map(|&(degree, groups)| Drift::new(degree, groups)).collect(),
            standardised: Standardised::with_room(if needs.standardised { len } else { 0 }),
            tsfel: TsfelWork::new(&needs.tsfel, len),
            needs,
        }
    }

    /// Computes everything that is needed for one window; `false`, and nothing is valid, when a sample is NaN or
    /// infinite. `start` is where the window stands in the one signal that this workspace is used for; windows that
    /// stand alone have none.
    pub(crate) fn compute(&mut self, x: &[f64], start: Option<usize>) -> bool {
        if self.needs.moments {
            self.moments = self.blocks.moments(x, start, self.needs.roots);
            // A finite sum of |x| has no NaN and no infinity in it: the usual window needs no scan of its own.
            if !self.moments.sum_abs.is_finite() && x.iter().any(|v| !v.is_finite()) {
                return false;
            }
        } else if x.iter().any(|v| !v.is_finite()) {
            return false;
        }
        if self.needs.sorted {
            // Whole numbers sort a quarter faster than floats under `total_cmp`, in the same order.
            self.keys.clear();
            self.keys.extend(x.iter().map(|v| order_key(v.to_bits().cast_signed())));
            self.keys.sort_unstable();
            self.sorted.clear();
            self.sorted.extend(self.keys.iter().map(|&k| f64::from_bits(order_key(k).cast_unsigned())));
        }
        if self.needs.centred {
            let mean = self.moments.mean;
            self.centred.clear();
            self.centred.extend(x.iter().map(|v| v - mean));
        }
        if self.needs.diff {
            self.diff.clear();
            self.diff.extend(x.windows(2).map(|p| p[1] - p[0]));
        }
        if self.needs.ties {
            self.ties = Ties::of(&self.sorted);
        }
        if self.needs.teager {
            self.teager.clear();
            self.teager.extend(x.windows(3).map(|p| p[1] * p[1] - p[0] * p[2]));
            self.teager_moments = self.teager_blocks.moments(&self.teager, None, false);
        }
        self.spectra.compute(x);
        self.wavelets.compute(x);
        if self.needs.ranks {
            self.ranks = self.ranker.trend(x);
        }
        if self.needs.lags > 0 {
            self.correlator.compute(&self.centred);
        }
        if self.needs.rainflow {
            self.cycles.clear();
            x.iter().for_each(|&v| self.rainflow.take(v, &mut self.cycles));
            self.rainflow.finish(&mut self.cycles);
        }
        for drift in &mut self.drifts {
            drift.compute(x, &self.sorted, &self.diff);
        }
        if self.needs.standardised {
            self.standardised.compute(x);
        }
        self.tsfel.compute(x);
        true
    }

    /// The window together with what was computed for it.
    pub(crate) fn view<'a>(&'a self, window: Window<'a>) -> Shared<'a> {
        Shared { window, work: self }
    }
}

/// One window and what was computed for all its features. What a feature did not declare in its [`Needs`] is empty
/// or NaN.
#[derive(Debug, Clone, Copy)]
pub struct Shared<'a> {
    window: Window<'a>,
    work: &'a Workspace,
}

impl<'a> Shared<'a> {
    /// The samples.
    #[must_use]
    pub fn samples(&self) -> &'a [f64] {
        self.window.samples
    }

    /// Number of samples.
    #[must_use]
    pub fn len(&self) -> usize {
        self.window.samples.len()
    }

    /// Whether the window has no sample.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.window.samples.is_empty()
    }

    /// The sample rate.
    #[must_use]
    pub fn rate(&self) -> SampleRate {
        self.window.rate
    }

    /// Moments and sums; zeros unless declared.
    pub(crate) fn moments(&self) -> &'a Moments {
        &self.work.moments
    }

    /// Mean; NaN when empty.
    #[must_use]
    pub fn mean(&self) -> f64 {
        if self.work.needs.moments { self.work.moments.mean } else { f64::NAN }
    }

    /// Variance with divisor n.
    #[must_use]
    pub fn variance(&self) -> f64 {
        if self.work.needs.moments { self.work.moments.m2 } else { f64::NAN }
    }

    /// The samples in rising order.
    #[must_use]
    pub fn sorted(&self) -> &'a [f64] {
        &self.work.sorted
    }

    /// The samples less their mean.
    #[must_use]
    pub fn centred(&self) -> &'a [f64] {
        &self.work.centred
    }

    /// The differences of neighbours, `x[i+1] - x[i]`; one less than there are samples.
    #[must_use]
    pub fn diff(&self) -> &'a [f64] {
        &self.work.diff
    }

    /// What repeated values say; zeros unless declared.
    pub(crate) fn ties(&self) -> &'a Ties {
        &self.work.ties
    }

    /// The Teager-Kaiser energy `x[i]² - x[i-1] x[i+1]` of the inner samples; two less than there are samples.
    #[must_use]
    pub fn teager(&self) -> &'a [f64] {
        &self.work.teager
    }

    /// Moments of the Teager-Kaiser energy; zeros unless declared.
    pub(crate) fn teager_moments(&self) -> &'a Moments {
        &self.work.teager_moments
    }

    /// How the ranks of the samples go with time; zeros unless declared.
    pub(crate) fn ranks(&self) -> &'a RankTrend {
        &self.work.ranks
    }

    /// The rainflow cycles of ASTM E1049, halves at the end.
    #[must_use]
    pub fn cycles(&self) -> &'a [Cycle] {
        &self.work.cycles
    }

    /// Coefficients of a declared drift, the highest power first.
    pub(crate) fn drift(&self, degree: usize, groups: usize) -> &'a [f64] {
        self.work.drifts.iter().find(|d| d.is_of(degree, groups)).map_or(&[], Drift::polynomial)
    }

    /// What TSFEL's features share; empty unless declared.
    pub(crate) fn tsfel(&self) -> &'a TsfelWork {
        &self.work.tsfel
    }

    /// Sums of products `(x[i] - mean)(x[i + lag] - mean)`, for lags from 0: divided by the first they are the biased
    /// autocorrelation.
    #[must_use]
    pub fn autocorrelation_sums(&self) -> &'a [f64] {
        self.work.correlator.sums()
    }

    /// The standardised samples; empty unless declared.
    pub(crate) fn standardised(&self) -> &'a Standardised {
        &self.work.standardised
    }

    /// Quantile `q` in 0..=1 by linear interpolation (Hyndman & Fan 1996, type 7) of the sorted samples; NaN when
    /// empty or not declared.
    #[must_use]
    pub fn quantile(&self, q: f64) -> f64 {
        quantile_of_sorted(self.sorted(), q)
    }

    /// Median of the sorted samples.
    #[must_use]
    pub fn median(&self) -> f64 {
        self.quantile(0.5)
    }

    /// `sum x_n exp(-2 pi i k n / N)`, not scaled, bins 0 to n/2.
    #[must_use]
    pub fn fourier(&self) -> &'a [Complex64] {
        &self.work.spectra.fourier
    }

    /// Magnitudes of the Fourier transform of the samples (mean included), bins 0 to n/2 at `k rate / n`.
    #[must_use]
    pub fn magnitude(&self) -> &'a [f64] {
        self.spectrum(Source::Magnitude).map_or(&[], |s| &s.values)
    }

    /// One-sided power density of the samples less their mean, boxcar window, bins 0 to n/2 at `k rate / n`.
    #[must_use]
    pub fn periodogram(&self) -> &'a [f64] {
        self.spectrum(Source::Power).map_or(&[], |s| &s.values)
    }

    /// Welch's one-sided power density (Hann, half overlap, mean of each piece taken out), bins 0 to m/2 at `k rate / m`,
    /// where m is `nperseg` or, when that is shorter, the length of the window.
    #[must_use]
    pub fn welch(&self, nperseg: usize) -> &'a [f64] {
        self.spectrum(Source::Welch(nperseg)).map_or(&[], |s| &s.values)
    }

    /// A declared spectrum with its sums.
    pub(crate) fn spectrum(&self, source: Source) -> Option<&'a Values> {
        self.work.spectra.get(source)
    }

    /// Everything spectral.
    pub(crate) fn spectra(&self) -> &'a Spectra {
        &self.work.spectra
    }

    /// The wavelet transforms that were declared.
    pub(crate) fn wavelets(&self) -> &'a Wavelets {
        &self.work.wavelets
    }

    /// Sum of squared differences of neighbours.
    pub(crate) fn diff_energy(&self) -> f64 {
        lanes::sum_squares(self.diff())
    }
}

/// The bits of a float as a whole number of the same order (that of `f64::total_cmp`), and back: it is its own
/// inverse.
pub(super) fn order_key(bits: i64) -> i64 {
    bits ^ ((bits >> 63).cast_unsigned() >> 1).cast_signed()
}

/// Quantile by linear interpolation, numpy's default, with numpy's form of the interpolation.
pub(crate) fn quantile_of_sorted(sorted: &[f64], q: f64) -> f64 {
    let Some(last) = sorted.len().checked_sub(1) else { return f64::NAN };
    if !(0.0..=1.0).contains(&q) {
        return f64::NAN;
    }
    let place = q * last as f64;
    let low = (place.floor() as usize).min(last);
    let high = (low + 1).min(last);
    let t = place - low as f64;
    let (a, b) = (sorted[low], sorted[high]);
    let step = b - a;
    if t >= 0.5 { b - step * (1.0 - t) } else { a + step * t }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_in_the_order_of_total_cmp() {
        let x = [f64::MIN, -1.0, -1e-300, -5e-324, -0.0, 0.0, 5e-324, 0.1, 1.0, 1.5, f64::MAX];
        let keys = x.map(|v| order_key(v.to_bits().cast_signed()));
        assert!(keys.windows(2).all(|k| k[0] < k[1]));
        assert_eq!(keys.map(|k| order_key(k).cast_unsigned()), x.map(f64::to_bits));
    }
}
