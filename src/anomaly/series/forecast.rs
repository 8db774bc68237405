//! Residual of a forecast: samples that a model of the healthy series did not see coming.
//!
//! **What it answers.** Is this sample what should have come after those before it (and, with covariates, beside those
//! of other channels)? Looks at nothing that comes later: fit for streams.
//!
//! **Formula.** `|x_t - f_t| / s` with `f_t` a one-step forecast and `s` the robust standard deviation (1.4826 MAD
//! around 0) of the healthy residuals, at least four units of rounding of the largest healthy sample:
//!
//! | constructor | forecast |
//! |---|---|
//! | [`autoregression`](ForecastResidual::autoregression) | `l + c + sum_k a_k (x_(t-k) - l)`, by Burg's method |
//! | [`ridge`](ForecastResidual::ridge) | the same and `sum_j b_j u_j(t)` of covariates u, by penalised least squares of standardised columns |
//! | [`exponential`](ForecastResidual::exponential) | level `l_t = l_(t-1) + a e_t` |
//! | [`holt`](ForecastResidual::holt) | level and slope `l_t = l_(t-1) + b_(t-1) + a e_t`, `b_t = b_(t-1) + a b e_t` |
//! | [`holt_winters`](ForecastResidual::holt_winters) | and season `s_t = s_(t-p) + g (1 - a) e_t`, added |
//!
//! The factors a, b, g of exponential smoothing (error-correction form of Holt 1957 and Winters 1960) make the mean
//! square of the healthy residuals smallest, in 0.001 to 0.999. Levels begin with the first samples: 1, 2 or two periods
//! of them, which are not scored. Samples without a forecast score 0.
//!
//! **Explanation.** [`forecast`](ForecastResidual::forecast).
//!
//! **Sources.** Hyndman et al. 2008, *Forecasting with Exponential Smoothing*; Hoerl & Kennard 1970 for ridge; Burg 1975.
//!
//! **Cost.** Fit O(n q) for Burg, O(n q^2 + q^3) for ridge with q columns, about 150 passes for smoothing; score O(n q).
//!
//! **When not to use it.** Faults that move slowly are followed by lags and smoothing: their residual stays small (use
//! covariates, [`SeasonalResidual`](super::SeasonalResidual) or a chart). After one wrong sample the forecasts that use
//! it are wrong too.

use super::SeriesDetector;
use super::search::minimise;
use super::windows::{check_scores, check_series};
use crate::anomaly::stream::{checked, guard};
use crate::error::{Error, Result, check_positive};
use crate::features::Rows;
use crate::learners::check_rows;
use crate::math::order::{MAD_TO_SD, mad_in_place};
use crate::math::{lanes, linalg};
use crate::signal::autoregression::{ArModel, MAX_ORDER};

#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields, rename_all = "snake_case"))]
enum Method {
    Autoregression { order: usize },
    Ridge { lags: usize, penalty: f64 },
    Exponential,
    Holt,
    HoltWinters { period: usize },
}

/// Checked settings of [`ForecastResidual`].
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
pub struct ForecastResidualValidParams {
    method: Method,
}

impl ForecastResidualValidParams {
    fn validate(&self) -> Result<()> {
        match self.method {
            Method::Autoregression { order } if !(1..=MAX_ORDER).contains(&order) => {
                Err(Error::parameter("order", order, "must be 1 to 256"))
            }
            Method::Ridge { lags, .. } if lags > MAX_ORDER => Err(Error::parameter("lags", lags, "must be 0 to 256")),
            Method::Ridge { penalty, .. } => check_positive("penalty", penalty).map(drop),
            Method::HoltWinters { period } if !(2..=1 << 20).contains(&period) => {
                Err(Error::parameter("period", period, "must be 2 to 2^20 samples"))
            }
            _ => Ok(()),
        }
    }

    /// Samples before the first forecast.
    fn before(&self) -> usize {
        match self.method {
            Method::Autoregression { order } => order,
            Method::Ridge { lags, .. } => lags,
            Method::Exponential => 1,
            Method::Holt => 2,
            Method::HoltWinters { period } => 2 * period,
        }
    }
}

