//! From many p-values to few alarms: false discovery rates, and a bet against exchangeability.

use crate::error::{Error, Result, check_fraction};

fn check(p: &[f64], q: f64) -> Result<()> {
    check_fraction("q", q)?;
    match p.iter().find(|p| !(0.0..=1.0).contains(*p)) {
        Some(bad) => Err(Error::parameter("p", bad, "a p-value lies in 0..=1")),
        None => Ok(()),
    }
}

/// All p-values up to the largest `p_(i) <= q i / m`.
fn step_up(p: &[f64], q: f64) -> Vec<bool> {
    let mut sorted = p.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    let m = p.len() as f64;
    let last = sorted.iter().enumerate().rev().find(|(i, p)| **p <= q * (*i as f64 + 1.0) / m).map(|(_, p)| *p);
    p.iter().map(|p| last.is_some_and(|last| *p <= last)).collect()
}

/// Which hypotheses to reject so that at most a fraction `q` of the rejected ones are true, in expectation
/// (Benjamini & Hochberg 1995): all p-values up to the largest `p_(i) <= q i / m`. For many machines judged at once:
/// of the alarms raised, at most `q` are false on average.
///
/// Holds for independent p-values and, with conformal p-values that share one calibration set, too (Bates et al. 2023).
///
/// ```
/// use prognos::anomaly::benjamini_hochberg;
/// let alarms = benjamini_hochberg(&[0.01, 0.2, 0.03, 0.9, 0.02], 0.1)?;
/// assert_eq!(alarms, [true, false, true, false, true]);
/// # Ok::<(), prognos::Error>(())
/// ```
///
/// # Errors
/// [`Error::Parameter`] unless `q` lies between 0 and 1 or when a p-value does not lie in 0..=1.
pub fn benjamini_hochberg(p: &[f64], q: f64) -> Result<Vec<bool>> {
    check(p, q)?;
    Ok(step_up(p, q))
}

/// [`benjamini_hochberg`] for p-values that depend on each other in any way (Benjamini & Yekutieli 2001): with
/// `q / (1 + 1/2 + ... + 1/m)`.
///
/// ```
/// use prognos::anomaly::benjamini_yekutieli;
/// assert_eq!(benjamini_yekutieli(&[0.01, 0.2, 0.03, 0.9, 0.02], 0.1)?, [false; 5]);
/// # Ok::<(), prognos::Error>(())
/// ```
///
/// # Errors
/// As [`benjamini_hochberg`].
pub fn benjamini_yekutieli(p: &[f64], q: f64) -> Result<Vec<bool>> {
    check(p, q)?;
    let harmonic: f64 = (1..=p.len()).map(|i| 1.0 / i as f64).sum();
    Ok(step_up(p, q / harmonic.max(1.0)))
}

/// [`benjamini_hochberg`] at `q / pi`, where `pi = (1 + #{p > lambda}) / (m (1 - lambda))`, at most 1, estimates the
/// fraction of true hypotheses (Storey 2002; Storey, Taylor & Siegmund 2004): more alarms where many machines are ill.
/// `lambda` = 0.5 is the usual choice. For independent p-values.
///
/// ```
/// use prognos::anomaly::storey;
/// assert_eq!(storey(&[0.01, 0.02, 0.03, 0.04, 0.05, 0.2, 0.11, 0.6], 0.1, 0.5)?.iter().filter(|a| **a).count(), 6);
/// # Ok::<(), prognos::Error>(())
/// ```
///
/// # Errors
/// As [`benjamini_hochberg`]; [`Error::Parameter`] unless `lambda` lies between 0 and 1.
pub fn storey(p: &[f64], q: f64, lambda: f64) -> Result<Vec<bool>> {
    check(p, q)?;
    check_fraction("lambda", lambda)?;
    let beyond = p.iter().filter(|p| **p > lambda).count();
    let share = ((1 + beyond) as f64 / (p.len() as f64 * (1.0 - lambda))).min(1.0);
    Ok(step_up(p, q / share))
}

/// A bet that the next p-value will be small, against the claim that the rows are still exchangeable with the
/// calibration rows: capital that grows tells that the machine has drifted.
///
/// Starts with the capital 1; a p-value p multiplies it by `epsilon p^(epsilon - 1)`, and the mean of the capital over
/// epsilon in 0..1 is kept on a grid of 100 bets (simple mixture). While rows are exchangeable **and ties in the p-values are
/// broken at random**, the capital exceeds 1/alpha ever with probability at most alpha (Ville 1939). Conformal p-values
/// without random tie-breaking are a little larger, which only makes the bet safer.
///
/// Source: Vovk, Nouretdinov & Gammerman 2003 (ICML). O(100) a p-value.
///
/// **When not to use it.** For one bad row: it answers "has it changed?", not "which row?". Long healthy times cost capital,
/// so that a late drift is seen late: [`Martingale::restarting`] never falls below 1, and loses the guarantee for ever for a
/// quick answer.
///
/// ```
/// use prognos::anomaly::Martingale;
/// let mut bet = Martingale::new();
/// for i in 0..200 {
///     bet.update(((i * 37) % 200) as f64 / 200.0 + 0.0025)?;
/// }
/// assert!(bet.log10() < 0.5);
/// for _ in 0..40 {
///     bet.update(0.01)?;
/// }
/// assert!(bet.log10() > 2.0); // exchangeable rows get here once in a hundred times
/// # Ok::<(), prognos::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(try_from = "Raw"))]
pub struct Martingale {
    restarting: bool,
    n: usize,
    /// Sum of ln p.
    logs: f64,
}

