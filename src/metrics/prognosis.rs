//! How good were forecasts of remaining life? Points, paths to the end, intervals, distributions.
//!
//! Everywhere `truth` is the remaining life that was, `predicted` the one that was said, in the same unit; the error is
//! `d = predicted - truth`, positive when the forecast was late (dangerous).
//!
//! **Two protocols.** On C-MAPSS and its kind, some publications cap the true life at 125 cycles as the model does, others do
//! not: figures of the two kinds cannot be compared, and most papers do not say which is theirs. [`LifeErrors::capped`] takes
//! the cap as an argument and gives both.
//!
//! **Errors.** All functions: [`Error::Shape`] when the slices differ in length, [`Error::TooFew`] when they are empty,
//! [`Error::NonFinite`] naming the first value that is not finite.
//!
//! **Sources.** PHM08: Saxena, Goebel, Simon & Eklund 2008. PHM2012: Nectoux et al. 2012. Alpha-lambda, prognostic horizon,
//! relative accuracy, convergence: Saxena et al. 2010 (Int. J. Prognostics and Health Management). CRPS: Gneiting & Raftery
//! 2007. Interval score: Winkler 1972.

use crate::error::{Error, Result, check_finite, check_fraction, check_positive};
use crate::math::lanes;
use crate::math::rng::Rng;
use crate::math::special::norm_cdf;

