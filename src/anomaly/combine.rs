//! One score from several detectors.
//!
//! **What it answers.** A forest, a PCA monitor and a distance each see something; their scores have different units and
//! laws. Brought to one scale **by what healthy rows score**, they can be added or compared. A [`Combiner`] reads rows of
//! scores, one column a detector, and is a [`Detector`] itself: its columns are the detectors, its explanation says which of
//! them spoke, and [`Combiner::explain_columns`] goes on to the sensors.
//!
//! | scale | of a score s | |
//! |---|---|---|
//! | [`Scale::Rank`] | fraction of healthy scores below s, ties by half | any law; nothing beyond the largest |
//! | [`Scale::Sigma`] | (s - mean) / sd | |
//! | [`Scale::Robust`] | (s - median) / (1.4826 MAD) | healthy rows may hold some bad ones |
//! | [`Scale::Unify`] | erf(sigma / sqrt 2), at least 0 (Kriegel et al. 2011) | 0..1 |
//! | [`Scale::Tail`] | -ln P(Z > sigma): surprise | sums are products of probabilities (Fisher 1925) |
//!
//! | combination | | contributions add up to |
//! |---|---|---|
//! | [`Combination::Mean`] | mean, or weighted mean | the score |
//! | [`Combination::Maximum`] | the loudest detector | the score: all is the loudest one's |
//! | [`Combination::Pareto`] | 1 - (1 + healthy rows at least as high in **all** detectors) / (n + 1) | the score, by scaled scores |
//!
//! `Pareto` needs no scale (the one set only shares out the explanation): a row beyond the front of the healthy rows scores
//! 1 - 1 / (n + 1), be it far out in one detector or somewhat in all. It is the orthant p-value of the row of scores; compare
//! Hsiao et al. 2012 for depths of fronts.
//!
//! **Cost.** Fit O(k n log n) for k detectors, score O(k log n) a row; `Pareto` O(k n) a row, and the n rows are kept.
//!
//! **When not to use it.** To save one good detector from three bad ones: the mean is not wiser than the best. Compare on
//! events that are known.

use super::{Attribution, Detector, check_input, check_scores};
use crate::error::{Error, Result};
use crate::features::Rows;
use crate::learners::{check_rows, row_slice};
use crate::math::order::{MAD_TO_SD, mad_in_place, median_in_place};
use crate::math::special::{LN_SQRT_2PI, norm_cdf};
use crate::math::{lanes, par};
use linfa::ParamGuard;
use linfa::dataset::DatasetBase;
use linfa::traits::Fit;
use ndarray::{Array1, ArrayBase, ArrayView1, Data, Ix2};

/// How a score is brought to the common scale.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum Scale {
    /// Fraction of the healthy scores below, ties by half.
    Rank,
    /// Standard deviations above the mean.
    Sigma,
    /// 1.4826 median absolute deviations above the median.
    Robust,
    /// Gaussian probability of a score closer to the mean, 0 below the mean.
    Unify,
    /// Minus the logarithm of the Gaussian probability of a higher score.
    Tail,
}

/// How scaled scores become one.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum Combination {
    /// The mean.
    Mean,
    /// The mean with these weights (at least 0, not all 0), one a detector.
    Weighted(Vec<f64>),
    /// The largest.
    Maximum,
    /// How few healthy rows score as high in all detectors.
    Pareto,
}

/// Checked settings of a [`Combiner`].
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
pub struct CombinerValidParams {
    scale: Scale,
    combination: Combination,
}

/// Settings of a [`Combiner`]; see [`Combiner::params`].
#[derive(Debug, Clone, PartialEq)]
pub struct CombinerParams(CombinerValidParams);

impl CombinerParams {
    /// The common scale. Default [`Scale::Tail`]: one detector that is sure outweighs others that shrug.
    #[must_use]
    pub fn scale(mut self, scale: Scale) -> Self {
        self.0.scale = scale;
        self
    }

    /// The combination. Default [`Combination::Mean`].
    #[must_use]
    pub fn combination(mut self, combination: Combination) -> Self {
        self.0.combination = combination;
        self
    }