/// Settings of [`ForecastResidual`]; see its constructors.
#[derive(Debug, Clone, PartialEq)]
pub struct ForecastResidualParams(ForecastResidualValidParams);

guard!(ForecastResidualParams, ForecastResidualValidParams);

impl ForecastResidualParams {
    /// Fits the forecast to a healthy stretch.
    ///
    /// # Errors
    /// [`Error::Parameter`] for a setting outside of its range, [`Error::TooFew`] for fewer than two samples more than
    /// it looks back (autoregression and ridge: twice as many as coefficients), [`Error::NonFinite`] naming a sample,
    /// [`Error::Numeric`] for a constant under autoregression, or when squares overflow.
    pub fn fit(&self, healthy: &[f64]) -> Result<ForecastResidual> {
        self.fit_inner(healthy, None)
    }

    /// Fits a ridge regression on lags and on the covariates at the same time, one row for each sample.
    ///
    /// # Errors
    /// As [`fit`](Self::fit); [`Error::Shape`] unless there are as many rows as samples, [`Error::Parameter`] for
    /// another method than ridge, which cannot take covariates, or for more than 1,024 of them.
    pub fn fit_with<'a>(&self, healthy: &[f64], covariates: impl Into<Rows<'a>>) -> Result<ForecastResidual> {
        self.fit_inner(healthy, Some(covariates.into()))
    }

    fn fit_inner(&self, healthy: &[f64], covariates: Option<Rows<'_>>) -> Result<ForecastResidual> {
        self.0.validate()?;
        let before = self.0.before();
        check_series("healthy samples", healthy, before + 2)?;
        if let Some(rows) = &covariates {
            if !matches!(self.0.method, Method::Ridge { .. }) {
                return Err(Error::parameter("covariates", rows.values.ncols(), "only a ridge regression takes them"));
            }
            if rows.values.ncols() > 1024 {
                return Err(Error::parameter("covariates", rows.values.ncols(), "must be at most 1024 columns"));
            }
            check_covariates(healthy, rows)?;
        }
        let level = lanes::mean(healthy);
        let fitted = match self.0.method {
            Method::Autoregression { order } => {
                let centred: Vec<f64> = healthy.iter().map(|v| v - level).collect();
                check_series("healthy samples", healthy, 2 * order + 1)?;
                let ar = ArModel::params().order(order).fit(&centred)?;
                Fitted::Linear {
                    level,
                    intercept: ar.intercept(),
                    lags: ar.coefficients().to_vec(),
                    names: Vec::new(),
                    covariates: Vec::new(),
                }
            }
            Method::Ridge { lags, penalty } => ridge(healthy, level, lags, penalty, covariates.as_ref())?,
            _ => self.smoothing(healthy)?,
        };
        let mut model = ForecastResidual { params: self.0.clone(), fitted, scale: 1.0 };
        let forecast = model.forecast_inner(healthy, covariates.as_ref());
        let mut residuals: Vec<f64> = healthy[before..].iter().zip(&forecast[before..]).map(|(x, f)| x - f).collect();
        if residuals.iter().any(|r| !r.is_finite()) {
            return Err(overflow());
        }
        let (low, high) = lanes::min_max(healthy);
        let least = (4.0 * f64::EPSILON * low.abs().max(high.abs())).max(f64::MIN_POSITIVE);
        let rms = (lanes::sum_squares(&residuals) / residuals.len() as f64).sqrt();
        let robust = MAD_TO_SD * mad_in_place(&mut residuals, 0.0);
        model.scale = if robust > least { robust } else { rms.max(least) };
        if model.scale.is_finite() { Ok(model) } else { Err(overflow()) }
    }

    fn smoothing(&self, healthy: &[f64]) -> Result<Fitted> {
        let before = self.0.before();
        let mut out = vec![0.0; healthy.len()];
        let out = std::cell::RefCell::new(&mut out);
        let loss = |factors: [f64; 3]| {
            let mut out = out.borrow_mut();
            smooth(self.0.method, factors, healthy, &mut out);
            lanes::sum_by2(&healthy[before..], &out[before..], |x, f| (x - f) * (x - f))
        };
        const LEVELS: [f64; 4] = [0.02, 0.1, 0.4, 0.9];
        const BOUNDS: (f64, f64) = (0.001, 0.999);
        let found = match self.0.method {
            Method::Exponential => minimise(&LEVELS, BOUNDS, |[a]| loss([a, 0.0, 0.0])).map(|[a]| [a, 0.0, 0.0]),
            Method::Holt => minimise(&LEVELS, BOUNDS, |[a, b]| loss([a, b, 0.0])).map(|[a, b]| [a, b, 0.0]),
            _ => minimise(&LEVELS, BOUNDS, loss),
        };
        found.map(|factors| Fitted::Smooth { factors }).ok_or_else(overflow)
    }
}

