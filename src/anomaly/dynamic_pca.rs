//! Principal component monitoring of rows in time.
//!
//! **What it answers.** Sensors of a healthy machine follow each other with delays. Does this row fit the rows before it? A
//! static monitor sees each row alone; here the last rows stand beside it as further columns.
//!
//! **Formula.** With lags l, row t becomes `[x_t, x_{t-1}, ..., x_{t-l}]`, and a [`PcaMonitor`] is fitted on these. Its two
//! statistics are combined,
//!
//! ```text
//! phi = T2 / tau² + SPE / delta²        score = phi / limit of phi
//! ```
//!
//! with `tau²` and `delta²` the limits of T2 and SPE, and the limit of phi that of `g chi²(h)`,
//! `g = tr((S F)²) / tr(S F)`, `h = tr(S F)² / tr((S F)²)`, for phi as the quadratic form F of rows with covariance S. Above 1
//! is an alarm at the rate `alpha`. Unlike the larger of two charts, phi also sees a row that is moderately high on both.
//!
//! **Attribution.** The complete decomposition of T2 and the squared residuals of SPE, weighted as in phi: the contributions,
//! one for every column and lag, add up to the **score**. [`DynamicPca::by_sensor`] adds them up over the lags.
//!
//! **Doors.** A row of time t needs the l rows before it. [`DynamicPca::score_in_time`] and [`DynamicPca::lagged`] take rows in
//! the order of time, and begin with row l; [`DynamicPca::tracker`] takes them one by one. As a [`Detector`] the model reads
//! rows that are already lagged, under names such as `flow` and `flow@-2`, so that every row stands for itself.
//!
//! **Sources.** Ku, Storer & Georgakis 1995; Yue & Qin 2001 for phi.
//!
//! **Cost.** As [`PcaMonitor`] with d (l + 1) columns.
//!
//! **When not to use it.** Rows that are not evenly spaced in time, or with gaps (score the pieces between them one by one);
//! slow features, where one row already says all.

use super::pca::chi_squared_upper;
use super::{Attribution, Detector, PcaMonitor, SpeLimit, T2Contribution, T2Limit, check_input, check_scores};
use crate::error::{Error, Result, check_fraction};
use crate::features::{FeatureMatrix, Rows};
use crate::learners::{Scaling, check_rows};
use linfa::ParamGuard;
use ndarray::{Array1, Array2, ArrayView1, Axis};

/// Checked settings of a [`DynamicPca`].
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
pub struct DynamicPcaValidParams {
    lags: usize,
    explained: f64,
    alpha: f64,
    scaling: Scaling,
}

/// Settings of a [`DynamicPca`]; see [`DynamicPca::params`].
#[derive(Debug, Clone, PartialEq)]
pub struct DynamicPcaParams(DynamicPcaValidParams);

impl DynamicPcaParams {
    /// Rows before each row that stand beside it, at most 1000. Default 2, as in most of the examples of Ku et al.
    #[must_use]
    pub fn lags(mut self, lags: usize) -> Self {
        self.0.lags = lags;
        self
    }

    /// Retains the fewest components that explain this fraction of the variance. Default 0.95.
    #[must_use]
    pub fn explained(mut self, fraction: f64) -> Self {
        self.0.explained = fraction;
        self
    }

    /// False alarm rate of the limits. Default 0.01.
    #[must_use]
    pub fn alpha(mut self, alpha: f64) -> Self {
        self.0.alpha = alpha;
        self
    }

    /// How columns are scaled. Default [`Scaling::Standard`], because sensors have units of their own.
    #[must_use]
    pub fn scaling(mut self, scaling: Scaling) -> Self {
        self.0.scaling = scaling;
        self
    }

    /// Fits the monitor on healthy rows in the order of time.
    ///
    /// # Errors
    /// [`Error::Parameter`] for a setting out of its range; [`Error::TooFew`] with fewer than `lags` + 3 rows;
    /// [`Error::NonFinite`] naming a cell; [`Error::Numeric`] when no column moves or squares overflow.
    pub fn fit<'a>(&self, rows: impl Into<Rows<'a>>) -> Result<DynamicPca> {
        self.check_ref()?.fit_rows(rows.into())
    }
}

impl DynamicPcaValidParams {
    fn check_settings(&self) -> Result<()> {
        if self.lags > 1000 {
            return Err(Error::parameter("lags", self.lags, "must be at most 1000"));
        }
        check_fraction("alpha", self.alpha)?;
        if self.explained > 0.0 && self.explained <= 1.0 {
            Ok(())
        } else {
            Err(Error::parameter("explained", self.explained, "must be greater than 0 and at most 1"))
        }
    }