    /// Learns the scale of every detector from the scores of healthy rows, one column a detector.
    ///
    /// # Errors
    /// [`Error::Parameter`] for weights out of their range; [`Error::Shape`] unless there is one a detector;
    /// [`Error::TooFew`] with fewer than 2 rows; [`Error::NonFinite`] naming a cell; [`Error::Numeric`] when a detector gives
    /// all healthy rows one score and the scale needs a spread, or a spread overflows.
    pub fn fit<'a>(&self, healthy: impl Into<Rows<'a>>) -> Result<Combiner> {
        self.check_ref()?.fit_rows(healthy.into())
    }
}

impl ParamGuard for CombinerParams {
    type Checked = CombinerValidParams;
    type Error = Error;

    fn check_ref(&self) -> Result<&CombinerValidParams> {
        if let Combination::Weighted(weights) = &self.0.combination {
            if let Some(bad) = weights.iter().find(|w| !(w.is_finite() && **w >= 0.0)) {
                return Err(Error::parameter("weights", bad, "must be finite and at least 0"));
            }
            let sum: f64 = weights.iter().sum();
            if !(sum > 0.0 && sum.is_finite()) {
                return Err(Error::parameter("weights", sum, "their sum must be finite and greater than 0"));
            }
        }
        Ok(&self.0)
    }

    fn check(self) -> Result<CombinerValidParams> {
        self.check_ref()?;
        Ok(self.0)
    }
}

impl<D: Data<Elem = f64>, T> Fit<ArrayBase<D, Ix2>, T, Error> for CombinerValidParams {
    type Object = Combiner;
    fn fit(&self, dataset: &DatasetBase<ArrayBase<D, Ix2>, T>) -> Result<Combiner> {
        self.fit_rows(dataset.into())
    }
}

impl CombinerValidParams {
    fn fit_rows(&self, rows: Rows<'_>) -> Result<Combiner> {
        check_rows(&rows, "healthy scores of detectors", 2)?;
        let healthy: Vec<Vec<f64>> = rows.values.columns().into_iter().map(|c| c.to_vec()).collect();
        Combiner::new(self.clone(), rows.names_or_numbers(), healthy)
    }
}

/// Several scores as one.
///
/// ```
/// use prognos::anomaly::{Combination, Combiner, Detector, IsolationForest, PcaMonitor};
/// use prognos::features::FeatureMatrix;
/// use ndarray::{Array2, stack, Axis};
/// let healthy = Array2::from_shape_fn((300, 3), |(i, j)| ((i * (j + 1)) as f64 * 0.7).sin() + 0.3 * (i as f64).cos());
/// let (forest, pca) = (IsolationForest::params().fit(&healthy)?, PcaMonitor::params().fit(&healthy)?);
/// let both = |rows: &Array2<f64>| -> Result<FeatureMatrix, prognos::Error> {
///     let scores = stack![Axis(1), forest.score(rows)?, pca.score(rows)?];
///     FeatureMatrix::new(vec!["forest".into(), "pca".into()], scores)
/// };
/// let model = Combiner::params().combination(Combination::Maximum).fit(&both(&healthy)?)?;
/// let mut today = healthy.clone();
/// today[[7, 1]] = 6.0;
/// let scores = model.score(&both(&today)?)?;
/// assert_eq!((0..300).max_by(|&a, &b| scores[a].total_cmp(&scores[b])), Some(7));
/// // Which detector, and which sensor?
/// let row = both(&today)?;
/// let why = [forest.explain(today.row(7))?, pca.explain(today.row(7))?];
/// assert_eq!(model.explain_columns(row.row(7)?, &why)?.ranked()[0].0, "1");
/// # Ok::<(), prognos::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(try_from = "Raw"))]
pub struct Combiner {
    params: CombinerValidParams,
    names: Vec<String>,
    /// Of every detector: its healthy scores in the order of the rows.
    healthy: Vec<Vec<f64>>,
    /// In ascending order.
    #[cfg_attr(feature = "serde", serde(skip))]
    sorted: Vec<Vec<f64>>,
    #[cfg_attr(feature = "serde", serde(skip))]
    centre: Vec<f64>,
    #[cfg_attr(feature = "serde", serde(skip))]
    spread: Vec<f64>,
}

impl Combiner {
    /// Default settings: [`Scale::Tail`], [`Combination::Mean`].
    #[must_use]
    pub fn params() -> CombinerParams {
        CombinerParams(CombinerValidParams { scale: Scale::Tail, combination: Combination::Mean })
    }

