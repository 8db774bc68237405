//! Limits for scores of a mixed history: nobody knows which rows were healthy.
//!
//! The rules of [`Threshold`](super::Threshold) but these are fitted on healthy scores. Here the scores hold the anomalies
//! too, and the question is where they begin. The definitions are those of pythresh 1.1, which scales scores to 0..1 (smallest
//! to largest) first; where a rule is named after its author, the author's differs, and it is said how.
//!
//! **When not to use it.** For a limit that must keep a false-alarm rate: these rules look at one set of scores and
//! promise nothing about the next. Every one of them finds anomalies, or none, in purely healthy scores as well.

use crate::error::{Error, Result};
use crate::math::dd::Dd;
use crate::math::lanes;
use crate::math::order::{mad_in_place, quantile_sorted};
use crate::math::roots::golden_minimum;
use crate::math::special::{norm_quantile, t_quantile};
use crate::signal::peaks::FindPeaks;

/// Where anomalies begin among unlabelled scores. With the scores scaled to 0..1, their mean m and standard deviation s
/// (divisor n), the limit is
///
/// | rule | limit | pythresh |
/// |---|---|---|
/// | `Fence` | upper quartile + 1.5 interquartile ranges (midpoint quartiles, Tukey 1977) | `IQR` |
/// | `MeanMad` | m + MAD / s (not scaled as a deviation: a number between 0 and 1 by luck) | `MAD` |
/// | `OneSigma` | the smallest score of at least m + s | `ZSCORE` |
/// | `Chauvenet` | m + z s with P(Z > z) = 1 / (2 N); N is the exponential of the entropy of a histogram | `CHAU` |
/// | `ThompsonTau` | the last of the largest scores taken away while it exceeds the tau of Thompson 1985 at 0.01 | `MTT` |
/// | `Gesd` | the smallest of the scores, taken away one by one, that Grubbs' test rejects at 0.05 | `GESD` |
/// | `PeakWidth` | width of the foot of the density's peak, over a range of twice the scores' | `FWFM` |
/// | `TailArea` | where the area under the density beyond is a fraction m + abs(m - median) of all | `AUCP` |
/// | `YeoJohnson` | largest value of the Yeo-Johnson transform of the density | `YJ` |
/// | `Karcher` | mean density times m, plus s | `KARCH` |
///
/// Densities are Gaussian kernel estimates of Scott's width. Rules without anything to say give a limit above all scores.
///
/// `REGR` of pythresh has no definition without its random numbers (it regresses one fixed sample of normal numbers on
/// the scores in the order of the rows) and is left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub enum MixedRule {
    /// Tukey's fence.
    Fence,
    /// Mean and median absolute deviation.
    MeanMad,
    /// One standard deviation above the mean.
    OneSigma,
    /// Chauvenet's criterion with an effective number of scores.
    Chauvenet,
    /// Thompson's modified tau.
    ThompsonTau,
    /// Grubbs' test again and again, as pythresh does it; Rosner's procedure is [`Threshold::gesd`](super::Threshold::gesd).
    Gesd,
    /// Width of the density's peak.
    PeakWidth,
    /// Area of the density's tail.
    TailArea,
    /// Transform of the density.
    YeoJohnson,
    /// Karcher mean.
    Karcher,
}