    fn fit_rows(&self, rows: Rows<'_>) -> Result<DynamicPca> {
        check_rows(&rows, "rows to fit a dynamic PCA", self.lags + 3)?;
        let lagged = lag(&rows, self.lags)?;
        let params = PcaMonitor::params().explained(self.explained).alpha(self.alpha).scaling(self.scaling);
        DynamicPca::new(self.clone(), rows.names_or_numbers(), params.fit(&lagged)?)
    }
}

row_model!(DynamicPcaParams, DynamicPcaValidParams, DynamicPca, "dynamic_pca");

/// `name@-2` for a column two rows ago.
fn lagged_names(names: &[String], lags: usize) -> Vec<String> {
    let name = |lag: usize, name: &String| if lag == 0 { name.clone() } else { format!("{name}@-{lag}") };
    (0..=lags).flat_map(|lag| names.iter().map(move |n| name(lag, n))).collect()
}

/// Every row that has `lags` rows before it, with those beside it.
fn lag(rows: &Rows<'_>, lags: usize) -> Result<FeatureMatrix> {
    let (n, d) = rows.values.dim();
    let count = n.saturating_sub(lags);
    let width = d.checked_mul(lags + 1).filter(|w| w.checked_mul(count).is_some_and(|c| c < usize::MAX / 16));
    let width = width.ok_or_else(|| Error::parameter("lags", lags, "too many for these rows"))?;
    let values = Array2::from_shape_fn((count, width), |(i, c)| rows.values[[i + lags - c / d, c % d]]);
    FeatureMatrix::new(lagged_names(&rows.names_or_numbers(), lags), values)
}

/// A fitted monitor of rows in time.
///
/// ```
/// use prognos::anomaly::DynamicPca;
/// use ndarray::Array2;
/// // The second sensor follows the first, two rows later.
/// let drive = |t: f64| (t * 0.9).sin() + (t * 0.37).cos();
/// let healthy = Array2::from_shape_fn((400, 2), |(t, j)| {
///     drive(t as f64 - 2.0 * j as f64) + 0.05 * ((t * (j + 3)) as f64 * 1.7).sin()
/// });
/// let model = DynamicPca::params().lags(2).fit(&healthy)?;
/// // From row 200 on it answers one row early: in no row alone is that unusual.
/// let mut late = healthy.clone();
/// for t in 200..250 {
///     late[[t, 1]] = healthy[[t + 1, 1]];
/// }
/// let scores = model.score_in_time(&late)?; // begins with row 2
/// assert_eq!(scores.len(), 398);
/// let alarms = |rows: std::ops::Range<usize>| rows.filter(|t| scores[t - 2] > 1.0).count();
/// assert!(alarms(2..200) < 8 && alarms(202..250) > 25);
/// # Ok::<(), prognos::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(try_from = "Raw", into = "Raw"))]
pub struct DynamicPca {
    params: DynamicPcaValidParams,
    sensors: Vec<String>,
    monitor: PcaMonitor,
    /// One over the limits of T2 and SPE, times one over the limit of phi.
    t2_weight: f64,
    spe_weight: f64,
}

impl DynamicPca {
    /// Default settings: 2 lags, 95 % of the variance, alpha 0.01, columns standardised.
    #[must_use]
    pub fn params() -> DynamicPcaParams {
        DynamicPcaParams(DynamicPcaValidParams { lags: 2, explained: 0.95, alpha: 0.01, scaling: Scaling::Standard })
    }

    fn new(params: DynamicPcaValidParams, sensors: Vec<String>, monitor: PcaMonitor) -> Result<Self> {
        let tau = monitor.t2_limit(T2Limit::F, params.alpha)?;
        let k = monitor.n_components() as f64;
        let ([theta1, theta2, _], _) = monitor.theta();
        let residual = monitor.n_components() < monitor.eigenvalues().len();
        let (first, second, delta) = if residual {
            let delta = monitor.spe_limit(SpeLimit::BoxTheory, params.alpha)?;
            (k / tau + theta1 / delta, k / tau / tau + theta2 / delta / delta, delta)
        } else {
            (k / tau, k / tau / tau, f64::INFINITY)
        };
        let limit = second / first * chi_squared_upper(first * first / second, params.alpha)?;
        let (t2_weight, spe_weight) = (1.0 / tau / limit, 1.0 / delta / limit);
        if t2_weight.is_finite() && t2_weight > 0.0 && spe_weight.is_finite() {
            Ok(Self { params, sensors, monitor, t2_weight, spe_weight })
        } else {
            Err(Error::numeric("dynamic PCA", "a control limit is not a positive number"))
        }
    }

    /// Names of the lagged columns: `flow`, then `flow@-1` one row ago, and so on.
    #[must_use]
    pub fn feature_names(&self) -> &[String] {
        self.monitor.feature_names()
    }

    /// Names of the columns it was fitted on, without lags.
    #[must_use]
    pub fn sensor_names(&self) -> &[String] {
        &self.sensors
    }