    /// Everything follows from the healthy scores: a file holds them alone.
    fn new(params: CombinerValidParams, names: Vec<String>, healthy: Vec<Vec<f64>>) -> Result<Self> {
        if let Combination::Weighted(weights) = &params.combination
            && weights.len() != names.len()
        {
            return Err(Error::shape("weights of detectors", names.len(), weights.len()));
        }
        let (mut sorted, mut centre, mut spread) = (Vec::new(), Vec::new(), Vec::new());
        for (name, scores) in names.iter().zip(&healthy) {
            let mut column = scores.clone();
            let (c, s) = match params.scale {
                Scale::Robust => {
                    let median = median_in_place(&mut column);
                    (median, MAD_TO_SD * mad_in_place(&mut column, median))
                }
                _ => (lanes::mean(&column), lanes::variance(&column, 1).sqrt()),
            };
            if !(c.is_finite() && s.is_finite()) {
                return Err(Error::numeric("scale of scores", format!("mean or spread of `{name}` overflows")));
            }
            if params.scale != Scale::Rank && s <= 0.0 {
                let reason = format!("healthy scores of `{name}` have no spread: leave it out, or scale by rank");
                return Err(Error::numeric("scale of scores", reason));
            }
            column.copy_from_slice(scores);
            column.sort_unstable_by(f64::total_cmp);
            sorted.push(column);
            centre.push(c);
            spread.push(s);
        }
        Ok(Self { params, names, healthy, sorted, centre, spread })
    }

    /// A score of detector `j` on the common scale.
    fn scaled(&self, j: usize, score: f64) -> f64 {
        let sigma = (score - self.centre[j]) / self.spread[j];
        match self.params.scale {
            Scale::Rank => {
                let sorted = &self.sorted[j];
                let below = sorted.partition_point(|s| *s < score);
                let not_above = sorted.partition_point(|s| *s <= score);
                0.5 * (below + not_above) as f64 / sorted.len() as f64
            }
            Scale::Sigma | Scale::Robust => sigma,
            Scale::Unify => (1.0 - 2.0 * norm_cdf(-sigma)).max(0.0),
            Scale::Tail => {
                if sigma > 30.0 {
                    0.5 * sigma * sigma + sigma.ln() + LN_SQRT_2PI
                } else {
                    -norm_cdf(-sigma).ln()
                }
            }
        }
    }

    /// Scores of one row on the common scale, in the order of the detectors.
    ///
    /// # Errors
    /// As [`Detector::score_rows`].
    pub fn scale_row(&self, row: ArrayView1<'_, f64>) -> Result<Array1<f64>> {
        check_input(&row.insert_axis(ndarray::Axis(0)).into(), &self.names)?;
        Ok(row.iter().enumerate().map(|(j, &s)| self.scaled(j, s)).collect())
    }

    /// Weights that add up to 1.
    fn weight(&self, j: usize) -> f64 {
        match &self.params.combination {
            Combination::Weighted(weights) => weights[j] / weights.iter().sum::<f64>(),
            _ => 1.0 / self.names.len() as f64,
        }
    }

    fn combined(&self, row: &[f64]) -> f64 {
        let scaled = || row.iter().enumerate().map(|(j, &s)| self.scaled(j, s));
        match self.params.combination {
            Combination::Mean | Combination::Weighted(_) => scaled().enumerate().map(|(j, s)| self.weight(j) * s).sum(),
            Combination::Maximum => scaled().fold(f64::NEG_INFINITY, |m, s| if s > m || s.is_nan() { s } else { m }),
            Combination::Pareto => {
                let n = self.sorted[0].len();
                let as_high = (0..n).filter(|&i| self.healthy.iter().zip(row).all(|(h, s)| h[i] >= *s)).count();
                1.0 - (1 + as_high) as f64 / (n + 1) as f64
            }
        }
    }

