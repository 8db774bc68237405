//! How long should a window be? The period of the series, found in four ways.
//!
//! **Formulas.** With `r(k)` the autocorrelation `sum (x_t - mean)(x_(t+k) - mean) / sum (x_t - mean)^2`:
//!
//! | [`WindowMethod`] | answer | take it for |
//! |---|---|---|
//! | `HighestPeak` | lag of the highest local maximum of `r` | comparison with TSB-AD (`find_length`) |
//! | `FirstPeak` | first clear maximum of `r` of the series without its line and outliers | a default |
//! | `Fourier` | period of the largest bin of the spectrum | clean periodic series |
//! | `Suss` | smallest window whose mean, spread and range are those of the series | series without a period |
//!
//! `HighestPeak` may answer with a multiple of the period, since all multiples are nearly as high. `FirstPeak` takes
//! off the line of least squares, cuts what is more than 5 robust standard deviations from the median, divides each sum
//! by its number of terms, and takes the first local maximum behind the first zero crossing that reaches 0.8 of the
//! highest one; it must exceed `2.6 / sqrt(n)`, which white noise does seldom. `Suss` scales the series to 0..1, takes
//! for a length `w` the mean distance between (mean, standard deviation, range) of the windows and of the series over
//! `sqrt(w)`, puts that of w = 1 to 0 and that of w = n - 1 to 1, and searches the smallest `w` that reaches 0.89.
//!
//! **Sources.** Ermshaus, Schäfer & Leser 2023, "Window size selection in unsupervised time series analytics" (AALTD),
//! for `Suss` and the comparison; autocorrelation and spectrum are textbook.
//!
//! **Cost.** O(n log n) time, O(n) memory.
//!
//! **When not to use it.** When the machine's cycle is known: take that.

use super::windows::{BlockFold, check_series};
use crate::error::{Error, Result};
use crate::math::lanes;
use crate::math::order::{MAD_TO_SD, mad_in_place, median_in_place};
use crate::signal::spectral::RealFft;

/// How the length of a window is found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum WindowMethod {
    /// Lag of the highest local maximum of the autocorrelation.
    HighestPeak,
    /// Lag of the first clear maximum of a robust autocorrelation.
    #[default]
    FirstPeak,
    /// Period of the largest bin of the spectrum.
    Fourier,
    /// Summary statistics subsequence.
    Suss,
}

/// Finds the length of a window.
///
/// ```
/// use prognos::anomaly::series::{WindowLength, WindowMethod};
/// let x: Vec<f64> = (0..1000).map(|i| (f64::from(i) * std::f64::consts::TAU / 25.0).sin()).collect();
/// for method in [WindowMethod::HighestPeak, WindowMethod::FirstPeak, WindowMethod::Fourier] {
///     assert_eq!(WindowLength::by(method).find(&x)?, Some(25));
/// }
/// // Nothing comes back in a ramp.
/// let ramp: Vec<f64> = (0..1000).map(f64::from).collect();
/// assert_eq!(WindowLength::default().find(&ramp)?, None);
/// # Ok::<(), prognos::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WindowLength {
    method: WindowMethod,
    shortest: usize,
    longest: usize,
}

impl Default for WindowLength {
    /// The first clear peak, 4 to 1000 samples.
    fn default() -> Self {
        Self { method: WindowMethod::default(), shortest: 4, longest: 1000 }
    }
}

impl WindowLength {
    /// The given method, 4 to 1000 samples.
    #[must_use]
    pub fn by(method: WindowMethod) -> Self {
        Self { method, ..Self::default() }
    }

    /// Shortest and longest window to be found, in samples. Default 4 and 1000. TSB-AD looks from 3 to 300, in the
    /// first 20,000 samples, and takes 125 when it finds none.
    #[must_use]
    pub fn range(mut self, shortest: usize, longest: usize) -> Self {
        (self.shortest, self.longest) = (shortest, longest);
        self
    }

