//! What the features of one window share: one sort, one difference, one set of moments.
//!
//! Planning takes the union of what all kernels need; [`Workspace::compute`] computes it once a window, in a fixed
//! order, into buffers that stay; every kernel then reads it through [`Shared`].

use super::amplitude::counts::Ties;
use super::autoregression::autocorrelation::Correlator;
use super::compat::catch22::standardised::Standardised;
use super::compat::tsfel::intermediates::{TsfelNeeds, TsfelWork};
use super::compat::tsfresh::langevin::Drift;
use super::spectrum::spectra::{Parts, Source, Spectra, SpectralNeeds, Values};
use super::trend::ranks::{RankTrend, Ranker};
use super::wavelet::transforms::{WaveletNeeds, Wavelets};
use crate::math::lanes;
use crate::math::moments::{Blocks, Moments};
use crate::signal::rainflow::{Cycle, RainflowStream};
use crate::signal::spectral::Complex64;
use crate::signal::{SampleRate, Window};
use std::any::Any;

/// What a feature reads besides the samples themselves.
///
/// ```
/// use prognos::features::Needs;
/// let needs = Needs::new().sorted().moments();
/// # let _ = needs;
/// ```
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Needs {
    moments: bool,
    roots: bool,
    sorted: bool,
    centred: bool,
    diff: bool,
    ties: bool,
    teager: bool,
    pub(super) spectral: SpectralNeeds,
    pub(super) wavelet: WaveletNeeds,
    ranks: bool,
    rainflow: bool,
    pub(super) tsfel: TsfelNeeds,
    /// Lags of the autocorrelation, lag 0 among them; 0 when it is not needed.
    lags: usize,
    /// Degree and groups of every drift.
    drifts: Vec<(usize, usize)>,
    standardised: bool,
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

/// Room for the arrays of a feature. It grows on the first window and stays.
///
/// The plain arrays are lent to every feature in turn, so that they stay in the cache; [`Scratch::own`] belongs to one
/// feature alone.
#[derive(Default)]
pub struct Scratch {
    first: Vec<f64>,
    second: Vec<f64>,
    index: Vec<usize>,
    words: Vec<u64>,
    own: Vec<Option<Box<dyn Any + Send + Sync>>>,
    owner: usize,
}

impl std::fmt::Debug for Scratch {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Scratch").field("floats", &self.first.len()).finish_non_exhaustive()
    }
}

impl Scratch {
    /// What the feature in turn keeps from window to window in this thread: a transform's plan, tables, arrays of other
    /// types. Made by `T::default()` on the first window. It must not change the numbers: a window has the same
    /// features whatever came before it.
    ///
    /// ```
    /// # use prognos::features::Scratch;
    /// #[derive(Default)]
    /// struct Table { squares: Vec<u32> }
    /// let mut scratch = Scratch::default();
    /// let table: &mut Table = scratch.own();
    /// if table.squares.is_empty() {
    ///     table.squares.extend((0..8).map(|i| i * i));
    /// }
    /// assert_eq!(scratch.own::<Table>().squares[3], 9);
    /// ```
    pub fn own<T: Any + Default + Send + Sync>(&mut self) -> &mut T {
        if self.own.len() <= self.owner {
            self.own.resize_with(self.owner + 1, || None);
        }
        let slot = &mut self.own[self.owner];
        if !slot.as_ref().is_some_and(|kept| kept.is::<T>()) {
            *slot = None;
        }
        let kept = slot.get_or_insert_with(|| Box::new(T::default()));
        match kept.downcast_mut() {
            Some(kept) => kept,
            None => unreachable!("the slot was just filled with this type"),
        }
    }

    /// The feature that is about to be computed.
    pub(crate) fn turn(&mut self, owner: usize) {
        self.owner = owner;
    }

    /// An array of `n` numbers; what it holds is left over from before.
    pub fn floats(&mut self, n: usize) -> &mut [f64] {
        grow(&mut self.first, n, 0.0)
    }

    /// A list, empty, which keeps the room it has grown to.
    pub(crate) fn list(&mut self) -> &mut Vec<f64> {
        self.first.clear();
        &mut self.first
    }

    /// Two arrays of `n` and `m` numbers; what they hold is left over from before.
    pub fn two(&mut self, n: usize, m: usize) -> (&mut [f64], &mut [f64]) {
        (grow(&mut self.first, n, 0.0), grow(&mut self.second, m, 0.0))
    }

    /// An array of `n` numbers and one of `m` indices; what they hold is left over from before.
    pub fn floats_and_indices(&mut self, n: usize, m: usize) -> (&mut [f64], &mut [usize]) {
        (grow(&mut self.first, n, 0.0), grow(&mut self.index, m, 0))
    }

    /// Two arrays of `n` and `m` numbers and one of `k` indices; what they hold is left over from before.
    pub fn two_and_indices(&mut self, n: usize, m: usize, k: usize) -> (&mut [f64], &mut [f64], &mut [usize]) {
        (grow(&mut self.first, n, 0.0), grow(&mut self.second, m, 0.0), grow(&mut self.index, k, 0))
    }

    /// An array of `n` words of 64 bits; what it holds is left over from before.
    pub fn words(&mut self, n: usize) -> &mut [u64] {
        grow(&mut self.words, n, 0)
    }
}

fn grow<T: Clone>(buffer: &mut Vec<T>, n: usize, zero: T) -> &mut [T] {
    if buffer.len() < n {
        buffer.resize(n, zero);
    }
    &mut buffer[..n]
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
