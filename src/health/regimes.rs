//! Operating regimes: the same machine under other loads.
//!
//! **What it answers.** A sensor reads something else at another speed or altitude, and wear hides behind the switching.
//! Rows are grouped by their settings; within each regime every sensor is brought to mean 0 and standard deviation 1 of
//! the training rows. What is left is condition, not load.
//!
//! **Which regimes.** Given by the user ([`RegimeParams::centres`]), a given number ([`RegimeParams::clusters`]), or found:
//! the least number of clusters, up to 12, that explains 99.9 % of the variance of the standardised settings; one regime
//! when none does, since settings that merely scatter are not regimes. Clusters by k-means from the farthest-first start
//! (Gonzalez 1985), which is right for tight groups and has no seed.
//!
//! **Sensors that say nothing** are left out and named ([`OperatingRegimes::silent`]): those that are constant in more
//! than half of the regimes. A sensor that is constant in fewer has scale 1 there.
//!
//! **Cost.** Fit O(rows x settings x clusters x iterations); a row O(clusters x settings + sensors).
//!
//! **When not to use it.** Settings that vary continuously: regress the sensors on them instead.

use crate::error::{Error, Result};
use crate::features::{FeatureMatrix, Rows};
use crate::math::lanes;
use linfa::ParamGuard;
use linfa::dataset::DatasetBase;
use linfa::traits::Fit;
use ndarray::{Array2, ArrayBase, ArrayView1, ArrayView2, Data, Ix2};

/// Most regimes looked for.
const MOST: usize = 12;

/// Share of the variance of the settings that clusters must explain to be regimes.
const EXPLAINED: f64 = 0.999;

/// Spread relative to size below which a sensor is constant.
const CONSTANT: f64 = 1e-6;

/// Where the regimes come from.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
enum Source {
    Found,
    Clusters(usize),
    Centres(Vec<Vec<f64>>),
}

/// Checked settings of [`OperatingRegimes`].
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
pub struct RegimeValidParams {
    settings: Vec<String>,
    source: Source,
}

/// Settings of [`OperatingRegimes`].
#[derive(Debug, Clone, PartialEq)]
pub struct RegimeParams(RegimeValidParams);

impl RegimeParams {
    /// A given number of regimes, 1 to 255.
    #[must_use]
    pub fn clusters(mut self, clusters: usize) -> Self {
        self.0.source = Source::Clusters(clusters);
        self
    }

    /// Regimes around given settings, one row a regime, in the units of the settings.
    #[must_use]
    pub fn centres(mut self, centres: ArrayView2<'_, f64>) -> Self {
        self.0.source = Source::Centres(centres.rows().into_iter().map(|r| r.to_vec()).collect());
        self
    }

    /// Finds the regimes and the scales of all other columns within them.
    ///
    /// # Errors
    /// [`Error::Parameter`] when a setting is not among the columns, or for a number of clusters out of its range;
    /// [`Error::Shape`] for centres of another width; [`Error::TooFew`] with fewer than 2 rows or when no sensor is left;
    /// [`Error::NonFinite`] naming a cell.
    pub fn fit<'a>(&self, rows: impl Into<Rows<'a>>) -> Result<OperatingRegimes> {
        self.check_ref()?.fit_rows(rows.into())
    }
}

impl ParamGuard for RegimeParams {
    type Checked = RegimeValidParams;
    type Error = Error;

    fn check_ref(&self) -> Result<&RegimeValidParams> {
        match &self.0.source {
            Source::Clusters(k) if !(1..=255).contains(k) => Err(Error::parameter("clusters", k, "must be 1 to 255")),
            Source::Clusters(k) if *k > 1 && self.0.settings.is_empty() => {
                Err(Error::parameter("settings", "none", "clusters need at least one setting"))
            }
            Source::Centres(c) if c.is_empty() || c.len() > 255 => {
                Err(Error::parameter("centres", c.len(), "must be 1 to 255 rows"))
            }
            Source::Centres(c) => match c.iter().find(|row| row.len() != self.0.settings.len()) {
                Some(row) => Err(Error::shape("settings of a centre", self.0.settings.len(), row.len())),
                None if c.iter().flatten().all(|v| v.is_finite()) => Ok(&self.0),
                None => Err(Error::parameter("centres", "not finite", "must be finite")),
            },
            _ => Ok(&self.0),
        }
    }

