//! Residual of a season: samples that are not what this phase of the cycle usually is.
//!
//! **What it answers.** Which samples stand out when the hour of the day (the angle of the shaft) is taken into account?
//! The idea of Twitter's S-H-ESD: a robust season, and what is left judged by median and MAD.
//!
//! **Formula.** `|x_t - trend_t - season_(t mod p)| / s`: the trend is the median of the healthy stretch or, when asked
//! for, a moving median; the season is the median of the healthy samples of a phase less the trend; `s` is 1.4826 MAD of the
//! healthy residuals, at least four units of rounding of the largest healthy sample. [`generalized_esd`] of the
//! residuals says which are outliers at a level of significance.
//!
//! **Phase.** Sample 0 of a series to score is taken to have the phase of sample 0 of the healthy stretch;
//! [`score_from`](SeasonalResidual::score_from) takes another.
//!
//! **Explanation.** [`expected`](super::SeriesDetector::expected): trend and season.
//!
//! **Sources.** Hochenbaum, Vallis & Kejariwal 2017 (arXiv 1704.07706) for the idea; Rosner 1983 (Technometrics 25) for the
//! test. The season is a table of medians, not a smoothed one.
//!
//! **Cost.** O(n), with a moving median O(n (log w + w)); the test O(n r + n log n) for at most r outliers.
//!
//! **When not to use it.** Cycles whose length wanders: align them first, or use
//! [`WindowKMeans`](super::WindowKMeans).

use super::SeriesDetector;
use super::windows::{check_scores, check_series, window_at};
use crate::anomaly::stream::{checked, guard};
use crate::error::{Error, Result, check_fraction};
use crate::math::lanes;
use crate::math::order::{MAD_TO_SD, mad_in_place, median_in_place};
use crate::math::special::t_quantile;
use crate::signal::rolling::RollingQuantiles;

/// Checked settings of [`SeasonalResidual`].
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
pub struct SeasonalResidualValidParams {
    period: usize,
    trend: Option<usize>,
}

impl SeasonalResidualValidParams {
    fn validate(&self) -> Result<()> {
        if !(1..=1 << 20).contains(&self.period) {
            return Err(Error::parameter("period", self.period, "must be 1 to 2^20 samples"));
        }
        match self.trend {
            Some(w) if w.is_multiple_of(2) || !(3..=1 << 20).contains(&w) => {
                Err(Error::parameter("trend", w, "must be odd, 3 to 2^20 samples"))
            }
            _ => Ok(()),
        }
    }
}

/// Settings of [`SeasonalResidual`]; see [`SeasonalResidual::params`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeasonalResidualParams(SeasonalResidualValidParams);

guard!(SeasonalResidualParams, SeasonalResidualValidParams);

impl SeasonalResidualParams {
    /// Takes a moving median of this many samples off, odd, 3 to 2^20: longer than any fault that shall be seen, or the
    /// fault becomes trend. Default: the median of the healthy stretch, so that a shift of the level is an anomaly.
    #[must_use]
    pub fn trend(mut self, samples: usize) -> Self {
        self.0.trend = Some(samples);
        self
    }

