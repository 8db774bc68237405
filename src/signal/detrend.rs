//! Removal of a mean, a straight line or a polynomial, over the whole signal or piece by piece.
//!
//! What it answers: the signal without its offset and slow drift, which spectra, integration and roughness features
//! need. A least-squares fit is subtracted; the constant is taken off first and in two passes, so that small
//! vibration on a large offset keeps its digits.
//!
//! Cost: O(n) for each degree. Do not detrend when the trend itself is the symptom (a drifting temperature).

use crate::error::{Error, Result, check_finite};
use crate::math::lanes;

/// What is fitted by least squares and taken off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case", deny_unknown_fields))]
#[non_exhaustive]
pub enum Trend {
    /// Nothing.
    None,
    /// The mean.
    Constant,
    /// The straight line (`scipy.signal.detrend`'s default).
    Linear,
    /// The polynomial of a degree from 0 to 20.
    Polynomial(
        /// The degree.
        usize,
    ),
}

impl Trend {
    fn degree(self) -> Result<Option<usize>> {
        match self {
            Self::None => Ok(None),
            Self::Constant => Ok(Some(0)),
            Self::Linear => Ok(Some(1)),
            Self::Polynomial(degree) if degree <= 20 => Ok(Some(degree)),
            Self::Polynomial(degree) => Err(Error::parameter("degree", degree, "must be at most 20")),
        }
    }
}

/// The signal without its trend.
///
/// With no more samples than the trend has coefficients nothing but rounding is left.
///
/// # Errors
/// [`Error::NonFinite`] for a NaN or infinite sample; [`Error::Parameter`] for a degree above 20.
///
/// ```
/// use prognos::signal::detrend::{Trend, detrend};
/// let x: Vec<f64> = (0..100).map(|i| 5.0 + 0.25 * f64::from(i)).collect();
/// assert!(detrend(&x, Trend::Linear)?.iter().all(|v| v.abs() < 1e-12));
/// # Ok::<(), prognos::Error>(())
/// ```
pub fn detrend(x: &[f64], trend: Trend) -> Result<Vec<f64>> {
    let mut y = x.to_vec();
    detrend_in_place(&mut y, trend)?;
    Ok(y)
}

/// Takes the trend off in place. Does not allocate up to [`Trend::Linear`].
///
/// # Errors
/// As [`detrend`]; the samples are then as they were.
pub fn detrend_in_place(x: &mut [f64], trend: Trend) -> Result<()> {
    let degree = trend.degree()?;
    check_finite("signal to detrend", "0", x)?;
    if let Some(degree) = degree {
        remove(x, degree);
    }
    Ok(())
}

/// The signal without the trends of its pieces, which begin at the samples `breakpoints` (and at the first).
///
/// Breakpoints may stand in any order; equal ones count once (`scipy.signal.detrend` with `bp`).
///
/// # Errors
/// As [`detrend`], and [`Error::Parameter`] for a breakpoint beyond the last sample.
///
/// ```
/// use prognos::signal::detrend::{Trend, detrend_pieces};
/// let x = [1.0, 2.0, 3.0, 9.0, 7.0, 5.0];
/// assert!(detrend_pieces(&x, &[3], Trend::Linear)?.iter().all(|v| v.abs() < 1e-12));
/// # Ok::<(), prognos::Error>(())
/// ```
pub fn detrend_pieces(x: &[f64], breakpoints: &[usize], trend: Trend) -> Result<Vec<f64>> {
    let degree = trend.degree()?;
    check_finite("signal to detrend", "0", x)?;
    if let Some(&beyond) = breakpoints.iter().find(|&&b| b > x.len()) {
        return Err(Error::parameter("breakpoints", beyond, format!("must be at most the length, {}", x.len())));
    }
    let mut y = x.to_vec();
    if let Some(degree) = degree {
        let mut ends = breakpoints.to_vec();
        ends.push(x.len());
        ends.sort_unstable();
        let mut start = 0;
        for end in ends {
            remove(&mut y[start..end], degree);
            start = end;
        }
    }
    Ok(y)
}

/// Takes off the projections on the orthogonal polynomials 0..=degree over the samples, one after the other.
fn remove(x: &mut [f64], degree: usize) {
    let n = x.len();
    if n == 0 {
        return;
    }
    let mean = lanes::mean(x);
    x.iter_mut().for_each(|v| *v -= mean);
    if degree == 0 || n == 1 {
        return;
    }
    // Time on [-1, 1], symmetric about 0.
    let centre = 0.5 * (n - 1) as f64;
    let time = |i: usize| (i as f64 - centre) / centre;
    let mut time_squared = 0.0;
    let mut product = 0.0;
    for (i, v) in x.iter().enumerate() {
        time_squared += time(i) * time(i);
        product += time(i) * v;
    }
    let slope = product / time_squared;
    x.iter_mut().enumerate().for_each(|(i, v)| *v -= slope * time(i));
    if degree == 1 {
        return;
    }
    let mut before = vec![1.0; n];
    let mut now: Vec<f64> = (0..n).map(time).collect();
    let (mut norm_before, mut norm) = (n as f64, time_squared);
    for _ in 2..=degree.min(n - 1) {
        let b = norm / norm_before;
        for (i, p) in before.iter_mut().enumerate() {
            *p = time(i) * now[i] - b * *p;
        }
        std::mem::swap(&mut before, &mut now);
        (norm_before, norm) = (norm, lanes::sum_squares(&now));
        let c = lanes::dot(&now, x) / norm;
        x.iter_mut().zip(&now).for_each(|(v, p)| *v -= c * p);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_are_those_of_scipy() {
        let x: Vec<f64> = (0..40).map(|i| f64::from((i * i * 7 + 3 * i) % 11 - 5)).collect();
        let y = detrend_pieces(&x, &[25, 10, 10], Trend::Linear).unwrap();
        // scipy.signal.detrend(x, bp=[10, 25])[[0, 9, 10, 39]]
        let expected = [-4.000000000000001, -3.9999999999999996, -0.05833333333333324, 1.8666666666666667];
        for (f, e) in [y[0], y[9], y[10], y[39]].iter().zip(expected) {
            assert!((f - e).abs() < 1e-12);
        }
        assert!(detrend_pieces(&x, &[41], Trend::Linear).is_err());
    }

    #[test]
    fn small_vibration_on_a_large_offset_survives() {
        let vibration: Vec<f64> = (0..1000).map(|i| 1e-2 * f64::from(i % 2 * 2 - 1)).collect();
        let x: Vec<f64> = vibration.iter().map(|v| v + 1e6).collect();
        let y = detrend(&x, Trend::Constant).unwrap();
        // 1e6 has a spacing of 1.2e-10.
        assert!(y.iter().zip(&vibration).all(|(y, v)| (y - v).abs() < 2e-10));
    }

    #[test]
    fn a_polynomial_vanishes_and_few_samples_leave_nothing() {
        let x: Vec<f64> = (0..200).map(|i| f64::from(i).powi(4) * 1e-6 - f64::from(i)).collect();
        assert!(detrend(&x, Trend::Polynomial(4)).unwrap().iter().all(|v| v.abs() < 1e-9));
        assert!(detrend(&x, Trend::Polynomial(3)).unwrap().iter().any(|v| v.abs() > 1.0));
        assert!(detrend(&[3.0, -1.0, 8.0], Trend::Polynomial(20)).unwrap().iter().all(|v| v.abs() < 1e-12));
        assert!(detrend(&x, Trend::Polynomial(21)).is_err());
        assert!(matches!(detrend(&[1.0, f64::NAN], Trend::None), Err(Error::NonFinite { row: 1, .. })));
    }
}