    fn check(self) -> Result<RegimeValidParams> {
        self.check_ref()?;
        Ok(self.0)
    }
}

impl<D: Data<Elem = f64>, T> Fit<ArrayBase<D, Ix2>, T, Error> for RegimeValidParams {
    type Object = OperatingRegimes;
    fn fit(&self, dataset: &DatasetBase<ArrayBase<D, Ix2>, T>) -> Result<OperatingRegimes> {
        self.fit_rows(dataset.into())
    }
}

impl RegimeValidParams {
    fn fit_rows(&self, rows: Rows<'_>) -> Result<OperatingRegimes> {
        rows.check_finite("rows to find operating regimes", 2)?;
        let names = rows.names_or_numbers();
        let mut settings = Vec::with_capacity(self.settings.len());
        for name in &self.settings {
            match names.iter().position(|n| n == name) {
                Some(j) => settings.push(j),
                None => return Err(Error::parameter("settings", name, "is not a column of the rows")),
            }
        }
        let sensors: Vec<usize> = (0..names.len()).filter(|j| !settings.contains(j)).collect();
        let x = rows.values;
        let n = x.nrows();
        // Settings are standardised, a constant one to 0.
        let scale: Vec<(f64, f64)> = settings
            .iter()
            .map(|&j| {
                let column = x.column(j).to_vec();
                let mean = lanes::mean(&column);
                let sd = (lanes::sum_squared_deviations(&column, mean) / n as f64).sqrt();
                (mean, if sd > CONSTANT * 1e-6 * mean.abs() && sd > 0.0 { sd } else { f64::INFINITY })
            })
            .collect();
        let standard =
            |values: &[f64]| -> Vec<f64> { values.iter().zip(&scale).map(|(v, (mean, sd))| (v - mean) / sd).collect() };
        let points: Vec<Vec<f64>> =
            x.rows().into_iter().map(|row| standard(&settings.iter().map(|&j| row[j]).collect::<Vec<_>>())).collect();
        if !points.iter().flatten().all(|v| v.is_finite()) {
            return Err(Error::numeric("operating regimes", "the settings overflow; scale them"));
        }
        let centres = match &self.source {
            Source::Centres(given) => given.iter().map(|c| standard(c)).collect(),
            Source::Clusters(k) => cluster(&points, *k).0,
            Source::Found => found(&points),
        };
        let regime: Vec<usize> = points.iter().map(|p| nearest(&centres, p).0).collect();
        let mut members: Vec<Vec<usize>> = vec![Vec::new(); centres.len()];
        regime.iter().enumerate().for_each(|(i, &r)| members[r].push(i));
        let known = members.iter().filter(|m| m.len() > 1).count();
        let (mut kept, mut silent, mut scales) = (Vec::new(), Vec::new(), vec![Vec::new(); centres.len()]);
        for &j in &sensors {
            let whole = lanes::mean(&x.column(j).to_vec());
            let of_regime: Vec<(f64, f64, bool)> = members
                .iter()
                .map(|rows| {
                    let values: Vec<f64> = rows.iter().map(|&i| x[[i, j]]).collect();
                    if values.is_empty() {
                        return (whole, 1.0, false);
                    }
                    let mean = lanes::mean(&values);
                    let sd = (lanes::sum_squared_deviations(&values, mean) / values.len() as f64).sqrt();
                    let moves = sd > CONSTANT * mean.abs().max(1e-300);
                    (mean, if moves { sd } else { 1.0 }, moves)
                })
                .collect();
            if !of_regime.iter().all(|(mean, sd, _)| mean.is_finite() && sd.is_finite()) {
                return Err(Error::numeric("operating regimes", format!("column `{}` overflows; scale it", names[j])));
            }
            if 2 * of_regime.iter().filter(|m| m.2).count() >= known.max(1) {
                kept.push(j);
                for (scales, (mean, sd, _)) in scales.iter_mut().zip(of_regime) {
                    scales.push((mean, sd));
                }
            } else {
                silent.push(names[j].clone());
            }
        }
        if kept.is_empty() {
            return Err(Error::too_few("sensors that move within a regime", 1, 0));
        }
        let sensors = kept.iter().map(|&j| names[j].clone()).collect();
        Ok(OperatingRegimes {
            names,
            settings: settings.into_iter().zip(scale).map(|(j, (mean, sd))| (j, mean, sd.min(f64::MAX))).collect(),
            centres,
            kept,
            sensors,
            silent,
            scales,
        })
    }
}

