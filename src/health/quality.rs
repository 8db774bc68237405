//! How good is a feature as an indicator of degradation: monotonicity, trendability, prognosability.
//!
//! For whoever chooses features for a health index. Each measure lies in [0, 1], 1 is best, and reads the trajectories of
//! one feature over several run-to-failure units, one value per point of time, healthy first, failure last. The
//! trajectories need not have the same length.
//!
//! * monotonicity: does it go one way? mean |sum sign(difference)| / (n - 1), or mean |Spearman correlation with time|;
//! * trendability: does it go the same way in all units? smallest |correlation| between two units over the fraction of life;
//! * prognosability: does it end at the same value in all units? exp(-sd(last) / mean |first - last|).
//!
//! Source: Coble & Hines (2009), Coble (2010, dissertation, University of Tennessee). Cost: linear in the number of
//! values, n log n for ranks, and quadratic in the number of units for trendability. Not for single units: two or more
//! are needed for all but monotonicity. A constant or a nearly constant feature has no trend; see the NaN rules.

use crate::error::{Error, Result, check_finite};
use crate::features::FeatureMatrix;
use crate::math::{lanes, par};

/// How monotonicity is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum Monotonicity {
    /// Steps up less steps down, as a share of all steps: strict, and near 0 for a noisy trend.
    Sign,
    /// Spearman's rank correlation with time: forgives noise, hence the default.
    #[default]
    Rank,
}

/// How trajectories of different lengths are brought to one length for their correlation, by linear interpolation over
/// the fraction of life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum Resampling {
    /// All to the length of the longest.
    #[default]
    ToLongest,
    /// In each pair the longer to the length of the shorter.
    PairToShorter,
}

fn check(units: &[&[f64]], needed: usize) -> Result<()> {
    if units.len() < needed {
        return Err(Error::too_few("run-to-failure trajectories", needed, units.len()));
    }
    for (i, unit) in units.iter().enumerate() {
        if unit.len() < 2 {
            return Err(Error::too_few(format!("values of trajectory {i}"), 2, unit.len()));
        }
        check_finite("trajectory", &i.to_string(), unit)?;
    }
    Ok(())
}

/// Whether the feature goes one way in every unit, in [0, 1].
///
/// Equal neighbours count as no step; tied values share their mean rank. NaN (rank form only) when a trajectory is
/// constant: it has no rank order; the sign form gives it 0.
///
/// ```
/// use prognos::health::quality::{Monotonicity, monotonicity};
/// let units: [&[f64]; 2] = [&[1.0, 2.0, 3.0, 5.0], &[1.0, 3.0, 2.0, 4.0]];
/// assert!((monotonicity(&units, Monotonicity::Sign)? - (1.0 + 1.0 / 3.0) / 2.0).abs() < 1e-12);
/// # Ok::<(), prognos::Error>(())
/// ```
///
/// # Errors
/// [`Error::TooFew`] without trajectories or for one of fewer than two values, [`Error::NonFinite`] for NaN and infinities.
pub fn monotonicity(units: &[&[f64]], method: Monotonicity) -> Result<f64> {
    check(units, 1)?;
    let one = |unit: &&[f64]| match method {
        Monotonicity::Sign => {
            let steps: i64 = unit.windows(2).map(|w| i64::from(w[1] > w[0]) - i64::from(w[1] < w[0])).sum();
            steps.unsigned_abs() as f64 / (unit.len() - 1) as f64
        }
        Monotonicity::Rank => {
            let time: Vec<f64> = (0..unit.len()).map(|i| i as f64).collect();
            correlation(&time, &ranks(unit)).abs()
        }
    };
    Ok(units.iter().map(one).sum::<f64>() / units.len() as f64)
}

/// Whether the feature follows the same course in all units: the smallest |correlation| of two units, in [0, 1].
///
/// NaN when a trajectory is constant.
///
/// ```
/// use prognos::health::quality::{Resampling, trendability};
/// let units: [&[f64]; 2] = [&[1.0, 2.0, 3.0, 4.0], &[0.0, 10.0, 20.0]];
/// assert!((trendability(&units, Resampling::ToLongest)? - 1.0).abs() < 1e-12);
/// # Ok::<(), prognos::Error>(())
/// ```
///
/// # Errors
/// As [`monotonicity`], and [`Error::TooFew`] for fewer than two trajectories.
pub fn trendability(units: &[&[f64]], resampling: Resampling) -> Result<f64> {
    check(units, 2)?;
    let longest = units.iter().map(|u| u.len()).fold(0, usize::max);
    let whole: Vec<Vec<f64>> = match resampling {
        Resampling::ToLongest => units.iter().map(|u| resample(u, longest)).collect(),
        Resampling::PairToShorter => Vec::new(),
    };
    let mut least = f64::INFINITY;
    for i in 0..units.len() {
        for j in 0..i {
            let r = match resampling {
                Resampling::ToLongest => correlation(&whole[i], &whole[j]),
                Resampling::PairToShorter => {
                    let n = units[i].len().min(units[j].len());
                    correlation(&resample(units[i], n), &resample(units[j], n))
                }
            };
            if r.is_nan() {
                return Ok(f64::NAN);
            }
            least = least.min(r.abs());
        }
    }
    Ok(least)
}