    /// Learns the season from a healthy stretch.
    ///
    /// # Errors
    /// [`Error::Parameter`] for a setting outside of its range, [`Error::TooFew`] below two periods or the window of
    /// the trend, [`Error::NonFinite`] naming a sample, [`Error::Numeric`] when a difference overflows.
    pub fn fit(&self, healthy: &[f64]) -> Result<SeasonalResidual> {
        self.0.validate()?;
        let period = self.0.period;
        check_series("healthy samples", healthy, (2 * period).max(self.0.trend.unwrap_or(0)).max(2))?;
        let level = median_in_place(&mut healthy.to_vec());
        let mut model = SeasonalResidual { params: self.0.clone(), level, season: vec![0.0; period], scale: 1.0 };
        let rest = check_scores(model.residuals_inner(healthy, 0)?)?;
        model.season = (0..period)
            .map(|phase| median_in_place(&mut rest.iter().skip(phase).step_by(period).copied().collect::<Vec<_>>()))
            .collect();
        let mut rest = check_scores(model.residuals_inner(healthy, 0)?)?;
        let (low, high) = lanes::min_max(healthy);
        let least = (4.0 * f64::EPSILON * low.abs().max(high.abs())).max(f64::MIN_POSITIVE);
        let rms = (lanes::sum_squares(&rest) / rest.len() as f64).sqrt();
        let robust = MAD_TO_SD * mad_in_place(&mut rest, 0.0);
        model.scale = if robust > least { robust } else { rms.max(least) };
        if model.scale.is_finite() {
            Ok(model)
        } else {
            Err(Error::numeric("seasonal residual", "the residuals overflow; scale the samples"))
        }
    }
}

/// Median of the `w` samples around each, at the ends of the nearest full window.
fn moving_median(x: &[f64], w: usize) -> Result<Vec<f64>> {
    let mut last = RollingQuantiles::new(w)?;
    let mut medians = Vec::with_capacity(x.len());
    for &v in x {
        last.push(v)?;
        if last.is_full() {
            medians.push(last.median());
        }
    }
    let end = medians.len().saturating_sub(1);
    Ok((0..x.len()).map(|t| medians[t.saturating_sub(w / 2).min(end)]).collect())
}

/// The season of a healthy stretch.
///
/// ```
/// use prognos::anomaly::series::{SeasonalResidual, SeriesDetector, generalized_esd};
/// let mut x: Vec<f64> = (0..240).map(|h| f64::from(h % 24) + (f64::from(h) * 1.7).sin()).collect();
/// x[151] = 22.0; // an afternoon's value in the morning
/// let model = SeasonalResidual::params(24).fit(&x[..120])?;
/// let scores = model.score_series(&x)?;
/// assert_eq!((0..240).max_by(|&a, &b| scores[a].total_cmp(&scores[b])), Some(151));
/// assert_eq!(generalized_esd(&model.residuals(&x)?, 10, 0.01, false)?, [151]);
/// # Ok::<(), prognos::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct SeasonalResidual {
    params: SeasonalResidualValidParams,
    level: f64,
    season: Vec<f64>,
    scale: f64,
}

impl SeasonalResidual {
    /// Default settings for a period of this many samples, 1 (no season) to 2^20: no trend but the median.
    #[must_use]
    pub fn params(period: usize) -> SeasonalResidualParams {
        SeasonalResidualParams(SeasonalResidualValidParams { period, trend: None })
    }

    /// Median deviation of each phase from the trend, in the unit of the series.
    #[must_use]
    pub fn season(&self) -> &[f64] {
        &self.season
    }

    /// Robust standard deviation of the healthy residuals: a score of 1.
    #[must_use]
    pub fn scale(&self) -> f64 {
        self.scale
    }

    /// Samples less trend and season, signed, in the unit of the series.
    ///
    /// # Errors
    /// As [`SeriesDetector::score_series`].
    pub fn residuals(&self, x: &[f64]) -> Result<Vec<f64>> {
        check_scores(self.residuals_inner(x, 0)?)
    }

    /// [`score_series`](SeriesDetector::score_series) of a series whose first sample has this phase.
    ///
    /// # Errors
    /// As [`SeriesDetector::score_series`].
    pub fn score_from(&self, x: &[f64], phase: usize) -> Result<Vec<f64>> {
        check_scores(self.residuals_inner(x, phase)?.iter().map(|r| r.abs() / self.scale).collect())
    }

    fn residuals_inner(&self, x: &[f64], phase: usize) -> Result<Vec<f64>> {
        check_series("series to score", x, self.window())?;
        let mut rest = match self.params.trend {
            Some(w) => moving_median(x, w)?.iter().zip(x).map(|(m, x)| x - m).collect(),
            None => x.iter().map(|x| x - self.level).collect::<Vec<_>>(),
        };
        let season = self.season.iter().cycle().skip(phase % self.season.len().max(1));
        for (r, s) in rest.iter_mut().zip(season) {
            *r -= s;
        }
        Ok(rest)
    }

