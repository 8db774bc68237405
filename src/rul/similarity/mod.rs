//! Remaining life from lives that looked the same.
//!
//! **What it answers.** Which recorded units once looked like this one, and how long did they have left? No law of the wear is
//! assumed, and the answer shows its evidence: named units at named ages. For fleets of tens of recorded lives and a few good
//! channels (a health index, principal components).
//!
//! **Method.** The last rows of the unit (its *span*) are compared with recorded lives; every comparison gives a candidate: the
//! life that the recorded unit still had, and a distance. The candidates, weighted by `exp(-distance / width)`, are the
//! distribution of the remaining life.
//!
//! | [`Comparison`] | distance | compared with |
//! |---|---|---|
//! | `Trajectory` | mean squared difference of the standardised channels | every stretch of every life |
//! | `Correlation` | 1 - mean correlation of the channels | every stretch |
//! | `Warping { band }` | dynamic time warping within a band of rows, over the span | every fifth stretch |
//! | `Residual(path)` | mean squared distance from the unit's fitted path | each unit's path at the same age |
//! | `Hash` | squared distance of mean, spread, slope and last value over the span | every fifth stretch, from a table |
//!
//! **The width** of the kernel decides how many candidates count. Unless given it is found: the width with the least mean CRPS
//! when training units, cut off at random ages, are predicted from the others.
//!
//! **Sources.** Wang, Yu, Siegel & Lee 2008 (trajectory similarity, winner of the PHM 2008 challenge); Sakoe & Chiba 1978 (band);
//! the names follow MATLAB's pairwise, residual and hash similarity models.
//!
//! **Cost.** Trajectory and correlation O(rows of the fleet x span x channels) an estimate; warping that times the band over
//! five; residual O(units x span); hash O(rows / 5). Finding the width costs as much as 3 estimates a unit.
//!
//! **When not to use it.** A way to fail that is not among the recorded lives. Many noisy channels: fuse them first, or take
//! [`RulRegression`](super::RulRegression), which was more accurate on turbofans.

mod distance;
mod path;

pub use path::PathShape;

use super::{Fleet, FleetUnit, RulEstimate};
use crate::error::{Error, Result, check_positive};
use crate::learners::Scaler;
use crate::math::order::median_in_place;
use crate::math::par;
use crate::math::rng::Rng;
use distance::Life;
use ndarray::Array2;
use path::Path;

/// How two stretches are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub enum Comparison {
    /// Mean squared difference, row by row.
    Trajectory,
    /// One less the mean correlation of the channels: shape without level.
    Correlation,
    /// Dynamic time warping: rows may be up to `band` rows apart.
    Warping {
        /// Most rows between two that are matched, at least 1.
        band: usize,
    },
    /// Distance from a path fitted to each recorded life.
    Residual(PathShape),
    /// Distance of four summaries of each channel.
    Hash,
}

/// Settings of a [`Similarity`] model; see [`Similarity::params`].
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
pub struct SimilarityParams {
    comparison: Comparison,
    span: usize,
    neighbours: Option<usize>,
    width: Option<f64>,
    seed: u64,
}

impl SimilarityParams {
    /// Number of last rows that are compared, at least 2; all there are when there are fewer. Default 50.
    #[must_use]
    pub fn span(mut self, rows: usize) -> Self {
        self.span = rows;
        self
    }

    /// Keep this many of the nearest candidates. Default: all, weighted.
    #[must_use]
    pub fn neighbours(mut self, count: usize) -> Self {
        self.neighbours = Some(count);
        self
    }

    /// Width of the kernel (> 0), in units of the distance. Default: found.
    #[must_use]
    pub fn width(mut self, width: f64) -> Self {
        self.width = Some(width);
        self
    }

    /// Seed of the ages at which training units are cut off to find the width. Default 0.
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    fn check(&self) -> Result<()> {
        if self.span < 2 {
            return Err(Error::parameter("span", self.span, "must be at least 2"));
        }
        if self.neighbours == Some(0) {
            return Err(Error::parameter("neighbours", 0, "must be at least 1"));
        }
        if let Some(width) = self.width {
            check_positive("width", width)?;
        }
        match self.comparison {
            Comparison::Warping { band: 0 } => Err(Error::parameter("band", 0, "must be at least 1")),
            Comparison::Residual(shape) => shape.check(),
            _ => Ok(()),
        }
    }

