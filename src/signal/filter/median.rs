//! Filters by rank: the moving median and the Hampel filter.
//!
//! Both keep the window sorted: a new sample costs a binary search and a move of the values between the old and the
//! new place, which is one block copy. A sorted window also gives the median absolute deviation by bisection.

use crate::error::{Error, Result};

/// The moving median over `kernel` samples; beyond both ends the signal counts as 0 (`scipy.signal.medfilt`).
///
/// Removes spikes shorter than half the kernel and keeps steps sharp. Cost: O(log k) comparisons and a block copy of
/// at most k values a sample. A window with a NaN has the median NaN.
///
/// # Errors
/// [`Error::Parameter`] unless `kernel` is odd, and when it is longer than `2 n + 1` (nothing but added zeros).
///
/// ```
/// use prognos::signal::filter::median_filter;
/// assert_eq!(median_filter(&[1.0, 1.0, 9.0, 2.0, 2.0], 3)?, [1.0, 1.0, 2.0, 2.0, 2.0]);
/// # Ok::<(), prognos::Error>(())
/// ```
pub fn median_filter(x: &[f64], kernel: usize) -> Result<Vec<f64>> {
    if kernel.is_multiple_of(2) || kernel > 2 * x.len() + 1 {
        return Err(Error::parameter("kernel", kernel, format!("must be odd and at most {}", 2 * x.len() + 1)));
    }
    let half = kernel / 2;
    let at = |i: usize| i.checked_sub(half).and_then(|i| x.get(i)).copied().unwrap_or(0.0);
    let mut window = SortedWindow::default();
    (0..kernel).for_each(|i| window.insert(at(i)));
    let mut y = Vec::with_capacity(x.len());
    for i in 0..x.len() {
        if i > 0 {
            window.replace(at(i - 1), at(i + kernel - 1));
        }
        y.push(if window.missing > 0 { f64::NAN } else { window.median() });
    }
    Ok(y)
}

/// Hampel filter: replaces a sample by the median of its window when it lies more than `sigmas` robust standard
/// deviations away from it.
///
/// The window is `half_width` samples to each side, cut at the ends. The standard deviation is estimated as 1.4826
/// times the median absolute deviation from the window's median. Where more than half of a window is one value the
/// estimate is 0 and every other value is replaced: quantised signals need a wider window.
///
/// NaN samples are left out of every window and stay NaN. Infinite samples count as outliers as long as the window's
/// median is finite.
///
/// Source: Hampel 1974; Pearson et al. 2016, *Generalized Hampel filters*. Cost: as [`median_filter`].
///
/// ```
/// use prognos::signal::filter::Hampel;
/// let mut x: Vec<f64> = (0..50).map(|i| (f64::from(i) * 0.3).sin()).collect();
/// x[20] = 15.0;
/// let result = Hampel::new(5).filter(&x)?;
/// assert_eq!(result.replaced, [20]);
/// assert!(result.cleaned[20].abs() < 1.0);
/// # Ok::<(), prognos::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
pub struct Hampel {
    half_width: usize,
    sigmas: f64,
}

/// What a [`Hampel`] filter made of a signal.
#[derive(Debug, Clone, PartialEq)]
pub struct HampelResult {
    /// The signal with outliers replaced.
    pub cleaned: Vec<f64>,
    /// Indices of the samples that were replaced, ascending.
    pub replaced: Vec<usize>,
}

impl Hampel {
    /// Windows of `2 half_width + 1` samples; 3 standard deviations, the usual limit.
    #[must_use]
    pub fn new(half_width: usize) -> Self {
        Self { half_width, sigmas: 3.0 }
    }

    /// Sets the number of standard deviations beyond which a sample is replaced; 0 gives the moving median.
    #[must_use]
    pub fn sigmas(mut self, sigmas: f64) -> Self {
        self.sigmas = sigmas;
        self
    }

    /// The cleaned signal and what was replaced. All windows see the original samples.
    ///
    /// # Errors
    /// [`Error::Parameter`] when `half_width` is 0, or `sigmas` is negative or not finite.
    pub fn filter(&self, x: &[f64]) -> Result<HampelResult> {
        if self.half_width == 0 {
            return Err(Error::parameter("half_width", 0, "must be at least 1 sample"));
        }
        if !(self.sigmas >= 0.0 && self.sigmas.is_finite()) {
            return Err(Error::parameter("sigmas", self.sigmas, "must be finite and not negative"));
        }
        let mut window = SortedWindow::default();
        let head = self.half_width.min(x.len());
        x[..head].iter().for_each(|&v| window.insert(v));
        let mut cleaned = x.to_vec();
        let mut replaced = Vec::new();
        for (i, out) in cleaned.iter_mut().enumerate() {
            let leaving = i.checked_sub(self.half_width.saturating_add(1)).map(|i| x[i]);
            match (leaving, x.get(i.saturating_add(self.half_width))) {
                (Some(old), Some(&new)) => window.replace(old, new),
                (Some(old), None) => window.remove(old),
                (None, Some(&new)) => window.insert(new),
                (None, None) => {}
            }
            let median = window.median();
            if (*out - median).abs() > self.sigmas * NORMAL_MAD * window.median_deviation(median) {
                *out = median;
                replaced.push(i);
            }
        }
        Ok(HampelResult { cleaned, replaced })
    }
}

