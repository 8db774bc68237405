//! Lomb-Scargle: the periodogram of values read at uneven times.
//!
//! Historians store a value when it changes, radios drop packets, shifts leave gaps: a Fourier transform needs even spacing, a
//! least-squares fit of a sine at each frequency does not. With `tau` such that sine and cosine are orthogonal on the sample times,
//!
//! `P(w) = ( (sum y cos w(t - tau))^2 / sum cos^2 w(t - tau) + (sum y sin w(t - tau))^2 / sum sin^2 w(t - tau) ) / 2`
//!
//! Source: N. R. Lomb (1976); J. D. Scargle, Astrophys. J. 263 (1982); the sums are turned by `tau` afterwards (W. H. Press,
//! G. B. Rybicki, 1989). Equal to `scipy.signal.lombscargle`. Cost: one sine and cosine for each sample and frequency, spread over
//! threads by frequency. For even spacing the [periodogram](super::Periodogram) gives the same at a fraction of the cost.

use crate::error::{Error, Result, check_finite};
use crate::math::{lanes, par};
use std::f64::consts::TAU;

/// The periodogram of `values` at `times` (any order, seconds) for angular frequencies in rad / s; values are taken as they are, so
/// take their mean off first. Unit: the square of the values times their number / 4 for a sine of amplitude 1.
///
/// A frequency at which sine or cosine vanishes at all times (0, or half the rate of even samples) has the power of the other alone.
///
/// ```
/// use prognos::signal::spectral::lomb_scargle;
/// let t = [0.0, 0.9, 2.3, 3.1, 4.4, 5.0, 6.7, 7.2];
/// let y: Vec<f64> = t.iter().map(|t| (1.3_f64 * t).sin()).collect();
/// let p = lomb_scargle(&t, &y, &[0.7, 1.3])?;
/// assert!(p[1] > 3.0 * p[0]);
/// # Ok::<(), prognos::Error>(())
/// ```
///
/// # Errors
/// [`Error::Shape`] when there are not as many values as times, [`Error::TooFew`] when there are none, [`Error::NonFinite`] for a
/// time, value or frequency that is NaN or infinite.
pub fn lomb_scargle(times: &[f64], values: &[f64], angular_frequencies: &[f64]) -> Result<Vec<f64>> {
    check_finite("angular frequencies", "frequency", angular_frequencies)?;
    check(times, values)?;
    // Powers do not depend on the origin; near it the phases keep their digits.
    let origin = times.iter().fold(f64::INFINITY, |a, &b| a.min(b));
    let times: Vec<f64> = times.iter().map(|t| t - origin).collect();
    check_finite("span of the times", "time", &times)?;
    Ok(par::map(angular_frequencies.len(), |i| power(&times, values, angular_frequencies[i])))
}

/// Lomb-Scargle power at frequencies in hertz of the values less their mean, divided by what a perfect sine would have: 0 to 1, the
/// share of the sum of squares that a sine of that frequency explains. NaN when all values are equal.
///
/// # Errors
/// As [`lomb_scargle`].
pub fn lomb_scargle_normalised(times: &[f64], values: &[f64], hertz: &[f64]) -> Result<Vec<f64>> {
    check(times, values)?;
    let mean = lanes::mean(values);
    let centred: Vec<f64> = values.iter().map(|v| v - mean).collect();
    let total = lanes::sum_squares(&centred);
    let angular: Vec<f64> = hertz.iter().map(|f| TAU * f).collect();
    let mut p = lomb_scargle(times, &centred, &angular)?;
    p.iter_mut().for_each(|p| *p = if total > 0.0 { 2.0 * *p / total } else { f64::NAN });
    Ok(p)
}