    /// Learns from a fleet that ran to failure; all its columns are channels.
    ///
    /// # Errors
    /// [`Error::Parameter`] for a setting outside of its range or a unit that is still running; [`Error::TooFew`] with fewer
    /// than 2 units, or none with 2 rows; [`Error::Numeric`] when a channel overflows.
    pub fn fit(&self, fleet: &Fleet) -> Result<Similarity> {
        self.check()?;
        if fleet.n_units() < 2 {
            return Err(Error::too_few("units to learn from", 2, fleet.n_units()));
        }
        let scaler = Scaler::standard().fit(fleet.values())?;
        let mut model = Similarity {
            params: self.clone(),
            columns: fleet.names().to_vec(),
            centre: scaler.centre().to_vec(),
            scale: scaler.scale().to_vec(),
            width: self.width.unwrap_or(1.0),
            lives: Vec::with_capacity(fleet.n_units()),
        };
        for u in 0..fleet.n_units() {
            let unit = fleet.unit(u)?;
            if !unit.failed {
                return Err(Error::parameter("fleet", unit.name, "is still running; its remaining life is not known"));
            }
            model.lives.push(model.life(&unit)?);
        }
        if model.lives.iter().all(|life| life.rows() < 2) {
            return Err(Error::too_few("rows of a recorded life", 2, 1));
        }
        if self.width.is_none() {
            model.width = model.find_width()?;
        }
        Ok(model)
    }
}

/// A recorded unit that once looked like the one in question.
#[derive(Debug, Clone, PartialEq)]
pub struct Candidate {
    /// Its name.
    pub unit: String,
    /// Its age then.
    pub age: f64,
    /// What it still had.
    pub remaining: f64,
    /// How far it is from the unit in question.
    pub distance: f64,
    /// Its share in the estimate.
    pub weight: f64,
}

/// The remaining life of a training unit cut off, and its candidates.
type Trial = (f64, Vec<Found>);

/// Life, row, remaining, distance.
type Found = (usize, usize, f64, f64);

/// Recorded lives to compare with.
///
/// ```
/// use prognos::rul::{Fleet, similarity::{Comparison, Similarity}};
/// use ndarray::Array2;
/// // Eight units whose wear runs to 1, each at its own speed.
/// let lives: Vec<usize> = (0..8).map(|u| 60 + 10 * u).collect();
/// let (mut units, mut ages, mut wear) = (vec![], vec![], vec![]);
/// for (u, &life) in lives.iter().enumerate() {
///     for t in 0..=life {
///         units.push(u);
///         ages.push(t as f64);
///         wear.push((t as f64 / life as f64).powi(2));
///     }
/// }
/// let fleet = Fleet::new(&["wear"], &units, &ages, Array2::from_shape_vec((wear.len(), 1), wear)?)?;
/// let model = Similarity::params(Comparison::Trajectory).span(20).fit(&fleet.select(&[0, 1, 2, 4, 5, 6, 7])?)?;
/// // Unit 3 lives 90; what is known of it at 60?
/// let cut = Fleet::new(&["wear"], &[3; 61], &ages[..61].to_vec(),
///     Array2::from_shape_fn((61, 1), |(t, _)| (t as f64 / 90.0).powi(2)))?.running();
/// let rul = model.estimate(&cut.unit(0)?)?;
/// assert!((rul.median() - 30.0).abs() < 6.0, "{}", rul.median());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(try_from = "Raw"))]
pub struct Similarity {
    params: SimilarityParams,
    columns: Vec<String>,
    centre: Vec<f64>,
    scale: Vec<f64>,
    width: f64,
    lives: Vec<Life>,
}

impl Similarity {
    /// Default settings of a comparison: the last 50 rows, all candidates, the width found.
    #[must_use]
    pub fn params(comparison: Comparison) -> SimilarityParams {
        SimilarityParams { comparison, span: 50, neighbours: None, width: None, seed: 0 }
    }

    /// Names of the channels.
    #[must_use]
    pub fn feature_names(&self) -> &[String] {
        &self.columns
    }

    /// Width of the kernel in use.
    #[must_use]
    pub fn width(&self) -> f64 {
        self.width
    }

    /// Number of recorded lives.
    #[must_use]
    pub fn n_units(&self) -> usize {
        self.lives.len()
    }

    /// A unit's standardised channels, with what its comparison needs.
    fn life(&self, unit: &FleetUnit<'_>) -> Result<Life> {
        let (n, d) = unit.values.dim();
        if d != self.columns.len() {
            return Err(Error::shape("columns of the unit", self.columns.len(), d));
        }
        let values = Array2::from_shape_fn((n, d), |(i, j)| (unit.values[[i, j]] - self.centre[j]) / self.scale[j]);
        if !values.iter().all(|v| v.is_finite()) {
            return Err(Error::numeric("similarity", format!("a channel of unit {} overflows", unit.name)));
        }
        let mut life = Life::new(unit.name.to_owned(), unit.ages.to_vec(), values.into_raw_vec_and_offset().0, d);
        match self.params.comparison {
            Comparison::Residual(shape) => life.paths = Path::fit_all(shape, &life),
            Comparison::Hash => life.fill_table(self.params.span),
            _ => (),
        }
        Ok(life)
    }

