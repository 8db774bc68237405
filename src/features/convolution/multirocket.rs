//! MultiRocket: how often, how far, where and how long the output of a kernel exceeds a bias, of the window and of its
//! first difference.

use super::bank::{Bank, MAX_FEATURES, Settings, readable, to_f32, unreadable};
use super::kernels::{BLOCK, KERNELS, Padded, valid_range};
use super::minirocket::{check_rows, check_windows, common_len, copy_row, copy_window};
use crate::error::{Error, Result};
use crate::features::{FeatureMatrix, Rows};
use crate::math::par;
use crate::signal::Windows;
use linfa::ParamGuard;
use linfa::dataset::DatasetBase;
use linfa::traits::Fit;
use ndarray::{Array2, ArrayBase, Data, Ix2};
use wide::bytemuck::cast;
use wide::{f32x4, i32x4};

/// Numbers that are pooled from one output and one bias.
const POOLS: usize = 4;
/// By how much the kernels on the difference read late before their centre, in the authors' code and here.
const LATE: usize = 1;

/// Checked settings of a [`MultiRocket`].
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(transparent))]
pub struct MultiRocketValidParams(Settings);

/// Settings of a [`MultiRocket`]; see [`MultiRocket::params`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MultiRocketParams(MultiRocketValidParams);

impl MultiRocketParams {
    /// Number of biases of the window and as many of its difference, cut down to a multiple of the 84 kernels; each
    /// gives four features. Default 6,250, which gives 49,728 features (Tan et al. 2022).
    #[must_use]
    pub fn kernels(mut self, kernels: usize) -> Self {
        self.0.0.features = kernels;
        self
    }

    /// Most dilations of a kernel. Default 32.
    #[must_use]
    pub fn max_dilations(mut self, dilations: usize) -> Self {
        self.0.0.max_dilations = dilations;
        self
    }

    /// Seed of the draw of training windows. Default 0.
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        self.0.0.seed = seed;
        self
    }

    /// Fits the biases on windows, one a row: the columns are the samples.
    ///
    /// # Errors
    /// [`Error::Parameter`] for a setting out of its range, or windows of fewer than 10 or more than 2^22 samples;
    /// [`Error::TooFew`] without a window; [`Error::NonFinite`] naming a sample; [`Error::Numeric`] when a sample is
    /// too large for f32.
    pub fn fit<'a>(&self, rows: impl Into<Rows<'a>>) -> Result<MultiRocket> {
        self.check_ref()?.fit_rows(rows.into())
    }

    /// Fits the biases on windows of a signal.
    ///
    /// # Errors
    /// As [`MultiRocketParams::fit`]; [`Error::Parameter`] for windows of different lengths.
    pub fn fit_windows(&self, windows: Windows<'_>) -> Result<MultiRocket> {
        let params = self.check_ref()?;
        let len = common_len(&windows)?;
        check_windows(&windows, len)?;
        params.fit_with(len, windows.len(), |i, to| copy_window(&windows, i, to))
    }
}

impl ParamGuard for MultiRocketParams {
    type Checked = MultiRocketValidParams;
    type Error = Error;

    fn check_ref(&self) -> Result<&MultiRocketValidParams> {
        self.0.0.check()?;
        if self.0.0.features > MAX_FEATURES / (2 * POOLS) {
            return Err(Error::parameter("kernels", self.0.0.features, "must be at most 2^19"));
        }
        Ok(&self.0)
    }

    fn check(self) -> Result<MultiRocketValidParams> {
        self.check_ref()?;
        Ok(self.0)
    }
}

impl<D: Data<Elem = f64>, T> Fit<ArrayBase<D, Ix2>, T, Error> for MultiRocketValidParams {
    type Object = MultiRocket;
    fn fit(&self, dataset: &DatasetBase<ArrayBase<D, Ix2>, T>) -> Result<MultiRocket> {
        self.fit_rows(dataset.into())
    }
}

impl MultiRocketValidParams {
    fn fit_rows(&self, rows: Rows<'_>) -> Result<MultiRocket> {
        check_rows(&rows)?;
        let (n, len) = rows.values.dim();
        self.fit_with(len, n, |i, to| copy_row(&rows, i, to))
    }

