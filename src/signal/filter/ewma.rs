//! Exponentially weighted mean.

use crate::error::{Error, Result, check_positive};
use crate::signal::SampleRate;

/// A mean that forgets: a sample that is `i` steps old weighs `(1 - alpha)^i`.
///
/// With `adjust` (the default, as in pandas) the weights are divided by their sum, so that the first outputs are true
/// weighted means; without it the recursion `y = (1 - alpha) y + alpha x` starts at the first sample, which then
/// keeps a large weight for about `1 / alpha` steps (the form of EWMA control charts).
///
/// A NaN sample is a gap: the output repeats the last mean (NaN before the first sample) and the weights age by one
/// step, as in pandas with `ignore_na=False`.
///
/// Source: Roberts 1959; pandas `Series.ewm().mean()`, whose values these are.
///
/// ```
/// use prognos::signal::filter::Ewma;
/// let level = Ewma::alpha(0.5)?;
/// assert_eq!(level.filter(&[1.0, 4.0]), [1.0, 3.0]); // (1 * 0.5 + 4) / 1.5
/// assert_eq!(level.adjust(false).filter(&[1.0, 4.0]), [1.0, 2.5]);
/// # Ok::<(), prognos::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(try_from = "RawEwma"))]
pub struct Ewma {
    alpha: f64,
    adjust: bool,
}

#[cfg(feature = "serde")]
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct RawEwma {
    alpha: f64,
    adjust: bool,
}

#[cfg(feature = "serde")]
impl TryFrom<RawEwma> for Ewma {
    type Error = Error;
    fn try_from(raw: RawEwma) -> Result<Self> {
        Ok(Self::alpha(raw.alpha)?.adjust(raw.adjust))
    }
}

impl Ewma {
    /// By the weight of the newest sample, greater than 0 and at most 1 (no smoothing).
    ///
    /// # Errors
    /// [`Error::Parameter`] for an `alpha` outside of that range.
    pub fn alpha(alpha: f64) -> Result<Self> {
        if alpha > 0.0 && alpha <= 1.0 {
            Ok(Self { alpha, adjust: true })
        } else {
            Err(Error::parameter("alpha", alpha, "must be greater than 0 and at most 1"))
        }
    }

    /// By the length of the plain moving mean whose samples have the same mean age: `alpha = 2 / (span + 1)`.
    ///
    /// # Errors
    /// [`Error::Parameter`] unless `span` is finite and at least 1.
    pub fn span(span: f64) -> Result<Self> {
        if span.is_finite() && span >= 1.0 {
            Self::alpha(2.0 / (span + 1.0))
        } else {
            Err(Error::parameter("span", span, "must be finite and at least 1 sample"))
        }
    }

    /// By the number of samples after which a weight has halved: `alpha = 1 - 2^(-1 / samples)`.
    ///
    /// # Errors
    /// [`Error::Parameter`] unless `samples` is finite and greater than 0.
    pub fn half_life(samples: f64) -> Result<Self> {
        check_positive("samples", samples)?;
        Self::alpha(-(-std::f64::consts::LN_2 / samples).exp_m1())
    }

    /// By the time in seconds after which a weight has fallen to 1/e: `alpha = 1 - exp(-period / seconds)`.
    ///
    /// # Errors
    /// [`Error::Parameter`] unless `seconds` is finite and greater than 0.
    pub fn time_constant(seconds: f64, rate: SampleRate) -> Result<Self> {
        check_positive("seconds", seconds)?;
        Self::alpha(-(-rate.period() / seconds).exp_m1())
    }

    /// Whether the weights are divided by their sum. Default: `true`.
    #[must_use]
    pub fn adjust(mut self, adjust: bool) -> Self {
        self.adjust = adjust;
        self
    }

    /// Weight of the newest sample.
    #[must_use]
    pub fn weight(&self) -> f64 {
        self.alpha
    }