/// `Ok(n)` for slices of the same length, not empty and finite.
fn check(truth: &[f64], others: &[(&'static str, &[f64])]) -> Result<usize> {
    if truth.is_empty() {
        return Err(Error::too_few("forecasts to judge", 1, 0));
    }
    check_finite("truth", "truth", truth)?;
    for (name, values) in others {
        if values.len() != truth.len() {
            return Err(Error::shape(*name, truth.len(), values.len()));
        }
        check_finite("forecasts", name, values)?;
    }
    Ok(truth.len())
}

fn mean_of(truth: &[f64], predicted: &[f64], each: impl Fn(f64, f64) -> f64) -> Result<f64> {
    let n = check(truth, &[("predicted", predicted)])?;
    Ok(lanes::sum_by2(truth, predicted, each) / n as f64)
}

/// Root mean square error.
///
/// ```
/// use prognos::metrics::prognosis::rmse;
/// assert_eq!(rmse(&[10.0, 20.0], &[13.0, 16.0])?, 12.5f64.sqrt());
/// # Ok::<(), prognos::Error>(())
/// ```
///
/// # Errors
/// See the [module](self).
pub fn rmse(truth: &[f64], predicted: &[f64]) -> Result<f64> {
    mean_of(truth, predicted, |y, p| (p - y) * (p - y)).map(f64::sqrt)
}

/// Mean absolute error.
///
/// # Errors
/// See the [module](self).
pub fn mae(truth: &[f64], predicted: &[f64]) -> Result<f64> {
    mean_of(truth, predicted, |y, p| (p - y).abs())
}

/// Mean of `abs(d) / abs(truth)`, as a fraction. Infinite where a true life is 0: at the end of life it means nothing.
///
/// # Errors
/// See the [module](self).
pub fn mape(truth: &[f64], predicted: &[f64]) -> Result<f64> {
    mean_of(truth, predicted, |y, p| ((p - y) / y).abs())
}

/// Mean error: positive when forecasts are late on average.
///
/// # Errors
/// See the [module](self).
pub fn bias(truth: &[f64], predicted: &[f64]) -> Result<f64> {
    mean_of(truth, predicted, |y, p| p - y)
}

/// Share of the variance explained, `1 - sum d² / sum (truth - mean)²`; NaN for a constant truth.
///
/// # Errors
/// See the [module](self).
pub fn r_squared(truth: &[f64], predicted: &[f64]) -> Result<f64> {
    let squares = mean_of(truth, predicted, |y, p| (p - y) * (p - y))? * truth.len() as f64;
    let about = lanes::sum_squared_deviations(truth, lanes::mean(truth));
    Ok(if about > 0.0 { 1.0 - squares / about } else { f64::NAN })
}

/// The score of the PHM 2008 challenge: sum of `exp(-d/13) - 1` for early and `exp(d/10) - 1` for late forecasts; 0 is best.
/// In cycles; dominated by the few worst units.
///
/// ```
/// use prognos::metrics::prognosis::phm08;
/// let (early, late) = (phm08(&[50.0], &[40.0])?, phm08(&[50.0], &[60.0])?);
/// assert!(early < late && (late - (1f64.exp() - 1.0)).abs() < 1e-12);
/// # Ok::<(), prognos::Error>(())
/// ```
///
/// # Errors
/// See the [module](self).
pub fn phm08(truth: &[f64], predicted: &[f64]) -> Result<f64> {
    let each = |y: f64, p: f64| if p < y { ((y - p) / 13.0).exp_m1() } else { ((p - y) / 10.0).exp_m1() };
    mean_of(truth, predicted, each).map(|mean| mean * truth.len() as f64)
}

/// The score of the PHM 2012 challenge: mean of `exp(ln 0.5 / 20 Er)` for early and `exp(-ln 0.5 / 5 Er)` for late forecasts,
/// with the error in percent of the true life, `Er = -100 d / truth`. Between 0 and 1, which is best.
///
/// # Errors
/// See the [module](self), and [`Error::Parameter`] for a true life of 0, of which nothing is a percentage.
pub fn phm2012(truth: &[f64], predicted: &[f64]) -> Result<f64> {
    if let Some(zero) = truth.iter().find(|y| y.abs() <= 0.0) {
        return Err(Error::parameter("truth", zero, "an error in percent needs a true life other than 0"));
    }
    let half = 0.5f64.ln();
    mean_of(truth, predicted, |y, p| {
        let percent = 100.0 * (y - p) / y;
        if percent <= 0.0 { (-half * percent / 5.0).exp() } else { (half * percent / 20.0).exp() }
    })
}

/// Share of forecasts with `-early <= d <= late`; the literature takes 13 and 10 cycles.
///
/// # Errors
/// See the [module](self).
pub fn accuracy_window(truth: &[f64], predicted: &[f64], early: f64, late: f64) -> Result<f64> {
    mean_of(truth, predicted, |y, p| f64::from(u8::from(p - y >= -early && p - y <= late)))
}

/// The usual errors of one set of forecasts, with intervals by bootstrap over units.
#[derive(Debug, Clone, PartialEq)]
pub struct LifeErrors {
    /// Number of forecasts.
    pub n: usize,
    /// The cap of the true lives, where there is one.
    pub cap: Option<f64>,
    /// Root mean square error.
    pub rmse: f64,
    /// 95 % interval of the root mean square error, over resamples of the forecasts.
    pub rmse_interval: (f64, f64),
    /// Mean absolute error.
    pub mae: f64,
    /// Mean error.
    pub bias: f64,
    /// PHM 2008 score.
    pub phm08: f64,
    /// Share within 13 cycles early and 10 late.
    pub within: f64,
}

impl LifeErrors {
    /// Errors against the true lives as they were.
    ///
    /// ```
    /// use prognos::metrics::prognosis::LifeErrors;
    /// let (truth, predicted) = ([140.0, 60.0, 20.0], [120.0, 65.0, 18.0]);
    /// let raw = LifeErrors::raw(&truth, &predicted)?;
    /// let capped = LifeErrors::capped(&truth, &predicted, 125.0)?;
    /// assert!(capped.rmse < raw.rmse);
    /// println!("{capped}\n{raw}");
    /// # Ok::<(), prognos::Error>(())
    /// ```
    ///
    /// # Errors
    /// See the [module](self).
    pub fn raw(truth: &[f64], predicted: &[f64]) -> Result<Self> {
        let n = check(truth, &[("predicted", predicted)])?;
        let squares: Vec<f64> = truth.iter().zip(predicted).map(|(y, p)| (p - y) * (p - y)).collect();
        let mut resampled: Vec<f64> = (0..2_000)
            .map(|i| {
                let mut rng = Rng::stream(0, i);
                ((0..n).map(|_| squares[rng.below(n)]).sum::<f64>() / n as f64).sqrt()
            })
            .collect();
        resampled.sort_unstable_by(f64::total_cmp);
        let quantile = |p| crate::math::order::quantile_sorted(&resampled, p);
        Ok(Self {
            n,
            cap: None,
            rmse: rmse(truth, predicted)?,
            rmse_interval: (quantile(0.025), quantile(0.975)),
            mae: mae(truth, predicted)?,
            bias: bias(truth, predicted)?,
            phm08: phm08(truth, predicted)?,
            within: accuracy_window(truth, predicted, 13.0, 10.0)?,
        })
    }

    /// Errors against true lives cut to `cap` (> 0), the forecasts cut to 0..=cap: the other protocol of the literature.
    ///
    /// # Errors
    /// See the [module](self), and [`Error::Parameter`] for the cap.
    pub fn capped(truth: &[f64], predicted: &[f64], cap: f64) -> Result<Self> {
        check_positive("cap", cap)?;
        check(truth, &[("predicted", predicted)])?;
        let truth: Vec<f64> = truth.iter().map(|y| y.min(cap)).collect();
        let predicted: Vec<f64> = predicted.iter().map(|p| p.clamp(0.0, cap)).collect();
        Ok(Self { cap: Some(cap), ..Self::raw(&truth, &predicted)? })
    }
}

impl std::fmt::Display for LifeErrors {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.cap {
            Some(cap) => write!(f, "true lives capped at {cap}: ")?,
            None => write!(f, "true lives as they were: ")?,
        }
        let (low, high) = self.rmse_interval;
        write!(
            f,
            "RMSE {:.2} (95 % {low:.2} to {high:.2}), PHM08 score {:.0}, MAE {:.2}, bias {:+.2}, {:.0} % within -13..10, n = {}",
            self.rmse,
            self.phm08,
            self.mae,
            self.bias,
            100.0 * self.within,
            self.n
        )
    }
}

/// Forecasts of one unit at increasing times, up to its end of life.
#[derive(Debug, Clone, Copy)]
pub struct Path<'a> {
    times: &'a [f64],
    predicted: &'a [f64],
    end: f64,
}