impl MixedRule {
    /// The limit on the scale on which the smallest score is 0 and the largest 1. A score **at or above** it is an
    /// anomaly.
    ///
    /// ```
    /// use prognos::anomaly::MixedRule;
    /// let scores = [1.0, 1.2, 1.1, 0.9, 1.0, 1.15, 0.95, 1.05, 9.0];
    /// let limit = MixedRule::Fence.scaled_limit(&scores)?;
    /// assert!(limit < 0.1); // 9.0 is 1 on this scale, 1.2 is 0.037
    /// # Ok::<(), prognos::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::TooFew`] with fewer than 3 scores; [`Error::NonFinite`]; [`Error::Numeric`] when all are equal, or their range
    /// overflows.
    pub fn scaled_limit(self, scores: &[f64]) -> Result<f64> {
        crate::error::check_finite("scores of a mixed history", "score", scores)?;
        if scores.len() < 3 {
            return Err(Error::too_few("scores of a mixed history", 3, scores.len()));
        }
        let (low, high) = lanes::min_max(scores);
        let range = high - low;
        if !(range.is_finite() && range > 0.0) {
            return Err(Error::numeric("limit of scores", "all scores are equal, or their range overflows"));
        }
        let mut x: Vec<f64> = scores.iter().map(|s| (s - low) / range).collect();
        x.sort_unstable_by(f64::total_cmp);
        let mean = lanes::mean(&x);
        let sd = lanes::variance(&x, 0).sqrt();
        let limit = match self {
            Self::Fence => {
                let (q1, q3) = (midpoint(&x, 0.25), midpoint(&x, 0.75));
                q3 + 1.5 * (q3 - q1)
            }
            Self::MeanMad => mean + mad_in_place(&mut x.clone(), quantile_sorted(&x, 0.5)) / sd,
            Self::OneSigma => x.iter().copied().find(|v| (v - mean) / sd >= 1.0).unwrap_or(ABOVE),
            Self::Chauvenet => mean + sd * -norm_quantile(0.5 / effective_number(&x, mean, sd)),
            Self::ThompsonTau => thompson(&x),
            Self::Gesd => repeated_grubbs(&x),
            Self::PeakWidth => {
                let size = 3 * x.len();
                let mut density = Density::new(&x, -1.0, 1.0, size);
                normalise(&mut density.values);
                let peaks = FindPeaks::new().prominence(0.75).relative_height(0.99).find(&density.values)?;
                peaks.first().map_or(ABOVE, |p| p.width / size as f64)
            }
            Self::TailArea => {
                let mut density = Density::new(&x, 0.0, 1.0, 2 * x.len());
                normalise(&mut density.values);
                tail_area(&density, mean + (mean - quantile_sorted(&x, 0.5)).abs())
            }
            Self::YeoJohnson => yeo_johnson_top(&Density::new(&x, 0.0, 1.0, 3 * x.len()).values),
            Self::Karcher => {
                let density = Density::new(&x, 0.0, 1.0, x.len()).values;
                lanes::mean(&density) * mean + sd
            }
        };
        if limit.is_finite() {
            Ok(limit)
        } else {
            Err(Error::numeric("limit of scores", "the rule has no finite limit"))
        }
    }

    /// The limit in units of the scores: those at or above the scaled limit lie **above** it.
    pub(super) fn limit(self, sorted: &[f64]) -> Result<f64> {
        let scaled = self.scaled_limit(sorted)?;
        let (low, high) = (sorted[0], sorted[sorted.len() - 1]);
        let range = high - low;
        let first = sorted.partition_point(|s| (s - low) / range < scaled);
        let own = low + scaled * range;
        // The last scores below and the first at the limit lie on different sides, whatever the rounding.
        let top = sorted.get(first).map_or(own, |s| own.min(*s)).next_down();
        Ok(if first > 0 { top.max(sorted[first - 1]) } else { top })
    }
}

/// Above every scaled score.
const ABOVE: f64 = 1.0 + f64::EPSILON;

/// Mean of the two order statistics on both sides of the place of a quantile.
fn midpoint(sorted: &[f64], q: f64) -> f64 {
    let place = q * (sorted.len() - 1) as f64;
    0.5 * (sorted[place.floor() as usize] + sorted[(place.ceil() as usize).min(sorted.len() - 1)])
}

/// Smallest to 0, largest to 1.
fn normalise(values: &mut [f64]) {
    let (low, high) = lanes::min_max(values);
    for v in values {
        *v = (*v - low) / (high - low);
    }
}