    #[cfg(feature = "serde")]
    fn check_state(&self) -> Result<()> {
        self.params.validate()?;
        let finite = self.level.is_finite() && self.scale.is_finite() && self.season.iter().all(|v| v.is_finite());
        if finite && self.scale > 0.0 && self.season.len() == self.params.period {
            Ok(())
        } else {
            Err(Error::Model { reason: "the season does not fit the settings".to_owned() })
        }
    }
}

impl SeriesDetector for SeasonalResidual {
    /// The window of the trend, or 1.
    fn window(&self) -> usize {
        self.params.trend.unwrap_or(1)
    }

    fn score_series(&self, x: &[f64]) -> Result<Vec<f64>> {
        self.score_from(x, 0)
    }

    fn expected(&self, x: &[f64], start: usize) -> Result<Option<Vec<f64>>> {
        let window = window_at(x, start, self.window())?;
        let rest = &self.residuals(x)?[start..start + self.window()];
        check_scores(window.iter().zip(rest).map(|(x, r)| x - r).collect()).map(Some)
    }
}

checked!(
    SeasonalResidual { params: SeasonalResidualValidParams, level: f64, season: Vec<f64>, scale: f64 },
    "seasonal_residual",
    |_| &[]
);

/// Outliers by the generalised extreme studentised deviate test (Rosner 1983), in ascending order of their place.
///
/// One value after the other, the one farthest from the centre first, is taken away; `R_i` is its distance over the spread
/// of those left, `lambda_i = (n - i) t / sqrt((n - i - 1 + t^2)(n - i + 1))` with the quantile `t` of Student's law of n -
/// i - 1 degrees of freedom at `1 - alpha / (2 (n - i + 1))`. The outliers are the first i for the largest i with
/// `R_i > lambda_i`. Centre and spread are mean and standard deviation (n - 1), or with `robust` median and 1.4826 MAD,
/// as in S-H-ESD, which finds more when many are outliers but has no exact level. The test ends where the spread is 0.
///
/// # Errors
/// [`Error::Parameter`] unless `0 < alpha < 1` and at least 3 values stay, [`Error::NonFinite`] naming a value,
/// [`Error::Numeric`] when squares overflow.
pub fn generalized_esd(x: &[f64], most: usize, alpha: f64, robust: bool) -> Result<Vec<usize>> {
    check_fraction("alpha", alpha)?;
    check_series("values to test", x, 1)?;
    if most.saturating_add(3) > x.len() {
        return Err(Error::parameter("most", most, "must leave at least 3 values"));
    }
    let mut order: Vec<usize> = (0..x.len()).collect();
    order.sort_by(|&a, &b| x[a].total_cmp(&x[b]));
    let sorted: Vec<f64> = order.iter().map(|&i| x[i]).collect();
    let (mut low, mut high) = (0, sorted.len());
    let mut taken = Vec::new();
    let mut outliers = 0;
    for _ in 0..most {
        let left = &sorted[low..high];
        let n = left.len() as f64;
        let (centre, spread) = if robust {
            let centre = middle(left);
            (centre, MAD_TO_SD * mad_sorted(left, centre))
        } else {
            let centre = lanes::mean(left);
            (centre, (lanes::sum_squared_deviations(left, centre) / (n - 1.0)).sqrt())
        };
        if !spread.is_finite() {
            return Err(Error::numeric("generalised ESD", "the squares overflow; scale the values"));
        }
        if spread <= 0.0 {
            break;
        }
        let (below, above) = (centre - left[0], left[left.len() - 1] - centre);
        if below > above {
            taken.push(order[low]);
            low += 1;
        } else {
            high -= 1;
            taken.push(order[high]);
        }
        let t = t_quantile(1.0 - alpha / (2.0 * n), n - 2.0);
        let lambda = (n - 1.0) * t / ((n - 2.0 + t * t) * n).sqrt();
        if below.max(above) / spread > lambda {
            outliers = taken.len();
        }
    }
    taken.truncate(outliers);
    taken.sort_unstable();
    Ok(taken)
}