    fn fit_with(
        &self,
        len: usize,
        windows: usize,
        window: impl Fn(usize, &mut [f32]) + Sync + Send,
    ) -> Result<MultiRocket> {
        if len < 10 {
            return Err(Error::parameter("window_len", len, "the difference of a window needs 9 samples"));
        }
        let base = Bank::fit(len, &self.0, windows, 0, &window)?;
        let difference = Bank::fit(len - 1, &self.0, windows, LATE, |i, to| {
            let mut whole = vec![0.0; len];
            window(i, &mut whole);
            differences(&whole, to);
        })?;
        Ok(MultiRocket { base, difference })
    }
}

fn differences(x: &[f32], to: &mut [f32]) {
    for (to, pair) in to.iter_mut().zip(x.windows(2)) {
        *to = pair[1] - pair[0];
    }
}

/// A fitted MultiRocket: two banks of convolutions, one of the window and one of its first difference.
///
/// Four features for every kernel, dilation and bias `b`, where `C` is the output of the kernel. They are those of
/// aeon, whose transforms can be loaded; where it departs from the paper, it is the code that classifiers were fitted
/// with:
///
/// * `ppv`: share of samples with `C > b`, 0 to 1;
/// * `lspv`: largest distance in samples between one `C < b` and the next; the first sample counts as one, and after
///   the last one the distance is that to the last sample. The longest stretch of positive values, plus 1 when it
///   stands between two negative ones;
/// * `mpv`: mean of `C + b` where `C > b`, 0 when there is no such sample (the paper has `C - b`: 2 b less);
/// * `mipv`: mean index of the samples with `C > b`, counted from the first that the kernel looks at; -1 when there is
///   none;
/// * on the difference, the four weights before the centre of a kernel read one sample late (the length of the window
///   stands where that of the difference should).
///
/// Columns: all `ppv` of the window, its `lspv`, `mpv`, `mipv`, then the same of the difference. The means are sums in
/// f32 within 1,024 samples. Cost: about three times MiniRocket a comparison, on 12,432 biases by default;
/// 49,728 columns are 400 kB a window as f64, which [`MultiRocket::transform_into`] halves.
///
/// ```
/// use ndarray::Array2;
/// use prognos::features::convolution::MultiRocket;
/// let windows = Array2::from_shape_fn((40, 64), |(i, t)| ((t * (i % 4 + 1)) as f64 * 0.1).sin());
/// let model = MultiRocket::params().kernels(84).seed(1).fit(&windows)?;
/// let features = model.transform(&windows)?;
/// assert_eq!(features.ncols(), 84 * 4 * 2);
/// assert_eq!(features.names()[84], "multirocket_lspv__dilation_1__kernel_012__quantile_0");
/// # Ok::<(), prognos::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(try_from = "Raw", into = "Raw"))]
pub struct MultiRocket {
    base: Bank,
    difference: Bank,
}

/// Working memory of [`MultiRocket::transform_into`]: one a thread.
#[derive(Debug, Clone)]
pub struct MultiRocketScratch {
    base: Padded,
    difference: Padded,
    pools: Vec<Pool>,
    output: Vec<f32>,
}

/// What is known of one output and bias so far.
#[derive(Debug, Clone, Copy, Default)]
struct Pool {
    positive: u32,
    /// Sum of the indices of positive values.
    places: u64,
    /// Sum of the positive outputs.
    sum: f64,
    /// Index of the last negative value, and the longest distance between two.
    last: u32,
    longest: u32,
}

impl MultiRocket {
    /// Default settings: 6,250 biases each, up to 32 dilations, seed 0: 49,728 features.
    #[must_use]
    pub fn params() -> MultiRocketParams {
        MultiRocketParams(MultiRocketValidParams(Settings { features: 6_250, max_dilations: 32, seed: 0 }))
    }

    /// A transform that was fitted elsewhere: dilations, features per dilation and biases of the window, then of its
    /// difference (aeon's `parameter` and `parameter1`, fitted without `normalise`). See
    /// [`MiniRocket::from_parameters`](super::MiniRocket::from_parameters) for their order.
    ///
    /// # Errors
    /// As [`MiniRocket::from_parameters`](super::MiniRocket::from_parameters); the window needs 10 samples.
    pub fn from_parameters(
        window_len: usize,
        base: (Vec<usize>, Vec<usize>, Vec<f32>),
        difference: (Vec<usize>, Vec<usize>, Vec<f32>),
    ) -> Result<Self> {
        let base = Bank::new(window_len, base.0, base.1, base.2)?;
        let difference = Bank::new(window_len.saturating_sub(1), difference.0, difference.1, difference.2)?;
        Ok(Self { base, difference: difference.with_late(LATE) })
    }

