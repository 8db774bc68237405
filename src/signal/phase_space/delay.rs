//! Which lag to embed with: far enough that the next coordinate says something new, near enough that it still belongs
//! to the same moment.

use crate::error::{Error, Result, check_finite, check_fraction};
use crate::math::lanes;

/// Most bins of a histogram: their square is the size of a table.
const MOST_BINS: usize = 1024;

/// The average mutual information between a series and itself some samples later: what one sample says about the other,
/// linear or not.
///
/// I(τ) = Σ p(a, b) ln(p(a, b) / (p(a) p(b))) over the bins a of `x[i]` and b of `x[i+τ]`, in nats, never below 0. The bins
/// are equally wide from the smallest to the largest sample. Its first minimum is the usual lag to embed with (A. M.
/// Fraser & H. L. Swinney, Physical Review A 33 (1986), 1134; their bins adapt, these do not). Few samples in many bins
/// look dependent: take at most about √(n / 5) bins.
///
/// Cost: O(max_lag (n + bins²)).
///
/// ```
/// use prognos::signal::phase_space::MutualInformation;
/// // A sine of 40 samples a round: about a quarter of a round later is the newest.
/// let x: Vec<f64> = (0..2000).map(|i| (f64::from(i) * std::f64::consts::TAU / 40.0 + 0.3).sin()).collect();
/// let information = MutualInformation::of(&x, 30, 16)?;
/// assert!((5..=14).contains(&information.first_minimum().unwrap()));
/// # Ok::<(), prognos::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct MutualInformation {
    values: Vec<f64>,
}

impl MutualInformation {
    /// The information for the lags 0 to `max_lag`, with histograms of `bins` bins (MATLAB takes 10).
    ///
    /// # Errors
    /// [`Error::Parameter`] when `bins` is not in 2..=1024; [`Error::TooFew`] when there are not `max_lag + 1` samples;
    /// [`Error::NonFinite`] for a sample that is NaN or infinite; [`Error::Numeric`] for a constant series.
    pub fn of(samples: &[f64], max_lag: usize, bins: usize) -> Result<Self> {
        if !(2..=MOST_BINS).contains(&bins) {
            return Err(Error::parameter("bins", bins, "must lie in 2..=1024"));
        }
        check_finite("series", "samples", samples)?;
        if samples.len() <= max_lag {
            return Err(Error::too_few("samples", max_lag.saturating_add(1), samples.len()));
        }
        let (low, high) = lanes::min_max(samples);
        // Halves: the range itself may overflow.
        let half_range = 0.5 * high - 0.5 * low;
        if half_range <= 0.0 {
            return Err(Error::numeric("mutual information", "the series is constant: no sample says anything"));
        }
        let place = |v: f64| ((((0.5 * v - 0.5 * low) / half_range) * bins as f64) as usize).min(bins - 1);
        let places: Vec<u32> = samples.iter().map(|&v| place(v) as u32).collect();
        let mut joint = vec![0_u32; bins * bins];
        let values = (0..=max_lag).map(|lag| information(&places, lag, bins, &mut joint)).collect();
        Ok(Self { values })
    }

    /// The information, in nats, by lag from 0.
    #[must_use]
    pub fn values(&self) -> &[f64] {
        &self.values
    }

    /// The first lag, from 1, whose information is below that of the lag before and of the one after; `None` when it
    /// falls all the way.
    #[must_use]
    pub fn first_minimum(&self) -> Option<usize> {
        self.values.windows(3).position(|v| v[1] < v[0] && v[1] < v[2]).map(|i| i + 1)
    }
}