fn overflow() -> Error {
    Error::numeric("forecast", "the squares of the samples overflow; scale them")
}

fn check_covariates(x: &[f64], rows: &Rows<'_>) -> Result<()> {
    check_rows(rows, "covariates", 1)?;
    if rows.values.nrows() == x.len() {
        Ok(())
    } else {
        Err(Error::shape("rows of covariates, one for each sample", x.len(), rows.values.nrows()))
    }
}

/// Least squares of the samples on their lags and the covariates; columns are standardised, so that the penalty (times
/// the number of samples) means the same for all.
fn ridge(x: &[f64], level: f64, lags: usize, penalty: f64, covariates: Option<&Rows<'_>>) -> Result<Fitted> {
    let names = covariates.map(Rows::names_or_numbers).unwrap_or_default();
    let q = lags + names.len();
    if q == 0 {
        return Err(Error::parameter("lags", 0, "must be at least 1 without covariates"));
    }
    let n = x.len() - lags;
    if n < 2 * q + 1 {
        return Err(Error::too_few("healthy samples", 2 * q + 1 + lags, x.len()));
    }
    let mut columns: Vec<Vec<f64>> =
        (1..=lags).map(|k| x[lags - k..x.len() - k].iter().map(|v| v - level).collect()).collect();
    for j in 0..names.len() {
        columns.extend(covariates.map(|rows| rows.values.column(j).iter().skip(lags).copied().collect()));
    }
    let target: Vec<f64> = x[lags..].iter().map(|v| v - level).collect();
    let target_mean = lanes::mean(&target);
    let target: Vec<f64> = target.iter().map(|v| v - target_mean).collect();
    let mut centres = Vec::with_capacity(q);
    let mut scales = Vec::with_capacity(q);
    for column in &mut columns {
        let mean = lanes::mean(column);
        let sd = (lanes::sum_squared_deviations(column, mean) / n as f64).sqrt();
        if !(mean.is_finite() && sd.is_finite()) {
            return Err(overflow());
        }
        let scale = if sd > 0.0 && (1.0 / sd).is_finite() { sd } else { 1.0 };
        for v in column.iter_mut() {
            *v = (*v - mean) / scale;
        }
        centres.push(mean);
        scales.push(scale);
    }
    let mut gram = vec![0.0; q * q];
    for i in 0..q {
        for j in 0..=i {
            let product = lanes::dot(&columns[i], &columns[j]) / n as f64;
            gram[i * q + j] = product;
            gram[j * q + i] = product;
        }
        gram[i * q + i] += penalty;
    }
    let right: Vec<f64> = columns.iter().map(|c| lanes::dot(c, &target) / n as f64).collect();
    let solved = linalg::cholesky_solve(&gram, &right);
    let Some(solved) = solved else {
        return Err(Error::numeric("ridge regression", "the columns depend on each other; take a larger penalty"));
    };
    let coefficients: Vec<f64> = solved.iter().zip(&scales).map(|(b, s)| b / s).collect();
    let intercept = target_mean - coefficients.iter().zip(&centres).map(|(b, c)| b * c).sum::<f64>();
    if !intercept.is_finite() {
        return Err(overflow());
    }
    let (own, others) = coefficients.split_at(lags);
    Ok(Fitted::Linear { level, intercept, lags: own.to_vec(), names, covariates: others.to_vec() })
}