    /// Samples in a window.
    #[must_use]
    pub fn window_len(&self) -> usize {
        self.base.len()
    }

    /// Number of features of a window.
    #[must_use]
    pub fn n_features(&self) -> usize {
        POOLS * (self.base.biases().len() + self.difference.biases().len())
    }

    /// Names of the features, such as `multirocket_mpv__dilation_4__kernel_168__quantile_0` and
    /// `multirocket_diff_mpv__...`.
    #[must_use]
    pub fn names(&self) -> Vec<String> {
        let of = |bank: &Bank, prefix: &str| -> Vec<String> {
            ["ppv", "lspv", "mpv", "mipv"]
                .iter()
                .flat_map(|pool| bank.names().map(move |end| format!("{prefix}_{pool}__{end}")))
                .collect()
        };
        let mut names = of(&self.base, "multirocket");
        names.extend(of(&self.difference, "multirocket_diff"));
        names
    }

    /// Working memory for [`MultiRocket::transform_into`].
    #[must_use]
    pub fn scratch(&self) -> MultiRocketScratch {
        let most = |bank: &Bank| KERNELS * bank.counts().iter().max().copied().unwrap_or(0);
        MultiRocketScratch {
            base: self.base.padded(),
            difference: self.difference.padded(),
            pools: vec![Pool::default(); most(&self.base).max(most(&self.difference))],
            output: vec![0.0; BLOCK],
        }
    }

    /// The features of one window, without allocating.
    ///
    /// # Errors
    /// [`Error::Shape`] when the window, `out` or the scratch has another length than the transform;
    /// [`Error::NonFinite`] naming the sample; [`Error::Numeric`] when one is too large for f32.
    pub fn transform_into(&self, window: &[f64], out: &mut [f32], scratch: &mut MultiRocketScratch) -> Result<()> {
        self.check(window.len(), out.len(), scratch)?;
        to_f32(0, window.iter(), scratch.base.window())?;
        self.pool_both(scratch, |i, v| out[i] = v);
        Ok(())
    }

    /// The features of one window that is f32 already, without allocating.
    ///
    /// # Errors
    /// As [`MultiRocket::transform_into`].
    pub fn transform_f32_into(&self, window: &[f32], out: &mut [f32], scratch: &mut MultiRocketScratch) -> Result<()> {
        self.check(window.len(), out.len(), scratch)?;
        if let Some(i) = window.iter().position(|&v| !readable(v)) {
            return Err(unreadable(0, i, f64::from(window[i])));
        }
        scratch.base.window().copy_from_slice(window);
        self.pool_both(scratch, |i, v| out[i] = v);
        Ok(())
    }

