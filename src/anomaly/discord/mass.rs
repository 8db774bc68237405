//! Distance of one stretch to all of a series.

use super::Measure;
use crate::error::{Error, Result};
use crate::math::par;
use crate::math::profile::Stretches;

/// Distance of `query` to every stretch of `x` of the same length (MASS): `x.len() - query.len() + 1` numbers. Where does
/// this shape occur, and where does it fail to?
///
/// By the conventions of [this room](super): infinite where the stretch or the query holds a sample that is not finite,
/// z-normalised 0 between constants and `√m` between a constant and another. Computed from the differences themselves: O(n m)
/// time, all digits near 0, a large offset does no harm.
///
/// A. Mueen et al., "The fastest similarity search algorithm for time series subsequences under Euclidean distance", 2015,
/// for the question; the transform of the name is slower up to stretches of some thousand samples, and loses digits.
///
/// ```
/// use prognos::anomaly::discord::{Measure, distance_profile};
/// let x: Vec<f64> = (0..100).map(|i| (i as f64 * 0.3).sin() * (1.0 + i as f64)).collect();
/// let d = distance_profile(&x[20..40], &x, Measure::ZNormalised)?;
/// assert_eq!(d.len(), 81);
/// assert_eq!(d.iter().position(|v| *v < 1e-12), Some(20));
/// # Ok::<(), prognos::Error>(())
/// ```
///
/// # Errors
/// [`Error::TooFew`] for a query of fewer than three samples or a series shorter than the query, [`Error::Parameter`] for p
/// outside 1 to 32, [`Error::Numeric`] when a distance overflows.
pub fn distance_profile(query: &[f64], x: &[f64], measure: Measure) -> Result<Vec<f64>> {
    measure.check()?;
    let m = query.len();
    if m < 3 {
        return Err(Error::too_few("samples of a query", 3, m));
    }
    if x.len() < m {
        return Err(Error::too_few("samples of a series to search", m, x.len()));
    }
    let count = x.len() + 1 - m;
    let finite = |x: &[f64]| x.iter().all(|v| v.is_finite());
    match measure {
        Measure::ZNormalised => {
            let (own, all) = (Stretches::new(query, m), Stretches::new(x, m));
            Ok(par::map(count, |i| own.distance(0, &all, i)))
        }
        Measure::Absolute { p } => {
            let scale = measure.scale(&[query, x]);
            let scaled = |x: &[f64]| x.iter().map(|v| v * scale).collect::<Vec<f64>>();
            let (own, all) = (scaled(query), scaled(x));
            let distances = par::map(count, |i| Measure::absolute(p, &own, &all[i..i + m]) / scale);
            let overflow = |i: &usize| finite(query) && finite(&x[*i..*i + m]) && !distances[*i].is_finite();
            match (0..count).find(overflow) {
                None => Ok(distances),
                Some(i) => Err(Error::numeric("distance profile", format!("the distance at {i} overflows"))),
            }
        }
    }
}