impl<'a> Path<'a> {
    /// Times of the forecasts, increasing and before `end`, the end of life; the forecasts.
    ///
    /// # Errors
    /// See the [module](self); [`Error::Parameter`] when the times do not increase or reach the end.
    pub fn new(times: &'a [f64], predicted: &'a [f64], end: f64) -> Result<Self> {
        check(times, &[("predicted", predicted)])?;
        if let Some(i) = times.windows(2).position(|w| w[1] <= w[0]) {
            return Err(Error::parameter("times", times[i + 1], "must increase"));
        }
        if !(end.is_finite() && times[times.len() - 1] < end) {
            return Err(Error::parameter("end", end, "must be finite and after the last forecast"));
        }
        Ok(Self { times, predicted, end })
    }

    fn truth(&self, i: usize) -> f64 {
        self.end - self.times[i]
    }

    /// Whether each forecast lies within `alpha` times the true remaining life of it: the narrowing cone.
    ///
    /// # Errors
    /// [`Error::Parameter`] unless `alpha` lies between 0 and 1.
    pub fn alpha_lambda(&self, alpha: f64) -> Result<Vec<bool>> {
        check_fraction("alpha", alpha)?;
        let inside = |i: usize| (self.predicted[i] - self.truth(i)).abs() <= alpha * self.truth(i);
        Ok((0..self.times.len()).map(inside).collect())
    }

    /// Prognostic horizon: how long before the end forecasts entered a band of `alpha` times the life `end` around the truth,
    /// **to stay** (`persistent`), or for the first time. 0 when they never did.
    ///
    /// # Errors
    /// As [`Path::alpha_lambda`].
    pub fn horizon(&self, alpha: f64, persistent: bool) -> Result<f64> {
        check_fraction("alpha", alpha)?;
        let band = alpha * self.end;
        self.entry(persistent, |i| (self.predicted[i] - self.truth(i)).abs() <= band)
    }