    /// The features of windows, one a row: the columns are the samples.
    ///
    /// # Errors
    /// [`Error::Shape`] when the rows are not as long as the windows of the fit; [`Error::NonFinite`] naming a sample;
    /// [`Error::Numeric`] when one is too large for f32.
    pub fn transform<'a>(&self, rows: impl Into<Rows<'a>>) -> Result<FeatureMatrix> {
        let rows = rows.into();
        let (n, len) = rows.values.dim();
        if len != self.window_len() {
            return Err(Error::shape("samples of a window", self.window_len(), len));
        }
        check_rows(&rows)?;
        self.matrix(n, (0..n).collect(), |i, to| copy_row(&rows, i, to))
    }

    /// The features of windows of a signal; the rows know where they start.
    ///
    /// # Errors
    /// As [`MultiRocket::transform`].
    pub fn transform_windows(&self, windows: Windows<'_>) -> Result<FeatureMatrix> {
        check_windows(&windows, self.window_len())?;
        let starts = windows.clone().map(|w| w.start).collect();
        self.matrix(windows.len(), starts, |i, to| copy_window(&windows, i, to))
    }

    fn matrix(
        &self,
        n: usize,
        starts: Vec<usize>,
        window: impl Fn(usize, &mut [f32]) + Sync + Send,
    ) -> Result<FeatureMatrix> {
        let mut values = Array2::zeros((n, self.n_features()));
        let cells = values.as_slice_mut().unwrap_or_default();
        par::rows_init(
            cells,
            self.n_features(),
            || self.scratch(),
            |scratch, i, row| {
                window(i, scratch.base.window());
                self.pool_both(scratch, |j, v| row[j] = f64::from(v));
            },
        );
        FeatureMatrix::with_starts(self.names().into(), values, starts)
    }

    fn check(&self, window: usize, out: usize, scratch: &MultiRocketScratch) -> Result<()> {
        if window != self.window_len() {
            return Err(Error::shape("samples of a window", self.window_len(), window));
        }
        if out != self.n_features() {
            return Err(Error::shape("room for the features of a window", self.n_features(), out));
        }
        let fits = self.base.fits(&scratch.base) && self.difference.fits(&scratch.difference);
        let pools = self.base.counts().iter().chain(self.difference.counts()).max().map_or(0, |c| c * KERNELS);
        if !fits || scratch.pools.len() < pools {
            return Err(Error::shape("scratch of MultiRocket", pools, scratch.pools.len()));
        }
        Ok(())
    }

    /// Pools the window in the scratch, and its difference.
    fn pool_both(&self, scratch: &mut MultiRocketScratch, mut put: impl FnMut(usize, f32)) {
        let MultiRocketScratch { base, difference, pools, output } = scratch;
        differences(base.window(), difference.window());
        pool(&self.base, base, pools, output, &mut put);
        let first = POOLS * self.base.biases().len();
        pool(&self.difference, difference, pools, output, |i, v| put(first + i, v));
    }
}

fn pool(bank: &Bank, window: &mut Padded, pools: &mut [Pool], output: &mut [f32], mut put: impl FnMut(usize, f32)) {
    window.ready();
    let (len, features) = (bank.len(), bank.biases().len());
    let mut first = 0;
    for (j, (&dilation, &count)) in bank.dilations().iter().zip(bank.counts()).enumerate() {
        let biases = &bank.biases()[first..first + KERNELS * count];
        let pools = &mut pools[..KERNELS * count];
        pools.fill(Pool::default());
        window.outputs(dilation, |o| {
            let (from, to) = valid_range(len, dilation, j, o.kernel);
            let low = from.clamp(o.start, o.start + o.pair.len()) - o.start;
            let high = to.clamp(o.start, o.start + o.pair.len()) - o.start;
            if low < high {
                let output = &mut output[..high - low];
                for (c, (a, b)) in output.iter_mut().zip(o.pair[low..high].iter().zip(&o.last[low..high])) {
                    *c = a + b;
                }
                let place = o.start + low - from;
                let these = o.kernel * count..(o.kernel + 1) * count;
                for (pool, &bias) in pools[these.clone()].iter_mut().zip(&biases[these]) {
                    pool.add(output, bias, place);
                }
            }
        });
        for (i, (pool, &bias)) in pools.iter().zip(biases).enumerate() {
            let (from, to) = valid_range(len, dilation, j, i / count);
            let n = to - from;
            let positive = f64::from(pool.positive);
            // In the sum of C + b the bias counts once a positive value.
            let (mean, place) = match pool.positive {
                0 => (0.0, -1.0),
                _ => (pool.sum / positive + f64::from(bias), pool.places as f64 / positive),
            };
            let at = first + i;
            put(at, (positive / n as f64) as f32);
            put(at + features, pool.longest.max((n - 1) as u32 - pool.last) as f32);
            put(at + 2 * features, mean as f32);
            put(at + 3 * features, place as f32);
        }
        first += KERNELS * count;
    }
}

