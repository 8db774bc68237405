//! Dilations, features per dilation and biases: what is fitted, and how.

use super::kernels::{KERNELS, POSITIONS, Padded};
use crate::error::{Error, Result};
use crate::math::par;
use crate::math::rng::Rng;

/// Longest window, 2^22 samples: counts stay exact in f32.
pub(super) const MAX_LEN: usize = 1 << 22;
/// Most features of a bank.
pub(super) const MAX_FEATURES: usize = 1 << 22;
/// Largest magnitude of a sample: sums of nine times three of it stay within f32.
const MAX_SAMPLE: f64 = f32::MAX as f64 / 64.0;

/// The convolutions of one window length, with their biases.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(try_from = "Raw", into = "Raw"))]
pub(super) struct Bank {
    len: usize,
    /// Samples by which the positions before the centre of a kernel read late.
    late: usize,
    dilations: Vec<usize>,
    counts: Vec<usize>,
    /// By dilation, by kernel, by quantile.
    biases: Vec<f32>,
}

impl Bank {
    /// A bank from its parts.
    pub(super) fn new(len: usize, dilations: Vec<usize>, counts: Vec<usize>, biases: Vec<f32>) -> Result<Self> {
        if !(9..=MAX_LEN).contains(&len) {
            return Err(Error::parameter("window_len", len, "a kernel needs windows of 9 to 2^22 samples"));
        }
        if dilations.is_empty() {
            return Err(Error::too_few("dilations", 1, 0));
        }
        if counts.len() != dilations.len() {
            return Err(Error::shape("features per dilation", dilations.len(), counts.len()));
        }
        let max = (len - 1) / 8;
        if let Some(bad) = dilations.iter().find(|d| !(1..=max).contains(*d)) {
            let reason = format!("a kernel of 9 weights fits into {len} samples at dilations from 1 to {max}");
            return Err(Error::parameter("dilations", bad, reason));
        }
        if let Some(pair) = dilations.windows(2).find(|w| w[0] >= w[1]) {
            return Err(Error::parameter("dilations", pair[1], "must ascend, each once"));
        }
        let mut features = 0_usize;
        for &count in &counts {
            if count == 0 || count > MAX_FEATURES {
                return Err(Error::parameter("features_per_dilation", count, "must be 1 to 2^22"));
            }
            features = features.saturating_add(KERNELS * count);
        }
        if features > MAX_FEATURES {
            return Err(Error::parameter("features", features, "must be at most 2^22"));
        }
        if biases.len() != features {
            return Err(Error::shape(
                "biases (84 kernels times the features of each dilation)",
                features,
                biases.len(),
            ));
        }
        if let Some(i) = biases.iter().position(|b| !b.is_finite()) {
            let (column, value) = (i.to_string(), f64::from(biases[i]));
            return Err(Error::NonFinite { what: "biases".into(), row: 0, column, value });
        }
        Ok(Self { len, late: 0, dilations, counts, biases })
    }

    /// Fits the biases: quantiles of the outputs of every kernel and dilation on a training window drawn for it.
    /// `window` writes training window `i` of `windows`; `late` is 1 for differences, which draw by streams of their own.
    pub(super) fn fit(
        len: usize,
        settings: &Settings,
        windows: usize,
        late: usize,
        window: impl Fn(usize, &mut [f32]) + Sync + Send,
    ) -> Result<Self> {
        settings.check()?;
        if !(9..=MAX_LEN).contains(&len) {
            return Err(Error::parameter("window_len", len, "a kernel needs windows of 9 to 2^22 samples"));
        }
        if windows == 0 {
            return Err(Error::too_few("windows to fit biases on", 1, 0));
        }
        let (dilations, counts) = dilations(len, settings.features / KERNELS, settings.max_dilations);
        let max_dilation = dilations.last().copied().unwrap_or(1);
        // Where the quantiles of a dilation start in the sequence that all features share.
        let firsts: Vec<usize> = counts
            .iter()
            .scan(0, |sum, &c| {
                *sum += KERNELS * c;
                Some(*sum - KERNELS * c)
            })
            .collect();
        let parts = par::map_init(
            dilations.len() * KERNELS,
            || (Padded::new(len, max_dilation, late), Vec::new()),
            |(padded, out), item| {
                let (j, k) = (item / KERNELS, item % KERNELS);
                let mut rng = Rng::stream(settings.seed, ((late as u64) << 32) + item as u64);
                window(rng.below(windows), padded.window());
                padded.ready();
                padded.output(k, dilations[j], out);
                out.sort_unstable_by(f32::total_cmp);
                let first = firsts[j] + k * counts[j];
                (first..first + counts[j]).map(|i| quantile(out, golden_ratio(i + 1))).collect::<Vec<f32>>()
            },
        );
        Ok(Self { late, ..Self::new(len, dilations, counts, parts.concat())? })
    }