    /// Which sensors are behind the combined score of a row: the attribution of every detector to the columns (all with the
    /// same columns), its positive contributions as shares, times what the detector contributes to the combined score.
    /// A detector without positive contributions shares equally. The sum is that of [`Detector::explain`].
    ///
    /// # Errors
    /// As [`Detector::explain`]; [`Error::Shape`] unless there is one attribution a detector;
    /// [`Error::Columns`] or [`Error::Shape`] when they name different columns.
    pub fn explain_columns(&self, scores: ArrayView1<'_, f64>, of: &[Attribution]) -> Result<Attribution> {
        let detectors = self.explain(scores)?;
        if of.len() != self.names.len() {
            return Err(Error::shape("attributions of detectors", self.names.len(), of.len()));
        }
        let names = of.first().map_or(&[][..], |a| a.names());
        let mut total = vec![0.0; names.len()];
        for (attribution, contribution) in of.iter().zip(detectors.contributions()) {
            if attribution.names().len() != names.len() {
                return Err(Error::shape("columns of an attribution", names.len(), attribution.names().len()));
            }
            if let Some(position) = names.iter().zip(attribution.names()).position(|(a, b)| a != b) {
                return Err(Error::Columns {
                    position,
                    expected: names[position].clone(),
                    found: attribution.names()[position].clone(),
                });
            }
            let positive: f64 = attribution.contributions().iter().map(|c| c.max(0.0)).sum();
            for (to, c) in total.iter_mut().zip(attribution.contributions()) {
                let share = if positive > 0.0 { c.max(0.0) / positive } else { 1.0 / names.len() as f64 };
                *to += contribution * share;
            }
        }
        Attribution::new(names.to_vec(), total, detectors.score())
    }
}

impl Detector for Combiner {
    fn feature_names(&self) -> &[String] {
        &self.names
    }

    fn score_rows(&self, rows: Rows<'_>) -> Result<Array1<f64>> {
        check_input(&rows, &self.names)?;
        let scores = par::map_init(rows.values.nrows(), Vec::new, |cells, i| {
            self.combined(row_slice(rows.values.row(i), cells))
        });
        check_scores("combined score", &scores)?;
        Ok(Array1::from(scores))
    }

    /// Contributions of the detectors; they add up to the score.
    fn explain(&self, row: ArrayView1<'_, f64>) -> Result<Attribution> {
        let score = self.score_rows(row.insert_axis(ndarray::Axis(0)).into())?[0];
        let scaled = self.scale_row(row)?;
        let parts: Vec<f64> = match self.params.combination {
            Combination::Mean | Combination::Weighted(_) => {
                scaled.iter().enumerate().map(|(j, s)| self.weight(j) * s).collect()
            }
            Combination::Maximum => {
                let loudest =
                    scaled.iter().enumerate().fold(0, |best, (j, s)| if *s > scaled[best] { j } else { best });
                (0..scaled.len()).map(|j| if j == loudest { score } else { 0.0 }).collect()
            }
            Combination::Pareto => {
                let positive: f64 = scaled.iter().map(|s| s.max(0.0)).sum();
                let share = |s: &f64| if positive > 0.0 { s.max(0.0) / positive } else { 1.0 / scaled.len() as f64 };
                scaled.iter().map(|s| score * share(s)).collect()
            }
        };
        Attribution::new(self.names.clone(), parts, score)
    }
}

#[cfg(feature = "persist")]
impl crate::persist::Persist for Combiner {
    const KIND: &'static str = "score_combiner";
    fn feature_names(&self) -> &[String] {
        &self.names
    }
}

/// What a file says; checked before it becomes a [`Combiner`].
#[cfg(feature = "serde")]
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    params: CombinerValidParams,
    names: Vec<String>,
    healthy: Vec<Vec<f64>>,
}

#[cfg(feature = "serde")]
impl TryFrom<Raw> for Combiner {
    type Error = Error;
    fn try_from(raw: Raw) -> Result<Self> {
        let bad = |reason: &str| Error::Model { reason: format!("score combiner: {reason}") };
        let params = CombinerParams(raw.params).check()?;
        let n = raw.healthy.first().map_or(0, Vec::len);
        if raw.names.len() != raw.healthy.len() || n < 2 || raw.healthy.iter().any(|h| h.len() != n) {
            return Err(bad("the numbers of names and healthy scores do not agree"));
        }
        if raw.healthy.iter().flatten().any(|s| !s.is_finite()) {
            return Err(bad("a healthy score is not finite"));
        }
        Self::new(params, raw.names, raw.healthy)
    }
}