fn middle(sorted: &[f64]) -> f64 {
    crate::math::order::quantile_sorted(sorted, 0.5)
}

/// Median absolute deviation of values in ascending order: deviations grow to both sides of the centre.
fn mad_sorted(sorted: &[f64], centre: f64) -> f64 {
    let n = sorted.len();
    let mut right = sorted.partition_point(|v| *v < centre);
    let mut left = right;
    let (mut last, mut before) = (0.0, 0.0);
    for _ in 0..n / 2 + 1 {
        let down = if left > 0 { centre - sorted[left - 1] } else { f64::INFINITY };
        let up = if right < n { sorted[right] - centre } else { f64::INFINITY };
        before = last;
        if down < up {
            last = down;
            left -= 1;
        } else {
            last = up;
            right += 1;
        }
    }
    if n.is_multiple_of(2) { 0.5 * before + 0.5 * last } else { last }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of Rosner's paper as the NIST handbook (1.3.5.17.3) works it: three outliers of 54 values.
    #[test]
    fn rosner_1983() {
        let x = [
            -0.25, 0.68, 0.94, 1.15, 1.20, 1.26, 1.26, 1.34, 1.38, 1.43, 1.49, 1.49, 1.55, 1.56, 1.58, 1.65, 1.69,
            1.70, 1.76, 1.77, 1.81, 1.91, 1.94, 1.96, 1.99, 2.06, 2.09, 2.10, 2.14, 2.15, 2.23, 2.24, 2.26, 2.35, 2.37,
            2.40, 2.47, 2.54, 2.62, 2.64, 2.90, 2.92, 2.92, 2.93, 3.21, 3.26, 3.30, 3.59, 3.68, 4.30, 4.64, 5.34, 5.42,
            6.01,
        ];
        assert_eq!(generalized_esd(&x, 10, 0.05, false).unwrap(), [51, 52, 53]);
        assert!(generalized_esd(&x, 10, 0.05, true).unwrap().ends_with(&[51, 52, 53]));
        assert!(generalized_esd(&x, 52, 0.05, false).is_err() && generalized_esd(&x, 1, 0.0, false).is_err());
        assert!(generalized_esd(&[2.0; 9], 3, 0.05, true).unwrap().is_empty());
    }

    #[test]
    fn the_mad_of_sorted_values_is_the_mad() {
        for n in 3..40 {
            let mut x: Vec<f64> = (0..n).map(|i| (f64::from(i * i) * 0.7).sin()).collect();
            x.sort_unstable_by(f64::total_cmp);
            let centre = middle(&x);
            assert!((mad_sorted(&x, centre) - mad_in_place(&mut x.clone(), centre)).abs() < 1e-15, "{n}");
        }
    }

    #[test]
    fn the_season_is_found_under_outliers_and_a_trend() {
        let mut x: Vec<f64> =
            (0..500).map(|t| f64::from(t) * 0.02 + [0.0, 5.0, -3.0, 1.0, 2.0][t as usize % 5]).collect();
        for t in (0..500).step_by(37) {
            x[t] += 100.0;
        }
        let model = SeasonalResidual::params(5).trend(51).fit(&x).unwrap();
        let s = model.season();
        assert!((s[1] - s[0] - 5.0).abs() < 0.1 && (s[2] - s[0] + 3.0).abs() < 0.1, "{s:?}");
        let scores = model.score_series(&x).unwrap();
        assert!((0..500).all(|t| (scores[t] > 100.0) == (t % 37 == 0)));
        assert_eq!(model.score_from(&x[3..], 3).unwrap()[100..300], scores[103..303]);
    }
}
