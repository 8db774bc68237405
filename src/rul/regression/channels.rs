//! From the raw rows of a fleet to the table that learners read: regimes, relevance, components, history.

use super::causal::{Summary, Sums};
use crate::error::{Error, Result};
use crate::features::FeatureMatrix;
use crate::health::OperatingRegimes;
use crate::math::linalg::symmetric_eigen;
use crate::math::{lanes, par};
use crate::rul::Fleet;
use ndarray::{Array2, ArrayView2};

/// What the fleet's rows are turned into.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
pub(super) struct Recipe {
    pub(super) settings: Vec<String>,
    pub(super) ignored: Vec<String>,
    pub(super) relevance: f64,
    pub(super) components: usize,
    pub(super) sensor_summaries: Vec<Summary>,
    pub(super) component_summaries: Vec<Summary>,
    pub(super) age: bool,
}

/// Rows over which a channel is smoothed before its components are sought.
const SMOOTHING: usize = 10;

/// A fitted recipe.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
pub(super) struct Channels {
    recipe: Recipe,
    names: Vec<String>,
    regimes: OperatingRegimes,
    /// Places of the relevant sensors among those the regimes keep.
    relevant: Vec<usize>,
    /// Components by relevant sensors.
    components: Vec<Vec<f64>>,
}

impl Channels {
    /// Fits on whole lives; `targets` are the capped remaining lives of the rows.
    pub(super) fn fit(recipe: &Recipe, fleet: &Fleet, targets: &[f64]) -> Result<Self> {
        for name in recipe.settings.iter().chain(&recipe.ignored) {
            if !fleet.names().contains(name) {
                return Err(Error::parameter("columns", name, "is not a column of the fleet"));
            }
        }
        let names: Vec<String> = fleet.names().iter().filter(|n| !recipe.ignored.contains(n)).cloned().collect();
        let rows = columns(fleet, &names)?;
        let regimes = OperatingRegimes::params(&recipe.settings).fit(&rows)?;
        let z = regimes.transform(&rows)?;
        let relevant: Vec<usize> = (0..z.ncols())
            .filter(|&j| correlation(&z.view().column(j).to_vec(), targets).abs() > recipe.relevance)
            .collect();
        if relevant.is_empty() {
            return Err(Error::numeric(
                "relevance of sensors",
                format!("no sensor has a correlation above {} with the remaining life", recipe.relevance),
            ));
        }
        let mut channels = Self { recipe: recipe.clone(), names, regimes, relevant, components: Vec::new() };
        channels.find_components(fleet, z.view())?;
        Ok(channels)
    }

    /// Directions of the largest variance of the smoothed sensors.
    fn find_components(&mut self, fleet: &Fleet, z: ArrayView2<'_, f64>) -> Result<()> {
        let d = self.relevant.len();
        let wanted = self.recipe.components.min(d);
        if wanted == 0 {
            return Ok(());
        }
        let n = fleet.n_rows();
        let mut smooth = vec![0.0; n * d];
        let mut sums = Sums::default();
        for u in 0..fleet.n_units() {
            let rows = fleet.rows_of(u);
            for (k, &j) in self.relevant.iter().enumerate() {
                sums.load(rows.clone().map(|i| z[[i, j]]));
                sums.write(Summary::Mean(SMOOTHING), &mut smooth[rows.start * d + k..], d);
            }
        }
        let columns: Vec<Vec<f64>> =
            (0..d).map(|k| smooth.iter().skip(k).step_by(d).copied().collect::<Vec<f64>>()).collect();
        let means: Vec<f64> = columns.iter().map(|c| lanes::mean(c)).collect();
        let covariance = Array2::from_shape_fn((d, d), |(a, b)| {
            let (a, b) = (a.min(b), a.max(b));
            lanes::sum_by2(&columns[a], &columns[b], |x, y| (x - means[a]) * (y - means[b])) / n as f64
        });
        let (_, vectors) = symmetric_eigen(&covariance)?;
        self.components = vectors.rows().into_iter().take(wanted).map(|v| v.to_vec()).collect();
        Ok(())
    }