    /// The horizon by the narrowing cone of [`Path::alpha_lambda`], to stay.
    ///
    /// # Errors
    /// As [`Path::alpha_lambda`].
    pub fn cone_horizon(&self, alpha: f64) -> Result<f64> {
        let inside = self.alpha_lambda(alpha)?;
        self.entry(true, |i| inside[i])
    }

    fn entry(&self, persistent: bool, inside: impl Fn(usize) -> bool) -> Result<f64> {
        let n = self.times.len();
        let first = if persistent {
            let last_outside = (0..n).rfind(|&i| !inside(i));
            last_outside.map_or(0, |i| i + 1)
        } else {
            (0..n).find(|&i| inside(i)).unwrap_or(n)
        };
        Ok(if first < n { self.truth(first) } else { 0.0 })
    }

    /// Relative accuracy of each forecast, `1 - abs(d) / truth`; 1 is best, there is no worst.
    #[must_use]
    pub fn relative_accuracy(&self) -> Vec<f64> {
        (0..self.times.len()).map(|i| 1.0 - (self.predicted[i] - self.truth(i)).abs() / self.truth(i)).collect()
    }

    /// Cumulative relative accuracy: the mean of the relative accuracies.
    #[must_use]
    pub fn cumulative_relative_accuracy(&self) -> f64 {
        lanes::mean(&self.relative_accuracy())
    }

    /// How fast the absolute error falls: distance from (first time, 0) to the centre of mass of the area under it, and that
    /// centre. Shorter is faster. NaN for one forecast or no error at all.
    #[must_use]
    pub fn convergence(&self) -> Convergence {
        let (mut area, mut x, mut y) = (0.0, 0.0, 0.0);
        for (i, pair) in self.times.windows(2).enumerate() {
            let error = (self.predicted[i] - self.truth(i)).abs();
            let step = pair[1] - pair[0];
            area += step * error;
            x += 0.5 * (pair[1] * pair[1] - pair[0] * pair[0]) * error;
            y += 0.5 * step * error * error;
        }
        let (x, y) = (x / area, y / area);
        Convergence { distance: (x - self.times[0]).hypot(y), time: x, error: y }
    }
}

/// Centre of mass of the area under the absolute error.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Convergence {
    /// Distance of the centre from the first time and no error.
    pub distance: f64,
    /// Time of the centre.
    pub time: f64,
    /// Error of the centre.
    pub error: f64,
}

/// Continuous ranked probability score of samples of a forecast: `mean abs(x - y) - mean abs(x - x') / 2`. `fair` takes
/// `m (m - 1)` instead of `m²` pairs, so that few samples are not punished (NaN for one sample).
///
/// # Errors
/// [`Error::TooFew`] without samples, [`Error::NonFinite`] for a sample or a truth that is not finite.
pub fn crps_samples(samples: &[f64], truth: f64, fair: bool) -> Result<f64> {
    if samples.is_empty() {
        return Err(Error::too_few("samples of a forecast", 1, 0));
    }
    check_finite("samples", "sample", samples)?;
    check_finite("truth", "truth", &[truth])?;
    let m = samples.len() as f64;
    let mut sorted = samples.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    let to_truth = lanes::sum_by(&sorted, |x| (x - truth).abs()) / m;
    // Sum of abs(x - x') over ordered pairs is twice the sum of (2 i - m + 1) x_i.
    let pairs: f64 =
        sorted.iter().enumerate().map(|(i, x)| (2.0 * i as f64 - m + 1.0) * (x - truth)).sum::<f64>() * 2.0;
    let spread = if fair { pairs / (m * (m - 1.0)) } else { pairs / (m * m) };
    Ok(to_truth - 0.5 * spread)
}