    /// Rows before a row that its score needs.
    #[must_use]
    pub fn lags(&self) -> usize {
        self.params.lags
    }

    /// The monitor of the lagged columns.
    #[must_use]
    pub fn monitor(&self) -> &PcaMonitor {
        &self.monitor
    }

    /// Rows in the order of time, each with the rows before it: row i is that of time i + `lags`. Empty when there are not
    /// more than `lags` rows.
    ///
    /// # Errors
    /// [`Error::Shape`] or [`Error::Columns`] when the columns are not those of the fit, [`Error::NonFinite`].
    pub fn lagged<'a>(&self, rows: impl Into<Rows<'a>>) -> Result<FeatureMatrix> {
        let rows = rows.into();
        check_input(&rows, &self.sensors)?;
        // Names of the fit: those of the rows may be mere numbers.
        FeatureMatrix::new(self.feature_names().to_vec(), lag(&rows, self.params.lags)?.into_values())
    }

    /// Scores of rows in the order of time: score i is that of row i + `lags`, the first row with a full history.
    ///
    /// # Errors
    /// As [`DynamicPca::lagged`] and [`Detector::score_rows`].
    pub fn score_in_time<'a>(&self, rows: impl Into<Rows<'a>>) -> Result<Array1<f64>> {
        self.score_rows((&self.lagged(rows)?).into())
    }

    /// Contributions of the sensors, those of all their lags together.
    ///
    /// # Errors
    /// [`Error::Shape`] when it is not an attribution of this model.
    pub fn by_sensor(&self, why: &Attribution) -> Result<Attribution> {
        let (d, all) = (self.sensors.len(), why.contributions());
        if all.len() != self.feature_names().len() {
            return Err(Error::shape("lagged columns of an attribution", self.feature_names().len(), all.len()));
        }
        let parts = (0..d).map(|j| all.iter().skip(j).step_by(d).sum()).collect();
        Attribution::new(self.sensors.clone(), parts, why.score())
    }

    /// Takes rows one by one; see [`DynamicPcaTracker`].
    #[must_use]
    pub fn tracker(&self) -> DynamicPcaTracker<'_> {
        DynamicPcaTracker { model: self, lagged: Vec::new() }
    }
}

/// Rows of a running machine, one after the other.
///
/// ```
/// use prognos::anomaly::DynamicPca;
/// use ndarray::Array2;
/// let rows = Array2::from_shape_fn((60, 2), |(t, j)| ((t * (j + 2)) as f64 * 0.37).sin());
/// let model = DynamicPca::params().lags(1).fit(&rows)?;
/// let mut tracker = model.tracker();
/// assert_eq!(tracker.update(&rows.row(0).to_vec())?, None); // no history yet
/// assert_eq!(tracker.update(&rows.row(1).to_vec())?, Some(model.score_in_time(&rows)?[0]));
/// # Ok::<(), prognos::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct DynamicPcaTracker<'a> {
    model: &'a DynamicPca,
    /// The latest row first.
    lagged: Vec<f64>,
}

impl DynamicPcaTracker<'_> {
    /// The next row; its score as soon as there is a full history. The same bits as in a batch.
    ///
    /// # Errors
    /// As [`Detector::score_rows`]. A row that is refused is forgotten, and with it the history: the rows after it are not
    /// next to those before it.
    pub fn update(&mut self, row: &[f64]) -> Result<Option<f64>> {
        let checked = check_input(&Rows::from(ArrayView1::from(row).insert_axis(Axis(0))), &self.model.sensors);
        if let Err(error) = checked {
            self.lagged.clear();
            return Err(error);
        }
        let width = self.model.feature_names().len();
        self.lagged.splice(0..0, row.iter().copied());
        self.lagged.truncate(width);
        if self.lagged.len() < width { Ok(None) } else { self.model.score_row(&self.lagged).map(Some) }
    }

    /// Forgets the history, as after a gap.
    pub fn reset(&mut self) {
        self.lagged.clear();
    }
}

impl Detector for DynamicPca {
    fn feature_names(&self) -> &[String] {
        self.monitor.feature_names()
    }

    fn score_rows(&self, rows: Rows<'_>) -> Result<Array1<f64>> {
        let (mut scores, spe) = (self.monitor.t2(rows)?, self.monitor.spe(rows)?);
        for (score, spe) in scores.iter_mut().zip(&spe) {
            *score = *score * self.t2_weight + spe * self.spe_weight;
        }
        check_scores("dynamic PCA", scores.as_slice().unwrap_or(&[]))?;
        Ok(scores)
    }