/// Whether the feature ends at the same value in all units, relative to how far it travels, in (0, 1].
///
/// `ddof` is subtracted from the number of units in the standard deviation of the last values: 1 as a rule (and in
/// MATLAB), 0 for the deviation within these units. NaN when no trajectory ends elsewhere than it began.
///
/// ```
/// use prognos::health::quality::prognosability;
/// let units: [&[f64]; 2] = [&[0.0, 3.0, 10.0], &[1.0, 4.0, 10.0]];
/// assert_eq!(prognosability(&units, 1)?, 1.0);
/// # Ok::<(), prognos::Error>(())
/// ```
///
/// # Errors
/// As [`monotonicity`]; [`Error::TooFew`] unless there are two trajectories and more than `ddof`.
pub fn prognosability(units: &[&[f64]], ddof: usize) -> Result<f64> {
    check(units, 2.max(ddof.saturating_add(1)))?;
    // Halved, so that a difference of huge values cannot overflow; the ratio does not change.
    let last: Vec<f64> = units.iter().map(|u| 0.5 * u[u.len() - 1]).collect();
    let travel: Vec<f64> = units.iter().map(|u| (0.5 * u[0] - 0.5 * u[u.len() - 1]).abs()).collect();
    let scale = last.iter().chain(&travel).fold(0.0f64, |a, b| a.max(b.abs()));
    if scale <= 0.0 {
        return Ok(f64::NAN);
    }
    let last: Vec<f64> = last.iter().map(|v| v / scale).collect();
    let travel = travel.iter().map(|v| v / scale).sum::<f64>() / units.len() as f64;
    if travel <= 0.0 {
        return Ok(f64::NAN);
    }
    Ok((-lanes::variance(&last, ddof).sqrt() / travel).exp())
}

/// The three measures of one feature.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct FeatureQuality {
    /// Name of the feature.
    pub name: String,
    /// [`monotonicity`], rank form.
    pub monotonicity: f64,
    /// [`trendability`], all to the longest.
    pub trendability: f64,
    /// [`prognosability`], ddof 1.
    pub prognosability: f64,
    /// Sum of the three, from 0 to 3; an undefined one counts as 0.
    pub fitness: f64,
}

/// Ranks the features of several run-to-failure units, the fittest first; features of equal fitness keep their order.
///
/// Rows are points of time, healthy first. A feature with NaN or infinite values in any unit has NaN in all three
/// measures and fitness 0: it is last, not an error. Cost: that of the three measures for each column; columns run in
/// parallel.
///
/// ```
/// use prognos::features::FeatureMatrix;
/// use prognos::health::quality::rank_features;
/// use prognos::ndarray::array;
/// let unit = |end: f64| {
///     FeatureMatrix::new(vec!["noise".into(), "wear".into()], array![[0.2, 0.0], [0.9, 1.0], [0.1, 2.0], [0.5, end]])
/// };
/// let ranking = rank_features(&[unit(3.0)?, unit(3.1)?])?;
/// assert_eq!(ranking[0].name, "wear");
/// # Ok::<(), prognos::Error>(())
/// ```
///
/// # Errors
/// [`Error::TooFew`] for fewer than two units or one of fewer than two rows, [`Error::Shape`] and [`Error::Columns`] when
/// the units have different columns.
pub fn rank_features(units: &[FeatureMatrix]) -> Result<Vec<FeatureQuality>> {
    let first = units.first().ok_or_else(|| Error::too_few("run-to-failure units", 2, 0))?;
    if units.len() < 2 {
        return Err(Error::too_few("run-to-failure units", 2, units.len()));
    }
    for unit in units {
        crate::features::Rows::from(unit).check_columns(first.names())?;
        if unit.nrows() < 2 {
            return Err(Error::too_few("rows of a run-to-failure unit", 2, unit.nrows()));
        }
    }
    let measure = |j: usize| -> Result<FeatureQuality> {
        let columns: Vec<Vec<f64>> = units.iter().map(|u| u.view().column(j).to_vec()).collect();
        let views: Vec<&[f64]> = columns.iter().map(Vec::as_slice).collect();
        let finite = columns.iter().flatten().all(|v| v.is_finite());
        let (monotonicity, trendability, prognosability) = if finite {
            (
                monotonicity(&views, Monotonicity::Rank)?,
                trendability(&views, Resampling::ToLongest)?,
                prognosability(&views, 1)?,
            )
        } else {
            (f64::NAN, f64::NAN, f64::NAN)
        };
        let fitness = [monotonicity, trendability, prognosability].iter().filter(|v| !v.is_nan()).sum();
        Ok(FeatureQuality { name: first.names()[j].clone(), monotonicity, trendability, prognosability, fitness })
    };
    let mut ranking = par::map(first.ncols(), measure).into_iter().collect::<Result<Vec<_>>>()?;
    ranking.sort_by(|a, b| b.fitness.total_cmp(&a.fitness));
    Ok(ranking)
}

