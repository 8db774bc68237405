//! MiniRocket: how often the output of a kernel exceeds a bias.
//!
//! The features of a kernel and dilation are counted together: the output of a sample is added up once, in a register,
//! and compared with up to six biases.

use super::bank::{Bank, Settings, readable, to_f32, unreadable};
use super::kernels::{KERNELS, Padded, valid_range};
use crate::error::{Error, Result};
use crate::features::{FeatureMatrix, Rows};
use crate::math::par;
use crate::signal::Windows;
use linfa::ParamGuard;
use linfa::dataset::DatasetBase;
use linfa::traits::Fit;
use ndarray::{Array2, ArrayBase, Data, Ix2};

/// Checked settings of a [`MiniRocket`].
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(transparent))]
pub struct MiniRocketValidParams(Settings);

/// Settings of a [`MiniRocket`]; see [`MiniRocket::params`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MiniRocketParams(MiniRocketValidParams);

impl MiniRocketParams {
    /// Number of features, cut down to a multiple of the 84 kernels. Default 9,996, the 10,000 of the paper.
    #[must_use]
    pub fn features(mut self, features: usize) -> Self {
        self.0.0.features = features;
        self
    }

    /// Most dilations of a kernel. Default 32 (Dempster et al. 2021).
    #[must_use]
    pub fn max_dilations(mut self, dilations: usize) -> Self {
        self.0.0.max_dilations = dilations;
        self
    }

    /// Seed of the draw of training windows. Default 0. Which window the biases of a kernel come from depends on the
    /// seed, the kernel and the dilation alone.
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        self.0.0.seed = seed;
        self
    }

    /// Fits the biases on windows, one a row: the columns are the samples.
    ///
    /// # Errors
    /// [`Error::Parameter`] for a setting out of its range, or windows of fewer than 9 or more than 2^22 samples;
    /// [`Error::TooFew`] without a window; [`Error::NonFinite`] naming a sample; [`Error::Numeric`] when a sample is
    /// too large for f32.
    pub fn fit<'a>(&self, rows: impl Into<Rows<'a>>) -> Result<MiniRocket> {
        self.check_ref()?.fit_rows(rows.into())
    }

    /// Fits the biases on windows of a signal.
    ///
    /// # Errors
    /// As [`MiniRocketParams::fit`]; [`Error::Parameter`] for windows of different lengths.
    pub fn fit_windows(&self, windows: Windows<'_>) -> Result<MiniRocket> {
        let params = self.check_ref()?;
        let len = common_len(&windows)?;
        check_windows(&windows, len)?;
        let bank = Bank::fit(len, &params.0, windows.len(), 0, |i, to| copy_window(&windows, i, to))?;
        Ok(MiniRocket { bank })
    }
}

impl ParamGuard for MiniRocketParams {
    type Checked = MiniRocketValidParams;
    type Error = Error;

    fn check_ref(&self) -> Result<&MiniRocketValidParams> {
        self.0.0.check()?;
        Ok(&self.0)
    }

    fn check(self) -> Result<MiniRocketValidParams> {
        self.check_ref()?;
        Ok(self.0)
    }
}

impl<D: Data<Elem = f64>, T> Fit<ArrayBase<D, Ix2>, T, Error> for MiniRocketValidParams {
    type Object = MiniRocket;
    fn fit(&self, dataset: &DatasetBase<ArrayBase<D, Ix2>, T>) -> Result<MiniRocket> {
        self.fit_rows(dataset.into())
    }
}

impl MiniRocketValidParams {
    fn fit_rows(&self, rows: Rows<'_>) -> Result<MiniRocket> {
        check_rows(&rows)?;
        let (n, len) = rows.values.dim();
        Ok(MiniRocket { bank: Bank::fit(len, &self.0, n, 0, |i, to| copy_row(&rows, i, to))? })
    }
}