/// One-step forecasts by exponential smoothing with the factors of level, slope and season; the samples themselves
/// before the first.
fn smooth(method: Method, [a, b, g]: [f64; 3], x: &[f64], out: &mut [f64]) {
    let (mut level, mut slope, mut season, from) = match method {
        Method::HoltWinters { period } => {
            let half = |k: usize| lanes::mean(&x[k * period..(k + 1) * period]);
            let (first, second) = (half(0), half(1));
            let slope = (second - first) / period as f64;
            // Deviations from the line through the means of the first two periods.
            let middle = (period as f64 - 1.0) / 2.0;
            let line = |t: usize| first + slope * (t as f64 - middle);
            let season = (0..period).map(|i| 0.5 * ((x[i] - line(i)) + (x[i + period] - line(i + period)))).collect();
            (line(2 * period - 1), slope, season, 2 * period)
        }
        Method::Holt => (x[1], x[1] - x[0], vec![0.0], 2),
        _ => (x[0], 0.0, vec![0.0], 1),
    };
    out[..from].copy_from_slice(&x[..from]);
    let mut place = 0;
    for (x, out) in x.iter().zip(out).skip(from) {
        let s = &mut season[place];
        *out = level + slope + *s;
        let error = x - *out;
        level += slope + a * error;
        slope += a * b * error;
        *s += g * (1.0 - a) * error;
        place += 1;
        if place == season.len() {
            place = 0;
        }
    }
}

#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields, rename_all = "snake_case"))]
enum Fitted {
    Linear { level: f64, intercept: f64, lags: Vec<f64>, names: Vec<String>, covariates: Vec<f64> },
    Smooth { factors: [f64; 3] },
}

/// A one-step forecast and the size of its healthy residuals.
///
/// ```
/// use prognos::anomaly::series::{ForecastResidual, SeriesDetector};
/// let mut x: Vec<f64> = (0..600).map(|i| (f64::from(i) * 0.3).sin() + 0.01 * (f64::from(i) * 7.7).sin()).collect();
/// x[450] += 0.5;
/// for params in [ForecastResidual::autoregression(4), ForecastResidual::ridge(6, 1e-6), ForecastResidual::holt()] {
///     let model = params.fit(&x[..300])?;
///     let scores = model.score_series(&x)?;
///     let worst = (0..600).max_by(|&a, &b| scores[a].total_cmp(&scores[b])).unwrap();
///     assert!((450..455).contains(&worst));
/// }
/// # Ok::<(), prognos::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct ForecastResidual {
    params: ForecastResidualValidParams,
    fitted: Fitted,
    scale: f64,
}

impl ForecastResidual {
    fn by(method: Method) -> ForecastResidualParams {
        ForecastResidualParams(ForecastResidualValidParams { method })
    }

    /// An autoregressive model of this order, 1 to 256.
    #[must_use]
    pub fn autoregression(order: usize) -> ForecastResidualParams {
        Self::by(Method::Autoregression { order })
    }

    /// Ridge regression on this many lags, 0 to 256, and on covariates when fitted
    /// [with](ForecastResidualParams::fit_with) them. The penalty is added to the correlations of the columns: 1e-6 is
    /// nearly plain least squares, 1 halves the coefficient of a column of its own.
    #[must_use]
    pub fn ridge(lags: usize, penalty: f64) -> ForecastResidualParams {
        Self::by(Method::Ridge { lags, penalty })
    }

    /// Simple exponential smoothing: a level that moves.
    #[must_use]
    pub fn exponential() -> ForecastResidualParams {
        Self::by(Method::Exponential)
    }

    /// Holt's smoothing: level and slope.
    #[must_use]
    pub fn holt() -> ForecastResidualParams {
        Self::by(Method::Holt)
    }

    /// Holt and Winters' smoothing: level, slope and an additive season of this many samples, 2 to 2^20.
    #[must_use]
    pub fn holt_winters(period: usize) -> ForecastResidualParams {
        Self::by(Method::HoltWinters { period })
    }

    /// Robust standard deviation of the healthy residuals, in the unit of the series: a score of 1.
    #[must_use]
    pub fn scale(&self) -> f64 {
        self.scale
    }

    /// Factors of level, slope and season of exponential smoothing; `None` for the others.
    #[must_use]
    pub fn factors(&self) -> Option<[f64; 3]> {
        match self.fitted {
            Fitted::Smooth { factors } => Some(factors),
            Fitted::Linear { .. } => None,
        }
    }