/// Exponential of the entropy of a histogram of the z-scores, whose bins are those that numpy calls `auto`.
fn effective_number(sorted: &[f64], mean: f64, sd: f64) -> f64 {
    let z: Vec<f64> = sorted.iter().map(|v| (v - mean) / sd).collect();
    let n = z.len() as f64;
    let (low, high) = (z[0], z[z.len() - 1]);
    let range = high - low;
    let sturges = range / (n.log2() + 1.0);
    let freedman = 2.0 * (quantile_sorted(&z, 0.75) - quantile_sorted(&z, 0.25)) * n.powf(-1.0 / 3.0);
    let width = freedman.max(0.5 * range / n.sqrt()).min(sturges);
    let bins = (range / width).ceil().max(1.0) as usize;
    let edge = |i: usize| if i == bins { high } else { low + range / bins as f64 * i as f64 };
    let mut counts = vec![0_usize; bins];
    for &v in &z {
        let mut bin = (((v - low) / range * bins as f64) as usize).min(bins - 1);
        if v < edge(bin) {
            bin -= 1;
        } else if bin + 1 < bins && v >= edge(bin + 1) {
            bin += 1;
        }
        counts[bin] += 1;
    }
    let entropy: f64 = counts.iter().filter(|c| **c > 0).map(|&c| c as f64 / n).map(|p| -p * p.ln()).sum();
    entropy.exp().min(n)
}

/// Mean and standard deviation (divisor: the number) of runs of sorted values.
struct Runs {
    sums: Vec<Dd>,
    squares: Vec<Dd>,
}

impl Runs {
    fn new(sorted: &[f64]) -> Self {
        let (mut sum, mut square) = (Dd::ZERO, Dd::ZERO);
        let mut runs = Self { sums: vec![sum], squares: vec![square] };
        for &v in sorted {
            sum = sum + v.into();
            square = square + Dd::product(v, v);
            runs.sums.push(sum);
            runs.squares.push(square);
        }
        runs
    }

    /// Mean and variance of `from..to`.
    fn moments(&self, from: usize, to: usize) -> (f64, f64) {
        let n = Dd::from((to - from) as f64);
        let mean = (self.sums[to] - self.sums[from]) / n;
        let variance = (self.squares[to] - self.squares[from]) / n - mean * mean;
        // What is left of equal values is rounding.
        let floor = mean.value() * mean.value() * 1e-29;
        (mean.value(), if variance.value() > floor { variance.value() } else { 0.0 })
    }
}

/// Critical distance, in standard deviations of divisor n, of the farthest of n values.
fn critical(n: f64, p: f64) -> f64 {
    let t = t_quantile(p, n - 2.0);
    t * (n - 1.0) / (n.sqrt() * (n - 2.0 + t * t).sqrt())
}

fn thompson(sorted: &[f64]) -> f64 {
    let runs = Runs::new(sorted);
    let mut limit = ABOVE;
    for n in (3..=sorted.len()).rev() {
        let (mean, variance) = runs.moments(0, n);
        if variance <= 0.0 || (sorted[n - 1] - mean).abs() / variance.sqrt() <= critical(n as f64, 0.99) {
            break;
        }
        limit = sorted[n - 1];
    }
    limit
}

fn repeated_grubbs(sorted: &[f64]) -> f64 {
    let runs = Runs::new(sorted);
    let (mut from, mut to) = (0, sorted.len());
    let mut limit = ABOVE;
    for _ in 0..sorted.len() / 2 {
        let n = to - from;
        if n < 3 {
            break;
        }
        let (mean, variance) = runs.moments(from, to);
        if variance <= 0.0 {
            break;
        }
        let (below, above) = (mean - sorted[from], sorted[to - 1] - mean);
        let farthest = if above >= below { sorted[to - 1] } else { sorted[from] };
        if below.max(above) / variance.sqrt() > critical(n as f64, 1.0 - 0.05 / (2.0 * n as f64)) && farthest < limit {
            limit = farthest;
        }
        if above >= below { to -= 1 } else { from += 1 }
    }
    limit
}

/// Rosner's generalised test of the largest of sorted scores: how many are outliers, of at most `most`, at the level `alpha`
/// (one-sided, since only high scores are anomalies).
pub(super) fn rosner(sorted: &[f64], alpha: f64, most: usize) -> usize {
    let runs = Runs::new(sorted);
    let n = sorted.len();
    let mut outliers = 0;
    for i in 1..=most.min(n.saturating_sub(3)) {
        let left = n - i + 1;
        let (mean, variance) = runs.moments(0, left);
        if variance <= 0.0 {
            break;
        }
        let m = left as f64;
        // The standard deviation of the test has the divisor m - 1.
        let distance = (sorted[left - 1] - mean) / (variance * m / (m - 1.0)).sqrt();
        let t = t_quantile(1.0 - alpha / m, m - 2.0);
        if distance > (m - 1.0) * t / ((m - 2.0 + t * t) * m).sqrt() {
            outliers = i;
        }
    }
    outliers
}