/// Bets of the mixture: epsilon = 0.005, 0.015, ..., 0.995.
const BETS: u32 = 100;

impl Default for Martingale {
    fn default() -> Self {
        Self::new()
    }
}

impl Martingale {
    /// Capital 1.
    #[must_use]
    pub fn new() -> Self {
        Self { restarting: false, n: 0, logs: 0.0 }
    }

    /// Begins anew whenever the capital falls below 1: quick, but alarms on exchangeable rows will come some day, about
    /// once in 1 / alpha rows or more rarely.
    #[must_use]
    pub fn restarting() -> Self {
        Self { restarting: true, ..Self::new() }
    }

    /// Takes a p-value; gives the decimal logarithm of the capital.
    ///
    /// # Errors
    /// [`Error::Parameter`] unless p lies above 0 and at most at 1, and nothing changes.
    pub fn update(&mut self, p: f64) -> Result<f64> {
        if !(p > 0.0 && p <= 1.0) {
            return Err(Error::parameter("p", p, "must be greater than 0 and at most 1"));
        }
        self.n = self.n.saturating_add(1);
        self.logs += p.ln();
        let capital = self.log10();
        if self.restarting && capital < 0.0 {
            (self.n, self.logs) = (0, 0.0);
            return Ok(0.0);
        }
        Ok(capital)
    }

    /// Decimal logarithm of the capital.
    #[must_use]
    pub fn log10(&self) -> f64 {
        // ln of the mean of epsilon^n exp((epsilon - 1) sum ln p).
        let n = self.n as f64;
        let term = |i: u32| {
            let epsilon = (f64::from(i) + 0.5) / f64::from(BETS);
            n * epsilon.ln() + (epsilon - 1.0) * self.logs
        };
        let largest = (0..BETS).map(term).fold(f64::NEG_INFINITY, f64::max);
        let sum: f64 = (0..BETS).map(|i| (term(i) - largest).exp()).sum();
        (largest + (sum / f64::from(BETS)).ln()) / std::f64::consts::LN_10
    }

    /// p-values since the start, or since it last began anew.
    #[must_use]
    pub fn n(&self) -> usize {
        self.n
    }
}

/// What a file says; checked before it becomes a [`Martingale`].
#[cfg(feature = "serde")]
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    restarting: bool,
    n: usize,
    logs: f64,
}

#[cfg(feature = "serde")]
impl TryFrom<Raw> for Martingale {
    type Error = Error;
    fn try_from(raw: Raw) -> Result<Self> {
        // A sum of logarithms of numbers of at least 5e-324.
        if raw.logs <= 0.0 && raw.logs >= -746.0 * raw.n as f64 {
            Ok(Self { restarting: raw.restarting, n: raw.n, logs: raw.logs })
        } else {
            Err(Error::Model { reason: "martingale: the sum of logarithms is not that of p-values".to_owned() })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn step_up_rules() {
        // The third smallest passes although the second does not.
        assert_eq!(benjamini_hochberg(&[0.001, 0.09, 0.06, 0.8], 0.1).unwrap(), [true, false, false, false]);
        assert_eq!(benjamini_hochberg(&[0.001, 0.07, 0.06, 0.8], 0.1).unwrap(), [true, true, true, false]);
        for rule in [benjamini_hochberg, benjamini_yekutieli] {
            assert!(rule(&[], 0.1).unwrap().is_empty());
            assert!(rule(&[f64::NAN], 0.1).is_err());
            assert!(rule(&[0.5], 1.0).is_err());
        }
        assert!(storey(&[], 0.1, 0.5).unwrap().is_empty() && storey(&[0.2], 0.1, 1.0).is_err());
        // q / (1 + 1/2 + 1/3).
        assert_eq!(benjamini_yekutieli(&[0.0181, 0.5, 0.9], 0.1).unwrap(), [true, false, false]);
        assert_eq!(benjamini_yekutieli(&[0.0182, 0.5, 0.9], 0.1).unwrap(), [false; 3]);
    }

    #[test]
    fn the_capital_of_one_bet_is_an_integral() {
        // Mean over epsilon of epsilon p^(epsilon - 1).
        let mut bet = Martingale::new();
        let p: f64 = 0.1;
        let ln = p.ln();
        let exact = (p * (ln - 1.0) + 1.0) / (ln * ln) / p;
        let found = 10f64.powf(bet.update(p).unwrap());
        assert!((found / exact - 1.0).abs() < 1e-3, "{found} {exact}");
        assert!(bet.update(0.0).is_err() && bet.update(f64::NAN).is_err() && bet.n() == 1);
    }
}