    /// The length in samples; `None` when the series has no period within the range and below half of its length
    /// (`Suss`: no window within the range that is like the series).
    ///
    /// # Errors
    /// [`Error::Parameter`] for a range that is empty or begins below 2, [`Error::TooFew`] below 4 samples,
    /// [`Error::NonFinite`] naming a sample, [`Error::Numeric`] when squares overflow.
    pub fn find(&self, x: &[f64]) -> Result<Option<usize>> {
        if self.shortest < 2 {
            return Err(Error::parameter("shortest window", self.shortest, "must be at least 2"));
        }
        if self.longest < self.shortest {
            return Err(Error::parameter("longest window", self.longest, "must not be below the shortest"));
        }
        check_series("series to find a window length of", x, 4)?;
        let (low, high) = lanes::min_max(x);
        if low >= high {
            return Ok(None);
        }
        match self.method {
            WindowMethod::HighestPeak => {
                let longest = self.longest.min(x.len() / 2);
                Ok(highest_peak(&autocorrelation(x, longest + 1)?, self.shortest, longest))
            }
            WindowMethod::FirstPeak => self.first_peak(x),
            WindowMethod::Fourier => self.fourier(x),
            WindowMethod::Suss => self.suss(x, low, high),
        }
    }

    fn first_peak(&self, x: &[f64]) -> Result<Option<usize>> {
        let longest = self.longest.min(x.len() / 2);
        let mut clean = without_line(x)?;
        if too_small(&clean, x) {
            return Ok(None);
        }
        let median = median_in_place(&mut clean.clone());
        let spread = MAD_TO_SD * mad_in_place(&mut clean.clone(), median);
        if spread > 0.0 {
            for v in &mut clean {
                *v = v.clamp(median - 5.0 * spread, median + 5.0 * spread);
            }
        }
        let n = clean.len() as f64;
        let mut r = autocorrelation(&clean, longest + 1)?;
        for (k, v) in r.iter_mut().enumerate() {
            *v *= n / (n - k as f64);
        }
        let Some(crossing) = r.iter().position(|v| *v <= 0.0) else { return Ok(None) };
        let from = crossing.max(self.shortest);
        let Some(highest) = highest_peak(&r, from, longest) else { return Ok(None) };
        let enough = (0.8 * r[highest]).max(2.6 / n.sqrt());
        let Some(first) = (from..=longest).find(|&k| is_peak(&r, k) && r[k] >= enough) else { return Ok(None) };
        // Noise makes small peaks beside the true one: the highest within a quarter of the lag.
        Ok(highest_peak(&r, first, (first + first / 4).min(longest)))
    }

    fn fourier(&self, x: &[f64]) -> Result<Option<usize>> {
        let n = x.len();
        let clean = without_line(x)?;
        if too_small(&clean, x) {
            return Ok(None);
        }
        let fft = RealFft::new(n)?;
        let mut bins = fft.zero_bins();
        fft.forward(&clean, &mut bins, &mut fft.scratch())?;
        let mut best = (0.0, None);
        // From two periods in the series up.
        for (k, bin) in bins.iter().enumerate().skip(2) {
            let period = (n as f64 / k as f64).round() as usize;
            let power = bin.norm_sqr();
            if (self.shortest..=self.longest).contains(&period) && power > best.0 {
                best = (power, Some(period));
            }
        }
        if best.0.is_finite() { Ok(best.1) } else { Err(overflow()) }
    }

    fn suss(&self, x: &[f64], low: f64, high: f64) -> Result<Option<usize>> {
        let range = high - low;
        if !range.is_finite() || !(1.0 / range).is_finite() {
            return Err(overflow());
        }
        let unit: Vec<f64> = x.iter().map(|v| (v - low) / range).collect();
        let (mean, sd) = (lanes::mean(&unit), lanes::variance(&unit, 0).sqrt());
        let n = unit.len();
        let least = summary_distance(&unit, n - 1, mean, sd);
        let most = summary_distance(&unit, 1, mean, sd);
        if most <= least {
            return Ok(None);
        }
        let enough = |w: usize| 1.0 - (summary_distance(&unit, w, mean, sd) - least) / (most - least) >= 0.89;
        let longest = self.longest.min(n / 2);
        // Doubling finds a window that will do, halving the smallest between it and the one before.
        let (mut below, mut above) = (self.shortest - 1, self.shortest);
        while above <= longest && !enough(above) {
            below = above;
            above *= 2;
        }
        if above > longest {
            if below >= longest || !enough(longest) {
                return Ok(None);
            }
            above = longest;
        }
        while above - below > 1 {
            let middle = below + (above - below) / 2;
            if enough(middle) {
                above = middle;
            } else {
                below = middle;
            }
        }
        Ok(Some(above))
    }
}