    /// Candidates from all lives but one: (life, row, remaining, distance).
    fn compare(&self, unit: &Life, without: Option<usize>) -> Vec<Found> {
        let span = self.params.span.min(unit.rows());
        let mut all = Vec::new();
        for (u, life) in self.lives.iter().enumerate().filter(|(u, _)| Some(*u) != without) {
            let end = life.ages[life.rows() - 1];
            let mut add = |row: usize, distance: f64| {
                if distance.is_finite() {
                    all.push((u, row, (end - life.ages[row]).max(0.0), distance));
                }
            };
            match self.params.comparison {
                Comparison::Trajectory => life.slide(unit, span, 1, |row| add(row, life.squared(unit, span, row))),
                Comparison::Correlation => {
                    life.slide(unit, span, 1, |row| add(row, life.uncorrelated(unit, span, row)))
                }
                Comparison::Warping { band } => {
                    life.slide(unit, span, 5, |row| add(row, life.warped(unit, span, row, band)));
                }
                Comparison::Hash => life.look_up(unit, span, &mut add),
                Comparison::Residual(_) => {
                    let now = unit.ages[unit.rows() - 1];
                    if end > now {
                        let distance = Path::distance(&life.paths, unit, span);
                        if distance.is_finite() {
                            let row = life.ages.partition_point(|a| *a <= now).saturating_sub(1);
                            all.push((u, row, end - now, distance));
                        }
                    }
                }
            }
        }
        if let Some(k) = self.params.neighbours
            && k < all.len()
        {
            all.sort_by(|a, b| a.3.total_cmp(&b.3).then((a.0, a.1).cmp(&(b.0, b.1))));
            all.truncate(k);
        }
        all
    }

    /// Weights of the candidates at a width, adding up to 1.
    fn weights(candidates: &[Found], width: f64) -> Vec<f64> {
        let least = candidates.iter().fold(f64::INFINITY, |m, c| m.min(c.3));
        let weights: Vec<f64> = candidates.iter().map(|c| (-(c.3 - least) / width).exp()).collect();
        let total: f64 = weights.iter().sum();
        weights.into_iter().map(|w| w / total).collect()
    }

    fn find_width(&self) -> Result<f64> {
        let count = self.lives.len();
        // At most 60 units, evenly spread.
        let chosen = count.min(60);
        let trials: Vec<Trial> = par::map(3 * chosen, |i| {
            let u = (i / 3) * count / chosen;
            let life = &self.lives[u];
            if life.rows() < 4 {
                return None;
            }
            let mut rng = Rng::stream(self.params.seed, i as u64);
            let rows = life.rows() / 4 + rng.below(life.rows() - life.rows() / 4 - 1) + 1;
            let cut = life.first(rows);
            let candidates = self.compare(&cut, Some(u));
            let remaining = life.ages[life.rows() - 1] - life.ages[rows - 1];
            (!candidates.is_empty()).then_some((remaining, candidates))
        })
        .into_iter()
        .flatten()
        .collect();
        if trials.is_empty() {
            return Ok(1.0);
        }
        // How far the second tenth of the candidates is from the best one: the scale of the grid.
        let mut typical: Vec<f64> = trials
            .iter()
            .map(|(_, c)| {
                let mut d: Vec<f64> = c.iter().map(|c| c.3).collect();
                d.sort_unstable_by(f64::total_cmp);
                d[d.len() / 10] - d[0]
            })
            .collect();
        let scale = median_in_place(&mut typical).max(1e-9);
        let widths: Vec<f64> = (0..13).map(|i| scale * 2f64.powi(i - 8)).collect();
        let scores = par::map(widths.len(), |w| {
            trials.iter().map(|(remaining, c)| weighted_crps(c, &Self::weights(c, widths[w]), *remaining)).sum::<f64>()
        });
        let best = scores.iter().enumerate().fold(0, |best, (i, s)| if *s < scores[best] { i } else { best });
        Ok(widths[best])
    }