impl Pool {
    /// Adds a block of outputs, of at most [`BLOCK`] samples, whose first has index `place`.
    fn add(&mut self, output: &[f32], bias: f32, place: usize) {
        let (fours, rest) = output.as_chunks::<4>();
        let threshold = f32x4::splat(bias);
        let (mut sum, mut positive, mut places) = (f32x4::ZERO, i32x4::ZERO, i32x4::ZERO);
        // Both indices stay below 2^20: a block has 2^10 samples.
        let mut index = i32x4::new([0, 1, 2, 3]);
        let step = i32x4::splat(4);
        let mut at = place as u32;
        for sixteen in fours.chunks(16) {
            let mut negative = 0_u64;
            for (i, four) in sixteen.iter().enumerate() {
                let c = f32x4::new(*four);
                let above = c.simd_gt(threshold);
                let mask: i32x4 = cast(above);
                sum += above & c;
                positive -= mask;
                places += mask & index;
                index += step;
                negative |= u64::from(c.simd_lt(threshold).to_bitmask()) << (4 * i);
            }
            self.stretch(negative, at);
            at += 4 * sixteen.len() as u32;
        }
        let (sums, counts, indices) = (sum.to_array(), positive.to_array(), places.to_array());
        let mut total = f64::from((sums[0] + sums[2]) + (sums[1] + sums[3]));
        let mut count = counts.iter().sum::<i32>() as u32;
        let mut weighted = indices.iter().map(|&i| u64::from(i as u32)).sum::<u64>();
        for (i, &c) in rest.iter().enumerate() {
            if c > bias {
                total += f64::from(c);
                count += 1;
                weighted += (4 * fours.len() + i) as u64;
            } else if c < bias {
                self.stretch(1, at + i as u32);
            }
        }
        self.sum += total;
        self.positive += count;
        self.places += weighted + u64::from(count) * place as u64;
    }

    /// Takes in negative values: bit i of `negative` is the sample with index `at + i`.
    #[inline]
    fn stretch(&mut self, mut negative: u64, at: u32) {
        if negative == 0 {
            return;
        }
        let first = at + negative.trailing_zeros();
        let last = at + 63 - negative.leading_zeros();
        self.longest = self.longest.max(first - self.last);
        self.last = last;
        // Gaps within the word: doubling shifts close every gap of up to `longest` at once; what stays open is longer.
        if self.longest < 64 {
            let mut closed = negative;
            let mut width = 1;
            while width < self.longest {
                let by = width.min(self.longest - width);
                closed |= closed << by;
                width += by;
            }
            let open = !closed & (u64::MAX >> (63 - (last - at))) & (u64::MAX << (first - at));
            if open != 0 || self.longest == 0 {
                while negative & (negative - 1) != 0 {
                    let low = negative.trailing_zeros();
                    negative &= negative - 1;
                    self.longest = self.longest.max(negative.trailing_zeros() - low);
                }
            }
        }
    }
}

#[cfg(feature = "persist")]
impl crate::persist::Persist for MultiRocket {
    const KIND: &'static str = "multirocket";
    /// None: it reads samples, not columns.
    fn feature_names(&self) -> &[String] {
        &[]
    }
}

#[cfg(feature = "serde")]
#[derive(serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    base: Bank,
    difference: Bank,
}

#[cfg(feature = "serde")]
impl From<MultiRocket> for Raw {
    fn from(model: MultiRocket) -> Self {
        Self { base: model.base, difference: model.difference }
    }
}

#[cfg(feature = "serde")]
impl TryFrom<Raw> for MultiRocket {
    type Error = Error;
    fn try_from(raw: Raw) -> Result<Self> {
        if raw.difference.len() + 1 != raw.base.len() {
            return Err(Error::shape(
                "samples of the difference of a window",
                raw.base.len() - 1,
                raw.difference.len(),
            ));
        }
        Ok(Self { base: raw.base, difference: raw.difference.with_late(LATE) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stretches_as_sample_by_sample() {
        let mut state = 1_u64;
        for round in 0..300 {
            let density = 1 + round % 40;
            let x: Vec<f32> = (0..round + 1)
                .map(|_| {
                    state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                    if (state >> 33) % density == 0 { -1.0 } else { 1.0 }
                })
                .collect();
            let mut pool = Pool::default();
            pool.add(&x[..x.len() / 3], 0.0, 0);
            pool.add(&x[x.len() / 3..], 0.0, x.len() / 3);
            let (mut last, mut longest) = (0, 0);
            for (i, _) in x.iter().enumerate().filter(|(_, v)| **v < 0.0) {
                longest = longest.max(i - last);
                last = i;
            }
            assert_eq!((pool.last as usize, pool.longest as usize), (last, longest), "{round}");
            assert_eq!(pool.positive as usize, x.iter().filter(|v| **v > 0.0).count());
        }
    }
}