fn overflow() -> Error {
    Error::numeric("window length", "squares of the samples overflow; scale them")
}

/// Whether what is left of the samples is their rounding.
fn too_small(rest: &[f64], x: &[f64]) -> bool {
    let (low, high) = lanes::min_max(x);
    let (rest_low, rest_high) = lanes::min_max(rest);
    rest_high - rest_low <= 64.0 * f64::EPSILON * low.abs().max(high.abs())
}

/// The samples less their line of least squares.
fn without_line(x: &[f64]) -> Result<Vec<f64>> {
    let mean = lanes::mean(x);
    let middle = (x.len() - 1) as f64 / 2.0;
    let (mut product, mut squares) = (0.0, 0.0);
    for (t, v) in x.iter().enumerate() {
        let t = t as f64 - middle;
        product += t * (v - mean);
        squares += t * t;
    }
    let slope = product / squares;
    let rest: Vec<f64> = x.iter().enumerate().map(|(t, v)| (v - mean) - slope * (t as f64 - middle)).collect();
    if rest.iter().all(|v| v.is_finite()) { Ok(rest) } else { Err(overflow()) }
}

/// Autocorrelation of lags 0 to `longest` (at most n - 1), each sum over that of lag 0; all 0 when the samples do not
/// move by more than their rounding.
fn autocorrelation(x: &[f64], longest: usize) -> Result<Vec<f64>> {
    let longest = longest.min(x.len() - 1);
    let mean = lanes::mean(x);
    let centred: Vec<f64> = x.iter().map(|v| v - mean).collect();
    if too_small(&centred, x) {
        return Ok(vec![0.0; longest + 1]);
    }
    let (low, high) = lanes::min_max(&centred);
    let scale = low.abs().max(high.abs());
    let fft = RealFft::new((x.len() + longest + 1).next_power_of_two())?;
    let (mut bins, mut scratch) = (fft.zero_bins(), fft.scratch());
    let mut padded = vec![0.0; fft.len()];
    for (p, v) in padded.iter_mut().zip(&centred) {
        *p = v / scale;
    }
    fft.forward(&padded, &mut bins, &mut scratch)?;
    for bin in &mut bins {
        *bin = bin.norm_sqr().into();
    }
    fft.inverse(&bins, &mut padded, &mut scratch)?;
    padded.truncate(longest + 1);
    let zero = padded[0];
    if !(zero.is_finite() && zero > 0.0) {
        return Err(overflow());
    }
    for v in &mut padded {
        *v /= zero;
    }
    Ok(padded)
}

fn is_peak(r: &[f64], k: usize) -> bool {
    k > 0 && k + 1 < r.len() && r[k] > r[k - 1] && r[k] > r[k + 1]
}

/// The highest local maximum among lags `from..=to`, the first of equals.
fn highest_peak(r: &[f64], from: usize, to: usize) -> Option<usize> {
    let mut best: Option<usize> = None;
    for k in from..=to {
        if is_peak(r, k) && best.is_none_or(|b| r[k] > r[b]) {
            best = Some(k);
        }
    }
    best
}