    /// The recorded units that looked like this one, the heaviest first.
    ///
    /// # Errors
    /// [`Error::Shape`] for another number of channels; [`Error::Numeric`] when a value overflows or no recorded life is
    /// comparable (with `Residual`: none lived longer than this unit's age).
    pub fn candidates(&self, unit: &FleetUnit<'_>) -> Result<Vec<Candidate>> {
        let life = self.life(unit)?;
        let found = self.compare(&life, None);
        if found.is_empty() {
            return Err(Error::numeric("similarity", format!("no recorded life is comparable to unit {}", unit.name)));
        }
        let mut all: Vec<Candidate> = found
            .iter()
            .zip(Self::weights(&found, self.width))
            .map(|(&(u, row, remaining, distance), weight)| Candidate {
                unit: self.lives[u].name.clone(),
                age: self.lives[u].ages[row],
                remaining,
                distance,
                weight,
            })
            .collect();
        all.sort_by(|a, b| b.weight.total_cmp(&a.weight));
        Ok(all)
    }

    /// Remaining life of a unit after its last row.
    ///
    /// # Errors
    /// As [`Similarity::candidates`].
    pub fn estimate(&self, unit: &FleetUnit<'_>) -> Result<RulEstimate> {
        let all = self.candidates(unit)?;
        let (values, weights): (Vec<f64>, Vec<f64>) = all.iter().map(|c| (c.remaining, c.weight)).unzip();
        Ok(RulEstimate::from_samples(&values, Some(&weights))?.for_unit(unit.name))
    }
}

/// CRPS of weighted samples.
fn weighted_crps(candidates: &[Found], weights: &[f64], truth: f64) -> f64 {
    let mut order: Vec<usize> = (0..candidates.len()).collect();
    order.sort_unstable_by(|&a, &b| candidates[a].2.total_cmp(&candidates[b].2));
    // The area between the weighted distribution function and the step at the truth, squared.
    let (mut below, mut area) = (0.0_f64, 0.0);
    let mut last: Option<f64> = None;
    for &i in &order {
        let x = candidates[i].2;
        if let Some(from) = last {
            let left = (truth.min(x) - from).max(0.0);
            let right = (x - truth.max(from)).max(0.0);
            area += left * below * below + right * (1.0 - below) * (1.0 - below);
        } else {
            area += (x - truth).max(0.0);
        }
        below += weights[i];
        last = Some(x);
    }
    area + last.map_or(0.0, |x| (truth - x).max(0.0))
}

#[cfg(feature = "persist")]
impl crate::persist::Persist for Similarity {
    const KIND: &'static str = "similarity";
    fn feature_names(&self) -> &[String] {
        &self.columns
    }
}

/// What a file says; checked before it becomes a [`Similarity`] model.
#[cfg(feature = "serde")]
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    params: SimilarityParams,
    columns: Vec<String>,
    centre: Vec<f64>,
    scale: Vec<f64>,
    width: f64,
    lives: Vec<Life>,
}

#[cfg(feature = "serde")]
impl TryFrom<Raw> for Similarity {
    type Error = Error;
    fn try_from(raw: Raw) -> Result<Self> {
        let refuse = |reason: &str| Error::Model { reason: format!("similarity: {reason}") };
        raw.params.check()?;
        check_positive("width", raw.width)?;
        let d = raw.columns.len();
        let scales = raw.scale.len() == d && raw.scale.iter().all(|s| s.is_finite() && *s > 0.0);
        if d == 0
            || !scales
            || raw.centre.len() != d
            || !raw.centre.iter().all(|c| c.is_finite())
            || raw.lives.len() < 2
        {
            return Err(refuse("columns, scales and lives do not fit"));
        }
        let mut model = Self {
            params: raw.params,
            columns: raw.columns,
            centre: raw.centre,
            scale: raw.scale,
            width: raw.width,
            lives: Vec::new(),
        };
        for mut life in raw.lives {
            if !life.fits(d) {
                return Err(refuse("a life has other columns, or its ages do not increase"));
            }
            // What can be computed is computed, not believed.
            match model.params.comparison {
                Comparison::Residual(shape) => life.paths = Path::fit_all(shape, &life),
                Comparison::Hash => life.fill_table(model.params.span),
                _ => (),
            }
            model.lives.push(life);
        }
        Ok(model)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::prognosis::crps_samples;

    #[test]
    fn equal_weights_give_the_plain_score() {
        let values = [3.0, 8.0, 1.0, 4.0, 4.0];
        let candidates: Vec<_> = values.iter().map(|v| (0, 0, *v, 0.0)).collect();
        for truth in [-2.0, 1.0, 3.5, 4.0, 9.0] {
            let plain = crps_samples(&values, truth, false).unwrap();
            assert!((weighted_crps(&candidates, &[0.2; 5], truth) - plain).abs() < 1e-12);
        }
    }
}