    /// Contributions of every column and lag that add up to the score; see the module.
    fn explain(&self, row: ArrayView1<'_, f64>) -> Result<Attribution> {
        let score = self.score_rows(Rows::from(row.insert_axis(Axis(0))))?[0];
        let mut parts: Vec<f64> = self
            .monitor
            .t2_contributions(row, T2Contribution::Complete)?
            .contributions()
            .iter()
            .map(|c| c * self.t2_weight)
            .collect();
        for (part, c) in parts.iter_mut().zip(self.monitor.spe_contributions(row)?.contributions()) {
            *part += c * self.spe_weight;
        }
        Attribution::new(self.feature_names().to_vec(), parts, score)
    }
}

/// What a file says; checked before it becomes a [`DynamicPca`].
#[cfg(feature = "serde")]
#[derive(serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    params: DynamicPcaValidParams,
    sensors: Vec<String>,
    monitor: PcaMonitor,
}

#[cfg(feature = "serde")]
impl From<DynamicPca> for Raw {
    fn from(m: DynamicPca) -> Self {
        Self { params: m.params, sensors: m.sensors, monitor: m.monitor }
    }
}

#[cfg(feature = "serde")]
impl TryFrom<Raw> for DynamicPca {
    type Error = Error;
    fn try_from(raw: Raw) -> Result<Self> {
        let refuse = |reason: &str| Err(Error::Model { reason: format!("dynamic PCA: {reason}") });
        let params = DynamicPcaParams(raw.params).check()?;
        let width = raw.sensors.len().checked_mul(params.lags + 1);
        if raw.sensors.is_empty() || width != Some(raw.monitor.feature_names().len()) {
            return refuse("the monitor does not have every sensor at every lag");
        }
        if raw.monitor.feature_names() != lagged_names(&raw.sensors, params.lags).as_slice()
            || raw.monitor.scaler().scaling() != params.scaling
        {
            return refuse("names or scaling of the monitor are not those of the settings");
        }
        Self::new(params, raw.sensors, raw.monitor).map_err(|e| Error::Model { reason: e.to_string() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(n: usize) -> Array2<f64> {
        Array2::from_shape_fn((n, 3), |(t, j)| {
            (t as f64 * 0.31 + j as f64).sin() + 0.3 * ((t * (j + 2)) as f64 * 1.7).sin()
        })
    }

    #[test]
    fn without_lags_it_is_the_static_monitor() {
        let x = rows(200);
        let model = DynamicPca::params().lags(0).fit(&x).unwrap();
        let monitor = PcaMonitor::params().fit(&x).unwrap();
        assert_eq!(model.monitor(), &monitor);
        let (tau, delta) = (monitor.t2_limit(T2Limit::F, 0.01).unwrap(), monitor.spe_limit(SpeLimit::BoxTheory, 0.01));
        let phi = |i: usize| {
            let spe = delta.as_ref().map_or(0.0, |d| monitor.spe(&x).unwrap()[i] / d);
            monitor.t2(&x).unwrap()[i] / tau + spe
        };
        let scores = model.score_in_time(&x).unwrap();
        let ratio = phi(0) / scores[0];
        assert!((0..200).all(|i| (phi(i) / scores[i] / ratio - 1.0).abs() < 1e-12));
    }

    #[test]
    fn a_stream_is_the_batch() {
        let x = rows(60);
        let model = DynamicPca::params().lags(3).fit(&x).unwrap();
        let scores = model.score_in_time(&x).unwrap();
        let mut tracker = model.tracker();
        for (t, row) in x.rows().into_iter().enumerate() {
            let score = tracker.update(&row.to_vec()).unwrap();
            assert_eq!(score, t.checked_sub(3).map(|i| scores[i]));
        }
        assert!(tracker.update(&[f64::NAN, 0.0, 0.0]).is_err());
        assert_eq!(tracker.update(&[0.0, 0.0, 0.0]).unwrap(), None);
        assert!(model.score_in_time(&rows(3)).unwrap().is_empty());
        assert!(model.score_in_time(&rows(0)).unwrap().is_empty());
    }

    #[test]
    fn sensors_add_up_over_lags() {
        let x = rows(80);
        let model = DynamicPca::params().lags(2).fit(&x).unwrap();
        let lagged = model.lagged(&x).unwrap();
        assert_eq!(lagged.names()[4], "1@-1");
        assert_eq!(lagged.view()[[0, 4]].to_bits(), x[[1, 1]].to_bits());
        let why = model.explain_row(&lagged, 5).unwrap();
        let sensors = model.by_sensor(&why).unwrap();
        assert_eq!(sensors.names().len(), 3);
        assert!((sensors.total() - why.score()).abs() < 1e-12 * why.score());
    }

    #[test]
    fn settings_are_checked() {
        let x = rows(30);
        for bad in [
            DynamicPca::params().lags(1001),
            DynamicPca::params().lags(28),
            DynamicPca::params().explained(0.0),
            DynamicPca::params().alpha(1.0),
        ] {
            assert!(bad.fit(&x).is_err(), "{bad:?}");
        }
    }
}