    /// The same bank with kernels whose positions before the centre read `late` samples late.
    pub(super) fn with_late(self, late: usize) -> Self {
        Self { late, ..self }
    }

    pub(super) fn len(&self) -> usize {
        self.len
    }

    pub(super) fn dilations(&self) -> &[usize] {
        &self.dilations
    }

    pub(super) fn counts(&self) -> &[usize] {
        &self.counts
    }

    pub(super) fn biases(&self) -> &[f32] {
        &self.biases
    }

    fn max_dilation(&self) -> usize {
        self.dilations.last().copied().unwrap_or(1)
    }

    pub(super) fn padded(&self) -> Padded {
        Padded::new(self.len, self.max_dilation(), self.late)
    }

    pub(super) fn fits(&self, padded: &Padded) -> bool {
        padded.fits(self.len, self.max_dilation(), self.late)
    }

    /// Dilation, positions of the weight 2 and number of the quantile of every feature, as the end of its name.
    pub(super) fn names(&self) -> impl Iterator<Item = String> + '_ {
        self.dilations.iter().zip(&self.counts).flat_map(|(d, &count)| {
            POSITIONS.iter().flat_map(move |[a, b, c]| {
                (0..count).map(move |i| format!("dilation_{d}__kernel_{a}{b}{c}__quantile_{i}"))
            })
        })
    }
}

/// What is set before a fit.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
pub(super) struct Settings {
    pub features: usize,
    pub max_dilations: usize,
    pub seed: u64,
}

impl Settings {
    pub(super) fn check(&self) -> Result<()> {
        if !(KERNELS..=MAX_FEATURES).contains(&self.features) {
            return Err(Error::parameter("features", self.features, "must be 84 (one a kernel) to 2^22"));
        }
        if !(1..=1024).contains(&self.max_dilations) {
            return Err(Error::parameter("max_dilations", self.max_dilations, "must be 1 to 1024"));
        }
        Ok(())
    }
}

/// Dilations `2^e` for `e` evenly spaced from 0 to where the kernel spans the window, cut to whole numbers, and how
/// many features a kernel has at each: where several exponents fall onto one dilation it gets the features of all.
fn dilations(len: usize, per_kernel: usize, max_dilations: usize) -> (Vec<usize>, Vec<usize>) {
    let steps = per_kernel.min(max_dilations);
    let top = ((len - 1) as f64 / 8.0).log2();
    let mut found: Vec<(usize, usize)> = Vec::new();
    for i in 0..steps {
        let share = if steps > 1 { i as f64 / (steps - 1) as f64 } else { 0.0 };
        let exponent = if i + 1 == steps && steps > 1 { top } else { share * top };
        // The rounding of log2 must not push a kernel out of the window.
        let dilation = (exponent.exp2() as usize).clamp(1, (len - 1) / 8);
        match found.last_mut() {
            Some((last, count)) if *last == dilation => *count += 1,
            _ => found.push((dilation, 1)),
        }
    }
    let multiplier = per_kernel as f64 / steps as f64;
    let (dilations, mut counts): (Vec<usize>, Vec<usize>) =
        found.into_iter().map(|(d, count)| (d, (count as f64 * multiplier) as usize)).unzip();
    let mut left = per_kernel.saturating_sub(counts.iter().sum());
    while left > 0 {
        for count in counts.iter_mut().take(left) {
            *count += 1;
        }
        left = left.saturating_sub(counts.len());
    }
    (dilations, counts)
}

