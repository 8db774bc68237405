//! MultiRocket: how often, how far, where and how long the output of a kernel exceeds a bias, of the window and of its
//! first difference.

use super::bank::{Bank, MAX_FEATURES, Settings, readable, to_f32, unreadable};
use super::kernels::{BLOCK, KERNELS, Padded};
use super::minirocket::{check_rows, check_windows, common_len, copy_row, copy_window};
use super::pool::{POOLS, Pool, pool};
use crate::error::{Error, Result};
use crate::features::{FeatureMatrix, Rows};
use crate::math::par;
use crate::signal::Windows;
use linfa::ParamGuard;
use linfa::dataset::DatasetBase;
use linfa::traits::Fit;
use ndarray::{Array2, ArrayBase, Data, Ix2};

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
/// f32 within 1,024 samples. Cost: about seven times MiniRocket a comparison, on 12,432 biases by default;
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
        let starts = windows.map(|w| w.start).collect();
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