    /// Columns that the raw rows must have.
    pub(super) fn columns(&self) -> &[String] {
        &self.names
    }

    pub(super) fn regimes(&self) -> &OperatingRegimes {
        &self.regimes
    }

    /// Names of the sensors in use.
    pub(super) fn sensors(&self) -> Vec<String> {
        self.relevant.iter().map(|&j| self.regimes.sensors()[j].clone()).collect()
    }

    /// Names of the columns of the table.
    pub(super) fn names(&self) -> Vec<String> {
        let mut names = Vec::new();
        let components = (1..=self.components.len()).map(|k| format!("component_{k}"));
        let channels: Vec<(String, &[Summary])> = self
            .sensors()
            .into_iter()
            .map(|name| (name, self.recipe.sensor_summaries.as_slice()))
            .chain(components.map(|name| (name, self.recipe.component_summaries.as_slice())))
            .collect();
        for (name, summaries) in channels {
            names.extend(summaries.iter().map(|s| format!("{name}__{s}")));
        }
        if self.recipe.age {
            names.extend(["age".to_owned(), "log_age".to_owned()]);
        }
        names
    }

    /// The table of all rows of a fleet.
    pub(super) fn table(&self, fleet: &Fleet) -> Result<FeatureMatrix> {
        let z = self.regimes.transform(&columns(fleet, &self.names)?)?;
        let z = z.view();
        let names = self.names();
        let width = names.len();
        let tables = par::map_init(fleet.n_units(), Sums::default, |sums, u| {
            let rows = fleet.rows_of(u);
            let mut out = vec![0.0; rows.len() * width];
            let mut at = 0;
            let mut fill = |sums: &mut Sums, summaries: &[Summary]| {
                for &summary in summaries {
                    sums.write(summary, &mut out[at..], width);
                    at += 1;
                }
            };
            for &j in &self.relevant {
                sums.load(rows.clone().map(|i| z[[i, j]]));
                fill(sums, &self.recipe.sensor_summaries);
            }
            for component in &self.components {
                let at_row = |i: usize| self.relevant.iter().zip(component).map(|(&j, c)| c * z[[i, j]]).sum::<f64>();
                sums.load(rows.clone().map(at_row));
                fill(sums, &self.recipe.component_summaries);
            }
            if self.recipe.age {
                for (row, age) in out.chunks_exact_mut(width).zip(&fleet.ages()[rows]) {
                    row[width - 2] = *age;
                    row[width - 1] = (1.0 + age.max(0.0)).ln();
                }
            }
            out
        });
        let cells = tables.concat();
        let values = Array2::from_shape_vec((fleet.n_rows(), width), cells)
            .map_err(|e| Error::numeric("table of a fleet", e.to_string()))?;
        if let Some(((row, j), _)) = values.indexed_iter().find(|(_, v)| !v.is_finite()) {
            return Err(Error::numeric("table of a fleet", format!("row {row}, column `{}` overflows", names[j])));
        }
        FeatureMatrix::new(names, values)
    }
}

/// Some columns of a fleet, by name.
fn columns(fleet: &Fleet, names: &[String]) -> Result<FeatureMatrix> {
    let places = names
        .iter()
        .map(|name| {
            let place = fleet.names().iter().position(|n| n == name);
            place.ok_or_else(|| Error::parameter("columns", name, "is not a column of the fleet"))
        })
        .collect::<Result<Vec<usize>>>()?;
    FeatureMatrix::new(names.to_vec(), fleet.values().select(ndarray::Axis(1), &places))
}

/// Correlation of two columns; 0 where one does not move.
fn correlation(x: &[f64], y: &[f64]) -> f64 {
    let (mx, my) = (lanes::mean(x), lanes::mean(y));
    let xy = lanes::sum_by2(x, y, |a, b| (a - mx) * (b - my));
    let below = (lanes::sum_squared_deviations(x, mx) * lanes::sum_squared_deviations(y, my)).sqrt();
    if below > 0.0 { xy / below } else { 0.0 }
}