/// Continuous ranked probability score of a normal forecast, in closed form.
///
/// ```
/// use prognos::metrics::prognosis::crps_normal;
/// assert!((crps_normal(0.0, 1.0, 0.0)? - 0.233695).abs() < 1e-6);
/// # Ok::<(), prognos::Error>(())
/// ```
///
/// # Errors
/// [`Error::Parameter`] for a mean that is not finite or a standard deviation that is not greater than 0.
pub fn crps_normal(mean: f64, sd: f64, truth: f64) -> Result<f64> {
    let z = standardised(mean, sd, truth)?;
    let density = (-0.5 * z * z).exp() / std::f64::consts::TAU.sqrt();
    Ok(sd * (z * (2.0 * norm_cdf(z) - 1.0) + 2.0 * density - 1.0 / std::f64::consts::PI.sqrt()))
}

/// Negative log density of a normal forecast at the truth.
///
/// # Errors
/// As [`crps_normal`].
pub fn log_score_normal(mean: f64, sd: f64, truth: f64) -> Result<f64> {
    let z = standardised(mean, sd, truth)?;
    Ok(0.5 * z * z + sd.ln() + 0.5 * std::f64::consts::TAU.ln())
}

fn standardised(mean: f64, sd: f64, truth: f64) -> Result<f64> {
    check_positive("sd", sd)?;
    check_finite("forecast", "mean or truth", &[mean, truth])?;
    Ok((truth - mean) / sd)
}

/// Pinball loss of a forecast of the quantile `q` (between 0 and 1), mean over the forecasts.
///
/// # Errors
/// See the [module](self), and [`Error::Parameter`] for `q`.
pub fn pinball(truth: &[f64], predicted: &[f64], q: f64) -> Result<f64> {
    check_fraction("q", q)?;
    mean_of(truth, predicted, |y, p| if y >= p { q * (y - p) } else { (1.0 - q) * (p - y) })
}

/// Share of the truths inside their intervals, ends included (PICP).
///
/// # Errors
/// See the [module](self).
pub fn coverage(truth: &[f64], low: &[f64], high: &[f64]) -> Result<f64> {
    let n = check(truth, &[("low", low), ("high", high)])?;
    let inside = truth.iter().zip(low.iter().zip(high)).filter(|(y, (l, h))| *l <= *y && *y <= *h).count();
    Ok(inside as f64 / n as f64)
}

/// Mean width of the intervals (MPIW), and the same over the range of the truths (PINAW; infinite for one truth).
///
/// # Errors
/// See the [module](self).
pub fn widths(truth: &[f64], low: &[f64], high: &[f64]) -> Result<(f64, f64)> {
    let n = check(truth, &[("low", low), ("high", high)])?;
    let mean = lanes::sum_by2(low, high, |l, h| h - l) / n as f64;
    let (least, most) = lanes::min_max(truth);
    Ok((mean, mean / (most - least)))
}

/// Winkler's score of intervals meant to hold `1 - alpha` of the truths, for each: the width, and `2 / alpha` times the
/// distance of a truth that lies outside.
///
/// # Errors
/// See the [module](self), and [`Error::Parameter`] unless `alpha` lies between 0 and 1.
pub fn interval_scores(truth: &[f64], low: &[f64], high: &[f64], alpha: f64) -> Result<Vec<f64>> {
    check(truth, &[("low", low), ("high", high)])?;
    check_fraction("alpha", alpha)?;
    let each = |(y, (l, h)): (&f64, (&f64, &f64))| h - l + 2.0 / alpha * ((l - y).max(0.0) + (y - h).max(0.0));
    Ok(truth.iter().zip(low.iter().zip(high)).map(each).collect())
}

/// Probability integral transform by samples: share of the samples at or below the truth. Even over many forecasts when they
/// are calibrated.
///
/// # Errors
/// As [`crps_samples`].
pub fn pit(samples: &[f64], truth: f64) -> Result<f64> {
    if samples.is_empty() {
        return Err(Error::too_few("samples of a forecast", 1, 0));
    }
    check_finite("samples", "sample", samples)?;
    check_finite("truth", "truth", &[truth])?;
    Ok(samples.iter().filter(|x| **x <= truth).count() as f64 / samples.len() as f64)
}