/// Probability that white noise alone brings the highest of `independent` normalised powers of `n` values to `power` or above:
/// `1 - (1 - (1 - power)^((n - 3) / 2))^independent`. About `n / 2` frequencies are independent when the search goes up to the mean
/// sample rate / 2. NaN for fewer than 4 values or a power outside of 0 to 1.
///
/// Source: A. Schwarzenberg-Czerny (1998); R. V. Baluev, MNRAS 385 (2008).
#[must_use]
pub fn false_alarm_probability(power: f64, n: usize, independent: usize) -> f64 {
    if n < 4 || !(0.0..=1.0).contains(&power) {
        return f64::NAN;
    }
    let single = (1.0 - power).powf(0.5 * (n - 3) as f64);
    // 1 - (1 - s)^m without cancelling for small s.
    -(independent as f64 * (-single).ln_1p()).exp_m1()
}

fn check(times: &[f64], values: &[f64]) -> Result<()> {
    if times.len() != values.len() {
        return Err(Error::shape("values of a Lomb-Scargle periodogram", times.len(), values.len()));
    }
    if times.is_empty() {
        return Err(Error::too_few("values of a Lomb-Scargle periodogram", 1, 0));
    }
    check_finite("times", "time", times)?;
    check_finite("values", "value", values)
}

fn power(times: &[f64], values: &[f64], w: f64) -> f64 {
    let (mut yc, mut ys, mut cc, mut cs) = (0.0, 0.0, 0.0, 0.0);
    for (t, y) in times.iter().zip(values) {
        let (s, c) = (w * t).sin_cos();
        yc += y * c;
        ys += y * s;
        cc += c * c;
        cs += c * s;
    }
    let n = times.len() as f64;
    let ss = n - cc;
    let tau = 0.5 * (2.0 * cs).atan2(cc - ss);
    let (s, c) = tau.sin_cos();
    let (yc, ys) = (yc * c + ys * s, ys * c - yc * s);
    let (cc, ss) = (cc * c * c + ss * s * s + 2.0 * cs * c * s, cc * s * s + ss * c * c - 2.0 * cs * c * s);
    let nothing = 8.0 * n * n * f64::EPSILON;
    let part = |y: f64, sum: f64| if sum > nothing { y * y / sum } else { 0.0 };
    0.5 * (part(yc, cc) + part(ys, ss))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_to_scipy() {
        let t = [0.1, 0.9, 2.3, 3.1, 4.4, 5.0, 6.7, 7.2, 9.9];
        let y = [0.3, -1.2, 0.8, 2.0, -0.5, 0.1, 1.4, -2.2, 0.6];
        let w = [0.4, 1.0, 2.2, 7.0];
        let near = |found: &[f64], expected: &[f64]| {
            assert!(found.iter().zip(expected).all(|(f, e)| (f - e).abs() < 1e-12), "{found:?} is not {expected:?}");
        };
        // scipy.signal.lombscargle(t, y, w)
        near(
            &lomb_scargle(&t, &y, &w).unwrap(),
            &[0.259395086353976, 1.1725065303444078, 1.7420802703587566, 4.002533801666106],
        );
        // scipy.signal.lombscargle(t, y - mean(y), w, normalize=True)
        let hertz: Vec<f64> = w.iter().map(|w| w / TAU).collect();
        near(
            &lomb_scargle_normalised(&t, &y, &hertz).unwrap(),
            &[0.01984955908570192, 0.1841686962141075, 0.28846108138159676, 0.6121499414808284],
        );
    }

    #[test]
    fn zero_frequency_is_the_mean_and_noise_has_no_alarm() {
        let t = [0.0, 1.0, 2.5, 3.0];
        let p = lomb_scargle(&t, &[1.0, 2.0, 3.0, 6.0], &[0.0]).unwrap();
        assert!((p[0] - 0.5 * 144.0 / 4.0).abs() < 1e-12);
        assert!((false_alarm_probability(0.0, 100, 10) - 1.0).abs() < 1e-12);
        assert!(false_alarm_probability(0.9, 100, 10) < 1e-30);
        assert!(false_alarm_probability(f64::NAN, 100, 10).is_nan());
        assert!(lomb_scargle(&t, &[1.0], &[0.0]).is_err());
        assert!(lomb_scargle(&[], &[], &[0.0]).is_err());
        assert!(lomb_scargle(&[f64::MAX, -f64::MAX], &[1.0, 2.0], &[1.0]).is_err());
    }
}