    /// Forecast of every sample from those before it; the samples without one stand for themselves.
    ///
    /// # Errors
    /// As [`SeriesDetector::score_series`]; [`Error::Shape`] for a model with covariates.
    pub fn forecast(&self, x: &[f64]) -> Result<Vec<f64>> {
        self.check(x, None)?;
        check_scores(self.forecast_inner(x, None))
    }

    /// [`forecast`](Self::forecast) of a model with covariates, one row for each sample.
    ///
    /// # Errors
    /// As [`forecast`](Self::forecast); [`Error::Shape`] or [`Error::Columns`] when the covariates are not those of the
    /// fit.
    pub fn forecast_with<'a>(&self, x: &[f64], covariates: impl Into<Rows<'a>>) -> Result<Vec<f64>> {
        let rows = covariates.into();
        self.check(x, Some(&rows))?;
        check_scores(self.forecast_inner(x, Some(&rows)))
    }

    /// [`score_series`](SeriesDetector::score_series) of a model with covariates, one row for each sample.
    ///
    /// # Errors
    /// As [`forecast_with`](Self::forecast_with).
    pub fn score_with<'a>(&self, x: &[f64], covariates: impl Into<Rows<'a>>) -> Result<Vec<f64>> {
        self.scores(x, &self.forecast_with(x, covariates)?)
    }

    fn scores(&self, x: &[f64], forecast: &[f64]) -> Result<Vec<f64>> {
        check_scores(x.iter().zip(forecast).map(|(x, f)| (x - f).abs() / self.scale).collect())
    }

    fn check(&self, x: &[f64], covariates: Option<&Rows<'_>>) -> Result<()> {
        check_series("series to score", x, self.window())?;
        let names = match &self.fitted {
            Fitted::Linear { names, .. } => names.as_slice(),
            Fitted::Smooth { .. } => &[],
        };
        match covariates {
            Some(rows) => {
                rows.check_columns(names)?;
                check_covariates(x, rows)
            }
            None if names.is_empty() => Ok(()),
            None => Err(Error::shape("covariates of the forecast", names.len(), 0)),
        }
    }

    fn forecast_inner(&self, x: &[f64], covariates: Option<&Rows<'_>>) -> Vec<f64> {
        let mut out = x.to_vec();
        match &self.fitted {
            Fitted::Smooth { factors } => smooth(self.params.method, *factors, x, &mut out),
            Fitted::Linear { level, intercept, lags, covariates: others, .. } => {
                let p = lags.len();
                let centred: Vec<f64> = x.iter().map(|v| v - level).collect();
                let newest_last: Vec<f64> = lags.iter().rev().copied().collect();
                for t in p..x.len() {
                    let mut forecast = intercept + lanes::dot(&centred[t - p..t], &newest_last);
                    if let Some(rows) = covariates {
                        forecast += rows.values.row(t).iter().zip(others).map(|(u, b)| u * b).sum::<f64>();
                    }
                    out[t] = level + forecast;
                }
            }
        }
        out
    }

    #[cfg(feature = "serde")]
    fn check_state(&self) -> Result<()> {
        self.params.validate()?;
        let fits = match (&self.fitted, self.params.method) {
            (Fitted::Linear { level, intercept, lags, names, covariates }, method) => {
                let (expected, most) = match method {
                    Method::Autoregression { order } => (order, 0),
                    Method::Ridge { lags, .. } => (lags, 1024),
                    _ => (usize::MAX, 0),
                };
                lags.len() == expected
                    && names.len() == covariates.len()
                    && names.len() <= most
                    && lags.len() + names.len() > 0
                    && lags.iter().chain(covariates).chain([level, intercept]).all(|v| v.is_finite())
            }
            (Fitted::Smooth { factors }, Method::Exponential | Method::Holt | Method::HoltWinters { .. }) => {
                factors.iter().all(|f| (0.0..=1.0).contains(f))
            }
            _ => false,
        };
        if fits && self.scale.is_finite() && self.scale > 0.0 {
            Ok(())
        } else {
            Err(Error::Model { reason: "the coefficients do not fit the settings".to_owned() })
        }
    }
}

impl SeriesDetector for ForecastResidual {
    /// The samples before the first forecast, and one.
    fn window(&self) -> usize {
        self.params.before() + 1
    }