#[allow(clippy::float_cmp)] // a tie is exact equality
fn tied(a: f64, b: f64) -> bool {
    a == b
}

/// Ranks from 1, ties share their mean.
pub(super) fn ranks(x: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..x.len()).collect();
    order.sort_by(|&i, &j| x[i].total_cmp(&x[j]));
    let mut ranks = vec![0.0; x.len()];
    let mut from = 0;
    // `==`, not the total order: -0 and 0 are a tie.
    for group in order.chunk_by(|&i, &j| tied(x[i], x[j])) {
        let rank = from as f64 + 0.5 * (group.len() + 1) as f64;
        for &i in group {
            ranks[i] = rank;
        }
        from += group.len();
    }
    ranks
}

/// Pearson's correlation of series of equal length; NaN when one is constant.
pub(super) fn correlation(x: &[f64], y: &[f64]) -> f64 {
    let centred = |x: &[f64]| -> Option<Vec<f64>> {
        let (low, high) = lanes::min_max(x);
        let half = 0.5 * high - 0.5 * low;
        if half.is_nan() || half <= 0.0 {
            return None;
        }
        // To [-1, 1] first, so that squares neither overflow nor vanish.
        let middle = 0.5 * high + 0.5 * low;
        let scaled: Vec<f64> = x.iter().map(|v| (v - middle) / half).collect();
        let mean = lanes::mean(&scaled);
        Some(scaled.iter().map(|v| v - mean).collect())
    };
    let (Some(x), Some(y)) = (centred(x), centred(y)) else { return f64::NAN };
    let r = lanes::dot(&x, &y) / (lanes::sum_squares(&x) * lanes::sum_squares(&y)).sqrt();
    r.clamp(-1.0, 1.0)
}

/// `n` >= 2 points, evenly spaced from the first to the last value, by linear interpolation.
fn resample(x: &[f64], n: usize) -> Vec<f64> {
    if x.len() == n {
        return x.to_vec();
    }
    let step = (x.len() - 1) as f64 / (n - 1) as f64;
    (0..n)
        .map(|k| {
            let place = k as f64 * step;
            let i = (place as usize).min(x.len() - 2);
            let w = place - i as f64;
            x[i] * (1.0 - w) + x[i + 1] * w
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ties_and_constants() {
        let ranked = ranks(&[2.0, 0.0, -0.0, 5.0]);
        assert_eq!(ranked.iter().map(|r| (r * 2.0) as i32).collect::<Vec<_>>(), [6, 3, 3, 8]);
        let constant: [&[f64]; 2] = [&[1.0, 1.0, 1.0], &[1.0, 2.0, 3.0]];
        assert!(monotonicity(&constant, Monotonicity::Rank).is_ok_and(f64::is_nan));
        assert!(monotonicity(&constant, Monotonicity::Sign).is_ok_and(|m| (m - 0.5).abs() < 1e-15));
        assert!(trendability(&constant, Resampling::ToLongest).is_ok_and(f64::is_nan));
        assert!(prognosability(&[&[1.0, 1.0], &[2.0, 2.0]], 1).is_ok_and(f64::is_nan));
    }

    #[test]
    fn scale_does_not_matter() {
        let a = [1.0, 1.5, 1.2, 3.0, 4.0];
        let b = [0.5, 1.0, 1.7, 2.0];
        let measure = |s: f64| {
            let (a, b) = (a.map(|v| v * s), b.map(|v| v * s));
            let units: [&[f64]; 2] = [&a, &b];
            [trendability(&units, Resampling::ToLongest), prognosability(&units, 1)].map(|r| r.unwrap_or(f64::NAN))
        };
        for (x, y) in measure(1.0).iter().zip(measure(1e300)) {
            assert!((x - y).abs() < 1e-12);
        }
    }
}