/// The least number of clusters that explains the settings; their centres.
fn found(points: &[Vec<f64>]) -> Vec<Vec<f64>> {
    let one = cluster(points, 1);
    if one.1 <= 0.0 {
        return one.0;
    }
    for k in 2..=MOST {
        let several = cluster(points, k);
        if several.1 < (1.0 - EXPLAINED) * one.1 {
            return several.0;
        }
    }
    one.0
}

/// Centres of at most `k` clusters, and the sum of squared distances to them.
fn cluster(points: &[Vec<f64>], k: usize) -> (Vec<Vec<f64>>, f64) {
    let width = points.first().map_or(0, Vec::len);
    let mean = |rows: &[usize]| -> Vec<f64> {
        (0..width).map(|j| rows.iter().map(|&i| points[i][j]).sum::<f64>() / rows.len() as f64).collect()
    };
    let all: Vec<usize> = (0..points.len()).collect();
    // Farthest first, from the point farthest from the mean.
    let mut centres = vec![mean(&all)];
    if k > 1 {
        let mut away: Vec<f64> = points.iter().map(|p| squared(p, &centres[0])).collect();
        centres.clear();
        while centres.len() < k {
            let (far, distance) =
                away.iter().enumerate().fold((0, -1.0), |best, (i, d)| if *d > best.1 { (i, *d) } else { best });
            if distance <= 0.0 {
                break;
            }
            centres.push(points[far].clone());
            let first = centres.len() == 1;
            for (a, p) in away.iter_mut().zip(points) {
                let d = squared(p, &points[far]);
                *a = if first { d } else { a.min(d) };
            }
        }
        if centres.is_empty() {
            centres.push(mean(&all));
        }
    }
    let mut total = f64::INFINITY;
    for _ in 0..50 {
        let mut members: Vec<Vec<usize>> = vec![Vec::new(); centres.len()];
        let mut sum = 0.0;
        for (i, p) in points.iter().enumerate() {
            let (nearest, distance) = nearest(&centres, p);
            members[nearest].push(i);
            sum += distance;
        }
        for (centre, rows) in centres.iter_mut().zip(&members) {
            if !rows.is_empty() {
                *centre = mean(rows);
            }
        }
        if sum >= total {
            break;
        }
        total = sum;
    }
    (centres, total)
}

fn squared(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(x, y)| (x - y) * (x - y)).sum()
}

/// The nearest centre, the first of several equally near, and its squared distance.
fn nearest(centres: &[Vec<f64>], p: &[f64]) -> (usize, f64) {
    centres
        .iter()
        .enumerate()
        .map(|(k, c)| (k, squared(p, c)))
        .fold((0, f64::INFINITY), |best, next| if next.1 < best.1 { next } else { best })
}

/// Regimes, and the scales of the sensors in each.
///
/// ```
/// use prognos::features::FeatureMatrix;
/// use prognos::health::OperatingRegimes;
/// use ndarray::Array2;
/// // Two speeds; a temperature that follows the speed and, little by little, the wear.
/// let rows = Array2::from_shape_fn((200, 3), |(i, j)| {
///     let speed = if i % 3 == 0 { 1500.0 } else { 3000.0 };
///     match j {
///         0 => speed + (i as f64 * 0.7).sin(),
///         1 => speed / 50.0 + i as f64 * 0.01,
///         _ => 7.0,
///     }
/// });
/// let rows = FeatureMatrix::new(vec!["speed".into(), "temperature".into(), "unused".into()], rows)?;
/// let regimes = OperatingRegimes::params(&["speed"]).fit(&rows)?;
/// assert_eq!(regimes.count(), 2);
/// assert_eq!(regimes.silent(), ["unused"]);
/// let condition = regimes.transform(&rows)?;
/// // What was hidden behind the speed: a steady rise, without the jumps of 30 degrees.
/// let wear = condition.column("temperature")?.to_vec();
/// assert!(wear[199] - wear[0] > 3.0);
/// assert!(wear.windows(2).all(|w| (w[1] - w[0]).abs() < 0.1));
/// # Ok::<(), prognos::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(try_from = "Raw", into = "Raw"))]
pub struct OperatingRegimes {
    names: Vec<String>,
    /// Column, mean and standard deviation of every setting.
    settings: Vec<(usize, f64, f64)>,
    /// Standardised.
    centres: Vec<Vec<f64>>,
    kept: Vec<usize>,
    sensors: Vec<String>,
    silent: Vec<String>,
    /// Mean and standard deviation of every kept sensor, by regime.
    scales: Vec<Vec<(f64, f64)>>,
}