fn information(places: &[u32], lag: usize, bins: usize, joint: &mut [u32]) -> f64 {
    joint.fill(0);
    let pairs = places.len() - lag;
    for (&a, &b) in places.iter().zip(&places[lag..]) {
        joint[a as usize * bins + b as usize] += 1;
    }
    let rows: Vec<u64> = joint.chunks(bins).map(|row| row.iter().map(|&c| u64::from(c)).sum()).collect();
    let columns: Vec<u64> =
        (0..bins).map(|b| joint.iter().skip(b).step_by(bins).map(|&c| u64::from(c)).sum()).collect();
    let n = pairs as f64;
    let mut sum = 0.0;
    for (row, &total) in joint.chunks(bins).zip(&rows) {
        for (&count, &column) in row.iter().zip(&columns) {
            if count > 0 {
                let count = f64::from(count);
                sum += count * (count * n / (total as f64 * column as f64)).ln();
            }
        }
    }
    (sum / n).max(0.0)
}

/// The first lag, from 1, at which the biased autocorrelation falls below `level`; `None` when it does not up to
/// `max_lag`. The usual level is 1/e. It knows linear dependence only; see [`MutualInformation`].
///
/// Cost: O(n) a lag, up to the answer.
///
/// ```
/// use prognos::signal::phase_space::delay_by_autocorrelation;
/// let x: Vec<f64> = (0..2000).map(|i| (f64::from(i) * std::f64::consts::TAU / 40.0).sin()).collect();
/// assert_eq!(delay_by_autocorrelation(&x, 0.37, 30)?, Some(8)); // cos(8 · 9°) = 0.31
/// # Ok::<(), prognos::Error>(())
/// ```
///
/// # Errors
/// [`Error::Parameter`] when `level` does not lie strictly between 0 and 1; [`Error::NonFinite`] for a sample that is
/// NaN or infinite; [`Error::Numeric`] when the variance is 0 or leaves the range of f64.
pub fn delay_by_autocorrelation(samples: &[f64], level: f64, max_lag: usize) -> Result<Option<usize>> {
    check_fraction("level", level)?;
    check_finite("series", "samples", samples)?;
    let mean = lanes::mean(samples);
    let centred: Vec<f64> = samples.iter().map(|v| v - mean).collect();
    let all = lanes::sum_squares(&centred);
    let rounding = 1e-15 * mean.abs();
    if !(all.is_finite() && all > rounding * rounding * samples.len() as f64) {
        return Err(Error::numeric("autocorrelation", "the variance is 0 or leaves the range of f64"));
    }
    let last = max_lag.min(samples.len().saturating_sub(1));
    Ok((1..=last).find(|&lag| lanes::dot(&centred[..centred.len() - lag], &centred[lag..]) < level * all))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn information_of_known_tables() {
        // x repeats 0, 1: the next is known, ln 2 nats; two bins.
        let x: Vec<f64> = (0..101).map(|i| f64::from(i % 2)).collect();
        let m = MutualInformation::of(&x, 3, 2).unwrap();
        for lag in 1..=3 {
            assert!((m.values()[lag] - 2f64.ln()).abs() < 1e-3, "{:?}", m.values());
        }
        // 0 0 1 1: the next is a coin.
        let x: Vec<f64> = (0..401).map(|i| f64::from(i / 2 % 2)).collect();
        let m = MutualInformation::of(&x, 2, 2).unwrap();
        assert!(m.values()[1] < 1e-3 && m.values()[2] > 0.69);
        assert_eq!(MutualInformation::of(&x, 4, 2).unwrap().first_minimum(), Some(1));
    }

    #[test]
    fn bad_input_is_refused() {
        assert!(MutualInformation::of(&[1.0, 2.0], 2, 4).is_err());
        assert!(MutualInformation::of(&[1.0, 1.0, 1.0], 1, 4).is_err());
        assert!(MutualInformation::of(&[1.0, 2.0], 1, 1).is_err());
        assert!(MutualInformation::of(&[f64::MIN, f64::MAX, 0.0], 1, 8).is_ok());
        assert!(delay_by_autocorrelation(&[2.0; 9], 0.3, 3).is_err());
        assert!(delay_by_autocorrelation(&[], 0.3, 3).is_err());
        assert!(delay_by_autocorrelation(&[1.0, 2.0, 4.0], 1.0, 3).is_err());
    }
}