/// A Gaussian kernel estimate of the density at equally spaced places.
struct Density {
    places: Vec<f64>,
    values: Vec<f64>,
}

/// Places at which a density is computed; beyond, it is interpolated.
const PLACES: usize = 5000;

impl Density {
    fn new(sorted: &[f64], low: f64, high: f64, size: usize) -> Self {
        let n = sorted.len() as f64;
        let width = lanes::variance(sorted, 1).sqrt() * n.powf(-0.2);
        let at = |x: f64| {
            // Beyond 12 widths there is nothing: e^-72.
            let from = sorted.partition_point(|v| *v < x - 12.0 * width);
            let to = sorted.partition_point(|v| *v <= x + 12.0 * width);
            let sum: f64 = sorted[from..to].iter().map(|v| (-0.5 * ((x - v) / width).powi(2)).exp()).sum();
            sum / (n * width * (2.0 * std::f64::consts::PI).sqrt())
        };
        let space = |count: usize| -> Vec<f64> {
            let step = (high - low) / (count - 1) as f64;
            (0..count).map(|i| if i + 1 == count { high } else { low + step * i as f64 }).collect()
        };
        let places = space(size);
        if size <= PLACES {
            let values = places.iter().map(|&x| at(x)).collect();
            return Self { places, values };
        }
        let coarse: Vec<f64> = space(PLACES).into_iter().map(at).collect();
        let scale = (PLACES - 1) as f64 / (size - 1) as f64;
        let values = (0..size)
            .map(|i| {
                // Cubic through the four places around.
                let place = i as f64 * scale;
                let first = (place.floor() as usize).saturating_sub(1).min(PLACES - 4);
                let t = place - first as f64;
                let [a, b, c, d] = [coarse[first], coarse[first + 1], coarse[first + 2], coarse[first + 3]];
                -a * (t - 1.0) * (t - 2.0) * (t - 3.0) / 6.0 + b * t * (t - 2.0) * (t - 3.0) / 2.0
                    - c * t * (t - 1.0) * (t - 3.0) / 2.0
                    + d * t * (t - 1.0) * (t - 2.0) / 6.0
            })
            .collect();
        Self { places, values }
    }
}

/// First place beyond which less than this fraction of the area lies.
fn tail_area(density: &Density, fraction: f64) -> f64 {
    let Density { places, values } = density;
    let piece = |i: usize| 0.5 * (values[i] + values[i + 1]) * (places[i + 1] - places[i]);
    let mut beyond = vec![0.0; places.len()];
    for i in (0..places.len() - 1).rev() {
        beyond[i] = beyond[i + 1] + piece(i);
    }
    let limit = fraction * beyond[0];
    beyond.iter().position(|b| *b < limit).map_or(ABOVE, |i| places[i])
}

/// Largest value of the transform of Yeo & Johnson 2000 whose exponent makes the values (at least 0) as normal as can be.
fn yeo_johnson_top(values: &[f64]) -> f64 {
    let logs: Vec<f64> = values.iter().map(|v| v.max(0.0).ln_1p()).collect();
    let n = logs.len() as f64;
    let sum = lanes::sum(&logs);
    let transform = |log: f64, lambda: f64| if lambda.abs() < 1e-12 { log } else { (lambda * log).exp_m1() / lambda };
    let mut scratch = vec![0.0; logs.len()];
    let lambda = {
        let scratch = std::cell::RefCell::new(&mut scratch);
        golden_minimum(
            |lambda| {
                let mut scratch = scratch.borrow_mut();
                for (to, log) in scratch.iter_mut().zip(&logs) {
                    *to = transform(*log, lambda);
                }
                0.5 * n * lanes::variance(&scratch, 0).ln() - (lambda - 1.0) * sum
            },
            -20.0,
            20.0,
            1e-10,
        )
    };
    let (_, top) = lanes::min_max(&logs);
    transform(top, lambda)
}