impl OperatingRegimes {
    /// Regimes by these columns, the settings of the machine; found by clustering unless said otherwise. Without settings
    /// there is one regime.
    #[must_use]
    pub fn params(settings: &[impl AsRef<str>]) -> RegimeParams {
        let settings = settings.iter().map(|s| s.as_ref().to_owned()).collect();
        RegimeParams(RegimeValidParams { settings, source: Source::Found })
    }

    /// Names of the columns it was fitted on, settings included.
    #[must_use]
    pub fn feature_names(&self) -> &[String] {
        &self.names
    }

    /// Number of regimes.
    #[must_use]
    pub fn count(&self) -> usize {
        self.centres.len()
    }

    /// Names of the sensors that are kept.
    #[must_use]
    pub fn sensors(&self) -> &[String] {
        &self.sensors
    }

    /// Names of the sensors that do not move within most regimes.
    #[must_use]
    pub fn silent(&self) -> &[String] {
        &self.silent
    }

    /// Settings in the middle of regime `k`, in their units; empty when there is no such regime.
    #[must_use]
    pub fn centre(&self, k: usize) -> Vec<f64> {
        let centre = self.centres.get(k).map_or(&[][..], Vec::as_slice);
        centre
            .iter()
            .zip(&self.settings)
            .map(|(z, (_, mean, sd))| if *sd < f64::MAX { mean + z * sd } else { *mean })
            .collect()
    }

    fn regime(&self, row: ArrayView1<'_, f64>) -> usize {
        let mut best = (0, f64::INFINITY);
        for (k, centre) in self.centres.iter().enumerate() {
            let parts = self.settings.iter().zip(centre);
            let distance: f64 = parts.map(|((j, mean, sd), c)| ((row[*j] - mean) / sd - c).powi(2)).sum();
            if distance < best.1 {
                best = (k, distance);
            }
        }
        best.0
    }

    /// Regime of every row, 0 to [`OperatingRegimes::count`] - 1: the nearest.
    ///
    /// # Errors
    /// [`Error::Shape`] or [`Error::Columns`] when the columns are not those of the fit, [`Error::NonFinite`] naming a cell.
    pub fn assign<'a>(&self, rows: impl Into<Rows<'a>>) -> Result<Vec<usize>> {
        let rows = rows.into();
        rows.check_columns(&self.names)?;
        rows.check_finite("rows of an operating regime", 0)?;
        Ok(rows.values.rows().into_iter().map(|row| self.regime(row)).collect())
    }

    /// The kept sensors of every row, in standard deviations from the mean of their regime.
    ///
    /// # Errors
    /// As [`OperatingRegimes::assign`], and [`Error::Numeric`] when a value overflows.
    pub fn transform<'a>(&self, rows: impl Into<Rows<'a>>) -> Result<FeatureMatrix> {
        let rows = rows.into();
        rows.check_columns(&self.names)?;
        rows.check_finite("rows of an operating regime", 0)?;
        let mut out = Vec::with_capacity(rows.values.nrows() * self.kept.len());
        for row in rows.values.rows() {
            let scales = &self.scales[self.regime(row)];
            out.extend(self.kept.iter().zip(scales).map(|(&j, (mean, sd))| (row[j] - mean) / sd));
        }
        if let Some(i) = out.iter().position(|v| !v.is_finite()) {
            return Err(Error::numeric("operating regimes", format!("row {} overflows", i / self.kept.len())));
        }
        let values = Array2::from_shape_vec((rows.values.nrows(), self.kept.len()), out)
            .map_err(|e| Error::numeric("operating regimes", e.to_string()))?;
        FeatureMatrix::new(self.sensors.clone(), values)
    }
}

#[cfg(feature = "persist")]
impl crate::persist::Persist for OperatingRegimes {
    const KIND: &'static str = "operating_regimes";
    fn feature_names(&self) -> &[String] {
        &self.names
    }
}

/// What a file says; checked before it becomes [`OperatingRegimes`].
#[cfg(feature = "serde")]
#[derive(serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    names: Vec<String>,
    settings: Vec<(usize, f64, f64)>,
    centres: Vec<Vec<f64>>,
    kept: Vec<usize>,
    scales: Vec<Vec<(f64, f64)>>,
}