/// The length that all windows share.
pub(super) fn common_len(windows: &Windows<'_>) -> Result<usize> {
    windows.common_len().ok_or_else(|| Error::parameter("windows", "expanding", "all windows need the same length"))
}

/// `Ok` when every sample can be read as f32.
pub(super) fn check_rows(rows: &Rows<'_>) -> Result<()> {
    for (i, row) in rows.values.rows().into_iter().enumerate() {
        if let Some(j) = row.iter().position(|&v| !readable_f64(v)) {
            return Err(unreadable(i, j, row[j]));
        }
    }
    Ok(())
}

/// `Ok` when every sample of the windows can be read as f32.
pub(super) fn check_windows(windows: &Windows<'_>, len: usize) -> Result<()> {
    for (i, window) in windows.enumerate() {
        if window.samples.len() != len {
            return Err(Error::shape("samples of a window", len, window.samples.len()));
        }
        if let Some(j) = window.samples.iter().position(|&v| !readable_f64(v)) {
            return Err(unreadable(i, j, window.samples[j]));
        }
    }
    Ok(())
}

fn readable_f64(v: f64) -> bool {
    readable(v as f32)
}

/// Writes row `i` as f32; the rows have been checked.
pub(super) fn copy_row(rows: &Rows<'_>, i: usize, to: &mut [f32]) {
    for (to, &v) in to.iter_mut().zip(rows.values.row(i)) {
        *to = v as f32;
    }
}

/// Writes window `i` as f32; the windows have been checked.
pub(super) fn copy_window(windows: &Windows<'_>, i: usize, to: &mut [f32]) {
    if let Some(window) = windows.get(i) {
        for (to, &v) in to.iter_mut().zip(window.samples) {
            *to = v as f32;
        }
    }
}

/// A fitted MiniRocket: 84 kernels, their dilations, and the biases that were drawn from training windows.
///
/// A feature is the proportion of positive values (PPV): the share of samples, 0 to 1, at which the output of a kernel
/// exceeds a bias. Half of the kernel-dilation pairs look at the whole window with zeros outside, half only where the
/// kernel lies within. Cost: O(features x samples) comparisons, about 0.07 ns each; allocation-free with
/// [`MiniRocket::transform_into`]. A feature takes 4 bytes of biases, and 8 in a [`FeatureMatrix`].
///
/// ```
/// use ndarray::Array2;
/// use prognos::features::convolution::MiniRocket;
/// let windows = Array2::from_shape_fn((40, 64), |(i, t)| ((t * (i % 4 + 1)) as f64 * 0.1).sin());
/// let model = MiniRocket::params().features(840).seed(1).fit(&windows)?;
/// let features = model.transform(&windows)?;
/// assert_eq!((features.nrows(), features.ncols()), (40, 840));
/// assert_eq!(features.names()[0], "minirocket__dilation_1__kernel_012__quantile_0");
/// let (mut scratch, mut row) = (model.scratch(), vec![0.0; 840]);
/// model.transform_into(&[0.5; 64], &mut row, &mut scratch)?;
/// assert!(row.iter().all(|share| (0.0..=1.0).contains(share)));
/// # Ok::<(), prognos::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(transparent))]
pub struct MiniRocket {
    bank: Bank,
}

/// Working memory of [`MiniRocket::transform_into`]: one a thread.
#[derive(Debug, Clone)]
pub struct MiniRocketScratch {
    padded: Padded,
    counts: Vec<u32>,
}

impl MiniRocket {
    /// Default settings: 9,996 features, up to 32 dilations, seed 0.
    #[must_use]
    pub fn params() -> MiniRocketParams {
        MiniRocketParams(MiniRocketValidParams(Settings { features: 9_996, max_dilations: 32, seed: 0 }))
    }