/// Standard deviation of a normal law over its median absolute deviation: 1 / quantile(0.75).
const NORMAL_MAD: f64 = 1.4826;

/// The values of a window in ascending order, NaN counted but not kept.
#[derive(Debug, Default)]
struct SortedWindow {
    sorted: Vec<f64>,
    missing: usize,
}

impl SortedWindow {
    /// First place whose value is not below `v`.
    fn place(&self, v: f64) -> usize {
        self.sorted.partition_point(|s| s.total_cmp(&v).is_lt())
    }

    fn insert(&mut self, v: f64) {
        if v.is_nan() {
            self.missing += 1;
        } else {
            self.sorted.insert(self.place(v), v);
        }
    }

    /// Takes out a value that was put in before.
    fn remove(&mut self, v: f64) {
        if v.is_nan() {
            self.missing -= 1;
        } else {
            self.sorted.remove(self.place(v));
        }
    }

    fn replace(&mut self, old: f64, new: f64) {
        if old.is_nan() || new.is_nan() {
            self.remove(old);
            self.insert(new);
            return;
        }
        let (from, to) = (self.place(old), self.place(new));
        if from < to {
            self.sorted.copy_within(from + 1..to, from);
            self.sorted[to - 1] = new;
        } else {
            self.sorted.copy_within(to..from, to + 1);
            self.sorted[to] = new;
        }
    }

    /// Middle value, or the mean of the two middle ones; NaN when empty.
    fn median(&self) -> f64 {
        middle(self.sorted.len(), |k| self.sorted[k])
    }

    /// Median of `|v - centre|`: the deviations of the values below and not below the centre are two ascending
    /// lists, and the k-th of both together is found by bisection.
    fn median_deviation(&self, centre: f64) -> f64 {
        let (below, above) = self.sorted.split_at(self.sorted.partition_point(|&v| v < centre));
        let low = |i: usize| centre - below[below.len() - 1 - i];
        let high = |i: usize| above[i] - centre;
        middle(self.sorted.len(), |k| {
            // Smallest number of `above` values among the k + 1 smallest deviations.
            let (mut least, mut most) = ((k + 1).saturating_sub(below.len()), (k + 1).min(above.len()));
            while least < most {
                let taken = least + (most - least) / 2;
                // `taken` is too small while the next of `above` is nearer than the last of `below` that it implies.
                if high(taken) < low(k - taken) {
                    least = taken + 1;
                } else {
                    most = taken;
                }
            }
            let from_below = (k + 1 - least).checked_sub(1).map_or(f64::NEG_INFINITY, low);
            let from_above = least.checked_sub(1).map_or(f64::NEG_INFINITY, high);
            from_below.max(from_above)
        })
    }
}

/// Median of `n` ascending values.
fn middle(n: usize, value: impl Fn(usize) -> f64) -> f64 {
    match n {
        0 => f64::NAN,
        n if n % 2 == 1 => value(n / 2),
        // Halved before they are added, so that the sum cannot overflow.
        n => 0.5 * value(n / 2 - 1) + 0.5 * value(n / 2),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kernels_are_checked() {
        assert!(median_filter(&[1.0, 2.0], 2).is_err());
        assert!(median_filter(&[1.0, 2.0], 7).is_err());
        assert_eq!(median_filter(&[1.0, 2.0], 5).unwrap(), [0.0, 0.0]);
        assert!(median_filter(&[], 1).unwrap().is_empty());
    }

    #[test]
    fn nan_spoils_only_its_windows() {
        let y = median_filter(&[1.0, 2.0, f64::NAN, 4.0, 5.0, 6.0], 3).unwrap();
        assert_eq!(y.iter().map(|v| v.is_nan()).collect::<Vec<_>>(), [false, true, true, true, false, false]);
    }

    #[test]
    fn hampel_replaces_infinity_and_passes_over_nan() {
        let mut x: Vec<f64> = (0..30).map(|i| f64::from(i % 5)).collect();
        x[7] = f64::INFINITY;
        x[15] = f64::NAN;
        let result = Hampel::new(4).filter(&x).unwrap();
        assert_eq!(result.replaced, [7]);
        assert!(result.cleaned[7].is_finite() && result.cleaned[15].is_nan());
        assert!(Hampel::new(0).filter(&x).is_err());
        assert!(Hampel::new(3).sigmas(f64::NAN).filter(&x).is_err());
        assert_eq!(Hampel::new(usize::MAX).filter(&x).unwrap().cleaned.len(), 30);
    }
}