/// Mean distance between (mean, standard deviation, range) of the windows of `w` samples and of the series, whose
/// range is 1, over the root of `w`.
fn summary_distance(unit: &[f64], w: usize, mean: f64, sd: f64) -> f64 {
    #[derive(Clone, Copy)]
    struct Part {
        n: f64,
        mean: f64,
        m2: f64,
        low: f64,
        high: f64,
    }
    let merge = |a: Part, b: Part| {
        let n = a.n + b.n;
        let d = b.mean - a.mean;
        Part {
            n,
            mean: a.mean + d * b.n / n,
            m2: a.m2 + b.m2 + d * d * a.n * b.n / n,
            low: a.low.min(b.low),
            high: a.high.max(b.high),
        }
    };
    let parts = unit.iter().map(|&v| Part { n: 1.0, mean: v, m2: 0.0, low: v, high: v });
    let fold = BlockFold::new(parts, w, merge);
    let count = unit.len() + 1 - w;
    let total: f64 = (0..count)
        .map(|i| {
            let p = fold.over(i, i + w - 1);
            let (a, b, c) = (p.mean - mean, (p.m2 / p.n).sqrt() - sd, p.high - p.low - 1.0);
            (a * a + b * b + c * c).sqrt()
        })
        .sum();
    total / (count as f64 * (w as f64).sqrt())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn noisy(period: f64, n: usize, noise: f64) -> Vec<f64> {
        let mut rng = crate::math::rng::Rng::stream(3, 1);
        (0..n).map(|i| (i as f64 * std::f64::consts::TAU / period).sin() + noise * rng.normal()).collect()
    }

    #[test]
    fn autocorrelation_is_that_of_the_definition() {
        let x = noisy(17.0, 90, 0.5);
        let r = autocorrelation(&x, 40).unwrap();
        let mean = x.iter().sum::<f64>() / 90.0;
        let at = |k: usize| (0..90 - k).map(|t| (x[t] - mean) * (x[t + k] - mean)).sum::<f64>();
        for (k, v) in r.iter().enumerate() {
            assert!((v - at(k) / at(0)).abs() < 1e-12, "{k}");
        }
    }

    #[test]
    fn the_robust_way_finds_the_period_under_noise_trend_and_spikes() {
        let mut x = noisy(60.0, 3000, 0.4);
        for (i, v) in x.iter_mut().enumerate() {
            *v += 0.01 * i as f64 + if i % 517 == 0 { 300.0 } else { 0.0 };
        }
        let found = WindowLength::default().find(&x).unwrap().unwrap();
        assert!((57..=63).contains(&found), "{found}");
    }

    #[test]
    fn suss_is_the_smallest_window_that_will_do() {
        let x = noisy(40.0, 2000, 0.05);
        let w = WindowLength::by(WindowMethod::Suss).find(&x).unwrap().unwrap();
        assert!((10..=80).contains(&w), "{w}");
        // By the definition, one window after the other.
        let (low, high) = lanes::min_max(&x);
        let unit: Vec<f64> = x.iter().map(|v| (v - low) / (high - low)).collect();
        let plain = |w: usize| {
            let of = |s: &[f64]| {
                let m = s.iter().sum::<f64>() / s.len() as f64;
                let sd = (s.iter().map(|v| (v - m).powi(2)).sum::<f64>() / s.len() as f64).sqrt();
                let (lo, hi) = lanes::min_max(s);
                [m, sd, hi - lo]
            };
            let all = of(&unit);
            let distances = unit.windows(w).map(|s| {
                let d = of(s);
                (0..3).map(|k| (d[k] - all[k]).powi(2)).sum::<f64>().sqrt() / (w as f64).sqrt()
            });
            distances.sum::<f64>() / (unit.len() + 1 - w) as f64
        };
        let (most, least) = (plain(1), plain(unit.len() - 1));
        let score = |w| 1.0 - (plain(w) - least) / (most - least);
        assert!(score(w) >= 0.89 && score(w - 1) < 0.89);
    }

    #[test]
    fn no_period_is_no_answer() {
        for x in [vec![1.0; 50], (0..50).map(|i| 1e12 + f64::from(i % 2) * 1e-4).collect()] {
            for method in [WindowMethod::HighestPeak, WindowMethod::FirstPeak, WindowMethod::Fourier] {
                assert_eq!(WindowLength::by(method).find(&x).unwrap(), None);
            }
        }
        assert!(WindowLength::default().range(1, 9).find(&[0.0; 9]).is_err());
        assert!(WindowLength::default().range(9, 8).find(&[0.0; 9]).is_err());
        assert!(WindowLength::default().find(&[0.0; 3]).is_err());
    }
}