    /// A transform that was fitted elsewhere. In the order of the paper's code and of aeon's `parameters`: `dilations`
    /// ascending, the features of one kernel at each of them, and the biases by dilation, by kernel (lexicographic
    /// positions of the weight 2), by quantile.
    ///
    /// ```
    /// use prognos::features::convolution::MiniRocket;
    /// let model = MiniRocket::from_parameters(64, vec![1, 7], vec![1, 1], vec![0.1; 168])?;
    /// assert_eq!(model.n_features(), 168);
    /// assert!(MiniRocket::from_parameters(64, vec![1, 8], vec![1, 1], vec![0.1; 168]).is_err());
    /// # Ok::<(), prognos::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Parameter`] for a window of fewer than 9 or more than 2^22 samples, dilations that do not ascend or at
    /// which a kernel is longer than the window, or counts of 0; [`Error::Shape`] when lengths do not fit;
    /// [`Error::NonFinite`] for a bias.
    pub fn from_parameters(
        window_len: usize,
        dilations: Vec<usize>,
        features_per_dilation: Vec<usize>,
        biases: Vec<f32>,
    ) -> Result<Self> {
        Ok(Self { bank: Bank::new(window_len, dilations, features_per_dilation, biases)? })
    }

    /// Samples in a window.
    #[must_use]
    pub fn window_len(&self) -> usize {
        self.bank.len()
    }

    /// Number of features of a window.
    #[must_use]
    pub fn n_features(&self) -> usize {
        self.bank.biases().len()
    }

    /// Dilations, ascending.
    #[must_use]
    pub fn dilations(&self) -> &[usize] {
        self.bank.dilations()
    }

    /// Features of one kernel at each dilation.
    #[must_use]
    pub fn features_per_dilation(&self) -> &[usize] {
        self.bank.counts()
    }

    /// Biases, in the unit of the samples, by dilation, by kernel, by quantile: one a feature.
    #[must_use]
    pub fn biases(&self) -> &[f32] {
        self.bank.biases()
    }

    /// Names of the features, such as `minirocket__dilation_4__kernel_168__quantile_0`: the digits of the kernel are
    /// the positions (0 to 8) of its weights 2.
    #[must_use]
    pub fn names(&self) -> Vec<String> {
        self.bank.names().map(|end| format!("minirocket__{end}")).collect()
    }

    /// Working memory for [`MiniRocket::transform_into`].
    #[must_use]
    pub fn scratch(&self) -> MiniRocketScratch {
        MiniRocketScratch { padded: self.bank.padded(), counts: vec![0; self.n_features()] }
    }

    /// The features of one window, without allocating.
    ///
    /// # Errors
    /// [`Error::Shape`] when the window, `out` or the scratch has another length than the transform;
    /// [`Error::NonFinite`] naming the sample; [`Error::Numeric`] when one is too large for f32.
    pub fn transform_into(&self, window: &[f64], out: &mut [f32], scratch: &mut MiniRocketScratch) -> Result<()> {
        self.check(window.len(), out.len(), scratch)?;
        to_f32(0, window.iter(), scratch.padded.window())?;
        self.shares(scratch, |i, share| out[i] = share);
        Ok(())
    }

    /// The features of one window that is f32 already, without allocating.
    ///
    /// # Errors
    /// As [`MiniRocket::transform_into`].
    pub fn transform_f32_into(&self, window: &[f32], out: &mut [f32], scratch: &mut MiniRocketScratch) -> Result<()> {
        self.check(window.len(), out.len(), scratch)?;
        if let Some(i) = window.iter().position(|&v| !readable(v)) {
            return Err(unreadable(0, i, f64::from(window[i])));
        }
        scratch.padded.window().copy_from_slice(window);
        self.shares(scratch, |i, share| out[i] = share);
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
        let starts = (0..n).collect();
        self.matrix(n, starts, |i, to| copy_row(&rows, i, to))
    }