#[cfg(feature = "serde")]
impl From<OperatingRegimes> for Raw {
    fn from(m: OperatingRegimes) -> Self {
        Self { names: m.names, settings: m.settings, centres: m.centres, kept: m.kept, scales: m.scales }
    }
}

#[cfg(feature = "serde")]
impl TryFrom<Raw> for OperatingRegimes {
    type Error = Error;
    fn try_from(raw: Raw) -> Result<Self> {
        let d = raw.names.len();
        let scale = |mean: f64, sd: f64| mean.is_finite() && sd.is_finite() && sd > 0.0;
        let mut taken = vec![false; d];
        let mut free = |j: usize| j < d && !std::mem::replace(&mut taken[j], true);
        let fits = raw.settings.iter().all(|&(j, mean, sd)| free(j) && scale(mean, sd))
            && raw.kept.iter().all(|&j| free(j))
            && !raw.kept.is_empty()
            && !raw.centres.is_empty()
            && raw.scales.len() == raw.centres.len()
            && raw.centres.iter().all(|c| c.len() == raw.settings.len() && c.iter().all(|v| v.is_finite()))
            && raw.scales.iter().all(|s| s.len() == raw.kept.len() && s.iter().all(|&(mean, sd)| scale(mean, sd)));
        if !fits {
            return Err(Error::Model {
                reason: "operating regimes: columns, centres and scales do not fit".to_owned(),
            });
        }
        let name = |j: &usize| raw.names[*j].clone();
        let sensors = raw.kept.iter().map(name).collect();
        let silent = (0..d).filter(|&j| !taken[j]).map(|j| name(&j)).collect();
        Ok(Self {
            names: raw.names.clone(),
            settings: raw.settings,
            centres: raw.centres,
            kept: raw.kept,
            sensors,
            silent,
            scales: raw.scales,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(f: impl Fn(usize, usize) -> f64, n: usize, d: usize) -> FeatureMatrix {
        let names = (0..d).map(|j| format!("c{j}")).collect();
        FeatureMatrix::new(names, Array2::from_shape_fn((n, d), |(i, j)| f(i, j))).unwrap()
    }

    #[test]
    fn six_regimes_are_found_and_noise_is_one() {
        let tight = rows(
            |i, j| if j < 2 { ((i * 7 % 6) * (j + 2) * 10) as f64 + (i as f64).sin() * 0.01 } else { (i as f64).cos() },
            600,
            3,
        );
        assert_eq!(OperatingRegimes::params(&["c0", "c1"]).fit(&tight).unwrap().count(), 6);
        let noise = rows(|i, j| ((i * (j + 3)) as f64 * 0.61).sin(), 600, 3);
        assert_eq!(OperatingRegimes::params(&["c0", "c1"]).fit(&noise).unwrap().count(), 1);
        assert_eq!(OperatingRegimes::params(&["c0"]).clusters(4).fit(&noise).unwrap().count(), 4);
        let none: [&str; 0] = [];
        let one = OperatingRegimes::params(&none).fit(&noise).unwrap();
        assert_eq!((one.count(), one.sensors().len()), (1, 3));
    }

    #[test]
    fn each_regime_is_standardised() {
        let x = rows(
            |i, j| {
                if j == 0 {
                    (i % 2) as f64
                } else {
                    100.0 * (i % 2) as f64 + ((i / 2) as f64 * 0.77).sin() * (1 + i % 2) as f64
                }
            },
            400,
            2,
        );
        let model = OperatingRegimes::params(&["c0"]).fit(&x).unwrap();
        let (z, regimes) = (model.transform(&x).unwrap(), model.assign(&x).unwrap());
        for k in 0..2 {
            let of: Vec<f64> = (0..400).filter(|&i| regimes[i] == k).map(|i| z.view()[[i, 0]]).collect();
            assert_eq!(of.len(), 200);
            let mean = lanes::mean(&of);
            assert!(mean.abs() < 1e-12 && (lanes::sum_squared_deviations(&of, mean) / 200.0 - 1.0).abs() < 1e-12);
        }
        assert!(model.centre(7).is_empty());
        assert!(OperatingRegimes::params(&["none"]).fit(&x).is_err());
        assert!(OperatingRegimes::params(&["c0"]).clusters(0).fit(&x).is_err());
    }
}