    /// The mean after every sample, as long as `x`. Cost: O(n).
    #[must_use]
    pub fn filter(&self, x: &[f64]) -> Vec<f64> {
        let mut y = Vec::with_capacity(x.len());
        self.stream().process(x, &mut y);
        y
    }

    /// A mean that has seen nothing yet.
    #[must_use]
    pub fn stream(&self) -> EwmaStream {
        EwmaStream { settings: *self, mean: f64::NAN, weight: 1.0 }
    }
}

/// An exponentially weighted mean with its state: any split of a signal into calls gives the same bits.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct EwmaStream {
    settings: Ewma,
    mean: f64,
    /// Sum of the weights in `mean`, relative to the newest sample's.
    weight: f64,
}

impl EwmaStream {
    /// The mean with one more sample.
    pub fn push(&mut self, x: f64) -> f64 {
        if self.mean.is_nan() {
            self.mean = x;
            return x;
        }
        self.weight *= 1.0 - self.settings.alpha;
        if !x.is_nan() {
            let new = if self.settings.adjust { 1.0 } else { self.settings.alpha };
            let total = self.weight + new;
            // Left alone when equal: a constant stays exactly what it is.
            if x.total_cmp(&self.mean).is_ne() {
                self.mean = (self.weight * self.mean + new * x) / total;
            }
            self.weight = if self.settings.adjust { total } else { 1.0 };
        }
        self.mean
    }

    /// The mean so far; NaN before the first sample.
    #[must_use]
    pub fn mean(&self) -> f64 {
        self.mean
    }

    /// Appends the mean after every sample of `block` to `out`.
    pub fn process(&mut self, block: &[f64], out: &mut Vec<f64>) {
        out.extend(block.iter().map(|&x| self.push(x)));
    }

    /// Back to the start, as if nothing had been seen.
    pub fn reset(&mut self) {
        *self = self.settings.stream();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gaps_age_the_weights_as_in_pandas() {
        // pandas: Series([1, nan, 3]).ewm(alpha=0.5).mean() -> 1, 1, (0.25 * 1 + 3) / 1.25
        let x = [f64::NAN, 1.0, f64::NAN, 3.0];
        let y = Ewma::alpha(0.5).unwrap().filter(&x);
        assert!(y[0].is_nan());
        assert_eq!(y[1..3], [1.0, 1.0]);
        assert!((y[3] - 3.25 / 1.25).abs() < 1e-15);
        // adjust=False -> 1, 1, (0.25 * 1 + 0.5 * 3) / 0.75
        let y = Ewma::alpha(0.5).unwrap().adjust(false).filter(&x);
        assert!((y[3] - 1.75 / 0.75).abs() < 1e-15);
    }

    #[test]
    fn the_ways_to_set_it_agree() {
        assert_eq!(Ewma::span(19.0).unwrap(), Ewma::alpha(0.1).unwrap());
        let half = Ewma::half_life(3.0).unwrap();
        assert!(((1.0 - half.weight()).powi(3) - 0.5).abs() < 1e-15);
        let tau = Ewma::time_constant(2.0, SampleRate::hz(10.0).unwrap()).unwrap();
        assert!(((1.0 - tau.weight()).powi(20) - (-1.0_f64).exp()).abs() < 1e-14);
        for bad in [0.0, -0.1, 1.1, f64::NAN] {
            assert!(Ewma::alpha(bad).is_err());
        }
        assert!(Ewma::span(0.5).is_err() && Ewma::half_life(0.0).is_err());
        assert!(Ewma::time_constant(f64::NAN, SampleRate::ONE_HZ).is_err());
    }

    #[test]
    fn a_constant_stays_what_it_is() {
        for adjust in [true, false] {
            let y = Ewma::alpha(0.3).unwrap().adjust(adjust).filter(&[0.1; 1000]);
            assert!(y.iter().all(|v| v.to_bits() == 0.1_f64.to_bits()));
        }
    }
}