/// Term `i` (from 1) of the low-discrepancy sequence of the golden ratio, in f32 as the reference has it.
fn golden_ratio(i: usize) -> f64 {
    let phi = f64::midpoint(5.0_f64.sqrt(), 1.0);
    f64::from((i as f64 * phi).fract() as f32)
}

/// Quantile with linear interpolation of sorted values.
fn quantile(sorted: &[f32], q: f64) -> f32 {
    let Some(last) = sorted.len().checked_sub(1) else { return 0.0 };
    let place = q * last as f64;
    let below = (place as usize).min(last);
    let (low, high) = (f64::from(sorted[below]), f64::from(sorted[(below + 1).min(last)]));
    (low + (place - below as f64) * (high - low)) as f32
}

/// Writes a window as f32, or says why it cannot be read. `row` is named in the error.
pub(super) fn to_f32<'a>(row: usize, x: impl Iterator<Item = &'a f64>, out: &mut [f32]) -> Result<()> {
    for (i, (o, &v)) in out.iter_mut().zip(x).enumerate() {
        if v.is_nan() || v.abs() > MAX_SAMPLE {
            return Err(unreadable(row, i, v));
        }
        *o = v as f32;
    }
    Ok(())
}

/// The error of a sample that is not finite or too large.
pub(super) fn unreadable(row: usize, i: usize, value: f64) -> Error {
    if value.is_finite() {
        let reason = format!("row {row}, sample {i} is {value:e}: sums of such samples leave f32; scale the windows");
        return Error::numeric("convolution of a window", reason);
    }
    Error::NonFinite { what: "samples of a window".into(), row, column: i.to_string(), value }
}

/// Largest magnitude that [`to_f32`] takes.
pub(super) fn readable(v: f32) -> bool {
    f64::from(v).abs() <= MAX_SAMPLE
}

#[cfg(feature = "serde")]
#[derive(serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    window_len: usize,
    dilations: Vec<usize>,
    features_per_dilation: Vec<usize>,
    biases: Vec<f32>,
}

#[cfg(feature = "serde")]
impl From<Bank> for Raw {
    fn from(bank: Bank) -> Self {
        Self {
            window_len: bank.len,
            dilations: bank.dilations,
            features_per_dilation: bank.counts,
            biases: bank.biases,
        }
    }
}

#[cfg(feature = "serde")]
impl TryFrom<Raw> for Bank {
    type Error = Error;
    fn try_from(raw: Raw) -> Result<Self> {
        Self::new(raw.window_len, raw.dilations, raw.features_per_dilation, raw.biases)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As aeon 1.6 fits them.
    #[test]
    fn dilations_of_common_lengths() {
        assert_eq!(dilations(9, 119, 32), (vec![1], vec![119]));
        assert_eq!(dilations(64, 2, 32), (vec![1, 7], vec![1, 1]));
        let (d, c) = dilations(2048, 119, 32);
        assert_eq!((d.len(), c.iter().sum::<usize>()), (c.len(), 119));
        assert_eq!((d[0], d[d.len() - 1]), (1, 255));
        assert_eq!(dilations(30, 1, 32), (vec![1], vec![1]));
    }

    #[test]
    fn quantiles_interpolate() {
        assert!((quantile(&[1.0, 2.0, 4.0], 0.75) - 3.0).abs() < 1e-6);
        assert!(quantile(&[], 0.5).abs() < 1e-6);
        assert!((golden_ratio(1) - 0.618_034).abs() < 1e-6);
    }
}