    fn score_series(&self, x: &[f64]) -> Result<Vec<f64>> {
        self.scores(x, &self.forecast(x)?)
    }

    fn expected(&self, x: &[f64], start: usize) -> Result<Option<Vec<f64>>> {
        super::windows::window_at(x, start, self.window())?;
        super::windows::check_scores(self.forecast(x)?[start..start + self.window()].to_vec()).map(Some)
    }
}

checked!(
    ForecastResidual { params: ForecastResidualValidParams, fitted: Fitted, scale: f64 },
    "forecast_residual",
    |model| match &model.fitted {
        Fitted::Linear { names, .. } => names,
        Fitted::Smooth { .. } => &[],
    }
);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::math::rng::Rng;
    use ndarray::Array2;

    #[test]
    fn coefficients_come_back() {
        let mut rng = Rng::stream(1, 1);
        let mut x = vec![0.0, 0.0];
        let u: Vec<f64> = (0..4000).map(|_| rng.normal()).collect();
        for t in 2..4000 {
            x.push(1.1 * x[t - 1] - 0.5 * x[t - 2] + 2.0 * u[t] + 0.1 * rng.normal());
        }
        for v in &mut x {
            *v += 1e6;
        }
        let rows = Array2::from_shape_vec((4000, 1), u).unwrap();
        let model = ForecastResidual::ridge(2, 1e-9).fit_with(&x, &rows).unwrap();
        let Fitted::Linear { lags, covariates, .. } = &model.fitted else { panic!() };
        assert!((lags[0] - 1.1).abs() < 5e-3 && (lags[1] + 0.5).abs() < 5e-3 && (covariates[0] - 2.0).abs() < 5e-3);
        assert!((model.scale() - 0.1).abs() < 0.01, "{}", model.scale());
        assert!(model.score_series(&x).is_err());
        assert!(model.score_with(&x, &rows).unwrap()[3000] < 6.0);
        let ar = ForecastResidual::autoregression(2).fit(&x).unwrap();
        assert!(matches!(&ar.fitted, Fitted::Linear { lags, .. } if (lags[0] - 1.1).abs() < 0.05));
    }

    #[test]
    fn smoothing_is_that_of_the_textbook() {
        // Component form with old and new values kept apart, in place of errors.
        let x: Vec<f64> = (0..60)
            .map(|i| f64::from(i) * 0.1 + [1.0, -1.0, 2.0, 0.5][i as usize % 4] + (f64::from(i * i) * 0.7).sin())
            .collect();
        let (a, b, g, p) = (0.3, 0.2, 0.4, 4);
        let mut found = vec![0.0; 60];
        smooth(Method::HoltWinters { period: p }, [a, b, g], &x, &mut found);
        let (first, second) = (x[..4].iter().sum::<f64>() / 4.0, x[4..8].iter().sum::<f64>() / 4.0);
        let mut slope = (second - first) / 4.0;
        let line = |t: usize| first + slope * (t as f64 - 1.5);
        let mut season: Vec<f64> = (0..4).map(|i| (x[i] - line(i) + x[i + 4] - line(i + 4)) / 2.0).collect();
        let mut level = line(7);
        for t in 8..60 {
            let s = season[t - 8];
            assert!((found[t] - (level + slope + s)).abs() < 1e-12, "{t}");
            let new = a * (x[t] - s) + (1.0 - a) * (level + slope);
            season.push(g * (x[t] - level - slope) + (1.0 - g) * s - g * (new - level - slope));
            slope = b * (new - level) + (1.0 - b) * slope;
            level = new;
        }
    }

    #[test]
    fn a_series_that_is_foreseen_has_no_scores() {
        let x: Vec<f64> =
            (0..80).map(|i| 3.0 + 0.5 * f64::from(i) + [0.0, 1.0, -1.0, 2.0, -2.0][i as usize % 5]).collect();
        let model = ForecastResidual::holt_winters(5).fit(&x).unwrap();
        let mut broken = x.clone();
        broken[60] += 1.0;
        let scores = model.score_series(&broken).unwrap();
        assert!(scores[..60].iter().all(|s| *s < 10.0) && scores[60] > 1e9);
    }
}