    /// The features of windows of a signal; the rows know where they start.
    ///
    /// # Errors
    /// As [`MiniRocket::transform`].
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
                window(i, scratch.padded.window());
                self.shares(scratch, |j, share| row[j] = f64::from(share));
            },
        );
        FeatureMatrix::with_starts(self.names().into(), values, starts)
    }

    fn check(&self, window: usize, out: usize, scratch: &MiniRocketScratch) -> Result<()> {
        if window != self.window_len() {
            return Err(Error::shape("samples of a window", self.window_len(), window));
        }
        if out != self.n_features() {
            return Err(Error::shape("room for the features of a window", self.n_features(), out));
        }
        if !self.bank.fits(&scratch.padded) || scratch.counts.len() != self.n_features() {
            return Err(Error::shape("scratch of MiniRocket", self.n_features(), scratch.counts.len()));
        }
        Ok(())
    }

    /// Counts where the window in the scratch exceeds the biases, and gives the shares away.
    fn shares(&self, scratch: &mut MiniRocketScratch, mut put: impl FnMut(usize, f32)) {
        let MiniRocketScratch { padded, counts } = scratch;
        padded.ready();
        counts.fill(0);
        let len = self.bank.len();
        let mut first = 0;
        for (j, (&dilation, &per_kernel)) in self.bank.dilations().iter().zip(self.bank.counts()).enumerate() {
            padded.outputs(dilation, |o| {
                let (from, to) = valid_range(len, dilation, j, o.kernel);
                let from = from.clamp(o.start, o.start + o.pair.len()) - o.start;
                let to = to.clamp(o.start, o.start + o.pair.len()) - o.start;
                if from < to {
                    let features = first + o.kernel * per_kernel;
                    let biases = &self.bank.biases()[features..features + per_kernel];
                    let counts = &mut counts[features..features + per_kernel];
                    count_all(&o.pair[from..to], &o.last[from..to], biases, counts);
                }
            });
            for kernel in 0..KERNELS {
                let (from, to) = valid_range(len, dilation, j, kernel);
                let features = first + kernel * per_kernel..first + (kernel + 1) * per_kernel;
                for i in features {
                    put(i, (f64::from(counts[i]) / (to - from) as f64) as f32);
                }
            }
            first += KERNELS * per_kernel;
        }
    }
}

/// Adds to `counts` at how many places `a + b` exceeds each bias.
#[inline]
fn count_all(a: &[f32], b: &[f32], biases: &[f32], counts: &mut [u32]) {
    // Six thresholds and six counters are what sixteen vector registers hold.
    let (sixes, biases) = biases.as_chunks::<6>();
    let (to, counts) = counts.as_chunks_mut::<6>();
    for (six, to) in sixes.iter().zip(to) {
        count(a, b, six, to);
    }
    match biases.len() {
        5 => count_rest::<5>(a, b, biases, counts),
        4 => count_rest::<4>(a, b, biases, counts),
        3 => count_rest::<3>(a, b, biases, counts),
        2 => count_rest::<2>(a, b, biases, counts),
        1 => count_rest::<1>(a, b, biases, counts),
        _ => {}
    }
}

fn count_rest<const N: usize>(a: &[f32], b: &[f32], biases: &[f32], counts: &mut [u32]) {
    if let (Some(biases), Some(counts)) = (biases.first_chunk::<N>(), counts.first_chunk_mut::<N>()) {
        count(a, b, biases, counts);
    }
}

/// Counts are sums of integers: the compiler may vectorise them as it likes.
fn count<const N: usize>(a: &[f32], b: &[f32], biases: &[f32; N], counts: &mut [u32; N]) {
    let mut found = [0_u32; N];
    for (a, b) in a.iter().zip(b) {
        let c = a + b;
        for (n, bias) in found.iter_mut().zip(biases) {
            *n += u32::from(c > *bias);
        }
    }
    for (to, n) in counts.iter_mut().zip(found) {
        *to += n;
    }
}

#[cfg(feature = "persist")]
impl crate::persist::Persist for MiniRocket {
    const KIND: &'static str = "minirocket";
    /// None: it reads samples, not columns.
    fn feature_names(&self) -> &[String] {
        &[]
    }
}
